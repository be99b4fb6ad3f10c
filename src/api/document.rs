//! The OpenAPI document: paths from the routes, schemas from the types, examples from the exchanges that the tests run.

mod complete;
mod examples;
mod http;
mod refusals;
mod requests;

use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Paths;

use crate::level::Explain;

pub(super) use http::http_file;
pub(super) use requests::{EvaluationRequest, InformationRequest, ReferralRequest};

/// The document's head.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "windscreen",
        description = "Which level of need a partnership's agreed criteria indicate for what a referral says about a \
                       child, why, what is not yet known, and what to do by when. A person decides. Every answer names \
                       its rule set in `Windscreen-Rule-Set` and its request in `X-Request-Id`. Version 1 only ever adds.",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2"),
    ),
    external_docs(url = "/docs/problems", description = "What each problem and each fault means, and what to do about it"),
    components(schemas(super::batch::BatchAnswer, Explain)),
    tags(
        (name = "evaluations", description = "Evaluate facts; nothing is recorded"),
        (name = "referrals", description = "Record referrals, what became known later, and what people decide"),
        (name = "events", description = "Hear what was decided, and when other rules evaluate"),
        (name = "batches", description = "Send files of notifications, and see what became of them"),
        (name = "audit", description = "Watch the record from outside: checkpoints, tiles, entries, proofs"),
        (name = "rule sets", description = "What runs, what will run, and what ran"),
        (name = "rule changes", description = "Propose rules on evidence, agree them by partner, and see who did what"),
        (name = "health", description = "For operators"),
    )
)]
pub(super) struct Head;

/// The document as it is served: the paths of the routes, with every exchange as an example where it belongs.
pub(super) fn document(paths: &Paths) -> Value {
    let mut document = json!(paths);
    if let Some(paths) = document.pointer_mut("/paths").and_then(Value::as_object_mut) {
        // The router's sign for several steps is none of OpenAPI's.
        let plain = std::mem::take(paths).into_iter().map(|(path, operations)| (path.replace("{*", "{"), operations));
        paths.extend(plain);
    }
    complete::complete(&mut document);
    examples::show_all(&mut document);
    document
}
