//! A run: rows in, answers out, in the same order and with no more of them held than is under way.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::answer::{Outcome, Table, line, stood};
use super::cell::Cell;
use super::headings::{Headings, check_names};
use super::lines::Lines;
use super::pool::{Give, in_order};
use super::row::Row;
use super::sheet::Workbook;
use super::writer::{Made, Writer};
use super::{Beside, BulkError, Incoming, Kind, RawRow, records, whole, whole_instead};
use crate::criteria::{Mapping, RuleSet, folded};
use crate::facts::FactIndex;
use crate::json::{Fault, FaultCode, Json, pointer};
use crate::ladder::MAX_RANK;
use crate::level::Explain;
use crate::notifications::table::object;
use crate::referral::{Indicated, Referral};

/// How many rows are evaluated as one piece of work: what handing it over costs is then little, and an answer is not
/// waited for.
const CHUNK_ROWS: usize = 64;
/// How large a piece of work may be.
const CHUNK_BYTES: usize = 512 * 1024;

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
    /// How many rows are evaluated at the same time.
    pub threads: usize,
    /// The name of the sheet that is read.
    pub sheet: Option<&'b str>,
}

/// Where rows come from.
pub enum Input {
    /// From a stream, which a workbook cannot.
    Stream(Box<dyn Read + Send>),
    /// From a file.
    File(File),
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

    fn count(&mut self, outcome: &Outcome) {
        self.rows += 1;
        let mut one = |evaluation: &crate::level::Evaluation| {
            if let Some(count) = self.at_least.get_mut(usize::from(evaluation.at_least.rank).saturating_sub(1)) {
                *count += 1;
            }
            self.settled += u64::from(evaluation.settled);
        };
        match outcome {
            Ok((_, Indicated::Child(evaluation))) => one(evaluation),
            Ok((_, Indicated::Children { children })) => children.iter().for_each(|child| one(&child.evaluation)),
            Err(_) => self.refused += 1,
        }
    }

    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.refused += other.refused;
        self.settled += other.settled;
        self.at_least.iter_mut().zip(other.at_least).for_each(|(sum, more)| *sum += more);
    }
}

/// Counts what is read through it, wherever it is read.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
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
        let read = Arc::new(AtomicU64::new(0));
        let count = || Arc::clone(&read);
        match (self.from, input) {
            (Kind::Ndjson, input) => {
                let mut lines = Lines::new(BufReader::with_capacity(CHUNK_BYTES, counted(input, count())));
                let headings = self.mapping.map(Headings::named);
                let rows = |give: Give<'_, _>| {
                    chunks(give, || {
                        let next = lines.next().map_err(BulkError::Read)?;
                        Ok(next.map(|next| (next, lines.may_wait())))
                    })
                };
                self.answer(rows, headings, output, &read, report)
            }
            (Kind::Csv, input) => {
                let mut rows = records::Rows::new(BufReader::with_capacity(CHUNK_BYTES, counted(input, count())));
                let headings = Headings::read(&rows.headings()?, self.rules, self.mapping)?;
                let mut first = Some(rows.next()?.ok_or_else(no_rows)?);
                let rows = |give: Give<'_, _>| {
                    chunks(give, || {
                        let next = if first.is_some() { first.take() } else { rows.next()? };
                        Ok(next.map(|next| (Incoming::Row(next), rows.may_wait())))
                    })
                };
                self.answer(rows, Some(headings), output, &read, report)
            }
            (Kind::Xlsx, Input::File(file)) => {
                let again = file.try_clone().map_err(BulkError::Read)?;
                let mut workbook = Workbook::open(&file, Counted { inner: again, read: count() }, self.sheet)?;
                let mut rows = workbook.rows()?;
                let headings = Headings::read(&rows.headings()?, self.rules, self.mapping)?;
                let mut first = Some(rows.next()?.ok_or_else(no_rows)?);
                let rows = |give: Give<'_, _>| {
                    chunks(give, || {
                        let next = if first.is_some() { first.take() } else { rows.next()? };
                        Ok(next.map(|next| (Incoming::Row(next), false)))
                    })
                };
                self.answer(rows, Some(headings), output, &read, report)
            }
            (Kind::Xlsx, Input::Stream(_)) => {
                let detail = "a workbook is read from a file, not from standard input";
                Err(whole_instead(FaultCode::NotAFile, detail, "name the file"))
            }
        }
    }

    fn answer(
        &self,
        rows: impl FnOnce(Give<'_, Vec<Incoming>>) -> Result<(), BulkError> + Send,
        headings: Option<Headings<'_>>,
        output: Output,
        read: &AtomicU64,
        report: &mut dyn FnMut(&Tally),
    ) -> Result<Tally, BulkError> {
        let facts: Vec<FactIndex> = match &headings {
            Some(headings) => headings.facts(self.rules),
            None => (0..self.rules.indicators().len()).collect(),
        };
        let worker = Worker { bulk: self, headings: headings.as_ref(), table: Table::new(self.rules, facts) };
        let mut writer = match (self.to, output) {
            (Kind::Xlsx, Output::File(beside)) => Writer::sheet(beside)?,
            (Kind::Xlsx, Output::Stream(_)) => {
                return Err(BulkError::Workbook("a workbook is written to a file, not to standard output".into()));
            }
            (_, Output::File(beside)) => Writer::file(beside)?,
            (_, Output::Stream(to)) => Writer::stream(to),
        };
        if self.to != Kind::Ndjson {
            let names = worker.table.headings().into_iter().map(super::answer::Written::Text).collect();
            writer.write(worker.made(vec![names]))?;
        }
        let mut tally = Tally::default();
        in_order(
            self.threads,
            rows,
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

fn counted(input: Input, read: Arc<AtomicU64>) -> Counted<Box<dyn Read + Send>> {
    let inner = match input {
        Input::Stream(stream) => stream,
        Input::File(file) => Box::new(file),
    };
    Counted { inner, read }
}

fn no_rows() -> BulkError {
    whole(FaultCode::NoRows, "the file has no row under its headings")
}

/// Gives rows in pieces; what was read is given before the next may have to be waited for.
fn chunks(
    give: Give<'_, Vec<Incoming>>,
    mut next: impl FnMut() -> Result<Option<(Incoming, bool)>, BulkError>,
) -> Result<(), BulkError> {
    let (mut chunk, mut size) = (Vec::new(), 0);
    loop {
        let next = next();
        // What came before an error is answered.
        let is_last = !matches!(next, Ok(Some(_)));
        let mut may_wait = false;
        let error = match next {
            Ok(Some((row, waits))) => {
                size += row.size();
                chunk.push(row);
                may_wait = waits;
                None
            }
            Ok(None) => None,
            Err(error) => Some(error),
        };
        let is_full = chunk.len() >= CHUNK_ROWS || size >= CHUNK_BYTES;
        if (is_last || is_full || may_wait) && !chunk.is_empty() {
            size = 0;
            if give(std::mem::take(&mut chunk)) == ControlFlow::Break(()) {
                return Ok(());
            }
        }
        if let Some(error) = error {
            return Err(error);
        }
        if is_last {
            return Ok(());
        }
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
        let (mut bytes, mut rows) = (Vec::new(), Vec::new());
        for incoming in chunk {
            let (number, cells) = match incoming {
                Incoming::Line { number, text } => match self.headings {
                    None => {
                        let (reference, outcome) = self.line(&text);
                        tally.count(&outcome);
                        match (self.bulk.to, &outcome) {
                            (Kind::Ndjson, outcome) => bytes.extend(line(reference.as_deref(), None, outcome)),
                            (_, Ok((referral, indicated))) => rows.extend(self.table.rows(number, referral, indicated)),
                            (_, Err(faults)) => {
                                rows.push(self.table.refused(number, (reference.as_deref(), None), faults, None, &[]));
                            }
                        }
                        continue;
                    }
                    Some(headings) => (number, named_cells(&text, headings)),
                },
                Incoming::Row(RawRow { number, cells }) => {
                    (number, cells.map_err(|(code, detail)| vec![Fault::new("", code, detail)]))
                }
            };
            let Some(headings) = self.headings else { continue };
            let (row, cells) = match &cells {
                Ok(cells) => (Ok(Row::read(cells, headings, self.bulk.rules, self.bulk.mapping)), cells.as_slice()),
                Err(faults) => (Err(faults.clone()), [].as_slice()),
            };
            let (reference, child) = match &row {
                Ok(row) => (row.reference.clone(), row.child.clone()),
                Err(_) => (None, None),
            };
            let referral = row.and_then(|row| row.referral(self.bulk.rules));
            let outcome = referral.and_then(|referral| self.evaluated(referral));
            tally.count(&outcome);
            match (self.bulk.to, &outcome) {
                (Kind::Ndjson, outcome) => bytes.extend(line(reference.as_deref(), Some(number), outcome)),
                (_, Ok((referral, indicated))) => rows.extend(self.table.rows(number, referral, indicated)),
                (_, Err(faults)) => {
                    let stood = stood(cells, headings, faults, self.bulk.rules);
                    let called = (reference.as_deref(), child.as_deref());
                    rows.push(self.table.refused(number, called, faults, Some(headings), &stood));
                }
            }
        }
        let made = if self.bulk.to == Kind::Ndjson { Made::Bytes(bytes) } else { self.made(rows) };
        (made, tally)
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

    /// The answer to a line of JSON, and what it is called.
    fn line(&self, text: &[u8]) -> (Option<String>, Outcome) {
        let read = Json::read(text).and_then(|json| Referral::read(&json));
        let reference = read.as_ref().ok().and_then(|referral| referral.reference.clone());
        (reference, read.and_then(|referral| self.evaluated(referral)))
    }

    fn evaluated(&self, mut referral: Referral) -> Outcome {
        let rules = self.bulk.rules;
        if let Some(pinned) = &referral.rule_set
            && *pinned != rules.id().digest
        {
            let detail = format!("the rule set here is {}", rules.id().digest);
            return Err(vec![Fault::new("/rule_set", FaultCode::RuleSetMoved, detail)]);
        }
        // A table names the criteria that were met, and no more of why.
        if self.bulk.to != Kind::Ndjson {
            referral.explain = Some(Explain::Summary);
        }
        let indicated = referral.evaluate(rules, self.bulk.explain)?;
        Ok((referral, indicated))
    }
}

/// The cells of a line of JSON whose keys are a sender's columns, in the order of the mapping.
fn named_cells(text: &[u8], headings: &Headings<'_>) -> Result<Vec<Cell>, Vec<Fault>> {
    let Headings::Mapped(columns) = headings else { return Ok(Vec::new()) };
    let text = String::from_utf8_lossy(text);
    let entries = object(&text).map_err(|(code, detail)| vec![Fault::new("", code, detail)])?;
    let mut cells = vec![None; columns.len()];
    let mut faults = Vec::new();
    for (name, cell) in entries {
        match columns.iter().position(|(column, _)| folded(&column.name) == folded(&name)) {
            Some(place) => cells[place] = Some(Cell::text(cell)),
            None => {
                let fault =
                    Fault::new(pointer("", &name), FaultCode::UnknownColumn, "this column is not in the mapping");
                faults.push(fault.suggest(&name, columns.iter().map(|(column, _)| column.name.as_str())));
            }
        }
    }
    for ((column, _), cell) in columns.iter().zip(&cells) {
        if cell.is_none() && !column.optional && !matches!(column.purpose, crate::criteria::Purpose::Ignored) {
            let detail = format!("the row has no column `{}`, which the mapping reads", column.name);
            faults.push(Fault::new("", FaultCode::MissingColumn, detail));
        }
    }
    if faults.is_empty() {
        Ok(cells.into_iter().map(|cell| cell.unwrap_or(Cell::Empty)).collect())
    } else {
        Err(faults)
    }
}
