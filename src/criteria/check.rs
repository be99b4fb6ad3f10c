//! What the language forbids, beyond what the shapes already say.
//!
//! `check_entries` looks at what an author wrote; `check_rule_set` at what it came to mean. The shape rule
//! (`shape.rs`) is why bounds are exact: along an order of concern nothing falls, criteria test only the side of
//! concern, and only what was stated may soften a floor.

mod framework;

mod ages;
mod indicators;

mod coverage;
mod shape;

use super::draft::Draft;
use super::rule_set::RuleSet;
use crate::diagnostic::Diagnostic;
use ages::check_ages;
use coverage::{check_phrases, check_statutory_parts, check_unused};
pub(super) use shape::path_of;

use framework::{calendar_limit, check_framework, check_ladder, check_sources, is_calendar};
use indicators::check_indicator;

/// Checks entries against each other.
pub(super) fn check_entries(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) {
    check_framework(draft, problems);
    check_sources(draft, problems);
    for (_, fact) in draft.indicators() {
        check_indicator(draft, fact, problems);
    }
    for (_, criterion) in draft.criteria() {
        let says = criterion.value.says.as_deref().unwrap_or("").trim();
        if criterion.value.gives.is_some() && says.is_empty() {
            let message =
                format!("criterion `{}` gives something, and has no `says` for the reasons", criterion.value.id);
            problems.push(Diagnostic::error("missing-key", message).at(criterion.place(&["id".into()])));
        }
        let gives = criterion.value.gives.clone().unwrap_or_default();
        if gives.within.is_some_and(is_calendar) {
            problems.push(calendar_limit(&criterion.entry, &["gives".into(), "within".into()]));
        }
    }
    for action in &draft.actions {
        if action.value.within.is_some_and(is_calendar) {
            problems.push(calendar_limit(&action.entry, &["within".into()]));
        }
    }
    check_ages(draft, problems);
}

/// Checks what the entries came to mean.
pub(super) fn check_rule_set(draft: &Draft<'_>, rules: &RuleSet, problems: &mut Vec<Diagnostic>) {
    check_ladder(draft, rules, problems);
    shape::check(draft, rules, problems);
    check_unused(draft, rules, problems);
    check_statutory_parts(draft, problems);
    check_phrases(draft, rules, problems);
}
