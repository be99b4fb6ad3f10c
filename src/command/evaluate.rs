//! `windscreen evaluate`: one referral, or a line a referral, at the terminal.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Format, RulesArg, print, rules};
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
    /// How much to explain
    #[arg(long, value_enum, default_value_t = ExplainArg::Full)]
    explain: ExplainArg,
    /// Text to read aloud, or JSON as the API answers
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// One referral a line, one answer a line, in the same order
    #[arg(long)]
    ndjson: bool,
    /// A file with the referral's facts as JSON, or `-` for standard input
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

pub(super) fn run(args: &EvaluateArgs) -> anyhow::Result<ExitCode> {
    let rules = match rules(&args.rules)? {
        Ok(rules) => rules,
        Err(code) => return Ok(code),
    };
    let input: Box<dyn BufRead> = if args.file.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&args.file);
        Box::new(BufReader::new(file.with_context(|| format!("`{}` cannot be read", args.file.display()))?))
    };
    if args.ndjson { lines(&rules, input, args.explain.into()) } else { one(&rules, input, args) }
}

fn one(rules: &RuleSet, input: impl Read, args: &EvaluateArgs) -> anyhow::Result<ExitCode> {
    let mut bytes = Vec::new();
    // One byte more than is read, so that a larger body is told as too large and not as broken.
    input.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).context("the input cannot be read")?;
    let indicated = Json::read(trimmed(&bytes))
        .and_then(|json| Referral::read(&json))
        .and_then(|referral| indicated(rules, &referral, args.explain.into()));
    match indicated {
        Ok(indicated) => {
            print(&match args.format {
                Format::Json => format!("{}\n", serde_json::to_string_pretty(&indicated)?),
                Format::Text => as_text(&indicated),
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => {
            match args.format {
                Format::Json => anstream::eprintln!("{}", serde_json::to_string_pretty(&json!({ "errors": faults }))?),
                Format::Text => anstream::eprint!("{}", faults_as_text(&faults)),
            }
            Ok(ExitCode::from(1))
        }
    }
}

/// A line that is wrong is answered on its own line, and the rest go on.
fn lines(rules: &RuleSet, mut input: impl BufRead, explain: Explain) -> anyhow::Result<ExitCode> {
    let mut line = Vec::new();
    let mut all_fine = true;
    loop {
        line.clear();
        let read = (&mut input).take(MAX_BYTES as u64 + 1).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(if all_fine { ExitCode::SUCCESS } else { ExitCode::from(1) });
        }
        if line.len() > MAX_BYTES && line.last() != Some(&b'\n') {
            skip_line(&mut input)?;
        }
        let text = trimmed(&line);
        if text.is_empty() {
            continue;
        }
        let (answer, fine) = line_answer(rules, text, explain);
        all_fine &= fine;
        print(&format!("{}\n", serde_json::to_string(&answer)?))?;
    }
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

/// The answer to one line of a batch, and whether it is an evaluation.
fn line_answer(rules: &RuleSet, text: &[u8], explain: Explain) -> (serde_json::Value, bool) {
    let read = Json::read(text).and_then(|json| Referral::read(&json));
    let reference = read.as_ref().ok().and_then(|referral| referral.reference.clone());
    match read.and_then(|referral| indicated(rules, &referral, explain)) {
        Ok(Indicated::Child(evaluation)) => (json!({ "ref": reference, "evaluation": evaluation }), true),
        Ok(Indicated::Children { children }) => (json!({ "ref": reference, "children": children }), true),
        Err(faults) => (json!({ "ref": reference, "problem": { "errors": faults } }), false),
    }
}

fn indicated(rules: &RuleSet, referral: &Referral, explain: Explain) -> Result<Indicated, Vec<Fault>> {
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
