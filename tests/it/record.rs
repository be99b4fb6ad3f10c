//! The record: one suite that both databases pass.

/// Each test once for each database.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod in_sqlite { $(#[tokio::test(flavor = "multi_thread")] async fn $name() { super::$name(super::Kept::in_sqlite()).await; })* }
        mod in_postgres { $(#[tokio::test(flavor = "multi_thread")] async fn $name() {
            let kept = tokio::task::spawn_blocking(super::Kept::in_postgres).await.unwrap();
            super::$name(kept).await;
        })* }
    };
}

mod api_keys;
mod balanced;
mod balancer;
mod batches;
mod bundle;
mod calibration;
mod disagreements;
mod disclosure;
mod drafts;
mod earlier;
mod events;
mod full;
mod handed;
mod joined;
mod keeping;
mod killed;
mod letters;
pub mod postgres;
mod refusals;
mod replay;
mod replicas;
mod reports;
mod rule_changes;
pub mod running;
mod sent;
mod suite;
mod tamper;
mod telling;
mod terminal;
mod tls;
mod transfers;
mod upgrades;
mod whole;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use windscreen::api::router;
use windscreen::criteria::RuleSet;
use windscreen::record::db::Location;
use windscreen::record::{Places, Record};
use windscreen::serving::{Serving, now};

/// A record of a test's own, in a folder or in a database that nobody else uses.
pub(super) struct Kept {
    pub places: Places,
    folder: TempDir,
}

impl Kept {
    pub fn in_sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        Self { places: Places::in_folder(folder.path()), folder }
    }

    pub fn in_postgres() -> Self {
        let kept = Self::in_sqlite();
        let database = Location::Postgres { url: postgres::fresh_database(), authority: None };
        Self { places: Places { database, ..kept.places }, ..kept }
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn open(&self) -> Arc<Record> {
        Arc::new(Record::open(&self.places, now()).unwrap())
    }

    pub fn router(&self, record: &Arc<Record>) -> Router {
        router(Arc::new(self.serving(record)))
    }

    /// The rules under which it is served.
    pub fn rules(&self, record: &Arc<Record>) -> Arc<RuleSet> {
        self.serving(record).rules()
    }

    fn serving(&self, record: &Arc<Record>) -> Serving {
        let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        Serving::load(&rules, Some(Arc::clone(record))).unwrap()
    }
}

/// A request by somebody of the demonstration.
pub(super) struct Ask<'a> {
    pub router: &'a Router,
    pub who: &'a str,
}

impl Ask<'_> {
    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send("GET", path, None, "").await
    }

    pub async fn post(&self, path: &str, key: &str, body: &Value) -> (StatusCode, Value) {
        self.send("POST", path, Some(key), &body.to_string()).await
    }

    pub async fn send(&self, method: &str, path: &str, key: Option<&str>, body: &str) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        if !self.who.is_empty() {
            request = request.header("authorization", format!("Bearer demonstration-{}", self.who));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}

/// An invented family: one child with a worry, and a baby not yet born.
pub(super) fn a_family() -> Value {
    json!({
        "received_at": "2026-11-23T10:30:00+00:00",
        "referrer": { "organisation": "school:example-primary", "agency": "school", "source_code": "2A",
                      "name": "A. Teacher", "role": "safeguarding lead", "contact": "by the school office" },
        "account": "Often hungry on Mondays. CANARY-ACCOUNT",
        "referrers_level": 3,
        "family_told": "yes",
        "agrees_to_help": "not_asked",
        "sharing_basis": "public_task",
        "household": { "address": "1 Invented Street CANARY-HOME", "people": "Their mother CANARY-PEOPLE",
                       "facts": { "housing": "not_known" } },
        "children": [
            { "ref": "A", "name": "Invented Child", "date_of_birth": "2018-05-01", "nhs_number": "943 476 5919",
              "own_words": "I make my own tea. CANARY-WORDS", "facts": { "basic_care": "struggling" } },
            { "ref": "unborn", "due_date": "2027-02-01", "facts": {} }
        ]
    })
}

/// Opening and dropping a record waits for its threads, so neither happens on a thread of the runtime.
pub(super) async fn opened(kept: Kept) -> (Kept, Arc<Record>, Router) {
    let open = move || {
        let record = kept.open();
        let router = kept.router(&record);
        (kept, record, router)
    };
    tokio::task::spawn_blocking(open).await.unwrap()
}

pub(super) async fn closed(record: Arc<Record>, router: Router) {
    tokio::task::spawn_blocking(move || drop((router, record))).await.unwrap();
}

/// Reads a referral so often, as many at a time as a server lets.
pub(super) async fn read_often(ask: &Ask<'_>, path: &str, times: usize) {
    use futures_util::StreamExt;
    let readings = futures_util::stream::iter(0..times).map(|_| ask.get(path)).buffer_unordered(16);
    readings.for_each(|(status, _)| async move { assert_eq!(status, StatusCode::OK) }).await;
}
