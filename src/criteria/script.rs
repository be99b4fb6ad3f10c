//! Scripts: rhai conditions for what YAML cannot say, worked out once at load over all answers of the facts
//! they read, and a table from then on.
//!
//! A script never sees "not known" and never runs while a referral waits. It has no loops, functions, clock,
//! input or output, and costs a bounded number of steps.
//! What is wrong with it is said before it runs, all at once; a row that cannot be worked out is `Row::Error`,
//! which the caller counts as not known, and never as false.
//! Three nets, one behind the other: the words (`syntax`), the syntax tree and its kinds (`allowed`), and
//! operators that err on what they cannot compare (`run`).

mod allowed;
mod kind;
mod problem;
mod reads;
mod run;
mod syntax;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use problem::ScriptProblem;
pub use reads::{Read, ReadAnswers};
pub use run::Row;

use problem::in_order;
use run::{Interpreter, Run, TooSlow};

/// Rows of all tables of one rule set together: what a person can still have listed, and a blink at load.
pub const MAX_TABLE_ROWS: usize = 20_000;
/// Bytes of one script, comments included: three pages, more than anyone can check by reading.
pub const MAX_SCRIPT_BYTES: usize = 8 * 1024;

/// What a script says for every possible answer of the facts it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// In mixed radix, in the order of the reads, the last fact fastest.
    pub rows: Vec<Row>,
    /// The first row that cannot be worked out, and why, in words; for a warning.
    pub first_error: Option<(usize, String)>,
    /// For each read, whether any row changes with it; a fact that is named may still decide nothing.
    pub used: Vec<bool>,
    /// The one answer of every row, when there is only one; such a script decides nothing.
    pub constant: Option<bool>,
}

/// Checks a script and works it out for every row, or says everything that is wrong with it.
///
/// `rows_left` is what the tables of the same rule set before this one have left of [`MAX_TABLE_ROWS`].
///
/// # Errors
///
/// Every problem that can be seen, in the order of the text.
pub fn tabulate(text: &str, reads: &[Read], rows_left: usize) -> Result<Table, Vec<ScriptProblem>> {
    guarded(|| {
        if text.len() > MAX_SCRIPT_BYTES {
            let message = format!(
                "the script has {} bytes, and may have {}",
                reads::group(text.len()),
                reads::group(MAX_SCRIPT_BYTES)
            );
            return Err(vec![
                ScriptProblem::whole("script-too-long", message).help("a script is one condition: split it"),
            ]);
        }
        let mut interpreter = Interpreter::new();
        let problems = problems(&mut interpreter, text, reads);
        let rows = match reads::rows(reads, rows_left.min(MAX_TABLE_ROWS)) {
            Ok(rows) if problems.is_empty() => rows,
            rows => return Err(in_order(rows.err().into_iter().chain(problems).collect())),
        };
        let ast = interpreter.compile(text, reads).map_err(|error| vec![syntax::explain(text, &error)])?;
        let run = repeatable(|| interpreter.run(&ast, reads, rows)).map_err(|problem| vec![problem])?;
        table(text, run, reads).map_err(|problem| vec![problem])
    })
}

/// Everything that can be seen to be wrong before the script runs.
fn problems(interpreter: &mut Interpreter, text: &str, reads: &[Read]) -> Vec<ScriptProblem> {
    let words = syntax::check(interpreter.engine(), text, |name| reads.iter().any(|read| read.fact == name));
    let mut problems = words.problems;
    // What could not be taken apart to its end says nothing about the rest.
    let Some(names) = words.names else { return problems };
    match interpreter.read(text) {
        Ok(ast) => problems.extend(allowed::check(&ast, text, reads)),
        Err(error) if problems.is_empty() => problems.push(syntax::explain(text, &error)),
        // A refused word is why it cannot be read.
        Err(_) => {}
    }
    for (at, Read { fact, .. }) in reads.iter().enumerate() {
        if !names.contains(fact) {
            let message = format!("`{fact}` is declared under `reads`, and the script never names it");
            let problem = ScriptProblem::whole("script-unused-read", message);
            problems.push(problem.help("name it, or leave it out of `reads`"));
        }
        if reads.iter().take(at).any(|read| read.fact == *fact) {
            let message = format!("`{fact}` is declared twice under `reads`");
            problems.push(ScriptProblem::whole("script-repeated-read", message).help("leave one of them out"));
        }
    }
    problems
}

/// Runs twice and compares: a script that answers differently the second time is not pure.
fn repeatable(mut run: impl FnMut() -> Result<Run, TooSlow>) -> Result<Run, ScriptProblem> {
    let too_slow = |_| {
        let most = reads::group(run::MEAN_STEPS_A_ROW);
        let message = format!("the script takes more than {most} steps a row, taken over all its rows");
        ScriptProblem::whole("script-too-slow", message).help("write it shorter, or let it read fewer facts")
    };
    let first = run().map_err(too_slow)?;
    if run().map_err(too_slow)? == first {
        return Ok(first);
    }
    let message = "the script does not give the same answers when it is worked out again";
    Err(ScriptProblem::whole("script-not-repeatable", message)
        .help("please report this: a script should not be able to do that"))
}

fn table(text: &str, run: Run, reads: &[Read]) -> Result<Table, ScriptProblem> {
    let Run { rows, first_error } = run;
    if let Some((row, reason, position)) = &first_error
        && rows.iter().all(|row| *row == Row::Error)
    {
        let message = format!("the script cannot be worked out for any answers: {}", when(reads, *row, reason));
        return Err(ScriptProblem::at("script-always-errs", text, *position, message));
    }
    let first_error = first_error.map(|(row, reason, position)| {
        let line = position.line().unwrap_or(1);
        (row, format!("line {line} of the script: {}", when(reads, row, &reason)))
    });
    let constant = match rows.first() {
        Some(Row::True) if rows.iter().all(|row| *row == Row::True) => Some(true),
        Some(Row::False) if rows.iter().all(|row| *row == Row::False) => Some(false),
        _ => None,
    };
    Ok(Table { used: reads::that_matter(reads, &rows), rows, first_error, constant })
}

/// What happens in one row, in words.
fn when(reads: &[Read], row: usize, reason: &str) -> String {
    match reads::say_row(reads, row) {
        answers if answers.is_empty() => reason.to_owned(),
        answers => format!("when {answers}, {reason}"),
    }
}

/// A panic inside rhai is a problem of this script, not of the whole program.
fn guarded<T>(work: impl FnOnce() -> Result<T, Vec<ScriptProblem>>) -> Result<T, Vec<ScriptProblem>> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let message = "the script language broke down over this script";
        Err(vec![ScriptProblem::whole("script-panics", message).help("write it in another way, and please report it")])
    })
}
