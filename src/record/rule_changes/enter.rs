//! What is entered of a rule change, and by whom: nothing that may not be, however many replicas enter at a time.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::super::case::What;
use super::super::entry::Ready;
use super::super::leaf::{ChangeLeaf, Kind, Leaf};
use super::super::rule_drafts::RuleDraft;
use super::super::seal::ReferralKey;
use super::super::store::Transaction;
use super::super::{Log, Record, RecordError, new_id};
use super::{DELEGATES, Delegate, DelegateBody, Happened, Proposed, RuleChangeBody, RulesTold};
use crate::access::{Operation, Permit};
use crate::criteria::{RuleSet, load};
use crate::json::{Fault, FaultCode};
use crate::rule_change::{Begins, Evidence, NotTaken, Proposal, Step};

/// How often it is tried again when another replica writes at the same moment.
const TRIES: usize = 8;
/// The longest text that somebody writes about a change.
pub const MAX_WORDS: usize = 4000;

/// What whoever proposes rules says of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposalWanted {
    /// Why.
    pub reason: String,
    /// The clause of guidance that it follows.
    pub clause: String,
    /// From when on they are to be in force.
    pub begins: Begins,
    /// By when partners are asked to answer.
    pub answer_by: Option<Date>,
    /// The examples that fail, by name: whoever proposes them all the same names each.
    pub failing: Vec<String>,
    /// Whoever wrote any of it beside the draft's authors.
    pub written_by: Vec<String>,
}

impl Record {
    /// Proposes a draft's rules; the change's id. `in_force` are the rules in force now.
    ///
    /// # Errors
    /// When the rules have errors, nobody worked out what they do, failing examples are not named, or the change may not
    /// be proposed.
    pub fn propose(
        &self,
        permit: &Permit,
        draft: &RuleDraft,
        wanted: &ProposalWanted,
        in_force: &str,
        now: Timestamp,
    ) -> Result<String, RecordError> {
        let mut faults = Vec::new();
        let Some(evidence) = draft.evidence.as_ref() else {
            let fault = Fault::new("/draft", FaultCode::NotWorkedOut, "it is not worked out yet what these rules do");
            return Err(RecordError::Faults(vec![fault]));
        };
        if evidence.errors > 0 {
            let detail = "these rules have errors; each is listed with its place";
            faults.push(Fault::new("/draft", FaultCode::RulesHaveErrors, detail));
        }
        let failing = evidence.failing_names();
        let mut named: Vec<&str> = wanted.failing.iter().map(String::as_str).collect();
        named.sort_unstable();
        named.dedup();
        if named != failing {
            let detail = "examples fail; whoever proposes these rules all the same names each of them and no other";
            faults.push(Fault::new("/failing", FaultCode::ExamplesFail, detail).instead(failing.join(", ")));
        }
        for (pointer, words) in [("/reason", &wanted.reason), ("/clause", &wanted.clause)] {
            faults.extend(too_long(pointer, words));
        }
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        // Whoever agrees them reads them, and from their day on they run: whole, by their digest.
        let loaded = load(&draft.files);
        let rules = loaded.rule_set.filter(|rules| rules.id().digest == evidence.digest);
        let broken = || RecordError::Damaged("the rules of a draft are not those that were worked out".into());
        let rules = Arc::new(rules.ok_or_else(broken)?);
        let evidence = self.as_it_begins(evidence, &rules, wanted.begins, in_force, now)?;
        let others = draft.listed.authors.iter().map(|author| author.id.clone());
        let written_by = others.chain(wanted.written_by.iter().cloned());
        let proposal = Proposal {
            digest: evidence.digest.clone(),
            instead_of: evidence.instead_of.clone(),
            may_lower: evidence.may_lower,
            begins: wanted.begins,
            reason: wanted.reason.trim().to_owned(),
            clause: wanted.clause.trim().to_owned(),
            answer_by: wanted.answer_by,
            written_by: written_by.filter(|author| *author != permit.actor().id).collect(),
        };
        self.keep_rule_set(&rules, &draft.files, now)?;
        let change = draft.listed.change.clone();
        let step = if change.is_some() { Step::Edited(proposal) } else { Step::Proposed(proposal) };
        let title = draft.listed.title.clone();
        let what = Happened::Proposed(Box::new(Proposed { title, step, evidence }));
        self.change(permit, change, what, Some(&draft.listed.id), in_force, now)
    }

    /// What was worked out, of an emergency against what is in force now: a draft is worked out against what is agreed
    /// last, and an emergency does not wait until that is in force.
    fn as_it_begins(
        &self,
        evidence: &Arc<Evidence>,
        rules: &RuleSet,
        begins: Begins,
        in_force: &str,
        now: Timestamp,
    ) -> Result<Arc<Evidence>, RecordError> {
        let expected = self.rules_told()?.in_force_at(now).unwrap_or_else(|| in_force.to_owned());
        if matches!(begins, Begins::On(_)) || evidence.instead_of == expected {
            return Ok(Arc::clone(evidence));
        }
        let compared = evidence.compared_with(&*self.rule_set(&expected)?, rules);
        compared.map(Arc::new).map_err(|disagreement| {
            tracing::error!(event = "proof_disagrees", %disagreement, "a proof and the evaluator disagree");
            RecordError::broke_off()
        })
    }

    /// Records a step of a partner or an author, or a remark. `in_force` are the rules in force now.
    ///
    /// # Errors
    /// When there is no such change, or the step may not be.
    pub fn step_rule_change(
        &self,
        permit: &Permit,
        change: &str,
        what: Happened,
        in_force: &str,
        now: Timestamp,
    ) -> Result<(), RecordError> {
        let says = match &what {
            Happened::Commented { says }
            | Happened::Step(Step::Refused { says, .. } | Step::Withdrawn { says } | Step::Undone { says, .. }) => says,
            Happened::Step(Step::Approved { minute: Some(minute), .. }) => minute,
            Happened::Proposed(_) | Happened::Step(_) => "",
        };
        let mut faults: Vec<Fault> = too_long("/says", says).into_iter().collect();
        if matches!(what, Happened::Commented { .. }) && says.trim().is_empty() {
            faults.push(Fault::new("/says", FaultCode::StepNotTaken, NotTaken::NoWords.to_string()));
        }
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        self.change(permit, Some(change.to_owned()), what, None, in_force, now).map(drop)
    }

    /// Enters what happened, unless it may not be; again where another replica entered something meanwhile.
    fn change(
        &self,
        permit: &Permit,
        change: Option<String>,
        what: Happened,
        draft: Option<&str>,
        in_force: &str,
        now: Timestamp,
    ) -> Result<String, RecordError> {
        self.writable()?;
        let is_new = change.is_none();
        let body = Arc::new(RuleChangeBody { by: permit.actor().clone(), change: change.unwrap_or_else(new_id), what });
        let (key, sealed_key) = if is_new {
            let key = ReferralKey::draw()?;
            let sealed = self.keys.seal(&body.change, &key)?;
            (key, Some(sealed))
        } else {
            (self.key_of(&body.change)?.ok_or(RecordError::NotFound)?, None)
        };
        for _ in 0..TRIES {
            let told = self.rules_told()?;
            if !is_new {
                told.change(&body.change)?;
            }
            // Two replicas' clocks may differ; the log's order is the order.
            let last = told.changes.iter().find(|one| one.id == body.change).and_then(|one| one.events.last());
            let now = last.map_or(now, |last| now.max(last.at));
            may_be(&told, permit, &body, in_force, now)?;
            let rule_set = match body.what.step() {
                Some(Step::Proposed(proposal) | Step::Edited(proposal)) => Some(proposal.digest.clone()),
                _ => None,
            };
            let change = Some(ChangeLeaf::of(&body));
            let leaf = Leaf { rule_set, change, ..Leaf::by(&body.by, Kind::RuleChange, new_id(), now) };
            let ready = Ready::new(&key, &body.change, leaf, What::RuleChange(Arc::clone(&body)))?;
            // As it will be heard: what may not be is not entered.
            let mut tried = (*told).clone();
            let before = tried.wrong.len();
            let place = told.size;
            tried.hear(ready.event_at(place), &mut |digest| self.find_rule_set(digest))?;
            if let Some((_, why)) = tried.wrong.get(before) {
                return Err(not_taken(why));
            }
            let (size, subject, sealed_key) = (told.size, body.change.clone(), sealed_key.clone());
            let draft = draft.map(str::to_owned);
            let write = move |transaction: &mut Transaction<'_>| {
                if transaction.size(Log::Rules)? != size {
                    return Ok(false);
                }
                if let Some(sealed) = &sealed_key {
                    let values = [subject.as_str().into(), sealed.as_slice().into()];
                    transaction.db().execute(include_str!("../sql/append_referral_key.sql"), &values)?;
                }
                if let Some(draft) = &draft {
                    Self::end_rule_draft(transaction, draft, &subject)?;
                }
                ready.append_to(transaction, Log::Rules, &subject)?;
                Ok(true)
            };
            if self.store.write(write).wait_here()? {
                return Ok(body.change.clone());
            }
        }
        Err(RecordError::Moved("others enter rule changes at the same moment".into()))
    }

    /// Names a delegate of a partner, or says that somebody is one no longer.
    ///
    /// # Errors
    /// When they are one already, or none.
    pub fn enter_delegate(
        &self,
        permit: &Permit,
        delegate: Delegate,
        is_named: bool,
        now: Timestamp,
    ) -> Result<(), RecordError> {
        self.writable()?;
        let kind = if is_named { Kind::DelegateNamed } else { Kind::DelegateEnded };
        let body = Arc::new(DelegateBody { by: permit.actor().clone(), delegate });
        for _ in 0..TRIES {
            let told = self.rules_told()?;
            let mut tried = (*told).clone();
            if let Err(why) = tried.delegate(kind, &body.delegate) {
                return Err(not_taken(&why));
            }
            let (key, sealed_key) = self.key_to_enter(DELEGATES)?;
            let detail = Some(body.delegate.partner.clone());
            let leaf = Leaf { detail, ..Leaf::by(&body.by, kind, new_id(), now) };
            let ready = Ready::new(&key, DELEGATES, leaf, What::Delegate(Arc::clone(&body)))?;
            if self.enter_at(told.size, DELEGATES, sealed_key, ready)? {
                return Ok(());
            }
        }
        Err(RecordError::Moved("others enter rule changes at the same moment".into()))
    }

    /// The key of a subject, and as it is kept where it is new.
    pub(in crate::record) fn key_to_enter(&self, subject: &str) -> Result<(ReferralKey, Option<Vec<u8>>), RecordError> {
        Ok(match self.key_of(subject)? {
            Some(key) => (key, None),
            None => {
                let key = ReferralKey::draw()?;
                let sealed = self.keys.seal(subject, &key)?;
                (key, Some(sealed))
            }
        })
    }

    /// Enters it as the next entry of the log of rules, unless another replica entered something meanwhile.
    pub(in crate::record) fn enter_at(
        &self,
        size: u64,
        subject: &'static str,
        sealed_key: Option<Vec<u8>>,
        ready: Ready,
    ) -> Result<bool, RecordError> {
        let write = move |transaction: &mut Transaction<'_>| {
            if transaction.size(Log::Rules)? != size {
                return Ok(false);
            }
            if let Some(sealed) = &sealed_key {
                let values = [subject.into(), sealed.as_slice().into()];
                transaction.db().execute(include_str!("../sql/append_referral_key.sql"), &values)?;
            }
            ready.append_to(transaction, Log::Rules, subject)?;
            Ok(true)
        };
        self.store.write(write).wait_here()
    }

    fn key_of(&self, subject: &str) -> Result<Option<ReferralKey>, RecordError> {
        let found = self.store.read(|db| db.find(include_str!("../sql/find_referral_key.sql"), &[subject.into()]))?;
        let Some(mut row) = found else { return Ok(None) };
        let damaged = || RecordError::Damaged(format!("the key of the rule change {subject} does not open"));
        self.keys.open(subject, &row.bytes()?).map(Some).ok_or_else(damaged)
    }
}

/// What is asked of a step beside what its own change says: that whoever takes it may, and that the rules are compared
/// with those that they will take the place of.
fn may_be(
    told: &RulesTold,
    permit: &Permit,
    body: &RuleChangeBody,
    in_force: &str,
    now: Timestamp,
) -> Result<(), RecordError> {
    if let Err(why) = told.is_for(body) {
        return Err(RecordError::Faults(vec![Fault::new("/partner", FaultCode::NotADelegate, why.to_string())]));
    }
    let may = match body.what.step() {
        Some(Step::Proposed(_) | Step::Edited(_) | Step::Withdrawn { .. }) => {
            permit.operation() == Operation::ProposeRules
        }
        Some(
            Step::Confirmed { .. } | Step::Refused { .. } | Step::Undone { .. } | Step::Approved { minute: None, .. },
        ) => permit.operation() == Operation::AgreeRules,
        Some(Step::Approved { .. }) | None => true,
    };
    if !may {
        let detail = "this is for others to do: authors propose, and delegates agree";
        return Err(RecordError::Faults(vec![Fault::new("", FaultCode::NotYours, detail)]));
    }
    let (instead_of, begins) = match body.what.step() {
        Some(Step::Proposed(proposal) | Step::Edited(proposal)) => (&proposal.instead_of, proposal.begins),
        Some(Step::Approved { .. } | Step::Confirmed { .. }) => {
            let proposal = &told.change(&body.change)?.state.proposal;
            (&proposal.instead_of, proposal.begins)
        }
        _ => return Ok(()),
    };
    let at = match begins {
        Begins::AtOnceUntil(_) => now,
        // The last moment before it begins, whenever in that day.
        Begins::On(day) => {
            day.in_tz("Europe/London").map_or(now, |midnight| midnight.timestamp() - 1.second()).max(now)
        }
    };
    let expected = told.in_force_at(at).unwrap_or_else(|| in_force.to_owned());
    if *instead_of == expected {
        return Ok(());
    }
    let detail = format!(
        "it was compared with {instead_of}, and {expected} will be in force when it begins; its author compares it with that first"
    );
    Err(RecordError::Faults(vec![Fault::new("", FaultCode::OtherRulesInForce, detail)]))
}

fn not_taken(why: &str) -> RecordError {
    RecordError::Faults(vec![Fault::new("", FaultCode::StepNotTaken, why.to_owned())])
}

fn too_long(pointer: &str, words: &str) -> Option<Fault> {
    let detail = || format!("at most {MAX_WORDS} characters are kept");
    (words.chars().count() > MAX_WORDS).then(|| Fault::new(pointer, FaultCode::OutOfRange, detail()))
}
