//! The shape of the source: arrows point one way, and the core stays away from the world.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules from the ground up. A file uses those above it in this list, and none below.
const FROM_THE_GROUND_UP: [&str; 42] = [
    "bits",
    "diagnostic",
    "json",
    "facts",
    "ladder",
    "calendar",
    "criteria",
    "level",
    "deadlines",
    "referral",
    "proof",
    "examples",
    "mutation",
    "rule_change",
    "notifications",
    "decision",
    "disagreement",
    "letters",
    "agreement",
    "calibration",
    "figures",
    "quality",
    "export",
    "publish",
    "transfer",
    "form",
    "revise",
    "rules_dir",
    "facts_schema",
    "answer_text",
    "bulk",
    "metrics",
    "outgoing",
    "access",
    "report",
    "record",
    "documents",
    "demonstration",
    "serving",
    "api",
    "pages",
    "server",
];

/// The core: no I/O, no async, no clock.
const CORE: [&str; 27] = [
    "bits",
    "diagnostic",
    "json",
    "facts",
    "ladder",
    "calendar",
    "criteria",
    "level",
    "deadlines",
    "referral",
    "proof",
    "examples",
    "mutation",
    "rule_change",
    "notifications",
    "decision",
    "disagreement",
    "letters",
    "agreement",
    "calibration",
    "figures",
    "quality",
    "export",
    "publish",
    "transfer",
    "form",
    "revise",
];

/// What the core never names. `clippy.toml` bans the ambient clock, randomness and environment by path.
const THE_WORLD: [&str; 12] = [
    "std::fs",
    "std::net",
    "std::io",
    "std::process",
    "std::env",
    "std::thread",
    "tokio",
    "axum",
    "hyper",
    "async fn",
    "println!",
    "tracing::",
];

fn sources() -> BTreeMap<PathBuf, String> {
    fn read(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                read(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.insert(path.clone(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    read(&root, &mut found);
    found.into_iter().map(|(path, text)| (path.strip_prefix(&root).unwrap().to_owned(), text)).collect()
}

/// The module that a file belongs to: its first folder, or its own name.
fn module(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests")
}

/// The modules of this crate that a text names.
fn named(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let uses = code.flat_map(|line| line.split("crate::").skip(1));
    uses.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()).collect()
}

#[test]
fn modules_use_only_what_stands_above_them() {
    let place = |module: &str| FROM_THE_GROUND_UP.iter().position(|listed| *listed == module);
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let module = module(&path);
        if ["lib", "main", "command"].contains(&module.as_str()) || is_test(&path) {
            continue;
        }
        let Some(own) = place(&module) else {
            wrong.push(format!("`{module}` is not listed in this test"));
            continue;
        };
        for used in named(&text) {
            match place(&used) {
                Some(other) if other <= own => {}
                _ => wrong.push(format!("{} uses `{used}`", path.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_core_stays_away_from_the_world() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        // A module's own tests may look at the world.
        if !CORE.contains(&module(&path).as_str()) || is_test(&path) {
            continue;
        }
        for word in THE_WORLD {
            for (number, line) in text.lines().enumerate() {
                if line.contains(word) && !line.trim_start().starts_with("//") {
                    wrong.push(format!("{}:{}: {word}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(silent.is_empty(), "no `//!` at the top of: {}", silent.join(", "));
}
