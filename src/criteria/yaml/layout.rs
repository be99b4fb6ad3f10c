//! Where each value of a file begins and ends, in bytes, and how it is written: what is needed to change one value and
//! touch nothing else.
//!
//! The strict reader says where a scalar stands. What lies between one scalar and the next is only white space, comments
//! and signs (`:`, `-`, `,`, brackets, the head of a block such as `>-`); a file with anything else there is not laid out.

use std::ops::Range;

use serde_json::{Map, Value};

use super::Document;
use super::tree::{Node, Tree};

/// A value with the bytes that it takes.
#[derive(Debug, Clone)]
pub struct Laid {
    /// From its first byte to behind its last; of a block scalar, from its head (`>-`) to the end of its last line.
    pub span: Range<usize>,
    /// How it is written.
    pub written: Written,
    /// What is inside.
    pub inside: Inside,
}

/// How a value is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// Nothing stands there, which reads as null.
    Empty,
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// On lines of its own, below a head.
    Block {
        /// The head, such as `>-`.
        head: Range<usize>,
        /// Its lines, without the last line end; empty when there are none.
        lines: Range<usize>,
    },
    /// A list in `[ ]` or a mapping in `{ }`.
    Flow,
    /// A list or a mapping with an entry a line.
    Lines,
}

/// What a value holds.
#[derive(Debug, Clone)]
pub enum Inside {
    /// A text, a number, yes or no, or nothing.
    Scalar,
    /// Items, each with where its `-` stands (where it begins, in `[ ]`).
    List(Vec<(usize, Laid)>),
    /// Keys with what stands under them.
    Map(Vec<LaidKey>),
}

/// A key and what stands under it.
#[derive(Debug, Clone)]
pub struct LaidKey {
    /// The key.
    pub name: String,
    /// Where the key itself stands.
    pub span: Range<usize>,
    /// Where its colon ends.
    pub colon: usize,
    /// What stands under it.
    pub value: Laid,
}

impl Document<'_> {
    /// Where everything stands; nothing when the file uses a form of YAML that this does not follow.
    pub fn laid_out(&self) -> Option<Laid> {
        Cursor { text: self.root.source.text, at: 0 }.value(&self.root.node)
    }

    /// What the file says, without where.
    pub fn plain(&self) -> Value {
        plain(&self.root.node)
    }
}

/// What a value says, without where.
fn plain(node: &Node) -> Value {
    match &node.value {
        Tree::Null => Value::Null,
        Tree::Bool(value) => (*value).into(),
        Tree::Integer(value) => (*value).into(),
        // No rule file has a use for fractions, so the tree does not keep which; nothing can be set to one.
        Tree::Float => Value::from(0.5),
        Tree::Text(text) => text.as_str().into(),
        Tree::List(items) => items.iter().map(plain).collect(),
        Tree::Map(entries) => {
            Value::Object(entries.iter().map(|(key, node)| (key.name.clone(), plain(node))).collect::<Map<_, _>>())
        }
    }
}

/// Goes through a text once, from one scalar to the next.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl Cursor<'_> {
    fn value(&mut self, node: &Node) -> Option<Laid> {
        let span = bytes(node.at)?;
        let begins = self.text.get(span.start..)?;
        match &node.value {
            Tree::List(items) if span.len() == 1 && begins.starts_with('[') => {
                self.jump(span.start, &[])?;
                self.at = span.end;
                let mut laid = Vec::new();
                for item in items {
                    let item = self.value(item)?;
                    laid.push((item.span.start, item));
                }
                let end = self.sign(']')?;
                Some(Laid { span: span.start..end, written: Written::Flow, inside: Inside::List(laid) })
            }
            Tree::Map(entries) if span.len() == 1 && begins.starts_with('{') => {
                self.jump(span.start, &[])?;
                self.at = span.end;
                let keys = self.keys(entries)?;
                let end = self.sign('}')?;
                Some(Laid { span: span.start..end, written: Written::Flow, inside: Inside::Map(keys) })
            }
            Tree::List(items) => {
                let mut laid = Vec::new();
                for item in items {
                    let dash = self.sign('-')? - 1;
                    laid.push((dash, self.value(item)?));
                }
                let start = laid.first()?.0;
                let end = laid.last()?.1.span.end;
                Some(Laid { span: start..end, written: Written::Lines, inside: Inside::List(laid) })
            }
            Tree::Map(entries) => {
                let keys = self.keys(entries)?;
                let (start, end) = (keys.first()?.span.start, keys.last()?.value.span.end);
                Some(Laid { span: start..end, written: Written::Lines, inside: Inside::Map(keys) })
            }
            _ => self.scalar(&span),
        }
    }

    fn keys(&mut self, entries: &[(super::tree::Key, Node)]) -> Option<Vec<LaidKey>> {
        let mut keys = Vec::new();
        for (key, node) in entries {
            let span = bytes(key.at)?;
            // A key stands on one line; nothing but signs lies before it.
            if self.jump(span.start, &[])?.is_some() {
                return None;
            }
            self.at = span.end;
            let colon = self.sign(':')?;
            keys.push(LaidKey { name: key.name.clone(), span, colon, value: self.value(node)? });
        }
        Some(keys)
    }

    fn scalar(&mut self, span: &Range<usize>) -> Option<Laid> {
        let behind = self.at;
        let head = self.jump(span.start, &['|', '>'])?;
        self.at = span.end.max(self.at);
        let scalar = |span, written| Some(Laid { span, written, inside: Inside::Scalar });
        if let Some(head) = head {
            let below = line_end(self.text, head.end);
            let lines = if span.is_empty() {
                below..below
            } else {
                // Blank lines below belong to the file; spaces at the end of the last line to the value.
                let kept = self.text.get(span.clone())?.trim_end_matches(['\n', ' ']).len();
                line_start(self.text, span.start)..line_end(self.text, span.start + kept)
            };
            return scalar(head.start..lines.end, Written::Block { head, lines });
        }
        let written = match self.text.get(span.clone())?.chars().next() {
            None => {
                // Nothing stands behind the sign before it, wherever the reader noticed.
                self.at = behind;
                return scalar(behind..behind, Written::Empty);
            }
            Some('"') => Written::Double,
            Some('\'') => Written::Single,
            Some(_) => Written::Plain,
        };
        scalar(span.clone(), written)
    }

    /// Goes on to a place, over white space, comments and signs; the head of a block where one lies on the way. Nothing
    /// when anything else does.
    fn jump(&mut self, to: usize, heads: &[char]) -> Option<Option<Range<usize>>> {
        let mut head = None;
        while self.at < to {
            let rest = self.text.get(self.at..)?;
            let sign = rest.chars().next()?;
            match sign {
                '#' => self.at = line_end(self.text, self.at),
                '|' | '>' if head.is_none() && heads.contains(&sign) => {
                    let more = rest.chars().skip(1).take_while(|c| matches!(c, '-' | '+' | '0'..='9')).count();
                    head = Some(self.at..self.at + 1 + more);
                    self.at += 1 + more;
                }
                ' ' | '\n' | '-' | ':' | ',' | '?' => self.at += 1,
                _ => return None,
            }
        }
        Some(head)
    }

    /// Goes on to behind a sign, over white space, comments and commas.
    fn sign(&mut self, wanted: char) -> Option<usize> {
        loop {
            let sign = self.text.get(self.at..)?.chars().next()?;
            match sign {
                '#' => self.at = line_end(self.text, self.at),
                _ if sign == wanted => {
                    self.at += 1;
                    return Some(self.at);
                }
                ' ' | '\n' | ',' | '?' => self.at += 1,
                _ => return None,
            }
        }
    }
}

/// The bytes of a place; the strict reader knows them, since it reads a text and no stream.
fn bytes(at: serde_saphyr::Location) -> Option<Range<usize>> {
    let span = at.span();
    let number = |value: Option<u64>| usize::try_from(value?).ok();
    let start = number(span.byte_offset())?;
    Some(start..start + number(span.byte_len())?)
}

/// Where the line of a byte begins.
pub fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

/// Where the line of a byte ends, before its line end.
pub fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| at + length)
}
