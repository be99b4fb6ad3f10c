//! What is recorded: a referral, what became known later, a decision, a confirmation, an acceptance, a reading.
//!
//! Each is worked out beside the writer and handed to it whole. The writer checks that nothing moved meanwhile, and
//! that the same request was not answered before.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::body::{
    ActBody, DecisionBody, Evaluated, EvaluatedChild, InBatch, InformationBody, Joined, ReferralBody, SameChild,
};
use super::case::{Case, Event, Listed, Standing, What, standing};
use super::db::{DbError, Value};
use super::disagreements::{DisagreementStands, Owed, owed};
use super::earlier::{MatchKey, match_keys};
use super::entry::Ready;
use super::handed::{Handover, handovers, list_anew};
use super::leaf::{DecidedLeaf, Kind, Leaf};
use super::letters::tell_by;
use super::occurrences::{Told, told};
use super::once::{Once, Pending, Written, before, remember};
use super::seal::ReferralKey;
use super::store::{Appended, Transaction};
use super::{Record, RecordError, new_id, reference};
use crate::access::{Operation, Permit};
use crate::criteria::RuleSet;
use crate::decision::{Shown, Wanted, check, may_accept, may_confirm};
use crate::json::{Fault, FaultCode, Json};
use crate::ladder::Rank;
use crate::level::{Evaluation, Explain};
use crate::referral::received::Received;
use crate::referral::unfold::{Information, MAX_PIECES};
use crate::referral::{Indicated, Referral};

impl Record {
    /// Records a referral with an evaluation of each child.
    ///
    /// # Errors
    /// Every fault of the request; or why it cannot be recorded.
    pub fn refer(
        &self,
        permit: &Permit,
        rules: &RuleSet,
        request: &[u8],
        once: Once,
        explain: Explain,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.refer_as(permit, rules, request, CameBy::Itself, once, explain, now)
    }

    /// The same for a referral that came in a batch, or by another authority's transfer.
    #[expect(clippy::too_many_arguments, reason = "what a referral is made of")]
    pub(super) fn refer_as(
        &self,
        permit: &Permit,
        rules: &RuleSet,
        request: &[u8],
        came_by: CameBy,
        once: Once,
        explain: Explain,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.writable()?;
        let (batch, transfer, came_at) = match came_by {
            CameBy::Itself => (None, None, now),
            CameBy::Batch(batch, received) => (Some(batch), None, received),
            CameBy::Transfer(file) => (None, Some(file), now),
        };
        let received = Json::read(request).and_then(|json| Received::read(&json)).map_err(RecordError::Faults)?;
        let mut faults = received.faults(rules);
        if !permit.reaches(&received.referrer.organisation) {
            let fault = Fault::new("/referrer/organisation", FaultCode::NotYours, "you act for another organisation");
            faults.push(fault.instead(permit.actor().organisation.clone()));
        }
        let received_at = received.received_at(came_at).unwrap_or_else(|fault| {
            faults.push(fault);
            now
        });
        faults.extend(received.call.as_ref().into_iter().flat_map(|call| call.faults(now)));
        let referral = Referral { received_at: Some(received_at), ..received.referral.clone() };
        let evaluations = match evaluations(&referral, rules, explain) {
            Ok(evaluations) if faults.is_empty() => evaluations,
            Ok(_) => return Err(RecordError::Faults(faults)),
            Err(found) => {
                faults.extend(found);
                return Err(RecordError::Faults(faults));
            }
        };
        let (id, key) = (new_id(), ReferralKey::draw()?);
        let (least, most) = highest(&evaluations);
        let by = permit.actor();
        let listed = Listed {
            id: id.clone(),
            reference: reference::draw()?,
            organisation: received.referrer.organisation.clone(),
            received_at,
            respond_by: respond_by(&evaluations),
            version: 1,
            standing: Standing::Open,
            at_least: least,
            at_most: most,
            decided_by: None,
            tell_by: None,
            answer_by: None,
            disagreement: None,
        };
        let body = ReferralBody {
            by: by.clone(),
            referral: id.clone(),
            reference: listed.reference.clone(),
            received_at,
            request: kept(request)?,
            evaluated: evaluated(&referral, rules, referral.explain.unwrap_or(explain), &evaluations),
            batch: batch.clone(),
            transfer,
        };
        let leaf = Leaf {
            organisation: Some(listed.organisation.clone()),
            rule_set: Some(rules.id().digest.clone()),
            indicated: bounds(&evaluations),
            ..Leaf::by(by, Kind::ReferralReceived, new_id(), now)
        };
        let ready = Ready::new(&key, &id, leaf, What::Referral(Arc::new(body)))?;
        let sealed_key = self.keys.seal(&id, &key)?;
        let matches = match_keys(&self.keys, &received, batch.as_ref());
        let write = move |transaction: &mut Transaction<'_>| {
            if let Some(place) = before(transaction.db(), once, now)? {
                return Ok(Written::Before(place));
            }
            let values = [listed.reference.as_str().into()];
            if transaction.db().find(include_str!("sql/find_reference.sql"), &values)?.is_some() {
                // Among a million referrals, one in a million draws what is taken.
                return Err(RecordError::Moved("its spoken reference is taken; send it again".into()));
            }
            let appended = ready.append(transaction, &listed.id)?;
            remember(transaction, once, appended, now)?;
            let db = transaction.db();
            let values: [Value<'_>; 10] = [
                listed.id.as_str().into(),
                listed.reference.as_str().into(),
                listed.organisation.as_str().into(),
                listed.received_at.as_millisecond().into(),
                listed.respond_by.map(|time| time.as_millisecond()).into(),
                listed.version.into(),
                listed.standing.word().into(),
                i64::from(listed.at_least).into(),
                i64::from(listed.at_most).into(),
                listed.decided_by.as_deref().into(),
            ];
            db.execute(include_str!("sql/append_referral.sql"), &values)?;
            let values = [listed.id.as_str().into(), sealed_key.as_slice().into()];
            db.execute(include_str!("sql/append_referral_key.sql"), &values)?;
            for MatchKey { child, hash, .. } in &matches {
                let values = [hash.as_slice().into(), listed.id.as_str().into(), (*child).into()];
                db.execute(include_str!("sql/append_match_key.sql"), &values)?;
            }
            if let Some(batch) = &batch {
                super::batches::enter(db, batch, &listed.id)?;
            }
            Ok(Written::Fresh(Box::new(ready.event(appended))))
        };
        Ok(Pending(self.store.write(write)))
    }

    /// Adds what became known later, and evaluates again. The clock goes on from the first receipt.
    ///
    /// # Errors
    /// When there is no such referral within reach, or the request has faults.
    pub fn inform(
        &self,
        permit: &Permit,
        id: &str,
        rules: &RuleSet,
        request: &[u8],
        once: Once,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.writable()?;
        let case = self.reached(permit, id)?;
        let told = vec![(request.to_vec(), Known::Nothing)];
        Ok(self.go_on(self.added(permit, case, rules, told, now)?, once, now))
    }

    /// What adds pieces to a referral, each an entry of its own; one that the record itself knew says so.
    pub(super) fn added(
        &self,
        permit: &Permit,
        case: Case,
        rules: &RuleSet,
        told: Vec<(Vec<u8>, Known)>,
        now: Timestamp,
    ) -> Result<Change, RecordError> {
        let by = permit.actor();
        let (received, mut pieces) = case.said()?;
        let (mut entries, mut indicated) = (Vec::new(), Vec::new());
        for (request, known) in told {
            let piece = Json::read(&request).and_then(|json| Information::read(&json)).map_err(RecordError::Faults)?;
            let mut faults = received.referral.faults_of(&piece, pieces.len() + 1, rules);
            faults.extend(not_to_be_added(permit, &case, &piece, pieces.len() + 1, now));
            if !faults.is_empty() {
                return Err(RecordError::Faults(faults));
            }
            pieces.push(piece);
            let referral = received.referral.unfolded(&pieces, rules);
            indicated = evaluations(&referral, rules, Explain::Full).map_err(RecordError::Faults)?;
            let (same_child, joined) = match known {
                Known::Nothing => (None, None),
                Known::SameChild(same) => (Some(same), None),
                Known::Joined(joined) => (None, Some(joined)),
            };
            let kind = if same_child.is_some() { Kind::SameChild } else { Kind::InformationAdded };
            let leaf = Leaf {
                rule_set: Some(rules.id().digest.clone()),
                indicated: bounds(&indicated),
                ..Leaf::by(by, kind, new_id(), now)
            };
            let body = InformationBody {
                by: by.clone(),
                piece: pieces.len() + 1,
                request: kept(&request)?,
                evaluated: evaluated(&referral, rules, Explain::Full, &indicated),
                same_child,
                joined,
            };
            entries.push(Ready::new(&case.key, &case.listed.id, leaf, What::Information(Arc::new(body)))?);
        }
        let (least, most) = highest(&indicated);
        let listed =
            Listed { at_least: least, at_most: most, respond_by: respond_by(&indicated), ..case.listed.clone() };
        Ok(Change::of(case, listed, entries))
    }

    /// Records a person's decision about a child.
    ///
    /// # Errors
    /// When there is no such referral within reach, something became known since, or the decision has faults.
    pub fn decide(
        &self,
        permit: &Permit,
        id: &str,
        wanted: Wanted,
        once: Once,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.decide_all(permit, id, vec![wanted], once, now)
    }

    /// Records the same person's decisions about several children, each on its own, all or none.
    ///
    /// # Errors
    /// As `decide`; what stands in the way of a decision about another child than the first says of which.
    pub fn decide_all(
        &self,
        permit: &Permit,
        id: &str,
        wanted: Vec<Wanted>,
        once: Once,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.writable()?;
        let case = self.reached(permit, id)?;
        let (mut ready, mut faults) = (Vec::new(), Vec::new());
        for (place, wanted) in wanted.into_iter().enumerate() {
            let child = wanted.child.clone();
            match self.decided(permit, &case, wanted, now) {
                Ok(one) => ready.push(one),
                Err(RecordError::Faults(found)) if place > 0 => faults.extend(found.into_iter().map(|fault| Fault {
                    pointer: format!("/same/{place}{}", fault.pointer),
                    detail: format!("of {child}: {}", fault.detail),
                    ..fault
                })),
                Err(RecordError::Faults(found)) => faults.extend(found),
                Err(error) => return Err(error),
            }
        }
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        let listed = Listed { decided_by: Some(permit.actor().id.clone()), ..case.listed.clone() };
        Ok(self.go_on(Change::of(case, listed, ready), once, now))
    }

    /// The entry of a decision about one child, when nothing stands in its way.
    fn decided(&self, permit: &Permit, case: &Case, wanted: Wanted, now: Timestamp) -> Result<Ready, RecordError> {
        let by = permit.actor().clone();
        let evaluated = self.explained(case, None)?;
        let Some(child) = evaluated.children.iter().position(|child| child.reference == wanted.child) else {
            let known: Vec<&str> = evaluated.children.iter().map(|child| child.reference.as_str()).collect();
            let fault = Fault::new("/child", FaultCode::UnknownChild, "this referral has no such child");
            return Err(RecordError::Faults(vec![fault.instead(known.join(", "))]));
        };
        let piece = case.pieces().len() as i64 + 1;
        if wanted.shown != piece {
            let detail = format!("the evaluation now is of piece {piece}; read the referral again");
            return Err(RecordError::Moved(detail));
        }
        let damaged = |_| RecordError::Damaged(format!("an evaluation of {} cannot be read again", case.listed.id));
        let shown: Shown = serde_json::from_str(evaluated.children[child].evaluation.get()).map_err(damaged)?;
        let rules = self.rule_set(&evaluated.rule_set)?;
        let mut faults = check(&rules, &shown, &by, &wanted);
        if wanted.next_holder.as_ref().and_then(|holder| holder.telephoned_at).is_some_and(|at| at > now) {
            let detail = "somebody is told before it is recorded";
            faults.push(Fault::new("/next_holder/telephoned_at", FaultCode::InTheFuture, detail));
        }
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        let id = new_id();
        let decided = DecidedLeaf {
            child,
            level: wanted.level,
            view: wanted.view,
            reason: wanted.reason.as_ref().map(|reason| reason.code.clone()).filter(|code| !code.is_empty()),
            outcome: wanted.outcome,
        };
        let leaf = Leaf {
            rule_set: Some(evaluated.rule_set.clone()),
            decided: Some(decided),
            ..Leaf::by(&by, Kind::Decided, id.clone(), now)
        };
        let body = DecisionBody { by, decision: id, decided: wanted, tell_by: tell_by(&rules, now) };
        Ready::new(&case.key, &case.listed.id, leaf, What::Decision(Arc::new(body)))
    }

    /// Records that a second person confirms a decision, or that its next holder accepts.
    ///
    /// # Errors
    /// When there is no such decision within reach, or it is not theirs to confirm or accept.
    pub fn follow_up(
        &self,
        permit: &Permit,
        id: &str,
        decision: &str,
        once: Once,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.writable()?;
        let accepts = permit.operation() == Operation::Accept;
        let case = self.case(id)?;
        let by = permit.actor().clone();
        let children = case.children();
        let stands = children.iter().find(|child| child.decided.as_ref().is_some_and(|decided| decided.id == decision));
        let Some((decided, reopened)) = stands.and_then(|child| Some((child.decided.as_ref()?, child.reopened))) else {
            return Err(RecordError::NotFound);
        };
        let holder = decided.wanted.next_holder.as_ref().map(|holder| holder.organisation.as_str());
        let refused = |code, detail: &str| Err(RecordError::Faults(vec![Fault::new("", code, detail)]));
        if accepts {
            if !holder.is_some_and(|holder| permit.reaches(holder)) {
                return Err(RecordError::NotFound);
            }
            if decided.accepted || !decided.confirmed || reopened {
                return refused(FaultCode::NothingToAccept, "this decision waits for no acceptance");
            }
            let rules = self.decided_under(&case, decision)?;
            if !may_accept(&rules, &decided.wanted, &decided.by, &by) {
                let detail = if by.may_be(&decided.by) {
                    "whoever sends a child on does not accept it: somebody else says that they have it"
                } else {
                    "whoever it was passed on to accepts it: a social worker or a manager"
                };
                return refused(FaultCode::NotTheHolder, detail);
            }
        } else {
            if !permit.reaches(&case.listed.organisation) {
                return Err(RecordError::NotFound);
            }
            let named = decided.wanted.second_person.as_ref();
            if decided.confirmed || reopened {
                return refused(FaultCode::NothingToConfirm, "this decision waits for no second person");
            }
            if by.may_be(&decided.by)
                || !may_confirm(by.role)
                || named.is_none_or(|named| named.id != by.id || named.role != by.role)
            {
                return refused(FaultCode::NotTheSecondPerson, "another was named to confirm this decision");
            }
        }
        let kind = if accepts { Kind::DecisionAccepted } else { Kind::DecisionConfirmed };
        let act = ActBody { decision: Some(decision.to_owned()), ..ActBody::by(&by) };
        let ready = Ready::act(&case, kind, act, now)?;
        let listed = case.listed.clone();
        Ok(self.go_on(Change::of(case, listed, vec![ready]), once, now))
    }

    /// A referral within somebody's reach, for them to read; that it was read is recorded.
    ///
    /// A record that cannot be written now is read all the same: at three in the morning a child's address matters
    /// more than who looked it up, and the operator's log says that a reading was not recorded.
    ///
    /// # Errors
    /// When there is no such referral within reach.
    pub fn view(&self, permit: &Permit, id: &str, now: Timestamp) -> Result<Case, RecordError> {
        let case = self.reached(permit, id)?;
        self.note_reading(&case, Ready::act(&case, Kind::Viewed, ActBody::by(permit.actor()), now)?)?;
        Ok(case)
    }

    /// Records a reading where anything can be recorded.
    pub(super) fn note_reading(&self, case: &Case, ready: Ready) -> Result<(), RecordError> {
        let referral = case.listed.id.clone();
        let viewed = self.writable().and_then(|()| {
            let view = move |transaction: &mut Transaction<'_>| ready.append_to_case(transaction, &referral);
            self.store.write(view).wait_here()
        });
        match viewed {
            Ok(_) => {}
            Err(error @ RecordError::NotFound) => return Err(error),
            Err(error) => tracing::warn!(%error, "a reading was not recorded"),
        }
        Ok(())
    }

    /// The rule set under which something was decided: its number of a level is one of that ladder.
    ///
    /// # Errors
    /// When it is not kept.
    pub fn decided_under(&self, case: &Case, decision: &str) -> Result<Arc<RuleSet>, RecordError> {
        let is_it = |event: &&Event| matches!(&event.what, What::Decision(body) if body.decision == decision);
        let rule_set = case.events.iter().find(is_it).and_then(|event| event.leaf.rule_set.as_deref());
        self.rule_set(rule_set.ok_or(RecordError::NotFound)?)
    }

    /// A referral within reach; one that is not is not there.
    pub(super) fn reached(&self, permit: &Permit, id: &str) -> Result<Case, RecordError> {
        let case = self.case(id)?;
        if permit.reaches(&case.listed.organisation) { Ok(case) } else { Err(RecordError::NotFound) }
    }

    /// Adds entries to a referral that nobody else has changed meanwhile.
    pub(super) fn go_on(&self, change: Change, once: Once, now: Timestamp) -> Pending {
        self.go_on_with(vec![change], once, now)
    }

    /// The same of several referrals at once; what is answered is the first entry of the first.
    pub(super) fn go_on_with(&self, changes: Vec<Change>, once: Once, now: Timestamp) -> Pending {
        let write = move |transaction: &mut Transaction<'_>| {
            if let Some(place) = before(transaction.db(), once, now)? {
                return Ok(Written::Before(place));
            }
            for change in &changes {
                change.check(transaction)?;
            }
            let mut first = None;
            for change in &changes {
                for event in change.write(transaction, first.is_none())? {
                    first.get_or_insert(event);
                }
            }
            let event = first.ok_or_else(|| RecordError::Moved("there is nothing to record".into()))?;
            remember(transaction, once, Appended { place: event.place, leaf_hash: event.leaf_hash }, now)?;
            Ok(Written::Fresh(Box::new(event)))
        };
        Pending(self.store.write(write))
    }
}

/// How a referral came.
pub(super) enum CameBy {
    /// By itself.
    Itself,
    /// In a batch; where nothing else is said, it was received when the batch was.
    Batch(InBatch, Timestamp),
    /// From another authority, by this file.
    Transfer(String),
}

/// What the record itself knew of a piece.
pub(super) enum Known {
    /// Nothing.
    Nothing,
    /// That an earlier referral is of the same child.
    SameChild(SameChild),
    /// That another referral is of the same incident.
    Joined(Joined),
}

/// What changes a referral: the entries that are added to it, and how it is listed then.
pub(super) struct Change {
    listed: Listed,
    entries: Vec<Ready>,
    /// To whom its children are handed then, where that changes.
    handed: Option<Vec<Handover>>,
    /// What partners are told of in its entries, each with its number among them.
    told: Vec<(usize, Told)>,
}

impl Change {
    /// Adds entries; `listed` says what they do not tell.
    pub(super) fn of(mut case: Case, listed: Listed, entries: Vec<Ready>) -> Self {
        let (before, so_far) = (handovers(&case.events), case.events.len());
        // Its place is not known yet, and matters for nothing here.
        case.events.extend(entries.iter().map(|ready| ready.event(Appended { place: 0, leaf_hash: [0; 32] })));
        let respond_by = case.respond_no_later_than().into_iter().chain(listed.respond_by).min();
        let Owed { tell_by, answer_by, disagreement } = owed(&case.events, None);
        let standing = standing(&case.events);
        let handed = Some(handovers(&case.events)).filter(|after| *after != before);
        let told = told(&case.events);
        let told = told.into_iter().filter_map(|told| Some((told.entry.checked_sub(so_far)?, told))).collect();
        Self {
            listed: Listed { standing, respond_by, tell_by, answer_by, disagreement, ..listed },
            entries,
            handed,
            told,
        }
    }

    /// What is indicated for each child then, as far as its entries say.
    pub(super) fn indicated(&self) -> impl Iterator<Item = (Rank, Rank)> {
        self.entries.last().into_iter().flat_map(Ready::indicated).copied()
    }

    /// What is refused, is refused before anything is written.
    fn check(&self, transaction: &mut Transaction<'_>) -> Result<(), RecordError> {
        let values = [self.listed.id.as_str().into(), "".into()];
        let found = transaction.db().find(include_str!("sql/find_referral.sql"), &values)?;
        match found.map(Listed::read).transpose()? {
            Some(now) if now.version == self.listed.version => Ok(()),
            _ => Err(RecordError::Moved("something was added meanwhile; read the referral again".into())),
        }
    }

    fn write(&self, transaction: &mut Transaction<'_>, is_first: bool) -> Result<Vec<Event>, RecordError> {
        let listed = &self.listed;
        let mut events = Vec::new();
        if let Some(handed) = &self.handed {
            list_anew(transaction.db(), &listed.id, handed)?;
        }
        for (ready, version) in self.entries.iter().zip(listed.version..) {
            let values: [Value<'_>; 10] = [
                listed.respond_by.map(|time| time.as_millisecond()).into(),
                listed.standing.word().into(),
                i64::from(listed.at_least).into(),
                i64::from(listed.at_most).into(),
                listed.decided_by.as_deref().into(),
                listed.tell_by.map(|time| time.as_millisecond()).into(),
                listed.answer_by.map(|time| time.as_millisecond()).into(),
                listed.disagreement.map(DisagreementStands::word).into(),
                listed.id.as_str().into(),
                version.into(),
            ];
            if transaction.db().execute(include_str!("sql/move_referral.sql"), &values)? != 1 {
                // Another replica, between the look and the write.
                if is_first && events.is_empty() {
                    return Err(RecordError::Moved("something was added meanwhile; read the referral again".into()));
                }
                // Nothing of this commit may stay.
                return Err(DbError::Refused("a referral was changed meanwhile".into()).into());
            }
            let appended = ready.append(transaction, &listed.id)?;
            for (_, told) in self.told.iter().filter(|(entry, _)| *entry == events.len()) {
                told.list(transaction.db(), appended.place, &listed.organisation, &listed.id)?;
            }
            events.push(ready.event(appended));
        }
        Ok(events)
    }
}

/// What stands against adding a piece after so many others, beside what is wrong with it.
fn not_to_be_added(permit: &Permit, case: &Case, piece: &Information, pieces: usize, now: Timestamp) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let (Some(number), Some(own)) = (piece.corrects, permit.only())
        && case.recorded_by(number).is_some_and(|by| by.organisation != own)
    {
        let detail = "another organisation recorded this piece; add what you know beside it";
        faults.push(Fault::new("/corrects", FaultCode::NotYours, detail));
    }
    if piece.said_at.is_some_and(|said| said > now) {
        faults.push(Fault::new("/said_at", FaultCode::InTheFuture, "it is said before it is recorded"));
    }
    if pieces >= MAX_PIECES {
        faults.push(Fault::new("", FaultCode::TooMany, format!("a referral gathers at most {MAX_PIECES} pieces")));
    }
    faults
}

/// One evaluation a child, in the order sent.
pub(super) fn evaluations<'r>(
    referral: &Referral,
    rules: &'r RuleSet,
    explain: Explain,
) -> Result<Vec<Evaluation<'r>>, Vec<Fault>> {
    Ok(match referral.evaluate(rules, explain)? {
        Indicated::Child(evaluation) => vec![*evaluation],
        Indicated::Children { children } => children.into_iter().map(|child| child.evaluation).collect(),
    })
}

pub(super) fn evaluated(
    referral: &Referral,
    rules: &RuleSet,
    explain: Explain,
    evaluations: &[Evaluation<'_>],
) -> Evaluated {
    let children = evaluations.iter().enumerate().map(|(child, evaluation)| EvaluatedChild {
        reference: referral.reference_of(child),
        // Plain data with text keys: it always serialises.
        evaluation: serde_json::value::to_raw_value(evaluation).unwrap_or_default(),
    });
    Evaluated { rule_set: rules.id().digest.clone(), explain, children: children.collect() }
}

fn bounds(evaluations: &[Evaluation<'_>]) -> Vec<(Rank, Rank)> {
    evaluations.iter().map(|evaluation| (evaluation.at_least.rank, evaluation.at_most.rank)).collect()
}

fn highest(evaluations: &[Evaluation<'_>]) -> (Rank, Rank) {
    bounds(evaluations).iter().fold((1, 1), |(least, most), (low, high)| (least.max(*low), most.max(*high)))
}

fn respond_by(evaluations: &[Evaluation<'_>]) -> Option<Timestamp> {
    evaluations.iter().filter_map(|evaluation| evaluation.respond_by.as_ref()?.parse().ok()).min()
}

/// A request as it was sent; it was read as JSON before.
fn kept(request: &[u8]) -> Result<Box<RawValue>, RecordError> {
    let text = String::from_utf8(request.trim_ascii().to_vec());
    let not_json = || RecordError::Faults(vec![Fault::new("", FaultCode::NotJson, "this is not JSON")]);
    RawValue::from_string(text.map_err(|_| not_json())?).map_err(|_| not_json())
}
