//! The encoding against the evaluator: the same level of every referral, and the smallest of each level.
//!
//! Faults that were put in by hand, one at a time, and the tests beside this that told them:
//!
//! | Fault | Told by |
//! |---|---|
//! | encoding: a threshold lapses while a modifier is found | `encoding` |
//! | encoding: hardship helps across its line by a step, or counts as any other need | `encoding` |
//! | encoding: a duty is harm; a look at harm sees counts and duties | `encoding` |
//! | encoding: protection cancels no modifier; a threshold asks for no domains | `encoding` |
//! | encoding: a presumption gives nothing until it is said; silence counts as stated | `encoding` |
//! | encoding: a script's failure never holds; a floor never softens; one need fewer is enough | `encoding` |
//! | evaluator: a threshold lapses while a modifier is found; one need more; a duty is harm | `encoding`, `explained` |
//! | evaluator: absent protection cancels; a presumption gives nothing; what is filled in counts as stated | the same |
//! | evaluator: hardship helps across its line; a script's failure never holds | `encoding` |
//! | explanation: an open answer that softens is told by going on from the least pass | `explained` |
//! | explanation: a reason one level short; what lowers is taken away; answers are not widened | `explained` |
//! | explanation: no change that lowers is told | `explained` |
//! | solver: a time-out is a pass | `planted` |
//! | checks: a name is a duplicate; a ceiling one level low; a guarantee's `only` looks away from nothing | `checks` |
//! | checks: a need never sees what is no longer tested beside it | `checks` |
//!
//! Two were told by nothing, for they change nothing. That the smallest referral is never looked for among those that
//! say nothing: of several referrals the first is the one that is silent longest. And that an answer is not widened to
//! the least of all: a fact whose least answer is enough is no part of a reason.

use std::collections::BTreeMap;

use windscreen::criteria::{Outcome, RuleSet, load};
use windscreen::facts::{Answer, Answers, Said};
use windscreen::level::bounds;
use windscreen::proof::{End, Instance, Literal, Verdict};

use super::{MOST_REFERRALS, SETS, read, referral, sayings, seeds, small_set};
use crate::reference::dice::Dice;
use crate::reference::generate;

/// The literal that says exactly these answers, as far as the encoding tells them from others.
fn exactly(instance: &mut Instance<'_>, said: &[(String, Answer)], cache: &mut Cache) -> Vec<Literal> {
    let ids: Vec<String> = instance.questions().iter().map(|question| question.id.clone()).collect();
    let mut literals = Vec::new();
    for (question, id) in ids.iter().enumerate() {
        let answer = said.iter().find(|(said, _)| said == id).map(|(_, answer)| answer.clone());
        let key = (question, answer.as_ref().map(|answer| format!("{answer:?}")));
        literals.push(*cache.entry(key).or_insert_with(|| instance.is_said(question, answer.as_ref())));
    }
    literals
}

type Cache = BTreeMap<(usize, Option<String>), Literal>;

#[test]
fn the_encoding_says_of_every_referral_what_the_evaluator_says() {
    let mut tally = BTreeMap::new();
    for seed in seeds() {
        let Some((model, rules, count)) = small_set(seed) else { continue };
        let sayings = sayings(&model);
        let mut instance = Instance::certified(&rules);
        let mut cache = Cache::new();
        let ranks = rules.ladder().highest();
        let is_level: Vec<Literal> = (1..=ranks).map(|rank| instance.is_level(0, rank)).collect();
        let fails = rules.tables().iter().any(|table| table.rows.contains(&Outcome::Failed));
        // By end and level: the fewest answers that reach it.
        let mut fewest: BTreeMap<(u8, bool), usize> = BTreeMap::new();
        for number in 0..count {
            let said = referral(number, &sayings);
            let bounds = bounds(&rules, &read(&rules, &said));
            let exactly = exactly(&mut instance, &said, &mut cache);
            let mut ends = vec![(bounds.at_least(), false)];
            if fails && said.len() == sayings.len() {
                ends.push((bounds.at_most(), true));
            }
            for (level, upper) in ends {
                let mut conditions = exactly.clone();
                conditions.push(instance.is_end(if upper { End::AtMost } else { End::AtLeast }));
                conditions.push(is_level[usize::from(level) - 1]);
                assert_eq!(instance.is_never(&conditions), Some(false), "seed {seed}: {said:?} is level {level}");
                if let Some(last) = conditions.last_mut() {
                    *last = !*last;
                }
                assert_eq!(instance.is_never(&conditions), Some(true), "seed {seed}: {said:?} is only level {level}");
                if !upper {
                    let fewest = fewest.entry((level, upper)).or_insert(usize::MAX);
                    *fewest = (*fewest).min(said.len());
                }
            }
            *tally.entry("referrals").or_insert(0) += 1;
        }
        for rank in 1..=ranks {
            let lower = instance.is_end(End::AtLeast);
            let verdict = instance.never(&[is_level[usize::from(rank) - 1], lower]).expect("the evaluator agrees");
            let found = match &verdict {
                Verdict::Refuted(referral) => {
                    assert!(referral.is_smallest && referral.end == End::AtLeast);
                    Some(referral.said.len())
                }
                Verdict::Proved => None,
                Verdict::NotDecided => panic!("seed {seed}: a small rule set is decided"),
            };
            assert_eq!(found, fewest.get(&(rank, false)).copied(), "seed {seed}: level {rank} {verdict:?}");
            // What was asked before changes nothing.
            let mut again = Instance::of(&rules);
            let conditions = [again.is_level(0, rank), again.is_end(End::AtLeast)];
            assert_eq!(again.never(&conditions), Ok(verdict), "seed {seed}");
        }
        let certified = instance.certificate().expect("it is followed");
        assert_eq!(certified.not_followed, 0, "seed {seed}");
        *tally.entry("proofs").or_insert(0) += usize::try_from(certified.proofs).expect("not so many");
        *tally.entry("sets").or_insert(0) += 1;
        *tally.entry("sets with a script that fails").or_insert(0) += usize::from(fails);
    }
    println!("{tally:?}");
    assert!(tally["sets"] >= 40 && tally["sets with a script that fails"] >= 3, "{tally:?}");
}

/// Two rule sets that share nothing but the names of their facts: other kinds, answers, ranges and orders.
#[test]
fn two_rule_sets_over_the_same_referrals_each_say_what_their_evaluator_says() {
    let mut compared = 0;
    for seed in 0..SETS * u64::from(crate::cases()) {
        let (old, new) =
            (generate::model(&mut Dice::new(2 * seed), false), generate::model(&mut Dice::new(2 * seed + 1), false));
        let mut sayings = sayings(&old);
        for (id, answers) in self::sayings(&new) {
            match sayings.iter_mut().find(|(other, _)| *other == id) {
                Some((_, known)) => {
                    known.extend(answers.into_iter().filter(|answer| !known.contains(answer)).collect::<Vec<_>>());
                }
                None => sayings.push((id, answers)),
            }
        }
        let count: usize = sayings.iter().map(|(_, sayings)| sayings.len()).product();
        if count > MOST_REFERRALS * 2 {
            continue;
        }
        let (Some(old), Some(new)) = (load(&old.to_yaml()).rule_set, load(&new.to_yaml()).rule_set) else { continue };
        let mut instance = Instance::of_both(&old, &new);
        let mut cache = Cache::new();
        // By both levels: the fewest answers that reach them.
        let mut fewest: BTreeMap<(u8, u8), usize> = BTreeMap::new();
        for number in 0..count {
            let said = referral(number, &sayings);
            let answers = said.iter().map(|(id, answer)| (id.clone(), Said::Answer(answer.clone()))).collect();
            let answers = Answers { said: answers, ..Answers::default() };
            let level = |rules: &RuleSet| bounds(rules, &rules.read_for_replay(&answers)).at_least();
            let levels = (level(&old), level(&new));
            let least = fewest.entry(levels).or_insert(usize::MAX);
            *least = (*least).min(said.len());
            let mut conditions = exactly(&mut instance, &said, &mut cache);
            conditions.extend([instance.is_level(0, levels.0), instance.is_level(1, levels.1)]);
            assert_eq!(instance.is_never(&conditions), Some(false), "seed {seed}: {said:?} is {levels:?}");
        }
        for from in 1..=old.ladder().highest() {
            for to in 1..=new.ladder().highest() {
                let conditions = [instance.is_level(0, from), instance.is_level(1, to)];
                let found = match instance.never(&conditions).expect("both evaluators agree") {
                    Verdict::Refuted(referral) => Some(referral.said.len()),
                    Verdict::Proved => None,
                    Verdict::NotDecided => panic!("seed {seed}: a small pair is decided"),
                };
                assert_eq!(found, fewest.get(&(from, to)).copied(), "seed {seed}: from {from} to {to}");
            }
        }
        compared += 1;
    }
    println!("{compared} pairs");
    assert!(compared >= 20, "{compared}");
}
