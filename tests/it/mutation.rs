//! What the worked examples notice: a mutant that is killed differs on the example that kills it, one that is called the
//! same differs on no referral that enumeration finds, and one that survives differs on the referral that is shown.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use windscreen::criteria::{RuleFile, RuleSet, load};
use windscreen::examples::{read_examples, run};
use windscreen::facts::{Answer, Answers, Facts, Said};
use windscreen::level::{Explain, bounds, evaluate, findings, has, outline};
use windscreen::mutation::{Examined, Kind, Mutant, Verdict, mutants, report};
use windscreen::proof::{Pair, alike};
use windscreen::rules_dir;

use crate::command::{text, windscreen};
use crate::reference::dice::Dice;
use crate::reference::generate;

const TINY: &str = "fixtures/rule_sets/good/tiny";

/// Random rule sets whose mutants are judged by enumeration; times `WINDSCREEN_TEST_CASES`.
const RULE_SETS: u64 = 60;
/// Seeds at which something was found once: a script that fails; a protective fact that cancels a modifier.
const FOUND: [u64; 2] = [186, 763];
/// A rule set with more referrals than this is left out.
const MOST_REFERRALS: usize = 2_000;
/// Of how many mutants of a rule set.
const MUTANTS: usize = 8;

fn files(folder: &str) -> Vec<RuleFile> {
    rules_dir::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap()
}

fn loaded(files: &[RuleFile]) -> RuleSet {
    load(files).rule_set.expect("it loads")
}

fn judged(files: &[RuleFile]) -> Vec<(Mutant, Verdict)> {
    judged_each(files, 1)
}

/// The same of one mutant in so many.
fn judged_each(files: &[RuleFile], step: usize) -> Vec<(Mutant, Verdict)> {
    let rules = loaded(files);
    let examined = Examined::of(files, &rules);
    let judge = |mutant: Mutant| {
        let verdict = examined.judge(&mutant).expect("the evaluator agrees with the proof");
        (mutant, verdict)
    };
    mutants(files).into_iter().step_by(step).map(judge).collect()
}

/// What an example can look at, but for what is asked and presumed.
fn seen(rules: &RuleSet, facts: &Facts) -> Value {
    let evaluation = evaluate(rules, facts, Explain::None);
    let found = findings(rules, facts).0.into_iter().filter(|rule| rule.found).map(|rule| rule.id);
    let mut found: Vec<String> = found.collect();
    found.sort();
    let mut actions: Vec<&str> = evaluation.actions.into_iter().map(|action| action.id).collect();
    actions.sort();
    let mut considerations: Vec<&str> = evaluation.considerations.into_iter().map(|one| one.id).collect();
    considerations.sort();
    let across = across(rules, facts);
    json!({
        "at_least": bounds(rules, facts).at_least(),
        "found": found,
        "actions": actions,
        "considerations": considerations,
        "respond": evaluation.respond_within.nominal_hours(),
        "across": across,
    })
}

/// What is found that is looked for across the children of a referral.
fn across(rules: &RuleSet, facts: &Facts) -> Vec<String> {
    let across = rules.across_children().iter().filter(|across| has(rules, facts, &across.need));
    across.map(|across| across.id.clone()).collect()
}

fn answers(said: &[(String, Answer)]) -> Answers {
    let said = said.iter().map(|(id, answer)| (id.clone(), Said::Answer(answer.clone())));
    Answers { said: said.collect(), ..Answers::default() }
}

/// What two rule sets say of a referral, in which everything else is answered at its least where it is asked at all.
fn both(rules: [&RuleSet; 2], said: &[(String, Answer)]) -> [Value; 2] {
    rules.map(|rules| seen(rules, &rules.read_for_replay(&answers(said))))
}

#[test]
fn the_changes_that_no_example_of_a_small_rule_set_notices_are_told() {
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mutation/tiny.txt");
    let [once, twice] = [(); 2].map(|()| windscreen(&["test", TINY, "--mutate"], ""));
    assert!(once.status.success(), "{}", text(&once.stderr));
    assert_eq!(text(&once.stdout), text(&twice.stdout), "the order of work makes no difference");
    let got = text(&once.stdout);
    if got != fs::read_to_string(&expected).unwrap_or_default() {
        fs::write(expected.with_extension("txt.new"), &got).unwrap();
        panic!("what differs stands beside the old as tiny.txt.new\n\n{got}");
    }
}

#[test]
fn a_score_below_the_least_fails_as_an_example_does() {
    let score = |least: &str| windscreen(&["test", TINY, "--mutate", "--least-score", least], "").status.code();
    let whole = report(&judged(&files(TINY)));
    let score_of_tiny = whole.score.expect("some mutants count");
    assert!((1..100).contains(&score_of_tiny), "{score_of_tiny}");
    assert_eq!(score(&score_of_tiny.to_string()), Some(0));
    assert_eq!(score(&(score_of_tiny + 1).to_string()), Some(4));
    let refused = windscreen(&["test", TINY, "--least-score", "95"], "");
    assert_eq!(refused.status.code(), Some(2), "a score is of changes");
}

#[test]
fn the_json_says_the_same_as_the_text() {
    let output = windscreen(&["test", TINY, "--mutate", "--format", "json"], "");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let whole = report(&judged(&files(TINY)));
    assert_eq!(told, serde_json::to_value(&whole).unwrap());
    let all = &told["all"];
    let sum = ["killed", "survived", "equivalent", "refused"].map(|key| all[key].as_u64().unwrap()).iter().sum::<u64>();
    assert_eq!(sum as usize, mutants(&files(TINY)).len());
    for survivor in told["survivors"].as_array().unwrap() {
        assert!(survivor["file"].is_string() && survivor["line"].is_u64() && survivor["says"].is_string());
    }
}

/// Every mutant is one change of one file, and no two are the same text.
#[test]
fn a_mutant_changes_one_place_and_nothing_else() {
    for folder in [TINY, "rules"] {
        let files = files(folder);
        let mut made = std::collections::BTreeSet::new();
        for mutant in mutants(&files) {
            let changed = mutant.made(&files);
            let differ: Vec<_> = files.iter().zip(&changed).filter(|(old, new)| old != new).collect();
            let [(old, new)] = differ[..] else { panic!("{mutant:?} changes {} files", differ.len()) };
            assert_eq!(old.path, mutant.place.file);
            let lines = |file: &RuleFile| -> Vec<String> {
                String::from_utf8(file.bytes.clone()).unwrap().lines().map(str::to_owned).collect()
            };
            let (old, new) = (lines(old), lines(new));
            // What is left out may begin as what follows it does, so that the first line that differs is a later one.
            let above = mutant.place.line - 1;
            assert_eq!(old[..above], new[..above], "{mutant:?}");
            assert_ne!(old[above..], new[above..], "{mutant:?}");
            assert!(made.insert((mutant.place.file.clone(), new)), "{mutant:?} is another's twin");
        }
        assert!(made.len() > 50, "{folder}: {}", made.len());
    }
}

/// The verdicts of two small rule sets, each held to what the evaluator says of it.
#[test]
fn what_becomes_of_a_mutant_is_what_the_evaluator_says() {
    let (mut killed, mut survived) = (0, 0);
    for (folder, step) in [(TINY, 1), ("fixtures/rule_sets/good/four_levels", if super::cases() > 1 { 1 } else { 7 })] {
        let files = files(folder);
        let rules = loaded(&files);
        for (mutant, verdict) in judged_each(&files, step) {
            let changed = mutant.made(&files);
            let other = load(&changed).rule_set;
            assert_eq!(other.is_none(), verdict == Verdict::Refused, "{mutant:?}");
            let Some(other) = other else { continue };
            let report = run(&other, &changed);
            match verdict {
                Verdict::Killed(example) => {
                    let failed = report.failures.iter().any(|failure| {
                        failure.example == example || failure.example.starts_with(&format!("{example} (child"))
                    });
                    assert!(failed, "{mutant:?} is killed by {example}");
                    let fails_alone = read_examples(&files).entries.iter().any(|(_, one)| one.id == example);
                    assert!(fails_alone && run(&rules, &files).failures.is_empty());
                    killed += 1;
                }
                Verdict::Survived(apart) => {
                    assert!(report.failures.is_empty(), "{mutant:?}: {:?}", report.failures);
                    // How soon is proved of what is settled; the smallest referral may not be.
                    if let Some(referral) = apart.filter(|_| mutant.kind != Kind::Timescale) {
                        let [one, two] = both([&rules, &other], &referral.said);
                        assert_ne!(one, two, "{mutant:?} on {:?}", referral.said);
                    }
                    survived += 1;
                }
                Verdict::Equivalent => assert!(report.failures.is_empty(), "{mutant:?}"),
                Verdict::Refused => panic!("{mutant:?} loads"),
            }
        }
    }
    assert!(killed > 30 && survived > 30, "{killed} killed, {survived} survived");
}

/// What is seen but for what is done and how soon, which while an answer is not settled hang on the upper bound.
fn settled(mut seen: Value) -> Value {
    seen.as_object_mut().unwrap().retain(|key, _| key != "actions" && key != "respond");
    seen
}

/// Of random rule sets every referral is enumerated: two are alike exactly where no referral is answered otherwise.
#[test]
fn two_rule_sets_are_alike_where_no_referral_of_all_is_answered_otherwise() {
    let (mut same, mut different) = (0, 0);
    for seed in (0..RULE_SETS * u64::from(super::cases())).chain(FOUND) {
        let mut dice = Dice::new(seed);
        let files = generate::model(&mut dice, false).to_yaml();
        let Some(rules) = load(&files).rule_set else { continue };
        let mut mutants: Vec<Mutant> = mutants(&files);
        mutants.retain(|mutant| !matches!(mutant.kind, Kind::Gate | Kind::Presumption | Kind::Timescale));
        dice.shuffle(&mut mutants);
        for mutant in mutants.into_iter().take(MUTANTS) {
            let Some(other) = load(&mutant.made(&files)).rule_set else { continue };
            let Some(referrals) = every_referral([&rules, &other]) else { continue };
            let differs = referrals.iter().find(|said| {
                let fails = [&rules, &other].map(|rules| {
                    let facts = rules.read_for_replay(&answers(said));
                    outline(rules, &facts).script_fails
                });
                let [one, two] = both([&rules, &other], said);
                // A script that fails counts as more in the upper bound alone, of which nothing is shown.
                if fails.contains(&true) { settled(one) != settled(two) } else { one != two }
            });
            match alike(&rules, &other).expect("the evaluator agrees") {
                windscreen::proof::Verdict::Proved => {
                    assert_eq!(differs, None, "seed {seed}: {mutant:?}");
                    same += 1;
                }
                windscreen::proof::Verdict::Refuted(referral) => {
                    let [one, two] = both([&rules, &other], &referral.said);
                    assert_ne!(one, two, "seed {seed}: {mutant:?} on {:?}", referral.said);
                    // It differs wherever a level does, and may do so where less is said.
                    let smallest = referrals.iter().find(|said| {
                        let [one, two] = both([&rules, &other], said).map(settled);
                        one != two
                    });
                    let is_as_small = smallest.is_none_or(|smallest| referral.said.len() <= smallest.len());
                    assert!(is_as_small, "seed {seed}: {mutant:?}: {smallest:?} says less");
                    different += 1;
                }
                windscreen::proof::Verdict::NotDecided => panic!("seed {seed}: {mutant:?}"),
            }
        }
    }
    assert!(same > 5 && different > 50, "{same} the same, {different} not");
}

/// Every referral that says of each fact nothing or an answer, with the shortest first.
fn every_referral(rules: [&RuleSet; 2]) -> Option<Vec<Vec<(String, Answer)>>> {
    let pair = Pair::of(rules[0], rules[1]);
    let count: usize = pair.facts.iter().map(|fact| fact.answers.len() + 1).product();
    if count > MOST_REFERRALS {
        return None;
    }
    let mut referrals: Vec<Vec<(String, Answer)>> = vec![Vec::new()];
    for fact in &pair.facts {
        let answered = referrals.iter().flat_map(|said| {
            fact.answers.iter().map(|answer| {
                let one = (fact.id.clone(), answer.answer.clone());
                said.iter().cloned().chain(std::iter::once(one)).collect()
            })
        });
        let answered: Vec<_> = answered.collect();
        referrals.extend(answered);
    }
    referrals.sort_by_key(Vec::len);
    Some(referrals)
}
