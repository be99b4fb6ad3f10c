//! `docs/security/` says what the source says: who may do what as the one table has it, every file that a page names is
//! there, and every test that it names is one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use windscreen::access::{Operation, Relation, TABLE};
use windscreen::decision::Role;

/// Where a page of the pack may point into this repository.
const OURS: [&str; 8] = ["src/", "tests/", "docs/", "fuzz/", "fixtures/", "rules/", "deploy/", "web/"];
/// Between a file of tests and the name of one of them.
const TEST: &str = "::";

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn cells(line: &str) -> Vec<String> {
    line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
}

/// The rows of the table of a page that has a column of this name, its head first.
fn table(page: &str, column: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(repository(page)).unwrap();
    let lines = text.lines().skip_while(|line| !cells(line).iter().any(|cell| cell == column));
    let rows = lines.take_while(|line| line.starts_with('|')).map(cells);
    rows.filter(|row| !row.iter().all(|cell| cell.starts_with("---"))).collect()
}

/// A row of the table in words that can be compared.
fn as_text(role: &str, operation: &str, relation: &str) -> String {
    format!("{role} {operation} {relation}")
}

fn word(relation: Relation) -> &'static str {
    match relation {
        Relation::Own => "own",
        Relation::Any => "any",
    }
}

#[test]
fn the_table_of_who_may_do_what_is_the_source() {
    let source: BTreeSet<String> = TABLE
        .iter()
        .map(|(role, operation, relation)| as_text(role.word(), &format!("{operation:?}"), word(*relation)))
        .collect();
    let rows = table("docs/security/access.md", "Operation");
    let (head, rows) = rows.split_first().unwrap();
    let roles: Vec<&str> = head.iter().skip(2).map(String::as_str).collect();
    assert_eq!(roles, Role::ALL.map(Role::word), "a column for each role, in their order");
    let mut document = BTreeSet::new();
    for row in rows {
        let [operation, says, cells @ ..] = row.as_slice() else { panic!("{row:?}") };
        assert_eq!(cells.len(), roles.len(), "{operation} has a cell for each role");
        let known = TABLE.iter().map(|(_, listed, _)| *listed).find(|listed| format!("{listed:?}") == *operation);
        assert_eq!(known.map(Operation::in_words), Some(says.as_str()), "{operation}");
        for (role, cell) in roles.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            assert!(document.insert(as_text(role, operation, cell)), "{role} {operation} stands twice");
        }
    }
    assert_eq!(document, source);
}

/// What stands between backticks on a page, without what comes from a block of code.
fn named(text: &str) -> Vec<String> {
    let mut is_code = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.flat_map(|line| line.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn every_file_and_every_test_that_the_pack_names_is_there() {
    let pages = fs::read_dir(repository("docs/security")).unwrap().map(|entry| entry.unwrap().path());
    let mut wrong = Vec::new();
    for page in pages.chain([repository("SECURITY.md")]) {
        let text = fs::read_to_string(&page).unwrap();
        for name in named(&text).iter().filter(|name| OURS.iter().any(|ours| name.starts_with(ours))) {
            let (path, test) = name.split_once(TEST).map_or((name.as_str(), None), |(path, test)| (path, Some(test)));
            let at = repository(path);
            let is_there = match test {
                None => at.exists(),
                // A test of the record is a function that runs for each database.
                Some(test) => fs::read_to_string(&at).is_ok_and(|source| source.contains(&format!("fn {test}("))),
            };
            if !is_there {
                wrong.push(format!("{}: {name}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_requirement_of_the_standard_is_judged_once_and_counted() {
    let text = fs::read_to_string(repository("docs/security/asvs.md")).unwrap();
    let rows: Vec<Vec<String>> = text.lines().filter(|line| line.starts_with('|')).map(cells).collect();
    let is_number = |cell: &str| cell.split('.').count() == 3 && cell.split('.').all(|part| part.parse::<u8>().is_ok());
    let judged: Vec<&Vec<String>> = rows.iter().filter(|row| is_number(&row[0])).collect();
    let numbers: BTreeSet<&str> = judged.iter().map(|row| row[0].as_str()).collect();
    assert_eq!((judged.len(), numbers.len()), (253, 253), "levels 1 and 2 of version 5.0.0 have so many");
    let count = |what: &str| judged.iter().filter(|row| row[2].trim_matches('*') == what).count();
    let [met, partly, not, none] = ["met", "partly", "not met", "not applicable"].map(count);
    assert_eq!(met + partly + not + none, judged.len());
    let says = format!("Of 253 requirements {met} are met, {partly} partly, {not} not; {none} are not applicable.");
    assert!(text.contains(&says), "{says}");
}
