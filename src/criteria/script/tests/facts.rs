//! The invented facts of the script tests.

use super::{Read, ReadAnswers, ScriptProblem};

/// The facts named, apart by spaces.
pub fn reads(names: &str) -> Vec<Read> {
    let choice = |answers: &[&str]| ReadAnswers::Choice(answers.iter().map(ToString::to_string).collect());
    let answers = |name: &str| match name {
        "care" => choice(&["fine", "poor", "dangerous"]),
        "home" => choice(&["settled", "moving", "refuge", "street"]),
        "many" | "many2" | "many3" => choice(&["a1"; 100]),
        "none" => choice(&[]),
        "missing" => ReadAnswers::Number { from: 0, to: 30 },
        "change" => ReadAnswers::Number { from: -3, to: 3 },
        "age" => ReadAnswers::Number { from: 0, to: 216 },
        "far" => ReadAnswers::Number { from: i64::MIN, to: i64::MAX },
        _ => ReadAnswers::YesNo,
    };
    names.split_whitespace().map(|name| Read { fact: name.to_owned(), answers: answers(name) }).collect()
}

/// A problem as one line: place, code, message and help.
pub fn line(problem: &ScriptProblem) -> String {
    let ScriptProblem { code, line, column, length, message, help } = problem;
    let help = help.as_ref().map(|help| format!(" | {help}")).unwrap_or_default();
    format!("{line}:{column}+{length} {code}: {message}{help}")
}
