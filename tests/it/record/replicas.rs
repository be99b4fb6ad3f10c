//! Two replicas over one PostgreSQL database, one of them killed or paused at any moment: one line, no fork, no key
//! recorded twice.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::running::{Running, ask, program, ran};
use super::{Kept, a_family};

const CLIENTS: u64 = 8;

/// Sends a signal; the standard library knows only to kill.
pub(super) fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").args([format!("-{name}"), process.to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn two_replicas_make_one_line_whatever_befalls_one_of_them() {
    let all = u64::from(crate::cases()) * 1000;
    let seed = windscreen::serving::now().as_microsecond().unsigned_abs();
    println!("seed {seed}");
    let kept = Kept::in_postgres();
    let steady = Running::start(&kept);
    let troubled = Arc::new(Mutex::new(Running::start(&kept)));
    let (next, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let ids: Arc<Mutex<BTreeMap<u64, Vec<String>>>> = Arc::default();
    let body = Arc::new(a_family().to_string());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (next, ids, body) = (Arc::clone(&next), Arc::clone(&ids), Arc::clone(&body));
            let (steady, troubled) = (steady.address.clone(), Arc::clone(&troubled));
            thread::spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= all {
                        return;
                    }
                    // Every third goes to both; the others to one, until it is acknowledged by either.
                    let (both, mut to_steady) = (number.is_multiple_of(3), (number + client).is_multiple_of(2));
                    let mut wanted = 1 + usize::from(both);
                    for _ in 0..400 {
                        let address = if to_steady { steady.clone() } else { troubled.lock().unwrap().address.clone() };
                        let answer = ask(&address, "POST", "/v1/referrals", &format!("key-{number}"), &body);
                        to_steady = !to_steady;
                        match answer {
                            Some((201, recorded)) => {
                                let id = recorded["id"].as_str().unwrap().to_owned();
                                ids.lock().unwrap().entry(number).or_default().push(id);
                                wanted -= 1;
                                if wanted == 0 {
                                    break;
                                }
                            }
                            // Killed, paused, or let go by the database: it is sent again.
                            None | Some((503 | 409, _)) => thread::sleep(Duration::from_millis(20)),
                            Some((status, answer)) => panic!("{status} {answer:#}"),
                        }
                    }
                    assert_eq!(wanted, 0, "key-{number} was never acknowledged");
                }
            })
        })
        .collect();
    let trouble = {
        let (troubled, done) = (Arc::clone(&troubled), Arc::clone(&done));
        let places = kept.places.clone();
        let folder = kept.folder().to_owned();
        thread::spawn(move || {
            let (mut random, mut count) = (seed, 0_u32);
            while !done.load(Ordering::Relaxed) {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                thread::sleep(Duration::from_millis(100 + (random >> 40) % 900));
                if count % 4 == 3 {
                    // Longer than the database lets a transaction stand idle.
                    let process = troubled.lock().unwrap().child.id();
                    signal("STOP", process);
                    thread::sleep(Duration::from_secs(6));
                    signal("CONT", process);
                } else {
                    let mut command = Command::new(env!("CARGO_BIN_EXE_windscreen"));
                    command.args(["serve", "--listen", "127.0.0.1:0", "--rules", super::running::RULES]);
                    command.arg("--data").arg(&folder);
                    if let windscreen::record::db::Location::Postgres { url, .. } = &places.database {
                        command.args(["--database", url]);
                    }
                    let mut running = troubled.lock().unwrap();
                    running.child.kill().unwrap();
                    running.child.wait().unwrap();
                    *running = Running::begin(command);
                }
                count += 1;
            }
            count
        })
    };
    for client in clients {
        client.join().unwrap();
    }
    done.store(true, Ordering::Relaxed);
    let count = trouble.join().unwrap();
    Arc::into_inner(troubled).unwrap().into_inner().unwrap().kill();
    steady.kill();
    let ids = ids.lock().unwrap();
    assert_eq!(ids.len() as u64, all);
    let mut different: Vec<&String> = Vec::new();
    for (number, answers) in ids.iter() {
        assert!(answers.iter().all(|id| *id == answers[0]), "key-{number} has one referral: {answers:?}");
        different.push(&answers[0]);
    }
    different.sort();
    different.dedup();
    assert_eq!(different.len() as u64, all);
    let (code, said) = ran(program(&kept, &["audit", "verify"]));
    assert_eq!(code, Some(0), "{said}");
    // Besides, that the rule set is in force.
    assert!(said.contains(&format!("decisions: {} events recorded", all + 1)), "{said}");
    println!("{all} referrals, {count} times in trouble");
}
