//! Values written as a rule file writes them: without quotes where every reader sees the same, else in quotes; short
//! things in `{ }` and `[ ]`, long texts folded.

use serde_json::{Map, Value};

use crate::criteria::yaml::is_hidden;

/// How wide the files that ship are; a file whose folded lines are narrower or wider is written as wide as they are.
pub(super) const WIDTH: usize = 120;

/// Words that some YAML reader takes for yes, no or nothing.
const READ_OTHERWISE: [&str; 11] = ["yes", "no", "on", "off", "y", "n", "true", "false", "null", "~", "="];

/// Whether every reader sees exactly this text when it stands without quotes.
pub(super) fn is_plain(text: &str, in_flow: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let last = text.chars().next_back();
    let is_number_like = (first.is_ascii_digit() || "+.".contains(first))
        && (!text.contains(' ') || text.chars().all(|c| c.is_ascii_digit() || " :.-+TZ".contains(c)));
    !"-?:,[]{}#&*!|>'\"%@`".contains(first)
        && !first.is_whitespace()
        && !last.is_some_and(|last| last.is_whitespace() || last == ':')
        && !is_number_like
        && !READ_OTHERWISE.contains(&text.to_ascii_lowercase().as_str())
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.chars().any(is_special)
        && !(in_flow && text.contains([',', '[', ']', '{', '}']))
        && text != "..."
}

/// A sign that a reader may take for the end of a line, or drop.
fn is_special(c: char) -> bool {
    is_hidden(c) || matches!(c, '\n' | '\t' | '\u{85}' | '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// In double quotes, which any text may stand in.
pub(super) fn in_double_quotes(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    for c in text.chars() {
        match c {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            c if is_special(c) && c != '\u{a0}' => written.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => written.push(c),
        }
    }
    written.push('"');
    written
}

/// In single quotes, where a text may stand in them on one line.
pub(super) fn in_single_quotes(text: &str) -> Option<String> {
    let fits = !text.chars().any(|c| is_special(c) && c != '\u{a0}');
    fits.then(|| format!("'{}'", text.replace('\'', "''")))
}

/// The head and the lines of a text on lines of its own, where it may stand so. `folded` breaks its lines at the width.
pub(super) fn in_lines(text: &str, indent: usize, folded: bool, width: usize) -> Option<(String, String)> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let is_fine = |line: &str| !line.starts_with(' ') && !line.ends_with(' ');
    let special = body.chars().any(|c| is_special(c) && c != '\n' && c != '\u{a0}');
    if body.is_empty() || body.starts_with('\n') || body.ends_with('\n') || special || !body.lines().all(is_fine) {
        return None;
    }
    let head = format!("{}{}", if folded { '>' } else { '|' }, if body.len() == text.len() { "-" } else { "" });
    let margin = " ".repeat(indent);
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("{margin}{line}") };
    let lines: Vec<String> = if folded {
        // So many line ends in the text are one more here.
        let mut lines: Vec<String> = Vec::new();
        for (place, paragraph) in body.split('\n').enumerate() {
            let is_first_of_a_paragraph = place > 0 && !paragraph.is_empty();
            lines.extend(is_first_of_a_paragraph.then(String::new));
            if paragraph.is_empty() {
                lines.push(String::new());
            } else {
                lines.extend(wrapped(paragraph, width.saturating_sub(indent)).iter().map(|one| line(one)));
            }
        }
        lines
    } else {
        body.split('\n').map(line).collect()
    };
    Some((head, lines.join("\n")))
}

/// A text broken at single spaces; several spaces stay together, since a fold reads as one.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        // A word with what cannot be parted from it: the empty words of several spaces.
        let mut word = word.to_owned();
        while words.peek().is_some_and(|next| next.is_empty()) {
            while words.next_if(|next| next.is_empty()).is_some() {
                word.push(' ');
            }
            word.push(' ');
            word.push_str(words.next().unwrap_or_default());
        }
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    lines.push(line);
    lines
}

/// A value on one line.
pub(super) fn on_one_line(value: &Value, in_flow: bool) -> String {
    match value {
        Value::String(text) if is_plain(text, in_flow) => text.clone(),
        Value::String(text) => in_double_quotes(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| on_one_line(item, true)).collect();
            let has_mapping = items.iter().any(|item| item.starts_with('{'));
            if has_mapping { format!("[ {} ]", items.join(", ")) } else { format!("[{}]", items.join(", ")) }
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => format!("{{ {} }}", pairs(map)),
        other => other.to_string(),
    }
}

/// The pairs of a mapping in `{ }`.
pub(super) fn pairs(map: &Map<String, Value>) -> String {
    map.iter()
        .map(|(key, value)| format!("{}: {}", key_text(key), on_one_line(value, true)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A key as it is written.
pub(super) fn key_text(key: &str) -> String {
    if is_plain(key, true) { key.to_owned() } else { in_double_quotes(key) }
}

/// `key: value` for a line of its own, at an indentation that stands before it already: on one line where it fits, else
/// over several.
pub(super) fn pair(key: &str, value: &Value, indent: usize, width: usize) -> String {
    let key = key_text(key);
    let line = format!("{key}: {}", on_one_line(value, false));
    if indent + line.chars().count() <= width {
        return line;
    }
    let inner = indent + 2;
    let margin = " ".repeat(inner);
    match value {
        Value::String(text) => match in_lines(text, inner, true, width) {
            Some((head, lines)) => format!("{key}: {head}\n{lines}"),
            None => line,
        },
        Value::Object(map) if !map.is_empty() => format!("{key}:\n{margin}{}", mapping(map, inner, width)),
        Value::Array(items) if !items.is_empty() => {
            let items = items.iter().map(|item| format!("{margin}- {}", entry(item, inner + 2, width)));
            format!("{key}:\n{}", items.collect::<Vec<_>>().join("\n"))
        }
        _ => line,
    }
}

/// A mapping a key a line; the first stands where it is put.
fn mapping(map: &Map<String, Value>, indent: usize, width: usize) -> String {
    let margin = format!("\n{}", " ".repeat(indent));
    map.iter().map(|(key, value)| pair(key, value, indent, width)).collect::<Vec<_>>().join(&margin)
}

/// An item of a list with an entry a line, behind its `- `.
pub(super) fn entry(value: &Value, indent: usize, width: usize) -> String {
    match value {
        Value::Object(map) if !map.is_empty() => mapping(map, indent, width),
        Value::String(text) if !text.is_empty() => {
            let line = on_one_line(value, false);
            let long = indent + line.chars().count() > width;
            match in_lines(text, indent, true, width).filter(|_| long) {
                Some((head, lines)) => format!("{head}\n{lines}"),
                None => line,
            }
        }
        other => on_one_line(other, false),
    }
}
