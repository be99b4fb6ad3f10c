//! Where each answer came from: every account of it, whose words it is, and which of them is used.
//!
//! The same gathering that unfolds a referral: nothing here says anything of its own. That an answer rests only on
//! anonymous or third-hand words is said beside it and moves nothing: a neighbour who gives no name may be the only
//! one who hears a child.

use serde::Serialize;

use super::caller::Basis;
use super::received::Received;
use super::request::Referral;
use super::unfold::{Account, Information, SaidBy};
use crate::criteria::RuleSet;
use crate::facts::{Answer, Answers, Said};

/// One account of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountOf {
    /// The piece that gives it; the referral itself is 1.
    pub piece: usize,
    /// Of whom it was said.
    pub about: Whose,
    /// What was said.
    pub said: Said,
    /// Whether it was reckoned from a date that the piece gives.
    pub reckoned: bool,
    /// The correction that stands in its place.
    pub corrected_by: Option<usize>,
    /// Whether it says what is used, or what is of as much concern: it alone would hold up the same.
    pub is_used: bool,
}

/// Of whom something was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// Of the child.
    Child,
    /// Of the household.
    Household,
}

/// Where one answer came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameFrom {
    /// The fact.
    pub fact: String,
    /// What the criteria read of all accounts together.
    pub said: Said,
    /// Every account, in the order given.
    pub accounts: Vec<AccountOf>,
}

/// On what kind of words alone an answer rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RestsOn {
    /// What somebody said who gave no name.
    Anonymous,
    /// What somebody had heard from another.
    ThirdHand,
    /// Some of it the one, some the other.
    AnonymousAndThirdHand,
}

impl SaidBy {
    /// Why these words alone are thin, if they are. Nothing said about how they know is no reason.
    pub fn rests_on(&self) -> Option<RestsOn> {
        match self.basis {
            _ if self.anonymous => Some(RestsOn::Anonymous),
            Some(Basis::ToldByAnother) => Some(RestsOn::ThirdHand),
            _ => None,
        }
    }
}

/// Whose words each piece is, in order; the referral itself comes first.
pub fn givers(received: &Received, pieces: &[Information]) -> Vec<SaidBy> {
    let referrer = received.referrer.clone();
    let first = SaidBy {
        organisation: Some(referrer.organisation),
        agency: referrer.agency,
        name: referrer.name,
        role: referrer.role,
        basis: referrer.basis,
        anonymous: referrer.anonymous,
    };
    std::iter::once(first).chain(pieces.iter().map(|piece| piece.said_by.clone())).collect()
}

impl Referral {
    /// Where each child's answers came from, for a referral and what became known after it.
    pub fn came_from(&self, pieces: &[Information], rules: &RuleSet) -> Vec<Vec<CameFrom>> {
        let now = self.unfolded(pieces, rules);
        let shared = self.accounts_of_household(pieces);
        let children = now.children.iter().enumerate().map(|(index, child)| {
            let mut reckoned = Answers::default();
            now.ages(rules, child, &mut reckoned);
            // Only a correction gives another date.
            let dated = |piece: &Information| {
                piece.children.iter().any(|told| {
                    let is_it = told.reference.as_deref().and_then(|known| self.child_called(known)) == Some(index);
                    is_it && (told.date_of_birth.is_some() || told.due_date.is_some())
                })
            };
            let dated = pieces.iter().rposition(dated).map_or(1, |place| place + 2);
            let own = self.accounts_of_child(index, pieces);
            let of = |accounts: &[(String, Vec<Account>)], fact: &str| -> Vec<Account> {
                accounts.iter().find(|(known, _)| known == fact).map(|(_, of)| of.clone()).unwrap_or_default()
            };
            let one = |(fact, said): (String, Said)| {
                let mut accounts = of(&own, &fact);
                if !accounts.iter().any(|account| stands_for(rules, &fact, account, &said)) {
                    // What the child's own answer stood before in one piece, and stands for again.
                    let again = of(&shared, &fact).into_iter().map(|account| Account { own: false, ..account });
                    let again: Vec<Account> = again.filter(|account| !accounts.contains(account)).collect();
                    accounts.extend(again);
                }
                let reckoned = reckoned.said.iter().find(|(known, _)| *known == fact);
                let reckoned = reckoned.map(|(_, said)| Account {
                    piece: dated,
                    own: true,
                    said: said.clone(),
                    corrected_by: None,
                });
                let read = |account: &Account, reckoned: bool| AccountOf {
                    piece: account.piece,
                    about: if account.own { Whose::Child } else { Whose::Household },
                    said: account.said.clone(),
                    reckoned,
                    corrected_by: account.corrected_by,
                    is_used: stands_for(rules, &fact, account, &said),
                };
                let mut accounts: Vec<AccountOf> = accounts.iter().map(|account| read(account, false)).collect();
                accounts.extend(reckoned.iter().map(|account| read(account, true)));
                CameFrom { fact, said, accounts }
            };
            now.all_said_of(rules, child).said.into_iter().map(one).collect()
        });
        children.collect()
    }
}

/// The answer that is used of what was said: the more protective, the first where there is no order of concern.
pub fn used<'s>(rules: &RuleSet, fact: &str, said: &'s Said) -> Option<&'s Answer> {
    let answers = said.answers();
    let more = |used: &'s Answer, other: &'s Answer| {
        if rules.concern(fact, other) > rules.concern(fact, used) { other } else { used }
    };
    answers.into_iter().reduce(more)
}

/// Whether an account stands, and says what is used or as much: of three times missing and six, where the criteria ask
/// for three or more, either is enough.
fn stands_for(rules: &RuleSet, fact: &str, account: &Account, said: &Said) -> bool {
    let concern = |answer| rules.concern(fact, answer);
    let says = match used(rules, fact, said) {
        Some(answer) => account
            .said
            .answers()
            .into_iter()
            .any(|other| other == answer || (concern(other).is_some() && concern(other) >= concern(answer))),
        None => account.said == *said,
    };
    says && account.corrected_by.is_none()
}

/// On what kind of words alone some facts rest, if they rest on such alone. What nobody spoke of rests on nobody's
/// words: what is presumed, or stands at its least.
pub fn rests_only_on<'f>(
    told: &[CameFrom],
    givers: &[SaidBy],
    facts: impl IntoIterator<Item = &'f str>,
) -> Option<RestsOn> {
    let spoken_of = facts.into_iter().filter_map(|fact| told.iter().find(|one| one.fact == fact));
    let mut rests = Vec::new();
    for account in spoken_of.flat_map(|one| &one.accounts).filter(|account| account.is_used) {
        // Whose words are not known here are not called thin.
        rests.push(account.piece.checked_sub(1).and_then(|place| givers.get(place)?.rests_on())?);
    }
    let (least, most) = (rests.iter().min()?, rests.iter().max()?);
    Some(if least == most { *least } else { RestsOn::AnonymousAndThirdHand })
}
