//! What a person is shown of a referral: the same from the API and at the terminal.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::RecordError;
use super::body::EvaluatedChild;
use super::case::{Case, Event, Listed, What};
use super::leaf::Kind;
use crate::decision::{Actor, Wanted};

/// A referral with everything about it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReferralRead<'c> {
    /// As it is listed.
    #[serde(flatten)]
    listed: &'c Listed,
    /// What was said: the referral, then each piece, as they were sent.
    said: Vec<SaidPiece<'c>>,
    /// The rule set that evaluated last.
    rule_set: &'c str,
    /// What is indicated for each child now.
    children: &'c [EvaluatedChild],
    /// What was decided, in order.
    decisions: Vec<DecisionRead<'c>>,
}

impl<'c> ReferralRead<'c> {
    /// All of a referral.
    ///
    /// # Errors
    /// When it was never evaluated.
    pub fn of(case: &'c Case) -> Result<Self, RecordError> {
        let evaluated = case.evaluated()?;
        Ok(Self {
            listed: &case.listed,
            said: case.events.iter().filter_map(SaidPiece::of).collect(),
            rule_set: &evaluated.rule_set,
            children: &evaluated.children,
            decisions: decisions(case),
        })
    }
}

/// One piece of what was said.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SaidPiece<'c> {
    /// Its number; a decision names the one whose evaluation was shown.
    piece: usize,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// Who recorded it.
    by: &'c Actor,
    /// As it was sent.
    #[schema(value_type = Object)]
    request: &'c RawValue,
}

/// A decision and what followed it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DecisionRead<'c> {
    /// Its id.
    id: &'c str,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// Who decided.
    by: &'c Actor,
    /// What, on which evaluation.
    decided: &'c Wanted,
    /// Who confirmed it, if that was needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_by: Option<&'c Actor>,
    /// Who accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_by: Option<&'c Actor>,
}

/// What was decided, in order.
pub fn decisions(case: &Case) -> Vec<DecisionRead<'_>> {
    case.events.iter().filter_map(|event| DecisionRead::of(case, event)).collect()
}

impl<'c> DecisionRead<'c> {
    fn of(case: &'c Case, event: &'c Event) -> Option<Self> {
        let What::Decision(body) = &event.what else { return None };
        let followed = |kind: Kind| {
            let is_it = |event: &&Event| match &event.what {
                What::Act(act) => event.leaf.kind == kind && act.decision.as_ref() == Some(&body.decision),
                _ => false,
            };
            case.events.iter().find(is_it).map(Event::by)
        };
        Some(Self {
            id: &body.decision,
            recorded_at: event.leaf.at,
            by: &body.by,
            decided: &body.decided,
            confirmed_by: followed(Kind::DecisionConfirmed),
            accepted_by: followed(Kind::DecisionAccepted),
        })
    }
}

impl<'c> SaidPiece<'c> {
    fn of(event: &'c Event) -> Option<Self> {
        let (piece, by, request) = match &event.what {
            What::Referral(body) => (1, &body.by, &body.request),
            What::Information(body) => (body.piece, &body.by, &body.request),
            What::Decision(_) | What::Act(_) => return None,
        };
        Some(Self { piece, recorded_at: event.leaf.at, by, request })
    }
}
