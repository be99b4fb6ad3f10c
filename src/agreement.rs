//! How far people who rate the same things agree: practitioners who try the same invented vignettes, or two who review
//! the same referrals and do not see each other's answers.
//!
//! Reckoned as Gwet does (Handbook of Inter-Rater Reliability, fourth edition, 2014; the package irrCAC) and, for alpha,
//! Krippendorff (Computing Krippendorff's Alpha-Reliability, 2011), gaps included. What cannot be reckoned is `None`,
//! never nought. Whole numbers are summed first and divided last, so that a statistic is the same to the last digit on
//! every machine, and in whichever order raters and units come.

mod draws;
mod sums;

use std::sync::Arc;

use draws::{Draws, middle};
use sums::{pairs, sum};

/// A rating cannot tell more categories apart.
const MOST_CATEGORIES: usize = 256;

/// What several people said of the same things, with gaps. Each thing is a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ratings {
    // INVARIANT: two categories or more; each unit has a place for each rater, and no rating outside of the categories.
    categories: usize,
    raters: usize,
    // Shared, because what is drawn for an interval is made of the same units.
    units: Vec<Arc<Unit>>,
}

#[derive(Debug, PartialEq, Eq)]
struct Unit {
    ratings: Vec<Option<u8>>,
    /// How many said each category.
    counts: Vec<u64>,
    /// How many said anything.
    size: u64,
}

/// How much two ratings agree that are so many steps of the categories' order apart: Gwet's weights of agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// Wholly if they are the same, else not at all.
    Identity,
    /// Less by the same for each step.
    Linear,
    /// Less by the square of the steps.
    Quadratic,
    /// Less by the number of pairs of categories from the one to the other. It needs only the categories' order.
    Ordinal,
}

/// How far two ratings are from each other for alpha: Krippendorff's metric differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distance {
    /// Any two categories are as far apart.
    Nominal,
    /// As far as there are ratings between them. It needs only the categories' order.
    Ordinal,
    /// By the square of the steps between them.
    Interval,
    /// By the square of the steps in proportion to the sum of their values, where the first category's value is one.
    Ratio,
}

impl Ratings {
    /// Fewer units that two rated say too little of others for an interval.
    pub const FEWEST_UNITS: usize = 6;

    /// Ratings by unit and rater: each is the place of a category in the categories' order, from nought. None if there
    /// are fewer than two categories, if a rating is outside of them, or if units differ in how many raters they have.
    pub fn new(categories: usize, units: Vec<Vec<Option<u8>>>) -> Option<Self> {
        let raters = units.first().map_or(0, Vec::len);
        let is_inside = |rating: &u8| usize::from(*rating) < categories;
        let is_fine = |unit: &Vec<Option<u8>>| unit.len() == raters && unit.iter().flatten().all(is_inside);
        if !(2..=MOST_CATEGORIES).contains(&categories) || !units.iter().all(is_fine) {
            return None;
        }
        let units = units.into_iter().map(|ratings| Arc::new(Unit::new(categories, ratings))).collect();
        Some(Self { categories, raters, units })
    }

    /// How many categories there are, whether or not anybody said each.
    pub fn categories(&self) -> usize {
        self.categories
    }

    /// How many raters there are, whether or not each rated anything.
    pub fn raters(&self) -> usize {
        self.raters
    }

    /// How many units there are, whether or not anybody rated each.
    pub fn units(&self) -> usize {
        self.units.len()
    }

    /// How many units two raters or more rated. Only these say anything of agreement.
    pub fn shared(&self) -> usize {
        self.units.iter().filter(|unit| unit.size >= 2).count()
    }

    /// How many said each category of one unit.
    pub fn counts(&self, unit: usize) -> Option<&[u64]> {
        self.units.get(unit).map(|unit| unit.counts.as_slice())
    }

    /// The share of pairs of raters who agree, as far as the weights count it; each unit that two rated weighs the same.
    pub fn agreement(&self, weights: Weights) -> Option<f64> {
        self.disagreement(weights).map(|disagreement| 1.0 - disagreement)
    }

    /// Gwet's AC1, or with other weights than identity his AC2: agreement beyond the chance of agreeing on what is hard
    /// to rate. It depends on how many categories there are, those included that nobody said.
    pub fn ac(&self, weights: Weights) -> Option<f64> {
        let observed = self.disagreement(weights)?;
        let rated = self.units.iter().filter(|unit| unit.size > 0).count() as f64;
        let spread = (0..self.categories).map(|category| {
            let share = sum(self.units.iter().map(|unit| (unit.counts[category], unit.size)), |size| size) / rated;
            share * (1.0 - share)
        });
        let all = self.categories as f64;
        let weight = all * all - 2.0 * weights.apart_within(&vec![1; self.categories]) as f64 / self.most(weights);
        beyond_chance(observed, 1.0 - weight / (all * (all - 1.0)) * spread.sum::<f64>())
    }

    /// Conger's kappa, which for two raters is Cohen's: agreement beyond that of raters who each keep to how often they
    /// say each category, whatever the unit.
    pub fn kappa(&self, weights: Weights) -> Option<f64> {
        let observed = self.disagreement(weights)?;
        let raters = self.said_by_rater();
        let share = |category: usize| sum(raters.iter().map(|rater| (rater.counts[category], rater.size)), |size| size);
        let shares: Vec<f64> = (0..self.categories).map(share).collect();
        let any_two: f64 = pairs(self.categories)
            .map(|(one, other)| weights.apart(one, other) as f64 * (shares[one] * shares[other]))
            .sum();
        // Nobody is paired with themself.
        let own = sum(raters.iter().map(|rater| (weights.apart_within(&rater.counts), rater.size)), |size| size * size);
        let number = raters.len() as f64;
        beyond_chance(observed, (any_two - own) * 2.0 / (number * (number - 1.0)) / self.most(weights))
    }

    /// Krippendorff's alpha: agreement beyond that of the same ratings shuffled among the units that two rated.
    pub fn alpha(&self, distance: Distance) -> Option<f64> {
        let shared = || self.units.iter().filter(|unit| unit.size >= 2);
        let count = |category: usize| shared().map(|unit| unit.counts[category]).sum();
        let counts: Vec<u64> = (0..self.categories).map(count).collect();
        let number = counts.iter().sum::<u64>() as f64;
        let (mut observed, mut expected) = (0.0, 0.0);
        for (one, other) in pairs(self.categories).filter(|(one, other)| counts[*one] * counts[*other] > 0) {
            let far = distance.between(one, other, &counts);
            let coincide = shared().map(|unit| (unit.counts[one] * unit.counts[other], unit.size));
            observed += sum(coincide, |size| size - 1.0) * far;
            expected += (counts[one] * counts[other]) as f64 * far;
        }
        beyond_chance(observed * (number - 1.0), expected)
    }

    /// Between what limits a statistic lies, nineteen times in twenty, for other units like these and the same raters:
    /// the percentiles of what it is for units drawn again out of these. The draws are the same each time and on every
    /// machine; they depend on the order of the units, not on that of the raters. None for too few units, or where it
    /// too often cannot be reckoned of what was drawn.
    pub fn interval(&self, of: impl Fn(&Self) -> Option<f64>) -> Option<(f64, f64)> {
        if self.shared() < Self::FEWEST_UNITS {
            return None;
        }
        of(self)?;
        let rated: Vec<&Arc<Unit>> = self.units.iter().filter(|unit| unit.size > 0).collect();
        let mut draws = Draws::new();
        let found = (0..Draws::NUMBER).filter_map(|_| {
            let units = rated.iter().map(|_| Arc::clone(rated[draws.below(rated.len())])).collect();
            of(&Self { units, ..*self })
        });
        middle(found.collect())
    }

    /// What the weights leave of disagreement, as a share of the most there could be.
    fn disagreement(&self, weights: Weights) -> Option<f64> {
        let apart = self.units.iter().map(|unit| (weights.apart_within(&unit.counts), unit.size));
        let pairs = |size: f64| size * (size - 1.0) / 2.0;
        let shared = self.shared();
        (shared > 0).then(|| sum(apart, pairs) / shared as f64 / self.most(weights))
    }

    /// How far apart the first category and the last are.
    fn most(&self, weights: Weights) -> f64 {
        weights.apart(0, self.categories - 1) as f64
    }

    /// What each rater who rated anything said of all units.
    fn said_by_rater(&self) -> Vec<Said> {
        let mut raters = vec![Said { counts: vec![0; self.categories], size: 0 }; self.raters];
        for unit in &self.units {
            for (rater, rating) in raters.iter_mut().zip(&unit.ratings) {
                if let Some(category) = rating {
                    rater.counts[usize::from(*category)] += 1;
                    rater.size += 1;
                }
            }
        }
        raters.retain(|rater| rater.size > 0);
        raters
    }
}

/// How often one rater said each category, and how often anything.
#[derive(Clone)]
struct Said {
    counts: Vec<u64>,
    size: u64,
}

impl Unit {
    fn new(categories: usize, ratings: Vec<Option<u8>>) -> Self {
        let mut counts = vec![0; categories];
        ratings.iter().flatten().for_each(|category| counts[usize::from(*category)] += 1);
        let size = counts.iter().sum();
        Self { ratings, counts, size }
    }
}

impl Weights {
    /// How far apart two categories are, in whole numbers: the weight of agreement is what is left of the most.
    fn apart(self, one: usize, other: usize) -> u64 {
        let steps = one.abs_diff(other) as u64;
        match self {
            Self::Identity => u64::from(steps > 0),
            Self::Linear => steps,
            Self::Quadratic => steps * steps,
            Self::Ordinal => steps * (steps + 1) / 2,
        }
    }

    /// How far apart all pairs out of so many of each category are, together.
    fn apart_within(self, counts: &[u64]) -> u64 {
        pairs(counts.len()).map(|(one, other)| counts[one] * counts[other] * self.apart(one, other)).sum()
    }
}

impl Distance {
    /// How far one category is from a later one where so many ratings are in each.
    fn between(self, one: usize, later: usize, counts: &[u64]) -> f64 {
        let steps = (later - one) as f64;
        match self {
            Self::Nominal => 1.0,
            Self::Ordinal => {
                // Half of those at either end, and all that are between.
                let twice = counts[one] + counts[later] + 2 * counts[one + 1..later].iter().sum::<u64>();
                (twice as f64 / 2.0) * (twice as f64 / 2.0)
            }
            Self::Interval => steps * steps,
            Self::Ratio => {
                let part = steps / (one + later + 2) as f64;
                part * part
            }
        }
    }
}

/// What is left of agreement when the disagreement is set against that of chance; none where chance never disagrees.
fn beyond_chance(observed: f64, by_chance: f64) -> Option<f64> {
    (by_chance > 0.0).then(|| 1.0 - observed / by_chance)
}
