//! Nothing that was said is dropped, doubled or hidden, whatever happens meanwhile.

use axum::http::StatusCode;
use windscreen::criteria::Kind;
use windscreen::form::{Asks, Choice, Draft, Entered, Field, Journey, Tampered, wrong};

use super::Served;
use super::browser::Browser;
use super::form::rules;
use crate::record::{Ask, a_family};

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A step of a draft, and what is entered in it.
type Entries<'e> = (&'e str, &'e [(&'e str, &'e str)]);

/// Without which a referral about one child cannot be sent.
const WHAT_IS_NEEDED: [Entries<'_>; 3] = [
    (
        "referrer",
        &[
            ("referrer.organisation", "council:example"),
            ("referrer.name", "A"),
            ("referrer.contact", "B"),
            ("referrer.agency", "school"),
        ],
    ),
    ("child.1", &[("child.1.name", "Invented Child")]),
    ("account", &[("account.seen", "Nothing")]),
];

async fn fill_in(browser: &mut Browser, draft: &str, steps: &[Entries<'_>]) {
    for (step, entries) in steps {
        let form = browser.go(&format!("{draft}/{step}")).await.form(step);
        browser.submit(&form, &pairs(entries)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_most_urgent_stands_first_however_many_came_before_it() {
    let served = Served::begin().await;
    let ask = Ask { router: &served.router, who: "triage-worker" };
    let mut family = a_family();
    let mut last = String::new();
    for count in 0..106 {
        family["received_at"] = format!("2026-11-23T10:{:02}:{:02}Z", count / 60, count % 60).into();
        if count == 105 {
            family["children"][0]["facts"]["immediate_danger_now"] = true.into();
        }
        let (status, answer) = ask.post("/v1/referrals", &count.to_string(), &family).await;
        assert_eq!(status, StatusCode::CREATED);
        last = answer["reference"].as_str().unwrap().to_owned();
    }
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let html = browser.go("/worklist").await.html;
    let first = html.find("href=\"&#x2f;referrals&#x2f;").or_else(|| html.find("href=\"/referrals/")).unwrap();
    assert!(html[first..first + 80].contains(&last), "{}", &html[first..first + 80]);
    assert!(html.contains("There are more than are shown here"));
    assert_eq!(html.matches("<th scope=\"row\"").count(), 80);
    served.end().await;
}

#[test]
fn a_topic_that_is_no_longer_offered_is_told_and_not_dropped() {
    let offered = Asks::Several(vec![Choice::new("neglect", "Neglect"), Choice::new("none", "None")]);
    let fields = [Field::new("child.1.concerns", "Worries", offered)];
    assert!(wrong(&fields, &[vec!["neglect".into()]]).is_empty());
    assert_eq!(wrong(&fields, &[vec!["neglect".into(), "renamed".into()]]).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn information_sent_twice_is_one_piece_and_the_second_answer_is_the_first() {
    let served = Served::begin().await;
    let (_, answer) =
        Ask { router: &served.router, who: "triage-worker" }.post("/v1/referrals", "key", &a_family()).await;
    let at = format!("/referrals/{}", answer["reference"].as_str().unwrap());
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let form = browser.go(&format!("{at}/information?child=1")).await.form("/information");
    let question =
        form.inputs.iter().find(|input| input.name.starts_with("child.1.fact.") && input.value == "no").unwrap();
    let filled = pairs(&[("kind", "answers"), ("said_by.name", "A neighbour"), (&question.name, "no")]);
    for _ in 0..2 {
        let page = browser.submit_only(&form, &filled).await;
        assert_eq!((page.status, page.path), (StatusCode::SEE_OTHER, at.clone()), "{}", page.html);
    }
    assert_eq!(browser.go(&at).await.html.matches("from A neighbour (entered by").count(), 1);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_on_a_page_that_a_colleague_closed_are_kept_and_counted() {
    let served = Served::begin().await;
    let mut one = Browser::signed_in(&served.router, "triage-worker").await;
    let mut other = Browser::signed_in(&served.router, "social-worker").await;
    let draft = one.begin_draft_of_a_child().await;
    let topics = format!("{draft}/topics.1");
    let form = one.go(&topics).await.form("/topics");
    let page = one.submit(&form, &pairs(&[("child.1.concerns", "neglect_and_care")])).await;
    let asks = |page: &super::browser::Page| {
        page.form("/about.").inputs.into_iter().find(|input| input.name.starts_with("child.1.fact."))
    };
    // The household's questions may come first.
    let page = if asks(&page).is_some() { page } else { one.submit(&page.form("/about."), &[]).await };
    let (open, asked) = (page.form("/about."), asks(&page).unwrap());
    // A colleague takes the topic back while the page is open.
    let form = other.go(&topics).await.form("/topics");
    let mut none = form.clone();
    none.inputs.retain(|input| input.kind == "hidden");
    other.submit(&none, &pairs(&[("child.1.concerns", "none"), ("go", "later")])).await;
    let page = one.submit(&open, &pairs(&[(&asked.name, &asked.value)])).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    let check = one.go(&format!("{draft}/check")).await.html;
    assert!(check.contains(&format!("#{}", asked.name)), "what was answered stands where answers are checked: {check}");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_two_people_send_at_once_is_one_referral() {
    let served = Served::begin().await;
    let mut one = Browser::signed_in(&served.router, "triage-worker").await;
    let mut other = Browser::signed_in(&served.router, "social-worker").await;
    let draft = one.begin_draft_of_a_child().await;
    fill_in(&mut one, &draft, &WHAT_IS_NEEDED).await;
    let check = format!("{draft}/check");
    let (first, second) = (one.go(&check).await.form("/check"), other.go(&check).await.form("/check"));
    // Under other criteria than were shown nothing is sent.
    let page = one.submit_only(&first, &pairs(&[("rules", "sha256:another")])).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.html.contains("the criteria changed since you opened this page"), "{}", page.html);
    let (first, second) = tokio::join!(one.submit_only(&first, &[]), other.submit_only(&second, &[]));
    assert_eq!(
        (first.status, second.status),
        (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER),
        "{}{}",
        first.html,
        second.html
    );
    assert_eq!(first.path, second.path);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_referral_of_the_same_child_stands_beside_and_is_confirmed_there() {
    let served = Served::begin().await;
    let ask = Ask { router: &served.router, who: "triage-worker" };
    let mut referrals = Vec::new();
    for (key, received) in [("first", "2026-09-01T10:00:00Z"), ("second", "2026-11-23T10:00:00Z")] {
        let mut family = a_family();
        family["received_at"] = received.into();
        let (_, answer) = ask.post("/v1/referrals", key, &family).await;
        referrals.push(format!("/referrals/{}", answer["reference"].as_str().unwrap()));
    }
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    assert!(browser.go(&referrals[0]).await.html.contains("None was found here by NHS number"));
    let page = browser.go(&referrals[1]).await;
    assert!(page.html.contains("Earlier referrals may be of the same child</a>: 1."), "{}", page.html);
    assert!(page.html.contains("Invented Child: received at 11:00 on Tuesday 1 September 2026"), "{}", page.html);
    // About the same incident it counts for nothing here, which is no word about contacts elsewhere.
    let page = browser.submit(&page.form("/earlier"), &pairs(&[("same_incident", "yes")])).await;
    assert!(page.html.contains(">Confirmed</strong>"), "{}", page.html);
    let (_, read) = ask.get(&format!("/v1{}", referrals[1])).await;
    let facts = &read["said"][1]["request"]["children"][0]["facts"];
    assert_eq!(facts["previous_contacts_12m"], "not_known", "{read}");
    // The school that refers is not told what else is known of the child.
    let mut teacher = Browser::signed_in(&served.router, "teacher").await;
    let page = teacher.go(&referrals[1]).await;
    assert!(page.status == StatusCode::OK && !page.html.contains("arlier referrals"), "{}", page.html);
    served.end().await;
}

#[test]
fn a_text_that_is_too_long_is_told_in_characters() {
    let fields = [Field::new("account.said", "What was said", Asks::Text(10))];
    let says = |text: &str| wrong(&fields, &[vec![text.to_owned()]]).pop().map(|wrong| wrong.says);
    assert_eq!(says("ten bytes."), None);
    assert_eq!(says("twelve bytes"), Some("What was said: shorten it by at least 2 characters".into()));
    // Six letters of two bytes each: one too many.
    assert_eq!(
        says("\u{628}\u{629}\u{62a}\u{62b}\u{62c}\u{62d}"),
        Some("What was said: shorten it by at least 1 character".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sender_calls_a_child_may_hold_anything() {
    let served = Served::begin().await;
    let ask = Ask { router: &served.router, who: "triage-worker" };
    let mut family = a_family();
    family["children"][0]["ref"] = "a\" b/c?d#e.fact.f<g>".into();
    let (status, answer) = ask.post("/v1/referrals", "key", &family).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let at = format!("/referrals/{}", answer["reference"].as_str().unwrap());
    let mut manager = Browser::signed_in(&served.router, "manager").await;
    let page = manager.go(&at).await;
    assert!(page.html.contains("id=\"windscreen-1-title\"") && !page.html.contains("<g>"), "{}", page.html);
    let form = manager.go(&format!("{at}/information?child=1")).await.form("/information");
    let question = form.inputs.iter().find(|input| input.name.starts_with("child.1.fact.") && input.value == "no");
    let filled = pairs(&[("kind", "answers"), ("said_by.name", "A neighbour"), (&question.unwrap().name, "no")]);
    let page = manager.submit(&form, &filled).await;
    assert!(page.html.contains("A neighbour"), "{}", page.html);
    let form = manager.go(&format!("{at}/children/1/decision")).await.form("/decision");
    let filled = pairs(&[
        ("level", "5"),
        ("reason", "higher.PATTERN"),
        ("words", "Why"),
        ("outcome", "strategy_discussion"),
        ("holder", "council:example"),
    ]);
    let page = manager.submit(&form, &filled).await;
    assert!(page.html.contains("Level 5. Decides higher"), "{}", page.html);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_to_decide_stays_when_something_becomes_known() {
    let served = Served::begin().await;
    let ask = Ask { router: &served.router, who: "triage-worker" };
    // Whoever sent it wanted no reasons; whoever decides sees them.
    let mut family = a_family();
    family["explain"] = "none".into();
    let (_, answer) = ask.post("/v1/referrals", "key", &family).await;
    assert_eq!(answer["children"][0]["evaluation"]["reasons"], serde_json::json!([]), "{answer}");
    let id = answer["reference"].as_str().unwrap().to_owned();
    let at = format!("/referrals/{id}");
    let mut manager = Browser::signed_in(&served.router, "manager").await;
    let page = manager.go(&at).await;
    assert!(
        page.html.contains("What is not known and would change it") && page.html.contains("Source: "),
        "{}",
        page.html
    );
    let form = manager.go(&format!("{at}/children/1/decision")).await.form("/decision");
    let (rules, _) = rules();
    let is_yes_no = |id: &str| matches!(rules.indicators()[rules.fact(id).unwrap()].kind, Kind::YesNo { .. });
    let asked = form.inputs.iter().find(|input| input.name == "not_known" && is_yes_no(&input.value));
    let unknown = asked.unwrap().value.clone();
    // What is ticked as not known is answered meanwhile, so that it is no longer among the choices.
    let facts = serde_json::json!({ &unknown: false });
    let piece =
        serde_json::json!({ "said_by": { "name": "A neighbour" }, "children": [{ "ref": "A", "facts": facts }] });
    let (status, answer) = ask.post(&format!("/v1/referrals/{id}/information"), "known", &piece).await;
    assert!(status.is_success(), "{unknown}: {answer}");
    // What the sender of the referral wanted explained was about its own answer, and not about this one.
    assert_ne!(answer["children"][0]["evaluation"]["why_not_higher"], serde_json::json!([]), "{answer}");
    let filled = pairs(&[("level", "1"), ("words", "Typed with care"), ("outcome", "advice"), ("not_known", &unknown)]);
    let page = manager.submit_only(&form, &filled).await;
    assert_eq!(page.status, StatusCode::CONFLICT, "{}", page.html);
    assert!(page.html.contains("Something became known since you opened this page"), "{}", page.html);
    assert!(page.html.contains("Typed with care"));
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_a_colleague_saved_first_can_be_saved_again() {
    let served = Served::begin().await;
    let mut one = Browser::signed_in(&served.router, "triage-worker").await;
    let mut other = Browser::signed_in(&served.router, "social-worker").await;
    let draft = one.begin_draft_of_a_child().await;
    let first = format!("{draft}/first.1.1");
    let (mine, theirs) = (one.go(&first).await.form("/first."), other.go(&first).await.form("/first."));
    let answers = |value: &str| -> Vec<(String, String)> {
        let radios = mine.inputs.iter().filter(|input| input.kind == "radio" && input.value == value);
        radios.map(|input| (input.name.clone(), value.to_owned())).collect()
    };
    other.submit(&theirs, &answers("not_known")).await;
    // A question of another page, as one that their answers closed while it stood on this one.
    let closed = ("child.1.fact.disability".to_owned(), "significant".to_owned());
    let filled = [answers("no"), vec![closed.clone()]].concat();
    let page = one.submit_only(&mine, &filled).await;
    assert_eq!(page.status, StatusCode::CONFLICT, "{}", page.html);
    assert!(page.html.contains("What they entered") && page.html.contains(&closed.0), "{}", page.html);
    let again = page.form("/first.");
    let page = one.submit_only(&again, &[]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.html);
    let saved = one.go(&first).await.form("/first.").inputs;
    assert!(saved.iter().any(|input| input.value == "no" && input.is_chosen), "mine are saved");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_who_is_taken_out_is_asked_about_first_and_gives_nobody_its_number() {
    let served = Served::begin().await;
    let mut one = Browser::signed_in(&served.router, "triage-worker").await;
    let mut other = Browser::signed_in(&served.router, "social-worker").await;
    let draft = one.begin_draft().await;
    for _ in 0..2 {
        let form = one.go(&format!("{draft}/children")).await.form("/children");
        one.submit(&form, &pairs(&[("add", "child")])).await;
    }
    let open = other.go(&format!("{draft}/child.2")).await.form("/child.2");
    let sure = one.go(&format!("{draft}/children/2/remove")).await;
    assert!(sure.html.contains("Take child 2 out of this referral?"), "{}", sure.html);
    let stale = sure.form("/children");
    one.submit(&stale, &[]).await;
    let form = one.go(&format!("{draft}/children")).await.form("/children");
    let page = one.submit(&form, &pairs(&[("add", "child")])).await;
    assert!(page.path.ends_with("/child.3"), "{}", page.path);
    // What a colleague typed meanwhile about the one who was taken out becomes nobody else's.
    let page = other.submit_only(&open, &pairs(&[("child.2.name", "Another Child")])).await;
    assert_eq!(page.status, StatusCode::CONFLICT, "{}", page.html);
    assert!(!one.go(&format!("{draft}/children")).await.html.contains("Another Child"));
    // Sent again, the page that took one out takes out nobody.
    one.submit(&stale, &pairs(&[("remove", "1")])).await;
    assert_eq!(one.go(&format!("{draft}/child.1")).await.status, StatusCode::OK);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_cannot_be_is_told_and_takes_nothing_else_with_it() {
    let served = Served::begin().await;
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let draft = browser.begin_draft_of_a_child().await;
    let at = format!("{draft}/child.1");
    for (year, says) in [("2199", "must not be after"), ("1950", "must not be before")] {
        let form = browser.go(&at).await.form("/child.1");
        let born = [
            ("child.1.name", "Invented Child"),
            ("child.1.born-day", "1"),
            ("child.1.born-month", "2"),
            ("child.1.born-year", year),
        ];
        let page = browser.submit(&form, &pairs(&born)).await;
        assert!(page.status == StatusCode::UNPROCESSABLE_ENTITY && page.html.contains(says), "{}", page.html);
        assert!(page.html.contains(year), "what was typed stands");
        // What else is said still opens its questions.
        let topics = browser.go(&format!("{draft}/topics.1")).await.form("/topics");
        browser.submit(&topics, &pairs(&[("child.1.concerns", "neglect_and_care"), ("go", "later")])).await;
        assert!(browser.go(&draft).await.html.contains("about."), "the topic's questions are asked");
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn danger_is_acted_on_before_the_form_ends_and_a_family_that_must_not_be_told_is_not() {
    let served = Served::begin().await;
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let draft = browser.begin_draft_of_a_child().await;
    let account = format!("{draft}/account");
    assert!(!browser.go(&account).await.html.contains("Do this now"));
    let first = browser.go(&format!("{draft}/first.1.1")).await.form("/first.");
    let asked = first.inputs.iter().find(|input| input.name.ends_with(".immediate_danger_now")).unwrap();
    browser.submit(&first, &pairs(&[(&asked.name, "yes"), ("go", "later")])).await;
    let page = browser.go(&account).await;
    assert!(page.html.contains("Do this now") && page.html.contains("Ring 999 now"), "{}", page.html);
    assert!(!page.html.contains("ws-level"), "no level before the end");
    fill_in(&mut browser, &draft, &WHAT_IS_NEEDED).await;
    let family = [("family.told", "unsafe_to_tell"), ("family.agrees", "not_asked"), ("family.basis", "public_task")];
    fill_in(&mut browser, &draft, &[("family", &family)]).await;
    let check = browser.go(&format!("{draft}/check")).await;
    let page = browser.submit(&check.form("/check"), &[]).await;
    assert!(page.html.contains("Do not contact the family first. Telling them was said"), "{}", page.html);
    // The criteria were told, and say so among what to do.
    assert!(page.html.contains("<strong>Now.</strong>"), "{}", page.html);
    let words = "Does someone with parental responsibility agree to the help proposed?";
    assert!(page.html.contains(words), "the answer stands among all others: {}", page.html);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_the_way_to_the_check_leads_over_the_questions_that_it_opened() {
    let served = Served::begin().await;
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let draft = browser.begin_draft_of_a_child().await;
    let form = browser.go(&format!("{draft}/topics.1?from=check")).await.form("/topics");
    let mut page = browser.submit(&form, &pairs(&[("child.1.concerns", "neglect_and_care")])).await;
    let mut opened = 0;
    while !page.path.ends_with("/check") {
        assert!(page.path.contains("/about."), "{}", page.path);
        opened += 1;
        page = browser.submit(&page.form("/about."), &[]).await;
    }
    assert!(opened > 0 && page.html.contains("Check your answers"));
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_not_listed_never_enters_the_log() {
    let served = Served::begin().await;
    let ask = Ask { router: &served.router, who: "manager" };
    let (_, answer) = ask.post("/v1/referrals", "key", &a_family()).await;
    let id = answer["reference"].as_str().unwrap();
    let least = answer["children"][0]["evaluation"]["at_least"]["rank"].clone();
    let agrees = |code: &str| {
        serde_json::json!({ "child": "A", "shown": 1, "level": least, "view": "agrees", "outcome": "s17_assessment",
            "next_holder": { "organisation": "council:example" }, "reason": { "code": code, "says": "In my own words" } })
    };
    let at = format!("/v1/referrals/{id}/decisions");
    let (status, answer) = ask.post(&at, "one", &agrees("Her name and address")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    assert_eq!(answer["errors"][0]["pointer"], "/reason/code", "{answer}");
    let (status, answer) = ask.post(&at, "two", &agrees("")).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referral_is_found_by_its_reference_as_it_is_spoken() {
    let served = Served::begin().await;
    let (_, answer) =
        Ask { router: &served.router, who: "triage-worker" }.post("/v1/referrals", "key", &a_family()).await;
    let id = answer["reference"].as_str().unwrap().to_owned();
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let page = browser.go(&format!("/worklist?reference={}", id.to_lowercase().replace('-', "+"))).await;
    assert!(page.html.contains("Invented Child"), "{}", page.html);
    let page = browser.go("/worklist?reference=1234-5678-9").await;
    assert!(page.title().starts_with("Error: ") && page.html.contains("Check the reference"), "{}", page.html);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referral_that_is_damaged_hides_no_other_and_does_not_look_calm() {
    let served = Served::begin().await;
    let ask = Ask { router: &served.router, who: "triage-worker" };
    let mut references = Vec::new();
    for key in ["one", "two"] {
        let (_, answer) = ask.post("/v1/referrals", key, &a_family()).await;
        references.push(answer["reference"].as_str().unwrap().to_owned());
    }
    let (record, damaged) = (std::sync::Arc::clone(&served.record), references[0].clone());
    let damage = move || {
        let damage = move |transaction: &mut windscreen::record::store::Transaction<'_>| {
            let of_it = "UPDATE entry SET body = zeroblob(length(body)) WHERE referral = (SELECT id FROM referral WHERE reference = $1)";
            Ok(transaction.db().execute(of_it, &[damaged.as_str().into()])?)
        };
        record.store().write(damage).wait_here().unwrap()
    };
    assert_eq!(tokio::task::spawn_blocking(damage).await.unwrap(), 1);
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let page = browser.go("/worklist").await;
    assert!(references.iter().all(|reference| page.html.contains(reference)), "{}", page.html);
    assert!(page.html.contains("It could not be opened just now") && page.html.contains("govuk-tag--red"));
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_practitioner_is_offered_to_correct_what_their_own_organisation_said_alone() {
    let served = Served::begin().await;
    let (hub, school) = ("triage-worker", "school-system");
    let (_, answer) = Ask { router: &served.router, who: school }.post("/v1/referrals", "key", &a_family()).await;
    let id = answer["reference"].as_str().unwrap().to_owned();
    let piece = serde_json::json!({ "said_by": { "role": "somebody" }, "account": "Something" });
    for (who, key) in [(hub, "two"), (school, "three")] {
        let ask = Ask { router: &served.router, who };
        let (status, answer) = ask.post(&format!("/v1/referrals/{id}/information"), key, &piece).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }
    let corrects = |page: &super::browser::Page| -> Vec<String> {
        let list = page.between("name=\"corrects\"", "</select>").expect(&page.html);
        let entries = list.split("<option value=\"").skip(1).filter_map(|entry| entry.split('"').next());
        entries.filter(|number| !number.is_empty()).map(str::to_owned).collect()
    };
    let at = format!("/referrals/{id}");
    let mut teacher = Browser::signed_in(&served.router, "teacher").await;
    assert_eq!(corrects(&teacher.go(&format!("{at}/information")).await), ["1", "3"]);
    let page = teacher.go(&at).await;
    assert!(page.html.contains("<li value=\"3\">") && !page.html.contains("<li value=\"2\">"), "{}", page.html);
    let mut worker = Browser::signed_in(&served.router, hub).await;
    assert_eq!(corrects(&worker.go(&format!("{at}/information")).await), ["1", "2", "3"]);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_saved_since_is_not_thrown_away_unseen() {
    let served = Served::begin().await;
    let mut one = Browser::signed_in(&served.router, "triage-worker").await;
    let mut other = Browser::signed_in(&served.router, "social-worker").await;
    let draft = one.begin_draft_of_a_child().await;
    let sure = one.go(&format!("{draft}/erase")).await.form("/erase");
    fill_in(&mut other, &draft, &[("account", &[("account.seen", "Seen meanwhile")])]).await;
    let page = one.submit_only(&sure, &[]).await;
    assert_eq!(page.status, StatusCode::CONFLICT, "{}", page.html);
    assert!(other.go(&format!("{draft}/account")).await.html.contains("Seen meanwhile"));
    let sure = one.go(&format!("{draft}/erase")).await.form("/erase");
    one.submit(&sure, &[]).await;
    assert_eq!(other.go(&draft).await.status, StatusCode::NOT_FOUND);
    served.end().await;
}

#[test]
fn an_answer_whose_question_is_about_the_household_now_is_told_and_not_dropped() {
    let (rules, _) = rules();
    let mut draft = Draft::default();
    draft.add_child(false);
    for (key, answer) in [("household.fact.dash_high_or_marac", "yes"), ("child.1.fact.basic_care", "struggling")] {
        draft.enter(key, vec![answer.into()]);
    }
    assert_eq!(draft.stale(&rules), []);
    // Under the rules of before it was asked of each child.
    draft.enter("child.1.fact.dash_high_or_marac", vec!["yes".into()]);
    assert_eq!(draft.stale(&rules), [("child.1".to_owned(), "dash_high_or_marac".to_owned())]);
}

#[test]
fn what_a_referral_asks_of_everybody_is_not_asked_twice_and_a_check_asks_it_as_a_fact() {
    let (rules, _) = rules();
    let now = "2026-11-25T10:00:00Z".parse().unwrap();
    let mut draft = Draft::default();
    draft.add_child(false);
    draft.enter("child.1.concerns", vec!["about_the_child".into()]);
    let asked = |journey: Journey<'_>| -> Vec<String> {
        let steps = draft.steps(&rules, journey, now);
        steps.iter().flat_map(|step| draft.fields(&rules, journey, step, now)).map(|field| field.key).collect()
    };
    let (referral, check) = (asked(Journey::Referral(None)), asked(Journey::Check));
    for (fact, field) in
        [("consent", "family.agrees"), ("family_told", "family.told"), ("sharing_basis", "family.basis")]
    {
        let fact = format!("household.fact.{fact}");
        assert!(!referral.contains(&fact) && referral.iter().any(|key| key == field), "{fact}: {referral:?}");
        assert!(check.contains(&fact) && !check.iter().any(|key| key == field), "{fact}: {check:?}");
    }
}

#[test]
fn what_cannot_wait_goes_to_whoever_answers_at_that_hour() {
    let (rules, _) = rules();
    let mut draft = Draft::default();
    draft.add_child(false);
    draft.enter("child.1.fact.immediate_danger_now", vec!["yes".into()]);
    let says = |now: &str| draft.to_do_at_once(&rules, now.parse().unwrap()).join("; ");
    for (now, is_closed) in [("2026-11-25T10:00:00Z", false), ("2026-11-25T23:00:00Z", true)] {
        assert!(says(now).contains("Ring 999 now"), "{}", says(now));
        assert_eq!(says(now).contains("The hub is closed"), is_closed, "{}", says(now));
    }
}

#[test]
fn a_number_left_empty_is_no_tampering_when_its_question_was_closed_meanwhile() {
    let sent = |value: &str| Entered(pairs(&[("account.seen", "Seen"), ("child.1.fact.missing_episodes_90d", value)]));
    let fields = [Field::new("account.seen", "What was seen", Asks::Text(10))];
    assert_eq!(sent("").read(&fields, &[]), Ok(vec![vec!["Seen".to_owned()]]));
    assert_eq!(sent("3").read(&fields, &[]), Err(Tampered));
}
