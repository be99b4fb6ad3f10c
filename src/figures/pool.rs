//! Categories with too few children are told together, before any table is drawn: every total is then nought or large
//! enough to be told, in every table alike.

use serde::Serialize;

/// How the categories of one way to count are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pooled {
    /// What each group is called: its categories, with semicolons between them.
    pub labels: Vec<String>,
    /// The group of each category.
    pub group_of: Vec<usize>,
    /// How many children each group has.
    pub totals: Vec<u64>,
}

/// What categories are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Each stands between its neighbours: small ones are told with one of them.
    Ordered,
    /// They have none: small ones are told together.
    Unordered,
}

/// Pools categories until each group is nought or larger than `small`. Where all together are too few, there is none.
pub fn pool(labels: &[String], counts: &[u64], order: Order, small: u64) -> Option<Pooled> {
    let is_small = |count: u64| (1..=small).contains(&count);
    let total: u64 = counts.iter().sum();
    if total <= small {
        return None;
    }
    // Each group by its categories, in order.
    let mut groups: Vec<Vec<usize>> = (0..counts.len()).map(|category| vec![category]).collect();
    let sum = |group: &[usize]| -> u64 { group.iter().map(|category| counts[*category]).sum() };
    match order {
        Order::Ordered => {
            while let Some(at) = groups.iter().position(|group| is_small(sum(group))) {
                // With the smaller of the nearest neighbours that are not nought, and all between.
                let is_some = |place: &usize| sum(&groups[*place]) > 0;
                let [before, after] = [(0..at).rev().find(is_some), (at + 1..groups.len()).find(is_some)];
                let nearest = [before, after].into_iter().flatten().min_by_key(|place| sum(&groups[*place]))?;
                let (first, last) = (at.min(nearest), at.max(nearest));
                let together: Vec<usize> = groups.drain(first..=last).flatten().collect();
                groups.insert(first, together);
            }
        }
        Order::Unordered => {
            let mut by_size: Vec<usize> = (0..counts.len()).filter(|category| counts[*category] > 0).collect();
            by_size.sort_by_key(|category| (counts[*category], *category));
            let small_ones = by_size.iter().filter(|category| is_small(counts[**category])).count();
            let mut together: Vec<usize> = by_size[..small_ones].to_vec();
            // A single small one is not told alone, and many small ones may still be too few.
            for next in &by_size[small_ones..] {
                if together.is_empty() || !is_small(sum(&together)) {
                    break;
                }
                together.push(*next);
            }
            if !together.is_empty() {
                together.sort_unstable();
                groups.retain(|group| !together.contains(&group[0]));
                groups.push(together);
            }
        }
    }
    let mut group_of = vec![0; counts.len()];
    for (place, group) in groups.iter().enumerate() {
        for category in group {
            group_of[*category] = place;
        }
    }
    let name = |group: &Vec<usize>| {
        let names: Vec<&str> = group.iter().map(|category| labels[*category].as_str()).collect();
        names.join("; ")
    };
    Some(Pooled {
        labels: groups.iter().map(name).collect(),
        totals: groups.iter().map(|group| sum(group)).collect(),
        group_of,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(count: usize) -> Vec<String> {
        (1..=count).map(|number| number.to_string()).collect()
    }

    #[test]
    fn small_neighbours_are_told_together() {
        let pooled = pool(&labels(5), &[2, 30, 0, 3, 20], Order::Ordered, 5).unwrap();
        assert_eq!(pooled.labels, ["1; 2", "3", "4; 5"]);
        assert_eq!(pooled.totals, [32, 0, 23]);
        assert_eq!(pooled.group_of, [0, 0, 1, 2, 2]);
    }

    #[test]
    fn small_ones_without_an_order_are_told_together_with_the_next() {
        let pooled = pool(&labels(4), &[2, 30, 0, 12], Order::Unordered, 5).unwrap();
        assert_eq!((pooled.labels, pooled.totals), (vec!["2".into(), "3".into(), "1; 4".into()], vec![30, 0, 14]));
        assert_eq!(pool(&labels(2), &[2, 3], Order::Unordered, 5), None);
    }

    proptest! {
        #[test]
        fn every_group_is_nought_or_large(counts in prop::collection::vec(0_u64..9, 1..8), is_ordered in any::<bool>()) {
            let order = if is_ordered { Order::Ordered } else { Order::Unordered };
            let total: u64 = counts.iter().sum();
            match pool(&labels(counts.len()), &counts, order, 5) {
                None => prop_assert!(total <= 5),
                Some(pooled) => {
                    prop_assert!(pooled.totals.iter().all(|total| *total == 0 || *total > 5), "{pooled:?}");
                    prop_assert_eq!(pooled.totals.iter().sum::<u64>(), total);
                    for (category, count) in counts.iter().enumerate() {
                        prop_assert!(pooled.totals[pooled.group_of[category]] >= *count);
                    }
                }
            }
        }
    }
}
