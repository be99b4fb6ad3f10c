//! Changes to the files of a rules folder that keep everything else as its author wrote it: comments, order, blank lines
//! and quotes stay byte for byte.
//!
//! A change names one value and says what it was when the author saw it; a file that holds another by now is left
//! alone. After each change the file is read again by both YAML readers: exactly that one value has to be new, else the
//! change is refused and the file stays. What a change means for a child is not asked here: `criteria::load` says whether
//! the rules still stand, and `proof::difference` whom they move.

mod edit;
mod write;

mod known;
mod labels;
mod schema;

mod offer;

mod editable;
mod entered;

use serde_json::Value;

use crate::criteria::RuleFile;
use crate::criteria::yaml::{Document, Laid, Source, is_hidden};
use crate::diagnostic::Diagnostic;
use edit::Part;

pub use editable::{Editable, Entry};
pub use entered::changes;
pub use known::{Known, Question, Takes};
pub use offer::Offered;

/// One change to one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Path of the file inside the rules folder.
    pub file: String,
    /// What is changed, as a JSON pointer in which an item of a list may be named by its `id`:
    /// `/indicators/injury_explanation/answers/unexplained/floor`.
    pub at: String,
    /// What becomes of it.
    pub what: What,
}

/// What becomes of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// One scalar becomes another.
    Set {
        /// What the author saw.
        was: Value,
        /// A text, a whole number, yes or no, or nothing (`null`).
        to: Value,
    },
    /// A key comes to a mapping that `at` names, in front of the first of some keys that stands there, else as the last.
    AddKey {
        /// The key.
        key: String,
        /// What stands under it.
        to: Value,
        /// The keys that come after it where they stand.
        before: Vec<String>,
    },
    /// An item comes to the end of a list that `at` names.
    AddItem {
        /// The item.
        to: Value,
    },
    /// A key with what stands under it, or an item of a list, goes.
    Remove {
        /// What the author saw.
        was: Value,
    },
}

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// There is no such file.
    #[error("the folder has no `{0}`")]
    NoFile(String),
    /// Both YAML readers must read a file before a value in it can be changed.
    #[error("`{0}` has problems that must be mended in its text first")]
    Unreadable(String, Vec<Diagnostic>),
    /// Nothing stands there any more.
    #[error("nothing stands at `{0}` any more: somebody else removed it")]
    Gone(String),
    /// Somebody else changed the same value.
    #[error("`{at}` was {was} when the page was shown, and is {now} by now")]
    Stale {
        /// What was to be changed.
        at: String,
        /// What the author saw, as JSON.
        was: String,
        /// What stands there.
        now: String,
    },
    /// The key is there already.
    #[error("`{at}` has a `{key}` already")]
    AlreadyThere {
        /// The mapping.
        at: String,
        /// The key.
        key: String,
    },
    /// A control character, or one that turns the direction of text.
    #[error("the text has a control character, which cannot be seen and may hide what the rule says")]
    Hidden,
    /// The value is none of those that can be put there without touching anything else.
    #[error("`{0}` cannot be changed here without touching what is around it; change it in the text of the file")]
    InText(String),
}

/// A change that was not made.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// Which of the changes.
    pub change: usize,
    /// Why.
    pub why: Refusal,
}

/// Makes changes one after the other: all of them, or none.
///
/// # Errors
/// Every change that cannot be made, and why.
pub fn apply(files: &[RuleFile], changes: &[Change]) -> Result<Vec<RuleFile>, Vec<Refused>> {
    let mut files = files.to_vec();
    let mut refused = Vec::new();
    for (place, change) in changes.iter().enumerate() {
        if let Err(why) = apply_one(&mut files, change) {
            refused.push(Refused { change: place, why });
        }
    }
    if refused.is_empty() { Ok(files) } else { Err(refused) }
}

fn apply_one(files: &mut [RuleFile], change: &Change) -> Result<(), Refusal> {
    let file = files.iter_mut().find(|file| file.path == change.file);
    let file = file.ok_or_else(|| Refusal::NoFile(change.file.clone()))?;
    let text = std::str::from_utf8(&file.bytes).map_err(|_| Refusal::Unreadable(file.path.clone(), Vec::new()))?;
    file.bytes = changed(&file.path, text, &change.at, &change.what)?.into_bytes();
    Ok(())
}

/// A file that was read, with where everything stands.
#[derive(Debug)]
struct Read {
    plain: Value,
    laid: Option<Laid>,
}

fn read(file: &str, text: &str) -> Result<Read, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let document = Document::read(Source { file, text }, &mut problems).ok_or(problems)?;
    Ok(Read { plain: document.plain(), laid: document.laid_out() })
}

/// What a file says, without where.
///
/// # Errors
/// Why a YAML reader does not read it.
pub fn plain(file: &str, text: &str) -> Result<Value, Vec<Diagnostic>> {
    read(file, text).map(|read| read.plain)
}

/// The text of a file with one change made.
fn changed(file: &str, text: &str, at: &str, what: &What) -> Result<String, Refusal> {
    let Read { plain, laid } = read(file, text).map_err(|problems| Refusal::Unreadable(file.to_owned(), problems))?;
    let in_text = || Refusal::InText(at.to_owned());
    let path = path(&plain, at).ok_or_else(|| Refusal::Gone(at.to_owned()))?;
    let now = value(&plain, &path).ok_or_else(|| Refusal::Gone(at.to_owned()))?;
    let laid = laid.ok_or_else(in_text)?;
    let found = edit::find(text, &laid, &path).ok_or_else(in_text)?;
    let fresh = |was: &Value| {
        let stale = || Refusal::Stale { at: at.to_owned(), was: was.to_string(), now: now.to_string() };
        if same(was, now) { Ok(()) } else { Err(stale()) }
    };
    let mut expected = plain.clone();
    let edits = match what {
        What::Set { was, to } => {
            fresh(was)?;
            visible(to)?;
            if is_composed(to) || is_composed(now) {
                return Err(in_text());
            }
            *value_mut(&mut expected, &path).ok_or_else(in_text)? = to.clone();
            Some(edit::set(text, &found, to))
        }
        What::AddKey { key, to, before } => {
            visible(to)?;
            let map = value_mut(&mut expected, &path).and_then(Value::as_object_mut).ok_or_else(in_text)?;
            if map.contains_key(key) {
                return Err(Refusal::AlreadyThere { at: at.to_owned(), key: key.clone() });
            }
            let place = map.keys().position(|there| before.contains(there)).unwrap_or(map.len());
            map.shift_insert(place, key.clone(), to.clone());
            edit::add_key(text, &found, place, key, to)
        }
        What::AddItem { to } => {
            visible(to)?;
            value_mut(&mut expected, &path).and_then(Value::as_array_mut).ok_or_else(in_text)?.push(to.clone());
            edit::add_item(text, &found, to)
        }
        What::Remove { was } => {
            fresh(was)?;
            let (last, holder) = path.split_last().ok_or_else(in_text)?;
            match (value_mut(&mut expected, holder), last) {
                (Some(Value::Object(map)), Part::Key(key)) => {
                    map.shift_remove(key);
                }
                (Some(Value::Array(items)), Part::Item(place)) if *place < items.len() => {
                    items.remove(*place);
                }
                _ => return Err(in_text()),
            }
            edit::remove(text, &found)
        }
    };
    let new = edit::edited(text, &edits.ok_or_else(in_text)?);
    match read(file, &new) {
        Ok(read) if same(&read.plain, &expected) => Ok(new),
        _ => Err(in_text()),
    }
}

/// Whether two values say the same in the same order; two mappings are equal in any order of their keys.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let pairs = one.iter().zip(other);
            one.len() == other.len() && pairs.into_iter().all(|((a, one), (b, other))| a == b && same(one, other))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        _ => one == other,
    }
}

fn is_composed(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// Nothing may be put into a rule that a person who reads it cannot see.
fn visible(value: &Value) -> Result<(), Refusal> {
    match value {
        Value::String(text) if text.contains(is_hidden) => Err(Refusal::Hidden),
        Value::Array(items) => items.iter().try_for_each(visible),
        Value::Object(map) => map.iter().try_for_each(|(key, value)| {
            visible(value)?;
            if key.contains(is_hidden) { Err(Refusal::Hidden) } else { Ok(()) }
        }),
        _ => Ok(()),
    }
}

/// A pointer as steps, with the items of lists that it names by `id` found.
fn path(plain: &Value, at: &str) -> Option<Vec<Part>> {
    let mut value = plain;
    let mut path = Vec::new();
    if at.is_empty() {
        return Some(path);
    }
    for step in at.strip_prefix('/')?.split('/') {
        let step = step.replace("~1", "/").replace("~0", "~");
        let (part, next) = match value {
            Value::Object(map) => (Part::Key(step.clone()), map.get(&step)?),
            Value::Array(items) => {
                let named = items.iter().position(|item| item.get("id").and_then(Value::as_str) == Some(&step));
                let place = named.or_else(|| step.parse().ok())?;
                (Part::Item(place), items.get(place)?)
            }
            _ => return None,
        };
        path.push(part);
        value = next;
    }
    Some(path)
}

fn value<'v>(plain: &'v Value, path: &[Part]) -> Option<&'v Value> {
    path.iter().try_fold(plain, |value, part| match part {
        Part::Key(key) => value.get(key),
        Part::Item(place) => value.get(place),
    })
}

fn value_mut<'v>(plain: &'v mut Value, path: &[Part]) -> Option<&'v mut Value> {
    path.iter().try_fold(plain, |value, part| match part {
        Part::Key(key) => value.get_mut(key),
        Part::Item(place) => value.get_mut(place),
    })
}

#[cfg(test)]
mod tests;
