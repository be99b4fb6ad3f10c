//! One row of a table as a referral of one child, with every fault of the row at once. A fault names the column by what
//! it points to, and repeats nothing of the cell.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::cell::Cell;
use super::headings::{BESIDE_FACTS, Headings, Held};
use crate::criteria::{Column, Indicator, Kind, Mapping, Purpose, RuleSet, folded};
use crate::facts::{Answer, Answers, FactIndex, Said, Scope};
use crate::json::{Fault, FaultCode, pointer};
use crate::notifications::cell::{Why, answer, date, in_london, time, unknown_word};
use crate::notifications::group::one_of;
use crate::referral::{Child, Referral};

/// The longest `ref`, in bytes, as in a request.
const MAX_REF: usize = 200;

/// A row as it is understood.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// What the sender calls it, where that can be read.
    pub reference: Option<String>,
    /// What the sender calls the child.
    pub child: Option<String>,
    referral: Referral,
    one: Child,
    faults: Vec<Fault>,
}

impl Row {
    /// Reads the cells of a row.
    pub fn read(cells: &[Cell], headings: &Headings<'_>, rules: &RuleSet, mapping: Option<&Mapping>) -> Self {
        let mut row = Self::default();
        match headings {
            Headings::Ours(columns) => row.ours(cells, columns, rules),
            Headings::Mapped(columns) => {
                row.one.answers.concerns.extend(mapping.into_iter().flat_map(|mapping| mapping.concerns.clone()));
                row.mapped(cells, columns, rules);
            }
        }
        row
    }

    /// The referral that the row is, or every reason why it is none.
    pub fn referral(self, rules: &RuleSet) -> Result<Referral, Vec<Fault>> {
        let mut faults = self.faults;
        let at = if self.child.is_some() { "/children/0" } else { "" };
        let one = Child { reference: self.child, at: at.into(), ..self.one };
        let referral = Referral { reference: self.reference, children: vec![one], ..self.referral };
        if faults.is_empty() {
            return Ok(referral);
        }
        // What the rules do not take is told with the rest; a time that could not be read is not missing as well.
        let more = referral.facts(rules).err().into_iter().flatten();
        faults.extend(more.filter(|fault| fault.code != FaultCode::ReceivedAtNeeded));
        Err(faults)
    }

    fn tell(&mut self, column: &str, (code, detail): Why) {
        self.faults.push(Fault::new(pointer("", column), code, detail));
    }

    fn tell_instead(&mut self, column: &str, why: Why, instead: &str) {
        self.faults.push(Fault::new(pointer("", column), why.0, why.1).instead(instead));
    }

    fn ours(&mut self, cells: &[Cell], columns: &[Held], rules: &RuleSet) {
        let (mut was_refused, mut is_said) = (false, false);
        for (cell, held) in cells.iter().zip(columns) {
            if *cell == Cell::Empty {
                continue;
            }
            match held {
                Held::Beside(place) => {
                    is_said |= *place > 1;
                    self.beside(BESIDE_FACTS[*place], cell, rules);
                }
                Held::Fact(fact) => {
                    is_said = true;
                    self.fact(cell, *fact, rules);
                }
                Held::FaultCodes => was_refused = true,
                Held::Answered => {}
                Held::Unnamed => {
                    let detail = "something stands in a column that has no heading; what it means cannot be told";
                    self.faults.push(Fault::new("", FaultCode::NoHeading, detail));
                }
            }
        }
        // What was not read then is not here, so the row says less than its sender did.
        if was_refused && !is_said {
            let fault = Fault::new(
                "",
                FaultCode::RefusedBefore,
                "the row was refused before, and what it said is not in this file",
            );
            self.faults.push(fault.instead("correct it in the file that it came from"));
        }
    }

    /// What stands beside the facts.
    fn beside(&mut self, name: &'static str, cell: &Cell, rules: &RuleSet) {
        match name {
            "ref" => self.reference = self.called(name, cell),
            "child" => self.child = self.called(name, cell),
            "received_at" => match received(cell, rules) {
                Some(at) => self.referral.received_at = Some(at),
                None => {
                    let why = (
                        FaultCode::WrongType,
                        "a time is expected here, with its offset or as clocks in London showed it".into(),
                    );
                    self.tell_instead(name, why, "such as 2026-11-24T10:30:00+00:00 or 2026-11-24 10:30");
                }
            },
            "date_of_birth" | "due_date" => {
                let read = day(cell);
                if read.is_none() {
                    let why = (FaultCode::WrongType, "a date is expected here".into());
                    self.tell_instead(name, why, "as YYYY-MM-DD; in a sheet a cell that is shown as a date");
                }
                if name == "due_date" { self.one.due_date = read } else { self.one.date_of_birth = read }
            }
            "concerns" => match cell.as_text() {
                Ok(text) => {
                    let topics = text.split(';').map(str::trim).filter(|topic| !topic.is_empty());
                    self.one.answers.concerns.extend(topics.map(str::to_owned));
                }
                Err(what) => {
                    self.tell(name, (FaultCode::WrongType, format!("topics are expected here, and {what} stands here")))
                }
            },
            _ => match cell.as_text().as_deref() {
                Ok("referral") => self.one.answers.scope = Scope::Referral,
                Ok("all") => self.one.answers.scope = Scope::All,
                _ => self.tell_instead(
                    name,
                    (FaultCode::UnknownWord, "the scope is one of two words".into()),
                    "referral or all",
                ),
            },
        }
    }

    fn called(&mut self, name: &str, cell: &Cell) -> Option<String> {
        match cell.as_text() {
            Ok(text) if text.len() > MAX_REF => {
                self.tell(name, (FaultCode::TooLong, format!("at most {MAX_REF} bytes are kept here")))
            }
            Ok(text) => return Some(text.into_owned()).filter(|text| !text.is_empty()),
            Err(what) => {
                self.tell(name, (FaultCode::WrongType, format!("text is expected here, and {what} stands here")))
            }
        }
        None
    }

    fn fact(&mut self, cell: &Cell, fact: FactIndex, rules: &RuleSet) {
        let indicator = &rules.indicators()[fact];
        match said(cell, indicator) {
            Ok(said) => self.one.answers.said.push((indicator.id.clone(), said)),
            Err(fault) => self.faults.push(Fault { pointer: pointer("/facts", &indicator.id), ..fault }),
        }
    }

    fn mapped(&mut self, cells: &[Cell], columns: &[(&Column, Option<usize>)], rules: &RuleSet) {
        let mut incident = None;
        let mut all: Vec<(&str, Vec<Said>)> = Vec::new();
        for (column, place) in columns {
            let cell = place.and_then(|place| cells.get(place)).unwrap_or(&Cell::Empty);
            let name = column.name.as_str();
            if let Cell::Other(what) = cell
                && column.purpose.is_evaluated()
            {
                self.tell(name, (FaultCode::WrongType, format!("{what} stands here")));
                continue;
            }
            let read = match &column.purpose {
                Purpose::Incident => {
                    incident = self.called(name, cell);
                    Ok(())
                }
                Purpose::Reference => {
                    self.reference = self.called(name, cell);
                    Ok(())
                }
                Purpose::ReceivedAt(form) => moment(cell, form, rules).map(|at| self.referral.received_at = at),
                Purpose::DateOfBirth(form) => date_by(cell, form).map(|date| self.one.date_of_birth = date),
                Purpose::DueDate(form) => date_by(cell, form).map(|date| self.one.due_date = date),
                Purpose::Concern(words) => match as_written(cell).as_deref() {
                    Some("") => Ok(()),
                    text => match text.and_then(|text| words.get(&folded(text))) {
                        Some(topics) => {
                            self.one.answers.concerns.extend(topics.iter().cloned());
                            Ok(())
                        }
                        None => Err(unknown_word(name)),
                    },
                },
                Purpose::Fact { fact, words, whole_number, empty, .. } => {
                    let read = as_written(cell).and_then(|text| answer(&text, words, *whole_number, empty.as_ref()));
                    read.ok_or_else(|| unknown_word(name)).map(|said| {
                        match all.iter_mut().find(|(known, _)| known == fact) {
                            Some((_, more)) => more.extend(said),
                            None => all.push((fact, said.into_iter().collect())),
                        }
                    })
                }
                // Who it is, and what is told in words, is not evaluated: it is neither kept nor repeated.
                _ => Ok(()),
            };
            if let Err(why) = read {
                self.tell(name, why);
            }
        }
        self.reference = self.reference.take().or(incident);
        // A baby that was born is no longer due.
        if self.one.date_of_birth.is_some() {
            self.one.due_date = None;
        }
        let together = all.into_iter().filter(|(_, said)| !said.is_empty()).map(|(fact, said)| {
            let one = one_of(fact, &said.iter().collect::<Vec<_>>(), rules);
            (fact.to_owned(), one)
        });
        self.one.answers = Answers { said: together.collect(), ..std::mem::take(&mut self.one.answers) };
    }
}

impl Purpose {
    /// Whether a column of this purpose has a part in an evaluation.
    fn is_evaluated(&self) -> bool {
        matches!(
            self,
            Self::ReceivedAt(_) | Self::DateOfBirth(_) | Self::DueDate(_) | Self::Concern(_) | Self::Fact { .. }
        )
    }
}

/// A cell as a mapping's words are compared with it; nothing where it is a date.
fn as_written(cell: &Cell) -> Option<String> {
    match cell {
        Cell::YesNo(value) => Some(value.to_string()),
        cell => cell.as_text().ok().map(std::borrow::Cow::into_owned),
    }
}

/// A time by a mapping's form, or as a sheet holds it.
fn moment(cell: &Cell, form: &str, rules: &RuleSet) -> Result<Option<Timestamp>, Why> {
    match cell {
        Cell::Date(local) => match in_london(*local, rules) {
            Some(at) => Ok(Some(at)),
            None => Err((FaultCode::NotATime, "clocks in London never showed this time".into())),
        },
        cell => match as_written(cell).as_deref() {
            Some("") => Ok(None),
            text => time(text.unwrap_or_default(), form, rules).map(Some),
        },
    }
}

/// A date by a mapping's form, or as a sheet holds it.
fn date_by(cell: &Cell, form: &str) -> Result<Option<Date>, Why> {
    match cell {
        Cell::Date(_) => {
            day(cell).map(Some).ok_or_else(|| (FaultCode::NotADate, "a date without a time is expected here".into()))
        }
        cell => match as_written(cell).as_deref() {
            Some("") => Ok(None),
            text => date(text.unwrap_or_default(), form).map(Some),
        },
    }
}

/// When it was received: with its offset, or as clocks in London showed it. A day alone is no time.
fn received(cell: &Cell, rules: &RuleSet) -> Option<Timestamp> {
    /// A day and an hour and a minute.
    const SHORTEST: usize = 16;
    match cell {
        Cell::Date(local) => in_london(*local, rules),
        Cell::Text(text) if text.trim().len() >= SHORTEST => {
            let text = text.trim();
            text.parse().ok().or_else(|| in_london(text.parse::<DateTime>().ok()?, rules))
        }
        _ => None,
    }
}

/// A day without a time.
fn day(cell: &Cell) -> Option<Date> {
    match cell {
        Cell::Date(local) if local.time() == jiff::civil::Time::midnight() => Some(local.date()),
        Cell::Text(text) if text.trim().len() == 10 => text.trim().parse().ok(),
        _ => None,
    }
}

/// What a cell says of a fact; `not_known` and `refused` are themselves, and two accounts stand on either side of `|`.
fn said(cell: &Cell, indicator: &Indicator) -> Result<Said, Fault> {
    let wrong = |code, detail: String| Fault::new("", code, detail);
    let text = match (cell, &indicator.kind) {
        (Cell::YesNo(value), Kind::YesNo { .. }) => return Ok(Said::Answer(Answer::YesNo(*value))),
        (cell, _) => cell.as_text().map_err(|what| {
            let fault = wrong(
                FaultCode::WrongType,
                format!("`{}` has another kind of answer, and {what} stands here", indicator.id),
            );
            fault.instead(answers_of(indicator))
        })?,
    };
    match text.as_ref() {
        "not_known" => return Ok(Said::NotKnown),
        "refused" => return Ok(Said::Refused),
        _ => {}
    }
    let one = |text: &str| one(text.trim(), indicator);
    match text.split_once('|') {
        None => one(&text).map(Said::Answer),
        Some((first, second)) => match (one(first)?, one(second)?) {
            (first, second) if first == second => Ok(Said::Answer(first)),
            (first, second) => Ok(Said::TwoAccounts(first, second)),
        },
    }
}

/// One answer as it is written.
fn one(text: &str, indicator: &Indicator) -> Result<Answer, Fault> {
    let wrong = || {
        let detail = format!("`{}` takes {}", indicator.id, kind_of(indicator));
        let fault = Fault::new("", FaultCode::UnknownAnswer, detail)
            .suggest(&folded(text), ["yes", "no", "not_known", "refused"]);
        if fault.suggestion.is_some() { fault } else { fault.instead(answers_of(indicator)) }
    };
    match (&indicator.kind, text) {
        (Kind::YesNo { .. }, "yes") => Ok(Answer::YesNo(true)),
        (Kind::YesNo { .. }, "no") => Ok(Answer::YesNo(false)),
        (Kind::YesNo { .. }, _) => Err(wrong()),
        (Kind::Number { never: true, .. }, "never") => Ok(Answer::Word(text.to_owned())),
        (Kind::Number { .. }, _) => {
            // As it is written, so that nothing is rounded or left out.
            let number = text.parse::<i64>().ok().filter(|number| number.to_string() == text);
            number.map(Answer::Number).ok_or_else(|| {
                let detail = format!("`{}` takes {}", indicator.id, kind_of(indicator));
                Fault::new("", FaultCode::WrongType, detail).instead(answers_of(indicator))
            })
        }
        // Which words there are, the rule set says.
        (Kind::Choice, _) => Ok(Answer::Word(text.to_owned())),
    }
}

fn kind_of(indicator: &Indicator) -> String {
    match &indicator.kind {
        Kind::YesNo { .. } => "yes or no".to_owned(),
        Kind::Choice => "one of its answers".to_owned(),
        Kind::Number { from, to, .. } => format!("a whole number from {from} to {to}, in digits alone"),
    }
}

fn answers_of(indicator: &Indicator) -> String {
    let own = match &indicator.kind {
        Kind::YesNo { .. } => "yes, no".to_owned(),
        Kind::Number { never: true, .. } => "a whole number, never".to_owned(),
        Kind::Number { .. } => "a whole number".to_owned(),
        Kind::Choice => {
            let answers = indicator.classes.iter().map(|class| match &class.answer {
                Answer::Word(word) => word.clone(),
                other => other.to_string(),
            });
            answers.collect::<Vec<_>>().join(", ")
        }
    };
    format!("{own}, not_known or refused; an empty cell was not asked")
}

/// The column to which a fault of a row points: of a mapped one, the sender's.
pub(super) fn column(fault: &Fault, headings: &Headings<'_>) -> String {
    let steps: Vec<String> =
        fault.pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    let mut steps: &[String] = &steps;
    if let [children, _, rest @ ..] = steps
        && children == "children"
    {
        steps = rest;
    }
    let (name, is_fact) = match steps {
        [facts, fact, ..] if facts == "facts" => (fact.clone(), true),
        [name, ..] => (name.clone(), false),
        [] => return String::new(),
    };
    let Headings::Mapped(columns) = headings else { return name };
    let is_of = |purpose: &Purpose| match purpose {
        Purpose::Fact { fact, .. } => is_fact && *fact == name,
        Purpose::ReceivedAt(_) => name == "received_at",
        Purpose::DateOfBirth(_) => name == "date_of_birth",
        Purpose::DueDate(_) => name == "due_date",
        Purpose::Concern(_) => name == "concerns",
        _ => false,
    };
    let known = columns.iter().find(|(column, _)| is_of(&column.purpose));
    known.map_or(name, |(column, _)| column.name.clone())
}
