//! What is wrong with a rule file, and where: for the person who wrote it.
//!
//! A diagnostic has a stable code in words, a place, one sentence, and help when there is something to do.
//! It has four forms: text with the excerpt drawn, plain text for screen readers, JSON, and SARIF for code hosts.

mod sarif;

use std::cmp::Ordering;
use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

pub use sarif::{Meanings, sarif};

/// Whether the rule set may exist at all, or a board should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The rule set does not exist.
    Error,
    /// The rule set runs, and somebody should look.
    Warning,
}

/// A place in a rule file; line and column count from 1, in characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file's path inside the rules folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// How many characters the caret covers.
    pub length: usize,
    /// The text of that line.
    pub excerpt: String,
}

/// One problem, in the author's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A stable code in words, such as `unknown-fact`.
    pub code: &'static str,
    /// One sentence, lower case, without a full stop.
    pub message: String,
    /// Where; `None` when the whole folder is meant.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, message: message.into(), place: None, help: None }
    }

    /// A warning without a place yet.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// The same, at a place.
    #[must_use]
    pub fn at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    /// The same, with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, with the nearest known name as advice when there is one.
    #[must_use]
    pub fn suggest<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(word, known) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None => self,
        }
    }
}

/// The order in which a report lists problems: by file, then place, then code; the whole folder first.
pub fn in_order(a: &Diagnostic, b: &Diagnostic) -> Ordering {
    a.place.cmp(&b.place).then_with(|| a.code.cmp(b.code)).then_with(|| a.message.cmp(&b.message))
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// With the excerpt drawn beside a gutter, in colour where the terminal has it.
    Text,
    /// Without box characters or colour, so that a screen reader reads every line as a sentence.
    Plain,
}

/// Renders diagnostics for people.
pub fn render(diagnostics: &[Diagnostic], form: Form) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        match form {
            Form::Text => render_text(diagnostic, &mut out),
            Form::Plain => render_plain(diagnostic, &mut out),
        }
        out.push('\n');
    }
    out
}

fn render_plain(diagnostic: &Diagnostic, out: &mut String) {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{severity}[{}]: {}", diagnostic.code, diagnostic.message);
    if let Some(place) = &diagnostic.place {
        let _ = writeln!(out, "  {}:{}:{}", place.file, place.line, place.column);
        if !place.excerpt.trim().is_empty() {
            let gutter = place.line.to_string();
            let indent = " ".repeat(gutter.len() + 1);
            let _ = writeln!(out, "{gutter} | {}", place.excerpt);
            let carets = "^".repeat(place.length.max(1));
            let _ = writeln!(out, "{indent}| {}{carets}", " ".repeat(place.column.saturating_sub(1)));
        }
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "help: {help}");
    }
}

fn render_text(diagnostic: &Diagnostic, out: &mut String) {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let mut group = Group::with_title(title);
    if let Some(place) = &diagnostic.place {
        let span = byte_span(&place.excerpt, place.column, place.length);
        group = group.element(
            Snippet::source(place.excerpt.as_str())
                .line_start(place.line)
                .path(place.file.as_str())
                .annotation(AnnotationKind::Primary.span(span)),
        );
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    out.push_str(&Renderer::styled().render(&[group]));
    out.push('\n');
}

/// The bytes of `length` characters from `column` on, kept inside the line.
fn byte_span(line: &str, column: usize, length: usize) -> std::ops::Range<usize> {
    let offset = |characters: usize| line.char_indices().nth(characters).map_or(line.len(), |(at, _)| at);
    let start = offset(column.saturating_sub(1));
    start..offset(column.saturating_sub(1) + length.max(1)).max(start)
}

/// The known name that looks most like `word`, when one is close enough to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this, a suggestion misleads more often than it helps.
    const CLOSE_ENOUGH: f64 = 0.75;
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(word, name), name))
        .filter(|(score, _)| *score >= CLOSE_ENOUGH)
        // The first of equals, so that the suggestion does not depend on anything but the order given.
        .fold(None, |best: Option<(f64, &str)>, (score, name)| match best {
            Some((top, _)) if top >= score => best,
            _ => Some((score, name)),
        })
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Diagnostic {
        Diagnostic::error("unknown-fact", "criterion `missing_repeat` asks about a fact that no file defines")
            .at(Some(Place {
                file: "criteria/harm.yaml".into(),
                line: 41,
                column: 12,
                length: 19,
                excerpt: "    when: { missing_episode_90d: { at_least: 3 } }".into(),
            }))
            .suggest("missing_episode_90d", ["missing_episodes_90d", "money"])
    }

    #[test]
    fn plain_form_has_place_caret_and_help() {
        assert_eq!(
            render(&[example()], Form::Plain),
            "error[unknown-fact]: criterion `missing_repeat` asks about a fact that no file defines\n  \
             criteria/harm.yaml:41:12\n\
             41 |     when: { missing_episode_90d: { at_least: 3 } }\n   \
             |            ^^^^^^^^^^^^^^^^^^^\n\
             help: did you mean `missing_episodes_90d`?\n\n"
        );
    }

    #[test]
    fn text_form_names_the_place_once() {
        let text = render(&[example()], Form::Text);
        assert!(text.contains("criteria/harm.yaml:41:12"), "{text}");
        assert!(text.contains("did you mean"), "{text}");
    }

    #[test]
    fn nothing_near_is_not_suggested() {
        assert_eq!(nearest("housing", ["suicidality", "consent"]), None);
        assert_eq!(nearest("hosing", ["housing", "money"]), Some("housing"));
    }

    #[test]
    fn a_place_beyond_the_line_does_not_panic() {
        let mut diagnostic = example();
        if let Some(place) = &mut diagnostic.place {
            place.excerpt = "é".into();
            place.column = 9;
        }
        render(&[diagnostic], Form::Text);
    }
}
