//! The pages of problems: each code and type has one, each link leads to one, and what they show as wrong and right is.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};
use windscreen::api::explained::{Example, Of, Page as Problem};
use windscreen::api::{PAGES, ProblemType};
use windscreen::criteria::{RuleSet, load};
use windscreen::decision::{self, Actor, Role, Shown, Wanted};
use windscreen::json::{Fault, FaultCode, Json};
use windscreen::letters;
use windscreen::level::Explain;
use windscreen::notifications::{self, File, Layout};
use windscreen::referral::Referral;
use windscreen::referral::received::Received;
use windscreen::referral::unfold::Information;
use windscreen::rules_dir;

use super::Served;
use super::browser::{Browser, unescaped};

/// A page's words as one reads them, without what only marks code.
fn words(html: &str) -> String {
    unescaped(&html.replace("<code>", "").replace("</code>", ""))
}

fn plain(text: &str) -> String {
    text.replace('`', "")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_code_and_every_type_has_a_page_that_says_what_it_is_and_what_to_do() {
    let served = Served::begin().await;
    // Whoever is refused may be known by nobody.
    let mut browser = Browser::new(&served.router);
    let list = browser.get(PAGES).await;
    assert_eq!(list.status, StatusCode::OK);
    let types = ProblemType::ALL.iter().map(|kind| (kind.word(), kind.title(), Some(kind.urn())));
    let codes = FaultCode::ALL.iter().map(|code| (code.word(), code.title(), None));
    for (word, title, urn) in types.chain(codes) {
        let path = format!("{PAGES}/{word}");
        assert!(list.html.contains(&format!("href=\"{path}\"")), "the list leads to {path}");
        assert!(words(&list.html).contains(title), "the list says {title}");
        let page = browser.get(&path).await;
        let says = words(&page.html);
        let found = Problem::find(word).unwrap();
        let Problem { explained, .. } = &found;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.html.contains(&format!("<code>{}</code>", urn.unwrap_or(word))), "{path}");
        let example = explained.example.into_iter().flat_map(|example| [example.wrong, example.right]);
        let wanted = [found.title, explained.means, explained.remedy, explained.again.says()];
        for text in wanted.into_iter().chain(explained.for_people).map(plain).chain(example.map(str::to_owned)) {
            assert!(says.contains(&text), "{path} does not say: {text}\n{says}");
        }
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert!(!page.html.contains("<script"), "{path}");
    }
    served.end().await;
}

/// Every `help` in a value, and every code of a fault that has none.
fn helps(value: &Value, found: &mut BTreeSet<String>, without: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            let is_told = entries.contains_key("pointer") && entries.contains_key("code")
                || entries.get("type").and_then(Value::as_str).is_some_and(|kind| kind.starts_with("urn:"));
            match entries.get("help").and_then(Value::as_str) {
                Some(help) => drop(found.insert(help.to_owned())),
                None if is_told => without.push(value.to_string()),
                None => {}
            }
            entries.values().for_each(|value| helps(value, found, without));
        }
        Value::Array(items) => items.iter().for_each(|value| helps(value, found, without)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_of_every_exchange_leads_to_a_page() {
    let (mut found, mut without) = (BTreeSet::new(), Vec::new());
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/exchanges")).unwrap() {
        let exchange: Value = serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
        helps(&exchange["response"], &mut found, &mut without);
    }
    assert_eq!(without, [""; 0], "an exchange shows a problem or a fault without its `help`");
    assert!(found.len() > 20, "{found:?}");
    let served = Served::begin().await;
    let mut browser = Browser::new(&served.router);
    for help in found {
        assert_eq!(browser.get(&help).await.status, StatusCode::OK, "{help}");
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_there_is_not_is_not_shown_and_what_may_be_meant_is() {
    let served = Served::begin().await;
    let mut browser = Browser::new(&served.router);
    for (asked, meant) in [
        ("unknwon-fact", Some("unknown-fact")),
        ("columns", Some("unknown-columns")),
        ("%3Cscript%3Ealert(1)%3C%2Fscript%3E", None),
        ("%22%20onmouseover%3Dalert(1)%20x%3D%22", None),
        ("..%2F..%2Fetc", None),
        ("qqqqqqqq", None),
    ] {
        let page = browser.get(&format!("{PAGES}/{asked}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{asked}");
        assert!(page.html.contains("There is no such code"), "{asked}");
        assert!(page.html.contains(&format!("href=\"{PAGES}\"")), "{asked}: the list of all");
        for part in ["<script", "alert(1)", "onmouseover", "etc", "unknwon", "qqqq"] {
            assert!(!page.html.contains(part), "{asked}: {part} is shown");
        }
        if let Some(meant) = meant {
            assert!(page.html.contains(&format!("href=\"{PAGES}/{meant}\"")), "{asked}: {}", page.html);
        }
    }
    // The documentation of the API stands beside them, and its document leads here.
    assert_eq!(browser.get("/docs/").await.status, StatusCode::OK);
    let document: Value = serde_json::from_str(&browser.get("/openapi.json").await.html).unwrap();
    assert_eq!(document["externalDocs"]["url"], PAGES);
    served.end().await;
}

/// A part of a request put into a whole one.
fn put(whole: &mut Value, part: &Value) {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            for (key, value) in part {
                put(whole.entry(key).or_insert(Value::Null), value);
            }
        }
        (whole, part) => *whole = part.clone(),
    }
}

fn whole(mut whole: Value, part: &str) -> Value {
    put(&mut whole, &serde_json::from_str(part).unwrap());
    whole
}

/// What is wrong with an example's text, as the program tells it.
fn told(of: Of, text: &str, rules: &RuleSet) -> Vec<FaultCode> {
    let codes = |faults: Vec<Fault>| faults.into_iter().map(|fault| fault.code).collect::<Vec<_>>();
    let now = "2026-11-24T12:00:00Z".parse().unwrap();
    let actor = |role| Actor { id: "me".into(), name: "Me".into(), role, organisation: "council:example".into() };
    match of {
        Of::Evaluation => {
            let referral = Json::read(text.as_bytes()).and_then(|json| Referral::read(&json));
            codes(referral.and_then(|referral| referral.evaluate(rules, Explain::None)).err().unwrap_or_default())
        }
        Of::Referral => {
            let referrer = json!({ "organisation": "school:example-primary" });
            let text = whole(json!({ "referrer": referrer, "children": [{ "facts": {} }] }), text).to_string();
            match Json::read(text.as_bytes()).and_then(|json| Received::read(&json)) {
                Ok(received) => {
                    let mut faults = received.faults(rules);
                    faults.extend(received.received_at(now).err());
                    faults.extend(received.call.as_ref().into_iter().flat_map(|call| call.faults(now)));
                    codes(faults)
                }
                Err(faults) => codes(faults),
            }
        }
        Of::Information => {
            let text = whole(json!({ "said_by": { "agency": "police" } }), text).to_string();
            codes(Information::read(&Json::read(text.as_bytes()).unwrap()).err().unwrap_or_default())
        }
        Of::Decision => {
            let shown =
                json!({ "at_least": { "rank": 3 }, "at_most": { "rank": 3 }, "priority": "amber", "ask_next": [] });
            let shown: Shown = serde_json::from_value(shown).unwrap();
            let wanted = json!({ "child": "1", "shown": 1, "level": 3, "view": "agrees", "outcome": "early_help",
                                 "next_holder": { "organisation": "council:example" } });
            let wanted: Wanted = serde_json::from_value(whole(wanted, text)).unwrap();
            codes(decision::check(rules, &shown, &actor(Role::SocialWorker), &wanted))
        }
        Of::Letter => {
            let safe = json!({ "code": "HANDED", "says": "At school" });
            let sent = json!({ "name": "The parents", "way": "in_person", "safe": safe });
            let letter = json!({ "decisions": ["1"], "to": "family", "sent": sent });
            let letter: letters::Letter = serde_json::from_value(whole(letter, text)).unwrap();
            codes(letters::check(rules, &letter, &actor(Role::SocialWorker), false, &["Teacher".to_owned()]))
        }
        Of::File => {
            let mapping = rules.mapping("police_notifications").unwrap();
            let file = File { bytes: text.as_bytes(), layout: Layout::Csv, encoding: None };
            match notifications::read(file, mapping, rules, "police:example", now) {
                Ok(batch) => batch.unmapped.iter().map(|row| FaultCode::of(&row.code).unwrap()).collect(),
                Err(faults) => codes(faults),
            }
        }
    }
}

/// The columns that the examples of files have.
const MAPPING: &str = r#"
mapping: police_notifications
title: A few columns
agency: police
source_code: "6"
columns:
  - { column: Incident, is: incident }
  - { column: Address, is: household }
  - { column: Child, is: child_name }
  - { column: Notes, is: account, heading: Notes, optional: true }
  - { column: Born, is: date_of_birth, form: "%d/%m/%Y", optional: true }
  - { column: Notified at, is: received_at, form: "%d/%m/%Y %H:%M", optional: true }
"#;

#[test]
fn what_is_shown_as_wrong_is_told_so_and_what_is_shown_as_right_is_not() {
    let mut files = rules_dir::read(concat!(env!("CARGO_MANIFEST_DIR"), "/rules").as_ref()).unwrap();
    let mapping = files.iter_mut().find(|file| file.path == "mappings/police_notifications.yaml").unwrap();
    mapping.bytes = MAPPING.as_bytes().to_vec();
    let loaded = load(&files);
    let rules = loaded.rule_set.unwrap_or_else(|| panic!("{:#?}", loaded.problems));
    let (mut count, mut not_so) = (0, Vec::new());
    for (_, pages) in Problem::groups() {
        for Problem { word, code, explained, .. } in pages {
            let (Some(Example { of, wrong, right }), Some(code)) = (explained.example, code) else { continue };
            let (of_wrong, of_right) = (told(of, wrong, &rules), told(of, right, &rules));
            // A part of a decision still lacks what others need.
            let is_right = if of == Of::Decision { !of_right.contains(&code) } else { of_right.is_empty() };
            if !of_wrong.contains(&code) || !is_right {
                not_so.push(format!("{word}: {wrong} is told {of_wrong:?}, {right} is told {of_right:?}"));
            }
            count += 1;
        }
    }
    assert!(not_so.is_empty(), "{}", not_so.join("\n"));
    assert!(count > 35, "{count}");
}
