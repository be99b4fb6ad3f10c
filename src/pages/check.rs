//! A check without naming a child: the same questions, and nothing is stored. What was entered travels with the page.

use axum::http::StatusCode;

use super::answer;
use super::asked::{Answered, Asked, Refused, TOKEN};
use super::fields::shown;
use super::step::headed;
use crate::form::{Draft, Field, Journey, Saved, Step, wrong};
use crate::json::Json;
use crate::level::Explain;
use crate::metrics::{self, Way};
use crate::referral::{Indicated, Referral};

const BESIDES: [&str; 4] = [TOKEN, "carried", "step", "go"];
/// What the answer is left by: a question that is open, by the key of its field, or the last page of questions.
const AGAIN: &str = "again";
const LAST: &str = "last";

pub(super) fn begin(asked: &Asked) -> Answered {
    asked.page("check.html", "Check without naming a child", view! { step => (), carried => "" })
}

pub(super) fn go_on(asked: &Asked) -> Answered {
    let rules = &*asked.rules;
    let Some(carried) = asked.entered.one("carried").filter(|carried| !carried.is_empty()) else {
        let mut draft = match asked.entered.one("born") {
            Some("yes") => Draft::of_nobody(false),
            Some("no") => Draft::of_nobody(true),
            _ => return Err(Refused::Forged),
        };
        draft.rule_set.clone_from(&rules.id().digest);
        return ask(asked, &draft, 0);
    };
    let mut draft: Draft = serde_json::from_str(carried).map_err(|_| Refused::Forged)?;
    if draft.rule_set != rules.id().digest {
        return Err(Refused::Moved("the criteria changed: begin the check again".into()));
    }
    if draft.children.len() != 1 {
        return Err(Refused::Forged);
    }
    let steps = draft.steps(rules, Journey::Check, asked.now);
    if let Some(key) = asked.entered.one(AGAIN) {
        let asks = |step: &Step| {
            let fields = draft.fields(rules, Journey::Check, step, asked.now);
            fields.iter().any(|field| field.key == key)
        };
        // Who the child is stands first: its age is no question of its own.
        let place = if key == LAST { steps.len().saturating_sub(1) } else { steps.iter().position(asks).unwrap_or(0) };
        return ask(asked, &draft, place);
    }
    let place = steps.iter().position(|step| Some(step.id().as_str()) == asked.entered.one("step"));
    let place = place.ok_or_else(|| Refused::Moved("the criteria changed".into()))?;
    let step = &steps[place];
    let fields = draft.fields(rules, Journey::Check, step, asked.now);
    let values = asked.entered.read(&fields, &BESIDES)?;
    for (field, values) in fields.iter().zip(&values) {
        draft.enter(&field.key, values.clone());
    }
    draft.note_saved(step, Saved { version: 1, by: String::new(), at: asked.now, rule_set: rules.id().digest.clone() });
    if asked.entered.one("go") == Some("back") {
        return match place.checked_sub(1) {
            Some(before) => ask(asked, &draft, before),
            None => begin(asked),
        };
    }
    let found = wrong(&fields, &values);
    if !found.is_empty() {
        return show(asked, &draft, step, &fields, &values, &found);
    }
    // Answers open questions: on this page first.
    let opened = draft.fields(rules, Journey::Check, step, asked.now);
    if opened.iter().any(|field| fields.iter().all(|known| known.key != field.key)) {
        return ask(asked, &draft, place);
    }
    let steps = draft.steps(rules, Journey::Check, asked.now);
    let next = steps.iter().position(|other| other == step).map_or(steps.len(), |place| place + 1);
    if next < steps.len() { ask(asked, &draft, next) } else { answer_of(asked, &draft) }
}

fn ask(asked: &Asked, draft: &Draft, place: usize) -> Answered {
    let rules = &*asked.rules;
    let steps = draft.steps(rules, Journey::Check, asked.now);
    let mut later = steps.iter().skip(place);
    let asks = |step: &&Step| !draft.fields(rules, Journey::Check, step, asked.now).is_empty();
    let Some(step) = later.find(asks) else { return answer_of(asked, draft) };
    let fields = draft.fields(rules, Journey::Check, step, asked.now);
    let values = draft.entered_in(&fields);
    show(asked, draft, step, &fields, &values, &[])
}

fn show(
    asked: &Asked,
    draft: &Draft,
    step: &Step,
    fields: &[Field],
    values: &[Vec<String>],
    wrong: &[crate::form::Wrong],
) -> Answered {
    let (heading, title) = headed(draft, &asked.rules, step);
    let page = view! {
        carried => carried(draft),
        step => step.id(),
        at_once => draft.to_do_at_once(&asked.rules, asked.now),
        heading,
        form => shown(fields, values, wrong),
    };
    match wrong {
        [] => asked.page("check.html", &title, page),
        _ => asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "check.html", &format!("Error: {title}"), page),
    }
}

/// A draft as it travels; plain data with text keys always serialises.
fn carried(draft: &Draft) -> String {
    serde_json::to_string(draft).unwrap_or_default()
}

fn answer_of(asked: &Asked, draft: &Draft) -> Answered {
    let rules = &*asked.rules;
    let request = draft.evaluation_request(rules).to_string();
    let mut referral =
        Json::read(request.as_bytes()).and_then(|json| Referral::read(&json)).map_err(Refused::Faults)?;
    referral.received_at.get_or_insert(asked.now);
    let indicated = referral.evaluate(rules, Explain::Full).map_err(Refused::Faults)?;
    let Indicated::Children { children } = indicated else { return Err(Refused::Broken) };
    metrics::evaluated(Way::Page, children.iter().map(|child| child.evaluation.settled));
    let child = children.first().ok_or(Refused::Broken)?;
    let evaluation = serde_json::to_string(&child.evaluation).map_err(|_| Refused::Broken)?;
    let one = answer::shown(rules, &evaluation, 1).ok_or(Refused::Broken)?;
    let one = one.of_a_check();
    asked.page("check_answer.html", "What the criteria indicate", view! { one, carried => carried(draft) })
}
