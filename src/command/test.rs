//! `windscreen test`: the worked examples beside the criteria, which rules they touch, and what they would not notice.

mod mutate;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{Format, RulesArg, TEST_FAILED, count, form, print, rules};
use crate::diagnostic::render;
use crate::examples::{Coverage, Report, run as run_examples};
use crate::rules_dir;

/// Runs the worked examples.
#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// The rules folder
    #[arg(value_name = "DIR", default_value = "rules", env = "WINDSCREEN_RULES")]
    rules: PathBuf,
    /// Also say how often each rule was found, not found and not known
    #[arg(long)]
    coverage: bool,
    /// Change the rules one value at a time, and list the changes that no example notices
    #[arg(long, conflicts_with = "coverage")]
    mutate: bool,
    /// Fail when fewer of a hundred changes are noticed
    #[arg(long, value_name = "PERCENT", requires = "mutate", value_parser = clap::value_parser!(u8).range(0..=100))]
    least_score: Option<u8>,
    /// Text for people, or JSON
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &TestArgs) -> anyhow::Result<ExitCode> {
    let arg = RulesArg { rules: args.rules.clone() };
    let rules = match rules(&arg)? {
        Ok(rules) => rules,
        Err(code) => return Ok(code),
    };
    let files = rules_dir::read(&args.rules)?;
    let report = run_examples(&rules, &files);
    let fine = report.failures.is_empty() && report.problems.is_empty() && report.examples > 0;
    if args.mutate && fine {
        return mutate::run(args, &rules, &files);
    }
    match args.format {
        Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(&report)?))?,
        Format::Text => print(&as_text(&report, args.coverage))?,
    }
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::from(TEST_FAILED) })
}

fn as_text(report: &Report, coverage: bool) -> String {
    let mut text = render(&report.problems, form());
    // Writing to a string cannot fail.
    for failure in &report.failures {
        let _ = writeln!(text, "failed: {} ({})", failure.example, failure.file);
        failure.differences.iter().for_each(|difference| {
            let _ = writeln!(text, "  {difference}");
        });
    }
    if coverage {
        text.push_str(&coverage_text(&report.coverage));
    }
    if report.examples == 0 {
        text.push_str("no examples: rules without a worked example are not known to say what they mean\n");
    }
    let _ = writeln!(text, "{}, {}", count(report.examples, "example"), count(report.failures.len(), "failure"));
    text
}

fn coverage_text(coverage: &[Coverage]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["rule", "kind", "found", "not found", "not known"]);
    for rule in coverage {
        let numbers = [rule.found, rule.not_found, rule.not_known].map(|number| number.to_string());
        let [found, not_found, not_known] = numbers;
        table.add_row([rule.id.clone(), rule.kind.to_owned(), found, not_found, not_known]);
    }
    let missing = |rule: &&Coverage| rule.found == 0 || rule.not_found == 0;
    let one_sided: Vec<&str> = coverage.iter().filter(missing).map(|rule| rule.id.as_str()).collect();
    let note = if one_sided.is_empty() {
        "every rule is found at least once and not found at least once".to_owned()
    } else {
        format!("never found, or never not found: {}", one_sided.join(", "))
    };
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    format!("{}\n\n{note}\n", lines.join("\n"))
}
