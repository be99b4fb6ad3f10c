//! Sessions: who is signed in. The browser holds the secret; here is only its hash.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::db::Value;
use super::keys::random;
use super::log::Hash;
use super::store::Transaction;
use super::{Record, RecordError};

/// How long somebody may do nothing: as long as a call with a family takes, with the notes after it.
pub const IDLE: SignedDuration = SignedDuration::from_mins(45);
/// How long one sign-in lasts at most: longer than any shift.
pub const AT_MOST: SignedDuration = SignedDuration::from_hours(13);
/// How often it is noted that somebody is still there: every request would be a write.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

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

    fn hash(&self) -> Hash {
        Sha256::new().chain_update(b"windscreen session 1\0").chain_update(&self.0).finalize().into()
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
    began: i64,
    seen: i64,
}

impl Record {
    /// Begins a session. Each sign-in draws a new secret, so that one planted before is worth nothing.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn begin_session<T: Serialize>(&self, who: &T, now: Timestamp) -> Result<SessionSecret, RecordError> {
        let secret = SessionSecret::draw()?;
        let hash = secret.hash();
        let who = serde_json::to_string(who).map_err(|_| RecordError::broke_off())?;
        let write = move |transaction: &mut Transaction<'_>| {
            let db = transaction.db();
            // One that is over stands for another while: its owner may just be sending what they typed.
            let old = now.as_millisecond() - 2 * AT_MOST.as_millis() as i64;
            db.execute(include_str!("sql/forget_old_sessions.sql"), &[old.into()])?;
            let values: [Value<'_>; 3] = [hash.as_slice().into(), who.as_str().into(), now.as_millisecond().into()];
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
        let hash = secret.hash();
        let row = self.store.read(|db| db.find(include_str!("sql/find_session.sql"), &[hash.as_slice().into()]))?;
        let Some(mut row) = row else { return Ok(None) };
        let Ok(who) = serde_json::from_str(&row.text()?) else { return Ok(None) };
        let (began, seen) = (row.int()?, row.int()?);
        let until = until(began, seen);
        Ok(Some(Session { who, until, is_over: now >= until, began, seen }))
    }

    /// Gives somebody who is still there more time; one that is over stays so.
    pub fn prolong_session<T>(&self, secret: &SessionSecret, session: &mut Session<T>, now: Timestamp) {
        if session.is_over {
            return;
        }
        let now = now.as_millisecond();
        session.until = until(session.began, now);
        if now - session.seen >= NOTED_EVERY.as_millis() as i64 && self.read_only().is_none() {
            let hash = secret.hash();
            let write = move |transaction: &mut Transaction<'_>| {
                let values = [now.into(), hash.as_slice().into()];
                transaction.db().execute(include_str!("sql/move_session.sql"), &values)?;
                Ok(())
            };
            // The page that follows reads it. Where it cannot be written, who is there goes on all the same.
            if let Err(error) = self.store.write(write).wait_here() {
                tracing::warn!(%error, "it could not be noted that somebody is still there");
            }
        }
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end_session(&self, secret: &SessionSecret) -> Result<(), RecordError> {
        let hash = secret.hash();
        let write = move |transaction: &mut Transaction<'_>| {
            transaction.db().execute(include_str!("sql/erase_session.sql"), &[hash.as_slice().into()])?;
            Ok(())
        };
        self.store.write(write).wait_here()
    }
}

/// When a session ends that began and was last seen then, in milliseconds.
fn until(began: i64, seen: i64) -> Timestamp {
    let end = (seen + IDLE.as_millis() as i64).min(began + AT_MOST.as_millis() as i64);
    Timestamp::from_millisecond(end).unwrap_or(Timestamp::MIN)
}
