//! Memory does not grow with the number of rows. What is measured is the most that the program ever held, as the
//! system tells its parent.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::Command;

use rust_xlsxwriter::Workbook;

use super::*;

/// What ten times as many rows may take more: what the allocator keeps differs from run to run.
const MORE_KIB: u64 = 8 * 1024;
/// What a million rows may take in all: the rules, a few hundred rows and answers for each core, and of a workbook the
/// texts that its rows share.
const MOST_KIB: u64 = 256 * 1024;

/// Rows of a month in a large council, whose references are each their own; under the smallest rules, so that most of
/// the time goes into what is measured.
fn row(number: usize) -> [String; 4] {
    let one = ["yes", "no", "not_known", "refused", ""];
    let pick = |by: usize| one[number / by % 5].to_owned();
    [format!("R-{number:07}"), pick(1), pick(5), pick(25)]
}

const COLUMNS: [&str; 4] = ["ref", "poor_housing", "poor_routine", "need_met_by_universal"];

fn input(kind: &str, rows: usize, folder: &Path) -> PathBuf {
    let path = folder.join(format!("{rows}.{kind}"));
    if kind == "xlsx" {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet_with_low_memory().unwrap();
        for (column, name) in (0..).zip(COLUMNS) {
            sheet.write_string(0, column, name).unwrap();
        }
        for number in 0..rows {
            for (column, cell) in (0..).zip(row(number)) {
                sheet.write_string(u32::try_from(number).unwrap() + 1, column, cell).unwrap();
            }
        }
        book.save(&path).unwrap();
        return path;
    }
    let mut file = BufWriter::new(File::create(&path).unwrap());
    if kind == "csv" {
        writeln!(file, "{}", COLUMNS.join(",")).unwrap();
    }
    for number in 0..rows {
        let cells = row(number);
        if kind == "csv" {
            writeln!(file, "{}", cells.join(",")).unwrap();
            continue;
        }
        let facts: Map<String, Value> = COLUMNS
            .into_iter()
            .zip(&cells)
            .skip(1)
            .filter(|(_, cell)| !cell.is_empty())
            .map(|(name, cell)| (name.to_owned(), said(cell)))
            .collect();
        writeln!(file, "{}", json!({ "ref": cells[0], "facts": facts })).unwrap();
    }
    file.flush().unwrap();
    path
}

/// The most memory that a run held, in KiB, after its answers were counted.
fn most_held(kind: &str, rows: usize, folder: &Path) -> u64 {
    const MEASURE: &str = "import resource, subprocess, sys\n\
        code = subprocess.run(sys.argv[1:]).returncode\n\
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n\
        sys.exit(code)";
    let input = input(kind, rows, folder);
    let output = folder.join(format!("{rows}.out.{kind}"));
    let done = Command::new("python3")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["-c", MEASURE, env!("CARGO_BIN_EXE_windscreen"), "evaluate", "--rules", "fixtures/rule_sets/good/tiny"])
        .args(["--explain", "none", "--threads", "2", "--output"])
        .args([&output, &input])
        .output()
        .unwrap();
    let told = text(&done.stderr);
    assert!(done.status.success(), "{told}");
    assert!(told.contains(&format!("{rows} rows: {rows} evaluated, 0 with faults\n")), "{told}");
    text(&done.stdout).trim().parse().unwrap()
}

#[test]
fn ten_times_as_many_rows_take_no_more_memory() {
    let few_rows = if crate::cases() > 1 { 20_000 } else { 4_000 };
    let folder = tempfile::tempdir().unwrap();
    for kind in ["csv", "ndjson"] {
        let (few, many) = (most_held(kind, few_rows, folder.path()), most_held(kind, 10 * few_rows, folder.path()));
        println!("{kind}: {few} KiB for {few_rows} rows, {many} KiB for ten times as many");
        assert!(many < few + MORE_KIB, "{kind}: {few} KiB, then {many} KiB");
    }
}

#[test]
fn a_million_rows_take_a_bounded_memory() {
    // Only where many more cases are asked for: it takes some minutes without optimisation.
    let rows = if crate::cases() > 1 { 1_000_000 } else { 10_000 };
    let folder = tempfile::tempdir().unwrap();
    for kind in ["csv", "ndjson", "xlsx"] {
        let held = most_held(kind, rows, folder.path());
        println!("{kind}: {held} KiB for {rows} rows");
        assert!(held < MOST_KIB, "{kind}: {held} KiB");
    }
}
