//! Random referrals: the same numbers give the same referrals for ever.

use windscreen::criteria::RuleSet;
use windscreen::facts::{Answers, Facts, Said};

/// So many referrals of up to fourteen answers each, of any concern, with up to two topics raised.
pub fn referrals(rules: &RuleSet, count: usize) -> Vec<Facts> {
    let mut state = 1_u64;
    let mut roll = |sides: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or_default() % sides
    };
    let one = |_| {
        let mut answers = Answers::default();
        for _ in 0..roll(15) {
            let indicator = &rules.indicators()[roll(rules.indicators().len())];
            let answer = indicator.classes[roll(indicator.classes.len())].answer.clone();
            if answers.said.iter().all(|(id, _)| *id != indicator.id) {
                answers.said.push((indicator.id.clone(), Said::Answer(answer)));
            }
        }
        for _ in 0..roll(3) {
            answers.concerns.push(rules.topics()[roll(rules.topics().len())].id.clone());
        }
        rules.read(&answers, "").expect("answers of these rules")
    };
    (0..count).map(one).collect()
}
