//! Files of notifications: as a whole, and row by row.

use super::Of::File;
use super::{Again, Row, explained};
use crate::json::FaultCode;

/// A file, line by line.
macro_rules! file {
    ($($line:literal),+) => { concat!($($line, "\n"),+) };
}

/// A file that is taken.
const GOOD: &str = file!("Incident,Address,Child,Notes", "26/10417,1 Any Road,Ada,Late again");

pub(super) const FILES: &[Row] = &[
    (
        FaultCode::UnknownMapping,
        explained(
            "The rule set that is in force has no mapping of this name, so that nobody has said what the columns mean.",
            "`suggestion` lists the mappings. Which one is for your export, the partnership says.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::NotUtf8,
        explained(
            "The file was said to be UTF-8, and is not. Read as something else, a name could become another.",
            "Say how your system writes it: `encoding=windows-1252`, or nothing, and it is found out. `detail` says \
             on which line the first letter stands that is not UTF-8.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::NoRows,
        explained(
            "The file is empty, or has headings alone. An export that found nothing and one that broke off look the \
             same.",
            "Look whether your export should have had rows. A morning without notifications needs no file.",
            Again::Changed,
        )
        .example(File, file!("Incident,Address,Child,Notes"), GOOD),
    ),
    (
        FaultCode::UnknownColumns,
        explained(
            "None of the file's columns is one of the mapping's: its line of headings is missing, or it is another \
             export. The first line is not repeated, because without headings it is about a child.",
            "Look whether the first line has the headings, as `suggestion` lists them, and whether this mapping is \
             the one for this export. A single column that is not known has the code `unknown-column`.",
            Again::Changed,
        )
        .example(File, file!("26/10417,1 Any Road,Ada,Late again"), GOOD),
    ),
    (
        FaultCode::UnknownColumn,
        explained(
            "The file has a column of which the mapping says nothing, not even that it is ignored. It may tell of \
             what nobody has asked about yet, so it is not passed over.",
            "Look at `suggestion`: the heading may be mistyped, or renamed by a new version of your system. Else ask \
             the partnership to map the column, or to say in the mapping that it is ignored. Until then, no file with \
             it is taken.",
            Again::Changed,
        )
        .example(File, file!("Incident,Address,Child,Ntoes", "26/10417,1 Any Road,Ada,Late again"), GOOD),
    ),
    (
        FaultCode::MissingColumn,
        explained(
            "A column that the mapping reads is missing. An export that lost its column of weapons would tell of \
             calmer homes.",
            "Put the column back into the export; it may be empty. If your system has it no more, the partnership \
             changes the mapping.",
            Again::Changed,
        )
        .example(File, file!("Incident,Address,Notes", "26/10417,1 Any Road,Late again"), GOOD),
    ),
    (
        FaultCode::DuplicateColumn,
        explained(
            "Two columns have the same heading, apart from capitals and spaces. Which of the two holds cannot be told.",
            "Give each column a heading of its own.",
            Again::Changed,
        )
        .example(
            File,
            file!("Incident,Address,Child,Notes,notes", "26/10417,1 Any Road,Ada,Late again,Hungry"),
            file!("Incident,Address,Child,Notes", "26/10417,1 Any Road,Ada,\"Late again", "Hungry\""),
        ),
    ),
    (
        FaultCode::UnclosedQuote,
        explained(
            "A quotation mark opens a cell and is never closed, so that all that follows would be one cell, and its \
             rows would be lost.",
            "`detail` says on which line it opens. Let a library write the file: within a cell in quotation marks, \
             each quotation mark is doubled.",
            Again::Changed,
        )
        .example(
            File,
            file!("Incident,Address,Child,Notes", "26/10417,1 Any Road,Ada,\"Late again, hungry"),
            file!("Incident,Address,Child,Notes", "26/10417,1 Any Road,Ada,\"Late again, hungry\""),
        ),
    ),
    (
        FaultCode::DealtWithBefore,
        explained(
            "Somebody has said before how this row was dealt with.",
            "Read the batch again: it says how. Nothing is left to do.",
            Again::Done,
        ),
    ),
    (
        FaultCode::FileErased,
        explained(
            "The receipt of a batch broke off, and the file from which it would be completed is kept no longer, \
             because a referral of it was erased.",
            "Let the sender send the same file again, unchanged: it completes the same batch, and nothing is recorded \
             twice.",
            Again::DealtWith,
        )
        .for_people("Ask the sender to send the same file once more."),
    ),
];

pub(super) const ROWS: &[Row] = &[
    (
        FaultCode::NoIncident,
        explained(
            "The row names no incident. What belongs together cannot be told without, and rows of two families could \
             become one referral.",
            "Let your export give every row the number of its incident.",
            Again::SentBack,
        )
        .for_people(ROW)
        .example(File, file!("Incident,Address,Child,Notes", ",1 Any Road,Ada,Late again"), GOOD),
    ),
    (
        FaultCode::NoChild,
        explained(
            "The row names no child: no name, no NHS number, no baby who is due.",
            "Let your export name the child as far as it is known. Where no child is known by name, a person phones \
             the hub.",
            Again::SentBack,
        )
        .for_people(ROW)
        .example(File, file!("Incident,Address,Child,Notes", "26/10417,1 Any Road,,Late again"), GOOD),
    ),
    (
        FaultCode::NotADate,
        explained(
            "The cell is not a real date in the way in which the mapping says that your system writes dates. No other \
             way is tried: 04/05 could be in April or in May, and a child a month older. In JSON requests a wrong \
             date has the code `wrong-type`.",
            "`detail` says how dates are written. Change the export, or let the partnership change the mapping.",
            Again::SentBack,
        )
        .for_people(ROW)
        .example(
            File,
            file!("Incident,Address,Child,Born", "26/10417,1 Any Road,Ada,2018-05-04"),
            file!("Incident,Address,Child,Born", "26/10417,1 Any Road,Ada,04/05/2018"),
        ),
    ),
    (
        FaultCode::NotATime,
        explained(
            "The cell is not a real time in the way in which the mapping says that your system writes times. No other \
             way is tried.",
            "`detail` says how times are written. Change the export, or let the partnership change the mapping.",
            Again::SentBack,
        )
        .for_people(ROW)
        .example(
            File,
            file!("Incident,Address,Child,Notified at", "26/10417,1 Any Road,Ada,9.30 am"),
            file!("Incident,Address,Child,Notified at", "26/10417,1 Any Road,Ada,22/11/2026 09:30"),
        ),
    ),
    (
        FaultCode::StrayQuote,
        explained(
            "Something stands after the quotation mark that closes a cell, most often because a quotation mark within \
             the text was not doubled. Where the cell ends cannot be told, and the line after it may be read as a \
             row of its own.",
            "Let a library write the file: within a cell in quotation marks, each quotation mark is doubled.",
            Again::SentBack,
        )
        .for_people(ROW)
        .example(
            File,
            file!("Incident,Address,Child,Notes", "26/10417,1 Any Road,Ada,\"said \"no\", and left\""),
            file!("Incident,Address,Child,Notes", "26/10417,1 Any Road,Ada,\"said \"\"no\"\", and left\""),
        ),
    ),
    (
        FaultCode::Cells,
        explained(
            "The row has more or fewer cells than the file has columns, so that a cell may stand under the wrong \
             heading. Most often a text with a comma in it has no quotation marks around it.",
            "Let a library write the file, with quotation marks around every text that has a comma in it.",
            Again::SentBack,
        )
        .for_people(ROW)
        .example(
            File,
            file!("Incident,Address,Child,Notes", "26/10417,1 Any Road,Ada,hungry, and late again"),
            file!("Incident,Address,Child,Notes", "26/10417,1 Any Road,Ada,\"hungry, and late again\""),
        ),
    ),
    (
        FaultCode::EmptyRow,
        explained(
            "Every cell of the row is empty. It may be a row whose text was lost.",
            "Let your export leave out rows without anything in them.",
            Again::SentBack,
        )
        .for_people(ROW)
        .example(
            File,
            file!("Incident,Address,Child,Notes", "26/10417,1 Any Road,Ada,Late again", ",,,"),
            GOOD,
        ),
    ),
];

/// What somebody at the hub does with a row that waits.
const ROW: &str = "The batch lists the row under those that wait for a person. Read it whole; enter it by hand, send \
                   it back to the sender, or say that it is not about a child or holds nothing new.";
