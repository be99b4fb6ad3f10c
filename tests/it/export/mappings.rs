//! Mappings: columns and words of somebody else's table, and what is wrong with a mapping's file.

use windscreen::diagnostic::{Form, render};
use windscreen::export::{Dialect, TableMapping};

use super::databases::{Answer, Folder, answered};
use super::{default_rules, sql};
use crate::command::windscreen;
use crate::record::postgres::fresh_database;
use postgres::{Client, NoTls};

/// The answers to the example of the documentation: its table and its mapping.
fn answers_to_the_example() -> Vec<Vec<Answer>> {
    let rules = default_rules();
    let text = std::fs::read_to_string(super::folder("fixtures/sql/mapping.yaml")).unwrap();
    let mapping = TableMapping::read(&rules, "mapping.yaml", &text).unwrap();
    let lines = std::fs::read(super::folder("fixtures/sql/contacts.csv")).unwrap();
    let folder = Folder::new("mapped");
    folder.write_lines("mapped", &lines, &|dialect| sql(&rules, &mapping, dialect));
    folder.in_duckdb();
    let columns: Vec<String> = csv::Reader::from_reader(&*lines).headers().unwrap().iter().map(str::to_owned).collect();
    let mut client = Client::connect(&fresh_database(), NoTls).unwrap();
    let in_postgres = answered(&mut client, &columns, &lines, "text", &sql(&rules, &mapping, Dialect::Postgres));
    vec![folder.answers("mapped"), in_postgres]
}

#[test]
fn the_example_of_the_documentation_is_answered() {
    let documentation = std::fs::read_to_string(super::folder("docs/sql.md")).unwrap();
    let example = std::fs::read_to_string(super::folder("fixtures/sql/mapping.yaml")).unwrap();
    let example = example.lines().skip(1).collect::<Vec<_>>().join("\n");
    assert!(documentation.contains(&example), "docs/sql.md shows another mapping");
    for answers in answers_to_the_example() {
        let told: Vec<String> = answers
            .iter()
            .map(|answer| match (answer.at_least, answer.at_most, &answer.cannot_be_read) {
                (Some(least), Some(most), None) => format!("{} {least} to {most}", answer.key),
                (None, None, Some(columns)) => format!("{} {columns}", answer.key),
                other => panic!("{other:?}"),
            })
            .collect();
        let wanted = [
            "C-1 1 4 to 5",
            // The police say that the child is in danger now.
            "C-1 2 5 to 5",
            "C-2 1 5 to 5",
            "C-3 1 1 to 5",
            "C-4 1 reason;danger_now;carer",
            "C-5 1 age_in_months",
        ];
        assert_eq!(told, wanted);
    }
}

#[test]
fn columns_may_have_any_type() {
    let rules = default_rules();
    let mapping = "keys: [ref]\ncolumns:\n  - { fact: child_age_months, column: age }\n  - { fact: immediate_danger_now, column: danger }\n";
    let mapping = TableMapping::read(&rules, "table.yaml", mapping).unwrap();
    let mut client = Client::connect(&fresh_database(), NoTls).unwrap();
    let table = "CREATE TABLE referrals (ref integer, age smallint, danger boolean, by_the_way date);
        INSERT INTO referrals VALUES (1, 100, true, NULL), (2, NULL, false, NULL), (3, -1, NULL, NULL)";
    client.batch_execute(table).unwrap();
    let rows = client.query(sql(&rules, &mapping, Dialect::Postgres).trim_end().trim_end_matches(';'), &[]).unwrap();
    let told: Vec<String> = rows
        .iter()
        .map(|row| {
            let bounds: [Option<i32>; 2] = [row.get("at_least"), row.get("at_most")];
            format!("{} {bounds:?} {:?}", row.get::<_, i32>(0), row.get::<_, Option<String>>("cannot_be_read"))
        })
        .collect();
    let wanted = ["1 [Some(5), Some(5)] None", "2 [Some(1), Some(5)] None", "3 [None, None] Some(\"age\")"];
    assert_eq!(told, wanted);
}

#[test]
fn what_is_wrong_with_a_mapping_is_told_with_its_place_and_what_was_meant() {
    let rules = default_rules();
    let read = |name: &str| std::fs::read_to_string(super::folder("fixtures/sql").join(name)).unwrap();
    let problems = TableMapping::read(&rules, "wrong.yaml", &read("wrong.yaml")).unwrap_err();
    assert_eq!(render(&problems, Form::Plain), read("wrong.txt"));
}

#[test]
fn the_command_prints_a_query_or_says_what_is_wrong() {
    let done = windscreen(&["export", "sql", "--dialect", "spark", "--table", "a.b`c", "--view", "levels"], "");
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success() && text.contains("CREATE OR REPLACE VIEW `levels` AS\nWITH"), "{text}");
    assert!(text.contains("FROM `a`.`b``c` AS referral"));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "keys: [ref]\ncolumns: [{ fact: keping_safe, column: a }]\n").unwrap();
    let done = windscreen(&["export", "sql", "--dialect", "duckdb", "--mapping", file.path().to_str().unwrap()], "");
    let told = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(3));
    assert!(done.stdout.is_empty() && told.contains("did you mean `keeping_safe`?"), "{told}");
}
