//! Worked examples beside the criteria: a referral, the level expected, what must and must not be found.
//!
//! A safeguarding lead writes them in `criteria/TOPIC_test.yaml`; `windscreen test` runs them through the same
//! evaluator as everything else. An example that cannot be read is a failure, never skipped.

mod of_a_child;
mod vignettes;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::criteria::yaml::{Document, Source};
use crate::criteria::{RuleFile, RuleSet};
use crate::diagnostic::{Diagnostic, nearest};
use crate::json::Json;
use crate::ladder::Rank;
use crate::level::{Evaluation, Explain, Found, findings};
use crate::referral::{Indicated, Referral};

pub use of_a_child::without_the_child;
pub use vignettes::{as_entry, as_yaml};

/// `criteria/TOPIC_test.yaml`.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Worked examples of a windscreen rule set")]
pub struct ExamplesEntry {
    /// The examples.
    #[validate(nested)]
    pub examples: Vec<ExampleEntry>,
}

/// One worked example: one child, or a household with several.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ExampleEntry {
    /// Its id.
    #[validate(length(min = 1, max = 100))]
    pub id: String,
    /// The story, invented.
    #[validate(length(min = 1, max = 2000))]
    pub story: String,
    /// The topics that the referrer raises.
    #[serde(default)]
    pub concerns: Vec<String>,
    /// When it was received, as a time with its offset.
    #[serde(default)]
    pub received_at: Option<String>,
    /// The facts of one child.
    #[serde(default)]
    pub facts: Option<IndexMap<String, serde_json::Value>>,
    /// What is expected of one child.
    #[serde(default)]
    pub expect: Option<Expect>,
    /// What holds for every child of a household.
    #[serde(default)]
    pub household: Option<Household>,
    /// The children of a household.
    #[serde(default)]
    pub children: Vec<ExampleChild>,
}

/// What holds for every child.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Household {
    /// The facts.
    #[serde(default)]
    pub facts: IndexMap<String, serde_json::Value>,
}

/// One child of an example.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExampleChild {
    /// How the child is called in the example.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The topics raised for this child.
    #[serde(default)]
    pub concerns: Vec<String>,
    /// The facts.
    #[serde(default)]
    pub facts: IndexMap<String, serde_json::Value>,
    /// What is expected.
    #[serde(default)]
    pub expect: Expect,
}

/// What is expected; only what is given is looked at.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Settled at this level.
    #[serde(default)]
    pub level: Option<Rank>,
    /// The lower bound.
    #[serde(default)]
    pub at_least: Option<Rank>,
    /// The upper bound.
    #[serde(default)]
    pub at_most: Option<Rank>,
    /// Indicators, criteria (named conditions too) and thresholds that must be found.
    #[serde(default)]
    pub found: Vec<String>,
    /// And those that must not.
    #[serde(default)]
    pub not_found: Vec<String>,
    /// Actions that must be listed.
    #[serde(default)]
    pub actions: Vec<String>,
    /// And those that must not.
    #[serde(default)]
    pub no_actions: Vec<String>,
    /// Considerations that must be listed.
    #[serde(default)]
    pub considerations: Vec<String>,
    /// Considerations that must not be listed.
    #[serde(default)]
    pub no_considerations: Vec<String>,
    /// Facts that must be asked next.
    #[serde(default)]
    pub asks: Vec<String>,
    /// The fact that must be asked first.
    #[serde(default)]
    pub asks_first: Option<String>,
    /// Facts that must be listed as presumed.
    #[serde(default)]
    pub presumed: Vec<String>,
    /// Facts that must be listed as conflicting.
    #[serde(default)]
    pub conflicts: Vec<String>,
    /// Facts that must be listed as retired.
    #[serde(default)]
    pub retired: Vec<String>,
    /// The smallest sufficient reason, exactly.
    #[serde(default)]
    pub sufficient_reason: Option<Vec<String>>,
    /// How soon the response is decided, such as "within 4 hours".
    #[serde(default)]
    pub respond: Option<String>,
}

/// What running the examples gave.
#[derive(Debug, Serialize)]
pub struct Report {
    /// How many were run.
    pub examples: usize,
    /// The ones that failed.
    pub failures: Vec<Failure>,
    /// What no example could be made of.
    pub problems: Vec<Diagnostic>,
    /// How often each rule was found, not found and not known.
    pub coverage: Vec<Coverage>,
}

/// An example that failed, and why.
#[derive(Debug, Serialize)]
pub struct Failure {
    /// The example, with its child when there are several.
    pub example: String,
    /// Its file.
    pub file: String,
    /// Each difference in a sentence.
    pub differences: Vec<String>,
}

/// How often a rule was found, not found and not known over all examples.
#[derive(Debug, Clone, Serialize)]
pub struct Coverage {
    /// The indicator, criterion or threshold.
    pub id: String,
    /// Which of these it is.
    pub kind: &'static str,
    /// Found.
    pub found: usize,
    /// Not found, whatever is not known.
    pub not_found: usize,
    /// Found or not, depending on what is not known.
    pub not_known: usize,
}

/// Runs every example of a folder.
pub fn run(rules: &RuleSet, files: &[RuleFile]) -> Report {
    let Examples { entries, problems } = read_examples(files);
    let mut report = Report { examples: 0, failures: Vec::new(), problems, coverage: coverage_of(rules) };
    for (file, example) in entries {
        report.examples += 1;
        if let Err(mut failures) = run_one(rules, &example, &mut report.coverage) {
            failures.iter_mut().for_each(|failure| failure.file.clone_from(&file));
            report.failures.extend(failures);
        }
    }
    report
}

fn run_one(rules: &RuleSet, example: &ExampleEntry, coverage: &mut [Coverage]) -> Result<(), Vec<Failure>> {
    let failed = |differences: Vec<String>| Failure { example: example.id.clone(), file: String::new(), differences };
    let referral = referral(example).map_err(|differences| vec![failed(differences)])?;
    let in_words = |fault: &crate::json::Fault| {
        let help = fault.suggestion.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("{}: {}{help}", fault.pointer, fault.detail)
    };
    let faults = |faults: Vec<crate::json::Fault>| vec![failed(faults.iter().map(in_words).collect())];
    let mut found: Vec<Vec<String>> = Vec::new();
    for facts in referral.facts(rules).map_err(faults)? {
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
    match referral.evaluate(rules, Explain::Full).map_err(faults)? {
        Indicated::Child(evaluation) => {
            let differences = differences(rules, &evaluation, &found[0], &example.expect.clone().unwrap_or_default());
            failures.extend((!differences.is_empty()).then(|| failed(differences)));
        }
        Indicated::Children { children } => {
            for ((child, expected), found) in children.iter().zip(&example.children).zip(&found) {
                let differences = differences(rules, &child.evaluation, found, &expected.expect);
                if !differences.is_empty() {
                    let example = format!("{} (child {})", example.id, child.reference);
                    failures.push(Failure { example, file: String::new(), differences });
                }
            }
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

/// What the criteria indicate for an example that holds, with the referral that it is.
///
/// # Errors
/// Every difference from what is expected, and every fault of the referral, in a sentence.
pub fn indicated(rules: &RuleSet, example: &ExampleEntry) -> Result<(Referral, Indicated), Vec<String>> {
    run_one(rules, example, &mut [])
        .map_err(|failures| failures.into_iter().flat_map(|failure| failure.differences).collect::<Vec<_>>())?;
    let referral = referral(example)?;
    let in_words = |faults: Vec<crate::json::Fault>| faults.into_iter().map(|fault| fault.detail).collect::<Vec<_>>();
    let indicated = referral.evaluate(rules, Explain::Full).map_err(in_words)?;
    Ok((referral, indicated))
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
fn differences(rules: &RuleSet, evaluation: &Evaluation, found: &[String], expect: &Expect) -> Vec<String> {
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
    let actions: Vec<&str> = evaluation.actions.iter().map(|action| action.id.as_str()).collect();
    let considerations: Vec<&str> = evaluation.considerations.iter().map(|consider| consider.id.as_str()).collect();
    let asked: Vec<&str> = evaluation.ask_next.iter().map(|question| question.fact.as_str()).collect();
    let presumed: Vec<&str> = evaluation.presumed.iter().map(|presumed| presumed.fact.as_str()).collect();
    let conflicts: Vec<&str> = evaluation.conflicts.iter().map(|conflict| conflict.fact.as_str()).collect();
    let retired: Vec<&str> = evaluation.retired.iter().map(|retired| retired.fact.as_str()).collect();
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

fn coverage_of(rules: &RuleSet) -> Vec<Coverage> {
    let start = |found: Found| Coverage { id: found.id, kind: found.kind, found: 0, not_found: 0, not_known: 0 };
    let nothing = crate::facts::Facts::nothing_said(rules.indicators().len());
    findings(rules, &nothing).0.into_iter().map(start).collect()
}

/// Every example of a folder that could be read, with its file, and what could not.
#[derive(Debug)]
pub struct Examples {
    /// File and example.
    pub entries: Vec<(String, ExampleEntry)>,
    /// What could not be read.
    pub problems: Vec<Diagnostic>,
}

/// Reads the `*_test.yaml` files of a folder.
pub fn read_examples(files: &[RuleFile]) -> Examples {
    let mut problems = Vec::new();
    let mut entries: Vec<(String, ExampleEntry)> = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with("_test.yaml")) {
        let Ok(text) = std::str::from_utf8(&file.bytes) else {
            problems.push(Diagnostic::error("not-utf8", format!("`{}` is not UTF-8 text", file.path)));
            continue;
        };
        let Some(mut document) = Document::read(Source { file: &file.path, text }, &mut problems) else { continue };
        for entry in document.take_list("examples", &mut problems) {
            if let Some(example) = entry.typed::<ExampleEntry>(&mut problems) {
                if entries.iter().any(|(_, other)| other.id == example.id) {
                    let message = format!("two examples are called `{}`", example.id);
                    let place = entry.place(&["id".into()]);
                    problems.push(Diagnostic::error("duplicate-id", message).at(Some(place)));
                }
                entries.push((file.path.clone(), example));
            }
        }
        document.head().typed::<NoMoreKeys>(&mut problems);
    }
    Examples { entries, problems }
}

/// What is left of an examples file once its examples are taken out.
#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct NoMoreKeys {}
