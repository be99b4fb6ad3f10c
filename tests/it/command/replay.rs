//! `windscreen replay FILE`: what each row would be under other rules, counted; interrupted, gone on with and added up.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use windscreen::criteria::{RuleSet, load};
use windscreen::facts::{Answers, Scope};
use windscreen::level::bounds;
use windscreen::rules_dir;

use super::{text, windscreen};
use crate::copy;
use crate::properties::referral;

const FOUR: &str = "fixtures/rule_sets/good/four_levels";

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn rules(folder: &Path) -> RuleSet {
    load(&rules_dir::read(folder).unwrap()).rule_set.unwrap()
}

/// The rules of four levels, and the same with one fact called otherwise and one threshold harder to reach: what was
/// said of that fact is not known to the other, and held against no row.
fn two() -> (TempDir, [PathBuf; 2]) {
    let kept = TempDir::new().unwrap();
    let after = kept.path().join("after");
    fs::create_dir(&after).unwrap();
    copy(&folder(FOUR), &after);
    let path = after.join("thresholds.yaml");
    let before = fs::read_to_string(&path).unwrap();
    let changed = before.replacen("at_least: 2", "at_least: 3", 1);
    assert_ne!(before, changed, "there is a threshold of two");
    fs::write(&path, changed).unwrap();
    for file in fs::read_dir(after.join("criteria")).unwrap() {
        let path = file.unwrap().path();
        fs::write(&path, fs::read_to_string(&path).unwrap().replace("low_and_tired", "tired_and_low")).unwrap();
    }
    (kept, [folder(FOUR), after])
}

/// A request as a line.
fn line(answers: &Answers, number: u64) -> String {
    let said = |said: &windscreen::facts::Said| {
        use windscreen::facts::{Answer, Said};
        let one = |answer: &Answer| match answer {
            Answer::YesNo(value) => json!(value),
            Answer::Number(number) => json!(number),
            Answer::Word(word) => json!(word),
        };
        match said {
            Said::Answer(answer) => one(answer),
            Said::TwoAccounts(answer, other) => json!({ "answer": one(answer), "also_said": one(other) }),
            Said::NotKnown => json!(null),
            Said::Refused => json!("refused"),
        }
    };
    let facts: BTreeMap<&String, Value> = answers.said.iter().map(|(id, one)| (id, said(one))).collect();
    json!({ "ref": format!("R-{number}"), "concerns": answers.concerns, "facts": facts }).to_string()
}

/// What is counted, by the evaluator called for each row.
fn counted(before: &RuleSet, after: &RuleSet, all: &[Answers]) -> Value {
    let mut counts: BTreeMap<[(u8, u8); 2], u64> = BTreeMap::new();
    for answers in all {
        let under = |rules: &RuleSet| {
            let bounds = bounds(rules, &rules.read_for_replay(answers));
            (bounds.at_least(), bounds.at_most())
        };
        *counts.entry([under(before), under(after)]).or_default() += 1;
    }
    counts.into_iter().map(|([from, to], children)| json!({ "from": from, "to": to, "children": children })).collect()
}

#[test]
fn every_row_is_counted_as_the_evaluator_says_in_one_run_in_two_and_in_parts() {
    let (kept, [before, after]) = two();
    let (old, new) = (rules(&before), rules(&after));
    let all: Vec<Answers> = (0..3_000).map(|seed| referral(&old, seed, Scope::Referral)).collect();
    let lines: Vec<String> = all.iter().zip(0..).map(|(answers, number)| line(answers, number)).collect();
    let file = |name: &str, lines: &[String]| {
        let path = kept.path().join(name);
        fs::write(&path, lines.join("\n")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (before, after) = (before.to_str().unwrap(), after.to_str().unwrap());
    let run = |file: &str, more: &[&str]| {
        let args = [&["replay", file, "--before", before, "--rules", after, "--format", "json"], more].concat();
        let output = windscreen(&args, "");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let whole = run(&file("whole.ndjson", &lines), &["--threads", "3"]);
    assert_eq!(whole["rows"], 3_000);
    assert_eq!(whole["children"], counted(&old, &new, &all));
    let moved = whole["children"].as_array().unwrap().iter().filter(|one| one["from"] != one["to"]).count();
    assert!(moved >= 3, "the edits move children: {whole:#}");

    // In parts, each kept, and added up.
    let parts = [file("a.ndjson", &lines[..1_000]), file("b.ndjson", &lines[1_000..])];
    let keep = ["a.kept", "b.kept"].map(|name| kept.path().join(name).to_str().unwrap().to_owned());
    for (part, keep) in parts.iter().zip(&keep) {
        run(part, &["--keep", keep]);
    }
    let added = windscreen(&["replay", "--format", "json", "--add", &keep[0], &keep[1]], "");
    assert_eq!(serde_json::from_slice::<Value>(&added.stdout).unwrap(), whole);
    let twice = windscreen(&["replay", "--add", &keep[0], &keep[1], &keep[0]], "");
    assert!(!twice.status.success() && text(&twice.stderr).contains("is named twice"), "{}", text(&twice.stderr));

    // Interrupted: what was kept of the first rows is gone on with, and nothing is counted twice.
    let size = fs::metadata(kept.path().join("whole.ndjson")).unwrap().len();
    let mut begun: Value = serde_json::from_slice(&fs::read(&keep[0]).unwrap()).unwrap();
    begun["size"] = size.into();
    begun["whole"] = false.into();
    fs::write(&keep[0], begun.to_string()).unwrap();
    let unfinished = windscreen(&["replay", "--add", &keep[0], &keep[1]], "");
    assert!(text(&unfinished.stderr).contains("not at its end"), "{}", text(&unfinished.stderr));
    let whole_file = kept.path().join("whole.ndjson");
    assert_eq!(run(whole_file.to_str().unwrap(), &["--keep", &keep[0]]), whole);
    // Again, when there is nothing left to do.
    assert_eq!(run(whole_file.to_str().unwrap(), &["--keep", &keep[0]]), whole);
}

#[test]
fn what_was_kept_of_another_file_or_other_rules_is_not_gone_on_with() {
    let (kept, [before, after]) = two();
    let path = kept.path().join("one.ndjson");
    let keep = kept.path().join("kept");
    let [file, keep, before, after] = [&path, &keep, &before, &after].map(|path| path.to_str().unwrap().to_owned());
    let run = |rules: &str| {
        let output = windscreen(&["replay", &file, "--before", &before, "--rules", rules, "--keep", &keep], "");
        (output.status.code(), text(&output.stderr))
    };
    fs::write(&path, "{\"facts\":{}}\n").unwrap();
    assert_eq!(run(&after).0, Some(0));
    let (code, told) = run(&before);
    assert!(code == Some(1) && told.contains("these rules are another"), "{told}");
    fs::write(&path, "{\"facts\":{}}\n{\"facts\":{}}\n").unwrap();
    let (code, told) = run(&after);
    assert!(code == Some(1) && told.contains("was counted of a file of 13 bytes, and this one has 26"), "{told}");
}

#[test]
fn a_row_that_cannot_be_read_is_told_with_its_line_and_counted() {
    let (_kept, [before, after]) = two();
    let (before, after) = (before.to_str().unwrap(), after.to_str().unwrap());
    let fact = rules(&folder(FOUR)).indicators()[0].id.clone();
    let rows = format!(
        "{{\"facts\":{{}}}}\n\n{{\"facts\":{{\"nobody_knows_this\":true}}}}\n{{\"facts\":{{\"{fact}\":\"Ada Lovelace\"}}}}\nnot JSON\n"
    );
    let args = ["replay", "-", "--from", "ndjson", "--before", before, "--rules", after];
    let output = windscreen(&args, &rows);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("4 rows with 1 child") && told.contains("3 rows could not be read"), "{told}");
    assert!(told.contains("line 3: /facts/nobody_knows_this: ") && told.contains("line 4: /facts/"), "{told}");
    assert!(told.contains("line 5: this is not JSON") && !told.contains("Ada"), "{told}");
}

#[test]
fn a_table_and_lines_are_counted_alike() {
    let (kept, [before, after]) = two();
    let old = rules(&before);
    let fact = old.indicators().iter().find(|fact| fact.classes.len() == 2 && !fact.context).unwrap().id.clone();
    let table = kept.path().join("rows.csv");
    fs::write(&table, format!("ref,{fact}\na,yes\nb,no\nc,not_known\nd,\n")).unwrap();
    let lines = kept.path().join("rows.ndjson");
    let facts = [json!({ &fact: true }), json!({ &fact: false }), json!({ &fact: null }), json!({})];
    fs::write(&lines, facts.map(|facts| json!({ "facts": facts }).to_string()).join("\n")).unwrap();
    let counted = [table, lines].map(|file| {
        let [file, before, after] = [&file, &before, &after].map(|path| path.to_str().unwrap());
        let output = windscreen(&["replay", file, "--before", before, "--rules", after, "--format", "json"], "");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    });
    assert_eq!(counted[0], counted[1]);
}
