//! Whether two rule sets say the same of every possible referral: the level, what is found, what a manager answers, what
//! is done and how soon.
//!
//! This is what a worked example can look at, but for what is asked and what is presumed: of that nothing is proved here.

use std::collections::{BTreeMap, BTreeSet};

use super::circuit::Literal;
use super::instance::{Disagreement, Instance, Verdict};
use crate::criteria::{Condition, Gives, RuleSet};
use crate::ladder::{Rank, Within};

/// Proved where no referral is answered otherwise; else the smallest that is.
///
/// # Errors
/// When the evaluator says another level of that referral than the encoding.
pub fn alike(one: &RuleSet, other: &RuleSet) -> Result<Verdict, Disagreement> {
    let mut both = Instance::of_both(one, other);
    let within = [one, other].into_iter().flat_map(within).map(Within::nominal_hours).collect();
    let [one, other] = [(0, one), (1, other)].map(|(side, rules)| Seen { side, rules, both: &mut both }.all(&within));
    let keys: BTreeSet<&What> = one.keys().chain(other.keys()).collect();
    let mut differ = Vec::new();
    for what in keys {
        let [one, other] = [&one, &other].map(|seen| both.any(seen.get(what).into_iter().flatten().copied()));
        differ.push(both.all([one, !other]));
        differ.push(both.all([other, !one]));
    }
    let differ = both.any(differ);
    both.never(&[differ])
}

/// What can be seen of an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    AtLeast(Rank),
    Found(String),
    Considered(String),
    Done(String),
    /// A response within so many hours, as they are compared.
    Within(u32),
    /// A need that is looked for across the children of a referral.
    ForOtherChildren(String),
}

/// Every time that a response may be decided within.
fn within(rules: &RuleSet) -> Vec<Within> {
    let levels = rules.ladder.levels().iter().map(|level| level.respond_within);
    let given = rules.gives().filter_map(|gives| gives.within);
    levels.chain(given).chain(rules.actions.iter().filter_map(|action| action.within)).collect()
}

/// One of two rule sets, and what makes each thing be seen.
struct Seen<'b, 'r> {
    side: usize,
    rules: &'r RuleSet,
    both: &'b mut Instance<'r>,
}

impl<'r> Seen<'_, 'r> {
    fn all(&mut self, hours: &BTreeSet<u32>) -> BTreeMap<What, Vec<Literal>> {
        let mut seen: BTreeMap<What, Vec<Literal>> = BTreeMap::new();
        let mut add = |what: What, when: Literal| seen.entry(what).or_default().push(when);
        let rules = self.rules;
        let mut within: Vec<(u32, Literal)> = Vec::new();
        let mut consider: Vec<(usize, Literal)> = Vec::new();
        let mut act: Vec<(usize, Literal)> = Vec::new();
        for (id, gives, found) in self.found() {
            add(What::Found(id.to_owned()), found);
            within.extend(gives.within.map(|within| (within.nominal_hours(), found)));
            consider.extend(gives.considerations.iter().map(|one| (*one, found)));
            act.extend(gives.actions.iter().map(|one| (*one, found)));
        }
        for (index, criterion) in rules.criteria.iter().enumerate() {
            add(What::Found(criterion.id.clone()), self.both.encoded(self.side).criteria[index]);
        }
        for (index, threshold) in rules.thresholds.iter().enumerate() {
            let reached = self.both.encoded(self.side).thresholds[index];
            add(What::Found(threshold.id.clone()), reached);
            consider.extend(threshold.considerations.iter().map(|one| (*one, reached)));
        }
        let modified = self.both.encoded(self.side).modified;
        for (rank, considerations) in &rules.modifiers.instead {
            let (base, level) = (self.base_is(*rank), self.both.is_level(self.side, *rank));
            let instead = self.both.all([modified, base, level]);
            consider.extend(considerations.iter().map(|one| (*one, instead)));
        }
        for level in rules.ladder.levels() {
            add(What::AtLeast(level.rank), self.both.at_least(self.side, level.rank));
            let here = self.both.is_level(self.side, level.rank);
            within.push((level.respond_within.nominal_hours(), here));
            let named = |id: &String| rules.actions.iter().position(|action| action.id == *id);
            // What a level asks to be done sets no time: the level has its own.
            for action in level.actions.iter().filter_map(named) {
                add(What::Done(rules.actions[action].id.clone()), here);
            }
        }
        for (action, found) in act {
            add(What::Done(rules.actions[action].id.clone()), found);
            within.extend(rules.actions[action].within.map(|within| (within.nominal_hours(), found)));
        }
        for (one, found) in consider {
            let consideration = &rules.considerations[one];
            let until = self.both.at_least(self.side, consideration.until_level);
            add(What::Considered(consideration.id.clone()), self.both.all([found, !until]));
        }
        for hours in hours {
            within.iter().filter(|(own, _)| own <= hours).for_each(|(_, when)| add(What::Within(*hours), *when));
        }
        for across in &rules.across_children {
            let need = Condition::Need(across.need.clone());
            add(What::ForOtherChildren(across.id.clone()), self.both.condition(self.side, &need));
        }
        seen
    }

    /// Every answer and criterion that gives something, and when it is found.
    fn found(&mut self) -> Vec<(&'r str, &'r Gives, Literal)> {
        let rules = self.rules;
        let mut found = Vec::new();
        for (fact, indicator) in rules.indicators.iter().enumerate() {
            for (class, answer) in (0..).zip(&indicator.classes).filter(|(_, answer)| !answer.gives.is_nothing()) {
                let is_found = self.both.is_found(self.side, fact, class);
                found.push((indicator.id.as_str(), &answer.gives, is_found));
            }
        }
        for (index, criterion) in rules.criteria.iter().enumerate() {
            found.push((criterion.id.as_str(), &criterion.gives, self.both.encoded(self.side).criteria[index]));
        }
        found
    }

    /// Whether floors, duties and thresholds come to a rank, before any step.
    fn base_is(&mut self, rank: Rank) -> Literal {
        let [here, above] = [rank, rank + 1].map(|rank| {
            let encoded = self.both.encoded(self.side);
            let floor = usize::from(rank).checked_sub(1).and_then(|place| encoded.floor.get(place)).copied();
            let thresholds = self.rules.thresholds.iter().zip(&encoded.thresholds);
            let reached = thresholds.filter(|(threshold, _)| threshold.reaches >= rank).map(|(_, reached)| *reached);
            let ways: Vec<Literal> = floor.into_iter().chain(reached).collect();
            self.both.any(ways)
        });
        self.both.all([here, !above])
    }
}
