//! Random scripts, the same on every machine: against an evaluator of our own, and as mere soup.

use super::*;

/// A small fixed sequence, so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

const NAMES: &str = "hit_now care change";

/// A yes or no about `hit_now`, `care` and `change`: as a script, and worked out.
fn yes_no(dice: &mut Dice, depth: usize, v: &[i64]) -> (String, Option<bool>) {
    if depth == 0 {
        return match dice.throw(3) {
            0 => ("hit_now".into(), Some(v[0] == 1)),
            1 => ("true".into(), Some(true)),
            _ => {
                let (answer, place) = [("fine", 0), ("poor", 1), ("dangerous", 2)][dice.throw(3)];
                match dice.throw(4) {
                    0 => (format!("care == \"{answer}\""), Some(v[1] == place)),
                    1 => (format!("care != \"{answer}\""), Some(v[1] != place)),
                    2 => (format!("at_least(care, \"{answer}\")"), Some(v[1] >= place)),
                    _ => (format!("at_most(care, \"{answer}\")"), Some(v[1] <= place)),
                }
            }
        };
    }
    match dice.throw(7) {
        0 => {
            let (text, holds) = yes_no(dice, depth - 1, v);
            (format!("!({text})"), holds.map(|holds| !holds))
        }
        1 => {
            let ((a, x), (b, y)) = (yes_no(dice, depth - 1, v), yes_no(dice, depth - 1, v));
            // What is not needed is not worked out, so it cannot err.
            (format!("({a}) && ({b})"), if x == Some(false) { x } else { x.and(y) })
        }
        2 => {
            let ((a, x), (b, y)) = (yes_no(dice, depth - 1, v), yes_no(dice, depth - 1, v));
            (format!("({a}) || ({b})"), if x == Some(true) { x } else { x.and(y) })
        }
        3 => {
            let ((c, z), (a, x), (b, y)) =
                (yes_no(dice, depth - 1, v), yes_no(dice, depth - 1, v), yes_no(dice, depth - 1, v));
            (format!("if {c} {{ {a} }} else {{ {b} }}"), z.and_then(|z| if z { x } else { y })).to_owned()
        }
        4 => {
            let ((a, x), (b, y)) = (yes_no(dice, depth - 1, v), yes_no(dice, depth - 1, v));
            (format!("({a}) == ({b})"), x.zip(y).map(|(x, y)| x == y))
        }
        _ => {
            let ((a, x), (b, y)) = (number(dice, depth - 1, v), number(dice, depth - 1, v));
            let (sign, holds): (&str, fn(&i64, &i64) -> bool) = [
                ("<", i64::lt as _),
                ("<=", i64::le as _),
                (">", i64::gt as _),
                (">=", i64::ge as _),
                ("==", i64::eq as _),
                ("!=", i64::ne as _),
            ][dice.throw(6)];
            (format!("({a}) {sign} ({b})"), x.zip(y).map(|(x, y)| holds(&x, &y)))
        }
    }
}

/// A number out of `change` and a few others.
fn number(dice: &mut Dice, depth: usize, v: &[i64]) -> (String, Option<i64>) {
    if depth == 0 {
        return match dice.throw(4) {
            0 | 1 => ("change".into(), Some(v[2])),
            2 => ("9223372036854775807".into(), Some(i64::MAX)),
            _ => {
                let number = dice.throw(9) as i64 - 4;
                (number.to_string(), Some(number))
            }
        };
    }
    let ((a, x), (b, y)) = (number(dice, depth - 1, v), number(dice, depth - 1, v));
    type Sum = fn(i64, i64) -> Option<i64>;
    let (sign, sum): (&str, Sum) = [
        ("+", i64::checked_add as _),
        ("-", i64::checked_sub as _),
        ("*", i64::checked_mul as _),
        ("/", i64::checked_div as _),
        ("%", i64::checked_rem as _),
    ][dice.throw(5)];
    (format!("({a}) {sign} ({b})"), x.zip(y).and_then(|(x, y)| sum(x, y)))
}

#[test]
fn a_random_script_says_what_our_own_evaluator_says() {
    let reads = facts::reads(NAMES);
    // A name for each fact first, so that no script is refused for one that it leaves out.
    let named = "if hit_now && care == \"fine\" && change > 99 { return true }\n";
    let mut worked_out = [0; 3];
    for seed in 0..400 {
        let rows = (0..42).map(|row| yes_no(&mut Dice(seed), 3, &answers(&reads, row)));
        let (texts, expected): (Vec<String>, Vec<Option<bool>>) = rows.unzip();
        let script = format!("{named}{}", texts[0]);
        let table = match tabulate(&script, &reads, MAX_TABLE_ROWS) {
            Ok(table) => table.rows,
            Err(problems) if problems[0].code == "script-always-errs" => vec![Row::Error; 42],
            Err(problems) => panic!("{script}: {problems:?}"),
        };
        for (row, expected) in table.iter().zip(expected) {
            let expected = expected.map_or(Row::Error, |holds| if holds { Row::True } else { Row::False });
            assert_eq!(*row, expected, "{script}");
            worked_out[expected as usize] += 1;
        }
    }
    assert!(worked_out.iter().all(|count| *count > 500), "the scripts are too much alike: {worked_out:?}");
}

/// Words that a sloppy or hostile author might put together.
const SOUP: [&str; 62] = [
    "hit_now",
    "care",
    "change",
    "n",
    "let",
    "const",
    "if",
    "else",
    "return",
    "{",
    "}",
    "(",
    ")",
    ";",
    ",",
    "=",
    "==",
    "!=",
    "<",
    ">=",
    "&&",
    "||",
    "!",
    "+",
    "-",
    "*",
    "/",
    "%",
    "+=",
    "true",
    "false",
    "0",
    "3",
    "-1",
    "\"poor\"",
    "\"x\"",
    "at_least",
    "at_most",
    "at_least(care, \"poor\")",
    "change > 0",
    "let n = 1;",
    "n",
    "if hit_now {",
    "} else {",
    "while",
    "fn",
    "|",
    ".",
    "[",
    "()",
    "`",
    "${",
    "/*",
    "*/",
    "//",
    "\n",
    "é",
    "#",
    "this",
    "switch",
    "eval",
    "0x1F",
];

#[test]
fn soup_neither_panics_nor_errs_on_kinds() {
    let reads = facts::reads(NAMES);
    let mut dice = Dice(1);
    let mut accepted = 0;
    for _ in 0..30_000 {
        let words: Vec<&str> = (0..=dice.throw(14))
            .map(|_| {
                let hostile = dice.throw(3) == 0;
                SOUP[dice.throw(if hostile { SOUP.len() } else { 44 })]
            })
            .collect();
        let script = format!("if hit_now && care == \"fine\" && change > 9 {{ return true }}\n{}", words.join(" "));
        match tabulate(&script, &reads, MAX_TABLE_ROWS) {
            Ok(Table { first_error, .. }) => {
                accepted += 1;
                let plain =
                    first_error.is_none_or(|(_, told)| told.contains("divides by zero") || told.contains("too large"));
                assert!(plain, "{script}");
            }
            Err(problems) => {
                assert!(
                    !problems.is_empty() && problems.iter().all(|problem| problem.code != "script-panics"),
                    "{script}"
                );
            }
        }
    }
    assert!(accepted > 100, "only {accepted} were worth running");
}
