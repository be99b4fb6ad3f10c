//! `thresholds.yaml`: how counted needs reach a level.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::condition::{ConditionEntry, NeedEntry};
use super::topic::DomainEntry;
use super::words::word;
use crate::ladder::Rank;

/// The head of `thresholds.yaml`: how counted needs reach a level.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(title = "thresholds.yaml of a windscreen rule set")]
pub struct ThresholdsEntry {
    /// Groups of domains that a threshold may count by.
    #[serde(default)]
    pub groups: IndexMap<String, Vec<DomainEntry>>,
    /// The thresholds.
    #[serde(default)]
    #[validate(nested)]
    pub thresholds: Vec<ThresholdEntry>,
    /// How far modifiers raise.
    #[serde(default)]
    #[validate(nested)]
    pub modifiers: Option<ModifiersEntry>,
    /// What material hardship never does.
    #[serde(default)]
    #[validate(nested)]
    pub hardship: Option<HardshipEntry>,
    /// Which protective facts cancel which modifiers.
    #[serde(default)]
    pub protection: Vec<ProtectionEntry>,
    /// What one child's findings ask for the others.
    #[serde(default)]
    #[validate(nested)]
    pub across_children: Vec<AcrossChildrenEntry>,
}

/// What must be met for counted needs to reach a level.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ThresholdEntry {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// The sentence for the reasons.
    #[validate(length(min = 1, max = 1000))]
    pub says: String,
    /// Why these numbers.
    #[validate(length(min = 1, max = 2000))]
    pub reason: String,
    /// Where this comes from.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
    /// The level reached.
    pub reaches: Rank,
    /// All must hold.
    #[validate(length(min = 1, max = 8), nested)]
    pub needs: Vec<NeedsEntry>,
    /// When the threshold does not hold; without effect while a modifier is found.
    #[serde(default)]
    pub unless: Option<ConditionEntry>,
    /// What a manager must answer when it is reached.
    #[serde(default)]
    pub consider: Vec<String>,
}

/// So many needs at a level or above.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NeedsEntry {
    /// The level; needs above it count too.
    pub at: Rank,
    /// How many.
    #[validate(range(min = 1, max = 100))]
    pub at_least: u16,
    /// In at least so many domains.
    #[serde(default)]
    #[validate(range(min = 1, max = 4))]
    pub domains: Option<u8>,
    /// In at least so many groups.
    #[serde(default)]
    #[validate(range(min = 1, max = 8))]
    pub groups: Option<u8>,
}

/// How far modifiers raise, and from where.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ModifiersEntry {
    /// At most so many steps in total.
    #[validate(range(min = 0, max = 3))]
    pub steps_at_most: u8,
    /// From these levels only.
    pub from: Vec<Rank>,
    /// What is asked instead where no step is made.
    #[serde(default)]
    pub instead: Vec<InsteadEntry>,
    /// Why.
    #[validate(length(min = 1, max = 2000))]
    pub reason: String,
    /// Where this comes from.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
}

/// What is asked instead of a step at a level.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InsteadEntry {
    /// The level.
    pub at: Rank,
    /// What a manager must answer.
    pub consider: Vec<String>,
}

/// What material hardship never does.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct HardshipEntry {
    /// The level that counted hardship never helps to reach, nor any above it.
    pub never_reaches: Rank,
    /// Why.
    #[validate(length(min = 1, max = 2000))]
    pub reason: String,
    /// Where this comes from.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
}

/// A protective fact and the modifiers it cancels.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProtectionEntry {
    /// The protective fact.
    pub fact: String,
    /// The modifiers.
    pub cancels: Vec<String>,
}

/// What one child's findings ask for every other child.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AcrossChildrenEntry {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// The sentence for the reasons.
    #[validate(length(min = 1, max = 1000))]
    pub says: String,
    /// When one child has this.
    pub when_one_child_has: NeedOfOneChild,
    /// Every other child gets this.
    pub every_other_child: ForOtherChildren,
    /// Where this comes from.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
}

/// A need that one child has.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedOfOneChild {
    /// The need.
    pub need: NeedEntry,
}

/// Actions and first questions; never a level.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForOtherChildren {
    /// What to do.
    #[serde(default)]
    pub actions: Vec<String>,
    /// What to ask first.
    #[serde(default)]
    pub ask_first: Vec<String>,
}
