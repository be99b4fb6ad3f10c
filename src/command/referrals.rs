//! `windscreen list` and `windscreen show`: what is recorded, at the terminal, for somebody who may read it.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::{ActorArg, Format, RecordArg, count, print};
use crate::access::Operation;
use crate::record::body::Evaluated;
use crate::record::case::{Case, Listed, Standing};
use crate::record::list::ListWanted;
use crate::record::shown::{ReferralRead, decisions};
use crate::serving::now;

/// Lists referrals.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    record: RecordArg,
    #[command(flatten)]
    actor: ActorArg,
    /// Where they stand: reopened, open, awaiting_second_person, awaiting_acceptance, with_duty_team, accepted or closed
    #[arg(long, value_parser = |word: &str| Standing::named(word).ok_or("there is no such standing"))]
    standing: Option<Standing>,
    /// How many at most
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    most: u32,
    /// Text for people, or JSON
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Shows a referral.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The id or the spoken reference
    id: String,
    #[command(flatten)]
    record: RecordArg,
    #[command(flatten)]
    actor: ActorArg,
    /// Text for people, or JSON with everything that was said
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn list(args: &ListArgs) -> anyhow::Result<ExitCode> {
    let record = args.record.open_existing()?;
    let permit = args.actor.permit(Operation::List, &record)?;
    let wanted = ListWanted { standing: args.standing, most: args.most.into(), ..ListWanted::default() };
    let listed = record.list(&permit, &wanted)?;
    match args.format {
        Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(&listed)?))?,
        Format::Text => print(&table(&listed))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn table(listed: &[Listed]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["reference", "received", "respond by", "level", "stands", "from"]);
    for one in listed {
        let level = if one.at_least == one.at_most {
            one.at_least.to_string()
        } else {
            format!("{}-{}", one.at_least, one.at_most)
        };
        let respond_by = one.respond_by.map(|time| time.to_string()).unwrap_or_default();
        let stands = one.standing.word().replace('_', " ");
        let received = one.received_at.to_string();
        table.add_row([one.reference.clone(), received, respond_by, level, stands, one.organisation.clone()]);
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    format!("{}\n{}\n", lines.join("\n"), count(listed.len(), "referral"))
}

pub(super) fn show(args: &ShowArgs) -> anyhow::Result<ExitCode> {
    let record = args.record.open_existing()?;
    let permit = args.actor.permit(Operation::Read, &record)?;
    let case = record.view(&permit, &args.id, now())?;
    match args.format {
        Format::Json => {
            let read = ReferralRead::of(&record, &case, permit.only())?;
            print(&format!("{}\n", serde_json::to_string_pretty(&read)?))?;
        }
        Format::Text => print(&as_text(&case, &*record.seen(&case, permit.only(), None)?)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// An evaluation as it was kept, as far as it is shown here.
#[derive(serde::Deserialize)]
struct Told {
    at_least: Named,
    at_most: Named,
    ask_next: Vec<Asked>,
}

#[derive(serde::Deserialize)]
struct Named {
    name: String,
}

#[derive(serde::Deserialize)]
struct Asked {
    ask: String,
}

fn as_text(case: &Case, evaluated: &Evaluated) -> anyhow::Result<String> {
    let listed = &case.listed;
    let mut text = format!("{} received {} from {}\n", listed.reference, listed.received_at, listed.organisation);
    let _ = writeln!(text, "stands: {}", listed.standing.word().replace('_', " "));
    for (child, stands) in evaluated.children.iter().zip(case.children()) {
        let told: Told = serde_json::from_str(child.evaluation.get()).context("an evaluation cannot be read again")?;
        let _ = writeln!(text, "\nchild {}", child.reference);
        let _ = writeln!(text, "  indicated: at least {}, at most {}", told.at_least.name, told.at_most.name);
        for question in told.ask_next.iter().take(3) {
            let _ = writeln!(text, "  ask next: {}", question.ask);
        }
        match stands.decided {
            None => {
                let _ = writeln!(text, "  decided: by nobody yet");
            }
            Some(decided) => {
                let level = decided.wanted.level;
                let outcome = serde_json::to_value(decided.wanted.outcome)?;
                let outcome = outcome.as_str().unwrap_or_default().replace('_', " ");
                let _ = writeln!(text, "  decided: level {level} by {}, {}", decided.by.name, outcome);
            }
        }
    }
    let _ = writeln!(
        text,
        "\n{} said, {} decided",
        count(case.pieces().len() + 1, "piece"),
        count(decisions(case, None).len(), "time")
    );
    Ok(text)
}
