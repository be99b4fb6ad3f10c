//! The worklist: what waits for somebody, the soonest first.

use jiff::Timestamp;
use serde::Deserialize;

use super::answer::who_knows;
use super::asked::{Answered, Asked, Refused};
use super::look::said;
use super::referral::{is_second_person, standing, waits_for_duty_team};
use crate::access::Operation;
use crate::decision::Shown;
use crate::ladder::Priority;
use crate::record::body::EvaluatedChild;
use crate::record::case::{Listed, Standing};
use crate::record::list::ListWanted;

/// How many a page shows, the soonest; the rest is told.
const MOST: usize = 100;
/// How many are read at a time.
const MANY: i64 = 500;

const WAITING: [Standing; 4] =
    [Standing::Reopened, Standing::Open, Standing::AwaitingSecondPerson, Standing::AwaitingAcceptance];

pub(super) fn page(asked: &Asked) -> Answered {
    let ended = asked.query.one("show").and_then(Standing::named);
    let mut listed: Vec<Listed> = Vec::new();
    for standing in ended.map_or_else(|| WAITING.to_vec(), |one| vec![one]) {
        listed.extend(all(asked, standing)?);
    }
    // What has no time to answer by waits least.
    listed.sort_by_key(|one| (one.respond_by.is_none(), one.respond_by, one.received_at));
    // Only now: what came last may be the most urgent.
    let is_cut = listed.len() > MOST;
    listed.truncate(MOST);
    let may_read = asked.may(Operation::Read);
    let rows: Result<Vec<_>, Refused> = listed
        .iter()
        .map(|one| {
            let opens = may_read.as_ref().is_some_and(|permit| permit.only().is_none());
            let Opened { missing, priority, waits_for_me } = if opens { opened(asked, one)? } else { Opened::default() };
            let waits = WAITING.contains(&one.standing);
            Ok(view! {
                href => may_read.is_some().then(|| format!("/referrals/{}", one.reference)),
                reference => one.reference,
                received => said(one.received_at),
                organisation => one.organisation,
                standing => if waits_for_me { "Waits for you to confirm" } else { standing(one.standing) },
                priority => priority.map(tag),
                level => if one.at_least == one.at_most { format!("Level {}", one.at_least) } else { format!("At least {}, could be {}", one.at_least, one.at_most) },
                due => one.respond_by.map(said),
                left => one.respond_by.filter(|_| waits).map(|by| left(asked.now, by)),
                is_overdue => waits && one.respond_by.is_some_and(|by| by < asked.now),
                missing,
            })
        })
        .collect();
    let page = view! {
        rows => rows?,
        is_cut,
        shows => ended.map(Standing::word),
        may_refer => asked.may(Operation::Refer).is_some(),
    };
    asked.page("worklist.html", "Worklist", page)
}

/// Every referral within reach that stands so; they are listed in the order received.
fn all(asked: &Asked, standing: Standing) -> Result<Vec<Listed>, Refused> {
    let mut all: Vec<Listed> = Vec::new();
    loop {
        let after = all.last().map(|last| (last.received_at.as_millisecond(), last.id.clone()));
        let wanted = ListWanted { standing: Some(standing), after, most: MANY, ..ListWanted::default() };
        let found = asked.record()?.list(asked.permit()?, &wanted)?;
        if found.is_empty() {
            return Ok(all);
        }
        all.extend(found);
    }
}

/// What opening a referral tells a worklist.
#[derive(Debug, Default)]
struct Opened {
    /// What is missing first, and who would know.
    missing: Option<String>,
    /// How urgent it is: the most urgent of its children's, and red until the Emergency Duty Team has accepted.
    priority: Option<Priority>,
    /// Whether whoever reads the list is the second person.
    waits_for_me: bool,
}

#[derive(Deserialize)]
struct Urgent {
    priority: Priority,
}

fn opened(asked: &Asked, listed: &Listed) -> Result<Opened, Refused> {
    let record = asked.record()?;
    let case = record.case(&listed.id)?;
    let evaluated = case.evaluated()?;
    let rules = record.rule_set(&evaluated.rule_set)?;
    let red = case.children().iter().any(waits_for_duty_team).then_some(Priority::Red);
    let urgent = |child: &EvaluatedChild| -> Option<Priority> {
        serde_json::from_str(child.evaluation.get()).ok().map(|urgent: Urgent| urgent.priority)
    };
    let priority = evaluated.children.iter().filter_map(urgent).chain(red).max();
    let first = |child: &EvaluatedChild| {
        let shown: Shown = serde_json::from_str(child.evaluation.get()).ok()?;
        let fact = rules.fact(shown.asks().next()?)?;
        let indicator = &rules.indicators()[fact];
        let who = who_knows(&rules, &indicator.would_know);
        Some(if who.is_empty() { indicator.ask.clone() } else { format!("{} ({who})", indicator.ask) })
    };
    let waits_for_me = case.children().iter().any(|stands| is_second_person(asked, stands));
    Ok(Opened { missing: evaluated.children.iter().find_map(first), priority, waits_for_me })
}

/// A priority's word and colour.
fn tag(priority: Priority) -> (&'static str, &'static str) {
    match priority {
        Priority::Red => ("Red", "red"),
        Priority::Amber => ("Amber", "orange"),
        Priority::Green => ("Green", "green"),
        Priority::Blue => ("Blue", "blue"),
    }
}

/// How long there is, as one would say it.
fn left(now: Timestamp, by: Timestamp) -> String {
    let left = by.duration_since(now);
    let minutes = left.abs().as_mins();
    let (hours, rest) = (minutes / 60, minutes % 60);
    let long = match (hours / 24, hours) {
        (0, 0) => format!("{rest} min"),
        (0, _) => format!("{hours} h {rest} min"),
        (days, _) => format!("{days} d {} h", hours % 24),
    };
    if left.is_negative() { format!("overdue by {long}") } else { format!("{long} left") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_said_plainly() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        for (by, says) in [
            ("2026-11-24T12:05:59Z", "5 min left"),
            ("2026-11-24T16:00:00Z", "4 h 0 min left"),
            ("2026-11-27T13:00:00Z", "3 d 1 h left"),
            ("2026-11-24T10:30:00Z", "overdue by 1 h 30 min"),
        ] {
            assert_eq!(left(now, by.parse().unwrap()), says);
        }
    }
}
