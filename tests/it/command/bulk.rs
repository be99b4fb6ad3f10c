//! Many referrals at the terminal: every way in and out says the same, whatever comes.

mod brief;
mod guard;
mod mapped;
mod memory;
mod nasty;
mod output;
mod round_trip;

use std::path::Path;
use std::process::Output;

use calamine::{Data, Reader, Xlsx, open_workbook};
use rust_xlsxwriter::Workbook;
use serde_json::{Map, Value, json};

use super::{text, windscreen};
use crate::api::answers_of_batch;

/// Invented rows, as a table.
struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<&'static str>>,
}

const HEADINGS: [&str; 12] = [
    "ref",
    "child",
    "received_at",
    "date_of_birth",
    "due_date",
    "concerns",
    "scope",
    "keeping_safe",
    "immediate_danger_now",
    "missing_episodes_90d",
    "injury_explanation",
    "child_age_months",
];

/// One of each kind: nothing, not known, refused, two accounts, dates, topics, a child with a name, a fault.
fn table() -> Table {
    let row = |cells: [&'static str; 12]| cells.to_vec();
    let at = "2026-11-23T10:00:00Z";
    Table {
        headings: HEADINGS.to_vec(),
        rows: vec![
            row(["a", "", "", "", "", "", "", "", "", "", "", ""]),
            row(["b", "", "", "", "", "", "", "not_known", "not_known", "not_known", "refused", "100"]),
            row(["c", "", at, "2012-03-01", "", "", "", "safe", "no", "3", "none", ""]),
            row(["d", "", at, "", "2027-01-15", "", "", "unable", "yes", "0", "", ""]),
            row(["e", "", "", "", "", "domestic_abuse;online", "all", "some_exposure|safe", "yes|no", "2|1", "", "7"]),
            row(["f", "", "", "", "", "", "", "unsure", "no", "91", "", ""]),
            row(["", "Ash", "", "", "", "", "", "safe", "refused", "", "unexplained", "5"]),
            row(["£ é “g”", "", "", "", "", "", "referral", "", "no", "", "", ""]),
        ],
    }
}

/// An answer as JSON has it.
fn said(cell: &str) -> Value {
    let one = |cell: &str| match cell {
        "yes" => json!(true),
        "no" => json!(false),
        _ => cell.parse::<i64>().map_or_else(|_| json!(cell), |number| json!(number)),
    };
    match cell.split_once('|') {
        None => one(cell),
        Some((answer, also)) => json!({ "answer": one(answer), "also_said": one(also) }),
    }
}

impl Table {
    fn csv(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.headings).unwrap();
        for row in &self.rows {
            writer.write_record(row).unwrap();
        }
        writer.into_inner().unwrap()
    }

    fn ndjson(&self) -> Vec<u8> {
        let line = |row: &Vec<&str>| {
            let (mut request, mut child, mut facts) = (Map::new(), Map::new(), Map::new());
            for (name, cell) in self.headings.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
                match *name {
                    "ref" | "received_at" | "scope" => request.insert((*name).to_owned(), json!(cell)),
                    "child" => child.insert("ref".to_owned(), json!(cell)),
                    "concerns" => request.insert((*name).to_owned(), cell.split(';').collect()),
                    "date_of_birth" | "due_date" => child.insert((*name).to_owned(), json!(cell)),
                    _ => facts.insert((*name).to_owned(), said(cell)),
                };
            }
            child.insert("facts".to_owned(), facts.into());
            if child.contains_key("ref") {
                request.insert("children".to_owned(), json!([child]));
            } else {
                request.extend(child);
            }
            format!("{}\n", Value::from(request))
        };
        self.rows.iter().map(line).collect::<String>().into_bytes()
    }

    /// Numbers as numbers, all else as text.
    fn xlsx(&self, path: &Path) {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (row, cells) in (0..).zip(std::iter::once(&self.headings).chain(&self.rows)) {
            for (column, cell) in (0..).zip(cells) {
                match cell.parse::<f64>() {
                    Ok(number) => sheet.write_number(row, column, number).unwrap(),
                    Err(_) => sheet.write_string(row, column, *cell).unwrap(),
                };
            }
        }
        book.save(path).unwrap();
    }

    /// The same in a file of each kind.
    fn files(&self, folder: &Path) -> [String; 3] {
        let names = ["in.ndjson", "in.csv", "in.xlsx"].map(|name| folder.join(name));
        std::fs::write(&names[0], self.ndjson()).unwrap();
        std::fs::write(&names[1], self.csv()).unwrap();
        self.xlsx(&names[2]);
        names.map(|name| name.to_str().unwrap().to_owned())
    }
}

fn evaluate(args: &[&str]) -> Output {
    windscreen(&[&["--quiet", "evaluate"], args].concat(), "")
}

/// Rows of comma-separated values by their headings.
fn rows_of_csv(bytes: &[u8]) -> Vec<Map<String, Value>> {
    let mut reader = csv::Reader::from_reader(bytes);
    let headings: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |row: Result<csv::StringRecord, csv::Error>| {
        headings.iter().cloned().zip(row.unwrap().iter().map(|cell| json!(windscreen::bulk::unguarded(cell)))).collect()
    };
    reader.records().map(row).collect()
}

/// Rows of the first sheet, in the same shape.
fn rows_of_xlsx(path: &Path) -> Vec<Map<String, Value>> {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let range = book.worksheet_range("answers").unwrap();
    let shown = |cell: &Data| json!(cell.to_string());
    let mut rows = range.rows();
    let headings: Vec<String> = rows.next().unwrap().iter().map(ToString::to_string).collect();
    rows.map(|row| headings.iter().cloned().zip(row.iter().map(shown)).collect()).collect()
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    text(bytes).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A row without what only its file has: the facts that no column asks, and where it stood.
fn answered(mut row: Map<String, Value>) -> Map<String, Value> {
    row.retain(|name, cell| {
        let stands_elsewhere = ["answer_row", "answer_fault_columns", "answer_fault_details"].contains(&name.as_str());
        !stands_elsewhere && (HEADINGS.contains(&name.as_str()) || name.starts_with("answer_")) && *cell != json!("")
    });
    row
}

#[test]
fn nine_ways_in_and_out_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let files = table().files(folder.path());
    let mut of_lines = Vec::new();
    let mut of_tables = Vec::new();
    for file in &files {
        let output = evaluate(&["--to", "ndjson", file]);
        assert_eq!(output.status.code(), Some(1), "one row has faults: {}", text(&output.stderr));
        of_lines.push(lines(&output.stdout));
        let output = evaluate(&["--to", "csv", file]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        of_tables.push(rows_of_csv(&output.stdout));
        let sheet = format!("{file}.out.xlsx");
        let output = evaluate(&["--output", &sheet, file]);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()), "{}", text(&output.stderr));
        assert_eq!(rows_of_xlsx(sheet.as_ref()), *of_tables.last().unwrap(), "a sheet holds what {file} as CSV does");
    }
    assert_eq!(of_tables[1], of_tables[2], "a sheet is read as CSV is");
    assert_eq!(of_lines[1], of_lines[2]);
    for (one, other) in of_lines[0].iter().zip(&of_lines[1]) {
        assert_eq!((&one["evaluation"], &one["children"]), (&other["evaluation"], &other["children"]));
        assert_eq!(one.get("problem").is_some(), other.get("problem").is_some());
        if one.get("problem").is_none() {
            assert_eq!(one["ref"], other["ref"]);
        }
    }
    assert_eq!(of_lines[0].len(), of_tables[0].len());
    for (place, (one, other)) in of_tables[0].iter().zip(&of_tables[1]).enumerate() {
        // Of a line that is refused, its reference is not known, and what it said is not repeated.
        if one["answer_fault_codes"] == json!("") {
            assert_eq!(answered(one.clone()), answered(other.clone()), "row {place}");
        } else {
            assert_eq!(one["answer_fault_codes"], other["answer_fault_codes"]);
        }
    }
    // What the tables say is what the lines say.
    for (row, line) in of_tables[1].iter().zip(&of_lines[1]) {
        let evaluation = line.get("evaluation").or_else(|| line.pointer("/children/0/evaluation"));
        let Some(evaluation) = evaluation else {
            assert_eq!(row["answer_fault_codes"], json!("unknown-answer;out-of-range"));
            assert_eq!(row["answer_fault_columns"], json!("keeping_safe;missing_episodes_90d"));
            assert_eq!((&row["answer_at_least"], &row["keeping_safe"]), (&json!(""), &json!("unsure")));
            continue;
        };
        assert_eq!(row["answer_at_least"], json!(evaluation["at_least"]["rank"].to_string()));
        assert_eq!(row["answer_at_most"], json!(evaluation["at_most"]["rank"].to_string()));
        assert_eq!(row["answer_settled"], json!(if evaluation["settled"] == json!(true) { "yes" } else { "no" }));
        assert_eq!(row["answer_rule_set"], evaluation["rule_set"]["digest"]);
        let ids = |key: &str, id: &str| {
            let all = evaluation[key].as_array().unwrap().iter().map(|one| one[id].as_str().unwrap());
            json!(all.collect::<Vec<_>>().join(";"))
        };
        assert_eq!(row["answer_criteria"], ids("reasons", "id"));
        assert_eq!(row["answer_ask_next"], ids("ask_next", "fact"));
        assert_eq!(row["answer_actions"], ids("actions", "id"));
        assert_eq!(row["answer_respond_by"], evaluation["respond_by"].as_str().map_or(json!(""), |by| json!(by)));
    }
}

#[test]
fn not_known_refused_and_not_asked_are_told_apart_on_every_hop() {
    let folder = tempfile::tempdir().unwrap();
    let files = table().files(folder.path());
    let rows = rows_of_csv(&evaluate(&["--to", "csv", &files[2]]).stdout);
    assert_eq!((&rows[0]["keeping_safe"], &rows[1]["keeping_safe"]), (&json!(""), &json!("not_known")));
    assert_eq!(
        (&rows[1]["injury_explanation"], &rows[6]["immediate_danger_now"]),
        (&json!("refused"), &json!("refused"))
    );
    assert_eq!(rows[4]["immediate_danger_now"], json!("yes|no"));
    assert_eq!(rows[7]["ref"], json!("£ é “g”"));
}

#[tokio::test]
async fn the_api_answers_the_same_rows_alike() {
    let folder = tempfile::tempdir().unwrap();
    let files = table().files(folder.path());
    let of_api = lines(&answers_of_batch("rules", table().ndjson()).await);
    let of_csv = lines(&evaluate(&["--to", "ndjson", &files[1]]).stdout);
    assert_eq!(of_api.len(), of_csv.len());
    for (one, other) in of_api.iter().zip(&of_csv) {
        assert_eq!(one["ref"], other["ref"]);
        assert_eq!((&one["evaluation"], &one["children"]), (&other["evaluation"], &other["children"]));
        let codes = |answer: &Value| {
            let errors = answer.pointer("/problem/errors").and_then(Value::as_array).cloned().unwrap_or_default();
            errors.iter().map(|error| error["code"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(codes(one), codes(other));
    }
}

#[test]
fn the_command_line_says_what_it_cannot_do() {
    for (args, told) in [
        (vec!["--to", "xlsx", "fixtures/bulk/week.csv"], "--output"),
        (vec!["--to", "text", "fixtures/bulk/week.csv"], "--to ndjson"),
        (vec!["--to", "csv", "fixtures/referrals/told_a_teacher.json"], "--from ndjson"),
        (vec!["--sheet", "a", "fixtures/bulk/week.csv"], "workbook"),
        (vec!["--output", "answers.txt", "fixtures/bulk/week.csv"], "--to"),
        (vec!["--mapping", "a", "fixtures/referrals/told_a_teacher.json"], "--mapping"),
        (vec!["--ndjson", "--to", "csv", "-"], "cannot be used with"),
        (vec!["--threads", "0", "-"], "threads"),
        (vec!["--brief", "--to", "csv", "fixtures/bulk/week.csv"], "--to ndjson"),
        (vec!["--brief", "fixtures/referrals/told_a_teacher.json"], "--brief"),
        (vec!["--brief", "--explain", "none", "--ndjson", "-"], "cannot be used with"),
    ] {
        let output = evaluate(&args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains(told), "{args:?}: {}", text(&output.stderr));
    }
    let output = evaluate(&["--from", "xlsx", "-"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("from a file, not from standard input"), "{}", text(&output.stderr));
}

#[test]
fn a_summary_says_what_came_of_it_and_nothing_of_anybody() {
    let args = ["evaluate", "--to", "csv", "fixtures/bulk/week.csv"];
    let output = windscreen(&args, "");
    let told = text(&output.stderr);
    assert!(told.starts_with("4 rows: 3 evaluated, 1 with faults\n"), "{told}");
    assert!(told.contains("3 children: ") && told.contains("rules: sha256:"), "{told}");
    assert!(!told.contains("R-"), "{told}");
    assert_eq!(text(&evaluate(&args[1..]).stderr), "", "nothing when that is wished");
}
