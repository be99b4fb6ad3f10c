//! Rows of one incident and one household become one request, each child once, whatever the order of the rows.
//!
//! What rows say differently of one fact are two accounts: the more protective is used, never the last.

use std::collections::{BTreeMap, BTreeSet};

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
            "" => format!("\n{}\n{}\n{:?}{:?}", folded(&row.name), row.nhs_number, row.date_of_birth, row.due_date),
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
    let facts = |of: &dyn Fn(&Row) -> Vec<(String, Said)>, rows: &[&Row]| {
        let all: Vec<(String, Said)> = rows.iter().flat_map(|row| of(row)).collect();
        together(&all, sender.rules)
    };
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
    request.insert("account".into(), account(rows, &children, sender).into());
    let mut household = Map::new();
    let address = least(rows.iter().map(|row| row.address.as_str()));
    let people = distinct(rows.iter().map(|row| row.people.as_str())).join("\n");
    for (key, text) in [("address", address), ("people", people)] {
        if !text.is_empty() {
            household.insert(key.into(), text.into());
        }
    }
    household.insert("facts".into(), facts(&|row| row.of_household.clone(), rows).into());
    request.insert("household".into(), household.into());
    let references: BTreeSet<&str> = children.iter().map(|child| child.reference()).collect();
    // What the sender calls them tells them apart, or it is not used.
    let are_told_apart = references.len() == children.len() && !references.contains("");
    let list = children.iter().map(|child| {
        let mut one = Map::new();
        if are_told_apart {
            one.insert("ref".into(), child.reference().into());
        }
        for (key, text) in [("name", child.name()), ("nhs_number", child.nhs_number())] {
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
        one.insert("facts".into(), facts(&|row| row.of_child.clone(), &child.rows).into());
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

impl Child<'_> {
    fn name(&self) -> String {
        least(self.rows.iter().map(|row| row.name.as_str()))
    }

    fn nhs_number(&self) -> String {
        least(self.rows.iter().map(|row| row.nhs_number.as_str()))
    }

    fn reference(&self) -> &str {
        let all: BTreeSet<&str> = self.rows.iter().map(|row| row.reference.as_str()).collect();
        match all.into_iter().collect::<Vec<_>>().as_slice() {
            [one] => one,
            _ => "",
        }
    }
}

/// The same child twice is one child: by the same number, by the same name and birth date, or the same due date of a
/// baby without a name. Two numbers that differ are two children, whatever their names.
fn children<'r>(rows: &[&'r Row]) -> Vec<Child<'r>> {
    let mut sorted: Vec<&Row> = rows.to_vec();
    // Those with a number first, so that what comes in another order is put together in the same way.
    sorted.sort_by_key(|row| {
        (
            row.nhs_number.is_empty(),
            row.nhs_number.clone(),
            folded(&row.name),
            row.date_of_birth,
            row.due_date,
            row.number,
        )
    });
    let mut children: Vec<Child<'r>> = Vec::new();
    for row in sorted {
        let is_same = |child: &Child<'_>| {
            let number = child.nhs_number();
            if !number.is_empty() && !row.nhs_number.is_empty() {
                return number == row.nhs_number;
            }
            let is_known = !row.name.is_empty() || row.due_date.is_some();
            is_known
                && child.rows.iter().any(|other| {
                    folded(&other.name) == folded(&row.name)
                        && other.date_of_birth == row.date_of_birth
                        && other.due_date == row.due_date
                })
        };
        match children.iter_mut().find(|child| is_same(child)) {
            Some(child) => child.rows.push(row),
            None => children.push(Child { rows: vec![row] }),
        }
    }
    children.sort_by_key(|child| {
        let first = child.rows.iter().map(|row| (row.date_of_birth, row.due_date)).min();
        (folded(&child.name()), child.nhs_number(), first)
    });
    children
}

/// Every fact once; what rows say differently are two accounts.
fn together(all: &[(String, Said)], rules: &RuleSet) -> Map<String, Value> {
    let mut by_fact: BTreeMap<&str, Vec<&Said>> = BTreeMap::new();
    for (fact, said) in all {
        by_fact.entry(fact).or_default().push(said);
    }
    let one = |(fact, said): (&str, Vec<&Said>)| {
        let answers = in_order(fact, &said, rules);
        let value = match answers.as_slice() {
            [] if said.contains(&&Said::NotKnown) => json!("not_known"),
            [] => json!("refused"),
            [only] => json!(only),
            [first, .., last] => json!({ "answer": last, "also_said": first }),
        };
        (fact.to_owned(), value)
    };
    by_fact.into_iter().map(one).collect()
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
fn account(rows: &[&Row], children: &[Child<'_>], sender: &Sender<'_>) -> String {
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
            let names: Vec<String> = about.map(Child::name).collect();
            let beside = if names.len() == children.len() { String::new() } else { format!(" ({})", names.join(", ")) };
            lines.push(format!("{heading}{beside}: {text}"));
        }
    }
    for child in children {
        lines.extend(otherwise(child, sender.rules));
    }
    lines.join("\n\n")
}

/// What rows said of one child that the request has no place for.
fn otherwise(child: &Child<'_>, rules: &RuleSet) -> Vec<String> {
    let name = child.name();
    let mut lines = Vec::new();
    let names = distinct(child.rows.iter().map(|row| row.name.as_str()));
    if names.len() > 1 {
        lines.push(format!("{name} is also called: {}", names[1..].join(", ")));
    }
    let dates: BTreeSet<_> = child.rows.iter().filter_map(|row| row.date_of_birth).collect();
    if dates.len() > 1 {
        let dates: Vec<String> = dates.iter().map(ToString::to_string).collect();
        lines.push(format!("Dates of birth given for {name}: {}; the latest is used", dates.join(", ")));
    }
    let facts: BTreeSet<&str> =
        child.rows.iter().flat_map(|row| &row.of_child).map(|(fact, _)| fact.as_str()).collect();
    for fact in facts {
        let said: Vec<&Said> = child
            .rows
            .iter()
            .flat_map(|row| &row.of_child)
            .filter(|(of, _)| of == fact)
            .map(|(_, said)| said)
            .collect();
        let answers = in_order(fact, &said, rules);
        if answers.len() > 2 {
            let asks = rules.fact(fact).map_or("", |fact| rules.indicators()[fact].ask.as_str());
            let all: Vec<String> = answers.iter().map(ToString::to_string).collect();
            lines.push(format!("Said of {name}: {asks} {}", all.join("; ")));
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
