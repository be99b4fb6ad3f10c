//! A rule that may give something to the level: its name, what it gives, where it stands.

use crate::criteria::{Contribution, CriterionIndex, Gives, Places, RuleSet, word_of};
use crate::diagnostic::Place;
use crate::facts::{Class, FactIndex};
use crate::ladder::Rank;

/// What may be found and give something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// One answer to a question.
    Answer(FactIndex, Class),
    /// A criterion.
    Criterion(CriterionIndex),
    /// A threshold.
    Threshold(usize),
}

impl Source {
    /// Its name: an answer's with its fact.
    pub(super) fn name(self, rules: &RuleSet) -> String {
        match self {
            Self::Answer(fact, class) => {
                let indicator = &rules.indicators()[fact];
                format!("{}: {}", indicator.id, word_of(&indicator.classes[usize::from(class)].answer))
            }
            Self::Criterion(_) | Self::Threshold(_) => self.id(rules).to_owned(),
        }
    }

    /// The same with the whole range of a number, for whoever does not know where the rules cut it.
    pub(super) fn name_in_full(self, rules: &RuleSet) -> String {
        let Self::Answer(fact, class) = self else { return self.name(rules) };
        let indicator = &rules.indicators()[fact];
        match indicator.numbers_of(class, class) {
            Some((low, high)) if low < high => format!("{}: {low} to {high}", indicator.id),
            _ => self.name(rules),
        }
    }

    /// The id by which it is found: an answer's is that of its fact.
    pub(super) fn id(self, rules: &RuleSet) -> &str {
        match self {
            Self::Answer(fact, _) => &rules.indicators()[fact].id,
            Self::Criterion(criterion) => &rules.criteria()[criterion].id,
            Self::Threshold(threshold) => &rules.thresholds()[threshold].id,
        }
    }

    /// The level that it gives alone; 0 where it only gives a modifier.
    pub(super) fn rank(self, rules: &RuleSet) -> Rank {
        match self {
            Self::Threshold(threshold) => rules.thresholds()[threshold].reaches,
            Self::Answer(..) | Self::Criterion(_) => self.gives(rules).map_or(0, |gives| gives.contribution.rank()),
        }
    }

    fn gives(self, rules: &RuleSet) -> Option<&Gives> {
        match self {
            Self::Answer(fact, class) => Some(&rules.indicators()[fact].classes[usize::from(class)].gives),
            Self::Criterion(criterion) => Some(&rules.criteria()[criterion].gives),
            Self::Threshold(_) => None,
        }
    }

    /// What it gives, in words.
    pub(super) fn given(self, rules: &RuleSet) -> String {
        let Some(gives) = self.gives(rules) else { return format!("reaches {}", self.rank(rules)) };
        let level = match gives.contribution {
            Contribution::Nothing => return "gives a modifier".to_owned(),
            Contribution::Counts { rank, .. } => format!("gives a need at {rank}"),
            Contribution::Duty(rank) => format!("gives a duty of {rank}"),
            Contribution::Floor(rank) => format!("gives a floor of {rank}"),
        };
        if gives.raises { format!("{level} and a modifier") } else { level }
    }

    /// Where it stands.
    pub(super) fn place(self, rules: &RuleSet, places: &Places<'_>) -> Option<Place> {
        match self {
            Self::Answer(fact, class) => places.answer(&rules.indicators()[fact], class),
            Self::Criterion(_) | Self::Threshold(_) => places.id(self.id(rules)),
        }
    }
}
