//! Proofs against brute force: random small rule sets, every referral to them enumerated.
//!
//! The rule sets are those of `reference`, written out as files and loaded. A referral says nothing about a fact or
//! gives any of its answers, each number of a range among them, so that what the encoding takes for one saying is tried
//! with everything that it stands for.
//!
//! Faults that were put into the encoding by hand, one at a time, and what told them:
//!
//! | Fault | Told by |
//! |---|---|
//! | a threshold lapses while a modifier is found | the encoding against the evaluator |
//! | a criterion's or answer's floor never softens | the same |
//! | protection cancels no modifier | the same |
//! | one need fewer is enough for a threshold | the same |
//! | hardship counts as any other need | the same |
//! | silence counts as stated | the same |
//! | a need of harm sees counts and duties | the same |
//! | what is presumed gives nothing until it is said | the same |
//! | a script's failure never holds | the same |
//! | a threshold asks for no domains | the same |
//! | hardship helps across its line by a step | nothing yet, at this number of rule sets |
//! | a duty is harm | nothing yet, at this number of rule sets |

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use windscreen::criteria::{Outcome, RuleFile, RuleSet, load, load_to_prove};
use windscreen::diagnostic::{Form, render};
use windscreen::facts::{Answer, Answers, Facts, Said};
use windscreen::level::{bounds, findings};
use windscreen::proof::{Check, End, Instance, Literal, Proofs, Verdict, prove, prove_within};
use windscreen::rules_dir;

use crate::reference::dice::Dice;
use crate::reference::generate;
use crate::reference::model::{Model, Raw};

/// Rule sets that are tried; times `WINDSCREEN_TEST_CASES`.
pub(super) const SETS: u64 = 100;
/// A rule set with more referrals than this is left out.
const MOST_REFERRALS: usize = 2_000;

pub(super) fn answer(raw: &Raw) -> Answer {
    match raw {
        Raw::YesNo(value) => Answer::YesNo(*value),
        Raw::Word(word) => Answer::Word(word.clone()),
        Raw::Number(number) => Answer::Number(*number),
    }
}

/// Everything that may be said about each fact: nothing, or an answer.
pub(super) fn sayings(model: &Model) -> Vec<(String, Vec<Option<Answer>>)> {
    let sayings = |answers: &[Raw]| std::iter::once(None).chain(answers.iter().map(answer).map(Some)).collect();
    model.facts.iter().map(|fact| (fact.id.clone(), sayings(&fact.answers()))).collect()
}

/// A referral by number: which saying of each fact.
pub(super) fn referral(mut number: usize, sayings: &[(String, Vec<Option<Answer>>)]) -> Vec<(String, Answer)> {
    let said = sayings.iter().filter_map(|(id, sayings)| {
        let saying = &sayings[number % sayings.len()];
        number /= sayings.len();
        Some((id.clone(), saying.clone()?))
    });
    said.collect()
}

pub(super) fn read(rules: &RuleSet, said: &[(String, Answer)]) -> Facts {
    let said = said.iter().map(|(id, answer)| (id.clone(), Said::Answer(answer.clone()))).collect();
    rules.read(&Answers { said, ..Answers::default() }, "").expect("every answer is one of its fact's")
}

/// A random rule set with few enough referrals, and how many it has.
pub(super) fn small_set(seed: u64) -> Option<(Model, RuleSet, usize)> {
    let model = generate::model(&mut Dice::new(seed), false);
    let count = sayings(&model).iter().map(|(_, sayings)| sayings.len()).product();
    if count > MOST_REFERRALS {
        return None;
    }
    let rules = load(&model.to_yaml()).rule_set?;
    Some((model, rules, count))
}

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
    for seed in 0..SETS * u64::from(super::cases()) {
        let Some((model, rules, count)) = small_set(seed) else { continue };
        let sayings = sayings(&model);
        let mut instance = Instance::of(&rules);
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
    for seed in 0..SETS * u64::from(super::cases()) {
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

/// Every referral to a rule set: what is said, and its lower bound.
fn enumerated(model: &Model, rules: &RuleSet, count: usize) -> Vec<(Vec<(String, Answer)>, u8)> {
    let sayings = sayings(model);
    let referrals = (0..count).map(|number| referral(number, &sayings));
    let with_level = |said: Vec<(String, Answer)>| {
        let level = bounds(rules, &read(rules, &said)).at_least();
        (said, level)
    };
    referrals.map(with_level).collect()
}

fn check<'p>(proofs: &'p Proofs, code: &str) -> &'p Check {
    proofs.checks.iter().find(|check| check.code == code).expect("every check is there")
}

/// What a check finds, by the rules that it is about.
fn found(proofs: &Proofs, codes: &[&str]) -> BTreeSet<String> {
    let findings = codes.iter().flat_map(|code| &check(proofs, code).findings);
    findings.map(|finding| finding.of.join(" and ")).collect()
}

#[test]
fn every_check_says_what_enumeration_says() {
    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..SETS * u64::from(super::cases()) {
        let Some((model, rules, count)) = small_set(seed).filter(|(_, rules, _)| {
            // A script that fails has another upper bound, which `level` of these referrals does not tell.
            !rules.tables().iter().any(|table| table.rows.contains(&Outcome::Failed))
        }) else {
            continue;
        };
        let files = model.to_yaml();
        let (loaded, places) = load_to_prove(&files);
        let proofs = prove(&rules, &places, &loaded.problems).expect("the evaluator agrees");
        let all = enumerated(&model, &rules, count);
        for code in ["one-level", "floor-holds", "counts-stay-below", "more-concern"] {
            assert_eq!(found(&proofs, &[code]), BTreeSet::new(), "seed {seed}: {:#?}", check(&proofs, code));
        }

        let reached: BTreeSet<u8> = all.iter().map(|(_, level)| *level).collect();
        let levels = 1..=rules.ladder().highest();
        let unreached = levels.filter(|rank| !reached.contains(rank)).map(|rank| format!("level {rank}"));
        assert_eq!(found(&proofs, &["level-reached"]), unreached.collect(), "seed {seed}");

        // Criteria and thresholds that nothing meets, and those that everything does.
        let mut times: BTreeMap<(String, &str), usize> = BTreeMap::new();
        for (said, _) in &all {
            for rule in findings(&rules, &read(&rules, said)).0.into_iter().filter(|rule| rule.kind != "indicator") {
                *times.entry((rule.id, rule.kind)).or_default() += usize::from(rule.found);
            }
        }
        let of = |wanted: usize, kinds: &[&str]| -> BTreeSet<String> {
            let met = times.iter().filter(|((_, kind), times)| **times == wanted && kinds.contains(kind));
            met.map(|((id, _), _)| id.clone()).collect()
        };
        assert_eq!(found(&proofs, &["never-holds"]), of(0, &["criterion", "threshold"]), "seed {seed}");
        assert_eq!(found(&proofs, &["always-holds"]), of(count, &["criterion"]), "seed {seed}");

        // What never changes a level: the same rule set without it is the same.
        let mut idle = BTreeSet::new();
        let mut moves = |id: &str, without: Model| {
            let Some(without) = load(&without.to_yaml()).rule_set else { return };
            let same = all.iter().all(|(said, level)| bounds(&without, &read(&without, said)).at_least() == *level);
            if same {
                idle.insert(id.to_owned());
            }
        };
        for (index, criterion) in model.criteria.iter().enumerate() {
            if criterion.gives.as_ref().is_some_and(|gives| gives.level.is_some() || gives.raises) {
                let mut without = model.clone();
                if let Some(gives) = &mut without.criteria[index].gives {
                    (gives.level, gives.raises, gives.hardship, gives.unless) = (None, false, false, None);
                }
                moves(&criterion.id, without);
            }
        }
        for (index, threshold) in model.thresholds.iter().enumerate() {
            let mut without = model.clone();
            without.thresholds.remove(index);
            moves(&threshold.id, without);
        }
        let rule = |id: &String| id.starts_with("criterion") || id.starts_with("threshold");
        let told: BTreeSet<String> = found(&proofs, &["shadowed", "subsumed"]).into_iter().filter(rule).collect();
        assert_eq!(told, idle, "seed {seed}");

        // Where an answer lowers the level that silence has.
        let key = |said: &[(String, Answer)]| format!("{said:?}");
        let level: BTreeMap<String, u8> = all.iter().map(|(said, level)| (key(said), *level)).collect();
        let mut lowering = BTreeSet::new();
        for (said, after) in &all {
            for (index, (id, _)) in said.iter().enumerate() {
                let mut silent = said.clone();
                silent.remove(index);
                if level[&key(&silent)] > *after {
                    lowering.insert(id.clone());
                }
            }
        }
        let is_meant = |id: &str| {
            let fact = rules.fact(id).expect("a fact of these rules");
            rules.indicators()[fact].context || !rules.is_ordered(fact)
        };
        let mut moving = BTreeSet::new();
        for (said, after) in &all {
            for (index, (id, _)) in said.iter().enumerate().filter(|(_, (id, _))| is_meant(id)) {
                let mut silent = said.clone();
                silent.remove(index);
                if level[&key(&silent)] != *after {
                    moving.insert(id.clone());
                }
            }
        }
        assert_eq!(found(&proofs, &["never-matters"]), moving, "seed {seed}");
        let listed = &check(&proofs, "answers-that-lower").listed;
        let id = |line: &String| line.split('`').nth(1).map(str::to_owned);
        assert_eq!(listed.iter().filter_map(id).collect::<BTreeSet<_>>(), lowering, "seed {seed}");

        for (what, how_many) in [
            ("sets", 1),
            ("levels that nothing reaches", found(&proofs, &["level-reached"]).len()),
            ("dead", found(&proofs, &["never-holds"]).len()),
            ("idle", told.len()),
            ("duplicates", found(&proofs, &["duplicate"]).len()),
            ("redundant", found(&proofs, &["redundant-part"]).len()),
            ("lowering", lowering.len()),
            ("moved by context", moving.len()),
        ] {
            *tally.entry(what).or_default() += how_many;
        }
    }
    println!("{tally:?}");
    assert!(tally.values().all(|times| *times > 0), "{tally:?}");
}

// Planted defects ------------------------------------------------------------------------------------------------------

pub(super) fn fixtures(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rule_sets").join(path)
}

fn tiny() -> BTreeMap<String, Vec<u8>> {
    rules_dir::read(&fixtures("good/tiny")).unwrap().into_iter().map(|file| (file.path, file.bytes)).collect()
}

/// What the proofs find, in plain words.
fn told(files: BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let files: Vec<RuleFile> = files.into_iter().map(|(path, bytes)| RuleFile { path, bytes }).collect();
    let (loaded, places) = load_to_prove(&files);
    let rules = loaded.rule_set.as_ref().unwrap_or_else(|| panic!("it loads: {:#?}", loaded.problems));
    let proofs = prove(rules, &places, &loaded.problems).expect("the evaluator agrees");
    proofs.problems().iter().map(|problem| render(std::slice::from_ref(problem), Form::Plain)).collect()
}

/// Each folder is laid over `good/tiny`, and has one defect that loading does not see. On a difference the new text is
/// left beside the old as `expected.txt.new`, to be read.
#[test]
fn every_planted_defect_is_told_in_the_expected_words() {
    let clean = told(tiny());
    let mut names: Vec<_> = fs::read_dir(fixtures("unproved")).unwrap().flatten().map(|entry| entry.path()).collect();
    names.sort();
    assert!(names.len() >= 13, "{}", names.len());
    let mut wrong = Vec::new();
    for folder in names {
        let mut files = tiny();
        for file in rules_dir::read(&folder).unwrap().into_iter().filter(|file| !file.path.starts_with("expected.txt"))
        {
            files.insert(file.path, file.bytes);
        }
        let new: Vec<String> = told(files).into_iter().filter(|told| !clean.contains(told)).collect();
        assert!(!new.is_empty(), "{} has a defect", folder.display());
        let got = format!("{}\n", new.concat().trim_end());
        let path = folder.join("expected.txt");
        if fs::read_to_string(&path).unwrap_or_default() != got {
            fs::write(path.with_extension("txt.new"), &got).unwrap();
            wrong.push(format!("{}:\n{got}", folder.display()));
        }
    }
    assert!(wrong.is_empty(), "differs from expected.txt; read expected.txt.new:\n\n{}", wrong.join("\n"));
}

/// A clean rule set has no finding; what is accepted has a reason.
#[test]
fn the_rule_sets_that_ship_are_proved() {
    for path in ["../../rules", "good/four_levels"] {
        let files = rules_dir::read(&fixtures(path)).unwrap();
        let (loaded, places) = load_to_prove(&files);
        let rules = loaded.rule_set.expect("it loads");
        let proofs = prove(&rules, &places, &loaded.problems).expect("the evaluator agrees");
        assert!(proofs.is_clean(), "{path}: {:#?}", proofs.problems());
        assert_eq!(load(&files).digest, loaded.digest, "a guarantee decides nothing");
    }
}

/// With no budget at all nothing is proved that takes the solver, and nothing is found.
#[test]
fn what_is_not_decided_is_never_called_proved() {
    let files = rules_dir::read(&fixtures("good/four_levels")).unwrap();
    let (loaded, places) = load_to_prove(&files);
    let rules = loaded.rule_set.expect("it loads");
    let proofs = prove_within(&rules, &places, &loaded.problems, 0).expect("nothing is shown, so nothing disagrees");
    assert!(!proofs.is_clean() && !proofs.problems().is_empty());
    for code in
        ["one-level", "level-reached", "floor-holds", "counts-stay-below", "guarantee", "never-holds", "shadowed"]
    {
        let check = check(&proofs, code);
        assert_eq!((check.proved, check.findings.len()), (0, 0), "{code}");
        assert!(!check.not_decided.is_empty(), "{code}");
    }
}
