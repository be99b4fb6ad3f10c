//! The load balancer of docs/replicas.md before replicas on this machine.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// The load balancer, until it is dropped.
pub struct Balancer {
    child: Child,
    pub address: String,
}

impl Balancer {
    /// With the project's own configuration, but for where it listens and where the replicas are.
    pub fn start(folder: &Path, replicas: &[String]) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let configured = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/haproxy.cfg");
        let mut text = std::fs::read_to_string(configured).unwrap();
        let mut stand = |there: &str, times: usize, here: &str| {
            assert_eq!(text.matches(there).count(), times, "{there}");
            text = text.replace(there, here);
        };
        stand("bind :443 ssl crt /etc/haproxy/windscreen.pem", 1, &format!("bind {address}"));
        for (place, name) in ["one", "two", "three"].into_iter().enumerate() {
            let server = |at: &str| format!("    server {name} {at}\n");
            let there = server(&format!("127.0.0.1:{}", 8081 + place));
            // With fewer replicas there are fewer servers, or requests would wait for those that are none.
            stand(&there, 2, &replicas.get(place).map(|replica| server(replica)).unwrap_or_default());
        }
        let file = folder.join("haproxy.cfg");
        std::fs::File::create(&file).unwrap().write_all(text.as_bytes()).unwrap();
        let bin = ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy"].into_iter().find(|bin| Path::new(bin).exists());
        let bin = bin.expect("haproxy is missing: `make setup-tests` installs it from Debian");
        let child = Command::new(bin).arg("-f").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let balancer = Self { child, address };
        until("the load balancer answers", || is_alive(&balancer.address).unwrap_or(false));
        balancer
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a replica behind the load balancer says that it runs.
fn is_alive(address: &str) -> Option<bool> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    Some(answer.starts_with(b"HTTP/1.1 200"))
}

/// Free a moment ago; nobody else here takes ports by number.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("not within 30 s: {what}");
}
