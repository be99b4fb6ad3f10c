//! A transfer that came: which of its facts these rules know, the rest in words, and the referral that it becomes.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Transfer, TransferredFact, is_same};
use crate::criteria::RuleSet;
use crate::facts::{Answer, Answers, Said};
use crate::ladder::{LevelOfNeed, Rank};

/// As much as an account holds; the file itself stays with the referral, and is shown whole.
const MAX_ACCOUNT: usize = 20_000;
/// The kind of agency, and the census code, of another authority.
const ANOTHER_COUNCIL: &str = "other_council";
const SOURCE_CODE: &str = "5C";

impl Transfer {
    /// The levels of these rules that stand under the duty which the sender acted under.
    pub fn levels_here<'r>(&self, rules: &'r RuleSet) -> Vec<&'r LevelOfNeed> {
        let Some(duty) = self.sent_under else { return Vec::new() };
        rules.ladder().levels().iter().filter(|level| level.duties.contains(&duty)).collect()
    }

    /// The highest of them: what the sender acted under is never taken for less.
    pub fn level_here(&self, rules: &RuleSet) -> Option<Rank> {
        self.levels_here(rules).iter().map(|level| level.rank).max()
    }

    /// What was asked there and is not asked here.
    pub fn not_asked_here<'t>(&'t self, rules: &'t RuleSet) -> impl Iterator<Item = &'t TransferredFact> {
        self.facts.iter().filter(|fact| !fact.is_known_to(rules))
    }

    /// The request of a referral that says the same here. What these rules do not ask goes into the account, in words.
    pub fn request(&self, rules: &RuleSet, now: Timestamp) -> Value {
        let facts = self.facts_here(rules);
        let raised = self.raised.iter().filter(|raised| rules.topics().iter().any(|topic| topic.id == raised.id));
        let concerns: Vec<&str> = raised.map(|raised| raised.id.as_str()).collect();
        let mut child = json!({ "facts": facts, "concerns": concerns });
        let dates = [("date_of_birth", self.child.date_of_birth), ("due_date", self.child.due_date)];
        let words = [
            ("name", &self.child.name),
            ("nhs_number", &self.child.nhs_number),
            ("upn", &self.child.upn),
            ("own_words", &self.child.own_words),
        ];
        for (key, date) in dates {
            if let Some(date) = date {
                child[key] = date.to_string().into();
            }
        }
        for (key, text) in words {
            if let Some(text) = text {
                child[key] = text.clone().into();
            }
        }
        let mut referrer = json!({ "organisation": self.from.organisation, "name": self.from.name });
        let framework = rules.framework();
        if framework.agencies.iter().any(|agency| agency.id == ANOTHER_COUNCIL) {
            referrer["agency"] = ANOTHER_COUNCIL.into();
        }
        let sources = framework.code_lists.iter().find(|list| list.id == "referral_sources");
        if sources.is_none_or(|list| list.codes.iter().any(|code| code.code == SOURCE_CODE)) {
            referrer["source_code"] = SOURCE_CODE.into();
        }
        let mut request = json!({
            "received_at": now.to_string(), "referrer": referrer, "account": self.account(rules), "children": [child],
        });
        if let Some(address) = &self.child.address {
            request["household"] = json!({ "address": address });
        }
        if let Some(rank) = self.level_here(rules) {
            request["referrers_level"] = rank.into();
        }
        let about = &self.referral;
        for (key, word) in [
            ("family_told", json!(about.family_told)),
            ("agrees_to_help", json!(about.agrees_to_help)),
            ("sharing_basis", json!(about.sharing_basis)),
        ] {
            if !word.is_null() {
                request[key] = word;
            }
        }
        if about.unsafe_to_share {
            request["unsafe_to_share"] = true.into();
        }
        request
    }

    /// What is a fact here, each once. What a file says twice is two accounts: the last one is not the one that holds.
    fn facts_here(&self, rules: &RuleSet) -> Map<String, Value> {
        let mut accounts: Vec<(&str, Vec<&TransferredFact>)> = Vec::new();
        for fact in self.facts.iter().filter(|fact| fact.is_known_to(rules)) {
            match accounts.iter_mut().find(|(id, _)| *id == fact.id) {
                Some((_, all)) => all.push(fact),
                None => accounts.push((fact.id.as_str(), vec![fact])),
            }
        }
        accounts.into_iter().map(|(id, all)| (id.to_owned(), together(rules, id, &all))).collect()
    }

    /// The account: who transfers it and why, what they were told, and what these rules do not ask.
    fn account(&self, rules: &RuleSet) -> String {
        let under = self.sent_under.map(|duty| format!(" under {}", duty.says())).unwrap_or_default();
        let mut lines = vec![format!(
            "Transferred by {} ({}){under}. Their reference is {}; they received it from {}.",
            self.from.name, self.from.organisation, self.referral.reference, self.referral.referred_by
        )];
        lines.extend(self.act_now.iter().map(|says| format!("To be done at once, they say: {says}")));
        lines
            .extend(self.not_asked_here(rules).map(|fact| format!("Asked there, not asked here: {}", fact.in_words())));
        let elsewhere = self.raised.iter().filter(|raised| !rules.topics().iter().any(|topic| topic.id == raised.id));
        lines.extend(elsewhere.map(|raised| format!("Raised there: {}", raised.says)));
        let open = |ask: &str, who: &[String]| match who {
            [] => format!("Not known there: {ask}"),
            who => format!("Not known there: {ask} Who would know: {}", who.join("; ")),
        };
        lines.extend(self.not_known.iter().map(|one| open(&one.ask, &one.would_know)));
        lines.extend(self.referral.account.iter().map(|account| format!("What the referrer told them: {account}")));
        fitting(lines)
    }
}

/// One fact as all accounts of it in a file tell it: what is known beats what is not, and of answers that differ the most
/// protective is used and the last other shown.
fn together(rules: &RuleSet, id: &str, accounts: &[&TransferredFact]) -> Value {
    let said = accounts.iter().map(|fact| (id.to_owned(), fact.said())).collect();
    let Answers { said, .. } = rules.understood(Answers { said, ..Answers::default() });
    let answers: Vec<&Answer> = said.iter().flat_map(|(_, said)| said.answers()).collect();
    match (accounts, answers.first()) {
        ([only], _) => only.value(),
        (_, None) => accounts.last().map(|last| last.value()).unwrap_or_default(),
        (_, Some(first)) => {
            // The first of the greatest: where there is no order of concern, the first account stands.
            let used = answers.iter().fold(*first, |used, other| {
                if rules.concern(id, other) > rules.concern(id, used) { other } else { used }
            });
            match answers.iter().rev().find(|other| **other != used) {
                None => json!(used),
                Some(other) => json!({ "answer": used, "also_said": other }),
            }
        }
    }
}

/// As many lines as an account holds, and a word that there are more.
fn fitting(lines: Vec<String>) -> String {
    const MORE: &str = "There is more in the transfer itself, which is kept with this referral.";
    let (mut text, count) = (String::new(), lines.len());
    for (place, line) in lines.into_iter().enumerate() {
        let left = if place + 1 == count { 0 } else { MORE.len() + 1 };
        if text.len() + line.len() + 1 + left > MAX_ACCOUNT {
            return text + MORE;
        }
        text += &line;
        text.push('\n');
    }
    text.trim_end().to_owned()
}

impl TransferredFact {
    /// Whether these rules ask the same question and take the answer. An id alone is not enough: another area may ask
    /// something else under the same id, and what is not known here is asked again.
    fn is_known_to(&self, rules: &RuleSet) -> bool {
        let is_asked = rules.fact(&self.id).is_some_and(|fact| is_same(&rules.indicators()[fact].ask, &self.ask));
        let one = Answers { said: vec![(self.id.clone(), self.said())], ..Answers::default() };
        is_asked && rules.read(&one, "").is_ok()
    }

    /// Whether somebody knew it and said it.
    pub(super) fn is_answered(&self) -> bool {
        !matches!(self.said(), Said::NotKnown | Said::Refused)
    }

    fn said(&self) -> Said {
        match (&self.answer, &self.also_said) {
            (Answer::Word(word), None) if word == "not_known" => Said::NotKnown,
            (Answer::Word(word), None) if word == "refused" => Said::Refused,
            (answer, None) => Said::Answer(answer.clone()),
            (answer, Some(other)) => Said::TwoAccounts(answer.clone(), other.clone()),
        }
    }

    fn value(&self) -> Value {
        match &self.also_said {
            None => json!(self.answer),
            Some(other) => json!({ "answer": self.answer, "also_said": other }),
        }
    }

    /// Question and answer, in the sender's words.
    pub fn in_words(&self) -> String {
        let also = self.also_says.as_ref().map(|also| format!("; also said: {also}")).unwrap_or_default();
        format!("{} {}{also}", self.ask, self.says)
    }
}
