//! A run: rows in, answers out, in the same order and with no more of them held than is under way.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use super::answer::{Table, stood};
use super::cell::Cell;
use super::headings::{Headings, check_names};
use super::line::{Brief, BriefChild, Line, Says};
use super::pool::{Give, in_order};
use super::row::Row;
use super::rows::{Input, Reader, Rows, named_cells};
use super::writer::{Made, Writer};
use super::{Beside, BulkError, Incoming, Kind, RawRow};
use crate::criteria::{Mapping, RuleSet};
use crate::facts::FactIndex;
use crate::json::{Fault, FaultCode, Json};
use crate::ladder::MAX_RANK;
use crate::level::{Bounds, Evaluation, Explain};
use crate::referral::at_once::AtOnce;
use crate::referral::{Indicated, Referral};

/// What is asked of a run.
#[derive(Debug)]
pub struct Bulk<'b> {
    /// The rules by which rows are answered.
    pub rules: &'b RuleSet,
    /// What a sender's columns mean; without it they are named after facts.
    pub mapping: Option<&'b Mapping>,
    /// How rows come.
    pub from: Kind,
    /// How answers go.
    pub to: Kind,
    /// How much lines of JSON explain.
    pub explain: Explain,
    /// Whether lines of JSON hold no more than both bounds and what was found, by name.
    pub brief: bool,
    /// How many rows are evaluated at the same time.
    pub threads: usize,
    /// The name of the sheet that is read.
    pub sheet: Option<&'b str>,
}

/// Where answers go.
pub enum Output {
    /// To a stream, which a workbook cannot.
    Stream(Box<dyn Write + Send>),
    /// To a file.
    File(Beside),
}

/// What became of the rows so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that were read.
    pub rows: u64,
    /// Rows with faults.
    pub refused: u64,
    /// Children who were evaluated, by the level that it is at least, from 1.
    pub at_least: [u64; MAX_RANK as usize],
    /// Children of whom more information would not change the level.
    pub settled: u64,
    /// How many bytes of the input were read.
    pub bytes: u64,
}

impl Tally {
    /// How many children were evaluated.
    pub fn children(&self) -> u64 {
        self.at_least.iter().sum()
    }

    /// Counts a child by its bounds.
    fn child(&mut self, bounds: Bounds) {
        if let Some(count) = self.at_least.get_mut(usize::from(bounds.at_least()).saturating_sub(1)) {
            *count += 1;
        }
        self.settled += u64::from(bounds.is_settled());
    }

    /// Counts the children who were evaluated.
    fn indicated(&mut self, indicated: &Indicated<'_>) {
        let mut one = |evaluation: &Evaluation<'_>| self.child(evaluation.bounds());
        match indicated {
            Indicated::Child(evaluation) => one(evaluation),
            Indicated::Children { children } => children.iter().for_each(|child| one(&child.evaluation)),
        }
    }

    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.refused += other.refused;
        self.settled += other.settled;
        self.at_least.iter_mut().zip(other.at_least).for_each(|(sum, more)| *sum += more);
    }
}

impl Bulk<'_> {
    /// Answers every row; `report` hears how far it is.
    ///
    /// # Errors
    /// What is wrong with the file as a whole, or what stands in the way of reading or writing. Nothing is then put in
    /// the place of a file; on a stream stands what was answered by then.
    pub fn run(&self, input: Input, output: Output, report: &mut dyn FnMut(&Tally)) -> Result<Tally, BulkError> {
        if self.from != Kind::Ndjson || self.to != Kind::Ndjson {
            check_names(self.rules)?;
        }
        let rows = Rows { rules: self.rules, mapping: self.mapping, from: self.from, sheet: self.sheet, skip: 0 };
        rows.read(input, Answers { bulk: self, output, report })
    }
}

/// Rows are answered one by one.
struct Answers<'a> {
    bulk: &'a Bulk<'a>,
    output: Output,
    report: &'a mut dyn FnMut(&Tally),
}

impl Reader for Answers<'_> {
    type Done = Tally;

    fn read(
        self,
        chunks: impl FnOnce(Give<'_, Vec<Incoming>>) -> Result<(), BulkError> + Send,
        headings: Option<Headings<'_>>,
        read: &AtomicU64,
    ) -> Result<Tally, BulkError> {
        let Self { bulk, output, report } = self;
        let facts: Vec<FactIndex> = match &headings {
            Some(headings) => headings.facts(bulk.rules),
            None => (0..bulk.rules.indicators().len()).collect(),
        };
        let worker = Worker { bulk, headings: headings.as_ref(), table: Table::new(bulk.rules, facts) };
        let mut writer = match (bulk.to, output) {
            (Kind::Xlsx, Output::File(beside)) => Writer::sheet(beside)?,
            (Kind::Xlsx, Output::Stream(_)) => {
                return Err(BulkError::Workbook("a workbook is written to a file, not to standard output".into()));
            }
            (_, Output::File(beside)) => Writer::file(beside)?,
            (_, Output::Stream(to)) => Writer::stream(to),
        };
        if bulk.to != Kind::Ndjson {
            let names = worker.table.headings().into_iter().map(super::answer::Written::Text).collect();
            writer.write(worker.made(vec![names]))?;
        }
        let mut tally = Tally::default();
        in_order(
            bulk.threads,
            chunks,
            |chunk| worker.chunk(chunk),
            |(made, part): (Made, Tally)| {
                writer.write(made)?;
                tally.add(&part);
                tally.bytes = read.load(Ordering::Relaxed);
                report(&tally);
                Ok(())
            },
        )?;
        writer.end()?;
        Ok(tally)
    }
}

/// What answers rows, beside others of its kind.
struct Worker<'w> {
    bulk: &'w Bulk<'w>,
    headings: Option<&'w Headings<'w>>,
    table: Table<'w>,
}

impl Worker<'_> {
    fn chunk(&self, chunk: Vec<Incoming>) -> (Made, Tally) {
        let mut tally = Tally::default();
        let mut made = if self.bulk.to == Kind::Ndjson { Made::Bytes(Vec::new()) } else { Made::Rows(Vec::new()) };
        for incoming in chunk {
            tally.rows += 1;
            match (incoming, self.headings) {
                (Incoming::Line { number, text }, None) => self.line(number, &text, &mut made, &mut tally),
                (Incoming::Line { number, text }, Some(headings)) => {
                    self.row(number, named_cells(&text, headings), headings, &mut made, &mut tally);
                }
                (Incoming::Row(RawRow { number, cells }), Some(headings)) => {
                    let cells = cells.map_err(|(code, detail)| vec![Fault::new("", code, detail)]);
                    self.row(number, cells, headings, &mut made, &mut tally);
                }
                // A table has headings.
                (Incoming::Row(_), None) => {}
            }
        }
        let made = match made {
            Made::Rows(rows) => self.made(rows),
            bytes => bytes,
        };
        (made, tally)
    }

    /// Answers a line of JSON.
    fn line(&self, number: usize, text: &[u8], made: &mut Made, tally: &mut Tally) {
        // What one child's facts are needs no more than they.
        if let Made::Bytes(bytes) = made
            && let Some(asked) = AtOnce::read(text, self.bulk.rules)
        {
            let reference = asked.reference.as_deref();
            if self.bulk.brief {
                let brief = Brief::of(self.bulk.rules, &asked.facts);
                tally.child(brief.bounds());
                Line { reference, says: Says::Brief(&brief) }.write(bytes);
            } else {
                let indicated = asked.evaluate(self.bulk.rules, self.bulk.explain);
                tally.indicated(&indicated);
                Line { reference, says: Says::of(&indicated) }.write(bytes);
            }
            return;
        }
        let referral = Json::read(text).and_then(|json| Referral::read(&json));
        let reference = referral.as_ref().ok().and_then(|referral| referral.reference.clone());
        let reference = reference.as_deref();
        if let Err(faults) = referral.and_then(|referral| self.answer(number, reference, referral, made, tally)) {
            tally.refused += 1;
            match made {
                Made::Bytes(bytes) => {
                    Line { reference, says: Says::Problem { errors: &faults, row: None } }.write(bytes);
                }
                Made::Rows(rows) => rows.push(self.table.refused(number, (reference, None), &faults, None, &[])),
            }
        }
    }

    /// Answers a row of a table.
    fn row(
        &self,
        number: usize,
        cells: Result<Vec<Cell>, Vec<Fault>>,
        headings: &Headings<'_>,
        made: &mut Made,
        tally: &mut Tally,
    ) {
        let (row, cells) = match &cells {
            Ok(cells) => (Ok(Row::read(cells, headings, self.bulk.rules, self.bulk.mapping)), cells.as_slice()),
            Err(faults) => (Err(faults.clone()), [].as_slice()),
        };
        let (reference, child) = match &row {
            Ok(row) => (row.reference.clone(), row.child.clone()),
            Err(_) => (None, None),
        };
        let reference = reference.as_deref();
        let referral = row.and_then(|row| row.referral(self.bulk.rules));
        if let Err(faults) = referral.and_then(|referral| self.answer(number, reference, referral, made, tally)) {
            tally.refused += 1;
            match made {
                Made::Bytes(bytes) => {
                    Line { reference, says: Says::Problem { errors: &faults, row: Some(number) } }.write(bytes);
                }
                Made::Rows(rows) => {
                    let stood = stood(cells, headings, &faults, self.bulk.rules);
                    let called = (reference, child.as_deref());
                    rows.push(self.table.refused(number, called, &faults, Some(headings), &stood));
                }
            }
        }
    }

    /// Answers a referral; or says why it is not evaluated, and nothing is written then.
    fn answer(
        &self,
        number: usize,
        reference: Option<&str>,
        mut referral: Referral,
        made: &mut Made,
        tally: &mut Tally,
    ) -> Result<(), Vec<Fault>> {
        let rules = self.bulk.rules;
        if let Some(pinned) = &referral.rule_set
            && *pinned != rules.id().digest
        {
            let detail = format!("the rule set here is {}", rules.id().digest);
            return Err(vec![Fault::new("/rule_set", FaultCode::RuleSetMoved, detail)]);
        }
        match made {
            Made::Bytes(bytes) if self.bulk.brief => {
                let facts = referral.facts(rules)?;
                let children = facts.iter().enumerate().map(|(child, facts)| BriefChild {
                    reference: referral.reference_of(child),
                    brief: Brief::of(rules, facts),
                });
                let children: Vec<BriefChild<'_>> = children.collect();
                children.iter().for_each(|child| tally.child(child.brief.bounds()));
                let says = match children.as_slice() {
                    [BriefChild { brief, .. }] if referral.is_one_child() => Says::Brief(brief),
                    children => Says::Briefs(children),
                };
                Line { reference, says }.write(bytes);
            }
            Made::Bytes(bytes) => {
                let indicated = referral.evaluate(rules, self.bulk.explain)?;
                tally.indicated(&indicated);
                Line { reference, says: Says::of(&indicated) }.write(bytes);
            }
            Made::Rows(rows) => {
                // A table names the criteria that were met, and no more of why.
                referral.explain = Some(Explain::Summary);
                let indicated = referral.evaluate(rules, Explain::Summary)?;
                tally.indicated(&indicated);
                rows.extend(self.table.rows(number, &referral, &indicated));
            }
        }
        Ok(())
    }

    /// Rows as they are written.
    fn made(&self, rows: Vec<Vec<super::answer::Written>>) -> Made {
        if self.bulk.to == Kind::Xlsx {
            return Made::Rows(rows);
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in &rows {
            // Writing to memory cannot fail, and every row has as many cells as there are headings.
            let _ = writer.write_record(row.iter().map(|cell| cell.plain().into_owned()));
        }
        Made::Bytes(writer.into_inner().unwrap_or_default())
    }
}
