//! Strict JSON: what a partner sends, read so that nothing in it is lost, repeated or guessed.
//!
//! A duplicate key, trailing bytes, a number that is not a whole number, or nesting past the limit is a fault with
//! its pointer. The tree keeps the order of keys. Nothing of a value is echoed in a fault.

mod code;

use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

pub use code::FaultCode;

/// What a partner's JSON may nest; the deepest thing we define nests 6.
pub const MAX_DEPTH: usize = 16;
/// A body or a batch line of this size holds every fact we define several times over.
pub const MAX_BYTES: usize = 64 * 1024;

/// Something wrong with a request: where, what, and what was probably meant. It never repeats a fact about a child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// JSON Pointer (RFC 6901) into the request.
    pub pointer: String,
    /// A stable code in words.
    pub code: FaultCode,
    /// One sentence for the caller's developer.
    pub detail: String,
    /// The nearest known name, or what to send instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

impl Fault {
    /// A fault at a pointer.
    pub fn new(pointer: impl Into<String>, code: FaultCode, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into(), suggestion: None }
    }

    /// The same, with the nearest known name where one is near.
    #[must_use]
    pub fn suggest<'a>(mut self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        self.suggestion = crate::diagnostic::nearest(word, known).map(str::to_owned);
        self
    }

    /// The same, saying what to send instead.
    #[must_use]
    pub fn instead(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }
}

/// A JSON value as sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or beyond 64 bits; never what a fact takes.
    OtherNumber,
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object; keys in the order sent, each once.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one JSON value and nothing else.
    ///
    /// # Errors
    /// Every duplicate key with its pointer; or the one place where the text stops being JSON.
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<Fault>> {
        if bytes.len() > MAX_BYTES {
            let detail = format!("the body is {} bytes; at most {MAX_BYTES} are read", bytes.len());
            return Err(vec![Fault::new("", FaultCode::TooLarge, detail)]);
        }
        let mut faults = Vec::new();
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let seed = Reader { at: &Step::Top, depth: 0, faults: &mut faults };
        let read = seed.deserialize(&mut deserializer).and_then(|json| deserializer.end().map(|()| json));
        match read {
            Ok(json) if faults.is_empty() => Ok(json),
            Ok(_) => Err(faults),
            Err(error) => {
                // serde_json's own text may quote the value it stopped at, so only the place is passed on.
                let detail = match error.classify() {
                    serde_json::error::Category::Eof => "the JSON ends before it is complete",
                    _ if error.to_string().starts_with("nested deeper") => "the JSON is nested deeper than 16 levels",
                    _ if error.to_string().starts_with("trailing") => "there is something after the JSON value",
                    _ => "this is not JSON",
                };
                let place = format!("{detail} (line {}, column {})", error.line(), error.column());
                faults.push(Fault::new("", FaultCode::NotJson, place));
                Err(faults)
            }
        }
    }

    /// What kind of value this is, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Integer(_) => "a whole number",
            Self::OtherNumber => "a number that is not whole",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// One more step of a JSON pointer, escaped.
pub fn pointer(parent: &str, step: &str) -> String {
    let mut pointer = String::with_capacity(parent.len() + 1 + step.len());
    pointer.push_str(parent);
    pointer.push('/');
    for letter in step.chars() {
        match letter {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            letter => pointer.push(letter),
        }
    }
    pointer
}

/// Where a value stands; written out as a pointer only where something is wrong.
enum Step<'a> {
    Top,
    Key(&'a Step<'a>, &'a str),
    Place(&'a Step<'a>, usize),
}

impl Step<'_> {
    fn pointer(&self) -> String {
        match self {
            Self::Top => String::new(),
            Self::Key(before, key) => pointer(&before.pointer(), key),
            Self::Place(before, place) => format!("{}/{place}", before.pointer()),
        }
    }
}

struct Reader<'a> {
    at: &'a Step<'a>,
    depth: usize,
    faults: &'a mut Vec<Fault>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Json;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        if self.depth > MAX_DEPTH {
            return Err(D::Error::custom("nested deeper"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(i64::try_from(value).map_or(Json::OtherNumber, Json::Integer))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::OtherNumber)
    }
    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        loop {
            let at = Step::Place(self.at, list.len());
            let seed = Reader { at: &at, depth: self.depth + 1, faults: &mut *self.faults };
            match seq.next_element_seed(seed)? {
                Some(item) => list.push(item),
                None => return Ok(Json::List(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries: IndexMap<String, Json> = IndexMap::new();
        while let Some(key) = map.next_key::<String>()? {
            let at = Step::Key(self.at, &key);
            let again = entries.contains_key(&key);
            if again {
                let detail = "this key is given twice; which one holds cannot be told";
                self.faults.push(Fault::new(at.pointer(), FaultCode::DuplicateKey, detail));
            }
            let value = map.next_value_seed(Reader { at: &at, depth: self.depth + 1, faults: &mut *self.faults })?;
            if !again {
                entries.insert(key, value);
            }
        }
        Ok(Json::Object(entries.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (String, FaultCode) {
        let faults = Json::read(text.as_bytes()).unwrap_err();
        (faults[0].pointer.clone(), faults[0].code)
    }

    #[test]
    fn refuses_what_is_not_strict() {
        assert_eq!(fault(r#"{"a":{"b":1,"b":2}}"#), ("/a/b".into(), FaultCode::DuplicateKey));
        assert_eq!(fault(r#"{"a/b":1,"a/b":2}"#), ("/a~1b".into(), FaultCode::DuplicateKey));
        assert_eq!(fault("{} {}"), (String::new(), FaultCode::NotJson));
        assert_eq!(fault("{"), (String::new(), FaultCode::NotJson));
        assert_eq!(fault(&"[".repeat(40)), (String::new(), FaultCode::NotJson));
        assert_eq!(fault(&format!("\"{}\"", "x".repeat(MAX_BYTES))), (String::new(), FaultCode::TooLarge));
        assert_eq!(fault("{\"a\": tru}"), (String::new(), FaultCode::NotJson));
        assert_eq!(fault("\u{feff}{}"), (String::new(), FaultCode::NotJson));
    }

    #[test]
    fn every_duplicate_is_told_at_once() {
        let faults = Json::read(br#"{"a":1,"a":2,"l":[{"x":1,"x":1}]}"#).unwrap_err();
        assert_eq!(faults.iter().map(|f| f.pointer.as_str()).collect::<Vec<_>>(), ["/a", "/l/0/x"]);
    }

    #[test]
    fn numbers_are_whole_or_said_not_to_be() {
        let json = Json::read(b"[1, 1.0, 1e3, 9223372036854775808, -5]").unwrap();
        let other = Json::OtherNumber;
        assert_eq!(json, Json::List(vec![Json::Integer(1), other.clone(), other.clone(), other, Json::Integer(-5)]));
    }

    #[test]
    fn a_fault_never_repeats_a_value() {
        let text = format!("{:?}", Json::read(br#"{"name": "Ada Lovelace", "name": "Ada" oops"#).unwrap_err());
        assert!(!text.contains("Ada"), "{text}");
    }
}
