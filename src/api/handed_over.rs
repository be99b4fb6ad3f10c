//! `/v1/handed-over/...`: what was handed to the caller's organisation, and what was chosen for it.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::acting::{Accept, May};
use super::problem::Problem;
use super::recording::not_here;
use super::room::away;
use crate::record::handed::{HandedOver, HandedOverRead};
use crate::serving::now;

/// What was handed over.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Handed {
    /// What waits first, then the newest; at most 200.
    handed_over: Vec<HandedOver>,
}

/// List what was handed to your organisation
#[utoipa::path(
    get,
    path = "/v1/handed-over",
    tag = "referrals",
    responses(
        (status = 200, description = "What waits to be accepted, and what was", body = Handed),
        (status = 403, description = "Not for this role", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(may: May<Accept>) -> Result<Response, Problem> {
    let handed_over = away(move || may.record.list_handed_over(&may.permit).map_err(Problem::record)).await??;
    Ok(axum::Json(Handed { handed_over }).into_response())
}

/// Read what was handed to your organisation
#[utoipa::path(
    get,
    path = "/v1/handed-over/{decision}",
    tag = "referrals",
    params(("decision" = String, Path, description = "The decision that hands it over")),
    responses(
        (status = 200, description = "What was chosen for your organisation; that it was read is recorded", body = HandedOverRead),
        (status = 403, description = "Not for this role", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Nothing was handed to your organisation by it", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(may: May<Accept>, decision: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let Path(decision) = decision.map_err(|_| not_here())?;
    let read = move || may.record.view_handed_over(&may.permit, &decision, now()).map_err(Problem::record);
    Ok(axum::Json(away(read).await??).into_response())
}
