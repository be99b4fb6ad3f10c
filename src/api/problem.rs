//! Errors as answers: RFC 9457 problems with a stable type, and every fault with its pointer.
//!
//! The types are URNs, the same at every installation. The crate `problem_details` keeps a type as an `http::Uri`,
//! which refuses a URN; these few fields are simpler than a way round that.

use std::any::Any;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::json::{Fault, FaultCode};
use crate::metrics;
use crate::record::RecordError;
use crate::record::db::DbError;

/// The media type of a problem.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Where problems are explained, by their code: a path, so that it is right behind any proxy.
pub const PAGES: &str = "/docs/problems";
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
    /// Where this type of problem is explained, on this server.
    #[schema(example = "/docs/problems/faults")]
    pub help: String,
    /// Every fault at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FaultTold>,
    /// After how many seconds to send it again, as the header says.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

/// Something wrong with a request: where, what, and what was probably meant. It never repeats a fact about a child.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Fault)]
pub struct FaultTold {
    /// JSON Pointer (RFC 6901) into the request.
    #[schema(example = "/facts/keping_safe")]
    pub pointer: String,
    /// A stable code in words. Later versions may add to them.
    #[schema(value_type = String, example = "unknown-fact")]
    pub code: FaultCode,
    /// One sentence for the caller's developer.
    pub detail: String,
    /// The nearest known name, or what to send instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// Where this code is explained, on this server.
    #[schema(example = "/docs/problems/unknown-fact")]
    pub help: String,
}

impl From<Fault> for FaultTold {
    fn from(Fault { pointer, code, detail, suggestion }: Fault) -> Self {
        Self { pointer, code, detail, suggestion, help: page_of(code.word()) }
    }
}

/// The page of a code or of a type.
pub(super) fn page_of(word: &str) -> String {
    format!("{PAGES}/{word}")
}

/// How the URN of a type begins; its word follows.
const URN: &str = "urn:windscreen:problem:";

macro_rules! problem_types {
    // The URN as a bare token: utoipa reads no literal that a macro has wrapped.
    ($($(#[$about:meta])* $variant:ident = $urn:tt $status:ident $title:literal),* $(,)?) => {
        /// The kinds of problem there are. Later versions may add to them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
        pub enum ProblemType { $($(#[$about])* #[serde(rename = $urn)] $variant),* }

        impl ProblemType {
            /// Every type.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its URN, as answers write it.
            pub const fn urn(self) -> &'static str {
                match self { $(Self::$variant => $urn),* }
            }

            /// The status that it is answered with, and its title.
            pub(super) const fn status_and_title(self) -> (StatusCode, &'static str) {
                match self { $(Self::$variant => (StatusCode::$status, $title)),* }
            }
        }
    };
}

problem_types! {
    /// 400: not JSON, a key given twice, or something after the end.
    NotStrictJson = "urn:windscreen:problem:not-strict-json" BAD_REQUEST "The request is not strict JSON",
    /// 400: cannot be taken for a reason of HTTP.
    BadRequest = "urn:windscreen:problem:bad-request" BAD_REQUEST "The request cannot be taken",
    /// 401: nobody is named who acts.
    NotIdentified = "urn:windscreen:problem:not-identified" UNAUTHORIZED "It is not known who acts",
    /// 403: whoever acts may not do this.
    NotPermitted = "urn:windscreen:problem:not-permitted" FORBIDDEN "This is for others to do",
    /// 404: there is nothing there.
    NotFound = "urn:windscreen:problem:not-found" NOT_FOUND "Not found",
    /// 405: the route takes another method.
    MethodNotAllowed = "urn:windscreen:problem:method-not-allowed" METHOD_NOT_ALLOWED "Method not allowed",
    /// 408: the body did not come in time, or the answer took too long.
    TooSlow = "urn:windscreen:problem:too-slow" REQUEST_TIMEOUT "The request took too long",
    /// 409: something was added meanwhile, or the same request is still under way.
    Moved = "urn:windscreen:problem:moved" CONFLICT "Something changed meanwhile",
    /// 412: the caller insists on a rule set that is not in force.
    RuleSetMoved = "urn:windscreen:problem:rule-set-moved" PRECONDITION_FAILED "Another rule set is in force",
    /// 413: the body or the line is too large.
    TooLarge = "urn:windscreen:problem:too-large" PAYLOAD_TOO_LARGE "The request is too large",
    /// 415: another type or encoding of body is taken here.
    ContentType = "urn:windscreen:problem:content-type" UNSUPPORTED_MEDIA_TYPE "The content type is not taken here",
    /// 422: unknown facts, wrong answers and the like; `errors` lists every one.
    Faults = "urn:windscreen:problem:faults" UNPROCESSABLE_ENTITY "The request cannot be understood as it stands",
    /// 422: the `Idempotency-Key` came with another request before.
    KeyReused = "urn:windscreen:problem:key-reused" UNPROCESSABLE_ENTITY "The idempotency key was used before",
    /// 429: this client has called too often, or too many credentials that are none came from its address.
    TooManyRequests = "urn:windscreen:problem:too-many-requests" TOO_MANY_REQUESTS "Too many requests",
    /// 503: too much is under way here.
    Busy = "urn:windscreen:problem:busy" SERVICE_UNAVAILABLE "Too much is under way here",
    /// 503: this replica is about to stop.
    Stopping = "urn:windscreen:problem:stopping" SERVICE_UNAVAILABLE "This replica is about to stop",
    /// 503: it cannot be told now who calls.
    NotReached = "urn:windscreen:problem:not-reached" SERVICE_UNAVAILABLE "It cannot be told now who calls",
    /// 503: it cannot be recorded now, and so it is not acknowledged.
    NotRecorded = "urn:windscreen:problem:not-recorded" SERVICE_UNAVAILABLE "It cannot be recorded now",
    /// 507: there is no room left to record.
    NoRoom = "urn:windscreen:problem:no-room" INSUFFICIENT_STORAGE "There is no room left to record",
    /// 500: a mistake of this program.
    Internal = "urn:windscreen:problem:internal" INTERNAL_SERVER_ERROR "Something went wrong here",
}

impl ProblemType {
    /// Its word: the end of its URN.
    pub fn word(self) -> &'static str {
        self.urn().strip_prefix(URN).unwrap_or(self.urn())
    }

    /// The status that it is answered with.
    pub fn status(self) -> u16 {
        self.status_and_title().0.as_u16()
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        self.status_and_title().1
    }

    /// After how many seconds it is worth while to send the same again, where it is.
    pub(super) fn retry_after(self) -> Option<u64> {
        match self {
            // A writer that was cut off is back within seconds, or for a person to mend.
            Self::NotRecorded => Some(30),
            // Another request may just be reading the authorisation server's keys.
            Self::NotReached => Some(2),
            // A program that is started again in its place takes some seconds.
            Self::Stopping => Some(5),
            Self::TooManyRequests | Self::Busy => Some(1),
            _ => None,
        }
    }
}

impl Problem {
    pub(crate) fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        let (status, title, help) = (kind.status(), kind.title(), page_of(kind.word()));
        let retry_after = kind.retry_after();
        Self { kind, status, title, detail: detail.into(), help, errors: Vec::new(), retry_after }
    }

    /// Faults of a request: not JSON at all, too large, or not what the rule set understands.
    pub fn faults(faults: Vec<Fault>) -> Self {
        let has = |code: FaultCode| faults.iter().any(|fault| fault.code == code);
        let kind = if has(FaultCode::TooLarge) {
            ProblemType::TooLarge
        } else if has(FaultCode::NotJson) || has(FaultCode::DuplicateKey) {
            ProblemType::NotStrictJson
        } else {
            ProblemType::Faults
        };
        let count = faults.len();
        let detail = format!("{count} fault{}; nothing was evaluated", if count == 1 { "" } else { "s" });
        let errors = faults.into_iter().map(FaultTold::from).collect();
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
                tracing::error!(event = "not_recorded", why, "nothing is recorded");
                Self::new(ProblemType::NotRecorded, PRINTED)
            }
            error => {
                tracing::error!(event = "not_recorded", %error, "something could not be recorded or read");
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
        metrics::problem(self.kind.word());
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
