//! The installation's keys: one file that only its owner can read, kept apart from the database.
//!
//! Whoever has the database without this file can read no body and sign no checkpoint. Losing it loses every body.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::Log;
use super::checkpoint::{Checkpoint, PublicKey};

const FORMAT: &str = "windscreen-keys-1";

/// Why there are no keys to work with.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be read or written.
    #[error("the key file `{path}` cannot be used: {cause}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// Others could read it.
    #[error("the key file `{path}` can be read by others; make it readable by its owner alone: chmod 600 {path}", path = .0.display())]
    Exposed(PathBuf),
    /// It is not a key file.
    #[error("`{path}` is not a windscreen key file", path = .0.display())]
    Form(PathBuf),
    /// The system has no randomness to give.
    #[error("the system gives no randomness")]
    NoRandomness,
}

/// Thirty-two secret bytes.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Draws a new one.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn draw() -> Result<Self, KeysError> {
        random().map(Self)
    }

    pub(super) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Random bytes from the system.
///
/// # Errors
/// When it gives none.
pub fn random<const N: usize>() -> Result<[u8; N], KeysError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| KeysError::NoRandomness)?;
    Ok(bytes)
}

/// Makes a file that its owner alone can read; there must be none yet.
pub(super) fn own_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a folder that its owner alone can enter; there must be none yet.
pub(super) fn own_folder(path: &Path) -> io::Result<()> {
    let mut folder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path)
}

/// The keys of one installation.
#[derive(Debug, Clone)]
pub struct Keys {
    /// What its logs are called: a name that no other installation has.
    pub installation: String,
    /// Signs checkpoints.
    pub(super) signing: SigningKey,
    /// Signed checkpoints before, which still hold.
    pub(super) retired: Vec<VerifyingKey>,
    /// Seals the keys of referrals; the first seals, the others still open.
    pub(super) sealing: Vec<Secret>,
    /// Makes keyed hashes: of who a referral is about, and of what only this installation can say.
    pub(super) matching: Secret,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    format: String,
    installation: String,
    signing: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    retired: Vec<String>,
    sealing: Vec<String>,
    matching: String,
}

impl Keys {
    /// Draws the keys of a new installation.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn draw() -> Result<Self, KeysError> {
        Ok(Self {
            installation: format!("windscreen.invalid/{}", HEXLOWER.encode(&random::<8>()?)),
            signing: SigningKey::from_bytes(&random()?),
            retired: Vec::new(),
            sealing: vec![Secret::draw()?],
            matching: Secret::draw()?,
        })
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// When it cannot be read, others could read it, or it is none.
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let failed = |cause| KeysError::File { path: path.to_owned(), cause };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(KeysError::Exposed(path.to_owned()));
            }
        }
        let text = fs::read_to_string(path).map_err(failed)?;
        Self::parse(&text).ok_or_else(|| KeysError::Form(path.to_owned()))
    }

    fn parse(text: &str) -> Option<Self> {
        let file: KeyFile = serde_json::from_str(text).ok()?;
        let bytes = |text: &String| BASE64.decode(text.as_bytes()).ok()?.try_into().ok();
        let sealing: Option<Vec<Secret>> = file.sealing.iter().map(|key| bytes(key).map(Secret)).collect();
        let public = |key: &String| VerifyingKey::from_bytes(&bytes(key)?).ok();
        let is_ours = file.format == FORMAT && !file.sealing.is_empty();
        is_ours.then_some(Self {
            installation: file.installation,
            signing: SigningKey::from_bytes(&bytes(&file.signing)?),
            retired: file.retired.iter().map(public).collect::<Option<_>>()?,
            sealing: sealing?,
            matching: Secret(bytes(&file.matching)?),
        })
    }

    /// Writes a new key file, readable by its owner alone and on disk before this returns.
    ///
    /// # Errors
    /// When it cannot be written; one that exists is never overwritten.
    pub fn write_new(&self, path: &Path) -> Result<(), KeysError> {
        let failed = |cause| KeysError::File { path: path.to_owned(), cause };
        let mut file = own_file(path).map_err(failed)?;
        file.write_all(self.to_text().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder).and_then(|folder| folder.sync_all())).map_err(failed)
    }

    /// Writes the key file in the place of the one that is there: whole or not at all, and on disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written; the old one stays.
    pub fn write_over(&self, path: &Path) -> Result<(), KeysError> {
        let fresh = path.with_extension("new");
        let failed = |cause| KeysError::File { path: path.to_owned(), cause };
        if fresh.exists() {
            // Left by one that broke off before it counted.
            fs::remove_file(&fresh).map_err(failed)?;
        }
        self.write_new(&fresh)?;
        fs::rename(&fresh, path).map_err(failed)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder).and_then(|folder| folder.sync_all())).map_err(failed)
    }

    /// The same installation with new keys to sign and to seal; the old ones still check and still open.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn rotated(&self) -> Result<Self, KeysError> {
        let mut keys = self.clone();
        keys.retired.insert(0, self.signing.verifying_key());
        keys.signing = SigningKey::from_bytes(&random()?);
        keys.sealing.insert(0, Secret::draw()?);
        Ok(keys)
    }

    /// The same without the keys that sealed before: only once nothing is sealed under them any more.
    #[must_use]
    pub fn without_old_seals(mut self) -> Self {
        self.sealing.truncate(1);
        self
    }

    fn to_text(&self) -> String {
        let file = KeyFile {
            format: FORMAT.to_owned(),
            installation: self.installation.clone(),
            signing: BASE64.encode(self.signing.as_bytes()),
            retired: self.retired.iter().map(|key| BASE64.encode(key.as_bytes())).collect(),
            sealing: self.sealing.iter().map(|key| BASE64.encode(key.bytes())).collect(),
            matching: BASE64.encode(self.matching.bytes()),
        };
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Signs a checkpoint: a signed note.
    pub fn sign(&self, checkpoint: &Checkpoint) -> String {
        checkpoint.sign(&self.signing)
    }

    /// What a log of this installation is called.
    pub fn origin(&self, log: Log) -> String {
        format!("{}/{}", self.installation, log.name())
    }

    /// The public key under the name of a log.
    pub fn public(&self, log: Log) -> PublicKey {
        PublicKey::of(&self.origin(log), self.signing.verifying_key())
    }

    /// Every public key that signed for a log, the one in use first.
    pub fn all_public(&self, log: Log) -> Vec<PublicKey> {
        let retired = self.retired.iter().map(|key| PublicKey::of(&self.origin(log), *key));
        [self.public(log)].into_iter().chain(retired).collect()
    }
}
