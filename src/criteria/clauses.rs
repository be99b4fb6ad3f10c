//! Conditions as clauses: each a choice of tests of which one must pass, and all clauses of a criterion must.
//!
//! A pass then asks of every criterion at once: what each answer rules out and what it satisfies are bit sets that were
//! worked out when the rules were loaded. A criterion that looks at more than answers, or would take too many clauses,
//! is left to the walk over its condition; both say the same, and the tests of the evaluator hold them together.

use std::collections::BTreeMap;

use super::compile::all_classes;
use super::condition::Condition;
use super::rule_set::{ClassSet, CriterionSet, RuleSet};
use crate::bits::Bits;
use crate::facts::{Class, FactIndex, FactSet};

/// A set of clauses that look at more than one fact.
pub(crate) type ClauseSet = Bits<4>;

/// More clauses of one criterion cost more than to walk over it.
const MOST_CLAUSES: usize = 12;

/// Tests of which one must pass: per fact, the classes that do.
type Clause = BTreeMap<FactIndex, ClassSet>;

/// What each answer does to every criterion.
#[derive(Debug, Default)]
pub(crate) struct Clauses {
    /// The facts that some clause looks at, each with its place below.
    facts: Vec<(FactIndex, usize)>,
    /// Of each such fact when it is not known, then of each of its answers.
    answers: Vec<Does>,
    /// Per criterion: the clauses that must be satisfied where no answer rules it out.
    of_criterion: Vec<ClauseSet>,
    /// The criteria of which these clauses say all.
    pub decided: CriterionSet,
    all: CriterionSet,
}

/// What an answer does.
#[derive(Debug, Clone, Copy, Default)]
struct Does {
    /// The criteria that cannot hold with it, whatever else is answered.
    rules_out: CriterionSet,
    /// The clauses that it satisfies.
    satisfies: ClauseSet,
}

/// What all answers together do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done {
    /// The criteria that no answer rules out.
    pub left: CriterionSet,
    satisfied: ClauseSet,
}

impl Clauses {
    /// Of criteria in their order of evaluation; which facts have no order, the index does not know yet.
    pub(super) fn of(rules: &RuleSet, unordered: &FactSet) -> Self {
        let mut each: Vec<Option<Vec<Clause>>> = Vec::with_capacity(rules.criteria.len());
        for criterion in &rules.criteria {
            let clauses = clauses(&criterion.when, rules, unordered, &each);
            each.push(clauses);
        }
        let mut clauses = Self { all: (0..each.len()).collect(), ..Self::default() };
        let mut numbered: Vec<Clause> = Vec::new();
        // Per criterion the clauses of one fact, which rule it out; those of several have numbers.
        let mut alone: Vec<Vec<Clause>> = Vec::new();
        for (criterion, found) in each.into_iter().enumerate() {
            let decided = found.is_some();
            // What is left to the walk is still ruled out by what it says of single facts.
            let found = found.unwrap_or_else(|| single_facts(&rules.criteria[criterion].when, rules));
            let (one_fact, several): (Vec<Clause>, Vec<Clause>) = found.into_iter().partition(|one| one.len() == 1);
            alone.push(one_fact);
            let mut numbers = ClauseSet::EMPTY;
            let mut fits = true;
            for clause in several {
                let known = numbered.iter().position(|other| *other == clause);
                let number = known.unwrap_or(numbered.len());
                if number >= ClauseSet::CAPACITY {
                    fits = false;
                    break;
                }
                if known.is_none() {
                    numbered.push(clause);
                }
                numbers.insert(number);
            }
            clauses.of_criterion.push(numbers);
            if decided && fits {
                clauses.decided.insert(criterion);
            }
        }
        for (fact, indicator) in rules.indicators.iter().enumerate() {
            let count = indicator.classes.len();
            // Not known is no class, so that it is in no set of them.
            let sets = std::iter::once(count).chain(0..count).map(|class| {
                let passes = |clause: &Clause| clause.get(&fact).is_some_and(|classes| classes >> class & 1 == 1);
                let is_out = |clause: &Clause| clause.contains_key(&fact) && !passes(clause);
                Does {
                    rules_out: (0..alone.len()).filter(|one| alone[*one].iter().any(is_out)).collect(),
                    satisfies: (0..numbered.len()).filter(|one| passes(&numbered[*one])).collect(),
                }
            });
            let sets: Vec<Does> = sets.collect();
            if sets.iter().any(|does| !does.rules_out.is_empty() || !does.satisfies.is_empty()) {
                clauses.facts.push((fact, clauses.answers.len()));
                clauses.answers.extend(sets);
            }
        }
        clauses
    }

    /// What a class of every fact does.
    pub fn done(&self, class: &[Class]) -> Done {
        let (mut ruled_out, mut satisfied) = (CriterionSet::EMPTY, ClauseSet::EMPTY);
        for (fact, first) in &self.facts {
            // Not known is the greatest number there is, and stands before the classes.
            let does = &self.answers[first + usize::from(class[*fact].wrapping_add(1))];
            ruled_out = ruled_out.or(&does.rules_out);
            satisfied = satisfied.or(&does.satisfies);
        }
        Done { left: self.all.without(&ruled_out), satisfied }
    }

    /// Whether a criterion that is decided by its clauses, and that no answer rules out, holds.
    pub fn hold(&self, criterion: usize, done: &Done) -> bool {
        self.of_criterion[criterion].is_within(&done.satisfied)
    }
}

/// A condition as clauses; nothing where it looks at more than answers, or takes too many.
fn clauses(
    condition: &Condition,
    rules: &RuleSet,
    unordered: &FactSet,
    of: &[Option<Vec<Clause>>],
) -> Option<Vec<Clause>> {
    let all = match condition {
        Condition::Test { fact, classes } => vec![test(*fact, *classes, rules)],
        Condition::Holds(criterion) => of[*criterion].clone()?,
        Condition::All(parts) => {
            let each: Option<Vec<Vec<Clause>>> = parts.iter().map(|part| clauses(part, rules, unordered, of)).collect();
            each?.concat()
        }
        Condition::Any(parts) => {
            let mut all = vec![Clause::new()];
            for part in parts {
                let part = clauses(part, rules, unordered, of)?;
                let both = |one: &Clause, other: &Clause| {
                    let mut both = one.clone();
                    other.iter().for_each(|(fact, classes)| *both.entry(*fact).or_default() |= classes);
                    both
                };
                all =
                    all.iter().flat_map(|one| part.iter().map(|other| both(one, other)).collect::<Vec<_>>()).collect();
                all = needed(all, rules, unordered);
                if all.len() > MOST_CLAUSES {
                    return None;
                }
            }
            all
        }
        Condition::Need(_) | Condition::Stated { .. } | Condition::Table(_) => return None,
    };
    let all = needed(all, rules, unordered);
    (all.len() <= MOST_CLAUSES && all.iter().all(|clause| !clause.is_empty())).then_some(all)
}

/// The clauses without those that another implies, and those that every answer satisfies.
fn needed(all: Vec<Clause>, rules: &RuleSet, unordered: &FactSet) -> Vec<Clause> {
    let implies = |one: &Clause, other: &Clause| {
        one.iter().all(|(fact, classes)| other.get(fact).is_some_and(|others| classes & !others == 0))
    };
    let is_always = |clause: &Clause| {
        let mut tests = clause.iter();
        tests
            .any(|(fact, set)| !unordered.contains(*fact) && *set == all_classes(rules.indicators[*fact].classes.len()))
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
fn single_facts(condition: &Condition, rules: &RuleSet) -> Vec<Clause> {
    match condition {
        Condition::All(parts) => parts.iter().flat_map(|part| single_facts(part, rules)).collect(),
        // What was stated is what stands there.
        Condition::Test { fact, classes } | Condition::Stated { fact, classes } => vec![test(*fact, *classes, rules)],
        Condition::Any(_) | Condition::Holds(_) | Condition::Need(_) | Condition::Table(_) => Vec::new(),
    }
}

fn test(fact: FactIndex, classes: ClassSet, rules: &RuleSet) -> Clause {
    [(fact, classes & all_classes(rules.indicators[fact].classes.len()))].into()
}
