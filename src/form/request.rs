//! The request that a draft makes: the same shape as a partner's, read by the same code.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::fields::{date, time};
use super::questions::{NONE, UNSURE, monitored};
use super::{Draft, DraftChild, Journey, Step, Who};
use crate::criteria::entries::{ANONYMOUS_SOURCE, About};
use crate::criteria::{Kind, RuleSet};
use crate::facts::{Answers, FactIndex, Facts};
use crate::json::Json;
use crate::ladder::Within;
use crate::level::{Explain, evaluate};
use crate::referral::Referral;

/// The field of the form's own questions about the family that answers one of the rules'.
pub(super) fn told_by_family(id: &str) -> Option<&'static str> {
    match id {
        "family_told" => Some("family.told"),
        "consent" => Some("family.agrees"),
        "sharing_basis" => Some("family.basis"),
        _ => None,
    }
}

/// The census code of a source that would not say who it is, where the framework has it.
fn anonymous_source(rules: &RuleSet) -> Option<&'static str> {
    let lists = rules.framework().code_lists.iter().filter(|list| list.id == "referral_sources");
    let is_listed = lists.flat_map(|list| &list.codes).any(|known| known.code == ANONYMOUS_SOURCE);
    is_listed.then_some(ANONYMOUS_SOURCE)
}

impl Draft {
    /// What is evaluated: household and children, without names and words.
    pub fn evaluation_request(&self, rules: &RuleSet) -> Value {
        let mut request = Map::new();
        if let Some(received) = self.received_at(rules) {
            request.insert("received_at".into(), received.to_string().into());
        }
        let facts = self.facts_of(rules, &Who::Household);
        request.insert("household".into(), json!({ "facts": facts }));
        let children = self.children.iter().map(|child| Value::Object(self.child_request(rules, child)));
        request.insert("children".into(), children.collect());
        request.into()
    }

    /// What is recorded: the same, and who sends it in whose words about whom.
    pub fn referral_request(&self, rules: &RuleSet, journey: Journey<'_>) -> Value {
        let mut request = self.evaluation_request(rules);
        let text = |key: &str| Some(self.one(key)).filter(|text| !text.is_empty());
        let mut referrer = Map::new();
        let organisation = match journey {
            Journey::Referral(Some(own)) => Some(own),
            _ => text("referrer.organisation").or(self.call.as_ref().map(|call| call.organisation.as_str())),
        };
        let agency =
            rules.framework().agencies.iter().find(|agency| Some(agency.id.as_str()) == text("referrer.agency"));
        let is_anonymous = self.one("referrer.anonymous") == "yes";
        let source = agency.and_then(|agency| <&[String; 1]>::try_from(agency.source_codes.as_slice()).ok());
        let source = source.map(|[code]| code.as_str());
        let source = if is_anonymous { anonymous_source(rules) } else { source };
        for (key, value) in [
            ("organisation", organisation),
            ("agency", agency.map(|agency| agency.id.as_str())),
            ("source_code", source),
            ("name", text("referrer.name")),
            ("role", text("referrer.role")),
            ("contact", text("referrer.contact")),
            ("basis", text("referrer.basis")),
        ] {
            referrer.extend(value.map(|value| (key.to_owned(), value.into())));
        }
        if is_anonymous {
            referrer.insert("anonymous".to_owned(), true.into());
        }
        request["referrer"] = referrer.into();
        if let Some(call) = self.call_request() {
            request["call"] = call;
        }
        let parts = [
            ("call.where", "Where the child is now"),
            ("account.seen", "What was seen"),
            ("account.said", "What was said"),
            ("account.opinion", "Opinion"),
            ("account.tried", "What has been tried"),
        ];
        let mut parts: Vec<String> =
            parts.iter().filter_map(|(key, title)| Some(format!("{title}:\n{}", text(key)?))).collect();
        parts.extend(self.disagreed().map(|words| format!("When it was read back, the caller said:\n{words}")));
        let stale: Vec<String> = self
            .stale(rules)
            .iter()
            .map(|(who, fact)| format!("{who}: {fact}: {}", self.all(&format!("{who}.fact.{fact}")).join(" ")))
            .collect();
        if !stale.is_empty() {
            // Said is said, also where the criteria of today do not ask for it.
            parts.push(format!("Answered before the criteria changed:\n{}", stale.join("\n")));
        }
        if !parts.is_empty() {
            request["account"] = parts.join("\n\n").into();
        }
        for (key, field) in
            [("family_told", "family.told"), ("agrees_to_help", "family.agrees"), ("sharing_basis", "family.basis")]
        {
            if let Some(word) = text(field) {
                request[key] = word.into();
            }
        }
        let level = text("level").filter(|level| *level != UNSURE && self.asks_level(rules));
        if let Some(level) = level.and_then(|level| level.parse::<i64>().ok()) {
            request["referrers_level"] = level.into();
        }
        for key in ["address", "people"] {
            if let Some(value) = text(&format!("household.{key}")) {
                request["household"][key] = value.into();
            }
        }
        let children = request["children"].as_array_mut().into_iter().flatten();
        for (made, child) in children.zip(&self.children) {
            let of_its_kind: &[&str] =
                if child.unborn { &["name"] } else { &["name", "nhs_number", "upn", "own_words"] };
            for key in of_its_kind {
                if let Some(value) = text(&format!("child.{}.{key}", child.reference)) {
                    made[*key] = value.into();
                }
            }
            for part in monitored() {
                if let Some(word) = text(&format!("child.{}.{part}", child.reference)).filter(|_| !child.unborn) {
                    made["monitoring"][part] = word.into();
                }
            }
        }
        request
    }

    /// Every child's facts, as they are now; nothing said, should they not be understood.
    pub(super) fn facts(&self, rules: &RuleSet, now: Timestamp) -> Vec<Facts> {
        let read = |request: Value| {
            let referral = Json::read(request.to_string().as_bytes()).and_then(|json| Referral::read(&json));
            referral.and_then(|mut referral| {
                referral.received_at.get_or_insert(now);
                referral.facts(rules)
            })
        };
        // A date that cannot be, which its page says, leaves an age not known and takes nothing else with it.
        let undated = |_| {
            let mut request = self.evaluation_request(rules);
            for child in request["children"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
                child.retain(|key, _| key != "date_of_birth" && key != "due_date");
            }
            read(request)
        };
        read(self.evaluation_request(rules)).or_else(undated).unwrap_or_else(|_| {
            let nothing = rules.read_for_replay(&Answers::default());
            self.children.iter().map(|_| nothing.clone()).collect()
        })
    }

    /// When the referral was received, if another time than now was entered.
    pub fn received_at(&self, rules: &RuleSet) -> Option<Timestamp> {
        self.call.as_ref().map(|call| call.began_at).or_else(|| self.moment(rules, "received"))
    }

    /// A moment that was entered as a date and a time of day in London.
    pub fn moment(&self, rules: &RuleSet, key: &str) -> Option<Timestamp> {
        let day = date(self.all(&format!("{key}.date")))?;
        // Of a day without a time, its beginning: a clock must not start late.
        let at = time(self.one(&format!("{key}.time"))).unwrap_or(jiff::civil::Time::midnight());
        rules.framework().calendar.at(day, at)
    }

    /// The answers that the rules of now do not understand: to questions or in words that are no longer asked.
    pub fn stale(&self, rules: &RuleSet) -> Vec<(String, String)> {
        let mut stale = Vec::new();
        for key in self.keys() {
            let Some((who, fact)) = key.split_once(".fact.") else { continue };
            let is_theirs =
                |fact: &FactIndex| (rules.indicators()[*fact].about == About::Child) == (who != "household");
            let index = rules.fact(fact).filter(is_theirs);
            let understood = index.is_some_and(|index| self.answer(rules, index, key).is_some());
            if !understood {
                stale.push((who.to_owned(), fact.to_owned()));
            }
        }
        stale
    }

    fn child_request(&self, rules: &RuleSet, child: &DraftChild) -> Map<String, Value> {
        let key = |part: &str| format!("child.{}.{part}", child.reference);
        let mut made = Map::new();
        made.insert("ref".into(), child.reference.clone().into());
        let (name, part) = if child.unborn { ("due_date", "due") } else { ("date_of_birth", "born") };
        if let Some(date) = date(self.all(&key(part))) {
            made.insert(name.into(), date.to_string().into());
        }
        let known = |topic: &&String| **topic != NONE && rules.topics().iter().any(|known| known.id == **topic);
        let concerns: Vec<&String> = self.all(&key("concerns")).iter().filter(known).collect();
        made.insert("concerns".into(), json!(concerns));
        let mut facts = Map::new();
        let named = &rules.framework().child;
        // Of the child with whom a call begins nobody has said yet whether it is born.
        let is_told =
            child.unborn || self.call.is_none() || self.saved(&Step::Child(child.reference.clone())).is_some();
        if let Some(unborn) = named.unborn.as_ref().filter(|_| is_told) {
            facts.insert(unborn.clone(), child.unborn.into());
        }
        let part = |part: &str, to| self.one(&key(part)).parse::<i64>().ok().filter(|number| (0..=to).contains(number));
        let (years, months) = (part("age.years", 17), part("age.months", 11));
        let age = years
            .map(|years| years * 12 + months.unwrap_or(0))
            .or(months)
            .filter(|_| !child.unborn && !made.contains_key("date_of_birth"));
        if let (Some(fact), Some(age)) = (&named.age_in_months, age) {
            facts.insert(fact.clone(), age.into());
        }
        facts.extend(self.facts_of(rules, &Who::Child(child.reference.clone())));
        made.insert("facts".into(), facts.into());
        made
    }

    /// What was answered, fact by fact, in the order of the rules.
    pub fn facts_of(&self, rules: &RuleSet, who: &Who) -> Map<String, Value> {
        let mut facts = Map::new();
        let strengths = self.all(&format!("{}.strengths", who.key()));
        for (fact, indicator) in rules.indicators().iter().enumerate() {
            if (indicator.about == About::Child) != (*who != Who::Household) {
                continue;
            }
            if strengths.contains(&indicator.id) && rules.is_protective(fact) {
                facts.insert(indicator.id.clone(), true.into());
            }
            let answer = self.told_of_family(rules, fact, who);
            let answer = answer.or_else(|| self.answer(rules, fact, &who.fact(&indicator.id)));
            facts.extend(answer.map(|answer| (indicator.id.clone(), answer)));
        }
        facts
    }

    /// What the questions about the family's knowledge and agreement answer of the rules' own, where they ask it in
    /// these words: what is done next differs where telling the family is unsafe.
    fn told_of_family(&self, rules: &RuleSet, fact: FactIndex, who: &Who) -> Option<Value> {
        let indicator = &rules.indicators()[fact];
        let field = told_by_family(&indicator.id).filter(|_| *who == Who::Household)?;
        let unsafe_to_tell = self.one("family.told") == "unsafe_to_tell";
        let word = match (indicator.id.as_str(), self.one(field)) {
            (_, "") => return None,
            (_, "not_known") => return Some("not_known".into()),
            ("family_told", "yes") => "told",
            ("family_told", "not_yet") => "not_told",
            ("consent", "yes") => "given",
            ("consent", "no") => "refused",
            ("consent", "not_asked") if unsafe_to_tell => "unsafe_to_seek",
            ("consent", "not_asked") => "not_sought",
            (_, word) => word,
        };
        let known = crate::facts::Answer::Word(word.to_owned());
        indicator.classes.iter().any(|class| class.answer == known && class.retired.is_none()).then(|| word.into())
    }

    /// What is to be done at once by what is known so far, in the words of the rules. It cannot wait for the rest of
    /// the form.
    pub fn to_do_at_once(&self, rules: &RuleSet, now: Timestamp) -> Vec<String> {
        let mut says: Vec<&str> = Vec::new();
        for facts in self.facts(rules, now) {
            // Outside office hours nobody answers at the hub, and the rules say who does.
            let found = evaluate(rules, &facts, Explain::None).received_at(rules, now).actions;
            says.extend(found.into_iter().filter(|to_do| to_do.within == Some(Within::AtOnce)).map(|to_do| to_do.says));
        }
        let mut seen = std::collections::BTreeSet::new();
        says.retain(|one| seen.insert(*one));
        says.into_iter().map(str::to_owned).collect()
    }

    /// What was answered, as a partner would send it; none where nothing was, or these rules do not understand it.
    fn answer(&self, rules: &RuleSet, fact: FactIndex, key: &str) -> Option<Value> {
        answer_of(rules, fact, self.all(key))
    }
}

/// What was chosen or typed for a question, as a partner would send it; none where nothing was, or these rules do not
/// understand it.
pub fn answer_of(rules: &RuleSet, fact: FactIndex, values: &[String]) -> Option<Value> {
    let first = values.iter().find(|value| !value.is_empty())?;
    let indicator = &rules.indicators()[fact];
    let value: Value = match (&indicator.kind, first.as_str()) {
        (_, "not_known" | "refused") => first.as_str().into(),
        (Kind::YesNo { .. }, "yes") => true.into(),
        (Kind::YesNo { .. }, "no") => false.into(),
        (Kind::YesNo { .. }, _) => return None,
        (Kind::Number { from, to, .. }, number) => match number.parse::<i64>() {
            Ok(number) => (*from..=*to).contains(&number).then_some(number)?.into(),
            Err(_) => (number == "never").then_some("never")?.into(),
        },
        (Kind::Choice, word) => {
            let known = |answer: &crate::facts::Answer| *answer == crate::facts::Answer::Word(word.to_owned());
            indicator.classes.iter().any(|class| known(&class.answer)).then_some(word)?.into()
        }
    };
    Some(value)
}

/// The same the other way: what a page shows of an answer as a partner sends it.
pub fn chosen_of(answer: &Value) -> String {
    match answer {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(word) => word.clone(),
        other => other.to_string(),
    }
}
