//! The API in process, by complete exchanges; and over a real socket where the socket is the point.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tower::ServiceExt;
use windscreen::api::{openapi, router};
use windscreen::criteria::RuleSet;
use windscreen::facts_schema::facts_schema;
use windscreen::json::Json;
use windscreen::level::Explain;
use windscreen::referral::Referral;
use windscreen::server::{Limits, ServeError, listen, serve};
use windscreen::serving::{NoRules, Serving};

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn serving() -> Arc<Serving> {
    Arc::new(Serving::load(&folder("rules")).unwrap())
}

fn rules() -> Arc<RuleSet> {
    serving().rules()
}

async fn ask(router: &Router, request: Request<Body>) -> Response<Body> {
    router.clone().oneshot(request).await.unwrap()
}

async fn bytes(response: Response<Body>) -> Vec<u8> {
    response.into_body().collect().await.unwrap().to_bytes().to_vec()
}

fn post(path: &str, kind: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path).header("content-type", kind).body(body.into()).unwrap()
}

/// Whether `wanted` is a part of `got`: every key given, every item in its place.
fn is_part(wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => {
            wanted.iter().all(|(key, value)| got.get(key).is_some_and(|got| is_part(value, got)))
        }
        (Value::Array(wanted), Value::Array(got)) => {
            (!wanted.is_empty() || got.is_empty())
                && wanted.len() <= got.len()
                && wanted.iter().zip(got).all(|(wanted, got)| is_part(wanted, got))
        }
        (wanted, got) => wanted == got,
    }
}

fn exchanges() -> Vec<(String, Value)> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder("fixtures/exchanges")).unwrap().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let read = |path: &PathBuf| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    paths.iter().map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), read(path))).collect()
}

#[tokio::test]
async fn every_exchange_is_as_written() {
    let router = router(serving());
    let exchanges = exchanges();
    assert!(exchanges.len() >= 25);
    for (name, exchange) in exchanges {
        let wanted = &exchange["request"];
        let mut request =
            Request::builder().method(wanted["method"].as_str().unwrap()).uri(wanted["path"].as_str().unwrap());
        for (header, value) in wanted["headers"].as_object().unwrap() {
            request = request.header(header, value.as_str().unwrap());
        }
        let body = match (&wanted["text"], &wanted["body"]) {
            (Value::String(text), _) => text.clone(),
            (_, Value::Null) => String::new(),
            (_, body) => body.to_string(),
        };
        let response = ask(&router, request.body(Body::from(body)).unwrap()).await;
        let expected = &exchange["response"];
        assert_eq!(json!(response.status().as_u16()), expected["status"], "{name}");
        assert!(response.headers().contains_key("x-request-id"), "{name}");
        for (header, value) in expected["headers"].as_object().into_iter().flatten() {
            assert_eq!(
                response.headers().get(header).map(|got| got.to_str().unwrap()),
                value.as_str(),
                "{name}: {header}"
            );
        }
        let got = bytes(response).await;
        if let Some(lines) = expected["lines"].as_array() {
            let text = String::from_utf8(got).unwrap();
            let answered: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(answered.len(), lines.len(), "{name}: {text}");
            assert!(is_part(&json!(lines), &json!(answered)), "{name}: {text}");
        } else {
            let got: Value = serde_json::from_slice(&got).unwrap();
            assert!(is_part(&expected["body"], &got), "{name}: wanted {:#}\ngot {got:#}", expected["body"]);
        }
    }
}

#[tokio::test]
async fn http_answers_what_the_evaluator_says() {
    let serving = serving();
    let router = router(Arc::clone(&serving));
    let mut count = 0;
    for entry in fs::read_dir(folder("fixtures/referrals")).unwrap().flatten() {
        if entry.path().extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let body = fs::read(entry.path()).unwrap();
        let referral = Referral::read(&Json::read(body.trim_ascii()).unwrap()).unwrap();
        let indicated = referral.evaluate(&serving.rules(), Explain::Full).unwrap();
        let answer = ask(&router, post("/v1/evaluations", "application/json", body)).await;
        assert_eq!(answer.status(), StatusCode::OK, "{}", entry.path().display());
        assert_eq!(bytes(answer).await, serde_json::to_vec(&indicated).unwrap(), "{}", entry.path().display());
        count += 1;
    }
    assert!(count >= 6);
}

#[tokio::test]
async fn a_body_too_large_is_told_and_not_read() {
    let body = format!("{{\"facts\":{{}},\"ref\":\"{}\"}}", "x".repeat(70_000));
    let answer = ask(&router(serving()), post("/v1/evaluations", "application/json", body)).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let problem: Value = serde_json::from_slice(&bytes(answer).await).unwrap();
    assert_eq!(problem["errors"][0]["code"], "too-large");
}

#[tokio::test]
async fn a_batch_has_bounded_lines_and_any_length() {
    let mut body = "{\"ref\":\"a\",\"facts\":{}}\n".repeat(3000);
    body.push_str(&format!("{{\"x\":\"{}\"}}\n{{\"ref\":\"last\",\"facts\":{{}}}}", "y".repeat(100_000)));
    let answer =
        ask(&router(serving()), post("/v1/evaluations/batch?explain=none", "application/x-ndjson", body)).await;
    let text = String::from_utf8(bytes(answer).await).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3002);
    assert!(lines[3000].contains("too-large"), "{}", lines[3000]);
    assert!(lines[3001].starts_with("{\"ref\":\"last\",\"evaluation\""));
}

#[tokio::test]
async fn the_digest_pins_answers_and_caches() {
    let serving = serving();
    let tag = format!("\"{}\"", serving.rules().id().digest);
    let router = router(Arc::clone(&serving));
    let pinned = Request::post("/v1/evaluations").header("content-type", "application/json").header("if-match", &tag);
    assert_eq!(ask(&router, pinned.body("{\"facts\":{}}".into()).unwrap()).await.status(), StatusCode::OK);
    let digest = serving.rules().id().digest.clone();
    let schema = format!("/v1/rule-sets/{}/facts.schema.json", digest.trim_start_matches("sha256:"));
    for path in ["/v1/rule-sets/current", schema.as_str()] {
        let fresh = ask(&router, Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(
            (fresh.status(), fresh.headers()["etag"].to_str().unwrap()),
            (StatusCode::OK, tag.as_str()),
            "{path}"
        );
        let known = Request::get(path).header("if-none-match", &tag).body(Body::empty()).unwrap();
        let answer = ask(&router, known).await;
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{path}");
        assert!(bytes(answer).await.is_empty());
    }
}

#[tokio::test]
async fn a_request_id_is_kept_when_it_is_plain_and_made_otherwise() {
    let router = router(serving());
    let with = |id: &str| Request::get("/livez").header("x-request-id", id).body(Body::empty()).unwrap();
    let kept = ask(&router, with("school-42.a_b")).await;
    assert_eq!(kept.headers()["x-request-id"], "school-42.a_b");
    let long = "a".repeat(100);
    for id in ["with space", "<script>", long.as_str()] {
        let made = ask(&router, with(id)).await;
        assert_ne!(made.headers()["x-request-id"], id);
    }
}

#[tokio::test]
async fn the_openapi_document_and_the_routes_agree() {
    let router = router(serving());
    let served: Value = serde_json::from_slice(
        &bytes(ask(&router, Request::get("/openapi.json").body(Body::empty()).unwrap()).await).await,
    )
    .unwrap();
    assert_eq!(served, serde_json::to_value(openapi()).unwrap());
    assert!(served["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths: BTreeSet<&str> = served["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let expected = BTreeSet::from([
        "/v1/evaluations",
        "/v1/evaluations/batch",
        "/v1/rule-sets/current",
        "/v1/rule-sets/{digest}/facts.schema.json",
        "/livez",
        "/readyz",
        "/version",
    ]);
    assert_eq!(paths, expected);
    for (path, operations) in served["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} says what it does");
            let request =
                Request::builder().method(method.to_uppercase().as_str()).uri(path.replace("{digest}", "none"));
            let status = ask(&router, request.body(Body::empty()).unwrap()).await.status();
            assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        }
    }
    // Every reference leads somewhere.
    let text = served.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(served["components"]["schemas"].get(name).is_some(), "{name} is defined");
    }
}

#[tokio::test]
async fn the_documentation_page_brings_everything_itself() {
    let router = router(serving());
    let page = ask(&router, Request::get("/docs/").body(Body::empty()).unwrap()).await;
    assert_eq!(page.status(), StatusCode::OK);
    let html = String::from_utf8(bytes(page).await).unwrap();
    assert!(!html.contains("http://") && !html.contains("https://"), "{html}");
    for asset in html.split(['"', '\'']).filter(|part| part.starts_with("./")) {
        let path = format!("/docs/{}", asset.trim_start_matches("./"));
        let answer = ask(&router, Request::get(&path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
    }
}

#[test]
fn the_facts_schema_is_a_schema_and_takes_what_the_rule_set_takes() {
    let rules = rules();
    let schema = facts_schema(&rules);
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let bodies = [
        json!({}),
        json!({ "child_age_months": 5, "suicidality": "not_known", "keeping_safe": "refused", "money": null }),
        json!({ "months_since_cp_plan_ended": "never", "consent": "refused" }),
        json!({ "da_scale": { "answer": "s1_moderate", "also_said": "s3_serious" } }),
        json!({ "child_age_months": "5" }),
        json!({ "child_age_months": 216 }),
        json!({ "immediate_danger_now": "yes" }),
        json!({ "keeping_safe": "fine" }),
        json!({ "nothing": true }),
        json!({ "child_age_months": 5.5 }),
        json!({ "child_age_months": "never" }),
        json!({ "da_scale": { "answer": "s1_moderate" } }),
        json!({ "da_scale": ["s1_moderate"] }),
    ];
    for facts in bodies {
        let body = json!({ "facts": facts }).to_string();
        let read = Json::read(body.as_bytes()).and_then(|json| Referral::read(&json));
        let taken = read.and_then(|referral| referral.facts(&rules)).is_ok();
        assert_eq!(validator.is_valid(&facts), taken, "{facts}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_problem_repeats_what_was_sent(secret in "[a-z]{12}", fact in 0_usize..163, form in 0_usize..5) {
        let rules = rules_once();
        let id = &rules.indicators()[fact].id;
        let body = match form {
            0 => format!("{{\"facts\":{{\"{id}\":\"zq{secret}\"}}}}"),
            1 => format!("{{\"facts\":{{\"{id}\":{{\"answer\":\"zq{secret}\",\"also_said\":\"zq{secret}\"}}}}}}"),
            2 => format!("{{\"received_at\":\"zq{secret}\",\"facts\":{{}}}}"),
            3 => format!("{{\"facts\":{{\"{id}\":\"zq{secret}\""),
            _ => format!("{{\"date_of_birth\":\"zq{secret}\",\"facts\":{{}},\"explain\":\"zq{secret}\"}}"),
        };
        let read = Json::read(body.as_bytes()).and_then(|json| Referral::read(&json));
        let faults = read.and_then(|referral| referral.facts(rules)).unwrap_err();
        let told = serde_json::to_string(&faults).unwrap();
        prop_assert!(!told.contains(&secret), "{told}");
    }
}

fn rules_once() -> &'static RuleSet {
    static RULES: std::sync::OnceLock<Arc<RuleSet>> = std::sync::OnceLock::new();
    RULES.get_or_init(rules)
}

#[tokio::test]
async fn a_changed_folder_is_swapped_in_and_an_invalid_change_is_not() {
    let copy = tempfile::tempdir().unwrap();
    super::copy(&folder("fixtures/rule_sets/good/tiny"), copy.path());
    let serving = Arc::new(Serving::load(copy.path()).unwrap());
    let before = serving.rules();
    assert!(serving.reload().unwrap().is_none(), "nothing changed");

    let path = copy.path().join("criteria/home.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("counts: 2", "counts: 9")).unwrap();
    let Err(NoRules::Problems(problems)) = serving.reload() else { panic!("an unknown level is refused") };
    assert!(problems.iter().all(|problem| problem.code == "unknown-level"), "{problems:?}");
    assert_eq!(serving.rules().id(), before.id(), "the old set stays");

    fs::write(&path, text.replace("counts: 2", "counts: 3")).unwrap();
    let digest = serving.reload().unwrap().expect("the rules changed");
    assert_eq!(serving.rules().id().digest, digest);
    assert_ne!(before.id().digest, digest, "a request that began before still holds the old set");
}

/// A server on a port of its own, and how to stop it.
async fn started(
    limits: Limits,
    router: Router,
) -> (std::net::SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let listener = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(serve(listener, router, limits, async {
        let _ = stopped.await;
    }));
    (address, stop, running)
}

const SHORT: Limits =
    Limits { header_timeout: Duration::from_millis(100), connections: 8, shutdown: Duration::from_secs(5) };

#[tokio::test]
async fn a_silent_socket_and_a_slow_header_are_closed() {
    let (address, _stop, _running) = started(SHORT, router(serving())).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\nx-slow: ").await.unwrap();
    let mut rest = Vec::new();
    // Reading ends when the server closes; were it to wait, the test would hang and be told.
    silent.read_to_end(&mut rest).await.unwrap();
    slow.read_to_end(&mut rest).await.unwrap();
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
}

#[tokio::test]
async fn a_stop_finishes_the_request_under_way() {
    let (entered, mut is_in) = tokio::sync::mpsc::channel::<()>(1);
    let (leave, may_leave) = tokio::sync::watch::channel(false);
    let slow = Router::new().route(
        "/slow",
        axum::routing::get(move || {
            let (entered, mut may_leave) = (entered.clone(), may_leave.clone());
            async move {
                entered.send(()).await.unwrap();
                may_leave.wait_for(|leave| *leave).await.unwrap();
                "done"
            }
        }),
    );
    let (address, stop, running) = started(Limits { header_timeout: Duration::from_secs(5), ..SHORT }, slow).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"GET /slow HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    is_in.recv().await.unwrap();
    stop.send(()).unwrap();
    leave.send(true).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("200 OK") && answer.ends_with("done"), "{answer}");
    running.await.unwrap();
}

#[tokio::test]
async fn only_this_machine_can_be_listened_on() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refused = listen(address.parse().unwrap()).await.unwrap_err();
        assert!(matches!(refused, ServeError::BeyondThisMachine(_)), "{refused}");
        assert!(refused.to_string().contains("listen on 127.0.0.1"), "{refused}");
    }
}
