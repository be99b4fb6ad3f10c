//! Bulk at the terminal: a million referrals as lines of JSON, comma-separated values or a sheet, answered in the same
//! order, in memory that does not grow with their number.
//!
//! A row that cannot be understood is answered on its own row, and the rest go on. What is not known stays not known on
//! every hop: an empty cell was not asked, `not_known` was, `refused` was refused. Every way in makes the same
//! `Referral`, and `Referral::evaluate` is all that answers.
//!
//! The same rows are replayed: evaluated under two rule sets, and counted by how their levels would move.

mod cell;
mod pool;

mod answer;
mod line;

mod headings;

mod lines;
mod records;

mod row;

mod beside;
mod sheet;
mod writer;

mod rows;

mod run;

mod replay;

pub use beside::Beside;
pub use cell::{guarded, unguarded};
pub use replay::{Moved, Moves, NotRead, Replay};
pub use rows::Input;
pub use run::{Bulk, Output, Tally};

use crate::facts::MAX_FACTS;
use crate::json::{Fault, FaultCode};
use crate::notifications::cell::Why;
use cell::Cell;

/// The most columns of a table: every fact that a rule set may have, what we answer beside them, and as many again that
/// a mapping passes over.
pub const MAX_COLUMNS: usize = 2 * MAX_FACTS;
/// The longest row of a table, in bytes: eight times the longest cell that a sheet has.
pub const MAX_ROW: usize = 256 * 1024;
/// The most threads: more than any machine on which one person waits for an answer has.
pub const MAX_THREADS: usize = 256;

/// How rows are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A JSON value a line.
    Ndjson,
    /// Comma-separated values with a line of headings.
    Csv,
    /// A sheet of an XLSX workbook with a row of headings.
    Xlsx,
}

/// Why a run ends before its end.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// What is wrong with the file as a whole.
    #[error("the file cannot be taken: {}", .0.first().map_or("", |fault| &fault.detail))]
    Faults(Vec<Fault>),
    /// The input ends with an error.
    #[error("the input cannot be read: {0}")]
    Read(std::io::Error),
    /// The answers cannot be written.
    #[error("the answers cannot be written: {0}")]
    Write(std::io::Error),
    /// The workbook cannot be written.
    #[error("the workbook cannot be written: {0}")]
    Workbook(String),
    /// A mistake of this program.
    #[error("a part of the program stopped, and not every row is answered: this is a mistake of the program")]
    Panicked,
}

/// What is wrong with a file as a whole.
fn whole(code: FaultCode, detail: impl Into<String>) -> BulkError {
    BulkError::Faults(vec![Fault::new("", code, detail)])
}

/// The same, saying what to do.
fn whole_instead(code: FaultCode, detail: impl Into<String>, instead: impl Into<String>) -> BulkError {
    BulkError::Faults(vec![Fault::new("", code, detail).instead(instead)])
}

/// A row of a table: its place in the file, and its cells in the order of the headings.
#[derive(Debug)]
struct RawRow {
    /// The line on which it begins, or its row in the sheet, from 1.
    number: usize,
    /// Its cells, or why they cannot be told.
    cells: Result<Vec<Cell>, Why>,
}

/// What is evaluated on its own.
#[derive(Debug)]
enum Incoming {
    /// A line of JSON.
    Line {
        /// Its number, from 1.
        number: usize,
        /// Its bytes; one more than a line may have where it is longer.
        text: Vec<u8>,
    },
    /// A row of a table.
    Row(RawRow),
}

impl Incoming {
    /// About how much memory it takes.
    fn size(&self) -> usize {
        match self {
            Self::Line { text, .. } => text.len(),
            Self::Row(RawRow { cells: Ok(cells), .. }) => cells.iter().map(Cell::size).sum(),
            Self::Row(_) => 0,
        }
    }
}
