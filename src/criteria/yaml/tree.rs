//! The located tree: every value of a rule file with its place.

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use crate::diagnostic::Place;

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Node {
    pub(super) at: Location,
    pub(super) value: Tree,
}

#[derive(Debug, Clone)]
pub(super) enum Tree {
    Null,
    Bool(bool),
    Integer(i64),
    Float,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) at: Location,
    pub(super) name: String,
}

/// One step into a tree.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// The value under a key.
    Key(&'a str),
    /// An item of a list.
    Item(usize),
}

impl<'a> From<&'a str> for Step<'a> {
    fn from(key: &'a str) -> Self {
        Self::Key(key)
    }
}

impl From<usize> for Step<'_> {
    fn from(item: usize) -> Self {
        Self::Item(item)
    }
}

impl Node {
    /// The value one step further, when there is one.
    pub fn get<'a>(&self, step: impl Into<Step<'a>>) -> Option<&Self> {
        match (step.into(), &self.value) {
            (Step::Key(name), Tree::Map(entries)) => {
                entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
            }
            (Step::Item(index), Tree::List(items)) => items.get(index),
            _ => None,
        }
    }

    pub(super) fn key(&self, name: &str) -> Option<&Key> {
        match &self.value {
            Tree::Map(entries) => entries.iter().map(|(key, _)| key).find(|key| key.name == name),
            _ => None,
        }
    }

    pub(super) fn length(&self) -> usize {
        match &self.value {
            Tree::Text(text) => text.chars().count(),
            Tree::Bool(true) => 4,
            Tree::Bool(false) => 5,
            Tree::Integer(number) => number.to_string().len(),
            _ => 1,
        }
    }
}

/// A file's name and lines, to turn locations into places.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Path inside the rules folder.
    pub file: &'a str,
    /// The whole text.
    pub text: &'a str,
}

impl Source<'_> {
    /// A place in this file.
    pub fn place(&self, line: usize, column: usize, length: usize) -> Place {
        // A reader that expected more points past the end; the last line is where a person looks.
        let line = line.clamp(1, self.text.lines().count().max(1));
        let text = self.text.lines().nth(line - 1).unwrap_or("");
        let room = text.chars().count().saturating_sub(column.saturating_sub(1)).max(1);
        // What cannot be seen, or would turn the line round, is shown as something that can.
        let shown = |c: char| if is_hidden(c) { '\u{fffd}' } else { c };
        Place {
            file: self.file.to_owned(),
            line,
            column: column.max(1),
            length: length.clamp(1, room),
            excerpt: text.chars().map(shown).collect(),
        }
    }

    pub(super) fn at(&self, location: Location, length: usize) -> Place {
        let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        self.place(number(location.line()), number(location.column()), length)
    }

    /// The first place where a text stands.
    pub(super) fn find(&self, text: &str) -> Option<Place> {
        let (index, line) = self.text.lines().enumerate().find(|(_, line)| line.contains(text))?;
        let before = line.find(text).map_or(0, |at| line[..at].chars().count());
        Some(self.place(index + 1, before + 1, text.chars().count()))
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("YAML")
    }
    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }
    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(self)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Integer(value))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Tree, E> {
        i64::try_from(value).map(Tree::Integer).map_err(|_| E::custom("the number is too large"))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Float)
    }
    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Spanned<Tree>>()? {
            items.push(Node { at: item.referenced, value: item.value });
        }
        Ok(Tree::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let value = map.next_value::<Spanned<Tree>>()?;
            let node = Node { at: value.referenced, value: value.value };
            entries.push((Key { at: key.referenced, name: key.value }, node));
        }
        Ok(Tree::Map(entries))
    }
}

/// A control character, or one that turns the direction of text: it may hide what a rule says.
pub fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || ('\u{202a}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
}
