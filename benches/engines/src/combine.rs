//! From the criteria that hold to a level, as the host program of an engine does it: the highest floor, and counts.
//!
//! It is native code, the same for every engine but windscreen, and in their favour.

use crate::model::{Model, Rank, What};

/// What an engine answers about one child: the level, and the criteria that hold, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub level: Rank,
    pub found: Vec<u16>,
}

/// What each criterion gives, and how needs are counted.
pub struct Combine {
    gives: Vec<(What, Rank)>,
    /// At which rank, how many, and what they reach.
    thresholds: Vec<(Rank, usize, Rank)>,
    ids: Vec<String>,
}

impl Combine {
    pub fn of(model: &Model) -> Self {
        let gives = model.criteria.iter().filter_map(|criterion| criterion.gives.as_ref()?.level);
        let thresholds = model
            .thresholds
            .iter()
            .flat_map(|threshold| threshold.needs.iter().map(|part| (part.at, part.at_least, threshold.reaches)));
        Self {
            gives: gives.collect(),
            thresholds: thresholds.collect(),
            ids: model.criteria.iter().map(|criterion| criterion.id.clone()).collect(),
        }
    }

    pub fn answer(&self, found: Vec<u16>) -> Answer {
        let mut level = 1;
        let mut at = [0_usize; 8];
        for criterion in &found {
            let (what, rank) = self.gives[usize::from(*criterion)];
            if what == What::Floor {
                level = level.max(rank);
            }
            at[..=usize::from(rank)].iter_mut().for_each(|count| *count += 1);
        }
        for (rank, least, reaches) in &self.thresholds {
            if at[usize::from(*rank)] >= *least {
                level = level.max(*reaches);
            }
        }
        Answer { level, found }
    }

    /// The answer as JSON, with the criteria by name.
    pub fn json(&self, answer: &Answer) -> Vec<u8> {
        let found: Vec<&str> =
            answer.found.iter().map(|criterion| self.ids[usize::from(*criterion)].as_str()).collect();
        serde_json::to_vec(&Written { level: answer.level, found }).expect("JSON")
    }
}

#[derive(serde::Serialize)]
struct Written<'c> {
    level: Rank,
    found: Vec<&'c str>,
}
