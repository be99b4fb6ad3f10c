//! The referral form: which questions a rule set asks of whom, what was entered so far, and the request it makes.
//!
//! Another partnership's rules give another form without code. A draft keeps what was typed, as it was typed; what it
//! means is worked out from the rules of the day, by the same reading as a partner's request.

mod fields;

mod questions;

mod call;

mod journey;

mod request;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use call::{Call, Paused};
pub use fields::{Asks, Choice, Entered, Field, Line, Tampered, With, Wrong, date, time, wrong};
pub use journey::{Journey, Section, Step};
pub use questions::{UNSURE, answer_field, fields_answered, level as level_field, or_anonymous, whose_words};
pub use request::{answer_of, chosen_of};

/// A referral that is not yet made: what was entered so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The digest of the rules under which it was last saved.
    pub rule_set: String,
    /// The children, in the order added.
    pub children: Vec<DraftChild>,
    /// That it is typed while somebody telephones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// The last number that a child was given.
    #[serde(default)]
    last: u32,
    /// What was typed or chosen, by field.
    entered: BTreeMap<String, Vec<String>>,
    /// Which steps were saved, and by whom last.
    saved: BTreeMap<String, Saved>,
}

/// A child of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftChild {
    /// What the referral calls the child: a number that no other child of it has.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Whether the child is not yet born.
    pub unborn: bool,
}

/// That a step was saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// Which saving of the draft it was.
    pub version: i64,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Under which rules, by digest.
    pub rule_set: String,
}

/// Of whom something is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Once, for all children.
    Household,
    /// Of one child, by reference.
    Child(String),
}

impl Who {
    /// What the keys of the fields begin with.
    fn key(&self) -> String {
        match self {
            Self::Household => "household".to_owned(),
            Self::Child(reference) => format!("child.{reference}"),
        }
    }

    /// The key of the field that asks for a fact.
    pub fn fact(&self, id: &str) -> String {
        format!("{}.fact.{id}", self.key())
    }
}

impl Draft {
    /// An empty draft of one unnamed child, for a check that names nobody.
    pub fn of_nobody(unborn: bool) -> Self {
        let mut draft = Self::default();
        draft.add_child(unborn);
        draft
    }

    /// Adds a child; its reference is new: what is typed on an open page about a child who was taken out must not
    /// become another's.
    pub fn add_child(&mut self, unborn: bool) -> &DraftChild {
        let numbers = self.children.iter().filter_map(|child| child.reference.parse::<u32>().ok());
        self.last = numbers.chain([self.last]).max().unwrap_or(0) + 1;
        self.children.push(DraftChild { reference: self.last.to_string(), unborn });
        self.read_back_again();
        &self.children[self.children.len() - 1]
    }

    /// Takes a child out again, and all that was entered about it.
    pub fn remove_child(&mut self, reference: &str) {
        self.children.retain(|child| child.reference != reference);
        self.read_back_again();
        let about = format!("child.{reference}.");
        self.entered.retain(|key, _| !key.starts_with(&about));
        // A step's name says of whom it asks in its second part.
        self.saved.retain(|step, _| step.split('.').nth(1) != Some(reference));
    }

    /// Says of a child that it is not yet born after all, or that it is born: who it is, is asked again. Who the
    /// other kind is stays, should this have been a slip, and is not sent; what was answered of the child is.
    pub fn turn_child(&mut self, reference: &str) {
        if let Some(child) = self.children.iter_mut().find(|child| child.reference == reference) {
            child.unborn = !child.unborn;
            self.saved.remove(&Step::Child(reference.to_owned()).id());
            self.read_back_again();
        }
    }

    /// The child of a reference.
    pub fn child(&self, reference: &str) -> Option<&DraftChild> {
        self.children.iter().find(|child| child.reference == reference)
    }

    /// What a page calls a child.
    pub fn name_of(&self, reference: &str) -> String {
        let name = self.one(&format!("child.{reference}.name"));
        if !name.is_empty() {
            return name.to_owned();
        }
        match self.children.iter().position(|child| child.reference == reference) {
            _ if self.children.len() == 1 => "the child".to_owned(),
            Some(place) => format!("child {}", place + 1),
            None => "the child".to_owned(),
        }
    }

    /// What was entered in a field that takes one value; empty when nothing was.
    pub fn one(&self, key: &str) -> &str {
        self.entered.get(key).and_then(|values| values.first()).map_or("", String::as_str)
    }

    /// Everything that was entered in a field.
    pub fn all(&self, key: &str) -> &[String] {
        self.entered.get(key).map_or(&[], Vec::as_slice)
    }

    /// What was entered in some fields.
    pub fn entered_in(&self, fields: &[Field]) -> Vec<Vec<String>> {
        fields.iter().map(|field| self.all(&field.key).to_vec()).collect()
    }

    /// Every field in which something was entered.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entered.keys().map(String::as_str)
    }

    /// Puts what was entered into a field, in the place of what stood there.
    pub fn enter(&mut self, key: &str, values: Vec<String>) {
        let plain = |values: &[String]| values.iter().filter(|value| !value.is_empty()).cloned().collect::<Vec<_>>();
        if !call::is_of_read_back(key) && plain(self.all(key)) != plain(&values) {
            self.read_back_again();
        }
        if values.iter().all(String::is_empty) {
            self.entered.remove(key);
        } else {
            self.entered.insert(key.to_owned(), values);
        }
    }

    /// Whether a step was saved, when and by whom.
    pub fn saved(&self, step: &Step) -> Option<&Saved> {
        self.saved.get(&step.id())
    }

    /// Notes that a step was saved.
    pub fn note_saved(&mut self, step: &Step, saved: Saved) {
        self.saved.insert(step.id(), saved);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved() -> Saved {
        Saved { version: 1, by: String::new(), at: Timestamp::UNIX_EPOCH, rule_set: String::new() }
    }

    #[test]
    fn a_child_that_is_taken_out_takes_nothing_of_another_with_it() {
        let mut draft = Draft::default();
        let first = draft.add_child(false).reference.clone();
        let second = draft.add_child(true).reference.clone();
        let of = |child: &str, page| Step::First(Who::Child(child.to_owned()), page);
        for step in [of(&first, 1), of(&first, 2), of(&second, 1), Step::Account] {
            draft.note_saved(&step, saved());
        }
        draft.enter("child.1.name", vec!["First".into()]);
        draft.enter("child.2.name", vec!["Second".into()]);
        draft.remove_child(&second);
        assert!(draft.saved(&of(&first, 2)).is_some() && draft.saved(&of(&second, 1)).is_none());
        assert_eq!((draft.one("child.1.name"), draft.one("child.2.name")), ("First", ""));
        assert_eq!(draft.add_child(false).reference, "3");
    }
}
