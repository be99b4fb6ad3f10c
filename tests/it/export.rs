//! The rules as SQL, in the databases themselves: row by row the same as the engine.
//!
//! Tables are written as comma-separated values and loaded as such; answers come back the same way. DuckDB runs in the
//! Python of `make setup-tests`; PostgreSQL is the one that the tests of the record start. Spark reads the same files in
//! `make test-long`.

mod databases;
mod mappings;
mod rows;
mod small_sets;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use windscreen::criteria::{RuleSet, load};
use windscreen::export::{Dialect, Export, TableMapping};
use windscreen::facts::Facts;
use windscreen::level::{Explain, bounds, evaluate, findings};

use crate::reference::times;
use databases::{Answer, Folder, in_postgres};

/// Referrals to the default rule set.
const REFERRALS: usize = 100_000;
/// Of one row in so many what was found is compared too, and not only the bounds; of every row in `make test-long`.
const ROWS_PER_FOUND: usize = 4;
/// One row in so many is also explained, which tells the order of its reasons.
const ROWS_PER_EXPLAINED: usize = 200;

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn default_rules() -> RuleSet {
    load(&windscreen::rules_dir::read(&folder("rules")).unwrap()).rule_set.unwrap()
}

fn sql(rules: &RuleSet, mapping: &TableMapping, dialect: Dialect) -> String {
    Export { rules, mapping, dialect, table: "referrals", view: None }.sql()
}

/// A table as it is loaded, and what the engine answers for each row.
struct Table {
    columns: Vec<String>,
    /// The cells, of which an empty one is NULL; the first is the row's key.
    rows: Vec<Vec<String>>,
    expected: Vec<Expected>,
}

/// What a row must be answered.
enum Expected {
    Evaluated {
        at_least: u8,
        at_most: u8,
        found: Option<Found>,
    },
    /// The columns that cannot be read.
    CannotBeRead(Vec<String>),
}

/// What was found, where it was asked for.
struct Found {
    met: BTreeSet<String>,
    thresholds: Vec<String>,
    /// The reasons in their order.
    reasons: Option<Vec<String>>,
}

/// How much of a row is compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Compared {
    Bounds,
    Found,
    Explained,
}

/// What the engine answers.
fn expected(rules: &RuleSet, facts: &Facts, compared: Compared) -> Expected {
    let bounds = bounds(rules, facts);
    let found = (compared >= Compared::Found).then(|| found(rules, facts, compared == Compared::Explained));
    Expected::Evaluated { at_least: bounds.at_least(), at_most: bounds.at_most(), found }
}

fn found(rules: &RuleSet, facts: &Facts, explained: bool) -> Found {
    let gives = |id: &str| rules.criteria().iter().find(|one| one.id == id).is_none_or(|one| !one.gives.is_nothing());
    let (mut met, mut thresholds) = (BTreeSet::new(), Vec::new());
    for found in findings(rules, facts).0.into_iter().filter(|found| found.found) {
        match found.kind {
            "threshold" => thresholds.push(found.id),
            _ if gives(&found.id) => {
                met.insert(found.id);
            }
            _ => {}
        }
    }
    let reasons = explained.then(|| {
        let evaluation = evaluate(rules, facts, Explain::Summary);
        evaluation.reasons.into_iter().map(|reason| reason.id.to_owned()).collect()
    });
    Found { met, thresholds, reasons }
}

/// Every difference between what was answered and what must be, a few in words.
fn differences(rules: &RuleSet, table: &Table, answers: &[Answer]) -> Vec<String> {
    assert_eq!(answers.len(), table.rows.len(), "every row is answered, and none twice");
    let mut differences = Vec::new();
    for ((row, expected), answer) in table.rows.iter().zip(&table.expected).zip(answers) {
        assert_eq!(row[0], answer.key, "answers are sorted by key, as rows are");
        let wanted = match expected {
            Expected::CannotBeRead(columns) => Answer {
                key: row[0].clone(),
                cannot_be_read: Some(columns.join(";")),
                rule_set: rules.id().digest.clone(),
                ..Answer::default()
            },
            Expected::Evaluated { at_least, at_most, found } => Answer {
                key: row[0].clone(),
                level: (at_least == at_most).then_some(*at_least),
                at_least: Some(*at_least),
                at_most: Some(*at_most),
                criteria_met: Some(wanted_criteria(found.as_ref(), answer)),
                thresholds_reached: match found {
                    Some(found) => Some(found.thresholds.join(";")),
                    None => answer.thresholds_reached.clone(),
                },
                cannot_be_read: None,
                rule_set: rules.id().digest.clone(),
            },
        };
        if wanted != *answer {
            let cells = table.columns.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
            let cells: Vec<String> = cells.map(|(column, cell)| format!("{column}={cell}")).collect();
            differences.push(format!("{}\n wanted {wanted:?}\n answer {answer:?}", cells.join(" ")));
        }
    }
    differences
}

/// The criteria that must be told, in the order that must be; in that of the answer where only which they are is known.
fn wanted_criteria(found: Option<&Found>, answer: &Answer) -> String {
    let told = answer.criteria_met.clone().unwrap_or_default();
    let Some(Found { met, reasons, .. }) = found else { return told };
    if let Some(reasons) = reasons {
        return reasons.join(";");
    }
    let ids: Vec<&str> = told.split(';').filter(|id| !id.is_empty()).collect();
    let same = ids.len() == met.len() && ids.iter().all(|id| met.contains(*id));
    if same { told } else { met.iter().cloned().collect::<Vec<_>>().join(";") }
}

fn check(what: &str, rules: &RuleSet, table: &Table, answers: &[Answer]) {
    let differences = differences(rules, table, answers);
    let few: Vec<&String> = differences.iter().take(3).collect();
    assert!(few.is_empty(), "{what}: {} of {} rows differ, such as {few:#?}", differences.len(), answers.len());
}

#[test]
fn every_row_of_a_table_is_answered_as_the_engine_answers() {
    let rules = default_rules();
    let mapping = TableMapping::by_id(&rules);
    let table = rows::table(&rules, REFERRALS, if times() > 1 { 1 } else { ROWS_PER_FOUND });
    let folder = Folder::new("default");
    folder.write("default", &table, &|dialect| sql(&rules, &mapping, dialect));
    std::thread::scope(|scope| {
        let duckdb = scope.spawn(|| folder.in_duckdb());
        let postgres = scope.spawn(|| in_postgres(&[(&table, sql(&rules, &mapping, Dialect::Postgres))]));
        duckdb.join().unwrap();
        check("DuckDB", &rules, &table, &folder.answers("default"));
        check("PostgreSQL", &rules, &table, &postgres.join().unwrap()[0]);
    });
    // Nothing is proved where all rows are alike.
    let count = |wanted: &dyn Fn(&Expected) -> bool| table.expected.iter().filter(|one| wanted(one)).count();
    for rank in 1..=rules.ladder().highest() {
        let at_least = count(&|one| matches!(one, Expected::Evaluated { at_least, .. } if *at_least == rank));
        assert!(at_least > REFERRALS / 200, "too few rows are at least {rank}: {at_least}");
    }
    let settled = count(&|one| matches!(one, Expected::Evaluated { at_least, at_most, .. } if at_least == at_most));
    assert!(settled > REFERRALS / 20 && settled < REFERRALS * 19 / 20, "settled: {settled}");
    assert!(count(&|one| matches!(one, Expected::CannotBeRead(_))) > REFERRALS / 200);
}
