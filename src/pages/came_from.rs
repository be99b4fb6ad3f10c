//! Where each answer came from, in words: which entry, whose words, how they know, and what is used.

use serde::Serialize;

use super::answer::{answered, question};
use super::asked::Refused;
use super::fields::capital;
use crate::criteria::RuleSet;
use crate::facts::Said;
use crate::record::came_from::Sources;
use crate::record::case::Case;
use crate::referral::caller::Basis;
use crate::referral::provenance::{AccountOf, CameFrom, RestsOn, Whose};
use crate::referral::unfold::{SaidBy, Sort};

/// The question by which the topic of history is known: the one that the record of earlier referrals answers.
const OF_HISTORY: &str = "previous_contacts_12m";

/// Where the answers of a referral came from, to be worded.
pub(super) struct Told<'a> {
    case: &'a Case,
    rules: &'a RuleSet,
    /// What each later entry is.
    sorts: Vec<Sort>,
    pub sources: Sources<'a>,
}

/// One answer with where it came from.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    asks: String,
    says: String,
    from: Vec<String>,
}

/// The answers about one child.
#[derive(Debug, Serialize)]
pub(super) struct Rows {
    answers: Vec<Row>,
    history: Vec<Row>,
    /// What of the history nobody was asked.
    never_asked: Vec<String>,
}

/// On what a reason rests alone.
pub(super) fn rests(on: RestsOn) -> &'static str {
    match on {
        RestsOn::Anonymous => "Rests only on what an anonymous caller said.",
        RestsOn::ThirdHand => "Rests only on what somebody heard from another.",
        RestsOn::AnonymousAndThirdHand => {
            "Rests only on what an anonymous caller said, and on what somebody heard from another."
        }
    }
}

/// How somebody knows what they say.
pub(super) fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::SeenOrHeard => "saw or heard it themselves",
        Basis::ToldByTheChild => "told by the child",
        Basis::ToldByAnother => "heard from another",
        Basis::FromRecords => "from records",
    }
}

/// Whose words something is, as briefly as it can be said.
pub(super) fn whose(rules: &RuleSet, giver: &SaidBy) -> String {
    let agency = giver.agency.as_ref().map(|id| {
        let known = rules.framework().agencies.iter().find(|agency| agency.id == *id);
        let name = known.map_or_else(|| id.replace('_', " "), |agency| agency.name.clone());
        // What stands in brackets or after a colon is for whoever chooses it.
        name.split([':', '(']).next().unwrap_or_default().trim().to_owned()
    });
    let who = if giver.anonymous { Some("anonymous".to_owned()) } else { None };
    let named = agency.or_else(|| giver.role.clone()).or_else(|| giver.name.clone());
    let knows = giver.basis.map(|known| basis(known).to_owned());
    named.into_iter().chain(who).chain(knows).collect::<Vec<_>>().join(", ")
}

impl<'a> Told<'a> {
    pub fn of(case: &'a Case, only: Option<&str>, rules: &'a RuleSet) -> Result<Self, Refused> {
        let (_, pieces) = case.said()?;
        let sorts = pieces.iter().map(|piece| piece.sort).collect();
        Ok(Self { case, rules, sorts, sources: Sources::of(case, only, rules)? })
    }

    /// Everything that was answered about a child, in the order of the rules, its history apart.
    pub fn rows(&self, child: usize) -> Rows {
        let told = self.sources.children.get(child).map_or(&[][..], Vec::as_slice);
        let mut told: Vec<(Option<usize>, &CameFrom)> =
            told.iter().map(|one| (self.rules.fact(&one.fact), one)).collect();
        told.sort_by_key(|(fact, one)| (*fact, one.fact.clone()));
        let topic = self.rules.fact(OF_HISTORY).map(|fact| self.rules.indicators()[fact].topic);
        let is_history =
            |fact: Option<usize>| topic.is_some() && fact.map(|fact| self.rules.indicators()[fact].topic) == topic;
        let (history, answers): (Vec<_>, Vec<_>) = told.iter().partition(|(fact, _)| is_history(*fact));
        let spoken_of = |fact: usize| told.iter().any(|(known, _)| *known == Some(fact));
        let indicators = self.rules.indicators().iter().enumerate();
        let never_asked = indicators
            .filter(|(fact, indicator)| is_history(Some(*fact)) && !spoken_of(*fact) && indicator.retired.is_none());
        Rows {
            answers: answers.into_iter().map(|(_, one)| self.row(one, false)).collect(),
            history: history.into_iter().map(|(_, one)| self.row(one, true)).collect(),
            never_asked: never_asked.map(|(_, indicator)| indicator.ask.clone()).collect(),
        }
    }

    fn row(&self, one: &CameFrom, is_history: bool) -> Row {
        let differ = one.accounts.iter().any(|account| !account.is_used || account.said != one.accounts[0].said);
        let from = |account: &AccountOf| {
            let source = self.source(account, is_history);
            if !differ {
                return source;
            }
            let says = self.says(&one.fact, &account.said);
            let stands = match account.corrected_by {
                Some(piece) => format!("; corrected in entry {piece}"),
                None if account.is_used => "; used".to_owned(),
                None => String::new(),
            };
            format!("{says}: {source}{stands}")
        };
        Row {
            asks: question(self.rules, &one.fact),
            says: self.says(&one.fact, &one.said),
            from: one.accounts.iter().map(|account| format!("{}.", capital(&from(account)))).collect(),
        }
    }

    fn says(&self, fact: &str, said: &Said) -> String {
        let words = |answer: &crate::facts::Answer| {
            serde_json::to_value(answer).map_or_else(|_| String::new(), |value| answered(self.rules, fact, &value))
        };
        match said {
            Said::Answer(answer) => words(answer),
            Said::TwoAccounts(one, other) => format!("{}; also said: {}", words(one), words(other)),
            Said::NotKnown => "Not known".to_owned(),
            Said::Refused => "Asked, and would not say".to_owned(),
        }
    }

    /// Which entry an account stands in, and whose words it is.
    fn source(&self, account: &AccountOf, is_history: bool) -> String {
        let entry = match account.piece {
            1 => "the referral".to_owned(),
            piece => format!("entry {piece}"),
        };
        let later = account.piece.checked_sub(2);
        let confirmed =
            later.and_then(|place| self.case.pieces().get(place).copied()).filter(|body| body.same_child.is_some());
        if let Some(body) = confirmed {
            return format!("the record of earlier referrals, confirmed by {} ({entry})", body.by.name);
        }
        let giver = account.piece.checked_sub(1).and_then(|place| self.sources.givers.get(place));
        let whose = giver.map(|giver| whose(self.rules, giver)).filter(|whose| !whose.is_empty());
        let is_check = later.and_then(|place| self.sorts.get(place)) == Some(&Sort::Check);
        let from_records = is_check || giver.is_some_and(|giver| giver.basis == Some(Basis::FromRecords));
        let mut parts: Vec<String> = std::iter::once(entry).chain(whose).collect();
        if account.reckoned {
            parts.insert(0, "reckoned from the date".to_owned());
        } else if is_history && !from_records {
            parts.push("from memory".to_owned());
        }
        if account.about == Whose::Household {
            parts.push("of the household".to_owned());
        }
        parts.join(", ")
    }
}
