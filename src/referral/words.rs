//! Closed words of a request: each list once, read by one function.

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use super::request::Reader;
use crate::json::{Fault, FaultCode, Json};

/// A closed list of words.
pub(super) trait Words: Sized + Copy + 'static {
    /// Each with its word.
    const ALL: &'static [(&'static str, Self)];
}

macro_rules! words {
    ($(#[doc = $about:literal])* $name:ident { $($(#[doc = $says:literal])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[doc = $says])* #[serde(rename = $word)] $variant),* }

        impl $crate::referral::words::Words for $name {
            const ALL: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),*];
        }

        // Derived, it would say the variants' names: a word that a macro fills in is not seen.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::referral::words::one_of(concat!($($about),*).trim(), &[$($word),*])
            }
        }
        impl utoipa::ToSchema for $name {}
    };
}

/// The schema of a closed list of words.
pub(super) fn one_of(about: &str, words: &[&str]) -> RefOr<Schema> {
    let words = words.iter().copied();
    ObjectBuilder::new().schema_type(Type::String).description(Some(about)).enum_values(Some(words)).build().into()
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
