//! The facts of a rule set as JSON Schema 2020-12: what a partner may send, with titles, hints and bounds.
//!
//! The program itself does not validate by it: `RuleSet::read` does. A test holds the two together.

use serde_json::{Map, Value, json};

use crate::criteria::{Indicator, Kind, RuleSet};
use crate::facts::Answer;

/// The JSON Schema of the `facts` of a request.
pub fn facts_schema(rules: &RuleSet) -> Value {
    let id = rules.id();
    let properties: Map<String, Value> = rules
        .indicators()
        .iter()
        .enumerate()
        .map(|(fact, indicator)| (indicator.id.clone(), property(rules, fact, indicator)))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:windscreen:facts:{}", id.digest),
        "title": format!("Facts of {} {}", id.framework, id.version),
        "description": "Absent, null and \"not_known\" mean not known; \"refused\" means asked and not answered. \
                        Nothing is coerced: \"5\" is not 5, \"no\" is not false, and 5.0 is refused although JSON \
                        Schema cannot say so.",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "$defs": {
            "not_answered": {
                "description": "Not known, or asked and refused.",
                "enum": [null, "not_known", "refused"],
            },
        },
    })
}

fn property(rules: &RuleSet, fact: usize, indicator: &Indicator) -> Value {
    let not_answered = json!({ "$ref": "#/$defs/not_answered" });
    // An id needs no escaping in a pointer: it is words joined by underscores.
    let account = json!({ "anyOf": [{ "$ref": format!("#/properties/{}/anyOf/0", indicator.id) }, not_answered] });
    let mut property = Map::new();
    property.insert("title".to_owned(), indicator.ask.clone().into());
    if let Some(hint) = &indicator.hint {
        property.insert("description".to_owned(), hint.clone().into());
    }
    if indicator.retired.is_some() {
        property.insert("deprecated".to_owned(), true.into());
    }
    property.insert("x-topic".to_owned(), rules.topics()[indicator.topic].id.clone().into());
    property.insert("x-about".to_owned(), json!(indicator.about));
    property.insert("x-domain".to_owned(), json!(indicator.domain));
    property.insert("x-core".to_owned(), rules.is_core(fact).into());
    property.insert("x-would-know".to_owned(), json!(indicator.would_know));
    let two = json!({
        "description": "Two accounts; the one of greater concern is used and both are kept.",
        "type": "object",
        "properties": { "answer": account, "also_said": account },
        "required": ["answer", "also_said"],
        "additionalProperties": false,
    });
    property.insert("anyOf".to_owned(), json!([answer(indicator), not_answered, two]));
    property.into()
}

fn answer(indicator: &Indicator) -> Value {
    match &indicator.kind {
        Kind::YesNo { .. } => json!({ "type": "boolean" }),
        Kind::Number { from, to, never, unit, .. } => {
            let number = json!({ "type": "integer", "minimum": from, "maximum": to, "x-unit": unit });
            if *never { json!({ "anyOf": [number, { "const": "never" }] }) } else { number }
        }
        Kind::Choice => {
            let answers = indicator.classes.iter().filter_map(|class| {
                let Answer::Word(word) = &class.answer else { return None };
                let mut answer = json!({ "const": word, "title": class.label });
                if class.retired.is_some() {
                    answer["deprecated"] = true.into();
                }
                Some(answer)
            });
            json!({ "oneOf": answers.collect::<Vec<_>>() })
        }
    }
}
