//! One entry that is ready to be written: its leaf, its sealed body, and what it says.

use std::sync::Arc;

use jiff::Timestamp;

use super::body::ActBody;
use super::case::{Case, Event, What};
use super::leaf::{Kind, Leaf};
use super::log::leaf_hash;
use super::seal::{ReferralKey, Sealed};
use super::store::{Appended, Transaction};
use super::{Log, RecordError, new_id};
use crate::ladder::Rank;

/// One entry that is ready to be written.
pub(super) struct Ready {
    leaf: Leaf,
    text: String,
    sealed: Sealed,
    what: What,
}

impl Ready {
    pub(super) fn new(key: &ReferralKey, referral: &str, leaf: Leaf, what: What) -> Result<Self, RecordError> {
        let sealed = key.seal(&leaf.id, &what.to_bytes())?;
        let leaf = leaf.about(&key.pseudonym(referral), &sealed);
        Ok(Self { text: leaf.text(), leaf, sealed, what })
    }

    /// What somebody does about a referral that says nothing more of the child.
    pub(super) fn act(case: &Case, kind: Kind, act: ActBody, now: Timestamp) -> Result<Self, RecordError> {
        let leaf = Leaf::by(&act.by, kind, new_id(), now);
        Self::new(&case.key, &case.listed.id, leaf, What::Act(Arc::new(act)))
    }

    pub(super) fn append(&self, transaction: &mut Transaction<'_>, referral: &str) -> Result<Appended, RecordError> {
        self.append_to(transaction, Log::Decisions, referral)
    }

    /// The same to another log.
    pub(super) fn append_to(
        &self,
        transaction: &mut Transaction<'_>,
        log: Log,
        subject: &str,
    ) -> Result<Appended, RecordError> {
        Ok(transaction.append(log, &self.text, Some(subject), Some(&self.sealed.bytes))?)
    }

    /// Adds what changes nothing about a referral, such as a reading.
    pub(super) fn append_to_case(
        &self,
        transaction: &mut Transaction<'_>,
        referral: &str,
    ) -> Result<Appended, RecordError> {
        let values = [referral.into(), "".into()];
        let found = transaction.db().find(include_str!("sql/find_referral.sql"), &values)?;
        // Erased meanwhile: an entry of it now would bring a part of it back.
        found.ok_or(RecordError::NotFound)?;
        self.append(transaction, referral)
    }

    /// The bounds of each child's level that it says.
    pub(super) fn indicated(&self) -> &[(Rank, Rank)] {
        &self.leaf.indicated
    }

    /// As it will be read once it stands at a place.
    pub(super) fn event_at(&self, place: u64) -> Event {
        self.event(Appended { place, leaf_hash: leaf_hash(self.text.as_bytes()) })
    }

    pub(super) fn event(&self, appended: Appended) -> Event {
        let Appended { place, leaf_hash } = appended;
        Event { place, leaf_hash, leaf: self.leaf.clone(), what: self.what.clone() }
    }
}
