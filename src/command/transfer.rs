//! `windscreen transfer`: files from one authority to another, made, checked and taken at the terminal.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::{ActorArg, RecordArg, RulesArg, print, rules, told};
use crate::access::Operation;
use crate::record::RecordError;
use crate::record::case::What;
use crate::record::keys::Keys;
use crate::record::transfer::{Came, Senders, Transfers};
use crate::serving::now;
use crate::transfer::Transfer;

/// The file does not verify.
const DOES_NOT_VERIFY: u8 = 5;

/// Children who live in another authority's area.
#[derive(Debug, Args)]
pub(super) struct TransferCommandArgs {
    #[command(subcommand)]
    command: TransferCommand,
}

#[derive(Debug, Subcommand)]
enum TransferCommand {
    /// Writes the file for the authority to which a decision sends a child; that it was made is recorded
    Export {
        /// The referral's id or spoken reference
        referral: String,
        /// The child's number in the referral
        #[arg(long, value_name = "NUMBER", default_value_t = 1)]
        child: usize,
        /// The file to write; one that exists is never overwritten
        file: PathBuf,
        #[command(flatten)]
        record: RecordArg,
        #[command(flatten)]
        actor: ActorArg,
        #[command(flatten)]
        transfers: TransfersArg,
    },
    /// Checks a file's form and signature, and says what it is
    Verify {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        transfers: TransfersArg,
    },
    /// Takes a file as a referral; one that cannot be taken is kept for a person
    Take {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        rules: RulesArg,
        #[command(flatten)]
        record: RecordArg,
        #[command(flatten)]
        actor: ActorArg,
        #[command(flatten)]
        transfers: TransfersArg,
    },
    /// Prints the public key for those who receive this installation's transfers: a line of their file
    Key {
        #[command(flatten)]
        record: RecordArg,
        #[command(flatten)]
        transfers: TransfersArg,
    },
}

/// Who this authority is, and whose transfers it takes.
#[derive(Debug, Clone, Args)]
pub(super) struct TransfersArg {
    /// This authority's code: transfers that are addressed to it are taken
    #[arg(long, value_name = "CODE", default_value = "council:example", env = "WINDSCREEN_ORGANISATION")]
    organisation: String,
    /// A file of those whose transfers are taken: a line each of an organisation's code and its name+id+key
    #[arg(long, value_name = "FILE", env = "WINDSCREEN_TRANSFER_SENDERS")]
    transfer_senders: Option<PathBuf>,
}

impl TransfersArg {
    pub(super) fn read(&self, name: &str) -> anyhow::Result<Transfers> {
        let senders = match &self.transfer_senders {
            None => Senders::default(),
            Some(path) => senders(path)?,
        };
        Ok(Transfers { organisation: self.organisation.clone(), name: name.to_owned(), senders })
    }
}

fn senders(path: &Path) -> anyhow::Result<Senders> {
    let text = std::fs::read_to_string(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let wrong =
        |line| anyhow::anyhow!("{}:{line}: a line is an organisation's code and its name+id+key", path.display());
    Senders::parse(&text).map_err(wrong)
}

pub(super) fn run(args: &TransferCommandArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        TransferCommand::Export { referral, child, file, record, actor, transfers } => {
            let record = record.open_existing()?;
            let permit = actor.permit(Operation::Decide, &record)?;
            let case = record.case(referral)?;
            let stands = child.checked_sub(1).and_then(|place| case.children().into_iter().nth(place));
            let decided = stands.context("this referral has no such child")?.decided;
            let decision = decided.context("nobody has decided about this child yet")?.id;
            // The installation has no other name at the terminal than its code.
            let transfers = transfers.read(&transfers.organisation)?;
            let made = record.export_transfer(&permit, &transfers, referral, &decision, now()).map_err(told)?;
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let cannot = || format!("`{}` cannot be written", file.display());
            let mut out = options.open(file).with_context(cannot)?;
            out.write_all(made.text.as_bytes()).and_then(|()| out.sync_all()).with_context(cannot)?;
        }
        TransferCommand::Verify { file, transfers } => {
            let text = read(file)?;
            match transfers.read(&transfers.organisation)?.senders.open(&text) {
                Ok(transfer) => print(&says(&transfer))?,
                Err(refusal) => {
                    anstream::eprintln!("error: {}", refusal.says());
                    return Ok(ExitCode::from(DOES_NOT_VERIFY));
                }
            }
        }
        TransferCommand::Take { file, rules: folder, record, actor, transfers } => {
            let record = record.open_existing()?;
            let permit = actor.permit(Operation::Transfer, &record)?;
            let rules = match rules(folder)? {
                Ok(rules) => std::sync::Arc::new(rules),
                Err(code) => return Ok(code),
            };
            let text = read(file)?;
            record.keep_rule_set(&rules, &crate::rules_dir::read(&folder.rules)?, now())?;
            let transfers = transfers.read(&transfers.organisation)?;
            match record.take_transfer(&permit, &transfers, &rules, &text, now()).map_err(told)? {
                Came::Taken(written) => match record.answered(written)?.what {
                    What::Referral(body) => print(&format!("{}\n", body.reference))?,
                    _ => return Err(RecordError::NotFound.into()),
                },
                Came::Kept { id, refusal, .. } => {
                    anstream::eprintln!("error: {}; it is kept for a person as {id}", refusal.says());
                    return Ok(ExitCode::from(DOES_NOT_VERIFY));
                }
            }
        }
        TransferCommand::Key { record, transfers } => {
            record.existing()?;
            let key = Keys::read(&record.places().keys)?.public_of_transfers();
            print(&format!("{} {key}\n", transfers.organisation))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("`{}` cannot be read", file.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a file is, without a word about the child.
fn says(transfer: &Transfer) -> String {
    let under = transfer.sent_under.map(|duty| format!("sent under {}\n", duty.says())).unwrap_or_default();
    format!(
        "from {} ({}), installation {}\nfor {}\nsent at {}\n{under}their reference {}\n{} answered, {} not known\n",
        transfer.from.name,
        transfer.from.organisation,
        transfer.from.installation,
        transfer.to,
        transfer.sent_at,
        transfer.referral.reference,
        super::count(transfer.facts.len(), "question"),
        transfer.not_known.len(),
    )
}
