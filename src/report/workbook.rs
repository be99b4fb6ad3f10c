//! The report as a workbook: a first sheet that says what is in it, and a sheet a figure.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use super::Report;
use super::lines::rows;

/// A sheet's name has no more letters.
const NAME: usize = 31;

/// The whole report as a workbook. The same report gives the same bytes.
///
/// # Errors
/// When it cannot be written to memory.
pub fn workbook(report: &Report) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let fixed = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_title(&report.title).set_creation_datetime(&fixed));
    let (strong, wrapped) = (Format::new().set_bold(), Format::new().set_text_wrap());
    let first = book.add_worksheet();
    first.set_name("Contents")?;
    first.set_column_width(0, 44)?;
    first.set_column_width(1, 90)?;
    first.write_with_format(0, 0, format!("{}: {}", report.title, report.month()), &strong)?;
    first.write(1, 0, "Rules in force at the end of the month")?;
    first.write(1, 1, format!("{} ({})", report.rules.0, report.rules.1))?;
    first.write(2, 0, "c")?;
    let small = report.figures.small;
    first.write(2, 1, format!("A count of 1 to {small}, or another from which one could be worked out"))?;
    if let Some(checkpoint) = &report.checkpoint {
        first.write(3, 0, "Counted up to this checkpoint")?;
        first.write_with_format(3, 1, checkpoint, &wrapped)?;
    }
    for (place, figure) in report.figures.figures.iter().enumerate() {
        let row = u32::try_from(place).unwrap_or_default() + 5;
        let name: String = figure.id.chars().take(NAME).collect();
        first.write_url_with_text(row, 0, format!("internal:'{name}'!A1").as_str(), &figure.title)?;
        first.write(row, 1, &figure.finding)?;
    }
    for figure in &report.figures.figures {
        let sheet = book.add_worksheet();
        sheet.set_name(figure.id.chars().take(NAME).collect::<String>())?;
        sheet.set_column_width(0, 40)?;
        sheet.write_with_format(0, 0, &figure.title, &strong)?;
        sheet.write(1, 0, &figure.finding)?;
        sheet.write(2, 0, &figure.counted)?;
        for (row, cells) in rows(figure).into_iter().enumerate() {
            let row = u32::try_from(row).unwrap_or_default() + 4;
            for (column, cell) in cells.into_iter().enumerate() {
                let column = u16::try_from(column).unwrap_or_default();
                // The first column has names, which may look like numbers.
                match cell.parse::<f64>() {
                    _ if row == 4 => sheet.write_with_format(row, column, cell, &strong)?,
                    Ok(number) if column > 0 => sheet.write(row, column, number)?,
                    _ => sheet.write(row, column, cell)?,
                };
            }
        }
    }
    book.save_to_buffer()
}
