//! `windscreen serve` as a program: what it prints, how it stops, what it refuses.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;

use tempfile::TempDir;

use super::{TINY, folder};

/// The program, with a record that goes with the test.
fn serve(rules: &Path, arguments: &[&str], data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windscreen"));
    command.arg("serve").arg("--rules").arg(rules).arg("--data").arg(data).args(arguments);
    command.stderr(Stdio::piped()).stdout(Stdio::piped());
    command
}

fn refused(rules: &Path, arguments: &[&str]) -> (Output, String) {
    let data = tempfile::tempdir().unwrap();
    let output = serve(rules, arguments, data.path()).output().unwrap();
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    (output, said)
}

/// A program that was started and has said where it listens; it ends with the test, whatever becomes of that.
struct Started {
    child: Child,
    said: BufReader<std::process::ChildStderr>,
    line: String,
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Started {
    fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let mut started = Self { child, said, line: String::new() };
        started.line = started.next("serving ");
        started
    }

    fn ask(&self, path: &str) -> String {
        let address = self.line.split("http://").nth(1).unwrap().split(',').next().unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The next line that begins so; the log's own lines lie between.
    fn next(&mut self, begin: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.said.read_line(&mut line).unwrap(), 0, "it ended without saying `{begin}`");
            if line.starts_with(begin) {
                return line;
            }
        }
    }
}

/// A program of which much is asked: what it says is read as it comes, or its pipe would fill and stop it.
pub(super) struct Logged {
    child: Child,
    reading: Option<JoinHandle<String>>,
    pub address: SocketAddr,
    data: TempDir,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub cookie: String,
    pub token: String,
}

impl Drop for Logged {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Logged {
    /// Over the rules of this repository, and with as talkative a log as an operator asks for.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_with_log("info,windscreen=debug", arguments)
    }

    fn start_with_log(words: &str, arguments: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut command = serve(&folder("rules"), &[&["--listen", "127.0.0.1:0"], arguments].concat(), data.path());
        let mut child = command.env("WINDSCREEN_LOG", words).stdout(Stdio::null()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        // In words, or as the log says it where it is for programs.
        let begins = |line: &str| line.starts_with("serving ") || line.contains(r#""event":"started""#);
        while !begins(&line) {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "it did not start");
        }
        let after = if line.starts_with("serving ") { "http://" } else { r#""address":""# };
        let address = line.split(after).nth(1).unwrap().split([',', '"']).next().unwrap().parse().unwrap();
        let reading = std::thread::spawn(move || {
            let mut all = line.into_bytes();
            said.read_to_end(&mut all).unwrap();
            String::from_utf8(all).unwrap()
        });
        Self { child, reading: Some(reading), address, data }
    }

    /// What it answers to a request of these very bytes.
    pub fn answer(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        // It may have read enough, and closed, before all was written.
        let _ = stream.write_all(request);
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Somebody of the demonstration at a browser: the cookie of the session, and what its forms carry.
    pub fn signed_in(&self, who: &str) -> Session {
        let head = "host: 127.0.0.1\r\norigin: http://127.0.0.1\r\nconnection: close\r\n";
        let form = format!("who={who}");
        let kind = "content-type: application/x-www-form-urlencoded";
        let length = form.len();
        let request = format!("POST /sign-in HTTP/1.1\r\n{head}{kind}\r\ncontent-length: {length}\r\n\r\n{form}");
        let answer = self.answer(request.as_bytes());
        let between =
            |text: &str, from: &str, to: &str| text.split(from).nth(1).unwrap().split(to).next().unwrap().to_owned();
        let cookie = format!("windscreen_session={}", between(&answer, "windscreen_session=", ";"));
        let page = self.answer(format!("GET / HTTP/1.1\r\n{head}cookie: {cookie}\r\n\r\n").as_bytes());
        Session { cookie, token: between(&page, "name=\"form-token\" value=\"", "\"") }
    }

    /// Where its record is.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// How much memory it has, in KiB.
    pub fn memory(&self) -> i64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Stops it, and gives all that it said after its first line.
    pub fn stop(mut self) -> String {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        self.reading.take().unwrap().join().unwrap()
    }
}

#[test]
fn it_says_what_it_serves_and_stops_when_told() {
    let data = tempfile::tempdir().unwrap();
    let mut started = Started::of(serve(&folder(TINY), &["--listen", "127.0.0.1:0"], data.path()));
    let line = &started.line;
    assert!(line.starts_with("serving tiny 1 (example: no partnership's agreed criteria; sha256:"), "{line}");
    assert!(line.ends_with(", documentation at /docs\n"), "{line}");
    assert!(started.ask("/livez").ends_with("{\"status\":\"ok\"}"));
    assert!(started.next("").contains("event=\"started\""), "the log says that it began");
    assert!(started.next("").contains("/livez"), "the log has a line for each request");
    let told = Command::new("kill").arg(started.child.id().to_string()).status().unwrap();
    assert!(told.success());
    assert_eq!(started.child.wait().unwrap().code(), Some(0));
    let mut printed = String::new();
    started.child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    assert_eq!(printed, "", "standard output is for data");
}

#[test]
fn what_security_is_told_stands_in_the_log_by_name_and_as_json() {
    let program = Logged::start(&["--log-form", "json"]);
    program.signed_in("manager");
    let ask = |head: &str| program.answer(format!("{head}\r\nhost: a\r\nconnection: close\r\n\r\n").as_bytes());
    let answer = ask("GET /v1/referrals HTTP/1.1\r\nauthorization: Bearer demonstration-auditor");
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let nobodys = format!("wsk_{:016}_{:052}", 1, 2);
    let answer = ask(&format!("GET /v1/referrals HTTP/1.1\r\nauthorization: Bearer {nobodys}"));
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    let log = program.stop();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |event: &str| lines.iter().find(|line| line["event"] == event).unwrap_or_else(|| panic!("{event}: {log}"));
    assert_eq!(of("signed_in")["who"], "manager");
    assert_eq!(of("signed_in")["role"], "social_work_manager");
    assert_eq!((&of("not_permitted")["role"], &of("not_permitted")["level"]), (&"auditor".into(), &"WARN".into()));
    assert_eq!(of("started")["environment"], "demonstration");
    assert!(of("credentials_refused")["why"].is_string() && of("stopping")["level"] == "INFO");
}

#[test]
fn it_takes_a_change_into_use_and_tells_what_is_wrong_with_another() {
    let copy = tempfile::tempdir().unwrap();
    crate::copy(&folder(TINY), copy.path());
    let data = tempfile::tempdir().unwrap();
    let mut command = serve(copy.path(), &[], data.path());
    let mut started = Started::of({
        command.env("WINDSCREEN_LISTEN", "127.0.0.1:0").env("WINDSCREEN_WATCH", "1");
        command
    });
    let path = copy.path().join("criteria/home.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("counts: 2", "counts: 3")).unwrap();
    let told = started.next("the rules were read again; in force: sha256:");
    let digest = told.trim().rsplit(' ').next().unwrap();
    assert!(started.ask("/version").contains(digest));
    fs::write(&path, text.replace("counts: 2", "counts: 9")).unwrap();
    started.next("error[unknown-level]: ");
    started.next("the rules in force stay as they were");
    assert!(started.ask("/version").contains(digest));
}

#[test]
fn it_refuses_addresses_beyond_this_machine() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let (output, said) = refused(&folder(TINY), &["--listen", address]);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("can be reached from other machines"), "{said}");
    }
    let (output, said) = refused(&folder(TINY), &["--listen", "nowhere"]);
    assert_eq!(output.status.code(), Some(2), "{said}");
}

#[test]
fn it_does_not_start_with_rules_that_have_errors() {
    let copy = tempfile::tempdir().unwrap();
    crate::copy(&folder(TINY), copy.path());
    let path = copy.path().join("criteria/home.yaml");
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("counts: 2", "counts: 9")).unwrap();
    let (output, said) = refused(copy.path(), &["--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("error[unknown-level]") && said.contains("the rules have 2 errors"), "{said}");
    let (output, said) = refused(&copy.path().join("nowhere"), &[]);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("there is no rules folder"), "{said}");
}

#[test]
fn invented_families_and_real_ones_are_never_in_one_record() {
    let [data, elsewhere] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let secret = elsewhere.path().join("secret");
    fs::write(&secret, "invented").unwrap();
    let secret = secret.to_string_lossy().into_owned();
    let provider = [
        "--listen=127.0.0.1:0",
        "--oidc-issuer=http://127.0.0.1:9",
        "--oidc-client-id=windscreen",
        "--oidc-client-secret-file",
        &secret,
        "--public-url=http://127.0.0.1:9",
        "--behind-proxy",
    ];
    drop(Started::of(serve(&folder(TINY), &["--listen", "127.0.0.1:0"], data.path())));
    // What was a demonstration serves those who try it, marked on every answer, and no real family.
    let with = |more: &[&'static str]| [provider.as_slice(), more].concat();
    let for_tests =
        Started::of(serve(&folder(TINY), &with(&["--environment=test", "--invented-families"]), data.path()));
    assert!(for_tests.ask("/livez").contains("windscreen-environment: test"));
    assert!(for_tests.ask("/v1/rule-sets/none").contains("windscreen-environment: test"));
    drop(for_tests);
    let said = |data: &Path, more: &[&'static str]| {
        let output = serve(&folder(TINY), &with(more), data).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(said(data.path(), &[]).contains("this record does not hold real families"));
    // And the other way round.
    let live = Started::of(serve(&folder(TINY), &provider, elsewhere.path()));
    assert!(live.ask("/livez").contains("windscreen-environment: live"));
    drop(live);
    assert!(said(elsewhere.path(), &["--environment=test"]).contains("this record does not hold invented families"));
    assert!(said(elsewhere.path(), &["--invented-families"]).contains("for a demonstration or for tests"));
}

/// The driver tells each statement with what stands in it, to whoever asks for that: nobody may.
#[test]
fn what_stands_in_a_statement_is_in_no_log() {
    let database = crate::record::postgres::fresh_database();
    let words = "debug,tokio_postgres=trace,tokio_postgres::query=trace";
    let started = Logged::start_with_log(words, &["--database", &database]);
    started.signed_in("triage-worker");
    let said = started.stop();
    assert!(!said.contains("executing statement") && !said.contains("parameters"), "{said}");
    assert!(!said.contains("A triage worker at the hub"), "{said}");
}
