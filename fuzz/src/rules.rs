//! Rule files from an author: the YAML readers, the loader, scripts.

use std::sync::OnceLock;

use windscreen::criteria::{RuleFile, load};
use windscreen::diagnostic::{Form, Severity, render};
use windscreen::facts::Answers;
use windscreen::level::{Explain, evaluate};
use windscreen::mutation::mutants;
use windscreen::revise::plain;
use windscreen::rules_dir;

/// A small rule set, one file of which is replaced.
fn tiny() -> &'static [RuleFile] {
    static TINY: OnceLock<Vec<RuleFile>> = OnceLock::new();
    TINY.get_or_init(|| rules_dir::read(&super::product("fixtures/rule_sets/good/tiny")).expect("the folder is there"))
}

/// A text as YAML: both readers say the same of it twice; what it could be otherwise is cut out of it where it stands.
pub fn yaml(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    assert_eq!(plain("criteria/home.yaml", text).ok(), plain("criteria/home.yaml", text).ok());
    let file = RuleFile { path: "criteria/home.yaml".to_owned(), bytes: bytes.to_vec() };
    for mutant in mutants(std::slice::from_ref(&file)) {
        let [made] = &mutant.made(std::slice::from_ref(&file))[..] else { panic!("a file stays a file") };
        assert_ne!(made, &file, "{mutant:?}");
    }
}

/// A whole rule set, one file of which is the bytes after the first; that says which file.
pub fn rules(bytes: &[u8]) {
    let Some((which, text)) = bytes.split_first() else { return };
    let mut files = tiny().to_vec();
    let place = usize::from(*which) % files.len();
    files[place].bytes = text.to_vec();
    loads(&files);
}

/// A script over four facts of a rule set.
pub fn script(bytes: &[u8]) {
    const CRITERION: &str = "  - id: scripted\n    says: A script\n    when: { script: { name: fuzzed, reads: \
                             [danger_now, injury, missing_episodes, child_age_months] } }\n    gives: { raises: true }\n    \
                             source: [example]\n";
    let mut files = tiny().to_vec();
    for file in files.iter_mut().filter(|file| file.path == "criteria/harm_now.yaml") {
        file.bytes.extend_from_slice(CRITERION.as_bytes());
    }
    files.push(RuleFile { path: "scripts/fuzzed.rhai".to_owned(), bytes: bytes.to_vec() });
    loads(&files);
}

/// Loads files: there is a rule set or there is an error, every problem can be told, and what loads evaluates.
fn loads(files: &[RuleFile]) {
    let loaded = load(files);
    let errors = loaded.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    assert_eq!(loaded.rule_set.is_none(), errors > 0, "{:#?}", loaded.problems);
    for form in [Form::Text, Form::Plain] {
        render(&loaded.problems, form);
    }
    if let Some(rules) = loaded.rule_set {
        let evaluation = evaluate(&rules, &rules.read_for_replay(&Answers::default()), Explain::Full);
        assert!(evaluation.at_least.rank <= evaluation.at_most.rank);
    }
}
