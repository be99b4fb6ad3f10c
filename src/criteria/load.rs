//! From named bytes to a rule set: read, compile, check; every problem of every file at once.
//!
//! A rule set with an error does not exist.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::draft::{Documents, Draft, GUARANTEES, read_mapping};
use super::mapping::Mapping;
use super::places::Places;
use super::rule_set::RuleSet;
use super::yaml::{Document, Source};
use super::{check, compile};
use crate::diagnostic::{Diagnostic, Place, Severity, in_order};

/// A folder with more files than this is not a rule set.
const MAX_FILES: usize = 500;

/// One file of a rules folder: its path inside the folder, with `/`, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// Path inside the rules folder.
    pub path: String,
    /// What stands in it.
    pub bytes: Vec<u8>,
}

/// What loading gives: the rule set when no error was found, and every problem.
#[derive(Debug)]
pub struct Loaded {
    /// The rule set; `None` when there was an error.
    pub rule_set: Option<RuleSet>,
    /// Every problem, by file and place.
    pub problems: Vec<Diagnostic>,
    /// SHA-256 over the files that decide anything.
    pub digest: String,
}

/// Loads a rule set from the files of its folder.
pub fn load(files: &[RuleFile]) -> Loaded {
    load_with_places(files).0
}

/// The same with where everything stands.
pub fn load_with_places(files: &[RuleFile]) -> (Loaded, Places<'_>) {
    load_read(files, &Documents::new(), decides)
}

/// The files of a rule set as they were read, to be loaded again and again with one of them changed.
#[derive(Debug)]
pub struct Known<'f>(Documents<'f>);

impl<'f> Known<'f> {
    /// Reads the files.
    pub fn of(files: &'f [RuleFile]) -> Self {
        let files = files.iter().filter(|file| decides(&file.path) && file.path.ends_with(".yaml"));
        let read = files.filter_map(|file| {
            let source = Source { file: &file.path, text: text(file).ok()? };
            Some((source.file, Document::read(source, &mut Vec::new())?))
        });
        Self(read.collect())
    }

    /// Loads files, which are read only where they differ from those that are known.
    pub fn load(&self, files: &[RuleFile]) -> Loaded {
        load_read(files, &self.0, decides).0
    }
}

/// The same with what a board wants to be certain of, and where everything stands. Numbers are cut where a guarantee
/// looks, too, which makes no difference to any level.
pub fn load_to_prove(files: &[RuleFile]) -> (Loaded, Places<'_>) {
    load_read(files, &Documents::new(), |path| decides(path) || path == GUARANTEES)
}

fn load_read<'f>(files: &'f [RuleFile], known: &Documents<'f>, is_read: impl Fn(&str) -> bool) -> (Loaded, Places<'f>) {
    let mut problems = Vec::new();
    let digest = digest(files);
    let texts = texts(files, &is_read, &mut problems);
    let unreadable = files.iter().map(|file| file.path.as_str());
    let unreadable = unreadable.filter(|path| is_read(path) && !texts.contains_key(path)).collect();
    let mut places = Places::default();
    let draft = Draft::read(&texts, known, &unreadable, &mut problems);
    let rule_set = draft.and_then(|draft| {
        let rule_set = compile::compile(&draft, digest.clone(), &mut problems);
        check::check_entries(&draft, &mut problems);
        if let Some(rule_set) = &rule_set {
            check::check_rule_set(&draft, rule_set, &mut problems);
        }
        places = Places::of(&draft);
        rule_set
    });
    problems.sort_by(in_order);
    problems.dedup();
    let fine = problems.iter().all(|problem| problem.severity != Severity::Error);
    (Loaded { rule_set: rule_set.filter(|_| fine), problems, digest }, places)
}

/// Loads a mapping that stands outside of a rules folder, for a table of which each row is evaluated alone.
///
/// # Errors
/// Every problem, by place.
pub fn load_mapping(rules: &RuleSet, file: &RuleFile) -> Result<Mapping, Vec<Diagnostic>> {
    let text = text(file).map_err(|problem| vec![*problem])?;
    let mut problems = Vec::new();
    let draft = read_mapping(Source { file: &file.path, text }, &mut problems);
    let mapping = draft.map(|draft| compile::of_rows(&draft, rules, &mut problems));
    problems.sort_by(in_order);
    problems.dedup();
    mapping.filter(|_| problems.is_empty()).ok_or(problems)
}

/// SHA-256 of a text, as a rule set's digest is written.
pub fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

/// Whether a file of the folder decides anything, and so belongs to the digest.
fn decides(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let beside = name == "README.md" || name.ends_with("_test.yaml") || path == GUARANTEES;
    !beside && !path.starts_with("schemas/") && !name.starts_with('.')
}

/// SHA-256 of the sorted listing of path and SHA-256 of each file that decides anything.
fn digest(files: &[RuleFile]) -> String {
    let listing: BTreeMap<&str, String> = files
        .iter()
        .filter(|file| decides(&file.path))
        .map(|file| (file.path.as_str(), hex(&Sha256::digest(&file.bytes))))
        .collect();
    let mut text = String::new();
    for (path, sha) in listing {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{sha}  {path}");
    }
    digest_of(text.as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The files that are read, as text.
fn texts<'a>(
    files: &'a [RuleFile],
    is_read: &impl Fn(&str) -> bool,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<&'a str, &'a str> {
    if files.len() > MAX_FILES {
        let message = format!("the folder holds {} files; a rule set has at most {MAX_FILES}", files.len());
        problems.push(Diagnostic::error("too-many-files", message));
        return BTreeMap::new();
    }
    let mut texts = BTreeMap::new();
    for file in files.iter().filter(|file| is_read(&file.path)) {
        match text(file) {
            Ok(text) => {
                texts.insert(file.path.as_str(), text);
            }
            Err(problem) => problems.push(*problem),
        }
    }
    texts
}

/// A file as text.
fn text(file: &RuleFile) -> Result<&str, Box<Diagnostic>> {
    std::str::from_utf8(&file.bytes).map_err(|error| {
        let before = &file.bytes[..error.valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let place = Place { file: file.path.clone(), line, column: 1, length: 1, excerpt: String::new() };
        let problem = Diagnostic::error("not-utf8", "the file is not UTF-8 text").at(Some(place));
        Box::new(problem.help("save it as UTF-8; dashes and quotes pasted from documents are the usual cause"))
    })
}
