//! What a recorded referral costs: evaluated, sealed, entered and on disk, against bare loops of commits on the same disk
//! in the same run: one row each, and as many as there are clients at most.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

#[path = "performance/figures.rs"]
mod figures;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use figures::Figures;
use windscreen::access::{Operation, Permit, demonstration, permit};
use windscreen::criteria::{RuleSet, load};
use windscreen::level::Explain;
use windscreen::record::once::Once;
use windscreen::record::{Places, Record};
use windscreen::rules_dir;
use windscreen::serving::now;

/// How long each contender runs at a time.
const SLICE: Duration = Duration::from_millis(1500);
/// How often; the best slice counts, for other programs share the machine.
const ROUNDS: usize = 3;

/// An invented referral of one child.
const REFERRAL: &str = r#"{
    "received_at": "2026-11-23T10:30:00+00:00",
    "referrer": { "organisation": "school:example-primary", "agency": "school", "source_code": "2A" },
    "account": "Often late and hungry on Mondays; two changes of address since the summer.",
    "family_told": "yes", "agrees_to_help": "not_asked", "sharing_basis": "public_task",
    "children": [{ "ref": "A", "name": "Invented Child", "date_of_birth": "2018-05-01", "nhs_number": "943 476 5919",
                   "facts": { "basic_care": "struggling" } }]
}"#;

/// Rows of the size of a referral's, so many in a commit, each commit on disk before the next; how many rows a second.
fn bare(folder: &Path, rows: u32) -> f64 {
    let db = rusqlite::Connection::open(folder.join("bare.db")).expect("a database");
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE IF NOT EXISTS row (place INTEGER PRIMARY KEY, body BLOB)",
    )
    .expect("a table");
    let body = vec![7_u8; 4096];
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < SLICE {
        let commit = db.unchecked_transaction().expect("a transaction");
        for _ in 0..rows {
            let insert = commit.prepare_cached("INSERT INTO row (body) VALUES (?1)");
            insert.and_then(|mut insert| insert.execute([&body])).expect("a row");
        }
        commit.commit().expect("on disk");
        count += rows;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

/// Referrals acknowledged by so many clients at once.
fn recorded(record: &Arc<Record>, rules: &Arc<RuleSet>, permit: &Permit, clients: usize) -> f64 {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    let start = Instant::now();
    let clients: Vec<_> = (0..clients)
        .map(|_| {
            let (record, rules, permit) = (Arc::clone(record), Arc::clone(rules), permit.clone());
            thread::spawn(move || {
                let mut count = 0_u32;
                while start.elapsed() < SLICE {
                    let key = DRAWN.fetch_add(1, Ordering::Relaxed).to_string();
                    let once = Once::new(&permit, &key, "POST /v1/referrals", REFERRAL.as_bytes());
                    let pending = record.refer(&permit, &rules, REFERRAL.as_bytes(), once, Explain::Full, now());
                    pending.and_then(|pending| pending.wait_here()).expect("recorded");
                    count += 1;
                }
                count
            })
        })
        .collect();
    let count: u32 = clients.into_iter().map(|client| client.join().expect("a client")).sum();
    f64::from(count) / start.elapsed().as_secs_f64()
}

fn main() {
    // `cargo test --all-targets` only asks whether it runs.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let files = rules_dir::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).expect("rules");
    let rules = Arc::new(load(&files).rule_set.expect("sound rules"));
    let record = Arc::new(Record::open(&Places::in_folder(folder.path()), now()).expect("a record"));
    record.keep_rule_set(&rules, &files, now()).expect("kept rules");
    let school = demonstration("school-system").and_then(|actor| permit(actor, Operation::Refer)).expect("a permit");
    let counts = [1, 8, 64];
    let (mut bare_best, mut group_best, mut best) = (0.0_f64, 0.0_f64, [0.0_f64; 3]);
    for _ in 0..ROUNDS {
        bare_best = bare_best.max(bare(folder.path(), 1));
        group_best = group_best.max(bare(folder.path(), 64));
        for (best, clients) in best.iter_mut().zip(counts) {
            *best = best.max(recorded(&record, &rules, &school, clients));
        }
    }
    let mut figures = Figures::of("record");
    println!("bare one-row commits: {bare_best:.0}/s");
    println!("bare commits of 64 rows: {group_best:.0} rows/s");
    figures.add("bare", bare_best);
    figures.add("bare_of_64", group_best);
    for (best, clients) in best.iter().zip(counts) {
        println!("{clients:>2} clients: {best:.0} referrals/s, {:.2} of the bare rate", best / bare_best);
        figures.add(format!("clients_{clients}"), *best);
    }
    let verdict = record.sign_now().and_then(|()| record.verify(Vec::new())).expect("verified");
    assert!(verdict.is_ok(), "{verdict:?}");
    figures.write();
}
