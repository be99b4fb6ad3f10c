//! The record: what was said, indicated and decided, kept so that anyone can prove it later.
//!
//! Nothing is rewritten; removal under retention is itself recorded. A row, its idempotency key and its entry in the
//! log are on disk in one commit before anything is acknowledged.

pub mod calibration;
pub mod checkpoint;
pub mod db;
pub mod guard;
pub mod keyed;
pub mod keys;
pub mod leaf;
pub mod log;
pub mod migrate;
pub mod notary;
pub mod reference;
pub mod seal;
pub mod store;

mod postgres;
mod sqlite;

pub mod api_keys;
pub mod batches;
pub mod body;
pub mod break_glass;
pub mod bundle;
pub mod came_from;
pub mod case;
pub mod copy;
pub mod counted;
pub mod disagreements;
pub mod disclosure;
pub mod drafts;
pub mod earlier;
pub mod erase;
pub mod families;
pub mod handed;
pub mod health;
pub mod joined;
pub mod keep;
pub mod letters;
pub mod list;
pub mod occurrences;
pub mod once;
pub mod people;
pub mod quality;
pub mod replay;
pub mod reports;
pub mod rule_changes;
pub mod rule_drafts;
pub mod rule_sets;
pub mod sessions;
pub mod shown;
pub mod tiles;
pub mod transfer;
pub mod verify;
pub mod whole;

mod entry;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use jiff::Timestamp;

use crate::json::Fault;
use db::{Access, Db, DbError, Location};
use guard::Guard;
use keys::{Keys, KeysError};
use leaf::{Kind, Leaf};
use migrate::{Schema, migrate, schema};
use notary::{NotContinued, Notary};
use store::Store;

/// One of the two logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Log {
    /// Referrals, evaluations, decisions, and who read them.
    Decisions,
    /// Rule sets and keys; nothing about a child, so it may be published.
    Rules,
}

impl Log {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Decisions, Self::Rules];

    /// Its name, the last part of its origin.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decisions => "decisions",
            Self::Rules => "rules",
        }
    }

    /// The log of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|log| log.name() == name)
    }
}

/// Why something was not recorded or not found, and so what to do.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is no such thing, or it is another agency's.
    #[error("there is no such referral")]
    NotFound,
    /// Something became known since; read again.
    #[error("{0}")]
    Moved(String),
    /// The same key came with another request.
    #[error("this `Idempotency-Key` came with another request before")]
    KeyReused,
    /// What was asked for has faults.
    #[error("the request has faults")]
    Faults(Vec<Fault>),
    /// Nothing is recorded until a person has said why.
    #[error("nothing is recorded: {0}")]
    ReadOnly(String),
    /// The record does not hold what it held.
    #[error("the record is damaged: {0}")]
    Damaged(String),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A file beside the database.
    #[error("a file of the record cannot be used: {0}")]
    File(io::Error),
}

impl From<io::Error> for RecordError {
    // Not as its source: it would be told twice.
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl RecordError {
    pub(super) fn broke_off() -> Self {
        Self::Db(DbError::Unavailable("the writer broke off".into()))
    }
}

/// Why a record is taken into use that does not continue what was signed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForkReason {
    /// A backup was put back; what was recorded after it is lost, and is entered again from paper.
    Restored,
    /// The disk of the database failed.
    DiskFailed,
    /// The guard was lost, not the database.
    GuardLost,
}

impl ForkReason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Restored, Self::DiskFailed, Self::GuardLost];

    /// The reason of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.word() == word)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::DiskFailed => "disk_failed",
            Self::GuardLost => "guard_lost",
        }
    }
}

/// Where a record is, and where its keys and its guard are.
#[derive(Debug, Clone)]
pub struct Places {
    /// The database.
    pub database: Location,
    /// The key file.
    pub keys: PathBuf,
    /// The guard's folder.
    pub guard: PathBuf,
}

impl Places {
    /// The places in a data folder.
    pub fn in_folder(data: &Path) -> Self {
        Self {
            database: Location::Sqlite(data.join("windscreen.db")),
            keys: data.join("windscreen.keys"),
            guard: data.join("guard"),
        }
    }
}

/// An open record.
#[derive(Debug)]
pub struct Record {
    store: Arc<Store>,
    keys: Arc<Keys>,
    guard: Guard,
    notary: Arc<Notary>,
    following: Mutex<Option<JoinHandle<()>>>,
    refused: Arc<RwLock<Option<String>>>,
    /// Referrals that were erased: a database put back from before does not show them.
    erased: RwLock<BTreeSet<String>>,
    rule_sets: rule_sets::Kept,
    rules_told: rule_changes::LastTold,
    round_results: calibration::RoundResults,
    counted: counted::LastCounted,
}

impl Record {
    /// Opens a record; a new one, with its keys and guard, when there is none yet.
    ///
    /// A database that does not continue what was signed before is opened read-only, and says why.
    ///
    /// # Errors
    /// When it cannot be opened, or keys and database do not belong together.
    pub fn open(places: &Places, now: Timestamp) -> Result<Self, RecordError> {
        let guard = Guard::in_folder(&places.guard)?;
        let keys = Arc::new(keys_of(places, &guard)?);
        let found = schema(&mut Db::open(&places.database, Access::Write)?)?;
        match found {
            Schema::Ready => {}
            Schema::Empty => {
                migrate(&places.database)?;
            }
            Schema::Behind(_) => {
                let detail = "the database's schema is older than this program: run `windscreen migrate`";
                return Err(DbError::Refused(detail.into()).into());
            }
            Schema::TooNew(why) => return Err(DbError::Refused(why).into()),
            Schema::Changed(name) => {
                let detail = format!("the schema's step {name} is not the one that was applied");
                return Err(DbError::Refused(detail).into());
            }
        }
        let notary = Arc::new(Notary::new(Arc::clone(&keys), guard.clone()));
        let bell = Arc::clone(&notary);
        let store = Store::open(&places.database, Arc::clone(&keys), move || bell.ring())?;
        let refused = Arc::new(RwLock::new(None));
        let erased = RwLock::new(guard.all_erased()?);
        let record = Self {
            store,
            keys,
            guard,
            notary,
            following: Mutex::default(),
            refused,
            erased,
            rule_sets: rule_sets::Kept::default(),
            rules_told: rule_changes::LastTold::default(),
            round_results: calibration::RoundResults::default(),
            counted: counted::LastCounted::default(),
        };
        match record.notary.compare(&record.store)? {
            Ok(()) => record.begin(now)?,
            Err(why) => record.refuse(&why),
        }
        Ok(record)
    }

    fn refuse(&self, why: &NotContinued) {
        tracing::error!(event = "record_read_only", error = %why, "the record is read-only");
        *self.refused.write().unwrap_or_else(PoisonError::into_inner) = Some(why.to_string());
    }

    fn begin(&self, now: Timestamp) -> Result<(), RecordError> {
        self.begin_keyed()?;
        let refused = Arc::clone(&self.refused);
        let follows = self.notary.follow(Arc::clone(&self.store), move |error| {
            tracing::error!(event = "record_read_only", %error, "the record is read-only from now on");
            *refused.write().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
        })?;
        *self.following.lock().unwrap_or_else(PoisonError::into_inner) = Some(follows);
        self.say_which_key(now)?;
        self.erase_again(now)?;
        self.list_all_anew()
    }

    /// At the first start of a program that keys entries: from which on each is, and what of before becomes keyed.
    fn begin_keyed(&self) -> Result<(), RecordError> {
        let keyed = match self.notary.keyed() {
            Some(keyed) => keyed,
            None => {
                let keys = Arc::clone(&self.keys);
                let begin = move |transaction: &mut store::Transaction<'_>| {
                    let (keyed, is_first) = keyed::begin(transaction, &keys)?;
                    if is_first {
                        api_keys::key_those_of_before(transaction, &keys)?;
                    }
                    Ok(keyed)
                };
                self.store.write(begin).wait_here()?
            }
        };
        Ok(self.notary.begin_keyed(keyed)?)
    }

    /// The first entry of a new record, and the first after a rotation: which key signs.
    fn say_which_key(&self, now: Timestamp) -> Result<(), RecordError> {
        let key = self.keys.public(Log::Decisions).to_string();
        let said = self.store.read(|db| migrate::setting(db, "signing key"))?;
        if said.as_ref() == Some(&key) {
            return Ok(());
        }
        let leaf = Leaf { detail: Some(key.clone()), ..Leaf::new(Kind::KeyAdded, new_id(), now) }.text();
        let say = move |transaction: &mut store::Transaction<'_>| {
            if migrate::setting(transaction.db(), "signing key")?.as_ref() != Some(&key) {
                migrate::put_setting(transaction.db(), "signing key", &key)?;
                transaction.append(Log::Rules, &leaf, None, None)?;
            }
            Ok(())
        };
        self.store.write(say).wait_here()
    }

    /// Takes a record into use again that does not continue what was signed before, and records in both logs that this
    /// was done, why, and what had been signed.
    ///
    /// # Errors
    /// When it is not read-only for that, or what it holds does not add up.
    pub fn accept_fork(&self, why: ForkReason, now: Timestamp) -> Result<(), RecordError> {
        if self.read_only().is_none() {
            return Err(RecordError::Moved("this record continues what was signed: there is nothing to accept".into()));
        }
        let mut signed = Vec::new();
        for log in Log::ALL {
            let note = self.guard.checkpoint(log)?;
            let claimed = note.and_then(|note| checkpoint::Checkpoint::claimed(&note));
            let text = claimed.map(|before| format!("{} entries, root {}", before.size, leaf::digest(&before.root)));
            signed.push(text.unwrap_or_else(|| "nothing".into()));
        }
        self.notary.adopt(&self.store)?;
        *self.refused.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.begin(now)?;
        let leaf = |before: &String| {
            let detail = Some(format!("{}; signed before: {before}", why.word()));
            Leaf { detail, ..Leaf::new(Kind::ForkAccepted, new_id(), now) }.text()
        };
        let leaves: Vec<(Log, String)> = Log::ALL.into_iter().zip(signed.iter().map(leaf)).collect();
        let say = move |transaction: &mut store::Transaction<'_>| {
            for (log, leaf) in &leaves {
                transaction.append(*log, leaf, None, None)?;
            }
            Ok(())
        };
        self.store.write(say).wait_here()?;
        self.sign_now()
    }

    /// Why nothing is recorded, when nothing is.
    pub fn read_only(&self) -> Option<String> {
        self.refused.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn writable(&self) -> Result<(), RecordError> {
        self.read_only().map_or(Ok(()), |why| Err(RecordError::ReadOnly(why)))
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The guard.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The last signed checkpoint of a log.
    pub fn checkpoint(&self, log: Log) -> Option<String> {
        self.notary.checkpoint(log)
    }

    /// Signs what the logs hold now, without waiting for the notary.
    ///
    /// # Errors
    /// When a log does not continue what was signed, or the guard cannot be written.
    pub fn sign_now(&self) -> Result<(), RecordError> {
        self.writable()?;
        self.notary.sign_all(&self.store)
    }
}

impl Drop for Record {
    /// What was committed is signed before the program ends.
    fn drop(&mut self) {
        self.notary.stop();
        if let Some(following) = self.following.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A notary that panicked has signed all it could.
            let _ = following.join();
        }
    }
}

/// The keys; drawn when neither they nor anything else of a record is there yet.
fn keys_of(places: &Places, guard: &Guard) -> Result<Keys, RecordError> {
    if places.keys.exists() {
        return Ok(Keys::read(&places.keys)?);
    }
    let is_new = schema(&mut Db::open(&places.database, Access::Write)?)? == Schema::Empty;
    if !is_new {
        let detail = format!("there is a record, and its key file `{}` is missing", places.keys.display());
        return Err(DbError::Refused(detail).into());
    }
    let keys = Keys::draw()?;
    // The guard first: a record whose keys are there always has one.
    Notary::lay_down(&keys, guard)?;
    keys.write_new(&places.keys)?;
    Ok(keys)
}

/// An id that sorts by the time it was made.
#[expect(
    clippy::disallowed_methods,
    reason = "the record makes the ids of what is recorded; nothing evaluated depends on them"
)]
pub(crate) fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
