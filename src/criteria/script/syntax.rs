//! The words and signs that a script may be made of; everything else is refused by name, all of it at once.
//!
//! This is the first of two allow-lists. It works on the author's own text, so that it can name what it
//! refuses and say what to write instead, even where the script as a whole cannot be read.
//! It also closes what rhai lets pass in silence: a comment that never ends swallows the rest of the script,
//! `0xFFFFFFFFFFFFFFFF` is read as -1, and characters nobody sees make a script show other text than it runs.

use std::collections::BTreeSet;

use rhai::{Engine, LexError, ParseError, ParseErrorType, Position, Token};

use super::problem::{ScriptProblem, rest_of_line, word_at};

/// The code of a text that cannot be read as a script.
const SYNTAX: &str = "script-syntax";
/// The code of something that rhai can do and a script may not.
const NOT_ALLOWED: &str = "script-not-allowed";

/// What the text of a script is made of.
pub(super) struct Words {
    /// Every name in it; `None` when the text could not be taken apart to its end.
    pub(super) names: Option<BTreeSet<String>>,
    /// Every word and sign that is refused.
    pub(super) problems: Vec<ScriptProblem>,
}

/// Takes the text apart and refuses what is not on the list.
pub(super) fn check(engine: &Engine, text: &str, is_fact: impl Fn(&str) -> bool) -> Words {
    let mut problems = hidden_characters(text);
    if !problems.is_empty() {
        // What is shown is not what would be read, so nothing said of its words would help.
        return Words { names: None, problems };
    }
    let mut names = BTreeSet::new();
    let texts = [text];
    let (mut tokens, _) = engine.lex(&texts);
    tokens.state.include_comments = true;
    while let Some((token, position)) = tokens.next() {
        match &token {
            Token::EOF => return Words { names: Some(names), problems },
            Token::Comment(_) if tokens.state.comment_level > 0 => {
                let message = "this comment is never closed, so nothing after it would be read";
                let advice = "close it with `*/`, or write `//` before each line";
                problems.push(ScriptProblem::at(SYNTAX, text, position, message).help(advice));
                break;
            }
            Token::Comment(_) => {}
            Token::LexError(error) => {
                problems.push(unreadable(text, position, error));
                // Behind these the words are whole again.
                if !matches!(
                    **error,
                    LexError::MalformedChar(_) | LexError::MalformedNumber(_) | LexError::ImproperSymbol(..)
                ) {
                    break;
                }
            }
            Token::Identifier(name) if is_fact(name) || instead(name).is_none() => {
                names.insert(name.to_string());
            }
            Token::IntegerConstant(_) if !in_plain_figures(text, position) => {
                let message = "a number in a script is written in plain figures";
                problems.push(ScriptProblem::at(NOT_ALLOWED, text, position, message));
            }
            // What follows is no longer a list of words.
            Token::InterpolatedString(_) => {
                problems.push(refused(text, position));
                break;
            }
            token if allowed(token) => {}
            _ if is_fact(word_at(text, position)) => {
                names.insert(word_at(text, position).to_owned());
                let advice =
                    "the script language keeps this word for itself, so a fact of this name can only be used in YAML";
                problems.push(refused(text, position).help(advice));
            }
            _ => problems.push(refused(text, position)),
        }
    }
    Words { names: None, problems }
}

/// The words and signs of the language; one that is not here is refused, whatever rhai would make of it.
fn allowed(token: &Token) -> bool {
    use Token::{
        And, Bang, Colon, Comma, Const, Divide, DivideAssign, DoubleArrow, Else, Equals, EqualsTo, False, GreaterThan,
        GreaterThanEqualsTo, If, IntegerConstant, LeftBrace, LeftParen, LessThan, LessThanEqualsTo, Let, Minus,
        MinusAssign, Modulo, ModuloAssign, Multiply, MultiplyAssign, NotEqualsTo, Or, Plus, PlusAssign, Return,
        RightBrace, RightBracket, RightParen, SemiColon, StringConstant, True, UnaryMinus, Underscore, Unit,
    };
    match token {
        IntegerConstant(_) | StringConstant(_) | True | False => true,
        Let | Const | If | Else | Return => true,
        LeftBrace | RightBrace | LeftParen | RightParen | Unit | Comma | SemiColon => true,
        Equals | PlusAssign | MinusAssign | MultiplyAssign | DivideAssign | ModuloAssign => true,
        EqualsTo | NotEqualsTo | LessThan | LessThanEqualsTo | GreaterThan | GreaterThanEqualsTo => true,
        And | Or | Bang | Plus | Minus | UnaryMinus | Multiply | Divide | Modulo => true,
        // Never right either, but they follow another that is refused, and one problem is enough.
        Colon | DoubleArrow | RightBracket | Underscore => true,
        _ => false,
    }
}

/// The problem of a word that a script may not use.
pub(super) fn refused(text: &str, position: Position) -> ScriptProblem {
    let word = word_at(text, position);
    let message = match word.chars().next() {
        Some('`') => "a script may not build text out of values".to_owned(),
        Some('\'') => "an answer stands between double quotes".to_owned(),
        _ => format!("a script may not use `{word}`"),
    };
    let advice = instead(word).unwrap_or("a script reads its facts and answers true or false; it can do nothing else");
    ScriptProblem::at(NOT_ALLOWED, text, position, message).help(advice)
}

/// What to do instead of a word or sign that authors are likely to try.
fn instead(word: &str) -> Option<&'static str> {
    Some(match word {
        "while" | "loop" | "for" | "do" | "until" | "break" | "continue" => {
            "a script is worked out once for each possible answer of its facts, so it need not repeat anything"
        }
        "in" | ".." | "..=" => "for a range, write both ends: `missing >= 3 && missing <= 5`",
        "switch" | "match" | "case" | "?" => "write `if ... { ... } else if ... { ... } else { ... }`",
        "fn" | "private" => "a script is one condition: write it out, and give its parts names with `let`",
        "import" | "export" | "as" | "use" | "module" | "global" | "::" => {
            "a script stands alone, and reads only the facts under `reads`"
        }
        "try" | "catch" | "throw" => {
            "a script may not hide an error: where it cannot be worked out, it counts as not known, and is reported"
        }
        "." | "?." => "name each fact alone, without a dot; numbers are whole",
        "this" => "name the fact that is meant",
        "[" | "]" | "#" | "?[" => "a script has no lists: name each fact",
        "??" | "null" | "nil" => "a script never sees a fact that is not known, so it need not ask",
        "|" => "for “or”, write `||`; a script has no functions of its own",
        "or" | "OR" => "for “or”, write `||`",
        "&" | "and" | "AND" => "for “and”, write `&&`",
        "not" | "NOT" | "~" => "for “not”, write `!` before it",
        "yes" => "write `true`, or the fact alone",
        "no" => "write `false`, or `!` before the fact",
        "is" | "===" => "to compare, write `==`",
        "=>" => "for “at least”, write `>=`",
        "!==" => "for “is not”, write `!=`",
        "elif" | "elseif" | "elsif" => "write `else if`",
        "then" => "write the answer in `{ ... }` after the condition",
        "+" => "a number needs no `+` before it",
        "++" | "--" => "write `+= 1` or `-= 1`",
        "<<" | ">>" | "<<=" | ">>=" | "**" | "**=" | "^" | "&=" | "|=" | "^=" => {
            "numbers may be added, subtracted, multiplied and divided: `+ - * / %`"
        }
        word if word.starts_with('`') => "compare a choice with one of its answers, as it stands: `care == \"poor\"`",
        word if word.starts_with('\'') => "write `\"poor\"`, not `'poor'`",
        _ => return None,
    })
}

/// Characters that cannot be seen, or that turn the order of others round: what is shown is not what runs.
fn hidden_characters(text: &str) -> Vec<ScriptProblem> {
    let hidden = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
    };
    let lines = text.split('\n').enumerate();
    let found =
        lines.flat_map(|(line, characters)| characters.chars().enumerate().map(move |(column, c)| (line, column, c)));
    found
        .filter(|&(_, _, c)| hidden(c))
        .map(|(line, column, c)| {
            let message = format!("there is a character here that nobody can see (U+{:04X})", u32::from(c));
            let problem = ScriptProblem::whole("script-hidden-character", message);
            ScriptProblem { line: line + 1, column: column + 1, ..problem }.help("delete it, and type the line again")
        })
        .collect()
}

/// rhai also reads numbers in base 2, 8 and 16, and lets the large ones of these turn negative.
fn in_plain_figures(text: &str, position: Position) -> bool {
    let figures = rest_of_line(text, position).trim_start_matches('-');
    !(figures.starts_with('0') && figures.chars().nth(1).is_some_and(char::is_alphabetic))
}

/// Words that cannot be taken apart.
fn unreadable(text: &str, position: Position, error: &LexError) -> ScriptProblem {
    let problem = |message: String| ScriptProblem::at(SYNTAX, text, position, message);
    match error {
        LexError::UnterminatedString => problem("the quotes that open here are never closed".into()),
        LexError::StringTooLong(most) => problem(format!("text in a script may have at most {most} characters")),
        LexError::MalformedNumber(_) => problem("this is not a number that a script can hold".into()),
        LexError::MalformedEscapeSequence(sequence) => problem(format!("`{sequence}` means nothing inside quotes")),
        LexError::UnexpectedInput(input) if !input.is_ascii() => {
            let code = input.chars().next().map_or(0, u32::from);
            problem(format!("`{input}` (U+{code:04X}) is not a letter that a name in a script may have"))
                .help("it may look like another letter: type the name again")
        }
        _ => refused(text, position),
    }
}

/// The first place where the words do not make a script.
pub(super) fn explain(text: &str, error: &ParseError) -> ScriptProblem {
    let position = error.position();
    let word = word_at(text, position);
    let problem = |message: String| ScriptProblem::at(SYNTAX, text, position, message);
    match error.err_type() {
        ParseErrorType::ExprTooDeep => ScriptProblem::at(
            "script-too-deep",
            text,
            position,
            "this condition has too many parts, or parts inside parts",
        )
        .help("give a part of it a name with `let`, and use that name"),
        ParseErrorType::UnexpectedEOF => problem("the script ends where something is still missing".into()),
        ParseErrorType::MissingToken(sign, _) if word.is_empty() => match sign.as_str() {
            ")" => problem("the script ends before every `(` is closed".into()),
            _ => problem("the script ends before every `{` is closed".into()),
        },
        ParseErrorType::MissingToken(sign, _) if sign == ";" && instead(word).is_some() => refused(text, position),
        ParseErrorType::MissingToken(sign, _) if sign == ";" => {
            problem(format!("`{word}` does not follow from what stands before it"))
                .help("is `&&`, `||` or `;` missing before it, or is a bracket closed too early?")
        }
        ParseErrorType::MissingToken(sign, _) => problem(format!("`{sign}` is missing before `{word}`")),
        ParseErrorType::MismatchedType(_, found) => {
            let found = found.replace("a string", "text").replace("()", "nothing");
            let message = format!("a yes or no is needed here, and this is {found}");
            ScriptProblem::at("script-wrong-kind", text, position, message)
        }
        ParseErrorType::VariableExpected => problem("`let` needs a name here".into()),
        ParseErrorType::AssignmentToConstant(name) if !name.is_empty() => {
            problem(format!("`{name}` was made with `const`, so its value stays")).help("make it with `let` instead")
        }
        ParseErrorType::AssignmentToConstant(_) | ParseErrorType::AssignmentToInvalidLHS(_) => {
            problem("only a name made with `let` can be given a value".into()).help("to compare, write `==`")
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(sign, _)) if sign == "=" => {
            problem("`=` gives a value".into()).help("to compare, write `==`")
        }
        _ if word.is_empty() => problem("the script ends where something is still missing".into()),
        _ => problem(format!("`{word}` cannot stand here")),
    }
}
