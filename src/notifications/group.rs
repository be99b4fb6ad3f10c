//! Rows of one incident and one household become one request, each child once, whatever the order of the rows.
//!
//! What rows say differently of one fact are two accounts: the more protective is used, never the last.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::row::{Row, faults};
use super::table::Table;
use super::{Group, Sender, Unmapped};
use crate::criteria::{RuleSet, folded};
use crate::facts::{Answer, Said};

/// The longest line that a referral takes.
const MAX_LINE: usize = 200;

/// Groups rows; those of a group that is too much for one referral are listed.
pub(super) fn groups(rows: &[Row], table: &Table, sender: &Sender<'_>) -> (Vec<Group>, Vec<Unmapped>) {
    let mut by_key: BTreeMap<(String, String), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        // An address that nobody gave is not the same as another that nobody gave.
        let household = match row.address.as_str() {
            "" => {
                let Row { called, nhs_number, date_of_birth, due_date, reference, .. } = row;
                // Nor is a child of whom there is no more than a name another of that name.
                let own = if row.is_told_apart() { 0 } else { row.number };
                format!("\n{called}\n{nhs_number}\n{date_of_birth:?}{due_date:?}\n{reference}\n{own:08}")
            }
            address => folded(address),
        };
        by_key.entry((folded(&row.incident), household)).or_default().push(row);
    }
    let (mut groups, mut too_much) = (Vec::new(), Vec::new());
    for rows in by_key.values() {
        let request = request(rows, sender);
        let numbers: Vec<usize> = rows.iter().map(|row| row.number).collect();
        match faults(&request, sender).into_iter().next() {
            None => {
                let incident = least(rows.iter().map(|row| row.incident.as_str()));
                groups.push(Group { incident, rows: numbers, request });
            }
            Some(fault) => {
                let listed = table.rows.iter().filter(|raw| numbers.contains(&raw.row));
                let detail = format!("its incident and household together cannot be one referral: {}", fault.detail);
                too_much.extend(listed.map(|raw| Unmapped::new(raw, None, fault.code, detail.clone())));
            }
        }
    }
    (groups, too_much)
}

/// The request of the rows of one incident and household.
pub(super) fn request(rows: &[&Row], sender: &Sender<'_>) -> String {
    let children = children(rows);
    let mut request = Map::new();
    request.insert("ref".into(), least(rows.iter().map(|row| row.incident.as_str())).into());
    let received = rows.iter().filter_map(|row| row.received_at).min();
    request.extend(received.map(|at| ("received_at".to_owned(), Value::from(at.to_string()))));
    request.insert("concerns".into(), json!(sender.mapping.concerns));
    let mut referrer = Map::new();
    referrer.insert("organisation".into(), sender.organisation.into());
    referrer.insert("agency".into(), sender.mapping.agency.clone().into());
    referrer.insert("source_code".into(), sender.mapping.source_code.clone().into());
    let lines = [
        ("name", distinct(rows.iter().map(|row| row.referrer_name.as_str()))),
        ("role", distinct(rows.iter().map(|row| row.referrer_role.as_str()))),
        ("contact", distinct(rows.iter().map(|row| row.referrer_contact.as_str()))),
    ];
    for (key, all) in lines {
        let mut line = all.join("; ");
        if all.len() > 1 && line.len() > MAX_LINE {
            line = format!("{} and others", all[0]);
        }
        if !line.is_empty() {
            referrer.insert(key.into(), line.into());
        }
    }
    request.insert("referrer".into(), referrer.into());
    let references: BTreeSet<&str> = children.iter().map(Child::reference).collect();
    // What the sender calls them tells them apart, or it stands in the account.
    let are_told_apart = references.len() == children.len() && !references.contains("");
    request.insert("account".into(), account(rows, &children, are_told_apart, sender).into());
    let mut household = Map::new();
    let address = least(rows.iter().map(|row| row.address.as_str()));
    let people = distinct(rows.iter().map(|row| row.people.as_str())).join("\n");
    for (key, text) in [("address", address), ("people", people)] {
        if !text.is_empty() {
            household.insert(key.into(), text.into());
        }
    }
    let of_household = by_fact(rows.iter().flat_map(|row| &row.of_household));
    household.insert("facts".into(), together(of_household, sender.rules).into());
    request.insert("household".into(), household.into());
    let list = children.iter().map(|child| {
        let mut one = Map::new();
        if are_told_apart {
            one.insert("ref".into(), child.reference().into());
        }
        for (key, text) in [("name", child.name()), ("nhs_number", child.nhs_number().to_owned())] {
            if !text.is_empty() {
                one.insert(key.into(), text.into());
            }
        }
        // The younger of two ages is the more vulnerable; the account says that there were two.
        let born = child.rows.iter().filter_map(|row| row.date_of_birth).max();
        let due = child.rows.iter().filter_map(|row| row.due_date).max();
        for (key, date) in [("date_of_birth", born), ("due_date", due.filter(|_| born.is_none()))] {
            one.extend(date.map(|date| (key.to_owned(), Value::from(date.to_string()))));
        }
        let of_child = by_fact(child.rows.iter().flat_map(|row| &row.of_child));
        one.insert("facts".into(), together(of_child, sender.rules).into());
        let concerns: BTreeSet<&String> = child.rows.iter().flat_map(|row| &row.concerns).collect();
        one.insert("concerns".into(), json!(concerns));
        Value::Object(one)
    });
    request.insert("children".into(), list.collect());
    Value::Object(request).to_string()
}

/// One child of a group.
struct Child<'r> {
    rows: Vec<&'r Row>,
}

impl<'r> Child<'r> {
    fn name(&self) -> String {
        least(self.rows.iter().map(|row| row.name.as_str()))
    }

    fn nhs_number(&self) -> &'r str {
        self.rows.iter().map(|row| row.nhs_number.as_str()).find(|number| !number.is_empty()).unwrap_or_default()
    }

    /// What the sender calls the child, each once.
    fn references(&self) -> Vec<&'r str> {
        distinct(self.rows.iter().map(|row| row.reference.as_str()))
    }

    /// What the sender calls the child, where that is one thing.
    fn reference(&self) -> &'r str {
        match self.references().as_slice() {
            [one] => one,
            _ => "",
        }
    }

    /// The child in a sentence.
    fn called(&self) -> String {
        match (self.name(), self.reference()) {
            (name, "") if name.is_empty() => "a child without a name".to_owned(),
            (name, reference) if name.is_empty() => reference.to_owned(),
            (name, _) => name,
        }
    }

    /// Whether a row is of this child: by the same number; or by the same name with the same birth or due date, or with
    /// what the sender calls the child, unless the sender calls them otherwise. Two numbers that differ are two
    /// children, whatever their names.
    fn is_of(&self, row: &Row) -> bool {
        let number = self.nhs_number();
        if !number.is_empty() && !row.nhs_number.is_empty() {
            return number == row.nhs_number;
        }
        let is_alike = |other: &&Row| {
            other.date_of_birth == row.date_of_birth && other.due_date == row.due_date && other.called == row.called
        };
        if !self.rows.iter().any(is_alike) {
            return false;
        }
        let references = self.references();
        let is_called_so = references.contains(&row.reference.as_str());
        let is_called_otherwise = !row.reference.is_empty() && !references.is_empty() && !is_called_so;
        !is_called_otherwise && (row.date_of_birth.is_some() || row.due_date.is_some() || is_called_so)
    }

    /// Whether a row says no more of who the child is than the child's first.
    fn begins_like(&self, row: &Row) -> bool {
        let is_alike = |first: &&Row| first.nhs_number == row.nhs_number && first.reference == row.reference;
        self.rows.first().is_some_and(is_alike)
    }
}

/// The same child twice is one child. What could be of either of two is of neither: a person says.
fn children<'r>(rows: &[&'r Row]) -> Vec<Child<'r>> {
    let mut sorted: Vec<&Row> = rows.to_vec();
    // Those that say most of who it is first, so that what comes in another order is put together in the same way.
    sorted.sort_by_cached_key(|row| {
        let number = (row.nhs_number.is_empty(), row.nhs_number.clone());
        let reference = (row.reference.is_empty(), row.reference.clone());
        (number, row.called.clone(), row.date_of_birth, row.due_date, reference, row.number)
    });
    let mut children: Vec<Child<'r>> = Vec::new();
    for row in sorted {
        let mut same: Vec<&mut Child<'r>> = children.iter_mut().filter(|child| child.is_of(row)).collect();
        if same.len() > 1 {
            same.retain(|child| child.begins_like(row));
        }
        let found = same.into_iter().next();
        match found {
            Some(child) => child.rows.push(row),
            None => children.push(Child { rows: vec![row] }),
        }
    }
    children.sort_by_cached_key(|child| {
        let first = child.rows.iter().map(|row| (row.date_of_birth, row.due_date)).min();
        (folded(&child.name()), child.nhs_number(), first)
    });
    children
}

/// What rows say, by fact.
fn by_fact<'s>(all: impl Iterator<Item = &'s (String, Said)>) -> BTreeMap<&'s str, Vec<&'s Said>> {
    let mut by_fact: BTreeMap<&str, Vec<&Said>> = BTreeMap::new();
    for (fact, said) in all {
        by_fact.entry(fact).or_default().push(said);
    }
    by_fact
}

/// Every fact once; what rows say differently are two accounts.
fn together(by_fact: BTreeMap<&str, Vec<&Said>>, rules: &RuleSet) -> Map<String, Value> {
    let one = |(fact, said): (&str, Vec<&Said>)| {
        let value = match one_of(fact, &said, rules) {
            Said::NotKnown => json!("not_known"),
            Said::Refused => json!("refused"),
            Said::Answer(only) => json!(only),
            Said::TwoAccounts(answer, also) => json!({ "answer": answer, "also_said": also }),
        };
        (fact.to_owned(), value)
    };
    by_fact.into_iter().map(one).collect()
}

/// What several cells say of one fact: of answers that differ the one of most concern, beside the one of least.
pub(crate) fn one_of(fact: &str, said: &[&Said], rules: &RuleSet) -> Said {
    match in_order(fact, said, rules).as_slice() {
        [] if said.contains(&&Said::NotKnown) => Said::NotKnown,
        [] => Said::Refused,
        [only] => Said::Answer((*only).clone()),
        [first, .., last] => Said::TwoAccounts((*last).clone(), (*first).clone()),
    }
}

/// The different answers to a fact, least concern first.
fn in_order<'s>(fact: &str, said: &[&'s Said], rules: &RuleSet) -> Vec<&'s Answer> {
    let mut answers: Vec<&Answer> = Vec::new();
    for one in said {
        match one {
            Said::Answer(answer) => answers.push(answer),
            Said::TwoAccounts(answer, other) => answers.extend([answer, other]),
            Said::NotKnown | Said::Refused => {}
        }
    }
    let number = |answer: &Answer| if let Answer::Number(number) = answer { *number } else { 0 };
    answers.sort_by_key(|answer| (rules.concern(fact, answer), number(answer), answer.to_string()));
    answers.dedup();
    answers
}

/// The account: every text once, under its heading, with the child it was written beside where that was not all.
fn account(rows: &[&Row], children: &[Child<'_>], are_told_apart: bool, sender: &Sender<'_>) -> String {
    let mut lines = vec![format!("Incident {}", least(rows.iter().map(|row| row.incident.as_str())))];
    let mut headings: Vec<&str> = Vec::new();
    for column in &sender.mapping.columns {
        if let crate::criteria::Purpose::Account(heading) = &column.purpose
            && !headings.contains(&heading.as_str())
        {
            headings.push(heading);
        }
    }
    let says =
        |row: &Row, heading: &str, text: &str| row.account.iter().any(|(of, said)| of == heading && said == text);
    for heading in headings {
        let all = rows.iter().flat_map(|row| &row.account).filter(|(of, _)| of == heading);
        for text in distinct(all.map(|(_, text)| text.as_str())) {
            let about = children.iter().filter(|child| child.rows.iter().any(|row| says(row, heading, text)));
            let names: Vec<String> = about.map(Child::called).collect();
            let beside = if names.len() == children.len() { String::new() } else { format!(" ({})", names.join(", ")) };
            lines.push(format!("{heading}{beside}: {text}"));
        }
    }
    let of_household = by_fact(rows.iter().flat_map(|row| &row.of_household));
    lines.extend(said_between("the household", of_household, sender.rules));
    for child in children {
        lines.extend(otherwise(child, are_told_apart, sender.rules));
    }
    lines.join("\n\n")
}

/// What rows said of one child that the request has no place for.
fn otherwise(child: &Child<'_>, are_told_apart: bool, rules: &RuleSet) -> Vec<String> {
    let name = child.called();
    let mut lines = Vec::new();
    let names = distinct(child.rows.iter().map(|row| row.name.as_str()));
    if names.len() > 1 {
        lines.push(format!("{name} is also called: {}", names[1..].join(", ")));
    }
    let references = child.references();
    if references.len() > 1 || (!are_told_apart && !references.is_empty()) {
        lines.push(format!("The sender's reference of {name}: {}", references.join(", ")));
    }
    let dates = |of: fn(&Row) -> Option<Date>| {
        let dates: BTreeSet<Date> = child.rows.iter().filter_map(|row| of(row)).collect();
        dates.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let (born, due) = (dates(|row| row.date_of_birth), dates(|row| row.due_date));
    if born.len() > 1 {
        lines.push(format!("Dates of birth given for {name}: {}; the latest is used", born.join(", ")));
    }
    if !born.is_empty() && !due.is_empty() {
        lines.push(format!("Given for {name} beside a date of birth, which is used: due on {}", due.join(", ")));
    } else if due.len() > 1 {
        lines.push(format!("Due dates given for {name}: {}; the latest is used", due.join(", ")));
    }
    lines.extend(said_between(&name, by_fact(child.rows.iter().flat_map(|row| &row.of_child)), rules));
    lines
}

/// What was said of a fact beside the two accounts that a request has a place for.
fn said_between(of: &str, by_fact: BTreeMap<&str, Vec<&Said>>, rules: &RuleSet) -> Vec<String> {
    let mut lines = Vec::new();
    for (fact, said) in by_fact {
        let answers = in_order(fact, &said, rules);
        if answers.len() > 2 {
            let asks = rules.fact(fact).map_or("", |fact| rules.indicators()[fact].ask.as_str());
            let all: Vec<String> = answers.iter().map(ToString::to_string).collect();
            lines.push(format!("Said of {of}: {asks} {}", all.join("; ")));
        }
    }
    lines
}

/// The different texts, sorted, without empty ones.
fn distinct<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    texts.filter(|text| !text.is_empty()).collect::<BTreeSet<_>>().into_iter().collect()
}

fn least<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    distinct(texts).first().copied().unwrap_or_default().to_owned()
}
