//! One integration binary: built once, run as one.

mod command;
mod examples;
mod layering;
