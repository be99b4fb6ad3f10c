//! Vignettes as a file of worked examples: what is written is what `windscreen test` reads, with comments for whoever
//! reviews it.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::criteria::{RuleSet, word_of};
use crate::proof::{Boundary, Line, Rule, Undecided, Vignette, Vignettes};

/// Where an editor finds the format, from the folder that such a file stands in.
const SCHEMA: &str = "# yaml-language-server: $schema=../schemas/examples.schema.json\n";

/// Vignettes as a file of worked examples.
///
/// # Errors
/// When an example cannot be written as YAML.
pub fn as_yaml(rules: &RuleSet, vignettes: &Vignettes) -> Result<String, serde_yaml::Error> {
    let mut text = format!("{SCHEMA}{}", head(vignettes));
    let mut written: Vec<&str> = Vec::new();
    let mut line = None;
    if vignettes.pairs.is_empty() {
        text.push_str("\nexamples: []\n");
    } else {
        text.push_str("\nexamples:\n");
    }
    for pair in &vignettes.pairs {
        if line.replace(pair.line) != Some(pair.line) {
            text.push_str(&heading(rules, pair.line));
        }
        text.push_str(&above_the_pair(pair));
        if vignettes.find(&pair.open).is_some_and(|open| open.at_least >= pair.line.above) {
            text.push_str("  # not known, it is taken for the answer above the line until somebody says otherwise\n");
        }
        let sides = [("above the line", &pair.above), ("below the line", &pair.below), ("not known", &pair.open)];
        for (side, id) in sides {
            if written.contains(&id.as_str()) {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "  # {side}: `{id}`, which stands further up");
            } else if let Some(vignette) = vignettes.find(id) {
                written.push(id);
                text.push_str(&indented(&serde_yaml::to_string(&[entry(vignette)])?));
            }
        }
    }
    Ok(text)
}

/// What whoever opens the file should know, and what is not in it.
fn head(vignettes: &Vignettes) -> String {
    let rule_set = &vignettes.rule_set;
    let mut text =
        format!("# Made from the rules of {} {}, {}.\n", rule_set.framework, rule_set.version, rule_set.digest);
    text.push_str(
        "# Nobody is behind these stories. Each pair is one answer apart and lies on either side of a line between two\n\
         # levels, because of the rule above it. `open` is the same child with that answer not known. Both say as little\n\
         # as such a pair can, unless it says otherwise. Every level is the evaluator's.\n",
    );
    let mut list = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let lines: Vec<String> = lines.into_iter().map(|line| format!("# - {line}\n")).collect();
            let _ = write!(text, "#\n# {title}:\n{}", lines.concat());
        }
    };
    list("NOT DECIDED, for the budget ran out; nothing is written of it", not_decided(&vignettes.not_decided));
    let without_a_pair = vignettes.without_a_pair.iter();
    let without_a_pair = without_a_pair.map(|line| format!("the line {}", in_words(*line)));
    list("No one answer carries a referral over", without_a_pair.collect());
    let idle = vignettes.idle.iter().map(|idle| format!("{}: {}", ruled(&idle.rule), idle.because));
    list("Rules that carry no referral over a line", idle.collect());
    text
}

fn not_decided(open: &[Undecided]) -> Vec<String> {
    let one = |open: &Undecided| {
        let rule = open.rule.as_ref().map_or_else(|| "any rule".to_owned(), ruled);
        let line = open.line.map_or_else(|| "any line".to_owned(), |line| format!("the line {}", in_words(line)));
        format!("{rule}: whether it carries a referral over {line}")
    };
    open.iter().map(one).collect()
}

fn heading(rules: &RuleSet, line: Line) -> String {
    let name = |rank| &rules.ladder().level(rank).name;
    let Line { below, above } = line;
    format!(
        "\n  # The line {}: level {below}, {}, and level {above}, {} -----\n",
        in_words(line),
        name(below),
        name(above)
    )
}

fn above_the_pair(pair: &Boundary) -> String {
    let rule = pair.rule.as_ref().map_or_else(|| "Several rules together".to_owned(), ruled);
    let [below, above] = [&pair.answer_below, &pair.answer_above].map(word_of);
    let smaller = if pair.is_smallest { "" } else { "; a smaller pair may do the same" };
    format!("\n  # {rule}\n  # `{}`: {below} below the line, {above} above it{smaller}\n", pair.fact)
}

fn ruled(rule: &Rule) -> String {
    let place = rule.place.as_ref().map(|place| format!(" ({}:{})", place.file, place.line));
    format!("`{}` {}{}", rule.name, rule.gives, place.unwrap_or_default())
}

fn in_words(line: Line) -> String {
    format!("{}|{}", line.below, line.above)
}

/// A vignette as a worked example; what is not expected is not written.
fn entry(vignette: &Vignette) -> Value {
    let said = vignette.said.iter().map(|(id, answer)| (id.clone(), json!(answer)));
    let not_known = vignette.not_known.iter().map(|id| (id.clone(), json!("not_known")));
    let facts: Map<String, Value> = said.chain(not_known).collect();
    let open = |is: bool| if is { vignette.not_known.as_slice() } else { &[] };
    let lists = [
        ("found", vignette.found.as_slice()),
        ("not_found", vignette.not_found.as_slice()),
        ("asks", open(vignette.asks)),
        ("presumed", open(vignette.presumed)),
    ];
    let bound = if vignette.settled { "level" } else { "at_least" };
    let bound = (bound.to_owned(), json!(vignette.at_least));
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
    let lists = lists.map(|(key, list)| (key.to_owned(), json!(list)));
    let expect: Map<String, Value> = std::iter::once(bound).chain(lists).collect();
    json!({ "id": vignette.id, "story": vignette.story, "facts": facts, "expect": expect })
}

/// One more entry of a list of examples, as YAML.
///
/// # Errors
/// When it cannot be written as YAML.
pub fn as_entry(example: &Value) -> Result<String, serde_yaml::Error> {
    Ok(indented(&serde_yaml::to_string(&[example])?))
}

fn indented(yaml: &str) -> String {
    yaml.lines().map(|line| format!("  {line}\n")).collect()
}
