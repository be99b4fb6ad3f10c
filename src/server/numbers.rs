//! The numbers for whoever watches, on a listener of their own: Prometheus asks for them, and nobody else need reach it.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::routing::get;

use super::tls::Tls;
use crate::metrics::{Found, Metrics};
use crate::serving::{Serving, now, seconds};

/// What is answered on that listener: `/metrics`, and nothing else.
pub fn numbers(metrics: Metrics, serving: Arc<Serving>, tls: Option<Tls>) -> Router {
    Found::Info(env!("CARGO_PKG_VERSION"), serving.environment().word()).tell();
    Found::Started(seconds(now())).tell();
    let text = move || {
        serving.tell();
        if let Some(tls) = &tls {
            Found::CertificateEnds(seconds(tls.ends_at())).tell();
        }
        let text = metrics.text();
        async { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text) }
    };
    Router::new().route("/metrics", get(text))
}
