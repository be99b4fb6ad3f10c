//! Two referrals of one incident: the record suggests, a person joins, child by child.
//!
//! What the later referral says of the child becomes an account in the earlier one, which is evaluated again; the child
//! then stands as closed in the later, and each names the other. Nothing is lowered: a joining that would lower any
//! child is refused, and the earlier of the two times to respond stays. Either may be erased, and the other is whole.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::body::{ActBody, Joined};
use super::case::Case;
use super::earlier::match_keys;
use super::entry::Ready;
use super::keep::{Change, Known};
use super::leaf::Kind;
use super::once::{Once, Pending};
use super::{Record, RecordError};
use crate::access::Permit;
use crate::criteria::RuleSet;
use crate::facts::Said;
use crate::json::Fault;

/// How far apart two notifications of one incident are received: a long weekend.
const TOGETHER: SignedDuration = SignedDuration::from_hours(72);

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
            let values = [key.hash.as_slice().into(), case.listed.id.as_str().into()];
            for mut row in self.store.read(|db| db.query(include_str!("sql/list_matches.sql"), &values))? {
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
            let is_joined =
                later.children().iter().any(|child| is_joined_to(child.joined.as_ref(), &earlier.listed.id));
            if apart <= TOGETHER && !is_joined {
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
        let unsafe_to_tell = later.is_unsafe_to_tell()?;
        let of = |child, other: &Case, other_child| Joined {
            child,
            other: other.listed.id.clone(),
            other_child,
            respond_by,
            unsafe_to_tell,
        };
        let piece = piece(&later, rules, place, earlier_child)?;
        let before: Vec<_> = earlier.children().iter().map(|child| child.bounds).collect();
        let least = later.children().get(place).map_or(1, |child| child.bounds.0);
        let known = Known::Joined(of(place_there, &later, place));
        let act = ActBody { joined: Some(of(place, &earlier, place_there)), ..ActBody::by(permit.actor()) };
        let gains = self.added(permit, earlier, rules, piece.to_string().as_bytes(), known, now)?;
        let is_lower = gains
            .indicated()
            .zip(before)
            .enumerate()
            .any(|(child, ((now, _), (was, _)))| now < was || (child == place_there && now < least));
        if is_lower {
            let detail = "joining them would lower the level of a child; decide about each, and say why";
            return Err(RecordError::Faults(vec![Fault::new("", "would-lower", detail)]));
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
        let fault = Fault::new(pointer, "unknown-child", "this referral has no such child");
        RecordError::Faults(vec![fault.instead(known.join(", "))])
    };
    received.referral.child_called(child).ok_or_else(unknown)
}

fn refuse_what_cannot_be(later: &Case, earlier: &Case, child: usize, there: usize) -> Result<(), RecordError> {
    let refused = |code, detail: &str| Err(RecordError::Faults(vec![Fault::new("", code, detail)]));
    if later.listed.id == earlier.listed.id {
        return refused("same-referral", "a referral is not joined to itself");
    }
    if is_before(later, earlier) {
        return refused(
            "later",
            "the other was received later: join that one to this, so that the first clock goes on",
        );
    }
    let (children, theirs) = (later.children(), earlier.children());
    let (Some(child), Some(theirs)) = (children.get(child), theirs.get(there)) else {
        return Err(RecordError::NotFound);
    };
    if child.joined.is_some() && !child.reopened {
        return refused("joined-before", "this child was joined before");
    }
    if theirs.joined.is_some() {
        return refused("joined-away", "the other child was itself joined to a third referral; join to that one");
    }
    if child.decided.is_some() && !child.reopened {
        return refused("decided-before", "somebody has decided about this child; what was decided stands");
    }
    Ok(())
}

/// What a referral says of one child, as an account in another: its household's facts too, for in the other they are
/// nobody else's.
fn piece(case: &Case, rules: &RuleSet, child: usize, called: &str) -> Result<Value, RecordError> {
    let (received, pieces) = case.said()?;
    let unfolded = case.unfolded(rules)?;
    let own = unfolded.children.get(child).map(|child| &child.answers);
    let mut facts = Map::new();
    let mut concerns: Vec<&String> = Vec::new();
    // The child's own last: they beat the household's, unless nothing is known of them.
    for answers in unfolded.household.iter().chain(own) {
        for (fact, said) in &answers.said {
            let is_known = !matches!(said, Said::NotKnown | Said::Refused);
            if is_known || !facts.contains_key(fact) {
                facts.insert(fact.clone(), written(said));
            }
        }
        concerns.extend(&answers.concerns);
    }
    concerns.sort();
    concerns.dedup();
    let referrer = &received.referrer;
    let mut said_by = Map::new();
    said_by.insert("organisation".into(), referrer.organisation.clone().into());
    for (key, text) in [("agency", &referrer.agency), ("name", &referrer.name), ("role", &referrer.role)] {
        said_by.extend(text.clone().map(|text| (key.to_owned(), text.into())));
    }
    let own_words = received.children.get(child).and_then(|child| child.own_words.as_deref());
    let account: Vec<&str> = received.account.as_deref().into_iter().chain(own_words).collect();
    let mut piece = json!({
        "kind": "answers",
        "said_by": said_by,
        "said_at": case.listed.received_at.to_string(),
        "children": [{ "ref": called, "facts": facts, "concerns": concerns }],
    });
    // Whoever gave it knew it in this way, and it must not reach whom it must not reach.
    if let Some(basis) = referrer.basis {
        piece["said_by"]["basis"] = json!(basis);
    }
    if referrer.anonymous {
        piece["said_by"]["anonymous"] = true.into();
    }
    if received.unsafe_to_share || pieces.iter().any(|piece| piece.unsafe_to_share) {
        piece["unsafe_to_share"] = true.into();
    }
    let account = account.join("\n\n");
    if !account.is_empty() {
        let end = account.floor_char_boundary(MAX_ACCOUNT);
        piece["account"] = account[..end].into();
    }
    Ok(piece)
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
