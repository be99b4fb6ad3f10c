//! An answer as a line of JSON, as a batch of the API answers it; or in brief, for whoever counts millions.

use serde::ser::{Serialize, Serializer};

use crate::criteria::RuleSet;
use crate::facts::Facts;
use crate::json::Fault;
use crate::ladder::Rank;
use crate::level::{Bounds, Evaluation, Explain, Outline, evaluate, outline};
use crate::referral::{Indicated, IndicatedChild};

/// What one line or row is answered with.
#[derive(serde::Serialize)]
pub(super) struct Line<'a, 'r> {
    #[serde(rename = "ref")]
    pub reference: Option<&'a str>,
    #[serde(flatten)]
    pub says: Says<'a, 'r>,
}

/// What it says, under the key that tells which.
#[derive(serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Says<'a, 'r> {
    /// One child.
    Evaluation(&'a Evaluation<'r>),
    /// Several children.
    Children(&'a [IndicatedChild<'r>]),
    /// One child in brief.
    Brief(&'a Brief<'r>),
    /// Several children in brief.
    #[serde(rename = "children")]
    Briefs(&'a [BriefChild<'r>]),
    /// Why it was not evaluated.
    Problem {
        errors: &'a [Fault],
        /// Said of a table, whose rows are not its lines.
        #[serde(skip_serializing_if = "Option::is_none")]
        row: Option<usize>,
    },
}

impl<'a, 'r> Says<'a, 'r> {
    /// An answer in full.
    pub fn of(indicated: &'a Indicated<'r>) -> Self {
        match indicated {
            Indicated::Child(evaluation) => Self::Evaluation(evaluation),
            Indicated::Children { children } => Self::Children(children),
        }
    }
}

impl Line<'_, '_> {
    /// Writes it behind others.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        // Writing to memory cannot fail, and every key is text.
        let _ = serde_json::to_writer(&mut *bytes, self);
        bytes.push(b'\n');
    }
}

/// What the criteria indicate for a child without a word: both bounds, and what was found, by name. It says neither
/// what to do nor what to ask, so nobody decides by it.
pub(super) struct Brief<'r> {
    rules: &'r RuleSet,
    outline: Outline,
    faults: Vec<&'r str>,
}

/// One of several children in brief.
#[derive(serde::Serialize)]
pub(super) struct BriefChild<'r> {
    #[serde(rename = "ref")]
    pub reference: String,
    pub brief: Brief<'r>,
}

impl<'r> Brief<'r> {
    pub fn of(rules: &'r RuleSet, facts: &Facts) -> Self {
        let outline = outline(rules, facts);
        // Which scripts fail is a rare question, and the whole answer knows.
        let faults = if outline.script_fails { evaluate(rules, facts, Explain::None).faults } else { Vec::new() };
        Self { rules, outline, faults: faults.iter().map(|fault| fault.id).collect() }
    }

    pub fn bounds(&self) -> Bounds {
        self.outline.bounds
    }
}

impl Serialize for Brief<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// Names one by one, with no list of them made.
        struct Names<I>(I);
        impl<'n, I: Iterator<Item = &'n str> + Clone> Serialize for Names<I> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.clone())
            }
        }
        #[derive(serde::Serialize)]
        struct Written<'b, R: Serialize, T: Serialize> {
            rule_set: &'b str,
            at_least: Rank,
            at_most: Rank,
            reasons: R,
            thresholds: T,
            faults: &'b [&'b str],
        }
        let Self { rules, outline, faults } = self;
        let thresholds = outline.thresholds.iter().map(|threshold| rules.thresholds()[threshold].id.as_str());
        let written = Written {
            rule_set: &rules.id().digest,
            at_least: outline.bounds.at_least(),
            at_most: outline.bounds.at_most(),
            reasons: Names(outline.reasons(rules)),
            thresholds: Names(thresholds),
            faults,
        };
        written.serialize(serializer)
    }
}
