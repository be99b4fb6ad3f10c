//! Planted defects, each told in the expected words; and rule sets without a defect.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use windscreen::criteria::{RuleFile, load, load_to_prove};
use windscreen::diagnostic::{Form, render};
use windscreen::proof::{Diligence, prove};
use windscreen::rules_dir;

use super::{check, fixtures};

fn tiny() -> BTreeMap<String, Vec<u8>> {
    rules_dir::read(&fixtures("good/tiny")).unwrap().into_iter().map(|file| (file.path, file.bytes)).collect()
}

/// What loading and the proofs find, in plain words.
fn told(files: BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let files: Vec<RuleFile> = files.into_iter().map(|(path, bytes)| RuleFile { path, bytes }).collect();
    let (loaded, places) = load_to_prove(&files);
    let rules = loaded.rule_set.as_ref().unwrap_or_else(|| panic!("it loads: {:#?}", loaded.problems));
    let proofs = prove(rules, &places, &loaded.problems, Diligence::default()).expect("the evaluator agrees");
    let problems = loaded.problems.iter().cloned().chain(proofs.problems());
    problems.map(|problem| render(&[problem], Form::Plain)).collect()
}

/// Each folder is laid over `good/tiny`, and has one defect for which loading does not refuse it. On a difference the new text is
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

/// What loading warns of is among the answers: which parts nothing mentions that guidance says must be covered.
#[test]
fn a_part_that_nothing_mentions_is_told() {
    let parts = |path: &str| {
        let files = rules_dir::read(&fixtures(path)).unwrap();
        let (loaded, places) = load_to_prove(&files);
        let proofs = prove(&loaded.rule_set.expect("it loads"), &places, &loaded.problems, Diligence::default())
            .expect("both agree");
        let check = check(&proofs, "statutory-part");
        (check.proved, check.findings.iter().map(|finding| finding.message.clone()).collect::<Vec<_>>())
    };
    assert_eq!(parts("../../rules"), (1, Vec::new()));
    let (proved, missing) = parts("good/tiny");
    assert_eq!(proved, 0);
    assert!(missing.contains(&"no rule mentions exploitation, which a threshold document must cover".to_owned()));
}

/// A clean rule set has no finding; what is accepted has a reason.
#[test]
fn the_rule_sets_that_ship_are_proved() {
    for path in ["../../rules", "good/four_levels"] {
        let files = rules_dir::read(&fixtures(path)).unwrap();
        let (loaded, places) = load_to_prove(&files);
        let rules = loaded.rule_set.expect("it loads");
        let proofs = prove(&rules, &places, &loaded.problems, Diligence::default()).expect("the evaluator agrees");
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
    let proofs = prove(&rules, &places, &loaded.problems, Diligence { conflicts: 0, ..Diligence::default() })
        .expect("nothing is shown, so nothing disagrees");
    assert!(!proofs.is_clean() && !proofs.problems().is_empty());
    for code in
        ["one-level", "level-reached", "floor-holds", "counts-stay-below", "guarantee", "never-holds", "shadowed"]
    {
        let check = check(&proofs, code);
        assert_eq!((check.proved, check.findings.len()), (0, 0), "{code}");
        assert!(!check.not_decided.is_empty(), "{code}");
    }
}

/// Seven children in six rooms, none of them shared: nobody has seen that, and no solver of clauses finds out soon. A
/// guarantee may say so; what it promises is then not decided.
#[test]
fn a_guarantee_built_to_exceed_the_budget_is_not_decided() {
    const CHILDREN: usize = 7;
    const ROOMS: usize = 6;
    let fact = |child: usize, room: usize| format!("child_{child}_in_{room}");
    let mut files = tiny();
    let mut topic = String::from_utf8(files["criteria/home.yaml"].clone()).unwrap();
    let mut parts = Vec::new();
    for child in 0..CHILDREN {
        for room in 0..ROOMS {
            let id = fact(child, room);
            let _ = writeln!(topic, "  - {{ id: {id}, ask: Is it so?, circumstance: true, source: [example] }}");
        }
        let rooms: Vec<String> = (0..ROOMS).map(|room| fact(child, room)).collect();
        parts.push(format!("{{ any: [ {} ] }}", rooms.join(", ")));
    }
    for room in 0..ROOMS {
        for one in 0..CHILDREN {
            for other in one + 1..CHILDREN {
                let [one, other] = [fact(one, room), fact(other, room)];
                parts.push(format!("{{ any: [ {{ {one}: false }}, {{ {other}: false }} ] }}"));
            }
        }
    }
    let when = parts.join(", ");
    let guarantees = format!(
        "guarantees:\n  - {{ id: rooms, says: Whatever, when: {{ all: [ {when} ] }}, at_least: 5, source: [example] }}\n"
    );
    files.insert("criteria/home.yaml".to_owned(), topic.into_bytes());
    files.insert("guarantees.yaml".to_owned(), guarantees.into_bytes());
    let files: Vec<RuleFile> = files.into_iter().map(|(path, bytes)| RuleFile { path, bytes }).collect();
    let (loaded, places) = load_to_prove(&files);
    let rules = loaded.rule_set.as_ref().unwrap_or_else(|| panic!("it loads: {:#?}", loaded.problems));
    // Ten children exceed the budget that everybody has, and take a minute, for each part is tried without, too.
    let diligence = Diligence { conflicts: 20, ..Diligence::default() };
    let proofs = prove(rules, &places, &loaded.problems, diligence).expect("the evaluator agrees");
    let check = check(&proofs, "guarantee");
    assert_eq!((check.proved, check.findings.len(), check.not_decided.as_slice()), (0, 0, &["rooms".to_owned()][..]));
    assert!(!proofs.is_clean());
    let told = proofs.problems();
    assert!(told.iter().any(|problem| problem.message.contains("not decided within the budget")), "{told:#?}");
}
