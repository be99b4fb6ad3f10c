//! In brief, a line says what the whole answer says, and no more.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::{evaluate, lines, table};
use crate::command::{text, windscreen};

/// Invented referrals, a line each: those that ship, all cells of the table, and what is no referral.
fn referrals() -> String {
    let mut all = String::from_utf8(table().ndjson()).unwrap();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/referrals")).unwrap().flatten()
    {
        if entry.path().extension().is_some_and(|extension| extension == "json") {
            let read: Value = serde_json::from_slice(&std::fs::read(entry.path()).unwrap()).unwrap();
            all += &format!("{read}\n");
        }
    }
    let others = [
        json!({ "ref": "pinned", "rule_set": "sha256:0", "facts": {} }).to_string(),
        json!({ "ref": "one of a list", "children": [{ "ref": "Ash", "facts": { "keeping_safe": "unable" } }] })
            .to_string(),
        json!({ "ref": "\u{1F9F8} \"quoted\"", "explain": "full", "facts": { "basic_care": "struggling" } })
            .to_string(),
        json!({ "ref": "unknown", "facts": { "keeping_saf": "unable" } }).to_string(),
        "{ \"facts\": ".to_owned(),
    ];
    all + others.join("\n").as_str()
}

/// What a whole answer says in brief.
fn in_brief(evaluation: &Value) -> Value {
    let ids = |key: &str, is_wanted: &dyn Fn(&Value) -> bool| {
        let all = evaluation[key].as_array().unwrap().iter().filter(|one| is_wanted(one));
        all.map(|one| one["id"].as_str().unwrap()).collect::<BTreeSet<_>>()
    };
    json!({
        "rule_set": evaluation["rule_set"]["digest"],
        "at_least": evaluation["at_least"]["rank"],
        "at_most": evaluation["at_most"]["rank"],
        "reasons": ids("reasons", &|_| true),
        "thresholds": ids("thresholds", &|threshold| threshold["reached"] == true),
        "faults": ids("faults", &|_| true),
    })
}

/// Names stand in the order of the rules; a whole answer has the strongest first.
fn sorted(mut brief: Value) -> Value {
    for key in ["reasons", "thresholds", "faults"] {
        brief[key] =
            json!(brief[key].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect::<BTreeSet<_>>());
    }
    brief
}

/// Lines in brief, each compared with the whole answer to the same line: how many children, and how many are refused.
fn compared(rules: &str, sent: &str) -> (Vec<Value>, usize) {
    let answers = |explain: &[&str]| {
        let arguments = [&["--quiet", "evaluate", "--ndjson", "--rules", rules], explain, &["-"]].concat();
        lines(&windscreen(&arguments, sent).stdout)
    };
    let (brief, whole) = (answers(&["--brief"]), answers(&["--explain", "summary"]));
    assert_eq!((brief.len(), whole.len()), (sent.lines().count(), sent.lines().count()));
    let (mut children, mut refused) = (Vec::new(), 0);
    for (brief, whole) in brief.into_iter().zip(whole) {
        assert_eq!(brief["ref"], whole["ref"]);
        if let Some(evaluation) = whole.get("evaluation") {
            assert_eq!(sorted(brief["brief"].clone()), in_brief(evaluation));
            children.push(brief["brief"].clone());
        } else if let Some(list) = whole.get("children").and_then(Value::as_array) {
            for (brief, whole) in brief["children"].as_array().unwrap().iter().zip(list) {
                assert_eq!(brief["ref"], whole["ref"]);
                assert_eq!(sorted(brief["brief"].clone()), in_brief(&whole["evaluation"]));
                children.push(brief["brief"].clone());
            }
        } else {
            assert_eq!(brief, whole, "what is wrong is told as it is told there");
            refused += 1;
        }
    }
    (children, refused)
}

#[test]
fn a_brief_line_says_what_the_whole_answer_says() {
    let (children, refused) = compared("rules", &referrals());
    assert!(children.len() > 14 && refused > 3, "{} {refused}", children.len());
}

/// A script that divides by the number of episodes fails where there was none, and where nobody asked.
#[test]
fn a_brief_line_names_the_scripts_that_fail() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path();
    crate::copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rule_sets/good/tiny"), rules);
    std::fs::create_dir(rules.join("scripts")).unwrap();
    std::fs::write(rules.join("scripts/divides.rhai"), "12 / missing_episodes < 3\n").unwrap();
    let home = rules.join("criteria/home.yaml");
    let text = std::fs::read_to_string(&home).unwrap()
        + "criteria:
  - id: divides
    says: A script that divides
    when: { script: { name: divides, reads: [missing_episodes] } }
    gives: { raises: true }
    source: [example]
";
    std::fs::write(&home, text).unwrap();
    let sent = "{\"facts\":{}}\n{\"facts\":{\"missing_episodes\":0}}\n{\"facts\":{\"missing_episodes\":9}}";
    let (children, refused) = compared(rules.to_str().unwrap(), sent);
    assert_eq!(refused, 0);
    let faults: Vec<&Value> = children.iter().map(|child| &child["faults"]).collect();
    assert_eq!(faults, [&json!(["divides"]), &json!(["divides"]), &json!([])]);
}

#[test]
fn a_table_is_answered_in_brief_as_lines_are() {
    let folder = tempfile::tempdir().unwrap();
    let [ndjson, csv, _] = table().files(folder.path());
    let answers = |file: &str| {
        let output = evaluate(&["--to", "ndjson", "--brief", file]);
        assert!(output.status.code() == Some(1), "one row has a fault: {}", text(&output.stderr));
        lines(&output.stdout).into_iter().filter(|line| line.get("problem").is_none()).collect::<Vec<_>>()
    };
    let briefs = |lines: Vec<Value>| {
        let one = |line: Value| line.get("brief").unwrap_or(&line["children"][0]["brief"]).clone();
        lines.into_iter().map(one).collect::<Vec<_>>()
    };
    let (of_lines, of_rows) = (briefs(answers(&ndjson)), briefs(answers(&csv)));
    assert_eq!(of_lines, of_rows);
    assert_eq!(of_rows.len(), table().rows.len() - 1);
}
