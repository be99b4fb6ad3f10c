//! The board's figures on pages: a month as the record tells it, as it was issued, and to take away.

use axum::http::StatusCode;
use windscreen::serving::now;

use super::Served;
use super::browser::{Browser, unescaped};
use crate::record::{Ask, a_family};

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_issues_a_month_and_corrects_it_and_others_read() {
    let served = Served::begin().await;
    let ask = Ask { router: &served.router, who: "school-system" };
    for number in 0..9 {
        let mut family = a_family();
        family["received_at"] = "2026-03-02T10:30:00+00:00".into();
        family["children"][0]["monitoring"] = serde_json::json!({ "sex": "female" });
        let (status, answer) = ask.post("/v1/referrals", &format!("family {number}"), &family).await;
        assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    }
    let mut auditor = Browser::signed_in(&served.router, "auditor").await;
    let page = auditor.go("/reports/2026-03").await;
    assert!(page.html.contains("It is not issued") && page.html.contains("18 children were referred"), "{}", page.html);
    assert!(!page.html.contains("Invented Child") && !page.html.contains("CANARY"), "nothing of any child");
    let form = page.form("/reports/2026-03");
    let filled = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let page = auditor.submit(&form, &filled(&[("contacts", "many")])).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.html.contains("Enter the number of contacts in digits"), "{}", page.html);
    let page = auditor.submit(&form, &filled(&[("contacts", "36")])).await;
    assert!(page.html.contains("Version 1") && page.html.contains("Share recorded here: 25.0 %"), "{}", page.html);
    // What is recorded later changes what the record tells now, and not what was issued.
    let mut family = a_family();
    family["received_at"] = "2026-03-02T10:30:00+00:00".into();
    ask.post("/v1/referrals", "one more", &family).await;
    let issued = auditor.go("/reports/2026-03").await;
    assert!(issued.html.contains("18 children were referred"), "{}", issued.html);
    let as_it_is = auditor.go("/reports/2026-03?version=now").await;
    assert!(as_it_is.html.contains("20 children were referred"), "{}", as_it_is.html);
    let page = auditor.submit(&as_it_is.form("/reports/2026-03"), &filled(&[("contacts", ""), ("because", "")])).await;
    assert!(page.html.contains("Say why it is corrected"), "{}", page.html);
    let filled = filled(&[("contacts", ""), ("because", "A referral came late")]);
    let page = auditor.submit(&as_it_is.form("/reports/2026-03"), &filled).await;
    assert!(page.html.contains("Version 2") && page.html.contains("A referral came late"), "{}", page.html);
    let page = auditor.go("/reports/2026-03?version=1").await;
    assert!(page.html.contains("18 children were referred"), "{}", page.html);

    // The month that goes on is told to nobody, and what the record tells now to nobody else.
    let this_month = now().in_tz("Europe/London").unwrap().strftime("/reports/%Y-%m").to_string();
    assert_eq!(auditor.get(&this_month).await.status, StatusCode::NOT_FOUND);
    let page = auditor.go("/reports/2025-01").await;
    assert!(page.html.contains("No child was referred in January 2025."), "{}", page.html);
    // Whoever sees figures takes them away, and does not issue them.
    let mut approver = Browser::signed_in(&served.router, "approver").await;
    let page = approver.go("/reports/2026-03").await;
    assert!(!page.html.contains("Correct it"), "{}", page.html);
    for (file, kind, holds) in [
        ("report.html", "text/html; charset=utf-8", "20 children were referred"),
        ("report.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK"),
        ("indicated_by_agency.csv", "text/csv; charset=utf-8", "Agency,Children"),
    ] {
        let page = approver.get(&format!("/reports/2026-03/2/{file}")).await;
        assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, kind), "{file}");
        assert!(page.html.contains(holds), "{file}: {}", page.html);
    }
    for lost in [
        "/reports/2026-3",
        "/reports/2999-01",
        "/reports/2025-01",
        "/reports/2026-03?version=now",
        "/reports/2026-03/now/report.html",
        "/reports/2026-03/3/report.html",
        "/reports/2026-03/2/other.csv",
    ] {
        assert_eq!(approver.get(lost).await.status, StatusCode::NOT_FOUND, "{lost}");
    }
    let listed = unescaped(&approver.go("/reports").await.html);
    assert!(listed.contains("Not yet") && !listed.contains("href=\"/reports/2026-04"), "{listed}");
    let mut worker = Browser::signed_in(&served.router, "triage-worker").await;
    assert_eq!(worker.get("/reports").await.status, StatusCode::FORBIDDEN);
    served.end().await;
}
