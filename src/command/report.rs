//! `windscreen report`: the board's figures of a month, from the record.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::RecordArg;
use crate::figures::{Figures, Month};
use crate::report::{Report, lines, workbook};
use crate::serving::now;

/// Prints the board's figures of a month.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    #[command(flatten)]
    record: RecordArg,
    /// The month, such as 2026-11
    #[arg(long, value_name = "MONTH", value_parser = month)]
    month: Month,
    /// A page that stands for itself, a workbook, one figure as comma-separated values, or everything as JSON
    #[arg(long, value_enum, default_value_t = ReportFormat::Html)]
    format: ReportFormat,
    /// The figure to write as comma-separated values, by its id
    #[arg(long, value_name = "ID", required_if_eq("format", "csv"))]
    figure: Option<String>,
    /// How many contacts the front door had in the month, however they came
    #[arg(long, value_name = "NUMBER")]
    contacts: Option<u64>,
    /// Counts from 1 to this are not told; say the same each month, and on the service's pages
    #[arg(long, value_name = "NUMBER", default_value_t = Figures::SMALL, env = "WINDSCREEN_SMALL_COUNTS", value_parser = clap::value_parser!(u64).range(5..=20))]
    small_counts: u64,
    /// Write to this file and not to standard output
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReportFormat {
    Html,
    Xlsx,
    Csv,
    Json,
}

fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| "a month is written as 2026-11".to_owned())
}

pub(super) fn run(args: &ReportArgs) -> anyhow::Result<ExitCode> {
    let record = args.record.open_existing()?;
    let report =
        record.report(args.month, args.contacts, args.small_counts, now()).context("the figures cannot be reckoned")?;
    let bytes = written(args, &report)?;
    match &args.to {
        Some(file) => fs::write(file, bytes).with_context(|| format!("`{}` cannot be written", file.display()))?,
        None => std::io::stdout().write_all(&bytes).context("the figures cannot be printed")?,
    }
    Ok(ExitCode::SUCCESS)
}

fn written(args: &ReportArgs, report: &Report) -> anyhow::Result<Vec<u8>> {
    Ok(match args.format {
        ReportFormat::Html => report.html()?.into_bytes(),
        ReportFormat::Xlsx => workbook(report)?,
        ReportFormat::Json => format!("{}\n", serde_json::to_string_pretty(report)?).into_bytes(),
        ReportFormat::Csv => {
            let ids = || report.figures.figures.iter().map(|figure| figure.id.as_str());
            let wanted = args.figure.as_deref().unwrap_or_default();
            let figure = report.figures.figures.iter().find(|figure| figure.id == wanted);
            let figure = figure.with_context(|| {
                format!("no figure is called `{wanted}`; there are {}", ids().collect::<Vec<_>>().join(", "))
            })?;
            lines(figure)?
        }
    })
}
