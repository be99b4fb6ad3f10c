//! `windscreen test --mutate`: which changes of the rules no example would notice.

use std::fmt::Write as _;
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::TestArgs;
use crate::command::{Format, TEST_FAILED, count, print};
use crate::criteria::{RuleFile, RuleSet, word_of};
use crate::mutation::{Examined, Mutant, Report, Survivor, Verdict, mutants, report};

pub(super) fn run(args: &TestArgs, rules: &RuleSet, files: &[RuleFile]) -> anyhow::Result<ExitCode> {
    let report = report(&judged(files, rules)?);
    let fine = report.all.is_at_least(args.least_score.unwrap_or(0).into());
    match args.format {
        Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(&report)?))?,
        Format::Text => print(&as_text(&report))?,
    }
    if let Some(least) = args.least_score.filter(|_| !fine) {
        anstream::eprintln!("fewer than {least} of 100 changes are noticed");
    }
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::from(TEST_FAILED) })
}

/// Judges every mutant, on all cores, in their order.
fn judged(files: &[RuleFile], rules: &RuleSet) -> anyhow::Result<Vec<(Mutant, Verdict)>> {
    let examined = Examined::of(files, rules);
    let mutants = mutants(files);
    let next = AtomicUsize::new(0);
    let share = || {
        let places = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        let places = places.map_while(|place| Some((place, mutants.get(place)?)));
        places.map(|(place, mutant)| Ok((place, examined.judge(mutant)?))).collect::<anyhow::Result<Vec<_>>>()
    };
    let shares: Vec<_> = thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(share)).collect();
        workers.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let mut verdicts = Vec::new();
    for share in shares {
        verdicts
            .extend(share.map_err(|_| anyhow::anyhow!("a mutant stopped this program, which is a mistake of it"))??);
    }
    verdicts.sort_unstable_by_key(|(place, _)| *place);
    Ok(mutants.iter().cloned().zip(verdicts.into_iter().map(|(_, verdict)| verdict)).collect())
}

fn as_text(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for survivor in &report.survivors {
        let _ = writeln!(text, "not noticed: {}", in_words(survivor));
        if let Some(said) = &survivor.apart {
            let said: Vec<String> = said.iter().map(|(fact, answer)| format!("{fact}: {}", word_of(answer))).collect();
            let _ = match said.is_empty() {
                true => writeln!(text, "  it shows where nothing is said"),
                false => writeln!(text, "  it shows where this is said: {{ {} }}", said.join(", ")),
            };
        }
    }
    for same in &report.equivalent {
        let _ = writeln!(text, "the same for every referral: {}", in_words(same));
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["change", "noticed", "not noticed", "the same", "refused"]);
    for (kind, tally) in &report.kinds {
        let numbers = [tally.killed, tally.survived, tally.equivalent, tally.refused];
        table.add_row(std::iter::once(kind.word().to_owned()).chain(numbers.map(|number| number.to_string())));
    }
    table.lines().for_each(|line| {
        let _ = writeln!(text, "{}", line.trim_end());
    });
    let all = &report.all;
    let _ = writeln!(
        text,
        "\n{} noticed of {}, {}; {} the same for every referral, {} refused by the loader",
        all.killed,
        count(all.counted(), "change"),
        report.score.map_or_else(|| "nothing to score".to_owned(), |score| format!("score {score}")),
        all.equivalent,
        all.refused
    );
    text
}

fn in_words(survivor: &Survivor) -> String {
    let Survivor { place, id, says, .. } = survivor;
    format!("{}:{}:{} {id}: {says}", place.file, place.line, place.column)
}
