//! A referral unfolds: what became known later, who said it, and what all of it together says now.
//!
//! Nothing said is overwritten. Two accounts of one fact both stand, and the more protective is used; a retraction is
//! one more account and removes none, for children do take back what was true. Only a correction, which names the
//! piece that was wrong and says why, puts one answer in the place of another; the record keeps both.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::caller::{Basis, misplaced_anonymity, stays_anonymous, yes_or_no};
use super::request::{Child, Reader, Referral};
use super::words::word;
use crate::criteria::RuleSet;
use crate::facts::{Answer, Answers, Said};
use crate::json::{Fault, FaultCode, Json, pointer};

/// More pieces than any one referral gathers; each is read again whenever another comes.
pub const MAX_PIECES: usize = 200;
const MAX_ACCOUNT: usize = 20_000;
const MAX_LINE: usize = 200;

/// What kind of piece it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Somebody said something.
    #[default]
    Answers,
    /// An agency looked into its own records.
    Check,
    /// Somebody takes back what they said; what they said stands beside it.
    Retraction,
    /// An earlier piece was recorded wrongly.
    Correction,
    /// The family or the child says that an earlier piece is wrong; both stand beside each other.
    Disputed,
}

/// Who said it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SaidBy {
    /// The organisation, if any.
    pub organisation: Option<String>,
    /// The kind of agency, as the framework lists them.
    pub agency: Option<String>,
    /// Who.
    pub name: Option<String>,
    /// In which role, or how related.
    pub role: Option<String>,
    /// How they know it.
    pub basis: Option<Basis>,
    /// Whether they would not say who they are.
    pub anonymous: bool,
}

/// One piece of information.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Information {
    /// What kind of piece it is.
    pub sort: Sort,
    /// When it was said.
    pub said_at: Option<Timestamp>,
    /// Who said it.
    pub said_by: SaidBy,
    /// In free text.
    pub account: Option<String>,
    /// Whether what it says must reach nobody of the family.
    pub unsafe_to_share: bool,
    /// Of a correction, or of what the family disputes: the number of the piece that was wrong; the referral itself is 1.
    pub corrects: Option<i64>,
    /// Of a correction: why.
    pub because: Option<String>,
    /// About the household.
    pub household: Option<Answers>,
    /// About children, by `ref`.
    pub children: Vec<Child>,
}

const KEYS: [&str; 9] =
    ["kind", "said_at", "said_by", "account", "unsafe_to_share", "corrects", "because", "household", "children"];
const SAID_BY_KEYS: [&str; 6] = ["organisation", "agency", "name", "role", "basis", "anonymous"];

impl SaidBy {
    /// Whether it names nobody, and does not say that somebody would not be named.
    fn is_nobody(&self) -> bool {
        Self { basis: None, ..self.clone() } == Self::default()
    }
}

impl Information {
    /// Reads a request.
    ///
    /// # Errors
    /// Every fault that can be told without the referral and its rule set.
    pub fn read(json: &Json) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader::new();
        let mut piece = Self::default();
        for (key, value) in reader.object(json, "") {
            let at = pointer("", key);
            match key.as_str() {
                "kind" => piece.sort = sort(&mut reader, value, &at),
                "said_at" => piece.said_at = reader.timestamp(value, &at),
                "said_by" => piece.said_by = said_by(&mut reader, value, &at),
                "account" => piece.account = reader.text_of(value, &at, MAX_ACCOUNT),
                "unsafe_to_share" => piece.unsafe_to_share = reader.yes_no(value, &at),
                "because" => piece.because = reader.text_of(value, &at, MAX_ACCOUNT),
                "corrects" => match value {
                    Json::Integer(number) => piece.corrects = Some(*number),
                    _ => reader.wrong_type(&at, "the number of a piece", value),
                },
                "household" => piece.household = Some(reader.household(value, &at)),
                "children" => piece.children = reader.children(value, &at),
                _ => reader.unknown_key("", key, &KEYS),
            }
        }
        if reader.faults.is_empty() {
            piece.check(&mut reader);
        }
        if reader.faults.is_empty() { Ok(piece) } else { Err(reader.faults) }
    }

    fn check(&self, reader: &mut Reader) {
        let is_correction = self.sort == Sort::Correction;
        let is_disputed = self.sort == Sort::Disputed;
        let (corrects, because) = (self.corrects.is_some(), self.because.is_some());
        for (key, given, is_needed, is_fine) in [
            ("corrects", corrects, is_correction || is_disputed, is_correction || is_disputed),
            ("because", because, is_correction, is_correction),
            ("account", self.account.is_some(), is_disputed, true),
        ] {
            let at = pointer("", key);
            if is_needed && !given {
                let detail = if is_correction {
                    "a correction names the piece that was wrong, and says why"
                } else {
                    "what the family disputes names the piece, and says in their own words what is wrong with it"
                };
                reader.tell(&at, FaultCode::MissingKey, detail);
            } else if given && !is_fine {
                reader.tell(&at, FaultCode::MisplacedKey, "only a correction has this");
            }
        }
        if self.said_by.is_nobody() {
            reader.tell("/said_by", FaultCode::MissingKey, "say who said it");
        }
        for (index, child) in self.children.iter().enumerate() {
            let at = format!("/children/{index}");
            if child.reference.is_none() {
                reader.tell(&format!("{at}/ref"), FaultCode::MissingKey, "say which child this is about");
            }
            for (key, given) in
                [("date_of_birth", child.date_of_birth.is_some()), ("due_date", child.due_date.is_some())]
            {
                if given && !is_correction {
                    reader.tell(&pointer(&at, key), FaultCode::MisplacedKey, "only a correction changes a date");
                }
            }
        }
        if self.account.is_none() && self.household.is_none() && self.children.is_empty() {
            reader.tell("", FaultCode::NothingSaid, "this says nothing: send `account`, `household` or `children`");
        }
    }
}

fn sort(reader: &mut Reader, json: &Json, at: &str) -> Sort {
    match json {
        Json::Text(word) if word == "answers" => Sort::Answers,
        Json::Text(word) if word == "check" => Sort::Check,
        Json::Text(word) if word == "retraction" => Sort::Retraction,
        Json::Text(word) if word == "correction" => Sort::Correction,
        Json::Text(word) if word == "disputed" => Sort::Disputed,
        _ => {
            let fault = Fault::new(at, FaultCode::UnknownWord, "a piece of information is one of five kinds");
            reader.faults.push(fault.instead("answers, check, retraction, correction, disputed"));
            Sort::Answers
        }
    }
}

fn said_by(reader: &mut Reader, json: &Json, at: &str) -> SaidBy {
    let mut said_by = SaidBy::default();
    for (key, value) in reader.object(json, at) {
        let under = pointer(at, key);
        match key.as_str() {
            "organisation" => said_by.organisation = reader.text_of(value, &under, MAX_LINE),
            "agency" => said_by.agency = reader.text_of(value, &under, MAX_LINE),
            "name" => said_by.name = reader.text_of(value, &under, MAX_LINE),
            "role" => said_by.role = reader.text_of(value, &under, MAX_LINE),
            "basis" => said_by.basis = word(reader, value, &under),
            "anonymous" => said_by.anonymous = yes_or_no(reader, value, &under),
            _ => reader.unknown_key(at, key, &SAID_BY_KEYS),
        }
    }
    misplaced_anonymity(reader, at, said_by.anonymous, said_by.name.is_some());
    said_by
}

impl Referral {
    /// What a child is called: the sender's reference, else its place.
    pub fn reference_of(&self, child: usize) -> String {
        let given = self.children.get(child).and_then(|child| child.reference.clone());
        given.unwrap_or_else(|| (child + 1).to_string())
    }

    /// The child that is called so.
    pub fn child_called(&self, reference: &str) -> Option<usize> {
        (0..self.children.len()).find(|child| self.reference_of(*child) == reference)
    }

    /// What is wrong with a piece that is to be added after `pieces` others.
    pub fn faults_of(&self, piece: &Information, pieces: usize, rules: &RuleSet) -> Vec<Fault> {
        let mut faults = Vec::new();
        for child in &piece.children {
            let reference = child.reference.as_deref().unwrap_or_default();
            if self.child_called(reference).is_none() {
                let known: Vec<String> = (0..self.children.len()).map(|child| self.reference_of(child)).collect();
                let fault =
                    Fault::new(format!("{}/ref", child.at), FaultCode::UnknownChild, "this referral has no such child");
                faults.push(fault.instead(known.join(", ")));
            }
            faults.extend(rules.read(&child.answers, &child.at).err().into_iter().flatten());
        }
        if let Some(household) = &piece.household {
            faults.extend(rules.read(household, "/household").err().into_iter().flatten());
        }
        if let Some(number) = piece.corrects
            && !usize::try_from(number).is_ok_and(|number| (1..=pieces).contains(&number))
        {
            let fault = Fault::new("/corrects", FaultCode::OutOfRange, "this referral has no piece of that number");
            faults.push(fault.instead(format!("1 to {pieces}")));
        }
        let SaidBy { anonymous, agency, .. } = &piece.said_by;
        faults.extend(stays_anonymous(rules, "/said_by", *anonymous, agency.as_deref()));
        faults
    }

    /// The referral as all its pieces together tell it.
    #[must_use]
    pub fn unfolded(&self, pieces: &[Information], rules: &RuleSet) -> Self {
        let mut now = self.clone();
        if pieces.is_empty() {
            return now;
        }
        // How much the sender wanted explained was about its own answer.
        now.explain = None;
        for piece in pieces {
            for told in &piece.children {
                let Some(child) = told.reference.as_deref().and_then(|reference| self.child_called(reference)) else {
                    continue;
                };
                if let Some(child) = now.children.get_mut(child) {
                    add_concerns(&mut child.answers, &told.answers);
                    if told.date_of_birth.is_some() || told.due_date.is_some() {
                        (child.date_of_birth, child.due_date) = (told.date_of_birth, told.due_date);
                    }
                }
            }
            if let Some(told) = &piece.household {
                add_concerns(now.household.get_or_insert_default(), told);
            }
        }
        let of_household = self.accounts_of_household(pieces);
        if let Some(now) = &mut now.household {
            now.said = together(of_household, rules);
        }
        for (index, child) in now.children.iter_mut().enumerate() {
            child.answers.said = together(self.accounts_of_child(index, pieces), rules);
        }
        now
    }

    /// What each piece says of a child, the household's answers among it, but for what was
    /// corrected since; the referral itself first.
    pub fn told_of_child(&self, index: usize, pieces: &[Information]) -> Vec<Vec<(String, Said)>> {
        let mut told = vec![Vec::new(); pieces.len() + 1];
        for (fact, accounts) in self.accounts_of_child(index, pieces) {
            for account in accounts.into_iter().filter(|account| account.corrected_by.is_none()) {
                told[account.piece - 1].push((fact.clone(), account.said));
            }
        }
        told
    }

    /// Every account of what was said of the household.
    pub(super) fn accounts_of_household(&self, pieces: &[Information]) -> Vec<(String, Vec<Account>)> {
        let first = beside(said_of(self.household.as_ref()), Vec::new());
        gathered(first, pieces, |piece| beside(said_of(piece.household.as_ref()), Vec::new()))
    }

    /// Every account of what was said of a child, the household's among them.
    pub(super) fn accounts_of_child(&self, index: usize, pieces: &[Information]) -> Vec<(String, Vec<Account>)> {
        let own = said_of(self.children.get(index).map(|child| &child.answers));
        let first = beside(own, said_of(self.household.as_ref()));
        gathered(first, pieces, |piece| {
            let is_told = |told: &&Child| {
                told.reference.as_deref().and_then(|reference| self.child_called(reference)) == Some(index)
            };
            let told = piece.children.iter().find(is_told).map(|told| &told.answers);
            beside(said_of(told), said_of(piece.household.as_ref()))
        })
    }
}

fn said_of(answers: Option<&Answers>) -> Vec<(String, Said)> {
    answers.map(|answers| answers.said.clone()).unwrap_or_default()
}

/// What one piece says of a child: the child's own answer, else the household's. Only within one piece does the child's
/// own beat the household's: said at another time, by another, both are accounts.
fn beside(own: Vec<(String, Said)>, household: Vec<(String, Said)>) -> Vec<Told> {
    let mut told: Vec<Told> = own.into_iter().map(|(fact, said)| Told { fact, own: true, said }).collect();
    for (fact, said) in household {
        match told.iter_mut().find(|known| known.fact == fact) {
            None => told.push(Told { fact, own: false, said }),
            Some(known) if matches!(known.said, Said::NotKnown | Said::Refused) => {
                (known.own, known.said) = (false, said);
            }
            Some(_) => {}
        }
    }
    told
}

fn add_concerns(to: &mut Answers, from: &Answers) {
    for concern in &from.concerns {
        if !to.concerns.contains(concern) {
            to.concerns.push(concern.clone());
        }
    }
}

/// What one piece says of one fact.
struct Told {
    fact: String,
    /// Whether it was said of this child, or of the household.
    own: bool,
    said: Said,
}

/// One account of one fact: in which piece, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub piece: usize,
    pub own: bool,
    pub said: Said,
    /// The correction that stands in its place.
    pub corrected_by: Option<usize>,
}

/// Every fact once, in the order first spoken of, with every account of it.
fn gathered(
    first: Vec<Told>,
    pieces: &[Information],
    of: impl Fn(&Information) -> Vec<Told>,
) -> Vec<(String, Vec<Account>)> {
    let account =
        |piece, told: Told| (told.fact, Account { piece, own: told.own, said: told.said, corrected_by: None });
    let begin = |told| {
        let (fact, account) = account(1, told);
        (fact, vec![account])
    };
    let mut facts: Vec<(String, Vec<Account>)> = first.into_iter().map(begin).collect();
    for (index, piece) in pieces.iter().enumerate() {
        for told in of(piece) {
            let (fact, account) = account(index + 2, told);
            match facts.iter_mut().find(|(known, _)| *known == fact) {
                None => facts.push((fact, vec![account])),
                Some((_, accounts)) => {
                    // A number that is no piece's corrects nothing; such a request was refused.
                    // What a family disputes stands beside what it says is wrong.
                    let corrects = piece.corrects.filter(|_| piece.sort == Sort::Correction);
                    let wrong = corrects.and_then(|number| usize::try_from(number).ok());
                    // What was said of the household is corrected for the household.
                    let is_wrong = |other: &&mut Account| {
                        other.corrected_by.is_none() && Some(other.piece) == wrong && other.own == account.own
                    };
                    for other in accounts.iter_mut().filter(is_wrong) {
                        other.corrected_by = Some(account.piece);
                    }
                    accounts.push(account);
                }
            }
        }
    }
    facts
}

/// Every fact as all accounts that stand together tell it.
fn together(facts: Vec<(String, Vec<Account>)>, rules: &RuleSet) -> Vec<(String, Said)> {
    let one = |(fact, accounts): (String, Vec<Account>)| {
        let stand: Vec<&Said> =
            accounts.iter().filter(|account| account.corrected_by.is_none()).map(|account| &account.said).collect();
        let said = of_one_fact(&fact, &stand, rules);
        said.map(|said| (fact, said))
    };
    facts.into_iter().filter_map(one).collect()
}

/// What is known beats what is not; of what is known, the most protective account is used and the last other shown.
fn of_one_fact(fact: &str, accounts: &[&Said], rules: &RuleSet) -> Option<Said> {
    let answers: Vec<&Answer> = accounts.iter().flat_map(|said| said.answers()).collect();
    let Some(first) = answers.first() else { return accounts.last().map(|said| (*said).clone()) };
    // The first of the greatest: where there is no order of concern, the first account stands.
    let used = answers
        .iter()
        .fold(*first, |used, other| if rules.concern(fact, other) > rules.concern(fact, used) { other } else { used });
    match answers.iter().rev().find(|other| **other != used) {
        None => Some(Said::Answer(used.clone())),
        Some(other) => Some(Said::TwoAccounts(used.clone(), (*other).clone())),
    }
}
