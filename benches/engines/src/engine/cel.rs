//! CEL: every expression compiled once, facts found through a resolver, one context for all.

use std::collections::HashMap;

use cel::common::types::{CelBool, CelInt, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{Context, Program, Value};

use super::Engine;
use crate::combine::{Answer, Combine};
use crate::model::{Model, Raw};
use crate::received::{Received, Said};
use crate::text::{Words, each};

const WORDS: Words = Words {
    and: " && ",
    or: " || ",
    fact: "",
    word: |word| format!("'{word}'"),
    one_of: each,
    given: None,
    given_number: None,
};

pub struct Cel {
    conditions: Vec<Program>,
    context: Context<'static, 'static>,
    places: HashMap<String, usize>,
    /// The least answer of every fact, for what is not said.
    least: Vec<Raw>,
    combine: Combine,
    kept: Vec<Vec<Box<dyn Val>>>,
}

/// The facts of one referral, each at its place.
struct Facts<'f> {
    places: &'f HashMap<String, usize>,
    answers: &'f [Box<dyn Val>],
}

impl VariableResolver for Facts<'_> {
    fn resolve<'b>(&'b self, fact: &str) -> Option<CowVal<'b, 'b>> {
        let place = self.places.get(fact)?;
        Some(CowVal::Borrowed(self.answers[*place].as_ref()))
    }
}

fn value(raw: &Raw) -> Box<dyn Val> {
    match raw {
        Raw::YesNo(value) => Box::new(CelBool::from(*value)),
        Raw::Number(number) => Box::new(CelInt::from(*number)),
        Raw::Word(word) => Box::new(CelString::from(word.clone())),
    }
}

impl Cel {
    pub fn of(model: &Model) -> Self {
        let conditions = WORDS.conditions(model);
        Self {
            conditions: conditions.iter().map(|text| Program::compile(text).expect("an expression")).collect(),
            context: Context::default(),
            places: model.facts.iter().enumerate().map(|(place, fact)| (fact.id.clone(), place)).collect(),
            least: model.facts.iter().map(|fact| fact.answers()[0].clone()).collect(),
            combine: Combine::of(model),
            kept: Vec::new(),
        }
    }

    fn read(&self, bytes: &[u8]) -> Vec<Box<dyn Val>> {
        let mut answers: Vec<Box<dyn Val>> = self.least.iter().map(value).collect();
        for (fact, said) in Received::read(bytes).facts.0 {
            answers[self.places[fact]] = match said {
                Said::YesNo(value) => Box::new(CelBool::from(value)),
                Said::Number(number) => Box::new(CelInt::from(number)),
                Said::Word(word) => Box::new(CelString::from(word.to_owned())),
            };
        }
        answers
    }

    fn of_facts(&self, answers: &[Box<dyn Val>]) -> Answer {
        let facts = Facts { places: &self.places, answers };
        let mut context = self.context.new_inner_scope();
        context.set_variable_resolver(&facts);
        let holds = |condition: &Program| {
            let value = Value::resolve_val(condition.expression(), &context).expect("it is evaluated");
            value.downcast_ref::<CelBool>().is_some_and(|holds| *holds == CelBool::TRUE)
        };
        let found = (0..).zip(&self.conditions).filter(|(_, condition)| holds(condition)).map(|(index, _)| index);
        self.combine.answer(found.collect())
    }
}

impl Engine for Cel {
    fn keep(&mut self, bytes: &[u8]) {
        self.kept.push(self.read(bytes));
    }

    fn answer(&mut self, kept: usize) -> Answer {
        self.of_facts(&self.kept[kept])
    }

    fn json_to_json(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.combine.json(&self.of_facts(&self.read(bytes)))
    }
}
