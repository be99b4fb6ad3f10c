//! What a request holds: the live rule set. One request sees one rule set from start to end.
//!
//! A changed folder is loaded and checked beside the live set and swapped in whole; an invalid change is reported and
//! the old set stays.

mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::criteria::{Loaded, RuleSet, load};
use crate::diagnostic::{Diagnostic, Severity};
use crate::rules_dir::{self, RulesDirError};

pub use watch::Watch;

/// The live rule set, and where it came from.
#[derive(Debug)]
pub struct Serving {
    folder: PathBuf,
    live: ArcSwap<RuleSet>,
}

/// Why there is no rule set to serve.
#[derive(Debug, thiserror::Error)]
pub enum NoRules {
    /// The folder could not be read.
    #[error(transparent)]
    Folder(#[from] RulesDirError),
    /// The rules have errors.
    #[error("the rules have errors")]
    Problems(Vec<Diagnostic>),
    /// Reading them broke off; a mistake of the program, not of the rules.
    #[error("reading the rules broke off; please report this")]
    BrokeOff,
}

impl Serving {
    /// Loads a rules folder to serve it.
    ///
    /// # Errors
    /// When the folder cannot be read or its rules have errors.
    pub fn load(folder: &Path) -> Result<Self, NoRules> {
        Ok(Self { folder: folder.to_owned(), live: ArcSwap::from_pointee(checked(folder)?) })
    }

    /// The rule set for one request.
    pub fn rules(&self) -> Arc<RuleSet> {
        self.live.load_full()
    }

    /// The folder that is served.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Loads the folder again; the digest of the new set, or `None` when nothing that decides anything changed.
    ///
    /// # Errors
    /// As `load`; the old set stays.
    pub fn reload(&self) -> Result<Option<String>, NoRules> {
        let rules = checked(&self.folder)?;
        if rules.id() == self.rules().id() {
            return Ok(None);
        }
        let digest = rules.id().digest.clone();
        self.live.store(Arc::new(rules));
        Ok(Some(digest))
    }
}

fn checked(folder: &Path) -> Result<RuleSet, NoRules> {
    let Loaded { rule_set, mut problems, .. } = load(&rules_dir::read(folder)?);
    rule_set.ok_or_else(|| {
        problems.retain(|problem| problem.severity == Severity::Error);
        NoRules::Problems(problems)
    })
}
