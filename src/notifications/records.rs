//! Records of a CSV file (RFC 4180): strict, so that no row swallows another.
//!
//! The reader is our own because a lenient one takes a quotation mark that is never closed for a cell that holds the
//! rest of the file. A test holds it against the crate `csv` on everything that is written as it should be. It costs no
//! more than two readings of the file, whatever stands in it.

use crate::criteria::Mapping;

const WITHIN: &str = "something stands after a closing quotation mark, so where the cell ends cannot be told";
/// Why a line whose cell goes on beyond it is not read.
pub(crate) const BEYOND: &str = "a quotation mark is opened on this line, and where its cell ends cannot be told; the next line \
                      is read as a row of its own";

/// A record of a CSV file.
#[derive(Debug)]
pub(crate) struct Record<'t> {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// Its cells, as far as a file may have columns.
    pub cells: Vec<String>,
    /// How many cells it has.
    pub count: usize,
    /// As it stands in the file.
    pub text: &'t str,
    /// Why it cannot be told where a cell of it ends, if so.
    pub stray: Option<&'static str>,
}

/// The records of a text one by one, without empty lines; a quotation mark that is never closed is an error, by its
/// line.
#[derive(Debug)]
pub(crate) struct Records<'t> {
    text: &'t str,
    /// How far it was read.
    at: usize,
    /// The line on which that is, from 1.
    line: usize,
    /// The last line on which something was found after a closing quotation mark. A cell that is open at the end of a
    /// line before that one leads there too, whatever record it is of, and is not followed again.
    stray_line: usize,
    /// So many cells of a record are kept; the rest are counted.
    most: usize,
}

impl<'t> Records<'t> {
    /// The records of a text.
    pub fn of(text: &'t str) -> Self {
        Self { text, at: 0, line: 1, stray_line: 0, most: Mapping::MAX_COLUMNS }
    }

    /// The first record of a text, of which so many cells are kept, and how much of the text it takes; the line of a
    /// quotation mark that is not closed in it; or nothing, of a text without a record.
    pub fn first(text: &'t str, most: usize) -> Option<Result<(Record<'t>, usize), usize>> {
        let mut records = Self { most, ..Self::of(text) };
        let record = records.next()?;
        Some(record.map(|record| (record, records.at)))
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn record(&mut self) -> Result<Record<'t>, usize> {
        let (begin, line) = (self.at, self.line);
        let mut record = Record { line, cells: Vec::new(), count: 0, text: "", stray: None };
        loop {
            let quoted = if self.rest().starts_with('"') { Some(self.quoted()?) } else { None };
            let rest = self.rest();
            let (tail, after) = rest.split_at(rest.find([',', '\n']).unwrap_or(rest.len()));
            let goes_on = after.starts_with(',');
            // Of a quoted cell a carriage return is its own; the one after it ends the line.
            let plain = if goes_on { tail } else { tail.strip_suffix('\r').unwrap_or(tail) };
            if quoted.is_some() && !plain.is_empty() {
                record.stray = Some(WITHIN);
                self.stray_line = self.stray_line.max(self.line);
            }
            if self.line > line && (record.stray.is_some() || line < self.stray_line) {
                return Ok(self.first_line(begin, line));
            }
            record.count += 1;
            if record.count <= self.most {
                record.cells.push(quoted.unwrap_or_default() + plain);
            }
            self.at += tail.len() + usize::from(!after.is_empty());
            if !goes_on {
                let text = &self.text[begin..self.at];
                let text = text.strip_suffix('\n').unwrap_or(text);
                record.text = text.strip_suffix('\r').unwrap_or(text);
                self.line += usize::from(!after.is_empty());
                return Ok(record);
            }
        }
    }

    /// What stands in quotation marks; reading goes on behind the closing one.
    fn quoted(&mut self) -> Result<String, usize> {
        let opened = self.line;
        let mut cell = String::new();
        loop {
            // Behind the opening one, or behind the second of two that stand for one.
            self.at += 1;
            let (part, _) = self.rest().split_once('"').ok_or(opened)?;
            cell.push_str(part);
            self.line += part.matches('\n').count();
            self.at += part.len() + 1;
            if !self.rest().starts_with('"') {
                return Ok(cell);
            }
            cell.push('"');
        }
    }

    /// The first line of a record alone: the others may be rows, and are read as such.
    fn first_line(&mut self, begin: usize, line: usize) -> Record<'t> {
        let rest = &self.text[begin..];
        let first = rest.split_once('\n').map_or(rest, |(first, _)| first);
        self.at = self.text.len().min(begin + first.len() + 1);
        self.line = line + 1;
        let text = first.strip_suffix('\r').unwrap_or(first);
        Record { line, cells: Vec::new(), count: 0, text, stray: Some(BEYOND) }
    }
}

impl<'t> Iterator for Records<'t> {
    type Item = Result<Record<'t>, usize>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest().is_empty() {
            match self.record() {
                Ok(record) if record.text.is_empty() => {}
                read => return Some(read),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn records(text: &str) -> Result<Vec<Record<'_>>, usize> {
        Records::of(text).collect()
    }

    /// Every record's line, its text, and whether it is stray.
    fn told(text: &str) -> Vec<(usize, &str, bool)> {
        records(text).unwrap().iter().map(|record| (record.line, record.text, record.stray.is_some())).collect()
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_swallows_nothing() {
        assert_eq!(records("a,b\n1,\"two\n3,4\n5,6\n").unwrap_err(), 2);
        let stray = told("a,b\n\"He said \"no\", and left\",1\n");
        assert_eq!(stray, [(1, "a,b", false), (2, "\"He said \"no\", and left\",1", true)]);
    }

    #[test]
    fn one_that_is_closed_by_the_next_that_opens_swallows_nothing() {
        let rows = [(1, "n,t", false), (2, "1,\"unclosed", true), (3, "2,\"two\"", false), (4, "3,\"three\"", false)];
        for end in ["\n", "\r\n"] {
            let text = rows.map(|(_, text, _)| format!("{text}{end}")).concat();
            assert_eq!(told(&text), rows);
        }
        // What is stray on its first line swallows no other either.
        let rows = [(1, "\"a\"b,\"c", true), (2, "d\",e", false)];
        assert_eq!(told("\"a\"b,\"c\nd\",e\n"), rows);
    }

    #[test]
    fn many_that_are_never_closed_well_cost_no_more_than_the_file() {
        // Read from its beginning or within a cell, each line leaves a cell open; only the last tells that it is stray.
        let text = "\",z\",\"\n".repeat(100_000) + "\"s";
        let read: Vec<Record<'_>> = Records::of(&text).take_while(Result::is_ok).flatten().collect();
        assert_eq!(read.len(), 100_000);
        assert!(read.iter().all(|record| record.text == "\",z\",\"" && record.stray.is_some()));
    }

    #[test]
    fn every_row_says_the_line_on_which_it_begins() {
        let lines: Vec<usize> =
            records("a,b\r\n\"one\r\nmore\",2\r\n\r\n3,4").unwrap().iter().map(|record| record.line).collect();
        assert_eq!(lines, [1, 2, 5]);
    }

    #[test]
    fn of_more_cells_than_columns_there_may_be_the_rest_is_counted() {
        let text = ",".repeat(1_000_000);
        let wide = &records(&text).unwrap()[0];
        assert_eq!((wide.count, wide.cells.len()), (1_000_001, Mapping::MAX_COLUMNS));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever is written as it should be is read as the crate `csv` reads it.
        #[test]
        fn what_is_written_as_it_should_be_is_read_as_others_read_it(
            table in prop::collection::vec(prop::collection::vec("[a-z,\"\r\n' £]{0,6}", 3), 1..6)
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for row in &table {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read = records(&text).unwrap();
            prop_assert!(read.iter().all(|record| record.stray.is_none()));
            prop_assert_eq!(read.into_iter().map(|record| record.cells).collect::<Vec<_>>(), table);
        }

        /// Whatever is written, every line of it stands in a record, once.
        #[test]
        fn every_line_is_in_one_record(text in "[a,\"\n]{0,40}") {
            if let Ok(read) = records(&text) {
                let lines = read.iter().flat_map(|record| record.text.split('\n'));
                let read: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
                let all: Vec<&str> = text.split('\n').filter(|line| !line.is_empty()).collect();
                prop_assert_eq!(read, all);
            }
        }
    }
}
