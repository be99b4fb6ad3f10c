//! What the columns of a table are: the facts by their ids and what stands beside them in a request, or what a mapping
//! says. Nothing is left to guess: a column that nobody knows refuses the file.

use std::collections::BTreeSet;

use super::{BulkError, MAX_COLUMNS, whole, whole_instead};
use crate::criteria::{Column, Mapping, RuleSet, folded};
use crate::facts::FactIndex;
use crate::json::{Fault, FaultCode};
use crate::notifications::table::Columns;

/// What we answered once is told by this from what is asked, and passed over when it is read again.
pub(super) const ANSWER: &str = "answer_";
/// The codes of what was wrong with a row when it was answered before.
pub(super) const FAULT_CODES: &str = "answer_fault_codes";
/// What stands beside the facts, in the order in which it is written.
pub(super) const BESIDE_FACTS: [&str; 7] =
    ["ref", "child", "received_at", "date_of_birth", "due_date", "concerns", "scope"];
/// More unknown columns than help to find out that it is another export.
const MOST_TOLD: usize = 10;

/// What one column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// One of `BESIDE_FACTS`, by its place.
    Beside(usize),
    /// Answers to a fact.
    Fact(FactIndex),
    /// What was wrong with the row before.
    FaultCodes,
    /// Another part of an earlier answer.
    Answered,
    /// A column without a heading, in which nothing may stand.
    Unnamed,
}

/// The columns of a table.
#[derive(Debug)]
pub(super) enum Headings<'m> {
    /// As we write them.
    Ours(Vec<Held>),
    /// A sender's: each column of the mapping, and where in the file it stands.
    Mapped(Vec<(&'m Column, Option<usize>)>),
}

impl<'m> Headings<'m> {
    /// Reads the headings of a table.
    pub fn read(names: &[String], rules: &RuleSet, mapping: Option<&'m Mapping>) -> Result<Self, BulkError> {
        if names.iter().all(|name| name.trim().is_empty()) {
            return Err(whole(FaultCode::NoHeadings, "the file is empty: a table begins with its headings"));
        }
        if names.len() > MAX_COLUMNS {
            return Err(whole(
                FaultCode::TooMany,
                format!("the file has {} columns; at most {MAX_COLUMNS}", names.len()),
            ));
        }
        separated(names)?;
        match mapping {
            None => ours(names, rules).map(Self::Ours),
            Some(mapping) => mapped(names, mapping).map(Self::Mapped),
        }
    }

    /// Every column of a mapping in its order, for rows whose cells have names of their own.
    pub fn named(mapping: &'m Mapping) -> Self {
        Self::Mapped(mapping.columns.iter().enumerate().map(|(place, column)| (column, Some(place))).collect())
    }

    /// The facts that the columns answer, each once.
    pub fn facts(&self, rules: &RuleSet) -> Vec<FactIndex> {
        let mut facts = Vec::new();
        let of_mapping = |column: &Column| match &column.purpose {
            crate::criteria::Purpose::Fact { fact, .. } => rules.fact(fact),
            _ => None,
        };
        let all: Vec<FactIndex> = match self {
            Self::Ours(columns) => {
                columns.iter().filter_map(|held| if let Held::Fact(fact) = held { Some(*fact) } else { None }).collect()
            }
            Self::Mapped(columns) => columns.iter().filter_map(|(column, _)| of_mapping(column)).collect(),
        };
        for fact in all {
            if !facts.contains(&fact) {
                facts.push(fact);
            }
        }
        facts
    }
}

/// Whether a rule set can be written as a table at all.
pub(super) fn check_names(rules: &RuleSet) -> Result<(), BulkError> {
    let taken = |id: &str| id.starts_with(ANSWER) || BESIDE_FACTS.contains(&id);
    match rules.indicators().iter().find(|indicator| taken(&indicator.id)) {
        None => Ok(()),
        Some(indicator) => {
            let detail = format!("the rule set has a fact `{}`, and a column of a table is called so", indicator.id);
            Err(whole_instead(FaultCode::ReservedName, detail, "use NDJSON, or call the fact something else"))
        }
    }
}

/// A line that is one cell with many separators in it was written with another than the comma.
fn separated(names: &[String]) -> Result<(), BulkError> {
    let [name] = names else { return Ok(()) };
    match [';', '\t', '|'].into_iter().find(|other| name.contains(*other)) {
        None => Ok(()),
        Some(other) => {
            let what = if other == '\t' { "tabs".to_owned() } else { format!("`{other}`") };
            let detail = format!("the columns are separated by {what}, and commas are expected");
            Err(whole_instead(FaultCode::NotCommas, detail, "save it as `CSV UTF-8 (comma delimited)`, or as XLSX"))
        }
    }
}

fn duplicate() -> BulkError {
    whole(FaultCode::DuplicateColumn, "two columns have the same heading; which one holds cannot be told")
}

/// The columns as we write them.
fn ours(names: &[String], rules: &RuleSet) -> Result<Vec<Held>, BulkError> {
    let known = || BESIDE_FACTS.into_iter().chain(rules.indicators().iter().map(|fact| fact.id.as_str()));
    let mut seen = BTreeSet::new();
    let mut columns = Vec::new();
    let mut unknown = Vec::new();
    for name in names {
        let name = folded(name);
        let held = if name.is_empty() {
            Held::Unnamed
        } else if !seen.insert(name.clone()) {
            return Err(duplicate());
        } else if let Some(place) = BESIDE_FACTS.iter().position(|beside| *beside == name) {
            Held::Beside(place)
        } else if let Some(fact) = rules.fact(&name) {
            Held::Fact(fact)
        } else if name == FAULT_CODES {
            Held::FaultCodes
        } else if name.starts_with(ANSWER) {
            Held::Answered
        } else {
            unknown.push(name);
            continue;
        };
        columns.push(held);
    }
    if unknown.is_empty() {
        return Ok(columns);
    }
    if columns.iter().all(|held| *held == Held::Unnamed) {
        // The first row may be a child's: nothing of it is repeated.
        let detail = "is the line of headings missing? No column of this file is a fact of the rule set";
        return Err(whole_instead(
            FaultCode::UnknownColumns,
            detail,
            "name the columns after facts, or give `--mapping`",
        ));
    }
    let too_long = |name: &String| name.chars().count() > Mapping::MAX_NAME;
    let mut faults: Vec<Fault> = unknown
        .iter()
        .filter(|name| !too_long(name))
        .take(MOST_TOLD)
        .map(|name| {
            let detail = format!("column `{name}` is no fact of the rule set, nor anything that stands beside facts");
            Fault::new("", FaultCode::UnknownColumn, detail).suggest(name, known())
        })
        .collect();
    if unknown.len() > faults.len() {
        let detail = format!("{} more columns are no facts of the rule set", unknown.len() - faults.len());
        faults.push(
            Fault::new("", FaultCode::UnknownColumn, detail)
                .instead("name the columns after facts, or give `--mapping`"),
        );
    }
    Err(BulkError::Faults(faults))
}

/// The columns of a sender, checked as a file of notifications is.
fn mapped<'m>(names: &[String], mapping: &'m Mapping) -> Result<Vec<(&'m Column, Option<usize>)>, BulkError> {
    let mut columns = Columns::default();
    for name in names.iter().filter(|name| !name.trim().is_empty()) {
        let (_, is_new) = columns.take(name).map_err(BulkError::Faults)?;
        if !is_new {
            return Err(duplicate());
        }
    }
    columns.check(mapping).map_err(BulkError::Faults)?;
    let place = |column: &Column| names.iter().position(|name| folded(name) == folded(&column.name));
    Ok(mapping.columns.iter().map(|column| (column, place(column))).collect())
}
