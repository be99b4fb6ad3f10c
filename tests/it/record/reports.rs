//! The board's figures from the record: each child as it was referred, decided about and referred again; a report that
//! was issued stays as it is.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value, json};
use windscreen::access::{Operation, Permit, demonstration, permit};
use windscreen::decision::{Outcome, View};
use windscreen::disagreement::Ruling;
use windscreen::figures::{Body, Channel, Counted, Feedback, Figures, Month};
use windscreen::json::FaultCode;
use windscreen::record::erase::Why;
use windscreen::record::{Record, RecordError};
use windscreen::referral::received::{Agreement, Disability, Ethnicity, Sex};

use super::{Ask, Kept, a_family, closed, opened};

on_both!(
    each_child_is_counted_as_the_record_tells_it,
    a_decision_counts_once_it_stands_and_a_nights_is_none,
    who_is_told_and_who_disagrees_is_counted,
    what_was_issued_stays_and_is_corrected_by_another_version
);

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

fn auditor() -> Permit {
    permit(demonstration("auditor").unwrap(), Operation::IssueFigures).unwrap()
}

async fn posted(ask: &Ask<'_>, path: &str, key: &str, body: &Value) -> Value {
    let (status, answer) = ask.post(path, key, body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    answer
}

/// What is counted now, in the order received.
async fn counted(record: &Arc<Record>) -> Vec<Counted> {
    let record = Arc::clone(record);
    let read = move || {
        let mut children: Vec<Counted> = record.counted().unwrap().children();
        children.sort_by_key(|child| (child.received, !child.is_first));
        children
    };
    tokio::task::spawn_blocking(read).await.unwrap()
}

async fn each_child_is_counted_as_the_record_tells_it(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    let manager = Ask { router: &router, who: "manager" };
    let mut family = a_family();
    family["received_at"] = "2026-03-02T10:30:00+00:00".into();
    family["agrees_to_help"] = "no".into();
    family["children"][0]["monitoring"] = json!({ "sex": "female", "ethnicity": "mixed", "disability": "no" });
    let first = posted(&school, "/v1/referrals?explain=none", "first", &family).await;
    let first = first["id"].as_str().unwrap().to_owned();
    let children = counted(&record).await;
    let [child, unborn] = children.as_slice() else { panic!("{children:?}") };
    assert_eq!(child.received, date(2026, 3, 2));
    assert_eq!((child.is_first, unborn.is_first, child.channel), (true, false, Channel::System));
    assert_eq!((child.agency.as_deref(), child.referrers_level), (Some("school"), Some(3)));
    assert_eq!((child.age_in_months, unborn.age_in_months), (Some(94), Some(-1)));
    assert_eq!(
        (child.sex, child.ethnicity, child.disability),
        (Some(Sex::Female), Some(Ethnicity::Mixed), Some(Disability::No))
    );
    assert_eq!((unborn.sex, child.agrees_to_help), (None, Some(Agreement::No)));
    assert!(child.indicated.0 < child.indicated.1 && !child.not_known.is_empty(), "{child:?}");
    assert_eq!((&child.decided, child.came_again), (&None, None));

    // Decided higher, on what was indicated; later once more, which is not counted again.
    let decision = json!({ "child": "A", "shown": 1, "level": 4, "view": "decides_higher", "outcome": "s17_assessment",
                           "reason": { "code": "KNOWN", "says": "Known here" },
                           "next_holder": { "organisation": "council:example" } });
    let path = format!("/v1/referrals/{first}/decisions");
    posted(&manager, &path, "d", &decision).await;
    let mut second = decision;
    second["reason"]["code"] = "VOICE".into();
    posted(&manager, &path, "e", &second).await;
    let children = counted(&record).await;
    let decided = children[0].decided.as_ref().unwrap();
    assert_eq!((decided.level, decided.view, decided.outcome), (4, View::DecidesHigher, Outcome::S17Assessment));
    assert_eq!((decided.reason.as_deref(), decided.told), (Some("KNOWN"), Feedback::NotYet));
    assert_eq!(decided.indicated, children[0].indicated);
    // Reasons are there although nobody asked for them then; months passed before anybody decided.
    assert!(decided.found.contains(&"basic_care".to_owned()) && !decided.in_time, "{decided:?}");
    assert_eq!(children[1].decided, None);

    // Referred again: once a person says that it is the same child, and not where it is about the same.
    let mut again = a_family();
    again["received_at"] = "2026-05-04T10:30:00+00:00".into();
    again["children"] = json!([again["children"][0]]);
    let mut same = again.clone();
    same["received_at"] = "2026-04-06T10:30:00+00:00".into();
    let again = posted(&school, "/v1/referrals", "again", &again).await;
    let same = posted(&school, "/v1/referrals", "same", &same).await;
    assert_eq!(counted(&record).await[0].came_again, None);
    for (later, is_same) in [(&same, true), (&again, false)] {
        let path = format!("/v1/referrals/{}/earlier/{first}", later["id"].as_str().unwrap());
        let body = json!({ "child": "A", "same_incident": is_same });
        posted(&manager, &path, if is_same { "same incident" } else { "same child" }, &body).await;
    }
    let children = counted(&record).await;
    assert_eq!(children[0].came_again, Some(date(2026, 5, 4)));
    assert_eq!((children.len(), children[1].came_again), (4, None));

    // What is erased is counted no more.
    let governance = permit(demonstration("information-governance").unwrap(), Operation::Retain).unwrap();
    let erased = Arc::clone(&record);
    let erase = move || erased.erase(&governance, &first, Why::Request, at("2027-01-04T10:00:00Z")).unwrap();
    tokio::task::spawn_blocking(erase).await.unwrap();
    let children = counted(&record).await;
    assert_eq!(children.len(), 2);
    closed(record, router).await;
}

/// A family that was referred just now.
fn just_now() -> Value {
    let mut family = a_family();
    family.as_object_mut().unwrap().remove("received_at");
    family["children"] = json!([family["children"][0]]);
    family
}

async fn a_decision_counts_once_it_stands_and_a_nights_is_none(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let (school, manager) = (Ask { router: &router, who: "school-system" }, Ask { router: &router, who: "manager" });
    let social = Ask { router: &router, who: "social-worker" };
    let id = posted(&school, "/v1/referrals", "r", &just_now()).await["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/referrals/{id}/decisions");
    let level = counted(&record).await[0].indicated.0;
    let holder =
        json!({ "organisation": "council:example", "name": "Duty worker", "telephoned_at": "2026-11-23T17:30:00Z" });
    let night = json!({ "child": "A", "shown": 1, "level": level, "view": "agrees", "outcome": "emergency_duty_team",
                        "next_holder": holder });
    posted(&manager, &path, "night", &night).await;
    assert_eq!(counted(&record).await[0].decided, None, "the night's is none");
    // Lower takes a second person, and does not stand before.
    let lower = json!({ "child": "A", "shown": 1, "level": level - 1, "view": "decides_lower", "outcome": "early_help",
                        "next_holder": { "organisation": "council:example" },
                        "reason": { "code": "CHECKED", "says": "Checks say so" },
                        "second_person": { "id": "manager", "role": "social_work_manager" } });
    let decision = posted(&social, &path, "lower", &lower).await["id"].as_str().unwrap().to_owned();
    assert_eq!(counted(&record).await[0].decided, None, "nobody confirmed it");
    posted(&manager, &format!("{path}/{decision}/confirmation"), "confirm", &Value::Null).await;
    let decided = counted(&record).await[0].decided.clone().unwrap();
    assert_eq!((decided.level, decided.view), (level - 1, View::DecidesLower));
    assert!(decided.in_time, "within the next working day");
    closed(record, router).await;
}

async fn who_is_told_and_who_disagrees_is_counted(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let (school, triage) =
        (Ask { router: &router, who: "school-system" }, Ask { router: &router, who: "triage-worker" });
    for (key, letter, told) in [
        (
            "here",
            Some(json!({ "sent": { "name": "A. Teacher", "way": "here", "text": "Early help." } })),
            Feedback::InTime,
        ),
        ("no", Some(json!({ "withheld": { "code": "NOBODY", "says": "Nobody is there" } })), Feedback::Withheld),
        ("not yet", None, Feedback::NotYet),
    ] {
        let id = posted(&school, "/v1/referrals", key, &just_now()).await["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/referrals/{id}");
        let (_, read) = triage.get(&path).await;
        let decision = json!({ "child": "A", "shown": 1, "level": read["at_least"], "view": "agrees",
                               "outcome": "early_help", "next_holder": { "organisation": "council:example" } });
        let decision =
            posted(&triage, &format!("{path}/decisions"), &format!("{key} d"), &decision).await["id"].clone();
        if let Some(mut letter) = letter {
            letter["decisions"] = json!([decision]);
            letter["to"] = "referrer".into();
            posted(&triage, &format!("{path}/letters"), &format!("{key} l"), &letter).await;
        }
        let tells = |child: &&Counted| child.decided.as_ref().is_some_and(|decided| decided.told == told);
        assert_eq!(counted(&record).await.iter().filter(tells).count(), 1, "{key}");
        if told == Feedback::NotYet {
            // Whoever disagrees, and what the answer was.
            let disagrees = json!({ "decision": decision, "party": "referrer", "says": "It is worse." });
            let all = format!("{path}/disagreements");
            let teacher = Ask { router: &router, who: "teacher" };
            let one = posted(&teacher, &all, "disagrees", &disagrees).await["id"].as_str().unwrap().to_owned();
            let children = counted(&record).await;
            let of_all = || children.iter().flat_map(|child| &child.disagreements);
            assert_eq!((of_all().count(), of_all().next().unwrap().answered), (1, None));
            let answer = json!({ "ruling": "upheld_in_part", "says": "Two of three." });
            let social = Ask { router: &router, who: "social-worker" };
            posted(&social, &format!("{all}/{one}/answers"), "answers", &answer).await;
            let children = counted(&record).await;
            let answered = children.iter().flat_map(|child| &child.disagreements).next().unwrap().answered;
            assert_eq!(answered.unwrap().1, Ruling::UpheldInPart);
        }
    }
    closed(record, router).await;
}

async fn what_was_issued_stays_and_is_corrected_by_another_version(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    let mut family = a_family();
    family["received_at"] = "2026-03-02T10:30:00+00:00".into();
    posted(&school, "/v1/referrals", "first", &family).await;
    let shared = Arc::clone(&record);
    let issue = move || {
        let record = shared;
        let month = Month::parse("2026-03").unwrap();
        let report = |contacts| record.report(month, contacts, Figures::SMALL, at("2026-12-01T10:00:00Z")).unwrap();
        let now = at("2026-12-01T10:00:00Z");
        let refused = |report, because, now| match record.issue_report(&auditor(), &report, because, now) {
            Err(RecordError::Faults(faults)) => faults[0].code,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(report(None), "", at("2026-03-31T22:59:59Z")), FaultCode::InTheFuture);
        assert_eq!(record.issue_report(&auditor(), &report(None), "", now).unwrap(), 1);
        assert_eq!(refused(report(Some(300)), " ", now), FaultCode::MissingWords);
        assert_eq!(record.issue_report(&auditor(), &report(Some(300)), "Contacts were counted", now).unwrap(), 2);
        let told = record.rules_told().unwrap();
        assert!(told.wrong.is_empty(), "{:?}", told.wrong);
        let issued: Vec<_> = told.reports_of("2026-03").collect();
        assert_eq!(issued.len(), 2);
        let coverage = |place: usize| issued[place].report().unwrap().figures.figures[0].body.clone();
        // Two children are too few to tell, and so is one referral; that nobody counted contacts is another reason.
        let Body::NotAvailable(first) = coverage(0) else { panic!("{:?}", coverage(0)) };
        assert!(first.starts_with("Nobody has said"), "{first}");
        assert_eq!(issued[1].body.because.as_deref(), Some("Contacts were counted"));
        assert!(issued[0].detail().starts_with("2026-03 version 1 sha256:"), "{}", issued[0].detail());
        record.verify(Vec::new()).unwrap().unwrap();
    };
    tokio::task::spawn_blocking(issue).await.unwrap();
    // Another program on the same record reads the same.
    let other = move || {
        let other = kept.open();
        assert_eq!(other.rules_told().unwrap().reports_of("2026-03").count(), 2);
        drop(other);
        kept
    };
    let _kept = tokio::task::spawn_blocking(other).await.unwrap();
    closed(record, router).await;
}
