//! An answer as rows of a table: what was answered, and beside it what was said, so that a table can be read again.

use super::cell::Cell;
use super::headings::{BESIDE_FACTS, Headings, Held};
use super::row::column;
use super::{MAX_ROW, guarded};
use crate::criteria::{Kind, RuleSet};
use crate::facts::{Answer, Answers, FactIndex, Said, Scope};
use crate::json::Fault;
use crate::level::Evaluation;
use crate::referral::{Child, Indicated, IndicatedChild, Referral};

/// What we answer about a row, in the order in which it is written before what was said.
const ANSWERED: [&str; 18] = [
    "answer_row",
    "answer_settled",
    "answer_at_least",
    "answer_at_least_name",
    "answer_at_most",
    "answer_at_most_name",
    "answer_priority",
    "answer_respond_within",
    "answer_respond_by",
    "answer_criteria",
    "answer_ask_next",
    "answer_actions",
    "answer_considerations",
    "answer_rule_faults",
    "answer_fault_codes",
    "answer_fault_columns",
    "answer_fault_details",
    "answer_rule_set",
];
/// The longest text in a cell of a sheet, in letters of two bytes.
const MAX_CELL: usize = 32_767;
/// More faults of a row than help to correct it.
const MOST_FAULTS: usize = 50;

/// A cell as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// Nothing.
    Empty,
    /// A whole number.
    Number(i64),
    /// Text.
    Text(String),
}

impl Written {
    fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// As it stands among comma-separated values.
    pub fn plain(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Empty => "".into(),
            Self::Number(number) => number.to_string().into(),
            Self::Text(text) => guarded(text),
        }
    }
}

/// How a table is written.
#[derive(Debug)]
pub(super) struct Table<'r> {
    rules: &'r RuleSet,
    facts: Vec<FactIndex>,
}

impl<'r> Table<'r> {
    /// A table of these facts.
    pub fn new(rules: &'r RuleSet, facts: Vec<FactIndex>) -> Self {
        Self { rules, facts }
    }

    /// Its headings.
    pub fn headings(&self) -> Vec<String> {
        let facts = self.facts.iter().map(|fact| self.rules.indicators()[*fact].id.as_str());
        let beside = BESIDE_FACTS[..2].iter().chain(&ANSWERED).chain(&BESIDE_FACTS[2..]).copied();
        beside.chain(facts).map(str::to_owned).collect()
    }

    /// A row for each child.
    pub fn rows(&self, number: usize, referral: &Referral, indicated: &Indicated<'_>) -> Vec<Vec<Written>> {
        let each = referral.children.iter();
        match indicated {
            Indicated::Child(evaluation) => {
                each.map(|child| self.row(number, referral, child, None, evaluation)).collect()
            }
            Indicated::Children { children } => {
                // Of several, each is called as in the answer; of one, only as the sender did.
                let is_one_of_several = children.len() > 1;
                let called = |child: &IndicatedChild<'_>| is_one_of_several.then(|| child.reference.clone());
                each.zip(children)
                    .map(|(child, answer)| self.row(number, referral, child, called(answer), &answer.evaluation))
                    .collect()
            }
        }
    }

    fn row(
        &self,
        number: usize,
        referral: &Referral,
        child: &Child,
        called_as: Option<String>,
        evaluation: &Evaluation<'_>,
    ) -> Vec<Written> {
        let mut row = called(referral.reference.as_deref(), called_as.as_deref().or(child.reference.as_deref()));
        row.extend(answered(number, evaluation));
        let answers = referral.answers_of(self.rules, child);
        let date =
            |date: Option<jiff::civil::Date>| Written::text(date.map(|date| date.to_string()).unwrap_or_default());
        row.extend([
            Written::text(referral.received_at.map(|at| at.to_string()).unwrap_or_default()),
            date(child.date_of_birth),
            date(child.due_date),
            Written::text(answers.concerns.join(";")),
            if answers.scope == Scope::All { Written::text("all") } else { Written::Empty },
        ]);
        row.extend(self.facts.iter().map(|fact| self.said(*fact, &answers)));
        row
    }

    /// What was said of a fact.
    fn said(&self, fact: FactIndex, answers: &Answers) -> Written {
        let id = &self.rules.indicators()[fact].id;
        let one = |answer: &Answer| match answer {
            Answer::YesNo(value) => if *value { "yes" } else { "no" }.to_owned(),
            Answer::Number(number) => number.to_string(),
            Answer::Word(word) => word.clone(),
        };
        match answers.said.iter().find(|(known, _)| known == id).map(|(_, said)| said) {
            None => Written::Empty,
            Some(Said::NotKnown) => Written::text("not_known"),
            Some(Said::Refused) => Written::text("refused"),
            Some(Said::Answer(Answer::Number(number))) => Written::Number(*number),
            Some(Said::Answer(answer)) => Written::text(one(answer)),
            Some(Said::TwoAccounts(first, second)) => Written::text(format!("{}|{}", one(first), one(second))),
        }
    }

    /// The row of what was not evaluated. What it said is repeated only where each cell can stand where it stood, so
    /// that it can be corrected here.
    pub fn refused(
        &self,
        number: usize,
        called_as: (Option<&str>, Option<&str>),
        faults: &[Fault],
        headings: Option<&Headings<'_>>,
        stood: &[(String, Written)],
    ) -> Vec<Written> {
        let mut row = called(called_as.0, called_as.1);
        let join = |of: &dyn Fn(&Fault) -> String, between: &str| {
            let mut all: Vec<String> = faults.iter().take(MOST_FAULTS).map(of).collect();
            if faults.len() > MOST_FAULTS {
                all.push(format!("and {} more", faults.len() - MOST_FAULTS));
            }
            cut(all.join(between))
        };
        let place = |fault: &Fault| match headings {
            Some(headings) => column(fault, headings),
            None => fault.pointer.clone(),
        };
        let detail = |fault: &Fault| match &fault.suggestion {
            Some(suggestion) => format!("{} ({suggestion})", fault.detail),
            None => fault.detail.clone(),
        };
        for name in ANSWERED {
            row.push(match name {
                "answer_row" => counted(number),
                "answer_fault_codes" => Written::text(join(&|fault| fault.code.word().to_owned(), ";")),
                "answer_fault_columns" => Written::text(join(&place, ";")),
                "answer_fault_details" => Written::text(join(&detail, "; ")),
                "answer_rule_set" => Written::text(self.rules.id().digest.clone()),
                _ => Written::Empty,
            });
        }
        let stands = |name: &str| match stood.iter().find(|(known, _)| known == name) {
            Some((_, Written::Text(text))) => Written::Text(cut(text.clone())),
            Some((_, cell)) => cell.clone(),
            None => Written::Empty,
        };
        row.extend(BESIDE_FACTS[2..].iter().map(|name| stands(name)));
        row.extend(self.facts.iter().map(|fact| stands(&self.rules.indicators()[*fact].id)));
        row
    }
}

/// What stood in the cells of a row that was refused, by column, where every fault is in one of them. Else less would
/// be repeated than was sent, and a row could be taken the next time that is refused now.
pub(super) fn stood(
    cells: &[Cell],
    headings: &Headings<'_>,
    faults: &[Fault],
    rules: &RuleSet,
) -> Vec<(String, Written)> {
    let Headings::Ours(columns) = headings else { return Vec::new() };
    let mut all = Vec::new();
    for (cell, held) in cells.iter().zip(columns) {
        let name = match held {
            Held::Beside(place) if *place > 1 => BESIDE_FACTS[*place],
            Held::Fact(fact) => rules.indicators()[*fact].id.as_str(),
            _ => continue,
        };
        let cell = match (cell, held) {
            (Cell::Empty, _) => continue,
            (Cell::Text(text), _) => Written::text(text.clone()),
            (Cell::Number(number), _) => Written::Number(*number),
            (Cell::YesNo(value), Held::Fact(fact)) if matches!(rules.indicators()[*fact].kind, Kind::YesNo { .. }) => {
                Written::text(if *value { "yes" } else { "no" })
            }
            (Cell::YesNo(value), _) => Written::text(value.to_string().to_uppercase()),
            (Cell::Date(at), _) if at.time() == jiff::civil::Time::midnight() => Written::text(at.date().to_string()),
            (Cell::Date(at), _) => Written::text(at.to_string()),
            (Cell::Other(what), _) => Written::text(*what),
        };
        all.push((name.to_owned(), cell));
    }
    let is_there = |fault: &Fault| all.iter().any(|(name, _)| *name == column(fault, headings));
    if faults.iter().all(is_there) { all } else { Vec::new() }
}

fn called(reference: Option<&str>, child: Option<&str>) -> Vec<Written> {
    vec![Written::text(reference.unwrap_or_default()), Written::text(child.unwrap_or_default())]
}

fn counted(number: usize) -> Written {
    Written::Number(i64::try_from(number).unwrap_or(i64::MAX))
}

/// What was answered about a child, in the order of `ANSWERED`.
fn answered(number: usize, evaluation: &Evaluation<'_>) -> [Written; 18] {
    let ids = |all: Vec<&str>| Written::text(all.join(";"));
    [
        counted(number),
        Written::text(if evaluation.settled { "yes" } else { "no" }),
        Written::Number(evaluation.at_least.rank.into()),
        Written::text(evaluation.at_least.name.as_str()),
        Written::Number(evaluation.at_most.rank.into()),
        Written::text(evaluation.at_most.name),
        Written::text(format!("{:?}", evaluation.priority).to_lowercase()),
        Written::text(evaluation.respond_within.to_string()),
        Written::text(evaluation.respond_by.clone().unwrap_or_default()),
        ids(evaluation.reasons.iter().map(|reason| reason.id).collect()),
        ids(evaluation.ask_next.iter().map(|question| question.fact).collect()),
        ids(evaluation.actions.iter().map(|action| action.id).collect()),
        ids(evaluation.considerations.iter().map(|consider| consider.id).collect()),
        ids(evaluation.faults.iter().map(|fault| fault.id).collect()),
        Written::Empty,
        Written::Empty,
        Written::Empty,
        Written::text(evaluation.rule_set.digest.as_str()),
    ]
}

/// Text as long as a cell may be.
fn cut(text: String) -> String {
    const { assert!(MAX_CELL < MAX_ROW) };
    if text.encode_utf16().count() <= MAX_CELL {
        return text;
    }
    // A letter is at most two of what is counted.
    text.chars().take(MAX_CELL / 2 - 1).chain(['…']).collect()
}
