//! Changes to the bytes of a file: one value, one key or one item, and nothing beside it.

use std::ops::Range;

use serde_json::Value;

use super::write::{WIDTH, entry, in_double_quotes, in_lines, in_single_quotes, is_plain, key_text, on_one_line, pair};
use crate::criteria::yaml::{Inside, Laid, LaidKey, Written, line_end, line_start};

/// Bytes that give way to others.
pub(super) type Edit = (Range<usize>, String);

/// A value inside a file, with what is around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'l> {
    /// The value.
    pub laid: &'l Laid,
    /// Whether it stands in `[ ]` or `{ }`.
    pub in_flow: bool,
    /// How far the key or the `-` before it is indented.
    pub indent: usize,
    /// What holds it, and its place there; nothing for the whole file.
    pub holder: Option<(&'l Laid, usize)>,
    /// Where the colon before it ends, when a key holds it.
    pub colon: Option<usize>,
    /// The same of what holds it.
    pub holder_colon: Option<usize>,
}

/// A value under a path of keys and places.
pub(super) fn find<'l>(text: &str, root: &'l Laid, path: &[Part]) -> Option<Found<'l>> {
    let mut found = Found { laid: root, in_flow: false, indent: 0, holder: None, colon: None, holder_colon: None };
    for part in path {
        let holder = found.laid;
        let in_flow = found.in_flow || holder.written == Written::Flow;
        let (place, laid, start, colon) = match (part, &holder.inside) {
            (Part::Key(name), Inside::Map(keys)) => {
                let place = keys.iter().position(|key| key.name == *name)?;
                let key = keys.get(place)?;
                (place, &key.value, key.span.start, Some(key.colon))
            }
            (Part::Item(place), Inside::List(items)) => {
                let (dash, laid) = items.get(*place)?;
                (*place, laid, *dash, None)
            }
            _ => return None,
        };
        // What stands on the line of a flow is indented as that line is.
        let indent = if in_flow { found.indent } else { column(text, start) };
        found = Found { laid, in_flow, indent, holder: Some((holder, place)), colon, holder_colon: found.colon };
    }
    Some(found)
}

/// A step into a file's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// The value under a key.
    Key(String),
    /// An item of a list.
    Item(usize),
}

/// Puts a scalar in the place of another, in the way that the other was written as far as it can be.
pub(super) fn set(text: &str, found: &Found<'_>, to: &Value) -> Vec<Edit> {
    let laid = found.laid;
    let span = laid.span.clone();
    if let (Written::Block { head, lines }, Value::String(new)) = (&laid.written, to) {
        let folded = text.get(head.clone()).is_some_and(|head| head.starts_with('>'));
        let indent = if lines.is_empty() {
            found.indent + 2
        } else {
            let line = text.get(lines.clone()).unwrap_or_default();
            line.lines().filter(|line| !line.trim().is_empty()).map(indentation).min().unwrap_or(found.indent + 2)
        };
        if let Some((new_head, new_lines)) = in_lines(new, indent, folded, width_of(text, laid)) {
            let new_lines = if lines.is_empty() { format!("\n{new_lines}") } else { new_lines };
            return vec![(head.clone(), new_head), (lines.clone(), new_lines)];
        }
    }
    if let Written::Block { head, lines } = &laid.written {
        // A comment behind the head stays; the lines go with the line end before them.
        let below = line_end(text, head.end);
        return vec![
            (head.clone(), one_line(to, &Written::Plain, found.in_flow)),
            (below..lines.end.max(below), String::new()),
        ];
    }
    let written = one_line(to, &laid.written, found.in_flow);
    if let Value::String(new) = to
        && !found.in_flow
        && matches!(laid.written, Written::Plain | Written::Empty)
    {
        let comment_follows = text.get(span.end..line_end(text, span.end)).is_some_and(|rest| rest.contains('#'));
        let begins = span.start - line_start(text, span.start);
        let longest = text.get(span.clone()).unwrap_or_default().lines().map(|line| line.chars().count()).max();
        let room = WIDTH.max(begins + longest.unwrap_or(0));
        let too_long = new.contains('\n') || begins + written.chars().count() > room;
        let lines =
            in_lines(new, found.indent + 2, !new.contains('\n'), WIDTH).filter(|_| too_long && !comment_follows);
        if let Some((head, lines)) = lines {
            return vec![(span, format!("{}{head}\n{lines}", before(&laid.written)))];
        }
    }
    vec![(span, format!("{}{written}", before(&laid.written)))]
}

/// A value behind a colon that nothing stood behind needs a space.
fn before(written: &Written) -> &'static str {
    if *written == Written::Empty { " " } else { "" }
}

fn one_line(value: &Value, as_written: &Written, in_flow: bool) -> String {
    let Value::String(text) = value else { return on_one_line(value, in_flow) };
    match as_written {
        Written::Single => in_single_quotes(text).unwrap_or_else(|| in_double_quotes(text)),
        Written::Double => in_double_quotes(text),
        _ if is_plain(text, in_flow) => text.clone(),
        _ => in_double_quotes(text),
    }
}

/// Adds a key, before the key at a place or behind the last.
pub(super) fn add_key(text: &str, found: &Found<'_>, place: usize, key: &str, to: &Value) -> Option<Vec<Edit>> {
    let Inside::Map(keys) = &found.laid.inside else { return None };
    let span = &found.laid.span;
    if found.laid.written == Written::Flow {
        let written = format!("{}: {}", key_text(key), on_one_line(to, true));
        return Some(vec![match (place.checked_sub(1).and_then(|before| keys.get(before)), keys.first()) {
            (Some(before), _) => (before.value.span.end..before.value.span.end, format!(", {written}")),
            (None, Some(first)) => (first.span.start..first.span.start, format!("{written}, ")),
            (None, None) => (span.start + 1..span.end - 1, format!(" {written} ")),
        }]);
    }
    let first = keys.first()?;
    let indent = column(text, first.span.start);
    let written = pair(key, to, indent, WIDTH);
    let margin = " ".repeat(indent);
    Some(vec![match place.checked_sub(1).and_then(|before| keys.get(before)) {
        Some(before) => {
            let end = line_end(text, before.value.span.end);
            (end..end, format!("\n{margin}{written}"))
        }
        None => (first.span.start..first.span.start, format!("{written}\n{margin}")),
    }])
}

/// Adds an item behind the last of a list.
pub(super) fn add_item(text: &str, found: &Found<'_>, to: &Value) -> Option<Vec<Edit>> {
    let Inside::List(items) = &found.laid.inside else { return None };
    let span = &found.laid.span;
    if found.laid.written != Written::Flow {
        let (dash, last) = items.last()?;
        let indent = column(text, *dash);
        let end = line_end(text, last.span.end);
        let blank = items.len() > 1 && is_blank_before(text, line_start(text, *dash));
        let gap = if blank { "\n\n" } else { "\n" };
        return Some(vec![(end..end, format!("{gap}{}- {}", " ".repeat(indent), entry(to, indent + 2, WIDTH)))]);
    }
    match items.last() {
        Some((_, last)) => Some(vec![(last.span.end..last.span.end, format!(", {}", on_one_line(to, true)))]),
        None if to.is_object() && !found.in_flow => {
            let indent = found.indent + 2;
            let written = format!("\n{}- {}", " ".repeat(indent), entry(to, indent + 2, WIDTH));
            Some(vec![(found.colon?..span.end, written)])
        }
        None => Some(vec![(span.start + 1..span.end - 1, on_one_line(to, true))]),
    }
}

/// Takes a key or an item out, with a comment on its last line; comments on lines of their own stay.
pub(super) fn remove(text: &str, found: &Found<'_>) -> Option<Vec<Edit>> {
    let (holder, place) = found.holder?;
    let spans: Vec<Range<usize>> = match &holder.inside {
        Inside::Map(keys) => keys.iter().map(LaidKey::whole).collect(),
        Inside::List(items) => items.iter().map(|(start, item)| *start..item.span.end.max(*start)).collect(),
        Inside::Scalar => return None,
    };
    let own = spans.get(place)?.clone();
    let before = place.checked_sub(1).and_then(|before| spans.get(before));
    let next = spans.get(place + 1);
    let empty = if matches!(holder.inside, Inside::Map(_)) { "{}" } else { "[]" };
    if holder.written == Written::Flow {
        let range = match (next, before) {
            (Some(next), _) => own.start..next.start,
            (None, Some(before)) => before.end..own.end,
            (None, None) => holder.span.start + 1..holder.span.end - 1,
        };
        return without_comment(text, &range, &own).then(|| vec![(range, String::new())]);
    }
    if spans.len() == 1 {
        let colon = found.holder_colon?;
        return without_comment(text, &(colon..own.end), &own).then(|| vec![(colon..own.end, format!(" {empty}"))]);
    }
    let start = line_start(text, own.start);
    if text.get(start..own.start)?.trim().is_empty() {
        let end = (line_end(text, own.end) + 1).min(text.len());
        // Entries that blank lines part leave one of them, not two.
        let follows = text.get(end..)?;
        let blank = is_blank_before(text, start) && (follows.is_empty() || follows.starts_with('\n'));
        return Some(vec![(if blank { start - 1 } else { start }..end, String::new())]);
    }
    // The first key behind a `- `: the next takes its place.
    let next = next?;
    without_comment(text, &(own.start..next.start), &own).then(|| vec![(own.start..next.start, String::new())])
}

impl LaidKey {
    fn whole(&self) -> Range<usize> {
        self.span.start..self.value.span.end.max(self.colon)
    }
}

/// Whether what goes beside the value itself is no comment.
fn without_comment(text: &str, range: &Range<usize>, own: &Range<usize>) -> bool {
    let no_comment = |part: Option<&str>| part.is_none_or(|part| !part.contains('#'));
    no_comment(text.get(range.start..own.start.max(range.start)))
        && no_comment(text.get(own.end.min(range.end)..range.end))
}

/// Whether the line before a line is blank.
fn is_blank_before(text: &str, start: usize) -> bool {
    text.get(..start).is_some_and(|before| before.ends_with("\n\n"))
}

/// How far something stands from the beginning of its line.
fn column(text: &str, at: usize) -> usize {
    text.get(line_start(text, at)..at).map_or(0, |before| before.chars().count())
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// How wide a folded text is written: as it was, where it fills more than a line.
fn width_of(text: &str, laid: &Laid) -> usize {
    let Written::Block { lines, .. } = &laid.written else { return WIDTH };
    let own = text.get(lines.clone()).unwrap_or_default();
    let longest = own.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    if own.lines().count() > 1 { longest.clamp(60, WIDTH.max(longest)) } else { WIDTH }
}

/// The text with bytes that gave way to others; the edits do not overlap.
pub(super) fn edited(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut new = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for (range, with) in edits {
        new.push_str(text.get(at..range.start).unwrap_or_default());
        new.push_str(with);
        at = range.end;
    }
    new.push_str(text.get(at..).unwrap_or_default());
    new
}
