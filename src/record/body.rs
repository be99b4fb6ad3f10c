//! The bodies of entries: what was said and decided, in full, sealed under the referral's own key.
//!
//! A request is kept as it was sent, byte for byte, and an evaluation as it was answered: nothing is lost by being
//! read and written again.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::decision::{Actor, Wanted};
use crate::disagreement::{Answers, Disagrees, GoesOn};
use crate::letters::{Letter, Reader};
use crate::notifications::{Encoding, Layout, Unmapped};

/// Of a referral that was received.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReferralBody {
    /// Who recorded it.
    pub by: Actor,
    /// Its id.
    pub referral: String,
    /// Its spoken reference.
    pub reference: String,
    /// When it was received; starts the clock.
    pub received_at: Timestamp,
    /// The request as sent.
    pub request: Box<RawValue>,
    /// What was indicated for each child.
    pub evaluated: Evaluated,
    /// The file by which another authority transferred it, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<String>,
    /// The batch that it came in, if it came in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<InBatch>,
}

/// Where in a batch a referral stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InBatch {
    /// The batch.
    pub batch: String,
    /// Which part of it, from 1.
    pub part: usize,
    /// The incident's number.
    pub incident: String,
    /// The rows.
    pub rows: Vec<usize>,
}

/// Of what became known later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InformationBody {
    /// Who recorded it.
    pub by: Actor,
    /// The number of the piece; the referral itself is 1.
    pub piece: usize,
    /// The request as sent.
    pub request: Box<RawValue>,
    /// What was then indicated for each child.
    pub evaluated: Evaluated,
    /// What the record itself knew: a person said that an earlier referral is of the same child.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_child: Option<SameChild>,
    /// That a person joined another referral's child to one of this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Joined>,
}

/// That a child of one referral is of the same incident as a child of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// Which child here, by place.
    pub child: usize,
    /// The other referral.
    pub other: String,
    /// Which child there, by place.
    pub other_child: usize,
    /// No later than this the response is decided: the earlier of the two when they were joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respond_by: Option<Timestamp>,
    /// Whether telling the family was said to be unsafe there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsafe_to_tell: bool,
}

/// That an earlier referral is of the same child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SameChild {
    /// Which child, by place.
    pub child: usize,
    /// The earlier referral.
    pub earlier: String,
    /// Whether it counts as a contact of its own within twelve months.
    pub counts: bool,
    /// Whether it was accepted within twelve months.
    pub accepted: bool,
    /// Whether it is about what the other was about, so that the child was not referred again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub same_incident: bool,
}

/// What was indicated for each child.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Evaluated {
    /// The digest of the rule set.
    pub rule_set: String,
    /// How much was explained.
    pub explain: crate::level::Explain,
    /// Each child, in the order sent.
    pub children: Vec<EvaluatedChild>,
}

/// What was indicated for one child.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EvaluatedChild {
    /// The sender's own reference, else the child's place.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The evaluation as it was answered.
    #[schema(value_type = crate::level::Evaluation)]
    pub evaluation: Box<RawValue>,
}

/// Of a decision.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DecisionBody {
    /// Who decided.
    pub by: Actor,
    /// The decision's id: its entry's.
    pub decision: String,
    /// What was decided, and on what was shown.
    pub decided: Wanted,
    /// By when the referrer and the family are to be told; of one that was taken before they were followed up, nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tell_by: BTreeMap<Reader, Timestamp>,
}

/// Of a letter that was sent, or withheld.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LetterBody {
    /// Who sent it.
    pub by: Actor,
    /// Its id: its entry's.
    pub letter: String,
    /// What it says, to whom, of which decisions.
    pub told: Letter,
}

/// Of a disagreement, and of each step that it takes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DisagreementBody {
    /// Who recorded it.
    pub by: Actor,
    /// The disagreement's id: its first entry's.
    pub disagreement: String,
    /// The decision that it is about.
    pub decision: String,
    /// What happened.
    pub step: DisagreementStep,
    /// By when the stage that begins with it is to be answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<Timestamp>,
}

/// A step of a disagreement.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisagreementStep {
    /// It began.
    Disagreed(Disagrees),
    /// A stage was answered.
    Answered(Answers),
    /// It goes on to the next stage.
    WentOn(GoesOn),
}

/// Of what was given to somebody who asked for their record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DisclosureBody {
    /// Who reviewed and gave it.
    pub by: Actor,
    /// Its id: its entry's.
    pub disclosure: String,
    /// The child, by place.
    pub child: usize,
    /// To whom.
    pub to: String,
    /// Each part of the record, and what was done with it.
    pub parts: Vec<PartDisclosed>,
}

/// A part of the record, as it was given or left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartDisclosed {
    /// Which part.
    pub part: String,
    /// Its heading.
    pub title: String,
    /// What was given; nothing where it was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// Why something was left out, by code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
}

/// Of a confirmation, an acceptance or a reading.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ActBody {
    /// Who acted.
    pub by: Actor,
    /// The decision it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// Why, in their own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The other referral that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
    /// How long the referral is kept from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// Which child it joins to another referral's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Joined>,
    /// By when whoever referred the child that is joined is to be told what is decided with the other.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tell_by: BTreeMap<Reader, Timestamp>,
    /// Which row of a batch it deals with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dealt: Option<Dealt>,
}

/// Of a batch that was received: what it became, and what could not be mapped.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BatchBody {
    /// Who recorded it.
    pub by: Actor,
    /// Its id.
    pub batch: String,
    /// What the file as it came is sealed under.
    pub file: String,
    /// Who sends it.
    pub organisation: String,
    /// When it was received.
    pub received_at: Timestamp,
    /// The mapping, by id.
    pub mapping: String,
    /// The rule set that has the mapping.
    pub rule_set: String,
    /// How the file is laid out.
    pub layout: Layout,
    /// How its bytes were read.
    pub read_as: Encoding,
    /// How many rows it has.
    pub rows: usize,
    /// How many referrals it becomes.
    pub parts: usize,
    /// What could not be mapped.
    pub unmapped: Vec<Unmapped>,
}

/// Of a file as it came.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileBody {
    /// Who recorded it.
    pub by: Actor,
    /// Its batch.
    pub batch: String,
    /// Its bytes, in base 64.
    pub file: String,
}

/// How a person dealt with a row that could not be mapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dealt {
    /// The row.
    pub row: usize,
    /// How.
    pub how: How,
    /// The referral that it was entered as, or that holds it already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<String>,
}

/// The ways to deal with a row that could not be mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It was entered by hand, as a referral.
    EnteredByHand,
    /// It was sent back to the sender, who sends it again.
    SentBack,
    /// It is not about a child.
    NotAboutAChild,
    /// A referral that is recorded holds all of it.
    NothingNew,
}

impl How {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::EnteredByHand, Self::SentBack, Self::NotAboutAChild, Self::NothingNew];

    /// Its word, as the log and requests write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::EnteredByHand => "entered_by_hand",
            Self::SentBack => "sent_back",
            Self::NotAboutAChild => "not_about_a_child",
            Self::NothingNew => "nothing_new",
        }
    }

    /// Whether it names a referral.
    pub fn names_a_referral(self) -> bool {
        matches!(self, Self::EnteredByHand | Self::NothingNew)
    }
}

/// How long a referral is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Its class: how long, as ISO 8601 writes a duration. None was given while it is only held.
    pub class: Option<String>,
    /// The day from which it runs: of closure or of birth, as the class says.
    pub from: Option<Date>,
    /// Whether a legal hold lies on it: nothing is erased until it is lifted.
    pub held: bool,
}

impl Retention {
    /// Of a referral about which nobody said anything: it is kept.
    pub const UNSET: Self = Self { class: None, from: None, held: false };

    /// The day on which it is to be erased, unless it is held.
    pub fn ends(&self) -> Option<Date> {
        self.from?.checked_add(self.class.as_ref()?.parse::<Span>().ok()?).ok()
    }
}

impl ActBody {
    /// An act of somebody's, about nothing more.
    pub fn by(actor: &Actor) -> Self {
        Self {
            by: actor.clone(),
            decision: None,
            because: None,
            other: None,
            retention: None,
            joined: None,
            tell_by: BTreeMap::new(),
            dealt: None,
        }
    }
}
