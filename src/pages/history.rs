//! Which rules were in force when, what a rule said then and says since, and which clause of guidance each rule follows.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::asked::{Answered, Asked, Refused};
use super::fields::shown_below;
use super::look::{day, said};
use super::rule_changes::edits;
use crate::access::Operation;
use crate::criteria::{RuleSet, load};
use crate::form::{Asks, Choice, Field, date, wrong};
use crate::publish::{self, Wording, wordings};
use crate::record::rule_changes::InForceFrom;
use crate::rule_change::end_of;

fn fields(rules: &RuleSet) -> Vec<Field> {
    let choices = wordings(rules)
        .into_iter()
        .map(|one| Choice::new(one.id.clone(), format!("{} ({})", one.id.replace('_', " "), one.topic)));
    vec![
        Field::new("on", "On which day?", Asks::Date(None)).needed("Enter the day"),
        Field::new("rule", "Which rule?", Asks::Select(choices.collect())).needed("Choose a rule"),
    ]
}

pub(super) fn page(asked: &Asked) -> Answered {
    let record = asked.record()?;
    let over_time = record.in_force_over_time()?;
    let told = record.rules_told()?;
    let row = |(place, one): (usize, &InForceFrom)| {
        let rules = record.rule_set(&one.digest).ok();
        let before = place.checked_sub(1).map(|before| over_time[before].digest.clone());
        let change = one.change.as_deref().and_then(|id| told.change(id).ok());
        view! {
            from => said(one.from),
            is_to_come => one.from > asked.now,
            version => rules.as_deref().map(|rules| format!("{} {}", rules.id().framework, rules.id().version)),
            digest => one.digest.chars().take(19).collect::<String>(),
            change => change.map(|change| json!({ "href": format!("/rule-changes/{}", change.id), "title": change.title })),
            compare => before.filter(|before| *before != one.digest).map(|before| format!("/rule-history/compare?old={before}&new={}", one.digest)),
        }
    };
    let rows: Vec<Value> = over_time.iter().enumerate().map(row).rev().collect();
    let fields = fields(&asked.rules);
    let is_asked = asked.query.one("rule").is_some();
    let values = if is_asked { asked.query.read(&fields, &[])? } else { vec![Vec::new(); fields.len()] };
    let found = if is_asked { wrong(&fields, &values) } else { Vec::new() };
    let answer = match (date(&values[0]), values[1].first()) {
        (Some(on), Some(rule)) if found.is_empty() => Some(as_of(asked, on, rule)?),
        _ => None,
    };
    let page = view! { rows, form => shown_below(&fields, &values, &found), answer };
    match found.as_slice() {
        [] => asked.page("rule_history.html", "Which rules were in force when", page),
        _ => {
            let title = "Error: Which rules were in force when";
            asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "rule_history.html", title, page)
        }
    }
}

/// What a rule said on a day, as it was known then, and what it says since.
fn as_of(asked: &Asked, on: Date, rule: &str) -> Result<Value, Refused> {
    let record = asked.record()?;
    let then = record.in_force_on(on)?;
    let of = |rules: &RuleSet| wordings(rules).into_iter().find(|one| one.id == rule);
    let said_of = |rules: Option<&RuleSet>| {
        let wording = rules.and_then(of);
        view! {
            version => rules.map(|rules| rules.id().version.clone()),
            says => wording.as_ref().map(|one| one.says.clone()),
            source => wording.map(|one| one.source),
        }
    };
    let rules_then = then.map(|then| record.rule_set(&then.digest)).transpose()?;
    // Every set since in which it reads otherwise: what corrected it, and from when on.
    let mut since = Vec::new();
    let mut last = rules_then.as_deref().and_then(of);
    for one in record.in_force_over_time()?.into_iter().filter(|one| one.from > end_of(on)) {
        let rules = record.rule_set(&one.digest)?;
        let reads = of(&rules);
        if reads != last {
            since.push(
                view! { from => said(one.from), is_to_come => one.from > asked.now, reads => said_of(Some(&rules)) },
            );
            last = reads;
        }
    }
    Ok(view! { rule => rule.replace('_', " "), on => day(on), then => said_of(rules_then.as_deref()), since })
}

/// Two rule sets side by side: every rule that reads otherwise.
pub(super) fn compare(asked: &Asked) -> Answered {
    let record = asked.record()?;
    let of = |key: &str| -> Result<Arc<RuleSet>, Refused> {
        let digest = asked.query.one(key).ok_or(Refused::NotFound)?;
        record.find_rule_set(digest)?.ok_or(Refused::NotFound)
    };
    let new = match asked.query.one("draft") {
        None => of("new")?,
        Some(draft) => {
            asked.may(Operation::ProposeRules).ok_or(Refused::NotPermitted)?;
            let rules = load(&record.find_rule_draft(draft)?.files).rule_set;
            Arc::new(rules.ok_or_else(|| Refused::Moved("these rules have errors and do not run".into()))?)
        }
    };
    let old = of("old")?;
    let [before, after] = [&old, &new].map(|rules| wordings(rules));
    let ids: BTreeSet<&str> = before.iter().chain(&after).map(|one| one.id.as_str()).collect();
    let find = |all: &[Wording], id: &str| all.iter().find(|one| one.id == id).cloned();
    let mut rows = Vec::new();
    for id in ids {
        let (was, is) = (find(&before, id), find(&after, id));
        if was != is {
            let topic = is.as_ref().or(was.as_ref()).map(|one| one.topic.clone());
            rows.push(view! { id => id.replace('_', " "), topic, was => was.map(|one| one.says), is => is.map(|one| one.says) });
        }
    }
    let about = |rules: &RuleSet| format!("{} {}", rules.id().framework, rules.id().version);
    let page = view! { old => about(&old), new => about(&new), rows, edits => edits(&old, &new) };
    asked.page("compare.html", "The rules before and after", page)
}

/// Clauses without a rule, rules without a clause, and what a threshold document must cover.
pub(super) fn clauses(asked: &Asked) -> Answered {
    let (clauses, without) = publish::clauses(&asked.rules);
    let covered: Vec<Value> = publish::covered(&asked.rules)
        .into_iter()
        .map(|(part, rules)| json!({ "part": part, "rules": rules }))
        .collect();
    let page = view! { clauses, without, covered };
    asked.page("clauses.html", "Clauses of guidance and the rules that follow them", page)
}
