//! The quality audit: each month some decided children, drawn so that anybody can draw them again, each read by two
//! people who see neither the decision nor each other's view.

use std::collections::BTreeMap;

use jiff::ToSpan;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::agreement::{Ratings, Weights};
use crate::decision::View;
use crate::figures::{Counted, Month};
use crate::ladder::Rank;

/// The most that is drawn for one reason.
pub const MAX_EACH: usize = 20;
/// How many people read each.
pub const REVIEWERS: usize = 2;
/// In how many months a child who comes again shows that a closing was too early.
const CAME_AGAIN_WITHIN: i32 = 3;

/// Why a child is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It was closed, and the child came again within three months.
    CameAgain,
    /// It was decided lower than indicated.
    Lower,
    /// It was decided higher than indicated.
    Higher,
    /// It was decided before what decides was known.
    Provisional,
    /// It was decided as indicated, which nobody looks at otherwise.
    Agreed,
}

impl Why {
    /// Every reason with its words, in the order in which children are drawn: a child is drawn for the first.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::CameAgain, "Closed, and the child came again within three months"),
        (Self::Lower, "Decided lower than indicated"),
        (Self::Higher, "Decided higher than indicated"),
        (Self::Provisional, "Decided before what decides the level was known"),
        (Self::Agreed, "Decided as indicated"),
    ];

    /// Why a child may be drawn in a month.
    pub fn of(child: &Counted, month: Month) -> Vec<Self> {
        let Some(decided) = &child.decided else { return Vec::new() };
        let came_again = child.came_again.is_some_and(|again| {
            let is_soon = again >= decided.on && again <= decided.on.saturating_add(CAME_AGAIN_WITHIN.months());
            month.has(again) && is_soon && decided.outcome.closes()
        });
        let mut all = Vec::new();
        all.extend(came_again.then_some(Self::CameAgain));
        if month.has(decided.on) {
            let (least, most) = decided.indicated;
            all.extend((decided.view == View::DecidesLower).then_some(Self::Lower));
            all.extend((decided.view == View::DecidesHigher).then_some(Self::Higher));
            all.extend((least != most).then_some(Self::Provisional));
            all.extend((decided.view == View::Agrees).then_some(Self::Agreed));
        }
        all
    }
}

/// A child who is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sampled {
    /// The referral, by its id.
    pub referral: String,
    /// Which of its children, by place.
    pub child: usize,
    /// Why.
    pub why: Why,
}

/// Draws a month's children: for each reason so many, in the order of a digest of the seed and of which child it is. Whoever
/// has the seed and the record draws the same.
pub fn draw(seed: &str, children: &[(String, usize, Counted)], month: Month, each: usize) -> Vec<Sampled> {
    let mut by_chance: Vec<(String, &str, usize, Vec<Why>)> = Vec::new();
    for (referral, child, counted) in children {
        let why = Why::of(counted, month);
        if !why.is_empty() {
            let digest = Sha256::digest(format!("{seed}\0{referral}\0{child}"));
            by_chance.push((data_encoding::HEXLOWER.encode(&digest), referral, *child, why));
        }
    }
    by_chance.sort();
    let mut drawn: Vec<Sampled> = Vec::new();
    for (why, _) in Why::ALL {
        let mut left = each;
        for (_, referral, child, reasons) in &by_chance {
            let is_drawn = drawn.iter().any(|one| one.referral == *referral && one.child == *child);
            if left > 0 && reasons.contains(&why) && !is_drawn {
                drawn.push(Sampled { referral: (*referral).to_owned(), child: *child, why });
                left -= 1;
            }
        }
    }
    drawn
}

/// What somebody who reads a child's referral sees, before they are told what was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blind {
    /// The level that they would have decided; none where they cannot say.
    pub level: Option<Rank>,
    /// The facts that they would have answered otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub otherwise: Vec<String>,
    /// What should have been known first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// What there is to learn, once both views and the decision are seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conclusion {
    /// Codes of `FINDINGS`.
    pub findings: Vec<String>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// What may be found, by code.
pub const FINDINGS: [(&str, &str); 10] = [
    ("as_it_should_be", "It was done as it should be"),
    ("level_too_low", "The level decided was too low for what was known"),
    ("level_too_high", "The level decided was too high for what was known"),
    ("facts_misread", "Facts were recorded otherwise than they were told"),
    ("not_asked", "Something was not asked that could have been known"),
    ("child_not_heard", "The child was not heard, or it does not show"),
    ("consent_or_telling", "Consent, or telling the family, was not handled as it should be"),
    ("reason_unclear", "The reason for the decision cannot be followed"),
    ("wrong_help", "The help chosen did not fit"),
    ("rules_unclear", "The criteria are unclear here, or lead astray"),
];

/// A child who was read, as it is counted: the reviewers' levels, the level decided, what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// Of each reviewer, in the order in which they read.
    pub levels: Vec<Option<Rank>>,
    /// The facts that any of them would have answered otherwise.
    pub otherwise: Vec<String>,
    /// The level decided.
    pub decided: Rank,
    /// What was found.
    pub findings: Vec<String>,
}

/// What a month's audit says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audited {
    /// How many children two people read.
    pub read_by_two: usize,
    /// The share of them of whom both saw the same level.
    pub same: Option<f64>,
    /// Gwet's AC2 with linear weights.
    pub ac: Option<f64>,
    /// Between which it lies.
    pub interval: Option<(f64, f64)>,
    /// Of how many both saw a higher level than was decided.
    pub both_higher: usize,
    /// Of how many both saw a lower one.
    pub both_lower: usize,
    /// Of how many at least one reviewer would have answered each fact otherwise.
    pub otherwise: BTreeMap<String, usize>,
    /// How often each thing was found, by code.
    pub findings: BTreeMap<String, usize>,
    /// How many were concluded.
    pub concluded: usize,
}

impl Audited {
    /// Of children whom people read; `highest` is the highest level there is.
    pub fn of(children: &[Reviewed], highest: Rank) -> Self {
        let by_two: Vec<&Reviewed> = children.iter().filter(|child| child.levels.len() >= REVIEWERS).collect();
        let place = |level: &Option<Rank>| level.and_then(|level| level.checked_sub(1));
        let units = by_two.iter().map(|child| child.levels.iter().take(REVIEWERS).map(place).collect()).collect();
        let ratings = Ratings::new(usize::from(highest), units);
        let both = |is: fn(Rank, Rank) -> bool| {
            let all = |child: &&&Reviewed| {
                child.levels.iter().take(REVIEWERS).all(|level| level.is_some_and(|level| is(level, child.decided)))
            };
            by_two.iter().filter(all).count()
        };
        let mut otherwise: BTreeMap<String, usize> = BTreeMap::new();
        let mut findings: BTreeMap<String, usize> = BTreeMap::new();
        for child in children {
            child.otherwise.iter().for_each(|fact| *otherwise.entry(fact.clone()).or_default() += 1);
            child.findings.iter().for_each(|code| *findings.entry(code.clone()).or_default() += 1);
        }
        let ac = |ratings: &Ratings| ratings.ac(Weights::Linear);
        Self {
            read_by_two: by_two.len(),
            same: ratings.as_ref().and_then(|ratings| ratings.agreement(Weights::Identity)),
            ac: ratings.as_ref().and_then(ac),
            interval: ratings.as_ref().and_then(|ratings| ratings.interval(ac)),
            both_higher: both(|seen, decided| seen > decided),
            both_lower: both(|seen, decided| seen < decided),
            otherwise,
            findings,
            concluded: children.iter().filter(|child| !child.findings.is_empty()).count(),
        }
    }
}
