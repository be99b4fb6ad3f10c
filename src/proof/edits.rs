//! What differs between two rule sets, in sentences: what it was, what it is, and which way that goes where it follows.
//!
//! Entries are matched by id, so the order of files and of entries never matters. Each edit stands for itself: which way
//! it goes is said of it alone, with everything else left as it is.

mod entry;
mod terms;

mod in_words;

mod criteria;
mod facts;
mod framework;
mod given;
mod lists;
mod thresholds;

use serde::Serialize;

use super::pair::Pair;
use entry::Entry;

pub use in_words::InWords;

/// One difference between two rule sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Edit {
    /// What it can change: the level, what is asked and done, or words alone.
    pub decides: Decides,
    /// What kind of edit it is.
    pub change: Change,
    /// Which way it goes, where that follows from the edit alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// What kind of entry it is in.
    #[serde(rename = "in")]
    pub of: Of,
    /// The entry's id.
    #[schema(example = "several_level_3_needs")]
    pub id: String,
    /// The file that it stands in now, or stood in.
    #[schema(example = "thresholds.yaml")]
    pub file: String,
    /// Which part of the entry; nothing where it is the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "how many needs")]
    pub what: Option<String>,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "3 needs")]
    pub was: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "4 needs")]
    pub is: Option<String>,
    /// The sentence.
    pub says: String,
}

/// What an edit can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EditDecides)]
pub enum Decides {
    /// The level of some child.
    Level,
    /// What is asked, done, or told by when.
    Practice,
    /// Words and sources alone.
    Words,
}

/// What kind of edit it is. Later versions may add to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EditKind)]
pub enum Change {
    /// It was not there before.
    Added,
    /// It is there no more.
    Removed,
    /// It stands at another level.
    MovedLevel,
    /// A number is another.
    Number,
    /// It says the same thing in other words, or says something else where words alone matter.
    Reworded,
    /// It is another.
    Changed,
}

/// Which way an edit goes, with everything else left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EditDirection)]
pub enum Direction {
    /// More children may reach a higher level, and none a lower.
    Loosened,
    /// Fewer children may reach a higher level, and none a higher one than before.
    Tightened,
}

/// What kind of entry an edit is in. Later versions may add to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the kinds of entries name themselves")]
#[schema(as = EditIn)]
pub enum Of {
    Fact,
    Criterion,
    Script,
    Threshold,
    Groups,
    Modifiers,
    Hardship,
    Protection,
    Mapping,
    AcrossChildren,
    Level,
    Topic,
    Action,
    Consideration,
    Timescale,
    Framework,
    Agency,
    CodeList,
    Letter,
    Stage,
    Source,
}

/// Every difference: what decides a level first, then what is asked and done, then words.
pub(super) fn edits(pair: &Pair<'_>) -> Vec<Edit> {
    let both: [Vec<Entry>; 2] = [0, 1].map(|side| {
        let rules = pair.rules[side];
        let mut entries = criteria::entries(pair, side);
        entries.extend(thresholds::entries(pair, side));
        entries.extend(framework::entries(rules));
        entries.extend(lists::entries(rules));
        entries
    });
    let [mut old, mut new] = both;
    let [old_facts, new_facts] = facts::entries(pair);
    old.extend(old_facts);
    new.extend(new_facts);
    entry::compared(old, new)
}
