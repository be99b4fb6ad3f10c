//! One integration binary: built once, run as one.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says by panicking that something is wrong")]

mod agreement;
mod alerts;
mod api;
mod at_once;
mod bad_rules;
mod calibration;
mod came_from;
mod clauses;
mod command;
mod decision;
mod difference;
mod examples;
mod export;
mod figures;
mod fuzzed;
mod kleene;
mod layering;
mod merkle;
mod mutation;
mod notifications;
mod pages;
mod proof;
mod properties;
mod publish;
mod quality;
mod readme;
mod record;
mod reference;
mod rule_change;
mod security_pack;
mod transfer;
mod twins;
mod unfold;
mod vignettes;

/// How many times as many cases the property tests try; `make test-long` says more.
fn cases() -> u32 {
    option_env!("WINDSCREEN_TEST_CASES").and_then(|cases| cases.parse().ok()).unwrap_or(1)
}

/// Copies a folder, so that a test may break the copy.
fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
