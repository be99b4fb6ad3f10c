//! A PostgreSQL of the tests' own: started on first use, in a temporary folder, gone with this process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use postgres::{Client, NoTls};

/// The server, and what keeps it alive: a shell that waits for its input to end, as it does when this process is gone.
struct Server {
    socket: PathBuf,
    _shell: Child,
    _keeps: ChildStdin,
}

static SERVER: OnceLock<Server> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// Starts a server that listens on a socket in its own folder alone. PostgreSQL refuses to run as root, so root becomes
/// the user that Debian's package made for it.
const START: &str = r#"
set -e
folder=$(mktemp -d /tmp/windscreen-postgres.XXXXXX)
as=""
if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; as="setpriv --reuid=postgres --regid=postgres --clear-groups"; fi
cd "$folder"
$as "$BIN/initdb" --pgdata="$folder/data" --auth=trust --username=windscreen --encoding=UTF8 --no-sync >"$folder/log" 2>&1
if [ -n "$CERTIFICATES" ]; then
  cp "$CERTIFICATES/server.crt" "$CERTIFICATES/server.key" "$folder/data"; chmod 600 "$folder/data/server.key"
  if [ -n "$as" ]; then chown postgres "$folder/data/server.crt" "$folder/data/server.key"; fi
fi
$as "$BIN/postgres" -D "$folder/data" -k "$folder" -c max_connections=200 $OPTIONS >>"$folder/log" 2>&1 &
server=$!
for _ in $(seq 300); do "$BIN/pg_isready" -q -h "$folder" -p "$PORT" -U windscreen && break; sleep 0.1; done
echo "$folder"
read -r _ || true
kill -INT $server; wait $server || true
rm -rf "$folder"
"#;

fn server() -> &'static Server {
    SERVER.get_or_init(|| Server::start("-c listen_addresses=", 5432, None))
}

/// A server that also listens on a port of this machine, in TLS when it has certificates.
pub struct OnPort {
    /// The port.
    pub port: u16,
    _server: Server,
}

impl OnPort {
    pub fn start(certificates: Option<&Path>) -> Self {
        // Free a moment ago; nobody else here takes ports by number.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let ssl = if certificates.is_some() { "-c ssl=on" } else { "" };
        let options = format!("-c listen_addresses=127.0.0.1 -c port={port} {ssl}");
        Self { port, _server: Server::start(&options, port, certificates) }
    }
}

impl Server {
    fn start(options: &str, port: u16, certificates: Option<&Path>) -> Self {
        let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
            .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
            .unwrap_or_default();
        versions.sort();
        let bin = versions.pop().expect("PostgreSQL is missing: `make setup` installs it from Debian");
        let mut shell = Command::new("sh")
            .args(["-c", START])
            .env("BIN", bin)
            .env("OPTIONS", options)
            .env("PORT", port.to_string())
            .env("CERTIFICATES", certificates.unwrap_or(Path::new("")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let keeps = shell.stdin.take().unwrap();
        let mut folder = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut folder).unwrap();
        assert!(!folder.trim().is_empty(), "PostgreSQL did not start");
        Self { socket: folder.trim().into(), _shell: shell, _keeps: keeps }
    }
}

fn url(database: &str) -> String {
    let socket = server().socket.display().to_string().replace('/', "%2F");
    format!("postgresql://windscreen@{socket}/{database}")
}

/// Where the server keeps its files.
pub fn data_folder() -> PathBuf {
    server().socket.join("data")
}

/// The address of a database that nobody else uses.
pub fn fresh_database() -> String {
    let name = format!("record_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    // A client of its own thread: the library waits on a runtime of its own.
    let (create, at) = (format!("CREATE DATABASE {name}"), url("postgres"));
    std::thread::spawn(move || Client::connect(&at, NoTls).unwrap().batch_execute(&create).unwrap()).join().unwrap();
    url(&name)
}
