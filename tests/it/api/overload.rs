//! What happens when there is more than there is room for: who gives way, who is told so, and who is served
//! all the same.

use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use windscreen::server::{Counted, Limits};

use super::socket::{HELD, LIMITS, Running, held, rest};
use super::tiny;

/// Long enough for a request to get in before it is over, on any machine.
const A_SECOND: Duration = Duration::from_secs(1);

const LIVE: &str = "GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
const EVALUATION: &str = "POST /v1/evaluations HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
                          connection: close\r\ncontent-length: 12\r\n\r\n{\"facts\":{}}";
/// A batch that is not over.
const BATCH: &str = "POST /v1/evaluations/batch HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-ndjson\r\n\
                     content-length: 1000000\r\n\r\n";

async fn ask(running: &Running, request: &str) -> String {
    let mut stream = running.connect().await;
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(stream).await
}

/// The same for whom a proxy names.
fn from(names: &str, request: &str) -> String {
    request.replacen("host: a", &format!("host: a\r\nx-forwarded-for: {names}"), 1)
}

fn is_served(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 200 OK\r\n")
}

fn is_turned_away(answer: &str) -> bool {
    let says = ["HTTP/1.1 503 Service Unavailable\r\n", "\r\nretry-after: 1\r\n"];
    says.iter().all(|says| answer.contains(says))
        && answer.contains("urn:windscreen:problem:busy") != answer.contains("phone 999")
}

/// A batch whose answer has begun.
async fn begun(running: &Running, request: &str) -> TcpStream {
    let mut stream = running.connect().await;
    stream.write_all(format!("{request}{{\"facts\":{{}}}}\n").as_bytes()).await.unwrap();
    let mut begin = [0; 15];
    stream.read_exact(&mut begin).await.unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200 OK");
    stream
}

#[tokio::test]
async fn who_has_waited_longest_gives_way_to_who_comes() {
    let running = Running::start(Limits { connections: 3, ..LIMITS }, tiny()).await;
    let mut kept = running.connect().await;
    kept.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut begin = [0; 15];
    kept.read_exact(&mut begin).await.unwrap();
    let mut half = running.connect().await;
    half.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\nx-slow: ").await.unwrap();
    let _silent = running.connect().await;
    // Three that come after one another take the place of one alone.
    for _ in 0..3 {
        assert!(is_served(&ask(&running, LIVE).await));
    }
    assert!(rest(kept).await.ends_with("{\"status\":\"ok\"}"), "an idle connection was kept");
    half.write_all(b"fast\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(is_served(&rest(half).await), "more gave way than had to");
    // However many come and say nothing, whoever asks is served.
    let mut crowd = Vec::new();
    for _ in 0..20 {
        crowd.push(running.connect().await);
        assert!(is_served(&ask(&running, EVALUATION).await));
    }
    running.stop().await;
}

#[tokio::test]
async fn where_all_are_served_who_comes_is_told_at_once() {
    let (router, mut is_in, leave) = held();
    let running = Running::start(Limits { connections: 2, ..LIMITS }, router).await;
    let mut served = Vec::new();
    for _ in 0..2 {
        let mut stream = running.connect().await;
        stream.write_all(&[&HELD[..HELD.len() - 2], b"connection: close\r\n\r\n"].concat()).await.unwrap();
        is_in.recv().await.unwrap();
        served.push(stream);
    }
    // Whether it says something or not.
    let silent = rest(running.connect().await).await;
    assert!(is_turned_away(&silent) && silent.contains("\r\ncontent-type: application/problem+json\r\n"), "{silent}");
    let (head, body) = silent.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{silent}");
    for _ in 0..100 {
        assert!(is_turned_away(&ask(&running, LIVE).await));
    }
    leave.send(true).unwrap();
    for stream in served {
        assert!(rest(stream).await.ends_with("done"), "a request was broken off for another");
    }
    running.stop().await;
}

#[tokio::test]
async fn health_has_room_of_its_own() {
    let (router, mut is_in, _never) = held();
    let limits = Limits { connections: 3, for_health: 1, shutdown: A_SECOND, ..LIMITS };
    let running = Running::start(limits, router.merge(tiny())).await;
    let mut served = Vec::new();
    for _ in 0..2 {
        let mut stream = running.connect().await;
        stream.write_all(HELD).await.unwrap();
        is_in.recv().await.unwrap();
        served.push(stream);
    }
    assert!(is_turned_away(&ask(&running, EVALUATION).await));
    let page = HELD.strip_suffix(b"\r\n").unwrap();
    let page = std::str::from_utf8(page).unwrap();
    let page = format!("{page}accept: text/html\r\nconnection: close\r\n\r\n");
    let answer = ask(&running, &page).await;
    assert!(is_turned_away(&answer) && answer.contains("phone 999"), "somebody reads no JSON: {answer}");
    for path in ["/livez", "/readyz"] {
        assert!(is_served(&ask(&running, &LIVE.replace("/livez", path)).await), "{path}");
    }
    running.stop().await;
}

#[tokio::test]
async fn partners_leave_room_for_people() {
    let running = Running::start(Limits { for_partners: 2, ..LIMITS }, tiny()).await;
    let mut batches = vec![begun(&running, BATCH).await, begun(&running, BATCH).await];
    assert!(is_turned_away(&ask(&running, EVALUATION).await));
    assert!(is_turned_away(&ask(&running, BATCH).await));
    for path in ["/livez", "/openapi.json", "/docs/"] {
        assert!(is_served(&ask(&running, &LIVE.replace("/livez", path)).await), "{path}");
    }
    // Their room is free again with the last of their answers, or when they go.
    drop(batches.pop());
    while is_turned_away(&ask(&running, EVALUATION).await) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn one_address_leaves_room_for_others_and_cannot_call_itself_another() {
    let limits = Limits { for_address: 1, for_health: 1, counted: Counted::Forwarded, ..LIMITS };
    let running = Running::start(limits, tiny()).await;
    let _hospital = begun(&running, &from("192.0.2.1", BATCH)).await;
    let _home = begun(&running, &from("2001:db8:1:2::1", BATCH)).await;
    for full in ["192.0.2.1", "198.51.100.1, 192.0.2.1", "192.0.2.1:1234", "::ffff:192.0.2.1", "2001:db8:1:2:3:4:5:6"] {
        assert!(is_turned_away(&ask(&running, &from(full, EVALUATION)).await), "{full}");
    }
    // Where it asks about health it is answered; others are, and so is what did not come through the proxy.
    assert!(is_served(&ask(&running, &from("192.0.2.1", LIVE)).await));
    for other in ["192.0.2.2", "192.0.2.1, 192.0.2.2", "2001:db8:1:3::1", "unknown"] {
        assert!(is_served(&ask(&running, &from(other, EVALUATION)).await), "{other}");
    }
    assert!(is_served(&ask(&running, EVALUATION).await));
}

#[tokio::test]
async fn without_a_proxy_what_a_header_says_is_nothing() {
    let running = Running::start(Limits { for_address: 1, ..LIMITS }, tiny()).await;
    let _first = begun(&running, &from("192.0.2.1", BATCH)).await;
    assert!(is_served(&ask(&running, &from("192.0.2.1", EVALUATION)).await));
}

#[tokio::test]
async fn a_batch_that_hardly_moves_is_broken_off() {
    let running = Running::start(Limits { pace_every: A_SECOND, pace_bytes: 64, ..LIMITS }, tiny()).await;
    let (mut reading, mut writing) = begun(&running, BATCH).await.into_split();
    // Far more often than the time that a body may stand still.
    let drip = tokio::spawn(async move {
        let mut pace = tokio::time::interval(A_SECOND / 5);
        while writing.write_all(b" ").await.is_ok() {
            pace.tick().await;
        }
    });
    let mut all = Vec::new();
    let _ = reading.read_to_end(&mut all).await;
    assert!(!String::from_utf8(all).unwrap().ends_with("0\r\n\r\n"), "it ended as if it were whole");
    drip.await.unwrap();
    // One whose lines come, however slowly, is answered to its end.
    let mut honest = running.connect().await;
    let body = "{\"facts\":{}}\n".repeat(30);
    let head = BATCH.replace("1000000", &body.len().to_string()).replace("host: a", "host: a\r\nconnection: close");
    honest.write_all(head.as_bytes()).await.unwrap();
    let mut pace = tokio::time::interval(A_SECOND / 10);
    for line in body.as_bytes().chunks(13) {
        pace.tick().await;
        honest.write_all(line).await.unwrap();
    }
    let answer = rest(honest).await;
    assert!(answer.ends_with("0\r\n\r\n") && answer.matches("\"evaluation\"").count() == 30, "{answer}");
    running.stop().await;
}

#[tokio::test]
async fn who_asks_little_and_often_is_not_slow() {
    let running = Running::start(Limits { pace_every: A_SECOND, pace_bytes: u64::MAX, ..LIMITS }, tiny()).await;
    let mut kept = running.connect().await;
    let mut pace = tokio::time::interval(A_SECOND / 10);
    for _ in 0..25 {
        pace.tick().await;
        kept.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\"ok\"}") {
            assert_ne!(kept.read_buf(&mut answer).await.unwrap(), 0, "the connection was closed");
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn a_connection_that_is_old_ends_with_its_next_answer() {
    let (router, mut is_in, leave) = held();
    let running = Running::start(Limits { life: A_SECOND, ..LIMITS }, router).await;
    let mut busy = running.connect().await;
    busy.write_all(HELD).await.unwrap();
    is_in.recv().await.unwrap();
    // One that came later is old: so is the other.
    assert_eq!(rest(running.connect().await).await, "");
    leave.send(true).unwrap();
    let answer = rest(busy).await;
    assert!(is_served(&answer) && answer.ends_with("done"), "{answer}");
    running.stop().await;
}

#[tokio::test]
async fn nothing_lasts_for_ever() {
    let (router, mut is_in, _never) = held();
    let running = Running::start(Limits { longest_life: A_SECOND, ..LIMITS }, router).await;
    let mut busy = running.connect().await;
    busy.write_all(HELD).await.unwrap();
    is_in.recv().await.unwrap();
    assert_eq!(rest(busy).await, "");
    running.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_taken_slowly_is_not_broken_off_for_another() {
    let big = Router::new().route("/big", axum::routing::get(|| async { vec![b'a'; 32 * 1024 * 1024] }));
    let running = Running::start(Limits { connections: 1, ..LIMITS }, big.merge(tiny())).await;
    let mut reading = running.connect().await;
    reading.write_all(LIVE.replace("/livez", "/big").as_bytes()).await.unwrap();
    let mut begin = [0; 15];
    reading.read_exact(&mut begin).await.unwrap();
    assert!(is_turned_away(&ask(&running, LIVE).await));
    assert!(rest(reading).await.len() > 32 * 1024 * 1024, "its answer was broken off");
    running.stop().await;
}

#[tokio::test]
async fn an_answer_without_a_reader_gives_its_room_back() {
    // More than what a socket holds, so that its answer is still on its way when its sender goes.
    let big = Router::new().route("/v1/big", axum::routing::get(|| async { vec![0_u8; 64 * 1024 * 1024] }));
    let running = Running::start(Limits { for_partners: 1, ..LIMITS }, big.merge(tiny())).await;
    let mut reading = running.connect().await;
    reading.write_all(LIVE.replace("/livez", "/v1/big").as_bytes()).await.unwrap();
    let mut begin = [0; 15];
    reading.read_exact(&mut begin).await.unwrap();
    assert!(is_turned_away(&ask(&running, EVALUATION).await), "its answer is not counted");
    drop(reading);
    while is_turned_away(&ask(&running, EVALUATION).await) {
        tokio::task::yield_now().await;
    }
    running.stop().await;
}
