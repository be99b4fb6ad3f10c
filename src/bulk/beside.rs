//! A file that is written beside its place, and put there when it is whole: what breaks off leaves nothing under its
//! name, and nothing that was there is written over.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::BulkError;

/// A file on its way to its name.
#[derive(Debug)]
pub struct Beside {
    file: NamedTempFile,
    path: PathBuf,
    replace: bool,
}

impl Beside {
    /// Begins a file; what is there already stays unless it may be replaced.
    ///
    /// # Errors
    /// When something is there, or nothing can be written beside it.
    pub fn begin(path: &Path, replace: bool) -> io::Result<Self> {
        if !replace && path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        // For its owner alone, as a temporary file is.
        let file =
            tempfile::Builder::new().prefix(".windscreen-").suffix(".part").tempfile_in(Self::folder_of(path))?;
        Ok(Self { file, path: path.to_owned(), replace })
    }

    fn folder_of(path: &Path) -> &Path {
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    /// The folder in which it is written.
    pub(super) fn folder(&self) -> &Path {
        Self::folder_of(&self.path)
    }

    /// What is written.
    pub(super) fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Writes a whole file of which all is known, and puts it in its place.
    ///
    /// # Errors
    /// When it cannot be written; what was there is then there.
    pub fn whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
        let beside = Self::begin(path, true)?;
        beside.file().write_all(bytes)?;
        beside.file.as_file().sync_all()?;
        beside.file.persist(path).map(|_| ()).map_err(|error| error.error)
    }

    /// Puts the whole file in its place.
    pub(super) fn put(self) -> Result<(), BulkError> {
        self.file.as_file().sync_all().map_err(BulkError::Write)?;
        let put = if self.replace { self.file.persist(&self.path) } else { self.file.persist_noclobber(&self.path) };
        put.map(|_| ()).map_err(|error| BulkError::Write(error.error))
    }
}
