//! Rule changes as the log of rules tells them: who proposed what, who agrees, what is in force when; and who may agree
//! for a partner.
//!
//! Where a change stands is reckoned from its entries alone. An entry that may not be, however it came there, changes
//! nothing, and is told as damage.

mod enter;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::calibration::RoundTold;
use super::case::{Event, What};
use super::db::{Db, DbError};
use super::keys::Keys;
use super::leaf::{ChangeLeaf, Kind, Leaf};
use super::quality::SampleTold;
use super::reports::{Issued, ReportBody};
use super::seal::ReferralKey;
use super::store::{head, number};
use super::{Log, Record, RecordError};
use crate::criteria::RuleSet;
use crate::decision::Actor;
use crate::rule_change::{Evidence, NotTaken, Partners, Reign, RuleChange, Step, Taken, Terms, end_of, reigns};

pub use enter::{MAX_WORDS, ProposalWanted};

/// The subject under whose key entries about delegates are sealed.
const DELEGATES: &str = "delegates";

/// Of a step of a rule change, or of what was said about it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RuleChangeBody {
    /// Who did it.
    pub by: Actor,
    /// The change.
    pub change: String,
    /// What happened.
    pub what: Happened,
}

/// What happened to a rule change.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// It was proposed, or other rules in its place.
    Proposed(Box<Proposed>),
    /// Any other step.
    Step(Step),
    /// Somebody asked or remarked something; it changes nothing.
    Commented {
        /// What.
        says: String,
    },
}

/// Rules that are proposed, with what was known of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Proposed {
    /// What it changes, in short.
    pub title: String,
    /// The step.
    pub step: Step,
    /// What was worked out of the rules before.
    pub evidence: Arc<Evidence>,
}

impl Happened {
    fn step(&self) -> Option<&Step> {
        match self {
            Self::Proposed(proposed) => Some(&proposed.step),
            Self::Step(step) => Some(step),
            Self::Commented { .. } => None,
        }
    }
}

/// Of a delegate who was named, or is one no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegateBody {
    /// Who entered it.
    pub by: Actor,
    /// The delegate.
    pub delegate: Delegate,
}

/// Somebody who agrees rule changes for a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegate {
    /// The person, by the identity that signs in.
    pub person: String,
    /// Their name.
    pub name: String,
    /// The partner.
    pub partner: String,
    /// Where they are reminded of what waits for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// A rule change with everything that was done and said.
#[derive(Debug, Clone)]
pub struct ChangeTold {
    /// Its id.
    pub id: String,
    /// What it changes, in short.
    pub title: String,
    /// What was done, in order.
    pub events: Vec<ChangeEvent>,
    /// Where it stands.
    pub state: RuleChange,
    /// The partners who are asked, as the rules say that it takes the place of.
    pub partners: Partners,
    /// What was known of the rules when they were proposed last.
    pub evidence: Arc<Evidence>,
    /// The place of the entry that made it agreed.
    pub agreed: Option<u64>,
}

/// One thing that was done or said.
#[derive(Debug, Clone)]
pub struct ChangeEvent {
    /// Its place in the log of rules.
    pub place: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// What.
    pub what: Happened,
}

/// What the log of rules tells.
#[derive(Debug, Clone, Default)]
pub struct RulesTold {
    /// How many entries were heard.
    size: u64,
    /// Every rule change, in the order proposed.
    pub changes: Vec<ChangeTold>,
    /// Who agrees for whom now.
    pub delegates: Vec<Delegate>,
    /// The monthly reports that were issued, in order.
    pub reports: Vec<Issued>,
    /// The calibration rounds, in the order opened.
    pub rounds: Vec<Arc<RoundTold>>,
    /// The months' children who are read for the quality audit, in order.
    pub samples: Vec<SampleTold>,
    /// Entries that may not be: their places, and why.
    pub wrong: Vec<(u64, String)>,
}

/// Where rule sets are looked up by their digest.
type RuleSets<'a> = dyn FnMut(&str) -> Result<Option<Arc<RuleSet>>, RecordError> + 'a;

/// The last that was read of the log of rules.
#[derive(Debug, Default)]
pub(super) struct LastTold(Mutex<Arc<RulesTold>>);

impl RulesTold {
    /// A change.
    ///
    /// # Errors
    /// When there is none of that id.
    pub fn change(&self, id: &str) -> Result<&ChangeTold, RecordError> {
        self.changes.iter().find(|change| change.id == id).ok_or(RecordError::NotFound)
    }

    /// Every version of a month's report.
    pub fn reports_of(&self, month: &str) -> impl Iterator<Item = &Issued> {
        self.reports.iter().filter(move |issued| issued.body.month == month)
    }

    /// How many entries were heard.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// For which partners somebody agrees.
    pub fn partners_of(&self, person: &str) -> Vec<&str> {
        let theirs = self.delegates.iter().filter(|one| one.person == person);
        theirs.map(|one| one.partner.as_str()).collect()
    }

    /// Which rules are in force from when on, once a rule change was ever agreed; until then the folder says.
    pub fn reigns(&self) -> Option<Vec<Reign>> {
        let agreed = self.changes.iter().filter_map(|change| Some((change.agreed?, change)));
        // What was in force when it was agreed: it is agreed only where it was compared with that.
        let (_, first) = agreed.min_by_key(|(place, _)| *place)?;
        let changes: Vec<RuleChange> = self.changes.iter().map(|change| change.state.clone()).collect();
        Some(reigns(&first.state.proposal.instead_of, Timestamp::MIN, &changes))
    }

    /// The rules in force at a moment, as far as is known now.
    pub fn in_force_at(&self, at: Timestamp) -> Option<String> {
        let reigns = self.reigns()?;
        reigns.into_iter().rev().find(|reign| reign.from <= at).map(|reign| reign.digest)
    }

    /// Hears one entry. What may not be is remembered as wrong, and changes nothing.
    fn hear(&mut self, event: Event, rules: &mut RuleSets<'_>) -> Result<(), RecordError> {
        let place = event.place;
        let taken = match event.what {
            What::RuleChange(body) => self.happen(&event.leaf, place, &body, rules)?,
            What::Delegate(body) => self.delegate(event.leaf.kind, &body.delegate),
            What::Report(body) => self.issued(&event.leaf, place, &body),
            What::Calibration(body) => self.calibrate(&event.leaf, &body),
            What::Sample(body) => self.sampled(&event.leaf, &body),
            _ => Ok(()),
        };
        if let Err(why) = taken {
            self.wrong.push((place, why));
        }
        Ok(())
    }

    fn issued(&mut self, leaf: &Leaf, place: u64, body: &Arc<ReportBody>) -> Result<(), String> {
        let issued = Issued { place, at: leaf.at, body: Arc::clone(body) };
        if leaf.detail.as_ref() != Some(&issued.detail()) {
            return Err("the log says of another report than was issued".into());
        }
        let before = self.reports_of(&body.month).count();
        if body.version != before + 1 {
            return Err(format!("the report of {} was issued {before} times before", body.month));
        }
        self.reports.push(issued);
        Ok(())
    }

    fn delegate(&mut self, kind: Kind, delegate: &Delegate) -> Result<(), String> {
        let is_it = |one: &Delegate| one.person == delegate.person && one.partner == delegate.partner;
        let known = self.delegates.iter().position(is_it);
        match (kind, known) {
            (Kind::DelegateNamed, None) => self.delegates.push(delegate.clone()),
            (Kind::DelegateNamed, Some(_)) => return Err("they are a delegate of this partner already".into()),
            (_, Some(place)) => drop(self.delegates.remove(place)),
            (_, None) => return Err("they are no delegate of this partner".into()),
        }
        Ok(())
    }

    fn happen(
        &mut self,
        leaf: &Leaf,
        place: u64,
        body: &RuleChangeBody,
        rules: &mut RuleSets<'_>,
    ) -> Result<Result<(), String>, RecordError> {
        if leaf.change.as_ref() != Some(&ChangeLeaf::of(body)) {
            return Ok(Err("what it says of a rule change is not what its body says".into()));
        }
        if let Err(why) = self.is_for(body) {
            return Ok(Err(why.to_string()));
        }
        let known = self.changes.iter().position(|change| change.id == body.change);
        let event = ChangeEvent { place, at: leaf.at, by: body.by.clone(), what: body.what.clone() };
        let Some(step) = body.what.step() else {
            return Ok(match known {
                Some(known) => {
                    self.changes[known].events.push(event);
                    Ok(())
                }
                None => Err("it is said of a rule change that was never proposed".into()),
            });
        };
        // Who agrees is what the rules say that are in force until then.
        let instead_of = match (step, known) {
            (Step::Proposed(proposal) | Step::Edited(proposal), _) => proposal.instead_of.clone(),
            (_, Some(known)) => self.changes[known].state.proposal.instead_of.clone(),
            (_, None) => return Ok(Err(NotTaken::NotProposed.to_string())),
        };
        let Some(before) = rules(&instead_of)? else {
            return Ok(Err(format!("the rules {instead_of} that it was compared with are not kept here")));
        };
        let partners = Partners::of(before.framework());
        let terms = Terms::of(&before, &partners);
        let taken = Taken { step: step.clone(), by: body.by.id.clone(), at: leaf.at };
        let state = match known {
            Some(known) => {
                let mut state = self.changes[known].state.clone();
                state.take(terms, &taken).map(|()| state)
            }
            None => RuleChange::of(terms, &[taken]),
        };
        let state = match state {
            Ok(state) => state,
            Err(why) => return Ok(Err(why.to_string())),
        };
        let agreed = state.in_force.map(|_| place);
        match (known, &body.what) {
            (Some(known), what) => {
                let change = &mut self.changes[known];
                (change.state, change.partners) = (state, partners);
                change.agreed = change.agreed.or(agreed);
                change.events.push(event);
                if let Happened::Proposed(proposed) = what {
                    change.title.clone_from(&proposed.title);
                    change.evidence = Arc::clone(&proposed.evidence);
                }
            }
            (None, Happened::Proposed(proposed)) => self.changes.push(ChangeTold {
                id: body.change.clone(),
                title: proposed.title.clone(),
                events: vec![event],
                state,
                partners,
                evidence: Arc::clone(&proposed.evidence),
                agreed,
            }),
            (None, _) => return Ok(Err(NotTaken::NotProposed.to_string())),
        }
        Ok(Ok(()))
    }

    /// Whether whoever did it speaks for the partner that it names.
    fn is_for(&self, body: &RuleChangeBody) -> Result<(), NotADelegate> {
        let Some(
            Step::Approved { partner, minute: None, .. }
            | Step::Confirmed { partner }
            | Step::Refused { partner, .. }
            | Step::Undone { partner, .. },
        ) = body.what.step()
        else {
            return Ok(());
        };
        if self.partners_of(&body.by.id).contains(&partner.as_str()) {
            Ok(())
        } else {
            Err(NotADelegate(partner.clone()))
        }
    }
}

/// Somebody who speaks for a partner and is no delegate of it.
#[derive(Debug, thiserror::Error)]
#[error("whoever did it is no delegate of `{0}`")]
struct NotADelegate(String);

impl ChangeLeaf {
    /// What the log says of what happened: the change, which step, and whose; never why.
    fn of(body: &RuleChangeBody) -> Self {
        let (step, partner, digest) = match &body.what {
            Happened::Commented { .. } => ("commented", None, None),
            Happened::Proposed(proposed) => Self::step(&proposed.step),
            Happened::Step(step) => Self::step(step),
        };
        let text = |text: Option<&String>| text.cloned();
        Self { change: body.change.clone(), step: step.to_owned(), partner: text(partner), digest: text(digest) }
    }

    fn step(step: &Step) -> (&'static str, Option<&String>, Option<&String>) {
        match step {
            Step::Proposed(proposal) => ("proposed", None, Some(&proposal.digest)),
            Step::Edited(proposal) => ("edited", None, Some(&proposal.digest)),
            Step::Approved { partner, digest, minute: None, .. } => ("approved", Some(partner), Some(digest)),
            Step::Approved { partner, digest, .. } => ("minuted", Some(partner), Some(digest)),
            Step::Confirmed { partner } => ("confirmed", Some(partner), None),
            Step::Refused { partner, digest, .. } => ("refused", Some(partner), Some(digest)),
            Step::Withdrawn { .. } => ("withdrawn", None, None),
            Step::Undone { partner, .. } => ("undone", Some(partner), None),
        }
    }
}

impl Record {
    /// What the log of rules tells now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn rules_told(&self) -> Result<Arc<RulesTold>, RecordError> {
        let last = Arc::clone(&self.rules_told.0.lock().unwrap_or_else(PoisonError::into_inner));
        let events = self.store.read_at_once(|db| {
            let size = head(db, Log::Rules)?.size();
            // A record that was put back is another process's; within one, the log only grows.
            Ok::<_, RecordError>((size > last.size).then(|| entries(db, &self.keys, last.size, size)).transpose()?)
        })?;
        let Some((size, events, wrong)) = events else { return Ok(last) };
        let mut told = RulesTold { size, ..(*last).clone() };
        told.wrong.extend(wrong);
        let mut rules = |digest: &str| self.find_rule_set(digest);
        for event in events {
            told.hear(event, &mut rules)?;
        }
        let told = Arc::new(told);
        let mut kept = self.rules_told.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.size < told.size {
            *kept = Arc::clone(&told);
        }
        Ok(told)
    }
}

/// A rule set, from a moment on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InForceFrom {
    /// The rules.
    pub digest: String,
    /// From when on.
    pub from: Timestamp,
    /// The rule change that brought it; none where whoever runs the service put it in force from a folder.
    pub change: Option<String>,
}

impl Record {
    /// Which rules were and will be in force from when on, as far as is known now, in order.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn in_force_over_time(&self) -> Result<Vec<InForceFrom>, RecordError> {
        let told = self.rules_told()?;
        let reigns = told.reigns().unwrap_or_default();
        // The first of them stands for what was there before, which the other log tells.
        let agreed = reigns.get(1).map(|reign| reign.from);
        let rows = self.store.read(|db| db.query(include_str!("sql/list_put_in_force.sql"), &[]))?;
        let mut all = Vec::new();
        for mut row in rows {
            let leaf = Leaf::parse(&row.text()?).filter(|leaf| agreed.is_none_or(|agreed| leaf.at < agreed));
            let put = leaf.and_then(|leaf| Some(InForceFrom { digest: leaf.rule_set?, from: leaf.at, change: None }));
            all.extend(put);
        }
        all.extend(reigns.into_iter().skip(1).map(|reign| InForceFrom {
            digest: reign.digest,
            from: reign.from,
            change: reign.change.map(|place| told.changes[place].id.clone()),
        }));
        Ok(all)
    }

    /// Rules that were proposed, and are or were in force at no time as far as is known now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn only_proposed(&self) -> Result<BTreeSet<String>, RecordError> {
        let in_force = self.in_force_over_time()?;
        let told = self.rules_told()?;
        let proposals = told.changes.iter().flat_map(|change| &change.events).filter_map(|event| event.what.step());
        let digests = proposals.filter_map(|step| match step {
            Step::Proposed(proposal) | Step::Edited(proposal) => Some(&proposal.digest),
            _ => None,
        });
        Ok(digests.filter(|digest| in_force.iter().all(|one| one.digest != **digest)).cloned().collect())
    }

    /// The rules that were in force at a moment.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn in_force_at(&self, at: Timestamp) -> Result<Option<InForceFrom>, RecordError> {
        Ok(self.in_force_over_time()?.into_iter().rev().find(|one| one.from <= at))
    }

    /// The rules that were in force when a day ended in London.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn in_force_on(&self, day: Date) -> Result<Option<InForceFrom>, RecordError> {
        self.in_force_at(end_of(day))
    }
}

/// The entries of the log of rules that have a body, opened; and those that do not open.
type Opened = (u64, Vec<Event>, Vec<(u64, String)>);

fn entries(db: &mut Db, keys: &Keys, from: u64, to: u64) -> Result<Opened, DbError> {
    let (mut events, mut wrong) = (Vec::new(), Vec::new());
    let mut of_subject: BTreeMap<String, Option<ReferralKey>> = BTreeMap::new();
    let values = [Log::Rules.name().into(), number(from)?.into(), number(to)?.into()];
    for mut row in db.query(include_str!("sql/list_entries.sql"), &values)? {
        let (place, text, hash) = (row.int()?, row.text()?, row.hash()?);
        let place = u64::try_from(place).map_err(|_| DbError::Refused("an entry has no place".into()))?;
        let (Some(subject), Some(body)) = (row.maybe_text()?, row.maybe_bytes()?) else { continue };
        if !of_subject.contains_key(&subject) {
            let sealed = db.find(include_str!("sql/find_referral_key.sql"), &[subject.as_str().into()])?;
            let sealed = sealed.map(|mut row| row.bytes()).transpose()?;
            of_subject.insert(subject.clone(), sealed.and_then(|sealed| keys.open(&subject, &sealed)));
        }
        let Some(Some(key)) = of_subject.get(&subject) else {
            wrong.push((place, "its key is missing or was changed".to_owned()));
            continue;
        };
        match Event::open(key, place, &text, hash, &body) {
            Ok(event) => events.push(event),
            Err(why) => wrong.push((place, why)),
        }
    }
    Ok((to, events, wrong))
}

/// The first entry of the log of rules that may not be, if there is any: everything is heard from the beginning.
pub(super) fn wrong(db: &mut Db, keys: &Keys) -> Result<Option<(u64, String)>, RecordError> {
    let size = head(db, Log::Rules)?.size();
    let (_, events, wrong) = entries(db, keys, 0, size)?;
    let mut told = RulesTold { size, wrong, ..RulesTold::default() };
    let mut kept: BTreeMap<String, Option<Arc<RuleSet>>> = BTreeMap::new();
    for event in events {
        let mut rules = |digest: &str| {
            if !kept.contains_key(digest) {
                kept.insert(digest.to_owned(), super::rule_sets::rule_set_of(db, digest)?);
            }
            Ok(kept.get(digest).cloned().flatten())
        };
        told.hear(event, &mut rules)?;
    }
    Ok(told.wrong.into_iter().min())
}
