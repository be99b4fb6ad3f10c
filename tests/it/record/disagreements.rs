//! Who answers a disagreement, stage by stage, and by which rules.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};
use windscreen::access::{Operation, demonstration, permit};
use windscreen::criteria::entries::AnsweredBy;
use windscreen::criteria::load;
use windscreen::decision::{Actor, BREAK_GLASS};
use windscreen::disagreement::{Answers, Disputed, Ruling, check_answer};
use windscreen::level::Explain;
use windscreen::record::Record;
use windscreen::record::case::What;
use windscreen::record::once::Once;
use windscreen::rules_dir;
use windscreen::serving::now;

use super::suite::codes;
use super::{Ask, Kept, a_family, closed, opened};

on_both!(
    the_first_stage_is_for_whoever_decided_or_may_decide,
    whoever_confirmed_a_decision_does_not_answer_for_a_manager,
    the_last_stages_say_who_answered,
    its_stages_are_those_of_the_rules_under_which_it_was_decided,
);

/// Who does what, in which words, and what is wrong with it.
type Step<'s> = (&'s str, &'s str, Value, &'s [(&'s str, &'s str)]);

async fn referred(router: &Router, key: &str) -> String {
    let (status, receipt) = Ask { router, who: "school-system" }.post("/v1/referrals", key, &a_family()).await;
    assert_eq!(status, StatusCode::CREATED, "{receipt:#}");
    receipt["id"].as_str().unwrap().to_owned()
}

/// A decision about a referral's first child, in some ways another than the usual one.
async fn decided(router: &Router, id: &str, who: &str, change: Value) -> String {
    let (ask, path) = (Ask { router, who }, format!("/v1/referrals/{id}"));
    let (_, read) = ask.get(&path).await;
    let level = &read["children"][0]["evaluation"]["at_least"]["rank"];
    let mut decision = json!({ "child": "A", "shown": 1, "level": level, "view": "agrees", "outcome": "early_help",
                               "next_holder": { "organisation": "council:example" } });
    decision.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let (status, answer) = ask.post(&format!("{path}/decisions"), &format!("{id} decide"), &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    answer["id"].as_str().unwrap().to_owned()
}

/// A school does not agree with a decision; where its disagreement is.
async fn disputed(router: &Router, id: &str, decision: &str) -> String {
    let all = format!("/v1/referrals/{id}/disagreements");
    let disagrees = json!({ "decision": decision, "party": "referrer", "says": "It is worse." });
    let (status, answer) = Ask { router, who: "teacher" }.post(&all, &format!("{id} disagree"), &disagrees).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    format!("{all}/{}", answer["id"].as_str().unwrap())
}

async fn check(router: &Router, at: &str, steps: &[Step<'_>]) {
    for (number, (who, what, body, expected)) in steps.iter().enumerate() {
        let ask = Ask { router, who };
        let (status, answer) = ask.post(&format!("{at}/{what}"), &format!("{at} {number}"), body).await;
        assert_eq!(codes(&answer), *expected, "{number} {who}: {answer:#}");
        assert_eq!(status == StatusCode::CREATED, expected.is_empty(), "{number} {who}: {answer:#}");
    }
}

fn answers() -> Value {
    json!({ "ruling": "not_upheld", "says": "A club helps." })
}

fn further() -> Value {
    json!({ "says": "It does not." })
}

async fn the_first_stage_is_for_whoever_decided_or_may_decide(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let id = referred(&router, "another's").await;
    let decision = decided(&router, &id, "manager", json!({})).await;
    let at = disputed(&router, &id, &decision).await;
    let steps: [Step<'_>; 2] =
        [("call-taker", "answers", answers(), &[("", "may-not-decide")]), ("triage-worker", "answers", answers(), &[])];
    check(&router, &at, &steps).await;
    // Who passed a child on at a level that is not theirs to decide answers for that.
    let id = referred(&router, "their own").await;
    let passes_on = json!({ "outcome": "allocated_worker",
                            "next_holder": { "organisation": "council:example", "name": "A named worker" } });
    let decision = decided(&router, &id, "call-taker", passes_on).await;
    let at = disputed(&router, &id, &decision).await;
    let steps: [Step<'_>; 1] = [("call-taker", "answers", answers(), &[])];
    check(&router, &at, &steps).await;
    closed(record, router).await;
}

async fn whoever_confirmed_a_decision_does_not_answer_for_a_manager(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let id = referred(&router, "refer").await;
    let lower = json!({ "level": 2, "view": "decides_lower", "reason": { "code": "CHECKED", "says": "Checks say so" },
                        "second_person": { "id": "manager", "role": "social_work_manager" } });
    let decision = decided(&router, &id, "social-worker", lower).await;
    let confirmation = format!("/v1/referrals/{id}/decisions/{decision}/confirmation");
    let manager = Ask { router: &router, who: "manager" };
    let (status, answer) = manager.post(&confirmation, "confirm", &Value::Null).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let at = disputed(&router, &id, &decision).await;
    let steps: [Step<'_>; 3] = [
        ("social-worker", "answers", answers(), &[]),
        ("teacher", "further", further(), &[]),
        ("manager", "answers", answers(), &[("", "same-person")]),
    ];
    check(&router, &at, &steps).await;
    closed(record, router).await;
}

async fn the_last_stages_say_who_answered(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let id = referred(&router, "refer").await;
    let decision = decided(&router, &id, "triage-worker", json!({})).await;
    let at = disputed(&router, &id, &decision).await;
    let by = |name: &str| json!({ "ruling": "not_upheld", "says": "It was looked at.", "answered_by": name });
    let steps: [Step<'_>; 11] = [
        ("triage-worker", "answers", answers(), &[]),
        ("teacher", "further", further(), &[]),
        ("manager", "answers", answers(), &[]),
        ("teacher", "further", further(), &[]),
        ("social-worker", "answers", by("The head of the service"), &[("", "needs-a-manager")]),
        ("manager", "answers", answers(), &[("/answered_by", "missing-key")]),
        ("manager", "answers", by(" "), &[("/answered_by", "missing-key")]),
        ("manager", "answers", by("The head of the service"), &[]),
        ("teacher", "further", further(), &[]),
        ("manager", "answers", by("The chair of the board"), &[]),
        ("teacher", "further", further(), &[("", "last-stage")]),
    ];
    check(&router, &at, &steps).await;
    let (_, read) = Ask { router: &router, who: "teacher" }.get(&format!("/v1/referrals/{id}")).await;
    let steps = read["disagreements"][0]["steps"].as_array().unwrap();
    assert_eq!(steps.last().unwrap()["answered"]["answered_by"], "The chair of the board", "{steps:#?}");
    closed(record, router).await;
}

/// A referral that was evaluated under rules of which a disagreement has one stage.
fn referred_under_others(record: &Record) -> String {
    let mut files = rules_dir::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap();
    let letters = files.iter_mut().find(|file| file.path == "letters.yaml").unwrap();
    let text = String::from_utf8(letters.bytes.clone()).unwrap();
    letters.bytes = text.as_bytes()[..text.find("  - { id: manager").unwrap()].to_vec();
    let rules = Arc::new(load(&files).rule_set.unwrap());
    record.keep_rule_set(&rules, &files, now()).unwrap();
    let refers = permit(demonstration("school-system").unwrap(), Operation::Refer).unwrap();
    let (once, request) = (Once::new(&refers, "refer", "refer", b""), a_family().to_string());
    let written = record.refer(&refers, &rules, request.as_bytes(), once, Explain::Full, now()).unwrap();
    match record.answered(written.wait_here().unwrap()).unwrap().what {
        What::Referral(body) => body.referral.clone(),
        other => panic!("{other:?}"),
    }
}

async fn its_stages_are_those_of_the_rules_under_which_it_was_decided(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let referring = Arc::clone(&record);
    let id = tokio::task::spawn_blocking(move || referred_under_others(&referring)).await.unwrap();
    let decision = decided(&router, &id, "triage-worker", json!({})).await;
    let at = disputed(&router, &id, &decision).await;
    // The rules in force name a manager next.
    let steps: [Step<'_>; 2] =
        [("triage-worker", "answers", answers(), &[]), ("teacher", "further", further(), &[("", "last-stage")])];
    check(&router, &at, &steps).await;
    closed(record, router).await;
}

#[test]
fn a_stage_that_the_rules_do_not_name_is_answered_by_nobody() {
    let files = rules_dir::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap();
    let rules = load(&files).rule_set.unwrap();
    let manager = demonstration("manager").unwrap();
    let stage = rules.letters().disagreement.len();
    let disputed = Disputed { stage, level: 3, decided_by: &manager, since: Vec::new() };
    let answers = Answers { ruling: Ruling::NotUpheld, says: "It stands.".into(), answered_by: None };
    let faults = check_answer(&rules, &disputed, &manager, &answers);
    assert_eq!(faults.iter().map(|fault| fault.code.word()).collect::<Vec<_>>(), ["no-such-stage"]);
}

/// A stage for somebody who took no part is not answered with an account that does not show who it is.
#[test]
fn who_breaks_the_glass_may_have_taken_part() {
    let files = rules_dir::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap();
    let rules = load(&files).rule_set.unwrap();
    let (decider, manager) = (demonstration("social-worker").unwrap(), demonstration("manager").unwrap());
    let glass = Actor { id: format!("{BREAK_GLASS}duty"), ..manager.clone() };
    let stage = rules.letters().disagreement.iter().position(|stage| stage.answered_by == AnsweredBy::Manager).unwrap();
    let disputed = Disputed { stage, level: 3, decided_by: &decider, since: Vec::new() };
    let answers = Answers { ruling: Ruling::NotUpheld, says: "It stands.".into(), answered_by: None };
    for (actor, expected) in [(&manager, &[][..]), (&glass, &["same-person"])] {
        let faults = check_answer(&rules, &disputed, actor, &answers);
        assert_eq!(faults.iter().map(|fault| fault.code.word()).collect::<Vec<_>>(), expected, "{}", actor.id);
    }
}
