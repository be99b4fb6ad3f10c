//! Conditions: when something holds, of answers, other criteria, needs, and the rows of a script's table.

use super::rule_set::{ClassSet, CriterionIndex, NeedSet, RuleSet};
use crate::facts::{FactIndex, FactSet};
use crate::ladder::Rank;

/// When something holds.
#[derive(Debug, Clone)]
pub enum Condition {
    /// Every part.
    All(Vec<Condition>),
    /// Some part.
    Any(Vec<Condition>),
    /// A fact's answer is among these classes.
    Test {
        /// The fact.
        fact: FactIndex,
        /// The classes.
        classes: ClassSet,
    },
    /// A criterion holds; it stands earlier in the order of evaluation.
    Holds(CriterionIndex),
    /// Some finding at a level or above.
    Need(Need),
    /// The fact was answered with one of these classes.
    Stated {
        /// The fact.
        fact: FactIndex,
        /// The classes.
        classes: ClassSet,
    },
    /// A script's table.
    Table(usize),
}

impl Condition {
    /// Whether it may hold with every fact it tests at its least answer: through a need of other facts, because the
    /// least was stated, or because a script fails there.
    pub(crate) fn may_hold_at_least(&self, rules: &RuleSet) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.may_hold_at_least(rules)),
            Self::Any(parts) => parts.iter().any(|part| part.may_hold_at_least(rules)),
            Self::Test { classes, .. } | Self::Stated { classes, .. } => classes & 1 == 1,
            Self::Holds(criterion) => rules.criteria[*criterion].when.may_hold_at_least(rules),
            Self::Need(_) => true,
            Self::Table(table) => rules.tables[*table].rows[0] != Outcome::False,
        }
    }

    /// Whether it looks at needs, itself or through a criterion it names.
    pub(crate) fn looks_at_needs(&self, rules: &RuleSet) -> bool {
        self.looks_at(rules, &|part| matches!(part, Self::Need(_)))
    }

    fn looks_at(&self, rules: &RuleSet, wanted: &impl Fn(&Self) -> bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.looks_at(rules, wanted)),
            Self::Holds(criterion) => rules.criteria[*criterion].when.looks_at(rules, wanted),
            Self::Test { .. } | Self::Stated { .. } | Self::Need(_) | Self::Table(_) => wanted(self),
        }
    }

    /// The facts that it tests; a need and a script are no test.
    pub(crate) fn tested(&self, rules: &RuleSet) -> FactSet {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().fold(FactSet::EMPTY, |set, part| set.or(&part.tested(rules)))
            }
            Self::Test { fact, .. } | Self::Stated { fact, .. } => [*fact].into_iter().collect(),
            Self::Holds(criterion) => rules.criteria[*criterion].reads,
            Self::Need(_) | Self::Table(_) => FactSet::EMPTY,
        }
    }

    /// The facts that it reads: those that it tests, and those of its scripts.
    pub(crate) fn reads(&self, rules: &RuleSet) -> FactSet {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().fold(FactSet::EMPTY, |set, part| set.or(&part.reads(rules)))
            }
            Self::Table(table) => rules.tables[*table].reads.iter().copied().collect(),
            Self::Test { .. } | Self::Stated { .. } | Self::Holds(_) | Self::Need(_) => self.tested(rules),
        }
    }

    /// Takes the needs of what is tested beside them out of all that its needs look at.
    pub(crate) fn leave_out_beside(&mut self, tested: &NeedSet) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter_mut().for_each(|part| part.leave_out_beside(tested)),
            Self::Need(need) => {
                let whole = need.among.or(&need.beside);
                need.beside = whole.and(tested);
                need.among = whole.without(tested);
            }
            Self::Holds(_) | Self::Test { .. } | Self::Stated { .. } | Self::Table(_) => {}
        }
    }

    /// Calls with each test of a fact's answer, those of the criteria that it names among them.
    pub(crate) fn each_test(&self, rules: &RuleSet, look: &mut impl FnMut(FactIndex, ClassSet)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each_test(rules, look)),
            Self::Test { fact, classes } | Self::Stated { fact, classes } => look(*fact, *classes),
            Self::Holds(criterion) => rules.criteria[*criterion].when.each_test(rules, look),
            Self::Need(_) | Self::Table(_) => {}
        }
    }

    /// The facts that it looks at as stated.
    pub(crate) fn stated(&self) -> FactSet {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().fold(FactSet::EMPTY, |set, part| set.or(&part.stated()))
            }
            Self::Stated { fact, .. } => [*fact].into_iter().collect(),
            Self::Test { .. } | Self::Holds(_) | Self::Need(_) | Self::Table(_) => FactSet::EMPTY,
        }
    }
}

/// Some finding at a level or above.
#[derive(Debug, Clone)]
pub struct Need {
    /// The level.
    pub at: Rank,
    /// The needs that are looked at: domains and exclusions applied.
    pub among: NeedSet,
    /// Those that would be, were nothing of theirs tested beside it: a need never sees its own indicator.
    pub beside: NeedSet,
    /// Floors only: no counts, no duties.
    pub harm: bool,
}

/// A script run over all answers of its reads.
#[derive(Debug)]
pub struct Table {
    /// The script's name.
    pub name: String,
    /// The facts it reads.
    pub reads: Vec<FactIndex>,
    /// Per read: how many rows one class further is.
    pub strides: Vec<usize>,
    /// One outcome per combination of classes.
    pub rows: Vec<Outcome>,
}

/// What a script answered for one combination of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    True,
    /// It does not.
    False,
    /// The script failed: not known.
    Failed,
    /// The script failed where some lesser concern already holds: it holds here too, and the failure is told.
    FailedAboveTrue,
}

impl Outcome {
    /// Whether the script failed.
    pub fn is_fault(self) -> bool {
        matches!(self, Self::Failed | Self::FailedAboveTrue)
    }
}
