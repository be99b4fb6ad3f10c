//! One row by its mapping: whose it is, and what it says. What cannot be told is listed, never guessed.

use jiff::Timestamp;
use jiff::civil::Date;

use super::cell::{answer, date, time, unknown_word};
use super::group::request;
use super::table::RawRow;
use super::{Sender, Unmapped};
use crate::criteria::{Column, Purpose, folded};
use crate::facts::Said;
use crate::json::{Fault, FaultCode, Json};
use crate::referral::Referral;
use crate::referral::received::Received;

/// A row that is understood.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub number: usize,
    pub incident: String,
    pub address: String,
    pub people: String,
    pub received_at: Option<Timestamp>,
    pub name: String,
    /// The name as it is compared.
    pub called: String,
    pub date_of_birth: Option<Date>,
    pub due_date: Option<Date>,
    pub nhs_number: String,
    pub reference: String,
    pub referrer_name: String,
    pub referrer_role: String,
    pub referrer_contact: String,
    /// Heading and text, in the order of the mapping.
    pub account: Vec<(String, String)>,
    pub concerns: Vec<String>,
    /// In the order of the mapping.
    pub of_child: Vec<(String, Said)>,
    pub of_household: Vec<(String, Said)>,
}

impl Row {
    pub fn read(raw: &RawRow, sender: &Sender<'_>) -> Result<Self, Unmapped> {
        let cells = match &raw.cells {
            Ok(cells) => cells,
            Err((code, detail)) => return Err(Unmapped::new(raw, None, *code, detail.clone())),
        };
        let mut row = Self { number: raw.row, ..Self::default() };
        for column in &sender.mapping.columns {
            let named = folded(&column.name);
            let cell = cells.iter().find(|(heading, _)| heading.folded == named).map_or("", |(_, text)| text.trim());
            row.take(column, cell, sender)
                .map_err(|(code, detail)| Unmapped::new(raw, Some(&column.name), code, detail))?;
        }
        row.called = folded(&row.name);
        row.whole(raw, sender)?;
        Ok(row)
    }

    /// Whether more than a name tells the child from others.
    pub fn is_told_apart(&self) -> bool {
        let is_dated = self.date_of_birth.is_some() || self.due_date.is_some();
        is_dated || !self.nhs_number.is_empty() || !self.reference.is_empty()
    }

    /// Takes one cell.
    fn take(&mut self, column: &Column, cell: &str, sender: &Sender<'_>) -> Result<(), (FaultCode, String)> {
        let joined = |to: &mut String| {
            if !cell.is_empty() {
                *to = if to.is_empty() { cell.to_owned() } else { format!("{to} {cell}") };
            }
        };
        match &column.purpose {
            Purpose::Incident if cell.is_empty() => {
                return Err((
                    FaultCode::NoIncident,
                    "the row names no incident, so what it belongs to cannot be told".into(),
                ));
            }
            Purpose::Incident => self.incident = cell.to_owned(),
            Purpose::Household => joined(&mut self.address),
            Purpose::People => joined(&mut self.people),
            Purpose::ChildName => joined(&mut self.name),
            Purpose::NhsNumber => self.nhs_number = cell.chars().filter(|c| !c.is_whitespace() && *c != '-').collect(),
            Purpose::Reference => self.reference = cell.to_owned(),
            Purpose::ReferrerName => self.referrer_name = cell.to_owned(),
            Purpose::ReferrerRole => self.referrer_role = cell.to_owned(),
            Purpose::ReferrerContact => self.referrer_contact = cell.to_owned(),
            Purpose::Account(heading) if !cell.is_empty() => self.account.push((heading.clone(), cell.to_owned())),
            Purpose::ReceivedAt(form) if !cell.is_empty() => {
                let at = time(cell, form, sender.rules)?;
                if at > sender.now {
                    return Err((FaultCode::InTheFuture, "it was received later than now".into()));
                }
                self.received_at = Some(at);
            }
            Purpose::DateOfBirth(form) if !cell.is_empty() => self.date_of_birth = Some(date(cell, form)?),
            Purpose::DueDate(form) if !cell.is_empty() => self.due_date = Some(date(cell, form)?),
            Purpose::Concern(words) if !cell.is_empty() => {
                let topics = words.get(&folded(cell)).ok_or_else(|| unknown_word(&column.name))?;
                self.concerns.extend(topics.iter().cloned());
            }
            Purpose::Fact { fact, about_child, words, whole_number, empty } => {
                let said =
                    answer(cell, words, *whole_number, empty.as_ref()).ok_or_else(|| unknown_word(&column.name))?;
                let facts = if *about_child { &mut self.of_child } else { &mut self.of_household };
                facts.extend(said.map(|said| (fact.clone(), said)));
            }
            Purpose::Account(_)
            | Purpose::ReceivedAt(_)
            | Purpose::DateOfBirth(_)
            | Purpose::DueDate(_)
            | Purpose::Concern(_)
            | Purpose::Ignored => {}
        }
        Ok(())
    }

    /// Whether the row alone could be a referral: then so can every part of its group.
    fn whole(&self, raw: &RawRow, sender: &Sender<'_>) -> Result<(), Unmapped> {
        if self.name.is_empty() && self.nhs_number.is_empty() && self.due_date.is_none() {
            let detail = "the row names no child: no name, no NHS number, no baby who is due";
            return Err(Unmapped::new(raw, None, FaultCode::NoChild, detail));
        }
        let alone = request(&[self], sender);
        let Some(fault) = faults(&alone, sender).into_iter().next() else { return Ok(()) };
        let column = sender.mapping.columns.iter().find(|column| is_at(&column.purpose, &fault.pointer));
        Err(Unmapped::new(raw, column.map(|column| column.name.as_str()), fault.code, fault.detail))
    }
}

/// What is wrong with a request, as recording it would tell.
pub(super) fn faults(request: &str, sender: &Sender<'_>) -> Vec<Fault> {
    let received = match Json::read(request.as_bytes()).and_then(|json| Received::read(&json)) {
        Ok(received) => received,
        Err(faults) => return faults,
    };
    let mut faults = received.faults(sender.rules);
    match received.received_at(sender.now) {
        Err(fault) => faults.push(fault),
        Ok(at) => {
            let referral = Referral { received_at: Some(at), ..received.referral };
            faults.extend(referral.facts(sender.rules).err().into_iter().flatten());
        }
    }
    faults
}

/// Whether a pointer into the request of one row leads to what a column gave.
fn is_at(purpose: &Purpose, pointer: &str) -> bool {
    match purpose {
        Purpose::Incident => pointer == "/ref",
        Purpose::Household => pointer == "/household/address",
        Purpose::People => pointer == "/household/people",
        Purpose::ReceivedAt(_) => pointer == "/received_at",
        Purpose::ChildName => pointer == "/children/0/name",
        Purpose::DateOfBirth(_) => pointer == "/children/0/date_of_birth",
        Purpose::DueDate(_) => pointer == "/children/0/due_date",
        Purpose::NhsNumber => pointer == "/children/0/nhs_number",
        Purpose::Reference => pointer == "/children/0/ref",
        Purpose::ReferrerName => pointer == "/referrer/name",
        Purpose::ReferrerRole => pointer == "/referrer/role",
        Purpose::ReferrerContact => pointer == "/referrer/contact",
        Purpose::Fact { fact, .. } => pointer.contains("/facts/") && pointer.ends_with(&format!("/{fact}")),
        Purpose::Account(_) | Purpose::Concern(_) | Purpose::Ignored => false,
    }
}
