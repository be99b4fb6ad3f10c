//! A child who lives elsewhere: from an area with five levels to one with four, decided there, and back again.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};
use windscreen::pages::council::Council;
use windscreen::pages::{self, Front};
use windscreen::record::Record;
use windscreen::record::store::Transaction;
use windscreen::record::transfer::{Senders, Transfers};
use windscreen::serving::Serving;

use super::Served;
use super::browser::{Browser, Page};
use crate::record::{Ask, Kept, a_family};

/// An authority: its record, its keys, its rules.
struct Authority {
    kept: Kept,
    record: Arc<Record>,
    router: Router,
}

const FIVE: (&str, &str, &str) = ("rules", "council:example", "Example Council");
const FOUR: (&str, &str, &str) = ("fixtures/rule_sets/good/four_levels", "council:harbour-bay", "Harbour Bay");

impl Authority {
    /// What it gives to those who receive its transfers.
    fn line(record: &Record, of: (&str, &str, &str)) -> String {
        format!("# {}\n{} {}\n", of.2, of.1, record.keys().public_of_transfers())
    }

    /// Two that know each other.
    async fn two() -> (Self, Self) {
        let begin = || {
            let (five, four) = (Kept::in_sqlite(), Kept::in_sqlite());
            let (record_of_five, record_of_four) = (five.open(), four.open());
            let lines = (Self::line(&record_of_five, FIVE), Self::line(&record_of_four, FOUR));
            (Self::with(five, record_of_five, FIVE, &lines.1), Self::with(four, record_of_four, FOUR, &lines.0))
        };
        tokio::task::spawn_blocking(begin).await.unwrap()
    }

    fn with(kept: Kept, record: Arc<Record>, of: (&str, &str, &str), senders: &str) -> Self {
        let (rules, organisation, name) = of;
        let senders = Senders::parse(senders).unwrap();
        let transfers = Transfers { organisation: organisation.into(), name: name.into(), senders };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(rules);
        let serving = Serving::load(&folder, Some(Arc::clone(&record))).unwrap().with_transfers(transfers);
        let council = Council::new(name, "01632 960001", "01632 960002", "#003b5c").unwrap();
        let front = Arc::new(Front::new(Arc::new(serving), council, None).unwrap());
        Self { kept, record, router: pages::router(&front) }
    }

    fn ask<'a>(&'a self, who: &'a str) -> Ask<'a> {
        Ask { router: &self.router, who }
    }

    async fn end(self) {
        let check = move || {
            assert!(self.record.verify(Vec::new()).unwrap().is_ok());
            drop((self.router, self.record, self.kept));
        };
        tokio::task::spawn_blocking(check).await.unwrap();
    }
}

fn filled(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Decides to send the first child to another authority; the receipt.
async fn send_away(browser: &mut Browser, referral: &str, level: &str, to: &str, along: &[&str]) -> Page {
    let form = browser.go(&format!("/referrals/{referral}/children/1/decision")).await.form("/decision");
    let mut decided = filled(&[
        ("level", level),
        ("outcome", "another_authority"),
        ("holder", to),
        ("holder_name", "Their front door"),
    ]);
    decided.extend(along.iter().map(|along| ("along".to_owned(), (*along).to_owned())));
    let receipt = browser.submit(&form, &decided).await;
    assert!(receipt.path.ends_with("/receipt"), "{}: {}", receipt.path, receipt.html);
    receipt
}

/// The file of a receipt, as it is downloaded.
async fn downloaded(browser: &mut Browser, receipt: &Page) -> String {
    let page = browser.get(&receipt.path.replace("/receipt", "/transfer")).await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "application/json"));
    let name = page.header("content-disposition");
    assert!(name.starts_with("attachment; filename=\"transfer-") && !name.contains("Invented"), "{name}");
    page.html
}

/// Pastes a file, and goes where that leads.
async fn pasted(browser: &mut Browser, file: &str) -> Page {
    let form = browser.go("/transfers").await.form("/transfers");
    // As a browser sends the lines of what was pasted.
    browser.submit(&form, &filled(&[("file", &file.replace('\n', "\r\n"))])).await
}

fn reference(page: &Page) -> String {
    assert!(page.path.starts_with("/referrals/"), "{}: {}", page.path, page.html);
    page.path.rsplit('/').next().unwrap().to_owned()
}

/// A family whose first child nobody can look after.
fn homeless() -> Value {
    let mut family = a_family();
    family["children"][0]["facts"] = json!({ "no_carer_available": true, "basic_care": "struggling" });
    family["children"][0]["concerns"] = json!(["online"]);
    family["children"][1]["own_words"] = "CANARY-SIBLING".into();
    family
}

#[tokio::test(flavor = "multi_thread")]
async fn out_from_five_levels_to_four_decided_there_and_back_again() {
    let (five, four) = Authority::two().await;
    let (status, sent) = five.ask("school-system").post("/v1/referrals", "r", &homeless()).await;
    assert_eq!(status, StatusCode::CREATED, "{sent:#}");
    let here = sent["reference"].as_str().unwrap();
    // A call taker may decide nothing at level 4, and sends the child on all the same.
    let mut taker = Browser::signed_in(&five.router, "call-taker").await;
    let receipt = send_away(&mut taker, here, "4", FOUR.1, &["name", "reasons", "account"]).await;
    assert!(receipt.html.contains("The transfer for council:harbour-bay") && receipt.html.contains("sha256:"));
    for says in ["A transfer always holds", "NHS number", "The referrer&#x27;s account"] {
        assert!(receipt.html.contains(says), "{says}: {}", receipt.html);
    }
    assert!(!receipt.html.contains("What was found about this child"), "a transfer holds no reasons: {}", receipt.html);
    let out = downloaded(&mut taker, &receipt).await;
    let read: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&read["sent_under"], &read["to"]), (&json!("s17"), &json!("council:harbour-bay")));
    assert!(out.contains("CANARY-ACCOUNT") && !out.contains("CANARY-WORDS") && !out.contains("CANARY-HOME"), "{out}");
    assert!(!out.contains("CANARY-SIBLING") && !out.contains("unborn") && !out.contains("\"level\""), "{out}");
    assert!(out.contains("Is there nobody able and willing to look after the child today?"), "{out}");

    // There it is level 3, and nothing that was said is lost; their own criteria indicate less, which a person is told.
    let mut triage = Browser::signed_in(&four.router, "triage-worker").await;
    let page = pasted(&mut triage, &out).await;
    let there = reference(&page);
    assert!(page.html.contains("Sent under section 17: here that is level 3, Child in need"), "{}", page.html);
    assert!(page.html.contains("indicate less than what the sender acted under"), "{}", page.html);
    assert!(page.html.contains("Asked there, not asked here: Is there nobody able and willing"), "{}", page.html);
    assert!(page.html.contains("Invented Child") && page.html.contains("1 May 2018"), "{}", page.html);
    assert_eq!(reference(&pasted(&mut triage, &out).await), there, "the same file is the same referral");
    let (status, again) = four.ask("triage-worker").send("POST", "/v1/transfers", None, &out).await;
    assert_eq!((status, again["reference"].as_str()), (StatusCode::CREATED, Some(there.as_str())));
    let document = windscreen::api::document();
    let answers = &document["paths"]["/v1/transfers"]["post"]["responses"]["201"]["content"]["application/json"];
    let shown = answers["examples"]["transfer_taken"]["value"].as_object().unwrap();
    assert!(again.as_object().unwrap().keys().eq(shown.keys()), "the document shows the same keys: {again}");
    let (_, taken) = four.ask("manager").get(&format!("/v1/referrals/{there}")).await;
    assert_eq!((&taken["organisation"], &taken["at_least"]), (&json!("council:example"), &json!(1)), "{taken:#}");
    assert_eq!(taken["said"][0]["request"]["referrers_level"], 3);

    // Decided there, on what they found out.
    let told = json!({ "said_by": { "role": "social worker" }, "children": [{ "ref": "1", "facts": { "affection": "coldly_or_cruelly" } }] });
    let (status, informed) =
        four.ask("social-worker").post(&format!("/v1/referrals/{there}/information"), "i", &told).await;
    assert_eq!(status, StatusCode::CREATED, "{informed:#}");
    let decision = json!({ "child": "1", "shown": 2, "level": 3, "view": "agrees", "outcome": "s17_assessment",
                           "next_holder": { "organisation": "council:example", "name": "Their own team" } });
    let decisions = format!("/v1/referrals/{there}/decisions");
    let (status, decided) = four.ask("social-worker").post(&decisions, "d", &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{decided:#}");

    // The family moves back: what was asked here first is a fact again, what they asked stands in words.
    let mut social = Browser::signed_in(&four.router, "social-worker").await;
    let receipt = send_away(&mut social, &there, "3", FIVE.1, &["name"]).await;
    let back = downloaded(&mut social, &receipt).await;
    let mut manager = Browser::signed_in(&five.router, "manager").await;
    let page = pasted(&mut manager, &back).await;
    let home = reference(&page);
    assert!(
        home != here && page.html.contains("Sent under section 17: here that is level 4, Child in need"),
        "{}",
        page.html
    );
    assert!(!page.html.contains("indicate less than what the sender acted under"), "{}", page.html);
    let (_, returned) = five.ask("manager").get(&format!("/v1/referrals/{home}")).await;
    let request = &returned["said"][0]["request"];
    let facts = &request["children"][0]["facts"];
    assert_eq!(
        facts,
        &json!({ "no_carer_available": true, "basic_care": "struggling", "housing": "not_known" }),
        "{request:#}"
    );
    assert_eq!(request["children"][0]["concerns"], json!(["online"]), "{request:#}");
    assert_eq!((&returned["at_least"], &returned["at_most"]), (&json!(4), &json!(5)), "{returned:#}");
    assert_eq!(request["referrer"]["source_code"], "5C");
    assert!(request["account"].as_str().unwrap().contains("How do carers speak to the child? Coldly or cruelly"));
    // Found again as the same child, when somebody looks.
    let (_, earlier) = five.ask("manager").get(&format!("/v1/referrals/{home}/earlier")).await;
    assert_eq!(earlier["earlier"][0]["outcome"], "another_authority", "{earlier:#}");
    for authority in [five, four] {
        authority.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_verification_is_refused_with_the_reason_and_kept_for_a_person() {
    let (five, four) = Authority::two().await;
    let (_, sent) = five.ask("school-system").post("/v1/referrals", "r", &homeless()).await;
    let here = sent["reference"].as_str().unwrap();
    let mut taker = Browser::signed_in(&five.router, "call-taker").await;
    let receipt = send_away(&mut taker, here, "4", FOUR.1, &["name"]).await;
    let file = downloaded(&mut taker, &receipt).await;
    let receipt = send_away(&mut taker, here, "4", "council:third", &["name"]).await;
    let for_others = downloaded(&mut taker, &receipt).await;
    let half = file.len() / 2;
    let signature_gone = file.replacen("\"signature\": \"— ", "\"signature\": \"- ", 1);
    let cases = [
        // In a browser's form each of these bytes is three.
        ("not a whole transfer", "ж".repeat(60_000), "form"),
        ("changed after it was signed", file.replacen("\"Struggling\"", "\"Consistent\"", 1), "signature"),
        ("changed after it was signed", file.replacen("\"s17\"", "\"universal\"", 1), "signature"),
        ("is for another authority", for_others, "address"),
        ("not a whole transfer", file[..half].to_owned(), "form"),
        ("a version that this program does not read", file.replacen("transfer-1", "transfer-2", 1), "version"),
        ("signed by nobody whom this installation knows", signature_gone, "sender"),
        // One council's key vouches for no other.
        ("signed by nobody whom this installation knows", file.replacen(FIVE.1, "council:third", 1), "sender"),
    ];
    let mut triage = Browser::signed_in(&four.router, "triage-worker").await;
    for (says, file, refusal) in &cases {
        let page = pasted(&mut triage, file).await;
        assert!(page.path.starts_with("/transfers/"), "{says}: {} {}", page.path, page.html);
        assert!(page.html.contains(says) && page.html.contains("nobody has this child until"), "{says}: {}", page.html);
        let whole = triage.get(&format!("{}/file", page.path)).await;
        assert_eq!(whole.html.trim(), file.replace("\r\n", "\n").trim(), "as it came");
        let (status, kept) = four.ask("triage-worker").send("POST", "/v1/transfers", None, file).await;
        assert_eq!((status, kept["refusal"].as_str()), (StatusCode::ACCEPTED, Some(*refusal)), "{kept:#}");
    }
    // Its own sender does not take it back: it trusts who is in its file, and itself is not.
    assert!(pasted(&mut taker, &file).await.html.contains("signed by nobody whom this installation knows"));
    let (_, list) = four.ask("manager").get("/v1/referrals").await;
    assert_eq!(list["referrals"], json!([]), "none became a referral");
    let page = triage.go("/transfers").await;
    assert!(page.html.matches("Not dealt with").count() >= cases.len(), "{}", page.html);
    // A person deals with it, by a listed word; one entered by hand names its referral.
    let kept = pasted(&mut triage, &cases[1].1).await;
    let form = kept.form("/transfers/");
    let page = triage.submit(&form, &[]).await;
    assert!(page.status == StatusCode::UNPROCESSABLE_ENTITY && page.title().starts_with("Error: "), "{}", page.html);
    let page = triage.submit(&form, &filled(&[("dealt", "entered_by_hand"), ("referral", "none")])).await;
    assert!(page.html.contains("There is no such referral"), "{}", page.html);
    let page = triage.submit(&form, &filled(&[("dealt", "asked_sender")])).await;
    assert!(page.html.contains("The sender was asked to send it again"), "{}", page.html);
    // An empty page says so.
    let form = triage.go("/transfers").await.form("/transfers");
    let page = triage.submit(&form, &[]).await;
    assert!(page.html.contains("Paste what the other authority sent"), "{}", page.html);
    for authority in [five, four] {
        authority.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_leaves_only_by_a_decision_that_stands() {
    let (five, four) = Authority::two().await;
    let (_, sent) = five.ask("school-system").post("/v1/referrals", "r", &homeless()).await;
    let here = sent["reference"].as_str().unwrap();
    let mut manager = Browser::signed_in(&five.router, "manager").await;
    let receipt = send_away(&mut manager, here, "4", FOUR.1, &["name"]).await;
    let at = receipt.path.replace("/receipt", "/transfer");
    for (who, status) in [
        ("teacher", StatusCode::FORBIDDEN),
        ("school-system", StatusCode::FORBIDDEN),
        ("social-worker", StatusCode::OK),
    ] {
        assert_eq!(Browser::signed_in(&five.router, who).await.get(&at).await.status, status, "{who}");
    }
    // The answer rose since: what was decided would send the child under a duty that is too low.
    let told = json!({ "said_by": { "role": "police" },
                       "children": [{ "ref": "A", "facts": { "immediate_danger_now": true } }] });
    let (status, informed) = five.ask("manager").post(&format!("/v1/referrals/{here}/information"), "i", &told).await;
    assert_eq!(status, StatusCode::CREATED, "{informed:#}");
    let page = manager.get(&at).await;
    assert!(page.status == StatusCode::UNPROCESSABLE_ENTITY && page.html.contains("decide again"), "{}", page.html);
    let page = manager.get(&receipt.path).await;
    assert!(page.html.contains("decide again") && !page.html.contains("Download the transfer"), "{}", page.html);
    // Decided otherwise since: the child goes nowhere.
    let decision = json!({ "child": "A", "shown": 2, "level": 5, "view": "agrees", "outcome": "strategy_discussion",
                           "next_holder": { "organisation": "council:example" } });
    let path = format!("/v1/referrals/{here}/decisions");
    let (status, decided) = five.ask("manager").post(&path, "d", &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{decided:#}");
    assert_eq!(manager.get(&at).await.status, StatusCode::NOT_FOUND);
    let at = format!("/referrals/{here}/decisions/{}/transfer", decided["id"].as_str().unwrap());
    assert_eq!(manager.get(&at).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for authority in [five, four] {
        authority.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_kept_transfers_hides_none() {
    let served = Served::begin().await;
    let mut triage = Browser::signed_in(&served.router, "triage-worker").await;
    let kept = pasted(&mut triage, "half a file").await;
    assert!(kept.path.starts_with("/transfers/"), "{}", kept.html);
    let record = Arc::clone(&served.record);
    // Copies open under another's name, and so not at all.
    let copy = move || {
        let copy = |transaction: &mut Transaction<'_>| {
            let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
                       INSERT INTO kept_transfer (id, hash, organisation, reason, kept_at, sealed_key, sealed)
                       SELECT 'copy ' || i, sealed_key, organisation, reason, kept_at + i, sealed_key, sealed
                       FROM kept_transfer, n";
            Ok(transaction.db().execute(sql, &[])?)
        };
        record.store().write(copy).wait_here().unwrap()
    };
    assert_eq!(tokio::task::spawn_blocking(copy).await.unwrap(), 199);
    let page = triage.go("/transfers").await;
    for says in [kept.path.rsplit('/').next().unwrap(), "The one that is kept as copy 1 does not open", "100 more"] {
        assert!(page.html.contains(says), "{says}: {}", page.html);
    }
    let page = pasted(&mut triage, "one too many").await;
    assert_eq!((page.status, page.path.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "/transfers"));
    assert!(page.html.contains("200 transfers wait for a person, and this one was not kept"), "{}", page.html);
    assert!(page.html.contains("one too many"), "what was pasted is there to be copied: {}", page.html);
    served.end().await;
}
