//! `GET /v1/rule-sets/...`: what runs, and what it asks.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::evaluations::etag;
use super::problem::{Problem, ProblemType};
use crate::criteria::entries::{CodeListEntry, InForce, Timescale};
use crate::criteria::{RuleSet, RuleSetId};
use crate::facts_schema::facts_schema;
use crate::ladder::LevelOfNeed;

/// The rule set in force, for people and programs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RuleSetInForce<'r> {
    /// What identifies it.
    #[serde(flatten)]
    id: &'r RuleSetId,
    /// Its title.
    title: &'r str,
    /// What it is, and what it is not.
    about: &'r str,
    /// When it is in force.
    #[schema(value_type = InForce)]
    in_force: &'r InForce,
    /// The levels, least first.
    levels: &'r [LevelOfNeed],
    /// The topics that a referral may raise, in the order a form asks.
    topics: Vec<TopicInForce<'r>>,
    /// The questions that are always asked.
    core: Vec<&'r str>,
    /// How much there is of each.
    counts: Counts,
    /// Statutory and local time limits.
    #[schema(value_type = Vec<Timescale>)]
    timescales: &'r [Timescale],
    /// National and local code lists.
    #[schema(value_type = Vec<CodeListEntry>)]
    code_lists: &'r [CodeListEntry],
    /// What each source stands for.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    sources: &'r indexmap::IndexMap<String, String>,
}

/// How much of each a rule set holds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Counts {
    /// Topics.
    topics: usize,
    /// Facts.
    facts: usize,
    /// Criteria.
    criteria: usize,
    /// Thresholds.
    thresholds: usize,
    /// Scripts.
    scripts: usize,
    /// Actions.
    actions: usize,
    /// Considerations.
    considerations: usize,
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
        (status = 200, description = "The rule set in force", body = RuleSetInForce,
            headers(("ETag" = String, description = "Its digest, in quotes"))),
        (status = 304, description = "Still in force"),
    )
)]
pub(super) async fn current(Extension(rules): Extension<Arc<RuleSet>>, headers: HeaderMap) -> Response {
    if is_known(&rules, &headers) {
        return (StatusCode::NOT_MODIFIED, etag(&rules), ASK_AGAIN).into_response();
    }
    (etag(&rules), ASK_AGAIN, axum::Json(in_force(&rules))).into_response()
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
    Extension(rules): Extension<Arc<RuleSet>>,
    digest: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let known = &rules.id().digest;
    let in_force_here = |digest: &str| digest == known || known.strip_prefix("sha256:") == Some(digest);
    if !digest.is_ok_and(|Path(digest)| in_force_here(&digest)) {
        return Err(Problem::new(ProblemType::NotFound, "no rule set with that digest is in force here"));
    }
    if is_known(&rules, &headers) {
        return Ok((StatusCode::NOT_MODIFIED, etag(&rules), ASK_AGAIN).into_response());
    }
    let kind = [(header::CONTENT_TYPE, "application/schema+json")];
    Ok((etag(&rules), ASK_AGAIN, kind, facts_schema(&rules).to_string()).into_response())
}

/// A rule set may be kept, and is asked about each time: what is in force can change at any moment.
const ASK_AGAIN: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-cache")];

fn is_known(rules: &RuleSet, headers: &HeaderMap) -> bool {
    let tag = format!("\"{}\"", rules.id().digest);
    let given = headers.get_all(header::IF_NONE_MATCH).iter().map(|value| value.to_str().unwrap_or_default());
    let mut tags = given.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|one| one == "*" || one.trim_start_matches("W/") == tag)
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
        counts: Counts {
            topics: rules.topics().len(),
            facts: rules.indicators().len(),
            criteria: rules.criteria().len(),
            thresholds: rules.thresholds().len(),
            scripts: rules.tables().len(),
            actions: rules.actions().len(),
            considerations: rules.considerations().len(),
        },
        timescales: &framework.timescales,
        code_lists: &framework.code_lists,
        sources: &framework.sources,
    }
}
