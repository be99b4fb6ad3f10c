//! Comma-separated values as they come, in memory that one row bounds: the records of `notifications`, read through a
//! window instead of from a whole file. So that no row swallows another is how it is read there, and here.

use std::io::{BufRead, BufReader, Read};

use super::cell::Cell;
use super::lines::skip_line;
use super::{BulkError, MAX_COLUMNS, MAX_ROW, RawRow, unguarded, whole, whole_instead};
use crate::json::FaultCode;
use crate::notifications::cell::Why;
use crate::notifications::records::{BEYOND, Records};
use crate::notifications::table::{unmarked, windows_1252};

/// The cells of a record, or why they cannot be told.
type Cells = Result<Vec<String>, Why>;

/// The rows of comma-separated values.
pub(super) struct Rows<R> {
    input: BufReader<R>,
    /// Whole lines that were read and are in no row yet.
    window: String,
    /// Up to here the window is used up.
    at: usize,
    /// The line on which the rest of the window begins, from 1.
    line: usize,
    /// Lines read from the input.
    read: usize,
    ended: bool,
    /// How many columns the headings have; none before they were read.
    columns: Option<usize>,
}

impl<R: Read> Rows<R> {
    pub fn new(input: BufReader<R>) -> Self {
        Self { input, window: String::new(), at: 0, line: 1, read: 0, ended: false, columns: None }
    }

    /// The headings.
    pub fn headings(&mut self) -> Result<Vec<String>, BulkError> {
        let Some((_, cells)) = self.record()? else { return Ok(Vec::new()) };
        let cells = cells
            .map_err(|(_, detail)| whole(FaultCode::Headings, format!("the headings cannot be read: {detail}")))?;
        self.columns = Some(cells.len());
        Ok(cells)
    }

    /// The next row that is not empty.
    pub fn next(&mut self) -> Result<Option<RawRow>, BulkError> {
        while let Some((number, cells)) = self.record()? {
            let columns = self.columns.unwrap_or_default();
            let cells = match cells {
                Ok(cells) if cells.iter().all(|cell| cell.trim().is_empty()) => continue,
                Ok(cells) if cells.len() != columns => {
                    let detail = format!("the row has {} cells, and the file has {columns} columns", cells.len());
                    Err((FaultCode::Cells, detail))
                }
                Ok(cells) => Ok(cells.iter().map(|cell| Cell::text(unguarded(cell))).collect()),
                Err(why) => Err(why),
            };
            return Ok(Some(RawRow { number, cells }));
        }
        Ok(None)
    }

    /// Whether the next row may have to be waited for.
    pub fn may_wait(&self) -> bool {
        self.rest().is_empty() && !self.input.buffer().contains(&b'\n')
    }

    fn rest(&self) -> &str {
        self.window.get(self.at..).unwrap_or_default()
    }

    /// The next record: its line, and its cells or why they cannot be told.
    fn record(&mut self) -> Result<Option<(usize, Cells)>, BulkError> {
        loop {
            if self.rest().is_empty() && !self.more(1)? {
                return Ok(None);
            }
            let rest = self.window.get(self.at..).unwrap_or_default();
            match Records::first(rest, MAX_COLUMNS) {
                None => {
                    self.line += rest.matches('\n').count();
                    self.at = self.window.len();
                }
                Some(Ok((record, taken))) => {
                    let number = self.line + record.line - 1;
                    let cells = match record.stray {
                        Some(why) => Err((FaultCode::StrayQuote, why.to_owned())),
                        None if record.text.len() > MAX_ROW => Err(too_long()),
                        None if record.count > MAX_COLUMNS => Err(too_many_cells(record.count)),
                        None => Ok(record.cells),
                    };
                    self.line += rest[..taken].matches('\n').count();
                    self.at += taken;
                    return Ok(Some((number, cells)));
                }
                // It is open at the end of the window: twice as much, so that no byte is looked at often.
                Some(Err(_)) => {
                    let length = rest.len();
                    if length <= MAX_ROW && self.more(length)? {
                        continue;
                    }
                    let rest = self.rest();
                    let begin = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
                    let number = self.line + rest[..begin].matches('\n').count();
                    let line = rest[begin..].find('\n').map_or(rest.len(), |at| begin + at + 1);
                    let is_too_long = line - begin > MAX_ROW;
                    self.at += line;
                    self.line = number + 1;
                    let why = if is_too_long { too_long() } else { (FaultCode::UnclosedQuote, BEYOND.to_owned()) };
                    return Ok(Some((number, Err(why))));
                }
            }
        }
    }

    /// Reads lines until so many bytes were read; says whether there was any.
    fn more(&mut self, bytes: usize) -> Result<bool, BulkError> {
        self.window.drain(..self.at);
        self.at = 0;
        let before = self.window.len();
        while !self.ended && self.window.len() < before + bytes {
            self.line()?;
        }
        Ok(self.window.len() > before)
    }

    /// Reads a line into the window. A line that is not UTF-8 is read as what older office programs write.
    fn line(&mut self) -> Result<(), BulkError> {
        let mut line = Vec::new();
        // More than a row may have shows that it has.
        let most = MAX_ROW as u64 + 2;
        let read = (&mut self.input).take(most).read_until(b'\n', &mut line).map_err(BulkError::Read)?;
        self.ended = read == 0;
        if line.len() as u64 == most && line.last() != Some(&b'\n') {
            skip_line(&mut self.input).map_err(BulkError::Read)?;
            line.push(b'\n');
        }
        self.read += 1;
        let text = if self.read == 1 { first_line(&line)? } else { &line };
        match std::str::from_utf8(text) {
            Ok(text) => self.window.push_str(text),
            Err(_) => self.window.push_str(&windows_1252(text)),
        }
        Ok(())
    }
}

/// The first line of a file that can be read at all.
fn first_line(line: &[u8]) -> Result<&[u8], BulkError> {
    let save = "save it as `CSV UTF-8 (comma delimited)`";
    if line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff") || line.contains(&0) {
        return Err(whole_instead(FaultCode::NotUtf8, "the file is UTF-16, or no text at all", save));
    }
    if line.starts_with(b"PK\x03\x04") || line.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(whole_instead(
            FaultCode::NotCsv,
            "this is a workbook, not comma-separated values",
            "say `--from xlsx`",
        ));
    }
    Ok(unmarked(line))
}

fn too_long() -> Why {
    (FaultCode::TooLong, format!("a row has at most {MAX_ROW} bytes; it was not read"))
}

fn too_many_cells(count: usize) -> Why {
    (FaultCode::TooMany, format!("the row has {count} cells; a table has at most {MAX_COLUMNS} columns"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8]) -> Vec<(usize, Result<Vec<String>, FaultCode>)> {
        let mut rows = Rows::new(BufReader::with_capacity(8, text));
        let mut all = Vec::new();
        while let Some((number, cells)) = rows.record().unwrap() {
            all.push((number, cells.map_err(|(code, _)| code)));
        }
        all
    }

    fn cells<const N: usize>(cells: [&str; N]) -> Result<Vec<String>, FaultCode> {
        Ok(cells.map(str::to_owned).to_vec())
    }

    #[test]
    fn rows_are_read_as_they_come() {
        let rows = read(b"\xef\xbb\xbfa,b\r\n\r\n\"one\ntwo\",\"say \"\"no\"\"\"\nO\x92Brien,\xc3\xa9\n");
        let told = [
            (1, cells(["a", "b"])),
            (3, cells(["one\ntwo", "say \"no\""])),
            // Not UTF-8, so all of it is Windows-1252.
            (5, cells(["O’Brien", "Ã©"])),
        ];
        assert_eq!(rows, told);
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_swallows_nothing() {
        let rows = read(b"a,b\n1,\"two\n3,4\n5,6");
        assert_eq!(
            rows,
            [
                (1, cells(["a", "b"])),
                (2, Err(FaultCode::UnclosedQuote)),
                (3, cells(["3", "4"])),
                (4, cells(["5", "6"]))
            ]
        );
        // Nor does one that goes on for longer than a row may.
        let long = format!("a,b\n1,\"two\n{}7,8\n9,\"\n", "3,4\n".repeat(MAX_ROW));
        let rows = read(long.as_bytes());
        assert_eq!(rows.len(), MAX_ROW + 4);
        assert_eq!((&rows[1], &rows[2]), (&(2, Err(FaultCode::UnclosedQuote)), &(3, cells(["3", "4"]))));
    }

    #[test]
    fn a_row_that_is_too_long_is_told_and_the_next_one_read() {
        let text = format!("a\n{}\nb\n\"{}\"\nc\n", "x".repeat(10 * MAX_ROW), "y".repeat(MAX_ROW));
        let told = [
            (1, cells(["a"])),
            (2, Err(FaultCode::TooLong)),
            (3, cells(["b"])),
            (4, Err(FaultCode::TooLong)),
            (5, cells(["c"])),
        ];
        assert_eq!(read(text.as_bytes()), told);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Through a window as at once.
        #[test]
        fn a_window_shows_what_the_whole_does(
            table in prop::collection::vec(prop::collection::vec("[a-z,\"\n' £]{0,6}", 3), 1..20),
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for row in &table {
                writer.write_record(row).unwrap();
            }
            let text = writer.into_inner().unwrap();
            let rows: Vec<Vec<String>> = read(&text).into_iter().map(|(_, cells)| cells.unwrap()).collect();
            prop_assert_eq!(rows, table);
        }

        /// Whatever is written, every line of it is in one row.
        #[test]
        fn rows_begin_on_lines_of_their_own(text in "[a,\"\n]{0,60}") {
            let rows = read(text.as_bytes());
            prop_assert!(rows.windows(2).all(|two| two[0].0 < two[1].0), "{rows:?}");
            prop_assert_eq!(rows.is_empty(), text.trim_matches('\n').is_empty());
        }
    }
}
