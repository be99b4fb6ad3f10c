//! `POST /v1/evaluations`: one child's facts, or a referral with several children; records nothing.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::Deserialize;

use super::acting::MayEvaluate;
use super::document::EvaluationRequest;
use super::problem::{Problem, ProblemType};
use super::request::RULE_SET;
use super::room::{away, in_line};
use crate::criteria::RuleSet;
use crate::json::{Fault, FaultCode, Json, MAX_BYTES};
use crate::level::Explain;
use crate::metrics::{self, Way};
use crate::referral::at_once::AtOnce;
use crate::referral::{Indicated, Referral};
use crate::serving::Serving;

/// Room for most answers about one child, so that few are moved while they are written.
const ANSWER_BYTES: usize = 16 * 1024;

/// How much explanation is wanted, for callers who would rather not say so in the body; the body goes first.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplainQuery {
    /// `full` when nothing is said.
    #[param(inline, nullable = false)]
    explain: Option<Explain>,
}

impl ExplainQuery {
    /// What the query asks for; a query that cannot be read is a problem like any other.
    pub(super) fn explain(query: Result<Query<Self>, QueryRejection>) -> Result<Explain, Problem> {
        let explain = query.map(|Query(query)| query.explain.unwrap_or_default());
        explain.map_err(|_| {
            let fault = Fault::new(
                "",
                FaultCode::UnknownWord,
                "the query takes `explain` alone, once, with one of three words",
            );
            Problem::faults(vec![fault.instead("none, summary or full")])
        })
    }
}

/// How one body is evaluated, beside what it says itself.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct EvaluationQuery {
    /// `full` when nothing is said.
    #[param(inline, nullable = false)]
    explain: Option<Explain>,
    /// Under the rules that were in force here when this day ended in London; a day to come, as far as is agreed now.
    #[param(nullable = false, format = Date, example = "2027-03-03")]
    as_of: Option<String>,
}

impl EvaluationQuery {
    /// What the query asks for.
    fn read(query: Result<Query<Self>, QueryRejection>) -> Result<(Explain, Option<Date>), Problem> {
        let wrong =
            |code, detail: &str, instead: &str| Problem::faults(vec![Fault::new("", code, detail).instead(instead)]);
        let Query(Self { explain, as_of }) = query.map_err(|_| {
            let detail = "the query takes `explain`, one of three words, and `as_of`, a day, each once";
            wrong(FaultCode::UnknownWord, detail, "explain=none, summary or full")
        })?;
        let day = as_of.map(|text| text.parse()).transpose();
        let day = day.map_err(|_| wrong(FaultCode::WrongType, "`as_of` is a day", "as_of=2027-03-03"))?;
        Ok((explain.unwrap_or_default(), day))
    }
}

/// Evaluates one child's facts, or a referral with several children
///
/// Nothing is recorded. With `as_of`, under the rules of another day. A provisional answer has no `level`, only `at_least` and `at_most`.
#[utoipa::path(
    post,
    path = "/v1/evaluations",
    tag = "evaluations",
    params(EvaluationQuery, ("If-Match" = Option<String>, Header, description = "The digest of the rule set, in quotes")),
    request_body(
        content = EvaluationRequest,
        description = "Facts of one child (`facts`), or a `household` with `children`; 64 KiB at most",
    ),
    responses(
        (status = 200, description = "What the criteria indicate", body = Indicated,
            headers(("ETag" = String, description = "The digest of the rule set, in quotes"))),
        (status = 400, description = "Not strict JSON", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No rules were in force here on that day", body = Problem,
            content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Another rule set is in force", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not `application/json`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Unknown facts, wrong answers: every fault at once", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn evaluate(
    _: MayEvaluate,
    evaluating: Evaluating,
    Extension(serving): Extension<Arc<Serving>>,
    query: Result<Query<EvaluationQuery>, QueryRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    takes(&headers, "application/json")?;
    let (explain, as_of) = EvaluationQuery::read(query)?;
    let evaluating = match as_of {
        Some(day) => away(move || Evaluating::as_of(&serving, day)).await??,
        None => evaluating,
    };
    evaluating.matching(&headers)?;
    let body = body.map_err(|rejection| not_read(&rejection))?;
    let answered = |rules: &RuleSet, indicated: &Indicated<'_>| {
        metrics::evaluated(Way::One, indicated.evaluations().map(|one| one.settled));
        let mut answer = Vec::with_capacity(ANSWER_BYTES);
        serde_json::to_writer(&mut answer, indicated).map_err(|_| Problem::internal())?;
        Ok((named(rules), [(header::CONTENT_TYPE, "application/json")], answer).into_response())
    };
    let evaluate = move |referral: &Referral, rules: &RuleSet| {
        answered(rules, &referral.evaluate(rules, explain).map_err(Problem::faults)?)
    };
    // One child takes a tenth of a millisecond; a body as large as it may be, less than one.
    let one_child = move || {
        let rules = evaluating.matching(&headers)?;
        if let Some(asked) = AtOnce::read(&body, rules) {
            return Ok(Sent::OneChild(answered(rules, &asked.evaluate(rules, explain))?));
        }
        let referral = Json::read(&body).and_then(|json| Referral::read(&json)).map_err(Problem::faults)?;
        let rules = Arc::clone(evaluating.pinned(&headers, &referral)?);
        Ok(if referral.children.len() > 1 {
            Sent::Several(referral, rules)
        } else {
            Sent::OneChild(evaluate(&referral, &rules)?)
        })
    };
    match in_line(one_child).await?? {
        Sent::OneChild(answer) => Ok(answer),
        Sent::Several(referral, rules) => away(move || evaluate(&referral, &rules)).await?,
    }
}

/// What was sent: one child, who is answered, or several, who take longer.
enum Sent {
    OneChild(Response),
    Several(Referral, Arc<RuleSet>),
}

/// The rule sets under which facts are evaluated here: the one in force and, for whoever asks for it by its digest, the
/// next.
pub(super) struct Evaluating {
    in_force: Arc<RuleSet>,
    next: Option<Arc<RuleSet>>,
}

impl<S: Sync> FromRequestParts<S> for Evaluating {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let in_force = parts.extensions.get::<Arc<RuleSet>>().cloned().ok_or_else(Problem::internal)?;
        let serving = parts.extensions.get::<Arc<Serving>>().ok_or_else(Problem::internal)?;
        Ok(Self { in_force, next: serving.next_rules() })
    }
}

impl Evaluating {
    /// The one that was in force when a day ended.
    fn as_of(serving: &Serving, day: Date) -> Result<Self, Problem> {
        let none = || Problem::new(ProblemType::NotFound, format!("no rules were in force here on {day}"));
        let record = serving.record().ok_or_else(none)?;
        let then = record.in_force_on(day).map_err(Problem::record)?.ok_or_else(none)?;
        Ok(Self { in_force: record.rule_set(&then.digest).map_err(Problem::record)?, next: None })
    }

    /// The first that the caller's `If-Match` allows.
    pub(super) fn matching(&self, headers: &HeaderMap) -> Result<&Arc<RuleSet>, Problem> {
        self.first(|rules| matches(rules, headers))
    }

    /// The first that both the caller's `If-Match` and the request's `rule_set` allow.
    fn pinned(&self, headers: &HeaderMap, referral: &Referral) -> Result<&Arc<RuleSet>, Problem> {
        self.first(|rules| matches(rules, headers) && is_pinned(rules, referral))
    }

    fn first(&self, wanted: impl Fn(&RuleSet) -> bool) -> Result<&Arc<RuleSet>, Problem> {
        [&self.in_force]
            .into_iter()
            .chain(&self.next)
            .find(|rules| wanted(rules))
            .ok_or_else(|| moved(&self.in_force.id().digest))
    }
}

/// The rule set that answered, in place of the one in force.
pub(super) fn named(rules: &RuleSet) -> [(HeaderName, String); 2] {
    let [tag] = etag(rules);
    [tag, (RULE_SET, rules.id().digest.clone())]
}

/// The rule set's digest as a header.
pub(super) fn etag(rules: &RuleSet) -> [(HeaderName, String); 1] {
    [(header::ETAG, format!("\"{}\"", rules.id().digest))]
}

/// Refuses a body of another type, in another character set or compressed: none is guessed at.
pub(super) fn takes(headers: &HeaderMap, expected: &'static str) -> Result<(), Problem> {
    let mut given = headers.get_all(header::CONTENT_TYPE).iter().map(|value| value.to_str().unwrap_or_default());
    let (kind, parameters) = given.next().map_or(("", ""), |kind| kind.split_once(';').unwrap_or((kind, "")));
    let parameters = parameters.trim().to_ascii_lowercase();
    let is_utf_8 = ["", "charset=utf-8", "charset=\"utf-8\""].contains(&parameters.as_str());
    let is_plain = headers.get(header::CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
    if kind.trim().eq_ignore_ascii_case(expected) && is_utf_8 && is_plain && given.next().is_none() {
        return Ok(());
    }
    Err(takes_only(expected))
}

pub(super) fn takes_only(kind: &str) -> Problem {
    Problem::new(ProblemType::ContentType, format!("send `Content-Type: {kind}`, in UTF-8 and not compressed"))
}

/// Refuses when the caller's `If-Match` names other rule sets alone.
pub(super) fn if_match(rules: &RuleSet, headers: &HeaderMap) -> Result<(), Problem> {
    if matches(rules, headers) { Ok(()) } else { Err(moved(&rules.id().digest)) }
}

fn matches(rules: &RuleSet, headers: &HeaderMap) -> bool {
    let tag = format!("\"{}\"", rules.id().digest);
    let given = headers.get_all(header::IF_MATCH).iter().map(|value| value.to_str().unwrap_or_default());
    let mut tags = given.flat_map(|list| list.split(',')).map(str::trim).peekable();
    tags.peek().is_none() || tags.any(|one| one == "*" || one == tag)
}

/// Refuses when the request's `rule_set` is another.
pub(super) fn pinned(rules: &RuleSet, referral: &Referral) -> Result<(), Problem> {
    if is_pinned(rules, referral) { Ok(()) } else { Err(moved(&rules.id().digest)) }
}

fn is_pinned(rules: &RuleSet, referral: &Referral) -> bool {
    referral.rule_set.as_ref().is_none_or(|pin| *pin == rules.id().digest)
}

/// The rule set in force is another.
pub(super) fn moved(in_force: &str) -> Problem {
    Problem::new(ProblemType::RuleSetMoved, format!("the rule set in force is {in_force}"))
}

pub(super) fn not_read(rejection: &BytesRejection) -> Problem {
    not_read_of(rejection, MAX_BYTES)
}

/// The same of a body that may be larger.
pub(super) fn not_read_of(rejection: &BytesRejection, most: usize) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large(most);
    }
    Problem::new(ProblemType::BadRequest, "the body broke off before its end; nothing was evaluated")
}

pub(super) fn too_large(most: usize) -> Problem {
    Problem::faults(vec![Fault::new("", FaultCode::TooLarge, format!("at most {most} bytes are read"))])
}
