//! The only reader of rule text: a located tree, then each entry typed on its own.
//!
//! Two readers see every file. The first is strict (YAML 1.2 booleans, no anchors, no duplicate keys, bounded) and
//! gives the tree with each value's place. The second, which types the entries, must see the same values; where the
//! two disagree the value means different things to different tools, and the file is refused with "quote this value".
//! Entries are typed one at a time, so that one bad entry does not hide the next.

use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_path_to_error::Segment;
use serde_saphyr::{DuplicateKeyPolicy, Location, MergeKeyPolicy, Options, Spanned};
use serde_yaml::Value;
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

use crate::diagnostic::{Diagnostic, Place, nearest};

/// The largest rule file: ten times the largest of the default set.
pub const MAX_FILE_BYTES: usize = 256 * 1024;
/// The deepest nesting of a rule file: conditions nest six deep in practice.
pub const MAX_DEPTH: usize = 16;

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Node {
    at: Location,
    value: Tree,
}

#[derive(Debug, Clone)]
enum Tree {
    Null,
    Bool(bool),
    Integer(i64),
    Float,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Debug, Clone)]
struct Key {
    at: Location,
    name: String,
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

    fn key(&self, name: &str) -> Option<&Key> {
        match &self.value {
            Tree::Map(entries) => entries.iter().map(|(key, _)| key).find(|key| key.name == name),
            _ => None,
        }
    }

    fn length(&self) -> usize {
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
        let excerpt = self.text.lines().nth(line.saturating_sub(1)).unwrap_or("");
        let room = excerpt.chars().count().saturating_sub(column.saturating_sub(1)).max(1);
        Place {
            file: self.file.to_owned(),
            line: line.max(1),
            column: column.max(1),
            length: length.clamp(1, room),
            excerpt: excerpt.to_owned(),
        }
    }

    fn at(&self, location: Location, length: usize) -> Place {
        let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        self.place(number(location.line()), number(location.column()), length)
    }

    /// The first place where a text stands.
    fn find(&self, text: &str) -> Option<Place> {
        let (index, line) = self.text.lines().enumerate().find(|(_, line)| line.contains(text))?;
        let before = line.find(text).map_or(0, |at| line[..at].chars().count());
        Some(self.place(index + 1, before + 1, text.chars().count()))
    }
}

/// One entry of a file: where it stands, and both readings of it.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The file.
    pub source: Source<'a>,
    /// The located reading.
    pub node: Node,
    value: Value,
}

/// A file read twice.
#[derive(Debug)]
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

    fn type_problem(&self, error: &serde_path_to_error::Error<serde_yaml::Error>) -> Diagnostic {
        let path: Vec<Step<'_>> = error
            .path()
            .iter()
            .filter_map(|segment| match segment {
                Segment::Seq { index } => Some(Step::Item(*index)),
                Segment::Map { key } => Some(Step::Key(key)),
                Segment::Enum { .. } | Segment::Unknown => None,
            })
            .collect();
        let text = error.inner().to_string();
        // The path is told by the place; serde_yaml puts it in front of the sentence as well.
        let text = text.split_once(": ").map_or(text.as_str(), |(head, rest)| {
            if head.contains(' ') || head.contains('`') { text.as_str() } else { rest }
        });
        let words: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
        let word = words.first().copied().unwrap_or_default();
        let known = words.iter().skip(1).copied();
        if text.starts_with("unknown field") {
            // The path may end at the unknown key itself or at the mapping that holds it.
            let parent = match path.last() {
                Some(Step::Key(last)) if *last == word => &path[..path.len() - 1],
                _ => &path[..],
            };
            let place = self.key_place(parent, word);
            let message = format!("`{word}` is not a key that may stand here");
            let problem = Diagnostic::error("unknown-key", message).at(Some(place));
            return match nearest(word, known.clone()) {
                Some(name) => problem.help(format!("did you mean `{name}`?")),
                None => problem.help(format!("keys that may stand here: {}", known.collect::<Vec<_>>().join(", "))),
            };
        }
        if text.starts_with("unknown variant") {
            let message = format!("`{word}` is none of the words that may stand here");
            let problem = Diagnostic::error("unknown-word", message).at(Some(self.place(&path)));
            return match nearest(word, known.clone()) {
                Some(name) => problem.help(format!("did you mean `{name}`?")),
                None => problem.help(format!("words that may stand here: {}", known.collect::<Vec<_>>().join(", "))),
            };
        }
        if text.starts_with("missing field") {
            let message = format!("`{word}` is missing");
            return Diagnostic::error("missing-key", message).at(Some(self.place(&path)));
        }
        Diagnostic::error("wrong-shape", in_plain_words(text)).at(Some(self.place(&path)))
    }

    fn shape_problems(&self, errors: &ValidationErrors, path: &mut Vec<String>, problems: &mut Vec<Diagnostic>) {
        let sorted: std::collections::BTreeMap<_, _> = errors.errors().iter().collect();
        for (field, kind) in sorted {
            path.push(field.to_string());
            match kind {
                ValidationErrorsKind::Struct(inner) => self.shape_problems(inner, path, problems),
                ValidationErrorsKind::List(items) => {
                    for (index, inner) in items {
                        path.push(index.to_string());
                        self.shape_problems(inner, path, problems);
                        path.pop();
                    }
                }
                ValidationErrorsKind::Field(list) => {
                    let steps: Vec<Step<'_>> =
                        path.iter().map(|step| step.parse().map_or(Step::Key(step.as_str()), Step::Item)).collect();
                    for error in list {
                        let message = error.message.as_ref().map_or_else(
                            || format!("`{field}` is {}", limits(error)),
                            |message| format!("`{field}` {message}"),
                        );
                        problems.push(Diagnostic::error("wrong-shape", message).at(Some(self.place(&steps))));
                    }
                }
            }
            path.pop();
        }
    }
}

fn limits(error: &validator::ValidationError) -> String {
    let param = |name: &str| error.params.get(name).map(ToString::to_string);
    match (error.code.as_ref(), param("min"), param("max")) {
        (_, Some(min), Some(max)) => format!("out of bounds: from {min} to {max} are allowed"),
        ("length", Some(min), None) if min == "1" => "empty".to_owned(),
        (_, Some(min), None) => format!("too small: at least {min}"),
        (_, None, Some(max)) => format!("too large: at most {max}"),
        (code, None, None) => format!("not as it must be ({code})"),
    }
}

/// serde's sentences without the names of types that only a programmer knows.
fn in_plain_words(text: &str) -> String {
    let text = text.split(" at line ").next().unwrap_or(text);
    let Some(rest) = text.strip_prefix("invalid type: ") else {
        return text.to_owned();
    };
    let Some((found, expected)) = rest.split_once(", expected ") else {
        return rest.to_owned();
    };
    let word = |part: &str| {
        let part = part.split_whitespace().next().unwrap_or(part);
        match part {
            "a" | "any" | "string" | "str" => "text",
            "boolean" | "bool" => "true or false",
            "integer" | "u8" | "u16" | "u32" | "u64" | "i64" | "usize" => "a whole number",
            "floating" | "f64" => "a number that is not whole",
            "unit" | "null" => "nothing",
            "sequence" => "a list",
            "map" | "struct" => "a mapping of keys and values",
            _ => "",
        }
    };
    let expected_word = match expected {
        "a string" => "text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "a mapping of keys and values",
        other => word(other),
    };
    let expected = if expected_word.is_empty() { expected } else { expected_word };
    format!("this is {}, but {expected} belongs here", word(found))
}

/// Why a text is not given to a reader at all.
fn refused_before_reading(source: Source<'_>) -> Option<Diagnostic> {
    let Source { text, .. } = source;
    let whole = |code, message: &str| Diagnostic::error(code, message).at(Some(source.place(1, 1, 1)));
    if text.len() > MAX_FILE_BYTES {
        let message = format!("the file is {} bytes; at most {MAX_FILE_BYTES} are read", text.len());
        return Some(whole("file-too-large", &message).help("split the topic in two"));
    }
    if text.starts_with('\u{feff}') {
        let problem = whole("byte-order-mark", "the file starts with a byte order mark, which cannot be seen");
        return Some(problem.help("save it as UTF-8 without BOM"));
    }
    if text.contains('\r') {
        let line = text.lines().position(|line| line.ends_with('\r')).unwrap_or(0) + 1;
        let message = "the file has Windows line ends, which would change the rule set's digest";
        let problem = Diagnostic::error("windows-line-ends", message).at(Some(source.place(line, 1, 1)));
        return Some(problem.help("save it with LF line ends (in an editor: CRLF -> LF; or `sed -i 's/\\r$//' FILE`)"));
    }
    let odd = |c: char| (c.is_control() && c != '\n' && c != '\t') || ('\u{202a}'..='\u{202e}').contains(&c);
    let (index, line) = text.lines().enumerate().find(|(_, line)| line.contains(odd))?;
    let column = line.chars().position(odd).unwrap_or(0) + 1;
    let message = "this line has a control character, which cannot be seen and may hide what the rule says";
    Some(Diagnostic::error("control-character", message).at(Some(source.place(index + 1, column, 1))))
}

/// The strict reader's settings (design §7).
fn strict() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_depth: MAX_DEPTH,
            max_anchors: 0,
            max_aliases: 0,
            max_merge_keys: 0,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        reject_unsupported_tags: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

fn from_first_reader(source: Source<'_>, error: &serde_saphyr::Error) -> Diagnostic {
    let place = error.location().filter(|at| at.line() > 0).map(|at| source.at(at, 1));
    let text = error.to_string();
    let has = |needle: &str| text.to_lowercase().contains(needle);
    let at_text = |needle: &str| source.find(needle).or_else(|| place.clone());
    if let serde_saphyr::Error::MultipleDocuments { .. } = error {
        let problem = Diagnostic::error("second-document", "the file holds a second YAML document").at(place);
        return problem.help("one file is one document: take out the line `---`");
    }
    if has("duplicate") {
        let problem = Diagnostic::error("duplicate-key", "this key stands twice in the same mapping").at(place);
        return problem.help("which one holds cannot be told; remove one");
    }
    if has("alias") || has("anchor") {
        let message = "anchors and aliases (`&name`, `*name`) are not read";
        let place = place.clone().or_else(|| at_text("&")).or_else(|| at_text("*"));
        return Diagnostic::error("yaml-anchor", message).at(place).help("write the value out where it is meant");
    }
    if has("merge") {
        let message = "merge keys (`<<`) are not read";
        return Diagnostic::error("yaml-merge", message).at(at_text("<<")).help("write the keys out");
    }
    if has("depth") || has("nest") {
        let message = format!("the file nests deeper than {MAX_DEPTH}");
        return Diagnostic::error("yaml-too-deep", message).at(place).help("name a part as a criterion of its own");
    }
    if has("tag") {
        let message = "tags (`!name`) are not read";
        return Diagnostic::error("yaml-tag", message).at(at_text("!")).help("take the tag out, or quote the value");
    }
    let first_line = text.lines().next().unwrap_or_default();
    let sentence = first_line.split(" at line ").next().unwrap_or(first_line);
    let sentence = sentence.strip_prefix("error: ").unwrap_or(sentence);
    // Most syntax errors of a new author are a colon or a quote inside plain text.
    let help = "text with `: `, ` #`, or a leading `-`, `?`, `[`, `{`, `*`, `&`, `!`, `%`, `@` goes in quotes; indent with spaces";
    Diagnostic::error("yaml-syntax", format!("this is not YAML that can be read: {sentence}")).at(place).help(help)
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
