//! What a person is shown of a referral: the same from the API and at the terminal.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::body::{DisagreementStep, Evaluated, EvaluatedChild, LetterBody};
use super::came_from::{ChildCameFrom, Sources};
use super::case::{Case, Event, Listed, What};
use super::disagreements::{Disagreement, DisagreementStands, Owed, disagreements, owed};
use super::keep::{evaluated, evaluations};
use super::leaf::Kind;
use super::store::number;
use super::{Record, RecordError};
use crate::decision::{Actor, Holder, Shown, Wanted};
use crate::disagreement::Disagrees;
use crate::letters::{Reader, Way};
use crate::level::Explain;
use crate::referral::Referral;
use crate::referral::received::Received;
use crate::referral::unfold::Information;

impl Event {
    /// Whether an organisation may see what this says: the referral that is its own, and what it recorded itself.
    fn is_for(&self, only: Option<&str>) -> bool {
        let Some(own) = only else { return true };
        match &self.what {
            What::Referral(_) => true,
            What::Information(body) => {
                body.by.organisation == own && body.same_child.is_none() && body.joined.is_none()
            }
            What::Letter(body) => body.told.to == Reader::Referrer,
            // Which of them it may see, `disagreements` says.
            What::Disagreement(_) | What::Disclosure(_) => false,
            // Of no referral.
            What::RuleChange(_)
            | What::Delegate(_)
            | What::Report(_)
            | What::Calibration(_)
            | What::Sample(_)
            | What::Review(_) => false,
            What::Decision(_) | What::Act(_) | What::Batch(_) | What::File(_) => true,
        }
    }
}

impl Case {
    /// What was said, as whom may see all of it or the one organisation whose referral it is may read it: what another
    /// said keeps its number, and says nothing. `until` is the place of an entry, to see what was said then.
    ///
    /// # Errors
    /// When what was kept cannot be read again.
    pub(super) fn said_to(
        &self,
        only: Option<&str>,
        until: Option<u64>,
    ) -> Result<(Received, Vec<Information>), RecordError> {
        let (received, mut pieces) = self.said()?;
        let information = self.events.iter().filter(|event| matches!(event.what, What::Information(_)));
        for (piece, event) in pieces.iter_mut().zip(information) {
            if !event.is_for(only) || until.is_some_and(|until| event.place > until) {
                *piece = Information::default();
            }
        }
        Ok((received, pieces))
    }
}

impl Record {
    /// What is indicated, to whom may see all of it, or to the one organisation whose referral it is: that sees what
    /// follows from its own words alone, never what the police or a clinic added. `until` is the place of an entry, to
    /// see what was indicated then.
    ///
    /// # Errors
    /// When what was kept cannot be evaluated again.
    pub fn seen<'c>(
        &self,
        case: &'c Case,
        only: Option<&str>,
        until: Option<u64>,
    ) -> Result<Cow<'c, Evaluated>, RecordError> {
        self.looked_at(case, only, until, None)
    }

    /// The same as of now and with every reason, also where the sender asked for none: for whoever decides.
    ///
    /// # Errors
    /// As `seen`.
    pub fn explained<'c>(&self, case: &'c Case, only: Option<&str>) -> Result<Cow<'c, Evaluated>, RecordError> {
        self.looked_at(case, only, None, Some(Explain::Full))
    }

    pub(super) fn looked_at<'c>(
        &self,
        case: &'c Case,
        only: Option<&str>,
        until: Option<u64>,
        explain: Option<Explain>,
    ) -> Result<Cow<'c, Evaluated>, RecordError> {
        let events = || case.events.iter().filter(|event| until.is_none_or(|until| event.place <= until));
        let last = events().rev().filter(|event| event.is_for(only)).find_map(Event::evaluated);
        let damaged = || RecordError::Damaged(format!("the referral {} was never evaluated", case.listed.id));
        let last = last.ok_or_else(damaged)?;
        let explain = explain.unwrap_or(last.explain);
        if explain == last.explain && events().all(|event| event.is_for(only)) {
            return Ok(Cow::Borrowed(last));
        }
        let rules = self.rule_set(&last.rule_set)?;
        let (received, pieces) = case.said_to(only, until)?;
        // What the sender wanted explained was for the sender.
        let referral = Referral { explain: None, ..received.referral.unfolded(&pieces, &rules) };
        let evaluations = evaluations(&referral, &rules, explain).map_err(|_| damaged())?;
        Ok(Cow::Owned(evaluated(&referral, &rules, explain, &evaluations)))
    }

    /// What an organisation was shown to be indicated with an entry of its own.
    ///
    /// # Errors
    /// As `seen`.
    pub fn seen_at(&self, place: u64, only: &str) -> Result<Evaluated, RecordError> {
        let case = self.case_at(number(place)?)?;
        Ok(self.seen(&case, Some(only), Some(place))?.into_owned())
    }

    /// A referral as it is listed for whom may see all of it, or for the one organisation whose it is.
    ///
    /// # Errors
    /// As `seen`.
    pub(super) fn listed_for(&self, listed: Listed, only: Option<&str>) -> Result<Listed, RecordError> {
        if only.is_none() || listed.version == 1 {
            return Ok(listed);
        }
        let case = self.case(&listed.id)?;
        let (mut at_least, mut at_most, mut respond_by) = (1, 1, None);
        for child in &self.seen(&case, only, None)?.children {
            let damaged = |_| RecordError::Damaged(format!("an evaluation of {} cannot be read again", listed.id));
            let shown: Shown = serde_json::from_str(child.evaluation.get()).map_err(damaged)?;
            let (least, most) = shown.bounds();
            (at_least, at_most) = (least.max(at_least), most.max(at_most));
            respond_by = shown.respond_by().into_iter().chain(respond_by).min();
        }
        let Owed { tell_by, answer_by, disagreement } = owed(&case.events, only);
        Ok(Listed { at_least, at_most, respond_by, tell_by, answer_by, disagreement, ..listed })
    }
}

/// A referral as its reader may see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReferralRead<'c> {
    /// As it is listed.
    #[serde(flatten)]
    listed: Listed,
    /// What was said: the referral, then each piece, as they were sent.
    said: Vec<SaidPiece<'c>>,
    /// The rule set that evaluated last.
    rule_set: String,
    /// What is indicated for each child now.
    children: Vec<EvaluatedChild>,
    /// Where each child's answers came from.
    came_from: Vec<ChildCameFrom>,
    /// What was decided, in order.
    decisions: Vec<DecisionRead<'c>>,
    /// Who was told of it, and in which words.
    letters: Vec<LetterRead<'c>>,
    /// Who disagreed, and how they were answered.
    disagreements: Vec<DisagreementRead<'c>>,
}

impl<'c> ReferralRead<'c> {
    /// All of a referral; to the organisation whose it is, what it said itself and what came of it.
    ///
    /// # Errors
    /// As `seen`.
    pub fn of(record: &Record, case: &'c Case, only: Option<&str>) -> Result<Self, RecordError> {
        let evaluated = record.seen(case, only, None)?.into_owned();
        let rules = record.rule_set(&evaluated.rule_set)?;
        Ok(Self {
            came_from: Sources::of(case, only, &rules)?.read(&evaluated),
            listed: record.listed_for(case.listed.clone(), only)?,
            said: case.events.iter().filter(|event| event.is_for(only)).filter_map(SaidPiece::of).collect(),
            rule_set: evaluated.rule_set,
            children: evaluated.children,
            decisions: decisions(case, only),
            letters: letters(case, only),
            disagreements: disagreements(&case.events, only).into_iter().map(DisagreementRead::of).collect(),
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
    #[schema(value_type = serde_json::Value)]
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
    /// What, on which evaluation. The organisation that referred reads what was decided, not the reasons among
    /// colleagues.
    #[schema(value_type = Wanted)]
    decided: Cow<'c, Wanted>,
    /// Who confirmed it, if that was needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_by: Option<&'c Actor>,
    /// Who accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_by: Option<&'c Actor>,
}

/// What was decided, in order.
pub fn decisions<'c>(case: &'c Case, only: Option<&str>) -> Vec<DecisionRead<'c>> {
    let decision = |event: &'c Event| DecisionRead::of(case, event);
    let mut decisions: Vec<DecisionRead<'c>> = case.events.iter().filter_map(decision).collect();
    if only.is_some() {
        for one in &mut decisions {
            // Nor what the next holder was told, unless that is what they are.
            let next_holder = one.decided.next_holder.as_ref().map(Holder::named);
            let wanted = (*one.decided).clone();
            let outcome = Wanted { reason: None, second_person: None, not_known: Vec::new(), next_holder, ..wanted };
            one.decided = Cow::Owned(outcome);
        }
    }
    decisions
}

impl<'c> DecisionRead<'c> {
    /// Its id.
    pub fn id(&self) -> &'c str {
        self.id
    }

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
            decided: Cow::Borrowed(&body.decided),
            confirmed_by: followed(Kind::DecisionConfirmed),
            accepted_by: followed(Kind::DecisionAccepted),
        })
    }
}

/// A letter, or that none was sent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LetterRead<'c> {
    /// Its id.
    id: &'c str,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// Who sent it.
    by: &'c Actor,
    /// Who was told.
    to: Reader,
    /// The decisions that it tells of.
    decisions: &'c [String],
    /// How it was sent, if it was.
    way: Option<Way>,
    /// In which words, if it was.
    text: Option<&'c str>,
}

/// What was told; to the organisation that referred, what it was told itself.
fn letters<'c>(case: &'c Case, only: Option<&str>) -> Vec<LetterRead<'c>> {
    let read = |(event, body): (&'c Event, &'c LetterBody)| LetterRead {
        id: &body.letter,
        recorded_at: event.leaf.at,
        by: &body.by,
        to: body.told.to,
        decisions: &body.told.decisions,
        way: body.told.sent.as_ref().map(|sent| sent.way),
        text: body.told.sent.as_ref().map(|sent| sent.text.as_str()),
    };
    case.letters().filter(|(event, _)| event.is_for(only)).map(read).collect()
}

/// A disagreement and how it was answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DisagreementRead<'c> {
    /// Its id.
    id: &'c str,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// Who recorded it.
    by: &'c Actor,
    /// Their view.
    disagrees: &'c Disagrees,
    /// Where it stands.
    stands: DisagreementStands,
    /// By when it is to be answered, while it is open.
    #[schema(value_type = Option<String>, format = DateTime)]
    answer_by: Option<Timestamp>,
    /// Each answer, and each going on to the next stage, in order.
    #[schema(value_type = Vec<DisagreementStep>)]
    steps: Vec<&'c DisagreementStep>,
}

impl<'c> DisagreementRead<'c> {
    fn of(one: Disagreement<'c>) -> Self {
        Self {
            id: one.id,
            recorded_at: one.at,
            by: one.by,
            disagrees: one.disagrees,
            stands: one.stands(),
            answer_by: one.answer_by,
            steps: one.steps.iter().map(|(_, _, step)| *step).collect(),
        }
    }
}

impl<'c> SaidPiece<'c> {
    fn of(event: &'c Event) -> Option<Self> {
        let (piece, by, request) = match &event.what {
            What::Referral(body) => (1, &body.by, &body.request),
            What::Information(body) => (body.piece, &body.by, &body.request),
            _ => return None,
        };
        Some(Self { piece, recorded_at: event.leaf.at, by, request })
    }
}
