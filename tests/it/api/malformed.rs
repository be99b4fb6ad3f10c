//! Requests that are none, over raw sockets to the program: each is answered or closed, none is a mistake of ours, none
//! stays in memory, and the next that is right is answered.
//!
//! Each is a valid request, broken in one way or several, by a seed that makes a failure come again.

mod broken;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::program::{Logged, Session};
use crate::reference::dice::Dice;
use broken::broken;

/// How many are under way at once.
const AT_ONCE: usize = 48;
/// How long an answer is waited for before the other side is told that nothing more comes. It is only about coverage:
/// most is answered at once, and what waits for more of a request does so for long.
const PATIENCE: Duration = Duration::from_millis(400);
/// The longest that any connection may last: above every time that the server itself sets for a request.
const AT_MOST: Duration = Duration::from_secs(60);

/// A request in its parts, any of which may hold anything.
#[derive(Clone)]
struct Raw {
    method: Vec<u8>,
    target: Vec<u8>,
    version: Vec<u8>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    end_of_line: &'static [u8],
    body: Vec<u8>,
    /// What stands in place of all that.
    whole: Option<Vec<u8>>,
}

/// How a client goes.
#[derive(Clone, Copy)]
enum Ending {
    /// It waits for its answer, and at last says that nothing more comes.
    Patient,
    /// It says so at once.
    HalfClosed,
    /// It goes after so many parts in a hundred of what it has to say.
    Early(usize),
    /// It goes without reading.
    Unread,
}

impl Raw {
    fn bytes(&self) -> Vec<u8> {
        if let Some(whole) = &self.whole {
            return whole.clone();
        }
        let end = self.end_of_line;
        let mut all = [&self.method[..], b" ", &self.target, b" ", &self.version, end].concat();
        for (name, value) in &self.headers {
            all.extend([&name[..], b": ", value, end].concat());
        }
        all.extend(end);
        all.extend(&self.body);
        all
    }

    fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.headers.retain(|(known, _)| known != name.as_bytes());
        self.add(name, value);
    }

    fn add(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.headers.push((name.into(), value.into()));
    }

    /// Another body, with its right length.
    fn body(&mut self, body: impl Into<Vec<u8>>) {
        self.body = body.into();
        let length = self.body.len().to_string();
        self.set("content-length", length);
    }
}

/// A request that is right, of a system or of somebody who is signed in.
fn valid(dice: &mut Dice, sessions: &[Session]) -> Raw {
    let session = dice.pick(sessions).unwrap();
    const JSON: &str = "application/json";
    const FORM: &str = "application/x-www-form-urlencoded";
    const PARTS: &str = "multipart/form-data; boundary=b";
    let file = "--b\r\ncontent-disposition: form-data; name=\"form-token\"\r\n\r\nTOKEN\r\n--b\r\n\
                content-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na,b\r\n1,2\r\n--b--\r\n";
    let referral = r#"{"received_at":"2026-11-23T10:30:00+00:00","children":[{"ref":"A","facts":{}}]}"#;
    let requests = [
        ("GET", "/livez", "", ""),
        ("GET", "/", "", ""),
        ("GET", "/docs/", "", ""),
        ("GET", "/sign-in?to=/worklist", "", ""),
        ("GET", "/referrals/7K3-9F/children/1/decision", "", ""),
        ("GET", "/v1/referrals?open=yes", "", ""),
        ("GET", "/v1/rule-sets/current", "", ""),
        ("GET", "/v1/audit/decisions/tile/entries/000", "", ""),
        ("HEAD", "/version", "", ""),
        ("POST", "/v1/evaluations?explain=full", JSON, r#"{"facts":{"immediate_danger_now":true}}"#),
        ("POST", "/v1/evaluations", JSON, r#"{"household":{"facts":{}},"children":[{"ref":"A","facts":{}}]}"#),
        ("POST", "/v1/evaluations/batch", "application/x-ndjson", "{\"ref\":\"1\",\"facts\":{}}\n{\"facts\":{}}\n"),
        ("POST", "/v1/referrals", JSON, referral),
        ("POST", "/v1/referrals/7K3-9F/decisions", JSON, r#"{"child":1,"agrees":{}}"#),
        ("POST", "/v1/batches", "text/csv", "a,b\r\n1,2\r\n"),
        ("POST", "/v1/transfers", JSON, "{}"),
        ("POST", "/sign-in", FORM, "who=triage-worker&to=%2Fworklist"),
        ("POST", "/check", FORM, "concerns=home&step=2"),
        ("POST", "/drafts", FORM, "form-token=TOKEN"),
        ("POST", "/playground", FORM, "form-token=TOKEN&facts=%7B%7D"),
        ("POST", "/drafts/7K3-9F/children", FORM, "form-token=TOKEN&add=child"),
        ("POST", "/batches", PARTS, file),
        ("POST", "/transfers", PARTS, file),
        ("POST", "/referrals/7K3-9F/children/1/disclosure", PARTS, file),
        ("POST", "/referrals/7K3-9F/children/1/decision", FORM, "form-token=TOKEN&agrees=yes"),
        ("GET", "/worklist", "", ""),
        ("GET", "/drafts/7K3-9F/children", "", ""),
        ("GET", "/playground", "", ""),
    ];
    let (method, target, kind, body) = *dice.pick(&requests).unwrap();
    let mut raw = Raw {
        method: method.into(),
        target: target.into(),
        version: b"HTTP/1.1".to_vec(),
        headers: Vec::new(),
        end_of_line: b"\r\n",
        body: Vec::new(),
        whole: None,
    };
    raw.add("host", "127.0.0.1:8080");
    raw.add("connection", "close");
    raw.add("origin", "http://127.0.0.1:8080");
    let who = if target.starts_with("/v1/audit") { "auditor" } else { "school-system" };
    raw.add("authorization", format!("Bearer demonstration-{who}"));
    raw.add("cookie", session.cookie.as_str());
    if method == "POST" {
        raw.add("content-type", kind);
        raw.add("idempotency-key", format!("key-{}", dice.below(1_000_000)));
        raw.body(body.replace("TOKEN", &session.token));
    }
    raw
}

fn case(seed: u64, sessions: &[Session]) -> (Vec<u8>, Ending) {
    let mut dice = Dice::new(seed);
    let mut raw = valid(&mut dice, sessions);
    for _ in 0..dice.between(1, 3) {
        broken(&mut raw, &mut dice);
    }
    let ending = match dice.below(20) {
        0..=1 => Ending::HalfClosed,
        2..=3 => Ending::Early(dice.between(1, 100)),
        4 => Ending::Unread,
        _ => Ending::Patient,
    };
    (raw.bytes(), ending)
}

/// Sends it, and gives what came back until the server closed; nothing where nobody read it.
async fn sent(address: SocketAddr, bytes: &[u8], ending: Ending) -> Vec<u8> {
    let (mut reading, mut writing) = TcpStream::connect(address).await.unwrap().into_split();
    let all = match ending {
        Ending::Early(part) => &bytes[..bytes.len() * part / 100],
        _ => bytes,
    };
    let writes = async {
        // A server that has read enough may close.
        let _ = writing.write_all(all).await;
        if let Ending::HalfClosed = ending {
            let _ = writing.shutdown().await;
        }
    };
    let mut answer = Vec::new();
    if let Ending::Early(_) | Ending::Unread = ending {
        writes.await;
        return answer;
    }
    let reads = async {
        let _ = reading.read_to_end(&mut answer).await;
    };
    let both = async { tokio::join!(writes, reads) };
    if tokio::time::timeout(PATIENCE, both).await.is_err() {
        let _ = writing.shutdown().await;
        let _ = reading.read_to_end(&mut answer).await;
    }
    answer
}

/// How often each status was answered; nothing is 0.
async fn all_sent(address: SocketAddr, sessions: &[Session], seeds: std::ops::Range<u64>) -> BTreeMap<u16, usize> {
    let cases = futures_util::stream::iter(seeds).map(|seed| async move {
        let (bytes, ending) = case(seed, sessions);
        let answer = tokio::time::timeout(AT_MOST, sent(address, &bytes, ending)).await;
        let answer = answer.unwrap_or_else(|_| panic!("{seed}: neither answered nor closed: {bytes:?}"));
        let text = String::from_utf8_lossy(&answer);
        assert!(text.is_empty() || text.starts_with("HTTP/1."), "{seed}: {text}");
        assert!(!text.contains("HTTP/1.1 5") && !text.contains("HTTP/1.0 5"), "{seed}: {bytes:?}\n{text}");
        text.get(9..12).map_or(0, |status| status.parse().unwrap())
    });
    let mut statuses = BTreeMap::new();
    let mut cases = cases.buffer_unordered(AT_ONCE);
    while let Some(status) = cases.next().await {
        *statuses.entry(status).or_default() += 1;
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_malformed_requests_are_answered_or_closed() {
    let many = 10_000;
    let program = Logged::start(&["--client-requests-per-second", "0"]);
    let sessions = ["teacher", "triage-worker", "manager"].map(|who| program.signed_in(who));
    // What it makes once, it makes now.
    all_sent(program.address, &sessions, many..many + 500).await;
    let before = program.memory();
    let statuses = all_sent(program.address, &sessions, 0..many).await;
    let grown = program.memory() - before;
    assert!(grown <= 32 * 1024, "{grown} KiB more than before");
    // Were they all refused by the first line that reads them, the test would say nothing.
    for status in [0, 200, 303, 400, 401, 403, 404, 405, 413, 415, 421, 422, 431] {
        assert!(statuses.contains_key(&status), "none was answered with {status}: {statuses:?}");
    }
    let right = b"GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    assert!(sent(program.address, right, Ending::Patient).await.starts_with(b"HTTP/1.1 200 OK"));
    let log = program.stop();
    assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
    println!("{many} malformed requests: {statuses:?}, {grown} KiB more");
}
