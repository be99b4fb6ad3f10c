//! A condition in the words of an engine whose expressions have and, or, and comparisons.

use crate::model::{Condition, Model, Raw, Test};

/// How an engine writes things.
pub struct Words {
    pub and: &'static str,
    pub or: &'static str,
    /// Before the id of a fact.
    pub fact: &'static str,
    /// A word, as it is quoted.
    pub word: fn(&str) -> String,
    /// Whether the fact `f` has one of these.
    pub one_of: fn(&str, &[String]) -> String,
    /// What stands before a test of a fact that may not be there, when the test alone would be an error.
    pub given: Option<fn(&str) -> String>,
    /// The same for numbers alone.
    pub given_number: Option<fn(&str) -> String>,
}

impl Words {
    pub fn condition(&self, condition: &Condition) -> String {
        let joined = |parts: &[Condition], word: &str| match parts {
            [part] => self.condition(part),
            _ => format!("({})", parts.iter().map(|part| self.condition(part)).collect::<Vec<_>>().join(word)),
        };
        match condition {
            Condition::All(parts) => joined(parts, self.and),
            Condition::Any(parts) => joined(parts, self.or),
            Condition::Test(id, test) => self.test(id, test),
            Condition::Not(part) => match part.as_ref() {
                // Round a yes/no test alone, and where nothing was said it must not hold.
                Condition::Test(id, Test::YesNo(value)) => self.test(id, &Test::YesNo(!value)),
                other => unreachable!("{other:?} is not drawn"),
            },
            Condition::Bare(_) | Condition::Need(_) | Condition::Stated(_) | Condition::Script(_) => {
                unreachable!("{condition:?} is not drawn")
            }
        }
    }

    fn test(&self, id: &str, test: &Test) -> String {
        let fact = format!("{}{id}", self.fact);
        let (text, number) = match test {
            Test::YesNo(value) => (format!("{fact} == {value}"), false),
            Test::Is(value) => (format!("{fact} == {}", self.raw(value)), matches!(value, Raw::Number(_))),
            Test::OneOf(values) => {
                let values: Vec<String> = values.iter().map(|value| self.raw(value)).collect();
                ((self.one_of)(&fact, &values), false)
            }
            Test::AtLeast(value) => (format!("{fact} >= {}", self.raw(value)), true),
            Test::AtMost(value) => (format!("{fact} <= {}", self.raw(value)), true),
            Test::Above(value) => (format!("{fact} > {}", self.raw(value)), true),
            Test::Below(value) => (format!("{fact} < {}", self.raw(value)), true),
        };
        let given = if number { self.given_number.or(self.given) } else { self.given };
        match given {
            Some(given) => format!("({}{}{text})", given(id), self.and),
            None => format!("({text})"),
        }
    }

    fn raw(&self, raw: &Raw) -> String {
        match raw {
            Raw::YesNo(value) => value.to_string(),
            Raw::Number(number) => number.to_string(),
            Raw::Word(word) => (self.word)(word),
        }
    }

    /// Every criterion's condition.
    pub fn conditions(&self, model: &Model) -> Vec<String> {
        model.criteria.iter().map(|criterion| self.condition(&criterion.when)).collect()
    }
}

/// A comparison with each, for an engine in which that is faster than a list.
pub fn each(fact: &str, values: &[String]) -> String {
    let each: Vec<String> = values.iter().map(|value| format!("{fact} == {value}")).collect();
    format!("({})", each.join(" || "))
}
