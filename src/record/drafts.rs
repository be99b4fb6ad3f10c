//! Drafts: referrals that are being written, kept on the server so that nothing typed is lost.
//!
//! A draft is sealed under a key of its own and is no part of the record. Whoever works for the organisation that writes
//! it may go on with it; two at once are told of each other. It goes when it is sent, thrown away, or not touched for two
//! weeks.

use jiff::{SignedDuration, Timestamp};

use super::db::{Db, Row, Value};
use super::seal::ReferralKey;
use super::store::Transaction;
use super::{Record, RecordError, new_id};
use crate::access::Permit;
use crate::form::Draft;

/// For how long nobody need touch a draft before it goes. A worry that waited longer is written anew.
pub const DRAFT_KEPT_DAYS: i64 = 14;

/// A draft as it is kept.
#[derive(Debug, Clone)]
pub struct DraftKept {
    /// Its id.
    pub id: String,
    /// How often it was saved.
    pub version: i64,
    /// When it was saved last.
    pub changed_at: Timestamp,
    /// What was entered.
    pub draft: Draft,
}

/// Where a draft stands.
#[derive(Debug, Clone)]
pub enum DraftFound {
    /// It is being written.
    Open(Box<DraftKept>),
    /// It was sent, and became this referral.
    Sent(String),
}

impl Record {
    /// Begins a draft for the organisation of whoever begins it.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn begin_draft(&self, permit: &Permit, draft: &Draft, now: Timestamp) -> Result<String, RecordError> {
        self.writable()?;
        let (id, key) = (new_id(), ReferralKey::draw()?);
        let sealed = key.seal_uncommitted(&about(&id, 1), &written(draft))?;
        let sealed_key = self.keys.seal(&id, &key)?;
        let (draft, organisation) = (id.clone(), permit.actor().organisation.clone());
        let write = move |transaction: &mut Transaction<'_>| {
            let db = transaction.db();
            db.execute(include_str!("sql/forget_old_drafts.sql"), &[oldest(now).into()])?;
            let values: [Value<'_>; 5] = [
                draft.as_str().into(),
                organisation.as_str().into(),
                now.as_millisecond().into(),
                sealed_key.as_slice().into(),
                sealed.as_slice().into(),
            ];
            db.execute(include_str!("sql/append_draft.sql"), &values)?;
            Ok(())
        };
        self.store.write(write).wait_here()?;
        Ok(id)
    }

    /// A draft of one's own organisation; another's is not there.
    ///
    /// # Errors
    /// When there is none, or it cannot be opened.
    pub fn find_draft(&self, permit: &Permit, id: &str, now: Timestamp) -> Result<DraftFound, RecordError> {
        let values = [id.into(), oldest(now).into()];
        let row = self.store.read(|db| db.find(include_str!("sql/find_draft.sql"), &values))?;
        let mut row = row.ok_or(RecordError::NotFound)?;
        if row.text()? != permit.actor().organisation {
            return Err(RecordError::NotFound);
        }
        let kept = self.opened(id, &mut row);
        match (kept, row.maybe_text()?) {
            (_, Some(referral)) => Ok(DraftFound::Sent(referral)),
            (kept, None) => Ok(DraftFound::Open(Box::new(kept?))),
        }
    }

    /// The drafts of one's own organisation, the last touched first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list_drafts(&self, permit: &Permit, now: Timestamp) -> Result<Vec<DraftKept>, RecordError> {
        let values = [permit.actor().organisation.as_str().into(), oldest(now).into()];
        let rows = self.store.read(|db| db.query(include_str!("sql/list_drafts.sql"), &values))?;
        let mut drafts = Vec::new();
        for mut row in rows {
            let id = row.text()?;
            match self.opened(&id, &mut row) {
                Ok(kept) => drafts.push(kept),
                // One that does not open must not hide the others.
                Err(error) => tracing::error!(%error, "a draft is passed over"),
            }
        }
        Ok(drafts)
    }

    fn opened(&self, id: &str, row: &mut Row) -> Result<DraftKept, RecordError> {
        let version = row.int()?;
        let damaged = || RecordError::Damaged(format!("the draft {id} does not open"));
        let changed_at = Timestamp::from_millisecond(row.int()?).map_err(|_| damaged())?;
        let (sealed_key, sealed) = (row.bytes()?, row.bytes()?);
        let key = self.keys.open(id, &sealed_key);
        let plain = key.and_then(|key| key.open_uncommitted(&about(id, version), &sealed)).ok_or_else(damaged)?;
        let draft = serde_json::from_slice(&plain).map_err(|_| damaged())?;
        Ok(DraftKept { id: id.to_owned(), version, changed_at, draft })
    }

    /// Saves a draft in the place of the version that was read.
    ///
    /// # Errors
    /// When another was saved meanwhile, or it cannot be kept.
    pub fn save_draft(&self, permit: &Permit, kept: &DraftKept, now: Timestamp) -> Result<(), RecordError> {
        self.writable()?;
        let values = [kept.id.as_str().into(), oldest(now).into()];
        let row = self.store.read(|db| db.find(include_str!("sql/find_draft.sql"), &values))?;
        let mut row = row.ok_or(RecordError::NotFound)?;
        let (organisation, _, _) = (row.text()?, row.int()?, row.int()?);
        if organisation != permit.actor().organisation {
            return Err(RecordError::NotFound);
        }
        let damaged = || RecordError::Damaged(format!("the draft {} does not open", kept.id));
        let key = self.keys.open(&kept.id, &row.bytes()?).ok_or_else(damaged)?;
        let sealed = key.seal_uncommitted(&about(&kept.id, kept.version + 1), &written(&kept.draft))?;
        let (id, version) = (kept.id.clone(), kept.version);
        let write = move |transaction: &mut Transaction<'_>| {
            let values: [Value<'_>; 4] =
                [now.as_millisecond().into(), sealed.as_slice().into(), id.as_str().into(), version.into()];
            match transaction.db().execute(include_str!("sql/move_draft.sql"), &values)? {
                1 => Ok(()),
                _ => Err(RecordError::Moved("the draft was saved by somebody else meanwhile".into())),
            }
        };
        self.store.write(write).wait_here()
    }

    /// Empties a draft that became a referral, so that whoever sends it again is shown that. What a colleague saved in
    /// that very moment stays, to be added to the referral.
    ///
    /// # Errors
    /// When it cannot be written; the draft then stays, and sending it again finds the same referral.
    pub fn end_draft(&self, kept: &DraftKept, referral: &str) -> Result<(), RecordError> {
        let (id, version, referral) = (kept.id.clone(), kept.version, referral.to_owned());
        let write = move |transaction: &mut Transaction<'_>| {
            let values: [Value<'_>; 4] =
                [referral.as_str().into(), [].as_slice().into(), id.as_str().into(), version.into()];
            transaction.db().execute(include_str!("sql/end_draft.sql"), &values)?;
            Ok(())
        };
        self.store.write(write).wait_here()
    }

    /// Throws a draft away.
    ///
    /// # Errors
    /// When it is not there, or cannot be written.
    pub fn erase_draft(&self, permit: &Permit, id: &str, now: Timestamp) -> Result<(), RecordError> {
        self.find_draft(permit, id, now)?;
        let id = id.to_owned();
        let write = move |transaction: &mut Transaction<'_>| {
            transaction.db().execute(include_str!("sql/erase_draft.sql"), &[id.as_str().into()])?;
            Ok(())
        };
        self.store.write(write).wait_here()
    }

    /// Seals every draft's key anew; how many there are. Few are open at any time.
    pub(super) fn reseal_drafts(&self) -> Result<usize, RecordError> {
        let keys = self.keys.clone();
        let write = move |transaction: &mut Transaction<'_>| {
            let db: &mut Db = transaction.db();
            let rows = db.query(include_str!("sql/list_draft_keys.sql"), &[])?;
            let count = rows.len();
            for mut row in rows {
                let (id, before) = (row.text()?, row.bytes()?);
                let damaged = || RecordError::Damaged(format!("the key of the draft {id} does not open"));
                let key = keys.open(&id, &before).ok_or_else(damaged)?;
                let sealed = keys.seal(&id, &key)?;
                db.execute(include_str!("sql/move_draft_key.sql"), &[sealed.as_slice().into(), id.as_str().into()])?;
            }
            Ok(count)
        };
        self.store.write(write).wait_here()
    }
}

/// What a sealed draft is bound to: an earlier saving put back in its place does not open.
fn about(id: &str, version: i64) -> String {
    format!("draft {id} {version}")
}

fn written(draft: &Draft) -> Vec<u8> {
    // Plain data with text keys: it always serialises.
    serde_json::to_vec(draft).unwrap_or_default()
}

fn oldest(now: Timestamp) -> i64 {
    now.as_millisecond() - SignedDuration::from_hours(24 * DRAFT_KEPT_DAYS).as_millis() as i64
}
