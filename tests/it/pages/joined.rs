//! What a partner sees of a referral that was joined to another agency's.

use serde_json::json;

use super::Served;
use super::browser::Browser;
use crate::record::Ask;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_referred_does_not_learn_that_another_did() {
    let served = Served::begin().await;
    let child = json!({ "ref": "A", "name": "Invented Child", "date_of_birth": "2018-05-01", "facts": {} });
    let told = |organisation: &str, at: &str| json!({ "received_at": at, "referrer": { "organisation": organisation }, "children": [child] });
    let [police, teacher, triage] =
        ["police-system", "teacher", "triage-worker"].map(|who| Ask { router: &served.router, who });
    let (_, first) = police.post("/v1/referrals", "1", &told("police:example", "2026-11-23T08:00:00Z")).await;
    let (_, second) = teacher.post("/v1/referrals", "2", &told("school:example-primary", "2026-11-23T09:00:00Z")).await;
    let join = json!({ "child": "A", "to": first["id"], "to_child": "A" });
    let path = format!("/v1/referrals/{}/joined", second["id"].as_str().unwrap());
    let (status, answer) = triage.post(&path, "3", &join).await;
    assert_eq!(status, 201, "{answer:#}");
    let page = format!("/referrals/{}", second["reference"].as_str().unwrap());
    for (who, shows, hides) in [
        ("teacher", "It is looked at together with what else is known", "of the same incident"),
        ("triage-worker", "of the same incident", "It is looked at together"),
    ] {
        let shown = Browser::signed_in(&served.router, who).await.go(&page).await;
        assert!(shown.html.contains(shows) && !shown.html.contains(hides), "{who}: {}", shown.html);
    }
    // What is decided about the first is what the teacher is told; not what the police said.
    let mut manager = Browser::signed_in(&served.router, "manager").await;
    assert!(manager.go("/to-tell").await.html.contains("Decided with another referral"));
    let form = manager.go(&format!("/referrals/{}/children/1/decision", first["reference"].as_str().unwrap())).await;
    let form = form.form("/decision");
    let level = &form.inputs.iter().find(|input| input.name == "level").unwrap().value;
    let decided = [
        ("level", level.as_str()),
        ("outcome", "allocated_worker"),
        ("holder", "council:example"),
        ("holder_name", "A worker"),
    ];
    let decided = decided.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let receipt = manager.submit(&form, &decided).await;
    assert!(receipt.path.ends_with("/receipt"), "{}", receipt.html);
    let feedback = manager.go(&format!("{page}/feedback")).await;
    assert!(
        feedback.html.contains("Decided: level ") && !feedback.html.contains("police:example"),
        "{}",
        feedback.html
    );
    let sent = [("do", "send"), ("name", "A. Teacher"), ("way", "here")];
    let sent = sent.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let page_sent = manager.submit(&feedback.form("/feedback"), &sent).await;
    assert_eq!(page_sent.status, 200, "{}", page_sent.html);
    let read = Browser::signed_in(&served.router, "teacher").await.go(&page).await;
    assert!(read.html.contains("told to be read here"), "{}", read.html);
    served.end().await;
}
