//! The board's figures: against an independent reckoning in Python, and against whoever solves what is told for what
//! is not.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use calamine::{Reader, Xlsx};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOutcome};
use serde_json::json;
use windscreen::criteria::{RuleSet, load};
use windscreen::decision::{Outcome, View};
use windscreen::disagreement::Ruling;
use windscreen::figures::{
    Body, Cell, Channel, Counted, CountedDecision, CountedDisagreement, Feedback, Figures, Month, Table, Terms,
};
use windscreen::ladder::Rank;
use windscreen::referral::received::{Agreement, Disability, Ethnicity, Sex};
use windscreen::report::{Report, drawing, lines, rows, workbook};
use windscreen::rules_dir;

use crate::reference::dice::Dice;

fn rules() -> RuleSet {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    load(&rules_dir::read(&folder).unwrap()).rule_set.unwrap()
}

fn pick<T: Copy>(dice: &mut Dice, list: &[T]) -> T {
    *dice.pick(list).unwrap()
}

/// An invented child, referred on one of so many days.
fn child(dice: &mut Dice, terms: &Terms, agencies: usize, first: Date, days: usize) -> Counted {
    let received = first.saturating_add((dice.below(days) as i64).days());
    let rank = |dice: &mut Dice| Rank::try_from([1, 2, 2, 2, 3, 3, 4, 5][dice.below(8)]).unwrap();
    let bounds = |dice: &mut Dice| {
        let (one, other) = (rank(dice), rank(dice));
        if dice.chance(70) { (one, one) } else { (one.min(other), one.max(other)) }
    };
    let some = |dice: &mut Dice, list: &[String], most: usize| -> Vec<String> {
        let mut ids: Vec<String> = (0..dice.below(most + 1)).map(|_| list[dice.below(list.len())].clone()).collect();
        ids.sort();
        ids.dedup();
        ids
    };
    let facts: Vec<String> = ["bruise", "home", "school_attendance", "who_lives_there"].map(str::to_owned).to_vec();
    let decided = dice.chance(95).then(|| {
        let view = pick(dice, &[View::Agrees, View::Agrees, View::Agrees, View::DecidesHigher, View::DecidesLower]);
        let codes = if view == View::DecidesHigher { &terms.reasons_higher } else { &terms.reasons_lower };
        CountedDecision {
            on: received.saturating_add((dice.below(9) as i64).days()),
            in_time: dice.chance(80),
            indicated: bounds(dice),
            found: some(dice, &terms.criteria[..20.min(terms.criteria.len() - 3)], 5),
            level: rank(dice),
            view,
            reason: (view != View::Agrees).then(|| codes[dice.below(codes.len())].0.clone()),
            outcome: pick(dice, &[Outcome::EarlyHelp, Outcome::Advice, Outcome::S17Assessment]),
            told: Feedback::ALL[dice.below(5)].0,
        }
    });
    let disagreements = if dice.chance(3) {
        let raised = received.saturating_add(12.days());
        let ruling = pick(dice, &[Ruling::Upheld, Ruling::UpheldInPart, Ruling::NotUpheld]);
        let answered = dice.chance(80).then(|| (raised.saturating_add((dice.below(20) as i64).days()), ruling));
        vec![CountedDisagreement { raised, answered }]
    } else {
        Vec::new()
    };
    let channel = Channel::ALL[dice.below(5)].0;
    Counted {
        received,
        is_first: dice.chance(70),
        agency: dice.chance(97).then(|| terms.agencies[dice.below(agencies)].0.clone()),
        channel,
        age_in_months: dice.chance(95).then(|| dice.below(216) as i64 - 5),
        sex: pick(dice, &[Some(Sex::Female), Some(Sex::Male), Some(Sex::NotKnown), None]),
        ethnicity: pick(
            dice,
            &[Some(Ethnicity::White), Some(Ethnicity::White), Some(Ethnicity::Asian), Some(Ethnicity::Black), None],
        ),
        disability: pick(dice, &[Some(Disability::No), Some(Disability::No), Some(Disability::Yes), None]),
        referrers_level: dice.chance(60).then(|| rank(dice)),
        indicated: bounds(dice),
        not_known: some(dice, &facts, 3),
        agrees_to_help: pick(dice, &[Some(Agreement::Yes), Some(Agreement::No), Some(Agreement::NotAsked), None]),
        decided,
        came_again: dice.chance(20).then(|| received.saturating_add((dice.between(1, 500) as i64).days())),
        disagreements,
    }
}

fn report(month: Month, children: &[Counted], terms: &Terms, rules: &RuleSet) -> Report {
    Report {
        title: rules.framework().title.clone(),
        rules: (rules.id().version.clone(), rules.id().digest.clone()),
        checkpoint: None,
        unreadable: 0,
        figures: Figures::of(month, children, terms),
    }
}

#[test]
fn every_figure_is_what_python_reckons() {
    let rules = rules();
    let mut terms = Terms { contacts: Some(2_500), ..Terms::of(&rules, Figures::SMALL) };
    terms.rules_from.push((date(2027, 3, 3), "2027.1".to_owned()));
    let mut dice = Dice::new(9);
    // Twelve months, and the year before, of which the report says who was referred again.
    let children: Vec<Counted> = (0..20_000).map(|_| child(&mut dice, &terms, 8, date(2025, 12, 1), 730)).collect();
    let month = Month::parse("2027-11").unwrap();
    let report = report(month, &children, &terms, &rules);
    let scratch = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| fs::write(scratch.path().join(name), text).unwrap();
    write("children.json", serde_json::to_string(&children).unwrap());
    write("report.json", serde_json::to_string(&report).unwrap());
    let terms = json!({
        "agencies": terms.agencies, "levels": terms.levels, "criteria": terms.criteria, "names": terms.names, "contacts": terms.contacts,
        "reasons_higher": terms.reasons_higher, "reasons_lower": terms.reasons_lower,
    });
    write("terms.json", terms.to_string());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/figures/again.py");
    let again = Command::new("python3").arg(script).arg(scratch.path()).output().unwrap();
    let said = [again.stdout, again.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(again.status.success(), "{}", said.concat());
    // A page, a workbook and every file are made of it.
    let html = report.html().unwrap();
    assert!(html.contains("November 2027") && html.matches("<svg").count() >= 10, "{}", html.len());
    let book = workbook(&report).unwrap();
    assert!(book.starts_with(b"PK") && book == workbook(&report).unwrap());
    let mut opened: Xlsx<_> = Xlsx::new(Cursor::new(&book)).unwrap();
    for figure in &report.figures.figures {
        let sheet = opened.worksheet_range(&figure.id).unwrap();
        // Under the title, the finding, how it is counted, and an empty row.
        let of_sheet: Vec<Vec<String>> =
            sheet.rows().skip(4).map(|row| plain(row.iter().map(ToString::to_string))).collect();
        let of_figure: Vec<Vec<String>> = rows(figure).into_iter().map(plain).collect();
        assert_eq!(of_sheet, of_figure, "{}", figure.id);
    }
    // `make test-long` opens the workbook in LibreOffice.
    if let Some(folder) = std::env::var_os("WINDSCREEN_WRITE_REPORT").map(PathBuf::from) {
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("report.html"), &html).unwrap();
        fs::write(folder.join("report.xlsx"), &book).unwrap();
        for figure in &report.figures.figures {
            fs::write(folder.join(format!("{}.csv", figure.id)), lines(figure).unwrap()).unwrap();
        }
    }
    for figure in &report.figures.figures {
        assert!(!matches!(figure.body, Body::NotAvailable(_)), "{}: {}", figure.id, figure.finding);
        assert!(!figure.finding.is_empty() && !lines(figure).unwrap().is_empty(), "{}", figure.id);
    }
}

/// Cells without those that are empty at the end; numbers as they are, however they are written.
fn plain(cells: impl IntoIterator<Item = String>) -> Vec<String> {
    let number = |cell: String| cell.parse::<f64>().map(|number| number.to_string()).unwrap_or(cell);
    let mut cells: Vec<String> = cells.into_iter().map(number).collect();
    while cells.last().is_some_and(String::is_empty) {
        cells.pop();
    }
    cells
}

/// The least and the most that each hidden count can be, as a linear solver finds it from what is told.
fn solved(table: &Table) -> Vec<(String, f64, f64)> {
    let mut found = Vec::new();
    let places: Vec<(usize, usize)> = (0..table.rows.len())
        .flat_map(|row| (0..table.columns.len()).map(move |column| (row, column)))
        .filter(|(row, column)| table.rows[*row].counts[*column] == Cell::Hidden)
        .collect();
    let told = |cell: &Cell| cell.count().unwrap_or(0);
    let bound = |wanted: (usize, usize), direction: OptimizationDirection| -> f64 {
        let mut problem = Problem::new(direction);
        let variables: Vec<_> =
            places.iter().map(|place| problem.add_var(f64::from(*place == wanted), (0.0, f64::INFINITY))).collect();
        let mut sum = |is_in: &dyn Fn(&(usize, usize)) -> bool, left: u64| {
            let of_line = places.iter().zip(&variables).filter(|(place, _)| is_in(place));
            let expression: Vec<_> = of_line.map(|(_, variable)| (*variable, 1.0)).collect();
            if !expression.is_empty() {
                problem.add_constraint(expression, ComparisonOp::Eq, left as f64);
            }
        };
        for (place, row) in table.rows.iter().enumerate() {
            let left = row.total.unwrap() - row.counts.iter().map(told).sum::<u64>();
            // Of what may stand in several rows, no row's sum is told but its own.
            sum(&|(row, _)| *row == place, left);
        }
        for (place, total) in table.totals.iter().flatten().enumerate() {
            let others: u64 = table.rows.iter().map(|row| told(&row.counts[place])).sum();
            sum(&|(_, column)| *column == place, total - others);
        }
        let SolveOutcome::Solution(solution) = problem.solve().unwrap() else { panic!("small, and not solved") };
        solution.objective()
    };
    for (row, column) in &places {
        let least = bound((*row, *column), OptimizationDirection::Minimize);
        let most = bound((*row, *column), OptimizationDirection::Maximize);
        found.push((format!("{} / {}", table.rows[*row].label, table.columns[*column]), least, most));
    }
    found
}

#[test]
fn nobody_solves_what_is_told_for_what_is_not() {
    let rules = rules();
    let terms = Terms::of(&rules, Figures::SMALL);
    let month = Month::parse("2027-11").unwrap();
    let (mut hidden, mut tables) = (0, 0);
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let many = [3, 12, 40, 90, 200, 600][dice.below(6)];
        let children: Vec<Counted> = (0..many * 3).map(|_| child(&mut dice, &terms, 5, date(2027, 9, 1), 91)).collect();
        let figures = Figures::of(month, &children, &terms);
        for figure in &figures.figures {
            let Body::Table(table) = &figure.body else { continue };
            tables += 1;
            let counts = table.rows.iter().flat_map(|row| &row.counts).filter_map(|cell| cell.count());
            let totals = table.totals.iter().flatten().copied().chain(table.rows.iter().filter_map(|row| row.total));
            for count in counts.chain(totals) {
                assert!(count == 0 || count > Figures::SMALL, "seed {seed}, {}: {count} is told", figure.id);
            }
            // A month's agencies are told as groups of the same total.
            if figure.id == "referred_over_time" {
                continue;
            }
            for (place, least, most) in solved(table) {
                hidden += 1;
                assert!(most - least > 3.999, "seed {seed}, {}, {place}: from {least} to {most}", figure.id);
            }
        }
    }
    assert!(hidden > 1_000 && tables > 500, "{hidden} of {tables}");
}

#[test]
fn a_month_without_data_says_so() {
    let rules = rules();
    let terms = Terms::of(&rules, Figures::SMALL);
    let month = Month::parse("2027-11").unwrap();
    let report = report(month, &[], &terms, &rules);
    for figure in &report.figures.figures {
        match &figure.body {
            Body::NotAvailable(why) => assert!(!why.is_empty() && figure.finding == *why, "{}", figure.id),
            Body::Words(_) if figure.id == "disagreements" => {}
            body => panic!("{}: {body:?}", figure.id),
        }
        assert!(drawing(figure).is_none(), "{}", figure.id);
    }
    let html = report.html().unwrap();
    assert!(html.contains("No child was referred in November 2027.") && html.contains("Not available"));
}

#[test]
fn of_a_handful_nothing_is_told() {
    let rules = rules();
    let terms = Terms::of(&rules, Figures::SMALL);
    let mut dice = Dice::new(1);
    let mut three: Vec<Counted> = (0..3).map(|_| child(&mut dice, &terms, 2, date(2027, 11, 1), 1)).collect();
    three.iter_mut().for_each(|child| child.disagreements.clear());
    for figure in &report(Month::parse("2027-11").unwrap(), &three, &terms, &rules).figures.figures {
        // What was never found of three would say what was.
        let is_told = !matches!(figure.body, Body::NotAvailable(_)) && figure.id != "disagreements";
        assert!(!is_told, "{}: {}", figure.id, figure.finding);
    }
}

#[test]
fn a_month_is_written_one_way() {
    assert_eq!(Month::parse("2027-11").unwrap().to_string(), "2027-11");
    assert_eq!(Month::parse("2027-11").unwrap().before(12).says(), "November 2026");
    for wrong in ["2027", "2027-13", "2027-1", "11-2027", "2027-11-01", "", "+027-11"] {
        assert_eq!(Month::parse(wrong), None, "{wrong}");
    }
}
