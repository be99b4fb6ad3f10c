//! What enumeration says of the pairs of a small rule set: every referral, and every two that are one answer apart.
//!
//! A rule is left out by a rule set of its own that lacks it; an answer by one in which its whole question gives
//! nothing, since to a referral that gives this answer the others do nothing.

use std::collections::{BTreeMap, BTreeSet};

use windscreen::criteria::{Kind, RuleSet, load};
use windscreen::facts::Answer;
use windscreen::level::{bounds, findings};

use crate::proof::{read, referral, sayings};
use crate::reference::model::{Gives, Model, Role};

/// What is said, and nothing else.
pub type Referral = Vec<(String, Answer)>;

/// A rule as enumeration names it: an answer by its fact and itself, or the range that it is in; anything else by its id
/// alone.
pub type RuleName = (String, Option<String>);

/// An answer, or the range that a number is in.
pub fn class(rules: &RuleSet, id: &str, answer: &Answer) -> String {
    match (&rules.indicators()[rules.fact(id).expect("a fact of these rules")].kind, answer) {
        (Kind::Number { cuts, .. }, Answer::Number(number)) => {
            format!("range {}", cuts.iter().filter(|cut| *cut <= number).count())
        }
        _ => answer.to_string(),
    }
}

/// What enumeration finds.
pub struct Enumerated {
    all: All,
    /// Two referrals that are one answer apart, the one of more concern first.
    apart: Vec<(usize, usize)>,
    /// By rule and line: how much the two say.
    smallest_of: BTreeMap<(RuleName, u8), usize>,
    /// The line that each rule is shown at, and how much the two say.
    pub shown: BTreeMap<RuleName, (u8, usize)>,
    /// The rules that are shown nowhere, and why.
    pub idle: BTreeMap<RuleName, &'static str>,
}

impl Enumerated {
    pub fn of(model: &Model, rules: &RuleSet, count: usize) -> Self {
        let all = All::of(model, rules, count);
        let apart = all.one_apart(model);
        let (smallest_of, shown, idle) = Default::default();
        let mut enumerated = Self { all, apart, smallest_of, shown, idle };
        for (name, own, without) in each_rule(model, rules) {
            let without = without.unwrap_or_else(|| panic!("it loads without {name:?}"));
            enumerated.add(rules, name, own, &without);
        }
        enumerated
    }

    fn add(&mut self, rules: &RuleSet, name: RuleName, own: Option<u8>, without: &RuleSet) {
        let (all, highest) = (&self.all, rules.ladder().highest());
        let is_found = |referral: usize| match &name.1 {
            Some(answer) => {
                let mut said = all.referrals[referral].iter();
                said.any(|(id, said)| *id == name.0 && class(rules, id, said) == *answer)
            }
            None => all.found[referral].contains(&name.0),
        };
        let carries = |referral: usize, rank: u8| {
            is_found(referral) && all.levels[referral] >= rank && level(without, &all.referrals[referral]) < rank
        };
        let smallest = |rank: u8| {
            let size = self.smallest(rank, |above, below| !is_found(below) && carries(above, rank))?;
            Some((rank, size))
        };
        let by_line: BTreeMap<u8, usize> = (2..=highest).filter_map(smallest).collect();
        let own = own.unwrap_or(highest);
        let line = (2..=own).rev().chain(own + 1..=highest).find_map(|rank| Some((rank, *by_line.get(&rank)?)));
        let mut referrals = 0..all.referrals.len();
        let because = if !referrals.clone().any(is_found) {
            "no referral meets it"
        } else if !referrals.any(|referral| (2..=highest).any(|rank| carries(referral, rank))) {
            "wherever it is found, something else makes the level at least as high"
        } else if name.1.is_some() {
            "the answer before it carries as far"
        } else {
            "no one answer takes it away and the level with it"
        };
        self.smallest_of.extend(by_line.into_iter().map(|(rank, size)| ((name.clone(), rank), size)));
        match line {
            Some(line) => self.shown.extend([(name, line)]),
            None => self.idle.extend([(name, because)]),
        }
    }

    /// How much the smallest two say on either side of a line that are meant.
    pub fn smallest(&self, rank: u8, is_meant: impl Fn(usize, usize) -> bool) -> Option<usize> {
        let levels = &self.all.levels;
        let pairs = self.apart.iter().filter(|(above, below)| levels[*above] >= rank && levels[*below] < rank);
        pairs.filter(|(above, below)| is_meant(*above, *below)).map(|(above, _)| self.all.referrals[*above].len()).min()
    }

    /// The same of those that some rule carries over the line.
    pub fn smallest_of_rules(&self, rank: u8) -> Option<usize> {
        self.smallest_of.iter().filter(|((_, line), _)| *line == rank).map(|(_, size)| *size).min()
    }
}

/// Every referral to a rule set, by what it says.
struct All {
    by_said: BTreeMap<String, usize>,
    referrals: Vec<Referral>,
    levels: Vec<u8>,
    /// Criteria and thresholds that are found.
    found: Vec<BTreeSet<String>>,
}

fn key(said: &[(String, Answer)]) -> String {
    format!("{said:?}")
}

fn level(rules: &RuleSet, said: &[(String, Answer)]) -> u8 {
    bounds(rules, &read(rules, said)).at_least()
}

impl All {
    fn of(model: &Model, rules: &RuleSet, count: usize) -> Self {
        let sayings = sayings(model);
        let referrals: Vec<Referral> = (0..count).map(|number| referral(number, &sayings)).collect();
        let found = |said: &Referral| {
            let found = findings(rules, &read(rules, said)).0.into_iter();
            found.filter(|rule| rule.found && rule.kind != "indicator").map(|rule| rule.id).collect()
        };
        Self {
            by_said: referrals.iter().enumerate().map(|(number, said)| (key(said), number)).collect(),
            levels: referrals.iter().map(|said| level(rules, said)).collect(),
            found: referrals.iter().map(found).collect(),
            referrals,
        }
    }

    /// Every two that are one answer apart, both saying it: of an ordered fact the answer of more concern first.
    fn one_apart(&self, model: &Model) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        for (first, said) in self.referrals.iter().enumerate() {
            for (place, (id, answer)) in said.iter().enumerate() {
                let fact = model.fact(id).expect("a fact of these rules");
                let (_, answers) = sayings(model).into_iter().find(|(other, _)| other == id).expect("a fact");
                let answers: Vec<Answer> = answers.into_iter().flatten().collect();
                let at = answers.iter().position(|other| other == answer).expect("one of its answers");
                let others: Vec<&Answer> = match fact.role {
                    Role::Unordered => answers.iter().filter(|other| *other != answer).collect(),
                    _ => answers[..at].last().into_iter().collect(),
                };
                for other in others {
                    let mut changed = said.clone();
                    changed[place].1 = other.clone();
                    pairs.push((first, self.by_said[&key(&changed)]));
                }
            }
        }
        pairs
    }
}

/// Every rule that gives something to the level, the level that it gives alone, and a rule set without it.
fn each_rule(model: &Model, rules: &RuleSet) -> Vec<(RuleName, Option<u8>, Option<RuleSet>)> {
    let gives_level = |gives: &Gives| gives.level.is_some() || gives.raises;
    let nothing = |gives: &mut Gives| {
        (gives.level, gives.raises, gives.hardship, gives.unless) = (None, false, false, None);
    };
    let load = |model: &Model| load(&model.to_yaml()).rule_set;
    let mut all: Vec<(RuleName, Option<u8>, Option<RuleSet>)> = Vec::new();
    for (index, fact) in model.facts.iter().enumerate() {
        let mut without = model.clone();
        without.facts[index].all_gives_mut().into_iter().for_each(nothing);
        let answers = sayings(model).swap_remove(index).1.into_iter().flatten().enumerate();
        for (place, answer) in answers {
            if let Some(gives) = fact.gives(place).filter(|gives| gives_level(gives)) {
                let name = (fact.id.clone(), Some(class(rules, &fact.id, &answer)));
                if !all.iter().any(|(other, ..)| *other == name) {
                    all.push((name, gives.level.map(|(_, rank)| rank), load(&without)));
                }
            }
        }
    }
    for (index, criterion) in model.criteria.iter().enumerate() {
        if let Some(gives) = criterion.gives.as_ref().filter(|gives| gives_level(gives)) {
            let mut without = model.clone();
            without.criteria[index].gives.iter_mut().for_each(nothing);
            all.push(((criterion.id.clone(), None), gives.level.map(|(_, rank)| rank), load(&without)));
        }
    }
    for (index, threshold) in model.thresholds.iter().enumerate() {
        let mut without = model.clone();
        without.thresholds.remove(index);
        all.push(((threshold.id.clone(), None), Some(threshold.reaches), load(&without)));
    }
    all
}
