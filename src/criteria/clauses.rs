//! Conditions as clauses: each a choice of tests of which one must pass, and all clauses of a criterion must.
//!
//! What each answer satisfies is a bit set that was worked out when the rules were loaded, so that a pass adds up those
//! of the answers beyond the least, and asks of a criterion by one comparison. That is enough because the shape rule
//! lets a greater concern satisfy whatever a lesser one does. A criterion that looks at more than answers, or would take
//! too many clauses, is ruled out by the clauses that it has and else left to the walk over its condition; both say the
//! same, and the tests of the evaluator hold them together.

use std::collections::BTreeMap;

use super::compile::all_classes;
use super::condition::Condition;
use super::rule_set::{ClassSet, CriterionSet, RuleSet};
use crate::bits::Bits;
use crate::facts::{FactIndex, FactSet};

/// A set of clauses: four for each of as many criteria as there may be.
pub(crate) type ClauseSet = Bits<8>;

/// More clauses of one criterion cost more than to walk over it.
const MOST_CLAUSES: usize = 12;

/// Tests of which one must pass: per fact, the classes that do.
type Clause = BTreeMap<FactIndex, ClassSet>;

/// What each answer satisfies of every criterion.
#[derive(Debug, Default)]
pub(crate) struct Clauses {
    /// Those that silence satisfies: what a least answer does, and so every other. Of a protective fact, which no clause
    /// of a decided criterion tests, whatever some answer does.
    pub unsaid: ClauseSet,
    /// Those that each answer satisfies, fact by fact as `Index::answers` stand.
    pub of_answer: Vec<ClauseSet>,
    /// Per criterion: the clauses without which it cannot hold.
    of_criterion: Vec<ClauseSet>,
    /// The criteria of which these clauses say all.
    decided: CriterionSet,
}

impl Clauses {
    /// Of criteria in their order of evaluation; which facts have no order or protect, the index does not know yet.
    pub(super) fn of(rules: &RuleSet, unordered: &FactSet, protective: &FactSet) -> Self {
        let tests = Tests { rules, unordered, protective };
        let mut each: Vec<Option<Vec<Clause>>> = Vec::with_capacity(rules.criteria.len());
        for criterion in &rules.criteria {
            let clauses = tests.clauses(&criterion.when, &each);
            each.push(clauses);
        }
        let mut clauses = Self::default();
        let mut numbered: Vec<Clause> = Vec::new();
        for (criterion, found) in each.into_iter().enumerate() {
            let mut says_all = found.is_some();
            let found = found.unwrap_or_else(|| tests.single_facts(&rules.criteria[criterion].when));
            let mut numbers = ClauseSet::EMPTY;
            for clause in found {
                let known = numbered.iter().position(|other| *other == clause);
                let number = known.unwrap_or(numbered.len());
                if number >= ClauseSet::CAPACITY {
                    says_all = false;
                } else {
                    if known.is_none() {
                        numbered.push(clause);
                    }
                    numbers.insert(number);
                }
            }
            clauses.of_criterion.push(numbers);
            if says_all {
                clauses.decided.insert(criterion);
            }
        }
        for (fact, indicator) in rules.indicators.iter().enumerate() {
            for class in 0..indicator.classes.len() {
                let passes = |clause: &Clause| clause.get(&fact).is_some_and(|classes| classes >> class & 1 == 1);
                let satisfies: ClauseSet = (0..numbered.len()).filter(|one| passes(&numbered[*one])).collect();
                // A pass looks at no protective fact, and at no least answer but of what has no order.
                if protective.contains(fact) || class == 0 && !unordered.contains(fact) {
                    clauses.unsaid = clauses.unsaid.or(&satisfies);
                }
                clauses.of_answer.push(satisfies);
            }
        }
        clauses
    }

    /// Whether a criterion cannot hold, for what is satisfied.
    #[inline]
    pub fn rule_out(&self, criterion: usize, satisfied: &ClauseSet) -> bool {
        !self.of_criterion[criterion].is_within(satisfied)
    }

    /// Whether a criterion that is not ruled out holds, and need not be walked over.
    #[inline]
    pub fn decide(&self, criterion: usize) -> bool {
        self.decided.contains(criterion)
    }
}

/// What tests are made clauses with.
struct Tests<'r> {
    rules: &'r RuleSet,
    unordered: &'r FactSet,
    protective: &'r FactSet,
}

impl Tests<'_> {
    /// A condition as clauses; nothing where it looks at more than answers, or takes too many.
    fn clauses(&self, condition: &Condition, of: &[Option<Vec<Clause>>]) -> Option<Vec<Clause>> {
        let all = match condition {
            Condition::Test { fact, classes } if self.is_monotone(*fact, *classes) => vec![self.test(*fact, *classes)],
            Condition::Holds(criterion) => of[*criterion].clone()?,
            Condition::All(parts) => {
                let each: Option<Vec<Vec<Clause>>> = parts.iter().map(|part| self.clauses(part, of)).collect();
                each?.concat()
            }
            Condition::Any(parts) => {
                let mut all = vec![Clause::new()];
                for part in parts {
                    let part = self.clauses(part, of)?;
                    let both = |one: &Clause, other: &Clause| {
                        let mut both = one.clone();
                        other.iter().for_each(|(fact, classes)| *both.entry(*fact).or_default() |= classes);
                        both
                    };
                    all = all
                        .iter()
                        .flat_map(|one| part.iter().map(|other| both(one, other)).collect::<Vec<_>>())
                        .collect();
                    all = self.needed(all);
                    if all.len() > MOST_CLAUSES {
                        return None;
                    }
                }
                all
            }
            Condition::Test { .. } | Condition::Need(_) | Condition::Stated { .. } | Condition::Table(_) => {
                return None;
            }
        };
        let all = self.needed(all);
        (all.len() <= MOST_CLAUSES && all.iter().all(|clause| !clause.is_empty())).then_some(all)
    }

    /// The clauses without those that another implies, and those that every answer satisfies.
    fn needed(&self, all: Vec<Clause>) -> Vec<Clause> {
        let implies = |one: &Clause, other: &Clause| {
            one.iter().all(|(fact, classes)| other.get(fact).is_some_and(|others| classes & !others == 0))
        };
        let is_always = |clause: &Clause| {
            let mut tests = clause.iter();
            tests.any(|(fact, set)| !self.unordered.contains(*fact) && *set == self.all_of(*fact))
        };
        let mut kept: Vec<Clause> = Vec::new();
        for clause in all.into_iter().filter(|clause| !is_always(clause)) {
            if !kept.iter().any(|other| implies(other, &clause)) {
                kept.retain(|other| !implies(&clause, other));
                kept.push(clause);
            }
        }
        kept
    }

    /// What a condition that is left to the walk needs of single facts.
    fn single_facts(&self, condition: &Condition) -> Vec<Clause> {
        match condition {
            Condition::All(parts) => parts.iter().flat_map(|part| self.single_facts(part)).collect(),
            // What was stated is what stands there.
            Condition::Test { fact, classes } | Condition::Stated { fact, classes } => vec![self.test(*fact, *classes)],
            Condition::Any(_) | Condition::Holds(_) | Condition::Need(_) | Condition::Table(_) => Vec::new(),
        }
    }

    fn test(&self, fact: FactIndex, classes: ClassSet) -> Clause {
        [(fact, classes & self.all_of(fact))].into()
    }

    fn all_of(&self, fact: FactIndex) -> ClassSet {
        all_classes(self.rules.indicators[fact].classes.len())
    }

    /// Whether more concern never stops a test from passing, of what has an order; else a pass must walk.
    fn is_monotone(&self, fact: FactIndex, classes: ClassSet) -> bool {
        let failing = self.all_of(fact) & !classes;
        !self.protective.contains(fact) && (self.unordered.contains(fact) || failing & failing.wrapping_add(1) == 0)
    }
}
