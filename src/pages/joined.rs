//! Two referrals beside each other, and a person's word that a child of the later is of the same incident as a child of
//! the earlier.

use axum::http::StatusCode;
use serde_json::Value;

use super::answer;
use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::{capital, shown_below};
use super::look::{day, said};
use super::referral::{names, standing};
use crate::form::{Asks, Choice, Field, Wrong, wrong};
use crate::record::case::Case;
use crate::record::once::{Once, Pending};
use crate::record::{RecordError, new_id};

const BESIDES: [&str; 3] = [TOKEN, "once", "to"];

/// The two referrals of the address; that they were read is recorded.
fn both(asked: &Asked, to: &str) -> Result<(Case, Case), Refused> {
    let (record, permit) = (asked.record()?, asked.permit()?);
    let later = record.view(permit, asked.part("id"), asked.now)?;
    Ok((later, record.view(permit, to, asked.now)?))
}

fn fields(later: &Case, earlier: &Case) -> Result<Vec<Field>, Refused> {
    let choices = |case: &Case| -> Result<Vec<Choice>, Refused> {
        let numbered = names(case)?.into_iter().zip(1..);
        Ok(numbered.map(|(name, number): (String, usize)| Choice::new(number.to_string(), name)).collect())
    };
    let (here, there) = (&later.listed.reference, &earlier.listed.reference);
    Ok(vec![
        Field::new("child", format!("Which child of {here}?"), Asks::One(choices(later)?))
            .needed("Choose a child of each"),
        Field::new("to_child", format!("Is which child of {there}?"), Asks::One(choices(earlier)?))
            .needed("Choose the same child of the earlier referral"),
    ])
}

pub(super) fn page(asked: &Asked) -> Answered {
    let Some(to) = asked.query.one("to") else {
        // Which other is chosen where the two are named together.
        let one = asked.record()?.view(asked.permit()?, asked.part("id"), asked.now)?;
        return Ok(Answer::SeeOther(format!("/referrals/{}", one.listed.reference)));
    };
    let (later, earlier) = both(asked, to)?;
    let fields = fields(&later, &earlier)?;
    let empty = vec![Vec::new(); fields.len()];
    show(asked, &later, &earlier, &fields, &empty, &[], &new_id())
}

fn show(
    asked: &Asked,
    later: &Case,
    earlier: &Case,
    fields: &[Field],
    values: &[Vec<String>],
    wrong: &[Wrong],
    once: &str,
) -> Answered {
    let page = view! {
        id => later.listed.reference,
        to => earlier.listed.reference,
        both => [beside(asked, earlier)?, beside(asked, later)?],
        form => shown_below(fields, values, wrong),
        once,
    };
    match wrong {
        [] => asked.page("joined.html", "Are these one incident?", page),
        _ => asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "joined.html", "Error: Are these one incident?", page),
    }
}

/// What a person compares of a referral.
fn beside(asked: &Asked, case: &Case) -> Result<Value, Refused> {
    let (received, _) = case.said()?;
    let evaluated = case.evaluated()?;
    let rules = asked.record()?.rule_set(&evaluated.rule_set)?;
    let mut children = Vec::new();
    for ((place, child), name) in evaluated.children.iter().enumerate().zip(names(case)?) {
        let answer = answer::shown(&rules, child.evaluation.get(), place + 1).ok_or(Refused::Broken)?;
        let dates = received.referral.children.get(place).and_then(|child| child.date_of_birth.or(child.due_date));
        children.push(view! { name, born => dates.map(day), says => answer.in_short() });
    }
    Ok(view! {
        reference => case.listed.reference,
        received => said(case.listed.received_at),
        organisation => case.listed.organisation,
        standing => standing(case.listed.standing),
        incident => case.first()?.batch.as_ref().map(|of| of.incident.clone()),
        address => received.home.address,
        account => received.account,
        children,
    })
}

pub(super) fn join(asked: &Asked) -> Answered {
    let to = asked.entered.one("to").ok_or(Refused::Forged)?;
    let (later, earlier) = both(asked, to)?;
    let fields = fields(&later, &earlier)?;
    let values = asked.entered.read(&fields, &BESIDES)?;
    let key = asked.entered.one("once").ok_or(Refused::Forged)?;
    let mut found = wrong(&fields, &values);
    if !found.is_empty() {
        return show(asked, &later, &earlier, &fields, &values, &found, key);
    }
    let called = |case: &Case, place: usize| -> Result<String, Refused> {
        let chosen: usize = values[place].first().and_then(|number| number.parse().ok()).ok_or(Refused::Forged)?;
        let (received, _) = case.said()?;
        Ok(received.referral.reference_of(chosen.saturating_sub(1)))
    };
    let (child, to_child) = (called(&later, 0)?, called(&earlier, 1)?);
    let (record, permit) = (asked.record()?, asked.permit()?);
    let request = format!("{} {child}\n{} {to_child}", later.listed.id, earlier.listed.id);
    let once = Once::new(permit, key, "two referrals are joined", request.as_bytes());
    let joined = match record.before(once, asked.now)? {
        Some(_) => Ok(()),
        None => record
            .join(permit, &later.listed.id, &child, &earlier.listed.id, &to_child, &asked.rules, once, asked.now)
            .and_then(Pending::wait_here)
            .map(|_| ()),
    };
    match joined {
        Ok(()) => Ok(Answer::SeeOther(format!("/referrals/{}", later.listed.reference))),
        Err(RecordError::Faults(faults)) => {
            found.extend(faults.iter().map(|fault| Wrong { key: "child".to_owned(), says: capital(&fault.detail) }));
            show(asked, &later, &earlier, &fields, &values, &found, &new_id())
        }
        Err(error) => Err(error.into()),
    }
}
