//! Why an entry is not what belongs there, without the words of a programming language.

use serde_path_to_error::Segment;
use validator::{ValidationErrors, ValidationErrorsKind};

use super::entry::Entry;
use super::tree::Step;
use crate::diagnostic::{Diagnostic, nearest};

impl Entry<'_> {
    pub(super) fn type_problem(&self, error: &serde_path_to_error::Error<serde_yaml::Error>) -> Diagnostic {
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

    pub(super) fn shape_problems(
        &self,
        errors: &ValidationErrors,
        path: &mut Vec<String>,
        problems: &mut Vec<Diagnostic>,
    ) {
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
        ("length", Some(min), Some(max)) => {
            format!("empty or too long: it has from {min} to {max} characters or items")
        }
        ("length", Some(min), None) if min == "1" => "empty".to_owned(),
        (_, Some(min), Some(max)) => format!("out of bounds: from {min} to {max} are allowed"),
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
