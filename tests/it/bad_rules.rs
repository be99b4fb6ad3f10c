//! Rule sets broken in one way each, and the exact text that a rule author sees.
//!
//! Each folder under `fixtures/rule_sets/bad/` is laid over `good/tiny`: its files replace or add, and a file named
//! `X.removed` takes X away. On a difference the new text is left beside the old as `expected.txt.new`, to be read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use windscreen::criteria::{RuleFile, load};
use windscreen::diagnostic::{Diagnostic, Form, Severity, render};
use windscreen::rules_dir;

/// Broken in one way, and told in several places: why.
const SEVERAL: [(&str, &str); 11] = [
    ("can_never_hold", "a condition that only looks towards concern can always hold, so this looks away as well"),
    ("script_changes_a_fact", "two facts are changed"),
    ("script_empty", "an empty script neither answers nor reads"),
    ("script_eval", "what it evaluates is hidden, so it seems to read nothing"),
    ("script_hidden_characters", "two hidden characters"),
    ("script_hidden_error", "try and catch"),
    ("script_hides_a_fact", "two facts are hidden"),
    ("script_import", "import and as"),
    ("script_misspelt_fact", "two misspellings, and two facts never named"),
    ("script_words_for_signs", "seven words for signs"),
    ("yaml_unquoted_no", "two answers"),
];

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rule_sets").join(path)
}

fn bad() -> Vec<String> {
    let entries = fs::read_dir(folder("bad")).unwrap().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn tiny() -> BTreeMap<String, Vec<u8>> {
    rules_dir::read(&folder("good/tiny")).unwrap().into_iter().map(|file| (file.path, file.bytes)).collect()
}

fn lay_over(files: &mut BTreeMap<String, Vec<u8>>, name: &str) {
    for file in rules_dir::read(&folder(&format!("bad/{name}"))).unwrap() {
        match file.path.strip_suffix(".removed") {
            Some(removed) => assert!(files.remove(removed).is_some(), "{name}: {removed} is not there to remove"),
            None if file.path.starts_with("expected.txt") => {}
            None => {
                files.insert(file.path, file.bytes);
            }
        }
    }
}

fn errors(files: BTreeMap<String, Vec<u8>>) -> (bool, Vec<Diagnostic>) {
    let files: Vec<RuleFile> = files.into_iter().map(|(path, bytes)| RuleFile { path, bytes }).collect();
    let loaded = load(&files);
    let errors = loaded.problems.into_iter().filter(|problem| problem.severity == Severity::Error).collect();
    (loaded.rule_set.is_some(), errors)
}

fn errors_of(name: &str) -> Vec<Diagnostic> {
    let mut files = tiny();
    lay_over(&mut files, name);
    let (exists, errors) = errors(files);
    assert!(!exists && !errors.is_empty(), "{name} is refused");
    errors
}

#[test]
fn every_broken_rule_set_is_told_in_the_expected_words() {
    let names = bad();
    assert!(names.len() >= 100, "{}", names.len());
    let count = |start: &str| names.iter().filter(|name| name.starts_with(start)).count();
    assert!(count("yaml_") >= 20 && count("script_") >= 20 && names.len() - count("yaml_") - count("script_") >= 20);
    let mut wrong = Vec::new();
    for name in names {
        let got = format!("{}\n", render(&errors_of(&name), Form::Plain).trim_end());
        let path = folder(&format!("bad/{name}/expected.txt"));
        if fs::read_to_string(&path).unwrap_or_default() != got {
            fs::write(path.with_extension("txt.new"), &got).unwrap();
            wrong.push(format!("{name}:\n{got}"));
        }
    }
    assert!(wrong.is_empty(), "differs from expected.txt; read expected.txt.new:\n\n{}", wrong.join("\n"));
}

#[test]
fn one_cause_is_told_once() {
    for name in bad() {
        let several = SEVERAL.iter().any(|(listed, _)| *listed == name);
        assert_eq!(errors_of(&name).len() > 1, several, "{name}");
    }
}

#[test]
fn every_error_has_a_place_that_is_there_in_all_three_forms() {
    for name in bad() {
        let mut files = tiny();
        lay_over(&mut files, &name);
        for error in errors_of(&name) {
            let Some(place) = &error.place else {
                assert_eq!(error.code, "missing-file", "{name}");
                continue;
            };
            let text = String::from_utf8_lossy(&files[&place.file]).into_owned();
            let lines = text.lines().count().max(1);
            assert!((1..=lines).contains(&place.line), "{name}: line {} of {lines}", place.line);
            let drawn = render(std::slice::from_ref(&error), Form::Text);
            let json = serde_json::to_value(&error).unwrap();
            assert!(drawn.contains(error.code) && drawn.contains(&place.file), "{name}: {drawn}");
            assert_eq!((json["code"].as_str(), json["line"].as_u64()), (Some(error.code), Some(place.line as u64)));
        }
    }
}

#[test]
fn one_broken_file_hides_no_other() {
    let together = [
        "unknown_action",
        "yaml_text_where_a_number_belongs",
        "counts_reach_protection",
        "less_urgent_above",
        "two_deadlines",
    ];
    let mut files = tiny();
    together.iter().for_each(|name| lay_over(&mut files, name));
    let (_, all) = errors(files);
    for name in together {
        for alone in errors_of(name) {
            assert!(all.iter().any(|error| error.code == alone.code && error.place == alone.place), "{name}: {all:#?}");
        }
    }
}

#[test]
fn one_bad_entry_hides_no_other() {
    let mut text = String::from("topic: home\ntitle: Home\ndomain: environment\nindicators:\n");
    for number in 0..6 {
        text.push_str(&format!("  - {{ id: fact_{number}, ask: 7, source: [example] }}\n"));
    }
    text.push_str("  - { id: need_met_by_universal, ask: Is it met?, protects: true, source: [example] }\n");
    let mut files = tiny();
    files.insert("criteria/home.yaml".to_owned(), text.into_bytes());
    let (_, errors) = errors(files);
    let lines: Vec<usize> = errors.iter().filter_map(|error| Some(error.place.as_ref()?.line)).collect();
    assert_eq!(lines, [5, 6, 7, 8, 9, 10]);
}

#[test]
fn a_file_larger_than_any_topic_is_not_read() {
    let mut files = tiny();
    let long = format!("# {}\n", "x".repeat(300 * 1024));
    files.get_mut("criteria/home.yaml").unwrap().extend_from_slice(long.as_bytes());
    let (_, errors) = errors(files);
    assert_eq!(errors.iter().map(|error| error.code).collect::<Vec<_>>(), ["file-too-large"]);
}

#[test]
fn an_anchor_bomb_ends_at_once() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x]\n");
    for letter in 'b'..='z' {
        let before = char::from(letter as u8 - 1);
        bomb.push_str(&format!("{letter}: &{letter} [{}]\n", vec![format!("*{before}"); 8].join(", ")));
    }
    let mut files = tiny();
    files.insert("criteria/home.yaml".to_owned(), bomb.into_bytes());
    assert_eq!(errors(files).1[0].code, "yaml-anchor");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens to a file, there is a rule set or an error with a place inside a file; never a panic.
    #[test]
    fn a_mangled_file_is_read_or_told(
        file in 0_usize..5, line in 0_usize..120, kind in 0_usize..6, at in 0_usize..60, with in "[-:{}\\[\\]#&*!|>'\"%@`, \t0-9a-z]{1,3}",
    ) {
        let mut files = tiny();
        files.retain(|path, _| !path.ends_with("_test.yaml"));
        let path = files.keys().nth(file % files.len()).unwrap().clone();
        let text = String::from_utf8(files[&path].clone()).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let (line, count) = (line % lines.len(), lines.len());
        match kind {
            0 => { lines.remove(line); }
            1 => { let again = lines[line].clone(); lines.insert(line, again); }
            2 => lines.swap(line, (line + 1) % count),
            3 => { let at = at.min(lines[line].len()); lines[line].insert_str(at, &with); }
            4 => { let at = at.min(lines[line].len()); lines[line].truncate(at); }
            _ => lines[line] = format!("{with}{}", lines[line]),
        }
        files.insert(path, format!("{}\n", lines.join("\n")).into_bytes());
        let kept = files.clone();
        let (exists, errors) = errors(files);
        prop_assert!(exists == errors.is_empty(), "a rule set or an error");
        for error in errors {
            if let Some(place) = error.place {
                prop_assert!(kept.contains_key(&place.file) && place.line >= 1 && place.column >= 1);
            }
        }
    }
}
