//! A quality audit as a story: drawn, read blind by two, told once both did, concluded, and one child made a worked
//! example that nobody can be recognised by.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use windscreen::access::{Operation, demonstration, permit};
use windscreen::criteria::load;
use windscreen::decision::Actor;
use windscreen::examples::run;
use windscreen::figures::Month;
use windscreen::json::FaultCode;
use windscreen::quality::{Blind, Conclusion, Why};
use windscreen::record::erase::Why as WhyErased;
use windscreen::record::quality::ReviewStep;
use windscreen::record::{Record, RecordError};
use windscreen::serving::now;

use super::Served;
use super::browser::{Browser, Page, unescaped};
use crate::record::{Ask, a_family};

/// How many children somebody at the hub decides about, as indicated.
const DECIDED: usize = 7;

/// What the record does, on a thread that may wait.
async fn does<T: Send + 'static>(served: &Served, act: impl FnOnce(&Record) -> T + Send + 'static) -> T {
    let record = Arc::clone(&served.record);
    tokio::task::spawn_blocking(move || act(&record)).await.unwrap()
}

async fn decided(served: &Served, number: usize, who: &str) -> String {
    let school = Ask { router: &served.router, who: "school-system" };
    let mut family = a_family();
    family.as_object_mut().unwrap().remove("received_at");
    family["children"] = json!([family["children"][0]]);
    let (status, answer) = school.post("/v1/referrals", &format!("r {number}"), &family).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let id = answer["id"].as_str().unwrap().to_owned();
    let ask = Ask { router: &served.router, who };
    let (_, read) = ask.get(&format!("/v1/referrals/{id}")).await;
    let decision = json!({ "child": "A", "shown": 1, "level": read["at_least"], "view": "agrees",
                           "outcome": "early_help", "next_holder": { "organisation": "council:example" } });
    let (status, answer) = ask.post(&format!("/v1/referrals/{id}/decisions"), &format!("d {number}"), &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    id
}

fn filled(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_drawn_read_blind_by_two_and_taught_from() {
    let served = Served::begin().await;
    let mut ids = Vec::new();
    for number in 0..DECIDED {
        ids.push(decided(&served, number, "triage-worker").await);
    }
    ids.push(decided(&served, DECIDED, "manager").await);
    let month = Month::of(now().in_tz("Europe/London").unwrap().date());
    let auditor = || permit(demonstration("auditor").unwrap(), Operation::DrawSample).unwrap();
    let later: Timestamp = now() + SignedDuration::from_hours(24 * 40);
    let code = |refused: Result<(), RecordError>| match refused {
        Err(RecordError::Faults(faults)) => faults[0].code,
        other => panic!("{other:?}"),
    };
    let early = does(&served, move |record| record.draw_sample(&auditor(), month, 5, now())).await;
    assert_eq!(code(early), FaultCode::InTheFuture);
    let none = does(&served, move |record| record.draw_sample(&auditor(), month.before(2), 5, later)).await;
    assert_eq!(code(none), FaultCode::OutOfRange, "nobody was decided about then");
    does(&served, move |record| record.draw_sample(&auditor(), month, 20, later)).await.unwrap();
    let again = does(&served, move |record| record.draw_sample(&auditor(), month, 20, later)).await;
    assert!(matches!(again, Err(RecordError::Moved(_))), "{again:?}");
    let sample = served.record.rules_told().unwrap().sample(&month.to_string()).unwrap().body.clone();
    assert_eq!(sample.children.len(), DECIDED + 1);
    assert!(sample.children.iter().all(|child| child.why == Why::Provisional), "{sample:?}");
    let place_of = |id: &str| 1 + sample.children.iter().position(|child| child.referral == id).unwrap();

    // Whoever reads is not told why a child was drawn, for that says what was decided.
    let home = format!("/quality/{month}");
    let mut manager = Browser::signed_in(&served.router, "manager").await;
    let page = manager.go(&home).await;
    assert!(page.html.contains("Read by 0 of 2"), "{}", page.html);
    assert!(Why::ALL.iter().all(|(_, says)| !page.html.contains(says)), "{}", page.html);
    let own = format!("{home}/{}", place_of(&ids[DECIDED]));
    assert!(!unescaped(&page.html).contains(&format!("\"{own}\"")), "whoever decided does not read it");
    assert_eq!(manager.get(&own).await.status, StatusCode::CONFLICT);
    // One press that is sent several times at once is one reader, who is told nothing by it.
    let (told, place) = (month.to_string(), place_of(&ids[DECIDED]) - 1);
    let eager = move |record: &Record| {
        let permit = permit(demonstration("social-worker").unwrap(), Operation::ReviewCase).unwrap();
        let blind = Blind { level: Some(2), otherwise: Vec::new(), missing: None };
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| drop(record.review(&permit, &told, place, ReviewStep::Blind(blind.clone()), now())));
            }
        });
        assert_eq!(record.readings(&told).unwrap()[place].as_ref().unwrap().blind.len(), 1);
    };
    does(&served, eager).await;
    let path = format!("{home}/{}", place_of(&ids[0]));
    let page = manager.go(&path).await;
    let shown = unescaped(&page.html);
    assert!(
        shown.contains("What was known when it was decided") && shown.contains("The account of whoever"),
        "{shown}"
    );
    assert!(shown.contains("Age: "), "{shown}");
    for hidden in ["Early help", "indicated", "Invented Child", "943", "CANARY-HOME"] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    let refused = manager.submit(&page.form(&path), &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let view = filled(&[("level", "4"), ("otherwise", "basic_care"), ("missing", "Whether the child eats at school")]);
    let page = manager.submit(&page.form(&path), &view).await;
    assert!(page.html.contains("Once another person has read it too"), "{}", page.html);
    assert!(!page.html.contains("What was decided</h2>"), "nothing is told before both have read it");
    assert_eq!(manager.post(&path, &[("form-token", "x")]).await.status, StatusCode::FORBIDDEN);

    let mut social = Browser::signed_in(&served.router, "social-worker").await;
    let page = social.go(&path).await;
    assert!(!page.html.contains("eats at school"), "one reader does not see what the other said");
    let page = social.submit(&page.form(&path), &filled(&[("level", "unsure"), ("missing", "")])).await;
    let told = unescaped(&page.html);
    for says in ["What was decided</h2>", "Early help", "level 4", "cannot say which level", "eats at school"] {
        assert!(told.contains(says), "{says}: {told}");
    }
    let form = page.form(&path);
    let refused = social.submit(&form, &filled(&[("words", "")])).await;
    assert!(refused.html.contains("Choose what was found"), "{}", refused.html);
    let found = filled(&[("findings", "not_asked"), ("findings", "rules_unclear"), ("words", "Ask the school.")]);
    let page = social.submit(&form, &found).await;
    assert!(page.html.contains("Said by A social worker at the hub"), "{}", page.html);
    let again = social.submit(&form, &found).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "it is said once");

    // One press, and it is a worked example that holds, in a draft that authors of rules go on with.
    let page = social.submit(&page.form(&format!("{path}/example")), &[]).await;
    assert!(page.html.contains("It is a worked example in a draft"), "{}", page.html);
    let drafts = served.record.list_rule_drafts().unwrap();
    let draft = served.record.find_rule_draft(&drafts[0].id).unwrap();
    let file = draft.files.iter().find(|file| file.path == "criteria/from_audits_test.yaml").unwrap();
    let text = String::from_utf8(file.bytes.clone()).unwrap();
    assert!(text.contains("id: audit_") && text.contains("basic_care") && text.contains("nobody real"), "{text}");
    for canary in ["Invented", "CANARY", "943"] {
        assert!(!text.contains(canary), "{canary}: {text}");
    }
    // The age is the least that the rules do not tell from the child's own, and stands there only where they ask it.
    assert!(!text.contains("child_age_months") || text.contains("child_age_months: 60"), "{text}");
    let rules = load(&draft.files).rule_set.unwrap();
    let report = run(&rules, std::slice::from_ref(file));
    assert_eq!((report.examples, report.failures.len(), report.problems.len()), (1, 0, 0), "{report:#?}\n{text}");

    // The board sees numbers once enough were read.
    let mut auditor = Browser::signed_in(&served.router, "auditor").await;
    let page = auditor.go(&home).await;
    assert!(
        page.html.contains("Children drawn: 8") && page.html.contains("Not available: it is told when"),
        "{}",
        page.html
    );
    assert_eq!(auditor.get(&path).await.status, StatusCode::FORBIDDEN, "and nothing about a child");
    let (month_told, places) =
        (month.to_string(), ids[1..DECIDED].iter().map(|id| place_of(id) - 1).collect::<Vec<_>>());
    let review = move |record: &Record| {
        for (number, place) in places.iter().enumerate() {
            for (who, level) in [("manager", 4), ("social-worker", if number == 0 { 4 } else { 3 })] {
                let permit = permit(demonstration(who).unwrap(), Operation::ReviewCase).unwrap();
                let blind = Blind { level: Some(level), otherwise: vec!["basic_care".into()], missing: None };
                record.review(&permit, &month_told, *place, ReviewStep::Blind(blind.clone()), now()).unwrap();
                let again = record.review(&permit, &month_told, *place, ReviewStep::Blind(blind), now());
                assert!(matches!(again, Err(RecordError::Moved(_))), "{again:?}");
            }
            let third = Actor { id: "a-third".into(), ..demonstration("social-worker").unwrap() };
            let third = permit(third, Operation::ReviewCase).unwrap();
            let blind = Blind { level: Some(3), otherwise: Vec::new(), missing: None };
            let third = record.review(&third, &month_told, *place, ReviewStep::Blind(blind), now());
            assert!(matches!(third, Err(RecordError::Moved(_))), "two are enough: {third:?}");
            let permit = permit(demonstration("manager").unwrap(), Operation::ReviewCase).unwrap();
            let wrong = Conclusion { findings: vec!["other".into()], words: None };
            let wrong = record.review(&permit, &month_told, *place, ReviewStep::Concluded(wrong), now());
            assert!(matches!(wrong, Err(RecordError::Faults(_))), "{wrong:?}");
            let found = Conclusion { findings: vec!["child_not_heard".into()], words: None };
            record.review(&permit, &month_told, *place, ReviewStep::Concluded(found), now()).unwrap();
        }
    };
    does(&served, review).await;
    let page = auditor.go(&home).await;
    let told = unescaped(&page.html);
    // Seven read by two, of six of whom both named a level: of one the same.
    assert!(told.contains("Two people read 7 children. Both saw the same level of 17 %"), "{told}");
    assert!(told.contains("heard, or it does not show</th><td class=\"govuk-table__cell\">6</td>"), "{told}");
    assert!(
        told.contains("could have been known</th><td class=\"govuk-table__cell\">c</td>"),
        "one is not told: {told}"
    );
    assert!(told.contains("(7 children)"), "the question that readers answer otherwise: {told}");

    // Whoever asks for what is recorded about the child is given it too; what is erased is gone from here.
    let page = manager.go(&format!("/referrals/{}/children/1/disclosure", ids[0])).await;
    assert!(page.html.contains("What was said of it in a quality audit"), "{}", page.html);
    let id = ids[0].clone();
    let erase = move |record: &Record| {
        let governance = permit(demonstration("information-governance").unwrap(), Operation::Retain).unwrap();
        record.erase(&governance, &id, WhyErased::Request, now() + SignedDuration::from_hours(24 * 400)).unwrap();
    };
    does(&served, erase).await;
    let page = manager.go(&home).await;
    assert!(page.html.contains("Erased, or not decided any more"), "{}", page.html);
    let verdict = does(&served, |record| record.verify(Vec::new()).unwrap()).await;
    assert!(verdict.is_ok(), "{verdict:?}");
    served.end().await;
}

/// A month that was drawn, and a child who is read.
pub async fn met_by_a_reader(served: &Served) -> Vec<Page> {
    decided(served, 0, "triage-worker").await;
    let month = Month::of(now().in_tz("Europe/London").unwrap().date());
    let later: Timestamp = now() + SignedDuration::from_hours(24 * 40);
    let draw = move |record: &Record| {
        let auditor = permit(demonstration("auditor").unwrap(), Operation::DrawSample).unwrap();
        record.draw_sample(&auditor, month, 1, later).unwrap();
    };
    does(served, draw).await;
    let mut social = Browser::signed_in(&served.router, "social-worker").await;
    vec![social.go(&format!("/quality/{month}")).await, social.go(&format!("/quality/{month}/1")).await]
}
