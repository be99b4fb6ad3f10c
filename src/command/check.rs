//! `windscreen check`: every problem of a rules folder, and every place where an answer may lower a level; on request,
//! what holds for every possible referral.

mod proofs;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::{RULES_HAVE_PROBLEMS, count, form, print};
use crate::criteria::{Loaded, Places, RuleSet, load_to_prove};
use crate::diagnostic::{Diagnostic, Form, Severity, render, sarif};
use crate::proof::{Diligence, Proofs, prove};
use crate::rules_dir;

/// Checks a rules folder.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The rules folder
    #[arg(value_name = "DIR", default_value = "rules", env = "WINDSCREEN_RULES")]
    rules: PathBuf,
    /// Also prove what holds for every possible referral, the board's own guarantees among it
    #[arg(long)]
    prove: bool,
    /// Also follow whatever the solver says a second time, by a small checker of its own
    #[arg(long, requires = "prove")]
    certify: bool,
    /// Text with drawn excerpts, plain text without box characters, JSON, or SARIF for code hosts
    #[arg(long, value_enum)]
    format: Option<CheckFormat>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CheckFormat {
    Text,
    Plain,
    Json,
    Sarif,
}

pub(super) fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let files = rules_dir::read(&args.rules)?;
    let (mut loaded, places) = load_to_prove(&files);
    let proofs = match &loaded.rule_set {
        Some(rules) if args.prove => Some(proved(args, rules, &places, &loaded.problems)?),
        _ => None,
    };
    loaded.problems.extend(proofs.iter().flat_map(Proofs::problems));
    let errors = loaded.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let warnings = loaded.problems.len() - errors;
    let form = match args.format {
        None => form(),
        Some(CheckFormat::Text) => Form::Text,
        Some(CheckFormat::Plain) => Form::Plain,
        Some(CheckFormat::Json) => {
            print(&format!("{:#}\n", as_json(&loaded, proofs.as_ref())))?;
            return Ok(code(errors));
        }
        Some(CheckFormat::Sarif) => {
            let checks = proofs.iter().flat_map(|proofs| &proofs.checks);
            let meanings = checks.map(|check| (check.code, check.says)).collect();
            print(&format!("{:#}\n", sarif(&loaded.problems, &args.rules.to_string_lossy(), &meanings)))?;
            return Ok(code(errors));
        }
    };
    let mut text = render(&loaded.problems, form);
    if let Some(rule_set) = &loaded.rule_set {
        text.push_str(&summary(rule_set));
    }
    if let Some(proofs) = &proofs {
        text.push_str(&proofs::in_words(proofs));
    }
    let _ = writeln!(text, "{}, {}", count(errors, "error"), count(warnings, "warning"));
    print(&text)?;
    Ok(code(errors))
}

fn proved(args: &CheckArgs, rules: &RuleSet, places: &Places<'_>, problems: &[Diagnostic]) -> anyhow::Result<Proofs> {
    let proofs = prove(rules, places, problems, Diligence { certify: args.certify, ..Diligence::default() })?;
    if let Some(certified) = proofs.certified.filter(|certified| certified.not_followed > 0) {
        bail!("{} of what the solver says does not follow; please report it", certified.not_followed);
    }
    Ok(proofs)
}

fn code(errors: usize) -> ExitCode {
    if errors == 0 { ExitCode::SUCCESS } else { ExitCode::from(RULES_HAVE_PROBLEMS) }
}

fn as_json(loaded: &Loaded, proofs: Option<&Proofs>) -> serde_json::Value {
    let mut json = json!({
        "digest": loaded.digest,
        "rule_set": loaded.rule_set.as_ref().map(RuleSet::id),
        "problems": loaded.problems,
        "may_lower": loaded.rule_set.as_ref().map(may_lower).unwrap_or_default(),
    });
    if let Some(proofs) = proofs {
        json["proofs"] = json!(proofs);
    }
    json
}

fn summary(rules: &RuleSet) -> String {
    let id = rules.id();
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{} {} ({})\n{}", id.framework, id.version, id.status, id.digest);
    let _ = writeln!(
        text,
        "{} levels, {} topics, {} facts, {} criteria, {} thresholds, {} actions",
        rules.ladder().levels().len(),
        rules.topics().len(),
        rules.indicators().len(),
        rules.criteria().len(),
        rules.thresholds().len(),
        rules.actions().len(),
    );
    let lowering = may_lower(rules);
    if !lowering.is_empty() {
        text.push_str("\nAn answer may lower a level only here:\n");
        for place in lowering {
            let _ = writeln!(text, "  {place}");
        }
    }
    let twice = act_twice(rules);
    if !twice.is_empty() {
        text.push_str("\nThese facts act more than once, each time shown in the reasons:\n");
        let _ = writeln!(text, "  {}", twice.join(", "));
    }
    text.push('\n');
    text
}

/// Every place where an answer may lower a level, in words.
fn may_lower(rules: &RuleSet) -> Vec<String> {
    let mut places = Vec::new();
    for indicator in rules.indicators() {
        for class in &indicator.classes {
            if let Some(softens) = &class.gives.softens {
                places.push(soft(rules, &indicator.id, class.gives.contribution.rank(), softens));
            }
        }
    }
    for criterion in rules.criteria() {
        if let Some(softens) = &criterion.gives.softens {
            places.push(soft(rules, &criterion.id, criterion.gives.contribution.rank(), softens));
        }
    }
    for threshold in rules.thresholds().iter().filter(|threshold| threshold.unless.is_some()) {
        places.push(format!("threshold `{}` lapses on what is stated, while no modifier is found", threshold.id));
    }
    places
}

fn soft(rules: &RuleSet, id: &str, from: u8, softens: &crate::criteria::Softens) -> String {
    let facts = softens.rests_on.iter().map(|fact| format!("`{}`", rules.indicators()[fact].id));
    format!("`{id}` softens from {from} to {} on {}", softens.then, facts.collect::<Vec<_>>().join(", "))
}

/// Facts that give something themselves and are read by a criterion that gives something too.
fn act_twice(rules: &RuleSet) -> Vec<String> {
    let gives = |fact: usize| rules.indicators()[fact].classes.iter().any(|class| class.gives.contribution.rank() > 0);
    let facts = (0..rules.indicators().len()).filter(|fact| {
        let read = rules.criteria().iter().filter(|criterion| !criterion.gives.is_nothing());
        gives(*fact) && read.filter(|criterion| criterion.reads.contains(*fact)).count() > 0
    });
    facts.map(|fact| rules.indicators()[fact].id.clone()).collect()
}
