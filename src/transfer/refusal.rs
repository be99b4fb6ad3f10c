//! Why a transfer is not taken, and what became of one that was kept: closed lists, for the log and for people.

use serde::{Deserialize, Serialize};

/// Why a transfer could not be taken; it is then kept for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It is not a whole transfer.
    Form,
    /// It is of another version.
    Version,
    /// Nobody known here signed it.
    Sender,
    /// It was changed after it was signed.
    Signature,
    /// It is for somebody else.
    Address,
    /// It is too old, or from the future.
    Age,
    /// These rules cannot take it as a referral.
    Rules,
}

impl Refusal {
    const ALL: [Self; 7] =
        [Self::Form, Self::Version, Self::Sender, Self::Signature, Self::Address, Self::Age, Self::Rules];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Version => "version",
            Self::Sender => "sender",
            Self::Signature => "signature",
            Self::Address => "address",
            Self::Age => "age",
            Self::Rules => "rules",
        }
    }

    /// The refusal of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.word() == word)
    }

    /// What it means, and what to do.
    pub fn says(self) -> &'static str {
        match self {
            Self::Form => "it is not a whole transfer; part of it may be missing: ask the sender to send it again",
            Self::Version => "it is of a version that this program does not read: ask the sender what it says",
            Self::Sender => "it is signed by nobody whom this installation knows: phone the authority that it names",
            Self::Signature => "it was changed after it was signed, or damaged on its way: phone the sender",
            Self::Address => "it is for another authority: tell the sender, who may believe that they have it",
            Self::Age => "it is older than four weeks, or dated in the future: ask the sender to send it again",
            Self::Rules => "these rules cannot take it as a referral: enter by hand what it says",
        }
    }
}

/// What became of a transfer that was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DealtWith {
    /// The sender was asked to send it again.
    AskedSender,
    /// What it says was entered by hand, as a referral.
    EnteredByHand,
    /// It is for somebody else, who was told or whose sender was.
    NotForUs,
}

impl DealtWith {
    /// Everything that may become of it.
    pub const ALL: [Self; 3] = [Self::AskedSender, Self::EnteredByHand, Self::NotForUs];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::AskedSender => "asked_sender",
            Self::EnteredByHand => "entered_by_hand",
            Self::NotForUs => "not_for_us",
        }
    }

    /// What became of it, of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dealt| dealt.word() == word)
    }
}
