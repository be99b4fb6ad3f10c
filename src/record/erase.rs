//! Retention and erasure: how long a referral is kept, what holds it longer, and how it goes.
//!
//! Erasing destroys the referral's key and salt, its bodies and everything that could find it. Its entries in the log
//! stay, and mean nothing to anybody; one more says that a referral was erased. The guard remembers its id, which names
//! nobody, so that a database put back from before does not bring it back.

use std::sync::PoisonError;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::batches;
use super::body::{ActBody, Retention};
use super::case::{Case, Event, Listed, Standing};
use super::entry::Ready;
use super::keep::Change;
use super::leaf::{Kind, Leaf};
use super::once::Once;
use super::seal::ReferralKey;
use super::store::Transaction;
use super::{Log, Record, RecordError, new_id};
use crate::access::Permit;
use crate::json::{Fault, FaultCode};

/// Why a referral is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Its time has come.
    Retention,
    /// Somebody with a right to it asked, or a court ordered it.
    Request,
    /// It was erased before, and came back with a database that was put back.
    Again,
}

impl Why {
    fn word(self) -> &'static str {
        match self {
            Self::Retention => "retention",
            Self::Request => "request",
            Self::Again => "again",
        }
    }
}

/// How a referral stands to retention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Its id.
    pub id: String,
    /// Its spoken reference.
    pub reference: String,
    /// How long it is kept.
    pub retention: Retention,
    /// The day on which it is to be erased.
    pub ends: Option<Date>,
    /// Whether somebody still has to decide, confirm, accept or answer: until then its time does not come.
    pub pending: bool,
}

/// Whether somebody still has to do something about it, or to answer somebody who disagrees.
fn is_pending(listed: &Listed) -> bool {
    !matches!(listed.standing, Standing::Accepted | Standing::Closed) || listed.answer_by.is_some()
}

impl Kept {
    /// Whether its time has come, and nothing and nobody holds it.
    pub fn is_due(&self, today: Date) -> bool {
        !self.retention.held && !self.pending && self.ends.is_some_and(|ends| ends <= today)
    }
}

impl Record {
    /// How long a referral is kept.
    ///
    /// # Errors
    /// When there is no such referral within reach.
    pub fn retention_of(&self, permit: &Permit, id: &str) -> Result<Kept, RecordError> {
        let case = self.reached(permit, id)?;
        let retention = case.retention();
        let ends = retention.ends();
        let pending = is_pending(&case.listed);
        Ok(Kept { id: case.listed.id, reference: case.listed.reference, retention, ends, pending })
    }

    /// How long every referral is kept.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn retention(&self, permit: &Permit) -> Result<Vec<Kept>, RecordError> {
        let mut all = Vec::new();
        self.each(|listed| {
            if permit.reaches(&listed.organisation) {
                all.push(self.retention_of(permit, &listed.id)?);
            }
            Ok(())
        })?;
        Ok(all)
    }

    /// Says how long a referral is kept from now on, or that it is held, and why.
    ///
    /// # Errors
    /// When there is no such referral, or it cannot be recorded.
    pub fn retain(
        &self,
        permit: &Permit,
        id: &str,
        change: impl FnOnce(Retention) -> Retention,
        because: &str,
        now: Timestamp,
    ) -> Result<Retention, RecordError> {
        self.writable()?;
        let case = self.reached(permit, id)?;
        let retention = change(case.retention());
        let by = ActBody::by(permit.actor());
        let act = ActBody { because: Some(because.to_owned()), retention: Some(retention.clone()), ..by };
        let ready = Ready::act(&case, Kind::RetentionSet, act, now)?;
        let once = Once::new(permit, &new_id(), "retention", id.as_bytes());
        let listed = case.listed.clone();
        self.go_on(Change::of(case, listed, vec![ready]), once, now).wait_here()?;
        Ok(retention)
    }

    /// Erases a referral. What was deleted is gone from the database's files after `compact`.
    ///
    /// # Errors
    /// When there is no such referral, it is held, something was added meanwhile, or it cannot be recorded.
    pub fn erase(&self, permit: &Permit, id: &str, why: Why, now: Timestamp) -> Result<(), RecordError> {
        self.writable()?;
        let case = self.reached(permit, id)?;
        let refused = |code, detail: &str| Err(RecordError::Faults(vec![Fault::new("", code, detail)]));
        if case.retention().held {
            return refused(
                FaultCode::Held,
                "a legal hold lies on this referral; it is erased only after the hold is lifted",
            );
        }
        if why == Why::Retention && is_pending(&case.listed) {
            return refused(
                FaultCode::Pending,
                "nobody has taken this referral to its end; its time does not come before",
            );
        }
        if let Some(of) = &case.first()?.batch {
            // The file goes with it: what of other families is not recorded yet is recorded before.
            match self.complete_from_kept(permit, &of.batch, now) {
                Ok(_) | Err(RecordError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        let by = permit.actor();
        let leaf = Leaf {
            role: Some(by.role),
            organisation: Some(by.organisation.clone()),
            ..erased(&case.key, &case.listed.id, why, now)
        };
        self.erase_case(&case, &leaf)
    }

    fn erase_case(&self, case: &Case, leaf: &Leaf) -> Result<(), RecordError> {
        let version = Some(case.listed.version);
        self.erase_subject(&case.listed.id, version, &case.events, leaf)
    }

    /// Erases a batch whose time has come: what could not be mapped, and the file as it came if that is still there.
    ///
    /// # Errors
    /// When there is none, or it cannot be recorded.
    pub fn erase_batch(&self, permit: &Permit, id: &str, now: Timestamp) -> Result<(), RecordError> {
        self.writable()?;
        let (key, events) = self.store.read_at_once(|db| batches::subject(db, &self.keys, id))?;
        let by = permit.actor();
        let leaf = erased(&key, id, Why::Retention, now);
        let leaf = Leaf { role: Some(by.role), organisation: Some(by.organisation.clone()), ..leaf };
        self.erase_subject(id, None, &events, &leaf)
    }

    /// Erases a referral, a batch or a file, and the file that goes with it.
    fn erase_subject(&self, id: &str, version: Option<i64>, events: &[Event], leaf: &Leaf) -> Result<(), RecordError> {
        let with = self.store.read_at_once(|db| batches::goes_with(db, &self.keys, events))?;
        let others = with.iter().map(|(other, key)| {
            let subject = Some(HEXLOWER.encode(&key.pseudonym(other)));
            let leaf = Leaf { subject, id: new_id(), ..leaf.clone() };
            (other.clone(), leaf.text())
        });
        let all: Vec<(String, String)> = std::iter::once((id.to_owned(), leaf.text())).chain(others).collect();
        let (guard, erasing) = (self.guard.clone(), all.clone());
        let erase = move |transaction: &mut Transaction<'_>| {
            if let (Some((id, _)), Some(version)) = (erasing.first(), version) {
                let values = [id.as_str().into(), "".into()];
                let found = transaction.db().find(include_str!("sql/find_referral.sql"), &values)?;
                if Listed::read(found.ok_or(RecordError::NotFound)?)?.version != version {
                    return Err(RecordError::Moved("something was added meanwhile; look at it again".into()));
                }
            }
            for (id, text) in &erasing {
                // Before the commit: what is gone here must never come back from elsewhere.
                guard.erased(id)?;
                let (db, values) = (transaction.db(), [id.as_str().into()]);
                db.execute(include_str!("sql/erase_idempotency.sql"), &values)?;
                db.execute(include_str!("sql/erase_bodies.sql"), &values)?;
                db.execute(include_str!("sql/erase_match_keys.sql"), &values)?;
                db.execute(include_str!("sql/erase_handovers.sql"), &values)?;
                db.execute(include_str!("sql/erase_occurrences.sql"), &values)?;
                db.execute(include_str!("sql/erase_transfers_of_referral.sql"), &values)?;
                db.execute(include_str!("sql/erase_referral_key.sql"), &values)?;
                db.execute(include_str!("sql/leave_batch.sql"), &values)?;
                db.execute(include_str!("sql/erase_parts.sql"), &values)?;
                db.execute(include_str!("sql/erase_batch.sql"), &values)?;
                if let Some(version) = version {
                    db.execute(include_str!("sql/erase_referral.sql"), &[id.as_str().into(), version.into()])?;
                }
                transaction.append(Log::Decisions, text, None, None)?;
            }
            Ok(())
        };
        self.store.write(erase).wait_here()?;
        self.erased.write().unwrap_or_else(PoisonError::into_inner).extend(all.into_iter().map(|(id, _)| id));
        Ok(())
    }

    /// Erases again what a database that was put back brought back.
    pub(super) fn erase_again(&self, now: Timestamp) -> Result<(), RecordError> {
        for id in self.guard.all_erased()? {
            match self.store.read_at_once(|db| super::case::read_case(db, &self.keys, &id)) {
                Ok(case) => self.erase_case(&case, &erased(&case.key, &id, Why::Again, now))?,
                Err(RecordError::NotFound) => self.erase_batch_again(&id, now)?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn erase_batch_again(&self, id: &str, now: Timestamp) -> Result<(), RecordError> {
        match self.store.read_at_once(|db| batches::subject(db, &self.keys, id)) {
            Ok((key, events)) => self.erase_subject(id, None, &events, &erased(&key, id, Why::Again, now)),
            Err(RecordError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(super) fn was_erased(&self, id: &str) -> bool {
        self.erased.read().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    /// Leaves nothing of what was erased in the database's own files.
    ///
    /// # Errors
    /// When somebody reads just now; what was erased stays erased, and the next time takes it along.
    pub fn compact(&self) -> Result<(), RecordError> {
        Ok(self.store.compact()?)
    }
}

fn erased(key: &ReferralKey, id: &str, why: Why, now: Timestamp) -> Leaf {
    let subject = Some(HEXLOWER.encode(&key.pseudonym(id)));
    Leaf { subject, detail: Some(why.word().into()), ..Leaf::new(Kind::Erased, new_id(), now) }
}
