//! `windscreen vignettes`: worked examples on either side of each line between two levels, for review and calibration.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{print, without_errors};
use crate::criteria::yaml::MAX_FILE_BYTES;
use crate::criteria::{RuleFile, RuleSet, load_with_places};
use crate::diagnostic::nearest;
use crate::examples::{as_yaml, run as run_examples};
use crate::ladder::Rank;
use crate::proof::{Vignettes, vignettes};
use crate::rules_dir;

/// What such a file is called where it is read.
const FILE: &str = "criteria/boundaries_test.yaml";

/// Writes worked examples.
#[derive(Debug, Args)]
pub(super) struct VignettesArgs {
    /// The rules folder
    #[arg(value_name = "DIR", default_value = "rules", env = "WINDSCREEN_RULES")]
    rules: PathBuf,
    /// Pairs of referrals one answer apart, on either side of each line, and the same with that answer not known
    #[arg(long, required = true)]
    boundary: bool,
    /// Only the line between this level and the next
    #[arg(long, value_name = "LEVEL")]
    line: Option<Rank>,
    /// Only the rules of one topic; thresholds belong to none
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// YAML that `windscreen test` reads, or JSON
    #[arg(long, value_enum, default_value_t = VignettesFormat::Yaml)]
    format: VignettesFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum VignettesFormat {
    Yaml,
    Json,
}

pub(super) fn run(args: &VignettesArgs) -> anyhow::Result<ExitCode> {
    let files = rules_dir::read(&args.rules)?;
    let (loaded, places) = load_with_places(&files);
    let rules = match without_errors(loaded, &args.rules) {
        Ok(rules) => rules,
        Err(code) => return Ok(code),
    };
    if let Some(wrong) = not_there(args, &rules) {
        anyhow::bail!(wrong);
    }
    let found = vignettes(&rules, &places)?.only(args.line, args.topic.as_deref());
    let text = as_yaml(&rules, &found)?;
    passes(&rules, &found, &text)?;
    match args.format {
        VignettesFormat::Json => print(&format!("{}\n", serde_json::to_string_pretty(&found)?))?,
        VignettesFormat::Yaml => print(&text)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What is asked for and is not among the rules.
fn not_there(args: &VignettesArgs, rules: &RuleSet) -> Option<String> {
    let highest = rules.ladder().highest();
    if let Some(line) = args.line.filter(|line| *line == 0 || *line >= highest) {
        let last = highest - 1;
        let near = line.max(1).min(last);
        let [below, above] = [near, near + 1].map(|rank| &rules.ladder().level(rank).name);
        return Some(format!(
            "there is no line between level {line} and the next; the lines are 1 to {last}; did you mean {near}, between \
             `{below}` and `{above}`?"
        ));
    }
    let topic = args.topic.as_deref()?;
    let topics: Vec<&str> = rules.topics().iter().map(|topic| topic.id.as_str()).collect();
    if topics.contains(&topic) {
        return None;
    }
    let help = nearest(topic, topics.iter().copied())
        .map_or_else(|| format!("the topics are {}", topics.join(", ")), |near| format!("did you mean `{near}`?"));
    Some(format!("there is no topic `{topic}`; {help}"))
}

/// Runs what is written as `windscreen test` would, so that nobody is handed an example that fails.
fn passes(rules: &RuleSet, found: &Vignettes, text: &str) -> anyhow::Result<()> {
    let too_large =
        format!("{} bytes are more than one file of examples may have; ask for one line or topic", text.len());
    anyhow::ensure!(text.len() <= MAX_FILE_BYTES, too_large);
    let report = run_examples(rules, &[RuleFile { path: FILE.to_owned(), bytes: text.as_bytes().to_vec() }]);
    let told = report.failures.iter().map(|failure| format!("{}: {}", failure.example, failure.differences.join(", ")));
    let told: Vec<String> = told.chain(report.problems.iter().map(|problem| problem.message.clone())).collect();
    anyhow::ensure!(
        told.is_empty(),
        "the evaluator does not agree with what was proved: {}; please report it",
        told.join("; ")
    );
    anyhow::ensure!(report.examples == found.vignettes.len(), "an example is missing from the file; please report it");
    Ok(())
}
