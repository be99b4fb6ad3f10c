//! Whoever changes the database behind the program's back is found out: every flipped bit, every edited, lost, added
//! or exchanged row.

use std::collections::BTreeSet;
use std::fs;

use rusqlite::Connection;
use serde_json::{Value, json};
use windscreen::record::checkpoint::Checkpoint;
use windscreen::record::keys::Keys;
use windscreen::record::leaf::{Kind, Leaf};
use windscreen::record::log::{Frontier, leaf_hash};
use windscreen::record::verify::Verdict;
use windscreen::record::{ForkReason, Record, RecordError};
use windscreen::serving::now;

use super::{Ask, Kept, a_family, closed, opened};

/// A record with two referrals, one of them unfolded, decided and read.
async fn filled() -> Kept {
    let (kept, record, router) = opened(Kept::in_sqlite()).await;
    let school = Ask { router: &router, who: "school-system" };
    let (_, receipt) = school.post("/v1/referrals", "1", &a_family()).await;
    school.post("/v1/referrals", "2", &a_family()).await;
    let path = format!("/v1/referrals/{}", receipt["id"].as_str().unwrap());
    let manager = Ask { router: &router, who: "manager" };
    let told = json!({ "said_by": { "role": "parent" }, "account": "We moved in June" });
    let (_, informed) = manager.post(&format!("{path}/information"), "3", &told).await;
    assert_eq!(informed["piece"], 2, "{informed:#}");
    let level = &informed["children"][0]["evaluation"]["at_least"]["rank"];
    let decision = json!({ "child": "A", "shown": 2, "level": level, "view": "agrees", "outcome": "early_help",
                           "next_holder": { "organisation": "school:example-primary", "told": "Early help, please. CANARY-TOLD" } });
    let (_, decided) = manager.post(&format!("{path}/decisions"), "4", &decision).await;
    assert_ne!(decided["id"], Value::Null, "{decided:#}");
    manager.get(&path).await;
    closed(record, router).await;
    // Everything in one file, so that a copy of it is a copy of all.
    Connection::open(kept.folder().join("windscreen.db"))
        .unwrap()
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    kept
}

fn verdict(kept: &Kept) -> Verdict {
    // Too damaged to be opened is found out too.
    match Record::open(&kept.places, now()) {
        Ok(record) => record.verify(Vec::new()).unwrap(),
        Err(error) => Err(windscreen::record::verify::Damage { place: "opening".into(), what: error.to_string() }),
    }
}

/// Changes a copy by SQL, and verifies it.
fn after(kept: &Kept, sql: &str) -> Verdict {
    let whole = fs::read(kept.folder().join("windscreen.db")).unwrap();
    let db = Connection::open(kept.folder().join("windscreen.db")).unwrap();
    db.execute_batch(&format!("PRAGMA ignore_check_constraints = 1; {sql}; PRAGMA wal_checkpoint(TRUNCATE)")).unwrap();
    drop(db);
    let verdict = verdict(kept);
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(kept.folder().join(format!("windscreen.db{suffix}")));
    }
    fs::write(kept.folder().join("windscreen.db"), whole).unwrap();
    verdict
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_were_edited_lost_added_or_exchanged_are_found() {
    let kept = filled().await;
    tokio::task::spawn_blocking(move || {
        let sound = verdict(&kept).unwrap();
        assert_eq!(sound.iter().map(|log| log.size).collect::<Vec<_>>(), [6, 2]);
        assert!(sound.iter().all(|log| log.checkpoints > 0));
        let mut said = BTreeSet::new();
        for sql in [
            "UPDATE entry SET leaf = replace(leaf, '\"at\":\"2', '\"at\":\"1') WHERE log = 'decisions' AND place = 2",
            "DELETE FROM entry WHERE log = 'decisions' AND place = 2",
            "DELETE FROM entry WHERE log = 'decisions' AND place = 5",
            "UPDATE entry SET body = NULL, referral = NULL WHERE log = 'decisions' AND place = 3",
            "UPDATE entry SET body = NULL WHERE log = 'decisions' AND place = 3",
            "UPDATE entry SET referral = (SELECT max(id) FROM referral) WHERE log = 'decisions'",
            "INSERT INTO entry SELECT log, 6, leaf, leaf_hash, referral, body, mac FROM entry WHERE log = 'decisions' AND place = 5",
            "UPDATE entry SET place = 11 - place WHERE log = 'decisions' AND place IN (2, 3); \
             UPDATE entry SET place = place - 6 WHERE log = 'decisions' AND place IN (8, 9)",
            "UPDATE log SET size = 5 WHERE name = 'decisions'",
            "UPDATE log SET peaks = randomblob(64) WHERE name = 'decisions'",
            "INSERT INTO tile_hash VALUES ('decisions', 1, 0, zeroblob(32))",
            "UPDATE checkpoint SET size = size - 1 WHERE log = 'rules'",
            "UPDATE checkpoint SET note = replace(note, char(10) || '2' || char(10), char(10) || '1' || char(10)) WHERE log = 'rules'",
            "UPDATE entry SET mac = NULL WHERE log = 'decisions' AND place = 2",
            "UPDATE entry SET mac = NULL WHERE log = 'rules'",
            "UPDATE entry SET mac = (SELECT other.mac FROM entry other WHERE other.log = entry.log AND other.place = 1) WHERE place = 0",
            "DELETE FROM setting WHERE name = 'keyed entries'",
            "UPDATE setting SET value = replace(value, 'decisions 0', 'decisions 9') WHERE name = 'keyed entries'",
            "UPDATE referral SET standing = 'closed'",
            "UPDATE referral SET at_most = 1",
            "UPDATE referral SET organisation = 'police:example'",
            "UPDATE referral SET version = 1",
            "DELETE FROM handover",
            "UPDATE handover SET organisation = 'police:example'",
            "UPDATE handover SET waits = 0",
            "DELETE FROM referral",
            "DELETE FROM match_key",
            "UPDATE match_key SET child = child + 1",
            "UPDATE referral_key SET sealed = randomblob(length(sealed))",
            "DELETE FROM referral_key",
            "UPDATE rule_set SET files = CAST(replace(CAST(files AS TEXT), 'framework.yaml', 'frameworK.yaml') AS BLOB)",
        ] {
            let damage = after(&kept, sql).expect_err(sql);
            said.insert(damage.what);
        }
        assert!(said.len() > 12, "each kind of damage is told apart: {said:#?}");
        assert!(verdict(&kept).is_ok(), "and what was not touched is sound");
    })
    .await
    .unwrap();
}

/// A record with a batch, one of whose rows was dealt with.
async fn with_a_batch() -> Kept {
    let (kept, record, router) = opened(Kept::in_sqlite()).await;
    let bytes = crate::notifications::morning::csv_of(&crate::notifications::morning::morning(24, 3, 0, 0).rows);
    let (_, batch) = super::batches::send(&router, "police-system", "one", &bytes).await;
    let row = &batch["not_mapped"][0]["row"];
    let at = format!("/v1/batches/{}/rows/{row}", batch["id"].as_str().unwrap());
    let triage = Ask { router: &router, who: "triage-worker" };
    let (_, dealt) = triage.post(&at, "two", &json!({ "how": "sent_back" })).await;
    assert_ne!(dealt["receipt"], Value::Null, "{dealt:#}");
    closed(record, router).await;
    let db = Connection::open(kept.folder().join("windscreen.db")).unwrap();
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(db);
    kept
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_about_a_batch_is_found() {
    let kept = with_a_batch().await;
    tokio::task::spawn_blocking(move || {
        assert!(verdict(&kept).is_ok());
        for sql in [
            "UPDATE batch SET waiting = 0",
            "UPDATE batch SET parts = 2",
            "UPDATE batch SET organisation = 'school:example-primary'",
            "UPDATE batch SET received_at = received_at - 1",
            "UPDATE batch SET mapping = 'another'",
            "UPDATE batch SET version = 1",
            "DELETE FROM batch",
            "INSERT INTO batch SELECT 'another', organisation, received_at, zeroblob(32), mapping, 0, 0, 1 FROM batch",
            "DELETE FROM batch_referral WHERE part = 2",
            "UPDATE batch_referral SET referral = NULL WHERE part = 2",
            "UPDATE batch_referral SET part = part + 10",
            "INSERT INTO batch_referral SELECT batch, 9, 'another' FROM batch_referral WHERE part = 1",
            "UPDATE entry SET body = NULL, referral = NULL WHERE leaf LIKE '%row_dealt_with%'",
            "UPDATE entry SET body = NULL, referral = NULL WHERE leaf LIKE '%file_kept%'",
            "DELETE FROM referral_key WHERE referral = (SELECT id FROM batch)",
            "DELETE FROM match_key WHERE child = -1",
        ] {
            assert!(after(&kept, sql).is_err(), "{sql}");
        }
        assert!(verdict(&kept).is_ok(), "and what was not touched is sound");
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flipped_bit_of_a_row_is_found() {
    let kept = filled().await;
    tokio::task::spawn_blocking(move || {
        let path = kept.folder().join("windscreen.db");
        let record = Record::open(&kept.places, now()).unwrap();
        let db = Connection::open(&path).unwrap();
        let mut count = 0;
        for (table, column, text) in [
            ("entry", "leaf", true),
            ("entry", "leaf_hash", false),
            ("entry", "body", false),
            ("entry", "mac", false),
            ("referral_key", "sealed", false),
        ] {
            let which = if table == "entry" {
                "log = 'decisions' AND place = 3"
            } else {
                "referral = (SELECT min(id) FROM referral)"
            };
            let read = format!("SELECT CAST({column} AS BLOB) FROM {table} WHERE {which}");
            let whole: Vec<u8> = db.query_row(&read, [], |row| row.get(0)).unwrap();
            let write = format!(
                "UPDATE {table} SET {column} = CAST(?1 AS {}) WHERE {which}",
                if text { "TEXT" } else { "BLOB" }
            );
            // Every third byte, each with another of its bits; bodies are long, so every 27th. Every one of a hash, and
            // thrice as many of the rest where more is tried.
            let step: usize = match column {
                "leaf_hash" | "mac" => 1,
                "body" => 27,
                _ => 3,
            };
            let step = if crate::cases() > 1 { step.div_ceil(3) } else { step };
            for place in (0..whole.len()).step_by(step) {
                let mut flipped = whole.clone();
                flipped[place] ^= 1 << (place % 7);
                if text && String::from_utf8(flipped.clone()).is_err() {
                    continue;
                }
                db.execute(&write, [&flipped]).unwrap();
                let verdict = record.verify(Vec::new()).unwrap();
                assert!(verdict.is_err(), "{table}.{column}, byte {place}");
                count += 1;
            }
            db.execute(&write, [&whole]).unwrap();
            assert!(record.verify(Vec::new()).unwrap().is_ok());
        }
        assert!(count > 150, "{count}");
    })
    .await
    .unwrap();
}

/// Reckons a log anew from whatever entries there are, as somebody does who can write to the database and knows how.
fn reckon(path: &std::path::Path) {
    let db = Connection::open(path).unwrap();
    let mut read = db.prepare("SELECT leaf FROM entry WHERE log = 'decisions' ORDER BY place").unwrap();
    let leaves: Vec<String> = read.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    drop(read);
    let mut frontier = Frontier::default();
    for (place, leaf) in leaves.iter().enumerate() {
        let hash = leaf_hash(leaf.as_bytes());
        db.execute(
            "UPDATE entry SET leaf_hash = ?1 WHERE log = 'decisions' AND place = ?2",
            (hash.as_slice(), place as i64),
        )
        .unwrap();
        frontier.push(hash);
    }
    db.execute(
        "UPDATE log SET size = ?1, peaks = ?2 WHERE name = 'decisions'",
        (leaves.len() as i64, frontier.to_bytes()),
    )
    .unwrap();
}

/// Adds an entry to the log of decisions, as somebody does who can write to the database and knows how.
fn plant(path: &std::path::Path, leaf: &Leaf, mac: &str) {
    let db = Connection::open(path).unwrap();
    let sql = format!(
        "INSERT INTO entry (log, place, leaf, leaf_hash, mac) SELECT 'decisions', count(*), ?1, zeroblob(32), {mac} FROM entry WHERE log = 'decisions'"
    );
    db.execute(&sql, [leaf.text()]).unwrap();
    drop(db);
    reckon(path);
}

/// What no entry of such a kind says of itself is that somebody with the keys entered it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_entered_without_the_key_file_is_found_and_not_signed() {
    let kept = filled().await;
    tokio::task::spawn_blocking(move || {
        let path = kept.folder().join("windscreen.db");
        let whole = fs::read(&path).unwrap();
        let guard = fs::read_to_string(kept.places.guard.join("decisions.checkpoint")).unwrap();
        let referral: (String, String) = Connection::open(&path)
            .unwrap()
            .query_row("SELECT referral, leaf FROM entry WHERE log = 'decisions' AND place = 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        let subject = Leaf::parse(&referral.1).unwrap().subject;
        // The second referral, gone as if it had been erased.
        let gone = format!(
            "UPDATE entry SET body = NULL, referral = NULL WHERE referral = '{id}'; DELETE FROM referral_key WHERE referral = '{id}'; \
             DELETE FROM referral WHERE id = '{id}'; DELETE FROM match_key WHERE referral = '{id}'; DELETE FROM idempotency; \
             DELETE FROM occurrence WHERE referral = '{id}'",
            id = referral.0
        );
        let new = |kind| Leaf::new(kind, "01900000-0000-7000-8000-000000000000".to_owned(), now());
        let erased = Leaf { subject, detail: Some("request".into()), ..new(Kind::Erased) };
        let key = "0123456789abcdef a-school partner_system urn:100001 2027-03-01T00:00:00Z";
        let none = "";
        // Without a keyed hash, with that of another entry, and as if entries were keyed from later on, or from nowhere.
        let later = "UPDATE setting SET value = 'decisions 9 rules 9' || substr(value, -65) WHERE name = 'keyed entries'";
        let nowhere = "DELETE FROM setting WHERE name = 'keyed entries'; UPDATE entry SET mac = NULL";
        let of_another = "(SELECT mac FROM entry WHERE log = 'decisions' AND place = 2)";
        for (sql, leaf, mac, more) in [
            (gone.as_str(), erased.clone(), "NULL", none),
            (&gone, erased.clone(), of_another, none),
            (&gone, erased.clone(), "zeroblob(32)", none),
            (&gone, erased.clone(), "NULL", later),
            (&gone, erased, "NULL", nowhere),
            (none, Leaf { detail: Some(key.into()), ..new(Kind::ApiKeyMade) }, "NULL", none),
            (none, Leaf { detail: Some("0123456789abcdef".into()), ..new(Kind::ApiKeyRevoked) }, "NULL", none),
            (none, Leaf { detail: Some("backup".into()), ..new(Kind::Exported) }, "NULL", none),
            (none, Leaf { detail: Some("restored; signed before: nothing".into()), ..new(Kind::ForkAccepted) }, "NULL", none),
            (none, Leaf { rule_set: Some("sha256:0".into()), ..new(Kind::RuleSetInForce) }, "NULL", none),
        ] {
            let what = format!("{:?} {mac} {more}", leaf.kind);
            Connection::open(&path).unwrap().execute_batch(sql).unwrap();
            plant(&path, &leaf, mac);
            Connection::open(&path).unwrap().execute_batch(more).unwrap();
            let record = Record::open(&kept.places, now()).unwrap();
            let damage = record.verify(Vec::new()).unwrap().expect_err(&what);
            assert!(damage.to_string().contains("by hand") || damage.what.contains("not entered here"), "{what}: {damage}");
            // Whoever starts it finds it read-only, or it becomes so with the first that is to be signed.
            match record.read_only() {
                Some(why) => assert!(!more.is_empty() && why.contains("by hand"), "{what}: {why}"),
                None => assert!(matches!(record.sign_now(), Err(RecordError::Damaged(_))), "{what}"),
            }
            // Nor does somebody take it into use for a fork.
            if record.read_only().is_some() {
                assert!(matches!(record.accept_fork(ForkReason::Restored, now()), Err(RecordError::Damaged(_))), "{what}");
            }
            drop(record);
            assert_eq!(fs::read_to_string(kept.places.guard.join("decisions.checkpoint")).unwrap(), guard, "{what}");
            for suffix in ["-wal", "-shm"] {
                let _ = fs::remove_file(kept.folder().join(format!("windscreen.db{suffix}")));
            }
            fs::write(&path, &whole).unwrap();
        }
        // What the program enters makes it read-only, and says so, whatever was planted before it.
        plant(&path, &new(Kind::Exported), "NULL");
        let record = Record::open(&kept.places, now()).unwrap();
        record.say_exported("backup", now()).unwrap();
        let told = (0..1000).find_map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            record.read_only()
        });
        assert!(told.is_some_and(|why| why.contains("has an entry 6 that was not entered here")));
    })
    .await
    .unwrap();
}

/// With one referral erased, so that what is gone by right raises no alarm.
async fn filled_and_erased() -> Kept {
    use windscreen::access::{Operation, demonstration, permit};
    let kept = filled().await;
    tokio::task::spawn_blocking(move || {
        let record = kept.open();
        let governs = permit(demonstration("information-governance").unwrap(), Operation::Retain).unwrap();
        let all = record.retention(&governs).unwrap();
        record.erase(&governs, &all[1].id, windscreen::record::erase::Why::Request, now()).unwrap();
        record.compact().unwrap();
        drop(record);
        kept
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reckons_the_log_anew_is_found_by_what_was_signed() {
    let kept = filled_and_erased().await;
    tokio::task::spawn_blocking(move || {
        let path = kept.folder().join("windscreen.db");
        let sound = verdict(&kept).unwrap();
        assert_eq!((sound[0].size, sound[0].erased), (7, Some(1)), "no false alarm");
        let minutes = kept.open().checkpoint(windscreen::record::Log::Decisions).unwrap();
        Connection::open(&path).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        let whole = fs::read(&path).unwrap();
        let guard = kept.places.guard.join("decisions.checkpoint");
        let changes = [
            // A later entry rewritten, the end cut off, more of it, two exchanged, a body changed, and the salt in one.
            "UPDATE entry SET leaf = replace(leaf, '\"role\":\"', '\"role\":\"X') WHERE log = 'decisions' AND place = 4",
            "DELETE FROM entry WHERE log = 'decisions' AND place >= 5",
            "DELETE FROM entry WHERE log = 'decisions' AND place >= 2",
            "UPDATE entry SET place = 100 - place WHERE log = 'decisions' AND place IN (3, 4); \
             UPDATE entry SET place = place - 93 WHERE log = 'decisions' AND place > 90",
            "UPDATE entry SET body = CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB) WHERE log = 'decisions' AND place = 3",
            "UPDATE entry SET body = CAST(substr(body, 1, 24) || x'00' || substr(body, 26) AS BLOB) WHERE log = 'decisions' AND place = 3",
        ];
        for sql in changes {
            // With its checkpoints, without them, and with the guard in the same hands.
            for (without_checkpoints, stale_guard) in [(false, false), (true, false), (true, true)] {
                let db = Connection::open(&path).unwrap();
                db.execute_batch(&format!("PRAGMA ignore_check_constraints = 1; {sql}")).unwrap();
                if without_checkpoints {
                    db.execute("DELETE FROM checkpoint WHERE log = 'decisions'", []).unwrap();
                }
                drop(db);
                reckon(&path);
                let kept_guard = fs::read(&guard).unwrap();
                if stale_guard {
                    // Only the board's own minutes are left to hold it against.
                    let keys = Keys::read(&kept.places.keys).unwrap();
                    let empty = Checkpoint {
                        origin: keys.origin(windscreen::record::Log::Decisions),
                        size: 0,
                        root: Frontier::default().root(),
                    };
                    fs::write(&guard, keys.sign(&empty)).unwrap();
                }
                let found = match Record::open(&kept.places, now()) {
                    Ok(record) => record.verify(vec![minutes.clone()]).unwrap(),
                    Err(error) => Err(windscreen::record::verify::Damage { place: "opening".into(), what: error.to_string() }),
                };
                // A body that was changed stands in no checkpoint; its own entry tells.
                let only_a_body = sql.contains("SET body");
                let found_in_full = if only_a_body { verdict(&kept) } else { found.clone() };
                assert!(found_in_full.is_err(), "{sql}, {without_checkpoints} {stale_guard}");
                for suffix in ["-wal", "-shm"] {
                    let _ = fs::remove_file(kept.folder().join(format!("windscreen.db{suffix}")));
                }
                fs::write(&path, &whole).unwrap();
                fs::write(&guard, kept_guard).unwrap();
            }
        }
        assert!(verdict(&kept).is_ok(), "and what was not touched is sound");
    })
    .await
    .unwrap();
}
