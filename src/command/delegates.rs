//! `windscreen delegates`: who agrees rule changes for which partner. Each naming and each end is an entry of the log of
//! rules.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::{ActorArg, RecordArg, print, told};
use crate::access::Operation;
use crate::record::rule_changes::Delegate;
use crate::rule_change::Partners;
use crate::serving::now;

/// Who agrees rule changes for which partner.
#[derive(Debug, Args)]
pub(super) struct DelegatesArgs {
    #[command(subcommand)]
    command: DelegatesCommand,
}

#[derive(Debug, Subcommand)]
enum DelegatesCommand {
    /// Lists them
    List(#[command(flatten)] RecordArg),
    /// Names somebody a delegate of a partner
    Name {
        #[command(flatten)]
        whom: WhomArgs,
        /// Their name, as the board knows them
        #[arg(long)]
        name: String,
        /// Where they are reminded of what waits for them
        #[arg(long)]
        email: Option<String>,
    },
    /// Says that somebody is one no longer; what they agreed stands
    End(#[command(flatten)] WhomArgs),
}

#[derive(Debug, Args)]
struct WhomArgs {
    /// The person, by the identity that signs in: of the provider, or of the demonstration
    #[arg(long, value_name = "ID")]
    person: String,
    /// The partner, as framework.yaml names it under `statutory_partners` or `rule_changes`
    #[arg(long)]
    partner: String,
    #[command(flatten)]
    actor: ActorArg,
    #[command(flatten)]
    record: RecordArg,
}

pub(super) fn run(args: &DelegatesArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        DelegatesCommand::List(record) => {
            let mut text = String::new();
            for one in &record.open_existing()?.rules_told()?.delegates {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{}: {} ({})", one.partner, one.name, one.person);
            }
            print(if text.is_empty() { "nobody agrees rule changes here yet\n" } else { &text })?;
        }
        DelegatesCommand::Name { whom, name, email } => {
            whom.enter(name, email.clone(), true)?;
            print(&format!("{name} agrees rule changes for {} from now on\n", whom.partner))?;
        }
        DelegatesCommand::End(whom) => {
            whom.enter("", None, false)?;
            print(&format!("no longer a delegate of {}\n", whom.partner))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl WhomArgs {
    fn enter(&self, name: &str, email: Option<String>, is_named: bool) -> anyhow::Result<()> {
        let record = self.record.open_existing()?;
        let permit = self.actor.permit(Operation::NameDelegates, &record)?;
        if is_named {
            // A partner whom the rules in force do not ask agrees nothing.
            let digest = record.in_force_at(now())?.context("no rules are in force here yet: serve them first")?.digest;
            let partners = Partners::of(record.rule_set(&digest)?.framework());
            let known: Vec<&str> = partners.all().map(String::as_str).collect();
            let is_known = known.contains(&self.partner.as_str());
            anyhow::ensure!(is_known, "`{}` is no partner; there are {}", self.partner, known.join(", "));
        }
        let (person, partner) = (self.person.clone(), self.partner.clone());
        let delegate = Delegate { person, name: name.to_owned(), partner, email };
        record.enter_delegate(&permit, delegate, is_named, now()).map_err(told)
    }
}
