//! The two forms of a document, and how each escapes what an author wrote.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, context};

use super::blocks::Document;

const MARKDOWN: &str = "markdown";

/// What a document is printed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One page that stands for itself: for a browser, and for paper.
    Html,
    /// Plain text with marks.
    Markdown,
}

pub(super) fn render(document: &Document, form: Form) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_auto_escape_callback(|name| match name.ends_with(".md") {
        true => AutoEscape::Custom(MARKDOWN.into()),
        false => AutoEscape::Html,
    });
    environment.set_formatter(format);
    environment.add_template("document.css", include_str!("document.css"))?;
    environment.add_template("document.html", include_str!("document.html"))?;
    environment.add_template("document.md", include_str!("document.md"))?;
    let name = match form {
        Form::Html => "document.html",
        Form::Markdown => "document.md",
    };
    environment.get_template(name)?.render(context! { document => Serde(document) })
}

fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match state.auto_escape() {
        AutoEscape::Custom(_) if !value.is_safe() => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            out.write_str(&in_markdown(&text)).map_err(Error::from)
        }
        AutoEscape::Custom(_) => write!(out, "{value}").map_err(Error::from),
        _ => minijinja::escape_formatter(out, state, value),
    }
}

/// Text that means nothing in Markdown but itself, in a line or in a cell of a table.
fn in_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    // What has only stood in a line so far that may begin a list or a rule.
    let (mut is_begun, mut is_number) = (false, false);
    while let Some(letter) = letters.next() {
        let ends_word = letters.peek().is_none_or(|next| next.is_whitespace());
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '$' => escaped.extend(['\\', letter]),
            '-' | '+' | '=' if !is_begun => escaped.extend(['\\', letter]),
            '.' | ')' if is_number && ends_word => escaped.extend(['\\', letter]),
            letter if letter.is_whitespace() || letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
        is_number = letter.is_ascii_digit() && (is_number || !is_begun);
        is_begun |= !letter.is_whitespace();
    }
    escaped
}
