//! The built program: what it prints, where, and with which code it ends.

mod bulk;
mod diff;
mod doctor;
mod replay;
mod settings;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::copy;

pub fn windscreen(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_windscreen"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(args)
        .env_remove("WINDSCREEN_RULES")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its command line may have closed its input already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn json(facts: &str) -> Value {
    let output = windscreen(&["evaluate", "--format", "json", "-"], facts);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn ids<'v>(list: &'v Value, key: &str) -> Vec<&'v str> {
    list.as_array().unwrap().iter().map(|item| item[key].as_str().unwrap()).collect()
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_bruise_on_a_baby_that_cannot_move_is_at_least_4_and_acted_on_within_4_hours() {
    let facts = r#"{"facts":{"child_age_months":5,"independently_mobile":false,"bruise_or_injury_non_mobile":true}}"#;
    let answer = json(facts);
    assert_eq!(answer["settled"], false);
    assert_eq!(answer["level"], Value::Null);
    assert_eq!((answer["at_least"]["rank"].as_u64(), answer["at_most"]["rank"].as_u64()), (Some(4), Some(5)));
    assert!(ids(&answer["actions"], "id").contains(&"paediatric_opinion"), "{answer:#}");
    assert!(ids(&answer["considerations"], "id").contains(&"s47"), "{answer:#}");
    assert_eq!(answer["respond_within"], serde_json::json!({ "hours": 4 }));
    let asked = ids(&answer["ask_next"], "fact");
    assert!(asked.iter().take(3).any(|fact| *fact == "injury_explanation"), "{asked:?}");
}

#[test]
fn the_same_bruise_unexplained_is_settled_at_5_without_consent() {
    let facts = r#"{"facts":{"child_age_months":5,"independently_mobile":false,"bruise_or_injury_non_mobile":true,"injury_explanation":"unexplained"}}"#;
    let answer = json(facts);
    assert_eq!((answer["settled"].as_bool(), answer["level"]["rank"].as_u64()), (Some(true), Some(5)));
    assert!(ids(&answer["actions"], "id").contains(&"consent_not_required"), "{answer:#}");
}

#[test]
fn a_disclosure_of_sexual_abuse_is_settled_at_5_and_taken_as_current() {
    let answer = json(r#"{"facts":{"child_disclosed_sexual_abuse":true}}"#);
    assert_eq!((answer["settled"].as_bool(), answer["level"]["rank"].as_u64()), (Some(true), Some(5)));
    let presumed = answer["presumed"].as_array().unwrap();
    assert!(presumed.contains(&serde_json::json!({ "id": "concern_timing", "answer": "current" })), "{presumed:?}");
}

#[test]
fn nothing_known_is_provisional_from_1_to_5_and_asks_the_core_questions() {
    let answer = json(r#"{"facts":{}}"#);
    assert_eq!(answer["settled"], false);
    assert_eq!((answer["at_least"]["rank"].as_u64(), answer["at_most"]["rank"].as_u64()), (Some(1), Some(5)));
    let asked = ids(&answer["ask_next"], "fact");
    for core in
        ["immediate_danger_now", "child_disclosed_sexual_abuse", "injury_explanation", "keeping_safe", "suicidality"]
    {
        assert!(asked.contains(&core), "{core} in {asked:?}");
    }
}

#[test]
fn every_core_question_answered_harmlessly_is_settled_at_1_and_still_says_to_phone() {
    let facts = r#"{"facts":{"child_age_months":100,"immediate_danger_now":false,"young_child_alone_now":false,
        "urgent_medical_after_harm":false,"no_carer_available":false,"child_missing_now":false,
        "child_disclosed_sexual_abuse":false,"sexual_abuse_suspected":false,"child_disclosed_physical_abuse":false,
        "injury_explanation":"none","bruise_or_injury_non_mobile":false,"suicidality":"none","keeping_safe":"safe"}}"#;
    let answer = json(facts);
    assert_eq!((answer["settled"].as_bool(), answer["level"]["rank"].as_u64()), (Some(true), Some(1)), "{answer:#}");
    assert!(answer["say"][0].as_str().unwrap().to_lowercase().contains("phone"), "{}", answer["say"]);
    assert!(answer["not_raised"].as_u64().unwrap() > 100);
}

#[test]
fn bad_input_ends_with_1_and_says_where_and_what_was_meant() {
    let output = windscreen(&["evaluate", "-"], r#"{"facts":{"keping_safe":"safe","child_age_months":"5"}}"#);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let told = text(&output.stderr);
    assert!(told.contains("error[unknown-fact]: /facts/keping_safe"), "{told}");
    assert!(told.contains("keeping_safe"), "{told}");
    assert!(told.contains("error[wrong-type]: /facts/child_age_months"), "{told}");
}

#[test]
fn every_line_of_a_batch_is_answered_in_order() {
    let input = "{\"ref\":\"a\",\"facts\":{}}\n{\"ref\":\"b\",\"facts\":{\"nothing\":1}}\n\nnot json\n{\"ref\":\"c\",\"facts\":{\"immediate_danger_now\":true}}";
    let output = windscreen(&["evaluate", "--ndjson", "--explain", "none", "-"], input);
    assert_eq!(output.status.code(), Some(1), "a bad line is told by the exit code too");
    let lines: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["ref"], "a");
    assert_eq!(lines[1]["problem"]["errors"][0]["code"], "unknown-fact");
    assert!(lines[1]["problem"]["errors"][0].get("help").is_none(), "there is no server here that has its page");
    assert_eq!(lines[2]["problem"]["errors"][0]["code"], "not-json");
    assert_eq!((lines[3]["ref"].as_str(), lines[3]["evaluation"]["level"]["rank"].as_u64()), (Some("c"), Some(5)));
}

#[test]
fn a_line_that_is_too_long_is_told_and_the_next_one_read() {
    let input = format!("{{\"facts\":{{\"x\":\"{}\"}}}}\n{{\"facts\":{{}}}}\n", "y".repeat(200_000));
    let output = windscreen(&["evaluate", "--ndjson", "-"], &input);
    let lines: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["problem"]["errors"][0]["code"], "too-large");
    assert_eq!(lines[1]["evaluation"]["settled"], false);
}

#[test]
fn exit_codes_say_what_happened() {
    let code = |args: &[&str]| windscreen(args, "").status.code();
    assert_eq!(code(&["check", "rules"]), Some(0));
    assert_eq!(code(&["check", "no/such/folder"]), Some(1));
    assert_eq!(code(&["check", "--no-such-flag"]), Some(2));
    assert_eq!(code(&["check", "fixtures"]), Some(3));
    assert_eq!(code(&["evaluate", "--rules", "fixtures", "-"]), Some(3));
    let without_examples = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rule_sets/good/tiny"), without_examples.path());
    std::fs::remove_file(without_examples.path().join("criteria/home_test.yaml")).unwrap();
    assert_eq!(code(&["test", without_examples.path().to_str().unwrap()]), Some(4), "zero examples is a failure");
}

#[test]
fn a_failed_example_names_the_rule_that_moved() {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rule_sets/good/tiny"), folder.path());
    let path = folder.path().join("criteria/home_test.yaml");
    let broken = "examples:\n  - id: broken\n    story: An invented child.\n    facts: { danger_now: true }\n    expect: { level: 4, not_found: [danger_now] }\n";
    std::fs::write(path, broken).unwrap();
    let output = windscreen(&["test", folder.path().to_str().unwrap()], "");
    assert_eq!(output.status.code(), Some(4));
    let told = text(&output.stdout);
    assert!(told.contains("expected level 4, got level 5") && told.contains("`danger_now` is found"), "{told}");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_windscreen"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["schema", "rules"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
}

#[test]
fn nothing_depends_on_colour() {
    let args = ["check", "fixtures"];
    let plain = text(&windscreen(&args, "").stdout);
    assert!(!plain.contains('\u{1b}'), "piped output has no colour");
    let colour = windscreen(&["--color", "always", "check", "fixtures", "--format", "text"], "");
    assert!(text(&colour.stdout).contains('\u{1b}'));
    let none = Command::new(env!("CARGO_BIN_EXE_windscreen"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["check", "fixtures", "--format", "text"])
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(!text(&none.stdout).contains('\u{1b}'));
}

#[test]
fn check_as_json_lists_every_place_where_an_answer_may_lower() {
    let output = windscreen(&["check", "rules", "--format", "json"], "");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["problems"], serde_json::json!([]));
    let places = report["may_lower"].as_array().unwrap();
    assert!(places.iter().any(|place| place.as_str().unwrap().contains("child_disclosed_sexual_abuse")), "{places:?}");
}

/// What is proved is said in a line each; what is refuted ends with 3, at its place, in every form.
#[test]
fn a_broken_guarantee_is_shown_by_the_smallest_referral() {
    let proved =
        windscreen(&["check", "fixtures/rule_sets/good/four_levels", "--prove", "--certify", "--format", "plain"], "");
    assert!(proved.status.success(), "{}", text(&proved.stdout));
    assert!(text(&proved.stdout).contains("Followed a second time: "), "{}", text(&proved.stdout));
    assert!(text(&proved.stdout).contains("every guarantee of the board holds"), "{}", text(&proved.stdout));
    let folder = tempfile::TempDir::new().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rule_sets");
    copy(&fixtures.join("good/tiny"), folder.path());
    copy(&fixtures.join("unproved/broken_guarantee"), folder.path());
    std::fs::remove_file(folder.path().join("expected.txt")).unwrap();
    let rules = folder.path().to_str().unwrap();
    let sarif = windscreen(&["check", rules, "--prove", "--format", "sarif"], "");
    assert_eq!(sarif.status.code(), Some(3));
    let sarif: Value = serde_json::from_slice(&sarif.stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let broken = results.iter().find(|result| result["ruleId"] == "guarantee").unwrap();
    let place = &broken["locations"][0]["physicalLocation"];
    assert!(place["artifactLocation"]["uri"].as_str().unwrap().ends_with("guarantees.yaml"), "{broken:#}");
    assert_eq!((place["region"]["startLine"].as_u64(), place["region"]["startColumn"].as_u64()), (Some(2), Some(9)));
    let rule = &sarif["runs"][0]["tool"]["driver"]["rules"][broken["ruleIndex"].as_u64().unwrap() as usize];
    assert_eq!(rule["id"], "guarantee");
    let json = windscreen(&["check", rules, "--prove", "--format", "json"], "");
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    let checks = json["proofs"]["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["code"] == "guarantee").unwrap();
    let said = &check["findings"][0]["referral"]["said"];
    assert_eq!((said[0]["fact"].as_str(), said[0]["answer"].as_u64()), (Some("missing_episodes"), Some(2)));
    assert_eq!(said.as_array().map(Vec::len), Some(1));
}

#[test]
fn the_editors_schemas_in_the_repository_are_those_the_program_writes() {
    let folder = tempfile::tempdir().unwrap();
    let output = windscreen(&["--quiet", "schema", "rules", "--write", folder.path().to_str().unwrap()], "");
    assert!(output.status.success());
    for entry in std::fs::read_dir(folder.path()).unwrap().flatten() {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/schemas").join(entry.file_name());
        let kept = std::fs::read_to_string(&kept)
            .unwrap_or_else(|_| panic!("{} is not there; run `make schemas`", kept.display()));
        assert_eq!(kept, std::fs::read_to_string(entry.path()).unwrap(), "run `make schemas`");
    }
}

#[test]
fn completions_name_every_command() {
    let script = text(&windscreen(&["completions", "bash"], "").stdout);
    for command in ["check", "test", "evaluate", "schema", "serve", "audit", "completions"] {
        assert!(script.contains(command), "{command}");
    }
}
