//! `windscreen reminders`: delegates are told by e-mail what waits for them. A scheduler runs it each working morning.
//!
//! A message says which rule changes wait and by when, and nothing else: what a change is about stands behind the
//! sign-in, and nothing about any child is anywhere near.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use jiff::ToSpan;
use jiff::civil::Date;

use super::{RecordArg, count, print};
use crate::outgoing::mail::{Message, is_address};
use crate::record::rule_changes::{Delegate, RulesTold};
use crate::rule_change::Standing;
use crate::serving::now;

/// Tells delegates by e-mail which rule changes wait for them.
#[derive(Debug, Args)]
pub(super) struct RemindersArgs {
    #[command(flatten)]
    record: RecordArg,
    /// Where people reach this service, such as https://hub.example.gov.uk
    #[arg(long, value_name = "URL", env = "WINDSCREEN_PUBLIC_URL")]
    public_url: String,
    /// The address that the messages come from
    #[arg(long, value_name = "ADDRESS")]
    from: String,
    /// Only what is to be answered within so many days, or is overdue; without it everything that waits
    #[arg(long, value_name = "DAYS")]
    within: Option<u16>,
    /// Hand each message to this program, as `sendmail -t` takes it; without it they are printed
    #[arg(long, value_name = "PROGRAM")]
    sendmail: Option<PathBuf>,
}

pub(super) fn run(args: &RemindersArgs) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(is_address(&args.from), "`--from` is one e-mail address");
    let told = args.record.open_existing()?.rules_told()?;
    let today = now().in_tz("Europe/London")?.date();
    let (mut sent, mut without) = (0, Vec::new());
    for delegate in &told.delegates {
        let waiting = waiting(&told, delegate, today, args.within);
        if waiting.is_empty() {
            continue;
        }
        let Some(to) = delegate.email.as_deref().filter(|email| is_address(email)) else {
            without.push(delegate.name.as_str());
            continue;
        };
        let (subject, text) = message(args, &waiting, today);
        let message = Message { from: &args.from, to, subject: &subject, text: &text };
        match &args.sendmail {
            Some(program) => {
                message.hand_to(program).with_context(|| format!("{} was not told", delegate.name))?;
            }
            None => print(&format!("{}\n", message.whole()))?,
        }
        sent += 1;
    }
    for name in without {
        anstream::eprintln!("no e-mail address is known of {name}; name it with `windscreen delegates name --email`");
    }
    anstream::eprintln!("{}", count(sent, "reminder"));
    Ok(ExitCode::SUCCESS)
}

/// The rule changes that wait for somebody: by id, and by when.
fn waiting(told: &RulesTold, delegate: &Delegate, today: Date, within: Option<u16>) -> Vec<(String, Option<Date>)> {
    let until = within.map(|days| today.saturating_add(i32::from(days).days()));
    let open = told.changes.iter().filter(|change| {
        let state = &change.state;
        let is_theirs = state.waits_for(&change.partners).contains(&delegate.partner);
        let is_due = until.is_none_or(|until| state.proposal.answer_by.is_some_and(|by| by <= until));
        state.standing == Standing::Proposed && is_theirs && is_due && !state.authors.contains(&delegate.person)
    });
    open.map(|change| (change.id.clone(), change.state.proposal.answer_by)).collect()
}

/// What a message is about, and what it says.
fn message(args: &RemindersArgs, waiting: &[(String, Option<Date>)], today: Date) -> (String, String) {
    let changes = if waiting.len() == 1 { "A rule change waits" } else { "Rule changes wait" };
    let subject = format!("{changes} for your answer");
    let mut text = format!("{subject}:\n\n");
    for (id, by) in waiting {
        let by = match by {
            Some(by) if *by < today => format!(", which was to be answered by {}", by.strftime("%-d %B %Y")),
            Some(by) => format!(", to be answered by {}", by.strftime("%-d %B %Y")),
            None => String::new(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "- {}/rule-changes/{id}{by}", args.public_url.trim_end_matches('/'));
    }
    text.push_str("\nYou are asked as a delegate of a safeguarding partner. Sign in to read what it is about.\n");
    (subject, text)
}
