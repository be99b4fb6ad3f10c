//! Every rule set that ever evaluated stays here by its digest, whole, and runs again on demand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64;
use jiff::Timestamp;

use super::db::Value;
use super::leaf::{Kind, Leaf};
use super::store::Transaction;
use super::{Log, Record, RecordError, new_id};
use crate::criteria::{RuleFile, RuleSet, load};

/// More than ever run beside each other; loading one takes milliseconds.
const IN_MEMORY: usize = 8;

/// Rule sets that were loaded again.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<BTreeMap<String, Arc<RuleSet>>>);

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

    /// A rule set by its digest.
    ///
    /// # Errors
    /// When it was never kept here, or is no longer what it was.
    pub fn rule_set(&self, digest: &str) -> Result<Arc<RuleSet>, RecordError> {
        if let Some(rules) = self.rule_sets.get(digest) {
            return Ok(rules);
        }
        let damaged = |what: &str| RecordError::Damaged(format!("the rule set {digest} {what}"));
        let find = |db: &mut super::db::Db| db.find(include_str!("sql/find_rule_set.sql"), &[digest.into()]);
        let packed = self.store.read(find)?.ok_or_else(|| damaged("is not kept here"))?.bytes()?;
        let files = unpacked(&packed).ok_or_else(|| damaged("cannot be read"))?;
        let rules = load(&files).rule_set.ok_or_else(|| damaged("does not load any more"))?;
        if rules.id().digest != digest {
            return Err(damaged("is not what it was"));
        }
        let rules = Arc::new(rules);
        self.rule_sets.put(digest, &rules);
        Ok(rules)
    }
}

impl Kept {
    fn get(&self, digest: &str) -> Option<Arc<RuleSet>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    fn put(&self, digest: &str, rules: &Arc<RuleSet>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= IN_MEMORY {
            kept.clear();
        }
        kept.insert(digest.to_owned(), Arc::clone(rules));
    }
}

/// The files as JSON: path and bytes, in the order of the paths.
fn packed(files: &[RuleFile]) -> Vec<u8> {
    let files: BTreeMap<&str, String> =
        files.iter().map(|file| (file.path.as_str(), BASE64.encode(&file.bytes))).collect();
    serde_json::to_vec(&files).unwrap_or_default()
}

fn unpacked(bytes: &[u8]) -> Option<Vec<RuleFile>> {
    let files: BTreeMap<String, String> = serde_json::from_slice(bytes).ok()?;
    let file = |(path, text): (String, String)| Some(RuleFile { path, bytes: BASE64.decode(text.as_bytes()).ok()? });
    files.into_iter().map(file).collect()
}

/// The digest of packed files, when they are a rule set's.
pub(super) fn digest_of(packed: &[u8]) -> Option<String> {
    Some(load(&unpacked(packed)?).digest)
}
