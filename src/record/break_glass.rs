//! That somebody signed in with a break-glass account: an entry of the log of rules, before they are let in.
//!
//! It stands there, where there are few, so that the board sees each. Who it was, they said themselves: their name stands
//! with all that they then do, and in the message to the board.

use jiff::Timestamp;

use super::leaf::{Kind, Leaf};
use super::{Log, Record, RecordError, new_id};
use crate::access::break_glass::{Used, Why};
use crate::decision::Role;

/// A use of an account, as the log says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// When.
    pub at: Timestamp,
    /// Which account.
    pub account: String,
    /// As whom.
    pub role: Option<Role>,
    /// Why, as they said.
    pub why: Option<Why>,
}

impl Record {
    /// Records a use, before anybody is let in.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub fn note_break_glass(&self, used: &Used<'_>) -> Result<(), RecordError> {
        self.writable()?;
        let actor = used.account.actor(used.name);
        let detail = Some(format!("{} {}", used.account.id, used.why.word()));
        let leaf = Leaf { detail, ..Leaf::by(&actor, Kind::BreakGlassUsed, new_id(), used.at) }.text();
        let note = move |transaction: &mut super::store::Transaction<'_>| {
            Ok(transaction.append(Log::Rules, &leaf, None, None)?)
        };
        self.store.write(note).wait_here().map(|_| ())
    }

    /// Every use, the last first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list_break_glass(&self) -> Result<Vec<Broken>, RecordError> {
        let rows = self.store.read(|db| db.query(include_str!("sql/list_break_glass_leaves.sql"), &[]))?;
        let mut uses = Vec::new();
        for mut row in rows {
            let Some(leaf) = Leaf::parse(&row.text()?).filter(|leaf| leaf.kind == Kind::BreakGlassUsed) else {
                continue;
            };
            let detail = leaf.detail.unwrap_or_default();
            let (account, why) = detail.split_once(' ').unwrap_or((&detail, ""));
            // One that says too little is listed all the same.
            uses.push(Broken { at: leaf.at, account: account.to_owned(), role: leaf.role, why: Why::named(why) });
        }
        Ok(uses)
    }
}
