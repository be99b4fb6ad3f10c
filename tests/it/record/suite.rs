//! What a record promises, over HTTP, on both databases.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Ask, Kept, a_family, closed, opened};

on_both!(
    a_referral_is_recorded_read_and_decided,
    deciding_lower_needs_a_second_person,
    a_referral_unfolds,
    a_long_list_is_read_page_by_page,
    the_same_request_is_recorded_once,
    what_was_recorded_is_there_after_a_restart,
    many_at_once_make_one_line,
    the_same_request_at_once_everywhere_is_recorded_once,
);

pub(super) fn codes(problem: &Value) -> Vec<(&str, &str)> {
    let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())).collect()
}

async fn a_referral_is_recorded_read_and_decided(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    let (status, receipt) = school.post("/v1/referrals", "key-1", &a_family()).await;
    assert_eq!(status, StatusCode::CREATED, "{receipt:#}");
    assert_eq!(receipt["children"][0]["ref"], "A");
    assert_eq!(receipt["children"].as_array().unwrap().len(), 2);
    let path = format!("/v1/referrals/{}", receipt["id"].as_str().unwrap());
    // By its reference, as it was heard on the telephone; what was said is there as it was sent.
    let heard = receipt["reference"].as_str().unwrap().to_lowercase().replace('-', "%20");
    let (status, read) = school.get(&format!("/v1/referrals/{heard}")).await;
    assert_eq!(status, StatusCode::OK, "{read:#}");
    assert_eq!(read["said"][0]["request"], a_family());
    assert_eq!((read["standing"].as_str(), read["version"].as_i64()), (Some("open"), Some(1)));
    // Another agency's is not there; nor is it for who reads no bodies.
    let (status, _) = Ask { router: &router, who: "police-system" }.get(&path).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    for who in ["auditor", "operator"] {
        let (status, _) = Ask { router: &router, who }.get(&path).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{who}");
    }
    // The partner does not decide; a triage worker does, at a level that the framework lets them.
    let indicated = read["children"][0]["evaluation"]["at_least"]["rank"].clone();
    let decision = json!({ "child": "A", "shown": 1, "level": indicated, "view": "agrees", "outcome": "early_help",
                           "next_holder": { "organisation": "school:example-primary", "told": "Early help, please. CANARY-TOLD" } });
    let decisions = format!("{path}/decisions");
    let (status, _) = school.post(&decisions, "key-2", &decision).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let triage = Ask { router: &router, who: "triage-worker" };
    let (status, decided) = triage.post(&decisions, "key-3", &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{decided:#}");
    let mut unborn = decision.clone();
    (unborn["child"], unborn["level"]) = (json!("unborn"), json!(1));
    let (status, again) = triage.post(&decisions, "key-4", &unborn).await;
    assert_eq!(status, StatusCode::CREATED, "{again:#}");
    let (_, read) = triage.get(&path).await;
    assert_eq!(read["standing"], "awaiting_acceptance", "{read:#}");
    // The next holder accepts each; others do not.
    for decision in [&decided, &again] {
        let accept = format!("{decisions}/{}/acceptance", decision["id"].as_str().unwrap());
        let (status, _) = Ask { router: &router, who: "police-system" }.post(&accept, "key-5", &Value::Null).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (status, _) = Ask { router: &router, who: "call-taker" }.post(&accept, "key-5", &Value::Null).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        let teacher = Ask { router: &router, who: "teacher" };
        let (status, accepted) = teacher.post(&accept, &accept, &Value::Null).await;
        assert_eq!(status, StatusCode::CREATED, "{accepted:#}");
    }
    let (_, read) = triage.get(&decisions).await;
    assert_eq!(read[0]["accepted_by"]["id"], "teacher", "{read:#}");
    let (_, list) = triage.get("/v1/referrals?standing=accepted").await;
    assert_eq!(list["referrals"].as_array().unwrap().len(), 1, "{list:#}");
    let (_, list) = Ask { router: &router, who: "police-system" }.get("/v1/referrals").await;
    assert_eq!(list["referrals"], json!([]));
    closed(record, router).await;
}

async fn a_long_list_is_read_page_by_page(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    let mut family = a_family();
    family["children"] = json!([family["children"][0]]);
    for number in 0..103 {
        let (status, _) = school.post("/v1/referrals", &number.to_string(), &family).await;
        assert_eq!(status, StatusCode::CREATED);
    }
    let request = |path: &str| {
        let request = Request::get(path).header("authorization", "Bearer demonstration-school-system");
        router.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    let mut ids = std::collections::BTreeSet::new();
    let mut path = Some("/v1/referrals?standing=open".to_owned());
    while let Some(at) = path {
        let answer = request(&at).await.unwrap();
        let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let page: Value = serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap();
        assert_eq!(link.is_some(), page["next"].is_string(), "{link:?}");
        for referral in page["referrals"].as_array().unwrap() {
            assert!(ids.insert(referral["id"].as_str().unwrap().to_owned()), "none stands twice");
        }
        let next = |link: String| link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned();
        path = link.map(next);
        assert!(path.as_ref().is_none_or(|path| path.starts_with("/v1/referrals?standing=open&after=")), "{path:?}");
    }
    assert_eq!(ids.len(), 103);
    closed(record, router).await;
}

async fn deciding_lower_needs_a_second_person(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let mut family = a_family();
    family["children"] = json!([{ "ref": "A", "facts": { "immediate_danger_now": true } }]);
    let (_, receipt) = Ask { router: &router, who: "school-system" }.post("/v1/referrals", "r", &family).await;
    assert_eq!(receipt["children"][0]["evaluation"]["at_least"]["rank"], 5, "{receipt:#}");
    let decisions = format!("/v1/referrals/{}/decisions", receipt["id"].as_str().unwrap());
    let mut lower = json!({ "child": "A", "shown": 1, "level": 3, "view": "decides_lower", "outcome": "early_help",
                            "next_holder": { "organisation": "council:example" } });
    let triage = Ask { router: &router, who: "triage-worker" };
    let (status, problem) = triage.post(&decisions, "a", &lower).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(codes(&problem), [("/reason", "missing-key"), ("/second_person", "missing-key")], "{problem:#}");
    lower["reason"] = json!({ "code": "CHECKED", "says": "The police went, and the child is safe" });
    lower["second_person"] = json!({ "id": "social-worker", "role": "social_worker" });
    let (_, problem) = triage.post(&decisions, "b", &lower).await;
    assert_eq!(codes(&problem), [("/second_person/role", "needs-a-manager")], "{problem:#}");
    lower["second_person"] = json!({ "id": "manager", "role": "social_work_manager" });
    let (status, decided) = triage.post(&decisions, "c", &lower).await;
    assert_eq!((status, decided["awaits"].as_str()), (StatusCode::CREATED, Some("manager")), "{decided:#}");
    let (_, list) = triage.get("/v1/referrals?standing=awaiting_second_person").await;
    assert_eq!(list["referrals"].as_array().unwrap().len(), 1, "until then it does not stand");
    let confirm = format!("{decisions}/{}/confirmation", decided["id"].as_str().unwrap());
    for (who, expected) in [
        ("triage-worker", StatusCode::UNPROCESSABLE_ENTITY),
        ("social-worker", StatusCode::UNPROCESSABLE_ENTITY),
        ("manager", StatusCode::CREATED),
        // Once more the same is the first answer, though there is nothing left to confirm.
        ("manager", StatusCode::CREATED),
    ] {
        let (status, answer) = Ask { router: &router, who }.post(&confirm, "d", &Value::Null).await;
        assert_eq!(status, expected, "{who}: {answer:#}");
    }
    // Closing at a statutory level is for a manager; nobody's own word is enough.
    let close = json!({ "child": "A", "shown": 1, "level": 5, "view": "agrees", "outcome": "no_further_action" });
    let (status, problem) = Ask { router: &router, who: "social-worker" }.post(&decisions, "e", &close).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let expected = [("/level", "may-not-decide"), ("/reason", "missing-key"), ("/outcome", "needs-a-manager")];
    assert_eq!(codes(&problem), expected, "{problem:#}");
    closed(record, router).await;
}

async fn a_referral_unfolds(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let mut family = a_family();
    family["children"] = json!([{ "ref": "A", "facts": { "basic_care": "struggling" } }]);
    let school = Ask { router: &router, who: "school-system" };
    let (_, receipt) = school.post("/v1/referrals", "r", &family).await;
    let path = format!("/v1/referrals/{}", receipt["id"].as_str().unwrap());
    let first = &receipt["children"][0]["evaluation"];
    let manager = Ask { router: &router, who: "manager" };
    let decision = json!({ "child": "A", "shown": 1, "level": first["at_least"]["rank"], "view": "agrees",
                           "outcome": "early_help", "next_holder": { "organisation": "council:example" } });
    let (status, answer) = manager.post(&format!("{path}/decisions"), "d", &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    // What raises the answer opens the decision again, and its decider finds it.
    let told = json!({ "said_by": { "agency": "police", "role": "officer" }, "kind": "check",
                       "said_at": "2026-11-23T15:00:00+00:00",
                       "children": [{ "ref": "A", "facts": { "immediate_danger_now": true } }] });
    let (status, informed) = manager.post(&format!("{path}/information"), "i", &told).await;
    assert_eq!(status, StatusCode::CREATED, "{informed:#}");
    assert_eq!(informed["piece"], 2);
    assert_eq!(informed["children"][0]["evaluation"]["at_least"]["rank"], 5);
    let (_, list) = manager.get("/v1/referrals?standing=reopened&decided_by=me").await;
    assert_eq!(list["referrals"].as_array().unwrap().len(), 1, "{list:#}");
    // A decision on what was shown before is out of date.
    let (status, _) = manager.post(&format!("{path}/decisions"), "e", &decision).await;
    assert_eq!(status, StatusCode::CONFLICT);
    // A retraction removes nothing: both accounts stand.
    let back = json!({ "said_by": { "role": "parent" }, "kind": "retraction",
                       "children": [{ "ref": "A", "facts": { "immediate_danger_now": false } }] });
    let (_, informed) = manager.post(&format!("{path}/information"), "j", &back).await;
    let evaluation = &informed["children"][0]["evaluation"];
    assert_eq!(evaluation["at_least"]["rank"], 5);
    assert_eq!(evaluation["conflicts"][0]["fact"], "immediate_danger_now", "{informed:#}");
    // Nobody corrects what another organisation recorded.
    let mut mend = json!({ "said_by": { "agency": "school" }, "kind": "correction", "corrects": 2, "because": "hearsay",
                           "children": [{ "ref": "A", "facts": { "immediate_danger_now": false } }] });
    let (status, problem) = school.post(&format!("{path}/information"), "n", &mend).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(codes(&problem), [("/corrects", "not-yours")], "{problem:#}");
    for key in ["corrects", "because"] {
        mend.as_object_mut().unwrap().remove(key);
    }
    // A correction names the piece that was wrong, and says why.
    let (_, problem) = manager.post(&format!("{path}/information"), "k", &mend).await;
    assert_eq!(codes(&problem), [("/corrects", "missing-key"), ("/because", "missing-key")], "{problem:#}");
    mend["corrects"] = json!(2);
    mend["because"] = json!("The officer was at another address");
    let (_, informed) = manager.post(&format!("{path}/information"), "l", &mend).await;
    let evaluation = &informed["children"][0]["evaluation"];
    assert!(evaluation["at_least"]["rank"].as_i64().unwrap() < 5, "{informed:#}");
    // The decision once more is the first answer, though what it was shown is out of date by now.
    let (status, again) = manager.post(&format!("{path}/decisions"), "d", &decision).await;
    assert_eq!((status, again), (StatusCode::CREATED, answer));
    // The clock goes on from the first receipt, and the record holds every piece.
    assert_eq!(evaluation["respond_by"], first["respond_by"]);
    let (_, read) = manager.get(&path).await;
    assert_eq!(read["said"].as_array().unwrap().len(), 4);
    assert_eq!(read["said"][1]["request"], told);
    closed(record, router).await;
}

async fn the_same_request_is_recorded_once(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    let (status, problem) = school.send("POST", "/v1/referrals", None, &a_family().to_string()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{problem:#}");
    let (_, first) = school.post("/v1/referrals", "same", &a_family()).await;
    let (status, again) = school.post("/v1/referrals", "same", &a_family()).await;
    assert_eq!((status, &again), (StatusCode::CREATED, &first), "the first answer");
    let mut other = a_family();
    other["account"] = json!("another");
    let (status, problem) = school.post("/v1/referrals", "same", &other).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["type"], "urn:windscreen:problem:key-reused");
    // Another's key is another key.
    let (status, theirs) = Ask { router: &router, who: "teacher" }.post("/v1/referrals", "same", &a_family()).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_ne!(theirs["id"], first["id"]);
    let (_, list) = school.get("/v1/referrals").await;
    assert_eq!(list["referrals"].as_array().unwrap().len(), 2);
    closed(record, router).await;
}

async fn what_was_recorded_is_there_after_a_restart(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let (_, receipt) = Ask { router: &router, who: "school-system" }.post("/v1/referrals", "k", &a_family()).await;
    closed(record, router).await;
    let (kept, record, router) = opened(kept).await;
    assert_eq!(record.read_only(), None);
    let path = format!("/v1/referrals/{}", receipt["id"].as_str().unwrap());
    let (status, _) = Ask { router: &router, who: "manager" }.get(&path).await;
    assert_eq!(status, StatusCode::OK);
    closed(record, router).await;
    // No word of it is in any file.
    for entry in std::fs::read_dir(kept.folder()).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        let bytes = std::fs::read(entry.path()).unwrap();
        for canary in ["CANARY", "Invented Child", "9434765919", "struggling"] {
            // The rule set is kept there too, packed so that its own words are not found.
            let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
            assert!(!found, "`{canary}` stands in {}", entry.path().display());
        }
    }
}

async fn many_at_once_make_one_line(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let sent = (0..40).map(|number| {
        let router = router.clone();
        async move {
            let school = Ask { router: &router, who: "school-system" };
            let (status, receipt) = school.post("/v1/referrals", &format!("key {number}"), &a_family()).await;
            assert_eq!(status, StatusCode::CREATED, "{receipt:#}");
            receipt["receipt"]["index"].as_u64().unwrap()
        }
    });
    let mut places = futures_util::future::join_all(sent).await;
    places.sort_unstable();
    assert_eq!(places, (1..=40).collect::<Vec<u64>>());
    let signing = std::sync::Arc::clone(&record);
    tokio::task::spawn_blocking(move || signing.sign_now()).await.unwrap().unwrap();
    let note = record.checkpoint(windscreen::record::Log::Decisions).unwrap();
    assert_eq!(note.lines().nth(1), Some("41"), "{note}");
    closed(record, router).await;
}

async fn the_same_request_at_once_everywhere_is_recorded_once(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    // A second replica beside it, with the same keys and guard.
    let (_kept, other, other_router) = opened(kept).await;
    let sent = (0..24).map(|number| {
        let router = if number % 2 == 0 { router.clone() } else { other_router.clone() };
        async move {
            let school = Ask { router: &router, who: "school-system" };
            school.post("/v1/referrals", "same", &a_family()).await
        }
    });
    let mut ids: Vec<String> = Vec::new();
    for (status, answer) in futures_util::future::join_all(sent).await {
        match status {
            StatusCode::CREATED => ids.push(answer["id"].as_str().unwrap().to_owned()),
            // Still under way at the same replica.
            _ => assert_eq!(
                (status, answer["type"].as_str()),
                (StatusCode::CONFLICT, Some("urn:windscreen:problem:moved"))
            ),
        }
    }
    assert!(ids.len() >= 2 && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let (_, list) = Ask { router: &router, who: "school-system" }.get("/v1/referrals").await;
    assert_eq!(list["referrals"].as_array().unwrap().len(), 1);
    closed(other, other_router).await;
    closed(record, router).await;
}
