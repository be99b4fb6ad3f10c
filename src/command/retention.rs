//! `windscreen retention` and `windscreen erase`: how long referrals are kept, and how they go.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::{ActorArg, RecordArg, RulesArg, count, print, rules, told};
use crate::access::Operation;
use crate::record::Record;
use crate::record::body::Retention;
use crate::record::erase::{Kept, Why};
use crate::serving::now;

/// The code list of how long referrals are kept.
const CLASSES: &str = "retention_classes";

/// How long referrals are kept.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct RetentionArgs {
    #[command(subcommand)]
    command: Option<RetentionCommand>,
    #[command(flatten)]
    record: RecordArg,
    #[command(flatten)]
    actor: Option<ActorArg>,
    /// Erase those whose time has come; without it they are only listed
    #[arg(long)]
    apply: bool,
}

#[derive(Debug, Subcommand)]
enum RetentionCommand {
    /// Says how long a referral is kept
    Set {
        /// The id or the spoken reference
        id: String,
        /// How long: a code of the rules' list `retention_classes`, such as P6Y
        #[arg(long)]
        class: String,
        /// The day from which it runs: of closure or of birth, as the class says
        #[arg(long, value_name = "DATE")]
        from: Date,
        #[command(flatten)]
        change: ChangeArgs,
        #[command(flatten)]
        rules: RulesArg,
    },
    /// Lays a legal hold: nothing of it is erased until it is lifted
    Hold {
        /// The id or the spoken reference
        id: String,
        #[command(flatten)]
        change: ChangeArgs,
    },
    /// Lifts a legal hold
    Lift {
        /// The id or the spoken reference
        id: String,
        #[command(flatten)]
        change: ChangeArgs,
    },
}

#[derive(Debug, Args)]
struct ChangeArgs {
    /// Why, in a sentence
    #[arg(long, value_name = "WORDS")]
    because: String,
    #[command(flatten)]
    actor: ActorArg,
    #[command(flatten)]
    record: RecordArg,
}

/// Erases one referral.
#[derive(Debug, Args)]
pub(super) struct EraseArgs {
    /// The id or the spoken reference
    id: String,
    /// Erase it; without this it is only said what would go
    #[arg(long)]
    apply: bool,
    #[command(flatten)]
    actor: ActorArg,
    #[command(flatten)]
    record: RecordArg,
}

pub(super) fn run(args: &RetentionArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        None => all(args),
        Some(RetentionCommand::Set { id, class, from, change, rules: folder }) => {
            let rules = match rules(folder)? {
                Ok(rules) => rules,
                Err(code) => return Ok(code),
            };
            let listed = rules.framework().code_lists.iter().find(|list| list.id == CLASSES);
            let codes: Vec<&str> = listed.iter().flat_map(|list| &list.codes).map(|code| code.code.as_str()).collect();
            let is_listed = codes.contains(&class.as_str());
            anyhow::ensure!(is_listed, "the list `{CLASSES}` has no `{class}`; it has {}", codes.join(", "));
            let set = Retention { class: Some(class.clone()), from: Some(*from), held: false };
            let ends = set.ends().with_context(|| format!("`{class}` is no length of time, such as P6Y"))?;
            change.make(id, |before| Retention { held: before.held, ..set })?;
            print(&format!("kept until {ends}\n"))?;
            Ok(ExitCode::SUCCESS)
        }
        Some(RetentionCommand::Hold { id, change }) => {
            change.make(id, |before| Retention { held: true, ..before })?;
            print("held: nothing of it is erased until the hold is lifted\n")?;
            Ok(ExitCode::SUCCESS)
        }
        Some(RetentionCommand::Lift { id, change }) => {
            change.make(id, |before| Retention { held: false, ..before })?;
            print("the hold is lifted\n")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl ChangeArgs {
    fn make(&self, id: &str, change: impl FnOnce(Retention) -> Retention) -> anyhow::Result<()> {
        let record = self.record.open_existing()?;
        let permit = self.actor.permit(Operation::Retain, &record)?;
        record.retain(&permit, id, change, &self.because, now()).map_err(told)?;
        Ok(())
    }
}

fn all(args: &RetentionArgs) -> anyhow::Result<ExitCode> {
    let actor = args.actor.as_ref().context("say who asks: --as WHO")?;
    let record = args.record.open_existing()?;
    let permit = actor.permit(Operation::Retain, &record)?;
    let all = record.retention(&permit)?;
    let today = now().in_tz("Europe/London")?.date();
    let due: Vec<&Kept> = all.iter().filter(|kept| kept.is_due(today)).collect();
    let unset = all.iter().filter(|kept| kept.ends.is_none()).count();
    let held = all.iter().filter(|kept| kept.retention.held).count();
    let mut text = String::new();
    for kept in &due {
        let ends = kept.ends.map(|ends| ends.to_string()).unwrap_or_default();
        let _ = writeln!(
            text,
            "due {} since {ends}, class {}",
            kept.reference,
            kept.retention.class.as_deref().unwrap_or_default()
        );
    }
    let is_late = |kept: &&Kept| kept.pending && kept.ends.is_some_and(|ends| ends <= today);
    for kept in all.iter().filter(is_late) {
        let _ = writeln!(text, "not erased: {} waits for somebody to decide, confirm or accept", kept.reference);
    }
    let _ = writeln!(text, "{}: {} due, {held} held, {unset} without a class", count(all.len(), "referral"), due.len());
    for batch in record.list_incomplete_batches(now())? {
        let _ = writeln!(text, "not erased: the batch {batch} is not wholly recorded; complete it on its page");
    }
    let ended = record.list_ended_batches(now())?;
    if !ended.is_empty() {
        let _ = writeln!(text, "{} in which nothing waits: the rows and the file go", count(ended.len(), "old batch"));
    }
    print(&text)?;
    if !args.apply {
        if !due.is_empty() || !ended.is_empty() {
            anstream::eprintln!("nothing was erased; --apply erases what is due");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut refused = 0;
    for kept in &due {
        // One that cannot go, as when its batch cannot be completed, keeps no other.
        if let Err(error) = record.erase(&permit, &kept.id, Why::Retention, now()) {
            refused += 1;
            anstream::eprintln!("not erased: {}: {}", kept.reference, told(error));
        }
    }
    for batch in &ended {
        record.erase_batch(&permit, batch, now()).map_err(told)?;
    }
    record.forget_old_transfers(now()).map_err(told)?;
    let done = compacted(&record, due.len() - refused)?;
    anyhow::ensure!(refused == 0, "{} not erased", count(refused, "referral"));
    Ok(done)
}

pub(super) fn erase(args: &EraseArgs) -> anyhow::Result<ExitCode> {
    let record = args.record.open_existing()?;
    let permit = args.actor.permit(Operation::Retain, &record)?;
    if !args.apply {
        let found = record.retention_of(&permit, &args.id).map_err(told)?;
        let held = if found.retention.held { "; a legal hold lies on it" } else { "" };
        print(&format!("{} would be erased{held}\n", found.reference))?;
        anstream::eprintln!("nothing was erased; --apply erases it");
        return Ok(ExitCode::SUCCESS);
    }
    record.erase(&permit, &args.id, Why::Request, now()).map_err(told)?;
    compacted(&record, 1)
}

fn compacted(record: &Record, erased: usize) -> anyhow::Result<ExitCode> {
    record.compact().context("erased; the database's files could not be cleaned of it now")?;
    print(&format!("erased {}; backups hold them until they are deleted too\n", count(erased, "referral")))?;
    Ok(ExitCode::SUCCESS)
}
