//! What a document says of the program beside the rules: told by whoever calls, in plain values, so that nothing here
//! looks for it.

use jiff::Timestamp;

use crate::decision::Role;

/// What a role may do: a row of the table of who may do what, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MayDo {
    /// The role.
    pub role: Role,
    /// What is done, and what is seen by it.
    pub does: &'static str,
    /// Whether only to referrals of one's own organisation.
    pub only_own: bool,
}

/// What the program keeps for so many days, and no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// What.
    pub what: &'static str,
    /// How many days.
    pub days: i64,
}

/// A rule set that was or will be in force, as the log of rules tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WasInForce {
    /// From when on.
    pub from: Timestamp,
    /// Its version; none where it cannot be read any more.
    pub version: Option<String>,
    /// Its digest.
    pub digest: String,
    /// Who agreed it; none where no rule change brought it.
    pub agreed: Option<Agreed>,
}

/// Who agreed rules, and what they follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// The partners.
    pub partners: Vec<String>,
    /// What the change is called.
    pub title: String,
    /// The clause of guidance that it follows.
    pub clause: String,
}
