//! The notary: reads again what was committed, checks that it was entered here, reckons the tree from it, and only then
//! signs.
//!
//! It follows the writer at a short distance and keeps each checkpoint in the guard. What does not continue the
//! checkpoint signed before is not signed, and nothing more is recorded until a person has said why.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::checkpoint::Checkpoint;
use super::db::{Db, DbError};
use super::guard::Guard;
use super::keyed::{self, Keyed};
use super::keys::Keys;
use super::log::{self, Frontier, Hash, Hashes, leaf_hash};
use super::store::{Store, head, number};
use super::{Log, RecordError};

/// How many entries are read again at a time.
const STRIDE: u64 = 1024;
/// How far it follows behind: what is acknowledged within this time of a crash is in the database, and perhaps not yet
/// in the guard.
const PACE: Duration = Duration::from_millis(200);

/// Signs checkpoints of both logs.
#[derive(Debug)]
pub struct Notary {
    keys: Arc<Keys>,
    guard: Guard,
    signed: Mutex<BTreeMap<Log, Signed>>,
    /// From where entries are keyed; nothing until it has begun.
    keyed: Mutex<Option<Keyed>>,
    bell: Bell,
}

/// What was signed last.
#[derive(Debug, Clone)]
struct Signed {
    frontier: Frontier,
    note: String,
}

/// Rung after every commit.
#[derive(Debug, Default)]
pub struct Bell {
    rung: Mutex<Rung>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Rung {
    #[default]
    No,
    Yes,
    ForTheLastTime,
}

impl Bell {
    fn ring(&self, how: Rung) {
        let mut rung = held(&self.rung);
        if *rung != Rung::ForTheLastTime {
            *rung = how;
        }
        self.changed.notify_all();
    }

    /// Waits for a ring; false when it was the last.
    fn wait(&self) -> bool {
        let rung = held(&self.rung);
        let mut rung = self.changed.wait_while(rung, |rung| *rung == Rung::No).unwrap_or_else(PoisonError::into_inner);
        let goes_on = *rung == Rung::Yes;
        if goes_on {
            *rung = Rung::No;
        }
        goes_on
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a database does not continue what was signed before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotContinued {
    /// There is nothing in the guard to compare with.
    #[error("the guard has no checkpoint of the log `{0}`, which has entries")]
    NoGuard(&'static str),
    /// The guard's checkpoint is not signed by this installation's key.
    #[error("the guard's checkpoint of the log `{0}` is not signed by this installation's key")]
    Foreign(&'static str),
    /// The database is older than the guard.
    #[error("the log `{log}` has {has} entries, and {signed} were signed: the database was put back or cut short")]
    RolledBack {
        /// The log.
        log: &'static str,
        /// How many it has.
        has: u64,
        /// How many it had.
        signed: u64,
    },
    /// The database is another.
    #[error("the first {signed} entries of the log `{log}` are not those that were signed")]
    Forked {
        /// The log.
        log: &'static str,
        /// How many were signed.
        signed: u64,
    },
    /// Entries may have been added without the keys.
    #[error("{0}")]
    NotKeyed(&'static str),
}

impl Notary {
    /// A notary that goes on from what the guard holds.
    pub fn new(keys: Arc<Keys>, guard: Guard) -> Self {
        Self { keys, guard, signed: Mutex::default(), keyed: Mutex::default(), bell: Bell::default() }
    }

    /// Lays down the guard of a new installation, before its first entry.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn lay_down(keys: &Keys, guard: &Guard) -> std::io::Result<()> {
        Log::ALL.into_iter().try_for_each(|log| {
            let checkpoint = at(keys, log, &Frontier::default());
            guard.keep(log, &checkpoint, &keys.sign(&checkpoint))
        })
    }

    /// Compares the database with the guard.
    ///
    /// # Errors
    /// When either cannot be read. `Ok(Err(..))` when the database does not continue what was signed.
    pub fn compare(&self, store: &Store) -> Result<Result<(), NotContinued>, RecordError> {
        for log in Log::ALL {
            let name = log.name();
            // The guard first: while another replica writes, the database is never behind a guard read before it.
            let Some(note) = self.guard.checkpoint(log)? else {
                return Ok(Err(NotContinued::NoGuard(name)));
            };
            let Ok(checkpoint) = Checkpoint::open(&note, &self.keys.all_public(log)) else {
                return Ok(Err(NotContinued::Foreign(name)));
            };
            let signed = checkpoint.size;
            let size = store.read(|db| head(db, log))?.size();
            if size < signed {
                return Ok(Err(NotContinued::RolledBack { log: name, has: size, signed }));
            }
            let frontier = store.read(|db| log::frontier(signed, &mut Kept { db, log }))?;
            if frontier.root() != checkpoint.root {
                return Ok(Err(NotContinued::Forked { log: name, signed }));
            }
            held(&self.signed).insert(log, Signed { frontier, note });
        }
        let guarded = self.guard.keyed()?;
        match store.read_at_once(|db| keyed::find(db, &self.keys, guarded.as_deref()))? {
            Ok(keyed) => *held(&self.keyed) = keyed,
            Err(why) => return Ok(Err(NotContinued::NotKeyed(why))),
        }
        Ok(Ok(()))
    }

    /// From where entries are keyed, once it has begun.
    pub(super) fn keyed(&self) -> Option<Keyed> {
        *held(&self.keyed)
    }

    /// From here on it signs no entry that is not keyed; the guard remembers it.
    ///
    /// # Errors
    /// When the guard cannot be written.
    pub(super) fn begin_keyed(&self, keyed: Keyed) -> std::io::Result<()> {
        let text = keyed.text(&self.keys);
        if self.guard.keyed()?.as_ref() != Some(&text) {
            self.guard.keep_keyed(&text)?;
        }
        *held(&self.keyed) = Some(keyed);
        Ok(())
    }

    /// Takes a database for what is to be continued, though it does not continue what was signed before: all of it is
    /// read again, what was signed before is laid aside.
    ///
    /// # Errors
    /// When it cannot be read, does not add up to its own heads, or the guard cannot be written.
    pub fn adopt(&self, store: &Store) -> Result<(), RecordError> {
        let guarded = self.guard.keyed()?;
        let keyed = store.read_at_once(|db| keyed::find_in_fork(db, &self.keys, guarded.as_deref()))?;
        *held(&self.keyed) = keyed;
        for log in Log::ALL {
            let mut frontier = Frontier::default();
            store.read_at_once(|db| self.read_again(db, log, &mut frontier))?;
            let checkpoint = at(&self.keys, log, &frontier);
            let note = self.keys.sign(&checkpoint);
            self.guard.lay_aside(log)?;
            self.guard.keep(log, &checkpoint, &note)?;
            held(&self.signed).insert(log, Signed { frontier, note });
        }
        Ok(())
    }

    /// Begins to follow the writer, until `stop`; `refused` is told once when a log does not continue what was signed.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn follow(
        self: &Arc<Self>,
        store: Arc<Store>,
        refused: impl Fn(&RecordError) + Send + 'static,
    ) -> std::io::Result<thread::JoinHandle<()>> {
        let notary = Arc::clone(self);
        thread::Builder::new().name("record notary".into()).spawn(move || {
            while notary.bell.wait() {
                match notary.sign_all(&store) {
                    Ok(()) => {}
                    Err(error @ RecordError::Damaged(_)) => return refused(&error),
                    // It can be read later, or the guard written; the next ring tries again.
                    Err(error) => tracing::warn!(%error, "a checkpoint could not be signed"),
                }
                thread::sleep(PACE);
            }
            if let Err(error) = notary.sign_all(&store) {
                tracing::warn!(%error, "the last checkpoint could not be signed");
            }
        })
    }

    /// Says that something was committed.
    pub fn ring(&self) {
        self.bell.ring(Rung::Yes);
    }

    /// Says that nothing more comes: what was committed is signed once more.
    pub fn stop(&self) {
        self.bell.ring(Rung::ForTheLastTime);
    }

    /// The last checkpoint of a log, as a signed note.
    pub fn checkpoint(&self, log: Log) -> Option<String> {
        held(&self.signed).get(&log).map(|signed| signed.note.clone())
    }

    /// Signs what both logs hold now.
    ///
    /// # Errors
    /// When a log cannot be read again, does not continue what was signed, or the guard cannot be written.
    pub fn sign_all(&self, store: &Store) -> Result<(), RecordError> {
        Log::ALL.into_iter().try_for_each(|log| self.sign_one(store, log))
    }

    fn sign_one(&self, store: &Store, log: Log) -> Result<(), RecordError> {
        // One signs at a time: the guard must never go back.
        let mut signed = held(&self.signed);
        let mut frontier = signed.get(&log).map(|signed| signed.frontier.clone()).unwrap_or_default();
        let before = frontier.size();
        store.read_at_once(|db| self.read_again(db, log, &mut frontier))?;
        if frontier.size() == before {
            return Ok(());
        }
        let checkpoint = at(&self.keys, log, &frontier);
        let note = self.keys.sign(&checkpoint);
        self.guard.keep(log, &checkpoint, &note)?;
        signed.insert(log, Signed { frontier: frontier.clone(), note: note.clone() });
        drop(signed);
        let size = number(frontier.size())?;
        let keep = move |transaction: &mut super::store::Transaction<'_>| {
            let values = [log.name().into(), size.into(), note.as_str().into()];
            Ok(transaction.db().execute(include_str!("sql/append_checkpoint.sql"), &values)?)
        };
        // The guard has it; the database's copy only helps to date a damage.
        drop(store.write(keep));
        Ok(())
    }

    /// Goes on from a frontier over every entry that the database has since: read again, hashed again, and entered here.
    fn read_again(&self, db: &mut Db, log: Log, frontier: &mut Frontier) -> Result<(), RecordError> {
        let damaged = |what: &str| RecordError::Damaged(format!("the log `{}` {what}", log.name()));
        let (head, keyed) = (head(db, log)?, self.keyed());
        if head.size() < frontier.size() {
            return Err(damaged("is shorter than what was signed"));
        }
        while frontier.size() < head.size() {
            let (from, to) = (frontier.size(), head.size().min(frontier.size() + STRIDE));
            let values = [log.name().into(), number(from)?.into(), number(to)?.into()];
            for mut row in db.query(include_str!("sql/list_keyed_leaves.sql"), &values)? {
                let (place, leaf, mac) = (row.int()?, row.text()?, row.maybe_bytes()?);
                if place != number(frontier.size())? {
                    return Err(damaged(&format!("has no entry {}", frontier.size())));
                }
                if keyed.is_some_and(|keyed| !keyed.holds(&self.keys, log, frontier.size(), &leaf, mac.as_deref())) {
                    return Err(damaged(&format!("has an entry {} that was not entered here", frontier.size())));
                }
                frontier.push(leaf_hash(leaf.as_bytes()));
            }
            if frontier.size() != to {
                return Err(damaged(&format!("has no entry {}", frontier.size())));
            }
        }
        if *frontier == head { Ok(()) } else { Err(damaged("does not add up to its own head")) }
    }
}

/// The checkpoint of a log at a frontier.
fn at(keys: &Keys, log: Log, frontier: &Frontier) -> Checkpoint {
    Checkpoint { origin: keys.origin(log), size: frontier.size(), root: frontier.root() }
}

/// The hashes that a database keeps of a log.
pub(super) struct Kept<'d> {
    pub db: &'d mut Db,
    pub log: Log,
}

impl Hashes for Kept<'_> {
    type Error = DbError;

    fn hashes(&mut self, level: u32, start: u64, count: u64) -> Result<Vec<Hash>, DbError> {
        let (from, to) = (number(start)?, number(start + count)?);
        let rows = if level == 0 {
            let values = [self.log.name().into(), from.into(), to.into()];
            self.db.query(include_str!("sql/list_leaf_hashes.sql"), &values)?
        } else {
            let values = [self.log.name().into(), i64::from(level).into(), from.into(), to.into()];
            self.db.query(include_str!("sql/list_tile_hashes.sql"), &values)?
        };
        let mut hashes = Vec::with_capacity(rows.len());
        for (expected, mut row) in (from..to).zip(rows) {
            if row.int()? != expected {
                break;
            }
            hashes.push(row.hash()?);
        }
        let all = hashes.len() as u64 == count;
        all.then_some(hashes).ok_or_else(|| DbError::Refused(format!("the log `{}` lacks hashes", self.log.name())))
    }
}
