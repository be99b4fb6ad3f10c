//! Every rule set that ever evaluated stays here by its digest, whole, and runs again on demand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::Serialize;

use super::db::{Db, Value};
use super::leaf::{Kind, Leaf};
use super::store::Transaction;
use super::{Log, Record, RecordError, new_id};
use crate::criteria::entries::InForce;
use crate::criteria::{RuleFile, RuleSet, RuleSetId, load};

/// More than ever run beside each other; loading one takes milliseconds, and each is a few hundred kilobytes.
const IN_MEMORY: usize = 16;

/// Rule sets that were loaded again, and what each is.
#[derive(Debug, Default)]
pub(super) struct Kept {
    loaded: Mutex<BTreeMap<String, Arc<RuleSet>>>,
    heads: Mutex<BTreeMap<String, RuleSetHead>>,
}

/// What a rule set is, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RuleSetHead {
    /// What identifies it.
    #[serde(flatten)]
    pub id: RuleSetId,
    /// Its title.
    pub title: String,
    /// The first day on which it is in force, as it says itself.
    #[schema(format = Date, example = "2026-12-01")]
    pub from: String,
    /// The last day, when it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    pub until: Option<String>,
}

impl RuleSetHead {
    /// Of a rule set.
    pub fn of(rules: &RuleSet) -> Self {
        let framework = rules.framework();
        let InForce { from, until } = framework.in_force.clone();
        Self { id: rules.id().clone(), title: framework.title.clone(), from, until }
    }
}

impl Record {
    /// Keeps a rule set before anything is evaluated under it and recorded.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub fn keep_rule_set(&self, rules: &Arc<RuleSet>, files: &[RuleFile], now: Timestamp) -> Result<(), RecordError> {
        let digest = rules.id().digest.clone();
        self.rule_sets.put(&digest, rules);
        let known = |digest: &str| -> Result<bool, RecordError> {
            self.store.read(|db| Ok(db.find(include_str!("sql/find_rule_set.sql"), &[digest.into()])?.is_some()))
        };
        if known(&digest)? {
            return Ok(());
        }
        self.writable()?;
        let files = packed(files);
        let leaf = Leaf { rule_set: Some(digest.clone()), ..Leaf::new(Kind::RuleSetKept, new_id(), now) }.text();
        let keep = move |transaction: &mut Transaction<'_>| {
            let db = transaction.db();
            if db.find(include_str!("sql/find_rule_set.sql"), &[digest.as_str().into()])?.is_none() {
                let values: [Value<'_>; 2] = [digest.as_str().into(), files.as_slice().into()];
                db.execute(include_str!("sql/append_rule_set.sql"), &values)?;
                transaction.append(Log::Rules, &leaf, None, None)?;
            }
            Ok(())
        };
        self.store.write(keep).wait_here()
    }

    /// The digests of every rule set that is kept here.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list_rule_sets(&self) -> Result<Vec<String>, RecordError> {
        let rows = self.store.read(|db| db.query(include_str!("sql/list_digests.sql"), &[]))?;
        rows.into_iter().map(|mut row| Ok(row.text()?)).collect()
    }

    /// What every rule set that evaluated here is. One that does not load any more hides no other.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list_rule_set_heads(&self) -> Result<Vec<RuleSetHead>, RecordError> {
        let proposed = self.only_proposed()?;
        let mut heads = Vec::new();
        for digest in self.list_rule_sets()?.into_iter().filter(|digest| !proposed.contains(digest)) {
            let known = self.rule_sets.head(&digest).map_or_else(|| Ok(RuleSetHead::of(&*self.rule_set(&digest)?)), Ok);
            match known {
                Ok(head) => heads.push(head),
                Err(error @ RecordError::Damaged(_)) => tracing::error!(%error, "a rule set is not listed"),
                Err(error) => return Err(error),
            }
        }
        Ok(heads)
    }

    /// A rule set that evaluated here.
    ///
    /// # Errors
    /// When it was never kept here, or is no longer what it was.
    pub fn rule_set(&self, digest: &str) -> Result<Arc<RuleSet>, RecordError> {
        let never = || RecordError::Damaged(format!("the rule set {digest} is not kept here"));
        self.find_rule_set(digest)?.ok_or_else(never)
    }

    /// A rule set by its digest, if it is kept here.
    ///
    /// # Errors
    /// When it is no longer what it was.
    pub fn find_rule_set(&self, digest: &str) -> Result<Option<Arc<RuleSet>>, RecordError> {
        if let Some(rules) = self.rule_sets.get(digest) {
            return Ok(Some(rules));
        }
        let damaged = |what: &str| RecordError::Damaged(format!("the rule set {digest} {what}"));
        let find = |db: &mut Db| db.find(include_str!("sql/find_rule_set.sql"), &[digest.into()]);
        let Some(mut row) = self.store.read(find)? else { return Ok(None) };
        let packed = row.bytes()?;
        let files = unpacked(&packed).ok_or_else(|| damaged("cannot be read"))?;
        let rules = load(&files).rule_set.ok_or_else(|| damaged("does not load any more"))?;
        if rules.id().digest != digest {
            return Err(damaged("is not what it was"));
        }
        let rules = Arc::new(rules);
        self.rule_sets.put(digest, &rules);
        Ok(Some(rules))
    }
}

impl Record {
    /// The files of a rule set that is kept here.
    ///
    /// # Errors
    /// When it is not, or cannot be read any more.
    pub fn rule_set_files(&self, digest: &str) -> Result<Vec<RuleFile>, RecordError> {
        let row = self.store.read(|db| db.find(include_str!("sql/find_rule_set.sql"), &[digest.into()]))?;
        let packed = row.ok_or(RecordError::NotFound)?.bytes()?;
        unpacked(&packed).ok_or_else(|| RecordError::Damaged(format!("the rule set {digest} cannot be read")))
    }
}

impl Kept {
    fn head(&self, digest: &str) -> Option<RuleSetHead> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    fn get(&self, digest: &str) -> Option<Arc<RuleSet>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    fn put(&self, digest: &str, rules: &Arc<RuleSet>) {
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        heads.entry(digest.to_owned()).or_insert_with(|| RuleSetHead::of(rules));
        let mut kept = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= IN_MEMORY {
            kept.clear();
        }
        kept.insert(digest.to_owned(), Arc::clone(rules));
    }
}

/// The files as JSON: path and bytes, in the order of the paths.
pub(super) fn packed(files: &[RuleFile]) -> Vec<u8> {
    let files: BTreeMap<&str, String> =
        files.iter().map(|file| (file.path.as_str(), BASE64.encode(&file.bytes))).collect();
    serde_json::to_vec(&files).unwrap_or_default()
}

pub(super) fn unpacked(bytes: &[u8]) -> Option<Vec<RuleFile>> {
    let files: BTreeMap<String, String> = serde_json::from_slice(bytes).ok()?;
    let file = |(path, text): (String, String)| Some(RuleFile { path, bytes: BASE64.decode(text.as_bytes()).ok()? });
    files.into_iter().map(file).collect()
}

/// A rule set as a database keeps it; nothing where it is not kept there.
pub(super) fn rule_set_of(db: &mut Db, digest: &str) -> Result<Option<Arc<RuleSet>>, RecordError> {
    let found = db.find(include_str!("sql/find_rule_set.sql"), &[digest.into()])?;
    let files = found.map(|mut row| row.bytes()).transpose()?.and_then(|packed| unpacked(&packed));
    Ok(files.and_then(|files| load(&files).rule_set).map(Arc::new))
}

/// The digest of packed files, when they are a rule set's.
pub(super) fn digest_of(packed: &[u8]) -> Option<String> {
    Some(load(&unpacked(packed)?).digest)
}
