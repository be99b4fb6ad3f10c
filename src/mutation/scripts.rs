//! What of a script can be otherwise: its comparisons, its joints, its numbers. Words that it looks for in quotes, and what
//! it says to people in comments, are left as they are.

use std::ops::Range;

use super::Kind;
use super::change::Changes;

/// Operators and what each becomes; the longer first, so that none is taken for the beginning of another.
const OPERATORS: [(&str, &str); 8] =
    [("&&", "||"), ("||", "&&"), (">=", ">"), ("<=", "<"), ("==", "!="), ("!=", "=="), (">", ">="), ("<", "<=")];

pub(super) fn mutants(changes: &mut Changes<'_, '_>) {
    let text = changes.source.text;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(length) = passed_over(rest) {
            at += length;
        } else if let Some((was, is)) = OPERATORS.iter().find(|(was, _)| rest.starts_with(was)) {
            change(changes, Kind::Operator, at..at + was.len(), is);
            at += was.len();
        } else if rest.starts_with('!') {
            change(changes, Kind::Negation, at..at + 1, "");
            at += 1;
        } else {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if let Some(number) = rest.get(..digits).and_then(|digits| digits.parse::<i64>().ok()) {
                for to in [number.saturating_sub(1), number.saturating_add(1)] {
                    change(changes, Kind::Bound, at..at + digits, &to.to_string());
                }
                at += digits;
            } else {
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
    }
}

/// How long a comment, a text in quotes or a name is, when one begins here.
fn passed_over(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    if let Some(inside) = rest.strip_prefix('"') {
        let mut escaped = false;
        let end = inside.find(|c| {
            let is_end = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            is_end
        });
        return Some(end.map_or(rest.len(), |end| end + 2));
    }
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let begins = rest.starts_with(|c: char| c.is_alphabetic() || c == '_');
    begins.then(|| rest.find(|c| !is_name(c)).unwrap_or(rest.len()))
}

/// The line is shown before and behind.
fn change(changes: &mut Changes<'_, '_>, kind: Kind, range: Range<usize>, with: &str) {
    let text = changes.source.text;
    let begins = crate::criteria::yaml::line_start(text, range.start);
    let ends = crate::criteria::yaml::line_end(text, range.end);
    let part = |range: Range<usize>| text.get(range).unwrap_or_default();
    let is = format!("{}{with}{}", part(begins..range.start), part(range.end..ends));
    changes.change(kind, range, with, part(begins..ends), Some(&is));
}
