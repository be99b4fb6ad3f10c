//! Why this level: what was found, what it gives, what it rests on, and what alone would be enough.

use std::borrow::Cow;

use super::view::{Found, Of, View};
use crate::criteria::{Condition, Contribution, Needs, RuleSet};
use crate::facts::{Answer, Class, FactIndex, FactSet, Facts};
use crate::ladder::Rank;
use crate::level::combine::{Pass, is_met, level, tally};
use crate::level::evaluation::{Enough, Reason, ReasonGives, ThresholdFinding, ToDo};
use crate::level::unknowns::{Considered, completed};

/// Of so many answers that lower by being told every way to tell some of them is tried; further ones stand in the reason.
const MOST_TOLD_OR_NOT: usize = 6;

impl<'r> View<'r, '_> {
    pub(super) fn reasons(&self) -> Vec<Reason<'r>> {
        let mut reasons: Vec<(Rank, Reason<'r>)> = self
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

    fn reason(&self, found: &Found<'r>, contribution: Contribution) -> Reason<'r> {
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
                    id: &indicator.id,
                    says: self.says(found),
                    gives,
                    domain: indicator.domain,
                    facts,
                    source: &indicator.source,
                }
            }
            Of::Criterion(index) => {
                let criterion = &self.rules.criteria[index];
                let mut facts = FactSet::EMPTY;
                self.rests_on(&criterion.when, &mut facts);
                Reason {
                    id: &criterion.id,
                    says: self.says(found),
                    gives,
                    domain: criterion.domain,
                    facts: facts.iter().map(|fact| self.answered(fact)).collect(),
                    source: &criterion.source,
                }
            }
        }
    }

    fn says(&self, found: &Found<'r>) -> Cow<'r, str> {
        match found.of {
            Of::Criterion(index) => self.rules.criteria[index].says.as_deref().unwrap_or_default().into(),
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

    pub(super) fn thresholds(&self) -> Vec<ThresholdFinding<'r>> {
        let rules = self.rules;
        let findings = rules.thresholds.iter().enumerate().filter_map(|(index, threshold)| {
            let leave_out = rules.leaves_out_hardship(threshold);
            let count = |part: &Needs| tally(part, &self.least, leave_out);
            let part = telling_part(&threshold.needs, |part| is_met(rules, part, &self.least, leave_out))?;
            let have = count(part);
            let begun = threshold.needs.iter().any(|part| count(part) > 0);
            begun.then(|| ThresholdFinding {
                id: &threshold.id,
                says: &threshold.says,
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
        level(self.rules, &completed(self.rules, facts, &considered, Pass::Least))
    }

    /// The least that these facts force, whichever of some are told and whichever are not: what lowers by being told may
    /// raise by what it says, so that the fewest told are not always the lowest.
    fn forced_whatever_of(&self, facts: &mut Facts, told_or_not: &[FactIndex]) -> Rank {
        let Some((fact, others)) = told_or_not.split_first() else { return self.forced_by(facts) };
        let told = self.forced_whatever_of(facts, others);
        let class = facts.class[*fact];
        facts.forget(*fact);
        let untold = self.forced_whatever_of(facts, others);
        facts.set(*fact, class);
        told.min(untold)
    }

    /// A smallest set of given facts that alone forces the lower bound: none of them can be left out. And how far their
    /// answers may be of lesser concern, one fact after another in the order of the form, until the bound would fall.
    pub(super) fn sufficient_reason(&self) -> (Vec<&'r str>, Vec<Enough<'r>>) {
        let goal = self.bounds.at_least();
        if goal == 1 {
            return (Vec::new(), Vec::new());
        }
        // What lowers by having been told stays: it is no reason, but a reason is one under it.
        let lowers = |fact: &FactIndex| self.rules.index.lowers[*fact] >> self.facts.class[*fact] & 1 == 1;
        let (lowering, mut given): (Vec<FactIndex>, Vec<FactIndex>) = self.facts.given.iter().partition(lowers);
        // What contributes least is tried first, so that the strongest reason stays.
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
        // Each that may be told or not, whatever the others are, is no part of the reason.
        let mut reason = kept.given;
        let mut told_or_not = Vec::new();
        for fact in lowering {
            // The least answer only ever lowers: without it the level is no lower.
            if kept.class[fact] == 0 && self.rules.is_ordered(fact) {
                reason.remove(fact);
                continue;
            }
            told_or_not.push(fact);
            if told_or_not.len() <= MOST_TOLD_OR_NOT && self.forced_whatever_of(&mut kept, &told_or_not) >= goal {
                reason.remove(fact);
            } else {
                told_or_not.pop();
            }
        }
        let enough = reason.iter().map(|fact| self.enough(fact, &mut kept, &told_or_not, goal)).collect();
        (reason.iter().map(|fact| self.rules.indicators[fact].id.as_str()).collect(), enough)
    }

    /// The answers to one fact of a reason that are enough; the reason is left with the least of them.
    fn enough(&self, fact: FactIndex, kept: &mut Facts, told_or_not: &[FactIndex], goal: Rank) -> Enough<'r> {
        let indicator = &self.rules.indicators[fact];
        let class = kept.class[fact];
        let is_exact = self.rules.index.told.or(&self.rules.index.unordered).contains(fact);
        let (mut least, greatest) = (class, if is_exact { class } else { self.rules.greatest(fact) });
        while least > 0 && !is_exact {
            kept.set(fact, least - 1);
            if self.forced_whatever_of(kept, told_or_not) < goal {
                break;
            }
            least -= 1;
        }
        kept.set(fact, least);
        let numbers = indicator.numbers_of(least, greatest);
        let answers = match numbers {
            Some(_) => &[],
            None => &indicator.classes[usize::from(least)..=usize::from(greatest)],
        };
        Enough {
            fact: &indicator.id,
            says: indicator.in_words(least, greatest).into(),
            answers: answers.iter().map(|class| class.answer.clone()).collect(),
            from: numbers.map(|(from, _)| from),
            to: numbers.map(|(_, to)| to),
        }
    }
}

impl RuleSet {
    /// An answer in words.
    pub(super) fn says(&self, fact: FactIndex, class: Class, answer: &Answer) -> Cow<'_, str> {
        let indicator = &self.indicators[fact];
        let Some(found) = indicator.classes.get(usize::from(class)) else { return indicator.ask.as_str().into() };
        if let Some(says) = &found.gives.says {
            return says.into();
        }
        let ask = &indicator.ask;
        match answer {
            Answer::Number(number) => format!("{ask} {number}.").into(),
            Answer::YesNo(_) | Answer::Word(_) => format!("{ask} {}.", found.label).into(),
        }
    }

    /// An action as something to do.
    pub(crate) fn to_do(&self, index: usize) -> ToDo<'_> {
        let action = &self.actions[index];
        ToDo { id: &action.id, says: &action.says, within: action.within, due: None, clock: action.clock }
    }
}

/// The first part of a threshold that is not met, or the last.
fn telling_part(needs: &[Needs], met: impl Fn(&Needs) -> bool) -> Option<&Needs> {
    needs.iter().find(|part| !met(part)).or_else(|| needs.last())
}
