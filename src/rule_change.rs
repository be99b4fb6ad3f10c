//! The life of a rule change: proposed, agreed by partners, in force from a midnight in London, superseded; or
//! withdrawn, or undone.
//!
//! Whatever happens to a change is a step. Where it stands is reckoned from its steps alone, by whoever asks, so that
//! nothing beside them says otherwise. A step that may not be is not taken, and why is told.

mod evidence;
mod in_force;
mod not_taken;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::criteria::entries::WhoAgrees;
use crate::criteria::{Framework, RuleSet};

pub use evidence::{Again, By, Evidence, FailingExample, Group, Moves, Proved, Replay};
pub use in_force::{Reign, end_of, reigns};
pub use not_taken::NotTaken;

/// An emergency change lapses after so many days at the latest.
pub const EMERGENCY_DAYS: i32 = 28;
/// A change may be undone for so many days.
pub const UNDO_DAYS: i32 = 14;
/// So many statutory partners make an emergency change, or undo one.
pub const AT_ONCE: usize = 2;

/// The partners who agree rule changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partners {
    /// The statutory partners: the council, the police, the health service.
    pub statutory: BTreeSet<String>,
    /// The others whom the framework asks.
    pub others: BTreeSet<String>,
    /// How many agree a change that can lower no child's level.
    pub enough: usize,
}

/// Who agrees, and when a day begins.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'t> {
    /// The partners.
    pub partners: &'t Partners,
    /// London's days.
    pub calendar: &'t Calendar,
}

/// From when on rules are to be in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Begins {
    /// From the first moment of a day; of the day after it was agreed, where that is later.
    On(Date),
    /// As soon as it is agreed, for an emergency; until the end of a day.
    AtOnceUntil(Date),
}

/// Rules as somebody proposes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The digest of the rules: what is agreed is these, and nothing else.
    pub digest: String,
    /// The rule set that they were compared with, which is in force until then.
    pub instead_of: String,
    /// Whether some child could be answered lower, or nobody can rule it out.
    pub may_lower: bool,
    /// From when on they are to be in force.
    pub begins: Begins,
    /// Why.
    pub reason: String,
    /// The clause of guidance that it follows.
    pub clause: String,
    /// By when partners are asked to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<Date>,
    /// Whoever wrote any of it beside whoever proposes it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub written_by: BTreeSet<String>,
}

/// What happens to a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum Step {
    /// Somebody proposes it.
    Proposed(Proposal),
    /// Somebody proposes other rules in its place. Whatever was agreed is void.
    Edited(Proposal),
    /// A partner agrees these rules.
    Approved {
        /// The partner.
        partner: String,
        /// The rules that were read.
        digest: String,
        /// From when on.
        begins: Begins,
        /// The minute of the meeting that agreed it, where somebody else enters it. It counts once it is confirmed.
        minute: Option<String>,
    },
    /// A partner confirms what was entered with a minute.
    Confirmed {
        /// The partner.
        partner: String,
    },
    /// A partner does not agree, or no longer.
    Refused {
        /// The partner.
        partner: String,
        /// The rules that were read.
        digest: String,
        /// Why.
        says: String,
    },
    /// It is taken back before it was agreed.
    Withdrawn {
        /// Why.
        says: String,
    },
    /// A partner wants what is in force undone.
    Undone {
        /// The partner.
        partner: String,
        /// Why.
        says: String,
    },
}

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// What happened.
    #[serde(flatten)]
    pub step: Step,
    /// Who did it, by the identity that signed in.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What a partner said of the rules that are proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It agrees.
    Approves,
    /// A meeting agreed; the partner has not confirmed it yet.
    ToConfirm {
        /// The minute.
        minute: String,
        /// Who entered it.
        entered_by: String,
    },
    /// It does not agree.
    Refuses {
        /// Why.
        says: String,
    },
}

/// Where a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Partners are asked.
    Proposed,
    /// It was agreed.
    Agreed,
    /// It was taken back.
    Withdrawn,
    /// It was undone.
    Undone,
}

/// A rule change, as its steps make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleChange {
    /// What is proposed now.
    pub proposal: Proposal,
    /// What each partner says of it.
    pub said: BTreeMap<String, Said>,
    /// Where it stands.
    pub standing: Standing,
    /// Everybody who wrote any of it.
    pub authors: BTreeSet<String>,
    /// Whoever wants it undone, by partner.
    pub undoing: BTreeMap<String, String>,
    /// Once it was agreed: from when on it is in force, where nothing overtakes it.
    pub in_force: Option<Timestamp>,
    /// When it ends: an emergency lapses, and what is undone ends at once.
    pub ends: Option<Timestamp>,
    last: Timestamp,
}

impl RuleChange {
    /// A change from its steps.
    ///
    /// # Errors
    /// At the first step that may not be.
    pub fn of(terms: Terms<'_>, steps: &[Taken]) -> Result<Self, NotTaken> {
        let (first, rest) = steps.split_first().ok_or(NotTaken::NotProposed)?;
        let mut change = Self::proposed(terms, first)?;
        rest.iter().try_for_each(|step| change.take(terms, step))?;
        Ok(change)
    }

    fn proposed(terms: Terms<'_>, first: &Taken) -> Result<Self, NotTaken> {
        let Step::Proposed(proposal) = &first.step else { return Err(NotTaken::NotProposed) };
        proposal.check(terms, first.at)?;
        Ok(Self {
            proposal: proposal.clone(),
            said: BTreeMap::new(),
            standing: Standing::Proposed,
            authors: authors(proposal, &first.by).collect(),
            undoing: BTreeMap::new(),
            in_force: None,
            ends: None,
            last: first.at,
        })
    }

    /// Takes a step.
    ///
    /// # Errors
    /// When it may not be; then nothing has changed.
    pub fn take(&mut self, terms: Terms<'_>, taken: &Taken) -> Result<(), NotTaken> {
        if taken.at < self.last {
            return Err(NotTaken::BeforeTheLast);
        }
        match &taken.step {
            Step::Proposed(_) => return Err(NotTaken::ProposedTwice),
            Step::Edited(proposal) => {
                self.is_open()?;
                proposal.check(terms, taken.at)?;
                if *proposal == self.proposal {
                    return Err(NotTaken::NothingEdited);
                }
                self.proposal = proposal.clone();
                self.said.clear();
                self.authors.extend(authors(proposal, &taken.by));
            }
            Step::Approved { partner, digest, begins, minute } => {
                self.may_answer(terms, partner, digest)?;
                if *begins != self.proposal.begins {
                    return Err(NotTaken::OtherBeginning);
                }
                self.is_not_over(terms, taken.at)?;
                let before = self.said.get(partner);
                if before == Some(&Said::Approves) {
                    return Err(NotTaken::ApprovedAlready(partner.clone()));
                }
                let said = match minute {
                    Some(minute) => {
                        words(minute)?;
                        // Whoever refused says themselves that they agree now.
                        if matches!(before, Some(Said::Refuses { .. })) {
                            return Err(NotTaken::Refuses(partner.clone()));
                        }
                        Said::ToConfirm { minute: minute.clone(), entered_by: taken.by.clone() }
                    }
                    None => {
                        self.is_no_author(&taken.by)?;
                        Said::Approves
                    }
                };
                self.said.insert(partner.clone(), said);
            }
            Step::Confirmed { partner } => {
                self.is_open()?;
                let Some(Said::ToConfirm { entered_by, .. }) = self.said.get(partner) else {
                    return Err(NotTaken::NothingToConfirm);
                };
                if *entered_by == taken.by {
                    return Err(NotTaken::OwnMinute);
                }
                self.is_not_over(terms, taken.at)?;
                self.is_no_author(&taken.by)?;
                self.said.insert(partner.clone(), Said::Approves);
            }
            Step::Refused { partner, digest, says } => {
                self.may_answer(terms, partner, digest)?;
                words(says)?;
                self.said.insert(partner.clone(), Said::Refuses { says: says.clone() });
            }
            Step::Withdrawn { says } => {
                self.is_open()?;
                words(says)?;
                self.standing = Standing::Withdrawn;
            }
            Step::Undone { partner, says } => self.undo(terms, partner, says, taken.at)?,
        }
        self.last = taken.at;
        self.agree(terms, taken.at);
        Ok(())
    }

    fn is_open(&self) -> Result<(), NotTaken> {
        match self.standing {
            Standing::Proposed => Ok(()),
            Standing::Agreed => Err(NotTaken::AgreedAlready),
            Standing::Withdrawn | Standing::Undone => Err(NotTaken::Ended),
        }
    }

    /// An emergency is agreed while it lasts.
    fn is_not_over(&self, terms: Terms<'_>, at: Timestamp) -> Result<(), NotTaken> {
        match self.proposal.begins {
            Begins::AtOnceUntil(day) if terms.day(at) > day => Err(NotTaken::EndIsPast),
            Begins::AtOnceUntil(_) | Begins::On(_) => Ok(()),
        }
    }

    fn is_no_author(&self, by: &str) -> Result<(), NotTaken> {
        if self.authors.contains(by) { Err(NotTaken::OwnRules) } else { Ok(()) }
    }

    fn may_answer(&self, terms: Terms<'_>, partner: &str, digest: &str) -> Result<(), NotTaken> {
        self.is_open()?;
        if !terms.partners.has(partner) {
            return Err(NotTaken::NoPartner(partner.to_owned()));
        }
        if digest != self.proposal.digest {
            return Err(NotTaken::OtherRules { read: digest.to_owned(), proposed: self.proposal.digest.clone() });
        }
        Ok(())
    }

    fn undo(&mut self, terms: Terms<'_>, partner: &str, says: &str, at: Timestamp) -> Result<(), NotTaken> {
        let in_force = self.in_force.filter(|_| self.standing == Standing::Agreed).ok_or(NotTaken::NotInForce)?;
        let last = terms.midnight(terms.day(in_force).saturating_add(UNDO_DAYS.days()));
        match () {
            () if at < in_force || self.ends.is_some_and(|ends| ends <= at) => return Err(NotTaken::NotInForce),
            () if at >= last => return Err(NotTaken::TooLateToUndo),
            () if !terms.partners.statutory.contains(partner) => return Err(NotTaken::NoPartner(partner.to_owned())),
            () if self.undoing.contains_key(partner) => return Err(NotTaken::ApprovedAlready(partner.to_owned())),
            () => words(says)?,
        }
        self.undoing.insert(partner.to_owned(), says.to_owned());
        if self.undoing.len() >= AT_ONCE {
            (self.standing, self.ends) = (Standing::Undone, Some(at));
        }
        Ok(())
    }

    /// Agrees the change once enough partners do, and nobody whose duty it is refuses.
    fn agree(&mut self, terms: Terms<'_>, at: Timestamp) {
        if self.standing == Standing::Proposed && self.waits_for(terms.partners).is_empty() {
            let tomorrow = |day: Date| day.saturating_add(1.day());
            self.standing = Standing::Agreed;
            (self.in_force, self.ends) = match self.proposal.begins {
                // No change begins in the middle of a day but an emergency.
                Begins::On(day) => (Some(terms.midnight(day.max(tomorrow(terms.day(at))))), None),
                Begins::AtOnceUntil(day) => (Some(at), Some(terms.midnight(tomorrow(day)))),
            };
        }
    }

    /// The partners for whom it waits; where any of several would do, all of them.
    pub fn waits_for(&self, partners: &Partners) -> BTreeSet<String> {
        let all: BTreeSet<String> = partners.all().cloned().collect();
        let (asked, enough) = match self.proposal.begins {
            _ if self.proposal.may_lower => (&partners.statutory, partners.statutory.len()),
            Begins::AtOnceUntil(_) => (&partners.statutory, AT_ONCE.min(partners.statutory.len())),
            Begins::On(_) => (&all, partners.enough.min(all.len())),
        };
        let approves = |partner: &&String| self.said.get(*partner) == Some(&Said::Approves);
        let refuses = |partner: &&String| matches!(self.said.get(*partner), Some(Said::Refuses { .. }));
        // A statutory partner who refuses is heard, even where the others are enough.
        let mut waits: BTreeSet<String> = partners.statutory.iter().filter(refuses).cloned().collect();
        if asked.iter().filter(approves).count() < enough {
            waits.extend(asked.iter().filter(|partner| !approves(partner)).cloned());
        }
        waits
    }
}

impl Proposal {
    fn check(&self, terms: Terms<'_>, at: Timestamp) -> Result<(), NotTaken> {
        words(&self.reason)?;
        words(&self.clause)?;
        let today = terms.day(at);
        match self.begins {
            _ if terms.partners.statutory.is_empty() => Err(NotTaken::NoPartners),
            _ if self.digest == self.instead_of => Err(NotTaken::NothingEdited),
            Begins::On(day) if day <= today => Err(NotTaken::BeginsInThePast),
            Begins::AtOnceUntil(day) if day < today => Err(NotTaken::EndIsPast),
            Begins::AtOnceUntil(day) if day > today.saturating_add(EMERGENCY_DAYS.days()) => Err(NotTaken::EndTooLate),
            Begins::On(_) | Begins::AtOnceUntil(_) => Ok(()),
        }
    }
}

impl<'t> Terms<'t> {
    /// The terms of the rules that a change takes the place of: whoever agrees by those agrees what follows them.
    pub fn of(rules: &'t RuleSet, partners: &'t Partners) -> Self {
        Self { partners, calendar: &rules.framework().calendar }
    }

    /// The day in London.
    fn day(&self, at: Timestamp) -> Date {
        self.calendar.london(at).date()
    }

    /// The first moment of a day in London.
    fn midnight(&self, day: Date) -> Timestamp {
        self.calendar.at(day, Time::midnight()).unwrap_or(Timestamp::MAX)
    }
}

impl Partners {
    /// The partners whom a framework names.
    pub fn of(framework: &Framework) -> Self {
        let statutory: BTreeSet<String> = framework.statutory_partners.iter().cloned().collect();
        let WhoAgrees { also_ask, enough } = &framework.rule_changes;
        let enough = enough.and_then(|enough| usize::try_from(enough).ok()).unwrap_or(statutory.len());
        Self { enough, statutory, others: also_ask.iter().cloned().collect() }
    }

    /// Everybody who is asked.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.statutory.union(&self.others)
    }

    fn has(&self, partner: &str) -> bool {
        self.statutory.contains(partner) || self.others.contains(partner)
    }
}

/// Everybody who wrote any of a proposal.
fn authors<'p>(proposal: &'p Proposal, by: &'p str) -> impl Iterator<Item = String> + use<'p> {
    proposal.written_by.iter().map(String::as_str).chain([by]).map(str::to_owned)
}

fn words(says: &str) -> Result<(), NotTaken> {
    if says.trim().is_empty() { Err(NotTaken::NoWords) } else { Ok(()) }
}
