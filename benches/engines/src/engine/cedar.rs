//! Cedar: each criterion is a policy that permits; the policies that determined the answer are the criteria that hold.

use std::collections::HashMap;
use std::str::FromStr;

use cedar_policy::{
    Authorizer, Context, Entities, EntityUid, Policy, PolicyId, PolicySet, Request, RestrictedExpression,
};

use super::Engine;
use crate::combine::{Answer, Combine};
use crate::model::Model;
use crate::received::{Received, Said};
use crate::text::{Words, each};

const WORDS: Words = Words {
    and: " && ",
    or: " || ",
    fact: "context.",
    word: |word| format!("\"{word}\""),
    one_of: each,
    given: Some(|fact| format!("context has {fact}")),
    given_number: None,
};

pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    nobody: EntityUid,
    places: HashMap<PolicyId, u16>,
    combine: Combine,
    kept: Vec<Request>,
}

impl Cedar {
    pub fn of(model: &Model) -> Self {
        let conditions = WORDS.conditions(model);
        let policy = |(index, when): (usize, &String)| {
            let text = format!("permit(principal, action, resource) when {{ {when} }};");
            Policy::parse(Some(PolicyId::new(index.to_string())), text).expect("a policy")
        };
        let policies = PolicySet::from_policies(conditions.iter().enumerate().map(policy)).expect("policies");
        let place = |policy: &Policy| (policy.id().clone(), policy.id().to_string().parse().expect("a number"));
        Self {
            authorizer: Authorizer::new(),
            places: policies.policies().map(place).collect(),
            policies,
            entities: Entities::empty(),
            nobody: EntityUid::from_str(r#"Nobody::"1""#).expect("a name"),
            combine: Combine::of(model),
            kept: Vec::new(),
        }
    }

    fn read(&self, bytes: &[u8]) -> Request {
        let facts = Received::read(bytes).facts.0.into_iter().map(|(fact, said)| {
            let value = match said {
                Said::YesNo(value) => RestrictedExpression::new_bool(value),
                Said::Number(number) => RestrictedExpression::new_long(number),
                Said::Word(word) => RestrictedExpression::new_string(word.to_owned()),
            };
            (fact.to_owned(), value)
        });
        let context = Context::from_pairs(facts).expect("facts");
        let nobody = || self.nobody.clone();
        Request::new(nobody(), nobody(), nobody(), context, None).expect("a request")
    }

    fn of_request(&self, request: &Request) -> Answer {
        let response = self.authorizer.is_authorized(request, &self.policies, &self.entities);
        debug_assert!(response.diagnostics().errors().next().is_none());
        let mut found: Vec<u16> = response.diagnostics().reason().map(|policy| self.places[policy]).collect();
        found.sort_unstable();
        self.combine.answer(found)
    }
}

impl Engine for Cedar {
    fn keep(&mut self, bytes: &[u8]) {
        self.kept.push(self.read(bytes));
    }

    fn answer(&mut self, kept: usize) -> Answer {
        self.of_request(&self.kept[kept])
    }

    fn json_to_json(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.combine.json(&self.of_request(&self.read(bytes)))
    }
}
