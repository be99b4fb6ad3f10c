//! One child of one referral, as the board counts it: words of lists, levels and days, and nothing that names anybody.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::decision::{Outcome, View};
use crate::disagreement::Ruling;
use crate::ladder::Rank;
use crate::referral::received::{Agreement, Disability, Ethnicity, Sex};

/// How a referral came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Somebody telephoned.
    Telephone,
    /// Somebody filled in the form.
    Form,
    /// A partner's system sent it.
    System,
    /// In a file of notifications.
    File,
    /// Another authority transferred it.
    Transfer,
}

impl Channel {
    /// Every way, with its words.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Telephone, "By telephone"),
        (Self::Form, "On the form"),
        (Self::System, "From a partner's system"),
        (Self::File, "In a file of notifications"),
        (Self::Transfer, "Transferred by another authority"),
    ];
}

/// Whether whoever referred was told what was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feedback {
    /// By the time that the rules set.
    InTime,
    /// After it.
    Late,
    /// The letter was withheld, with a reason.
    Withheld,
    /// Not yet.
    NotYet,
    /// There was nobody to tell.
    Nobody,
}

impl Feedback {
    /// Every way, with its words.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::InTime, "Told in time"),
        (Self::Late, "Told late"),
        (Self::Withheld, "Withheld, with a reason"),
        (Self::NotYet, "Not told yet"),
        (Self::Nobody, "Nobody to tell"),
    ];
}

/// One child of one referral.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The day of receipt in London.
    pub received: Date,
    /// Whether it is the first child of its referral, by which referrals are counted.
    pub is_first: bool,
    /// The kind of agency that referred.
    pub agency: Option<String>,
    /// How it came.
    pub channel: Channel,
    /// The child's age in completed months; below nought before birth.
    pub age_in_months: Option<i64>,
    /// For monitoring alone.
    pub sex: Option<Sex>,
    /// For monitoring alone.
    pub ethnicity: Option<Ethnicity>,
    /// For monitoring alone.
    pub disability: Option<Disability>,
    /// The level that the referrer thought it was.
    pub referrers_level: Option<Rank>,
    /// The bounds that were indicated when it was received.
    pub indicated: (Rank, Rank),
    /// The facts that could change the level and were not known then.
    pub not_known: Vec<String>,
    /// Whether the family agreed to help.
    pub agrees_to_help: Option<Agreement>,
    /// The decision, once one stands that is more than the night's.
    pub decided: Option<CountedDecision>,
    /// The day of receipt of the next referral of the same child, as people confirmed.
    pub came_again: Option<Date>,
    /// Whoever disagreed.
    pub disagreements: Vec<CountedDisagreement>,
}

impl Counted {
    /// The facts that could change the level and were not known when it was received.
    pub fn not_known(&self) -> &[String] {
        &self.not_known
    }

    /// The criteria that were found when it was decided.
    pub fn found(&self) -> &[String] {
        self.decided.as_ref().map_or(&[], |decided| &decided.found)
    }
}

/// A decision as the board counts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedDecision {
    /// The day in London.
    pub on: Date,
    /// Whether it was decided by the end of the next working day.
    pub in_time: bool,
    /// The bounds that the decider was shown.
    pub indicated: (Rank, Rank),
    /// The criteria that were found then.
    pub found: Vec<String>,
    /// The level.
    pub level: Rank,
    /// Beside what was indicated.
    pub view: View,
    /// The code of the reason.
    pub reason: Option<String>,
    /// What happens next.
    pub outcome: Outcome,
    /// Whether whoever referred was told.
    pub told: Feedback,
}

/// A disagreement as the board counts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedDisagreement {
    /// The day on which it was said.
    pub raised: Date,
    /// The day of the last answer, and what it came to.
    pub answered: Option<(Date, Ruling)>,
}
