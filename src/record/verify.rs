//! Verification: every entry read again, every hash reckoned again, every checkpoint held against what is there.
//!
//! It stops at the first bad entry and says in plain English what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sha2::{Digest, Sha256};

use super::api_keys::AsTold;
use super::batches;
use super::case::{Case, Event, Listed, What, read_case};
use super::checkpoint::Checkpoint;
use super::db::{Db, DbError, Row};
use super::earlier::match_keys;
use super::handed::{handovers, listed_handovers};
use super::keyed::{self, Keyed};
use super::keys::Keys;
use super::leaf::{Kind, Leaf};
use super::log::{self, Frontier, Hash, TILE_HEIGHT, TileHash, leaf_hash};
use super::notary::Kept;
use super::seal::ReferralKey;
use super::store::{head, number};
use super::transfer::kept::{KeptAsTold, kept_rows};
use super::{Log, Record, RecordError, occurrences, rule_changes, sessions};

/// How many entries are read at a time.
const STRIDE: u64 = 512;

/// A log in which nothing is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    /// What it is called.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root of their tree.
    pub root: Hash,
    /// How many signed checkpoints were held against it.
    pub checkpoints: usize,
    /// How many entries are of referrals that were erased; a bundle cannot tell.
    pub erased: Option<usize>,
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where: a log and an entry, or what stands beside the logs.
    pub place: String,
    /// What is wrong, in plain English.
    pub what: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// What came of a verification.
pub type Verdict = Result<Vec<Sound>, Damage>;

/// Ends a verification: with damage found, or because it could not be read.
enum Stop {
    Damage(Damage),
    Error(RecordError),
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        // What does not even have the form of a row is damage; what cannot be reached is not.
        match error {
            DbError::Refused(what) => Self::Damage(Damage { place: "the database".into(), what }),
            error => Self::Error(error.into()),
        }
    }
}

impl From<RecordError> for Stop {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Damaged(what) => Self::Damage(Damage { place: "the database".into(), what }),
            error => Self::Error(error),
        }
    }
}

fn damage<T>(place: impl Into<String>, what: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Damage(Damage { place: place.into(), what: what.into() }))
}

/// One log on the way from its first entry to its last.
struct Walk<'r> {
    keys_of_all: &'r Keys,
    log: Log,
    /// From where entries are keyed; nothing where it has not begun.
    keyed: Option<Keyed>,
    /// Where it begins: 0, or the size of a checkpoint that somebody held.
    since: u64,
    frontier: Frontier,
    tiles: Vec<TileHash>,
    /// Checkpoints by size, those still ahead.
    ahead: BTreeMap<u64, Checkpoint>,
    checked: usize,
    /// Entries whose body is gone, by what the log calls the referral.
    gone: BTreeMap<String, u64>,
    erased: BTreeSet<String>,
    erased_entries: usize,
    /// The entries of each referral, opened.
    events: BTreeMap<String, Vec<Event>>,
    keys: BTreeMap<String, Option<ReferralKey>>,
    /// Transfers that were kept for a person, as the entries tell it.
    transfers: KeptAsTold,
    /// What entries say of API keys.
    api_keys: AsTold,
    /// Where another rule set began to evaluate.
    in_force: Vec<u64>,
}

/// What a database is held against.
#[derive(Debug, Clone, Default)]
pub struct Against {
    /// The guard's checkpoints, unless it is held against none.
    pub guard: Option<[Option<String>; 2]>,
    /// From where entries are keyed, as the guard remembers it.
    pub keyed: Option<String>,
    /// Checkpoints that somebody held since: what comes before them is not read again, only held against them.
    pub held: Vec<String>,
    /// Referrals that were erased: none of them may be there.
    pub erased: BTreeSet<String>,
}

impl Record {
    /// Verifies everything at one moment; with checkpoints that somebody held, everything since.
    ///
    /// # Errors
    /// When it cannot be read. Damage is a verdict, not an error.
    pub fn verify(&self, held: Vec<String>) -> Result<Verdict, RecordError> {
        // Read before the database, which goes on while this reads: so it is never behind them.
        let keyed = self.guard.keyed()?;
        let [decisions, rules] = Log::ALL.map(|log| self.guard.checkpoint(log));
        let against = Against { guard: Some([decisions?, rules?]), keyed, held, erased: self.guard.all_erased()? };
        let verified = self.store.read_at_once(|db| verify(db, &self.keys, &against));
        match verified {
            // A database too damaged to be read at all.
            Err(RecordError::Db(DbError::Refused(what))) => Ok(Err(Damage { place: "the database".into(), what })),
            other => other,
        }
    }
}

/// Verifies a database as one transaction sees it.
///
/// # Errors
/// When it cannot be read.
pub(super) fn verify(db: &mut Db, keys: &Keys, against: &Against) -> Result<Verdict, RecordError> {
    match verify_all(db, keys, against) {
        Ok(sound) => Ok(Ok(sound)),
        Err(Stop::Damage(damage)) => Ok(Err(damage)),
        Err(Stop::Error(error)) => Err(error),
    }
}

fn verify_all(db: &mut Db, keys: &Keys, against: &Against) -> Result<Vec<Sound>, Stop> {
    let keyed = match keyed::find(db, keys, against.keyed.as_deref())? {
        Ok(keyed) => keyed,
        Err(why) => return damage("the database", why),
    };
    // A record that cannot be taken into use yet has not begun; a backup is of one that was in use.
    if keyed.is_none() && against.guard.is_none() {
        return damage("the database", "it does not say from which entry on its entries are keyed");
    }
    let mut sound = Vec::new();
    for (at, log) in Log::ALL.into_iter().enumerate() {
        let held = held_of(keys, log, &against.held)?;
        let guarded = against.guard.as_ref().map(|guarded| guarded[at].clone());
        let mut walk = Walk::new(keys, log, keyed, db, guarded, held)?;
        walk.entries(db)?;
        sound.push(walk.end(db)?);
        if log == Log::Rules
            && let Some((place, what)) = rule_changes::wrong(db, keys)?
        {
            return damage(format!("entry {place} of `{}`", log.name()), what);
        }
        if log == Log::Decisions {
            let rows = kept_rows(db)?;
            if let Some((id, what)) = walk.transfers.damage(keys, &rows, walk.since == 0) {
                return damage(format!("the kept transfer {id}"), what);
            }
            if keyed.is_some() {
                if let Some((id, what)) = walk.api_keys.damage(db, keys)? {
                    return damage(format!("the API key {id}"), what);
                }
                if sessions::are_damaged(db, keys)? {
                    return damage("a session", "it was not begun here, or was changed");
                }
            }
            walk.referrals(db)?;
        }
    }
    for id in &against.erased {
        let is_listed = db.find(include_str!("sql/find_referral.sql"), &[id.as_str().into(), "".into()])?.is_some();
        // Of a batch and its file it is the key that must be gone.
        if is_listed || db.find(include_str!("sql/find_referral_key.sql"), &[id.as_str().into()])?.is_some() {
            return damage(format!("the referral {id}"), "it was erased, and it is there again");
        }
    }
    for mut row in db.query(include_str!("sql/list_rule_sets.sql"), &[])? {
        let (digest, files) = (row.text()?, row.bytes()?);
        let is_it = super::rule_sets::digest_of(&files).as_ref() == Some(&digest);
        if !is_it {
            return damage(format!("the rule set {digest}"), "its files are not those of its digest");
        }
    }
    Ok(sound)
}

/// The checkpoint of a log among those that somebody held.
fn held_of(keys: &Keys, log: Log, held: &[String]) -> Result<Option<Checkpoint>, Stop> {
    let origin = keys.origin(log);
    let Some(note) = held.iter().find(|note| note.lines().next() == Some(&origin)) else { return Ok(None) };
    match Checkpoint::open(note, &keys.all_public(log)) {
        Ok(checkpoint) => Ok(Some(checkpoint)),
        Err(error) => damage(format!("the checkpoint of `{}` that was given", log.name()), error.to_string()),
    }
}

impl<'r> Walk<'r> {
    fn new(
        keys_of_all: &'r Keys,
        log: Log,
        keyed: Option<Keyed>,
        db: &mut Db,
        guarded: Option<Option<String>>,
        held: Option<Checkpoint>,
    ) -> Result<Self, Stop> {
        let mut ahead = BTreeMap::new();
        let keys = keys_of_all.all_public(log);
        let stored = db.query(include_str!("sql/list_checkpoints.sql"), &[log.name().into(), (-1).into()])?;
        let mut notes: Vec<_> = guarded.into_iter().map(|note| (None, note)).collect();
        for mut row in stored {
            notes.push((Some(row.int()?), Some(row.text()?)));
        }
        for (size, note) in notes {
            let Some(note) = note else {
                return damage(format!("the guard of `{}`", log.name()), "it has no checkpoint");
            };
            let place = match size {
                Some(size) => format!("the checkpoint of `{}` at {size} entries", log.name()),
                None => format!("the guard of `{}`", log.name()),
            };
            let checkpoint = match Checkpoint::open(&note, &keys) {
                Ok(checkpoint) => checkpoint,
                Err(error) => return damage(place, error.to_string()),
            };
            if size.is_some_and(|size| u64::try_from(size) != Ok(checkpoint.size)) {
                return damage(place, "it is the checkpoint of another size");
            }
            let same = ahead.insert(checkpoint.size, checkpoint.clone()).is_none_or(|other| other == checkpoint);
            if !same {
                return damage(place, "another checkpoint of the same size was signed: the log was forked");
            }
        }
        let frontier = match &held {
            None => Frontier::default(),
            Some(held) => {
                let size = head(db, log)?.size();
                if size < held.size {
                    let what = format!("it has {size} entries, and {} were signed: it was cut short", held.size);
                    return damage(format!("the log `{}`", log.name()), what);
                }
                log::frontier(held.size, &mut Kept { db, log })?
            }
        };
        let since = frontier.size();
        if let Some(held) = held {
            ahead = ahead.split_off(&since);
            if ahead.insert(since, held.clone()).is_some_and(|other| other != held) {
                let what = "another checkpoint of the same size was signed: the log was forked";
                return damage(format!("the log `{}`", log.name()), what);
            }
        }
        Ok(Self {
            keys_of_all,
            log,
            keyed,
            since,
            frontier,
            tiles: Vec::new(),
            ahead,
            checked: 0,
            gone: BTreeMap::new(),
            erased: BTreeSet::new(),
            erased_entries: 0,
            events: BTreeMap::new(),
            keys: BTreeMap::new(),
            transfers: KeptAsTold::default(),
            api_keys: AsTold::default(),
            in_force: Vec::new(),
        })
    }

    fn at(&self, place: u64) -> String {
        format!("entry {place} of `{}`", self.log.name())
    }

    /// Holds a checkpoint of the size reached against the root reached.
    fn signed(&mut self) -> Result<(), Stop> {
        let size = self.frontier.size();
        let Some(checkpoint) = self.ahead.remove(&size) else { return Ok(()) };
        if checkpoint.root != self.frontier.root() {
            let what = format!("the first {size} entries are not those that were signed");
            return damage(format!("the log `{}`", self.log.name()), what);
        }
        self.checked += 1;
        Ok(())
    }

    fn entries(&mut self, db: &mut Db) -> Result<(), Stop> {
        self.signed()?;
        loop {
            let from = self.frontier.size();
            let values = [self.log.name().into(), number(from)?.into(), number(from + STRIDE)?.into()];
            let rows = db.query(include_str!("sql/list_entries.sql"), &values)?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in rows {
                self.entry(db, row)?;
                self.signed()?;
            }
        }
    }

    fn entry(&mut self, db: &mut Db, mut row: Row) -> Result<(), Stop> {
        let expected = self.frontier.size();
        let (place, text, hash) = (row.int()?, row.text()?, row.hash()?);
        let (referral, body, mac) = (row.maybe_text()?, row.maybe_bytes()?, row.maybe_bytes()?);
        if place != number(expected)? {
            return damage(self.at(expected), "it is missing");
        }
        if leaf_hash(text.as_bytes()) != hash {
            return damage(self.at(expected), "its text is not the one that was entered");
        }
        let Some(leaf) = Leaf::parse(&text) else {
            return damage(self.at(expected), "its text is not an entry of a log");
        };
        if self.keyed.is_some_and(|keyed| !keyed.holds(self.keys_of_all, self.log, expected, &text, mac.as_deref())) {
            return damage(self.at(expected), "it was not entered here: its keyed hash is missing or is another");
        }
        self.tiles.extend(self.frontier.push(hash));
        self.api_keys.hear(&leaf);
        if leaf.kind == Kind::Erased {
            self.erased.extend(leaf.subject.clone());
        }
        if leaf.kind == Kind::RuleSetInForce {
            self.in_force.push(expected);
        }
        if !self.transfers.hear(&leaf) {
            return damage(self.at(expected), "it does not say which transfer was kept or dealt with");
        }
        match (leaf.sealed_hash(), referral, body) {
            (None, None, None) => Ok(()),
            (None, ..) => damage(self.at(expected), "it has a body that the log does not speak of"),
            (Some(_), None, None) => {
                self.erased_entries += 1;
                self.gone.entry(leaf.subject.unwrap_or_default()).or_insert(expected);
                Ok(())
            }
            (Some(sealed), Some(referral), Some(body)) if Hash::from(Sha256::digest(&body)) == sealed => {
                self.opened(db, expected, &text, hash, leaf, referral, &body)
            }
            (Some(_), Some(_), Some(_)) => damage(self.at(expected), "its body is not the one that was kept"),
            (Some(_), ..) => damage(self.at(expected), "its body, or the referral that it is of, is missing"),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one row, in parts")]
    fn opened(
        &mut self,
        db: &mut Db,
        place: u64,
        text: &str,
        hash: Hash,
        leaf: Leaf,
        referral: String,
        body: &[u8],
    ) -> Result<(), Stop> {
        if !self.keys.contains_key(&referral) {
            let sealed = db.find(include_str!("sql/find_referral_key.sql"), &[referral.as_str().into()])?;
            let sealed = sealed.map(|mut row| row.bytes()).transpose()?;
            let key = sealed.and_then(|sealed| self.keys_of_all.open(&referral, &sealed));
            self.keys.insert(referral.clone(), key);
        }
        let Some(Some(key)) = self.keys.get(&referral) else {
            return damage(self.at(place), "the key of its referral is missing or was changed");
        };
        let named = data_encoding::HEXLOWER.encode(&key.pseudonym(&referral));
        if leaf.subject != Some(named) {
            return damage(self.at(place), "it is of another referral");
        }
        match Event::open(key, place, text, hash, body) {
            Ok(event) => self.events.entry(referral).or_default().push(event),
            Err(what) => return damage(self.at(place), what),
        }
        Ok(())
    }

    /// What is only known at the end: the head, the tiles, the checkpoints ahead, what is gone.
    fn end(&mut self, db: &mut Db) -> Result<Sound, Stop> {
        let log = format!("the log `{}`", self.log.name());
        let size = self.frontier.size();
        if let Some((signed, _)) = self.ahead.last_key_value() {
            return damage(log, format!("it has {size} entries, and {signed} were signed: it was cut short"));
        }
        if head(db, self.log)? != self.frontier {
            return damage(log, "its head is not what its entries add up to");
        }
        let mut kept = Vec::new();
        for mut row in db.query(include_str!("sql/list_all_tile_hashes.sql"), &[self.log.name().into()])? {
            let (level, index, hash) = (row.int()?, row.int()?, row.hash()?);
            let level = u32::try_from(level).unwrap_or(u32::MAX);
            let index = u64::try_from(index).unwrap_or(u64::MAX);
            kept.push(TileHash { level, index, hash });
        }
        // Those that were full before have been held against the checkpoint.
        let was_full = |tile: &TileHash| {
            let entries = 1_u64.checked_shl(tile.level.saturating_mul(TILE_HEIGHT));
            entries.and_then(|entries| entries.checked_mul(tile.index + 1)).is_some_and(|end| end <= self.since)
        };
        let mut kept = kept.into_iter().filter(|tile| !was_full(tile));
        self.tiles.sort_by_key(|tile| (tile.level, tile.index));
        for tile in &self.tiles {
            let Some(found) = kept.next() else { return damage(log, "a hash of a full tile is missing") };
            if found != *tile {
                return damage(log, "a hash of a full tile was changed");
            }
        }
        if kept.next().is_some() {
            return damage(log, "there is a hash of a tile that is not full");
        }
        if let Some((_, place)) = self.gone.iter().find(|(subject, _)| !self.erased.contains(*subject)) {
            return damage(self.at(*place), "its body is gone, and no entry says that its referral was erased");
        }
        Ok(Sound {
            origin: self.keys_of_all.origin(self.log),
            size,
            root: self.frontier.root(),
            checkpoints: self.checked,
            erased: Some(self.erased_entries),
        })
    }

    /// Every referral is listed as its entries tell it, and none is listed that has no entries.
    fn referrals(self, db: &mut Db) -> Result<(), Stop> {
        if let Some((place, what)) = batches::wrong(db, self.keys_of_all, &self.events, self.since == 0)? {
            return damage(place, what);
        }
        let mut listed = BTreeMap::new();
        for row in db.query(include_str!("sql/list_all_referrals.sql"), &[])? {
            let one = Listed::read(row)?;
            listed.insert(one.id.clone(), one);
        }
        for (id, events) in self.events {
            if is_of_batch(db, &id, &events)? {
                continue;
            }
            let place = format!("the referral {id}");
            let Some(listed) = listed.remove(&id) else { return damage(place, "it is not listed any more") };
            let Some(Some(key)) = self.keys.get(&id) else { continue };
            let case = if self.since == 0 {
                Case { listed, key: key.clone(), events }
            } else {
                read_case(db, self.keys_of_all, &id)?
            };
            let told = case.told()?;
            if case.listed != told {
                return damage(place, "it is listed otherwise than its entries tell it");
            }
            if listed_handovers(db, &id)? != handovers(&case.events) {
                return damage(place, "what is handed over of it is listed otherwise than its entries tell it");
            }
            if !occurrences::is_listed(db, &case.listed.organisation, &id, &case.events)? {
                return damage(place, "what partners are told of it is listed otherwise than its entries tell it");
            }
            let (received, _) = case.said()?;
            let matched = match_keys(self.keys_of_all, &received, case.first()?.batch.as_ref());
            let mut told: Vec<(i64, Hash)> = matched.into_iter().map(|key| (key.child, key.hash)).collect();
            told.sort_unstable();
            told.dedup();
            let rows = db.query(include_str!("sql/list_match_keys.sql"), &[id.as_str().into()])?;
            let kept = rows.into_iter().map(|mut row| Ok((row.int()?, row.hash()?)));
            if kept.collect::<Result<Vec<_>, DbError>>()? != told {
                return damage(place, "what finds it again is not what its first entry tells");
            }
        }
        match listed.keys().next() {
            Some(id) if self.since == 0 => {
                return damage(format!("the referral {id}"), "it is listed, and no entry is of it");
            }
            _ => {}
        }
        if !occurrences::are_listed(db, self.since, &self.in_force)? {
            return damage(format!("the log `{}`", self.log.name()), "which rule sets evaluated is listed otherwise");
        }
        if let Some(id) = occurrences::of_none(db)? {
            return damage(format!("the referral {id}"), "partners are told of it, and it is not there");
        }
        for mut row in db.query(include_str!("sql/list_handovers.sql"), &["".into(), "".into(), i64::MAX.into()])? {
            let id = row.text()?;
            if db.find(include_str!("sql/find_referral.sql"), &[id.as_str().into(), "".into()])?.is_none() {
                return damage(format!("the referral {id}"), "something is handed over of it, and it is not there");
            }
        }
        Ok(())
    }
}

/// Whether entries are of a batch, or of its file. What was done to one since a checkpoint does not say so itself.
fn is_of_batch(db: &mut Db, id: &str, events: &[Event]) -> Result<bool, DbError> {
    match events.first().map(|event| &event.what) {
        Some(What::Batch(_) | What::File(_)) => Ok(true),
        Some(What::Act(_)) => Ok(db.find(include_str!("sql/find_batch.sql"), &[id.into()])?.is_some()),
        _ => Ok(false),
    }
}
