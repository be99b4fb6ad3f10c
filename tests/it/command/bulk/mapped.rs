//! A sender's columns by a mapping: of the rule set, or in a file.

use super::*;
use jiff::civil::{DateTime, date};
use rust_xlsxwriter::{ExcelDateTime, Format};

const EXPORT: &str = "fixtures/bulk/school_export.csv";
const MAPPING: &str = "fixtures/bulk/school_export.yaml";

#[test]
fn a_senders_columns_become_facts() {
    let output = windscreen(&["evaluate", "--mapping", MAPPING, EXPORT], "");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("which is not in the rule set, sha256:"), "{}", text(&output.stderr));
    let rows = rows_of_csv(&output.stdout);
    assert_eq!((&rows[0]["ref"], &rows[0]["answer_row"]), (&json!("=1+1"), &json!("2")));
    assert_eq!(
        (&rows[0]["keeping_safe"], &rows[0]["missing_episodes_90d"]),
        (&json!("some_exposure"), &json!("not_known"))
    );
    assert_eq!(
        (&rows[0]["received_at"], &rows[0]["concerns"]),
        (&json!("2026-11-23T09:15:00Z"), &json!("school_and_learning"))
    );
    assert_eq!(
        (&rows[1]["answer_row"], &rows[1]["answer_at_least"]),
        (&json!("4"), &json!("4")),
        "three times missing"
    );
    assert_eq!(
        (&rows[2]["answer_fault_codes"], &rows[2]["answer_fault_columns"]),
        (&json!("unknown-word"), &json!("Safe at home"))
    );
    let all = text(&output.stdout);
    assert!(!all.contains("Example") && !all.contains("Perhaps") && !all.contains("it is fine"), "{all}");
    // Read again by its own headings, it says the same; what it does not hold is refused again.
    let again = windscreen(&["evaluate", "--from", "csv", "-"], &all);
    let again = rows_of_csv(&again.stdout);
    for (one, other) in rows.iter().zip(&again).take(2) {
        assert_eq!(answered(one.clone()), answered(other.clone()));
    }
    assert_eq!(again[2]["answer_fault_codes"], json!("refused-before"));
}

#[test]
fn lines_and_sheets_of_a_sender_say_what_its_csv_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut reader = csv::Reader::from_path(EXPORT).unwrap();
    let headings = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let line = |row: &csv::StringRecord| {
        let object: Map<String, Value> =
            headings.iter().map(str::to_owned).zip(row.iter().map(|cell| json!(cell))).collect();
        format!("{}\n", Value::from(object))
    };
    let ndjson = folder.path().join("export.ndjson");
    std::fs::write(&ndjson, rows.iter().map(line).collect::<String>()).unwrap();
    let xlsx = folder.path().join("export.xlsx");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let (day, moment) = (Format::new().set_num_format("dd/mm/yyyy"), Format::new().set_num_format("dd/mm/yyyy hh:mm"));
    for (column, name) in (0..).zip(&headings) {
        sheet.write_string(0, column, name).unwrap();
    }
    for (place, row) in (1..).zip(&rows) {
        for (column, cell) in (0..).zip(row) {
            // As a spreadsheet program keeps them: dates and numbers as such.
            let read: Option<DateTime> = DateTime::strptime("%d/%m/%Y %H:%M", cell)
                .ok()
                .or_else(|| jiff::civil::Date::strptime("%d/%m/%Y", cell).ok().map(|day| day.at(0, 0, 0, 0)));
            match (read, cell.parse::<f64>()) {
                (Some(at), _) => {
                    let days = (at.date() - date(1899, 12, 30)).get_days();
                    let minutes = f64::from(i32::from(at.hour()) * 60 + i32::from(at.minute()));
                    let format = if at.hour() == 0 { &day } else { &moment };
                    let at = ExcelDateTime::from_serial_datetime(f64::from(days) + minutes / 1440.0).unwrap();
                    sheet.write_datetime_with_format(place, column, &at, format).unwrap();
                }
                (None, Ok(number)) => {
                    sheet.write_number(place, column, number).unwrap();
                }
                (None, Err(_)) => {
                    sheet.write_string(place, column, cell).unwrap();
                }
            }
        }
    }
    book.save(&xlsx).unwrap();
    let answers = |file: &str| {
        let output = evaluate(&["--mapping", MAPPING, "--to", "csv", file]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        rows_of_csv(&output.stdout).into_iter().map(answered).collect::<Vec<_>>()
    };
    let of_csv = answers(EXPORT);
    assert_eq!(of_csv, answers(ndjson.to_str().unwrap()));
    assert_eq!(of_csv, answers(xlsx.to_str().unwrap()));
}

#[test]
fn a_mapping_of_the_rule_set_is_named_by_its_id() {
    let came = crate::notifications::morning::morning(30, 5, 1, 3);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("morning.csv");
    std::fs::write(&path, crate::notifications::morning::csv_of(&came.rows)).unwrap();
    let output = evaluate(&["--mapping", "police_notifications", path.to_str().unwrap()]);
    let rows = rows_of_csv(&output.stdout);
    assert_eq!(rows.len(), 30, "{}", text(&output.stderr));
    let evaluated = rows.iter().filter(|row| row["answer_fault_codes"] == json!("")).count();
    assert!(evaluated >= 25, "{evaluated} of them: {rows:#?}");
}

#[test]
fn what_is_wrong_with_a_mapping_is_told_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yaml");
    let mapping = std::fs::read_to_string(MAPPING).unwrap();
    std::fs::write(&path, mapping.replace("fact: keeping_safe", "fact: keping_safe")).unwrap();
    let output = evaluate(&["--mapping", path.to_str().unwrap(), EXPORT]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(3), String::new()));
    let told = text(&output.stderr);
    assert!(
        told.contains("error[unknown-fact]") && told.contains("mine.yaml:15") && told.contains("keeping_safe"),
        "{told}"
    );
    let output = evaluate(&["--mapping", "no_such_mapping", EXPORT]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("police_notifications"), "{}", text(&output.stderr));
}

#[test]
fn a_file_without_a_column_of_the_mapping_is_refused() {
    let export = std::fs::read_to_string(EXPORT).unwrap().replace("Safe at home", "Safe at hme");
    let output = windscreen(&["evaluate", "--from", "csv", "--mapping", MAPPING, "-"], &export);
    let told = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
    assert!(told.contains("error[unknown-column]: the file: ") && told.contains("error[missing-column]"), "{told}");
    assert!(told.contains("Safe at home"), "{told}");
}
