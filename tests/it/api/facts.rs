//! The facts as JSON Schema: it takes what the rule set takes, and refuses what that refuses.

use std::sync::{Arc, OnceLock};

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use windscreen::criteria::{Kind, RuleSet, load};
use windscreen::facts::Answer;
use windscreen::facts_schema::facts_schema;
use windscreen::json::Json;
use windscreen::level::Explain;
use windscreen::referral::{Indicated, Referral};
use windscreen::rules_dir;

use super::{TINY, folder, serving};

fn rules() -> &'static (Arc<RuleSet>, Validator) {
    static RULES: OnceLock<(Arc<RuleSet>, Validator)> = OnceLock::new();
    RULES.get_or_init(|| {
        let rules = serving("rules").rules();
        let validator = jsonschema::draft202012::new(&facts_schema(&rules)).unwrap();
        (rules, validator)
    })
}

fn taken(rules: &RuleSet, facts: &Value) -> bool {
    let body = json!({ "facts": facts }).to_string();
    let read = Json::read(body.as_bytes()).and_then(|json| Referral::read(&json));
    read.and_then(|referral| referral.facts(rules)).is_ok()
}

#[test]
fn the_schema_says_what_a_form_needs() {
    let rules = serving(TINY).rules();
    let schema = facts_schema(&rules);
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["$id"], format!("urn:windscreen:facts:{}", rules.id().digest));
    let ids: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(ids, rules.indicators().iter().map(|fact| &fact.id).collect::<Vec<_>>(), "in the order of the form");
    let number = &schema["properties"]["missing_episodes"]["anyOf"][0];
    assert_eq!(*number, json!({ "type": "integer", "minimum": 0, "maximum": 90, "x-unit": "episodes" }));
    assert_eq!(schema["properties"]["poor_housing"]["anyOf"][0], json!({ "type": "boolean" }));
    assert_eq!(schema["properties"]["injury"]["anyOf"][0]["oneOf"][2]["const"], "unexplained");
    assert_eq!(facts_schema(&rules).to_string(), schema.to_string(), "the same each time");
}

#[test]
fn each_fact_says_who_would_know_and_shows_answers_that_are_taken() {
    let (rules, validator) = rules();
    let schema = facts_schema(rules);
    assert!(!schema.to_string().contains("\"$ref\""), "a property can be lifted out as it is");
    let whole = &schema["examples"][0];
    assert!(whole.as_object().unwrap().len() == 4 && validator.is_valid(whole) && taken(rules, whole), "{whole}");
    for (id, property) in schema["properties"].as_object().unwrap() {
        let indicator = &rules.indicators()[rules.fact(id).unwrap()];
        assert_eq!(property["title"], indicator.ask.as_str(), "{id}");
        let description = property["description"].as_str().unwrap();
        assert!(indicator.hint.as_deref().is_none_or(|hint| description.starts_with(hint)), "{id}: {description}");
        let names_somebody = description.contains("Who would know: ");
        assert_eq!(names_somebody, !indicator.would_know.is_empty(), "{id}: {description}");
        let examples = property["examples"].as_array().unwrap();
        assert_eq!(examples.len(), 2, "{id}");
        for example in examples {
            let facts = json!({ id.as_str(): example });
            assert!(validator.is_valid(&facts) && taken(rules, &facts), "{facts}");
        }
        for answer in property["anyOf"][0]["oneOf"].as_array().into_iter().flatten() {
            assert!(answer["title"].is_string() && answer["const"].is_string(), "{id}: {answer}");
        }
    }
}

#[test]
fn retired_facts_and_answers_are_marked_and_taken() {
    let copy = tempfile::tempdir().unwrap();
    crate::copy(&folder(TINY), copy.path());
    let path = copy.path().join("criteria/harm_now.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let retired = "retired: { until: \"2027-12-01\", because: It was asked twice. }";
    let text = text.replace("explained: { counts: 2 }", &format!("explained: {{ {retired} }}"));
    let text =
        text.replace("ask: Is the baby not yet born?", &format!("ask: Is the baby not yet born?\n    {retired}"));
    std::fs::write(&path, text).unwrap();
    let loaded = load(&rules_dir::read(copy.path()).unwrap());
    let Some(rules) = loaded.rule_set else { panic!("{:#?}", loaded.problems) };
    let schema = facts_schema(&rules);
    let answers = schema["properties"]["injury"]["anyOf"][0]["oneOf"].as_array().unwrap();
    let marked: Vec<&Value> =
        answers.iter().filter(|answer| answer["deprecated"] == true).map(|a| &a["const"]).collect();
    assert_eq!(marked, ["explained"]);
    assert_eq!(schema["properties"]["is_unborn"]["deprecated"], true);
    let facts = json!({ "injury": "explained", "is_unborn": true });
    assert!(taken(&rules, &facts) && jsonschema::draft202012::new(&schema).unwrap().is_valid(&facts));
}

#[test]
fn json_schema_cannot_refuse_a_whole_number_with_a_fraction() {
    let (rules, validator) = rules();
    let facts = json!({ "child_age_months": 5.0 });
    assert!(validator.is_valid(&facts) && !taken(rules, &facts), "the schema's description says so");
}

#[test]
fn a_lone_account_is_not_two() {
    let (rules, validator) = rules();
    for account in [json!(5), Value::Null, json!("refused")] {
        let facts = json!({ "child_age_months": { "answer": account } });
        assert!(!taken(rules, &facts) && !validator.is_valid(&facts), "{facts}");
    }
}

#[test]
fn an_account_of_refusal_is_kept_where_refused_is_an_answer() {
    let (rules, _) = rules();
    let body = br#"{"facts":{"consent":{"answer":"refused","also_said":"given"}}}"#;
    let referral = Json::read(body).and_then(|json| Referral::read(&json)).unwrap();
    let Ok(Indicated::Child(evaluation)) = referral.evaluate(rules, Explain::Full) else { panic!("one child") };
    assert_eq!(evaluation.conflicts.iter().map(|conflict| conflict.fact).collect::<Vec<_>>(), ["consent"]);
    assert!(evaluation.actions.iter().any(|action| action.id == "record_refusal"));
}

#[test]
fn beside_a_refusal_to_answer_the_other_account_stands() {
    let (rules, _) = rules();
    let body = br#"{"facts":{"keeping_safe":{"answer":"refused","also_said":"unable"}}}"#;
    let referral = Json::read(body).and_then(|json| Referral::read(&json)).unwrap();
    let Ok(Indicated::Child(evaluation)) = referral.evaluate(rules, Explain::Full) else { panic!("one child") };
    assert_eq!((evaluation.at_least.rank, evaluation.conflicts.len()), (5, 0));
}

/// An answer that a fact takes.
fn fine(rules: &RuleSet, fact: usize, pick: usize) -> Value {
    let indicator = &rules.indicators()[fact];
    match &indicator.kind {
        Kind::Number { never: true, .. } if pick.is_multiple_of(5) => json!("never"),
        Kind::Number { from, to, .. } => json!(from + i64::try_from(pick).unwrap() % (to - from + 1)),
        Kind::YesNo { .. } | Kind::Choice => match &indicator.classes[pick % indicator.classes.len()].answer {
            Answer::YesNo(answer) => json!(answer),
            Answer::Number(number) => json!(number),
            Answer::Word(word) => json!(word),
        },
    }
}

/// Anything that might stand where an account of a fact does.
fn account(rules: &RuleSet, fact: usize, form: usize, pick: usize) -> Value {
    match form {
        0..=5 => fine(rules, fact, pick),
        6 => Value::Null,
        7 => json!("not_known"),
        8 => json!("refused"),
        9 => fine(rules, (fact + pick) % rules.indicators().len(), pick),
        10 => json!(["yes", "unsafe", "never", "5", "", "NOT_KNOWN"][pick % 6]),
        11 => json!([-1, 5_000, 216, 1_i64 << 40][pick % 4]),
        12 => json!(0.5),
        13 => json!([fine(rules, fact, pick)]),
        _ => json!(pick.is_multiple_of(2)),
    }
}

/// Anything that might stand where a fact does.
fn said(rules: &RuleSet, (fact, shape, form, other, pick): (usize, usize, usize, usize, usize)) -> (String, Value) {
    let fact = fact % rules.indicators().len();
    let value = match shape {
        0..=6 => account(rules, fact, form, pick),
        7 | 8 => {
            json!({ "answer": account(rules, fact, form, pick), "also_said": account(rules, fact, other, pick / 3) })
        }
        9 => json!({ "answer": account(rules, fact, form, pick) }),
        10 => json!({ "answer": fine(rules, fact, pick), "also_said": fine(rules, fact, pick), "and": true }),
        _ => json!({}),
    };
    let id = if shape == 6 && form == 14 { "no_such_fact".to_owned() } else { rules.indicators()[fact].id.clone() };
    (id, value)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000 * crate::cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_schema_takes_what_the_rule_set_takes(
        picks in prop::collection::vec((0_usize..500, 0_usize..12, 0_usize..15, 0_usize..15, 0_usize..1000), 0..4),
    ) {
        let (rules, validator) = rules();
        let facts: Map<String, Value> = picks.into_iter().map(|pick| said(rules, pick)).collect();
        let facts = Value::Object(facts);
        prop_assert_eq!(validator.is_valid(&facts), taken(rules, &facts), "{}", facts);
    }
}
