//! What is kept, and what goes: retention, erasure, backups, keys.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use windscreen::access::{Operation, Permit, demonstration, permit};
use windscreen::record::body::Retention;
use windscreen::record::copy::restore;
use windscreen::record::db::{Db, DbError, Location};
use windscreen::record::erase::Why;
use windscreen::record::keys::Keys;
use windscreen::record::list::ListWanted;
use windscreen::record::{ForkReason, Log, Places, Record, RecordError, bundle};
use windscreen::serving::now;

use super::{Ask, Kept, a_family, closed, opened, postgres, read_often};

on_both!(
    what_is_erased_is_gone_and_the_rest_verifies,
    a_backup_put_back_starts_read_only_and_without_what_was_erased,
    a_reading_beside_an_erasing_brings_nothing_back,
    new_keys_go_on_where_the_old_ended,
    what_came_since_a_checkpoint_is_verified_against_it,
);

fn may(who: &str, operation: Operation) -> Permit {
    permit(demonstration(who).unwrap(), operation).unwrap()
}

/// Runs what waits for the disk away from the runtime's threads.
async fn away<T: Send + 'static>(record: &Arc<Record>, work: impl FnOnce(&Record) -> T + Send + 'static) -> T {
    let record = Arc::clone(record);
    tokio::task::spawn_blocking(move || work(&record)).await.unwrap()
}

/// Every sealed byte of a referral: its key, and its bodies.
fn sealed(record: &Record, id: &str) -> Vec<Vec<u8>> {
    let read = |db: &mut Db| -> Result<Vec<Vec<u8>>, DbError> {
        let key = db.query("SELECT sealed FROM referral_key WHERE referral = $1", &[id.into()])?;
        let bodies = db.query("SELECT body FROM entry WHERE referral = $1", &[id.into()])?;
        let name = id.as_bytes().to_vec();
        key.into_iter().chain(bodies).map(|mut row| row.bytes()).chain([Ok(name)]).collect()
    };
    record.store().read(read).unwrap()
}

/// The files in which the database keeps its rows.
fn raw_files(kept: &Kept, record: &Record) -> Vec<PathBuf> {
    fn within(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                within(&entry.path(), files);
            } else {
                files.push(entry.path());
            }
        }
    }
    let mut files = Vec::new();
    match &kept.places.database {
        Location::Sqlite(path) => {
            files.extend(["", "-wal", "-shm"].map(|end| PathBuf::from(format!("{}{end}", path.display()))))
        }
        // Of its tables; its own write-ahead log is written over in time, and is the server's affair.
        Location::Postgres { .. } => {
            let own = "SELECT CAST(oid AS TEXT) FROM pg_database WHERE datname = current_database()";
            let own = record.store().read(|db| db.find(own, &[])).unwrap().unwrap().text().unwrap();
            within(&postgres::data_folder().join("base").join(own), &mut files);
        }
    }
    files
}

fn found(kept: &Kept, record: &Record, canaries: &[Vec<u8>]) -> usize {
    // A part of the middle: rows are cut into pages.
    let middle = |canary: &[u8]| canary[canary.len() / 2..][..24.min(canary.len() / 2)].to_vec();
    let parts: Vec<Vec<u8>> = canaries.iter().map(|canary| middle(canary)).collect();
    let files: Vec<Vec<u8>> = raw_files(kept, record).iter().filter_map(|path| fs::read(path).ok()).collect();
    let is_there = |part: &&Vec<u8>| {
        files.iter().any(|file| {
            let mut rest = file.as_slice();
            while let Some(at) = rest.iter().position(|byte| *byte == part[0]) {
                if rest[at..].starts_with(part) {
                    return true;
                }
                rest = &rest[at + 1..];
            }
            false
        })
    };
    parts.iter().filter(is_there).count()
}

async fn what_is_erased_is_gone_and_the_rest_verifies(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    let (_, gone) = school.post("/v1/referrals", "1", &a_family()).await;
    let (_, stays) = school.post("/v1/referrals", "2", &a_family()).await;
    let [gone, stays] = [&gone, &stays].map(|receipt| receipt["id"].as_str().unwrap().to_owned());
    let path = format!("/v1/referrals/{gone}");
    // Until it is decided and taken over, its time does not come.
    let (id, manager) = (gone.clone(), Ask { router: &router, who: "manager" });
    away(&record, move |record| {
        let governs = may("information-governance", Operation::Retain);
        let class = Retention { class: Some("P1Y".into()), from: Some("2020-01-01".parse().unwrap()), held: false };
        record.retain(&governs, &id, |_| class, "closed", now()).unwrap();
        assert!(!record.retention_of(&governs, &id).unwrap().is_due("2026-11-24".parse().unwrap()));
        let refused = record.erase(&governs, &id, Why::Retention, now());
        assert!(matches!(refused, Err(RecordError::Faults(faults)) if faults[0].code.word() == "pending"));
    })
    .await;
    for (child, level) in [("A", 3), ("unborn", 1)] {
        let decision = json!({ "child": child, "shown": 1, "level": level, "view": "agrees", "outcome": "early_help",
                               "next_holder": { "organisation": "school:example-primary", "told": "Early help, please. CANARY-TOLD" } });
        let (status, decided) = manager.post(&format!("{path}/decisions"), child, &decision).await;
        assert_eq!(status, StatusCode::CREATED, "{decided:#}");
        let accept = format!("{path}/decisions/{}/acceptance", decided["id"].as_str().unwrap());
        let (status, _) = Ask { router: &router, who: "teacher" }.post(&accept, &accept, &Value::Null).await;
        assert_eq!(status, StatusCode::CREATED);
    }
    school.get(&path).await;
    let id = gone.clone();
    let retained = away(&record, move |record| {
        let governs = may("information-governance", Operation::Retain);
        let today = "2026-11-24".parse().unwrap();
        let before = record.retention(&governs).unwrap();
        assert!(
            before.iter().any(|kept| kept.ends.is_none() && !kept.is_due(today)),
            "what nobody set a time for is kept"
        );
        let class = Retention { class: Some("P1Y".into()), from: Some("2025-11-24".parse().unwrap()), held: false };
        record.retain(&governs, &id, |_| class, "closed", now()).unwrap();
        let of = |record: &Record| record.retention_of(&governs, &id).unwrap();
        assert!(of(record).is_due(today) && !of(record).is_due("2026-11-23".parse().unwrap()));
        record.retain(&governs, &id, |before| Retention { held: true, ..before }, "an inquiry", now()).unwrap();
        assert!(!of(record).is_due(today));
        let refused = record.erase(&governs, &id, Why::Request, now());
        assert!(matches!(refused, Err(RecordError::Faults(faults)) if faults[0].code.word() == "held"));
        record.retain(&governs, &id, |before| Retention { held: false, ..before }, "it ended", now()).unwrap();
        sealed(record, &id)
    });
    let canaries = retained.await;
    assert_eq!(canaries.len(), 1 + 10 + 1);
    let id = gone.clone();
    let kept = tokio::task::spawn_blocking({
        let record = Arc::clone(&record);
        move || {
            if matches!(kept.places.database, Location::Postgres { .. }) {
                // What it keeps in memory goes to its files; SQLite's are as they are, with the write-ahead log.
                record.compact().unwrap();
            }
            assert_eq!(found(&kept, &record, &canaries), canaries.len(), "what is sought is found before");
            record.erase(&may("information-governance", Operation::Retain), &id, Why::Retention, now()).unwrap();
            record.compact().unwrap();
            assert_eq!(found(&kept, &record, &canaries), 0, "nothing of it is in the files");
            record.sign_now().unwrap();
            let sound = record.verify(Vec::new()).unwrap().unwrap();
            assert_eq!((sound[0].erased, sound[0].size), (Some(10), 13));
            let again = record.erase(&may("information-governance", Operation::Retain), &id, Why::Retention, now());
            assert!(matches!(again, Err(RecordError::NotFound)));
            kept
        }
    })
    .await
    .unwrap();
    let school = Ask { router: &router, who: "school-system" };
    assert_eq!(school.get(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(school.get(&format!("/v1/referrals/{stays}")).await.0, StatusCode::OK);
    let (_, list) = school.get("/v1/referrals").await;
    assert_eq!(list["referrals"].as_array().unwrap().len(), 1);
    // The same request once more is a new referral: nothing is left that would know it again.
    let (status, anew) = school.post("/v1/referrals", "1", &a_family()).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_ne!(anew["id"].as_str(), Some(gone.as_str()));
    closed(record, router).await;
    drop(kept);
}

async fn a_reading_beside_an_erasing_brings_nothing_back(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    for round in 0..8 {
        let (_, receipt) = school.post("/v1/referrals", &format!("{round}"), &a_family()).await;
        let id = receipt["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/referrals/{id}");
        let readings = futures_util::future::join_all((0..24).map(|_| school.get(&path)));
        let erased = away(&record, move |record| {
            record.erase(&may("information-governance", Operation::Retain), &id, Why::Request, now()).unwrap();
        });
        let (readings, ()) = futures_util::future::join(readings, erased).await;
        let others = readings.iter().filter(|(status, _)| ![StatusCode::OK, StatusCode::NOT_FOUND].contains(status));
        assert_eq!(others.count(), 0);
    }
    away(&record, |record| {
        record.sign_now().unwrap();
        assert!(record.verify(Vec::new()).unwrap().is_ok());
    })
    .await;
    closed(record, router).await;
    drop(kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_does_not_verify_is_none() {
    let (kept, record, router) = opened(Kept::in_sqlite()).await;
    let school = Ask { router: &router, who: "school-system" };
    school.post("/v1/referrals", "1", &a_family()).await;
    let Location::Sqlite(path) = kept.places.database.clone() else { panic!() };
    let (file, places) = (kept.folder().join("backup.db"), kept.places.clone());
    away(&record, move |record| {
        let db = rusqlite::Connection::open(path).unwrap();
        db.execute("UPDATE entry SET body = zeroblob(length(body)) WHERE body IS NOT NULL", []).unwrap();
        let damage = record.backup(&file, now()).unwrap().unwrap_err();
        assert_eq!(damage.what, "its body is not the one that was kept");
        assert!(!file.exists());
        // Nothing is written over, and what is no backup is not put back.
        fs::write(&file, "the minutes of a meeting, longer than any heading of a database ".repeat(20)).unwrap();
        let refused = record.backup(&file, now()).unwrap_err();
        assert!(refused.to_string().contains("is there already"), "{refused}");
        let empty = TempDir::new().unwrap();
        let places = Places { database: Location::Sqlite(empty.path().join("new.db")), ..places };
        let refused = restore(&file, &places).unwrap_err();
        assert!(refused.to_string().contains("not a database"), "{refused}");
        assert!(!empty.path().join("new.db").exists());
    })
    .await;
    closed(record, router).await;
}

async fn a_backup_put_back_starts_read_only_and_without_what_was_erased(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    let (_, one) = school.post("/v1/referrals", "1", &a_family()).await;
    let (_, two) = school.post("/v1/referrals", "2", &a_family()).await;
    let file = kept.folder().join("backup.db");
    let to = file.clone();
    let made = away(&record, move |record| record.backup(&to, now()).unwrap().unwrap()).await;
    assert_eq!(made[0].size, 3);
    let (_, three) = school.post("/v1/referrals", "3", &a_family()).await;
    let [one, two, three] = [&one, &two, &three].map(|receipt| receipt["id"].as_str().unwrap().to_owned());
    let id = one.clone();
    away(&record, move |record| {
        record.erase(&may("information-governance", Operation::Retain), &id, Why::Request, now()).unwrap();
        record.sign_now().unwrap();
    })
    .await;
    closed(record, router).await;

    // Back into the other kind of database, beside the same keys and the same guard.
    let other = match &kept.places.database {
        Location::Sqlite(_) => {
            let url = tokio::task::spawn_blocking(postgres::fresh_database).await.unwrap();
            Location::Postgres { url, authority: None }
        }
        Location::Postgres { .. } => Location::Sqlite(kept.folder().join("restored.db")),
    };
    let places = Places { database: other, ..kept.places.clone() };
    let spoilt = kept.folder().join("spoilt.db");
    let record = tokio::task::spawn_blocking({
        let (file, spoilt, places) = (file.clone(), spoilt.clone(), places.clone());
        move || {
            fs::copy(&file, &spoilt).unwrap();
            let db = rusqlite::Connection::open(&spoilt).unwrap();
            db.execute("UPDATE referral SET standing = 'closed'", []).unwrap();
            drop(db);
            assert!(restore(&spoilt, &places).unwrap().is_err(), "what does not verify is not put back");
            assert!(restore(&file, &places).unwrap().is_ok());
            assert!(restore(&file, &places).is_err(), "and never over something");
            Arc::new(Record::open(&places, now()).unwrap())
        }
    })
    .await
    .unwrap();
    let why = record.read_only().expect("it lacks what was signed since");
    assert!(why.contains("put back or cut short"), "{why}");
    // What is in force is looked up in the record, which waits.
    let router = tokio::task::block_in_place(|| kept.router(&record));
    let school = Ask { router: &router, who: "school-system" };
    assert_eq!(school.get(&format!("/v1/referrals/{two}")).await.0, StatusCode::OK, "reads go on");
    assert_eq!(school.get(&format!("/v1/referrals/{one}")).await.0, StatusCode::NOT_FOUND, "what was erased stays so");
    let (_, list) = school.get("/v1/referrals").await;
    assert_eq!(list["referrals"].as_array().unwrap().len(), 1);
    // Read so few at a time that the first are all of what was erased: what follows is there all the same.
    let wanted = ListWanted { most: 1, ..ListWanted::default() };
    let listed = away(&record, move |record| record.list(&may("school-system", Operation::List), &wanted)).await;
    assert_eq!(listed.unwrap().iter().map(|one| &one.id).collect::<Vec<_>>(), [&two]);
    let (status, problem) = school.post("/v1/referrals", "4", &a_family()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(problem["detail"].as_str().unwrap().contains("printed threshold document"));

    // A person takes it into use; both logs say so, and it goes on.
    away(&record, |record| {
        assert!(record.verify(Vec::new()).unwrap().is_err());
        record.accept_fork(ForkReason::Restored, now()).unwrap();
        assert_eq!(record.read_only(), None);
        assert!(matches!(record.accept_fork(ForkReason::Restored, now()), Err(RecordError::Moved(_))));
        record.sign_now().unwrap();
        let sound = record.verify(Vec::new()).unwrap().unwrap();
        assert_eq!(sound[0].erased, Some(1), "erased again: {sound:?}");
        let mut exported = Vec::new();
        record.export(&mut exported).unwrap();
        let text = String::from_utf8(exported.clone()).unwrap();
        assert_eq!(text.matches("fork_accepted").count(), 2);
        assert!(text.contains("restored; signed before: 6 entries"), "{text}");
        assert!(bundle::verify(&exported[..], &[], None).unwrap().is_ok());
    })
    .await;
    let (status, _) = school.post("/v1/referrals", "4", &a_family()).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(school.get(&format!("/v1/referrals/{three}")).await.0, StatusCode::NOT_FOUND, "lost, as the logs say");
    closed(record, router).await;
    // And once more from the start: it continues what was signed.
    tokio::task::spawn_blocking(move || {
        let record = Record::open(&places, now()).unwrap();
        assert_eq!(record.read_only(), None);
        assert!(record.verify(Vec::new()).unwrap().is_ok());
        drop(kept);
    })
    .await
    .unwrap();
}

async fn new_keys_go_on_where_the_old_ended(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    let (_, before) = school.post("/v1/referrals", "1", &a_family()).await;
    let old = record.keys().public(Log::Decisions);
    closed(record, router).await;
    let old_keys = Keys::read(&kept.places.keys).unwrap();
    old_keys.rotated().unwrap().write_over(&kept.places.keys).unwrap();
    let (kept, record, router) = opened(kept).await;
    assert_eq!(record.read_only(), None);
    assert_ne!(record.keys().public(Log::Decisions), old);
    let path = format!("/v1/referrals/{}", before["id"].as_str().unwrap());
    let school = Ask { router: &router, who: "school-system" };
    assert_eq!(school.get(&path).await.0, StatusCode::OK, "the old still open");
    away(&record, |record| {
        record.sign_now().unwrap();
        let sound = record.verify(Vec::new()).unwrap().unwrap();
        assert!(sound.iter().all(|log| log.checkpoints >= 2), "the old still check: {sound:?}");
        assert_eq!(sound[1].size, 3, "the log says that another key signs");
        let mut exported = Vec::new();
        record.export(&mut exported).unwrap();
        assert!(bundle::verify(&exported[..], &[], None).unwrap().is_ok());
        assert_eq!(record.reseal().unwrap(), 1);
    })
    .await;
    closed(record, router).await;
    Keys::read(&kept.places.keys).unwrap().without_old_seals().write_over(&kept.places.keys).unwrap();
    let (_kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    assert_eq!(school.get(&path).await.0, StatusCode::OK, "sealed anew");
    let sealed = away(&record, move |record| {
        let read = |db: &mut Db| -> Result<Vec<u8>, DbError> {
            db.query("SELECT sealed FROM referral_key", &[])?.remove(0).bytes()
        };
        record.store().read(read).unwrap()
    })
    .await;
    assert!(old_keys.open(before["id"].as_str().unwrap(), &sealed).is_none(), "who had the old key reads nothing");
    closed(record, router).await;
}

async fn what_came_since_a_checkpoint_is_verified_against_it(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    let (_, receipt) = school.post("/v1/referrals", "1", &a_family()).await;
    let held = away(&record, |record| {
        record.sign_now().unwrap();
        Log::ALL.map(|log| record.checkpoint(log).unwrap()).to_vec()
    })
    .await;
    let path = format!("/v1/referrals/{}", receipt["id"].as_str().unwrap());
    read_often(&school, &path, 300).await;
    let told = json!({ "said_by": { "role": "parent" }, "account": "We moved in June" });
    assert_eq!(school.post(&format!("{path}/information"), "2", &told).await.0, StatusCode::CREATED);
    let keys = Keys::read(&kept.places.keys).unwrap();
    away(&record, move |record| {
        record.sign_now().unwrap();
        let sound = record.verify(held.clone()).unwrap().unwrap();
        assert_eq!(sound[0].size, 303);
        // Of two checkpoints of one size, the one that is not of this log is found out.
        let one = windscreen::record::checkpoint::Checkpoint::open(&held[0], &keys.all_public(Log::Decisions)).unwrap();
        let forged = windscreen::record::checkpoint::Checkpoint { root: [7; 32], ..one.clone() };
        let signed = |checkpoint: &windscreen::record::checkpoint::Checkpoint| keys.sign(checkpoint);
        assert!(record.verify(vec![signed(&forged)]).unwrap().is_err());
        let beyond = windscreen::record::checkpoint::Checkpoint { size: 1000, ..one };
        assert!(record.verify(vec![signed(&beyond)]).unwrap().is_err());
    })
    .await;
    closed(record, router).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_hold_several_checkpoints() {
    let (_kept, record, router) = opened(Kept::in_sqlite()).await;
    let minutes = away(&record, |record| {
        record.sign_now().unwrap();
        Log::ALL.map(|log| record.checkpoint(log).unwrap())
    })
    .await;
    let text = format!("{}\n{}\n", minutes[0], minutes[1]);
    assert_eq!(windscreen::record::checkpoint::Checkpoint::notes(&text), minutes);
    closed(record, router).await;
}

#[test]
fn in_postgres_each_role_may_do_what_it_needs_and_no_more() {
    use ::postgres::{Client, NoTls};
    let kept = Kept::in_postgres();
    drop(kept.open());
    let Location::Postgres { url, .. } = &kept.places.database else { panic!() };
    windscreen::record::migrate::grant(&kept.places.database).unwrap();
    windscreen::record::migrate::grant(&kept.places.database).unwrap();
    let mut owner = Client::connect(url, NoTls).unwrap();
    let name = url.rsplit('/').next().unwrap();
    owner
        .batch_execute(&format!(
            "CREATE ROLE app_{name} LOGIN IN ROLE windscreen_app; CREATE ROLE auditor_{name} LOGIN IN ROLE windscreen_auditor"
        ))
        .unwrap();
    let as_role = |role: &str| url.replace("windscreen@", &format!("{role}_{name}@"));
    let database = Location::Postgres { url: as_role("app"), authority: None };
    let app = Kept { places: Places { database, ..kept.places.clone() }, ..kept };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (_app, record, router) = opened(app).await;
        let school = Ask { router: &router, who: "school-system" };
        let (status, receipt) = school.post("/v1/referrals", "1", &a_family()).await;
        assert_eq!(status, StatusCode::CREATED, "{receipt:#}");
        let path = format!("/v1/referrals/{}/information", receipt["id"].as_str().unwrap());
        let told: Value = json!({ "said_by": { "role": "parent" }, "account": "We moved in June" });
        assert_eq!(school.post(&path, "2", &told).await.0, StatusCode::CREATED);
        let id = receipt["id"].as_str().unwrap().to_owned();
        away(&record, move |record| {
            record.erase(&may("information-governance", Operation::Retain), &id, Why::Request, now()).unwrap();
        })
        .await;
        closed(record, router).await;
    });
    let mut app = Client::connect(&as_role("app"), NoTls).unwrap();
    for refused in [
        "UPDATE entry SET leaf = ''",
        "DELETE FROM entry",
        "DELETE FROM checkpoint",
        "DROP TABLE entry",
        "DELETE FROM log",
    ] {
        assert!(app.batch_execute(refused).is_err(), "{refused}");
    }
    let mut auditor = Client::connect(&as_role("auditor"), NoTls).unwrap();
    assert!(auditor.query("SELECT leaf, leaf_hash FROM entry", &[]).is_ok());
    for refused in
        ["SELECT body FROM entry", "SELECT * FROM referral", "SELECT * FROM referral_key", "UPDATE log SET size = 0"]
    {
        assert!(auditor.batch_execute(refused).is_err(), "{refused}");
    }
}
