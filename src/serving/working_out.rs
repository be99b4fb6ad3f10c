//! What proposed rules do is worked out beside everything else: proofs take a second, and every child on record is
//! evaluated again.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::thread;

use super::Serving;
use crate::record::{Record, RecordError};
use crate::rule_change::Evidence;

/// How many drafts are worked out at a time: the cores are there for children first.
const AT_ONCE: usize = 2;

/// How far a version of a draft is worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkingOut {
    /// It is being done.
    UnderWay,
    /// It broke off; a mistake of this program, or the record cannot be read.
    BrokeOff,
}

/// What is under way here, by draft and version.
pub(super) type UnderWay = BTreeMap<(String, i64), WorkingOut>;

impl Serving {
    /// How far a version of a draft is worked out here; nothing when nobody began.
    pub fn working_out(&self, draft: &str, version: i64) -> Option<WorkingOut> {
        let under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.get(&(draft.to_owned(), version)).copied()
    }

    /// Begins to work out what a version of a draft does, unless that is under way; whether it is now.
    pub fn work_out(self: &Arc<Self>, draft: &str, version: i64) -> bool {
        let key = (draft.to_owned(), version);
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if under_way.get(&key) == Some(&WorkingOut::UnderWay) {
            return true;
        }
        if under_way.values().filter(|one| **one == WorkingOut::UnderWay).count() >= AT_ONCE {
            return false;
        }
        let (serving, ends) = (Arc::clone(self), Ends { serving: Arc::clone(self), key: key.clone() });
        let work = move || {
            let (draft, version) = ends.key.clone();
            match serving.worked_out(&draft, version) {
                Ok(()) => ends.end(None),
                Err(error) => {
                    tracing::error!(%error, "what a draft of rules does could not be worked out");
                    ends.end(Some(WorkingOut::BrokeOff));
                }
            }
        };
        let is_begun = thread::Builder::new().name("working out".into()).spawn(work).is_ok();
        if is_begun {
            under_way.insert(key, WorkingOut::UnderWay);
        }
        is_begun
    }

    fn worked_out(&self, draft: &str, version: i64) -> Result<(), RecordError> {
        let Some(record) = self.record.as_deref() else { return Ok(()) };
        let kept = record.find_rule_draft(draft)?;
        if kept.listed.version != version {
            return Ok(());
        }
        // Against what will be in force by then: what is agreed already comes first.
        let before = self.last_rules();
        let (mut evidence, rules) = Evidence::of(&before, &kept.files).map_err(|disagreement| {
            tracing::error!(event = "proof_disagrees", %disagreement, "a proof and the evaluator disagree");
            RecordError::broke_off()
        })?;
        if let Some(rules) = &rules {
            evidence.replay = Some(Record::replay_counted(record, rules)?);
        }
        record.put_evidence(draft, version, &evidence)
    }
}

/// Takes a draft off what is under way, whatever becomes of the thread.
struct Ends {
    serving: Arc<Serving>,
    key: (String, i64),
}

impl Ends {
    fn end(&self, how: Option<WorkingOut>) {
        let mut under_way = self.serving.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        match how {
            Some(how) => under_way.insert(self.key.clone(), how),
            None => under_way.remove(&self.key),
        };
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        let (draft, version) = &self.key;
        if self.serving.working_out(draft, *version) == Some(WorkingOut::UnderWay) {
            self.end(Some(WorkingOut::BrokeOff));
        }
    }
}
