//! A query in layers: each is a table expression that adds columns to the one before.

use std::fmt::Write as _;

use super::dialect::Dialect;

/// No function takes more arguments than this in PostgreSQL; those that are syntax take any number.
const MOST_ARGUMENTS: usize = 90;

/// A query that grows by layers.
#[derive(Debug)]
pub(super) struct Query {
    pub dialect: Dialect,
    text: String,
    last: String,
}

/// One layer.
#[derive(Debug, Default)]
pub(super) struct Layer {
    columns: Vec<(String, String)>,
}

/// Which columns of the layer before are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    All,
    OnlyNamed,
}

/// What the columns by which a row is known are called inside.
pub(super) fn key(place: usize) -> String {
    format!("key__{place}")
}

impl Layer {
    /// Adds a column. No id has two underscores together, so a name of our own with them is never a fact's.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.columns.push((name.into(), value.into()));
    }

    /// Keeps a column of the layer before.
    pub fn keep(&mut self, name: impl Into<String>) {
        self.add(name, "");
    }

    /// Keeps the columns by which a row is known, and what cannot be read of it.
    pub fn keep_row(&mut self, keys: usize) {
        (0..keys).for_each(|place| self.keep(key(place)));
        self.keep("cannot_be_read");
    }

    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }
}

impl Query {
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, text: "WITH\n".to_owned(), last: String::new() }
    }

    /// The name of a column, quoted.
    pub fn name(&self, column: &str) -> String {
        self.dialect.name_of(column)
    }

    /// Adds a layer over a table, or over the last one.
    pub fn push(&mut self, name: &str, says: &str, keeps: Keeps, layer: &Layer, from: Option<&str>) {
        if !self.last.is_empty() {
            self.text.push_str(",\n\n");
        }
        for line in says.lines() {
            // Writing to a string cannot fail.
            let _ = writeln!(self.text, "-- {line}");
        }
        let _ = write!(self.text, "{name} {} (\n  SELECT\n    ", self.dialect.layer());
        let kept = (keeps == Keeps::All).then(|| format!("{}.*", self.last));
        let added = layer.columns.iter().map(|(column, value)| match value.as_str() {
            "" => self.name(column),
            value => format!("{value} AS {}", self.name(column)),
        });
        let columns: Vec<String> = kept.into_iter().chain(added).collect();
        let _ = write!(self.text, "{}\n  FROM {}\n)", columns.join(",\n    "), from.unwrap_or(&self.last));
        self.last = name.to_owned();
    }

    /// The layers, ready for what is selected from the last.
    pub fn text(&self) -> String {
        format!("{}\n\n", self.text)
    }

    /// The last layer's name.
    pub fn last(&self) -> &str {
        &self.last
    }
}

/// A name made of an id, short enough for PostgreSQL to keep whole.
pub(super) fn named(id: &str, place: usize, what: &str) -> String {
    const LONGEST: usize = 63;
    let name = format!("{id}__{what}");
    if name.len() <= LONGEST { name } else { format!("number__{place}__{what}") }
}

/// The greatest of some values; at least `least`, where that is said.
pub(super) fn greatest(least: Option<u8>, mut values: Vec<String>) -> String {
    if let Some(least) = least {
        values.insert(0, least.to_string());
    }
    match values.len() {
        0 => "0".to_owned(),
        1 => values.remove(0),
        _ => format!("GREATEST({})", values.join(", ")),
    }
}

/// A sum.
pub(super) fn sum(values: &[String]) -> String {
    in_groups(values, "0", &|part| format!("({})", part.join(" + ")))
}

/// Some of which one holds.
pub(super) fn any(values: &[String]) -> String {
    in_groups(values, "FALSE", &|part| format!("({})", part.join(" OR ")))
}

/// Some of which all hold.
pub(super) fn all(values: &[String]) -> String {
    let values: Vec<String> = values.iter().filter(|value| *value != "TRUE").cloned().collect();
    in_groups(&values, "TRUE", &|part| format!("({})", part.join(" AND ")))
}

/// Texts that may be NULL, which are left out, with `;` between them.
pub(super) fn listed(values: &[String]) -> String {
    let list = |part: &[String]| format!("concat_ws(';', {})", part.join(", "));
    match values.len() {
        0 => "''".to_owned(),
        1..=MOST_ARGUMENTS => list(values),
        _ => {
            let parts: Vec<String> =
                values.chunks(MOST_ARGUMENTS).map(|part| format!("NULLIF({}, '')", list(part))).collect();
            listed(&parts)
        }
    }
}

/// Joined in groups of groups, so that no reader of the query nests as deep as the list is long.
fn in_groups(values: &[String], none: &str, joined: &dyn Fn(&[String]) -> String) -> String {
    const GROUP: usize = 25;
    match values {
        [] => none.to_owned(),
        [one] => one.clone(),
        _ if values.len() <= GROUP => joined(values),
        _ => in_groups(&values.chunks(GROUP).map(joined).collect::<Vec<_>>(), none, joined),
    }
}

/// A text as it may stand in a comment.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .replace("*/", "* /")
        .replace("/*", "/ *")
}
