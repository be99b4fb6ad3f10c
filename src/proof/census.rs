//! The census: every referral of a few answers, under two rule sets side by side.
//!
//! It counts what the lower bound of each is under either rule set. It is the evaluator that finds them: a pass goes on
//! with one more answer, as in an explanation. The work falls into parts that any number of threads may share; the sum
//! is the same in whatever order they end.

use super::pair::{Pair, Told};
use crate::criteria::{Contribution, Gives, RuleSet};
use crate::facts::{Class, FactIndex, FactSet, Facts};
use crate::ladder::{MAX_RANK, Rank};
use crate::level::{Begun, Completed, Considered, Pass, completed};

const RANKS: usize = MAX_RANK as usize + 1;

/// Every referral of at most so many answers that say more than silence does.
#[derive(Debug)]
pub struct Census<'p> {
    pair: &'p Pair<'p>,
    /// The most answers of one referral.
    pub most: usize,
    /// Places of facts in the pair that may matter to a level. First those that a pass must look at from the beginning.
    order: Vec<usize>,
    from_the_beginning: usize,
    /// By how many answers there is room for: in how many ways facts that matter to no level may be answered beside.
    beside: Vec<u64>,
}

/// How many referrals are at which level under the earlier and under the later rule set, and the first of the smallest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    counts: [[u64; RANKS]; RANKS],
    smallest: [[Option<Told>; RANKS]; RANKS],
}

/// One rule set and what is said to it so far.
struct Side<'s> {
    rules: &'s RuleSet,
    completed: Completed<'s>,
    begun: Begun,
    level: Rank,
}

impl<'p> Census<'p> {
    /// Of a pair.
    pub fn of(pair: &'p Pair<'p>, most: usize) -> Self {
        let any = |fact: usize, is: &dyn Fn(&RuleSet, FactIndex) -> bool| {
            let of = |side: usize| pair.facts[fact].index[side].is_some_and(|of| is(pair.rules[side], of));
            of(0) || of(1)
        };
        let (facts, idle): (Vec<_>, Vec<_>) = (0..pair.facts.len()).partition(|fact| any(*fact, &matters));
        let (mut order, rest): (Vec<_>, Vec<_>) = facts.into_iter().partition(|fact| any(*fact, &needs_a_new_pass));
        let from_the_beginning = order.len();
        order.extend(rest);
        let ways = ways(pair, idle.into_iter(), most);
        let beside = (0..=most).map(|room| ways[..=room].iter().sum()).collect();
        Self { pair, most, order, from_the_beginning, beside }
    }

    /// How many referrals there are, reckoned and not enumerated.
    pub fn total(&self) -> u64 {
        ways(self.pair, 0..self.pair.facts.len(), self.most).iter().sum()
    }

    /// Into how many parts the work falls.
    pub fn parts(&self) -> usize {
        self.order.len() + 1
    }

    /// One part: the referral that says nothing, or all of which one fact is the first in the order of work.
    pub fn part(&self, part: usize) -> Tally {
        let mut tally = Tally::default();
        let silent = self.pair.rules.map(|rules| Facts::nothing_said(rules.indicators.len()));
        let sides = [0, 1].map(|side| Side::of(self.pair.rules[side], &silent[side]));
        match part.checked_sub(1) {
            None => tally.count([sides[0].level, sides[1].level], &[], self.beside[self.most]),
            Some(first) if self.most > 0 => {
                self.go_on(&silent, [&sides[0], &sides[1]], first..first + 1, &mut Vec::new(), &mut tally);
            }
            Some(_) => {}
        }
        tally
    }

    /// Every referral that says one more of some facts than is said already, and whatever follows on that.
    fn go_on(
        &self,
        facts: &[Facts; 2],
        sides: [&Side<'_>; 2],
        next: std::ops::Range<usize>,
        told: &mut Told,
        tally: &mut Tally,
    ) {
        for place in next {
            let fact = self.order[place];
            let shared = &self.pair.facts[fact];
            for (answer, said) in shared.answers.iter().enumerate().filter(|(_, answer)| !answer.says_nothing) {
                told.push((fact, answer));
                let read = |side: usize| shared.index[side].zip(said.class[side]);
                if place < self.from_the_beginning {
                    let mut facts = facts.clone();
                    for (side, facts) in facts.iter_mut().enumerate() {
                        if let Some((fact, class)) = read(side) {
                            facts.set(fact, class);
                        }
                    }
                    let anew = [0, 1].map(|side| Side::of(self.pair.rules[side], &facts[side]));
                    self.count(&facts, [&anew[0], &anew[1]], place, told, tally);
                } else if told.len() == self.most {
                    let level = |side: usize| match read(side) {
                        Some((fact, class)) => sides[side].level_with(fact, class),
                        None => sides[side].level,
                    };
                    tally.count([level(0), level(1)], told, self.beside[0]);
                } else {
                    let with = [0, 1].map(|side| read(side).map(|(fact, class)| sides[side].with(fact, class)));
                    let sides = [0, 1].map(|side| with[side].as_ref().unwrap_or(sides[side]));
                    self.count(facts, sides, place, told, tally);
                }
                told.pop();
            }
        }
    }

    fn count(&self, facts: &[Facts; 2], sides: [&Side<'_>; 2], place: usize, told: &mut Told, tally: &mut Tally) {
        tally.count(sides.map(|side| side.level), told, self.beside[self.most - told.len()]);
        if told.len() < self.most {
            self.go_on(facts, sides, place + 1..self.order.len(), told, tally);
        }
    }
}

/// In how many ways so many of some facts may be answered, by how many.
fn ways(pair: &Pair<'_>, facts: impl Iterator<Item = usize>, most: usize) -> Vec<u64> {
    let mut ways = vec![0_u64; most + 1];
    ways[0] = 1;
    for fact in facts {
        for answered in (1..ways.len()).rev() {
            ways[answered] += ways[answered - 1] * pair.facts[fact].count();
        }
    }
    ways
}

/// Whether anything that a level rests on looks at a fact.
fn matters(rules: &RuleSet, fact: FactIndex) -> bool {
    let gives = |gives: &Gives| gives.contribution != Contribution::Nothing || gives.raises;
    rules.indicators[fact].classes.iter().any(|class| gives(&class.gives))
        || rules.criteria.iter().any(|criterion| criterion.reads.contains(fact))
        || rules.index.told.contains(fact)
}

/// Whether an answer to a fact may take away what silence about it gives, or lower, so that no pass goes on with it.
fn needs_a_new_pass(rules: &RuleSet, fact: FactIndex) -> bool {
    let index = &rules.index;
    [&index.told, &index.presumed, &index.protective, &index.unordered].iter().any(|facts| facts.contains(fact))
}

impl<'s> Side<'s> {
    fn of(rules: &'s RuleSet, facts: &'s Facts) -> Self {
        let completed = completed(rules, facts, &Considered::of(rules, facts), Pass::Least);
        let begun = Begun::of(rules, &completed);
        let level = begun.clone().level(rules, &completed);
        Self { rules, completed, begun, level }
    }

    /// The same with one more answer, of which it does not matter that it is told.
    fn with(&self, fact: FactIndex, class: Class) -> Self {
        let (completed, begun) = self.gone_on(fact, class);
        let level = begun.clone().level(self.rules, &completed);
        Self { rules: self.rules, completed, begun, level }
    }

    /// Its level, when it goes on no further.
    fn level_with(&self, fact: FactIndex, class: Class) -> Rank {
        let (completed, begun) = self.gone_on(fact, class);
        begun.level(self.rules, &completed)
    }

    fn gone_on(&self, fact: FactIndex, class: Class) -> (Completed<'s>, Begun) {
        let (mut completed, mut begun) = (self.completed.clone(), self.begun.clone());
        // The least answer is what silence was taken for.
        if class > 0 {
            let only: FactSet = [fact].into_iter().collect();
            completed.class[fact] = class;
            completed.beyond_least = completed.beyond_least.or(&only);
            begun.add(self.rules, &completed, &only);
        }
        (completed, begun)
    }
}

impl Tally {
    /// Counts a referral, and as many more as there are with answers beside it that matter to no level.
    fn count(&mut self, levels: [Rank; 2], told: &[(usize, usize)], as_many: u64) {
        let [from, to] = levels.map(usize::from);
        self.counts[from][to] += as_many;
        if from != to {
            let smallest = &mut self.smallest[from][to];
            if smallest.as_ref().is_none_or(|least| told.len() <= least.len()) {
                let mut told = told.to_vec();
                told.sort_unstable();
                *smallest = smaller(smallest.take(), Some(told));
            }
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, mut other: Self) -> Self {
        for (from, to) in (0..RANKS).flat_map(|from| (0..RANKS).map(move |to| (from, to))) {
            self.counts[from][to] += other.counts[from][to];
            self.smallest[from][to] = smaller(self.smallest[from][to].take(), other.smallest[from][to].take());
        }
        self
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// How many are at one level under the earlier rule set and at another under the later.
    pub fn of(&self, from: Rank, to: Rank) -> u64 {
        self.counts[usize::from(from)][usize::from(to)]
    }

    /// The smallest of those that move so.
    pub fn smallest(&self, from: Rank, to: Rank) -> Option<&Told> {
        self.smallest[usize::from(from)][usize::from(to)].as_ref()
    }
}

/// Of two referrals the one of fewer answers; of two as small, the first in the order of facts.
fn smaller(one: Option<Told>, other: Option<Told>) -> Option<Told> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if (other.len(), &other) < (one.len(), &one) { other } else { one }),
        (one, other) => one.or(other),
    }
}
