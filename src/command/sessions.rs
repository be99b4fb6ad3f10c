//! `windscreen sessions`: who is signed in, and how that is ended for somebody who lost their role or their laptop.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{RecordArg, count, print};
use crate::serving::now;

/// Who is signed in.
#[derive(Debug, Args)]
pub(super) struct SessionsArgs {
    #[command(subcommand)]
    command: SessionsCommand,
}

#[derive(Debug, Subcommand)]
enum SessionsCommand {
    /// Lists who is signed in: since when, and when they were last seen
    List(#[command(flatten)] RecordArg),
    /// Signs somebody out everywhere, at every replica; they may sign in again where their provider lets them
    End {
        /// The person, by the id that `list` shows
        person: String,
        #[command(flatten)]
        record: RecordArg,
    },
}

pub(super) fn run(args: &SessionsArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        SessionsCommand::List(record) => {
            let listed = record.open_existing()?.list_sessions(now())?;
            let mut table = comfy_table::Table::new();
            table.load_style(comfy_table::presets::NOTHING);
            table.set_header(["id", "name", "role", "organisation", "since", "last seen"]);
            for one in &listed {
                let (since, seen) = (one.began_at.to_string(), one.seen_at.to_string());
                let who = &one.who;
                table.add_row([&who.id, &who.name, who.role.word(), &who.organisation, &since, &seen]);
            }
            let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
            print(&format!("{}\n{}\n", lines.join("\n"), count(listed.len(), "session")))?;
        }
        SessionsCommand::End { person, record } => {
            let ended = record.open_existing()?.end_sessions_of(person, now())?;
            anyhow::ensure!(ended > 0, "nobody called `{person}` is signed in; `windscreen sessions list` says who is");
            print(&format!("{} ended\n", count(ended, "session")))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
