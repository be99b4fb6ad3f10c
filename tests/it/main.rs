//! One integration binary: built once, run as one.

#![expect(clippy::panic, reason = "a test says by panicking that something is wrong")]

mod command;
mod examples;
mod layering;
