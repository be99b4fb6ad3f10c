//! `windscreen manual`: the manual pages, one for each command, as a package installs them.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory};

/// Writes the manual pages.
#[derive(Debug, Args)]
pub(super) struct ManualArgs {
    /// The folder to write them into
    folder: PathBuf,
}

pub(super) fn run(args: &ManualArgs) -> anyhow::Result<ExitCode> {
    let shown = args.folder.display();
    std::fs::create_dir_all(&args.folder).with_context(|| format!("`{shown}` cannot be made"))?;
    clap_mangen::generate_to(super::Cli::command(), &args.folder).with_context(|| format!("in `{shown}`"))?;
    Ok(ExitCode::SUCCESS)
}
