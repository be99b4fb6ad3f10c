//! From bytes to rows of named cells: strict, so that no row swallows another.
//!
//! The CSV reader is our own because a lenient one takes a quotation mark that is never closed for a cell that holds the
//! rest of the file. A test holds it against the crate `csv` on everything that is written as it should be.

use super::{Encoding, File, Layout, MAX_FILE, MAX_ROWS};
use crate::criteria::folded;
use crate::json::{Fault, Json};

/// A file in rows.
#[derive(Debug)]
pub(super) struct Table {
    /// How its bytes were read.
    pub read_as: Encoding,
    /// Its columns, in the order of the file.
    pub columns: Vec<String>,
    /// Its rows, in the order of the file.
    pub rows: Vec<RawRow>,
}

/// One row.
#[derive(Debug)]
pub(super) struct RawRow {
    /// The line on which it begins, from 1.
    pub row: usize,
    /// Its cells by column; or the code and the sentence of why there are none.
    pub cells: Result<Vec<(String, String)>, (&'static str, String)>,
    /// As it stands in the file.
    pub text: String,
}

impl Table {
    pub fn read(file: File<'_>) -> Result<Self, Vec<Fault>> {
        if file.bytes.len() > MAX_FILE {
            let detail = format!("the file is {} bytes; at most {MAX_FILE} are read", file.bytes.len());
            return Err(vec![Fault::new("", "too-large", detail).instead("send it in parts")]);
        }
        let (text, read_as) = text(file)?;
        let (columns, rows) = match file.layout {
            Layout::Csv => csv(&text)?,
            Layout::Ndjson => ndjson(&text),
        };
        let whole = |code, detail: String| Err(vec![Fault::new("", code, detail)]);
        if rows.len() > MAX_ROWS {
            return whole("too-many", format!("the file has {} rows; at most {MAX_ROWS} are read", rows.len()));
        }
        if rows.is_empty() {
            return whole("no-rows", "the file has no row".into());
        }
        let names: Vec<String> = columns.iter().map(|name| folded(name)).collect();
        if (1..names.len()).any(|place| names[..place].contains(&names[place])) {
            return whole(
                "duplicate-column",
                "two columns have the same heading; which one holds cannot be told".into(),
            );
        }
        Ok(Self { read_as, columns, rows })
    }
}

/// The file's text, and how it was read.
fn text(file: File<'_>) -> Result<(String, Encoding), Vec<Fault>> {
    let plain = file.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file.bytes);
    match (std::str::from_utf8(plain), file.encoding) {
        (Ok(text), None | Some(Encoding::Utf8)) => Ok((text.to_owned(), Encoding::Utf8)),
        (_, None | Some(Encoding::Windows1252)) => Ok((windows_1252(file.bytes), Encoding::Windows1252)),
        (Err(error), Some(Encoding::Utf8)) => {
            let line = plain[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            let detail = format!("line {line} is not UTF-8, and the file was said to be");
            Err(vec![Fault::new("", "not-utf8", detail).instead("windows-1252, or nothing")])
        }
    }
}

/// Windows-1252 as the WHATWG's encoding standard has it: what it leaves open stays a control character.
fn windows_1252(bytes: &[u8]) -> String {
    const FROM_128: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    let letter = |byte: &u8| match byte {
        128..=159 => FROM_128[usize::from(byte - 128)],
        byte => char::from(*byte),
    };
    bytes.iter().map(letter).collect()
}

/// A record of a CSV file.
#[derive(Debug, Default)]
pub(super) struct Record {
    line: usize,
    fields: Vec<String>,
    text: String,
    /// Whether something stands after a closing quotation mark, so that where the cell ends cannot be told.
    is_stray: bool,
}

/// Records of a CSV file (RFC 4180), without empty lines; a quotation mark that is never closed is an error.
pub(super) fn records(text: &str) -> Result<Vec<Record>, usize> {
    let mut records = Vec::new();
    let mut line = 1;
    let mut rest = text.chars().peekable();
    while rest.peek().is_some() {
        let mut record = Record { line, ..Record::default() };
        loop {
            let mut field = String::new();
            let mut end = None;
            if rest.peek() == Some(&'"') {
                rest.next();
                record.text.push('"');
                let opened = line;
                loop {
                    let Some(letter) = rest.next() else { return Err(opened) };
                    record.text.push(letter);
                    line += usize::from(letter == '\n');
                    match letter {
                        '"' if rest.peek() == Some(&'"') => {
                            rest.next();
                            record.text.push('"');
                            field.push('"');
                        }
                        '"' => break,
                        letter => field.push(letter),
                    }
                }
                record.is_stray |= !matches!(rest.peek(), None | Some(',' | '\n' | '\r'));
            }
            // Of a quoted cell a carriage return is its own; the one after it ends the line.
            let quoted = field.len();
            for letter in rest.by_ref() {
                if matches!(letter, ',' | '\n') {
                    end = Some(letter);
                    break;
                }
                record.text.push(letter);
                field.push(letter);
            }
            if end != Some(',') && field.len() > quoted && field.ends_with('\r') {
                field.pop();
                record.text.pop();
            }
            record.fields.push(field);
            line += usize::from(end == Some('\n'));
            match end {
                Some(',') => record.text.push(','),
                _ => break,
            }
        }
        if !record.text.is_empty() {
            records.push(record);
        }
    }
    Ok(records)
}

fn csv(text: &str) -> Result<(Vec<String>, Vec<RawRow>), Vec<Fault>> {
    let records = records(text).map_err(|line| {
        let detail =
            format!("on line {line} a quotation mark is opened and never closed, so the rows after it cannot be told");
        vec![Fault::new("", "unclosed-quote", detail)]
    })?;
    let mut records = records.into_iter();
    let Some(head) = records.next() else { return Ok((Vec::new(), Vec::new())) };
    let columns: Vec<String> = head.fields.iter().map(|name| name.trim().to_owned()).collect();
    let row = |record: Record| {
        let count = record.fields.len();
        let cells = if record.is_stray {
            let detail = "something stands after a closing quotation mark, so where the cell ends cannot be told";
            Err(("stray-quote", detail.to_owned()))
        } else if count != columns.len() {
            Err(("cells", format!("the row has {count} cells, and the file has {} columns", columns.len())))
        } else if record.fields.iter().all(|field| field.trim().is_empty()) {
            Err(("empty-row", "every cell is empty".to_owned()))
        } else {
            Ok(columns.iter().cloned().zip(record.fields).collect())
        };
        RawRow { row: record.line, cells, text: record.text }
    };
    let rows = records.map(row).collect();
    Ok((columns, rows))
}

fn ndjson(text: &str) -> (Vec<String>, Vec<RawRow>) {
    let mut columns: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let cells = object(line);
        for (name, _) in cells.iter().flatten() {
            if !columns.iter().any(|known| folded(known) == folded(name)) {
                columns.push(name.clone());
            }
        }
        rows.push(RawRow { row: place + 1, cells, text: line.to_owned() });
    }
    (columns, rows)
}

/// The cells of one line of JSON.
fn object(line: &str) -> Result<Vec<(String, String)>, (&'static str, String)> {
    let read = Json::read(line.trim().as_bytes()).map_err(|faults| {
        let first = faults.into_iter().next();
        first.map_or(("not-json", String::new()), |fault| (fault.code, fault.detail))
    })?;
    let Json::Object(entries) = read else { return Err(("wrong-type", "a row is a JSON object".into())) };
    let names: Vec<String> = entries.iter().map(|(name, _)| folded(name)).collect();
    if (1..names.len()).any(|place| names[..place].contains(&names[place])) {
        return Err(("duplicate-key", "a column is given twice; which one holds cannot be told".into()));
    }
    let cell = |(name, value): (String, Json)| match value {
        Json::Null => Ok((name, String::new())),
        Json::Bool(value) => Ok((name, value.to_string())),
        Json::Integer(number) => Ok((name, number.to_string())),
        Json::Text(text) => Ok((name, text)),
        Json::OtherNumber | Json::List(_) | Json::Object(_) => {
            Err(("wrong-type", "a cell is text, a whole number, true, false or null".to_owned()))
        }
    };
    let cells: Vec<(String, String)> = entries.into_iter().map(cell).collect::<Result<_, _>>()?;
    if cells.iter().all(|(_, text)| text.trim().is_empty()) {
        return Err(("empty-row", "every cell is empty".into()));
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(text: &str) -> Vec<Vec<String>> {
        records(text).unwrap().into_iter().map(|record| record.fields).collect()
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_swallows_nothing() {
        assert_eq!(records("a,b\n1,\"two\n3,4\n5,6\n").unwrap_err(), 2);
        let stray = records("a,b\n\"He said \"no\", and left\",1\n").unwrap();
        assert!(stray[1].is_stray && !stray[0].is_stray);
    }

    #[test]
    fn every_row_says_the_line_on_which_it_begins() {
        let lines: Vec<usize> =
            records("a,b\r\n\"one\r\nmore\",2\r\n\r\n3,4").unwrap().iter().map(|record| record.line).collect();
        assert_eq!(lines, [1, 2, 5]);
    }

    #[test]
    fn windows_1252_is_read_where_utf_8_cannot_be() {
        let file = |bytes, encoding| File { bytes, layout: Layout::Csv, encoding };
        let (read, read_as) = text(file(b"a\nO\x92Brien \xa3", None)).unwrap();
        assert_eq!((read.as_str(), read_as), ("a\nO’Brien £", Encoding::Windows1252));
        assert_eq!(text(file("\u{feff}é".as_bytes(), None)).unwrap(), ("é".into(), Encoding::Utf8));
        assert_eq!(text(file(b"a\n\xa3", Some(Encoding::Utf8))).unwrap_err()[0].code, "not-utf8");
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
            prop_assert!(records(&text).unwrap().iter().all(|record| !record.is_stray));
            prop_assert_eq!(fields(&text), table);
        }
    }
}
