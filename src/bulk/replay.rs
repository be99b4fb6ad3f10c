//! A replay of a file: every row evaluated under the rules of before and those of after, and counted by how its children
//! would move. What is counted can be kept, gone on with, and added up with what was counted elsewhere.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::headings::Headings;
use super::pool::{Give, in_order};
use super::row::Row;
use super::rows::{Input, Reader, Rows, named_cells};
use super::{BulkError, Incoming, Kind, RawRow};
use crate::criteria::{Mapping, RuleSet};
use crate::json::{Fault, Json};
use crate::ladder::Rank;
use crate::level::{Bounds, bounds};
use crate::referral::Referral;
use crate::referral::at_once::AtOnce;

/// So many rows that cannot be read are told one by one; the rest are counted.
const MOST_TOLD: usize = 20;
/// What was counted is handed on whenever so many rows were.
const ROWS_A_REPORT: u64 = 10_000;

/// What is asked of a replay.
#[derive(Debug)]
pub struct Replay<'b> {
    /// The rules under which the rows were written.
    pub before: &'b RuleSet,
    /// The rules under which they are tried.
    pub after: &'b RuleSet,
    /// What a sender's columns mean; without it they are named after facts.
    pub mapping: Option<&'b Mapping>,
    /// How rows come.
    pub from: Kind,
    /// The name of the sheet that is read.
    pub sheet: Option<&'b str>,
    /// How many rows are evaluated at the same time.
    pub threads: usize,
}

/// How children move between two rule sets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moves {
    /// The digest of the rules of before.
    pub before: String,
    /// The digest of the rules of after.
    pub after: String,
    /// Rows that were read.
    pub rows: u64,
    /// Rows that could not be read as a referral.
    pub refused: u64,
    /// The first of them.
    pub not_read: Vec<NotRead>,
    /// Children by their bounds before and after, those that do not move among them.
    pub children: Vec<Moved>,
    /// How many bytes of the input were read.
    #[serde(skip)]
    pub bytes: u64,
}

/// Children whose bounds were and would be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// At least and at most, before.
    pub from: (Rank, Rank),
    /// At least and at most, after.
    pub to: (Rank, Rank),
    /// How many.
    pub children: u64,
}

/// A row that could not be read. It repeats nothing of the row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotRead {
    /// The line on which it begins, or its row in the sheet, from 1.
    pub line: usize,
    /// Where in the row, and why.
    pub why: String,
}

/// Bounds before and after.
type Move = [(Rank, Rank); 2];

/// What is counted while rows are read.
#[derive(Debug, Default)]
struct Counts {
    rows: u64,
    refused: u64,
    not_read: Vec<NotRead>,
    children: BTreeMap<Move, u64>,
}

impl Moves {
    /// Nothing counted yet between two rule sets.
    pub fn between(before: &RuleSet, after: &RuleSet) -> Self {
        Self { before: before.id().digest.clone(), after: after.id().digest.clone(), ..Self::default() }
    }

    /// Adds what was counted elsewhere between the same rule sets; says whether it was.
    #[must_use]
    pub fn add(&mut self, other: &Self) -> bool {
        let is_same = (&self.before, &self.after) == (&other.before, &other.after);
        if is_same {
            let children = other.children.iter().map(|moved| ([moved.from, moved.to], moved.children)).collect();
            self.count(&Counts {
                rows: other.rows,
                refused: other.refused,
                not_read: other.not_read.clone(),
                children,
            });
        }
        is_same
    }

    fn count(&mut self, counts: &Counts) {
        self.rows += counts.rows;
        self.refused += counts.refused;
        let room = MOST_TOLD.saturating_sub(self.not_read.len());
        self.not_read.extend(counts.not_read.iter().take(room).cloned());
        for ([from, to], children) in &counts.children {
            match self.children.binary_search_by_key(&(*from, *to), |moved| (moved.from, moved.to)) {
                Ok(place) => self.children[place].children += children,
                Err(place) => self.children.insert(place, Moved { from: *from, to: *to, children: *children }),
            }
        }
    }
}

impl Replay<'_> {
    /// Counts every row that was not counted before; `report` hears what is counted so far, and may keep it.
    ///
    /// # Errors
    /// What is wrong with the file as a whole, what stands in the way of reading it, or what `report` says.
    pub fn run(
        &self,
        input: Input,
        moves: Moves,
        report: &mut dyn FnMut(&Moves) -> Result<(), BulkError>,
    ) -> Result<Moves, BulkError> {
        let Self { before: rules, mapping, from, sheet, .. } = *self;
        Rows { rules, mapping, from, sheet, skip: moves.rows }.read(input, Counting { replay: self, moves, report })
    }

    fn count(&self, chunk: Vec<Incoming>, headings: Option<&Headings<'_>>) -> Counts {
        let mut counts = Counts::default();
        for incoming in chunk {
            counts.rows += 1;
            let (line, moves) = match incoming {
                Incoming::Line { number, text } => (number, self.line(&text, headings)),
                Incoming::Row(RawRow { number, cells }) => {
                    let cells = cells.map_err(|(code, detail)| vec![Fault::new("", code, detail)]);
                    (number, cells.and_then(|cells| self.row(&cells, headings)))
                }
            };
            match moves {
                Ok(moves) => moves.into_iter().for_each(|moved| *counts.children.entry(moved).or_default() += 1),
                Err(faults) => {
                    counts.refused += 1;
                    if counts.not_read.len() < MOST_TOLD {
                        counts.not_read.push(NotRead { line, why: told(&faults) });
                    }
                }
            }
        }
        counts
    }

    fn line(&self, text: &[u8], headings: Option<&Headings<'_>>) -> Result<Vec<Move>, Vec<Fault>> {
        if let Some(headings) = headings {
            return self.row(&named_cells(text, headings)?, Some(headings));
        }
        // What one child's facts are to both rule sets needs no more than they.
        if let (Some(then), Some(now)) = (AtOnce::read(text, self.before), AtOnce::read(text, self.after)) {
            return Ok(vec![[both(bounds(self.before, &then.facts)), both(bounds(self.after, &now.facts))]]);
        }
        self.moves(&Json::read(text).and_then(|json| Referral::read(&json))?)
    }

    fn row(&self, cells: &[super::cell::Cell], headings: Option<&Headings<'_>>) -> Result<Vec<Move>, Vec<Fault>> {
        let Some(headings) = headings else { return Ok(Vec::new()) };
        self.moves(&Row::read(cells, headings, self.before, self.mapping).referral(self.before)?)
    }

    fn moves(&self, referral: &Referral) -> Result<Vec<Move>, Vec<Fault>> {
        let then = referral.bounds(self.before)?;
        let now = referral.bounds_again(self.after);
        Ok(then.into_iter().zip(now).map(|(then, now)| [both(then), both(now)]).collect())
    }
}

fn both(bounds: Bounds) -> (Rank, Rank) {
    (bounds.at_least(), bounds.at_most())
}

/// Faults as one line; each names its place and repeats no value.
fn told(faults: &[Fault]) -> String {
    let one = |fault: &Fault| match fault.pointer.as_str() {
        "" => fault.detail.clone(),
        pointer => format!("{pointer}: {}", fault.detail),
    };
    faults.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Rows are counted.
struct Counting<'a> {
    replay: &'a Replay<'a>,
    moves: Moves,
    report: &'a mut dyn FnMut(&Moves) -> Result<(), BulkError>,
}

impl Reader for Counting<'_> {
    type Done = Moves;

    fn read(
        self,
        chunks: impl FnOnce(Give<'_, Vec<Incoming>>) -> Result<(), BulkError> + Send,
        headings: Option<Headings<'_>>,
        read: &AtomicU64,
    ) -> Result<Moves, BulkError> {
        let Self { replay, mut moves, report } = self;
        let mut next = moves.rows + ROWS_A_REPORT;
        in_order(
            replay.threads,
            chunks,
            |chunk| replay.count(chunk, headings.as_ref()),
            |counts: Counts| {
                moves.count(&counts);
                moves.bytes = read.load(Ordering::Relaxed);
                if moves.rows < next {
                    return Ok(());
                }
                next = moves.rows + ROWS_A_REPORT;
                report(&moves)
            },
        )?;
        report(&moves)?;
        Ok(moves)
    }
}
