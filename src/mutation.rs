//! Mutation: rules made wrong on purpose, one value at a time, and whether a worked example notices.
//!
//! A rule that could be otherwise without any example failing is a rule that nobody has written down an example of. Each
//! mutant is one change to the text of one file: everything else stays byte for byte, and the loader decides whether
//! what comes out is a rule set. A mutant that says the same of every possible referral is no fault of the examples,
//! and is told apart by proof, never by having tried.

mod change;

mod conditions;
mod entries;
mod scripts;

mod judge;

mod report;

use serde::Serialize;

use crate::criteria::RuleFile;
use crate::diagnostic::Place;
use change::Edit;

pub use entries::mutants;
pub use judge::{Examined, Verdict};
pub use report::{Report, Survivor, Tally, report};

/// One change to one file of a rule set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// What kind of change it is.
    pub kind: Kind,
    /// The entry that is changed.
    pub id: String,
    /// Where it stands.
    pub place: Place,
    /// The change in a sentence.
    pub says: String,
    edit: Edit,
}

/// What kind of change a mutant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `all` for `any`, `at_least` for `at_most`, and the like.
    Operator,
    /// A number or an answer of a condition, a band or a threshold, one step off.
    Bound,
    /// A part of a condition is left out.
    Part,
    /// The other side of a yes or no.
    Negation,
    /// A level one off.
    Level,
    /// A floor, a duty, a count, a modifier, or what else is given, otherwise or not at all.
    Contribution,
    /// What is taken for so until it is said.
    Presumption,
    /// When a question is asked.
    Gate,
    /// A time one off.
    Timescale,
}

impl Kind {
    /// As one says it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Bound => "bound",
            Self::Part => "part",
            Self::Negation => "negation",
            Self::Level => "level",
            Self::Contribution => "contribution",
            Self::Presumption => "presumption",
            Self::Gate => "gate",
            Self::Timescale => "timescale",
        }
    }

    /// Whether it changes what is asked or presumed, of which nothing is proved.
    fn is_asked(self) -> bool {
        matches!(self, Self::Presumption | Self::Gate)
    }
}

impl Mutant {
    /// The files with the change made.
    pub fn made(&self, files: &[RuleFile]) -> Vec<RuleFile> {
        let mut files = files.to_vec();
        if let Some(file) = files.iter_mut().find(|file| file.path == self.place.file) {
            file.bytes = self.edit.made(&file.bytes);
        }
        files
    }
}
