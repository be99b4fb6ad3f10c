//! `windscreen history`: which rules were in force when, how they came to be, and what a rule said on a day.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::{Format, RecordArg, print};
use crate::publish::{Wording, wordings};
use crate::record::Record;
use crate::record::rule_changes::{ChangeTold, Happened, InForceFrom, RulesTold};
use crate::rule_change::{Step, end_of};

/// Says which rules were in force when, and the story of each rule change.
#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    #[command(flatten)]
    record: RecordArg,
    /// Only what was in force when this day ended, London time
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// With a day: what this rule said then, as it was known then, and how it reads since
    #[arg(long, value_name = "ID", requires = "on")]
    rule: Option<String>,
    /// Text for people, or JSON
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// A rule set that was in force, and what brought it.
#[derive(Debug, Serialize)]
struct Entry {
    #[serde(flatten)]
    in_force: InForceFrom,
    version: Option<String>,
    /// What happened to the change that brought it.
    story: Vec<String>,
}

/// What a rule said.
#[derive(Debug, Serialize)]
struct Reads {
    from: Timestamp,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Wording>,
}

pub(super) fn run(args: &HistoryArgs) -> anyhow::Result<ExitCode> {
    let record = args.record.open_existing()?;
    let (over_time, told) = (record.in_force_over_time()?, record.rules_told()?);
    for (place, why) in &told.wrong {
        anstream::eprintln!("entry {place} of the log of rules may not be, and changes nothing: {why}");
    }
    let Some(day) = args.on else {
        let entries: Vec<Entry> = over_time.into_iter().map(|one| entry(&record, &told, one)).collect();
        let open = told.changes.iter().filter(|change| change.agreed.is_none());
        print(&match args.format {
            Format::Json => format!("{}\n", serde_json::to_string_pretty(&entries)?),
            Format::Text => as_text(&entries, &open.collect::<Vec<_>>()),
        })?;
        return Ok(ExitCode::SUCCESS);
    };
    let end = end_of(day);
    let then = over_time.iter().rposition(|one| one.from <= end);
    let then = then.with_context(|| format!("no rules were in force here on {day}"))?;
    let Some(rule) = &args.rule else {
        let one = entry(&record, &told, over_time[then].clone());
        print(&match args.format {
            Format::Json => format!("{}\n", serde_json::to_string_pretty(&one)?),
            Format::Text => as_text(&[one], &[]),
        })?;
        return Ok(ExitCode::SUCCESS);
    };
    let mut reads: Vec<Reads> = Vec::new();
    for one in &over_time[then..] {
        let rules = record.rule_set(&one.digest)?;
        let wording = wordings(&rules).into_iter().find(|wording| wording.id == *rule);
        if reads.last().is_none_or(|last| last.rule != wording) {
            reads.push(Reads { from: one.from, version: rules.id().version.clone(), rule: wording });
        }
    }
    anyhow::ensure!(reads.iter().any(|one| one.rule.is_some()), "no rule is called `{rule}`, then or since");
    print(&match args.format {
        Format::Json => format!("{}\n", serde_json::to_string_pretty(&reads)?),
        Format::Text => reads_as_text(day, &reads),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn in_london(at: Timestamp) -> String {
    at.in_tz("Europe/London").map_or_else(|_| at.to_string(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}

fn entry(record: &Record, told: &RulesTold, in_force: InForceFrom) -> Entry {
    let version = record.rule_set(&in_force.digest).ok().map(|rules| {
        let id = rules.id();
        format!("{} {}", id.framework, id.version)
    });
    let change = in_force.change.as_deref().and_then(|id| told.change(id).ok());
    let story = change.map(story).unwrap_or_default();
    Entry { in_force, version, story }
}

/// What happened to a change, a line each.
fn story(change: &ChangeTold) -> Vec<String> {
    let line = |event: &crate::record::rule_changes::ChangeEvent| {
        let what = match &event.what {
            Happened::Proposed(proposed) => in_words(&proposed.step),
            Happened::Step(step) => in_words(step),
            Happened::Commented { says } => format!("said: {says}"),
        };
        format!("{} {}, by {} (entry {})", in_london(event.at), what, event.by.name, event.place)
    };
    std::iter::once(format!("{} ({})", change.title, change.id)).chain(change.events.iter().map(line)).collect()
}

fn in_words(step: &Step) -> String {
    match step {
        Step::Proposed(proposal) => format!("proposed: {} ({})", proposal.reason, proposal.clause),
        Step::Edited(proposal) => {
            format!("proposed other rules in their place: {} ({})", proposal.reason, proposal.clause)
        }
        Step::Approved { partner, minute: None, .. } => format!("agreed for {partner}"),
        Step::Approved { partner, minute: Some(minute), .. } => format!("entered the minute of {partner}: {minute}"),
        Step::Confirmed { partner } => format!("confirmed the minute of {partner}"),
        Step::Refused { partner, says, .. } => format!("refused for {partner}: {says}"),
        Step::Withdrawn { says } => format!("withdrew it: {says}"),
        Step::Undone { partner, says } => format!("wanted it undone for {partner}: {says}"),
    }
}

fn as_text(entries: &[Entry], open: &[&ChangeTold]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for Entry { in_force, version, story } in entries {
        let version = version.as_deref().unwrap_or("cannot be read any more");
        let _ = writeln!(text, "{}  {version}  {}", in_london(in_force.from), in_force.digest);
        if story.is_empty() {
            text.push_str("    put in force from a folder, by whoever runs the service\n");
        }
        for line in story {
            let _ = writeln!(text, "    {line}");
        }
    }
    if !open.is_empty() {
        text.push_str("\nNot agreed:\n");
    }
    for change in open {
        for line in story(change) {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

fn reads_as_text(day: Date, reads: &[Reads]) -> String {
    let mut text = String::new();
    for (place, one) in reads.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = match place {
            0 => writeln!(text, "On {day}, as it was known then (version {}):", one.version),
            _ => writeln!(text, "\nCorrected from {} (version {}):", in_london(one.from), one.version),
        };
        match &one.rule {
            None => text.push_str("  there was no such rule\n"),
            Some(rule) => {
                for line in &rule.says {
                    let _ = writeln!(text, "  {line}");
                }
                let _ = writeln!(text, "  Source: {}", rule.source.join(", "));
            }
        }
    }
    if reads.len() == 1 {
        text.push_str("\nIt was not changed since.\n");
    }
    text
}
