//! The receipt of a child handed to somebody who decides: what went to whom, and where the log says so. Also the one
//! click that sends an open case to its worker, and the file that goes to another authority.

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::decision::{Child, IN_EVERY_TRANSFER, goes_along, is_chosen_of_a_transfer, receipt, seen};
use super::fields::capital;
use super::look::said;
use super::referral::{at, names, outcome, read};
use crate::decision::{Along, Holder, Outcome, View, Wanted};
use crate::record::Log;
use crate::record::case::ChildStands;
use crate::record::leaf::digest;
use crate::record::once::{Once, Pending};

pub(super) fn page(asked: &Asked) -> Answered {
    let case = read(asked)?;
    let record = asked.record()?;
    let (stands, names) = (case.children(), names(&case)?);
    let is_it = |stands: &ChildStands| stands.decided.as_ref().is_some_and(|one| one.id == asked.part("decision"));
    let place = stands.iter().position(is_it).ok_or(Refused::NotFound)?;
    let is_reopened = stands.get(place).is_some_and(|stands| stands.reopened);
    let decided = stands.get(place).and_then(|stands| stands.decided.as_ref()).ok_or(Refused::NotFound)?;
    let event = case.events.iter().find(|event| event.leaf.id == decided.id).ok_or(Refused::NotFound)?;
    let holder = decided.wanted.next_holder.as_ref().ok_or(Refused::NotFound)?;
    let to = holder.name.clone().unwrap_or_else(|| holder.organisation.clone());
    let is_elsewhere = holder.organisation != decided.by.organisation;
    let reference = &case.listed.reference;
    let is_of_transfer = decided.wanted.outcome == Outcome::AnotherAuthority;
    let is_transfer = is_of_transfer && decided.confirmed && !is_reopened;
    // Colleagues read the referral itself.
    let along = holder.along.iter().filter(|_| is_elsewhere);
    let along = along.filter(|along| !is_of_transfer || is_chosen_of_a_transfer(**along));
    let page = view! {
        id => reference,
        back => at(reference, stands.len(), place + 1),
        child => names.get(place),
        to,
        organisation => holder.organisation,
        outcome => capital(&outcome(decided.wanted.outcome)),
        by => format!("{}, {}", decided.by.name, decided.by.organisation),
        at => said(decided.at),
        telephoned => holder.telephoned_at.map(said),
        told => holder.told,
        along => along.map(|along| goes_along(*along)).collect::<Vec<_>>(),
        always => is_of_transfer.then_some(IN_EVERY_TRANSFER),
        is_elsewhere,
        is_reopened,
        accepted => decided.accepted_by.as_ref().map(|(by, at)| format!("{}, {}, at {}", by.name, by.organisation, said(*at))),
        is_confirmed => decided.confirmed,
        is_duty_team => decided.wanted.outcome == Outcome::EmergencyDutyTeam,
        transfer => is_transfer.then(|| format!("/referrals/{reference}/decisions/{}/transfer", decided.id)),
        log => record.keys().origin(Log::Decisions),
        index => event.place,
        hash => digest(&event.leaf_hash),
    };
    asked.page("receipt.html", &format!("Receipt: referral {reference}"), page)
}

/// Sends a child who is open to somebody to them, at the least level that is indicated.
pub(super) fn pass_on(asked: &Asked) -> Answered {
    asked.entered.read(&[], &[TOKEN, "once", "shown"])?;
    let once = asked.entered.one("once").ok_or(Refused::Forged)?;
    let child = Child::of(asked)?;
    let (record, permit) = (asked.record()?, asked.permit()?);
    let open = record.open_cases(&child.case)?.into_iter().find(|open| open.child + 1 == child.number);
    let open = open.ok_or(Refused::NotFound)?;
    let holder = Holder {
        name: Some(open.name),
        told: Some(child.told()),
        along: vec![Along::Name],
        ..Holder::of(open.organisation)
    };
    let wanted = Wanted {
        child: child.child.reference.clone(),
        shown: seen(asked)?,
        level: child.shown.bounds().0,
        view: View::Agrees,
        reason: None,
        outcome: Outcome::AllocatedWorker,
        next_holder: Some(holder),
        second_person: None,
        not_known: Vec::new(),
    };
    let id = &child.case.listed.id;
    let once = Once::new(permit, once, "an open case is passed on", format!("{id} {}", child.number).as_bytes());
    let written = match record.before(once, asked.now)? {
        Some(before) => before,
        None => record.decide(permit, id, wanted, once, asked.now).and_then(Pending::wait_here)?,
    };
    receipt(asked, &child, written)
}

/// The file for the authority where the child lives; that it was made is recorded.
pub(super) fn transfer(asked: &Asked) -> Answered {
    let transfers = asked.front.serving.transfers();
    let (id, decision) = (asked.part("id"), asked.part("decision"));
    let file = asked.record()?.export_transfer(asked.permit()?, transfers, id, decision, asked.now)?;
    Ok(Answer::Download("application/json", file.name, file.text.into_bytes()))
}
