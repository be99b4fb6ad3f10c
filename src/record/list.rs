//! Lists of referrals, in the order received.

use super::case::{Listed, Standing};
use super::db::{Row, Value};
use super::{Record, RecordError};
use crate::access::Permit;

/// How many referrals are read at a time when all are.
const MANY: i64 = 256;

/// Which referrals are listed.
#[derive(Debug, Clone, Default)]
pub struct ListWanted {
    /// After this time of receipt, in milliseconds, and this id.
    pub after: Option<(i64, String)>,
    /// Where they stand.
    pub standing: Option<Standing>,
    /// Who decided last.
    pub decided_by: Option<String>,
    /// How many at most.
    pub most: i64,
}

impl Record {
    /// Referrals within reach, in the order received, after a place in that order. They are fewer than were wanted only
    /// where no more follow: what was erased, and came back with a database that was put back, takes nobody's place.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list(&self, permit: &Permit, wanted: &ListWanted) -> Result<Vec<Listed>, RecordError> {
        let (mut at, mut id) = wanted.after.clone().unwrap_or((i64::MIN, String::new()));
        let mut found = Vec::new();
        loop {
            let missing = wanted.most - found.len() as i64;
            let values: [Value<'_>; 6] = [
                at.into(),
                id.as_str().into(),
                permit.only().unwrap_or_default().into(),
                wanted.standing.map(Standing::word).unwrap_or_default().into(),
                wanted.decided_by.as_deref().unwrap_or_default().into(),
                missing.into(),
            ];
            let rows = self.store.read(|db| db.query(include_str!("sql/list_referrals.sql"), &values))?;
            let listed: Vec<Listed> = rows.into_iter().map(Listed::read).collect::<Result<_, _>>()?;
            let Some(last) = listed.last() else { return Ok(found) };
            (at, id) = (last.received_at.as_millisecond(), last.id.clone());
            let is_last = (listed.len() as i64) < missing;
            found.extend(self.of_those_there(listed, permit.only())?);
            if is_last || found.len() as i64 >= wanted.most {
                return Ok(found);
            }
        }
    }

    /// Referrals within reach that stand so, what was received last first.
    ///
    /// # Errors
    /// As `list`.
    pub fn list_newest(&self, permit: &Permit, standing: Standing, most: i64) -> Result<Vec<Listed>, RecordError> {
        let values: [Value<'_>; 3] = [permit.only().unwrap_or_default().into(), standing.word().into(), most.into()];
        let rows = self.store.read(|db| db.query(include_str!("sql/list_newest_referrals.sql"), &values))?;
        self.there(rows, permit.only())
    }

    /// Those of a list that were not erased, as their reader may see them.
    pub(super) fn there(&self, rows: Vec<Row>, only: Option<&str>) -> Result<Vec<Listed>, RecordError> {
        self.of_those_there(rows.into_iter().map(Listed::read).collect::<Result<_, _>>()?, only)
    }

    fn of_those_there(&self, listed: Vec<Listed>, only: Option<&str>) -> Result<Vec<Listed>, RecordError> {
        let there = listed.into_iter().filter(|listed| !self.was_erased(&listed.id));
        there.map(|listed| self.listed_for(listed, only)).collect()
    }

    /// Every referral, in the order received, for what is done to all of them.
    ///
    /// # Errors
    /// When they cannot be read, or what is done fails.
    pub(super) fn each(&self, mut then: impl FnMut(Listed) -> Result<(), RecordError>) -> Result<(), RecordError> {
        let (mut at, mut id) = (i64::MIN, String::new());
        loop {
            let values: [Value<'_>; 6] = [at.into(), id.as_str().into(), "".into(), "".into(), "".into(), MANY.into()];
            let rows = self.store.read(|db| db.query(include_str!("sql/list_referrals.sql"), &values))?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in rows {
                let listed = Listed::read(row)?;
                (at, id) = (listed.received_at.as_millisecond(), listed.id.clone());
                if !self.was_erased(&id) {
                    then(listed)?;
                }
            }
        }
    }
}
