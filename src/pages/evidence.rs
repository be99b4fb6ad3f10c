//! What is known of proposed rules, as authors and partners read it: who moves first, then what is wrong, proved, and
//! shown by examples.

use serde_json::{Map, Value, json};

use crate::rule_change::{By, Evidence, Moves, Replay};

/// What a page shows of it; `draft` is the draft whose it is, where its rules are not on record yet.
pub(super) fn shown(evidence: &Evidence, draft: Option<&str>) -> Value {
    let new = draft.map_or_else(|| format!("new={}", evidence.digest), |draft| format!("draft={draft}"));
    let difference = evidence.difference.as_ref();
    let list = |key: &str| difference.and_then(|one| one[key].as_array()).cloned().unwrap_or_default();
    let edits = [("level", "What decides the level"), ("practice", "What is asked and done"), ("words", "Words alone")]
        .map(|(decides, title)| {
            let of: Vec<Value> = list("edits").into_iter().filter(|edit| edit["decides"] == decides).collect();
            json!({ "title": title, "edits": of })
        });
    let movements: Vec<Value> = list("movements").iter().map(movement).collect();
    view! {
        digest => evidence.digest,
        instead_of => evidence.instead_of,
        compare => format!("/rule-history/compare?old={}&{new}", evidence.instead_of),
        errors => evidence.errors,
        warnings => evidence.warnings,
        problems => evidence.problems.iter().map(problem).collect::<Vec<_>>(),
        in_short => evidence.in_short,
        may_lower => evidence.may_lower,
        movements,
        not_decided => list("not_decided"),
        edits => edits.into_iter().filter(|group| group["edits"].as_array().is_some_and(|of| !of.is_empty())).collect::<Vec<_>>(),
        proofs => evidence.proofs,
        examples => evidence.examples,
        failing => evidence.failing,
        replay => evidence.replay.as_ref().map(replay),
    }
}

fn movement(movement: &Value) -> Value {
    let said: Vec<String> = movement["smallest"]["said"].as_array().into_iter().flatten().map(answer).collect();
    json!({
        "way": movement["way"],
        "from": movement["from"]["says"],
        "to": movement["to"]["says"],
        "is_smallest": movement["smallest"]["is_smallest"],
        "vignette": movement["smallest"]["vignette"],
        "said": said,
    })
}

fn answer(answer: &Value) -> String {
    let passed_over = match answer["passed_over_by"].as_str() {
        Some("old") => " (the rules before do not ask this)",
        Some(_) => " (the proposed rules do not ask this)",
        None => "",
    };
    format!(
        "{} {}{passed_over}",
        answer["ask"].as_str().unwrap_or_default(),
        answer["says"].as_str().unwrap_or_default()
    )
}

/// A problem with every part that a template asks for.
fn problem(problem: &Value) -> Value {
    let mut whole: Map<String, Value> = ["severity", "code", "message", "help", "file", "line", "column", "excerpt"]
        .map(|key| (key.to_owned(), Value::Null))
        .into_iter()
        .collect();
    whole.extend(problem.as_object().cloned().unwrap_or_default());
    Value::Object(whole)
}

fn replay(replay: &Replay) -> Value {
    let group = |by: By| match by {
        By::All => "All children on record",
        By::Level => "By the level that was indicated",
        By::Agency => "By the agency that referred",
        By::Concern => "By the topics raised; a child counts under each",
        By::Age => "By age when referred",
    };
    let count = |count: Option<u64>| count.map_or_else(|| "few".to_owned(), |count| count.to_string());
    let row = |moves: &Moves| {
        let counts = [moves.children, moves.up, moves.down, moves.newly_provisional].map(count);
        json!({ "label": moves.label.replace('_', " "), "counts": counts })
    };
    let groups = replay
        .groups
        .iter()
        .map(|one| json!({ "title": group(one.by), "rows": one.rows.iter().map(row).collect::<Vec<_>>() }));
    json!({ "groups": groups.collect::<Vec<_>>() })
}
