//! What is answered to requests that are refused, as examples: made by the functions that refuse them, and a test
//! provokes each.

use std::time::Duration;

use serde_json::{Value, json};

use super::examples::DIGEST;
use crate::api::acting::{called_too_often, no_organisation, nobody, not_for, tried_too_often};
use crate::api::batches::takes_files_only;
use crate::api::evaluations::{moved, takes_only, too_large};
use crate::api::problem::{PRINTED, Problem, ProblemType};
use crate::api::recording::{no_key, not_here, under_way};
use crate::api::request::too_slow;
use crate::api::{room, transfers};
use crate::decision::Role;
use crate::json::MAX_BYTES;
use crate::notifications::MAX_FILE;
use crate::record::RecordError;
use crate::record::db::DbError;
use crate::record::transfer::kept::too_many_waiting;

/// Every refusal that is no operation's own, by the name of its example.
pub(super) fn refusals() -> Vec<(String, Value)> {
    let all = [
        ("no_key", "Nothing is recorded without a key.", no_key()),
        ("no_organisation", "What is no organisation's code is not passed over.", no_organisation()),
        ("nobody", "Nobody is named who acts.", nobody()),
        ("not_for_role", "Whoever acts may not do this.", not_for(Role::Auditor)),
        ("not_here", "What is another's is answered as what never was.", not_here()),
        ("too_slow", "The body did not come in time.", too_slow()),
        ("under_way", "The first sending is still under way.", under_way()),
        ("moved", "The caller insists on a rule set that is not in force.", moved(DIGEST)),
        ("too_large", "More than a request holds.", too_large(MAX_BYTES)),
        ("too_large_file", "More than a file holds.", too_large(MAX_FILE)),
        ("too_large_transfer", "More than a transfer holds.", transfers::too_large()),
        ("json_only", "Another type of body.", takes_only("application/json")),
        ("lines_only", "Another type of body.", takes_only("application/x-ndjson")),
        ("files_only", "Another type of body.", takes_files_only()),
        ("key_reused", "The key came with another request before.", Problem::record(RecordError::KeyReused)),
        (
            "too_many_waiting",
            "Too many transfers wait for a person.",
            Problem::record(RecordError::Faults(vec![too_many_waiting()])),
        ),
        ("called_too_often", "The client called more often than it may.", called_too_often(Duration::ZERO)),
        ("tried_too_often", "Too many unknown keys or tokens came from its address.", tried_too_often(Duration::ZERO)),
        ("internal", "A mistake of this program.", Problem::internal()),
        ("busy", "No room was found in time.", room::full()),
        ("not_recorded", "The record is read-only.", Problem::new(ProblemType::NotRecorded, PRINTED)),
        ("no_room", "The disk is full.", Problem::record(RecordError::Db(DbError::Full))),
    ];
    let example = |(name, summary, problem): (&str, &str, Problem)| {
        (name.to_owned(), json!({ "summary": summary, "value": problem }))
    };
    all.map(example).into()
}

/// Which of them an operation's error of that status may be; `kinds` are the types of body that it takes.
pub(super) fn shown_as(status: &str, path: &str, has_key: bool, kinds: &[String]) -> Vec<&'static str> {
    let keeps = ["/v1/referrals", "/v1/batches", "/v1/transfers", "/v1/rule-drafts", "/v1/rule-changes"];
    let keeps = keeps.iter().any(|route| path.starts_with(route));
    let takes = |kind: &str| kinds.iter().any(|taken| taken == kind);
    match status {
        "400" if has_key => vec!["no_key", "no_organisation"],
        "400" => vec!["no_organisation"],
        "401" => vec!["nobody"],
        "403" => vec!["not_for_role"],
        "404" => vec!["not_here"],
        "408" => vec!["too_slow"],
        "409" => vec!["under_way"],
        "412" => vec!["moved"],
        "413" if takes("text/csv") => vec!["too_large_file"],
        "413" if path == "/v1/transfers" => vec!["too_large_transfer"],
        "413" => vec!["too_large"],
        "415" if takes("text/csv") => vec!["files_only"],
        "415" if takes("application/x-ndjson") => vec!["lines_only"],
        "415" => vec!["json_only"],
        "422" if path == "/v1/transfers" => vec!["too_many_waiting"],
        "422" if has_key => vec!["key_reused"],
        "429" => vec!["called_too_often", "tried_too_often"],
        "500" => vec!["internal"],
        "503" if keeps => vec!["busy", "not_recorded"],
        "503" => vec!["busy"],
        "507" => vec!["no_room"],
        _ => Vec::new(),
    }
}
