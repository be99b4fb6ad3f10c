//! Fields: what one asks, what may be entered, and what is wrong with what was.

use std::ops::RangeInclusive;

use jiff::civil::{Date, Time};

use crate::referral::received::{nhs_number, upn};

/// One field of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its key in the draft, which is its name on the page.
    pub key: String,
    /// The question or label.
    pub says: String,
    /// What a person who answers should know.
    pub hint: Option<String>,
    /// What it takes.
    pub asks: Asks,
    /// What is said when it is left empty, if it may not be.
    pub needed: Option<String>,
    /// The heading under which it stands, where a page has several.
    pub under: Option<String>,
    /// How another field of the page bears on it.
    pub with: Option<With>,
}

/// How another field of a page bears on one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum With {
    /// It may be left empty where something is chosen in the other; what is said when both are filled in, if that
    /// cannot be.
    Instead {
        /// The other's key.
        of: String,
        /// What is said of both.
        never_both: Option<String>,
    },
    /// It is needed where the other has this value.
    Needed {
        /// The other's key.
        by: String,
        /// Its value.
        value: String,
        /// What is said when it is left empty.
        says: String,
    },
    /// It may be chosen only where the other has one of these values.
    Only {
        /// The other's key.
        by: String,
        /// Its values.
        values: Vec<String>,
        /// What is said when it has another.
        says: String,
    },
}

/// What a field takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    /// A line of text.
    Line(Line),
    /// Several lines of at most so many bytes.
    Text(usize),
    /// One of a few.
    One(Vec<Choice>),
    /// One of many.
    Select(Vec<Choice>),
    /// Any of a few.
    Several(Vec<Choice>),
    /// A whole number, or one of a few instead.
    Whole {
        /// The lowest.
        from: i64,
        /// The highest.
        to: i64,
        /// What is counted.
        unit: String,
        /// What may be chosen instead.
        instead: Vec<Choice>,
    },
    /// A date: day, month, year; within these where it must be.
    Date(Option<RangeInclusive<Date>>),
}

/// What a line takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Anything.
    Plain,
    /// A name of a person, which browsers must not offer from memory.
    Name,
    /// An NHS number.
    NhsNumber,
    /// A unique pupil number.
    Upn,
    /// A time of day.
    Time,
}

/// One of the choices of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub says: String,
    /// More about it.
    pub hint: Option<String>,
}

impl Choice {
    /// A choice without more words.
    pub fn new(value: impl Into<String>, says: impl Into<String>) -> Self {
        Self { value: value.into(), says: says.into(), hint: None }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// What is wrong with what was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field, or the part of it.
    pub key: String,
    /// In plain words, what to do.
    pub says: String,
}

/// What a browser sent, in the order sent.
#[derive(Debug, Clone, Default)]
pub struct Entered(pub Vec<(String, String)>);

/// A form that this page could not have sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tampered;

impl Entered {
    /// The only value under a name.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value under a name.
    pub fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What was entered, field by field.
    ///
    /// # Errors
    /// When a page of these fields could not have sent it; `besides` are the names that every form has.
    pub fn read(&self, fields: &[Field], besides: &[&str]) -> Result<Vec<Vec<String>>, Tampered> {
        for (place, (name, value)) in self.0.iter().enumerate() {
            let field = fields.iter().find(|field| field.names().contains(name));
            let known = field.is_some() || besides.contains(&name.as_str());
            // A number left empty is sent all the same, also when somebody else's answer closed its question meanwhile.
            if !known && value.is_empty() && name.contains(".fact.") {
                continue;
            }
            let again = self.0[..place].iter().any(|(other, _)| other == name);
            let several = field.is_some_and(|field| matches!(field.asks, Asks::Several(_)));
            if !known || (again && !several) {
                return Err(Tampered);
            }
        }
        fields.iter().map(|field| field.take(self)).collect()
    }
}

impl Entered {
    /// What was entered in fields that are still asked, as far as it is still an answer: for a page that was made
    /// before something changed.
    #[must_use]
    pub fn still_asked(&self, fields: &[Field], besides: &[&str]) -> Self {
        let keeps = |(name, value): &&(String, String)| {
            let one = Self(vec![(name.clone(), value.clone())]);
            besides.contains(&name.as_str())
                || fields.iter().any(|field| one.read(std::slice::from_ref(field), &[]).is_ok())
        };
        Self(self.0.iter().filter(keeps).cloned().collect())
    }
}

impl Field {
    /// A field that may be left empty.
    pub fn new(key: impl Into<String>, says: impl Into<String>, asks: Asks) -> Self {
        Self { key: key.into(), says: says.into(), hint: None, asks, needed: None, under: None, with: None }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same, not to be left empty.
    #[must_use]
    pub fn needed(self, says: impl Into<String>) -> Self {
        Self { needed: Some(says.into()), ..self }
    }

    /// The same, on which another field bears.
    #[must_use]
    pub fn with(self, with: With) -> Self {
        Self { with: Some(with), ..self }
    }

    /// The names of its inputs.
    pub fn names(&self) -> Vec<String> {
        let key = &self.key;
        match &self.asks {
            Asks::Date(_) => ["day", "month", "year"].map(|part| format!("{key}-{part}")).into(),
            Asks::Whole { instead, .. } if !instead.is_empty() => vec![key.clone(), format!("{key}.instead")],
            _ => vec![key.clone()],
        }
    }

    fn choices(&self) -> &[Choice] {
        match &self.asks {
            Asks::One(choices) | Asks::Select(choices) | Asks::Several(choices) => choices,
            Asks::Whole { instead, .. } => instead,
            Asks::Line(_) | Asks::Text(_) | Asks::Date(_) => &[],
        }
    }

    fn take(&self, entered: &Entered) -> Result<Vec<String>, Tampered> {
        let listed = |value: &String| value.is_empty() || self.choices().iter().any(|choice| choice.value == *value);
        let one = |name: &String| entered.one(name).unwrap_or_default().trim().replace("\r\n", "\n");
        let (values, chosen) = match &self.asks {
            Asks::Several(_) => {
                let values: Vec<String> = entered.all(&self.key).map(str::to_owned).collect();
                (values.clone(), values)
            }
            Asks::One(_) | Asks::Select(_) => (vec![one(&self.key)], vec![one(&self.key)]),
            _ => {
                let values: Vec<String> = self.names().iter().map(one).collect();
                let chosen = values.get(1).filter(|_| matches!(self.asks, Asks::Whole { .. })).cloned();
                (values, chosen.into_iter().collect())
            }
        };
        if chosen.iter().all(listed) { Ok(values) } else { Err(Tampered) }
    }

    /// What is wrong with what was entered in this field alone.
    fn wrong(&self, values: &[String]) -> Option<Wrong> {
        let at = |key: String, says: String| Some(Wrong { key, says });
        let here = |says: String| at(self.key.clone(), says);
        let first = values.first().map_or("", String::as_str);
        if values.iter().all(String::is_empty) {
            return self.needed.clone().and_then(|says| at(self.names()[0].clone(), says));
        }
        match &self.asks {
            Asks::Line(line) => match line {
                _ if first.len() > MAX_LINE => here(too_long(&self.says, first, MAX_LINE)),
                Line::Plain | Line::Name => None,
                Line::NhsNumber if nhs_number(first).is_none() => {
                    here("Check the NHS number: it has ten digits, and the last one does not fit the others".into())
                }
                Line::Upn if upn(first).is_none() => here(
                    "Check the unique pupil number: it is a letter, eleven digits and one more, and the first letter \
                     does not fit the rest"
                        .into(),
                ),
                Line::Time if time(first).is_none() => here("Enter the time as hours and minutes, like 14:30".into()),
                Line::NhsNumber | Line::Upn | Line::Time => None,
            },
            Asks::Text(most) if first.len() > *most => here(too_long(&self.says, first, *most)),
            Asks::Date(within) => {
                let says = match (date(values), within) {
                    (None, _) => "enter a real date, like 27 3 2019".to_owned(),
                    (Some(date), Some(within)) if date > *within.end() => {
                        format!("it must not be after {}", in_digits(*within.end()))
                    }
                    (Some(date), Some(within)) if date < *within.start() => {
                        format!("it must not be before {}", in_digits(*within.start()))
                    }
                    (Some(_), _) => return None,
                };
                at(self.names()[0].clone(), format!("{}: {says}", self.says))
            }
            Asks::Whole { from, to, .. } => {
                let instead = values.get(1).map_or("", String::as_str);
                let fits = first.parse::<i64>().is_ok_and(|number| (*from..=*to).contains(&number));
                match (first.is_empty(), instead.is_empty()) {
                    (false, false) => here(format!("{}: enter a number, or choose an answer, not both", self.says)),
                    (false, true) if !fits => {
                        here(format!("{}: enter a whole number from {from} to {to}, in digits", self.says))
                    }
                    _ => None,
                }
            }
            // Chosen before under other rules.
            Asks::One(choices) | Asks::Select(choices) if !choices.iter().any(|choice| choice.value == first) => {
                here(format!("{}: choose an answer again; the one chosen before is no longer offered", self.says))
            }
            // A topic that is dropped unseen would leave its questions unasked.
            Asks::Several(choices) if !values.iter().all(|one| choices.iter().any(|choice| choice.value == *one)) => {
                here(format!("{}: choose again; something chosen before is no longer offered", self.says))
            }
            _ => None,
        }
    }
}

/// Everything that is wrong with what was entered in the fields of a page.
pub fn wrong(fields: &[Field], values: &[Vec<String>]) -> Vec<Wrong> {
    let entered = |key: &str| -> &[String] {
        let place = fields.iter().position(|field| field.key == key);
        place.and_then(|place| values.get(place)).map_or(&[], Vec::as_slice)
    };
    let is_empty = |key: &str| entered(key).iter().all(String::is_empty);
    let one = |(field, values): (&Field, &Vec<String>)| {
        let date = field.key.strip_suffix(".time").map(|key| format!("{key}.date"));
        let lone = date.filter(|date| field.asks == Asks::Line(Line::Time) && !is_empty(&field.key) && is_empty(date));
        // A time alone would be dropped with its date, and a clock would start at another moment than was meant.
        let lone =
            lone.map(|date| Wrong { key: format!("{date}-day"), says: "Enter the date as well as the time".into() });
        let here = |says: &String| Some(Wrong { key: field.names()[0].clone(), says: says.clone() });
        match (&field.with, is_empty(&field.key)) {
            (Some(With::Instead { of, .. }), true) if !is_empty(of) => None,
            (Some(With::Instead { of, never_both: Some(says) }), false) if !is_empty(of) => here(says),
            (Some(With::Needed { by, value, says }), true) if entered(by).contains(value) => here(says),
            (Some(With::Only { by, values: fit, says }), false) if !entered(by).iter().any(|one| fit.contains(one)) => {
                here(says)
            }
            _ => field.wrong(values).or(lone),
        }
    };
    fields.iter().zip(values).filter_map(one).collect()
}

/// The record counts bytes; people count characters, of which some scripts need several bytes each.
fn too_long(says: &str, text: &str, most: usize) -> String {
    let over: usize = text
        .chars()
        .rev()
        .scan(text.len(), |left, letter| {
            let is_over = *left > most;
            *left -= letter.len_utf8();
            is_over.then_some(1)
        })
        .sum();
    let characters = if over == 1 { "character" } else { "characters" };
    format!("{says}: shorten it by at least {over} {characters}")
}

/// A name, a contact, an identifier: as long as the record keeps.
const MAX_LINE: usize = 200;

fn in_digits(date: Date) -> String {
    format!("{} {} {}", date.day(), date.month(), date.year())
}

/// A date as it was typed.
pub fn date(values: &[String]) -> Option<Date> {
    let [day, month, year] = values else { return None };
    let year: i16 = year.parse().ok().filter(|year| (1900..=2200).contains(year))?;
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A time of day as it was typed.
pub fn time(value: &str) -> Option<Time> {
    let (hour, minute) = value.split_once([':', '.'])?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}
