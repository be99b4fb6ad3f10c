//! Units drawn again, always the same way.

/// Any number does. Another one moves each interval a little, and then what was once told could not be reckoned again.
const SEED: u64 = 2018;

/// A fixed sequence of numbers: SplitMix64 (Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators,
/// 2014), which is whole numbers only and so the same on every machine.
pub struct Draws(u64);

impl Draws {
    /// How often all units are drawn again: by that, chance moves a limit about a fifteenth of a standard error.
    pub const NUMBER: usize = 2_000;

    /// The sequence from its start.
    pub fn new() -> Self {
        Self(SEED)
    }

    /// A number below another.
    pub fn below(&mut self, bound: usize) -> usize {
        // The top half of the product: each number as likely but for one part in more than a million million.
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// The limits that leave one in forty of what was found on either side. None if more than one draw in twenty found
/// nothing: what is left would tell of the kinder draws only.
pub fn middle(mut found: Vec<f64>) -> Option<(f64, f64)> {
    found.retain(|value| value.is_finite());
    if found.is_empty() || (Draws::NUMBER - found.len()) * 20 > Draws::NUMBER {
        return None;
    }
    found.sort_by(f64::total_cmp);
    let outside = found.len() / 40;
    Some((found[outside], found[found.len() - 1 - outside]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_its_authors() {
        // As published for the seed 1234567 with xoshiro's reference code and on Rosetta Code.
        let mut draws = Draws(1_234_567);
        for number in [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423] {
            assert_eq!(draws.next(), number);
        }
    }

    #[test]
    fn each_number_is_as_likely() {
        let mut draws = Draws::new();
        let mut counts = [0; 7];
        (0..70_000).for_each(|_| counts[draws.below(7)] += 1);
        assert!(counts.iter().all(|count| (9_600..10_400).contains(count)), "{counts:?}");
    }

    #[test]
    fn one_in_forty_is_left_out_on_either_side() {
        let all: Vec<f64> = (0..Draws::NUMBER).rev().map(|number| number as f64).collect();
        assert_eq!(middle(all), Some((50.0, 1_949.0)));
    }

    #[test]
    fn a_few_draws_may_find_nothing() {
        let of = |found: usize| middle(vec![0.5; found].into_iter().chain([f64::NAN; 3]).collect());
        assert_eq!(of(1_900), Some((0.5, 0.5)));
        assert_eq!(of(1_899), None);
        assert_eq!(middle(vec![]), None);
    }
}
