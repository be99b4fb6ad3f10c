//! Old and new programs over one database: side by side while the schema allows it, refused when it does not.

use std::fs;

use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use windscreen::access::Client;
use windscreen::decision::Role;
use windscreen::record::api_keys::ApiKey;
use windscreen::record::db::{Access, Db, DbError, Location};
use windscreen::record::leaf::{Kind, Leaf};
use windscreen::record::log::{Frontier, leaf_hash};
use windscreen::record::migrate::{Schema, migrate, schema};
use windscreen::record::store::Transaction;
use windscreen::record::{ForkReason, Log, Record, RecordError};
use windscreen::serving::now;

use super::Kept;

fn with_setting(kept: &Kept, name: &str, value: &str) -> Result<Schema, DbError> {
    let mut db = Db::open(&kept.places.database, Access::Write)?;
    let put =
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    db.execute(put, &[name.into(), value.into()])?;
    schema(&mut db)
}

fn each_way(kept: &Kept) {
    assert!(schema(&mut Db::open(&kept.places.database, Access::Write).unwrap()).unwrap() == Schema::Empty);
    drop(kept.open());
    assert_eq!(migrate(&kept.places.database).unwrap(), Vec::<&str>::new(), "once is enough");
    let known = Db::open(&kept.places.database, Access::Read)
        .unwrap()
        .find("SELECT value FROM setting WHERE name = $1", &["schema".into()]);
    let known = known.unwrap().unwrap().text().unwrap();
    let newer = (known.parse::<usize>().unwrap() + 1).to_string();
    // A newer program has been here, and says that this one may go on.
    assert_eq!(with_setting(kept, "schema", &newer).unwrap(), Schema::Ready);
    drop(kept.open());
    // It says that this one may not.
    assert!(matches!(with_setting(kept, "oldest program", &newer).unwrap(), Schema::TooNew(_)));
    let refused = Record::open(&kept.places, now()).expect_err("refused");
    assert!(refused.to_string().contains(&format!("needs a program that knows schema {newer}")), "{refused}");
    assert!(migrate(&kept.places.database).is_err());
    with_setting(kept, "oldest program", "1").unwrap();
    // An older program was here last: nothing is recorded before the step of its own.
    assert_eq!(with_setting(kept, "schema", "0").unwrap(), Schema::Behind(0));
    let refused = Record::open(&kept.places, now()).expect_err("refused");
    assert!(refused.to_string().contains("windscreen migrate"), "{refused}");
    assert!(migrate(&kept.places.database).is_err(), "a step that fails leaves everything as it was");
    assert_eq!(with_setting(kept, "schema", &known).unwrap(), Schema::Ready);
    drop(kept.open());
    // A step that is not the one that was applied.
    assert_eq!(with_setting(kept, "migration 1", "another").unwrap(), Schema::Changed("0001_record"));
    assert!(Record::open(&kept.places, now()).is_err());
}

#[test]
fn in_sqlite() {
    each_way(&Kept::in_sqlite());
}

#[test]
fn in_postgres() {
    each_way(&Kept::in_postgres());
}

fn db(kept: &Kept) -> Db {
    Db::open(&kept.places.database, Access::Write).unwrap()
}

fn execute(kept: &Kept, sql: &'static str) {
    db(kept).execute(sql, &[]).unwrap();
}

/// Makes the database, and the guard, what the program of before left that keyed no entry, session or API key.
fn as_before_keys(kept: &Kept, keys: &[ApiKey]) {
    let blob = if matches!(kept.places.database, Location::Sqlite(_)) { "X'00'" } else { "'\\x00'" };
    db(kept)
        .run(&format!(
            "ALTER TABLE entry DROP COLUMN mac; ALTER TABLE session DROP COLUMN mac; ALTER TABLE api_key DROP COLUMN mac; \
             ALTER TABLE log RENAME COLUMN peaks TO frontier; \
             INSERT INTO session (hash, who, began_at, seen_at) VALUES ({blob}, '\"somebody\"', 4000000000000, 4000000000000); \
             DELETE FROM setting WHERE name IN ('keyed entries', 'migration 10', 'migration 11'); \
             UPDATE setting SET value = '9' WHERE name IN ('schema', 'oldest program')"
        ))
        .unwrap();
    for key in keys {
        let secret = key.text();
        let secret = secret.rsplit('_').next().unwrap();
        let hash = Sha256::new().chain_update(b"windscreen api key 1\0").chain_update(secret).finalize();
        let values = [hash.as_slice().into(), key.id().into()];
        db(kept).execute("UPDATE api_key SET hash = $1 WHERE id = $2", &values).unwrap();
    }
    fs::remove_file(kept.places.guard.join("keyed")).unwrap();
}

/// Adds an entry as somebody does who has not the keys.
fn plant(kept: &Kept, kind: Kind) {
    let (mut db, leaf) = (db(kept), Leaf::new(kind, "01900000-0000-7000-8000-000000000000".into(), now()).text());
    let all = db.query("SELECT leaf FROM entry WHERE log = 'decisions' ORDER BY place", &[]).unwrap();
    let mut frontier = Frontier::default();
    for mut row in all {
        frontier.push(leaf_hash(row.text().unwrap().as_bytes()));
    }
    let (place, hash) = (frontier.size() as i64, leaf_hash(leaf.as_bytes()));
    frontier.push(hash);
    let values = [place.into(), leaf.as_str().into(), hash.as_slice().into()];
    db.execute("INSERT INTO entry (log, place, leaf, leaf_hash) VALUES ('decisions', $1, $2, $3)", &values).unwrap();
    let peaks = frontier.to_bytes();
    let values = [(place + 1).into(), peaks.as_slice().into()];
    db.execute("UPDATE log SET size = $1, peaks = $2 WHERE name = 'decisions'", &values).unwrap();
}

fn not_entered_here(record: &Record) -> bool {
    let found = record.verify(Vec::new()).unwrap().unwrap_err();
    found.what.contains("not entered here") || found.what.contains("by hand")
}

/// A record of before goes on, what it holds is taken as it is, and from then on nobody adds to it without the keys, nor by
/// saying that what they add is old.
fn a_record_of_before_becomes_keyed(kept: Kept) {
    let (school, later) = (
        |id: &str| Client { id: id.into(), role: Role::PartnerSystem, organisations: vec!["urn:100001".into()] },
        now() + SignedDuration::from_hours(24 * 30),
    );
    let record = kept.open();
    let made: Vec<ApiKey> =
        ["one", "two", "three"].map(|id| record.make_api_key(&school(id), later, now()).unwrap()).into();
    record.revoke_api_key(made[1].id(), now()).unwrap();
    record.say_exported("backup", now()).unwrap();
    drop(record);
    as_before_keys(&kept, &made);
    assert_eq!(schema(&mut db(&kept)).unwrap(), Schema::Behind(9));
    // One that the log does not know, and one that is taken again after it was revoked.
    execute(&kept, "UPDATE api_key SET role = 'operator' WHERE client = 'three'");
    assert_eq!(migrate(&kept.places.database).unwrap()[0], "0010_keyed");
    let record = kept.open();
    assert_eq!(record.read_only(), None);
    let taken = |record: &Record, at: usize| record.client_of(&made[at], now()).unwrap();
    assert_eq!([taken(&record, 0), taken(&record, 1), taken(&record, 2)], [Some(school("one")), None, None]);
    assert_eq!(record.store().read(|db| db.query("SELECT who FROM session", &[])).unwrap().len(), 0, "sign in again");
    let found = record.verify(Vec::new()).unwrap().unwrap_err().to_string();
    assert!(found.contains(made[2].id()) && found.contains("was not made here"), "{found}");
    execute(&kept, "DELETE FROM api_key WHERE client = 'three'");
    assert_eq!(record.verify(Vec::new()).unwrap().unwrap()[0].size, 5);
    record.say_exported("backup", now()).unwrap();
    drop(record);
    // It begins once.
    let record = kept.open();
    assert!(record.read_only().is_none() && record.verify(Vec::new()).unwrap().is_ok());
    drop(record);
    let keyed = fs::read_to_string(kept.places.guard.join("keyed")).unwrap();
    assert!(keyed.starts_with("decisions 5 rules 1 "), "{keyed}");
    // What was of before has no keyed hash, and what is not of before needs one, whatever the database says.
    plant(&kept, Kind::Exported);
    let record = kept.open();
    assert!(not_entered_here(&record) && matches!(record.sign_now(), Err(RecordError::Damaged(_))));
    drop(record);
    for all_is_old in [
        "DELETE FROM setting WHERE name = 'keyed entries'",
        "UPDATE entry SET mac = NULL",
        "UPDATE setting SET value = replace(value, '5', '7') WHERE name = 'keyed entries'",
    ] {
        execute(&kept, all_is_old);
        let record = kept.open();
        assert!(not_entered_here(&record), "{all_is_old}");
        assert!(record.read_only().is_some_and(|why| why.contains("by hand")), "{all_is_old}");
        let refused = record.accept_fork(ForkReason::Restored, now());
        assert!(matches!(refused, Err(RecordError::Damaged(_))), "{all_is_old}");
    }
}

#[test]
fn a_record_of_before_becomes_keyed_in_sqlite() {
    a_record_of_before_becomes_keyed(Kept::in_sqlite());
}

#[test]
fn a_record_of_before_becomes_keyed_in_postgres() {
    a_record_of_before_becomes_keyed(Kept::in_postgres());
}

/// A backup of before, put back by the program of before: a person says why, and it becomes keyed again.
#[test]
fn what_was_put_back_of_before_is_taken_into_use_by_a_person() {
    let kept = Kept::in_sqlite();
    kept.open().say_exported("backup", now()).unwrap();
    let file = kept.folder().join("windscreen.db");
    let guard = fs::read_to_string(kept.places.guard.join("keyed")).unwrap();
    as_before_keys(&kept, &[]);
    db(&kept).run("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let before = fs::read(&file).unwrap();
    migrate(&kept.places.database).unwrap();
    kept.open().say_exported("backup", now()).unwrap();
    assert_ne!(fs::read_to_string(kept.places.guard.join("keyed")).unwrap(), guard);
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(kept.folder().join(format!("windscreen.db{suffix}")));
    }
    fs::write(&file, &before).unwrap();
    migrate(&kept.places.database).unwrap();
    let record = kept.open();
    assert!(record.read_only().is_some());
    record.accept_fork(ForkReason::Restored, now()).unwrap();
    record.say_exported("backup", now()).unwrap();
    assert!(record.read_only().is_none() && record.verify(Vec::new()).unwrap().is_ok());
    drop(record);
    assert!(kept.open().read_only().is_none());
}

/// A later program beside this one enters what this one does not know: it verifies all the same, and nothing of it is shown.
#[test]
fn what_a_later_program_enters_is_no_damage() {
    for kept in [Kept::in_sqlite(), Kept::in_postgres()] {
        let record = kept.open();
        let leaf = Leaf::new(Kind::Exported, "01900000-0000-7000-8000-000000000000".into(), now()).text();
        let leaf = leaf.replace("\"exported\"", "\"something_later\"");
        let enter = move |transaction: &mut Transaction<'_>| {
            for log in Log::ALL {
                transaction.append(log, &leaf, None, None)?;
            }
            Ok(())
        };
        record.store().write(enter).wait_here().unwrap();
        record.sign_now().unwrap();
        assert!(record.verify(Vec::new()).unwrap().is_ok());
        assert!(record.rules_told().unwrap().wrong.is_empty());
        let mut bundle = Vec::new();
        record.export(&mut bundle).unwrap();
        assert!(String::from_utf8_lossy(&bundle).contains("something_later"), "and it is given out as it stands");
        assert!(windscreen::record::bundle::verify(bundle.as_slice(), &[], None).unwrap().is_ok());
        drop(record);
        assert!(Record::open(&kept.places, now()).unwrap().read_only().is_none());
    }
}
