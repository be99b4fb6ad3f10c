//! The only reader of rule text: a located tree, then each entry typed on its own.
//!
//! Two readers see every file. The first is strict (YAML 1.2 booleans, no anchors, no duplicate keys, bounded) and
//! gives the tree with each value's place. The second, which types the entries, must see the same values; where the
//! two disagree the value means different things to different tools, and the file is refused with "quote this value".
//! Entries are typed one at a time, so that one bad entry does not hide the next.

mod tree;

mod entry;
mod gate;

mod layout;
mod typing;

use serde_saphyr::Spanned;
use serde_yaml::Value;

use crate::diagnostic::{Diagnostic, Place};
use gate::{from_first_reader, refused_before_reading, strict};
use tree::{Node, Tree};

pub use entry::Entry;
pub use gate::MAX_FILE_BYTES;
pub use layout::{Inside, Laid, LaidKey, Written, line_end, line_start};
pub use tree::{Source, Step, is_hidden};

/// A file read twice.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    root: Entry<'a>,
}

impl<'a> Document<'a> {
    /// Reads a file with both readers.
    pub fn read(source: Source<'a>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        if let Some(problem) = refused_before_reading(source) {
            problems.push(problem);
            return None;
        }
        let node = match serde_saphyr::from_str_with_options::<Spanned<Tree>>(source.text, strict()) {
            Ok(spanned) => Node { at: spanned.referenced, value: spanned.value },
            Err(error) => {
                problems.push(from_first_reader(source, error.without_snippet()));
                return None;
            }
        };
        let value: Value = match serde_yaml::from_str(source.text) {
            Ok(value) => value,
            Err(error) => {
                let place = error.location().map(|at| source.place(at.line(), at.column(), 1));
                let message = "one YAML reader accepts this file and another does not";
                problems.push(Diagnostic::error("yaml-readers-disagree", message).at(place).help(error.to_string()));
                return None;
            }
        };
        let before = problems.len();
        compare(source, &node, &value, problems);
        (problems.len() == before).then_some(Self { root: Entry { source, node, value } })
    }

    /// The entries of a list under a key, taken out, so that what stays can be typed as the head of the file.
    pub fn take_list(&mut self, key: &str, problems: &mut Vec<Diagnostic>) -> Vec<Entry<'a>> {
        let source = self.root.source;
        let value = self.root.value.as_mapping_mut().and_then(|map| map.shift_remove(key));
        let node = self.root.node.get(key).cloned();
        match (value, node) {
            (Some(Value::Sequence(values)), Some(Node { value: Tree::List(nodes), .. })) => {
                nodes.into_iter().zip(values).map(|(node, value)| Entry { source, node, value }).collect()
            }
            (Some(_), Some(node)) => {
                let message = format!("`{key}` is a list; put `- ` before each entry");
                problems.push(Diagnostic::error("wrong-shape", message).at(Some(source.at(node.at, node.length()))));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// What is left of the file.
    pub fn head(&self) -> &Entry<'a> {
        &self.root
    }
}

/// Adds a problem wherever the two readers see different values.
fn compare(source: Source<'_>, node: &Node, value: &Value, problems: &mut Vec<Diagnostic>) {
    let same = match (&node.value, value) {
        (Tree::Null, Value::Null) => true,
        (Tree::Bool(a), Value::Bool(b)) => a == b,
        (Tree::Integer(a), Value::Number(b)) => b.as_i64() == Some(*a),
        (Tree::Float, Value::Number(b)) => b.is_f64(),
        (Tree::Text(a), Value::String(b)) => a == b,
        (Tree::List(a), Value::Sequence(b)) => {
            a.iter().zip(b).for_each(|(a, b)| compare(source, a, b, problems));
            a.len() == b.len()
        }
        (Tree::Map(a), Value::Mapping(b)) => {
            for (key, node) in a {
                match b.get(key.name.as_str()) {
                    Some(value) => compare(source, node, value, problems),
                    None => problems.push(unquoted(source.at(key.at, key.name.chars().count()))),
                }
            }
            a.len() == b.len()
        }
        _ => false,
    };
    if !same {
        problems.push(unquoted(source.at(node.at, node.length())));
    }
}

fn unquoted(place: Place) -> Diagnostic {
    Diagnostic::error("quote-this-value", "YAML tools read this value in different ways")
        .at(Some(place))
        .help("quote this value: \"...\"")
}
