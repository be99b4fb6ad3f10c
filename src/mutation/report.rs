//! How many mutants the examples notice, and which they do not.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Kind, Mutant, Verdict};
use crate::diagnostic::Place;
use crate::facts::Answer;

/// How many mutants became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// An example fails.
    pub killed: usize,
    /// No example fails.
    pub survived: usize,
    /// Nothing differs on any possible referral; not counted.
    pub equivalent: usize,
    /// The loader refuses them; not counted.
    pub refused: usize,
}

/// What the examples notice.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Killed per hundred of those that count, rounded down; nothing where none counts.
    pub score: Option<usize>,
    /// Of all kinds.
    pub all: Tally,
    /// By kind of change.
    pub kinds: BTreeMap<Kind, Tally>,
    /// The mutants that no example notices, by file and place.
    pub survivors: Vec<Survivor>,
    /// The mutants that say the same of every possible referral.
    pub equivalent: Vec<Survivor>,
}

/// A mutant that no example notices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Survivor {
    /// What kind of change it is.
    pub kind: Kind,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// The entry that is changed.
    pub id: String,
    /// The change in a sentence.
    pub says: String,
    /// The smallest referral that is answered otherwise, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apart: Option<Vec<(String, Answer)>>,
}

impl Tally {
    /// How many count.
    pub fn counted(&self) -> usize {
        self.killed + self.survived
    }

    /// Whether so many of a hundred are killed.
    pub fn is_at_least(&self, percent: usize) -> bool {
        self.killed * 100 >= percent * self.counted()
    }

    fn take(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Refused => self.refused += 1,
            Verdict::Killed(_) => self.killed += 1,
            Verdict::Equivalent => self.equivalent += 1,
            Verdict::Survived(_) => self.survived += 1,
        }
    }
}

/// What became of mutants, each with its verdict.
pub fn report(judged: &[(Mutant, Verdict)]) -> Report {
    let mut all = Tally::default();
    let mut kinds: BTreeMap<Kind, Tally> = BTreeMap::new();
    let (mut survivors, mut equivalent) = (Vec::new(), Vec::new());
    for (mutant, verdict) in judged {
        all.take(verdict);
        kinds.entry(mutant.kind).or_default().take(verdict);
        match verdict {
            Verdict::Survived(apart) => {
                survivors.push(survivor(mutant, apart.as_ref().map(|referral| referral.said.clone())));
            }
            Verdict::Equivalent => equivalent.push(survivor(mutant, None)),
            Verdict::Refused | Verdict::Killed(_) => {}
        }
    }
    let score = (all.killed * 100).checked_div(all.counted());
    Report { score, all, kinds, survivors, equivalent }
}

fn survivor(mutant: &Mutant, apart: Option<Vec<(String, Answer)>>) -> Survivor {
    let Mutant { kind, place, id, says, .. } = mutant.clone();
    Survivor { kind, place, id, says, apart }
}
