//! The pages, in process: every form filled in as a browser would, without one.

mod access;
mod batches;
pub mod browser;
mod calibration;
mod call;
mod components;
mod disclosure;
mod form;
mod handed;
mod held;
mod joined;
mod lost;
mod problems;
mod quality;
mod reports;
mod rule_changes;
mod rule_editor;
mod telling;
mod transfers;

use std::sync::Arc;

use axum::Router;
use windscreen::pages::council::Council;
use windscreen::pages::{self, Front};
use windscreen::record::Record;
use windscreen::serving::Serving;

use crate::record::Kept;

/// Pages and API over one record, as the program serves them.
struct Served {
    router: Router,
    record: Arc<Record>,
    kept: Kept,
}

impl Served {
    async fn begin() -> Self {
        Self::with_rules(concat!(env!("CARGO_MANIFEST_DIR"), "/rules").as_ref()).await
    }

    async fn with_rules(rules: &std::path::Path) -> Self {
        let begin = || {
            let kept = Kept::in_sqlite();
            Self { router: Router::new(), record: kept.open(), kept }
        };
        tokio::task::spawn_blocking(begin).await.unwrap().with_rules_again(rules).await
    }

    /// The same record under a rules folder, as after a restart.
    async fn with_rules_again(self, rules: &std::path::Path) -> Self {
        let rules = rules.to_owned();
        let begin = move || {
            let serving = Arc::new(Serving::load(&rules, Some(Arc::clone(&self.record))).unwrap());
            let council = Council::new("Example Council", "01632 960001", "01632 960002", "#003b5c").unwrap();
            let front = Arc::new(Front::new(Arc::clone(&serving), council, None).unwrap());
            Self { router: pages::router(&front), ..self }
        };
        tokio::task::spawn_blocking(begin).await.unwrap()
    }

    async fn end(self) {
        tokio::task::spawn_blocking(move || drop((self.router, self.record, self.kept))).await.unwrap();
    }
}
