//! GoRules ZEN: every expression compiled once and run in one machine; and as a decision table, compiled, all hits.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use serde_json::json;
use zen_engine::Decision;
use zen_engine::model::DecisionContent;
use zen_expression::expression::Standard;
use zen_expression::vm::VM;
use zen_expression::{Expression, Variable, compile_expression};

use super::Engine;
use crate::combine::{Answer, Combine};
use crate::model::Model;
use crate::text::Words;

const WORDS: Words = Words {
    and: " and ",
    or: " or ",
    fact: "",
    word: |word| format!("'{word}'"),
    one_of: |fact, values| {
        let each: Vec<String> = values.iter().map(|value| format!("{fact} == {value}")).collect();
        format!("({})", each.join(" or "))
    },
    given: None,
    // To compare nothing with a number is an error.
    given_number: Some(|fact| format!("{fact} != null")),
};

/// The facts of a referral, as a map of the engine's own.
fn read(bytes: &[u8]) -> Variable {
    let whole: Variable = serde_json::from_slice(bytes).expect("a referral");
    whole.dot("facts").expect("facts")
}

pub struct Expressions {
    conditions: Vec<Expression<Standard>>,
    machine: VM,
    combine: Combine,
    kept: Vec<Variable>,
}

impl Expressions {
    pub fn of(model: &Model) -> Self {
        let conditions = WORDS.conditions(model);
        let compiled = conditions.iter().map(|text| compile_expression(text).expect("an expression"));
        Self { conditions: compiled.collect(), machine: VM::new(), combine: Combine::of(model), kept: Vec::new() }
    }

    fn of_facts(&mut self, facts: &Variable) -> Answer {
        let mut found = Vec::new();
        for (index, condition) in (0..).zip(&self.conditions) {
            let holds = condition.evaluate_with(facts.clone(), &mut self.machine).expect("it is evaluated");
            if holds.as_bool() == Some(true) {
                found.push(index);
            }
        }
        self.combine.answer(found)
    }
}

impl Engine for Expressions {
    fn keep(&mut self, bytes: &[u8]) {
        self.kept.push(read(bytes));
    }

    fn answer(&mut self, kept: usize) -> Answer {
        let facts = self.kept[kept].clone();
        self.of_facts(&facts)
    }

    fn json_to_json(&mut self, bytes: &[u8]) -> Vec<u8> {
        let answer = self.of_facts(&read(bytes));
        self.combine.json(&answer)
    }
}

pub struct Table {
    decision: Decision,
    combine: Combine,
    kept: Vec<Variable>,
}

impl Table {
    pub fn of(model: &Model) -> Self {
        let rules = WORDS.conditions(model).into_iter().enumerate();
        let rules =
            rules.map(|(index, when)| json!({ "_id": index.to_string(), "when": when, "found": index.to_string() }));
        let content = json!({
            "nodes": [
                { "id": "in", "name": "in", "type": "inputNode" },
                { "id": "table", "name": "table", "type": "decisionTableNode", "content": {
                    "hitPolicy": "collect",
                    "inputs": [{ "id": "when", "name": "when" }],
                    "outputs": [{ "id": "found", "name": "found", "field": "found" }],
                    "rules": rules.collect::<Vec<_>>(),
                } },
                { "id": "out", "name": "out", "type": "outputNode" },
            ],
            "edges": [
                { "id": "a", "sourceId": "in", "targetId": "table" },
                { "id": "b", "sourceId": "table", "targetId": "out" },
            ],
        });
        let content: DecisionContent = serde_json::from_value(content).expect("a decision");
        let mut decision = Decision::from(Arc::new(content));
        decision.compile();
        Self { decision, combine: Combine::of(model), kept: Vec::new() }
    }

    fn of_facts(&self, facts: Variable) -> Answer {
        let evaluated = pin!(self.decision.evaluate(facts));
        // Nothing in it waits.
        let Poll::Ready(response) = evaluated.poll(&mut Context::from_waker(Waker::noop())) else {
            unreachable!("a table waits for nothing")
        };
        let hits = response.expect("it is evaluated").result.as_array().expect("a list of hits");
        let hits = hits.borrow();
        let number = |hit: &Variable| hit.dot("found").and_then(|found| u16::try_from(found.as_number()?).ok());
        self.combine.answer(hits.iter().map(|hit| number(hit).expect("a criterion")).collect())
    }
}

impl Engine for Table {
    fn keep(&mut self, bytes: &[u8]) {
        self.kept.push(read(bytes));
    }

    fn answer(&mut self, kept: usize) -> Answer {
        self.of_facts(self.kept[kept].clone())
    }

    fn json_to_json(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.combine.json(&self.of_facts(read(bytes)))
    }
}
