//! Every YAML file of the rule sets that ship, and what may be put into one.

use std::path::Path;

use serde_json::{Value, json};

use super::dice::Dice;
use crate::criteria::RuleFile;
use crate::rules_dir;

/// How many times as many cases are tried.
pub fn cases() -> usize {
    option_env!("WINDSCREEN_TEST_CASES").and_then(|cases| cases.parse().ok()).unwrap_or(1)
}

/// The rule sets that ship.
pub fn rule_sets() -> Vec<Vec<RuleFile>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let good = std::fs::read_dir(root.join("fixtures/rule_sets/good")).unwrap();
    let mut folders: Vec<_> = good.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.push(root.join("rules"));
    folders.iter().map(|folder| rules_dir::read(folder).unwrap()).collect()
}

/// Their YAML files, with a file of the forms that they do not use.
pub fn files() -> Vec<(String, String)> {
    let yaml = rule_sets().into_iter().flatten().filter(|file| file.path.ends_with(".yaml"));
    let mut files: Vec<_> = yaml.map(|file| (file.path, String::from_utf8(file.bytes).unwrap())).collect();
    files.push(("odd.yaml".to_owned(), ODD.to_owned()));
    files
}

/// Whether a file is tried this time: of the large ones, which take long to read, one in so many.
pub fn is_tried(text: &str, dice: &mut Dice, one_in: usize) -> bool {
    text.len() < 4000 || dice.below((one_in / cases()).max(1)) == 0
}

/// Forms that no file of ours uses yet and an author's editor may.
pub const ODD: &str = "\
# at the top
plain: some text here   # behind it
several: first line
  second line of it

  after a blank one
# between
emoji: \"🔑 key\" # é
single: 'it''s'
nothing:
really_nothing: null
tilde: ~   # behind
folded: >   # behind the head
  one line
  two lines

  another paragraph

literal: |-
  as it
    stands

  here
'quoted key': {a: 1, b: [x, \"y\", 'z' ], c: two words , d: {}, e: }
below:
  text that begins
  on the line below
in_quotes:
  \"text in quotes
  over lines\"
list:
- one # at the margin
- >-
  folded item
  of two lines
-
  key: on the line below
  # a comment inside
  other: 5
- key: 'a'
  list: [ # open
    a, # first
    b c
      d,
  ]
- - deeper
  - still
empty: []
numbers: { negative: -5, yes_no: true, big: 1000000 }
last: |
  to the end
  of the file
";

/// Something to put into a file.
pub fn anything(dice: &mut Dice) -> Value {
    const TEXTS: &[&str] = &[
        "a",
        "Plain words, and a comma",
        "it's \"quoted\" in 'two' ways",
        "a colon: in the middle",
        "ends with a colon:",
        "a # that is no comment",
        "#starts with one",
        "- looks like an item",
        "-5",
        "5",
        "0x1F",
        "1_000",
        "1e3",
        ".5",
        "+1",
        "yes",
        "No",
        "off",
        "true",
        "null",
        "~",
        "=",
        "<<",
        "nan",
        ".inf",
        "2026-12-01",
        "2026-12-01 10:00:00",
        "09:30",
        "2A",
        "within 4 hours",
        "💥 emoji é ß 漢字 👩‍👩‍👧",
        " leading",
        "trailing ",
        "two  spaces   and three",
        "{ a: b }",
        "[a, b]",
        "a, b] and } more",
        "*alias",
        "&anchor",
        "!tag",
        "| pipe",
        "> fold",
        "%percent",
        "@at",
        "`tick`",
        "? question",
        "?",
        "-",
        ":",
        "--- a",
        "...",
        "back\\slash \\n and \\u0041",
        "a\ttab",
        "\ttab first",
        "one\ntwo",
        "one\n\nthree\n",
        "\nfirst empty",
        "last empty\n\n",
        "one\n  two in\nthree",
        "# one\n- two\n: three",
        "",
        " ",
        "\n",
        "a\u{a0}b\u{2028}d\u{feff}e",
        "http://example.org/#part?x=1",
        "a:b,c#d",
        "x\\",
        "x'",
        "'",
        "\"",
    ];
    const WORDS: &[&str] =
        &["a", "child", "who:", "is", "#2", "-", "- not", "seen", "", "(or heard)", "since", "yes", "\"so\"", "it's"];
    match dice.below(10) {
        0 => json!(dice.below(2) == 0),
        1 => json!(i64::try_from(dice.below(2000)).unwrap() - 1000),
        2 => Value::Null,
        3 | 4 => {
            let many = 5 + dice.below(60);
            json!((0..many).map(|_| *dice.one_of(WORDS)).collect::<Vec<_>>().join(" "))
        }
        5 => {
            let line = |dice: &mut Dice| (0..3).map(|_| *dice.one_of(WORDS)).collect::<Vec<_>>().join(" ");
            json!((0..1 + dice.below(4)).map(|_| line(dice)).collect::<Vec<_>>().join("\n"))
        }
        _ => json!(dice.one_of(TEXTS)),
    }
}
