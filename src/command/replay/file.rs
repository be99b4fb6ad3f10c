//! A file replayed under two rule sets: millions of referrals that were never recorded here, counted by how they would
//! move. What is counted is kept as it grows, so that an interrupted replay goes on, and parts are added up.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::{ReplayArgs, matrix};
use crate::answer_text::faults_as_text;
use crate::bulk::{Beside, BulkError, Input, Kind, MAX_THREADS, Moved, Moves, Replay};
use crate::command::evaluate::bulk::{From, Progress, by_name, mapping_of, threads};
use crate::command::{Format, RulesArg, count, print, rules};

/// What is counted is kept whenever so many more rows are.
const ROWS_A_KEEPING: u64 = 100_000;
/// The largest file of what was counted: every pair of bounds that there can be takes a fraction of it.
const MAX_KEPT: u64 = 4 * 1024 * 1024;

/// A file of referrals.
#[derive(Debug, Args)]
pub(super) struct FileArgs {
    /// A file of referrals in place of the record; `-` for standard input. Needs `--before` and `--rules`
    #[arg(requires_all = ["before", "rules"], conflicts_with = "since")]
    pub file: Option<PathBuf>,
    /// The rules under which the referrals of the file were written
    #[arg(long, value_name = "DIR", requires = "file")]
    before: Option<PathBuf>,
    /// What the file is; as its name ends if nothing is said
    #[arg(long, value_enum, requires = "file")]
    from: Option<From>,
    /// What the columns mean: the id of a mapping of the rules of before, or a file
    #[arg(long, value_name = "ID or FILE", requires = "file")]
    mapping: Option<String>,
    /// The sheet of a workbook
    #[arg(long, value_name = "NAME", requires = "file")]
    sheet: Option<String>,
    /// How many rows are evaluated at the same time; as many as the machine has cores if nothing is said
    #[arg(long, value_name = "NUMBER", requires = "file", value_parser = clap::value_parser!(u16).range(1..=MAX_THREADS as i64))]
    threads: Option<u16>,
    /// Keeps here what is counted as it grows, and goes on from what is kept
    #[arg(long, value_name = "FILE", requires = "file")]
    keep: Option<PathBuf>,
    /// Adds up what several replays between the same rule sets kept
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["file", "rules", "since"])]
    pub add: Vec<PathBuf>,
}

/// What is kept of a replay that may not be at its end.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// How large the file is, in bytes.
    size: u64,
    /// Whether every row was read.
    whole: bool,
    /// What was counted.
    moves: Moves,
}

impl Kept {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let at = || format!("`{}` is not what a replay keeps", path.display());
        let size = fs::metadata(path).with_context(|| format!("`{}` cannot be read", path.display()))?.len();
        ensure!(size <= MAX_KEPT, "{}: it is {size} bytes", at());
        serde_json::from_slice(&fs::read(path).with_context(at)?).with_context(at)
    }
}

/// Replays a file.
pub(super) fn run(path: &Path, args: &ReplayArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let file = &args.file;
    let (Some(before), Some(after)) = (&file.before, &args.rules) else {
        bail!("a file is replayed from the rules of `--before` to those of `--rules`");
    };
    let before = match rules(&RulesArg { rules: before.clone() })? {
        Ok(rules) => rules,
        Err(code) => return Ok(code),
    };
    let after = match rules(&RulesArg { rules: after.clone() })? {
        Ok(rules) => rules,
        Err(code) => return Ok(code),
    };
    let from = match file.from.unwrap_or_else(|| by_name(path)) {
        From::Ndjson => Kind::Ndjson,
        From::Csv => Kind::Csv,
        From::Xlsx => Kind::Xlsx,
        From::Json => bail!("a replay reads many referrals; say `--from ndjson`, `csv` or `xlsx`"),
    };
    let mapping = match file.mapping.as_deref().map(|name| mapping_of(&before, name)).transpose()? {
        None => None,
        Some(Ok((mapping, _))) => Some(mapping),
        Some(Err(code)) => return Ok(code),
    };
    let is_stream = path.as_os_str() == "-";
    ensure!(file.keep.is_none() || !is_stream, "standard input cannot be gone on with; `--keep` needs a file");
    let (input, size) = if is_stream {
        (Input::Stream(Box::new(io::stdin())), 0)
    } else {
        let opened = fs::File::open(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
        let size = opened.metadata()?.len();
        (Input::File(opened), size)
    };
    let begun = begun(file.keep.as_deref(), size, Moves::between(&before, &after))?;
    let replay = Replay {
        before: &before,
        after: &after,
        mapping: mapping.as_ref(),
        from,
        sheet: file.sheet.as_deref(),
        threads: threads(file.threads),
    };
    let mut progress = Progress::begin(!quiet, path);
    let (mut kept_at, mut rows) = (begun.rows, begun.rows);
    let keep = |moves: &Moves, whole| match &file.keep {
        None => Ok(()),
        Some(keep) => {
            let kept = serde_json::to_vec(&Kept { size, whole, moves: moves.clone() }).map_err(io::Error::from);
            kept.and_then(|kept| Beside::whole(keep, &kept)).map_err(BulkError::Write)
        }
    };
    let done = replay.run(input, begun, &mut |moves| {
        rows = moves.rows;
        progress.report(moves.rows, moves.bytes);
        if moves.rows < kept_at + ROWS_A_KEEPING {
            return Ok(());
        }
        kept_at = moves.rows;
        keep(moves, false)
    });
    progress.end();
    let done = done.and_then(|moves| keep(&moves, true).map(|()| moves));
    let moves = match done {
        Ok(moves) => moves,
        Err(error) => {
            match error {
                BulkError::Faults(faults) => {
                    anstream::eprint!("{}", faults_as_text(&faults).replace(": the request: ", ": the file: "));
                }
                error => anstream::eprintln!("error: {error}"),
            }
            let kept = if file.keep.is_some() {
                format!("those up to row {kept_at} are kept; the same command goes on from there")
            } else {
                "nothing is kept".to_owned()
            };
            anstream::eprintln!("{rows} rows were counted before that, and the rest were not: {kept}");
            return Ok(ExitCode::from(1));
        }
    };
    told(&moves, args.format)
}

/// What was counted before, if anything was, of the same file between the same rule sets.
fn begun(keep: Option<&Path>, size: u64, nothing: Moves) -> anyhow::Result<Moves> {
    let Some(keep) = keep.filter(|keep| keep.exists()) else { return Ok(nothing) };
    let kept = Kept::read(keep)?;
    let anew = "name another file for `--keep` to begin anew";
    ensure!(
        (&kept.moves.before, &kept.moves.after) == (&nothing.before, &nothing.after),
        "`{}` was counted from {} to {}, and these rules are another; {anew}",
        keep.display(),
        kept.moves.before,
        kept.moves.after
    );
    ensure!(
        kept.size == size,
        "`{}` was counted of a file of {} bytes, and this one has {size}; {anew}",
        keep.display(),
        kept.size
    );
    Ok(kept.moves)
}

/// Adds up what was kept.
pub(super) fn add(files: &[PathBuf], format: Format) -> anyhow::Result<ExitCode> {
    let mut sum: Option<Moves> = None;
    for (place, path) in files.iter().enumerate() {
        ensure!(!files[..place].contains(path), "`{}` is named twice, and would be counted twice", path.display());
        let kept = Kept::read(path)?;
        ensure!(kept.whole, "`{}` is of a replay that is not at its end; run it again first", path.display());
        match &mut sum {
            None => sum = Some(kept.moves),
            Some(sum) => ensure!(sum.add(&kept.moves), "`{}` is between other rule sets", path.display()),
        }
    }
    told(&sum.unwrap_or_default(), format)
}

fn told(moves: &Moves, format: Format) -> anyhow::Result<ExitCode> {
    match format {
        Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(moves)?))?,
        Format::Text => print(&in_words(moves))?,
    }
    Ok(if moves.refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// How children would move, and what was not read.
fn in_words(moves: &Moves) -> String {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let all: u64 = moves.children.iter().map(|moved| moved.children).sum();
    let of = |test: &dyn Fn(&Moved) -> bool| -> u64 {
        moves.children.iter().filter(|moved| test(moved)).map(|moved| moved.children).sum()
    };
    let children = |children: u64| if children == 1 { "1 child".to_owned() } else { format!("{children} children") };
    let lower = of(&|moved| moved.to.0 < moved.from.0 || moved.to.1 < moved.from.1);
    let stay = of(&|moved| moved.from == moved.to);
    let mut text = format!(
        "{} with {}, from {} to {}\n{} would move: {lower} with a lower bound, {} only higher\n",
        count(number(moves.rows), "row"),
        children(all),
        moves.before,
        moves.after,
        children(all - stay),
        all - stay - lower,
    );
    if moves.refused > 0 {
        let _ = writeln!(
            text,
            "{} could not be read and {} counted in no level:",
            count(number(moves.refused), "row"),
            if moves.refused == 1 { "is" } else { "are" }
        );
        for one in &moves.not_read {
            let _ = writeln!(text, "  line {}: {}", one.line, one.why);
        }
        if moves.refused > moves.not_read.len() as u64 {
            let _ = writeln!(text, "  and {} more", moves.refused - moves.not_read.len() as u64);
        }
    }
    let highest = moves.children.iter().map(|moved| moved.from.0.max(moved.to.0)).max().unwrap_or(1);
    text.push_str(&matrix(highest, |from, to| of(&|moved| (moved.from.0, moved.to.0) == (from, to))));
    text
}
