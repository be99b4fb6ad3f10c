//! `windscreen keys`: the public keys, and new keys in the place of old ones.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{RecordArg, count, print};
use crate::record::Log;
use crate::record::keys::Keys;

/// The installation's keys.
#[derive(Debug, Args)]
pub(super) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Prints the public keys that check the signed checkpoints, the one in use first
    Show(#[command(flatten)] RecordArg),
    /// Draws new keys; they are used from the next start on, and the log says which. The old still open and still check
    Rotate(#[command(flatten)] RecordArg),
    /// Seals every referral's key under the newest, and forgets the others. Restart every server before
    Reseal(#[command(flatten)] RecordArg),
}

pub(super) fn run(args: &KeysArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        KeysCommand::Show(record) => {
            record.existing()?;
            let keys = Keys::read(&record.places().keys)?;
            for log in Log::ALL {
                for key in keys.all_public(log) {
                    print(&format!("{key}\n"))?;
                }
            }
        }
        KeysCommand::Rotate(record) => {
            record.existing()?;
            let path = record.places().keys;
            let keys = Keys::read(&path)?.rotated()?;
            keys.write_over(&path)?;
            // Opened once, so that the log says which key signs from now on.
            drop(record.open_existing()?);
            for log in Log::ALL {
                print(&format!("{}\n", keys.public(log)))?;
            }
            anstream::eprintln!("restart every server, copy the key file to where its copy is, then `keys reseal`");
        }
        KeysCommand::Reseal(record) => {
            let path = record.places().keys;
            let resealed = record.open_existing()?.reseal()?;
            Keys::read(&path)?.without_old_seals().write_over(&path)?;
            print(&format!("{} sealed anew\n", count(resealed, "referral key")))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
