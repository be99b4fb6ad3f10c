//! An engine beside the others: how it takes the rules and a referral, and what it answers.

mod cedar;
mod cel;
mod native;
mod rego;
mod rhai;
mod windscreen;
mod zen;

use std::hint::black_box;

use crate::combine::Answer;
use crate::model::Model;

pub use windscreen::{Windscreen, Work};

/// What is measured.
pub trait Engine {
    /// Reads a referral and keeps its facts in the form that this engine evaluates.
    fn keep(&mut self, bytes: &[u8]);

    /// What a referral that was kept indicates.
    fn answer(&mut self, kept: usize) -> Answer;

    /// The work that is measured of a referral that was kept.
    fn work(&mut self, kept: usize) {
        black_box(self.answer(kept));
    }

    /// From the bytes of a referral to those of an answer.
    fn json_to_json(&mut self, bytes: &[u8]) -> Vec<u8>;
}

/// An engine by its name in the figures, and in words.
pub struct Named {
    pub key: &'static str,
    pub name: &'static str,
    pub engine: Box<dyn Engine>,
}

/// How an engine is made of a rule set, with its name in the figures, and in words.
type Made = (&'static str, &'static str, fn(&Model) -> Box<dyn Engine>);

/// The other engines, the fastest of which is what windscreen is compared with.
const OTHERS: [Made; 7] = [
    ("zen_expression", "zen, compiled expressions", |model| Box::new(zen::Expressions::of(model))),
    ("zen_table", "zen, decision table", |model| Box::new(zen::Table::of(model))),
    ("cel", "cel", |model| Box::new(cel::Cel::of(model))),
    ("rhai", "rhai, one script", |model| Box::new(rhai::Script::of(model))),
    ("cedar", "cedar, a policy a criterion", |model| Box::new(cedar::Cedar::of(model))),
    ("rego", "regorus, bytecode", |model| Box::new(rego::Bytecode::of(model))),
    ("rego_interpreter", "regorus, interpreter", |model| Box::new(rego::Interpreter::of(model))),
];

/// The other engines of which this is asked by name, given a rule set.
pub fn others(model: &Model, is_asked: impl Fn(&str) -> bool) -> Vec<Named> {
    let asked = OTHERS.iter().filter(|(key, ..)| is_asked(key));
    asked.map(|(key, name, of)| Named { key, name, engine: of(model) }).collect()
}

/// The program made by hand, or as by hand, of the one rule set that it was made of.
pub fn native() -> Named {
    Named { key: "native", name: "native, written out", engine: Box::new(native::Native::default()) }
}
