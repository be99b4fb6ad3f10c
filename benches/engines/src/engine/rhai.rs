//! The rules as one script of rhai, compiled once and optimised; every fact is a variable of its scope.

use std::collections::HashMap;
use std::fmt::Write as _;

use rhai::packages::{CorePackage, Package};
use rhai::{AST, Dynamic, Engine as Rhai, ImmutableString, OptimizationLevel, Scope};

use super::Engine;
use crate::combine::{Answer, Combine};
use crate::model::{Model, Raw};
use crate::received::{Received, Said};
use crate::text::{Words, each};

const WORDS: Words = Words {
    and: " && ",
    or: " || ",
    fact: "",
    word: |word| format!("\"{word}\""),
    one_of: each,
    given: None,
    given_number: None,
};

pub struct Script {
    engine: Rhai,
    script: AST,
    places: HashMap<String, usize>,
    least: Scope<'static>,
    /// How many numbers hold what was found, a bit a criterion.
    numbers: usize,
    combine: Combine,
    kept: Vec<Scope<'static>>,
}

impl Script {
    pub fn of(model: &Model) -> Self {
        let mut engine = Rhai::new_raw();
        engine.register_global_module(CorePackage::new().as_shared_module());
        engine.set_max_expr_depths(0);
        engine.set_optimization_level(OptimizationLevel::Full);
        let numbers = model.criteria.len().div_ceil(62);
        let mut text = String::new();
        for (index, condition) in WORDS.conditions(model).iter().enumerate() {
            let _ = writeln!(text, "if {condition} {{ found_{} += {}; }}", index / 62, 1_u64 << (index % 62));
        }
        let script = engine.compile(text).expect("a script");
        let mut least = Scope::new();
        for fact in &model.facts {
            match &fact.answers()[0] {
                Raw::YesNo(value) => least.push(fact.id.clone(), *value),
                Raw::Number(number) => least.push(fact.id.clone(), *number),
                Raw::Word(word) => least.push(fact.id.clone(), ImmutableString::from(word.as_str())),
            };
        }
        for number in 0..numbers {
            least.push(format!("found_{number}"), 0_i64);
        }
        let places = model.facts.iter().enumerate().map(|(place, fact)| (fact.id.clone(), place)).collect();
        Self { engine, script, places, least, numbers, combine: Combine::of(model), kept: Vec::new() }
    }

    fn read(&self, bytes: &[u8]) -> Scope<'static> {
        let mut scope = self.least.clone();
        for (fact, said) in Received::read(bytes).facts.0 {
            debug_assert!(self.places.contains_key(fact));
            let value = match said {
                Said::YesNo(value) => Dynamic::from_bool(value),
                Said::Number(number) => Dynamic::from_int(number),
                Said::Word(word) => Dynamic::from(ImmutableString::from(word)),
            };
            scope.set_or_push(fact, value);
        }
        scope
    }
}

fn of_scope(engine: &Rhai, script: &AST, numbers: usize, combine: &Combine, scope: &mut Scope<'static>) -> Answer {
    engine.run_ast_with_scope(scope, script).expect("it runs");
    let mut found = Vec::new();
    for number in 0..numbers {
        let name = format!("found_{number}");
        let mut bits = scope.get_value::<i64>(&name).expect("a number");
        while bits != 0 {
            found.push(u16::try_from(number * 62).expect("few criteria") + bits.trailing_zeros() as u16);
            bits &= bits - 1;
        }
        scope.set_value(name, 0_i64);
    }
    combine.answer(found)
}

impl Engine for Script {
    fn keep(&mut self, bytes: &[u8]) {
        self.kept.push(self.read(bytes));
    }

    fn answer(&mut self, kept: usize) -> Answer {
        of_scope(&self.engine, &self.script, self.numbers, &self.combine, &mut self.kept[kept])
    }

    fn json_to_json(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut scope = self.read(bytes);
        self.combine.json(&of_scope(&self.engine, &self.script, self.numbers, &self.combine, &mut scope))
    }
}
