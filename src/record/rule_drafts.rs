//! Rules that authors change before they propose them: a whole rules folder, kept on the server between two visits.
//!
//! No part of the record, and nothing about a child. Every author goes on with any of them; two at once are told of each
//! other. What was worked out of one version is gone with the next.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::db::{Row, Value};
use super::rule_sets::{packed, unpacked};
use super::store::Transaction;
use super::{Record, RecordError, new_id};
use crate::access::Permit;
use crate::criteria::RuleFile;
use crate::decision::Actor;
use crate::json::{Fault, FaultCode};
use crate::rule_change::Evidence;

/// For how long nobody need touch a draft before it goes: longer than a board takes between two meetings.
pub const RULE_DRAFT_KEPT_DAYS: i64 = 366;
/// A rules folder of more is somebody's mistake: ten times the default one.
pub const MAX_FILES_BYTES: usize = 4 * 1024 * 1024;
/// And of more files.
pub const MAX_FILES: usize = 400;
const MAX_TITLE: usize = 120;

/// A draft in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleDraftListed {
    /// Its id.
    pub id: String,
    /// What its author calls it.
    pub title: String,
    /// Everybody who wrote any of it, the first first.
    pub authors: Vec<Actor>,
    /// How often it was saved.
    pub version: i64,
    /// When it was saved last.
    pub changed_at: Timestamp,
    /// The rule change that it was proposed as.
    pub change: Option<String>,
}

/// A draft with its files.
#[derive(Debug, Clone)]
pub struct RuleDraft {
    /// As it is listed.
    pub listed: RuleDraftListed,
    /// Every file of the folder.
    pub files: Vec<RuleFile>,
    /// What was worked out of this version, once it was.
    pub evidence: Option<Arc<Evidence>>,
}

impl Record {
    /// Begins a draft; `change` is the rule change that it is to edit, where it edits one.
    ///
    /// # Errors
    /// When there is too much of it, it has no title, or it cannot be kept.
    pub fn begin_rule_draft(
        &self,
        permit: &Permit,
        title: &str,
        files: &[RuleFile],
        change: Option<&str>,
        now: Timestamp,
    ) -> Result<String, RecordError> {
        self.writable()?;
        let title = title.trim().to_owned();
        let mut faults = faults(files);
        if title.is_empty() || title.chars().count() > MAX_TITLE {
            let detail = format!("say in up to {MAX_TITLE} characters what it changes");
            faults.push(Fault::new("/title", FaultCode::OutOfRange, detail));
        }
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        let (id, files, authors) = (new_id(), packed(files), as_text(&[permit.actor().clone()]));
        let (draft, change) = (id.clone(), change.map(str::to_owned));
        let write = move |transaction: &mut Transaction<'_>| {
            let db = transaction.db();
            let oldest = now - SignedDuration::from_hours(24 * RULE_DRAFT_KEPT_DAYS);
            db.execute(include_str!("sql/forget_old_rule_drafts.sql"), &[oldest.as_millisecond().into()])?;
            let values: [Value<'_>; 6] = [
                draft.as_str().into(),
                title.as_str().into(),
                authors.as_str().into(),
                files.as_slice().into(),
                now.as_millisecond().into(),
                change.as_deref().map_or(Value::Null, Value::from),
            ];
            db.execute(include_str!("sql/append_rule_draft.sql"), &values)?;
            Ok(())
        };
        self.store.write(write).wait_here()?;
        Ok(id)
    }

    /// A draft.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn find_rule_draft(&self, id: &str) -> Result<RuleDraft, RecordError> {
        let row = self.store.read(|db| db.find(include_str!("sql/find_rule_draft.sql"), &[id.into()]))?;
        let mut row = row.ok_or(RecordError::NotFound)?;
        let listed = listed(&mut row)?;
        let damaged = || RecordError::Damaged(format!("the rule draft {id} cannot be read"));
        let (evidence, of) = (row.maybe_bytes()?, row.maybe_int()?);
        let files = unpacked(&row.bytes()?).ok_or_else(damaged)?;
        let evidence = evidence.filter(|_| of == Some(listed.version));
        let evidence = evidence.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| damaged())).transpose()?;
        Ok(RuleDraft { listed, files, evidence: evidence.map(Arc::new) })
    }

    /// Every draft, the last touched first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list_rule_drafts(&self) -> Result<Vec<RuleDraftListed>, RecordError> {
        let rows = self.store.read(|db| db.query(include_str!("sql/list_rule_drafts.sql"), &[]))?;
        rows.into_iter().map(|mut row| listed(&mut row)).collect()
    }

    /// Saves other files in the place of the version that was read.
    ///
    /// # Errors
    /// When another was saved meanwhile, there is too much of it, or it cannot be kept.
    pub fn revise_rule_draft(
        &self,
        permit: &Permit,
        id: &str,
        version: i64,
        files: &[RuleFile],
        now: Timestamp,
    ) -> Result<(), RecordError> {
        self.writable()?;
        let mut authors = self.find_rule_draft(id)?.listed.authors;
        let faults = faults(files);
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        if !authors.iter().any(|author| author.id == permit.actor().id) {
            authors.push(permit.actor().clone());
        }
        let (files, authors, id) = (packed(files), as_text(&authors), id.to_owned());
        let write = move |transaction: &mut Transaction<'_>| {
            let values: [Value<'_>; 5] = [
                now.as_millisecond().into(),
                authors.as_str().into(),
                files.as_slice().into(),
                id.as_str().into(),
                version.into(),
            ];
            match transaction.db().execute(include_str!("sql/move_rule_draft.sql"), &values)? {
                0 => Err(RecordError::Moved("somebody saved these rules meanwhile".into())),
                _ => Ok(()),
            }
        };
        self.store.write(write).wait_here()
    }

    /// Keeps what was worked out of a version; nothing when another was saved meanwhile.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn put_evidence(&self, id: &str, version: i64, evidence: &Evidence) -> Result<(), RecordError> {
        self.writable()?;
        // Plain data with text keys: it always serialises.
        let (evidence, id) = (serde_json::to_vec(evidence).unwrap_or_default(), id.to_owned());
        let write = move |transaction: &mut Transaction<'_>| {
            let values = [evidence.as_slice().into(), id.as_str().into(), version.into()];
            transaction.db().execute(include_str!("sql/put_evidence.sql"), &values)?;
            Ok(())
        };
        self.store.write(write).wait_here()
    }

    /// Notes which rule change a draft was proposed as: what is saved of it from now on edits that.
    pub(super) fn end_rule_draft(transaction: &mut Transaction<'_>, id: &str, change: &str) -> Result<(), RecordError> {
        transaction.db().execute(include_str!("sql/end_rule_draft.sql"), &[change.into(), id.into()])?;
        Ok(())
    }

    /// Throws a draft away.
    ///
    /// # Errors
    /// When it cannot be done now.
    pub fn erase_rule_draft(&self, id: &str) -> Result<(), RecordError> {
        self.writable()?;
        let id = id.to_owned();
        let write = move |transaction: &mut Transaction<'_>| {
            transaction.db().execute(include_str!("sql/erase_rule_draft.sql"), &[id.as_str().into()])?;
            Ok(())
        };
        self.store.write(write).wait_here()
    }
}

fn faults(files: &[RuleFile]) -> Vec<Fault> {
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    let is_too_much = files.len() > MAX_FILES || bytes > MAX_FILES_BYTES;
    let detail = || format!("a rules folder has at most {MAX_FILES} files and {} MiB", MAX_FILES_BYTES >> 20);
    is_too_much.then(|| Fault::new("/files", FaultCode::TooMany, detail())).into_iter().collect()
}

fn as_text(authors: &[Actor]) -> String {
    // Plain data with text keys: it always serialises.
    serde_json::to_string(authors).unwrap_or_default()
}

fn listed(row: &mut Row) -> Result<RuleDraftListed, RecordError> {
    let (id, title, authors) = (row.text()?, row.text()?, row.text()?);
    let damaged = || RecordError::Damaged("a rule draft cannot be read".into());
    let authors = serde_json::from_str(&authors).map_err(|_| damaged())?;
    let (version, changed_at, change) = (row.int()?, row.int()?, row.maybe_text()?);
    let changed_at = Timestamp::from_millisecond(changed_at).map_err(|_| damaged())?;
    Ok(RuleDraftListed { id, title, authors, version, changed_at, change })
}
