//! The playground: facts tried against the rules in force, earlier ones and proposed ones, side by side.
//!
//! Nothing is stored. What was tried can be taken away as a worked example for a `*_test.yaml`.

use std::sync::Arc;

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::answer;
use super::asked::{Answered, Asked, Refused, TOKEN};
use super::fields::{Fields, capital, shown_below};
use crate::criteria::{Kind, RuleSet, load};
use crate::form::{Asks, Choice, Field, Wrong};
use crate::json::Json;
use crate::level::{Evaluation, Explain};
use crate::referral::{Indicated, Referral};
use crate::rules_dir;

/// More than anybody compares at once; each is loaded for it.
const MOST_OFFERED: usize = 12;
/// What stands for the folder that is proposed.
const PROPOSED: &str = "proposed";

/// What a rule set says, in a column.
#[derive(Debug, Serialize)]
struct Column {
    title: String,
    /// The answer, or why there is none.
    answer: Option<answer::AnswerShown>,
    faults: Vec<String>,
}

/// A fact that may be tried, for the list beside.
#[derive(Debug, Serialize)]
struct Listed {
    topic: String,
    facts: Vec<(String, String, String)>,
}

/// A rule set that is offered.
struct Offered {
    value: String,
    says: String,
    rules: Option<Arc<RuleSet>>,
}

fn offered(asked: &Asked) -> Result<Vec<Offered>, Refused> {
    let live = &asked.rules;
    let named = |rules: &RuleSet, what: &str| {
        let id = rules.id();
        let digest = id.digest.get(..19).unwrap_or(&id.digest);
        format!("{what}: {} {} ({digest}…)", id.framework, id.version)
    };
    let mut all =
        vec![Offered { value: live.id().digest.clone(), says: named(live, "In force"), rules: Some(Arc::clone(live)) }];
    if let Some(folder) = &asked.front.proposed {
        let rules = rules_dir::read(folder).ok().and_then(|files| load(&files).rule_set).map(Arc::new);
        let says = rules.as_deref().map_or_else(
            || "Proposed: it has problems; run `windscreen check`".to_owned(),
            |rules| named(rules, "Proposed"),
        );
        all.push(Offered { value: PROPOSED.to_owned(), says, rules });
    }
    let record = asked.record()?;
    let proposed = record.only_proposed()?;
    for digest in record.list_rule_sets()?.into_iter().filter(|digest| *digest != live.id().digest).take(MOST_OFFERED) {
        if let Ok(rules) = record.rule_set(&digest) {
            all.push(Offered {
                says: named(&rules, if proposed.contains(&digest) { "Proposed" } else { "Earlier" }),
                value: digest,
                rules: Some(rules),
            });
        }
    }
    Ok(all)
}

fn fields(offered: &[Offered], rules: &RuleSet) -> Vec<Field> {
    let topics = rules.topics().iter().map(|topic| Choice::new(topic.id.clone(), topic.title.clone()));
    let sets = offered.iter().map(|one| Choice::new(one.value.clone(), one.says.clone()));
    vec![
        Field::new("facts", "Facts", Asks::Text(8000))
            .hint("One a line, like keeping_safe: some_exposure. The answers of each fact are listed below; yes, no and not_known always do")
            .needed("Enter at least one fact, like keeping_safe: not_known"),
        Field::new("concerns", "Topics of concern", Asks::Several(topics.collect())),
        Field::new("rule_sets", "Rules to try them against", Asks::Several(sets.collect())).needed("Choose the rules to try"),
    ]
}

pub(super) fn page(asked: &Asked) -> Answered {
    let offered = offered(asked)?;
    let fields = fields(&offered, &asked.rules);
    let live = vec![asked.rules.id().digest.clone()];
    let form = shown_below(&fields, &[Vec::new(), Vec::new(), live], &[]);
    show(asked, form, &[], None, false)
}

pub(super) fn play(asked: &Asked) -> Answered {
    let offered = offered(asked)?;
    let fields = fields(&offered, &asked.rules);
    let values = asked.entered.read(&fields, &[TOKEN])?;
    let mut wrong = crate::form::wrong(&fields, &values);
    let mut facts = Map::new();
    let text = values[0].first().map_or("", String::as_str);
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match line.split_once(':') {
            Some((fact, answer)) if !answer.trim().is_empty() => {
                facts.insert(fact.trim().to_owned(), said(answer.trim()));
            }
            _ => wrong.push(Wrong {
                key: "facts".into(),
                says: format!("Line {} is not a fact and its answer, like keeping_safe: not_known", number + 1),
            }),
        }
    }
    let form = shown_below(&fields, &values, &wrong);
    if !wrong.is_empty() {
        return show(asked, form, &[], None, true);
    }
    let request = json!({ "concerns": values[1], "facts": facts });
    let chosen = offered.iter().filter(|one| values[2].contains(&one.value));
    let mut columns = Vec::new();
    let mut example = None;
    for one in chosen {
        let tried = one.rules.as_deref().map(|rules| (rules, evaluated(rules, &request)));
        let (answer, faults) = match tried {
            None => (None, vec!["These rules have problems and do not run.".to_owned()]),
            Some((_, Err(faults))) => (None, faults),
            Some((rules, Ok(evaluation))) => {
                example.get_or_insert_with(|| as_example(&values[1], &facts, &evaluation));
                // Plain data: it always serialises.
                let text = serde_json::to_string(&evaluation).unwrap_or_default();
                (answer::shown(rules, &text, columns.len() + 1), Vec::new())
            }
        };
        columns.push(Column { title: one.says.clone(), answer, faults });
    }
    show(asked, form, &columns, example, false)
}

fn show(asked: &Asked, form: Fields, columns: &[Column], example: Option<String>, is_wrong: bool) -> Answered {
    let listed: Vec<Listed> =
        asked.rules.topics().iter().enumerate().map(|(topic, head)| listed(&asked.rules, topic, &head.title)).collect();
    let page = view! { form, columns, example, listed };
    let (status, title) = if is_wrong {
        (StatusCode::UNPROCESSABLE_ENTITY, "Error: Try the criteria")
    } else {
        (StatusCode::OK, "Try the criteria")
    };
    asked.page_as(status, "playground.html", title, page)
}

fn listed(rules: &RuleSet, topic: usize, title: &str) -> Listed {
    let facts = rules.indicators().iter().filter(|one| one.topic == topic && one.retired.is_none()).map(|one| {
        let answers = match &one.kind {
            Kind::YesNo { .. } => "yes, no".to_owned(),
            Kind::Number { from, to, .. } => format!("{from} to {to}"),
            Kind::Choice => one
                .classes
                .iter()
                .map(|class| class.answer.to_string().replace(' ', "_"))
                .collect::<Vec<_>>()
                .join(", "),
        };
        (one.id.clone(), one.ask.clone(), answers)
    });
    Listed { topic: title.to_owned(), facts: facts.collect() }
}

/// An answer as one types it.
fn said(answer: &str) -> Value {
    match answer {
        "yes" | "true" => true.into(),
        "no" | "false" => false.into(),
        word => word.parse::<i64>().map_or_else(|_| word.into(), Value::from),
    }
}

fn evaluated<'r>(rules: &'r RuleSet, request: &Value) -> Result<Evaluation<'r>, Vec<String>> {
    let read = Json::read(request.to_string().as_bytes()).and_then(|json| Referral::read(&json));
    let indicated = read.and_then(|referral| referral.evaluate(rules, Explain::Full));
    match indicated {
        Ok(Indicated::Child(evaluation)) => Ok(*evaluation),
        Ok(Indicated::Children { .. }) => Err(Vec::new()),
        Err(faults) => Err(faults
            .iter()
            .map(|fault| {
                let near = fault.suggestion.as_ref().map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                let fact = fault.pointer.rsplit('/').next().unwrap_or_default();
                format!("{fact}: {}{near}", capital(&fault.detail))
            })
            .collect()),
    }
}

/// What was tried, as a worked example. Ids, words, numbers and truth values need no quoting in YAML.
fn as_example(concerns: &[String], facts: &Map<String, Value>, evaluation: &Evaluation<'_>) -> String {
    let mut lines = vec![
        "  - id: name_this_example".to_owned(),
        "    story: Say in a sentence, about nobody real, what this shows.".to_owned(),
    ];
    if !concerns.is_empty() {
        lines.push(format!("    concerns: [{}]", concerns.join(", ")));
    }
    lines.push("    facts:".to_owned());
    lines.extend(facts.iter().map(|(fact, answer)| {
        let answer = answer.as_str().map_or_else(|| answer.to_string(), str::to_owned);
        format!("      {fact}: {answer}")
    }));
    let (least, most) = (evaluation.at_least.rank, evaluation.at_most.rank);
    lines.push(if evaluation.settled {
        format!("    expect: {{ level: {least} }}")
    } else {
        format!("    expect: {{ at_least: {least}, at_most: {most} }}")
    });
    lines.join("\n")
}
