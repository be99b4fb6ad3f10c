//! Copies: a backup is an SQLite file with every row of the record, whichever database the record is in.
//!
//! Taken in one transaction while the record goes on, verified before it counts, and put back into a database that is
//! still empty. The keys are not in it: without them it says nothing about anybody.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use jiff::Timestamp;

use super::db::{Access, Cell, Db, DbError, Location, Value};
use super::guard::Guard;
use super::keys::{Keys, own_file};
use super::leaf::{Kind, Leaf};
use super::migrate::{Schema, migrate, schema};
use super::store::{head, number};
use super::verify::{Against, Damage, Sound, Verdict, verify};
use super::{ForkReason, Log, Places, Record, RecordError, new_id};

/// How many entries are copied at a time.
pub(super) const STRIDE: u64 = 512;

/// A table of the record.
pub(super) struct Table {
    /// What it is called.
    pub name: &'static str,
    columns: &'static str,
    /// Asks for every row.
    pub select: &'static str,
    /// Adds a row.
    pub insert: &'static str,
}

impl Table {
    /// The names of its columns, in their order.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.columns.split(", ")
    }
}

macro_rules! tables {
    ($($name:literal: $columns:literal, $parameters:literal;)*) => {
        &[$(Table {
            name: $name,
            columns: $columns,
            select: concat!("SELECT ", $columns, " FROM ", $name),
            insert: concat!("INSERT INTO ", $name, " (", $columns, ") VALUES (", $parameters, ")"),
        }),*]
    };
}

/// Every table but `entry`, which is copied in parts.
pub(super) const TABLES: &[Table] = tables![
    "setting": "name, value", "$1, $2";
    "log": "name, size, peaks", "$1, $2, $3";
    "tile_hash": "log, level, place, hash", "$1, $2, $3, $4";
    "checkpoint": "log, size, note", "$1, $2, $3";
    "referral": "id, reference, organisation, received_at, respond_by, version, standing, at_least, at_most, decided_by, tell_by, answer_by, disagreement", "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13";
    "referral_key": "referral, sealed", "$1, $2";
    "match_key": "hash, referral, child", "$1, $2, $3";
    "idempotency": "key, request, place, at", "$1, $2, $3, $4";
    "batch": "id, organisation, received_at, hash, mapping, parts, waiting, version", "$1, $2, $3, $4, $5, $6, $7, $8";
    "batch_referral": "batch, part, referral", "$1, $2, $3";
    "rule_set": "digest, files", "$1, $2";
    "handover": "decision, referral, organisation, outcome, waits", "$1, $2, $3, $4, $5";
    "occurrence": "place, kind, organisation, referral, child", "$1, $2, $3, $4, $5";
    "kept_transfer": "id, hash, organisation, reason, kept_at, dealt_with, dealt_at, referral, sealed_key, sealed", "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10";
];

/// Copies every row; `from` reads at one moment, `to` has the schema and nothing else.
fn copy(from: &mut Db, to: &mut Db) -> Result<(), DbError> {
    to.run("BEGIN")?;
    empty_tables(to)?;
    for table in TABLES {
        for row in from.query(table.select, &[])? {
            insert(to, table.insert, &row.cells(), &[])?;
        }
    }
    for log in Log::ALL {
        let size = head(from, log)?.size();
        let mut place = 0;
        while place < size {
            let values = [log.name().into(), number(place)?.into(), number(place + STRIDE)?.into()];
            for row in from.query(include_str!("sql/list_entries.sql"), &values)? {
                insert(to, include_str!("sql/append_entry.sql"), &row.cells(), &[log.name().into()])?;
            }
            place += STRIDE;
        }
    }
    to.commit()
}

/// Takes away what the migrations wrote, which is copied too.
pub(super) fn empty_tables(to: &mut Db) -> Result<(), DbError> {
    to.run("DELETE FROM setting; DELETE FROM log")
}

/// Adds a row, with what stands before it.
pub(super) fn insert(to: &mut Db, sql: &'static str, cells: &[Cell], before: &[Value<'_>]) -> Result<(), DbError> {
    let cells = cells.iter().map(|cell| match cell {
        Cell::Null => Value::Null,
        Cell::Int(number) => (*number).into(),
        Cell::Text(text) => text.as_str().into(),
        Cell::Bytes(bytes) => bytes.as_slice().into(),
    });
    let values: Vec<Value<'_>> = before.iter().copied().chain(cells).collect();
    to.execute(sql, &values).map(|_| ())
}

impl Record {
    /// Copies the record into a new file while it goes on, and verifies the copy. One that does not verify is removed.
    ///
    /// # Errors
    /// When there is such a file already, or it cannot be written or read. Damage is a verdict, not an error.
    pub fn backup(&self, file: &Path, now: Timestamp) -> Result<Verdict, RecordError> {
        if self.read_only().is_none() {
            self.sign_now()?;
        }
        let copied = self.copied(file)?;
        if copied.is_ok() && self.read_only().is_none() {
            self.say_exported("backup", now)?;
        }
        Ok(copied)
    }

    /// The same, unsaid.
    pub(super) fn copied(&self, file: &Path) -> Result<Verdict, RecordError> {
        // Read before the rows: so the copy is never behind it.
        let keyed = self.guard.keyed()?;
        let [decisions, rules] = Log::ALL.map(|log| self.guard.checkpoint(log));
        let guard = Some([decisions?, rules?]);
        let exists = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                io::Error::new(error.kind(), format!("`{}` is there already; nothing is written over", file.display()))
            }
            _ => error,
        };
        own_file(file).map_err(exists)?;
        let copied = self.copy_to(file).and_then(|()| {
            let against = Against { guard, keyed, held: Vec::new(), erased: self.guard.all_erased()? };
            verify_file(file, &self.keys, &against)
        });
        match &copied {
            Ok(Ok(_)) => File::open(file)?.sync_all()?,
            _ => fs::remove_file(file)?,
        }
        copied
    }

    fn copy_to(&self, file: &Path) -> Result<(), RecordError> {
        let location = Location::Sqlite(file.to_owned());
        migrate(&location)?;
        let mut to = Db::open(&location, Access::Write)?;
        self.store.read_at_once(|from| copy(from, &mut to))?;
        // Everything in the one file.
        Ok(to.compact()?)
    }

    /// Records that the record was given out or copied, and how.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub fn say_exported(&self, how: &str, now: Timestamp) -> Result<(), RecordError> {
        let leaf = Leaf { detail: Some(how.to_owned()), ..Leaf::new(Kind::Exported, new_id(), now) }.text();
        self.store
            .write(move |transaction| Ok(transaction.append(Log::Decisions, &leaf, None, None)?))
            .wait_here()
            .map(|_| ())
    }
}

/// Verifies a backup by itself.
///
/// # Errors
/// When it cannot be read.
pub fn verify_backup(file: &Path, keys: &Keys) -> Result<Verdict, RecordError> {
    verify_file(file, keys, &Against::default())
}

fn verify_file(file: &Path, keys: &Keys, against: &Against) -> Result<Verdict, RecordError> {
    let mut db = Db::open(&Location::Sqlite(file.to_owned()), Access::Read)?;
    db.begin_reading()?;
    let verdict = verify(&mut db, keys, against);
    db.roll_back()?;
    verdict
}

/// Puts a backup back into a database that is empty, after it verified.
///
/// # Errors
/// When there is something already, or the backup is another program's. Damage is a verdict, not an error.
pub fn restore(file: &Path, places: &Places) -> Result<Verdict, RecordError> {
    let refused = |why: &str| RecordError::Db(DbError::Refused(why.to_owned()));
    if !file.is_file() {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("`{}` is missing", file.display())).into());
    }
    let keys = Keys::read(&places.keys)?;
    let mut from = Db::open(&Location::Sqlite(file.to_owned()), Access::Read)?;
    if schema(&mut from)? != Schema::Ready {
        return Err(refused(
            "the backup is of another version: restore it with the program that made it, then migrate",
        ));
    }
    let verdict = verify_backup(file, &keys)?;
    if verdict.is_err() {
        return Ok(verdict);
    }
    let mut to = Db::open(&places.database, Access::Write)?;
    if schema(&mut to)? != Schema::Empty {
        return Err(refused("there is a record already: a backup is put back only where none is"));
    }
    migrate(&places.database)?;
    from.begin_reading()?;
    copy(&mut from, &mut to)?;
    from.roll_back()?;
    Ok(verdict)
}

/// What a drill came to.
#[derive(Debug)]
pub struct Drilled {
    /// The logs that the backup holds.
    pub whole: Vec<Sound>,
    /// What taking it into use would lose, if anything was signed after it.
    pub behind: Option<String>,
    /// How many referrals it holds that were erased since. Put back, they went again.
    pub erased_again: usize,
}

/// Puts a backup back in a folder of its own, with a copy of the guard, takes it into use there, and verifies that; then
/// all of it goes. Nothing at `places` is changed.
///
/// # Errors
/// When it cannot be read or put back. Damage is a verdict, not an error.
pub fn drill(file: &Path, places: &Places, now: Timestamp) -> Result<Result<Drilled, Damage>, RecordError> {
    let aside = tempfile::tempdir()?;
    let drilled = Places { keys: places.keys.clone(), ..Places::in_folder(aside.path()) };
    let guard = Guard::in_folder(&drilled.guard)?;
    if places.guard.exists() {
        for entry in fs::read_dir(&places.guard)? {
            let entry = entry?;
            fs::copy(entry.path(), drilled.guard.join(entry.file_name()))?;
        }
    }
    let erased = guard.all_erased()?;
    let whole = match restore(file, &drilled)? {
        Ok(whole) => whole,
        Err(damage) => return Ok(Err(damage)),
    };
    let mut erased_again = 0;
    let mut db = Db::open(&drilled.database, Access::Read)?;
    for id in &erased {
        let has_key = db.find(include_str!("sql/find_referral_key.sql"), &[id.as_str().into()])?.is_some();
        erased_again += usize::from(has_key);
    }
    drop(db);
    let record = Record::open(&drilled, now)?;
    let behind = record.read_only();
    if behind.is_some() {
        record.accept_fork(ForkReason::Restored, now)?;
    }
    // With the guard's list of what was erased: none of it may be there.
    Ok(record.verify(Vec::new())?.map(|_| Drilled { whole, behind, erased_again }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_table_is_left_out() {
        let created = [
            include_str!("migrations/0001_record.sql"),
            include_str!("migrations/0004_batches.sql"),
            include_str!("migrations/0005_handovers.sql"),
            include_str!("migrations/0008_occurrences.sql"),
        ];
        let mut created: Vec<&str> = created
            .iter()
            .flat_map(|step| step.lines())
            .filter_map(|line| line.strip_prefix("CREATE TABLE ")?.split(' ').next())
            .collect();
        let mut copied: Vec<&str> = TABLES.iter().map(|table| table.name).chain(["entry"]).collect();
        created.sort_unstable();
        copied.sort_unstable();
        assert_eq!(created, copied);
    }
}
