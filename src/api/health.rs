//! `/livez`, `/readyz`, `/version`: for operators; no fact about anybody.

use std::sync::Arc;

use axum::{Extension, Json};
use serde::Serialize;

use crate::criteria::{RuleSet, RuleSetId};

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

/// Whether the program can evaluate
///
/// It listens only once a checked rule set is loaded, and an invalid change never takes that away.
#[utoipa::path(get, path = "/readyz", tag = "health", responses((status = 200, description = "It can", body = Health)))]
pub(super) async fn ready() -> Json<Health> {
    Json(Health { status: "ok" })
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
