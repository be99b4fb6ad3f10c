//! The batch as a stream: bounded, in order, no faster than its answers are taken.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use serde_json::Value;

use super::{ask, bytes, post, tiny};

const LINE: &str = "{\"ref\":\"a\",\"facts\":{}}\n";
/// A line of the largest size that is read, without its end.
const LARGEST: usize = 64 * 1024;

async fn answers(body: impl Into<Body>) -> Vec<Value> {
    let answer = ask(&tiny(), post("/v1/evaluations/batch?explain=none", "application/x-ndjson", body)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let text = String::from_utf8(bytes(answer).await).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What became of a line: its `ref`, or the code of its first fault.
fn became(answer: &Value) -> &str {
    let fault = answer.pointer("/problem/errors/0/code").or_else(|| answer.pointer("/problem/type"));
    fault.unwrap_or(&answer["ref"]).as_str().unwrap()
}

fn padded(size: usize) -> String {
    let (head, tail) = ("{\"ref\":\"big\",\"facts\":{}", "}");
    format!("{head}{}{tail}", " ".repeat(size - head.len() - tail.len()))
}

#[tokio::test]
async fn a_batch_has_bounded_lines_and_any_length() {
    let largest = padded(LARGEST) + "\n";
    let mut body = LINE.repeat(2960) + largest.repeat(40).as_str();
    body.push_str(&format!("{{\"x\":\"{}\"}}\n", "y".repeat(200_000)));
    body.push_str("{\"ref\":\"last\",\"facts\":{}}");
    let answers = answers(body).await;
    assert_eq!(answers.len(), 3002);
    assert_eq!(answers[..3000].iter().filter(|answer| answer.get("evaluation").is_some()).count(), 3000);
    assert_eq!((became(&answers[3000]), became(&answers[3001])), ("too-large", "last"));
    assert!(answers[3000]["problem"]["detail"].as_str().unwrap().starts_with("line 3001: "));
}

#[tokio::test]
async fn a_line_without_an_end_is_told_at_once() {
    let pieces = stream::repeat_with(|| io::Result::Ok("x".repeat(64))).take(LARGEST / 64 + 1);
    let body = Body::from_stream(pieces.chain(stream::pending()));
    let answer = ask(&tiny(), post("/v1/evaluations/batch", "application/x-ndjson", body)).await;
    let line = tokio::time::timeout(Duration::from_secs(20), answer.into_body().frame()).await.expect("it is awaited");
    let answer = serde_json::from_slice(line.unwrap().unwrap().data_ref().unwrap()).unwrap();
    assert_eq!(became(&answer), "too-large");
}

#[tokio::test]
async fn order_is_kept_while_several_lines_are_evaluated_at_once() {
    let body: String = (0..200).map(|number| format!("{{\"ref\":\"{number}\",\"facts\":{{}}}}\n")).collect();
    let refs: Vec<String> = answers(body).await.iter().map(|answer| became(answer).to_owned()).collect();
    assert_eq!(refs, (0..200).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn lines_come_whole_however_the_body_is_cut() {
    let body = format!("\n\r\n{}\r\n{LINE}\n{}\n{}\n", padded(LARGEST), padded(LARGEST + 1), padded(LARGEST));
    for size in [1_usize, 7, 4096, 65_536, 65_537, 65_538, 1_000_000] {
        let pieces: Vec<_> = body.as_bytes().chunks(size).map(|piece| io::Result::Ok(piece.to_vec())).collect();
        let answers = answers(Body::from_stream(stream::iter(pieces))).await;
        let became: Vec<&str> = answers.iter().map(became).collect();
        assert_eq!(became, ["big", "a", "too-large", "big"], "in pieces of {size}");
        assert!(answers[2]["problem"]["detail"].as_str().unwrap().starts_with("line 6: "), "{}", answers[2]);
    }
}

#[tokio::test]
async fn an_empty_batch_has_an_empty_answer() {
    assert!(answers("").await.is_empty());
    assert!(answers("\n \n\r\n").await.is_empty());
}

#[tokio::test]
async fn a_line_is_taken_only_when_answers_are() {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let endless = stream::repeat_with(move || {
        count.fetch_add(1, Ordering::SeqCst);
        io::Result::Ok(LINE)
    });
    let body = Body::from_stream(endless);
    let answer = ask(&tiny(), post("/v1/evaluations/batch", "application/x-ndjson", body)).await;
    let mut answers = answer.into_body();
    for asked in 1..50 {
        answers.frame().await.unwrap().unwrap();
        let ahead = taken.load(Ordering::SeqCst) - asked;
        assert!(ahead <= 8, "{ahead} lines are held");
    }
}

#[tokio::test]
async fn a_batch_that_breaks_off_is_not_ended_as_if_it_were_whole() {
    let pieces = [Ok(LINE), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
    let body = Body::from_stream(stream::iter(pieces));
    let answer = ask(&tiny(), post("/v1/evaluations/batch", "application/x-ndjson", body)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.into_body().collect().await.is_err());
}
