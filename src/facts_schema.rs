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
        "examples": [example(rules)],
    })
}

/// One fact of each kind, and one that is not known.
fn example(rules: &RuleSet) -> Value {
    let mut asked = rules.indicators().iter().filter(|indicator| indicator.retired.is_none());
    let first = |is_it: fn(&Kind) -> bool| asked.clone().find(|indicator| is_it(&indicator.kind));
    let kinds = [
        first(|kind| matches!(kind, Kind::YesNo { .. })),
        first(|kind| matches!(kind, Kind::Choice)),
        first(|kind| matches!(kind, Kind::Number { .. })),
    ];
    let answered = kinds.into_iter().flatten();
    let mut facts: Map<String, Value> =
        answered.map(|indicator| (indicator.id.clone(), answer_of_concern(indicator))).collect();
    if let Some(other) = asked.find(|indicator| !facts.contains_key(&indicator.id)) {
        facts.insert(other.id.clone(), "not_known".into());
    }
    facts.into()
}

/// An answer that a form might send: the one of greatest concern that is not retired; of a number, the lowest.
fn answer_of_concern(indicator: &Indicator) -> Value {
    if let Kind::Number { from, .. } = indicator.kind {
        return from.into();
    }
    let mut classes = indicator.classes.iter().rev().filter(|class| class.retired.is_none());
    classes.next().map_or(Value::Null, |class| json!(class.answer))
}

fn property(rules: &RuleSet, fact: usize, indicator: &Indicator) -> Value {
    // Without references, each property can be lifted out for a form or a client's types.
    let not_answered = json!({
        "description": "Not known, or asked and refused.",
        "enum": [null, "not_known", "refused"],
    });
    let account = json!({ "anyOf": [answer(indicator), not_answered] });
    let mut property = Map::new();
    property.insert("title".to_owned(), indicator.ask.clone().into());
    property.insert("description".to_owned(), description(rules, indicator).into());
    property.insert("examples".to_owned(), json!([answer_of_concern(indicator), "not_known"]));
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

/// What helps whoever answers: the hint, in what a number is counted, and who would know.
fn description(rules: &RuleSet, indicator: &Indicator) -> String {
    let agencies = &rules.framework().agencies;
    let title = |id: &String| agencies.iter().find(|agency| agency.id == *id).map_or(id, |agency| &agency.name).clone();
    let would_know: Vec<String> = indicator.would_know.iter().map(title).collect();
    let unit = match &indicator.kind {
        Kind::Number { unit, .. } => json!(unit).as_str().map(|unit| format!("In {unit}.")),
        _ => None,
    };
    let hint = indicator.hint.as_deref().map(|hint| {
        let ends = hint.ends_with(['.', '?', '!']);
        if ends { hint.to_owned() } else { format!("{hint}.") }
    });
    let who = (!would_know.is_empty()).then(|| format!("Who would know: {}.", would_know.join(", ")));
    let parts: Vec<String> = hint.into_iter().chain(unit).chain(who).collect();
    if parts.is_empty() { "Whoever knows the child.".to_owned() } else { parts.join(" ") }
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
