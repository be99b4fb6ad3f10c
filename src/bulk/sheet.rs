//! A sheet of an XLSX workbook, a row at a time.

mod parts;

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};
use jiff::civil::{Date, DateTime, Time};

use super::cell::Cell;
use super::{BulkError, MAX_COLUMNS, MAX_ROW, RawRow, whole, whole_instead};
use crate::json::FaultCode;

/// More names of sheets than help to choose one.
const MOST_TOLD: usize = 20;
/// What a row may take in memory: its text, and as much again for its cells.
const MAX_SIZE: usize = 2 * MAX_ROW;

/// A workbook that was looked at and opened.
pub(super) struct Workbook<R> {
    xlsx: Xlsx<BufReader<R>>,
    sheet: String,
}

impl<R: Read + Seek> Workbook<R> {
    /// Opens a workbook; `counted` reads the same file.
    pub fn open(file: &File, counted: R, sheet: Option<&str>) -> Result<Self, BulkError> {
        parts::check(file)?;
        let xlsx = Xlsx::new(BufReader::new(counted)).map_err(|error| unreadable(&error))?;
        let all: Vec<&str> = xlsx
            .sheets_metadata()
            .iter()
            .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
            .map(|sheet| sheet.name.as_str())
            .collect();
        let names = || all.iter().take(MOST_TOLD).copied().collect::<Vec<_>>().join(", ");
        let sheet = match (sheet, all.as_slice()) {
            (Some(wanted), _) if xlsx.sheet_names().iter().any(|name| name == wanted) => wanted.to_owned(),
            (Some(_), _) => {
                return Err(whole_instead(
                    FaultCode::NoSheet,
                    "the workbook has no sheet of this name",
                    format!("it has: {}", names()),
                ));
            }
            (None, [one]) => (*one).to_owned(),
            (None, []) => return Err(whole(FaultCode::NoSheet, "the workbook has no sheet that can be seen")),
            (None, _) => {
                let detail = "the workbook has more than one sheet, and which is meant cannot be told";
                return Err(whole_instead(
                    FaultCode::WhichSheet,
                    detail,
                    format!("say `--sheet` with one of: {}", names()),
                ));
            }
        };
        Ok(Self { xlsx, sheet })
    }

    /// Its rows.
    pub fn rows(&mut self) -> Result<Rows<'_, R>, BulkError> {
        let cells = self.xlsx.worksheet_cells_reader(&self.sheet).map_err(|error| unreadable(&error))?;
        Ok(Rows { cells, ended: false, ahead: None, row: 0, columns: 0 })
    }
}

/// What the reader says may hold what stands in a cell, so that only its kind is told.
fn unreadable(error: &XlsxError) -> BulkError {
    match error {
        XlsxError::Password => whole_instead(FaultCode::NotXlsx, "the workbook has a password", "save it without one"),
        XlsxError::CellError(_) => {
            let detail = "a cell holds an error of the spreadsheet that is not known here, such as #SPILL!";
            whole_instead(FaultCode::UnknownError, detail, "correct the cell, or save its value alone")
        }
        XlsxError::Io(error) => BulkError::Read(std::io::Error::new(error.kind(), error.to_string())),
        _ => {
            let save = "open it in the spreadsheet program and save it as `Excel Workbook (.xlsx)`";
            whole_instead(FaultCode::NotXlsx, "the workbook cannot be read: a part of it is damaged or missing", save)
        }
    }
}

/// The rows of a sheet.
pub(super) struct Rows<'w, R: Read + Seek> {
    cells: XlsxCellReader<'w, BufReader<R>>,
    /// Whether the last cell was read: what stands behind the rows is not for the reader.
    ended: bool,
    /// The first cell of the row after.
    ahead: Option<(u32, u32, Cell)>,
    /// The row that was read last, from 1; none yet is 0.
    row: u32,
    /// How many columns the headings have.
    columns: usize,
}

/// The cells of a row that are not empty, by their columns; as far as a row may go.
#[derive(Default)]
struct Sparse {
    cells: Vec<(usize, Cell)>,
    size: usize,
    /// Whether there are more columns than a table may have.
    is_too_wide: bool,
}

impl Sparse {
    fn push(&mut self, column: u32, cell: Cell) {
        self.size += cell.size();
        match usize::try_from(column) {
            Ok(column) if column < MAX_COLUMNS => {
                // What is too much is not kept, and the row is refused for its size.
                let cell = if self.size > MAX_SIZE { Cell::Other("too much") } else { cell };
                self.cells.push((column, cell));
            }
            _ => self.is_too_wide = true,
        }
    }
}

impl<R: Read + Seek> Rows<'_, R> {
    /// The headings: the first row in which anything stands.
    pub fn headings(&mut self) -> Result<Vec<String>, BulkError> {
        let Some(row) = self.row()? else { return Ok(Vec::new()) };
        if row.is_too_wide {
            return Err(whole(FaultCode::TooMany, format!("the sheet has more than {MAX_COLUMNS} columns")));
        }
        let mut names = Vec::new();
        for (column, cell) in row.cells {
            names.resize(column, String::new());
            let name = cell.as_text().map(std::borrow::Cow::into_owned);
            names.push(name.map_err(|what| whole(FaultCode::Headings, format!("{what} stands among the headings")))?);
        }
        self.columns = names.len();
        Ok(names)
    }

    /// The next row in which anything stands.
    pub fn next(&mut self) -> Result<Option<RawRow>, BulkError> {
        let Some(row) = self.row()? else { return Ok(None) };
        let number = usize::try_from(self.row).unwrap_or(usize::MAX);
        let mut cells = vec![Cell::Empty; self.columns];
        let mut is_beyond = row.is_too_wide;
        for (column, cell) in row.cells {
            match cells.get_mut(column) {
                Some(place) => *place = cell,
                None => is_beyond = true,
            }
        }
        let cells = if is_beyond {
            Err((FaultCode::Cells, "something stands beyond the last heading; what it means cannot be told".to_owned()))
        } else if row.size > MAX_SIZE {
            Err((FaultCode::TooLong, format!("a row has at most {MAX_ROW} bytes; it was not read")))
        } else {
            Ok(cells)
        };
        Ok(Some(RawRow { number, cells }))
    }

    /// The next row in which anything stands. Rows come one after another, or one would be told of as another.
    fn row(&mut self) -> Result<Option<Sparse>, BulkError> {
        let first = match self.ahead.take() {
            Some(ahead) => Some(ahead),
            None => self.cell()?,
        };
        let Some((number, mut last, cell)) = first else { return Ok(None) };
        if number <= self.row {
            return Err(self.out_of_order());
        }
        self.row = number;
        let mut row = Sparse::default();
        row.push(last, cell);
        while let Some((other, column, cell)) = self.cell()? {
            if other != number {
                self.ahead = Some((other, column, cell));
                break;
            }
            if column <= last {
                return Err(self.out_of_order());
            }
            last = column;
            row.push(column, cell);
        }
        Ok(Some(row))
    }

    fn out_of_order(&self) -> BulkError {
        let save = "open it in the spreadsheet program and save it as `Excel Workbook (.xlsx)`";
        whole_instead(FaultCode::NotXlsx, format!("the cells after row {} are not in their order", self.row), save)
    }

    /// The next cell that is not empty: its row from 1, its column from 0.
    fn cell(&mut self) -> Result<Option<(u32, u32, Cell)>, BulkError> {
        while !self.ended {
            let read = self.cells.next_cell_with_formula_metadata();
            let Some(cell) = read.map_err(|error| match unreadable(&error) {
                BulkError::Faults(mut faults) => {
                    for fault in &mut faults {
                        fault.detail = format!("after row {}: {}", self.row, fault.detail);
                    }
                    BulkError::Faults(faults)
                }
                other => other,
            })?
            else {
                self.ended = true;
                break;
            };
            let (row, column) = cell.pos;
            let value = match (cell.value, cell.formula) {
                (DataRef::Empty, Some(_)) => Cell::Other("a formula whose value was not saved"),
                (value, _) => told(value),
            };
            if value != Cell::Empty {
                return Ok(Some((row.saturating_add(1), column, value)));
            }
        }
        Ok(None)
    }
}

/// What a sheet holds in a cell.
fn told(value: DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(text),
        #[expect(clippy::cast_precision_loss, reason = "beyond what is exact it is refused")]
        DataRef::Int(number) => Cell::number(number as f64),
        DataRef::Float(number) => Cell::number(number),
        DataRef::Bool(value) => Cell::YesNo(value),
        DataRef::DateTime(at) => date(&at).map_or(Cell::Other("what is shown as a date and is none"), Cell::Date),
        DataRef::DateTimeIso(text) => match text.parse::<DateTime>() {
            Ok(at) => Cell::Date(at),
            Err(_) => Cell::text(text),
        },
        DataRef::DurationIso(_) => Cell::Other("a length of time"),
        DataRef::Error(_) => Cell::Other("an error of the spreadsheet, such as #N/A,"),
    }
}

/// The date and time of a cell that is shown as one; to the second, as a sheet's fractions of days are not exact.
fn date(at: &ExcelDateTime) -> Option<DateTime> {
    // Before the first day it is a time of day alone.
    if at.is_duration() || at.as_f64() < 1.0 {
        return None;
    }
    let (year, month, day, hour, minute, second, millisecond) = at.to_ymd_hms_milli();
    let small = |number: u8| i8::try_from(number).ok();
    let date = Date::new(i16::try_from(year).ok()?, small(month)?, small(day)?).ok()?;
    let time = Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?;
    let at = DateTime::from_parts(date, time);
    if millisecond >= 500 { at.checked_add(jiff::Span::new().seconds(1)).ok() } else { Some(at) }
}
