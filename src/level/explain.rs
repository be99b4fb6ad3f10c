//! Why this level, why not higher, what to ask next: by taking answers away or changing them and evaluating again.
//!
//! Nothing here describes the rules a second time. Each question is put to the one evaluator, on facts that differ
//! from the referral's by the answer in question.

use std::collections::BTreeSet;

use super::combine::{Completed, Findings, Pass, combine, effective, is_softened, row, tally};
use super::evaluation::{
    Conflict, Consider, Evaluation, Explain, FactAnswer, NamedLevel, Protective, Question, Reason, ReasonGives,
    RetiredAnswer, RuleFault, StoppedBy, ThresholdFinding, ToDo, WhyNot, WouldChange,
};
use super::unknowns::{Bounds, Considered, both_passes, completed, is_ruled_out, of_passes};
use crate::calendar::Clock;
use crate::criteria::{Condition, Contribution, Gives, Needs, Outcome, RuleSet, Table};
use crate::facts::{Answer, Class, FactIndex, FactSet, Facts};
use crate::ladder::{Priority, Rank, Within};

/// More questions than this are not asked in one call.
const MAX_QUESTIONS: usize = 12;
/// More near misses than this hide the nearest.
const MAX_NEAR_MISSES: usize = 5;
/// More changes than this are not read.
const MAX_CHANGES: usize = 12;

pub(super) fn evaluation(rules: &RuleSet, facts: &Facts, explain: Explain) -> Evaluation {
    let considered = Considered::of(rules, facts);
    let (least, greatest) = both_passes(rules, facts, &considered);
    let bounds = of_passes(least.level, greatest.level);
    let view = View {
        rules,
        facts,
        considered,
        bounds,
        least_facts: completed(rules, facts, &considered, Pass::Least),
        least,
    };
    let summary = explain >= Explain::Summary;
    let full = explain == Explain::Full;
    let at_least = rules.ladder.level(bounds.at_least());
    let at_most = rules.ladder.level(bounds.at_most());
    let (mut ask_next, total) = view.ask_next();
    ask_next.truncate(MAX_QUESTIONS);
    let (priority, limits) = view.urgency();
    let within = limits.iter().map(|(within, _)| *within);
    let respond_within = within.reduce(Within::sooner).unwrap_or(at_least.respond_within);
    Evaluation {
        rule_set: rules.id.clone(),
        engine: concat!("windscreen ", env!("CARGO_PKG_VERSION")),
        settled: bounds.is_settled(),
        level: bounds.is_settled().then(|| at_least.clone()),
        at_least: at_least.clone(),
        at_most: NamedLevel { rank: at_most.rank, name: at_most.name.clone() },
        priority,
        respond_within,
        respond_by: None,
        reasons: if summary { view.reasons() } else { Vec::new() },
        thresholds: if summary { view.thresholds() } else { Vec::new() },
        sufficient_reason: if summary { view.sufficient_reason() } else { Vec::new() },
        why_not_higher: if full { view.why_not_higher() } else { Vec::new() },
        would_change: if full { view.would_change() } else { Vec::new() },
        ask_next,
        ask_next_total: total,
        considerations: view.considerations(),
        actions: view.actions(),
        presumed: view.presumed().iter().map(|fact| view.answered(fact)).collect(),
        not_raised: view.not_raised(),
        protective: view.protective(),
        conflicts: view.conflicts(),
        retired: view.retired(),
        faults: view.faults(),
        say: view.say(),
        limits,
    }
}

/// One referral as evaluated.
struct View<'r> {
    rules: &'r RuleSet,
    facts: &'r Facts,
    considered: Considered,
    bounds: Bounds,
    /// The least pass: what is established, given what is presumed.
    least_facts: Completed<'r>,
    least: Findings,
}

impl View<'_> {
    /// What every finding of the least pass gives: facts in order, then criteria in order of evaluation.
    fn found(&self) -> impl Iterator<Item = Found<'_>> {
        let facts = self.least_facts.beyond_least.iter().filter_map(|fact| {
            let class = self.rules.indicators[fact].classes.get(usize::from(self.least_facts.class[fact]))?;
            Some(Found { of: Of::Fact(fact), gives: &class.gives })
        });
        let criteria = self.least.holding.iter();
        let criteria =
            criteria.map(|index| Found { of: Of::Criterion(index), gives: &self.rules.criteria[index].gives });
        facts.chain(criteria).filter(|found| !found.gives.is_nothing())
    }

    fn contribution(&self, gives: &Gives) -> Contribution {
        effective(gives, is_softened(self.rules, &self.least_facts, &self.least, gives))
    }

    fn answered(&self, fact: FactIndex) -> FactAnswer {
        let class = self.least_facts.class[fact];
        FactAnswer { fact: self.rules.indicators[fact].id.clone(), answer: self.rules.shown(self.facts, fact, class) }
    }

    fn reasons(&self) -> Vec<Reason> {
        let mut reasons: Vec<(Rank, Reason)> = self
            .found()
            .map(|found| {
                let contribution = self.contribution(found.gives);
                (contribution.rank(), self.reason(&found, contribution))
            })
            .collect();
        // A stable sort: within a rank, the order in which the rule set lists them.
        reasons.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        reasons.into_iter().map(|(_, reason)| reason).collect()
    }

    fn reason(&self, found: &Found<'_>, contribution: Contribution) -> Reason {
        let mut gives = ReasonGives { raises: found.gives.raises, ..ReasonGives::default() };
        match contribution {
            Contribution::Floor(rank) => gives.floor = Some(rank),
            Contribution::Duty(rank) => gives.duty = Some(rank),
            Contribution::Counts { rank, .. } => gives.counts = Some(rank),
            Contribution::Nothing => {}
        }
        let before = found.gives.contribution.rank();
        gives.softened_from = (before != contribution.rank()).then_some(before);
        match found.of {
            Of::Fact(fact) => {
                let indicator = &self.rules.indicators[fact];
                let mut facts = vec![self.answered(fact)];
                if let (Some(softens), Some(_)) = (&found.gives.softens, gives.softened_from) {
                    facts.extend(softens.rests_on.iter().map(|fact| self.answered(fact)));
                }
                Reason {
                    id: indicator.id.clone(),
                    says: self.says(found),
                    gives,
                    domain: indicator.domain,
                    facts,
                    source: indicator.source.clone(),
                }
            }
            Of::Criterion(index) => {
                let criterion = &self.rules.criteria[index];
                let mut facts = FactSet::EMPTY;
                self.rests_on(&criterion.when, &mut facts);
                Reason {
                    id: criterion.id.clone(),
                    says: self.says(found),
                    gives,
                    domain: criterion.domain,
                    facts: facts.iter().map(|fact| self.answered(fact)).collect(),
                    source: criterion.source.clone(),
                }
            }
        }
    }

    fn says(&self, found: &Found<'_>) -> String {
        match found.of {
            Of::Criterion(index) => self.rules.criteria[index].says.clone().unwrap_or_default(),
            Of::Fact(fact) => self.rules.says(fact, self.least_facts.class[fact], &self.answered(fact).answer),
        }
    }

    /// The facts whose answers make a condition hold.
    fn rests_on(&self, condition: &Condition, facts: &mut FactSet) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| self.rests_on(part, facts)),
            Condition::Holds(criterion) => self.rests_on(&self.rules.criteria[*criterion].when, facts),
            Condition::Test { fact, classes } | Condition::Stated { fact, classes } => {
                let class = self.least_facts.class[*fact];
                if usize::from(class) < 128 && classes >> class & 1 == 1 && self.facts.given.contains(*fact) {
                    facts.insert(*fact);
                }
            }
            Condition::Table(table) => {
                let reads = self.rules.tables[*table].reads.iter();
                reads.filter(|fact| self.facts.given.contains(**fact)).for_each(|fact| facts.insert(*fact));
            }
            Condition::Need(need) => {
                for found in self.found() {
                    let (owner, fact) = match found.of {
                        Of::Fact(fact) => (self.rules.indicators[fact].need, Some(fact)),
                        Of::Criterion(index) => (self.rules.criteria[index].need, None),
                    };
                    let contribution = self.contribution(found.gives);
                    let counts = !need.harm || matches!(contribution, Contribution::Floor(_));
                    if let Some(fact) = fact
                        && counts
                        && contribution.rank() >= need.at
                        && need.among.contains(owner)
                    {
                        facts.insert(fact);
                    }
                }
            }
        }
    }

    fn thresholds(&self) -> Vec<ThresholdFinding> {
        let rules = self.rules;
        let findings = rules.thresholds.iter().enumerate().filter_map(|(index, threshold)| {
            let leave_out = rules.leaves_out_hardship(threshold);
            let counted = |part: &_| tally(rules, part, &self.least, leave_out);
            let part = telling_part(&threshold.needs, |part| {
                let counted = counted(part);
                counted.needs >= part.at_least
                    && part.domains.is_none_or(|domains| counted.domains >= domains)
                    && part.groups.as_ref().is_none_or(|(groups, _)| counted.groups >= *groups)
            })?;
            let have = counted(part).needs;
            let begun = threshold.needs.iter().any(|part| counted(part).needs > 0);
            begun.then(|| ThresholdFinding {
                id: threshold.id.clone(),
                says: threshold.says.clone(),
                reaches: threshold.reaches,
                reached: self.least.reached.contains(index),
                have,
                of: part.at_least,
            })
        });
        findings.collect()
    }

    /// The level these facts alone force, whatever else is true.
    fn forced_by(&self, facts: &Facts) -> Rank {
        let considered = Considered { facts: FactSet::EMPTY, open: FactSet::EMPTY, open_when_greatest: FactSet::EMPTY };
        combine(self.rules, &completed(self.rules, facts, &considered, Pass::Least)).level
    }

    /// A smallest set of given facts that alone forces the lower bound: none of them can be left out.
    fn sufficient_reason(&self) -> Vec<String> {
        let goal = self.bounds.at_least();
        if goal == 1 {
            return Vec::new();
        }
        // What contributes least is tried first, so that the strongest reason stays.
        let mut given: Vec<FactIndex> = self.facts.given.iter().collect();
        let worth = |fact: &FactIndex| {
            let class = self.rules.indicators[*fact].classes.get(usize::from(self.facts.class[*fact]));
            class.map_or(0, |class| self.contribution(&class.gives).rank())
        };
        given.sort_by_key(|fact| (worth(fact), std::cmp::Reverse(*fact)));
        let mut kept = self.facts.clone();
        for fact in given {
            let class = kept.class[fact];
            kept.forget(fact);
            if self.forced_by(&kept) < goal {
                kept.set(fact, class);
            }
        }
        kept.given.iter().map(|fact| self.rules.indicators[fact].id.clone()).collect()
    }

    /// What the nearest criteria and thresholds of the next level would take.
    fn why_not_higher(&self) -> Vec<WhyNot> {
        let next = self.bounds.at_least() + 1;
        if next > self.rules.ladder.highest() {
            return Vec::new();
        }
        let mut near: Vec<(usize, WhyNot)> = Vec::new();
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
            let counted = |part: &Needs| tally(self.rules, part, &self.least, leave_out);
            let missing: usize =
                threshold.needs.iter().map(|part| part.at_least.saturating_sub(counted(part).needs)).sum();
            if threshold.needs.iter().any(|part| counted(part).needs > 0) {
                let why = WhyNot {
                    id: threshold.id.clone(),
                    says: threshold.says.clone(),
                    would_reach: threshold.reaches,
                    stopped_by: Vec::new(),
                };
                near.push((missing.max(1), why));
            }
        }
        near.sort_by_key(|(missing, why)| (*missing, why.would_reach));
        near.into_iter().map(|(_, why)| why).take(MAX_NEAR_MISSES).collect()
    }

    /// The least answer to a fact that alone would reach a level.
    fn nearest_answer(&self, fact: FactIndex, next: Rank) -> Option<WhyNot> {
        let now = self.facts.known(fact);
        let indicator = &self.rules.indicators[fact];
        let mut changed = self.facts.clone();
        for class in now.unwrap_or(0) + 1..=self.rules.greatest(fact) {
            let gives = &indicator.classes[usize::from(class)].gives;
            if gives.contribution.rank() < next || self.rules.index.unordered.contains(fact) {
                continue;
            }
            changed.set(fact, class);
            let level = self.level_of(&changed);
            if level >= next {
                let answer = self.rules.shown(&changed, fact, class);
                return Some(WhyNot {
                    id: indicator.id.clone(),
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
    fn nearest_criterion(&self, index: usize) -> Option<(usize, WhyNot)> {
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
            id: criterion.id.clone(),
            says: criterion.says.clone().unwrap_or_default(),
            would_reach: level,
            stopped_by: stopping.iter().map(|fact| self.stopped_by(*fact)).collect(),
        };
        Some((stopping.len(), why))
    }

    fn stopped_by(&self, fact: FactIndex) -> StoppedBy {
        let answer = if self.facts.given.contains(fact) {
            self.answered(fact).answer
        } else if self.considered.facts.contains(fact) {
            not_known()
        } else {
            Answer::Word("not_raised".to_owned())
        };
        StoppedBy { fact: self.rules.indicators[fact].id.clone(), answer }
    }

    fn findings_of(&self, facts: &Facts) -> Findings {
        combine(self.rules, &completed(self.rules, facts, &self.considered, Pass::Least))
    }

    fn level_of(&self, facts: &Facts) -> Rank {
        self.findings_of(facts).level
    }

    /// Single answers that would give another lower bound: each fact's nearest answer up, and the answer down.
    fn would_change(&self) -> Vec<WouldChange> {
        let at_least = self.bounds.at_least();
        let mut changes = Vec::new();
        let mut changed = self.facts.clone();
        for fact in self.facts.given.or(&self.considered.open).iter() {
            if self.rules.index.unordered.contains(fact) || self.rules.index.circumstances.contains(fact) {
                // A child's age and mobility are as they are.
                continue;
            }
            let now = self.facts.known(fact);
            let mut told: BTreeSet<Rank> = BTreeSet::new();
            for class in 0..=self.rules.greatest(fact) {
                if Some(class) == now {
                    continue;
                }
                changed.set(fact, class);
                let level = self.level_of(&changed);
                if level != at_least && told.insert(level) {
                    changes.push(WouldChange {
                        fact: self.rules.indicators[fact].id.clone(),
                        now: if now.is_some() { self.answered(fact).answer } else { not_known() },
                        were: self.rules.indicators[fact].classes[usize::from(class)].answer.clone(),
                        at_least: level,
                    });
                }
            }
            match now {
                Some(class) => changed.set(fact, class),
                None => changed.forget(fact),
            }
        }
        // What is known comes first: it is what a person may have wrong.
        changes.sort_by_key(|change| change.now == not_known());
        changes.truncate(MAX_CHANGES);
        changes
    }

    /// The unknown facts that can change the level, and how many there are.
    fn ask_next(&self) -> (Vec<Question>, usize) {
        let lowering = self.lowering();
        let open: Vec<FactIndex> = self.considered.open.iter().collect();
        let mut effects: Vec<(FactIndex, Effect)> = Vec::new();
        if !self.bounds.is_settled() {
            effects = open.iter().filter_map(|fact| Some((*fact, self.effect_alone(*fact)?))).collect();
            if effects.is_empty() {
                effects = open.iter().filter_map(|fact| Some((*fact, self.effect_together(*fact)?))).collect();
            }
        }
        let related = self.related();
        let mut order: Vec<(u8, FactIndex, Effect)> = effects
            .into_iter()
            .map(|(fact, effect)| {
                let tier = if self.facts.spoken_of().contains(fact) {
                    1
                } else if related.contains(fact) {
                    2
                } else if self.rules.index.core.contains(fact) {
                    3
                } else {
                    4
                };
                (tier, fact, effect)
            })
            .collect();
        order.sort_by_key(|(tier, fact, effect)| {
            (*tier, std::cmp::Reverse(effect.reach), std::cmp::Reverse(effect.decides), *fact)
        });
        let question = |fact: FactIndex, reach, lower| Question {
            fact: self.rules.indicators[fact].id.clone(),
            ask: self.rules.indicators[fact].ask.clone(),
            could_reach: reach,
            could_lower_to: lower,
            would_know: self.rules.indicators[fact].would_know.clone(),
        };
        let leads = lowering.iter().map(|(fact, lower)| question(*fact, self.bounds.at_least(), Some(*lower)));
        let questions: Vec<Question> =
            leads.chain(order.iter().map(|(_, fact, effect)| question(*fact, effect.reach, None))).collect();
        let total = questions.len();
        (questions, total)
    }

    /// What one answer alone can reach, with every other unknown at its least.
    fn effect_alone(&self, fact: FactIndex) -> Option<Effect> {
        let mut changed = self.facts.clone();
        let mut levels = BTreeSet::from([self.bounds.at_least()]);
        for class in 0..=self.rules.greatest(fact) {
            changed.set(fact, class);
            levels.insert(self.level_of(&changed));
        }
        let reach = levels.iter().copied().max().unwrap_or(1);
        (levels.len() > 1).then_some(Effect { reach, decides: levels.len() })
    }

    /// Whether the upper bound falls when this fact is held at its least: it matters together with others.
    fn effect_together(&self, fact: FactIndex) -> Option<Effect> {
        let mut changed = self.facts.clone();
        changed.set(fact, 0);
        let considered = Considered::of(self.rules, &changed);
        let (_, greatest) = both_passes(self.rules, &changed, &considered);
        (greatest.level < self.bounds.at_most()).then_some(Effect { reach: self.bounds.at_most(), decides: 2 })
    }

    /// Facts that share a criterion or a topic with something found.
    fn related(&self) -> FactSet {
        let mut related = FactSet::EMPTY;
        for found in self.found() {
            let Of::Fact(fact) = found.of else { continue };
            related = related.or(&self.rules.index.of_topic[self.rules.indicators[fact].topic]);
            for criterion in self.rules.index.touches[fact].iter() {
                related = related.or(&self.rules.criteria[criterion].reads);
            }
        }
        related
    }

    /// Presumed facts on which some finding rests, because stating otherwise would soften it.
    fn presumed(&self) -> FactSet {
        let mut rests_on = FactSet::EMPTY;
        for found in self.found() {
            if let Some(softens) = &found.gives.softens {
                rests_on = rests_on.or(&softens.rests_on);
            }
        }
        rests_on.and(&self.rules.index.presumed).without(&self.facts.given)
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

    fn considerations(&self) -> Vec<Consider> {
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

    fn actions(&self) -> Vec<ToDo> {
        let mut ids: BTreeSet<usize> = BTreeSet::new();
        for found in self.found() {
            ids.extend(&found.gives.actions);
        }
        for id in &self.rules.ladder.level(self.bounds.at_least()).actions {
            ids.extend(self.rules.actions.iter().position(|action| action.id == *id));
        }
        let mut actions: Vec<ToDo> = ids.into_iter().map(|index| self.rules.to_do(index)).collect();
        // The most urgent first; a stable sort keeps the file's order among equals.
        actions.sort_by_key(|action| action.within.map_or(u32::MAX, Within::nominal_hours));
        actions
    }

    /// The priority, and every time allowed: the level's, while unsettled, the findings' and the actions'.
    fn urgency(&self) -> (Priority, Vec<(Within, Clock)>) {
        let level = self.rules.ladder.level(self.bounds.at_least());
        let mut priority = level.priority;
        let mut limits = vec![(level.respond_within, Clock::Always)];
        let protection = self.rules.ladder.protection_from();
        if !self.bounds.is_settled() && protection.is_some_and(|from| self.bounds.at_most() >= from) {
            let unsettled = self.rules.framework.while_unsettled;
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

    fn not_raised(&self) -> usize {
        let index = &self.rules.index;
        let askable = (0..self.rules.indicators.len()).filter(|fact| !index.retired.contains(*fact));
        askable.filter(|fact| !self.considered.facts.contains(*fact)).count()
    }

    fn protective(&self) -> Vec<Protective> {
        let stated = self.rules.index.protective.iter().filter(|fact| self.facts.known(*fact) == Some(0));
        stated
            .map(|fact| &self.rules.indicators[fact])
            .map(|fact| Protective { id: fact.id.clone(), says: fact.ask.clone() })
            .collect()
    }

    fn conflicts(&self) -> Vec<Conflict> {
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

    fn retired(&self) -> Vec<RetiredAnswer> {
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

    fn faults(&self) -> Vec<RuleFault> {
        let greatest = completed(self.rules, self.facts, &self.considered, Pass::Greatest);
        let failed = |table: &&Table| {
            let rows = [row(table, &self.least_facts), row(table, &greatest)];
            rows.iter().any(|row| matches!(row, Outcome::Failed | Outcome::FailedAboveTrue))
        };
        let faults = self.rules.tables.iter().filter(failed).map(|table| RuleFault {
            id: table.name.clone(),
            says: "the script fails for these answers; it counts as not known".to_owned(),
        });
        faults.collect()
    }

    fn say(&self) -> Vec<String> {
        let framework = &self.rules.framework;
        let below = framework.below.iter().filter(|below| self.bounds.at_least() < below.rank);
        below.map(|below| below.say.clone()).chain(framework.always_say.iter().cloned()).collect()
    }
}

/// A finding: a fact beyond its least answer, or a criterion that holds.
struct Found<'r> {
    of: Of,
    gives: &'r Gives,
}

enum Of {
    Fact(FactIndex),
    Criterion(usize),
}

/// What an answer could do.
struct Effect {
    /// The highest level it could reach.
    reach: Rank,
    /// How many different levels its answers lead to.
    decides: usize,
}

impl RuleSet {
    /// An answer in words.
    fn says(&self, fact: FactIndex, class: Class, answer: &Answer) -> String {
        let indicator = &self.indicators[fact];
        let Some(found) = indicator.classes.get(usize::from(class)) else { return indicator.ask.clone() };
        if let Some(says) = &found.gives.says {
            return says.clone();
        }
        let words = match answer {
            Answer::Number(number) => number.to_string(),
            Answer::YesNo(_) | Answer::Word(_) => found.label.clone(),
        };
        format!("{} {words}.", indicator.ask)
    }

    /// An action as something to do.
    pub(crate) fn to_do(&self, index: usize) -> ToDo {
        let action = &self.actions[index];
        ToDo { id: action.id.clone(), says: action.says.clone(), within: action.within, due: None, clock: action.clock }
    }
}

/// What stands in place of an answer that nobody gave.
fn not_known() -> Answer {
    Answer::Word("not_known".to_owned())
}

/// The first part of a threshold that is not met, or the last.
fn telling_part(needs: &[Needs], met: impl Fn(&Needs) -> bool) -> Option<&Needs> {
    needs.iter().find(|part| !met(part)).or_else(|| needs.last())
}
