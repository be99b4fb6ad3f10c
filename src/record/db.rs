//! One database interface, two real ones: an enum over two thin drivers. Each statement is written once.
//!
//! Parameters are `$1`, `$2` and so on, first used in that order: PostgreSQL takes them by number, SQLite by place.

use std::fmt;
use std::path::PathBuf;

use super::postgres::Postgres;
use super::sqlite::Sqlite;

/// Where a record is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL address.
    Postgres {
        /// `postgresql://...`; may hold a password, so it is never shown.
        url: String,
        /// The certificate that vouches for the server, unless it is on this machine.
        authority: Option<PathBuf>,
    },
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres { .. } => f.write_str("PostgreSQL"),
        }
    }
}

/// What went wrong with the database, and so what to do.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// There is no room left to write to.
    #[error("there is no room left to write to")]
    Full,
    /// It cannot be reached, read or written now; later it may.
    #[error("the database cannot be used now: {0}")]
    Unavailable(String),
    /// A statement was refused: a mistake of this program, or a damaged record.
    #[error("the database refused: {0}")]
    Refused(String),
}

impl DbError {
    /// The same for another who waited for it.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::Full => Self::Full,
            Self::Unavailable(why) => Self::Unavailable(why.clone()),
            Self::Refused(why) => Self::Refused(why.clone()),
        }
    }
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub enum Value<'v> {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// Text.
    Text(&'v str),
    /// Bytes.
    Bytes(&'v [u8]),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(text)
    }
}
impl<'v> From<&'v [u8]> for Value<'v> {
    fn from(bytes: &'v [u8]) -> Self {
        Self::Bytes(bytes)
    }
}
impl<'v, T: Into<Self>> From<Option<T>> for Value<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// One row of an answer, taken from left to right.
#[derive(Debug)]
pub struct Row(std::vec::IntoIter<Cell>);

impl Row {
    pub(super) fn new(cells: Vec<Cell>) -> Self {
        Self(cells.into_iter())
    }

    /// Every value that is left.
    pub(super) fn cells(self) -> Vec<Cell> {
        self.0.collect()
    }

    /// The next value, a whole number.
    pub fn int(&mut self) -> Result<i64, DbError> {
        self.maybe_int()?.ok_or_else(|| wrong("a number"))
    }

    /// The next value, a whole number or nothing.
    pub fn maybe_int(&mut self) -> Result<Option<i64>, DbError> {
        match self.0.next() {
            Some(Cell::Int(number)) => Ok(Some(number)),
            Some(Cell::Null) => Ok(None),
            _ => Err(wrong("a number")),
        }
    }

    /// The next value, text.
    pub fn text(&mut self) -> Result<String, DbError> {
        self.maybe_text()?.ok_or_else(|| wrong("text"))
    }

    /// The next value, text or nothing.
    pub fn maybe_text(&mut self) -> Result<Option<String>, DbError> {
        match self.0.next() {
            Some(Cell::Text(text)) => Ok(Some(text)),
            Some(Cell::Null) => Ok(None),
            _ => Err(wrong("text")),
        }
    }

    /// The next value, bytes.
    pub fn bytes(&mut self) -> Result<Vec<u8>, DbError> {
        self.maybe_bytes()?.ok_or_else(|| wrong("bytes"))
    }

    /// The next value, bytes or nothing.
    pub fn maybe_bytes(&mut self) -> Result<Option<Vec<u8>>, DbError> {
        match self.0.next() {
            Some(Cell::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Cell::Null) => Ok(None),
            _ => Err(wrong("bytes")),
        }
    }

    /// The next value, a hash.
    pub fn hash(&mut self) -> Result<[u8; 32], DbError> {
        self.bytes()?.try_into().map_err(|_| wrong("a hash"))
    }
}

fn wrong(expected: &str) -> DbError {
    DbError::Refused(format!("{expected} was expected in a row"))
}

/// One connection.
pub enum Db {
    /// To SQLite.
    Sqlite(Sqlite),
    /// To PostgreSQL.
    Postgres(Box<Postgres>),
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite(_) => "Sqlite",
            Self::Postgres(_) => "Postgres",
        })
    }
}

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read only.
    Read,
    /// Read and write.
    Write,
}

impl Db {
    /// Connects, with every setting that the record rests on asserted.
    ///
    /// # Errors
    /// When there is no such database, or it cannot promise what the record needs.
    pub fn open(location: &Location, access: Access) -> Result<Self, DbError> {
        Ok(match location {
            Location::Sqlite(path) => Self::Sqlite(Sqlite::open(path, access)?),
            Location::Postgres { url, authority } => {
                Self::Postgres(Box::new(Postgres::open(url, authority.as_deref(), access)?))
            }
        })
    }

    /// Runs a statement; how many rows it touched.
    pub fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, DbError> {
        match self {
            Self::Sqlite(db) => db.execute(sql, values),
            Self::Postgres(db) => db.execute(sql, values),
        }
    }

    /// Asks; every row of the answer.
    pub fn query(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, DbError> {
        match self {
            Self::Sqlite(db) => db.query(sql, values),
            Self::Postgres(db) => db.query(sql, values),
        }
    }

    /// Asks for one row at most.
    pub fn find(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Option<Row>, DbError> {
        Ok(self.query(sql, values)?.into_iter().next())
    }

    /// Runs many statements without parameters, as a migration is.
    pub fn run(&mut self, script: &str) -> Result<(), DbError> {
        match self {
            Self::Sqlite(db) => db.run(script),
            Self::Postgres(db) => db.run(script),
        }
    }

    /// Begins a transaction that is alone in writing to the logs.
    pub fn begin(&mut self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(db) => db.begin(),
            Self::Postgres(db) => db.begin(),
        }
    }

    /// Begins to read at one moment: nothing that commits meanwhile is seen.
    pub fn begin_reading(&mut self) -> Result<(), DbError> {
        self.run(match self {
            Self::Sqlite(_) => "BEGIN",
            Self::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        })
    }

    /// Leaves nothing of what was deleted in the database's own files.
    pub fn compact(&mut self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(db) => db.compact(),
            Self::Postgres(db) => db.compact(),
        }
    }

    /// Ends it; on return all of it is on disk.
    pub fn commit(&mut self) -> Result<(), DbError> {
        self.run("COMMIT")
    }

    /// Gives it up.
    pub fn roll_back(&mut self) -> Result<(), DbError> {
        self.run("ROLLBACK")
    }
}
