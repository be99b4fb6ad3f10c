//! windscreen, through its public functions.

use std::collections::HashMap;
use std::hint::black_box;

use windscreen::criteria::{Loaded, RuleSet, load};
use windscreen::facts::Facts;
use windscreen::json::Json;
use windscreen::level::{Explain, bounds, evaluate, findings};
use windscreen::referral::Referral;

use super::Engine;
use crate::combine::Answer;
use crate::model::Model;

/// What is measured of facts that were read.
#[derive(Clone, Copy)]
pub enum Work {
    /// Both bounds alone.
    Bounds,
    /// Both bounds and every reason, with its words, what it rests on, and what to do.
    Summary,
}

pub struct Windscreen {
    rules: RuleSet,
    places: HashMap<String, u16>,
    work: Work,
    kept: Vec<Facts>,
}

impl Windscreen {
    /// The rule set as the files an author would write; nothing when the loader refuses it, for it has limits.
    pub fn of(model: &Model, work: Work) -> Option<Self> {
        let Loaded { rule_set, .. } = load(&model.to_yaml());
        let places = model.criteria.iter().map(|criterion| criterion.id.clone()).zip(0..).collect();
        Some(Self { rules: rule_set?, places, work, kept: Vec::new() })
    }

    fn read(&self, bytes: &[u8]) -> Referral {
        Referral::read(&Json::read(bytes).expect("strict JSON")).expect("a referral")
    }
}

impl Engine for Windscreen {
    fn keep(&mut self, bytes: &[u8]) {
        let facts = self.read(bytes).facts(&self.rules).expect("facts of this rule set").remove(0);
        self.kept.push(facts);
    }

    fn answer(&mut self, kept: usize) -> Answer {
        let facts = &self.kept[kept];
        let (least, _) = findings(&self.rules, facts);
        let criteria = least.iter().filter(|found| found.kind == "criterion" && found.found);
        let mut found: Vec<u16> = criteria.map(|found| self.places[&found.id]).collect();
        found.sort_unstable();
        let level = bounds(&self.rules, facts).at_least();
        assert_eq!(level, evaluate(&self.rules, facts, Explain::Summary).at_least.rank, "one evaluator");
        Answer { level, found }
    }

    fn work(&mut self, kept: usize) {
        let facts = &self.kept[kept];
        match self.work {
            Work::Bounds => drop(black_box(bounds(&self.rules, facts))),
            Work::Summary => drop(black_box(evaluate(&self.rules, facts, Explain::Summary))),
        }
    }

    fn json_to_json(&mut self, bytes: &[u8]) -> Vec<u8> {
        let explain = match self.work {
            Work::Bounds => Explain::None,
            Work::Summary => Explain::Summary,
        };
        serde_json::to_vec(&self.read(bytes).evaluate(&self.rules, explain).expect("facts")).expect("JSON")
    }
}
