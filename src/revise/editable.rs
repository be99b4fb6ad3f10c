//! A file as its author meets it: the parts that have a form each, and the fields of each.

use serde_json::Value;

use super::known::Known;
use super::labels::{LEFT_TO_THE_TEXT, entries as called};
use super::offer::{Offered, offered};
use super::schema::{Schema, of_file};
use super::{plain, value};
use crate::criteria::RuleFile;
use crate::diagnostic::Diagnostic;
use crate::json::pointer;

/// A part of a file with a form of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its pointer inside the file; empty for what stands at its head.
    pub at: String,
    /// The list that it stands in, as a heading; empty for the head.
    pub list: String,
    /// What one of these is called.
    pub called: String,
    /// Its id, or its place.
    pub id: String,
    /// Its own words.
    pub says: String,
}

/// A file that has forms, read.
#[derive(Debug)]
pub struct Editable {
    plain: Value,
    schema: Schema,
    title: String,
}

impl Editable {
    /// Reads a file; nothing when it is of a kind that has no forms.
    ///
    /// # Errors
    /// Why a YAML reader does not read it.
    pub fn read(file: &RuleFile) -> Result<Option<Self>, Vec<Diagnostic>> {
        let Some(schema) = of_file(&file.path) else { return Ok(None) };
        let text = std::str::from_utf8(&file.bytes).map_err(|_| Vec::new())?;
        let plain = plain(&file.path, text)?;
        let title = plain.get("title").and_then(Value::as_str).unwrap_or(&file.path).to_owned();
        Ok(Some(Self { plain, schema, title }))
    }

    /// What the file is about, in its own words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What stands at a pointer; nothing when nothing does.
    pub fn value(&self, at: &str) -> Option<&Value> {
        value(&self.plain, &super::path(&self.plain, at)?)
    }

    /// The parts that have a form each, in file order.
    pub fn entries(&self) -> Vec<Entry> {
        let mut found = Vec::new();
        let keys = self.schema.root().keys();
        if keys.iter().any(|(key, shape)| !shape.is_list_of_entries() && !LEFT_TO_THE_TEXT.contains(key)) {
            let (list, id, called) = (String::new(), String::new(), "General".to_owned());
            found.push(Entry { at: String::new(), list, called, id, says: self.title.clone() });
        }
        for (list, _) in keys.iter().filter(|(_, shape)| shape.is_list_of_entries()) {
            let (heading, each) = called(list);
            for (place, one) in self.plain.get(*list).and_then(Value::as_array).into_iter().flatten().enumerate() {
                let text = |key: &str| one.get(key).and_then(Value::as_str);
                let id = text("id").map_or_else(|| place.to_string(), str::to_owned);
                let words = ["ask", "says", "name", "story", "who", "means", "title", "because"];
                let says = words.iter().find_map(|key| text(key)).unwrap_or(&id).to_owned();
                let at = pointer(&format!("/{list}"), &id);
                found.push(Entry { at, list: heading.to_owned(), called: each.to_owned(), id, says });
            }
        }
        found
    }

    /// The fields of one entry; nothing when there is no such entry.
    pub fn fields(&self, known: &Known, at: &str) -> Option<Vec<Offered>> {
        let entry = self.value(at)?;
        let list = at.strip_prefix('/').and_then(|rest| rest.split('/').next());
        let root = self.schema.root();
        let shape = match list {
            None => root,
            Some(list) => root.keys().into_iter().find(|(key, _)| *key == list)?.1.items()?,
        };
        Some(offered(known, shape, entry, at))
    }
}
