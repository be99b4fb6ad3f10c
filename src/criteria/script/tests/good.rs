//! Scripts that are accepted, each equal to a closure over all rows; `None` is a row that cannot be worked out.

use super::*;

type Says = fn(&[i64]) -> Option<bool>;

const GOOD: &[(&str, &str, Says)] = &[
    // One fact.
    ("hit_now", "hit_now", |v| Some(v[0] == 1)),
    ("hit_now", "hit_now;", |v| Some(v[0] == 1)),
    ("hit_now", "!hit_now", |v| Some(v[0] == 0)),
    ("hit_now", "hit_now == true", |v| Some(v[0] == 1)),
    ("hit_now", "hit_now != true", |v| Some(v[0] == 0)),
    ("hit_now", "hit_now\n\t// a comment\n/* and /* another */ */", |v| Some(v[0] == 1)),
    ("missing", "missing > 3", |v| Some(v[0] > 3)),
    ("missing", "3 <= missing", |v| Some(3 <= v[0])),
    ("missing", "missing == 1_0", |v| Some(v[0] == 10)),
    ("missing", "missing >= 3 && missing <= 5", |v| Some((3..=5).contains(&v[0]))),
    ("missing", "missing != 0", |v| Some(v[0] != 0)),
    ("change", "change < 0", |v| Some(v[0] < 0)),
    ("change", "-change >= 2", |v| Some(-v[0] >= 2)),
    ("change", "change * change > 3", |v| Some(v[0] * v[0] > 3)),
    ("care", "care == \"poor\"", |v| Some(v[0] == 1)),
    ("care", "\"poor\" == care", |v| Some(v[0] == 1)),
    ("care", "care != \"fine\"", |v| Some(v[0] != 0)),
    ("care", "care == `poor`", |v| Some(v[0] == 1)),
    ("care", "at_least(care, \"poor\")", |v| Some(v[0] >= 1)),
    ("care", "at_most(care, \"poor\")", |v| Some(v[0] <= 1)),
    ("care", "at_least(care, \"dangerous\") || care == \"fine\"", |v| Some(v[0] != 1)),
    // Order of concern, not of the alphabet: `dangerous` sorts before `fine`.
    ("care", "!at_most(care, \"fine\")", |v| Some(v[0] > 0)),
    // Several facts: the last is the fastest.
    ("hit_now care", "hit_now && care == \"dangerous\"", |v| Some(v[0] == 1 && v[1] == 2)),
    ("care hit_now", "hit_now && care == \"dangerous\"", |v| Some(v[1] == 1 && v[0] == 2)),
    ("hit_now missing", "hit_now || missing > 3", |v| Some(v[0] == 1 || v[1] > 3)),
    ("hit_now missing", "!(hit_now || missing > 3)", |v| Some(!(v[0] == 1 || v[1] > 3))),
    ("hit_now missing", "hit_now == (missing > 3)", |v| Some((v[0] == 1) == (v[1] > 3))),
    ("a b c", "a || b && c", |v| Some(v[0] == 1 || v[1] == 1 && v[2] == 1)),
    ("a b c", "(a || b) && c", |v| Some((v[0] == 1 || v[1] == 1) && v[2] == 1)),
    ("age missing", "missing * 12 > age", |v| Some(v[1] * 12 > v[0])),
    ("age missing", "age < 12 && missing > 0 || missing >= 3 + age / 60", |v| {
        Some(v[0] < 12 && v[1] > 0 || v[1] >= 3 + v[0] / 60)
    }),
    ("care home", "at_least(care, \"poor\") && at_least(home, \"refuge\")", |v| Some(v[0] >= 1 && v[1] >= 2)),
    // Arithmetic: whole, checked, and short of an answer where it has none.
    ("missing", "missing / 2 == 3", |v| Some(v[0] / 2 == 3)),
    ("missing", "missing % 7 == 6", |v| Some(v[0] % 7 == 6)),
    ("change", "change / 2 == -1", |v| Some(v[0] / 2 == -1)),
    ("missing", "30 / missing > 4", |v| Some(30_i64.checked_div(v[0])? > 4)),
    ("missing", "30 % missing == 0", |v| Some(30_i64.checked_rem(v[0])? == 0)),
    ("missing", "missing == 0 || 30 / missing > 4", |v| Some(v[0] == 0 || 30 / v[0] > 4)),
    ("change", "9223372036854775807 + change > 0", |v| Some(i64::MAX.checked_add(v[0])? > 0)),
    ("change", "-9223372036854775807 + change < 0", |v| Some((-i64::MAX).checked_add(v[0])? < 0)),
    ("change", "let n = change; n *= 9223372036854775807; n > 0", |v| Some(v[0].checked_mul(i64::MAX)? > 0)),
    ("change", "let n = 12; n /= change; n > 4", |v| Some(12_i64.checked_div(v[0])? > 4)),
    ("change", "-(change - 9223372036854775807 + 1) > 0", |v| {
        Some(v[0].checked_sub(i64::MAX)?.checked_add(1)?.checked_neg()? > 0)
    }),
    // Names, counting and early answers.
    ("a b c", "let n = 0; if a { n += 1 } if b { n += 1 } if c { n += 1 } n >= 2", |v| {
        Some(v.iter().sum::<i64>() >= 2)
    }),
    ("missing", "const OFTEN = 3;\nlet often = missing >= OFTEN;\noften", |v| Some(v[0] >= 3)),
    ("missing", "let n = 10; n -= missing; n %= 4; n = n * 2; n == 2", |v| Some((10 - v[0]) % 4 * 2 == 2)),
    ("care", "let how = care; how == \"poor\" || at_least(how, \"dangerous\")", |v| Some(v[0] >= 1)),
    ("hit_now missing", "if hit_now { true } else { missing > 3 }", |v| Some(v[0] == 1 || v[1] > 3)),
    ("hit_now missing", "if hit_now { return true } missing > 3", |v| Some(v[0] == 1 || v[1] > 3)),
    ("hit_now missing", "if hit_now { return true; }\nreturn missing > 3;", |v| Some(v[0] == 1 || v[1] > 3)),
    ("hit_now missing", "let most = if hit_now { 1 } else { 5 }; missing > most", |v| {
        Some(v[1] > if v[0] == 1 { 1 } else { 5 })
    }),
    ("care missing", "if care == \"fine\" { false } else if care == \"poor\" { missing > 3 } else { true }", |v| {
        Some(v[0] == 2 || v[0] == 1 && v[1] > 3)
    }),
    ("hit_now", "{ let a = hit_now; { !a } }", |v| Some(v[0] == 0)),
    ("a b", "if a { let n = 1; if b { n += 1 } n == 2 } else { let n = b; n }", |v| Some(v[1] == 1)),
    ("a b", "if a { let n = 1; n > 0 } else { let n = b; n }", |v| Some(v[0] == 1 || v[1] == 1)),
    ("a b", "if a { let n = 2; if n > 1 { return false } } let n = b; n", |v| Some(v[0] == 0 && v[1] == 1)),
    ("missing", "(if missing > 3 { missing } else { 0 }) > 5", |v| Some(v[0] > 5)),
    // A fact may carry a word that only looks like one of the language, or the name of a function.
    ("not", "not", |v| Some(v[0] == 1)),
    ("at_least", "at_least", |v| Some(v[0] == 1)),
    ("", "3 > 2", |_| Some(true)),
];

#[test]
fn a_script_says_what_its_closure_says_in_every_row() {
    for (names, script, says) in GOOD {
        let reads = facts::reads(names);
        let table = tabulate(script, &reads, MAX_TABLE_ROWS).unwrap_or_else(|problems| {
            let said: Vec<String> = problems.iter().map(facts::line).collect();
            panic!("{script}: {said:#?}");
        });
        let expected: Vec<Row> = (0..reads.iter().map(|read| read.answers.count().unwrap()).product())
            .map(|row| match says(&answers(&reads, row)) {
                Some(true) => Row::True,
                Some(false) => Row::False,
                None => Row::Error,
            })
            .collect();
        assert_eq!(table.rows, expected, "{script}");
        assert_eq!(table.first_error.as_ref().map(|(row, _)| *row), expected.iter().position(|row| *row == Row::Error));
    }
}

#[test]
fn rows_go_in_the_order_of_the_reads_the_last_fastest() {
    let reads = facts::reads("hit_now care change");
    assert_eq!(answers(&reads, 0), [0, 0, -3]);
    assert_eq!(answers(&reads, 1), [0, 0, -2]);
    assert_eq!(answers(&reads, 7), [0, 1, -3]);
    assert_eq!(answers(&reads, 21), [1, 0, -3]);
    assert_eq!(answers(&reads, 41), [1, 2, 3]);
}

#[test]
fn a_table_tells_which_facts_matter_and_when_none_does() {
    let table = |names: &str, script: &str| {
        let Table { used, constant, .. } = tabulate(script, &facts::reads(names), MAX_TABLE_ROWS).unwrap();
        (used, constant)
    };
    assert_eq!(
        table("hit_now care missing", "hit_now && missing > 40 || care == \"poor\""),
        (vec![false, true, false], None)
    );
    assert_eq!(table("hit_now missing", "hit_now && missing > 3"), (vec![true, true], None));
    assert_eq!(table("missing", "missing > 40"), (vec![false], Some(false)));
    assert_eq!(table("missing", "missing >= 0"), (vec![false], Some(true)));
    assert_eq!(table("missing", "missing == 0 && 1 / missing > 0"), (vec![true], None));
    assert_eq!(table("", "true"), (vec![], Some(true)));
}

#[test]
fn the_first_row_that_errs_is_told_in_words() {
    let table =
        tabulate("// per week\n30 / missing > 4 && hit_now", &facts::reads("hit_now missing"), MAX_TABLE_ROWS).unwrap();
    let told = "line 2 of the script: when `hit_now` is no, `missing` is 0, it divides by zero".to_owned();
    assert_eq!(table.first_error, Some((0, told)));
    let table = tabulate(
        "30 / missing > 4 || care == \"poor\" || 9 / change > 2",
        &facts::reads("care missing change"),
        MAX_TABLE_ROWS,
    )
    .unwrap();
    let told =
        "line 1 of the script: when `care` is `fine`, `missing` is 0, `change` is -3, it divides by zero".to_owned();
    assert_eq!(table.first_error, Some((0, told)));
}
