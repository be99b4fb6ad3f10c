//! The demonstration's families: invented, recorded as anybody's are, so that whoever tries the front door finds a
//! worklist with something in it.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::access::{Operation, Permit, demonstration, permit};
use crate::criteria::RuleSet;
use crate::decision::{Actor, Holder, Outcome, Shown, View, Wanted};
use crate::level::Explain;
use crate::record::case::What;
use crate::record::list::ListWanted;
use crate::record::once::Once;
use crate::record::rule_changes::Delegate;
use crate::record::{Record, RecordError};

const FAMILIES: &str = include_str!("demonstration/families.json");
/// What the next holder of an invented family is told.
const HANDED_OVER: &str = "An invented family of the demonstration.";

/// A referral of the demonstration.
#[derive(Debug, Deserialize)]
struct Family {
    /// The invented person who records it.
    by: String,
    hours_ago: i64,
    /// What a manager agreed, if it is no longer open.
    decided: Option<Decided>,
    referral: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Decided {
    outcome: Outcome,
    holder: String,
}

/// The delegates of the demonstration: who agrees rule changes for which partner.
const DELEGATES: [(&str, &str); 3] =
    [("council-approver", "council"), ("approver", "police"), ("health-approver", "integrated_care_board")];

/// Names the invented delegates where nobody agrees rule changes yet.
///
/// # Errors
/// When they cannot be recorded.
pub fn name_delegates(record: &Record, now: Timestamp) -> Result<(), RecordError> {
    let by = demonstration("operator").and_then(|operator| permit(operator, Operation::NameDelegates));
    let Some(by) = by.filter(|_| record.read_only().is_none()) else { return Ok(()) };
    if !record.rules_told()?.delegates.is_empty() {
        return Ok(());
    }
    for (id, partner) in DELEGATES {
        let Some(Actor { id: person, name, .. }) = demonstration(id) else { continue };
        let delegate = Delegate { person, name, partner: partner.to_owned(), email: None };
        record.enter_delegate(&by, delegate, true, now)?;
    }
    Ok(())
}

/// Records the invented families in a record that holds nothing yet; how many referrals were recorded.
///
/// # Errors
/// When these rules do not understand what is said of a family, or nothing can be recorded.
pub fn begin(record: &Record, rules: &RuleSet, now: Timestamp) -> Result<usize, RecordError> {
    let list = ListWanted { most: 1, ..ListWanted::default() };
    if !record.list(&may("triage-worker", Operation::List)?, &list)?.is_empty() {
        return Ok(0);
    }
    let families: Vec<Family> = serde_json::from_str(FAMILIES).map_err(|_| not_there())?;
    for (number, family) in families.iter().enumerate() {
        let by = may(&family.by, Operation::Refer)?;
        let mut referral = family.referral.clone();
        let received = now - SignedDuration::from_hours(family.hours_ago);
        referral.insert("received_at".into(), received.to_string().into());
        let request = Value::Object(referral).to_string();
        let once = Once::new(&by, &format!("invented {number}"), "an invented family", request.as_bytes());
        let recorded = record.refer(&by, rules, request.as_bytes(), once, Explain::Full, now)?.wait_here()?;
        if let (Some(decided), What::Referral(body)) = (&family.decided, record.answered(recorded)?.what) {
            agree(record, &body.reference, decided, now)?;
        }
    }
    Ok(families.len())
}

/// A manager agrees with what is indicated for the first child, and the next holder accepts.
fn agree(record: &Record, referral: &str, decided: &Decided, now: Timestamp) -> Result<(), RecordError> {
    let manager = may("manager", Operation::Decide)?;
    let case = record.case(referral)?;
    let child = case.evaluated()?.children.first().ok_or_else(not_there)?;
    let shown: Shown = serde_json::from_str(child.evaluation.get()).map_err(|_| not_there())?;
    let wanted = Wanted {
        child: child.reference.clone(),
        shown: 1,
        level: shown.bounds().0,
        view: View::Agrees,
        reason: None,
        outcome: decided.outcome,
        next_holder: Some(Holder { told: Some(HANDED_OVER.into()), ..Holder::of(decided.holder.clone()) }),
        second_person: None,
        not_known: Vec::new(),
    };
    let once = Once::new(&manager, "invented", "an invented decision", json!(wanted).to_string().as_bytes());
    let recorded = record.decide(&manager, referral, wanted, once, now)?.wait_here()?;
    if let What::Decision(body) = record.answered(recorded)?.what {
        let holder = may("social-worker", Operation::Accept)?;
        let once = Once::new(&holder, "invented", "an invented acceptance", body.decision.as_bytes());
        record.follow_up(&holder, referral, &body.decision, once, now)?.wait_here()?;
    }
    Ok(())
}

fn may(who: &str, what: Operation) -> Result<Permit, RecordError> {
    demonstration(who).and_then(|actor| permit(actor, what)).ok_or_else(not_there)
}

/// What a test finds first.
fn not_there() -> RecordError {
    RecordError::Damaged("the invented families are not as they should be".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_who_records_an_invented_family_is_invented_too() {
        let families: Vec<Family> = serde_json::from_str(FAMILIES).unwrap();
        for family in &families {
            assert!(may(&family.by, Operation::Refer).is_ok(), "{}", family.by);
        }
        assert_eq!(families.len(), 7);
    }
}
