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
pub use limits::{Limits, limits};
pub use table::{Cell, Row, Table, per_mille, percent};
pub use terms::{Month, Terms};
