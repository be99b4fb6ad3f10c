//! `windscreen replay`: what was recorded, evaluated again, under its own rule sets or under another; or a file.

mod file;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::civil::Date;

use super::audit::NOT_VERIFIED;
use super::{Format, RecordArg, RulesArg, count, print, rules};
use crate::criteria::RuleSet;
use crate::ladder::Rank;
use crate::record::replay::{Moved, Replayed};

/// Evaluates again what was recorded.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    #[command(flatten)]
    record: RecordArg,
    /// Another rule set: says how levels would move. Without it each referral's own, which must answer the same
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Only referrals received on this day or later, London time
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// Text for people, or JSON
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    file: file::FileArgs,
}

pub(super) fn run(args: &ReplayArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    if !args.file.add.is_empty() {
        return file::add(&args.file.add, args.format);
    }
    if let Some(path) = &args.file.file {
        return file::run(path, args, quiet);
    }
    let since = args.since.map(|day| day.in_tz("Europe/London")).transpose()?.map(|start| start.timestamp());
    if let Some(folder) = &args.rules {
        let rules = match rules(&RulesArg { rules: folder.clone() })? {
            Ok(rules) => rules,
            Err(code) => return Ok(code),
        };
        let moved = args.record.open_existing()?.replay_under(&rules, since)?;
        match args.format {
            Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(&moved)?))?,
            Format::Text => print(&movements(&moved, &rules))?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let replayed = args.record.open_existing()?.replay(since)?;
    match args.format {
        Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(&replayed)?))?,
        Format::Text => print(&differences(&replayed))?,
    }
    Ok(if replayed.differ.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(NOT_VERIFIED) })
}

pub(super) fn differences(replayed: &Replayed) -> String {
    let mut text = String::new();
    for one in &replayed.differ {
        let _ = writeln!(text, "DIFFERS {}, piece {}, child {}: {}", one.reference, one.piece, one.child, one.what);
    }
    let (referrals, evaluations) = (count(replayed.referrals, "referral"), count(replayed.evaluations, "evaluation"));
    let _ = match replayed.differ.len() {
        0 => writeln!(text, "{referrals}, {evaluations}: every answer is what it was"),
        other => writeln!(text, "{referrals}, {evaluations}: {} not what it was", count(other, "answer")),
    };
    text
}

/// From which level to which: rows are what was indicated, columns what would be.
fn movements(moved: &Moved, rules: &RuleSet) -> String {
    let mut text = format!(
        "{} with {} under {}: {} would move\n",
        count(moved.referrals, "referral"),
        if moved.children == 1 { "1 child".to_owned() } else { format!("{} children", moved.children) },
        rules.id().digest,
        moved.moved.len()
    );
    if moved.moved.is_empty() {
        return text;
    }
    let here = |from, to| moved.moved.iter().filter(|one| (one.from.0, one.to.0) == (from, to)).count() as u64;
    text.push_str(&matrix(rules.ladder().highest(), here));
    for one in &moved.moved {
        let (from, to) = (one.from, one.to);
        let way = if to.0 < from.0 || to.1 < from.1 { "LOWER" } else { "higher" };
        let _ =
            writeln!(text, "{way} {} child {}: {}-{} to {}-{}", one.reference, one.child, from.0, from.1, to.0, to.1);
    }
    text
}

/// Rows are the least that was indicated, columns the least that would be.
fn matrix(highest: Rank, children: impl Fn(Rank, Rank) -> u64) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    let head = (1..=highest).map(|rank| format!("to at least {rank}"));
    table.set_header(["from at least".to_owned()].into_iter().chain(head));
    for from in 1..=highest {
        let cells = (1..=highest).map(|to| children(from, to).to_string());
        table.add_row([from.to_string()].into_iter().chain(cells));
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
