//! `code_lists.yaml`: national and local codes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::words::word;

/// The head of `code_lists.yaml`.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(title = "code_lists.yaml of a windscreen rule set")]
pub struct CodeListsEntry {
    /// The lists.
    #[serde(default)]
    #[validate(nested)]
    pub lists: Vec<CodeListEntry>,
}

/// A national or local list of codes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, utoipa::ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CodeListEntry {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// Its title.
    #[validate(length(min = 1, max = 200))]
    pub title: String,
    /// Where it comes from.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
    /// The codes.
    #[validate(length(min = 1), nested)]
    pub codes: Vec<CodeEntry>,
}

/// One code.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema, utoipa::ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CodeEntry {
    /// The code, quoted.
    #[validate(length(min = 1, max = 12))]
    pub code: String,
    /// What it means.
    #[validate(length(min = 1, max = 300))]
    pub means: String,
    /// What to know about it.
    #[serde(default)]
    pub note: Option<String>,
}
