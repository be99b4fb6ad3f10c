//! Errors as answers: RFC 9457 problems with a stable type, and every fault with its pointer.
//!
//! The types are URNs, the same at every installation. The crate `problem_details` keeps a type as an `http::Uri`,
//! which refuses a URN; these few fields are simpler than a way round that.

use std::any::Any;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::json::Fault;
use crate::record::RecordError;
use crate::record::db::DbError;

/// The media type of a problem.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What somebody does meanwhile whose referral cannot be recorded.
pub(super) const PRINTED: &str = "this is not acknowledged; use the printed threshold document and phone the hub, and \
                                  send it again with the same `Idempotency-Key`";

/// What went wrong.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// What kind of problem it is; a program decides by this.
    #[serde(rename = "type")]
    pub kind: ProblemType,
    /// The status, again.
    #[schema(example = 422)]
    pub status: u16,
    /// A short title, the same for every problem of the type.
    pub title: &'static str,
    /// A sentence for the caller's developer.
    pub detail: String,
    /// Every fault at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
    /// After how many seconds to send it again, as the header says.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

/// The kinds of problem there are. Later versions may add to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub enum ProblemType {
    /// 400: not JSON, a key given twice, or something after the end.
    #[serde(rename = "urn:windscreen:problem:not-strict-json")]
    NotStrictJson,
    /// 400: cannot be taken for a reason of HTTP.
    #[serde(rename = "urn:windscreen:problem:bad-request")]
    BadRequest,
    /// 401: nobody is named who acts.
    #[serde(rename = "urn:windscreen:problem:not-identified")]
    NotIdentified,
    /// 403: whoever acts may not do this.
    #[serde(rename = "urn:windscreen:problem:not-permitted")]
    NotPermitted,
    /// 404: there is nothing there.
    #[serde(rename = "urn:windscreen:problem:not-found")]
    NotFound,
    /// 405: the route takes another method.
    #[serde(rename = "urn:windscreen:problem:method-not-allowed")]
    MethodNotAllowed,
    /// 408: the body did not come in time, or the answer took too long.
    #[serde(rename = "urn:windscreen:problem:too-slow")]
    TooSlow,
    /// 409: something was added meanwhile, or the same request is still under way.
    #[serde(rename = "urn:windscreen:problem:moved")]
    Moved,
    /// 412: the caller insists on a rule set that is not in force.
    #[serde(rename = "urn:windscreen:problem:rule-set-moved")]
    RuleSetMoved,
    /// 413: the body or the line is too large.
    #[serde(rename = "urn:windscreen:problem:too-large")]
    TooLarge,
    /// 415: another type or encoding of body is taken here.
    #[serde(rename = "urn:windscreen:problem:content-type")]
    ContentType,
    /// 422: unknown facts, wrong answers and the like; `errors` lists every one.
    #[serde(rename = "urn:windscreen:problem:faults")]
    Faults,
    /// 422: the `Idempotency-Key` came with another request before.
    #[serde(rename = "urn:windscreen:problem:key-reused")]
    KeyReused,
    /// 429: this client has called too often.
    #[serde(rename = "urn:windscreen:problem:too-many-requests")]
    TooManyRequests,
    /// 503: too much is under way here.
    #[serde(rename = "urn:windscreen:problem:busy")]
    Busy,
    /// 503: it cannot be told now who calls.
    #[serde(rename = "urn:windscreen:problem:not-reached")]
    NotReached,
    /// 503: it cannot be recorded now, and so it is not acknowledged.
    #[serde(rename = "urn:windscreen:problem:not-recorded")]
    NotRecorded,
    /// 507: there is no room left to record.
    #[serde(rename = "urn:windscreen:problem:no-room")]
    NoRoom,
    /// 500: a mistake of this program.
    #[serde(rename = "urn:windscreen:problem:internal")]
    Internal,
}

impl ProblemType {
    fn status_and_title(self) -> (StatusCode, &'static str) {
        match self {
            Self::NotStrictJson => (StatusCode::BAD_REQUEST, "The request is not strict JSON"),
            Self::BadRequest => (StatusCode::BAD_REQUEST, "The request cannot be taken"),
            Self::NotIdentified => (StatusCode::UNAUTHORIZED, "It is not known who acts"),
            Self::NotPermitted => (StatusCode::FORBIDDEN, "This is for others to do"),
            Self::Moved => (StatusCode::CONFLICT, "Something changed meanwhile"),
            Self::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "The idempotency key was used before"),
            Self::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "Too much is under way here"),
            Self::NotReached => (StatusCode::SERVICE_UNAVAILABLE, "It cannot be told now who calls"),
            Self::NotRecorded => (StatusCode::SERVICE_UNAVAILABLE, "It cannot be recorded now"),
            Self::NoRoom => (StatusCode::INSUFFICIENT_STORAGE, "There is no room left to record"),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "Method not allowed"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "The request took too long"),
            Self::RuleSetMoved => (StatusCode::PRECONDITION_FAILED, "Another rule set is in force"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The request is too large"),
            Self::ContentType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The content type is not taken here"),
            Self::Faults => (StatusCode::UNPROCESSABLE_ENTITY, "The request cannot be understood as it stands"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong here"),
        }
    }
}

impl ProblemType {
    /// After how many seconds it is worth while to send the same again, where it is.
    fn retry_after(self) -> Option<u64> {
        match self {
            // A writer that was cut off is back within seconds, or for a person to mend.
            Self::NotRecorded => Some(30),
            // Another request may just be reading the authorisation server's keys.
            Self::NotReached => Some(2),
            Self::TooManyRequests | Self::Busy => Some(1),
            _ => None,
        }
    }
}

impl Problem {
    pub(super) fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        let (status, title) = kind.status_and_title();
        let retry_after = kind.retry_after();
        Self { kind, status: status.as_u16(), title, detail: detail.into(), errors: Vec::new(), retry_after }
    }

    /// Faults of a request: not JSON at all, too large, or not what the rule set understands.
    pub fn faults(errors: Vec<Fault>) -> Self {
        let has = |code| errors.iter().any(|fault| fault.code == code);
        let kind = if has("too-large") {
            ProblemType::TooLarge
        } else if has("not-json") || has("duplicate-key") {
            ProblemType::NotStrictJson
        } else {
            ProblemType::Faults
        };
        let count = errors.len();
        let detail = format!("{count} fault{}; nothing was evaluated", if count == 1 { "" } else { "s" });
        Self { errors, ..Self::new(kind, detail) }
    }

    /// What could not be recorded or found. What the log gets is another text; neither repeats what was sent.
    pub(super) fn record(error: RecordError) -> Self {
        match error {
            RecordError::NotFound => Self::new(ProblemType::NotFound, "there is no such thing here"),
            RecordError::Moved(why) => Self::new(ProblemType::Moved, why),
            RecordError::KeyReused => Self::new(
                ProblemType::KeyReused,
                "this `Idempotency-Key` came with another request before; draw a new one",
            ),
            RecordError::Faults(faults) => Self { detail: recorded_nothing(faults.len()), ..Self::faults(faults) },
            RecordError::Db(DbError::Full) => Self::new(ProblemType::NoRoom, PRINTED),
            RecordError::ReadOnly(why) => {
                tracing::error!(why, "nothing is recorded");
                Self::new(ProblemType::NotRecorded, PRINTED)
            }
            error => {
                tracing::error!(%error, "something could not be recorded or read");
                Self::new(ProblemType::NotRecorded, PRINTED)
            }
        }
    }

    pub(super) fn internal() -> Self {
        Self::new(ProblemType::Internal, "nothing was evaluated; the request id helps the operator to find out why")
    }
}

fn recorded_nothing(faults: usize) -> String {
    format!("{faults} fault{}; nothing was recorded", if faults == 1 { "" } else { "s" })
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (retry_after, is_unknown) = (self.retry_after, self.kind == ProblemType::NotIdentified);
        let mut answer = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], Json(self)).into_response();
        if let Some(seconds) = retry_after {
            answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if is_unknown {
            let bearer = HeaderValue::from_static("Bearer realm=\"windscreen\"");
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        answer
    }
}

/// A panic is answered and never passed on. Its text may hold facts, so it is neither answered nor logged; the panic
/// hook of `serve` logs the place in the source.
pub(super) fn after_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    Problem::internal().into_response()
}

/// Every error is a problem, whoever answered it: what a library answers with a status alone becomes one here.
pub(super) fn in_place_of(answer: Response) -> Response {
    let status = answer.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || answer.headers().get(header::CONTENT_TYPE) == Some(&PROBLEM_JSON) {
        return answer;
    }
    let problem = match status {
        StatusCode::NOT_FOUND => Problem::new(ProblemType::NotFound, "there is no such route"),
        StatusCode::METHOD_NOT_ALLOWED => {
            Problem::new(ProblemType::MethodNotAllowed, "the `Allow` header lists the methods of this route")
        }
        _ if status.is_client_error() => {
            let why = status.canonical_reason().unwrap_or("it is not said why").to_lowercase();
            Problem { status: status.as_u16(), ..Problem::new(ProblemType::BadRequest, why) }
        }
        _ => Problem::internal(),
    };
    let mut instead = problem.into_response();
    if let Some(methods) = answer.headers().get(header::ALLOW) {
        instead.headers_mut().insert(header::ALLOW, methods.clone());
    }
    instead
}
