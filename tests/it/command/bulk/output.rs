//! Answers are put in their place when they are whole, in one order, however they are made; what breaks off says so.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use super::*;

fn many(rows: usize) -> String {
    let mut text = "ref,keeping_safe,missing_episodes_90d,immediate_danger_now\n".to_owned();
    for row in 0..rows {
        let safe = ["safe", "not_known", "unable", "", "some_exposure", "wrong"][row % 6];
        text.push_str(&format!("R-{row},{safe},{},no\n", row % 5));
    }
    text
}

#[test]
fn answers_are_the_same_bytes_by_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.csv");
    fs::write(&input, many(600)).unwrap();
    let tiny = ["--explain", "none"];
    for ending in ["ndjson", "csv", "xlsx"] {
        let made: Vec<Vec<u8>> = ["1", "2", "7"]
            .iter()
            .map(|threads| {
                let output = folder.path().join(format!("{threads}.{ending}"));
                let args = ["--threads", threads, "--output", output.to_str().unwrap(), input.to_str().unwrap()];
                let done = evaluate(&[&tiny[..], &args].concat());
                assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
                fs::read(output).unwrap()
            })
            .collect();
        assert!(made[0] == made[1] && made[0] == made[2], "{ending}");
        if ending == "csv" {
            let rows = rows_of_csv(&made[0]);
            let order: Vec<Value> = (0..600).map(|row| json!(format!("R-{row}"))).collect();
            assert_eq!(rows.into_iter().map(|row| row["ref"].clone()).collect::<Vec<_>>(), order);
        }
    }
}

#[test]
fn nothing_that_is_there_is_written_over_unless_it_is_wished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.csv");
    fs::write(&path, "mine").unwrap();
    let args = ["--output", path.to_str().unwrap(), "fixtures/bulk/week.csv"];
    let output = evaluate(&args);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("is there already"), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(evaluate(&[&["--replace"], &args[..]].concat()).status.code(), Some(1));
    assert!(fs::read_to_string(&path).unwrap().starts_with("ref,child,answer_row"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing lies beside it");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "for its owner alone");
    }
}

#[test]
fn what_breaks_off_leaves_nothing_under_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.csv");
    let to = folder.path().join("to");
    fs::create_dir(&to).unwrap();
    fs::write(&input, many(2000)).unwrap();
    for ending in ["csv", "ndjson", "xlsx"] {
        let output = to.join(format!("answers.{ending}"));
        // A file of more than 8 KiB cannot be written, as on a full disk.
        let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" evaluate --output \"$1\" \"$2\"";
        let done = Command::new("bash")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["-c", script, env!("CARGO_BIN_EXE_windscreen"), output.to_str().unwrap(), input.to_str().unwrap()])
            .output()
            .unwrap();
        let told = text(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{ending}: {told}");
        assert!(told.contains("error: the answers cannot be written"), "{ending}: {told}");
        assert_eq!(fs::read_dir(&to).unwrap().count(), 0, "{ending}");
    }
}

#[test]
fn a_full_disk_and_a_closed_pipe_are_told() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let run = |to: Stdio, flags: &[&str]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_windscreen"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args([&["evaluate"], flags, &["-"]].concat())
            .stdin(Stdio::piped())
            .stdout(to)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        // It may have ended already.
        let _ = child.stdin.take().unwrap().write_all(many(500).as_bytes());
        let output = child.wait_with_output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    for to in [full.into(), Stdio::piped()] {
        let (code, told) = run(to, &["--from", "csv"]);
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains("those that are there are not all"), "{told}");
    }
    // As it always was.
    assert_eq!(run(Stdio::piped(), &["--ndjson"]), (Some(0), String::new()));
}

#[test]
fn whoever_writes_a_line_gets_its_answer_before_the_next() {
    for (from, head, row) in
        [("ndjson", "", "{\"ref\":\"a\",\"facts\":{}}\n"), ("csv", "ref,keeping_safe\n", "a,safe\n")]
    {
        let mut child = Command::new(env!("CARGO_BIN_EXE_windscreen"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["--quiet", "evaluate", "--from", from, "--to", "ndjson", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut to = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        to.write_all(head.as_bytes()).unwrap();
        for _ in 0..3 {
            to.write_all(row.as_bytes()).unwrap();
            let mut answer = String::new();
            answers.read_line(&mut answer).unwrap();
            assert!(answer.starts_with("{\"ref\":\"a\",\"evaluation\""), "{answer}");
        }
        drop(to);
        assert!(child.wait().unwrap().success());
    }
}
