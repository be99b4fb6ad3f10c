//! `windscreen evaluate`: one referral at the terminal, or a file of them.

pub(super) mod bulk;

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use serde_json::json;

use super::{BAD_COMMAND_LINE, Format, RecordArg, RulesArg, print, rules};
use crate::answer_text::{as_text, faults_as_text};
use crate::criteria::RuleSet;
use crate::json::{Fault, FaultCode, Json, MAX_BYTES};
use crate::level::Explain;
use crate::referral::{Indicated, Referral};

/// Says which level of need the criteria indicate for a referral's facts.
#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    #[command(flatten)]
    rules: RulesArg,
    /// Under the rules that were in force when this day ended, London time, by the record; `--rules` is not read
    #[arg(long, value_name = "DATE", conflicts_with = "rules")]
    as_of: Option<Date>,
    #[command(flatten)]
    record: RecordArg,
    /// How much to explain
    #[arg(long, value_enum, default_value_t = ExplainArg::Full)]
    explain: ExplainArg,
    /// Text to read aloud, or JSON as the API answers
    #[arg(long, value_enum, conflicts_with = "to")]
    format: Option<Format>,
    /// One referral a line, one answer a line, in the same order
    #[arg(long, conflicts_with_all = ["from", "to"])]
    ndjson: bool,
    #[command(flatten)]
    bulk: bulk::BulkArgs,
    /// A file with the referral's facts as JSON, or with many referrals; `-` for standard input
    file: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ExplainArg {
    None,
    Summary,
    Full,
}

impl From<ExplainArg> for Explain {
    fn from(arg: ExplainArg) -> Self {
        match arg {
            ExplainArg::None => Self::None,
            ExplainArg::Summary => Self::Summary,
            ExplainArg::Full => Self::Full,
        }
    }
}

pub(super) fn run(args: &EvaluateArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let way = match bulk::Way::of(args) {
        Ok(way) => way,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            return Ok(ExitCode::from(BAD_COMMAND_LINE));
        }
    };
    let rules = match args.as_of {
        Some(day) => as_of(args, day)?,
        None => match rules(&args.rules)? {
            Ok(rules) => Arc::new(rules),
            Err(code) => return Ok(code),
        },
    };
    match way {
        bulk::Way::One { format } => one(&rules, open(args)?, format, args.explain.into()),
        bulk::Way::Many { from, to } => bulk::run(&rules, args, from, to, quiet),
    }
}

/// The rules that were in force.
fn as_of(args: &EvaluateArgs, day: Date) -> anyhow::Result<Arc<RuleSet>> {
    let record = args.record.open_existing()?;
    let then = record.in_force_on(day)?;
    let then = then.with_context(|| format!("no rules were in force here on {day}"))?;
    Ok(record.rule_set(&then.digest)?)
}

/// The input, which is not read yet.
fn open(args: &EvaluateArgs) -> anyhow::Result<Box<dyn Read + Send>> {
    if args.file.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    Ok(Box::new(open_file(args)?))
}

fn open_file(args: &EvaluateArgs) -> anyhow::Result<File> {
    File::open(&args.file).with_context(|| format!("`{}` cannot be read", args.file.display()))
}

fn one(rules: &RuleSet, input: impl Read, format: Format, explain: Explain) -> anyhow::Result<ExitCode> {
    let mut bytes = Vec::new();
    // One byte more than is read, so that a larger body is told as too large and not as broken.
    input.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).context("the input cannot be read")?;
    let indicated = Json::read(trimmed(&bytes))
        .and_then(|json| Referral::read(&json))
        .and_then(|referral| indicated(rules, &referral, explain));
    match indicated {
        Ok(indicated) => {
            print(&match format {
                Format::Json => format!("{}\n", serde_json::to_string_pretty(&indicated)?),
                Format::Text => as_text(&indicated),
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => {
            match format {
                Format::Json => anstream::eprintln!("{}", serde_json::to_string_pretty(&json!({ "errors": faults }))?),
                Format::Text => anstream::eprint!("{}", faults_as_text(&faults)),
            }
            Ok(ExitCode::from(1))
        }
    }
}

fn indicated<'r>(rules: &'r RuleSet, referral: &Referral, explain: Explain) -> Result<Indicated<'r>, Vec<Fault>> {
    if let Some(pinned) = &referral.rule_set
        && *pinned != rules.id().digest
    {
        let detail = format!("the rule set here is {}", rules.id().digest);
        return Err(vec![Fault::new("/rule_set", FaultCode::RuleSetMoved, detail)]);
    }
    referral.evaluate(rules, explain)
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii()
}
