//! Transfers that could not be taken: kept, listed, dealt with, and missed when they disappear; in both databases.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use windscreen::access::{Operation, Permit, demonstration, permit};
use windscreen::record::store::Transaction;
use windscreen::record::{Record, RecordError};
use windscreen::serving::now;
use windscreen::transfer::DealtWith;

use super::{Ask, Kept, a_family, closed, opened};

on_both!(
    what_is_not_taken_is_kept_until_somebody_deals_with_it,
    what_was_dealt_with_long_ago_is_forgotten,
    what_has_waited_longest_is_listed_first_and_no_list_hides_that_there_are_more,
    a_kept_transfer_that_disappears_is_missed,
);

async fn away<T: Send + 'static>(record: &Arc<Record>, work: impl FnOnce(&Record) -> T + Send + 'static) -> T {
    let record = Arc::clone(record);
    tokio::task::spawn_blocking(move || work(&record)).await.unwrap()
}

fn may(who: &str) -> Permit {
    permit(demonstration(who).unwrap(), Operation::Transfer).unwrap()
}

fn count(record: &Record, sql: &'static str) -> usize {
    record.store().read(|db| db.query(sql, &[])).unwrap().len()
}

fn run(record: &Record, sql: &'static str) {
    let run = move |transaction: &mut Transaction<'_>| Ok(transaction.db().execute(sql, &[])?);
    record.store().write(run).wait_here().unwrap();
}

fn sound(record: &Record) -> bool {
    record.verify(Vec::new()).unwrap().is_ok()
}

async fn handed_in(ask: &Ask<'_>, body: &str) -> String {
    let (status, kept) = ask.send("POST", "/v1/transfers", None, body).await;
    assert_eq!((status, &kept["refusal"]), (StatusCode::ACCEPTED, &json!("form")), "{kept:#}");
    kept["kept"].as_str().unwrap().to_owned()
}

async fn what_is_not_taken_is_kept_until_somebody_deals_with_it(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let (triage, police) =
        (Ask { router: &router, who: "triage-worker" }, Ask { router: &router, who: "police-system" });
    let first = handed_in(&triage, "{\"half\": \"CANARY-FILE").await;
    assert_eq!(handed_in(&triage, "{\"half\": \"CANARY-FILE").await, first, "the same again is the one that waits");
    let second = handed_in(&triage, "another").await;
    let third = handed_in(&police, "{\"half\": \"CANARY-FILE").await;
    assert!(third != first && third != second, "whoever hands it in sees what became of their own");
    let ids = |list: &Value| -> Vec<String> {
        list["kept"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let (_, list) = triage.get("/v1/transfers").await;
    assert_eq!(ids(&list).len(), 3, "{list:#}");
    assert!(!list.to_string().contains("CANARY"), "a list holds nothing of what was sent");
    assert_eq!(ids(&police.get("/v1/transfers").await.1), [third.as_str()], "its own alone");
    for who in ["teacher", "auditor", "information-governance"] {
        assert_eq!(Ask { router: &router, who }.get("/v1/transfers").await.0, StatusCode::FORBIDDEN, "{who}");
    }
    let (_, receipt) = triage.post("/v1/referrals", "r", &a_family()).await;
    let (id, reference) =
        (receipt["id"].as_str().unwrap().to_owned(), receipt["reference"].as_str().unwrap().to_owned());
    away(&record, move |record| {
        let code = |dealt: Result<(), RecordError>| match dealt {
            Err(RecordError::Faults(faults)) => faults[0].code.word(),
            Err(RecordError::Moved(_)) => "moved",
            Err(RecordError::NotFound) => "not-found",
            other => panic!("{other:?}"),
        };
        let deal = |who: &str, id: &str, dealt, referral: Option<&str>| {
            record.deal_with_transfer(&may(who), id, dealt, referral, now())
        };
        let read = record.view_kept_transfer(&may("manager"), &first, now()).unwrap();
        assert_eq!(read.file, "{\"half\": \"CANARY-FILE", "as it came");
        assert!(record.view_kept_transfer(&may("police-system"), &first, now()).is_err());
        assert_eq!(code(deal("police-system", &first, DealtWith::NotForUs, None)), "not-found");
        assert_eq!(code(deal("manager", &first, DealtWith::EnteredByHand, None)), "missing-key");
        assert_eq!(code(deal("manager", &first, DealtWith::EnteredByHand, Some("none"))), "unknown-referral");
        deal("manager", &first, DealtWith::EnteredByHand, Some(&reference)).unwrap();
        assert_eq!(code(deal("manager", &first, DealtWith::NotForUs, None)), "moved");
        deal("manager", &second, DealtWith::AskedSender, None).unwrap();
        let list = record.list_kept_transfers(&may("manager"), now()).unwrap();
        let dealt: Vec<_> = list.kept.iter().map(|one| (one.id.as_str(), one.dealt_with)).collect();
        assert_eq!(dealt[0], (third.as_str(), None), "what nobody has dealt with first");
        assert!(dealt.contains(&(first.as_str(), Some(DealtWith::EnteredByHand))));
        assert!(sound(record));
        // It opens under new keys too, and what was entered from it goes with the referral.
        assert_eq!(record.reseal().unwrap(), 1 + 3);
        assert!(sound(record) && record.find_kept_transfer(&may("manager"), &first, now()).is_ok());
        let governs = permit(demonstration("information-governance").unwrap(), Operation::Retain).unwrap();
        record.erase(&governs, &id, windscreen::record::erase::Why::Request, now()).unwrap();
        assert!(record.find_kept_transfer(&may("manager"), &first, now()).is_err() && sound(record));
        record.sign_now().unwrap();
        let mut exported = Vec::new();
        record.export(&mut exported).unwrap();
        let text = String::from_utf8(exported).unwrap();
        let many = |kind: &str| text.matches(&format!("\\\"{kind}\\\"")).count();
        assert_eq!((many("transfer_refused"), many("transfer_dealt_with"), many("viewed")), (3, 2, 1));
        assert!(!text.contains("CANARY"));
    })
    .await;
    closed(record, router).await;
    drop(kept);
}

async fn what_was_dealt_with_long_ago_is_forgotten(kept: Kept) {
    const ALL: &str = "SELECT id FROM kept_transfer";
    let (kept, record, router) = opened(kept).await;
    let triage = Ask { router: &router, who: "triage-worker" };
    let (first, second) = (handed_in(&triage, "one").await, handed_in(&triage, "another").await);
    away(&record, move |record| {
        let (may, then) = (may("manager"), now());
        record.deal_with_transfer(&may, &first, DealtWith::AskedSender, None, then).unwrap();
        let (days, hour) = (SignedDuration::from_hours(24 * 28), SignedDuration::from_hours(1));
        let (before, after) = (then + days - hour, then + days + hour);
        assert_eq!(record.forget_old_transfers(before).unwrap(), 0);
        assert!(record.view_kept_transfer(&may, &first, before).is_ok());
        assert_eq!(record.list_kept_transfers(&may, before).unwrap().kept.len(), 2);
        // It is not shown any more, and goes with the next list or retention run; what waits stays.
        assert!(matches!(record.view_kept_transfer(&may, &first, after), Err(RecordError::NotFound)));
        assert_eq!(count(record, ALL), 2);
        let list = record.list_kept_transfers(&may, after).unwrap();
        assert_eq!(list.kept.iter().map(|one| &one.id).collect::<Vec<_>>(), [&second]);
        assert_eq!(count(record, ALL), 1);
        record.deal_with_transfer(&may, &second, DealtWith::NotForUs, None, then).unwrap();
        assert_eq!(record.forget_old_transfers(after).unwrap(), 1);
        assert!(count(record, ALL) == 0 && sound(record));
    })
    .await;
    closed(record, router).await;
    drop(kept);
}

async fn what_has_waited_longest_is_listed_first_and_no_list_hides_that_there_are_more(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let (triage, police) =
        (Ask { router: &router, who: "triage-worker" }, Ask { router: &router, who: "police-system" });
    let (first, second) = (handed_in(&triage, "one").await, handed_in(&triage, "another").await);
    let ids = (first.clone(), second.clone());
    away(&record, move |record| {
        run(record, "UPDATE kept_transfer SET kept_at = kept_at - 1000 WHERE id = (SELECT MIN(id) FROM kept_transfer)");
        let list = record.list_kept_transfers(&may("manager"), now()).unwrap();
        assert_eq!(list.kept.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [first.as_str(), second.as_str()]);
        assert_eq!((list.damaged.len(), list.more), (0, 0));
        // So many more that they no longer fit, each of which opens under another's name and so not at all.
        run(
            record,
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 198)
             INSERT INTO kept_transfer (id, hash, organisation, reason, kept_at, sealed_key, sealed)
             SELECT 'copy ' || i, sealed_key, organisation, reason, kept_at + i, sealed_key, sealed FROM kept_transfer, n
             WHERE id = (SELECT MIN(id) FROM kept_transfer)",
        );
    })
    .await;
    let (_, list) = triage.get("/v1/transfers").await;
    let many = |list: &Value, key: &str| list[key].as_array().map_or(0, Vec::len);
    assert_eq!((many(&list, "kept"), many(&list, "damaged"), &list["more"]), (1, 99, &json!(100)), "{list:#}");
    assert_eq!(list["kept"][0]["id"], json!(ids.0), "what opens is listed all the same");
    // No more of theirs is kept, and they are told; the same again is the one that waits, and others hand in theirs.
    let (status, problem) = triage.send("POST", "/v1/transfers", None, "one too many").await;
    assert_eq!((status, &problem["errors"][0]["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("too-many-waiting")));
    assert_eq!(handed_in(&triage, "another").await, ids.1);
    handed_in(&police, "one").await;
    let (_, theirs) = police.get("/v1/transfers").await;
    assert_eq!((many(&theirs, "kept"), &theirs["more"]), (1, &json!(0)));
    away(&record, |record| {
        assert!(!sound(record));
        run(record, "DELETE FROM kept_transfer WHERE id LIKE 'copy %'");
        assert!(sound(record));
    })
    .await;
    handed_in(&triage, "one too many").await;
    closed(record, router).await;
    drop(kept);
}

async fn a_kept_transfer_that_disappears_is_missed(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let triage = Ask { router: &router, who: "triage-worker" };
    let first = handed_in(&triage, "half a file").await;
    away(&record, move |record| {
        for (change, back) in [
            ("UPDATE kept_transfer SET reason = 'age'", "UPDATE kept_transfer SET reason = 'form'"),
            ("UPDATE kept_transfer SET dealt_with = 'not_for_us'", "UPDATE kept_transfer SET dealt_with = NULL"),
            ("UPDATE kept_transfer SET id = 'another'", "UPDATE kept_transfer SET id = referral, referral = NULL"),
            (
                "UPDATE kept_transfer SET sealed = sealed_key",
                "UPDATE kept_transfer SET sealed = hash, hash = sealed_key",
            ),
        ] {
            // What is changed is put aside in a column that nothing reads here.
            match change {
                change if change.contains("SET id") => run(record, "UPDATE kept_transfer SET referral = id"),
                change if change.contains("SET sealed") => run(record, "UPDATE kept_transfer SET hash = sealed"),
                _ => {}
            }
            run(record, change);
            assert!(!sound(record), "{change}");
            run(record, back);
            assert!(sound(record), "{back}");
        }
        run(record, "DELETE FROM kept_transfer");
        let damage = record.verify(Vec::new()).unwrap().unwrap_err();
        assert!(damage.place.contains(&first) && damage.what.contains("nobody has dealt with it"), "{damage}");
    })
    .await;
    closed(record, router).await;
    drop(kept);
}
