//! Errors as answers: RFC 9457 problems with a stable type, and every fault with its pointer.

use std::any::Any;

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::json::Fault;

/// What went wrong. The type is the same URN at every installation.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// A stable URN, such as `urn:windscreen:problem:faults`.
    #[schema(example = "urn:windscreen:problem:faults")]
    #[serde(rename = "type")]
    pub kind: String,
    /// The status, again.
    #[schema(example = 422)]
    pub status: u16,
    /// A short title.
    pub title: String,
    /// A sentence for the caller's developer.
    pub detail: String,
    /// Every fault at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
}

impl Problem {
    fn new(status: StatusCode, kind: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:windscreen:problem:{kind}"),
            status: status.as_u16(),
            title: title.to_owned(),
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// Faults of a request: not JSON at all, too large, or not what the rule set understands.
    pub fn faults(errors: Vec<Fault>) -> Self {
        let has = |code| errors.iter().any(|fault| fault.code == code);
        let (status, kind, title) = if has("too-large") {
            (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The request is too large")
        } else if has("not-json") || has("duplicate-key") {
            (StatusCode::BAD_REQUEST, "not-strict-json", "The request is not strict JSON")
        } else {
            (StatusCode::UNPROCESSABLE_ENTITY, "faults", "The request cannot be understood as it stands")
        };
        let count = errors.len();
        let detail = format!("{count} fault{}; nothing was evaluated", if count == 1 { "" } else { "s" });
        Self { errors, ..Self::new(status, kind, title, detail) }
    }

    /// The rule set moved on.
    pub fn rule_set_moved(current: &str) -> Self {
        let detail = format!("the rule set in force is {current}");
        Self::new(StatusCode::PRECONDITION_FAILED, "rule-set-moved", "Another rule set is in force", detail)
    }

    /// The body is not of the type that the route takes.
    pub fn unsupported(expected: &str) -> Self {
        let detail = format!("send `Content-Type: {expected}`");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", "The content type is not taken here", detail)
    }

    /// There is nothing there.
    pub fn not_found(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// The route takes another method.
    pub fn method_not_allowed() -> Self {
        let detail = "the `Allow` header lists the methods of this route";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", detail)
    }

    fn internal() -> Self {
        let detail = "nothing was evaluated; the request id helps the operator to find out why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong here", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(self)).into_response()
    }
}

/// A panic is answered, counted and never passed on; its text may hold facts, so it is not logged.
pub(super) fn after_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    Problem::internal().into_response()
}

/// The header that ties an answer to its log line.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives every request an id: the caller's when it is plain and short, else a new one.
pub(super) async fn request_id(request: Request, next: Next) -> Response {
    let plain = |value: &&HeaderValue| {
        let fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        (1..=64).contains(&value.len()) && value.as_bytes().iter().all(fine)
    };
    let given = request.headers().get(&REQUEST_ID).filter(plain).cloned();
    let id = given.or_else(|| HeaderValue::from_str(&new_id()).ok());
    // The route's pattern, never the path itself: a path can carry an identifier.
    let route = request.extensions().get::<axum::extract::MatchedPath>().map(|path| path.as_str().to_owned());
    let method = request.method().clone();
    let mut response = next.run(request).await;
    tracing::info!(%method, route, status = response.status().as_u16(), request_id = id.as_ref().and_then(|id| id.to_str().ok()), "answered");
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

#[expect(clippy::disallowed_methods, reason = "the edge makes the ids of requests; nothing evaluated depends on them")]
fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
