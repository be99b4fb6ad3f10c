//! What is handed over: which decisions give a child to which organisation, and what that organisation reads of it.
//!
//! A next holder of another organisation sees what the decider wrote for them and what was chosen to go along, and
//! nothing else of the referral. They see it as long as the decision is the last one about the child.

use jiff::Timestamp;
use serde::Serialize;

use super::body::ActBody;
use super::case::{Case, ChildStands, Event, Standing, stand, standing};
use super::db::{Db, DbError, Value};
use super::entry::Ready;
use super::leaf::Kind;
use super::store::Transaction;
use super::{Record, RecordError, migrate, occurrences};
use crate::access::Permit;
use crate::decision::{Along, Holder, Outcome};
use crate::level::Explain;

/// The most that one list shows; what waits comes first.
const MOST: i64 = 200;
/// The name of the setting that says how lists were worked out.
const LISTED_AS: &str = "listed as";
/// How this program works them out: with what is handed over, what the Emergency Duty Team has, and what partners are
/// told of.
const THIS_WAY: &str = "4";

/// That a decision gives a child to an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Handover {
    decision: String,
    organisation: String,
    outcome: String,
    waits: bool,
}

/// What is handed over, as its entries tell it, in the order of the decisions.
pub(super) fn handovers(events: &[Event]) -> Vec<Handover> {
    let of = |stands: ChildStands| {
        let decided = stands.decided?;
        let organisation = decided.holder()?.organisation.clone();
        let outcome = decided.wanted.outcome.word().to_owned();
        Some(Handover { organisation, outcome, waits: !decided.accepted, decision: decided.id })
    };
    let mut all: Vec<Handover> = stand(events).into_iter().filter_map(of).collect();
    all.sort_by(|one, other| one.decision.cmp(&other.decision));
    all
}

/// What is handed over, as the list has it.
pub(super) fn listed_handovers(db: &mut Db, referral: &str) -> Result<Vec<Handover>, DbError> {
    let rows = db.query(include_str!("sql/list_handovers_of_referral.sql"), &[referral.into()])?;
    let of = |mut row: super::db::Row| {
        let (decision, organisation, outcome) = (row.text()?, row.text()?, row.text()?);
        Ok(Handover { decision, organisation, outcome, waits: row.int()? != 0 })
    };
    rows.into_iter().map(of).collect()
}

/// Lists what is handed over of a referral, in the place of what was listed.
pub(super) fn list_anew(db: &mut Db, referral: &str, handovers: &[Handover]) -> Result<(), DbError> {
    db.execute(include_str!("sql/erase_handovers.sql"), &[referral.into()])?;
    for one in handovers {
        let values: [Value<'_>; 5] = [
            referral.into(),
            one.decision.as_str().into(),
            one.organisation.as_str().into(),
            one.outcome.as_str().into(),
            i64::from(one.waits).into(),
        ];
        db.execute(include_str!("sql/append_handover.sql"), &values)?;
    }
    Ok(())
}

/// One thing that was handed to an organisation, without what was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HandedOver {
    /// The decision that hands it over.
    pub decision: String,
    /// The referral's id, to accept it by.
    pub referral: String,
    /// The referral's spoken reference, to phone about it.
    pub reference: String,
    /// When it was decided.
    #[schema(value_type = String, format = DateTime)]
    pub handed_at: Timestamp,
    /// Who hands it over.
    pub by: String,
    /// Their organisation.
    pub from: String,
    /// What is asked for.
    pub outcome: Outcome,
    /// Who has it next, if that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// Whether it waits to be accepted.
    pub waits: bool,
    /// When it was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub accepted_at: Option<Timestamp>,
    /// The child's place in the referral, for the front door.
    #[serde(skip)]
    pub child: usize,
    /// Whether something came after the decision that asks for another, for the front door.
    #[serde(skip)]
    pub reopened: bool,
    /// When they were told by telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub telephoned_at: Option<Timestamp>,
}

/// What was handed to an organisation: what was chosen, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HandedOverRead {
    /// As it is listed.
    #[serde(flatten)]
    pub listed: HandedOver,
    /// What the decider wrote for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
    /// The child's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When the child was born.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub date_of_birth: Option<jiff::civil::Date>,
    /// When the baby is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub due_date: Option<jiff::civil::Date>,
    /// Where the family lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What was found about this child when it was decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// What is read of an evaluation for whom it is handed to.
#[derive(serde::Deserialize)]
struct Found {
    reasons: Vec<Says>,
}

#[derive(serde::Deserialize)]
struct Says {
    says: String,
}

impl HandedOver {
    /// A decision that stands, if it hands a child over.
    fn of(case: &Case, decision: &str) -> Option<(Self, Holder)> {
        let stands = case.children();
        let is_it = |stands: &ChildStands| stands.decided.as_ref().is_some_and(|decided| decided.id == decision);
        let child = stands.iter().position(is_it)?;
        let reopened = stands.get(child)?.reopened;
        let decided = stands.get(child)?.decided.as_ref()?;
        let holder = decided.holder()?.clone();
        let handed = Self {
            decision: decided.id.clone(),
            referral: case.listed.id.clone(),
            reference: case.listed.reference.clone(),
            handed_at: decided.at,
            by: decided.by.name.clone(),
            from: decided.by.organisation.clone(),
            outcome: decided.wanted.outcome,
            holder: holder.name.clone(),
            waits: !decided.accepted && !reopened,
            accepted_at: decided.accepted_by.as_ref().map(|(_, at)| *at),
            child,
            reopened,
            telephoned_at: holder.telephoned_at,
        };
        Some((handed, holder))
    }
}

impl Record {
    /// What was handed to the organisation of whoever asks: what waits first, then the newest.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn list_handed_over(&self, permit: &Permit) -> Result<Vec<HandedOver>, RecordError> {
        self.handed_over(&permit.actor().organisation, "")
    }

    /// What was handed over with an outcome, to whomever: for the front door.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn list_handed_over_as(&self, permit: &Permit, outcome: Outcome) -> Result<Vec<HandedOver>, RecordError> {
        self.handed_over(permit.only().unwrap_or_default(), outcome.word())
    }

    fn handed_over(&self, organisation: &str, outcome: &str) -> Result<Vec<HandedOver>, RecordError> {
        let values: [Value<'_>; 3] = [organisation.into(), outcome.into(), MOST.into()];
        let rows = self.store.read(|db| db.query(include_str!("sql/list_handovers.sql"), &values))?;
        let mut all = Vec::new();
        for mut row in rows {
            let (referral, decision) = (row.text()?, row.text()?);
            match self.case(&referral) {
                Ok(case) => all.extend(HandedOver::of(&case, &decision).map(|(handed, _)| handed)),
                // Erased meanwhile.
                Err(RecordError::NotFound) => {}
                // One that does not open must not hide the others.
                Err(error) => tracing::error!(%error, "something that was handed over is passed over"),
            }
        }
        Ok(all)
    }

    /// What was handed to an organisation, for its people to read; that it was read is recorded.
    ///
    /// # Errors
    /// When nothing was handed over by this decision to an organisation within reach, or it stands no longer.
    pub fn view_handed_over(
        &self,
        permit: &Permit,
        decision: &str,
        now: Timestamp,
    ) -> Result<HandedOverRead, RecordError> {
        let row = self.store.read(|db| db.find(include_str!("sql/find_handover.sql"), &[decision.into()]))?;
        let case = self.case(&row.ok_or(RecordError::NotFound)?.text()?)?;
        let (listed, holder) = HandedOver::of(&case, decision).ok_or(RecordError::NotFound)?;
        if !permit.reaches(&holder.organisation) {
            return Err(RecordError::NotFound);
        }
        let act = ActBody { decision: Some(decision.to_owned()), ..ActBody::by(permit.actor()) };
        self.note_reading(&case, Ready::act(&case, Kind::Viewed, act, now)?)?;
        let (received, pieces) = case.said()?;
        let rules = self.rule_set(&case.evaluated()?.rule_set)?;
        // A date may have been corrected since.
        let referral = received.referral.unfolded(&pieces, &rules);
        let (who, child) = (received.children.get(listed.child), referral.children.get(listed.child));
        let reasons = if holder.takes(Along::Reasons) { self.found_then(&case, &listed)? } else { Vec::new() };
        Ok(HandedOverRead {
            told: holder.told.clone(),
            name: who.and_then(|who| who.name.clone()).filter(|_| holder.takes(Along::Name)),
            date_of_birth: child.and_then(|child| child.date_of_birth).filter(|_| holder.takes(Along::BirthDate)),
            due_date: child.and_then(|child| child.due_date).filter(|_| holder.takes(Along::BirthDate)),
            address: received.home.address.filter(|_| holder.takes(Along::Address)),
            reasons,
            listed,
        })
    }

    /// What had been found about a child when it was handed over: what became known later was chosen by nobody.
    fn found_then(&self, case: &Case, handed: &HandedOver) -> Result<Vec<String>, RecordError> {
        let decided = case.events.iter().find(|event| event.leaf.id == handed.decision);
        let then = decided.ok_or(RecordError::NotFound)?.place;
        let evaluated = self.looked_at(case, None, Some(then), Some(Explain::Full))?;
        let damaged = || RecordError::Damaged(format!("an evaluation of {} cannot be read again", case.listed.id));
        let child = evaluated.children.get(handed.child).ok_or_else(damaged)?;
        let found: Found = serde_json::from_str(child.evaluation.get()).map_err(|_| damaged())?;
        Ok(found.reasons.into_iter().map(|reason| reason.says).collect())
    }

    /// Works lists out again that an older program kept: once, at the first start after its schema was brought up. Of a
    /// referral that does not open they stay as they are, and the next start tries again.
    ///
    /// # Errors
    /// When the database cannot be used, or a list cannot be written.
    pub fn list_all_anew(&self) -> Result<(), RecordError> {
        let listed_as = self.store.read(|db| migrate::setting(db, LISTED_AS))?;
        if listed_as.as_deref() == Some(THIS_WAY) {
            return Ok(());
        }
        let mut is_whole = true;
        self.each(|listed| {
            let case = match self.case(&listed.id) {
                Ok(case) => case,
                Err(RecordError::NotFound) => return Ok(()),
                // One family's damage must not keep the program from starting for all others.
                Err(error @ (RecordError::Damaged(_) | RecordError::Db(DbError::Refused(_)))) => {
                    tracing::error!(%error, "how a referral is listed is not worked out again");
                    is_whole = false;
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            let (stands, handed) = (standing(&case.events), handovers(&case.events));
            if stands == listed.standing && handed.is_empty() && occurrences::told(&case.events).is_empty() {
                return Ok(());
            }
            let anew = move |transaction: &mut Transaction<'_>| list_case(transaction.db(), &case, stands, &handed);
            self.store.write(anew).wait_here()
        })?;
        if !is_whole {
            return Ok(());
        }
        let done = |transaction: &mut Transaction<'_>| Ok(migrate::put_setting(transaction.db(), LISTED_AS, THIS_WAY)?);
        self.store.write(done).wait_here()
    }
}

fn list_case(db: &mut Db, case: &Case, stands: Standing, handed: &[Handover]) -> Result<(), RecordError> {
    let listed = &case.listed;
    let values: [Value<'_>; 3] = [stands.word().into(), listed.id.as_str().into(), listed.version.into()];
    // What another replica moved meanwhile it has listed in the new way.
    if db.execute(include_str!("sql/move_standing.sql"), &values)? == 1 {
        list_anew(db, &listed.id, handed)?;
        occurrences::list_anew(db, &listed.organisation, &listed.id, &case.events)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;
    use tempfile::TempDir;

    use super::*;
    use crate::access::{Operation, demonstration, permit};
    use crate::criteria::load;
    use crate::record::Places;
    use crate::record::once::Once;
    use crate::rules_dir;

    fn run(record: &Record, sql: &'static str) {
        let run = move |transaction: &mut Transaction<'_>| Ok(transaction.db().execute(sql, &[])?);
        record.store().write(run).wait_here().unwrap();
    }

    #[test]
    fn a_referral_that_does_not_open_keeps_no_program_from_starting() {
        let (folder, now) = (TempDir::new().unwrap(), "2026-11-24T10:30:00Z".parse().unwrap());
        let places = Places::in_folder(folder.path());
        let record = Record::open(&places, now).unwrap();
        let four = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rule_sets/good/four_levels");
        let files = rules_dir::read(four.as_ref()).unwrap();
        let rules = Arc::new(load(&files).rule_set.unwrap());
        record.keep_rule_set(&rules, &files, now).unwrap();
        let refers = permit(demonstration("triage-worker").unwrap(), Operation::Refer).unwrap();
        for key in ["first", "second"] {
            let request = json!({ "referrer": { "organisation": "council:example" }, "children": [{ "facts": {} }] });
            let request = request.to_string();
            let once = Once::new(&refers, key, "a test", request.as_bytes());
            let sent = record.refer(&refers, &rules, request.as_bytes(), once, Explain::None, now).unwrap();
            sent.wait_here().unwrap();
        }
        // As an older program left them, and the key of one is lost.
        run(&record, "UPDATE referral SET standing = 'closed'");
        run(&record, "DELETE FROM setting WHERE name = 'listed as'");
        run(&record, "UPDATE referral_key SET referral = 'aside' WHERE referral = (SELECT MIN(id) FROM referral)");
        drop(record);
        for (opens, mended) in [
            (1, "UPDATE referral_key SET referral = (SELECT MIN(id) FROM referral) WHERE referral = 'aside'"),
            (2, "UPDATE referral SET standing = 'open'"),
        ] {
            let record = Record::open(&places, now).unwrap();
            let open = record.store().read(|db| db.query("SELECT id FROM referral WHERE standing = 'open'", &[]));
            assert_eq!(open.unwrap().len(), opens);
            let listed_as = record.store().read(|db| migrate::setting(db, LISTED_AS)).unwrap();
            assert_eq!(listed_as.is_some(), opens == 2, "the next start tries again");
            run(&record, mended);
        }
    }
}
