//! Who may do what: one table of role, operation and relation, from which the checks, the documents and the tests read.
//!
//! What stands in no row is not allowed. A `Permit` is made here alone, and the record takes no request without one, so
//! that no handler can forget to ask.

pub mod address;
pub mod break_glass;
pub mod quota;
pub mod tokens;
pub mod tries;

use serde::Serialize;

use crate::decision::{Actor, Role};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Evaluate facts; nothing is recorded.
    Evaluate,
    /// Record a referral.
    Refer,
    /// Take a call, and type what the caller says.
    TakeCall,
    /// Add what became known.
    Inform,
    /// Read what was said, indicated and decided.
    Read,
    /// List referrals by where they stand.
    List,
    /// Decide about a child, or confirm a decision.
    Decide,
    /// Accept what was handed over.
    Accept,
    /// Look up earlier referrals of the same child, and join two that are of one incident.
    LookUp,
    /// Tell the referrer and the family.
    Tell,
    /// Disagree with a decision, for oneself or for somebody who says so.
    Disagree,
    /// Give somebody what is recorded about a child.
    Disclose,
    /// See the board's figures, and which criteria decisions were disagreed about: numbers alone.
    Review,
    /// Issue the board's figures of a month.
    IssueFigures,
    /// Read what came of calibration rounds that are over, and which are open.
    ReadRounds,
    /// Draw the children of a month's quality audit.
    DrawSample,
    /// Read how far a month's quality audit is, and what it says: numbers alone.
    ReadAudits,
    /// Read a child's referral for the quality audit, and say what there is to learn.
    ReviewCase,
    /// Open a calibration round, and close it.
    Calibrate,
    /// Rate the invented children of a calibration round.
    Rate,
    /// Receive a file of notifications, and see what became of it.
    ReceiveBatch,
    /// Deal with a row that could not be mapped.
    DealWithRow,
    /// Read the logs' entries: commitments and codes.
    Audit,
    /// Read checkpoints, hashes and proofs.
    Prove,
    /// Take transfers from other authorities, and deal with those that could not be taken.
    Transfer,
    /// Set retention, lay and lift holds, erase.
    Retain,
    /// Read proposed rules, and what was said of them.
    FollowRules,
    /// Write rules and propose them.
    ProposeRules,
    /// Agree or refuse proposed rules for a partner, whose delegate one must be.
    AgreeRules,
    /// Name a partner's delegates.
    NameDelegates,
}

impl Operation {
    /// What is done, and what is seen by it, as one says it.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Evaluate => "evaluate facts that name nobody",
            Self::Refer => "record a referral",
            Self::TakeCall => "take a call",
            Self::Inform => "add what became known",
            Self::Read => "read what was said, indicated and decided about a child",
            Self::List => "list referrals by where they stand",
            Self::Decide => "decide about a child, at the levels that the framework gives the role",
            Self::Accept => "accept what was handed over, and read what was chosen for it",
            Self::LookUp => "look up earlier referrals of the same child, and join two of one incident",
            Self::Tell => "tell the referrer and the family",
            Self::Disagree => "disagree with a decision, or answer a disagreement",
            Self::Disclose => "give somebody what is recorded about a child",
            Self::Review => "see the board’s figures, and which criteria people disagreed about: numbers alone",
            Self::IssueFigures => "issue the board’s figures of a month",
            Self::ReadRounds => "read what came of calibration rounds: invented children, and nobody’s name",
            Self::Calibrate => "open and close a calibration round",
            Self::Rate => "rate the invented children of a calibration round",
            Self::DrawSample => "draw the children of a month’s quality audit",
            Self::ReadAudits => "see how far a month’s quality audit is, and what it says: numbers alone",
            Self::ReviewCase => {
                "read a child who was drawn for the quality audit, without the name, and say what there is to learn"
            }
            Self::ReceiveBatch => "receive a file of notifications",
            Self::DealWithRow => "read and deal with a row of such a file that could not be understood",
            Self::Audit => "read the logs’ entries: commitments and codes, no fact about a child",
            Self::Prove => "read checkpoints, hashes and proofs",
            Self::Transfer => "take transfers from other authorities, and read them",
            Self::Retain => "say how long a referral is kept, hold it, erase it",
            Self::FollowRules => "read proposed rules, and what was said of them",
            Self::ProposeRules => "write rules and propose them",
            Self::AgreeRules => "agree or refuse proposed rules for a partner",
            Self::NameDelegates => "name a partner’s delegates",
        }
    }
}

/// Whose referrals it may be done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Those of the actor's own organisation.
    Own,
    /// Anybody's.
    Any,
}

/// The table.
pub const TABLE: &[(Role, Operation, Relation)] = {
    use Operation::{
        Accept, AgreeRules, Audit, Calibrate, DealWithRow, Decide, Disagree, Disclose, DrawSample, Evaluate,
        FollowRules, Inform, IssueFigures, List, LookUp, NameDelegates, ProposeRules, Prove, Rate, Read, ReadAudits,
        ReadRounds, ReceiveBatch, Refer, Retain, Review, ReviewCase, TakeCall, Tell, Transfer,
    };
    use Relation::{Any, Own};
    use Role::{
        Approver, Auditor, CallTaker, InformationGovernance, Operator, PartnerSystem, Practitioner, RuleAuthor,
        SocialWorkManager, SocialWorker, TriageWorker,
    };
    &[
        (PartnerSystem, Evaluate, Any),
        (PartnerSystem, Refer, Own),
        (PartnerSystem, ReceiveBatch, Own),
        (PartnerSystem, Inform, Own),
        (PartnerSystem, Read, Own),
        (PartnerSystem, List, Own),
        (PartnerSystem, Disagree, Own),
        (PartnerSystem, Accept, Own),
        (PartnerSystem, Transfer, Own),
        (PartnerSystem, Prove, Any),
        (Practitioner, Evaluate, Any),
        (Practitioner, Refer, Own),
        (Practitioner, Inform, Own),
        (Practitioner, Read, Own),
        (Practitioner, List, Own),
        (Practitioner, Accept, Own),
        (Practitioner, Disagree, Own),
        (Practitioner, ReadRounds, Any),
        (Practitioner, Rate, Any),
        (Practitioner, Prove, Any),
        (CallTaker, Evaluate, Any),
        (CallTaker, Refer, Any),
        (CallTaker, TakeCall, Any),
        (CallTaker, ReceiveBatch, Any),
        (CallTaker, DealWithRow, Any),
        (CallTaker, Inform, Any),
        (CallTaker, Read, Any),
        (CallTaker, List, Any),
        (CallTaker, Decide, Any),
        (CallTaker, Disagree, Any),
        (CallTaker, Transfer, Any),
        (CallTaker, ReadRounds, Any),
        (CallTaker, Rate, Any),
        (CallTaker, Prove, Any),
        (TriageWorker, Evaluate, Any),
        (TriageWorker, Refer, Any),
        (TriageWorker, TakeCall, Any),
        (TriageWorker, ReceiveBatch, Any),
        (TriageWorker, DealWithRow, Any),
        (TriageWorker, Inform, Any),
        (TriageWorker, Read, Any),
        (TriageWorker, List, Any),
        (TriageWorker, Decide, Any),
        (TriageWorker, Accept, Any),
        (TriageWorker, LookUp, Any),
        (TriageWorker, Tell, Any),
        (TriageWorker, Disagree, Any),
        (TriageWorker, Transfer, Any),
        (TriageWorker, ReadRounds, Any),
        (TriageWorker, Rate, Any),
        (TriageWorker, Prove, Any),
        (SocialWorker, Evaluate, Any),
        (SocialWorker, Refer, Any),
        (SocialWorker, TakeCall, Any),
        (SocialWorker, ReceiveBatch, Any),
        (SocialWorker, DealWithRow, Any),
        (SocialWorker, Inform, Any),
        (SocialWorker, Read, Any),
        (SocialWorker, List, Any),
        (SocialWorker, Decide, Any),
        (SocialWorker, Accept, Any),
        (SocialWorker, LookUp, Any),
        (SocialWorker, Tell, Any),
        (SocialWorker, Disagree, Any),
        (SocialWorker, Transfer, Any),
        (SocialWorker, ReadRounds, Any),
        (SocialWorker, Rate, Any),
        (SocialWorker, ReadAudits, Any),
        (SocialWorker, ReviewCase, Any),
        (SocialWorker, Prove, Any),
        (SocialWorkManager, Evaluate, Any),
        (SocialWorkManager, Refer, Any),
        (SocialWorkManager, TakeCall, Any),
        (SocialWorkManager, ReceiveBatch, Any),
        (SocialWorkManager, DealWithRow, Any),
        (SocialWorkManager, Inform, Any),
        (SocialWorkManager, Read, Any),
        (SocialWorkManager, List, Any),
        (SocialWorkManager, Decide, Any),
        (SocialWorkManager, Accept, Any),
        (SocialWorkManager, LookUp, Any),
        (SocialWorkManager, Tell, Any),
        (SocialWorkManager, Disagree, Any),
        (SocialWorkManager, Disclose, Any),
        (SocialWorkManager, Review, Any),
        (SocialWorkManager, Audit, Any),
        (SocialWorkManager, Transfer, Any),
        (SocialWorkManager, FollowRules, Any),
        (SocialWorkManager, ReadRounds, Any),
        (SocialWorkManager, Rate, Any),
        (SocialWorkManager, ReadAudits, Any),
        (SocialWorkManager, ReviewCase, Any),
        (SocialWorkManager, Prove, Any),
        (RuleAuthor, Evaluate, Any),
        (RuleAuthor, Review, Any),
        (RuleAuthor, ReadAudits, Any),
        (RuleAuthor, ReadRounds, Any),
        (RuleAuthor, FollowRules, Any),
        (RuleAuthor, ProposeRules, Any),
        (RuleAuthor, Audit, Any),
        (RuleAuthor, Prove, Any),
        (Approver, Evaluate, Any),
        (Approver, Review, Any),
        (Approver, ReadAudits, Any),
        (Approver, ReadRounds, Any),
        (Approver, Audit, Any),
        (Approver, FollowRules, Any),
        (Approver, AgreeRules, Any),
        (Approver, Prove, Any),
        (Auditor, Evaluate, Any),
        (Auditor, Review, Any),
        (Auditor, IssueFigures, Any),
        (Auditor, ReadRounds, Any),
        (Auditor, Calibrate, Any),
        (Auditor, DrawSample, Any),
        (Auditor, ReadAudits, Any),
        (Auditor, Audit, Any),
        (Auditor, FollowRules, Any),
        (Auditor, Prove, Any),
        (InformationGovernance, List, Any),
        (InformationGovernance, Audit, Any),
        (InformationGovernance, Prove, Any),
        (InformationGovernance, Retain, Any),
        (Operator, Audit, Any),
        (Operator, FollowRules, Any),
        (Operator, NameDelegates, Any),
        (Operator, Prove, Any),
    ]
};

/// That somebody may do something.
// INVARIANT: made by `permit`, so there is a row of the table for it.
#[derive(Debug, Clone)]
pub struct Permit {
    actor: Actor,
    operation: Operation,
    relation: Relation,
}

/// Whether somebody may do something, and to whose referrals.
pub fn permit(actor: Actor, operation: Operation) -> Option<Permit> {
    let row = TABLE.iter().find(|(role, listed, _)| *role == actor.role && *listed == operation);
    row.map(|(_, _, relation)| Permit { actor, operation, relation: *relation })
}

impl Permit {
    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What is done.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Whether it reaches an organisation's referrals; what it does not reach is not there.
    pub fn reaches(&self, organisation: &str) -> bool {
        self.relation == Relation::Any || self.actor.organisation == organisation
    }

    /// The one organisation that it reaches, when it does not reach all.
    pub fn only(&self) -> Option<&str> {
        (self.relation == Relation::Own).then_some(self.actor.organisation.as_str())
    }
}

/// A partner's system, or one of the partnership's own: not a person, so it decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Client {
    /// What it is called.
    pub id: String,
    /// In which role it acts.
    pub role: Role,
    /// The organisations that it may act for: one at a time.
    pub organisations: Vec<String>,
}

/// Why it is not told for whom a client acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotActing {
    /// It may act for several, and does not say for which.
    ForWhich,
    /// It may not act for the one that it says.
    ForAnother,
}

impl Client {
    /// The roles that a system may have.
    pub const ROLES: [Role; 4] = [Role::PartnerSystem, Role::RuleAuthor, Role::Auditor, Role::Operator];

    /// Who acts when it calls for an organisation; of the only one, nothing need be said.
    ///
    /// # Errors
    /// When it does not say for which of several, or may not act for the one that it says.
    pub fn acting_for(&self, organisation: Option<&str>) -> Result<Actor, NotActing> {
        let known = |wanted: &str| self.organisations.iter().find(|one| *one == wanted);
        let organisation = match (organisation, self.organisations.as_slice()) {
            (Some(wanted), _) => known(wanted).ok_or(NotActing::ForAnother)?,
            (None, [only]) => only,
            (None, _) => return Err(NotActing::ForWhich),
        };
        let (id, name) = (format!("client:{}", self.id), self.id.clone());
        Ok(Actor { id, name, role: self.role, organisation: organisation.clone() })
    }
}

/// An invented person of the demonstration: id, name, role, organisation.
type Invented = (&'static str, &'static str, Role, &'static str);

/// The people of the demonstration, which answers on this machine alone: `Authorization: Bearer demonstration-<id>`.
pub const DEMONSTRATION: &[Invented] = &[
    ("school-system", "A school's system", Role::PartnerSystem, "school:example-primary"),
    ("teacher", "A safeguarding lead at a school", Role::Practitioner, "school:example-primary"),
    ("police-system", "A police force's system", Role::PartnerSystem, "police:example"),
    ("call-taker", "A call taker at the hub", Role::CallTaker, "council:example"),
    ("triage-worker", "A triage worker at the hub", Role::TriageWorker, "council:example"),
    ("social-worker", "A social worker at the hub", Role::SocialWorker, "council:example"),
    ("manager", "A manager at the hub", Role::SocialWorkManager, "council:example"),
    ("rule-author", "An author of rules", Role::RuleAuthor, "council:example"),
    ("approver", "A delegate of the police", Role::Approver, "police:example"),
    ("council-approver", "A delegate of the council", Role::Approver, "council:example"),
    ("health-approver", "A delegate of the health service", Role::Approver, "icb:example"),
    ("auditor", "An auditor of the board", Role::Auditor, "board:example"),
    ("information-governance", "An information governance officer", Role::InformationGovernance, "council:example"),
    ("operator", "An operator", Role::Operator, "council:example"),
];

/// Somebody of the demonstration.
pub fn demonstration(id: &str) -> Option<Actor> {
    let (id, name, role, organisation) = DEMONSTRATION.iter().find(|(known, ..)| *known == id)?;
    Some(Actor { id: (*id).into(), name: (*name).into(), role: *role, organisation: (*organisation).into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_stands_twice_and_every_role_has_one() {
        for (index, (role, operation, _)) in TABLE.iter().enumerate() {
            let again = TABLE[..index].iter().any(|(other, listed, _)| other == role && listed == operation);
            assert!(!again, "{role:?} {operation:?}");
        }
        for role in Role::ALL {
            assert!(TABLE.iter().any(|(listed, ..)| *listed == role), "{role:?}");
            assert!(DEMONSTRATION.iter().any(|(_, _, listed, _)| *listed == role), "{role:?}");
        }
    }

    #[test]
    fn who_reads_no_bodies_reads_none() {
        for role in [Role::Auditor, Role::Operator, Role::InformationGovernance, Role::Approver, Role::RuleAuthor] {
            let reads = TABLE.iter().any(|(listed, operation, _)| *listed == role && *operation == Operation::Read);
            assert!(!reads, "{role:?}");
        }
    }
}
