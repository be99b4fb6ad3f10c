//! `windscreen audit`: prove that the record is what it was, or say what is wrong with it.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use data_encoding::BASE64;

use super::{RecordArg, count, print};
use crate::record::Log;

/// The record does not verify.
pub(super) const NOT_VERIFIED: u8 = 5;

/// Verifies the record.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Reads everything again, and says what is wrong first
    Verify(#[command(flatten)] RecordArg),
    /// Prints the signed checkpoint of each log: fit for the minutes of a meeting
    Checkpoint(#[command(flatten)] RecordArg),
}

pub(super) fn run(args: &AuditArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        AuditCommand::Verify(record) => verify(record),
        AuditCommand::Checkpoint(record) => checkpoint(record),
    }
}

fn verify(record: &RecordArg) -> anyhow::Result<ExitCode> {
    let record = record.open_existing()?;
    match record.verify()? {
        Ok(sound) => {
            for log in &sound {
                let root = BASE64.encode(&log.root);
                print(&format!(
                    "ok {}: {} recorded, {} of what was erased, {} held against it, root {root}\n",
                    log.origin,
                    count(usize::try_from(log.size)?, "event"),
                    log.erased,
                    count(log.checkpoints, "checkpoint")
                ))?;
            }
            if let Some(why) = record.read_only() {
                anstream::eprintln!("the record is read-only: {why}");
                return Ok(ExitCode::from(NOT_VERIFIED));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(damage) => {
            print(&format!("DAMAGED {damage}\n"))?;
            if let Some(why) = record.read_only() {
                anstream::eprintln!("the record is read-only: {why}");
            }
            Ok(ExitCode::from(NOT_VERIFIED))
        }
    }
}

fn checkpoint(record: &RecordArg) -> anyhow::Result<ExitCode> {
    let record = record.open_existing()?;
    record.sign_now()?;
    for log in Log::ALL {
        if let Some(note) = record.checkpoint(log) {
            print(&format!("{note}\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
