//! What to do, by when, and what else a person must see: none of it moves the level.

use std::collections::BTreeSet;

use super::view::View;
use crate::calendar::Clock;
use crate::criteria::{Outcome, Table};
use crate::facts::{Answer, Class};
use crate::ladder::{Priority, Within};
use crate::level::combine::row;
use crate::level::evaluation::{Conflict, Consider, Protective, RetiredAnswer, RuleFault, ToDo};
use crate::level::unknowns::is_ruled_out;

impl View<'_> {
    pub(super) fn considerations(&self) -> Vec<Consider> {
        let mut ids: BTreeSet<usize> = BTreeSet::new();
        for found in self.found() {
            ids.extend(&found.gives.considerations);
        }
        for threshold in self.least.reached.iter() {
            ids.extend(&self.rules.thresholds[threshold].considerations);
        }
        // Where modifiers were found and no step could be made, somebody answers why not.
        if !self.least.modifiers.is_empty() && self.least.level == self.least.base {
            let instead = self.rules.modifiers.instead.iter().filter(|(rank, _)| *rank == self.least.base);
            instead.for_each(|(_, considerations)| ids.extend(considerations));
        }
        let shown = ids.into_iter().map(|index| &self.rules.considerations[index]);
        let shown = shown.filter(|consideration| self.bounds.at_least() < consideration.until_level);
        shown.map(|shown| Consider { id: shown.id.clone(), says: shown.says.clone() }).collect()
    }

    pub(super) fn actions(&self) -> Vec<ToDo> {
        let mut ids: BTreeSet<usize> = BTreeSet::new();
        for found in self.found() {
            ids.extend(&found.gives.actions);
        }
        let mut named: Vec<&String> = self.rules.ladder.level(self.bounds.at_least()).actions.iter().collect();
        if self.could_be_protection() {
            named.extend(&self.rules.framework.while_unsettled.actions);
        }
        for id in named {
            ids.extend(self.rules.actions.iter().position(|action| action.id == *id));
        }
        let mut actions: Vec<ToDo> = ids.into_iter().map(|index| self.rules.to_do(index)).collect();
        // The most urgent first; a stable sort keeps the file's order among equals.
        actions.sort_by_key(|action| action.within.map_or(u32::MAX, Within::nominal_hours));
        actions
    }

    /// Whether the answer is provisional and a protection level is still possible.
    fn could_be_protection(&self) -> bool {
        let protection = self.rules.ladder.protection_from();
        !self.bounds.is_settled() && protection.is_some_and(|from| self.bounds.at_most() >= from)
    }

    /// The priority, and every time allowed: the level's, while unsettled, the findings' and the actions'.
    pub(super) fn urgency(&self) -> (Priority, Vec<(Within, Clock)>) {
        let level = self.rules.ladder.level(self.bounds.at_least());
        let mut priority = level.priority;
        let mut limits = vec![(level.respond_within, Clock::Always)];
        if self.could_be_protection() {
            let unsettled = &self.rules.framework.while_unsettled;
            priority = priority.max(unsettled.priority);
            limits.push((unsettled.respond_within, Clock::Always));
        }
        for found in self.found() {
            limits.extend(found.gives.within.map(|within| (within, Clock::Always)));
            let actions = found.gives.actions.iter().map(|action| &self.rules.actions[*action]);
            limits.extend(actions.filter_map(|action| Some((action.within?, action.clock))));
        }
        (priority, limits)
    }

    pub(super) fn not_raised(&self) -> usize {
        let index = &self.rules.index;
        let askable = (0..self.rules.indicators.len()).filter(|fact| !index.retired.contains(*fact));
        askable.filter(|fact| !self.considered.facts.contains(*fact)).count()
    }

    pub(super) fn protective(&self) -> Vec<Protective> {
        let stated = self.rules.index.protective.iter().filter(|fact| self.facts.known(*fact) == Some(0));
        stated
            .map(|fact| &self.rules.indicators[fact])
            .map(|fact| Protective { id: fact.id.clone(), says: fact.ask.clone() })
            .collect()
    }

    pub(super) fn conflicts(&self) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        for other in &self.facts.other_accounts {
            let also_said = other.number.map_or_else(
                || self.rules.indicators[other.fact].classes[usize::from(other.class)].answer.clone(),
                Answer::Number,
            );
            conflicts.push(Conflict {
                fact: self.rules.indicators[other.fact].id.clone(),
                says: "two accounts differ; the one of greater concern is used, and both are kept".to_owned(),
                used: self.answered(other.fact).answer,
                also_said: Some(also_said),
            });
        }
        for fact in self.facts.given.and(&self.rules.index.gated).iter() {
            if is_ruled_out(self.rules, self.facts, fact) && self.facts.class[fact] > 0 {
                conflicts.push(Conflict {
                    fact: self.rules.indicators[fact].id.clone(),
                    says: "another answer says that this question does not arise; the answer counts all the same"
                        .to_owned(),
                    used: self.answered(fact).answer,
                    also_said: None,
                });
            }
        }
        conflicts
    }

    pub(super) fn retired(&self) -> Vec<RetiredAnswer> {
        let mut retired = Vec::new();
        for fact in self.facts.spoken_of().iter() {
            let indicator = &self.rules.indicators[fact];
            let class: Option<Class> = self.facts.known(fact);
            let answer = class.and_then(|class| indicator.classes.get(usize::from(class)));
            let of_answer = answer.and_then(|answer| Some((answer.retired.as_ref()?, Some(answer.answer.clone()))));
            if let Some((until, answer)) = indicator.retired.as_ref().map(|retired| (retired, None)).or(of_answer) {
                retired.push(RetiredAnswer {
                    fact: indicator.id.clone(),
                    answer,
                    until: until.until.clone(),
                    because: until.because.clone(),
                });
            }
        }
        retired.extend(self.facts.not_in_rule_set.iter().map(|fact| RetiredAnswer {
            fact: fact.clone(),
            answer: None,
            until: String::new(),
            because: "this rule set does not know it".to_owned(),
        }));
        retired
    }

    pub(super) fn faults(&self) -> Vec<RuleFault> {
        let failed = |table: &&Table| {
            let rows = [row(table, &self.least_facts), row(table, &self.greatest_facts)];
            rows.iter().any(|row| matches!(row, Outcome::Failed | Outcome::FailedAboveTrue))
        };
        let faults = self.rules.tables.iter().filter(failed).map(|table| RuleFault {
            id: table.name.clone(),
            says: "the script fails for these answers; it counts as not known".to_owned(),
        });
        faults.collect()
    }

    pub(super) fn say(&self) -> Vec<String> {
        let framework = &self.rules.framework;
        let below = framework.below.iter().filter(|below| self.bounds.at_least() < below.rank);
        below.map(|below| below.say.clone()).chain(framework.always_say.iter().cloned()).collect()
    }
}
