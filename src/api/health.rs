//! `/livez`, `/readyz`, `/version`: for operators; no fact about anybody.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::criteria::RuleSetId;
use crate::serving::Serving;

/// Whether the program runs or can answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Health {
    /// `ok`
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

/// The program runs
#[utoipa::path(get, path = "/livez", tag = "health", responses((status = 200, body = Health)))]
pub(super) async fn live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The program can evaluate: a checked rule set is loaded
#[utoipa::path(get, path = "/readyz", tag = "health", responses((status = 200, body = Health)))]
pub(super) async fn ready(State(serving): State<Arc<Serving>>) -> Json<Health> {
    // Serving exists only with a checked rule set, so being able to ask is the answer.
    let _ = serving.rules();
    Json(Health { status: "ok" })
}

/// What runs here
#[utoipa::path(get, path = "/version", tag = "health", responses((status = 200, body = Version)))]
pub(super) async fn version(State(serving): State<Arc<Serving>>) -> Json<Version> {
    let rule_set = serving.rules().id().clone();
    Json(Version { engine: concat!("windscreen ", env!("CARGO_PKG_VERSION")), rule_set })
}
