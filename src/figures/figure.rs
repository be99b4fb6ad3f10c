//! One figure as it is told: a finding in a sentence, and the counts that it rests on.

use serde::{Deserialize, Serialize};

use super::limits::limits;
use super::table::{Table, per_mille};

/// One figure of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Its id, which stays.
    pub id: String,
    /// Under which heading.
    pub under: String,
    /// What it is of.
    pub title: String,
    /// What it says, in a sentence.
    pub finding: String,
    /// Who is counted, and how.
    pub counted: String,
    /// The counts.
    pub body: Body,
}

/// What a figure holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// It cannot be told, and why.
    NotAvailable(String),
    /// Counts.
    Table(Table),
    /// Shares beside what chance allows.
    Shares(Shares),
    /// Words.
    Words(Vec<String>),
}

/// Shares of several groups, or of one over time, beside the limits within which chance alone would put them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// What the groups are.
    pub rows_are: String,
    /// What the share is of.
    pub share_of: String,
    /// Whether they follow each other in time.
    pub is_over_time: bool,
    /// The share of all together, in tenths of a percent.
    pub expected: u64,
    /// Each group.
    pub rows: Vec<Share>,
    /// The rows at which the rules changed, with the version.
    pub marks: Vec<(String, String)>,
}

/// The share of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// What it is called.
    pub label: String,
    /// How many children; nothing where they are too few to tell.
    pub of: Option<u64>,
    /// How many of them; nothing where it is hidden.
    pub part: Option<u64>,
    /// The share, in tenths of a percent.
    pub share: Option<u64>,
    /// The limits in tenths of a percent: lower outer, lower inner, upper inner, upper outer.
    pub limits: Option<[u64; 4]>,
}

/// The figures of a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The month, as `2026-11`.
    pub month: String,
    /// Counts from one to so many are not told.
    pub small: u64,
    /// Each figure, in order.
    pub figures: Vec<Figure>,
}

/// What is told: a finding with its counts, or why it cannot be.
pub(super) type Told = Result<(String, Body), String>;

impl Figure {
    /// A figure.
    pub(super) fn new(id: &str, under: &str, title: &str, counted: &str, told: Told) -> Self {
        let (finding, body) = told.unwrap_or_else(|why| (why.clone(), Body::NotAvailable(why)));
        let [id, under, title, counted] = [id, under, title, counted].map(str::to_owned);
        Self { id, under, title, finding, counted, body }
    }
}

impl Shares {
    /// Those that lie outside of what chance allows, by name.
    pub(super) fn outside(&self) -> Vec<&str> {
        self.rows.iter().filter(|row| row.is_outside()).map(|row| row.label.as_str()).collect()
    }
}

impl Share {
    /// The share of a group beside the limits around what is expected.
    pub(super) fn new(label: String, of: Option<u64>, part: Option<u64>, expected: f64) -> Self {
        let in_tenths = |share: f64| (share * 1000.0).round() as u64;
        let told = of.zip(part);
        let limits = told.map(|(of, _)| limits(of, expected));
        Self {
            label,
            of,
            part,
            share: told.and_then(|(of, part)| per_mille(part, of)),
            limits: limits.map(|of| [of.lowest, of.low, of.high, of.highest].map(in_tenths)),
        }
    }

    /// Whether it lies outside of the outer limits.
    pub fn is_outside(&self) -> bool {
        match (self.share, self.limits) {
            (Some(share), Some([lowest, _, _, highest])) => share < lowest || share > highest,
            _ => false,
        }
    }
}
