//! `fixtures/openapi/operations.txt`: every operation, parameter, status and key of the document, a line each.
//!
//! What is gone from the document breaks a partner's system, and fails. What is new is written into the list, with
//! `WINDSCREEN_WRITE_OPERATIONS` set, and told in `docs/api-changelog.md`.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::{ask, bytes, folder, get, tiny};

const FILE: &str = "fixtures/openapi/operations.txt";
const CHANGES: &str = "docs/api-changelog.md";

/// Every line that the document makes.
fn lines(document: &Value) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let one = format!("{} {path}", method.to_uppercase());
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let parameter = match parameter["$ref"].as_str() {
                    Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
                    None => parameter,
                };
                let (place, name) = (parameter["in"].as_str().unwrap(), parameter["name"].as_str().unwrap());
                let needed = if parameter["required"] == true { ", needed" } else { "" };
                lines.insert(format!("{one}: {place} {name}{needed}"));
            }
            for kind in operation["requestBody"]["content"].as_object().into_iter().flat_map(|kinds| kinds.keys()) {
                lines.insert(format!("{one}: takes {kind}"));
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                let kinds = response["content"].as_object();
                let kinds: Vec<&str> = kinds.into_iter().flat_map(|all| all.keys()).map(String::as_str).collect();
                lines.insert(format!("{one}: {status} {}", kinds.join(", ")).trim_end().to_owned());
            }
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        keys(name, schema, &mut lines);
    }
    lines
}

/// The keys and words of a schema, within what it is put together from.
fn keys(at: &str, schema: &Value, lines: &mut BTreeSet<String>) {
    let needed: BTreeSet<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        // What a schema forbids is no key of it.
        if property == false {
            continue;
        }
        let mark = if needed.contains(key.as_str()) { ", needed" } else { "" };
        lines.insert(format!("{at}.{key}{mark}"));
        keys(&format!("{at}.{key}"), property, lines);
    }
    for word in schema["enum"].as_array().into_iter().flatten() {
        lines.insert(format!("{at} = {word}"));
    }
    for part in ["oneOf", "anyOf", "allOf"] {
        schema[part].as_array().into_iter().flatten().for_each(|part| keys(at, part, lines));
    }
    if schema["items"].is_object() {
        keys(&format!("{at}[]"), &schema["items"], lines);
    }
}

#[tokio::test]
async fn nothing_goes_and_what_is_new_is_told() {
    let document = super::document::document().await;
    let documented = lines(&document);
    if std::env::var_os("WINDSCREEN_WRITE_OPERATIONS").is_some() {
        let text: String = documented.iter().map(|line| format!("{line}\n")).collect();
        fs::write(folder(FILE), text).unwrap();
        return;
    }
    let listed = fs::read_to_string(folder(FILE)).unwrap();
    let listed: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    let gone: Vec<&String> = listed.difference(&documented).collect();
    assert!(gone.is_empty(), "version 1 only ever adds, and these are gone: {gone:#?}");
    let new: Vec<&String> = documented.difference(&listed).collect();
    assert!(new.is_empty(), "tell of these in {CHANGES}, then write {FILE} (see its test): {new:#?}");
    assert!(listed.len() > 800, "{}", listed.len());
}

#[tokio::test]
async fn the_page_of_changes_names_every_operation_and_is_served_as_it_is_written() {
    let document = super::document::document().await;
    let page = fs::read_to_string(folder(CHANGES)).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let line = format!("- `{} {path}`\n", method.to_uppercase());
            assert!(page.contains(&line), "{CHANGES} does not name {line}");
        }
    }
    let versions: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(versions.first(), Some(&env!("CARGO_PKG_VERSION")), "the newest version comes first");
    let served = ask(&tiny(), get("/docs/changes")).await;
    assert_eq!(served.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(String::from_utf8(bytes(served).await).unwrap(), page);
}

#[test]
fn a_key_that_goes_is_missed_and_one_that_comes_is_seen() {
    let schema = |keys: &[&str]| {
        let properties: serde_json::Map<String, Value> =
            keys.iter().map(|key| ((*key).to_owned(), serde_json::json!({ "type": "string" }))).collect();
        serde_json::json!({ "paths": {}, "components": { "schemas": { "A": { "properties": properties } } } })
    };
    let (before, after) = (lines(&schema(&["a", "b"])), lines(&schema(&["b", "c"])));
    assert_eq!(before.difference(&after).collect::<Vec<_>>(), ["A.a"]);
    assert_eq!(after.difference(&before).collect::<Vec<_>>(), ["A.c"]);
}
