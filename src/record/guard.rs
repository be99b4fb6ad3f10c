//! The guard: what is kept outside the database, so that a database put back to an earlier state shows.
//!
//! The last signed checkpoint of each log, from which entry on entries are keyed, and the list of referrals that were erased. Keep it on another disk than the
//! database, and copy it wherever it is safe: it holds no fact about anybody.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Log;
use super::checkpoint::Checkpoint;

/// The file that says from which entry on entries are keyed.
const KEYED: &str = "keyed";

/// The guard's folder.
#[derive(Debug, Clone)]
pub struct Guard {
    folder: PathBuf,
}

impl Guard {
    /// The guard in a folder, which is made when it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The last checkpoint that was signed here, as a signed note.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn checkpoint(&self, log: Log) -> io::Result<Option<String>> {
        text_of(&self.path(log))
    }

    /// Keeps a checkpoint in the place of an earlier one, never of a later: whole or not at all, and on disk when this
    /// returns. A command at the terminal may sign beside the server, so one at a time.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, log: Log, checkpoint: &Checkpoint, note: &str) -> io::Result<()> {
        let lock = File::create(self.folder.join("lock"))?;
        lock.lock()?;
        let before = self.checkpoint(log)?.and_then(|note| Checkpoint::claimed(&note));
        if before.is_some_and(|before| before.origin == checkpoint.origin && before.size > checkpoint.size) {
            return Ok(());
        }
        self.write(&self.path(log), note)
    }

    fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        let fresh = path.with_extension("new");
        let mut file = File::create(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        File::open(&self.folder)?.sync_all()
    }

    /// From which entry on entries are keyed, as the database said when it began.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn keyed(&self) -> io::Result<Option<String>> {
        text_of(&self.folder.join(KEYED))
    }

    /// Remembers from which entry on entries are keyed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_keyed(&self, keyed: &str) -> io::Result<()> {
        let lock = File::create(self.folder.join("lock"))?;
        lock.lock()?;
        self.write(&self.folder.join(KEYED), keyed)
    }

    /// Lays the last checkpoint of a log aside, so that another may take its place.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub fn lay_aside(&self, log: Log) -> io::Result<()> {
        let path = self.path(log);
        let aside = (1..).map(|number| path.with_extension(format!("checkpoint.{number}"))).find(|path| !path.exists());
        match aside {
            Some(aside) if path.exists() => fs::rename(path, aside),
            _ => Ok(()),
        }
    }

    fn path(&self, log: Log) -> PathBuf {
        self.folder.join(format!("{}.checkpoint", log.name()))
    }

    /// Remembers that a referral was erased, so that a restored database does not bring it back.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn erased(&self, referral: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(self.folder.join("erased"))?;
        file.write_all(format!("{referral}\n").as_bytes())?;
        file.sync_all()
    }

    /// Every referral that was erased.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub fn all_erased(&self) -> io::Result<BTreeSet<String>> {
        let list = text_of(&self.folder.join("erased"))?.unwrap_or_default();
        Ok(list.lines().map(str::to_owned).collect())
    }
}

/// A file's text; nothing where there is none.
fn text_of(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
