//! One change to a text: which bytes give way to which, where that is, and the sentence.

use std::ops::Range;

use super::{Kind, Mutant};
use crate::criteria::yaml::{Inside, Laid, LaidKey, Source, Written, line_start};

/// As much of a value as a sentence shows.
const SHOWN: usize = 90;

/// Bytes that give way to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    range: Range<usize>,
    with: String,
}

impl Edit {
    pub fn made(&self, bytes: &[u8]) -> Vec<u8> {
        let (before, behind) = (bytes.get(..self.range.start), bytes.get(self.range.end..));
        [before.unwrap_or_default(), self.with.as_bytes(), behind.unwrap_or_default()].concat()
    }
}

/// Collects the mutants of one entry.
pub(super) struct Changes<'f, 'm> {
    pub source: Source<'f>,
    /// The entry's id.
    pub id: String,
    pub mutants: &'m mut Vec<Mutant>,
}

impl<'f> Changes<'f, '_> {
    /// The text of a value, on one line.
    pub fn text(&self, range: Range<usize>) -> &'f str {
        self.source.text.get(range).unwrap_or_default()
    }

    /// Bytes give way to others; both are shown, and what is gone is told to be.
    pub fn change(&mut self, kind: Kind, range: Range<usize>, with: &str, was: &str, is: Option<&str>) {
        let says = match is {
            Some(is) => format!("`{}` becomes `{}`", shown(was), shown(is)),
            None => format!("`{}` is left out", shown(was)),
        };
        let text = self.source.text;
        let begins = line_start(text, range.start);
        let line = text.get(..begins).map_or(0, |before| before.matches('\n').count()) + 1;
        let column = text.get(begins..range.start).map_or(0, |before| before.chars().count()) + 1;
        let place = self.source.place(line, column, self.text(range.clone()).lines().next().unwrap_or("").len());
        let edit = Edit { range, with: with.to_owned() };
        self.mutants.push(Mutant { kind, id: self.id.clone(), place, says, edit });
    }

    /// A scalar under a key becomes another.
    pub fn set(&mut self, kind: Kind, key: &LaidKey, to: &str) {
        let (was, is) = (self.text(whole(key)), format!("{}: {to}", key.name));
        self.change(kind, key.value.span.clone(), to, was, Some(&is));
    }

    /// A key goes, with what stands under it. Every key of a rule file that may be missing may be `null`.
    pub fn without(&mut self, kind: Kind, key: &LaidKey) {
        self.change(kind, key.value.span.clone(), "null", self.text(whole(key)), None);
    }

    /// A key gives way to another over the same value.
    pub fn renamed(&mut self, kind: Kind, key: &LaidKey, to: &str) {
        let value = self.text(key.value.span.clone());
        let is = format!("{to}: {value}");
        self.change(kind, key.span.clone(), to, self.text(whole(key)), Some(&is));
    }

    /// A number under a key becomes one more, and one less.
    pub fn one_off(&mut self, kind: Kind, key: &LaidKey) {
        let Ok(number) = self.text(key.value.span.clone()).parse::<i64>() else { return };
        for to in [number.saturating_sub(1), number.saturating_add(1)] {
            self.set(kind, key, &to.to_string());
        }
    }

    /// Each item of a list under a key goes in turn; the last of one only where an empty list says something.
    pub fn without_each(&mut self, kind: Kind, key: &LaidKey, may_be_empty: bool) {
        let Inside::List(items) = &key.value.inside else { return };
        if items.len() == 1 && may_be_empty {
            let was = format!("{}: {}", key.name, self.text(key.value.span.clone()));
            self.change(kind, key.value.span.clone(), "[]", &was, None);
        }
        if items.len() < 2 {
            return;
        }
        for (place, (start, item)) in items.iter().enumerate() {
            let range = match (items.get(place + 1), place.checked_sub(1).and_then(|before| items.get(before))) {
                (Some((next, _)), _) => *start..*next,
                (None, Some((_, before))) => before.span.end..item.span.end,
                (None, None) => continue,
            };
            let (was, list) = (self.text(item.span.clone()), &key.name);
            self.change(kind, range, "", was, None);
            if let Some(mutant) = self.mutants.last_mut() {
                mutant.place = place_of(self.source, item.span.start);
                mutant.says = format!("`{}` is left out of `{list}`", shown(was));
            }
        }
    }
}

fn place_of(source: Source<'_>, at: usize) -> crate::diagnostic::Place {
    let begins = line_start(source.text, at);
    let line = source.text.get(..begins).map_or(0, |before| before.matches('\n').count()) + 1;
    let column = source.text.get(begins..at).map_or(0, |before| before.chars().count()) + 1;
    source.place(line, column, 1)
}

/// A key with what stands under it.
fn whole(key: &LaidKey) -> Range<usize> {
    key.span.start..key.value.span.end.max(key.colon)
}

/// A text on one line, cut where it is long.
fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// The keys of a mapping.
pub(super) fn keys(laid: &Laid) -> &[LaidKey] {
    if let Inside::Map(keys) = &laid.inside { keys } else { &[] }
}

/// What stands under a key.
pub(super) fn under<'l>(laid: &'l Laid, key: &str) -> Option<&'l Laid> {
    keys(laid).iter().find(|one| one.name == key).map(|one| &one.value)
}

/// The items of a list.
pub(super) fn items(laid: Option<&Laid>) -> impl Iterator<Item = &Laid> {
    let items = match laid.map(|laid| &laid.inside) {
        Some(Inside::List(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter().map(|(_, item)| item)
}

/// Whether a value is a scalar that stands on one line.
pub(super) fn is_scalar(laid: &Laid) -> bool {
    matches!(laid.inside, Inside::Scalar) && !matches!(laid.written, Written::Block { .. } | Written::Empty)
}
