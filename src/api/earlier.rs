//! `/v1/referrals/{id}/earlier`: referrals before that may be of the same child, and a person's word that one is.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::acting::{LookUp, May};
use super::evaluations::{not_read, takes};
use super::problem::Problem;
use super::recording::{InformationRecorded, Running, not_here, once, read_strictly};
use super::room::away;
use crate::criteria::RuleSet;
use crate::record::Record;
use crate::record::earlier::Earlier;
use crate::serving::now;

/// What was found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Found {
    /// Each that may be of the same child, the oldest first.
    earlier: Vec<Earlier>,
}

/// That an earlier referral is of the same child.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IsSameChild {
    /// The child of this referral, by `ref`.
    child: String,
    /// Whether it is about what another contact was about: then it is not counted as one more.
    #[serde(default)]
    same_incident: bool,
}

/// Look for earlier referrals of the same child
#[utoipa::path(
    get,
    path = "/v1/referrals/{id}/earlier",
    tag = "referrals",
    params(("id" = String, Path, description = "The id or the spoken reference")),
    responses(
        (status = 200, description = "When, from where and with what outcome; that somebody looked is recorded", body = Found),
        (status = 403, description = "For the front door alone", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such referral within reach", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The look cannot be recorded now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn look_up(
    may: May<LookUp>,
    Extension(rules): Extension<Arc<RuleSet>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = id.map_err(|_| not_here())?;
    let look = move || may.record.look_up(&may.permit, &id, &rules, now()).map_err(Problem::record);
    let earlier = away(look).await??;
    Ok(axum::Json(Found { earlier }).into_response())
}

/// Confirm that an earlier referral is of the same child
#[utoipa::path(
    post,
    path = "/v1/referrals/{id}/earlier/{earlier}",
    tag = "referrals",
    request_body(content = IsSameChild, content_type = "application/json"),
    params(
        ("id" = String, Path, description = "The id or the spoken reference"),
        ("earlier" = String, Path, description = "The id of the earlier referral"),
        ("Idempotency-Key" = String, Header, description = "Drawn anew for each confirmation"),
    ),
    responses(
        (status = 201, description = "On disk, with new evaluations", body = InformationRecorded),
        (status = 404, description = "No such match within reach", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Something was added meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Every fault at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn same_child(
    may: May<LookUp>,
    Extension(rules): Extension<Arc<RuleSet>>,
    Extension(running): Extension<Running>,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    takes(&headers, "application/json")?;
    let Path((id, earlier)) = path.map_err(|_| not_here())?;
    let body = body.map_err(|rejection| not_read(&rejection))?;
    let once = once(&headers, &may.permit, &format!("POST /v1/referrals/{id}/earlier/{earlier}"), &body)?;
    let confirm = move |record: &Record| {
        let IsSameChild { child, same_incident } = read_strictly(&body)?;
        record
            .same_child(&may.permit, &id, &earlier, &child, same_incident, &rules, once, now())
            .map_err(Problem::record)
    };
    running.once(may.record, once, None, confirm).await
}
