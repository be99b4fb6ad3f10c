//! Every child on record as the board counts it: read once, and again when something is said of its referral.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use super::body::{DecisionBody, DisagreementStep, Evaluated, SameChild};
use super::case::{Case, Event, What};
use super::db::Row;
use super::earlier::{MatchKey, match_keys};
use super::leaf::Kind;
use super::store::{head, number};
use super::{Log, Record, RecordError};
use crate::calendar::Clock;
use crate::criteria::RuleSet;
use crate::decision::{Outcome, Role};
use crate::facts::{Answer, Said};
use crate::figures::{Channel, Counted, CountedDecision, CountedDisagreement, Feedback};
use crate::ladder::{Rank, Within};
use crate::letters::Reader;
use crate::level::Explain;
use crate::referral::received::Received;

/// What the board counts, as far as the log was read.
#[derive(Debug, Clone, Default)]
pub struct CountedRecord {
    /// How many entries were read.
    size: u64,
    cases: BTreeMap<String, CountedCase>,
    /// Referrals that cannot be read any more, and so are not counted.
    pub unreadable: BTreeSet<String>,
}

/// A referral's children.
#[derive(Debug, Clone)]
struct CountedCase {
    children: Vec<Counted>,
    keys: Arc<Vec<MatchKey>>,
    /// Earlier referrals that people said are of the same child.
    same: Vec<SameChild>,
}

/// The last that was counted.
#[derive(Debug, Default)]
pub(super) struct LastCounted(Mutex<Arc<CountedRecord>>);

impl CountedRecord {
    /// Every child, in no order that tells anything.
    pub fn children(&self) -> Vec<Counted> {
        self.each().into_iter().map(|(_, _, child)| child).collect()
    }

    /// Every child with its referral's id, and its place there.
    pub(super) fn each(&self) -> Vec<(String, usize, Counted)> {
        let mut again: BTreeMap<(&str, usize), Date> = BTreeMap::new();
        for case in self.cases.values() {
            for same in case.same.iter().filter(|same| !same.same_incident) {
                let Some(earlier) = self.cases.get(&same.earlier) else { continue };
                let (Some(place), Some(child)) = (earlier.child_of(case, same.child), case.children.get(same.child))
                else {
                    continue;
                };
                let first = again.entry((&same.earlier, place)).or_insert(child.received);
                *first = child.received.min(*first);
            }
        }
        let children = self.cases.iter().flat_map(|(id, case)| {
            let again = &again;
            case.children.iter().enumerate().map(move |(place, child)| {
                let came_again = again.get(&(id.as_str(), place)).copied();
                (id.clone(), place, Counted { came_again, ..child.clone() })
            })
        });
        children.collect()
    }
}

impl CountedCase {
    /// Which of its children is the same as a later referral's.
    fn child_of(&self, later: &Self, child: usize) -> Option<usize> {
        let is_theirs = |key: &&MatchKey| usize::try_from(key.child) == Ok(child);
        let theirs: Vec<&MatchKey> = later.keys.iter().filter(is_theirs).collect();
        let is_same = |key: &&MatchKey| theirs.iter().any(|one| one.hash == key.hash);
        self.keys.iter().find(is_same).and_then(|key| usize::try_from(key.child).ok())
    }
}

impl Record {
    /// Every child on record as the board counts it.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn counted(&self) -> Result<Arc<CountedRecord>, RecordError> {
        let last = Arc::clone(&self.counted.0.lock().unwrap_or_else(PoisonError::into_inner));
        let read = self.store.read_at_once(|db| {
            let size = head(db, Log::Decisions)?.size();
            if size <= last.size {
                return Ok(None);
            }
            let values = [Log::Decisions.name().into(), number(last.size)?.into(), number(size)?.into()];
            let touched = ids(db.query(include_str!("sql/list_touched.sql"), &values)?)?;
            let there = ids(db.query(include_str!("sql/list_referral_ids.sql"), &[])?)?;
            Ok::<_, RecordError>(Some((size, touched, there)))
        });
        let Some((size, touched, there)) = read? else { return Ok(last) };
        let mut now = CountedRecord { size, ..(*last).clone() };
        for id in touched {
            let case = match self.case(&id) {
                Ok(case) => Some(case),
                // A batch's entry, or a referral that was erased meanwhile.
                Err(RecordError::NotFound) => None,
                Err(RecordError::Damaged(_)) => {
                    now.unreadable.insert(id.clone());
                    None
                }
                Err(error) => return Err(error),
            };
            match case.map(|case| self.count_case(&case)).transpose() {
                Ok(Some(case)) => {
                    now.cases.insert(id, case);
                }
                Ok(None) => {
                    now.cases.remove(&id);
                }
                Err(RecordError::Damaged(_)) => {
                    now.cases.remove(&id);
                    now.unreadable.insert(id);
                }
                Err(error) => return Err(error),
            }
        }
        // What was erased is named by no entry any more.
        now.cases.retain(|id, _| there.contains(id));
        now.unreadable.retain(|id| there.contains(id));
        let now = Arc::new(now);
        let mut kept = self.counted.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.size < now.size {
            *kept = Arc::clone(&now);
        }
        Ok(now)
    }

    fn count_case(&self, case: &Case) -> Result<CountedCase, RecordError> {
        let first = case.first()?;
        let (received, _) = case.said()?;
        let rules = self.rule_set(&first.evaluated.rule_set)?;
        let channel = match &first {
            body if body.transfer.is_some() => Channel::Transfer,
            body if body.batch.is_some() => Channel::File,
            _ if received.call.is_some() => Channel::Telephone,
            body if body.by.role == Role::PartnerSystem => Channel::System,
            _ => Channel::Form,
        };
        let day = |at: Timestamp| rules.framework().calendar.london(at).date();
        let mut children = Vec::new();
        for (place, identity) in received.children.iter().enumerate() {
            let when_received = self.indicated(case, &first.evaluated, 0, place)?;
            let monitoring = &identity.monitoring;
            children.push(Counted {
                received: day(first.received_at),
                is_first: place == 0,
                agency: received.referrer.agency.clone(),
                channel,
                age_in_months: age(&received, &rules, place, first.received_at),
                sex: monitoring.sex,
                ethnicity: monitoring.ethnicity,
                disability: monitoring.disability,
                referrers_level: received.referrers_rank(),
                indicated: when_received.bounds(),
                not_known: when_received.ask_next.into_iter().map(|asked| asked.fact).collect(),
                agrees_to_help: received.agrees_to_help,
                decided: None,
                came_again: None,
                disagreements: Vec::new(),
            });
        }
        for decision in stood(&case.events) {
            let Some(child) = children.get_mut(decision.child) else { continue };
            if child.decided.is_some() {
                continue;
            }
            let mut shown = case.events[..decision.at].iter().filter_map(Event::evaluated);
            let number = shown.clone().count();
            let Some(shown) = shown.next_back() else { continue };
            let shown = self.indicated(case, shown, number - 1, decision.child)?;
            let wanted = &decision.body.decided;
            let due = rules.framework().calendar.due(first.received_at, Within::WorkingDays(1), Clock::Office);
            child.decided = Some(CountedDecision {
                on: day(decision.stood_at),
                in_time: due.is_some_and(|due| decision.stood_at <= due),
                indicated: shown.bounds(),
                found: shown.reasons.into_iter().map(|found| found.id).collect(),
                level: wanted.level,
                view: wanted.view,
                reason: wanted.reason.as_ref().map(|reason| reason.code.clone()).filter(|code| !code.is_empty()),
                outcome: wanted.outcome,
                told: feedback(&case.events, decision.body),
            });
        }
        for (child, disagreement) in disagreements(&case.events, day) {
            if let Some(child) = children.get_mut(child) {
                child.disagreements.push(disagreement);
            }
        }
        let same = case.pieces().into_iter().filter_map(|piece| piece.same_child.clone()).collect();
        Ok(CountedCase { children, keys: Arc::new(match_keys(&self.keys, &received, None)), same })
    }

    /// What was indicated of a child; worked out again where no reasons were asked for then.
    fn indicated(
        &self,
        case: &Case,
        evaluated: &Evaluated,
        number: usize,
        child: usize,
    ) -> Result<Indicated, RecordError> {
        let damaged = || RecordError::Damaged(format!("an evaluation of {} cannot be read again", case.listed.id));
        if evaluated.explain == Explain::None {
            let rules = self.rule_set(&evaluated.rule_set)?;
            let (received, pieces) = case.said()?;
            let told = received.referral.unfolded(&pieces[..number.min(pieces.len())], &rules);
            let again = told.replay(&rules, Explain::Summary);
            let text = again.get(child).and_then(|one| serde_json::to_string(one).ok()).ok_or_else(damaged)?;
            return serde_json::from_str(&text).map_err(|_| damaged());
        }
        let text = evaluated.children.get(child).ok_or_else(damaged)?.evaluation.get();
        serde_json::from_str(text).map_err(|_| damaged())
    }
}

fn ids(rows: Vec<Row>) -> Result<BTreeSet<String>, RecordError> {
    Ok(rows.into_iter().map(|mut row| row.text()).collect::<Result<_, _>>()?)
}

/// Of an evaluation, what is counted.
#[derive(Debug, Deserialize)]
struct Indicated {
    at_least: Bound,
    at_most: Bound,
    reasons: Vec<Found>,
    ask_next: Vec<Asked>,
}

#[derive(Debug, Deserialize)]
struct Bound {
    rank: Rank,
}

#[derive(Debug, Deserialize)]
struct Found {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Asked {
    fact: String,
}

impl Indicated {
    fn bounds(&self) -> (Rank, Rank) {
        (self.at_least.rank, self.at_most.rank)
    }
}

/// A decision that stands.
pub(super) struct Stood<'c> {
    pub child: usize,
    pub body: &'c DecisionBody,
    /// Its place among the entries.
    pub at: usize,
    /// Since when nothing is missing for it to stand.
    stood_at: Timestamp,
}

/// The decisions that stand, in the order taken; a night's is none.
pub(super) fn stood(events: &[Event]) -> Vec<Stood<'_>> {
    let decisions = events.iter().enumerate().filter_map(|(at, event)| {
        let What::Decision(body) = &event.what else { return None };
        let child = event.leaf.decided.as_ref()?.child;
        let confirmed = |later: &&Event| {
            let is_of_it = matches!(&later.what, What::Act(act) if act.decision.as_ref() == Some(&body.decision));
            later.leaf.kind == Kind::DecisionConfirmed && is_of_it
        };
        let stood_at = match body.decided.second_person {
            None => event.leaf.at,
            Some(_) => events[at..].iter().find(confirmed)?.leaf.at,
        };
        (body.decided.outcome != Outcome::EmergencyDutyTeam).then_some(Stood { child, body, at, stood_at })
    });
    decisions.collect()
}

/// Whether whoever referred was told of a decision.
fn feedback(events: &[Event], decision: &DecisionBody) -> Feedback {
    let Some(by) = decision.tell_by.get(&Reader::Referrer) else { return Feedback::Nobody };
    let letter = events.iter().find_map(|event| match &event.what {
        What::Letter(body) if body.told.to == Reader::Referrer && body.told.decisions.contains(&decision.decision) => {
            Some((event.leaf.at, body.told.withheld.is_some()))
        }
        _ => None,
    });
    match letter {
        None => Feedback::NotYet,
        Some((_, true)) => Feedback::Withheld,
        Some((at, false)) if at <= *by => Feedback::InTime,
        Some(_) => Feedback::Late,
    }
}

/// Each disagreement with the child whose decision it is about.
fn disagreements(events: &[Event], day: impl Fn(Timestamp) -> Date) -> Vec<(usize, CountedDisagreement)> {
    let mut of_decision: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all: Vec<(&str, usize, CountedDisagreement)> = Vec::new();
    for event in events {
        match &event.what {
            What::Decision(body) => {
                of_decision.extend(event.leaf.decided.as_ref().map(|decided| (body.decision.as_str(), decided.child)));
            }
            What::Disagreement(body) => match &body.step {
                DisagreementStep::Disagreed(_) => {
                    let child = of_decision.get(body.decision.as_str()).copied().unwrap_or_default();
                    let disagreement = CountedDisagreement { raised: day(event.leaf.at), answered: None };
                    all.push((&body.disagreement, child, disagreement));
                }
                DisagreementStep::Answered(answers) => {
                    let is_it = |(id, _, _): &&mut (&str, usize, CountedDisagreement)| *id == body.disagreement;
                    if let Some((_, _, one)) = all.iter_mut().find(is_it) {
                        one.answered = Some((day(event.leaf.at), answers.ruling));
                    }
                }
                DisagreementStep::WentOn(_) => {}
            },
            _ => {}
        }
    }
    all.into_iter().map(|(_, child, one)| (child, one)).collect()
}

/// A child's age in completed months, as its dates tell it, else as it was said.
fn age(received: &Received, rules: &RuleSet, place: usize, at: Timestamp) -> Option<i64> {
    let child = received.referral.children.get(place)?;
    child.age_in_months(at).or_else(|| {
        let fact = rules.framework().child.age_in_months.as_ref()?;
        let answers = received.referral.answers_of(rules, child);
        answers.said.iter().find_map(|(id, said)| match said {
            Said::Answer(Answer::Number(months)) if id == fact => Some(*months),
            _ => None,
        })
    })
}
