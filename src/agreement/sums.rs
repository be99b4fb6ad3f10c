//! Sums that are the same in whichever order their parts come.

/// Each pair of places below a number, the lower first.
pub fn pairs(below: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..below).flat_map(move |one| (one + 1..below).map(move |other| (one, other)))
}

/// A sum of whole numbers, each divided by what its size comes to. Those of one size are added before they are divided,
/// and sizes go upwards. A nought counts for nothing, whatever its size.
pub fn sum(parts: impl Iterator<Item = (u64, u64)>, divisor: impl Fn(f64) -> f64) -> f64 {
    let mut of_size: Vec<u64> = Vec::new();
    for (part, size) in parts {
        let size = size as usize;
        if of_size.len() <= size {
            of_size.resize(size + 1, 0);
        }
        of_size[size] += part;
    }
    let sizes = of_size.into_iter().enumerate().filter(|(_, part)| *part > 0);
    sizes.map(|(size, part)| part as f64 / divisor(size as f64)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_changes_nothing() {
        let parts = [(1, 3), (0, 0), (2, 7), (5, 3), (1, 10), (3, 7)];
        let forwards = sum(parts.into_iter(), |size| size);
        assert_eq!(forwards.to_bits(), sum(parts.into_iter().rev(), |size| size).to_bits());
        assert!((forwards - (2.0 + 5.0 / 7.0 + 0.1)).abs() < 1e-15);
    }

    #[test]
    fn each_pair_comes_once() {
        assert_eq!(pairs(3).collect::<Vec<_>>(), [(0, 1), (0, 2), (1, 2)]);
        assert_eq!(pairs(1).count(), 0);
    }
}
