//! A call: taken, paused, gone on with, and read back. The caller refers; whoever is signed in types.

use serde_json::Value;

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::drafts::{journey, open};
use super::fields::{capital, in_words};
use super::look::said;
use super::step::{TRIES, keep};
use crate::criteria::RuleSet;
use crate::form::{Draft, Field, Journey, Paused, Section, Step};
use crate::record::drafts::DraftKept;

pub(super) fn take(asked: &Asked) -> Answered {
    asked.entered.read(&[], &[TOKEN])?;
    let permit = asked.permit()?;
    let mut draft = Draft::of_a_call(&permit.actor().organisation, asked.now);
    draft.rule_set.clone_from(&asked.rules.id().digest);
    let id = asked.record()?.begin_draft(permit, &draft, asked.now)?;
    Ok(Answer::SeeOther(format!("/drafts/{id}/{}", Step::Referrer.id())))
}

/// Pauses a call from a page on which nothing is typed, or goes on with it where it stopped.
pub(super) fn hold(asked: &Asked) -> Answered {
    asked.entered.read(&[], &[TOKEN, "go"])?;
    let pauses = asked.entered.one("go") == Some("pause");
    for _ in 0..TRIES {
        let mut kept = match open(asked)? {
            Ok(kept) => kept,
            Err(sent) => return Ok(sent),
        };
        if kept.draft.call.is_none() {
            return Err(Refused::NotFound);
        }
        kept.draft.pause(if pauses { Some(paused(asked)?) } else { None });
        if keep(asked, &kept)? {
            let to = if pauses { "/drafts".to_owned() } else { next(asked, &kept)? };
            return Ok(Answer::SeeOther(to));
        }
    }
    Err(Refused::Moved("somebody else keeps saving this call".into()))
}

pub(super) fn paused(asked: &Asked) -> Result<Paused, Refused> {
    Ok(Paused { at: asked.now, by: asked.permit()?.actor().name.clone() })
}

/// The first step that is still open; where none is, the page where answers are checked.
fn next(asked: &Asked, kept: &DraftKept) -> Result<String, Refused> {
    let (rules, journey) = (&*asked.rules, journey(asked)?);
    let steps = kept.draft.steps(rules, journey, asked.now);
    let open = steps.iter().find(|step| !kept.draft.is_done(rules, journey, step, asked.now));
    let step = open.map_or_else(|| "check".to_owned(), Step::id);
    Ok(format!("/drafts/{}/{step}", kept.id))
}

/// What a page of a call says of it.
pub(super) fn shown(kept: &DraftKept) -> Option<Value> {
    let call = kept.draft.call.as_ref()?;
    let number = kept.draft.one("referrer.contact");
    Some(view! {
        hold => format!("/drafts/{}/call", kept.id),
        began => said(call.began_at),
        ring_back => if number.is_empty() { None } else { Some(number) },
    })
}

/// The calls that are being taken, paused ones first, each with what is still open.
pub(super) fn listed(asked: &Asked, calls: &[DraftKept]) -> Result<Vec<Value>, Refused> {
    let (rules, journey) = (&*asked.rules, journey(asked)?);
    let mut calls: Vec<&DraftKept> = calls.iter().collect();
    // The one that waits longest to be rung back comes first.
    let paused = |kept: &DraftKept| kept.draft.call.as_ref().and_then(|call| call.paused.clone());
    calls.sort_by_key(|kept| paused(kept).map_or((true, kept.changed_at), |paused| (false, paused.at)));
    let row = |kept: &&DraftKept| {
        let draft = &kept.draft;
        let open = draft.steps(rules, journey, asked.now).into_iter();
        let open = open.filter(|step| !draft.is_done(rules, journey, step, asked.now));
        let mut titles: Vec<&str> = open.map(|step| step.section(rules).title(true)).collect();
        titles.dedup();
        let (caller, paused) = (draft.one("referrer.name"), paused(kept));
        view! {
            call => shown(kept),
            caller => if caller.is_empty() { "a caller without a name" } else { caller },
            paused => paused.as_ref().map(|paused| said(paused.at)),
            by => paused.map(|paused| paused.by),
            saved => said(kept.changed_at),
            open => titles,
            at_once => draft.to_do_at_once(rules, asked.now),
        }
    };
    Ok(calls.iter().map(row).collect())
}

/// What is read back to the caller, danger first: short sentences of what was answered.
pub(super) fn to_read_back(draft: &Draft, rules: &RuleSet, journey: Journey<'_>, now: jiff::Timestamp) -> Vec<String> {
    let steps = draft.steps(rules, journey, now);
    let is_said = |step: &&Step| !matches!(step, Step::Children | Step::Level | Step::ReadBack);
    let (first, later): (Vec<&Step>, Vec<&Step>) =
        steps.iter().filter(is_said).partition(|step| step.section(rules) == Section::First);
    let (mut says, mut unknown) = (Vec::new(), Vec::new());
    for step in first.into_iter().chain(later) {
        for field in draft.fields(rules, journey, step, now) {
            let values = draft.all(&field.key);
            if !is_spoken_of(&field.key) {
                continue;
            }
            match values.first().map(String::as_str) {
                Some("not_known") => unknown.push(field.says),
                _ => says.extend(sentence(&field, values)),
            }
        }
    }
    if !unknown.is_empty() {
        says.push(format!("You do not know: {}", unknown.join(" ")));
    }
    says
}

/// Whether the caller is to hear it again: how to ring them back, and what they said, not what it is filed under.
fn is_spoken_of(key: &str) -> bool {
    let is_filed = ["family.basis", "referrer.agency", "referrer.basis", "referrer.organisation", "referrer.anonymous"];
    !is_filed.contains(&key)
}

fn sentence(field: &Field, values: &[String]) -> Option<String> {
    let words = in_words(field, values)?;
    let end = if words.ends_with(['.', '?', '!']) { "" } else { "." };
    let colon = if field.says.ends_with(['?', '.', ':']) { "" } else { ":" };
    Some(format!("{}{colon} {}{end}", field.says, capital(&words)))
}
