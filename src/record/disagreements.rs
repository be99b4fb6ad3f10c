//! Disagreements as the entries tell them, and what is still owed to somebody: an answer, or to be told.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::body::{DecisionBody, DisagreementBody, DisagreementStep};
use super::case::{Case, ChildStands, Event, Listed, What, stand};
use super::db::Value;
use super::entry::Ready;
use super::keep::Change;
use super::leaf::{Kind, Leaf};
use super::once::{Once, Pending};
use super::{Record, RecordError, new_id};
use crate::access::Permit;
use crate::criteria::RuleSet;
use crate::criteria::entries::StageEntry;
use crate::decision::Actor;
use crate::disagreement::{Answers, Disagrees, Disputed, GoesOn, Party, Ruling, check, check_answer, check_goes_on};
use crate::json::{Fault, FaultCode};
use crate::letters::Reader;

/// Where a disagreement stands; of several about one referral, the most pressing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisagreementStands {
    /// A stage has yet to be answered.
    Open,
    /// Whoever disagreed was right, in whole or in part.
    Upheld,
    /// The decision stood.
    NotUpheld,
}

impl DisagreementStands {
    const ALL: [Self; 3] = [Self::Open, Self::Upheld, Self::NotUpheld];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Upheld => "upheld",
            Self::NotUpheld => "not_upheld",
        }
    }

    /// The standing of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stands| stands.word() == word)
    }
}

/// A disagreement with everything that came of it.
#[derive(Debug, Clone)]
pub struct Disagreement<'c> {
    /// Its id.
    pub id: &'c str,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who recorded it.
    pub by: &'c Actor,
    /// Their view.
    pub disagrees: &'c Disagrees,
    /// What followed, in order: when, who recorded it, and what.
    pub steps: Vec<(Timestamp, &'c Actor, &'c DisagreementStep)>,
    /// By when the stage is to be answered, if it is open.
    pub answer_by: Option<Timestamp>,
}

impl<'c> Disagreement<'c> {
    /// Which stage it is at, from 0.
    pub fn stage(&self) -> usize {
        self.steps.iter().filter(|(_, _, step)| matches!(step, DisagreementStep::WentOn(_))).count()
    }

    /// What the last answer was; none while its stage is open.
    pub fn ruling(&self) -> Option<Ruling> {
        match self.steps.last() {
            Some((_, _, DisagreementStep::Answered(answers))) => Some(answers.ruling),
            _ => None,
        }
    }

    /// Where it stands.
    pub fn stands(&self) -> DisagreementStands {
        match self.ruling() {
            None => DisagreementStands::Open,
            Some(Ruling::NotUpheld) => DisagreementStands::NotUpheld,
            Some(Ruling::Upheld | Ruling::UpheldInPart) => DisagreementStands::Upheld,
        }
    }

    /// Who answered so far.
    fn answered_by(&self) -> Vec<&'c Actor> {
        let answered = self.steps.iter().filter(|(_, _, step)| matches!(step, DisagreementStep::Answered(_)));
        answered.map(|(_, by, _)| *by).collect()
    }

    /// Whether an organisation may see it: what it said itself, and what was entered for it as whoever referred. What a
    /// family or another agency said is not for it.
    fn is_for(&self, only: Option<&str>) -> bool {
        only.is_none_or(|own| self.by.organisation == own || self.disagrees.party == Party::Referrer)
    }
}

/// Every disagreement that its reader may see, in the order recorded.
pub fn disagreements<'c>(events: &'c [Event], only: Option<&str>) -> Vec<Disagreement<'c>> {
    let mut all: Vec<Disagreement<'c>> = Vec::new();
    for event in events {
        let What::Disagreement(body) = &event.what else { continue };
        if let DisagreementStep::Disagreed(disagrees) = &body.step {
            let (id, at, by) = (body.disagreement.as_str(), event.leaf.at, &body.by);
            all.push(Disagreement { id, at, by, disagrees, steps: Vec::new(), answer_by: body.answer_by });
        } else if let Some(one) = all.iter_mut().find(|one| one.id == body.disagreement) {
            one.steps.push((event.leaf.at, &body.by, &body.step));
            one.answer_by = body.answer_by;
        }
    }
    all.retain(|one| one.is_for(only));
    all
}

/// What is still owed to somebody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Owed {
    /// By when the referrer or the family is to be told of a decision.
    pub tell_by: Option<Timestamp>,
    /// By when somebody who disagrees is to be answered.
    pub answer_by: Option<Timestamp>,
    /// Where a disagreement stands.
    pub disagreement: Option<DisagreementStands>,
}

/// What is still owed, as its reader may see it: the organisation that referred sees what is owed to itself.
pub fn owed(events: &[Event], only: Option<&str>) -> Owed {
    let owes = |child: ChildStands| {
        let decided = child.decided.map(|decided| decided.tell_by);
        decided.into_iter().chain(child.owes.map(|owes| owes.tell_by)).flatten()
    };
    let told = stand(events).into_iter().flat_map(owes);
    let tell_by = told.filter(|(reader, _)| only.is_none() || *reader == Reader::Referrer).map(|(_, by)| by).min();
    let all = disagreements(events, only);
    // The record's times are milliseconds, in its entries and in its lists alike.
    let answer_by = all.iter().filter_map(|one| one.answer_by).min();
    Owed { tell_by, answer_by, disagreement: all.iter().map(Disagreement::stands).min() }
}

impl Record {
    /// Referrals about which somebody disagrees, those to be answered soonest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list_disagreed(&self, stands: DisagreementStands, most: i64) -> Result<Vec<Listed>, RecordError> {
        let values: [Value<'_>; 2] = [stands.word().into(), most.into()];
        let rows = self.store.read(|db| db.query(include_str!("sql/list_disagreed.sql"), &values))?;
        self.there(rows, None)
    }

    /// Records that somebody disagrees with a decision, and when the first stage is to be answered. Levels, criteria and
    /// stages are those of the rules under which it was decided, whatever is in force since.
    ///
    /// # Errors
    /// When there is no such decision within reach, or what was sent has faults.
    pub fn disagree(
        &self,
        permit: &Permit,
        id: &str,
        disagrees: Disagrees,
        once: Once,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.writable()?;
        let case = self.reached(permit, id)?;
        let is_current =
            case.children().iter().any(|child| child.decided.as_ref().is_some_and(|one| one.id == disagrees.decision));
        if !is_current {
            return Err(RecordError::NotFound);
        }
        let rules = self.decided_under(&case, &disagrees.decision)?;
        let mut faults = check(&rules, &disagrees);
        if permit.only().is_some() && disagrees.party != Party::Referrer {
            let fault = Fault::new("/party", FaultCode::NotYours, "whoever refers disagrees for themselves");
            faults.push(fault.instead("referrer"));
        }
        let of_theirs = disagreements(&case.events, None);
        let is_open = |one: &&Disagreement<'_>| {
            one.disagrees.decision == disagrees.decision
                && one.disagrees.party == disagrees.party
                && one.stands() == DisagreementStands::Open
        };
        if of_theirs.iter().any(|one| is_open(&one)) {
            let detail = "they disagree already, and have yet to be answered; take it further when they are";
            faults.push(Fault::new("", FaultCode::DisagreedBefore, detail));
        }
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        let disagreement = new_id();
        let decision = disagrees.decision.clone();
        let answer_by = due(&rules, rules.letters().disagreement.first(), now);
        let step = DisagreementStep::Disagreed(disagrees);
        let body = DisagreementBody { by: permit.actor().clone(), disagreement, decision, step, answer_by };
        self.step(case, Kind::Disagreed, body, once, now)
    }

    /// Records the answer of the stage that is open.
    ///
    /// # Errors
    /// When there is no such disagreement within reach, no stage is open, or it is not theirs to answer.
    pub fn answer_disagreement(
        &self,
        permit: &Permit,
        id: &str,
        disagreement: &str,
        answers: Answers,
        once: Once,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.writable()?;
        let case = self.reached(permit, id)?;
        let all = disagreements(&case.events, permit.only());
        let one = all.iter().find(|one| one.id == disagreement).ok_or(RecordError::NotFound)?;
        let decided = case.decision(&one.disagrees.decision).ok_or(RecordError::NotFound)?;
        let rules = self.decided_under(&case, &decided.decision)?;
        let disputed = Disputed {
            stage: one.stage(),
            level: decided.decided.level,
            decided_by: &decided.by,
            since: case.confirmed_by(&decided.decision).into_iter().chain(one.answered_by()).collect(),
        };
        let mut faults = check_answer(&rules, &disputed, permit.actor(), &answers);
        if one.stands() != DisagreementStands::Open {
            faults.push(Fault::new("", FaultCode::NothingToAnswer, "this stage was answered before"));
        }
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        let (by, decision) = (permit.actor().clone(), one.disagrees.decision.clone());
        let (disagreement, step) = (disagreement.to_owned(), DisagreementStep::Answered(answers));
        drop(all);
        let body = DisagreementBody { by, disagreement, decision, step, answer_by: None };
        self.step(case, Kind::DisagreementAnswered, body, once, now)
    }

    /// Records that an answer is not accepted, and when the next stage is to be answered.
    ///
    /// # Errors
    /// When there is no such disagreement within reach, its stage is still open, or it was the last.
    pub fn take_disagreement_further(
        &self,
        permit: &Permit,
        id: &str,
        disagreement: &str,
        goes_on: GoesOn,
        once: Once,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.writable()?;
        let case = self.reached(permit, id)?;
        let all = disagreements(&case.events, permit.only());
        let one = all.iter().find(|one| one.id == disagreement).ok_or(RecordError::NotFound)?;
        let rules = self.decided_under(&case, &one.disagrees.decision)?;
        let mut faults = check_goes_on(&goes_on);
        let next = rules.letters().disagreement.get(one.stage() + 1);
        if one.stands() == DisagreementStands::Open {
            faults.push(Fault::new("", FaultCode::NotAnsweredYet, "this stage has yet to be answered"));
        } else if next.is_none() {
            faults.push(Fault::new("", FaultCode::LastStage, "these rules name no further stage"));
        }
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        let (by, decision) = (permit.actor().clone(), one.disagrees.decision.clone());
        let (disagreement, step) = (disagreement.to_owned(), DisagreementStep::WentOn(goes_on));
        drop(all);
        let body = DisagreementBody { by, disagreement, decision, step, answer_by: due(&rules, next, now) };
        self.step(case, Kind::DisagreementWentOn, body, once, now)
    }

    fn step(
        &self,
        case: Case,
        kind: Kind,
        body: DisagreementBody,
        once: Once,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        let id = if kind == Kind::Disagreed { body.disagreement.clone() } else { new_id() };
        let ruling = match &body.step {
            DisagreementStep::Answered(answers) => Some(answers.ruling),
            DisagreementStep::Disagreed(_) | DisagreementStep::WentOn(_) => None,
        };
        let leaf = Leaf { ruling, ..Leaf::by(&body.by, kind, id, now) };
        let ready = Ready::new(&case.key, &case.listed.id, leaf, What::Disagreement(Arc::new(body)))?;
        let listed = case.listed.clone();
        Ok(self.go_on(Change::of(case, listed, vec![ready]), once, now))
    }
}

impl Case {
    fn decision(&self, decision: &str) -> Option<&DecisionBody> {
        self.events.iter().find_map(|event| match &event.what {
            What::Decision(body) if body.decision == decision => Some(&**body),
            _ => None,
        })
    }

    /// Who confirmed a decision, as its second person.
    fn confirmed_by(&self, decision: &str) -> Option<&Actor> {
        self.events.iter().find_map(|event| match &event.what {
            What::Act(act) if act.decision.as_deref() == Some(decision) => {
                (event.leaf.kind == Kind::DecisionConfirmed).then_some(&act.by)
            }
            _ => None,
        })
    }
}

/// By when a stage is to be answered; none where the rules name no stages.
fn due(rules: &RuleSet, stage: Option<&StageEntry>, now: Timestamp) -> Option<Timestamp> {
    let due = rules.framework().calendar.due(now, stage?.within, crate::calendar::Clock::Always)?;
    Timestamp::from_millisecond(due.as_millisecond()).ok()
}
