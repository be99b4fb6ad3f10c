//! `framework.yaml`: what the partnership published, and the ladder.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::words::{MAX_TEXT, date, name, word};
use crate::calendar::OfficeHours;
use crate::ladder::{LevelOfNeed, Priority, Rank, Within};

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
    /// Who else is asked when rules change, and how many are enough; every statutory partner when nothing is said.
    #[serde(default)]
    #[validate(nested)]
    pub rule_changes: WhoAgrees,
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

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Example => "example: no partnership's agreed criteria",
            Self::Agreed => "agreed",
        })
    }
}

/// From when until when a framework is in force; London dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema, Validate)]
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

/// A priority, a time allowed, and what to do meanwhile.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Urgency {
    /// How urgently information is gathered.
    pub priority: Priority,
    /// How soon.
    pub respond_within: Within,
    /// What to do while the answer is not settled.
    #[serde(default)]
    pub actions: Vec<String>,
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
    /// Whether these are members of the public, who may stay anonymous; a professional may not.
    #[serde(default)]
    pub public: bool,
}

/// Who agrees rule changes beside the statutory partners.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct WhoAgrees {
    /// The other partners who are asked.
    #[serde(default)]
    #[validate(length(max = 32))]
    pub also_ask: Vec<String>,
    /// How many of all partners agree a change by which no child is answered lower. One by which some child may be
    /// takes every statutory partner, whatever is said here.
    #[serde(default)]
    #[validate(range(min = 2))]
    pub enough: Option<u32>,
}

/// The census code of a source that would not say who it is.
pub const ANONYMOUS_SOURCE: &str = "9";

/// A statutory or local time limit.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, utoipa::ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Timescale {
    /// Its id.
    #[validate(custom(function = "word"))]
    pub id: String,
    /// What must be done.
    #[validate(length(min = 1, max = 1000))]
    pub says: String,
    /// How soon.
    #[schema(value_type = crate::ladder::WithinEntry)]
    pub within: Within,
    /// Where that stands.
    #[validate(length(min = 1))]
    pub source: Vec<String>,
}
