//! The rule sets and referrals that every engine is given, drawn from fixed throws: known facts, conditions with all,
//! any, not, and at least two of three; words, numbers, yes and no; levels by the highest floor and by counts.

use crate::dice::Dice;
use crate::model::{
    Condition, Criterion, Domain, Fact, Gives, Kind, Model, Needs, Rank, Raw, Role, Test, Threshold, Topic, What,
};

/// The size of the comparison.
pub const FACTS: usize = 140;
/// Its criteria.
pub const CRITERIA: usize = 120;

/// How many levels the ladder has; counts reach none of protection, which is the last.
pub const RANKS: Rank = 5;

/// The words of choices, the least concern first.
pub const WORDS: [&str; 5] = ["calm", "uneasy", "strained", "grave", "extreme"];
const TOPICS: usize = 12;

/// A rule set of so many facts and criteria.
pub fn model(facts: usize, criteria: usize) -> Model {
    let mut dice = Dice::new(2026);
    let topics = (0..TOPICS.min(facts))
        .map(|index| Topic { id: format!("topic_{index}"), domain: Domain::REAL[index % Domain::REAL.len()] });
    let mut model = Model {
        ranks: RANKS,
        protection_from: Some(RANKS),
        topics: topics.collect(),
        facts: Vec::new(),
        criteria: Vec::new(),
        groups: Vec::new(),
        thresholds: thresholds(),
        modifiers: None,
        hardship_never_reaches: None,
        protection: Vec::new(),
    };
    model.facts = (0..facts).map(|index| fact(&mut dice, &model, index)).collect();
    // A criterion is of the topic of its first fact.
    for index in 0..criteria {
        let when = condition(&mut dice, &model.facts);
        let topic = model.fact(first(&when)).map(|fact| fact.topic.clone()).unwrap_or_default();
        let (what, rank) = match dice.below(100) {
            0..35 => (What::Counts, 2),
            35..60 => (What::Counts, 3),
            60..75 => (What::Floor, 2),
            75..88 => (What::Floor, 3),
            88..96 => (What::Floor, 4),
            _ => (What::Floor, 5),
        };
        let gives = Gives { level: Some((what, rank)), ..Gives::default() };
        let id = format!("criterion_{index}");
        model.criteria.push(Criterion { id, topic, domain: None, when, gives: Some(gives), counts_with: None });
    }
    model
}

fn thresholds() -> Vec<Threshold> {
    let one = |id: &str, at, at_least, reaches| Threshold {
        id: id.to_owned(),
        reaches,
        needs: vec![Needs { at, at_least, domains: None, groups: None }],
        unless: None,
        consider: Vec::new(),
    };
    vec![
        one("a_level_2_need", 2, 1, 2),
        one("several_level_2_needs", 2, 4, 3),
        one("two_level_3_needs", 3, 2, 3),
        one("several_level_3_needs", 3, 4, 4),
    ]
}

fn fact(dice: &mut Dice, model: &Model, index: usize) -> Fact {
    let kind = match dice.below(100) {
        0..55 => Kind::YesNo { concern: dice.chance(85), gives: Gives::default() },
        55..85 => {
            let count = dice.between(3, WORDS.len());
            Kind::Choice(WORDS[..count].iter().map(|word| ((*word).to_owned(), Gives::default())).collect())
        }
        _ => Kind::Number {
            from: 0,
            to: dice.between(6, 40) as i64,
            lower_is_worse: dice.chance(25),
            never: false,
            bands: Vec::new(),
        },
    };
    Fact {
        id: format!("fact_{index}"),
        topic: model.topics[index % model.topics.len()].id.clone(),
        domain: None,
        role: Role::Sign,
        household: false,
        core: false,
        counts_with: None,
        asked_when: None,
        kind,
    }
}

/// The first fact that a condition tests.
fn first(condition: &Condition) -> &str {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.first().map_or("", first),
        Condition::Not(part) | Condition::Stated(part) => first(part),
        Condition::Bare(id) | Condition::Test(id, _) => id,
        Condition::Need(_) | Condition::Script(_) => "",
    }
}

fn condition(dice: &mut Dice, facts: &[Fact]) -> Condition {
    let mut tests = |count: usize| -> Vec<Condition> { distinct(dice, facts, count) };
    let mut parts = tests(6.min(facts.len())).into_iter();
    let mut next = |count: usize| parts.by_ref().take(count).collect::<Vec<_>>();
    match dice.below(100) {
        0..15 => next(1).remove(0),
        15..40 => Condition::All(next(2)),
        40..50 => Condition::All(next(3)),
        50..60 => Condition::Any(next(2)),
        60..75 => {
            let first = next(1);
            let rest = Condition::Any(next(3));
            Condition::All(first.into_iter().chain([rest]).collect())
        }
        75..90 => Condition::Any(vec![Condition::All(next(2)), Condition::All(next(2))]),
        _ => {
            // At least two of three.
            let of = next(3);
            let pair = |one: usize, other: usize| Condition::All(vec![of[one].clone(), of[other].clone()]);
            Condition::Any(vec![pair(0, 1), pair(0, 2), pair(1, 2)])
        }
    }
}

/// Tests of so many different facts.
fn distinct(dice: &mut Dice, facts: &[Fact], count: usize) -> Vec<Condition> {
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < count {
        let fact = dice.below(facts.len());
        if !chosen.contains(&fact) {
            chosen.push(fact);
        }
    }
    chosen.into_iter().map(|fact| test(dice, &facts[fact])).collect()
}

/// A test of one fact from some answer up to the greatest.
fn test(dice: &mut Dice, fact: &Fact) -> Condition {
    let answers = fact.answers();
    let place = dice.between(answers.len() / 2, fact.greatest()).max(1);
    let id = fact.id.clone();
    match &fact.kind {
        Kind::YesNo { concern, .. } if dice.chance(15) => {
            Condition::Not(Box::new(Condition::Test(id, Test::YesNo(!concern))))
        }
        Kind::YesNo { concern, .. } => Condition::Test(id, Test::YesNo(*concern)),
        Kind::Choice(_) if place == fact.greatest() => Condition::Test(id, Test::Is(answers[place].clone())),
        Kind::Choice(_) => Condition::Test(id, Test::OneOf(answers[place..].to_vec())),
        Kind::Number { lower_is_worse: true, .. } => Condition::Test(id, Test::AtMost(answers[place].clone())),
        Kind::Number { .. } => Condition::Test(id, Test::AtLeast(answers[place].clone())),
    }
}

/// So many referrals, as the JSON that is sent: each of 25 to 60 facts, or of half of them where there are fewer.
pub fn referrals(model: &Model, count: usize) -> Vec<Vec<u8>> {
    let mut dice = Dice::new(60);
    (0..count).map(|_| referral(&mut dice, model)).collect()
}

fn referral(dice: &mut Dice, model: &Model) -> Vec<u8> {
    let mut facts: Vec<&Fact> = model.facts.iter().collect();
    dice.shuffle(&mut facts);
    facts.truncate(dice.between(25, 60).min(model.facts.len().div_ceil(2)));
    // Some families worry a little, some very much.
    let worry = dice.between(5, 45);
    let said = facts.iter().map(|fact| {
        let place = if dice.chance(worry) { dice.between(1, fact.greatest()) } else { 0 };
        let answer = match &fact.answers()[place] {
            Raw::YesNo(value) => value.to_string(),
            Raw::Number(number) => number.to_string(),
            Raw::Word(word) => format!("\"{word}\""),
        };
        format!("\"{}\":{answer}", fact.id)
    });
    format!("{{\"facts\":{{{}}}}}", said.collect::<Vec<_>>().join(",")).into_bytes()
}
