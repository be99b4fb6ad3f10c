//! Every script of the default rules says what a YAML condition says: equal for every combination of its answers.

use std::fs;
use std::path::{Path, PathBuf};

use windscreen::criteria::{Outcome, RuleFile, RuleSet, load};
use windscreen::rules_dir;

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The default rules with every script replaced by its twin.
fn with_twins(files: &[RuleFile]) -> Vec<RuleFile> {
    let mut files: Vec<RuleFile> = files.iter().filter(|file| !file.path.ends_with(".rhai")).cloned().collect();
    for file in files.iter_mut().filter(|file| file.path.starts_with("criteria/") && !file.path.ends_with("_test.yaml"))
    {
        let text = String::from_utf8(file.bytes.clone()).unwrap();
        let mut document: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
        let criteria = document.get_mut("criteria").and_then(serde_yaml::Value::as_sequence_mut);
        for criterion in criteria.into_iter().flatten() {
            let Some(name) = criterion["when"]["script"]["name"].as_str().map(str::to_owned) else { continue };
            let twin = fs::read_to_string(folder(&format!("fixtures/script_twins/{name}.yaml"))).unwrap();
            criterion["when"] = serde_yaml::from_str(&twin).unwrap();
        }
        file.bytes = serde_yaml::to_string(&document).unwrap().into_bytes();
    }
    files
}

fn loaded(files: &[RuleFile]) -> RuleSet {
    let loaded = load(files);
    loaded.rule_set.unwrap_or_else(|| panic!("{:#?}", loaded.problems))
}

#[test]
fn every_script_of_the_default_rules_equals_its_twin() {
    let files = rules_dir::read(&folder("rules")).unwrap();
    let (scripted, twins) = (loaded(&files), loaded(&with_twins(&files)));
    assert!(scripted.tables().len() >= 2 && twins.tables().is_empty());
    let mut rows = 0;
    for table in scripted.tables() {
        for (row, outcome) in table.rows.iter().enumerate() {
            // The same answers under both sets; the twins may cut a number elsewhere, so answers go by value.
            let mut facts = serde_json::Map::new();
            for (read, fact) in table.reads.iter().enumerate() {
                let above = if read == 0 { table.rows.len() } else { table.strides[read - 1] };
                let class = row % above / table.strides[read];
                let indicator = &scripted.indicators()[*fact];
                facts.insert(indicator.id.clone(), serde_json::to_value(&indicator.classes[class].answer).unwrap());
            }
            let body = serde_json::json!({ "facts": facts }).to_string();
            let json = windscreen::json::Json::read(body.as_bytes()).unwrap();
            let referral = windscreen::referral::Referral::read(&json).unwrap();
            let found = |rules: &RuleSet| {
                let facts = referral.facts(rules).unwrap().remove(0);
                let (least, _) = windscreen::level::findings(rules, &facts);
                least.into_iter().find(|found| found.id == table.name).unwrap().found
            };
            assert_eq!(found(&scripted), *outcome == Outcome::True, "{}: {body}", table.name);
            assert_eq!(found(&twins), found(&scripted), "{}: {body}", table.name);
            rows += 1;
        }
    }
    assert!(rows > 400);
}
