//! `POST /v1/referrals/{id}/joined`: a person says that a child of one referral is of the same incident as a child of an
//! earlier one.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::acting::{LookUp, May};
use super::evaluations::{not_read, takes};
use super::problem::Problem;
use super::recording::{ActRecorded, Running, not_here, once, read_strictly};
use crate::criteria::RuleSet;
use crate::record::Record;
use crate::serving::now;

/// Which child is joined to which.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Join {
    /// The child of this referral, by `ref`.
    child: String,
    /// The earlier referral, by its id or its spoken reference.
    to: String,
    /// The child of the earlier referral, by `ref`.
    to_child: String,
}

/// Join a child to the same child of an earlier referral
///
/// What this referral says of the child becomes an account in the earlier one, which is evaluated again; here the child
/// stands as closed. Nothing is lowered.
#[utoipa::path(
    post,
    path = "/v1/referrals/{id}/joined",
    tag = "referrals",
    request_body(content = Join, content_type = "application/json"),
    params(
        ("id" = String, Path, description = "The id or the spoken reference"),
        ("Idempotency-Key" = String, Header, description = "Drawn anew for each joining"),
    ),
    responses(
        (status = 201, description = "On disk, in both", body = ActRecorded),
        (status = 403, description = "For the front door alone", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such referral within reach", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Something was added meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Why they cannot be joined", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn join(
    may: May<LookUp>,
    Extension(rules): Extension<Arc<RuleSet>>,
    Extension(running): Extension<Running>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    takes(&headers, "application/json")?;
    let Path(id) = id.map_err(|_| not_here())?;
    let body = body.map_err(|rejection| not_read(&rejection))?;
    let once = once(&headers, &may.permit, &format!("POST /v1/referrals/{id}/joined"), &body)?;
    let join = move |record: &Record| {
        let Join { child, to, to_child } = read_strictly(&body)?;
        record.join(&may.permit, &id, &child, &to, &to_child, &rules, once, now()).map_err(Problem::record)
    };
    running.once(may.record, once, None, join).await
}
