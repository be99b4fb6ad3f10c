//! What partners' systems are told of, in the order of the log: what was decided, and under which rules it is evaluated
//! from there on. Ids and digests, and nothing that was said or indicated.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::case::{Event, What};
use super::db::{Db, DbError, Row, Value};
use super::leaf::{Kind, Leaf};
use super::log::Hash;
use super::store::{Appended, Transaction, number};
use super::{Log, Record, RecordError, new_id};
use crate::access::Permit;

/// What kind of thing occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub enum OccurrenceKind {
    /// A decision about a child stands that had none: a person made it, and a second confirmed it where that is needed.
    #[serde(rename = "referral.decided")]
    ReferralDecided,
    /// Another decision about the child stands in the place of the one before.
    #[serde(rename = "decision.changed")]
    DecisionChanged,
    /// From here on another rule set evaluates.
    #[serde(rename = "rule_set.in_force")]
    RuleSetInForce,
}

impl OccurrenceKind {
    const ALL: [Self; 3] = [Self::ReferralDecided, Self::DecisionChanged, Self::RuleSetInForce];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::ReferralDecided => "referral.decided",
            Self::DecisionChanged => "decision.changed",
            Self::RuleSetInForce => "rule_set.in_force",
        }
    }

    fn read(word: &str) -> Result<Self, DbError> {
        let named = Self::ALL.into_iter().find(|kind| kind.word() == word);
        named.ok_or_else(|| DbError::Refused("the kind of an occurrence is damaged".into()))
    }
}

/// Something that occurred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The place of its entry in the log of decisions; whoever was told of it asks for what comes after.
    pub place: u64,
    /// What kind of thing it is.
    pub kind: OccurrenceKind,
    /// When it was recorded.
    pub at: Timestamp,
    /// The referral's id, and the child's place in it, from 1.
    pub about: Option<(String, u64)>,
    /// The rule set by its digest: that evaluated what was decided, or that evaluates from here on.
    pub rule_set: Option<String>,
    /// The hash of its entry.
    pub leaf_hash: Hash,
}

/// That an entry of a referral is one that partners are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    /// Which of the referral's entries.
    pub entry: usize,
    kind: OccurrenceKind,
    child: usize,
}

/// What partners are told of, as a referral's entries tell it, in their order.
pub(super) fn told(events: &[Event]) -> Vec<Told> {
    let (mut told, mut decided, mut unconfirmed) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
    for (entry, event) in events.iter().enumerate() {
        let child = match &event.what {
            What::Decision(body) => {
                let Some(child) = event.leaf.decided.as_ref().map(|decided| decided.child) else { continue };
                if body.decided.second_person.is_some() {
                    unconfirmed.insert(body.decision.as_str(), child);
                    continue;
                }
                child
            }
            What::Act(body) if event.leaf.kind == Kind::DecisionConfirmed => {
                match body.decision.as_deref().and_then(|decision| unconfirmed.remove(decision)) {
                    Some(child) => child,
                    None => continue,
                }
            }
            _ => continue,
        };
        let is_first = decided.insert(child);
        let kind = if is_first { OccurrenceKind::ReferralDecided } else { OccurrenceKind::DecisionChanged };
        told.push(Told { entry, kind, child });
    }
    told
}

impl Told {
    /// Lists it under the place that its entry has now.
    pub(super) fn list(self, db: &mut Db, place: u64, organisation: &str, referral: &str) -> Result<(), DbError> {
        let values: [Value<'_>; 5] = [
            number(place)?.into(),
            self.kind.word().into(),
            organisation.into(),
            referral.into(),
            number(self.child as u64 + 1)?.into(),
        ];
        db.execute(include_str!("sql/append_occurrence.sql"), &values).map(|_| ())
    }
}

/// Lists what partners are told of a referral, in the place of what was listed.
pub(super) fn list_anew(db: &mut Db, organisation: &str, referral: &str, events: &[Event]) -> Result<(), DbError> {
    db.execute(include_str!("sql/erase_occurrences.sql"), &[referral.into()])?;
    for one in told(events) {
        if let Some(event) = events.get(one.entry) {
            one.list(db, event.place, organisation, referral)?;
        }
    }
    Ok(())
}

/// One row, for a verification: place, kind, who may be told, child.
type Listed = (i64, String, String, Option<i64>);

/// Whether what partners are told of a referral is listed as its entries tell it.
pub(super) fn is_listed(db: &mut Db, organisation: &str, referral: &str, events: &[Event]) -> Result<bool, DbError> {
    let listed = db.query(include_str!("sql/list_occurrences_of_referral.sql"), &[referral.into()])?;
    let listed: Vec<Listed> = listed.into_iter().map(row).collect::<Result<_, _>>()?;
    let told = told(events).into_iter().filter_map(|one| {
        let place = number(events.get(one.entry)?.place).ok()?;
        Some((place, one.kind.word().to_owned(), organisation.to_owned(), i64::try_from(one.child + 1).ok()))
    });
    Ok(listed.into_iter().eq(told))
}

/// Whether what is listed of no referral are the entries that say which rule set evaluates, from a place on.
pub(super) fn are_listed(db: &mut Db, since: u64, places: &[u64]) -> Result<bool, DbError> {
    let listed = db.query(include_str!("sql/list_occurrences_of_no_referral.sql"), &[number(since)?.into()])?;
    let listed: Vec<Listed> = listed.into_iter().map(row).collect::<Result<_, _>>()?;
    let kind = OccurrenceKind::RuleSetInForce.word();
    let told = places.iter().map(|place| Ok((number(*place)?, kind.to_owned(), String::new(), None)));
    Ok(listed == told.collect::<Result<Vec<Listed>, DbError>>()?)
}

/// A referral that partners are told of and that is not there.
pub(super) fn of_none(db: &mut Db) -> Result<Option<String>, DbError> {
    db.find(include_str!("sql/find_occurrence_of_none.sql"), &[])?.map(|mut row| row.text()).transpose()
}

fn row(mut row: Row) -> Result<Listed, DbError> {
    Ok((row.int()?, row.text()?, row.text()?, row.maybe_int()?))
}

impl Record {
    /// Records that a rule set evaluates from here on, unless it does already.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub fn put_in_force(&self, digest: &str, now: Timestamp) -> Result<(), RecordError> {
        if is_in_force(digest, |sql| self.store.read(|db| db.find(sql, &[])))? {
            return Ok(());
        }
        self.writable()?;
        let digest = digest.to_owned();
        let leaf = Leaf { rule_set: Some(digest.clone()), ..Leaf::new(Kind::RuleSetInForce, new_id(), now) }.text();
        let put = move |transaction: &mut Transaction<'_>| {
            // Another replica, since the look.
            if is_in_force(&digest, |sql| transaction.db().find(sql, &[]))? {
                return Ok(());
            }
            let Appended { place, .. } = transaction.append(Log::Decisions, &leaf, None, None)?;
            let kind = OccurrenceKind::RuleSetInForce.word();
            let values: [Value<'_>; 5] = [number(place)?.into(), kind.into(), "".into(), Value::Null, Value::Null];
            transaction.db().execute(include_str!("sql/append_occurrence.sql"), &values)?;
            Ok(())
        };
        self.store.write(put).wait_here()
    }

    /// What occurred after a place of the log that whoever asks may be told, in order.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn list_occurrences(
        &self,
        permit: &Permit,
        after: Option<u64>,
        most: u32,
    ) -> Result<Vec<Occurrence>, RecordError> {
        let (after, most) = (after.map_or(Ok(-1), number)?, i64::from(most));
        let rows = self.store.read(|db| match permit.only() {
            Some(only) => db.query(include_str!("sql/list_occurrences.sql"), &[only.into(), after.into(), most.into()]),
            None => db.query(include_str!("sql/list_all_occurrences.sql"), &[after.into(), most.into()]),
        })?;
        let read: Vec<Occurrence> = rows.into_iter().map(Occurrence::read).collect::<Result<_, _>>()?;
        let is_there = |one: &Occurrence| one.about.as_ref().is_none_or(|(referral, _)| !self.was_erased(referral));
        Ok(read.into_iter().filter(is_there).collect())
    }
}

/// Whether a rule set is the last that was put in force.
fn is_in_force(digest: &str, find: impl FnOnce(&'static str) -> Result<Option<Row>, DbError>) -> Result<bool, DbError> {
    let row = find(include_str!("sql/find_rule_set_in_force.sql"))?;
    let leaf = row.map(|mut row| row.text()).transpose()?.as_deref().and_then(Leaf::parse);
    Ok(leaf.and_then(|leaf| leaf.rule_set).as_deref() == Some(digest))
}

impl Occurrence {
    fn read(mut row: Row) -> Result<Self, DbError> {
        let damaged = || DbError::Refused("an occurrence is damaged".into());
        let place = u64::try_from(row.int()?).map_err(|_| damaged())?;
        let kind = OccurrenceKind::read(&row.text()?)?;
        let (referral, child) = (row.maybe_text()?, row.maybe_int()?);
        let child = child.map(u64::try_from).transpose().map_err(|_| damaged())?;
        let leaf = Leaf::parse(&row.text()?).ok_or_else(damaged)?;
        let (at, rule_set, leaf_hash) = (leaf.at, leaf.rule_set, row.hash()?);
        Ok(Self { place, kind, at, about: referral.zip(child), rule_set, leaf_hash })
    }
}
