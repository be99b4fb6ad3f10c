//! The facts that a script declares it reads, their answers, and the rows these span.
//!
//! Rows are numbered in mixed radix in the order of the reads, the last fact fastest: yes/no is false then
//! true, a choice goes in its listed order, a number from its lowest to its highest.

use super::problem::ScriptProblem;

/// A fact that a script declares under `reads`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The fact's id, which is also its name in the script.
    pub fact: String,
    /// Every answer it can have; a script never sees "not known".
    pub answers: ReadAnswers,
}

/// Every answer that a fact can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadAnswers {
    /// `true` and `false` in the script.
    YesNo,
    /// In order of concern, least first.
    Choice(Vec<String>),
    /// Whole numbers, both ends included.
    Number {
        /// The lowest answer.
        from: i64,
        /// The highest answer.
        to: i64,
    },
}

impl ReadAnswers {
    /// How many answers there are; `None` when they are more than can be counted.
    pub(super) fn count(&self) -> Option<usize> {
        match self {
            Self::YesNo => Some(2),
            Self::Choice(answers) => Some(answers.len()),
            Self::Number { from, to } => usize::try_from((i128::from(*to) - i128::from(*from) + 1).max(0)).ok(),
        }
    }

    /// The answer at `place`, as a person would say it.
    fn say(&self, place: usize) -> String {
        match self {
            Self::YesNo => if place == 0 { "no" } else { "yes" }.to_owned(),
            Self::Choice(answers) => format!("`{}`", answers.get(place).map_or("", String::as_str)),
            Self::Number { from, .. } => (i128::from(*from) + place as i128).to_string(),
        }
    }
}

/// How many rows the reads span, when that is at least one and at most `rows_left`.
///
/// The product is taken before anything runs, so that a huge one costs nothing.
pub(super) fn rows(reads: &[Read], rows_left: usize) -> Result<usize, ScriptProblem> {
    if let Some(read) = reads.iter().find(|read| read.answers.count() == Some(0)) {
        let message = format!("`{}` has no answers, so the script cannot be worked out", read.fact);
        return Err(ScriptProblem::whole("script-no-rows", message));
    }
    let product = reads.iter().try_fold(1_usize, |rows, read| rows.checked_mul(read.answers.count()?));
    if let Some(rows) = product.filter(|rows| *rows <= rows_left) {
        return Ok(rows);
    }
    let rows =
        product.map_or_else(|| "more rows than can be counted".to_owned(), |rows| format!("{} rows", group(rows)));
    let factors: Vec<String> =
        reads.iter().map(|read| format!("`{}` {}", read.fact, say_count(&read.answers))).collect();
    let message = format!(
        "the answers of this script's facts make {rows} ({}), and {} are left in this rule set",
        factors.join(" × "),
        group(rows_left)
    );
    Err(ScriptProblem::whole("script-too-large", message).help(how_to_shrink(reads)))
}

/// Advice for the fact that has the most answers.
fn how_to_shrink(reads: &[Read]) -> String {
    let most = |read: &&Read| read.answers.count().unwrap_or(usize::MAX);
    match reads.iter().filter(|read| matches!(read.answers, ReadAnswers::Number { .. })).max_by_key(most) {
        Some(Read { fact, .. }) => format!(
            "band `{fact}`: write each band that matters as a criterion, such as `{{ {fact}: {{ at_least: 3 }} }}`, and \
             combine it with this script by `all` or `any`, so that the script need not read `{fact}`"
        ),
        None => {
            "let the script read fewer facts: what `all`, `any` and `not` can say belongs in the criterion".to_owned()
        }
    }
}

fn say_count(answers: &ReadAnswers) -> String {
    answers.count().map_or_else(|| "too many".to_owned(), group)
}

/// The answers that `row` stands for, one place a read.
pub(super) fn places(reads: &[Read], row: usize) -> Vec<usize> {
    let mut rest = row;
    let mut places: Vec<usize> = reads
        .iter()
        .rev()
        .map(|read| {
            let count = read.answers.count().unwrap_or(1).max(1);
            let place = rest % count;
            rest /= count;
            place
        })
        .collect();
    places.reverse();
    places
}

/// The answers that `row` stands for, as a person would say them.
pub(super) fn say_row(reads: &[Read], row: usize) -> String {
    let answers = reads.iter().zip(places(reads, row));
    let said: Vec<String> =
        answers.map(|(read, place)| format!("`{}` is {}", read.fact, read.answers.say(place))).collect();
    said.join(", ")
}

/// A number with its thousands apart, as a person reads it.
pub(super) fn group(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// For each read, whether any two rows that differ in it alone differ at all.
pub(super) fn that_matter<T: PartialEq>(reads: &[Read], rows: &[T]) -> Vec<bool> {
    let mut stride = rows.len();
    reads
        .iter()
        .map(|read| {
            let block = stride.max(1);
            stride = block / read.answers.count().unwrap_or(1).max(1);
            let step = stride.max(1);
            rows.chunks(block).any(|rows| rows.iter().zip(rows.iter().skip(step)).any(|(row, next)| row != next))
        })
        .collect()
}
