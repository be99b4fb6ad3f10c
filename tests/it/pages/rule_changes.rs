//! The board and its rule changes: what is shown, and what is told where something may not be done. The whole story of
//! one is a test in Chromium.

use std::sync::Arc;

use axum::http::StatusCode;
use windscreen::access::{Operation, demonstration, permit};
use windscreen::criteria::{RuleFile, RuleSet, load};
use windscreen::record::rule_changes::ProposalWanted;
use windscreen::rule_change::{Begins, Evidence};
use windscreen::rules_dir;
use windscreen::serving::now;

use super::Served;
use super::browser::{Browser, Page, unescaped};

fn rules() -> (Arc<RuleSet>, Vec<RuleFile>) {
    let files = rules_dir::read(concat!(env!("CARGO_MANIFEST_DIR"), "/rules").as_ref()).unwrap();
    (Arc::new(load(&files).rule_set.unwrap()), files)
}

/// A rule change that is proposed: a word alone, of which nothing was worked out but that.
async fn proposed(served: &Served) -> String {
    let record = Arc::clone(&served.record);
    let propose = move || {
        let (before, mut files) = rules();
        let edited = files.iter_mut().find(|file| file.path == "thresholds.yaml").unwrap();
        let text = String::from_utf8(edited.bytes.clone()).unwrap();
        edited.bytes = text.replace("says: One complex need\n", "says: A complex need\n").into_bytes();
        let author = permit(demonstration("rule-author").unwrap(), Operation::ProposeRules).unwrap();
        let draft = record.begin_rule_draft(&author, "A complex need", &files, None, now()).unwrap();
        let in_force = before.id().digest.clone();
        let evidence = Evidence {
            digest: load(&files).digest,
            instead_of: in_force.clone(),
            errors: 0,
            warnings: 0,
            problems: Vec::new(),
            version: None,
            from: None,
            proofs: Vec::new(),
            examples: 170,
            failing: Vec::new(),
            may_lower: false,
            in_short: Vec::new(),
            difference: None,
            replay: Some(record.replay_counted(&before).unwrap()),
        };
        record.put_evidence(&draft, 1, &evidence).unwrap();
        let draft = record.find_rule_draft(&draft).unwrap();
        let wanted = ProposalWanted {
            reason: "One reads better than a number".to_owned(),
            clause: "Board minute 7".to_owned(),
            begins: Begins::On("2099-04-01".parse().unwrap()),
            answer_by: Some("2099-02-01".parse().unwrap()),
            failing: Vec::new(),
            written_by: Vec::new(),
        };
        windscreen::demonstration::name_delegates(&record, now()).unwrap();
        record.propose(&author, &draft, &wanted, &in_force, now()).unwrap()
    };
    format!("/rule-changes/{}", tokio::task::spawn_blocking(propose).await.unwrap())
}

/// A page of each kind that a board meets.
pub async fn met_by_a_board(served: &Served) -> Vec<Page> {
    let change = proposed(served).await;
    let mut author = Browser::signed_in(&served.router, "rule-author").await;
    let drafts = unescaped(&author.go("/rule-drafts").await.html);
    let draft = drafts.split("href=\"/rule-drafts/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let digest = rules().0.id().digest.clone();
    let compared = format!("/rule-history/compare?old={digest}&new={digest}");
    let said = "/rule-history?on-day=1&on-month=2&on-year=2099&rule=several_level_3_needs";
    let of_draft = format!("/rule-drafts/{draft}");
    let paths = [
        "/board",
        &change,
        "/rule-drafts",
        &of_draft,
        "/rule-history",
        said,
        &compared,
        "/clauses",
        "/audit",
        "/reports",
    ];
    let mut pages = Vec::new();
    for path in paths {
        pages.push(author.go(path).await);
    }
    pages.push(Browser::signed_in(&served.router, "auditor").await.go("/reports/2026-03").await);
    // Before and after, of what is only a draft and of what is proposed.
    for page in [&of_draft, &change] {
        let html = unescaped(&author.go(page).await.html);
        let compare = html.split("href=\"/rule-history/compare").nth(1).unwrap().split('"').next().unwrap();
        let page = author.go(&format!("/rule-history/compare{compare}")).await;
        assert!(page.html.contains("A complex need") && page.html.contains("One complex need"), "{}", page.html);
        pages.push(page);
    }
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_answers_for_their_partner_once_and_for_no_other() {
    let served = Served::begin().await;
    let change = proposed(&served).await;
    let mut police = Browser::signed_in(&served.router, "approver").await;
    let board = police.go("/board").await;
    assert!(board.html.contains("What waits for you as a delegate of police"), "{}", board.html);
    let page = police.go(&change).await;
    let offered = |page: &Page, words: &str| page.html.contains(words);
    assert!(offered(&page, "Agree for police") && !offered(&page, "Agree for council"), "{}", page.html);
    // Without a reason nothing is refused.
    let digest = page.between("name=\"digest\" value=\"", "\"").unwrap();
    let begins = page.between("name=\"begins\" value=\"", "\"").map(|text| unescaped(&text)).unwrap();
    let token = page.between("name=\"form-token\" value=\"", "\"").unwrap();
    let send = |what: &'static str, partner: &'static str, says: &'static str| {
        [
            ("form-token", token.clone()),
            ("do", what.to_owned()),
            ("partner", partner.to_owned()),
            ("digest", digest.clone()),
            ("begins", begins.clone()),
            ("says", says.to_owned()),
        ]
    };
    let told = async |browser: &mut Browser, fields: [(&'static str, String); 6]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let page = browser.post(&change, &fields).await;
        (page.status, page.between("govuk-error-summary__list", "</ul>").unwrap_or_default())
    };
    let (status, says) = told(&mut police, send("refuse", "police", " ")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(says.contains("Say in a sentence why"), "{says}");
    let (status, says) = told(&mut police, send("approve", "council", "")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(says.contains("no delegate of `council`"), "{says}");
    let (status, _) = told(&mut police, send("approve", "police", "")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (status, says) = told(&mut police, send("approve", "police", "")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(says.contains("has said so already"), "{says}");
    // Whoever proposes agrees nothing, and whoever agrees proposes nothing.
    for (what, says) in [("withdraw", "No"), ("edit", ""), ("nothing", "")] {
        let (status, _) = told(&mut police, send(what, "police", says)).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{what}");
    }
    let mut author = Browser::signed_in(&served.router, "rule-author").await;
    let token = author.go(&change).await.between("name=\"form-token\" value=\"", "\"").unwrap();
    let mut of_author = send("approve", "police", "");
    of_author[0].1 = token;
    let (status, _) = told(&mut author, of_author).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_takes_documents_away_that_are_made_from_the_rules_in_force() {
    let served = Served::begin().await;
    let mut approver = Browser::signed_in(&served.router, "approver").await;
    let page = unescaped(&approver.go("/documents").await.html);
    for (_, word, title, _) in windscreen::documents::Made::ALL {
        for (ending, kind, begins) in
            [("html", "text/html; charset=utf-8", "<!doctype html>"), ("md", "text/markdown; charset=utf-8", "# ")]
        {
            let path = format!("/documents/{word}.{ending}");
            assert!(page.contains(title) && page.contains(&format!("href=\"{path}\"")), "{path}");
            let file = approver.get(&path).await;
            assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, kind), "{path}");
            assert!(file.html.to_lowercase().starts_with(begins), "{path}: {}", &file.html[..200]);
            assert!(file.header("content-disposition").starts_with("attachment"), "{path}");
        }
    }
    // Of what is served it is known since when it is in force.
    assert!(approver.get("/documents/atrs.md").await.html.contains("2026.1"));
    for lost in ["/documents/other.html", "/documents/atrs", "/documents/atrs.pdf"] {
        assert_eq!(approver.get(lost).await.status, StatusCode::NOT_FOUND, "{lost}");
    }
    served.end().await;
}
