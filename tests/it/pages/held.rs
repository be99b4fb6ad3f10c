//! What pages promise about what is typed: escaped, kept, not stored, not leaked, and small.

use std::path::Path;
use std::sync::Arc;

use axum::http::StatusCode;
use windscreen::criteria::load;
use windscreen::examples;
use windscreen::referral::received::{Disability, Ethnicity, Sex};
use windscreen::rules_dir;

use super::Served;
use super::browser::{Browser, Page};
use super::form::{Story, Told, fill, rules};
use crate::copy;
use crate::record::{Ask, a_family};

/// More than any page should weigh without its styles.
const MAX_PAGE: usize = 60 * 1024;

fn a_child() -> Told {
    let facts = [
        ("child_age_months", 96.into()),
        ("keeping_safe", "some_exposure".into()),
        ("basic_care", "struggling".into()),
    ];
    let facts = facts.into_iter().map(|(id, value): (&str, serde_json::Value)| (id.to_owned(), value)).collect();
    Told { id: "a child".into(), children: vec![Story { concerns: Vec::new(), facts }], ..Told::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_is_shown_as_typed_and_never_run() {
    let served = Served::begin().await;
    let (rules, _) = rules();
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let page = fill(&mut browser, &rules, &a_child()).await.page;
    assert!(page.html.contains("&lt;b&gt;&quot;quoted&quot;&lt;&#x2f;b&gt; &amp; said"), "{}", page.html);
    assert!(!page.html.contains("<b>\"quoted\""));
    assert!(page.title().starts_with("What the criteria indicate"), "no name in a browser's history");
    // What is for monitoring is kept, and nobody who decides sees it.
    let record = Arc::clone(&served.record);
    let children = tokio::task::spawn_blocking(move || record.counted().unwrap().children()).await.unwrap();
    let monitored = (children[0].sex, children[0].ethnicity, children[0].disability);
    assert_eq!(monitored, (Some(Sex::Female), Some(Ethnicity::Mixed), Some(Disability::No)));
    let referral = browser.go("/worklist").await;
    for page in [&page, &referral] {
        assert!(!page.html.contains("ethnic") && !page.html.contains("Mixed"), "{}", page.html);
    }
    served.end().await;
}

/// A family of seven.
fn of_many() -> serde_json::Value {
    let mut family = a_family();
    let children = family["children"].as_array_mut().unwrap();
    for number in 3..=7 {
        let name = format!("Invented Child {number}");
        children.push(serde_json::json!({ "name": name, "facts": { "basic_care": "struggling", "keeping_safe": "some_exposure" } }));
    }
    family
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_children_each_is_shown_alone_and_none_is_left_out() {
    let served = Served::begin().await;
    let ask = Ask { router: &served.router, who: "triage-worker" };
    let (_, answer) = ask.post("/v1/referrals", "many", &of_many()).await;
    let at = format!("/referrals/{}", answer["reference"].as_str().unwrap());
    let mut manager = Browser::signed_in(&served.router, "manager").await;
    let page = manager.go(&at).await;
    for number in 3..=7 {
        assert!(page.html.contains(&format!("?child={number}#child-{number}")), "{}", page.html);
    }
    assert!(page.html.matches("id=\"child-").count() == 1 && page.html.contains("id=\"child-1\""), "{}", page.html);
    let page = manager.go(&format!("{at}?child=6")).await;
    assert!(page.html.matches("id=\"child-").count() == 1 && page.html.contains("id=\"child-6\""), "{}", page.html);
    assert!(page.html.contains("Decide about Invented Child 6"), "{}", page.html);
    let form = manager.go(&format!("{at}/children/6/decision")).await.form("/decision");
    let decided = [
        ("level", "5"),
        ("reason", "higher.PATTERN"),
        ("words", "Why"),
        ("outcome", "strategy_discussion"),
        ("holder", "council:example"),
    ];
    let decided: Vec<_> = decided.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let page = manager.submit(&form, &decided).await;
    assert!(page.html.contains("id=\"child-6\"") && page.html.contains("Level 5. Decides higher"), "{}", page.html);
    assert!(page.html.contains("Decided: level 5."), "in the list of all: {}", page.html);
    let page = manager.submit(&page.form("/acceptance"), &[]).await;
    assert!(page.html.contains("id=\"child-6\"") && page.html.contains("accepted by A manager"), "{}", page.html);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_small_and_say_what_browsers_may_do() {
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    let served = Served::begin().await;
    let (rules, _) = rules();
    let mut browser = Browser::signed_in(&served.router, "manager").await;
    let referral = fill(&mut browser, &rules, &a_child()).await.page.path;
    let paths = [
        "/",
        "/sign-in",
        "/check",
        "/drafts",
        "/worklist",
        "/playground",
        "/out-of-hours",
        "/handed-over",
        "/transfers",
        "/accessibility",
        "/privacy",
        "/cookies",
        "/docs/problems",
        "/docs/problems/unknown-fact",
        &referral,
    ];
    let mut more = vec![format!("{referral}/information"), format!("{referral}/children/1/decision")];
    // Of a family of three, each topic.
    let mut family = a_family();
    family["children"].as_array_mut().unwrap().push(serde_json::json!({ "ref": "third", "facts": {} }));
    let (_, answer) = Ask { router: &served.router, who: "triage-worker" }.post("/v1/referrals", "key", &family).await;
    let of_three = format!("/referrals/{}", answer["reference"].as_str().unwrap());
    more.push(of_three.clone());
    let (_, answer) =
        Ask { router: &served.router, who: "triage-worker" }.post("/v1/referrals", "many", &of_many()).await;
    more.push(format!("/referrals/{}", answer["reference"].as_str().unwrap()));
    more.extend(rules.topics().iter().map(|topic| format!("{of_three}/information?child=2&topic={}", topic.id)));
    for path in paths.into_iter().chain(more.iter().map(String::as_str)) {
        let request = axum::http::Request::get(path)
            .header("host", "localhost")
            .header("cookie", browser.cookie.clone().unwrap());
        let answer = served.router.clone().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let headers = answer.headers().clone();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(
            (&headers["cache-control"], &headers["x-content-type-options"]),
            (&"no-store".parse().unwrap(), &"nosniff".parse().unwrap())
        );
        let length = answer.into_body().collect().await.unwrap().to_bytes().len();
        assert!(length <= MAX_PAGE, "{path} weighs {length}");
    }
    served.end().await;
}

/// The answer of a check that names nobody: all that matters is not known or not so.
async fn checked(browser: &mut Browser) -> Page {
    let mut page = browser.go("/check").await;
    let mut filled = vec![("born".to_owned(), "yes".to_owned())];
    for _ in 0..40 {
        page = browser.submit(&page.form("/check"), &filled).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.html);
        if page.html.contains("ws-level__word") {
            break;
        }
        filled = vec![("go".to_owned(), "next".to_owned())];
        for input in page.form("/check").inputs {
            let is_known = filled.iter().any(|(name, _)| *name == input.name);
            let is_answer = input.kind == "radio" && !is_known && (input.value == "not_known" || input.value == "no");
            if is_answer || input.value == "domestic_abuse" {
                filled.push((input.name, input.value));
            } else if input.name.ends_with(".age.years") {
                filled.push((input.name, "3".to_owned()));
            }
        }
    }
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_names_nobody_stores_nothing() {
    let served = Served::begin().await;
    let mut browser = Browser::new(&served.router);
    let page = checked(&mut browser).await;
    assert!(page.html.contains("ws-level__word"), "{}", page.html);
    assert!(
        page.html.contains("This is not a referral. Nobody has seen it")
            && !page.html.contains("Decide the response by")
    );
    // Each question that is open leads back to where it is asked, with what was answered before.
    let asks = |page: &Page| page.between("formaction=\"#", "\"");
    let question = asks(&page).unwrap();
    let form = page.form("/check");
    let asked = browser.submit(&form, &[("again".to_owned(), question.clone())]).await;
    assert!(asked.html.contains(&format!("name=\"{question}\"")), "{question}: {}", asked.html);
    let last = browser.submit(&form, &[("again".to_owned(), "last".to_owned())]).await;
    let again = browser.submit(&last.form("/check"), &[("go".to_owned(), "next".to_owned())]).await;
    assert_eq!(asks(&again), Some(question), "{}", again.html);
    assert_eq!(browser.cookie, None);
    let record = Arc::clone(&served.record);
    let counts = move || {
        let count = |sql| record.store().read(|db| db.query(sql, &[])).unwrap().len();
        (count("SELECT id FROM draft"), count("SELECT id FROM referral"), count("SELECT began_at FROM session"))
    };
    assert_eq!(tokio::task::spawn_blocking(counts).await.unwrap(), (0, 0, 0));
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_before_a_session_ran_out_is_kept_and_nothing_is_shown() {
    let served = Served::begin().await;
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let draft = browser.begin_draft().await;
    let at = format!("{draft}/account");
    let form = browser.go(&at).await.form("/account");
    assert_eq!(served.age(60).await, 1);
    // Nothing can be read any more.
    assert!(browser.get(&at).await.path.starts_with("/sign-in"));
    let page = browser.submit_only(&form, &[("account.seen".into(), "Typed just before".into())]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert!(page.path.starts_with("/sign-in?to=") && page.path.ends_with("&kept=yes"), "{}", page.path);
    // A page that something else was saved on since is not, and is not called kept.
    let page = browser.submit_only(&form, &[("account.seen".into(), "Typed after that".into())]).await;
    assert!(page.path.ends_with("&kept=no"), "{}", page.path);
    // But only by a page of that session.
    let page = browser.post(&at, &[("form-token", "another"), ("account.seen", "Forged")]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let mut again = Browser::signed_in(&served.router, "triage-worker").await;
    assert!(again.go(&at).await.html.contains("Typed just before"));
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_comes_before_somebody_is_signed_out_and_gives_no_time_by_itself() {
    let served = Served::begin().await;
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    assert!(browser.get("/").await.html.contains("<iframe class=\"ws-time-left\" src=\"/time-left\""));
    let calm = browser.get("/time-left").await;
    let refresh: i64 = calm.header("refresh").parse().unwrap();
    assert!((39 * 60..=40 * 60).contains(&refresh), "five minutes before the end: {refresh}");
    assert!(calm.html.contains("If you do nothing, you are signed out at ") && !calm.html.contains("alert"));
    assert!(calm.header("content-security-policy").contains("frame-ancestors 'self'"));
    served.age(41).await;
    // Loaded by itself it gives no time, however often.
    let short = browser.get("/time-left").await;
    let short = if short.html.contains("alert") { browser.get("/time-left").await } else { short };
    assert!(
        short.html.contains("role=\"alert\"") && short.html.contains("You will be signed out at "),
        "{}",
        short.html
    );
    assert!((3 * 60..=4 * 60 + 1).contains(&short.header("refresh").parse::<i64>().unwrap()));
    let page = browser.submit(&short.form("/time-left"), &[]).await;
    assert!(page.html.contains("If you do nothing"), "{}", page.html);
    served.age(50).await;
    let over = browser.get("/time-left").await;
    assert!(over.status == StatusCode::OK && over.html.contains("You are signed out."), "{}", over.html);
    let page = browser.submit(&short.form("/time-left"), &[]).await;
    assert!(page.html.contains("You are signed out."), "what is over stays so: {}", page.html);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_change_while_a_form_is_filled_in_mark_what_is_stale() {
    let folder = tempfile::TempDir::new().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), folder.path());
    let mut served = Served::with_rules(folder.path()).await;
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let draft = browser.begin_draft_of_a_child().await;
    let page = browser.go(&format!("{draft}/first.1.1")).await;
    let first = page.form("/first.1.1");
    let answers: Vec<(String, String)> = first
        .inputs
        .iter()
        .filter(|input| input.kind == "radio" && input.value == "no")
        .map(|input| (input.name.clone(), "no".into()))
        .collect();
    assert!(answers.len() > 3, "{}", page.html);
    browser.submit(&first, &[&answers[..], &[("go".into(), "later".into())]].concat()).await;
    let open = browser.go(&format!("{draft}/first.1.1")).await.form("/first.1.1");
    // The partnership renames a question's id: its old answer means nothing any more.
    let asked = answers[1].0.rsplit('.').next().unwrap().to_owned();
    for entry in std::fs::read_dir(folder.path().join("criteria")).unwrap().flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        std::fs::write(entry.path(), text.replace(&asked, "quite_another_question")).unwrap();
    }
    let thresholds = std::fs::read_to_string(folder.path().join("thresholds.yaml")).unwrap();
    std::fs::write(folder.path().join("thresholds.yaml"), thresholds.replace(&asked, "quite_another_question"))
        .unwrap();
    served = served.with_rules_again(folder.path()).await;
    browser = browser.at(&served.router);
    let page = browser.go(&draft).await;
    assert!(page.html.contains("The criteria changed since this was last saved"), "{}", page.html);
    assert!(page.html.contains(&windscreen_words(&asked)), "the stale answer is named: {}", page.html);
    // A page that was open meanwhile is not taken as tampered with, and nothing on it is lost.
    let page = browser.submit(&open, &answers).await;
    assert_eq!(page.status, StatusCode::CONFLICT, "{}", page.html);
    assert!(page.html.contains("The criteria changed while you were on this page") && page.html.contains("checked"));
    served.end().await;
}

fn windscreen_words(id: &str) -> String {
    let words = id.replace('_', " ");
    words[..1].to_uppercase() + &words[1..]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_tried_in_the_playground_is_a_worked_example_that_passes() {
    let served = Served::begin().await;
    let mut browser = Browser::signed_in(&served.router, "rule-author").await;
    let form = browser.go("/playground").await.form("/playground");
    let tried = "child_age_months: 40\nkeeping_safe: not_known\n\nbasic_care: struggling\nimmediate_danger_now: no";
    let page =
        browser.submit(&form, &[("facts".into(), tried.into()), ("concerns".into(), "neglect_and_care".into())]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    let example = page.between("<pre class=\"ws-block\" tabindex=\"0\">", "</pre>").unwrap();
    assert!(
        example.contains("keeping_safe: not_known") && example.contains("immediate_danger_now: false"),
        "{example}"
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut files = rules_dir::read(&folder).unwrap();
    files.retain(|file| !file.path.ends_with("_test.yaml"));
    let loaded = load(&files).rule_set.unwrap();
    let bytes = format!("examples:\n{example}\n").into_bytes();
    files.push(windscreen::criteria::RuleFile { path: "criteria/parenting_test.yaml".into(), bytes });
    let report = examples::run(&loaded, &files);
    assert_eq!((report.examples, report.failures.len(), report.problems.len()), (1, 0, 0), "{example}\n{report:?}");
    // Mistakes are told in their place, and what was typed stays.
    let page = browser.submit(&form, &[("facts".into(), "keping_safe: safe".into())]).await;
    assert!(page.html.contains("did you mean keeping_safe?"), "{}", page.html);
    let page = browser.submit(&form, &[("facts".into(), "keeping_safe safe".into())]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.html.contains("Line 1 is not a fact") && page.html.contains("keeping_safe safe"));
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worklist_has_the_soonest_first_and_stays_red_until_the_duty_team_accepts() {
    let served = Served::begin().await;
    let (rules, _) = rules();
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let reference = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let calm = reference(&fill(&mut browser, &rules, &a_child()).await.page.path);
    let mut told = a_child();
    told.children[0].facts.insert("immediate_danger_now".into(), true.into());
    let urgent = reference(&fill(&mut browser, &rules, &told).await.page.path);
    let page = browser.go("/worklist").await;
    let at = |text: &str| page.html.find(text).unwrap_or_else(|| panic!("no {text}: {}", page.html));
    assert!(at(&urgent) < at(&calm), "the soonest first");
    assert!(at(&urgent) < at("govuk-tag--red") && at("govuk-tag--red") < at(&calm));
    assert!(page.html.contains(" left</span>") && page.html.contains("Waits for a decision"));
    // A manager hands the calm one to the Emergency Duty Team: red, in the list and on the page, until it accepts.
    let mut manager = Browser::signed_in(&served.router, "manager").await;
    let form = manager.go(&format!("/referrals/{calm}/children/1/decision")).await.form("/decision");
    let level = form.inputs.iter().find(|input| input.name == "level" && input.value == "3").unwrap();
    let decided = [
        ("level", level.value.as_str()),
        ("outcome", "emergency_duty_team"),
        ("holder", "council:example"),
        ("holder_name", "Duty worker at the team"),
        ("words", "Why"),
    ];
    let mut decided: Vec<_> = decided.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    // A reason to decide higher is none to agree.
    decided.push(("reason".into(), "higher.PATTERN".into()));
    let page = manager.submit(&form, &decided).await;
    assert!(page.status == StatusCode::UNPROCESSABLE_ENTITY, "{}", page.html);
    assert!(page.html.contains("Choose a reason that fits"), "{}", page.html);
    decided.pop();
    // A message alone is not enough.
    let page = manager.submit(&form, &decided).await;
    assert!(page.status == StatusCode::UNPROCESSABLE_ENTITY, "{}", page.html);
    assert!(page.html.contains("phone the Emergency Duty Team, and say when"), "{}", page.html);
    decided.push(("telephoned".into(), "00:01".into()));
    let receipt = manager.submit(&form, &decided).await;
    assert_eq!(receipt.status, StatusCode::OK, "{}", receipt.html);
    assert!(receipt.html.contains("Duty worker at the team, council:example"), "{}", receipt.html);
    assert!(receipt.html.contains("Told by telephone") && receipt.html.contains("sha256:"), "{}", receipt.html);
    let page = manager.go(&format!("/referrals/{calm}")).await;
    assert!(page.html.contains("Red until the Emergency Duty Team accepts"), "{}", page.html);
    assert_eq!(manager.go("/worklist").await.html.matches("govuk-tag--red").count(), 2);
    // Whoever rang the team does not accept for it.
    assert!(!page.html.contains("/acceptance") && page.html.contains("You sent this"), "{}", page.html);
    let mut social = Browser::signed_in(&served.router, "social-worker").await;
    let page = social.go(&format!("/referrals/{calm}")).await;
    let page = social.submit(&page.form("/acceptance"), &[]).await;
    assert!(
        !page.html.contains("Red until the Emergency Duty Team accepts")
            && page.html.contains("accepted by A social worker")
    );
    // Pressed twice, it is accepted once. The night is not the end: the hub takes it back when it opens.
    assert_eq!(manager.go("/worklist").await.html.matches("govuk-tag--red").count(), 1);
    assert!(!manager.go("/worklist?show=accepted").await.html.contains(&calm));
    assert!(manager.go("/out-of-hours").await.html.contains(&calm));
    served.end().await;
}

/// Hands the child of a referral to somebody, hands in what is no transfer, and says where both are read.
async fn handed_over_and_transferred(browser: &mut Browser, served: &Served, referral: &str) -> [String; 6] {
    let form = browser.go(&format!("{referral}/children/1/decision")).await.form("/decision");
    let level = form.inputs.iter().find(|input| input.name == "level" && input.value == "3").unwrap();
    let decided = [
        ("level", level.value.as_str()),
        ("outcome", "allocated_worker"),
        ("holder", "council:example"),
        ("holder_name", "A named worker"),
    ];
    let decided = decided.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let receipt = browser.submit(&form, &decided).await;
    let handed = Ask { router: &served.router, who: "manager" }.get("/v1/handed-over").await.1;
    let decision = handed["handed_over"][0]["decision"].as_str().unwrap().to_owned();
    let form = browser.go("/transfers").await.form("/transfers");
    let kept = browser.submit(&form, &[("file".to_owned(), "half a file".to_owned())]).await;
    assert!(kept.path.starts_with("/transfers/") && receipt.path.ends_with("/receipt"), "{}", receipt.html);
    [
        receipt.path,
        kept.path,
        "/transfers".into(),
        "/handed-over".into(),
        format!("/handed-over/{decision}"),
        "/out-of-hours".into(),
    ]
}

/// Tells a family, disagrees, gives what is recorded, and says where all of it is read.
async fn told_disagreed_and_given(browser: &mut Browser, referral: &str) -> Vec<String> {
    let fill = |filled: &[(&str, &str)]| -> Vec<(String, String)> {
        filled.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let [letter, disagree, disclose] =
        ["letter", "disagreement", "disclosure"].map(|what| format!("{referral}/children/1/{what}"));
    let form = browser.go(&letter).await.form("/letter");
    let told = [
        ("do", "send"),
        ("name", "The parents"),
        ("way", "in_person"),
        ("safe", "HANDED"),
        ("safe_words", "At school"),
    ];
    let told = browser.submit(&form, &fill(&[&told[..], &[("names_checked", "yes")]].concat())).await;
    let form = browser.go(&disagree).await.form("/disagreement");
    let disagreed = browser.submit(&form, &fill(&[("party", "family"), ("says", "We need no help.")])).await;
    let disagreement = disagreed.between("disagreements&#x2f;", "\"").expect(&disagreed.html);
    let form = browser.go(&disclose).await.form("/disclosure");
    let open = form.inputs.iter().filter(|input| input.kind == "select" && input.value.is_empty());
    let mut given: Vec<_> = open.map(|input| (input.name.clone(), "none.THIRD".to_owned())).collect();
    given.push(("to".to_owned(), "Their mother".to_owned()));
    let given = browser.submit(&form, &given).await;
    let lists = ["/to-tell", "/disagreements", "/rule-review"].map(str::to_owned);
    let own = [letter, told.path, format!("{referral}/feedback"), disagree, disclose, given.path];
    lists.into_iter().chain(own).chain([format!("{referral}/disagreements/{disagreement}")]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_template_is_rendered() {
    let served = Served::begin().await;
    let (rules, _) = rules();
    let mut browser = Browser::signed_in(&served.router, "manager").await;
    let referral = fill(&mut browser, &rules, &a_child()).await.page.path;
    let draft = browser.begin_draft_of_a_child().await;
    let of_draft = ["", "/children", "/account", "/check", "/erase", "/children/1/remove"];
    let of_referral = ["", "/information", "/children/1/decision"];
    let plain = [
        "/",
        "/sign-in",
        "/time-left",
        "/check",
        "/drafts",
        "/worklist",
        "/playground",
        "/accessibility",
        "/privacy",
        "/cookies",
        "/docs/problems",
        "/docs/problems/unknown-fact",
        "/docs/problems/none",
        "/referrals/none",
    ];
    let all = plain.map(str::to_owned).into_iter();
    let all = all.chain(of_draft.map(|part| format!("{draft}{part}")));
    let all = all.chain(of_referral.map(|part| format!("{referral}{part}")));
    let (batch, pair) = super::batches::a_batch_and_a_pair(&mut browser).await;
    let all = all.chain(["/batches".to_owned(), batch, pair]);
    let mut rendered = std::collections::BTreeSet::new();
    let template = |page: &Page| {
        assert!(page.html.len() <= MAX_PAGE, "{} weighs {}", page.path, page.html.len());
        page.between("data-template=\"", "\"").expect(&page.html)
    };
    for path in all {
        rendered.insert(template(&browser.go(&path).await));
    }
    rendered.insert(template(&checked(&mut Browser::new(&served.router)).await));
    for path in handed_over_and_transferred(&mut browser, &served, &referral).await {
        rendered.insert(template(&browser.go(&path).await));
    }
    for path in told_disagreed_and_given(&mut browser, &referral).await {
        rendered.insert(template(&browser.go(&path).await));
    }
    for page in super::rule_editor::met_by_an_author(&served).await {
        rendered.insert(template(&page));
    }
    for page in super::rule_changes::met_by_a_board(&served).await {
        rendered.insert(template(&page));
    }
    let met = super::calibration::met_by_a_partnership(&served).await;
    for page in met.into_iter().chain(super::quality::met_by_a_reader(&served).await) {
        rendered.insert(template(&page));
    }
    rendered.insert(template(&super::break_glass::met_by_who_cannot_sign_in().await));
    let templates = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages")).unwrap();
    for path in
        templates.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|is| is == "html"))
    {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_page = name != "layout" && (text.contains("extends \"layout.html\"") || text.contains("<!DOCTYPE"));
        assert!(!is_page || rendered.contains(&name), "{name} was never rendered; only {rendered:?}");
    }
    served.end().await;
}
