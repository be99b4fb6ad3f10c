//! What a spreadsheet would run is not run, and comes back as it was.

use std::io::Read;

use super::*;

const RUN: [&str; 9] = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "  =HYPERLINK(\"http://example.invalid\")",
    "＝1",
    "'=1",
    "https://example.invalid",
    "=\ttab",
];

fn lines_of(references: &[&str]) -> String {
    references.iter().map(|reference| format!("{}\n", json!({ "ref": reference, "facts": {} }))).collect()
}

#[test]
fn a_cell_that_would_run_is_guarded_and_comes_back() {
    let output = windscreen(&["evaluate", "--from", "ndjson", "--to", "csv", "-"], &lines_of(&RUN));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    for (row, reference) in reader.records().zip(RUN) {
        let cell = &row.unwrap()[0];
        let guarded = if reference.starts_with("https") { reference.to_owned() } else { format!("'{reference}") };
        assert_eq!(cell, guarded);
    }
    let again = windscreen(&["evaluate", "--from", "csv", "--to", "ndjson", "-"], &text(&output.stdout));
    let references: Vec<Value> = lines(&again.stdout).iter().map(|line| line["ref"].clone()).collect();
    assert_eq!(references, RUN.map(|reference| json!(reference.trim())), "{}", text(&again.stderr));
}

#[test]
fn a_sheet_holds_neither_formula_nor_link() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.xlsx");
    let args = ["evaluate", "--from", "ndjson", "--output", path.to_str().unwrap(), "-"];
    assert!(windscreen(&args, &lines_of(&RUN)).status.success());
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert!(!names.iter().any(|name| name.contains("worksheets/_rels") || name.contains("externalLink")), "{names:?}");
    let mut sheet = String::new();
    archive.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_string(&mut sheet).unwrap();
    assert!(
        sheet.contains("=1+1") && !sheet.contains("<f>") && !sheet.contains("<f ") && !sheet.contains("<hyperlink")
    );
    let references: Vec<Value> = rows_of_xlsx(&path).into_iter().map(|row| row["ref"].clone()).collect();
    assert_eq!(references, RUN.map(|reference| json!(reference)));
}

#[test]
fn what_is_wrong_is_guarded_too() {
    let input = "ref,keeping_safe,concerns\na,=cmd|' /C calc'!A0,@x\n";
    let output = windscreen(&["evaluate", "--from", "csv", "-"], input);
    assert_eq!(output.status.code(), Some(1));
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let row = reader.records().next().unwrap().unwrap();
    assert!(row.iter().any(|cell| cell == "'=cmd|' /C calc'!A0") && row.iter().any(|cell| cell == "'@x"), "{row:?}");
    assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{row:?}");
    let told = row.iter().filter(|cell| cell.contains("takes one of")).collect::<Vec<_>>();
    assert!(!told.is_empty() && told.iter().all(|cell| !cell.contains("cmd")), "a fault repeats nothing: {told:?}");
}
