//! Rego by regorus: the rules as one policy, compiled to bytecode once and run in one machine; and interpreted.

use std::fmt::Write as _;
use std::sync::Arc;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine as Regorus, Value};

use super::Engine;
use crate::combine::{Answer, Combine};
use crate::model::{Condition, Model, Raw, Test};

const FOUND: &str = "data.rules.found";

/// The policy: a set of the criteria that hold; an `any` within is a rule of its own, for Rego has no other or.
fn policy(model: &Model) -> String {
    let mut text = String::from("package rules\nimport rego.v1\n");
    for (index, criterion) in model.criteria.iter().enumerate() {
        let alternatives = match &criterion.when {
            Condition::Any(parts) => parts.iter().collect(),
            other => vec![other],
        };
        for alternative in alternatives {
            let mut lines = String::new();
            body(alternative, &format!("part_{index}"), &mut lines, &mut text);
            let _ = writeln!(text, "found contains {index} if {{ {} }}", lines.trim_end_matches("; "));
        }
    }
    text
}

/// A condition as the lines of a rule's body; rules that it needs are written before.
fn body(condition: &Condition, name: &str, lines: &mut String, text: &mut String) {
    match condition {
        Condition::All(parts) => {
            for (index, part) in parts.iter().enumerate() {
                body(part, &format!("{name}_{index}"), lines, text);
            }
        }
        Condition::Any(parts) => {
            for part in parts {
                let mut inner = String::new();
                body(part, &format!("{name}_or"), &mut inner, text);
                let _ = writeln!(text, "{name} if {{ {} }}", inner.trim_end_matches("; "));
            }
            let _ = write!(lines, "{name}; ");
        }
        Condition::Test(id, test) => {
            let _ = write!(lines, "input.{id} {}; ", comparison(test));
        }
        Condition::Not(part) => match part.as_ref() {
            Condition::Test(id, Test::YesNo(value)) => {
                let _ = write!(lines, "input.{id} == {}; ", !value);
            }
            other => unreachable!("{other:?} is not drawn"),
        },
        Condition::Bare(_) | Condition::Need(_) | Condition::Stated(_) | Condition::Script(_) => {
            unreachable!("{condition:?} is not drawn")
        }
    }
}

fn comparison(test: &Test) -> String {
    let raw = |raw: &Raw| match raw {
        Raw::YesNo(value) => value.to_string(),
        Raw::Number(number) => number.to_string(),
        Raw::Word(word) => format!("\"{word}\""),
    };
    match test {
        Test::YesNo(value) => format!("== {value}"),
        Test::Is(value) => format!("== {}", raw(value)),
        Test::OneOf(values) => format!("in {{{}}}", values.iter().map(raw).collect::<Vec<_>>().join(", ")),
        Test::AtLeast(value) => format!(">= {}", raw(value)),
        Test::AtMost(value) => format!("<= {}", raw(value)),
        Test::Above(value) => format!("> {}", raw(value)),
        Test::Below(value) => format!("< {}", raw(value)),
    }
}

fn engine(model: &Model) -> Regorus {
    let mut engine = Regorus::new();
    engine.add_policy("rules.rego".to_owned(), policy(model)).expect("a policy");
    engine
}

fn read(bytes: &[u8]) -> Value {
    let whole = Value::from_json_str(std::str::from_utf8(bytes).expect("text")).expect("a referral");
    whole["facts"].clone()
}

fn found(value: &Value) -> Vec<u16> {
    let Ok(set) = value.as_set() else { return Vec::new() };
    let number = |criterion: &Value| u16::try_from(criterion.as_u64().expect("a number")).expect("a criterion");
    set.iter_sorted().map(number).collect()
}

pub struct Bytecode {
    machine: RegoVM,
    combine: Combine,
    kept: Vec<Value>,
}

impl Bytecode {
    pub fn of(model: &Model) -> Self {
        let compiled = engine(model).compile_with_entrypoint(&FOUND.into()).expect("compiled");
        let program = Compiler::compile_from_policy(&compiled, &[FOUND]).expect("bytecode");
        let mut machine = RegoVM::new();
        machine.set_max_instructions(usize::MAX);
        machine.load_program(Arc::clone(&program));
        Self { machine, combine: Combine::of(model), kept: Vec::new() }
    }

    fn of_facts(&mut self, facts: Value) -> Answer {
        self.machine.set_input(facts);
        let value = self.machine.execute().expect("it runs");
        self.combine.answer(found(&value))
    }
}

impl Engine for Bytecode {
    fn keep(&mut self, bytes: &[u8]) {
        self.kept.push(read(bytes));
    }

    fn answer(&mut self, kept: usize) -> Answer {
        self.of_facts(self.kept[kept].clone())
    }

    fn json_to_json(&mut self, bytes: &[u8]) -> Vec<u8> {
        let answer = self.of_facts(read(bytes));
        self.combine.json(&answer)
    }
}

pub struct Interpreter {
    engine: Regorus,
    combine: Combine,
    kept: Vec<Value>,
}

impl Interpreter {
    pub fn of(model: &Model) -> Self {
        Self { engine: engine(model), combine: Combine::of(model), kept: Vec::new() }
    }

    fn of_facts(&mut self, facts: Value) -> Answer {
        self.engine.set_input(facts);
        let value = self.engine.eval_rule(FOUND.to_owned()).expect("it runs");
        self.combine.answer(found(&value))
    }
}

impl Engine for Interpreter {
    fn keep(&mut self, bytes: &[u8]) {
        self.kept.push(read(bytes));
    }

    fn answer(&mut self, kept: usize) -> Answer {
        self.of_facts(self.kept[kept].clone())
    }

    fn json_to_json(&mut self, bytes: &[u8]) -> Vec<u8> {
        let answer = self.of_facts(read(bytes));
        self.combine.json(&answer)
    }
}
