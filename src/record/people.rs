//! People who have signed in: those among whom whoever decides lower chooses a second person.
//!
//! Staff alone, by what their organisation's provider says of them; no part of the record. Who confirms is shown by
//! their own sign-in, never by this list.

use jiff::{SignedDuration, Timestamp};

use super::db::Value;
use super::store::Transaction;
use super::{Record, RecordError};
use crate::decision::{Actor, Role, may_confirm};

/// For how long somebody who does not sign in is still offered: longer than any leave that is not for good.
const OFFERED_DAYS: i64 = 92;

impl Record {
    /// Notes that somebody signed in, where their role may confirm; where it no longer may, they are not offered.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_person(&self, actor: &Actor, now: Timestamp) -> Result<(), RecordError> {
        let actor = actor.clone();
        let write = move |transaction: &mut Transaction<'_>| {
            let db = transaction.db();
            db.execute(include_str!("sql/forget_old_people.sql"), &[oldest(now).into()])?;
            if !may_confirm(actor.role) {
                db.execute(include_str!("sql/erase_person.sql"), &[actor.id.as_str().into()])?;
                return Ok(());
            }
            let values: [Value<'_>; 5] = [
                actor.id.as_str().into(),
                actor.name.as_str().into(),
                actor.role.word().into(),
                actor.organisation.as_str().into(),
                now.as_millisecond().into(),
            ];
            db.execute(include_str!("sql/put_person.sql"), &values)?;
            Ok(())
        };
        self.store.write(write).wait_here()
    }

    /// Those who may confirm and have signed in, by name.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list_people(&self, now: Timestamp) -> Result<Vec<Actor>, RecordError> {
        let rows = self.store.read(|db| db.query(include_str!("sql/list_people.sql"), &[oldest(now).into()]))?;
        let mut people = Vec::new();
        for mut row in rows {
            let (id, name, word, organisation) = (row.text()?, row.text()?, row.text()?, row.text()?);
            // A role that this program does not know confirms nothing here.
            let role = Role::ALL.into_iter().find(|role| role.word() == word && may_confirm(*role));
            people.extend(role.map(|role| Actor { id, name, role, organisation }));
        }
        Ok(people)
    }
}

fn oldest(now: Timestamp) -> i64 {
    now.as_millisecond() - SignedDuration::from_hours(24 * OFFERED_DAYS).as_millis() as i64
}
