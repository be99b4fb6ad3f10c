//! One rule set's conditions and numbers in the words that a difference has for them: the rule set beside itself.

use super::terms::Term;
use super::thresholds::groups_in_words;
use crate::criteria::{Condition, Need, Needs, RuleSet};
use crate::proof::pair::Pair;

/// A rule set in words.
#[derive(Debug)]
pub struct InWords<'r> {
    pair: Pair<'r>,
}

impl<'r> InWords<'r> {
    /// The words of a rule set.
    pub fn of(rules: &'r RuleSet) -> Self {
        Self { pair: Pair::of(rules, rules) }
    }

    /// When something holds.
    pub fn condition(&self, condition: &Condition) -> String {
        Term::of(&self.pair, 1, condition).words(&self.pair, 1)
    }

    /// A need that is looked at.
    pub fn need(&self, need: &Need) -> String {
        Term::need(self.pair.rules[1], need).words(&self.pair, 1)
    }

    /// What a threshold counts.
    pub fn counted(&self, needs: &[Needs]) -> String {
        Term::counted(needs).words(&self.pair, 1)
    }

    /// Each group that thresholds count by, as the domains that are one in it.
    pub fn groups(&self) -> Vec<String> {
        groups_in_words(self.pair.rules[1])
    }
}
