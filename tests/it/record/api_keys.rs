//! API keys: taken for whom they were made, and for nobody else; in both databases.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower::ServiceExt;
use windscreen::access::Client;
use windscreen::access::quota::Quota;
use windscreen::api::router;
use windscreen::decision::Role;
use windscreen::record::api_keys::ApiKey;
use windscreen::record::{Record, RecordError};
use windscreen::serving::{Serving, now};

use super::{Kept, a_family, closed};

on_both!(
    a_key_is_taken_for_its_organisations_alone,
    a_key_is_taken_until_it_ends_or_is_revoked,
    a_key_that_was_not_made_here_is_as_if_it_were_not_there,
    a_key_is_for_a_system_and_what_it_may_do,
    whoever_calls_too_often_waits_and_nobody_else,
);

fn school() -> Client {
    client("arbor-mis", &["urn:100001"])
}

fn client(id: &str, organisations: &[&str]) -> Client {
    let organisations = organisations.iter().map(|one| (*one).to_owned()).collect();
    Client { id: id.into(), role: Role::PartnerSystem, organisations }
}

/// The API as partners find it: nobody invented is known.
async fn real(kept: Kept) -> (Kept, Arc<Record>, Serving) {
    let open = move || {
        let record = kept.open();
        let serving = Serving::load("rules".as_ref(), Some(Arc::clone(&record))).unwrap().for_real();
        (kept, record, serving)
    };
    tokio::task::spawn_blocking(open).await.unwrap()
}

async fn away<T: Send + 'static>(record: &Arc<Record>, work: impl FnOnce(&Record) -> T + Send + 'static) -> T {
    let record = Arc::clone(record);
    tokio::task::spawn_blocking(move || work(&record)).await.unwrap()
}

async fn made(record: &Arc<Record>, client: Client) -> String {
    away(record, move |record| record.make_api_key(&client, in_days(30), now()).unwrap().text()).await
}

fn in_days(days: i64) -> Timestamp {
    now() + SignedDuration::from_hours(24 * days)
}

/// What is answered to whoever sends these headers.
async fn ask(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> (StatusCode, HeaderMap, Value) {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let answer = router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, headers, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

fn of(organisation: &str) -> Value {
    let mut family = a_family();
    family["referrer"]["organisation"] = organisation.into();
    family
}

async fn a_key_is_taken_for_its_organisations_alone(kept: Kept) {
    let (_kept, record, serving) = real(kept).await;
    let router = router(Arc::new(serving));
    let one = made(&record, school()).await;
    let trust = made(&record, client("trust-mis", &["urn:100001", "urn:100002"])).await;
    let other = made(&record, client("other-mis", &["urn:100003"])).await;
    let [one, trust, other] = [one, trust, other].map(|key| format!("Bearer {key}"));
    let refer = async |key: &str, acting: Option<&str>, organisation: &str, once: &str| {
        let mut headers = vec![("authorization", key), ("idempotency-key", once)];
        headers.extend(acting.map(|acting| ("windscreen-organisation", acting)));
        ask(&router, "POST", "/v1/referrals", &headers, &of(organisation)).await
    };
    let (status, _, receipt) = refer(&one, None, "urn:100001", "1").await;
    assert_eq!(status, StatusCode::CREATED, "{receipt:#}");
    let id = receipt["id"].as_str().unwrap();
    // For another organisation than its own it records nothing.
    let (_, _, refused) = refer(&one, None, "urn:100003", "2").await;
    assert_eq!(refused["errors"][0]["code"], "not-yours");
    for (acting, status) in [(None, 400), (Some("urn:100003"), 403), (Some(""), 400), (Some("urn:100002"), 201)] {
        let (found, _, answer) = refer(&trust, acting, "urn:100002", "3").await;
        assert_eq!(found.as_u16(), status, "{acting:?}: {answer:#}");
    }
    let twice = [
        ("authorization", trust.as_str()),
        ("windscreen-organisation", "urn:100001"),
        ("windscreen-organisation", "urn:100002"),
    ];
    assert_eq!(ask(&router, "GET", "/v1/referrals", &twice, &Value::Null).await.0, StatusCode::BAD_REQUEST);
    // Whoever acts for the same organisation reads what was recorded for it; to anybody else it is not there.
    let path = format!("/v1/referrals/{id}");
    let (_, _, nothing) = ask(&router, "GET", "/v1/referrals/none", &[("authorization", &other)], &Value::Null).await;
    for (key, acting, status) in
        [(&one, None, 200), (&trust, Some("urn:100001"), 200), (&trust, Some("urn:100002"), 404), (&other, None, 404)]
    {
        let mut headers = vec![("authorization", key.as_str())];
        headers.extend(acting.map(|acting| ("windscreen-organisation", acting)));
        for end in ["", "/decisions"] {
            let (found, _, answer) = ask(&router, "GET", &format!("{path}{end}"), &headers, &Value::Null).await;
            assert_eq!(found.as_u16(), status, "{acting:?} {end}: {answer:#}");
            assert!(status != 404 || answer == nothing, "as of what never was: {answer:#}");
        }
    }
    // The next key of the same client repeats what the first one sent, and nothing is recorded twice.
    let next = format!("Bearer {}", made(&record, school()).await);
    let (status, _, again) = refer(&next, None, "urn:100001", "1").await;
    assert_eq!((status, &again["id"]), (StatusCode::CREATED, &receipt["id"]));
    assert!(away(&record, |record| record.verify(Vec::new()).unwrap().is_ok()).await);
    closed(record, router).await;
}

async fn a_key_is_taken_until_it_ends_or_is_revoked(kept: Kept) {
    let (_kept, record, serving) = real(kept).await;
    let router = router(Arc::new(serving));
    let key = made(&record, school()).await;
    let list = async |key: &str| {
        let bearer = format!("Bearer {key}");
        ask(&router, "GET", "/v1/referrals", &[("authorization", &bearer)], &Value::Null).await
    };
    assert_eq!(list(&key).await.0, StatusCode::OK);
    // Its secret is kept nowhere, and no other is taken.
    let id = key.split('_').nth(1).unwrap().to_owned();
    let other = away(&record, |_| ApiKey::draw().unwrap().text()).await;
    let swapped = format!("wsk_{id}_{}", other.split('_').nth(2).unwrap());
    for wrong in [&other, &swapped, &key[..key.len() - 1], "", "wsk", "demonstration-manager"] {
        let (status, headers, problem) = list(wrong).await;
        assert_eq!(
            (status, &headers["www-authenticate"]),
            (StatusCode::UNAUTHORIZED, &"Bearer realm=\"windscreen\"".parse().unwrap())
        );
        assert!(wrong.len() < 12 || !problem.to_string().contains(wrong), "{problem:#}");
    }
    away(&record, move |record| {
        let make = |client: &Client, ends| record.make_api_key(client, ends, now());
        let hashes = record.store().read(|db| db.query("SELECT hash, client FROM api_key", &[])).unwrap();
        assert_eq!(hashes.len(), 1);
        // Two at a time: the old and the new.
        make(&school(), in_days(1)).unwrap();
        let code = |refused: Result<_, RecordError>| match refused {
            Err(RecordError::Faults(faults)) => {
                faults.iter().map(|fault| fault.code.word()).collect::<Vec<_>>().join(" ")
            }
            _ => "made".to_owned(),
        };
        assert_eq!(code(make(&school(), in_days(1))), "too-many");
        for (client, ends, codes) in [
            (school(), in_days(400), "out-of-range"),
            (school(), now(), "out-of-range"),
            (client("a school", &["urn:1"]), in_days(1), "not-a-name"),
            (client("school", &[]), in_days(1), "not-organisations"),
            (client("school", &["urn:1,urn:2"]), in_days(1), "not-organisations"),
            (Client { role: Role::SocialWorkManager, ..school() }, in_days(1), "not-a-systems"),
        ] {
            assert_eq!(code(make(&client, ends)), codes);
        }
        // One that has ended makes room.
        let key = ApiKey::sent(&key).unwrap();
        assert_eq!(record.client_of(&key, now()).unwrap(), Some(school()));
        assert_eq!(record.client_of(&key, in_days(31)).unwrap(), None);
        record.revoke_api_key(&id, now()).unwrap();
        record.revoke_api_key(&id, now()).unwrap();
        assert!(matches!(record.revoke_api_key("none", now()), Err(RecordError::NotFound)));
        assert_eq!(record.client_of(&key, now()).unwrap(), None);
        assert_eq!(code(make(&school(), in_days(1))), "made");
        let listed = record.list_api_keys().unwrap();
        assert_eq!(listed.iter().filter(|one| one.is_live(now())).count(), 2);
        assert!(listed.len() == 3 && listed.iter().all(|one| one.client == school()));
        let leaves =
            record.store().read(|db| db.query("SELECT leaf FROM entry WHERE leaf LIKE '%api_key%'", &[])).unwrap();
        assert_eq!(leaves.len(), 4, "three were made and one revoked, once");
        assert!(record.verify(Vec::new()).unwrap().is_ok());
    })
    .await;
    closed(record, router).await;
}

/// What whoever can write to the database may do to let a system in: a row of their own, or another word in one that is there.
async fn a_key_that_was_not_made_here_is_as_if_it_were_not_there(kept: Kept) {
    let (_kept, record, serving) = real(kept).await;
    away(&record, |record| {
        let key = record.make_api_key(&school(), in_days(30), now()).unwrap();
        let planted = ApiKey::draw().unwrap();
        let secret = planted.text();
        let hash = Sha256::new()
            .chain_update(b"windscreen api key 1\0")
            .chain_update(secret.rsplit('_').next().unwrap())
            .finalize();
        let by_hand = |sql: &'static str| {
            let (id, hash) = (planted.id().to_owned(), hash);
            let write = move |transaction: &mut windscreen::record::store::Transaction<'_>| {
                let values = [hash.as_slice().into(), id.as_str().into()];
                let values = &values[..if sql.contains("$2") { 2 } else { usize::from(sql.contains("$1")) }];
                Ok(transaction.db().execute(sql, values)?)
            };
            record.store().write(write).wait_here().unwrap()
        };
        let damage = || record.verify(Vec::new()).unwrap().err().map(|damage| damage.to_string());
        let is_taken = |key: &ApiKey| record.client_of(key, now()).unwrap().is_some();
        assert!(is_taken(&key) && damage().is_none());
        by_hand("CREATE TABLE kept AS SELECT * FROM api_key");
        let put_back = || {
            by_hand("DELETE FROM api_key");
            by_hand("INSERT INTO api_key SELECT * FROM kept");
        };
        for sql in [
            "UPDATE api_key SET role = 'auditor'",
            "UPDATE api_key SET organisations = '[\"urn:100003\"]'",
            "UPDATE api_key SET client = 'another'",
            "UPDATE api_key SET ends_at = ends_at + 1",
            "UPDATE api_key SET made_at = made_at + 1",
            "UPDATE api_key SET mac = NULL",
            "UPDATE api_key SET hash = $1",
            "INSERT INTO api_key (hash, id, client, role, organisations, made_at, ends_at) \
             SELECT $1, $2, client, role, organisations, made_at, ends_at FROM api_key",
            "INSERT INTO api_key (hash, id, client, role, organisations, made_at, ends_at, mac) \
             SELECT $1, $2, client, role, organisations, made_at, ends_at, mac FROM api_key",
        ] {
            assert_eq!(by_hand(sql), 1, "{sql}");
            let was_added = sql.starts_with("INSERT");
            assert!(!is_taken(&planted) && is_taken(&key) == was_added, "{sql}");
            assert_eq!(record.list_api_keys().unwrap().len(), usize::from(was_added), "{sql}");
            let id = if was_added { planted.id() } else { key.id() };
            assert!(matches!(record.revoke_api_key(id, now()), Err(RecordError::NotFound)), "{sql}");
            let told = damage().expect(sql);
            assert!(told.contains(&format!("the API key {id}: it was not made here")), "{sql}: {told}");
            put_back();
        }
        assert!(is_taken(&key) && damage().is_none());
        // None that is not there keeps the client from a key of its own.
        by_hand("UPDATE api_key SET mac = NULL");
        assert!([1, 2].map(|_| record.make_api_key(&school(), in_days(1), now()).is_ok()) == [true, true]);
        put_back();
        // Revoked, it is not taken again by a word in its row. A whole row of before is, and a verification tells it.
        record.revoke_api_key(key.id(), now()).unwrap();
        assert!(!is_taken(&key) && damage().is_none());
        by_hand("UPDATE api_key SET revoked_at = NULL");
        assert!(!is_taken(&key) && damage().unwrap().contains("it was not made here"));
        put_back();
        assert!(damage().unwrap().contains("it was revoked"));
    })
    .await;
    closed(record, router(Arc::new(serving))).await;
}

async fn a_key_is_for_a_system_and_what_it_may_do(kept: Kept) {
    let (_kept, record, serving) = real(kept).await;
    let router = router(Arc::new(serving));
    let partner = made(&record, school()).await;
    let auditor = made(&record, Client { role: Role::Auditor, ..client("board", &["board:example"]) }).await;
    let operator = made(&record, Client { role: Role::Operator, ..client("watch", &["council:example"]) }).await;
    let facts = json!({ "facts": { "immediate_danger_now": true } });
    for (key, method, path, body, status) in [
        (&partner, "POST", "/v1/evaluations", &facts, 200),
        (&auditor, "POST", "/v1/evaluations", &facts, 200),
        (&operator, "POST", "/v1/evaluations", &facts, 403),
        (&partner, "GET", "/v1/audit/decisions/tile/entries/000", &Value::Null, 403),
        // Theirs to read, and not there yet.
        (&auditor, "GET", "/v1/audit/decisions/tile/entries/000", &Value::Null, 404),
        (&auditor, "GET", "/v1/referrals", &Value::Null, 403),
        (&operator, "GET", "/v1/referrals", &Value::Null, 403),
    ] {
        let bearer = format!("bearer {key}");
        let (found, _, answer) = ask(&router, method, path, &[("authorization", &bearer)], body).await;
        assert_eq!(found.as_u16(), status, "{method} {path}: {answer:#}");
    }
    // Nobody evaluates unknown, and twice known is not known.
    let key = format!("Bearer {partner}");
    for headers in [
        &[][..],
        &[("authorization", key.as_str()), ("authorization", key.as_str())],
        &[("authorization", "Basic eDp5")],
    ] {
        for (path, kind) in [("/v1/evaluations", "application/json"), ("/v1/evaluations/batch", "application/x-ndjson")]
        {
            let mut request = Request::post(path).header("content-type", kind);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = router.clone().oneshot(request.body(Body::from(facts.to_string())).unwrap()).await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path} {headers:?}");
        }
    }
    // What runs is for everybody to see; whom it serves stands on every answer.
    let (_, headers, _) = ask(&router, "GET", "/v1/nowhere", &[], &Value::Null).await;
    assert_eq!(headers["windscreen-environment"], "live");
    for path in ["/v1/rule-sets/current", "/openapi.json", "/livez", "/readyz", "/version"] {
        assert_eq!(ask(&router, "GET", path, &[], &Value::Null).await.0, StatusCode::OK, "{path}");
    }
    closed(record, router).await;
}

async fn whoever_calls_too_often_waits_and_nobody_else(kept: Kept) {
    let (_kept, record, serving) = real(kept).await;
    let router = router(Arc::new(serving.with_quota(Quota::per_second(1.try_into().unwrap()))));
    let (one, other) = (made(&record, school()).await, made(&record, client("other-mis", &["urn:100003"])).await);
    let list = async |key: &str| {
        let bearer = format!("Bearer {key}");
        ask(&router, "GET", "/v1/referrals", &[("authorization", &bearer)], &Value::Null).await
    };
    let mut answers = Vec::new();
    for _ in 0..30 {
        answers.push(list(&one).await);
    }
    let (status, headers, problem) = answers.iter().find(|(status, ..)| *status != StatusCode::OK).unwrap();
    assert_eq!(*status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(problem["type"], "urn:windscreen:problem:too-many-requests");
    let wait: u64 = headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait));
    assert_eq!(list(&other).await.0, StatusCode::OK);
    // Health has no client.
    assert_eq!(ask(&router, "GET", "/livez", &[], &Value::Null).await.0, StatusCode::OK);
    closed(record, router).await;
}

#[test]
fn keys_are_made_listed_and_revoked_at_the_terminal() {
    let kept = Kept::in_sqlite();
    drop(kept.open());
    let run = |arguments: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_windscreen"));
        let output = program.arg("keys").args(arguments).arg("--data").arg(kept.folder()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    let until = in_days(30).strftime("%Y-%m-%d").to_string();
    let create = |organisation: &str, until: &str| {
        run(&["create", "--client", "arbor-mis", "--organisation", organisation, "--until", until])
    };
    let (done, key, told) = create("urn:100001", &until);
    assert!(done && told.contains("shown once") && told.contains(&until), "{told}");
    let id = key.split('_').nth(1).unwrap().to_owned();
    let (_, table, _) = run(&["list"]);
    assert!(table.contains(&id) && table.contains("urn:100001") && table.ends_with("1 key\n"), "{table}");
    assert!(!table.contains(key.trim().split('_').nth(2).unwrap()), "{table}");
    let (_, list, _) = run(&["list", "--format", "json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!((&list[0]["client"]["id"], &list[0]["revoked_at"]), (&json!("arbor-mis"), &Value::Null));
    // What cannot be made says why.
    for (organisation, until, says) in [
        ("urn:100001", "2020-01-01", "a key ends after today, and within a year"),
        ("two words", &until, "each without spaces and commas"),
        ("urn:100001", "soon", "invalid value 'soon'"),
    ] {
        let (done, key, told) = create(organisation, until);
        assert!(!done && key.is_empty() && told.contains(says), "{told}");
    }
    let (done, _, told) =
        run(&["create", "--client", "x", "--organisation", "y", "--until", &until, "--role", "manager"]);
    assert!(!done && told.contains("partner_system, rule_author, auditor, operator"), "{told}");
    assert!(run(&["revoke", &id]).0);
    assert!(run(&["list"]).1.contains("revoked 20"));
    let (done, _, told) = run(&["revoke", "none"]);
    assert!(!done && told.contains("windscreen keys list"), "{told}");
}
