//! Criteria: from a rules folder to a `RuleSet`, or to every reason why there is none.
//!
//! `load` is the one way in. A `RuleSet` exists only if every check passed.

pub mod entries;
pub(crate) mod yaml;

mod script;

mod rule_set;

mod condition;

mod clauses;

mod mapping;

pub(crate) mod in_words;
mod statutory;

mod draft;

mod index;

mod compile;

mod check;

mod load;
mod places;
mod read;

pub use condition::{Condition, Need, Outcome, Table};
pub use load::{Known, Loaded, RuleFile, digest_of, load, load_mapping, load_to_prove, load_with_places};
pub use mapping::{Column, Mapping, Purpose, folded};
pub use places::Places;
pub use rule_set::*;
pub use statutory::{STATUTORY_PARTS, StatutoryPart};

pub(crate) use clauses::ClauseSet;
pub(crate) use compile::{all_classes, word_of};
pub(crate) use index::Brief;
