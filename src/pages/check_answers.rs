//! Check your answers, then send: nothing is sent before somebody has looked at all of it.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::json;

use super::asked::{Answer, Answered, Asked, Refused};
use super::call;
use super::drafts::{BESIDES, journey, open, stale};
use super::fields::{capital, in_words};
use super::step::headed;
use crate::form::{Field, Step, wrong};
use crate::level::Explain;
use crate::record::RecordError;
use crate::record::case::What;
use crate::record::drafts::DraftKept;
use crate::record::once::{Once, Pending};

/// One step on the page where answers are checked.
#[derive(Debug, Serialize)]
struct Checked {
    heading: String,
    rows: Vec<serde_json::Value>,
}

pub(super) fn page(asked: &Asked) -> Answered {
    let kept = match open(asked)? {
        Ok(kept) => kept,
        Err(sent) => return Ok(sent),
    };
    checking(asked, &kept, &[])
}

fn checking(asked: &Asked, kept: &DraftKept, faults: &[String]) -> Answered {
    let (draft, rules, journey) = (&kept.draft, &*asked.rules, journey(asked)?);
    let mut sections: Vec<Checked> = Vec::new();
    let mut errors: Vec<serde_json::Value> = faults.iter().map(|says| json!({ "text": says })).collect();
    let mut open = 0;
    for step in draft.steps(rules, journey, asked.now) {
        let href = format!("/drafts/{}/{}?from=check", kept.id, step.id());
        let fields = draft.fields(rules, journey, &step, asked.now);
        let row = |field: &Field| {
            let value = in_words(field, draft.all(&field.key));
            let value = value.unwrap_or_else(|| "Not answered".to_owned());
            json!({ "key": { "text": field.says }, "value": { "text": value }, "actions": { "items": [
                { "href": format!("{href}#{}", field.names()[0]), "text": "Change", "visuallyHiddenText": field.says } ] } })
        };
        for wrong in wrong(&fields, &draft.entered_in(&fields)) {
            let field = fields.iter().find(|field| field.names().contains(&wrong.key));
            let is_empty = field.is_some_and(|field| draft.all(&field.key).iter().all(String::is_empty));
            if is_empty && !is_vital(&step) {
                open += 1;
            } else {
                errors.push(json!({ "text": wrong.says, "href": format!("{href}#{}", wrong.key) }));
            }
        }
        let (heading, _) = headed(draft, rules, &step);
        let rows = fields.iter().map(row).collect();
        sections.push(Checked { heading, rows });
    }
    sections.retain(|section| !section.rows.is_empty());
    if draft.children.is_empty() {
        errors.push(
            json!({ "text": "Add the child that this is about", "href": format!("/drafts/{}/children", kept.id) }),
        );
    }
    let (status, title) = match faults {
        [] => (StatusCode::OK, "Check your answers"),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, "Error: Check your answers"),
    };
    let page = view! {
        id => kept.id,
        call => call::shown(kept),
        version => kept.version,
        rules => rules.id().digest,
        can_send => errors.is_empty(),
        errors,
        open,
        at_once => draft.to_do_at_once(rules, asked.now),
        sections,
        stale => stale(draft, rules),
    };
    asked.page_as(status, "check_answers.html", title, page)
}

/// Without which nothing can be sent: who refers, whom about, what happened, and of a call whether it was read back. All else may stay not known.
fn is_vital(step: &Step) -> bool {
    matches!(step, Step::Referrer | Step::Child(_) | Step::Account | Step::ReadBack)
}

pub(super) fn send(asked: &Asked) -> Answered {
    let kept = match open(asked)? {
        Ok(kept) => kept,
        Err(sent) => return Ok(sent),
    };
    asked.entered.read(&[], &BESIDES)?;
    let is_seen = |name: &str, now: &str| asked.entered.one(name) == Some(now);
    if !is_seen("version", &kept.version.to_string()) || !is_seen("rules", &asked.rules.id().digest) {
        let says = "The draft or the criteria changed since you opened this page. Check the answers again.";
        return checking(asked, &kept, &[says.to_owned()]);
    }
    let (record, permit, rules) = (asked.record()?, asked.permit()?, &*asked.rules);
    let request = kept.draft.referral_request(rules, journey(asked)?).to_string();
    // One referral however often it is sent: the draft is the key.
    let once = Once::of_draft(&kept.id, request.as_bytes());
    let recorded = record.before(once, asked.now).and_then(|before| match before {
        Some(before) => Ok(before),
        None => {
            record.refer(permit, rules, request.as_bytes(), once, Explain::Full, asked.now).and_then(Pending::wait_here)
        }
    });
    let event = match recorded {
        Ok(written) => record.answered(written)?,
        Err(RecordError::Faults(faults)) => {
            let says: Vec<String> = faults.iter().map(|fault| capital(&fault.detail)).collect();
            return checking(asked, &kept, &says);
        }
        Err(RecordError::KeyReused) => {
            let says = "This draft was sent before, and changed since. Find the referral in the worklist, and add there \
                        what is new";
            return checking(asked, &kept, &[says.to_owned()]);
        }
        Err(error) => return Err(error.into()),
    };
    let What::Referral(body) = &event.what else { return Err(Refused::Broken) };
    // Should this fail, the draft stays, and sending it again leads to the same referral.
    if let Err(error) = record.end_draft(&kept, &body.reference) {
        tracing::warn!(%error, "a draft that was sent could not be emptied");
    }
    Ok(Answer::SeeOther(format!("/referrals/{}", body.reference)))
}
