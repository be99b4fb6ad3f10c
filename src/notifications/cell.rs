//! What one cell of a mapped column says: an answer by its word, a date, a time. What cannot be told is said, never
//! guessed. A file of notifications and a table at the terminal are read by the same words.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use crate::criteria::{RuleSet, folded};
use crate::facts::{Answer, Said};
use crate::json::FaultCode;

/// Why a cell cannot be taken: a stable code and a sentence that repeats nothing of the cell.
pub(crate) type Why = (FaultCode, String);

/// What a cell answers by the words of its mapping: nothing where it is empty and that is not asked; `None` where the
/// mapping does not say.
pub(crate) fn answer(
    cell: &str,
    words: &BTreeMap<String, Said>,
    whole_number: bool,
    empty: Option<&Said>,
) -> Option<Option<Said>> {
    match (cell.is_empty(), words.get(&folded(cell)), cell.parse::<i64>()) {
        (true, None, _) => Some(empty.cloned()),
        (_, Some(said), _) => Some(Some(said.clone())),
        (false, None, Ok(number)) if whole_number => Some(Some(Said::Answer(Answer::Number(number)))),
        (false, None, _) => None,
    }
}

/// A word that the mapping does not list.
pub(crate) fn unknown_word(column: &str) -> Why {
    (FaultCode::UnknownWord, format!("the mapping does not say what this word under `{column}` means"))
}

/// A form of dates and times as people write it.
fn in_words(form: &str) -> String {
    let parts = [("%d", "day"), ("%m", "month"), ("%Y", "year"), ("%H", "hour"), ("%M", "minute"), ("%S", "second")];
    parts.iter().fold(form.to_owned(), |form, (sign, word)| form.replace(sign, word))
}

/// A date as it is written.
pub(crate) fn date(cell: &str, form: &str) -> Result<Date, Why> {
    Date::strptime(form, cell)
        .map_err(|_| (FaultCode::NotADate, format!("a real date is expected here, written as {}", in_words(form))))
}

/// A time as it is written: with its offset, or as clocks in London showed it.
pub(crate) fn time(cell: &str, form: &str, rules: &RuleSet) -> Result<Timestamp, Why> {
    let read = match (Timestamp::strptime(form, cell), DateTime::strptime(form, cell)) {
        (Ok(at), _) => Some(at),
        (_, Ok(local)) => in_london(local, rules),
        (Err(_), Err(_)) => None,
    };
    read.ok_or_else(|| (FaultCode::NotATime, format!("a real time is expected here, written as {}", in_words(form))))
}

/// When clocks in London showed a time. Of an hour that comes twice the first: the clock of a response starts no later
/// than it may.
pub(crate) fn in_london(local: DateTime, rules: &RuleSet) -> Option<Timestamp> {
    let london = rules.framework().calendar.london(Timestamp::UNIX_EPOCH).time_zone().clone();
    local.to_zoned_datetime(london).ok().map(|zoned| zoned.timestamp())
}
