//! From what was entered in a form to changes, value by value: what was left as it was shown changes nothing, and what
//! somebody else changed meanwhile is told.

use serde_json::{Value, json};

use super::offer::{GIVES, How, NOTHING, Offered, TIMES, in_time};
use super::{Change, What};
use crate::criteria::yaml::is_hidden;
use crate::form::{Wrong, wrong};

/// What was entered becomes changes to a file. `shown` is what each field held when the page was made, where it says so.
///
/// # Errors
/// What is wrong, field by field.
pub fn changes(
    file: &str,
    offered: &[Offered],
    shown: &[Option<Vec<String>>],
    entered: &[Vec<String>],
) -> Result<Vec<Change>, Vec<Wrong>> {
    let mut made = Vec::new();
    let mut faults = Vec::new();
    let fields: Vec<_> = offered.iter().map(|one| one.field.clone()).collect();
    let in_general = wrong(&fields, entered);
    for ((one, shown), entered) in offered.iter().zip(shown).zip(entered) {
        let shown = shown.as_ref().unwrap_or(&one.now);
        if *entered == *shown || is_blank(entered) && is_blank(shown) {
            continue;
        }
        if *entered == one.now {
            // Somebody else entered the same.
            continue;
        }
        let names = one.field.names();
        if let Some(fault) = in_general.iter().find(|fault| names.contains(&fault.key)) {
            faults.push(fault.clone());
            continue;
        }
        if *shown != one.now {
            let now = in_words(&one.field, &one.now);
            let says = format!(
                "{}: somebody else changed this meanwhile, to “{now}”. What you entered stands here and is not saved; \
                 save again to put it in the place of theirs",
                one.field.says
            );
            faults.push(Wrong { key: one.field.key.clone(), says });
            continue;
        }
        match one.changes(entered) {
            Ok(changes) => {
                made.extend(changes.into_iter().map(|(at, what)| Change { file: file.to_owned(), at, what }))
            }
            Err(says) => {
                let says = format!("{}: {says}", one.field.says);
                faults.push(Wrong { key: one.field.key.clone(), says });
            }
        }
    }
    if faults.is_empty() { Ok(made) } else { Err(faults) }
}

fn is_blank(values: &[String]) -> bool {
    values.iter().all(String::is_empty)
}

/// What a field holds, as one reads it.
fn in_words(field: &crate::form::Field, values: &[String]) -> String {
    use crate::form::Asks;
    let says = |value: &String| match &field.asks {
        Asks::One(choices) | Asks::Select(choices) | Asks::Several(choices) => choices
            .iter()
            .find(|choice| choice.value == *value)
            .map_or_else(|| value.clone(), |choice| choice.says.clone()),
        _ => value.clone(),
    };
    values.iter().filter(|value| !value.is_empty()).map(says).collect::<Vec<_>>().join("; ")
}

impl Offered {
    fn changes(&self, entered: &[String]) -> Result<Vec<(String, What)>, String> {
        let first = entered.first().map_or("", String::as_str);
        match &self.takes {
            How::Text { least, most } => {
                let count = first.chars().count();
                if count > *most {
                    return Err(format!("shorten it by {} characters; it may have {most}", count - most));
                }
                if count < *least && !first.is_empty() {
                    return Err(format!("it has at least {least} characters"));
                }
                if first.contains(is_hidden) {
                    return Err("take the characters out that cannot be seen".to_owned());
                }
                // A form does not show the line end that a text may have at its end.
                let ends = self.was.as_ref().and_then(Value::as_str).is_some_and(|was| was.ends_with('\n'));
                let text = if ends { format!("{first}\n") } else { first.to_owned() };
                Ok(self.scalar(Some(text).filter(|_| !first.is_empty()).map(Value::from)))
            }
            How::Whole => {
                let instead = entered.get(1).map_or("", String::as_str);
                match (first, instead) {
                    ("", "" | NOTHING) => Ok(self.scalar(None)),
                    ("", word) => Ok(self.scalar(Some(word.into()))),
                    (number, _) => match number.parse::<i64>() {
                        Ok(number) => Ok(self.scalar(Some(number.into()))),
                        Err(_) => Err("enter a whole number, in digits".to_owned()),
                    },
                }
            }
            How::Choice(values) => {
                let value = values.iter().find(|(choice, _)| choice == first).map(|(_, value)| value.clone());
                Ok(self.scalar(value))
            }
            How::Gives => Ok(self.contribution(first)),
            How::Within => self.time(first),
            How::Words => Ok(self.fewer_words(entered)),
            How::AnotherWord => Ok(match (first, &self.was) {
                ("" | NOTHING, _) => Vec::new(),
                (word, Some(_)) => vec![(self.at.clone(), What::AddItem { to: word.into() })],
                (word, None) => self.scalar(Some(json!([word]))),
            }),
            How::AnotherFact => Ok(match first {
                "" | NOTHING => Vec::new(),
                fact => {
                    let add = What::AddKey { key: fact.to_owned(), to: "not_known".into(), before: Vec::new() };
                    vec![(self.at.clone(), add)]
                }
            }),
            How::Lines { needed } => self.lines(first, *needed),
        }
    }

    /// A scalar that comes, changes or goes.
    fn scalar(&self, to: Option<Value>) -> Vec<(String, What)> {
        let at = self.at.clone();
        match (&self.was, to) {
            (Some(was), Some(to)) if *was == to => Vec::new(),
            (Some(was), Some(to)) => vec![(at, What::Set { was: was.clone(), to })],
            (Some(Value::Null), None) | (None, None) => Vec::new(),
            (Some(was), None) => vec![(at, What::Remove { was: was.clone() })],
            (None, Some(to)) => {
                let (holder, key) = parted(&at);
                vec![(holder, What::AddKey { key, to, before: self.before.clone() })]
            }
        }
    }

    /// The one kind of contribution comes before the other goes, so that the mapping is never empty.
    fn contribution(&self, entered: &str) -> Vec<(String, What)> {
        let (holder, _) = parted(&self.at);
        let was = self.was.as_ref().and_then(Value::as_object).and_then(|map| map.iter().next());
        let wanted = entered.split_once(' ').and_then(|(kind, rank)| Some((kind, rank.parse::<i64>().ok()?)));
        let at = |kind: &str| crate::json::pointer(&holder, kind);
        let mut made = Vec::new();
        match (was, wanted) {
            (Some((kind, rank)), Some((new, to))) if kind == new => {
                made.push((at(kind), What::Set { was: rank.clone(), to: to.into() }));
                return made;
            }
            (_, Some((new, to))) => {
                let before = GIVES.into_iter().map(str::to_owned).chain(self.before.iter().cloned()).collect();
                made.push((holder.clone(), What::AddKey { key: new.to_owned(), to: to.into(), before }));
            }
            (_, None) => {}
        }
        made.extend(was.map(|(kind, rank)| (at(kind), What::Remove { was: rank.clone() })));
        made
    }

    fn time(&self, entered: &str) -> Result<Vec<(String, What)>, String> {
        if entered.is_empty() {
            return Ok(self.scalar(None));
        }
        let (key, to) =
            time(entered).ok_or("enter a time such as at once, 4 hours, 1 working day or 10 days, in digits")?;
        let Some(was) = &self.was else { return Ok(self.scalar(Some(json!({ key: to })))) };
        let at = |key: &str| crate::json::pointer(&self.at, key);
        if in_time(was).is_some_and(|was| was == entered) {
            return Ok(Vec::new());
        }
        let old = was.as_object().and_then(|map| map.iter().next());
        match old {
            Some((own, count)) if own == key => Ok(vec![(at(key), What::Set { was: count.clone(), to })]),
            old => {
                let add = What::AddKey { key: key.to_owned(), to, before: Vec::new() };
                let remove = old.map(|(own, count)| (at(own), What::Remove { was: count.clone() }));
                Ok(std::iter::once((self.at.clone(), add)).chain(remove).collect())
            }
        }
    }

    /// Words that were unticked go; the last first, so that the places of the others stand.
    fn fewer_words(&self, entered: &[String]) -> Vec<(String, What)> {
        let was = self.was.as_ref().and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let goes = |word: &Value| word.as_str().is_some_and(|word| !entered.iter().any(|kept| kept == word));
        let gone = was.iter().enumerate().rev().filter(|(_, word)| goes(word));
        gone.map(|(place, word)| (format!("{}/{place}", self.at), What::Remove { was: word.clone() })).collect()
    }

    /// A text a line: those in the same place are changed, the others come or go at the end.
    fn lines(&self, entered: &str, needed: bool) -> Result<Vec<(String, What)>, String> {
        let lines: Vec<&str> = entered.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.iter().any(|line| line.contains(is_hidden)) {
            return Err("take the characters out that cannot be seen".to_owned());
        }
        let Some(was) = self.was.as_ref().and_then(Value::as_array) else {
            return Ok(self.scalar(Some(json!(lines)).filter(|_| !lines.is_empty())));
        };
        if lines.is_empty() && needed {
            return Err("one line has to stay".to_owned());
        }
        let mut made = Vec::new();
        for (place, (was, line)) in was.iter().zip(&lines).enumerate() {
            if was != *line {
                made.push((format!("{}/{place}", self.at), What::Set { was: was.clone(), to: (*line).into() }));
            }
        }
        for (place, was) in was.iter().enumerate().skip(lines.len()).rev() {
            made.push((format!("{}/{place}", self.at), What::Remove { was: was.clone() }));
        }
        made.extend(lines.iter().skip(was.len()).map(|line| (self.at.clone(), What::AddItem { to: (*line).into() })));
        Ok(made)
    }
}

/// A pointer as what holds it, and its key there.
fn parted(at: &str) -> (String, String) {
    let (holder, key) = at.rsplit_once('/').unwrap_or(("", at));
    (holder.to_owned(), key.replace("~1", "/").replace("~0", "~"))
}

/// A time allowed, as it was written.
fn time(entered: &str) -> Option<(&'static str, Value)> {
    let entered = entered.trim().to_lowercase();
    if entered == "at once" {
        return Some(("at_once", true.into()));
    }
    let entered = entered.strip_prefix("within ").unwrap_or(&entered);
    let (count, unit) = entered.split_once(' ')?;
    let count: u16 = count.parse().ok()?;
    let unit = unit.trim().trim_end_matches('s');
    let (key, _) = TIMES.into_iter().find(|(_, words)| words.trim_end_matches('s') == unit)?;
    Some((key, count.into()))
}
