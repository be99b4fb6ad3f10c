//! The README's commands and those of the page on bulk, run as written; what they print must be what comes out.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use windscreen::api::router;
use windscreen::demonstration;
use windscreen::record::{Places, Record};
use windscreen::server::{Limits, listen, serve};
use windscreen::serving::{Serving, now};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A command of the README, and the output printed under it.
struct Shown {
    command: String,
    output: String,
}

/// Every ```console block: lines with `$ ` are commands, what follows each is its output.
fn shown(page: &str) -> Vec<Shown> {
    let page = std::fs::read_to_string(root().join(page)).unwrap();
    let mut all: Vec<Shown> = Vec::new();
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for line in block.lines() {
            match line.strip_prefix("$ ") {
                Some(command) => all.push(Shown { command: command.to_owned(), output: String::new() }),
                None => {
                    let last = all.last_mut().expect("a block begins with a command");
                    last.output.push_str(line);
                    last.output.push('\n');
                }
            }
        }
    }
    all
}

fn run(command: &str, data: &Path) -> String {
    let bin = Path::new(env!("CARGO_BIN_EXE_windscreen")).parent().unwrap().to_owned();
    let path = format!("{}:{}", bin.display(), std::env!("PATH"));
    let mut shell = Command::new("bash");
    shell.arg("-c").arg(command).current_dir(root()).env("PATH", path).env("WINDSCREEN_DATA", data);
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// `...` on a line of its own stands for any lines.
fn assert_shown(shown: &Shown, got: &str) {
    let mut rest = got;
    for (index, part) in shown.output.split("...\n").enumerate() {
        match rest.find(part) {
            Some(at) if index > 0 || at == 0 => rest = &rest[at + part.len()..],
            _ => panic!("the page shows for `{}`:\n{part}\nand what comes out is:\n{got}", shown.command),
        }
    }
    assert!(rest.is_empty() || shown.output.ends_with("...\n"), "`{}` prints more:\n{rest}", shown.command);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_readme_prints_what_it_shows() {
    let commands = shown("README.md");
    let count = |word: &str| commands.iter().filter(|shown| shown.command.contains(word)).count();
    assert!(count("windscreen evaluate") > 0 && count("curl") > 0 && count("windscreen check") > 0);
    // The README's address is the default; a test takes a port of its own.
    let listener = listen("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let address = listener.address().unwrap();
    let data = tempfile::tempdir().unwrap();
    let places = Places::in_folder(data.path());
    // Opening waits for the record's own threads, so not on a thread of the runtime.
    let load = move || {
        let record = Arc::new(Record::open(&places, now()).unwrap());
        let serving = Serving::load(&root().join("rules"), Some(Arc::clone(&record))).unwrap();
        // As `make run` begins.
        assert_eq!(demonstration::begin(&record, &serving.rules(), now()).unwrap(), 7);
        assert_eq!(demonstration::begin(&record, &serving.rules(), now()).unwrap(), 0, "once");
        Arc::new(serving)
    };
    let serving = tokio::task::spawn_blocking(load).await.unwrap();
    tokio::spawn(serve(listener, router(serving), Limits::default(), std::future::pending()));
    for shown in commands {
        let command = shown.command.replace("127.0.0.1:8080", &address.to_string());
        let folder = data.path().to_owned();
        let got = tokio::task::spawn_blocking(move || run(&command, &folder)).await.unwrap();
        assert_shown(&shown, &got);
    }
}

#[test]
fn every_command_of_the_page_on_bulk_prints_what_it_shows() {
    let commands = shown("docs/bulk.md");
    assert!(commands.len() > 1);
    let data = tempfile::tempdir().unwrap();
    for shown in commands {
        assert_shown(&shown, &run(&shown.command, data.path()));
    }
}

#[test]
fn every_path_that_the_readme_names_is_there() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut count = 0;
    for link in readme.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        if !link.starts_with("http") && !link.starts_with('#') {
            assert!(root().join(link).exists(), "{link}");
            count += 1;
        }
    }
    assert!(count > 3);
}
