//! The smallest pair of referrals of which one is above a line because a rule is found, and the other is not.

use crate::criteria::{Indicator, Kind, RuleSet};
use crate::facts::{Answer, Class, FactIndex};
use crate::ladder::Rank;
use crate::level::findings;
use crate::proof::apart::{Apart, Step};
use crate::proof::instance::{End, Instance, Referral, Verdict};
use crate::proof::{Disagreement, Literal, Source};

/// Two referrals that differ in one answer, which both of them say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub above: Referral,
    pub below: Referral,
    /// In which they differ.
    pub step: Step,
}

impl Found {
    /// How much each of them says.
    pub fn size(&self) -> usize {
        self.above.said.len()
    }
}

/// What is known of a pair.
pub(super) enum Sought {
    /// This is one, and none is smaller if its first referral says so.
    Pair(Found),
    /// There is none.
    Nothing,
    /// The budget ran out first.
    NotDecided,
}

/// Why a rule carries no referral over any line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Idle {
    /// Nothing makes it hold.
    NeverFound,
    /// The level is the same without it.
    Shadowed,
    /// The answer before it is as good.
    LikeTheAnswerBefore,
    /// No one answer takes it away with the level.
    NotByOneAnswer,
}

pub(super) struct Search<'r> {
    rules: &'r RuleSet,
    instance: Instance<'r>,
    apart: Apart,
    steps: Vec<Step>,
    order: Vec<String>,
}

impl<'r> Search<'r> {
    pub fn of(rules: &'r RuleSet, conflicts: u64) -> Self {
        let mut instance = Instance::of(rules).with_budget(conflicts);
        let steps: Vec<Step> = rules.indicators().iter().enumerate().flat_map(|(fact, _)| steps(rules, fact)).collect();
        let apart = Apart::of(&mut instance, &steps);
        let order = rules.indicators().iter().map(|fact| fact.id.clone()).collect();
        Self { rules, instance, apart, steps, order }
    }

    /// Everything that gives something to the level, in the order of the rules.
    pub fn sources(&self) -> Vec<Source> {
        self.apart.left_out.keys().copied().collect()
    }

    /// The smallest pair on either side of the line below a rank that a rule carries a referral over; any pair where no
    /// rule is named.
    pub fn pair(&mut self, rule: Option<Source>, rank: Rank) -> Result<Sought, Disagreement> {
        let mut conditions = match rule {
            Some(rule) => vec![self.carries(rule, rank), !self.apart.other.found[&rule].0],
            None => vec![self.instance.at_least(0, rank), self.instance.is_end(End::AtLeast)],
        };
        conditions.extend(self.apart.other.at_least(rank).map(|above| !above));
        Ok(match self.instance.never(&conditions)? {
            Verdict::Proved => Sought::Nothing,
            Verdict::NotDecided => Sought::NotDecided,
            Verdict::Refuted(referral) => Sought::Pair(self.told_apart(&referral, rule, rank)?),
        })
    }

    /// Why a rule carries no referral over any line; `None` is not decided.
    pub fn idle(&mut self, rule: Source) -> Option<Idle> {
        let found = [self.instance.encoded(0).found[&rule].0, self.instance.is_end(End::AtLeast)];
        if self.instance.is_never(&found)? {
            return Some(Idle::NeverFound);
        }
        let ways: Vec<Literal> = (2..=self.rules.ladder().highest()).map(|rank| self.carries(rule, rank)).collect();
        let carries = self.instance.any(ways);
        Some(match (self.instance.is_never(&[carries])?, rule) {
            (true, _) => Idle::Shadowed,
            (false, Source::Answer(..)) => Idle::LikeTheAnswerBefore,
            (false, _) => Idle::NotByOneAnswer,
        })
    }

    /// Whether a rule is found, and the level reaches a rank with it and not without it.
    fn carries(&mut self, rule: Source, rank: Rank) -> Literal {
        let found = self.instance.encoded(0).found[&rule].0;
        let with = self.instance.at_least(0, rank);
        let without = self.apart.without.at_least(rank);
        let is_end = self.instance.is_end(End::AtLeast);
        let conditions =
            [found, with, self.apart.left_out[&rule], is_end].into_iter().chain(without.map(|above| !above));
        self.instance.all(conditions)
    }

    /// The two referrals as anybody would send them: the evaluator finds the answer that is changed, the first in the
    /// order of the rules, of those that are said already if one of them does.
    fn told_apart(&self, referral: &Referral, rule: Option<Source>, rank: Rank) -> Result<Found, Disagreement> {
        let is_said = |step: &&Step| referral.said.iter().any(|(id, _)| *id == self.order[step.question]);
        let (said, silent): (Vec<&Step>, Vec<&Step>) = self.steps.iter().partition(is_said);
        let found = said.into_iter().chain(silent).find_map(|step| self.on_both_sides(referral, step, rule, rank));
        found.ok_or_else(|| Disagreement {
            proved: rank - 1,
            evaluated: referral.level(self.rules),
            referral: format!("{:?} with one answer changed", referral.said),
        })
    }

    fn on_both_sides(&self, referral: &Referral, step: &Step, rule: Option<Source>, rank: Rank) -> Option<Found> {
        let id = &self.order[step.question];
        let said = referral.said.iter().find(|(fact, _)| fact == id).map(|(_, answer)| answer);
        let saying = |answer| self.instance.saying(step.question, answer);
        if saying(said) != saying(Some(&step.from)) {
            return None;
        }
        let with = |answer: &Answer| referral.answered(id, Some(answer.clone()), &self.order);
        let (above, below) = (with(&step.from), with(&step.to));
        let is_found = |referral: &Referral| rule.map(|rule| self.is_found(rule, referral));
        let on_both_sides = above.level(self.rules) >= rank
            && below.level(self.rules) < rank
            && is_found(&above) != Some(false)
            && is_found(&below) != Some(true);
        on_both_sides.then(|| Found { above, below, step: step.clone() })
    }

    /// Whether the evaluator finds a rule.
    fn is_found(&self, rule: Source, referral: &Referral) -> bool {
        let facts = referral.read(self.rules);
        let kind = match rule {
            Source::Answer(fact, class) => return facts.known(fact) == Some(class),
            Source::Criterion(_) => "criterion",
            Source::Threshold(_) => "threshold",
        };
        let id = rule.id(self.rules);
        findings(self.rules, &facts).0.iter().any(|found| found.kind == kind && found.id == id && found.found)
    }
}

/// The steps from an answer of a fact to the one next to it of less concern; without an order, from each to each.
fn steps(rules: &RuleSet, fact: FactIndex) -> Vec<Step> {
    let indicator = &rules.indicators()[fact];
    if indicator.retired.is_some() {
        return Vec::new();
    }
    let classes = (0..).zip(&indicator.classes).filter(|(_, answer)| answer.retired.is_none());
    let classes: Vec<Class> = classes.map(|(class, _)| class).collect();
    let pairs: Vec<(Class, Class)> = if rules.is_ordered(fact) {
        classes.windows(2).map(|pair| (pair[1], pair[0])).collect()
    } else {
        let from_each = classes.iter().flat_map(|from| classes.iter().map(move |to| (*from, *to)));
        from_each.filter(|(from, to)| from != to).collect()
    };
    let step =
        |(from, to)| Step { question: fact, from: next_to(indicator, from, to), to: next_to(indicator, to, from) };
    pairs.into_iter().map(step).collect()
}

/// An answer of a class: of a number's, the one that is nearest to another class.
fn next_to(indicator: &Indicator, class: Class, other: Class) -> Answer {
    let answer = indicator.classes[usize::from(class)].answer.clone();
    let (Kind::Number { lower_is_worse, .. }, Some((low, high))) =
        (&indicator.kind, indicator.numbers_of(class, class))
    else {
        return answer;
    };
    Answer::Number(if (class > other) == *lower_is_worse { high } else { low })
}
