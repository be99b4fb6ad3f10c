//! The rule sets that ship: they load without a problem, and every worked example holds.

use std::fs;
use std::path::{Path, PathBuf};

use windscreen::criteria::{RuleFile, RuleSet, load};
use windscreen::diagnostic::{Form, Severity, render};
use windscreen::examples::{Report, as_entry, read_examples, run, without_the_child};
use windscreen::facts::Answer;
use windscreen::json::Json;
use windscreen::referral::Referral;
use windscreen::rules_dir;

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn loaded(path: &str) -> RuleSet {
    let loaded = load(&rules_dir::read(&folder(path)).unwrap());
    let errors: Vec<_> =
        loaded.problems.iter().filter(|problem| problem.severity == Severity::Error).cloned().collect();
    assert!(errors.is_empty(), "{path}:\n{}", render(&errors, Form::Plain));
    loaded.rule_set.expect("a rule set without an error exists")
}

fn examples(path: &str) -> Report {
    run(&loaded(path), &rules_dir::read(&folder(path)).unwrap())
}

fn assert_all_hold(path: &str, at_least: usize) {
    let report = examples(path);
    let failures: Vec<String> = report
        .failures
        .iter()
        .map(|failure| format!("{} ({}): {}", failure.example, failure.file, failure.differences.join("; ")))
        .collect();
    assert!(failures.is_empty(), "{path}:\n{}", failures.join("\n"));
    assert!(report.problems.is_empty(), "{path}:\n{}", render(&report.problems, Form::Plain));
    assert!(report.examples >= at_least, "{path} has {} examples, fewer than {at_least}", report.examples);
}

#[test]
fn the_default_rules_examples_hold() {
    assert_all_hold("rules", 80);
}

#[test]
fn the_default_rules_have_no_warning_either() {
    let problems = load(&rules_dir::read(&folder("rules")).unwrap()).problems;
    assert!(problems.is_empty(), "{}", render(&problems, Form::Plain));
}

#[test]
fn every_default_rule_is_found_and_not_found_by_some_example() {
    let one_sided: Vec<String> = examples("rules")
        .coverage
        .into_iter()
        .filter(|rule| rule.found == 0 || rule.not_found == 0)
        .map(|rule| format!("{} {} (found {}, not found {})", rule.kind, rule.id, rule.found, rule.not_found))
        .collect();
    assert!(one_sided.is_empty(), "{}", one_sided.join("\n"));
}

#[test]
fn every_good_fixtures_examples_hold() {
    let mut count = 0;
    for entry in fs::read_dir(folder("fixtures/rule_sets/good")).unwrap().flatten() {
        assert_all_hold(&format!("fixtures/rule_sets/good/{}", entry.file_name().to_string_lossy()), 1);
        count += 1;
    }
    assert!(count >= 2, "two frameworks show that nothing about the ladder is hard-coded");
}

#[test]
fn a_four_level_framework_has_its_own_ladder() {
    let rules = loaded("fixtures/rule_sets/good/four_levels");
    assert_eq!(rules.ladder().levels().len(), 4);
    assert_eq!(rules.ladder().protection_from(), Some(4));
    assert_eq!(rules.hardship_line(), 3);
    assert!(rules.ladder().level(3).legal_basis.as_deref().is_some_and(|basis| basis.contains("s17")));
}

#[test]
fn every_rule_file_points_its_editor_at_its_schema() {
    for file in rules_dir::read(&folder("rules")).unwrap() {
        if !file.path.ends_with(".yaml") {
            continue;
        }
        let text = String::from_utf8(file.bytes).unwrap();
        let first = text.lines().next().unwrap_or_default();
        let schema =
            first.strip_prefix("# yaml-language-server: $schema=").unwrap_or_else(|| panic!("{}: {first}", file.path));
        let path = folder("rules").join(&file.path).parent().unwrap().join(schema);
        assert!(path.is_file(), "{} points at {schema}, which is not there", file.path);
    }
}

#[test]
fn the_digest_leaves_out_readme_and_examples_and_nothing_else() {
    let files = rules_dir::read(&folder("rules")).unwrap();
    let digest = load(&files).digest;
    for (path, moves) in [
        ("README.md", false),
        ("schemas/topic.schema.json", false),
        ("criteria/parenting_test.yaml", false),
        ("criteria/parenting.yaml", true),
        ("actions.yaml", true),
        ("code_lists.yaml", true),
    ] {
        let mut changed = files.clone();
        let file = changed.iter_mut().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is there"));
        file.bytes.extend_from_slice(b"\n# a comment\n");
        assert_eq!(load(&changed).digest != digest, moves, "{path}");
    }
}

#[test]
fn an_example_without_the_child_holds_and_says_no_more_than_it_needs() {
    let files = rules_dir::read(&folder("rules")).unwrap();
    let rules = load(&files).rule_set.unwrap();
    let mut made = 0;
    for (_, example) in read_examples(&files).entries {
        let Some(facts) = &example.facts else { continue };
        let request = serde_json::json!({ "concerns": example.concerns, "facts": facts }).to_string();
        let referral = Referral::read(&Json::read(request.as_bytes()).unwrap()).unwrap();
        let answers = referral.all_said_of(&rules, &referral.children[0]);
        let entry = without_the_child(&rules, &example.id, &answers).unwrap();
        let told = entry["facts"].as_object().unwrap();
        assert!(!entry.to_string().contains(&example.story), "{}", example.id);
        assert!(told.keys().all(|id| facts.contains_key(id)), "{}: {entry:#}", example.id);
        // An age, or any number, is told as the least that the rules do not tell from it.
        for (id, number) in told.iter().filter_map(|(id, told)| Some((id, told.as_i64()?))) {
            let classes = &rules.indicators()[rules.fact(id).unwrap()].classes;
            assert!(classes.iter().any(|class| class.answer == Answer::Number(number)), "{}: {id}", example.id);
        }
        let text = format!("examples:\n{}", as_entry(&entry).unwrap());
        let file = RuleFile { path: "criteria/from_audits_test.yaml".into(), bytes: text.clone().into_bytes() };
        let report = run(&rules, &[file]);
        let is_whole = (report.examples, report.failures.len(), report.problems.len()) == (1, 0, 0);
        assert!(is_whole, "{}\n{text}\n{report:#?}", example.id);
        made += 1;
    }
    assert!(made > 100, "{made} examples");
}
