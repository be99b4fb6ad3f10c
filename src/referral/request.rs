//! The request of an evaluation, read strictly: every fault at once, each with its pointer, nothing coerced and
//! nothing echoed.

use jiff::civil::Date;
use jiff::{Timestamp, Unit};

use crate::facts::{Answer, Answers, Said, Scope};
use crate::json::{Fault, FaultCode, Json, pointer};
use crate::level::Explain;

/// More children than any one referral names.
pub const MAX_CHILDREN: usize = 50;

/// A word or a reference has at most so many bytes.
pub(super) const MAX_TEXT: usize = 200;

/// What was said, before any rule set reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Referral {
    /// When it was received; starts the clock.
    pub received_at: Option<Timestamp>,
    /// How much explanation is wanted.
    pub explain: Option<Explain>,
    /// The digest that the caller insists on.
    pub rule_set: Option<String>,
    /// The sender's own reference of the referral.
    pub reference: Option<String>,
    /// What holds for every child, when there are several.
    pub household: Option<Answers>,
    /// The children; exactly one unless `household` or `children` was sent.
    pub children: Vec<Child>,
}

/// One child of a referral.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Child {
    /// The sender's own reference of the child.
    pub reference: Option<String>,
    /// What was said about this child.
    pub answers: Answers,
    /// When the child was born.
    pub date_of_birth: Option<Date>,
    /// When the baby is due.
    pub due_date: Option<Date>,
    /// Where in the request this child stands.
    pub at: String,
}

impl Child {
    /// The age in completed months at a moment, as the dates tell it; below nought of an unborn child.
    pub fn age_in_months(&self, at: Timestamp) -> Option<i64> {
        let today = at.in_tz("Europe/London").ok()?.date();
        match (self.date_of_birth, self.due_date) {
            (Some(born), _) => {
                let age = born.until((Unit::Month, today)).ok()?;
                Some(i64::from(age.get_years()) * 12 + i64::from(age.get_months()))
            }
            (None, Some(_)) => Some(-1),
            (None, None) => None,
        }
    }
}

/// The bands of the children in need census.
pub const AGES: [&str; 7] = ["Unborn", "Under 1", "1 to 4", "5 to 9", "10 to 15", "16 and over", "Age not known"];

/// The band of an age in completed months.
pub fn age_band(age_in_months: Option<i64>) -> usize {
    match age_in_months.map(|months| months.div_euclid(12)) {
        None => 6,
        Some(i64::MIN..0) => 0,
        Some(0) => 1,
        Some(1..=4) => 2,
        Some(5..=9) => 3,
        Some(10..=15) => 4,
        Some(_) => 5,
    }
}

impl Referral {
    /// Reads a request.
    ///
    /// # Errors
    /// Every fault that can be told without a rule set.
    pub fn read(json: &Json) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader::new();
        let referral = reader.referral(json);
        if reader.faults.is_empty() { Ok(referral) } else { Err(reader.faults) }
    }
}

/// Collects every fault of a request while it is read.
pub(super) struct Reader {
    pub faults: Vec<Fault>,
}

impl Reader {
    pub fn new() -> Self {
        Self { faults: Vec::new() }
    }

    pub fn tell(&mut self, at: &str, code: FaultCode, detail: impl Into<String>) {
        self.faults.push(Fault::new(at, code, detail));
    }

    pub fn wrong_type(&mut self, at: &str, expected: &str, found: &Json) {
        self.tell(at, FaultCode::WrongType, format!("{expected} is expected here, and {} was sent", found.kind()));
    }

    pub fn object<'j>(&mut self, json: &'j Json, at: &str) -> &'j [(String, Json)] {
        if let Json::Object(entries) = json {
            return entries;
        }
        self.wrong_type(at, "an object", json);
        &[]
    }

    pub fn unknown_key(&mut self, at: &str, key: &str, known: &[&str]) {
        let fault = Fault::new(pointer(at, key), FaultCode::UnknownKey, "no such key may stand here");
        self.faults.push(fault.suggest(key, known.iter().copied()));
    }

    fn referral(&mut self, json: &Json) -> Referral {
        const ALWAYS: [&str; 5] = ["received_at", "concerns", "explain", "rule_set", "ref"];
        const ONE: [&str; 4] = ["facts", "date_of_birth", "due_date", "scope"];
        const SEVERAL: [&str; 2] = ["household", "children"];
        let mut referral = Referral::default();
        let entries = self.object(json, "");
        let several = entries.iter().any(|(key, _)| SEVERAL.contains(&key.as_str()));
        let mut one = Child::default();
        let mut concerns = Vec::new();
        let mut scope = Scope::default();
        for (key, value) in entries {
            let at = pointer("", key);
            match key.as_str() {
                "received_at" => referral.received_at = self.timestamp(value, &at),
                "concerns" => concerns = self.concerns(value, &at),
                "explain" => referral.explain = self.explain(value, &at),
                "rule_set" => referral.rule_set = self.text(value, &at),
                "ref" => referral.reference = self.text(value, &at),
                "scope" => scope = self.scope(value, &at),
                "facts" if !several => one.answers.said = self.said(value, &at),
                "date_of_birth" if !several => one.date_of_birth = self.date(value, &at),
                "due_date" if !several => one.due_date = self.date(value, &at),
                "household" => referral.household = Some(self.household(value, &at)),
                "children" => referral.children = self.children(value, &at),
                "facts" | "date_of_birth" | "due_date" => {
                    let detail = format!("`{key}` stands beside `children`; whose it is cannot be told");
                    let fault = Fault::new(at, FaultCode::MisplacedKey, detail);
                    self.faults.push(fault.instead("put it under `household` or under one child"));
                }
                _ => {
                    let known: Vec<&str> = ALWAYS.into_iter().chain(ONE).chain(SEVERAL).collect();
                    self.unknown_key("", key, &known);
                }
            }
        }
        if several {
            if referral.children.is_empty() && matches!(json, Json::Object(_)) {
                self.tell("/children", FaultCode::MissingKey, "a household without children cannot be evaluated");
            }
            for child in &mut referral.children {
                child.answers.concerns.extend(concerns.iter().cloned());
                child.answers.scope = scope;
            }
        } else {
            if matches!(json, Json::Object(_)) && !entries.iter().any(|(key, _)| key == "facts") {
                let fault = Fault::new("/facts", FaultCode::MissingKey, "`facts` is missing");
                self.faults.push(fault.instead("send `\"facts\": {}` when nothing is known yet"));
            }
            one.answers.concerns = concerns;
            one.answers.scope = scope;
            referral.children = vec![one];
        }
        referral
    }

    pub fn household(&mut self, json: &Json, at: &str) -> Answers {
        let mut answers = Answers::default();
        for (key, value) in self.object(json, at) {
            let under = pointer(at, key);
            match key.as_str() {
                "facts" => answers.said = self.said(value, &under),
                "concerns" => answers.concerns = self.concerns(value, &under),
                _ => self.unknown_key(at, key, &["facts", "concerns"]),
            }
        }
        answers
    }

    pub fn children(&mut self, json: &Json, at: &str) -> Vec<Child> {
        let Json::List(list) = json else {
            self.wrong_type(at, "a list", json);
            return Vec::new();
        };
        if list.len() > MAX_CHILDREN {
            self.tell(at, FaultCode::TooMany, format!("a referral has at most {MAX_CHILDREN} children"));
        }
        let mut children: Vec<Child> = Vec::new();
        for (index, value) in list.iter().enumerate() {
            let at = format!("{at}/{index}");
            let mut child = Child { at: at.clone(), ..Child::default() };
            for (key, value) in self.object(value, &at) {
                let under = pointer(&at, key);
                match key.as_str() {
                    "ref" => child.reference = self.text(value, &under),
                    "facts" => child.answers.said = self.said(value, &under),
                    "concerns" => child.answers.concerns = self.concerns(value, &under),
                    "date_of_birth" => child.date_of_birth = self.date(value, &under),
                    "due_date" => child.due_date = self.date(value, &under),
                    _ => self.unknown_key(&at, key, &["ref", "facts", "concerns", "date_of_birth", "due_date"]),
                }
            }
            if child.reference.is_some() && children.iter().any(|other| other.reference == child.reference) {
                self.tell(&format!("{at}/ref"), FaultCode::DuplicateRef, "two children have the same `ref`");
            }
            children.push(child);
        }
        for (index, child) in children.iter().enumerate() {
            let numbered = Some((index + 1).to_string());
            if child.reference.is_none() && children.iter().any(|other| other.reference == numbered) {
                let fault = Fault::new(
                    format!("{}/ref", child.at),
                    FaultCode::DuplicateRef,
                    "another child has this number as its `ref`",
                );
                self.faults.push(fault.instead("give every child a `ref`"));
            }
        }
        children
    }

    fn said(&mut self, json: &Json, at: &str) -> Vec<(String, Said)> {
        let mut said = Vec::new();
        for (id, value) in self.object(json, at) {
            // A pointer is written only where something may be wrong.
            let answer = match value {
                Json::Null => Some(Said::NotKnown),
                Json::Text(word) if word == "not_known" => Some(Said::NotKnown),
                Json::Text(word) if word == "refused" => Some(Said::Refused),
                Json::Bool(value) => Some(Said::Answer(Answer::YesNo(*value))),
                Json::Integer(number) => Some(Said::Answer(Answer::Number(*number))),
                Json::Text(word) => Some(Said::Answer(Answer::Word(word.clone()))),
                Json::Object(accounts) => self.two_accounts(accounts, &pointer(at, id)),
                Json::OtherNumber | Json::List(_) => self.answer(value, &pointer(at, id)).map(Said::Answer),
            };
            said.extend(answer.map(|answer| (id.clone(), answer)));
        }
        said
    }

    fn two_accounts(&mut self, accounts: &[(String, Json)], at: &str) -> Option<Said> {
        let (mut first, mut second) = (None, None);
        let before = self.faults.len();
        for (key, value) in accounts {
            let at = pointer(at, key);
            // Whether `refused` is a refusal or an answer of this fact's own, the rule set says.
            let account = match value {
                Json::Null => Some(None),
                Json::Text(word) if word == "not_known" => Some(None),
                other => self.answer(other, &at).map(Some),
            };
            match key.as_str() {
                "answer" => first = account,
                "also_said" => second = account,
                _ => {
                    let fault = Fault::new(at, FaultCode::UnknownKey, "two accounts are `answer` and `also_said`");
                    self.faults.push(fault.suggest(key, ["answer", "also_said"]));
                }
            }
        }
        match (first, second) {
            (Some(Some(first)), Some(Some(second))) if first == second => Some(Said::Answer(first)),
            (Some(Some(first)), Some(Some(second))) => Some(Said::TwoAccounts(first, second)),
            // One who knows beside one who does not: what is known stands.
            (Some(Some(one)), Some(None)) | (Some(None), Some(Some(one))) => Some(Said::Answer(one)),
            (Some(None), Some(None)) => Some(Said::NotKnown),
            _ => {
                if self.faults.len() == before {
                    self.tell(at, FaultCode::MissingKey, "two accounts are given as `answer` and `also_said`");
                }
                None
            }
        }
    }

    fn answer(&mut self, json: &Json, at: &str) -> Option<Answer> {
        match json {
            Json::Bool(value) => Some(Answer::YesNo(*value)),
            Json::Integer(number) => Some(Answer::Number(*number)),
            Json::Text(word) => Some(Answer::Word(word.clone())),
            Json::Null | Json::OtherNumber | Json::List(_) | Json::Object(_) => {
                self.wrong_type(at, "an answer (true, false, a whole number or text)", json);
                None
            }
        }
    }

    fn text(&mut self, json: &Json, at: &str) -> Option<String> {
        self.text_of(json, at, MAX_TEXT)
    }

    pub fn yes_no(&mut self, json: &Json, at: &str) -> bool {
        let Json::Bool(given) = json else {
            self.wrong_type(at, "true or false", json);
            return false;
        };
        *given
    }

    /// Text of at most so many bytes.
    pub fn text_of(&mut self, json: &Json, at: &str, most: usize) -> Option<String> {
        match json {
            Json::Text(text) if text.len() <= most => Some(text.clone()),
            Json::Text(_) => {
                self.tell(at, FaultCode::TooLong, format!("at most {most} bytes are kept here"));
                None
            }
            other => {
                self.wrong_type(at, "text", other);
                None
            }
        }
    }

    fn concerns(&mut self, json: &Json, at: &str) -> Vec<String> {
        let Json::List(list) = json else {
            self.wrong_type(at, "a list of topics", json);
            return Vec::new();
        };
        let topics = list.iter().enumerate();
        topics.filter_map(|(index, topic)| self.text(topic, &format!("{at}/{index}"))).collect()
    }

    pub fn timestamp(&mut self, json: &Json, at: &str) -> Option<Timestamp> {
        let parsed = self.text(json, at)?.parse().ok();
        if parsed.is_none() {
            let fault = Fault::new(at, FaultCode::WrongType, "a time with its offset is expected here");
            self.faults.push(fault.instead("such as 2026-11-24T10:30:00+00:00"));
        }
        parsed
    }

    fn date(&mut self, json: &Json, at: &str) -> Option<Date> {
        let text = self.text(json, at)?;
        let parsed = if text.len() == 10 { text.parse().ok() } else { None };
        if parsed.is_none() {
            self.faults.push(Fault::new(at, FaultCode::WrongType, "a date is expected here").instead("as YYYY-MM-DD"));
        }
        parsed
    }

    fn explain(&mut self, json: &Json, at: &str) -> Option<Explain> {
        match json {
            Json::Text(word) if word == "none" => Some(Explain::None),
            Json::Text(word) if word == "summary" => Some(Explain::Summary),
            Json::Text(word) if word == "full" => Some(Explain::Full),
            _ => {
                let fault = Fault::new(at, FaultCode::UnknownWord, "how much to explain is one of three words");
                self.faults.push(fault.instead("none, summary or full"));
                None
            }
        }
    }

    fn scope(&mut self, json: &Json, at: &str) -> Scope {
        match json {
            Json::Text(word) if word == "referral" => Scope::Referral,
            Json::Text(word) if word == "all" => Scope::All,
            _ => {
                self.faults.push(
                    Fault::new(at, FaultCode::UnknownWord, "the scope is one of two words").instead("referral or all"),
                );
                Scope::Referral
            }
        }
    }
}
