//! `GET /v1/rule-sets/...`: what runs, what will run and what ran, and what each asks.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::evaluations::etag;
use super::problem::{Problem, ProblemType};
use super::room::away;
use crate::criteria::entries::{CodeListEntry, InForce, Retired, Timescale};
use crate::criteria::{Indicator, RuleSet, RuleSetId};
use crate::facts::Answer;
use crate::facts_schema::facts_schema;
use crate::ladder::LevelOfNeed;
use crate::record::rule_sets::RuleSetHead;
use crate::serving::Serving;

/// What runs, what will run, and what ran.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RuleSets {
    /// The digest of the rule set in force.
    #[schema(example = "sha256:6c0f…")]
    in_force: String,
    /// The digest of the one that was agreed and comes next.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Those and every other that evaluated here, the latest first.
    rule_sets: Vec<RuleSetHead>,
}

/// A rule set, for people and programs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RuleSetRead<'r> {
    /// What identifies it.
    #[serde(flatten)]
    id: &'r RuleSetId,
    /// Its title.
    title: &'r str,
    /// What it is, and what it is not.
    about: &'r str,
    /// When it is in force, as it says itself.
    #[schema(value_type = InForce)]
    in_force: &'r InForce,
    /// The levels, least first.
    levels: &'r [LevelOfNeed],
    /// The topics that a referral may raise, in the order a form asks.
    topics: Vec<TopicInForce<'r>>,
    /// The questions that are always asked.
    core: Vec<&'r str>,
    /// Facts and answers that are asked no more, and accepted until a day: each is recorded and listed in the answer.
    retired: Vec<RetiredFact<'r>>,
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

/// A fact that is asked no more, or one of its answers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RetiredFact<'r> {
    /// The fact.
    fact: &'r str,
    /// The answer, when only that is retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Answer>)]
    answer: Option<&'r Answer>,
    /// Until when it is accepted.
    #[schema(format = Date)]
    until: &'r str,
    /// Why, and what to give instead.
    because: &'r str,
}

/// The rule set that comes next, beside the one in force.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct NextRuleSet<'r> {
    /// The rule set.
    #[serde(flatten)]
    rule_set: RuleSetRead<'r>,
    /// What changes for whoever sends facts.
    changes: FactChanges<'r>,
}

/// What changes for whoever sends facts, by fact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct FactChanges<'r> {
    /// Facts that are new.
    added: Vec<&'r str>,
    /// Facts of which the question, the answers or the range are others than before.
    changed: Vec<&'r str>,
    /// Facts that are retired from then on; they are accepted until a day.
    retired: Vec<&'r str>,
    /// Facts that are not accepted any more.
    removed: Vec<&'r str>,
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

/// What runs, what will run, and what ran
#[utoipa::path(
    get,
    path = "/v1/rule-sets",
    tag = "rule sets",
    responses(
        (status = 200, description = "Every rule set that evaluated here, the one in force, and the next", body = RuleSets),
    )
)]
pub(super) async fn list(
    Extension(serving): Extension<Arc<Serving>>,
    Extension(rules): Extension<Arc<RuleSet>>,
) -> Result<Response, Problem> {
    let list = move || {
        let next = serving.next_rules();
        let kept = serving.record().map(|record| record.list_rule_set_heads().map_err(Problem::record));
        let mut heads = kept.transpose()?.unwrap_or_default();
        heads.extend([&rules].into_iter().chain(&next).map(|rules| RuleSetHead::of(rules)));
        heads.sort_by(|one, other| {
            let order = |head: &RuleSetHead| (head.from.clone(), head.id.version.clone(), head.id.digest.clone());
            order(other).cmp(&order(one))
        });
        heads.dedup();
        let next = next.map(|next| next.id().digest.clone());
        Ok(axum::Json(RuleSets { in_force: rules.id().digest.clone(), next, rule_sets: heads }).into_response())
    };
    away(list).await?
}

/// The rule set in force
#[utoipa::path(
    get,
    path = "/v1/rule-sets/current",
    tag = "rule sets",
    params(("If-None-Match" = Option<String>, Header, description = "A digest in quotes; 304 when it is still in force")),
    responses(
        (status = 200, description = "The rule set in force", body = RuleSetRead,
            headers(("ETag" = String, description = "Its digest, in quotes"))),
        (status = 304, description = "Still in force"),
    )
)]
pub(super) async fn current(Extension(rules): Extension<Arc<RuleSet>>, headers: HeaderMap) -> Response {
    if_changed(&rules, &headers, || axum::Json(read_of(&rules)).into_response())
}

/// The rule set that was agreed and comes next
///
/// From when it is in force stands in it, and in `Windscreen-Next-Rule-Set` on every answer until then. Whoever sends
/// its digest as `rule_set` with an evaluation is answered under it.
#[utoipa::path(
    get,
    path = "/v1/rule-sets/next",
    tag = "rule sets",
    params(("If-None-Match" = Option<String>, Header, description = "A digest in quotes; 304 when it is still the next")),
    responses(
        (status = 200, description = "The rule set, and what changes for whoever sends facts", body = NextRuleSet,
            headers(("ETag" = String, description = "Its digest, in quotes"))),
        (status = 304, description = "Still the next"),
        (status = 404, description = "No other was agreed", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn next(
    Extension(serving): Extension<Arc<Serving>>,
    Extension(rules): Extension<Arc<RuleSet>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let no_other = || Problem::new(ProblemType::NotFound, "no other rule set was agreed");
    let next = serving.next_rules().ok_or_else(no_other)?;
    let body = || NextRuleSet { rule_set: read_of(&next), changes: changes(&rules, &next) };
    Ok(if_changed(&next, &headers, || axum::Json(body()).into_response()))
}

/// A rule set by its digest
#[utoipa::path(
    get,
    path = "/v1/rule-sets/{digest}",
    tag = "rule sets",
    params(
        ("digest" = String, Path, description = "The digest, with or without `sha256:`"),
        ("If-None-Match" = Option<String>, Header, description = "The digest in quotes; 304, as a rule set never changes"),
    ),
    responses(
        (status = 200, description = "The rule set", body = RuleSetRead,
            headers(("ETag" = String, description = "Its digest, in quotes"))),
        (status = 304, description = "Unchanged, as it always is for a digest"),
        (status = 404, description = "No such rule set here", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    Extension(serving): Extension<Arc<Serving>>,
    Extension(rules): Extension<Arc<RuleSet>>,
    digest: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let rules = of_digest(serving, rules, digest).await?;
    Ok(if_changed(&rules, &headers, || axum::Json(read_of(&rules)).into_response()))
}

/// The facts of a rule set, as JSON Schema 2020-12
#[utoipa::path(
    get,
    path = "/v1/rule-sets/{digest}/facts.schema.json",
    tag = "rule sets",
    params(
        ("digest" = String, Path, description = "The digest, with or without `sha256:`"),
        ("If-None-Match" = Option<String>, Header, description = "The digest in quotes; 304, as a rule set never changes"),
    ),
    responses(
        (status = 200, description = "The schema of `facts`", body = serde_json::Value, content_type = "application/schema+json",
            headers(("ETag" = String, description = "The rule set's digest, in quotes"))),
        (status = 304, description = "Unchanged, as it always is for a digest"),
        (status = 404, description = "No such rule set here", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn facts_schema_of(
    Extension(serving): Extension<Arc<Serving>>,
    Extension(rules): Extension<Arc<RuleSet>>,
    digest: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let rules = of_digest(serving, rules, digest).await?;
    let kind = [(header::CONTENT_TYPE, "application/schema+json")];
    Ok(if_changed(&rules, &headers, || (kind, facts_schema(&rules).to_string()).into_response()))
}

/// A rule set of which the caller knows the digest: the one in force, the next, or one that evaluated here.
pub(super) async fn of_digest(
    serving: Arc<Serving>,
    rules: Arc<RuleSet>,
    digest: Result<Path<String>, PathRejection>,
) -> Result<Arc<RuleSet>, Problem> {
    let none = || Problem::new(ProblemType::NotFound, "no rule set with that digest is known here");
    let Path(digest) = digest.map_err(|_| none())?;
    let digest = if digest.starts_with("sha256:") { digest } else { format!("sha256:{digest}") };
    let is_it = |rules: &Arc<RuleSet>| rules.id().digest == digest;
    if let Some(rules) = [rules].into_iter().chain(serving.next_rules()).find(is_it) {
        return Ok(rules);
    }
    let find = move || match serving.record() {
        Some(record) => record.find_rule_set(&digest).map_err(Problem::record),
        None => Ok(None),
    };
    away(find).await??.ok_or_else(none)
}

/// Answers with what the caller has not got yet.
fn if_changed(rules: &RuleSet, headers: &HeaderMap, answer: impl FnOnce() -> Response) -> Response {
    if is_known(rules, headers) {
        return (StatusCode::NOT_MODIFIED, etag(rules), ASK_AGAIN).into_response();
    }
    (etag(rules), ASK_AGAIN, answer()).into_response()
}

/// A rule set may be kept, and is asked about each time: what is in force can change at any moment.
const ASK_AGAIN: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-cache")];

fn is_known(rules: &RuleSet, headers: &HeaderMap) -> bool {
    let tag = format!("\"{}\"", rules.id().digest);
    let given = headers.get_all(header::IF_NONE_MATCH).iter().map(|value| value.to_str().unwrap_or_default());
    let mut tags = given.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

fn read_of(rules: &RuleSet) -> RuleSetRead<'_> {
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
    RuleSetRead {
        id: rules.id(),
        title: &framework.title,
        about: &framework.about,
        in_force: &framework.in_force,
        levels: rules.ladder().levels(),
        topics: topics.collect(),
        core: ids(&|fact| rules.is_core(fact)),
        retired: retired(rules),
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

/// What is retired, in file order.
fn retired(rules: &RuleSet) -> Vec<RetiredFact<'_>> {
    let mut all = Vec::new();
    for fact in rules.indicators() {
        let whole = fact.retired.as_ref().map(|retired| (retired, None));
        let answers = fact.classes.iter().filter_map(|class| Some((class.retired.as_ref()?, Some(&class.answer))));
        all.extend(whole.into_iter().chain(answers).map(|(Retired { until, because }, answer)| RetiredFact {
            fact: &fact.id,
            answer,
            until,
            because,
        }));
    }
    all
}

/// What changes for whoever sends facts when one rule set follows another, in file order.
fn changes<'r>(before: &'r RuleSet, after: &'r RuleSet) -> FactChanges<'r> {
    let [was, is] = [before, after].map(facts_schema);
    let accepts = |schema: &serde_json::Value, fact: &str| schema["properties"][fact].clone();
    let known = |rules: &'r RuleSet, id: &str| rules.indicators().iter().find(|fact| fact.id == id);
    let ids = |rules: &'r RuleSet, wanted: &dyn Fn(&Indicator) -> bool| -> Vec<&'r str> {
        rules.indicators().iter().filter(|fact| wanted(fact)).map(|fact| fact.id.as_str()).collect()
    };
    let was_retired = |id: &str| known(before, id).is_some_and(|fact| fact.retired.is_some());
    FactChanges {
        added: ids(after, &|fact| known(before, &fact.id).is_none()),
        changed: ids(after, &|fact| {
            let stays = known(before, &fact.id).is_some() && fact.retired.is_some() == was_retired(&fact.id);
            stays && accepts(&was, &fact.id) != accepts(&is, &fact.id)
        }),
        retired: ids(after, &|fact| fact.retired.is_some() && !was_retired(&fact.id)),
        removed: ids(before, &|fact| known(after, &fact.id).is_none()),
    }
}
