//! `GET /v1/events`: what occurred, in the order of the log, as CloudEvents 1.0. Ids and digests; what was decided is
//! read where it stands.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::acting::{List, May};
use super::problem::{Problem, ProblemType};
use super::room::away;
use crate::record::Log;
use crate::record::leaf::digest;
use crate::record::occurrences::{Occurrence, OccurrenceKind};

/// How many events one page tells.
const MOST_TOLD: u32 = 100;
/// The last place that is asked for: a program in any language holds it exactly, and no log grows so long.
const LAST: u64 = (1 << 53) - 1;
/// Several CloudEvents in one body (CloudEvents JSON format 1.0, section 4).
const CLOUDEVENTS: &str = "application/cloudevents-batch+json";

/// One event (CloudEvents 1.0).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Event {
    /// The version of CloudEvents.
    #[schema(example = "1.0", pattern = "^1\\.0$")]
    specversion: &'static str,
    /// What kind of thing occurred.
    #[serde(rename = "type")]
    kind: OccurrenceKind,
    /// The log in which it stands.
    #[schema(example = "windscreen.example/decisions", min_length = 1)]
    source: String,
    /// Its place in that log: unique, and higher than that of every event before it. What to send as `after`.
    #[schema(example = "41", pattern = "^[0-9]+$")]
    id: String,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// The referral's id, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// What `data` is.
    #[schema(example = "application/json", pattern = "^application/json$")]
    datacontenttype: &'static str,
    /// What tells which entry it is.
    data: EventData,
}

/// What an event says: which, not what.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct EventData {
    /// The referral's id, to read it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    referral: Option<String>,
    /// Which of its children, from 1, in the order sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 50)]
    child: Option<u64>,
    /// The digest of the rule set that evaluated what was decided, or that evaluates from here on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sha256:6c0f…")]
    rule_set: Option<String>,
    /// The hash of its entry in the log, to prove it by.
    #[schema(example = "sha256:6c0f…")]
    leaf_hash: String,
}

impl Event {
    fn of(occurrence: Occurrence, source: &str) -> Self {
        let (referral, child) = occurrence.about.unzip();
        Self {
            specversion: "1.0",
            kind: occurrence.kind,
            source: source.to_owned(),
            id: occurrence.place.to_string(),
            time: occurrence.at,
            subject: referral.clone(),
            datacontenttype: "application/json",
            data: EventData {
                referral,
                child,
                rule_set: occurrence.rule_set,
                leaf_hash: digest(&occurrence.leaf_hash),
            },
        }
    }
}

/// From where on events are told.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct AfterQuery {
    /// The `id` of the last event that was read; from the first when nothing is said.
    #[param(nullable = false, maximum = 9_007_199_254_740_991_u64)]
    after: Option<u64>,
}

/// What occurred, in the order of the log
///
/// That something was decided about a child of one of your referrals, that it was decided again, that another rule set
/// evaluates. At most 100 at a time, each once, as CloudEvents 1.0; an empty list says that there is nothing new. Keep
/// the `id` of the last one that you dealt with, and ask for what comes `after` it; asking every minute is enough. The
/// decision itself is read at `/v1/referrals/{id}/decisions`. What is erased is told no more.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "events",
    params(AfterQuery),
    responses(
        (status = 200, description = "At most 100 events, in order", body = Vec<Event>, content_type = "application/cloudevents-batch+json",
            headers(("Link" = String, description = "What comes after these, `rel=\"next\"`; to be asked again where the list is empty"))),
        (status = 400, description = "Another query", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    may: May<List>,
    query: Result<Query<AfterQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Ok(Query(AfterQuery { after: after @ (None | Some(..=LAST)) })) = query else {
        let detail = "the query takes `after` alone, once: the `id` of the last event that was read";
        return Err(Problem::new(ProblemType::BadRequest, detail));
    };
    let list = move || {
        let occurred = may.record.list_occurrences(&may.permit, after, MOST_TOLD).map_err(Problem::record)?;
        let source = may.record.keys().origin(Log::Decisions);
        Ok(occurred.into_iter().map(|occurrence| Event::of(occurrence, &source)).collect())
    };
    let events: Vec<Event> = away(list).await??;
    let next = events.last().map(|last| last.id.clone()).or(after.map(|after| after.to_string()));
    let after = next.map(|next| format!("?after={next}")).unwrap_or_default();
    let link = [(header::LINK, format!("</v1/events{after}>; rel=\"next\""))];
    Ok((link, [(header::CONTENT_TYPE, CLOUDEVENTS)], axum::Json(events)).into_response())
}
