//! Every id of a folder, by what it names: one name space.

use std::collections::{BTreeMap, BTreeSet};

use crate::criteria::draft::Draft;
use crate::criteria::rule_set::{MAX_CRITERIA, MAX_THRESHOLDS};
use crate::criteria::yaml::Entry;
use crate::diagnostic::{Diagnostic, Place};
use crate::facts::{FactIndex, MAX_FACTS};

/// Every id of a folder, by what it names.
pub(super) struct Names<'d> {
    pub(super) facts: BTreeMap<&'d str, FactIndex>,
    /// In file order; their order of evaluation is found later.
    pub(super) criteria: BTreeMap<&'d str, usize>,
    pub(super) thresholds: BTreeSet<&'d str>,
    pub(super) actions: BTreeMap<&'d str, usize>,
    pub(super) considerations: BTreeMap<&'d str, usize>,
    pub(super) topics: BTreeMap<&'d str, usize>,
}

impl<'d> Names<'d> {
    pub(super) fn collect(draft: &'d Draft<'_>, problems: &mut Vec<Diagnostic>) -> Self {
        let mut seen: BTreeMap<&'d str, (&'static str, Place)> = BTreeMap::new();
        let mut add = |id: &'d str, what: &'static str, entry: &Entry<'_>| {
            let place = entry.place(&["id".into()]);
            if let Some((other, first)) = seen.get(id) {
                let message = format!("`{id}` is already the id of {other}, in {}:{}", first.file, first.line);
                let help = "facts, criteria, thresholds, actions and considerations share one name space";
                problems.push(Diagnostic::error("duplicate-id", message).at(Some(place)).help(help));
                false
            } else {
                seen.insert(id, (what, place));
                true
            }
        };
        let mut names = Self {
            facts: BTreeMap::new(),
            criteria: BTreeMap::new(),
            thresholds: BTreeSet::new(),
            actions: BTreeMap::new(),
            considerations: BTreeMap::new(),
            topics: BTreeMap::new(),
        };
        for (index, (_, fact)) in draft.indicators().enumerate() {
            if add(&fact.value.id, "a fact", &fact.entry) {
                names.facts.insert(&fact.value.id, index);
            }
        }
        for (index, (_, criterion)) in draft.criteria().enumerate() {
            if add(&criterion.value.id, "a criterion", &criterion.entry) {
                names.criteria.insert(&criterion.value.id, index);
            }
        }
        for threshold in &draft.thresholds {
            if add(&threshold.value.id, "a threshold", &threshold.entry) {
                names.thresholds.insert(&threshold.value.id);
            }
        }
        for across in &draft.across_children {
            add(&across.value.id, "a rule across children", &across.entry);
        }
        for (index, action) in draft.actions.iter().enumerate() {
            if add(&action.value.id, "an action", &action.entry) {
                names.actions.insert(&action.value.id, index);
            }
        }
        for (index, consideration) in draft.considerations.iter().enumerate() {
            if add(&consideration.value.id, "a consideration", &consideration.entry) {
                names.considerations.insert(&consideration.value.id, index);
            }
        }
        for guarantee in &draft.guarantees {
            add(&guarantee.value.id, "a guarantee", &guarantee.entry);
        }
        for (index, topic) in draft.topics.iter().enumerate() {
            names.topics.insert(&topic.head.value.topic, index);
        }
        names
    }

    pub(super) fn too_many(&self, problems: &mut Vec<Diagnostic>) -> bool {
        let counts = [
            ("facts", self.facts.len(), MAX_FACTS),
            ("criteria", self.criteria.len(), MAX_CRITERIA),
            ("thresholds", self.thresholds.len(), MAX_THRESHOLDS),
        ];
        let before = problems.len();
        problems.extend(counts.into_iter().filter(|(_, count, most)| count > most).map(|(what, count, most)| {
            Diagnostic::error("too-many", format!("the rule set has {count} {what}; at most {most} are read"))
        }));
        problems.len() > before
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.facts.keys().chain(self.criteria.keys()).copied()
    }
}
