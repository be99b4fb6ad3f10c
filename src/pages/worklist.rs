//! The worklist: what waits for somebody, the soonest first.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::answer::who_knows;
use super::asked::{Answer, Answered, Asked, Refused};
use super::came_from::Told;
use super::look::said;
use super::out_of_hours::is_to_take_back;
use super::referral::{is_second_person, raised, standing, waits_for_duty_team, was_handed_to_duty_team};
use crate::access::Operation;
use crate::decision::Shown;
use crate::ladder::Priority;
use crate::record::body::EvaluatedChild;
use crate::record::case::{Case, ChildStands, Listed, Standing};
use crate::record::list::ListWanted;
use crate::record::reference;

/// How many a page shows, the soonest; the rest is told. More would weigh more than a slow line bears.
const MOST: usize = 80;
/// How many of what rose after one's own decision are told by themselves; more stand in the list alone.
const MOST_REOPENED: usize = 20;
/// How many are read at a time.
const MANY: i64 = 500;

pub(super) const WAITING: [Standing; 5] = [
    Standing::Reopened,
    Standing::Open,
    Standing::AwaitingSecondPerson,
    Standing::AwaitingAcceptance,
    Standing::WithDutyTeam,
];

pub(super) fn page(asked: &Asked) -> Answered {
    let sought = asked.query.one("reference").map(str::trim);
    let heard = sought.filter(|_| asked.may(Operation::Read).is_some()).and_then(reference::heard);
    if let Some(found) = heard {
        return Ok(Answer::SeeOther(format!("/referrals/{found}")));
    }
    let ended = asked.query.one("show").and_then(Standing::named).filter(|one| !WAITING.contains(one));
    let mut listed: Vec<Listed> = Vec::new();
    let mut reopened = Vec::new();
    if let Some(ended) = ended {
        listed = asked.record()?.list_newest(asked.permit()?, ended, MOST as i64 + 1)?;
    } else {
        for standing in WAITING {
            each(asked, standing, |found| {
                if standing == Standing::Reopened {
                    reopened.extend(decided_by_me(asked, &found));
                }
                // By night the Emergency Duty Team has it; from the next opening on it waits for the hub again.
                let waits = |one: &Listed| one.standing != Standing::WithDutyTeam || waits_for_the_hub(asked, one);
                listed.extend(found.into_iter().filter(waits));
                // Sorted before it is cut, for what came last may be the most urgent; cut each time, for however many
                // wait, no more are kept than are shown. What has no time to answer by waits least.
                listed.sort_by_key(|one| (one.respond_by.is_none(), one.respond_by, one.received_at));
                listed.truncate(MOST + 1);
            })?;
        }
    }
    let is_cut = listed.len() > MOST;
    listed.truncate(MOST);
    let may_read = asked.may(Operation::Read);
    let rows: Vec<_> = listed
        .iter()
        .map(|one| {
            let opens = may_read.as_ref().is_some_and(|permit| permit.only().is_none());
            let found = if opens { opened(asked, one) } else { Ok(Opened::default()) };
            let Opened { missing, priority, waits_for_me, waits_for_duty_team } = match found {
                Ok(found) => found,
                // Erased meanwhile, or damaged: one must not hide all others, nor look calm.
                Err(_) => Opened {
                    missing: Some("It could not be opened just now".into()),
                    priority: Some(Priority::Red),
                    ..Opened::default()
                },
            };
            let waits = WAITING.contains(&one.standing);
            view! {
                href => may_read.is_some().then(|| format!("/referrals/{}", one.reference)),
                reference => one.reference,
                received => said(one.received_at),
                organisation => one.organisation,
                standing => match (waits_for_me, waits_for_duty_team) {
                    (true, _) => "Waits for you to confirm",
                    (_, true) => "Red until the Emergency Duty Team accepts",
                    _ if one.standing == Standing::WithDutyTeam && waits => "Take back from the Emergency Duty Team",
                    _ => standing(one.standing),
                },
                priority => priority.map(tag),
                level => if one.at_least == one.at_most { format!("Level {}", one.at_least) } else { format!("At least {}, could be {}", one.at_least, one.at_most) },
                due => one.respond_by.map(said),
                left => one.respond_by.filter(|_| waits).map(|by| left(asked.now, by)),
                is_overdue => waits && one.respond_by.is_some_and(|by| by < asked.now),
                missing,
            }
        })
        .collect();
    let page = view! {
        rows,
        more_reopened => reopened.len().saturating_sub(MOST_REOPENED),
        reopened => reopened.iter().take(MOST_REOPENED).collect::<Vec<_>>(),
        calls => calls(asked)?,
        is_cut,
        shows => ended.map(Standing::word),
        heading => match ended {
            None => "Worklist",
            Some(Standing::Closed) => "Referrals that were closed",
            Some(_) => "Referrals that the next holder accepted",
        },
        sought => sought.unwrap_or_default(),
        is_unheard => sought.is_some(),
        may_tell => asked.may(Operation::Tell).is_some(),
        may_read => asked.may(Operation::Read).is_some(),
        may_refer => asked.may(Operation::Refer).is_some(),
    };
    let title = if sought.is_some() { "Error: Worklist" } else { "Worklist" };
    asked.page("worklist.html", title, page)
}

/// Every referral within reach that stands so, some at a time in the order received.
fn each(asked: &Asked, standing: Standing, mut then: impl FnMut(Vec<Listed>)) -> Result<(), Refused> {
    let mut after = None;
    loop {
        let wanted = ListWanted { standing: Some(standing), after, most: MANY, ..ListWanted::default() };
        let found = asked.record()?.list(asked.permit()?, &wanted)?;
        let Some(last) = found.last() else { return Ok(()) };
        after = Some((last.received_at.as_millisecond(), last.id.clone()));
        then(found);
    }
}

/// Of what rose after a decision, what whoever reads the list decided themselves: they are told, and by what.
fn decided_by_me(asked: &Asked, reopened: &[Listed]) -> Vec<Value> {
    let (Some(permit), Some(visitor)) = (asked.may(Operation::Read), asked.visitor.as_ref()) else {
        return Vec::new();
    };
    // Whose words raised it is for whom may see all words.
    if asked.may(Operation::Decide).is_none() || permit.only().is_some() {
        return Vec::new();
    }
    let mine = |one: &Listed| -> Result<Option<Value>, Refused> {
        let record = asked.record()?;
        let case = record.case(&one.id)?;
        let is_mine = |stands: &ChildStands| {
            let by = stands.decided.as_ref().map(|decided| &decided.by.id);
            stands.reopened && by == Some(&visitor.actor.id)
        };
        let (stands, evaluated) = (case.children(), case.evaluated()?);
        if !stands.iter().any(is_mine) {
            return Ok(None);
        }
        let rules = record.rule_set(&evaluated.rule_set)?;
        let told = Told::of(&case, None, &rules)?;
        let rose = stands.iter().enumerate().filter(|(_, stands)| is_mine(stands));
        let rose = rose.filter_map(|(place, stands)| {
            let rose = raised(&rules, &told, stands)?;
            Some(if evaluated.children.len() > 1 { format!("Child {}: {rose}", place + 1) } else { rose })
        });
        Ok(Some(view! {
            reference => one.reference,
            href => format!("/referrals/{}", one.reference),
            rose => rose.collect::<Vec<_>>(),
            due => one.respond_by.map(said),
        }))
    };
    // One that cannot be opened stands red in the list below, and must not hide the others.
    reopened.iter().filter_map(|one| mine(one).ok().flatten()).collect()
}

/// Calls that somebody has yet to go on with, for whoever takes calls: one that is paused stands in no other list.
fn calls(asked: &Asked) -> Result<Option<String>, Refused> {
    let Some(permit) = asked.may(Operation::Refer).filter(|_| asked.may(Operation::TakeCall).is_some()) else {
        return Ok(None);
    };
    let drafts = asked.record()?.list_drafts(&permit, asked.now)?;
    let calls: Vec<_> = drafts.iter().filter(|kept| kept.draft.call.is_some()).collect();
    let urgent = calls.iter().filter(|kept| !kept.draft.to_do_at_once(&asked.rules, asked.now).is_empty()).count();
    Ok(match (calls.len(), urgent) {
        (0, _) => None,
        (count, 0) => Some(format!("Calls to go on with: {count}")),
        (count, urgent) => {
            Some(format!("Calls to go on with: {count}, of which with something to do at once: {urgent}"))
        }
    })
}

/// Whether the hub has opened since the Emergency Duty Team accepted; of what cannot be opened, it has.
fn waits_for_the_hub(asked: &Asked, listed: &Listed) -> bool {
    let calendar = &asked.rules.framework().calendar;
    let case = asked.record().and_then(|record| Ok(record.case(&listed.id)?));
    case.map_or(true, |case| case.children().iter().any(|stands| is_to_take_back(calendar, stands, asked.now)))
}

/// What opening a referral tells a worklist.
#[derive(Debug, Default)]
pub(super) struct Opened {
    /// What is missing first, and who would know.
    pub missing: Option<String>,
    /// How urgent it is: the most urgent of its children's, and red until the Emergency Duty Team has accepted.
    pub priority: Option<Priority>,
    /// Whether whoever reads the list is the second person.
    pub waits_for_me: bool,
    /// Whether the Emergency Duty Team has yet to accept.
    pub waits_for_duty_team: bool,
}

fn opened(asked: &Asked, listed: &Listed) -> Result<Opened, Refused> {
    opened_of(asked, &asked.record()?.case(&listed.id)?)
}

pub(super) fn opened_of(asked: &Asked, case: &Case) -> Result<Opened, Refused> {
    let record = asked.record()?;
    let evaluated = case.evaluated()?;
    let rules = record.rule_set(&evaluated.rule_set)?;
    let stands = case.children();
    let waits_for_duty_team = stands.iter().any(waits_for_duty_team);
    let red = stands.iter().any(was_handed_to_duty_team).then_some(Priority::Red);
    let read = |child: &EvaluatedChild| serde_json::from_str(child.evaluation.get()).map_err(|_| Refused::Broken);
    let shown: Vec<Shown> = evaluated.children.iter().map(read).collect::<Result<_, _>>()?;
    let priority = shown.iter().map(Shown::priority).chain(red).max();
    let first = |shown: &Shown| {
        let fact = rules.fact(shown.asks().next()?)?;
        let indicator = &rules.indicators()[fact];
        let who = who_knows(&rules, &indicator.would_know);
        Some(if who.is_empty() { indicator.ask.clone() } else { format!("{} ({who})", indicator.ask) })
    };
    let waits_for_me = stands.iter().any(|stands| is_second_person(asked, stands));
    Ok(Opened { missing: shown.iter().find_map(first), priority, waits_for_me, waits_for_duty_team })
}

/// A priority's word and colour.
pub(super) fn tag(priority: Priority) -> (&'static str, &'static str) {
    match priority {
        Priority::Red => ("Red", "red"),
        Priority::Amber => ("Amber", "orange"),
        Priority::Green => ("Green", "green"),
        Priority::Blue => ("Blue", "blue"),
    }
}

/// How long there is, as one would say it.
pub(super) fn left(now: Timestamp, by: Timestamp) -> String {
    let long = long(by.duration_since(now));
    if by < now { format!("overdue by {long}") } else { format!("{long} left") }
}

/// How long something takes, as one would say it.
pub(super) fn long(time: SignedDuration) -> String {
    let minutes = time.abs().as_mins();
    let (hours, rest) = (minutes / 60, minutes % 60);
    let many = |count: i64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    match (hours / 24, hours) {
        (0, 0) => many(rest, "minute"),
        (0, _) => format!("{} {}", many(hours, "hour"), many(rest, "minute")),
        (days, _) => format!("{} {}", many(days, "day"), many(hours % 24, "hour")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_said_plainly() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        for (by, says) in [
            ("2026-11-24T12:05:59Z", "5 minutes left"),
            ("2026-11-24T16:00:00Z", "4 hours 0 minutes left"),
            ("2026-11-27T13:00:00Z", "3 days 1 hour left"),
            ("2026-11-24T10:30:00Z", "overdue by 1 hour 30 minutes"),
        ] {
            assert_eq!(left(now, by.parse().unwrap()), says);
        }
    }
}
