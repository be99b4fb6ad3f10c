//! Rule sets that are written otherwise and mean the same: proved to be the same.

use windscreen::criteria::{RuleFile, RuleSet, load};
use windscreen::level::bounds;
use windscreen::proof::{Difference, Known, Pair};

use super::{SETS, read, referral, sayings, small_set};
use crate::reference::model::{Condition, Criterion, Model, Test};

/// Proves that rule sets written in two ways are the same; how many there were.
fn proved_the_same(two_ways: impl Fn(Model) -> Option<[Model; 2]>) -> usize {
    let mut written = 0;
    for seed in 0..SETS * u64::from(crate::cases()) {
        let Some((model, ..)) = small_set(seed) else { continue };
        let Some(models) = two_ways(model) else { continue };
        let [rules, other] = models.map(|model| {
            let loaded = load(&model.to_yaml());
            loaded.rule_set.unwrap_or_else(|| panic!("seed {seed}: {:#?}", loaded.problems))
        });
        for pair in [Pair::of(&rules, &other), Pair::of(&other, &rules)] {
            let difference = Difference::of(&pair, None).expect("the evaluator agrees");
            assert_eq!(difference.moved, Known::None, "seed {seed}: {}", difference.as_text());
        }
        written += 1;
    }
    println!("{written} rule sets");
    written
}

#[test]
fn what_is_not_no_is_yes() {
    let turned = proved_the_same(|model| {
        let (mut other, mut turned) = (model.clone(), false);
        other.criteria.iter_mut().for_each(|criterion| turn(&mut criterion.when, &mut turned));
        turned.then_some([model, other])
    });
    assert!(turned > 10, "{turned}");
}

/// Turns a yes into a not-no, and back.
fn turn(condition: &mut Condition, turned: &mut bool) {
    let other = match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter_mut().for_each(|part| turn(part, turned));
            return;
        }
        Condition::Test(id, Test::YesNo(value)) => {
            Condition::Not(Box::new(Condition::Test(id.clone(), Test::YesNo(!*value))))
        }
        Condition::Not(part) => match part.as_ref() {
            Condition::Test(id, Test::YesNo(value)) => Condition::Test(id.clone(), Test::YesNo(!value)),
            _ => return,
        },
        Condition::Bare(_) | Condition::Test(..) | Condition::Need(_) | Condition::Stated(_) | Condition::Script(_) => {
            return;
        }
    };
    (*condition, *turned) = (other, true);
}

#[test]
fn one_list_round_another_says_no_more() {
    let wrapped = proved_the_same(|model| {
        let mut other = model.clone();
        for criterion in &mut other.criteria {
            let when = criterion.when.clone();
            criterion.when = Condition::All(vec![Condition::Any(vec![when])]);
        }
        (!model.criteria.is_empty()).then_some([model, other])
    });
    assert!(wrapped > 30, "{wrapped}");
}

/// Each way to meet a criterion as a criterion of its own, all of which count as one need.
#[test]
fn each_way_to_meet_a_criterion_may_stand_alone() {
    let split = proved_the_same(|mut model| {
        let named = named(&model);
        let with = model.facts.iter().find(|fact| fact.counts_with.is_none())?.id.clone();
        let may_stand_alone = |criterion: &Criterion| {
            let gives_once = criterion.gives.as_ref().is_some_and(|gives| !gives.raises);
            // What is tested beside a need hides its own need from it, so that needs must stay where they are.
            let mut looks_at_needs = false;
            criterion.when.visit(&mut |part| looks_at_needs |= matches!(part, Condition::Need(_)));
            let has_ways = matches!(&criterion.when, Condition::Any(parts) if parts.len() > 1);
            has_ways && gives_once && !looks_at_needs && !named.contains(&criterion.id)
        };
        for criterion in model.criteria.iter_mut().filter(|criterion| may_stand_alone(criterion)) {
            criterion.counts_with.get_or_insert(with.clone());
        }
        let mut other = model.clone();
        let (may, stay): (Vec<_>, Vec<_>) = other.criteria.into_iter().partition(may_stand_alone);
        other.criteria = stay;
        for criterion in &may {
            let Condition::Any(ways) = &criterion.when else { continue };
            for (number, way) in ways.iter().enumerate() {
                let (id, when) = (format!("{}_{number}", criterion.id), way.clone());
                other.criteria.push(Criterion { id, when, ..criterion.clone() });
            }
        }
        (!may.is_empty()).then_some([model, other])
    });
    assert!(split > 5, "{split}");
}

/// Every criterion that something else names.
fn named(model: &Model) -> Vec<String> {
    let mut named = Vec::new();
    for condition in model.conditions() {
        condition.visit(&mut |part| match part {
            Condition::Bare(id) => named.push(id.clone()),
            Condition::Need(need) => named.extend(need.besides.clone()),
            _ => {}
        });
    }
    named.extend(model.protection.iter().flat_map(|protection| protection.cancels.clone()));
    named
}

#[test]
fn facts_of_other_names_have_the_same_levels() {
    let renamed = |text: &str| text.replace("fact_", "sign_");
    let mut tried = 0;
    for seed in 0..SETS * u64::from(crate::cases()) {
        let Some((model, rules, count)) = small_set(seed) else { continue };
        let file = |file: RuleFile| {
            let text = renamed(std::str::from_utf8(&file.bytes).expect("text"));
            RuleFile { bytes: text.into_bytes(), ..file }
        };
        let files: Vec<RuleFile> = model.to_yaml().into_iter().map(file).collect();
        let other = load(&files).rule_set.expect("it loads by other names");
        let sayings = sayings(&model);
        for number in (0..count).step_by(7) {
            let said = referral(number, &sayings);
            let other_said: Vec<_> = said.iter().map(|(id, answer)| (renamed(id), answer.clone())).collect();
            let both = |rules: &RuleSet, said: &[_]| bounds(rules, &read(rules, said));
            let (here, there) = (both(&rules, &said), both(&other, &other_said));
            assert_eq!(here.at_least(), there.at_least(), "seed {seed}: {said:?}");
            assert_eq!(here.at_most(), there.at_most(), "seed {seed}: {said:?}");
        }
        tried += 1;
    }
    assert!(tried > 50, "{tried}");
}
