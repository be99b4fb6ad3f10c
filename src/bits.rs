//! Small fixed sets of numbers: what makes an evaluation cheap, and its order fixed.

/// A set of numbers below `W * 64`, in order, without allocation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bits<const W: usize>([u64; W]);

impl<const W: usize> Bits<W> {
    /// How many different numbers fit.
    pub const CAPACITY: usize = W * 64;
    /// The empty set.
    pub const EMPTY: Self = Self([0; W]);

    /// Adds a number; one beyond the capacity is a bug of the caller and ignored.
    pub const fn insert(&mut self, number: usize) {
        if number < Self::CAPACITY {
            self.0[number / 64] |= 1 << (number % 64);
        }
    }

    /// Takes a number out.
    pub const fn remove(&mut self, number: usize) {
        if number < Self::CAPACITY {
            self.0[number / 64] &= !(1 << (number % 64));
        }
    }

    /// Whether the number is in the set.
    pub const fn contains(&self, number: usize) -> bool {
        number < Self::CAPACITY && self.0[number / 64] >> (number % 64) & 1 == 1
    }

    /// Whether every number of this set is in the other.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    /// Whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// How many numbers are in the set.
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether so many numbers are in the set: sooner told than how many, when they are few.
    pub fn has_at_least(&self, mut wanted: usize) -> bool {
        for word in self.0 {
            let mut rest = word;
            while rest != 0 && wanted > 0 {
                rest &= rest - 1;
                wanted -= 1;
            }
        }
        wanted == 0
    }

    /// Whether the two sets share a number.
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    /// What is in both.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= b);
        self
    }

    /// What is in either.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
        self
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub fn without(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= !b);
        self
    }

    /// The numbers, least first.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                Some(index * 64 + bit)
            })
        })
    }
}

impl<const W: usize> Default for Bits<W> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const W: usize> FromIterator<usize> for Bits<W> {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        let mut set = Self::EMPTY;
        numbers.into_iter().for_each(|number| set.insert(number));
        set
    }
}

impl<const W: usize> std::fmt::Debug for Bits<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn behaves_like_a_sorted_set() {
        let a: Bits<2> = [3, 64, 127, 3].into_iter().collect();
        let b: Bits<2> = [64, 65].into_iter().collect();
        assert_eq!(a.iter().collect::<Vec<_>>(), [3, 64, 127]);
        assert_eq!(a.and(&b).iter().collect::<Vec<_>>(), [64]);
        assert_eq!(a.or(&b).count(), 4);
        assert_eq!(a.without(&b).iter().collect::<Vec<_>>(), [3, 127]);
        assert!((0..=3).all(|wanted| a.has_at_least(wanted)) && !a.has_at_least(4));
        assert!(a.and(&b).is_within(&b) && !a.is_within(&b) && Bits::EMPTY.is_within(&b));
        assert!(a.meets(&b) && !a.contains(128) && !Bits::<2>::EMPTY.contains(0));
        let mut c = a;
        c.insert(128);
        c.remove(3);
        assert_eq!(c.iter().collect::<Vec<_>>(), [64, 127]);
    }
}
