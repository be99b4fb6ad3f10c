//! Who is told, who disagrees, and who asks for what is recorded: over HTTP and in the record, on both databases.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use windscreen::access::{Operation, demonstration, permit};
use windscreen::record::Record;
use windscreen::record::body::PartDisclosed;
use windscreen::record::disagreements::DisagreementStands;
use windscreen::record::disclosure::{AboutWhom, Reviewed};
use windscreen::record::once::{Once, Pending};
use windscreen::serving::now;

use super::suite::codes;
use super::{Ask, Kept, a_family, closed, opened};

on_both!(
    whoever_is_still_to_be_told_is_listed_until_they_are,
    a_letter_to_a_family_needs_a_safe_address,
    what_somebody_does_for_a_living_is_no_name,
    telling_that_is_unsafe_is_refused_but_to_a_manager_who_says_why,
    a_disagreement_is_answered_stage_by_stage_and_both_views_stay,
    while_somebody_waits_for_an_answer_nothing_is_erased,
    what_a_family_says_is_not_for_whoever_referred,
    what_is_upheld_reopens_also_what_was_decided_again_meanwhile,
    what_is_unsafe_to_tell_stays_so_when_it_is_joined,
    what_is_given_is_reviewed_part_by_part,
);

/// Where each fault is, and its code.
type Codes<'c> = &'c [(&'c str, &'c str)];

/// A family that a school refers, the first child of which was decided about; the id, and the decision's.
pub(super) async fn decided(router: &axum::Router, family: &Value) -> (String, String) {
    let (status, receipt) = Ask { router, who: "school-system" }.post("/v1/referrals", "refer", family).await;
    assert_eq!(status, StatusCode::CREATED, "{receipt:#}");
    let id = receipt["id"].as_str().unwrap().to_owned();
    let level = receipt["children"][0]["evaluation"]["at_least"]["rank"].clone();
    let decision = json!({ "child": "A", "shown": 1, "level": level, "view": "agrees", "outcome": "early_help",
                           "next_holder": { "organisation": "council:example" } });
    let triage = Ask { router, who: "manager" };
    let (status, answer) = triage.post(&format!("/v1/referrals/{id}/decisions"), "decide", &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    (id, answer["id"].as_str().unwrap().to_owned())
}

async fn verified(record: &Arc<Record>) {
    let record = Arc::clone(record);
    let verdict = tokio::task::spawn_blocking(move || record.verify(Vec::new()).unwrap()).await.unwrap();
    assert!(verdict.is_ok(), "{verdict:?}");
}

async fn listed_to_tell(record: &Arc<Record>) -> usize {
    let record = Arc::clone(record);
    tokio::task::spawn_blocking(move || record.list_to_tell(10).unwrap().len()).await.unwrap()
}

async fn whoever_is_still_to_be_told_is_listed_until_they_are(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let (id, decision) = decided(&router, &a_family()).await;
    let path = format!("/v1/referrals/{id}");
    let (school, triage) =
        (Ask { router: &router, who: "school-system" }, Ask { router: &router, who: "triage-worker" });
    let (_, read) = triage.get(&path).await;
    assert!(read["tell_by"].is_string(), "{read:#}");
    assert_eq!(listed_to_tell(&record).await, 1);
    let letters = format!("{path}/letters");
    let sent = json!({ "decisions": [decision], "to": "referrer", "sent": { "name": "A. Teacher", "way": "here", "text": "Early help." } });
    let (_, theirs) = school.get(&path).await;
    assert!(theirs["tell_by"].is_string() && theirs["letters"] == json!([]), "{theirs:#}");
    let (status, answer) = triage.post(&letters, "1", &sent).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    // That the family is still to be told is not for the school.
    let (_, theirs) = school.get(&path).await;
    assert_eq!((theirs["letters"][0]["text"].as_str(), &theirs["tell_by"]), (Some("Early help."), &Value::Null));
    let (_, read) = triage.get(&path).await;
    assert!(read["tell_by"].is_string(), "{read:#}");
    assert_eq!(listed_to_tell(&record).await, 1);
    let withheld = json!({ "decisions": [decision], "to": "family", "withheld": { "code": "NOBODY", "says": "No address is known" } });
    let (status, answer) = triage.post(&letters, "2", &withheld).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    assert_eq!(listed_to_tell(&record).await, 0);
    // Taken again, it is told again.
    let again = json!({ "child": "A", "shown": 1, "level": 4, "view": "decides_higher", "outcome": "s17_assessment",
                        "reason": { "code": "KNOWN", "says": "Known" }, "next_holder": { "organisation": "council:example" } });
    let manager = Ask { router: &router, who: "manager" };
    let (status, _) = manager.post(&format!("{path}/decisions"), "3", &again).await;
    assert_eq!((status, listed_to_tell(&record).await), (StatusCode::CREATED, 1));
    // Of the decision before there is nothing to tell any more.
    let (status, _) = triage.post(&letters, "4", &sent).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    verified(&record).await;
    closed(record, router).await;
}

async fn a_letter_to_a_family_needs_a_safe_address(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let (id, decision) = decided(&router, &a_family()).await;
    let letters = format!("/v1/referrals/{id}/letters");
    let triage = Ask { router: &router, who: "triage-worker" };
    let whole = json!({ "decisions": [decision], "to": "family", "sent": {
        "name": "The parents", "address": "1 Invented Street", "way": "post", "text": "We would like to help.",
        "safe": { "code": "ASKED", "says": "Their mother, on the telephone" } } });
    let without = |change: &dyn Fn(&mut Value)| {
        let mut letter = whole.clone();
        change(&mut letter["sent"]);
        letter
    };
    let take = |key: &'static str| {
        without(&move |sent| {
            sent.as_object_mut().unwrap().remove(key);
        })
    };
    for (letter, expected) in [
        (take("address"), ("/sent/address", "missing-key")),
        (take("safe"), ("/sent/safe", "missing-key")),
        (without(&|sent| sent["safe"]["code"] = json!("GUESSED")), ("/sent/safe/code", "unknown-code")),
        (without(&|sent| sent["safe"]["says"] = json!(" ")), ("/sent/safe/says", "missing-words")),
        (without(&|sent| sent["name"] = json!("")), ("/sent/name", "missing-key")),
        (without(&|sent| sent["text"] = json!("\n")), ("/sent/text", "missing-key")),
        (without(&|sent| sent["way"] = json!("here")), ("/sent/way", "unknown-word")),
        // Whoever referred, and who else lives there, are not named unseen.
        (without(&|sent| sent["text"] = json!("A teacher told us.")), ("/sent/names_checked", "names-somebody")),
        (without(&|sent| sent["text"] = json!("About CANARY-people too.")), ("/sent/names_checked", "names-somebody")),
    ] {
        let (status, problem) = triage.post(&letters, &letter.to_string()[..40], &letter).await;
        assert_eq!((status, codes(&problem)), (StatusCode::UNPROCESSABLE_ENTITY, vec![expected]), "{letter:#}");
    }
    let both = json!({ "decisions": [decision], "to": "family", "sent": whole["sent"], "withheld": { "code": "RISK", "says": "No" } });
    let (_, problem) = triage.post(&letters, "both", &both).await;
    assert_eq!(codes(&problem), [("", "missing-key")]);
    let checked = without(&|sent| (sent["text"], sent["names_checked"]) = (json!("A. Teacher told us."), json!(true)));
    let (status, answer) = triage.post(&letters, "checked", &checked).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    // What a family is told is not for whoever referred.
    let (_, theirs) = Ask { router: &router, who: "school-system" }.get(&format!("/v1/referrals/{id}")).await;
    assert!(!theirs.to_string().contains("told us"), "{theirs:#}");
    verified(&record).await;
    closed(record, router).await;
}

async fn what_somebody_does_for_a_living_is_no_name(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    for (name, expected) in [
        ("The safeguarding lead", vec!["CANARY-PEOPLE"]),
        ("the school nurse, Kim", vec!["CANARY-PEOPLE", "Kim"]),
        ("kim invented", vec!["CANARY-PEOPLE", "invented", "kim"]),
        ("Theo Example", vec!["CANARY-PEOPLE", "Example", "Theo"]),
    ] {
        let mut family = a_family();
        family["referrer"]["name"] = json!(name);
        let (status, receipt) =
            Ask { router: &router, who: "school-system" }.post("/v1/referrals", name, &family).await;
        assert_eq!(status, StatusCode::CREATED, "{receipt:#}");
        let (keeping, id) = (Arc::clone(&record), receipt["id"].as_str().unwrap().to_owned());
        let names = move || keeping.case(&id).unwrap().names_of_others(0).unwrap();
        assert_eq!(tokio::task::spawn_blocking(names).await.unwrap(), expected, "{name}");
    }
    closed(record, router).await;
}

async fn telling_that_is_unsafe_is_refused_but_to_a_manager_who_says_why(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let mut by_word = a_family();
    by_word["family_told"] = json!("unsafe_to_tell");
    let mut by_rule = a_family();
    by_rule["children"][0]["facts"]["forced_marriage_or_honour_risk"] = json!(true);
    for (key, family) in [("by word", by_word), ("by rule", by_rule)] {
        let (status, receipt) = Ask { router: &router, who: "school-system" }.post("/v1/referrals", key, &family).await;
        assert_eq!(status, StatusCode::CREATED, "{receipt:#}");
        let path = format!("/v1/referrals/{}", receipt["id"].as_str().unwrap());
        let level = receipt["children"][0]["evaluation"]["at_least"]["rank"].clone();
        let decision = json!({ "child": "A", "shown": 1, "level": level, "view": "agrees", "outcome": "strategy_discussion",
                               "next_holder": { "organisation": "council:example" } });
        let manager = Ask { router: &router, who: "manager" };
        let (_, answer) = manager.post(&format!("{path}/decisions"), key, &decision).await;
        let mut letter = json!({ "decisions": [answer["id"]], "to": "family", "sent": {
            "name": "The parents", "way": "in_person", "text": "We are worried.", "safe": { "code": "HANDED", "says": "At school" } } });
        let letters = format!("{path}/letters");
        let social = Ask { router: &router, who: "social-worker" };
        let (_, problem) = social.post(&letters, key, &letter).await;
        assert_eq!(codes(&problem), [("/sent", "unsafe-to-tell")], "{key}");
        let (_, problem) = manager.post(&letters, &format!("{key} 2"), &letter).await;
        assert_eq!(codes(&problem), [("/sent/although", "unsafe-to-tell")], "{key}");
        letter["sent"]["although"] = json!("The strategy discussion agreed that they are told");
        let (status, answer) = manager.post(&letters, &format!("{key} 3"), &letter).await;
        assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    }
    verified(&record).await;
    closed(record, router).await;
}

async fn a_disagreement_is_answered_stage_by_stage_and_both_views_stay(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let (id, decision) = decided(&router, &a_family()).await;
    let path = format!("/v1/referrals/{id}");
    let all = format!("{path}/disagreements");
    let teacher = Ask { router: &router, who: "teacher" };
    let disagrees = |says: &str| json!({ "decision": decision, "party": "referrer", "level": 4, "about": "basic_care", "says": says });
    let mut wrong = disagrees("");
    (wrong["level"], wrong["about"]) = (json!(9), json!("basic_cares"));
    let (_, problem) = teacher.post(&all, "0", &wrong).await;
    assert_eq!(
        codes(&problem),
        [("/says", "missing-words"), ("/level", "out-of-range"), ("/about", "unknown-criterion")]
    );
    assert_eq!(problem["errors"][2]["suggestion"], "basic_care");
    let (status, problem) = Ask { router: &router, who: "police-system" }.post(&all, "0", &disagrees("Ours")).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{problem:#}");
    let (status, answer) = teacher.post(&all, "1", &disagrees("It has been so for a year.")).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let one = format!("{all}/{}", answer["id"].as_str().unwrap());
    let (_, problem) = teacher.post(&all, "2", &disagrees("Once more")).await;
    assert_eq!(codes(&problem), [("", "disagreed-before")]);
    let (_, read) = teacher.get(&path).await;
    assert_eq!((read["disagreement"].as_str(), read["answer_by"].is_string()), (Some("open"), true), "{read:#}");
    let due = |read: &Value| read["answer_by"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let first = due(&read);
    assert!(first > now(), "the first stage has time");
    // Each stage: who may answer it, and then it goes on.
    let answers = |ruling: &str, says: &str| json!({ "ruling": ruling, "says": says });
    let named = |says: &str| json!({ "ruling": "not_upheld", "says": says, "answered_by": "The head of the service" });
    let stands = answers("not_upheld", "A breakfast club helps.");
    let steps: [(&str, &str, Value, Codes<'_>); 11] = [
        ("teacher", "further", json!({ "says": "No" }), &[("", "not-answered-yet")]),
        ("triage-worker", "answers", stands.clone(), &[]),
        ("triage-worker", "answers", stands.clone(), &[("", "nothing-to-answer")]),
        ("teacher", "further", json!({ "says": "He is still hungry." }), &[]),
        ("social-worker", "answers", stands.clone(), &[("", "needs-a-manager")]),
        // The manager decided, so another answers; in the demonstration there is none.
        ("manager", "answers", stands.clone(), &[("", "same-person")]),
        ("teacher", "further", json!({ "says": "Nobody answers" }), &[("", "not-answered-yet")]),
        ("social-worker", "answers", named("x"), &[("", "needs-a-manager")]),
        ("teacher", "answers", stands.clone(), &[("forbidden", "")]),
        ("police-system", "further", json!({ "says": "x" }), &[("not found", "")]),
        ("triage-worker", "further", json!({ "says": " " }), &[("/says", "missing-words"), ("", "not-answered-yet")]),
    ];
    for (number, (who, what, body, expected)) in steps.iter().enumerate() {
        let ask = Ask { router: &router, who };
        let (status, answer) = ask.post(&format!("{one}/{what}"), &format!("step {number}"), body).await;
        match expected {
            [] => assert_eq!(status, StatusCode::CREATED, "{number}: {answer:#}"),
            [("forbidden", _)] => assert_eq!(status, StatusCode::FORBIDDEN, "{number}"),
            [("not found", _)] => assert_eq!(status, StatusCode::NOT_FOUND, "{number}"),
            _ => assert_eq!(codes(&answer), *expected, "{number}: {answer:#}"),
        }
    }
    // Nothing is erased while somebody waits for an answer; both views are read by both.
    let (_, read) = teacher.get(&path).await;
    assert!(due(&read) > first, "each stage has its own time");
    let all = &read["disagreements"][0];
    assert_eq!((all["stands"].as_str(), all["steps"].as_array().unwrap().len()), (Some("open"), 2), "{all:#}");
    assert!(all.to_string().contains("A breakfast club helps.") && all.to_string().contains("He is still hungry."));
    verified(&record).await;
    closed(record, router).await;
}

async fn while_somebody_waits_for_an_answer_nothing_is_erased(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let mut family = a_family();
    family["children"] = json!([{ "ref": "A", "facts": { "dental": "decay_in_treatment" } }]);
    let (_, receipt) = Ask { router: &router, who: "school-system" }.post("/v1/referrals", "1", &family).await;
    let id = receipt["id"].as_str().unwrap().to_owned();
    let manager = Ask { router: &router, who: "manager" };
    let decision = json!({ "child": "A", "shown": 1, "level": receipt["children"][0]["evaluation"]["at_least"]["rank"],
                           "view": "agrees", "outcome": "advice", "reason": { "code": "ASKED", "says": "Everyone was asked" },
                           "not_known": receipt["children"][0]["evaluation"]["ask_next"].as_array().unwrap().iter().map(|one| one["fact"].clone()).collect::<Vec<_>>() });
    let (status, answer) = manager.post(&format!("/v1/referrals/{id}/decisions"), "2", &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let pending = |record: &Arc<Record>, id: &str| {
        let (record, id) = (Arc::clone(record), id.to_owned());
        let permit = permit(demonstration("information-governance").unwrap(), Operation::Retain).unwrap();
        tokio::task::spawn_blocking(move || record.retention_of(&permit, &id).unwrap().pending)
    };
    assert!(!pending(&record, &id).await.unwrap(), "it is closed");
    let disagrees = json!({ "decision": answer["id"], "party": "referrer", "says": "It is worse." });
    let all = format!("/v1/referrals/{id}/disagreements");
    let (status, said) = Ask { router: &router, who: "teacher" }.post(&all, "3", &disagrees).await;
    assert_eq!(status, StatusCode::CREATED, "{said:#}");
    assert!(pending(&record, &id).await.unwrap(), "somebody waits for an answer");
    let answers = format!("{all}/{}/answers", said["id"].as_str().unwrap());
    let (status, _) =
        manager.post(&answers, "4", &json!({ "ruling": "not_upheld", "says": "It is in treatment." })).await;
    assert_eq!(status, StatusCode::CREATED);
    assert!(!pending(&record, &id).await.unwrap());
    closed(record, router).await;
}

async fn what_a_family_says_is_not_for_whoever_referred(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let (id, decision) = decided(&router, &a_family()).await;
    let path = format!("/v1/referrals/{id}");
    let all = format!("{path}/disagreements");
    let family = json!({ "decision": decision, "party": "family", "name": "Their mother", "says": "We need no help. CANARY-VIEW" });
    let (_, problem) = Ask { router: &router, who: "school-system" }.post(&all, "0", &family).await;
    assert_eq!(codes(&problem), [("/party", "not-yours")]);
    let triage = Ask { router: &router, who: "triage-worker" };
    let (status, answer) = triage.post(&all, "1", &family).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let school = Ask { router: &router, who: "school-system" };
    let (_, theirs) = school.get(&path).await;
    assert!(!theirs.to_string().contains("CANARY-VIEW") && theirs["disagreement"] == Value::Null, "{theirs:#}");
    let (_, list) = school.get("/v1/referrals").await;
    assert_eq!(
        (&list["referrals"][0]["answer_by"], &list["referrals"][0]["disagreement"]),
        (&Value::Null, &Value::Null)
    );
    let further = format!("{all}/{}/further", answer["id"].as_str().unwrap());
    let (status, _) = school.post(&further, "2", &json!({ "says": "x" })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    // Upheld: it is decided again, by a person; and the review of the rules finds it.
    let answers = format!("{all}/{}/answers", answer["id"].as_str().unwrap());
    let (status, answer) = triage.post(&answers, "3", &json!({ "ruling": "upheld", "says": "You are right." })).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let (_, read) = triage.get(&path).await;
    assert_eq!((read["standing"].as_str(), read["disagreement"].as_str()), (Some("reopened"), Some("upheld")));
    let keeping = Arc::clone(&record);
    let listed = move || keeping.list_disagreed(DisagreementStands::Upheld, 10).unwrap().len();
    assert_eq!(tokio::task::spawn_blocking(listed).await.unwrap(), 1);
    // What does not stand is told to nobody; that nobody is told may be said.
    let mut letter = json!({ "decisions": [decision], "to": "referrer", "sent": { "name": "A. Teacher", "way": "here", "text": "Early help." } });
    let (_, problem) = triage.post(&format!("{path}/letters"), "4", &letter).await;
    assert_eq!(codes(&problem), [("/decisions", "not-settled")]);
    letter = json!({ "decisions": [decision], "to": "referrer", "withheld": { "code": "NOBODY", "says": "It is decided again" } });
    let (status, answer) = triage.post(&format!("{path}/letters"), "5", &letter).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    verified(&record).await;
    closed(record, router).await;
}

async fn what_is_upheld_reopens_also_what_was_decided_again_meanwhile(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let (id, decision) = decided(&router, &a_family()).await;
    let all = format!("/v1/referrals/{id}/disagreements");
    let disagrees = json!({ "decision": decision, "party": "referrer", "says": "It is worse." });
    let (_, said) = Ask { router: &router, who: "teacher" }.post(&all, "1", &disagrees).await;
    let manager = Ask { router: &router, who: "manager" };
    let (_, read) = manager.get(&format!("/v1/referrals/{id}")).await;
    let again = read["decisions"][0]["decided"].clone();
    let (status, answer) = manager.post(&format!("/v1/referrals/{id}/decisions"), "2", &again).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let answers = format!("{all}/{}/answers", said["id"].as_str().unwrap());
    let (status, answer) = manager.post(&answers, "3", &json!({ "ruling": "upheld", "says": "You are right." })).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let (_, read) = manager.get(&format!("/v1/referrals/{id}")).await;
    assert_eq!(read["standing"], "reopened");
    verified(&record).await;
    closed(record, router).await;
}

async fn what_is_unsafe_to_tell_stays_so_when_it_is_joined(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let (_, receipt) =
        Ask { router: &router, who: "school-system" }.post("/v1/referrals", "earlier", &a_family()).await;
    let id = receipt["id"].as_str().unwrap().to_owned();
    let mut later = a_family();
    (later["received_at"], later["family_told"]) = (json!("2026-11-23T12:00:00Z"), json!("unsafe_to_tell"));
    (later["unsafe_to_share"], later["referrer"]["organisation"]) = (json!(true), json!("police:example"));
    later["children"][0]["facts"] = json!({ "often_hungry": true });
    let (_, receipt) = Ask { router: &router, who: "police-system" }.post("/v1/referrals", "later", &later).await;
    let join = json!({ "child": "A", "to": id, "to_child": "A" });
    let triage = Ask { router: &router, who: "triage-worker" };
    let joined = format!("/v1/referrals/{}/joined", receipt["id"].as_str().unwrap());
    let (status, answer) = triage.post(&joined, "join", &join).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let (keeping, at) = (Arc::clone(&record), id.clone());
    let shared = move || {
        let case = keeping.case(&at).unwrap();
        let rules = keeping.rule_set(&case.evaluated().unwrap().rule_set).unwrap();
        let reasons = case.reasons_to_share(&rules, 0).unwrap();
        (case.is_unsafe_to_tell().unwrap(), reasons.iter().any(|reason| reason.id == "often_hungry"))
    };
    assert_eq!(tokio::task::spawn_blocking(shared).await.unwrap(), (true, false));
    closed(record, router).await;
}

async fn what_is_given_is_reviewed_part_by_part(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let mut family = a_family();
    family["children"][1]["name"] = json!("CANARY-SIBLING");
    family["household"]["facts"]["parental_mental_health"] = json!("some_impact");
    let (id, _) = decided(&router, &family).await;
    let path = format!("/v1/referrals/{id}");
    let triage = Ask { router: &router, who: "triage-worker" };
    let secret = json!({ "kind": "check", "said_by": { "agency": "police", "name": "CANARY-OFFICER" }, "unsafe_to_share": true,
                         "account": "CANARY-SECRET", "children": [{ "ref": "A", "facts": { "often_hungry": true } }] });
    let disputed =
        json!({ "kind": "disputed", "said_by": { "role": "mother" }, "corrects": 1, "account": "CANARY-THEIRS" });
    for (key, piece) in [("1", secret), ("2", disputed)] {
        let (status, answer) = triage.post(&format!("{path}/information"), key, &piece).await;
        assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    }
    let keeping = Arc::clone(&record);
    let reviewed = move || {
        let rules = kept.rules(&keeping);
        let case = keeping.case(&id).unwrap();
        let parts = keeping.parts(&case, &rules, 0).unwrap();
        let find = |canary: &str| {
            parts.iter().filter(|part| part.text.contains(canary) || part.title.contains(canary)).collect::<Vec<_>>()
        };
        // What is about the child alone, what was marked, and what is about others, is told apart.
        for (canary, about, exempt) in [
            ("Name: Invented Child", AboutWhom::Child, None),
            ("CANARY-WORDS", AboutWhom::Both, None),
            ("CANARY-THEIRS", AboutWhom::Both, None),
            ("CANARY-ACCOUNT", AboutWhom::Both, None),
            ("CANARY-PEOPLE", AboutWhom::Others, Some("THIRD")),
            ("CANARY-SIBLING", AboutWhom::Others, Some("THIRD")),
            ("CANARY-SECRET", AboutWhom::Both, Some("HARM")),
            ("often hungry", AboutWhom::Both, Some("HARM")),
            ("mental ill health", AboutWhom::Both, Some("THIRD")),
        ] {
            let found = find(canary);
            let found = found.iter().find(|part| (part.about, part.exempt) == (about, exempt));
            assert!(found.is_some(), "{canary}: {parts:#?}");
        }
        let answers = parts.iter().find(|part| part.id == "answers").unwrap();
        assert!(!answers.text.contains("often hungry") && !answers.text.contains("mental ill health"), "{answers:?}");
        let permit = permit(demonstration("manager").unwrap(), Operation::Disclose).unwrap();
        let give = |key: &str, parts: Vec<PartDisclosed>, to: &str| {
            let once = Once::new(&permit, key, "a disclosure", key.as_bytes());
            let reviewed = Reviewed { version: case.listed.version, to: to.into(), parts };
            keeping.disclose(&permit, &id, 0, &rules, reviewed, once, now()).and_then(Pending::wait_here)
        };
        let whole: Vec<PartDisclosed> = parts
            .iter()
            .map(|part| PartDisclosed {
                part: part.id.clone(),
                title: part.title.clone(),
                given: Some(part.text.clone()),
                left_out: None,
            })
            .collect();
        // Every part is reviewed; what is cut has its reason.
        assert!(give("a", whole[1..].to_vec(), "Their mother").is_err(), "a part is missing");
        assert!(give("b", whole.clone(), " ").is_err(), "to nobody");
        let mut cut = whole.clone();
        cut[2].given = Some("shorter".into());
        assert!(give("c", cut.clone(), "Their mother").is_err(), "cut without a reason");
        cut[2].left_out = Some("WHIM".into());
        assert!(give("d", cut.clone(), "Their mother").is_err(), "a reason that is not listed");
        (cut[2].left_out, cut[3].given, cut[3].left_out) = (Some("THIRD".into()), None, Some("HARM".into()));
        let written = give("e", cut.clone(), "Their mother").unwrap();
        let event = keeping.answered(written).unwrap();
        let case = keeping.case(&id).unwrap();
        let (_, given) = case.disclosure(&event.leaf.id).unwrap();
        assert_eq!((given.parts.clone(), given.to.as_str()), (cut, "Their mother"));
        kept
    };
    let _kept = tokio::task::spawn_blocking(reviewed).await.unwrap();
    verified(&record).await;
    closed(record, router).await;
}
