//! `POST /v1/evaluations/batch`: a referral a line in, an answer a line out, in order, streamed.
//!
//! At most one line is held. A bad line is answered on its own line, and the rest go on.

use std::sync::Arc;

use axum::body::{Body, BodyDataStream};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::json;

use super::evaluations::{ExplainQuery, etag, pinned, takes};
use super::problem::Problem;
use crate::criteria::RuleSet;
use crate::json::{Fault, Json, MAX_BYTES};
use crate::level::Explain;
use crate::referral::{Indicated, Referral};
use crate::serving::Serving;

/// Evaluates a referral a line (NDJSON), in order
///
/// Each line is a request as of `/v1/evaluations`, with a `ref` that is echoed. Each answer line is
/// `{"ref", "evaluation"}`, `{"ref", "children"}` or `{"ref", "problem"}`.
#[utoipa::path(
    post,
    path = "/v1/evaluations/batch",
    tag = "evaluations",
    params(ExplainQuery, ("If-Match" = Option<String>, Header, description = "The digest of the rule set, in quotes")),
    request_body(
        content = String,
        content_type = "application/x-ndjson",
        description = "One request a line, each 64 KiB at most",
        example = "{\"ref\":\"1\",\"facts\":{\"immediate_danger_now\":true}}\n{\"ref\":\"2\",\"facts\":{}}\n",
    ),
    responses(
        (status = 200, description = "One answer a line, in the same order", body = String, content_type = "application/x-ndjson"),
        (status = 412, description = "Another rule set is in force", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not `application/x-ndjson`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn evaluate_lines(
    State(serving): State<Arc<Serving>>,
    query: Result<Query<ExplainQuery>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let rules = serving.rules();
    takes(&headers, "application/x-ndjson")?;
    pinned(&rules, &headers, None)?;
    let explain = ExplainQuery::explain(query)?;
    let tag = etag(&rules);
    let lines = Lines { input: body.into_data_stream(), buffer: BytesMut::new(), skipping: false, ended: false };
    let answers = stream::unfold((lines, rules), move |(mut lines, rules)| async move {
        let line = lines.next().await?;
        let mut answer = answer(&rules, line, explain);
        answer.push(b'\n');
        Some((Ok::<_, std::convert::Infallible>(Bytes::from(answer)), (lines, rules)))
    });
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((tag, kind, Body::from_stream(answers)).into_response())
}

fn answer(rules: &RuleSet, line: Result<Bytes, Fault>, explain: Explain) -> Vec<u8> {
    let read =
        line.map_err(|fault| vec![fault]).and_then(|line| Json::read(&line)).and_then(|json| Referral::read(&json));
    let reference = read.as_ref().ok().and_then(|referral| referral.reference.clone());
    let value = match read.map_err(Problem::faults).and_then(|referral| indicated(rules, &referral, explain)) {
        Ok(Indicated::Child(evaluation)) => json!({ "ref": reference, "evaluation": evaluation }),
        Ok(Indicated::Children { children }) => json!({ "ref": reference, "children": children }),
        Err(problem) => json!({ "ref": reference, "problem": problem }),
    };
    value.to_string().into_bytes()
}

fn indicated(rules: &RuleSet, referral: &Referral, explain: Explain) -> Result<Indicated, Problem> {
    pinned(rules, &HeaderMap::new(), referral.rule_set.as_deref())?;
    referral.evaluate(rules, explain).map_err(Problem::faults)
}

/// The lines of a body, each bounded, read only as fast as answers are taken.
struct Lines {
    input: BodyDataStream,
    buffer: BytesMut,
    /// The rest of a line that was too long.
    skipping: bool,
    ended: bool,
}

impl Lines {
    async fn next(&mut self) -> Option<Result<Bytes, Fault>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(end + 1).freeze();
                if std::mem::take(&mut self.skipping) {
                    continue;
                }
                if let Some(line) = checked(&line) {
                    return Some(line);
                }
                continue;
            }
            if self.buffer.len() > MAX_BYTES {
                self.buffer.clear();
                if !std::mem::replace(&mut self.skipping, true) {
                    return Some(Err(too_long()));
                }
            }
            if self.ended {
                let rest = self.buffer.split().freeze();
                return if self.skipping { None } else { checked(&rest) };
            }
            match self.input.next().await {
                Some(Ok(more)) => self.buffer.extend_from_slice(&more),
                // A body that breaks off leaves its last line incomplete: it is answered as what it is.
                Some(Err(_)) | None => self.ended = true,
            }
        }
    }
}

/// A line without its end; `None` for an empty one.
fn checked(line: &Bytes) -> Option<Result<Bytes, Fault>> {
    let text = line.trim_ascii();
    if text.is_empty() {
        return None;
    }
    Some(if text.len() > MAX_BYTES { Err(too_long()) } else { Ok(line.slice_ref(text)) })
}

fn too_long() -> Fault {
    Fault::new("", "too-large", format!("a line has at most {MAX_BYTES} bytes"))
}
