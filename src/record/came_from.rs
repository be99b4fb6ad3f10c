//! Where each answer of a referral came from, as its reader may see it.
//!
//! To a partner only its own words: an account of another's is not there, nor that there is one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::RecordError;
use super::body::Evaluated;
use super::case::Case;
use crate::criteria::RuleSet;
use crate::facts::{Answer, Said};
use crate::referral::caller::Basis;
use crate::referral::provenance::{AccountOf, CameFrom, RestsOn, Whose, givers, rests_only_on, used};
use crate::referral::unfold::SaidBy;

/// Where the answers of a referral came from.
#[derive(Debug)]
pub struct Sources<'r> {
    rules: &'r RuleSet,
    /// Whose words each piece is; the referral itself comes first.
    pub givers: Vec<SaidBy>,
    /// The answers about each child.
    pub children: Vec<Vec<CameFrom>>,
}

/// Where one child's answers came from.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChildCameFrom {
    /// The sender's own reference, else the child's place.
    #[serde(rename = "ref")]
    reference: String,
    /// Each fact that was spoken of.
    facts: Vec<FactCameFrom>,
    /// The reasons of the evaluation that rest only on anonymous or third-hand words. They count like any other.
    rests_only_on: Vec<ReasonRestsOn>,
}

/// Where one answer came from.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct FactCameFrom {
    /// The fact.
    fact: String,
    /// The answer that is used, if one is known.
    used: Option<Answer>,
    /// Every account of it.
    accounts: Vec<AccountRead>,
}

/// One account of a fact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AccountRead {
    /// The piece that gives it, as under `said`.
    piece: usize,
    /// Of whom it was said.
    about: Whose,
    /// What was said, as a request says it.
    #[schema(value_type = serde_json::Value)]
    said: Value,
    /// How whoever said it knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<Basis>,
    /// Whether they would not say who they are.
    anonymous: bool,
    /// Whether it was reckoned from a date.
    reckoned: bool,
    /// The piece that corrects it.
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected_by: Option<usize>,
    /// Whether it says what is used, or as much.
    is_used: bool,
}

/// On what a reason rests alone.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ReasonRestsOn {
    /// The reason, by its id in the evaluation.
    reason: String,
    /// On what.
    on: RestsOn,
}

/// What is read of an evaluation.
#[derive(Debug, Default, Deserialize)]
struct Reasons {
    reasons: Vec<Reason>,
}

#[derive(Debug, Deserialize)]
struct Reason {
    id: String,
    facts: Vec<Fact>,
}

#[derive(Debug, Deserialize)]
struct Fact {
    id: String,
}

impl<'r> Sources<'r> {
    /// Of a referral, for whom may see all of it or for the one organisation whose it is.
    ///
    /// # Errors
    /// When what was kept cannot be read again.
    pub fn of(case: &Case, only: Option<&str>, rules: &'r RuleSet) -> Result<Self, RecordError> {
        let (received, pieces) = case.said_to(only, None)?;
        let children = received.referral.came_from(&pieces, rules);
        Ok(Self { rules, givers: givers(&received, &pieces), children })
    }

    /// The reasons of one child's evaluation that rest only on anonymous or third-hand words, by id.
    pub fn thin(&self, child: usize, evaluation: &str) -> Vec<(String, RestsOn)> {
        let Some(told) = self.children.get(child) else { return Vec::new() };
        let reasons: Reasons = serde_json::from_str(evaluation).unwrap_or_default();
        let rests = |reason: Reason| {
            let facts = reason.facts.iter().map(|fact| fact.id.as_str());
            rests_only_on(told, &self.givers, facts).map(|on| (reason.id, on))
        };
        reasons.reasons.into_iter().filter_map(rests).collect()
    }

    /// As the API answers it, beside what is indicated.
    pub fn read(&self, evaluated: &Evaluated) -> Vec<ChildCameFrom> {
        let children = evaluated.children.iter().zip(&self.children).enumerate();
        let child = |(place, (child, told)): (usize, (&super::body::EvaluatedChild, &Vec<CameFrom>))| ChildCameFrom {
            reference: child.reference.clone(),
            facts: told.iter().map(|one| self.fact(one)).collect(),
            rests_only_on: self
                .thin(place, child.evaluation.get())
                .into_iter()
                .map(|(reason, on)| ReasonRestsOn { reason, on })
                .collect(),
        };
        children.map(child).collect()
    }

    fn fact(&self, one: &CameFrom) -> FactCameFrom {
        FactCameFrom {
            fact: one.fact.clone(),
            used: used(self.rules, &one.fact, &one.said).cloned(),
            accounts: one.accounts.iter().map(|account| self.account(account)).collect(),
        }
    }

    fn account(&self, account: &AccountOf) -> AccountRead {
        let giver = account.piece.checked_sub(1).and_then(|place| self.givers.get(place));
        AccountRead {
            piece: account.piece,
            about: account.about,
            said: as_sent(&account.said),
            basis: giver.and_then(|giver| giver.basis),
            anonymous: giver.is_some_and(|giver| giver.anonymous),
            reckoned: account.reckoned,
            corrected_by: account.corrected_by,
            is_used: account.is_used,
        }
    }
}

/// What was said of a fact, as a request says it.
fn as_sent(said: &Said) -> Value {
    match said {
        Said::Answer(answer) => serde_json::json!(answer),
        Said::TwoAccounts(answer, other) => serde_json::json!({ "answer": answer, "also_said": other }),
        Said::NotKnown => "not_known".into(),
        Said::Refused => "refused".into(),
    }
}
