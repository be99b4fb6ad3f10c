//! Words that are the same wherever rules are told: in what a change edits, and in the published document.

use super::rule_set::{NeedIndex, RuleSet};
use crate::facts::MAX_FACTS;

/// An id as one reads it.
pub(crate) fn named(id: &str) -> String {
    format!("“{}”", id.replace('_', " "))
}

/// Several as one says them: any of them will do.
pub(crate) fn any_of<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    joined(items, "or")
}

/// Several as one says them: all of them.
pub(crate) fn all_of<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    joined(items, "and")
}

fn joined<T: AsRef<str>>(items: impl IntoIterator<Item = T>, word: &str) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.as_ref().to_owned()).collect();
    match items.split_last() {
        None => "none".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
    }
}

/// A number with its noun.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The id of whose need it is.
pub(crate) fn owner_id(rules: &RuleSet, owner: NeedIndex) -> Option<String> {
    match owner.checked_sub(MAX_FACTS) {
        None => rules.indicators.get(owner).map(|fact| fact.id.clone()),
        Some(criterion) => rules.criteria.get(criterion).map(|criterion| criterion.id.clone()),
    }
}
