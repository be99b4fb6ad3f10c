//! Templates and what they may call: strict about what is undefined, everything escaped.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, HtmlEscape, UndefinedBehavior};
use serde::Serialize;

use super::council::short_hash;
use crate::report::FIGURES;

/// The styles, made by npm from GOV.UK Frontend.
pub(super) const STYLES: &str = include_str!("../../web/dist/windscreen.css");

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        /// Every template, beside the handler that renders it.
        pub(super) const TEMPLATES: &[(&str, &str)] = &[$((concat!($name, ".html"), include_str!(concat!($name, ".html")))),*];
    };
}

templates!(
    "components",
    "layout",
    "fields",
    "refused",
    "start",
    "accessibility",
    "privacy",
    "cookies",
    "problems",
    "problem",
    "no_problem",
    "sign_in",
    "break_glass",
    "break_glass_uses",
    "time_left",
    "drafts",
    "tasks",
    "step",
    "children",
    "check_answers",
    "sure",
    "check",
    "answer",
    "check_answer",
    "earlier",
    "referral",
    "worklist",
    "batches",
    "batch",
    "joined",
    "information",
    "decision",
    "letter_text",
    "letter",
    "letter_print",
    "to_tell",
    "disagree",
    "disagreement",
    "disagreements",
    "rule_review",
    "disclosure",
    "disclosure_print",
    "receipt",
    "handed_over",
    "handed_over_list",
    "out_of_hours",
    "transfers",
    "kept_transfer",
    "playground",
    "evidence",
    "board",
    "rule_change",
    "rule_drafts",
    "rule_draft",
    "rule_files",
    "rule_entries",
    "rule_entry",
    "rule_entry_gone",
    "rule_example",
    "rule_example_remove",
    "rule_text",
    "rule_history",
    "compare",
    "clauses",
    "audit",
    "reports",
    "report",
    "documents",
    "quality",
    "quality_month",
    "quality_child",
    "calibration",
    "calibration_new",
    "calibration_round",
    "calibration_rate",
);

/// The templates, compiled.
#[derive(Debug)]
pub(super) struct Look {
    environment: Environment<'static>,
    styles_hash: String,
}

impl Look {
    pub fn new() -> Result<Self, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.add_filter("aloud", aloud);
        environment.add_filter("with_code", |text: &str| with_code(text));
        environment.add_filter("dialled", |number: &str| dialled(number));
        environment.add_template("figures.html", FIGURES)?;
        for (name, text) in TEMPLATES {
            environment.add_template(name, text)?;
        }
        Ok(Self { environment, styles_hash: short_hash(STYLES.as_bytes()) })
    }

    pub fn styles_hash(&self) -> &str {
        &self.styles_hash
    }

    pub fn render(&self, template: &str, context: impl Serialize) -> Result<String, minijinja::Error> {
        self.environment.get_template(template)?.render(Serde(context))
    }
}

/// A moment as one would say it, in London.
pub(super) fn said(at: Timestamp) -> String {
    in_london(at, "%-H:%M on %A %-d %B %Y")
}

/// A date as one would say it.
pub(super) fn day(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// A date with its day of the week.
pub(super) fn day_of_week(date: Date) -> String {
    date.strftime("%A %-d %B %Y").to_string()
}

/// The time of day of a moment in London.
pub(super) fn time_of_day(at: Timestamp) -> String {
    in_london(at, "%-H:%M")
}

fn in_london(at: Timestamp, format: &str) -> String {
    let london = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    at.to_zoned_datetime(london).strftime(format).to_string()
}

/// A telephone number as a link dials it.
fn dialled(number: &str) -> String {
    number.chars().filter(|digit| digit.is_ascii_digit() || *digit == '+').collect()
}

/// A text with what stands in backticks as code; everything is escaped.
fn with_code(text: &str) -> Value {
    let part = |(place, part): (usize, &str)| {
        let escaped = HtmlEscape(part);
        if place % 2 == 1 { format!("<code>{escaped}</code>") } else { escaped.to_string() }
    };
    Value::from_safe_string(text.split('`').enumerate().map(part).collect())
}

fn aloud(value: &str) -> String {
    value.parse().map_or_else(|_| value.to_owned(), said)
}
