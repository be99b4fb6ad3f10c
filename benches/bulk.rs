//! What a file of referrals costs at the terminal, on one thread and on as many as there are cores, against the same
//! lines evaluated in this process without the program around them.

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
use windscreen::rules_dir;

/// How many lines the file has.
const LINES: usize = 40_000;
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

/// Lines a second of the program, from its start to its end.
fn program(file: &Path, threads: usize) -> f64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windscreen"));
    command.args(["--quiet", "evaluate", "--ndjson", "--explain", "summary", "--threads", &threads.to_string()]);
    command.arg("--rules").arg(root().join("rules")).arg(file).stdout(Stdio::null());
    let start = Instant::now();
    assert!(command.status().expect("the program").success(), "every line is evaluated");
    LINES as f64 / start.elapsed().as_secs_f64()
}

/// The same lines in this process, on one thread.
fn alone(rules: &RuleSet, lines: &[String]) -> f64 {
    let start = Instant::now();
    for line in lines.iter().cycle().take(LINES) {
        let referral = Referral::read(&Json::read(line.as_bytes()).expect("strict JSON")).expect("a referral");
        let indicated = referral.evaluate(rules, Explain::Summary).expect("facts");
        drop(black_box(serde_json::to_vec(&indicated).expect("JSON")));
    }
    LINES as f64 / start.elapsed().as_secs_f64()
}

fn main() {
    // `cargo test --all-targets` runs this too, and measures nothing.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let file = folder.path().join("referrals.ndjson");
    let lines = referrals();
    let mut out = std::io::BufWriter::new(File::create(&file).expect("a file"));
    for line in lines.iter().cycle().take(LINES) {
        writeln!(out, "{line}").expect("written");
    }
    out.into_inner().expect("written");
    let rules = load(&rules_dir::read(&root().join("rules")).expect("rules")).rule_set.expect("sound rules");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut best = [0.0_f64; 3];
    for _ in 0..ROUNDS {
        let found = [alone(&rules, &lines), program(&file, 1), program(&file, cores)];
        best.iter_mut().zip(found).for_each(|(best, found)| *best = best.max(found));
    }
    let [alone, one, all] = best;
    println!("alone {alone:.0}/s; one thread {one:.0}/s, {:.2} of it; {cores} threads {all:.0}/s", one / alone);
    let mut figures = Figures::of("bulk");
    for (name, figure) in [("alone", alone), ("one", one), ("all", all), ("threads", cores as f64)] {
        figures.add(name, figure);
    }
    figures.write();
}
