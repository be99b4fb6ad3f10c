//! `windscreen migrate`: brings the database to this program's schema, as a step of its own.

use std::process::ExitCode;

use clap::Args;

use super::{RecordArg, print};
use crate::record::migrate::{grant, migrate};

/// Brings the database to this program's schema.
#[derive(Debug, Args)]
pub(super) struct MigrateArgs {
    #[command(flatten)]
    record: RecordArg,
    /// Also make the PostgreSQL roles `windscreen_app` and `windscreen_auditor`, and grant them what each needs
    #[arg(long, requires = "database")]
    roles: bool,
}

pub(super) fn run(args: &MigrateArgs) -> anyhow::Result<ExitCode> {
    let places = args.record.places();
    if !places.keys.exists() {
        // A new record is made whole: keys, guard, schema.
        drop(args.record.open()?);
        print("a new record was made\n")?;
    }
    let applied = migrate(&places.database)?;
    for name in &applied {
        print(&format!("applied {name}\n"))?;
    }
    if applied.is_empty() {
        print("the schema is this program's\n")?;
    }
    if args.roles {
        grant(&places.database)?;
        print("granted: windscreen_app records, windscreen_auditor reads the logs\n")?;
    }
    Ok(ExitCode::SUCCESS)
}
