//! Random small rule sets: every part of the language, in every order, with rows for each.

use windscreen::criteria::RuleSet;
use windscreen::export::{Dialect, TableMapping};
use windscreen::facts::Said;

use super::databases::{Folder, in_postgres};
use super::rows::written;
use super::{Compared, Table, check, expected, sql};
use crate::reference::dice::Dice;
use crate::reference::{generate, times};

/// Rule sets a run; times `WINDSCREEN_TEST_CASES` when that is set.
const SETS: u64 = 200;
/// Rows a rule set.
const ROWS: usize = 60;
/// Rows have at most so many completions, which nothing here enumerates.
const MOST_COMPLETIONS: usize = 1 << 20;

#[test]
fn small_rule_sets_are_answered_as_the_engine_answers() {
    let folder = Folder::new("small");
    let sets = SETS * times() as u64;
    let mut all: Vec<(u64, RuleSet, Table)> = Vec::new();
    for seed in 0..sets {
        // One set in six is sloppy, as in the test of the evaluator; what does not load is passed over there too.
        let mut dice = Dice::new(seed);
        let model = generate::model(&mut dice, seed.is_multiple_of(6));
        let Ok(rules) = model.load() else { continue };
        let mut rows = Vec::new();
        let mut wanted = Vec::new();
        for row in 0..ROWS {
            let answers = model.answers(&generate::referral(&mut dice, &model, MOST_COMPLETIONS));
            let scope = if answers.scope == windscreen::facts::Scope::All { "all" } else { "" };
            let mut cells = vec![format!("{row:03}"), answers.concerns.join(";"), scope.to_owned()];
            cells.extend(rules.indicators().iter().map(|fact| {
                let said = answers.said.iter().find(|(id, _)| *id == fact.id);
                said.map_or_else(String::new, |(_, said)| cell(said))
            }));
            wanted.push(expected(&rules, &rules.read(&answers, "").unwrap(), Compared::Explained));
            rows.push(cells);
        }
        let columns =
            ["ref", "concerns", "scope"].into_iter().chain(rules.indicators().iter().map(|one| one.id.as_str()));
        let table = Table { columns: columns.map(str::to_owned).collect(), rows, expected: wanted };
        folder.write(&format!("{seed:05}"), &table, &|dialect| sql(&rules, &TableMapping::by_id(&rules), dialect));
        all.push((seed, rules, table));
    }
    assert!(all.len() as u64 > sets * 3 / 4, "too few rule sets load: {}", all.len());
    std::thread::scope(|scope| {
        let duckdb = scope.spawn(|| folder.in_duckdb());
        let queries: Vec<(&Table, String)> = all
            .iter()
            .map(|(_, rules, table)| (table, sql(rules, &TableMapping::by_id(rules), Dialect::Postgres)))
            .collect();
        for ((seed, rules, table), answers) in all.iter().zip(in_postgres(&queries)) {
            check(&format!("PostgreSQL, set {seed}"), rules, table, &answers);
        }
        duckdb.join().unwrap();
    });
    for (seed, rules, table) in &all {
        check(&format!("DuckDB, set {seed}"), rules, table, &folder.answers(&format!("{seed:05}")));
    }
}

fn cell(said: &Said) -> String {
    match said {
        Said::Answer(answer) => written(answer),
        Said::TwoAccounts(first, second) => format!("{}|{}", written(first), written(second)),
        Said::NotKnown => "not_known".to_owned(),
        Said::Refused => "refused".to_owned(),
    }
}
