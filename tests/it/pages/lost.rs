//! Nothing that was said is dropped, doubled or hidden, whatever happens meanwhile.

use axum::http::StatusCode;
use windscreen::form::{Asks, Choice, Field, wrong};

use super::Served;
use super::browser::Browser;
use crate::record::{Ask, a_family};

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
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
    assert_eq!(html.matches("<th scope=\"row\"").count(), 100);
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
    let form = browser.go(&format!("{at}/information?child=A")).await.form("/information");
    let question =
        form.inputs.iter().find(|input| input.name.starts_with("child.A.fact.") && input.value == "no").unwrap();
    let filled = pairs(&[("kind", "answers"), ("said_by.name", "A neighbour"), (&question.name, "no")]);
    for _ in 0..2 {
        let page = browser.submit_only(&form, &filled).await;
        assert_eq!((page.status, page.path), (StatusCode::SEE_OTHER, at.clone()), "{}", page.html);
    }
    assert_eq!(browser.go(&at).await.html.matches("A neighbour").count(), 1);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_on_a_page_that_a_colleague_closed_are_kept_and_counted() {
    let served = Served::begin().await;
    let mut one = Browser::signed_in(&served.router, "triage-worker").await;
    let mut other = Browser::signed_in(&served.router, "social-worker").await;
    let draft = one.begin_draft().await;
    let form = one.go(&format!("{draft}/children")).await.form("/children");
    one.submit(&form, &pairs(&[("add", "child")])).await;
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
    let draft = one.begin_draft().await;
    let form = one.go(&format!("{draft}/children")).await.form("/children");
    one.submit(&form, &pairs(&[("add", "child")])).await;
    let fill = [
        (
            "referrer",
            pairs(&[
                ("referrer.organisation", "council:example"),
                ("referrer.name", "A"),
                ("referrer.contact", "B"),
                ("referrer.agency", "school"),
            ]),
        ),
        ("child.1", pairs(&[("child.1.name", "Invented Child")])),
        ("account", pairs(&[("account.seen", "Nothing")])),
    ];
    for (step, filled) in fill {
        let form = one.go(&format!("{draft}/{step}")).await.form(step);
        one.submit(&form, &filled).await;
    }
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
    let page = browser.submit(&page.form("/earlier"), &[]).await;
    assert!(page.html.contains(">Confirmed</strong>"), "{}", page.html);
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
