//! `POST /v1/evaluations/batch`: a referral a line in, an answer a line out, in order, streamed.
//!
//! A few lines are held, never the whole. A bad line is answered on its own line, and the rest go on.

mod lines;

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt;
use serde::Serialize;

use super::acting::MayEvaluate;
use super::evaluations::{Evaluating, ExplainQuery, named, pinned, takes};
use super::problem::Problem;
use super::room::{Room, away_in};
use crate::criteria::RuleSet;
use crate::json::Json;
use crate::level::{Evaluation, Explain};
use crate::metrics::{self, Way};
use crate::referral::at_once::AtOnce;
use crate::referral::{Indicated, IndicatedChild, Referral};
use lines::{Line, lines};

/// How many lines of one batch are evaluated at the same time: enough to keep the machine busy while answers go out,
/// few enough that one batch does not keep others waiting.
const AT_ONCE: usize = 4;
/// The longest `ref` that is read.
const MAX_REF_BYTES: usize = 200;

/// One line of a batch's answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(super) enum BatchAnswer<'r> {
    /// One child.
    Child {
        /// The line's own reference.
        #[serde(rename = "ref")]
        reference: Option<String>,
        /// What the criteria indicate.
        evaluation: Box<Evaluation<'r>>,
    },
    /// Several children.
    Children {
        /// The line's own reference.
        #[serde(rename = "ref")]
        reference: Option<String>,
        /// Each child's evaluation, in the order sent.
        children: Vec<IndicatedChild<'r>>,
    },
    /// A line that was not evaluated.
    Problem {
        /// The line's own reference, where it could be read.
        #[serde(rename = "ref")]
        reference: Option<String>,
        /// Why, with the number of the line.
        problem: Problem,
    },
}

/// Evaluates a referral a line (NDJSON), in order
///
/// Each line is a request as of `/v1/evaluations`, with a `ref` that is echoed; empty lines are passed over. Each line
/// of the answer is a `BatchAnswer`. All of it is answered under one rule set. An answer that ends without an end, as
/// HTTP tells it, is not whole.
#[utoipa::path(
    post,
    path = "/v1/evaluations/batch",
    tag = "evaluations",
    params(ExplainQuery, ("If-Match" = Option<String>, Header, description = "The digest of the rule set, in quotes")),
    request_body(
        content = String,
        content_type = "application/x-ndjson",
        description = "An `EvaluationRequest` a line, each 64 KiB at most",
    ),
    responses(
        (status = 200, description = "A `BatchAnswer` a line, in the same order", body = String,
            content_type = "application/x-ndjson",
            headers(("ETag" = String, description = "The digest of the rule set, in quotes"))),
        (status = 412, description = "Another rule set is in force", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not `application/x-ndjson`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A query that is not understood", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn evaluate_lines(
    _: MayEvaluate,
    evaluating: Evaluating,
    query: Result<Query<ExplainQuery>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    takes(&headers, "application/x-ndjson")?;
    let explain = ExplainQuery::explain(query)?;
    let rules = Arc::clone(evaluating.matching(&headers)?);
    let named = named(&rules);
    // Lines wait for room, and the sender for them: what is cut off in the middle is of no use to anybody.
    let room = Room::of_request().map(Room::patient);
    let answers = lines(body.into_data_stream())
        .map_ok(move |line| {
            let (rules, number, room) = (Arc::clone(&rules), line.number, room.clone());
            async move {
                let answer = away_in(room.as_ref(), move || written(&answer(&rules, line, explain))).await;
                let not_evaluated = |problem| written(&not_evaluated(None, number, problem));
                Ok::<_, axum::Error>(answer.unwrap_or_else(not_evaluated))
            }
        })
        .try_buffered(AT_ONCE);
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((named, kind, Body::from_stream(answers)).into_response())
}

fn answer(rules: &RuleSet, line: Line, explain: Explain) -> BatchAnswer<'_> {
    if let Ok(text) = &line.text
        && let Some(asked) = AtOnce::read(text, rules)
        && let Indicated::Child(evaluation) = asked.evaluate(rules, explain)
    {
        metrics::evaluated(Way::Batch, [evaluation.settled]);
        return BatchAnswer::Child { reference: asked.reference, evaluation };
    }
    let json = match line.text.map_err(|fault| vec![fault]).and_then(|text| Json::read(&text)) {
        Ok(json) => json,
        Err(faults) => return not_evaluated(None, line.number, Problem::faults(faults)),
    };
    let reference = reference(&json);
    match indicated(rules, &json, explain) {
        Ok(Indicated::Child(evaluation)) => BatchAnswer::Child { reference, evaluation },
        Ok(Indicated::Children { children }) => BatchAnswer::Children { reference, children },
        Err(problem) => not_evaluated(reference, line.number, problem),
    }
}

fn indicated<'r>(rules: &'r RuleSet, json: &Json, explain: Explain) -> Result<Indicated<'r>, Problem> {
    let referral = Referral::read(json).map_err(Problem::faults)?;
    pinned(rules, &referral)?;
    let indicated = referral.evaluate(rules, explain).map_err(Problem::faults)?;
    metrics::evaluated(Way::Batch, indicated.evaluations().map(|one| one.settled));
    Ok(indicated)
}

/// The line's own reference, which helps most where the rest of the line cannot be read.
fn reference(json: &Json) -> Option<String> {
    let Json::Object(entries) = json else { return None };
    entries.iter().find_map(|(key, value)| match value {
        Json::Text(text) if key == "ref" && text.len() <= MAX_REF_BYTES => Some(text.clone()),
        _ => None,
    })
}

fn not_evaluated(reference: Option<String>, number: usize, problem: Problem) -> BatchAnswer<'static> {
    let detail = format!("line {number}: {}", problem.detail);
    BatchAnswer::Problem { reference, problem: Problem { detail, ..problem } }
}

fn written(answer: &BatchAnswer<'_>) -> Bytes {
    // Writing to memory cannot fail, and every key is text.
    let mut line = serde_json::to_vec(answer).unwrap_or_default();
    line.push(b'\n');
    line.into()
}
