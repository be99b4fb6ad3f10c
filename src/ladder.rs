//! The ladder of levels of need, and what a framework says about each: lead, assessment, consent, how soon.
//!
//! Ranks run from 1 without a gap. Nothing here knows how many there are or what the fourth one means: that is in
//! the framework file, because "level 3" is voluntary help in one area and a statutory assessment in the next.

pub mod fan;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

/// A place on a ladder, from 1.
pub type Rank = u8;

/// More levels than any published framework has, and few enough for a fixed array.
pub const MAX_RANK: Rank = 8;

/// How urgently information is gathered; the greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Help or advice at the referrer's pace.
    Blue,
    /// Early help.
    Green,
    /// A statutory assessment may be needed.
    Amber,
    /// Act now.
    Red,
}

/// A time allowed; becomes a time on the clock only at the edge, where the time of receipt is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", try_from = "WithinEntry", into = "WithinEntry")]
#[schemars(with = "WithinEntry")]
pub enum Within {
    /// Now.
    AtOnce,
    /// So many hours.
    Hours(u16),
    /// By the close of office on the so-manyth working day after receipt.
    WorkingDays(u16),
    /// So many calendar days; only in statutory timescales.
    Days(u16),
    /// So many calendar months; only in statutory timescales.
    Months(u16),
}

/// How a time allowed is written: exactly one of these.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Within", extend("minProperties" = 1, "maxProperties" = 1))]
pub struct WithinEntry {
    /// Now; only `true` means anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_once: Option<bool>,
    /// Hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hours: Option<u16>,
    /// Working days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    working_days: Option<u16>,
    /// Calendar days; only in statutory timescales.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days: Option<u16>,
    /// Calendar months; only in statutory timescales.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    months: Option<u16>,
}

impl TryFrom<WithinEntry> for Within {
    type Error = &'static str;
    fn try_from(entry: WithinEntry) -> Result<Self, Self::Error> {
        match (entry.at_once, entry.hours, entry.working_days, entry.days, entry.months) {
            (Some(true), None, None, None, None) => Ok(Self::AtOnce),
            (None, Some(hours), None, None, None) if hours > 0 => Ok(Self::Hours(hours)),
            (None, None, Some(days), None, None) if days > 0 => Ok(Self::WorkingDays(days)),
            (None, None, None, Some(days), None) if days > 0 => Ok(Self::Days(days)),
            (None, None, None, None, Some(months)) if months > 0 => Ok(Self::Months(months)),
            _ => Err("a time is exactly one of `at_once: true`, `hours: N`, `working_days: N` with N above 0"),
        }
    }
}

impl From<Within> for WithinEntry {
    fn from(within: Within) -> Self {
        let none = Self::default();
        match within {
            Within::AtOnce => Self { at_once: Some(true), ..none },
            Within::Hours(hours) => Self { hours: Some(hours), ..none },
            Within::WorkingDays(days) => Self { working_days: Some(days), ..none },
            Within::Days(days) => Self { days: Some(days), ..none },
            Within::Months(months) => Self { months: Some(months), ..none },
        }
    }
}

impl Within {
    /// Orders times allowed before the time of receipt is known: a working day stands for 24 hours.
    pub fn nominal_hours(self) -> u32 {
        match self {
            Self::AtOnce => 0,
            Self::Hours(hours) => u32::from(hours),
            Self::WorkingDays(days) | Self::Days(days) => u32::from(days) * 24,
            Self::Months(months) => u32::from(months) * 24 * 30,
        }
    }

    /// The sooner of two.
    #[must_use]
    pub fn sooner(self, other: Self) -> Self {
        if other.nominal_hours() < self.nominal_hours() { other } else { self }
    }
}

impl std::fmt::Display for Within {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (count, unit) = match self {
            Self::AtOnce => return f.write_str("at once"),
            Self::Hours(count) => (count, "hour"),
            Self::WorkingDays(count) => (count, "working day"),
            Self::Days(count) => (count, "day"),
            Self::Months(count) => (count, "month"),
        };
        write!(f, "within {count} {unit}{}", if *count == 1 { "" } else { "s" })
    }
}

/// A duty that a level stands under, in order of force: what two areas share whose level numbers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// Services that are open to all.
    Universal,
    /// Early help or Family Help, with the family's agreement.
    EarlyHelp,
    /// A child in need: Children Act 1989, section 17.
    S17,
    /// A child who must be accommodated: section 20.
    S20,
    /// Reasonable cause to suspect significant harm: section 47.
    S47,
}

impl Duty {
    /// What it is called.
    pub fn says(self) -> &'static str {
        match self {
            Self::Universal => "universal services",
            Self::EarlyHelp => "early help",
            Self::S17 => "section 17",
            Self::S20 => "section 20",
            Self::S47 => "section 47",
        }
    }
}

/// One level of need as the framework describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelOfNeed {
    /// Its place on the ladder, from 1.
    #[validate(range(min = 1, max = 8))]
    pub rank: Rank,
    /// Its name.
    #[validate(length(min = 1, max = 120))]
    pub name: String,
    /// What it means, in one sentence.
    #[validate(length(min = 1, max = 2000))]
    pub means: String,
    /// The law it rests on, if any.
    #[serde(default)]
    pub legal_basis: Option<String>,
    /// The duties it stands under, as words that other areas' programs share; the first is what is always owed. A child
    /// who is sent to another area is sent under it. It stands in no answer: the words of `legal_basis` do.
    #[serde(default, skip_serializing)]
    pub duties: Vec<Duty>,
    /// Who leads.
    pub lead: String,
    /// Which assessment a person makes.
    pub assessment: String,
    /// Whose agreement is needed, and for what.
    pub consent: String,
    /// Whether significant harm is suspected at this level.
    #[serde(default)]
    pub protection: bool,
    /// How urgently information is gathered.
    pub priority: Priority,
    /// How soon the type of response is decided.
    #[schema(value_type = WithinEntry)]
    pub respond_within: Within,
    /// Which roles may decide this level.
    #[serde(default)]
    pub may_decide: Vec<String>,
    /// What happens next.
    #[validate(length(min = 1))]
    pub next_steps: Vec<String>,
    /// Actions of the whole level.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
}

/// The levels in order.
// INVARIANT: ranks are 1, 2, 3 ... without a gap, at least 2 and at most MAX_RANK of them.
#[derive(Debug, Clone)]
pub struct Ladder {
    levels: Vec<LevelOfNeed>,
}

impl Ladder {
    /// A ladder, if the ranks are 1, 2, 3 and so on in this order.
    pub fn new(levels: Vec<LevelOfNeed>) -> Option<Self> {
        let in_order = levels.iter().enumerate().all(|(index, level)| usize::from(level.rank) == index + 1);
        let count = levels.len();
        (in_order && count >= 2 && count <= usize::from(MAX_RANK)).then_some(Self { levels })
    }

    /// The level at a rank; a rank beyond either end is taken as that end.
    pub fn level(&self, rank: Rank) -> &LevelOfNeed {
        let index = usize::from(rank.clamp(1, self.highest())) - 1;
        &self.levels[index]
    }

    /// The highest rank.
    pub fn highest(&self) -> Rank {
        // At most MAX_RANK levels by construction.
        u8::try_from(self.levels.len()).unwrap_or(MAX_RANK)
    }

    /// All levels, least first.
    pub fn levels(&self) -> &[LevelOfNeed] {
        &self.levels
    }

    /// The lowest rank at which significant harm is suspected, if the framework has one.
    pub fn protection_from(&self) -> Option<Rank> {
        self.levels.iter().find(|level| level.protection).map(|level| level.rank)
    }
}
