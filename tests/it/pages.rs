//! The pages, in process: every form filled in as a browser would, without one.

mod access;
mod batches;
mod break_glass;
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
use windscreen::record::sessions::keyed_row;
use windscreen::record::store::Transaction;
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

    /// As if nobody had done anything for some minutes; how many sessions there are.
    async fn age(&self, minutes: i64) -> usize {
        let record = Arc::clone(&self.record);
        let age = move || {
            let all = "SELECT hash, who, began_at, seen_at FROM session";
            let rows = record.store().read(|db| db.query(all, &[])).unwrap();
            for mut row in rows.into_iter() {
                let (hash, who) = (row.bytes().unwrap(), row.text().unwrap());
                let (began, seen) = (row.int().unwrap(), row.int().unwrap() - minutes * 60_000);
                let mac = keyed_row(record.keys(), &hash, &who, began, seen);
                let write = move |transaction: &mut Transaction<'_>| {
                    let values = [seen.into(), mac.as_slice().into(), hash.as_slice().into()];
                    let sql = "UPDATE session SET seen_at = $1, mac = $2 WHERE hash = $3";
                    Ok(transaction.db().execute(sql, &values)?)
                };
                record.store().write(write).wait_here().unwrap();
            }
            record.store().read(|db| db.query(all, &[])).unwrap().len()
        };
        tokio::task::spawn_blocking(age).await.unwrap()
    }

    async fn end(self) {
        tokio::task::spawn_blocking(move || drop((self.router, self.record, self.kept))).await.unwrap();
    }
}
