//! What a form calls a key; any other key is called by its own name. What a key means stands in the schema.

/// The keys that no form changes: other files name them, or they say what the file is.
pub(super) const LEFT_TO_THE_TEXT: [&str; 13] = [
    "id",
    "topic",
    "format",
    "framework",
    "rank",
    "child",
    "topics",
    "script",
    "fact",
    "ref",
    "asked_when",
    "ordered",
    "circumstance",
];

/// What a form calls a key.
pub(super) fn label(key: &str) -> Option<&'static str> {
    Some(match key {
        "ask" => "Question",
        "say" => "Question as it is said on the telephone",
        "label" => "Wording of the answer",
        "says" => "What it says",
        "title" => "Title",
        "about" => "About",
        "core" => "Asked in every referral",
        "past" => "Has happened and cannot become otherwise",
        "context" => "Context only: never moves a level",
        "sensitive" => "Asked one question a page",
        "would_know" => "Who would know",
        "counts_with" => "Counts as one need with",
        "protects" => "A protective factor",
        "presume" => "Presumed until it is answered",
        "source" => "Source",
        "raises" => "Raises the level a step (a modifier)",
        "hardship" => "Material hardship only",
        "consider" => "What a manager must answer",
        "actions" => "Actions",
        "within" | "respond_within" => "How soon",
        "opens" => "Topics that it opens",
        "then" => "Level to which the floor softens",
        "from" => "From",
        "to" => "To",
        "worse" => "Which end is worse",
        "unit" => "What is counted",
        "never" => "“Never” is an answer",
        "reaches" => "Level reached",
        "never_reaches" => "Level that it never reaches",
        "at" => "Level of the needs",
        "at_least" => "At least",
        "at_most" => "At most",
        "above" => "More than",
        "below" => "Less than",
        "domains" => "In at least so many domains",
        "groups" => "In at least so many groups",
        "reason" => "Why these numbers",
        "until_level" => "Shown below level",
        "legal_basis" => "Legal basis",
        "means" => "What it means",
        "lead" => "Who leads",
        "next_steps" => "Next steps",
        "may_decide" => "Roles that may decide it",
        "story" => "Story",
        "concerns" => "Topics that the referrer raises",
        "level" => "Settled at level",
        "found" => "Must be found",
        "not_found" => "Must not be found",
        "no_actions" => "Actions that must not be listed",
        "considerations" => "Considerations that must be listed",
        "no_considerations" => "Considerations that must not be listed",
        "asks" => "Must be asked next",
        "asks_first" => "Must be asked first",
        "sufficient_reason" => "Enough alone",
        "respond" => "How soon the response is decided",
        _ => return None,
    })
}

/// Whether a key's label says all that its description does.
pub(super) fn says_it_all(key: &str) -> bool {
    const PLAIN: [&str; 16] = [
        "ask",
        "core",
        "past",
        "context",
        "protects",
        "story",
        "level",
        "title",
        "means",
        "lead",
        "next_steps",
        "reason",
        "hardship",
        "raises",
        "label",
        "legal_basis",
    ];
    PLAIN.contains(&key)
}

/// The heading of what stands under a key.
pub(super) fn heading(key: &str) -> Option<&'static str> {
    Some(match key {
        "if_yes" => "If the answer is yes",
        "if_no" => "If the answer is no",
        "gives" => "What it gives",
        "when" | "unless" => "When",
        "number" => "The number",
        "expect" => "What is expected",
        "facts" => "Facts",
        "retired" => "Retired",
        "in_force" => "In force",
        _ => return None,
    })
}

/// What the entries of a list are called, and each of them.
pub(super) fn entries(list: &str) -> (&'static str, &'static str) {
    match list {
        "indicators" => ("Questions", "Question"),
        "criteria" => ("Criteria", "Criterion"),
        "thresholds" => ("Thresholds", "Threshold"),
        "across_children" => ("Across children", "Across children"),
        "actions" => ("Actions", "Action"),
        "considerations" => ("Considerations", "Consideration"),
        "levels" => ("Levels", "Level"),
        "agencies" => ("Agencies", "Agency"),
        "timescales" => ("Time limits", "Time limit"),
        "lists" => ("Code lists", "Code list"),
        "needs" => ("Needs in words for a family", "Need in words"),
        "disagreement" => ("Stages of a disagreement", "Stage"),
        "guarantees" => ("Guarantees", "Guarantee"),
        "expected" => ("Accepted findings", "Accepted finding"),
        "examples" => ("Examples", "Example"),
        _ => ("Entries", "Entry"),
    }
}
