//! Keyed entries: who has not the key file can add none that is believed, though they write the database as they like.
//!
//! Each entry carries a keyed hash of its log, its place and its leaf. Entries of before this was so have none: from which
//! on each has one was written once, in the first transaction of the first program that knew of it, under a keyed hash of
//! its own, and the guard remembers it. So nobody claims that an entry is old, for an old one stands before that place.

use std::fmt;

use data_encoding::HEXLOWER;

use super::db::{Db, DbError};
use super::keys::Keys;
use super::migrate::{put_setting, setting};
use super::store::{Transaction, head};
use super::{Log, RecordError};

const SETTING: &str = "keyed entries";

const CHANGED: &str =
    "from which entry on its entries are keyed was changed in the database: entries may have been added by hand";
const LOST: &str =
    "the database no longer says from which entry on its entries are keyed: entries may have been added by hand";
const ANOTHER: &str = "the database says that its entries are keyed from another entry on than the guard remembers: entries may \
     have been added by hand";

/// The entry of each log from which on every one is keyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyed {
    decisions: u64,
    rules: u64,
}

impl fmt::Display for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "decisions {} rules {}", self.decisions, self.rules)
    }
}

impl Keyed {
    fn from(self, log: Log) -> u64 {
        match log {
            Log::Decisions => self.decisions,
            Log::Rules => self.rules,
        }
    }

    /// Whether an entry is one that this installation entered, or of before entries were keyed.
    pub(super) fn holds(self, keys: &Keys, log: Log, place: u64, leaf: &str, mac: Option<&[u8]>) -> bool {
        place < self.from(log) || mac.is_some_and(|mac| keys.has_entered(log, place, leaf, mac))
    }

    /// As it is kept, in the database and in the guard.
    pub(super) fn text(self, keys: &Keys) -> String {
        let sizes = self.to_string();
        let mac = keys.matching(SETTING, &sizes);
        format!("{sizes} {}", HEXLOWER.encode(&mac))
    }

    fn read(text: &str, keys: &Keys) -> Option<Self> {
        let [_, decisions, _, rules, _] = *text.split(' ').collect::<Vec<_>>() else { return None };
        let keyed = Self { decisions: decisions.parse().ok()?, rules: rules.parse().ok()? };
        (keyed.text(keys) == text).then_some(keyed)
    }
}

/// From where entries are keyed, by the database and by what the guard remembers; nothing where it has not begun.
/// `Ok(Err(..))` says why neither is believed.
pub(super) fn find(
    db: &mut Db,
    keys: &Keys,
    guarded: Option<&str>,
) -> Result<Result<Option<Keyed>, &'static str>, DbError> {
    let Some(said) = setting(db, SETTING)? else {
        return Ok(if guarded.is_some() || is_begun(db)? { Err(LOST) } else { Ok(None) });
    };
    let Some(keyed) = Keyed::read(&said, keys) else { return Ok(Err(CHANGED)) };
    Ok(if guarded.is_none_or(|guarded| guarded == said) { Ok(Some(keyed)) } else { Err(ANOTHER) })
}

/// The same of a database that a person takes into use though it does not continue what the guard holds. One of before
/// entries were keyed begins to be so again, unless it has grown since: that grew without keys.
pub(super) fn find_in_fork(db: &mut Db, keys: &Keys, guarded: Option<&str>) -> Result<Option<Keyed>, RecordError> {
    let damaged = |why: &str| Err(RecordError::Damaged(why.to_owned()));
    if let Some(said) = setting(db, SETTING)? {
        return Keyed::read(&said, keys).map_or_else(|| damaged(CHANGED), |keyed| Ok(Some(keyed)));
    }
    if is_begun(db)? {
        return damaged(LOST);
    }
    let Some(guarded) = guarded else { return Ok(None) };
    let Some(before) = Keyed::read(guarded, keys) else { return damaged(LOST) };
    for log in Log::ALL {
        if head(db, log)?.size() > before.from(log) {
            return damaged(LOST);
        }
    }
    Ok(None)
}

/// Whether any entry is keyed, whatever the database says of it.
fn is_begun(db: &mut Db) -> Result<bool, DbError> {
    Ok(db.find(include_str!("sql/find_keyed_entry.sql"), &[])?.is_some())
}

/// Says that every entry from now on is keyed, unless another replica has; whether this did.
pub(super) fn begin(transaction: &mut Transaction<'_>, keys: &Keys) -> Result<(Keyed, bool), RecordError> {
    if let Some(said) = setting(transaction.db(), SETTING)? {
        let keyed = Keyed::read(&said, keys).ok_or_else(|| RecordError::Damaged(CHANGED.to_owned()))?;
        return Ok((keyed, false));
    }
    let keyed = Keyed { decisions: transaction.size(Log::Decisions)?, rules: transaction.size(Log::Rules)? };
    put_setting(transaction.db(), SETTING, &keyed.text(keys))?;
    Ok((keyed, true))
}
