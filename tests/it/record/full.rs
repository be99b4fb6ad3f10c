//! A disk that is full or fails: refused with words that help, nothing acknowledged is lost, reading goes on, and
//! recording too once there is room, without a restart.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::running::{RULES, ask, program, ran};
use super::{Kept, a_family};

/// A shell that runs the program, makes its disk fail, mends it when told to, and verifies the record at the end.
struct Shell {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    address: String,
}

impl Shell {
    fn begin(mut command: Command) -> Self {
        let command = command.env("WINDSCREEN_LOG", "off").env("PROGRAM", env!("CARGO_BIN_EXE_windscreen"));
        let command = command.env("RULES", RULES).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut shell = Self { child, input, output, address: String::new() };
        let line = shell.line();
        let address = line.split("http://").nth(1).unwrap_or_else(|| panic!("{line}"));
        shell.address = address.split(',').next().unwrap().to_owned();
        shell
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }

    fn go_on(&mut self) {
        self.input.write_all(b"\n").unwrap();
        self.input.flush().unwrap();
    }
}

fn fails_and_recovers(mut shell: Shell, refused_with: u16) {
    let address = shell.address.clone();
    let body = a_family().to_string();
    let mut acknowledged: Vec<(String, String)> = Vec::new();
    // Until it is refused.
    let (failed, problem) = loop {
        assert!(acknowledged.len() < 5000, "it never fails");
        let key = format!("key-{}", acknowledged.len());
        let (status, answer) = ask(&address, "POST", "/v1/referrals", &key, &body).unwrap();
        if status != 201 {
            assert_eq!(status, refused_with, "{answer:#}");
            break (key, answer);
        }
        acknowledged.push((key, answer["id"].as_str().unwrap().to_owned()));
    };
    assert!(acknowledged.len() > 3, "{}", acknowledged.len());
    assert!(problem["detail"].as_str().unwrap().contains("use the printed threshold document"), "{problem:#}");
    assert!(!problem.to_string().contains("CANARY"));
    // Again and again it is refused, and reading goes on.
    for _ in 0..3 {
        let (status, _) = ask(&address, "POST", "/v1/referrals", &failed, &body).unwrap();
        assert_eq!(status, refused_with);
        let path = format!("/v1/referrals/{}", acknowledged[0].1);
        assert_eq!(ask(&address, "GET", &path, "", "").unwrap().0, 200);
    }
    shell.go_on();
    assert_eq!(shell.line(), "mended\n");
    // The same request is recorded now; what was acknowledged is what it was.
    let (status, answer) = ask(&address, "POST", "/v1/referrals", &failed, &body).unwrap();
    assert_eq!(status, 201, "{answer:#}");
    for (key, id) in &acknowledged {
        let (status, again) = ask(&address, "POST", "/v1/referrals", key, &body).unwrap();
        assert_eq!((status, again["id"].as_str()), (201, Some(id.as_str())));
    }
    shell.go_on();
    let mut said = String::new();
    std::io::Read::read_to_string(&mut shell.output, &mut said).unwrap();
    assert!(said.ends_with("verified 0\n"), "{said}");
    assert!(shell.child.wait().unwrap().success());
}

/// A small disk of its own, which only the shell and the program see.
const FULL: &str = r#"
mount -t tmpfs -o size=6m tmpfs "$DATA" || exit 9
head -c 1500000 /dev/zero >"$DATA/ballast"
"$PROGRAM" serve --listen 127.0.0.1:0 --rules "$RULES" --data "$DATA" --guard "$GUARD" 2>&1 &
server=$!
read -r _; rm "$DATA/ballast"; echo mended
read -r _; kill -INT $server; wait $server
"$PROGRAM" audit verify --data "$DATA" --guard "$GUARD"; echo "verified $?"
"#;

#[test]
fn on_a_full_disk_nothing_is_acknowledged_and_nothing_is_lost() {
    let kept = Kept::in_sqlite();
    let (data, guard) = (kept.folder().join("data"), kept.folder().join("guard"));
    std::fs::create_dir_all(&data).unwrap();
    let may_mount = Command::new("unshare").args(["--map-root-user", "--mount", "true"]).status();
    if !may_mount.is_ok_and(|status| status.success()) {
        // Some machines let nobody mount; failing writes are tested on all of them, below.
        eprintln!("NOT RUN: this machine lets no program have a disk of its own");
        return;
    }
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", FULL]).env("DATA", &data).env("GUARD", &guard);
    fails_and_recovers(Shell::begin(command), 507);
}

/// No file may grow beyond a size: every write beyond it fails.
const FAILS: &str = r#"
trap '' XFSZ
prlimit --pid $$ --fsize=1500000:unlimited
"$PROGRAM" serve --listen 127.0.0.1:0 --rules "$RULES" --data "$DATA" 2>&1 &
server=$!
read -r _; prlimit --pid $server --fsize=unlimited:unlimited; echo mended
read -r _; kill -INT $server; wait $server
prlimit --pid $$ --fsize=unlimited:unlimited
"$PROGRAM" audit verify --data "$DATA"; echo "verified $?"
"#;

#[test]
fn when_writing_fails_nothing_is_acknowledged_and_nothing_is_lost() {
    let kept = Kept::in_sqlite();
    let mut command = Command::new("sh");
    command.args(["-c", FAILS]).env("DATA", kept.folder());
    fails_and_recovers(Shell::begin(command), 503);
    let (code, said) = ran(program(&kept, &["audit", "verify", "--full"]));
    assert_eq!(code, Some(0), "{said}");
}
