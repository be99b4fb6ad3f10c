//! The bodies of entries: what was said and decided, in full, sealed under the referral's own key.
//!
//! A request is kept as it was sent, byte for byte, and an evaluation as it was answered: nothing is lost by being
//! read and written again.

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::decision::{Actor, Wanted};

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
        Self { by: actor.clone(), decision: None, because: None, other: None, retention: None }
    }
}
