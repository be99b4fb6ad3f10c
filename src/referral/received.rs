//! A referral as it is recorded: who sends it, in whose words, and who each child is, beside the facts.
//!
//! The engine reads none of it. What the form and the facts share (children, household, dates) is read by
//! `Referral::read`; this file reads the rest from the same request, so that every fault comes at once.

use jiff::Timestamp;

use super::caller::{Basis, Call, call, misplaced_anonymity, stays_anonymous, yes_or_no};
use super::request::{Reader, Referral};
use super::words::{word, words};
use crate::criteria::RuleSet;
use crate::criteria::entries::ANONYMOUS_SOURCE;
use crate::json::{Fault, FaultCode, Json, pointer};
use crate::ladder::Rank;

/// More than a form's free text ever holds; a body is at most 64 KiB in any case.
const MAX_ACCOUNT: usize = 20_000;
/// A name, a contact, an identifier.
const MAX_LINE: usize = 200;

/// A referral as it is recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// What the engine reads.
    pub referral: Referral,
    /// Who sends it.
    pub referrer: Referrer,
    /// The account in free text.
    pub account: Option<String>,
    /// The level that the referrer thinks it is.
    pub referrers_level: Option<i64>,
    /// Whether the family knows.
    pub family_told: Option<FamilyTold>,
    /// Whether the family agrees to help.
    pub agrees_to_help: Option<Agreement>,
    /// The lawful basis of sharing, which is another matter than agreement to help.
    pub sharing_basis: Option<SharingBasis>,
    /// Whether what it says must reach nobody of the family.
    pub unsafe_to_share: bool,
    /// Where the children live, and with whom.
    pub home: Home,
    /// Who each child is, in the order of the referral's children.
    pub children: Vec<Identity>,
    /// Of a referral that was telephoned: when, and whether it was read back.
    pub call: Option<Call>,
}

/// Where the children live, and with whom; in words, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Home {
    /// The address.
    pub address: Option<String>,
    /// Who lives there, and who else matters to the children.
    pub people: Option<String>,
}

/// Who sends a referral.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Referrer {
    /// The organisation, by its code.
    pub organisation: String,
    /// The kind of agency, as the framework lists them.
    pub agency: Option<String>,
    /// The census code of the source.
    pub source_code: Option<String>,
    /// Who it is.
    pub name: Option<String>,
    /// Their role.
    pub role: Option<String>,
    /// How to reach them.
    pub contact: Option<String>,
    /// How they know what they say.
    pub basis: Option<Basis>,
    /// Whether they would not say who they are.
    pub anonymous: bool,
}

/// Whether a census code of a source is of the family, the public, or somebody who would not be named.
pub fn is_of_the_public(source_code: &str) -> bool {
    ["1A", "1B", "1C", "1D", ANONYMOUS_SOURCE].contains(&source_code)
}

/// Whether a census code of a source is of an agency: not of the public, nor of nobody knows whom.
pub fn is_of_an_agency(source_code: &str) -> bool {
    !is_of_the_public(source_code) && source_code != "10"
}

/// Who a child is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The child's name.
    pub name: Option<String>,
    /// The NHS number: ten digits with their check digit.
    pub nhs_number: Option<String>,
    /// The unique pupil number.
    pub upn: Option<String>,
    /// The child's own words.
    pub own_words: Option<String>,
    /// What is counted to see whether thresholds fall alike on everybody. No rule reads it, and no
    /// page of those who decide shows it.
    pub monitoring: Monitoring,
}

/// What is known of a child for monitoring alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Monitoring {
    /// The child's sex.
    pub sex: Option<Sex>,
    /// The child's ethnic group.
    pub ethnicity: Option<Ethnicity>,
    /// Whether the child is disabled.
    pub disability: Option<Disability>,
}

words! {
    /// A child's sex, for monitoring.
    Sex {
        /// Female.
        Female = "female",
        /// Male.
        Male = "male",
        /// Not known, or not to be said.
        NotKnown = "not_known",
    }
}

words! {
    /// A child's ethnic group, as censuses group them, for monitoring.
    Ethnicity {
        /// Asian or Asian British.
        Asian = "asian",
        /// Black, Black British, Caribbean or African.
        Black = "black",
        /// Mixed or multiple ethnic groups.
        Mixed = "mixed",
        /// White.
        White = "white",
        /// Another ethnic group.
        Other = "other",
        /// Not known, or not to be said.
        NotKnown = "not_known",
    }
}

words! {
    /// Whether a child is disabled, for monitoring.
    Disability {
        /// The child is.
        Yes = "yes",
        /// The child is not.
        No = "no",
        /// Not known, or not to be said.
        NotKnown = "not_known",
    }
}

words! {
    /// Whether the family knows that the referral is made.
    FamilyTold {
        /// They know.
        Yes = "yes",
        /// They do not know yet.
        NotYet = "not_yet",
        /// They were not told because that would raise risk, harm evidence or delay.
        UnsafeToTell = "unsafe_to_tell",
        /// Nobody knows whether they know.
        NotKnown = "not_known",
    }
}

words! {
    /// Whether the family agrees to help.
    Agreement {
        /// They agree.
        Yes = "yes",
        /// They do not.
        No = "no",
        /// They were not asked.
        NotAsked = "not_asked",
        /// Nobody knows.
        NotKnown = "not_known",
    }
}

words! {
    /// On what basis information is shared.
    SharingBasis {
        /// A task in the public interest.
        PublicTask = "public_task",
        /// A legal obligation.
        LegalObligation = "legal_obligation",
        /// Vital interests.
        VitalInterests = "vital_interests",
        /// Consent to share, which seldom is the right one.
        Consent = "consent",
    }
}

/// The keys of a recorded referral beside those of an evaluation.
pub(crate) const KEYS: [&str; 8] = [
    "referrer",
    "account",
    "referrers_level",
    "family_told",
    "agrees_to_help",
    "sharing_basis",
    "unsafe_to_share",
    "call",
];
pub(crate) const HOME_KEYS: [&str; 2] = ["address", "people"];
pub(crate) const CHILD_KEYS: [&str; 5] = ["name", "nhs_number", "upn", "own_words", "monitoring"];
pub(crate) const REFERRER_KEYS: [&str; 8] =
    ["organisation", "agency", "source_code", "name", "role", "contact", "basis", "anonymous"];

impl Received {
    /// Reads a request that is to be recorded.
    ///
    /// # Errors
    /// Every fault that can be told without a rule set.
    pub fn read(json: &Json) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut reader = Reader::new();
        let mut received = Self::default();
        let (own, rest) = split(json, &KEYS);
        for (key, value) in own {
            let at = pointer("", key);
            match key.as_str() {
                "referrer" => received.referrer = referrer(&mut reader, value, &at),
                "account" => received.account = reader.text_of(value, &at, MAX_ACCOUNT),
                "referrers_level" => received.referrers_level = level(&mut reader, value, &at),
                "family_told" => received.family_told = word(&mut reader, value, &at),
                "agrees_to_help" => received.agrees_to_help = word(&mut reader, value, &at),
                "unsafe_to_share" => received.unsafe_to_share = reader.yes_no(value, &at),
                "call" => received.call = Some(call(&mut reader, value, &at)),
                _ => received.sharing_basis = word(&mut reader, value, &at),
            }
        }
        if received.referrer.organisation.is_empty() && reader.faults.is_empty() {
            reader.tell("/referrer/organisation", FaultCode::MissingKey, "say which organisation sends this");
        }
        let rest = received.identities(&mut reader, rest);
        if !matches!(&rest, Json::Object(entries) if entries.iter().any(|(key, _)| key == "children")) {
            let fault = Fault::new("/children", FaultCode::MissingKey, "a referral is recorded with its children");
            reader.faults.push(fault.instead("\"children\": [{ \"facts\": {} }]"));
        }
        faults.append(&mut reader.faults);
        match Referral::read(&rest) {
            Ok(referral) => received.referral = referral,
            // Without `children` the rest is read as one child's, and its faults would mislead.
            Err(_) if faults.iter().any(|fault| fault.pointer == "/children") => {}
            Err(found) => faults.extend(found),
        }
        if faults.is_empty() { Ok(received) } else { Err(faults) }
    }

    /// Takes the home and each child's identity; what is left is the engine's.
    fn identities(&mut self, reader: &mut Reader, rest: Vec<Entry>) -> Json {
        let take = |(key, value): Entry| match value {
            Json::List(children) if key == "children" => {
                let children = children.iter().enumerate().map(|(index, child)| {
                    let (own, rest) = split(child, &CHILD_KEYS);
                    self.children.push(identity(reader, &own, &format!("/children/{index}")));
                    if matches!(child, Json::Object(_)) { Json::Object(rest) } else { child.clone() }
                });
                (key, Json::List(children.collect()))
            }
            household @ Json::Object(_) if key == "household" => {
                let (own, rest) = split(&household, &HOME_KEYS);
                self.home = home(reader, &own);
                (key, Json::Object(rest))
            }
            value => (key, value),
        };
        Json::Object(rest.into_iter().map(take).collect())
    }

    /// What a rule set has to say of the referrer's codes and the referrer's level.
    pub fn faults(&self, rules: &RuleSet) -> Vec<Fault> {
        let mut faults = Vec::new();
        let framework = rules.framework();
        let highest = i64::from(rules.ladder().highest());
        if self.referrers_level.is_some_and(|level| !(1..=highest).contains(&level)) {
            let detail = format!("this framework has levels 1 to {highest}");
            faults.push(Fault::new("/referrers_level", FaultCode::OutOfRange, detail));
        }
        let agencies = || framework.agencies.iter().map(|agency| agency.id.as_str());
        if let Some(agency) = &self.referrer.agency
            && !agencies().any(|known| known == agency)
        {
            let fault = Fault::new("/referrer/agency", FaultCode::UnknownAgency, "no such agency in this framework");
            faults.push(fault.suggest(agency, agencies()));
        }
        let sources = framework.code_lists.iter().find(|list| list.id == "referral_sources");
        if let (Some(code), Some(list)) = (&self.referrer.source_code, sources)
            && !list.codes.iter().any(|known| known.code == *code)
        {
            let codes: Vec<&str> = list.codes.iter().map(|code| code.code.as_str()).collect();
            let fault = Fault::new("/referrer/source_code", FaultCode::UnknownCode, "no such source of referral");
            faults.push(fault.instead(codes.join(", ")));
        }
        let anonymous = self.referrer.anonymous;
        faults.extend(stays_anonymous(rules, "/referrer", anonymous, self.referrer.agency.as_deref()));
        // Nor is whoever stays anonymous a professional by their code.
        let codes: Vec<&str> = framework
            .agencies
            .iter()
            .filter(|one| one.public)
            .flat_map(|one| &one.source_codes)
            .map(String::as_str)
            .collect();
        if anonymous && self.referrer.source_code.as_deref().is_some_and(|code| !codes.contains(&code)) {
            let detail = "this is a professional's code; only a member of the public may stay anonymous";
            faults.push(Fault::new("/referrer/source_code", FaultCode::NotAnonymous, detail).instead(codes.join(", ")));
        }
        faults
    }

    /// The level that the referrer thinks it is, as a rank.
    pub fn referrers_rank(&self) -> Option<Rank> {
        self.referrers_level.and_then(|level| Rank::try_from(level).ok())
    }

    /// When it was received: as sent, but never later than now.
    ///
    /// # Errors
    /// When it is said to be received in the future.
    pub fn received_at(&self, now: Timestamp) -> Result<Timestamp, Fault> {
        match self.referral.received_at {
            Some(received) if received > now => {
                Err(Fault::new("/received_at", FaultCode::InTheFuture, "a referral is received before it is recorded"))
            }
            received => Ok(received.unwrap_or(now)),
        }
    }
}

/// A key of an object and its value.
type Entry = (String, Json);

/// The entries of an object under some keys, and the others.
fn split<'j>(json: &'j Json, keys: &[&str]) -> (Vec<&'j Entry>, Vec<Entry>) {
    let Json::Object(entries) = json else { return (Vec::new(), Vec::new()) };
    let (own, rest): (Vec<_>, Vec<_>) = entries.iter().partition(|(key, _)| keys.contains(&key.as_str()));
    (own, rest.into_iter().cloned().collect())
}

fn level(reader: &mut Reader, json: &Json, at: &str) -> Option<i64> {
    if let Json::Integer(level) = json {
        return Some(*level);
    }
    reader.wrong_type(at, "a level's number", json);
    None
}

fn referrer(reader: &mut Reader, json: &Json, at: &str) -> Referrer {
    let mut referrer = Referrer::default();
    for (key, value) in reader.object(json, at) {
        let at = pointer(at, key);
        let mut text = || reader.text_of(value, &at, MAX_LINE);
        match key.as_str() {
            "organisation" => referrer.organisation = text().unwrap_or_default(),
            "agency" => referrer.agency = text(),
            "source_code" => referrer.source_code = text(),
            "name" => referrer.name = text(),
            "role" => referrer.role = text(),
            "contact" => referrer.contact = text(),
            "basis" => referrer.basis = word(reader, value, &at),
            "anonymous" => referrer.anonymous = yes_or_no(reader, value, &at),
            _ => reader.unknown_key("/referrer", key, &REFERRER_KEYS),
        }
    }
    misplaced_anonymity(reader, at, referrer.anonymous, referrer.name.is_some());
    referrer
}

fn home(reader: &mut Reader, own: &[&Entry]) -> Home {
    let mut home = Home::default();
    for (key, value) in own {
        let at = pointer("/household", key);
        let text = reader.text_of(value, &at, MAX_ACCOUNT);
        if key == "address" { home.address = text } else { home.people = text }
    }
    home
}

fn identity(reader: &mut Reader, own: &[&Entry], at: &str) -> Identity {
    let mut identity = Identity::default();
    for (key, value) in own {
        let at = pointer(at, key);
        match key.as_str() {
            "name" => identity.name = reader.text_of(value, &at, MAX_LINE),
            "monitoring" => identity.monitoring = monitoring(reader, value, &at),
            "own_words" => identity.own_words = reader.text_of(value, &at, MAX_ACCOUNT),
            "nhs_number" => {
                identity.nhs_number = number(reader, value, &at, nhs_number, "an NHS number has ten digits")
            }
            _ => identity.upn = number(reader, value, &at, upn, "a UPN is a letter, eleven digits and one more"),
        }
    }
    identity
}

fn monitoring(reader: &mut Reader, json: &Json, at: &str) -> Monitoring {
    let mut monitoring = Monitoring::default();
    for (key, value) in reader.object(json, at) {
        let at_key = pointer(at, key);
        match key.as_str() {
            "sex" => monitoring.sex = word(reader, value, &at_key),
            "ethnicity" => monitoring.ethnicity = word(reader, value, &at_key),
            "disability" => monitoring.disability = word(reader, value, &at_key),
            _ => reader.unknown_key(at, key, &["sex", "ethnicity", "disability"]),
        }
    }
    monitoring
}

fn number(
    reader: &mut Reader,
    json: &Json,
    at: &str,
    plain: fn(&str) -> Option<String>,
    detail: &str,
) -> Option<String> {
    let text = reader.text_of(json, at, MAX_LINE)?;
    let plain = plain(&text);
    if plain.is_none() {
        reader.tell(at, FaultCode::NotThatNumber, format!("{detail}, and its check character must fit"));
    }
    plain
}

/// An NHS number without spaces, when its check digit fits (modulus 11).
pub(crate) fn nhs_number(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let digits: Vec<u32> = plain.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    let (check, first) = digits.split_last().filter(|_| digits.len() == 10)?;
    let sum: u32 = first.iter().zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
    ((11 - sum % 11) % 11 == *check).then_some(plain)
}

/// A unique pupil number in capitals, when its check letter fits (modulus 23, weights 2 to 13).
pub(crate) fn upn(text: &str) -> Option<String> {
    const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";
    let plain = text.trim().to_ascii_uppercase();
    let bytes = plain.as_bytes();
    let (first, rest) = bytes.split_first().filter(|_| bytes.len() == 13)?;
    let letter = |byte: u8| LETTERS.iter().position(|letter| *letter == byte);
    let mut sum = 0;
    for (place, byte) in rest.iter().enumerate() {
        let last = place == rest.len() - 1;
        // A temporary number ends in a letter, which counts by its place among the check letters.
        let value = if last && byte.is_ascii_alphabetic() {
            letter(*byte)?
        } else {
            usize::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?)
        };
        sum += value * (place + 2);
    }
    (letter(*first)? == sum % 23).then_some(plain)
}
