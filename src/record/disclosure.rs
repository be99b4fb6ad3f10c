//! What is recorded about a child, for somebody who asks for it: part by part, each with whom else it is about, for a
//! person to review. What they gave and what they left out, and why, is recorded with the rest.

mod parts;

use std::sync::Arc;

use jiff::Timestamp;

use super::body::{DisclosureBody, PartDisclosed};
use super::case::{Case, Event, What};
use super::entry::Ready;
use super::keep::Change;
use super::leaf::{Kind, Leaf};
use super::once::{Once, Pending};
use super::{Record, RecordError, new_id};
use crate::access::Permit;
use crate::criteria::RuleSet;
use crate::json::{Fault, FaultCode};

const REASONS: &str = "reasons_to_leave_out";
const MAX_NAME: usize = 200;

/// Whom a part is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AboutWhom {
    /// The child alone.
    Child,
    /// The child and others, in words that only a person can take apart.
    Both,
    /// Others.
    Others,
}

/// A part of the record, to be reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which part.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What it says.
    pub text: String,
    /// Whom it is about.
    pub about: AboutWhom,
    /// The reason, by code, for which it may have to be left out.
    pub exempt: Option<&'static str>,
}

/// What a person does with each part.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// The referral's version whose parts they read.
    pub version: i64,
    /// To whom it is given.
    pub to: String,
    /// Each part, in the order of `parts`.
    pub parts: Vec<PartDisclosed>,
}

impl Case {
    /// What was given to somebody who asked, by its id.
    pub fn disclosure(&self, id: &str) -> Option<(&Event, &DisclosureBody)> {
        self.events.iter().find_map(|event| match &event.what {
            What::Disclosure(body) if body.disclosure == id => Some((event, &**body)),
            _ => None,
        })
    }
}

impl Record {
    /// Everything about one child that may be given, part by part; what was joined to it says whether telling is unsafe.
    ///
    /// # Errors
    /// When what was kept cannot be read again.
    pub fn parts(&self, case: &Case, rules: &RuleSet, child: usize) -> Result<Vec<Part>, RecordError> {
        case.parts(rules, child, self.is_unsafe_to_tell(case)?)
    }

    /// Records what was given to somebody who asked for what is recorded about a child, and what was left out.
    ///
    /// # Errors
    /// When there is no such child within reach, something was added meanwhile, or a part was not reviewed.
    #[expect(clippy::too_many_arguments, reason = "what a disclosure is made of")]
    pub fn disclose(
        &self,
        permit: &Permit,
        id: &str,
        child: usize,
        rules: &RuleSet,
        reviewed: Reviewed,
        once: Once,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.writable()?;
        let case = self.reached(permit, id)?;
        if child >= case.children().len() {
            return Err(RecordError::NotFound);
        }
        let parts = self.parts(&case, rules, child)?;
        let is_same = parts.iter().map(|part| &part.id).eq(reviewed.parts.iter().map(|part| &part.part));
        // A part may say more than it did, under the same id.
        if case.listed.version != reviewed.version || !is_same {
            return Err(RecordError::Moved("something was recorded meanwhile; review it again".into()));
        }
        let mut faults = Vec::new();
        let name = reviewed.to.trim();
        if name.is_empty() {
            faults.push(Fault::new("/to", FaultCode::MissingKey, "say to whom it is given"));
        } else if name.len() > MAX_NAME {
            faults.push(Fault::new("/to", FaultCode::TooLong, format!("at most {MAX_NAME} bytes are kept")));
        }
        let lists = rules.framework().code_lists.iter().filter(|list| list.id == REASONS);
        let codes: Vec<&str> = lists.flat_map(|list| &list.codes).map(|code| code.code.as_str()).collect();
        for (index, (part, done)) in parts.iter().zip(&reviewed.parts).enumerate() {
            let whole = done.given.as_ref() == Some(&part.text);
            let known = done.left_out.as_deref().is_some_and(|code| codes.contains(&code));
            if !whole && !known {
                let fault =
                    Fault::new(format!("/parts/{index}/left_out"), FaultCode::UnknownCode, "say why it is left out");
                faults.push(fault.instead(codes.join(", ")));
            }
        }
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        let (id, by) = (new_id(), permit.actor().clone());
        let leaf = Leaf::by(&by, Kind::Disclosed, id.clone(), now);
        let body = DisclosureBody { by, disclosure: id, child, to: name.to_owned(), parts: reviewed.parts };
        let ready = Ready::new(&case.key, &case.listed.id, leaf, What::Disclosure(Arc::new(body)))?;
        let listed = case.listed.clone();
        Ok(self.go_on(Change::of(case, listed, vec![ready]), once, now))
    }
}
