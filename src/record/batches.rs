//! Batches: files of notifications, what each became, and the rows that wait for a person.
//!
//! A batch is a subject of its own beside referrals, with a key of its own: it holds what could not be mapped. The file
//! as it came is another, under another key, and goes with the first of its referrals that is erased. Every part of a
//! batch becomes a referral like any other; a crash between two of them is made good from the file that is kept, or when
//! the same file comes again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::body::{ActBody, BatchBody, Dealt, FileBody, How, InBatch};
use super::case::{Event, Listed, What};
use super::db::{Db, DbError, Row, Value};
use super::entry::Ready;
use super::keep::CameBy;
use super::keys::Keys;
use super::leaf::{Kind, Leaf};
use super::log::Hash;
use super::once::{Once, Pending, Written, before, remember};
use super::seal::ReferralKey;
use super::store::Transaction;
use super::{Log, Record, RecordError, new_id};
use crate::access::Permit;
use crate::criteria::RuleSet;
use crate::decision::Actor;
use crate::json::{Fault, FaultCode};
use crate::level::Explain;
use crate::notifications::{self, Encoding, File, Layout, Unmapped};

/// How long a batch in which nothing waits is kept: its referrals hold all that was said, each under its own retention.
pub const BATCH_KEPT_DAYS: i64 = 90;

/// How many parts of one batch wait for the writer at a time: enough to share a commit, few enough that a large file
/// leaves room for others.
const AT_ONCE: usize = 128;

/// A file that is to be received.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'s> {
    /// The mapping, by id.
    pub mapping: &'s str,
    /// Who sends it.
    pub organisation: &'s str,
    /// The file.
    pub file: File<'s>,
}

/// A batch in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchListed {
    /// Its id.
    pub id: String,
    /// Who sends it.
    pub organisation: String,
    /// When it was received.
    pub received_at: Timestamp,
    /// The mapping, by id.
    pub mapping: String,
    /// How many referrals it becomes.
    pub parts: i64,
    /// How many rows wait for a person.
    pub waiting: i64,
    /// How often something changed about it.
    version: i64,
}

/// A batch with everything about it.
#[derive(Debug)]
pub struct Batch {
    /// As it is listed.
    pub listed: BatchListed,
    /// What was recorded of it.
    pub body: Arc<BatchBody>,
    /// Its first entry.
    pub received: Event,
    /// How rows were dealt with, by whom.
    pub dealt: BTreeMap<usize, (Dealt, Actor)>,
    /// The referrals that are there, each with the number of its part.
    pub referrals: Vec<(usize, Listed)>,
    /// How many of its referrals were erased.
    pub erased: usize,
    key: ReferralKey,
}

impl Batch {
    /// How many referrals are still to be recorded: the record broke off, and somebody must complete it.
    pub fn missing(&self) -> usize {
        self.body.parts.saturating_sub(self.referrals.len() + self.erased)
    }

    /// The rows that wait for a person.
    pub fn waiting(&self) -> impl Iterator<Item = &Unmapped> {
        self.body.unmapped.iter().filter(|row| !self.dealt.contains_key(&row.row))
    }
}

impl Once {
    /// Of a part of a batch, whoever sends the file again.
    fn of_part(batch: &str, part: usize, request: &[u8]) -> Self {
        Self::of(&[b"a batch", batch.as_bytes(), part.to_string().as_bytes()], "a part of a batch", request)
    }
}

impl Record {
    /// Receives a file: each part of it becomes a referral, and what could not be mapped waits for a person. The same
    /// file again is the same batch, and completes it where it broke off.
    ///
    /// # Errors
    /// When the file as a whole cannot be taken, or it cannot be recorded.
    pub fn receive(
        &self,
        permit: &Permit,
        rules: &RuleSet,
        sent: &Sent<'_>,
        once: Once,
        now: Timestamp,
    ) -> Result<Batch, RecordError> {
        self.writable()?;
        let organisation = sent.organisation;
        let fault = |fault: Fault| Err(RecordError::Faults(vec![fault]));
        if !permit.reaches(organisation) {
            let theirs = Fault::new("/organisation", FaultCode::NotYours, "you act for another organisation");
            return fault(theirs.instead(permit.actor().organisation.clone()));
        }
        self.before(once, now)?;
        let read_as = notifications::encoding(sent.file).map_err(RecordError::Faults)?;
        let hash = self.hash_of(sent, read_as);
        if let Some(id) = self.batch_of(&hash)? {
            return self.complete(permit, &id, sent.file.bytes, now);
        }
        let Some(mapping) = rules.mapping(sent.mapping) else {
            let unknown = Fault::new("/mapping", FaultCode::UnknownMapping, "no such mapping in this rule set");
            let known: Vec<&str> = rules.mappings().iter().map(|mapping| mapping.id.as_str()).collect();
            return fault(unknown.instead(known.join(", ")));
        };
        let read = notifications::read(sent.file, mapping, rules, organisation, now).map_err(RecordError::Faults)?;
        let by = permit.actor();
        let (id, key, file, file_key) = (new_id(), ReferralKey::draw()?, new_id(), ReferralKey::draw()?);
        let body = BatchBody {
            by: by.clone(),
            batch: id.clone(),
            file: file.clone(),
            organisation: organisation.to_owned(),
            received_at: now,
            mapping: mapping.id.clone(),
            rule_set: rules.id().digest.clone(),
            layout: sent.file.layout,
            read_as: read.read_as,
            rows: read.rows,
            parts: read.groups.len(),
            unmapped: read.unmapped,
        };
        let (parts, waiting) = (number(body.parts), number(body.unmapped.len()));
        let leaf = Leaf { rule_set: Some(body.rule_set.clone()), ..Leaf::by(by, Kind::BatchReceived, new_id(), now) };
        let ready = Ready::new(&key, &id, leaf, What::Batch(Arc::new(body)))?;
        let as_it_came = FileBody { by: by.clone(), batch: id.clone(), file: BASE64.encode(sent.file.bytes) };
        let leaf = Leaf::by(by, Kind::FileKept, new_id(), now);
        let kept = Ready::new(&file_key, &file, leaf, What::File(Arc::new(as_it_came)))?;
        let keys = [(id.clone(), self.keys.seal(&id, &key)?), (file.clone(), self.keys.seal(&file, &file_key)?)];
        let (organisation, mapping) = (organisation.to_owned(), mapping.id.clone());
        let write = move |transaction: &mut Transaction<'_>| {
            before(transaction.db(), once, now)?;
            if let Some(mut row) =
                transaction.db().find(include_str!("sql/find_batch_hash.sql"), &[hash.as_slice().into()])?
            {
                return Ok(row.text()?);
            }
            let appended = ready.append(transaction, &id)?;
            kept.append(transaction, &file)?;
            remember(transaction, once, appended, now)?;
            let db = transaction.db();
            for (subject, sealed) in &keys {
                let values = [subject.as_str().into(), sealed.as_slice().into()];
                db.execute(include_str!("sql/append_referral_key.sql"), &values)?;
            }
            let values: [Value<'_>; 7] = [
                id.as_str().into(),
                organisation.as_str().into(),
                now.as_millisecond().into(),
                hash.as_slice().into(),
                mapping.as_str().into(),
                parts.into(),
                waiting.into(),
            ];
            db.execute(include_str!("sql/append_batch.sql"), &values)?;
            Ok(id.clone())
        };
        let id = self.store.write(write).wait_here()?;
        self.complete(permit, &id, sent.file.bytes, now)
    }

    /// Completes a batch whose receipt broke off, from the file that is kept of it.
    ///
    /// # Errors
    /// When there is none within reach, its file is kept no longer, or it cannot be recorded.
    pub fn complete_batch(&self, permit: &Permit, id: &str, now: Timestamp) -> Result<Batch, RecordError> {
        self.complete_from_kept(permit, id, now)?.ok_or_else(|| {
            let detail = "the file is kept no longer, for a referral of it was erased: send the same file again";
            RecordError::Faults(vec![Fault::new("", FaultCode::FileErased, detail)])
        })
    }

    /// The same; nothing when the file is kept no longer.
    pub(super) fn complete_from_kept(
        &self,
        permit: &Permit,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<Batch>, RecordError> {
        let batch = self.batch(permit, id)?;
        if batch.missing() == 0 {
            return Ok(Some(batch));
        }
        self.writable()?;
        let file = batch.body.file.as_str();
        if self.was_erased(file) {
            return Ok(None);
        }
        let (_, events) = match self.store.read_at_once(|db| subject(db, &self.keys, file)) {
            Err(RecordError::NotFound) => return Ok(None),
            found => found?,
        };
        let damaged = || RecordError::Damaged(format!("the file of the batch {id} cannot be read again"));
        let Some(What::File(kept)) = events.first().map(|event| &event.what) else { return Err(damaged()) };
        let bytes = BASE64.decode(kept.file.as_bytes()).map_err(|_| damaged())?;
        self.complete(permit, id, &bytes, now).map(Some)
    }

    /// Records the parts of a batch that are not yet referrals, and answers the batch.
    fn complete(&self, permit: &Permit, id: &str, bytes: &[u8], now: Timestamp) -> Result<Batch, RecordError> {
        let batch = self.batch(permit, id)?;
        let body = &batch.body;
        if batch.missing() == 0 {
            return Ok(batch);
        }
        // Under the rules, and as of the time, of its receipt: so the parts are those that were told.
        let rules = self.rule_set(&body.rule_set)?;
        let damaged = || RecordError::Damaged(format!("the batch {id} cannot be completed: it is read otherwise now"));
        let mapping = rules.mapping(&body.mapping).ok_or_else(damaged)?;
        let file = File { bytes, layout: body.layout, encoding: Some(body.read_as) };
        let read = notifications::read(file, mapping, &rules, &body.organisation, body.received_at);
        let groups = read.map_err(|_| damaged())?.groups;
        if groups.len() != body.parts {
            return Err(damaged());
        }
        let there: BTreeSet<usize> = self.parts_of(id)?.into_iter().map(|(part, _)| part).collect();
        let mut pending: Vec<Pending> = Vec::new();
        for (part, group) in (1..).zip(groups).filter(|(part, _)| !there.contains(part)) {
            let request = group.request.as_bytes();
            let once = Once::of_part(id, part, request);
            let of = InBatch { batch: id.to_owned(), part, incident: group.incident, rows: group.rows };
            let came_by = CameBy::Batch(of, body.received_at);
            pending.push(self.refer_as(permit, &rules, request, came_by, once, Explain::Full, now)?);
            if pending.len() >= AT_ONCE {
                pending.drain(..).try_for_each(|one| one.wait_here().map(|_| ()))?;
            }
        }
        for one in pending {
            one.wait_here()?;
        }
        self.batch(permit, id)
    }

    /// The entry of a batch at a place.
    pub(super) fn batch_event_at(&self, place: i64) -> Result<Event, RecordError> {
        let events = self.store.read_at_once(|db| {
            let values = [Log::Decisions.name().into(), place.into()];
            let row = db.find(include_str!("sql/find_entry.sql"), &values)?;
            let id = row.map(|mut row| row.maybe_text()).transpose()?.flatten().ok_or(RecordError::NotFound)?;
            subject(db, &self.keys, &id)
        });
        let first = events?.1.into_iter().find(|event| i64::try_from(event.place) == Ok(place));
        first.ok_or(RecordError::NotFound)
    }

    /// The batch of a file, if it came before.
    fn batch_of(&self, hash: &Hash) -> Result<Option<String>, RecordError> {
        let find = |db: &mut Db| db.find(include_str!("sql/find_batch_hash.sql"), &[hash.as_slice().into()]);
        Ok(self.store.read(find)?.map(|mut row| row.text()).transpose()?)
    }

    /// A keyed hash of all that makes a file what it is: how it was read, not how it was said to be.
    fn hash_of(&self, sent: &Sent<'_>, read_as: Encoding) -> Hash {
        let layout = match sent.file.layout {
            Layout::Csv => "csv",
            Layout::Ndjson => "ndjson",
        };
        let encoding = match read_as {
            Encoding::Utf8 => "utf-8",
            Encoding::Windows1252 => "windows-1252",
        };
        let bytes = data_encoding::HEXLOWER.encode(&Sha256::digest(sent.file.bytes));
        let all = [sent.organisation, sent.mapping, layout, encoding, &bytes].join("\n");
        self.keys.matching("a batch", &all)
    }

    fn parts_of(&self, id: &str) -> Result<Vec<(usize, Option<String>)>, RecordError> {
        let rows = self.store.read(|db| db.query(include_str!("sql/list_parts_of_batch.sql"), &[id.into()]))?;
        let part = |mut row: Row| Ok((usize::try_from(row.int()?).unwrap_or_default(), row.maybe_text()?));
        rows.into_iter().map(part).collect()
    }

    /// A batch within reach.
    ///
    /// # Errors
    /// When there is none, or what was kept of it cannot be opened.
    pub fn batch(&self, permit: &Permit, id: &str) -> Result<Batch, RecordError> {
        if self.was_erased(id) {
            return Err(RecordError::NotFound);
        }
        let mut batch = self.store.read_at_once(|db| read_batch(db, &self.keys, id))?;
        if !permit.reaches(&batch.listed.organisation) {
            return Err(RecordError::NotFound);
        }
        let count = batch.referrals.len();
        batch.referrals.retain(|(_, listed)| !self.was_erased(&listed.id));
        batch.erased += count - batch.referrals.len();
        Ok(batch)
    }

    /// The batches within reach, the last received first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list_batches(&self, permit: &Permit, most: i64) -> Result<Vec<BatchListed>, RecordError> {
        let values = [permit.only().unwrap_or_default().into(), most.into()];
        let rows = self.store.read(|db| db.query(include_str!("sql/list_batches.sql"), &values))?;
        let listed: Vec<BatchListed> = rows.into_iter().map(BatchListed::read).collect::<Result<_, _>>()?;
        Ok(listed.into_iter().filter(|one| !self.was_erased(&one.id)).collect())
    }

    /// A batch within reach, for somebody to read; that it was read is recorded. A record that cannot be written now is
    /// read all the same, as a referral is.
    ///
    /// # Errors
    /// As `batch`.
    pub fn view_batch(&self, permit: &Permit, id: &str, now: Timestamp) -> Result<Batch, RecordError> {
        let batch = self.batch(permit, id)?;
        match self.note(permit, &batch, Kind::Viewed, now) {
            Ok(()) => {}
            Err(error @ RecordError::NotFound) => return Err(error),
            Err(error) => tracing::warn!(%error, "a reading was not recorded"),
        }
        Ok(batch)
    }

    /// That somebody looked for what is known here of the children of a batch, on disk before they see it.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub fn looked_through(&self, permit: &Permit, batch: &Batch, now: Timestamp) -> Result<(), RecordError> {
        self.note(permit, batch, Kind::LookedUp, now)
    }

    fn note(&self, permit: &Permit, batch: &Batch, kind: Kind, now: Timestamp) -> Result<(), RecordError> {
        self.writable()?;
        let ready = batch.ready(kind, ActBody::by(permit.actor()), now)?;
        let id = batch.listed.id.clone();
        let look = move |transaction: &mut Transaction<'_>| {
            // Erased meanwhile: an entry of it now would bring a part of it back.
            let found = transaction.db().find(include_str!("sql/find_batch.sql"), &[id.as_str().into()])?;
            found.ok_or(RecordError::NotFound)?;
            ready.append(transaction, &id)
        };
        self.store.write(look).wait_here().map(|_| ())
    }

    /// Records how a person dealt with a row that could not be mapped.
    ///
    /// # Errors
    /// When there is no such row within reach, it was dealt with before, or the referral that it names is not there.
    #[expect(clippy::too_many_arguments, reason = "what dealing with a row is made of")]
    pub fn deal(
        &self,
        permit: &Permit,
        id: &str,
        row: usize,
        how: How,
        referral: Option<&str>,
        once: Once,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.writable()?;
        let batch = self.batch(permit, id)?;
        let refused =
            |pointer: &str, code, detail: &str| Err(RecordError::Faults(vec![Fault::new(pointer, code, detail)]));
        if !batch.body.unmapped.iter().any(|one| one.row == row) {
            return Err(RecordError::NotFound);
        }
        if batch.dealt.contains_key(&row) {
            return refused("", FaultCode::DealtWithBefore, "somebody has dealt with this row");
        }
        let referral = match referral.filter(|referral| !referral.is_empty()) {
            None if how.names_a_referral() => {
                return refused("/referral", FaultCode::MissingKey, "say which referral, by its reference");
            }
            Some(_) if !how.names_a_referral() => {
                return refused(
                    "/referral",
                    FaultCode::MisplacedKey,
                    "this way of dealing with a row names no referral",
                );
            }
            None => None,
            Some(named) => match self.reached(permit, named) {
                Ok(case) => Some(case.listed.id),
                Err(RecordError::NotFound) => {
                    return refused(
                        "/referral",
                        FaultCode::UnknownReferral,
                        "there is no such referral; check the reference",
                    );
                }
                Err(error) => return Err(error),
            },
        };
        let act = ActBody { dealt: Some(Dealt { row, how, referral }), ..ActBody::by(permit.actor()) };
        let ready = batch.ready(Kind::RowDealtWith, act, now)?;
        let (id, version, waiting) = (batch.listed.id.clone(), batch.listed.version, batch.listed.waiting - 1);
        let write = move |transaction: &mut Transaction<'_>| {
            if let Some(place) = before(transaction.db(), once, now)? {
                return Ok(Written::Before(place));
            }
            let values = [waiting.into(), id.as_str().into(), version.into()];
            if transaction.db().execute(include_str!("sql/move_batch.sql"), &values)? != 1 {
                return Err(RecordError::Moved("somebody dealt with another row meanwhile; look again".into()));
            }
            let appended = ready.append(transaction, &id)?;
            remember(transaction, once, appended, now)?;
            Ok(Written::Fresh(Box::new(ready.event(appended))))
        };
        Ok(Pending(self.store.write(write)))
    }

    /// The batches whose time has come: nothing waits in them, every part of them is recorded, and they were received
    /// long enough ago.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list_ended_batches(&self, now: Timestamp) -> Result<Vec<String>, RecordError> {
        let rows = self.store.read(|db| db.query(include_str!("sql/list_ended_batches.sql"), &[oldest(now).into()]))?;
        rows.into_iter().map(|mut row| Ok(row.text()?)).collect()
    }

    /// The batches that would have ended, had their receipt not broken off: their time does not come before somebody
    /// completes them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list_incomplete_batches(&self, now: Timestamp) -> Result<Vec<String>, RecordError> {
        let rows =
            self.store.read(|db| db.query(include_str!("sql/list_incomplete_batches.sql"), &[oldest(now).into()]))?;
        rows.into_iter().map(|mut row| Ok(row.text()?)).collect()
    }
}

impl Batch {
    /// What somebody does about it. The log gets the code of how a row was dealt with.
    fn ready(&self, kind: Kind, act: ActBody, now: Timestamp) -> Result<Ready, RecordError> {
        let detail = act.dealt.as_ref().map(|dealt| dealt.how.word().to_owned());
        let leaf = Leaf { detail, ..Leaf::by(&act.by, kind, new_id(), now) };
        Ready::new(&self.key, &self.listed.id, leaf, What::Act(Arc::new(act)))
    }
}

impl BatchListed {
    fn read(mut row: Row) -> Result<Self, DbError> {
        let time = |number: i64| {
            Timestamp::from_millisecond(number).map_err(|_| DbError::Refused("a batch's time is damaged".into()))
        };
        Ok(Self {
            id: row.text()?,
            organisation: row.text()?,
            received_at: time(row.int()?)?,
            mapping: row.text()?,
            parts: row.int()?,
            waiting: row.int()?,
            version: row.int()?,
        })
    }

    /// How a batch must be listed, from its entries alone.
    fn told(events: &[Event]) -> Option<Self> {
        let What::Batch(body) = &events.first()?.what else { return None };
        let dealt = dealt(events).len();
        Some(Self {
            id: body.batch.clone(),
            organisation: body.organisation.clone(),
            received_at: Timestamp::from_millisecond(body.received_at.as_millisecond()).ok()?,
            mapping: body.mapping.clone(),
            parts: number(body.parts),
            waiting: number(body.unmapped.len().saturating_sub(dealt)),
            version: number(1 + dealt),
        })
    }
}

/// Batches that were received before this are kept no longer.
fn oldest(now: Timestamp) -> i64 {
    now.as_millisecond() - SignedDuration::from_hours(24 * BATCH_KEPT_DAYS).as_millis() as i64
}

/// How rows were dealt with, by whom.
fn dealt(events: &[Event]) -> BTreeMap<usize, (Dealt, Actor)> {
    let of = |event: &Event| match &event.what {
        What::Act(act) => act.dealt.clone().map(|dealt| (dealt.row, (dealt, act.by.clone()))),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

/// A batch as a database keeps it.
fn read_batch(db: &mut Db, keys: &Keys, id: &str) -> Result<Batch, RecordError> {
    let row = db.find(include_str!("sql/find_batch.sql"), &[id.into()])?.ok_or(RecordError::NotFound)?;
    let listed = BatchListed::read(row)?;
    let (key, events) = read_subject(db, keys, id)?;
    let damaged = || RecordError::Damaged(format!("the batch {id} does not begin with one"));
    let received = events.first().cloned().ok_or_else(damaged)?;
    let What::Batch(body) = &received.what else { return Err(damaged()) };
    let mut there = BTreeMap::new();
    let mut erased = 0;
    for mut row in db.query(include_str!("sql/list_parts_of_batch.sql"), &[id.into()])? {
        let (part, referral) = (row.int()?, row.maybe_text()?);
        match referral {
            Some(referral) => {
                there.insert(referral, usize::try_from(part).unwrap_or_default());
            }
            None => erased += 1,
        }
    }
    let mut referrals = Vec::new();
    for row in db.query(include_str!("sql/list_referrals_of_batch.sql"), &[id.into()])? {
        let one = Listed::read(row)?;
        referrals.push((there.get(&one.id).copied().unwrap_or_default(), one));
    }
    let body = Arc::clone(body);
    Ok(Batch { listed, body, dealt: dealt(&events), received, referrals, erased, key })
}

/// The key and the entries of a batch or of its file.
fn read_subject(db: &mut Db, keys: &Keys, id: &str) -> Result<(ReferralKey, Vec<Event>), RecordError> {
    let damaged = |what: String| RecordError::Damaged(format!("the batch {id}: {what}"));
    let sealed = db.find(include_str!("sql/find_referral_key.sql"), &[id.into()])?;
    let sealed = sealed.ok_or_else(|| damaged("its key is missing".into()))?.bytes()?;
    let key = keys.open(id, &sealed).ok_or_else(|| damaged("its key does not open".into()))?;
    let mut events = Vec::new();
    for mut row in db.query(include_str!("sql/list_entries_of_referral.sql"), &[id.into()])? {
        let place = u64::try_from(row.int()?).map_err(|_| damaged("an entry has no place".into()))?;
        let (leaf, hash, body) = (row.text()?, row.hash()?, row.bytes()?);
        let event = Event::open(&key, place, &leaf, hash, &body);
        events.push(event.map_err(|what| damaged(format!("entry {place}: {what}")))?);
    }
    Ok((key, events))
}

/// Notes which referral a part of a batch became.
pub(super) fn enter(db: &mut Db, of: &InBatch, referral: &str) -> Result<(), DbError> {
    let values = [of.batch.as_str().into(), number(of.part).into(), referral.into()];
    db.execute(include_str!("sql/append_batch_referral.sql"), &values).map(|_| ())
}

/// What else goes when a subject is erased: a batch's file with the first of its referrals, and with the batch itself.
pub(super) fn goes_with(db: &mut Db, keys: &Keys, events: &[Event]) -> Result<Vec<(String, ReferralKey)>, RecordError> {
    let batch = match events.first().map(|event| &event.what) {
        Some(What::Referral(body)) => body.batch.as_ref().map(|of| of.batch.clone()),
        Some(What::Batch(body)) => Some(body.batch.clone()),
        _ => None,
    };
    let Some(batch) = batch else { return Ok(Vec::new()) };
    let file = match read_batch(db, keys, &batch) {
        Ok(batch) => batch.body.file.clone(),
        // It went before.
        Err(RecordError::NotFound) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    match db.find(include_str!("sql/find_referral_key.sql"), &[file.as_str().into()])? {
        Some(_) => Ok(vec![(file.clone(), read_subject(db, keys, &file)?.0)]),
        None => Ok(Vec::new()),
    }
}

/// A batch or a file as something to be erased.
pub(super) fn subject(db: &mut Db, keys: &Keys, id: &str) -> Result<(ReferralKey, Vec<Event>), RecordError> {
    match db.find(include_str!("sql/find_referral_key.sql"), &[id.into()])? {
        Some(_) => read_subject(db, keys, id),
        None => Err(RecordError::NotFound),
    }
}

/// Holds the lists of batches against the entries; what is wrong, if anything. `whole`: every entry was read.
pub(super) fn wrong(
    db: &mut Db,
    keys: &Keys,
    events: &BTreeMap<String, Vec<Event>>,
    whole: bool,
) -> Result<Option<(String, &'static str)>, RecordError> {
    let mut listed = BTreeMap::new();
    for row in db.query(include_str!("sql/list_all_batches.sql"), &[])? {
        let one = BatchListed::read(row)?;
        listed.insert(one.id.clone(), one);
    }
    let mut parts: BTreeMap<(String, i64), String> = BTreeMap::new();
    for mut row in db.query(include_str!("sql/list_all_parts.sql"), &[])? {
        parts.insert((row.text()?, row.int()?), row.text()?);
    }
    let all: BTreeSet<String> = listed.keys().cloned().collect();
    for (id, entries) in events {
        let place = format!("the batch {id}");
        // Those of an older entry are read again from the beginning.
        let again = if whole { None } else { Some(read_any(db, keys, id)?) };
        let entries = again.as_ref().unwrap_or(entries);
        match entries.first().map(|event| &event.what) {
            Some(What::Batch(_)) => match (listed.remove(id), BatchListed::told(entries)) {
                (None, _) => return Ok(Some((place, "it is not listed any more"))),
                (found, told) if found != told => {
                    return Ok(Some((place, "it is listed otherwise than its entries tell it")));
                }
                _ => {}
            },
            Some(What::Referral(body)) => {
                let Some(of) = &body.batch else { continue };
                if all.contains(&of.batch) && parts.remove(&(of.batch.clone(), number(of.part))).as_ref() != Some(id) {
                    let what = "it came in a batch, and is not listed as a part of it";
                    return Ok(Some((format!("the referral {id}"), what)));
                }
            }
            Some(What::File(body)) if !all.contains(&body.batch) => {
                return Ok(Some((place, "its file is there, and the batch is not")));
            }
            _ => {}
        }
    }
    match (whole, listed.keys().next(), parts.keys().next()) {
        (true, Some(id), _) => Ok(Some((format!("the batch {id}"), "it is listed, and no entry is of it"))),
        (true, None, Some((id, _))) => Ok(Some((format!("the batch {id}"), "a part of it is no referral of it"))),
        _ => Ok(None),
    }
}

fn read_any(db: &mut Db, keys: &Keys, id: &str) -> Result<Vec<Event>, RecordError> {
    read_subject(db, keys, id).map(|(_, events)| events)
}

/// A count as databases count: no file has more rows than they can.
fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
