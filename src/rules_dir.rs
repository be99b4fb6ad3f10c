//! Reads a rules folder into named bytes, in order; what they mean is `criteria`'s concern.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::criteria::RuleFile;

/// Folders nest `criteria/` and `scripts/`, and nothing deeper.
const MAX_DEPTH: usize = 4;

/// Why a folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RulesDirError {
    /// There is no such folder.
    #[error("there is no rules folder at `{0}`; name the folder that has framework.yaml in it")]
    NotFound(PathBuf),
    /// It is a file.
    #[error("`{0}` is not a folder; a rule set is a folder with framework.yaml in it")]
    NotAFolder(PathBuf),
    /// The system says no.
    #[error("`{path}` cannot be read: {source}")]
    Unreadable {
        /// What was read.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It nests too deep.
    #[error("`{0}` nests deeper than a rule set does")]
    TooDeep(PathBuf),
}

/// Every file of a rules folder, sorted by path. Hidden files are left out; links are not followed out of the folder.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub fn read(folder: &Path) -> Result<Vec<RuleFile>, RulesDirError> {
    if !folder.exists() {
        return Err(RulesDirError::NotFound(folder.to_owned()));
    }
    if !folder.is_dir() {
        return Err(RulesDirError::NotAFolder(folder.to_owned()));
    }
    let mut files = Vec::new();
    read_into(folder, "", 0, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn read_into(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<RuleFile>) -> Result<(), RulesDirError> {
    if depth > MAX_DEPTH {
        return Err(RulesDirError::TooDeep(folder.to_owned()));
    }
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| RulesDirError::Unreadable { path, source }
    };
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let entry = entry.map_err(unreadable(folder))?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let kind = entry.file_type().map_err(unreadable(&path))?;
        if kind.is_dir() {
            read_into(&path, &format!("{prefix}{name}/"), depth + 1, files)?;
        } else {
            let bytes = fs::read(&path).map_err(unreadable(&path))?;
            files.push(RuleFile { path: format!("{prefix}{name}"), bytes });
        }
    }
    Ok(())
}
