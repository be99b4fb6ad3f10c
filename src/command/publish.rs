//! `windscreen publish`: the threshold document, made from the rules that run, and the documents beside it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::{RecordArg, print, without_errors};
use crate::criteria::load;
use crate::documents::{Made, made};
use crate::publish::Form;
use crate::rules_dir;

/// Prints the threshold document of a rules folder, or a document that is made beside it.
#[derive(Debug, Args)]
pub(super) struct PublishArgs {
    /// The rules folder
    #[arg(value_name = "DIR", default_value = "rules", env = "WINDSCREEN_RULES")]
    rules: PathBuf,
    /// Which document
    #[arg(long, value_enum, default_value_t = Made::Thresholds)]
    document: Made,
    /// One HTML page that stands for itself, ready to be printed, or Markdown
    #[arg(long, value_enum, default_value_t = PublishFormat::Html)]
    format: PublishFormat,
    /// The same as `--document guide`
    #[arg(long, conflicts_with = "document")]
    guide: bool,
    // Where none of its options is given, no record is opened.
    #[command(flatten)]
    record: Option<RecordArg>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PublishFormat {
    Html,
    Md,
}

pub(super) fn run(args: &PublishArgs) -> anyhow::Result<ExitCode> {
    let files = rules_dir::read(&args.rules)?;
    let rules = match without_errors(load(&files), &args.rules) {
        Ok(rules) => rules,
        Err(code) => return Ok(code),
    };
    let form = match args.format {
        PublishFormat::Html => Form::Html,
        PublishFormat::Md => Form::Markdown,
    };
    let which = if args.guide { Made::Guide } else { args.document };
    let record = args.record.as_ref().filter(|_| which == Made::Atrs).map(RecordArg::open_existing).transpose()?;
    if let Some(record) = &record {
        for (place, why) in &record.rules_told().context("the log of rules cannot be read")?.wrong {
            anstream::eprintln!("entry {place} of the log of rules may not be, and changes nothing: {why}");
        }
    }
    let text = made(which, &rules, &files, record.as_ref(), form)?;
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}
