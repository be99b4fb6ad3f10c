//! windscreen beside other engines, on the same rules and the same referrals, in one thread and one run; every answer
//! is compared before anything is measured. Then the same as rules and facts grow.

mod combine;
#[path = "../../../tests/it/reference/dice.rs"]
#[allow(dead_code, reason = "the tests throw more than this")]
mod dice;
mod engine;
#[path = "../../performance/figures.rs"]
mod figures;
#[path = "../../../tests/it/reference/model.rs"]
#[allow(dead_code, reason = "the tests' models say more than these")]
mod model;
mod received;
mod rules;
mod text;
#[path = "../../../tests/it/reference/yaml.rs"]
#[allow(dead_code, reason = "the tests' models say more than these")]
mod yaml;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use engine::{Engine, Named, Windscreen, Work, native, others};
use figures::Figures;
use model::Model;

/// How many referrals each is given.
const REFERRALS: usize = 200;
/// The best of so many turns counts, for other programs share the machine.
const ROUNDS: usize = 12;
/// How long a turn is, at the least.
const TURN: Duration = Duration::from_millis(40);

fn main() {
    let mut figures = Figures::of("engines");
    side_by_side(&mut figures);
    growth(&mut figures);
    figures.write();
}

fn side_by_side(figures: &mut Figures) {
    let model = rules::model(rules::FACTS, rules::CRITERIA);
    let referrals = rules::referrals(&model, REFERRALS);
    let mut engines = ours(&model);
    assert!(!engines.is_empty(), "the rules of the comparison load");
    engines.push(native());
    engines.extend(others(&model, |_| true));
    keep(&mut engines, &referrals);
    let levels = agree(&mut engines, REFERRALS);
    for (level, count) in levels {
        figures.add(format!("level_{level}"), count as f64);
    }
    println!("{:<32}{:>14}{:>16}", "engine", "parsed /s", "JSON to JSON /s");
    let found = measured(&mut engines, &referrals, ROUNDS);
    for (engine, [parsed, whole]) in engines.iter().zip(found) {
        println!("{:<32}{parsed:>14.0}{whole:>16.0}", engine.name);
        figures.add(format!("{}_parsed", engine.key), parsed);
        figures.add(format!("{}_json", engine.key), whole);
    }
}

/// As rules and facts grow; where the loader refuses a size, windscreen has no figure.
fn growth(figures: &mut Figures) {
    println!("\n{:<32}{:>10}{:>10}{:>14}{:>16}", "engine", "facts", "criteria", "parsed /s", "JSON to JSON /s");
    let by_criteria = [10, 100, 128, 1_000, 10_000].map(|criteria| ("criteria", rules::FACTS, criteria));
    let by_facts = [10, 100, 256, 1_000].map(|facts| ("facts", facts, 100));
    for (what, facts, criteria) in by_criteria.into_iter().chain(by_facts) {
        let model = rules::model(facts, criteria);
        let referrals = rules::referrals(&model, 50);
        let mut engines = ours(&model);
        // The fastest of the others, as the comparison finds.
        engines.extend(others(&model, |key| key == "zen_expression"));
        keep(&mut engines, &referrals);
        agree(&mut engines, referrals.len());
        let found = measured(&mut engines, &referrals, 3);
        let size = if what == "facts" { facts } else { criteria };
        for (engine, [parsed, whole]) in engines.iter().zip(found) {
            println!("{:<32}{facts:>10}{criteria:>10}{parsed:>14.0}{whole:>16.0}", engine.name);
            figures.add(format!("{what}_{size}_{}_parsed", engine.key), parsed);
            figures.add(format!("{what}_{size}_{}_json", engine.key), whole);
        }
    }
}

/// windscreen's own rows, when its loader takes the rules.
fn ours(model: &Model) -> Vec<Named> {
    let row = |key, name, work| {
        Windscreen::of(model, work).map(|windscreen| Named {
            key,
            name,
            engine: Box::new(windscreen) as Box<dyn Engine>,
        })
    };
    let rows = [
        row("outline", "windscreen, bounds and reasons", Work::Outline),
        row("summary", "windscreen, a whole answer", Work::Summary),
    ];
    rows.into_iter().flatten().collect()
}

fn keep(engines: &mut [Named], referrals: &[Vec<u8>]) {
    for engine in engines {
        referrals.iter().for_each(|bytes| engine.engine.keep(bytes));
    }
}

/// Every engine finds the same level and the same criteria of every referral; returns how many are at each level.
fn agree(engines: &mut [Named], referrals: usize) -> BTreeMap<u8, usize> {
    let mut levels = BTreeMap::new();
    for referral in 0..referrals {
        let [first, rest @ ..] = &mut *engines else { break };
        let expected = first.engine.answer(referral);
        for other in rest {
            assert_eq!(other.engine.answer(referral), expected, "{} of referral {referral}", other.name);
        }
        *levels.entry(expected.level).or_insert(0) += 1;
    }
    levels
}

/// Of every engine how many a second it evaluates, of facts already parsed and from JSON to JSON: in turns, so that a
/// slow moment hits all.
fn measured(engines: &mut [Named], referrals: &[Vec<u8>], rounds: usize) -> Vec<[f64; 2]> {
    let mut best = vec![[0.0_f64; 2]; engines.len()];
    for _ in 0..rounds {
        for (best, engine) in best.iter_mut().zip(&mut *engines) {
            let parsed = rate(referrals.len(), || (0..referrals.len()).for_each(|kept| engine.engine.work(kept)));
            let whole = rate(referrals.len(), || {
                for bytes in referrals {
                    black_box(engine.engine.json_to_json(bytes));
                }
            });
            *best = [best[0].max(parsed), best[1].max(whole)];
        }
    }
    best
}

/// How many a second, in one turn of whole rounds of all referrals.
fn rate(referrals: usize, mut all: impl FnMut()) -> f64 {
    all();
    let (start, mut rounds) = (Instant::now(), 0);
    while start.elapsed() < TURN {
        all();
        rounds += 1;
    }
    (rounds * referrals) as f64 / start.elapsed().as_secs_f64()
}
