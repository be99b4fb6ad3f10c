//! Small fixed sets of numbers: what makes an evaluation cheap, and its order fixed.
//!
//! Their words are walked by plain loops, which are short work unoptimised too: every test evaluates.

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
    pub const fn is_within(&self, other: &Self) -> bool {
        let mut at = 0;
        while at < W {
            if self.0[at] & !other.0[at] != 0 {
                return false;
            }
            at += 1;
        }
        true
    }

    /// Whether nothing is in the set.
    pub const fn is_empty(&self) -> bool {
        let mut at = 0;
        while at < W {
            if self.0[at] != 0 {
                return false;
            }
            at += 1;
        }
        true
    }

    /// How many numbers are in the set.
    pub const fn count(&self) -> usize {
        let (mut at, mut count) = (0, 0);
        while at < W {
            count += self.0[at].count_ones() as usize;
            at += 1;
        }
        count
    }

    /// Whether so many numbers are in the set: sooner told than how many, when they are few.
    pub const fn has_at_least(&self, mut wanted: usize) -> bool {
        let mut at = 0;
        while at < W && wanted > 0 {
            let mut rest = self.0[at];
            while rest != 0 && wanted > 0 {
                rest &= rest - 1;
                wanted -= 1;
            }
            at += 1;
        }
        wanted == 0
    }

    /// Whether the two sets share a number.
    pub const fn meets(&self, other: &Self) -> bool {
        let mut at = 0;
        while at < W {
            if self.0[at] & other.0[at] != 0 {
                return true;
            }
            at += 1;
        }
        false
    }

    /// What is in both.
    #[must_use]
    pub const fn and(mut self, other: &Self) -> Self {
        let mut at = 0;
        while at < W {
            self.0[at] &= other.0[at];
            at += 1;
        }
        self
    }

    /// What is in either.
    #[must_use]
    pub const fn or(mut self, other: &Self) -> Self {
        let mut at = 0;
        while at < W {
            self.0[at] |= other.0[at];
            at += 1;
        }
        self
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub const fn without(mut self, other: &Self) -> Self {
        let mut at = 0;
        while at < W {
            self.0[at] &= !other.0[at];
            at += 1;
        }
        self
    }

    /// The numbers, least first.
    pub const fn iter(&self) -> Numbers<W> {
        Numbers { rest: *self, at: 0 }
    }
}

/// The numbers of a set, least first.
#[derive(Debug, Clone)]
pub struct Numbers<const W: usize> {
    rest: Bits<W>,
    at: usize,
}

impl<const W: usize> Iterator for Numbers<W> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.at < W {
            let word = &mut self.rest.0[self.at];
            if *word != 0 {
                let bit = word.trailing_zeros() as usize;
                *word &= *word - 1;
                return Some(self.at * 64 + bit);
            }
            self.at += 1;
        }
        None
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
