//! Out of hours: what waits for the Emergency Duty Team, what the hub takes back when it opens, and when that is.

use jiff::Timestamp;

use super::asked::{Answered, Asked};
use super::look::{day_of_week, said, time_of_day};
use super::worklist::long;
use crate::calendar::Calendar;
use crate::decision::Outcome;
use crate::record::case::ChildStands;
use crate::record::handed::HandedOver;

/// Whether the Emergency Duty Team had a child, and the hub has opened since it accepted.
pub(super) fn is_to_take_back(calendar: &Calendar, stands: &ChildStands, now: Timestamp) -> bool {
    let decided = stands.decided.as_ref().filter(|decided| decided.wanted.outcome == Outcome::EmergencyDutyTeam);
    let accepted = decided.and_then(|decided| decided.accepted_by.as_ref());
    accepted.is_some_and(|(_, at)| has_opened_since(calendar, *at, now))
}

/// Whether the hub has opened since a moment; beyond the ends of the calendar it has.
fn has_opened_since(calendar: &Calendar, at: Timestamp, now: Timestamp) -> bool {
    calendar.next_opening(at).is_none_or(|opening| opening <= now)
}

pub(super) fn page(asked: &Asked) -> Answered {
    let calendar = &asked.rules.framework().calendar;
    let handed = asked.record()?.list_handed_over_as(asked.permit()?, Outcome::EmergencyDutyTeam)?;
    let row = |one: &HandedOver| {
        view! {
            href => format!("/referrals/{}", one.reference),
            decide => format!("/referrals/{}/children/{}/decision", one.reference, one.child + 1),
            receipt => format!("/referrals/{}/decisions/{}/receipt", one.reference, one.decision),
            reference => one.reference,
            number => one.child + 1,
            waited => long(asked.now.duration_since(one.handed_at)),
            told => one.holder,
            telephoned => one.telephoned_at.map(said),
            accepted => one.accepted_at.map(said),
        }
    };
    let rows = |wanted: &dyn Fn(&HandedOver) -> bool| {
        handed.iter().filter(|one| wanted(one)).map(row).collect::<Vec<serde_json::Value>>()
    };
    let is_back = |one: &HandedOver| one.accepted_at.is_some_and(|at| has_opened_since(calendar, at, asked.now));
    let page = view! {
        hub => hub(calendar, asked.now),
        waits => rows(&|one| one.waits),
        reopened => rows(&|one| one.reopened),
        back => rows(&|one| !one.reopened && is_back(one)),
        with_team => rows(&|one| !one.reopened && one.accepted_at.is_some() && !is_back(one)),
    };
    asked.page("out_of_hours.html", "Out of hours", page)
}

/// Whether the hub is open, until when or from when, and which bank holiday keeps it closed.
fn hub(calendar: &Calendar, now: Timestamp) -> Vec<String> {
    let (closes, opens) = (calendar.closing(now), calendar.next_opening(now));
    let mut says = match (closes, opens) {
        (Some(closes), _) => vec![format!("The hub is open until {} today.", time_of_day(closes))],
        (None, None) => vec!["The hub is closed now. When it opens next is not known here.".to_owned()],
        (None, Some(opens)) => vec![format!("The hub is closed now. It opens next at {}.", said(opens))],
    };
    if let (None, Some(opens)) = (closes, opens) {
        let holidays = calendar.holidays_between(now, opens);
        says.extend(
            holidays.into_iter().map(|(date, name)| format!("{} is a bank holiday: {name}.", day_of_week(date))),
        );
    }
    if !calendar.knows(calendar.london(closes.or(opens).unwrap_or(now)).date()) {
        says.push("Bank holidays of that year are not known here: today may be one.".to_owned());
    }
    says
}

#[cfg(test)]
mod tests;
