//! The API in process, by complete exchanges; over a real socket where the socket is the point; and as a program.

mod answers;
mod batch;
mod canary;
mod document;
mod exchanges;
mod facts;
mod http_file;
mod limits;
mod malformed;
mod operations;
mod overload;
mod program;
mod refusals;
mod reload;
mod request;
mod slow;
mod socket;
mod tls;
mod tokens;
mod tries;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use windscreen::api::router;
use windscreen::serving::Serving;

pub(crate) use tls::certificate;

const TINY: &str = "fixtures/rule_sets/good/tiny";

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn serving(path: &str) -> Arc<Serving> {
    Arc::new(Serving::load(&folder(path), None).unwrap())
}

fn tiny() -> Router {
    router(serving(TINY))
}

async fn ask(router: &Router, request: Request<Body>) -> Response<Body> {
    router.clone().oneshot(request).await.unwrap()
}

async fn bytes(response: Response<Body>) -> Vec<u8> {
    response.into_body().collect().await.unwrap().to_bytes().to_vec()
}

/// What a batch is answered under a rule set; other tests compare theirs with it.
pub(crate) async fn answers_of_batch(rules: &str, lines: Vec<u8>) -> Vec<u8> {
    bytes(ask(&router(serving(rules)), post("/v1/evaluations/batch", "application/x-ndjson", lines)).await).await
}

async fn json(response: Response<Body>) -> Value {
    serde_json::from_slice(&bytes(response).await).unwrap()
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn post(path: &str, kind: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path).header("content-type", kind).body(body.into()).unwrap()
}

fn evaluation(body: impl Into<Body>) -> Request<Body> {
    post("/v1/evaluations", "application/json", body)
}
