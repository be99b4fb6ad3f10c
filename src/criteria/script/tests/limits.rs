//! What a script may cost, and the nets below the allow-lists.

use super::*;

use rhai::{Dynamic, Scope};

/// Codes alone, for scripts too long to look at.
fn codes(names: &str, script: &str) -> Vec<&'static str> {
    match tabulate(script, &facts::reads(names), MAX_TABLE_ROWS) {
        Ok(_) => vec!["accepted"],
        Err(problems) => problems.iter().map(|problem| problem.code).collect(),
    }
}

#[test]
fn what_grows_is_stopped() {
    let nested = format!("{}hit_now{}", "(".repeat(40), ")".repeat(40));
    let ifs = format!("{}hit_now{}", "if hit_now { ".repeat(15), "} else { false }".repeat(15));
    let elses = format!("{}{{ false }}", "if hit_now { true } else ".repeat(60));
    let ands = vec!["hit_now"; 40].join(" && ");
    for deep in [nested, ifs, elses, ands, format!("{}hit_now", "!".repeat(8000))] {
        assert_eq!(codes("hit_now", &deep), ["script-too-deep"], "{deep}");
    }
    assert_eq!(codes("hit_now", &vec!["hit_now"; 25].join(" || ")), ["accepted"]);
    assert_eq!(codes("hit_now", &"/*".repeat(4000)), ["script-syntax"]);
    assert_eq!(codes("hit_now", &format!("\"{}\" == hit_now", "a".repeat(5000))), ["script-syntax"]);
    assert_eq!(codes("hit_now", &format!("{}\nhit_now", "// much\n".repeat(2000))), ["script-too-long"]);
    assert_eq!(codes("hit_now", &"x".repeat(MAX_SCRIPT_BYTES + 1)), ["script-too-long"]);
    assert_eq!(codes("missing", &format!("let n = missing;{} n > 0", "n=n*1;".repeat(1000))), ["script-too-slow"]);
}

#[test]
fn a_row_that_takes_too_many_steps_counts_as_not_known() {
    let much = format!("let n = hit_now; if missing == 3 {{ {} }} n", format!("n={}n;", "!".repeat(22)).repeat(270));
    let table = tabulate(&much, &facts::reads("hit_now missing"), MAX_TABLE_ROWS).unwrap();
    let erring: Vec<usize> = (0..62).filter(|row| table.rows[*row] == Row::Error).collect();
    assert_eq!(erring, [3, 34]);
    let told = "line 1 of the script: when `hit_now` is no, `missing` is 3, it takes more than 10,000 steps".to_owned();
    assert_eq!(table.first_error, Some((3, told)));
}

#[test]
fn the_rows_of_a_rule_set_are_shared() {
    let reads = facts::reads("hit_now missing");
    assert!(tabulate("hit_now && missing > 3", &reads, 62).is_ok());
    let problems = tabulate("hit_now && missing > 3", &reads, 61).unwrap_err();
    assert_eq!(
        problems[0].message,
        "the answers of this script's facts make 62 rows (`hit_now` 2 × `missing` 31), and 61 are left in this rule set"
    );
    let many = [Read { fact: "n".into(), answers: ReadAnswers::Number { from: 1, to: MAX_TABLE_ROWS as i64 + 1 } }];
    assert_eq!(tabulate("n > 3", &many, usize::MAX).unwrap_err()[0].code, "script-too-large");
    let none = [Read { fact: "n".into(), answers: ReadAnswers::Number { from: 3, to: 2 } }];
    assert_eq!(tabulate("n > 3", &none, 10).unwrap_err()[0].code, "script-no-rows");
    let facts: Vec<Read> = (0..80).map(|n| Read { fact: format!("f{n}"), answers: ReadAnswers::YesNo }).collect();
    let script: Vec<&str> = facts.iter().map(|read| read.fact.as_str()).collect();
    assert_eq!(tabulate(&script.join(";"), &facts, 20_000).unwrap_err()[0].code, "script-too-large");
}

#[test]
fn the_deepest_script_needs_little_stack() {
    let deep = format!("{}hit_now{}", "(".repeat(12), ")".repeat(12));
    let ifs = format!("{}hit_now{}", "if hit_now { ".repeat(6), "} else { false }".repeat(6));
    let run = move || {
        assert_eq!(codes("hit_now", &deep), ["accepted"]);
        assert_eq!(codes("hit_now", &ifs), ["accepted"]);
        assert_eq!(codes("hit_now", &format!("hit_now&&{}", "(".repeat(8000))), ["script-too-deep"]);
    };
    std::thread::Builder::new().stack_size(512 * 1024).spawn(run).unwrap().join().unwrap();
}

#[test]
fn a_script_that_answers_differently_again_is_refused() {
    let run = |rows: Vec<Row>| Run { rows, first_error: None };
    let mut turns = [vec![Row::True], vec![Row::False]].into_iter();
    let problem = repeatable(|| Ok(run(turns.next().unwrap()))).unwrap_err();
    assert_eq!(problem.code, "script-not-repeatable");
    assert_eq!(repeatable(|| Ok(run(vec![Row::True]))), Ok(run(vec![Row::True])));
    assert_eq!(repeatable(|| Err(TooSlow)).unwrap_err().code, "script-too-slow");
}

#[test]
fn a_panic_is_a_problem_of_the_script() {
    let problems = guarded(|| -> Result<(), _> { std::panic::panic_any("on purpose") }).unwrap_err();
    assert_eq!(
        facts::line(&problems[0]),
        "1:1+1 script-panics: the script language broke down over this script | write it in another way, and please report it"
    );
}

#[test]
fn a_problem_is_told_once_and_in_the_order_of_the_text() {
    let at = |line, message: &str| ScriptProblem { line, ..ScriptProblem::whole("script-syntax", message) };
    assert_eq!(in_order(vec![at(3, "b"), at(1, "a"), at(2, "b"), at(4, "a")]), vec![at(1, "a"), at(2, "b")]);
}

/// Runs a script past both allow-lists.
fn run_unchecked(names: &str, script: &str) -> Vec<Row> {
    let reads = facts::reads(names);
    let mut interpreter = Interpreter::new();
    let ast = interpreter.read(script).unwrap();
    let rows = reads.iter().map(|read| read.answers.count().unwrap()).product();
    interpreter.run(&ast, &reads, rows).unwrap().rows
}

#[test]
fn without_the_allow_lists_no_pair_of_kinds_compares_as_false() {
    let values = ["true", "3", "\"5\"", "'c'", "()", "hit_now", "missing", "care", "1..2"];
    let kind = |value: &str| {
        match value {
            "true" | "hit_now" => "yes or no",
            "3" | "missing" => "number",
            other => other,
        }
        .to_owned()
    };
    for sign in ["==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%"] {
        for (left, right) in values.iter().flat_map(|left| values.iter().map(move |right| (left, right))) {
            let fits = match (kind(left).as_str(), kind(right).as_str()) {
                ("number", "number") => true,
                ("yes or no", "yes or no") => matches!(sign, "==" | "!="),
                _ => false,
            };
            let script = format!(
                "let r = {left} {sign} {right}; {}",
                if matches!(sign, "+" | "-" | "*" | "/" | "%") { "r > -99" } else { "r" }
            );
            let rows = run_unchecked("hit_now care missing", &script);
            assert_eq!(rows.iter().any(|row| *row != Row::Error), fits, "{script}");
        }
    }
    for script in [
        "care == \"awful\"",
        "care == 3",
        "at_least(care, 3)",
        "at_least(missing, \"poor\")",
        "!missing",
        "-care",
        "missing",
        "()",
        "\"true\"",
        "if hit_now { } else { }",
    ] {
        let rows = run_unchecked("hit_now care missing", script);
        assert!(rows.iter().all(|row| *row == Row::Error), "{script}");
    }
    let rows = run_unchecked("missing", "let n = true; n += missing; n");
    assert!(rows.iter().all(|row| *row == Row::Error));
}

#[test]
fn the_tree_alone_refuses_what_the_words_refuse() {
    let refused = [
        "switch missing { 1 => true, _ => false }",
        "try { missing > 3 } catch { false }",
        "throw missing",
        "`${missing}` == \"3\"",
        "missing ?? 3 > 2",
        "missing == 'c'",
        "missing << 2 > 3",
        "missing ** 2 > 3",
        "missing in 1..3",
        "true & (missing > 3)",
        "eval(\"missing > 3\")",
        "print(missing); true",
        "type_of(missing) == \"i64\"",
        "at_least!(missing, \"poor\")",
    ];
    for script in refused {
        let ast = Interpreter::new().read(script).unwrap();
        let problems = allowed::check(&ast, script, &facts::reads("missing"));
        assert!(problems.iter().any(|problem| problem.code == "script-not-allowed"), "{script}: {problems:?}");
    }
}

#[test]
fn without_the_allow_lists_rhai_still_refuses() {
    for script in [
        "eval(\"true\")",
        "while true { } true",
        "fn f() { } true",
        "switch missing { _ => true }",
        "missing << 1 > 2",
        "mising > 3",
        "let missing = 3; true",
        "print(missing); true",
        "try { true } catch { false }",
    ] {
        let mut interpreter = Interpreter::new();
        let reads = facts::reads("missing");
        let rows = interpreter.compile(script, &reads).ok().map(|ast| interpreter.run(&ast, &reads, 31).unwrap().rows);
        assert!(rows.is_none_or(|rows| rows.iter().all(|row| *row == Row::Error)), "{script}");
    }
    // A fact is a constant while a row runs.
    assert!(run_unchecked("missing", "missing = 3; true").iter().all(|row| *row == Row::Error));
    assert!(run_unchecked("hit_now", "hit_now = true; hit_now").iter().all(|row| *row == Row::Error));
}

#[test]
fn plain_rhai_would_have_said_false() {
    // Why all of this: the same scripts in rhai as it comes.
    let engine = rhai::Engine::new_raw();
    let mut scope = Scope::new();
    scope.push("missing", Dynamic::UNIT);
    for script in ["\"5\" > 3", "missing >= 3", "missing == 3", "\"poor\" == 1"] {
        assert!(!engine.eval_with_scope::<bool>(&mut scope, script).unwrap(), "{script}");
    }
    assert!(engine.eval_with_scope::<i64>(&mut scope, "0xFFFFFFFFFFFFFFFF").unwrap() < 0);
    assert!(!engine.eval_with_scope::<bool>(&mut scope, "if true { true }\nfalse /* || true").unwrap());
}
