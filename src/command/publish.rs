//! `windscreen publish`: the threshold document, made from the rules that run, and the documents beside it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::{RecordArg, print, without_errors};
use crate::access::{Operation, Relation, TABLE};
use crate::criteria::load;
use crate::decision::Role;
use crate::publish::{self, Agreed, Form, Kept, MayDo, WasInForce};
use crate::record::batches::BATCH_KEPT_DAYS;
use crate::record::drafts::DRAFT_KEPT_DAYS;
use crate::record::rule_changes::InForceFrom;
use crate::record::transfer::kept;
use crate::record::{Record, once};
use crate::rule_change::Said;
use crate::rules_dir;

/// Prints the threshold document of a rules folder, or a document that is made beside it.
#[derive(Debug, Args)]
pub(super) struct PublishArgs {
    /// The rules folder
    #[arg(value_name = "DIR", default_value = "rules", env = "WINDSCREEN_RULES")]
    rules: PathBuf,
    /// Which document
    #[arg(long, value_enum, default_value_t = Which::Thresholds)]
    document: Which,
    /// One HTML page that stands for itself, ready to be printed, or Markdown
    #[arg(long, value_enum, default_value_t = PublishFormat::Html)]
    format: PublishFormat,
    /// The same as `--document guide`
    #[arg(long, conflicts_with = "document")]
    guide: bool,
    // Where none of its options is given, no record is opened.
    #[command(flatten)]
    record: Option<RecordArg>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
    /// The threshold document
    Thresholds,
    /// The guide for practitioners: one page
    Guide,
    /// Draft of the algorithmic transparency record; with a record, since when each version was in force and who agreed
    Atrs,
    /// Annex to the data protection impact assessment: each fact, what reads it, and why
    Dpia,
    /// Equality monitoring note
    Equality,
    /// Training pack with worked cases
    Training,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PublishFormat {
    Html,
    Md,
}

pub(super) fn run(args: &PublishArgs) -> anyhow::Result<ExitCode> {
    let files = rules_dir::read(&args.rules)?;
    let rules = match without_errors(load(&files), &args.rules) {
        Ok(rules) => rules,
        Err(code) => return Ok(code),
    };
    let form = match args.format {
        PublishFormat::Html => Form::Html,
        PublishFormat::Md => Form::Markdown,
    };
    let text = match if args.guide { Which::Guide } else { args.document } {
        Which::Thresholds => publish::document(&rules, form)?,
        Which::Guide => publish::guide(&rules, form)?,
        Which::Atrs => {
            let log = args.record.as_ref().map(|record| was_in_force(&record.open_existing()?)).transpose()?;
            publish::atrs(&rules, &files, log.as_deref(), form)?
        }
        Which::Dpia => publish::dpia(&rules, &may_do(), &KEPT, form)?,
        Which::Equality => publish::equality(&rules, form)?,
        Which::Training => publish::training(&rules, &files, form)?,
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// What goes by itself, and after how many days.
const KEPT: [Kept; 4] = [
    Kept { what: "A draft of a referral, after it was last changed", days: DRAFT_KEPT_DAYS },
    Kept { what: "A file of notifications, after its receipt, once no row of it waits", days: BATCH_KEPT_DAYS },
    Kept { what: "A transfer that could not be taken, once somebody has dealt with it", days: kept::KEPT_DAYS },
    Kept { what: "What shows that a request was sent before: hashes alone", days: once::KEPT_DAYS },
];

/// The table of who may do what, in words.
fn may_do() -> Vec<MayDo> {
    let row = |(role, operation, relation): &(Role, Operation, Relation)| MayDo {
        role: *role,
        does: operation.in_words(),
        only_own: *relation == Relation::Own,
    };
    TABLE.iter().map(row).collect()
}

/// Every rule set that was or will be in force, by the log of rules, and who agreed it.
fn was_in_force(record: &Record) -> anyhow::Result<Vec<WasInForce>> {
    let told = record.rules_told().context("the log of rules cannot be read")?;
    for (place, why) in &told.wrong {
        anstream::eprintln!("entry {place} of the log of rules may not be, and changes nothing: {why}");
    }
    let agreed = |one: &InForceFrom| {
        let change = told.change(one.change.as_deref()?).ok()?;
        let agrees = change.state.said.iter().filter(|(_, said)| **said == Said::Approves);
        Some(Agreed {
            partners: agrees.map(|(partner, _)| partner.clone()).collect(),
            title: change.title.clone(),
            clause: change.state.proposal.clause.clone(),
        })
    };
    let over_time = record.in_force_over_time().context("the log of rules cannot be read")?;
    let told_of = |one: InForceFrom| WasInForce {
        from: one.from,
        version: record.rule_set(&one.digest).ok().map(|rules| rules.id().version.clone()),
        agreed: agreed(&one),
        digest: one.digest,
    };
    Ok(over_time.into_iter().map(told_of).collect())
}
