//! Tables that are evaluated at the terminal, in files: CSV and XLSX.

use super::{Again, Row, explained};
use crate::json::FaultCode;

pub(super) const TABLES: &[Row] = &[
    (
        FaultCode::NoHeadings,
        explained(
            "The file is empty. A table begins with a line of headings.",
            "Put the names of the facts over the columns, or the headings of a mapping.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::Headings,
        explained(
            "The line of headings cannot be read: a quotation mark is not closed in it, it is too long, or something \
             stands among the headings that is no text.",
            "`detail` says what. Write the headings as text, one to a column.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::NoHeading,
        explained(
            "Something stands in a column that has no heading. What it means cannot be told, and it might be what \
             matters most about the child.",
            "Give the column a heading, or empty its cells.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::ReservedName,
        explained(
            "A fact of the rule set is called as a column of a table is, such as `ref`, or begins with `answer_`. The \
             two could not be told apart.",
            "Use NDJSON, or let the rules call the fact something else.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::NotCommas,
        explained(
            "The cells of the line of headings are separated by something else than commas.",
            "Save it as `CSV UTF-8 (comma delimited)`, or as XLSX.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::NotCsv,
        explained(
            "What is read as comma-separated values is a workbook of a spreadsheet.",
            "Say `--from xlsx`, or save it as `CSV UTF-8 (comma delimited)`.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::NotXlsx,
        explained(
            "What is read as a workbook is none that can be read: another kind of file, an older `.xls`, one with a \
             password, or a damaged one.",
            "Save it again as an Excel workbook (`.xlsx`) without a password; for comma-separated values say \
             `--from csv`.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::NoSheet,
        explained(
            "The workbook has no sheet of that name, or none that can be seen.",
            "Say `--sheet` with one of the names that `detail` lists.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::WhichSheet,
        explained(
            "The workbook has several sheets, and it is not said which is meant.",
            "Say `--sheet` with one of the names that are suggested.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::UnknownError,
        explained(
            "A cell holds an error of the spreadsheet that is not known here, such as `#SPILL!`. The sheet cannot be \
             read beyond it.",
            "Correct the cell, or save its value alone.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::NotAFile,
        explained(
            "A workbook is read from its end, so it is taken from a file and not from standard input.",
            "Name the file.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::RefusedBefore,
        explained(
            "The file is an answer, and this row of it was refused: what it said is not in it. Read without that, it \
             would say less about the child than its sender did.",
            "Correct the row in the file that it came from.",
            Again::Changed,
        ),
    ),
];
