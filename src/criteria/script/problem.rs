//! What is wrong with a script, and where, in the author's own words.
//!
//! Places count lines and characters from 1 inside the script; the caller knows the file.

use rhai::Position;

/// One thing wrong with a script; a script with any problem has no table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptProblem {
    /// A stable code in words, such as `script-undeclared-read`.
    pub code: &'static str,
    /// Line in the script, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// How many characters the caret covers, at least 1.
    pub length: usize,
    /// One sentence, lower case, without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl ScriptProblem {
    /// A problem of the word that stands at `position`.
    pub(super) fn at(code: &'static str, text: &str, position: Position, message: impl Into<String>) -> Self {
        let line = position.line().unwrap_or(1);
        let column = position.position().unwrap_or(1);
        let length = word_at(text, position).chars().count().max(1);
        Self { code, line, column, length, message: message.into(), help: None }
    }

    /// A problem of the script as a whole.
    pub(super) fn whole(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, line: 1, column: 1, length: 1, message: message.into(), help: None }
    }

    /// The same, with advice.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, with the nearest known name as advice, or else `otherwise`.
    pub(super) fn suggest<'a>(
        self,
        word: &str,
        known: impl IntoIterator<Item = &'a str>,
        otherwise: impl Into<String>,
    ) -> Self {
        match crate::diagnostic::nearest(word, known) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None => self.help(otherwise),
        }
    }
}

/// All problems in the order of the text; what is said once need not be said again.
pub(super) fn in_order(mut problems: Vec<ScriptProblem>) -> Vec<ScriptProblem> {
    problems.sort_by_key(|problem| (problem.line, problem.column));
    let mut kept: Vec<ScriptProblem> = Vec::new();
    for problem in problems {
        if !kept.iter().any(|other| other.code == problem.code && other.message == problem.message) {
            kept.push(problem);
        }
    }
    kept
}

/// Signs of more than one character that an author may write, longest first.
const SIGNS: [&str; 35] = [
    "===", "!==", "**=", "<<=", ">>=", "..=", "...", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "*=", "/=", "%=",
    "&=", "|=", "^=", "**", "<<", ">>", "..", "??", "?.", "::", "++", "--", "=>", "->", "()", "/*", "//",
];

/// The word, quoted text or sign that begins at `position`; empty at the end of the script.
pub(super) fn word_at(text: &str, position: Position) -> &str {
    let rest = rest_of_line(text, position);
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let end = match rest.chars().next() {
        Some(first) if in_word(first) => rest.find(|c| !in_word(c)).unwrap_or(rest.len()),
        Some(quote @ ('"' | '\'' | '`')) => {
            rest.char_indices().skip(1).find(|&(_, c)| c == quote).map_or(rest.len(), |(at, _)| at + 1)
        }
        Some(first) => SIGNS.iter().find(|sign| rest.starts_with(**sign)).map_or(first.len_utf8(), |sign| sign.len()),
        None => 0,
    };
    rest.get(..end).unwrap_or("")
}

/// The line from `position` on.
pub(super) fn rest_of_line(text: &str, position: Position) -> &str {
    let (Some(line), Some(column)) = (position.line(), position.position()) else { return "" };
    let line = text.split('\n').nth(line.saturating_sub(1)).unwrap_or("");
    line.char_indices().nth(column.saturating_sub(1)).and_then(|(start, _)| line.get(start..)).unwrap_or("")
}
