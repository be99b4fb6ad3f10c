//! What an evaluation costs, against two baselines in the same run: the straightforward walk over the typed entries,
//! and the whole rule set as one script. Every level is compared before anything is measured.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

#[path = "performance/figures.rs"]
mod figures;
#[path = "baseline/random.rs"]
mod random;
#[path = "baseline/script.rs"]
mod script;
#[path = "baseline/walk.rs"]
mod walk;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use figures::Figures;
use windscreen::criteria::entries::Scalar;
use windscreen::criteria::{RuleFile, RuleSet, load};
use windscreen::facts::{Answer, Facts, Said, Scope};
use windscreen::json::Json;
use windscreen::level::{Explain, bounds, evaluate};
use windscreen::referral::Referral;
use windscreen::referral::at_once::AtOnce;
use windscreen::rules_dir;

/// A referral in every form that the contenders take.
struct Case {
    name: String,
    bytes: Vec<u8>,
    facts: Facts,
    said: walk::Said,
    class: Vec<i64>,
    stated: Vec<bool>,
}

/// A name in words and in the figures, and one run over all referrals.
type Contender<'c> = (&'static str, &'static str, Box<dyn Fn() + 'c>);

fn rules_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

fn cases(rules: &RuleSet) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/referrals");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("fixtures").flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let one_child = paths.into_iter().filter_map(|path| {
        let bytes = std::fs::read(&path).expect("a fixture");
        let referral = Referral::read(&Json::read(bytes.trim_ascii()).expect("strict JSON")).expect("a referral");
        let [child] = referral.children.as_slice() else { return None };
        let facts = referral.facts(rules).expect("facts of this rule set").remove(0);
        let said = child.answers.said.iter().filter_map(|(id, said)| Some((id.clone(), scalar(said)?))).collect();
        let (class, stated) = dense(rules, &facts);
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Some(Case { name, bytes, facts, said, class, stated })
    });
    one_child.collect()
}

fn scalar(said: &Said) -> Option<Scalar> {
    match said {
        Said::Answer(Answer::YesNo(value)) => Some(Scalar::Bool(*value)),
        Said::Answer(Answer::Number(number)) => Some(Scalar::Number(*number)),
        Said::Answer(Answer::Word(word)) => Some(Scalar::Word(word.clone())),
        Said::TwoAccounts(..) | Said::NotKnown | Said::Refused => None,
    }
}

/// The least pass by hand: known answers, presumptions, and the least answer of everything else.
fn dense(rules: &RuleSet, facts: &Facts) -> (Vec<i64>, Vec<bool>) {
    let class = (0..rules.indicators().len()).map(|fact| match facts.known(fact) {
        Some(class) => i64::from(class),
        None if rules.is_presumed(fact) => i64::try_from(rules.indicators()[fact].classes.len() - 1).unwrap_or(0),
        None if rules.is_protective(fact) => 1,
        None => 0,
    });
    (class.collect(), (0..rules.indicators().len()).map(|fact| facts.known(fact).is_some()).collect())
}

fn benches(criterion: &mut Criterion) {
    let files: Vec<RuleFile> = rules_dir::read(&rules_folder()).expect("the default rules");
    let rules = load(&files).rule_set.expect("the default rules have no error");
    let cases = cases(&rules);
    assert!(!cases.is_empty(), "there are referrals to measure");
    let walk = walk::Walk::load(&rules_folder(), rules.ladder().highest());
    let script = script::Script::of(&rules);
    for case in &cases {
        let level = bounds(&rules, &case.facts).at_least();
        assert_eq!(walk.level(&case.said), level, "the walk agrees on {}", case.name);
        assert_eq!(script.level(&case.class, &case.stated), i64::from(level), "the script agrees on {}", case.name);
    }

    let over = |each: &dyn Fn(&Case)| cases.iter().for_each(each);
    let contenders: Vec<Contender<'_>> = vec![
        (
            "both bounds, no explanation",
            "bounds",
            Box::new(|| {
                over(&|case| {
                    black_box(bounds(&rules, &case.facts));
                })
            }),
        ),
        (
            "answer without explanation",
            "none",
            Box::new(|| over(&|case| drop(black_box(evaluate(&rules, &case.facts, Explain::None))))),
        ),
        (
            "answer with summary",
            "summary",
            Box::new(|| over(&|case| drop(black_box(evaluate(&rules, &case.facts, Explain::Summary))))),
        ),
        (
            "answer with full explanation",
            "full",
            Box::new(|| over(&|case| drop(black_box(evaluate(&rules, &case.facts, Explain::Full))))),
        ),
        (
            "JSON bytes to JSON bytes, summary",
            "json_summary",
            Box::new(|| over(&|case| drop(black_box(json_to_json(&rules, &case.bytes, Explain::Summary))))),
        ),
        (
            "JSON bytes to JSON bytes, full",
            "json_full",
            Box::new(|| over(&|case| drop(black_box(json_to_json(&rules, &case.bytes, Explain::Full))))),
        ),
        (
            "baseline: plain walk, lower bound only",
            "walk",
            Box::new(|| {
                over(&|case| {
                    black_box(walk.level(&case.said));
                })
            }),
        ),
        (
            "baseline: one rhai script, lower bound only",
            "script",
            Box::new(|| {
                over(&|case| {
                    black_box(script.level(&case.class, &case.stated));
                })
            }),
        ),
    ];
    let mut group = criterion.benchmark_group("evaluate");
    group.sample_size(20).measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    for (name, _, run) in &contenders {
        group.bench_function(*name, |bencher| bencher.iter(run));
    }
    group.finish();
    criterion.bench_function("load and check the default rules", |bencher| bencher.iter(|| black_box(load(&files))));
    let whole: Vec<Facts> = cases.iter().map(|case| case.facts.clone().with_scope(Scope::All)).collect();
    criterion.bench_function("both bounds, every fact considered", |bencher| {
        bencher.iter(|| {
            whole.iter().for_each(|facts| {
                black_box(bounds(&rules, facts));
            })
        });
    });
    if !std::env::args().any(|arg| arg == "--test") {
        let mut figures = Figures::of("evaluate");
        ratios(&contenders, cases.len(), &mut figures);
        percentiles(&rules, &mut figures);
        let loads = (0..20).map(|_| {
            let start = Instant::now();
            drop(black_box(load(&files)));
            start.elapsed()
        });
        figures.add("load", loads.min().unwrap_or_default().as_secs_f64());
        figures.add("facts", rules.indicators().len() as f64);
        figures.add("criteria", rules.criteria().len() as f64);
        figures.write();
    }
}

fn json_to_json(rules: &RuleSet, bytes: &[u8], explain: Explain) -> Vec<u8> {
    // As the service does: at once where it is in the plain form.
    let indicated = match AtOnce::read(bytes, rules) {
        Some(request) => request.evaluate(rules, explain),
        None => {
            let referral = Referral::read(&Json::read(bytes.trim_ascii()).expect("strict JSON")).expect("a referral");
            referral.evaluate(rules, explain).expect("facts")
        }
    };
    serde_json::to_vec(&indicated).expect("JSON")
}

/// Prints how long a full explanation takes of random referrals: each timed alone, the best of its rounds.
fn percentiles(rules: &RuleSet, figures: &mut Figures) {
    const ROUNDS: usize = 5;
    let referrals = random::referrals(rules, 4_000);
    let time = |facts: &Facts| {
        let start = Instant::now();
        drop(black_box(evaluate(rules, facts, Explain::Full)));
        start.elapsed()
    };
    let mut best: Vec<Duration> =
        referrals.iter().map(|facts| (0..ROUNDS).map(|_| time(facts)).min().unwrap_or_default()).collect();
    best.sort_unstable();
    let at = |share: usize| best[(best.len() - 1) * share / 1000];
    println!("\nfull explanation of {} random referrals, best of {ROUNDS} each", referrals.len());
    for (name, share) in [("full_p50", 500), ("full_p90", 900), ("full_p99", 990)] {
        figures.add(name, at(share).as_secs_f64());
    }
    println!("p50 {:.1?}, p90 {:.1?}, p99 {:.1?}, p99.9 {:.1?}", at(500), at(900), at(990), at(999));
}

/// Prints what each costs per referral, and as a ratio to the first: interleaved, so that a slow moment hits all, and
/// each repeated within its turn, so that none is measured with the caches of another.
fn ratios(contenders: &[Contender<'_>], referrals: usize, figures: &mut Figures) {
    const ROUNDS: usize = 40;
    const REPEATS: u32 = 10;
    let mut best = vec![Duration::MAX; contenders.len()];
    for _ in 0..ROUNDS {
        for (index, (_, _, run)) in contenders.iter().enumerate() {
            run();
            let start = Instant::now();
            (0..REPEATS).for_each(|_| run());
            best[index] = best[index].min(start.elapsed() / REPEATS);
        }
    }
    println!(
        "\nper referral, best of {ROUNDS} rounds over {referrals} referrals; ratio to both bounds without explanation"
    );
    for ((name, key, _), time) in contenders.iter().zip(&best) {
        let each = time.as_secs_f64() / referrals as f64;
        let ratio = time.as_secs_f64() / best[0].as_secs_f64();
        figures.add(*key, each);
        println!("{name:<46} {:>9.2} us {ratio:>9.1}x", each * 1e6);
    }
}

criterion_group!(group, benches);
criterion_main!(group);
