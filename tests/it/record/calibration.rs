//! Calibration rounds on record: who may do what when, and what stays.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use windscreen::access::{Operation, Permit, demonstration, permit};
use windscreen::calibration::{Rating, Round, Vignette};
use windscreen::criteria::load;
use windscreen::examples::read_examples;
use windscreen::json::FaultCode;
use windscreen::record::{Record, RecordError};
use windscreen::rules_dir;

use super::{Kept, closed, opened};

on_both!(a_round_is_rated_until_its_day_is_over_and_told_after_it, what_is_no_round_is_not_opened);

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

fn may(who: &str, operation: Operation) -> Permit {
    permit(demonstration(who).unwrap(), operation).unwrap()
}

/// A round of one child, until the end of January.
fn round() -> Round {
    let files = rules_dir::read(concat!(env!("CARGO_MANIFEST_DIR"), "/rules").as_ref()).unwrap();
    let rules = load(&files).rule_set.unwrap();
    let entries = read_examples(&files).entries;
    let example =
        entries.iter().map(|(_, example)| example).find(|example| example.id == "an_evening_drink_a").unwrap();
    Round {
        title: " A round ".into(),
        rules: rules.id().digest.clone(),
        until: "2027-01-31".parse().unwrap(),
        vignettes: vec![Vignette::of(example, &rules).unwrap()],
    }
}

fn as_meant(level: u8) -> Rating {
    let mut answers: IndexMap<String, serde_json::Value> = round().vignettes[0].facts.clone();
    answers.shift_remove("child_age_months");
    Rating { vignette: 0, answers, level: Some(level) }
}

fn code(refused: Result<impl std::fmt::Debug, RecordError>) -> FaultCode {
    match refused {
        Err(RecordError::Faults(faults)) => faults[0].code,
        other => panic!("{other:?}"),
    }
}

async fn does(record: &Arc<Record>, act: impl FnOnce(&Record) + Send + 'static) {
    let record = Arc::clone(record);
    tokio::task::spawn_blocking(move || act(&record)).await.unwrap();
}

async fn a_round_is_rated_until_its_day_is_over_and_told_after_it(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    does(&record, |record| {
        let begun = at("2027-01-04T09:00:00Z");
        let id = record.open_round(&may("auditor", Operation::Calibrate), round(), begun).unwrap();
        let rate = |who, level, now| record.rate(&may(who, Operation::Rate), &id, as_meant(level), at(now));
        // The last minute of the last day in London, and the first after it.
        rate("teacher", 5, "2027-01-05T09:00:00Z").unwrap();
        rate("teacher", 2, "2027-01-31T23:59:59Z").unwrap();
        rate("manager", 2, "2027-01-06T09:00:00Z").unwrap();
        rate("social-worker", 3, "2027-01-06T09:00:00Z").unwrap();
        assert!(matches!(rate("triage-worker", 2, "2027-02-01T00:00:00Z"), Err(RecordError::Moved(_))));
        let mut wrong = as_meant(2);
        wrong.answers.insert("keeping_safe".into(), "perhaps".into());
        let refused = record.rate(&may("teacher", Operation::Rate), &id, wrong, at("2027-01-07T09:00:00Z"));
        assert_eq!(code(refused), FaultCode::UnknownAnswer);
        let lost = record.rate(&may("teacher", Operation::Rate), "none", as_meant(2), begun);
        assert!(matches!(lost, Err(RecordError::NotFound)));
        for _ in 0..19 {
            rate("manager", 2, "2027-01-07T09:00:00Z").unwrap();
        }
        assert_eq!(code(rate("manager", 2, "2027-01-07T09:00:00Z")), FaultCode::TooMany, "nobody fills the log");
        // Nothing is told before the end, and then what was rated last.
        assert!(matches!(record.round_results(&id, at("2027-01-31T12:00:00Z")), Err(RecordError::NotFound)));
        let results = record.round_results(&id, at("2027-02-01T12:00:00Z")).unwrap();
        assert_eq!((results.raters, results.all.as_indicated, results.all.higher), (3, 2, 1));
        let told = record.rules_told().unwrap();
        assert_eq!((told.round(&id).unwrap().round.title.as_str(), told.wrong.len()), ("A round", 0));
        assert_eq!(told.round(&id).unwrap().raters(), (3, 3));
        // One that is closed before its day is over at once.
        let early = record.open_round(&may("auditor", Operation::Calibrate), round(), begun).unwrap();
        record.close_round(&may("auditor", Operation::Calibrate), &early, begun).unwrap();
        let again = record.close_round(&may("auditor", Operation::Calibrate), &early, begun);
        assert!(matches!(again, Err(RecordError::Moved(_))), "{again:?}");
        assert_eq!(record.round_results(&early, begun).unwrap().raters, 0);
        let verdict = record.verify(Vec::new()).unwrap();
        assert!(verdict.is_ok(), "{verdict:?}");
    })
    .await;
    closed(record, router).await;
}

async fn what_is_no_round_is_not_opened(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    does(&record, |record| {
        let now = at("2027-01-04T09:00:00Z");
        let with = |change: fn(&mut Round)| {
            let mut round = round();
            change(&mut round);
            record.open_round(&may("auditor", Operation::Calibrate), round, now)
        };
        assert_eq!(code(with(|round| round.title = " ".into())), FaultCode::MissingWords);
        assert_eq!(code(with(|round| round.title = "x".repeat(201))), FaultCode::TooLong);
        assert_eq!(code(with(|round| round.vignettes.clear())), FaultCode::MissingKey);
        let many = |round: &mut Round| round.vignettes = vec![round.vignettes[0].clone(); 41];
        assert_eq!(code(with(many)), FaultCode::TooMany);
        assert_eq!(code(with(|round| round.until = "2027-01-03".parse().unwrap())), FaultCode::TooEarly);
        assert_eq!(code(with(|round| round.until = "2028-02-01".parse().unwrap())), FaultCode::InTheFuture);
        assert!(record.rules_told().unwrap().rounds.is_empty());
    })
    .await;
    closed(record, router).await;
}
