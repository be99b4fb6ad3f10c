//! `POST /v1/evaluations`: one child's facts, or a referral with several children; records nothing.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::problem::Problem;
use crate::criteria::RuleSet;
use crate::json::{Fault, Json, MAX_BYTES};
use crate::level::Explain;
use crate::referral::{Indicated, Referral};
use crate::serving::Serving;

/// How much explanation is wanted, for callers who would rather not say so in the body.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExplainQuery {
    /// `none`, `summary` or `full` (the default).
    explain: Option<String>,
}

impl ExplainQuery {
    /// What the query asks for; a query that cannot be read is a problem like any other.
    pub(super) fn explain(query: Result<Query<Self>, QueryRejection>) -> Result<Explain, Problem> {
        let said = query.as_ref().map(|Query(query)| query.explain.as_deref());
        match said.unwrap_or(Some("")) {
            None | Some("full") => Ok(Explain::Full),
            Some("summary") => Ok(Explain::Summary),
            Some("none") => Ok(Explain::None),
            Some(_) => {
                let fault = Fault::new("", "unknown-word", "the query parameter `explain` is one of three words");
                Err(Problem::faults(vec![fault.instead("none, summary or full")]))
            }
        }
    }
}

/// Evaluates one child's facts, or a referral with several children
///
/// Nothing is recorded. A provisional answer has no `level`, only `at_least` and `at_most`.
#[utoipa::path(
    post,
    path = "/v1/evaluations",
    tag = "evaluations",
    params(ExplainQuery, ("If-Match" = Option<String>, Header, description = "The digest of the rule set, in quotes")),
    request_body(
        content = serde_json::Value,
        description = "Facts of one child (`facts`), or a `household` with `children`; 64 KiB at most",
        examples(
            ("one child" = (value = json!({
                "received_at": "2026-11-23T10:00:00+00:00",
                "facts": { "child_age_months": 5, "independently_mobile": false, "bruise_or_injury_non_mobile": true }
            }))),
            ("several children" = (value = json!({
                "received_at": "2026-11-23T13:00:00+00:00",
                "household": { "facts": { "housing": "poor_or_overcrowded" } },
                "children": [
                    { "ref": "A", "date_of_birth": "2018-03-02", "facts": { "child_disclosed_physical_abuse": true } },
                    { "ref": "B", "due_date": "2027-02-20", "facts": {} }
                ]
            })))
        )
    ),
    responses(
        (status = 200, description = "What the criteria indicate; the `ETag` is the rule set's digest", body = Indicated),
        (status = 400, description = "Not strict JSON", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Another rule set is in force", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not `application/json`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Unknown facts, wrong answers: every fault at once", body = Problem,
            content_type = "application/problem+json", example = json!({
                "type": "urn:windscreen:problem:faults", "status": 422,
                "title": "The request cannot be understood as it stands", "detail": "1 fault; nothing was evaluated",
                "errors": [{ "pointer": "/facts/keping_safe", "code": "unknown-fact",
                    "detail": "no such fact in this rule set", "suggestion": "keeping_safe" }]
            })),
    )
)]
pub(super) async fn evaluate(
    State(serving): State<Arc<Serving>>,
    query: Result<Query<ExplainQuery>, QueryRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let rules = serving.rules();
    takes(&headers, "application/json")?;
    let body = body.map_err(|_| {
        Problem::faults(vec![Fault::new("", "too-large", format!("at most {MAX_BYTES} bytes are read"))])
    })?;
    let explain = ExplainQuery::explain(query)?;
    let referral = Json::read(&body).and_then(|json| Referral::read(&json)).map_err(Problem::faults)?;
    pinned(&rules, &headers, referral.rule_set.as_deref())?;
    let indicated = referral.evaluate(&rules, explain).map_err(Problem::faults)?;
    Ok((etag(&rules), axum::Json(indicated)).into_response())
}

/// The rule set's digest as a header; every answer carries it.
pub(super) fn etag(rules: &RuleSet) -> [(header::HeaderName, String); 1] {
    [(header::ETAG, format!("\"{}\"", rules.id().digest))]
}

/// Refuses a body of another type.
pub(super) fn takes(headers: &HeaderMap, expected: &str) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (kind, parameters) = given.split_once(';').unwrap_or((given, ""));
    let parameters = parameters.trim().to_ascii_lowercase();
    let plain = parameters.is_empty() || parameters == "charset=utf-8" || parameters == "charset=\"utf-8\"";
    if kind.trim().eq_ignore_ascii_case(expected) && plain { Ok(()) } else { Err(Problem::unsupported(expected)) }
}

/// Refuses when the caller insists on another rule set.
pub(super) fn pinned(rules: &RuleSet, headers: &HeaderMap, in_body: Option<&str>) -> Result<(), Problem> {
    let digest = &rules.id().digest;
    let header = headers.get(header::IF_MATCH).map(|value| value.to_str().unwrap_or_default());
    let matches = |list: &str| list.split(',').any(|one| one.trim() == "*" || one.trim().trim_matches('"') == digest);
    if header.is_none_or(matches) && in_body.is_none_or(|pin| pin == digest) {
        return Ok(());
    }
    Err(Problem::rule_set_moved(digest))
}
