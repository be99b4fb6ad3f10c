//! The board's monthly figures: what came, what was decided, what followed, and whether it falls alike on everybody.
//!
//! Anyone can reckon them again from the record. Small counts are told together or hidden, so that no table, and no two
//! together, tell of a handful of children.

mod counted;
mod figure;
mod hide;
mod limits;
mod month;
mod pool;
mod table;
mod terms;
mod ways;

pub use counted::{Channel, Counted, CountedDecision, CountedDisagreement, Feedback};
pub use figure::{Body, Figure, Figures, Share, Shares};
pub use hide::VALUES;
pub use limits::{Limits, limits};
pub use table::{Cell, Row, Table, per_mille, percent};
pub use terms::{Month, Terms};

/// What children are counted by to see whether thresholds fall alike on everybody, and the categories of each.
pub fn monitored() -> Vec<(String, Vec<String>)> {
    let ways = [ways::ages(), ways::sexes(), ways::ethnicities(), ways::disabilities(), ways::channels()];
    ways.into_iter().map(|way| (way.title.to_owned(), way.labels)).collect()
}
