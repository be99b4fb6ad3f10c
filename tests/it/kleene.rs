//! Three-valued truth, operator by operator: as gates see it, and as the pair of bounds shows it.

use std::collections::BTreeMap;
use std::path::Path;

use windscreen::criteria::{RuleFile, RuleSet, load};
use windscreen::facts::{Answer, Answers, Facts, Said};
use windscreen::level::{findings, truth};
use windscreen::rules_dir;

/// True, false or not known.
type Truth = Option<bool>;
const T: Truth = Some(true);
const F: Truth = Some(false);
const N: Truth = None;

/// The smallest rule set with a topic in which everything is asked, and a condition as gate and as criterion.
fn rules(criterion: &str, gate: &str, script: &str) -> RuleSet {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rule_sets/good/tiny");
    let mut files: BTreeMap<String, Vec<u8>> =
        rules_dir::read(&folder).unwrap().into_iter().map(|file| (file.path, file.bytes)).collect();
    let text = String::from_utf8(files["criteria/home.yaml"].clone()).unwrap();
    let topic = format!(
        "{text}  - {{ id: a, ask: A?, core: true, source: [example] }}\n  \
         - {{ id: b, ask: B?, core: true, source: [example] }}\n  \
         - {{ id: c, ask: C?, core: true, answers: {{ low: {{}}, mid: {{}}, high: {{ counts: 2 }} }}, source: [example] }}\n  \
         - {{ id: p, ask: P?, presume: true, source: [example] }}\n  \
         - {{ id: gated, ask: Asked?, asked_when: {gate}, if_yes: {{ counts: 2 }}, source: [example] }}\n\
         criteria:\n  - {{ id: named, when: a, source: [example] }}\n  \
         - {{ id: tried, says: Tried, when: {criterion}, gives: {{ counts: 2 }}, source: [example] }}\n"
    );
    files.insert("criteria/home.yaml".to_owned(), topic.into_bytes());
    if !script.is_empty() {
        files.insert("scripts/s.rhai".to_owned(), script.as_bytes().to_vec());
    }
    let files: Vec<RuleFile> = files.into_iter().map(|(path, bytes)| RuleFile { path, bytes }).collect();
    let loaded = load(&files);
    loaded.rule_set.unwrap_or_else(|| panic!("{criterion} / {gate}: {:#?}", loaded.problems))
}

fn facts(rules: &RuleSet, said: &[(&str, Truth)]) -> Facts {
    let answer = |(id, truth): &(&str, Truth)| {
        let said = truth.map_or(Said::NotKnown, |value| Said::Answer(Answer::YesNo(value)));
        ((*id).to_owned(), said)
    };
    rules.read(&Answers { said: said.iter().map(answer).collect(), ..Answers::default() }, "").unwrap()
}

/// As a criterion: found in the least pass is true, not found in the greatest is false, between them not known.
fn found(rules: &RuleSet, facts: &Facts) -> Truth {
    let (least, greatest) = findings(rules, facts);
    let holds = |pass: &[windscreen::level::Found]| pass.iter().find(|found| found.id == "tried").unwrap().found;
    match (holds(&least), holds(&greatest)) {
        (true, true) => T,
        (false, false) => F,
        (false, true) => N,
        (true, false) => panic!("a criterion that holds with the least holds with the greatest"),
    }
}

/// Each row: A, B, and what the condition then is.
type Table = [(Truth, Truth, Truth); 9];

const ALL: Table = [(T, T, T), (T, N, N), (T, F, F), (N, T, N), (N, N, N), (N, F, F), (F, T, F), (F, N, F), (F, F, F)];
const ANY: Table = [(T, T, T), (T, N, T), (T, F, T), (N, T, T), (N, N, N), (N, F, N), (F, T, T), (F, N, N), (F, F, F)];

fn check(condition: &str, table: &Table) {
    let rules = rules(condition, condition, "");
    let gate = rules.indicators()[rules.fact("gated").unwrap()].asked_when.as_ref().unwrap();
    for (a, b, expected) in table {
        let facts = facts(&rules, &[("a", *a), ("b", *b)]);
        assert_eq!(truth(&rules, &facts, gate), *expected, "gate {condition}: {a:?} {b:?}");
        assert_eq!(found(&rules, &facts), *expected, "criterion {condition}: {a:?} {b:?}");
    }
}

#[test]
fn all_and_any() {
    check("{ all: [a, b] }", &ALL);
    check("{ any: [a, b] }", &ANY);
    check("{ all: [ { any: [a, b] }, { any: [b, a] } ] }", &ANY);
    check("{ all: [ { a: true }, { b: true } ] }", &ALL);
}

#[test]
fn not_turns_a_gate_round() {
    let rules = rules("a", "{ not: a }", "");
    let gate = rules.indicators()[rules.fact("gated").unwrap()].asked_when.as_ref().unwrap();
    for (a, expected) in [(T, F), (N, N), (F, T)] {
        assert_eq!(truth(&rules, &facts(&rules, &[("a", a)]), gate), expected);
    }
}

#[test]
fn bare_names_and_named_conditions() {
    for condition in ["a", "named", "{ a: true }"] {
        let rules = rules(condition, condition, "");
        let gate = rules.indicators()[rules.fact("gated").unwrap()].asked_when.as_ref().unwrap();
        for a in [T, N, F] {
            let facts = facts(&rules, &[("a", a)]);
            assert_eq!((truth(&rules, &facts, gate), found(&rules, &facts)), (a, a), "{condition}");
        }
    }
}

#[test]
fn tests_of_a_choice() {
    for (test, low, mid, high) in [
        ("at_least: mid", F, T, T),
        ("at_least: high", F, F, T),
        ("above: mid", F, F, T),
        ("one_of: [mid, high]", F, T, T),
        ("is: high", F, F, T),
    ] {
        let rules = rules(&format!("{{ c: {{ {test} }} }}"), "a", "");
        for (word, expected) in [("low", low), ("mid", mid), ("high", high)] {
            let said = vec![("c".to_owned(), Said::Answer(Answer::Word(word.to_owned())))];
            let facts = rules.read(&Answers { said, ..Answers::default() }, "").unwrap();
            assert_eq!(found(&rules, &facts), expected, "{test}: {word}");
        }
        assert_eq!(found(&rules, &facts(&rules, &[])), N, "{test}: not known");
    }
}

#[test]
fn needs_see_what_could_be_found() {
    // C gives a need at level 2 in its greatest answer; B is beside it.
    let rules =
        rules("{ all: [ b, { need: { at: 2, in: [environment], besides: [poor_housing, gated] } } ] }", "a", "");
    for (c, b, expected) in
        [(Some("high"), T, T), (Some("high"), N, N), (Some("low"), T, F), (None, T, N), (None, F, F)]
    {
        let mut said = vec![("b".to_owned(), b.map_or(Said::NotKnown, |b| Said::Answer(Answer::YesNo(b))))];
        said.extend(c.map(|word| ("c".to_owned(), Said::Answer(Answer::Word(word.to_owned())))));
        said.push(("poor_routine".to_owned(), Said::Answer(Answer::YesNo(false))));
        let facts = rules.read(&Answers { said, ..Answers::default() }, "").unwrap();
        assert_eq!(found(&rules, &facts), expected, "{c:?} {b:?}");
    }
}

#[test]
fn scripts_and_their_failing_rows() {
    let plain = rules("{ script: { name: s, reads: [a, b] } }", "a", "a && b\n");
    for (a, b, expected) in ALL {
        assert_eq!(found(&plain, &facts(&plain, &[("a", a), ("b", b)])), expected, "{a:?} {b:?}");
    }
    // Fails where both are so: not known there, whatever else, and never false.
    let failing = rules("{ script: { name: s, reads: [a, b] } }", "a", "if a && b { 1 / 0 > 0 } else { false }\n");
    for (a, b, expected) in [(T, T, N), (T, F, F), (F, F, F), (T, N, N), (F, N, F)] {
        assert_eq!(found(&failing, &facts(&failing, &[("a", a), ("b", b)])), expected, "{a:?} {b:?}");
    }
    // Fails above a row that holds: it holds too, or failing would lower as concern rises.
    let above = rules("{ script: { name: s, reads: [a, b] } }", "a", "if a && b { 1 / 0 > 0 } else { a || b }\n");
    assert_eq!(found(&above, &facts(&above, &[("a", T), ("b", T)])), T);
    assert_eq!(found(&above, &facts(&above, &[("a", T), ("b", N)])), T);
}

#[test]
fn presumed_is_not_said() {
    let rules = rules("{ all: [a, p] }", "p", "");
    let gate = rules.indicators()[rules.fact("gated").unwrap()].asked_when.as_ref().unwrap();
    // A gate looks at what was said; a criterion takes the presumption.
    assert_eq!(truth(&rules, &facts(&rules, &[]), gate), N);
    assert_eq!(found(&rules, &facts(&rules, &[("a", T)])), T);
    assert_eq!(found(&rules, &facts(&rules, &[("a", T), ("p", F)])), F);
    assert_eq!(found(&rules, &facts(&rules, &[("a", N), ("p", T)])), N);
}
