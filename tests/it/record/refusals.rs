//! When the record refuses: unknown people, faults all at once, a database that was put back.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use axum::http::StatusCode;
use serde_json::{Value, json};
use windscreen::record::checkpoint::Checkpoint;
use windscreen::record::{Log, Record};
use windscreen::serving::now;

use super::{Ask, Kept, a_family, closed, opened};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_records_or_reads_without_saying_who_they_are() {
    let (_kept, record, router) = opened(Kept::in_sqlite()).await;
    for who in ["", "nobody"] {
        let ask = Ask { router: &router, who };
        for (method, path) in [
            ("POST", "/v1/referrals"),
            ("GET", "/v1/referrals"),
            ("GET", "/v1/referrals/x"),
            ("POST", "/v1/referrals/x/information"),
            ("POST", "/v1/referrals/x/decisions"),
            ("GET", "/v1/referrals/x/decisions"),
            ("POST", "/v1/referrals/x/decisions/y/confirmation"),
            ("POST", "/v1/referrals/x/decisions/y/acceptance"),
        ] {
            let (status, problem) = ask.send(method, path, Some("key"), "{}").await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(problem["type"], "urn:windscreen:problem:not-identified");
        }
    }
    closed(record, router).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referral_with_faults_is_refused_whole_with_every_fault() {
    let (_kept, record, router) = opened(Kept::in_sqlite()).await;
    let school = Ask { router: &router, who: "school-system" };
    let mut form = a_family();
    form["family_told"] = json!("perhaps");
    form["referrer"]["organsation"] = json!("x");
    form["children"][0]["nhs_number"] = json!("943 476 5918");
    form["children"][0]["facts"]["x"] = json!([]);
    let (status, problem) = school.post("/v1/referrals", "a", &form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let errors = problem["errors"].as_array().unwrap();
    let mut pointers: Vec<&str> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    let expected = ["/children/0/facts/x", "/children/0/nhs_number", "/family_told", "/referrer/organsation"];
    assert_eq!(pointers, expected, "{problem:#}");
    assert!(problem["detail"].as_str().unwrap().ends_with("nothing was recorded"));
    let mut content = a_family();
    content["referrer"]["organisation"] = json!("police:example");
    content["referrer"]["source_code"] = json!("99");
    content["referrers_level"] = json!(9);
    content["received_at"] = json!("2999-01-01T00:00:00Z");
    content["children"] = json!([{ "facts": { "basic_cra": "struggling" } }]);
    let (_, problem) = school.post("/v1/referrals", "b", &content).await;
    let codes: Vec<&Value> = problem["errors"].as_array().unwrap().iter().map(|error| &error["code"]).collect();
    assert_eq!(codes, ["out-of-range", "unknown-code", "not-yours", "in-the-future", "unknown-fact"], "{problem:#}");
    let (_, list) = school.get("/v1/referrals").await;
    assert_eq!(list["referrals"], json!([]));
    let (status, _) = school.get("/v1/referrals/0000-0000-0").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    closed(record, router).await;
}

/// Copies a database with all that belongs to it.
fn put(kept: &Kept, from: &str, to: &str) {
    for suffix in ["", "-wal", "-shm"] {
        let (from, to) = (kept.folder().join(format!("{from}{suffix}")), kept.folder().join(format!("{to}{suffix}")));
        let _ = fs::remove_file(&to);
        if from.exists() {
            fs::copy(from, to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_put_back_is_read_and_not_written() {
    let mut kept = Kept::in_sqlite();
    let mut receipts = Vec::new();
    for round in 0..2 {
        let (again, record, router) = opened(kept).await;
        kept = again;
        let school = Ask { router: &router, who: "school-system" };
        let (_, receipt) = school.post("/v1/referrals", &format!("k{round}"), &a_family()).await;
        receipts.push(receipt["id"].as_str().unwrap().to_owned());
        closed(record, router).await;
        if round == 0 {
            put(&kept, "windscreen.db", "before");
        }
    }
    put(&kept, "before", "windscreen.db");
    let (_kept, record, router) = opened(kept).await;
    let why = record.read_only().unwrap();
    assert!(why.contains("put back or cut short"), "{why}");
    let school = Ask { router: &router, who: "school-system" };
    let (status, problem) = school.post("/v1/referrals", "k9", &a_family()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem:#}");
    assert!(problem["detail"].as_str().unwrap().contains("printed threshold document"));
    let (status, _) = school.get(&format!("/v1/referrals/{}", receipts[0])).await;
    assert_eq!(status, StatusCode::OK, "what is there is read");
    closed(record, router).await;
}

/// One more referral, in a record that is then closed.
async fn one_more(kept: Kept, key: &str) -> Kept {
    let (kept, record, router) = opened(kept).await;
    let (status, _) = Ask { router: &router, who: "school-system" }.post("/v1/referrals", key, &a_family()).await;
    assert_eq!(status, StatusCode::CREATED);
    closed(record, router).await;
    kept
}

#[tokio::test(flavor = "multi_thread")]
async fn another_history_of_the_same_length_is_not_gone_on_with() {
    let kept = one_more(Kept::in_sqlite(), "first").await;
    put(&kept, "windscreen.db", "before");
    let guard = kept.places.guard.join("decisions.checkpoint");
    let at_first = fs::read(&guard).unwrap();
    let kept = one_more(kept, "second").await;
    let at_second = fs::read(&guard).unwrap();
    put(&kept, "before", "windscreen.db");
    fs::write(&guard, at_first).unwrap();
    let kept = one_more(kept, "another second").await;
    fs::write(&guard, at_second).unwrap();
    let (_kept, record, router) = opened(kept).await;
    let why = record.read_only().unwrap();
    assert!(why.contains("are not those that were signed"), "{why}");
    closed(record, router).await;
}

#[test]
fn the_guard_never_goes_back() {
    let kept = Kept::in_sqlite();
    let record = kept.open();
    let checkpoint = |size| Checkpoint { origin: record.keys().origin(Log::Decisions), size, root: [0; 32] };
    let told = || record.guard().checkpoint(Log::Decisions).unwrap().unwrap();
    for (size, stands) in [(5, "5"), (4, "5"), (6, "6")] {
        let note = format!("{}\n", checkpoint(size));
        record.guard().keep(Log::Decisions, &checkpoint(size), &note).unwrap();
        assert_eq!(told().lines().nth(1), Some(stands), "after {size}");
    }
}

#[test]
fn keys_and_guard_belong_to_the_database() {
    let kept = Kept::in_sqlite();
    drop(kept.open());
    let keys = &kept.places.keys;
    assert_eq!(fs::metadata(keys).unwrap().permissions().mode() & 0o777, 0o600);
    let elsewhere = kept.folder().join("elsewhere");
    fs::rename(keys, &elsewhere).unwrap();
    let error = Record::open(&kept.places, now()).unwrap_err().to_string();
    assert!(error.contains("key file") && error.contains("is missing"), "{error}");
    fs::rename(&elsewhere, keys).unwrap();
    fs::set_permissions(keys, PermissionsExt::from_mode(0o644)).unwrap();
    let error = Record::open(&kept.places, now()).unwrap_err().to_string();
    assert!(error.contains("chmod 600"), "{error}");
    fs::set_permissions(keys, PermissionsExt::from_mode(0o600)).unwrap();
    fs::remove_file(kept.places.guard.join("rules.checkpoint")).unwrap();
    let record = kept.open();
    assert!(record.read_only().unwrap().contains("no checkpoint of the log `rules`"));
    assert!(record.checkpoint(Log::Rules).is_none());
}
