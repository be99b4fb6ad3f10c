//! The SQLite driver: every setting that durability rests on is set and read back.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, params_from_iter};

use super::db::{Access, Cell, DbError, Row, Value};

/// Before this version a checkpoint of the write-ahead log could lose a commit when two connections raced
/// (https://sqlite.org/wal.html, "the WAL-reset bug").
const OLDEST_LIBRARY: i32 = 3_051_003;
/// How long to wait for another program that writes, such as a backup at the terminal.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Each of the statements is kept prepared.
const STATEMENTS: usize = 64;

/// One connection to an SQLite file.
pub struct Sqlite {
    db: Connection,
}

impl Sqlite {
    pub(super) fn open(path: &Path, access: Access) -> Result<Self, DbError> {
        if rusqlite::version_number() < OLDEST_LIBRARY {
            let version = rusqlite::version();
            return Err(DbError::Refused(format!("SQLite {version} is older than 3.51.3, and may lose a commit")));
        }
        let mode = match access {
            Access::Read => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        };
        let db = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(problem)?;
        db.busy_timeout(BUSY_TIMEOUT).map_err(problem)?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        let sqlite = Self { db };
        sqlite.set("journal_mode", "wal")?;
        // Every commit reaches the disk before it is acknowledged.
        sqlite.set("synchronous", "2")?;
        // What is deleted is overwritten: an erased referral leaves nothing in the file.
        sqlite.set("secure_delete", "1")?;
        sqlite.set("foreign_keys", "1")?;
        sqlite.set("trusted_schema", "0")?;
        if access == Access::Read {
            // A reader needs the file writable for the shared memory of the write-ahead log, and never writes.
            sqlite.set("query_only", "1")?;
            sqlite.set("wal_autocheckpoint", "0")?;
        }
        Ok(sqlite)
    }

    /// Sets a pragma and reads it back: SQLite passes over in silence what it cannot do.
    fn set(&self, name: &str, value: &str) -> Result<(), DbError> {
        self.db.pragma_update(None, name, value).map_err(problem)?;
        let as_text = |row: &rusqlite::Row<'_>| {
            Ok(match row.get_ref(0)? {
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                _ => String::new(),
            })
        };
        let now = self.db.pragma_query_value(None, name, as_text).map_err(problem)?;
        if now == value {
            return Ok(());
        }
        Err(DbError::Refused(format!("SQLite keeps {name} at `{now}`, and the record needs `{value}`")))
    }

    pub(super) fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, DbError> {
        let mut statement = self.db.prepare_cached(sql).map_err(problem)?;
        statement.execute(params_from_iter(values)).map(|rows| rows as u64).map_err(problem)
    }

    pub(super) fn query(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, DbError> {
        let mut statement = self.db.prepare_cached(sql).map_err(problem)?;
        let columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(values)).map_err(problem)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(problem)? {
            let cells = (0..columns).map(|column| row.get_ref(column).map_err(problem).and_then(cell));
            found.push(Row::new(cells.collect::<Result<_, _>>()?));
        }
        Ok(found)
    }

    pub(super) fn run(&mut self, script: &str) -> Result<(), DbError> {
        self.db.execute_batch(&dialect(script)).map_err(problem)
    }

    /// Deleted rows were overwritten in the file; what still holds them is the write-ahead log.
    pub(super) fn compact(&mut self) -> Result<(), DbError> {
        let busy =
            self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)).map_err(problem)?;
        if busy == 0 { Ok(()) } else { Err(DbError::Unavailable("somebody reads; compact again later".into())) }
    }

    pub(super) fn begin(&mut self) -> Result<(), DbError> {
        self.run("BEGIN IMMEDIATE")
    }
}

/// SQLite's names for what the migrations say.
fn dialect(script: &str) -> String {
    script.replace("BYTEA", "BLOB").replace("BIGINT", "INTEGER").replace(") /* keyed */", ") WITHOUT ROWID, STRICT")
}

fn cell(value: ValueRef<'_>) -> Result<Cell, DbError> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Int(number),
        ValueRef::Text(text) => {
            Cell::Text(String::from_utf8(text.to_vec()).map_err(|_| DbError::Refused("text is not UTF-8".into()))?)
        }
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => return Err(DbError::Refused("a fraction was found where none is kept".into())),
    })
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// The library's own texts name files and statements, never values.
pub(super) fn problem(error: rusqlite::Error) -> DbError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => DbError::Full,
        Some(
            ErrorCode::ConstraintViolation
            | ErrorCode::TypeMismatch
            | ErrorCode::ParameterOutOfRange
            | ErrorCode::ApiMisuse
            // Later it will be no better.
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase,
        ) => DbError::Refused(error.to_string()),
        Some(_) => DbError::Unavailable(error.to_string()),
        None => DbError::Refused(error.to_string()),
    }
}
