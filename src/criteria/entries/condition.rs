//! Conditions as written. One key decides what a condition is, so they are read by hand: no guessing among shapes.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::topic::DomainEntry;
use crate::ladder::Rank;

/// A value in a rule file: what a fact can be compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    /// For yes/no facts.
    Bool(bool),
    /// For numbers.
    Number(i64),
    /// An answer of a choice, or `never`.
    Word(String),
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Word(value) => f.write_str(value),
        }
    }
}

/// A condition as written.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionEntry {
    /// Every part holds.
    All(Vec<ConditionEntry>),
    /// Some part holds.
    Any(Vec<ConditionEntry>),
    /// The part does not hold; only round a yes/no fact.
    Not(Box<ConditionEntry>),
    /// A fact is on its side of concern, or a criterion holds.
    Bare(String),
    /// A fact's answer passes a test.
    Fact(String, TestEntry),
    /// Some finding at a level or above.
    Need(NeedEntry),
    /// A fact was answered, and the test holds.
    Stated(Box<ConditionEntry>),
    /// A script answers true.
    Script(ScriptEntry),
}

/// What an answer is compared with; all given parts must hold.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Exactly this answer.
    #[serde(default)]
    pub is: Option<Scalar>,
    /// Any of these answers.
    #[serde(default)]
    pub one_of: Option<Vec<Scalar>>,
    /// This or more (for a choice: in order of concern).
    #[serde(default)]
    pub at_least: Option<Scalar>,
    /// This or less.
    #[serde(default)]
    pub at_most: Option<Scalar>,
    /// More than this.
    #[serde(default)]
    pub above: Option<Scalar>,
    /// Less than this.
    #[serde(default)]
    pub below: Option<Scalar>,
}

/// A test of one fact.
#[derive(Debug, Clone, PartialEq)]
pub enum TestEntry {
    /// `fact: true` or `fact: false`.
    YesNo(bool),
    /// `fact: { at_least: ... }`
    Compare(Comparison),
}

/// Some finding at a level or above.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedEntry {
    /// The level; findings above it count too.
    pub at: Rank,
    /// In these domains only.
    #[serde(default, rename = "in")]
    pub domains: Option<Vec<DomainEntry>>,
    /// Leaves out counts and duties.
    #[serde(default)]
    pub harm: bool,
    /// Leaves out these indicators and criteria.
    #[serde(default)]
    pub besides: Vec<String>,
}

/// A script and the facts it declares to read.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptEntry {
    /// The file `scripts/NAME.rhai`.
    pub name: String,
    /// The facts it reads, and no other.
    pub reads: Vec<String>,
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl Visitor<'_> for ScalarVisitor {
            type Value = Scalar;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an answer: true, false, a whole number or a word")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar::Number(value))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Scalar, E> {
                i64::try_from(value).map(Scalar::Number).map_err(|_| E::custom("the number is too large"))
            }
            fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar::Word(value.to_owned()))
            }
        }
        deserializer.deserialize_any(ScalarVisitor)
    }
}

impl JsonSchema for Scalar {
    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["boolean", "integer", "string"], "description": "An answer." })
    }
}

impl<'de> Deserialize<'de> for TestEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TestVisitor;
        impl<'de> Visitor<'de> for TestVisitor {
            type Value = TestEntry;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`true`, `false`, or a mapping of `is`, `one_of`, `at_least`, `at_most`, `above`, `below`")
            }
            fn visit_bool<E>(self, value: bool) -> Result<TestEntry, E> {
                Ok(TestEntry::YesNo(value))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TestEntry, A::Error> {
                Comparison::deserialize(de::value::MapAccessDeserializer::new(map)).map(TestEntry::Compare)
            }
        }
        deserializer.deserialize_any(TestVisitor)
    }
}

impl<'de> Deserialize<'de> for ConditionEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ConditionVisitor;
        impl<'de> Visitor<'de> for ConditionVisitor {
            type Value = ConditionEntry;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(
                    "a condition: the id of a fact or criterion, or one of `all`, `any`, `not`, `need`, `stated`, \
                     `script`, or `FACT: test`",
                )
            }
            fn visit_str<E>(self, value: &str) -> Result<ConditionEntry, E> {
                Ok(ConditionEntry::Bare(value.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ConditionEntry, A::Error> {
                let Some(key) = map.next_key::<String>()? else {
                    return Err(de::Error::custom("a condition cannot be empty"));
                };
                let condition = match key.as_str() {
                    "all" => ConditionEntry::All(map.next_value()?),
                    "any" => ConditionEntry::Any(map.next_value()?),
                    "not" => ConditionEntry::Not(map.next_value()?),
                    "need" => ConditionEntry::Need(map.next_value()?),
                    "stated" => ConditionEntry::Stated(map.next_value()?),
                    "script" => ConditionEntry::Script(map.next_value()?),
                    _ => ConditionEntry::Fact(key, map.next_value()?),
                };
                match map.next_key::<String>()? {
                    None => Ok(condition),
                    Some(_) => Err(de::Error::custom(
                        "a condition has one key; write `all: [ ... ]` when several things must hold",
                    )),
                }
            }
        }
        deserializer.deserialize_any(ConditionVisitor)
    }
}

impl JsonSchema for ConditionEntry {
    fn schema_name() -> Cow<'static, str> {
        "Condition".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let itself = generator.subschema_for::<Self>();
        let need = generator.subschema_for::<NeedEntry>();
        let script = generator.subschema_for::<ScriptEntry>();
        let comparison = generator.subschema_for::<Comparison>();
        json_schema!({
            "description": "When something holds: the id of a fact or criterion, or exactly one of these keys.",
            "oneOf": [
                { "type": "string", "description": "A fact on its side of concern, or a criterion that holds." },
                {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "properties": {
                        "all": { "type": "array", "items": itself, "minItems": 1 },
                        "any": { "type": "array", "items": itself, "minItems": 1 },
                        "not": itself,
                        "need": need,
                        "stated": itself,
                        "script": script,
                    },
                    "additionalProperties": { "anyOf": [ { "type": "boolean" }, comparison ] },
                },
            ],
        })
    }
}
