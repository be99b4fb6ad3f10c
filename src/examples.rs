//! Worked examples beside the criteria: a referral, the level expected, what must and must not be found.
//!
//! A safeguarding lead writes them in `criteria/TOPIC_test.yaml`; `windscreen test` runs them through the same
//! evaluator as everything else. An example that cannot be read is a failure, never skipped.

mod of_a_child;
mod ready;
mod vignettes;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::criteria::yaml::{Document, Source};
use crate::criteria::{RuleFile, RuleSet};
use crate::diagnostic::Diagnostic;
use crate::ladder::Rank;
use crate::level::{Explain, Found, findings};
use crate::referral::{Indicated, Referral};

pub use of_a_child::without_the_child;
pub use ready::Ready;
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
        let id = example.id.clone();
        match Ready::of(file.clone(), example) {
            Ok(ready) => {
                let differences = ready.run(rules, &mut report.coverage).err().unwrap_or_default();
                let failed = |(example, differences)| Failure { example, file: file.clone(), differences };
                report.failures.extend(differences.into_iter().map(failed));
            }
            Err(differences) => report.failures.push(Failure { example: id, file, differences }),
        }
    }
    report
}

/// What the criteria indicate for an example that holds, with the referral that it is.
///
/// # Errors
/// Every difference from what is expected, and every fault of the referral, in a sentence.
pub fn indicated<'r>(rules: &'r RuleSet, example: &ExampleEntry) -> Result<(Referral, Indicated<'r>), Vec<String>> {
    let ready = Ready::of(String::new(), example.clone())?;
    let told = |failed: Vec<(String, Vec<String>)>| failed.into_iter().flat_map(|(_, told)| told).collect::<Vec<_>>();
    ready.run(rules, &mut []).map_err(told)?;
    let in_words = |faults: Vec<crate::json::Fault>| faults.into_iter().map(|fault| fault.detail).collect::<Vec<_>>();
    let indicated = ready.referral.evaluate(rules, Explain::Full).map_err(in_words)?;
    Ok((ready.referral, indicated))
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
