//! `/v1/transfers`: a child who lives here and whom another authority transfers.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::acting::{May, Transfer};
use super::evaluations::{not_read, takes};
use super::problem::{FaultTold, Problem};
use super::room::away;
use crate::criteria::RuleSet;
use crate::json::{Fault, FaultCode};
use crate::record::case::What;
use crate::record::transfer::kept::KeptTransfers;
use crate::record::transfer::{Came, Transfers};
use crate::serving::now;
use crate::transfer::{MAX_TRANSFER, Refusal};

/// What a transfer became.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TransferTaken {
    /// The referral's id.
    id: String,
    /// Its spoken reference.
    reference: String,
}

/// Why a transfer was not taken.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TransferKept {
    /// Under which it is kept for a person.
    kept: String,
    /// Why.
    refusal: Refusal,
    /// In words, and what to do.
    says: &'static str,
    /// What the rules have to say about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FaultTold>,
}

/// Hand in a transfer from another authority
///
/// The file as it was made: the same file again is the same referral, so no key is needed.
#[utoipa::path(
    post,
    path = "/v1/transfers",
    tag = "referrals",
    request_body(content = serde_json::Value, content_type = "application/json"),
    responses(
        (status = 201, description = "On disk, as a referral", body = TransferTaken,
            headers(("Location" = String, description = "Where it is read"))),
        (status = 202, description = "Not taken, and kept for a person, with the reason", body = TransferKept),
        (status = 400, description = "The body broke off", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "It is not known who acts", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "For others to do", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Larger than any transfer", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Too many wait for a person: it was not kept", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nothing is recorded now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn take(
    may: May<Transfer>,
    Extension(rules): Extension<Arc<RuleSet>>,
    Extension(transfers): Extension<Arc<Transfers>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    takes(&headers, "application/json")?;
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => not_read(&rejection),
    })?;
    // What is not text is kept as far as it is, like everything that is not a transfer.
    let file = String::from_utf8_lossy(&body).into_owned();
    let take = move || {
        let came = may.record.take_transfer(&may.permit, &transfers, &rules, &file, now()).map_err(Problem::record)?;
        match came {
            Came::Taken(written) => match may.record.answered(written).map_err(Problem::record)?.what {
                What::Referral(referral) => {
                    let (id, reference) = (referral.referral.clone(), referral.reference.clone());
                    let location = [(header::LOCATION, format!("/v1/referrals/{id}"))];
                    Ok((StatusCode::CREATED, location, axum::Json(TransferTaken { id, reference })).into_response())
                }
                _ => Err(Problem::internal()),
            },
            Came::Kept { id, refusal, faults } => {
                let kept = TransferKept {
                    kept: id,
                    refusal,
                    says: refusal.says(),
                    errors: faults.into_iter().map(FaultTold::from).collect(),
                };
                Ok((StatusCode::ACCEPTED, axum::Json(kept)).into_response())
            }
        }
    };
    away(take).await?
}

pub(super) fn too_large() -> Problem {
    let detail = format!("a transfer has at most {MAX_TRANSFER} bytes; phone the sender, for it was not kept");
    Problem::faults(vec![Fault::new("", FaultCode::TooLarge, detail)])
}

/// List transfers that were not taken and are kept for a person
#[utoipa::path(
    get,
    path = "/v1/transfers",
    tag = "referrals",
    responses(
        (status = 200, description = "What nobody has dealt with first, the oldest of it before the rest; at most 100", body = KeptTransfers),
        (status = 403, description = "For others to do", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(may: May<Transfer>) -> Result<Response, Problem> {
    let list = move || may.record.list_kept_transfers(&may.permit, now()).map_err(Problem::record);
    Ok(axum::Json(away(list).await??).into_response())
}
