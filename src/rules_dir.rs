//! Reads a rules folder, or a zip archive of one, into named bytes, in order; what they mean is `criteria`'s concern.

use std::fs;
use std::io::{self, Cursor, Read, Seek, Write};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::criteria::RuleFile;

/// Folders nest `criteria/` and `scripts/`, and nothing deeper.
const MAX_DEPTH: usize = 4;

/// More entries than any rules folder has files and folders.
const MAX_ENTRIES: usize = 2000;

/// Why an archive could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotUnzipped {
    /// It is no archive, or one with a password.
    #[error("the file is no zip archive that can be read; make one of the rules folder, without a password")]
    NotZip,
    /// It would take too much room.
    #[error("the archive holds more than a rules folder does: at most {0} bytes are unpacked")]
    TooLarge(u64),
    /// There is no rule set in it.
    #[error(
        "the archive has no framework.yaml, alone or in one folder; a rule set is a folder with framework.yaml in it"
    )]
    NoFramework,
    /// A name in it leads elsewhere.
    #[error("the archive names a file that lies outside of its folder")]
    Outside,
}

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
    /// A link in it leads elsewhere.
    #[error("`{0}` is a link that leads out of the rules folder; put the file itself there")]
    Outside(PathBuf),
    /// It nests too deep.
    #[error("`{0}` nests deeper than a rule set does")]
    TooDeep(PathBuf),
}

/// Every file of a rules folder, sorted by path. Hidden files are left out. A link is followed within the folder, as where
/// Kubernetes mounts one, and not out of it: what lies elsewhere on the machine is no rule, and is shown to nobody.
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
    let unreadable = |source| RulesDirError::Unreadable { path: folder.to_owned(), source };
    let (whole, mut files) = (folder.canonicalize().map_err(unreadable)?, Vec::new());
    read_into(&whole, folder, "", 0, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Reads what stands in a folder; `whole` is the rules folder that no link leads out of.
fn read_into(
    whole: &Path,
    folder: &Path,
    prefix: &str,
    depth: usize,
    files: &mut Vec<RuleFile>,
) -> Result<(), RulesDirError> {
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
        // What a link leads to is read, and not the link: it may lead elsewhere by then.
        let (target, is_dir) = if kind.is_symlink() {
            let target = path.canonicalize().map_err(unreadable(&path))?;
            if !target.starts_with(whole) {
                return Err(RulesDirError::Outside(path));
            }
            let is_dir = target.is_dir();
            (target, is_dir)
        } else {
            (path.clone(), kind.is_dir())
        };
        if is_dir {
            read_into(whole, &target, &format!("{prefix}{name}/"), depth + 1, files)?;
        } else {
            let bytes = fs::read(&target).map_err(unreadable(&path))?;
            files.push(RuleFile { path: format!("{prefix}{name}"), bytes });
        }
    }
    Ok(())
}

/// Every file of a rules folder that came as a zip archive, sorted by path. Hidden files are left out; the folder itself
/// may stand in the names or not. `most` bytes are unpacked, whatever the archive says of itself.
///
/// # Errors
/// When it cannot be read, is too large, or holds no rule set.
pub fn unzipped(archive: impl Read + Seek, most: u64) -> Result<Vec<RuleFile>, NotUnzipped> {
    let mut archive = ZipArchive::new(archive).map_err(|_| NotUnzipped::NotZip)?;
    if archive.len() > MAX_ENTRIES {
        return Err(NotUnzipped::TooLarge(most));
    }
    let (mut files, mut left) = (Vec::new(), most);
    for place in 0..archive.len() {
        let mut entry = archive.by_index(place).map_err(|_| NotUnzipped::NotZip)?;
        if entry.is_dir() {
            continue;
        }
        let name = entry.enclosed_name().ok_or(NotUnzipped::Outside)?;
        let path = name.to_string_lossy().replace('\\', "/");
        let mut bytes = Vec::new();
        let read = entry.by_ref().take(left + 1).read_to_end(&mut bytes).map_err(|_| NotUnzipped::NotZip)?;
        left = left.checked_sub(read as u64).ok_or(NotUnzipped::TooLarge(most))?;
        if !path.split('/').any(|part| part.starts_with('.') || part == "__MACOSX") {
            files.push(RuleFile { path, bytes });
        }
    }
    let is_framework = |file: &&RuleFile| file.path == FRAMEWORK || file.path.ends_with(&format!("/{FRAMEWORK}"));
    let framework = files.iter().filter(is_framework).min_by_key(|file| file.path.len());
    let folder = framework.and_then(|file| file.path.strip_suffix(FRAMEWORK)).ok_or(NotUnzipped::NoFramework)?;
    let folder = folder.to_owned();
    // What stands beside the folder is none of it.
    files.retain_mut(|file| match file.path.strip_prefix(&folder) {
        Some(path) => {
            file.path = path.to_owned();
            true
        }
        None => false,
    });
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The files as a zip archive, the same for the same files.
///
/// # Errors
/// When one is larger than an archive takes.
pub fn zipped(files: &[RuleFile]) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        archive.start_file(file.path.as_str(), SimpleFileOptions::default())?;
        archive.write_all(&file.bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The file that makes a folder a rule set.
const FRAMEWORK: &str = "framework.yaml";

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(files: &[(&str, &[u8])]) -> Result<Vec<String>, NotUnzipped> {
        let files = files.iter().map(|(path, bytes)| RuleFile { path: (*path).to_owned(), bytes: bytes.to_vec() });
        let archive = zipped(&files.collect::<Vec<_>>()).unwrap();
        unzipped(Cursor::new(archive), 1000).map(|files| files.into_iter().map(|file| file.path).collect())
    }

    #[test]
    fn an_archive_is_read_as_the_folder_that_it_is() {
        let alone: &[(&str, &[u8])] = &[("framework.yaml", b"a"), ("criteria/b.yaml", b"b"), (".git/config", b"c")];
        assert_eq!(paths(alone).unwrap(), ["criteria/b.yaml", "framework.yaml"]);
        let inside: &[(&str, &[u8])] =
            &[("rules/framework.yaml", b"a"), ("rules/criteria/b.yaml", b"b"), ("notes.txt", b"c")];
        assert_eq!(paths(inside).unwrap(), ["criteria/b.yaml", "framework.yaml"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_within_the_folder_and_not_out_of_it() {
        use std::os::unix::fs::symlink;
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let at = |path: &str| folder.path().join(path);
        fs::write(elsewhere.path().join("secret"), "of others").unwrap();
        // As Kubernetes mounts one: each name a link through a hidden link to a hidden folder.
        fs::create_dir_all(at("..2026_11_27/criteria")).unwrap();
        fs::write(at("..2026_11_27/framework.yaml"), "a").unwrap();
        fs::write(at("..2026_11_27/criteria/b.yaml"), "b").unwrap();
        symlink("..2026_11_27", at("..data")).unwrap();
        symlink("..data/framework.yaml", at("framework.yaml")).unwrap();
        symlink("..data/criteria", at("criteria")).unwrap();
        let paths = || read(folder.path()).map(|files| files.into_iter().map(|file| file.path).collect::<Vec<_>>());
        assert_eq!(paths().unwrap(), ["criteria/b.yaml", "framework.yaml"]);
        // The folder itself may be one.
        symlink(folder.path(), elsewhere.path().join("rules")).unwrap();
        assert_eq!(read(&elsewhere.path().join("rules")).unwrap().len(), 2);
        for (target, is_there) in [
            (elsewhere.path().join("secret"), true),
            (elsewhere.path().to_owned(), true),
            ("..data/none".into(), false),
        ] {
            symlink(&target, at("c.yaml")).unwrap();
            let refused = paths().unwrap_err();
            assert_eq!(matches!(refused, RulesDirError::Outside(_)), is_there, "{refused}");
            assert!(refused.to_string().contains("c.yaml"), "{refused}");
            fs::remove_file(at("c.yaml")).unwrap();
        }
        // One that leads round ends.
        symlink(folder.path(), at("round")).unwrap();
        assert!(matches!(paths(), Err(RulesDirError::TooDeep(_))));
    }

    #[test]
    fn what_is_no_rules_folder_is_refused() {
        assert_eq!(unzipped(Cursor::new(b"framework.yaml".to_vec()), 1000).unwrap_err(), NotUnzipped::NotZip);
        assert_eq!(paths(&[("notes.txt", b"c")]), Err(NotUnzipped::NoFramework));
        assert_eq!(paths(&[("../framework.yaml", b"a")]), Err(NotUnzipped::Outside));
        // A few bytes that unpack to many.
        assert_eq!(paths(&[("framework.yaml", &[b' '; 2000])]), Err(NotUnzipped::TooLarge(1000)));
    }
}
