//! Writes the rules of the comparison out as plain Rust: the program that somebody would write by hand for this one
//! rule set, that computes neither bounds nor a text of reasons. It is the limit of what any engine can reach.

#[path = "../../tests/it/reference/dice.rs"]
#[allow(dead_code, reason = "the tests throw more than this")]
mod dice;
#[path = "../../tests/it/reference/model.rs"]
#[allow(dead_code, reason = "the tests' models say more than these")]
mod model;
#[path = "src/rules.rs"]
#[allow(dead_code, reason = "referrals are drawn by the program")]
mod rules;
#[path = "src/text.rs"]
#[allow(dead_code, reason = "the engines use more than this")]
mod text;

use std::fmt::Write as _;
use std::path::Path;

use model::{Kind, Model, Raw, What};
use text::{Words, each};

const WORDS: Words = Words {
    and: " && ",
    or: " || ",
    fact: "facts.",
    word: |word| format!("Word::{}", variant(word)),
    one_of: each,
    given: None,
    given_number: None,
};

fn main() {
    println!("cargo:rerun-if-changed=src/rules.rs");
    println!("cargo:rerun-if-changed=src/text.rs");
    println!("cargo:rerun-if-changed=../../tests/it/reference");
    let folder = std::env::var_os("OUT_DIR").expect("a folder");
    let text = native(&rules::model(rules::FACTS, rules::CRITERIA));
    std::fs::write(Path::new(&folder).join("native.rs"), text).expect("written");
}

fn variant(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

fn native(model: &Model) -> String {
    let mut text = String::from(
        "#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]\n#[serde(rename_all = \"snake_case\")]\nenum Word { ",
    );
    for word in rules::WORDS {
        let _ = write!(text, "{}, ", variant(word));
    }
    text.push_str("}\n\n#[derive(Debug, Clone, serde::Deserialize)]\n#[serde(default)]\nstruct Facts {\n");
    for fact in &model.facts {
        let kind = match &fact.kind {
            Kind::YesNo { .. } => "bool",
            Kind::Choice(_) => "Word",
            Kind::Number { .. } => "i64",
        };
        let _ = writeln!(text, "    {}: {kind},", fact.id);
    }
    text.push_str("}\n\nimpl Default for Facts {\n    fn default() -> Self {\n        Self {\n");
    for fact in &model.facts {
        let least = match &fact.answers()[0] {
            Raw::YesNo(value) => value.to_string(),
            Raw::Number(number) => number.to_string(),
            Raw::Word(word) => format!("Word::{}", variant(word)),
        };
        let _ = writeln!(text, "            {}: {least},", fact.id);
    }
    text.push_str("        }\n    }\n}\n\nfn level(facts: &Facts) -> (u8, [u64; 2]) {\n");
    text.push_str("    let (mut level, mut at, mut found) = (1_u8, [0_u32; 6], [0_u64; 2]);\n");
    for (index, criterion) in model.criteria.iter().enumerate() {
        let Some((what, rank)) = criterion.gives.as_ref().and_then(|gives| gives.level) else { continue };
        let floor = if what == What::Floor { format!("level = level.max({rank}); ") } else { String::new() };
        let _ = writeln!(
            text,
            "    if {} {{ {floor}at[{rank}] += 1; found[{}] |= {}; }}",
            WORDS.condition(&criterion.when),
            index / 64,
            1_u64 << (index % 64)
        );
    }
    for threshold in &model.thresholds {
        for part in &threshold.needs {
            let _ = writeln!(
                text,
                "    if at[{}..].iter().sum::<u32>() >= {} {{ level = level.max({}); }}",
                part.at, part.at_least, threshold.reaches
            );
        }
    }
    text.push_str("    (level, found)\n}\n");
    text
}
