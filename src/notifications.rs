//! Notifications in bulk: a sender's export becomes referrals, one for each incident and household, by a mapping of the
//! rule set.
//!
//! Every row is in a referral or is listed with its number and why; none is dropped, and no word is guessed. Rows of one
//! child are accounts beside each other, whatever their order. Nothing here joins what the sender kept apart: that two
//! incidents are one, a person says.

pub(crate) mod cell;
pub(crate) mod records;

pub(crate) mod table;

pub(crate) mod group;
mod row;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::criteria::{Mapping, RuleSet};
use crate::json::{Fault, FaultCode};
use row::Row;
use table::{RawRow, Table};

/// The largest file: a force's whole week, ten times over, and less than a page's form may take in fifteen seconds.
pub const MAX_FILE: usize = 2 * 1024 * 1024;
/// More rows than a front door triages in a month; each is evaluated before anything is answered.
pub const MAX_ROWS: usize = 5_000;

/// How a file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Comma-separated values with a line of headings.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

/// How a file's bytes are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
pub enum Encoding {
    /// UTF-8, with a byte order mark or without.
    #[serde(rename = "utf-8")]
    Utf8,
    /// What older office programs write.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// A file as it came.
#[derive(Debug, Clone, Copy)]
pub struct File<'f> {
    /// Its bytes.
    pub bytes: &'f [u8],
    /// How it is laid out.
    pub layout: Layout,
    /// How its bytes are text, if the sender says so; else it is UTF-8 where it can be.
    pub encoding: Option<Encoding>,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// How its bytes were read.
    pub read_as: Encoding,
    /// How many rows it has.
    pub rows: usize,
    /// What becomes a referral, by incident, then household.
    pub groups: Vec<Group>,
    /// Rows that could not be mapped, by their number.
    pub unmapped: Vec<Unmapped>,
}

/// What becomes one referral: the rows of one incident and one household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The incident's number, as the sender writes it.
    pub incident: String,
    /// The rows that it is of.
    pub rows: Vec<usize>,
    /// The request, as a partner would send it.
    pub request: String,
}

/// A row that could not be mapped: a person deals with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmapped {
    /// The line of the file on which it begins.
    pub row: usize,
    /// The column that is in the way, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// A stable code in words.
    pub code: String,
    /// One sentence; it repeats nothing of the row.
    pub detail: String,
    /// What stands in the row, by column.
    pub cells: Vec<(String, String)>,
}

/// Turns a file into what becomes referrals, and what a person must deal with.
///
/// # Errors
/// What is wrong with the file as a whole: it cannot be read, or its columns are not those of the mapping.
pub fn read(
    file: File<'_>,
    mapping: &Mapping,
    rules: &RuleSet,
    organisation: &str,
    now: Timestamp,
) -> Result<Batch, Vec<Fault>> {
    let table = Table::read(file, mapping)?;
    let sender = Sender { mapping, rules, organisation, now };
    let (mut rows, mut unmapped) = (Vec::new(), Vec::new());
    for raw in &table.rows {
        match Row::read(raw, &sender) {
            Ok(row) => rows.push(row),
            Err(why) => unmapped.push(why),
        }
    }
    let (groups, too_much) = group::groups(&rows, &table, &sender);
    unmapped.extend(too_much);
    unmapped.sort_by_key(|one| one.row);
    Ok(Batch { read_as: table.read_as, rows: table.rows.len(), groups, unmapped })
}

/// How a file's bytes are text, without reading more of it.
///
/// # Errors
/// When it is said to be UTF-8, and is not.
pub fn encoding(file: File<'_>) -> Result<Encoding, Vec<Fault>> {
    table::encoding(file)
}

/// Who sends a file, and by what it is read.
struct Sender<'s> {
    mapping: &'s Mapping,
    rules: &'s RuleSet,
    organisation: &'s str,
    now: Timestamp,
}

impl Unmapped {
    fn new(raw: &RawRow, column: Option<&str>, code: FaultCode, detail: impl Into<String>) -> Self {
        let cells = match &raw.cells {
            Ok(cells) => cells.iter().map(|(heading, text)| (heading.name.clone(), text.clone())).collect(),
            Err(_) => vec![(String::new(), raw.text.clone())],
        };
        Self {
            row: raw.row,
            column: column.map(str::to_owned),
            code: code.word().to_owned(),
            detail: detail.into(),
            cells,
        }
    }
}
