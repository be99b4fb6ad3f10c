//! What was handed to somebody's organisation: a list, and each with what was chosen for them and nothing else.

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::capital;
use super::look::{day, said};
use super::referral::outcome;
use crate::record::handed::HandedOver;
use crate::record::new_id;
use crate::record::once::{Once, Pending};

fn row(one: &HandedOver) -> serde_json::Value {
    view! {
        href => format!("/handed-over/{}", one.decision),
        reference => one.reference,
        from => format!("{}, {}", one.by, one.from),
        at => said(one.handed_at),
        outcome => capital(&outcome(one.outcome)),
        holder => one.holder,
        waits => one.waits,
        accepted => one.accepted_at.map(said),
    }
}

pub(super) fn list(asked: &Asked) -> Answered {
    let handed = asked.record()?.list_handed_over(asked.permit()?)?;
    let page = view! {
        organisation => asked.permit()?.actor().organisation,
        rows => handed.iter().map(row).collect::<Vec<_>>(),
    };
    asked.page("handed_over_list.html", "Handed to us", page)
}

pub(super) fn page(asked: &Asked) -> Answered {
    let read = asked.record()?.view_handed_over(asked.permit()?, asked.part("decision"), asked.now)?;
    let born = read.date_of_birth.map(|date| ("Date of birth", day(date)));
    let who = [
        read.name.clone().map(|name| ("Name", name)),
        born,
        read.due_date.map(|date| ("Due", day(date))),
        read.address.clone().map(|address| ("Where the family lives", address)),
    ];
    let page = view! {
        one => row(&read.listed),
        telephoned => read.listed.telephoned_at.map(said),
        told => read.told,
        who => who.into_iter().flatten().collect::<Vec<_>>(),
        reasons => read.reasons,
        once => new_id(),
    };
    asked.page("handed_over.html", &format!("Handed to us: referral {}", read.listed.reference), page)
}

pub(super) fn accept(asked: &Asked) -> Answered {
    asked.entered.read(&[], &[TOKEN, "once"])?;
    let (record, permit, decision) = (asked.record()?, asked.permit()?, asked.part("decision"));
    let key = asked.entered.one("once").ok_or(Refused::Forged)?;
    let once = Once::new(permit, key, "what was handed over is accepted", decision.as_bytes());
    if record.before(once, asked.now)?.is_none() {
        let handed = record.view_handed_over(permit, decision, asked.now)?;
        record.follow_up(permit, &handed.listed.referral, decision, once, asked.now).and_then(Pending::wait_here)?;
    }
    Ok(Answer::SeeOther(format!("/handed-over/{decision}")))
}
