//! One cell of a table, and the guard by which a spreadsheet does not run it.

use std::borrow::Cow;

use jiff::civil::DateTime;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// Nothing: not asked.
    Empty,
    /// Text; of comma-separated values every cell is.
    Text(String),
    /// A whole number, as a sheet holds it.
    Number(i64),
    /// A sheet's `TRUE` or `FALSE`.
    YesNo(bool),
    /// A cell that a sheet shows as a date or a time.
    Date(DateTime),
    /// What no answer can be, in words.
    Other(&'static str),
}

impl Cell {
    /// Text as a cell; of spaces alone it is empty.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.trim().is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// A number of a sheet, which holds whole ones as if they were not.
    pub fn number(number: f64) -> Self {
        /// Beyond it two whole numbers may be one.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and no greater than can be told exactly")]
        if number.fract() == 0.0 && number.abs() < EXACT {
            Self::Number(number as i64)
        } else {
            Self::Other("a number that is not whole")
        }
    }

    /// Its text, where it is text or a whole number.
    pub fn as_text(&self) -> Result<Cow<'_, str>, &'static str> {
        match self {
            Self::Empty => Ok("".into()),
            Self::Text(text) => Ok(text.trim().into()),
            Self::Number(number) => Ok(number.to_string().into()),
            Self::YesNo(_) => Err("`TRUE` or `FALSE`"),
            Self::Date(_) => Err("a date"),
            Self::Other(what) => Err(what),
        }
    }

    /// About how much memory it takes.
    pub fn size(&self) -> usize {
        size_of::<Self>() + if let Self::Text(text) = self { text.len() } else { 0 }
    }
}

/// Text as it is written among comma-separated values: what a spreadsheet would run has an apostrophe before it, as
/// OWASP advises for formula injection. It comes off again by `unguarded`, and by nothing else is anything lost.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if is_run(text.trim_start_matches('\'')) { format!("'{text}").into() } else { text.into() }
}

/// Text as it was before `guarded`.
pub fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_run(rest.trim_start_matches('\'')) => rest,
        _ => text,
    }
}

/// Whether a spreadsheet may run a text: it begins with a sign that begins a formula, or with a tab or the end of a
/// line; after spaces and what cannot be seen too, and in the wide forms that some turn into the narrow ones.
fn is_run(text: &str) -> bool {
    let unseen = |c: char| {
        (c.is_whitespace() && !matches!(c, '\t' | '\r' | '\n'))
            || matches!(c, '\u{0}' | '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    let first = text.trim_start_matches(unseen).chars().next();
    first.is_some_and(|c| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠' | '−'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_guarded() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "  =1",
            "\u{a0}=1",
            "＝1",
            "＋1",
            "－1",
            "＠a",
            " ＝1",
            "\u{feff}=1",
            "\u{200b}@a",
            "'=1",
            "''=1",
        ] {
            assert_eq!(guarded(text), format!("'{text}"), "{text:?}");
        }
        for text in ["", "a=1", "1-2", "'quoted'", "O'Brien", "not_known", "5"] {
            assert_eq!(guarded(text), text, "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_guard_comes_off_exactly(text in "['=+@\t\r\n \u{ff1d}a-]{0,6}|\\PC{0,8}") {
            let guarded = guarded(&text);
            prop_assert!(!is_run(&guarded));
            prop_assert_eq!(unguarded(&guarded), text.as_str());
        }
    }

    #[test]
    fn whole_numbers_of_a_sheet_are_numbers() {
        assert_eq!(Cell::number(5.0), Cell::Number(5));
        assert_eq!(Cell::number(-3.0), Cell::Number(-3));
        for number in [0.5, f64::NAN, f64::INFINITY, 9_007_199_254_740_992.0] {
            assert!(matches!(Cell::number(number), Cell::Other(_)), "{number}");
        }
    }
}
