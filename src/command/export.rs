//! `windscreen export`: the rules for where the data already lives, and the record for whoever leaves.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};

use super::audit::{damaged, sound};
use super::{RULES_HAVE_PROBLEMS, RecordArg, RulesArg, count, form, print, rules};
use crate::criteria::RuleSet;
use crate::diagnostic::render;
use crate::export::{Dialect, Export, TableMapping};
use crate::serving::now;

/// The rules as something that other programs run, or the whole record in the open.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(subcommand)]
    to: To,
}

#[derive(Debug, Subcommand)]
enum To {
    /// Prints one SQL query that answers every row of a table of referrals, a row a child
    Sql {
        #[command(flatten)]
        rules: RulesArg,
        /// For which database
        #[arg(long, value_enum)]
        dialect: DialectArg,
        /// A file that says what the table's columns mean; without it they are called as in a table for `evaluate`
        #[arg(long, value_name = "FILE")]
        mapping: Option<PathBuf>,
        /// The table, with its schema before a full stop where it has one
        #[arg(long, value_name = "NAME", default_value = "referrals")]
        table: String,
        /// Make a view of this name instead of a query
        #[arg(long, value_name = "NAME")]
        view: Option<String>,
    },
    /// Writes the whole record, opened, into a folder of NDJSON files, the rule sets and the logs, with a guide to it; `import` takes it in again
    Record {
        /// The folder to write; there must be none yet. Whoever has it can read every word about every child
        folder: PathBuf,
        #[command(flatten)]
        record: RecordArg,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DialectArg {
    Postgres,
    Duckdb,
    Spark,
}

pub(super) fn run(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let (folder, dialect, file, table, view) = match &args.to {
        To::Sql { rules, dialect, mapping, table, view } => (rules, dialect, mapping, table, view),
        To::Record { folder, record } => return whole(folder, record),
    };
    let rules = match rules(folder)? {
        Ok(rules) => rules,
        Err(code) => return Ok(code),
    };
    let mapping = match file {
        None => TableMapping::by_id(&rules),
        Some(file) => match read(&rules, file)? {
            Ok(mapping) => mapping,
            Err(code) => return Ok(code),
        },
    };
    let dialect = match dialect {
        DialectArg::Postgres => Dialect::Postgres,
        DialectArg::Duckdb => Dialect::Duckdb,
        DialectArg::Spark => Dialect::Spark,
    };
    let export = Export { rules: &rules, mapping: &mapping, dialect, table, view: view.as_deref() };
    print(&export.sql())?;
    Ok(ExitCode::SUCCESS)
}

fn whole(folder: &Path, record: &RecordArg) -> anyhow::Result<ExitCode> {
    let opened = record.open_existing()?;
    match opened.export_whole(folder, now())? {
        Err(damage) => damaged(&damage),
        Ok(whole) => {
            sound(&whole)?;
            let (folder, keys) = (folder.display(), record.places().keys);
            anstream::eprintln!(
                "`{folder}` holds every word about every child, opened: encrypt it before it travels, and delete it when \
                 it has arrived. To take it in again, `{}` is needed too",
                keys.display()
            );
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The mapping of a file, or what is wrong with it, which is told.
fn read(rules: &RuleSet, file: &Path) -> anyhow::Result<Result<TableMapping, ExitCode>> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(|| format!("`{name}` cannot be read"))?;
    Ok(TableMapping::read(rules, &name, &text).map_err(|problems| {
        anstream::eprint!("{}", render(&problems, form()));
        anstream::eprintln!("the mapping `{name}` has {}", count(problems.len(), "error"));
        ExitCode::from(RULES_HAVE_PROBLEMS)
    }))
}
