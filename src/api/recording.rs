//! What every recorded request has in common: its key, its one recording, and the answer once that is on disk.
//!
//! The same `Idempotency-Key` with the same request gets the first answer again, however often and at whichever replica
//! it comes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::{Problem, ProblemType};
use super::room::away;
use crate::access::Permit;
use crate::json::{Fault, FaultCode, Json};
use crate::record::body::{Evaluated, EvaluatedChild};
use crate::record::case::{Event, What};
use crate::record::leaf::digest;
use crate::record::once::{Once, Pending, Written};
use crate::record::{Log, Record, RecordError};
use crate::serving::now;

/// How a request that is recorded is told apart from its repetition.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Where in a log something stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Receipt {
    /// The log.
    log: String,
    /// The entry's place, from 0.
    index: u64,
    /// The entry's hash, which a proof of inclusion begins with.
    leaf_hash: String,
}

impl Receipt {
    pub(super) fn of(record: &Record, event: &Event) -> Self {
        Self { log: record.keys().origin(Log::Decisions), index: event.place, leaf_hash: digest(&event.leaf_hash) }
    }
}

/// What a recorded referral is answered with.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ReferralRecorded<'e> {
    /// Its id.
    id: &'e str,
    /// Its spoken reference.
    reference: &'e str,
    /// When it was received; starts the clock.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// The rule set that evaluated.
    rule_set: &'e str,
    /// What was indicated for each child.
    children: &'e [EvaluatedChild],
    /// Where it stands in the log.
    receipt: Receipt,
}

/// What recorded information is answered with.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct InformationRecorded<'e> {
    /// The number of the piece; the referral itself is 1.
    piece: usize,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// The rule set that evaluated.
    rule_set: &'e str,
    /// What is indicated for each child now.
    children: &'e [EvaluatedChild],
    /// Where it stands in the log.
    receipt: Receipt,
}

/// What a recorded decision is answered with.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct DecisionRecorded<'e> {
    /// Its id.
    id: &'e str,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// Who must confirm before it stands, if anyone.
    #[serde(skip_serializing_if = "Option::is_none")]
    awaits: Option<&'e str>,
    /// Where it stands in the log.
    receipt: Receipt,
}

/// What a joining, or dealing with a row, is answered with.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ActRecorded {
    /// Its id; of a joining, what a letter to whoever referred names as its decision.
    id: String,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// Where it stands in the log.
    receipt: Receipt,
}

/// The answer to what is now on disk; the same for its repetition.
fn recorded(record: &Record, event: Event, seen: Option<Evaluated>) -> Response {
    let recorded_at = event.leaf.at;
    let receipt = Receipt::of(record, &event);
    match &event.what {
        What::Referral(body) => {
            let location = [(header::LOCATION, format!("/v1/referrals/{}", body.referral))];
            let answer = ReferralRecorded {
                id: &body.referral,
                reference: &body.reference,
                received_at: body.received_at,
                recorded_at,
                rule_set: &body.evaluated.rule_set,
                children: &body.evaluated.children,
                receipt,
            };
            (StatusCode::CREATED, location, axum::Json(answer)).into_response()
        }
        What::Information(body) => {
            let evaluated = seen.as_ref().unwrap_or(&body.evaluated);
            let (piece, rule_set, children) = (body.piece, evaluated.rule_set.as_str(), evaluated.children.as_slice());
            let answer = InformationRecorded { piece, recorded_at, rule_set, children, receipt };
            (StatusCode::CREATED, axum::Json(answer)).into_response()
        }
        What::Decision(body) => {
            let awaits = body.decided.second_person.as_ref().map(|second| second.id.as_str());
            let answer = DecisionRecorded { id: &body.decision, recorded_at, awaits, receipt };
            (StatusCode::CREATED, axum::Json(answer)).into_response()
        }
        What::Letter(body) => done(&body.letter, recorded_at, receipt),
        What::Disagreement(body) => done(&body.disagreement, recorded_at, receipt),
        What::Disclosure(body) => done(&body.disclosure, recorded_at, receipt),
        What::Act(body) if body.joined.is_some() || body.dealt.is_some() => {
            (StatusCode::CREATED, axum::Json(ActRecorded { id: event.leaf.id.clone(), recorded_at, receipt }))
                .into_response()
        }
        What::Act(body) => done(body.decision.as_deref().unwrap_or_default(), recorded_at, receipt),
        // A batch and a rule change have answers of their own.
        What::Batch(_)
        | What::File(_)
        | What::RuleChange(_)
        | What::Delegate(_)
        | What::Report(_)
        | What::Calibration(_)
        | What::Sample(_)
        | What::Review(_) => StatusCode::NO_CONTENT.into_response(),
    }
}

/// The answer to what says nothing more than that it is on disk.
fn done(id: &str, recorded_at: Timestamp, receipt: Receipt) -> Response {
    (StatusCode::CREATED, axum::Json(DecisionRecorded { id, recorded_at, awaits: None, receipt })).into_response()
}

/// Reads a request that only has a form; the library's text names keys and types, never values, as far as its place goes.
pub(super) fn read_strictly<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // Strictly first: a key given twice must not be taken by its last.
    Json::read(body).map_err(|faults| Problem::record(RecordError::Faults(faults)))?;
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let pointer =
            if path == "." { String::new() } else { format!("/{}", path.replace(['.', '['], "/").replace(']', "")) };
        let text = error.inner().to_string();
        let code = if text.starts_with("missing field") {
            FaultCode::MissingKey
        } else if text.starts_with("unknown field") {
            FaultCode::UnknownKey
        } else {
            FaultCode::WrongType
        };
        // Its own sentence ends in the place, and for a wrong value repeats the value: only keys are passed on.
        let detail = match code {
            FaultCode::WrongType => "another kind of value is expected here; see /docs".to_owned(),
            _ => text.split(" at line").next().unwrap_or_default().replace("field", "key"),
        };
        Problem::record(RecordError::Faults(vec![Fault::new(pointer, code, detail)]))
    })
}

pub(super) fn not_here() -> Problem {
    Problem::record(RecordError::NotFound)
}

pub(super) fn no_key() -> Problem {
    let detail = "send an `Idempotency-Key` of up to 200 characters: drawn anew for each request, and kept for its \
                  repetitions, so that nothing is recorded twice";
    Problem::new(ProblemType::BadRequest, detail)
}

/// The caller's key, which every request that is recorded has.
pub(super) fn once(headers: &HeaderMap, permit: &Permit, route: &str, body: &[u8]) -> Result<Once, Problem> {
    let key = headers.get(IDEMPOTENCY_KEY).and_then(|key| key.to_str().ok()).unwrap_or_default();
    if !(1..=200).contains(&key.len()) {
        return Err(no_key());
    }
    Ok(Once::new(permit, key, route, body))
}

/// Requests under way here, by their keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Running(Arc<Mutex<BTreeSet<Once>>>);

/// One of them, until it is dropped.
pub(super) struct UnderWay {
    running: Running,
    once: Once,
}

impl Running {
    /// Records what comes for the first time, and answers its repetition as it was answered first.
    pub(super) async fn once(
        &self,
        record: Arc<Record>,
        once: Once,
        only: Option<String>,
        work: impl FnOnce(&Record) -> Result<Pending, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        let _under_way = self.begin(once)?;
        let keeping = Arc::clone(&record);
        let begun = away(move || match keeping.before(once, now()).map_err(Problem::record)? {
            Some(before) => Ok(Err(before)),
            None => work(&keeping).map(Ok),
        });
        let written = match begun.await?? {
            // Waits for the disk without holding a thread, so that many share one commit.
            Ok(pending) => pending.wait().await.map_err(Problem::record)?,
            Err(before) => before,
        };
        let keeping = Arc::clone(&record);
        let event = match written {
            Written::Fresh(event) => *event,
            before @ Written::Before(_) => away(move || keeping.answered(before).map_err(Problem::record)).await??,
        };
        let seen = match (&event.what, only) {
            // Where others added what they know, a partner is answered what follows from its own words.
            (What::Information(_), Some(only)) => {
                let (keeping, place) = (Arc::clone(&record), event.place);
                Some(away(move || keeping.seen_at(place, &only).map_err(Problem::record)).await??)
            }
            _ => None,
        };
        Ok(recorded(&record, event, seen))
    }

    pub(super) fn begin(&self, once: Once) -> Result<UnderWay, Problem> {
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(once) {
            return Ok(UnderWay { running: self.clone(), once });
        }
        Err(under_way())
    }
}

pub(super) fn under_way() -> Problem {
    Problem::new(ProblemType::Moved, "the same request is still under way; send it again in a moment")
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.once);
    }
}
