//! Where answers go: lines and comma-separated values as they come, a workbook row by row through the disk.

use std::io::{self, BufWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use super::answer::Written;
use super::{Beside, BulkError};

/// The rows of a sheet under its headings.
const MAX_SHEET_ROWS: u32 = 1_048_575;
/// A sheet that we write has one name, and so has its reader no choice to make.
const SHEET: &str = "answers";

/// Some answers, as they were made beside each other.
#[derive(Debug)]
pub(super) enum Made {
    /// As bytes of the file.
    Bytes(Vec<u8>),
    /// As rows of a sheet.
    Rows(Vec<Vec<Written>>),
}

/// Where answers go.
pub(super) enum Writer {
    /// To standard output.
    Stream(BufWriter<Box<dyn Write + Send>>),
    /// To a file.
    File(BufWriter<std::fs::File>, Beside),
    /// To a workbook.
    Sheet(Box<Sheet>, Beside),
}

impl Writer {
    pub fn stream(to: Box<dyn Write + Send>) -> Self {
        Self::Stream(BufWriter::new(to))
    }

    pub fn file(beside: Beside) -> Result<Self, BulkError> {
        let file = beside.file().try_clone().map_err(BulkError::Write)?;
        Ok(Self::File(BufWriter::new(file), beside))
    }

    pub fn sheet(beside: Beside) -> Result<Self, BulkError> {
        let sheet = Sheet::begin(beside.folder())?;
        Ok(Self::Sheet(Box::new(sheet), beside))
    }

    /// Writes the next answers.
    pub fn write(&mut self, made: Made) -> Result<(), BulkError> {
        match (self, made) {
            // Whoever waits for an answer gets it.
            (Self::Stream(to), Made::Bytes(bytes)) => {
                to.write_all(&bytes).and_then(|()| to.flush()).map_err(BulkError::Write)
            }
            (Self::File(to, _), Made::Bytes(bytes)) => to.write_all(&bytes).map_err(BulkError::Write),
            (Self::Sheet(sheet, _), Made::Rows(rows)) => rows.iter().try_for_each(|row| sheet.row(row)),
            (Self::Sheet(..), Made::Bytes(_)) | (_, Made::Rows(_)) => Err(BulkError::Panicked),
        }
    }

    /// All is written: the file is put in its place.
    pub fn end(self) -> Result<(), BulkError> {
        match self {
            Self::Stream(mut to) => to.flush().map_err(BulkError::Write),
            Self::File(to, beside) => {
                to.into_inner().map_err(|error| BulkError::Write(error.into_error()))?;
                beside.put()
            }
            Self::Sheet(sheet, beside) => {
                sheet.end(beside.file())?;
                beside.put()
            }
        }
    }
}

/// A workbook of one sheet. Every text is written as text: never as a formula, never as a link.
pub(super) struct Sheet {
    workbook: Workbook,
    heading: Format,
    row: u32,
}

impl Sheet {
    fn begin(folder: &std::path::Path) -> Result<Self, BulkError> {
        guard(|| {
            let mut workbook = Workbook::new();
            // On the same disk, so that a full one is known, and what was said of children does not lie elsewhere.
            workbook.set_tempdir(folder)?;
            // The same answers are the same file, whenever they are made.
            let never = ExcelDateTime::from_ymd(2000, 1, 1)?;
            workbook.set_properties(&DocProperties::new().set_creation_datetime(&never));
            let sheet = workbook.add_worksheet_with_constant_memory()?;
            sheet.set_name(SHEET)?.set_freeze_panes(1, 0)?;
            Ok(Self { workbook, heading: Format::new().set_bold(), row: 0 })
        })
    }

    fn row(&mut self, cells: &[Written]) -> Result<(), BulkError> {
        if self.row > MAX_SHEET_ROWS {
            let why =
                format!("a sheet has at most {MAX_SHEET_ROWS} rows under its headings; write `.csv` or `.ndjson`");
            return Err(BulkError::Workbook(why));
        }
        guard(|| {
            let sheet = self.workbook.worksheet_from_index(0)?;
            for (column, cell) in (0_u16..).zip(cells) {
                match cell {
                    Written::Empty => {}
                    // A sheet holds numbers so, and ours are small.
                    #[expect(clippy::cast_precision_loss, reason = "ranks, rows and answers are far below")]
                    Written::Number(number) => {
                        sheet.write_number(self.row, column, *number as f64)?;
                    }
                    Written::Text(text) if self.row == 0 => {
                        sheet.write_string_with_format(self.row, column, text, &self.heading)?;
                    }
                    Written::Text(text) => {
                        sheet.write_string(self.row, column, text)?;
                    }
                }
            }
            self.row += 1;
            Ok(())
        })
    }

    fn end(mut self, file: &std::fs::File) -> Result<(), BulkError> {
        guard(|| {
            let mut to = BufWriter::new(file);
            self.workbook.save_to_writer(&mut to)?;
            to.flush().map_err(XlsxError::IoError)
        })
    }
}

/// The crate panics where a row cannot be written to the disk; here that ends as an error does.
fn guard<T>(write: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, BulkError> {
    match catch_unwind(AssertUnwindSafe(write)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(XlsxError::IoError(error))) => Err(BulkError::Write(error)),
        Ok(Err(error)) => Err(BulkError::Workbook(error.to_string())),
        Err(_) => Err(BulkError::Write(io::Error::other("the disk may be full"))),
    }
}
