//! An open case with one click, and what the next holder of another organisation is shown.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Served;
use super::browser::Browser;
use crate::record::{Ask, a_family};

/// The first child of `a_family` alone, received at a time.
fn alone(received_at: &str) -> Value {
    let mut family = a_family();
    family["received_at"] = received_at.into();
    family["children"] = json!([family["children"][0]]);
    family
}

async fn recorded(ask: &Ask<'_>, path: &str, key: &str, body: &Value) -> Value {
    let (status, answer) = ask.post(path, key, body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_case_goes_to_its_named_worker_with_one_click_and_a_receipt() {
    let served = Served::begin().await;
    let (school, manager) =
        (Ask { router: &served.router, who: "school-system" }, Ask { router: &served.router, who: "manager" });
    let earlier = recorded(&school, "/v1/referrals", "1", &alone("2026-06-01T10:00:00Z")).await;
    let mut later = alone("2026-11-23T10:00:00Z");
    // A level that a call taker may not decide.
    later["children"][0]["facts"]["immediate_danger_now"] = true.into();
    let later = recorded(&school, "/v1/referrals", "2", &later).await;
    let (old, new) = (earlier["id"].as_str().unwrap(), later["reference"].as_str().unwrap());
    let mut taker = Browser::signed_in(&served.router, "call-taker").await;
    let at = format!("/referrals/{new}");
    // Nobody has confirmed it, and nobody has accepted it: nothing is said, nothing offered.
    assert!(!taker.go(&at).await.html.contains("Open to"));
    recorded(&manager, &format!("/v1/referrals/{new}/earlier/{old}"), "3", &json!({ "child": "A" })).await;
    let decision = json!({ "child": "A", "shown": 1, "level": 4, "view": "decides_higher", "outcome": "s17_assessment",
                           "reason": { "code": "KNOWN", "says": "Known here" },
                           "next_holder": { "organisation": "council:example", "name": "N. Worker" } });
    let decided = recorded(&manager, &format!("/v1/referrals/{old}/decisions"), "4", &decision).await;
    assert!(!taker.go(&at).await.html.contains("Open to"), "decided is not yet accepted");
    let accept = format!("/v1/referrals/{old}/decisions/{}/acceptance", decided["id"].as_str().unwrap());
    recorded(&manager, &accept, "5", &Value::Null).await;
    let page = taker.go(&at).await;
    assert!(page.html.contains("Open to N. Worker, council:example since"), "{}", page.html);
    // One click, and the receipt.
    let form = page.form("/pass-on");
    let receipt = taker.submit(&form, &[]).await;
    assert!(receipt.path.ends_with("/receipt"), "{} {}", receipt.path, receipt.html);
    for says in ["Receipt: Invented Child is sent to N. Worker", "A call taker at the hub", new, "sha256:", "Entry "] {
        assert!(receipt.html.contains(says), "{says}: {}", receipt.html);
    }
    assert!(receipt.html.contains("Until N. Worker accepts, it stays on the worklist"), "{}", receipt.html);
    // Twice is once, and the button is gone.
    assert_eq!(taker.submit(&form, &[]).await.path, receipt.path);
    let page = taker.go(&at).await;
    assert!(page.html.contains("Open to N. Worker") && !page.html.contains("/pass-on"), "{}", page.html);
    let (_, decisions) = manager.get(&format!("/v1/referrals/{new}/decisions")).await;
    assert_eq!(decisions.as_array().unwrap().len(), 1, "{decisions:#}");
    assert_eq!(
        (&decisions[0]["decided"]["outcome"], &decisions[0]["decided"]["level"]),
        (&json!("allocated_worker"), &json!(5))
    );
    // The school sees none of it on its own referral; nor is it theirs to send.
    let mut teacher = Browser::signed_in(&served.router, "teacher").await;
    let page = teacher.go(&at).await;
    assert!(
        page.status == StatusCode::OK && !page.html.contains("Open to") && !page.html.contains("Receipt"),
        "{}",
        page.html
    );
    assert_eq!(teacher.get(&receipt.path).await.status, StatusCode::FORBIDDEN);
    // Something became known since the page was opened: nothing is sent on what was seen before.
    let told = json!({ "said_by": { "role": "police" }, "account": "They left an hour ago" });
    recorded(&manager, &format!("/v1/referrals/{new}/information"), "6", &told).await;
    let form = manager_form(&served, &at).await;
    assert!(form.is_none(), "decided already, and the answer did not rise");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_organisation_is_told_of_one_child_is_not_told_of_another() {
    let served = Served::begin().await;
    let hub = Ask { router: &served.router, who: "triage-worker" };
    let mut family = alone("2026-11-23T10:00:00Z");
    family["referrer"]["organisation"] = "police:example".into();
    let mut sibling = family["children"][0].clone();
    (sibling["ref"], sibling["name"]) = ("B".into(), "Made-up Sibling".into());
    sibling.as_object_mut().unwrap().remove("nhs_number");
    family["children"].as_array_mut().unwrap().push(sibling);
    let referral = recorded(&hub, "/v1/referrals", "1", &family).await;
    let reference = referral["reference"].as_str().unwrap();
    let mut triage = Browser::signed_in(&served.router, "triage-worker").await;
    let form = triage.go(&format!("/referrals/{reference}/children/1/decision")).await.form("/decision");
    let decided = |told: Option<&str>| -> Vec<(String, String)> {
        let pairs = [("level", "3"), ("outcome", "early_help"), ("holder", "school:example-primary"), ("same", "2")];
        let pairs = pairs.into_iter().chain(told.map(|told| ("told", told)));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let page = triage.submit(&form, &decided(Some("Breakfast club for Invented Child, please."))).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.html);
    assert!(page.html.contains("decide about each of them alone"), "{}", page.html);
    // As it was begun, each has words of its own.
    let page = triage.submit(&form, &decided(None)).await;
    assert!(page.path == format!("/referrals/{reference}"), "{} {}", page.path, page.html);
    let school = Ask { router: &served.router, who: "teacher" };
    let (_, list) = school.get("/v1/handed-over").await;
    let mut told = Vec::new();
    for one in list["handed_over"].as_array().unwrap() {
        let (_, read) = school.get(&format!("/v1/handed-over/{}", one["decision"].as_str().unwrap())).await;
        told.push(read["told"].as_str().unwrap().split('.').next().unwrap().to_owned());
        let names = ["Invented Child", "Made-up Sibling"].iter().filter(|name| read.to_string().contains(**name));
        assert_eq!(names.count(), 1, "{read:#}");
    }
    told.sort();
    assert_eq!(told, ["Invented Child", "Made-up Sibling"], "{list:#}");
    served.end().await;
}

async fn manager_form(served: &Served, at: &str) -> Option<String> {
    let page = Browser::signed_in(&served.router, "manager").await.go(at).await;
    page.between("/children/1/pass-on", "\"")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_holder_reads_what_was_chosen_and_accepts_there() {
    let served = Served::begin().await;
    let hub = Ask { router: &served.router, who: "triage-worker" };
    let mut family = alone("2026-11-23T10:00:00Z");
    family["referrer"]["organisation"] = "police:example".into();
    let referral = recorded(&hub, "/v1/referrals", "1", &family).await;
    let reference = referral["reference"].as_str().unwrap();
    let mut triage = Browser::signed_in(&served.router, "triage-worker").await;
    let form = triage.go(&format!("/referrals/{reference}/children/1/decision")).await.form("/decision");
    // The form begins what they are told: who it is, what is indicated, what is to be done.
    let told = form.inputs.iter().find(|input| input.name == "told").unwrap().value.clone();
    assert!(
        told.starts_with("Invented Child. Indicated: at least Multiple needs. ") && told.contains("Next steps: "),
        "{told}"
    );
    let filled = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let level = form.inputs.iter().find(|input| input.name == "level" && input.value == "3").unwrap().value.clone();
    let decided = [("level", level.as_str()), ("outcome", "early_help"), ("holder", "school:example-primary")];
    let page = triage.submit(&form, &filled(&[&decided[..], &[("told", "")]].concat())).await;
    assert!(page.html.contains("Another organisation sees nothing but what it is told"), "{}", page.html);
    let mut right = filled(&[&decided[..], &[("told", "Breakfast club, please. <b>CANARY-TOLD</b>")]].concat());
    right.push(("along".into(), "birth_date".into()));
    let page = triage.submit(&form, &right).await;
    assert!(page.path == format!("/referrals/{reference}"), "{} {}", page.path, page.html);
    // The school finds it in its own list, without being told where.
    let mut teacher = Browser::signed_in(&served.router, "teacher").await;
    assert!(teacher.go("/worklist").await.html.contains("href=\"/handed-over\""));
    let list = teacher.go("/handed-over").await;
    assert!(list.html.contains("Waits for you") && list.html.contains(reference), "{}", list.html);
    assert!(!list.html.contains("CANARY") && !list.html.contains("Invented Child"), "{}", list.html);
    let handed = Ask { router: &served.router, who: "teacher" }.get("/v1/handed-over").await.1;
    let at = format!("/handed-over/{}", handed["handed_over"][0]["decision"].as_str().unwrap());
    assert_eq!(list.html.matches(at.rsplit('/').next().unwrap()).count(), 1, "{}", list.html);
    let page = teacher.go(&at).await;
    assert!(
        page.html.contains("Breakfast club, please. &lt;b&gt;CANARY-TOLD") && page.html.contains("1 May 2018"),
        "{}",
        page.html
    );
    for hidden in ["Invented Child", "CANARY-HOME", "CANARY-WORDS", "CANARY-ACCOUNT", "struggling", "A. Teacher"] {
        assert!(!page.html.contains(hidden), "{hidden}: {}", page.html);
    }
    // The referral itself is not there for them; nor is this for anybody else.
    assert_eq!(teacher.get(&format!("/referrals/{reference}")).await.status, StatusCode::NOT_FOUND);
    let mut police = Browser::signed_in(&served.router, "police-system").await;
    assert_eq!(police.get(&at).await.status, StatusCode::NOT_FOUND);
    assert!(!police.go("/handed-over").await.html.contains(reference));
    let form = page.form(&at);
    let page = teacher.submit(&form, &[]).await;
    assert!(page.html.contains("Accepted") && !page.html.contains("Waits for you"), "{}", page.html);
    assert_eq!(teacher.submit(&form, &[]).await.status, StatusCode::OK, "pressed twice, it is accepted once");
    assert!(
        triage
            .go(&format!("/referrals/{reference}"))
            .await
            .html
            .contains("accepted by A safeguarding lead at a school")
    );
    served.end().await;
}
