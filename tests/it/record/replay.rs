//! What was recorded is evaluated again: the same under its own rules, and counted under others.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use windscreen::criteria::{RuleFile, load};
use windscreen::rules_dir;

use super::running::{program, ran};
use super::{Ask, Kept, a_family, closed, opened};

on_both!(under_its_own_rules_every_answer_is_what_it_was);

/// A record of two referrals, one of them unfolded, and one child at the highest level.
async fn filled(kept: Kept) -> Kept {
    let (kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    let (_, receipt) = school.post("/v1/referrals", "1", &a_family()).await;
    let mut other = a_family();
    other["children"] = json!([{ "ref": "A", "facts": { "immediate_danger_now": true } }]);
    school.post("/v1/referrals", "2", &other).await;
    let told = json!({ "said_by": { "agency": "police", "role": "officer" }, "kind": "check",
                       "children": [{ "ref": "A", "facts": { "previous_contacts_12m": 4 } }] });
    let path = format!("/v1/referrals/{}/information", receipt["id"].as_str().unwrap());
    let (_, informed) = school.post(&path, "3", &told).await;
    assert_eq!(informed["piece"], 2, "{informed:#}");
    closed(record, router).await;
    kept
}

fn windscreen(kept: &Kept, arguments: &[&str]) -> (Option<i32>, String) {
    ran(program(kept, arguments))
}

/// The default rules, a little altered.
fn altered(folder: &Path, file: &str, from: &str, to: &str) {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut files = rules_dir::read(&rules).unwrap();
    let text = |file: &RuleFile| String::from_utf8(file.bytes.clone()).unwrap();
    let changed = files.iter_mut().find(|one| one.path == file).unwrap();
    let whole = text(changed);
    assert!(whole.contains(from), "{file} has `{from}`");
    changed.bytes = whole.replacen(from, to, 1).into_bytes();
    assert!(load(&files).rule_set.is_some(), "{:?}", load(&files).problems);
    for file in files {
        let path = folder.join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file.bytes).unwrap();
    }
}

async fn under_its_own_rules_every_answer_is_what_it_was(kept: Kept) {
    let kept = filled(kept).await;
    let ran = move || {
        let (code, said) = windscreen(&kept, &["replay"]);
        assert_eq!((code, said.as_str()), (Some(0), "2 referrals, 5 evaluations: every answer is what it was\n"));
        let (code, said) = windscreen(&kept, &["replay", "--since", "2026-11-24"]);
        assert_eq!((code, said.as_str()), (Some(0), "0 referrals, 0 evaluations: every answer is what it was\n"));
        let (code, said) = windscreen(&kept, &["audit", "verify", "--full"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.ends_with("every answer is what it was\n"), "{said}");
        // At the terminal the same table decides who reads, and a reading is recorded.
        let (code, said) = windscreen(&kept, &["list", "--as", "manager", "--standing", "open"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("2 referrals") && said.contains("school:example-primary"), "{said}");
        let reference = said.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        let (code, said) = windscreen(&kept, &["show", &reference, "--as", "manager"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("indicated: at least") && said.contains("decided: by nobody yet"), "{said}");
        let (code, said) = windscreen(&kept, &["show", &reference, "--as", "auditor"]);
        assert_eq!((code, said.contains("not for the role `auditor`")), (Some(1), true), "{said}");
        let (code, said) = windscreen(&kept, &["show", &reference, "--as", "police-system"]);
        assert_eq!((code, said.contains("no such referral")), (Some(1), true), "{said}");
        let (_, said) = windscreen(&kept, &["audit", "verify"]);
        assert!(said.contains("5 events recorded"), "one more, the reading: {said}");
    };
    tokio::task::spawn_blocking(ran).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn under_other_rules_it_is_counted_how_levels_move() {
    let kept = filled(Kept::in_sqlite()).await;
    let ran = move || {
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
        let (code, said) = windscreen(&kept, &["replay", "--rules", rules]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("2 referrals with 3 children") && said.contains(": 0 would move"), "{said}");
        // A fact that the other rules call otherwise is not known there, and a level can fall for it: it is told.
        let folder = tempfile::TempDir::new().unwrap();
        altered(
            folder.path(),
            "criteria/history_and_help.yaml",
            "- id: previous_contacts_12m",
            "- id: contacts_before",
        );
        let (code, said) =
            windscreen(&kept, &["replay", "--rules", folder.path().to_str().unwrap(), "--format", "json"]);
        assert_eq!(code, Some(0), "{said}");
        let moved: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(moved["children"], 3);
        assert_eq!(moved["moved"].as_array().unwrap().len(), 1, "{said}");
    };
    tokio::task::spawn_blocking(ran).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_what_it_was_is_found() {
    use windscreen::record::case::What;
    // A record whose answers were made by an engine that reckons otherwise, as `is_same` must find: the same bytes but
    // for `engine` are the same, one other byte is not.
    let kept = filled(Kept::in_sqlite()).await;
    let read = move || {
        let record = kept.open();
        let permit = windscreen::access::permit(
            windscreen::access::demonstration("manager").unwrap(),
            windscreen::access::Operation::List,
        );
        let wanted = windscreen::record::list::ListWanted { most: 1, ..Default::default() };
        let listed = record.list(&permit.unwrap(), &wanted).unwrap().remove(0);
        let case = record.case(&listed.id).unwrap();
        let What::Referral(body) = &case.events[0].what else { panic!() };
        let text = body.evaluated.children[0].evaluation.get();
        let other_engine = text.replace(concat!("windscreen ", env!("CARGO_PKG_VERSION")), "windscreen 0.0.0");
        assert_ne!(text, other_engine);
        assert!(windscreen::record::replay::is_same(&other_engine, text));
        for (from, to) in
            [("\"rank\":", "\"rank\": 1"), ("\"at_least\"", "\"at_Least\""), ("true", "false"), ("2026", "2027")]
        {
            let other = text.replacen(from, to, 1);
            if other != text {
                assert!(!windscreen::record::replay::is_same(&other, text), "{from}");
            }
        }
    };
    tokio::task::spawn_blocking(read).await.unwrap();
}
