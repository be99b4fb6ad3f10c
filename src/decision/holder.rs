//! Who has a child next, what they are told, and what goes along to another organisation.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Actor, MAX_WORDS, Outcome};
use crate::json::{Fault, FaultCode};

/// Who has it next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// The organisation.
    #[schema(pattern = r"\S")]
    pub organisation: String,
    /// Who, when it is known; of the Emergency Duty Team, who was told by telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What they are told: needed where they are of another organisation, which sees this and nothing that was not
    /// chosen.
    #[schema(max_length = 4000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
    /// What goes along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub along: Vec<Along>,
    /// When they were told by telephone: needed of the Emergency Duty Team, for which a message alone is not enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub telephoned_at: Option<Timestamp>,
}

/// What of a referral goes along to a next holder of another organisation; nothing does that was not chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Along {
    /// The child's name.
    Name,
    /// When the child was born, or is due.
    BirthDate,
    /// Where the family lives.
    Address,
    /// What was found about this child.
    Reasons,
    /// The referrer's account; in a transfer to another authority alone.
    Account,
    /// The child's own words; in a transfer to another authority alone.
    OwnWords,
}

impl Along {
    /// Everything that may go.
    pub const ALL: [Self; 6] =
        [Self::Name, Self::BirthDate, Self::Address, Self::Reasons, Self::Account, Self::OwnWords];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::BirthDate => "birth_date",
            Self::Address => "address",
            Self::Reasons => "reasons",
            Self::Account => "account",
            Self::OwnWords => "own_words",
        }
    }
}

impl Holder {
    /// Somebody of an organisation, who is told nothing yet.
    pub fn of(organisation: impl Into<String>) -> Self {
        Self { organisation: organisation.into(), name: None, told: None, along: Vec::new(), telephoned_at: None }
    }

    /// Whether this goes along.
    pub fn takes(&self, along: Along) -> bool {
        self.along.contains(&along)
    }

    /// Who has it, without what they were told: for whom that is not.
    #[must_use]
    pub fn named(&self) -> Self {
        Self { name: self.name.clone(), ..Self::of(self.organisation.clone()) }
    }
}

/// What a next holder must be told, and how.
pub(super) fn holding(actor: &Actor, outcome: Outcome, holder: &Holder) -> Vec<Fault> {
    let mut faults = Vec::new();
    let is_said = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
    if holder.organisation.trim().is_empty() {
        let fault =
            Fault::new("/next_holder/organisation", FaultCode::MissingWords, "say which organisation has it next");
        faults.push(fault.instead("its code, like council:example"));
    } else if holder.organisation != actor.organisation && !is_said(&holder.told) {
        let detail = "another organisation sees nothing but what it is told: say what is handed over";
        faults.push(Fault::new("/next_holder/told", FaultCode::MissingKey, detail));
    }
    if holder.told.as_ref().is_some_and(|told| told.len() > MAX_WORDS) {
        faults.push(Fault::new("/next_holder/told", FaultCode::TooLong, format!("at most {MAX_WORDS} bytes are kept")));
    }
    if outcome == Outcome::EmergencyDutyTeam {
        if !is_said(&holder.name) {
            let detail = "a message alone is not enough: phone the Emergency Duty Team, and say who was told";
            faults.push(Fault::new("/next_holder/name", FaultCode::MissingKey, detail));
        }
        if holder.telephoned_at.is_none() {
            let detail = "a message alone is not enough: phone the Emergency Duty Team, and say when";
            let fault = Fault::new("/next_holder/telephoned_at", FaultCode::MissingKey, detail);
            faults.push(fault.instead("such as 2026-11-24T17:30:00+00:00"));
        }
    }
    if outcome != Outcome::AnotherAuthority {
        for (index, along) in holder.along.iter().enumerate() {
            if matches!(along, Along::Account | Along::OwnWords) {
                let at = format!("/next_holder/along/{index}");
                let detail = "what others said goes along to another authority alone";
                faults.push(Fault::new(at, FaultCode::MisplacedWord, detail));
            }
        }
    }
    faults
}
