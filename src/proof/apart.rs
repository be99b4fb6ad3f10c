//! Two referrals that differ in the answer to one question, and the first of them where one rule gives nothing.
//!
//! Three copies of a rule set in one circuit. Which question differs and which rule gives nothing are free, so that the
//! same copies do for every rule and every question.

use std::collections::BTreeMap;

use super::Literal;
use super::encode::{Encoded, Otherwise};
use super::instance::Instance;
use super::question::{Question, from};
use super::rule::Source;
use crate::facts::Answer;

/// One answer to a question in a referral, and the one in its place in the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// The question, by its place.
    pub question: usize,
    /// What the first referral says.
    pub from: Answer,
    /// What the other says.
    pub to: Answer,
}

/// What is beside a rule set over the first referral.
pub(super) struct Apart {
    /// The rule set over the other referral, which is one step from the first or the same.
    pub other: Encoded,
    /// The rule set over the first referral, where one rule gives nothing.
    pub without: Encoded,
    /// Per rule: whether it is the one that gives nothing.
    pub left_out: BTreeMap<Source, Literal>,
}

impl Apart {
    /// Puts the copies beside an instance's first rule set. From then on its smallest referral is the one with which the
    /// fewest facts are said in either.
    pub fn of(instance: &mut Instance<'_>, steps: &[Step]) -> Self {
        let sources: Vec<Source> = instance.encoded(0).found.keys().copied().collect();
        let chosen = one_of(instance, sources.len());
        let left_out: BTreeMap<Source, Literal> = sources.into_iter().zip(chosen).collect();
        let without = instance.encoded_otherwise(0, Otherwise { left_out: Some(&left_out), ..Otherwise::default() });
        let questions = others(instance, steps);
        let other = instance.encoded_over(0, &questions);
        Self { other, without, left_out }
    }
}

/// Of so many things, whether each is the one that is meant.
fn one_of(instance: &mut Instance<'_>, things: usize) -> Vec<Literal> {
    let circuit = instance.circuit();
    let mut from = from(circuit, things, 0);
    from.push(circuit.constant(false));
    (0..things).map(|thing| circuit.all([from[thing], !from[thing + 1]])).collect()
}

/// What is asked in the other referral: everything is answered as in the first, but for one step at most.
fn others(instance: &mut Instance<'_>, steps: &[Step]) -> Vec<Question> {
    let count = instance.questions().len();
    // The last stands for no step at all.
    let differs = one_of(instance, count + 1);
    let mut others = Vec::new();
    for (place, differs) in differs.into_iter().enumerate().take(count) {
        let other = instance.asked_again(place);
        for saying in 1..other.sayings.len() {
            let circuit = instance.circuit();
            let there = other.from(circuit, saying);
            let here = instance.is_among(place, |said| said >= saying);
            instance.circuit().require_any(&[differs, !here, there]);
            instance.circuit().require_any(&[differs, here, !there]);
        }
        let mut ways = vec![!differs];
        for step in steps.iter().filter(|step| step.question == place) {
            let to = instance.saying(place, Some(&step.to));
            let there = other.is_among(instance.circuit(), |said| said == to);
            let here = instance.is_said(place, Some(&step.from));
            ways.push(instance.all([here, there]));
        }
        instance.circuit().require_any(&ways);
        instance.counts_as_said(place, differs);
        others.push(other);
    }
    others
}
