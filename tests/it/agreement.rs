//! How far people agree: against worked examples that others published, and against every pair counted one by one.
//!
//! The sources of the examples are named beside them. "irrCAC" is Gwet's package for R (1.0), its vignettes "overview"
//! and "weighting", and to three decimals the tests of the package for Python. Every number was reckoned again with
//! irrCAC 0.4.4 and krippendorff 0.9.0 for Python.

use proptest::prelude::*;
use windscreen::agreement::Distance::{self, Interval, Nominal, Ratio};
use windscreen::agreement::Ratings;
use windscreen::agreement::Weights::{self, Identity, Linear, Ordinal, Quadratic};

use crate::reference::dice::Dice;

const WEIGHTS: [Weights; 4] = [Identity, Linear, Quadratic, Ordinal];
const DISTANCES: [Distance; 4] = [Nominal, Distance::Ordinal, Interval, Ratio];

type Units = Vec<Vec<Option<u8>>>;

/// Ratings as sources print them, a line a rater: for each unit a digit from one upwards, or a dot for a gap.
fn by_rater(categories: usize, lines: &[&str]) -> Ratings {
    let said = |sign: u8| if sign == b'.' { None } else { Some(sign - b'1') };
    let units = (0..lines[0].len()).map(|unit| lines.iter().map(|line| said(line.as_bytes()[unit])).collect());
    Ratings::new(categories, units.collect()).unwrap()
}

/// Two raters as a table: a row for what the one said, a column for what the other did, and how often.
fn by_table<const N: usize>(table: [[usize; N]; N]) -> Ratings {
    let mut units = Vec::new();
    for (one, row) in table.iter().enumerate() {
        for (other, times) in row.iter().enumerate() {
            units.extend(vec![vec![Some(one as u8), Some(other as u8)]; *times]);
        }
    }
    Ratings::new(N, units).unwrap()
}

/// Raters of whom only is known how many said each category, a row a unit.
fn by_count<const N: usize>(counts: &[[usize; N]]) -> Ratings {
    let said = |(category, many): (usize, &usize)| vec![Some(category as u8); *many];
    let units = counts.iter().map(|row| row.iter().enumerate().flat_map(said).collect());
    Ratings::new(N, units.collect()).unwrap()
}

/// That a statistic is what was published, to as many decimal places.
#[track_caller]
fn is(statistic: Option<f64>, published: &str) {
    let places = published.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    assert_eq!(statistic.map(|value| format!("{value:.places$}")).as_deref(), Some(published));
}

/// Four observers of twelve units, with gaps: section C of Krippendorff, Computing Krippendorff's Alpha-Reliability
/// (2011). Gwet's cac.raw4raters (irrCAC) is the same, but for who rated the last unit alone; as there.
fn four_observers() -> Ratings {
    by_rater(5, &["123321412...", "1233224125..", ".33323422513", "12332441251."])
}

/// Five observers of fifteen units, with gaps: Gwet, Handbook (2014), page 120; cac.raw5obser (irrCAC).
fn five_observers() -> Ratings {
    by_rater(4, &["223.112233.1242", "2241111.3221342", "314111333211332", ".24....1.21133.", "3..1112.3....42"])
}

/// Ben and Gerry: Krippendorff (2011), section B, with a gap; cac.ben.gerry (irrCAC).
fn ben_and_gerry() -> Ratings {
    by_rater(5, &["112243335441", "212223335.44"])
}

/// Two abstractors of a hundred records: cont3x3abstractors (irrCAC).
fn two_abstractors() -> Ratings {
    by_table([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
}

/// Two ways to a diagnosis of 223 patients: cont4x4diagnosis (irrCAC).
fn two_diagnoses() -> Ratings {
    by_table([[40, 4, 4, 17], [6, 25, 2, 13], [4, 1, 21, 12], [15, 5, 9, 45]])
}

/// Six psychiatrists of fifteen patients: the first half of Fleiss, Measuring Nominal Scale Agreement among Many Raters
/// (1971); distrib.6raters (irrCAC).
fn six_psychiatrists() -> Ratings {
    by_count(&[
        [0, 0, 0, 6, 0],
        [0, 3, 0, 0, 3],
        [0, 1, 4, 0, 1],
        [0, 0, 0, 0, 6],
        [0, 3, 0, 3, 0],
        [2, 0, 4, 0, 0],
        [0, 0, 4, 0, 2],
        [2, 0, 3, 1, 0],
        [2, 0, 0, 4, 0],
        [0, 0, 0, 0, 6],
        [1, 0, 0, 5, 0],
        [1, 1, 0, 4, 0],
        [0, 3, 3, 0, 0],
        [1, 0, 0, 5, 0],
        [0, 2, 0, 3, 1],
    ])
}

/// Two raters of 125, almost all of one category: Gwet, Computing Inter-Rater Reliability and Its Variance in the
/// Presence of High Agreement (2008).
fn almost_all_of_one() -> Ratings {
    by_table([[118, 5], [2, 0]])
}

#[test]
fn percent_agreement_is_as_published() {
    is(four_observers().agreement(Identity), "0.8181818");
    is(four_observers().agreement(Linear), "0.939");
    is(four_observers().agreement(Quadratic), "0.9753788");
    is(four_observers().agreement(Ordinal), "0.968");
    is(two_abstractors().agreement(Identity), "0.89");
    is(two_abstractors().agreement(Quadratic), "0.9725");
    is(six_psychiatrists().agreement(Identity), "0.5511111");
    is(six_psychiatrists().agreement(Quadratic), "0.8544444");
    is(five_observers().agreement(Identity), "0.616");
    is(ben_and_gerry().agreement(Identity), "0.727");
    is(almost_all_of_one().agreement(Identity), "0.944");
    // Fourteen raters of ten units: Wikipedia, Fleiss' kappa, worked example.
    let fourteen = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ];
    is(by_count(&fourteen).agreement(Identity), "0.378");
}

#[test]
fn ac_is_as_published() {
    is(four_observers().ac(Identity), "0.77544");
    is(four_observers().ac(Linear), "0.859");
    is(four_observers().ac(Quadratic), "0.91400");
    is(four_observers().ac(Ordinal), "0.899");
    is(two_abstractors().ac(Identity), "0.8493305");
    is(two_abstractors().ac(Quadratic), "0.9402369");
    is(six_psychiatrists().ac(Identity), "0.4448007");
    is(six_psychiatrists().ac(Quadratic), "0.4837438");
    is(five_observers().ac(Identity), "0.497");
    is(ben_and_gerry().ac(Identity), "0.661");
    is(almost_all_of_one().ac(Identity), "0.9408");
}

#[test]
fn kappa_is_as_published() {
    is(four_observers().kappa(Identity), "0.76282");
    is(four_observers().kappa(Linear), "0.814");
    is(four_observers().kappa(Quadratic), "0.85771");
    is(four_observers().kappa(Ordinal), "0.844");
    is(five_observers().kappa(Identity), "0.469");
    is(ben_and_gerry().kappa(Identity), "0.657");
    is(two_abstractors().kappa(Identity), "0.7964094");
    is(two_abstractors().kappa(Linear), "0.843");
    is(two_abstractors().kappa(Quadratic), "0.8921569");
    is(two_abstractors().kappa(Ordinal), "0.872");
    is(two_diagnoses().kappa(Identity), "0.432");
    is(two_diagnoses().kappa(Linear), "0.407");
    is(two_diagnoses().kappa(Quadratic), "0.383");
    is(two_diagnoses().kappa(Ordinal), "0.390");
    is(almost_all_of_one().kappa(Identity), "-0.0234");
    // 91 husbands and wives: Agresti, Categorical Data Analysis (1990); the numbers as R's vcd prints Kappa(SexualFun).
    let married = by_table([[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]);
    is(married.kappa(Identity), "0.1293");
    is(married.kappa(Linear), "0.2374");
    // 200 cases in three diagnoses: Cohen, Weighted Kappa (1968), table 1; his weights are none of ours.
    is(by_table([[88, 10, 2], [14, 40, 6], [18, 10, 12]]).kappa(Identity), "0.492");
    // An example of SAS, in the tests of Python's statsmodels (test_inter_rater.py).
    let of_sas = by_table([[0, 4, 1], [0, 8, 0], [0, 1, 5]]);
    is(of_sas.kappa(Identity), "0.4842");
    is(of_sas.kappa(Linear), "0.4701");
    // Anxiety of twenty, the second and the third rater: R's irr, there too. Nobody is of the fifth category of six,
    // so irr has five.
    let anxiety = by_rater(5, &["35452424332333221334", "21443215111233113322"]);
    is(anxiety.kappa(Identity), "-0.006289308");
    is(anxiety.kappa(Linear), "0.1459075");
    is(anxiety.kappa(Quadratic), "0.2520325");
}

#[test]
fn alpha_is_as_published() {
    // Krippendorff (2011): sections A, B and C; of C also E.
    is(by_rater(2, &["1211111121", "2221121111"]).alpha(Nominal), "0.095");
    is(by_rater(5, &["112243335441", "212223335444"]).alpha(Nominal), "0.692");
    is(four_observers().alpha(Nominal), "0.743");
    is(four_observers().alpha(Distance::Ordinal), "0.815");
    is(four_observers().alpha(Interval), "0.849");
    is(four_observers().alpha(Ratio), "0.797");
    // Three coders of fifteen units, with gaps: Wikipedia, Krippendorff's alpha, a computational example; to six places
    // in the tests of Python's krippendorff.
    let three = by_rater(4, &[".....34121133.3", "1.213343.......", "..21344.21133.4"]);
    is(three.alpha(Nominal), "0.691358");
    is(three.alpha(Interval), "0.810845");
    // Gwet's alpha with quadratic weights is that of interval.
    is(four_observers().alpha(Interval), "0.84911");
    is(two_abstractors().alpha(Nominal), "0.7972585");
    is(two_abstractors().alpha(Interval), "0.8926487");
    is(six_psychiatrists().alpha(Nominal), "0.4204384");
    is(six_psychiatrists().alpha(Interval), "0.259511");
    is(five_observers().alpha(Nominal), "0.481");
    is(ben_and_gerry().alpha(Nominal), "0.665");
}

/// The same statistics from every pair of ratings, one by one, as their authors put them in words.
struct Slow<'r> {
    categories: usize,
    units: &'r Units,
}

impl Slow<'_> {
    fn weight(&self, weights: Weights, one: usize, other: usize) -> f64 {
        let most = (self.categories - 1) as f64;
        let (low, high) = (one.min(other), one.max(other));
        let steps = (high - low) as f64;
        match weights {
            Identity => f64::from(u8::from(one == other)),
            Linear => 1.0 - steps / most,
            Quadratic => 1.0 - (steps / most).powi(2),
            // Pairs of the categories from low to high, of all pairs of categories.
            Ordinal => {
                let count = |from: usize, to: usize| {
                    (from..=to).flat_map(|a| (from..=to).map(move |b| (a, b))).filter(|(a, b)| a < b).count() as f64
                };
                1.0 - count(low, high) / count(0, self.categories - 1)
            }
        }
    }

    /// The pairs of ratings of one unit, each in both orders.
    fn pairs(unit: &[Option<u8>]) -> Vec<(usize, usize)> {
        let said: Vec<usize> = unit.iter().flatten().map(|place| usize::from(*place)).collect();
        let mut pairs = Vec::new();
        for (place, one) in said.iter().enumerate() {
            for (other_place, other) in said.iter().enumerate() {
                if place != other_place {
                    pairs.push((*one, *other));
                }
            }
        }
        pairs
    }

    fn agreement(&self, weights: Weights) -> Option<f64> {
        let of_unit = |pairs: Vec<(usize, usize)>| mean(pairs.iter().map(|(a, b)| self.weight(weights, *a, *b)));
        mean(self.units.iter().filter_map(|unit| of_unit(Self::pairs(unit))))
    }

    fn share(said: &[Option<u8>], category: usize) -> Option<f64> {
        mean(said.iter().flatten().map(|place| f64::from(u8::from(usize::from(*place) == category))))
    }

    fn ac(&self, weights: Weights) -> Option<f64> {
        let all = 0..self.categories;
        let share = |category| mean(self.units.iter().filter_map(|unit| Self::share(unit, category))).unwrap_or(0.0);
        let spread: f64 = all.clone().map(|category| share(category) * (1.0 - share(category))).sum();
        let weight: f64 = all.clone().flat_map(|a| all.clone().map(move |b| self.weight(weights, a, b))).sum();
        let chance = weight / (self.categories * (self.categories - 1)) as f64 * spread;
        corrected(self.agreement(weights)?, chance)
    }

    fn kappa(&self, weights: Weights) -> Option<f64> {
        let all = 0..self.categories;
        let raters = 0..self.units.first().map_or(0, Vec::len);
        let column = |rater: usize| self.units.iter().map(|unit| unit[rater]).collect::<Vec<_>>();
        let rated: Vec<Vec<Option<u8>>> = raters.map(column).filter(|said| said.iter().any(Option::is_some)).collect();
        let mut chances = Vec::new();
        for (place, one) in rated.iter().enumerate() {
            for (other_place, other) in rated.iter().enumerate() {
                if place != other_place {
                    let both = |a: usize, b: usize| Self::share(one, a).unwrap() * Self::share(other, b).unwrap();
                    let cells = all.clone().flat_map(|a| all.clone().map(move |b| (a, b)));
                    chances.push(cells.map(|(a, b)| self.weight(weights, a, b) * both(a, b)).sum::<f64>());
                }
            }
        }
        corrected(self.agreement(weights)?, mean(chances.into_iter())?)
    }

    fn far(distance: Distance, one: usize, other: usize, values: &[usize]) -> f64 {
        let (low, high) = (one.min(other), one.max(other));
        let apart = match distance {
            Nominal => f64::from(u8::from(one != other)),
            Distance::Ordinal => {
                let at_or_between = values.iter().filter(|value| (low..=high).contains(*value)).count() as f64;
                let at_the_ends = values.iter().filter(|value| **value == low || **value == high).count() as f64;
                if low == high { 0.0 } else { at_or_between - at_the_ends / 2.0 }
            }
            Interval => (high - low) as f64,
            Ratio => (high - low) as f64 / (high + 1 + low + 1) as f64,
        };
        apart * apart
    }

    fn alpha(&self, distance: Distance) -> Option<f64> {
        let pairable: Vec<Option<u8>> =
            self.units.iter().filter(|unit| unit.iter().flatten().count() > 1).flatten().copied().collect();
        let values: Vec<usize> = pairable.iter().flatten().map(|place| usize::from(*place)).collect();
        let mut observed = 0.0;
        for unit in self.units {
            let of_unit = Self::pairs(unit).into_iter().map(|(a, b)| Self::far(distance, a, b, &values));
            let size = unit.iter().flatten().count() as f64;
            observed += of_unit.sum::<f64>() / (size - 1.0).max(1.0);
        }
        let expected = mean(Self::pairs(&pairable).iter().map(|(a, b)| Self::far(distance, *a, *b, &values)))?;
        (expected > 0.0).then(|| 1.0 - observed / values.len() as f64 / expected)
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn corrected(agreement: f64, chance: f64) -> Option<f64> {
    (chance < 1.0 - 1e-12).then(|| (agreement - chance) / (1.0 - chance))
}

/// Some categories, and what some raters said of some units, with gaps; now and then nobody says anything else.
fn units() -> impl Strategy<Value = (usize, Units)> {
    (2..7_usize, 1..7_usize, prop_oneof![1 => 1..2_usize, 5 => 6..7_usize]).prop_flat_map(
        |(categories, raters, used)| {
            let rating = prop::option::weighted(0.7, 0..categories.min(used) as u8);
            (Just(categories), prop::collection::vec(prop::collection::vec(rating, raters), 0..12))
        },
    )
}

/// Every statistic there is.
fn all(ratings: &Ratings) -> Vec<Option<f64>> {
    let of_weights =
        WEIGHTS.iter().flat_map(|of| [ratings.agreement(*of), ratings.ac(*of), ratings.kappa(*of)]).collect::<Vec<_>>();
    let of_distances = DISTANCES.iter().map(|of| ratings.alpha(*of));
    of_weights.into_iter().chain(of_distances).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400 * crate::cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_statistic_is_what_its_pairs_say((categories, units) in units()) {
        let ratings = Ratings::new(categories, units.clone()).unwrap();
        let slow = Slow { categories, units: &units };
        let mut expected = Vec::new();
        WEIGHTS.iter().for_each(|of| expected.extend([slow.agreement(*of), slow.ac(*of), slow.kappa(*of)]));
        expected.extend(DISTANCES.iter().map(|of| slow.alpha(*of)));
        for (place, (quick, slow)) in all(&ratings).into_iter().zip(expected).enumerate() {
            let is_same = match (quick, slow) {
                (Some(quick), Some(slow)) => (quick - slow).abs() < 1e-9,
                (None, None) => true,
                _ => false,
            };
            prop_assert!(is_same, "statistic {place}: {quick:?}, by pairs {slow:?}");
        }
    }

    #[test]
    fn neither_order_changes_anything(((categories, units), seed) in (units(), any::<u64>())) {
        let ratings = Ratings::new(categories, units.clone()).unwrap();
        let mut dice = Dice::new(seed);
        let shuffled = Ratings::new(categories, shuffle_units(shuffle_raters(units, &mut dice), &mut dice)).unwrap();
        // To the last digit.
        prop_assert_eq!(all(&ratings), all(&shuffled));
    }

    #[test]
    fn whoever_agrees_in_all_agrees_wholly((categories, said, raters) in (2..7_usize, prop::collection::vec(0..6_u8, 1..9), 2..6_usize)) {
        let said: Vec<u8> = said.into_iter().map(|place| place % categories as u8).collect();
        let is_one_category = said.iter().all(|place| *place == said[0]);
        let ratings = Ratings::new(categories, said.iter().map(|place| vec![Some(*place); raters]).collect()).unwrap();
        for of in WEIGHTS {
            prop_assert_eq!(ratings.agreement(of), Some(1.0));
            prop_assert_eq!(ratings.ac(of), Some(1.0));
            // Where chance cannot but agree, nothing is beyond it.
            prop_assert_eq!(ratings.kappa(of), (!is_one_category).then_some(1.0));
        }
        for of in DISTANCES {
            prop_assert_eq!(ratings.alpha(of), (!is_one_category).then_some(1.0));
        }
    }
}

fn shuffle_raters(units: Units, dice: &mut Dice) -> Units {
    let mut order: Vec<usize> = (0..units.first().map_or(0, Vec::len)).collect();
    dice.shuffle(&mut order);
    units.into_iter().map(|unit| order.iter().map(|rater| unit[*rater]).collect()).collect()
}

fn shuffle_units(mut units: Units, dice: &mut Dice) -> Units {
    dice.shuffle(&mut units);
    units
}

/// An invented round: each of twelve vignettes has a level of five, from which each of thirty practitioners strays now
/// and then, and some leave some out.
fn round(dice: &mut Dice) -> Units {
    let level = |dice: &mut Dice| dice.below(5);
    let levels: Vec<usize> = (0..12).map(|_| level(dice)).collect();
    let rating = |level: usize, dice: &mut Dice| {
        let strayed = if dice.chance(30) { (level + dice.below(3)).saturating_sub(1).min(4) } else { level };
        dice.chance(85).then_some(strayed as u8)
    };
    levels.into_iter().map(|level| (0..30).map(|_| rating(level, dice)).collect()).collect()
}

#[test]
fn an_interval_holds_the_estimate_and_stays_as_it_is() {
    for seed in 0..2 * u64::from(crate::cases()) {
        let mut dice = Dice::new(seed);
        let units = round(&mut dice);
        let ratings = Ratings::new(5, units.clone()).unwrap();
        let shuffled = Ratings::new(5, shuffle_raters(units, &mut dice)).unwrap();
        let statistics: [fn(&Ratings) -> Option<f64>; 4] = [
            |of| of.agreement(Linear),
            |of| of.ac(Ordinal),
            |of| of.kappa(Quadratic),
            |of| of.alpha(Distance::Ordinal),
        ];
        for (place, statistic) in statistics.into_iter().enumerate() {
            let (low, high) = ratings.interval(statistic).unwrap();
            let estimate = statistic(&ratings).unwrap();
            assert!(low < estimate && estimate < high, "seed {seed}, {place}: {estimate} in {low} to {high}");
            assert_eq!(ratings.interval(statistic), Some((low, high)), "seed {seed}, {place}: again");
            assert_eq!(shuffled.interval(statistic), Some((low, high)), "seed {seed}, {place}: raters shuffled");
        }
    }
}

#[test]
fn an_interval_is_near_the_published_one() {
    // irrCAC's, from the variance that Gwet derives; of a hundred units, drawing again should say much the same.
    let ratings = two_abstractors();
    let near = |of: &dyn Fn(&Ratings) -> Option<f64>, low: f64, high: f64| {
        let found = ratings.interval(of).unwrap();
        assert!((found.0 - low).abs() < 0.02 && (found.1 - high).abs() < 0.02, "{found:?}, published {low} to {high}");
    };
    near(&|of| of.agreement(Identity), 0.828, 0.952);
    near(&|of| of.agreement(Quadratic), 0.957, 0.988);
    near(&|of| of.ac(Identity), 0.764, 0.935);
    near(&|of| of.ac(Quadratic), 0.905, 0.976);
    near(&|of| of.kappa(Identity), 0.680, 0.913);
    near(&|of| of.kappa(Quadratic), 0.822, 0.962);
    near(&|of| of.alpha(Nominal), 0.680, 0.914);
    near(&|of| of.alpha(Interval), 0.822, 0.963);
}

#[test]
fn too_little_has_no_interval() {
    let of = |units: usize| by_rater(2, &[&"12".repeat(units)[..units], &"11".repeat(units)[..units]]);
    assert_eq!(of(Ratings::FEWEST_UNITS - 1).interval(|of| of.agreement(Identity)), None);
    assert!(of(Ratings::FEWEST_UNITS).interval(|of| of.agreement(Identity)).is_some());
    // Who rates alone says nothing of agreement.
    let alone = by_rater(2, &["11121.", "12211."]);
    assert_eq!((alone.units(), alone.shared()), (6, 5));
    assert_eq!(alone.interval(|of| of.agreement(Identity)), None);
    // One unit of seven is of another category: out of every third draw it is missing.
    let rare = by_rater(2, &["1111112", "1111112"]);
    assert_eq!(rare.kappa(Identity), Some(1.0));
    assert_eq!(rare.interval(|of| of.kappa(Identity)), None);
    assert_eq!(rare.interval(|of| of.ac(Identity)), Some((1.0, 1.0)));
    assert_eq!(rare.interval(|_| Some(f64::NAN)), None);
}

#[test]
fn what_was_said_can_be_counted() {
    let ratings = four_observers();
    assert_eq!((ratings.categories(), ratings.raters(), ratings.units(), ratings.shared()), (5, 4, 12, 11));
    assert_eq!(ratings.counts(1), Some([0, 3, 1, 0, 0].as_slice()));
    assert_eq!(ratings.counts(11), Some([0, 0, 1, 0, 0].as_slice()));
    assert_eq!(ratings.counts(12), None);
}

#[test]
fn what_is_no_rating_is_refused() {
    let refused = |categories: usize, units: Units| Ratings::new(categories, units).is_none();
    assert!(refused(1, vec![vec![Some(0)]]));
    assert!(refused(257, vec![]));
    assert!(refused(3, vec![vec![Some(0), Some(3)]]));
    assert!(refused(3, vec![vec![Some(0), None], vec![Some(1)]]));
    assert!(!refused(256, vec![vec![Some(255), None], vec![None, None]]));
}

#[test]
fn without_a_pair_there_is_nothing_to_say() {
    let none = vec![None; 16];
    assert_eq!(all(&Ratings::new(3, vec![]).unwrap()), none);
    assert_eq!(all(&Ratings::new(3, vec![vec![]; 4]).unwrap()), none);
    assert_eq!(all(&by_rater(3, &["1.2", ".3."])), none);
}
