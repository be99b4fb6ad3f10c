//! `windscreen export`: the rules for where the data already lives.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};

use super::{RULES_HAVE_PROBLEMS, RulesArg, count, form, print, rules};
use crate::criteria::RuleSet;
use crate::diagnostic::render;
use crate::export::{Dialect, Export, TableMapping};

/// The rules as something that other programs run.
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
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DialectArg {
    Postgres,
    Duckdb,
    Spark,
}

pub(super) fn run(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let To::Sql { rules: folder, dialect, mapping: file, table, view } = &args.to;
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
