//! What is recorded about a child, as it is offered to whoever reviews it: all of it, in order, and marked.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};
use windscreen::access::{Operation, demonstration, permit};
use windscreen::record::body::PartDisclosed;
use windscreen::record::disclosure::{AboutWhom, Part, Reviewed};
use windscreen::record::once::{Once, Pending};
use windscreen::record::{Record, RecordError};
use windscreen::serving::now;

use super::telling::decided;
use super::{Ask, Kept, a_family, closed, opened};

on_both!(
    what_is_unsafe_to_share_is_marked_wherever_it_stands,
    no_heading_says_who_told_us,
    everything_recorded_is_among_the_parts_in_order,
    what_was_corrected_is_among_the_answers,
    what_is_given_is_what_was_read,
);

/// The parts about the first child, read on a thread that may stand still.
async fn parts(record: &Arc<Record>, id: &str) -> Vec<Part> {
    let (record, id) = (Arc::clone(record), id.to_owned());
    let parts = move || {
        let case = record.case(&id).unwrap();
        let rules = record.rule_set(&case.evaluated().unwrap().rule_set).unwrap();
        record.parts(&case, &rules, 0).unwrap()
    };
    tokio::task::spawn_blocking(parts).await.unwrap()
}

fn part<'p>(parts: &'p [Part], id: &str) -> &'p Part {
    parts.iter().find(|part| part.id == id).unwrap_or_else(|| panic!("no {id} among {parts:#?}"))
}

async fn posted(ask: &Ask<'_>, path: &str, key: &str, body: &Value) -> Value {
    let (status, answer) = ask.post(path, key, body).await;
    assert_eq!(status, StatusCode::CREATED, "{path}: {answer:#}");
    answer
}

async fn what_is_unsafe_to_share_is_marked_wherever_it_stands(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let mut family = a_family();
    family["unsafe_to_share"] = json!(true);
    let (id, _) = decided(&router, &family).await;
    let all = parts(&record, &id).await;
    for one in ["own_words", "account", "address", "people", "besides", "unsafe", "indicated"] {
        assert_eq!(part(&all, one).exempt, Some("HARM"), "{one}");
    }
    assert!(part(&all, "unsafe").text.contains("struggling"), "{all:#?}");
    assert!(!all.iter().any(|one| ["answers", "household"].contains(&one.id.as_str())), "{all:#?}");
    let decisions: Vec<&Part> = all.iter().filter(|one| one.title == "A decision").collect();
    assert!(decisions.len() == 1 && decisions[0].exempt == Some("HARM"), "{all:#?}");
    closed(record, router).await;
}

async fn no_heading_says_who_told_us(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let (id, _) = decided(&router, &a_family()).await;
    let said_by = [
        (json!({ "agency": "public", "name": "CANARY-NEIGHBOUR" }), Some("SOURCE")),
        (json!({ "agency": "public", "anonymous": true }), Some("SOURCE")),
        (json!({ "role": "CANARY-AUNT" }), Some("SOURCE")),
        (json!({ "agency": "police", "name": "CANARY-OFFICER", "organisation": "police:CANARY" }), None),
    ];
    let triage = Ask { router: &router, who: "triage-worker" };
    for (key, (said_by, _)) in ["1", "2", "3", "4"].into_iter().zip(&said_by) {
        let piece = json!({ "said_by": said_by, "account": "It was cold." });
        posted(&triage, &format!("/v1/referrals/{id}/information"), key, &piece).await;
    }
    let all = parts(&record, &id).await;
    for (number, (said_by, exempt)) in (2..).zip(&said_by) {
        assert_eq!(part(&all, &format!("piece.{number}.by")).exempt, *exempt, "{said_by}");
        assert!(!part(&all, &format!("piece.{number}")).text.contains("CANARY"), "{all:#?}");
    }
    assert!(!all.iter().any(|one| one.title.contains("CANARY")), "{all:#?}");
    closed(record, router).await;
}

async fn everything_recorded_is_among_the_parts_in_order(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let mut family = a_family();
    family["call"] =
        json!({ "began_at": "2026-11-23T10:00:00Z", "read_back": "confirmed", "read_back_at": "2026-11-23T10:20:00Z" });
    let (id, _) = decided(&router, &family).await;
    let path = format!("/v1/referrals/{id}");
    let (triage, manager) = (Ask { router: &router, who: "triage-worker" }, Ask { router: &router, who: "manager" });
    let piece = json!({ "said_by": { "agency": "police" }, "account": "CANARY-LATER" });
    posted(&triage, &format!("{path}/information"), "1", &piece).await;
    let decision = json!({ "child": "A", "shown": 2, "level": 4, "view": "decides_higher", "outcome": "s17_assessment",
                           "reason": { "code": "KNOWN", "says": "CANARY-REASON" },
                           "next_holder": { "organisation": "council:example", "told": "CANARY-TOLD" } });
    let decision = posted(&manager, &format!("{path}/decisions"), "2", &decision).await["id"].clone();
    let letter =
        json!({ "decisions": [decision], "to": "family", "withheld": { "code": "RISK", "says": "CANARY-WITHHELD" } });
    posted(&triage, &format!("{path}/letters"), "3", &letter).await;
    let disagrees =
        json!({ "decision": decision, "party": "family", "name": "CANARY-MOTHER", "says": "CANARY-DISAGREES" });
    let all = format!("{path}/disagreements");
    let one = posted(&triage, &all, "4", &disagrees).await;
    let one = format!("{all}/{}", one["id"].as_str().unwrap());
    let answers = json!({ "ruling": "not_upheld", "says": "CANARY-ANSWER" });
    posted(&manager, &format!("{one}/answers"), "5", &answers).await;
    posted(&triage, &format!("{one}/further"), "6", &json!({ "says": "CANARY-FURTHER" })).await;
    let all = parts(&record, &id).await;
    let mut last = 0;
    for (says, exempt) in [
        ("Does the family agree to help? not asked", None),
        ("Read back: confirmed, at 10:20 on 23 November 2026", None),
        ("CANARY-LATER", None),
        ("CANARY-REASON", None),
        ("CANARY-TOLD", None),
        ("CANARY-WITHHELD", Some("HARM")),
        ("CANARY-DISAGREES", None),
        ("CANARY-MOTHER", None),
        ("CANARY-ANSWER", None),
        ("CANARY-FURTHER", None),
    ] {
        let place = all.iter().position(|one| one.text.contains(says)).unwrap_or_else(|| panic!("{says}: {all:#?}"));
        assert!(place > last, "{says} is in order: {all:#?}");
        assert_eq!((all[place].about, all[place].exempt), (AboutWhom::Both, exempt), "{says}");
        last = place;
    }
    let besides = &part(&all, "besides").text;
    assert!(besides.contains("thought that it was level 3") && besides.contains("public task"), "{besides}");
    closed(record, router).await;
}

async fn what_was_corrected_is_among_the_answers(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let mut family = a_family();
    family["children"][0]["facts"]["often_hungry"] = json!(true);
    let (id, _) = decided(&router, &family).await;
    let piece = json!({ "kind": "correction", "said_by": { "agency": "school" }, "corrects": 1, "because": "A slip",
                        "children": [{ "ref": "A", "facts": { "often_hungry": false } }] });
    let triage = Ask { router: &router, who: "triage-worker" };
    posted(&triage, &format!("/v1/referrals/{id}/information"), "1", &piece).await;
    let all = parts(&record, &id).await;
    let of: Vec<&str> = part(&all, "answers").text.lines().filter(|line| line.contains("often hungry")).collect();
    assert!(matches!(of[..], [now, then] if now.ends_with(" No") && then.ends_with(" Yes (entry 1, corrected since)")));
    closed(record, router).await;
}

async fn what_is_given_is_what_was_read(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let (id, _) = decided(&router, &a_family()).await;
    let keeping = Arc::clone(&record);
    let reviewed = move || {
        let permit = permit(demonstration("manager").unwrap(), Operation::Disclose).unwrap();
        let case = keeping.case(&id).unwrap();
        let rules = keeping.rule_set(&case.evaluated().unwrap().rule_set).unwrap();
        let whole = keeping.parts(&case, &rules, 0).unwrap().into_iter().map(|part| PartDisclosed {
            part: part.id,
            title: part.title,
            given: Some(part.text),
            left_out: None,
        });
        let whole: Vec<PartDisclosed> = whole.collect();
        let give = |key: &str, version: i64| {
            let once = Once::new(&permit, key, "a disclosure", key.as_bytes());
            let reviewed = Reviewed { version, to: "Their mother".into(), parts: whole.clone() };
            keeping.disclose(&permit, &id, 0, &rules, reviewed, once, now()).and_then(Pending::wait_here)
        };
        let version = case.listed.version;
        assert!(matches!(give("1", version - 1), Err(RecordError::Moved(_))), "as it was before");
        // That somebody reads it changes nothing.
        keeping.view(&permit, &id, now()).unwrap();
        assert!(give("2", version).is_ok());
        // To whom it was given is recorded too.
        assert!(matches!(give("3", version), Err(RecordError::Moved(_))));
    };
    tokio::task::spawn_blocking(reviewed).await.unwrap();
    closed(record, router).await;
}
