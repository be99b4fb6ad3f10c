//! The differential test: the engine against a slow, obvious evaluator that shares no code with it.
//!
//! Random small rule sets are written out as the YAML and scripts an author would write, loaded, and evaluated on
//! random facts; the reference evaluates the same model from the prose, by enumerating every completion of what is
//! not known. A difference is shrunk and printed with its files and facts.

pub mod dice;
mod evaluate;
pub mod generate;
pub mod model;
mod shrink;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use windscreen::criteria::{RuleSet, load};
use windscreen::diagnostic::Severity;
use windscreen::facts::{Answer, Answers, Facts, Scope};
use windscreen::level::{Evaluation, Explain, bounds, evaluate as engine, findings, outline};

use dice::Dice;
use evaluate::Verdict;
use model::{Model, Raw, Referral, Said, each_gives, each_need, each_script};

/// Rule sets a run; times `WINDSCREEN_TEST_CASES` when that is set.
const SETS: usize = 2_000;
/// Referrals a rule set.
const REFERRALS: usize = 20;
/// A referral has at most so many completions, which are all enumerated.
const MOST_COMPLETIONS: usize = 48;
/// One pair in so many is asked which parts of the language moved its bounds.
const PAIRS_PER_SAMPLE: usize = 32;
/// One set in so many is sloppy.
const SLOPPY: usize = 6;

impl Model {
    /// The rule set of this model, or why it does not load.
    pub fn load(&self) -> Result<RuleSet, Vec<String>> {
        let loaded = load(&self.to_yaml());
        let errors = loaded.problems.iter().filter(|problem| problem.severity == Severity::Error);
        let errors: Vec<String> = errors.map(|problem| format!("{}: {}", problem.code, problem.message)).collect();
        loaded.rule_set.ok_or(errors)
    }

    /// A referral as the engine reads it.
    fn read(&self, rules: &RuleSet, referral: &Referral) -> Facts {
        rules.read(&self.answers(referral), "").expect("every answer is one of its fact's")
    }

    pub fn answers(&self, referral: &Referral) -> Answers {
        let said = referral.said.iter().map(|(id, said)| {
            let answers = self.fact(id).expect("a referral names facts that exist").answers();
            let answer = |place: usize| match &answers[place] {
                Raw::YesNo(value) => Answer::YesNo(*value),
                Raw::Word(word) => Answer::Word(word.clone()),
                Raw::Number(number) => Answer::Number(*number),
            };
            let said = match *said {
                Said::Answer(place) => windscreen::facts::Said::Answer(answer(place)),
                Said::TwoAccounts(first, second) => windscreen::facts::Said::TwoAccounts(answer(first), answer(second)),
                Said::NotKnown => windscreen::facts::Said::NotKnown,
                Said::Refused => windscreen::facts::Said::Refused,
            };
            (id.clone(), said)
        });
        let scope = if referral.scope_all { Scope::All } else { Scope::Referral };
        Answers { concerns: referral.concerns.clone(), scope, said: said.collect() }
    }
}

/// Every way in which engine and reference differ on one referral; a panic of the engine is one.
fn differences(model: &Model, rules: &RuleSet, referral: &Referral) -> Vec<String> {
    let compared = catch_unwind(AssertUnwindSafe(|| compare(model, rules, referral)));
    compared.unwrap_or_else(|_| vec!["the engine panics; what it says stands above".to_owned()])
}

fn compare(model: &Model, rules: &RuleSet, referral: &Referral) -> Vec<String> {
    let facts = model.read(rules, referral);
    let found = engine(rules, &facts, Explain::Summary);
    let outline = outline(rules, &facts);
    let hot = outline.bounds;
    let wanted = evaluate::evaluate(model, referral);
    let mut differences = Vec::new();
    let mut differ = |what: &str, wanted: &dyn std::fmt::Debug, found: &dyn std::fmt::Debug| {
        let (wanted, found) = (format!("{wanted:?}"), format!("{found:?}"));
        if wanted != found {
            differences.push(format!("{what}: the prose says {wanted}, the engine {found}"));
        }
    };
    let both = (wanted.at_least, wanted.at_most);
    differ("bounds", &both, &(found.at_least.rank, found.at_most.rank));
    differ("bounds of the hot path", &both, &(hot.at_least(), hot.at_most()));
    differ("settled", &(wanted.at_least == wanted.at_most), &found.settled);
    differ("level", &found.settled.then_some(wanted.at_least), &found.level.as_ref().map(|level| level.rank));
    differ("reasons", &wanted.reasons, &reasons(&found));
    let listed: BTreeSet<&str> = found.reasons.iter().map(|reason| reason.id).collect();
    differ("reasons of the hot path", &listed, &outline.reasons(rules).collect::<BTreeSet<_>>());
    differ("scripts that fail on the hot path", &!found.faults.is_empty(), &outline.script_fails);
    differ("thresholds of the hot path", &wanted.thresholds.len(), &outline.thresholds.count());
    differ("thresholds", &wanted.thresholds, &ids(found.thresholds.iter().filter(|it| it.reached).map(|it| it.id)));
    differ("actions", &wanted.actions, &ids(found.actions.iter().map(|action| action.id)));
    differ("considerations", &wanted.considerations, &ids(found.considerations.iter().map(|it| it.id)));
    differ("not raised", &wanted.not_raised, &found.not_raised);
    differ("conflicts", &wanted.conflicts, &ids(found.conflicts.iter().map(|conflict| conflict.fact)));
    let gives = |id: &str| model.criterion(id).is_none_or(|criterion| criterion.gives.is_some());
    let possible = findings(rules, &facts).1.into_iter();
    let possible = possible.filter(|it| it.found && it.kind != "indicator" && gives(&it.id));
    differ(
        "found when all is at its greatest",
        &wanted.possible,
        &possible.map(|found| found.id).collect::<BTreeSet<_>>(),
    );
    differences.extend(faults(&wanted, &found));
    differences
}

/// What must fail is told, and nothing else than what may.
fn faults(wanted: &Verdict, found: &Evaluation<'_>) -> Option<String> {
    let told = ids(found.faults.iter().map(|fault| fault.id));
    let (surely, perhaps) = &wanted.faults;
    let right = surely.is_subset(&told) && told.is_subset(perhaps);
    (!right).then(|| format!("faults: surely {surely:?}, perhaps {perhaps:?}, the engine tells {told:?}"))
}

fn ids<'i>(ids: impl Iterator<Item = &'i str>) -> BTreeSet<String> {
    ids.map(str::to_owned).collect()
}

fn reasons(evaluation: &Evaluation<'_>) -> BTreeSet<String> {
    let reason = |reason: &windscreen::level::Reason<'_>| {
        let gives = reason.gives;
        let level = [("Floor", gives.floor), ("Duty", gives.duty), ("Counts", gives.counts)];
        let level = level.iter().find_map(|(what, rank)| rank.map(|rank| format!(" {what} {rank}")));
        format!("{}{}{}", reason.id, level.unwrap_or_default(), if gives.raises { " raises" } else { "" })
    };
    evaluation.reasons.iter().map(reason).collect()
}

/// What one thread did.
#[derive(Debug, Default)]
struct Tally {
    sets: usize,
    refused: usize,
    pairs: usize,
    completions: usize,
    provisional: usize,
    at_most: [usize; 6],
    /// How often a part of the language moved a bound, by part.
    mattered: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.sets += other.sets;
        self.refused += other.refused;
        self.pairs += other.pairs;
        self.completions += other.completions;
        self.provisional += other.provisional;
        self.at_most.iter_mut().zip(other.at_most).for_each(|(sum, count)| *sum += count);
        for (part, count) in other.mattered {
            *self.mattered.entry(part).or_default() += count;
        }
    }
}

/// Takes one part of the language out of a rule set.
type Without = fn(&mut Model);

/// Each part of the language: leaving it out must sometimes move a bound, or the random cases do not reach it.
const PARTS: [(&str, Without); 14] = [
    ("hardship", |model| model.hardship_never_reaches = None),
    ("modifiers", |model| model.modifiers = None),
    ("more than one step", |model| {
        model.modifiers.iter_mut().for_each(|it| it.steps_at_most = it.steps_at_most.min(1))
    }),
    ("protection", |model| model.protection.clear()),
    ("unless of a threshold", |model| model.thresholds.iter_mut().for_each(|it| it.unless = None)),
    ("unless of a floor or duty", |model| each_gives(model).into_iter().for_each(|it| it.unless = None)),
    ("domains and groups", |model| {
        let needs = model.thresholds.iter_mut().flat_map(|threshold| &mut threshold.needs);
        needs.for_each(|part| (part.domains, part.groups) = (None, None));
    }),
    ("counts_with", |model| {
        model.facts.iter_mut().for_each(|fact| fact.counts_with = None);
        model.criteria.iter_mut().for_each(|criterion| criterion.counts_with = None);
    }),
    ("gates", |model| model.facts.iter_mut().for_each(|fact| fact.asked_when = None)),
    ("opens", |model| each_gives(model).into_iter().for_each(|it| it.opens.clear())),
    ("besides", |model| each_need(model).into_iter().for_each(|need| need.besides.clear())),
    ("domains of a need", |model| each_need(model).into_iter().for_each(|need| need.domains = None)),
    ("harm", |model| each_need(model).into_iter().for_each(|need| need.harm = false)),
    ("scripts that fail", |model| each_script(model).into_iter().for_each(|script| script.fails_when.clear())),
];

/// How many times the usual number of cases is wanted.
pub fn times() -> usize {
    #[expect(
        clippy::disallowed_methods,
        reason = "a longer run is asked for in the environment, as `make test-long` does"
    )]
    let times = std::env::var("WINDSCREEN_TEST_CASES").ok();
    times.map_or(1, |times| times.parse().expect("WINDSCREEN_TEST_CASES is a whole number"))
}

/// Whether the checker says that a condition is the same whatever the answers.
fn is_constant(error: &str) -> bool {
    ["never-holds: ", "constant-condition: "].iter().any(|code| error.starts_with(code))
}

fn run_set(seed: u64, tally: &mut Tally) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let sloppy = (seed as usize).is_multiple_of(SLOPPY);
    let model = generate::model(&mut dice, sloppy);
    tally.sets += 1;
    let rules = match model.load() {
        Ok(rules) => rules,
        Err(_) if sloppy => {
            tally.refused += 1;
            return Ok(());
        }
        // One criterion asks what another that it names rules out, or makes certain: about one set in 17,000.
        Err(errors) if errors.iter().all(|error| is_constant(error)) => {
            tally.refused += 1;
            return Ok(());
        }
        Err(errors) => {
            return Err(format!("set {seed} keeps every rule and is refused: {errors:#?}\n{}", shrink::show(&model)));
        }
    };
    for _ in 0..REFERRALS {
        let referral = generate::referral(&mut dice, &model, MOST_COMPLETIONS);
        tally.pairs += 1;
        tally.completions += evaluate::completions(&model, &referral);
        let differences = differences(&model, &rules, &referral);
        if !differences.is_empty() {
            return Err(shrink::shrunk(seed, model, referral, |model, referral| {
                model.load().map_or_else(|_| Vec::new(), |rules| self::differences(model, &rules, referral))
            }));
        }
        let bounds = bounds(&rules, &model.read(&rules, &referral));
        tally.provisional += usize::from(!bounds.is_settled());
        tally.at_most[usize::from(bounds.at_most())] += 1;
        if tally.pairs.is_multiple_of(PAIRS_PER_SAMPLE) {
            sample(&model, &referral, &mut tally.mattered);
        }
    }
    Ok(())
}

/// Counts the parts of the language that move a bound of this referral.
fn sample(model: &Model, referral: &Referral, mattered: &mut BTreeMap<&'static str, usize>) {
    let bounds = evaluate::bounds(model, referral);
    for (part, without) in PARTS {
        let mut less = model.clone();
        without(&mut less);
        *mattered.entry(part).or_default() += usize::from(evaluate::bounds(&less, referral) != bounds);
    }
}

#[test]
fn the_engine_agrees_with_the_prose() {
    let sets = SETS * times();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let outcomes: Vec<(Tally, Option<(usize, String)>)> = std::thread::scope(|scope| {
        let work = (0..threads).map(|thread| {
            scope.spawn(move || {
                let mut tally = Tally::default();
                for seed in (thread..sets).step_by(threads) {
                    if let Err(difference) = run_set(seed as u64, &mut tally) {
                        return (tally, Some((seed, difference)));
                    }
                }
                (tally, None)
            })
        });
        let work: Vec<_> = work.collect();
        work.into_iter().map(|thread| thread.join().expect("a thread tells its failures")).collect()
    });
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    for (part, failure) in outcomes {
        tally.add(part);
        failures.extend(failure);
    }
    println!("seeds 0 to {}: {tally:#?}", sets - 1);
    if let Some((_, difference)) = failures.into_iter().min_by_key(|(seed, _)| *seed) {
        panic!("{difference}");
    }
    assert!(tally.pairs >= sets * REFERRALS * 8 / 10, "too many rule sets were refused to be worth running");
    let idle: Vec<_> = tally.mattered.iter().filter(|(_, count)| **count == 0).collect();
    assert!(idle.is_empty(), "the random cases never reach these parts of the language: {idle:?}");
}
