//! What a referrer and a family are told: proposed from the record, sent or withheld by a person, followed up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::body::LetterBody;
use super::case::{Case, Event, Listed, What};
use super::entry::Ready;
use super::keep::Change;
use super::leaf::{Kind, Leaf, LetterLeaf};
use super::once::{Once, Pending};
use super::{Record, RecordError, new_id};
use crate::access::Permit;
use crate::calendar::Clock;
use crate::criteria::RuleSet;
use crate::json::Fault;
use crate::letters::{Letter, Reader, check};
use crate::level::{Explain, Reason};
use crate::referral::received::FamilyTold;
use crate::referral::unfold::Information;

/// The action by which the rules say that a family is not to be told first.
const NOT_FIRST: &str = "do_not_contact_family_first";

/// By when the referrer and the family are to be told of what is decided now, as the rules of the day say.
pub(super) fn tell_by(rules: &RuleSet, now: Timestamp) -> BTreeMap<Reader, Timestamp> {
    let framework = rules.framework();
    let due = |id: &str| {
        let timescale = framework.timescales.iter().find(|one| one.id == id)?;
        let due = framework.calendar.due(now, timescale.within, Clock::Always)?;
        // The record's times are milliseconds, in its entries and in its lists alike.
        Timestamp::from_millisecond(due.as_millisecond()).ok()
    };
    let both = [(Reader::Referrer, due("tell_the_referrer")), (Reader::Family, due("tell_the_family"))];
    both.into_iter().filter_map(|(reader, by)| Some((reader, by?))).collect()
}

impl Case {
    /// Whether telling the family was said to be unsafe, by whoever referred or by what the rules ask for.
    ///
    /// # Errors
    /// When what was kept cannot be read again.
    pub fn is_unsafe_to_tell(&self) -> Result<bool, RecordError> {
        let (received, _) = self.said()?;
        if received.family_told == Some(FamilyTold::UnsafeToTell) {
            return Ok(true);
        }
        if self.pieces().iter().any(|piece| piece.joined.as_ref().is_some_and(|joined| joined.unsafe_to_tell)) {
            return Ok(true);
        }
        // Every evaluation: that a later one no longer asks for it does not make a home safe.
        let marks = self.events.iter().filter_map(Event::evaluated).flat_map(|evaluated| &evaluated.children);
        let asks = |evaluation: &str| -> Option<bool> {
            let read: serde_json::Value = serde_json::from_str(evaluation).ok()?;
            Some(read["actions"].as_array()?.iter().any(|action| action["id"] == NOT_FIRST))
        };
        let mut found = marks.map(|child| asks(child.evaluation.get()).unwrap_or(true));
        Ok(found.any(|asked| asked))
    }

    /// The names that a letter about a child may not hold unseen: of whoever referred or said something, of the other
    /// children, and of everybody who lives with them.
    ///
    /// # Errors
    /// When what was kept cannot be read again.
    pub fn names_of_others(&self, child: usize) -> Result<Vec<String>, RecordError> {
        let (received, pieces) = self.said()?;
        let mut names: Vec<String> = Vec::new();
        names.extend(received.referrer.name);
        names.extend(pieces.into_iter().filter_map(|piece| piece.said_by.name));
        let others = received.children.into_iter().enumerate().filter(|(place, _)| *place != child);
        names.extend(others.filter_map(|(_, other)| other.name));
        // Whom a sentence names stands in capitals: "her partner Kit Example".
        names.extend(received.home.people.as_deref().map(capitals).unwrap_or_default());
        let own = self.name_of(child)?;
        let own: BTreeSet<&str> = own.iter().flat_map(|name| name.split_whitespace()).collect();
        // Of a family with one surname, the first names tell one from another.
        let parts = |name: &String| -> Vec<String> {
            let mut words: Vec<String> = name.split_whitespace().map(str::to_owned).collect();
            // "The safeguarding lead" is somebody's work: a warning in every letter would soon be read by nobody.
            if words.first().is_some_and(|first| first.eq_ignore_ascii_case("the")) {
                words = capitals(name);
            }
            words.into_iter().filter(|word| !own.contains(word.as_str())).collect()
        };
        let mut parts: Vec<String> = names.iter().flat_map(parts).filter(|word| is_a_name(word)).collect();
        parts.sort();
        parts.dedup();
        Ok(parts)
    }

    fn name_of(&self, child: usize) -> Result<Option<String>, RecordError> {
        let (received, _) = self.said()?;
        Ok(received.children.into_iter().nth(child).and_then(|child| child.name))
    }

    /// Every letter, with the entry that it is.
    pub fn letters(&self) -> impl Iterator<Item = (&Event, &LetterBody)> {
        self.events.iter().filter_map(|event| match &event.what {
            What::Letter(body) => Some((event, &**body)),
            _ => None,
        })
    }
}

/// Whether a word is more than an initial, which every text holds.
fn is_a_name(word: &str) -> bool {
    word.chars().filter(|letter| letter.is_alphanumeric()).count() > 1
}

/// Words that begin sentences and are nobody's name.
const NO_NAMES: [&str; 24] = [
    "A", "An", "And", "But", "He", "Her", "His", "I", "If", "In", "It", "Nobody", "Our", "She", "Somebody", "That",
    "The", "Their", "There", "They", "This", "We", "You", "Your",
];

/// The words of a text that begin in a capital: too many rather than too few.
fn capitals(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '-'));
    let is_name = |word: &&str| word.chars().next().is_some_and(char::is_uppercase) && !NO_NAMES.contains(word);
    words.filter(is_name).map(str::to_owned).collect()
}

impl Record {
    /// Referrals of which somebody is still to be told, the soonest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list_to_tell(&self, most: i64) -> Result<Vec<Listed>, RecordError> {
        let rows = self.store.read(|db| db.query(include_str!("sql/list_to_tell.sql"), &[most.into()]))?;
        self.there(rows, None)
    }

    /// The reasons for a child that rest on nothing marked unsafe to share: evaluated without what was.
    ///
    /// # Errors
    /// When what was kept cannot be evaluated again.
    pub fn reasons_to_share(&self, case: &Case, child: usize) -> Result<Vec<Reason>, RecordError> {
        let (received, mut pieces) = case.said()?;
        if received.unsafe_to_share {
            return Ok(Vec::new());
        }
        for piece in pieces.iter_mut().filter(|piece| piece.unsafe_to_share) {
            // It keeps its number, and says nothing.
            *piece = Information::default();
        }
        let rules = self.rule_set(&case.evaluated()?.rule_set)?;
        let referral = received.referral.unfolded(&pieces, &rules);
        let damaged = |_| RecordError::Damaged(format!("{} cannot be evaluated again", case.listed.id));
        let evaluations = super::keep::evaluations(&referral, &rules, Explain::Summary).map_err(damaged)?;
        Ok(evaluations.into_iter().nth(child).map(|evaluation| evaluation.reasons).unwrap_or_default())
    }

    /// Records that somebody was told of decisions, or is not told, and why.
    ///
    /// # Errors
    /// When there is no such decision within reach, it does not stand yet, or the letter has faults.
    pub fn tell(
        &self,
        permit: &Permit,
        id: &str,
        rules: &RuleSet,
        letter: Letter,
        once: Once,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.writable()?;
        let case = self.reached(permit, id)?;
        let stands = case.children();
        let place = |decision: &String| {
            stands.iter().position(|child| child.decided.as_ref().is_some_and(|one| one.id == *decision))
        };
        let children: Vec<usize> = letter
            .decisions
            .iter()
            .map(|decision| place(decision).ok_or(RecordError::NotFound))
            .collect::<Result<_, _>>()?;
        let mut faults = Vec::new();
        if children.is_empty() {
            faults.push(Fault::new("/decisions", "missing-key", "say which decision it tells of"));
        }
        let settled = |child: &usize| {
            stands[*child].decided.as_ref().is_some_and(|one| one.confirmed) && !stands[*child].reopened
        };
        if letter.sent.is_some() && !children.iter().all(settled) {
            let detail = "this decision does not stand yet: it waits for a second person, or to be taken again";
            faults.push(Fault::new("/decisions", "not-settled", detail));
        }
        if letter.to == Reader::Family && children.len() > 1 {
            faults.push(Fault::new("/decisions", "too-many", "a letter to a family is about one child"));
        }
        let names = match (letter.to, children.first()) {
            (Reader::Family, Some(child)) => case.names_of_others(*child)?,
            _ => Vec::new(),
        };
        faults.extend(check(rules, &letter, permit.actor(), case.is_unsafe_to_tell()?, &names));
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        let (id, by) = (new_id(), permit.actor().clone());
        let kind = if letter.sent.is_some() { Kind::LetterSent } else { Kind::LetterWithheld };
        let leaf = LetterLeaf {
            to: letter.to,
            way: letter.sent.as_ref().map(|sent| sent.way),
            withheld: letter.withheld.as_ref().map(|reason| reason.code.clone()),
        };
        let leaf = Leaf { letter: Some(leaf), ..Leaf::by(&by, kind, id.clone(), now) };
        let body = LetterBody { by, letter: id, told: letter };
        let ready = Ready::new(&case.key, &case.listed.id, leaf, What::Letter(Arc::new(body)))?;
        let listed = case.listed.clone();
        Ok(self.go_on(Change::of(case, listed, vec![ready]), once, now))
    }
}
