//! What to do, by when, and what else a person must see: none of it moves the level.

use std::collections::BTreeSet;

use super::view::View;
use crate::calendar::Clock;
use crate::criteria::Table;
use crate::facts::{Answer, Class};
use crate::ladder::{Priority, Within};
use crate::level::combine::row;
use crate::level::evaluation::{Conflict, Consider, Protective, RetiredAnswer, RuleFault, ToDo};
use crate::level::unknowns::is_ruled_out;

impl<'r> View<'r, '_> {
    pub(super) fn considerations(&self) -> Vec<Consider<'r>> {
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
        shown.map(|shown| Consider { id: &shown.id, says: &shown.says }).collect()
    }

    pub(super) fn actions(&self) -> Vec<ToDo<'r>> {
        let mut ids: BTreeSet<usize> = BTreeSet::new();
        for found in self.found() {
            ids.extend(&found.gives.actions);
        }
        let of_level = self.rules.index.actions_of_level.get(usize::from(self.bounds.at_least()) - 1);
        ids.extend(of_level.into_iter().flatten());
        if self.could_be_protection() {
            ids.extend(&self.rules.index.actions_while_unsettled);
        }
        let mut actions: Vec<ToDo<'r>> = ids.into_iter().map(|index| self.rules.to_do(index)).collect();
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
        self.rules.index.asked.without(&self.considered.facts).count()
    }

    pub(super) fn protective(&self) -> Vec<Protective<'r>> {
        let stated = self.rules.index.protective.iter().filter(|fact| self.facts.known(*fact) == Some(0));
        stated
            .map(|fact| &self.rules.indicators[fact])
            .map(|fact| Protective { id: &fact.id, says: &fact.ask })
            .collect()
    }

    pub(super) fn conflicts(&self) -> Vec<Conflict<'r>> {
        let mut conflicts = Vec::new();
        for other in &self.facts.other_accounts {
            let also_said = other.number.map_or_else(
                || self.rules.indicators[other.fact].classes[usize::from(other.class)].answer.clone(),
                Answer::Number,
            );
            conflicts.push(Conflict {
                fact: &self.rules.indicators[other.fact].id,
                says: "two accounts differ; the one of greater concern is used, and both are kept",
                used: self.answered(other.fact).answer,
                also_said: Some(also_said),
            });
        }
        for fact in self.facts.given.and(&self.rules.index.gated).iter() {
            if is_ruled_out(self.rules, self.facts, fact) && self.facts.class[fact] > 0 {
                conflicts.push(Conflict {
                    fact: &self.rules.indicators[fact].id,
                    says: "another answer says that this question does not arise; the answer counts all the same",
                    used: self.answered(fact).answer,
                    also_said: None,
                });
            }
        }
        conflicts
    }

    pub(super) fn retired(&self) -> Vec<RetiredAnswer<'r>> {
        let mut retired = Vec::new();
        for fact in self.facts.spoken_of().iter() {
            let indicator = &self.rules.indicators[fact];
            let class: Option<Class> = self.facts.known(fact);
            let answer = class.and_then(|class| indicator.classes.get(usize::from(class)));
            let of_answer = answer.and_then(|answer| Some((answer.retired.as_ref()?, Some(answer.answer.clone()))));
            if let Some((until, answer)) = indicator.retired.as_ref().map(|retired| (retired, None)).or(of_answer) {
                retired.push(RetiredAnswer {
                    fact: indicator.id.as_str().into(),
                    answer,
                    until: &until.until,
                    because: &until.because,
                });
            }
        }
        retired.extend(self.facts.not_in_rule_set.iter().map(|fact| RetiredAnswer {
            fact: fact.clone().into(),
            answer: None,
            until: "",
            because: "this rule set does not know it",
        }));
        retired
    }

    pub(super) fn faults(&self) -> Vec<RuleFault<'r>> {
        let failed = |table: &&Table| {
            let rows = [row(table, &self.least_facts), row(table, &self.greatest_facts)];
            rows.iter().any(|row| row.is_fault())
        };
        let faults = self.rules.tables.iter().filter(failed).map(|table| RuleFault {
            id: &table.name,
            says: "the script fails for these answers; it counts as not known",
        });
        faults.collect()
    }

    pub(super) fn say(&self) -> Vec<&'r str> {
        let framework = &self.rules.framework;
        let below = framework.below.iter().filter(|below| self.bounds.at_least() < below.rank);
        below.map(|below| below.say.as_str()).chain(framework.always_say.iter().map(String::as_str)).collect()
    }
}
