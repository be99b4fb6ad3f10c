//! `guarantees.yaml`: what a board wants to be certain of, and what it knows and has accepted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::condition::ConditionEntry;
use super::words::word;
use crate::ladder::Rank;

/// The head of `guarantees.yaml`. It decides no level, so it is no part of the digest.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(title = "guarantees.yaml of a windscreen rule set")]
pub struct GuaranteesEntry {
    /// What holds for every referral.
    #[serde(default)]
    #[validate(nested)]
    pub guarantees: Vec<GuaranteeEntry>,
    /// What the proofs find and the board has accepted.
    #[serde(default)]
    #[validate(nested)]
    pub expected: Vec<ExpectedEntry>,
}

/// What holds for every referral that meets a condition.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct GuaranteeEntry {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// The guarantee in a sentence.
    #[validate(length(min = 1, max = 600))]
    pub says: String,
    /// When it holds; every referral, if this is left out. Free of the shape rule: any answer may be tested.
    #[serde(default)]
    pub when: Option<ConditionEntry>,
    /// Only of referrals that say nothing but about these facts.
    #[serde(default)]
    pub only: Vec<String>,
    /// The level is never below this.
    #[serde(default)]
    pub at_least: Option<Rank>,
    /// The level is never above this.
    #[serde(default)]
    pub at_most: Option<Rank>,
    /// Where that stands.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
}

/// A finding of the proofs that is known and accepted.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ExpectedEntry {
    /// What is asked.
    pub check: Expectable,
    /// What it is found of: facts, answers as `FACT: ANSWER` in one text, criteria, thresholds.
    #[validate(length(min = 1))]
    pub of: Vec<String>,
    /// Why it stays.
    #[validate(length(min = 1, max = 600))]
    pub because: String,
}

/// What may be accepted with a reason. What would make a level wrong may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expectable {
    /// Part of a condition without which it is the same.
    RedundantPart,
    /// Two criteria that hold for the same referrals.
    Duplicate,
    /// A criterion that gives nothing where it holds that another does not.
    Subsumed,
    /// Something that gives and never changes the level.
    Shadowed,
    /// An answer of concern that alone is not found by any rule.
    SilentAnswer,
    /// Two answers that no rule tells apart.
    SameAnswers,
    /// One step in an age that lowers the level by two or more.
    Cliff,
}
