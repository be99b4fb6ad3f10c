//! The shapes of rule files, as an author writes them: what serde reads, `validator` bounds and the editor's JSON
//! Schemas are generated from. What the entries mean, and whether they make sense together, is `check.rs`' concern.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use crate::calendar::{Clock, OfficeHours};
use crate::ladder::{LevelOfNeed, Priority, Rank, Within};

/// The longest text an author may write in one place.
const MAX_TEXT: u64 = 4000;

/// The format this program reads.
pub const FORMAT: u32 = 1;

/// `framework.yaml`: what the partnership published, and the ladder.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(title = "framework.yaml of a windscreen rule set")]
pub struct FrameworkEntry {
    /// The format of the files; 1.
    pub format: u32,
    /// Whose framework this is.
    #[validate(custom(function = "name"))]
    pub framework: String,
    /// Its version, quoted.
    #[validate(length(min = 1, max = 40))]
    pub version: String,
    /// Its title.
    #[validate(length(min = 1, max = 200))]
    pub title: String,
    /// Whether agencies have agreed it.
    pub status: Status,
    /// What it is, and what it is not.
    #[serde(default)]
    #[validate(length(max = MAX_TEXT))]
    pub about: String,
    /// From when (and until when) it is in force.
    #[validate(nested)]
    pub in_force: InForce,
    /// The levels, least first.
    #[serde(default)]
    #[schemars(required)]
    #[validate(nested)]
    pub levels: Vec<LevelOfNeed>,
    /// The least urgency while a protection level is still possible.
    pub while_unsettled: Urgency,
    /// What is said with every answer below a rank.
    #[serde(default)]
    pub below: Option<Below>,
    /// What is said with every answer.
    #[serde(default)]
    pub always_say: Vec<String>,
    /// When the hub is staffed, and who answers otherwise.
    #[validate(nested)]
    pub office_hours: OfficeHours,
    /// The facts that a date of birth or a due date fills.
    #[serde(default)]
    pub child: ChildFacts,
    /// The topics in the order a form asks; each is a file under `criteria/`.
    #[validate(length(min = 1, max = 64))]
    pub topics: Vec<String>,
    /// The agencies that would know an answer.
    #[serde(default)]
    #[validate(nested)]
    pub agencies: Vec<Agency>,
    /// The statutory safeguarding partners.
    #[serde(default)]
    pub statutory_partners: Vec<String>,
    /// What each word under `source` stands for.
    #[serde(default)]
    pub sources: IndexMap<String, String>,
    /// Statutory and local time limits, for display.
    #[serde(default)]
    #[validate(nested)]
    pub timescales: Vec<Timescale>,
    /// What must never be a fact: protected characteristics, postcode, who refers when by which channel.
    #[serde(default)]
    pub never_facts: Vec<String>,
}

/// Whether a framework has been agreed by anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// An example; no partnership's agreed document.
    Example,
    /// Agreed by the partnership that it names.
    Agreed,
}

/// From when until when a framework is in force; London dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct InForce {
    /// The first day, as "2026-12-01".
    #[validate(custom(function = "date"))]
    pub from: String,
    /// The last day, when it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "date"))]
    pub until: Option<String>,
}

/// A priority and a time allowed.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Urgency {
    /// How urgently information is gathered.
    pub priority: Priority,
    /// How soon.
    pub respond_within: Within,
}

/// What is said below a rank.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Below {
    /// The rank.
    pub rank: Rank,
    /// The sentence.
    pub say: String,
}

/// The facts that a date of birth or a due date fills at the edge.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChildFacts {
    /// The fact that holds the child's age in completed months.
    #[serde(default)]
    pub age_in_months: Option<String>,
    /// The fact that says the child is not yet born.
    #[serde(default)]
    pub unborn: Option<String>,
    /// The fact that holds the weeks of the pregnancy.
    #[serde(default)]
    pub gestation_in_weeks: Option<String>,
}

/// A kind of agency.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Agency {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// Its name.
    #[validate(length(min = 1, max = 120))]
    pub name: String,
    /// Its source-of-referral codes in the children in need census.
    #[serde(default)]
    pub source_codes: Vec<String>,
}

/// A statutory or local time limit.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Timescale {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// What must be done.
    #[validate(length(min = 1, max = 1000))]
    pub says: String,
    /// How soon.
    pub within: Within,
    /// Where that stands.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
}

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

/// The head of `thresholds.yaml`: how counted needs reach a level.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(title = "thresholds.yaml of a windscreen rule set")]
pub struct ThresholdsEntry {
    /// Groups of domains that a threshold may count by.
    #[serde(default)]
    pub groups: IndexMap<String, Vec<DomainEntry>>,
    /// The thresholds.
    #[serde(default)]
    #[validate(nested)]
    pub thresholds: Vec<ThresholdEntry>,
    /// How far modifiers raise.
    #[serde(default)]
    #[validate(nested)]
    pub modifiers: Option<ModifiersEntry>,
    /// What material hardship never does.
    #[serde(default)]
    #[validate(nested)]
    pub hardship: Option<HardshipEntry>,
    /// Which protective facts cancel which modifiers.
    #[serde(default)]
    pub protection: Vec<ProtectionEntry>,
    /// What one child's findings ask for the others.
    #[serde(default)]
    #[validate(nested)]
    pub across_children: Vec<AcrossChildrenEntry>,
}

/// What must be met for counted needs to reach a level.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ThresholdEntry {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// The sentence for the reasons.
    #[validate(length(min = 1, max = 1000))]
    pub says: String,
    /// Why these numbers.
    #[validate(length(min = 1, max = 2000))]
    pub reason: String,
    /// Where this comes from.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
    /// The level reached.
    pub reaches: Rank,
    /// All must hold.
    #[validate(length(min = 1, max = 8), nested)]
    pub needs: Vec<NeedsEntry>,
    /// When the threshold does not hold; without effect while a modifier is found.
    #[serde(default)]
    pub unless: Option<ConditionEntry>,
    /// What a manager must answer when it is reached.
    #[serde(default)]
    pub consider: Vec<String>,
}

/// So many needs at a level or above.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NeedsEntry {
    /// The level; needs above it count too.
    pub at: Rank,
    /// How many.
    #[validate(range(min = 1, max = 100))]
    pub at_least: u16,
    /// In at least so many domains.
    #[serde(default)]
    #[validate(range(min = 1, max = 4))]
    pub domains: Option<u8>,
    /// In at least so many groups.
    #[serde(default)]
    #[validate(range(min = 1, max = 8))]
    pub groups: Option<u8>,
}

/// How far modifiers raise, and from where.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ModifiersEntry {
    /// At most so many steps in total.
    #[validate(range(min = 0, max = 3))]
    pub steps_at_most: u8,
    /// From these levels only.
    pub from: Vec<Rank>,
    /// What is asked instead where no step is made.
    #[serde(default)]
    pub instead: Vec<InsteadEntry>,
    /// Why.
    #[validate(length(min = 1, max = 2000))]
    pub reason: String,
    /// Where this comes from.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
}

/// What is asked instead of a step at a level.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InsteadEntry {
    /// The level.
    pub at: Rank,
    /// What a manager must answer.
    pub consider: Vec<String>,
}

/// What material hardship never does.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct HardshipEntry {
    /// The level that counted hardship never helps to reach, nor any above it.
    pub never_reaches: Rank,
    /// Why.
    #[validate(length(min = 1, max = 2000))]
    pub reason: String,
    /// Where this comes from.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
}

/// A protective fact and the modifiers it cancels.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProtectionEntry {
    /// The protective fact.
    pub fact: String,
    /// The modifiers.
    pub cancels: Vec<String>,
}

/// What one child's findings ask for every other child.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AcrossChildrenEntry {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// The sentence for the reasons.
    #[validate(length(min = 1, max = 1000))]
    pub says: String,
    /// When one child has this.
    pub when_one_child_has: NeedOfOneChild,
    /// Every other child gets this.
    pub every_other_child: ForOtherChildren,
    /// Where this comes from.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
}

/// A need that one child has.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedOfOneChild {
    /// The need.
    pub need: NeedEntry,
}

/// Actions and first questions; never a level.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForOtherChildren {
    /// What to do.
    #[serde(default)]
    pub actions: Vec<String>,
    /// What to ask first.
    #[serde(default)]
    pub ask_first: Vec<String>,
}

/// `actions.yaml`: what to do and what to consider, listed once.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(title = "actions.yaml of a windscreen rule set")]
pub struct ActionsEntry {
    /// What to do.
    #[serde(default)]
    #[validate(nested)]
    pub actions: Vec<ActionEntry>,
    /// What a manager must answer.
    #[serde(default)]
    #[validate(nested)]
    pub considerations: Vec<ConsiderationEntry>,
}

/// Something to do.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ActionEntry {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// What to do, in a sentence.
    #[validate(length(min = 1, max = 1000))]
    pub says: String,
    /// How soon.
    #[serde(default)]
    pub within: Option<Within>,
    /// Whether its hours run outside office hours.
    #[serde(default)]
    pub clock: Clock,
    /// Where this comes from.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
}

/// Something a manager must answer.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ConsiderationEntry {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// What must be answered.
    #[validate(length(min = 1, max = 1000))]
    pub says: String,
    /// Shown while the answer is below this level.
    pub until_level: Rank,
}

/// The head of `code_lists.yaml`.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(title = "code_lists.yaml of a windscreen rule set")]
pub struct CodeListsEntry {
    /// The lists.
    #[serde(default)]
    #[validate(nested)]
    pub lists: Vec<CodeListEntry>,
}

/// A national or local list of codes.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CodeListEntry {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// Its title.
    #[validate(length(min = 1, max = 200))]
    pub title: String,
    /// Where it comes from.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
    /// The codes.
    #[validate(length(min = 1), nested)]
    pub codes: Vec<CodeEntry>,
}

/// One code.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CodeEntry {
    /// The code, quoted.
    #[validate(length(min = 1, max = 12))]
    pub code: String,
    /// What it means.
    #[validate(length(min = 1, max = 300))]
    pub means: String,
    /// What to know about it.
    #[serde(default)]
    pub note: Option<String>,
}

/// A value in a rule file: what a fact can be compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    /// For yes/no facts.
    Bool(bool),
    /// For numbers.
    Number(i64),
    /// An answer of a choice, or `never`.
    Word(String),
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Word(value) => f.write_str(value),
        }
    }
}

/// A condition as written.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionEntry {
    /// Every part holds.
    All(Vec<ConditionEntry>),
    /// Some part holds.
    Any(Vec<ConditionEntry>),
    /// The part does not hold; only round a yes/no fact.
    Not(Box<ConditionEntry>),
    /// A fact is on its side of concern, or a criterion holds.
    Bare(String),
    /// A fact's answer passes a test.
    Fact(String, TestEntry),
    /// Some finding at a level or above.
    Need(NeedEntry),
    /// A fact was answered, and the test holds.
    Stated(Box<ConditionEntry>),
    /// A script answers true.
    Script(ScriptEntry),
}

/// What an answer is compared with; all given parts must hold.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Exactly this answer.
    #[serde(default)]
    pub is: Option<Scalar>,
    /// Any of these answers.
    #[serde(default)]
    pub one_of: Option<Vec<Scalar>>,
    /// This or more (for a choice: in order of concern).
    #[serde(default)]
    pub at_least: Option<Scalar>,
    /// This or less.
    #[serde(default)]
    pub at_most: Option<Scalar>,
    /// More than this.
    #[serde(default)]
    pub above: Option<Scalar>,
    /// Less than this.
    #[serde(default)]
    pub below: Option<Scalar>,
}

/// A test of one fact.
#[derive(Debug, Clone, PartialEq)]
pub enum TestEntry {
    /// `fact: true` or `fact: false`.
    YesNo(bool),
    /// `fact: { at_least: ... }`
    Compare(Comparison),
}

/// Some finding at a level or above.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedEntry {
    /// The level; findings above it count too.
    pub at: Rank,
    /// In these domains only.
    #[serde(default, rename = "in")]
    pub domains: Option<Vec<DomainEntry>>,
    /// Leaves out counts and duties.
    #[serde(default)]
    pub harm: bool,
    /// Leaves out these indicators and criteria.
    #[serde(default)]
    pub besides: Vec<String>,
}

/// A script and the facts it declares to read.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptEntry {
    /// The file `scripts/NAME.rhai`.
    pub name: String,
    /// The facts it reads, and no other.
    pub reads: Vec<String>,
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl Visitor<'_> for ScalarVisitor {
            type Value = Scalar;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an answer: true, false, a whole number or a word")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar::Number(value))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Scalar, E> {
                i64::try_from(value).map(Scalar::Number).map_err(|_| E::custom("the number is too large"))
            }
            fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar::Word(value.to_owned()))
            }
        }
        deserializer.deserialize_any(ScalarVisitor)
    }
}

impl JsonSchema for Scalar {
    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["boolean", "integer", "string"], "description": "An answer." })
    }
}

impl<'de> Deserialize<'de> for TestEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TestVisitor;
        impl<'de> Visitor<'de> for TestVisitor {
            type Value = TestEntry;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`true`, `false`, or a mapping of `is`, `one_of`, `at_least`, `at_most`, `above`, `below`")
            }
            fn visit_bool<E>(self, value: bool) -> Result<TestEntry, E> {
                Ok(TestEntry::YesNo(value))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TestEntry, A::Error> {
                Comparison::deserialize(de::value::MapAccessDeserializer::new(map)).map(TestEntry::Compare)
            }
        }
        deserializer.deserialize_any(TestVisitor)
    }
}

impl<'de> Deserialize<'de> for ConditionEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ConditionVisitor;
        impl<'de> Visitor<'de> for ConditionVisitor {
            type Value = ConditionEntry;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(
                    "a condition: the id of a fact or criterion, or one of `all`, `any`, `not`, `need`, `stated`, \
                     `script`, or `FACT: test`",
                )
            }
            fn visit_str<E>(self, value: &str) -> Result<ConditionEntry, E> {
                Ok(ConditionEntry::Bare(value.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ConditionEntry, A::Error> {
                let Some(key) = map.next_key::<String>()? else {
                    return Err(de::Error::custom("a condition cannot be empty"));
                };
                let condition = match key.as_str() {
                    "all" => ConditionEntry::All(map.next_value()?),
                    "any" => ConditionEntry::Any(map.next_value()?),
                    "not" => ConditionEntry::Not(map.next_value()?),
                    "need" => ConditionEntry::Need(map.next_value()?),
                    "stated" => ConditionEntry::Stated(map.next_value()?),
                    "script" => ConditionEntry::Script(map.next_value()?),
                    _ => ConditionEntry::Fact(key, map.next_value()?),
                };
                match map.next_key::<String>()? {
                    None => Ok(condition),
                    Some(_) => Err(de::Error::custom(
                        "a condition has one key; write `all: [ ... ]` when several things must hold",
                    )),
                }
            }
        }
        deserializer.deserialize_any(ConditionVisitor)
    }
}

impl JsonSchema for ConditionEntry {
    fn schema_name() -> Cow<'static, str> {
        "Condition".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let itself = generator.subschema_for::<Self>();
        let need = generator.subschema_for::<NeedEntry>();
        let script = generator.subschema_for::<ScriptEntry>();
        let comparison = generator.subschema_for::<Comparison>();
        json_schema!({
            "description": "When something holds: the id of a fact or criterion, or exactly one of these keys.",
            "oneOf": [
                { "type": "string", "description": "A fact on its side of concern, or a criterion that holds." },
                {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "properties": {
                        "all": { "type": "array", "items": itself, "minItems": 1 },
                        "any": { "type": "array", "items": itself, "minItems": 1 },
                        "not": itself,
                        "need": need,
                        "stated": itself,
                        "script": script,
                    },
                    "additionalProperties": { "anyOf": [ { "type": "boolean" }, comparison ] },
                },
            ],
        })
    }
}

/// Ids are words in lower case joined by underscores, so that they read the same in every tool.
fn word(value: &str) -> Result<(), ValidationError> {
    let fine = value.len() <= 60
        && value.split('_').all(|part| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
        && value.starts_with(|first: char| first.is_ascii_lowercase());
    complain(fine, "must be words in lower case joined by underscores, at most 60 characters")
}

fn name(value: &str) -> Result<(), ValidationError> {
    word(&value.replace('-', "_")).map_err(|_| said("must be words in lower case joined by hyphens"))
}

fn date(value: &str) -> Result<(), ValidationError> {
    complain(value.parse::<jiff::civil::Date>().is_ok(), "must be a date in quotes, such as \"2026-12-01\"")
}

fn complain(fine: bool, message: &'static str) -> Result<(), ValidationError> {
    if fine { Ok(()) } else { Err(said(message)) }
}

fn said(message: &'static str) -> ValidationError {
    ValidationError::new("shape").with_message(message.into())
}

/// The JSON Schemas of the rule files, by the name that a file's first line points at.
pub fn schemas() -> Vec<(&'static str, serde_json::Value)> {
    fn schema<T: JsonSchema>() -> serde_json::Value {
        schemars::schema_for!(T).to_value()
    }
    vec![
        ("framework", schema::<FrameworkEntry>()),
        ("topic", schema::<TopicEntry>()),
        ("thresholds", schema::<ThresholdsEntry>()),
        ("actions", schema::<ActionsEntry>()),
        ("code_lists", schema::<CodeListsEntry>()),
        ("examples", schema::<crate::examples::ExamplesEntry>()),
    ]
}
