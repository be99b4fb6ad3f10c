//! What is recorded: a referral, what became known later, a decision, a confirmation, an acceptance, a reading.
//!
//! Each is worked out beside the writer and handed to it whole. The writer checks that nothing moved meanwhile, and
//! that the same request was not answered before.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::body::{ActBody, DecisionBody, Evaluated, EvaluatedChild, InformationBody, ReferralBody, SameChild};
use super::case::{Case, Listed, Standing, What, standing};
use super::db::Value;
use super::earlier::{MatchKey, match_keys};
use super::entry::Ready;
use super::handed::{handovers, list_anew};
use super::leaf::{DecidedLeaf, Kind, Leaf};
use super::once::{Once, Pending, Written, before, remember};
use super::seal::ReferralKey;
use super::store::{Appended, Transaction};
use super::{Record, RecordError, new_id, reference};
use crate::access::{Operation, Permit};
use crate::criteria::RuleSet;
use crate::decision::{Shown, Wanted, check, may_confirm};
use crate::json::{Fault, Json};
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
        self.refer_as(permit, rules, request, None, once, explain, now)
    }

    /// Records a referral; one that another authority transferred with the file by which it came.
    #[expect(clippy::too_many_arguments, reason = "what a referral is made of")]
    pub(super) fn refer_as(
        &self,
        permit: &Permit,
        rules: &RuleSet,
        request: &[u8],
        transfer: Option<String>,
        once: Once,
        explain: Explain,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.writable()?;
        let received = Json::read(request).and_then(|json| Received::read(&json)).map_err(RecordError::Faults)?;
        let mut faults = received.faults(rules);
        if !permit.reaches(&received.referrer.organisation) {
            let fault = Fault::new("/referrer/organisation", "not-yours", "you act for another organisation");
            faults.push(fault.instead(permit.actor().organisation.clone()));
        }
        let received_at = received.received_at(now).unwrap_or_else(|fault| {
            faults.push(fault);
            now
        });
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
        };
        let body = ReferralBody {
            by: by.clone(),
            referral: id.clone(),
            reference: listed.reference.clone(),
            received_at,
            request: kept(request)?,
            evaluated: evaluated(&referral, rules, referral.explain.unwrap_or(explain), &evaluations),
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
        let matches = match_keys(&self.keys, &received);
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
        self.add(permit, case, rules, request, None, once, now)
    }

    /// Adds a piece to a referral; one that the record itself knew says so.
    #[expect(clippy::too_many_arguments, reason = "what a piece is made of")]
    pub(super) fn add(
        &self,
        permit: &Permit,
        case: Case,
        rules: &RuleSet,
        request: &[u8],
        same_child: Option<SameChild>,
        once: Once,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        let piece = Json::read(request).and_then(|json| Information::read(&json)).map_err(RecordError::Faults)?;
        let (received, mut pieces) = case.said()?;
        let mut faults = received.referral.faults_of(&piece, pieces.len() + 1, rules);
        if let (Some(number), Some(own)) = (piece.corrects, permit.only())
            && case.recorded_by(number).is_some_and(|by| by.organisation != own)
        {
            let detail = "another organisation recorded this piece; add what you know beside it";
            faults.push(Fault::new("/corrects", "not-yours", detail));
        }
        if piece.said_at.is_some_and(|said| said > now) {
            faults.push(Fault::new("/said_at", "in-the-future", "it is said before it is recorded"));
        }
        if pieces.len() + 1 >= MAX_PIECES {
            faults.push(Fault::new("", "too-many", format!("a referral gathers at most {MAX_PIECES} pieces")));
        }
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        pieces.push(piece);
        let referral = received.referral.unfolded(&pieces, rules);
        let evaluations = evaluations(&referral, rules, Explain::Full).map_err(RecordError::Faults)?;
        let by = permit.actor().clone();
        let kind = if same_child.is_some() { Kind::SameChild } else { Kind::InformationAdded };
        let leaf = Leaf {
            rule_set: Some(rules.id().digest.clone()),
            indicated: bounds(&evaluations),
            ..Leaf::by(&by, kind, new_id(), now)
        };
        let evaluated = evaluated(&referral, rules, Explain::Full, &evaluations);
        let body = InformationBody { by, piece: pieces.len() + 1, request: kept(request)?, evaluated, same_child };
        let ready = Ready::new(&case.key, &case.listed.id, leaf, What::Information(Arc::new(body)))?;
        let (least, most) = highest(&evaluations);
        let listed =
            Listed { at_least: least, at_most: most, respond_by: respond_by(&evaluations), ..case.listed.clone() };
        Ok(self.go_on(case, listed, ready, once, now))
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
        self.writable()?;
        let case = self.reached(permit, id)?;
        let by = permit.actor().clone();
        let evaluated = self.explained(&case, None)?;
        let Some(child) = evaluated.children.iter().position(|child| child.reference == wanted.child) else {
            let known: Vec<&str> = evaluated.children.iter().map(|child| child.reference.as_str()).collect();
            let fault = Fault::new("/child", "unknown-child", "this referral has no such child");
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
            faults.push(Fault::new("/next_holder/telephoned_at", "in-the-future", detail));
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
        let listed = Listed { decided_by: Some(by.id.clone()), ..case.listed.clone() };
        let body = DecisionBody { by, decision: id, decided: wanted };
        let ready = Ready::new(&case.key, &case.listed.id, leaf, What::Decision(Arc::new(body)))?;
        Ok(self.go_on(case, listed, ready, once, now))
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
                return refused("nothing-to-accept", "this decision waits for no acceptance");
            }
        } else {
            if !permit.reaches(&case.listed.organisation) {
                return Err(RecordError::NotFound);
            }
            let named = decided.wanted.second_person.as_ref();
            if decided.confirmed || reopened {
                return refused("nothing-to-confirm", "this decision waits for no second person");
            }
            if by.id == decided.by.id
                || !may_confirm(by.role)
                || named.is_none_or(|named| named.id != by.id || named.role != by.role)
            {
                return refused("not-the-second-person", "another was named to confirm this decision");
            }
        }
        let kind = if accepts { Kind::DecisionAccepted } else { Kind::DecisionConfirmed };
        let act = ActBody { decision: Some(decision.to_owned()), ..ActBody::by(&by) };
        let ready = Ready::act(&case, kind, act, now)?;
        let listed = case.listed.clone();
        Ok(self.go_on(case, listed, ready, once, now))
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

    /// A referral within reach; one that is not is not there.
    pub(super) fn reached(&self, permit: &Permit, id: &str) -> Result<Case, RecordError> {
        let case = self.case(id)?;
        if permit.reaches(&case.listed.organisation) { Ok(case) } else { Err(RecordError::NotFound) }
    }

    /// Adds an entry to a referral that nobody else has changed meanwhile.
    pub(super) fn go_on(&self, mut case: Case, listed: Listed, ready: Ready, once: Once, now: Timestamp) -> Pending {
        let before_it = handovers(&case.events);
        // Its place is not known yet, and matters for nothing here.
        case.events.push(ready.event(Appended { place: 0, leaf_hash: [0; 32] }));
        let listed = Listed { standing: standing(&case.events), ..listed };
        let handed = Some(handovers(&case.events)).filter(|after| *after != before_it);
        let write = move |transaction: &mut Transaction<'_>| {
            if let Some(place) = before(transaction.db(), once, now)? {
                return Ok(Written::Before(place));
            }
            let values: [Value<'_>; 7] = [
                listed.respond_by.map(|time| time.as_millisecond()).into(),
                listed.standing.word().into(),
                i64::from(listed.at_least).into(),
                i64::from(listed.at_most).into(),
                listed.decided_by.as_deref().into(),
                listed.id.as_str().into(),
                listed.version.into(),
            ];
            if transaction.db().execute(include_str!("sql/move_referral.sql"), &values)? != 1 {
                return Err(RecordError::Moved("something was added meanwhile; read the referral again".into()));
            }
            if let Some(handed) = &handed {
                list_anew(transaction.db(), &listed.id, handed)?;
            }
            let appended = ready.append(transaction, &listed.id)?;
            remember(transaction, once, appended, now)?;
            Ok(Written::Fresh(Box::new(ready.event(appended))))
        };
        Pending(self.store.write(write))
    }
}

/// One evaluation a child, in the order sent.
pub(super) fn evaluations(
    referral: &Referral,
    rules: &RuleSet,
    explain: Explain,
) -> Result<Vec<Evaluation>, Vec<Fault>> {
    Ok(match referral.evaluate(rules, explain)? {
        Indicated::Child(evaluation) => vec![*evaluation],
        Indicated::Children { children } => children.into_iter().map(|child| child.evaluation).collect(),
    })
}

pub(super) fn evaluated(
    referral: &Referral,
    rules: &RuleSet,
    explain: Explain,
    evaluations: &[Evaluation],
) -> Evaluated {
    let children = evaluations.iter().enumerate().map(|(child, evaluation)| EvaluatedChild {
        reference: referral.reference_of(child),
        // Plain data with text keys: it always serialises.
        evaluation: serde_json::value::to_raw_value(evaluation).unwrap_or_default(),
    });
    Evaluated { rule_set: rules.id().digest.clone(), explain, children: children.collect() }
}

fn bounds(evaluations: &[Evaluation]) -> Vec<(Rank, Rank)> {
    evaluations.iter().map(|evaluation| (evaluation.at_least.rank, evaluation.at_most.rank)).collect()
}

fn highest(evaluations: &[Evaluation]) -> (Rank, Rank) {
    bounds(evaluations).iter().fold((1, 1), |(least, most), (low, high)| (least.max(*low), most.max(*high)))
}

fn respond_by(evaluations: &[Evaluation]) -> Option<Timestamp> {
    evaluations.iter().filter_map(|evaluation| evaluation.respond_by.as_ref()?.parse().ok()).min()
}

/// A request as it was sent; it was read as JSON before.
fn kept(request: &[u8]) -> Result<Box<RawValue>, RecordError> {
    let text = String::from_utf8(request.trim_ascii().to_vec());
    let not_json = || RecordError::Faults(vec![Fault::new("", "not-json", "this is not JSON")]);
    RawValue::from_string(text.map_err(|_| not_json())?).map_err(|_| not_json())
}
