//! The program while it listens, and a line over which a client asks it one thing after another.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A program that listens, until this one ends.
pub struct Served {
    pub child: Child,
    pub address: SocketAddr,
}

impl Served {
    /// Waits until it says where it listens. Its log is read, as a service manager would.
    pub fn start(mut command: Command, mut log: impl Write + Send + 'static) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("a server");
        let mut lines = BufReader::new(child.stderr.take().expect("what it says"));
        let mut line = String::new();
        lines.read_line(&mut line).expect("where it listens");
        std::thread::spawn(move || std::io::copy(&mut lines, &mut log));
        let address = line.split("http://").nth(1).and_then(|rest| rest.split([',', '\n']).next()).expect("an address");
        Self { child, address: address.parse().expect("an address") }
    }

    /// A number that the system says of it; of memory, in KiB.
    pub fn status(&self, what: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':')).expect("a line");
        line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

/// Sends a request and reads its answer; a line that ended is opened anew for the next.
pub async fn answer(line: &mut Option<TcpStream>, address: SocketAddr, request: &str) -> Option<Answer> {
    if line.is_none() {
        *line = TcpStream::connect(address).await.ok();
    }
    let answer = match line.as_mut() {
        Some(open) => exchange(open, request).await,
        None => None,
    };
    if answer.as_ref().is_none_or(|answer| answer.head.contains("\r\nconnection: close")) {
        *line = None;
    }
    answer
}

async fn exchange(line: &mut TcpStream, request: &str) -> Option<Answer> {
    line.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::with_capacity(16 * 1024);
    loop {
        if line.read_buf(&mut answer).await.ok()? == 0 {
            return None;
        }
        let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(answer.get(..end)?).ok()?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse::<usize>().ok()?;
        if answer.len() >= end + 4 + length {
            let (status, head) = (head.get(9..12)?.parse().ok()?, head.to_owned());
            return Some(Answer { status, head, body: answer.split_off(end + 4) });
        }
    }
}
