//! What every request passes through: an id, one rule set from start to end, a limit of time, a line in the log.
//!
//! The log gets the route's pattern, never the path, the query, a header's text or the body: any of them may be about
//! a child.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::deprecated::{self, Deprecated};
use super::problem::{Problem, ProblemType, in_place_of};
use super::room::Room;
use super::{NOTHING, unless_set};
use crate::criteria::RuleSet;
use crate::metrics::{self, Of};
use crate::serving::{Serving, now};

/// Ties an answer to its line in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The digest of the rule set that answered, which is the one in force unless the caller asked for the next; on every
/// answer, problems included.
pub(super) const RULE_SET: HeaderName = HeaderName::from_static("windscreen-rule-set");
/// The digest of the rule set that was agreed and comes next, and from which day; on every answer while there is one.
const NEXT_RULE_SET: HeaderName = HeaderName::from_static("windscreen-next-rule-set");
/// Whom this server serves: `demonstration`, `test` or `live`; on every answer, problems included.
const ENVIRONMENT: HeaderName = HeaderName::from_static("windscreen-environment");

/// Ties a request to what other systems did for it (W3C Trace Context).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The routes that load balancers and monitors ask.
const HEALTH: [&str; 3] = ["/livez", "/readyz", "/version"];

/// What the middleware needs.
#[derive(Clone)]
pub(super) struct Edge {
    pub serving: Arc<Serving>,
    /// How long a whole body may take to come, and the head of its answer to go.
    pub answer_within: Duration,
    /// The room that they share.
    pub room: Room,
    /// The operations that will go.
    pub deprecated: &'static [Deprecated],
}

/// Takes the live rule set once, gives it to the handler, and says on the answer which it was.
pub(super) async fn hold(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let (rules, environment) = (edge.serving.rules(), edge.serving.environment().word());
    let digest = HeaderValue::from_str(&rules.id().digest).ok();
    let next_rules = edge.serving.next().and_then(|(next, from)| notice(&next, &from));
    let id = request_id(request.headers());
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().into());
    let trace = trace_id(request.headers());
    let method = request.method().clone();
    request.extensions_mut().insert(rules);
    request.extensions_mut().insert(Arc::clone(&edge.serving));
    let began = now();
    let answer = tokio::time::timeout(edge.answer_within, edge.room.answer(next.run(request))).await;
    let mut answer = in_place_of(answer.map_err(|_| too_slow()).into_response());
    let of = if HEALTH.contains(&route.as_str()) { Of::Health } else { Of::Partners };
    metrics::answered(of, answer.status().as_u16(), now().duration_since(began));
    tracing::info!(
        %method,
        route,
        status = answer.status().as_u16(),
        request_id = id.as_ref().and_then(|id| id.to_str().ok()),
        trace_id = trace,
        "answered"
    );
    deprecated::announce(edge.deprecated, &method, &route, answer.headers_mut());
    let environment = Some(HeaderValue::from_static(environment));
    let digest = answer.headers_mut().remove(RULE_SET).or(digest);
    unless_set(
        &mut answer,
        [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-store"),
            (header::CONTENT_SECURITY_POLICY, NOTHING),
        ],
    );
    answer.headers_mut().extend(
        [(REQUEST_ID, id), (RULE_SET, digest), (NEXT_RULE_SET, next_rules), (ENVIRONMENT, environment)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    answer
}

/// Tells of a rule set before it is in force.
fn notice(next: &RuleSet, from: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{}; from={from}", next.id().digest)).ok()
}

pub(super) fn too_slow() -> Problem {
    let detail =
        "no answer came in time; send the whole body at once, and what is recorded with the same `Idempotency-Key`";
    Problem::new(ProblemType::TooSlow, detail)
}

/// The caller's id when it is plain and short, else a new one.
fn request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let plain = |value: &&HeaderValue| {
        let fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        (1..=64).contains(&value.len()) && value.as_bytes().iter().all(fine)
    };
    headers.get(&REQUEST_ID).filter(plain).cloned().or_else(|| HeaderValue::from_str(&new_id()).ok())
}

/// The trace that a request belongs to, as its `traceparent` says: 32 hexadecimal digits, and nothing that is not.
fn trace_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(&TRACEPARENT)?.to_str().ok()?;
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, parent, flags] = parts[..] else { return None };
    let is_hex = |part: &str, long: usize| {
        part.len() == long && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_one = |part: &str, long| is_hex(part, long) && part.bytes().any(|byte| byte != b'0');
    let is_it = version == "00" && is_one(trace, 32) && is_one(parent, 16) && is_hex(flags, 2);
    is_it.then(|| trace.to_owned())
}

#[expect(clippy::disallowed_methods, reason = "the edge makes the ids of requests; nothing evaluated depends on them")]
fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_taken_as_it_is_defined_and_nothing_else_is() {
        let trace = |text: &str| trace_id(&HeaderMap::from_iter([(TRACEPARENT, HeaderValue::from_str(text).unwrap())]));
        let [id, parent] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
        assert_eq!(trace(&format!("00-{id}-{parent}-01")).as_deref(), Some(id));
        for wrong in [
            format!("01-{id}-{parent}-01"),
            format!("00-{id}-{parent}"),
            format!("00-{}-{parent}-01", id.to_uppercase()),
            format!("00-{}-{parent}-01", "0".repeat(32)),
            format!("00-{id}-{}-01", "0".repeat(16)),
            format!("00-{id}-{parent}-01-more"),
            "a child's name".to_owned(),
            String::new(),
        ] {
            assert_eq!(trace(&wrong), None, "{wrong}");
        }
    }
}
