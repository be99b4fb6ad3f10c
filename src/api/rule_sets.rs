//! `GET /v1/rule-sets/...`: what runs, and what it asks.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::evaluations::etag;
use super::problem::Problem;
use crate::criteria::entries::{CodeListEntry, InForce, Timescale};
use crate::criteria::{RuleSet, RuleSetId};
use crate::facts_schema::facts_schema;
use crate::ladder::LevelOfNeed;
use crate::serving::Serving;

/// The rule set in force, for people and programs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RuleSetInForce<'r> {
    /// What identifies it.
    #[serde(flatten)]
    id: &'r RuleSetId,
    /// Its title.
    title: &'r str,
    /// What it is, and what it is not.
    about: &'r str,
    /// When it is in force.
    #[schema(value_type = Object)]
    in_force: &'r InForce,
    /// The levels, least first.
    levels: &'r [LevelOfNeed],
    /// The topics that a referral may raise, in the order a form asks.
    topics: Vec<TopicInForce<'r>>,
    /// The questions that are always asked.
    core: Vec<&'r str>,
    /// How many facts it knows.
    facts: usize,
    /// Statutory and local time limits.
    #[schema(value_type = Vec<Object>)]
    timescales: &'r [Timescale],
    /// National and local code lists.
    #[schema(value_type = Vec<Object>)]
    code_lists: &'r [CodeListEntry],
    /// What each source stands for.
    #[schema(value_type = Object)]
    sources: &'r indexmap::IndexMap<String, String>,
}

/// A topic.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TopicInForce<'r> {
    /// Its id.
    id: &'r str,
    /// Its title.
    title: &'r str,
    /// Its questions.
    facts: Vec<&'r str>,
}

/// The rule set in force
#[utoipa::path(
    get,
    path = "/v1/rule-sets/current",
    tag = "rule sets",
    params(("If-None-Match" = Option<String>, Header, description = "A digest in quotes; 304 when it is still in force")),
    responses(
        (status = 200, description = "The rule set in force; the `ETag` is its digest", body = RuleSetInForce),
        (status = 304, description = "Still in force"),
    )
)]
pub(super) async fn current(State(serving): State<Arc<Serving>>, headers: HeaderMap) -> Response {
    let rules = serving.rules();
    if is_known(&rules, &headers) {
        return (StatusCode::NOT_MODIFIED, etag(&rules)).into_response();
    }
    (etag(&rules), axum::Json(in_force(&rules))).into_response()
}

/// The facts of a rule set, as JSON Schema 2020-12
#[utoipa::path(
    get,
    path = "/v1/rule-sets/{digest}/facts.schema.json",
    tag = "rule sets",
    params(("digest" = String, Path, description = "The digest, with or without `sha256:`")),
    responses(
        (status = 200, description = "The schema of `facts`", body = serde_json::Value, content_type = "application/schema+json"),
        (status = 304, description = "Unchanged, as it always is for a digest"),
        (status = 404, description = "No such rule set here", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn facts_schema_of(
    State(serving): State<Arc<Serving>>,
    Path(digest): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let rules = serving.rules();
    let known = &rules.id().digest;
    if digest != *known && format!("sha256:{digest}") != *known {
        return Err(Problem::not_found("no rule set with that digest is in force here"));
    }
    if is_known(&rules, &headers) {
        return Ok((StatusCode::NOT_MODIFIED, etag(&rules)).into_response());
    }
    let kind = [(header::CONTENT_TYPE, "application/schema+json")];
    Ok((etag(&rules), kind, facts_schema(&rules).to_string()).into_response())
}

fn is_known(rules: &RuleSet, headers: &HeaderMap) -> bool {
    let given = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let digest = &rules.id().digest;
    given.is_some_and(|list| {
        list.split(',').any(|one| one.trim() == "*" || one.trim().trim_start_matches("W/").trim_matches('"') == digest)
    })
}

fn in_force(rules: &RuleSet) -> RuleSetInForce<'_> {
    let framework = rules.framework();
    let ids = |wanted: &dyn Fn(usize) -> bool| {
        let facts = rules.indicators().iter().enumerate().filter(|(fact, _)| wanted(*fact));
        facts.map(|(_, fact)| fact.id.as_str()).collect()
    };
    let topics = rules.topics().iter().enumerate().map(|(index, topic)| TopicInForce {
        id: &topic.id,
        title: &topic.title,
        facts: ids(&|fact| rules.indicators()[fact].topic == index),
    });
    RuleSetInForce {
        id: rules.id(),
        title: &framework.title,
        about: &framework.about,
        in_force: &framework.in_force,
        levels: rules.ladder().levels(),
        topics: topics.collect(),
        core: ids(&|fact| rules.is_core(fact)),
        facts: rules.indicators().len(),
        timescales: &framework.timescales,
        code_lists: &framework.code_lists,
        sources: &framework.sources,
    }
}
