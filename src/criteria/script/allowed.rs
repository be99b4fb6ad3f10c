//! What a script may do: an allow-list over its syntax tree, which also knows what kind of value each part has.
//!
//! Anything not listed is refused, so that a new rhai cannot widen the language by itself.
//! Kinds are known before anything runs, because rhai on its own reads a comparison that makes no sense as
//! false, and drops an answer that stands in the wrong place; here both would read as "no concern".
//! rhai's parser stops at a depth that `run` sets, so the recursion here is bounded.

use rhai::{AST, ASTFlags, Expr, FnCallExpr, Position, Stmt};

use super::kind::{Kind, answers_of, how_to_join, how_to_rank, how_to_say};
use super::problem::{ScriptProblem, word_at};
use super::reads::{Read, ReadAnswers};
use super::syntax::refused;

/// The functions a script may call, each with a choice and one of its answers.
const CALLS: [&str; 2] = ["at_least", "at_most"];

/// Everything in a syntax tree that is not allowed, or can be seen to be wrong.
pub(super) fn check(ast: &AST, text: &str, reads: &[Read]) -> Vec<ScriptProblem> {
    let mut walk = Walk { text, reads, names: Vec::new(), problems: Vec::new() };
    let kind = walk.block(ast.statements());
    walk.answer(kind, ast.statements().last().map(beginning));
    walk.problems
}

struct Walk<'a> {
    text: &'a str,
    reads: &'a [Read],
    /// Names that can be seen from here, inner ones last.
    names: Vec<Name>,
    problems: Vec<ScriptProblem>,
}

/// A name made with `let` or `const`.
struct Name {
    name: String,
    kind: Kind,
    position: Position,
    used: bool,
}

impl Walk<'_> {
    /// The whole script must answer true or false, whichever way is taken through it.
    fn answer(&mut self, kind: Kind, last: Option<Position>) {
        const CODE: &str = "script-no-answer";
        let Some(position) = last else {
            self.problems.push(ScriptProblem::whole(CODE, "the script is empty, so it answers nothing"));
            return;
        };
        match kind {
            Kind::YesNo | Kind::Returned | Kind::Wrong => {}
            Kind::Nothing => {
                self.problem(CODE, position, "the script ends here without an answer");
                self.help("end it with a condition, such as `missing >= 3`");
            }
            Kind::Sometimes => {
                self.problem(CODE, position, "there is a way through this that gives no answer");
                self.help("let each way end in an answer: add `else { false }`, or whatever the answer is then");
            }
            Kind::Number | Kind::Choice(_) => {
                let message = format!("the script must answer true or false, and this is {}", kind.say(self.reads));
                self.problem("script-wrong-kind", position, message);
                self.help(kind.advice(self.reads).unwrap_or_default());
            }
        }
    }

    /// Statements in order; the kind is that of the last one.
    fn block(&mut self, statements: &[Stmt]) -> Kind {
        let outer = self.names.len();
        let mut kind = Kind::Nothing;
        for (at, statement) in statements.iter().enumerate() {
            if kind == Kind::Returned {
                let message = "this is never reached, because the script has answered before it";
                self.problem("script-never-reached", beginning(statement), message);
                break;
            }
            kind = self.statement(statement);
            if at + 1 < statements.len() && kind.answers() {
                let message = "what this answers is thrown away, because more follows it";
                self.problem("script-lost-answer", beginning(statement), message);
                self.help("write `return` before the answer that is meant, or join the two by `&&`, `||` or `else`");
            }
        }
        for name in self.names.split_off(outer) {
            if !name.used && name.kind != Kind::Wrong {
                let message = format!("`{}` is given a value that is never used", name.name);
                self.problem("script-unused-name", name.position, message);
                self.help("use it, or leave it out");
            }
        }
        kind
    }

    fn statement(&mut self, statement: &Stmt) -> Kind {
        match statement {
            Stmt::Noop(_) => Kind::Nothing,
            Stmt::Expr(expression) => self.expression(expression),
            Stmt::FnCall(call, position) => self.call(call, *position),
            Stmt::Block(block) => self.block(block.statements()),
            Stmt::If(parts, position) => {
                self.expect(&parts.expr, Kind::YesNo, "if");
                let body = self.block(parts.body.statements());
                let branch = self.block(parts.branch.statements());
                self.join(body, branch, *position)
            }
            Stmt::Var(parts, ..) => self.define(&parts.0.name, &parts.1, parts.0.pos),
            Stmt::Assignment(parts) => {
                let (operator, sides) = &**parts;
                self.assign(&sides.lhs, &sides.rhs, operator.is_op_assignment(), operator.position())
            }
            // rhai also says `throw` in this way.
            Stmt::Return(answer, flags, position) if !flags.contains(ASTFlags::BREAK) => {
                if let Some(answer) = answer {
                    self.expect(answer, Kind::YesNo, "return");
                } else {
                    self.problem("script-no-answer", *position, "`return` stands here without an answer");
                    self.help("write `return true` or `return false`");
                }
                Kind::Returned
            }
            _ => self.refuse(statement.position()),
        }
    }

    /// `let NAME = VALUE`; a name never hides another, so that one word means one thing in the whole script.
    fn define(&mut self, name: &str, value: &Expr, position: Position) -> Kind {
        let kind = if matches!(value, Expr::Unit(place) if place.is_none()) {
            self.problem("script-no-value", position, format!("`{name}` is given no value"));
            self.help(format!("write `let {name} = ...;`"));
            Kind::Wrong
        } else {
            self.value(value)
        };
        if self.reads.iter().any(|read| read.fact == name) {
            let message = format!("`{name}` is a fact, so `let` may not give it another meaning");
            self.problem("script-name-taken", position, message);
            self.help("choose another name");
        } else if self.names.iter().any(|known| known.name == name) {
            self.problem("script-name-taken", position, format!("`{name}` already has a meaning here"));
            self.help("choose another name, or leave out `let` to change its value");
        }
        self.names.push(Name { name: name.to_owned(), kind, position, used: false });
        Kind::Nothing
    }

    /// `NAME = VALUE` and, where `counts`, `NAME += VALUE`: for names of the script's own.
    fn assign(&mut self, target: &Expr, value: &Expr, counts: bool, position: Position) -> Kind {
        let given = self.value(value);
        let Expr::Variable(variable, ..) = target else { return self.refuse(position) };
        let name = variable.1.as_str();
        if let Some(known) = self.names.iter().rev().find(|known| known.name == name) {
            let wanted = known.kind;
            let fits = given == wanted && (!counts || wanted == Kind::Number);
            if !fits && given != Kind::Wrong && wanted != Kind::Wrong {
                let sign = word_at(self.text, position);
                let (given, kept) = (given.say(self.reads), wanted.say(self.reads));
                let message = format!("`{sign}` cannot put {given} into `{name}`, which is {kept}");
                self.problem("script-wrong-kind", position, message);
            }
            Kind::Nothing
        } else if self.reads.iter().any(|read| read.fact == name) {
            let message = format!("`{name}` is a fact, and a script may not change it");
            self.problem("script-changes-fact", target.position(), message);
            self.help("to compare, write `==`; to keep a value, give it a name of its own with `let`");
            Kind::Wrong
        } else {
            self.undeclared(name, target.position())
        }
    }

    fn expression(&mut self, expression: &Expr) -> Kind {
        match expression {
            Expr::BoolConstant(..) => Kind::YesNo,
            Expr::IntegerConstant(..) => Kind::Number,
            Expr::Unit(_) => Kind::Nothing,
            Expr::StringConstant(said, position) => {
                let message = format!("the text `{said}` can only be compared with a choice");
                self.problem("script-wrong-kind", *position, message);
                self.help(how_to_say(said, self.reads));
                Kind::Wrong
            }
            Expr::Variable(variable, _, position) => self.named(variable.1.as_str(), *position),
            Expr::And(sides, _) => self.each_yes_no(sides, "&&"),
            Expr::Or(sides, _) => self.each_yes_no(sides, "||"),
            Expr::FnCall(call, position) => self.call(call, *position),
            Expr::Stmt(block) => self.block(block.statements()),
            _ => self.refuse(expression.position()),
        }
    }

    /// A name stands for a value of the script's own or for a fact.
    fn named(&mut self, name: &str, position: Position) -> Kind {
        if let Some(known) = self.names.iter_mut().rev().find(|known| known.name == name) {
            known.used = true;
            return known.kind;
        }
        match self.reads.iter().enumerate().find(|(_, read)| read.fact == name) {
            Some((place, read)) => Kind::of(read, place),
            None => self.undeclared(name, position),
        }
    }

    fn each_yes_no(&mut self, sides: &[Expr], sign: &str) -> Kind {
        for side in sides {
            self.expect(side, Kind::YesNo, sign);
        }
        Kind::YesNo
    }

    /// Operators and the two functions; rhai has both as calls.
    fn call(&mut self, call: &FnCallExpr, position: Position) -> Kind {
        let name = call.name.as_str();
        match (name, call.args.as_slice()) {
            _ if call.capture_parent_scope => {
                self.problem("script-not-allowed", position, format!("a script may not use `{name}!`"));
                self.help("leave out the `!`");
                Kind::Wrong
            }
            ("at_least" | "at_most", arguments) => self.ranked(name, arguments, position),
            _ if !call.is_operator_call() => self.refuse_call(position),
            ("!", [side]) => self.expect(side, Kind::YesNo, name),
            ("-", [side]) => self.expect(side, Kind::Number, name),
            ("+" | "-" | "*" | "/" | "%", [left, right]) => {
                let sides = (self.value(left), self.value(right));
                self.both(name, sides, &[Kind::Number], position);
                Kind::Number
            }
            ("<" | "<=" | ">" | ">=", [left, right]) => self.compare(name, left, right, position),
            ("==" | "!=", [left, right]) => self.same(name, left, right, position),
            _ => self.refuse(position),
        }
    }

    /// `at_least(FACT, "answer")` and `at_most(FACT, "answer")`.
    fn ranked(&mut self, name: &str, arguments: &[Expr], position: Position) -> Kind {
        if let [fact, Expr::StringConstant(said, at)] = arguments {
            self.known_answer(fact, said, *at);
        } else {
            let message = format!("`{name}` needs a choice, a comma, and one of its answers in quotes");
            self.problem("script-wrong-kind", position, message);
            let sign = if name == "at_least" { ">=" } else { "<=" };
            self.help(format!("write `{name}(care, \"poor\")`; for a number, write `missing {sign} 3`"));
        }
        Kind::YesNo
    }

    /// `==` and `!=`: two yes or no, two numbers, or a choice and one of its answers.
    fn same(&mut self, sign: &str, left: &Expr, right: &Expr, position: Position) -> Kind {
        match (left, right) {
            (Expr::StringConstant(..), Expr::StringConstant(..)) => {
                self.value(left);
            }
            (Expr::StringConstant(said, at), choice) | (choice, Expr::StringConstant(said, at)) => {
                self.known_answer(choice, said, *at);
            }
            _ => {
                let sides = (self.value(left), self.value(right));
                self.both(sign, sides, &[Kind::YesNo, Kind::Number], position);
            }
        }
        Kind::YesNo
    }

    /// `<`, `<=`, `>` and `>=`: two numbers.
    fn compare(&mut self, sign: &str, left: &Expr, right: &Expr, position: Position) -> Kind {
        if let (Expr::Variable(variable, _, place), Expr::StringConstant(said, _)) = (left, right)
            && let choice @ Kind::Choice(_) = self.named(variable.1.as_str(), *place)
        {
            let message = format!("`{sign}` cannot compare {} with text", choice.say(self.reads));
            self.problem("script-wrong-kind", position, message);
            self.help(how_to_rank(sign, &variable.1, said));
        } else {
            let sides = (self.value(left), self.value(right));
            self.both(sign, sides, &[Kind::Number], position);
        }
        Kind::YesNo
    }

    /// Both sides must have one kind, and one of those that the sign can take.
    fn both(&mut self, sign: &str, (left, right): (Kind, Kind), can: &[Kind], position: Position) {
        if left == Kind::Wrong || right == Kind::Wrong || (left == right && can.contains(&left)) {
            return;
        }
        let message = format!("`{sign}` cannot stand between {} and {}", left.say(self.reads), right.say(self.reads));
        self.problem("script-wrong-kind", position, message);
        self.help(how_to_join(sign, left, right, self.reads).unwrap_or_default());
    }

    /// A choice stands beside one of its own answers, so that a slip in its spelling is seen here.
    fn known_answer(&mut self, choice: &Expr, said: &str, position: Position) {
        let kind = self.value(choice);
        if let Kind::Choice(place) = kind
            && let Some(read) = self.reads.get(place)
            && let ReadAnswers::Choice(answers) = &read.answers
        {
            if !answers.iter().any(|answer| answer == said) {
                let message = format!("`{}` has no answer `{said}`", read.fact);
                let problem = ScriptProblem::at("script-unknown-answer", self.text, position, message);
                let known = answers.iter().map(String::as_str);
                self.problems.push(problem.suggest(said, known, answers_of(read)));
            }
        } else if kind != Kind::Wrong {
            let found = kind.say(self.reads);
            let message = format!("the text `{said}` can only be compared with a choice, and here it is with {found}");
            self.problem("script-wrong-kind", position, message);
            self.help(how_to_say(said, self.reads));
        }
    }

    /// A value that is needed, whatever its kind.
    fn value(&mut self, expression: &Expr) -> Kind {
        let kind = self.expression(expression);
        if !matches!(kind, Kind::Nothing | Kind::Sometimes | Kind::Returned) {
            return kind;
        }
        let message = "a value is needed here, and this does not always give one";
        self.problem("script-no-value", start(expression), message);
        Kind::Wrong
    }

    /// A value that must have one kind.
    fn expect(&mut self, expression: &Expr, wanted: Kind, who: &str) -> Kind {
        let found = self.value(expression);
        if found == wanted || found == Kind::Wrong {
            return found;
        }
        let message = format!("`{who}` needs {}, and this is {}", wanted.say(self.reads), found.say(self.reads));
        self.problem("script-wrong-kind", start(expression), message);
        self.help(found.advice(self.reads).unwrap_or_default());
        Kind::Wrong
    }

    /// The kind of an `if` from the kinds of its two ways.
    fn join(&mut self, body: Kind, branch: Kind, position: Position) -> Kind {
        match (body, branch) {
            (Kind::Wrong, _) | (_, Kind::Wrong) => Kind::Wrong,
            (Kind::Returned, other) | (other, Kind::Returned) => other,
            (body, branch) if body == branch => body,
            (Kind::Nothing | Kind::Sometimes, _) | (_, Kind::Nothing | Kind::Sometimes) => Kind::Sometimes,
            _ => {
                let (body, branch) = (body.say(self.reads), branch.say(self.reads));
                let message = format!("this `if` gives {body} one way and {branch} the other");
                self.problem("script-wrong-kind", position, message);
                Kind::Wrong
            }
        }
    }

    fn undeclared(&mut self, name: &str, position: Position) -> Kind {
        let message = format!("`{name}` is not a fact that this script reads");
        let problem = ScriptProblem::at("script-undeclared-read", self.text, position, message);
        let facts = self.reads.iter().map(|read| read.fact.as_str());
        let known = facts.chain(self.names.iter().map(|name| name.name.as_str()));
        let problem = problem.suggest(name, known, "if it is a fact, declare it under `reads`");
        self.problems.push(problem);
        Kind::Wrong
    }

    fn refuse_call(&mut self, position: Position) -> Kind {
        let name = word_at(self.text, position);
        let otherwise = "a script may call `at_least` and `at_most`, and nothing else";
        self.problems.push(refused(self.text, position).suggest(name, CALLS, otherwise));
        Kind::Wrong
    }

    fn refuse(&mut self, position: Position) -> Kind {
        self.problems.push(refused(self.text, position));
        Kind::Wrong
    }

    fn problem(&mut self, code: &'static str, position: Position, message: impl Into<String>) {
        self.problems.push(ScriptProblem::at(code, self.text, position, message));
    }

    /// Advice for the problem said last.
    fn help(&mut self, advice: impl Into<String>) {
        if let Some(problem) = self.problems.last_mut() {
            problem.help = Some(advice.into()).filter(|advice| !advice.is_empty());
        }
    }
}

/// Where a statement begins; rhai gives the place of its operator.
fn beginning(statement: &Stmt) -> Position {
    match statement {
        Stmt::Expr(expression) => start(expression),
        Stmt::Assignment(parts) => start(&parts.1.lhs),
        _ => statement.position(),
    }
}

fn start(expression: &Expr) -> Position {
    match expression {
        Expr::FnCall(call, position) if call.args.len() == 2 && call.is_operator_call() => {
            call.args.first().map_or(*position, start)
        }
        Expr::And(sides, position) | Expr::Or(sides, position) => sides.first().map_or(*position, start),
        Expr::Stmt(block) => block.statements().first().map_or(block.position(), beginning),
        _ => expression.position(),
    }
}
