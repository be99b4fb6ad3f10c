//! The JSON API: routes, and the OpenAPI document that is made from them.
//!
//! Handlers parse, call, answer. Everything that can go wrong is a problem (RFC 9457) with every fault at once, and no
//! fact about a child stands in one.

mod problem;
mod request;
mod room;

pub mod explained;

mod acting;
mod audit;
mod batch;
mod batches;
mod deprecated;
mod difference;
mod document;
mod earlier;
mod evaluations;
mod events;
mod handed_over;
mod health;
mod joined;
mod recording;
mod referrals;
mod rule_changes;
mod rule_sets;
mod telling;
mod transfers;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::json::MAX_BYTES;
use crate::notifications::MAX_FILE;
use crate::serving::Serving;
use crate::transfer::MAX_TRANSFER;
use deprecated::{CHANGES, DEPRECATED};
use request::Edge;
use room::Room;

pub use problem::{PAGES, Problem, ProblemType};

/// How long a whole body may take to come: 64 KiB over the slowest line that a school still has. Evaluating takes
/// milliseconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// How many requests compute or read at once, of the threads that `serve` has for it: people's pages have the others.
pub(crate) const SEATS: usize = 16;
/// How long a request waits for one of them. A school's system can wait longer, and does so before it sends again.
const QUEUE_WITHIN: Duration = Duration::from_secs(3);

/// What a browser may do with an answer: nothing.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";
/// The documentation page brings its own script and styles, from this server alone.
const ITS_OWN: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                       connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// What was added when, as `docs/api-changelog.md` tells it.
const CHANGELOG: &str = include_str!("../docs/api-changelog.md");

/// The whole document, as it is served at `/openapi.json`.
pub fn document() -> serde_json::Value {
    document::document(&routes().1)
}

/// A file of requests for an editor, one for each operation, from the document's examples.
pub fn http_file() -> String {
    document::http_file(&document())
}

/// Every route, and the paths that describe them.
fn routes() -> (Router, utoipa::openapi::OpenApi) {
    let one_body = OpenApiRouter::new().routes(routes!(evaluations::evaluate)).layer(DefaultBodyLimit::max(MAX_BYTES));
    let recorded = OpenApiRouter::new()
        .routes(routes!(referrals::refer, referrals::list))
        .routes(routes!(referrals::read))
        .routes(routes!(referrals::inform))
        .routes(routes!(referrals::decide, referrals::read_decisions))
        .routes(routes!(referrals::confirm))
        .routes(routes!(referrals::accept))
        .routes(routes!(earlier::look_up))
        .routes(routes!(earlier::same_child))
        .routes(routes!(telling::tell))
        .routes(routes!(telling::disagree))
        .routes(routes!(telling::answer))
        .routes(routes!(telling::take_further))
        .routes(routes!(joined::join))
        .routes(routes!(batches::read))
        .routes(routes!(batches::deal))
        .routes(routes!(handed_over::list))
        .routes(routes!(handed_over::read))
        .routes(routes!(events::list))
        .routes(routes!(rule_changes::list))
        .routes(routes!(rule_changes::read))
        .routes(routes!(rule_changes::step))
        .routes(routes!(rule_changes::draft))
        .routes(routes!(rule_changes::read_draft))
        .routes(routes!(rule_changes::propose))
        .layer(DefaultBodyLimit::max(MAX_BYTES));
    let files = OpenApiRouter::new().routes(routes!(batches::receive)).layer(DefaultBodyLimit::max(MAX_FILE));
    let transferred = OpenApiRouter::new()
        .routes(routes!(transfers::take, transfers::list))
        .layer(DefaultBodyLimit::max(MAX_TRANSFER));
    let audited = OpenApiRouter::new()
        .routes(routes!(audit::checkpoints))
        .routes(routes!(audit::checkpoint))
        .routes(routes!(audit::tile))
        .routes(routes!(audit::entries))
        .routes(routes!(audit::proof));
    OpenApiRouter::with_openapi(document::Head::openapi())
        .merge(one_body)
        .merge(recorded)
        .merge(files)
        .merge(transferred)
        .merge(audited)
        // A batch is streamed: each line is bounded, the whole is not.
        .routes(routes!(batch::evaluate_lines))
        .routes(routes!(rule_sets::list))
        .routes(routes!(rule_changes::history))
        .routes(routes!(rule_sets::current))
        .routes(routes!(rule_sets::next))
        .routes(routes!(rule_sets::read))
        .routes(routes!(rule_sets::facts_schema_of))
        .routes(routes!(difference::read))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::version))
        .split_for_parts()
}

/// The whole API over what is served.
pub fn router(serving: Arc<Serving>) -> Router {
    let (routes, paths) = routes();
    let docs = SwaggerUi::new("/docs")
        .external_url_unchecked("/openapi.json", document::document(&paths))
        // It would ask a validator elsewhere about this document.
        .config(Config::default().validator_url("none"));
    let changes = || async { ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], CHANGELOG) };
    let docs = Router::from(docs).route(CHANGES, get(changes)).layer(map_response(of_its_own));
    let transfers = Arc::clone(serving.transfers());
    let routes = routes.layer(Extension(recording::Running::default())).layer(Extension(transfers));
    let room = Room::new(SEATS, QUEUE_WITHIN);
    guarded(routes.merge(docs), Edge { serving, answer_within: ANSWER_WITHIN, room, deprecated: DEPRECATED })
}

async fn of_its_own(mut answer: Response) -> Response {
    unless_set(&mut answer, [(header::CONTENT_SECURITY_POLICY, ITS_OWN)]);
    answer
}

/// Puts around routes what every request passes through, the outermost first.
fn guarded(routes: Router, edge: Edge) -> Router {
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(edge, request::hold))
        .layer(CatchPanicLayer::custom(problem::after_panic));
    routes.layer(layers)
}

/// Sets headers that the answer does not have.
pub(crate) fn unless_set(answer: &mut Response, headers: impl IntoIterator<Item = (HeaderName, &'static str)>) {
    for (name, value) in headers {
        answer.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    /// What a route of the test's own is answered with, inside everything that guards the real ones.
    async fn answered(routes: Router, answer_within: Duration) -> (u16, String, axum::http::HeaderMap) {
        answered_with(routes, answer_within, DEPRECATED).await
    }

    async fn answered_with(
        routes: Router,
        answer_within: Duration,
        deprecated: &'static [deprecated::Deprecated],
    ) -> (u16, String, axum::http::HeaderMap) {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rule_sets/good/tiny");
        let serving = Arc::new(Serving::load(folder.as_ref(), None).unwrap());
        let request = Request::get("/").body(Body::empty()).unwrap();
        let answer = guarded(routes, Edge { serving, answer_within, room: Room::new(SEATS, QUEUE_WITHIN), deprecated })
            .oneshot(request)
            .await
            .unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap(), headers)
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_that_says_nothing_of_its_cause() {
        let facts = std::hint::black_box("a bruise");
        let routes = Router::new().route("/", get(move || async move { panic!("{facts}") as &'static str }));
        let (status, body, headers) = answered(routes, ANSWER_WITHIN).await;
        assert_eq!(status, 500);
        assert!(body.contains("urn:windscreen:problem:internal") && !body.contains("bruise"), "{body}");
        assert_eq!(headers["content-type"], "application/problem+json");
        assert!(headers.contains_key("x-request-id") && headers.contains_key("windscreen-rule-set"));
    }

    #[tokio::test]
    async fn an_operation_that_will_go_says_so_on_every_answer() {
        let gone = Box::leak(Box::new([deprecated::Deprecated {
            method: axum::http::Method::GET,
            path: "/",
            since: "2023-06-30T23:59:59Z".parse().unwrap(),
            until: Some("2024-06-30T23:59:59Z".parse().unwrap()),
            instead: "Call another.",
        }]));
        const NEXT: &str = "</?after=1>; rel=\"next\"";
        let routes = || Router::new().route("/", get(|| async { ([(header::LINK, NEXT)], "fine") }));
        let (_, _, headers) = answered_with(routes(), ANSWER_WITHIN, gone).await;
        assert_eq!(headers["deprecation"], "@1688169599");
        assert_eq!(headers["sunset"], "Sun, 30 Jun 2024 23:59:59 GMT");
        let links: Vec<_> = headers.get_all(header::LINK).iter().collect();
        assert_eq!(links, [NEXT, "</docs/changes>; rel=\"deprecation\"; type=\"text/plain\""]);
        let (_, _, headers) = answered(routes(), ANSWER_WITHIN).await;
        assert!(!headers.contains_key("deprecation") && !headers.contains_key("sunset"), "{headers:?}");
    }

    #[tokio::test]
    async fn a_panic_while_evaluating_is_one_too() {
        let broken = || async { room::away(|| -> &'static str { panic!("a bruise") }).await };
        let (status, body, _) = answered(Router::new().route("/", get(broken)), ANSWER_WITHIN).await;
        assert_eq!(status, 500);
        assert!(body.contains("urn:windscreen:problem:internal") && !body.contains("bruise"), "{body}");
    }

    #[tokio::test]
    async fn an_answer_that_takes_too_long_is_given_up() {
        let routes = Router::new().route("/", get(std::future::pending::<&'static str>));
        let (status, body, headers) = answered(routes, Duration::from_millis(1)).await;
        assert_eq!(status, 408);
        assert!(body.contains("urn:windscreen:problem:too-slow"), "{body}");
        assert_eq!(headers["content-security-policy"], NOTHING);
    }
}
