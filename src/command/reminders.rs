//! `windscreen reminders`: delegates are told by e-mail what waits for them. A scheduler runs it each working morning.
//!
//! A message says which rule changes wait and by when, and nothing else: what a change is about stands behind the
//! sign-in, and nothing about any child is anywhere near.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context;
use clap::Args;
use jiff::ToSpan;
use jiff::civil::Date;

use super::{RecordArg, count, print};
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
    anyhow::ensure!(is_plain(&args.from), "`--from` is one e-mail address");
    let told = args.record.open_existing()?.rules_told()?;
    let today = now().in_tz("Europe/London")?.date();
    let (mut sent, mut without) = (0, Vec::new());
    for delegate in &told.delegates {
        let waiting = waiting(&told, delegate, today, args.within);
        if waiting.is_empty() {
            continue;
        }
        let Some(to) = delegate.email.as_deref().filter(|email| is_plain(email)) else {
            without.push(delegate.name.as_str());
            continue;
        };
        let text = message(args, to, &waiting, today);
        match &args.sendmail {
            Some(program) => send(program, &text).with_context(|| format!("{} was not told", delegate.name))?,
            None => print(&format!("{text}\n"))?,
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

fn message(args: &RemindersArgs, to: &str, waiting: &[(String, Option<Date>)], today: Date) -> String {
    let changes = if waiting.len() == 1 { "A rule change waits" } else { "Rule changes wait" };
    let mut text = format!(
        "From: {}\nTo: {to}\nSubject: {changes} for your answer\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\nAuto-Submitted: auto-generated\n\n{changes} for your answer:\n\n",
        args.from
    );
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
    text
}

/// Whether it is one address, and nothing that a header could be broken with.
fn is_plain(address: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~@-".contains(&byte);
    address.bytes().all(fine)
        && address
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

fn send(program: &Path, text: &str) -> anyhow::Result<()> {
    let child = Command::new(program).args(["-t", "-i"]).stdin(Stdio::piped()).spawn();
    let mut child = child.with_context(|| format!("`{}` cannot be started", program.display()))?;
    child.stdin.take().context("it takes no message")?.write_all(text.as_bytes())?;
    let ended = child.wait()?;
    anyhow::ensure!(ended.success(), "`{}` ended with {ended}", program.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn an_address_breaks_no_header() {
        assert!(is_plain("delegate@police.example"));
        for wrong in ["", "delegate", "a@b", "a@b.c\nBcc: x@y.z", "a b@c.d", "a@b@c.d", "<a@b.c>"] {
            assert!(!is_plain(wrong), "{wrong}");
        }
    }
}
