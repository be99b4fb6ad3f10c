//! One child's request read at once: from bytes to facts, with nothing between that would be kept.
//!
//! Most of what partners send is one child's facts in the plain form. That is read here in one go, without a tree and
//! without a word copied; anything else, and everything that is wrong, is left to `Referral::read`, which tells it in
//! full. What is read here is read as it would be there; a test holds the two together.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{Indicated, request::MAX_TEXT};
use crate::criteria::RuleSet;
use crate::facts::{Answer, FactIndex, Facts, Scope};
use crate::json::MAX_BYTES;
use crate::level::{Explain, evaluate};

/// A request of one child, as a rule set reads it.
#[derive(Debug)]
pub struct AtOnce {
    /// When it was received; starts the clock.
    pub received_at: Option<Timestamp>,
    /// How much explanation is wanted.
    pub explain: Option<Explain>,
    /// The sender's own reference of the referral.
    pub reference: Option<String>,
    /// What was said.
    pub facts: Facts,
}

impl AtOnce {
    /// Reads a request of one child in the plain form, for this rule set; nothing when it is anything else.
    pub fn read(bytes: &[u8], rules: &RuleSet) -> Option<Self> {
        if bytes.len() > MAX_BYTES {
            return None;
        }
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let request = deserializer.deserialize_map(Request(rules)).ok()?;
        deserializer.end().ok().map(|()| request)
    }

    /// Evaluates it under the rule set that read it.
    pub fn evaluate<'r>(&self, rules: &'r RuleSet, explain: Explain) -> Indicated<'r> {
        let evaluation = evaluate(rules, &self.facts, self.explain.unwrap_or(explain));
        Indicated::Child(Box::new(match self.received_at {
            None => evaluation,
            Some(at) => evaluation.received_at(rules, at),
        }))
    }
}

/// Anything that is not the plain form; nobody reads it, for all of it is read again.
fn not_plain<E: Error>() -> E {
    E::custom("not the plain form")
}

/// A word, borrowed where nothing in it is escaped.
struct Word<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Word<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsText;
        impl<'de> Visitor<'de> for AsText {
            type Value = Word<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_borrowed_str<E>(self, word: &'de str) -> Result<Self::Value, E> {
                Ok(Word(Cow::Borrowed(word)))
            }
            fn visit_str<E>(self, word: &str) -> Result<Self::Value, E> {
                Ok(Word(Cow::Owned(word.to_owned())))
            }
        }
        deserializer.deserialize_str(AsText)
    }
}

/// The whole request.
struct Request<'r>(&'r RuleSet);

impl<'de> Visitor<'de> for Request<'_> {
    type Value = AtOnce;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AtOnce, A::Error> {
        let rules = self.0;
        let (mut received_at, mut explain, mut rule_set, mut reference) = (None, None, None, None);
        let (mut concerns, mut scope, mut facts) = (None, None, None);
        while let Some(key) = map.next_key::<Word<'_>>()? {
            // A key that is given twice is not plain.
            let again = match &*key.0 {
                "facts" => facts.replace(map.next_value_seed(Said(rules))?).is_some(),
                "concerns" => concerns.replace(map.next_value_seed(Concerns(rules))?).is_some(),
                "explain" => explain.replace(explained(&map.next_value::<Word<'_>>()?)?).is_some(),
                "scope" => scope.replace(scoped(&map.next_value::<Word<'_>>()?)?).is_some(),
                "received_at" => received_at.replace(map.next_value::<Word<'_>>()?).is_some(),
                "rule_set" => rule_set.replace(map.next_value::<Word<'_>>()?).is_some(),
                "ref" => reference.replace(map.next_value::<Word<'_>>()?).is_some(),
                _ => true,
            };
            if again {
                return Err(not_plain());
            }
        }
        let is_short = |word: &Option<Word<'_>>| word.as_ref().is_none_or(|word| word.0.len() <= MAX_TEXT);
        let is_this = rule_set.as_ref().is_none_or(|pin: &Word<'_>| pin.0 == rules.id().digest);
        let mut facts: Facts = facts.filter(|_| is_this).ok_or_else(not_plain)?;
        if !is_short(&received_at) || !is_short(&reference) {
            return Err(not_plain());
        }
        facts.raised = concerns.unwrap_or_default();
        facts.scope = scope.unwrap_or_default();
        let received_at = received_at.map(|at| at.0.parse().map_err(|_| not_plain())).transpose()?;
        Ok(AtOnce { received_at, explain, reference: reference.map(|reference| reference.0.into_owned()), facts })
    }
}

fn explained<E: Error>(word: &Word<'_>) -> Result<Explain, E> {
    match &*word.0 {
        "none" => Ok(Explain::None),
        "summary" => Ok(Explain::Summary),
        "full" => Ok(Explain::Full),
        _ => Err(not_plain()),
    }
}

fn scoped<E: Error>(word: &Word<'_>) -> Result<Scope, E> {
    match &*word.0 {
        "referral" => Ok(Scope::Referral),
        "all" => Ok(Scope::All),
        _ => Err(not_plain()),
    }
}

/// The topics that are raised.
struct Concerns<'r>(&'r RuleSet);

impl<'de> DeserializeSeed<'de> for Concerns<'_> {
    type Value = crate::facts::TopicSet;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Concerns<'_> {
    type Value = crate::facts::TopicSet;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("topics")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut raised = Self::Value::EMPTY;
        while let Some(word) = seq.next_element::<Word<'_>>()? {
            let topic = self.0.topics.iter().position(|topic| topic.id == word.0);
            raised.insert(topic.ok_or_else(not_plain)?);
        }
        Ok(raised)
    }
}

/// The facts of a child.
struct Said<'r>(&'r RuleSet);

impl<'de> DeserializeSeed<'de> for Said<'_> {
    type Value = Facts;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Facts, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Said<'_> {
    type Value = Facts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("facts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Facts, A::Error> {
        let rules = self.0;
        let mut facts = Facts::nothing_said(rules.indicators.len());
        while let Some(id) = map.next_key::<Word<'_>>()? {
            let fact = rules.fact(&id.0).filter(|fact| !facts.spoken_of().contains(*fact));
            let fact = fact.ok_or_else(not_plain)?;
            map.next_value_seed(OneAnswer { rules, fact, facts: &mut facts })?;
        }
        Ok(facts)
    }
}

/// One answer, which goes where it belongs.
struct OneAnswer<'r> {
    rules: &'r RuleSet,
    fact: FactIndex,
    facts: &'r mut Facts,
}

impl OneAnswer<'_> {
    fn set<E: Error>(self, answer: &Answer) -> Result<(), E> {
        let class = self.rules.indicators[self.fact].class_of(answer).map_err(|_| not_plain())?;
        self.facts.set(self.fact, class);
        if let Answer::Number(number) = answer {
            self.facts.numbers.push((self.fact, *number));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for OneAnswer<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OneAnswer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.facts.said_not_known.insert(self.fact);
        Ok(())
    }

    fn visit_bool<E: Error>(self, answer: bool) -> Result<(), E> {
        self.set(&Answer::YesNo(answer))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.set(&Answer::Number(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.visit_i64(i64::try_from(number).map_err(|_| not_plain())?)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<(), E> {
        match (word, self.rules.indicators[self.fact].class_of_word(word)) {
            ("not_known", _) => self.facts.said_not_known.insert(self.fact),
            (_, Some(class)) => self.facts.set(self.fact, class),
            ("refused", None) => self.facts.said_refused.insert(self.fact),
            (_, None) => return Err(not_plain()),
        }
        Ok(())
    }
}
