//! What partners' systems are told of: in the order of the log, once each, to whom it is for, and nothing that was said;
//! in both databases.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};
use windscreen::access::{Operation, demonstration, permit};
use windscreen::record::Record;
use windscreen::record::erase::Why;
use windscreen::record::store::Transaction;
use windscreen::serving::{Serving, now};

use super::{Ask, Kept, a_family, closed, opened};

on_both!(
    a_partner_hears_what_is_decided_about_its_own_referrals,
    events_come_page_by_page_and_each_once,
    another_rule_set_is_told_when_it_evaluates,
    a_rule_set_that_does_not_load_hides_no_other,
    what_is_erased_is_told_no_more,
    a_list_that_was_changed_is_found,
    what_an_older_program_recorded_is_told_too,
);

async fn events(router: &Router, who: &str, after: Option<&str>) -> Vec<Value> {
    let path = after.map_or("/v1/events".to_owned(), |after| format!("/v1/events?after={after}"));
    let (status, events) = Ask { router, who }.get(&path).await;
    assert_eq!(status, StatusCode::OK, "{events:#}");
    events.as_array().unwrap().clone()
}

/// Kind, referral and child of each.
fn said(events: &[Value]) -> Vec<(&str, &str, u64)> {
    let about = |event: &Value| event["data"]["child"].as_u64().unwrap_or_default();
    let text = events.iter().map(|event| (event["type"].as_str().unwrap(), event["data"]["referral"].as_str(), event));
    text.map(|(kind, referral, event)| (kind, referral.unwrap_or_default(), about(event))).collect()
}

async fn referred(router: &Router, key: &str) -> (String, i64) {
    let (status, answer) = Ask { router, who: "school-system" }.post("/v1/referrals", key, &a_family()).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let indicated = answer["children"][0]["evaluation"]["at_least"]["rank"].as_i64().unwrap();
    (answer["id"].as_str().unwrap().to_owned(), indicated)
}

fn decision(child: &str, level: i64) -> Value {
    json!({ "child": child, "shown": 1, "level": level, "view": "agrees", "outcome": "early_help",
            "next_holder": { "organisation": "school:example-primary", "told": "CANARY-TOLD" } })
}

async fn decided(router: &Router, who: &str, referral: &str, body: &Value) -> Value {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    let path = format!("/v1/referrals/{referral}/decisions");
    let key = DRAWN.fetch_add(1, Ordering::Relaxed).to_string();
    let (status, answer) = Ask { router, who }.post(&path, &key, body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    answer
}

fn run(record: &Record, sql: &'static str) -> u64 {
    let run = move |transaction: &mut Transaction<'_>| Ok(transaction.db().execute(sql, &[])?);
    record.store().write(run).wait_here().unwrap()
}

async fn away<T: Send + 'static>(record: &Arc<Record>, work: impl FnOnce(&Record) -> T + Send + 'static) -> T {
    let record = Arc::clone(record);
    tokio::task::spawn_blocking(move || work(&record)).await.unwrap()
}

async fn is_sound(record: &Arc<Record>) -> bool {
    away(record, |record| record.verify(Vec::new()).unwrap().is_ok()).await
}

async fn a_partner_hears_what_is_decided_about_its_own_referrals(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let (referral, indicated) = referred(&router, "one").await;
    let began = events(&router, "school-system", None).await;
    assert_eq!(said(&began), [("rule_set.in_force", "", 0)], "that it was received is answered, not told");
    // What needs a second person is told when it stands, and not before.
    let lower = json!({ "child": "A", "shown": 1, "level": indicated - 1, "view": "decides_lower", "outcome": "early_help",
        "next_holder": { "organisation": "school:example-primary", "told": "CANARY-TOLD" },
        "reason": { "code": "CHECKED", "says": "Seen at home this morning. CANARY-REASON" },
        "second_person": { "id": "manager", "role": "social_work_manager" } });
    let lower = decided(&router, "social-worker", &referral, &lower).await;
    assert_eq!(events(&router, "school-system", Some("0")).await, Vec::<Value>::new());
    let confirm = format!("/v1/referrals/{referral}/decisions/{}/confirmation", lower["id"].as_str().unwrap());
    let (status, first) = Ask { router: &router, who: "manager" }.post(&confirm, "confirm", &Value::Null).await;
    assert_eq!(status, StatusCode::CREATED, "{first:#}");
    decided(&router, "triage-worker", &referral, &decision("unborn", 1)).await;
    // Another decision about the first child.
    decided(&router, "triage-worker", &referral, &decision("A", indicated)).await;
    let all = events(&router, "school-system", None).await;
    let id = referral.as_str();
    let wanted = [("referral.decided", id, 1), ("referral.decided", id, 2), ("decision.changed", id, 1)];
    assert_eq!(said(&all[1..]), wanted);
    // Each names the entry of its receipt, and says nothing of what was said, indicated or decided.
    assert_eq!(all[1]["data"]["leaf_hash"], first["receipt"]["leaf_hash"]);
    assert_eq!(all[1]["id"], first["receipt"]["index"].to_string());
    let keys = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    for event in &all {
        assert!(!event.to_string().contains("CANARY"), "{event}");
        for key in keys(event) {
            let known = ["specversion", "type", "source", "id", "time", "subject", "datacontenttype", "data"];
            assert!(known.contains(&key.as_str()), "{key}");
        }
        for key in keys(&event["data"]) {
            assert!(["referral", "child", "rule_set", "leaf_hash"].contains(&key.as_str()), "{key}");
        }
    }
    // Another agency hears nothing of it, the hub hears all, and who reads no referrals may not ask.
    assert_eq!(said(&events(&router, "police-system", None).await), [("rule_set.in_force", "", 0)]);
    assert_eq!(events(&router, "manager", None).await, all);
    for who in ["auditor", "operator"] {
        assert_eq!(Ask { router: &router, who }.get("/v1/events").await.0, StatusCode::FORBIDDEN, "{who}");
    }
    assert!(is_sound(&record).await);
    closed(record, router).await;
}

async fn events_come_page_by_page_and_each_once(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let (referral, indicated) = referred(&router, "one").await;
    for _ in 0..130 {
        decided(&router, "triage-worker", &referral, &decision("A", indicated)).await;
    }
    for who in ["school-system", "manager"] {
        let (mut heard, mut pages, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let page = events(&router, who, after.as_deref()).await;
            let Some(last) = page.last() else { break };
            after = last["id"].as_str().map(str::to_owned);
            pages.push(page.len());
            heard.extend(page);
        }
        assert_eq!(pages, [100, 31], "{who}");
        let places: Vec<u64> = heard.iter().map(|event| event["id"].as_str().unwrap().parse().unwrap()).collect();
        assert!(places.is_sorted_by(|one, next| one < next), "{places:?}");
        assert_eq!(said(&heard)[1].0, "referral.decided");
        assert!(said(&heard)[2..].iter().all(|(kind, ..)| *kind == "decision.changed"));
    }
    // What nobody was told of yet is after everything; what is no place is refused.
    assert_eq!(events(&router, "school-system", Some("9007199254740991")).await, Vec::<Value>::new());
    for wrong in ["9007199254740992", "-1", "", "0&after=1", "0&more=1", "1.5"] {
        let path = format!("/v1/events?after={wrong}");
        let (status, _) = Ask { router: &router, who: "school-system" }.get(&path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    closed(record, router).await;
}

async fn another_rule_set_is_told_when_it_evaluates(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    closed(record, router).await;
    let served = |kept: Kept, rules: &'static str| {
        tokio::task::spawn_blocking(move || {
            let record = kept.open();
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(rules);
            let serving = Arc::new(Serving::load(&folder, Some(Arc::clone(&record))).unwrap());
            let digest = serving.rules().id().digest.clone();
            (kept, record, windscreen::api::router(serving), digest)
        })
    };
    let (mut kept, mut digests) = (kept, Vec::new());
    // A start under the same rules is none; one under rules that evaluated before is.
    for (rules, wanted) in [("rules", 1), ("fixtures/rule_sets/good/tiny", 2), ("rules", 3), ("rules", 3)] {
        let (back, record, router, digest) = served(kept, rules).await.unwrap();
        if digests.last() != Some(&digest) {
            digests.push(digest);
        }
        let heard = events(&router, "police-system", None).await;
        let told: Vec<&str> = heard.iter().map(|event| event["data"]["rule_set"].as_str().unwrap()).collect();
        assert_eq!(told, digests);
        assert_eq!(told.len(), wanted);
        // Each of them is read by its digest, and listed.
        for digest in &digests {
            let (status, read) = Ask { router: &router, who: "" }.get(&format!("/v1/rule-sets/{digest}")).await;
            assert_eq!((status, read["digest"].as_str()), (StatusCode::OK, Some(digest.as_str())));
        }
        let (_, listed) = Ask { router: &router, who: "" }.get("/v1/rule-sets").await;
        assert_eq!(listed["rule_sets"].as_array().unwrap().len(), wanted.min(2), "{listed:#}");
        assert!(is_sound(&record).await);
        closed(record, router).await;
        kept = back;
    }
}

async fn a_rule_set_that_does_not_load_hides_no_other(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let ask = Ask { router: &router, who: "" };
    let (_, before) = ask.get("/v1/rule-sets").await;
    // Any bytes that are none of a rule set's.
    let spoil = "INSERT INTO rule_set (digest, files) SELECT 'sha256:none', leaf_hash FROM entry WHERE place = 0 AND log = 'rules'";
    away(&record, move |record| assert_eq!(run(record, spoil), 1)).await;
    let (status, after) = ask.get("/v1/rule-sets").await;
    assert_eq!((status, after), (StatusCode::OK, before));
    assert_eq!(ask.get("/v1/rule-sets/sha256:none").await.0, StatusCode::SERVICE_UNAVAILABLE);
    closed(record, router).await;
}

async fn what_is_erased_is_told_no_more(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let (goes, indicated) = referred(&router, "goes").await;
    let (stays, _) = referred(&router, "stays").await;
    for referral in [&goes, &stays] {
        decided(&router, "triage-worker", referral, &decision("A", indicated)).await;
    }
    let erased = goes.clone();
    away(&record, move |record| {
        let permit = permit(demonstration("information-governance").unwrap(), Operation::Retain).unwrap();
        record.erase(&permit, &erased, Why::Request, now()).unwrap();
    })
    .await;
    let heard = events(&router, "manager", None).await;
    assert_eq!(said(&heard), [("rule_set.in_force", "", 0), ("referral.decided", stays.as_str(), 1)]);
    assert!(is_sound(&record).await);
    closed(record, router).await;
}

async fn a_list_that_was_changed_is_found(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let (referral, indicated) = referred(&router, "one").await;
    decided(&router, "triage-worker", &referral, &decision("A", indicated)).await;
    for (spoilt, mended) in [
        (
            "UPDATE occurrence SET kind = 'decision.changed' WHERE place = 2",
            "UPDATE occurrence SET kind = 'referral.decided' WHERE place = 2",
        ),
        (
            "UPDATE occurrence SET organisation = 'police:example' WHERE place = 2",
            "UPDATE occurrence SET organisation = 'school:example-primary' WHERE place = 2",
        ),
        ("UPDATE occurrence SET child = 2 WHERE place = 2", "UPDATE occurrence SET child = 1 WHERE place = 2"),
        ("UPDATE occurrence SET place = 1 WHERE place = 2", "UPDATE occurrence SET place = 2 WHERE place = 1"),
        (
            "INSERT INTO occurrence VALUES (1, 'rule_set.in_force', '', NULL, NULL)",
            "DELETE FROM occurrence WHERE place = 1",
        ),
        (
            "INSERT INTO occurrence VALUES (1, 'referral.decided', 'police:example', 'none', 1)",
            "DELETE FROM occurrence WHERE place = 1",
        ),
        (
            "DELETE FROM occurrence WHERE place = 0",
            "INSERT INTO occurrence VALUES (0, 'rule_set.in_force', '', NULL, NULL)",
        ),
    ] {
        assert!(is_sound(&record).await, "before {spoilt}");
        away(&record, move |record| assert_eq!(run(record, spoilt), 1, "{spoilt}")).await;
        assert!(!is_sound(&record).await, "{spoilt}");
        away(&record, move |record| run(record, mended)).await;
    }
    closed(record, router).await;
}

async fn what_an_older_program_recorded_is_told_too(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let (referral, indicated) = referred(&router, "one").await;
    decided(&router, "triage-worker", &referral, &decision("A", indicated)).await;
    decided(&router, "triage-worker", &referral, &decision("A", indicated)).await;
    let before = events(&router, "school-system", None).await;
    away(&record, |record| {
        run(record, "DELETE FROM occurrence WHERE referral IS NOT NULL");
        run(record, "UPDATE setting SET value = '3' WHERE name = 'listed as'");
    })
    .await;
    closed(record, router).await;
    let (_kept, record, router) = opened(kept).await;
    assert_eq!(events(&router, "school-system", None).await, before);
    assert!(is_sound(&record).await);
    closed(record, router).await;
}
