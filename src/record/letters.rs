//! What a referrer and a family are told: proposed from the record, sent or withheld by a person, followed up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::body::{InformationBody, LetterBody};
use super::case::{Case, ChildStands, Decided, Event, Listed, What};
use super::entry::Ready;
use super::keep::{Change, evaluations};
use super::leaf::{Kind, Leaf, LetterLeaf};
use super::once::{Once, Pending};
use super::{Record, RecordError, new_id};
use crate::access::Permit;
use crate::calendar::Clock;
use crate::criteria::RuleSet;
use crate::decision::{Actor, Role};
use crate::facts::Answers;
use crate::json::{Fault, FaultCode};
use crate::letters::{Letter, Reader, check};
use crate::level::{Evaluation, Explain, Reason};
use crate::referral::received::FamilyTold;
use crate::referral::unfold::{Information, Sort};
use crate::referral::{Child, Referral};

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

/// What follows from the own words of whoever referred.
#[derive(Debug)]
pub struct OwnWords {
    /// What is indicated for each child, with every reason, as it is sent.
    pub evaluations: Vec<Value>,
    /// Whether more was said, that is not among them.
    pub more_was_said: bool,
}

impl Case {
    /// Whether telling the family was said to be unsafe here, by whoever referred or by what the rules ask for; of what
    /// was joined to it, as it stood then.
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
            let read: Value = serde_json::from_str(evaluation).ok()?;
            Some(read["actions"].as_array()?.iter().any(|action| action["id"] == NOT_FIRST))
        };
        let mut found = marks.map(|child| asks(child.evaluation.get()).unwrap_or(true));
        Ok(found.any(|asked| asked))
    }

    /// The referrals that were joined to this one, or this one to them.
    fn joined_with(&self) -> Vec<String> {
        let joined = self.events.iter().filter_map(|event| match &event.what {
            What::Information(body) => body.joined.as_ref(),
            What::Act(body) => body.joined.as_ref(),
            _ => None,
        });
        joined.map(|joined| joined.other.clone()).collect()
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

    /// The reasons for a child, under the rules of what was last evaluated, that rest on nothing marked unsafe to share:
    /// evaluated without what was, and without what that corrected.
    ///
    /// # Errors
    /// When what was kept cannot be evaluated again.
    pub fn reasons_to_share<'r>(&self, rules: &'r RuleSet, child: usize) -> Result<Vec<Reason<'r>>, RecordError> {
        let (received, mut pieces) = self.said()?;
        if received.unsafe_to_share {
            return Ok(Vec::new());
        }
        let mut referral = received.referral;
        let left_out: Vec<bool> = pieces.iter().map(|piece| piece.unsafe_to_share).collect();
        leave_out(&mut referral, &mut pieces, &left_out);
        let evaluations = again(self, referral.unfolded(&pieces, rules), rules, Explain::Summary)?;
        Ok(evaluations.into_iter().nth(child).map(|evaluation| evaluation.reasons).unwrap_or_default())
    }

    /// Every letter, with the entry that it is.
    pub fn letters(&self) -> impl Iterator<Item = (&Event, &LetterBody)> {
        self.events.iter().filter_map(|event| match &event.what {
            What::Letter(body) => Some((event, &**body)),
            _ => None,
        })
    }
}

/// Whether somebody signs in for an organisation that refers, and records its own words.
fn is_partner(actor: &Actor) -> bool {
    matches!(actor.role, Role::Practitioner | Role::PartnerSystem)
}

/// Leaves pieces out: each keeps its number, and says nothing. What a correction corrects goes with it, for the record
/// holds that as wrong.
fn leave_out(referral: &mut Referral, pieces: &mut [Information], left_out: &[bool]) {
    // The last first: what a correction corrects may be a correction itself.
    for (place, _) in left_out.iter().enumerate().rev().filter(|(_, is_out)| **is_out) {
        if let Some(piece) = pieces.get_mut(place).map(std::mem::take) {
            take_back(referral, pieces, &piece);
        }
    }
}

/// Takes the answers of a correction out of the piece that it corrects, and of what that one corrected in turn.
fn take_back(referral: &mut Referral, pieces: &mut [Information], correction: &Information) {
    let mut wrong = corrected(correction);
    while let Some(number) = wrong {
        // The referral itself is 1.
        let Some(place) = number.checked_sub(2) else {
            let called: Vec<_> = (0..referral.children.len()).map(|child| Some(referral.reference_of(child))).collect();
            unsay(referral.household.as_mut(), referral.children.iter_mut().zip(called), correction);
            return;
        };
        let Some(piece) = pieces.get_mut(place) else { return };
        let called: Vec<_> = piece.children.iter().map(|child| child.reference.clone()).collect();
        unsay(piece.household.as_mut(), piece.children.iter_mut().zip(called), correction);
        wrong = corrected(piece).filter(|earlier| *earlier < number);
    }
}

/// The number of the piece that a piece corrects.
fn corrected(piece: &Information) -> Option<usize> {
    piece.corrects.filter(|_| piece.sort == Sort::Correction).and_then(|number| usize::try_from(number).ok())
}

/// Takes out of what was said of a household and of children, each with what it is called, whatever a correction answers.
fn unsay<'c>(
    household: Option<&mut Answers>,
    children: impl Iterator<Item = (&'c mut Child, Option<String>)>,
    correction: &Information,
) {
    let take = |from: &mut Answers, answers: &Answers| {
        from.said.retain(|(fact, _)| !answers.said.iter().any(|(wrong, _)| wrong == fact));
    };
    if let (Some(household), Some(answers)) = (household, &correction.household) {
        take(household, answers);
    }
    for (child, called) in children {
        for told in correction.children.iter().filter(|told| told.reference == called) {
            take(&mut child.answers, &told.answers);
        }
    }
}

/// Evaluates a part of what was said; how much its sender wanted explained was for the sender.
fn again<'r>(
    case: &Case,
    referral: Referral,
    rules: &'r RuleSet,
    explain: Explain,
) -> Result<Vec<Evaluation<'r>>, RecordError> {
    let damaged = |_| RecordError::Damaged(format!("{} cannot be evaluated again", case.listed.id));
    evaluations(&Referral { explain: None, ..referral }, rules, explain).map_err(damaged)
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

    /// What is decided, and stands, about the child of another referral that a child was joined to; under which rules.
    ///
    /// # Errors
    /// When the other referral was erased, or cannot be read.
    pub fn decided_with(&self, stands: &ChildStands) -> Result<Option<(Decided, Arc<RuleSet>)>, RecordError> {
        let mut joined = stands.joined.clone().ok_or(RecordError::NotFound)?;
        let mut known = BTreeSet::new();
        // What it was joined to may itself have been joined to a third.
        while known.insert((joined.other.clone(), joined.other_child)) {
            let other = self.case(&joined.other)?;
            let Some(there) = other.children().into_iter().nth(joined.other_child) else { break };
            match (there.decided, there.joined) {
                (None, Some(further)) => joined = further,
                (Some(decided), _) if decided.confirmed && !there.reopened => {
                    let rules = self.decided_under(&other, &decided.id)?;
                    return Ok(Some((decided, rules)));
                }
                _ => break,
            }
        }
        Ok(None)
    }

    /// Whether telling the family was said to be unsafe, in a referral or in any that was joined with it, as they stand
    /// now. What cannot be read counts as unsafe; of what was erased, what it said when it was joined.
    ///
    /// # Errors
    /// When what was kept cannot be read again.
    pub fn is_unsafe_to_tell(&self, case: &Case) -> Result<bool, RecordError> {
        if case.is_unsafe_to_tell()? {
            return Ok(true);
        }
        let mut known = BTreeSet::from([case.listed.id.clone()]);
        let mut others = case.joined_with();
        while let Some(id) = others.pop() {
            if !known.insert(id.clone()) {
                continue;
            }
            let look = |other: Case| other.is_unsafe_to_tell().map(|is_unsafe| (is_unsafe, other.joined_with()));
            match self.case(&id).and_then(look) {
                Ok((false, further)) => others.extend(further),
                Ok((true, _)) => return Ok(true),
                Err(RecordError::NotFound) => {}
                Err(error) => {
                    tracing::error!(%error, "what was joined cannot be read: telling the family counts as unsafe");
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// What follows from the own words of whoever referred: the referral, and what they added themselves, signed in for
    /// their organisation. Never what others said, even where it was recorded in the name of the same organisation, nor
    /// a piece that is unsafe to share.
    ///
    /// # Errors
    /// When what was kept cannot be evaluated again.
    pub fn own_words(&self, case: &Case) -> Result<OwnWords, RecordError> {
        let (received, mut pieces) = case.said()?;
        let (first, bodies) = (case.first()?, case.pieces());
        let own = &case.listed.organisation;
        // Who takes a call of nobody's organisation puts their own: whoever else works there did not refer.
        let is_theirs = is_partner(&first.by) || first.by.organisation != *own;
        let counts = |body: &InformationBody| {
            let by_itself = body.same_child.is_none() && body.joined.is_none();
            is_theirs && by_itself && is_partner(&body.by) && body.by.organisation == *own
        };
        let left_out: Vec<bool> =
            bodies.iter().zip(&pieces).map(|(&body, piece)| piece.unsafe_to_share || !counts(body)).collect();
        let last = bodies.iter().zip(&left_out).rev().find(|(_, is_out)| !**is_out);
        let rules = self.rule_set(&last.map_or(&first.evaluated, |(body, _)| &body.evaluated).rule_set)?;
        let mut referral = received.referral;
        leave_out(&mut referral, &mut pieces, &left_out);
        let evaluations = again(case, referral.unfolded(&pieces, &rules), &rules, Explain::Full)?;
        // Plain data with text keys: it always serialises.
        let evaluations = evaluations.into_iter().map(|evaluation| json!(evaluation)).collect();
        Ok(OwnWords { evaluations, more_was_said: left_out.contains(&true) })
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
            let is_it = |child: &ChildStands| {
                let own = child.decided.as_ref().map(|one| &one.id);
                own == Some(decision) || child.owes.as_ref().map(|owes| &owes.id) == Some(decision)
            };
            stands.iter().position(is_it)
        };
        let children: Vec<usize> = letter
            .decisions
            .iter()
            .map(|decision| place(decision).ok_or(RecordError::NotFound))
            .collect::<Result<_, _>>()?;
        let mut faults = Vec::new();
        if children.is_empty() {
            faults.push(Fault::new("/decisions", FaultCode::MissingKey, "say which decision it tells of"));
        }
        let settled = |child: &usize| match &stands[*child] {
            child if child.owes.is_some() => self.decided_with(child).is_ok_and(|found| found.is_some()),
            child => child.decided.as_ref().is_some_and(|one| one.confirmed) && !child.reopened,
        };
        if letter.sent.is_some() && !children.iter().all(settled) {
            let detail = "this decision does not stand yet: it waits for a second person, or to be taken again";
            faults.push(Fault::new("/decisions", FaultCode::NotSettled, detail));
        }
        if letter.to == Reader::Family && children.len() > 1 {
            faults.push(Fault::new("/decisions", FaultCode::TooMany, "a letter to a family is about one child"));
        }
        let names = match (letter.to, children.first()) {
            (Reader::Family, Some(child)) => case.names_of_others(*child)?,
            _ => Vec::new(),
        };
        let is_unsafe = letter.to == Reader::Family && self.is_unsafe_to_tell(&case)?;
        faults.extend(check(rules, &letter, permit.actor(), is_unsafe, &names));
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
