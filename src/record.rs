//! The record: what was said, indicated and decided, kept so that anyone can prove it later.
//!
//! Nothing is rewritten; removal under retention is itself recorded.

pub mod checkpoint;
pub mod log;
