//! Sessions: who is signed in. The browser holds the secret; here is only its keyed hash.
//!
//! A row carries a keyed hash of all that it says. One that somebody added or changed who has not the key file is as if it
//! were not there; that it is is logged, without what it says, and a verification tells it.

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use super::db::{Db, DbError, Row, Value};
use super::keys::{Keys, random};
use super::log::Hash;
use super::store::Transaction;
use super::{Record, RecordError};
use crate::decision::Actor;

/// How long somebody may do nothing: as long as a call with a family takes, with the notes after it.
pub const IDLE: SignedDuration = SignedDuration::from_mins(45);
/// How long one sign-in lasts at most: longer than any shift.
pub const AT_MOST: SignedDuration = SignedDuration::from_hours(13);
/// How often it is noted that somebody is still there: every request would be a write.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// The kind of the keyed hashes of secrets, and of rows.
const SECRET: &str = "session";
const ROW: &str = "a session's row";

/// What a browser holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSecret(String);

impl SessionSecret {
    /// As a browser sent it.
    pub fn sent(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Draws a new one.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn draw() -> Result<Self, RecordError> {
        let secret: [u8; 32] = random()?;
        Ok(Self(data_encoding::BASE64URL_NOPAD.encode(&secret)))
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.0
    }

    fn hash(&self, keys: &Keys) -> Hash {
        keys.matching(SECRET, &self.0)
    }

    /// What every form of this session carries: it shows that our own page sent the form.
    pub fn form_token(&self) -> String {
        let hash = Sha256::new().chain_update(b"windscreen form 1\0").chain_update(&self.0).finalize();
        data_encoding::BASE64URL_NOPAD.encode(&hash)
    }
}

/// Somebody who is, or was, signed in.
#[derive(Debug, Clone)]
pub struct Session<T> {
    /// Who.
    pub who: T,
    /// When they are signed out if they do nothing, or at the latest.
    pub until: Timestamp,
    /// Whether that is past.
    pub is_over: bool,
    /// As its row says it.
    said: String,
    began: i64,
    seen: i64,
}

/// Somebody who is signed in, for whoever runs the service.
#[derive(Debug, Clone)]
pub struct SignedIn {
    hash: Vec<u8>,
    /// Who.
    pub who: Actor,
    /// Since when.
    pub began_at: Timestamp,
    /// When they were last seen.
    pub seen_at: Timestamp,
}

impl Record {
    /// Begins a session. Each sign-in draws a new secret, so that one planted before is worth nothing.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn begin_session<T: Serialize>(&self, who: &T, now: Timestamp) -> Result<SessionSecret, RecordError> {
        let secret = SessionSecret::draw()?;
        let hash = secret.hash(&self.keys);
        let who = serde_json::to_string(who).map_err(|_| RecordError::broke_off())?;
        let began = now.as_millisecond();
        let mac = keyed_row(&self.keys, &hash, &who, began, began);
        let write = move |transaction: &mut Transaction<'_>| {
            let db = transaction.db();
            // One that is over stands for another while: its owner may just be sending what they typed.
            let old = began - 2 * AT_MOST.as_millis() as i64;
            db.execute(include_str!("sql/forget_old_sessions.sql"), &[old.into()])?;
            let values: [Value<'_>; 4] =
                [hash.as_slice().into(), who.as_str().into(), began.into(), mac.as_slice().into()];
            db.execute(include_str!("sql/append_session.sql"), &values)?;
            Ok(())
        };
        self.store.write(write).wait_here()?;
        Ok(secret)
    }

    /// The session of a secret, over or not. To look gives no more time.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn find_session<T: DeserializeOwned>(
        &self,
        secret: &SessionSecret,
        now: Timestamp,
    ) -> Result<Option<Session<T>>, RecordError> {
        let hash = secret.hash(&self.keys);
        let row = self.store.read(|db| db.find(include_str!("sql/find_session.sql"), &[hash.as_slice().into()]))?;
        let Some(mut row) = row else { return Ok(None) };
        let Some((said, began, seen)) = believed(&self.keys, &hash, &mut row)? else {
            tracing::warn!(
                "a session was not begun here, or was changed in the database: it is as if it were not there"
            );
            return Ok(None);
        };
        let Ok(who) = serde_json::from_str(&said) else { return Ok(None) };
        let until = until(began, seen);
        Ok(Some(Session { who, until, is_over: now >= until, said, began, seen }))
    }

    /// Gives somebody who is still there more time; one that is over stays so.
    pub fn prolong_session<T>(&self, secret: &SessionSecret, session: &mut Session<T>, now: Timestamp) {
        if session.is_over {
            return;
        }
        let now = now.as_millisecond();
        session.until = until(session.began, now);
        if now - session.seen >= NOTED_EVERY.as_millis() as i64 && self.read_only().is_none() {
            let hash = secret.hash(&self.keys);
            // Of what was read: who else it is made to be meanwhile is not believed either.
            let mac = keyed_row(&self.keys, &hash, &session.said, session.began, now);
            let write = move |transaction: &mut Transaction<'_>| {
                let values = [now.into(), mac.as_slice().into(), hash.as_slice().into()];
                transaction.db().execute(include_str!("sql/move_session.sql"), &values)?;
                Ok(())
            };
            // The page that follows reads it. Where it cannot be written, who is there goes on all the same.
            if let Err(error) = self.store.write(write).wait_here() {
                tracing::warn!(%error, "it could not be noted that somebody is still there");
            }
        }
    }

    /// Who is signed in now: each session that is not over, the last seen first. What is not believed is not listed.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list_sessions(&self, now: Timestamp) -> Result<Vec<SignedIn>, RecordError> {
        let mut listed = Vec::new();
        for mut row in self.store.read(|db| db.query(include_str!("sql/list_sessions.sql"), &[]))? {
            let hash = row.bytes()?;
            let Some((said, began, seen)) = believed(&self.keys, &hash, &mut row)? else { continue };
            let Some(who) = actor_of(&said) else { continue };
            let at = |milliseconds| Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MIN);
            if now < until(began, seen) {
                listed.push(SignedIn { hash, who, began_at: at(began), seen_at: at(seen) });
            }
        }
        listed.sort_by(|a, b| b.seen_at.cmp(&a.seen_at).then_with(|| a.hash.cmp(&b.hash)));
        Ok(listed)
    }

    /// Ends every session of a person, at every replica; how many there were.
    ///
    /// # Errors
    /// When they cannot be read or ended.
    pub fn end_sessions_of(&self, person: &str, now: Timestamp) -> Result<usize, RecordError> {
        let mut sessions = self.list_sessions(now)?;
        sessions.retain(|session| session.who.id == person);
        let count = sessions.len();
        let write = move |transaction: &mut Transaction<'_>| {
            for session in &sessions {
                let values = [session.hash.as_slice().into()];
                transaction.db().execute(include_str!("sql/erase_session.sql"), &values)?;
            }
            Ok(())
        };
        self.store.write(write).wait_here()?;
        Ok(count)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end_session(&self, secret: &SessionSecret) -> Result<(), RecordError> {
        let hash = secret.hash(&self.keys);
        let write = move |transaction: &mut Transaction<'_>| {
            transaction.db().execute(include_str!("sql/erase_session.sql"), &[hash.as_slice().into()])?;
            Ok(())
        };
        self.store.write(write).wait_here()
    }
}

/// Who is signed in, of what a session's row says of them; nothing of a sign-in under way.
fn actor_of(said: &str) -> Option<Actor> {
    let mut who: Map<String, Json> = serde_json::from_str(said).ok()?;
    who.remove("is").filter(|is| is == "signed_in")?;
    serde_json::from_value(who.into()).ok()
}

/// The keyed hash of a session's row: that this installation says so of it.
pub fn keyed_row(keys: &Keys, hash: &[u8], who: &str, began: i64, seen: i64) -> Hash {
    keys.matching(ROW, &as_text(hash, who, began, seen))
}

fn as_text(hash: &[u8], who: &str, began: i64, seen: i64) -> String {
    json!([HEXLOWER.encode(hash), who, began, seen]).to_string()
}

/// Who a row says it is, when it began and was last seen; nothing where this installation did not say so.
fn believed(keys: &Keys, hash: &[u8], row: &mut Row) -> Result<Option<(String, i64, i64)>, DbError> {
    let (who, began, seen, mac) = (row.text()?, row.int()?, row.int()?, row.maybe_bytes()?);
    let is_ours = mac.is_some_and(|mac| keys.matches(ROW, &as_text(hash, &who, began, seen), &mac));
    Ok(is_ours.then_some((who, began, seen)))
}

/// Whether a session is there that was not begun here, or was changed.
pub(super) fn are_damaged(db: &mut Db, keys: &Keys) -> Result<bool, DbError> {
    for mut row in db.query(include_str!("sql/list_sessions.sql"), &[])? {
        let hash = row.bytes()?;
        if believed(keys, &hash, &mut row)?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// When a session ends that began and was last seen then, in milliseconds.
fn until(began: i64, seen: i64) -> Timestamp {
    let end = (seen + IDLE.as_millis() as i64).min(began + AT_MOST.as_millis() as i64);
    Timestamp::from_millisecond(end).unwrap_or(Timestamp::MIN)
}
