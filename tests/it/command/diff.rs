//! `windscreen diff`: folders and digests, text and JSON, and what is wrong with either side.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use windscreen::criteria::load;
use windscreen::record::{Places, Record};
use windscreen::rules_dir;
use windscreen::serving::now;

use super::{text, windscreen};
use crate::copy;

const TINY: &str = "fixtures/rule_sets/good/tiny";
const NEXT: &str = "fixtures/rule_sets/good/tiny_next";

#[test]
fn what_it_does_stands_before_what_was_edited() {
    let output = windscreen(&["diff", TINY, NEXT], "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    let place = |words: &str| told.find(words).unwrap_or_else(|| panic!("{words}\n{told}"));
    let places = [
        place("Before: tiny 1, sha256:"),
        place("Not every child is answered at the same level by both."),
        place("SOME CHILD IS ANSWERED LOWER than before."),
        place("referrals with at most 3 answers that say more than silence does"),
        place("\nLOWER: level "),
        place("The smallest referral that moves so, and nothing else is said:"),
        place("\nWhat decides the level:\n"),
        place("Question “Has the child no fixed bedtime?” is added"),
        place("\nWhat is asked and done:\n"),
        place("\nWords alone:\n"),
    ];
    assert!(places.is_sorted(), "{places:?}\n{told}");
}

#[test]
fn the_same_rules_are_said_to_be_the_same() {
    let output = windscreen(&["diff", TINY, TINY], "");
    assert!(text(&output.stdout).ends_with("The two are the same.\n"), "{}", text(&output.stdout));
}

#[test]
fn programs_read_it_whole() {
    let output = windscreen(&["diff", TINY, NEXT, "--format", "json"], "");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["moved"], &told["lowered"]), (&json!("some"), &json!("some")));
    assert_eq!((&told["compared_by"], &told["not_decided"]), (&json!("level"), &json!([])));
    assert_eq!(told["census"]["answers_at_most"], 3);
    let lower = &told["movements"][0];
    assert_eq!(lower["way"], "lower");
    assert_eq!(lower["smallest"]["old_level"], lower["from"]["rank"]);
    assert_eq!(lower["smallest"]["new_level"], lower["to"]["rank"]);
    assert!(lower["smallest"]["is_smallest"].as_bool().unwrap() && lower["counted"].as_u64().unwrap() > 0);
    let retired = told["edits"].as_array().unwrap().iter().find(|edit| edit["what"] == "no longer asked").unwrap();
    assert_eq!((&retired["in"], &retired["id"]), (&json!("fact"), &json!("poor_routine")));
    assert_eq!((&retired["file"], &retired["decides"]), (&json!("criteria/home.yaml"), &json!("practice")));
    let without = windscreen(&["diff", TINY, NEXT, "--format", "json", "--census", "0"], "");
    let without: Value = serde_json::from_slice(&without.stdout).unwrap();
    assert_eq!((&without["census"], &without["edits"]), (&Value::Null, &told["edits"]));
}

#[test]
fn rules_with_problems_are_told_and_not_compared() {
    let folder = TempDir::new().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(TINY), folder.path());
    fs::write(folder.path().join("thresholds.yaml"), "thresholds: [ { id: Wrong } ]\n").unwrap();
    let broken = folder.path().to_str().unwrap();
    for sides in [[TINY, broken], [broken, TINY]] {
        let output = windscreen(&["diff", sides[0], sides[1]], "");
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(3), String::new()));
        assert!(text(&output.stderr).contains("thresholds.yaml:1"), "{}", text(&output.stderr));
    }
    let output = windscreen(&["diff", TINY, "no/such/folder"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("there is no rules folder at `no/such/folder`"));
}

#[test]
fn a_digest_is_that_of_a_rule_set_that_the_record_keeps() {
    let data = TempDir::new().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = rules_dir::read(&root.join(TINY)).unwrap();
    let rules = Arc::new(load(&files).rule_set.unwrap());
    let record = Record::open(&Places::in_folder(data.path()), now()).unwrap();
    record.keep_rule_set(&rules, &files, now()).unwrap();
    drop(record);
    let data = data.path().to_str().unwrap();
    let kept = rules.id().digest.as_str();
    let by_digest = windscreen(&["diff", kept, NEXT, "--data", data], "");
    assert_eq!(by_digest.status.code(), Some(0), "{}", text(&by_digest.stderr));
    assert_eq!(text(&by_digest.stdout), text(&windscreen(&["diff", TINY, NEXT], "").stdout));
    let unknown = windscreen(&["diff", kept, "sha256:0000", "--data", data], "");
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("the record keeps no rule set sha256:0000"), "{}", text(&unknown.stderr));
    let nowhere = windscreen(&["diff", kept, NEXT, "--data", "no/such/record"], "");
    assert!(text(&nowhere.stderr).contains("there is no record here"), "{}", text(&nowhere.stderr));
}
