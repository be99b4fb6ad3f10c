//! A referral: one child or several, household facts given once, dates turned into ages.
//!
//! This is the request of an evaluation, read strictly: every fault at once, each with its pointer, nothing coerced
//! and nothing echoed. Each child is evaluated alone, then what one child's findings ask for the others is added.

use jiff::civil::Date;
use jiff::{Timestamp, Unit};
use serde::Serialize;

use crate::criteria::RuleSet;
use crate::criteria::entries::About;
use crate::facts::{Answer, Answers, Facts, Said, Scope};
use crate::json::{Fault, Json, pointer};
use crate::level::{Evaluation, Explain, Question, evaluate, has};

/// More children than any one referral names.
pub const MAX_CHILDREN: usize = 50;

/// What was said, before any rule set reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Referral {
    /// When it was received; starts the clock.
    pub received_at: Option<Timestamp>,
    /// How much explanation is wanted.
    pub explain: Option<Explain>,
    /// The digest that the caller insists on.
    pub rule_set: Option<String>,
    /// The sender's own reference of the referral.
    pub reference: Option<String>,
    /// What holds for every child, when there are several.
    pub household: Option<Answers>,
    /// The children; exactly one unless `household` or `children` was sent.
    pub children: Vec<Child>,
}

/// One child of a referral.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Child {
    /// The sender's own reference of the child.
    pub reference: Option<String>,
    /// What was said about this child.
    pub answers: Answers,
    /// When the child was born.
    pub date_of_birth: Option<Date>,
    /// When the baby is due.
    pub due_date: Option<Date>,
    /// Where in the request this child stands.
    pub at: String,
}

/// What an evaluation request is answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Indicated {
    /// One child.
    Child(Box<Evaluation>),
    /// Several.
    Children {
        /// Each child's evaluation, in the order sent.
        children: Vec<IndicatedChild>,
    },
}

/// One of several children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct IndicatedChild {
    /// The sender's own reference.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What the criteria indicate for this child.
    pub evaluation: Evaluation,
}

impl Referral {
    /// Reads a request.
    ///
    /// # Errors
    /// Every fault that can be told without a rule set.
    pub fn read(json: &Json) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader { faults: Vec::new() };
        let referral = reader.referral(json);
        if reader.faults.is_empty() { Ok(referral) } else { Err(reader.faults) }
    }

    /// Evaluates every child under a rule set.
    ///
    /// # Errors
    /// Every fact, answer, topic or date that the rule set does not understand.
    pub fn evaluate(&self, rules: &RuleSet, explain: Explain) -> Result<Indicated, Vec<Fault>> {
        let facts = self.facts(rules)?;
        let explain = self.explain.unwrap_or(explain);
        let mut evaluations: Vec<Evaluation> = facts.iter().map(|facts| evaluate(rules, facts, explain)).collect();
        across_children(rules, &facts, &mut evaluations);
        if let Some(received) = self.received_at {
            evaluations = evaluations.into_iter().map(|evaluation| evaluation.received_at(rules, received)).collect();
        }
        if self.household.is_none()
            && let ([Child { reference: None, .. }], [_]) = (self.children.as_slice(), evaluations.as_slice())
            && let Some(evaluation) = evaluations.pop()
        {
            return Ok(Indicated::Child(Box::new(evaluation)));
        }
        let references = self
            .children
            .iter()
            .enumerate()
            .map(|(index, child)| child.reference.clone().unwrap_or_else(|| (index + 1).to_string()));
        let children = references.zip(evaluations);
        let children = children.map(|(reference, evaluation)| IndicatedChild { reference, evaluation });
        Ok(Indicated::Children { children: children.collect() })
    }

    /// Every child's facts as a rule set reads them.
    ///
    /// # Errors
    /// As `evaluate`.
    pub fn facts(&self, rules: &RuleSet) -> Result<Vec<Facts>, Vec<Fault>> {
        let mut faults = Vec::new();
        if let Some(household) = &self.household {
            faults.extend(rules.read(household, "/household").err().into_iter().flatten());
            for (id, _) in &household.said {
                let child = rules.fact(id).filter(|fact| rules.indicators()[*fact].about == About::Child);
                if child.is_some() {
                    let detail = format!("`{id}` is about one child; give it under that child");
                    faults.push(Fault::new(pointer("/household/facts", id), "about-one-child", detail));
                }
            }
        }
        let mut children = Vec::new();
        for child in &self.children {
            let mut answers = child.answers.clone();
            faults.extend(self.ages(rules, child, &mut answers));
            match rules.read(&answers, &child.at) {
                Ok(_) => children.push(self.with_household(answers)),
                Err(found) => faults.extend(found),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        children.iter().map(|answers| rules.read(answers, "")).collect()
    }

    /// A child's own answer beats the household's; not known and refused beat nothing and are kept.
    fn with_household(&self, mut answers: Answers) -> Answers {
        let Some(household) = &self.household else { return answers };
        answers.concerns.extend(household.concerns.iter().cloned());
        for (id, said) in &household.said {
            match answers.said.iter_mut().find(|(own, _)| own == id) {
                None => answers.said.push((id.clone(), said.clone())),
                Some((_, own)) if matches!(own, Said::NotKnown | Said::Refused) => *own = said.clone(),
                Some(_) => {}
            }
        }
        answers
    }

    /// Turns dates into the facts that the framework names for them.
    fn ages(&self, rules: &RuleSet, child: &Child, answers: &mut Answers) -> Vec<Fault> {
        let mut faults = Vec::new();
        if child.date_of_birth.is_none() && child.due_date.is_none() {
            return faults;
        }
        let named = &rules.framework().child;
        let Some(received) = self.received_at else {
            let key = if child.date_of_birth.is_some() { "date_of_birth" } else { "due_date" };
            let fault = Fault::new(
                format!("{}/{key}", child.at),
                "received-at-needed",
                "an age is reckoned at the time of receipt",
            );
            return vec![fault.instead("send `received_at`, or the age in months as a fact")];
        };
        let today = rules.framework().calendar.london(received).date();
        if let Some(born) = child.date_of_birth {
            let at = format!("{}/date_of_birth", child.at);
            if born > today {
                let fault = Fault::new(at, "born-after-receipt", "the date of birth is after the time of receipt");
                faults.push(fault.instead("for an unborn baby send `due_date`"));
            } else if let (Some(fact), Ok(age)) = (&named.age_in_months, born.until((Unit::Month, today))) {
                let months = i64::from(age.get_years()) * 12 + i64::from(age.get_months());
                let answer = Answer::Number(months);
                let highest = rules.fact(fact).map(|fact| &rules.indicators()[fact].kind);
                match highest {
                    Some(crate::criteria::Kind::Number { to, .. }) if months > *to => {
                        faults.push(Fault::new(at, "out-of-range", "the person is too old for this framework"));
                    }
                    _ => add(answers, fact, answer),
                }
            }
        }
        if let Some(due) = child.due_date {
            let weeks = due.since((Unit::Day, today)).map_or(0, |span| span.get_days()).div_euclid(7);
            if let Some(fact) = &named.unborn {
                add(answers, fact, Answer::YesNo(true));
            }
            if let Some(fact) = &named.gestation_in_weeks
                && (0..=40).contains(&weeks)
            {
                add(answers, fact, Answer::Number(i64::from(40 - weeks)));
            }
        }
        faults
    }
}

/// Adds a reckoned answer beside what was said: two accounts when they differ.
fn add(answers: &mut Answers, fact: &str, reckoned: Answer) {
    match answers.said.iter_mut().find(|(id, _)| id == fact) {
        None => answers.said.push((fact.to_owned(), Said::Answer(reckoned))),
        Some((_, said)) => match said {
            Said::Answer(given) if *given != reckoned => *said = Said::TwoAccounts(given.clone(), reckoned),
            Said::NotKnown | Said::Refused => *said = Said::Answer(reckoned),
            Said::Answer(_) | Said::TwoAccounts(..) => {}
        },
    }
}

/// What one child's findings ask for every other child: actions and first questions, never a level.
fn across_children(rules: &RuleSet, facts: &[Facts], evaluations: &mut [Evaluation]) {
    for rule in &rules.across_children {
        let found: Vec<bool> = facts.iter().map(|facts| has(rules, facts, &rule.need)).collect();
        for (index, evaluation) in evaluations.iter_mut().enumerate() {
            let another = found.iter().enumerate().any(|(other, found)| other != index && *found);
            if !another {
                continue;
            }
            for action in &rule.actions {
                let to_do = rules.to_do(*action);
                if !evaluation.actions.iter().any(|listed| listed.id == to_do.id) {
                    evaluation.limits.extend(to_do.within.map(|within| (within, to_do.clock)));
                    evaluation.actions.push(to_do);
                }
            }
            for fact in rule.ask_first.iter().rev() {
                if facts[index].known(*fact).is_some() {
                    continue;
                }
                let indicator = &rules.indicators()[*fact];
                let listed = evaluation.ask_next.iter().position(|question| question.fact == indicator.id);
                let question = listed.map_or_else(
                    || Question {
                        fact: indicator.id.clone(),
                        ask: indicator.ask.clone(),
                        could_reach: rules.highest_given(*fact).max(evaluation.at_least.rank),
                        could_lower_to: None,
                        would_know: indicator.would_know.clone(),
                    },
                    |at| evaluation.ask_next.remove(at),
                );
                evaluation.ask_next_total += usize::from(listed.is_none());
                evaluation.ask_next.insert(0, question);
            }
        }
    }
}

struct Reader {
    faults: Vec<Fault>,
}

impl Reader {
    fn tell(&mut self, at: &str, code: &'static str, detail: impl Into<String>) {
        self.faults.push(Fault::new(at, code, detail));
    }

    fn wrong_type(&mut self, at: &str, expected: &str, found: &Json) {
        self.tell(at, "wrong-type", format!("{expected} is expected here, and {} was sent", found.kind()));
    }

    fn object<'j>(&mut self, json: &'j Json, at: &str) -> &'j [(String, Json)] {
        if let Json::Object(entries) = json {
            return entries;
        }
        self.wrong_type(at, "an object", json);
        &[]
    }

    fn unknown_key(&mut self, at: &str, key: &str, known: &[&str]) {
        let fault = Fault::new(pointer(at, key), "unknown-key", "no such key may stand here");
        self.faults.push(fault.suggest(key, known.iter().copied()));
    }

    fn referral(&mut self, json: &Json) -> Referral {
        const ALWAYS: [&str; 5] = ["received_at", "concerns", "explain", "rule_set", "ref"];
        const ONE: [&str; 4] = ["facts", "date_of_birth", "due_date", "scope"];
        const SEVERAL: [&str; 2] = ["household", "children"];
        let mut referral = Referral::default();
        let entries = self.object(json, "");
        let several = entries.iter().any(|(key, _)| SEVERAL.contains(&key.as_str()));
        let mut one = Child::default();
        let mut concerns = Vec::new();
        let mut scope = Scope::default();
        for (key, value) in entries {
            let at = pointer("", key);
            match key.as_str() {
                "received_at" => referral.received_at = self.timestamp(value, &at),
                "concerns" => concerns = self.concerns(value, &at),
                "explain" => referral.explain = self.explain(value, &at),
                "rule_set" => referral.rule_set = self.text(value, &at),
                "ref" => referral.reference = self.text(value, &at),
                "scope" => scope = self.scope(value, &at),
                "facts" if !several => one.answers.said = self.said(value, &at),
                "date_of_birth" if !several => one.date_of_birth = self.date(value, &at),
                "due_date" if !several => one.due_date = self.date(value, &at),
                "household" => referral.household = Some(self.household(value, &at)),
                "children" => referral.children = self.children(value, &at),
                "facts" | "date_of_birth" | "due_date" => {
                    let detail = format!("`{key}` stands beside `children`; whose it is cannot be told");
                    let fault = Fault::new(at, "misplaced-key", detail);
                    self.faults.push(fault.instead("put it under `household` or under one child"));
                }
                _ => {
                    let known: Vec<&str> = ALWAYS.into_iter().chain(ONE).chain(SEVERAL).collect();
                    self.unknown_key("", key, &known);
                }
            }
        }
        if several {
            if referral.children.is_empty() && matches!(json, Json::Object(_)) {
                self.tell("/children", "missing-key", "a household without children cannot be evaluated");
            }
            for child in &mut referral.children {
                child.answers.concerns.extend(concerns.iter().cloned());
                child.answers.scope = scope;
            }
        } else {
            if matches!(json, Json::Object(_)) && !entries.iter().any(|(key, _)| key == "facts") {
                let fault = Fault::new("/facts", "missing-key", "`facts` is missing");
                self.faults.push(fault.instead("send `\"facts\": {}` when nothing is known yet"));
            }
            one.answers.concerns = concerns;
            one.answers.scope = scope;
            referral.children = vec![one];
        }
        referral
    }

    fn household(&mut self, json: &Json, at: &str) -> Answers {
        let mut answers = Answers::default();
        for (key, value) in self.object(json, at) {
            let under = pointer(at, key);
            match key.as_str() {
                "facts" => answers.said = self.said(value, &under),
                "concerns" => answers.concerns = self.concerns(value, &under),
                _ => self.unknown_key(at, key, &["facts", "concerns"]),
            }
        }
        answers
    }

    fn children(&mut self, json: &Json, at: &str) -> Vec<Child> {
        let Json::List(list) = json else {
            self.wrong_type(at, "a list", json);
            return Vec::new();
        };
        if list.len() > MAX_CHILDREN {
            self.tell(at, "too-many", format!("a referral has at most {MAX_CHILDREN} children"));
        }
        let mut children: Vec<Child> = Vec::new();
        for (index, value) in list.iter().enumerate() {
            let at = format!("{at}/{index}");
            let mut child = Child { at: at.clone(), ..Child::default() };
            for (key, value) in self.object(value, &at) {
                let under = pointer(&at, key);
                match key.as_str() {
                    "ref" => child.reference = self.text(value, &under),
                    "facts" => child.answers.said = self.said(value, &under),
                    "concerns" => child.answers.concerns = self.concerns(value, &under),
                    "date_of_birth" => child.date_of_birth = self.date(value, &under),
                    "due_date" => child.due_date = self.date(value, &under),
                    _ => self.unknown_key(&at, key, &["ref", "facts", "concerns", "date_of_birth", "due_date"]),
                }
            }
            if child.reference.is_some() && children.iter().any(|other| other.reference == child.reference) {
                self.tell(&format!("{at}/ref"), "duplicate-ref", "two children have the same `ref`");
            }
            children.push(child);
        }
        children
    }

    fn said(&mut self, json: &Json, at: &str) -> Vec<(String, Said)> {
        let mut said = Vec::new();
        for (id, value) in self.object(json, at) {
            let at = pointer(at, id);
            let answer = match value {
                Json::Null => Some(Said::NotKnown),
                Json::Text(word) if word == "not_known" => Some(Said::NotKnown),
                Json::Text(word) if word == "refused" => Some(Said::Refused),
                Json::Object(accounts) => self.two_accounts(accounts, &at),
                other => self.answer(other, &at).map(Said::Answer),
            };
            said.extend(answer.map(|answer| (id.clone(), answer)));
        }
        said
    }

    fn two_accounts(&mut self, accounts: &[(String, Json)], at: &str) -> Option<Said> {
        let (mut first, mut second) = (None, None);
        let mut not_known = false;
        for (key, value) in accounts {
            let at = pointer(at, key);
            let nothing = matches!(value, Json::Null)
                || matches!(value, Json::Text(word) if word == "not_known" || word == "refused");
            match key.as_str() {
                "answer" | "also_said" if nothing => not_known = true,
                "answer" => first = self.answer(value, &at),
                "also_said" => second = self.answer(value, &at),
                _ => {
                    let fault = Fault::new(at, "unknown-key", "two accounts are `answer` and `also_said`");
                    self.faults.push(fault.suggest(key, ["answer", "also_said"]));
                }
            }
        }
        match (first, second) {
            (Some(first), Some(second)) if first == second => Some(Said::Answer(first)),
            (Some(first), Some(second)) => Some(Said::TwoAccounts(first, second)),
            // One who knows beside one who does not: what is known stands.
            (Some(one), None) | (None, Some(one)) if not_known => Some(Said::Answer(one)),
            (None, None) if not_known => Some(Said::NotKnown),
            _ => {
                self.tell(at, "missing-key", "two accounts are given as `answer` and `also_said`");
                None
            }
        }
    }

    fn answer(&mut self, json: &Json, at: &str) -> Option<Answer> {
        match json {
            Json::Bool(value) => Some(Answer::YesNo(*value)),
            Json::Integer(number) => Some(Answer::Number(*number)),
            Json::Text(word) => Some(Answer::Word(word.clone())),
            Json::Null | Json::OtherNumber | Json::List(_) | Json::Object(_) => {
                self.wrong_type(at, "an answer (true, false, a whole number or text)", json);
                None
            }
        }
    }

    fn text(&mut self, json: &Json, at: &str) -> Option<String> {
        match json {
            Json::Text(text) if text.len() <= 200 => Some(text.clone()),
            Json::Text(_) => {
                self.tell(at, "too-long", "at most 200 bytes are kept here");
                None
            }
            other => {
                self.wrong_type(at, "text", other);
                None
            }
        }
    }

    fn concerns(&mut self, json: &Json, at: &str) -> Vec<String> {
        let Json::List(list) = json else {
            self.wrong_type(at, "a list of topics", json);
            return Vec::new();
        };
        let topics = list.iter().enumerate();
        topics.filter_map(|(index, topic)| self.text(topic, &format!("{at}/{index}"))).collect()
    }

    fn timestamp(&mut self, json: &Json, at: &str) -> Option<Timestamp> {
        let parsed = self.text(json, at)?.parse().ok();
        if parsed.is_none() {
            let fault = Fault::new(at, "wrong-type", "a time with its offset is expected here");
            self.faults.push(fault.instead("such as 2026-11-24T10:30:00+00:00"));
        }
        parsed
    }

    fn date(&mut self, json: &Json, at: &str) -> Option<Date> {
        let text = self.text(json, at)?;
        let parsed = if text.len() == 10 { text.parse().ok() } else { None };
        if parsed.is_none() {
            self.faults.push(Fault::new(at, "wrong-type", "a date is expected here").instead("as YYYY-MM-DD"));
        }
        parsed
    }

    fn explain(&mut self, json: &Json, at: &str) -> Option<Explain> {
        match json {
            Json::Text(word) if word == "none" => Some(Explain::None),
            Json::Text(word) if word == "summary" => Some(Explain::Summary),
            Json::Text(word) if word == "full" => Some(Explain::Full),
            _ => {
                let fault = Fault::new(at, "unknown-word", "how much to explain is one of three words");
                self.faults.push(fault.instead("none, summary or full"));
                None
            }
        }
    }

    fn scope(&mut self, json: &Json, at: &str) -> Scope {
        match json {
            Json::Text(word) if word == "referral" => Scope::Referral,
            Json::Text(word) if word == "all" => Scope::All,
            _ => {
                self.faults
                    .push(Fault::new(at, "unknown-word", "the scope is one of two words").instead("referral or all"));
                Scope::Referral
            }
        }
    }
}
