//! Scripts as data: what they say for every row, and what is said of them when they are refused.

mod bad;
mod facts;
mod good;
mod limits;
mod random;

use super::problem::{ScriptProblem, in_order};
use super::reads::{Read, ReadAnswers, places};
use super::run::{Interpreter, Row, Run, TooSlow};
use super::{MAX_SCRIPT_BYTES, MAX_TABLE_ROWS, Table, allowed, guarded, repeatable, tabulate};

/// The answers of a row as numbers: no 0 and yes 1, a choice its place, a number itself.
fn answers(reads: &[Read], row: usize) -> Vec<i64> {
    let value = |(read, place): (&Read, usize)| match read.answers {
        ReadAnswers::Number { from, .. } => from + place as i64,
        _ => place as i64,
    };
    reads.iter().zip(places(reads, row)).map(value).collect()
}

/// What a script is refused for, a line each.
fn refusals(names: &str, script: &str) -> Vec<String> {
    match tabulate(script, &facts::reads(names), MAX_TABLE_ROWS) {
        Ok(table) => vec![format!("accepted: {table:?}")],
        Err(problems) => problems.iter().map(facts::line).collect(),
    }
}
