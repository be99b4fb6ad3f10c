//! API keys: how a partner's system is known that has no access tokens. The system holds the secret; here is only its
//! keyed hash.
//!
//! A row carries a keyed hash of all that it says. One that somebody added or changed who has not the key file is as if it
//! were not there; that it is is logged, without what it says, and a verification tells it.
//!
//! That a key was made or revoked is an entry of the log. A key ends by itself; while one is replaced by the next, both
//! are taken.

use std::collections::BTreeSet;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::db::{Db, DbError, Row, Value};
use super::keys::{Keys, random};
use super::leaf::{Kind, Leaf};
use super::log::Hash;
use super::store::Transaction;
use super::{Log, Record, RecordError, new_id};
use crate::access::Client;
use crate::decision::Role;
use crate::json::{Fault, FaultCode};

/// What every key begins with, so that whoever finds one in a file or a log knows what it is.
const BEGINS: &str = "wsk";
/// How long a key is taken at most: partners' systems change hands, and a key that never ends is never changed.
pub const AT_MOST: SignedDuration = SignedDuration::from_hours(24 * 366);
/// How many keys of one client are taken at a time: the old and the new.
const LIVE: usize = 2;
const MAX_CLIENT: usize = 60;
const MAX_ORGANISATIONS: usize = 200;
const MAX_ORGANISATION: usize = 200;
/// The kind of the keyed hashes of secrets, and of rows.
const SECRET: &str = "an API key";
const ROW: &str = "an API key's row";

/// A key as a partner's system holds it: `wsk_ID_SECRET`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    id: String,
    secret: String,
}

impl ApiKey {
    /// Draws a new one, of 256 bits.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn draw() -> Result<Self, RecordError> {
        let text = |bytes: &[u8]| data_encoding::BASE32_NOPAD.encode(bytes).to_lowercase();
        Ok(Self { id: text(&random::<10>()?), secret: text(&random::<32>()?) })
    }

    /// A key as it was sent; nothing when it is no key.
    pub fn sent(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(BEGINS)?.strip_prefix('_')?.split_once('_')?;
        let is_plain =
            |text: &str, long: usize| text.len() == long && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (is_plain(id, 16) && is_plain(secret, 52)).then(|| Self { id: id.to_owned(), secret: secret.to_owned() })
    }

    /// The key, to be shown once.
    pub fn text(&self) -> String {
        format!("{BEGINS}_{}_{}", self.id, self.secret)
    }

    /// What it is called.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn hash(&self, keys: &Keys) -> Hash {
        let unkeyed = Sha256::new().chain_update(b"windscreen api key 1\0").chain_update(&self.secret).finalize();
        keyed(keys, &unkeyed)
    }
}

/// The keyed hash of a secret, of the hash by which it was known before there was one.
fn keyed(keys: &Keys, unkeyed: &[u8]) -> Hash {
    keys.matching(SECRET, &HEXLOWER.encode(unkeyed))
}

// Its secret stands in no log.
impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiKey({})", self.id)
    }
}

/// A key that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiKeyListed {
    /// What it is called.
    pub id: String,
    /// Whose it is.
    pub client: Client,
    /// When it was made.
    pub made_at: Timestamp,
    /// From when it is no longer taken.
    pub ends_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKeyListed {
    /// Whether it is taken.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.ends_at
    }
}

/// A row.
struct Kept {
    id: String,
    hash: Vec<u8>,
    client: String,
    role: String,
    organisations: String,
    made_at: i64,
    ends_at: i64,
    revoked_at: Option<i64>,
    mac: Option<Vec<u8>>,
}

impl Kept {
    fn read(mut row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: row.text()?,
            hash: row.bytes()?,
            client: row.text()?,
            role: row.text()?,
            organisations: row.text()?,
            made_at: row.int()?,
            ends_at: row.int()?,
            revoked_at: row.maybe_int()?,
            mac: row.maybe_bytes()?,
        })
    }

    /// The row as text, for its keyed hash.
    fn as_text(&self) -> String {
        let hash = HEXLOWER.encode(&self.hash);
        let times = (self.made_at, self.ends_at, self.revoked_at);
        json!([self.id, hash, self.client, self.role, self.organisations, times]).to_string()
    }

    fn mac(&self, keys: &Keys) -> Hash {
        keys.matching(ROW, &self.as_text())
    }

    fn is_ours(&self, keys: &Keys) -> bool {
        self.mac.as_ref().is_some_and(|mac| keys.matches(ROW, &self.as_text(), mac))
    }

    /// A row that this installation wrote; any other is as if it were not there.
    fn believed(row: Row, keys: &Keys) -> Result<Option<Self>, DbError> {
        let kept = Self::read(row)?;
        let is_ours = kept.is_ours(keys);
        if !is_ours {
            tracing::warn!(
                "an API key was not made here, or was changed in the database: it is as if it were not there"
            );
        }
        Ok(is_ours.then_some(kept))
    }

    /// The client; nothing when its role or organisations are damaged.
    fn client(&self) -> Option<Client> {
        let role = Client::ROLES.into_iter().find(|known| known.word() == self.role)?;
        let organisations = serde_json::from_str(&self.organisations).ok()?;
        Some(Client { id: self.client.clone(), role, organisations })
    }

    fn listed(&self) -> Option<ApiKeyListed> {
        let at = |milliseconds| Timestamp::from_millisecond(milliseconds).ok();
        let revoked_at = match self.revoked_at {
            Some(revoked_at) => Some(at(revoked_at)?),
            None => None,
        };
        let (made_at, ends_at) = (at(self.made_at)?, at(self.ends_at)?);
        Some(ApiKeyListed { id: self.id.clone(), client: self.client()?, made_at, ends_at, revoked_at })
    }
}

/// What the log says of API keys.
#[derive(Debug, Default)]
pub(super) struct AsTold {
    made: BTreeSet<(String, i64)>,
    revoked: BTreeSet<String>,
}

impl AsTold {
    pub(super) fn hear(&mut self, leaf: &Leaf) {
        let detail = leaf.detail.as_deref().unwrap_or_default();
        match leaf.kind {
            Kind::ApiKeyMade => self.made.extend(detail.rsplit_once(' ').and_then(|(said, ends_at)| {
                let ends_at: Timestamp = ends_at.parse().ok()?;
                Some((said.to_owned(), ends_at.as_millisecond()))
            })),
            Kind::ApiKeyRevoked => {
                self.revoked.insert(detail.to_owned());
            }
            _ => {}
        }
    }

    /// Whether a row is that of a key that was made so.
    fn has_made(&self, kept: &Kept) -> bool {
        kept.client().is_some_and(|client| self.made.contains(&(said(&kept.id, &client), kept.ends_at)))
    }

    /// Whether a key is taken again that was revoked.
    fn was_revoked(&self, kept: &Kept) -> bool {
        kept.revoked_at.is_none() && self.revoked.contains(&kept.id)
    }

    /// A row that is not as it was written here, and what is wrong with it.
    pub(super) fn damage(&self, db: &mut Db, keys: &Keys) -> Result<Option<(String, &'static str)>, DbError> {
        for row in db.query(include_str!("sql/list_api_keys.sql"), &[])? {
            let kept = Kept::read(row)?;
            if !kept.is_ours(keys) {
                return Ok(Some((kept.id, "it was not made here, or was changed")));
            }
            if self.was_revoked(&kept) {
                return Ok(Some((kept.id, "it was revoked, and its row is as it was before")));
            }
        }
        Ok(None)
    }
}

/// What the log says of a key that is made, but for its end.
fn said(id: &str, client: &Client) -> String {
    format!("{id} {} {} {}", client.id, client.role.word(), client.organisations.join(","))
}

/// Keys the rows of a program that did not: those that the log says were made so, and no others.
pub(super) fn key_those_of_before(transaction: &mut Transaction<'_>, keys: &Keys) -> Result<(), RecordError> {
    let db = transaction.db();
    let mut told = AsTold::default();
    for mut row in db.query(include_str!("sql/list_api_key_leaves.sql"), &[])? {
        if let Some(leaf) = Leaf::parse(&row.text()?) {
            told.hear(&leaf);
        }
    }
    for row in db.query(include_str!("sql/list_api_keys.sql"), &[])? {
        let mut kept = Kept::read(row)?;
        if kept.mac.is_some() || !told.has_made(&kept) || told.was_revoked(&kept) {
            tracing::warn!("an API key is not as the log says that it was made: it is not taken any more");
            continue;
        }
        kept.hash = keyed(keys, &kept.hash).to_vec();
        let mac = kept.mac(keys);
        let values = [kept.hash.as_slice().into(), mac.as_slice().into(), kept.id.as_str().into()];
        db.execute(include_str!("sql/key_api_key.sql"), &values)?;
    }
    Ok(())
}

impl Record {
    /// Makes a key for a client; it is shown this once.
    ///
    /// # Errors
    /// What is wrong with the client or the time; or that two of its keys are taken already.
    pub fn make_api_key(&self, client: &Client, ends_at: Timestamp, now: Timestamp) -> Result<ApiKey, RecordError> {
        self.writable()?;
        let faults = faults(client, ends_at, now);
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        let (key, client) = (ApiKey::draw()?, client.clone());
        let detail = format!("{} {ends_at}", said(&key.id, &client));
        let leaf = Leaf { detail: Some(detail), ..Leaf::new(Kind::ApiKeyMade, new_id(), now) }.text();
        let kept = Kept {
            id: key.id.clone(),
            hash: key.hash(&self.keys).to_vec(),
            client: client.id,
            role: client.role.word().to_owned(),
            organisations: serde_json::to_string(&client.organisations).map_err(|_| RecordError::broke_off())?,
            made_at: now.as_millisecond(),
            ends_at: ends_at.as_millisecond(),
            revoked_at: None,
            mac: None,
        };
        let (mac, keys) = (kept.mac(&self.keys), Arc::clone(&self.keys));
        let write = move |transaction: &mut Transaction<'_>| {
            let db = transaction.db();
            let values = [kept.client.as_str().into(), kept.made_at.into()];
            let live = db.query(include_str!("sql/list_live_api_keys.sql"), &values)?.into_iter();
            let live = live.map(|row| Kept::believed(row, &keys)).collect::<Result<Vec<_>, _>>()?;
            if live.into_iter().flatten().count() >= LIVE {
                let detail = format!("this client has {LIVE} keys that are taken; revoke one first");
                return Err(RecordError::Faults(vec![Fault::new("/client", FaultCode::TooMany, detail)]));
            }
            let values: [Value<'_>; 8] = [
                kept.id.as_str().into(),
                kept.hash.as_slice().into(),
                kept.client.as_str().into(),
                kept.role.as_str().into(),
                kept.organisations.as_str().into(),
                kept.made_at.into(),
                kept.ends_at.into(),
                mac.as_slice().into(),
            ];
            db.execute(include_str!("sql/append_api_key.sql"), &values)?;
            transaction.append(Log::Decisions, &leaf, None, None)?;
            Ok(())
        };
        self.store.write(write).wait_here()?;
        Ok(key)
    }

    /// Every key that was made, by client.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list_api_keys(&self) -> Result<Vec<ApiKeyListed>, RecordError> {
        let rows = self.store.read(|db| db.query(include_str!("sql/list_api_keys.sql"), &[]))?;
        let mut listed = Vec::new();
        for row in rows {
            if let Some(kept) = Kept::believed(row, &self.keys)? {
                let damaged = || RecordError::Damaged(format!("the API key {} cannot be read", kept.id));
                listed.push(kept.listed().ok_or_else(damaged)?);
            }
        }
        Ok(listed)
    }

    /// Revokes a key: from now on it is not taken, at any replica. One that was revoked before stays so.
    ///
    /// # Errors
    /// When there is no such key.
    pub fn revoke_api_key(&self, id: &str, now: Timestamp) -> Result<(), RecordError> {
        self.writable()?;
        let leaf = Leaf { detail: Some(id.to_owned()), ..Leaf::new(Kind::ApiKeyRevoked, new_id(), now) }.text();
        let (id, keys) = (id.to_owned(), Arc::clone(&self.keys));
        let write = move |transaction: &mut Transaction<'_>| {
            let row = transaction.db().find(include_str!("sql/find_api_key.sql"), &[id.as_str().into()])?;
            let kept = Kept::believed(row.ok_or(RecordError::NotFound)?, &keys)?.ok_or(RecordError::NotFound)?;
            let revoked_at = now.as_millisecond();
            let mac = Kept { revoked_at: Some(revoked_at), ..kept }.mac(&keys);
            let values = [revoked_at.into(), mac.as_slice().into(), id.as_str().into()];
            if transaction.db().execute(include_str!("sql/revoke_api_key.sql"), &values)? > 0 {
                transaction.append(Log::Decisions, &leaf, None, None)?;
            }
            Ok(())
        };
        self.store.write(write).wait_here()
    }

    /// Whose key it is; nothing when it is not taken, whatever the reason.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn client_of(&self, key: &ApiKey, now: Timestamp) -> Result<Option<Client>, RecordError> {
        let found = self.store.read(|db| db.find(include_str!("sql/find_api_key.sql"), &[key.id.as_str().into()]))?;
        let Some(row) = found else { return Ok(None) };
        let Some(kept) = Kept::believed(row, &self.keys)? else { return Ok(None) };
        // What two hashes have in common tells nothing of the secret.
        let is_its = kept.hash == key.hash(&self.keys);
        let is_live = kept.revoked_at.is_none() && now.as_millisecond() < kept.ends_at;
        Ok(kept.client().filter(|_| is_its && is_live))
    }
}

fn faults(client: &Client, ends_at: Timestamp, now: Timestamp) -> Vec<Fault> {
    let mut faults = Vec::new();
    let is_plain = client.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if client.id.is_empty() || client.id.len() > MAX_CLIENT || !is_plain {
        let detail = format!("a client is called by letters, digits and hyphens, at most {MAX_CLIENT}");
        faults.push(Fault::new("/client", FaultCode::NotAName, detail));
    }
    if !Client::ROLES.contains(&client.role) {
        let fault =
            Fault::new("/role", FaultCode::NotASystems, "people decide, and sign in for it; a system has another role");
        faults.push(fault.instead(Client::ROLES.map(Role::word).join(", ")));
    }
    let is_one = |organisation: &String| {
        (1..=MAX_ORGANISATION).contains(&organisation.len())
            && organisation.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
    };
    if !(1..=MAX_ORGANISATIONS).contains(&client.organisations.len()) || !client.organisations.iter().all(is_one) {
        let detail = format!("name 1 to {MAX_ORGANISATIONS} organisations, each without spaces and commas");
        faults
            .push(Fault::new("/organisations", FaultCode::NotOrganisations, detail).instead("urn:123456, ods:A81001"));
    }
    if ends_at <= now || ends_at > now + AT_MOST {
        faults.push(Fault::new("/ends_at", FaultCode::OutOfRange, "a key ends after today, and within a year"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_drawn_and_nothing_else_is() {
        let key = ApiKey::draw().unwrap();
        assert_eq!(ApiKey::sent(&key.text()), Some(key.clone()));
        assert!(!format!("{key:?}").contains(&key.secret));
        let text = key.text();
        let spoilt = [
            text[1..].into(),
            format!("{text}a"),
            text.replace('_', "-"),
            text.replacen("wsk", "wsq", 1),
            String::new(),
        ];
        for text in spoilt {
            assert_eq!(ApiKey::sent(&text), None, "{text}");
        }
    }
}
