//! The shapes of rule files, as an author writes them: what serde reads, `validator` bounds and the editor's JSON
//! Schemas are generated from. What the entries mean, and whether they make sense together, is `check.rs`' concern.

pub(crate) mod words;

mod actions;
mod code_lists;
mod condition;
mod framework;
mod guarantees;
mod letters;
mod mapping;
mod thresholds;
mod topic;

pub use actions::{ActionEntry, ActionsEntry, ConsiderationEntry};
pub use code_lists::{CodeEntry, CodeListEntry, CodeListsEntry};
pub use condition::{Comparison, ConditionEntry, NeedEntry, Scalar, ScriptEntry, TestEntry};
pub use framework::{
    ANONYMOUS_SOURCE, Agency, Below, ChildFacts, FORMAT, FrameworkEntry, InForce, Status, Timescale, Urgency, WhoAgrees,
};
pub use guarantees::{Expectable, ExpectedEntry, GuaranteeEntry, GuaranteesEntry};
pub use letters::{AnsweredBy, LettersEntry, LevelWordsEntry, NeedWordsEntry, StageEntry};
pub use mapping::{ColumnEntry, ColumnIs, MappingEntry};
pub use thresholds::{
    AcrossChildrenEntry, ForOtherChildren, HardshipEntry, InsteadEntry, ModifiersEntry, NeedOfOneChild, NeedsEntry,
    ProtectionEntry, ThresholdEntry, ThresholdsEntry,
};
pub use topic::{
    About, BandEntry, CriterionEntry, DomainEntry, GivesEntry, IndicatorEntry, Never, NumberEntry, Retired, TopicEntry,
    Unit, Worse,
};
