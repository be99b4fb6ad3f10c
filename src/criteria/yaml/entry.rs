//! One entry of a file: where it stands, and both readings of it.

use serde::de::DeserializeOwned;
use serde_yaml::Value;
use validator::Validate;

use super::tree::{Node, Source, Step, Tree};
use crate::diagnostic::{Diagnostic, Place};

/// One entry of a file: where it stands, and both readings of it.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The file.
    pub source: Source<'a>,
    /// The located reading.
    pub node: Node,
    pub(super) value: Value,
}

impl Entry<'_> {
    /// The place of a value inside the entry, or of the nearest thing around it.
    pub fn place(&self, path: &[Step<'_>]) -> Place {
        let mut node = &self.node;
        for step in path {
            match node.get(*step) {
                Some(next) => node = next,
                None => break,
            }
        }
        // A mapping or list begins at its first key or item; the caret covers that word.
        match &node.value {
            Tree::Map(entries) => match entries.first() {
                Some((key, _)) => self.source.at(key.at, key.name.chars().count()),
                None => self.source.at(node.at, 1),
            },
            Tree::List(items) => {
                items.first().map_or_else(|| self.source.at(node.at, 1), |item| self.source.at(item.at, item.length()))
            }
            _ => self.source.at(node.at, node.length()),
        }
    }

    /// The place of a key inside the entry.
    pub fn key_place(&self, path: &[Step<'_>], key: &str) -> Place {
        let mut node = &self.node;
        for step in path {
            match node.get(*step) {
                Some(next) => node = next,
                None => return self.place(path),
            }
        }
        node.key(key).map_or_else(|| self.place(path), |found| self.source.at(found.at, key.chars().count()))
    }

    /// The text under a key of the entry itself.
    pub fn text(&self, key: &str) -> Option<&str> {
        match &self.node.get(key)?.value {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The entry as a type, or every reason why it is not one.
    pub fn typed<T: DeserializeOwned + Validate>(&self, problems: &mut Vec<Diagnostic>) -> Option<T> {
        match serde_path_to_error::deserialize::<_, T>(self.value.clone()) {
            Ok(entry) => match entry.validate() {
                Ok(()) => Some(entry),
                Err(errors) => {
                    self.shape_problems(&errors, &mut Vec::new(), problems);
                    None
                }
            },
            Err(error) => {
                problems.push(self.type_problem(&error));
                None
            }
        }
    }
}
