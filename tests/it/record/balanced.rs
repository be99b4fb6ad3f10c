//! Three replicas over one PostgreSQL database behind a load balancer, as docs/replicas.md sets them up: each restarted
//! in turn, and a rule change coming into force, under load. `make test-upgrade` begins them with an older program.

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use windscreen::criteria::load;
use windscreen::serving::now;

use super::Kept;
use super::balancer::{Balancer, free_port, until};
use super::replicas::signal;
use super::rule_changes::{FOLDER, agree, at, on, opened, proposed, rules, tightened};
use super::running::{Running, ask, program, ran};

const CLIENTS: u64 = 6;
/// The seconds that a replica goes on once told to stop.
const NOTICE: &str = "2";
/// In London the day begins at this moment.
const MIDNIGHT: &str = "2027-03-28T23:00:00Z";
/// So long before it the clock of every replica begins: the replicas have started by then, and load is on them.
const BEFORE_MIDNIGHT: SignedDuration = SignedDuration::from_secs(12);

/// A replica's clock begins once the program has begun, so that it goes this much behind ours at most.
const BEHIND: SignedDuration = SignedDuration::from_secs(3);

/// One clock for all replicas, whenever each was started.
#[derive(Clone, Copy)]
struct Clock(Timestamp);

impl Clock {
    fn now(self) -> Timestamp {
        at(MIDNIGHT) - BEFORE_MIDNIGHT + now().duration_since(self.0)
    }
}

/// The program that replicas are begun with, before each is restarted with this one.
fn older() -> Option<PathBuf> {
    let older = PathBuf::from(std::env::var_os("WINDSCREEN_TEST_OLDER")?);
    let is_another = std::fs::read(&older).unwrap() != std::fs::read(env!("CARGO_BIN_EXE_windscreen")).unwrap();
    assert!(is_another, "the older program is this one");
    Some(older)
}

fn replica(kept: &Kept, older: Option<&PathBuf>, address: &str, clock: Clock) -> Running {
    let clock = clock.now().to_string();
    let serve = ["serve", "--listen", address, "--rules", FOLDER, "--behind-proxy", "--notice", NOTICE];
    let this = program(kept, &[&serve[..], &["--clock", &clock]].concat());
    Running::begin(match older {
        None => this,
        Some(older) => {
            let mut command = Command::new(older);
            command.args(this.get_args());
            command
        }
    })
}

/// One child with two strong needs, which the rule change answers lower.
fn facts() -> Value {
    json!({ "everyday_care": "poor", "milestones": "far_behind" })
}

fn referral() -> String {
    json!({
        "received_at": "2027-03-28T20:00:00Z",
        "referrer": { "organisation": "school:example-primary", "agency": "nursery_or_school", "source_code": "2A",
                      "name": "A. Teacher", "role": "safeguarding lead", "contact": "by the school office" },
        "account": "An invented account",
        "family_told": "yes",
        "agrees_to_help": "not_asked",
        "sharing_basis": "public_task",
        "household": {},
        "children": [{ "ref": "A", "name": "Invented Child", "date_of_birth": "2018-05-01", "facts": facts() }],
    })
    .to_string()
}

/// What one request was answered under, and when it was sent and answered.
struct Answered {
    digest: String,
    sent: Timestamp,
    back: Timestamp,
}

#[test]
fn replicas_are_restarted_and_rules_change_and_no_request_fails() {
    let kept = Kept::in_postgres();
    let (record, serving) = opened(&kept);
    let change = proposed(&record, &tightened(), on("2027-03-29"), "2027-03-02T10:00:00Z").unwrap();
    for partner in ["council", "police", "integrated_care_board"] {
        agree(&record, partner, &change, "2027-03-03T10:00:00Z").unwrap();
    }
    let (before, after) = (rules().id().digest.clone(), load(&tightened()).digest);
    drop((serving, record));

    let addresses: Vec<String> = (0..3).map(|_| format!("127.0.0.1:{}", free_port())).collect();
    let clock = Clock(now());
    let older = older();
    let mut replicas: Vec<Running> =
        addresses.iter().map(|address| replica(&kept, older.as_ref(), address, clock)).collect();
    let balancer = Balancer::start(kept.folder(), &addresses);
    assert!(clock.now() < at(MIDNIGHT), "the replicas took too long to start for this test");

    let (done, recorded) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (done, recorded) = (Arc::clone(&done), Arc::clone(&recorded));
            let address = balancer.address.clone();
            thread::spawn(move || {
                let mut all = Vec::new();
                for number in 0.. {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    let sent = clock.now();
                    // No failure is made good by asking again.
                    let key = format!("key-{client}-{number}");
                    let (path, body, wanted) = if (client + number) % 3 == 0 {
                        ("/v1/referrals", referral(), 201)
                    } else {
                        ("/v1/evaluations", json!({ "facts": facts() }).to_string(), 200)
                    };
                    let (status, answer) =
                        ask(&address, "POST", path, &key, &body).unwrap_or_else(|| panic!("{path} was not answered"));
                    assert_eq!(status, wanted, "{path}: {answer:#}");
                    let evaluation = if wanted == 201 {
                        recorded.fetch_add(1, Ordering::Relaxed);
                        &answer["children"][0]["evaluation"]
                    } else {
                        &answer
                    };
                    let digest = evaluation["rule_set"]["digest"].as_str().unwrap().to_owned();
                    // Neither a level of one rule set under the name of the other.
                    let level = evaluation["at_least"]["rank"].as_u64();
                    all.push((Answered { digest, sent, back: clock.now() }, level));
                    thread::sleep(Duration::from_millis(5));
                }
                all
            })
        })
        .collect();

    // One after another, while midnight passes.
    for (address, running) in addresses.iter().zip(&mut replicas) {
        signal("TERM", running.child.id());
        assert!(running.child.wait().unwrap().success(), "a replica that is told to stop ends well");
        *running = replica(&kept, None, address, clock);
        // Its place is taken once the load balancer has seen that it is ready.
        thread::sleep(Duration::from_secs(1));
    }
    while clock.now() < at(MIDNIGHT) + BEHIND * 2 {
        thread::sleep(Duration::from_millis(50));
    }
    done.store(true, Ordering::Relaxed);
    let answers: Vec<_> = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();

    let (mut old, mut new) = (0, 0);
    for (Answered { digest, sent, back }, level) in &answers {
        match digest {
            _ if *digest == before => {
                assert_eq!(*level, Some(3));
                assert!(*sent < at(MIDNIGHT) + BEHIND, "sent at {sent}, answered under the rules of the day before");
                old += 1;
            }
            _ if *digest == after => {
                assert_eq!(*level, Some(2));
                assert!(*back >= at(MIDNIGHT), "answered at {back} under the rules of the day after");
                new += 1;
            }
            _ => panic!("{digest} was never in force"),
        }
    }
    assert!(old > 50 && new > 50, "{old} answers before midnight, {new} after it");
    println!("{old} answers before midnight and {new} after it, of which {recorded:?} referrals were recorded");
    replicas.into_iter().for_each(Running::kill);
    let (code, said) = ran(program(&kept, &["audit", "verify"]));
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_replica_that_is_told_to_stop_says_so_and_answers_on() {
    let kept = Kept::in_sqlite();
    let mut running =
        Running::begin(program(&kept, &["serve", "--listen", "127.0.0.1:0", "--rules", FOLDER, "--notice", NOTICE]));
    let address = running.address.clone();
    let asked = |path: &str, body: &str| {
        let method = if body.is_empty() { "GET" } else { "POST" };
        ask(&address, method, path, "none", body).map(|(status, _)| status)
    };
    assert_eq!(asked("/readyz", ""), Some(200));
    signal("TERM", running.child.id());
    until("it says that it is about to stop", || asked("/readyz", "") == Some(503));
    assert_eq!(asked("/v1/evaluations", &json!({ "facts": facts() }).to_string()), Some(200));
    assert!(running.child.wait().unwrap().success());
    assert!(TcpStream::connect(&address).is_err());
}

/// A record without its guard is read-only, at every replica.
#[test]
fn where_none_can_record_children_are_evaluated_all_the_same() {
    let kept = Kept::in_sqlite();
    drop(kept.open());
    std::fs::remove_dir_all(&kept.places.guard).unwrap();
    let address = format!("127.0.0.1:{}", free_port());
    let _replica =
        Running::begin(program(&kept, &["serve", "--listen", &address, "--rules", FOLDER, "--behind-proxy"]));
    let balancer = Balancer::start(kept.folder(), &[address]);
    let status = |method, path, body: &str| ask(&balancer.address, method, path, "one", body).map(|(status, _)| status);
    // The load balancer finds out within its interval.
    until("/readyz tells", || status("GET", "/readyz", "") == Some(503));
    assert_eq!(status("POST", "/v1/evaluations", &json!({ "facts": facts() }).to_string()), Some(200));
    assert_eq!(status("POST", "/v1/referrals", &referral()), Some(503));
}
