//! Within which limits a share of so many lies by chance alone: the exact binomial ones, as Spiegelhalter draws funnels
//! (Statistics in Medicine 24, 2005): between the two whole numbers that enclose a limit, in proportion.

use serde::Serialize;

/// Outside of the inner limits lies one in twenty by chance; outside of the outer, one in five hundred.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Limits {
    /// The lower outer limit, as a share.
    pub lowest: f64,
    /// The lower inner limit.
    pub low: f64,
    /// The upper inner limit.
    pub high: f64,
    /// The upper outer limit.
    pub highest: f64,
}

/// The limits for so many children where a share is expected.
pub fn limits(children: u64, expected: f64) -> Limits {
    let chances = chances(children, expected);
    let at = |chance: f64| limit(&chances, chance);
    Limits { lowest: at(0.001), low: at(0.025), high: at(0.975), highest: at(0.999) }
}

/// The chance of each number, from nought to all.
fn chances(children: u64, expected: f64) -> Vec<f64> {
    if expected <= 0.0 || expected >= 1.0 {
        let sure = if expected <= 0.0 { 0 } else { children };
        return (0..=children).map(|number| if number == sure { 1.0 } else { 0.0 }).collect();
    }
    // From the likeliest outwards, so that no chance that matters is lost to a small one; then summed to one.
    let odds = expected / (1.0 - expected);
    let likeliest = ((children + 1) as f64 * expected).floor().min(children as f64) as usize;
    let mut chances = vec![0.0; children as usize + 1];
    chances[likeliest] = 1.0;
    for number in likeliest + 1..chances.len() {
        chances[number] = chances[number - 1] * (children as usize + 1 - number) as f64 / number as f64 * odds;
    }
    for number in (0..likeliest).rev() {
        chances[number] = chances[number + 1] * (number + 1) as f64 / (children as usize - number) as f64 / odds;
    }
    let sum: f64 = chances.iter().sum();
    chances.iter_mut().for_each(|chance| *chance /= sum);
    chances
}

fn limit(chances: &[f64], chance: f64) -> f64 {
    let mut so_far = 0.0;
    for (number, one) in chances.iter().enumerate() {
        if so_far + one > chance {
            let within = (so_far + one - chance) / one;
            return ((number as f64 - within) / (chances.len() - 1) as f64).clamp(0.0, 1.0);
        }
        so_far += one;
    }
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_those_of_the_binomial() {
        // Ten tosses of a coin: 1, 10, 45, … of 1,024.
        let of_ten = chances(10, 0.5);
        for (number, ways) in [1.0, 10.0, 45.0, 120.0, 210.0, 252.0].into_iter().enumerate() {
            assert!((of_ten[number] - ways / 1024.0).abs() < 1e-12, "{number}");
        }
        assert!((chances(20_000, 0.013).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn limits_enclose_what_is_expected_and_narrow_with_more() {
        let [few, many] = [limits(20, 0.3), limits(2_000, 0.3)];
        for of in [few, many] {
            assert!(of.lowest <= of.low && of.low < 0.3 && 0.3 < of.high && of.high <= of.highest, "{of:?}");
        }
        assert!(many.high < few.high && many.low > few.low);
        assert_eq!(limits(10, 0.0), Limits { lowest: 0.0, low: 0.0, high: 0.0, highest: 0.0 });
    }
}
