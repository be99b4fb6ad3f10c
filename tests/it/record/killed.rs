//! kill -9 at any moment, under many clients: nothing acknowledged is lost, nothing is recorded twice, no gap.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use windscreen::record::db::Location;

use super::{Kept, a_family};

/// How many clients at once.
const CLIENTS: u64 = 16;

/// The program, until it is killed.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(kept: &Kept) -> Self {
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
        let mut command = program(kept, &["serve", "--listen", "127.0.0.1:0", "--rules", rules]);
        let mut child = command.env("WINDSCREEN_LOG", "off").stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).unwrap_or_else(|| panic!("{line}"));
        Self { address: address.split(',').next().unwrap().to_owned(), child }
    }

    fn kill(mut self) {
        // SIGKILL: nothing is finished, nothing is written.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn program(kept: &Kept, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windscreen"));
    command.args(arguments).arg("--data").arg(kept.folder());
    if let Location::Postgres { url, .. } = &kept.places.database {
        command.args(["--database", url]);
    }
    command
}

/// Sends a referral; its id when it was acknowledged.
fn refer(address: &str, key: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    let length = body.len();
    let head = format!(
        "POST /v1/referrals HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n\
         authorization: Bearer demonstration-school-system\r\nidempotency-key: {key}\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8(answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    assert!(head.starts_with("HTTP/1.1 201 "), "{answer}");
    let recorded: Value = serde_json::from_str(body).ok()?;
    Some(recorded["id"].as_str()?.to_owned())
}

fn killed_again_and_again(kept: &Kept, rounds: u32) {
    let seed = windscreen::serving::now().as_microsecond().unsigned_abs();
    println!("seed {seed}");
    let body = Arc::new(a_family().to_string());
    let acknowledged: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    let sent: Arc<AtomicU64> = Arc::default();
    for round in 0..rounds {
        let running = Running::start(kept);
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (sent, acknowledged) = (Arc::clone(&sent), Arc::clone(&acknowledged));
                let (body, address) = (Arc::clone(&body), running.address.clone());
                std::thread::spawn(move || {
                    loop {
                        let key = format!("key-{}", sent.fetch_add(1, Ordering::Relaxed));
                        // The first that is not acknowledged tells that it was killed.
                        let Some(id) = refer(&address, &key, &body) else { return };
                        acknowledged.lock().unwrap().insert(key, id);
                    }
                })
            })
            .collect();
        // Killed only once it is at work, however slow the machine.
        let before = acknowledged.lock().unwrap().len();
        while acknowledged.lock().unwrap().len() == before {
            std::thread::sleep(Duration::from_millis(1));
        }
        // A moment drawn from the seed; what is checked does not depend on it.
        let wait = seed.wrapping_mul(u64::from(round) + 1).wrapping_mul(6_364_136_223_846_793_005) >> 54;
        std::thread::sleep(Duration::from_millis(wait % 400));
        running.kill();
        for client in clients {
            client.join().unwrap();
        }
        let verified = program(kept, &["audit", "verify"]).output().unwrap();
        let said = String::from_utf8([verified.stdout, verified.stderr].concat()).unwrap();
        assert_eq!(verified.status.code(), Some(0), "round {round}: {said}");
    }
    // Every key once more: what was acknowledged is what it was, what was not is recorded now, and nothing twice.
    let running = Running::start(kept);
    let acknowledged = acknowledged.lock().unwrap();
    let mut ids: Vec<String> = Vec::new();
    let sent = sent.load(Ordering::Relaxed);
    for number in 0..sent {
        let key = format!("key-{number}");
        let id = refer(&running.address, &key, &body).unwrap();
        if let Some(before) = acknowledged.get(&key) {
            assert_eq!(*before, id, "{key} was acknowledged");
        }
        ids.push(id);
    }
    running.kill();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "each key has a referral of its own");
    let verified = program(kept, &["audit", "verify"]).output().unwrap();
    let said = String::from_utf8(verified.stdout).unwrap();
    assert!(said.contains(&format!("decisions: {all} events recorded")), "{all} keys, each once: {said}");
    println!("{rounds} kills, {} acknowledged of {sent} sent", acknowledged.len());
    assert!(acknowledged.len() >= usize::try_from(rounds).unwrap());
}

#[test]
fn nothing_acknowledged_is_lost_in_sqlite() {
    killed_again_and_again(&Kept::in_sqlite(), 4 * crate::cases());
}

#[test]
fn nothing_acknowledged_is_lost_in_postgres() {
    killed_again_and_again(&Kept::in_postgres(), 3 * crate::cases());
}
