//! The words that ids, names and dates are made of.

use validator::ValidationError;

/// The longest text an author may write in one place.
pub(crate) const MAX_TEXT: u64 = 4000;

/// Ids are words in lower case joined by underscores, so that they read the same in every tool.
pub(crate) fn word(value: &str) -> Result<(), ValidationError> {
    let fine = value.len() <= 60
        && value.split('_').all(|part| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
        && value.starts_with(|first: char| first.is_ascii_lowercase());
    complain(fine, "must be words in lower case joined by underscores, at most 60 characters")
}

pub(crate) fn name(value: &str) -> Result<(), ValidationError> {
    word(&value.replace('-', "_")).map_err(|_| said("must be words in lower case joined by hyphens"))
}

pub(crate) fn date(value: &str) -> Result<(), ValidationError> {
    complain(value.parse::<jiff::civil::Date>().is_ok(), "must be a date in quotes, such as \"2026-12-01\"")
}

fn complain(fine: bool, message: &'static str) -> Result<(), ValidationError> {
    if fine { Ok(()) } else { Err(said(message)) }
}

fn said(message: &'static str) -> ValidationError {
    ValidationError::new("shape").with_message(message.into())
}
