//! `windscreen audit`: prove that the record is what it was, or say what is wrong with it.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use data_encoding::BASE64;

use super::replay::differences;
use super::{RecordArg, count, print};
use crate::record::checkpoint::Checkpoint;
use crate::record::verify::{Damage, Sound};
use crate::record::{ForkReason, Log, Record, bundle};
use crate::serving::now;

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
    Verify(VerifyArgs),
    /// Prints the signed checkpoint of each log: fit for the minutes of a meeting
    Checkpoint(#[command(flatten)] RecordArg),
    /// Writes the entries of a referral with proofs that the signed log holds them, for `verify --bundle`
    Prove {
        /// The referral's id or spoken reference, or one entry as `decisions:PLACE` or `rules:PLACE`
        id: String,
        #[command(flatten)]
        record: RecordArg,
    },
    /// Writes both logs, without a body, for `verify --bundle` and for other checkers
    Export(#[command(flatten)] RecordArg),
    /// Prints the checker for a browser: one file, which checks a bundle without this program and without a network
    Verifier,
    /// Takes a record into use again that does not continue what was signed before; both logs say so from then on
    Fork {
        /// Why: restored, disk_failed or guard_lost
        #[arg(long, value_parser = |word: &str| ForkReason::named(word).ok_or("say restored, disk_failed or guard_lost"))]
        because: ForkReason,
        #[command(flatten)]
        record: RecordArg,
    },
}

#[derive(Debug, Args)]
struct VerifyArgs {
    #[command(flatten)]
    record: RecordArg,
    /// Also evaluates everything again that was ever recorded, each under its own rule set
    #[arg(long, conflicts_with_all = ["since", "bundle"])]
    full: bool,
    /// Signed checkpoints from earlier minutes: the log must continue them, and only what came since is read again
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
    /// A file of `audit export` or `audit prove` in the place of a record; `-` for standard input
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// The public key that must have signed the bundle, as the minutes have it
    #[arg(long, value_name = "KEY", requires = "bundle")]
    key: Option<String>,
}

pub(super) fn run(args: &AuditArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        AuditCommand::Verify(args) => verify(args),
        AuditCommand::Checkpoint(record) => checkpoint(record),
        AuditCommand::Prove { id, record } => {
            let record = signed(record)?;
            record.export_proofs(id, &mut io::stdout().lock())?;
            Ok(ExitCode::SUCCESS)
        }
        AuditCommand::Export(record) => {
            let record = signed(record)?;
            let mut out = io::BufWriter::new(io::stdout().lock());
            record.export(&mut out)?;
            out.flush()?;
            if record.read_only().is_none() {
                record.say_exported("export", now())?;
            }
            Ok(ExitCode::SUCCESS)
        }
        AuditCommand::Verifier => {
            print(bundle::VERIFIER)?;
            Ok(ExitCode::SUCCESS)
        }
        AuditCommand::Fork { because, record } => {
            let record = record.open_existing()?;
            record.accept_fork(*because, now())?;
            print("taken into use: both logs say so; put the new checkpoint into the minutes\n")?;
            print_checkpoints(&record)
        }
    }
}

fn verify(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let held = match &args.since {
        None => Vec::new(),
        Some(path) => {
            let text = fs::read_to_string(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
            let notes = Checkpoint::notes(&text);
            anyhow::ensure!(!notes.is_empty(), "`{}` holds no signed checkpoint", path.display());
            notes
        }
    };
    if let Some(path) = &args.bundle {
        let lines: Box<dyn BufRead> = if path.as_os_str() == "-" {
            Box::new(io::stdin().lock())
        } else {
            let file = File::open(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
            Box::new(BufReader::new(file))
        };
        return verify_bundle(lines, &held, args.key.as_deref());
    }
    let record = args.record.open_existing()?;
    let mut code = match record.verify(held)? {
        Ok(whole) => sound(&whole).map(|()| ExitCode::SUCCESS),
        Err(found) => damaged(&found),
    }?;
    if args.full && code == ExitCode::SUCCESS {
        let replayed = record.replay(None)?;
        print(&differences(&replayed))?;
        if !replayed.differ.is_empty() {
            code = ExitCode::from(NOT_VERIFIED);
        }
    }
    if let Some(why) = record.read_only() {
        anstream::eprintln!("the record is read-only: {why}");
        return Ok(ExitCode::from(NOT_VERIFIED));
    }
    Ok(code)
}

fn verify_bundle(lines: impl BufRead, held: &[String], key: Option<&str>) -> anyhow::Result<ExitCode> {
    let shown = match bundle::verify(lines, held, key)? {
        Ok(shown) => shown,
        Err(found) => return damaged(&found),
    };
    sound(&shown.whole)?;
    for (origin, proven) in &shown.proven {
        let entries = if *proven == 1 { "entry is" } else { "entries are" };
        print(&format!("ok {origin}: {proven} {entries} in the signed log\n"))?;
    }
    if key.is_none() {
        for key in &shown.keys {
            print(&format!("signed with {key}\n"))?;
        }
        anstream::eprintln!("whoever made this bundle named its keys: hold them against the minutes, or give --key");
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn sound(logs: &[Sound]) -> anyhow::Result<()> {
    for log in logs {
        let root = BASE64.encode(&log.root);
        let erased = log.erased.map(|erased| format!("{erased} of what was erased, ")).unwrap_or_default();
        print(&format!(
            "ok {}: {} recorded, {erased}{} held against it, root {root}\n",
            log.origin,
            count(usize::try_from(log.size)?, "event"),
            count(log.checkpoints, "checkpoint")
        ))?;
    }
    Ok(())
}

pub(super) fn damaged(damage: &Damage) -> anyhow::Result<ExitCode> {
    print(&format!("DAMAGED {damage}\n"))?;
    Ok(ExitCode::from(NOT_VERIFIED))
}

/// A record whose last entries are signed too, where it may be written.
fn signed(record: &RecordArg) -> anyhow::Result<Record> {
    let record = record.open_existing()?;
    match record.read_only() {
        None => record.sign_now()?,
        Some(why) => anstream::eprintln!("the record is read-only: {why}"),
    }
    Ok(record)
}

fn checkpoint(record: &RecordArg) -> anyhow::Result<ExitCode> {
    print_checkpoints(&signed(record)?)
}

fn print_checkpoints(record: &Record) -> anyhow::Result<ExitCode> {
    for log in Log::ALL {
        if let Some(note) = record.checkpoint(log) {
            print(&format!("{note}\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
