//! The store: one writer that gathers what waits into one commit, and readers beside it.
//!
//! Work comes as a closure over the open transaction. It checks first and writes after; what it refuses, it has not
//! begun to write. A caller hears of success only when the commit is on disk.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use tokio::sync::oneshot;

use super::db::{Access, Db, DbError, Location, Value};
use super::keys::Keys;
use super::log::{Frontier, Hash, leaf_hash};
use super::{Log, RecordError};
use crate::metrics;

/// How many pieces of work share one commit: more would keep the first of them waiting.
const MAX_BATCH: usize = 256;
/// How many may wait: more than the connections that the server takes.
const MAX_WAITING: usize = 1024;

/// A database with its writer.
#[derive(Debug)]
pub struct Store {
    location: Location,
    /// `None` only while it is dropped.
    work: Option<SyncSender<Box<dyn Job>>>,
    writer: Option<JoinHandle<()>>,
    idle: Mutex<Vec<Db>>,
}

/// An entry that is now in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its place.
    pub place: u64,
    /// Its hash.
    pub leaf_hash: Hash,
}

impl Store {
    /// Begins to write to a database whose schema is in order; `committed` is told after every commit.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(
        location: &Location,
        keys: Arc<Keys>,
        committed: impl Fn() + Send + 'static,
    ) -> Result<Arc<Self>, DbError> {
        let db = Db::open(location, Access::Write)?;
        let (work, waiting) = sync_channel(MAX_WAITING);
        let writer = Writer { location: location.clone(), keys, db: Some(db), committed: Box::new(committed) };
        let spawned = thread::Builder::new().name("record writer".into()).spawn(move || writer.run(&waiting));
        let writer = Some(spawned.map_err(|error| DbError::Unavailable(error.to_string()))?);
        Ok(Arc::new(Self { location: location.clone(), work: Some(work), writer, idle: Mutex::default() }))
    }

    /// Hands work to the writer; the answer comes when it is on disk, or refused.
    ///
    /// The work may run twice, when what shared its commit failed: it must not depend on having run once.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Transaction<'_>) -> Result<T, RecordError> + Send + 'static,
    ) -> Answer<T> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Typed { work, answer: None, reply });
        let refused = match &self.work {
            None => Some(job as Box<dyn Job>),
            Some(work) => match work.try_send(job) {
                Ok(()) => None,
                Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) => Some(job),
            },
        };
        if let Some(job) = refused {
            job.end(Some(&DbError::Unavailable("too much waits to be recorded".into())));
        }
        Answer(answer)
    }

    /// Leaves nothing of what was deleted in the database's own files.
    ///
    /// # Errors
    /// When it cannot be done now.
    pub fn compact(&self) -> Result<(), DbError> {
        Db::open(&self.location, Access::Write)?.compact()
    }

    /// Reads, on a connection of its own.
    ///
    /// # Errors
    /// Whatever the reading finds.
    pub fn read<T, E: From<DbError>>(&self, reading: impl FnOnce(&mut Db) -> Result<T, E>) -> Result<T, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut db = idle.map_or_else(|| Db::open(&self.location, Access::Read), Ok)?;
        // A connection is kept only after it served: one that failed may be broken.
        let found = reading(&mut db)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
        Ok(found)
    }

    /// Reads at one moment: nothing that commits meanwhile is seen.
    ///
    /// # Errors
    /// Whatever the reading finds.
    pub fn read_at_once<T, E: From<DbError>>(&self, reading: impl FnOnce(&mut Db) -> Result<T, E>) -> Result<T, E> {
        self.read(|db| {
            db.begin_reading()?;
            let found = reading(db);
            db.roll_back()?;
            found
        })
    }
}

impl Drop for Store {
    /// Waits until every connection is closed: whoever copies or moves the files afterwards has them whole.
    fn drop(&mut self) {
        drop(self.work.take());
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        // A PostgreSQL connection ends by waiting for the server, which a thread of a runtime must not do.
        let ends = thread::Builder::new().spawn(move || drop(idle)).ok();
        for thread in self.writer.take().into_iter().chain(ends) {
            // One that panicked has ended too.
            let _ = thread.join();
        }
    }
}

/// The answer to work that was handed over.
#[derive(Debug)]
pub struct Answer<T>(oneshot::Receiver<Result<T, RecordError>>);

impl<T> Answer<T> {
    /// Waits as a future.
    ///
    /// # Errors
    /// What the work refused, or why it could not be recorded.
    pub async fn wait(self) -> Result<T, RecordError> {
        self.0.await.unwrap_or(Err(RecordError::broke_off()))
    }

    /// Waits on a thread that may stand still.
    ///
    /// # Errors
    /// As `wait`.
    pub fn wait_here(self) -> Result<T, RecordError> {
        self.0.blocking_recv().unwrap_or(Err(RecordError::broke_off()))
    }
}

/// An open transaction.
#[derive(Debug)]
pub struct Transaction<'d> {
    db: &'d mut Db,
    keys: &'d Keys,
    heads: BTreeMap<Log, Frontier>,
}

impl Transaction<'_> {
    /// The database, for reading and for what is not a log.
    pub fn db(&mut self) -> &mut Db {
        self.db
    }

    /// Adds an entry to a log, with the keyed hash that shows that it was added here.
    ///
    /// # Errors
    /// When the database fails.
    pub fn append(
        &mut self,
        log: Log,
        leaf: &str,
        referral: Option<&str>,
        body: Option<&[u8]>,
    ) -> Result<Appended, DbError> {
        let mut head = match self.heads.remove(&log) {
            Some(head) => head,
            None => head(self.db, log)?,
        };
        let (place, leaf_hash) = (head.size(), leaf_hash(leaf.as_bytes()));
        let at = number(place)?;
        let mac = self.keys.entered(log, place, leaf);
        let values: [Value<'_>; 7] = [
            log.name().into(),
            at.into(),
            leaf.into(),
            leaf_hash.as_slice().into(),
            referral.into(),
            body.into(),
            mac.as_slice().into(),
        ];
        self.db.execute(include_str!("sql/append_entry.sql"), &values)?;
        for full in head.push(leaf_hash) {
            let values = [
                log.name().into(),
                i64::from(full.level).into(),
                number(full.index)?.into(),
                full.hash.as_slice().into(),
            ];
            self.db.execute(include_str!("sql/append_tile_hash.sql"), &values)?;
        }
        self.heads.insert(log, head);
        Ok(Appended { place, leaf_hash })
    }

    /// How many entries a log has, those of this transaction among them.
    ///
    /// # Errors
    /// When the database fails.
    pub fn size(&mut self, log: Log) -> Result<u64, DbError> {
        match self.heads.get(&log) {
            Some(head) => Ok(head.size()),
            None => Ok(head(self.db, log)?.size()),
        }
    }

    fn write_heads(&mut self) -> Result<(), DbError> {
        for (log, head) in std::mem::take(&mut self.heads) {
            let peaks = head.to_bytes();
            let values = [number(head.size())?.into(), peaks.as_slice().into(), log.name().into()];
            self.db.execute(include_str!("sql/move_head.sql"), &values)?;
        }
        Ok(())
    }
}

/// The head of a log as it is kept.
///
/// # Errors
/// When it cannot be read, or is no head.
pub fn head(db: &mut Db, log: Log) -> Result<Frontier, DbError> {
    let damaged = || DbError::Refused(format!("the head of the log `{}` is damaged", log.name()));
    let mut row = db.find(include_str!("sql/find_head.sql"), &[log.name().into()])?.ok_or_else(damaged)?;
    let size = u64::try_from(row.int()?).map_err(|_| damaged())?;
    Frontier::from_bytes(size, &row.bytes()?).ok_or_else(damaged)
}

/// A place in a log as databases count.
///
/// # Errors
/// Beyond 2^63 entries.
pub(super) fn number(place: u64) -> Result<i64, DbError> {
    i64::try_from(place).map_err(|_| DbError::Refused("the log is longer than a database can count".into()))
}

/// How long a commit takes is told to whoever watches; nothing that is recorded depends on it.
#[expect(clippy::disallowed_methods, reason = "the edge measures itself")]
fn clock() -> Instant {
    Instant::now()
}

trait Job: Send {
    fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), DbError>;
    fn end(self: Box<Self>, failed: Option<&DbError>);
}

struct Typed<T, F> {
    work: F,
    answer: Option<Result<T, RecordError>>,
    reply: oneshot::Sender<Result<T, RecordError>>,
}

impl<T: Send, F: FnMut(&mut Transaction<'_>) -> Result<T, RecordError> + Send> Job for Typed<T, F> {
    fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), DbError> {
        match (self.work)(transaction) {
            Err(RecordError::Db(error)) => Err(error),
            answer => {
                self.answer = Some(answer);
                Ok(())
            }
        }
    }

    fn end(self: Box<Self>, failed: Option<&DbError>) {
        let answer = match (failed, self.answer) {
            (None, Some(answer)) => answer,
            (Some(error), _) => Err(RecordError::Db(error.again())),
            (None, None) => Err(RecordError::broke_off()),
        };
        // Who asked may have gone; what is recorded stays recorded.
        let _ = self.reply.send(answer);
    }
}

struct Writer {
    location: Location,
    keys: Arc<Keys>,
    db: Option<Db>,
    committed: Box<dyn Fn() + Send>,
}

impl Writer {
    /// Works until nobody can hand over work any more.
    fn run(mut self, waiting: &Receiver<Box<dyn Job>>) {
        while let Ok(first) = waiting.recv() {
            let mut batch = vec![first];
            while batch.len() < MAX_BATCH
                && let Ok(next) = waiting.try_recv()
            {
                batch.push(next);
            }
            self.work_off(batch);
        }
    }

    fn work_off(&mut self, mut batch: Vec<Box<dyn Job>>) {
        let began = clock();
        let done = self.commit(&mut batch);
        metrics::committed(done.is_ok(), began.elapsed());
        match done {
            Ok(()) => {
                for job in batch {
                    job.end(None);
                }
                (self.committed)();
            }
            // One of them is wrong, and which is not known: each alone, so that the others are not refused for it.
            Err(DbError::Refused(_)) if batch.len() > 1 => {
                for job in batch {
                    self.work_off(vec![job]);
                }
            }
            Err(error) => {
                for job in batch {
                    job.end(Some(&error));
                }
            }
        }
    }

    fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), DbError> {
        let mut db = match self.db.take() {
            Some(db) => db,
            None => Db::open(&self.location, Access::Write)?,
        };
        let done = Self::in_transaction(&mut db, &self.keys, batch);
        match &done {
            Ok(()) => self.db = Some(db),
            // The statement was refused, the connection is sound.
            Err(DbError::Refused(_)) if db.roll_back().is_ok() => self.db = Some(db),
            // What a failed write left behind is not known: begin again with a new connection.
            Err(_) => drop(db),
        }
        done
    }

    fn in_transaction(db: &mut Db, keys: &Keys, batch: &mut [Box<dyn Job>]) -> Result<(), DbError> {
        db.begin()?;
        let mut transaction = Transaction { db, keys, heads: BTreeMap::new() };
        for job in batch {
            job.run(&mut transaction)?;
        }
        transaction.write_heads()?;
        db.commit()
    }
}
