//! Who acts at the terminal over whose record.

use std::fs;
use std::path::PathBuf;

use axum::http::StatusCode;
use windscreen::record::families::Families;

use super::running::{program, ran};
use super::{Ask, Kept, a_family, closed, opened};

/// Who may act at a terminal, with what makes the file wrong.
const PEOPLE: &str = "- who: keeper
  id: 00u7
  name: A. Keeper
  role: information_governance
  organisation: council:example
- who: reader
  id: 00u8
  name: A. Reader
  role: social_work_manager
  organisation: council:example
";

fn people(kept: &Kept, text: &str) -> PathBuf {
    let path = kept.folder().join("people.yaml");
    fs::write(&path, text).unwrap();
    path
}

fn windscreen(kept: &Kept, arguments: &[&str], people: Option<&PathBuf>) -> (Option<i32>, String) {
    let mut command = program(kept, arguments);
    if let Some(people) = people {
        command.arg("--terminal-people").arg(people);
    }
    ran(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn over_real_families_nobody_invented_acts() {
    let (kept, record, router) = opened(Kept::in_sqlite()).await;
    let school = Ask { router: &router, who: "school-system" };
    let (status, receipt) = school.post("/v1/referrals", "1", &a_family()).await;
    assert_eq!(status, StatusCode::CREATED);
    let reference = receipt["reference"].as_str().unwrap().to_owned();
    tokio::task::spawn_blocking({
        let record = std::sync::Arc::clone(&record);
        move || assert!(record.is_for(Families::Real).unwrap())
    })
    .await
    .unwrap();
    closed(record, router).await;
    tokio::task::spawn_blocking(move || {
        let file = people(&kept, PEOPLE);
        for command in ["list", "retention"] {
            let (code, said) = windscreen(&kept, &[command, "--as", "manager"], None);
            assert_eq!((code, said.contains("--terminal-people FILE")), (Some(1), true), "{said}");
            let (code, said) = windscreen(&kept, &[command, "--as", "manager"], Some(&file));
            assert_eq!((code, said.contains("names keeper, reader")), (Some(1), true), "{said}");
        }
        let (code, said) = windscreen(&kept, &["show", &reference, "--as", "reader"], Some(&file));
        assert!(code == Some(0) && said.contains("decided: by nobody yet"), "{said}");
        let (code, said) = windscreen(&kept, &["show", &reference, "--as", "keeper"], Some(&file));
        assert_eq!((code, said.contains("not for the role `information_governance`")), (Some(1), true), "{said}");
        let hold = ["retention", "hold", &reference, "--because", "an inquiry", "--as", "keeper"];
        let (code, said) = windscreen(&kept, &hold, Some(&file));
        assert_eq!(code, Some(0), "{said}");
        // It is recorded as theirs.
        let record = kept.open();
        let by: Vec<_> = record.case(&reference).unwrap().events.iter().map(|event| event.by().clone()).collect();
        let ids: Vec<(&str, &str)> = by.iter().map(|by| (by.id.as_str(), by.name.as_str())).collect();
        assert_eq!(ids[1..], [("00u8", "A. Reader"), ("00u7", "A. Keeper")], "{ids:?}");
        drop(record);
        for (from, to, said) in [
            ("name: A. Keeper", "name: ''", "`keeper` lacks a name"),
            ("who: reader", "who: keeper", "`keeper` is there twice"),
            ("role: social_work_manager", "role: partner_system", "no partner's system"),
            ("role: social_work_manager", "role: manager", "manager"),
            ("id: 00u8", "ident: 00u8", "ident"),
        ] {
            let file = people(&kept, &PEOPLE.replace(from, to));
            let (code, told) = windscreen(&kept, &["list", "--as", "reader"], Some(&file));
            assert!(code == Some(1) && told.contains("people.yaml") && told.contains(said), "{said}: {told}");
        }
    })
    .await
    .unwrap();
}
