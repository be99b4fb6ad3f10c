//! A thousand sockets that are slow or say nothing, beside a few who ask as they should.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use windscreen::pages::council::Council;
use windscreen::pages::{self, Front};
use windscreen::server::{Counted, Limits};

use super::socket::{Running, rest};
use super::{TINY, serving};

/// How many there are of each of the six kinds.
const OF_EACH: usize = 170;
/// How often one that is slow sends a byte.
const DRIP: Duration = Duration::from_millis(50);

/// A thousand sockets have two ends each in this process.
fn many_files() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = 8 * 1024;
    assert!(limit.maximum.is_none_or(|most| most >= wanted), "a process may open too few files here: {limit:?}");
    if limit.current.is_some_and(|current| current < wanted) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit }).unwrap();
    }
}

/// How a socket is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bad {
    Silent,
    SlowHead,
    SlowBody,
    SlowBatch,
    /// It asks for much and takes nothing.
    Unread,
    Idle,
}

const KINDS: [Bad; 6] = [Bad::Silent, Bad::SlowHead, Bad::SlowBody, Bad::SlowBatch, Bad::Unread, Bad::Idle];

/// A body that does not come to its end.
fn head(path: &str, kind: &str, from: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\nx-forwarded-for: {from}\r\ncontent-type: {kind}\r\n\
         content-length: 60000\r\n\r\n"
    )
}

/// Is bad until the server closes.
async fn is_bad(address: SocketAddr, kind: Bad) {
    let stream = TcpStream::connect(address).await.unwrap();
    let begins = match kind {
        Bad::Silent => String::new(),
        Bad::SlowHead => "GET /livez HTTP/1.1\r\nx-slow: ".to_owned(),
        Bad::SlowBody => head("/v1/evaluations", "application/json", "192.0.2.1"),
        Bad::SlowBatch => head("/v1/evaluations/batch", "application/x-ndjson", "192.0.2.2"),
        Bad::Unread => {
            "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 192.0.2.3\r\n\r\n".repeat(50)
        }
        Bad::Idle => "GET /livez HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
    };
    let (mut reading, mut writing) = stream.into_split();
    let drips = matches!(kind, Bad::SlowHead | Bad::SlowBody | Bad::SlowBatch);
    let writes = async {
        let mut pace = tokio::time::interval(DRIP);
        let mut is_open = writing.write_all(begins.as_bytes()).await.is_ok();
        while is_open && drips {
            pace.tick().await;
            is_open = writing.write_all(b" ").await.is_ok();
        }
        if kind == Bad::Unread {
            // Its end is seen only by who writes; what it would read lies in the socket.
            while writing.write_all(b"GET / HTTP/1.1\r\n").await.is_ok() {
                pace.tick().await;
            }
        }
    };
    let mut all = Vec::new();
    let reads = async {
        if kind != Bad::Unread {
            let _ = reading.read_to_end(&mut all).await;
        }
    };
    tokio::join!(writes, reads);
}

const RIGHT: [&str; 3] = [
    "GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n",
    "GET /accessibility HTTP/1.1\r\nhost: 127.0.0.1\r\nx-forwarded-for: 198.51.100.1\r\nconnection: close\r\n\r\n",
    "POST /v1/evaluations HTTP/1.1\r\nhost: 127.0.0.1\r\nx-forwarded-for: 198.51.100.2\r\nconnection: close\r\n\
     content-type: application/json\r\ncontent-length: 12\r\n\r\n{\"facts\":{}}",
];

/// Whether a request is answered as it should be.
async fn ask(address: SocketAddr, request: &str) -> bool {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(request.as_bytes()).await;
    rest(stream).await.starts_with("HTTP/1.1 200 OK")
}

/// Asks again and again as one should, until told to stop; how often, and how often in vain.
async fn is_right(address: SocketAddr, request: &'static str, stop: Arc<AtomicBool>) -> (usize, usize) {
    let (mut asked, mut failed) = (0, 0);
    // A few hundred at the least, however soon the others are gone.
    while asked < 400 || !stop.load(Ordering::SeqCst) {
        let is_served = ask(address, request).await;
        (asked, failed) = (asked + 1, failed + usize::from(!is_served));
    }
    (asked, failed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_slow_sockets_are_closed_and_nobody_else_notices() {
    many_files();
    let council = Council::new("Example Council", "01632 960001", "01632 960002", "#003b5c").unwrap();
    let router = pages::router(&Arc::new(Front::new(serving(TINY), council, None).unwrap()));
    let limits = Limits {
        header_timeout: Duration::from_secs(2),
        stall_timeout: Duration::from_secs(2),
        pace_every: Duration::from_secs(2),
        counted: Counted::Forwarded,
        ..Limits::default()
    };
    let running = Running::start(limits, router).await;
    let stop = Arc::new(AtomicBool::new(false));
    let right = RIGHT.map(|request| tokio::spawn(is_right(running.address, request, Arc::clone(&stop))));
    let mut bad = Vec::new();
    for _ in 0..OF_EACH {
        let address = running.address;
        bad.extend(KINDS.map(|kind| (kind, tokio::spawn(is_bad(address, kind)))));
        // A few at a time: the system holds so many that were not taken in yet, and forgets the others without a word.
        assert!(ask(address, RIGHT[0]).await, "health was not answered");
    }
    assert!(bad.len() >= 1_000);
    // Each ends when it is closed; were one kept, this would not end.
    for (kind, one) in bad {
        let ended = tokio::time::timeout(Duration::from_secs(60), one).await;
        ended.unwrap_or_else(|_| panic!("a socket is kept: {kind:?}")).unwrap();
    }
    stop.store(true, Ordering::SeqCst);
    let (mut all, mut in_vain) = (0, 0);
    for one in right {
        let (asked, failed) = one.await.unwrap();
        (all, in_vain) = (all + asked, in_vain + failed);
    }
    println!("beside a thousand slow sockets, {in_vain} of {all} requests were in vain");
    assert!(in_vain * 1_000 <= all, "{in_vain} of {all} requests were in vain");
    running.stop().await;
}
