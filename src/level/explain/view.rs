//! One referral as evaluated, and the two questions that every explanation asks of the evaluator.

use crate::criteria::{Contribution, Gives, RuleSet};
use crate::facts::{Class, FactIndex, FactSet, Facts};
use crate::ladder::Rank;
use crate::level::combine::{Begun, Completed, Findings, Pass, combine, effective, is_softened, level};
use crate::level::evaluation::FactAnswer;
use crate::level::unknowns::{Bounds, Considered, completed};

/// One referral as evaluated.
pub(super) struct View<'r, 'f> {
    pub(super) rules: &'r RuleSet,
    pub(super) facts: &'f Facts,
    pub(super) considered: Considered,
    pub(super) bounds: Bounds,
    /// The least pass: what is established, given what is presumed.
    pub(super) least_facts: Completed<'f>,
    pub(super) least: Findings,
    /// The same before the needs were looked at.
    pub(super) begun: Begun,
    /// What is filled in for the greatest pass.
    pub(super) greatest_facts: Completed<'f>,
}

impl<'r> View<'r, '_> {
    /// What every finding of the least pass gives: facts in order, then criteria in order of evaluation.
    pub(super) fn found(&self) -> impl Iterator<Item = Found<'r>> {
        let facts = self.least_facts.beyond_least.iter().filter_map(|fact| {
            let class = self.rules.indicators[fact].classes.get(usize::from(self.least_facts.class[fact]))?;
            Some(Found { of: Of::Fact(fact), gives: &class.gives })
        });
        let criteria = self.least.holding.iter();
        let criteria =
            criteria.map(|index| Found { of: Of::Criterion(index), gives: &self.rules.criteria[index].gives });
        facts.chain(criteria).filter(|found| !found.gives.is_nothing())
    }

    pub(super) fn contribution(&self, gives: &Gives) -> Contribution {
        effective(gives, is_softened(self.rules, &self.least_facts, gives))
    }

    pub(super) fn answered(&self, fact: FactIndex) -> FactAnswer<'r> {
        let class = self.least_facts.class[fact];
        FactAnswer { fact: &self.rules.indicators[fact].id, answer: self.rules.shown(self.facts, fact, class) }
    }

    pub(super) fn findings_of(&self, facts: &Facts) -> Findings {
        combine(self.rules, &completed(self.rules, facts, &self.considered, Pass::Least))
    }

    pub(super) fn level_of(&self, facts: &Facts) -> Rank {
        level(self.rules, &completed(self.rules, facts, &self.considered, Pass::Least))
    }

    /// The level if one question were answered so, with every other unknown at its least. Where it is open, the least
    /// pass goes on with that answer, unless telling it may take something away.
    pub(super) fn level_with(&self, fact: FactIndex, class: Class) -> Rank {
        if !self.considered.open.contains(fact) || self.rules.index.told.contains(fact) {
            let mut changed = self.facts.clone();
            changed.set(fact, class);
            return self.level_of(&changed);
        }
        if class == 0 {
            return self.least.level;
        }
        let mut told = self.least_facts.clone();
        told.class[fact] = class;
        let only: FactSet = [fact].into_iter().collect();
        told.beyond_least = told.beyond_least.or(&only);
        let mut begun = self.begun.clone();
        begun.add(self.rules, &told, &only);
        begun.level(self.rules, &told)
    }
}

/// A finding: a fact beyond its least answer, or a criterion that holds.
pub(super) struct Found<'r> {
    pub(super) of: Of,
    pub(super) gives: &'r Gives,
}

pub(super) enum Of {
    Fact(FactIndex),
    Criterion(usize),
}
