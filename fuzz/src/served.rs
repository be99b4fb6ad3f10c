//! The server over a stream in memory: heads, cookies, forwarded addresses and traces as they come from a socket, and
//! forms as browsers send them. Whatever comes, no answer says that the program made a mistake.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::runtime::{Builder, Runtime};
use windscreen::pages::council::Council;
use windscreen::pages::{self, Front};
use windscreen::record::{Places, Record};
use windscreen::server::{Counted, Limits, answer_one};
use windscreen::serving::{Serving, now};

/// How long the server waits for the rest of a head, and for anything to move. Nothing more comes, and one that ended its
/// side would be answered no more. A head is there or never will be; an answer takes as long as an evaluation does.
const REST_OF_A_HEAD: Duration = Duration::from_millis(1);
const STANDS_STILL: Duration = Duration::from_millis(40);

/// How long a connection may last.
const AT_MOST: Duration = Duration::from_secs(20);

/// What parts the fields of a form with a file.
const BOUNDARY: &str = "fuzzed";

/// Pages and API of a small rule set over a record of its own.
struct Served {
    runtime: Runtime,
    router: Router,
    /// Of the rules, without the kind of digest that it is.
    digest: String,
    _folder: TempDir,
}

fn served() -> &'static Served {
    static SERVED: OnceLock<Served> = OnceLock::new();
    SERVED.get_or_init(|| {
        let folder = TempDir::new().expect("a temporary folder");
        let record = Arc::new(Record::open(&Places::in_folder(folder.path()), now()).expect("a new record"));
        let rules = super::product("fixtures/rule_sets/good/tiny");
        let serving = Arc::new(Serving::load(&rules, Some(record)).expect("the rules load"));
        let digest = serving.rules().id().digest.trim_start_matches("sha256:").to_owned();
        let council = Council::new("Example Council", "01632 960001", "01632 960002", "#003b5c").expect("a colour");
        let front = Arc::new(Front::new(serving, council, None).expect("the templates"));
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        Served { runtime, router: pages::router(&front), digest, _folder: folder }
    })
}

/// What comes from a socket. What goes back begins as an answer does, and none of the answers is 500.
pub fn http(bytes: &[u8]) {
    let answers = answers(bytes);
    let text = String::from_utf8_lossy(&answers);
    assert!(text.is_empty() || text.starts_with("HTTP/1."), "{text}");
    assert!(!text.contains("HTTP/1.1 500 Internal") && !text.contains("HTTP/1.0 500 Internal"), "{text}");
}

/// What goes back to whoever sends these bytes, and no more.
fn answers(bytes: &[u8]) -> Vec<u8> {
    let Served { runtime, router, .. } = served();
    let limits = Limits {
        header_timeout: REST_OF_A_HEAD,
        stall_timeout: STANDS_STILL,
        counted: Counted::Forwarded,
        ..Limits::default()
    };
    runtime.block_on(async {
        let (ours, theirs) = duplex(1024 * 1024);
        let (mut from, mut to) = tokio::io::split(ours);
        let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut answers = Vec::new();
        let talk = async {
            // Whoever is refused early reads no more.
            let _ = to.write_all(bytes).await;
            let _ = from.read_to_end(&mut answers).await;
        };
        let all = async { tokio::join!(answer_one(theirs, peer, router.clone(), limits), talk) };
        tokio::time::timeout(AT_MOST, all).await.expect("a connection that says no more ends");
        answers
    })
}

/// Somebody who is signed in: the header of their session, and the part that every form of theirs has.
fn session() -> &'static (String, String) {
    static SESSION: OnceLock<(String, String)> = OnceLock::new();
    SESSION.get_or_init(|| {
        let found = |answers: Vec<u8>, before: &str, after: char| {
            let text = String::from_utf8_lossy(&answers);
            let found = text.split_once(before).and_then(|(_, rest)| rest.split(after).next());
            found.expect("somebody is signed in").to_owned()
        };
        let signed_in = answers(&posted("/sign-in", "application/x-www-form-urlencoded", "", b"who=triage-worker"));
        let cookie = format!("Cookie: {}\r\n", found(signed_in, "set-cookie: ", ';'));
        let page = answers(format!("GET /batches HTTP/1.1\r\nHost: 127.0.0.1\r\n{cookie}\r\n").as_bytes());
        let token = found(page, "name=\"form-token\" value=\"", '"');
        let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"form-token\"\r\n\r\n{token}\r\n");
        (cookie, part)
    })
}

/// The body of a form: of fields that anybody may send, with the digest of the rules for `RULE_SET`, or with the first
/// byte odd of fields and a file from somebody who is signed in.
pub fn form(bytes: &[u8]) {
    let Some((how, body)) = bytes.split_first() else { return };
    if how % 2 == 0 {
        let body = String::from_utf8_lossy(body).replace("RULE_SET", &served().digest);
        return http(&posted("/check", "application/x-www-form-urlencoded", "", body.as_bytes()));
    }
    let (cookie, part) = session();
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    http(&posted("/batches", &kind, cookie, &[part.as_bytes(), body].concat()));
}

/// A form as a browser sends it.
fn posted(path: &str, kind: &str, cookie: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n\
         {cookie}Content-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
