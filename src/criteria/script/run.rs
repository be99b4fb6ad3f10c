//! Runs a script that has been checked, once for every row, with operators that are all our own.
//!
//! No package of rhai is loaded. Each operator is registered once, over any two values, before rhai's built-in
//! ones are tried: a pair of kinds that it cannot compare is an error, never rhai's silent false.
//! There is no clock, no input and no output here; a budget is counted in rhai's own steps, so that what a
//! script may cost does not depend on the machine.

use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rhai::{AST, Dynamic, Engine, EvalAltResult, OptimizationLevel, ParseError, Position, Scope};

use super::reads::{Read, ReadAnswers, group, places};

/// Steps that one row may take; a row that needs more is an error, so it counts as not known.
const MAX_STEPS_A_ROW: u64 = 10_000;
/// Steps that the rows of one table may take on average: some eighty conditions. With at most 20,000 rows in a
/// rule set, all its scripts together take at most 20 million steps, a second or two even when they are hostile.
pub(super) const MEAN_STEPS_A_ROW: u64 = 1_000;
/// Nesting of conditions; rhai's own default differs between debug and release builds. It bounds the stack.
const MAX_DEPTH: usize = 32;
/// Bytes of one text.
const MAX_TEXT: usize = 4096;

/// What one row of a table says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// The condition does not hold.
    False,
    /// The condition holds.
    True,
    /// It cannot be worked out, so it counts as not known.
    Error,
}

/// All rows of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) rows: Vec<Row>,
    /// The first row that cannot be worked out, why, and where in the script.
    pub(super) first_error: Option<(usize, String, Position)>,
}

/// The table needs more steps than it may take.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooSlow;

/// rhai, with everything turned off that a script may not use.
pub(super) struct Interpreter {
    engine: Engine,
    /// Steps of the row that runs.
    steps: Arc<AtomicU64>,
}

impl Interpreter {
    /// An interpreter that knows our operators and nothing else.
    pub(super) fn new() -> Self {
        let mut engine = Engine::new_raw();
        engine.set_optimization_level(OptimizationLevel::None);
        engine.set_fast_operators(false);
        engine.set_allow_looping(false);
        engine.set_max_operations(MAX_STEPS_A_ROW);
        engine.set_max_expr_depths(MAX_DEPTH);
        engine.set_max_string_size(MAX_TEXT);
        let steps = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&steps);
        engine.on_progress(move |count| {
            counter.store(count, Relaxed);
            None
        });
        operators(&mut engine);
        Self { engine, steps }
    }

    /// The engine, to take a text apart with.
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Reads a script leniently, so that the allow-list can say everything that is wrong with it at once.
    pub(super) fn read(&mut self, text: &str) -> Result<AST, ParseError> {
        self.engine.set_strict_variables(false).set_allow_shadowing(true);
        self.engine.compile(text)
    }

    /// Compiles a checked script as it will run: what the allow-list missed, rhai refuses once more.
    /// The scope holds placeholders, not constants: no answer may be folded into the script.
    pub(super) fn compile(&mut self, text: &str, reads: &[Read]) -> Result<AST, ParseError> {
        self.engine.set_strict_variables(true).set_allow_shadowing(false);
        for word in ["eval", "print", "debug", "type_of", "is_def_var", "switch", "try", "throw", "<<", ">>", "**"] {
            self.engine.disable_symbol(word);
        }
        let mut scope = Scope::new();
        for read in reads {
            scope.push_dynamic(read.fact.as_str(), Dynamic::UNIT);
        }
        self.engine.compile_with_scope(&scope, text)
    }

    /// Runs every row, each in a scope of its own.
    pub(super) fn run(&self, ast: &AST, reads: &[Read], rows: usize) -> Result<Run, TooSlow> {
        let budget = MEAN_STEPS_A_ROW.saturating_mul(rows as u64);
        let values: Vec<(&str, Vec<Dynamic>)> =
            reads.iter().map(|read| (read.fact.as_str(), values(&read.answers))).collect();
        let mut run = Run { rows: Vec::with_capacity(rows), first_error: None };
        let mut steps = 0_u64;
        for row in 0..rows {
            let mut scope = Scope::new();
            for ((fact, values), place) in values.iter().zip(places(reads, row)) {
                scope.push_constant_dynamic(*fact, values.get(place).cloned().unwrap_or_default());
            }
            let answer = self.engine.eval_ast_with_scope::<Dynamic>(&mut scope, ast);
            let answer = answer.map_err(|error| (say(&error), error.position())).and_then(|answer| {
                answer.as_bool().map_err(|_| ("the answer is neither true nor false".to_owned(), Position::NONE))
            });
            run.rows.push(match answer {
                Ok(true) => Row::True,
                Ok(false) => Row::False,
                Err((reason, position)) => {
                    run.first_error.get_or_insert((row, reason, position));
                    Row::Error
                }
            });
            steps = steps.saturating_add(self.steps.load(Relaxed));
            if steps > budget {
                return Err(TooSlow);
            }
        }
        Ok(run)
    }
}

/// What each answer of a fact is inside a script.
fn values(answers: &ReadAnswers) -> Vec<Dynamic> {
    match answers {
        ReadAnswers::YesNo => vec![false.into(), true.into()],
        ReadAnswers::Number { from, to } => (*from..=*to).map(Dynamic::from).collect(),
        ReadAnswers::Choice(answers) => {
            let all: Arc<[String]> = answers.clone().into();
            (0..answers.len()).map(|place| Dynamic::from(Choice { answers: Arc::clone(&all), place })).collect()
        }
    }
}

/// The answer of a choice, which knows the others: never bare text, which rhai would compare by alphabet.
#[derive(Clone)]
struct Choice {
    answers: Arc<[String]>,
    place: usize,
}

impl Choice {
    /// Where this answer stands against the one called `said`, by order of concern.
    fn against(&self, said: &str) -> Answer<Ordering> {
        match self.answers.iter().position(|answer| answer == said) {
            Some(place) => Ok(self.place.cmp(&place)),
            None => Err(format!("`{said}` is not one of the answers").into()),
        }
    }
}

/// A value, or why there is none.
type Answer<T> = Result<T, Box<EvalAltResult>>;

/// Every operator and function that a script has.
fn operators(engine: &mut Engine) {
    type Holds = fn(Ordering) -> bool;
    let orders: [(&str, Holds); 4] =
        [("<", Ordering::is_lt), ("<=", Ordering::is_le), (">", Ordering::is_gt), (">=", Ordering::is_ge)];
    for (sign, holds) in orders {
        engine.register_fn(sign, move |a: Dynamic, b: Dynamic| -> Answer<bool> {
            Ok(holds(number(&a)?.cmp(&number(&b)?)))
        });
    }
    let concerns: [(&str, Holds); 2] = [("at_least", Ordering::is_ge), ("at_most", Ordering::is_le)];
    for (name, holds) in concerns {
        engine.register_fn(name, move |a: Dynamic, b: Dynamic| -> Answer<bool> { Ok(holds(against(&a, &b)?)) });
    }
    engine.register_fn("==", |a: Dynamic, b: Dynamic| same(&a, &b));
    engine.register_fn("!=", |a: Dynamic, b: Dynamic| same(&a, &b).map(|same| !same));
    engine.register_fn("!", |a: Dynamic| yes_no(&a).map(|holds| !holds));
    engine.register_fn("-", |a: Dynamic| work_out("-", i64::checked_sub, &Dynamic::from(0_i64), &a));
    let sums: [(&str, &str, Sum); 5] = [
        ("+", "+=", i64::checked_add),
        ("-", "-=", i64::checked_sub),
        ("*", "*=", i64::checked_mul),
        ("/", "/=", i64::checked_div),
        ("%", "%=", i64::checked_rem),
    ];
    for (sign, assigning, sum) in sums {
        engine.register_fn(sign, move |a: Dynamic, b: Dynamic| work_out(sign, sum, &a, &b));
        engine.register_fn(assigning, move |a: &mut Dynamic, b: Dynamic| -> Answer<()> {
            *a = work_out(sign, sum, a, &b)?.into();
            Ok(())
        });
    }
}

/// Arithmetic that says when it has no result.
type Sum = fn(i64, i64) -> Option<i64>;

fn work_out(sign: &str, sum: Sum, a: &Dynamic, b: &Dynamic) -> Answer<i64> {
    let (a, b) = (number(a)?, number(b)?);
    sum(a, b).ok_or_else(|| match sign {
        "/" | "%" if b == 0 => "it divides by zero".into(),
        _ => "it makes a number too large to hold".into(),
    })
}

fn same(a: &Dynamic, b: &Dynamic) -> Answer<bool> {
    if a.is_bool() {
        return Ok(yes_no(a)? == yes_no(b)?);
    }
    if a.is_int() {
        return Ok(number(a)? == number(b)?);
    }
    if a.is_string() { against(b, a) } else { against(a, b) }.map(Ordering::is_eq)
}

fn against(choice: &Dynamic, said: &Dynamic) -> Answer<Ordering> {
    let (Some(choice), Ok(said)) = (choice.read_lock::<Choice>(), said.as_immutable_string_ref()) else {
        return Err("a choice can only be compared with one of its answers".into());
    };
    choice.against(&said)
}

fn number(value: &Dynamic) -> Answer<i64> {
    value.as_int().map_err(|_| "something that is not a number stands where a number is needed".into())
}

fn yes_no(value: &Dynamic) -> Answer<bool> {
    value.as_bool().map_err(|_| "something that is not a yes or no stands where one is needed".into())
}

/// Why a row cannot be worked out.
fn say(error: &EvalAltResult) -> String {
    match error {
        EvalAltResult::ErrorRuntime(reason, _) => reason.to_string(),
        EvalAltResult::ErrorTooManyOperations(_) => format!("it takes more than {} steps", group(MAX_STEPS_A_ROW)),
        _ => "it cannot be worked out".to_owned(),
    }
}
