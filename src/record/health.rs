//! How the record stands, for whoever runs it: whether it can be read, is recorded into, is signed, and what is late.
//! Numbers alone; nothing of what it holds.

use jiff::Timestamp;

use super::checkpoint::Checkpoint;
use super::store::head;
use super::{Log, Record, RecordError};

/// How the record stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Why nothing is recorded, when nothing is.
    pub read_only: Option<String>,
    /// What is wrong with the guard, when something is.
    pub guard: Option<String>,
    /// Each log, how many entries it has, and how many of them are under a signed checkpoint.
    pub logs: Vec<(Log, u64, u64)>,
}

/// What is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overdue {
    /// Referrals that nobody decided in time.
    pub undecided: u64,
    /// Referrers who were not told in time.
    pub untold: u64,
    /// Disagreements that were not answered in time.
    pub unanswered: u64,
}

impl Record {
    /// The newest entry of each log that has one, as its text stands.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn newest_leaves(&self) -> Result<Vec<String>, RecordError> {
        self.store.read(|db| {
            let rows = Log::ALL.map(|log| db.find(include_str!("sql/find_newest_leaf.sql"), &[log.name().into()]));
            let mut leaves = Vec::new();
            for row in rows {
                if let Some(mut row) = row? {
                    leaves.push(row.text()?);
                }
            }
            Ok(leaves)
        })
    }

    /// Looks at the database and the guard.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn health(&self) -> Result<Health, RecordError> {
        let guard = Log::ALL.into_iter().find_map(|log| match self.guard.checkpoint(log) {
            Ok(Some(_)) => None,
            Ok(None) => Some(format!("the guard's checkpoint of the log `{}` is gone", log.name())),
            Err(error) => Some(format!("the guard cannot be read: {error}")),
        });
        let own = |log| self.checkpoint(log).and_then(|note| Checkpoint::claimed(&note)).map_or(0, |one| one.size);
        self.store.read_at_once(|db| {
            let mut logs = Vec::new();
            for log in Log::ALL {
                // Another replica may have signed, or a command at the terminal.
                let row = db.find(include_str!("sql/find_signed.sql"), &[log.name().into()])?;
                let of_any = row.map(|mut row| row.maybe_int()).transpose()?.flatten();
                let of_any = of_any.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
                let entries = head(db, log)?.size();
                logs.push((log, entries, own(log).max(of_any).min(entries)));
            }
            Ok(Health { read_only: self.read_only(), guard, logs })
        })
    }

    /// Counts what is late, over every referral.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn overdue(&self, now: Timestamp) -> Result<Overdue, RecordError> {
        let row =
            self.store.read(|db| db.find(include_str!("sql/count_overdue.sql"), &[now.as_millisecond().into()]))?;
        let mut row = row.ok_or_else(|| RecordError::Damaged("what is late cannot be counted".into()))?;
        let mut count = || row.int().map(|many| u64::try_from(many).unwrap_or_default());
        Ok(Overdue { undecided: count()?, untold: count()?, unanswered: count()? })
    }
}
