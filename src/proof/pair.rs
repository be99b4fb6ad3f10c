//! Two rule sets over the same facts: matched by id, and cut where either of them cuts.
//!
//! Two answers that neither rule set tells apart are one. A fact that only one of them has, and an answer that only one
//! takes, is passed over by the other, as in a replay.

use std::collections::BTreeSet;

use super::instance::Referral;
use crate::criteria::{Indicator, Kind, RuleSet};
use crate::facts::{Answer, Class, FactIndex, Facts};
use crate::ladder::Rank;
use crate::level::bounds;

/// Two rule sets, the earlier first, over the facts of both.
#[derive(Debug)]
pub struct Pair<'r> {
    /// The earlier and the later rule set.
    pub rules: [&'r RuleSet; 2],
    /// The facts of either, by id.
    pub facts: Vec<SharedFact>,
}

/// A fact of either rule set.
#[derive(Debug)]
pub struct SharedFact {
    /// Its id.
    pub id: String,
    /// Its place in each rule set that has it.
    pub index: [Option<FactIndex>; 2],
    /// Its answers, least concern first.
    pub answers: Vec<SharedAnswer>,
}

/// An answer to a fact, or the numbers that neither rule set tells apart.
#[derive(Debug)]
pub struct SharedAnswer {
    /// How it is sent: of numbers, the lowest.
    pub answer: Answer,
    /// Of numbers, the highest.
    pub highest: Option<i64>,
    /// Its class in each rule set that takes it.
    pub class: [Option<Class>; 2],
    /// Whether both rule sets take it for what they take silence for: no more is said by it than by saying nothing.
    pub says_nothing: bool,
}

/// What a referral says, of everything that it could: pairs of a fact and its answer, by place in the pair, in order.
pub type Told = Vec<(usize, usize)>;

impl<'r> Pair<'r> {
    /// Two rule sets, the earlier first.
    pub fn of(old: &'r RuleSet, new: &'r RuleSet) -> Self {
        let rules = [old, new];
        let ids: BTreeSet<&String> = rules.iter().flat_map(|rules| rules.by_id.keys()).collect();
        let facts = ids.into_iter().map(|id| shared(rules, id)).collect();
        Self { rules, facts }
    }

    /// What a referral says, as one of the rule sets reads it.
    pub fn read(&self, side: usize, told: &Told) -> Facts {
        let rules = self.rules[side];
        let mut facts = Facts::nothing_said(rules.indicators.len());
        for (fact, answer) in told {
            let shared = &self.facts[*fact];
            match (shared.index[side], shared.answers[*answer].class[side]) {
                (Some(fact), Some(class)) => facts.set(fact, class),
                _ => facts.not_in_rule_set.push(shared.id.clone()),
            }
        }
        facts
    }

    /// What an invented referral says.
    pub fn told(&self, referral: &Referral) -> Told {
        let place = |(id, said): &(String, Answer)| {
            let fact = self.facts.iter().position(|shared| shared.id == *id)?;
            let answer = self.facts[fact].answers.iter().position(|answer| answer.takes(said))?;
            Some((fact, answer))
        };
        let mut told: Told = referral.said.iter().filter_map(place).collect();
        told.sort_unstable();
        told
    }

    /// The lower bound of a referral under each rule set, by the evaluator itself.
    pub fn levels(&self, told: &Told) -> [Rank; 2] {
        [0, 1].map(|side| bounds(self.rules[side], &self.read(side, told)).at_least())
    }
}

impl Pair<'_> {
    /// Answers as one of the rule sets words them, or the other where only that takes them. Numbers that follow on each
    /// other are one range.
    pub fn answers_in_words(&self, fact: usize, answers: &BTreeSet<usize>, side: usize) -> String {
        let shared = &self.facts[fact];
        if let Some(least) = self.least_of_the_rest(fact, answers) {
            return format!("“{least}” or of more concern");
        }
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        let mut words = Vec::new();
        for answer in answers.iter().map(|answer| &shared.answers[*answer]) {
            match (&answer.answer, answer.highest) {
                (Answer::Number(from), Some(to)) => ranges.push((*from, to)),
                (word, _) => {
                    let side = if answer.class[side].is_some() { side } else { 1 - side };
                    words.push(format!("“{}”", self.rules[side].in_words(&shared.id, word)));
                }
            }
        }
        ranges.sort_unstable();
        let mut joined: Vec<(i64, i64)> = Vec::new();
        for (from, to) in ranges {
            match joined.last_mut() {
                Some((_, end)) if *end + 1 == from => *end = to,
                _ => joined.push((from, to)),
            }
        }
        let asked = |side: usize| Some(&shared.indicator(self.rules[side], side)?.kind);
        let kinds = || [side, 1 - side].into_iter().filter_map(asked);
        let in_words = |(from, to)| kinds().find_map(|kind| kind.numbers_in_words(from, to));
        words.extend(joined.into_iter().filter_map(in_words));
        match words.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => words.concat(),
        }
    }
}

impl Pair<'_> {
    /// Of a rule set beside itself, where no answer comes or goes: the least of several words that are the rest of a
    /// fact's order of concern. Two would be no longer to name.
    fn least_of_the_rest(&self, fact: usize, answers: &BTreeSet<usize>) -> Option<String> {
        let shared = &self.facts[fact];
        let rules = self.rules[1];
        let least = *answers.first()?;
        let is_rest = answers.len() > 2 && answers.len() == shared.answers.len() - least;
        let is_word =
            matches!(shared.answers[least].answer, Answer::Word(_)) && shared.answers[least].highest.is_none();
        let is_ordered = shared.index[1]
            .is_some_and(|fact| rules.is_ordered(fact) && matches!(rules.indicators[fact].kind, Kind::Choice));
        (std::ptr::eq(self.rules[0], rules) && is_rest && is_word && is_ordered)
            .then(|| rules.in_words(&shared.id, &shared.answers[least].answer))
    }
}

impl SharedAnswer {
    /// Whether an answer is this one, or one of its numbers.
    fn takes(&self, answer: &Answer) -> bool {
        match (answer, &self.answer, self.highest) {
            (Answer::Number(number), Answer::Number(from), Some(to)) => (*from..=to).contains(number),
            (answer, this, _) => answer == this,
        }
    }
}

impl SharedFact {
    /// The fact as a rule set has it.
    pub fn indicator<'r>(&self, rules: &'r RuleSet, side: usize) -> Option<&'r Indicator> {
        self.index[side].map(|fact| &rules.indicators[fact])
    }

    /// How many answers say more than silence does.
    pub fn count(&self) -> u64 {
        self.answers.iter().filter(|answer| !answer.says_nothing).count() as u64
    }
}

fn shared(rules: [&RuleSet; 2], id: &str) -> SharedFact {
    let index = rules.map(|rules| rules.fact(id));
    let known = [0, 1].map(|side| index[side].map(|fact| &rules[side].indicators[fact]));
    let mut answers: Vec<(Answer, Option<i64>)> = Vec::new();
    for indicator in known.into_iter().flatten() {
        let words = indicator.classes.iter().map(|class| &class.answer);
        let words: Vec<_> = words.filter(|answer| !matches!(answer, Answer::Number(_))).collect();
        for word in words {
            if !answers.iter().any(|(answer, _)| answer == word) {
                answers.push((word.clone(), None));
            }
        }
    }
    answers.extend(ranges(known).into_iter().map(|(from, to)| (Answer::Number(from), Some(to))));
    let class_of = |indicator: Option<&Indicator>, answer: &Answer| indicator?.class_of(answer).ok();
    let mut answers: Vec<SharedAnswer> = answers
        .into_iter()
        .map(|(answer, highest)| {
            let class = known.map(|indicator| class_of(indicator, &answer));
            let is_silence = |side: usize| match (index[side], class[side]) {
                (Some(fact), Some(class)) => silence(rules[side], fact) == Some(class),
                _ => true,
            };
            let says_nothing = is_silence(0) && is_silence(1);
            SharedAnswer { answer, highest, class, says_nothing }
        })
        .collect();
    // Stable: answers of one class in both are never two.
    answers.sort_by_key(|answer| (answer.class[1].or(answer.class[0]), answer.class[0]));
    SharedFact { id: id.to_owned(), index, answers }
}

/// The class that silence about a fact is taken for, where nothing asks whether that was stated.
fn silence(rules: &RuleSet, fact: FactIndex) -> Option<Class> {
    let class = if rules.is_presumed(fact) { rules.greatest(fact) } else { Class::from(rules.is_protective(fact)) };
    Some(class).filter(|_| rules.is_ordered(fact) && !rules.stated().contains(fact))
}

/// The numbers that either takes, cut where either cuts.
fn ranges(known: [Option<&Indicator>; 2]) -> Vec<(i64, i64)> {
    let mut begins = BTreeSet::new();
    for indicator in known.into_iter().flatten() {
        if let Kind::Number { from, to, cuts, .. } = &indicator.kind {
            begins.insert(*from);
            begins.insert(to.saturating_add(1));
            begins.extend(cuts);
        }
    }
    let begins: Vec<i64> = begins.into_iter().collect();
    let taken = |number: i64| known.into_iter().flatten().any(|indicator| indicator.class_of_number(number).is_some());
    begins.windows(2).map(|pair| (pair[0], pair[1] - 1)).filter(|(from, _)| taken(*from)).collect()
}
