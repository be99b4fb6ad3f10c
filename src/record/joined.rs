//! Two referrals of one incident: the record suggests, a person joins, child by child.
//!
//! What the later referral says of the child becomes accounts in the earlier one, one of each giver, and it is evaluated
//! again; the child then stands as closed in the later, and each names the other. Nothing is lowered: a joining that
//! would lower any child is refused, and the earlier of the two times to respond stays. What was decided there before is
//! decided again. Either may be erased, and the other is whole.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::body::{ActBody, Joined};
use super::case::{Case, ChildStands, Event, What};
use super::db;
use super::earlier::match_keys;
use super::entry::Ready;
use super::keep::{Change, Known};
use super::leaf::Kind;
use super::letters::tell_by;
use super::once::{Once, Pending};
use super::{Record, RecordError};
use crate::access::Permit;
use crate::criteria::RuleSet;
use crate::facts::{Answers, Said};
use crate::json::{Fault, FaultCode};
use crate::letters::Reader;
use crate::referral::Child;
use crate::referral::provenance::givers;
use crate::referral::unfold::{SaidBy, Sort};

/// How far apart two notifications of one incident are received: a long weekend.
const TOGETHER: SignedDuration = SignedDuration::from_hours(72);
/// More than one incident brings in; a number such as “N/A” that a sender writes for every incident brings no more.
const MOST_TOGETHER: i64 = 20;

/// Two referrals that may be of one incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MayBeOne {
    /// The later one.
    pub later: String,
    /// The earlier one, by its reference.
    pub earlier: String,
    /// What agrees: `nhs_number`, `upn`, `name_and_birth_date`, `incident`.
    pub agrees: Vec<&'static str>,
}

impl Record {
    /// Referrals that may be of the same incident as one: the same child within 72 hours, or the same incident's number.
    /// Those that a person has joined are left out, and so is what the permit does not reach.
    ///
    /// # Errors
    /// When what was kept cannot be read.
    pub fn may_be_one(&self, permit: &Permit, case: &Case) -> Result<Vec<MayBeOne>, RecordError> {
        let (received, _) = case.said()?;
        let mut found: Vec<(String, Vec<&'static str>)> = Vec::new();
        for key in match_keys(&self.keys, &received, case.first()?.batch.as_ref()) {
            let around = |by: SignedDuration| (case.listed.received_at + by).as_millisecond();
            let values: [db::Value<'_>; 5] = [
                key.hash.as_slice().into(),
                case.listed.id.as_str().into(),
                around(-TOGETHER).into(),
                around(TOGETHER).into(),
                MOST_TOGETHER.into(),
            ];
            for mut row in self.store.read(|db| db.query(include_str!("sql/list_matches_near.sql"), &values))? {
                let other = row.text()?;
                match found.iter_mut().find(|(known, _)| *known == other) {
                    Some((_, agrees)) if !agrees.contains(&key.by) => agrees.push(key.by),
                    Some(_) => {}
                    None => found.push((other, vec![key.by])),
                }
            }
        }
        let mut pairs = Vec::new();
        for (id, agrees) in found {
            let other = match self.case(&id) {
                Ok(other) if permit.reaches(&other.listed.organisation) => other,
                // Beyond reach, or erased meanwhile.
                Ok(_) | Err(RecordError::NotFound) => continue,
                Err(error) => return Err(error),
            };
            let apart = case.listed.received_at.duration_since(other.listed.received_at).abs();
            let (earlier, later) = if is_before(&other, case) { (&other, case) } else { (case, &other) };
            // A sibling may still be to be joined when one child is.
            let children = later.children();
            let is_joined = children.iter().any(|child| is_joined_to(child.joined.as_ref(), &earlier.listed.id));
            let is_open = |child: &ChildStands| child.reopened || (child.decided.is_none() && child.joined.is_none());
            if apart <= TOGETHER && (!is_joined || children.iter().any(is_open)) {
                let (later, earlier) = (later.listed.reference.clone(), earlier.listed.reference.clone());
                pairs.push(MayBeOne { later, earlier, agrees });
            }
        }
        pairs.sort_by(|one, other| one.earlier.cmp(&other.earlier));
        Ok(pairs)
    }

    /// Records that a child of one referral is of the same incident as a child of an earlier one.
    ///
    /// # Errors
    /// When either is not within reach, the other came later, one of the children stands otherwise, or joining them would
    /// lower a child's level.
    #[expect(clippy::too_many_arguments, reason = "what a joining is made of")]
    pub fn join(
        &self,
        permit: &Permit,
        later: &str,
        child: &str,
        earlier: &str,
        earlier_child: &str,
        rules: &RuleSet,
        once: Once,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.writable()?;
        let (later, earlier) = (self.reached(permit, later)?, self.reached(permit, earlier)?);
        let (place, place_there) = (place(&later, child, "/child")?, place(&earlier, earlier_child, "/to_child")?);
        refuse_what_cannot_be(&later, &earlier, place, place_there)?;
        let respond_by = later.listed.respond_by.into_iter().chain(earlier.listed.respond_by).min();
        let unsafe_to_tell = self.is_unsafe_to_tell(&later)?;
        let of = |child, other: &Case, other_child| Joined {
            child,
            other: other.listed.id.clone(),
            other_child,
            respond_by,
            unsafe_to_tell,
        };
        let before: Vec<_> = earlier.children().iter().map(|child| child.bounds).collect();
        let least = later.children().get(place).map_or(1, |child| child.bounds.0);
        let told = accounts(&later, place, earlier_child)?;
        let known = |piece: Value| (piece.to_string().into_bytes(), Known::Joined(of(place_there, &later, place)));
        let told = told.into_iter().map(known).collect();
        // The family is told with the other; whoever referred this one does not hear of that.
        let tell_by = tell_by(rules, now).into_iter().filter(|(reader, _)| *reader == Reader::Referrer).collect();
        let act = ActBody { joined: Some(of(place, &earlier, place_there)), tell_by, ..ActBody::by(permit.actor()) };
        let gains = self.added(permit, earlier, rules, told, now)?;
        let is_lower = gains
            .indicated()
            .zip(before)
            .enumerate()
            .any(|(child, ((now, _), (was, _)))| now < was || (child == place_there && now < least));
        if is_lower {
            let detail = "joining them would lower the level of a child; decide about each, and say why";
            return Err(RecordError::Faults(vec![Fault::new("", FaultCode::WouldLower, detail)]));
        }
        let ready = Ready::act(&later, Kind::Joined, act, now)?;
        let listed = later.listed.clone();
        let closes = Change::of(later, listed, vec![ready]);
        Ok(self.go_on_with(vec![closes, gains], once, now))
    }
}

/// Whether one referral was received before another.
fn is_before(one: &Case, other: &Case) -> bool {
    (one.listed.received_at, &one.listed.id) < (other.listed.received_at, &other.listed.id)
}

fn is_joined_to(joined: Option<&Joined>, referral: &str) -> bool {
    joined.is_some_and(|joined| joined.other == referral)
}

fn place(case: &Case, child: &str, pointer: &str) -> Result<usize, RecordError> {
    let (received, _) = case.said()?;
    let unknown = || {
        let known: Vec<String> =
            (0..received.referral.children.len()).map(|child| received.referral.reference_of(child)).collect();
        let fault = Fault::new(pointer, FaultCode::UnknownChild, "this referral has no such child");
        RecordError::Faults(vec![fault.instead(known.join(", "))])
    };
    received.referral.child_called(child).ok_or_else(unknown)
}

fn refuse_what_cannot_be(later: &Case, earlier: &Case, child: usize, there: usize) -> Result<(), RecordError> {
    let refused = |code, detail: &str| Err(RecordError::Faults(vec![Fault::new("", code, detail)]));
    if later.listed.id == earlier.listed.id {
        return refused(FaultCode::SameReferral, "a referral is not joined to itself");
    }
    if is_before(later, earlier) {
        return refused(
            FaultCode::Later,
            "the other was received later: join that one to this, so that the first clock goes on",
        );
    }
    let (children, theirs) = (later.children(), earlier.children());
    let (Some(child), Some(theirs)) = (children.get(child), theirs.get(there)) else {
        return Err(RecordError::NotFound);
    };
    if child.joined.is_some() && !child.reopened {
        return refused(FaultCode::JoinedBefore, "this child was joined before");
    }
    if theirs.joined.is_some() {
        return refused(
            FaultCode::JoinedAway,
            "the other child was itself joined to a third referral; join to that one",
        );
    }
    if child.decided.is_some() && !child.reopened {
        return refused(FaultCode::DecidedBefore, "somebody has decided about this child; what was decided stands");
    }
    Ok(())
}

/// What a referral says of one child, as accounts in another, each with who gave it: its household's facts too, for in
/// the other they are nobody else's.
fn accounts(case: &Case, child: usize, called: &str) -> Result<Vec<Value>, RecordError> {
    let (received, pieces) = case.said()?;
    let told = received.referral.told_of_child(child, &pieces);
    let informed: Vec<&Event> = case.events.iter().filter(|event| matches!(event.what, What::Information(_))).collect();
    let own_words = received.children.get(child).and_then(|child| child.own_words.as_deref());
    let mut accounts = Vec::new();
    for ((place, giver), facts) in givers(&received, &pieces).iter().enumerate().zip(told) {
        let piece = place.checked_sub(1).and_then(|later| pieces.get(later));
        let informed = place.checked_sub(1).and_then(|later| informed.get(later));
        let concerns = match piece {
            None => concerns(received.referral.household.as_ref(), received.referral.children.get(child)),
            Some(piece) => {
                let is_it = |told: &&Child| {
                    told.reference.as_deref().and_then(|called| received.referral.child_called(called)) == Some(child)
                };
                concerns(piece.household.as_ref(), piece.children.iter().find(is_it))
            }
        };
        let words = match piece {
            None => received.account.as_deref().into_iter().chain(own_words).collect::<Vec<_>>().join("\n\n"),
            Some(piece) => piece.account.clone().unwrap_or_default(),
        };
        let is_about_others = piece.is_some_and(|piece| !piece.children.is_empty() && piece.household.is_none());
        if place > 0 && facts.is_empty() && concerns.is_empty() && (words.is_empty() || is_about_others) {
            // It was about another child, and so were its words.
            continue;
        }
        let is_unsafe = piece.map_or(received.unsafe_to_share, |piece| piece.unsafe_to_share);
        let said_at = piece.and_then(|piece| piece.said_at).or(informed.map(|event| event.leaf.at));
        let facts: Map<String, Value> = facts.iter().map(|(fact, said)| (fact.clone(), written(said))).collect();
        let mut account = json!({
            // What was put right there is an account here; what a family disputes stands in their words.
            "kind": match piece.map(|piece| piece.sort) {
                Some(sort @ (Sort::Check | Sort::Retraction)) => sort,
                _ => Sort::Answers,
            },
            "said_by": said_by(giver),
            "said_at": said_at.unwrap_or(case.listed.received_at).to_string(),
            "children": [{ "ref": called, "facts": facts, "concerns": concerns }],
        });
        // It must not reach whom it must not reach.
        if is_unsafe {
            account["unsafe_to_share"] = true.into();
        }
        if !words.is_empty() {
            account["account"] = words[..words.floor_char_boundary(MAX_ACCOUNT)].into();
        }
        accounts.push(account);
    }
    Ok(accounts)
}

/// Who gave an account, and how they know it, as requests write it.
fn said_by(giver: &SaidBy) -> Value {
    let SaidBy { organisation, agency, name, role, basis, anonymous } = giver;
    let mut said_by = Map::new();
    for (key, text) in [("organisation", organisation), ("agency", agency), ("name", name), ("role", role)] {
        said_by.extend(text.clone().map(|text| (key.to_owned(), text.into())));
    }
    said_by.extend(basis.map(|basis| ("basis".to_owned(), json!(basis))));
    said_by.extend(anonymous.then(|| ("anonymous".to_owned(), true.into())));
    said_by.into()
}

/// What is raised about a child, its household's among it, each once.
fn concerns(household: Option<&Answers>, child: Option<&Child>) -> Vec<String> {
    let all = household.into_iter().chain(child.map(|child| &child.answers)).flat_map(|answers| &answers.concerns);
    all.cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

/// More than an account may hold when a child's own words are added to it; they stay whole where they were said.
const MAX_ACCOUNT: usize = 20_000;

/// What was said, as requests write it.
fn written(said: &Said) -> Value {
    match said {
        Said::Answer(answer) => json!(answer),
        Said::TwoAccounts(answer, other) => json!({ "answer": answer, "also_said": other }),
        Said::NotKnown => json!("not_known"),
        Said::Refused => json!("refused"),
    }
}
