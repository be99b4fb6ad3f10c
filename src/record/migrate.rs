//! The schema: numbered, checksummed, forward only.
//!
//! The schema says the oldest program that may work with it, so that an old and a new program serve side by side
//! during a rolling restart, and one that is too old refuses.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::Log;
use super::db::{Access, Db, DbError, Location};

/// A step of the schema.
struct Migration {
    name: &'static str,
    sql: &'static str,
    /// The lowest schema number that a program must know to work with what this step leaves.
    oldest_program: usize,
}

const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_record", sql: include_str!("migrations/0001_record.sql"), oldest_program: 1 },
    Migration { name: "0002_front_door", sql: include_str!("migrations/0002_front_door.sql"), oldest_program: 1 },
    Migration { name: "0003_people", sql: include_str!("migrations/0003_people.sql"), oldest_program: 1 },
    // A program that knows no batches would erase a referral and leave its rows in a file.
    Migration { name: "0004_batches", sql: include_str!("migrations/0004_batches.sql"), oldest_program: 4 },
    // A program that does not list what is handed over must not go on beside one that does.
    Migration { name: "0005_handovers", sql: include_str!("migrations/0005_handovers.sql"), oldest_program: 5 },
    Migration { name: "0006_telling", sql: include_str!("migrations/0006_telling.sql"), oldest_program: 6 },
    // A program that knows no such entries would call the log damaged.
    Migration { name: "0007_api_keys", sql: include_str!("migrations/0007_api_keys.sql"), oldest_program: 7 },
    // A program that lists no occurrences must not go on beside one that does.
    Migration { name: "0008_occurrences", sql: include_str!("migrations/0008_occurrences.sql"), oldest_program: 8 },
    // A program that knows no rule changes would evaluate by its folder what others evaluate by what was agreed.
    Migration { name: "0009_rule_changes", sql: include_str!("migrations/0009_rule_changes.sql"), oldest_program: 9 },
    // A program that keys no entries would have the record read-only for those that do.
    Migration { name: "0010_keyed", sql: include_str!("migrations/0010_keyed.sql"), oldest_program: 10 },
    // A program that takes no entry of a kind that it does not know would call the log damaged.
    Migration { name: "0011_break_glass", sql: include_str!("migrations/0011_break_glass.sql"), oldest_program: 11 },
];

/// How a database stands to this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schema {
    /// There is none yet.
    Empty,
    /// Some steps are missing: `windscreen migrate`.
    Behind(usize),
    /// As this program knows it, or newer in ways that it need not know.
    Ready,
    /// Newer than this program can work with.
    TooNew(String),
    /// A step was another when it was applied.
    Changed(&'static str),
}

/// How a database stands to this program.
///
/// # Errors
/// When it cannot be read.
pub fn schema(db: &mut Db) -> Result<Schema, DbError> {
    let Some(applied) = setting(db, "schema").unwrap_or_default() else { return Ok(Schema::Empty) };
    let applied: usize = applied.parse().map_err(|_| DbError::Refused("the schema's number is damaged".into()))?;
    for (number, migration) in (1..=applied).zip(MIGRATIONS) {
        if setting(db, &format!("migration {number}"))? != Some(checksum(migration)) {
            return Ok(Schema::Changed(migration.name));
        }
    }
    let oldest = setting(db, "oldest program")?.and_then(|oldest| oldest.parse::<usize>().ok()).unwrap_or(applied);
    Ok(if oldest > MIGRATIONS.len() {
        Schema::TooNew(format!("it needs a program that knows schema {oldest}; this one knows {}", MIGRATIONS.len()))
    } else if applied < MIGRATIONS.len() {
        Schema::Behind(applied)
    } else {
        Schema::Ready
    })
}

/// Applies what is missing; the names of the steps applied.
///
/// # Errors
/// When a step fails; the steps before it stand, and it is as if it had not begun.
pub fn migrate(location: &Location) -> Result<Vec<&'static str>, DbError> {
    let mut db = Db::open(location, Access::Write)?;
    let from = match schema(&mut db)? {
        Schema::Empty => 0,
        Schema::Behind(applied) => applied,
        Schema::Ready => return Ok(Vec::new()),
        Schema::TooNew(why) => return Err(DbError::Refused(why)),
        Schema::Changed(name) => {
            return Err(DbError::Refused(format!("the schema's step {name} is not the one that was applied")));
        }
    };
    let mut applied = Vec::new();
    for (number, migration) in MIGRATIONS.iter().enumerate().skip(from) {
        db.run("BEGIN")?;
        let done = apply(&mut db, number + 1, migration).and_then(|()| db.commit());
        if let Err(error) = done {
            let _ = db.roll_back();
            return Err(error);
        }
        applied.push(migration.name);
    }
    Ok(applied)
}

/// Makes PostgreSQL's roles, and grants them what each needs.
///
/// # Errors
/// When it is no PostgreSQL database, or who connects may not.
pub fn grant(location: &Location) -> Result<(), DbError> {
    if !matches!(location, Location::Postgres { .. }) {
        return Err(DbError::Refused("an SQLite file has no roles: who can read the file can read all of it".into()));
    }
    Db::open(location, Access::Write)?.run(include_str!("migrations/roles.sql"))
}

fn apply(db: &mut Db, number: usize, migration: &Migration) -> Result<(), DbError> {
    db.run(migration.sql)?;
    if number == 1 {
        for log in Log::ALL {
            db.execute(include_str!("sql/append_log.sql"), &[log.name().into(), [].as_slice().into()])?;
        }
    }
    put_setting(db, &format!("migration {number}"), &checksum(migration))?;
    put_setting(db, "oldest program", &migration.oldest_program.to_string())?;
    put_setting(db, "schema", &number.to_string())
}

fn checksum(migration: &Migration) -> String {
    HEXLOWER.encode(&Sha256::digest(migration.sql))
}

/// A setting of the database.
///
/// # Errors
/// When it cannot be read; also when there is no schema yet.
pub(super) fn setting(db: &mut Db, name: &str) -> Result<Option<String>, DbError> {
    db.find(include_str!("sql/find_setting.sql"), &[name.into()])?.map(|mut row| row.text()).transpose()
}

pub(super) fn put_setting(db: &mut Db, name: &str, value: &str) -> Result<(), DbError> {
    db.execute(include_str!("sql/put_setting.sql"), &[name.into(), value.into()]).map(|_| ())
}
