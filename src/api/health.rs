//! `/livez`, `/readyz`, `/version`: for operators; no fact about anybody.

use std::sync::Arc;

use axum::{Extension, Json};
use serde::Serialize;

use super::problem::{Problem, ProblemType};
use crate::criteria::{RuleSet, RuleSetId};
use crate::serving::Serving;

/// Whether the program runs or can answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Health {
    /// `ok`
    #[schema(example = "ok")]
    status: &'static str,
}

/// What runs here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Version {
    /// The program.
    #[schema(example = "windscreen 0.1.0")]
    engine: &'static str,
    /// The rule set in force.
    rule_set: RuleSetId,
}

/// Whether the program runs
#[utoipa::path(get, path = "/livez", tag = "health", responses((status = 200, description = "It runs", body = Health)))]
pub(super) async fn live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Whether the program takes requests
///
/// It listens only once a checked rule set is loaded, and an invalid change never takes that away. Once told to stop it says so here for as long as `serve --notice` says, and answers all the same: a load balancer sends the next requests elsewhere.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    responses(
        (status = 200, description = "It takes them", body = Health),
        (status = 503, description = "It is about to stop", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn ready(Extension(serving): Extension<Arc<Serving>>) -> Result<Json<Health>, Problem> {
    if serving.is_leaving() {
        return Err(Problem::new(
            ProblemType::Stopping,
            "what is sent here is still answered; send the next elsewhere",
        ));
    }
    Ok(Json(Health { status: "ok" }))
}

/// What runs here
#[utoipa::path(
    get,
    path = "/version",
    tag = "health",
    responses((status = 200, description = "The program and its rule set", body = Version))
)]
pub(super) async fn version(Extension(rules): Extension<Arc<RuleSet>>) -> Json<Version> {
    Json(Version { engine: concat!("windscreen ", env!("CARGO_PKG_VERSION")), rule_set: rules.id().clone() })
}
