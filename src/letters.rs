//! Letters: what a referrer and a family are told of a decision, proposed in words that a person edits and sends.
//!
//! A referrer is told what follows from their own words, and what was decided. A family is told what help is about, in
//! the words that the rules list for it and in no others: what was said, by whom, and anything about somebody else never
//! enters a letter that is proposed here. Where telling is unsafe nothing is proposed.

pub mod reading_age;

mod family;
mod referrer;

use serde::{Deserialize, Serialize};

pub use family::FamilyLetter;
pub use referrer::{Feedback, FeedbackChild};

use crate::criteria::RuleSet;
use crate::decision::{Actor, Reason, Role};
use crate::json::{Fault, FaultCode};

/// More than any letter has.
pub const MAX_LETTER: usize = 8000;
const MAX_LINES: usize = 1000;

const NOT_TO_TELL: &str = "reasons_not_to_tell";
const SAFE: &str = "reasons_an_address_is_safe";

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// Whoever referred.
    Referrer,
    /// The family.
    Family,
}

/// How they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// They read it here, signed in for their organisation.
    Here,
    /// By secure e-mail.
    SecureEmail,
    /// By post.
    Post,
    /// By telephone.
    Telephone,
    /// Handed over or read out in person.
    InPerson,
}

impl Way {
    /// Whether it goes to a place where somebody else may open it.
    fn needs_address(self) -> bool {
        matches!(self, Self::SecureEmail | Self::Post)
    }
}

/// That somebody is told of decisions, or is not, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// The decisions that it tells of.
    #[schema(min_items = 1)]
    pub decisions: Vec<String>,
    /// Who is told.
    pub to: Reader,
    /// What was sent; either this or `withheld`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    /// Why nobody is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Reason>,
}

/// A letter as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// To whom, by name.
    #[schema(max_length = 1000, pattern = r"\S")]
    pub name: String,
    /// To which address.
    #[schema(max_length = 1000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// How it is known that it is safe there; always said of a letter to a family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safe: Option<Reason>,
    /// How.
    pub way: Way,
    /// In these words.
    #[schema(max_length = 8000, pattern = r"\S")]
    pub text: String,
    /// Why it is told although telling was said to be unsafe; a manager's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub although: Option<String>,
    /// Whether whoever sends it has looked at the names that it holds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub names_checked: bool,
}

/// Everything that stands in the way of a letter. `is_unsafe`: telling the family was said to be unsafe; `names`: of
/// others, that may not stand in it unseen.
pub fn check(rules: &RuleSet, letter: &Letter, actor: &Actor, is_unsafe: bool, names: &[String]) -> Vec<Fault> {
    match (&letter.sent, &letter.withheld) {
        (Some(sent), None) => check_sent(rules, letter.to, sent, actor, is_unsafe, names),
        (None, Some(reason)) => listed(rules, NOT_TO_TELL, "/withheld", reason).into_iter().collect(),
        _ => vec![Fault::new("", FaultCode::MissingKey, "say what was sent, or why nobody is told")],
    }
}

fn check_sent(
    rules: &RuleSet,
    to: Reader,
    sent: &Sent,
    actor: &Actor,
    is_unsafe: bool,
    names: &[String],
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut needs = |pointer: &str, text: &str, most: usize, detail: &str| {
        if text.trim().is_empty() {
            faults.push(Fault::new(pointer, FaultCode::MissingKey, detail));
        } else if text.len() > most {
            faults.push(Fault::new(pointer, FaultCode::TooLong, format!("at most {most} bytes are kept")));
        }
    };
    needs("/sent/name", &sent.name, MAX_LINES, "say to whom it goes");
    needs("/sent/text", &sent.text, MAX_LETTER, "a letter says something");
    if sent.way.needs_address() || sent.address.is_some() {
        let address = sent.address.as_deref().unwrap_or_default();
        needs("/sent/address", address, MAX_LINES, "say where it goes; without an address it cannot be sent");
    }
    if to == Reader::Family {
        match &sent.safe {
            Some(reason) => faults.extend(listed(rules, SAFE, "/sent/safe", reason)),
            None => {
                let detail = "a letter is sent only where it is known to be safe: say how that is known";
                faults.push(Fault::new("/sent/safe", FaultCode::MissingKey, detail));
            }
        }
        if sent.way == Way::Here {
            faults.push(Fault::new("/sent/way", FaultCode::UnknownWord, "a family does not sign in here"));
        }
        if is_unsafe {
            let manager = actor.role == Role::SocialWorkManager;
            if !manager {
                let detail = "telling the family was said to be unsafe: say why nobody is told, or ask a manager";
                faults.push(Fault::new("/sent", FaultCode::UnsafeToTell, detail));
            } else if sent.although.as_deref().unwrap_or_default().trim().is_empty() {
                let detail = "telling the family was said to be unsafe: say why they are told all the same";
                faults.push(Fault::new("/sent/although", FaultCode::UnsafeToTell, detail));
            }
        }
    }
    let found: Vec<&str> = names_in(&sent.text, names).collect();
    if !found.is_empty() && !sent.names_checked {
        let fault = Fault::new("/sent/names_checked", FaultCode::NamesSomebody, "it names somebody else");
        faults.push(fault.instead(found.join(", ")));
    }
    faults
}

/// The names, of some, that stand in a text as whole words, however they are written.
pub fn names_in<'n>(text: &str, names: &'n [String]) -> impl Iterator<Item = &'n str> {
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        parts.map(str::to_lowercase).collect()
    };
    let text = words(text);
    names.iter().map(String::as_str).filter(move |name| {
        let name = words(name);
        !name.is_empty() && text.windows(name.len()).any(|window| *window == name)
    })
}

/// Whether a reason stands in a list, and is said in words too.
fn listed(rules: &RuleSet, list: &str, pointer: &str, reason: &Reason) -> Option<Fault> {
    let codes = || {
        let lists = rules.framework().code_lists.iter().filter(|one| one.id == list);
        lists.flat_map(|one| &one.codes).map(|code| code.code.as_str())
    };
    if !codes().any(|code| code == reason.code) {
        let fault =
            Fault::new(format!("{pointer}/code"), FaultCode::UnknownCode, format!("no such reason in `{list}`"));
        return Some(fault.instead(codes().collect::<Vec<_>>().join(", ")));
    }
    if reason.says.trim().is_empty() {
        return Some(Fault::new(format!("{pointer}/says"), FaultCode::MissingWords, "say it in your own words too"));
    }
    (reason.says.len() > MAX_LINES).then(|| {
        Fault::new(format!("{pointer}/says"), FaultCode::TooLong, format!("at most {MAX_LINES} bytes are kept"))
    })
}

/// How somebody who disagrees is answered, in sentences.
fn stages(rules: &RuleSet) -> String {
    let stages = &rules.letters().disagreement;
    let Some(first) = stages.first() else { return String::new() };
    let mut says = format!("First {} will answer you, {}.", first.who, first.within);
    let rest: Vec<&str> = stages[1..].iter().map(|stage| stage.who.as_str()).collect();
    if !rest.is_empty() {
        says.push_str(&format!(" If you still do not agree, you can ask {}.", rest.join(", then ")));
    }
    says
}
