//! A Monday morning through the pages: five hundred notifications received, joined, decided and accepted by people in
//! their roles, until nothing waits.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;
use windscreen::record::verify::Verdict;

use super::Served;
use super::browser::{Browser, Form, Page, attribute};
use crate::notifications::morning::{Morning, csv_of, morning, ndjson_of};
use crate::record::{Ask, a_family};

/// Sends a form that carries a file, as a browser does.
async fn submit_file(browser: &mut Browser, form: &Form, filled: &[(&str, &str)], file: Option<&[u8]>) -> Page {
    const BOUNDARY: &str = "----a-line-that-stands-in-no-file";
    let mut body = Vec::new();
    let mut part = |head: String, bytes: &[u8]| {
        body.extend_from_slice(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    };
    for input in form.inputs.iter().filter(|input| input.kind != "file" && input.kind != "submit") {
        let value =
            filled.iter().find(|(name, _)| *name == input.name).map_or(input.value.as_str(), |(_, value)| value);
        part(format!("name=\"{}\"", input.name), value.as_bytes());
    }
    let named = if file.is_some() { "monday.csv" } else { "" };
    part(
        format!("name=\"file\"; filename=\"{named}\"\r\nContent-Type: application/octet-stream"),
        file.unwrap_or_default(),
    );
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    let request = Request::post(&form.action)
        .header(header::HOST, "127.0.0.1:8080")
        .header(header::ORIGIN, "http://127.0.0.1:8080")
        .header(header::COOKIE, browser.cookie.clone().unwrap())
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"));
    let page = browser.send(request.body(Body::from(body)).unwrap()).await;
    if page.status == StatusCode::SEE_OTHER { browser.go(&page.path.clone()).await } else { page }
}

async fn received(browser: &mut Browser, file: &[u8]) -> Page {
    let form = browser.go("/batches").await.form("/batches");
    let filled = [("mapping", "police_notifications"), ("organisation", "police:example")];
    let page = submit_file(browser, &form, &filled, Some(file)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    assert!(page.html.contains("Batch received at"), "{}", page.html);
    page
}

/// The addresses of links that begin so, in their order, each once.
fn links(page: &Page, begins: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for tag in page.html.split('<').filter(|tag| tag.starts_with("a ")) {
        let href = attribute(tag.split('>').next().unwrap(), "href").unwrap_or_default();
        if href.starts_with(begins) && !found.contains(&href) {
            found.push(href);
        }
    }
    found
}

/// A batch that was received, and two of its referrals that may be one.
pub async fn a_batch_and_a_pair(browser: &mut Browser) -> (String, String) {
    let page = received(browser, &csv_of(&morning(30, 6, 1, 0).rows)).await;
    let pair = links(&page, "/referrals/").into_iter().find(|link| link.contains("/joined?to=")).unwrap();
    (page.path, pair)
}

/// Every page of a batch, one after the other.
async fn all_pages(browser: &mut Browser, at: &str) -> Vec<Page> {
    let mut pages = vec![browser.go(at).await];
    loop {
        let page = pages.last().unwrap();
        let next =
            page.html.split('<').find(|tag| tag.contains(" rel=\"next\"")).and_then(|tag| attribute(tag, "href"));
        let Some(next) = next else { return pages };
        pages.push(browser.go(&next).await);
    }
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The children of a referral's choice: what is sent, and the name.
fn choices(page: &Page, name: &str) -> Vec<(String, String)> {
    let inputs = page.html.split("<input").skip(1).filter(|input| input.contains(&format!(" name=\"{name}\"")));
    let choice = |input: &str| {
        let value = attribute(input.split('>').next().unwrap(), "value").unwrap();
        let label = input.split("<label").nth(1).unwrap();
        (value, label.split_once('>').unwrap().1.split('<').next().unwrap().to_owned())
    };
    inputs.map(choice).collect()
}

/// Earlier referrals of so many of the children, by a school.
async fn known_before(served: &Served, came: &Morning) {
    for (number, (name, born)) in came.known.iter().enumerate() {
        let mut family = a_family();
        family["received_at"] = "2026-06-01T10:00:00+01:00".into();
        family["children"] = json!([{ "name": name, "date_of_birth": born, "facts": {} }]);
        let ask = Ask { router: &served.router, who: "school-system" };
        let (status, answer) = ask.post("/v1/referrals", &format!("known {number}"), &family).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        let at = format!("/v1/referrals/{}/decisions", answer["id"].as_str().unwrap());
        let level = answer["children"][0]["evaluation"]["at_least"]["rank"].clone();
        let decision = json!({ "child": "1", "shown": 1, "level": level, "view": "agrees", "outcome": "early_help",
                               "next_holder": { "organisation": "council:example" } });
        let manager = Ask { router: &served.router, who: "manager" };
        let (status, decided) = manager.post(&at, &at, &decision).await;
        assert_eq!(status, StatusCode::CREATED, "{decided}");
        let accept = format!("{at}/{}/acceptance", decided["id"].as_str().unwrap());
        manager.post(&accept, &accept, &json!(null)).await;
    }
}

/// The joins that the batch suggests, taken one by one by a person; how many pairs of referrals.
async fn join_all(browser: &mut Browser, batch: &str) -> usize {
    let mut pairs: Vec<String> = Vec::new();
    for page in all_pages(browser, batch).await {
        for link in links(&page, "/referrals/").into_iter().filter(|link| link.contains("/joined?to=")) {
            if !pairs.contains(&link) {
                pairs.push(link);
            }
        }
    }
    for pair in &pairs {
        let page = browser.go(pair).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.html);
        for (child, name) in choices(&page, "child") {
            let there = choices(&page, "to_child").into_iter().find(|(_, known)| *known == name).unwrap().0;
            let page = browser.go(pair).await;
            let page = browser.submit(&page.form("/joined"), &owned(&[("child", &child), ("to_child", &there)])).await;
            assert_eq!(page.status, StatusCode::OK, "{}", page.html);
            assert!(page.html.contains("Joined: a person said"), "{}", page.html);
        }
    }
    pairs.len()
}

/// Decides about every child of a referral that still waits, with whoever may, and as many at once as the page offers;
/// how many forms that took, and about how many the same was decided.
async fn decide_all(people: &mut [Browser], at: &str) -> (usize, usize) {
    let (mut forms, mut same) = (0, 0);
    let mut page = people[0].go(at).await;
    for number in 1..=4 {
        let Some(section) = page.between(&format!("id=\"child-{number}\""), "</section>") else { break };
        if !section.contains("Nobody has decided yet") {
            continue;
        }
        let heading = section.split("ws-level__word\">").nth(1).unwrap();
        let level: String = heading.chars().find(char::is_ascii_digit).into_iter().collect();
        let (who, outcome) = match level.as_str() {
            "5" => (2, "strategy_discussion"),
            "4" => (1, "s17_assessment"),
            _ => (0, "early_help"),
        };
        let form = people[who].go(&format!("{at}/children/{number}/decision")).await;
        let mut filled = owned(&[("level", &level), ("outcome", outcome), ("holder", "council:example")]);
        for (value, _) in choices(&form, "same") {
            filled.push(("same".into(), value));
            same += 1;
        }
        page = people[who].submit(&form.form("/decision"), &filled).await;
        assert_eq!(page.status, StatusCode::OK, "{at} {number}: {}", page.html);
        forms += 1;
    }
    (forms, same)
}

/// The next holder accepts whatever of a referral waits.
async fn accept_all(browser: &mut Browser, at: &str) {
    let mut page = browser.go(at).await;
    for _ in 0..12 {
        let Some(form) = page.forms().into_iter().find(|form| form.action.contains("/acceptance")) else { return };
        page = browser.submit(&form, &[]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    }
    panic!("{at} waits on");
}

async fn a_morning(came: &Morning) {
    let served = Served::begin().await;
    known_before(&served, came).await;
    let mut triage = Browser::signed_in(&served.router, "triage-worker").await;
    let page = received(&mut triage, &csv_of(&came.rows)).await;
    let batch = page.path.clone();
    let says =
        format!("Rows: {}; referrals: {}; still waiting for somebody: {};", came.rows.len(), came.groups, came.groups);
    assert!(page.html.contains(&says), "{}", page.html);
    assert!(
        page.html.contains("At least level")
            && page.html.contains("Could be level")
            && page.html.contains("Ask first:")
    );
    // Sent twice, it is received once.
    assert_eq!(received(&mut triage, &csv_of(&came.rows)).await.path, batch);
    let pages = all_pages(&mut triage, &batch).await;
    assert!(
        pages.iter().all(|page| page.html.len() <= 60 * 1024),
        "{:?}",
        pages.iter().map(|page| page.html.len()).collect::<Vec<_>>()
    );
    let known: usize = pages.iter().map(|page| page.html.matches("Known here").count()).sum();
    assert!(known >= came.known.len(), "{known}");
    // A call taker sees the batch, and neither who is known nor what may be one.
    let calls = Browser::signed_in(&served.router, "call-taker").await.go(&batch).await;
    assert!(
        calls.status == StatusCode::OK && !calls.html.contains("Known here") && !calls.html.contains("/joined?to=")
    );

    assert_eq!(join_all(&mut triage, &batch).await, came.duplicates);

    // Each row that could not be understood, in one of the ways.
    let mut dealt = 0;
    while let Some(form) = {
        let page = triage.go(&batch).await;
        page.forms().into_iter().find(|form| form.action.contains("/rows/"))
    } {
        let row = form.action.rsplit('/').next().unwrap().to_owned();
        let page = triage.submit(&form, &[]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.html.contains(&format!("Row {row}: choose how you dealt with it")), "{}", page.html);
        let page = triage.submit(&form, &owned(&[("how", "entered_by_hand"), ("referral", "4F7K-2M9Q-X")])).await;
        assert!(page.html.contains("there is no such referral"), "{}", page.html);
        let page = triage.submit(&form, &owned(&[("how", "sent_back"), ("referral", "")])).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.html);
        dealt += 1;
    }
    assert_eq!(dealt, came.unmappable.len());

    let mut referrals: Vec<String> = Vec::new();
    for page in all_pages(&mut triage, &batch).await {
        referrals.extend(
            links(&page, "/referrals/")
                .into_iter()
                .filter(|link| !link.contains(['?', '#']) && link.split('/').count() == 3),
        );
    }
    referrals.sort();
    referrals.dedup();
    assert_eq!(referrals.len(), came.groups - came.duplicates, "what was joined waits no longer");
    let mut people = Vec::new();
    for who in ["triage-worker", "social-worker", "manager"] {
        people.push(Browser::signed_in(&served.router, who).await);
    }
    let (mut forms, mut same) = (0, 0);
    for at in &referrals {
        let (more, with) = decide_all(&mut people, at).await;
        (forms, same) = (forms + more, same + with);
        accept_all(&mut people[2], at).await;
    }
    assert!(same > 0 && forms > 0, "{forms} forms, and {same} decided with another");

    let page = triage.go(&batch).await;
    assert!(page.html.contains("Nothing waits here."), "{}", page.html);
    assert!(triage.go("/batches").await.html.contains("numeric\">0</td>"));
    let worklist = triage.go("/worklist").await;
    assert!(worklist.html.contains("Nothing here."), "{}", worklist.html);
    let record = std::sync::Arc::clone(&served.record);
    let verdict: Verdict = tokio::task::spawn_blocking(move || {
        record.sign_now().unwrap();
        record.verify(Vec::new()).unwrap()
    })
    .await
    .unwrap();
    assert!(verdict.is_ok(), "{verdict:?}");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_notifications_on_a_monday_morning_through_pages() {
    // All of them in `make test-long`; unoptimised, the pages of a third take long enough.
    let morning = if crate::cases() > 1 { morning(500, 60, 12, 9) } else { morning(170, 20, 4, 9) };
    a_morning(&morning).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_taken_is_told_beside_its_field() {
    let served = Served::begin().await;
    let mut triage = Browser::signed_in(&served.router, "triage-worker").await;
    let form = triage.go("/batches").await.form("/batches");
    let filled = [("mapping", "police_notifications"), ("organisation", "police:example")];
    let page = submit_file(&mut triage, &form, &filled, None).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.title().starts_with("Error: ")
            && page.html.contains("href=\"#file\"")
            && page.html.contains("Choose the file")
    );
    assert!(page.html.contains("value=\"police:example\""), "what was typed is kept");
    let page = submit_file(&mut triage, &form, &filled, Some(b"one,two\n1,2\n")).await;
    assert!(page.html.contains("Is the line of headings missing?"), "{}", page.html);
    let page = submit_file(&mut triage, &form, &filled[..1], Some(b"one,two\n1,2\n")).await;
    assert!(page.html.contains("Say which organisation sends it"), "{}", page.html);
    let page = submit_file(&mut triage, &form, &filled, Some(&vec![b'a'; 3 * 1024 * 1024])).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    // Not from a page of ours.
    let mut other = form.clone();
    other.inputs.retain(|input| input.name != "form-token");
    let page = submit_file(&mut triage, &other, &filled, Some(&csv_of(&morning(20, 2, 0, 0).rows))).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    // Lines of JSON, through the same form.
    let page = received(&mut triage, &ndjson_of(&morning(20, 2, 0, 0).rows)).await;
    assert!(page.html.contains("Rows: 20; referrals: 2;"), "{}", page.html);
    served.end().await;
}

/// Changes the database behind the program's back.
fn spoil(served: &Served, sql: &str) {
    rusqlite::Connection::open(served.kept.folder().join("windscreen.db")).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_be_entered_by_hand_can_be_read_whole() {
    let served = Served::begin().await;
    let came = morning(30, 6, 0, 0);
    let place = (0..30).find(|place| !came.unmappable.contains(place)).unwrap();
    let mut file = csv_of(&came.rows[place..=place]);
    file.extend_from_slice(format!("26/1,{} to the last word\n", "much to read, ".repeat(60)).as_bytes());
    let mut triage = Browser::signed_in(&served.router, "triage-worker").await;
    let page = received(&mut triage, &file).await;
    assert!(page.html.contains("As it came") && page.html.contains("to the last word"), "{}", page.html);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_damaged_referral_hides_no_other_of_its_batch() {
    let served = Served::begin().await;
    let mut triage = Browser::signed_in(&served.router, "triage-worker").await;
    let came = morning(30, 6, 1, 0);
    let page = received(&mut triage, &csv_of(&came.rows)).await;
    let pair = links(&page, "/referrals/").into_iter().find(|link| link.contains("/joined?to=")).unwrap();
    let (later, earlier) = pair.strip_prefix("/referrals/").unwrap().split_once("/joined?to=").unwrap();
    spoil(
        &served,
        &format!(
            "UPDATE referral_key SET sealed = randomblob(length(sealed)) \
             WHERE referral = (SELECT id FROM referral WHERE reference = '{earlier}')"
        ),
    );
    let page = triage.go(&page.path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    for says in ["1 referrals could not be opened", "1 of the referrals below could not be compared", later] {
        assert!(page.html.contains(says), "{says}: {}", page.html);
    }
    let (status, read) = Ask { router: &served.router, who: "triage-worker" }.get(&format!("/v1{}", page.path)).await;
    assert_eq!(status, StatusCode::OK, "{read:#}");
    let parts = ["referrals", "not_read", "not_compared"].map(|key| read[key].as_array().map_or(0, Vec::len));
    assert_eq!(parts, [came.groups - 1, 1, 1], "{read:#}");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_broke_off_is_completed_from_its_page() {
    let served = Served::begin().await;
    let mut triage = Browser::signed_in(&served.router, "triage-worker").await;
    let page = received(&mut triage, &csv_of(&morning(30, 6, 0, 0).rows)).await;
    assert!(!page.html.contains("Record the rest of this file"), "{}", page.html);
    // As if it had broken off before the last part.
    spoil(&served, "DELETE FROM batch_referral WHERE part = 6; DELETE FROM idempotency");
    let page = triage.go(&page.path).await;
    assert!(page.html.contains("1 referrals of this file are not recorded yet"), "{}", page.html);
    let page = triage.submit(&page.form("/batches"), &[]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    assert!(page.html.contains("referrals: 6;") && !page.html.contains("not recorded yet"), "{}", page.html);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_is_decided_about_others_only_where_each_may_be() {
    let served = Served::begin().await;
    let mut family = a_family();
    let child = |name: &str, facts: serde_json::Value| json!({ "name": name, "facts": facts });
    let hurt = json!({ "immediate_danger_now": true });
    family["children"] = json!([child("First", json!({})), child("Second", json!({})), child("Third", hurt)]);
    let (_, answer) = Ask { router: &served.router, who: "triage-worker" }.post("/v1/referrals", "r", &family).await;
    let at = format!("/referrals/{}", answer["reference"].as_str().unwrap());
    let mut triage = Browser::signed_in(&served.router, "triage-worker").await;
    let path = format!("{at}/children/1/decision");
    let page = triage.go(&path).await;
    let offered: Vec<String> = choices(&page, "same").into_iter().map(|(_, name)| name).collect();
    assert_eq!(offered, ["Second"], "the third is not alike");
    // What no page offered is not taken.
    let level = answer["children"][0]["evaluation"]["at_least"]["rank"].to_string();
    let filled = |same: &str| {
        owned(&[("level", &level), ("outcome", "early_help"), ("holder", "council:example"), ("same", same)])
    };
    let refused = triage.submit(&page.form("/decision"), &filled("3")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    // Closing takes more: then nothing is recorded about either, and what is wrong is said.
    let mut close = filled("2");
    close.retain(|(name, _)| name != "holder");
    close[1].1 = "advice".into();
    let refused = triage.submit(&page.form("/decision"), &close).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.html.contains("Second: "), "{}", refused.html);
    assert!(!triage.go(&at).await.html.contains("Decided</dt>"));
    let page = triage.submit(&page.form("/decision"), &filled("2")).await;
    assert_eq!(page.html.matches("Agrees with what the criteria indicate").count(), 2, "{}", page.html);
    served.end().await;
}
