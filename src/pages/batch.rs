//! One batch: what of it still waits, household by household, what may be the same incident twice, and the rows that
//! could not be mapped. It is empty when all of it is dealt with.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use super::answer::shown;
use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::capital;
use super::look::said;
use super::referral::{at, names, standing};
use super::worklist::{WAITING, left, opened_of, tag};
use crate::access::{Operation, Permit};
use crate::criteria::folded;
use crate::notifications::{Encoding, Unmapped};
use crate::record::batches::Batch;
use crate::record::body::How;
use crate::record::case::{Case, Listed};
use crate::record::joined::MayBeOne;
use crate::record::once::{Once, Pending};
use crate::record::{RecordError, new_id};

/// How many referrals, and how many rows, stand on one page: it must not weigh too much for a slow line.
const MOST: usize = 20;
const MOST_ROWS: usize = 5;

/// A referral that waits.
struct Waits {
    case: Case,
    address: String,
    incident: String,
}

/// What is wrong with how a row was to be dealt with, and what was chosen.
struct WrongRow<'w> {
    row: usize,
    key: &'static str,
    says: String,
    how: &'w str,
    referral: &'w str,
}

pub(super) fn page(asked: &Asked) -> Answered {
    let batch = asked.record()?.view_batch(asked.permit()?, asked.part("id"), asked.now)?;
    show(asked, &batch, None)
}

fn show(asked: &Asked, batch: &Batch, wrong: Option<&WrongRow<'_>>) -> Answered {
    let (waits, mut damaged) = waiting(asked, batch)?;
    let from: usize =
        asked.query.one("from").and_then(|from| from.parse().ok()).filter(|from| *from < waits.len()).unwrap_or(0);
    let to = waits.len().min(from + MOST);
    let on_page = &waits[from..to];
    let mut not_compared = BTreeSet::new();
    let known = known_here(asked, batch, on_page, &mut not_compared)?;
    let may_be_one = may_be_one(asked, batch, on_page, &mut not_compared)?;
    let mut households: Vec<(String, Vec<Value>)> = Vec::new();
    for (one, known) in on_page.iter().zip(&known) {
        let Ok(row) = referral(asked, one, known) else {
            damaged += 1;
            continue;
        };
        match households.last_mut().filter(|(address, _)| folded(address) == folded(&one.address)) {
            Some((_, rows)) => rows.push(row),
            None => households.push((one.address.clone(), vec![row])),
        }
    }
    let mut rows: Vec<&Unmapped> = batch.waiting().collect();
    // The one that is wrong stands on the page, wherever it comes.
    rows.sort_by_key(|row| (wrong.is_none_or(|wrong| wrong.row != row.row), row.row));
    let at = format!("/batches/{}", batch.listed.id);
    let page = view! {
        received => said(batch.body.received_at),
        organisation => batch.listed.organisation,
        title => asked.rules.mapping(&batch.listed.mapping).map_or_else(|| batch.listed.mapping.clone(), |mapping| mapping.title.clone()),
        rows => batch.body.rows,
        referrals => batch.referrals.len(),
        erased => batch.erased,
        missing => batch.missing(),
        is_windows => batch.body.read_as == Encoding::Windows1252,
        waits => waits.len(),
        damaged,
        not_compared => not_compared.len(),
        first => from + 1,
        last => to,
        before => (from > 0).then(|| format!("{at}?from={}", from.saturating_sub(MOST))),
        after => (to < waits.len()).then(|| format!("{at}?from={to}")),
        households => households.into_iter().map(|(address, rows)| view! { address, rows }).collect::<Vec<_>>(),
        may_be_one,
        unmapped_count => rows.len(),
        unmapped => rows.iter().take(MOST_ROWS).map(|row| unmapped(row, wrong)).collect::<Vec<_>>(),
        may_deal => asked.may(Operation::DealWithRow).is_some(),
        id => batch.listed.id,
        action => at,
        once => new_id(),
        ways => How::ALL.map(|how| (how.word(), way(how))),
        errors => wrong.map(|wrong| vec![view! { text => wrong.says, href => format!("#{}-{}", wrong.key, wrong.row) }]),
    };
    match wrong {
        None => asked.page("batch.html", "One batch", page),
        Some(_) => asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "batch.html", "Error: One batch", page),
    }
}

/// What of a batch waits for somebody: households by their most pressing, then incidents; and how many referrals could
/// not be opened.
fn waiting(asked: &Asked, batch: &Batch) -> Result<(Vec<Waits>, usize), Refused> {
    let record = asked.record()?;
    let (mut waits, mut damaged) = (Vec::new(), 0);
    for (_, listed) in batch.referrals.iter().filter(|(_, listed)| WAITING.contains(&listed.standing)) {
        let opened = record.case(&listed.id).and_then(|case| {
            let (received, _) = case.said()?;
            let incident = case.first()?.batch.as_ref().map(|of| of.incident.clone()).unwrap_or_default();
            Ok(Waits { case, address: received.home.address.unwrap_or_default(), incident })
        });
        match opened {
            Ok(one) => waits.push(one),
            Err(RecordError::NotFound) => {}
            // One that is damaged hides no other.
            Err(error) => {
                tracing::warn!(%error, "a referral of a batch could not be opened");
                damaged += 1;
            }
        }
    }
    let mut soonest: BTreeMap<String, (bool, Option<Timestamp>)> = BTreeMap::new();
    let due = |listed: &Listed| (listed.respond_by.is_none(), listed.respond_by);
    for one in &waits {
        let of_household = soonest.entry(folded(&one.address)).or_insert_with(|| due(&one.case.listed));
        *of_household = (*of_household).min(due(&one.case.listed));
    }
    waits.sort_by_cached_key(|one| {
        let household = folded(&one.address);
        (soonest.get(&household).copied(), household, one.incident.clone(), one.case.listed.id.clone())
    });
    Ok((waits, damaged))
}

/// Which children are known here from earlier referrals; that somebody looked is on disk before they see it. What
/// cannot be looked up or recorded is not shown, hides nothing else, and is counted by the place of its referral.
fn known_here(
    asked: &Asked,
    batch: &Batch,
    waits: &[Waits],
    not_compared: &mut BTreeSet<usize>,
) -> Result<Vec<BTreeSet<usize>>, Refused> {
    let none = vec![BTreeSet::new(); waits.len()];
    let (record, Some(permit)) = (asked.record()?, asked.may(Operation::LookUp)) else { return Ok(none) };
    if !permit.reaches(&batch.listed.organisation) || record.read_only().is_some() {
        return Ok(none);
    }
    let mut known = Vec::new();
    for (place, one) in waits.iter().enumerate() {
        known.push(record.known_here(&one.case).unwrap_or_else(|error| {
            tracing::warn!(%error, "earlier referrals could not be looked up");
            not_compared.insert(place);
            BTreeSet::new()
        }));
    }
    if known.iter().any(|one| !one.is_empty()) && !is_looked_through(asked, &permit, batch)? {
        not_compared.extend((0..waits.len()).filter(|place| known.get(*place).is_some_and(|one| !one.is_empty())));
        return Ok(none);
    }
    Ok(known)
}

/// Records that somebody looked; whether that could be done.
fn is_looked_through(asked: &Asked, permit: &Permit, batch: &Batch) -> Result<bool, Refused> {
    let looked = asked.record()?.looked_through(permit, batch, asked.now);
    Ok(looked.inspect_err(|error| tracing::warn!(%error, "a look-up was not recorded")).is_ok())
}

fn referral(asked: &Asked, one: &Waits, known: &BTreeSet<usize>) -> Result<Value, Refused> {
    let listed = &one.case.listed;
    let opened = opened_of(asked, &one.case)?;
    let evaluated = one.case.evaluated()?;
    let rules = asked.record()?.rule_set(&evaluated.rule_set)?;
    let stands = one.case.children();
    let count = evaluated.children.len();
    let mut children = Vec::new();
    for ((place, child), name) in evaluated.children.iter().enumerate().zip(names(&one.case)?) {
        let answer = shown(&rules, child.evaluation.get(), place + 1).ok_or(Refused::Broken)?;
        let stands = stands.get(place);
        children.push(view! {
            name,
            href => at(&listed.reference, count, place + 1),
            says => answer.in_short(),
            known => known.contains(&place),
            is_joined => stands.is_some_and(|stands| stands.joined.is_some()),
            decided => stands.and_then(|stands| stands.decided.as_ref()).map(|decided| decided.wanted.level),
        });
    }
    Ok(view! {
        incident => one.incident,
        reference => listed.reference,
        href => format!("/referrals/{}", listed.reference),
        priority => opened.priority.map(tag),
        due => listed.respond_by.map(said),
        left => listed.respond_by.map(|by| left(asked.now, by)),
        is_overdue => listed.respond_by.is_some_and(|by| by < asked.now),
        standing => if opened.waits_for_me { "Waits for you to confirm" } else { standing(listed.standing) },
        missing => opened.missing,
        children,
    })
}

/// Pairs that may be one incident, for whoever may join them; the rest as with those who are known here.
fn may_be_one(
    asked: &Asked,
    batch: &Batch,
    waits: &[Waits],
    not_compared: &mut BTreeSet<usize>,
) -> Result<Vec<Value>, Refused> {
    let Some(permit) = asked.may(Operation::LookUp) else { return Ok(Vec::new()) };
    if asked.record()?.read_only().is_some() {
        return Ok(Vec::new());
    }
    let mut pairs: Vec<MayBeOne> = Vec::new();
    let mut paired = BTreeSet::new();
    for (place, one) in waits.iter().enumerate() {
        let found = asked.record()?.may_be_one(&permit, &one.case).unwrap_or_else(|error| {
            tracing::warn!(%error, "what may be one incident could not be looked up");
            not_compared.insert(place);
            Vec::new()
        });
        for pair in found {
            paired.insert(place);
            if !pairs.iter().any(|known| (&known.later, &known.earlier) == (&pair.later, &pair.earlier)) {
                pairs.push(pair);
            }
        }
    }
    if !pairs.is_empty() && !is_looked_through(asked, &permit, batch)? {
        not_compared.extend(paired);
        return Ok(Vec::new());
    }
    let row = |pair: MayBeOne| {
        let agrees: Vec<String> = pair.agrees.iter().map(|word| word.replace('_', " ")).collect();
        view! {
            href => format!("/referrals/{}/joined?to={}", pair.later, pair.earlier),
            later => pair.later,
            earlier => pair.earlier,
            agrees => agrees.join(", "),
        }
    };
    Ok(pairs.into_iter().map(row).collect())
}

fn unmapped(row: &Unmapped, wrong: Option<&WrongRow<'_>>) -> Value {
    // Whole: it may have to be entered by hand.
    let cells: Vec<&(String, String)> = row.cells.iter().filter(|(_, text)| !text.trim().is_empty()).collect();
    let wrong = wrong.filter(|wrong| wrong.row == row.row);
    view! {
        row => row.row,
        why => match &row.column {
            Some(column) => format!("{column}: {}", row.detail),
            None => capital(&row.detail),
        },
        cells,
        how => wrong.map(|wrong| wrong.how).unwrap_or_default(),
        referral => wrong.map(|wrong| wrong.referral).unwrap_or_default(),
        wrong_how => wrong.filter(|wrong| wrong.key == "how").map(|wrong| wrong.says.clone()),
        wrong_referral => wrong.filter(|wrong| wrong.key == "referral").map(|wrong| wrong.says.clone()),
    }
}

/// A way of dealing with a row, in words.
fn way(how: How) -> &'static str {
    match how {
        How::EnteredByHand => "I entered it by hand, as a referral",
        How::SentBack => "I sent it back to the sender",
        How::NotAboutAChild => "It is not about a child",
        How::NothingNew => "A referral holds all of it already",
    }
}

pub(super) fn deal(asked: &Asked) -> Answered {
    asked.entered.read(&[], &[TOKEN, "once", "how", "referral"])?;
    let (record, permit, id) = (asked.record()?, asked.permit()?, asked.part("id"));
    let row: usize = asked.part("row").parse().map_err(|_| Refused::NotFound)?;
    let (chosen, referral) = (asked.entered.one("how").unwrap_or_default(), asked.entered.one("referral"));
    let named = referral.map(str::trim).filter(|referral| !referral.is_empty());
    let again = |key, says: String| {
        let wrong = WrongRow { row, key, says, how: chosen, referral: named.unwrap_or_default() };
        show(asked, &record.batch(permit, id)?, Some(&wrong))
    };
    let Some(how) = How::ALL.into_iter().find(|how| how.word() == chosen) else {
        // What no page of ours offers did not come from one.
        return if chosen.is_empty() {
            again("how", format!("Row {row}: choose how you dealt with it"))
        } else {
            Err(Refused::Forged)
        };
    };
    let key = asked.entered.one("once").ok_or(Refused::Forged)?;
    let request = format!("{id} {row} {chosen} {}", named.unwrap_or_default());
    let once = Once::new(permit, key, "a row is dealt with", request.as_bytes());
    let done = match record.before(once, asked.now)? {
        Some(_) => Ok(()),
        None => record.deal(permit, id, row, how, named, once, asked.now).and_then(Pending::wait_here).map(|_| ()),
    };
    match done {
        Ok(()) => Ok(Answer::SeeOther(format!("/batches/{id}#rows"))),
        Err(RecordError::Faults(faults)) if faults.iter().any(|fault| fault.pointer == "/referral") => {
            let says: Vec<String> = faults.iter().map(|fault| fault.detail.clone()).collect();
            again("referral", format!("Row {row}: {}", says.join("; ")))
        }
        Err(error) => Err(error.into()),
    }
}
