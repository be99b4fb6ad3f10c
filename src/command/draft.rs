//! `windscreen draft`: rules from a folder, a zip archive or a git revision become a draft in the record, with what they
//! do; an author proposes it there.

use std::fs::File;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context;
use clap::Args;

use super::{ActorArg, RULES_HAVE_PROBLEMS, RecordArg, TEST_FAILED, form, print, told};
use crate::access::Operation;
use crate::criteria::{RuleFile, load};
use crate::diagnostic::render;
use crate::record::rule_drafts::MAX_FILES_BYTES;
use crate::rule_change::Evidence;
use crate::rules_dir;
use crate::serving::now;

/// Takes rules as a draft, and says what they would do.
#[derive(Debug, Args)]
pub(super) struct DraftArgs {
    /// A rules folder, or a zip archive of one
    #[arg(value_name = "DIR")]
    from: PathBuf,
    /// The folder as it is in this git revision, in the place of how it is now
    #[arg(long, value_name = "REVISION")]
    git: Option<String>,
    /// What it changes, in a few words
    #[arg(long)]
    title: String,
    #[command(flatten)]
    actor: ActorArg,
    #[command(flatten)]
    record: RecordArg,
}

pub(super) fn run(args: &DraftArgs) -> anyhow::Result<ExitCode> {
    let record = args.record.open_existing()?;
    let permit = args.actor.permit(Operation::ProposeRules, &record)?;
    let files = files(args)?;
    let in_force = record.rules_told()?.reigns().and_then(|reigns| reigns.last().map(|reign| reign.digest.clone()));
    let in_force = match in_force {
        Some(digest) => digest,
        None => record.in_force_at(now())?.context("no rules are in force here yet: serve them first")?.digest,
    };
    let before = record.rule_set(&in_force)?;
    let id = record.begin_rule_draft(&permit, &args.title, &files, None, now()).map_err(told)?;
    let (mut evidence, rules) = Evidence::of(&before, &files)?;
    if let Some(rules) = &rules {
        evidence.replay = Some(record.replay_counted(rules)?);
    }
    record.put_evidence(&id, 1, &evidence)?;
    print(&format!("draft {id}: /rule-drafts/{id}\n"))?;
    for line in &evidence.in_short {
        print(&format!("{line}\n"))?;
    }
    for one in &evidence.failing {
        print(&format!("fails: {} ({})\n", one.example, one.file))?;
    }
    if evidence.errors > 0 {
        anstream::eprint!("{}", render(&load(&files).problems, form()));
        anstream::eprintln!("these rules have errors, and cannot be proposed");
        return Ok(ExitCode::from(RULES_HAVE_PROBLEMS));
    }
    Ok(if evidence.failing.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(TEST_FAILED) })
}

fn files(args: &DraftArgs) -> anyhow::Result<Vec<RuleFile>> {
    let most = MAX_FILES_BYTES as u64;
    match &args.git {
        Some(revision) => Ok(rules_dir::unzipped(Cursor::new(archive(&args.from, revision)?), most)?),
        None if args.from.is_file() => {
            let file = File::open(&args.from).with_context(|| format!("`{}` cannot be read", args.from.display()))?;
            Ok(rules_dir::unzipped(file, most)?)
        }
        None => Ok(rules_dir::read(&args.from)?),
    }
}

/// The folder as git keeps it.
fn archive(folder: &Path, revision: &str) -> anyhow::Result<Vec<u8>> {
    anyhow::ensure!(!revision.starts_with('-'), "`{revision}` is no git revision");
    let git = Command::new("git").arg("-C").arg(folder).args(["archive", "--format=zip", revision, "."]).output();
    let git = git.context("git cannot be started")?;
    anyhow::ensure!(git.status.success(), "git: {}", String::from_utf8_lossy(&git.stderr).trim());
    Ok(git.stdout)
}
