//! The answer: what the engine concludes about one child, in the words and the order in which partners read it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::unknowns::{Bounds, of_passes};
use crate::calendar::Clock;
use crate::criteria::{Domain, RuleSetId};
use crate::facts::Answer;
use crate::ladder::{LevelOfNeed, Priority, Rank, Within, WithinEntry};

/// How much explanation an answer carries. It never trims bounds, actions, faults or what to ask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Explain {
    /// No reasons.
    None,
    /// Reasons, thresholds and the smallest sufficient reason.
    Summary,
    /// Also why not higher and what would change it.
    #[default]
    Full,
}

/// What the engine concludes about one child. A person decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Evaluation<'r> {
    /// The rule set that was applied.
    pub rule_set: &'r RuleSetId,
    /// The program that applied it.
    #[schema(example = "windscreen 0.1.0")]
    pub engine: &'static str,
    /// Whether more information would not change the level.
    pub settled: bool,
    /// The level, only when settled: a lower bound must not be stored as an answer.
    pub level: Option<&'r LevelOfNeed>,
    /// The lowest level that fits what is known, given what is presumed: act on this now.
    pub at_least: &'r LevelOfNeed,
    /// The highest level that fits what is known.
    pub at_most: NamedLevel<'r>,
    /// How urgently information is gathered.
    pub priority: Priority,
    /// How soon the type of response is decided.
    #[schema(value_type = WithinEntry)]
    pub respond_within: Within,
    /// The same as a time, when the time of receipt is known.
    pub respond_by: Option<String>,
    /// Every finding in rank order, with what it gives and rests on.
    pub reasons: Vec<Reason<'r>>,
    /// The thresholds that were reached or begun.
    pub thresholds: Vec<ThresholdFinding<'r>>,
    /// A minimal reason: facts that alone force at least this level, whatever else is true. None of them can be left
    /// out; another reason may be as short or shorter.
    pub sufficient_reason: Vec<&'r str>,
    /// How far their answers may differ, in any combination, and still be enough.
    pub enough: Vec<Enough<'r>>,
    /// For the next level: the nearest criteria and thresholds, and what stops each.
    pub why_not_higher: Vec<WhyNot<'r>>,
    /// Single answers that would give another level.
    pub would_change: Vec<WouldChange<'r>>,
    /// The unknown facts that can change the level, the most useful first.
    pub ask_next: Vec<Question<'r>>,
    /// How many questions can change the level, when more than are listed.
    pub ask_next_total: usize,
    /// What a manager must answer.
    pub considerations: Vec<Consider<'r>>,
    /// What to do, the most urgent first.
    pub actions: Vec<ToDo<'r>>,
    /// Facts taken as presumed where it matters.
    pub presumed: Vec<FactAnswer<'r>>,
    /// How many facts nobody raised.
    pub not_raised: usize,
    /// Protective facts that were stated.
    pub protective: Vec<Protective<'r>>,
    /// Accounts that disagree, and answers to questions that another answer rules out.
    pub conflicts: Vec<Conflict<'r>>,
    /// Facts and answers that are no longer asked.
    pub retired: Vec<RetiredAnswer<'r>>,
    /// Rules that could not be worked out; they widen an answer and never lower it.
    pub faults: Vec<RuleFault<'r>>,
    /// Sentences that stand with every answer like this.
    pub say: Vec<&'r str>,
    /// Every time allowed, of which the earliest wins once the time of receipt is known.
    #[serde(skip)]
    pub limits: Vec<(Within, Clock)>,
}

impl Evaluation<'_> {
    /// Both bounds.
    pub fn bounds(&self) -> Bounds {
        of_passes(self.at_least.rank, self.at_most.rank)
    }
}

/// A level by rank and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct NamedLevel<'r> {
    /// Its rank.
    pub rank: Rank,
    /// Its name.
    pub name: &'r str,
}

/// A fact and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FactAnswer<'r> {
    /// The fact.
    #[serde(rename = "id")]
    pub fact: &'r str,
    /// Its answer.
    pub answer: Answer,
}

/// One finding: what it says, gives and rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Reason<'r> {
    /// The indicator or criterion.
    pub id: &'r str,
    /// In words.
    pub says: Cow<'r, str>,
    /// What it contributes.
    pub gives: ReasonGives,
    /// The domain of its need.
    pub domain: Option<Domain>,
    /// The facts it rests on.
    pub facts: Vec<FactAnswer<'r>>,
    /// Where it comes from.
    pub source: &'r [String],
}

/// What a finding contributes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ReasonGives {
    /// The level is never below this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<Rank>,
    /// A floor owed by law.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duty: Option<Rank>,
    /// One need that counts towards this level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Rank>,
    /// The level before it softened on what was stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub softened_from: Option<Rank>,
    /// A modifier.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub raises: bool,
}

impl std::fmt::Display for ReasonGives {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.floor, self.duty, self.counts) {
            (Some(rank), _, _) => write!(f, "never below level {rank}")?,
            (_, Some(rank), _) => write!(f, "owed by law, level {rank}")?,
            (_, _, Some(rank)) => write!(f, "one need at level {rank}")?,
            (None, None, None) if self.raises => f.write_str("may raise the level a step")?,
            (None, None, None) => f.write_str("does not move the level")?,
        }
        self.softened_from.map_or(Ok(()), |from| write!(f, ", softened from level {from}"))
    }
}

/// A threshold, and how much of it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ThresholdFinding<'r> {
    /// The threshold.
    pub id: &'r str,
    /// In words.
    pub says: &'r str,
    /// The level it reaches.
    pub reaches: Rank,
    /// Whether it was reached.
    pub reached: bool,
    /// Of the first part not met (or the last): how many needs were found.
    pub have: usize,
    /// How many it takes.
    pub of: usize,
}

/// The answers to one fact of the sufficient reason that are enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Enough<'r> {
    /// The fact.
    pub fact: &'r str,
    /// The answers in words.
    #[schema(example = "under 12 months")]
    pub says: Cow<'r, str>,
    /// The answers, where they are no numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
    /// The lowest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// The highest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
}

/// Something that would reach the next level, and what stops it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WhyNot<'r> {
    /// The indicator, criterion or threshold.
    pub id: &'r str,
    /// In words.
    pub says: Cow<'r, str>,
    /// The level it would reach.
    pub would_reach: Rank,
    /// The answers that stop it; empty for a threshold, whose `have` and `of` say how far it is.
    pub stopped_by: Vec<StoppedBy<'r>>,
}

/// An answer that stops something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StoppedBy<'r> {
    /// The fact.
    pub fact: &'r str,
    /// Its answer, `not_known`, or `not_raised`.
    pub answer: Answer,
}

/// One answer that would give another level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WouldChange<'r> {
    /// The fact.
    pub fact: &'r str,
    /// Its answer now, or `not_known`.
    pub now: Answer,
    /// The other answer.
    pub were: Answer,
    /// The level would then be at least this.
    pub at_least: Rank,
    /// In words; what would lower the level is told as what was not so, for it is no advice.
    #[schema(example = "The level would be at least 4 if “Can the carer keep the child safe?” were answered “No”.")]
    pub says: String,
}

/// A question worth asking next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Question<'r> {
    /// The fact.
    pub fact: &'r str,
    /// The question.
    pub ask: &'r str,
    /// The highest level its answer could reach.
    pub could_reach: Rank,
    /// The level that its answer, with the other presumed facts', could lower to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub could_lower_to: Option<Rank>,
    /// Kinds of agency that would know.
    pub would_know: &'r [String],
}

/// What a manager must answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Consider<'r> {
    /// Its id.
    pub id: &'r str,
    /// What must be answered.
    pub says: &'r str,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ToDo<'r> {
    /// Its id.
    pub id: &'r str,
    /// What to do.
    pub says: &'r str,
    /// How soon.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<WithinEntry>)]
    pub within: Option<Within>,
    /// The same as a time, when the time of receipt is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// Whether its hours run outside office hours.
    #[serde(skip)]
    pub clock: Clock,
}

/// A protective fact that was stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Protective<'r> {
    /// The fact.
    pub id: &'r str,
    /// Its question.
    pub says: &'r str,
}

/// Two accounts of one fact, or an answer that another rules out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Conflict<'r> {
    /// The fact.
    pub fact: &'r str,
    /// What conflicts.
    pub says: &'r str,
    /// The answer that was used.
    pub used: Answer,
    /// The other account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also_said: Option<Answer>,
}

/// A fact or an answer that is no longer asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RetiredAnswer<'r> {
    /// The fact.
    pub fact: Cow<'r, str>,
    /// The answer, when only that is retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// Until when it is accepted.
    pub until: &'r str,
    /// Why.
    pub because: &'r str,
}

/// A rule that could not be worked out for these facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RuleFault<'r> {
    /// The script.
    pub id: &'r str,
    /// What it means for the answer.
    pub says: &'r str,
}
