//! Problems as SARIF 2.1.0, which code hosts show beside the lines of a proposed change.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Diagnostic, Severity};

/// What a code stands for, where it is more than its words.
pub type Meanings<'m> = BTreeMap<&'m str, &'m str>;

/// One run of this program over a folder; places are under that folder.
pub fn sarif(problems: &[Diagnostic], folder: &str, meanings: &Meanings<'_>) -> Value {
    let mut codes: Vec<&str> = problems.iter().map(|problem| problem.code).chain(meanings.keys().copied()).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules = codes.iter().map(|code| {
        let text = meanings.get(code).map_or_else(|| code.replace('-', " "), |meaning| (*meaning).to_owned());
        json!({ "id": code, "shortDescription": { "text": text } })
    });
    let results = problems.iter().map(|problem| result(problem, folder, &codes));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "windscreen",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn result(problem: &Diagnostic, folder: &str, codes: &[&str]) -> Value {
    let level = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let text = match &problem.help {
        Some(help) => format!("{}\n{help}", problem.message),
        None => problem.message.clone(),
    };
    let mut result = json!({
        "ruleId": problem.code,
        "ruleIndex": codes.binary_search(&problem.code).ok(),
        "level": level,
        "message": { "text": text },
    });
    if let Some(place) = &problem.place {
        let region = json!({
            "startLine": place.line,
            "startColumn": place.column,
            "endColumn": place.column + place.length.max(1),
        });
        result["locations"] = json!([{ "physicalLocation": {
            "artifactLocation": { "uri": uri(folder, &place.file) },
            "region": region,
        } }]);
    }
    result
}

/// A path as a URI that is relative to where the program was started.
fn uri(folder: &str, file: &str) -> String {
    let folder = folder.trim_end_matches('/');
    let path = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().fold(String::new(), |mut uri, byte| {
        if plain(byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
        uri
    })
}
