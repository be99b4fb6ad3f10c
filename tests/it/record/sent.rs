//! `windscreen transfer`, the built program: made, checked, taken, refused, each with its code.

use std::process::Command;

use super::running::{program, ran};
use super::{Kept, a_family};
use windscreen::serving::now;

/// The record begun by the program itself.
fn begun() -> Kept {
    let kept = Kept::in_sqlite();
    assert_eq!(ran(program(&kept, &["migrate"])).0, Some(0));
    kept
}

fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windscreen"));
    command.args(arguments);
    command
}

#[test]
fn a_transfer_is_made_checked_and_taken_at_the_terminal() {
    use windscreen::access::{Operation, demonstration, permit};
    use windscreen::level::Explain;
    use windscreen::record::once::Once;

    let (here, there) = (begun(), begun());
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let loaded = windscreen::serving::Serving::load(rules.as_ref(), Some(here.open())).unwrap();
    let (record, may) =
        (loaded.record().unwrap(), |operation| permit(demonstration("manager").unwrap(), operation).unwrap());
    let text = a_family().to_string();
    let refer = may(Operation::Refer);
    let once = Once::new(&refer, "r", "a test", text.as_bytes());
    record.refer(&refer, &loaded.rules(), text.as_bytes(), once, Explain::Full, now()).unwrap().wait_here().unwrap();
    let list =
        record.list(&may(Operation::List), &windscreen::record::list::ListWanted { most: 1, ..Default::default() });
    let reference = list.unwrap()[0].reference.clone();
    let file = here.folder().join("sent.json");
    let file = file.to_str().unwrap();
    let export = ["transfer", "export", &reference, file, "--as", "manager"];
    let (code, said) = ran(program(&here, &export));
    assert!(code == Some(1) && said.contains("nobody has decided about this child yet"), "{said}");
    let wanted = serde_json::json!({ "child": "A", "shown": 1, "level": 3, "view": "agrees", "outcome": "another_authority",
        "next_holder": { "organisation": "council:harbour-bay", "told": "They moved" } });
    let decide = may(Operation::Decide);
    let once = Once::new(&decide, "d", "a test", b"");
    record
        .decide(&decide, &reference, serde_json::from_value(wanted).unwrap(), once, now())
        .unwrap()
        .wait_here()
        .unwrap();
    drop(loaded);
    let (code, said) = ran(program(&here, &export));
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = ran(program(&here, &export));
    assert!(code == Some(1) && said.contains("cannot be written"), "nothing is written over: {said}");
    let (code, said) =
        ran(program(&here, &["transfer", "export", &reference, "--child", "3", file, "--as", "manager"]));
    assert!(code == Some(1) && said.contains("no such child"), "{said}");

    // Whoever receives it knows the sender by a line that the sender's own program prints.
    let (_, key) = ran(program(&here, &["transfer", "key"]));
    let senders = there.folder().join("senders");
    std::fs::write(&senders, format!("# by telephone, 24 November\n{key}")).unwrap();
    let senders = senders.to_str().unwrap();
    let (code, said) = ran(bare(&["transfer", "verify", file]));
    assert!(code == Some(5) && said.contains("signed by nobody whom this installation knows"), "{said}");
    let (code, said) = ran(bare(&["transfer", "verify", file, "--transfer-senders", senders]));
    assert!(
        code == Some(0) && said.contains("for council:harbour-bay") && said.contains("sent under early help"),
        "{said}"
    );
    assert!(!said.contains("Invented Child"), "nothing of the child: {said}");
    let four = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rule_sets/good/four_levels");
    let take = ["transfer", "take", file, "--rules", four, "--as", "triage-worker", "--transfer-senders", senders];
    let (code, said) = ran(program(&there, &take));
    assert!(
        code == Some(5) && said.contains("it is for another authority") && said.contains("kept for a person"),
        "{said}"
    );
    let to_us = [&take[..], &["--organisation", "council:harbour-bay"]].concat();
    let (code, said) = ran(program(&there, &to_us));
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(ran(program(&there, &to_us)), (Some(0), said), "taken twice, it is the same referral");
    std::fs::write(senders, "council:example no key\n").unwrap();
    let (code, said) = ran(program(&there, &to_us));
    assert!(code == Some(1) && said.contains("senders:1: a line is an organisation's code"), "{said}");
    for kept in [&here, &there] {
        assert_eq!(ran(program(kept, &["audit", "verify"])).0, Some(0));
    }
}
