//! The same request is recorded once, however often and at whichever replica it comes, and answered as it was first.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::case::{Case, Event};
use super::db::{Db, Value};
use super::log::Hash;
use super::store::{Answer, Appended, Transaction, number};
use super::{Log, Record, RecordError};
use crate::access::Permit;
use crate::metrics::{self, Way};

/// How long a request that comes again is answered as it was first.
pub const KEPT_DAYS: i64 = 30;
/// Which request it is, so that it is recorded once however often it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Once {
    key: Hash,
    request: Hash,
}

impl Once {
    /// Of a caller's `Idempotency-Key`, and of all that makes the request.
    pub fn new(permit: &Permit, key: &str, route: &str, body: &[u8]) -> Self {
        let actor = permit.actor();
        Self::of(&[actor.organisation.as_bytes(), actor.id.as_bytes(), key.as_bytes()], route, body)
    }

    /// Of a draft, whoever of those who write it sends it.
    pub fn of_draft(draft: &str, body: &[u8]) -> Self {
        Self::of(&[b"a draft", draft.as_bytes()], "a draft is sent", body)
    }

    /// Of a transfer, whoever hands it in, and however often.
    pub fn of_transfer(text: &str) -> Self {
        Self::of(&[b"a transfer", text.as_bytes()], "a transfer is taken", text.as_bytes())
    }

    pub(super) fn of(key: &[&[u8]], route: &str, body: &[u8]) -> Self {
        let hashed = |parts: &[&[u8]]| -> Hash {
            let whole = parts.iter().fold(Sha256::new(), |whole, part| {
                whole.chain_update((part.len() as u64).to_be_bytes()).chain_update(part)
            });
            whole.finalize().into()
        };
        Self { key: hashed(key), request: hashed(&[route.as_bytes(), body]) }
    }
}

/// What a write came to.
#[derive(Debug)]
pub enum Written {
    /// A fresh entry.
    Fresh(Box<Event>),
    /// The place of the entry that answered the same request before.
    Before(i64),
}

impl Record {
    /// What answered the same request before. It comes before every check: that a decision was confirmed, or that the
    /// rules changed, must not turn the repetition of a request that was recorded into a refusal.
    ///
    /// # Errors
    /// When the key came with another request, or the record cannot be read.
    pub fn before(&self, once: Once, now: Timestamp) -> Result<Option<Written>, RecordError> {
        Ok(self.store.read(|db| before(db, once, now))?.map(Written::Before))
    }
}

/// Tells whoever watches that something was recorded, and nothing of what.
fn count(written: &Written) {
    let Written::Fresh(event) = written else { return };
    // Plain words always serialise.
    let kind = serde_json::to_string(&event.leaf.kind).unwrap_or_default();
    metrics::recorded(kind.trim_matches('"'));
    if let Some(decided) = &event.leaf.decided {
        metrics::decided(decided.view.word());
    }
    metrics::evaluated(Way::Recorded, event.leaf.indicated.iter().map(|(at_least, at_most)| at_least == at_most));
}

/// What is handed to the writer and not yet answered.
#[derive(Debug)]
pub struct Pending(pub(super) Answer<Written>);

impl Pending {
    /// Waits until it is on disk.
    ///
    /// # Errors
    /// When it was not recorded.
    pub async fn wait(self) -> Result<Written, RecordError> {
        self.0.wait().await.inspect(count)
    }

    /// Waits on a thread that may stand still.
    ///
    /// # Errors
    /// When it was not recorded.
    pub fn wait_here(self) -> Result<Written, RecordError> {
        self.0.wait_here().inspect(count)
    }
}

impl Record {
    /// The entry that answers a request: the fresh one, or the one that answered it first.
    ///
    /// # Errors
    /// When the first one cannot be read any more.
    pub fn answered(&self, written: Written) -> Result<Event, RecordError> {
        match written {
            Written::Fresh(event) => Ok(*event),
            Written::Before(place) => {
                let case = match self.case_at(place) {
                    Err(RecordError::NotFound) => return self.batch_event_at(place),
                    case => case?,
                };
                let first = case.events.into_iter().find(|event| i64::try_from(event.place) == Ok(place));
                first.ok_or(RecordError::NotFound)
            }
        }
    }

    /// The referral of an entry.
    pub(super) fn case_at(&self, place: i64) -> Result<Case, RecordError> {
        self.store.read_at_once(|db| {
            let values = [Log::Decisions.name().into(), place.into()];
            let row = db.find(include_str!("sql/find_entry.sql"), &values)?;
            // Erased meanwhile: there is nothing left to answer with.
            let id = row.map(|mut row| row.maybe_text()).transpose()?.flatten().ok_or(RecordError::NotFound)?;
            self.read_case(db, &id)
        })
    }
}

/// The place of the entry that answered the same request before.
pub(super) fn before(db: &mut Db, once: Once, now: Timestamp) -> Result<Option<i64>, RecordError> {
    let since = oldest(now);
    let values = [once.key.as_slice().into(), since.into()];
    let Some(mut row) = db.find(include_str!("sql/find_idempotency.sql"), &values)? else {
        return Ok(None);
    };
    let (request, place) = (row.hash()?, row.int()?);
    if request == once.request { Ok(Some(place)) } else { Err(RecordError::KeyReused) }
}

pub(super) fn remember(
    transaction: &mut Transaction<'_>,
    once: Once,
    appended: Appended,
    now: Timestamp,
) -> Result<(), RecordError> {
    let db = transaction.db();
    // Among them an older use of the same key.
    db.execute(include_str!("sql/forget_old_idempotency.sql"), &[oldest(now).into()])?;
    let values: [Value<'_>; 4] = [
        once.key.as_slice().into(),
        once.request.as_slice().into(),
        number(appended.place)?.into(),
        now.as_millisecond().into(),
    ];
    db.execute(include_str!("sql/append_idempotency.sql"), &values)?;
    Ok(())
}

fn oldest(now: Timestamp) -> i64 {
    now.as_millisecond() - SignedDuration::from_hours(24 * KEPT_DAYS).as_millis() as i64
}
