//! A referral as its entries tell it: what was said, what was indicated, what was decided, and where it stands.
//!
//! Where it stands is worked out from the entries alone; the row that lists it repeats what comes out here.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::body::{
    ActBody, BatchBody, DecisionBody, DisagreementBody, DisagreementStep, DisclosureBody, Evaluated, FileBody,
    InformationBody, Joined, LetterBody, ReferralBody, Retention,
};
use super::calibration::CalibrationBody;
use super::db::{Db, DbError, Row};
use super::disagreements::{DisagreementStands, owed};
use super::keys::Keys;
use super::leaf::{Kind, Leaf};
use super::log::Hash;
use super::quality::{ReviewBody, SampleBody};
use super::reports::ReportBody;
use super::rule_changes::{DelegateBody, RuleChangeBody};
use super::seal::ReferralKey;
use super::{Record, RecordError};
use crate::criteria::RuleSet;
use crate::decision::{Actor, Holder, Outcome, Shown, Wanted};
use crate::disagreement::Ruling;
use crate::json::Json;
use crate::ladder::Rank;
use crate::letters::Reader;
use crate::referral::Referral;
use crate::referral::received::Received;
use crate::referral::unfold::Information;

/// Where a referral stands; what is most pressing among its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Something came after a decision that asks for another: the answer rose, somebody who disagreed was right, or
    /// another referral was joined to it.
    Reopened,
    /// A person has yet to decide.
    Open,
    /// A second person has yet to confirm.
    AwaitingSecondPerson,
    /// The next holder has yet to accept.
    AwaitingAcceptance,
    /// The Emergency Duty Team has it until the hub opens, which then takes it back.
    WithDutyTeam,
    /// The next holder has it.
    Accepted,
    /// Nobody holds it any more.
    Closed,
}

impl Standing {
    const ALL: [Self; 7] = [
        Self::Reopened,
        Self::Open,
        Self::AwaitingSecondPerson,
        Self::AwaitingAcceptance,
        Self::WithDutyTeam,
        Self::Accepted,
        Self::Closed,
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reopened => "reopened",
            Self::Open => "open",
            Self::AwaitingSecondPerson => "awaiting_second_person",
            Self::AwaitingAcceptance => "awaiting_acceptance",
            Self::WithDutyTeam => "with_duty_team",
            Self::Accepted => "accepted",
            Self::Closed => "closed",
        }
    }

    /// The standing of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.word() == word)
    }
}

/// A referral in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Its spoken reference.
    pub reference: String,
    /// Who sent it.
    pub organisation: String,
    /// When it was received.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// When the type of response is to be decided.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub respond_by: Option<Timestamp>,
    /// How many pieces, decisions and the like it has.
    pub version: i64,
    /// Where it stands.
    pub standing: Standing,
    /// The highest of its children's lower bounds.
    pub at_least: Rank,
    /// The highest of its children's upper bounds.
    pub at_most: Rank,
    /// Who decided last, by id.
    pub decided_by: Option<String>,
    /// By when the referrer or the family is to be told of a decision.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub tell_by: Option<Timestamp>,
    /// By when somebody who disagrees is to be answered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub answer_by: Option<Timestamp>,
    /// Where a disagreement stands, if there is one.
    pub disagreement: Option<DisagreementStands>,
}

impl Listed {
    /// Reads a row of `list_referrals.sql` and its like.
    pub(super) fn read(mut row: Row) -> Result<Self, DbError> {
        let wrong = |what: &str| DbError::Refused(format!("a referral's {what} is damaged"));
        let rank = |number: i64| Rank::try_from(number).map_err(|_| wrong("level"));
        let time = |number: i64| Timestamp::from_millisecond(number).map_err(|_| wrong("time"));
        Ok(Self {
            id: row.text()?,
            reference: row.text()?,
            organisation: row.text()?,
            received_at: time(row.int()?)?,
            respond_by: row.maybe_int()?.map(time).transpose()?,
            version: row.int()?,
            standing: Standing::named(&row.text()?).ok_or_else(|| wrong("standing"))?,
            at_least: rank(row.int()?)?,
            at_most: rank(row.int()?)?,
            decided_by: row.maybe_text()?,
            tell_by: row.maybe_int()?.map(time).transpose()?,
            answer_by: row.maybe_int()?.map(time).transpose()?,
            disagreement: match row.maybe_text()? {
                Some(word) => Some(DisagreementStands::named(&word).ok_or_else(|| wrong("disagreement"))?),
                None => None,
            },
        })
    }
}

/// One entry about a referral, opened.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its place in the log.
    pub place: u64,
    /// Its hash.
    pub leaf_hash: Hash,
    /// What the log says.
    pub leaf: Leaf,
    /// What was said or decided.
    pub what: What,
}

/// What an entry holds.
#[derive(Debug, Clone)]
pub enum What {
    /// The referral.
    Referral(Arc<ReferralBody>),
    /// What became known later.
    Information(Arc<InformationBody>),
    /// A decision.
    Decision(Arc<DecisionBody>),
    /// A letter.
    Letter(Arc<LetterBody>),
    /// A step of a disagreement.
    Disagreement(Arc<DisagreementBody>),
    /// What was given to somebody who asked for it.
    Disclosure(Arc<DisclosureBody>),
    /// Anything else.
    Act(Arc<ActBody>),
    /// A file of notifications, and what it became.
    Batch(Arc<BatchBody>),
    /// The file as it came.
    File(Arc<FileBody>),
    /// A step of a rule change.
    RuleChange(Arc<RuleChangeBody>),
    /// Who agrees rule changes for a partner.
    Delegate(Arc<DelegateBody>),
    /// A monthly report that was issued.
    Report(Arc<ReportBody>),
    /// What happened in a calibration round.
    Calibration(Arc<CalibrationBody>),
    /// A month's children who are read for the quality audit.
    Sample(Arc<SampleBody>),
    /// What somebody who read one of them said.
    Review(Arc<ReviewBody>),
}

impl What {
    /// The body that is sealed.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let bytes = match self {
            Self::Referral(body) => serde_json::to_vec(&**body),
            Self::Information(body) => serde_json::to_vec(&**body),
            Self::Decision(body) => serde_json::to_vec(&**body),
            Self::Letter(body) => serde_json::to_vec(&**body),
            Self::Disagreement(body) => serde_json::to_vec(&**body),
            Self::Disclosure(body) => serde_json::to_vec(&**body),
            Self::Act(body) => serde_json::to_vec(&**body),
            Self::Batch(body) => serde_json::to_vec(&**body),
            Self::File(body) => serde_json::to_vec(&**body),
            Self::RuleChange(body) => serde_json::to_vec(&**body),
            Self::Delegate(body) => serde_json::to_vec(&**body),
            Self::Report(body) => serde_json::to_vec(&**body),
            Self::Calibration(body) => serde_json::to_vec(&**body),
            Self::Sample(body) => serde_json::to_vec(&**body),
            Self::Review(body) => serde_json::to_vec(&**body),
        };
        // Plain data with text keys: it always serialises.
        bytes.unwrap_or_default()
    }
}

impl Event {
    /// Opens an entry; the error says what is wrong with it.
    pub fn open(key: &ReferralKey, place: u64, text: &str, leaf_hash: Hash, sealed: &[u8]) -> Result<Self, String> {
        let leaf = Leaf::parse(text).ok_or("its text is not of the form of a leaf")?;
        let committed = leaf.committed().ok_or("it commits to no body")?;
        let body = key.open(&leaf.id, sealed, &committed).ok_or("its body is not the one that was sealed for it")?;
        let what = match leaf.kind {
            Kind::ReferralReceived => serde_json::from_slice(&body).map(|body| What::Referral(Arc::new(body))),
            Kind::InformationAdded | Kind::SameChild => {
                serde_json::from_slice(&body).map(|body| What::Information(Arc::new(body)))
            }
            Kind::Decided => serde_json::from_slice(&body).map(|body| What::Decision(Arc::new(body))),
            Kind::LetterSent | Kind::LetterWithheld => {
                serde_json::from_slice(&body).map(|body| What::Letter(Arc::new(body)))
            }
            Kind::Disagreed | Kind::DisagreementAnswered | Kind::DisagreementWentOn => {
                serde_json::from_slice(&body).map(|body| What::Disagreement(Arc::new(body)))
            }
            Kind::Disclosed => serde_json::from_slice(&body).map(|body| What::Disclosure(Arc::new(body))),
            Kind::BatchReceived => serde_json::from_slice(&body).map(|body| What::Batch(Arc::new(body))),
            Kind::RuleChange => serde_json::from_slice(&body).map(|body| What::RuleChange(Arc::new(body))),
            Kind::DelegateNamed | Kind::DelegateEnded => {
                serde_json::from_slice(&body).map(|body| What::Delegate(Arc::new(body)))
            }
            Kind::ReportIssued => serde_json::from_slice(&body).map(|body| What::Report(Arc::new(body))),
            Kind::Calibration => serde_json::from_slice(&body).map(|body| What::Calibration(Arc::new(body))),
            Kind::SampleDrawn => serde_json::from_slice(&body).map(|body| What::Sample(Arc::new(body))),
            Kind::CaseReviewed => serde_json::from_slice(&body).map(|body| What::Review(Arc::new(body))),
            Kind::FileKept => serde_json::from_slice(&body).map(|body| What::File(Arc::new(body))),
            _ => serde_json::from_slice(&body).map(|body| What::Act(Arc::new(body))),
        };
        Ok(Self { place, leaf_hash, what: what.map_err(|_| "its body is not of the form of its kind")?, leaf })
    }

    /// What it indicated, if it did.
    pub fn evaluated(&self) -> Option<&Evaluated> {
        match &self.what {
            What::Referral(body) => Some(&body.evaluated),
            What::Information(body) => Some(&body.evaluated),
            _ => None,
        }
    }

    /// What became known, if that is what it holds.
    fn information(&self) -> Option<&InformationBody> {
        if let What::Information(body) = &self.what { Some(body) } else { None }
    }

    /// Who acted.
    pub fn by(&self) -> &Actor {
        match &self.what {
            What::Referral(body) => &body.by,
            What::Information(body) => &body.by,
            What::Decision(body) => &body.by,
            What::Letter(body) => &body.by,
            What::Disagreement(body) => &body.by,
            What::Disclosure(body) => &body.by,
            What::Act(body) => &body.by,
            What::Batch(body) => &body.by,
            What::File(body) => &body.by,
            What::RuleChange(body) => &body.by,
            What::Delegate(body) => &body.by,
            What::Report(body) => &body.by,
            What::Calibration(body) => &body.by,
            What::Sample(body) => &body.by,
            What::Review(body) => &body.by,
        }
    }
}

/// A referral with everything about it.
#[derive(Debug)]
pub struct Case {
    /// As it is listed.
    pub listed: Listed,
    /// Its key.
    pub key: ReferralKey,
    /// Its entries, in order.
    pub events: Vec<Event>,
}

/// Where one child's decision stands.
#[derive(Debug, Clone)]
pub struct ChildStands {
    /// The bounds of the level.
    pub bounds: (Rank, Rank),
    /// The last decision, if any.
    pub decided: Option<Decided>,
    /// Whether something came after the decision that asks for another.
    pub reopened: bool,
    /// The bounds on which the last decision was made.
    pub decided_on: (Rank, Rank),
    /// The pieces that raised the answer since, by number.
    pub raised_by: Vec<usize>,
    /// The child of another referral that it was joined to.
    pub joined: Option<Joined>,
    /// What the joining owes to whoever referred.
    pub owes: Option<Owes>,
}

/// Who is still to be told what is decided with another referral.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owes {
    /// The joining's id: its entry's.
    pub id: String,
    /// Who, and by when.
    pub tell_by: BTreeMap<Reader, Timestamp>,
}

/// A decision and what followed it.
#[derive(Debug, Clone)]
pub struct Decided {
    /// Its id.
    pub id: String,
    /// Who decided.
    pub by: Actor,
    /// What.
    pub wanted: Wanted,
    /// Whether nothing is missing for it to stand.
    pub confirmed: bool,
    /// Whether the next holder has it.
    pub accepted: bool,
    /// Who is still to be told of it, and by when.
    pub tell_by: BTreeMap<Reader, Timestamp>,
    /// When it was decided.
    pub at: Timestamp,
    /// Who accepted it, and when.
    pub accepted_by: Option<(Actor, Timestamp)>,
}

impl Decided {
    /// Who has it next, once nothing is missing for the decision to stand.
    pub fn holder(&self) -> Option<&Holder> {
        self.wanted.next_holder.as_ref().filter(|_| self.confirmed)
    }
}

impl ChildStands {
    fn standing(&self) -> Standing {
        match &self.decided {
            _ if self.reopened => Standing::Reopened,
            // What was joined is decided with the other.
            None if self.joined.is_some() => Standing::Closed,
            None => Standing::Open,
            Some(decided) if !decided.confirmed => Standing::AwaitingSecondPerson,
            Some(decided) if decided.wanted.outcome.closes() => Standing::Closed,
            // The night is not the end: in the morning somebody decides.
            Some(decided) if decided.accepted && decided.wanted.outcome == Outcome::EmergencyDutyTeam => {
                Standing::WithDutyTeam
            }
            Some(decided) if decided.accepted => Standing::Accepted,
            Some(_) => Standing::AwaitingAcceptance,
        }
    }
}

impl Case {
    /// The referral as received.
    ///
    /// # Errors
    /// When its first entry is not a referral.
    pub fn first(&self) -> Result<&ReferralBody, RecordError> {
        match self.events.first().map(|event| &event.what) {
            Some(What::Referral(body)) => Ok(body),
            _ => Err(RecordError::Damaged(format!("the referral {} does not begin with one", self.listed.id))),
        }
    }

    /// What became known later, in order.
    pub fn pieces(&self) -> Vec<&InformationBody> {
        self.events.iter().filter_map(Event::information).collect()
    }

    /// Who recorded a piece; the referral itself is 1.
    pub fn recorded_by(&self, piece: i64) -> Option<&Actor> {
        let number = |event: &Event| match &event.what {
            What::Referral(_) => Some(1),
            What::Information(body) => i64::try_from(body.piece).ok(),
            _ => None,
        };
        self.events.iter().find(|event| number(event) == Some(piece)).map(Event::by)
    }

    /// The referral, and what became known later, as the engine reads them.
    ///
    /// # Errors
    /// When what was kept cannot be read again.
    pub fn said(&self) -> Result<(Received, Vec<Information>), RecordError> {
        let damaged = |_| RecordError::Damaged(format!("what was said in {} cannot be read again", self.listed.id));
        let first = self.first()?;
        let json = Json::read(first.request.get().as_bytes()).map_err(damaged)?;
        let mut received = Received::read(&json).map_err(damaged)?;
        received.referral.received_at = Some(first.received_at);
        let piece = |body: &&InformationBody| {
            Json::read(body.request.get().as_bytes()).and_then(|json| Information::read(&json)).map_err(damaged)
        };
        Ok((received, self.pieces().iter().map(piece).collect::<Result<_, _>>()?))
    }

    /// The referral as everything together tells it.
    ///
    /// # Errors
    /// When what was kept cannot be read again.
    pub fn unfolded(&self, rules: &RuleSet) -> Result<Referral, RecordError> {
        let (received, pieces) = self.said()?;
        Ok(received.referral.unfolded(&pieces, rules))
    }

    /// How long it is kept, as it was said last.
    pub fn retention(&self) -> Retention {
        let said = self.events.iter().rev().find_map(|event| match &event.what {
            What::Act(act) => act.retention.clone(),
            _ => None,
        });
        said.unwrap_or(Retention::UNSET)
    }

    /// What was indicated last.
    ///
    /// # Errors
    /// When nothing was.
    pub fn evaluated(&self) -> Result<&Evaluated, RecordError> {
        let last = self.events.iter().rev().find_map(Event::evaluated);
        last.ok_or_else(|| RecordError::Damaged(format!("the referral {} was never evaluated", self.listed.id)))
    }

    /// How it must be listed, from its entries alone.
    ///
    /// # Errors
    /// When an evaluation cannot be read again.
    pub fn told(&self) -> Result<Listed, RecordError> {
        let first = self.first()?;
        let damaged = |_| RecordError::Damaged(format!("an evaluation of {} cannot be read again", self.listed.id));
        let organisation = self.events.first().and_then(|event| event.leaf.organisation.clone()).unwrap_or_default();
        let mut respond_by = self.respond_no_later_than();
        for child in &self.evaluated()?.children {
            let shown: Shown = serde_json::from_str(child.evaluation.get()).map_err(damaged)?;
            respond_by = shown.respond_by().into_iter().chain(respond_by).min();
        }
        let bounds = self.children().iter().map(|child| child.bounds).collect::<Vec<_>>();
        let owed = owed(&self.events, None);
        let changes = |event: &&Event| {
            !matches!(event.leaf.kind, Kind::Viewed | Kind::LookedUp | Kind::Exported | Kind::CaseReviewed)
        };
        let decided = self.events.iter().rev().find(|event| event.leaf.kind == Kind::Decided);
        Ok(Listed {
            id: first.referral.clone(),
            reference: first.reference.clone(),
            organisation,
            received_at: Timestamp::from_millisecond(first.received_at.as_millisecond()).unwrap_or(first.received_at),
            respond_by,
            version: self.events.iter().filter(changes).count() as i64,
            standing: self.standing(),
            at_least: bounds.iter().map(|(least, _)| *least).max().unwrap_or(1),
            at_most: bounds.iter().map(|(_, most)| *most).max().unwrap_or(1),
            decided_by: decided.map(|event| event.by().id.clone()),
            tell_by: owed.tell_by,
            answer_by: owed.answer_by,
            disagreement: owed.disagreement,
        })
    }

    /// By when the response is decided at the latest, whatever is indicated now: joining two referrals moves no clock back.
    pub(super) fn respond_no_later_than(&self) -> Option<Timestamp> {
        let joined = self.events.iter().filter_map(Event::information).filter_map(|body| body.joined.as_ref());
        joined.filter_map(|joined| joined.respond_by).min()
    }

    /// Where each child stands.
    pub fn children(&self) -> Vec<ChildStands> {
        stand(&self.events)
    }

    /// Where the referral stands.
    pub fn standing(&self) -> Standing {
        standing(&self.events)
    }
}

/// Where each child stands, from the entries alone.
pub fn stand(events: &[Event]) -> Vec<ChildStands> {
    let mut children: Vec<ChildStands> = Vec::new();
    // Which child each decision was about, the ones before the last too.
    let mut of_decision: BTreeMap<&str, usize> = BTreeMap::new();
    for event in events {
        match &event.what {
            What::Referral(_) => {
                let fresh = |bounds: &(Rank, Rank)| ChildStands {
                    bounds: *bounds,
                    decided: None,
                    reopened: false,
                    decided_on: *bounds,
                    raised_by: Vec::new(),
                    joined: None,
                    owes: None,
                };
                children = event.leaf.indicated.iter().map(fresh).collect();
            }
            What::Information(body) => {
                let joins = body.joined.as_ref().map(|joined| joined.child);
                for (place, (child, bounds)) in children.iter_mut().zip(&event.leaf.indicated).enumerate() {
                    // What another referral says is decided about here, and was not before; also where nothing rises.
                    child.reopened |= joins == Some(place) && child.decided.is_some();
                    let rises = bounds.0 > child.bounds.0 || bounds.1 > child.bounds.1;
                    if rises && (child.decided.is_some() || child.joined.is_some()) {
                        child.reopened = true;
                        child.raised_by.push(body.piece);
                    }
                    child.bounds = *bounds;
                }
            }
            What::Decision(body) => {
                let Some(place) = event.leaf.decided.as_ref().map(|decided| decided.child) else { continue };
                let Some(child) = children.get_mut(place) else { continue };
                of_decision.insert(&body.decision, place);
                let (id, by, wanted) = (body.decision.clone(), body.by.clone(), body.decided.clone());
                let confirmed = wanted.second_person.is_none();
                let (at, tell_by) = (event.leaf.at, body.tell_by.clone());
                child.decided =
                    Some(Decided { id, by, wanted, confirmed, accepted: false, tell_by, at, accepted_by: None });
                (child.reopened, child.owes) = (false, None);
                child.decided_on = child.bounds;
                child.raised_by.clear();
            }
            What::Letter(body) => {
                let of_decisions = children
                    .iter_mut()
                    .filter_map(|child| child.decided.as_mut())
                    .map(|decided| (&decided.id, &mut decided.tell_by));
                for (_, tell_by) in of_decisions.filter(|(id, _)| body.told.decisions.contains(id)) {
                    tell_by.remove(&body.told.to);
                }
                let of_joinings = children.iter_mut().filter_map(|child| child.owes.as_mut());
                for owes in of_joinings.filter(|owes| body.told.decisions.contains(&owes.id)) {
                    owes.tell_by.remove(&body.told.to);
                }
            }
            What::Disagreement(body) => {
                let is_upheld =
                    matches!(&body.step, DisagreementStep::Answered(answers) if answers.ruling != Ruling::NotUpheld);
                let child = of_decision.get(body.decision.as_str()).and_then(|child| children.get_mut(*child));
                // Whoever was right asks for another decision, and makes none; also where somebody decided again before
                // they were answered.
                if let Some(child) = child.filter(|child| is_upheld && child.decided.is_some()) {
                    child.reopened = true;
                }
            }
            What::Disclosure(_) => {}
            What::Act(body) => {
                if let Some(joined) = &body.joined
                    && let Some(child) = children.get_mut(joined.child)
                {
                    (child.decided, child.reopened, child.joined) = (None, false, Some(joined.clone()));
                    child.owes = Some(Owes { id: event.leaf.id.clone(), tell_by: body.tell_by.clone() })
                        .filter(|owes| !owes.tell_by.is_empty());
                }
                let about = |child: &&mut ChildStands| {
                    child.decided.as_ref().is_some_and(|decided| Some(&decided.id) == body.decision.as_ref())
                };
                if let Some(decided) = children.iter_mut().find(about).and_then(|child| child.decided.as_mut()) {
                    decided.confirmed |= event.leaf.kind == Kind::DecisionConfirmed;
                    if event.leaf.kind == Kind::DecisionAccepted {
                        decided.accepted = true;
                        decided.accepted_by = Some((body.by.clone(), event.leaf.at));
                    }
                }
            }
            What::Batch(_)
            | What::File(_)
            | What::RuleChange(_)
            | What::Delegate(_)
            | What::Report(_)
            | What::Calibration(_)
            | What::Sample(_)
            | What::Review(_) => {}
        }
    }
    children
}

/// Where the whole stands: what is most pressing among the children.
pub fn standing(events: &[Event]) -> Standing {
    stand(events).iter().map(ChildStands::standing).min().unwrap_or(Standing::Open)
}

impl Record {
    /// A referral by its id or its spoken reference.
    ///
    /// # Errors
    /// When there is none, or what was kept of it cannot be opened.
    pub fn case(&self, id: &str) -> Result<Case, RecordError> {
        self.store.read_at_once(|db| self.read_case(db, id))
    }

    pub(super) fn read_case(&self, db: &mut Db, id: &str) -> Result<Case, RecordError> {
        let case = read_case(db, &self.keys, id)?;
        if self.was_erased(&case.listed.id) { Err(RecordError::NotFound) } else { Ok(case) }
    }
}

/// A referral as a database keeps it.
pub(super) fn read_case(db: &mut Db, keys: &Keys, id: &str) -> Result<Case, RecordError> {
    let reference = super::reference::heard(id);
    let values = [id.into(), reference.as_deref().unwrap_or_default().into()];
    let row = db.find(include_str!("sql/find_referral.sql"), &values)?.ok_or(RecordError::NotFound)?;
    let listed = Listed::read(row)?;
    let damaged = |what: String| RecordError::Damaged(format!("the referral {}: {what}", listed.id));
    let sealed = db.find(include_str!("sql/find_referral_key.sql"), &[listed.id.as_str().into()])?;
    let sealed = sealed.ok_or_else(|| damaged("its key is missing".into()))?.bytes()?;
    let key = keys.open(&listed.id, &sealed).ok_or_else(|| damaged("its key does not open".into()))?;
    let mut events = Vec::new();
    for mut row in db.query(include_str!("sql/list_entries_of_referral.sql"), &[listed.id.as_str().into()])? {
        let place = u64::try_from(row.int()?).map_err(|_| damaged("an entry has no place".into()))?;
        let (leaf, hash, body) = (row.text()?, row.hash()?, row.bytes()?);
        let event = Event::open(&key, place, &leaf, hash, &body);
        events.push(event.map_err(|what| damaged(format!("entry {place}: {what}")))?);
    }
    Ok(Case { listed, key, events })
}
