//! The quality audit on record: a month's children as they were drawn, an entry of the log of rules; and what those who
//! read them said, entries of the children's own referrals, which go when a referral is erased.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::case::{Case, Event, What};
use super::counted::stood;
use super::entry::Ready;
use super::keys::random;
use super::leaf::{Kind, Leaf};
use super::reports::in_london;
use super::rule_changes::{MAX_WORDS, RulesTold};
use super::store::Transaction;
use super::{Record, RecordError, new_id};
use crate::access::Permit;
use crate::decision::{Actor, Shown, Wanted};
use crate::figures::Month;
use crate::json::{Fault, FaultCode};
use crate::ladder::Rank;
use crate::quality::{Blind, Conclusion, FINDINGS, MAX_EACH, REVIEWERS, Reviewed, Sampled, draw};

/// What the key of samples is kept under.
const QUALITY: &str = "quality";
/// How often it is tried again when another replica writes at the same moment.
const TRIES: usize = 8;

/// Of a month's children who are read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SampleBody {
    /// Who drew them.
    pub by: Actor,
    /// The month.
    pub month: String,
    /// How many for each reason, at most.
    pub each: usize,
    /// What they were drawn by.
    pub seed: String,
    /// They.
    pub children: Vec<Sampled>,
}

/// A month's children as they were drawn.
#[derive(Debug, Clone)]
pub struct SampleTold {
    /// When.
    pub at: Timestamp,
    /// What was drawn, by whom.
    pub body: Arc<SampleBody>,
}

/// Of what somebody who read a child's referral said.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReviewBody {
    /// Who.
    pub by: Actor,
    /// The month of the audit.
    pub month: String,
    /// Which child, by place.
    pub child: usize,
    /// What.
    pub step: ReviewStep,
}

/// What somebody who read a child's referral said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewStep {
    /// Before they were told what was decided.
    Blind(Blind),
    /// Once both views and the decision were seen.
    Concluded(Conclusion),
}

/// A drawn child with what was said of it so far.
#[derive(Debug)]
pub struct Reading {
    /// Its referral, as far as it was known when it was decided.
    pub until_decided: Case,
    /// The decision that is read.
    pub decided: Wanted,
    /// The bounds that were indicated then.
    pub indicated: (Rank, Rank),
    /// Whoever decided it, confirmed it or added to it before.
    pub involved: Vec<String>,
    /// What reviewers said, in the order in which they read.
    pub blind: Vec<(Actor, Blind)>,
    /// What there is to learn, and who says so.
    pub conclusion: Option<(Actor, Conclusion)>,
}

impl SampleBody {
    /// What the log says of it: the month and how many, never which.
    fn detail(&self) -> String {
        format!("{} {}", self.month, self.children.len())
    }
}

impl RulesTold {
    /// A month's children who are read.
    pub fn sample(&self, month: &str) -> Option<&SampleTold> {
        self.samples.iter().find(|sample| sample.body.month == month)
    }

    /// Hears which children were drawn.
    pub(super) fn sampled(&mut self, leaf: &Leaf, body: &Arc<SampleBody>) -> Result<(), String> {
        if leaf.detail.as_ref() != Some(&body.detail()) {
            return Err("the log says of another sample than was drawn".into());
        }
        if self.sample(&body.month).is_some() {
            return Err(format!("the children of {} were drawn before", body.month));
        }
        self.samples.push(SampleTold { at: leaf.at, body: Arc::clone(body) });
        Ok(())
    }
}

impl Reading {
    /// Whether somebody may read it: two people do, and none who decided it, confirmed it or added to it.
    pub fn may_be_read_by(&self, person: &str) -> bool {
        let has_read = self.blind.iter().any(|(by, _)| by.id == person);
        !has_read && self.blind.len() < REVIEWERS && !self.involved.iter().any(|one| one == person)
    }

    /// Whether somebody may say what there is to learn: one of both who read it, once both did, and once.
    pub fn may_be_concluded_by(&self, person: &str) -> bool {
        let has_read = self.blind.iter().take(REVIEWERS).any(|(by, _)| by.id == person);
        has_read && self.blind.len() >= REVIEWERS && self.conclusion.is_none()
    }

    /// As it is counted.
    pub fn reviewed(&self) -> Reviewed {
        let mut otherwise: Vec<String> =
            self.blind.iter().flat_map(|(_, blind)| blind.otherwise.iter().cloned()).collect();
        otherwise.sort();
        otherwise.dedup();
        Reviewed {
            levels: self.blind.iter().map(|(_, blind)| blind.level).collect(),
            otherwise,
            decided: self.decided.level,
            findings: self.conclusion.as_ref().map(|(_, one)| one.findings.clone()).unwrap_or_default(),
        }
    }
}

/// The bounds of a child's level that were shown last.
fn shown_of(events: &[Event], child: usize) -> Option<(Rank, Rank)> {
    let evaluated = events.iter().rev().find_map(Event::evaluated)?;
    let shown: Shown = serde_json::from_str(evaluated.children.get(child)?.evaluation.get()).ok()?;
    Some(shown.bounds())
}

impl Case {
    /// A child who was drawn, with what reviewers said; nothing where no decision about it stands.
    fn reading(&self, month: &str, child: usize) -> Option<Reading> {
        let decisions = stood(&self.events);
        let decision = decisions.iter().find(|decision| decision.child == child)?;
        let before = &self.events[..decision.at];
        let is_about = |event: &&Event| match &event.what {
            What::Act(act) => act.decision.as_ref() == Some(&decision.body.decision),
            What::Decision(body) => body.decision == decision.body.decision,
            _ => false,
        };
        let acted = before.iter().filter(|event| event.leaf.kind != Kind::Viewed);
        let acted = acted.chain(self.events.iter().filter(is_about));
        let mut reading = Reading {
            until_decided: Case { listed: self.listed.clone(), key: self.key.clone(), events: before.to_vec() },
            decided: decision.body.decided.clone(),
            indicated: shown_of(before, child)?,
            involved: acted.map(|event| event.by().id.clone()).collect(),
            blind: Vec::new(),
            conclusion: None,
        };
        for event in &self.events {
            let What::Review(body) = &event.what else { continue };
            if body.month != month || body.child != child {
                continue;
            }
            match &body.step {
                // Sent twice at the same moment it is one person's view all the same, and shows nobody the decision.
                ReviewStep::Blind(_) if reading.blind.iter().any(|(by, _)| by.id == body.by.id) => {}
                ReviewStep::Blind(blind) => reading.blind.push((body.by.clone(), blind.clone())),
                ReviewStep::Concluded(conclusion) => {
                    let _first = reading.conclusion.get_or_insert((body.by.clone(), conclusion.clone()));
                }
            }
        }
        Some(reading)
    }
}

impl Record {
    /// Draws the children of a month who are read; those of a month are drawn once.
    ///
    /// # Errors
    /// When the month is not over, nobody was decided about in it, or they were drawn before.
    pub fn draw_sample(&self, permit: &Permit, month: Month, each: usize, now: Timestamp) -> Result<(), RecordError> {
        self.writable()?;
        let refused = |at: &str, code, detail: &str| Err(RecordError::Faults(vec![Fault::new(at, code, detail)]));
        if month.last_day() >= in_london(now) {
            return refused("/month", FaultCode::InTheFuture, "a month's children are drawn when the month is over");
        }
        if each == 0 || each > MAX_EACH {
            return refused("/each", FaultCode::OutOfRange, &format!("from 1 to {MAX_EACH}"));
        }
        let seed = data_encoding::HEXLOWER.encode(&random::<16>()?);
        let children = draw(&seed, &self.counted()?.each(), month, each);
        if children.is_empty() {
            return refused("/month", FaultCode::OutOfRange, "nobody was decided about in that month");
        }
        let (by, month) = (permit.actor().clone(), month.to_string());
        let body = Arc::new(SampleBody { by, month, each, seed, children });
        for _ in 0..TRIES {
            let told = self.rules_told()?;
            if told.sample(&body.month).is_some() {
                return Err(RecordError::Moved("the children of that month were drawn before".into()));
            }
            let leaf = Leaf::by(&body.by, Kind::SampleDrawn, new_id(), now);
            let leaf = Leaf { detail: Some(body.detail()), ..leaf };
            let (key, sealed_key) = self.key_to_enter(QUALITY)?;
            let ready = Ready::new(&key, QUALITY, leaf, What::Sample(Arc::clone(&body)))?;
            if self.enter_at(told.size(), QUALITY, sealed_key, ready)? {
                return Ok(());
            }
        }
        Err(RecordError::Moved("others enter something at the same moment".into()))
    }

    /// Every child of a month's sample with what was said of it; nothing where a referral was erased meanwhile, or no
    /// decision stands any more.
    ///
    /// # Errors
    /// When the month has no sample, or the record cannot be read.
    pub fn readings(&self, month: &str) -> Result<Vec<Option<Reading>>, RecordError> {
        let told = self.rules_told()?;
        let sample = told.sample(month).ok_or(RecordError::NotFound)?;
        let read = |sampled: &Sampled| match self.case(&sampled.referral) {
            Ok(case) => Ok(case.reading(month, sampled.child)),
            Err(RecordError::NotFound | RecordError::Damaged(_)) => Ok(None),
            Err(error) => Err(error),
        };
        sample.body.children.iter().map(read).collect()
    }

    /// A child of a month's sample, by its place, for somebody who reads it: that they did is recorded.
    ///
    /// # Errors
    /// When there is none.
    pub fn reading(&self, permit: &Permit, month: &str, place: usize, now: Timestamp) -> Result<Reading, RecordError> {
        let told = self.rules_told()?;
        let sample = told.sample(month).ok_or(RecordError::NotFound)?;
        let sampled = sample.body.children.get(place).ok_or(RecordError::NotFound)?;
        let case = self.view(permit, &sampled.referral, now)?;
        case.reading(month, sampled.child).ok_or(RecordError::NotFound)
    }

    /// Records what somebody who read a child of a month's sample says.
    ///
    /// # Errors
    /// When it is not for them to say, or it says nothing that is known.
    pub fn review(
        &self,
        permit: &Permit,
        month: &str,
        place: usize,
        step: ReviewStep,
        now: Timestamp,
    ) -> Result<(), RecordError> {
        self.writable()?;
        let told = self.rules_told()?;
        let sample = told.sample(month).ok_or(RecordError::NotFound)?;
        let sampled = sample.body.children.get(place).ok_or(RecordError::NotFound)?;
        let case = self.reached(permit, &sampled.referral)?;
        let reading = case.reading(month, sampled.child).ok_or(RecordError::NotFound)?;
        let by = permit.actor().clone();
        let (may, words) = match &step {
            ReviewStep::Blind(blind) => (reading.may_be_read_by(&by.id), &blind.missing),
            ReviewStep::Concluded(conclusion) => (reading.may_be_concluded_by(&by.id), &conclusion.words),
        };
        if !may {
            return Err(RecordError::Moved("this child was read by others, or is not for you to read".into()));
        }
        let mut faults = Vec::new();
        if words.as_ref().is_some_and(|words| words.chars().count() > MAX_WORDS) {
            faults.push(Fault::new("/words", FaultCode::TooLong, "say it shorter"));
        }
        if let ReviewStep::Concluded(conclusion) = &step {
            let known = |code: &String| FINDINGS.iter().any(|(one, _)| one == code);
            if conclusion.findings.is_empty() || !conclusion.findings.iter().all(known) {
                faults.push(Fault::new("/findings", FaultCode::UnknownCode, "choose what was found from the list"));
            }
        }
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        let leaf = Leaf::by(&by, Kind::CaseReviewed, new_id(), now);
        let body = ReviewBody { by, month: month.to_owned(), child: sampled.child, step };
        let ready = Ready::new(&case.key, &case.listed.id, leaf, What::Review(Arc::new(body)))?;
        let referral = case.listed.id.clone();
        let write = move |transaction: &mut Transaction<'_>| ready.append_to_case(transaction, &referral);
        self.store.write(write).wait_here()?;
        Ok(())
    }
}
