//! The databases: what goes in, and what comes out.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use postgres::{Client, NoTls};
use windscreen::export::{ANSWER, Dialect};

use super::Table;
use crate::record::postgres::fresh_database;

/// What stands for NULL in an answer, where an empty text is something else.
const NULL: &str = "\\N";

/// One row of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub key: String,
    pub level: Option<u8>,
    pub at_least: Option<u8>,
    pub at_most: Option<u8>,
    pub criteria_met: Option<String>,
    pub thresholds_reached: Option<String>,
    pub cannot_be_read: Option<String>,
    pub rule_set: String,
}

/// Answers as comma-separated values, sorted by key.
fn read(text: impl std::io::Read) -> Vec<Answer> {
    let mut reader = csv::Reader::from_reader(text);
    let headings: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let keys = headings.len() - ANSWER.len();
    assert_eq!(headings[keys..], ANSWER, "the keys, then the answer");
    let text = |cell: &str| (cell != NULL).then(|| cell.to_owned());
    let mut answers: Vec<Answer> = reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            let rank = |place: usize| text(&row[keys + place]).map(|rank| rank.parse().unwrap());
            Answer {
                key: row.iter().take(keys).collect::<Vec<_>>().join(" "),
                level: rank(0),
                at_least: rank(1),
                at_most: rank(2),
                criteria_met: text(&row[keys + 3]),
                thresholds_reached: text(&row[keys + 4]),
                cannot_be_read: text(&row[keys + 5]),
                rule_set: row[keys + 6].to_owned(),
            }
        })
        .collect();
    answers.sort_by(|a, b| a.key.cmp(&b.key));
    answers
}

/// A table as comma-separated values.
pub fn lines(table: &Table) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&table.columns).unwrap();
    table.rows.iter().for_each(|row| writer.write_record(row).unwrap());
    writer.into_inner().unwrap()
}

/// A folder of tables and queries, in which DuckDB and Spark leave their answers.
pub struct Folder {
    path: PathBuf,
    for_spark: bool,
    _temporary: Option<tempfile::TempDir>,
}

impl Folder {
    /// A temporary one, or where `make test-long` has Spark read the same.
    pub fn new(name: &str) -> Self {
        let kept = std::env::var_os("WINDSCREEN_WRITE_SQL").map(|folder| Path::new(&folder).join(name));
        match kept {
            Some(path) => {
                let _ = std::fs::remove_dir_all(&path);
                std::fs::create_dir_all(&path).unwrap();
                Self { path, for_spark: true, _temporary: None }
            }
            None => {
                let temporary = tempfile::tempdir().unwrap();
                Self { path: temporary.path().to_owned(), for_spark: false, _temporary: Some(temporary) }
            }
        }
    }

    /// Writes a table and its queries.
    pub fn write(&self, name: &str, table: &Table, sql: &dyn Fn(Dialect) -> String) {
        self.write_lines(name, &lines(table), sql);
    }

    /// The same of a table that is written already.
    pub fn write_lines(&self, name: &str, lines: &[u8], sql: &dyn Fn(Dialect) -> String) {
        std::fs::write(self.path.join(format!("{name}.csv")), lines).unwrap();
        std::fs::write(self.path.join(format!("{name}.duckdb.sql")), sql(Dialect::Duckdb)).unwrap();
        if self.for_spark {
            std::fs::write(self.path.join(format!("{name}.spark.sql")), sql(Dialect::Spark)).unwrap();
        }
    }

    /// Runs every query in DuckDB.
    pub fn in_duckdb(&self) {
        let root = super::folder("");
        let python = root.join("target/sql/bin/python");
        assert!(python.exists(), "DuckDB is missing: `make setup-tests` installs it");
        let ran = Command::new(python).arg(root.join("tests/sql/in_duckdb.py")).arg(&self.path).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }

    /// What DuckDB answered.
    pub fn answers(&self, name: &str) -> Vec<Answer> {
        read(std::fs::File::open(self.path.join(format!("{name}.duckdb.answers"))).unwrap())
    }
}

/// Runs queries in PostgreSQL, each over its own table.
pub fn in_postgres(tables: &[(&Table, String)]) -> Vec<Vec<Answer>> {
    let mut client = Client::connect(&fresh_database(), NoTls).unwrap();
    tables.iter().map(|(table, sql)| answered(&mut client, &table.columns, &lines(table), "text", sql)).collect()
}

/// Loads a table whose columns are all of one type, and answers it.
pub fn answered(client: &mut Client, columns: &[String], lines: &[u8], of_type: &str, sql: &str) -> Vec<Answer> {
    let columns: Vec<String> = columns.iter().map(|column| format!("\"{column}\" {of_type}")).collect();
    // To compile so long a query costs more than it saves, as docs/sql.md says.
    let create =
        format!("SET jit = off; DROP TABLE IF EXISTS referrals; CREATE TABLE referrals ({})", columns.join(", "));
    client.batch_execute(&create).unwrap();
    let mut copy = client.copy_in("COPY referrals FROM STDIN (FORMAT csv, HEADER)").unwrap();
    copy.write_all(lines).unwrap();
    copy.finish().unwrap();
    let query = sql.trim_end().trim_end_matches(';');
    // Whatever is wrong with a query, where it is wrong is all that helps.
    let out = client.copy_out(&format!("COPY (\n{query}\n) TO STDOUT (FORMAT csv, HEADER, NULL '{NULL}')"));
    read(out.unwrap_or_else(|error| panic!("{error:?}")))
}
