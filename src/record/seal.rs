//! Sealing: each referral has a key of its own, itself sealed under the installation's.
//!
//! A body is sealed with a salt inside it; the log holds a commitment to salt and body, and the hash of what was
//! sealed. So who has the keys can check every word, who has none can check that nothing was exchanged, and once the
//! referral's key is destroyed nothing in the log can be tied to anybody.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use super::keys::{Keys, KeysError, Secret, random};
use super::log::Hash;
use super::store::Transaction;
use super::{Log, Record, RecordError};

pub(super) const NONCE: usize = 24;
pub(super) const SALT: usize = 32;
/// The kind of the keyed hashes of entries.
const ENTRY: &str = "entry";

/// A referral's key, and the salt of its pseudonym.
#[derive(Debug, Clone)]
pub struct ReferralKey {
    key: Secret,
    salt: [u8; SALT],
}

/// A body, sealed, and what the log says of it.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// What is kept.
    pub bytes: Vec<u8>,
    /// The hash of salt and body.
    pub commitment: Hash,
    /// The hash of what is kept.
    pub hash: Hash,
}

fn encrypt(key: &Secret, plain: &[u8], about: &[u8]) -> Result<Vec<u8>, KeysError> {
    encrypt_with(random()?, key, plain, about)
}

fn encrypt_with(nonce: [u8; NONCE], key: &Secret, plain: &[u8], about: &[u8]) -> Result<Vec<u8>, KeysError> {
    let cipher = XChaCha20Poly1305::new(&Key::from(*key.bytes()));
    let payload = Payload { msg: plain, aad: about };
    // It fails only beyond the cipher's size, 256 GiB.
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| KeysError::NoRandomness)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn decrypt(key: &Secret, sealed: &[u8], about: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key.bytes()));
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: about }).ok()
}

fn entry_as_text(log: Log, place: u64, leaf: &str) -> String {
    format!("{}\0{place}\0{leaf}", log.name())
}

fn commitment(salt: &[u8], body: &[u8]) -> Hash {
    Sha256::new().chain_update(b"windscreen body 1\0").chain_update(salt).chain_update(body).finalize().into()
}

impl ReferralKey {
    /// Draws a new one.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn draw() -> Result<Self, KeysError> {
        Ok(Self { key: Secret::draw()?, salt: random()? })
    }

    /// What the log calls the referral: it means nothing once the salt is gone.
    pub fn pseudonym(&self, referral: &str) -> Hash {
        let named = Sha256::new().chain_update(b"windscreen referral 1\0").chain_update(self.salt);
        named.chain_update(referral).finalize().into()
    }

    /// Seals a body for one entry, which alone opens it again.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn seal(&self, entry: &str, body: &[u8]) -> Result<Sealed, KeysError> {
        let salt: [u8; SALT] = random()?;
        let bytes = encrypt(&self.key, &[salt.as_slice(), body].concat(), entry.as_bytes())?;
        let hash = Sha256::digest(&bytes).into();
        Ok(Sealed { bytes, commitment: commitment(&salt, body), hash })
    }

    /// Seals what no entry commits to: a draft.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn seal_uncommitted(&self, about: &str, plain: &[u8]) -> Result<Vec<u8>, KeysError> {
        encrypt(&self.key, plain, about.as_bytes())
    }

    /// Opens what no entry commits to.
    pub fn open_uncommitted(&self, about: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        decrypt(&self.key, sealed, about.as_bytes())
    }

    /// Opens what was sealed, with what its sealing drew; a body has its salt before it.
    pub(super) fn unseal(&self, about: &str, sealed: &[u8]) -> Option<([u8; NONCE], Vec<u8>)> {
        let (nonce, _) = sealed.split_first_chunk::<NONCE>()?;
        Some((*nonce, decrypt(&self.key, sealed, about.as_bytes())?))
    }

    /// Seals again what was opened: the same bytes as before, which the log commits to. For nothing that is new: it draws
    /// nothing.
    pub(super) fn seal_again(&self, about: &str, nonce: [u8; NONCE], plain: &[u8]) -> Result<Vec<u8>, KeysError> {
        encrypt_with(nonce, &self.key, plain, about.as_bytes())
    }

    /// Key and salt, for an export in the open.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        [self.key.bytes().as_slice(), &self.salt].concat()
    }

    /// Key and salt, as `to_bytes` gives them.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (key, salt) = bytes.split_first_chunk::<32>()?;
        Some(Self { key: Secret::from_bytes(*key), salt: salt.try_into().ok()? })
    }

    /// Opens a body; `None` when it is not the one that was sealed for this entry and committed to.
    pub fn open(&self, entry: &str, sealed: &[u8], committed: &Hash) -> Option<Vec<u8>> {
        let mut plain = decrypt(&self.key, sealed, entry.as_bytes())?;
        let (salt, body) = plain.split_at_checked(SALT)?;
        let is_it = commitment(salt, body) == *committed;
        is_it.then(|| plain.split_off(SALT))
    }
}

impl Record {
    /// Seals every referral's key anew, and every draft's, under the newest of the installation's; how many there are.
    ///
    /// # Errors
    /// When one does not open, or it cannot be recorded; what was sealed anew until then stays so.
    pub fn reseal(&self) -> Result<usize, RecordError> {
        self.writable()?;
        let (mut after, mut count) = (String::new(), self.reseal_drafts()? + self.reseal_transfers()?);
        loop {
            let values = [after.as_str().into()];
            let rows = self.store.read(|db| db.query(include_str!("sql/list_referral_keys.sql"), &values))?;
            if rows.is_empty() {
                return Ok(count);
            }
            let mut sealed = Vec::new();
            for mut row in rows {
                let (referral, before) = (row.text()?, row.bytes()?);
                let damaged = || RecordError::Damaged(format!("the key of the referral {referral} does not open"));
                let key = self.keys.open(&referral, &before).ok_or_else(damaged)?;
                sealed.push((self.keys.seal(&referral, &key)?, referral));
            }
            count += sealed.len();
            after = sealed.last().map(|(_, referral)| referral.clone()).unwrap_or_default();
            let write = move |transaction: &mut Transaction<'_>| {
                for (sealed, referral) in &sealed {
                    let values = [sealed.as_slice().into(), referral.as_str().into()];
                    transaction.db().execute(include_str!("sql/move_referral_key.sql"), &values)?;
                }
                Ok(())
            };
            self.store.write(write).wait_here()?;
        }
    }
}

impl Keys {
    /// Seals a referral's key under the installation's.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn seal(&self, referral: &str, key: &ReferralKey) -> Result<Vec<u8>, KeysError> {
        // A key file is read only with at least one of these.
        let first = self.sealing.first().ok_or(KeysError::NoRandomness)?;
        encrypt(first, &key.to_bytes(), referral.as_bytes())
    }

    /// Opens a referral's key; `None` when none of the installation's keys does.
    pub fn open(&self, referral: &str, sealed: &[u8]) -> Option<ReferralKey> {
        let plain = self.sealing.iter().find_map(|key| decrypt(key, sealed, referral.as_bytes()))?;
        ReferralKey::from_bytes(&plain)
    }

    /// A keyed hash of a value of one kind: of who a referral is about, or of what only this installation can say.
    pub fn matching(&self, kind: &str, value: &str) -> Hash {
        use hmac::Mac;
        self.mac(kind, value).finalize().into_bytes().into()
    }

    /// Whether a keyed hash is that of a value. How long it takes says nothing of where another differs.
    pub(super) fn matches(&self, kind: &str, value: &str, kept: &[u8]) -> bool {
        use hmac::Mac;
        self.mac(kind, value).verify_slice(kept).is_ok()
    }

    fn mac(&self, kind: &str, value: &str) -> hmac::Hmac<Sha256> {
        use hmac::{Hmac, KeyInit, Mac};
        let mut mac = match Hmac::<Sha256>::new_from_slice(self.matching.bytes()) {
            Ok(mac) => mac,
            // A key of any length is taken.
            Err(never) => unreachable!("{never}"),
        };
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        mac
    }

    /// The keyed hash of an entry: that this installation entered it, there and nowhere else.
    pub fn entered(&self, log: Log, place: u64, leaf: &str) -> Hash {
        self.matching(ENTRY, &entry_as_text(log, place, leaf))
    }

    /// Whether a keyed hash is that of an entry.
    pub(super) fn has_entered(&self, log: Log, place: u64, leaf: &str, mac: &[u8]) -> bool {
        self.matches(ENTRY, &entry_as_text(log, place, leaf), mac)
    }
}
