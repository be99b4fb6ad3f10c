//! Rows as they come, whatever they are laid out as: given in pieces under their headings, with how much was read.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::cell::Cell;
use super::headings::Headings;
use super::lines::Lines;
use super::pool::Give;
use super::sheet::Workbook;
use super::{BulkError, Incoming, Kind, records, whole, whole_instead};
use crate::criteria::{Mapping, RuleSet, folded};
use crate::json::{Fault, FaultCode, pointer};
use crate::notifications::table::object;

/// How many rows are evaluated as one piece of work: what handing it over costs is then little, and an answer is not
/// waited for.
const CHUNK_ROWS: usize = 64;
/// How large a piece of work may be.
const CHUNK_BYTES: usize = 512 * 1024;

/// Where rows come from.
pub enum Input {
    /// From a stream, which a workbook cannot.
    Stream(Box<dyn Read + Send>),
    /// From a file.
    File(File),
}

/// What is read.
pub(super) struct Rows<'b> {
    /// The rules whose facts columns are named after.
    pub rules: &'b RuleSet,
    /// What a sender's columns mean.
    pub mapping: Option<&'b Mapping>,
    /// How rows come.
    pub from: Kind,
    /// The name of the sheet that is read.
    pub sheet: Option<&'b str>,
    /// So many rows are passed over, for they were read before.
    pub skip: u64,
}

/// What becomes of rows.
pub(super) trait Reader {
    /// What is known in the end.
    type Done;

    /// Takes pieces of rows, under their headings where they have any; `read` counts the bytes that were read.
    fn read(
        self,
        chunks: impl FnOnce(Give<'_, Vec<Incoming>>) -> Result<(), BulkError> + Send,
        headings: Option<Headings<'_>>,
        read: &AtomicU64,
    ) -> Result<Self::Done, BulkError>;
}

impl Rows<'_> {
    /// Reads every row.
    pub fn read<R: Reader>(&self, input: Input, reader: R) -> Result<R::Done, BulkError> {
        let read = Arc::new(AtomicU64::new(0));
        let count = || Arc::clone(&read);
        let skip = self.skip;
        match (self.from, input) {
            (Kind::Ndjson, input) => {
                let mut lines = Lines::new(BufReader::with_capacity(CHUNK_BYTES, counted(input, count())));
                let headings = self.mapping.map(Headings::named);
                let rows = |give: Give<'_, _>| {
                    chunks(give, skip, || {
                        let next = lines.next().map_err(BulkError::Read)?;
                        Ok(next.map(|next| (next, lines.may_wait())))
                    })
                };
                reader.read(rows, headings, &read)
            }
            (Kind::Csv, input) => {
                let mut rows = records::Rows::new(BufReader::with_capacity(CHUNK_BYTES, counted(input, count())));
                let headings = Headings::read(&rows.headings()?, self.rules, self.mapping)?;
                let mut first = Some(rows.next()?.ok_or_else(no_rows)?);
                let rows = |give: Give<'_, _>| {
                    chunks(give, skip, || {
                        let next = if first.is_some() { first.take() } else { rows.next()? };
                        Ok(next.map(|next| (Incoming::Row(next), rows.may_wait())))
                    })
                };
                reader.read(rows, Some(headings), &read)
            }
            (Kind::Xlsx, Input::File(file)) => {
                let again = file.try_clone().map_err(BulkError::Read)?;
                let mut workbook = Workbook::open(&file, Counted { inner: again, read: count() }, self.sheet)?;
                let mut rows = workbook.rows()?;
                let headings = Headings::read(&rows.headings()?, self.rules, self.mapping)?;
                let mut first = Some(rows.next()?.ok_or_else(no_rows)?);
                let rows = |give: Give<'_, _>| {
                    chunks(give, skip, || {
                        let next = if first.is_some() { first.take() } else { rows.next()? };
                        Ok(next.map(|next| (Incoming::Row(next), false)))
                    })
                };
                reader.read(rows, Some(headings), &read)
            }
            (Kind::Xlsx, Input::Stream(_)) => {
                let detail = "a workbook is read from a file, not from standard input";
                Err(whole_instead(FaultCode::NotAFile, detail, "name the file"))
            }
        }
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
    skip: u64,
    mut next: impl FnMut() -> Result<Option<(Incoming, bool)>, BulkError>,
) -> Result<(), BulkError> {
    for _ in 0..skip {
        if next()?.is_none() {
            return Ok(());
        }
    }
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

/// The cells of a line of JSON whose keys are a sender's columns, in the order of the mapping.
pub(super) fn named_cells(text: &[u8], headings: &Headings<'_>) -> Result<Vec<Cell>, Vec<Fault>> {
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
