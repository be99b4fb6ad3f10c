//! Why not higher, and what would change the level: the answers next to the ones given.

use std::collections::BTreeSet;

use super::view::View;
use crate::criteria::Needs;
use crate::facts::{Answer, FactIndex};
use crate::ladder::Rank;
use crate::level::combine::tally;
use crate::level::evaluation::{StoppedBy, WhyNot, WouldChange};

/// More near misses than this hide the nearest.
const MAX_NEAR_MISSES: usize = 5;
/// More changes than this are not read.
const MAX_CHANGES: usize = 12;

impl<'r> View<'r, '_> {
    /// What the nearest criteria and thresholds of the next level would take.
    pub(super) fn why_not_higher(&self) -> Vec<WhyNot<'r>> {
        let next = self.bounds.at_least() + 1;
        if next > self.rules.ladder.highest() {
            return Vec::new();
        }
        let mut near: Vec<(usize, WhyNot<'r>)> = Vec::new();
        for fact in self.considered.facts.iter() {
            near.extend(self.nearest_answer(fact, next).map(|why| (1, why)));
        }
        for (index, criterion) in self.rules.criteria.iter().enumerate() {
            if criterion.gives.contribution.rank() >= next && !self.least.holding.contains(index) {
                near.extend(self.nearest_criterion(index).filter(|(missing, _)| *missing <= 2));
            }
        }
        for (index, threshold) in self.rules.thresholds.iter().enumerate() {
            if threshold.reaches < next || self.least.reached.contains(index) {
                continue;
            }
            let leave_out = self.rules.leaves_out_hardship(threshold);
            let count = |part: &Needs| tally(part, &self.least, leave_out);
            let missing: usize = threshold.needs.iter().map(|part| part.at_least.saturating_sub(count(part))).sum();
            if threshold.needs.iter().any(|part| count(part) > 0) {
                let why = WhyNot {
                    id: &threshold.id,
                    says: threshold.says.as_str().into(),
                    would_reach: threshold.reaches,
                    stopped_by: Vec::new(),
                };
                near.push((missing.max(1), why));
            }
        }
        // The fewest answers away first; among those, what has to do with something found.
        let (by_criterion, by_topic) = self.related();
        let is_related = |why: &WhyNot| {
            let facts = why.stopped_by.iter().filter_map(|stop| self.rules.fact(stop.fact));
            facts.map(|fact| if by_criterion.contains(fact) { 0 } else { 2 - u8::from(by_topic.contains(fact)) }).min()
        };
        near.sort_by_key(|(missing, why)| (*missing, is_related(why).unwrap_or(0), why.would_reach));
        near.into_iter().map(|(_, why)| why).take(MAX_NEAR_MISSES).collect()
    }

    /// The least answer to a fact that alone would reach a level.
    fn nearest_answer(&self, fact: FactIndex, next: Rank) -> Option<WhyNot<'r>> {
        let now = self.facts.known(fact);
        let indicator = &self.rules.indicators[fact];
        for class in now.unwrap_or(0) + 1..=self.rules.greatest(fact) {
            let gives = &indicator.classes[usize::from(class)].gives;
            if gives.contribution.rank() < next || self.rules.index.unordered.contains(fact) {
                continue;
            }
            let level = self.level_with(fact, class);
            if level >= next {
                let answer = self.rules.shown(self.facts, fact, class);
                return Some(WhyNot {
                    id: &indicator.id,
                    says: self.rules.says(fact, class, &answer),
                    would_reach: level,
                    stopped_by: vec![self.stopped_by(fact)],
                });
            }
        }
        None
    }

    /// The facts that stop a criterion: all its facts at their greatest make it hold, and then as many as can go back
    /// to what they are do.
    fn nearest_criterion(&self, index: usize) -> Option<(usize, WhyNot<'r>)> {
        let criterion = &self.rules.criteria[index];
        let mut changed = self.facts.clone();
        let reads: Vec<FactIndex> =
            criterion.reads.iter().filter(|fact| !self.rules.index.presumed.contains(*fact)).collect();
        for fact in &reads {
            changed.set(*fact, self.rules.greatest(*fact));
        }
        if !self.findings_of(&changed).holding.contains(index) {
            return None;
        }
        let mut stopping = Vec::new();
        for fact in reads {
            let greatest = changed.class[fact];
            match self.facts.known(fact) {
                Some(class) => changed.set(fact, class),
                None => changed.forget(fact),
            }
            if !self.findings_of(&changed).holding.contains(index) {
                changed.set(fact, greatest);
                stopping.push(fact);
            }
        }
        let level = self.level_of(&changed);
        if level <= self.bounds.at_least() || stopping.is_empty() {
            return None;
        }
        let why = WhyNot {
            id: &criterion.id,
            says: criterion.says.as_deref().unwrap_or_default().into(),
            would_reach: level,
            stopped_by: stopping.iter().map(|fact| self.stopped_by(*fact)).collect(),
        };
        Some((stopping.len(), why))
    }

    fn stopped_by(&self, fact: FactIndex) -> StoppedBy<'r> {
        let answer = if self.facts.given.contains(fact) {
            self.answered(fact).answer
        } else if self.considered.facts.contains(fact) {
            not_known()
        } else {
            Answer::Word("not_raised".to_owned())
        };
        StoppedBy { fact: &self.rules.indicators[fact].id, answer }
    }

    /// Single answers that would give another lower bound: each fact's nearest answer up, and the answer down.
    pub(super) fn would_change(&self) -> Vec<WouldChange<'r>> {
        let at_least = self.bounds.at_least();
        let mut changes = Vec::new();
        for fact in self.facts.given.or(&self.considered.open).iter() {
            let now = self.facts.known(fact);
            let index = &self.rules.index;
            // A child's age and mobility are as they are, and what has happened has happened.
            let is_as_it_is = index.circumstances.contains(fact) || now.is_some() && index.past.contains(fact);
            if index.unordered.contains(fact) || is_as_it_is {
                continue;
            }
            let mut told: BTreeSet<Rank> = BTreeSet::new();
            for class in 0..=self.rules.greatest(fact) {
                if Some(class) == now {
                    continue;
                }
                let level = self.level_with(fact, class);
                if level != at_least && told.insert(level) {
                    let indicator = &self.rules.indicators[fact];
                    let (ask, were) = (&indicator.ask, indicator.in_words(class, class));
                    changes.push(WouldChange {
                        fact: &indicator.id,
                        now: if now.is_some() { self.answered(fact).answer } else { not_known() },
                        were: indicator.classes[usize::from(class)].answer.clone(),
                        at_least: level,
                        says: if level < at_least {
                            format!(
                                "The level would have been lower, at least {level}, had “{ask}” been answered “{were}”."
                            )
                        } else {
                            format!("The level would be at least {level} if “{ask}” were answered “{were}”.")
                        },
                    });
                }
            }
        }
        // What is known comes first: it is what a person may have wrong.
        changes.sort_by_key(|change| change.now == not_known());
        changes.truncate(MAX_CHANGES);
        changes
    }
}

/// What stands in place of an answer that nobody gave.
fn not_known() -> Answer {
    Answer::Word("not_known".to_owned())
}
