//! Transfers between authorities: made and signed here, checked and taken here; what cannot be taken is kept.
//!
//! Which installations may send is a file of public keys, each for one organisation. A transfer goes out only of a
//! decision that stands and sends the child there, and that it went is recorded before anybody has it.

pub mod kept;

use jiff::Timestamp;

use super::body::ActBody;
use super::case::{Case, ChildStands, Decided};
use super::checkpoint::PublicKey;
use super::entry::Ready;
use super::keep::CameBy;
use super::keys::Keys;
use super::leaf::Kind;
use super::once::{Once, Written};
use super::store::Transaction;
use super::{Record, RecordError};
use crate::access::Permit;
use crate::criteria::RuleSet;
use crate::decision::Outcome;
use crate::json::{Fault, FaultCode};
use crate::level::Explain;
use crate::referral::received::FamilyTold;
use crate::transfer::{Refusal, Sender, Sending, Transfer};

/// Who may send, and who this is.
#[derive(Debug, Clone)]
pub struct Transfers {
    /// This authority's code: what is addressed to it is for us.
    pub organisation: String,
    /// This authority's name.
    pub name: String,
    /// Those whose transfers are taken.
    pub senders: Senders,
}

impl Default for Transfers {
    /// The demonstration's.
    fn default() -> Self {
        let senders = Senders::default();
        Self { organisation: "council:example".into(), name: "Example Council".into(), senders }
    }
}

/// Public keys whose signature is believed, each for one organisation: a council's key vouches for nobody else.
#[derive(Debug, Clone, Default)]
pub struct Senders(Vec<(String, PublicKey)>);

impl Senders {
    /// Reads lines of an organisation's code and its `name+id+key`; what begins with `#` is a remark.
    ///
    /// # Errors
    /// The number of the first line that is neither.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let mut senders = Vec::new();
        for (line, number) in text.lines().zip(1_usize..) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let sender = line
                .split_once(' ')
                .and_then(|(organisation, key)| Some((organisation.to_owned(), PublicKey::parse(key.trim())?)));
            senders.push(sender.ok_or(number)?);
        }
        Ok(Self(senders))
    }

    /// Whether a signature of this organisation's stands over a text.
    fn check(&self, organisation: &str, text: &str, signature: &str) -> Result<(), Refusal> {
        let mut known = self.0.iter().filter(|(of, key)| of == organisation && key.is_named_in(signature)).peekable();
        if known.peek().is_none() {
            return Err(Refusal::Sender);
        }
        if known.any(|(_, key)| key.holds(text, signature)) { Ok(()) } else { Err(Refusal::Signature) }
    }

    /// Checks a file, and reads what it says.
    ///
    /// # Errors
    /// Why it is not believed. Nothing of one that is not believed is read but who it says that it is from.
    pub fn open(&self, file: &str) -> Result<Transfer, Refusal> {
        let (text, signature) = Transfer::opened(file)?;
        let transfer = Transfer::read(&text)?;
        self.check(&transfer.from.organisation, &text, &signature)?;
        Ok(transfer)
    }
}

impl Keys {
    /// What signs this installation's transfers is called.
    fn transfers_name(&self) -> String {
        format!("{}/transfers", self.installation)
    }

    /// The public key of this installation's transfers, to be given to those who receive them.
    pub fn public_of_transfers(&self) -> PublicKey {
        PublicKey::of(&self.transfers_name(), self.signing.verifying_key())
    }

    fn sign_transfer(&self, text: &str) -> String {
        super::checkpoint::signature_line(&self.transfers_name(), text, &self.signing)
    }
}

/// What became of a transfer that came.
#[derive(Debug)]
pub enum Came {
    /// It is a referral, now or since it came before.
    Taken(Written),
    /// It could not be taken, and is kept for a person.
    Kept {
        /// Its id.
        id: String,
        /// Why.
        refusal: Refusal,
        /// What the rules have to say about it.
        faults: Vec<Fault>,
    },
}

/// A file for another authority.
#[derive(Debug)]
pub struct TransferFile {
    /// A name that says nothing of the child.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

impl Record {
    /// Makes the transfer of the child whom a decision sends to another authority. That it was made is on disk first.
    ///
    /// # Errors
    /// When there is no such decision within reach, it sends the child to no other authority, something came after it that
    /// asks for another, or nothing is recorded.
    pub fn export_transfer(
        &self,
        permit: &Permit,
        transfers: &Transfers,
        id: &str,
        decision: &str,
        now: Timestamp,
    ) -> Result<TransferFile, RecordError> {
        self.writable()?;
        let case = self.reached(permit, id)?;
        let stands = case.children();
        let is_it = |stands: &ChildStands| stands.decided.as_ref().is_some_and(|decided| decided.id == decision);
        let child = stands.iter().position(is_it).ok_or(RecordError::NotFound)?;
        let stands = stands.get(child).ok_or(RecordError::NotFound)?;
        let decided = stands.decided.as_ref().ok_or(RecordError::NotFound)?;
        if stands.reopened {
            // It would go under the duty of a level that does not hold any more.
            let detail = "the answer rose since, or something else came that asks for another decision: decide again";
            return Err(RecordError::Faults(vec![Fault::new("", FaultCode::Reopened, detail)]));
        }
        let transfer = self.transfer_of(transfers, &case, child, decided, now)?;
        let text = transfer.text();
        let file = Transfer::signed(&text, &self.keys.sign_transfer(&text));
        if file.len() > crate::transfer::MAX_TRANSFER {
            let detail = "the transfer is too large: decide again without the account or the child's own words";
            return Err(RecordError::Faults(vec![Fault::new("", FaultCode::TooLarge, detail)]));
        }
        let act = ActBody { decision: Some(decision.to_owned()), ..ActBody::by(permit.actor()) };
        let ready = Ready::act(&case, Kind::Exported, act, now)?;
        let referral = case.listed.id.clone();
        let export = move |transaction: &mut Transaction<'_>| ready.append_to_case(transaction, &referral);
        self.store.write(export).wait_here()?;
        Ok(TransferFile { name: format!("transfer-{}-{}.json", case.listed.reference, child + 1), text: file })
    }

    fn transfer_of(
        &self,
        transfers: &Transfers,
        case: &Case,
        child: usize,
        decided: &Decided,
        now: Timestamp,
    ) -> Result<Transfer, RecordError> {
        let holder = decided.holder().filter(|_| decided.wanted.outcome == Outcome::AnotherAuthority);
        let Some(holder) = holder else {
            let detail = "this decision sends the child to no other authority, or waits for a second person";
            return Err(RecordError::Faults(vec![Fault::new("", FaultCode::NoTransfer, detail)]));
        };
        let damaged = || RecordError::Damaged(format!("what was said in {} cannot be read again", case.listed.id));
        let evaluated = self.explained(case, None)?;
        let rules = self.rule_set(&evaluated.rule_set)?;
        // What was said is read under the newest rules; the number of the level is one of the ladder by which it was decided.
        let decided_under = self.decided_under(case, &decided.id)?;
        let (mut received, pieces) = case.said()?;
        // What must not reach the family here must not there either.
        if self.is_unsafe_to_tell(case)? {
            received.family_told = Some(FamilyTold::UnsafeToTell);
        }
        received.unsafe_to_share |= pieces.iter().any(|piece| piece.unsafe_to_share);
        let referral = received.referral.unfolded(&pieces, &rules);
        let before = case.transfer();
        let sending = Sending {
            from: Sender {
                installation: self.keys.installation.clone(),
                organisation: transfers.organisation.clone(),
                name: transfers.name.clone(),
            },
            at: now,
            holder,
            level: decided_under.ladder().level(decided.wanted.level),
            reference: &case.listed.reference,
            received: &received,
            referral: &referral,
            child,
            evaluation: &evaluated.children.get(child).ok_or_else(damaged)?.evaluation,
            before: before.as_ref(),
        };
        Transfer::of(&rules, sending).ok_or_else(damaged)
    }

    /// Takes a transfer: it becomes a referral, evaluated under the rules here; or it is kept for a person, with why.
    /// The same file again is the same referral.
    ///
    /// # Errors
    /// When nothing can be recorded, or too many wait for a person; the sender must then be told that nothing was taken.
    pub fn take_transfer(
        &self,
        permit: &Permit,
        transfers: &Transfers,
        rules: &RuleSet,
        file: &str,
        now: Timestamp,
    ) -> Result<Came, RecordError> {
        self.writable()?;
        let opened = transfers.senders.open(file);
        let opened = opened.and_then(|transfer| match transfer.refused(&transfers.organisation, now) {
            Some(refusal) => Err(refusal),
            None => Ok(transfer),
        });
        let transfer = match opened {
            Ok(transfer) => transfer,
            Err(refusal) => return self.keep_transfer(permit, file, refusal, Vec::new(), now),
        };
        // Whoever pastes it again, with other ends of lines: it is the same.
        let once = Once::of_transfer(&transfer.text());
        if let Some(before) = self.before(once, now)? {
            return Ok(Came::Taken(before));
        }
        let request = transfer.request(rules, now).to_string();
        let came_by = CameBy::Transfer(file.to_owned());
        match self.refer_as(permit, rules, request.as_bytes(), came_by, once, Explain::Full, now) {
            Ok(pending) => Ok(Came::Taken(pending.wait_here()?)),
            Err(RecordError::Faults(faults)) => self.keep_transfer(permit, file, Refusal::Rules, faults, now),
            Err(error) => Err(error),
        }
    }
}

impl Case {
    /// The transfer by which another authority sent it, if one did.
    pub fn transfer(&self) -> Option<Transfer> {
        let file = self.first().ok()?.transfer.as_ref()?;
        // It was checked when it was taken.
        Transfer::opened(file).ok().and_then(|(text, _)| Transfer::read(&text).ok())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;
    use tempfile::TempDir;

    use super::*;
    use crate::access::{Operation, demonstration, permit};
    use crate::criteria::load;
    use crate::ladder::Duty;
    use crate::record::Places;
    use crate::record::case::What;
    use crate::rules_dir;

    #[test]
    fn what_the_rules_cannot_take_is_kept_though_it_is_signed() {
        let (folder, now) = (TempDir::new().unwrap(), "2026-11-24T10:30:00Z".parse().unwrap());
        let record = Record::open(&Places::in_folder(folder.path()), now).unwrap();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rule_sets/good/four_levels");
        let files = rules_dir::read(folder.as_ref()).unwrap();
        let rules = Arc::new(load(&files).rule_set.unwrap());
        record.keep_rule_set(&rules, &files, now).unwrap();
        let key = format!("council:other {}", record.keys().public_of_transfers());
        let transfers = Transfers { senders: Senders::parse(&key).unwrap(), ..Transfers::default() };
        let permit = permit(demonstration("triage-worker").unwrap(), Operation::Transfer).unwrap();
        for (born, is_taken) in [("2016-05-01", true), ("1996-05-01", false)] {
            let transfer: Transfer = serde_json::from_value(json!({
                "format": crate::transfer::FORMAT, "to": "council:example", "sent_at": "2026-11-24T10:00:00Z",
                "from": { "installation": "other", "organisation": "council:other", "name": "Other" },
                "act_now": [], "child": { "date_of_birth": born }, "raised": [], "facts": [], "not_known": [],
                "referral": { "reference": "none", "received_at": "2026-11-24T09:00:00Z", "referred_by": "nobody" },
            }))
            .unwrap();
            let text = transfer.text();
            let file = Transfer::signed(&text, &record.keys().sign_transfer(&text));
            match record.take_transfer(&permit, &transfers, &rules, &file, now).unwrap() {
                Came::Taken(_) => assert!(is_taken, "{born}"),
                Came::Kept { refusal, faults, .. } => {
                    assert!(
                        !is_taken && refusal == Refusal::Rules && faults[0].code == FaultCode::OutOfRange,
                        "{faults:?}"
                    );
                }
            }
        }
        assert_eq!(record.list_kept_transfers(&permit, now).unwrap().kept.len(), 1);
        assert!(record.verify(Vec::new()).unwrap().is_ok());
    }

    #[test]
    fn the_duty_is_that_of_the_level_under_the_rules_by_which_it_was_decided() {
        let (folder, now) = (TempDir::new().unwrap(), "2026-11-24T10:30:00Z".parse().unwrap());
        let record = Record::open(&Places::in_folder(folder.path()), now).unwrap();
        let mut files = rules_dir::read(concat!(env!("CARGO_MANIFEST_DIR"), "/rules").as_ref()).unwrap();
        let before = Arc::new(load(&files).rule_set.unwrap());
        record.keep_rule_set(&before, &files, now).unwrap();
        // From then on a child of level 4 is owed something else first.
        let framework = files.iter_mut().find(|file| file.path.ends_with("framework.yaml")).unwrap();
        let text = String::from_utf8(framework.bytes.clone()).unwrap();
        framework.bytes = text.replace("duties: [s17, s20]", "duties: [s20, s17]").into_bytes();
        let since = Arc::new(load(&files).rule_set.unwrap());
        record.keep_rule_set(&since, &files, now).unwrap();
        assert_eq!((&before.ladder().level(4).duties[0], &since.ladder().level(4).duties[0]), (&Duty::S17, &Duty::S20));
        let may = |operation| permit(demonstration("manager").unwrap(), operation).unwrap();
        let once = |key: &str| Once::new(&may(Operation::Refer), key, "a test", key.as_bytes());
        let id = {
            let request = json!({
                "received_at": "2026-11-24T10:00:00Z", "referrer": { "organisation": "council:example" },
                "children": [{ "ref": "A", "facts": { "no_carer_available": true } }],
            });
            let request = request.to_string();
            let refer = may(Operation::Refer);
            let sent = record.refer(&refer, &before, request.as_bytes(), once("r"), Explain::None, now).unwrap();
            match record.answered(sent.wait_here().unwrap()).unwrap().what {
                What::Referral(body) => body.referral.clone(),
                other => panic!("{other:?}"),
            }
        };
        let wanted = serde_json::from_value(json!({
            "child": "A", "shown": 1, "level": 4, "view": "agrees", "outcome": "another_authority",
            "next_holder": { "organisation": "council:other", "told": "They live there" },
        }));
        let decided = record.decide(&may(Operation::Decide), &id, wanted.unwrap(), once("d"), now).unwrap();
        let decision = match record.answered(decided.wait_here().unwrap()).unwrap().what {
            What::Decision(body) => body.decision.clone(),
            other => panic!("{other:?}"),
        };
        let told = json!({ "said_by": { "role": "police" }, "account": "Nothing new" }).to_string();
        let told = record.inform(&may(Operation::Inform), &id, &since, told.as_bytes(), once("i"), now).unwrap();
        told.wait_here().unwrap();
        let transfers = Transfers::default();
        let file = record.export_transfer(&may(Operation::Decide), &transfers, &id, &decision, now).unwrap();
        let (text, _) = Transfer::opened(&file.text).unwrap();
        assert_eq!(Transfer::read(&text).unwrap().sent_under, Some(Duty::S17));
    }
}
