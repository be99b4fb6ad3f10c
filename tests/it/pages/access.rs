//! Who reaches what: every route for every role and relation, as the one table says; and forms that are not ours.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};
use windscreen::access::{DEMONSTRATION, Operation, Relation, TABLE};
use windscreen::decision::Role;
use windscreen::pages::{For, Method, ROUTES};
use windscreen::record::Record;

use super::Served;
use super::browser::Browser;
use crate::record::running::{program, ran};
use crate::record::{Ask, a_family};

/// What each route of the API does that asks who acts.
const API: [(&str, &str, Operation); 27] = [
    ("POST", "/v1/referrals", Operation::Refer),
    ("GET", "/v1/referrals", Operation::List),
    ("GET", "/v1/referrals/{id}", Operation::Read),
    ("POST", "/v1/referrals/{id}/information", Operation::Inform),
    ("POST", "/v1/referrals/{id}/decisions", Operation::Decide),
    ("GET", "/v1/referrals/{id}/decisions", Operation::Read),
    ("POST", "/v1/referrals/{id}/decisions/{decision}/confirmation", Operation::Decide),
    ("POST", "/v1/referrals/{id}/decisions/{decision}/acceptance", Operation::Accept),
    ("GET", "/v1/referrals/{id}/earlier", Operation::LookUp),
    ("POST", "/v1/referrals/{id}/earlier/{earlier}", Operation::LookUp),
    ("POST", "/v1/referrals/{id}/letters", Operation::Tell),
    ("POST", "/v1/referrals/{id}/disagreements", Operation::Disagree),
    ("POST", "/v1/referrals/{id}/disagreements/{disagreement}/answers", Operation::Decide),
    ("POST", "/v1/referrals/{id}/disagreements/{disagreement}/further", Operation::Disagree),
    ("POST", "/v1/referrals/{id}/joined", Operation::LookUp),
    ("POST", "/v1/batches", Operation::ReceiveBatch),
    ("GET", "/v1/batches/{id}", Operation::ReceiveBatch),
    ("POST", "/v1/batches/{id}/rows/{row}", Operation::DealWithRow),
    ("GET", "/v1/handed-over", Operation::Accept),
    ("GET", "/v1/handed-over/{decision}", Operation::Accept),
    ("POST", "/v1/transfers", Operation::Transfer),
    ("GET", "/v1/transfers", Operation::Transfer),
    ("GET", "/v1/audit/checkpoint", Operation::Prove),
    ("GET", "/v1/audit/{log}/checkpoint", Operation::Prove),
    ("GET", "/v1/audit/{log}/tile/{level}/{place}", Operation::Prove),
    ("GET", "/v1/audit/{log}/tile/entries/{place}", Operation::Audit),
    ("GET", "/v1/audit/{log}/proof", Operation::Prove),
];

fn relation(role: Role, operation: Operation) -> Option<Relation> {
    TABLE.iter().find(|(listed, does, _)| *listed == role && *does == operation).map(|(.., relation)| *relation)
}

/// A referral of an organisation about which something was decided; its reference.
async fn referred(served: &Served, who: &str, organisation: &str) -> String {
    let mut family = a_family();
    family["referrer"]["organisation"] = organisation.into();
    let ask = Ask { router: &served.router, who };
    let (status, answer) = ask.post("/v1/referrals", organisation, &family).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let decision = json!({ "child": "A", "shown": 1, "level": 5, "view": "decides_higher", "outcome": "strategy_discussion",
                           "reason": { "code": "KNOWN", "says": "Known" }, "next_holder": { "organisation": "police:example", "told": "What is handed over" } });
    let decisions = format!("/v1/referrals/{}/decisions", answer["id"].as_str().unwrap());
    let manager = Ask { router: &served.router, who: "manager" };
    let (status, decided) = manager.post(&decisions, organisation, &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{decided}");
    answer["reference"].as_str().unwrap().to_owned()
}

fn filled(path: &str, referral: &str) -> String {
    let parts = [
        ("{id}", referral),
        ("{child}", "1"),
        ("{decision}", "none"),
        ("{step}", "referrer"),
        ("{file}", "icon.svg"),
        ("{log}", "rules"),
        ("{path}", "0/000"),
        ("{index}", "0"),
        ("{earlier}", "none"),
        ("{letter}", "none"),
        ("{disagreement}", "none"),
        ("{disclosure}", "none"),
        ("{row}", "2"),
        ("{kept}", "none"),
        ("{month}", "2026-03"),
        ("{round}", "none"),
        ("{vignette}", "1"),
        ("{place}", "1"),
        ("{version}", "now"),
    ];
    parts.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_for_whom_the_table_says() {
    let served = Served::begin().await;
    let schools = referred(&served, "school-system", "school:example-primary").await;
    let polices = referred(&served, "police-system", "police:example").await;
    let mut wrong = Vec::new();
    for (id, _, role, organisation) in DEMONSTRATION {
        for route in ROUTES {
            for (referral, owner) in [(&schools, "school:example-primary"), (&polices, "police:example")] {
                // Signing out ends the session, so each route has one of its own.
                let mut browser = Browser::signed_in(&served.router, id).await;
                let token = browser.get("/").await.between("name=\"form-token\" value=\"", "\"").unwrap();
                let path = filled(route.path, referral);
                let page = match route.method {
                    Method::Get => browser.get(&path).await,
                    Method::Post => browser.post(&path, &[("form-token", &token)]).await,
                };
                let is_refused = page.status == StatusCode::FORBIDDEN && page.html.contains("This is for others to do");
                let expected = match route.whom {
                    For::Everybody | For::SignedIn => true,
                    For::Who(operation) => relation(*role, operation).is_some(),
                };
                if expected == is_refused {
                    wrong.push(format!("{role:?} {:?} {}: {}", route.method, route.path, page.status));
                }
                // A referral beyond reach is not there; what is asked about none, or about an unknown decision, differs.
                let is_of_another = ["{decision}", "{letter}", "{disagreement}", "{disclosure}"];
                let is_of_referral = route.path.starts_with("/referrals/{id}")
                    && !is_of_another.iter().any(|part| route.path.contains(part));
                if let (For::Who(operation), true, true) = (route.whom, expected, is_of_referral) {
                    let reaches = relation(*role, operation) == Some(Relation::Any) || *organisation == owner;
                    let is_there = page.status != StatusCode::NOT_FOUND;
                    // Confirming an earlier referral that does not exist is told apart from the referral by nothing.
                    if reaches != is_there && !(route.method == Method::Post && route.path.ends_with("earlier")) {
                        wrong.push(format!("{role:?} {:?} {} of {owner}: {}", route.method, route.path, page.status));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    served.end().await;
}

/// At the terminal too, where `audit export` enters the same.
#[tokio::test(flavor = "multi_thread")]
async fn that_both_logs_were_given_out_is_an_entry() {
    let served = Served::begin().await;
    let mut auditor = Browser::signed_in(&served.router, "auditor").await;
    let exported = async |record: &Arc<Record>| {
        let sql = "SELECT leaf FROM entry WHERE leaf LIKE '%\"kind\":\"exported\"%\"detail\":\"export\"%'";
        let record = Arc::clone(record);
        let rows = move || record.store().read(|db| db.query(sql, &[])).unwrap().len();
        tokio::task::spawn_blocking(rows).await.unwrap()
    };
    for times in 0..2 {
        assert_eq!(exported(&served.record).await, times);
        let bundle = auditor.get("/audit/bundle").await;
        assert!(
            bundle.status == StatusCode::OK && bundle.html.starts_with("{\"format\":\"windscreen-log-1\""),
            "{}",
            bundle.html
        );
    }
    assert_eq!(exported(&served.record).await, 2);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_api_is_for_whom_the_table_says() {
    let served = Served::begin().await;
    let referral = referred(&served, "school-system", "school:example-primary").await;
    let nobody = Ask { router: &served.router, who: "" };
    let (_, document) = nobody.get("/openapi.json").await;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let acting = ["/v1/referrals", "/v1/batches", "/v1/handed-over", "/v1/transfers", "/v1/audit"];
            let acts = acting.iter().any(|route| path.starts_with(route));
            let listed =
                API.iter().any(|(known, at, _)| known.eq_ignore_ascii_case(method) && plain(at) == plain(path));
            assert_eq!(acts, listed, "{method} {path} has no row here");
        }
    }
    let mut wrong = Vec::new();
    for (method, path, operation) in API {
        let at = filled(path, &referral);
        let body = if method == "POST" { "{}" } else { "" };
        let (status, _) = nobody.send(method, &at, Some("a key"), body).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
        for (id, _, role, _) in DEMONSTRATION {
            let ask = Ask { router: &served.router, who: id };
            let (status, answer): (StatusCode, Value) = ask.send(method, &at, Some("a key"), body).await;
            let is_refused = status == StatusCode::FORBIDDEN;
            if is_refused == relation(*role, operation).is_some() || status == StatusCode::UNAUTHORIZED {
                wrong.push(format!("{role:?} {method} {path}: {status} {answer}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    served.end().await;
}

/// A path without the names of its parts.
fn plain(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_signed_in_is_led_there_and_back() {
    let served = Served::begin().await;
    let mut browser = Browser::new(&served.router);
    for route in ROUTES.iter().filter(|route| route.whom != For::Everybody) {
        let path = filled(route.path, "ABC-DEF");
        let page = match route.method {
            Method::Get => browser.get(&path).await,
            Method::Post => browser.post(&path, &[]).await,
        };
        // What cannot be read is come back to by the page before it.
        let is_read = ROUTES.iter().any(|other| other.method == Method::Get && other.path == route.path);
        let back = match path.strip_prefix("/referrals/ABC-DEF/") {
            _ if is_read => path.as_str(),
            Some(_) => "/referrals/ABC-DEF",
            None => "/",
        };
        let to: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
        assert_eq!((page.status, page.path), (StatusCode::SEE_OTHER, format!("/sign-in?to={to}")), "{}", route.path);
    }
    // Never to another site.
    for to in ["https://example.org", "//example.org", "/\\example.org", "javascript:alert(1)", "/a?b"] {
        let mut browser = Browser::new(&served.router);
        let page = browser.post("/sign-in", &[("who", "operator"), ("to", to)]).await;
        assert_eq!(page.path, "/board", "{to}");
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_not_ours_changes_nothing() {
    let served = Served::begin().await;
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let draft = browser.begin_draft().await;
    let at = format!("{draft}/account");
    let form = browser.go(&at).await.form("/account");
    let token = &form.inputs.iter().find(|input| input.name == "form-token").unwrap().value;
    let version = &form.inputs.iter().find(|input| input.name == "version").unwrap().value;
    let rules = &form.inputs.iter().find(|input| input.name == "rules").unwrap().value;
    let right = [("form-token", token.as_str()), ("version", version), ("rules", rules), ("account.seen", "Seen")];
    let mut refused = Vec::new();
    refused.push(browser.post_from(&at, &right, "https://example.org").await);
    refused.push(browser.post_from(&at, &right, "null").await);
    refused.push(browser.post(&at, &[&[("form-token", "another")], &right[1..]].concat()).await);
    refused.push(browser.post(&at, &right[1..]).await);
    refused.push(browser.post(&at, &[&right[..], &[("child.1.fact.keeping_safe", "safe")]].concat()).await);
    refused.push(browser.post(&at, &[&right[..], &[("account.seen", "Twice")]].concat()).await);
    // A token of somebody else's session.
    let mut other = Browser::signed_in(&served.router, "manager").await;
    refused.push(other.post(&at, &right).await);
    let level = format!("{draft}/level");
    let form = browser.go(&level).await.form("/level");
    refused.push(browser.submit_only(&form, &[("level".into(), "9".into())]).await);
    for (place, page) in refused.iter().enumerate() {
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{place}");
        assert!(page.html.contains("Nothing was changed"), "{place}");
    }
    let page = browser.go(&at).await;
    assert!(!page.html.contains("Seen") || !page.html.contains(">\nSeen</textarea>"), "nothing was saved");
    assert_eq!(browser.post(&at, &right).await.status, StatusCode::SEE_OTHER);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_that_leads_here_is_not_answered() {
    let served = Served::begin().await;
    let mut browser = Browser::new(&served.router);
    let request = axum::http::Request::get("/").header("host", "attacker.example.org");
    let page = browser.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(page.status, StatusCode::MISDIRECTED_REQUEST);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_link_is_a_page_for_people_and_a_problem_for_programs() {
    let served = Served::begin().await;
    let mut browser = Browser::new(&served.router);
    for (accept, says) in [("text/html,*/*", "Page not found"), ("*/*", "urn:windscreen:problem:not-found")] {
        let request = axum::http::Request::get("/no/such/page").header("host", "localhost").header("accept", accept);
        let page = browser.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(page.html.contains(says), "{accept}: {}", page.html);
    }
    served.end().await;
}

/// At every replica: whoever holds the record ends it.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_signed_out_from_the_terminal_and_nobody_else_is() {
    let served = Served::begin().await;
    let mut two = [(); 2].map(|()| Browser::new(&served.router));
    for browser in &mut two {
        browser.post("/sign-in", &[("who", "manager")]).await;
        assert_eq!(browser.get("/worklist").await.status, StatusCode::OK);
    }
    let mut other = Browser::signed_in(&served.router, "triage-worker").await;
    let sessions = |arguments: &[&str]| {
        let command = program(&served.kept, &[&["sessions"], arguments].concat());
        tokio::task::spawn_blocking(move || ran(command))
    };
    let (code, said) = sessions(&["list"]).await.unwrap();
    assert!(code == Some(0) && said.contains("3 sessions"), "{said}");
    assert_eq!((said.matches("social_work_manager").count(), said.matches("triage_worker").count()), (2, 1), "{said}");
    assert_eq!(sessions(&["end", "manager"]).await.unwrap(), (Some(0), "2 sessions ended\n".to_owned()));
    for browser in &mut two {
        assert!(browser.get("/worklist").await.path.starts_with("/sign-in"));
    }
    assert_eq!(other.get("/worklist").await.status, StatusCode::OK);
    let (code, said) = sessions(&["end", "manager"]).await.unwrap();
    assert!(code == Some(1) && said.contains("nobody called `manager` is signed in"), "{said}");
    served.end().await;
}
