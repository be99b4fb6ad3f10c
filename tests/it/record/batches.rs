//! Batches on both databases: received once however often, completed after a kill, dealt with, joined, erased, verified.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use windscreen::access::{Operation, Permit, demonstration, permit};
use windscreen::decision::{Holder, Outcome, View, Wanted};
use windscreen::record::batches::BATCH_KEPT_DAYS;
use windscreen::record::db::{Access, Db, DbError};
use windscreen::record::erase::Why;
use windscreen::record::once::Once;
use windscreen::record::{Record, RecordError};
use windscreen::serving::now;

use super::running::{Running, program, ran};
use super::{Ask, Kept, a_family, closed, opened};
use crate::notifications::morning::{Row, csv_of, morning};

on_both!(
    a_file_is_received_once_and_each_part_is_a_referral,
    rows_wait_until_a_person_deals_with_them,
    joining_closes_in_one_and_adds_to_the_other_and_lowers_nothing,
    what_came_in_two_files_is_joined_to_no_less_than_the_whole,
    the_file_goes_with_the_first_of_its_referrals_and_nothing_comes_back,
    decisions_about_several_children_are_recorded_all_or_none,
);

fn may(who: &str, operation: Operation) -> Permit {
    permit(demonstration(who).unwrap(), operation).unwrap()
}

async fn away<T: Send + 'static>(record: &Arc<Record>, work: impl FnOnce(&Record) -> T + Send + 'static) -> T {
    let record = Arc::clone(record);
    tokio::task::spawn_blocking(move || work(&record)).await.unwrap()
}

pub async fn send(router: &Router, who: &str, key: &str, bytes: &[u8]) -> (StatusCode, Value) {
    send_read_as(router, who, key, "", bytes).await
}

/// The same with what the sender says of its letters.
async fn send_read_as(router: &Router, who: &str, key: &str, encoding: &str, bytes: &[u8]) -> (StatusCode, Value) {
    let path = format!("/v1/batches?mapping=police_notifications&organisation=police:example{encoding}");
    let request = Request::post(path)
        .header("content-type", "text/csv")
        .header("authorization", format!("Bearer demonstration-{who}"))
        .header("idempotency-key", key);
    let answer = router.clone().oneshot(request.body(Body::from(bytes.to_vec())).unwrap()).await.unwrap();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

/// Verifies; what is wrong.
async fn verified(record: &Arc<Record>) -> Result<(), String> {
    away(record, |record| {
        record.sign_now().unwrap();
        record.verify(Vec::new()).unwrap().map(|_| ()).map_err(|damage| damage.to_string())
    })
    .await
}

fn count(db: &mut Db, sql: &'static str) -> Result<i64, DbError> {
    db.find(sql, &[])?.map_or(Ok(0), |mut row| row.int())
}

async fn a_file_is_received_once_and_each_part_is_a_referral(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let came = morning(60, 8, 2, 0);
    let (status, first) = send(&router, "police-system", "one", &csv_of(&came.rows)).await;
    assert_eq!(status, StatusCode::CREATED, "{first:#}");
    let referrals = first["referrals"].as_array().unwrap();
    assert_eq!((referrals.len(), first["missing"].as_u64()), (came.groups, Some(0)));
    assert_eq!(first["not_mapped"].as_array().unwrap().len(), came.unmappable.len());
    // By whoever sends it again, under whichever key and whatever is said of its letters, it is the same; another file
    // under the same key is refused.
    for (who, key, encoding) in [
        ("police-system", "one", ""),
        ("police-system", "two", "&encoding=utf-8"),
        ("police-system", "again", "&encoding=windows-1252"),
        ("triage-worker", "three", ""),
    ] {
        let (status, again) = send_read_as(&router, who, key, encoding, &csv_of(&came.rows)).await;
        assert_eq!(status, StatusCode::CREATED, "{again:#}");
        let ids = |batch: &Value| -> Vec<Value> {
            batch["referrals"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect()
        };
        assert_eq!((&again["id"], ids(&again)), (&first["id"], ids(&first)), "{who}");
        // What may be one incident is for the front door, and that somebody looked is recorded.
        assert_eq!(again.to_string().contains("may_be_one"), who == "triage-worker", "{again:#}");
    }
    let (status, refused) = send(&router, "police-system", "one", &csv_of(&came.rows[1..])).await;
    assert_eq!(
        (status, &refused["type"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("urn:windscreen:problem:key-reused"))
    );
    // A referral like any other, which knows its batch; another agency's is not there.
    let triage = Ask { router: &router, who: "triage-worker" };
    let (_, list) = triage.get("/v1/referrals?standing=open").await;
    assert_eq!(list["referrals"].as_array().unwrap().len(), came.groups);
    let (status, read) = triage.get(&format!("/v1/referrals/{}", referrals[0]["id"].as_str().unwrap())).await;
    assert_eq!((status, &read["said"][0]["request"]["ref"]), (StatusCode::OK, &referrals[0]["incident"]));
    let path = format!("/v1/batches/{}", first["id"].as_str().unwrap());
    for (who, expected) in [("police-system", StatusCode::OK), ("school-system", StatusCode::NOT_FOUND)] {
        let (status, _) = Ask { router: &router, who }.get(&path).await;
        assert_eq!(status, expected, "{who}");
    }
    let (status, refused) = send(&router, "school-system", "four", &csv_of(&came.rows)).await;
    assert_eq!((status, &refused["errors"][0]["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("not-yours")));
    // Nothing of a child stands in the log, and nothing in the database is to be read without the keys.
    let leaves = away(&record, |record| {
        record.store().read(|db: &mut Db| -> Result<Vec<String>, DbError> {
            let rows = db.query("SELECT leaf FROM entry", &[])?;
            rows.into_iter().map(|mut row| row.text()).collect()
        })
    });
    assert!(leaves.await.unwrap().iter().all(|leaf| !leaf.contains("Nobody") && !leaf.contains("26/1")));
    // That it was read is recorded, and by whose organisation.
    let viewed = away(&record, |record| {
        let sql = "SELECT count(*) FROM entry WHERE leaf LIKE '%\"viewed\"%police:example%'";
        record.store().read(|db: &mut Db| count(db, sql)).unwrap()
    });
    assert_eq!(viewed.await, 1);
    let looked = |record: &Record| {
        let sql = "SELECT count(*) FROM entry WHERE leaf LIKE '%\"looked_up\"%triage_worker%'";
        record.store().read(|db: &mut Db| count(db, sql)).unwrap()
    };
    assert_eq!(away(&record, looked).await, 1);
    assert_eq!(verified(&record).await, Ok(()));
    let backup = kept.folder().join("backup.db");
    assert!(away(&record, move |record| record.backup(&backup, now()).unwrap().is_ok()).await, "a copy has it all");
    closed(record, router).await;
}

async fn rows_wait_until_a_person_deals_with_them(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let came = morning(40, 5, 0, 0);
    let (_, batch) = send(&router, "police-system", "one", &csv_of(&came.rows)).await;
    let path = format!("/v1/batches/{}", batch["id"].as_str().unwrap());
    let rows: Vec<u64> =
        batch["not_mapped"].as_array().unwrap().iter().map(|row| row["row"].as_u64().unwrap()).collect();
    let referral = batch["referrals"][0]["reference"].clone();
    let triage = Ask { router: &router, who: "triage-worker" };
    let at = |row: u64| format!("{path}/rows/{row}");
    let (status, _) =
        Ask { router: &router, who: "police-system" }.post(&at(rows[0]), "k", &json!({ "how": "sent_back" })).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "a person deals with it");
    let (status, _) = triage.post(&at(1), "k1", &json!({ "how": "sent_back" })).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "no such row waits");
    for (body, code) in [
        (json!({ "how": "entered_by_hand" }), "missing-key"),
        (json!({ "how": "entered_by_hand", "referral": "none" }), "unknown-referral"),
        (json!({ "how": "sent_back", "referral": referral }), "misplaced-key"),
    ] {
        let (status, refused) = triage.post(&at(rows[0]), code, &body).await;
        assert_eq!(
            (status, &refused["errors"][0]["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(code)),
            "{refused:#}"
        );
    }
    let ways = [
        json!({ "how": "entered_by_hand", "referral": referral }),
        json!({ "how": "sent_back" }),
        json!({ "how": "not_about_a_child" }),
        json!({ "how": "nothing_new", "referral": referral }),
        json!({ "how": "sent_back" }),
    ];
    for (row, body) in rows.iter().zip(&ways) {
        for again in 0..2 {
            let (status, answer) = triage.post(&at(*row), &format!("deal {row}"), body).await;
            assert_eq!(status, StatusCode::CREATED, "{row}, {again}: {answer:#}");
        }
    }
    let (_, refused) = triage.post(&at(rows[0]), "once more", &json!({ "how": "sent_back" })).await;
    assert_eq!(refused["errors"][0]["code"], "dealt-with-before");
    let (_, read) = triage.get(&path).await;
    let dealt: Vec<&Value> = read["not_mapped"].as_array().unwrap().iter().map(|row| &row["dealt_with"]).collect();
    assert_eq!(dealt, ways.iter().map(|way| &way["how"]).collect::<Vec<_>>());
    let listed =
        away(&record, |record| record.list_batches(&may("triage-worker", Operation::ReceiveBatch), 9).unwrap()).await;
    assert_eq!((listed.len(), listed[0].waiting), (1, 0));
    assert_eq!(verified(&record).await, Ok(()));
    closed(record, router).await;
}

/// A referral by the police about one child, or two.
fn told(received_at: &str, children: &Value) -> Value {
    let mut referral = a_family();
    referral["received_at"] = received_at.into();
    referral["referrer"] = json!({ "organisation": "police:example", "agency": "police", "source_code": "6" });
    referral["household"] = json!({ "facts": {} });
    referral["children"] = children.clone();
    referral
}

async fn referred(router: &Router, key: &str, received_at: &str, children: &Value) -> (String, Vec<(u64, u64)>) {
    let (status, receipt) =
        Ask { router, who: "police-system" }.post("/v1/referrals", key, &told(received_at, children)).await;
    assert_eq!(status, StatusCode::CREATED, "{receipt:#}");
    let rank = |child: &Value, bound: &str| child["evaluation"][bound]["rank"].as_u64().unwrap();
    let bounds =
        receipt["children"].as_array().unwrap().iter().map(|child| (rank(child, "at_least"), rank(child, "at_most")));
    (receipt["id"].as_str().unwrap().to_owned(), bounds.collect())
}

async fn joining_closes_in_one_and_adds_to_the_other_and_lowers_nothing(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let child =
        |facts: Value| json!({ "name": "Invented Child", "date_of_birth": "2018-05-01", "ref": "A", "facts": facts });
    let other = json!({ "name": "Another Child", "date_of_birth": "2015-05-01", "ref": "B", "facts": {} });
    let (first, before) =
        referred(&router, "1", "2026-11-23T08:00:00Z", &json!([child(json!({ "da_child_involvement": "in_home" }))]))
            .await;
    let facts = json!({ "da_child_involvement": "intervened_or_hurt" });
    let (second, then) = referred(&router, "2", "2026-11-23T09:00:00Z", &json!([child(facts), other])).await;
    assert!(then[0].0 > before[0].0);
    let triage = Ask { router: &router, who: "triage-worker" };
    // The machine suggests, and joins nothing.
    let pairs = {
        let id = second.clone();
        away(&record, move |record| {
            let permit = may("triage-worker", Operation::LookUp);
            record.may_be_one(&permit, &record.case(&id).unwrap()).unwrap()
        })
        .await
    };
    assert_eq!((pairs.len(), pairs[0].agrees.clone()), (1, vec!["name_and_birth_date"]));
    let join = |from: &str| format!("/v1/referrals/{from}/joined");
    let body = json!({ "child": "A", "to": first, "to_child": "A" });
    let (status, _) = Ask { router: &router, who: "call-taker" }.post(&join(&second), "j0", &body).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    for (from, body, code) in [
        (&first, json!({ "child": "A", "to": second, "to_child": "A" }), "later"),
        (&second, json!({ "child": "A", "to": second, "to_child": "A" }), "same-referral"),
        (&second, json!({ "child": "C", "to": first, "to_child": "A" }), "unknown-child"),
    ] {
        let (status, refused) = triage.post(&join(from), code, &body).await;
        assert_eq!(
            (status, &refused["errors"][0]["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(code)),
            "{refused:#}"
        );
    }
    // What was decided in the first opens again when the answer rises.
    let decision = json!({ "child": "A", "shown": 1, "level": before[0].0, "view": "agrees", "outcome": "early_help",
                           "next_holder": { "organisation": "council:example" } });
    let (status, answer) = triage.post(&format!("/v1/referrals/{first}/decisions"), "d", &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    for again in 0..2 {
        let (status, joined) = triage.post(&join(&second), "j1", &body).await;
        assert_eq!(status, StatusCode::CREATED, "{again}: {joined:#}");
    }
    let (_, refused) = triage.post(&join(&second), "j2", &body).await;
    assert_eq!(refused["errors"][0]["code"], "joined-before");
    let (_, read) = triage.get(&format!("/v1/referrals/{first}")).await;
    assert_eq!((&read["standing"], &read["at_least"]), (&json!("reopened"), &json!(then[0].0)), "{read:#}");
    assert_eq!(read["said"][1]["request"]["said_by"]["organisation"], "police:example");
    assert!(read["said"][1]["request"]["account"].as_str().unwrap().contains("Often hungry"));
    let (_, later) = triage.get(&format!("/v1/referrals/{second}")).await;
    assert_eq!(later["standing"], "open", "the other child waits on");
    let by: Vec<&str> = [&read, &later].iter().map(|one| one["respond_by"].as_str().unwrap()).collect();
    assert!(by[0] <= by[1], "the earlier clock goes on: {by:?}");
    // Its own system reads nothing of what a colleague joined.
    let (_, own) = Ask { router: &router, who: "police-system" }.get(&format!("/v1/referrals/{first}")).await;
    assert_eq!((own["said"].as_array().unwrap().len(), &own["at_least"]), (1, &json!(before[0].0)), "{own:#}");
    // The other too, then nothing waits in the second.
    let body = json!({ "child": "B", "to": first, "to_child": "A" });
    let (status, answer) = triage.post(&join(&second), "j3", &body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let (_, later) = triage.get(&format!("/v1/referrals/{second}")).await;
    assert_eq!(later["standing"], "closed");
    // What then raises it there opens it again.
    let told = json!({ "said_by": { "role": "officer" }, "children": [{ "ref": "B", "facts": { "immediate_danger_now": true } }] });
    triage.post(&format!("/v1/referrals/{second}/information"), "i", &told).await;
    let (_, later) = triage.get(&format!("/v1/referrals/{second}")).await;
    assert_eq!(later["standing"], "reopened");
    assert_eq!(verified(&record).await, Ok(()));
    // Either may go, and the other is whole.
    let governs = || may("information-governance", Operation::Retain);
    away(&record, move |record| record.erase(&governs(), &second, Why::Request, now()).unwrap()).await;
    assert_eq!(verified(&record).await, Ok(()));
    let (status, read) = triage.get(&format!("/v1/referrals/{first}")).await;
    assert_eq!((status, &read["at_least"]), (StatusCode::OK, &json!(then[0].0)), "what it gained it keeps");
    // A thin notification of the same adds nothing and takes nothing.
    let facts = json!({ "da_child_involvement": "saw_or_heard" });
    let (one, bounds) = referred(&router, "5", "2026-11-23T10:00:00Z", &json!([child(facts)])).await;
    let (two, _) = referred(&router, "6", "2026-11-23T11:00:00Z", &json!([child(json!({}))])).await;
    let (status, _) = triage.post(&join(&two), "j6", &json!({ "child": "A", "to": one, "to_child": "A" })).await;
    assert_eq!(status, StatusCode::CREATED);
    let (_, read) = triage.get(&format!("/v1/referrals/{one}")).await;
    assert_eq!(read["at_least"], bounds[0].0, "a thin one lowers nothing");
    // What would lower a child is refused: here the timing of harm, which is taken as present until it is answered.
    let facts = json!({ "child_disclosed_sexual_abuse": true, "harmer_in_contact_with_children": false,
                        "child_without_support": false });
    let (one, bounds) = referred(&router, "7", "2026-11-23T12:00:00Z", &json!([child(facts)])).await;
    let past = json!({ "concern_timing": "historic_no_known_risk" });
    let (two, _) = referred(&router, "8", "2026-11-23T13:00:00Z", &json!([child(past)])).await;
    let (status, refused) = triage.post(&join(&two), "j8", &json!({ "child": "A", "to": one, "to_child": "A" })).await;
    let code = &refused["errors"][0]["code"];
    assert_eq!((status, code), (StatusCode::UNPROCESSABLE_ENTITY, &json!("would-lower")), "{refused:#}");
    let (_, read) = triage.get(&format!("/v1/referrals/{one}")).await;
    assert_eq!((&read["at_least"], &read["version"]), (&json!(bounds[0].0), &json!(1)), "nothing was recorded");
    closed(record, router).await;
}

async fn what_came_in_two_files_is_joined_to_no_less_than_the_whole(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let rows: Vec<Row> = morning(24, 2, 0, 0).rows.into_iter().filter(|row| row[0] == "26/10000").collect();
    let (one, two): (Vec<Row>, Vec<Row>) = rows.iter().cloned().enumerate().partition_map(|place| place % 2 == 0);
    let (_, first) = send(&router, "police-system", "1", &csv_of(&one)).await;
    let (_, second) = send(&router, "police-system", "2", &csv_of(&two)).await;
    let id = |batch: &Value| batch["referrals"][0]["id"].as_str().unwrap().to_owned();
    let triage = Ask { router: &router, who: "triage-worker" };
    let names = |read: &Value| -> Vec<String> {
        let children = read["said"][0]["request"]["children"].as_array().unwrap().clone();
        children.iter().map(|child| child["name"].as_str().unwrap().to_owned()).collect()
    };
    let (_, earlier) = triage.get(&format!("/v1/referrals/{}", id(&first))).await;
    let (_, later) = triage.get(&format!("/v1/referrals/{}", id(&second))).await;
    let mut joined = Vec::new();
    for (place, name) in names(&later).iter().enumerate() {
        let Some(there) = names(&earlier).iter().position(|known| known == name) else { continue };
        let body = json!({ "child": (place + 1).to_string(), "to": id(&first), "to_child": (there + 1).to_string() });
        let (status, answer) = triage.post(&format!("/v1/referrals/{}/joined", id(&second)), name, &body).await;
        assert_eq!(status, StatusCode::CREATED, "{answer:#}");
        joined.push((name.clone(), there));
    }
    assert!(!joined.is_empty());
    let (_, together) = triage.get(&format!("/v1/referrals/{}", id(&first))).await;
    // The whole in one file, in a record that knows of nothing else.
    let (_other, whole_record, whole_router) = opened(Kept::in_sqlite()).await;
    let (_, whole) = send(&whole_router, "police-system", "3", &csv_of(&rows)).await;
    let triage = Ask { router: &whole_router, who: "triage-worker" };
    let (_, whole) = triage.get(&format!("/v1/referrals/{}", id(&whole))).await;
    let rank = |read: &Value, place: usize| read["children"][place]["evaluation"]["at_least"]["rank"].as_u64().unwrap();
    for (name, there) in joined {
        let place = names(&whole).iter().position(|known| *known == name).unwrap();
        assert!(rank(&together, there) >= rank(&whole, place), "{name}");
    }
    assert_eq!(verified(&record).await, Ok(()));
    closed(record, router).await;
    closed(whole_record, whole_router).await;
}

/// Parts a list by the place of each.
trait PartitionMap<T> {
    fn partition_map(self, is_first: impl Fn(usize) -> bool) -> (Vec<T>, Vec<T>);
}

impl<T, I: Iterator<Item = (usize, T)>> PartitionMap<T> for I {
    fn partition_map(self, is_first: impl Fn(usize) -> bool) -> (Vec<T>, Vec<T>) {
        let (one, two): (Vec<_>, Vec<_>) = self.partition(|(place, _)| is_first(*place));
        (one.into_iter().map(|(_, item)| item).collect(), two.into_iter().map(|(_, item)| item).collect())
    }
}

async fn the_file_goes_with_the_first_of_its_referrals_and_nothing_comes_back(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let bytes = csv_of(&morning(40, 5, 0, 0).rows);
    let (_, batch) = send(&router, "police-system", "one", &bytes).await;
    let files = |record: &Record| {
        record
            .store()
            .read(|db: &mut Db| {
                count(db, "SELECT count(*) FROM entry WHERE leaf LIKE '%file_kept%' AND body IS NOT NULL")
            })
            .unwrap()
    };
    assert_eq!(away(&record, files).await, 1);
    let gone = batch["referrals"][0]["id"].as_str().unwrap().to_owned();
    let erased = gone.clone();
    let governs = || may("information-governance", Operation::Retain);
    away(&record, move |record| record.erase(&governs(), &erased, Why::Request, now()).unwrap()).await;
    assert_eq!(away(&record, files).await, 0, "the file has that family's rows");
    assert_eq!(verified(&record).await, Ok(()));
    // The same file again brings nothing back.
    let (status, again) = send(&router, "police-system", "two", &bytes).await;
    assert_eq!((status, &again["erased"], &again["missing"]), (StatusCode::CREATED, &json!(1), &json!(0)), "{again:#}");
    assert_eq!(again["referrals"].as_array().unwrap().len(), batch["referrals"].as_array().unwrap().len() - 1);
    let (status, _) = Ask { router: &router, who: "triage-worker" }.get(&format!("/v1/referrals/{gone}")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    // The batch itself is kept while a row waits, and then for its time.
    let later = now() + jiff::SignedDuration::from_hours(24 * (BATCH_KEPT_DAYS + 1));
    let ended = move |record: &Record| record.list_ended_batches(later).unwrap();
    assert_eq!(away(&record, ended).await, Vec::<String>::new());
    let path = format!("/v1/batches/{}", batch["id"].as_str().unwrap());
    for row in batch["not_mapped"].as_array().unwrap() {
        let at = format!("{path}/rows/{}", row["row"]);
        Ask { router: &router, who: "triage-worker" }.post(&at, &at, &json!({ "how": "sent_back" })).await;
    }
    assert_eq!(away(&record, |record| record.list_ended_batches(now()).unwrap()).await, Vec::<String>::new());
    let id = batch["id"].as_str().unwrap().to_owned();
    assert_eq!(away(&record, ended).await, vec![id.clone()]);
    away(&record, move |record| record.erase_batch(&governs(), &id, now()).unwrap()).await;
    let (status, _) = Ask { router: &router, who: "triage-worker" }.get(&path).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(verified(&record).await, Ok(()));
    closed(record, router).await;
}

async fn decisions_about_several_children_are_recorded_all_or_none(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let child = |name: &str, facts: Value| json!({ "ref": name, "name": name, "facts": facts });
    let hurt = json!({ "da_child_involvement": "intervened_or_hurt" });
    let children = json!([child("A", json!({})), child("B", json!({})), child("C", hurt)]);
    let (id, bounds) = referred(&router, "1", "2026-11-23T08:00:00Z", &children).await;
    let wanted = |child: &str| Wanted {
        child: child.into(),
        shown: 1,
        level: u8::try_from(bounds[0].0).unwrap(),
        view: View::Agrees,
        reason: None,
        outcome: Outcome::EarlyHelp,
        next_holder: Some(Holder::of("council:example")),
        second_person: None,
        not_known: Vec::new(),
    };
    let decide = |all: Vec<Wanted>, key: &'static str| {
        let id = id.clone();
        away(&record, move |record| {
            let permit = may("social-worker", Operation::Decide);
            let once = Once::new(&permit, key, "several", key.as_bytes());
            record.decide_all(&permit, &id, all, once, now()).and_then(|pending| pending.wait_here())
        })
    };
    // For the third the same is not indicated: nothing is recorded about any.
    let refused = decide(vec![wanted("A"), wanted("B"), wanted("C")], "all").await;
    let Err(RecordError::Faults(faults)) = refused else { panic!("{refused:?}") };
    assert!(
        faults.iter().all(|fault| fault.pointer.starts_with("/same/2/") && fault.detail.starts_with("of C: ")),
        "{faults:?}"
    );
    let decided = |record: &Record| {
        record
            .store()
            .read(|db: &mut Db| count(db, "SELECT count(*) FROM entry WHERE leaf LIKE '%\"decided\":%'"))
            .unwrap()
    };
    assert_eq!(away(&record, decided).await, 0);
    decide(vec![wanted("A"), wanted("B")], "two").await.unwrap();
    assert_eq!(away(&record, decided).await, 2, "each an entry of its own");
    decide(vec![wanted("A"), wanted("B")], "two").await.unwrap();
    assert_eq!(away(&record, decided).await, 2, "and sent twice, recorded once");
    let (_, read) = Ask { router: &router, who: "triage-worker" }.get(&format!("/v1/referrals/{id}/decisions")).await;
    assert_eq!((&read[0]["decided"]["child"], &read[1]["decided"]["child"]), (&json!("A"), &json!("B")));
    assert_eq!(verified(&record).await, Ok(()));
    closed(record, router).await;
}

/// The same Monday morning as through the pages, by programs of people in their roles.
#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_notifications_over_http() {
    let (_kept, record, router) = opened(Kept::in_sqlite()).await;
    let came = morning(500, 60, 12, 0);
    let (status, batch) = send(&router, "police-system", "monday", &csv_of(&came.rows)).await;
    assert_eq!((status, batch["referrals"].as_array().unwrap().len()), (StatusCode::CREATED, came.groups));
    let path = format!("/v1/batches/{}", batch["id"].as_str().unwrap());
    assert!(!batch.to_string().contains("may_be_one"), "what may be one is for the front door");
    let triage = Ask { router: &router, who: "triage-worker" };
    let (_, read) = triage.get(&path).await;
    let parts = read["referrals"].as_array().unwrap();
    let mut pairs: Vec<(String, String)> = Vec::new();
    for pair in parts.iter().flat_map(|part| part["may_be_one"].as_array().into_iter().flatten()) {
        let pair = ["later", "earlier"].map(|key| pair[key].as_str().unwrap().to_owned());
        let [later, earlier] = pair;
        if !pairs.contains(&(later.clone(), earlier.clone())) {
            pairs.push((later, earlier));
        }
    }
    assert_eq!(pairs.len(), came.duplicates);
    for (later, earlier) in &pairs {
        let of = |reference: &String| parts.iter().find(|part| part["reference"] == **reference).unwrap();
        for child in of(later)["children"].as_array().unwrap() {
            // The same family, in the same order.
            let body = json!({ "child": child["ref"], "to": earlier, "to_child": child["ref"] });
            let key = format!("{later} {}", child["ref"]);
            let (status, joined) = triage.post(&format!("/v1/referrals/{later}/joined"), &key, &body).await;
            assert_eq!(status, StatusCode::CREATED, "{joined:#}");
        }
    }
    for row in read["not_mapped"].as_array().unwrap() {
        let at = format!("{path}/rows/{}", row["row"]);
        let (status, _) = triage.post(&at, &at, &json!({ "how": "sent_back" })).await;
        assert_eq!(status, StatusCode::CREATED);
    }
    let (_, read) = triage.get(&path).await;
    for part in read["referrals"].as_array().unwrap().iter().filter(|part| part["standing"] == "open") {
        let at = format!("/v1/referrals/{}/decisions", part["id"].as_str().unwrap());
        let shown = 1 + pairs.iter().filter(|(_, earlier)| part["reference"] == *earlier).count()
            * part["children"].as_array().unwrap().len();
        for child in part["children"].as_array().unwrap() {
            let (who, outcome) = match child["at_least"].as_u64().unwrap() {
                5 => ("manager", "strategy_discussion"),
                4 => ("social-worker", "s17_assessment"),
                _ => ("triage-worker", "early_help"),
            };
            let decision = json!({ "child": child["ref"], "shown": shown, "level": child["at_least"], "view": "agrees",
                                   "outcome": outcome, "next_holder": { "organisation": "council:example" } });
            let ask = Ask { router: &router, who };
            let (status, decided) = ask.post(&at, &format!("{at} {}", child["ref"]), &decision).await;
            assert_eq!(status, StatusCode::CREATED, "{decided:#}");
            let accept = format!("{at}/{}/acceptance", decided["id"].as_str().unwrap());
            let (status, _) = ask.post(&accept, &accept, &Value::Null).await;
            assert_eq!(status, StatusCode::CREATED);
        }
    }
    for standing in ["reopened", "open", "awaiting_second_person", "awaiting_acceptance"] {
        let (_, list) = triage.get(&format!("/v1/referrals?standing={standing}")).await;
        assert_eq!(list["referrals"], json!([]), "nothing waits");
    }
    assert_eq!(verified(&record).await, Ok(()));
    closed(record, router).await;
}

/// Sends a file over a socket; the answer, when one came.
fn send_over(address: &str, bytes: &[u8]) -> Option<Value> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    let head = format!(
        "POST /v1/batches?mapping=police_notifications HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: text/csv\r\n\
         authorization: Bearer demonstration-police-system\r\nidempotency-key: the file\r\ncontent-length: {}\r\n\r\n",
        bytes.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(bytes).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8(answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}

/// kill -9 between two parts of a file in which every row is understood; the file, and how many parts it has.
fn broken_off(kept: &Kept) -> (Vec<u8>, usize) {
    let came = morning(160, 40, 6, 0);
    let understood = came.rows.iter().enumerate().filter(|(place, _)| !came.unmappable.contains(place));
    let rows: Vec<Row> = understood.map(|(_, row)| row.clone()).collect();
    let bytes = csv_of(&rows);
    let running = Running::start(kept);
    let (address, sent) = (running.address.clone(), bytes.clone());
    let client = std::thread::spawn(move || send_over(&address, &sent));
    let there = || {
        let mut db = Db::open(&kept.places.database, Access::Read).unwrap();
        count(&mut db, "SELECT count(*) FROM batch_referral").unwrap_or(0)
    };
    while there() == 0 && !client.is_finished() {
        std::thread::sleep(Duration::from_millis(1));
    }
    running.kill();
    assert!(client.join().unwrap().is_none(), "it was killed before it answered");
    let before = there();
    assert!(before > 0 && before < came.groups as i64, "{before} of {}", came.groups);
    (bytes, came.groups)
}

/// The same file sent again completes it, and nothing is recorded twice.
fn killed_half_way(kept: &Kept) {
    let (bytes, groups) = broken_off(kept);
    let running = Running::start(kept);
    let answer = send_over(&running.address, &bytes).unwrap();
    running.kill();
    assert_eq!((answer["missing"].as_u64(), answer["referrals"].as_array().unwrap().len()), (Some(0), groups));
    let mut incidents: Vec<String> =
        answer["referrals"].as_array().unwrap().iter().map(|one| one["rows"].to_string()).collect();
    incidents.sort();
    incidents.dedup();
    assert_eq!(incidents.len(), groups, "each part once");
    let (code, said) = ran(program(kept, &["audit", "verify", "--full"]));
    assert_eq!(code, Some(0), "{said}");
}

/// It is not erased before every part is recorded, and its own file completes it: because somebody asks for that, or
/// because a referral of it is erased, with which the file goes.
fn completed_from_the_kept_file(kept: &Kept, is_asked_for: bool) {
    let (_, groups) = broken_off(kept);
    let later = now() + jiff::SignedDuration::from_hours(24 * (BATCH_KEPT_DAYS + 1));
    let may_receive = may("triage-worker", Operation::ReceiveBatch);
    let record = kept.open();
    let id = record.list_batches(&may_receive, 9).unwrap()[0].id.clone();
    assert_eq!(record.list_ended_batches(later).unwrap(), Vec::<String>::new());
    assert_eq!(record.list_incomplete_batches(later).unwrap(), std::slice::from_ref(&id));
    let broken = record.batch(&may_receive, &id).unwrap();
    assert!(broken.missing() > 0);
    let erased = if is_asked_for {
        record.complete_batch(&may_receive, &id, now()).unwrap();
        0
    } else {
        let (_, first) = &broken.referrals[0];
        record.erase(&may("information-governance", Operation::Retain), &first.id, Why::Request, now()).unwrap();
        1
    };
    let batch = record.batch(&may_receive, &id).unwrap();
    assert_eq!((batch.missing(), batch.referrals.len(), batch.erased), (0, groups - erased, erased));
    assert_eq!(record.list_ended_batches(later).unwrap(), std::slice::from_ref(&id));
    assert_eq!(record.list_incomplete_batches(later).unwrap(), Vec::<String>::new());
    drop(record);
    let (code, said) = ran(program(kept, &["audit", "verify", "--full"]));
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn killed_half_way_in_sqlite() {
    killed_half_way(&Kept::in_sqlite());
}

#[test]
fn killed_half_way_in_postgres() {
    killed_half_way(&Kept::in_postgres());
}

#[test]
fn completed_from_the_kept_file_in_sqlite() {
    completed_from_the_kept_file(&Kept::in_sqlite(), true);
}

#[test]
fn completed_from_the_kept_file_in_postgres() {
    completed_from_the_kept_file(&Kept::in_postgres(), true);
}

#[test]
fn completed_before_the_kept_file_is_erased() {
    completed_from_the_kept_file(&Kept::in_sqlite(), false);
}
