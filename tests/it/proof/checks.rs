//! Each check against enumeration: what it finds is what every referral, one by one, shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use windscreen::criteria::{Outcome, RuleFile, RuleSet, load, load_to_prove};
use windscreen::facts::Answer;
use windscreen::level::{bounds, findings};
use windscreen::proof::{Diligence, Proofs, prove};

use super::{check, read, referral, sayings, seeds, small_set};
use crate::reference::dice::Dice;
use crate::reference::model::{Condition, Domain, Kind, Model, Raw, Role};

/// Guarantees that are tried on each rule set.
const PROMISES: usize = 6;

/// Every referral to a rule set: what is said, and its lower bound.
struct Enumerated<'e> {
    model: &'e Model,
    rules: &'e RuleSet,
    all: Vec<(Vec<(String, Answer)>, u8)>,
}

impl<'e> Enumerated<'e> {
    fn of(model: &'e Model, rules: &'e RuleSet, count: usize) -> Self {
        let sayings = sayings(model);
        let with_level = |number: usize| {
            let said = referral(number, &sayings);
            let level = bounds(rules, &read(rules, &said)).at_least();
            (said, level)
        };
        Self { model, rules, all: (0..count).map(with_level).collect() }
    }

    /// Levels that no referral has.
    fn unreached(&self) -> BTreeSet<String> {
        let reached: BTreeSet<u8> = self.all.iter().map(|(_, level)| *level).collect();
        let levels = 1..=self.rules.ladder().highest();
        levels.filter(|rank| !reached.contains(rank)).map(|rank| format!("level {rank}")).collect()
    }

    /// Per criterion and threshold: the referrals that meet it, by their numbers.
    fn met(&self) -> BTreeMap<(String, &'static str), Vec<usize>> {
        met(self.rules, &self.all)
    }

    /// Criteria and thresholds whose giving nothing changes no level.
    fn idle(&self) -> BTreeSet<String> {
        let mut idle = BTreeSet::new();
        let mut look = |id: &str, without: Model| {
            let Some(without) = load(&without.to_yaml()).rule_set else { return };
            if self.all.iter().all(|(said, level)| bounds(&without, &read(&without, said)).at_least() == *level) {
                idle.insert(id.to_owned());
            }
        };
        for (index, criterion) in self.model.criteria.iter().enumerate() {
            if criterion.gives.as_ref().is_some_and(|gives| gives.level.is_some() || gives.raises) {
                let mut without = self.model.clone();
                if let Some(gives) = &mut without.criteria[index].gives {
                    (gives.level, gives.raises, gives.hardship, gives.unless) = (None, false, false, None);
                }
                look(&criterion.id, without);
            }
        }
        for (index, threshold) in self.model.thresholds.iter().enumerate() {
            let mut without = self.model.clone();
            without.thresholds.remove(index);
            look(&threshold.id, without);
        }
        idle
    }

    /// Pairs of criteria that the same referrals meet, but for a name for what one rule gives.
    fn duplicates(&self, met: &BTreeMap<(String, &'static str), Vec<usize>>) -> BTreeSet<String> {
        let criteria = self.rules.criteria();
        let holds = |index: usize| &met[&(criteria[index].id.clone(), "criterion")];
        let pairs = (0..criteria.len()).flat_map(|one| (one + 1..criteria.len()).map(move |other| (one, other)));
        let is_name = |index: usize| criteria[index].gives.is_nothing();
        let same = pairs.filter(|(one, other)| is_name(*one) == is_name(*other) && holds(*one) == holds(*other));
        same.map(|(one, other)| format!("{} and {}", criteria[one].id, criteria[other].id)).collect()
    }

    /// Per criterion, how many parts of its condition can be left out, each alone, and leave it the same. Not of one of
    /// which the loader refuses what is left.
    fn redundant(&self, met: &BTreeMap<(String, &'static str), Vec<usize>>) -> BTreeMap<String, usize> {
        let redundant = self.model.criteria.iter().enumerate().filter_map(|(index, criterion)| {
            let key = (criterion.id.clone(), "criterion");
            let mut same = 0;
            for less in each_left_out(&criterion.when) {
                let mut model = self.model.clone();
                model.criteria[index].when = less;
                let rules = load(&model.to_yaml()).rule_set?;
                same += usize::from(self::met(&rules, &self.all)[&key] == met[&key]);
            }
            Some((criterion.id.clone(), same))
        });
        redundant.collect()
    }

    /// Facts of which an answer has a level that silence about it has not; `only` where that is lower.
    fn moved_by_an_answer(&self, lower: bool, is_asked: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let key = |said: &[(String, Answer)]| format!("{said:?}");
        let level: BTreeMap<String, u8> = self.all.iter().map(|(said, level)| (key(said), *level)).collect();
        let mut moved = BTreeSet::new();
        for (said, after) in &self.all {
            for (index, (id, _)) in said.iter().enumerate().filter(|(_, (id, _))| is_asked(id)) {
                let mut silent = said.clone();
                silent.remove(index);
                let before = level[&key(&silent)];
                if before > *after || !lower && before != *after {
                    moved.insert(id.clone());
                }
            }
        }
        moved
    }

    /// Per domain in the words of a report: the highest level of a referral that says nothing of the rest.
    fn reach(&self) -> Vec<String> {
        let domains = [
            (Domain::Child, "the child's development"),
            (Domain::Parenting, "parenting"),
            (Domain::Environment, "family and environment"),
            (Domain::Harm, "harm"),
        ];
        let of = |id: &str| {
            let fact = self.model.fact(id).expect("a fact of these rules");
            fact.domain.unwrap_or(self.model.topic(&fact.topic).domain)
        };
        let reach = domains.map(|(domain, words)| {
            let alone = self.all.iter().filter(|(said, _)| said.iter().all(|(id, _)| of(id) == domain));
            let reached = alone.map(|(_, level)| *level).max().unwrap_or(1);
            let all = if reached == self.rules.ladder().highest() { ", the whole ladder" } else { "" };
            format!("{words}, with nothing said of the rest, reaches level {reached}{all}")
        });
        reach.to_vec()
    }
}

fn met(rules: &RuleSet, all: &[(Vec<(String, Answer)>, u8)]) -> BTreeMap<(String, &'static str), Vec<usize>> {
    let mut met: BTreeMap<(String, &str), Vec<usize>> = BTreeMap::new();
    for (number, (said, _)) in all.iter().enumerate() {
        for rule in findings(rules, &read(rules, said)).0.into_iter().filter(|rule| rule.kind != "indicator") {
            met.entry((rule.id, rule.kind)).or_default().extend(rule.found.then_some(number));
        }
    }
    met
}

/// The condition without each of its parts, of a list that has others.
fn each_left_out(condition: &Condition) -> Vec<Condition> {
    let whole = |parts: Vec<Condition>| match condition {
        Condition::All(_) => Condition::All(parts),
        _ => Condition::Any(parts),
    };
    let (Condition::All(parts) | Condition::Any(parts)) = condition else { return Vec::new() };
    let mut less = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        if parts.len() > 1 {
            let mut others = parts.clone();
            others.remove(index);
            less.push(whole(others));
        }
        for inner in each_left_out(part) {
            let mut changed = parts.clone();
            changed[index] = inner;
            less.push(whole(changed));
        }
    }
    less
}

/// A random guarantee: of one fact or two the answers that it is about, by their places, and what it promises.
struct Promise {
    about: Vec<(usize, Vec<bool>)>,
    only: Option<Vec<usize>>,
    at_least: bool,
    rank: u8,
    when: String,
}

impl Promise {
    fn random(model: &Model, dice: &mut Dice) -> Self {
        let mut facts: Vec<usize> = (0..model.facts.len()).collect();
        dice.shuffle(&mut facts);
        let only = dice.chance(25).then(|| facts[..dice.between(1, facts.len())].to_vec());
        facts.truncate(dice.between(1, 2));
        let (about, words): (Vec<_>, Vec<String>) = facts
            .into_iter()
            .map(|fact| {
                let (places, words) = answers(model, fact, dice);
                ((fact, places), words)
            })
            .unzip();
        let rank = u8::try_from(dice.between(1, usize::from(model.ranks))).expect("few levels");
        Self { about, only, at_least: dice.chance(60), rank, when: format!("{{ all: [ {} ] }}", words.join(", ")) }
    }

    fn write(&self, model: &Model, index: usize, text: &mut String) {
        let promised = if self.at_least { "at_least" } else { "at_most" };
        let (when, rank) = (&self.when, self.rank);
        let only = self.only.as_ref().map(|only| {
            let ids: Vec<&str> = only.iter().map(|fact| model.facts[*fact].id.as_str()).collect();
            format!("only: [{}], ", ids.join(", "))
        });
        let only = only.unwrap_or_default();
        let _ = writeln!(
            text,
            "  - {{ id: promise_{index}, says: It holds, when: {when}, {only}{promised}: {rank}, source: [invented] }}"
        );
    }

    fn is_about(&self, model: &Model, said: &[(String, Answer)]) -> bool {
        let place = |fact: usize| {
            let fact = &model.facts[fact];
            let answer = said.iter().find(|(id, _)| *id == fact.id).map(|(_, answer)| answer);
            match answer {
                Some(answer) => fact.answers().iter().position(|raw| super::answer(raw) == *answer),
                // What silence is taken for.
                None => match fact.role {
                    Role::Unordered => None,
                    Role::Presumed => Some(fact.greatest()),
                    Role::Protective => Some(1),
                    Role::Sign | Role::Circumstance | Role::Context => Some(0),
                },
            }
        };
        let alone = self
            .only
            .as_ref()
            .is_none_or(|only| said.iter().all(|(id, _)| only.iter().any(|fact| model.facts[*fact].id == *id)));
        alone && self.about.iter().all(|(fact, places)| place(*fact).is_some_and(|place| places[place]))
    }

    fn is_kept(&self, level: u8) -> bool {
        if self.at_least { level >= self.rank } else { level <= self.rank }
    }
}

/// Some answers to a fact by their places, and how a condition names them.
fn answers(model: &Model, fact: usize, dice: &mut Dice) -> (Vec<bool>, String) {
    let fact = &model.facts[fact];
    let id = &fact.id;
    let all = fact.answers();
    let chosen = dice.below(all.len());
    let of = |wanted: &dyn Fn(usize) -> bool| (0..all.len()).map(wanted).collect::<Vec<bool>>();
    match (&all[chosen], &fact.kind) {
        (Raw::YesNo(value), _) => (of(&|place| all[place] == Raw::YesNo(*value)), format!("{{ {id}: {value} }}")),
        (Raw::Word(word), Kind::Choice(_)) if fact.role != Role::Unordered && dice.chance(60) => {
            (of(&|place| place >= chosen), format!("{{ {id}: {{ at_least: {word} }} }}"))
        }
        (Raw::Word(word), _) => (of(&|place| place == chosen), format!("{{ {id}: {{ is: {word} }} }}")),
        (Raw::Number(number), _) => {
            let is_from = |place: usize| matches!(all[place], Raw::Number(other) if other >= *number);
            (of(&is_from), format!("{{ {id}: {{ at_least: {number} }} }}"))
        }
    }
}

/// What a check finds, by the rules that it is about.
fn found(proofs: &Proofs, codes: &[&str]) -> BTreeSet<String> {
    let findings = codes.iter().flat_map(|code| &check(proofs, code).findings);
    findings.map(|finding| finding.of.join(" and ")).collect()
}

fn proved(files: &[RuleFile]) -> Proofs {
    let (loaded, places) = load_to_prove(files);
    let rules = loaded.rule_set.as_ref().unwrap_or_else(|| panic!("it loads: {:#?}", loaded.problems));
    let diligence = Diligence { certify: true, ..Diligence::default() };
    let proofs = prove(rules, &places, &loaded.problems, diligence).expect("the evaluator agrees");
    assert_eq!(proofs.certified.map(|certified| certified.not_followed), Some(0));
    proofs
}

/// A random rule set that is small, and of which no script fails: else it has another upper bound, which the lower
/// bounds of all referrals do not tell.
fn small_and_sure(seed: u64) -> Option<(Model, RuleSet, usize)> {
    let fails = |rules: &RuleSet| rules.tables().iter().any(|table| table.rows.contains(&Outcome::Failed));
    small_set(seed).filter(|(_, rules, _)| !fails(rules))
}

#[test]
fn every_check_says_what_enumeration_says() {
    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in seeds() {
        let Some((model, rules, count)) = small_and_sure(seed) else { continue };
        let proofs = proved(&model.to_yaml());
        let every = Enumerated::of(&model, &rules, count);
        for code in ["one-level", "floor-holds", "counts-stay-below", "more-concern"] {
            assert_eq!(found(&proofs, &[code]), BTreeSet::new(), "seed {seed}: {:#?}", check(&proofs, code));
        }
        assert_eq!(found(&proofs, &["level-reached"]), every.unreached(), "seed {seed}");

        let met = every.met();
        let of = |wanted: usize, kinds: &[&str]| -> BTreeSet<String> {
            let met = met.iter().filter(|((_, kind), by)| by.len() == wanted && kinds.contains(kind));
            met.map(|((id, _), _)| id.clone()).collect()
        };
        assert_eq!(found(&proofs, &["never-holds"]), of(0, &["criterion", "threshold"]), "seed {seed}");
        assert_eq!(found(&proofs, &["always-holds"]), of(count, &["criterion"]), "seed {seed}");
        assert_eq!(found(&proofs, &["duplicate"]), every.duplicates(&met), "seed {seed}");

        let rule = |id: &String| id.starts_with("criterion") || id.starts_with("threshold");
        let told: BTreeSet<String> = found(&proofs, &["shadowed", "subsumed"]).into_iter().filter(rule).collect();
        assert_eq!(told, every.idle(), "seed {seed}");

        let lowering = every.moved_by_an_answer(true, |_| true);
        let listed = &check(&proofs, "answers-that-lower").listed;
        let id = |line: &String| line.split('`').nth(1).map(str::to_owned);
        assert_eq!(listed.iter().filter_map(id).collect::<BTreeSet<_>>(), lowering, "seed {seed}");
        let never_matters = |id: &str| {
            let fact = rules.fact(id).expect("a fact of these rules");
            rules.indicators()[fact].context || !rules.is_ordered(fact)
        };
        let moving = every.moved_by_an_answer(false, never_matters);
        assert_eq!(found(&proofs, &["never-matters"]), moving, "seed {seed}");
        let reach = &check(&proofs, "reach").listed;
        let reach = reach.iter().map(|line| line.split(": the form").next().unwrap_or_default());
        assert_eq!(reach.collect::<Vec<_>>(), every.reach(), "seed {seed}");

        for (what, how_many) in [
            ("sets", 1),
            ("levels that nothing reaches", found(&proofs, &["level-reached"]).len()),
            ("dead", found(&proofs, &["never-holds"]).len()),
            ("idle", told.len()),
            ("duplicates", found(&proofs, &["duplicate"]).len()),
            ("lowering", lowering.len()),
            ("moved by context", moving.len()),
        ] {
            *tally.entry(what).or_default() += how_many;
        }
    }
    println!("{tally:?}");
    assert!(tally.values().all(|times| *times > 0), "{tally:?}");
}

/// Of the parts of what a criterion asks for; those of an `unless` are asked the same question by the same code.
#[test]
fn a_part_is_called_redundant_exactly_when_no_referral_needs_it() {
    let (mut redundant, mut parts) = (0, 0);
    for seed in seeds().into_iter().step_by(3) {
        let Some((mut model, _, count)) = small_and_sure(seed) else { continue };
        for gives in model.criteria.iter_mut().filter_map(|criterion| criterion.gives.as_mut()) {
            gives.unless = None;
        }
        let Some(rules) = load(&model.to_yaml()).rule_set else { continue };
        let every = Enumerated::of(&model, &rules, count);
        let expected = every.redundant(&every.met());
        let proofs = proved(&model.to_yaml());
        for (id, expected) in &expected {
            let findings = check(&proofs, "redundant-part").findings.iter();
            let told = findings.filter(|finding| finding.of.concat() == *id).count();
            assert_eq!(told, *expected, "seed {seed}, {id}");
        }
        redundant += expected.values().sum::<usize>();
        parts += check(&proofs, "redundant-part").proved;
    }
    println!("{redundant} redundant parts, {parts} others");
    assert!(redundant > 10 && parts > 10, "{redundant} and {parts}");
}

/// What a board promises itself holds exactly where it holds for each referral that it is about; and the referral that
/// breaks it says as little as any.
#[test]
fn a_guarantee_is_broken_exactly_when_some_referral_breaks_it() {
    let (mut kept, mut broken, mut about_nobody) = (0, 0, 0);
    for seed in seeds() {
        let Some((model, rules, count)) = small_and_sure(seed) else { continue };
        let every = Enumerated::of(&model, &rules, count);
        let mut dice = Dice::new(seed);
        let promises: Vec<Promise> = (0..PROMISES).map(|_| Promise::random(&model, &mut dice)).collect();
        let mut text = String::from("guarantees:\n");
        promises.iter().enumerate().for_each(|(index, promise)| promise.write(&model, index, &mut text));
        let mut files = model.to_yaml();
        files.push(RuleFile { path: "guarantees.yaml".to_owned(), bytes: text.clone().into_bytes() });
        let proofs = proved(&files);
        let findings = &check(&proofs, "guarantee").findings;
        for (index, promise) in promises.iter().enumerate() {
            let about: Vec<_> = every.all.iter().filter(|(said, _)| promise.is_about(&model, said)).collect();
            let breaking = about.iter().filter(|(_, level)| !promise.is_kept(*level));
            let smallest = breaking.map(|(said, _)| said.len()).min();
            let finding = findings.iter().find(|finding| finding.of == [format!("promise_{index}")]);
            let told = finding.map(|finding| finding.referral.as_ref().map(|referral| referral.said.len()));
            let expected = if about.is_empty() { Some(None) } else { smallest.map(Some) };
            assert_eq!(told, expected, "seed {seed}, promise {index}: {finding:#?}\n{text}");
            match expected {
                None => kept += 1,
                Some(Some(_)) => broken += 1,
                Some(None) => about_nobody += 1,
            }
        }
    }
    println!("{kept} kept, {broken} broken, {about_nobody} about nobody");
    assert!(kept > 50 && broken > 50, "{kept}, {broken}, {about_nobody}");
}
