//! `/v1/batches/...`: a file of notifications, what became of it, and the rows that wait for a person.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::acting::{DealWithRow, May, ReceiveBatch};
use super::evaluations::{not_read, not_read_of, takes};
use super::problem::{Problem, ProblemType, page_of};
use super::recording::{ActRecorded, Receipt, Running, not_here, once, read_strictly};
use super::room::{away, away_with_a_file};
use crate::access::{Operation, Permit};
use crate::criteria::RuleSet;
use crate::decision::Shown;
use crate::json::FaultCode;
use crate::ladder::Rank;
use crate::notifications::{Encoding, File, Layout, MAX_FILE};
use crate::record::batches::{Batch, Sent};
use crate::record::body::How;
use crate::record::case::{Listed, Standing};
use crate::record::joined::MayBeOne;
use crate::record::{Record, RecordError};
use crate::serving::now;

/// How a file is to be read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiveQuery {
    mapping: String,
    organisation: Option<String>,
    encoding: Option<Encoding>,
}

/// A batch as its reader may see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct BatchRead {
    /// Its id.
    id: String,
    /// Who sent it.
    organisation: String,
    /// The mapping.
    mapping: String,
    /// The rule set that has the mapping.
    rule_set: String,
    /// When it was received.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// How its bytes were read.
    read_as: Encoding,
    /// How many rows it has.
    rows: usize,
    /// The referrals that it became, by incident, then household.
    referrals: Vec<PartRead>,
    /// How many of its referrals were erased since.
    erased: usize,
    /// How many of its referrals are not recorded yet: send the same file again.
    missing: usize,
    /// The parts whose referral could not be read just now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_read: Vec<usize>,
    /// The parts of which it could not be told just now what may be one with them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_compared: Vec<usize>,
    /// The rows that could not be mapped.
    not_mapped: Vec<RowRead>,
    /// Where it stands in the log.
    receipt: Receipt,
}

/// A referral of a batch.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PartRead {
    /// Which part of the batch it is, from 1.
    part: usize,
    /// The incident's number.
    incident: String,
    /// The rows.
    rows: Vec<usize>,
    /// Its id.
    id: String,
    /// Its spoken reference.
    reference: String,
    /// Where it stands.
    standing: Standing,
    /// The bounds of each child's level.
    children: Vec<ChildRead>,
    /// Referrals that may be of the same incident, for whoever may join them; nothing is joined by itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    may_be_one: Vec<MayBeOne>,
}

/// A child of a referral of a batch.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ChildRead {
    /// The sender's own reference, else the child's place.
    #[serde(rename = "ref")]
    reference: String,
    /// The lower bound of the level.
    at_least: Rank,
    /// The upper bound.
    at_most: Rank,
}

/// A row that could not be mapped.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RowRead {
    /// The line of the file on which it begins.
    row: usize,
    /// The column that is in the way, where it is one.
    column: Option<String>,
    /// A stable code in words.
    code: String,
    /// One sentence; it repeats nothing of the row.
    detail: String,
    /// Where this code is explained, on this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    /// How a person dealt with it, if one did.
    dealt_with: Option<How>,
}

/// How a row is dealt with.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Deal {
    /// How.
    how: How,
    /// The referral that it was entered as, or that holds it already, by its id or its spoken reference.
    #[serde(default)]
    referral: Option<String>,
}

impl BatchRead {
    fn of(record: &Record, permit: &Permit, batch: Batch) -> Self {
        let only = permit.only();
        // What cannot be recorded as looked up is not shown.
        let joins = crate::access::permit(permit.actor().clone(), Operation::LookUp);
        let joins = joins.filter(|_| record.read_only().is_none());
        let (mut referrals, mut not_read, mut not_compared) = (Vec::new(), Vec::new(), Vec::new());
        for (part, listed) in &batch.referrals {
            match part_of(record, only, joins.as_ref(), *part, listed, &mut not_compared) {
                Ok(read) => referrals.push(read),
                // Erased meanwhile.
                Err(RecordError::NotFound) => {}
                // One that is damaged hides no other.
                Err(error) => {
                    tracing::warn!(%error, "a referral of a batch could not be read");
                    not_read.push(*part);
                }
            }
        }
        if let Some(permit) = joins.filter(|_| referrals.iter().any(|part| !part.may_be_one.is_empty()))
            && let Err(error) = record.looked_through(&permit, &batch, now())
        {
            tracing::warn!(%error, "a look-up was not recorded");
            for part in referrals.iter_mut().filter(|part| !part.may_be_one.is_empty()) {
                part.may_be_one.clear();
                not_compared.push(part.part);
            }
            not_compared.sort_unstable();
        }
        let missing = batch.missing();
        let row = |row: &crate::notifications::Unmapped| RowRead {
            row: row.row,
            column: row.column.clone(),
            code: row.code.clone(),
            detail: row.detail.clone(),
            // What an older version recorded may be explained no longer.
            help: FaultCode::of(&row.code).map(|code| page_of(code.word())),
            dealt_with: batch.dealt.get(&row.row).map(|(dealt, _)| dealt.how),
        };
        Self {
            not_mapped: batch.body.unmapped.iter().map(row).collect(),
            receipt: Receipt::of(record, &batch.received),
            id: batch.listed.id,
            organisation: batch.listed.organisation,
            mapping: batch.listed.mapping,
            rule_set: batch.body.rule_set.clone(),
            received_at: batch.body.received_at,
            read_as: batch.body.read_as,
            rows: batch.body.rows,
            referrals,
            erased: batch.erased,
            missing,
            not_read,
            not_compared,
        }
    }
}

fn part_of(
    record: &Record,
    only: Option<&str>,
    joins: Option<&Permit>,
    part: usize,
    listed: &Listed,
    not_compared: &mut Vec<usize>,
) -> Result<PartRead, RecordError> {
    let case = record.case(&listed.id)?;
    let damaged = |_| RecordError::Damaged(format!("an evaluation of {} cannot be read again", listed.id));
    let mut children = Vec::new();
    for child in &record.seen(&case, only, None)?.children {
        let shown: Shown = serde_json::from_str(child.evaluation.get()).map_err(damaged)?;
        let (at_least, at_most) = shown.bounds();
        children.push(ChildRead { reference: child.reference.clone(), at_least, at_most });
    }
    let of = case.first()?.batch.clone();
    let (incident, rows) = of.map(|of| (of.incident, of.rows)).unwrap_or_default();
    let (id, reference, standing) = (listed.id.clone(), listed.reference.clone(), listed.standing);
    // What nobody waits for any more is joined to nothing.
    let waits = !matches!(standing, Standing::Accepted | Standing::Closed);
    let may_be_one = joins.filter(|_| waits).map_or_else(|| Ok(Vec::new()), |permit| record.may_be_one(permit, &case));
    let may_be_one = may_be_one.unwrap_or_else(|error| {
        tracing::warn!(%error, "what may be one incident could not be looked up");
        not_compared.push(part);
        Vec::new()
    });
    Ok(PartRead { part, incident, rows, id, reference, standing, children, may_be_one })
}

/// Send a file of notifications
///
/// Each incident and household becomes a referral, each child is evaluated once; what could not be mapped is listed and
/// waits for a person. The same file again is the same batch.
#[utoipa::path(
    post,
    path = "/v1/batches",
    tag = "batches",
    request_body(content(
        (String = "text/csv"),
        (String = "application/x-ndjson"),
    ), description = "Comma-separated values with a line of headings, or a JSON object a line; 2 MiB and 5,000 rows at most"),
    params(
        ("mapping" = String, Query, description = "The mapping of the rule set"),
        ("organisation" = Option<String>, Query, description = "Who sends it; one's own organisation when nothing is said"),
        ("encoding" = Option<Encoding>, Query, description = "How its bytes are text; else UTF-8 where they can be"),
        ("Idempotency-Key" = String, Header, description = "Drawn anew for each file, kept for its repetitions"),
    ),
    responses(
        (status = 201, description = "On disk, every referral of it evaluated", body = BatchRead,
            headers(("Location" = String, description = "Where it is read"))),
        (status = 400, description = "Another query, or no `Idempotency-Key`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The same request is still under way", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Neither `text/csv` nor `application/x-ndjson`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "What is wrong with the file as a whole", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nothing is recorded now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn receive(
    may: May<ReceiveBatch>,
    Extension(rules): Extension<Arc<RuleSet>>,
    Extension(running): Extension<Running>,
    query: Result<Query<ReceiveQuery>, QueryRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let layout = layout(&headers)?;
    let wrong = |_| {
        let detail =
            "the query takes `mapping`, and `organisation` and `encoding` (utf-8 or windows-1252) where needed";
        Problem::new(ProblemType::BadRequest, detail)
    };
    let Query(query) = query.map_err(wrong)?;
    let body = body.map_err(|rejection| not_read_of(&rejection, MAX_FILE))?;
    let route = format!("POST /v1/batches {} {:?} {:?} {layout:?}", query.mapping, query.organisation, query.encoding);
    let once = once(&headers, &may.permit, &route, &body)?;
    let _under_way = running.begin(once)?;
    let receive = move || {
        let organisation = query.organisation.unwrap_or_else(|| may.permit.actor().organisation.clone());
        let file = File { bytes: &body, layout, encoding: query.encoding };
        let sent = Sent { mapping: &query.mapping, organisation: &organisation, file };
        let batch = may.record.receive(&may.permit, &rules, &sent, once, now()).map_err(Problem::record)?;
        let location = [(header::LOCATION, format!("/v1/batches/{}", batch.listed.id))];
        let read = BatchRead::of(&may.record, &may.permit, batch);
        Ok((StatusCode::CREATED, location, axum::Json(read)).into_response())
    };
    away_with_a_file(receive).await?
}

/// How the body is laid out. Its bytes need not be UTF-8: a force's export seldom says what it is.
fn layout(headers: &HeaderMap) -> Result<Layout, Problem> {
    if takes(headers, "application/x-ndjson").is_ok() {
        return Ok(Layout::Ndjson);
    }
    takes(headers, "text/csv").map(|()| Layout::Csv).map_err(|_| takes_files_only())
}

pub(super) fn takes_files_only() -> Problem {
    let detail = "send `Content-Type: text/csv` or `application/x-ndjson`, not compressed; how its bytes are text \
                  stands in the query";
    Problem::new(ProblemType::ContentType, detail)
}

/// Read what became of a file
#[utoipa::path(
    get,
    path = "/v1/batches/{id}",
    tag = "batches",
    params(("id" = String, Path, description = "The batch's id")),
    responses(
        (status = 200, description = "Its referrals as they stand, and the rows that could not be mapped; that it was read is recorded", body = BatchRead),
        (status = 404, description = "No such batch within reach", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(may: May<ReceiveBatch>, id: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let Path(id) = id.map_err(|_| not_here())?;
    let read = move || {
        let batch = may.record.view_batch(&may.permit, &id, now()).map_err(Problem::record)?;
        let read = BatchRead::of(&may.record, &may.permit, batch);
        Ok(axum::Json(read).into_response())
    };
    away(read).await?
}

/// Deal with a row that could not be mapped
#[utoipa::path(
    post,
    path = "/v1/batches/{id}/rows/{row}",
    tag = "batches",
    request_body(content = Deal, content_type = "application/json"),
    params(
        ("id" = String, Path, description = "The batch's id"),
        ("row" = usize, Path, description = "The row's number"),
        ("Idempotency-Key" = String, Header, description = "Drawn anew for each row"),
    ),
    responses(
        (status = 201, description = "On disk; the row waits no longer", body = ActRecorded),
        (status = 404, description = "No such row within reach", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Something was added meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It was dealt with before, or names a referral that is not there", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn deal(
    may: May<DealWithRow>,
    Extension(running): Extension<Running>,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    takes(&headers, "application/json")?;
    let Path((id, row)) = path.map_err(|_| not_here())?;
    let row: usize = row.parse().map_err(|_| not_here())?;
    let body = body.map_err(|rejection| not_read(&rejection))?;
    let once = once(&headers, &may.permit, &format!("POST /v1/batches/{id}/rows/{row}"), &body)?;
    let deal = move |record: &Record| {
        let Deal { how, referral } = read_strictly(&body)?;
        record.deal(&may.permit, &id, row, how, referral.as_deref(), once, now()).map_err(Problem::record)
    };
    running.once(may.record, once, None, deal).await
}
