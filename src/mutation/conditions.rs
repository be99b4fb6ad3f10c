//! What of a condition can be otherwise: how its parts are joined, which there are, and where each looks.

use std::collections::BTreeMap;

use super::Kind;
use super::change::{Changes, is_scalar, items, keys};
use crate::criteria::yaml::{Laid, LaidKey, Written};

/// The answers of each choice, least concern first.
pub(super) type Choices = BTreeMap<String, Vec<String>>;

/// Comparisons, each with its opposite.
const OPPOSITE: [(&str, &str); 4] =
    [("at_least", "at_most"), ("at_most", "at_least"), ("above", "below"), ("below", "above")];

impl Changes<'_, '_> {
    /// A condition and all that is in it.
    pub fn condition(&mut self, laid: &Laid, choices: &Choices) {
        if is_scalar(laid) {
            let id = self.text(laid.span.clone());
            let not = format!("{{ not: {id} }}");
            self.change(Kind::Negation, laid.span.clone(), &not, id, Some(&not));
            return;
        }
        let [key] = keys(laid) else { return };
        match key.name.as_str() {
            "all" | "any" => {
                let parts = items(Some(&key.value)).count();
                if parts > 1 {
                    self.renamed(Kind::Operator, key, if key.name == "all" { "any" } else { "all" });
                    self.without_each(Kind::Part, key, false);
                }
                items(Some(&key.value)).for_each(|part| self.condition(part, choices));
            }
            "not" => {
                // A value on lines of its own would be indented as if the key were still there.
                let value = self.text(key.value.span.clone()).to_owned();
                if key.value.written != Written::Lines {
                    let was = self.text(laid.span.clone());
                    self.change(Kind::Negation, laid.span.clone(), &value, was, Some(&value));
                }
                if !is_scalar(&key.value) {
                    self.condition(&key.value, choices);
                }
            }
            "stated" => {
                if !is_scalar(&key.value) {
                    self.condition(&key.value, choices);
                }
            }
            "need" => self.need(&key.value),
            "script" => {}
            _ => self.test(key, choices),
        }
    }

    /// A need that is looked at.
    pub fn need(&mut self, laid: &Laid) {
        for key in keys(laid) {
            match key.name.as_str() {
                "at" => self.one_off(Kind::Level, key),
                "in" | "besides" => self.without_each(Kind::Part, key, key.name == "besides"),
                "harm" => self.flip(Kind::Part, key),
                _ => {}
            }
        }
    }

    /// A test of one fact.
    fn test(&mut self, fact: &LaidKey, choices: &Choices) {
        if is_scalar(&fact.value) {
            self.flip(Kind::Negation, fact);
            return;
        }
        let answers = choices.get(&fact.name);
        for key in keys(&fact.value) {
            if let Some((_, opposite)) = OPPOSITE.iter().find(|(name, _)| *name == key.name) {
                self.renamed(Kind::Operator, key, opposite);
            }
            if key.name == "one_of" {
                self.without_each(Kind::Part, key, false);
                continue;
            }
            self.one_off(Kind::Bound, key);
            let word = self.text(key.value.span.clone());
            let place = answers.and_then(|answers| Some((answers, answers.iter().position(|one| one == word)?)));
            if let Some((answers, place)) = place {
                let before = place.checked_sub(1).and_then(|before| answers.get(before));
                before.into_iter().chain(answers.get(place + 1)).for_each(|to| self.set(Kind::Bound, key, to));
            }
        }
    }

    /// Yes becomes no, and no yes.
    pub fn flip(&mut self, kind: Kind, key: &LaidKey) {
        match self.text(key.value.span.clone()) {
            "true" => self.set(kind, key, "false"),
            "false" => self.set(kind, key, "true"),
            _ => {}
        }
    }
}
