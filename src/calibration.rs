//! A calibration round: invented children whom practitioners of every agency rate blind, facts and level.
//!
//! Two things are kept apart that a single figure would mix: whether people read the same story as the same facts, and
//! whether they see the same level in the facts that they read. The first shows which questions want other words; the
//! second, where thresholds are not understood alike.

mod lines;
mod results;

use indexmap::IndexMap;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::criteria::RuleSet;
use crate::examples::ExampleEntry;
use crate::facts::FactIndex;
use crate::json::{Fault, FaultCode, Json, pointer};
use crate::ladder::Rank;
use crate::level::Explain;
use crate::referral::{Indicated, Referral};

pub use lines::{agreement_lines, rating_lines};
pub use results::{Agreed, Answered, OfAgency, OfQuestion, OfVignette, Results, THE_REST};

/// The most vignettes of one round: more than anybody rates with care in a sitting.
pub const MAX_VIGNETTES: usize = 40;
/// Of fewer people nothing is told: what each said would show.
pub const FEWEST_TOLD: usize = 3;

/// An invented child of a round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vignette {
    /// The worked example that it was.
    pub id: String,
    /// What everybody reads.
    pub story: String,
    /// The topics that are raised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concerns: Vec<String>,
    /// The facts as the story means them.
    pub facts: IndexMap<String, Value>,
}

/// A round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// What it is called.
    pub title: String,
    /// The digest of the rules whose questions are asked.
    pub rules: String,
    /// The last day on which it is rated.
    pub until: Date,
    /// The children, in the order in which they are read.
    pub vignettes: Vec<Vignette>,
}

/// How somebody rated one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// Which, by place.
    pub vignette: usize,
    /// Each question's answer; not known where the story does not say.
    pub answers: IndexMap<String, Value>,
    /// The level that they see; none where they cannot say.
    pub level: Option<Rank>,
}

/// A rating, by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rated<'a> {
    /// The person, by an id that is never told.
    pub by: &'a str,
    /// The organisation for which they rate.
    pub organisation: &'a str,
    /// What they said.
    pub rating: &'a Rating,
}

impl Vignette {
    /// A worked example as a vignette: of one child, with a plain answer to each question, and at least one that is
    /// asked.
    pub fn of(example: &ExampleEntry, rules: &RuleSet) -> Option<Self> {
        let facts = example.facts.clone()?;
        // Whoever reads a story is not there to be asked.
        let is_plain = |value: &Value| {
            value.is_boolean() || value.is_i64() || value.as_str().is_some_and(|word| word != "refused")
        };
        let vignette = Self {
            id: example.id.clone(),
            story: example.story.trim().to_owned(),
            concerns: example.concerns.clone(),
            facts,
        };
        let is_one = vignette.facts.values().all(is_plain) && !vignette.asked(rules).is_empty();
        (is_one && vignette.meant(rules).is_ok()).then_some(vignette)
    }

    /// The questions that raters are asked, in the order of the rules; a child's age is told, not asked.
    pub fn asked(&self, rules: &RuleSet) -> Vec<FactIndex> {
        let told = rules.framework().child.age_in_months.as_deref();
        let known = self.facts.keys().filter(|id| told != Some(id.as_str()));
        let mut asked: Vec<FactIndex> = known.filter_map(|id| rules.fact(id)).collect();
        asked.sort_unstable();
        asked
    }

    /// The child's age in months, where it is told.
    pub fn age_in_months(&self, rules: &RuleSet) -> Option<i64> {
        self.facts.get(rules.framework().child.age_in_months.as_deref()?)?.as_i64()
    }

    /// The bounds of the level that the criteria indicate of the facts as they are meant.
    ///
    /// # Errors
    /// When the rules do not take a fact.
    pub fn meant(&self, rules: &RuleSet) -> Result<(Rank, Rank), Vec<Fault>> {
        self.indicated(rules, &IndexMap::new())
    }

    /// The same of the facts with these answers in their place.
    ///
    /// # Errors
    /// When the rules do not take an answer.
    pub fn indicated(&self, rules: &RuleSet, answers: &IndexMap<String, Value>) -> Result<(Rank, Rank), Vec<Fault>> {
        let mut facts: Map<String, Value> = Map::new();
        facts.extend(self.facts.iter().map(|(id, value)| (id.clone(), value.clone())));
        facts.extend(answers.iter().map(|(id, value)| (id.clone(), value.clone())));
        let request = json!({ "concerns": self.concerns, "facts": facts }).to_string();
        let referral = Referral::read(&Json::read(request.as_bytes())?)?;
        match referral.evaluate(rules, Explain::None)? {
            Indicated::Child(of) => Ok((of.at_least.rank, of.at_most.rank)),
            // One child without a reference is never several.
            Indicated::Children { .. } => Ok((Rank::default(), Rank::default())),
        }
    }
}

impl Round {
    /// Everything that is wrong with a rating.
    pub fn wrong(&self, rules: &RuleSet, rating: &Rating) -> Vec<Fault> {
        let Some(vignette) = self.vignettes.get(rating.vignette) else {
            return vec![Fault::new("/vignette", FaultCode::OutOfRange, "this round has no such vignette")];
        };
        let mut faults = Vec::new();
        let asked: Vec<&str> =
            vignette.asked(rules).into_iter().map(|fact| rules.indicators()[fact].id.as_str()).collect();
        for id in asked.iter().filter(|id| !rating.answers.contains_key(**id)) {
            let detail = "answer it, or say that the story does not tell";
            faults.push(Fault::new(pointer("/answers", id), FaultCode::MissingKey, detail));
        }
        for id in rating.answers.keys().filter(|id| !asked.contains(&id.as_str())) {
            faults.push(Fault::new(pointer("/answers", id), FaultCode::UnknownFact, "this is not asked here"));
        }
        if rating.level.is_some_and(|level| rules.ladder().levels().iter().all(|one| one.rank != level)) {
            faults.push(Fault::new("/level", FaultCode::OutOfRange, "the framework has no such level"));
        }
        if faults.is_empty() {
            faults.extend(vignette.indicated(rules, &rating.answers).err().into_iter().flatten());
        }
        faults
    }
}
