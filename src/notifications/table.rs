//! From bytes to rows of named cells. What a file costs is bounded before anything is made of it: its size, its
//! columns, its rows, in this order.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::records::{Record, Records};
use super::{Encoding, File, Layout, MAX_FILE, MAX_ROWS};
use crate::criteria::{Mapping, Purpose, folded};
use crate::json::{Fault, FaultCode, Json};

/// More unknown columns than help to find out that it is another export.
const MOST_TOLD: usize = 10;

/// A file in rows.
#[derive(Debug)]
pub(super) struct Table {
    /// How its bytes were read.
    pub read_as: Encoding,
    /// Its rows, in the order of the file.
    pub rows: Vec<RawRow>,
}

/// The heading of a column: kept once, whatever the number of rows.
#[derive(Debug)]
pub(crate) struct Heading {
    /// As the file writes it.
    pub name: String,
    /// As it is compared.
    pub folded: String,
}

/// Cells by column; or the code and the sentence of why there are none.
type Cells = Result<Vec<(Arc<Heading>, String)>, (FaultCode, String)>;

/// One row.
#[derive(Debug)]
pub(super) struct RawRow {
    /// The line on which it begins, from 1.
    pub row: usize,
    /// Its cells.
    pub cells: Cells,
    /// As it stands in the file.
    pub text: String,
}

impl Table {
    /// Reads a file whose columns are those of a mapping.
    pub fn read(file: File<'_>, mapping: &Mapping) -> Result<Self, Vec<Fault>> {
        if file.bytes.len() > MAX_FILE {
            let detail = format!("the file is {} bytes; at most {MAX_FILE} are read", file.bytes.len());
            return Err(vec![Fault::new("", FaultCode::TooLarge, detail).instead("send it in parts")]);
        }
        let (text, read_as) = text(file)?;
        let rows = match file.layout {
            Layout::Csv => csv(&text, mapping)?,
            Layout::Ndjson => ndjson(&text, mapping)?,
        };
        if rows.is_empty() {
            return Err(whole(FaultCode::NoRows, "the file has no row"));
        }
        Ok(Self { read_as, rows })
    }
}

/// What is wrong with a file as a whole.
fn whole(code: FaultCode, detail: impl Into<String>) -> Vec<Fault> {
    vec![Fault::new("", code, detail)]
}

fn too_many_rows() -> Vec<Fault> {
    whole(FaultCode::TooMany, format!("the file has more than {MAX_ROWS} rows; no more are read"))
}

fn too_many_columns() -> Vec<Fault> {
    whole(FaultCode::TooMany, format!("the file has more than {} columns, as no mapping has", Mapping::MAX_COLUMNS))
}

/// The columns of a file, as they are compared, in its order.
#[derive(Debug, Default)]
pub(crate) struct Columns(IndexMap<String, Arc<Heading>>);

impl Columns {
    /// The column of a name, and whether it is here for the first time.
    pub fn take(&mut self, name: &str) -> Result<(Arc<Heading>, bool), Vec<Fault>> {
        let name = name.trim();
        if name.chars().count() > Mapping::MAX_NAME {
            // Without its line of headings the first row is a child's: nothing of it is repeated.
            let detail = format!(
                "a heading is longer than {} letters, as no mapping writes one: is the line of headings missing?",
                Mapping::MAX_NAME
            );
            return Err(whole(FaultCode::TooLong, detail));
        }
        let folded = folded(name);
        if let Some(known) = self.0.get(&folded) {
            return Ok((Arc::clone(known), false));
        }
        if self.0.len() >= Mapping::MAX_COLUMNS {
            return Err(too_many_columns());
        }
        let heading = Arc::new(Heading { name: name.to_owned(), folded: folded.clone() });
        self.0.insert(folded, Arc::clone(&heading));
        Ok((heading, true))
    }

    /// Every column of the file is mapped or ignored, and none that the mapping reads is missing: an export that lost
    /// its column of weapons would tell of calmer homes.
    pub fn check(&self, mapping: &Mapping) -> Result<(), Vec<Fault>> {
        let known: BTreeSet<String> = mapping.columns.iter().map(|column| folded(&column.name)).collect();
        let names = || mapping.columns.iter().map(|column| column.name.as_str());
        let unknown: Vec<&Arc<Heading>> = self.0.values().filter(|heading| !known.contains(&heading.folded)).collect();
        if unknown.len() == self.0.len() {
            // As above: nothing of it is repeated.
            let detail = "is the line of headings missing? No column of this file is one of the mapping's";
            let all: Vec<&str> = names().collect();
            return Err(vec![Fault::new("", FaultCode::UnknownColumns, detail).instead(all.join(", "))]);
        }
        let mut faults = Vec::new();
        for heading in unknown.iter().take(MOST_TOLD) {
            let name = &heading.name;
            let detail =
                format!("column `{name}` is not in the mapping `{}`: map it, or say that it is ignored", mapping.id);
            faults.push(Fault::new("", FaultCode::UnknownColumn, detail).suggest(name, names()));
        }
        if unknown.len() > MOST_TOLD {
            let detail = format!("and {} more columns are not in the mapping", unknown.len() - MOST_TOLD);
            faults.push(Fault::new("", FaultCode::UnknownColumn, detail));
        }
        for column in mapping.columns.iter().filter(|column| !column.optional) {
            if !matches!(column.purpose, Purpose::Ignored) && !self.0.contains_key(&folded(&column.name)) {
                let detail =
                    format!("the file has no column `{}`, which the mapping `{}` reads", column.name, mapping.id);
                faults.push(Fault::new("", FaultCode::MissingColumn, detail));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// How a file's bytes are text: as the sender says, else UTF-8 where they can be. Of letters that are the same in
/// either it is UTF-8, whatever the sender says.
pub(super) fn encoding(file: File<'_>) -> Result<Encoding, Vec<Fault>> {
    let plain = unmarked(file.bytes);
    match (std::str::from_utf8(plain), file.encoding) {
        (Ok(_), None | Some(Encoding::Utf8)) => Ok(Encoding::Utf8),
        (Ok(_), Some(Encoding::Windows1252)) if file.bytes.is_ascii() => Ok(Encoding::Utf8),
        (_, None | Some(Encoding::Windows1252)) => Ok(Encoding::Windows1252),
        (Err(error), Some(Encoding::Utf8)) => {
            let line = plain[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            let detail = format!("line {line} is not UTF-8, and the file was said to be");
            Err(vec![Fault::new("", FaultCode::NotUtf8, detail).instead("windows-1252, or nothing")])
        }
    }
}

/// Without the byte order mark of UTF-8.
pub(crate) fn unmarked(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The file's text, and how it was read.
fn text(file: File<'_>) -> Result<(String, Encoding), Vec<Fault>> {
    let read_as = encoding(file)?;
    let text = match read_as {
        // It was found to be UTF-8: nothing is lost.
        Encoding::Utf8 => String::from_utf8_lossy(unmarked(file.bytes)).into_owned(),
        Encoding::Windows1252 => windows_1252(file.bytes),
    };
    Ok((text, read_as))
}

/// Windows-1252 as the WHATWG's encoding standard has it: what it leaves open stays a control character.
pub(crate) fn windows_1252(bytes: &[u8]) -> String {
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

fn csv(text: &str, mapping: &Mapping) -> Result<Vec<RawRow>, Vec<Fault>> {
    let unclosed = |line: usize| {
        let detail =
            format!("on line {line} a quotation mark is opened and never closed, so the rows after it cannot be told");
        whole(FaultCode::UnclosedQuote, detail)
    };
    let mut records = Records::of(text).map(|record| record.map_err(unclosed));
    let Some(head) = records.next().transpose()? else { return Ok(Vec::new()) };
    if head.count > Mapping::MAX_COLUMNS {
        return Err(too_many_columns());
    }
    let mut columns = Columns::default();
    for name in &head.cells {
        let (_, is_new) = columns.take(name)?;
        if !is_new {
            let detail = "two columns have the same heading; which one holds cannot be told";
            return Err(whole(FaultCode::DuplicateColumn, detail));
        }
    }
    columns.check(mapping)?;
    let mut rows = Vec::new();
    for record in records {
        let record = record?;
        if rows.len() >= MAX_ROWS {
            return Err(too_many_rows());
        }
        rows.push(RawRow { row: record.line, text: record.text.to_owned(), cells: cells(record, &columns) });
    }
    Ok(rows)
}

/// The cells of a record by column.
fn cells(record: Record<'_>, columns: &Columns) -> Cells {
    if let Some(why) = record.stray {
        return Err((FaultCode::StrayQuote, why.to_owned()));
    }
    if record.count != columns.0.len() {
        let detail = format!("the row has {} cells, and the file has {} columns", record.count, columns.0.len());
        return Err((FaultCode::Cells, detail));
    }
    if record.cells.iter().all(|cell| cell.trim().is_empty()) {
        return Err((FaultCode::EmptyRow, "every cell is empty".into()));
    }
    Ok(columns.0.values().cloned().zip(record.cells).collect())
}

fn ndjson(text: &str, mapping: &Mapping) -> Result<Vec<RawRow>, Vec<Fault>> {
    let lines = || text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    match lines().count() {
        0 => return Ok(Vec::new()),
        count if count > MAX_ROWS => return Err(too_many_rows()),
        _ => {}
    }
    let mut columns = Columns::default();
    let mut rows = Vec::new();
    for (place, line) in lines() {
        let cells = match object(line) {
            Ok(entries) => {
                let mut named = Vec::new();
                for (name, cell) in entries {
                    let (heading, _) = columns.take(&name)?;
                    named.push((heading, cell));
                }
                Ok(named)
            }
            Err(why) => Err(why),
        };
        rows.push(RawRow { row: place + 1, cells, text: line.to_owned() });
    }
    columns.check(mapping)?;
    Ok(rows)
}

/// The cells of one line of JSON.
pub(crate) fn object(line: &str) -> Result<Vec<(String, String)>, (FaultCode, String)> {
    let read = Json::read(line.trim().as_bytes()).map_err(|faults| {
        let first = faults.into_iter().next();
        first.map_or((FaultCode::NotJson, String::new()), |fault| (fault.code, fault.detail))
    })?;
    let Json::Object(entries) = read else { return Err((FaultCode::WrongType, "a row is a JSON object".into())) };
    let mut names = BTreeSet::new();
    if !entries.iter().all(|(name, _)| names.insert(folded(name))) {
        return Err((FaultCode::DuplicateKey, "a column is given twice; which one holds cannot be told".into()));
    }
    let cell = |(name, value): (String, Json)| match value {
        Json::Null => Ok((name, String::new())),
        Json::Bool(value) => Ok((name, value.to_string())),
        Json::Integer(number) => Ok((name, number.to_string())),
        Json::Text(text) => Ok((name, text)),
        Json::OtherNumber | Json::List(_) | Json::Object(_) => {
            Err((FaultCode::WrongType, "a cell is text, a whole number, true, false or null".to_owned()))
        }
    };
    let cells: Vec<(String, String)> = entries.into_iter().map(cell).collect::<Result<_, _>>()?;
    if cells.iter().all(|(_, text)| text.trim().is_empty()) {
        return Err((FaultCode::EmptyRow, "every cell is empty".into()));
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_1252_is_read_where_utf_8_cannot_be() {
        let file = |bytes, encoding| File { bytes, layout: Layout::Csv, encoding };
        let (read, read_as) = text(file(b"a\nO\x92Brien \xa3", None)).unwrap();
        assert_eq!((read.as_str(), read_as), ("a\nO’Brien £", Encoding::Windows1252));
        assert_eq!(text(file("\u{feff}é".as_bytes(), None)).unwrap(), ("é".into(), Encoding::Utf8));
        assert_eq!(text(file(b"a\n\xa3", Some(Encoding::Utf8))).unwrap_err()[0].code, FaultCode::NotUtf8);
        for (bytes, read_as) in [("a,b", Encoding::Utf8), ("é", Encoding::Windows1252)] {
            assert_eq!(encoding(file(bytes.as_bytes(), Some(Encoding::Windows1252))).unwrap(), read_as);
        }
    }
}
