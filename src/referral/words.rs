//! Closed words of a request: each list once, read by one function.

use super::request::Reader;
use crate::json::{Fault, FaultCode, Json};

/// A closed list of words.
pub(super) trait Words: Sized + Copy + 'static {
    /// Each with its word.
    const ALL: &'static [(&'static str, Self)];
}

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$says:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub enum $name { $($(#[$says])* #[serde(rename = $word)] $variant),* }

        impl $crate::referral::words::Words for $name {
            const ALL: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),*];
        }
    };
}

pub(super) use words;

pub(super) fn word<T: Words>(reader: &mut Reader, json: &Json, at: &str) -> Option<T> {
    let known = if let Json::Text(text) = json { T::ALL.iter().find(|(word, _)| word == text) } else { None };
    if known.is_none() {
        let all: Vec<&str> = T::ALL.iter().map(|(word, _)| *word).collect();
        reader.faults.push(
            Fault::new(at, FaultCode::UnknownWord, "one of a few words is expected here").instead(all.join(", ")),
        );
    }
    known.map(|(_, value)| *value)
}
