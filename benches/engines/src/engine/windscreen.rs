//! windscreen, through its public functions.

use std::collections::HashMap;
use std::hint::black_box;

use windscreen::criteria::{Loaded, RuleSet, load};
use windscreen::facts::Facts;
use windscreen::level::{Explain, bounds, evaluate, findings, outline};
use windscreen::referral::at_once::AtOnce;

use super::Engine;
use crate::combine::Answer;
use crate::model::Model;

/// What is measured of facts that were read.
#[derive(Clone, Copy)]
pub enum Work {
    /// Both bounds and the list of reasons, which is what a list of a million is made of.
    Outline,
    /// The whole answer of one child: every reason with its words, what it rests on, what to ask and to do.
    Summary,
}

pub struct Windscreen {
    rules: RuleSet,
    places: HashMap<String, u16>,
    work: Work,
    kept: Vec<Facts>,
}

#[derive(serde::Serialize)]
struct Written<'r> {
    settled: bool,
    at_least: u8,
    at_most: u8,
    reasons: Vec<&'r str>,
}

impl Windscreen {
    /// The rule set as the files an author would write; nothing when the loader refuses it, for it has limits.
    pub fn of(model: &Model, work: Work) -> Option<Self> {
        let Loaded { rule_set, .. } = load(&model.to_yaml());
        let places = model.criteria.iter().map(|criterion| criterion.id.clone()).zip(0..).collect();
        Some(Self { rules: rule_set?, places, work, kept: Vec::new() })
    }

    fn read(&self, bytes: &[u8]) -> AtOnce {
        AtOnce::read(bytes, &self.rules).expect("a referral in the plain form")
    }
}

impl Engine for Windscreen {
    fn keep(&mut self, bytes: &[u8]) {
        let facts = self.read(bytes).facts;
        self.kept.push(facts);
    }

    fn answer(&mut self, kept: usize) -> Answer {
        let facts = &self.kept[kept];
        let (least, _) = findings(&self.rules, facts);
        let criteria = least.iter().filter(|found| found.kind == "criterion" && found.found);
        let mut found: Vec<u16> = criteria.map(|found| self.places[&found.id]).collect();
        found.sort_unstable();
        let outline = outline(&self.rules, facts);
        let mut listed: Vec<u16> = outline.reasons(&self.rules).filter_map(|id| self.places.get(id).copied()).collect();
        listed.sort_unstable();
        assert_eq!(listed, found, "the list of reasons is what was found");
        let level = bounds(&self.rules, facts).at_least();
        assert_eq!(level, outline.bounds.at_least(), "one evaluator");
        assert_eq!(level, evaluate(&self.rules, facts, Explain::Summary).at_least.rank, "one evaluator");
        Answer { level, found }
    }

    fn work(&mut self, kept: usize) {
        let facts = &self.kept[kept];
        match self.work {
            Work::Outline => {
                let outline = outline(&self.rules, black_box(facts));
                outline.reasons(&self.rules).for_each(|id| {
                    black_box(id);
                });
                black_box(outline.bounds);
            }
            Work::Summary => drop(black_box(evaluate(&self.rules, facts, Explain::Summary))),
        }
    }

    fn json_to_json(&mut self, bytes: &[u8]) -> Vec<u8> {
        let request = self.read(bytes);
        match self.work {
            Work::Outline => {
                let outline = outline(&self.rules, &request.facts);
                let bounds = outline.bounds;
                let written = Written {
                    settled: bounds.is_settled(),
                    at_least: bounds.at_least(),
                    at_most: bounds.at_most(),
                    reasons: outline.reasons(&self.rules).collect(),
                };
                serde_json::to_vec(&written).expect("JSON")
            }
            Work::Summary => serde_json::to_vec(&request.evaluate(&self.rules, Explain::Summary)).expect("JSON"),
        }
    }
}
