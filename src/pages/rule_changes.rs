//! The board, and one rule change: what it does, who agrees, what was said, and what one may do about it now.

use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::capital;
use super::look::{day, said};
use super::{break_glass, evidence};
use crate::access::{Operation, Permit};
use crate::criteria::RuleSet;
use crate::proof::{Difference, Pair};
use crate::record::rule_changes::{ChangeEvent, ChangeTold, Happened, RulesTold};
use crate::record::{Log, RecordError};
use crate::rule_change::{Begins, Proposal, Said, Standing, Step, UNDO_DAYS};

/// The word that stands for a partner's id.
fn partner(id: &str) -> String {
    id.replace('_', " ")
}

fn begins(begins: Begins) -> String {
    match begins {
        Begins::On(on) => format!("from the beginning of {}", day(on)),
        Begins::AtOnceUntil(until) => format!("as soon as it is agreed, until the end of {}", day(until)),
    }
}

/// Where a change stands, in words.
pub(super) fn stands(change: &ChangeTold, told: &RulesTold, now: Timestamp) -> (&'static str, String) {
    let state = &change.state;
    match state.standing {
        Standing::Proposed => {
            let waits: Vec<String> = state.waits_for(&change.partners).iter().map(|id| partner(id)).collect();
            ("Proposed", format!("waits for {}", waits.join(", ")))
        }
        Standing::Withdrawn => ("Withdrawn", String::new()),
        Standing::Undone => ("Undone", state.ends.map(said).unwrap_or_default()),
        Standing::Agreed => {
            let Some(from) = state.in_force else { return ("Agreed", String::new()) };
            let is_told = told
                .reigns()
                .into_iter()
                .flatten()
                .any(|reign| reign.digest == state.proposal.digest && reign.from == from);
            if !is_told {
                return (
                    "Overtaken",
                    "other rules than those it was compared with were in force when its day came".to_owned(),
                );
            }
            if now < from {
                return ("Agreed", format!("in force from {}", said(from)));
            }
            match state.ends {
                Some(ends) if ends <= now => ("Lapsed", said(ends)),
                Some(ends) => ("In force", format!("until {}", said(ends))),
                None if told.in_force_at(now).as_ref() != Some(&state.proposal.digest) => {
                    ("Superseded", format!("in force from {}", said(from)))
                }
                None => ("In force", format!("since {}", said(from))),
            }
        }
    }
}

/// The board: what waits for whom, what is in force, what comes next.
pub(super) fn board(asked: &Asked) -> Answered {
    let record = asked.record()?;
    let told = record.rules_told()?;
    let mine: Vec<&str> = asked.visitor.as_ref().map(|visitor| told.partners_of(&visitor.actor.id)).unwrap_or_default();
    let london = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    let today = asked.now.to_zoned_datetime(london).date();
    let row = |change: &ChangeTold| {
        let (word, more) = stands(change, &told, asked.now);
        let waits = change.state.waits_for(&change.partners);
        let is_open = change.state.standing == Standing::Proposed;
        let answer_by = change.state.proposal.answer_by.filter(|_| is_open);
        view! {
            href => format!("/rule-changes/{}", change.id),
            title => change.title,
            stands => word,
            more,
            is_open,
            may_lower => change.state.proposal.may_lower,
            for_you => is_open && mine.iter().any(|partner| waits.contains(*partner)),
            answer_by => answer_by.map(day),
            is_overdue => answer_by.is_some_and(|by| by < today),
        }
    };
    let rows: Vec<Value> = told.changes.iter().rev().map(row).collect();
    let next = asked.front.serving.next();
    let delegates: Vec<Value> =
        told.delegates.iter().map(|one| json!({ "name": one.name, "partner": partner(&one.partner) })).collect();
    let page = view! {
        waiting => rows.iter().filter(|row| row["for_you"] == true).cloned().collect::<Vec<_>>(),
        rows,
        delegates,
        mine => mine.iter().map(|one| partner(one)).collect::<Vec<_>>(),
        in_force => asked.rules.id(),
        title_in_force => asked.rules.framework().title,
        is_agreed => asked.front.serving.is_agreed(),
        next => next.map(|(rules, from)| json!({ "id": rules.id(), "from": from })),
        may_propose => asked.may(Operation::ProposeRules).is_some(),
        may_audit => asked.may(Operation::Audit).is_some(),
        may_review => asked.may(Operation::Review).is_some(),
        wrong => told.wrong.len(),
        break_glass => break_glass::uses(asked)?,
        checkpoint => record.checkpoint(Log::Rules),
    };
    asked.page("board.html", "The board", page)
}

pub(super) fn page(asked: &Asked) -> Answered {
    show(asked, &[], None)
}

/// What was read, where other rules are proposed since: what differs between the two.
fn edited_since(asked: &Asked, read: &str, proposed: &str) -> Result<Option<Vec<String>>, Refused> {
    let record = asked.record()?;
    let (Some(read), Some(proposed)) = (record.find_rule_set(read)?, record.find_rule_set(proposed)?) else {
        return Ok(None);
    };
    Ok(Some(edits(&read, &proposed)))
}

/// What differs between two rule sets, in sentences.
pub(super) fn edits(old: &RuleSet, new: &RuleSet) -> Vec<String> {
    let difference = Difference::of(&Pair::of(old, new), None);
    difference.map(|difference| difference.edits.iter().map(|edit| edit.says.clone()).collect()).unwrap_or_default()
}

fn show(asked: &Asked, wrong: &[String], since: Option<Vec<String>>) -> Answered {
    let record = asked.record()?;
    let told = record.rules_told()?;
    let change = told.change(asked.part("id"))?;
    let state = &change.state;
    let proposal = &state.proposal;
    let (word, more) = stands(change, &told, asked.now);
    let visitor = asked.visitor.as_ref().ok_or(Refused::SignIn)?;
    let mine = told.partners_of(&visitor.actor.id);
    let (may_agree, may_propose) =
        (asked.may(Operation::AgreeRules).is_some(), asked.may(Operation::ProposeRules).is_some());
    let is_open = state.standing == Standing::Proposed;
    let is_author = state.authors.contains(&visitor.actor.id);
    let waits = state.waits_for(&change.partners);
    let partners: Vec<Value> = change
        .partners
        .all()
        .map(|id| {
            let (says, note) = match state.said.get(id) {
                Some(Said::Approves) => ("Agrees", None),
                Some(Said::ToConfirm { minute, .. }) => ("A meeting agreed; to be confirmed", Some(minute.clone())),
                Some(Said::Refuses { says }) => ("Does not agree", Some(says.clone())),
                None => ("Has not answered", None),
            };
            let is_mine = may_agree && is_open && mine.contains(&id.as_str());
            let delegates: Vec<&str> =
                told.delegates.iter().filter(|one| one.partner == *id).map(|one| one.name.as_str()).collect();
            view! {
                id,
                name => capital(&partner(id)),
                says,
                note,
                delegates => delegates.join(", "),
                waited_for => is_open && waits.contains(id),
                may_approve => is_mine && !is_author && !matches!(state.said.get(id), Some(Said::Approves)),
                may_confirm => is_mine && !is_author && matches!(state.said.get(id), Some(Said::ToConfirm { entered_by, .. }) if *entered_by != visitor.actor.id),
                may_refuse => is_mine && !matches!(state.said.get(id), Some(Said::Refuses { .. })),
                may_minute => is_open && (may_agree || may_propose) && !mine.contains(&id.as_str()) && !state.said.contains_key(id),
            }
        })
        .collect();
    let is_in_force = state.standing == Standing::Agreed
        && state.in_force.is_some_and(|from| from <= asked.now)
        && state.ends.is_none_or(|ends| asked.now < ends);
    let undoing: Vec<Value> = mine
        .iter()
        .filter(|id| {
            may_agree && is_in_force && change.partners.statutory.contains(**id) && !state.undoing.contains_key(**id)
        })
        .map(|id| json!({ "id": id, "name": partner(id) }))
        .collect();
    let page = view! {
        action => format!("/rule-changes/{}", change.id),
        title => change.title,
        stands => word,
        more,
        is_open,
        reason => proposal.reason,
        clause => proposal.clause,
        begins => begins(proposal.begins),
        begins_code => json!(proposal.begins).to_string(),
        digest => proposal.digest,
        answer_by => proposal.answer_by.map(day),
        may_lower => proposal.may_lower,
        is_author,
        needs => needs(proposal, change),
        partners,
        undoing,
        undone_by => state.undoing.iter().map(|(id, says)| json!({ "name": capital(&partner(id)), "says": says })).collect::<Vec<_>>(),
        undo_days => UNDO_DAYS,
        may_edit => may_propose && is_open,
        events => change.events.iter().map(happened).collect::<Vec<_>>(),
        evidence => evidence::shown(&change.evidence, None),
        wrong,
        since,
    };
    match wrong {
        [] => asked.page("rule_change.html", &change.title, page),
        _ => {
            let title = format!("Error: {}", change.title);
            asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "rule_change.html", &title, page)
        }
    }
}

/// Who must agree, in a sentence.
fn needs(proposal: &Proposal, change: &ChangeTold) -> String {
    let statutory = change.partners.statutory.len();
    match proposal.begins {
        _ if proposal.may_lower => {
            "Some child may be answered lower, so every statutory partner must agree.".to_owned()
        }
        Begins::AtOnceUntil(_) => "An emergency: two statutory partners make it.".to_owned(),
        Begins::On(_) => format!(
            "No child is answered lower. {} partners must agree, and no statutory partner may refuse.",
            change.partners.enough.min(statutory + change.partners.others.len())
        ),
    }
}

/// One line of the story.
fn happened(event: &ChangeEvent) -> Value {
    let (heading, says) = match &event.what {
        Happened::Commented { says } => ("Said".to_owned(), Some(says.clone())),
        Happened::Proposed(proposed) => match &proposed.step {
            Step::Edited(proposal) => (
                "Proposed other rules in their place; what was agreed is void".to_owned(),
                Some(format!("{} ({})", proposal.reason, begins(proposal.begins))),
            ),
            step => ("Proposed".to_owned(), reason(step)),
        },
        Happened::Step(step) => match step {
            Step::Proposed(_) | Step::Edited(_) => ("Proposed".to_owned(), reason(step)),
            Step::Approved { partner: id, minute: None, .. } => (format!("Agreed for {}", partner(id)), None),
            Step::Approved { partner: id, minute: Some(minute), .. } => {
                (format!("Entered that a meeting agreed for {}", partner(id)), Some(minute.clone()))
            }
            Step::Confirmed { partner: id } => (format!("Confirmed the minute for {}", partner(id)), None),
            Step::Refused { partner: id, says, .. } => (format!("Refused for {}", partner(id)), Some(says.clone())),
            Step::Withdrawn { says } => ("Withdrew it".to_owned(), Some(says.clone())),
            Step::Undone { partner: id, says } => {
                (format!("Wanted it undone, for {}", partner(id)), Some(says.clone()))
            }
        },
    };
    json!({
        "heading": heading,
        "says": says,
        "by": event.by.name,
        "at": said(event.at),
        "place": event.place,
    })
}

fn reason(step: &Step) -> Option<String> {
    match step {
        Step::Proposed(proposal) | Step::Edited(proposal) => {
            Some(format!("{} ({})", proposal.reason, begins(proposal.begins)))
        }
        _ => None,
    }
}

/// A partner's answer, an author's step, or a remark.
pub(super) fn act(asked: &Asked) -> Answered {
    let record = asked.record()?;
    let told = record.rules_told()?;
    let change = told.change(asked.part("id"))?;
    let entered = |key: &str| asked.entered.one(key).unwrap_or_default().trim().replace("\r\n", "\n");
    let known: [&str; 6] = [TOKEN, "do", "partner", "digest", "begins", "says"];
    if asked.entered.0.iter().any(|(key, _)| !known.contains(&key.as_str())) {
        return Err(Refused::Forged);
    }
    let says = entered("says");
    let may = |operation: Operation| asked.may(operation).ok_or(Refused::NotPermitted);
    let read_begins = || serde_json::from_str::<Begins>(&entered("begins")).map_err(|_| Refused::Forged);
    let approved = |minute: Option<String>| {
        let (partner, digest, begins) = (entered("partner"), entered("digest"), read_begins()?);
        Ok::<_, Refused>(Step::Approved { partner, digest, begins, minute })
    };
    let (permit, what): (Permit, Happened) = match asked.entered.one("do") {
        Some("approve") => (may(Operation::AgreeRules)?, Happened::Step(approved(None)?)),
        Some("minute") => {
            let permit = may(Operation::AgreeRules).or_else(|_| may(Operation::ProposeRules))?;
            (permit, Happened::Step(approved(Some(says.clone()))?))
        }
        Some("confirm") => {
            (may(Operation::AgreeRules)?, Happened::Step(Step::Confirmed { partner: entered("partner") }))
        }
        Some("refuse") => {
            let (partner, digest) = (entered("partner"), entered("digest"));
            (may(Operation::AgreeRules)?, Happened::Step(Step::Refused { partner, digest, says: says.clone() }))
        }
        Some("withdraw") => (may(Operation::ProposeRules)?, Happened::Step(Step::Withdrawn { says: says.clone() })),
        Some("undo") => {
            let partner = entered("partner");
            (may(Operation::AgreeRules)?, Happened::Step(Step::Undone { partner, says: says.clone() }))
        }
        Some("comment") => (asked.permit()?.clone(), Happened::Commented { says: says.clone() }),
        Some("edit") => return edit(asked, change),
        _ => return Err(Refused::Forged),
    };
    let in_force = &asked.rules.id().digest;
    match record.step_rule_change(&permit, &change.id, what, in_force, asked.now) {
        Ok(()) => {
            // What partners agree is served from its moment on, and an emergency from now on.
            asked.front.serving.look_soon();
            Ok(Answer::SeeOther(format!("/rule-changes/{}#story", change.id)))
        }
        Err(RecordError::Faults(faults)) => {
            let wrong: Vec<String> = faults.iter().map(|fault| capital(&fault.detail)).collect();
            let read = entered("digest");
            let proposed = record.rules_told()?.change(&change.id)?.state.proposal.digest.clone();
            let since = if read.is_empty() || read == proposed { None } else { edited_since(asked, &read, &proposed)? };
            show(asked, &wrong, since)
        }
        Err(error) => Err(error.into()),
    }
}

/// Begins a draft of what is proposed, to propose other rules in their place.
fn edit(asked: &Asked, change: &ChangeTold) -> Answered {
    let permit = asked.may(Operation::ProposeRules).ok_or(Refused::NotPermitted)?;
    let record = asked.record()?;
    let files = record.rule_set_files(&change.state.proposal.digest)?;
    let draft = record.begin_rule_draft(&permit, &change.title, &files, Some(&change.id), asked.now)?;
    asked.front.serving.work_out(&draft, 1);
    Ok(Answer::SeeOther(format!("/rule-drafts/{draft}")))
}
