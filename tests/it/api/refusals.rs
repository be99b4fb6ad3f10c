//! The document's examples of refusals, each provoked: the program answers it to the letter.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use windscreen::access::quota::Quota;
use windscreen::api::router;
use windscreen::serving::Serving;

use super::{TINY, ask, exchanges, folder, tiny};

/// The examples that a request provokes; the others are held where they arise, by the tests named beside them.
const ELSEWHERE: [(&str, &str); 7] = [
    ("too_slow", "api::tests::an_answer_that_takes_too_long_is_given_up"),
    ("internal", "api::tests::a_panic_is_a_problem_that_says_nothing_of_its_cause"),
    ("busy", "api::room::tests::who_finds_no_room_is_told_and_who_does_is_not"),
    ("under_way", "record::keeping, where one is sent twice at once"),
    ("not_recorded", "record::refusals, where the record is read-only"),
    ("no_room", "record::full"),
    ("tried_too_often", "api::tries"),
];

fn send(method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (header, value) in headers {
        request = request.header(*header, *value);
    }
    request.body(body.into()).unwrap()
}

async fn exchange(name: &str) -> (Value, Router, Option<tempfile::TempDir>) {
    exchanges::all().into_iter().find(|one| one.name == name).unwrap().filled().await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_example_of_a_refusal_is_what_is_answered() {
    let document = super::document::document().await;
    let examples = document["components"]["examples"].as_object().unwrap();
    let mut provoked: BTreeMap<&str, Value> = BTreeMap::new();
    let (filled, recording, _kept) = exchange("referral_recorded").await;
    let body = filled["request"]["body"].clone();
    let json = ("content-type", "application/json");
    let school = ("authorization", "Bearer demonstration-school-system");
    let police = ("authorization", "Bearer demonstration-police-system");
    let auditor = ("authorization", "Bearer demonstration-auditor");
    let key = ("idempotency-key", "one");
    let large = |bytes: usize| " ".repeat(bytes + 1);

    let real = Arc::new(Serving::load(&folder(TINY), None).unwrap().for_tests());
    let quota = Quota::per_second(NonZeroU32::MIN);
    let counted = router(Arc::new(Serving::load(&folder(TINY), None).unwrap().with_quota(quota)));
    let often = || send("GET", "/v1/audit/checkpoint", &[auditor], "");
    // Ten seconds' worth may come at once, and no test lasts so long.
    let mut last = None;
    for _ in 0..12 {
        let answer = ask(&counted, often()).await;
        if answer.status() == 429 {
            assert_eq!(answer.headers()["retry-after"], "1");
            last = Some(super::json(answer).await);
        }
    }
    provoked.insert("called_too_often", last.unwrap());

    assert_eq!(
        ask(&recording, send("POST", "/v1/referrals", &[json, school, key], body.to_string())).await.status(),
        201
    );
    let mut other = body.clone();
    other["account"] = "Something else.".into();
    let in_force = recording_digest(&recording).await;
    for (name, router, request) in [
        ("no_key", &recording, send("POST", "/v1/referrals", &[json, school], body.to_string())),
        (
            "no_organisation",
            &recording,
            send("GET", "/v1/referrals", &[school, ("windscreen-organisation", "two words")], ""),
        ),
        ("nobody", &router(real), send("GET", "/v1/referrals", &[], "")),
        ("not_for_role", &recording, send("GET", "/v1/referrals", &[auditor], "")),
        ("not_here", &recording, send("GET", "/v1/referrals/none", &[school], "")),
        ("moved", &recording, send("POST", "/v1/evaluations", &[json, ("if-match", "\"none\"")], "{\"facts\":{}}")),
        ("too_large", &recording, send("POST", "/v1/evaluations", &[json], large(64 * 1024))),
        (
            "too_large_file",
            &recording,
            send("POST", "/v1/batches?mapping=any", &[("content-type", "text/csv"), police, key], large(2 << 20)),
        ),
        ("too_large_transfer", &recording, send("POST", "/v1/transfers", &[json, school], large(128 * 1024))),
        ("json_only", &recording, send("POST", "/v1/evaluations", &[], "")),
        ("lines_only", &recording, send("POST", "/v1/evaluations/batch", &[], "")),
        ("files_only", &recording, send("POST", "/v1/batches?mapping=any", &[police, key], "")),
        ("key_reused", &recording, send("POST", "/v1/referrals", &[json, school, key], other.to_string())),
    ] {
        let answer = super::json(ask(router, request).await).await;
        provoked.insert(name, answer);
    }
    for number in 0..=200 {
        let request = send("POST", "/v1/transfers", &[json, police], json!({ "not a transfer": number }).to_string());
        let answer = ask(&recording, request).await;
        if answer.status() != 202 {
            provoked.insert("too_many_waiting", super::json(answer).await);
        }
    }
    for (name, example) in examples {
        if ELSEWHERE.iter().any(|(known, _)| known == name) {
            assert!(!provoked.contains_key(name.as_str()), "{name}");
            continue;
        }
        let shown = example["value"].to_string().replace(EXAMPLES, &in_force);
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(provoked[name.as_str()], shown, "{name}");
    }
    assert_eq!(provoked.len() + ELSEWHERE.len(), examples.len());
}

/// The digest in the document's examples.
const EXAMPLES: &str = "sha256:6c0f000000000000000000000000000000000000000000000000000000000000";

async fn recording_digest(router: &Router) -> String {
    let answer = ask(router, super::get("/version")).await;
    super::json(answer).await["rule_set"]["digest"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_cursor_of_no_page_and_an_organisation_that_is_none_are_refused() {
    let (_, recording, _kept) = exchange("referrals_listed").await;
    let triage = ("authorization", "Bearer demonstration-triage-worker");
    let fine = "-1.01a20000-0000-7000-8000-000000000001";
    for (after, status) in [
        (fine, 200),
        ("", 400),
        ("1", 400),
        ("1.", 400),
        ("+1.0", 400),
        ("1.NONE", 400),
        (".0", 400),
        ("9999999999999999999.0", 400),
    ] {
        let answer = ask(&recording, send("GET", &format!("/v1/referrals?after={after}"), &[triage], "")).await;
        assert_eq!(answer.status(), status, "{after}");
    }
    let long = "a".repeat(201);
    for (organisation, status) in [("council:example", 200), ("", 400), ("a b", 400), (long.as_str(), 400)] {
        for who in [Some(triage), None] {
            let headers: Vec<_> = who.into_iter().chain([("windscreen-organisation", organisation)]).collect();
            let answer = ask(&tiny(), {
                let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
                send("POST", "/v1/evaluations", &headers, "{\"facts\":{}}")
            })
            .await;
            assert_eq!(answer.status(), status, "{organisation} {who:?}");
        }
    }
    let who = format!("/v1/referrals?decided_by={long}");
    assert_eq!(ask(&recording, send("GET", &who, &[triage], "")).await.status(), 400);
}
