//! What every request passes through: its id, its size, its line in the log, and what a problem may say.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures_util::stream;
use proptest::prelude::*;
use serde_json::Value;
use tokio::runtime::Runtime;
use windscreen::api::router;

use super::{TINY, ask, bytes, evaluation, get, json, serving, tiny};

#[tokio::test]
async fn a_body_too_large_is_told_and_not_read() {
    let largest = |size: usize| format!("{{\"facts\":{{}}{}}}", " ".repeat(size - 12));
    assert_eq!(ask(&tiny(), evaluation(largest(64 * 1024))).await.status(), StatusCode::OK);
    let answer = ask(&tiny(), evaluation(largest(64 * 1024 + 1))).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let problem = json(answer).await;
    assert_eq!(
        (&problem["type"], &problem["errors"][0]["code"]),
        (&"urn:windscreen:problem:too-large".into(), &"too-large".into())
    );
}

#[tokio::test]
async fn of_a_body_without_an_end_no_more_is_taken_than_can_be_read() {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let endless = stream::repeat_with(move || {
        count.fetch_add(1024, Ordering::SeqCst);
        io::Result::Ok([b' '; 1024].to_vec())
    });
    let answer = ask(&tiny(), evaluation(Body::from_stream(endless))).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(taken.load(Ordering::SeqCst), 65 * 1024);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_problem() {
    let pieces = [Ok("{\"facts\":"), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
    let answer = ask(&tiny(), evaluation(Body::from_stream(stream::iter(pieces)))).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(json(answer).await["type"], "urn:windscreen:problem:bad-request");
}

#[tokio::test]
async fn a_request_id_is_kept_when_it_is_plain_and_made_otherwise() {
    let router = tiny();
    let with = |id: &str| Request::get("/livez").header("x-request-id", id).body(Body::empty()).unwrap();
    let kept = ask(&router, with("school-42.a_b")).await;
    assert_eq!(kept.headers()["x-request-id"], "school-42.a_b");
    let long = "a".repeat(65);
    for id in ["with space", "<script>", "", long.as_str()] {
        let made = ask(&router, with(id)).await;
        assert_ne!(made.headers()["x-request-id"], id);
        assert_eq!(made.headers()["x-request-id"].len(), 36, "a UUID");
    }
}

#[tokio::test]
async fn a_request_without_a_body_is_answered_without_one_too() {
    let head = ask(&tiny(), Request::head("/version").body(Body::empty()).unwrap()).await;
    assert_eq!(head.status(), StatusCode::OK);
    assert!(bytes(head).await.is_empty());
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_tells_the_route_and_nothing_that_was_sent() {
    let (log, router) = (Log::default(), tiny());
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    // Other tests run beside this one without a log. While there is one listener in all, the library asks the thread that
    // reaches a place first whether anybody listens there; with a second it asks every listener.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let secret = "adalovelace";
    let sent = [
        evaluation(format!("{{\"facts\":{{\"injury\":\"{secret}\",\"{secret}\":true}}}}")),
        evaluation(format!("{{\"{secret}\":\"{secret}\"")),
        get(&format!("/v1/rule-sets/{secret}/facts.schema.json?{secret}={secret}")),
        get(&format!("/{secret}")),
        Request::get("/livez")
            .header("x-request-id", format!("{secret} "))
            .header("referer", secret)
            .body(Body::empty())
            .unwrap(),
    ];
    for request in sent {
        ask(&router, request).await;
    }
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for told in ["/v1/evaluations", "/v1/rule-sets/{digest}/facts.schema.json", "/livez", "422", "404", "request_id"] {
        assert!(text.contains(told), "{told} in {text}");
    }
    assert!(!text.contains(secret), "{text}");
}

/// A value that no part of the program says by itself.
const SECRET: &str = "zq[a-z]{10}";

/// Requests that are wrong in every way there is, with the secret as a value in them.
fn wrong() -> impl Strategy<Value = (String, String)> {
    let facts = prop::sample::select(vec!["danger_now", "injury", "missing_episodes", "poor_housing", "no_such_fact"]);
    (SECRET, facts, 0_usize..12).prop_map(|(secret, fact, form)| {
        let body = match form {
            0 => format!("{{\"facts\":{{\"{fact}\":\"{secret}\"}}}}"),
            1 => format!("{{\"facts\":{{\"{fact}\":{{\"answer\":\"{secret}\",\"also_said\":\"{secret}\"}}}}}}"),
            2 => format!("{{\"facts\":{{\"{fact}\":[\"{secret}\"]}}}}"),
            3 => format!("{{\"facts\":{{\"{fact}\":\"{secret}\""),
            4 => format!("{{\"facts\":{{\"{fact}\":\"{secret}\",\"{fact}\":\"{secret}\"}}}}"),
            5 => format!("{{\"facts\":{{}}}} \"{secret}\""),
            6 => format!("{{\"received_at\":\"{secret}\",\"date_of_birth\":\"{secret}\",\"facts\":{{}}}}"),
            7 => format!("{{\"facts\":{{}},\"explain\":\"{secret}\",\"scope\":\"{secret}\"}}"),
            8 => format!("{{\"facts\":{{}},\"concerns\":[\"{secret}\"],\"ref\":[\"{secret}\"]}}"),
            9 => format!("{{\"facts\":{{}},\"rule_set\":\"{secret}\"}}"),
            10 => {
                format!("{{\"children\":[{{\"ref\":\"{secret}\",\"facts\":\"{secret}\"}},{{\"ref\":\"{secret}\"}}]}}")
            }
            _ => format!("\"{secret}\""),
        };
        (secret, body)
    })
}

fn runtime() -> &'static (Runtime, Router) {
    static RUNTIME: OnceLock<(Runtime, Router)> = OnceLock::new();
    RUNTIME.get_or_init(|| (Runtime::new().unwrap(), router(serving(TINY))))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64 * crate::cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_problem_repeats_a_value_that_was_sent((secret, body) in wrong()) {
        let (runtime, router) = runtime();
        let (status, whole) = runtime.block_on(async {
            let answer = ask(router, evaluation(body.clone())).await;
            let (status, headers) = (answer.status(), format!("{:?}", answer.headers()));
            (status, headers + std::str::from_utf8(&bytes(answer).await).unwrap())
        });
        prop_assert!(status.is_client_error(), "{status} to {body}");
        prop_assert!(!whole.contains(&secret), "{whole}");
        prop_assert!(whole.contains("application/problem+json"), "{whole}");
    }

    #[test]
    fn whatever_is_sent_is_answered_with_json(body in "[ -~\\n]{0,80}") {
        let (runtime, router) = runtime();
        let got = runtime.block_on(async {
            let answer = ask(router, evaluation(body)).await;
            (answer.status(), bytes(answer).await)
        });
        prop_assert!(!got.0.is_server_error());
        prop_assert!(serde_json::from_slice::<Value>(&got.1).is_ok());
    }
}
