//! Which keys may stand where, from the same types that the loader reads: a key that a rule file gains is offered
//! without a line here.

use serde_json::Value;

use crate::criteria::entries::{
    ActionsEntry, CodeListsEntry, FrameworkEntry, GuaranteesEntry, LettersEntry, ThresholdsEntry, TopicEntry,
};
use crate::examples::ExamplesEntry;

/// The schema of a file by its path; nothing for a file that has no form.
pub(super) fn of_file(path: &str) -> Option<Schema> {
    macro_rules! of {
        ($type:ty) => {
            schemars::schema_for!($type).to_value()
        };
    }
    let whole = match path {
        "framework.yaml" => of!(FrameworkEntry),
        "thresholds.yaml" => of!(ThresholdsEntry),
        "actions.yaml" => of!(ActionsEntry),
        "code_lists.yaml" => of!(CodeListsEntry),
        "letters.yaml" => of!(LettersEntry),
        "guarantees.yaml" => of!(GuaranteesEntry),
        path if path.starts_with("criteria/") && path.ends_with("_test.yaml") => of!(ExamplesEntry),
        path if path.starts_with("criteria/") && path.ends_with(".yaml") => of!(TopicEntry),
        _ => return None,
    };
    Some(Schema { whole })
}

/// The schema of a file.
#[derive(Debug)]
pub(super) struct Schema {
    whole: Value,
}

/// A part of it: what may stand in one place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape<'s> {
    schema: &'s Schema,
    /// As it stands under its key, with its own description.
    here: &'s Value,
    /// What that refers to.
    meant: &'s Value,
    /// The name of what it refers to.
    pub name: &'s str,
}

impl Schema {
    pub fn root(&self) -> Shape<'_> {
        Shape { schema: self, here: &self.whole, meant: &self.whole, name: "" }
    }

    fn shape<'s>(&'s self, here: &'s Value) -> Shape<'s> {
        let mut shape = Shape { schema: self, here, meant: here, name: "" };
        // A reference, or a reference or nothing.
        while let Some(next) = reference(shape.meant) {
            match next {
                Next::Named(name) => {
                    let Some(meant) = self.whole.get("$defs").and_then(|all| all.get(name)) else { break };
                    (shape.meant, shape.name) = (meant, name);
                }
                Next::Inner(meant) => shape.meant = meant,
            }
        }
        shape
    }
}

enum Next<'s> {
    Named(&'s str),
    Inner(&'s Value),
}

fn reference(schema: &Value) -> Option<Next<'_>> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return name.strip_prefix("#/$defs/").map(Next::Named);
    }
    let parts = schema.get("anyOf").and_then(Value::as_array)?;
    let is_null = |part: &&Value| part.get("type").and_then(Value::as_str) == Some("null");
    if parts.iter().any(|part| is_null(&part)) {
        parts.iter().find(|part| !is_null(part)).map(Next::Inner)
    } else {
        None
    }
}

impl<'s> Shape<'s> {
    /// The keys that may stand in a mapping, in the order in which they are described.
    pub fn keys(self) -> Vec<(&'s str, Shape<'s>)> {
        let properties = self.meant.get("properties").and_then(Value::as_object);
        properties.into_iter().flatten().map(|(key, schema)| (key.as_str(), self.schema.shape(schema))).collect()
    }

    /// What may stand under any other key.
    pub fn any_key(self) -> Option<Shape<'s>> {
        self.meant.get("additionalProperties").filter(|any| any.is_object()).map(|any| self.schema.shape(any))
    }

    /// What the items of a list are.
    pub fn items(self) -> Option<Shape<'s>> {
        self.meant.get("items").map(|items| self.schema.shape(items))
    }

    /// Whether it is a list whose items have keys of their own.
    pub fn is_list_of_entries(self) -> bool {
        self.items().is_some_and(|items| !items.keys().is_empty())
    }

    /// Whether a key has to stand there.
    pub fn needs(self, key: &str) -> bool {
        self.meant.get("required").and_then(Value::as_array).is_some_and(|keys| keys.iter().any(|one| one == key))
    }

    /// Whether it is of a type: `string`, `integer`, `boolean`.
    pub fn is(self, kind: &str) -> bool {
        match self.meant.get("type") {
            Some(Value::String(own)) => own == kind,
            Some(Value::Array(several)) => several.iter().any(|one| one == kind),
            _ => false,
        }
    }

    /// The words of a closed set, each with what it means.
    pub fn words(self) -> Vec<(&'s str, &'s str)> {
        let described = self.meant.get("oneOf").and_then(Value::as_array).into_iter().flatten().filter_map(|one| {
            let says = one.get("description").and_then(Value::as_str).unwrap_or_default();
            Some((one.get("const")?.as_str()?, says))
        });
        let plain = self.meant.get("enum").and_then(Value::as_array).into_iter().flatten();
        described.chain(plain.filter_map(|one| Some((one.as_str()?, "")))).collect()
    }

    /// What it says of itself.
    pub fn description(self) -> &'s str {
        let of = |schema: &'s Value| schema.get("description").and_then(Value::as_str);
        of(self.here).or_else(|| of(self.meant)).unwrap_or_default()
    }

    /// Whether it is a number of one byte.
    pub fn is_small(self) -> bool {
        self.meant.get("format").and_then(Value::as_str) == Some("uint8")
    }

    /// A number that bounds it.
    pub fn bound(self, name: &str) -> Option<i64> {
        self.here.get(name).or_else(|| self.meant.get(name)).and_then(Value::as_i64)
    }

    /// What it is where it is not given.
    pub fn default(self) -> Option<&'s Value> {
        self.here.get("default")
    }
}
