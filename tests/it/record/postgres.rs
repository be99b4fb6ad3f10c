//! A PostgreSQL of the tests' own: started on first use, in a temporary folder, gone with this process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
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
$as "$BIN/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=200 >>"$folder/log" 2>&1 &
server=$!
for _ in $(seq 300); do "$BIN/pg_isready" -q -h "$folder" -U windscreen && break; sleep 0.1; done
echo "$folder"
read -r _ || true
kill -INT $server; wait $server || true
rm -rf "$folder"
"#;

fn server() -> &'static Server {
    SERVER.get_or_init(|| {
        let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
            .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
            .unwrap_or_default();
        versions.sort();
        let bin = versions.pop().expect("PostgreSQL is missing: `make setup` installs it from Debian");
        let mut shell = Command::new("sh")
            .args(["-c", START])
            .env("BIN", bin)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let keeps = shell.stdin.take().unwrap();
        let mut folder = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut folder).unwrap();
        assert!(!folder.trim().is_empty(), "PostgreSQL did not start");
        Server { socket: folder.trim().into(), _shell: shell, _keeps: keeps }
    })
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
