//! Somebody telephones: typed while they speak, paused, gone on with, read back; whose words it is stays beside it.

use axum::http::StatusCode;
use serde_json::{Value, json};
use windscreen::record::case::Case;

use super::Served;
use super::browser::{Browser, Page};
use crate::record::{Ask, a_family};

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What is entered under a name; a fact that is not listed here is not known.
const NEIGHBOUR: [(&str, &str); 13] = [
    ("referrer.anonymous", "yes"),
    ("referrer.agency", "public"),
    ("referrer.basis", "seen_or_heard"),
    ("call.where", "In the flat above, with his father"),
    ("child.1.fact.child_disclosed_physical_abuse", "yes"),
    ("child.1.name", "The boy above"),
    ("child.1.concerns", "none"),
    ("account.seen", "He called from the window that his father hit him."),
    ("family.told", "no"),
    ("family.told", "not_yet"),
    ("family.agrees", "not_asked"),
    ("family.basis", "public_task"),
    ("read_back", "confirmed"),
];

/// Fills in a page of a call as somebody who knows the story.
async fn fill(browser: &mut Browser, page: &Page, story: &[(&str, &str)], go: &str) -> Page {
    let form = page.form("/drafts/");
    let mut filled = pairs(&[("go", go)]);
    for input in &form.inputs {
        let is_filled = |filled: &[(String, String)]| filled.iter().any(|(name, _)| *name == input.name);
        let told = story.iter().find(|(name, value)| {
            let is_choice = ["radio", "checkbox"].contains(&input.kind.as_str());
            *name == input.name && (!is_choice || *value == input.value)
        });
        let unknown = input.kind == "radio" && input.value == "not_known" && input.name.contains(".fact.");
        let base = input.name.strip_suffix(".instead").unwrap_or(&input.name);
        let unknown = unknown && !story.iter().any(|(name, _)| *name == base);
        match told {
            Some((name, value)) if !is_filled(&filled) => filled.push(((*name).to_owned(), (*value).to_owned())),
            None if unknown && !is_filled(&filled) => filled.push((input.name.clone(), "not_known".to_owned())),
            _ => {}
        }
    }
    browser.submit(&form, &filled).await
}

async fn take_call(browser: &mut Browser) -> (String, Page) {
    let form = browser.go("/drafts").await.form("/calls");
    let page = browser.submit(&form, &[]).await;
    assert!(page.path.ends_with("/referrer") && page.html.contains("Who is calling?"), "{}", page.html);
    (page.path.trim_end_matches("/referrer").to_owned(), page)
}

/// From wherever a call stands to the page where answers are checked.
async fn to_the_check(browser: &mut Browser, mut page: Page, story: &[(&str, &str)]) -> Page {
    for _ in 0..60 {
        assert_eq!(page.status, StatusCode::OK, "{}: {}", page.path, page.html);
        assert!(page.html.len() <= 60 * 1024, "{} weighs {}", page.path, page.html.len());
        if page.path.ends_with("/check") {
            return page;
        }
        page = fill(browser, &page, story, "next").await;
    }
    panic!("the call does not end; last at {}", page.path);
}

async fn case(served: &Served, page: &Page) -> Case {
    let reference = page.path.rsplit('/').next().unwrap().to_owned();
    let record = std::sync::Arc::clone(&served.record);
    tokio::task::spawn_blocking(move || record.case(&reference).unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbours_call_is_typed_paused_gone_on_with_read_back_and_sent() {
    let served = Served::begin().await;
    let mut browser = Browser::signed_in(&served.router, "call-taker").await;
    let (draft, page) = take_call(&mut browser).await;
    // Before anything else: whom to ring back, and how they know.
    let wrong = browser.submit(&page.form("/referrer"), &pairs(&[("go", "next")])).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for says in [
        "Enter the name of the caller",
        "Enter the number to ring back on",
        "Choose who they are",
        "Choose how the caller knows",
    ] {
        assert!(wrong.html.contains(says), "{says}: {}", wrong.html);
    }
    // A professional does not stay anonymous, and nobody is both named and anonymous.
    let mut page = wrong;
    for (name, agency, says) in
        [("", "school", "Only a member of the public may stay anonymous"), ("A name", "public", "Take the name out")]
    {
        let filled = [("referrer.anonymous", "yes"), ("referrer.agency", agency), ("referrer.name", name)];
        page = browser.submit(&page.form("/referrer"), &pairs(&filled)).await;
        assert!(page.status == StatusCode::UNPROCESSABLE_ENTITY && page.html.contains(says), "{}", page.html);
    }
    let page = browser.submit(&page.form("/referrer"), &pairs(&[("referrer.name", "")])).await;
    let page = fill(&mut browser, &page, &NEIGHBOUR, "next").await;
    // Then at once whether a child is in danger, in words that can be said, before anybody is named.
    assert!(page.path.ends_with("/first.1.1"), "{}", page.path);
    assert!(page.html.contains("Is the child, or any other child there, in danger right now?"), "{}", page.html);
    assert!(!page.html.contains("Save and come back later") && page.html.contains("Pause this call"));
    // Paused in the middle: what was typed so far is kept, also where the page is not yet right.
    let half = pairs(&[("child.1.fact.immediate_danger_now", "yes"), ("go", "pause")]);
    let list = browser.submit(&page.form("/first.1.1"), &half).await;
    assert_eq!(list.path, "/drafts");
    for says in [
        "Paused call from a caller without a name",
        "by A call taker at the hub",
        "There is no number to ring back on",
        "Still open: Questions that are always asked; The children and the household",
    ] {
        assert!(list.html.contains(says), "{says}: {}", list.html);
    }
    // A paused call stands in no other list: the worklist leads to it, and says that it cannot wait.
    let says = "Calls to go on with: 1, of which with something to do at once: 1";
    assert!(
        browser.go("/worklist").await.html.contains(says) && list.html.matches("govuk-warning-text__text").count() > 0
    );
    assert!(!Browser::signed_in(&served.router, "teacher").await.go("/worklist").await.html.contains("Calls to go on"));
    // A colleague goes on with it, at the first step that is open, and what cannot wait stands on top.
    let mut colleague = Browser::signed_in(&served.router, "triage-worker").await;
    let form = colleague.go("/drafts").await.form("/call");
    let page = colleague.submit(&form, &pairs(&[("go", "resume")])).await;
    assert!(page.path.ends_with("/first.1.1"), "{}", page.path);
    assert!(
        page.html.contains("aria-label=\"Do this now\"") && page.html.contains("value=\"yes\" checked"),
        "{}",
        page.html
    );
    assert!(colleague.go("/drafts").await.html.contains("Call that was not finished"));
    // It was a slip.
    let mut story = NEIGHBOUR.to_vec();
    story.push(("child.1.fact.immediate_danger_now", "no"));
    let check = to_the_check(&mut colleague, page, &story).await;
    let read = browser.go(&format!("{draft}/read_back")).await;
    let danger = read.html.find("Has the child told anybody that someone hit them or hurt them? Yes.").unwrap();
    let account = read.html.find("What was seen: He called from the window").unwrap();
    assert!(danger < account && read.html.contains("You do not know: "), "danger first: {}", read.html);
    // What is changed after it was read back is read back again.
    assert!(check.html.contains("Send and see"), "{}", check.html);
    let page = browser.go(&format!("{draft}/account")).await;
    let page = browser
        .submit(&page.form("/account"), &pairs(&[("account.seen", "He shouted that his father hit him.")]))
        .await;
    assert!(!page.html.contains("Send and see"));
    let check = browser.go(&format!("{draft}/check")).await;
    assert!(
        !check.html.contains("Send and see")
            && check.html.contains("Choose what the caller said when you read it back"),
        "{}",
        check.html
    );
    // What a colleague changes while it is read back was not read back either.
    let page = browser.go(&format!("{draft}/read_back")).await;
    let account = colleague.go(&format!("{draft}/account")).await.form("/account");
    colleague.submit(&account, &pairs(&[("account.seen", "He shouted that his uncle hit him.")])).await;
    let refused = browser.submit(&page.form("/read_back"), &pairs(&[("read_back", "confirmed")])).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.html);
    assert!(refused.html.contains("Read it back again as it stands now") && refused.html.contains("his uncle hit him"));
    let check = browser.go(&format!("{draft}/check")).await;
    assert!(!check.html.contains("Send and see"), "{}", check.html);
    let page = browser.go(&format!("{draft}/read_back")).await;
    let wrong = browser.submit(&page.form("/read_back"), &pairs(&[("read_back", "corrected")])).await;
    assert!(wrong.html.contains("Write down what the caller disagrees with"), "{}", wrong.html);
    let disagrees = pairs(&[("read_back", "corrected"), ("read_back.words", "It was his uncle.")]);
    let check = browser.submit(&wrong.form("/read_back"), &disagrees).await;
    let answer = browser.submit(&check.form("/check"), &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.html);
    for says in [
        "Called by",
        "Somebody who did not want to say who they are",
        "Typed by",
        "A call taker at the hub",
        "Read back; the caller disagreed with some of it",
        "Saw or heard it themselves",
        "Letter by letter, to read out",
        "Rests only on what an anonymous caller said.",
        "When it was read back, the caller said:\nIt was his uncle.",
        "Where the child is now:\nIn the flat above, with his father",
        "The referral, The public, anonymous, saw or heard it themselves.",
    ] {
        assert!(answer.html.contains(says), "{says}: {}", answer.html);
    }
    let case = case(&served, &answer).await;
    let request: Value = serde_json::from_str(case.first().unwrap().request.get()).unwrap();
    assert_eq!(
        request["referrer"],
        json!({ "organisation": "council:example", "agency": "public", "source_code": "9",
        "basis": "seen_or_heard", "anonymous": true })
    );
    assert_eq!(request["call"]["read_back"], "corrected");
    assert_eq!(
        (&request["call"]["began_at"], case.listed.decided_by),
        (&request["received_at"], None),
        "the clock runs from the first word"
    );
    // Whoever rings again is known.
    let page = browser.go(&format!("{}/information?by=referrer", answer.path)).await;
    let form = page.form("/information");
    let chosen =
        |name: &str, value: &str| form.inputs.iter().any(|one| one.name == name && one.value == value && one.is_chosen);
    assert!(
        chosen("said_by.anonymous", "yes")
            && chosen("said_by.basis", "seen_or_heard")
            && chosen("said_by.agency", "public")
            && chosen("kind", "answers"),
        "{:?}",
        form.inputs
    );
    assert!(page.html.contains("<input type=\"hidden\" name=\"by\" value=\"referrer\">"), "also of another topic");
    // What they say then is as anonymous; nobody makes a professional so.
    let more = |agency| pairs(&[("account", "The father is back."), ("said_by.agency", agency)]);
    let wrong = browser.submit(&form, &more("school")).await;
    assert!(wrong.html.contains("Only a member of the public may stay anonymous"), "{}", wrong.html);
    let page = browser.submit(&form, &more("public")).await;
    assert!(
        page.html.contains("from The public, anonymous, saw or heard it themselves (entered by A call taker"),
        "{}",
        page.html
    );
    let record = std::sync::Arc::clone(&served.record);
    let sound = tokio::task::spawn_blocking(move || {
        record.sign_now().unwrap();
        let replayed = record.replay(None).unwrap();
        replayed.differ.is_empty() && record.verify(Vec::new()).unwrap().is_ok()
    });
    assert!(sound.await.unwrap());
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_who_is_named_later_is_asked_about_and_a_caller_who_rings_off_is_kept() {
    let served = Served::begin().await;
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let (draft, page) = take_call(&mut browser).await;
    let mut story = NEIGHBOUR[2..].to_vec();
    story.extend([
        ("referrer.name", "Invented Nurse"),
        ("referrer.agency", "health_visitor"),
        ("referrer.contact", "01632 960123"),
        ("child.2.name", "Her sister"),
        ("child.2.concerns", "none"),
        ("level", "unsure"),
    ]);
    let mut page = fill(&mut browser, &page, &story, "next").await;
    assert!(page.html.contains("If it is cut off, ring back on <strong>01632 960123</strong>"), "{}", page.html);
    while !page.path.ends_with("/children") {
        page = fill(&mut browser, &page, &story, "next").await;
    }
    let page = browser.submit(&page.form("/children"), &pairs(&[("add", "child")])).await;
    assert!(page.path.ends_with("/child.2"), "{}", page.path);
    let page = fill(&mut browser, &page, &story, "next").await;
    assert!(page.path.ends_with("/first.2.1"), "nobody is passed over: {}", page.path);
    // One who is left out of the way back is asked about all the same.
    let page = browser.go(&format!("{draft}/family")).await;
    let page = fill(&mut browser, &page, &story, "next").await;
    assert!(page.path.ends_with("/first.2.1"), "{}", page.path);
    let page = browser.go(&format!("{draft}/child.1")).await;
    story.retain(|(name, _)| *name != "read_back");
    story.push(("read_back", "not_possible"));
    let check = to_the_check(&mut browser, page, &story).await;
    let held = browser.submit(&check.form("/call"), &pairs(&[("go", "pause")])).await;
    assert!(
        held.html.contains("Paused call from Invented Nurse")
            && held.html.contains("Ring back on <strong>01632 960123</strong>"),
        "{}",
        held.html
    );
    let check = browser.submit(&held.form("/call"), &pairs(&[("go", "resume")])).await;
    let answer = browser.submit(&check.form("/check"), &[]).await;
    assert!(answer.html.contains("Not read back: the caller had rung off, at "), "{}", answer.html);
    assert!(!answer.html.contains("Rests only on"), "a nurse who saw it: {}", answer.html);
    // Only who acts for the hub takes calls.
    let mut teacher = Browser::signed_in(&served.router, "teacher").await;
    let page = teacher.go("/drafts").await;
    assert!(!page.html.contains("Take a call") && !page.html.contains("Paused call"));
    let token = page.form("/drafts").inputs.iter().find(|one| one.name == "form-token").unwrap().value.clone();
    assert_eq!(teacher.post("/calls", &[("form-token", &token)]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        teacher.post(&format!("{draft}/call"), &[("form-token", &token), ("go", "pause")]).await.status,
        StatusCode::NOT_FOUND
    );
    served.end().await;
}

/// The same words, from whomever.
fn told_by(referrer: &Value) -> Value {
    json!({ "received_at": "2026-11-23T10:30:00+00:00", "referrer": referrer, "children": [{ "ref": "A", "name": "Invented Child",
            "date_of_birth": "2018-05-01", "facts": { "child_disclosed_physical_abuse": true, "keeping_safe": "unable" } }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_words_have_the_same_answer_whoever_says_them() {
    let served = Served::begin().await;
    let ask = Ask { router: &served.router, who: "triage-worker" };
    let mut answers = Vec::new();
    for (key, referrer, on) in [
        (
            "teacher",
            json!({ "organisation": "school:example-primary", "agency": "school", "name": "A. Teacher", "basis": "told_by_the_child" }),
            json!([]),
        ),
        (
            "neighbour",
            json!({ "organisation": "council:example", "agency": "public", "anonymous": true, "basis": "told_by_another" }),
            json!("anonymous"),
        ),
        (
            "aunt",
            json!({ "organisation": "council:example", "agency": "family", "name": "An aunt", "basis": "told_by_another" }),
            json!("third_hand"),
        ),
    ] {
        let (status, answer) = ask.post("/v1/referrals", key, &told_by(&referrer)).await;
        assert_eq!(status, StatusCode::CREATED, "{answer:#}");
        answers.push(answer["children"][0]["evaluation"].clone());
        let (_, read) = ask.get(&format!("/v1/referrals/{}", answer["id"].as_str().unwrap())).await;
        let told = &read["came_from"][0];
        let rests = told["rests_only_on"].as_array().unwrap();
        assert_eq!(rests.is_empty(), on == json!([]), "{told:#}");
        assert!(rests.iter().all(|one| one["on"] == on) && (rests.is_empty() || rests.len() > 1), "{told:#}");
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]) && answers[0]["at_least"]["rank"] == 5, "{answers:#?}");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_takes_back_what_they_said_and_the_level_stays() {
    let served = Served::begin().await;
    let ask = Ask { router: &served.router, who: "triage-worker" };
    let teacher = json!({ "organisation": "school:example-primary", "agency": "school", "name": "A. Teacher", "basis": "told_by_the_child" });
    let (_, answer) = ask.post("/v1/referrals", "told", &told_by(&teacher)).await;
    let at = format!("/referrals/{}", answer["reference"].as_str().unwrap());
    let mut browser = Browser::signed_in(&served.router, "social-worker").await;
    let form = browser.go(&format!("{at}/information?topic=physical_harm")).await.form("/information");
    let back = pairs(&[
        ("kind", "retraction"),
        ("said_by.name", "Invented Child"),
        ("said_by.agency", "family"),
        ("said_by.basis", "seen_or_heard"),
        ("account", "I made it up."),
        ("child.1.fact.child_disclosed_physical_abuse", "no"),
    ]);
    let page = browser.submit(&form, &back).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    for says in [
        "level 5: Protection",
        "Yes; also said: No",
        "Yes: the referral, School, college, told by the child; used.",
        "No: entry 2, The child and the family themselves, saw or heard it themselves.",
        "retraction",
    ] {
        assert!(page.html.to_lowercase().contains(&says.to_lowercase()), "{says}: {}", page.html);
    }
    // To the school, which did not hear that, only its own words.
    let school = Ask { router: &served.router, who: "school-system" };
    let (_, read) = school.get(&format!("/v1{at}")).await;
    let pieces: Vec<&Value> = read["came_from"][0]["facts"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|fact| fact["accounts"].as_array().unwrap())
        .map(|account| &account["piece"])
        .collect();
    assert!(!pieces.is_empty() && pieces.iter().all(|piece| **piece == 1), "{read:#}");
    let mut theirs = Browser::signed_in(&served.router, "teacher").await;
    let page = theirs.go(&at).await;
    assert!(!page.html.contains("also said") && !page.html.contains("entry 2"), "{}", page.html);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gps_reply_that_raises_a_closed_referral_reopens_it_and_tells_whoever_decided() {
    let served = Served::begin().await;
    let ask = Ask { router: &served.router, who: "triage-worker" };
    let (_, answer) = ask.post("/v1/referrals", "low", &json!({ "received_at": "2026-11-23T10:30:00+00:00", "household": { "facts": { "family_told": "told" } },
        "referrer": { "organisation": "school:example-primary", "agency": "school", "name": "A. Teacher" },
        "children": [{ "ref": "A", "name": "Invented Child", "date_of_birth": "2018-05-01", "facts": { "basic_care": "struggling" } }] })).await;
    let reference = answer["reference"].as_str().unwrap().to_owned();
    let at = format!("/referrals/{reference}");
    let not_known: Vec<String> = answer["children"][0]["evaluation"]["ask_next"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ask| ask["fact"].as_str().unwrap().to_owned())
        .collect();
    let closes = json!({ "child": "A", "shown": 1, "level": answer["children"][0]["evaluation"]["at_least"]["rank"], "view": "agrees", "outcome": "no_further_action",
        "not_known": not_known, "reason": { "code": "ASKED", "says": "The family manages with the help it has" } });
    let manager = Ask { router: &served.router, who: "manager" };
    let (status, decided) = manager.post(&format!("/v1{at}/decisions"), "closes", &closes).await;
    assert_eq!(status, StatusCode::CREATED, "{decided:#}");
    let mut decider = Browser::signed_in(&served.router, "manager").await;
    assert!(!decider.go("/worklist").await.html.contains("Reopened: you decided"));
    assert_eq!(ask.get(&format!("/v1{at}")).await.1["standing"], "closed");
    // The practice looked into its records.
    let mut social = Browser::signed_in(&served.router, "social-worker").await;
    let form = social.go(&format!("{at}/information?topic=physical_harm")).await.form("/information");
    let reply = pairs(&[
        ("kind", "check"),
        ("said_by.name", "Dr Invented"),
        ("said_by.agency", "gp"),
        ("said_by.basis", "from_records"),
        ("child.1.fact.child_disclosed_physical_abuse", "yes"),
    ]);
    let page = social.submit(&form, &reply).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    assert!(
        page.html.contains("The answer rose after this decision. From ")
            && page.html.contains("by entry 2 (GP, from records). Decide again."),
        "{}",
        page.html
    );
    let list = decider.go("/worklist").await;
    let told = list.between("Reopened: you decided", "</section>").unwrap();
    assert!(told.contains(&reference) && told.contains("level 5, by entry 2 (GP, from records)"), "{told}");
    // Nobody else is told that they decided, and the school not whose words raised it.
    assert!(!social.go("/worklist").await.html.contains("Reopened: you decided"));
    let mut teacher = Browser::signed_in(&served.router, "teacher").await;
    let theirs = teacher.go(&at).await.html;
    // With its bracket: a form's random token can hold the two letters by chance.
    assert!(!theirs.contains("(GP") && !theirs.contains("Dr Invented") && !theirs.contains("entry 2"), "{theirs}");
    // Once it is decided again the list is empty.
    let higher = json!({ "child": "A", "shown": 2, "level": 5, "view": "agrees", "outcome": "strategy_discussion", "next_holder": { "organisation": "council:example" } });
    let (status, decided) = manager.post(&format!("/v1{at}/decisions"), "again", &higher).await;
    assert_eq!(status, StatusCode::CREATED, "{decided:#}");
    assert!(!decider.go("/worklist").await.html.contains("Reopened: you decided"));
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_says_what_is_from_the_record_what_from_memory_and_what_nobody_asked() {
    let served = Served::begin().await;
    let ask = Ask { router: &served.router, who: "triage-worker" };
    let again = |received_at: &str, agency: &str, source: &str, facts: Value| {
        let mut referral = a_family();
        (referral["received_at"], referral["referrer"]["agency"]) = (received_at.into(), agency.into());
        referral["referrer"]["source_code"] = source.into();
        referral["children"] = json!([referral["children"][0]]);
        referral["children"][0]["facts"] = facts;
        referral
    };
    for (key, at, agency, source) in [
        ("police", "2026-03-01T10:00:00Z", "police", "6"),
        ("gp", "2026-04-01T10:00:00Z", "gp", "3A"),
        ("neighbour", "2026-05-01T10:00:00Z", "public", "1B"),
        ("old", "2024-05-01T10:00:00Z", "housing", "4"),
    ] {
        ask.post("/v1/referrals", key, &again(at, agency, source, json!({}))).await;
    }
    let (_, answer) = ask
        .post(
            "/v1/referrals",
            "now",
            &again(
                "2026-11-23T10:30:00Z",
                "school",
                "2A",
                json!({ "previous_contacts_12m": 5, "early_help_months": "not_known" }),
            ),
        )
        .await;
    let at = format!("/referrals/{}", answer["reference"].as_str().unwrap());
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let mut page = browser.go(&at).await;
    assert!(page.html.contains("What confirming it fills in, from the record: How many earlier contacts about this child, made by professionals, in the last 12 months? 1. How many agencies hold separate concerns? 2."), "{}", page.html);
    // The oldest first: of another time, then police, GP and a neighbour, who is no agency.
    for _ in 0..4 {
        page = browser.submit(&page.form("/earlier"), &[]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    }
    let history = page.between("what is from the record, and what from memory", "</details>").unwrap();
    for says in [
        "5; also said: 2",
        "5: the referral, School, college, from memory; used.",
        "2: the record of earlier referrals, confirmed by A triage worker at the hub (entry 5).",
        "How many agencies hold separate concerns?",
        ">3<",
        "Not known",
        "Never asked: Was there an accepted referral in the last 12 months?",
    ] {
        assert!(history.contains(says), "{says}: {history}");
    }
    assert!(!page.html.contains("What confirming it fills in"));
    served.end().await;
}
