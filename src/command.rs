//! The command line: one file a subcommand, shared options here.
//!
//! Data on standard output, everything else on standard error. Exit codes: 0 done, 1 could not run, 2 bad command
//! line, 3 the rules have problems, 4 a rule test failed, 5 the record does not verify.

mod audit;
mod backup;
mod break_glass;
mod check;
mod completions;
mod delegates;
mod diff;
mod doctor;
mod draft;
mod evaluate;
mod export;
mod history;
mod import;
mod keys;
mod manual;
mod migrate;
mod people;
mod publish;
mod referrals;
mod reminders;
mod replay;
mod report;
mod retention;
mod schema;
mod serve;
mod sessions;
mod settings;
mod test;
mod transfer;
mod vignettes;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::criteria::{Loaded, RuleSet, load};
use crate::diagnostic::{Form, render};
use crate::record::db::Location;
use crate::record::{Places, Record, RecordError};
use crate::rules_dir;
use crate::serving::now;
use people::ActorArg;
use settings::Settings;

/// The command line cannot be understood; what clap finds itself ends with the same.
pub const BAD_COMMAND_LINE: u8 = 2;
/// The rules have problems.
pub const RULES_HAVE_PROBLEMS: u8 = 3;
/// A rule test failed.
pub const TEST_FAILED: u8 = 4;

/// Applies a partnership's agreed threshold criteria to what a referral says about a child.
#[derive(Debug, Parser)]
#[command(name = "windscreen", version, arg_required_else_help = true)]
struct Cli {
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, env = "WINDSCREEN_COLOR")]
    color: Color,
    /// Say nothing on standard error but errors
    #[arg(long, global = true)]
    quiet: bool,
    /// A TOML file of settings: whatever has a variable below, by its flag's name with underscores; flags and variables beat it
    #[arg(long, global = true, value_name = "FILE", env = "WINDSCREEN_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Checks a rules folder and tells every problem
    Check(check::CheckArgs),
    /// Runs the worked examples beside the criteria
    Test(test::TestArgs),
    /// Says which level of need the criteria indicate for a referral's facts, and why
    Evaluate(evaluate::EvaluateArgs),
    /// Says what changed between two rule sets, who moves, and whether any child is answered lower
    Diff(diff::DiffArgs),
    /// Writes worked examples on either side of each line between two levels, one answer apart, for review
    Vignettes(vignettes::VignettesArgs),
    /// Prints the threshold document that the rules are, for people, or a document that is made beside it
    Publish(publish::PublishArgs),
    /// Prints the rules as SQL, for a table of referrals in PostgreSQL, DuckDB or Spark; or writes the whole record, opened, for whoever leaves
    Export(export::ExportArgs),
    /// Prints JSON Schemas: of a rule set's facts, or of the rule files
    Schema(schema::SchemaArgs),
    /// Serves the evaluation API
    Serve(Box<serve::ServeArgs>),
    /// Says which rules were in force when, how they came to be, and what a rule said on a day
    History(history::HistoryArgs),
    /// Takes rules from a folder, an archive or git as a draft, and says what they would do; an author proposes it
    Draft(draft::DraftArgs),
    /// Lists, names and ends the delegates who agree rule changes for partners
    Delegates(delegates::DelegatesArgs),
    /// Tells delegates by e-mail which rule changes wait for them
    Reminders(reminders::RemindersArgs),
    Report(report::ReportArgs),
    /// Lists recorded referrals
    List(referrals::ListArgs),
    /// Shows a recorded referral; that it was read is recorded
    Show(referrals::ShowArgs),
    /// Evaluates again what was recorded, or a file: the same, or how levels would move under another rule set
    Replay(replay::ReplayArgs),
    /// Says which referrals' time has come, sets how long they are kept, and erases them
    Retention(retention::RetentionArgs),
    /// Erases one referral, because somebody with a right to it asked or a court ordered it
    Erase(retention::EraseArgs),
    /// Makes, checks and takes the files by which one authority transfers a child to another
    Transfer(transfer::TransferCommandArgs),
    /// Verifies the record, and prints its signed checkpoints
    Audit(audit::AuditArgs),
    /// Copies the record into a file while it goes on, and verifies the copy
    Backup(backup::BackupArgs),
    /// Puts a copy of the record back where none is
    Restore(backup::RestoreArgs),
    /// Takes in a whole record that `export record` wrote, where none is
    Import(import::ImportArgs),
    /// Shows, rotates and reseals the installation's keys
    Keys(keys::KeysArgs),
    /// Lists who is signed in, and signs somebody out
    Sessions(sessions::SessionsArgs),
    /// Makes an account for when nobody can sign in as usual, and prints its secret this once
    BreakGlass(break_glass::BreakGlassArgs),
    /// Looks whether this machine is as the service needs it, with the settings of `serve`; changes nothing
    Doctor(Box<doctor::DoctorArgs>),
    /// Brings the database to this program's schema
    Migrate(migrate::MigrateArgs),
    /// Writes the manual pages, one for each command
    Manual(manual::ManualArgs),
    /// Prints shell completions
    Completions(completions::CompletionsArgs),
}

/// Where the rules are.
#[derive(Debug, Clone, Args)]
struct RulesArg {
    /// The rules folder
    #[arg(long, value_name = "DIR", default_value = "rules", env = "WINDSCREEN_RULES")]
    rules: PathBuf,
}

/// Where the record is.
#[derive(Debug, Clone, Args)]
struct RecordArg {
    /// The folder of the record: database, keys and guard, unless they are named apart
    #[arg(long, value_name = "DIR", default_value = "data", env = "WINDSCREEN_DATA")]
    data: PathBuf,
    /// A PostgreSQL database in the place of the folder's own, as postgresql://...
    #[arg(long, value_name = "URL", env = "WINDSCREEN_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// The certificate that vouches for the PostgreSQL server, unless it is on this machine
    #[arg(long, value_name = "FILE", env = "WINDSCREEN_DATABASE_AUTHORITY", requires = "database")]
    database_authority: Option<PathBuf>,
    /// The key file
    #[arg(long, value_name = "FILE", env = "WINDSCREEN_KEYS")]
    keys: Option<PathBuf>,
    /// The folder of the guard: better on another disk than the database
    #[arg(long, value_name = "DIR", env = "WINDSCREEN_GUARD")]
    guard: Option<PathBuf>,
}

impl RecordArg {
    fn places(&self) -> Places {
        let mut places = Places::in_folder(&self.data);
        if let Some(url) = &self.database {
            places.database = Location::Postgres { url: url.clone(), authority: self.database_authority.clone() };
        }
        places.keys = self.keys.clone().unwrap_or(places.keys);
        places.guard = self.guard.clone().unwrap_or(places.guard);
        places
    }

    /// Opens a record that is there; none is begun by looking for it.
    fn open_existing(&self) -> anyhow::Result<Record> {
        self.existing()?;
        Record::open(&self.places(), now()).context("the record cannot be opened")
    }

    fn existing(&self) -> anyhow::Result<()> {
        let keys = self.places().keys;
        anyhow::ensure!(keys.exists(), "there is no record here: `{}` is missing", keys.display());
        Ok(())
    }

    /// Opens the record, and its folder when it is not there yet.
    fn open(&self) -> anyhow::Result<Record> {
        let mut folder = std::fs::DirBuilder::new();
        // For its owner alone: even sealed, who referred when is nobody else's business.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder
            .recursive(true)
            .create(&self.data)
            .with_context(|| format!("`{}` cannot be made", self.data.display()))?;
        Record::open(&self.places(), now()).context("the record cannot be opened")
    }
}

/// Text for people, or JSON for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let settings = match Settings::read(Cli::command()) {
        Ok(settings) => settings,
        Err(code) => return code,
    };
    let cli = match Cli::from_arg_matches(&settings.matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    match cli.color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
    let done = match cli.command {
        Command::Check(args) => check::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Evaluate(args) => evaluate::run(&args, cli.quiet),
        Command::Diff(args) => diff::run(&args),
        Command::Vignettes(args) => vignettes::run(&args),
        Command::Publish(args) => publish::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Schema(args) => schema::run(&args, cli.quiet),
        Command::Serve(args) => serve::run(&args, &settings, cli.quiet),
        Command::History(args) => history::run(&args),
        Command::Draft(args) => draft::run(&args),
        Command::Delegates(args) => delegates::run(&args),
        Command::Reminders(args) => reminders::run(&args),
        Command::Report(args) => report::run(&args),
        Command::List(args) => referrals::list(&args),
        Command::Show(args) => referrals::show(&args),
        Command::Replay(args) => replay::run(&args, cli.quiet),
        Command::Retention(args) => retention::run(&args),
        Command::Erase(args) => retention::erase(&args),
        Command::Transfer(args) => transfer::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Backup(args) => backup::backup(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Import(args) => import::run(&args),
        Command::Keys(args) => keys::run(&args),
        Command::Sessions(args) => sessions::run(&args),
        Command::BreakGlass(args) => break_glass::run(&args),
        Command::Doctor(args) => doctor::run(&args, &settings),
        Command::Migrate(args) => migrate::run(&args),
        Command::Manual(args) => manual::run(&args),
        Command::Completions(args) => completions::run(&args),
    };
    match done {
        Ok(code) => code,
        // A reader that has seen enough closes the pipe; that is not an error.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            ExitCode::from(1)
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}

/// Writes to standard output; a closed pipe comes back as an error and ends quietly.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// What went wrong with the record, with every fault of what was asked.
fn told(error: RecordError) -> anyhow::Error {
    match error {
        RecordError::Faults(faults) => {
            let faults: Vec<String> = faults.iter().map(|fault| format!("{} [{}]", fault.detail, fault.code)).collect();
            anyhow::anyhow!("{}", faults.join("; "))
        }
        error => error.into(),
    }
}

/// Loads the rules that a command needs, or tells what is wrong with them.
fn rules(arg: &RulesArg) -> anyhow::Result<Result<RuleSet, ExitCode>> {
    let loaded = load(&rules_dir::read(&arg.rules)?);
    Ok(without_errors(loaded, &arg.rules))
}

/// The rule set that was loaded, or what is wrong with its rules, which is told.
fn without_errors(loaded: Loaded, folder: &Path) -> Result<RuleSet, ExitCode> {
    let Loaded { rule_set, problems, .. } = loaded;
    rule_set.ok_or_else(|| {
        let errors: Vec<_> =
            problems.into_iter().filter(|problem| problem.severity == crate::diagnostic::Severity::Error).collect();
        anstream::eprint!("{}", render(&errors, form()));
        anstream::eprintln!("the rules in `{}` have {}", folder.display(), count(errors.len(), "error"));
        ExitCode::from(RULES_HAVE_PROBLEMS)
    })
}

/// Drawn excerpts on a terminal, plain lines elsewhere: logs, pipes and screen readers read those.
fn form() -> Form {
    let colour = anstream::AutoStream::choice(&io::stderr());
    if colour == anstream::ColorChoice::Never { Form::Plain } else { Form::Text }
}

/// A number with its noun.
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
