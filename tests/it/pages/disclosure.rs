//! Giving what is recorded, through the pages: nothing that was not read, and all of a long record.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Served;
use super::browser::{Browser, Form, Page};
use crate::record::{Ask, a_family};

/// A family that a school refers; the referral's id, and the address of its first child's disclosure.
async fn referred(served: &Served, family: &Value) -> (String, String) {
    let ask = Ask { router: &served.router, who: "school-system" };
    let (status, receipt) = ask.post("/v1/referrals", "refer", family).await;
    assert_eq!(status, StatusCode::CREATED, "{receipt:#}");
    let text = |key: &str| receipt[key].as_str().unwrap().to_owned();
    (text("id"), format!("/referrals/{}/children/1/disclosure", text("reference")))
}

async fn informed(served: &Served, id: &str, key: &str, piece: &Value) {
    let ask = Ask { router: &served.router, who: "triage-worker" };
    let (status, answer) = ask.post(&format!("/v1/referrals/{id}/information"), key, piece).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
}

/// What is chosen, and of every other part of which nothing is, that it is left out.
fn filled(form: &Form, chosen: &[(&str, &str)]) -> Vec<(String, String)> {
    let is_open = |name: &str| name.starts_with("does.") && !chosen.iter().any(|(known, _)| *known == name);
    let open = form.inputs.iter().filter(|input| input.value.is_empty() && is_open(&input.name));
    let left_out = open.map(|input| (input.name.clone(), "none.THIRD".to_owned()));
    left_out.chain(chosen.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect()
}

/// What stands in an input.
fn entered(page: &Page, name: &str) -> String {
    let form = page.form("/disclosure");
    let input = form.inputs.into_iter().find(|input| input.name == name);
    input.unwrap_or_else(|| panic!("no {name} on\n{}", page.html)).value
}

#[tokio::test(flavor = "multi_thread")]
async fn where_telling_is_unsafe_nothing_is_chosen() {
    let served = Served::begin().await;
    let mut family = a_family();
    family["family_told"] = json!("unsafe_to_tell");
    let (_, at) = referred(&served, &family).await;
    let mut manager = Browser::signed_in(&served.router, "manager").await;
    let page = manager.go(&at).await;
    assert!(page.html.contains("Telling the family was said to be unsafe"), "{}", page.html);
    let mut chosen = page.form("/disclosure").inputs;
    chosen.retain(|input| input.name.starts_with("does.") && !input.value.is_empty());
    assert!(chosen.is_empty(), "{chosen:?}");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_meanwhile_is_read_before_it_is_given() {
    let served = Served::begin().await;
    let (id, at) = referred(&served, &a_family()).await;
    let mut manager = Browser::signed_in(&served.router, "manager").await;
    let form = manager.go(&at).await.form("/disclosure");
    let piece =
        json!({ "said_by": { "agency": "police" }, "children": [{ "ref": "A", "facts": { "often_hungry": true } }] });
    informed(&served, &id, "1", &piece).await;
    let chosen = [("to", "Their mother"), ("does.account", "all"), ("does.answers", "all")];
    let moved = manager.submit(&form, &filled(&form, &chosen)).await;
    assert_eq!(moved.status, StatusCode::CONFLICT);
    assert!(moved.html.contains("Something was recorded since you opened this page"), "{}", moved.html);
    for (name, stands) in [
        ("to", "Their mother"),
        ("does.account", "all"),
        ("does.own_words", "none.THIRD"),
        // Of what says more than was read, and of what is new, nothing is chosen.
        ("does.answers", ""),
        ("does.piece.2.by", ""),
    ] {
        assert_eq!(entered(&moved, name), stands, "{name}");
    }
    assert!(entered(&moved, "text.answers").contains("often hungry"), "{}", moved.html);
    let form = moved.form("/disclosure");
    let filled = filled(&form, &[]);
    let printed = manager.submit(&form, &filled).await;
    assert_eq!(printed.status, StatusCode::OK);
    assert!(printed.html.contains("CANARY-ACCOUNT") && !printed.html.contains("often hungry"), "{}", printed.html);
    // Sent once more by the same page it was given once.
    assert_eq!(manager.submit(&form, &filled).await.path, printed.path);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_record_is_given_whole() {
    let served = Served::begin().await;
    let (id, at) = referred(&served, &a_family()).await;
    // A million bytes, more than any other form without a file takes: each of these letters is sent as six.
    for number in 1..=18 {
        let account = format!("Entry of day {number}. {}", "ё".repeat(9900));
        let piece = json!({ "said_by": { "agency": "police" }, "account": account });
        informed(&served, &id, &number.to_string(), &piece).await;
    }
    let mut manager = Browser::signed_in(&served.router, "manager").await;
    let form = manager.go(&at).await.form("/disclosure");
    let chosen = [("to", "Their mother"), ("does.piece.19", "all")];
    let printed = manager.submit(&form, &filled(&form, &chosen)).await;
    assert_eq!(printed.status, StatusCode::OK);
    assert!(printed.html.contains("Entry of day 18.") && !printed.html.contains("Entry of day 17."));
    served.end().await;
}
