//! The index: what of a rule set is looked up for every referral, computed once, and laid out for a pass to read.

use super::clauses::Clauses;
use super::condition::Condition;
use super::draft::Draft;
use super::rule_set::{ClassSet, Contribution, CriterionSet, Domain, Gives, NeedIndex, NeedSet, RuleSet};
use crate::facts::{Class, FactIndex, FactSet, MAX_FACTS, NOT_KNOWN, TopicSet};

/// What is looked up for every referral, computed once.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub core: FactSet,
    pub circumstances: FactSet,
    /// What has happened.
    pub past: FactSet,
    pub presumed: FactSet,
    pub protective: FactSet,
    pub unordered: FactSet,
    pub gated: FactSet,
    pub retired: FactSet,
    pub of_topic: Vec<FactSet>,
    /// Per fact: the criteria that may hold once it is beyond its least answer.
    pub touches: Vec<CriterionSet>,
    /// Criteria that must be looked at whatever the facts, and all there are.
    pub always: CriterionSet,
    pub every: CriterionSet,
    /// What each answer satisfies of every criterion.
    pub clauses: Clauses,
    /// The criteria that look at needs.
    pub second_layer: CriterionSet,
    /// The facts of which it matters that they are told, and not only what: those that soften, cancel, or let a
    /// threshold lapse, and those that are looked at as stated.
    pub told: FactSet,
    /// Per fact: the answers that may lower a level by having been given.
    pub lowers: Vec<ClassSet>,
    pub needs_of_domain: [NeedSet; Domain::COUNT],
    /// Presumed facts, at the class presumed.
    pub presumptions: Vec<(FactIndex, Class)>,
    /// Every fact that is still asked.
    pub asked: FactSet,
    /// The facts of which some answer opens a topic; those of which every answer does; per topic, those whose greatest
    /// answer opens it.
    pub openers: FactSet,
    pub openers_at_least: FactSet,
    pub openers_of: Vec<FactSet>,
    /// The facts whose greatest answer alone is enough for the highest level, and the criteria that are and look at no
    /// need.
    pub enough_alone: FactSet,
    pub enough: CriterionSet,
    /// The class of every fact while nothing is said about it, and what is beyond its least answer then.
    pub unsaid: Classes,
    pub unsaid_beyond_least: FactSet,
    /// The greatest class of every fact.
    pub greatest: Classes,
    /// What every answer gives, fact by fact; those of a fact begin at its place in `first`, which has one place more.
    pub answers: Vec<Brief>,
    pub first: Vec<usize>,
    /// What every criterion gives, and those that give anything.
    pub criteria: Vec<Brief>,
    pub giving: CriterionSet,
    /// The actions of each level, from the lowest, and those while a protection level is possible.
    pub actions_of_level: Vec<Vec<usize>>,
    pub actions_while_unsettled: Vec<usize>,
}

/// A class of every fact.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Classes(pub [Class; MAX_FACTS]);

impl Default for Classes {
    fn default() -> Self {
        Self([0; MAX_FACTS])
    }
}

/// What an answer or a criterion gives, as a pass counts it: a few bytes beside each other, where `Gives` lies among words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Brief {
    /// Floor, duty or count.
    pub contribution: Contribution,
    /// Whether it is a modifier.
    pub raises: bool,
    /// Whether it may soften, so that `Gives` must be asked.
    pub softens: bool,
    /// Whether it gives anything at all, so that it is a reason.
    pub gives_anything: bool,
    /// The owner of its need.
    pub need: NeedIndex,
    /// Topics opened by this answer or a lesser one.
    pub opens: TopicSet,
}

impl RuleSet {
    /// Where an answer stands in the index; nowhere for a fact that is not known.
    pub(crate) fn place(&self, fact: FactIndex, class: Class) -> Option<usize> {
        let at = self.index.first[fact] + usize::from(class);
        (at < self.index.first[fact + 1]).then_some(at)
    }

    /// What an answer gives, as a pass counts it; nothing for a fact that is not known.
    pub(crate) fn brief(&self, fact: FactIndex, class: Class) -> Option<&Brief> {
        self.place(fact, class).map(|at| &self.index.answers[at])
    }
}

impl Index {
    /// Of a rule set of which all else is known.
    pub(super) fn of(draft: &Draft<'_>, rules: &RuleSet, needs_of_domain: [NeedSet; Domain::COUNT]) -> Self {
        let entries: Vec<_> = draft.indicators().map(|(_, fact)| &fact.value).collect();
        let facts = |test: &dyn Fn(usize) -> bool| (0..entries.len()).filter(|fact| test(*fact)).collect::<FactSet>();
        let mut touches = vec![CriterionSet::EMPTY; entries.len()];
        let mut always = CriterionSet::EMPTY;
        for (index, criterion) in rules.criteria.iter().enumerate() {
            criterion.reads.iter().for_each(|fact| touches[fact].insert(index));
            // A condition that reads no fact, or may hold with every fact at its least, is not found by looking at facts.
            if criterion.reads.is_empty() || criterion.when.may_hold_at_least(rules) {
                always.insert(index);
            }
        }
        let presumed = (0..entries.len()).filter(|fact| entries[*fact].presume.is_some());
        let presumptions: Vec<(FactIndex, Class)> = presumed.map(|fact| (fact, rules.greatest(fact))).collect();
        let (protective, unordered) = (facts(&|fact| entries[fact].protects), facts(&|fact| !entries[fact].ordered));
        let retired = facts(&|fact| entries[fact].retired.is_some());
        let (mut unsaid, mut greatest) = (Classes::default(), Classes::default());
        unordered.iter().for_each(|fact| unsaid.0[fact] = NOT_KNOWN);
        // Protective facts are absent until stated; nothing looks at their absence, so it need not be listed as found.
        protective.iter().for_each(|fact| unsaid.0[fact] = 1);
        presumptions.iter().for_each(|(fact, presumed)| unsaid.0[*fact] = *presumed);
        (0..entries.len()).for_each(|fact| greatest.0[fact] = rules.greatest(fact));
        let brief = |gives: &Gives, need, opens| Brief {
            contribution: gives.contribution,
            raises: gives.raises,
            softens: gives.softens.is_some(),
            gives_anything: !gives.is_nothing(),
            need,
            opens,
        };
        let (mut answers, mut first) = (Vec::new(), vec![0]);
        for fact in &rules.indicators {
            answers.extend(fact.classes.iter().map(|class| brief(&class.gives, fact.need, class.opens)));
            first.push(answers.len());
        }
        let gives = rules.criteria.iter().map(|criterion| brief(&criterion.gives, criterion.need, TopicSet::EMPTY));
        let actions = |ids: &[String]| {
            let place = |id: &String| rules.actions.iter().position(|action| action.id == *id);
            ids.iter().filter_map(place).collect::<Vec<usize>>()
        };
        let at_greatest = |fact: usize| rules.indicators[fact].classes.last();
        let is_enough = |gives: &Gives| {
            let is_floor = matches!(gives.contribution, Contribution::Floor(_) | Contribution::Duty(_));
            is_floor && gives.contribution.rank() >= rules.ladder.highest() && gives.softens.is_none()
        };
        let which = |test: &dyn Fn(&Condition) -> bool| {
            (0..rules.criteria.len()).filter(|index| test(&rules.criteria[*index].when)).collect::<CriterionSet>()
        };
        let second_layer = which(&|when| when.looks_at_needs(rules));
        let enough: CriterionSet =
            (0..rules.criteria.len()).filter(|index| is_enough(&rules.criteria[*index].gives)).collect();
        Self {
            core: facts(&|fact| entries[fact].core),
            circumstances: facts(&|fact| entries[fact].circumstance),
            past: facts(&|fact| entries[fact].past),
            presumed: facts(&|fact| entries[fact].presume.is_some()),
            protective,
            unordered,
            gated: facts(&|fact| entries[fact].asked_when.is_some()),
            retired,
            of_topic: (0..rules.topics.len())
                .map(|topic| facts(&|fact| rules.indicators[fact].topic == topic && entries[fact].retired.is_none()))
                .collect(),
            touches,
            always,
            every: (0..rules.criteria.len()).collect(),
            clauses: Clauses::of(rules, &unordered, &protective),
            second_layer,
            told: told(rules),
            lowers: lowers(rules, &presumptions),
            needs_of_domain,
            asked: facts(&|_| true).without(&retired),
            openers: facts(&|fact| rules.indicators[fact].classes.iter().any(|class| !class.opens.is_empty())),
            openers_at_least: facts(&|fact| rules.indicators[fact].classes.iter().all(|class| !class.opens.is_empty())),
            openers_of: (0..rules.topics.len())
                .map(|topic| facts(&|fact| at_greatest(fact).is_some_and(|class| class.opens.contains(topic))))
                .collect(),
            enough_alone: facts(&|fact| at_greatest(fact).is_some_and(|class| is_enough(&class.gives))),
            enough: enough.without(&second_layer),
            unsaid,
            unsaid_beyond_least: presumptions.iter().map(|(fact, _)| *fact).collect(),
            presumptions,
            greatest,
            answers,
            first,
            criteria: gives.collect(),
            giving: (0..rules.criteria.len()).filter(|index| !rules.criteria[*index].gives.is_nothing()).collect(),
            actions_of_level: rules.ladder.levels().iter().map(|level| actions(&level.actions)).collect(),
            actions_while_unsettled: actions(&rules.framework.while_unsettled.actions),
        }
    }
}

/// The facts of which it matters that they are told.
fn told(rules: &RuleSet) -> FactSet {
    rules.lowering().fold(rules.stated(), |told, condition| told.or(&condition.tested(rules)))
}

/// Per fact, the answers that may lower a level by having been given: less than is presumed, what is protective, and
/// that on which a floor softens or a threshold lapses.
fn lowers(rules: &RuleSet, presumptions: &[(FactIndex, Class)]) -> Vec<ClassSet> {
    let mut lowers = vec![0; rules.indicators.len()];
    presumptions.iter().for_each(|(fact, presumed)| lowers[*fact] = (1 << presumed) - 1);
    rules.protection.iter().for_each(|protection| lowers[protection.fact] |= 1);
    rules.lowering().for_each(|condition| condition.each_test(rules, &mut |fact, classes| lowers[fact] |= classes));
    lowers
}
