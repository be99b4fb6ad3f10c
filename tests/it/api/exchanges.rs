//! Every file of `fixtures/exchanges/`: a whole request, and the answer to it, whole or in part.
//!
//! `{digest}` and `{engine}` stand for what runs, `{next}` for the rule set that `next` names. `body` and `lines` are the
//! whole answer, `includes` a part of it; an answer with none of them is empty; one that is `anew` each time is told by
//! its form, in `answers.rs`. A line that is text is sent as it stands. With `record` a record is kept, and
//! each exchange named under `after` comes first; `{id}` stands for what the last of them was given, `{first}` for what
//! the first was. With `signed` the log is signed as far as it goes; with `leaving` the program was told to stop.

use std::fs;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json as value};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use windscreen::api::router;
use windscreen::json::Json;
use windscreen::level::Explain;
use windscreen::record::{Places, Record};
use windscreen::referral::Referral;
use windscreen::serving::{Serving, now};

use super::{TINY, ask, bytes, evaluation, folder, json, serving};

/// Whether `wanted` is a part of `got`: every key given, every item in its place, an empty list only as such.
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

pub(super) struct Exchange {
    pub name: String,
    rules: String,
    text: String,
}

pub(super) fn all() -> Vec<Exchange> {
    let mut paths: Vec<_> =
        fs::read_dir(folder("fixtures/exchanges")).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    let read = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let rules = value["rules"].as_str().unwrap_or(TINY).to_owned();
        Exchange { name: path.file_stem().unwrap().to_string_lossy().into_owned(), rules, text }
    };
    paths.into_iter().map(read).collect()
}

impl Exchange {
    /// The exchange as it is written.
    pub(super) fn written(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The exchange as it is for what runs here, after those that it names.
    pub(super) async fn filled(&self) -> (Value, Router, Option<TempDir>) {
        let written: Value = serde_json::from_str(&self.text).unwrap();
        let recording = written["record"] == true;
        let folder = recording.then(|| TempDir::new().unwrap());
        let places = folder.as_ref().map(|folder| Places::in_folder(folder.path()));
        let rules = super::folder(&self.rules);
        let next = written["next"].as_str().map(super::folder);
        // Opening waits for the record's own threads, so not on a thread of the runtime.
        let load = move || {
            let record = places.map(|places| Arc::new(Record::open(&places, now()).unwrap()));
            let serving = Serving::load(&rules, record).unwrap();
            Arc::new(next.into_iter().fold(serving, |serving, next| serving.with_next(&next).unwrap()))
        };
        let serving = tokio::task::spawn_blocking(load).await.unwrap();
        let router = router(Arc::clone(&serving));
        let (mut id, mut first) = (String::new(), String::new());
        for before in written["after"].as_array().into_iter().flatten() {
            let before = all().into_iter().find(|other| other.name == *before).unwrap();
            let before: Value =
                serde_json::from_str(&before.text.replace("{id}", &id).replace("{first}", &first)).unwrap();
            let answer = ask(&router, request(&before["request"])).await;
            assert_eq!(answer.status(), StatusCode::CREATED, "{}", self.name);
            id = json(answer).await["id"].as_str().unwrap().to_owned();
            if first.is_empty() {
                first.clone_from(&id);
            }
        }
        if written["signed"] == true {
            let signing = Arc::clone(serving.record().unwrap());
            tokio::task::spawn_blocking(move || signing.sign_now()).await.unwrap().unwrap();
        }
        if written["leaving"] == true {
            serving.leave();
        }
        let next = serving.next_rules().map(|next| next.id().digest.clone()).unwrap_or_default();
        let text = self.text.replace("{digest}", &serving.rules().id().digest).replace("{next}", &next);
        let text = text.replace("{id}", &id);
        let text =
            text.replace("{first}", &first).replace("{engine}", concat!("windscreen ", env!("CARGO_PKG_VERSION")));
        (serde_json::from_str(&text).unwrap(), router, folder)
    }
}

/// What is sent.
pub(super) fn request(wanted: &Value) -> Request<Body> {
    let line = |line: &Value| line.as_str().map_or_else(|| line.to_string(), str::to_owned);
    let body = match (&wanted["text"], &wanted["lines"], &wanted["body"]) {
        (Value::String(text), _, _) => text.clone(),
        (_, Value::Array(lines), _) => lines.iter().map(line).collect::<Vec<_>>().join("\n"),
        (_, _, Value::Null) => String::new(),
        (_, _, body) => body.to_string(),
    };
    let mut request =
        Request::builder().method(wanted["method"].as_str().unwrap()).uri(wanted["path"].as_str().unwrap());
    for (header, value) in wanted["headers"].as_object().unwrap() {
        request = request.header(header, value.as_str().unwrap());
    }
    request.body(Body::from(body)).unwrap()
}

/// An exchange, and what was answered to it here.
pub(super) struct Answered {
    pub name: String,
    /// The exchange as it is for what runs here.
    pub filled: Value,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answered {
    /// The kind of what was answered, without its parameters.
    pub(super) fn kind(&self) -> &str {
        self.headers["content-type"].to_str().unwrap().split(';').next().unwrap()
    }
}

/// Every exchange, answered once for all the tests that read the answers.
pub(super) async fn answered() -> &'static [Answered] {
    static ANSWERED: OnceCell<Vec<Answered>> = OnceCell::const_new();
    let ask_all = || async {
        let mut answered = Vec::new();
        for exchange in all() {
            let (filled, router, _kept) = exchange.filled().await;
            let answer = ask(&router, request(&filled["request"])).await;
            let (status, headers) = (answer.status(), answer.headers().clone());
            answered.push(Answered { name: exchange.name, filled, status, headers, body: bytes(answer).await });
        }
        answered
    };
    ANSWERED.get_or_init(ask_all).await
}

fn check(answered: &Answered) {
    let (name, expected) = (&answered.name, &answered.filled["response"]);
    assert_eq!(value!(answered.status.as_u16()), expected["status"], "{name}");
    for header in ["x-request-id", "windscreen-rule-set", "x-content-type-options", "content-security-policy"] {
        assert!(answered.headers.contains_key(header), "{name}: every answer has {header}");
    }
    for (header, value) in expected["headers"].as_object().unwrap() {
        let got = answered.headers.get(header).map(|got| got.to_str().unwrap());
        assert_eq!(got, value.as_str(), "{name}: {header}");
    }
    if expected["anew"] == true {
        return;
    }
    let got = str::from_utf8(&answered.body).unwrap();
    if expected["lines"].is_array() {
        let lines: Value = got.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect();
        assert_eq!(lines, expected["lines"], "{name}, which answered {lines:#}");
    } else if let Some(part) = expected.get("includes") {
        let got: Value = serde_json::from_str(got).unwrap();
        assert!(is_part(part, &got), "{name}: wanted at least {part:#}\nand got {got:#}");
    } else if let Some(whole) = expected.get("body") {
        let got: Value = serde_json::from_str(got).unwrap();
        assert_eq!(got, *whole, "{name}, which answered {got:#}");
    } else {
        assert_eq!(got, "", "{name}");
    }
}

#[tokio::test]
async fn every_exchange_is_as_written() {
    let answered = answered().await;
    assert!(answered.len() >= 45, "{}", answered.len());
    answered.iter().for_each(check);
}

#[test]
fn the_document_shows_every_exchange() {
    let source = fs::read_to_string(folder("src/api/document/examples.rs")).unwrap();
    for Exchange { name, .. } in all() {
        assert!(source.contains(&format!("\"{name}\"")), "src/api/document/examples.rs does not list {name}");
    }
}

#[tokio::test]
async fn http_answers_what_the_evaluator_says() {
    let serving = serving("rules");
    let router = router(Arc::clone(&serving));
    let mut count = 0;
    for entry in fs::read_dir(folder("fixtures/referrals")).unwrap().flatten() {
        if entry.path().extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let body = fs::read(entry.path()).unwrap();
        let referral = Referral::read(&Json::read(body.trim_ascii()).unwrap()).unwrap();
        let rules = serving.rules();
        let indicated = referral.evaluate(&rules, Explain::Full).unwrap();
        let answer = ask(&router, evaluation(body)).await;
        assert_eq!(answer.status(), StatusCode::OK, "{}", entry.path().display());
        assert_eq!(bytes(answer).await, serde_json::to_vec(&indicated).unwrap(), "{}", entry.path().display());
        count += 1;
    }
    assert!(count >= 6);
}
