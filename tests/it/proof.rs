//! Proofs against brute force: random small rule sets, every referral to them enumerated.
//!
//! The rule sets are those of `reference`, written out as files and loaded. A referral says nothing about a fact or
//! gives any of its answers, each number of a range among them, so that what the encoding takes for one saying is tried
//! with everything that it stands for.

mod encoding;

mod checks;
mod planted;

mod explained;
mod metamorphic;

use std::path::{Path, PathBuf};

use windscreen::criteria::{RuleSet, load};
use windscreen::facts::{Answer, Answers, Facts, Said};
use windscreen::proof::{Check, Proofs};

use crate::reference::dice::Dice;
use crate::reference::generate;
use crate::reference::model::{Condition, Gives, Model, Raw, What};

/// Rule sets that are tried; times `WINDSCREEN_TEST_CASES`.
pub(super) const SETS: u64 = 100;
/// A rule set with more referrals than this is left out.
const MOST_REFERRALS: usize = 2_000;

/// Everything that may be said about each fact: nothing, or an answer.
pub(super) fn sayings(model: &Model) -> Vec<(String, Vec<Option<Answer>>)> {
    let sayings = |answers: &[Raw]| std::iter::once(None).chain(answers.iter().map(answer).map(Some)).collect();
    model.facts.iter().map(|fact| (fact.id.clone(), sayings(&fact.answers()))).collect()
}

pub(super) fn answer(raw: &Raw) -> Answer {
    match raw {
        Raw::YesNo(value) => Answer::YesNo(*value),
        Raw::Word(word) => Answer::Word(word.clone()),
        Raw::Number(number) => Answer::Number(*number),
    }
}

/// A referral by number: which saying of each fact.
pub(super) fn referral(mut number: usize, sayings: &[(String, Vec<Option<Answer>>)]) -> Vec<(String, Answer)> {
    let said = sayings.iter().filter_map(|(id, sayings)| {
        let saying = &sayings[number % sayings.len()];
        number /= sayings.len();
        Some((id.clone(), saying.clone()?))
    });
    said.collect()
}

pub(super) fn read(rules: &RuleSet, said: &[(String, Answer)]) -> Facts {
    let said = said.iter().map(|(id, answer)| (id.clone(), Said::Answer(answer.clone()))).collect();
    rules.read(&Answers { said, ..Answers::default() }, "").expect("every answer is one of its fact's")
}

/// The random rule sets that are tried: the first so many, and as many small ones again in which hardship meets
/// modifiers below its line, or duties a look at harm, which chance alone seldom brings together.
fn seeds() -> Vec<u64> {
    let sets = SETS * u64::from(crate::cases());
    let wanted: [fn(&Model) -> bool; 2] = [hardship_meets_a_line, harm_meets_a_duty];
    let seldom = wanted.into_iter().flat_map(|wanted| {
        let is_wanted = move |seed: &u64| {
            let model = generate::model(&mut Dice::new(*seed), false);
            wanted(&model) && referrals(&model) <= MOST_REFERRALS
        };
        (sets..).filter(is_wanted).take(usize::try_from(sets / 4).unwrap_or(usize::MAX))
    });
    (0..sets).chain(seldom).collect()
}

fn gives(model: &Model) -> Vec<&Gives> {
    let criteria = model.criteria.iter().filter_map(|criterion| criterion.gives.as_ref());
    model.facts.iter().flat_map(|fact| fact.all_gives()).chain(criteria).collect()
}

fn hardship_meets_a_line(model: &Model) -> bool {
    let (Some(modifiers), Some(line)) = (&model.modifiers, model.hardship_never_reaches) else { return false };
    let gives = gives(model);
    let steps_to_the_line = modifiers.steps_at_most > 0 && modifiers.from.contains(&(line - 1));
    let is_reached = model.thresholds.iter().any(|threshold| threshold.reaches < line);
    gives.iter().any(|gives| gives.hardship)
        && gives.iter().any(|gives| gives.raises)
        && steps_to_the_line
        && is_reached
}

/// A duty is no harm, and a criterion that took it for harm would reach a higher level than the duty.
fn harm_meets_a_duty(model: &Model) -> bool {
    let duties = gives(model).into_iter().filter_map(|gives| gives.level).filter(|(what, _)| *what == What::Duty);
    let duties: Vec<u8> = duties.map(|(_, rank)| rank).collect();
    model.criteria.iter().any(|criterion| {
        let mut looks_from = None;
        criterion.when.visit(&mut |part| {
            if let Condition::Need(need) = part
                && need.harm
            {
                looks_from = Some(need.at);
            }
        });
        let given = criterion.gives.as_ref().and_then(|gives| gives.level);
        let (Some(from), Some((_, given))) = (looks_from, given) else { return false };
        duties.iter().any(|duty| (from..given).contains(duty))
    })
}

/// How many referrals there are.
fn referrals(model: &Model) -> usize {
    model.facts.iter().map(|fact| fact.size() + 1).product()
}

/// A random rule set with few enough referrals, and how many it has.
pub(super) fn small_set(seed: u64) -> Option<(Model, RuleSet, usize)> {
    let model = generate::model(&mut Dice::new(seed), false);
    let count = referrals(&model);
    if count > MOST_REFERRALS {
        return None;
    }
    let rules = load(&model.to_yaml()).rule_set?;
    Some((model, rules, count))
}

fn check<'p>(proofs: &'p Proofs, code: &str) -> &'p Check {
    proofs.checks.iter().find(|check| check.code == code).expect("every check is there")
}

pub(super) fn fixtures(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rule_sets").join(path)
}
