//! What people and partners' systems do all day, at an even pace, and whether the program is at the end as it was after
//! the first quarter: its memory, what it has open, its threads, its log. No request may fail, the record must verify,
//! and a stop must end it. `make soak` runs it for an hour; docs/soak.md says what was found.

#[path = "performance/served.rs"]
mod served;

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use rustix::process::{Pid, Signal, kill_process};
use served::{Answer, Served, answer};
use tempfile::TempDir;
use tokio::net::TcpStream;
use windscreen::serving::now;

/// How many ask at once, and how long each waits before it asks again: far more than a county does, and a part of what one
/// core can.
const CLIENTS: usize = 8;
const PAUSE: Duration = Duration::from_millis(100);
/// Longer than the server lets anybody wait.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);
/// How often it is looked at.
const LOOKED_EVERY: Duration = Duration::from_secs(10);
/// Every so many looks a file of the rules is changed, and back again the next time.
const RULES_CHANGE: u64 = 6;
/// Every so many rounds a client signs in again.
const SIGNED_IN_FOR: u64 = 50;
/// The looks that a quarter needs before anything is said of it.
const LEAST_LOOKS: usize = 3;

/// What memory may gain from the second quarter to the last: the tenth part, and pages that come and go.
const MEMORY_GAIN: f64 = 1.1;
const MEMORY_BESIDE_KIB: f64 = 16.0 * 1024.0;
/// What may be open at every look of the last quarter and was not of the second: each client has a line and a thread at
/// times, and they come and go.
const OPEN_BESIDE: f64 = CLIENTS as f64;
/// What the log may gain of 1,000 requests: a line of at most 160 bytes for each.
const LOG_KIB: f64 = 160.0 * 1000.0 / 1024.0;
/// How many of the requests that failed are told.
const TOLD: usize = 20;

const AS_SCHOOL: &str = "authorization: Bearer demonstration-school-system\r\n";
const AS_NOBODY: &str = "authorization: Bearer nobody-knows-this-key\r\n";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // `make bench` and `cargo test --all-targets` run this too, and have no hour.
    let Some(place) = arguments.iter().position(|argument| argument == "--seconds") else { return };
    let seconds = arguments.get(place + 1).and_then(|seconds| seconds.parse().ok()).expect("--seconds and a number");
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let (rules, data) = (folder.path().join("rules"), folder.path().join("data"));
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &rules);
    let log = Log::default();
    let mut command = Command::new(env!("CARGO_BIN_EXE_windscreen"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--watch", "--client-requests-per-second", "0", "--rules"]);
    command.arg(&rules).arg("--data").arg(&data);
    let mut served = Served::start(command, log.clone());
    let tally = Arc::new(Tally::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let looks = runtime.block_on(async {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|place| tokio::spawn(Client::new(place, served.address, Arc::clone(&tally)).go_on()))
            .collect();
        let looks = look(&served, &rules, &data, &log, &tally, SignedDuration::from_secs(seconds)).await;
        tally.ended.store(true, Ordering::Relaxed);
        for client in clients {
            client.await.expect("a client");
        }
        looks
    });
    let mut wrong = told(&looks);
    wrong.extend(tally.failures.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
    // A service manager's stop.
    let process = Pid::from_raw(served.child.id().cast_signed()).expect("a process");
    kill_process(process, Signal::TERM).expect("a signal");
    if !served.child.wait().is_ok_and(|ended| ended.success()) {
        wrong.push("it did not end well when it was told to stop".to_owned());
    }
    let mut verify = Command::new(env!("CARGO_BIN_EXE_windscreen"));
    let verified = verify.args(["audit", "verify", "--data"]).arg(&data).output().expect("verified");
    println!("\n{}", String::from_utf8_lossy(&verified.stdout).trim_end());
    if !verified.status.success() {
        wrong.push(format!("the record does not verify: {}", String::from_utf8_lossy(&verified.stderr)));
    }
    wrong.iter().for_each(|wrong| println!("WRONG: {wrong}"));
    assert!(wrong.is_empty(), "not as it should be");
}

/// What the program writes to standard error: how much, and nothing else of it is kept.
#[derive(Clone, Default)]
struct Log(Arc<AtomicU64>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the clients count together.
#[derive(Default)]
struct Tally {
    ended: AtomicBool,
    answers: AtomicU64,
    referrals: AtomicU64,
    failed: AtomicU64,
    failures: Mutex<Vec<String>>,
}

impl Tally {
    fn fail(&self, what: String) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() < TOLD {
            failures.push(what);
        }
    }
}

/// The program at one moment.
#[derive(Clone, Copy)]
struct Look {
    memory: f64,
    open: f64,
    threads: f64,
    log: f64,
    record: f64,
    answers: f64,
    referrals: f64,
    failed: f64,
}

/// Looks at the program, and changes a file of its rules now and then, until the time is over.
async fn look(
    served: &Served,
    rules: &Path,
    data: &Path,
    log: &Log,
    tally: &Tally,
    for_so_long: SignedDuration,
) -> Vec<Look> {
    let file = rules.join("framework.yaml");
    let text = fs::read_to_string(&file).expect("the framework");
    let count = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64;
    let (start, mut looks) = (now(), Vec::new());
    while now().duration_since(start) < for_so_long {
        tokio::time::sleep(LOOKED_EVERY).await;
        let files = fs::read_dir(data).expect("the record's folder").flatten();
        looks.push(Look {
            memory: served.status("VmRSS"),
            open: fs::read_dir(format!("/proc/{}/fd", served.child.id())).expect("a process").count() as f64,
            threads: served.status("Threads"),
            log: count(&log.0),
            record: files.filter_map(|file| file.metadata().ok()).map(|file| file.len() as f64).sum(),
            answers: count(&tally.answers),
            referrals: count(&tally.referrals),
            failed: count(&tally.failed),
        });
        let place = looks.len() as u64;
        if place.is_multiple_of(RULES_CHANGE) {
            let other = place.is_multiple_of(2 * RULES_CHANGE);
            fs::write(&file, if other { text.clone() } else { format!("{text}# Read again.\n") }).expect("written");
        }
    }
    looks
}

/// Tells the second quarter beside the last, and what of it is wrong. The first is for caches to fill.
fn told(looks: &[Look]) -> Vec<String> {
    let quarter = looks.len() / 4;
    if quarter < LEAST_LOOKS {
        return vec![format!("{} looks are too few to compare quarters of them", looks.len())];
    }
    let (second, last) = (&looks[quarter..2 * quarter], &looks[looks.len() - quarter..]);
    let median = |looks: &[Look], of: fn(&Look) -> f64| {
        let mut all: Vec<f64> = looks.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    // Threads and files come and go; what stays for good is open at every look.
    let least = |looks: &[Look], of: fn(&Look) -> f64| looks.iter().map(of).fold(f64::INFINITY, f64::min);
    let gained = |looks: &[Look], of: fn(&Look) -> f64| of(&looks[looks.len() - 1]) - of(&looks[0]);
    let log = |looks: &[Look]| gained(looks, |look| look.log) / 1024.0 / (gained(looks, |look| look.answers) / 1000.0);
    let record = |looks: &[Look]| gained(looks, |look| look.record) / 1024.0 / gained(looks, |look| look.referrals);
    let memory = [second, last].map(|looks| median(looks, |look| look.memory));
    let open = [second, last].map(|looks| least(looks, |look| look.open));
    let threads = [second, last].map(|looks| least(looks, |look| look.threads));
    let logged = [second, last].map(log);
    let end = looks[looks.len() - 1];
    println!(
        "{:.0} answers, {:.0} of them referrals recorded, {:.0} failures\n",
        end.answers, end.referrals, end.failed
    );
    println!("| What | second quarter | last quarter |\n|---|---|---|");
    let row = |what: &str, [second, last]: [f64; 2]| println!("| {what} | {second:.1} | {last:.1} |");
    row("resident memory, median, MiB", memory.map(|kib| kib / 1024.0));
    row("files and sockets open, fewest", open);
    row("threads, fewest", threads);
    row("log of 1,000 requests, KiB", logged);
    row("record for each referral, KiB", [second, last].map(record));
    row("answers a second", [second, last].map(|looks| a_second(gained(looks, |look| look.answers), looks.len())));
    let must = [
        (end.referrals > 0.0, "nothing was recorded"),
        (end.failed == 0.0, "requests failed"),
        (memory[1] <= memory[0] * MEMORY_GAIN + MEMORY_BESIDE_KIB, "memory grew"),
        (open[1] <= open[0] + OPEN_BESIDE, "more files or sockets stay open"),
        (threads[1] <= threads[0] + OPEN_BESIDE, "more threads stay"),
        (logged.iter().all(|kib| *kib <= LOG_KIB), "the log has more than a line for each request"),
    ];
    must.into_iter().filter(|(holds, _)| !holds).map(|(_, otherwise)| otherwise.to_owned()).collect()
}

fn a_second(answers: f64, looks: usize) -> f64 {
    answers / ((looks - 1) as f64 * LOOKED_EVERY.as_secs_f64())
}

/// Somebody at a browser and a partner's system over one line, in turns.
struct Client {
    place: usize,
    address: SocketAddr,
    line: Option<TcpStream>,
    cookie: String,
    tally: Arc<Tally>,
}

impl Client {
    fn new(place: usize, address: SocketAddr, tally: Arc<Tally>) -> Self {
        Self { place, address, line: None, cookie: String::new(), tally }
    }

    async fn go_on(mut self) {
        let mut round = 0;
        while !self.tally.ended.load(Ordering::Relaxed) {
            if round % SIGNED_IN_FOR == 0 {
                self.sign_in().await;
            }
            self.as_a_partner(round).await;
            self.as_somebody().await;
            self.as_a_stranger().await;
            round += 1;
        }
    }

    /// Evaluates, records, sends the same again, and reads it.
    async fn as_a_partner(&mut self, round: u64) {
        let facts = |explain: &str| {
            format!(
                r#"{{"received_at":"2026-11-24T10:30:00+00:00","explain":"{explain}","concerns":["domestic_abuse"],"facts":{{"child_age_months":{},"da_scale":"s1_moderate","basic_care":"struggling","immediate_danger_now":false,"family_told":"told","parental_conflict":"not_known"}}}}"#,
                round % 200
            )
        };
        self.ask(&post("/v1/evaluations", "", &facts("summary")), &[200]).await;
        self.ask(&post("/v1/evaluations", "", &facts("full")), &[200]).await;
        let child = format!("{}-{round}", self.place);
        let referral = format!(
            r#"{{"received_at":"2026-11-24T10:30:00+00:00","concerns":["domestic_abuse"],"referrer":{{"organisation":"school:example-primary","agency":"school","source_code":"2A","name":"A. Teacher"}},"account":"Often late and hungry on Mondays.","family_told":"yes","children":[{{"ref":"A","name":"Invented {child}","date_of_birth":"2024-05-01","facts":{{"da_scale":"s1_moderate","basic_care":"struggling","immediate_danger_now":false}}}}]}}"#
        );
        let recorded = post("/v1/referrals", &format!("{AS_SCHOOL}idempotency-key: {child}\r\n"), &referral);
        let Some(first) = self.ask(&recorded, &[201]).await else { return };
        self.tally.referrals.fetch_add(1, Ordering::Relaxed);
        if let Some(again) = self.ask(&recorded, &[201]).await
            && again.body != first.body
        {
            self.tally.fail("the same key was answered otherwise".to_owned());
        }
        let Some(place) = header(&first, "location") else {
            return self.tally.fail("a recorded referral has no place".to_owned());
        };
        self.ask(&get(place, AS_SCHOOL), &[200]).await;
        self.ask(&get("/v1/rule-sets/current", ""), &[200]).await;
    }

    async fn sign_in(&mut self) {
        let own = "origin: http://127.0.0.1\r\nsec-fetch-site: same-origin\r\n";
        let signed_in = self.ask(&form("/sign-in", own, "who=triage-worker"), &[303]).await;
        let cookie = signed_in.and_then(|answer| Some(header(&answer, "set-cookie")?.split(';').next()?.to_owned()));
        self.cookie = format!("cookie: {}\r\n", cookie.unwrap_or_default());
    }

    /// Pages for everybody, and those of somebody who is signed in.
    async fn as_somebody(&mut self) {
        for path in ["/", "/check", "/worklist", "/drafts", "/out-of-hours"] {
            self.ask(&get(path, &self.cookie), &[200]).await;
        }
    }

    /// What nobody should send, and what asks whether it lives.
    async fn as_a_stranger(&mut self) {
        for path in ["/livez", "/readyz", "/version"] {
            self.ask(&get(path, ""), &[200]).await;
        }
        self.ask(&get("/v1/nowhere", ""), &[404]).await;
        self.ask(&get("/worklist", ""), &[303]).await;
        self.ask(&post("/v1/evaluations", "", r#"{"facts":{"child_age_months":"#), &[400]).await;
        self.ask(&post("/v1/evaluations", "", r#"{"facts":{"no_such_fact":1}}"#), &[422]).await;
        // A key that nobody has is looked up only so often.
        self.ask(&post("/v1/referrals", AS_NOBODY, "{}"), &[401, 429]).await;
        self.ask("NONSENSE\r\n\r\n", &[400]).await;
    }

    /// Asks, and counts an answer that is not one of those as a failure.
    async fn ask(&mut self, request: &str, right: &[u16]) -> Option<Answer> {
        tokio::time::sleep(PAUSE).await;
        let asked = answer(&mut self.line, self.address, request);
        let answer = tokio::time::timeout(ANSWERED_WITHIN, asked).await.unwrap_or_else(|_| {
            self.line = None;
            None
        });
        match answer {
            Some(answer) if right.contains(&answer.status) => {
                self.tally.answers.fetch_add(1, Ordering::Relaxed);
                Some(answer)
            }
            other => {
                let (asked, status) = (request.lines().next().unwrap_or_default(), other.map(|answer| answer.status));
                self.tally.fail(format!("{asked}: {status:?} at {}", now()));
                None
            }
        }
    }
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}\r\n")
}

fn post(path: &str, headers: &str, body: &str) -> String {
    with_body(path, &format!("{headers}content-type: application/json\r\n"), body)
}

fn form(path: &str, headers: &str, body: &str) -> String {
    with_body(path, &format!("{headers}content-type: application/x-www-form-urlencoded\r\n"), body)
}

fn with_body(path: &str, headers: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// Copies a folder.
fn copy(from: &Path, to: &PathBuf) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}
