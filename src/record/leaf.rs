//! What the logs say of each event: commitments, ranks and codes, never a fact about a child.
//!
//! A leaf is JSON text, written once and hashed as it stands. Whoever reads it years later needs no program of ours.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::log::Hash;
use super::seal::Sealed;
use crate::decision::{Actor, Outcome, Role, View};
use crate::disagreement::Ruling;
use crate::ladder::Rank;
use crate::letters::{Reader, Way};

/// The version of the form.
const VERSION: u8 = 1;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A referral came and was evaluated.
    ReferralReceived,
    /// More became known, and it was evaluated again.
    InformationAdded,
    /// A person decided about a child.
    Decided,
    /// A second person confirmed a lower decision.
    DecisionConfirmed,
    /// The next holder accepted.
    DecisionAccepted,
    /// What was said was read.
    Viewed,
    /// Earlier referrals of the same child were looked up.
    LookedUp,
    /// A person said that an earlier referral is of the same child.
    SameChild,
    /// A referrer or a family was told of decisions.
    LetterSent,
    /// They are not told, and why.
    LetterWithheld,
    /// Somebody disagrees with a decision.
    Disagreed,
    /// A stage of a disagreement was answered.
    DisagreementAnswered,
    /// The answer was not accepted, and the next stage begins.
    DisagreementWentOn,
    /// What is recorded about a child was given to somebody who asked for it.
    Disclosed,
    /// A person said that a child of one referral is of the same incident as a child of another.
    Joined,
    /// A file of notifications came.
    BatchReceived,
    /// The file as it came.
    FileKept,
    /// A person dealt with a row that could not be mapped.
    RowDealtWith,
    /// The retention date was set, or a hold laid or lifted.
    RetentionSet,
    /// A referral's key was destroyed.
    Erased,
    /// The record was given out or copied.
    Exported,
    /// A transfer from another authority could not be taken, and is kept for a person.
    TransferRefused,
    /// A person dealt with a transfer that was kept.
    TransferDealtWith,
    /// A key was made by which a partner's system is known.
    ApiKeyMade,
    /// One of them was revoked.
    ApiKeyRevoked,
    /// A key of the installation began to be used.
    KeyAdded,
    /// A rule set was kept, to evaluate under it.
    RuleSetKept,
    /// From here on it evaluates.
    RuleSetInForce,
    /// A step of a rule change, or what was said about one.
    RuleChange,
    /// Somebody agrees rule changes for a partner from here on.
    DelegateNamed,
    /// And no longer.
    DelegateEnded,
    /// A monthly report was issued, or corrected.
    ReportIssued,
    /// A calibration round was opened, rated or closed.
    Calibration,
    /// A month's children were drawn for the quality audit.
    SampleDrawn,
    /// Somebody read a child's referral for the quality audit, or said what there is to learn.
    CaseReviewed,
    /// A record that does not continue what was signed before was taken into use all the same.
    ForkAccepted,
    /// Somebody signed in with a break-glass account.
    BreakGlassUsed,
    /// What a later program entered, beside which this one goes on for a while; this one enters none.
    #[serde(other)]
    OfALaterProgram,
}

/// One entry of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// The version of the form.
    pub v: u8,
    /// What happened.
    pub kind: Kind,
    /// When it was recorded.
    pub at: Timestamp,
    /// An id of its own; its body is sealed for it.
    pub id: String,
    /// What the log calls the referral.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// In which role somebody acted; who it was is in the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The organisation that acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// The rule set that evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_set: Option<String>,
    /// The bounds of each child's level, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indicated: Vec<(Rank, Rank)>,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<DecidedLeaf>,
    /// Who was told, and how; or why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<LetterLeaf>,
    /// Which step of which rule change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeLeaf>,
    /// What a stage of a disagreement came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruling: Option<Ruling>,
    /// Of what has no body: the one thing to say, such as a public key or a digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The salted commitment to the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The hash of the sealed body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
}

/// A decision in codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidedLeaf {
    /// Which child, by place.
    pub child: usize,
    /// The level.
    pub level: Rank,
    /// Beside what was indicated.
    pub view: View,
    /// The reason's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What happens next.
    pub outcome: Outcome,
}

/// A step of a rule change in codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeLeaf {
    /// The change.
    pub change: String,
    /// Which step.
    pub step: String,
    /// The partner whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// The rules that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// A letter in codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterLeaf {
    /// Who was told.
    pub to: Reader,
    /// How, if it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<Way>,
    /// The code of the reason, if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
}

impl Leaf {
    /// A leaf that says only what happened and when.
    pub fn new(kind: Kind, id: String, at: Timestamp) -> Self {
        Self {
            v: VERSION,
            kind,
            at,
            id,
            subject: None,
            role: None,
            organisation: None,
            rule_set: None,
            indicated: Vec::new(),
            decided: None,
            letter: None,
            change: None,
            ruling: None,
            detail: None,
            body: None,
            sealed: None,
        }
    }

    /// A leaf that also says in which role somebody acted, and for whom.
    pub fn by(actor: &Actor, kind: Kind, id: String, at: Timestamp) -> Self {
        let (role, organisation) = (Some(actor.role), Some(actor.organisation.clone()));
        Self { role, organisation, ..Self::new(kind, id, at) }
    }

    /// The same, about a referral, with a commitment to a body.
    #[must_use]
    pub fn about(mut self, subject: &Hash, sealed: &Sealed) -> Self {
        self.subject = Some(HEXLOWER.encode(subject));
        self.body = Some(digest(&sealed.commitment));
        self.sealed = Some(digest(&sealed.hash));
        self
    }

    /// Its text.
    pub fn text(&self) -> String {
        // Plain data with text keys: it always serialises.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a leaf.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The commitment to its body.
    pub fn committed(&self) -> Option<Hash> {
        hash(self.body.as_deref()?)
    }

    /// The hash of its sealed body.
    pub fn sealed_hash(&self) -> Option<Hash> {
        hash(self.sealed.as_deref()?)
    }
}

/// A hash as text.
pub fn digest(hash: &Hash) -> String {
    format!("sha256:{}", HEXLOWER.encode(hash))
}

/// A hash from its text.
pub fn hash(text: &str) -> Option<Hash> {
    HEXLOWER.decode(text.strip_prefix("sha256:")?.as_bytes()).ok()?.try_into().ok()
}
