//! `criteria/TOPIC.yaml`: the questions, what their answers give, and what one answer alone cannot say.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::condition::{ConditionEntry, Scalar};
use super::words::{MAX_TEXT, date, word};
use crate::ladder::{Rank, Within};

/// The head of `criteria/TOPIC.yaml`.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A topic of a windscreen rule set")]
pub struct TopicEntry {
    /// The topic's id; the file is named after it.
    #[validate(custom(function = "word"))]
    pub topic: String,
    /// Its title on the form.
    #[validate(length(min = 1, max = 120))]
    pub title: String,
    /// The domain of its needs, unless an indicator says otherwise.
    pub domain: DomainEntry,
    /// Whether its questions are asked one a page.
    #[serde(default)]
    pub sensitive: bool,
    /// The questions.
    #[serde(default)]
    #[validate(nested)]
    pub indicators: Vec<IndicatorEntry>,
    /// What one answer alone cannot say.
    #[serde(default)]
    #[validate(nested)]
    pub criteria: Vec<CriterionEntry>,
}

/// A side of the assessment triangle, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DomainEntry {
    /// The child's development.
    Child,
    /// Parenting.
    Parenting,
    /// Family and environment.
    Environment,
    /// Harm.
    Harm,
    /// A need that never adds a domain.
    None,
}

/// A sign that can be observed: one question and what its answers give.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct IndicatorEntry {
    /// The fact's id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// The question.
    #[validate(length(min = 1, max = 300))]
    pub ask: String,
    /// The question as one says it on the telephone; where it is missing, `ask` is said.
    #[serde(default)]
    #[validate(length(min = 1, max = 300))]
    pub say: Option<String>,
    /// What a person who asks should know.
    #[serde(default)]
    #[validate(length(max = MAX_TEXT))]
    pub hint: Option<String>,
    /// Whether the answer belongs to one child or to the whole household.
    #[serde(default)]
    pub about: About,
    /// Overrides the topic's domain.
    #[serde(default)]
    pub domain: Option<DomainEntry>,
    /// Asked in every referral, never assumed.
    #[serde(default)]
    pub core: bool,
    /// A circumstance of the child (age, unborn, mobility): never a concern by itself, never assumed.
    #[serde(default)]
    pub circumstance: bool,
    /// What has happened: it may be told wrongly, but never becomes otherwise.
    #[serde(default)]
    pub past: bool,
    /// Context only: may ask for actions, never moves a level.
    #[serde(default)]
    pub context: bool,
    /// Kinds of agency that would know.
    #[serde(default)]
    pub would_know: Vec<String>,
    /// When the question is asked at all.
    #[serde(default)]
    pub asked_when: Option<ConditionEntry>,
    /// The answer presumed until it is given; the one of greatest concern.
    #[serde(default)]
    pub presume: Option<Scalar>,
    /// A protective factor: presumed absent until stated.
    #[serde(default)]
    pub protects: bool,
    /// Whether the answers stand in order of concern.
    #[serde(default = "yes")]
    pub ordered: bool,
    /// The indicator or criterion with which this is one and the same need.
    #[serde(default)]
    pub counts_with: Option<String>,
    /// Accepted for a time, and no longer asked.
    #[serde(default)]
    #[validate(nested)]
    pub retired: Option<Retired>,
    /// What YES gives.
    #[serde(default)]
    #[validate(nested)]
    pub if_yes: Option<GivesEntry>,
    /// What NO gives; alone it says that NO is the side of concern.
    #[serde(default)]
    #[validate(nested)]
    pub if_no: Option<GivesEntry>,
    /// The answers of a choice, least concern first.
    #[serde(default)]
    pub answers: Option<IndexMap<String, GivesEntry>>,
    /// A whole number.
    #[serde(default)]
    pub number: Option<NumberEntry>,
    /// What ranges of the number give, from mild to severe; the last that holds wins.
    #[serde(default)]
    #[validate(nested)]
    pub bands: Vec<BandEntry>,
    /// Where this comes from.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
}

fn yes() -> bool {
    true
}

/// What a fact is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// One child.
    #[default]
    Child,
    /// The household: given once for all children.
    Household,
    /// The referral: given once for all children.
    Referral,
}

/// A fact or an answer that is no longer asked, and for a time still accepted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Retired {
    /// Until when it is accepted, as "2027-11-30".
    #[validate(custom(function = "date"))]
    pub until: String,
    /// Why, and what to give instead.
    #[validate(length(min = 1, max = 1000))]
    pub because: String,
}

/// A whole number with its range and which end is worse.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberEntry {
    /// What is counted.
    pub unit: Unit,
    /// The lowest allowed.
    pub from: i64,
    /// The highest allowed.
    pub to: i64,
    /// Which end is of greater concern.
    #[serde(default)]
    pub worse: Worse,
    /// "never" is an answer of its own, and of least concern.
    #[serde(default)]
    pub never: Option<Never>,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the units name themselves")]
pub enum Unit {
    Months,
    Weeks,
    Days,
    Years,
    Episodes,
    Incidents,
    Contacts,
    Children,
    Agencies,
    Indicators,
    Percent,
    Grade,
    Times,
}

impl Unit {
    /// As one says it after a number; nothing where the number says it all.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Months => "months",
            Self::Weeks => "weeks",
            Self::Days => "days",
            Self::Years => "years",
            Self::Episodes => "episodes",
            Self::Incidents => "incidents",
            Self::Contacts => "contacts",
            Self::Children => "children",
            Self::Agencies => "agencies",
            Self::Indicators => "indicators",
            Self::Percent => "per cent",
            Self::Grade => "",
            Self::Times => "times",
        }
    }

    /// The same after a number, which may be one.
    pub(crate) fn after(self, number: i64) -> &'static str {
        match self {
            Self::Children if number == 1 => "child",
            Self::Agencies if number == 1 => "agency",
            Self::Percent | Self::Grade => self.words(),
            _ if number == 1 => self.words().trim_end_matches('s'),
            _ => self.words(),
        }
    }
}

/// Which end of a number is of greater concern.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Worse {
    /// More is worse.
    #[default]
    Higher,
    /// Less is worse.
    Lower,
}

/// Where "never" stands in the order of concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Never {
    /// Below every number.
    Least,
}

/// What an answer or a criterion gives.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct GivesEntry {
    /// The level is never below this.
    #[serde(default)]
    pub floor: Option<Rank>,
    /// A floor owed by law, not because of harm.
    #[serde(default)]
    pub duty: Option<Rank>,
    /// One need that counts towards this level.
    #[serde(default)]
    pub counts: Option<Rank>,
    /// Material hardship: never helps to reach the level that `hardship` in the thresholds names.
    #[serde(default)]
    pub hardship: bool,
    /// A modifier: may raise the level a step.
    #[serde(default)]
    pub raises: bool,
    /// What a manager must answer.
    #[serde(default)]
    pub consider: Vec<String>,
    /// What to do.
    #[serde(default)]
    pub actions: Vec<String>,
    /// How soon.
    #[serde(default)]
    pub within: Option<Within>,
    /// Topics that this answer opens.
    #[serde(default)]
    pub opens: Vec<String>,
    /// When the floor softens.
    #[serde(default)]
    pub unless: Option<ConditionEntry>,
    /// What it softens to.
    #[serde(default)]
    pub then: Option<Rank>,
    /// How a form words the answer.
    #[serde(default)]
    pub label: Option<String>,
    /// The sentence for the reasons; without it, the question and the answer.
    #[serde(default)]
    pub says: Option<String>,
    /// The answer is accepted for a time, and no longer offered.
    #[serde(default)]
    #[validate(nested)]
    pub retired: Option<Retired>,
}

/// A range of a number and what it gives.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the same keys as an answer's, beside the range")]
pub struct BandEntry {
    #[serde(default)]
    pub at_least: Option<i64>,
    #[serde(default)]
    pub above: Option<i64>,
    #[serde(default)]
    pub at_most: Option<i64>,
    #[serde(default)]
    pub below: Option<i64>,
    #[serde(default)]
    pub floor: Option<Rank>,
    #[serde(default)]
    pub duty: Option<Rank>,
    #[serde(default)]
    pub counts: Option<Rank>,
    #[serde(default)]
    pub hardship: bool,
    #[serde(default)]
    pub raises: bool,
    #[serde(default)]
    pub consider: Vec<String>,
    #[serde(default)]
    pub actions: Vec<String>,
    #[serde(default)]
    pub within: Option<Within>,
    #[serde(default)]
    pub opens: Vec<String>,
    #[serde(default)]
    pub unless: Option<ConditionEntry>,
    #[serde(default)]
    pub then: Option<Rank>,
    #[serde(default)]
    pub says: Option<String>,
}

impl BandEntry {
    /// What the band gives, without its range.
    pub fn gives(&self) -> GivesEntry {
        let band = self.clone();
        GivesEntry {
            floor: band.floor,
            duty: band.duty,
            counts: band.counts,
            hardship: band.hardship,
            raises: band.raises,
            consider: band.consider,
            actions: band.actions,
            within: band.within,
            opens: band.opens,
            unless: band.unless,
            then: band.then,
            label: None,
            says: band.says,
            retired: None,
        }
    }
}

/// What one answer alone cannot say.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CriterionEntry {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// The sentence for the reasons; needed when it gives anything.
    #[serde(default)]
    #[validate(length(max = 1000))]
    pub says: Option<String>,
    /// When it holds.
    pub when: ConditionEntry,
    /// What it gives; nothing for a named condition.
    #[serde(default)]
    #[validate(nested)]
    pub gives: Option<GivesEntry>,
    /// Overrides the topic's domain.
    #[serde(default)]
    pub domain: Option<DomainEntry>,
    /// The indicator with which this is one and the same need.
    #[serde(default)]
    pub counts_with: Option<String>,
    /// Where this comes from.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
}
