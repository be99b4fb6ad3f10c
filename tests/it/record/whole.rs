//! The whole record in the open: what is written is read without this program, and is the same record again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::Value;
use sha2::{Digest, Sha256};
use windscreen::access::{Operation, demonstration, permit};
use windscreen::record::copy::drill;
use windscreen::record::db::Location;
use windscreen::record::erase::Why;
use windscreen::record::whole::{WholeError, import};
use windscreen::record::{ForkReason, Places, Record, bundle};
use windscreen::serving::now;

use super::batches::send;
use super::{Ask, Kept, a_family, closed, opened, postgres};
use crate::notifications::morning::{csv_of, morning};

on_both!(what_was_exported_is_the_same_record_again, what_was_erased_since_does_not_come_back,);

/// A record with something of everything: referrals, a decision, a file of notifications with rows that wait, a transfer
/// that was kept, delegates, and a referral that was erased.
async fn filled(kept: Kept) -> (Kept, Arc<Record>, [String; 2]) {
    let (kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    let (_, stays) = school.post("/v1/referrals", "1", &a_family()).await;
    let (_, goes) = school.post("/v1/referrals", "2", &a_family()).await;
    let [stays, goes] = [&stays, &goes].map(|receipt| receipt["id"].as_str().unwrap().to_owned());
    let (status, _) = send(&router, "police-system", "file", &csv_of(&morning(40, 5, 0, 0).rows)).await;
    assert_eq!(status, StatusCode::CREATED);
    let triage = Ask { router: &router, who: "triage-worker" };
    let (status, _) = triage.send("POST", "/v1/transfers", None, "{\"half\": \"CANARY-FILE").await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let erased = goes.clone();
    let filled = move || {
        windscreen::demonstration::name_delegates(&record, now()).unwrap();
        windscreen::demonstration::begin(&record, &kept.rules(&record), now()).unwrap();
        erase(&record, &erased);
        drop(router);
        (kept, record)
    };
    let (kept, record) = tokio::task::spawn_blocking(filled).await.unwrap();
    (kept, record, [stays, goes])
}

fn erase(record: &Record, id: &str) {
    let by = permit(demonstration("information-governance").unwrap(), Operation::Retain).unwrap();
    record.erase(&by, id, Why::Request, now()).unwrap();
}

/// A place in the other kind of database, with the same keys, and a guard of its own if there is one to copy.
fn elsewhere(kept: &Kept, name: &str) -> Places {
    let database = match &kept.places.database {
        Location::Sqlite(_) => Location::Postgres { url: postgres::fresh_database(), authority: None },
        Location::Postgres { .. } => Location::Sqlite(kept.folder().join(format!("{name}.db"))),
    };
    Places { database, keys: kept.places.keys.clone(), guard: kept.folder().join(name) }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let names = manifest["files"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap().to_owned());
    names.map(|name| (name.clone(), fs::read(folder.join(&name)).unwrap())).collect()
}

/// The table that a file of an export is of, if what is in it is drawn anew or moves with the log.
fn moves_on(name: &str) -> bool {
    ["log.ndjson", "log.jsonl", "checkpoint.ndjson", "tile_hash.ndjson", "entry.ndjson"].contains(&name)
}

async fn what_was_exported_is_the_same_record_again(kept: Kept) {
    let (kept, record, [stays, goes]) = filled(kept).await;
    tokio::task::spawn_blocking(move || {
        let folder = kept.folder().join("export");
        let whole = record.export_whole(&folder, now()).unwrap().unwrap();
        assert!(record.export_whole(&folder, now()).is_err(), "never over something");
        assert!(folder.join("manifest.json").exists(), "and what is there stays");
        let first = files(&folder);
        let text = |name: &str| String::from_utf8(first[name].clone()).unwrap();
        for canary in ["CANARY-ACCOUNT", "CANARY-HOME", "CANARY-WORDS", stays.as_str()] {
            assert!(text("entry.ndjson").contains(canary), "{canary}");
        }
        assert!(text("kept_transfer.ndjson").contains("CANARY-FILE"));
        assert!(
            first.values().all(|file| !String::from_utf8_lossy(file).contains(&goes)),
            "what was erased is not in it"
        );
        assert!(first.keys().any(|name| name.starts_with("rules/") && name.ends_with("/framework.yaml")));
        assert!(text("entry.ndjson").contains("everything in the open"), "that it was made is in it");
        assert!(bundle::verify(first["log.jsonl"].as_slice(), &[], None).unwrap().is_ok());
        assert_eq!(
            first["READ-ME.md"],
            fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/export.md")).unwrap()
        );
        #[cfg(unix)]
        for path in [folder.clone(), folder.join("entry.ndjson"), folder.join("rules")] {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert!(mode & 0o077 == 0 || path.ends_with("rules"), "{}: {mode:o}", path.display());
        }
        as_the_guide_says(&folder);

        // Without the guard nobody knows whether it goes on where it was signed last; a person says so.
        let places = elsewhere(&kept, "again");
        assert_eq!(import(&folder, &places).unwrap().unwrap(), whole);
        assert!(import(&folder, &places).is_err(), "never over something");
        let again = Record::open(&places, now()).unwrap();
        assert!(again.read_only().is_some());
        again.accept_fork(ForkReason::GuardLost, now()).unwrap();
        assert!(again.verify(Vec::new()).unwrap().is_ok());
        assert!(again.replay(None).unwrap().differ.is_empty(), "and answers what it answered");
        let second = kept.folder().join("second");
        again.export_whole(&second, now()).unwrap().unwrap();
        let second = files(&second);
        assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
        for (name, file) in &first {
            let other = &second[name];
            if name == "entry.ndjson" {
                // Each log goes on after what it was.
                let of = |text: &[u8], log: &str| -> String {
                    let text = String::from_utf8(text.to_vec()).unwrap();
                    let begins = format!("{{\"log\":\"{log}\"");
                    text.split_inclusive('\n').filter(|line| line.starts_with(&begins)).collect()
                };
                for log in ["decisions", "rules"] {
                    let (before, after) = (of(file, log), of(other, log));
                    assert!(after.len() > before.len() && after.starts_with(&before), "{log}");
                }
            } else if !moves_on(name) {
                let lines = |file: &[u8]| {
                    let mut lines: Vec<String> = String::from_utf8_lossy(file).lines().map(str::to_owned).collect();
                    lines.sort();
                    lines
                };
                assert!(lines(file) == lines(other), "{name} is another");
            }
        }
        drop((again, record, kept));
    })
    .await
    .unwrap();
}

/// The guide's own program finds every body to be what the log holds.
fn as_the_guide_says(folder: &Path) {
    let guide = fs::read_to_string(folder.join("READ-ME.md")).unwrap();
    let (_, rest) = guide.split_once("```python\n").unwrap();
    let (program, _) = rest.split_once("```").unwrap();
    let python = || {
        let mut python = Command::new("python3");
        python.args(["-c", &format!("{program}\nprint('held')")]).current_dir(folder);
        python.output().unwrap()
    };
    let ran = python();
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "held\n", "{}", String::from_utf8_lossy(&ran.stderr));
    // And would find one that is not.
    let path = folder.join("entry.ndjson");
    let before = fs::read_to_string(&path).unwrap();
    fs::write(&path, before.replace("CANARY-ACCOUNT", "CANARY-ANOTHER")).unwrap();
    assert!(!python().status.success());
    fs::write(&path, before).unwrap();
}

async fn what_was_erased_since_does_not_come_back(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    let (_, gone) = school.post("/v1/referrals", "1", &a_family()).await;
    let (_, stays) = school.post("/v1/referrals", "2", &a_family()).await;
    let [gone, stays] = [&gone, &stays].map(|receipt| receipt["id"].as_str().unwrap().to_owned());
    let (folder, backup) = (kept.folder().join("export"), kept.folder().join("backup"));
    let erasing = Arc::clone(&record);
    let (to, file, id) = (folder.clone(), backup.clone(), gone.clone());
    let place = kept.places.clone();
    tokio::task::spawn_blocking(move || {
        erasing.export_whole(&to, now()).unwrap().unwrap();
        erasing.backup(&file, now()).unwrap().unwrap();
        erasing.sign_now().unwrap();
        let drilled = drill(&file, &place, now()).unwrap().unwrap();
        assert!(
            drilled.erased_again == 0 && drilled.behind.is_some(),
            "that it was made was signed after: {drilled:?}"
        );
        erase(&erasing, &id);
        erasing.sign_now().unwrap();
        // A drill says what would happen, and nothing has.
        let before = erasing.checkpoint(windscreen::record::Log::Decisions);
        let drilled = drill(&file, &place, now()).unwrap().unwrap();
        assert_eq!(drilled.erased_again, 1, "{drilled:?}");
        assert!(drilled.behind.unwrap().contains("put back or cut short"));
        assert_eq!(erasing.checkpoint(windscreen::record::Log::Decisions), before);
        assert!(erasing.verify(Vec::new()).unwrap().is_ok());
        assert!(drill(Path::new("/nowhere"), &place, now()).is_err());
        fs::write(&file, b"no database at all").unwrap();
        assert!(!matches!(drill(&file, &place, now()), Ok(Ok(_))));
    })
    .await
    .unwrap();
    closed(record, router).await;

    // Beside the guard that remembers.
    let places = tokio::task::spawn_blocking({
        let (folder, mut places) = (folder.clone(), elsewhere(&kept, "again"));
        places.guard = kept.places.guard.clone();
        move || {
            import(&folder, &places).unwrap().unwrap();
            places
        }
    })
    .await
    .unwrap();
    let record = tokio::task::spawn_blocking(move || Arc::new(Record::open(&places, now()).unwrap())).await.unwrap();
    assert!(record.read_only().expect("it lacks what was signed since").contains("put back or cut short"));
    let router = tokio::task::block_in_place(|| kept.router(&record));
    let school = Ask { router: &router, who: "school-system" };
    assert_eq!(school.get(&format!("/v1/referrals/{stays}")).await.0, StatusCode::OK, "reads go on");
    assert_eq!(school.get(&format!("/v1/referrals/{gone}")).await.0, StatusCode::NOT_FOUND);
    tokio::task::spawn_blocking({
        let record = Arc::clone(&record);
        move || {
            let folder = folder.with_extension("second");
            assert!(record.export_whole(&folder, now()).is_err(), "no record, no export");
            assert!(!folder.exists());
            record.accept_fork(ForkReason::Restored, now()).unwrap();
            let sound = record.verify(Vec::new()).unwrap().unwrap();
            assert!(sound[0].erased.unwrap() >= 1, "erased again: {sound:?}");
            record.export_whole(&folder, now()).unwrap().unwrap();
            assert!(files(&folder).values().all(|file| !String::from_utf8_lossy(file).contains(&gone)));
        }
    })
    .await
    .unwrap();
    closed(record, router).await;
}

/// What is done to a folder, and how what is said of it begins and goes on.
type Spoilt = (&'static str, fn(&Path), &'static str, &'static str);

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_whole_export_is_not_taken_in_and_says_where() {
    let (kept, record, _) = filled(Kept::in_sqlite()).await;
    tokio::task::spawn_blocking(move || {
        let folder = kept.folder().join("export");
        record.export_whole(&folder, now()).unwrap().unwrap();
        let spoilt: [Spoilt; 12] = [
            (
                "no manifest",
                |folder| fs::remove_file(folder.join("manifest.json")).unwrap(),
                "manifest.json",
                "not written to its end",
            ),
            (
                "another form",
                |folder| edit(folder, "manifest.json", "windscreen-export-1", "windscreen-export-9"),
                "manifest.json",
                "takes in `windscreen-export-1`",
            ),
            (
                "another schema",
                |folder| edit(folder, "manifest.json", "\"schema\": \"1", "\"schema\": \"91"),
                "manifest.json",
                "it is of schema 91",
            ),
            (
                "another installation",
                |folder| edit(folder, "manifest.json", "\"installation\": \"", "\"installation\": \"another-"),
                "manifest.json",
                "it is of the installation `another-",
            ),
            (
                "a file fewer",
                |folder| edit(folder, "manifest.json", "referral_key.ndjson", "another.ndjson"),
                "manifest.json",
                "does not list `referral_key.ndjson`",
            ),
            (
                "a way out",
                |folder| edit(folder, "manifest.json", "READ-ME.md", "../READ-ME.md"),
                "manifest.json",
                "leads out of the folder",
            ),
            (
                "a file missing",
                |folder| fs::remove_file(folder.join("entry.ndjson")).unwrap(),
                "entry.ndjson",
                "No such file",
            ),
            (
                "a body changed",
                |folder| edit(folder, "entry.ndjson", "CANARY-HOME", "CANARY-ELSE"),
                "entry.ndjson",
                "its SHA-256 is another",
            ),
            (
                "no JSON",
                |folder| {
                    edit(folder, "referral.ndjson", "{\"id\"", "{id");
                    listed_anew(folder, "referral.ndjson");
                },
                "referral.ndjson",
                "line 1: it is no JSON",
            ),
            (
                "a column more",
                |folder| {
                    edit(folder, "batch.ndjson", "{\"id\"", "{\"more\":1,\"id\"");
                    listed_anew(folder, "batch.ndjson");
                },
                "batch.ndjson",
                "line 1: it has `more`",
            ),
            (
                "a column fewer",
                |folder| {
                    edit(folder, "batch.ndjson", "\"mapping\"", "\"mopping\"");
                    listed_anew(folder, "batch.ndjson");
                },
                "batch.ndjson",
                "line 1: it has no `mapping`",
            ),
            (
                "no salt",
                |folder| {
                    edit(folder, "entry.ndjson", ",\"salt\":", ",\"pepper\":");
                    listed_anew(folder, "entry.ndjson");
                },
                "entry.ndjson",
                "it has not the members of such a line",
            ),
        ];
        for (what, spoil, file, said) in spoilt {
            let copy = copied(&folder, what);
            spoil(&copy);
            let places = beside(&copy, &kept);
            let error = import(&copy, &places).expect_err(what);
            let told = error.to_string();
            assert!(told.contains(file) && told.contains(said), "{what}: {told}");
            assert!(!told.contains("CANARY") && !matches!(error, WholeError::Record(_)), "{what}: {told}");
        }
        // Whoever lists the file anew is told what is not as it was recorded.
        let damaged: [Spoilt; 4] = [
            (
                "a body changed and listed",
                |folder| edit(folder, "entry.ndjson", "CANARY-HOME", "CANARY-ELSE"),
                "entry.ndjson",
                "its body is not the one that was kept",
            ),
            (
                "a leaf changed and listed",
                |folder| edit(folder, "entry.ndjson", "school:example-primary", "school:example-another"),
                "entry.ndjson",
                "keyed hash",
            ),
            (
                "a standing changed and listed",
                |folder| edit(folder, "referral.ndjson", "\"school:example-primary\"", "\"school:another\""),
                "referral.ndjson",
                "it is listed otherwise",
            ),
            (
                "a kept transfer changed and listed",
                |folder| edit(folder, "kept_transfer.ndjson", "CANARY-FILE", "CANARY-ELSE"),
                "kept_transfer.ndjson",
                "transfer",
            ),
        ];
        for (what, spoil, file, said) in damaged {
            let copy = copied(&folder, what);
            spoil(&copy);
            listed_anew(&copy, file);
            let places = beside(&copy, &kept);
            let damage = import(&copy, &places).unwrap().expect_err(what).to_string();
            assert!(damage.contains(said), "{what}: {damage}");
            let Location::Sqlite(path) = &places.database else { unreachable!() };
            assert!(!path.exists(), "nothing is put back");
        }
        drop(record);
    })
    .await
    .unwrap();
}

/// A place beside a folder, with the same keys and nothing else.
fn beside(folder: &Path, kept: &Kept) -> Places {
    let database = Location::Sqlite(folder.with_extension("db"));
    Places { database, guard: folder.with_extension("guard"), keys: kept.places.keys.clone() }
}

fn copied(folder: &Path, name: &str) -> PathBuf {
    fn into(from: &Path, to: &Path) {
        fs::create_dir(to).unwrap();
        for entry in fs::read_dir(from).unwrap().flatten() {
            let to = to.join(entry.file_name());
            if entry.path().is_dir() {
                into(&entry.path(), &to);
            } else {
                fs::copy(entry.path(), to).unwrap();
            }
        }
    }
    let to = folder.with_file_name(name.replace(' ', "-"));
    into(folder, &to);
    to
}

fn edit(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
}

/// Lists a file in the manifest as it is now.
fn listed_anew(folder: &Path, file: &str) {
    let path = folder.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for listed in manifest["files"].as_array_mut().unwrap() {
        if listed["name"] == file {
            let bytes = fs::read(folder.join(file)).unwrap();
            listed["sha256"] = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)).into();
            listed["bytes"] = bytes.len().into();
        }
    }
    fs::write(&path, manifest.to_string()).unwrap();
}
