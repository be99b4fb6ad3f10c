//! Keys that are none, over real sockets: who tries many is told to wait before any is looked up, and nobody beside
//! him is.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::program::Logged;

/// The status of a list that is asked for with a key, and how long to wait.
fn list(program: &Logged, key: &str, forwarded: &str) -> (u16, Option<u64>) {
    let mut stream = TcpStream::connect(program.address).unwrap();
    let head =
        format!("GET /v1/referrals HTTP/1.1\r\nhost: a\r\nx-forwarded-for: {forwarded}\r\nconnection: close\r\n");
    write!(stream, "{head}authorization: Bearer {key}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(!answer.contains(key));
    let wait = answer.lines().find_map(|line| line.strip_prefix("retry-after: "));
    (answer[9..12].parse().unwrap(), wait.map(|wait| wait.parse().unwrap()))
}

fn made(program: &Logged) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_windscreen"));
    let until = (windscreen::serving::now() + jiff::SignedDuration::from_hours(48)).strftime("%Y-%m-%d").to_string();
    command.args(["keys", "create", "--client", "mis", "--organisation", "urn:1", "--until", &until, "--data"]);
    let output = command.arg(program.data()).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A key as keys are, which nobody made.
fn guess(number: u32) -> String {
    format!("wsk_{number:016x}_{number:052x}")
}

const HOSPITAL: &str = "192.0.2.1";

/// Guesses from one address until it is told to wait; how many were looked up.
fn guessed(program: &Logged, forwarded: impl Fn(u32) -> String) -> u32 {
    for number in 0..2_000 {
        match list(program, &guess(number), &forwarded(number)) {
            (401, None) => {}
            (429, Some(1..=2)) => return number,
            other => panic!("{other:?}"),
        }
    }
    2_000
}

#[test]
fn who_tries_many_keys_waits_and_a_right_key_beside_it_does_not() {
    let program = Logged::start(&["--behind-proxy"]);
    let key = made(&program);
    assert_eq!(list(&program, &key, HOSPITAL).0, 200);
    // What it puts before its address changes nothing.
    let looked_up = guessed(&program, |number| format!("198.51.100.{}, {HOSPITAL}", number % 250));
    assert!((200..1_000).contains(&looked_up), "{looked_up}");
    assert_eq!(list(&program, &key, HOSPITAL).0, 200);
    assert_eq!(list(&program, &guess(0), "192.0.2.2").0, 401);
    // One customer's network is one address, whichever of it sends.
    let looked_up = guessed(&program, |number| format!("2001:db8:1:2::{number:x}"));
    assert!((200..1_000).contains(&looked_up), "{looked_up}");
    assert_eq!(list(&program, &guess(1), "2001:db8:1:3::1").0, 401);
    let log = program.stop();
    // Each is named once, in a line that says nothing of a request; nowhere else is an address.
    for address in [HOSPITAL, "2001:db8:1:2::/64"] {
        let named: Vec<&str> = log.lines().filter(|line| line.contains(address)).collect();
        assert_eq!(named.len(), 1, "{named:?}");
        assert!(!named[0].contains("/v1") && !named[0].contains("request_id"), "{}", named[0]);
    }
    assert!(!log.contains("192.0.2.2") && !log.contains("198.51.100"), "{log}");
}

#[test]
fn without_a_proxy_no_header_makes_an_address() {
    let program = Logged::start(&[]);
    let looked_up = guessed(&program, |number| format!("192.0.{}.{}", number / 250, number % 250));
    assert!((200..1_000).contains(&looked_up), "{looked_up}");
}
