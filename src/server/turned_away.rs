//! What is said to whom there is no room for: a short answer that is ready before anybody comes, and costs nothing.

use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use governor::{DefaultDirectRateLimiter, Quota};
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::connections::UnderWay;
use crate::metrics;

/// A problem for programs, as the API's own `busy`.
const BUSY: &str = concat!(
    r#"{"type":"urn:windscreen:problem:busy","status":503,"title":"Too much is under way here","#,
    r#""detail":"too many requests are under way here; send it again, "#,
    "and what is recorded with the same `Idempotency-Key`\",",
    r#""help":"/docs/problems/busy"}"#
);
/// The same for somebody who reads.
const BUSY_FOR_PEOPLE: &str = "Too much is under way here. Nothing was changed. Load the page again in a moment. \
                               If a child is in danger now, phone 999.\n";
/// After how many seconds to come again: most requests take less.
const AGAIN: &str = "1";
/// How many connections that are turned away are kept until their answer has arrived; the others are told, and closed.
const LEAVING: usize = 64;
/// How long.
const LEAVE_WITHIN: Duration = Duration::from_secs(1);
/// How often the log says it: a crowd must not fill the log too.
const SAID_AGAIN: Duration = Duration::from_secs(10);

/// Tells whom there is no room for.
pub(super) struct TurnedAway {
    head: String,
    leaving: Arc<Semaphore>,
    said: DefaultDirectRateLimiter,
}

impl TurnedAway {
    pub(super) fn new() -> Arc<Self> {
        let length = BUSY.len();
        let head = format!(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\n\
             retry-after: {AGAIN}\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n\
             connection: close\r\n\r\n"
        );
        let said = DefaultDirectRateLimiter::direct(Quota::with_period(SAID_AGAIN).expect("not at once"));
        Arc::new(Self { head, leaving: Arc::new(Semaphore::new(LEAVING)), said })
    }

    /// Tells a connection on which nothing was read, without waiting for it.
    pub(super) fn tell(self: &Arc<Self>, mut stream: TcpStream) {
        self.say("connection");
        let all = format!("{}{BUSY}", self.head);
        let Ok(leaving) = Arc::clone(&self.leaving).try_acquire_owned() else {
            // A new socket takes so little at once, or it is not told.
            let _ = stream.into_std().and_then(|mut stream| stream.write(all.as_bytes()));
            return;
        };
        tokio::spawn(async move {
            let told = async {
                stream.write_all(all.as_bytes()).await?;
                stream.shutdown().await?;
                // Closed while a request still comes, it would be reset, and the answer lost with it.
                let mut rest = [0; 1024];
                while stream.read(&mut rest).await? > 0 {}
                Ok::<_, std::io::Error>(())
            };
            let _ = tokio::time::timeout(LEAVE_WITHIN, told).await;
            drop(leaving);
        });
    }

    /// The same for a request whose head was read.
    pub(super) fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        self.say("request");
        let is_person = accepts_pages(request.headers());
        let (kind, text) =
            if is_person { ("text/plain; charset=utf-8", BUSY_FOR_PEOPLE) } else { ("application/problem+json", BUSY) };
        let headers = [
            (header::CONTENT_TYPE, kind),
            (header::RETRY_AFTER, AGAIN),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (StatusCode::SERVICE_UNAVAILABLE, headers, text).into_response()
    }

    pub(super) fn say(&self, of: &'static str) {
        metrics::turned_away(of);
        if self.said.check().is_ok() {
            tracing::warn!(event = "no_room", "there was no room for a connection or a request");
        }
    }
}

fn accepts_pages(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|kinds| kinds.contains("text/html"))
}

impl UnderWay {
    /// Keeps the request's place until the last of its answer is sent.
    pub(super) fn until_sent(self, answer: Body) -> Body {
        Body::new(Sending { answer, _under_way: self })
    }
}

/// An answer on its way.
struct Sending {
    answer: Body,
    _under_way: UnderWay,
}

impl hyper::body::Body for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.answer).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.answer.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.answer.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use crate::api::{Problem, ProblemType};

    use super::*;

    #[test]
    fn who_is_turned_away_reads_the_same_problem_as_of_the_api() {
        let problem: serde_json::Value = serde_json::from_str(BUSY).unwrap();
        let detail = problem["detail"].as_str().unwrap();
        let same = serde_json::to_value(Problem::new(ProblemType::Busy, detail)).unwrap();
        assert_eq!(problem, same);
    }
}
