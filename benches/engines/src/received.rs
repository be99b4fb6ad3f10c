//! A referral's facts as they are sent, read once and without copies: the reader of the engines that bring none.

use std::fmt::{Formatter, Result as Written};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// An answer as it is sent.
#[derive(Debug, Clone, Copy)]
pub enum Said<'b> {
    YesNo(bool),
    Number(i64),
    Word(&'b str),
}

/// The facts of a referral.
#[derive(serde::Deserialize)]
pub struct Received<'b> {
    #[serde(borrow)]
    pub facts: Facts<'b>,
}

/// Ids and answers, in the order in which they were sent.
pub struct Facts<'b>(pub Vec<(&'b str, Said<'b>)>);

impl<'b> Received<'b> {
    pub fn read(bytes: &'b [u8]) -> Self {
        serde_json::from_slice(bytes).expect("a referral of this benchmark")
    }
}

impl<'de: 'b, 'b> Deserialize<'de> for Facts<'b> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_map(OfFacts)
    }
}

impl<'de: 'b, 'b> Deserialize<'de> for Said<'b> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(OfAnswer)
    }
}

struct OfFacts;

impl<'de> Visitor<'de> for OfFacts {
    type Value = Facts<'de>;

    fn expecting(&self, out: &mut Formatter<'_>) -> Written {
        out.write_str("facts by id")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Facts<'de>, A::Error> {
        let mut facts = Vec::with_capacity(64);
        while let Some(entry) = map.next_entry()? {
            facts.push(entry);
        }
        Ok(Facts(facts))
    }
}

struct OfAnswer;

impl<'de> Visitor<'de> for OfAnswer {
    type Value = Said<'de>;

    fn expecting(&self, out: &mut Formatter<'_>) -> Written {
        out.write_str("an answer")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Said<'de>, E> {
        Ok(Said::YesNo(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Said<'de>, E> {
        Ok(Said::Number(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Said<'de>, E> {
        i64::try_from(value).map(Said::Number).map_err(E::custom)
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Said<'de>, E> {
        Ok(Said::Word(value))
    }
}
