//! `letters.yaml`: what families are told, in easy words, and how somebody who disagrees is answered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::words::word;
use crate::ladder::{Rank, Within};

/// The head of `letters.yaml`.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(title = "letters.yaml of a windscreen rule set")]
pub struct LettersEntry {
    /// What each level means, one for each rank.
    #[serde(default)]
    #[schemars(required)]
    #[validate(nested)]
    pub levels: Vec<LevelWordsEntry>,
    /// What a family may be told that help is needed with; what stands in no row never enters a letter.
    #[serde(default)]
    #[validate(nested)]
    pub needs: Vec<NeedWordsEntry>,
    /// The stages of a disagreement, the nearest first.
    #[serde(default)]
    #[validate(nested)]
    pub disagreement: Vec<StageEntry>,
}

/// A level in words for a family.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LevelWordsEntry {
    /// Its rank.
    pub rank: Rank,
    /// One or two short sentences, without its number.
    #[validate(length(min = 1, max = 600))]
    pub says: String,
}

/// A need in words for a family: what help is about, never what was said or by whom.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NeedWordsEntry {
    /// The fact.
    pub fact: String,
    /// What follows on "may need help with".
    #[validate(length(min = 1, max = 120))]
    pub says: String,
}

/// One stage of a disagreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct StageEntry {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// Who answers, as a letter says it.
    #[validate(length(min = 1, max = 120))]
    pub who: String,
    /// Who records the answer.
    pub answered_by: AnsweredBy,
    /// How soon.
    pub within: Within,
    /// Where that stands.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
}

/// Who records the answer of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnsweredBy {
    /// Whoever may decide, the one who decided included.
    Decider,
    /// A manager who neither took the decision nor answered before.
    Manager,
    /// Somebody who does not sign in here, such as a board; a manager records who answered and what.
    Named,
}
