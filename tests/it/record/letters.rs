//! Letters to a family: what is said elsewhere is unsafe here too, and what was put right is told to nobody.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};
use windscreen::access::{Operation, demonstration, permit};
use windscreen::record::Record;
use windscreen::record::case::Case;
use windscreen::record::db::{Access, Db};
use windscreen::record::erase::Why;
use windscreen::serving::now;

use super::suite::codes;
use super::{Ask, Kept, a_family, closed, opened};

on_both!(
    what_is_unsafe_where_it_was_joined_is_unsafe_here,
    what_was_joined_and_cannot_be_read_counts_as_unsafe,
    what_an_unsafe_correction_corrects_is_in_no_letter,
);

/// What a case shows, away from the runtime's threads.
async fn of_case<T: Send + 'static>(
    record: &Arc<Record>,
    id: &str,
    look: impl FnOnce(&Record, &Case) -> T + Send + 'static,
) -> T {
    let (record, id) = (Arc::clone(record), id.to_owned());
    tokio::task::spawn_blocking(move || look(&record, &record.case(&id).unwrap())).await.unwrap()
}

/// A school's referral, and one of the police that was joined to it.
async fn joined(router: &Router) -> (String, String) {
    let school = Ask { router, who: "school-system" };
    let (_, receipt) = school.post("/v1/referrals", "earlier", &a_family()).await;
    let earlier = receipt["id"].as_str().unwrap().to_owned();
    let mut later = a_family();
    later["received_at"] = json!("2026-11-23T12:00:00Z");
    later["referrer"]["organisation"] = json!("police:example");
    let (_, receipt) = Ask { router, who: "police-system" }.post("/v1/referrals", "later", &later).await;
    let later = receipt["id"].as_str().unwrap().to_owned();
    let join = json!({ "child": "A", "to": earlier, "to_child": "A" });
    let triage = Ask { router, who: "triage-worker" };
    let (status, answer) = triage.post(&format!("/v1/referrals/{later}/joined"), "join", &join).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    (earlier, later)
}

async fn what_is_unsafe_where_it_was_joined_is_unsafe_here(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let (id, other) = joined(&router).await;
    let path = format!("/v1/referrals/{id}");
    let manager = Ask { router: &router, who: "manager" };
    let (_, read) = manager.get(&path).await;
    let decision = json!({ "child": "A", "shown": read["said"].as_array().unwrap().len(), "view": "agrees",
                           "level": read["children"][0]["evaluation"]["at_least"]["rank"], "outcome": "early_help",
                           "next_holder": { "organisation": "council:example" } });
    let (status, decided) = manager.post(&format!("{path}/decisions"), "decide", &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{decided:#}");
    let is_unsafe = |record: &Record, case: &Case| record.is_unsafe_to_tell(case).unwrap();
    assert!(!of_case(&record, &id, is_unsafe).await);
    // The police learn more, and add it to their own referral.
    let more = json!({ "said_by": { "agency": "police" }, "household": { "facts": { "consent": "unsafe_to_seek" } } });
    let police = Ask { router: &router, who: "police-system" };
    let (status, answer) = police.post(&format!("/v1/referrals/{other}/information"), "more", &more).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let letter = json!({ "decisions": [decided["id"]], "to": "family", "sent": {
        "name": "The parents", "address": "1 Invented Street", "way": "post", "text": "We would like to help.",
        "safe": { "code": "ASKED", "says": "Their mother, on the telephone" } } });
    let (letters, social) = (format!("{path}/letters"), Ask { router: &router, who: "social-worker" });
    let (_, problem) = social.post(&letters, "1", &letter).await;
    assert_eq!(codes(&problem), [("/sent", "unsafe-to-tell")]);
    // Of what was erased nothing is asked any more.
    let erasing = Arc::clone(&record);
    let erase = move || {
        let governs = permit(demonstration("information-governance").unwrap(), Operation::Retain).unwrap();
        erasing.erase(&governs, &other, Why::Request, now()).unwrap();
    };
    tokio::task::spawn_blocking(erase).await.unwrap();
    let (status, answer) = social.post(&letters, "2", &letter).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    closed(record, router).await;
}

async fn what_was_joined_and_cannot_be_read_counts_as_unsafe(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let (id, other) = joined(&router).await;
    let damage = move || {
        let mut db = Db::open(&kept.places.database, Access::Write).unwrap();
        let sql = "UPDATE referral_key SET sealed = $1 WHERE referral = $2";
        db.execute(sql, &[[0_u8; 4].as_slice().into(), other.as_str().into()]).unwrap();
        kept
    };
    let _kept = tokio::task::spawn_blocking(damage).await.unwrap();
    assert!(of_case(&record, &id, |record, case| record.is_unsafe_to_tell(case).unwrap()).await);
    closed(record, router).await;
}

async fn what_an_unsafe_correction_corrects_is_in_no_letter(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let correction = |corrects: usize, answer: bool, unsafe_to_share: bool| {
        json!({ "kind": "correction", "said_by": { "role": "aunt" }, "corrects": corrects, "because": "Misheard",
                "unsafe_to_share": unsafe_to_share, "children": [{ "ref": "A", "facts": { "often_hungry": answer } }] })
    };
    let mut family = a_family();
    family["children"][0]["facts"] = json!({ "basic_care": "struggling", "often_hungry": true });
    let cases: [(&str, Vec<Value>, bool); 4] = [
        ("not corrected", vec![], true),
        ("corrected", vec![correction(1, false, false)], false),
        ("corrected by what is unsafe to share", vec![correction(1, false, true)], false),
        // What was corrected first does not come back either.
        ("corrected twice", vec![correction(1, false, false), correction(2, true, true)], false),
    ];
    for (key, corrections, expected) in cases {
        let (_, receipt) = Ask { router: &router, who: "school-system" }.post("/v1/referrals", key, &family).await;
        let id = receipt["id"].as_str().unwrap();
        for (number, piece) in corrections.iter().enumerate() {
            let triage = Ask { router: &router, who: "triage-worker" };
            let path = format!("/v1/referrals/{id}/information");
            let (status, answer) = triage.post(&path, &format!("{key} {number}"), piece).await;
            assert_eq!(status, StatusCode::CREATED, "{answer:#}");
        }
        let shared = of_case(&record, id, |record, case| {
            let rules = record.rule_set(&case.evaluated().unwrap().rule_set).unwrap();
            let reasons = case.reasons_to_share(&rules, 0).unwrap().into_iter();
            reasons.map(|reason| reason.id.to_owned()).collect::<BTreeSet<_>>()
        });
        let named = shared.await;
        assert_eq!(named.contains("often_hungry"), expected, "{key}: {named:?}");
        assert!(named.contains("basic_care"), "{key}: {named:?}");
    }
    closed(record, router).await;
}
