//! An example whose referral was read: run under one rule set after another, and what differs from what is expected.

use super::{Coverage, ExampleEntry, Expect};
use crate::criteria::RuleSet;
use crate::diagnostic::nearest;
use crate::json::{Fault, Json};
use crate::ladder::Rank;
use crate::level::{Evaluation, Explain, findings};
use crate::referral::{Indicated, Referral};

/// An example whose referral was read.
#[derive(Debug)]
pub struct Ready {
    /// Its file.
    pub file: String,
    /// The example.
    pub example: ExampleEntry,
    /// The referral that it is.
    pub referral: Referral,
}

impl Ready {
    /// Reads the referral of an example.
    ///
    /// # Errors
    /// Why it is none, each fault in a sentence.
    pub fn of(file: String, example: ExampleEntry) -> Result<Self, Vec<String>> {
        let referral = referral(&example)?;
        Ok(Self { file, example, referral })
    }

    /// Whether the example holds under a rule set.
    pub fn holds(&self, rules: &RuleSet) -> bool {
        self.run(rules, &mut []).is_ok()
    }

    /// Runs the example under a rule set, and counts what is found of each rule.
    ///
    /// # Errors
    /// The example, with its child where there are several, and every difference from what is expected.
    pub fn run(&self, rules: &RuleSet, coverage: &mut [Coverage]) -> Result<(), Vec<(String, Vec<String>)>> {
        let example = &self.example;
        let in_words = |fault: &Fault| {
            let help = fault.suggestion.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            format!("{}: {}{help}", fault.pointer, fault.detail)
        };
        let faults = |faults: Vec<Fault>| vec![(example.id.clone(), faults.iter().map(in_words).collect())];
        let mut found: Vec<Vec<String>> = Vec::new();
        for facts in self.referral.facts(rules).map_err(faults)? {
            let (least, greatest) = findings(rules, &facts);
            found.push(least.iter().filter(|rule| rule.found).map(|rule| rule.id.clone()).collect());
            for (coverage, (sure, possible)) in coverage.iter_mut().zip(least.iter().zip(&greatest)) {
                debug_assert_eq!(coverage.id, sure.id, "coverage and findings list rules in one order");
                match (sure.found, possible.found) {
                    (true, _) => coverage.found += 1,
                    (false, true) => coverage.not_known += 1,
                    (false, false) => coverage.not_found += 1,
                }
            }
        }
        let mut failures = Vec::new();
        match self.referral.evaluate(rules, self.explain()).map_err(faults)? {
            Indicated::Child(evaluation) => {
                let expected = example.expect.clone().unwrap_or_default();
                let differences = differences(rules, &evaluation, &found[0], &expected);
                failures.extend((!differences.is_empty()).then(|| (example.id.clone(), differences)));
            }
            Indicated::Children { children } => {
                for ((child, expected), found) in children.iter().zip(&example.children).zip(&found) {
                    let differences = differences(rules, &child.evaluation, found, &expected.expect);
                    if !differences.is_empty() {
                        failures.push((format!("{} (child {})", example.id, child.reference), differences));
                    }
                }
            }
        }
        if failures.is_empty() { Ok(()) } else { Err(failures) }
    }

    /// As much explanation as is looked at.
    fn explain(&self) -> Explain {
        let expected = self.example.expect.iter().chain(self.example.children.iter().map(|child| &child.expect));
        let is_looked_at = |expect: &Expect| expect.sufficient_reason.is_some();
        if expected.into_iter().any(is_looked_at) { Explain::Summary } else { Explain::None }
    }
}

/// The example as the request a partner would send, read by the same reader.
fn referral(example: &ExampleEntry) -> Result<Referral, Vec<String>> {
    let mut request = serde_json::Map::new();
    request.insert("concerns".to_owned(), example.concerns.clone().into());
    if let Some(received) = &example.received_at {
        request.insert("received_at".to_owned(), received.clone().into());
    }
    match (&example.facts, example.children.is_empty()) {
        (Some(facts), true) if example.household.is_none() => {
            if example.expect.is_none() {
                return Err(vec!["nothing is expected; an example without `expect` tests nothing".to_owned()]);
            }
            request.insert("facts".to_owned(), facts.clone().into_iter().collect::<serde_json::Map<_, _>>().into());
        }
        (None, false) if example.expect.is_none() => {
            if let Some(household) = &example.household {
                request.insert("household".to_owned(), serde_json::json!(household));
            }
            let children = example.children.iter().map(
                |child| serde_json::json!({ "ref": child.reference, "concerns": child.concerns, "facts": child.facts }),
            );
            request.insert("children".to_owned(), children.collect());
        }
        _ => {
            let message =
                "an example has `facts` and `expect`, or `children` (each with its own) and perhaps `household`";
            return Err(vec![message.to_owned()]);
        }
    }
    let bytes = serde_json::to_vec(&request).map_err(|error| vec![error.to_string()])?;
    let read = Json::read(&bytes).and_then(|json| Referral::read(&json));
    read.map_err(|faults| faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.detail)).collect())
}

/// Every difference between what is expected and what came out.
fn differences(rules: &RuleSet, evaluation: &Evaluation<'_>, found: &[String], expect: &Expect) -> Vec<String> {
    let mut differences = Vec::new();
    let (least, most) = (evaluation.at_least.rank, evaluation.at_most.rank);
    let got = if evaluation.settled { format!("level {least}") } else { format!("at least {least}, at most {most}") };
    if expect.level.is_some_and(|level| !evaluation.settled || level != least) {
        differences.push(format!("expected level {}, got {got}", expect.level.unwrap_or_default()));
    }
    if expect.at_least.is_some_and(|rank| rank != least) || expect.at_most.is_some_and(|rank| rank != most) {
        let wanted = |rank: Option<Rank>| rank.map_or_else(|| "any".to_owned(), |rank| rank.to_string());
        let (low, high) = (wanted(expect.at_least), wanted(expect.at_most));
        differences.push(format!("expected at least {low}, at most {high}, got {got}"));
    }
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    let actions: Vec<&str> = evaluation.actions.iter().map(|action| action.id).collect();
    let considerations: Vec<&str> = evaluation.considerations.iter().map(|consider| consider.id).collect();
    let asked: Vec<&str> = evaluation.ask_next.iter().map(|question| question.fact).collect();
    let presumed: Vec<&str> = evaluation.presumed.iter().map(|presumed| presumed.fact).collect();
    let conflicts: Vec<&str> = evaluation.conflicts.iter().map(|conflict| conflict.fact).collect();
    let retired: Vec<&str> = evaluation.retired.iter().map(|retired| retired.fact.as_ref()).collect();
    let known: Vec<&str> = names(rules).collect();
    let mut compare = |what: &str, wanted: &[String], got: &[&str], present: bool| {
        for id in wanted {
            if !known.contains(&id.as_str()) {
                let near = nearest(id, known.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
                differences.push(format!("`{id}` is no name of this rule set{}", near.unwrap_or_default()));
            } else if got.contains(&id.as_str()) != present {
                differences.push(format!("`{id}` is {}{what}", if present { "not " } else { "" }));
            }
        }
    };
    compare("found", &expect.found, &found, true);
    compare("found", &expect.not_found, &found, false);
    compare("among the actions", &expect.actions, &actions, true);
    compare("among the actions", &expect.no_actions, &actions, false);
    compare("among the considerations", &expect.considerations, &considerations, true);
    compare("among the considerations", &expect.no_considerations, &considerations, false);
    compare("asked next", &expect.asks, &asked, true);
    compare("presumed", &expect.presumed, &presumed, true);
    compare("listed as conflicting", &expect.conflicts, &conflicts, true);
    compare("listed as retired", &expect.retired, &retired, true);
    if let Some(first) = &expect.asks_first
        && asked.first() != Some(&first.as_str())
    {
        differences.push(format!("expected to ask `{first}` first, asks {asked:?}"));
    }
    if let Some(wanted) = &expect.sufficient_reason
        && *wanted != evaluation.sufficient_reason
    {
        differences.push(format!("expected {wanted:?} to be enough alone, got {:?}", evaluation.sufficient_reason));
    }
    let respond = evaluation.respond_within.to_string();
    if let Some(wanted) = expect.respond.as_ref().filter(|wanted| **wanted != respond) {
        differences.push(format!("expected a response {wanted}, got {respond}"));
    }
    differences
}

fn names(rules: &RuleSet) -> impl Iterator<Item = &str> {
    let facts = rules.indicators().iter().map(|fact| fact.id.as_str());
    let criteria = rules.criteria().iter().map(|criterion| criterion.id.as_str());
    let thresholds = rules.thresholds().iter().map(|threshold| threshold.id.as_str());
    let actions = rules.actions().iter().map(|action| action.id.as_str());
    let considerations = rules.considerations().iter().map(|consideration| consideration.id.as_str());
    facts.chain(criteria).chain(thresholds).chain(actions).chain(considerations)
}
