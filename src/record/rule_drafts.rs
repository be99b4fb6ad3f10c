//! Rules that authors change before they propose them: a whole rules folder, kept on the server between two visits.
//!
//! No part of the record, and nothing about a child; but who wrote them and what they do is what partners are told, so
//! that nobody changes that behind the program's back. Every author goes on with any of them; two at once are told of each
//! other. What was worked out of one version is gone with the next.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::db::{Row, Value};
use super::log::Hash;
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
        let mac = self.mac(&id, 1, &title, &authors, &files);
        let (draft, change) = (id.clone(), change.map(str::to_owned));
        let write = move |transaction: &mut Transaction<'_>| {
            let db = transaction.db();
            let oldest = now - SignedDuration::from_hours(24 * RULE_DRAFT_KEPT_DAYS);
            db.execute(include_str!("sql/forget_old_rule_drafts.sql"), &[oldest.as_millisecond().into()])?;
            let values: [Value<'_>; 7] = [
                draft.as_str().into(),
                title.as_str().into(),
                authors.as_str().into(),
                files.as_slice().into(),
                now.as_millisecond().into(),
                change.as_deref().map_or(Value::Null, Value::from),
                mac.as_slice().into(),
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
        let (packed, kept) = (row.bytes()?, row.hash()?);
        let mac = self.mac(id, listed.version, &listed.title, &as_text(&listed.authors), &packed);
        if mac != kept {
            return Err(damaged());
        }
        let files = unpacked(&packed).ok_or_else(damaged)?;
        // What does not open was not worked out here: it is worked out again.
        let evidence = evidence.filter(|_| of == Some(listed.version)).and_then(|bytes| {
            let (kept, text) = bytes.split_first_chunk::<32>()?;
            (self.mac_of_evidence(&mac, text) == *kept).then(|| serde_json::from_slice(text).ok()).flatten()
        });
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
        let RuleDraftListed { mut authors, title, .. } = self.find_rule_draft(id)?.listed;
        let faults = faults(files);
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        if !authors.iter().any(|author| author.id == permit.actor().id) {
            authors.push(permit.actor().clone());
        }
        let (files, authors, id) = (packed(files), as_text(&authors), id.to_owned());
        let mac = self.mac(&id, version + 1, &title, &authors, &files);
        let write = move |transaction: &mut Transaction<'_>| {
            let values: [Value<'_>; 6] = [
                now.as_millisecond().into(),
                authors.as_str().into(),
                files.as_slice().into(),
                mac.as_slice().into(),
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
        let RuleDraft { listed, files, .. } = self.find_rule_draft(id)?;
        let mac = self.mac(id, version, &listed.title, &as_text(&listed.authors), &packed(&files));
        // Plain data with text keys: it always serialises.
        let text = serde_json::to_vec(evidence).unwrap_or_default();
        let (evidence, id) = ([self.mac_of_evidence(&mac, &text).as_slice(), &text].concat(), id.to_owned());
        let write = move |transaction: &mut Transaction<'_>| {
            let values = [evidence.as_slice().into(), id.as_str().into(), version.into()];
            transaction.db().execute(include_str!("sql/put_evidence.sql"), &values)?;
            Ok(())
        };
        self.store.write(write).wait_here()
    }

    /// What only this installation can say of a draft: that it is as its authors saved it.
    fn mac(&self, id: &str, version: i64, title: &str, authors: &str, files: &[u8]) -> Hash {
        let files = HEXLOWER.encode(&Sha256::digest(files));
        self.keys.matching("rule draft", &[id, &version.to_string(), title, authors, &files].join("\0"))
    }

    /// The same of what was worked out of it.
    fn mac_of_evidence(&self, draft: &Hash, text: &[u8]) -> Hash {
        let text = HEXLOWER.encode(&Sha256::digest(text));
        self.keys.matching("rule evidence", &[HEXLOWER.encode(draft), text].join("\0"))
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
