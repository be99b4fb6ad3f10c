//! Two referrals of one incident: what is joined comes with who said it, and is decided about; in both databases.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};
use windscreen::access::{Operation, demonstration, permit};
use windscreen::record::Record;

use super::{Ask, Kept, a_family, closed, opened};

on_both!(
    each_account_is_joined_with_whoever_gave_it,
    what_is_joined_to_what_was_decided_is_decided_again,
    whoever_referred_what_was_joined_is_told_too,
    a_sibling_is_still_to_be_joined,
    a_number_that_every_incident_has_suggests_no_more_than_a_few,
);

/// A referral about children of one name each, by the agency that sends it.
fn referral(who: &Value, received_at: &str, children: &[(&str, Value)]) -> Value {
    let mut referral = a_family();
    let child = |(name, facts): &(&str, Value)| json!({ "ref": name, "name": format!("Invented {name}"), "date_of_birth": "2018-05-01", "facts": facts });
    referral["received_at"] = received_at.into();
    referral["referrer"] = who.clone();
    referral["household"] = json!({ "facts": {} });
    referral["children"] = children.iter().map(child).collect();
    referral
}

fn police() -> Value {
    json!({ "organisation": "police:example", "agency": "police", "source_code": "6" })
}

async fn referred(router: &Router, by: &str, key: &str, referral: &Value) -> String {
    let (status, receipt) = Ask { router, who: by }.post("/v1/referrals", key, referral).await;
    assert_eq!(status, StatusCode::CREATED, "{receipt:#}");
    receipt["id"].as_str().unwrap().to_owned()
}

/// Joins a child to the one of the same name; the joining's id.
async fn join(router: &Router, later: &str, child: &str, earlier: &str) -> Value {
    let body = json!({ "child": child, "to": earlier, "to_child": child });
    let path = format!("/v1/referrals/{later}/joined");
    let (status, answer) = Ask { router, who: "triage-worker" }.post(&path, &format!("{later} {child}"), &body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    answer["id"].clone()
}

/// How many referrals may be of one incident with one.
async fn suggested(record: &Arc<Record>, id: &str) -> usize {
    let (record, id) = (Arc::clone(record), id.to_owned());
    let permit = permit(demonstration("triage-worker").unwrap(), Operation::LookUp).unwrap();
    let found = move || record.may_be_one(&permit, &record.case(&id).unwrap()).unwrap().len();
    tokio::task::spawn_blocking(found).await.unwrap()
}

async fn each_account_is_joined_with_whoever_gave_it(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let triage = Ask { router: &router, who: "triage-worker" };
    let first =
        referred(&router, "police-system", "1", &referral(&police(), "2026-11-23T08:00:00Z", &[("A", json!({}))]))
            .await;
    let neighbour = json!({ "organisation": "council:example", "agency": "public", "anonymous": true });
    let facts = json!({ "keeping_safe": "some_exposure" });
    let told = referral(&neighbour, "2026-11-23T09:00:00Z", &[("A", facts), ("B", json!({}))]);
    let second = referred(&router, "triage-worker", "2", &told).await;
    let gp = json!({ "agency": "gp", "name": "A GP", "basis": "from_records" });
    for (key, piece) in [
        (
            "3",
            json!({ "said_by": gp, "account": "CANARY-SAID", "children": [{ "ref": "A", "facts": { "child_disclosed_physical_abuse": true } }] }),
        ),
        (
            "4",
            json!({ "kind": "correction", "corrects": 1, "because": "a slip", "said_by": { "role": "call taker" },
                      "children": [{ "ref": "A", "facts": { "keeping_safe": "safe" } }] }),
        ),
        (
            "5",
            json!({ "said_by": gp, "account": "Of the other child.", "children": [{ "ref": "B", "facts": { "keeping_safe": "unable" } }] }),
        ),
    ] {
        let (status, answer) = triage.post(&format!("/v1/referrals/{second}/information"), key, &piece).await;
        assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    }
    join(&router, &second, "A", &first).await;
    let (_, read) = triage.get(&format!("/v1/referrals/{first}")).await;
    let said: Vec<&Value> = read["said"].as_array().unwrap()[1..].iter().map(|piece| &piece["request"]).collect();
    let facts = |piece: &Value| piece["children"][0]["facts"].clone();
    assert_eq!(said.len(), 3, "what was said of another child alone stays there: {said:#?}");
    assert_eq!((&said[0]["said_by"]["anonymous"], facts(said[0])), (&json!(true), json!({})));
    assert!(said[0]["account"].as_str().unwrap().contains("Often hungry"));
    assert_eq!((&said[1]["said_by"], &said[1]["account"]), (&gp, &json!("CANARY-SAID")));
    assert_eq!(facts(said[1]), json!({ "child_disclosed_physical_abuse": true }));
    assert_eq!((facts(said[2]), &said[2]["kind"]), (json!({ "keeping_safe": "safe" }), &json!("answers")));
    // What a named doctor says does not rest on what an anonymous caller said.
    assert_eq!(read["came_from"][0]["rests_only_on"], json!([]));
    closed(record, router).await;
}

async fn what_is_joined_to_what_was_decided_is_decided_again(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let triage = Ask { router: &router, who: "triage-worker" };
    let facts = json!({ "da_child_involvement": "saw_or_heard" });
    let first = referral(&police(), "2026-11-23T08:00:00Z", &[("A", facts)]);
    let first = referred(&router, "police-system", "1", &first).await;
    let (_, read) = triage.get(&format!("/v1/referrals/{first}")).await;
    let decision = json!({ "child": "A", "shown": 1, "level": read["at_least"], "view": "agrees", "outcome": "early_help",
                           "next_holder": { "organisation": "council:example" } });
    let (status, answer) = triage.post(&format!("/v1/referrals/{first}/decisions"), "2", &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let second = referral(&police(), "2026-11-23T09:00:00Z", &[("A", json!({}))]);
    let second = referred(&router, "police-system", "3", &second).await;
    join(&router, &second, "A", &first).await;
    for (id, standing) in [(&first, "reopened"), (&second, "closed")] {
        let (_, read) = triage.get(&format!("/v1/referrals/{id}")).await;
        assert_eq!(read["standing"], standing, "somebody decides about what the second says: {read:#}");
    }
    closed(record, router).await;
}

async fn whoever_referred_what_was_joined_is_told_too(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let triage = Ask { router: &router, who: "triage-worker" };
    let facts = json!({ "da_child_involvement": "saw_or_heard" });
    let first = referral(&police(), "2026-11-23T08:00:00Z", &[("A", facts)]);
    let first = referred(&router, "police-system", "1", &first).await;
    let school = json!({ "organisation": "school:example-primary", "agency": "school", "source_code": "2A" });
    let second = referral(&school, "2026-11-23T09:00:00Z", &[("A", json!({}))]);
    let second = referred(&router, "school-system", "2", &second).await;
    let joined = join(&router, &second, "A", &first).await;
    let owed = async || {
        let (_, read) = triage.get(&format!("/v1/referrals/{second}")).await;
        read["tell_by"].is_string()
    };
    assert!(owed().await, "the school waits to hear");
    // Not before somebody has decided about the other.
    let sent = json!({ "way": "telephone", "name": "A. Teacher", "text": "Decided." });
    let letter = json!({ "decisions": [joined], "to": "referrer", "sent": sent });
    let letters = format!("/v1/referrals/{second}/letters");
    let (_, refused) = triage.post(&letters, "3", &letter).await;
    assert_eq!(refused["errors"][0]["code"], "not-settled", "{refused:#}");
    let (_, read) = triage.get(&format!("/v1/referrals/{first}")).await;
    let decision = json!({ "child": "A", "shown": 2, "level": read["at_least"], "view": "agrees", "outcome": "early_help",
                           "next_holder": { "organisation": "council:example" } });
    let (status, answer) = triage.post(&format!("/v1/referrals/{first}/decisions"), "4", &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let (status, answer) = triage.post(&letters, "5", &letter).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    assert!(!owed().await);
    let is_sound = {
        let record = Arc::clone(&record);
        move || record.verify(Vec::new()).unwrap().is_ok()
    };
    assert!(tokio::task::spawn_blocking(is_sound).await.unwrap());
    closed(record, router).await;
}

async fn a_sibling_is_still_to_be_joined(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let children = [("A", json!({})), ("B", json!({}))];
    let first = referred(&router, "police-system", "1", &referral(&police(), "2026-11-23T08:00:00Z", &children)).await;
    let second = referred(&router, "police-system", "2", &referral(&police(), "2026-11-23T09:00:00Z", &children)).await;
    join(&router, &second, "A", &first).await;
    assert_eq!(suggested(&record, &second).await, 1);
    join(&router, &second, "B", &first).await;
    assert_eq!(suggested(&record, &second).await, 0);
    closed(record, router).await;
}

async fn a_number_that_every_incident_has_suggests_no_more_than_a_few(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let mut last = String::new();
    for hour in 0..24 {
        let told = referral(&police(), &format!("2026-11-23T{hour:02}:00:00Z"), &[("A", json!({}))]);
        last = referred(&router, "police-system", &hour.to_string(), &told).await;
    }
    let near = suggested(&record, &last).await;
    assert!((1..=20).contains(&near), "{near}");
    let far = referral(&police(), "2026-11-10T09:00:00Z", &[("A", json!({}))]);
    let far = referred(&router, "police-system", "far", &far).await;
    assert_eq!(suggested(&record, &far).await, 0);
    closed(record, router).await;
}
