//! `/v1/referrals/...`: record a referral, what became known later, and what a person decides.
//!
//! An answer comes only after the record is on disk.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::acting::{Accept, Decide, Inform, List, May, Read, Refer};
use super::document::{InformationRequest, ReferralRequest};
use super::evaluations::{if_match, not_read, pinned, takes};
use super::problem::{Problem, ProblemType};
use super::recording::{
    DecisionRecorded, InformationRecorded, ReferralRecorded, Running, not_here, once, read_strictly,
};
use super::room::away;
use crate::access::Permit;
use crate::criteria::RuleSet;
use crate::decision::Wanted;
use crate::json::Json;
use crate::level::Explain;
use crate::record::Record;
use crate::record::case::{Listed, Standing};
use crate::record::list::ListWanted;
use crate::record::shown::{DecisionRead, ReferralRead, decisions};
use crate::referral::Referral;
use crate::serving::now;

/// How many referrals one page lists.
const MOST_LISTED: i64 = 100;
/// The longest id of a person that is looked for; identity providers' are shorter.
const MAX_ID: usize = 200;

/// Record a referral
#[utoipa::path(
    post,
    path = "/v1/referrals",
    tag = "referrals",
    request_body(content = ReferralRequest, content_type = "application/json"),
    params(
        ("If-Match" = Option<String>, Header, description = "The digest of the rule set, in quotes"),
        ("Idempotency-Key" = String, Header, description = "Drawn anew for each referral, kept for its repetitions"),
    ),
    responses(
        (status = 201, description = "On disk, with an evaluation of each child", body = ReferralRecorded,
            headers(("Location" = String, description = "Where it is read"))),
        (status = 400, description = "Not strict JSON, or no `Idempotency-Key`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "It is not known who acts", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "For others to do", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The same request is still under way", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Another rule set is in force", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Every fault at once; or the key came with another request", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nothing is recorded now", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "No room left", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn refer(
    may: May<Refer>,
    Extension(rules): Extension<Arc<RuleSet>>,
    Extension(running): Extension<Running>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    takes(&headers, "application/json")?;
    let body = body.map_err(|rejection| not_read(&rejection))?;
    let once = once(&headers, &may.permit, "POST /v1/referrals", &body)?;
    let only = may.permit.only().map(str::to_owned);
    let refer = move |record: &Record| {
        if_match(&rules, &headers)?;
        pinned_in(&rules, &body)?;
        record.refer(&may.permit, &rules, &body, once, Explain::Full, now()).map_err(Problem::record)
    };
    running.once(may.record, once, only, refer).await
}

/// Refuses when the request insists on another rule set.
fn pinned_in(rules: &RuleSet, body: &[u8]) -> Result<(), Problem> {
    let Ok(Json::Object(entries)) = Json::read(body) else { return Ok(()) };
    let pin = entries.into_iter().find_map(|(key, value)| match value {
        Json::Text(pin) if key == "rule_set" => Some(pin),
        _ => None,
    });
    pinned(rules, &Referral { rule_set: pin, ..Referral::default() })
}

/// Add what became known later
#[utoipa::path(
    post,
    path = "/v1/referrals/{id}/information",
    tag = "referrals",
    request_body(content = InformationRequest, content_type = "application/json"),
    params(
        ("id" = String, Path, description = "The id or the spoken reference"),
        ("Idempotency-Key" = String, Header, description = "Drawn anew for each piece"),
    ),
    responses(
        (status = 201, description = "On disk, with new evaluations", body = InformationRecorded),
        (status = 404, description = "No such referral within reach", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Something was added meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Every fault at once", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nothing is recorded now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn inform(
    may: May<Inform>,
    Extension(rules): Extension<Arc<RuleSet>>,
    Extension(running): Extension<Running>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    takes(&headers, "application/json")?;
    let Path(id) = id.map_err(|_| not_here())?;
    let body = body.map_err(|rejection| not_read(&rejection))?;
    let once = once(&headers, &may.permit, &format!("POST /v1/referrals/{id}/information"), &body)?;
    let only = may.permit.only().map(str::to_owned);
    let inform =
        move |record: &Record| record.inform(&may.permit, &id, &rules, &body, once, now()).map_err(Problem::record);
    running.once(may.record, once, only, inform).await
}

/// Decide about a child
#[utoipa::path(
    post,
    path = "/v1/referrals/{id}/decisions",
    tag = "referrals",
    request_body(content = Wanted, content_type = "application/json"),
    params(
        ("id" = String, Path, description = "The id or the spoken reference"),
        ("Idempotency-Key" = String, Header, description = "Drawn anew for each decision"),
    ),
    responses(
        (status = 201, description = "On disk; `awaits` names who must confirm before it stands", body = DecisionRecorded),
        (status = 404, description = "No such referral within reach", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Something became known since it was read", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "What is missing for this decision", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nothing is recorded now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn decide(
    may: May<Decide>,
    Extension(running): Extension<Running>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    takes(&headers, "application/json")?;
    let Path(id) = id.map_err(|_| not_here())?;
    let body = body.map_err(|rejection| not_read(&rejection))?;
    let once = once(&headers, &may.permit, &format!("POST /v1/referrals/{id}/decisions"), &body)?;
    let only = may.permit.only().map(str::to_owned);
    let decide = move |record: &Record| {
        record.decide(&may.permit, &id, read_strictly(&body)?, once, now()).map_err(Problem::record)
    };
    running.once(may.record, once, only, decide).await
}

/// Confirm a lower decision, as its second person
#[utoipa::path(
    post,
    path = "/v1/referrals/{id}/decisions/{decision}/confirmation",
    tag = "referrals",
    params(
        ("id" = String, Path, description = "The id or the spoken reference"),
        ("decision" = String, Path, description = "The decision's id"),
        ("Idempotency-Key" = String, Header, description = "Drawn anew for each confirmation"),
    ),
    responses(
        (status = 201, description = "On disk; the decision stands", body = DecisionRecorded),
        (status = 404, description = "No such decision within reach", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not this person's to confirm", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn confirm(
    may: May<Decide>,
    running: Extension<Running>,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    follow_up(may.permit, may.record, running, path, &headers).await
}

/// Accept what a decision hands over
#[utoipa::path(
    post,
    path = "/v1/referrals/{id}/decisions/{decision}/acceptance",
    tag = "referrals",
    params(
        ("id" = String, Path, description = "The id or the spoken reference"),
        ("decision" = String, Path, description = "The decision's id"),
        ("Idempotency-Key" = String, Header, description = "Drawn anew for each acceptance"),
    ),
    responses(
        (status = 201, description = "On disk; the next holder has it", body = DecisionRecorded),
        (status = 404, description = "No such decision within reach", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "There is nothing to accept", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn accept(
    may: May<Accept>,
    running: Extension<Running>,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    follow_up(may.permit, may.record, running, path, &headers).await
}

async fn follow_up(
    permit: Permit,
    record: Arc<Record>,
    Extension(running): Extension<Running>,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let Path((id, decision)) = path.map_err(|_| not_here())?;
    let route = format!("POST /v1/referrals/{id}/decisions/{decision} {:?}", permit.operation());
    let once = once(headers, &permit, &route, &[])?;
    let only = permit.only().map(str::to_owned);
    let follow_up =
        move |record: &Record| record.follow_up(&permit, &id, &decision, once, now()).map_err(Problem::record);
    running.once(record, once, only, follow_up).await
}

/// Read a referral: what was said, indicated and decided
#[utoipa::path(
    get,
    path = "/v1/referrals/{id}",
    tag = "referrals",
    params(("id" = String, Path, description = "The id or the spoken reference")),
    responses(
        (status = 200, description = "Everything about it; that it was read is recorded", body = ReferralRead),
        (status = 404, description = "No such referral within reach", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(may: May<Read>, id: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let Path(id) = id.map_err(|_| not_here())?;
    let read = move || {
        let case = may.record.view(&may.permit, &id, now()).map_err(Problem::record)?;
        let read = ReferralRead::of(&may.record, &case, may.permit.only()).map_err(Problem::record)?;
        Ok(axum::Json(read).into_response())
    };
    away(read).await?
}

/// Read what was decided
#[utoipa::path(
    get,
    path = "/v1/referrals/{id}/decisions",
    tag = "referrals",
    params(("id" = String, Path, description = "The id or the spoken reference")),
    responses(
        (status = 200, description = "Each decision, in order", body = Vec<DecisionRead>),
        (status = 404, description = "No such referral within reach", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read_decisions(
    may: May<Read>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = id.map_err(|_| not_here())?;
    let only = may.permit.only().map(str::to_owned);
    let case = away(move || may.record.view(&may.permit, &id, now()).map_err(Problem::record)).await??;
    Ok(axum::Json(decisions(&case, only.as_deref())).into_response())
}

/// Which referrals are listed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    standing: Option<Standing>,
    decided_by: Option<String>,
    after: Option<String>,
}

/// A place in the list, as the page before gave it: the time of receipt in milliseconds, and the id.
fn cursor(text: &str) -> Option<(i64, String)> {
    let (at, id) = text.split_once('.')?;
    let digits = at.strip_prefix('-').unwrap_or(at);
    let is_time = (1..=18).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_id = (1..=64).contains(&id.len()) && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'));
    if is_time && is_id { Some((at.parse().ok()?, id.to_owned())) } else { None }
}

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Page {
    /// Referrals, in the order received.
    referrals: Vec<Listed>,
    /// What to send as `after` for the next page; none after the last.
    next: Option<String>,
}

/// List referrals by where they stand
#[utoipa::path(
    get,
    path = "/v1/referrals",
    tag = "referrals",
    params(
        ("standing" = Option<Standing>, Query, description = "Where they stand"),
        ("decided_by" = Option<String>, Query, description = "Who decided last; `me` for oneself"),
        ("after" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "At most 100, in the order received", body = Page,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; none after the last"))),
        (status = 400, description = "Another query", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(may: May<List>, query: Result<Query<ListQuery>, QueryRejection>) -> Result<Response, Problem> {
    let wrong = || Problem::new(ProblemType::BadRequest, "the query takes `standing`, `decided_by` and `after`");
    let Query(query) = query.map_err(|_| wrong())?;
    if query.decided_by.as_ref().is_some_and(|who| who.chars().count() > MAX_ID) {
        return Err(wrong());
    }
    let after = query.after.as_deref().map(|after| cursor(after).ok_or_else(wrong)).transpose()?;
    let me = may.permit.actor().id.clone();
    let same = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query.standing.map(|standing| ("standing", standing.word())))
        .extend_pairs(query.decided_by.as_ref().map(|who| ("decided_by", who)))
        .finish();
    let decided_by = query.decided_by.map(|who| if who == "me" { me } else { who });
    let wanted = ListWanted { after, standing: query.standing, decided_by, most: MOST_LISTED };
    let referrals = away(move || may.record.list(&may.permit, &wanted).map_err(Problem::record)).await??;
    let full = i64::try_from(referrals.len()) == Ok(MOST_LISTED);
    let last = referrals.last().filter(|_| full);
    let next = last.map(|last| format!("{}.{}", last.received_at.as_millisecond(), last.id));
    let same = if same.is_empty() { same } else { format!("{same}&") };
    let link = next.as_ref().map(|next| [(header::LINK, format!("</v1/referrals?{same}after={next}>; rel=\"next\""))]);
    Ok((link, axum::Json(Page { referrals, next })).into_response())
}
