//! Drafts: the list of those that are being written, the task list of one, and throwing one away.

use serde::Serialize;

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::call;
use super::fields::capital;
use super::look::said;
use crate::access::Operation;
use crate::criteria::RuleSet;
use crate::form::{Draft, Journey, Section, Step};
use crate::record::drafts::{DraftFound, DraftKept};

/// What every form of a draft carries beside its fields.
pub(super) const BESIDES: [&str; 5] = [TOKEN, "version", "rules", "from", "go"];

pub(super) fn journey(asked: &Asked) -> Result<Journey<'_>, Refused> {
    Ok(Journey::Referral(asked.permit()?.only()))
}

/// The draft; what it became, if it was sent.
pub(super) fn open(asked: &Asked) -> Result<Result<DraftKept, Answer>, Refused> {
    Ok(match asked.record()?.find_draft(asked.permit()?, asked.part("id"), asked.now)? {
        // What is typed in a call is for those who take calls, also where a colleague of theirs refers.
        DraftFound::Open(kept) if kept.draft.call.is_some() && asked.may(Operation::TakeCall).is_none() => {
            return Err(Refused::NotFound);
        }
        DraftFound::Open(kept) => Ok(*kept),
        DraftFound::Sent(referral) => Err(Answer::SeeOther(format!("/referrals/{referral}"))),
    })
}

pub(super) fn list(asked: &Asked) -> Answered {
    let drafts = asked.record()?.list_drafts(asked.permit()?, asked.now)?;
    let (mut calls, drafts): (Vec<_>, Vec<_>) = drafts.into_iter().partition(|kept| kept.draft.call.is_some());
    calls.retain(|_| asked.may(Operation::TakeCall).is_some());
    let rows: Vec<_> = drafts
        .iter()
        .map(|kept| {
            let names: Vec<String> =
                kept.draft.children.iter().map(|child| kept.draft.name_of(&child.reference)).collect();
            let about = if names.is_empty() { "no child yet".to_owned() } else { names.join(", ") };
            view! { href => format!("/drafts/{}", kept.id), about => capital(&about), changed => said(kept.changed_at) }
        })
        .collect();
    let page = view! {
        calls => call::listed(asked, &calls)?,
        rows,
        may_take_call => asked.may(Operation::TakeCall).is_some(),
    };
    asked.page("drafts.html", "Make a referral", page)
}

pub(super) fn begin(asked: &Asked) -> Answered {
    let mut draft = Draft::default();
    draft.rule_set.clone_from(&asked.rules.id().digest);
    let id = asked.record()?.begin_draft(asked.permit()?, &draft, asked.now)?;
    Ok(Answer::SeeOther(format!("/drafts/{id}")))
}

/// A part of the task list.
#[derive(Debug, Serialize)]
struct Task {
    title: &'static str,
    href: Option<String>,
    is_done: bool,
    is_begun: bool,
}

pub(super) fn tasks(asked: &Asked) -> Answered {
    let kept = match open(asked)? {
        Ok(kept) => kept,
        Err(sent) => return Ok(sent),
    };
    let (draft, rules) = (&kept.draft, &*asked.rules);
    let journey = journey(asked)?;
    let steps = draft.steps(rules, journey, asked.now);
    let mut tasks: Vec<Task> = Vec::new();
    for section in if draft.call.is_some() { &CALL_SECTIONS[..] } else { &SECTIONS[..] } {
        // Of a neighbour nobody asks for a level of need.
        if *section == Section::Level && !draft.asks_level(rules) {
            continue;
        }
        let within: Vec<&Step> = steps.iter().filter(|step| step.section(rules) == *section).collect();
        let done = |step: &&&Step| draft.is_done(rules, journey, step, asked.now);
        let count = within.iter().filter(done).count();
        let first = within.iter().find(|step| !done(step)).or_else(|| within.first());
        tasks.push(Task {
            title: section.title(draft.call.is_some()),
            href: first.map(|step| format!("/drafts/{}/{}", kept.id, step.id())),
            is_done: !within.is_empty() && count == within.len(),
            is_begun: count > 0,
        });
    }
    let page = view! {
        id => kept.id,
        call => call::shown(&kept),
        tasks,
        done => tasks.iter().filter(|task| task.is_done).count(),
        changed => said(kept.changed_at),
        at_once => draft.to_do_at_once(rules, asked.now),
        stale => stale(draft, rules),
        rules_changed => draft.rule_set != rules.id().digest,
    };
    asked.page("tasks.html", "Your referral", page)
}

const SECTIONS: [Section; 9] = [
    Section::Referrer,
    Section::Children,
    Section::Account,
    Section::First,
    Section::Topics,
    Section::Opened,
    Section::Strengths,
    Section::Family,
    Section::Level,
];

/// In the order in which one speaks.
const CALL_SECTIONS: [Section; 10] = [
    Section::Referrer,
    Section::First,
    Section::Children,
    Section::Account,
    Section::Topics,
    Section::Opened,
    Section::Strengths,
    Section::Family,
    Section::Level,
    Section::ReadBack,
];

/// What the rules of now no longer ask, in words.
pub(super) fn stale(draft: &Draft, rules: &RuleSet) -> Vec<String> {
    let question = |fact: &str| match rules.fact(fact) {
        Some(fact) => rules.indicators()[fact].ask.clone(),
        None => capital(&fact.replace('_', " ")),
    };
    draft.stale(rules).iter().map(|(_, fact)| question(fact)).collect()
}

pub(super) fn ask_to_erase(asked: &Asked) -> Answered {
    let kept = match open(asked)? {
        Ok(kept) => kept,
        Err(sent) => return Ok(sent),
    };
    let at = format!("/drafts/{}", kept.id);
    let page = view! {
        heading => "Throw this draft away?",
        says => format!(
            "All that was entered goes, and nothing is sent. If you are still worried about the child, phone the hub on {}.",
            asked.front.council.hub_phone
        ),
        action => format!("{at}/erase"),
        hidden => [("version", kept.version.to_string())],
        does => "Throw it away",
        keeps => "Keep it",
        back => at,
    };
    asked.page("sure.html", "Throw this draft away", page)
}

pub(super) fn erase(asked: &Asked) -> Answered {
    asked.entered.read(&[], &[TOKEN, "version"])?;
    if let Ok(kept) = open(asked)? {
        // What a colleague saved since is not thrown away unseen.
        if asked.entered.one("version") != Some(&kept.version.to_string()) {
            return Err(Refused::Moved("somebody saved this draft since you opened the page".into()));
        }
        asked.record()?.erase_draft(asked.permit()?, &kept.id, asked.now)?;
    }
    Ok(Answer::SeeOther("/drafts".to_owned()))
}
