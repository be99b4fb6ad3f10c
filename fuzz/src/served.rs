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
    _folder: TempDir,
}

fn served() -> &'static Served {
    static SERVED: OnceLock<Served> = OnceLock::new();
    SERVED.get_or_init(|| {
        let folder = TempDir::new().expect("a temporary folder");
        let record = Arc::new(Record::open(&Places::in_folder(folder.path()), now()).expect("a new record"));
        let rules = super::product("fixtures/rule_sets/good/tiny");
        let serving = Arc::new(Serving::load(&rules, Some(record)).expect("the rules load"));
        let council = Council::new("Example Council", "01632 960001", "01632 960002", "#003b5c").expect("a colour");
        let front = Arc::new(Front::new(serving, council, None).expect("the templates"));
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        Served { runtime, router: pages::router(&front), _folder: folder }
    })
}

/// What comes from a socket. What goes back begins as an answer does, and none of the answers is 500.
pub fn http(bytes: &[u8]) {
    let Served { runtime, router, .. } = served();
    let limits = Limits {
        header_timeout: REST_OF_A_HEAD,
        stall_timeout: STANDS_STILL,
        counted: Counted::Forwarded,
        ..Limits::default()
    };
    let answers = runtime.block_on(async {
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
    });
    let text = String::from_utf8_lossy(&answers);
    assert!(text.is_empty() || text.starts_with("HTTP/1."), "{text}");
    assert!(!text.contains("HTTP/1.1 500 Internal") && !text.contains("HTTP/1.0 500 Internal"), "{text}");
}

/// The body of a form: of fields, or with the first byte odd of fields and a file.
pub fn form(bytes: &[u8]) {
    let Some((how, body)) = bytes.split_first() else { return };
    let (path, kind) = match how % 2 {
        0 => ("/check", "application/x-www-form-urlencoded".to_owned()),
        _ => ("/batches", format!("multipart/form-data; boundary={BOUNDARY}")),
    };
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    http(&[head.as_bytes(), body].concat());
}
