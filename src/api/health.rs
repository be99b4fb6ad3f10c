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

/// What it can do now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Ready {
    /// `ok`
    #[schema(example = "ok")]
    status: &'static str,
    /// The database: `ok`, or `none` where nothing is recorded.
    #[schema(example = "ok")]
    store: &'static str,
    /// The logs: the same.
    #[schema(example = "ok")]
    log: &'static str,
    /// What is kept beside the database: the same.
    #[schema(example = "ok")]
    guard: &'static str,
    /// The rules in force: `ok`, or `kept` where the folder holds others that cannot be served.
    #[schema(example = "ok")]
    rules: &'static str,
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
/// It takes them when a checked rule set is in force, the database answers, and the logs and the guard let something be recorded; it looks each second. Where nothing can be recorded it says so here, and evaluates and shows what is recorded all the same. Once told to stop it says so for as long as `serve --notice` says: a load balancer sends the next requests elsewhere.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    responses(
        (status = 200, description = "It takes them", body = Ready),
        (status = 503, description = "It is about to stop, or nothing can be recorded here", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn ready(Extension(serving): Extension<Arc<Serving>>) -> Result<Json<Ready>, Problem> {
    if serving.is_leaving() {
        return Err(Problem::new(
            ProblemType::Stopping,
            "what is sent here is still answered; send the next elsewhere",
        ));
    }
    let parts = serving.parts();
    if let Some(why) = parts.hindrance() {
        return Err(Problem::new(ProblemType::NotRecorded, format!("nothing can be recorded here: {why}")));
    }
    let of_record = if serving.record().is_some() { "ok" } else { "none" };
    let rules = if parts.rules.is_some() { "kept" } else { "ok" };
    Ok(Json(Ready { status: "ok", store: of_record, log: of_record, guard: of_record, rules }))
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
