//! `windscreen backup` and `windscreen restore`: copies of the record that are verified before they count.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::audit::{damaged, sound};
use super::{RecordArg, count, print, told};
use crate::record::Places;
use crate::record::copy::{Drilled, drill, restore as put_back};
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
    /// Only try it: put back aside, taken into use, verified, and gone again; the record here stays as it is
    #[arg(long)]
    verify: bool,
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
    if args.verify {
        return try_out(&args.file, &places);
    }
    match put_back(&args.file, &places).map_err(told)? {
        Err(damage) => return damaged(&damage),
        Ok(whole) => sound(&whole)?,
    }
    opened_once(&args.record)
}

/// Opened once: what was erased since goes again before anything is served from it.
pub(super) fn opened_once(record: &RecordArg) -> anyhow::Result<ExitCode> {
    match record.open_existing()?.read_only() {
        None => print("put back: it continues what was signed last, and nothing is lost\n")?,
        Some(why) => {
            print(&format!("put back, and read-only: {why}\n"))?;
            anstream::eprintln!("`windscreen audit fork --because restored` takes it into use; both logs will say so");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn try_out(file: &Path, places: &Places) -> anyhow::Result<ExitCode> {
    let Drilled { whole, behind, erased_again } = match drill(file, places, now()).map_err(told)? {
        Ok(drilled) => drilled,
        Err(damage) => return damaged(&damage),
    };
    sound(&whole)?;
    print(&match behind {
        None => "it continues what was signed last: put back, nothing would be lost\n".to_owned(),
        Some(why) => format!("put back, it would be read-only until somebody takes it into use: {why}\n"),
    })?;
    print(&match erased_again {
        0 => "nothing in it was erased since\n".to_owned(),
        many => format!("{} in it that was erased since: put back, it went again\n", count(many, "key")),
    })?;
    print("put back aside and taken into use, it verifies; nothing here was changed\n")?;
    Ok(ExitCode::SUCCESS)
}
