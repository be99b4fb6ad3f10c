//! What is handed over: seen by whom it is for, as it was chosen, and by nobody else; in both databases.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};
use windscreen::access::{Operation, demonstration, permit};
use windscreen::decision::{Actor, BREAK_GLASS, Wanted, may_accept};
use windscreen::record::Record;
use windscreen::record::erase::Why;
use windscreen::record::store::Transaction;
use windscreen::serving::{Serving, now};

use super::{Ask, Kept, a_family, closed, opened};

on_both!(
    what_is_handed_over_is_seen_by_whom_it_is_for_as_it_was_chosen,
    only_the_last_decision_that_stands_hands_a_child_over,
    what_the_duty_team_has_is_not_at_its_end,
    whoever_passes_on_what_they_may_not_settle_does_not_accept_it,
    lists_that_an_older_program_kept_are_worked_out_again,
);

async fn away<T: Send + 'static>(record: &Arc<Record>, work: impl FnOnce(&Record) -> T + Send + 'static) -> T {
    let record = Arc::clone(record);
    tokio::task::spawn_blocking(move || work(&record)).await.unwrap()
}

fn run(record: &Record, sql: &'static str) -> u64 {
    let run = move |transaction: &mut Transaction<'_>| Ok(transaction.db().execute(sql, &[])?);
    record.store().write(run).wait_here().unwrap()
}

fn count(record: &Record, sql: &'static str) -> usize {
    record.store().read(|db| db.query(sql, &[])).unwrap().len()
}

fn sound(record: &Record) -> bool {
    record.verify(Vec::new()).unwrap().is_ok()
}

/// A decision about the first child of `a_family`, agreeing.
fn decision(outcome: &str, holder: &Value) -> Value {
    json!({ "child": "A", "shown": 1, "level": 3, "view": "agrees", "outcome": outcome, "next_holder": holder })
}

fn police(along: &[&str]) -> Value {
    json!({ "organisation": "police:example", "name": "Sergeant Invented", "told": "CANARY-TOLD", "along": along })
}

async fn decided(ask: &Ask<'_>, referral: &str, body: &Value) -> String {
    let key = body.to_string();
    let (status, answer) =
        ask.post(&format!("/v1/referrals/{referral}/decisions"), &key[..key.len().min(200)], body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    answer["id"].as_str().unwrap().to_owned()
}

async fn whoever_passes_on_what_they_may_not_settle_does_not_accept_it(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let mut family = a_family();
    family["children"] = json!([{ "ref": "A", "facts": { "immediate_danger_now": true } }]);
    let (_, receipt) = Ask { router: &router, who: "school-system" }.post("/v1/referrals", "refer", &family).await;
    let id = receipt["id"].as_str().unwrap();
    let triage = Ask { router: &router, who: "triage-worker" };
    let passed_on = json!({ "child": "A", "shown": 1, "level": 5, "view": "agrees", "outcome": "allocated_worker",
                            "next_holder": { "organisation": "council:example", "name": "A worker" } });
    let accept = format!("/v1/referrals/{id}/decisions/{}/acceptance", decided(&triage, id, &passed_on).await);
    let (status, problem) = triage.post(&accept, "1", &Value::Null).await;
    assert_eq!((status, &problem["errors"][0]["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("not-the-holder")));
    let (_, read) = triage.get(&format!("/v1/referrals/{id}")).await;
    assert_eq!(read["standing"], "awaiting_acceptance", "it stays on the list");
    // Nor does a colleague who may not settle it either; who settles it may hold it themselves.
    let rules = Serving::load("rules".as_ref(), None).unwrap().rules();
    let wanted: Wanted = serde_json::from_value(passed_on.clone()).unwrap();
    let [passes, manager, social] =
        ["triage-worker", "manager", "social-worker"].map(|who| demonstration(who).unwrap());
    let colleague = Actor { id: "another".into(), ..passes.clone() };
    let officer = demonstration("police-system").unwrap();
    let glass = Actor { id: format!("{BREAK_GLASS}duty"), ..social.clone() };
    let leaves = |outcome: &str, organisation: &str| -> Wanted {
        let mut leaves = passed_on.clone();
        (leaves["outcome"], leaves["next_holder"]["organisation"]) = (outcome.into(), organisation.into());
        serde_json::from_value(leaves).unwrap()
    };
    let (team, elsewhere) =
        (leaves("emergency_duty_team", "council:example"), leaves("another_authority", "council:example"));
    let (police, stays) = (leaves("early_help", "police:example"), leaves("early_help", "council:example"));
    for (wanted, by, actor, may) in [
        (&wanted, &passes, &passes, false),
        (&wanted, &passes, &colleague, false),
        (&wanted, &passes, &social, true),
        (&wanted, &passes, &officer, true),
        (&wanted, &manager, &manager, true),
        // What leaves is not accepted by whoever sends it there.
        (&team, &manager, &manager, false),
        (&team, &manager, &social, true),
        (&elsewhere, &manager, &manager, false),
        (&police, &manager, &manager, false),
        (&police, &manager, &officer, true),
        // Nor by whoever may be the same: with a break-glass account they say themselves who they are.
        (&team, &manager, &glass, false),
        (&wanted, &passes, &glass, false),
        (&stays, &manager, &glass, true),
    ] {
        assert_eq!(may_accept(&rules, wanted, by, actor), may, "{} {} {:?}", by.id, actor.id, wanted.outcome);
    }
    let (status, answer) = Ask { router: &router, who: "social-worker" }.post(&accept, "2", &Value::Null).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    closed(record, router).await;
}

async fn what_is_handed_over_is_seen_by_whom_it_is_for_as_it_was_chosen(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    let (triage, officers) =
        (Ask { router: &router, who: "triage-worker" }, Ask { router: &router, who: "police-system" });
    let hidden = ["CANARY-ACCOUNT", "CANARY-WORDS", "CANARY-PEOPLE", "unborn", "A. Teacher", "9434765919", "school:"];
    for (along, shows, hides) in [
        (&[][..], &["CANARY-TOLD"][..], &["Invented Child", "2018-05-01", "CANARY-HOME", "struggling"][..]),
        (&["name"], &["CANARY-TOLD", "Invented Child"], &["2018-05-01", "CANARY-HOME", "Food, warmth"]),
        (&["birth_date", "address"], &["2018-05-01", "CANARY-HOME"], &["Invented Child", "Food, warmth"]),
        (&["reasons"], &["Food, warmth"], &["Invented Child", "2018-05-01", "CANARY-HOME"]),
    ] {
        let (_, receipt) = school.post("/v1/referrals", &format!("along {along:?}"), &a_family()).await;
        let id = receipt["id"].as_str().unwrap();
        let decision = decided(&triage, id, &decision("early_help", &police(along))).await;
        let at = format!("/v1/handed-over/{decision}");
        let (status, read) = officers.get(&at).await;
        assert_eq!(status, StatusCode::OK, "{read:#}");
        let text = read.to_string();
        for says in shows {
            assert!(text.contains(says), "{along:?} shows {says}: {read:#}");
        }
        for says in hides.iter().chain(&hidden) {
            assert!(!text.contains(says), "{along:?} hides {says}: {read:#}");
        }
        // In the list stands nothing of the child.
        let (_, list) = officers.get("/v1/handed-over").await;
        let first = &list["handed_over"][0];
        assert_eq!((first["decision"].as_str(), &first["waits"]), (Some(decision.as_str()), &json!(true)), "{list:#}");
        assert!(!list.to_string().contains("CANARY") && !list.to_string().contains("Invented Child"), "{list:#}");
        // The organisation that referred sees who has it, and not what they were told; another school sees nothing.
        let (_, seen) = school.get(&format!("/v1/referrals/{id}")).await;
        assert!(
            seen.to_string().contains("Sergeant Invented") && !seen.to_string().contains("CANARY-TOLD"),
            "{seen:#}"
        );
        for who in ["teacher", "school-system"] {
            let ask = Ask { router: &router, who };
            assert_eq!(ask.get(&at).await.0, StatusCode::NOT_FOUND, "{who}");
            assert_eq!(ask.get("/v1/handed-over").await.1["handed_over"], json!([]), "{who}");
        }
        assert_eq!(Ask { router: &router, who: "auditor" }.get(&at).await.0, StatusCode::FORBIDDEN);
        // Nothing else of the referral is within their reach.
        for path in [format!("/v1/referrals/{id}"), format!("/v1/referrals/{id}/decisions")] {
            assert_eq!(officers.get(&path).await.0, StatusCode::NOT_FOUND);
        }
        // They accept it there, once.
        let accept = format!("/v1/referrals/{id}/decisions/{decision}/acceptance");
        let (status, accepted) = officers.post(&accept, &decision, &Value::Null).await;
        assert_eq!(status, StatusCode::CREATED, "{accepted:#}");
        let (_, read) = officers.get(&at).await;
        assert!(read["waits"] == json!(false) && read["accepted_at"].is_string(), "{read:#}");
    }
    away(&record, |record| {
        record.sign_now().unwrap();
        let mut exported = Vec::new();
        record.export(&mut exported).unwrap();
        let viewed = String::from_utf8(exported).unwrap().matches("\\\"viewed\\\"").count();
        assert_eq!(viewed, 4 * 3, "each reading is an entry");
        assert!(sound(record));
    })
    .await;
    closed(record, router).await;
    drop(kept);
}

async fn only_the_last_decision_that_stands_hands_a_child_over(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let (manager, officers) = (Ask { router: &router, who: "manager" }, Ask { router: &router, who: "police-system" });
    let (_, receipt) = manager.post("/v1/referrals", "r", &a_family()).await;
    let id = receipt["id"].as_str().unwrap().to_owned();
    // A lower decision stands once it is confirmed, and hands nothing over before.
    let mut lower = decision("early_help", &police(&["name"]));
    lower["level"] = 2.into();
    lower["view"] = "decides_lower".into();
    lower["reason"] = json!({ "code": "CHECKED", "says": "Seen at home" });
    lower["second_person"] = json!({ "id": "social-worker", "role": "social_worker" });
    let first = decided(&manager, &id, &lower).await;
    let at = format!("/v1/handed-over/{first}");
    assert_eq!(officers.get(&at).await.0, StatusCode::NOT_FOUND);
    assert_eq!(officers.get("/v1/handed-over").await.1["handed_over"], json!([]));
    let confirm = format!("/v1/referrals/{id}/decisions/{first}/confirmation");
    let (status, _) = Ask { router: &router, who: "social-worker" }.post(&confirm, "c", &Value::Null).await;
    assert_eq!((status, officers.get(&at).await.0), (StatusCode::CREATED, StatusCode::OK));
    // A later decision gives the child to somebody else: what the first said is not theirs to read any more.
    let second = decided(&manager, &id, &decision("early_help", &json!({ "organisation": "council:example" }))).await;
    assert_eq!(officers.get(&at).await.0, StatusCode::NOT_FOUND);
    assert_eq!(officers.get("/v1/handed-over").await.1["handed_over"], json!([]));
    let accept = format!("/v1/referrals/{id}/decisions/{first}/acceptance");
    assert_eq!(officers.post(&accept, "a", &Value::Null).await.0, StatusCode::NOT_FOUND);
    let (_, own) = manager.get("/v1/handed-over").await;
    assert_eq!(own["handed_over"][0]["decision"], json!(second));
    // Back to them, and erased: nothing is listed, and what is left verifies.
    let third = decided(&manager, &id, &decision("early_help", &police(&[]))).await;
    assert_eq!(officers.get(&format!("/v1/handed-over/{third}")).await.0, StatusCode::OK);
    away(&record, move |record| {
        assert!(sound(record));
        for sql in [
            "UPDATE handover SET organisation = 'school:example-primary'",
            "UPDATE handover SET waits = 0",
            "UPDATE handover SET outcome = 'advice'",
            "UPDATE handover SET decision = 'another'",
            "INSERT INTO handover (referral, decision, organisation, outcome, waits) SELECT referral, 'one more', 'police:example', outcome, 1 FROM handover",
            "INSERT INTO handover (referral, decision, organisation, outcome, waits) VALUES ('none', 'one', 'a', 'advice', 1)",
            "DELETE FROM handover",
        ] {
            let before = count(record, "SELECT decision FROM handover");
            assert!(before == 1 && run(record, sql) == 1, "{sql}");
            assert!(!sound(record), "{sql}");
            // As the first start after an upgrade works them out.
            run(record, "DELETE FROM handover");
            run(record, "DELETE FROM setting WHERE name = 'listed as'");
            record.list_all_anew().unwrap();
            assert!(sound(record), "{sql}");
        }
        let governs = permit(demonstration("information-governance").unwrap(), Operation::Retain).unwrap();
        record.erase(&governs, &id, Why::Request, now()).unwrap();
        assert_eq!(count(record, "SELECT decision FROM handover"), 0);
        assert!(sound(record));
    })
    .await;
    assert_eq!(officers.get(&format!("/v1/handed-over/{third}")).await.0, StatusCode::NOT_FOUND);
    closed(record, router).await;
    drop(kept);
}

fn duty_team() -> Value {
    json!({ "organisation": "council:example", "name": "Duty worker", "telephoned_at": "2026-11-23T17:30:00Z" })
}

async fn what_the_duty_team_has_is_not_at_its_end(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let (call_taker, manager) = (Ask { router: &router, who: "call-taker" }, Ask { router: &router, who: "manager" });
    let mut family = a_family();
    family["children"] = json!([{ "ref": "A", "facts": { "immediate_danger_now": true } }]);
    let (_, receipt) = call_taker.post("/v1/referrals", "r", &family).await;
    let id = receipt["id"].as_str().unwrap().to_owned();
    let decisions = format!("/v1/referrals/{id}/decisions");
    // Who may decide nothing at this level may pass the child on, and nothing else.
    let mut body = decision("emergency_duty_team", &duty_team());
    body["level"] = 5.into();
    let mut assessed = body.clone();
    assessed["outcome"] = "strategy_discussion".into();
    let (status, problem) = call_taker.post(&decisions, "1", &assessed).await;
    assert_eq!((status, &problem["errors"][0]["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("may-not-decide")));
    // Nobody was told tomorrow.
    let mut tomorrow = body.clone();
    tomorrow["next_holder"]["telephoned_at"] = "2199-01-01T00:00:00Z".into();
    let (status, problem) = call_taker.post(&decisions, "2", &tomorrow).await;
    assert_eq!((status, &problem["errors"][0]["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("in-the-future")));
    let decision = decided(&call_taker, &id, &body).await;
    let accept = format!("{decisions}/{decision}/acceptance");
    let (status, _) = manager.post(&accept, "3", &Value::Null).await;
    assert_eq!(status, StatusCode::CREATED);
    for (standing, many) in [("with_duty_team", 1), ("accepted", 0), ("awaiting_acceptance", 0)] {
        let (_, list) = manager.get(&format!("/v1/referrals?standing={standing}")).await;
        assert_eq!(list["referrals"].as_array().unwrap().len(), many, "{standing}");
    }
    let erased = id.clone();
    away(&record, move |record| {
        let governs = permit(demonstration("information-governance").unwrap(), Operation::Retain).unwrap();
        assert!(record.retention_of(&governs, &erased).unwrap().pending);
        assert!(record.erase(&governs, &erased, Why::Retention, now()).is_err());
        assert!(sound(record));
    })
    .await;
    // The hub takes it back by deciding; then it is at its end.
    let mut body = json!({ "child": "A", "shown": 1, "level": 5, "view": "agrees", "outcome": "strategy_discussion" });
    body["next_holder"] = json!({ "organisation": "council:example" });
    let decision = decided(&manager, &id, &body).await;
    manager.post(&format!("{decisions}/{decision}/acceptance"), "4", &Value::Null).await;
    let (_, list) = manager.get("/v1/referrals?standing=accepted").await;
    assert_eq!(list["referrals"].as_array().unwrap().len(), 1);
    closed(record, router).await;
    drop(kept);
}

async fn lists_that_an_older_program_kept_are_worked_out_again(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    let manager = Ask { router: &router, who: "manager" };
    let mut family = a_family();
    family["children"] = json!([family["children"][0]]);
    let (_, receipt) = manager.post("/v1/referrals", "r", &family).await;
    let id = receipt["id"].as_str().unwrap().to_owned();
    let decision = decided(&manager, &id, &decision("emergency_duty_team", &duty_team())).await;
    let accept = format!("/v1/referrals/{id}/decisions/{decision}/acceptance");
    let social = Ask { router: &router, who: "social-worker" };
    assert_eq!(social.post(&accept, "a", &Value::Null).await.0, StatusCode::CREATED);
    away(&record, |record| {
        // As the program before this one left it.
        run(record, "UPDATE referral SET standing = 'accepted'");
        run(record, "DELETE FROM handover");
        run(record, "DELETE FROM setting WHERE name = 'listed as'");
        assert!(!sound(record));
    })
    .await;
    closed(record, router).await;
    let (kept, record, router) = opened(kept).await;
    away(&record, |record| assert!(sound(record))).await;
    let manager = Ask { router: &router, who: "manager" };
    let (_, list) = manager.get("/v1/referrals?standing=with_duty_team").await;
    assert_eq!(list["referrals"].as_array().unwrap().len(), 1);
    assert_eq!(manager.get("/v1/handed-over").await.1["handed_over"][0]["decision"], json!(decision));
    closed(record, router).await;
    drop(kept);
}
