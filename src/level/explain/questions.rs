//! What to ask next: the unknown facts whose answers can change the level, the most useful first.

use super::view::{Of, View};
use crate::bits::Bits;
use crate::criteria::Kind;
use crate::facts::{FactIndex, FactSet};
use crate::ladder::Rank;
use crate::level::combine::{Pass, level};
use crate::level::evaluation::Question;
use crate::level::unknowns::{Considered, completed, is_ruled_out};

/// More questions than this are not asked in one call.
const MAX_QUESTIONS: usize = 12;

impl<'r> View<'r, '_> {
    /// The unknown facts that can change the level, as far as they are asked in one call, and how many there are.
    pub(super) fn ask_next(&self) -> (Vec<Question<'r>>, usize) {
        let lowering = self.lowering();
        let mut effects: Vec<(FactIndex, Effect)> = Vec::new();
        if !self.bounds.is_settled() {
            effects = self.considered.open.iter().filter_map(|fact| Some((fact, self.effect_alone(fact)?))).collect();
            if effects.iter().all(|(_, effect)| effect.reach <= self.bounds.at_least()) {
                let together = self.effects_together();
                effects.retain(|(fact, _)| !together.iter().any(|(it, _)| it == fact));
                effects.extend(together);
            }
        }
        let (by_criterion, by_topic) = self.related();
        let mut order: Vec<(u8, FactIndex, Effect)> = effects
            .into_iter()
            .map(|(fact, effect)| {
                let tier = if self.facts.spoken_of().contains(fact) {
                    1
                } else if by_criterion.contains(fact) {
                    2
                } else if by_topic.contains(fact) {
                    3
                } else if self.rules.index.core.contains(fact) {
                    4
                } else {
                    5
                };
                (tier, fact, effect)
            })
            .collect();
        order.sort_by_key(|(tier, fact, effect)| {
            (*tier, std::cmp::Reverse(effect.reach), std::cmp::Reverse(effect.decides), *fact)
        });
        let question = |fact: FactIndex, reach, lower| Question {
            fact: &self.rules.indicators[fact].id,
            ask: &self.rules.indicators[fact].ask,
            could_reach: reach,
            could_lower_to: lower,
            would_know: &self.rules.indicators[fact].would_know,
        };
        // What leads is asked once, and may open as much as it may lower.
        let reach = |fact: FactIndex| order.iter().find(|(_, it, _)| *it == fact).map(|(_, _, effect)| effect.reach);
        let leads = lowering
            .iter()
            .map(|(fact, lower)| question(*fact, reach(*fact).unwrap_or(self.bounds.at_least()), Some(*lower)));
        let others = order.iter().filter(|(_, fact, _)| !lowering.iter().any(|(leading, _)| leading == fact));
        let total = leads.len() + others.clone().count();
        let others = others.map(|(_, fact, effect)| question(*fact, effect.reach, None));
        (leads.chain(others).take(MAX_QUESTIONS).collect(), total)
    }

    /// What one answer alone can reach, with every other unknown at its least.
    fn effect_alone(&self, fact: FactIndex) -> Option<Effect> {
        let greatest = self.rules.greatest(fact);
        let [lowest, highest] = [0, greatest].map(|class| self.level_with(fact, class));
        // No answer between leads beyond these two.
        if lowest == highest && highest == self.bounds.at_least() {
            return None;
        }
        let between = (1..greatest).map(|class| self.level_with(fact, class));
        let levels: Bits<1> = between.chain([self.bounds.at_least(), lowest, highest]).map(usize::from).collect();
        Some(Effect { reach: highest.max(self.bounds.at_least()), decides: levels.count() })
    }

    /// Facts that move the upper bound only together: held at their least one after another for as long as that bound
    /// stays, what is left is a smallest set that makes it. Presumed facts are among them for what they would open.
    fn effects_together(&self) -> Vec<(FactIndex, Effect)> {
        let presumed = self.considered.facts.and(&self.rules.index.presumed).without(&self.facts.given);
        let presumed: FactSet = presumed.iter().filter(|fact| !is_ruled_out(self.rules, self.facts, *fact)).collect();
        let open: Vec<FactIndex> = self.considered.open.or(&presumed).iter().collect();
        let mut changed = self.facts.clone();
        let mut together = Vec::new();
        // What stands last on the form is let go first.
        for fact in open.into_iter().rev() {
            changed.set(fact, 0);
            let considered = Considered::of(self.rules, &changed);
            let greatest = level(self.rules, &completed(self.rules, &changed, &considered, Pass::Greatest));
            if greatest < self.bounds.at_most() {
                changed.forget(fact);
                together.push((fact, Effect { reach: self.bounds.at_most(), decides: 2 }));
            }
        }
        together
    }

    /// Facts that share a criterion with something said beyond its least answer, and facts that share its topic: a
    /// bruise makes how it is explained the next question, and not whether the child is missing.
    pub(super) fn related(&self) -> (FactSet, FactSet) {
        let (mut by_criterion, mut by_topic) = (FactSet::EMPTY, FactSet::EMPTY);
        for fact in self.least_facts.beyond_least.and(&self.facts.given).iter() {
            let indicator = &self.rules.indicators[fact];
            // Every child has an age, and it would make everything related to everything.
            if matches!(indicator.kind, Kind::Number { .. }) && self.rules.index.circumstances.contains(fact) {
                continue;
            }
            by_topic = by_topic.or(&self.rules.index.of_topic[indicator.topic]);
            for criterion in self.rules.index.touches[fact].iter() {
                by_criterion = by_criterion.or(&self.rules.criteria[criterion].reads);
            }
        }
        (by_criterion, by_topic)
    }

    /// Presumed facts that matter: some finding is theirs or rests on them, or stating otherwise would soften it or let
    /// a threshold lapse.
    pub(super) fn presumed(&self) -> FactSet {
        let mut matters = FactSet::EMPTY;
        for found in self.found() {
            match found.of {
                Of::Fact(fact) => matters.insert(fact),
                Of::Criterion(index) => matters = matters.or(&self.rules.criteria[index].reads),
            }
            if let Some(softens) = &found.gives.softens {
                matters = matters.or(&softens.rests_on);
            }
        }
        for threshold in self.least.reached.iter() {
            let unless = self.rules.thresholds[threshold].unless.iter();
            matters = unless.fold(matters, |matters, unless| matters.or(&unless.tested(self.rules)));
        }
        matters.and(&self.rules.index.presumed).without(&self.facts.given)
    }

    /// The presumed facts whose answers, together, could lower the level; and to what.
    fn lowering(&self) -> Vec<(FactIndex, Rank)> {
        let presumed = self.presumed();
        if presumed.is_empty() {
            return Vec::new();
        }
        let mut changed = self.facts.clone();
        presumed.iter().for_each(|fact| changed.set(fact, 0));
        let lower = self.level_of(&changed);
        if lower >= self.bounds.at_least() {
            return Vec::new();
        }
        presumed.iter().map(|fact| (fact, lower)).collect()
    }
}

/// What an answer could do.
struct Effect {
    /// The highest level it could reach.
    reach: Rank,
    /// How many different levels its answers lead to.
    decides: usize,
}
