//! Transfers that could not be taken: sealed as they came, listed until a person has dealt with each.
//!
//! The log says that one was kept, why, and the hash of what was sealed; then what became of it. So none disappears.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Came;
use crate::access::Permit;
use crate::decision::Actor;
use crate::json::{Fault, FaultCode};
use crate::record::db::{Db, DbError, Row, Value};
use crate::record::keys::Keys;
use crate::record::leaf::{Kind, Leaf, digest};
use crate::record::log::Hash;
use crate::record::seal::ReferralKey;
use crate::record::store::Transaction;
use crate::record::{Log, Record, RecordError, new_id};
use crate::transfer::{DealtWith, MAX_TRANSFER, Refusal, Transfer};

/// For how long one that was dealt with can be looked at again.
pub const KEPT_DAYS: i64 = 28;
/// The most that one list shows; what nobody has dealt with comes first, and of that what has waited longest.
const MOST: i64 = 100;
/// The most that wait of what one organisation handed in: a front door that has not dealt with so many deals with none
/// sooner for one more, and nobody may fill the disk with files.
const MOST_WAITING: i64 = 200;
/// Of what is far too large the beginning is kept: enough to see who sent it. The end of each line may count double.
const MOST_KEPT: usize = 2 * MAX_TRANSFER;

/// A transfer that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct KeptTransfer {
    /// Its id.
    pub id: String,
    /// Why it was not taken.
    pub refusal: Refusal,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    pub kept_at: Timestamp,
    /// Who handed it in.
    pub by: String,
    /// Who it says that it is from; nobody has checked that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says_from: Option<String>,
    /// What became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dealt_with: Option<DealtWith>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub dealt_at: Option<Timestamp>,
    /// What came, as it came.
    #[serde(skip)]
    pub file: String,
}

/// Transfers that were kept, as a list shows them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KeptTransfers {
    /// What nobody has dealt with first, and of that what has waited longest.
    pub kept: Vec<KeptTransfer>,
    /// Those that do not open any more, by id. There may be a child behind each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// How many more wait than are listed.
    pub more: i64,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Body {
    by: Actor,
    file: String,
}

/// Why one more is not kept.
pub fn too_many_waiting() -> Fault {
    let detail = format!(
        "{MOST_WAITING} transfers wait for a person, and this one was not kept: deal with those first, and phone whoever \
         sent this one"
    );
    Fault::new("", FaultCode::TooManyWaiting, detail)
}

impl Record {
    /// Keeps a transfer for a person; the same that is kept already and waits is that one.
    pub(super) fn keep_transfer(
        &self,
        permit: &Permit,
        file: &str,
        refusal: Refusal,
        faults: Vec<Fault>,
        now: Timestamp,
    ) -> Result<Came, RecordError> {
        let organisation = permit.actor().organisation.clone();
        let (id, key) = (new_id(), ReferralKey::draw()?);
        let file: String = file.chars().take(MOST_KEPT).collect();
        let hash = self.keys.matching("a transfer", &file);
        let body = Body { by: permit.actor().clone(), file };
        // Plain data with text keys: it always serialises.
        let sealed = key.seal_uncommitted(&about(&id), &serde_json::to_vec(&body).unwrap_or_default())?;
        let sealed_key = self.keys.seal(&id, &key)?;
        let told = format!("{} {}", refusal.word(), digest(&Sha256::digest(&sealed).into()));
        let leaf =
            Leaf { detail: Some(told), ..Leaf::by(permit.actor(), Kind::TransferRefused, id.clone(), now) }.text();
        let keep = move |transaction: &mut Transaction<'_>| {
            let db = transaction.db();
            let values = [hash.as_slice().into(), organisation.as_str().into()];
            if let Some(mut row) = db.find(include_str!("../sql/find_same_transfer.sql"), &values)? {
                return Ok(row.text()?);
            }
            if waiting(db, &organisation)? >= MOST_WAITING {
                return Err(RecordError::Faults(vec![too_many_waiting()]));
            }
            db.execute(include_str!("../sql/forget_old_transfers.sql"), &[oldest(now).into()])?;
            let values: [Value<'_>; 7] = [
                id.as_str().into(),
                hash.as_slice().into(),
                organisation.as_str().into(),
                refusal.word().into(),
                now.as_millisecond().into(),
                sealed_key.as_slice().into(),
                sealed.as_slice().into(),
            ];
            db.execute(include_str!("../sql/append_kept_transfer.sql"), &values)?;
            transaction.append(Log::Decisions, &leaf, None, None)?;
            Ok(id.clone())
        };
        let id = self.store.write(keep).wait_here()?;
        Ok(Came::Kept { id, refusal, faults })
    }

    /// Transfers that were kept: what nobody has dealt with first, and of that what has waited longest. What may not be
    /// looked at any more goes.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list_kept_transfers(&self, permit: &Permit, now: Timestamp) -> Result<KeptTransfers, RecordError> {
        if self.read_only().is_none()
            && let Err(error) = self.forget_old_transfers(now)
        {
            tracing::warn!(%error, "what was dealt with long ago was not forgotten");
        }
        let only = permit.only().unwrap_or_default();
        let (rows, waiting) = self.store.read_at_once(|db| {
            let values: [Value<'_>; 3] = [only.into(), oldest(now).into(), MOST.into()];
            let rows = db.query(include_str!("../sql/list_kept_transfers.sql"), &values)?;
            Ok::<_, DbError>((rows, waiting(db, only)?))
        })?;
        let (mut kept, mut damaged) = (Vec::new(), Vec::new());
        for mut row in rows {
            let id = row.text()?;
            match self.kept_transfer(id.clone(), row) {
                Ok((one, _)) => kept.push(one),
                // One that does not open must not hide the others.
                Err(error) => {
                    tracing::error!(%error, "a kept transfer is listed as damaged");
                    damaged.push(id);
                }
            }
        }
        Ok(KeptTransfers { kept, damaged, more: (waiting - MOST).max(0) })
    }

    /// Forgets what was dealt with so long ago that it may not be looked at any more; how many there were.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn forget_old_transfers(&self, now: Timestamp) -> Result<u64, RecordError> {
        self.writable()?;
        let forget = move |transaction: &mut Transaction<'_>| {
            let values = [oldest(now).into()];
            Ok(transaction.db().execute(include_str!("../sql/forget_old_transfers.sql"), &values)?)
        };
        self.store.write(forget).wait_here()
    }

    /// One transfer that was kept.
    ///
    /// # Errors
    /// When there is none within reach, or it was dealt with too long ago.
    pub fn find_kept_transfer(&self, permit: &Permit, id: &str, now: Timestamp) -> Result<KeptTransfer, RecordError> {
        let values = [id.into(), oldest(now).into()];
        let row = self.store.read(|db| db.find(include_str!("../sql/find_kept_transfer.sql"), &values))?;
        let mut row = row.ok_or(RecordError::NotFound)?;
        let (kept, organisation) = self.kept_transfer(row.text()?, row)?;
        if permit.reaches(&organisation) { Ok(kept) } else { Err(RecordError::NotFound) }
    }

    /// The same for somebody to read; that it was read is recorded where anything can be.
    ///
    /// # Errors
    /// As `find_kept_transfer`.
    pub fn view_kept_transfer(&self, permit: &Permit, id: &str, now: Timestamp) -> Result<KeptTransfer, RecordError> {
        let kept = self.find_kept_transfer(permit, id, now)?;
        let detail = Some(format!("a kept transfer {id}"));
        let leaf = Leaf { detail, ..Leaf::by(permit.actor(), Kind::Viewed, new_id(), now) }.text();
        let viewed = self.writable().and_then(|()| {
            let view =
                move |transaction: &mut Transaction<'_>| Ok(transaction.append(Log::Decisions, &leaf, None, None)?);
            self.store.write(view).wait_here()
        });
        if let Err(error) = viewed {
            tracing::warn!(%error, "a reading was not recorded");
        }
        Ok(kept)
    }

    /// One of a row of which the id was read, and the organisation that handed it in.
    fn kept_transfer(&self, id: String, mut row: Row) -> Result<(KeptTransfer, String), RecordError> {
        let organisation = row.text()?;
        let damaged = || RecordError::Damaged(format!("the kept transfer {id} does not open"));
        let time = |number: i64| Timestamp::from_millisecond(number).map_err(|_| damaged());
        let refusal = Refusal::named(&row.text()?).ok_or_else(damaged)?;
        let kept_at = time(row.int()?)?;
        let dealt_with = row.maybe_text()?.and_then(|word| DealtWith::named(&word));
        let dealt_at = row.maybe_int()?.map(time).transpose()?;
        let (sealed_key, sealed) = (row.bytes()?, row.bytes()?);
        let body = opened(&self.keys, &id, &sealed_key, &sealed).ok_or_else(damaged)?;
        let says_from = claimed(&body.file);
        let by = format!("{}, {}", body.by.name, body.by.organisation);
        let kept = KeptTransfer { id, refusal, kept_at, by, says_from, dealt_with, dealt_at, file: body.file };
        Ok((kept, organisation))
    }

    /// Records what became of a transfer that was kept; one that was entered by hand names the referral.
    ///
    /// # Errors
    /// When there is none within reach, somebody dealt with it before, or there is no such referral.
    pub fn deal_with_transfer(
        &self,
        permit: &Permit,
        id: &str,
        dealt: DealtWith,
        referral: Option<&str>,
        now: Timestamp,
    ) -> Result<(), RecordError> {
        self.writable()?;
        let kept = self.find_kept_transfer(permit, id, now)?;
        let entered = match (dealt, referral) {
            (DealtWith::EnteredByHand, Some(reference)) => match self.reached(permit, reference) {
                Ok(case) => Some(case.listed.id),
                Err(RecordError::NotFound) => {
                    let fault = Fault::new("/referral", FaultCode::UnknownReferral, "there is no such referral");
                    return Err(RecordError::Faults(vec![fault.instead("the reference of the one that you entered")]));
                }
                Err(error) => return Err(error),
            },
            (DealtWith::EnteredByHand, None) => {
                let fault = Fault::new("/referral", FaultCode::MissingKey, "say as which referral it was entered");
                return Err(RecordError::Faults(vec![fault]));
            }
            _ => None,
        };
        let told = format!("{} {}", dealt.word(), kept.id);
        let leaf =
            Leaf { detail: Some(told), ..Leaf::by(permit.actor(), Kind::TransferDealtWith, new_id(), now) }.text();
        let deal = move |transaction: &mut Transaction<'_>| {
            let values: [Value<'_>; 4] =
                [dealt.word().into(), now.as_millisecond().into(), entered.as_deref().into(), kept.id.as_str().into()];
            if transaction.db().execute(include_str!("../sql/move_kept_transfer.sql"), &values)? != 1 {
                return Err(RecordError::Moved("somebody dealt with it before".into()));
            }
            transaction.append(Log::Decisions, &leaf, None, None)?;
            Ok(())
        };
        self.store.write(deal).wait_here()
    }

    /// Seals the key of every kept transfer anew; how many there are.
    pub(in crate::record) fn reseal_transfers(&self) -> Result<usize, RecordError> {
        let keys = self.keys.clone();
        let write = move |transaction: &mut Transaction<'_>| {
            let db: &mut Db = transaction.db();
            // The keys alone: the files may be larger together than what a program holds.
            let rows = db.query(include_str!("../sql/list_kept_transfer_keys.sql"), &[])?;
            let count = rows.len();
            for mut row in rows {
                let (id, before) = (row.text()?, row.bytes()?);
                let damaged = || RecordError::Damaged(format!("the key of the kept transfer {id} does not open"));
                let key = keys.open(&id, &before).ok_or_else(damaged)?;
                let sealed = keys.seal(&id, &key)?;
                let values = [sealed.as_slice().into(), id.as_str().into()];
                db.execute(include_str!("../sql/move_kept_transfer_key.sql"), &values)?;
            }
            Ok(count)
        };
        self.store.write(write).wait_here()
    }
}

/// Who a file says that it is from, whoever wrote it.
fn claimed(file: &str) -> Option<String> {
    let (text, _) = Transfer::opened(file).ok()?;
    let transfer = Transfer::read(&text).ok()?;
    Some(format!("{}, {}", transfer.from.name, transfer.from.organisation))
}

fn opened(keys: &Keys, id: &str, sealed_key: &[u8], sealed: &[u8]) -> Option<Body> {
    let plain = keys.open(id, sealed_key)?.open_uncommitted(&about(id), sealed)?;
    serde_json::from_slice(&plain).ok()
}

/// What a kept transfer is sealed for.
pub(in crate::record) fn about(id: &str) -> String {
    format!("a kept transfer {id}")
}

/// How many wait of what an organisation handed in, or of what all did.
fn waiting(db: &mut Db, only: &str) -> Result<i64, DbError> {
    let row = db.find(include_str!("../sql/count_waiting_transfers.sql"), &[only.into()])?;
    row.map_or(Ok(0), |mut row| row.int())
}

fn oldest(now: Timestamp) -> i64 {
    now.as_millisecond() - SignedDuration::from_hours(24 * KEPT_DAYS).as_millis() as i64
}

/// A row of the list, as far as a verification reads it.
pub(in crate::record) struct KeptRow {
    id: String,
    reason: String,
    dealt_with: Option<String>,
    sealed_key: Vec<u8>,
    sealed: Vec<u8>,
}

/// Every transfer that is kept.
pub(in crate::record) fn kept_rows(db: &mut Db) -> Result<Vec<KeptRow>, DbError> {
    let rows = db.query(include_str!("../sql/list_all_kept_transfers.sql"), &[])?;
    let of = |mut row: Row| {
        let (id, reason, dealt_with) = (row.text()?, row.text()?, row.maybe_text()?);
        Ok(KeptRow { id, reason, dealt_with, sealed_key: row.bytes()?, sealed: row.bytes()? })
    };
    rows.into_iter().map(of).collect()
}

/// Transfers that were kept and dealt with, as the log tells it.
#[derive(Debug, Default)]
pub(in crate::record) struct KeptAsTold {
    /// Why, and the hash of what was sealed, by id.
    kept: BTreeMap<String, (String, String)>,
    dealt: BTreeMap<String, String>,
}

impl KeptAsTold {
    /// Hears an entry; whether it says what entries of its kind say.
    pub(in crate::record) fn hear(&mut self, leaf: &Leaf) -> bool {
        let told = leaf.detail.as_deref().and_then(|detail| detail.split_once(' '));
        match (leaf.kind, told) {
            (Kind::TransferRefused, Some((reason, hash))) => {
                self.kept.insert(leaf.id.clone(), (reason.to_owned(), hash.to_owned()));
            }
            (Kind::TransferDealtWith, Some((dealt, id))) => {
                self.dealt.insert(id.to_owned(), dealt.to_owned());
            }
            (Kind::TransferRefused | Kind::TransferDealtWith, None) => return false,
            _ => {}
        }
        true
    }

    /// The first kept transfer with which something is wrong. `is_whole`: every entry of the log was heard.
    pub(in crate::record) fn damage(
        &self,
        keys: &Keys,
        rows: &[KeptRow],
        is_whole: bool,
    ) -> Option<(String, &'static str)> {
        for row in rows {
            let wrong = |what| Some((row.id.clone(), what));
            match self.kept.get(&row.id) {
                None if is_whole => return wrong("it is listed, and no entry says that it was kept"),
                None => {}
                Some((reason, hash)) => {
                    let sealed: Hash = Sha256::digest(&row.sealed).into();
                    if *reason != row.reason || *hash != digest(&sealed) {
                        return wrong("it is not the one that was kept");
                    }
                    if self.dealt.get(&row.id) != row.dealt_with.as_ref() {
                        return wrong("what became of it is listed otherwise than the entries tell it");
                    }
                }
            }
            if opened(keys, &row.id, &row.sealed_key, &row.sealed).is_none() {
                return wrong("it does not open");
            }
        }
        let waits = self.kept.keys().find(|id| !self.dealt.contains_key(*id) && !rows.iter().any(|row| row.id == **id));
        waits.map(|id| (id.clone(), "nobody has dealt with it, and it is not there any more"))
    }
}
