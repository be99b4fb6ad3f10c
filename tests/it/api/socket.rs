//! The accept loop over real sockets: what stands still is closed, what is under way is finished.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use windscreen::server::tls::Tls;
use windscreen::server::{Counted, Limits, ServeError, listen, serve};

use super::tiny;

/// Where a limit is what a test is about, it is short; no test depends on how short.
pub(super) const SHORT: Duration = Duration::from_millis(100);
pub(super) const LIMITS: Limits = Limits {
    header_timeout: Duration::from_secs(60),
    stall_timeout: Duration::from_secs(60),
    pace_every: Duration::from_secs(60),
    pace_bytes: 0,
    life: Duration::from_secs(600),
    longest_life: Duration::from_secs(600),
    connections: 8,
    for_health: 0,
    for_partners: 8,
    for_address: 8,
    shutdown: Duration::from_secs(60),
    counted: Counted::Socket,
};

pub(super) struct Running {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Running {
    pub async fn start(limits: Limits, router: Router) -> Self {
        Self::start_with(limits, router, None).await
    }

    pub async fn start_with(limits: Limits, router: Router, tls: Option<Tls>) -> Self {
        let listener = listen("127.0.0.1:0".parse().unwrap(), tls).await.unwrap();
        let address = listener.address().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(serve(listener, router, limits, async {
            let _ = stopped.await;
        }));
        Self { address, stop, ended }
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap();
    }
}

/// Everything until the other side closes; were it never to, the test would hang and be told.
pub(super) async fn rest(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut all).await;
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn a_silent_socket_and_a_slow_header_are_closed() {
    let running = Running::start(Limits { header_timeout: SHORT, ..LIMITS }, tiny()).await;
    assert_eq!(rest(running.connect().await).await, "");
    let mut half = running.connect().await;
    half.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\nx-slow: ").await.unwrap();
    assert!(!rest(half).await.contains("200 OK"));
    // A byte at a time does not start the clock again.
    let (mut reading, mut writing) = running.connect().await.into_split();
    let trickle = tokio::spawn(async move {
        let mut pace = tokio::time::interval(Duration::from_millis(10));
        while writing.write_all(b"a").await.is_ok() {
            pace.tick().await;
        }
    });
    let mut all = Vec::new();
    let _ = reading.read_to_end(&mut all).await;
    trickle.await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn a_connection_that_waits_for_its_next_request_is_closed_too() {
    let running = Running::start(Limits { header_timeout: SHORT, ..LIMITS }, tiny()).await;
    let mut kept = running.connect().await;
    kept.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert!(rest(kept).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn a_body_that_stops_coming_is_not_waited_for() {
    let running = Running::start(Limits { stall_timeout: SHORT, ..LIMITS }, tiny()).await;
    for path in ["/v1/evaluations", "/v1/evaluations/batch"] {
        let kind = if path.ends_with("batch") { "application/x-ndjson" } else { "application/json" };
        let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: {kind}\r\ncontent-length: 100\r\n\r\n{{");
        let mut client = running.connect().await;
        client.write_all(head.as_bytes()).await.unwrap();
        let answer = rest(client).await;
        assert!(!answer.contains("\"evaluation\"") && !answer.ends_with("0\r\n\r\n"), "{path}: {answer}");
    }
    running.stop().await;
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_not_kept() {
    let running = Running::start(Limits { stall_timeout: SHORT, ..LIMITS }, tiny()).await;
    let mut greedy = running.connect().await;
    let head = "POST /v1/evaluations/batch HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-ndjson\r\n";
    greedy.write_all(format!("{head}content-length: 1000000000\r\n\r\n").as_bytes()).await.unwrap();
    let (_kept_open, mut writing) = greedy.into_split();
    let sending = tokio::spawn(async move { while writing.write_all(b"{\"facts\":{}}\n").await.is_ok() {} });
    // Were the connection kept, this would never end.
    sending.await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn headers_are_bounded() {
    let running = Running::start(LIMITS, tiny()).await;
    let many: String = (0..80).map(|number| format!("x-{number}: a\r\n")).collect();
    for headers in [format!("x-long: {}\r\n", "a".repeat(20_000)), many] {
        let mut client = running.connect().await;
        let head = format!("GET /livez HTTP/1.1\r\nhost: a\r\n{headers}\r\n");
        let _ = client.write_all(head.as_bytes()).await;
        assert!(rest(client).await.starts_with("HTTP/1.1 431 "));
    }
    running.stop().await;
}

/// A route that says when a request is in, and answers when it is let go.
pub(super) fn held() -> (Router, mpsc::Receiver<()>, watch::Sender<bool>) {
    let (entered, is_in) = mpsc::channel::<()>(1);
    let (leave, may_leave) = watch::channel(false);
    let answer = move || {
        let (entered, mut may_leave) = (entered.clone(), may_leave.clone());
        async move {
            entered.send(()).await.unwrap();
            let _ = may_leave.wait_for(|leave| *leave).await;
            "done"
        }
    };
    (Router::new().route("/held", axum::routing::get(answer)), is_in, leave)
}

pub(super) const HELD: &[u8] = b"GET /held HTTP/1.1\r\nhost: a\r\n\r\n";

#[tokio::test]
async fn a_stop_finishes_what_is_under_way_and_closes_the_rest() {
    let (router, mut is_in, leave) = held();
    let running = Running::start(LIMITS, router).await;
    let (idle, mut busy) = (running.connect().await, running.connect().await);
    busy.write_all(HELD).await.unwrap();
    is_in.recv().await.unwrap();
    running.stop.send(()).unwrap();
    assert_eq!(rest(idle).await, "", "a connection without a request is closed at once");
    assert!(!running.ended.is_finished(), "the request under way is waited for");
    leave.send(true).unwrap();
    let answer = rest(busy).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("done"), "{answer}");
    running.ended.await.unwrap();
    assert!(TcpStream::connect(running.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_stop_waits_only_so_long() {
    let (router, mut is_in, _never) = held();
    let running = Running::start(Limits { shutdown: SHORT, ..LIMITS }, router).await;
    let mut busy = running.connect().await;
    busy.write_all(HELD).await.unwrap();
    is_in.recv().await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn without_tls_only_this_machine_can_be_listened_on() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[2001:db8::1]:0"] {
        let refused = listen(address.parse().unwrap(), None).await.unwrap_err();
        assert!(matches!(refused, ServeError::BeyondThisMachine(_)), "{refused}");
        assert!(refused.to_string().contains("listen on 127.0.0.1 or [::1], behind a proxy"), "{refused}");
    }
    // A machine may lack the newer protocol; it is never refused for being reachable.
    let newer = listen("[::1]:0".parse().unwrap(), None).await;
    assert!(matches!(newer, Ok(_) | Err(ServeError::CannotListen { .. })), "{newer:?}");
    let taken = listen("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let again = listen(taken.address().unwrap(), None).await.unwrap_err();
    assert!(again.to_string().contains("cannot be listened on"), "{again}");
}
