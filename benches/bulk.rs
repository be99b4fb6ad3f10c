//! What a file of referrals costs at the terminal, on one thread and on as many as there are cores: answered with a
//! summary, against the same lines evaluated in this process without the program around them; in brief; and replayed.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

#[path = "performance/figures.rs"]
mod figures;

use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use figures::Figures;
use windscreen::criteria::{RuleSet, load};
use windscreen::json::Json;
use windscreen::level::Explain;
use windscreen::referral::Referral;
use windscreen::referral::at_once::AtOnce;
use windscreen::rules_dir;

/// How many lines are answered with a summary.
const LINES: usize = 40_000;
/// How many are answered in brief, and replayed.
const MILLION: usize = 1_000_000;
/// The best counts, for other programs share the machine.
const ROUNDS: usize = 3;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Invented referrals, a line each.
fn referrals() -> Vec<String> {
    let folder = std::fs::read_dir(root().join("fixtures/referrals")).expect("fixtures");
    let mut paths: Vec<_> = folder.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let line = |path: &Path| {
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(path).expect("a fixture")).expect("JSON");
        json.to_string()
    };
    paths.iter().map(|path| line(path)).collect()
}

/// So many lines in a file.
fn write(file: &Path, lines: &[String], count: usize) {
    let mut out = std::io::BufWriter::new(File::create(file).expect("a file"));
    for line in lines.iter().cycle().take(count) {
        writeln!(out, "{line}").expect("written");
    }
    out.into_inner().expect("written");
}

/// Lines a second of the program, from its start to its end.
fn program(arguments: &[&str], file: &Path, lines: usize, threads: usize) -> f64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windscreen"));
    command.arg("--quiet").args(arguments).args(["--threads", &threads.to_string()]);
    command.arg("--rules").arg(root().join("rules")).arg(file).stdout(Stdio::null());
    let start = Instant::now();
    assert!(command.status().expect("the program").success(), "every line is evaluated");
    lines as f64 / start.elapsed().as_secs_f64()
}

/// The same lines in this process, on one thread, read as the program reads them.
fn alone(rules: &RuleSet, lines: &[String]) -> f64 {
    let start = Instant::now();
    for line in lines.iter().cycle().take(LINES) {
        let answer = if let Some(asked) = AtOnce::read(line.as_bytes(), rules) {
            serde_json::to_vec(&asked.evaluate(rules, Explain::Summary))
        } else {
            let referral = Referral::read(&Json::read(line.as_bytes()).expect("strict JSON")).expect("a referral");
            serde_json::to_vec(&referral.evaluate(rules, Explain::Summary).expect("facts"))
        };
        drop(black_box(answer.expect("JSON")));
    }
    LINES as f64 / start.elapsed().as_secs_f64()
}

fn main() {
    // `cargo test --all-targets` runs this too, and measures nothing.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let (file, million) = (folder.path().join("referrals.ndjson"), folder.path().join("million.ndjson"));
    let lines = referrals();
    write(&file, &lines, LINES);
    write(&million, &lines, MILLION);
    let before = root().join("rules");
    let summary = ["evaluate", "--ndjson", "--explain", "summary"];
    let brief = ["evaluate", "--ndjson", "--brief"];
    let replay = ["replay", "--from", "ndjson", "--before", before.to_str().expect("a path")];
    let rules = load(&rules_dir::read(&root().join("rules")).expect("rules")).rule_set.expect("sound rules");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let measured: [(&str, &dyn Fn() -> f64); 6] = [
        ("alone", &|| alone(&rules, &lines)),
        ("one", &|| program(&summary, &file, LINES, 1)),
        ("all", &|| program(&summary, &file, LINES, cores)),
        ("brief_one", &|| program(&brief, &million, MILLION, 1)),
        ("brief_all", &|| program(&brief, &million, MILLION, cores)),
        ("replay_all", &|| program(&replay, &million, MILLION, cores)),
    ];
    let mut best = [0.0_f64; 6];
    for _ in 0..ROUNDS {
        best.iter_mut().zip(&measured).for_each(|(best, (_, measure))| *best = best.max(measure()));
    }
    let mut figures = Figures::of("bulk");
    figures.add("threads", cores as f64);
    figures.add("million", MILLION as f64 / best[5]);
    for ((name, _), figure) in measured.iter().zip(best) {
        println!("{name}: {figure:.0}/s, {:.2} of the evaluator alone", figure / best[0]);
        figures.add(*name, figure);
    }
    figures.write();
}
