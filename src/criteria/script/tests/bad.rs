//! Scripts that are refused, each with every line that its author sees: place, code, message and advice.

use super::*;

#[rustfmt::skip]
const BAD: &[(&str, &str, &[&str])] = &[
    // empty or cut short
    ("hit_now", "", &[
        "1:1+1 script-no-answer: the script is empty, so it answers nothing",
        "1:1+1 script-unused-read: `hit_now` is declared under `reads`, and the script never names it | name it, or leave it out of `reads`",
    ]),
    ("hit_now", "  // hit_now\n", &[
        "1:1+1 script-no-answer: the script is empty, so it answers nothing",
        "1:1+1 script-unused-read: `hit_now` is declared under `reads`, and the script never names it | name it, or leave it out of `reads`",
    ]),
    ("missing", "missing >", &[
        "1:10+1 script-syntax: the script ends where something is still missing",
    ]),
    ("missing", "(missing > 3", &[
        "1:13+1 script-syntax: the script ends before every `(` is closed",
    ]),
    ("hit_now", "if hit_now { true", &[
        "1:18+1 script-syntax: the script ends before every `{` is closed",
    ]),
    ("missing", "missing > 3)", &[
        "1:12+1 script-syntax: `)` does not follow from what stands before it | is `&&`, `||` or `;` missing before it, or is a bracket closed too early?",
    ]),
    ("missing", "missing 3", &[
        "1:9+1 script-syntax: `3` does not follow from what stands before it | is `&&`, `||` or `;` missing before it, or is a bracket closed too early?",
    ]),
    ("care", "at_least(care \"poor\")", &[
        "1:15+6 script-syntax: `,` is missing before `\"poor\"`",
    ]),
    ("care", "care == \"poor", &[
        "1:9+5 script-syntax: the quotes that open here are never closed",
    ]),
    ("hit_now", "hit_now && /* not finished\n|| hit_now", &[
        "1:12+2 script-syntax: this comment is never closed, so nothing after it would be read | close it with `*/`, or write `//` before each line",
    ]),
    ("hit_now", "else { true }", &[
        "1:1+4 script-syntax: `else` cannot stand here",
        "1:1+1 script-unused-read: `hit_now` is declared under `reads`, and the script never names it | name it, or leave it out of `reads`",
    ]),
    ("hit_now missing", "if hit_now { true } else if missing > 2 true", &[
        "1:41+4 script-syntax: `{` is missing before `true`",
    ]),
    ("hit_now", "let if = 3; hit_now", &[
        "1:5+2 script-syntax: `let` needs a name here",
    ]),
    ("hit_now", "let = 3; hit_now", &[
        "1:5+1 script-syntax: `let` needs a name here",
    ]),
    // words of other languages
    ("hit_now missing", "hit_now and missing > 3 or not hit_now", &[
        "1:9+3 script-not-allowed: a script may not use `and` | for “and”, write `&&`",
        "1:25+2 script-not-allowed: a script may not use `or` | for “or”, write `||`",
        "1:28+3 script-not-allowed: a script may not use `not` | for “not”, write `!` before it",
    ]),
    ("hit_now missing", "hit_now & missing > 3 | hit_now", &[
        "1:9+1 script-not-allowed: a script may not use `&` | for “and”, write `&&`",
        "1:23+1 script-not-allowed: a script may not use `|` | for “or”, write `||`; a script has no functions of its own",
    ]),
    ("hit_now", "hit_now ? true : false", &[
        "1:9+1 script-not-allowed: a script may not use `?` | write `if ... { ... } else if ... { ... } else { ... }`",
    ]),
    ("hit_now", "if hit_now then true else false", &[
        "1:12+4 script-not-allowed: a script may not use `then` | write the answer in `{ ... }` after the condition",
    ]),
    ("hit_now", "hit_now is yes", &[
        "1:9+2 script-not-allowed: a script may not use `is` | to compare, write `==`",
        "1:12+3 script-not-allowed: a script may not use `yes` | write `true`, or the fact alone",
    ]),
    ("hit_now", "hit_now !== false", &[
        "1:9+3 script-not-allowed: a script may not use `!==` | for “is not”, write `!=`",
    ]),
    ("missing", "missing === 3", &[
        "1:9+3 script-not-allowed: a script may not use `===` | to compare, write `==`",
    ]),
    ("missing", "missing++ > 3", &[
        "1:8+2 script-not-allowed: a script may not use `++` | write `+= 1` or `-= 1`",
    ]),
    ("care", "care == 'poor'", &[
        "1:9+6 script-not-allowed: an answer stands between double quotes | write `\"poor\"`, not `'poor'`",
    ]),
    ("care", "care == 'p'", &[
        "1:9+3 script-not-allowed: an answer stands between double quotes | write `\"poor\"`, not `'poor'`",
    ]),
    ("missing", "missing <> 3", &[
        "1:10+1 script-syntax: `>` cannot stand here",
    ]),
    // what rhai can do and a script may not
    ("hit_now", "eval(\"hit_now\")", &[
        "1:1+4 script-not-allowed: a script may not use `eval` | a script reads its facts and answers true or false; it can do nothing else",
        "1:1+1 script-unused-read: `hit_now` is declared under `reads`, and the script never names it | name it, or leave it out of `reads`",
    ]),
    ("hit_now", "import \"other\" as other; hit_now", &[
        "1:1+6 script-not-allowed: a script may not use `import` | a script stands alone, and reads only the facts under `reads`",
        "1:16+2 script-not-allowed: a script may not use `as` | a script stands alone, and reads only the facts under `reads`",
    ]),
    ("hit_now", "while hit_now { }\nhit_now", &[
        "1:1+5 script-not-allowed: a script may not use `while` | a script is worked out once for each possible answer of its facts, so it need not repeat anything",
    ]),
    ("hit_now", "loop { hit_now }", &[
        "1:1+4 script-not-allowed: a script may not use `loop` | a script is worked out once for each possible answer of its facts, so it need not repeat anything",
    ]),
    ("hit_now", "do { } until hit_now", &[
        "1:1+2 script-not-allowed: a script may not use `do` | a script is worked out once for each possible answer of its facts, so it need not repeat anything",
        "1:8+5 script-not-allowed: a script may not use `until` | a script is worked out once for each possible answer of its facts, so it need not repeat anything",
    ]),
    ("missing", "for day in 0..3 { }\nmissing > 3", &[
        "1:1+3 script-not-allowed: a script may not use `for` | a script is worked out once for each possible answer of its facts, so it need not repeat anything",
        "1:9+2 script-not-allowed: a script may not use `in` | for a range, write both ends: `missing >= 3 && missing <= 5`",
        "1:13+2 script-not-allowed: a script may not use `..` | for a range, write both ends: `missing >= 3 && missing <= 5`",
    ]),
    ("hit_now", "break; hit_now", &[
        "1:1+5 script-not-allowed: a script may not use `break` | a script is worked out once for each possible answer of its facts, so it need not repeat anything",
    ]),
    ("missing", "fn often(n) { n > 3 }\noften(missing)", &[
        "1:1+2 script-not-allowed: a script may not use `fn` | a script is one condition: write it out, and give its parts names with `let`",
    ]),
    ("missing", "let often = |n| n > 3; often(missing)", &[
        "1:13+1 script-not-allowed: a script may not use `|` | for “or”, write `||`; a script has no functions of its own",
    ]),
    ("care", "switch care { \"fine\" => false, _ => true }", &[
        "1:1+6 script-not-allowed: a script may not use `switch` | write `if ... { ... } else if ... { ... } else { ... }`",
    ]),
    ("missing", "try { 30 / missing > 3 } catch { false }", &[
        "1:1+3 script-not-allowed: a script may not use `try` | a script may not hide an error: where it cannot be worked out, it counts as not known, and is reported",
        "1:26+5 script-not-allowed: a script may not use `catch` | a script may not hide an error: where it cannot be worked out, it counts as not known, and is reported",
    ]),
    ("hit_now", "if hit_now { throw \"no\" } else { false }", &[
        "1:14+5 script-not-allowed: a script may not use `throw` | a script may not hide an error: where it cannot be worked out, it counts as not known, and is reported",
    ]),
    ("care", "care.level == 2", &[
        "1:5+1 script-not-allowed: a script may not use `.` | name each fact alone, without a dot; numbers are whole",
    ]),
    ("care", "care[0] == \"fine\"", &[
        "1:5+1 script-not-allowed: a script may not use `[` | a script has no lists: name each fact",
    ]),
    ("care", "care.at_least(\"poor\")", &[
        "1:5+1 script-not-allowed: a script may not use `.` | name each fact alone, without a dot; numbers are whole",
    ]),
    ("care", "`${care}` == \"fine\"", &[
        "1:1+9 script-not-allowed: a script may not build text out of values | compare a choice with one of its answers, as it stands: `care == \"poor\"`",
    ]),
    ("hit_now", "#{ hit: hit_now }", &[
        "1:1+1 script-not-allowed: a script may not use `#` | a script has no lists: name each fact",
    ]),
    ("hit_now", "[hit_now]", &[
        "1:1+1 script-not-allowed: a script may not use `[` | a script has no lists: name each fact",
    ]),
    ("missing", "missing in 3..5", &[
        "1:9+2 script-not-allowed: a script may not use `in` | for a range, write both ends: `missing >= 3 && missing <= 5`",
        "1:13+2 script-not-allowed: a script may not use `..` | for a range, write both ends: `missing >= 3 && missing <= 5`",
    ]),
    ("hit_now", "hit_now ?? false", &[
        "1:9+2 script-not-allowed: a script may not use `??` | a script never sees a fact that is not known, so it need not ask",
    ]),
    ("hit_now", "null == hit_now", &[
        "1:1+4 script-not-allowed: a script may not use `null` | a script never sees a fact that is not known, so it need not ask",
    ]),
    ("missing", "missing << 2 > 4", &[
        "1:9+2 script-not-allowed: a script may not use `<<` | numbers may be added, subtracted, multiplied and divided: `+ - * / %`",
    ]),
    ("missing", "missing ** 2 > 4", &[
        "1:9+2 script-not-allowed: a script may not use `**` | numbers may be added, subtracted, multiplied and divided: `+ - * / %`",
    ]),
    ("missing", "missing ^ 2 > 4", &[
        "1:9+1 script-not-allowed: a script may not use `^` | numbers may be added, subtracted, multiplied and divided: `+ - * / %`",
    ]),
    ("missing", "missing > 1.5", &[
        "1:12+1 script-not-allowed: a script may not use `.` | name each fact alone, without a dot; numbers are whole",
    ]),
    ("missing", "missing < 0xFFFFFFFFFFFFFFFF", &[
        "1:11+18 script-not-allowed: a number in a script is written in plain figures",
    ]),
    ("missing", "missing < 99999999999999999999", &[
        "1:11+20 script-syntax: this is not a number that a script can hold",
    ]),
    ("missing", "timestamp() > missing", &[
        "1:1+9 script-not-allowed: a script may not use `timestamp` | a script may call `at_least` and `at_most`, and nothing else",
    ]),
    ("missing", "print(missing)", &[
        "1:1+5 script-not-allowed: a script may not use `print` | a script reads its facts and answers true or false; it can do nothing else",
    ]),
    ("missing", "debug(missing)", &[
        "1:1+5 script-not-allowed: a script may not use `debug` | a script reads its facts and answers true or false; it can do nothing else",
    ]),
    ("care", "type_of(care) == \"string\"", &[
        "1:1+7 script-not-allowed: a script may not use `type_of` | a script reads its facts and answers true or false; it can do nothing else",
    ]),
    ("hit_now", "is_def_var(\"hit_now\") && hit_now", &[
        "1:1+10 script-not-allowed: a script may not use `is_def_var` | a script reads its facts and answers true or false; it can do nothing else",
    ]),
    ("hit_now", "this == hit_now", &[
        "1:1+4 script-not-allowed: a script may not use `this` | name the fact that is meant",
    ]),
    ("hit_now", "global::hit_now", &[
        "1:1+6 script-not-allowed: a script may not use `global` | a script stands alone, and reads only the facts under `reads`",
    ]),
    ("hit_now", "call(hit_now)", &[
        "1:1+4 script-not-allowed: a script may not use `call` | a script reads its facts and answers true or false; it can do nothing else",
    ]),
    ("hit_now", "curry(hit_now)", &[
        "1:1+5 script-not-allowed: a script may not use `curry` | a script reads its facts and answers true or false; it can do nothing else",
    ]),
    ("hit_now", "Fn(\"hit_now\")", &[
        "1:1+2 script-not-allowed: a script may not use `Fn` | a script reads its facts and answers true or false; it can do nothing else",
        "1:1+1 script-unused-read: `hit_now` is declared under `reads`, and the script never names it | name it, or leave it out of `reads`",
    ]),
    ("hit_now", "exit(hit_now)", &[
        "1:1+4 script-not-allowed: a script may not use `exit` | a script may call `at_least` and `at_most`, and nothing else",
    ]),
    ("missing", "rand() > missing", &[
        "1:1+4 script-not-allowed: a script may not use `rand` | a script may call `at_least` and `at_most`, and nothing else",
    ]),
    ("care", "atleast(care, \"poor\")", &[
        "1:1+7 script-not-allowed: a script may not use `atleast` | did you mean `at_least`?",
    ]),
    ("care", "at_least!(care, \"poor\")", &[
        "1:1+8 script-not-allowed: a script may not use `at_least!` | leave out the `!`",
    ]),
    ("hit_now", "#!/usr/bin/rhai\nhit_now", &[
        "1:1+1 script-not-allowed: a script may not use `#` | a script has no lists: name each fact",
    ]),
    // characters that are not what they seem
    ("hit_now", "h\u{456}t_now", &[
        "1:2+6 script-syntax: `і` (U+0456) is not a letter that a name in a script may have | it may look like another letter: type the name again",
    ]),
    ("hit_now", "hit\u{200b}_now", &[
        "1:4+1 script-hidden-character: there is a character here that nobody can see (U+200B) | delete it, and type the line again",
    ]),
    ("hit_now", "hit_now // \u{202e}eurt", &[
        "1:12+1 script-hidden-character: there is a character here that nobody can see (U+202E) | delete it, and type the line again",
    ]),
    ("hit_now", "\u{feff}hit_now", &[
        "1:1+1 script-hidden-character: there is a character here that nobody can see (U+FEFF) | delete it, and type the line again",
    ]),
    ("hit_now", "hit_now\r\n", &[
        "1:8+1 script-hidden-character: there is a character here that nobody can see (U+000D) | delete it, and type the line again",
    ]),
    // kinds that do not fit
    ("missing", "\"5\" > missing", &[
        "1:1+3 script-wrong-kind: the text `5` can only be compared with a choice | for the number, write `5` without quotes",
    ]),
    ("missing", "missing == \"5\"", &[
        "1:12+3 script-wrong-kind: the text `5` can only be compared with a choice, and here it is with a number | for the number, write `5` without quotes",
    ]),
    ("hit_now", "hit_now == \"yes\"", &[
        "1:12+5 script-wrong-kind: the text `yes` can only be compared with a choice, and here it is with a yes or no | write `true` without quotes, or the fact alone",
    ]),
    ("hit_now", "hit_now == 1", &[
        "1:9+2 script-wrong-kind: `==` cannot stand between a yes or no and a number | a yes or no stands alone, or with `!` before it; join several by `&&` or `||`",
    ]),
    ("hit_now", "hit_now > false", &[
        "1:9+1 script-wrong-kind: `>` cannot stand between a yes or no and a yes or no | compare two numbers at a time: `0 < missing && missing < 5`",
    ]),
    ("hit_now missing", "hit_now + missing > 2", &[
        "1:9+1 script-wrong-kind: `+` cannot stand between a yes or no and a number | to count, write `let n = 0;` and then `if hit_now { n += 1 }`",
    ]),
    ("missing", "0 < missing < 5", &[
        "1:13+1 script-wrong-kind: `<` cannot stand between a yes or no and a number | compare two numbers at a time: `0 < missing && missing < 5`",
    ]),
    ("missing", "!missing == 3", &[
        "1:2+7 script-wrong-kind: `!` needs a yes or no, and this is a number | compare it with a number, such as `>= 3`",
    ]),
    ("missing", "missing && true", &[
        "1:1+7 script-wrong-kind: `&&` needs a yes or no, and this is a number | compare it with a number, such as `>= 3`",
    ]),
    ("missing", "missing > 2 && 5", &[
        "1:16+1 script-wrong-kind: a yes or no is needed here, and this is a number",
    ]),
    ("missing", "if missing { true } else { false }", &[
        "1:4+7 script-wrong-kind: `if` needs a yes or no, and this is a number | compare it with a number, such as `>= 3`",
    ]),
    ("missing", "missing", &[
        "1:1+7 script-wrong-kind: the script must answer true or false, and this is a number | compare it with a number, such as `>= 3`",
    ]),
    ("care", "care", &[
        "1:1+4 script-wrong-kind: the script must answer true or false, and this is the choice `care` | `care` has 3 answers: `fine`, `poor`, `dangerous`",
    ]),
    ("care", "care == 3", &[
        "1:6+2 script-wrong-kind: `==` cannot stand between the choice `care` and a number | `care` has 3 answers: `fine`, `poor`, `dangerous`",
    ]),
    ("care", "care == care", &[
        "1:6+2 script-wrong-kind: `==` cannot stand between the choice `care` and the choice `care` | `care` has 3 answers: `fine`, `poor`, `dangerous`",
    ]),
    ("care", "care > \"poor\"", &[
        "1:6+1 script-wrong-kind: `>` cannot compare the choice `care` with text | for the order of concern, write `!at_most(care, \"poor\")`",
    ]),
    ("care", "care && true", &[
        "1:1+4 script-wrong-kind: `&&` needs a yes or no, and this is the choice `care` | `care` has 3 answers: `fine`, `poor`, `dangerous`",
    ]),
    ("care", "at_least(care)", &[
        "1:1+8 script-wrong-kind: `at_least` needs a choice, a comma, and one of its answers in quotes | write `at_least(care, \"poor\")`; for a number, write `missing >= 3`",
    ]),
    ("missing", "at_least(missing, \"poor\")", &[
        "1:19+6 script-wrong-kind: the text `poor` can only be compared with a choice, and here it is with a number | write `care == \"poor\"`, `at_least(care, \"poor\")` or `at_most(care, \"poor\")`",
    ]),
    ("missing", "at_most(missing, 3)", &[
        "1:1+7 script-wrong-kind: `at_most` needs a choice, a comma, and one of its answers in quotes | write `at_most(care, \"poor\")`; for a number, write `missing <= 3`",
    ]),
    ("missing", "\"a\" == \"a\" && missing > 3", &[
        "1:1+3 script-wrong-kind: the text `a` can only be compared with a choice | write `care == \"poor\"`, `at_least(care, \"poor\")` or `at_most(care, \"poor\")`",
    ]),
    ("hit_now", "let text = \"a\"; text += text; hit_now", &[
        "1:12+3 script-wrong-kind: the text `a` can only be compared with a choice | write `care == \"poor\"`, `at_least(care, \"poor\")` or `at_most(care, \"poor\")`",
    ]),
    ("hit_now", "() == hit_now", &[
        "1:1+2 script-no-value: a value is needed here, and this does not always give one",
    ]),
    ("hit_now", "-hit_now", &[
        "1:2+7 script-wrong-kind: `-` needs a number, and this is a yes or no | a yes or no stands alone, or with `!` before it; join several by `&&` or `||`",
    ]),
    ("missing", "+missing > 3", &[
        "1:1+1 script-not-allowed: a script may not use `+` | a number needs no `+` before it",
    ]),
    ("hit_now missing", "let n = if hit_now { 3 } else { true }; missing > n", &[
        "1:9+2 script-wrong-kind: this `if` gives a number one way and a yes or no the other",
    ]),
    ("hit_now missing", "let n = if hit_now { 3 }; missing > n", &[
        "1:9+2 script-no-value: a value is needed here, and this does not always give one",
    ]),
    ("hit_now", "let n = hit_now; n = 3; n", &[
        "1:20+1 script-wrong-kind: `=` cannot put a number into `n`, which is a yes or no",
    ]),
    ("hit_now", "let n = 0; n += hit_now; n > 0", &[
        "1:14+2 script-wrong-kind: `+=` cannot put a yes or no into `n`, which is a number",
    ]),
    ("hit_now missing", "if hit_now { return missing } true", &[
        "1:21+7 script-wrong-kind: `return` needs a yes or no, and this is a number | compare it with a number, such as `>= 3`",
    ]),
    // answers
    ("care", "care == \"dangerouss\"", &[
        "1:9+12 script-unknown-answer: `care` has no answer `dangerouss` | did you mean `dangerous`?",
    ]),
    ("care", "care != \"unsafe\"", &[
        "1:9+8 script-unknown-answer: `care` has no answer `unsafe` | `care` has 3 answers: `fine`, `poor`, `dangerous`",
    ]),
    ("care", "at_least(care, \"porr\") || at_most(care, \"Fine\")", &[
        "1:16+6 script-unknown-answer: `care` has no answer `porr` | did you mean `poor`?",
        "1:41+6 script-unknown-answer: `care` has no answer `Fine` | did you mean `fine`?",
    ]),
    ("hit_now", "if hit_now { true }", &[
        "1:1+2 script-no-answer: there is a way through this that gives no answer | let each way end in an answer: add `else { false }`, or whatever the answer is then",
    ]),
    ("hit_now", "if hit_now { true } else { }", &[
        "1:1+2 script-no-answer: there is a way through this that gives no answer | let each way end in an answer: add `else { false }`, or whatever the answer is then",
    ]),
    ("hit_now missing", "if hit_now { true } else if missing > 3 { true }", &[
        "1:1+2 script-no-answer: there is a way through this that gives no answer | let each way end in an answer: add `else { false }`, or whatever the answer is then",
    ]),
    ("hit_now missing", "if hit_now { true }\nmissing > 3", &[
        "1:1+2 script-lost-answer: what this answers is thrown away, because more follows it | write `return` before the answer that is meant, or join the two by `&&`, `||` or `else`",
    ]),
    ("missing", "missing > 3;\nfalse", &[
        "1:1+7 script-lost-answer: what this answers is thrown away, because more follows it | write `return` before the answer that is meant, or join the two by `&&`, `||` or `else`",
    ]),
    ("hit_now", "return false;\nhit_now", &[
        "2:1+7 script-never-reached: this is never reached, because the script has answered before it",
    ]),
    ("hit_now", "if hit_now { return; }\nfalse", &[
        "1:14+6 script-no-answer: `return` stands here without an answer | write `return true` or `return false`",
    ]),
    ("hit_now", "let n = hit_now;", &[
        "1:1+3 script-no-answer: the script ends here without an answer | end it with a condition, such as `missing >= 3`",
        "1:5+1 script-unused-name: `n` is given a value that is never used | use it, or leave it out",
    ]),
    ("hit_now", "()", &[
        "1:1+2 script-no-answer: the script ends here without an answer | end it with a condition, such as `missing >= 3`",
        "1:1+1 script-unused-read: `hit_now` is declared under `reads`, and the script never names it | name it, or leave it out of `reads`",
    ]),
    // names
    ("missing", "mising > 3", &[
        "1:1+6 script-undeclared-read: `mising` is not a fact that this script reads | did you mean `missing`?",
        "1:1+1 script-unused-read: `missing` is declared under `reads`, and the script never names it | name it, or leave it out of `reads`",
    ]),
    ("missing", "missing > 3 && hit_now", &[
        "1:16+7 script-undeclared-read: `hit_now` is not a fact that this script reads | if it is a fact, declare it under `reads`",
    ]),
    ("hit_now missing", "missing > 3", &[
        "1:1+1 script-unused-read: `hit_now` is declared under `reads`, and the script never names it | name it, or leave it out of `reads`",
    ]),
    ("hit_now care missing", "true", &[
        "1:1+1 script-unused-read: `hit_now` is declared under `reads`, and the script never names it | name it, or leave it out of `reads`",
        "1:1+1 script-unused-read: `care` is declared under `reads`, and the script never names it | name it, or leave it out of `reads`",
        "1:1+1 script-unused-read: `missing` is declared under `reads`, and the script never names it | name it, or leave it out of `reads`",
    ]),
    ("hit_now", "hit_now = true", &[
        "1:1+7 script-changes-fact: `hit_now` is a fact, and a script may not change it | to compare, write `==`; to keep a value, give it a name of its own with `let`",
    ]),
    ("hit_now", "if hit_now = true { true } else { false }", &[
        "1:12+1 script-syntax: `=` gives a value | to compare, write `==`",
    ]),
    ("missing", "missing += 1; missing > 3", &[
        "1:1+7 script-changes-fact: `missing` is a fact, and a script may not change it | to compare, write `==`; to keep a value, give it a name of its own with `let`",
    ]),
    ("missing", "3 = missing", &[
        "1:1+1 script-syntax: only a name made with `let` can be given a value | to compare, write `==`",
    ]),
    ("hit_now", "let hit_now = false; hit_now", &[
        "1:5+7 script-name-taken: `hit_now` is a fact, so `let` may not give it another meaning | choose another name",
    ]),
    ("hit_now", "let n = 1; { let n = hit_now; n }", &[
        "1:5+1 script-unused-name: `n` is given a value that is never used | use it, or leave it out",
        "1:18+1 script-name-taken: `n` already has a meaning here | choose another name, or leave out `let` to change its value",
    ]),
    ("hit_now", "let n = hit_now; let n = false; n", &[
        "1:5+1 script-unused-name: `n` is given a value that is never used | use it, or leave it out",
        "1:22+1 script-name-taken: `n` already has a meaning here | choose another name, or leave out `let` to change its value",
    ]),
    ("hit_now", "let n; hit_now", &[
        "1:5+1 script-no-value: `n` is given no value | write `let n = ...;`",
    ]),
    ("hit_now", "let n = 0; hit_now", &[
        "1:5+1 script-unused-name: `n` is given a value that is never used | use it, or leave it out",
    ]),
    ("missing", "const MANY = 3; MANY = 5; missing > MANY", &[
        "1:17+4 script-syntax: `MANY` was made with `const`, so its value stays | make it with `let` instead",
    ]),
    ("missing", "often = 3; missing > often", &[
        "1:1+5 script-undeclared-read: `often` is not a fact that this script reads | if it is a fact, declare it under `reads`",
    ]),
    ("missing", "often += 3; missing > often", &[
        "1:1+5 script-undeclared-read: `often` is not a fact that this script reads | if it is a fact, declare it under `reads`",
    ]),
    // rows
    ("missing", "missing > 30 / 0", &[
        "1:14+1 script-always-errs: the script cannot be worked out for any answers: when `missing` is 0, it divides by zero",
    ]),
    ("missing", "9223372036854775807 + 1 > missing", &[
        "1:21+1 script-always-errs: the script cannot be worked out for any answers: when `missing` is 0, it makes a number too large to hold",
    ]),
    ("far", "far > 3", &[
        "1:1+1 script-too-large: the answers of this script's facts make more rows than can be counted (`far` too many), and 20,000 are left in this rule set | band `far`: write each band that matters as a criterion, such as `{ far: { at_least: 3 } }`, and combine it with this script by `all` or `any`, so that the script need not read `far`",
    ]),
    ("age missing hit_now care", "hit_now && care == \"poor\" && age > missing", &[
        "1:1+1 script-too-large: the answers of this script's facts make 40,362 rows (`age` 217 × `missing` 31 × `hit_now` 2 × `care` 3), and 20,000 are left in this rule set | band `age`: write each band that matters as a criterion, such as `{ age: { at_least: 3 } }`, and combine it with this script by `all` or `any`, so that the script need not read `age`",
    ]),
    ("many many2 many3", "many == \"a1\" && many2 == \"a1\" && many3 == \"a1\"", &[
        "1:1+1 script-too-large: the answers of this script's facts make 1,000,000 rows (`many` 100 × `many2` 100 × `many3` 100), and 20,000 are left in this rule set | let the script read fewer facts: what `all`, `any` and `not` can say belongs in the criterion",
    ]),
    // several at once, and beyond the first line
    ("hit_now care", "// first\nhit_now && whlie\n  && at_leest(care, \"poor\") && care == \"por\"", &[
        "2:12+5 script-undeclared-read: `whlie` is not a fact that this script reads | if it is a fact, declare it under `reads`",
        "3:6+8 script-not-allowed: a script may not use `at_leest` | did you mean `at_least`?",
        "3:40+5 script-unknown-answer: `care` has no answer `por` | did you mean `poor`?",
    ]),
    ("hit_now missing", "while missing > 3 { }\nhit_now and mising > 3", &[
        "1:1+5 script-not-allowed: a script may not use `while` | a script is worked out once for each possible answer of its facts, so it need not repeat anything",
        "2:9+3 script-not-allowed: a script may not use `and` | for “and”, write `&&`",
    ]),
    // comments, quotes and figures
    ("hit_now", "hit_now /* a /* b */", &[
        "1:9+2 script-syntax: this comment is never closed, so nothing after it would be read | close it with `*/`, or write `//` before each line",
    ]),
    ("hit_now", "`hit_now", &[
        "1:1+8 script-syntax: the quotes that open here are never closed",
    ]),
    ("missing", "missing > -0x1F", &[
        "1:11+1 script-syntax: this is not a number that a script can hold",
    ]),
    ("missing", "missing > 0b11", &[
        "1:11+4 script-not-allowed: a number in a script is written in plain figures",
    ]),
    ("care", "care == \"po\\qor\"", &[
        "1:13+3 script-syntax: `\\q` means nothing inside quotes",
    ]),
    ("care", "care == \"\"", &[
        "1:9+2 script-unknown-answer: `care` has no answer `` | `care` has 3 answers: `fine`, `poor`, `dangerous`",
    ]),
    ("hit_now", "hit_now == `a ${`b ${hit_now}`}`", &[
        "1:12+6 script-not-allowed: a script may not build text out of values | compare a choice with one of its answers, as it stands: `care == \"poor\"`",
    ]),
    ("hit_now", "hit_now; exit", &[
        "1:1+7 script-lost-answer: what this answers is thrown away, because more follows it | write `return` before the answer that is meant, or join the two by `&&`, `||` or `else`",
        "1:10+4 script-undeclared-read: `exit` is not a fact that this script reads | if it is a fact, declare it under `reads`",
    ]),
    ("missing", "missing > 3; exit()", &[
        "1:1+7 script-lost-answer: what this answers is thrown away, because more follows it | write `return` before the answer that is meant, or join the two by `&&`, `||` or `else`",
        "1:14+4 script-not-allowed: a script may not use `exit` | a script may call `at_least` and `at_most`, and nothing else",
    ]),
    ("hit_now", "hit_now.type_of()", &[
        "1:8+1 script-not-allowed: a script may not use `.` | name each fact alone, without a dot; numbers are whole",
        "1:9+7 script-not-allowed: a script may not use `type_of` | a script reads its facts and answers true or false; it can do nothing else",
    ]),
    ("hit_now missing", "hit_now && missing => 3", &[
        "1:20+2 script-not-allowed: a script may not use `=>` | for “at least”, write `>=`",
    ]),
    ("hit_now missing", "hit_now, missing > 3", &[
        "1:8+1 script-syntax: `,` does not follow from what stands before it | is `&&`, `||` or `;` missing before it, or is a bracket closed too early?",
    ]),
    ("hit_now", "((hit_now)", &[
        "1:11+1 script-syntax: the script ends before every `(` is closed",
    ]),
    ("hit_now", "{ hit_now", &[
        "1:10+1 script-syntax: the script ends before every `{` is closed",
    ]),
    ("hit_now missing", "if (hit_now) missing > 3 else false", &[
        "1:14+7 script-syntax: `{` is missing before `missing`",
    ]),
    ("hit_now missing", "if hit_now { missing > 3 } else { 3 }", &[
        "1:1+2 script-wrong-kind: this `if` gives a yes or no one way and a number the other",
    ]),
    ("hit_now", "if hit_now { let a = true; } a", &[
        "1:18+1 script-unused-name: `a` is given a value that is never used | use it, or leave it out",
        "1:30+1 script-undeclared-read: `a` is not a fact that this script reads | if it is a fact, declare it under `reads`",
    ]),
    ("hit_now", "return", &[
        "1:1+6 script-no-answer: `return` stands here without an answer | write `return true` or `return false`",
        "1:1+1 script-unused-read: `hit_now` is declared under `reads`, and the script never names it | name it, or leave it out of `reads`",
    ]),
    ("hit_now", "return hit_now; return true", &[
        "1:17+6 script-never-reached: this is never reached, because the script has answered before it",
    ]),
    ("missing", "missing > 3 > 2", &[
        "1:13+1 script-wrong-kind: `>` cannot stand between a yes or no and a number | compare two numbers at a time: `0 < missing && missing < 5`",
    ]),
    ("missing care", "missing > care", &[
        "1:9+1 script-wrong-kind: `>` cannot stand between a number and the choice `care` | `care` has 3 answers: `fine`, `poor`, `dangerous`",
    ]),
    ("missing care", "at_least(care, missing)", &[
        "1:1+8 script-wrong-kind: `at_least` needs a choice, a comma, and one of its answers in quotes | write `at_least(care, \"poor\")`; for a number, write `missing >= 3`",
    ]),
    ("care", "at_least(\"care\", \"poor\")", &[
        "1:1+1 script-unused-read: `care` is declared under `reads`, and the script never names it | name it, or leave it out of `reads`",
        "1:10+6 script-wrong-kind: the text `care` can only be compared with a choice | for the fact, write `care` without quotes",
    ]),
    ("care", "at_least(\"poor\", care)", &[
        "1:1+8 script-wrong-kind: `at_least` needs a choice, a comma, and one of its answers in quotes | write `at_least(care, \"poor\")`; for a number, write `missing >= 3`",
    ]),
    ("hit_now", "hit_now == !", &[
        "1:13+1 script-syntax: the script ends where something is still missing",
    ]),
    ("hit_now", "async hit_now", &[
        "1:1+5 script-not-allowed: a script may not use `async` | a script reads its facts and answers true or false; it can do nothing else",
    ]),
    ("hit_now", "case hit_now", &[
        "1:1+4 script-not-allowed: a script may not use `case` | write `if ... { ... } else if ... { ... } else { ... }`",
    ]),
    ("hit_now", "let case = hit_now; case", &[
        "1:5+4 script-not-allowed: a script may not use `case` | write `if ... { ... } else if ... { ... } else { ... }`",
    ]),
    ("default", "default", &[
        "1:1+7 script-not-allowed: a script may not use `default` | the script language keeps this word for itself, so a fact of this name can only be used in YAML",
    ]),
    ("default", "default && default", &[
        "1:1+7 script-not-allowed: a script may not use `default` | the script language keeps this word for itself, so a fact of this name can only be used in YAML",
    ]),
    ("hit_now", "\"hit_now\" == true", &[
        "1:1+9 script-wrong-kind: the text `hit_now` can only be compared with a choice, and here it is with a yes or no | for the fact, write `hit_now` without quotes",
        "1:1+1 script-unused-read: `hit_now` is declared under `reads`, and the script never names it | name it, or leave it out of `reads`",
    ]),
    ("care", "\"poor\" < care", &[
        "1:1+6 script-wrong-kind: the text `poor` can only be compared with a choice | write `care == \"poor\"`, `at_least(care, \"poor\")` or `at_most(care, \"poor\")`",
    ]),
    ("care", "care <= \"poor\" || care > \"fine\" || care < \"poor\"", &[
        "1:6+2 script-wrong-kind: `<=` cannot compare the choice `care` with text | for the order of concern, write `at_most(care, \"poor\")`",
        "1:24+1 script-wrong-kind: `>` cannot compare the choice `care` with text | for the order of concern, write `!at_most(care, \"fine\")`",
        "1:41+1 script-wrong-kind: `<` cannot compare the choice `care` with text | for the order of concern, write `!at_least(care, \"poor\")`",
    ]),
    ("hit_now hit_now", "hit_now", &[
        "1:1+1 script-repeated-read: `hit_now` is declared twice under `reads` | leave one of them out",
    ]),
    ("hit_now", "hit_now // \u{e0041}", &[
        "1:12+1 script-hidden-character: there is a character here that nobody can see (U+E0041) | delete it, and type the line again",
    ]),
];

#[test]
fn a_refused_script_says_all_that_is_wrong_with_it() {
    for (names, script, expected) in BAD {
        assert_eq!(refusals(names, script), *expected, "{script}");
    }
}

#[test]
fn every_message_is_a_sentence_for_people() {
    for line in BAD.iter().flat_map(|(_, _, lines)| *lines) {
        let (_, told) = line.split_once(": ").unwrap();
        let message = told.split(" | ").next().unwrap();
        assert!(message.starts_with(|c: char| c.is_lowercase() || c == '`'), "{line}");
        assert!(!message.ends_with('.') && !told.ends_with('.'), "{line}");
        for word in ["rhai", "Dynamic", "i64", "bool", "string", "variable", "token", "operator", "expression"] {
            assert!(!message.contains(word), "{line}");
        }
    }
}
