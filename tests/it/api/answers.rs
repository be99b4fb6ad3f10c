//! `fixtures/openapi/answers.json`: whole answers, as the document shows them, where an exchange compares a part.
//!
//! Ids, times, references and hashes are drawn anew each time; everything else stands as the program answers it. With
//! `WINDSCREEN_WRITE_ANSWERS` set, the file is written anew.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Map, Value, json};

use super::{exchanges, folder};

const FILE: &str = "fixtures/openapi/answers.json";

/// An answer as the document shows it: JSON, else text with a character a byte where it is no text.
fn shown(body: &[u8], kind: &str) -> Value {
    match kind {
        "application/json" => serde_json::from_slice(body).unwrap(),
        "application/octet-stream" => body.iter().map(|byte| char::from(*byte)).collect::<String>().into(),
        _ => String::from_utf8(body.to_vec()).unwrap().into(),
    }
}

/// What kind of thing a word is when it is drawn anew each time, word by word.
fn kinds(text: &str) -> Vec<String> {
    let is_hex = |word: &str| word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let kind = |word: &str| {
        let groups: Vec<usize> = word.split('-').map(str::len).collect();
        if groups == [8, 4, 4, 4, 12] && is_hex(&word.replace('-', "")) {
            "an id".to_owned()
        } else if groups == [4, 4, 1] && word == word.to_uppercase() {
            "a reference".to_owned()
        } else if word.len() > 10 && word.ends_with('Z') && word[..10].parse::<jiff::civil::Date>().is_ok() {
            "a time".to_owned()
        } else if word.len() >= 16 && (is_hex(word) || word.contains(['+', '/', '=']) || !word.contains(['_', '.'])) {
            "a hash".to_owned()
        } else {
            word.to_owned()
        }
    };
    text.split([' ', '\n', '"', ',']).flat_map(|part| part.split("/v1/")).map(kind).collect()
}

/// Whether two answers are one but for what is drawn anew.
fn is_like(stored: &Value, got: &Value, kept: &str) -> bool {
    match (stored, got) {
        (Value::Object(stored), Value::Object(got)) => {
            stored.len() == got.len()
                && stored.iter().all(|(key, one)| got.get(key).is_some_and(|got| is_like(one, got, kept)))
        }
        (Value::Array(stored), Value::Array(got)) => {
            stored.len() == got.len() && stored.iter().zip(got).all(|(one, got)| is_like(one, got, kept))
        }
        (Value::String(stored), Value::String(got)) if kept == "application/octet-stream" => {
            // A hash is bytes; an entry stands after its length, which varies with the digits of a time.
            match (stored.split_once('{'), got.split_once('{')) {
                (Some((_, stored)), Some((_, got))) => kinds(stored) == kinds(got),
                _ => stored.chars().count() == got.chars().count(),
            }
        }
        (Value::String(stored), Value::String(got)) => stored == got || kinds(stored) == kinds(got),
        (stored, got) => stored == got,
    }
}

/// The operation and status that an exchange shows, as far as its path is one of the document's.
fn shows(document: &Value, exchange: &Value) -> Option<String> {
    let operation = super::document::operation(document, &exchange["request"])?;
    Some(format!("{} {}", operation["operationId"].as_str()?, exchange["response"]["status"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_shown_as_it_is_given() {
    let document = super::document::document().await;
    let write = std::env::var_os("WINDSCREEN_WRITE_ANSWERS").is_some();
    let stored: Map<String, Value> = serde_json::from_str(&fs::read_to_string(folder(FILE)).unwrap()).unwrap();
    let (mut written, mut whole) = (Map::new(), BTreeSet::new());
    let mut partly = Vec::new();
    for exchange in exchanges::answered().await {
        let one = &exchange.filled;
        let Some(shown) = shows(&document, one).filter(|_| one["response"]["status"].as_u64().unwrap() < 300) else {
            continue;
        };
        if one["response"].get("body").is_some() || one["response"]["lines"].is_array() {
            whole.insert(shown);
        } else {
            partly.push((exchange, shown));
        }
    }
    for (exchange, shown_for) in partly {
        let name = exchange.name.clone();
        // One answer of each kind is enough, and the document stays of a size to read.
        if if write { !whole.insert(shown_for) } else { !stored.contains_key(&name) } {
            continue;
        }
        let kind = exchange.kind();
        let got = shown(&exchange.body, kind);
        if !write {
            assert!(
                is_like(&stored[&name], &got, kind),
                "{name}: the document shows\n{}\nand got\n{got}",
                stored[&name]
            );
        }
        written.insert(name, got);
    }
    if write {
        fs::write(folder(FILE), format!("{:#}\n", Value::Object(written))).unwrap();
        return;
    }
    assert_eq!(written.len(), stored.len(), "{FILE} holds an answer of no exchange");
}

#[test]
fn what_is_drawn_anew_is_told_by_its_form_and_the_rest_is_compared() {
    let kind = "application/json";
    let id = |last: &str| json!({ "id": format!("01a20000-0000-7000-8000-00000000000{last}"), "says": "a reason" });
    assert!(is_like(&id("1"), &id("2"), kind));
    for other in [
        json!({ "id": "none", "says": "a reason" }),
        json!({ "id": "01a20000-0000-7000-8000-000000000001", "says": "another reason" }),
        json!({ "id": "01a20000-0000-7000-8000-000000000001" }),
        json!({ "id": "01a20000-0000-7000-8000-000000000001", "says": "a reason", "more": 1 }),
    ] {
        assert!(!is_like(&id("1"), &other, kind), "{other}");
    }
    let at = |time: &str| json!({ "recorded_at": time, "index": 1 });
    assert!(is_like(&at("2026-11-24T10:30:00Z"), &at("2026-11-25T11:31:01.25Z"), kind));
    assert!(!is_like(&at("2026-11-24T10:30:00Z"), &at("yesterday"), kind));
    assert!(!is_like(&json!({ "index": 1 }), &json!({ "index": 2 }), kind));
    let entry =
        |length: &str, at: &str, kind: &str| json!(format!("\0{length}{{\"kind\":\"{kind}\",\"at\":\"{at}\"}}"));
    let stored = entry("A", "2026-11-24T10:30:00.25Z", "decided");
    let bytes = "application/octet-stream";
    assert!(is_like(&stored, &entry("B", "2026-11-25T11:31:01.125Z", "decided"), bytes));
    assert!(!is_like(&stored, &entry("A", "2026-11-24T10:30:00.25Z", "changed"), bytes));
    assert!(!is_like(&json!("32 bytes"), &json!("33 bytes."), bytes));
}
