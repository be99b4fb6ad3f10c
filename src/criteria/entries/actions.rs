//! `actions.yaml`: what to do and what to consider, listed once.

use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

use super::words::word;
use crate::calendar::Clock;
use crate::ladder::{Rank, Within};

/// `actions.yaml`: what to do and what to consider, listed once.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(title = "actions.yaml of a windscreen rule set")]
pub struct ActionsEntry {
    /// What to do.
    #[serde(default)]
    #[validate(nested)]
    pub actions: Vec<ActionEntry>,
    /// What a manager must answer.
    #[serde(default)]
    #[validate(nested)]
    pub considerations: Vec<ConsiderationEntry>,
}

/// Something to do.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ActionEntry {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// What to do, in a sentence.
    #[validate(length(min = 1, max = 1000))]
    pub says: String,
    /// How soon.
    #[serde(default)]
    pub within: Option<Within>,
    /// Whether its hours run outside office hours.
    #[serde(default)]
    pub clock: Clock,
    /// Where this comes from.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
}

/// Something a manager must answer.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ConsiderationEntry {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// What must be answered.
    #[validate(length(min = 1, max = 1000))]
    pub says: String,
    /// Shown while the answer is below this level.
    pub until_level: Rank,
}
