//! The numbers for whoever watches, and the alerts over them: a real Prometheus asks real servers, a fault is caused
//! behind each alert of `deploy/alerts.yml`, and the alert fires.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use windscreen::metrics::{Goes, TOLD};
use windscreen::record::Places;

use crate::api::certificate;
use crate::record::postgres::OnPort;

const ALERTS: &str = include_str!("../../deploy/alerts.yml");
const OPERATIONS: &str = include_str!("../../docs/security/operations.md");
/// How often Prometheus asks and reckons here, in the place of minutes.
const PACE: &str = "500ms";

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Free a moment ago; nobody else here takes ports by number.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// What an address answers, its head and its body.
fn ask(address: &str, request: &str) -> Option<(String, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split_once("\r\n\r\n").map(|(head, body)| (head.to_owned(), body.to_owned()))
}

fn get(address: &str, path: &str) -> Option<(String, String)> {
    ask(address, &format!("GET {path} HTTP/1.0\r\nhost: 127.0.0.1\r\n\r\n"))
}

/// A program that ends with the test, whatever becomes of that.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server with a listener for its numbers.
struct Server {
    _process: Process,
    address: String,
    numbers: String,
}

impl Server {
    fn start(data: &Path, rules: &Path, more: &[&str]) -> Self {
        let numbers = free_address();
        let mut command = Command::new(env!("CARGO_BIN_EXE_windscreen"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--metrics-listen", &numbers]).args(more);
        command.arg("--data").arg(data).arg("--rules").arg(rules).env("WINDSCREEN_LOG", "off");
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("serving ") {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "it did not start");
        }
        let address = line.split("://").nth(1).unwrap().split(',').next().unwrap().to_owned();
        // What it says later is nobody's here, and must not fill its pipe.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Self { _process: Process(child), address, numbers }
    }

    /// Over the default rules, with a record of its own.
    fn usual(data: &Path, more: &[&str]) -> Self {
        Self::start(data, &repository("rules"), more)
    }

    fn post(&self, who: &str, path: &str, body: &Value) -> (String, String) {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n\
             authorization: Bearer demonstration-{who}\r\nidempotency-key: {}\r\ncontent-length: {}\r\n\r\n{body}",
            windscreen::serving::now().as_nanosecond(),
            body.len()
        );
        ask(&self.address, &request).unwrap()
    }

    fn evaluate(&self) {
        let (head, _) = self.post("school-system", "/v1/evaluations", &json!({ "facts": {} }));
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    }

    /// Requests whose bodies come late, each from the same address behind the proxy: what they are answered.
    fn send_late(&self, many: usize, after: Duration) -> Vec<String> {
        let body = "{\"facts\":{}}";
        let head = format!(
            "POST /v1/evaluations HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-forwarded-for: 192.0.2.7\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut open: Vec<TcpStream> = (0..many).map(|_| TcpStream::connect(&self.address).unwrap()).collect();
        open.iter_mut().for_each(|stream| stream.write_all(head.as_bytes()).unwrap());
        sleep(after);
        let answers = open.into_iter().map(|mut stream| {
            // One that was turned away may be closed already.
            let _ = stream.write_all(body.as_bytes());
            let mut answer = String::new();
            let _ = stream.read_to_string(&mut answer);
            answer
        });
        answers.collect()
    }
}

/// A Prometheus over the servers that a file names, with the alerts of this repository.
struct Prometheus {
    _process: Process,
    address: String,
    folder: TempDir,
}

impl Prometheus {
    fn start() -> Self {
        let (folder, address) = (tempfile::tempdir().unwrap(), free_address());
        let path = |name: &str| folder.path().join(name);
        // The waiting before an alert, and the minute of an unsigned log, are not what is tested.
        let hurried = ALERTS.lines().filter(|line| !line.trim_start().starts_with("for: "));
        let hurried: Vec<String> =
            hurried.map(|line| line.replace("head_age_seconds > 60", "head_age_seconds > 2")).collect();
        fs::write(path("alerts.yml"), hurried.join("\n")).unwrap();
        fs::write(path("servers.json"), "[]").unwrap();
        let config = format!(
            "global: {{ scrape_interval: {PACE}, scrape_timeout: {PACE}, evaluation_interval: {PACE} }}\n\
             rule_files: [alerts.yml]\n\
             scrape_configs:\n  - job_name: windscreen\n    file_sd_configs: [{{ files: [servers.json], refresh_interval: 1s }}]\n"
        );
        fs::write(path("prometheus.yml"), config).unwrap();
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", path("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", path("data").display()));
        command.arg(format!("--web.listen-address={address}")).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("Prometheus is missing: `make setup-tests` installs it from Debian");
        let prometheus = Self { _process: Process(child), address, folder };
        prometheus.until("it is ready", || {
            get(&prometheus.address, "/-/ready").is_some_and(|(head, _)| head.contains(" 200 "))
        });
        prometheus
    }

    /// Goes on asking; what never comes is told with what fires instead.
    fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        for _ in 0..600 {
            if is_so() {
                return;
            }
            sleep(Duration::from_millis(100));
        }
        panic!("{what}: never; firing: {:?}", self.firing());
    }

    fn watch(&self, servers: &[&Server]) {
        let targets: Vec<&str> = servers.iter().map(|server| server.numbers.as_str()).collect();
        let list = json!([{ "targets": targets }]).to_string();
        let fresh = self.folder.path().join("servers.new");
        fs::write(&fresh, list).unwrap();
        fs::rename(fresh, self.folder.path().join("servers.json")).unwrap();
        self.until("every server is asked", || {
            let up = self.value("sum(up{job=\"windscreen\"})");
            up.is_some_and(|up| up == servers.len().to_string())
        });
    }

    fn value(&self, query: &str) -> Option<String> {
        let query: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let (_, body) = get(&self.address, &format!("/api/v1/query?query={query}"))?;
        let answer: Value = serde_json::from_str(&body).ok()?;
        Some(answer["data"]["result"][0]["value"][1].as_str()?.to_owned())
    }

    fn firing(&self) -> BTreeSet<String> {
        let Some((_, body)) = get(&self.address, "/api/v1/alerts") else { return BTreeSet::new() };
        let answer: Value = serde_json::from_str(&body).unwrap();
        let alerts = answer["data"]["alerts"].as_array().unwrap();
        alerts.iter().map(|alert| alert["labels"]["alertname"].as_str().unwrap().to_owned()).collect()
    }

    fn fires(&self, alert: &str, seen: &mut BTreeSet<String>) {
        self.until(alert, || self.firing().contains(alert));
        seen.insert(alert.to_owned());
    }
}

/// What an exchange sends.
fn body_of(exchange: &str) -> Value {
    serde_json::from_str::<Value>(exchange).unwrap()["request"]["body"].take()
}

fn referral() -> Value {
    body_of(include_str!("../../fixtures/exchanges/referral_recorded.json"))
}

/// The names of the alerts as the file has them.
fn names() -> BTreeSet<String> {
    ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).map(str::to_owned).collect()
}

/// Makes an account as its operator does; its secret.
fn a_break_glass_account(folder: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windscreen"));
    command.arg("break-glass").arg(folder.join("accounts.toml"));
    command.args(["--account", "duty", "--role", "social_work_manager", "--organisation", "council:example"]);
    let made = command.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

#[test]
fn each_alert_fires_when_its_fault_is_there() {
    let prometheus = Prometheus::start();
    let [data, rules, in_postgres, ahead] = [(); 4].map(|()| tempfile::tempdir().unwrap());
    crate::copy(&repository("rules"), rules.path());
    let server = Server::start(data.path(), rules.path(), &["--watch", "--behind-proxy"]);
    let postgres = OnPort::start(None);
    let url = format!("postgresql://windscreen@127.0.0.1:{}/postgres", postgres.port);
    let stored = Server::usual(in_postgres.path(), &["--database", &url]);
    prometheus.watch(&[&server, &stored]);
    // Twice their pace and more, so that whatever is going to fire does.
    sleep(Duration::from_secs(3));
    assert_eq!(prometheus.firing(), BTreeSet::new(), "nothing is wrong yet");
    let mut seen = BTreeSet::new();

    // What is decided and answered.
    let (head, recorded) = server.post("school-system", "/v1/referrals", &referral());
    assert!(head.starts_with("HTTP/1.1 201"), "{head} {recorded}");
    let id = serde_json::from_str::<Value>(&recorded).unwrap()["id"].as_str().unwrap().to_owned();
    let lower = body_of(include_str!("../../fixtures/exchanges/decision_lower.json"));
    let path = format!("/v1/referrals/{id}/decisions");
    let (head, decided) = server.post("triage-worker", &path, &lower);
    assert!(head.starts_with("HTTP/1.1 201"), "{head} {decided}");
    prometheus.fires("WindscreenManyDecidedLower", &mut seen);
    (0..20).for_each(|_| server.evaluate());
    prometheus.fires("WindscreenManyProvisional", &mut seen);

    // Room and time.
    let answers = server.send_late(160, Duration::from_secs(1));
    assert!(answers.iter().any(|answer| answer.starts_with("HTTP/1.1 503")), "all found room");
    prometheus.fires("WindscreenTurnsAway", &mut seen);
    prometheus.fires("WindscreenSlow", &mut seen);

    // The rules folder.
    let file = rules.path().join("framework.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, "framework: [").unwrap();
    prometheus.fires("WindscreenRulesNotRead", &mut seen);
    fs::write(&file, text).unwrap();
    prometheus.until("the rules are read again", || !prometheus.firing().contains("WindscreenRulesNotRead"));

    // Somebody else writes to the database.
    let places = Places::in_folder(data.path());
    let database = rusqlite::Connection::open(data.path().join("windscreen.db")).unwrap();
    database.execute("UPDATE log SET size = size + 1 WHERE name = 'rules'", []).unwrap();
    prometheus.fires("WindscreenLogUnsigned", &mut seen);
    database.execute("UPDATE log SET size = size - 1 WHERE name = 'rules'", []).unwrap();

    // It holds the lock and does not let go: nothing is recorded, and nothing acknowledged.
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (head, _) = server.post("school-system", "/v1/referrals", &referral());
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    prometheus.fires("WindscreenCommitsFail", &mut seen);
    database.execute_batch("ROLLBACK").unwrap();
    drop(database);

    // The guard.
    let (guard, away) = (places.guard, data.path().join("guard.away"));
    fs::rename(&guard, &away).unwrap();
    prometheus.fires("WindscreenGuardGone", &mut seen);
    let ready = get(&server.address, "/readyz").unwrap();
    assert!(ready.0.contains(" 503 ") && ready.1.contains("the guard cannot be read"), "{ready:?}");
    assert!(get(&server.address, "/livez").unwrap().0.contains(" 200 "));

    // The database.
    drop(postgres);
    prometheus.fires("WindscreenStoreDown", &mut seen);
    let ready = get(&stored.address, "/readyz").unwrap();
    assert!(ready.0.contains(" 503 ") && ready.1.contains("the database does not answer"), "{ready:?}");
    stored.evaluate();
    let (head, _) = stored.post("school-system", "/v1/referrals", &referral());
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    prometheus.fires("WindscreenErrors", &mut seen);

    // Somebody who cannot sign in as usual.
    let breaks = tempfile::tempdir().unwrap();
    let secret = a_break_glass_account(breaks.path());
    let file = |name: &str| breaks.path().join(name).display().to_string();
    let (accounts, oidc_secret) = (file("accounts.toml"), file("oidc-secret"));
    fs::write(&oidc_secret, "a-secret").unwrap();
    let real = [
        "--oidc-issuer=http://127.0.0.1:1",
        "--oidc-client-id=w",
        "--oidc-client-secret-file",
        &oidc_secret,
        "--public-url=http://localhost",
        "--environment=test",
        "--behind-proxy",
        "--break-glass",
        &accounts,
        "--board-email=board@example.invalid",
        "--mail-from=hub@example.invalid",
        "--sendmail=/bin/true",
    ];
    let locked = Server::usual(&breaks.path().join("data"), &real);
    prometheus.watch(&[&server, &stored, &locked]);
    let form = format!("name=A.+Manager&why=drill&secret={secret}");
    let request = format!(
        "POST /sign-in/break-glass HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    let (head, body) = ask(&locked.address, &request).unwrap();
    assert!(head.starts_with("HTTP/1.1 303"), "{head}{body}");
    prometheus.fires("WindscreenBreakGlassUsed", &mut seen);

    // A server that is gone, and comes again without its guard.
    drop(server);
    prometheus.fires("WindscreenDown", &mut seen);
    let read_only = Server::start(data.path(), rules.path(), &[]);
    prometheus.watch(&[&read_only]);
    prometheus.fires("WindscreenReadOnly", &mut seen);
    let ready = get(&read_only.address, "/readyz").unwrap();
    assert!(ready.0.contains(" 503 ") && ready.1.contains("the record is read-only"), "{ready:?}");

    // What comes with time: deadlines, the calendar, a certificate.
    drop(Server::usual(ahead.path(), &["--invented-families"]));
    let (certificate, key) = certificate(ahead.path(), "short", "5");
    let [certificate, key] = [certificate, key].map(|path| path.display().to_string());
    let later = ["--clock", "2028-12-20T12:00:00Z", "--tls-certificate", &certificate, "--tls-key", &key];
    // The certificate is one of these days, and the demonstration's clock is not.
    let later = Server::usual(ahead.path(), &later);
    prometheus.watch(&[&later]);
    for alert in ["WindscreenOverdue", "WindscreenBankHolidaysEnd", "WindscreenCertificateEnds"] {
        prometheus.fires(alert, &mut seen);
    }
    assert_eq!(seen, names(), "an alert without a fault behind it");
}

/// The first cells of the rows of a table whose head begins so.
fn rows(head: &str) -> Vec<Vec<String>> {
    let table = OPERATIONS.lines().skip_while(|line| !line.starts_with(head)).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
    table.skip(2).map(cells).collect()
}

#[test]
fn the_numbers_alerts_and_events_of_the_document_are_those_of_the_source() {
    let goes = |goes| match goes {
        Goes::Up => "up",
        Goes::UpAndDown => "up and down",
        Goes::Spread => "spread",
    };
    let told =
        TOLD.map(|told| vec![told.name.to_owned(), goes(told.goes).into(), told.labels.join(", "), told.about.into()]);
    assert_eq!(rows("| Name | Goes |"), told);
    let alerts: BTreeSet<String> = rows("| Alert |").into_iter().map(|mut row| row.remove(0)).collect();
    assert_eq!(alerts, names());
    let levels: BTreeSet<String> = rows("| Alert |").into_iter().map(|mut row| row.remove(1)).collect();
    assert_eq!(levels, BTreeSet::from(["board", "page", "ticket"].map(str::to_owned)));
    let mut events = BTreeSet::new();
    let mut folders = vec![repository("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(entry).unwrap();
                let of_one = |(after, level): (&str, &str)| {
                    let word = after.split("event = \"").nth(1)?.split('"').next()?;
                    Some((word.to_owned(), level.to_owned()))
                };
                for level in ["info", "warn", "error"] {
                    let begin = format!("tracing::{level}!(");
                    let calls = text.split(&begin).skip(1);
                    events.extend(calls.filter_map(|call| of_one((call.split(';').next().unwrap(), level))));
                }
            }
        }
    }
    let listed = rows("| event |").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(events, listed);
}

#[test]
fn every_number_is_told_with_its_labels_and_nothing_else_is() {
    let data = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(data.path(), "one", "5");
    let [certificate, key] = [certificate, key].map(|path| path.display().to_string());
    let tls = ["--tls-certificate", &certificate, "--tls-key", &key, "--invented-families"];
    let server = Server::usual(data.path(), &tls);
    let (head, text) = get(&server.numbers, "/metrics").unwrap();
    assert!(head.contains(" 200 ") && head.contains("text/plain; version=0.0.4"), "{head}");
    let elsewhere = get(&server.numbers, "/").unwrap().0;
    assert!(elsewhere.contains(" 404 "), "{elsewhere}");
    let mut found = BTreeSet::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let name = line.split(['{', ' ']).next().unwrap();
        let part = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        let told = TOLD.iter().find(|told| told.name == name || (told.goes == Goes::Spread && Some(told.name) == part));
        let told = told.unwrap_or_else(|| panic!("{line} is none of the numbers"));
        let labels = line.split_once('{').map_or("", |(_, rest)| rest.split('}').next().unwrap());
        let keys: Vec<&str> = labels
            .split(',')
            .filter_map(|label| label.split('=').next())
            .filter(|key| !key.is_empty() && *key != "le")
            .collect();
        assert_eq!(BTreeSet::from_iter(keys), BTreeSet::from_iter(told.labels.iter().copied()), "{line}");
        found.insert(told.name);
    }
    // Nothing was asked yet.
    let later = ["windscreen_request_seconds", "windscreen_problems_total"];
    let expected: BTreeSet<&str> = TOLD.iter().map(|told| told.name).filter(|name| !later.contains(name)).collect();
    assert_eq!(found, expected);
}
