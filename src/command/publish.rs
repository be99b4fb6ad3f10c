//! `windscreen publish`: the threshold document, made from the rules that run.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{RulesArg, print, rules};
use crate::publish::{Form, document, guide};

/// Prints the threshold document of a rules folder.
#[derive(Debug, Args)]
pub(super) struct PublishArgs {
    /// The rules folder
    #[arg(value_name = "DIR", default_value = "rules", env = "WINDSCREEN_RULES")]
    rules: PathBuf,
    /// One HTML page that stands for itself, ready to be printed, or Markdown
    #[arg(long, value_enum, default_value_t = PublishFormat::Html)]
    format: PublishFormat,
    /// The guide for practitioners in the place of the whole: one page
    #[arg(long)]
    guide: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PublishFormat {
    Html,
    Md,
}

pub(super) fn run(args: &PublishArgs) -> anyhow::Result<ExitCode> {
    let rules = match rules(&RulesArg { rules: args.rules.clone() })? {
        Ok(rules) => rules,
        Err(code) => return Ok(code),
    };
    let form = match args.format {
        PublishFormat::Html => Form::Html,
        PublishFormat::Md => Form::Markdown,
    };
    let text = if args.guide { guide(&rules, form)? } else { document(&rules, form)? };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}
