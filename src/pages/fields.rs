//! Fields as components: each with what was typed, and with what is wrong beside it.

use serde::Serialize;
use serde_json::{Value, json};

use super::look::day;
use crate::form::{Asks, Choice, Field, Line, Wrong, date};

/// What takes fewer bytes is a sentence or two.
const ACCOUNT: usize = 4000;

/// A field of a page.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    component: &'static str,
    options: Value,
    /// What stands beside a number, to choose instead.
    instead: Option<Value>,
    under: Option<String>,
}

/// A page of fields, to be sent.
#[derive(Debug, Serialize)]
pub(super) struct Fields {
    fields: Vec<Shown>,
    errors: Vec<Value>,
    /// Whether the one field's question is the heading of the page.
    is_alone: bool,
}

/// The fields with what was entered. A single question is the page's own heading.
pub(super) fn shown(fields: &[Field], values: &[Vec<String>], wrong: &[Wrong]) -> Fields {
    let is_alone = matches!(fields, [one] if !matches!(one.asks, Asks::Whole { .. }));
    of_page(fields, values, wrong, is_alone)
}

/// The same on a page that has a heading of its own.
pub(super) fn shown_below(fields: &[Field], values: &[Vec<String>], wrong: &[Wrong]) -> Fields {
    of_page(fields, values, wrong, false)
}

fn of_page(fields: &[Field], values: &[Vec<String>], wrong: &[Wrong], is_alone: bool) -> Fields {
    let of = |field: &Field| wrong.iter().find(|wrong| field.names().contains(&wrong.key));
    let fields = fields.iter().zip(values).map(|(field, values)| one(field, values, of(field), is_alone)).collect();
    let errors = wrong.iter().map(|wrong| json!({ "text": wrong.says, "href": format!("#{}", wrong.key) }));
    Fields { fields, errors: errors.collect(), is_alone }
}

fn one(field: &Field, values: &[String], wrong: Option<&Wrong>, is_alone: bool) -> Shown {
    let first = values.first().map_or("", String::as_str);
    let mut options = json!({});
    if let Some(hint) = &field.hint {
        options["hint"] = json!({ "text": hint });
    }
    if let Some(wrong) = wrong {
        options["errorMessage"] = json!({ "text": wrong.says });
    }
    let label = |size: &str| {
        let classes = if is_alone { "govuk-label--l" } else { size };
        json!({ "text": field.says, "classes": classes, "isPageHeading": is_alone })
    };
    let legend = || {
        let classes = if is_alone { "govuk-fieldset__legend--l" } else { "govuk-fieldset__legend--s" };
        json!({ "legend": { "text": field.says, "classes": classes, "isPageHeading": is_alone } })
    };
    let mut instead = None;
    let component = match &field.asks {
        Asks::Line(line) => {
            options["label"] = label("govuk-label--s");
            options["name"] = field.key.clone().into();
            options["value"] = first.into();
            options["classes"] = match line {
                Line::Plain | Line::Name => "",
                Line::NhsNumber | Line::Upn => "govuk-input--width-20",
                Line::Time => "govuk-input--width-5",
            }
            .into();
            // A browser shared by a whole office must not offer one family's names to the next.
            options["autocomplete"] = "off".into();
            options["spellcheck"] = (*line == Line::Plain).into();
            "input"
        }
        Asks::Text(most) => {
            options["label"] = label("govuk-label--s");
            options["name"] = field.key.clone().into();
            options["value"] = first.into();
            // As high as what stands in it, as far as a window shows it.
            let rows = first.lines().map(|line| 1 + line.chars().count() / 60).sum::<usize>();
            // A sentence is not asked for with the room of an account.
            let least = if *most < ACCOUNT { 2 } else { 5 };
            options["rows"] = rows.clamp(least, 25).into();
            "textarea"
        }
        Asks::Select(choices) => {
            options["label"] = label("govuk-label--s");
            options["name"] = field.key.clone().into();
            options["value"] = first.into();
            let none = json!({ "value": "", "text": "Choose" });
            options["items"] = std::iter::once(none).chain(choices.iter().map(item)).collect();
            "select"
        }
        Asks::One(choices) => {
            options["fieldset"] = legend();
            options["name"] = field.key.clone().into();
            options["value"] = first.into();
            options["items"] = choices.iter().map(item).collect();
            options["classes"] = if is_short(choices) { "govuk-radios--inline" } else { "" }.into();
            "radios"
        }
        Asks::Several(choices) => {
            options["fieldset"] = legend();
            options["name"] = field.key.clone().into();
            options["values"] = values.into();
            options["items"] = choices.iter().map(item).collect();
            "checkboxes"
        }
        Asks::Whole { unit, instead: choices, .. } => {
            options["label"] = label("govuk-label--s");
            options["name"] = field.key.clone().into();
            options["value"] = first.into();
            options["inputmode"] = "numeric".into();
            options["autocomplete"] = "off".into();
            options["spellcheck"] = false.into();
            options["classes"] = "govuk-input--width-4".into();
            if !unit.is_empty() {
                options["suffix"] = json!({ "text": unit });
            }
            if !choices.is_empty() {
                // Seen, it stands under its question; heard, it must say which.
                let legend = json!({ "text": "If you cannot give a number", "unseen": format!(": {}", field.says) });
                instead = Some(json!({
                    "name": format!("{}.instead", field.key),
                    "fieldset": { "legend": legend },
                    "value": values.get(1).map_or("", String::as_str),
                    "items": choices.iter().map(item).collect::<Value>(),
                    "classes": "govuk-radios--inline govuk-radios--small",
                }));
            }
            "input"
        }
        Asks::Date(_) => {
            options["fieldset"] = legend();
            options["id"] = field.key.clone().into();
            options["namePrefix"] = field.key.clone().into();
            let parts = [("day", "2"), ("month", "2"), ("year", "4")].into_iter().enumerate();
            let part = |(place, (name, width)): (usize, (&str, &str))| {
                let value = values.get(place).map_or("", String::as_str);
                json!({ "name": name, "classes": format!("govuk-input--width-{width}"), "value": value })
            };
            options["items"] = parts.map(part).collect();
            "date_input"
        }
    };
    Shown { component, options, instead, under: field.under.clone() }
}

/// Whether choices are read best beside each other.
fn is_short(choices: &[Choice]) -> bool {
    choices.iter().all(|choice| choice.hint.is_none() && choice.says.len() <= 24)
        && choices.iter().map(|choice| choice.says.len()).sum::<usize>() <= 48
}

fn item(choice: &Choice) -> Value {
    let mut item = json!({ "value": choice.value, "text": choice.says });
    if let Some(hint) = &choice.hint {
        item["hint"] = json!({ "text": hint });
    }
    item
}

/// What was entered in a field, in words.
pub(super) fn in_words(field: &Field, values: &[String]) -> Option<String> {
    if values.iter().all(String::is_empty) {
        return None;
    }
    let says = |choices: &[Choice], value: &String| {
        choices.iter().find(|choice| choice.value == *value).map_or_else(|| value.clone(), |choice| choice.says.clone())
    };
    Some(match &field.asks {
        Asks::Line(_) | Asks::Text(_) => values.join(" "),
        Asks::One(choices) | Asks::Select(choices) | Asks::Several(choices) => {
            values.iter().map(|value| says(choices, value)).collect::<Vec<_>>().join("; ")
        }
        Asks::Whole { unit, instead, .. } => match values {
            [number, ..] if !number.is_empty() => format!("{number} {unit}").trim().to_owned(),
            [_, other] => says(instead, other),
            _ => String::new(),
        },
        Asks::Date(_) => date(values).map_or_else(|| values.join(" "), day),
    })
}

/// A sentence's beginning.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}
