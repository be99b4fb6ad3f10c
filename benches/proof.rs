//! How long it takes to prove a rule set: all checks, over the rule sets that ship.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

#[path = "performance/figures.rs"]
mod figures;

use std::path::Path;
use std::time::{Duration, Instant};

use figures::Figures;
use windscreen::criteria::load_to_prove;
use windscreen::proof::{Diligence, Instance, prove};
use windscreen::rules_dir;

/// The best counts, for other programs share the machine.
const ROUNDS: usize = 5;

fn best(mut work: impl FnMut()) -> Duration {
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..ROUNDS).map(|_| time(&mut work)).min().unwrap_or_default()
}

fn main() {
    // `cargo test --all-targets` runs this too, and measures nothing.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let mut figures = Figures::of("proof");
    for (path, key) in [("rules", "default"), ("fixtures/rule_sets/good/four_levels", "four_levels")] {
        let files = rules_dir::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a rules folder");
        let (loaded, places) = load_to_prove(&files);
        let rules = loaded.rule_set.expect("a good rule set");
        let encoded = best(|| drop(Instance::of(&rules)));
        let all = best(|| drop(prove(&rules, &places, &loaded.problems, Diligence::default())));
        let proofs = prove(&rules, &places, &loaded.problems, Diligence::default()).expect("the evaluator agrees");
        let proved: usize = proofs.checks.iter().map(|check| check.proved).sum();
        println!(
            "{path}: {} facts, {} literals, {} conflicts",
            rules.indicators().len(),
            proofs.literals,
            proofs.conflicts
        );
        println!("  encoded in {encoded:.1?}; {proved} statements proved in {all:.1?}");
        figures.add(format!("{key}_encoded"), encoded.as_secs_f64());
        figures.add(format!("{key}_statements"), proved as f64);
        figures.add(format!("{key}_proved"), all.as_secs_f64());
    }
    figures.write();
}
