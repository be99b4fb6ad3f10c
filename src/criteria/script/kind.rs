//! The kinds of value that a part of a script can have, and how to speak of them.

use super::reads::{Read, ReadAnswers};

/// The kind of value that a part of a script has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    YesNo,
    Number,
    /// The choice fact at this place among the reads.
    Choice(usize),
    /// No value, like a `let`.
    Nothing,
    /// A value on some ways through, like an `if` without `else`.
    Sometimes,
    /// `return` on every way through, so what follows is never reached.
    Returned,
    /// A problem was said already; nothing more follows from it.
    Wrong,
}

impl Kind {
    /// The kind of the fact at `place` among the reads.
    pub(super) fn of(read: &Read, place: usize) -> Self {
        match read.answers {
            ReadAnswers::YesNo => Self::YesNo,
            ReadAnswers::Choice(_) => Self::Choice(place),
            ReadAnswers::Number { .. } => Self::Number,
        }
    }

    /// Whether a statement of this kind answers something, at least on some ways.
    pub(super) fn answers(self) -> bool {
        matches!(self, Self::YesNo | Self::Number | Self::Choice(_) | Self::Sometimes)
    }

    /// The kind, as a person would say it.
    pub(super) fn say(self, reads: &[Read]) -> String {
        match self {
            Self::YesNo => "a yes or no".into(),
            Self::Number => "a number".into(),
            Self::Choice(place) => format!("the choice `{}`", reads.get(place).map_or("", |read| &read.fact)),
            Self::Nothing | Self::Sometimes | Self::Returned | Self::Wrong => "nothing".into(),
        }
    }

    /// What to do with a value of this kind where it does not fit.
    pub(super) fn advice(self, reads: &[Read]) -> Option<String> {
        match self {
            Self::YesNo => Some("a yes or no stands alone, or with `!` before it; join several by `&&` or `||`".into()),
            Self::Number => Some("compare it with a number, such as `>= 3`".into()),
            Self::Choice(place) => reads.get(place).map(answers_of),
            Self::Nothing | Self::Sometimes | Self::Returned | Self::Wrong => None,
        }
    }
}

/// The answers a choice has, in order of concern.
pub(super) fn answers_of(read: &Read) -> String {
    let answers = if let ReadAnswers::Choice(answers) = &read.answers { answers.as_slice() } else { &[] };
    let answers: Vec<String> = answers.iter().map(|answer| format!("`{answer}`")).collect();
    format!("`{}` has {} answers: {}", read.fact, answers.len(), answers.join(", "))
}

/// What an author who wrote `sign` between two values that do not fit may have meant.
pub(super) fn how_to_join(sign: &str, left: Kind, right: Kind, reads: &[Read]) -> Option<String> {
    match (sign, left, right) {
        (_, choice @ Kind::Choice(_), _) | (_, _, choice @ Kind::Choice(_)) => choice.advice(reads),
        ("+" | "-" | "*" | "/" | "%", ..) => {
            Some("to count, write `let n = 0;` and then `if hit_now { n += 1 }`".into())
        }
        ("<" | "<=" | ">" | ">=", ..) => Some("compare two numbers at a time: `0 < missing && missing < 5`".into()),
        _ => Kind::YesNo.advice(reads),
    }
}

/// What an author who compared a choice with text by `sign` may have meant, by order of concern.
pub(super) fn how_to_rank(sign: &str, fact: &str, said: &str) -> String {
    let call = match sign {
        ">=" => "at_least",
        ">" => "!at_most",
        "<=" => "at_most",
        _ => "!at_least",
    };
    format!("for the order of concern, write `{call}({fact}, \"{said}\")`")
}

/// What an author who wrote text may have meant.
pub(super) fn how_to_say(said: &str, reads: &[Read]) -> String {
    match said.trim() {
        fact if reads.iter().any(|read| read.fact == fact) => format!("for the fact, write `{fact}` without quotes"),
        number if number.parse::<i64>().is_ok() => format!("for the number, write `{number}` without quotes"),
        "true" | "yes" => "write `true` without quotes, or the fact alone".into(),
        "false" | "no" => "write `false` without quotes, or `!` before the fact".into(),
        _ => "write `care == \"poor\"`, `at_least(care, \"poor\")` or `at_most(care, \"poor\")`".into(),
    }
}
