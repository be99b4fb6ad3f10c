//! The parts of an XLSX workbook, looked at before it is opened: what it would take when it is unpacked, in all and in
//! one piece. The reader keeps some parts whole and every cell whole, so a small file could ask for any memory.
//!
//! What is counted are the bytes that come out, never what the file says of itself.

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use zip::ZipArchive;

use crate::bulk::{BulkError, whole_instead};
use crate::json::FaultCode;

/// More parts than a workbook of a thousand sheets has.
const MAX_PARTS: usize = 10_000;
/// What all parts but the sheets may be, unpacked: the shared texts of a sheet that is full, twice over.
const MAX_BESIDE_SHEETS: u64 = 128 * 1024 * 1024;
/// What a sheet may be, unpacked: a million rows of more than a hundred cells.
const MAX_SHEET: u64 = 8 * 1024 * 1024 * 1024;
/// What may stand between two cells: a cell's text has at most 32,767 letters, each at most six bytes here.
const MAX_CELL: usize = 1024 * 1024;
/// The most tags among shared texts, each of which has about four: two million of them.
const MAX_TAGS: usize = 8_000_000;
/// The most shared texts that a workbook may announce; room is made for all of them at once.
const MAX_ANNOUNCED: u64 = 2_000_000;
/// How the file begins that says where its parts are.
const ROOT: &str = "_rels/.rels";

/// Looks at every part of a workbook.
pub(super) fn check(file: &File) -> Result<(), BulkError> {
    begins_like_a_workbook(file)?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|_| broken("its list of parts cannot be read"))?;
    if archive.len() > MAX_PARTS {
        return Err(refused(format!("it has {} parts; at most {MAX_PARTS} are read", archive.len())));
    }
    let mut beside_sheets = 0;
    for place in 0..archive.len() {
        let part = archive.by_index(place).map_err(|_| broken("a part of it is locked or cannot be read"))?;
        let name =
            part.name().map_err(|_| broken("the name of a part cannot be read"))?.to_lowercase().replace('\\', "/");
        if name.contains("worksheets/") && !name.contains("/_rels/") {
            sheet(part)?;
        } else {
            beside_sheets += beside_sheets_part(&name, part, MAX_BESIDE_SHEETS - beside_sheets)?;
        }
    }
    Ok(())
}

fn begins_like_a_workbook(mut file: &File) -> Result<(), BulkError> {
    let mut head = Vec::new();
    file.rewind().and_then(|()| file.take(8).read_to_end(&mut head)).map_err(BulkError::Read)?;
    file.rewind().map_err(BulkError::Read)?;
    let save = "open it in the spreadsheet program and save it as `Excel Workbook (.xlsx)`, without a password";
    if head.starts_with(b"PK\x03\x04") {
        Ok(())
    } else if head.starts_with(b"\xd0\xcf\x11\xe0") {
        Err(whole_instead(FaultCode::NotXlsx, "the file is an older .xls workbook, or has a password", save))
    } else {
        Err(whole_instead(
            FaultCode::NotXlsx,
            "the file is no XLSX workbook",
            "for comma-separated values say `--from csv`",
        ))
    }
}

fn broken(why: &str) -> BulkError {
    let save = "open it in the spreadsheet program and save it as `Excel Workbook (.xlsx)`, without a password";
    whole_instead(FaultCode::NotXlsx, format!("the file is no XLSX workbook that can be read: {why}"), save)
}

fn refused(why: impl Into<String>) -> BulkError {
    let why: String = why.into();
    whole_instead(
        FaultCode::TooLarge,
        format!("the workbook is not opened: {why}"),
        "save the one sheet as `CSV UTF-8`",
    )
}

/// Reads a part that may be kept whole; says how large it is.
fn beside_sheets_part(name: &str, part: impl Read, most: u64) -> Result<u64, BulkError> {
    let is_root = name == ROOT;
    let is_shared = name.rsplit('/').next() == Some("sharedstrings.xml");
    let (mut size, mut tags, mut root) = (0, 0, Vec::new());
    let mut announced = Announced::default();
    each_piece(part, |piece| {
        size += piece.len() as u64;
        if size > most {
            return Err(refused(format!(
                "its parts beside the sheets are more than {MAX_BESIDE_SHEETS} bytes unpacked"
            )));
        }
        if is_root {
            root.extend_from_slice(piece);
        }
        if is_shared {
            tags += piece.iter().filter(|byte| **byte == b'<').count();
            if tags > MAX_TAGS || announced.most(piece) > MAX_ANNOUNCED || piece.contains(&0) {
                return Err(refused("it has more shared texts than are read"));
            }
        }
        Ok(true)
    })?;
    // What is read whole would else be looked at as a sheet is; `&` could hide the word.
    let root = String::from_utf8_lossy(&root).to_lowercase();
    if is_root && (root.contains("worksheets") || root.contains('&')) {
        return Err(broken("its parts are not where they belong"));
    }
    Ok(size)
}

/// Reads a sheet: nothing in it is longer than a cell may be.
fn sheet(part: impl Read) -> Result<(), BulkError> {
    let mut size = 0;
    let mut scan = Scan::default();
    each_piece(part, |piece| {
        size += piece.len() as u64;
        if size > MAX_SHEET {
            return Err(refused(format!("a sheet is more than {MAX_SHEET} bytes unpacked")));
        }
        scan.goes_on(piece)
    })
}

/// Calls for each piece of a part until it says that it has seen enough.
fn each_piece(mut part: impl Read, mut piece: impl FnMut(&[u8]) -> Result<bool, BulkError>) -> Result<(), BulkError> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = part.read(&mut buffer).map_err(|_| broken("a part of it is damaged"))?;
        if read == 0 || !piece(&buffer[..read])? {
            return Ok(());
        }
    }
}

/// How many shared texts a part announces, wherever it does.
#[derive(Debug, Default)]
struct Announced {
    /// How many letters of the attribute's name were just read.
    matched: usize,
    number: Option<u64>,
    most: u64,
}

impl Announced {
    /// The highest number announced so far.
    fn most(&mut self, piece: &[u8]) -> u64 {
        const NAME: &[u8] = b"uniqueCount";
        for byte in piece {
            match self.number {
                Some(number) if byte.is_ascii_digit() => {
                    let number = number.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
                    self.number = Some(number);
                    self.most = self.most.max(number);
                }
                Some(0) if byte.is_ascii_whitespace() || matches!(byte, b'=' | b'"' | b'\'' | b'+') => {}
                Some(_) => self.number = None,
                None => {
                    self.matched = if NAME.get(self.matched) == Some(byte) {
                        self.matched + 1
                    } else {
                        usize::from(*byte == NAME[0])
                    };
                    if self.matched == NAME.len() {
                        (self.matched, self.number) = (0, Some(0));
                    }
                }
            }
        }
        self.most
    }
}

/// Where in a sheet's XML the scan is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    #[default]
    Text,
    /// Just behind `<`, or in the name of a tag.
    Name,
    Tag,
    /// In a value between such marks.
    Value(u8),
    /// In the declaration at the beginning; whether a `?` was just read.
    Declaration(bool),
}

/// How much stands between the cells of a sheet. Comments and the like, which no spreadsheet program writes, could hide
/// that, and are refused.
#[derive(Debug, Default)]
struct Scan {
    at: At,
    /// So many bytes since a cell or a row began or ended.
    since: usize,
    /// The tag's name so far, as far as it matters.
    name: Vec<u8>,
    /// Whether anything was read before.
    begun: bool,
}

impl Scan {
    /// Whether the sheet goes on after a piece.
    fn goes_on(&mut self, piece: &[u8]) -> Result<bool, BulkError> {
        /// Longer than every name that matters.
        const LONG: usize = 40;
        for byte in piece {
            self.since += 1;
            if self.since > MAX_CELL || *byte == 0 {
                return Err(refused(format!("a cell of it takes more than {MAX_CELL} bytes")));
            }
            self.at = match (self.at, byte) {
                (At::Text, b'<') => {
                    self.name.clear();
                    At::Name
                }
                (At::Text, _) => At::Text,
                (At::Name, b'!') if self.name.is_empty() => {
                    return Err(broken("a sheet holds what no spreadsheet program writes"));
                }
                (At::Name, b'?') if self.name.is_empty() && !self.begun => At::Declaration(false),
                (At::Name, b'?') if self.name.is_empty() => {
                    return Err(broken("a sheet holds what no spreadsheet program writes"));
                }
                (At::Name, b'/') if self.name.is_empty() => {
                    self.name.push(b'/');
                    At::Name
                }
                (At::Name, byte) if byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>') => {
                    if self.named() {
                        return Ok(false);
                    }
                    if *byte == b'>' { At::Text } else { At::Tag }
                }
                (At::Name, byte) => {
                    if self.name.len() < LONG {
                        self.name.push(*byte);
                    }
                    At::Name
                }
                (At::Tag, b'>') => At::Text,
                (At::Tag, b'"' | b'\'') => At::Value(*byte),
                (At::Tag, _) => At::Tag,
                (At::Value(mark), byte) if mark == *byte => At::Tag,
                (At::Value(mark), _) => At::Value(mark),
                (At::Declaration(true), b'>') => At::Text,
                (At::Declaration(_), byte) => At::Declaration(*byte == b'?'),
            };
            let is_blank = byte.is_ascii_whitespace() || *byte > 127;
            self.begun |= match self.at {
                At::Text => !is_blank,
                At::Name => !self.name.is_empty(),
                At::Tag | At::Value(_) | At::Declaration(_) => true,
            };
        }
        Ok(true)
    }

    /// A tag has its name; says whether the rows end here.
    fn named(&mut self) -> bool {
        let ends = self.name.first() == Some(&b'/');
        let name = self.name.strip_prefix(b"/").unwrap_or(&self.name);
        let local = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        if local == b"c" || local == b"row" {
            self.since = 0;
        }
        ends && local == b"sheetData"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Result<(), BulkError> {
        sheet(text.as_bytes())
    }

    #[test]
    fn a_sheet_is_read_to_its_last_row() {
        let cell = format!("<c r=\"A1\" t=\"inlineStr\"><is><t>{}</t></is></c>", "x".repeat(MAX_CELL / 2));
        let head = "\u{feff}<?xml version=\"1.0\"?>\n<worksheet><sheetData><row r=\"1\">";
        assert!(scan(&format!("{head}{}</row></sheetData>{}", cell.repeat(5), "z".repeat(2 * MAX_CELL))).is_ok());
        let long = "x".repeat(MAX_CELL);
        for hidden in [
            format!("<c><v>{long}</v></c>"),
            format!("<c a=\"{}\"/>", "<c/>".repeat(MAX_CELL / 4)),
            format!("<c a='>{}'/>", "<c/>".repeat(MAX_CELL / 4)),
            format!("<!-- {} -->", "<c/>".repeat(4)),
            format!("<![CDATA[{}]]>", "<c/>".repeat(4)),
            format!("<?x {} ?>", "<c/>".repeat(4)),
            "\0".to_owned(),
        ] {
            assert!(scan(&format!("{head}{hidden}</row></sheetData>")).is_err(), "{}", &hidden[..40.min(hidden.len())]);
        }
    }

    #[test]
    fn what_is_announced_is_found_however_it_is_written() {
        for (text, most) in [
            ("<sst uniqueCount=\"12\" count='3'>", 12),
            ("<sst uniqueCount = '0012'>", 12),
            ("<sst uniqueuniqueCount=\"7\" uniqueCount=\"99999999999999999999\">", u64::MAX),
            ("<sst count=\"5\">", 0),
        ] {
            assert_eq!(Announced::default().most(text.as_bytes()), most, "{text}");
            let mut slow = Announced::default();
            text.bytes().for_each(|byte| {
                slow.most(&[byte]);
            });
            assert_eq!(slow.most, most, "{text}");
        }
    }
}
