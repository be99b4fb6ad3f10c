//! Invented referrals to a rule set as rows of a table, and what the engine says of each.

use windscreen::criteria::{Indicator, Kind, RuleSet};
use windscreen::facts::{Answer, Answers, Said, Scope};

use super::{Compared, Expected, ROWS_PER_EXPLAINED, Table, expected};
use crate::reference::dice::Dice;

/// Cells that are no answer to any question, nor how anything else is written.
const UNREADABLE: [&str; 8] = ["n/a", "Yes", "3.0", "05", "yes|", "no|maybe|yes", "not known", "99999999999999999999"];

/// So many referrals, the same on every machine.
pub fn table(rules: &RuleSet, referrals: usize, rows_per_found: usize) -> Table {
    let compared = |row: usize| match row {
        _ if row.is_multiple_of(ROWS_PER_EXPLAINED) => Compared::Explained,
        _ if row.is_multiple_of(rows_per_found) => Compared::Found,
        _ => Compared::Bounds,
    };
    let facts = rules.indicators();
    let beside = ["ref", "concerns", "scope"].map(str::to_owned);
    let columns = beside.into_iter().chain(facts.iter().map(|fact| fact.id.clone())).collect();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let each = referrals.div_ceil(threads);
    let parts: Vec<Vec<(Vec<String>, Expected)>> = std::thread::scope(|scope| {
        let part = |thread: usize| {
            let rows = thread * each..((thread + 1) * each).min(referrals);
            scope.spawn(move || rows.map(|row| referral(rules, row, compared(row))).collect())
        };
        let parts: Vec<_> = (0..threads).map(part).collect();
        parts.into_iter().map(|part| part.join().unwrap()).collect()
    });
    let (rows, expected) = parts.into_iter().flatten().unzip();
    Table { columns, rows, expected }
}

fn referral(rules: &RuleSet, row: usize, compared: Compared) -> (Vec<String>, Expected) {
    let mut dice = Dice::new(row as u64);
    let said = [2, 6, 15, 40, 90][dice.below(5)];
    let worry = [2, 5, 20, 60][dice.below(4)];
    let unreadable = if dice.chance(2) { 1 } else { 0 };
    let mut answers = Answers::default();
    let mut wrong = Vec::new();
    let raised = dice.below(4);
    answers.concerns = (0..raised).map(|_| rules.topics()[dice.below(rules.topics().len())].id.clone()).collect();
    let mut concerns = answers.concerns.join([";", " ; ", ";;"][dice.below(3)]);
    let mut scope = ["", "referral"][dice.below(2)].to_owned();
    if dice.chance(8) {
        answers.scope = Scope::All;
        "all".clone_into(&mut scope);
    }
    if unreadable > 0 && dice.chance(10) {
        concerns = format!("{concerns};no_topic");
        wrong.push("concerns".to_owned());
    }
    if unreadable > 0 && dice.chance(10) {
        "everything".clone_into(&mut scope);
        wrong.push("scope".to_owned());
    }
    let mut cells = vec![format!("{row:06}"), concerns, scope];
    for indicator in rules.indicators() {
        if unreadable > 0 && dice.chance(unreadable) {
            cells.push(UNREADABLE[dice.below(UNREADABLE.len())].to_owned());
            wrong.push(indicator.id.clone());
            continue;
        }
        let (cell, said) = if dice.chance(said) { cell(&mut dice, indicator, worry) } else { (String::new(), None) };
        answers.said.extend(said.map(|said| (indicator.id.clone(), said)));
        cells.push(cell);
    }
    let expected = if wrong.is_empty() {
        expected(rules, &rules.read(&answers, "").unwrap(), compared)
    } else {
        Expected::CannotBeRead(wrong)
    };
    (cells, expected)
}

/// A cell, and what it says.
fn cell(dice: &mut Dice, indicator: &Indicator, worry: usize) -> (String, Option<Said>) {
    let (cell, said) = match dice.below(100) {
        0..8 => ("not_known".to_owned(), Said::NotKnown),
        8..12 => ("refused".to_owned(), Said::Refused),
        12..20 => {
            let (first, second) = (answer(dice, indicator, worry), answer(dice, indicator, 50));
            let cell = format!("{}{}{}", written(&first), ["|", " | "][dice.below(2)], written(&second));
            let said = if first == second { Said::Answer(first) } else { Said::TwoAccounts(first, second) };
            (cell, said)
        }
        20..22 => {
            let answer = answer(dice, indicator, worry);
            (format!("refused|{}", written(&answer)), Said::TwoAccounts(Answer::Word("refused".to_owned()), answer))
        }
        _ => {
            let answer = answer(dice, indicator, worry);
            (written(&answer), Said::Answer(answer))
        }
    };
    (if dice.chance(3) { format!("  {cell} ") } else { cell }, Some(said))
}

/// An answer; one beyond the least so many times in a hundred, and numbers most often where a class begins or ends.
fn answer(dice: &mut Dice, indicator: &Indicator, worry: usize) -> Answer {
    match &indicator.kind {
        Kind::Number { from, to, cuts, never, .. } => match dice.below(10) {
            0 if *never => Answer::Word("never".to_owned()),
            1..6 if !cuts.is_empty() => {
                let cut = cuts[dice.below(cuts.len())];
                Answer::Number(if dice.chance(50) { cut } else { cut - 1 })
            }
            6 => Answer::Number(*to),
            7 => Answer::Number(*from),
            _ => Answer::Number(from + dice.below(usize::try_from(to - from + 1).unwrap()) as i64),
        },
        Kind::YesNo { .. } | Kind::Choice => {
            let greatest = indicator.classes.len() - 1;
            let class = if dice.chance(worry) { dice.between(1, greatest) } else { 0 };
            indicator.classes[class].answer.clone()
        }
    }
}

/// An answer as a cell.
pub fn written(answer: &Answer) -> String {
    match answer {
        Answer::YesNo(true) => "yes".to_owned(),
        Answer::YesNo(false) => "no".to_owned(),
        Answer::Number(number) => number.to_string(),
        Answer::Word(word) => word.clone(),
    }
}
