//! A transfer: what one authority tells another about a child who lives there.
//!
//! The facts, in words as well as by id, what is not known, and under which duty the sender acted; never a level, because
//! "level 3" is voluntary help in one area and a statutory assessment in the next. One child to a file. What the
//! receiving rules know is a fact there; what they do not ask is kept in words and refused by nothing.

mod incoming;
mod referrer;
mod refusal;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::criteria::RuleSet;
use crate::decision::{Along, Holder};
use crate::facts::{Answer, Answers, Said};
use crate::ladder::{Duty, LevelOfNeed, Within};
use crate::referral::Referral;
use crate::referral::received::{Agreement, FamilyTold, Received, SharingBasis};
use referrer::referred_by;

pub use refusal::{DealtWith, Refusal};

/// The version that this program writes and reads.
pub const FORMAT: &str = "windscreen-transfer-1";
/// What every version's name begins with.
const FAMILY: &str = "windscreen-transfer-";
/// More than every fact of the largest rule set, with an account and a child's words.
pub const MAX_TRANSFER: usize = 128 * 1024;
/// What stands before the signature, which is the last key: within text no line ends, and within an object it would be
/// further in, so that it stands here once.
const SIGNATURE: &str = ",\n  \"signature\": ";
/// A transfer that waited longer is asked for again: what it says of a child may be true no more. A repetition is
/// recognised for longer than this.
const TOO_OLD: SignedDuration = SignedDuration::from_hours(24 * 28);
/// What clocks may differ by.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(15);

/// A transfer, without its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// The version of the form.
    pub format: String,
    /// Who sends it.
    pub from: Sender,
    /// The organisation that it is for.
    pub to: String,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// The duty under which the sender acted, as far as their framework says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_under: Option<Duty>,
    /// What is to be done at once.
    pub act_now: Vec<String>,
    /// The child.
    pub child: TransferredChild,
    /// Where it came from.
    pub referral: TransferredReferral,
    /// What was raised there.
    pub raised: Vec<Raised>,
    /// What was answered.
    pub facts: Vec<TransferredFact>,
    /// What is not known and would change the sender's answer, or that of whoever sent the child to them.
    pub not_known: Vec<OpenQuestion>,
}

/// Who sends a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// The installation, which no other is called.
    pub installation: String,
    /// The organisation's code.
    pub organisation: String,
    /// The organisation's name.
    pub name: String,
}

/// The child.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferredChild {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When the child was born.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<Date>,
    /// When the baby is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<Date>,
    /// The NHS number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nhs_number: Option<String>,
    /// The unique pupil number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upn: Option<String>,
    /// Where the family lives, if the sender chose to send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The child's own words, if the sender chose to send them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_words: Option<String>,
}

/// The referral from which a transfer comes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferredReferral {
    /// Its spoken reference there.
    pub reference: String,
    /// When it was received there.
    pub received_at: Timestamp,
    /// Who referred: of a professional the name, the role and the contact, of anybody else the organisation alone.
    pub referred_by: String,
    /// The referrer's account, if the sender chose to send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Whether the family knows of the referral.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_told: Option<FamilyTold>,
    /// Whether the family agrees to help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agrees_to_help: Option<Agreement>,
    /// On what basis it was shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharing_basis: Option<SharingBasis>,
    /// Whether some of it must reach nobody of the family.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsafe_to_share: bool,
}

/// A topic that was raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raised {
    /// Its id there.
    pub id: String,
    /// Its title.
    pub says: String,
}

/// One fact: by id, and in words for whoever asks other questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferredFact {
    /// Its id there.
    pub id: String,
    /// The question.
    pub ask: String,
    /// The answer, `not_known` or `refused`.
    pub answer: Answer,
    /// The answer in words.
    pub says: String,
    /// What somebody else said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also_said: Option<Answer>,
    /// That in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also_says: Option<String>,
}

/// Something that is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenQuestion {
    /// The question.
    pub ask: String,
    /// Who would know.
    pub would_know: Vec<String>,
}

/// What is read of an evaluation for a transfer.
#[derive(Deserialize)]
struct Evaluated {
    ask_next: Vec<OpenAsk>,
    actions: Vec<Action>,
}

#[derive(Deserialize)]
struct OpenAsk {
    ask: String,
    would_know: Vec<String>,
}

#[derive(Deserialize)]
struct Action {
    says: String,
    within: Option<Within>,
}

/// What a transfer is made from.
#[derive(Debug)]
pub struct Sending<'s> {
    /// Who sends it.
    pub from: Sender,
    /// When.
    pub at: Timestamp,
    /// Who has the child next, and what the decider chose to send along.
    pub holder: &'s Holder,
    /// The level that was decided: only its duty is sent.
    pub level: &'s LevelOfNeed,
    /// The referral's spoken reference.
    pub reference: &'s str,
    /// What was recorded.
    pub received: &'s Received,
    /// The same with everything that became known.
    pub referral: &'s Referral,
    /// Which child, by place.
    pub child: usize,
    /// What was indicated for this child.
    pub evaluation: &'s RawValue,
    /// What came with it, where another authority transferred it here.
    pub before: Option<&'s Transfer>,
}

impl Transfer {
    /// Makes the transfer of one child; none when there is no such child, or its evaluation cannot be read.
    pub fn of(rules: &RuleSet, sending: Sending<'_>) -> Option<Self> {
        let Sending { holder, received, referral, child: place, before, .. } = sending;
        let (who, child) = (received.children.get(place)?, referral.children.get(place)?);
        let taken = &received.referral.children.get(place)?.answers;
        let evaluated: Evaluated = serde_json::from_str(sending.evaluation.get()).ok()?;
        let answers = referral.answers_of(rules, child);
        let facts = answers.said.iter().map(|(id, said)| TransferredFact::of(rules, id, said));
        let topic = |id: &String| rules.topics().iter().find(|topic| topic.id == *id);
        let raised = answers.concerns.iter().map(|id| Raised {
            id: id.clone(),
            says: topic(id).map_or_else(|| id.replace('_', " "), |topic| topic.title.clone()),
        });
        let mut raised: Vec<Raised> = raised.collect();
        raised.dedup();
        let at_once = evaluated.actions.into_iter().filter(|action| action.within == Some(Within::AtOnce));
        let agency = |id: &String| {
            let listed = rules.framework().agencies.iter().find(|agency| agency.id == *id);
            listed.map_or_else(|| id.replace('_', " "), |agency| agency.name.clone())
        };
        let not_known = evaluated
            .ask_next
            .into_iter()
            .map(|open| OpenQuestion { would_know: open.would_know.iter().map(agency).collect(), ask: open.ask });
        let mut transfer = Self {
            format: FORMAT.to_owned(),
            from: sending.from,
            to: holder.organisation.clone(),
            sent_at: sending.at,
            sent_under: sending.level.duties.first().copied(),
            act_now: at_once.map(|action| action.says).collect(),
            child: TransferredChild {
                name: who.name.clone(),
                date_of_birth: child.date_of_birth,
                due_date: child.due_date,
                nhs_number: who.nhs_number.clone(),
                upn: who.upn.clone(),
                address: received.home.address.clone().filter(|_| holder.takes(Along::Address)),
                own_words: who.own_words.clone().filter(|_| holder.takes(Along::OwnWords)),
            },
            referral: TransferredReferral {
                reference: sending.reference.to_owned(),
                received_at: referral.received_at.unwrap_or(sending.at),
                referred_by: referred_by(rules, &received.referrer),
                account: received.account.clone().filter(|_| holder.takes(Along::Account)),
                family_told: received.family_told,
                agrees_to_help: received.agrees_to_help,
                sharing_basis: received.sharing_basis,
                unsafe_to_share: received.unsafe_to_share,
            },
            raised,
            facts: facts.collect(),
            not_known: not_known.collect(),
        };
        if let Some(before) = before {
            transfer.go_on_with(before, taken);
        }
        Some(transfer)
    }

    /// Adds what came here with the child and means nothing to the rules here: whoever asked it reads it again. What was
    /// taken here goes on as it is known now, never beside it as it was.
    fn go_on_with(&mut self, before: &Self, taken: &Answers) {
        let is_taken = |fact: &TransferredFact| taken.said.iter().any(|(id, _)| *id == fact.id);
        for fact in before.facts.iter().filter(|fact| !is_taken(fact)) {
            if !self.facts.iter().any(|known| known.id == fact.id && is_same(&known.ask, &fact.ask)) {
                self.facts.push(fact.clone());
            }
        }
        for raised in before.raised.iter().filter(|raised| !taken.concerns.contains(&raised.id)) {
            if !self.raised.iter().any(|known| known.id == raised.id) {
                self.raised.push(raised.clone());
            }
        }
        for open in &before.not_known {
            let is_listed = self.not_known.iter().any(|known| is_same(&known.ask, &open.ask));
            let is_answered = self.facts.iter().any(|fact| is_same(&fact.ask, &open.ask) && fact.is_answered());
            if !is_listed && !is_answered {
                self.not_known.push(open.clone());
            }
        }
    }

    /// The text that is signed.
    pub fn text(&self) -> String {
        // Plain data with text keys: it always serialises.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The file: the text with its signature as the last key.
    pub fn signed(text: &str, signature: &str) -> String {
        let body = text.strip_suffix("\n}\n").unwrap_or(text);
        let signature = serde_json::to_string(signature.trim_end()).unwrap_or_default();
        format!("{body}{SIGNATURE}{signature}\n}}\n")
    }

    /// The text that was signed and the line of its signature, from a file, however its lines end.
    ///
    /// # Errors
    /// When the file is not a whole transfer, or one of another version.
    pub fn opened(file: &str) -> Result<(String, String), Refusal> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
        }
        let file = file.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let file = file.trim();
        if file.len() > MAX_TRANSFER {
            return Err(Refusal::Form);
        }
        let head: Head = serde_json::from_str(file).map_err(|_| Refusal::Form)?;
        if head.format != FORMAT {
            return Err(if head.format.starts_with(FAMILY) { Refusal::Version } else { Refusal::Form });
        }
        let (body, rest) = file.rsplit_once(SIGNATURE).ok_or(Refusal::Form)?;
        let signature = rest.strip_suffix("\n}").and_then(|text| serde_json::from_str(text).ok());
        Ok((format!("{body}\n}}\n"), signature.ok_or(Refusal::Form)?))
    }

    /// Reads a text whose signature holds.
    ///
    /// # Errors
    /// When it is not of this form.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        serde_json::from_str(text).map_err(|_| Refusal::Form)
    }

    /// Why it is not to be taken here and now, if it is not.
    pub fn refused(&self, here: &str, now: Timestamp) -> Option<Refusal> {
        if self.to != here {
            return Some(Refusal::Address);
        }
        let age = now.duration_since(self.sent_at);
        (age > TOO_OLD || age < -CLOCKS_DIFFER).then_some(Refusal::Age)
    }
}

/// Whether two questions are the same.
fn is_same(one: &str, other: &str) -> bool {
    one.trim().eq_ignore_ascii_case(other.trim())
}

impl TransferredFact {
    fn of(rules: &RuleSet, id: &str, said: &Said) -> Self {
        let word = |word: &str| Answer::Word(word.to_owned());
        let (answer, also_said) = match said {
            Said::Answer(answer) => (answer.clone(), None),
            Said::TwoAccounts(one, other) => (one.clone(), Some(other.clone())),
            Said::NotKnown => (word("not_known"), None),
            Said::Refused => (word("refused"), None),
        };
        Self {
            id: id.to_owned(),
            ask: rules.question(id),
            says: rules.in_words(id, &answer),
            also_says: also_said.as_ref().map(|other| rules.in_words(id, other)),
            answer,
            also_said,
        }
    }
}
