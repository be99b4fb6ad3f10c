//! `docs/windscreen.http`: as the document makes it, and every request of it answered as it says.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;
use tempfile::TempDir;
use windscreen::api::{http_file, router};
use windscreen::record::{Places, Record};
use windscreen::serving::{Serving, now};

use super::{ask, bytes, folder};

const FILE: &str = "docs/windscreen.http";

/// A request as an editor's client reads it.
#[derive(Debug)]
struct Sent {
    name: String,
    status: u16,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// The variables of a file and its requests, in order.
fn read(file: &str) -> (BTreeMap<String, String>, Vec<Sent>) {
    let mut parts = file.split("\n###");
    let variables = parts.next().unwrap().lines().filter_map(|line| line.strip_prefix('@')?.split_once(" = "));
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let one = |part: &str| {
        // The rest of the line after `###` is a title.
        let mut lines = part.split_once('\n').unwrap().1.lines();
        let (mut name, mut status) = (None, None);
        let first = loop {
            let line = lines.next().unwrap();
            if let Some(given) = line.strip_prefix("# @name ") {
                name = Some(given.to_owned());
            } else if let Some(given) = line.strip_prefix("# answered with ") {
                status = Some(given.parse().unwrap());
            } else if !line.starts_with('#') {
                break line;
            }
        };
        let (method, url) = first.split_once(' ').unwrap();
        let headers = lines.by_ref().take_while(|line| !line.is_empty());
        let headers = headers.map(|line| line.split_once(": ").unwrap()).map(|(a, b)| (a.to_owned(), b.to_owned()));
        let headers = headers.collect();
        let body = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
        let (name, status) = (name.unwrap(), status.unwrap());
        Sent { name, status, method: method.to_owned(), url: url.to_owned(), headers, body }
    };
    (variables, parts.map(one).collect())
}

/// Text with its variables filled in: of the file, of earlier answers, and a key that is drawn anew.
fn filled(
    text: &str,
    variables: &BTreeMap<String, String>,
    answers: &BTreeMap<String, Value>,
    number: usize,
) -> String {
    let mut parts = text.split("{{");
    let mut filled = parts.next().unwrap().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap();
        filled.push_str(&match (name, name.split_once(".response.body.$.")) {
            ("$guid", _) => format!("a key of request {number}"),
            ("host", _) => String::new(),
            (_, Some((name, key))) => answers[name][key].as_str().unwrap().to_owned(),
            (name, None) => variables[name].clone(),
        });
        filled.push_str(rest);
    }
    filled
}

#[test]
fn the_file_is_as_the_document_makes_it() {
    let file = fs::read_to_string(folder(FILE)).unwrap_or_default();
    assert!(file == http_file(), "{FILE} is not as the document makes it: run `make http`");
}

#[tokio::test]
async fn every_operation_has_a_request() {
    let document = super::document::document().await;
    let (_, requests) = read(&http_file());
    let named: Vec<&str> = requests.iter().map(|request| request.name.as_str()).collect();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(named.contains(&id), "{method} {path}: no exchange shows how it is answered with success");
        }
    }
    let mut once = named.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), named.len(), "a name is given once");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_the_file_is_answered_as_it_says() {
    let kept = TempDir::new().unwrap();
    let places = Places::in_folder(kept.path());
    let load = move || {
        let record = Arc::new(Record::open(&places, now()).unwrap());
        let next = folder("fixtures/rule_sets/good/tiny_next");
        Arc::new(Serving::load(&folder("rules"), Some(record)).unwrap().with_next(&next).unwrap())
    };
    let serving = tokio::task::spawn_blocking(load).await.unwrap();
    let router = router(Arc::clone(&serving));
    let (variables, requests) = read(&fs::read_to_string(folder(FILE)).unwrap());
    let mut answers = BTreeMap::new();
    for (number, sent) in requests.iter().enumerate() {
        let fill = |text: &str| filled(text, &variables, &answers, number);
        let path = fill(&sent.url);
        if path.starts_with("/v1/audit") {
            // A person who reads along sends it a second later; nobody waits here.
            let signing = Arc::clone(serving.record().unwrap());
            tokio::task::spawn_blocking(move || signing.sign_now()).await.unwrap().unwrap();
        }
        let once = || async {
            let mut request = Request::builder().method(sent.method.as_str()).uri(path.as_str());
            for (header, value) in &sent.headers {
                request = request.header(header, fill(value));
            }
            let answer = ask(&router, request.body(Body::from(fill(&sent.body))).unwrap()).await;
            (answer.status().as_u16(), bytes(answer).await)
        };
        let (mut status, mut body) = once().await;
        // What proposed rules do takes seconds, and whoever asks too soon asks again; so does who reads on a machine that
        // works it out meanwhile.
        let again = |status, body: &[u8]| {
            (status == 408 && sent.method == "GET")
                || (status == 422 && String::from_utf8_lossy(body).contains("not-worked-out"))
        };
        while again(status, &body) {
            (status, body) = once().await;
        }
        assert_eq!(status, sent.status, "{}: {}", sent.name, String::from_utf8_lossy(&body));
        answers.insert(sent.name.clone(), serde_json::from_slice(&body).unwrap_or_default());
    }
    assert!(answers.len() > 40, "{}", answers.len());
}
