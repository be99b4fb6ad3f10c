//! The program as it runs, and clients that speak to it over sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use windscreen::record::db::Location;

use super::Kept;

pub const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");

/// The program, until it is killed.
pub struct Running {
    pub child: Child,
    pub address: String,
}

impl Running {
    pub fn start(kept: &Kept) -> Self {
        Self::begin(program(kept, &["serve", "--listen", "127.0.0.1:0", "--rules", RULES]))
    }

    /// Waits until it says where it listens. One client stands for many here, and has no quota.
    pub fn begin(mut command: Command) -> Self {
        command.env("WINDSCREEN_LOG", "off").env("WINDSCREEN_CLIENT_REQUESTS_PER_SECOND", "0");
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).unwrap_or_else(|| panic!("{line}"));
        Self { address: address.split(',').next().unwrap().to_owned(), child }
    }

    pub fn kill(mut self) {
        // SIGKILL: nothing is finished, nothing is written.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    /// A test that fails leaves nothing running.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn program(kept: &Kept, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windscreen"));
    command.args(arguments).arg("--data").arg(kept.folder());
    if let Location::Postgres { url, .. } = &kept.places.database {
        command.args(["--database", url]);
    }
    command
}

/// What the program says and ends with.
pub fn ran(mut command: Command) -> (Option<i32>, String) {
    let ran = command.output().unwrap();
    (ran.status.code(), String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap())
}

/// Asks as the school's system; `None` when nothing came back.
pub fn ask(address: &str, method: &str, path: &str, key: &str, body: &str) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n\
         authorization: Bearer demonstration-school-system\r\nidempotency-key: {key}\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8(answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some((status, serde_json::from_str(body).ok()?))
}

/// Sends a referral; its id when it was acknowledged.
pub fn refer(address: &str, key: &str, body: &str) -> Option<String> {
    let (status, recorded) = ask(address, "POST", "/v1/referrals", key, body)?;
    assert_eq!(status, 201, "{recorded:#}");
    Some(recorded["id"].as_str()?.to_owned())
}
