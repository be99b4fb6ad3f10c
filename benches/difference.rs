//! What a difference costs: a change of one number of the rules that ship, a rewrite that changes nothing, the rules
//! against four levels of their own, and a census of all referrals with at most three answers on one core.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

#[path = "performance/figures.rs"]
mod figures;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use figures::Figures;
use windscreen::criteria::{RuleFile, RuleSet, load};
use windscreen::proof::{Census, Difference, Known, Pair, Tally};
use windscreen::rules_dir;

/// How often each is measured; the best counts, for other programs share the machine.
const ROUNDS: usize = 5;

fn files(folder: &str) -> Vec<RuleFile> {
    rules_dir::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("a rules folder")
}

/// The rules that ship, with one edit.
fn edited(path: &str, from: &str, to: &str) -> RuleSet {
    let mut files = files("rules");
    let file = files.iter_mut().find(|file| file.path == path).expect("a file of the rules");
    let text = String::from_utf8(file.bytes.clone()).expect("text");
    assert_eq!(text.matches(from).count(), 1, "{from}");
    file.bytes = text.replace(from, to).into_bytes();
    load(&files).rule_set.expect("rules that load")
}

fn best(rounds: usize, work: impl Fn()) -> Duration {
    let times = (0..rounds).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

fn main() {
    // `cargo test --all-targets` runs this too, and measures nothing.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let rules = load(&files("rules")).rule_set.expect("rules that load");
    let four = load(&files("fixtures/rule_sets/good/four_levels")).rule_set.expect("rules that load");
    let needs = edited("thresholds.yaml", "{ at: 3, at_least: 3, groups: 2 }", "{ at: 3, at_least: 4, groups: 2 }");
    let rewrite = edited(
        "criteria/about_the_child.yaml",
        "when: { any: [ is_unborn, { child_age_months: { below: 84 } } ] }",
        "when: { any: [ { child_age_months: { at_most: 83 } }, is_unborn, { all: [ is_unborn, is_unborn ] } ] }",
    );
    println!("| Difference | movements | ms |\n|---|---|---|");
    let mut figures = Figures::of("difference");
    for (name, key, new, moved) in [
        ("one number of a threshold", "number", &needs, Known::Some),
        ("a rewrite, proved equal", "rewrite", &rewrite, Known::None),
        ("two ladders", "ladders", &four, Known::Some),
    ] {
        let pair = Pair::of(&rules, new);
        let difference = || Difference::of(&pair, None).expect("the evaluator agrees");
        assert_eq!(difference().moved, moved, "{name}");
        let time = best(ROUNDS, || drop(black_box(difference())));
        let movements = difference().movements.len();
        println!("| {name} | {movements} | {:.1} |", time.as_secs_f64() * 1000.0);
        figures.add(format!("{key}_movements"), movements as f64);
        figures.add(key, time.as_secs_f64());
    }
    println!("\n| Census | referrals | s on one core |\n|---|---|---|");
    let pair = Pair::of(&rules, &needs);
    for most in [2, 3] {
        let census = Census::of(&pair, most);
        let tally = || (0..census.parts()).map(|part| census.part(part)).fold(Tally::default(), Tally::and);
        assert_eq!(tally().total(), census.total());
        let time = best(2, || drop(black_box(tally())));
        println!("| at most {most} answers | {} | {:.2} |", census.total(), time.as_secs_f64());
        figures.add(format!("census_{most}_referrals"), census.total() as f64);
        figures.add(format!("census_{most}"), time.as_secs_f64());
    }
    figures.write();
}
