//! What a server answers over sockets: the program on one core, `wrk` on another, against a bare handler that parses the
//! same JSON and answers a constant, in the same run; and what is left when twice as much is asked as it can do. How long
//! it takes to start, and what memory it has at rest and after all that.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

#[path = "performance/figures.rs"]
mod figures;
#[path = "performance/served.rs"]
mod served;

use std::io::{Read, Write, sink};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::routing::post;
use figures::Figures;
use served::{Served, answer};
use tokio::sync::Semaphore;

/// How long each contender is asked at a time, and how often; the best counts, for other programs share the machine.
const SECONDS: u64 = 4;
const ROUNDS: usize = 3;
/// How often it is started; the fastest counts.
const STARTS: usize = 5;
/// How many connections ask at once.
const CONNECTIONS: usize = 64;
/// More than a partnership's systems ever hold open, and fewer than the server takes.
const MANY: usize = 400;

/// An invented child.
const FACTS: &str = r#"{"received_at":"2026-11-24T10:30:00+00:00","explain":"EXPLAIN","concerns":["domestic_abuse"],"facts":{"child_age_months":30,"da_scale":"s1_moderate","basic_care":"struggling","immediate_danger_now":false,"family_told":"told","parental_conflict":"not_known"}}"#;
/// The same as a referral to be recorded.
const REFERRAL: &str = r#"{"received_at":"2026-11-24T10:30:00+00:00","concerns":["domestic_abuse"],"referrer":{"organisation":"school:example-primary","agency":"school","source_code":"2A","name":"A. Teacher"},"account":"Often late and hungry on Mondays.","family_told":"yes","children":[{"ref":"A","name":"Invented Child","date_of_birth":"2024-05-01","facts":{"da_scale":"s1_moderate","basic_care":"struggling","immediate_danger_now":false}}]}"#;

/// What `wrk` found.
#[derive(Debug, Clone, Copy, Default)]
struct Found {
    per_second: f64,
    p50: f64,
    p95: f64,
    p99: f64,
    wrong: u64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("--bare") => return bare(),
        Some("--flood") => return flood(&arguments[2..]),
        _ => {}
    }
    // `cargo test --all-targets` runs this too, and measures nothing.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    if Command::new("wrk").arg("-v").output().is_err() {
        println!("`wrk` is not installed: on Debian, apt-get install wrk");
        return;
    }
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let bare = Served::start(on(0, &std::env::current_exe().expect("this program"), &["--bare"]), sink());
    let mut figures = Figures::of("load");
    start_up(&mut figures);
    let server = Served::start(program(folder.path()), sink());
    figures.add("memory_at_rest", server.status("VmRSS") * 1024.0);
    let facts = |explain: &str| FACTS.replace("EXPLAIN", explain);
    let contenders = [
        ("constant", "bare handler, constant answer", &bare, "/constant", facts("summary"), false),
        ("parse", "bare handler, parses the JSON, constant answer", &bare, "/parse", facts("summary"), false),
        ("none", "evaluated, no explanation", &server, "/v1/evaluations", facts("none"), false),
        ("summary", "evaluated, summary", &server, "/v1/evaluations", facts("summary"), false),
        ("full", "evaluated, full explanation", &server, "/v1/evaluations", facts("full"), false),
        ("recorded", "recorded, full explanation", &server, "/v1/referrals", REFERRAL.to_owned(), true),
    ];
    let mut best = [Found::default(); 6];
    for _ in 0..ROUNDS {
        for (best, (_, name, served, path, body, recorded)) in best.iter_mut().zip(&contenders) {
            let script = script(folder.path(), path, body, *recorded);
            let found = wrk(served, &script, CONNECTIONS);
            assert_eq!(found.wrong, 0, "{name}: not every answer was one of success");
            if found.per_second > best.per_second {
                *best = found;
            }
        }
    }
    println!("| What | answers/s | of the bare parse | p50 | p95 | p99 |\n|---|---|---|---|---|---|");
    let parse = best[1].per_second;
    for (found, (key, name, ..)) in best.iter().zip(&contenders) {
        let Found { per_second, p50, p95, p99, .. } = *found;
        println!("| {name} | {per_second:.0} | {:.2} | {p50:.2} ms | {p95:.2} ms | {p99:.2} ms |", per_second / parse);
        figures.add(*key, per_second);
        for (of, milliseconds) in [("p50", p50), ("p95", p95), ("p99", p99)] {
            figures.add(format!("{key}_{of}"), milliseconds / 1000.0);
        }
    }
    let (full, file) = (facts("full"), folder.path());
    overload(&server, &script(file, "/v1/evaluations", &full, false), &full, &mut figures);
    figures.add("memory_after", server.status("VmRSS") * 1024.0);
    figures.add("memory_most", server.status("VmHWM") * 1024.0);
    figures.write();
}

/// How long the program takes from its start until it listens, on an empty record and on one that is there; and its size.
fn start_up(figures: &mut Figures) {
    let new = || tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let time = |folder: &Path| {
        let start = Instant::now();
        drop(Served::start(program(folder), sink()));
        start.elapsed().as_secs_f64()
    };
    let known = new();
    drop(Served::start(program(known.path()), sink()));
    let least = |times: &mut dyn Iterator<Item = f64>| times.fold(f64::INFINITY, f64::min);
    figures.add("start_empty", least(&mut (0..STARTS).map(|_| time(new().path()))));
    figures.add("start_known", least(&mut (0..STARTS).map(|_| time(known.path()))));
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_windscreen")).expect("the program").len();
    figures.add("program", size as f64);
}

/// Twice what the server can do is asked of it, and its health beside that; in turns with what it can do, and the turn
/// counts in which most of that is left.
fn overload(server: &Served, script: &Path, body: &str, figures: &mut Figures) {
    let (mut times, mut failed, mut best) = (Vec::new(), 0, [0.0; 4]);
    for _ in 0..ROUNDS {
        let capacity = wrk(server, script, CONNECTIONS).per_second;
        let ended = AtomicBool::new(false);
        let [asked, answered, shed] = std::thread::scope(|scope| {
            let health = scope.spawn(|| health(server.address, &ended));
            let found = flooded(server, 2.0 * capacity, body);
            ended.store(true, Ordering::Relaxed);
            let (answers, failures) = health.join().expect("health");
            times.extend(answers);
            failed += failures;
            found
        });
        if answered / capacity > best[1] / best[3] || best[3] == 0.0 {
            best = [asked, answered, shed, capacity];
        }
    }
    times.sort();
    let [asked, answered, shed, capacity] = best;
    for (name, figure) in [
        ("overload_asked", asked),
        ("overload_answered", answered),
        ("overload_shed", shed),
        ("overload_capacity", capacity),
        ("overload_health_failed", f64::from(failed)),
        ("overload_health_p50", at(&times, 0.5) / 1000.0),
        ("overload_health_p99", at(&times, 0.99) / 1000.0),
    ] {
        figures.add(name, figure);
    }
    println!(
        "\nTwice the capacity of full explanations ({asked:.0}/s asked): {answered:.0}/s answered, {:.2} of the \
         capacity; {shed:.0}/s told to come again. Health meanwhile: {} answers, {failed} failures, p50 {:.1} ms, p99 {:.1} ms.",
        answered / capacity,
        times.len(),
        at(&times, 0.5),
        at(&times, 0.99),
    );
}

/// How long each answer about health took, and how many failed, until it has ended.
fn health(address: SocketAddr, ended: &AtomicBool) -> (Vec<Duration>, u32) {
    let (mut times, mut failed) = (Vec::new(), 0);
    while !ended.load(Ordering::Relaxed) {
        let start = Instant::now();
        match asked(address, "/livez") {
            Some(200) => times.push(start.elapsed()),
            _ => failed += 1,
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    (times, failed)
}

/// How many were asked, answered, and told to come again, a second each.
fn flooded(server: &Served, rate: f64, body: &str) -> [f64; 3] {
    let this = std::env::current_exe().expect("this program");
    let (address, rate) = (server.address.to_string(), rate.round().to_string());
    let flooded = on(1, &this, &["--flood", &address, &rate, body]).output().expect("a flood");
    let text = String::from_utf8_lossy(&flooded.stdout);
    let mut numbers = text.split_whitespace().map(|number| number.parse::<f64>().expect("a number"));
    [(); 3].map(|()| numbers.next().expect("three numbers"))
}

fn at(times: &[Duration], share: f64) -> f64 {
    let place = (times.len() as f64 * share) as usize;
    times.get(place).or(times.last()).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
}

/// A program that has one core to itself.
fn on(core: usize, program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string()]).arg(program).args(arguments);
    command
}

fn program(folder: &Path) -> Command {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut command = on(0, env!("CARGO_BIN_EXE_windscreen").as_ref(), &["serve", "--listen", "127.0.0.1:0"]);
    command.args(["--client-requests-per-second", "0"]).arg("--rules").arg(rules).arg("--data").arg(folder);
    command
}

/// What `wrk` sends, and how it tells what it found.
fn script(folder: &Path, path: &str, body: &str, recorded: bool) -> std::path::PathBuf {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    let run = DRAWN.fetch_add(1, Ordering::Relaxed);
    let file = folder.join(format!("{run}.lua"));
    let key = if recorded { "wrk.headers['Idempotency-Key'] = run .. '-' .. count" } else { "" };
    let text = format!(
        "local count = 0
local run = 'run-{run}'
wrk.method = 'POST'
wrk.body = [==[{body}]==]
wrk.headers['Content-Type'] = 'application/json'
wrk.headers['Authorization'] = 'Bearer demonstration-school-system'
function request()
  count = count + 1
  {key}
  return wrk.format(nil, '{path}')
end
function done(summary, latency, requests)
  local errors = summary.errors
  local wrong = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('FOUND %f %f %f %f %d\\n', summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, wrong))
end
"
    );
    std::fs::write(&file, text).expect("a script");
    file
}

fn wrk(served: &Served, script: &Path, connections: usize) -> Found {
    let (many, long) = (format!("-c{connections}"), format!("-d{SECONDS}s"));
    let url = format!("http://{}", served.address);
    let script = script.to_string_lossy();
    let ran = on(1, "wrk".as_ref(), &["-t1", &many, &long, "-s", &script, &url]).output().expect("wrk");
    let text = String::from_utf8_lossy(&ran.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("FOUND ")).expect("what `wrk` found");
    let mut numbers = line.split(' ').map(|number| number.parse::<f64>().expect("a number"));
    let mut next = || numbers.next().expect("five numbers");
    Found { per_second: next(), p50: next(), p95: next(), p99: next(), wrong: next() as u64 }
}

/// The status of a request on a connection of its own.
fn asked(address: SocketAddr, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.get(9..12)?.parse().ok()
}

/// The handlers that it is measured against.
fn bare() {
    let constant = || async { ([(header::CONTENT_TYPE, "application/json")], "{\"level\":3}") };
    let parse = |body: Bytes| async move {
        let parsed = serde_json::from_slice::<serde_json::Value>(&body).is_ok();
        ([(header::CONTENT_TYPE, "application/json")], if parsed { "{\"level\":3}" } else { "{}" })
    };
    let router = Router::new().route("/constant", post(constant)).route("/parse", post(parse));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        eprintln!("on http://{}", listener.local_addr().expect("an address"));
        axum::serve(listener, router).await.expect("served");
    });
}

/// Asks so often a second, whether or not it is answered, and says how often it was: asked, answered, told to come again,
/// a second each.
fn flood(arguments: &[String]) {
    let [address, rate, body] = arguments else { return };
    let (address, rate): (SocketAddr, f64) = (address.parse().expect("an address"), rate.parse().expect("a rate"));
    let request: Arc<str> = format!(
        "POST /v1/evaluations HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (answered, shed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut sent = 0_u64;
    let long = Duration::from_secs(2 * SECONDS);
    runtime.block_on(async {
        // A request that finds no connection free is not sent at all: its sender gave up.
        let due = Arc::new(Semaphore::new(0));
        for _ in 0..MANY {
            let (due, request) = (Arc::clone(&due), Arc::clone(&request));
            let (answered, shed) = (Arc::clone(&answered), Arc::clone(&shed));
            tokio::spawn(async move {
                let mut stream = None;
                loop {
                    due.acquire().await.expect("never closed").forget();
                    match answer(&mut stream, address, &request).await {
                        Some(answer) if answer.status == 200 && !answer.body.is_empty() => {
                            answered.fetch_add(1, Ordering::Relaxed)
                        }
                        _ => shed.fetch_add(1, Ordering::Relaxed),
                    };
                }
            });
        }
        let start = Instant::now();
        while start.elapsed() < long {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let by_now = (start.elapsed().as_secs_f64() * rate) as u64;
            due.add_permits((by_now - sent) as usize);
            sent = by_now;
            let waiting = due.available_permits();
            due.forget_permits(waiting.saturating_sub(MANY));
        }
    });
    let seconds = long.as_secs_f64();
    let a_second = |count: u64| count as f64 / seconds;
    let (answered, shed) = (answered.load(Ordering::Relaxed), shed.load(Ordering::Relaxed));
    println!("{} {} {}", a_second(sent), a_second(answered), a_second(shed));
}
