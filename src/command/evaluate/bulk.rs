//! Many referrals at the terminal: which way in and out, how far it is, and what came of it.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::available_parallelism;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{EvaluateArgs, open, open_file};
use crate::answer_text::faults_as_text;
use crate::bulk::{Beside, Bulk, BulkError, Input, Kind, MAX_THREADS, Output, Tally};
use crate::command::{Format, RULES_HAVE_PROBLEMS, count, form};
use crate::criteria::{Mapping, RuleFile, RuleSet, digest_of, load_mapping};
use crate::diagnostic::render;

/// Where no bar can be drawn, a line is written whenever so many rows are answered.
const ROWS_A_LINE: u64 = 100_000;
/// The largest file of a mapping, as of a rule file.
const MAX_MAPPING: u64 = 256 * 1024;

/// Many referrals in one file.
#[derive(Debug, Args)]
pub(super) struct BulkArgs {
    /// What the file is; as its name ends if nothing is said, else JSON
    #[arg(long, value_enum)]
    from: Option<From>,
    /// What the answer is; as the name of `--output` ends if nothing is said, else like the file
    #[arg(long, value_enum)]
    to: Option<To>,
    /// A file for the answers, put in its place when it is whole
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file that is there
    #[arg(long, requires = "output")]
    replace: bool,
    /// What the columns mean: the id of a mapping of the rule set, or a file
    #[arg(long, value_name = "ID or FILE")]
    mapping: Option<String>,
    /// The sheet of a workbook
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// No more than both bounds and what was found, by name: for counting millions, not for deciding about a child
    #[arg(long, conflicts_with = "explain")]
    brief: bool,
    /// How many rows are evaluated at the same time; as many as the machine has cores if nothing is said
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=MAX_THREADS as i64))]
    threads: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::command) enum From {
    /// One referral
    Json,
    /// A referral a line
    Ndjson,
    /// A table whose first line names the facts, or a sender's columns
    Csv,
    /// The same in a sheet
    Xlsx,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum To {
    /// Text to read aloud, of one referral
    Text,
    /// One answer as JSON
    Json,
    /// An answer a line
    Ndjson,
    /// A row a child
    Csv,
    /// The same in a sheet; needs `--output`
    Xlsx,
}

/// One referral, or many.
pub(super) enum Way {
    /// One, answered as text or JSON.
    One { format: Format },
    /// Many.
    Many { from: Kind, to: Kind },
}

impl Way {
    /// What was asked for.
    pub fn of(args: &EvaluateArgs) -> anyhow::Result<Self> {
        let bulk = &args.bulk;
        let from = match (args.ndjson, bulk.from, args.format) {
            (true, ..) => From::Ndjson,
            (_, Some(from), _) => from,
            // Text and JSON are of one referral, whatever the file is called.
            (_, None, Some(_)) => From::Json,
            (_, None, None) => by_name(&args.file),
        };
        let to = match (args.format, bulk.to, &bulk.output) {
            _ if args.ndjson => To::Ndjson,
            (Some(Format::Text), ..) => To::Text,
            (Some(Format::Json), ..) => To::Json,
            (None, Some(to), _) => to,
            (None, None, Some(output)) => match ending(output).as_deref() {
                Some("ndjson" | "jsonl") => To::Ndjson,
                Some("csv") => To::Csv,
                Some("xlsx") => To::Xlsx,
                _ => bail!("the name of `--output` does not say what it is; say `--to ndjson`, `csv` or `xlsx`"),
            },
            (None, None, None) => match from {
                From::Json => To::Text,
                From::Ndjson => To::Ndjson,
                // A workbook cannot be shown.
                From::Csv | From::Xlsx => To::Csv,
            },
        };
        let kind = match to {
            To::Text | To::Json => None,
            To::Ndjson => Some(Kind::Ndjson),
            To::Csv => Some(Kind::Csv),
            To::Xlsx => Some(Kind::Xlsx),
        };
        match (from, kind) {
            (From::Json, None) => {
                let asked =
                    [("output", bulk.output.is_some()), ("mapping", bulk.mapping.is_some()), ("brief", bulk.brief)];
                if let Some((name, _)) = asked.into_iter().find(|(_, asked)| *asked) {
                    bail!("`--{name}` is for many referrals; say `--from ndjson`, `csv` or `xlsx`");
                }
                Ok(Self::One { format: if to == To::Json { Format::Json } else { Format::Text } })
            }
            // One JSON value over several lines is no line of NDJSON.
            (From::Json, Some(_)) => bail!("one referral is answered as text or JSON; say `--from ndjson` of many"),
            (_, None) => bail!("text and JSON are of one referral; say `--to ndjson`, `csv` or `xlsx`"),
            (from, Some(to)) => {
                if to == Kind::Xlsx && bulk.output.is_none() {
                    bail!("a workbook needs `--output FILE`");
                }
                if bulk.brief && to != Kind::Ndjson {
                    bail!("`--brief` is of lines of JSON; say `--to ndjson`");
                }
                if bulk.sheet.is_some() && from != From::Xlsx {
                    bail!("`--sheet` is of a workbook");
                }
                let from = match from {
                    From::Xlsx => Kind::Xlsx,
                    From::Csv => Kind::Csv,
                    From::Json | From::Ndjson => Kind::Ndjson,
                };
                Ok(Self::Many { from, to })
            }
        }
    }
}

fn ending(path: &Path) -> Option<String> {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase())
}

/// What a file is by the ending of its name.
pub(in crate::command) fn by_name(file: &Path) -> From {
    match ending(file).as_deref() {
        Some("ndjson" | "jsonl") => From::Ndjson,
        Some("csv") => From::Csv,
        Some("xlsx" | "xlsm") => From::Xlsx,
        _ => From::Json,
    }
}

/// Answers every row of a file.
pub(super) fn run(rules: &RuleSet, args: &EvaluateArgs, from: Kind, to: Kind, quiet: bool) -> anyhow::Result<ExitCode> {
    let bulk = &args.bulk;
    let (mapping, mapped_by) = match bulk.mapping.as_deref().map(|name| mapping_of(rules, name)).transpose()? {
        None => (None, None),
        Some(Ok((mapping, by))) => (Some(mapping), Some(by)),
        Some(Err(code)) => return Ok(code),
    };
    let input = if from == Kind::Xlsx && args.file.as_os_str() != "-" {
        Input::File(open_file(args)?)
    } else {
        Input::Stream(open(args)?)
    };
    let output = match &bulk.output {
        None => Output::Stream(Box::new(io::stdout())),
        Some(path) => Output::File(begin(path, bulk.replace)?),
    };
    let job = Bulk {
        rules,
        mapping: mapping.as_ref(),
        from,
        to,
        explain: args.explain.into(),
        brief: bulk.brief,
        threads: threads(bulk.threads),
        sheet: bulk.sheet.as_deref(),
    };
    // As it was before there was more than `--ndjson`: nothing but answers.
    let is_told = !quiet && !args.ndjson;
    let mut progress = Progress::begin(is_told, &args.file);
    let mut rows = 0;
    let done = job.run(input, output, &mut |tally| {
        rows = tally.rows;
        progress.report(tally.rows, tally.bytes);
    });
    progress.end();
    let tally = match done {
        Ok(tally) => tally,
        Err(BulkError::Faults(faults)) => {
            anstream::eprint!("{}", faults_as_text(&faults).replace(": the request: ", ": the file: "));
            if rows > 0 {
                let are_there =
                    if bulk.output.is_some() { "no file was made" } else { "those that are there are not all" };
                anstream::eprintln!("{rows} rows were answered before that; {are_there}");
            }
            return Ok(ExitCode::from(1));
        }
        // A reader that has seen enough of so many answers may not know that they are not all.
        Err(BulkError::Write(error)) if !args.ndjson => {
            let are_there = if bulk.output.is_some() { "no file was made" } else { "those that are there are not all" };
            bail!("the answers cannot be written, and {are_there}: {error}")
        }
        Err(BulkError::Write(error)) => return Err(error.into()),
        Err(error) => bail!("{error}"),
    };
    if is_told {
        summary(rules, &tally, mapped_by.as_deref());
    }
    Ok(if tally.refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// As many threads as were asked for, else as the machine has cores.
pub(in crate::command) fn threads(asked: Option<u16>) -> usize {
    let threads = asked.map_or_else(|| available_parallelism().map_or(1, usize::from), usize::from);
    threads.min(MAX_THREADS)
}

/// A mapping of the rule set by its id, or one in a file, and which it is; or what is wrong with it.
pub(in crate::command) fn mapping_of(
    rules: &RuleSet,
    name: &str,
) -> anyhow::Result<Result<(Mapping, String), ExitCode>> {
    if let Some(mapping) = rules.mapping(name) {
        return Ok(Ok((mapping.clone(), format!("`{name}` of the rule set"))));
    }
    let known = || rules.mappings().iter().map(|mapping| mapping.id.as_str()).collect::<Vec<_>>().join(", ");
    let size = fs::metadata(name)
        .with_context(|| format!("`{name}` is no mapping of the rule set, which has: {}; nor a file", known()))?
        .len();
    anyhow::ensure!(size <= MAX_MAPPING, "`{name}` is {size} bytes; a mapping has at most {MAX_MAPPING}");
    let bytes = fs::read(name).with_context(|| format!("`{name}` cannot be read"))?;
    let file = RuleFile { path: name.to_owned(), bytes };
    Ok(match load_mapping(rules, &file) {
        Ok(mapping) => {
            let by = format!("`{}`, which is not in the rule set, {}", mapping.id, digest_of(&file.bytes));
            Ok((mapping, by))
        }
        Err(problems) => {
            anstream::eprint!("{}", render(&problems, form()));
            anstream::eprintln!("the mapping in `{name}` has {}", count(problems.len(), "problem"));
            Err(ExitCode::from(RULES_HAVE_PROBLEMS))
        }
    })
}

fn begin(path: &Path, replace: bool) -> anyhow::Result<Beside> {
    Beside::begin(path, replace).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            anyhow::anyhow!("`{}` is there already; name another file, or say `--replace`", path.display())
        }
        _ => anyhow::Error::new(error).context(format!("`{}` cannot be written", path.display())),
    })
}

/// How far it is: a bar where somebody watches, a line now and then elsewhere, nothing when that is wished.
pub(in crate::command) enum Progress {
    Silent,
    Lines { told: u64 },
    Bar(ProgressBar),
}

impl Progress {
    pub fn begin(is_told: bool, file: &Path) -> Self {
        if !is_told {
            return Self::Silent;
        }
        if !io::stderr().is_terminal() {
            return Self::Lines { told: 0 };
        }
        let size = if file.as_os_str() == "-" { None } else { fs::metadata(file).ok().map(|file| file.len()) };
        let (bar, shape) = match size {
            Some(size) => (ProgressBar::new(size), "{bar:40} {percent}%  {msg}  {eta} to go"),
            None => (ProgressBar::no_length(), "{spinner} {msg}"),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::with_template(shape).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self::Bar(bar)
    }

    pub fn report(&mut self, rows: u64, bytes: u64) {
        match self {
            Self::Silent => {}
            Self::Lines { told } => {
                if rows / ROWS_A_LINE > *told {
                    *told = rows / ROWS_A_LINE;
                    anstream::eprintln!("{rows} rows");
                }
            }
            Self::Bar(bar) => {
                bar.set_position(bytes);
                bar.set_message(format!("{rows} rows"));
            }
        }
    }

    pub fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// What came of it, on standard error: nothing of it is about one child.
fn summary(rules: &RuleSet, tally: &Tally, mapped_by: Option<&str>) {
    let Tally { rows, refused, settled, .. } = *tally;
    anstream::eprintln!("{rows} rows: {} evaluated, {refused} with faults", rows - refused);
    for level in rules.ladder().levels() {
        let children = tally.at_least.get(usize::from(level.rank) - 1).copied().unwrap_or_default();
        anstream::eprintln!("  at least level {}: {children} ({})", level.rank, level.name);
    }
    let children = tally.children();
    anstream::eprintln!("{children} children: {settled} settled, {} provisional", children - settled);
    anstream::eprintln!("rules: {}", rules.id().digest);
    if let Some(mapped_by) = mapped_by {
        anstream::eprintln!("mapping: {mapped_by}");
    }
}
