//! API keys: how a partner's system is known that has no access tokens. The system holds the secret; here is only its
//! hash.
//!
//! That a key was made or revoked is an entry of the log. A key ends by itself; while one is replaced by the next, both
//! are taken.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::db::{Row, Value};
use super::keys::random;
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

    fn hash(&self) -> Hash {
        Sha256::new().chain_update(b"windscreen api key 1\0").chain_update(&self.secret).finalize().into()
    }
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
        let detail =
            format!("{} {} {} {} {ends_at}", key.id, client.id, client.role.word(), client.organisations.join(","));
        let leaf = Leaf { detail: Some(detail), ..Leaf::new(Kind::ApiKeyMade, new_id(), now) }.text();
        let (id, hash) = (key.id.clone(), key.hash());
        let write = move |transaction: &mut Transaction<'_>| {
            let db = transaction.db();
            let values = [client.id.as_str().into(), now.as_millisecond().into()];
            if db.query(include_str!("sql/list_live_api_keys.sql"), &values)?.len() >= LIVE {
                let detail = format!("this client has {LIVE} keys that are taken; revoke one first");
                return Err(RecordError::Faults(vec![Fault::new("/client", FaultCode::TooMany, detail)]));
            }
            let organisations = serde_json::to_string(&client.organisations).map_err(|_| RecordError::broke_off())?;
            let values: [Value<'_>; 7] = [
                id.as_str().into(),
                hash.as_slice().into(),
                client.id.as_str().into(),
                client.role.word().into(),
                organisations.as_str().into(),
                now.as_millisecond().into(),
                ends_at.as_millisecond().into(),
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
        let read = |mut row: Row| {
            let id = row.text()?;
            let damaged = || RecordError::Damaged(format!("the API key {id} cannot be read"));
            let client = client(&mut row)?.ok_or_else(damaged)?;
            let mut at = || row.maybe_int()?.map(Timestamp::from_millisecond).transpose().map_err(|_| damaged());
            let (made_at, ends_at, revoked_at) = (at()?.ok_or_else(damaged)?, at()?.ok_or_else(damaged)?, at()?);
            Ok(ApiKeyListed { id, client, made_at, ends_at, revoked_at })
        };
        rows.into_iter().map(read).collect()
    }

    /// Revokes a key: from now on it is not taken, at any replica. One that was revoked before stays so.
    ///
    /// # Errors
    /// When there is no such key.
    pub fn revoke_api_key(&self, id: &str, now: Timestamp) -> Result<(), RecordError> {
        self.writable()?;
        let leaf = Leaf { detail: Some(id.to_owned()), ..Leaf::new(Kind::ApiKeyRevoked, new_id(), now) }.text();
        let id = id.to_owned();
        let write = move |transaction: &mut Transaction<'_>| {
            if transaction.db().find(include_str!("sql/find_api_key.sql"), &[id.as_str().into()])?.is_none() {
                return Err(RecordError::NotFound);
            }
            let values = [now.as_millisecond().into(), id.as_str().into()];
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
        let Some(mut row) = found else { return Ok(None) };
        // What two hashes have in common tells nothing of the secret.
        let is_its = row.bytes()? == key.hash();
        let client = client(&mut row)?;
        let (ends_at, revoked_at) = (row.int()?, row.maybe_int()?);
        Ok(client.filter(|_| is_its && revoked_at.is_none() && now.as_millisecond() < ends_at))
    }
}

/// The client of a row; nothing when its role or organisations are damaged.
fn client(row: &mut Row) -> Result<Option<Client>, RecordError> {
    let (id, role, organisations) = (row.text()?, row.text()?, row.text()?);
    let role = Client::ROLES.into_iter().find(|known| known.word() == role);
    let organisations: Option<Vec<String>> = serde_json::from_str(&organisations).ok();
    Ok(role.zip(organisations).map(|(role, organisations)| Client { id, role, organisations }))
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
