//! Where the entries of a rule set stand in their files, for what is found of them later than by loading.

use std::collections::BTreeMap;

use super::check::path_of;
use super::draft::Draft;
use super::rule_set::Indicator;
use super::yaml::{Entry, Step};
use crate::diagnostic::Place;
use crate::facts::Class;

/// Where the entries of a rule set stand.
#[derive(Debug, Default)]
pub struct Places<'f> {
    by_id: BTreeMap<String, Entry<'f>>,
    /// The accepted findings, in file order.
    expected: Vec<Entry<'f>>,
}

impl<'f> Places<'f> {
    pub(super) fn of(draft: &Draft<'f>) -> Self {
        let mut by_id = BTreeMap::new();
        let mut add = |id: &str, entry: &Entry<'f>| by_id.insert(id.to_owned(), entry.clone());
        for (_, fact) in draft.indicators() {
            add(&fact.value.id, &fact.entry);
        }
        for (_, criterion) in draft.criteria() {
            add(&criterion.value.id, &criterion.entry);
        }
        for threshold in &draft.thresholds {
            add(&threshold.value.id, &threshold.entry);
        }
        for guarantee in &draft.guarantees {
            add(&guarantee.value.id, &guarantee.entry);
        }
        Self { by_id, expected: draft.expected.iter().map(|placed| placed.entry.clone()).collect() }
    }

    /// Where the id of a fact, a criterion, a threshold or a guarantee stands.
    pub fn id(&self, id: &str) -> Option<Place> {
        self.inside(id, &[Step::Key("id")])
    }

    /// Where a part of its entry stands.
    pub(crate) fn inside(&self, id: &str, path: &[Step<'_>]) -> Option<Place> {
        Some(self.by_id.get(id)?.place(path))
    }

    /// Where an answer of a fact stands.
    pub fn answer(&self, indicator: &Indicator, class: Class) -> Option<Place> {
        let path = path_of(indicator, usize::from(class));
        let (last, before) = path.split_last()?;
        let entry = self.by_id.get(&indicator.id)?;
        Some(match last {
            Step::Key(key) => entry.key_place(before, key),
            Step::Item(_) => entry.place(&path),
        })
    }

    /// Where an accepted finding stands.
    pub fn expected(&self, index: usize) -> Option<Place> {
        Some(self.expected.get(index)?.place(&[Step::Key("check")]))
    }
}
