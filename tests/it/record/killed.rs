//! kill -9 at any moment, under many clients: nothing acknowledged is lost, nothing is recorded twice, no gap.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::running::{Running, program, ran, refer};
use super::{Kept, a_family};

/// How many clients at once, and how often it is killed: few in `make test`, many in `make test-long`.
fn counts() -> (u64, u32) {
    if crate::cases() > 1 { (100, 200) } else { (16, 4) }
}

fn killed_again_and_again(kept: &Kept) {
    let (clients, rounds) = counts();
    let seed = windscreen::serving::now().as_microsecond().unsigned_abs();
    println!("seed {seed}");
    let body = Arc::new(a_family().to_string());
    let acknowledged: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    let sent: Arc<AtomicU64> = Arc::default();
    for round in 0..rounds {
        let running = Running::start(kept);
        let clients: Vec<_> = (0..clients)
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
        // What came since the last round is read again, and held against what was signed then.
        let minutes = kept.folder().join("minutes");
        let mut since = vec!["audit", "verify"];
        let path = minutes.to_str().unwrap().to_owned();
        if round > 0 {
            since.extend(["--since", &path]);
        }
        let (code, said) = ran(program(kept, &since));
        assert_eq!(code, Some(0), "round {round}: {said}");
        let (code, notes) = ran(program(kept, &["audit", "checkpoint"]));
        assert_eq!(code, Some(0), "round {round}: {notes}");
        fs::write(&minutes, notes).unwrap();
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
    let (_, said) = ran(program(kept, &["audit", "verify"]));
    // Besides, that the rule set is in force.
    let entries = all + 1;
    assert!(said.contains(&format!("decisions: {entries} events recorded")), "{all} keys, each once: {said}");
    println!("{rounds} kills, {} acknowledged of {sent} sent", acknowledged.len());
    assert!(acknowledged.len() >= usize::try_from(rounds).unwrap());
}

#[test]
fn nothing_acknowledged_is_lost_in_sqlite() {
    killed_again_and_again(&Kept::in_sqlite());
}

#[test]
fn nothing_acknowledged_is_lost_in_postgres() {
    killed_again_and_again(&Kept::in_postgres());
}
