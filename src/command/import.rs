//! `windscreen import`: what `windscreen export record` wrote is a record again.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::RecordArg;
use super::audit::{damaged, sound};
use super::backup::opened_once;
use crate::record::whole::import;

/// Takes in a whole record.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// A folder of `windscreen export record`
    folder: PathBuf,
    #[command(flatten)]
    record: RecordArg,
}

pub(super) fn run(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    args.record.existing()?;
    match import(&args.folder, &args.record.places())? {
        Err(damage) => damaged(&damage),
        Ok(whole) => {
            sound(&whole)?;
            opened_once(&args.record)
        }
    }
}
