//! `windscreen backup` and `windscreen restore`: copies of the record that are verified before they count.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::audit::{damaged, sound};
use super::{RecordArg, print, told};
use crate::record::copy::restore as put_back;
use crate::serving::now;

/// Copies the record.
#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The file to write; there must be none yet
    file: PathBuf,
    #[command(flatten)]
    record: RecordArg,
}

/// Puts a copy back.
#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// A file of `windscreen backup`
    file: PathBuf,
    #[command(flatten)]
    record: RecordArg,
}

pub(super) fn backup(args: &BackupArgs) -> anyhow::Result<ExitCode> {
    let record = args.record.open_existing()?;
    match record.backup(&args.file, now()).map_err(told)? {
        Err(damage) => damaged(&damage),
        Ok(whole) => {
            sound(&whole)?;
            let keys = args.record.places().keys;
            let guard = args.record.places().guard;
            anstream::eprintln!(
                "the keys are not in it: copy `{}` and `{}` elsewhere, apart from it",
                keys.display(),
                guard.display()
            );
            Ok(ExitCode::SUCCESS)
        }
    }
}

pub(super) fn restore(args: &RestoreArgs) -> anyhow::Result<ExitCode> {
    let places = args.record.places();
    match put_back(&args.file, &places).map_err(told)? {
        Err(damage) => return damaged(&damage),
        Ok(whole) => sound(&whole)?,
    }
    // Opened once: what was erased since the backup goes again before anything is served from it.
    let record = args.record.open_existing()?;
    match record.read_only() {
        None => print("put back: it continues what was signed last, and nothing is lost\n")?,
        Some(why) => {
            print(&format!("put back, and read-only: {why}\n"))?;
            anstream::eprintln!("`windscreen audit fork --because restored` takes it into use; both logs will say so");
        }
    }
    Ok(ExitCode::SUCCESS)
}
