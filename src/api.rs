//! The JSON API: routes, and the OpenAPI document that is made from them.
//!
//! Handlers parse, call, answer. Everything that can go wrong is a problem (RFC 9457) with every fault at once, and no
//! fact about a child stands in one.

mod problem;

mod batch;
mod evaluations;
mod health;
mod rule_sets;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::{Router, response::IntoResponse};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use crate::json::MAX_BYTES;
use crate::serving::Serving;

pub use problem::Problem;

/// The document's head; the paths come from the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "windscreen",
        description = "Which level of need a partnership's agreed criteria indicate for what a referral says about a \
                       child, why, what is not yet known, and what to do by when. A person decides. Version 1 only \
                       ever adds.",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2"),
    ),
    tags(
        (name = "evaluations", description = "Evaluate facts; nothing is recorded"),
        (name = "rule sets", description = "What runs"),
        (name = "health", description = "For operators"),
    )
)]
struct Document;

/// Every route, and the document that describes them.
fn routes() -> (Router<Arc<Serving>>, utoipa::openapi::OpenApi) {
    let one_body = OpenApiRouter::new().routes(routes!(evaluations::evaluate)).layer(DefaultBodyLimit::max(MAX_BYTES));
    // A batch is streamed: each line is bounded, the whole is not.
    let streamed = OpenApiRouter::new().routes(routes!(batch::evaluate_lines)).layer(DefaultBodyLimit::disable());
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(one_body)
        .merge(streamed)
        .routes(routes!(rule_sets::current))
        .routes(routes!(rule_sets::facts_schema_of))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::version))
        .split_for_parts()
}

/// The OpenAPI 3.1 document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().1
}

/// The whole API over what is served.
pub fn router(serving: Arc<Serving>) -> Router {
    let (router, document) = routes();
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let layers = ServiceBuilder::new()
        .layer(axum::middleware::from_fn(problem::request_id))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "no-referrer"))
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .layer(header(
            header::CONTENT_SECURITY_POLICY,
            // The documentation page brings its own script and styles, from this server alone.
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
             connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ))
        .layer(CatchPanicLayer::custom(problem::after_panic));
    router
        .merge(SwaggerUi::new("/docs").url("/openapi.json", document))
        .fallback(|| async { Problem::not_found("there is no such route").into_response() })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed().into_response() })
        .with_state(serving)
        .layer(layers)
}
