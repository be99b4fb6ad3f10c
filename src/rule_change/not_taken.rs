//! Why a step of a rule change is not taken.

use super::{EMERGENCY_DAYS, UNDO_DAYS};

/// Why a step may not be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// It begins with a proposal.
    #[error("a rule change begins with a proposal")]
    NotProposed,
    /// It is proposed once, and edited after that.
    #[error("this rule change is proposed already; edit it")]
    ProposedTwice,
    /// Steps stand in the order in which they were taken.
    #[error("this is before the last step that was taken")]
    BeforeTheLast,
    /// The same rules again.
    #[error("these rules are those that are there already")]
    NothingEdited,
    /// Somebody must say why.
    #[error("say in a sentence why, or which minute")]
    NoWords,
    /// It was agreed.
    #[error("this rule change is agreed; propose another, or undo it once it is in force")]
    AgreedAlready,
    /// It was withdrawn or undone.
    #[error("this rule change has ended; propose it anew")]
    Ended,
    /// Nobody agrees their own rules.
    #[error("whoever wrote rules does not agree them; another delegate of the partner does")]
    OwnRules,
    /// Somebody else confirms a minute.
    #[error("whoever entered a minute does not confirm it; a delegate of the partner does")]
    OwnMinute,
    /// Nobody would have to agree.
    #[error("the rules in force name no statutory partners, so nobody can agree others")]
    NoPartners,
    /// The framework asks other partners.
    #[error("`{0}` is no partner that is asked here")]
    NoPartner(String),
    /// What was read is not what is proposed.
    #[error("what was read is {read}, and {proposed} is proposed now; read what was edited, and answer that")]
    OtherRules {
        /// The digest that was read.
        read: String,
        /// The one that is proposed.
        proposed: String,
    },
    /// What was read begins or ends on another day.
    #[error("from when on it is in force was edited since; read it, and answer that")]
    OtherBeginning,
    /// One approval of each partner.
    #[error("`{0}` has said so already")]
    ApprovedAlready(String),
    /// A minute takes no refusal back.
    #[error("`{0}` does not agree these rules; a delegate of that partner says so when it does")]
    Refuses(String),
    /// No minute waits for that partner.
    #[error("no minute waits for this partner to confirm it")]
    NothingToConfirm,
    /// It begins with a day that is to come.
    #[error("rules come into force at the beginning of a day that is to come")]
    BeginsInThePast,
    /// An emergency that is over.
    #[error("the last day of this emergency is past; propose it with another")]
    EndIsPast,
    /// An emergency ends soon.
    #[error("an emergency change lapses after {EMERGENCY_DAYS} days at the latest")]
    EndTooLate,
    /// Only what is in force is undone.
    #[error("only a rule change that is in force is undone")]
    NotInForce,
    /// Later it takes another change.
    #[error("a rule change is undone within {UNDO_DAYS} days; after that, propose another")]
    TooLateToUndo,
}
