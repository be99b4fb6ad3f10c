//! Notifications in bulk, before anything is recorded: every row is somewhere, and no order of rows matters.

pub mod morning;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use windscreen::criteria::{RuleSet, load};
use windscreen::json::Json;
use windscreen::level::Explain;
use windscreen::notifications::{Batch, Encoding, File, Layout, MAX_FILE, read};
use windscreen::referral::received::Received;
use windscreen::referral::{Indicated, Referral};
use windscreen::rules_dir;

use crate::reference::dice::Dice;
use morning::{COLUMNS, Row, csv_of, morning, ndjson_of};

fn rules() -> RuleSet {
    rules_with(&[]).unwrap()
}

/// The rules with other words in the mapping; else the codes of what is wrong with them.
fn rules_with(changes: &[(&str, &str)]) -> Result<RuleSet, Vec<&'static str>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let mut files = rules_dir::read(folder.as_ref()).unwrap();
    let mapping = files.iter_mut().find(|file| file.path == "mappings/police_notifications.yaml").unwrap();
    for (from, to) in changes {
        let text = String::from_utf8(mapping.bytes.clone()).unwrap();
        assert!(text.contains(from), "{from}");
        mapping.bytes = text.replacen(from, to, 1).into_bytes();
    }
    let loaded = load(&files);
    loaded.rule_set.ok_or_else(|| loaded.problems.iter().map(|problem| problem.code).collect())
}

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn read_as(rules: &RuleSet, bytes: &[u8], layout: Layout) -> Result<Batch, Vec<windscreen::json::Fault>> {
    let mapping = rules.mapping("police_notifications").unwrap();
    read(File { bytes, layout, encoding: None }, mapping, rules, "police:example", now())
}

fn read_rows(rules: &RuleSet, rows: &[Row]) -> Batch {
    read_as(rules, &csv_of(rows), Layout::Csv).unwrap()
}

/// The bounds of every child, by incident, household and name.
fn bounds(rules: &RuleSet, batch: &Batch) -> BTreeMap<String, (u8, u8)> {
    let mut all = BTreeMap::new();
    for group in &batch.groups {
        let received = Received::read(&Json::read(group.request.as_bytes()).unwrap()).unwrap();
        assert!(received.faults(rules).is_empty());
        let Indicated::Children { children } = received.referral.evaluate(rules, Explain::None).unwrap() else {
            panic!()
        };
        for (child, who) in children.iter().zip(&received.children) {
            let address = received.home.address.as_deref().unwrap_or_default();
            let key = format!("{} {address} {}", group.incident, who.name.as_deref().unwrap_or_default());
            assert!(all.insert(key, (child.evaluation.at_least.rank, child.evaluation.at_most.rank)).is_none());
        }
    }
    all
}

fn requests(batch: &Batch) -> Vec<&str> {
    batch.groups.iter().map(|group| group.request.as_str()).collect()
}

#[test]
fn a_monday_morning_is_grouped_and_every_row_is_somewhere() {
    let rules = rules();
    let came = morning(500, 60, 12, 9);
    let batch = read_rows(&rules, &came.rows);
    assert_eq!((batch.rows, batch.groups.len(), batch.unmapped.len()), (500, came.groups, came.unmappable.len()));
    let mut all: Vec<usize> = batch.groups.iter().flat_map(|group| group.rows.clone()).collect();
    all.extend(batch.unmapped.iter().map(|row| row.row));
    let count = all.len();
    assert_eq!((count, all.into_iter().collect::<BTreeSet<_>>().len()), (500, 500), "each once");
    let mut codes: Vec<(Option<&str>, &str)> =
        batch.unmapped.iter().map(|row| (row.column.as_deref(), row.code.as_str())).collect();
    codes.sort();
    let expected = [
        (None, "no-child"),
        (Some("Child date of birth"), "not-a-date"),
        (Some("Child date of birth"), "out-of-range"),
        (Some("DASH grade"), "unknown-word"),
        (Some("Incident number"), "no-incident"),
    ];
    assert_eq!(codes, expected);
    // What is told of a row repeats nothing of it.
    for row in &batch.unmapped {
        assert!(row.cells.iter().all(|(_, cell)| cell.len() < 4 || !row.detail.contains(cell.as_str())), "{row:?}");
    }
}

#[test]
fn lines_of_json_say_what_comma_separated_values_say() {
    let rules = rules();
    let came = morning(90, 12, 3, 0);
    let lines = read_as(&rules, &ndjson_of(&came.rows), Layout::Ndjson).unwrap();
    assert_eq!(requests(&read_rows(&rules, &came.rows)), requests(&lines));
}

/// A row with some cells changed.
fn with(changes: &[(&str, &str)]) -> Row {
    let mut row: Row =
        morning(8, 1, 0, 0).rows.into_iter().find(|row| row[0] == "26/10000" && row[8] == "01/01/2012").unwrap();
    let plain = [
        ("Type of incident", "Domestic"),
        ("DASH grade", ""),
        ("Child involvement", ""),
        ("Incidents in 12 months", ""),
        ("Child in danger now", "No"),
        ("Missing now", ""),
        ("Notes", ""),
    ];
    for (column, cell) in plain.iter().chain(changes) {
        row[COLUMNS.iter().position(|known| known == column).unwrap()] = (*cell).into();
    }
    row
}

fn one_request(rows: &[Row]) -> Value {
    let batch = read_rows(&rules(), rows);
    assert_eq!((batch.groups.len(), batch.unmapped.len()), (1, 0), "{batch:#?}");
    serde_json::from_str(&batch.groups[0].request).unwrap()
}

/// A file of such rows, with columns more.
fn csv_with<const N: usize>(columns: [&str; N], rows: &[(Row, [&str; N])]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS.into_iter().chain(columns)).unwrap();
    for (row, more) in rows {
        writer.write_record(row.iter().map(String::as_str).chain(more.iter().copied())).unwrap();
    }
    writer.into_inner().unwrap()
}

fn one_request_of<const N: usize>(rules: &RuleSet, columns: [&str; N], rows: &[(Row, [&str; N])]) -> Value {
    let batch = read_as(rules, &csv_with(columns, rows), Layout::Csv).unwrap();
    assert_eq!((batch.groups.len(), batch.unmapped.len()), (1, 0), "{batch:#?}");
    serde_json::from_str(&batch.groups[0].request).unwrap()
}

#[test]
fn the_same_child_twice_is_one_whose_accounts_both_stand() {
    let request = one_request(&[
        with(&[("Child involvement", "In the house"), ("DASH grade", "High"), ("Notes", "First")]),
        with(&[("Child involvement", "Saw or heard"), ("DASH grade", "Standard"), ("Notes", "Second")]),
        with(&[("Child involvement", "Not present"), ("Child forename", "ASTER ")]),
    ]);
    assert_eq!(request["children"].as_array().unwrap().len(), 1, "{request:#}");
    let told = serde_json::json!({ "answer": "saw_or_heard", "also_said": "in_home" });
    assert_eq!(request["children"][0]["facts"]["da_child_involvement"], told, "the more protective, never the last");
    assert_eq!(
        request["household"]["facts"]["dash_high_or_marac"],
        serde_json::json!({ "answer": true, "also_said": false })
    );
    let account = request["account"].as_str().unwrap();
    assert!(account.contains("Notes: First") && account.contains("Notes: Second"), "{account}");
}

#[test]
fn the_same_number_is_the_same_child_and_another_number_another() {
    let request = one_request(&[
        with(&[("NHS number", "943 476 5919"), ("Child forename", "Azalea")]),
        with(&[("NHS number", "9434765919")]),
    ]);
    assert_eq!(request["children"].as_array().unwrap().len(), 1, "{request:#}");
    assert!(request["account"].as_str().unwrap().contains("is also called"), "{request:#}");
    let request = one_request(&[with(&[("NHS number", "943 476 5919")]), with(&[("NHS number", "401 023 2137")])]);
    assert_eq!(request["children"].as_array().unwrap().len(), 2, "{request:#}");
}

#[test]
fn a_name_alone_or_another_reference_is_not_the_same_child() {
    let rules = rules();
    let dated: &[(&str, &str)] = &[];
    let undated: &[(&str, &str)] = &[("Child date of birth", "")];
    let unborn: &[(&str, &str)] = &[("Child forename", ""), ("Child surname", ""), ("Child date of birth", "")];
    let due = "01/02/2027";
    for (who, more, count, why) in [
        (undated, vec![["", ""], ["", ""]], 2, "a name says nothing of a birth date that nobody gave"),
        (undated, vec![["N1", ""], ["N1", ""]], 1, "the sender says that it is the same child"),
        (dated, vec![["N1", ""], ["N2", ""]], 2, "the sender says that it is another child"),
        (dated, vec![["", ""], ["N1", ""]], 1, "the sender says nothing else"),
        (dated, vec![["", ""], ["N1", ""], ["", ""], ["N2", ""]], 3, "which of the two is meant nobody says"),
        (unborn, vec![["N1", due], ["N2", due]], 2, "twins"),
        (unborn, vec![["", due], ["", due]], 1, "the same baby"),
    ] {
        let rows: Vec<_> = more.into_iter().map(|more| (with(who), more)).collect();
        let request = one_request_of(&rules, ["Nominal", "Baby due"], &rows);
        assert_eq!(request["children"].as_array().unwrap().len(), count, "{why}: {request:#}");
    }
    // Nor are they of one household that nobody gave.
    let nowhere = with(&[("Child date of birth", ""), ("Address", ""), ("Postcode", "")]);
    assert_eq!(read_rows(&rules, &[nowhere.clone(), nowhere]).groups.len(), 2);
}

#[test]
fn what_has_no_place_in_the_request_stands_in_the_account() {
    let rules = rules_with(&[
        (
            "  - { column: Others in household, is: people, optional: true }",
            "  - { column: Adults, is: people, optional: true }\n  - { column: Others, is: people, optional: true }",
        ),
        (
            "    fact: child_missing_now\n    words: { \"Yes\": true, \"No\": false, Not known: not_known }",
            "    fact: housing\n    words: { Fine: suitable, Shaky: at_risk, Gone: homeless_or_dangerous }",
        ),
    ])
    .unwrap();
    let row = |housing: &str| with(&[("NHS number", "943 476 5919"), ("Missing now", housing)]);
    let columns = ["Nominal", "Baby due", "Adults", "Others"];
    let rows = [
        (row("Gone"), ["N1", "01/02/2027", "Their mother", "Her brother"]),
        (row("Shaky"), ["N2", "02/02/2027", "", ""]),
        (row("Fine"), ["", "", "", ""]),
    ];
    let request = one_request_of(&rules, columns, &rows);
    assert_eq!(request["household"]["people"], "Their mother Her brother");
    let account = request["account"].as_str().unwrap();
    for told in [
        "The sender's reference of Aster Nobody0: N1, N2",
        "Given for Aster Nobody0 beside a date of birth, which is used: due on 2027-02-01, 2027-02-02",
        "Said of the household: Housing? suitable; at risk; homeless or dangerous",
    ] {
        assert!(account.contains(told), "{told}: {account}");
    }
    let unborn = with(&[("Child date of birth", ""), ("NHS number", "943 476 5919")]);
    let rows = [(unborn.clone(), ["01/02/2027"]), (unborn, ["02/02/2027"])];
    let request = one_request_of(&rules, ["Baby due"], &rows);
    assert_eq!(request["children"][0]["due_date"], "2027-02-02");
    let told = "Due dates given for Aster Nobody0: 2027-02-01, 2027-02-02; the latest is used";
    assert!(request["account"].as_str().unwrap().contains(told), "{request:#}");
}

#[test]
fn an_empty_cell_is_not_asked_unless_the_mapping_says_otherwise() {
    let request = one_request(&[with(&[("Child in danger now", "")])]);
    assert_eq!(request["children"][0]["facts"], serde_json::json!({ "immediate_danger_now": "not_known" }));
}

#[test]
fn rows_without_an_address_are_not_of_one_household() {
    let batch = read_rows(
        &rules(),
        &[
            with(&[("Address", ""), ("Postcode", "")]),
            with(&[("Address", ""), ("Postcode", ""), ("Child forename", "Briar")]),
        ],
    );
    assert_eq!(batch.groups.len(), 2);
}

#[test]
fn a_time_is_london_time_and_the_first_of_a_group_starts_the_clock() {
    let summer = with(&[("Notified at", "01/07/2026 09:30")]);
    let winter = with(&[("Notified at", "23/11/2026 08:00")]);
    assert_eq!(one_request(&[winter.clone(), summer])["received_at"], "2026-07-01T08:30:00Z");
    // Of the hour that comes twice the first.
    let twice = with(&[("Notified at", "25/10/2026 01:30")]);
    assert_eq!(one_request(&[winter, twice])["received_at"], "2026-10-25T00:30:00Z");
    let batch = read_rows(&rules(), &[with(&[("Notified at", "24/11/2026 08:00")])]);
    assert_eq!(
        (batch.unmapped[0].code.as_str(), batch.unmapped[0].column.as_deref()),
        ("in-the-future", Some("Notified at"))
    );
}

#[test]
fn a_group_that_is_too_much_for_one_referral_is_listed_whole() {
    let rows: Vec<Row> = (0..51).map(|number| with(&[("Child surname", &format!("Number{number}"))])).collect();
    let batch = read_rows(&rules(), &rows);
    assert_eq!((batch.groups.len(), batch.unmapped.len()), (0, 51));
    assert!(batch.unmapped.iter().all(|row| row.code == "too-many"));
}

fn codes(bytes: &[u8], layout: Layout) -> Vec<&'static str> {
    read_as(&rules(), bytes, layout).unwrap_err().iter().map(|fault| fault.code.word()).collect()
}

#[test]
fn a_file_that_is_not_what_it_should_be_is_told_at_once() {
    let good = String::from_utf8(csv_of(&[with(&[])])).unwrap();
    assert_eq!(
        codes(good.replacen("Weapons", "Arms", 1).as_bytes(), Layout::Csv),
        ["unknown-column", "missing-column"]
    );
    assert_eq!(codes(good.replacen("Notes", "Weapons", 1).as_bytes(), Layout::Csv), ["duplicate-column"]);
    assert_eq!(codes(good.lines().next().unwrap().as_bytes(), Layout::Csv), ["no-rows"]);
    assert_eq!(codes(b"", Layout::Csv), ["no-rows"]);
    assert_eq!(codes(&vec![b'a'; MAX_FILE + 1], Layout::Csv), ["too-large"]);
    assert_eq!(codes(format!("{good}26/1,\"never closed\n").as_bytes(), Layout::Csv), ["unclosed-quote"]);
    // Without its headings the first row is a child's, and nothing of it is repeated.
    let headless = good.split_once('\n').unwrap().1;
    let twice = format!("{headless}{headless}");
    let faults = read_as(&rules(), twice.as_bytes(), Layout::Csv).unwrap_err();
    assert!(faults.iter().all(|fault| !format!("{fault:?}").contains("Nobody")), "{faults:?}");
    let many = good.lines().nth(1).unwrap().to_owned() + "\n";
    assert_eq!(
        codes(format!("{}\n{}", good.lines().next().unwrap(), many.repeat(5001)).as_bytes(), Layout::Csv),
        ["too-many"]
    );
}

#[test]
fn what_a_file_costs_is_bounded_before_anything_is_made_of_it() {
    let good = String::from_utf8(csv_of(&[with(&[])])).unwrap();
    let head = good.lines().next().unwrap();
    let long = format!("{}\n{}", "h".repeat(MAX_FILE / 2), "x\n".repeat(500_000));
    assert_eq!(codes(long.as_bytes(), Layout::Csv), ["too-long"], "a heading of a megabyte, and half a million rows");
    assert_eq!(codes(format!("{head}\n{}", "x\n".repeat(1_000_000)).as_bytes(), Layout::Csv), ["too-many"]);
    let columns: Vec<String> = (0..200_000).map(|number| number.to_string()).collect();
    assert_eq!(codes(columns.join(",").as_bytes(), Layout::Csv), ["too-many"]);
    let keys: serde_json::Map<String, Value> =
        columns[..5_000].iter().map(|number| (number.clone(), Value::Null)).chain([("x".into(), 1.into())]).collect();
    let lines = format!("{}\n", Value::Object(keys)).repeat(30);
    assert_eq!(codes(lines.as_bytes(), Layout::Ndjson), ["too-many"]);
    // Of many unknown columns as many are told as help.
    let told = codes(format!("{head},{}\n", columns[..30].join(",")).as_bytes(), Layout::Csv);
    assert_eq!(told, ["unknown-column"; 11]);
    // No mapping has more columns than a file may.
    let ignored = |number: &String| format!("  - {{ column: N{number}, is: ignored, because: Nothing }}\n");
    let more: String = columns[..200].iter().map(ignored).collect();
    let more = format!("columns:\n{more}");
    let problems = rules_with(&[("columns:\n", more.as_str())]).unwrap_err();
    assert!(problems.contains(&"too-many"), "{problems:?}");
}

#[test]
fn a_row_whose_quotation_mark_is_never_closed_swallows_no_other() {
    let good = String::from_utf8(csv_of(&[with(&[("Notes", "Loud, then quiet")])])).unwrap();
    let (head, row) = good.split_once('\n').unwrap();
    let batch = read_as(&rules(), format!("{head}\n26/1,\"unclosed\n{row}").as_bytes(), Layout::Csv).unwrap();
    let told: Vec<(usize, &str, &str)> =
        batch.unmapped.iter().map(|row| (row.row, row.code.as_str(), row.cells[0].1.as_str())).collect();
    assert_eq!((batch.rows, told), (2, vec![(2, "stray-quote", "26/1,\"unclosed")]));
    assert_eq!(batch.groups[0].rows, [3]);
}

#[test]
fn rows_that_cannot_be_read_are_listed_and_hide_no_other() {
    let good = String::from_utf8(csv_of(&[with(&[])])).unwrap();
    let bad = "one,two\n,,,,,,,,,,,,,,,,,,,\n\"a\"b,2\n";
    let batch = read_as(&rules(), format!("{good}{bad}").as_bytes(), Layout::Csv).unwrap();
    let told: Vec<(usize, &str)> = batch.unmapped.iter().map(|row| (row.row, row.code.as_str())).collect();
    assert_eq!((batch.groups.len(), told), (1, vec![(3, "cells"), (4, "empty-row"), (5, "stray-quote")]));
    let lines = String::from_utf8(ndjson_of(&[with(&[])])).unwrap();
    let bad =
        "{\"Notes\": [1]}\nnot json\n{\"Notes\": 1, \"Notes\": 2}\n[]\n{\"Notes\": 1.5}\n{\"Notes\": \"alone\"}\n";
    let batch = read_as(&rules(), format!("{lines}{bad}").as_bytes(), Layout::Ndjson).unwrap();
    let told: Vec<&str> = batch.unmapped.iter().map(|row| row.code.as_str()).collect();
    assert_eq!(told, ["wrong-type", "not-json", "duplicate-key", "wrong-type", "wrong-type", "no-incident"]);
}

#[test]
fn letters_of_older_programs_are_read_and_it_is_said() {
    let good = String::from_utf8(csv_of(&[with(&[("Child surname", "O@Nobody")])])).unwrap();
    let bytes: Vec<u8> = good.bytes().map(|byte| if byte == b'@' { 0x92 } else { byte }).collect();
    let batch = read_as(&rules(), &bytes, Layout::Csv).unwrap();
    assert_eq!(batch.read_as, Encoding::Windows1252);
    assert!(batch.groups[0].request.contains("O’Nobody"), "{}", batch.groups[0].request);
    let marked = [b"\xef\xbb\xbf".as_slice(), &csv_of(&[with(&[])])].concat();
    assert_eq!(read_as(&rules(), &marked, Layout::Csv).unwrap().read_as, Encoding::Utf8);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12 * crate::cases(), failure_persistence: None, ..ProptestConfig::default() })]

    /// The order of the rows matters to nothing that is recorded, nor to any child's bounds.
    #[test]
    fn the_order_of_the_rows_never_matters(seed in 0_u64..10_000) {
        let rules = rules();
        let came = morning(90, 12, 3, 0);
        let mut other = came.rows.clone();
        Dice::new(seed).shuffle(&mut other);
        let (one, other) = (read_rows(&rules, &came.rows), read_rows(&rules, &other));
        prop_assert_eq!(requests(&one), requests(&other));
        prop_assert_eq!(bounds(&rules, &one), bounds(&rules, &other));
    }

    /// What comes in two files is, together, never less than what comes in one: no row lowers what another says.
    #[test]
    fn a_row_more_never_lowers_a_child(seed in 0_u64..10_000) {
        let rules = rules();
        let came = morning(90, 12, 3, 0);
        let mut dice = Dice::new(seed);
        let parts: (Vec<Row>, Vec<Row>) = came.rows.iter().cloned().partition(|_| dice.chance(50));
        let whole = bounds(&rules, &read_rows(&rules, &came.rows));
        let mut seen = BTreeSet::new();
        for part in [parts.0, parts.1] {
            let batch = read_rows(&rules, &part);
            prop_assert_eq!(batch.groups.iter().map(|group| group.rows.len()).sum::<usize>() + batch.unmapped.len(), part.len());
            for (child, (at_least, _)) in bounds(&rules, &batch) {
                let together = whole.get(&child).map(|bounds| bounds.0);
                prop_assert!(together >= Some(at_least), "{}: {:?} < {}", child, together, at_least);
                seen.insert(child);
            }
        }
        prop_assert_eq!(seen.len(), whole.len(), "nobody is lost between two files");
    }
}

#[test]
fn a_referral_made_of_rows_is_one_that_a_partner_could_send() {
    let rules = rules();
    for group in read_rows(&rules, &morning(90, 12, 3, 0).rows).groups {
        let received = Received::read(&Json::read(group.request.as_bytes()).unwrap()).unwrap();
        assert_eq!(received.referrer.agency.as_deref(), Some("police"));
        let Referral { reference, received_at, .. } = received.referral;
        assert_eq!((reference.as_deref(), received_at.is_some()), (Some(group.incident.as_str()), true));
    }
}
