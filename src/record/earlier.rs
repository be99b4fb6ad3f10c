//! Earlier referrals that may be of the same child: found by keyed hashes, confirmed by a person.
//!
//! Only the front door looks, every look is recorded, and what it shows is when, from where, and with what outcome. What
//! a person confirms fills in what the criteria ask about earlier contacts, from the record instead of from memory.
//! Nothing ties families together: a match is worked out when somebody asks, and goes when either referral goes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::body::{ActBody, InBatch, SameChild};
use super::case::{Case, What};
use super::entry::Ready;
use super::keep::Known;
use super::keys::Keys;
use super::leaf::Kind;
use super::log::Hash;
use super::once::{Once, Pending};
use super::store::Transaction;
use super::{Record, RecordError};
use crate::access::Permit;
use crate::criteria::{RuleSet, folded};
use crate::decision::Outcome;
use crate::facts::{Answer, Said};
use crate::json::{Fault, FaultCode};
use crate::ladder::Rank;
use crate::referral::received::{Received, is_of_the_public};
use crate::referral::unfold::{Information, Sort};

/// How far back the criteria ask.
const TWELVE_MONTHS: SignedDuration = SignedDuration::from_hours(24 * 365);
/// The criteria's questions that the record answers.
const CONTACTS: &str = "previous_contacts_12m";
const ACCEPTED: &str = "previous_referral_12m";
/// Counts kinds of agency, of which there is one too few to count until a second is worried.
const WORRIED: &str = "many_agencies_worried";
const MANY: usize = 2;

/// An earlier referral that may be of the same child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Earlier {
    /// The child of this referral.
    pub child: String,
    /// The earlier referral, to confirm it by.
    pub referral: String,
    /// What agrees: `nhs_number`, `upn`, `name_and_birth_date`.
    pub agrees: Vec<&'static str>,
    /// When it was received.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// The kind of agency that it came from.
    pub agency: Option<String>,
    /// The census code of its source.
    pub source_code: Option<String>,
    /// The level that was decided, if one was.
    #[schema(value_type = Option<u8>)]
    pub level: Option<Rank>,
    /// What came of it, if that was decided.
    pub outcome: Option<Outcome>,
    /// Whether a person has confirmed that it is of the same child.
    pub confirmed: bool,
    /// What a person's confirming it would answer of the criteria's own questions, by fact; of one that is about an
    /// incident of its own.
    #[schema(value_type = BTreeMap<String, Answer>)]
    pub fills: Map<String, Value>,
}

/// Somebody who already has a child whose earlier referral a person confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCase {
    /// Which child of this referral, by place.
    pub child: usize,
    /// The earlier referral's spoken reference.
    pub reference: String,
    /// The organisation that has the child.
    pub organisation: String,
    /// Who: as the decision named them, else who accepted.
    pub name: String,
    /// Since when.
    pub since: Timestamp,
}

/// One that matches, with what is needed to confirm it.
struct Match {
    child: usize,
    shown: Earlier,
}

impl Record {
    /// Looks for earlier referrals of the children of a referral; that somebody looked is on disk before they see.
    ///
    /// # Errors
    /// When there is no such referral within reach, or the look cannot be recorded.
    pub fn look_up(
        &self,
        permit: &Permit,
        id: &str,
        rules: &RuleSet,
        now: Timestamp,
    ) -> Result<Vec<Earlier>, RecordError> {
        self.writable()?;
        let case = self.reached(permit, id)?;
        let found = self.matches(&case, rules)?;
        self.looked(permit, &case, found, now)
    }

    /// The same for somebody who has the referral open and did not ask. That they read it is recorded; that they looked,
    /// where there was something to see. What cannot be looked up or recorded is not shown, and hides nothing else.
    pub fn beside(&self, permit: &Permit, case: &Case, rules: &RuleSet, now: Timestamp) -> Option<Vec<Earlier>> {
        if !permit.reaches(&case.listed.organisation) || self.read_only().is_some() {
            return None;
        }
        let found = self.matches(case, rules).and_then(|found| match found.as_slice() {
            [] => Ok(Vec::new()),
            _ => self.looked(permit, case, found, now),
        });
        found.inspect_err(|error| tracing::warn!(%error, "earlier referrals could not be looked up")).ok()
    }

    /// Which children of a referral are known here from earlier ones that came otherwise than in the same batch, by place.
    /// Whoever shows it has recorded that they looked.
    ///
    /// # Errors
    /// When what was kept cannot be read.
    pub fn known_here(&self, case: &Case) -> Result<BTreeSet<usize>, RecordError> {
        let batch = |case: &Case| case.first().ok().and_then(|body| body.batch.as_ref().map(|of| of.batch.clone()));
        let own = batch(case);
        let mut known = BTreeSet::new();
        for found in self.found(case)? {
            let is_of_batch = own.is_some() && batch(&self.case(&found.shown.referral)?) == own;
            if !is_of_batch {
                known.insert(found.child);
            }
        }
        Ok(known)
    }

    fn looked(
        &self,
        permit: &Permit,
        case: &Case,
        found: Vec<Match>,
        now: Timestamp,
    ) -> Result<Vec<Earlier>, RecordError> {
        let ready = Ready::act(case, Kind::LookedUp, ActBody::by(permit.actor()), now)?;
        let referral = case.listed.id.clone();
        let look = move |transaction: &mut Transaction<'_>| ready.append_to_case(transaction, &referral);
        self.store.write(look).wait_here()?;
        Ok(found.into_iter().map(|found| found.shown).collect())
    }

    /// Records that an earlier referral is of the same child, and what the criteria ask about it, as a piece that the
    /// record itself knew. `same_incident`: it is about what another contact was about, and counts as one with it.
    ///
    /// # Errors
    /// When there is no such match within reach, it was confirmed before, or these criteria ask nothing about it.
    #[expect(clippy::too_many_arguments, reason = "what a confirmation is made of")]
    pub fn same_child(
        &self,
        permit: &Permit,
        id: &str,
        earlier: &str,
        child: &str,
        same_incident: bool,
        rules: &RuleSet,
        once: Once,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.writable()?;
        let case = self.reached(permit, id)?;
        let found = self.matches(&case, rules)?;
        let is_it = |found: &&Match| found.shown.referral == earlier && found.shown.child == child;
        let one = found.iter().find(is_it).ok_or(RecordError::NotFound)?;
        let refused = |code, detail: &str| Err(RecordError::Faults(vec![Fault::new("", code, detail)]));
        if one.shown.confirmed {
            return refused(FaultCode::ConfirmedBefore, "it was confirmed before that this is the same child");
        }
        let same = is_same(&case, one, same_incident);
        let before = confirmed(&case, one.child).last().map(|(piece, _)| *piece);
        let facts = fills(&case, &found, &same, rules)?;
        if facts.is_empty() {
            return refused(FaultCode::NothingAsked, "these criteria ask nothing about earlier referrals");
        }
        let mut piece = json!({
            "kind": "check",
            "said_by": { "organisation": permit.actor().organisation, "role": "the record of earlier referrals" },
            "children": [{ "ref": child, "facts": Value::Object(facts) }],
        });
        if let Some(before) = before {
            // The count before this one is no other account: it was the same count, not yet finished.
            piece["kind"] = "correction".into();
            piece["corrects"] = before.into();
            piece["because"] = "one more earlier referral was confirmed".into();
        }
        let known = Known::SameChild(same);
        let added = self.added(permit, case, rules, vec![(piece.to_string().into_bytes(), known)], now)?;
        Ok(self.go_on(added, once, now))
    }

    /// Who already has each child: of the earlier referrals that a person confirmed as the same child's, the one that
    /// children's social care took last and whose next holder accepted it.
    ///
    /// # Errors
    /// When what was kept cannot be read.
    pub fn open_cases(&self, case: &Case) -> Result<Vec<OpenCase>, RecordError> {
        let (received, _) = case.said()?;
        let ours = match_keys(&self.keys, &received, None);
        let mut open = Vec::new();
        for child in 0..received.children.len() {
            let mut found: Vec<OpenCase> = Vec::new();
            for (_, same) in confirmed(case, child) {
                let other = match self.case(&same.earlier) {
                    Ok(other) => other,
                    // Erased meanwhile.
                    Err(RecordError::NotFound) => continue,
                    Err(error) => return Err(error),
                };
                let theirs = match_keys(&self.keys, &other.said()?.0, None);
                let of_ours = |key: &&MatchKey| usize::try_from(key.child) == Ok(child);
                let is_same = |key: &&MatchKey| ours.iter().filter(of_ours).any(|one| one.hash == key.hash);
                let place = theirs.iter().find(is_same).and_then(|key| usize::try_from(key.child).ok());
                found.extend(place.and_then(|place| open_with(&other, place, child)));
            }
            open.extend(found.into_iter().max_by_key(|one| one.since));
        }
        Ok(open)
    }

    /// Referrals that agree in a number, or in name and birth date, and came before; each with what confirming it fills.
    fn matches(&self, case: &Case, rules: &RuleSet) -> Result<Vec<Match>, RecordError> {
        let mut matches = self.found(case)?;
        for place in 0..matches.len() {
            if !matches[place].shown.confirmed {
                let same = is_same(case, &matches[place], false);
                matches[place].shown.fills = fills(case, &matches, &same, rules)?;
            }
        }
        Ok(matches)
    }

    fn found(&self, case: &Case) -> Result<Vec<Match>, RecordError> {
        let (received, _) = case.said()?;
        let mut found: BTreeMap<(usize, String, i64), Vec<&'static str>> = BTreeMap::new();
        for key in match_keys(&self.keys, &received, None) {
            let values = [key.hash.as_slice().into(), case.listed.id.as_str().into()];
            let rows = self.store.read(|db| db.query(include_str!("sql/list_matches.sql"), &values))?;
            for mut row in rows {
                let (referral, theirs) = (row.text()?, row.int()?);
                let ours = usize::try_from(key.child).unwrap_or_default();
                found.entry((ours, referral, theirs)).or_default().push(key.by);
            }
        }
        let mut matches: Vec<Match> = Vec::new();
        for ((child, referral, theirs), agrees) in found {
            let other = match self.case(&referral) {
                Ok(other) => other,
                // Erased meanwhile.
                Err(RecordError::NotFound) => continue,
                Err(error) => return Err(error),
            };
            if other.listed.received_at > case.listed.received_at {
                continue;
            }
            let (theirs_received, _) = other.said()?;
            let stands = other.children();
            let decided = usize::try_from(theirs).ok().and_then(|child| stands.get(child)?.decided.as_ref());
            let shown = Earlier {
                child: received.referral.reference_of(child),
                referral: referral.clone(),
                agrees,
                received_at: other.listed.received_at,
                agency: theirs_received.referrer.agency,
                source_code: theirs_received.referrer.source_code,
                level: decided.map(|decided| decided.wanted.level),
                outcome: decided.map(|decided| decided.wanted.outcome),
                confirmed: confirmed(case, child).iter().any(|(_, same)| same.earlier == referral),
                fills: Map::new(),
            };
            matches.push(Match { child, shown });
        }
        matches.sort_by_key(|found| (found.child, found.shown.received_at));
        Ok(matches)
    }
}

/// The place of a key that is of no one child.
const OF_NO_CHILD: i64 = -1;

/// A keyed hash of who a child is.
#[derive(Debug)]
pub(super) struct MatchKey {
    /// The child's place.
    pub child: i64,
    /// What was hashed: a kind of number, or the name with the birth date.
    pub by: &'static str,
    /// The hash.
    pub hash: Hash,
}

/// Keyed hashes of who each child is.
pub(super) fn match_keys(keys: &Keys, received: &Received, batch: Option<&InBatch>) -> Vec<MatchKey> {
    let mut all = Vec::new();
    // A batch's referrals are also found by their incident, whatever the spelling of the household.
    all.extend(batch.map(|batch| MatchKey {
        child: OF_NO_CHILD,
        by: "incident",
        hash: keys.matching("incident", &format!("{} {}", received.referrer.organisation, folded(&batch.incident))),
    }));
    for (child, (place, identity)) in received.referral.children.iter().zip((0..).zip(&received.children)) {
        let mut add =
            |by: &'static str, value: &str| all.push(MatchKey { child: place, by, hash: keys.matching(by, value) });
        if let Some(number) = &identity.nhs_number {
            add("nhs_number", number);
        }
        if let Some(number) = &identity.upn {
            add("upn", number);
        }
        if let (Some(name), Some(born)) = (&identity.name, child.date_of_birth) {
            let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
            add("name_and_birth_date", &format!("{plain} {born}"));
        }
    }
    all
}

/// What was confirmed of a child before, each with the number of its piece.
fn confirmed(case: &Case, child: usize) -> Vec<(usize, SameChild)> {
    let of = |event: &super::case::Event| match &event.what {
        What::Information(body) => Some((body.piece, body.same_child.clone().filter(|same| same.child == child)?)),
        _ => None,
    };
    case.events.iter().filter_map(of).collect()
}

/// What a person's word says of an earlier referral that it is of the same child.
fn is_same(case: &Case, found: &Match, same_incident: bool) -> SameChild {
    let is_recent = case.listed.received_at.duration_since(found.shown.received_at) <= TWELVE_MONTHS;
    SameChild {
        child: found.child,
        earlier: found.shown.referral.clone(),
        counts: is_recent && !same_incident && is_professional(found.shown.source_code.as_deref()),
        accepted: is_recent && found.shown.outcome.is_some_and(is_accepted),
        same_incident,
    }
}

/// What the record answers of the criteria's questions, with one more earlier referral confirmed.
fn fills(case: &Case, found: &[Match], same: &SameChild, rules: &RuleSet) -> Result<Map<String, Value>, RecordError> {
    let mut confirmed: Vec<SameChild> = confirmed(case, same.child).into_iter().map(|(_, same)| same).collect();
    confirmed.push(same.clone());
    let contacts = confirmed.iter().filter(|same| same.counts).count();
    let mut facts = Map::new();
    if rules.fact(CONTACTS).is_some() {
        // That none counts here is no word about contacts elsewhere.
        let counted: Value = if contacts == 0 { "not_known".into() } else { contacts.into() };
        facts.insert(CONTACTS.into(), counted);
    }
    if rules.fact(ACCEPTED).is_some() && confirmed.iter().any(|same| same.accepted) {
        facts.insert(ACCEPTED.into(), true.into());
    }
    if rules.fact(WORRIED).is_some() {
        let worried = worried(case, found, &confirmed, same.child, rules)?;
        if worried >= MANY {
            facts.insert(WORRIED.into(), worried.into());
        }
    }
    Ok(facts)
}

/// How many kinds of agency are worried of their own about a child: those of this referral that said something of
/// concern, and those of confirmed earlier referrals that count.
fn worried(
    case: &Case,
    found: &[Match],
    confirmed: &[SameChild],
    child: usize,
    rules: &RuleSet,
) -> Result<usize, RecordError> {
    let (received, pieces) = case.said()?;
    let is_worry = |said: &[(String, Said)]| {
        let shows = |fact: &str, answer| rules.concern(fact, answer).is_some_and(|concern| concern > 0);
        said.iter().any(|(fact, said)| said.answers().into_iter().any(|answer| shows(fact, answer)))
    };
    // Who takes something back, or puts a slip right, is not worried anew.
    let speaks = |piece: &&Information| matches!(piece.sort, Sort::Answers | Sort::Check);
    let is_worried = |piece: &&Information| {
        piece.household.iter().any(|told| is_worry(&told.said))
            || piece.children.iter().any(|told| {
                told.reference.as_deref().and_then(|known| received.referral.child_called(known)) == Some(child)
                    && is_worry(&told.answers.said)
            })
    };
    let mut kinds: BTreeSet<&str> = received.referrer.agency.as_deref().into_iter().collect();
    let later = pieces.iter().filter(speaks).filter(is_worried);
    kinds.extend(later.filter_map(|piece| piece.said_by.agency.as_deref()));
    let counted = |one: &&Match| {
        one.child == child && confirmed.iter().any(|same| same.counts && same.earlier == one.shown.referral)
    };
    kinds.extend(found.iter().filter(counted).filter_map(|one| one.shown.agency.as_deref()));
    let kinds = kinds.into_iter().filter(|kind| !rules.framework().is_public(kind)).count();
    // What was counted before stands, also where a referral that was counted is erased since.
    let of_record = case
        .pieces()
        .into_iter()
        .zip(&pieces)
        .filter(|(body, _)| body.same_child.as_ref().is_some_and(|same| same.child == child));
    let said = of_record.flat_map(|(_, piece)| piece.children.iter().flat_map(|told| &told.answers.said));
    let before = said.filter(|(fact, _)| fact == WORRIED).flat_map(|(_, said)| said.answers());
    let before = before.filter_map(|answer| match answer {
        Answer::Number(number) => usize::try_from(*number).ok(),
        Answer::YesNo(_) | Answer::Word(_) => None,
    });
    Ok(before.chain([kinds]).max().unwrap_or(kinds))
}

/// The census codes begin with 1 for individuals; 9 is anonymous. A source that nobody named counts: it can only raise.
fn is_professional(source_code: Option<&str>) -> bool {
    source_code.is_none_or(|code| !is_of_the_public(code))
}

/// Who has a child of another referral, if children's social care took it and somebody accepted.
fn open_with(other: &Case, place: usize, child: usize) -> Option<OpenCase> {
    let stands = other.children();
    let decided = stands.get(place)?.decided.as_ref().filter(|decided| is_accepted(decided.wanted.outcome))?;
    let (holder, (by, since)) = (decided.holder()?, decided.accepted_by.as_ref()?);
    Some(OpenCase {
        child,
        reference: other.listed.reference.clone(),
        organisation: holder.organisation.clone(),
        name: holder.name.clone().unwrap_or_else(|| by.name.clone()),
        since: *since,
    })
}

/// Whether children's social care took it.
fn is_accepted(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::S17Assessment | Outcome::StrategyDiscussion | Outcome::AllocatedWorker)
}
