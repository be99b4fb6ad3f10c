//! Movements: from which level to which a change moves a child, and the smallest referral that it moves so.
//!
//! Two ladders that number the same duties alike are compared by level; of any others a number says nothing, and the
//! duty that a level stands under is compared instead.

use std::collections::BTreeMap;

use serde::Serialize;

use super::census::Tally;
use super::circuit::Literal;
use super::instance::{Disagreement, Instance, Verdict};
use super::pair::{Pair, Told};
use crate::ladder::{Duty, Ladder, Rank};

/// How the levels of two ladders are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComparedBy {
    /// By their numbers, which stand for the same duties.
    Level,
    /// By the first duty that each stands under: the numbers are those of two ladders.
    LegalBasis,
}

/// Where a child stands: on a level, or under a duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    Level(Rank),
    Duty(Option<Duty>),
}

/// Which way a movement goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WayMoved {
    /// A child is answered lower than before.
    Lower,
    /// It cannot be told: one of the levels names no duty.
    NotComparable,
    /// A child is answered higher than before.
    Higher,
}

/// A movement, and how far it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    pub from: Standing,
    pub to: Standing,
    /// The smallest referral that moves so; nothing when none was found within the budget.
    pub smallest: Option<Found>,
}

/// A referral that moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub told: Told,
    /// Whether it is known that none is smaller.
    pub is_smallest: bool,
}

/// How the levels of a pair are compared.
pub(super) fn compared_by(pair: &Pair<'_>) -> ComparedBy {
    let duties = |ladder: &Ladder| -> Vec<_> {
        ladder.levels().iter().map(|level| (level.duties.clone(), level.protection)).collect()
    };
    let [old, new] = pair.rules.map(|rules| duties(rules.ladder()));
    if old == new { ComparedBy::Level } else { ComparedBy::LegalBasis }
}

impl Standing {
    pub fn of(pair: &Pair<'_>, side: usize, rank: Rank, by: ComparedBy) -> Self {
        match by {
            ComparedBy::Level => Self::Level(rank),
            ComparedBy::LegalBasis => Self::Duty(pair.rules[side].ladder().level(rank).duties.first().copied()),
        }
    }

    /// Every level of one of the rule sets, by where it stands.
    pub fn all(pair: &Pair<'_>, side: usize, by: ComparedBy) -> BTreeMap<Self, Vec<Rank>> {
        let mut all: BTreeMap<Self, Vec<Rank>> = BTreeMap::new();
        for rank in 1..=pair.rules[side].ladder().highest() {
            all.entry(Self::of(pair, side, rank, by)).or_default().push(rank);
        }
        all
    }

    /// Which way it is from this to the other.
    pub fn way(self, to: Self) -> WayMoved {
        match (self, to) {
            (Self::Duty(None), _) | (_, Self::Duty(None)) => WayMoved::NotComparable,
            (from, to) if to < from => WayMoved::Lower,
            _ => WayMoved::Higher,
        }
    }
}

/// Every movement of a pair but those of which it is proved that there is none: those that lower first, from the highest
/// level down.
///
/// # Errors
/// When the evaluator says another level of a referral than the proof.
pub(super) fn movements(pair: &Pair<'_>, by: ComparedBy, small: Option<&Tally>) -> Result<Vec<Moved>, Disagreement> {
    let [old, new] = pair.rules;
    let mut both = Instance::of_both(old, new);
    let [from, to] = [0, 1].map(|side| {
        let standings = Standing::all(pair, side, by).into_iter();
        let literals = standings.map(|(standing, ranks)| {
            let levels: Vec<Literal> = ranks.iter().map(|rank| both.is_level(side, *rank)).collect();
            (standing, ranks, both.any(levels))
        });
        literals.collect::<Vec<_>>()
    });
    let mut moved = Vec::new();
    for (from, from_ranks, is_from) in &from {
        for (to, to_ranks, is_to) in to.iter().filter(|(to, ..)| to != from || *to == Standing::Duty(None)) {
            let smallest = match both.never(&[*is_from, *is_to])? {
                Verdict::Proved => continue,
                Verdict::Refuted(referral) => {
                    Some(Found { told: pair.told(&referral), is_smallest: referral.is_smallest })
                }
                // What the census found is a referral all the same, and of so few none is smaller.
                Verdict::NotDecided => {
                    let ranks = from_ranks.iter().flat_map(|from| to_ranks.iter().map(move |to| (*from, *to)));
                    let found = ranks.filter_map(|(from, to)| small?.smallest(from, to));
                    let smallest = found.min_by_key(|told| (told.len(), *told)).cloned();
                    smallest.map(|told| Found { told, is_smallest: true })
                }
            };
            moved.push(Moved { from: *from, to: *to, smallest });
        }
    }
    moved.sort_by_key(|one| (one.from.way(one.to), std::cmp::Reverse(one.from), one.to));
    Ok(moved)
}
