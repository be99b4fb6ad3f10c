//! `windscreen diff`: what changed between two rule sets, and what that does to children.

use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Context;
use clap::Args;

use super::{Format, RecordArg, RulesArg, print, rules};
use crate::criteria::RuleSet;
use crate::proof::{Census, Difference, Pair, Tally};

/// How a digest begins.
const DIGEST: &str = "sha256:";

/// Says what changed between two rule sets, and what that does.
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The earlier rule set: a rules folder, or the digest of one that the record keeps, as sha256:...
    #[arg(value_name = "OLD")]
    old: String,
    /// The later rule set, named in the same way
    #[arg(value_name = "NEW")]
    new: String,
    #[command(flatten)]
    record: RecordArg,
    /// Count every referral of at most so many answers, 0 counts none
    #[arg(long, value_name = "ANSWERS", default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=4))]
    census: u8,
    /// Text for people, or JSON
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &DiffArgs) -> anyhow::Result<ExitCode> {
    // Both are read before anything is said to be wrong with one.
    let (old, new) = (named(&args.old, &args.record)?, named(&args.new, &args.record)?);
    let (old, new) = match (old, new) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(code), _) | (_, Err(code)) => return Ok(code),
    };
    let pair = Pair::of(&old, &new);
    let census = (args.census > 0).then(|| Census::of(&pair, usize::from(args.census)));
    let tally = census.as_ref().map(taken).transpose()?;
    let difference = Difference::of(&pair, census.as_ref().zip(tally.as_ref()))?;
    match args.format {
        Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(&difference)?))?,
        Format::Text => print(&difference.as_text())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The rule set that is meant, or what is wrong with its rules, which is told.
fn named(name: &str, record: &RecordArg) -> anyhow::Result<Result<Arc<RuleSet>, ExitCode>> {
    if name.starts_with(DIGEST) {
        let kept = record.open_existing().with_context(|| {
            format!("{name} is looked up in the record, and no folder; give the record's place with `--data DIR`")
        })?;
        let kept = kept.find_rule_set(name)?;
        return kept.map(Ok).with_context(|| format!("the record keeps no rule set {name}"));
    }
    Ok(rules(&RulesArg { rules: PathBuf::from(name) })?.map(Arc::new))
}

/// Takes a census on all cores.
fn taken(census: &Census<'_>) -> anyhow::Result<Tally> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let share = || {
        let parts = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        parts.take_while(|part| *part < census.parts()).map(|part| census.part(part)).reduce(Tally::and)
    };
    let shares: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(share)).collect();
        workers.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    shares.into_iter().try_fold(Tally::default(), |sum, share| match share {
        Ok(Some(share)) => Ok(sum.and(share)),
        Ok(None) => Ok(sum),
        Err(_) => anyhow::bail!("the census stopped for a mistake of this program"),
    })
}
