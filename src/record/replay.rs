//! Replay: everything that was ever evaluated is evaluated again, under its own rule set or under another.
//!
//! Under its own, the answer must be the same, byte for byte but for the name of the engine. Under another, it is
//! counted how levels move; nothing is recorded.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::case::Listed;
use super::keep::evaluations;
use super::{Record, RecordError};
use crate::criteria::RuleSet;
use crate::ladder::Rank;
use crate::level::{Evaluation, Explain};
use crate::referral::Referral;
use crate::rule_change::{self, Again};

/// What came of a replay under the rule sets of their time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// How many referrals.
    pub referrals: usize,
    /// How many evaluations, one a child and a piece.
    pub evaluations: usize,
    /// Those that are not what they were.
    pub differ: Vec<Difference>,
}

/// An evaluation that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The referral's spoken reference.
    pub reference: String,
    /// The piece that was evaluated; the referral itself is 1.
    pub piece: usize,
    /// Which child, from 1.
    pub child: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// How levels move under another rule set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// How many referrals.
    pub referrals: usize,
    /// How many children.
    pub children: usize,
    /// Each child whose bounds move.
    pub moved: Vec<Movement>,
}

/// A child whose bounds move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Movement {
    /// The referral's spoken reference.
    pub reference: String,
    /// Which child, from 1.
    pub child: usize,
    /// The bounds that were indicated last.
    pub from: (Rank, Rank),
    /// The bounds under the other rule set.
    pub to: (Rank, Rank),
}

impl Record {
    /// Evaluates again what was recorded of referrals received since a time, each under its own rule set.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn replay(&self, since: Option<Timestamp>) -> Result<Replayed, RecordError> {
        let mut replayed = Replayed::default();
        self.each(|listed| {
            if since.is_none_or(|since| listed.received_at >= since) {
                replayed.referrals += 1;
                self.replay_one(&listed, &mut replayed)?;
            }
            Ok(())
        })?;
        Ok(replayed)
    }

    fn replay_one(&self, listed: &Listed, replayed: &mut Replayed) -> Result<(), RecordError> {
        let case = self.case(&listed.id)?;
        let (received, pieces) = case.said()?;
        for (before, evaluated) in case.events.iter().filter_map(super::case::Event::evaluated).enumerate() {
            let rules = self.rule_set(&evaluated.rule_set)?;
            let referral = received.referral.unfolded(&pieces[..before], &rules);
            let now = evaluations(&referral, &rules, evaluated.explain).unwrap_or_default();
            replayed.evaluations += evaluated.children.len();
            for (child, then) in evaluated.children.iter().enumerate() {
                let what = match now.get(child) {
                    None => "it cannot be evaluated again",
                    Some(now) if is_same(then.evaluation.get(), &as_answered(now)) => continue,
                    Some(_) => "the answer is another",
                };
                let difference =
                    Difference { reference: listed.reference.clone(), piece: before + 1, child: child + 1, what };
                replayed.differ.push(difference);
            }
        }
        Ok(())
    }

    /// Evaluates what is known now of referrals received since a time under another rule set.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn replay_under(&self, rules: &RuleSet, since: Option<Timestamp>) -> Result<Moved, RecordError> {
        let mut found = Moved::default();
        self.each(|listed| {
            if since.is_some_and(|since| listed.received_at < since) {
                return Ok(());
            }
            let case = self.case(&listed.id)?;
            let referral: Referral = case.unfolded(rules)?;
            found.referrals += 1;
            let now = referral.replay(rules, Explain::None);
            for (child, (then, now)) in case.children().iter().zip(now).enumerate() {
                let to = (now.at_least.rank, now.at_most.rank);
                found.children += 1;
                if to != then.bounds {
                    let (reference, from) = (listed.reference.clone(), then.bounds);
                    found.moved.push(Movement { reference, child: child + 1, from, to });
                }
            }
            Ok(())
        })?;
        Ok(found)
    }
}

impl Record {
    /// How the children on record would move under another rule set, counted so that nobody is told apart.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn replay_counted(&self, rules: &RuleSet) -> Result<rule_change::Replay, RecordError> {
        let mut children = Vec::new();
        self.each(|listed| {
            let case = self.case(&listed.id)?;
            let (received, pieces) = case.said()?;
            let referral = received.referral.unfolded(&pieces, rules);
            let now = referral.replay(rules, Explain::None);
            let agency = received.referrer.agency.as_deref().unwrap_or("not said");
            for (place, (then, now)) in case.children().iter().zip(now).enumerate() {
                let child = referral.children.get(place);
                let household = referral.household.iter().flat_map(|answers| &answers.concerns);
                let mut concerns: Vec<String> =
                    child.iter().flat_map(|child| &child.answers.concerns).chain(household).cloned().collect();
                concerns.sort_unstable();
                concerns.dedup();
                children.push(Again {
                    was: then.bounds,
                    would_be: (now.at_least.rank, now.at_most.rank),
                    agency: agency.to_owned(),
                    concerns,
                    age_in_months: child.and_then(|child| child.age_in_months(listed.received_at)),
                });
            }
            Ok(())
        })?;
        Ok(rule_change::Replay::of(children))
    }
}

fn as_answered(evaluation: &Evaluation<'_>) -> String {
    // Plain data with text keys: it always serialises.
    serde_json::to_string(evaluation).unwrap_or_default()
}

/// Whether an evaluation says what it said, byte for byte but for the name of the engine.
pub fn is_same(then: &str, now: &str) -> bool {
    then == now || without_engine(then).is_some_and(|then| Some(then) == without_engine(now))
}

/// An evaluation's text without the engine that made it; keys and numbers stay as they are written.
fn without_engine(text: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    value.as_object_mut()?.insert("engine".into(), Value::Null);
    Some(value.to_string())
}
