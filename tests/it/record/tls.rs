//! A PostgreSQL server that is not on this machine is spoken to only in TLS, under its own name, with a certificate
//! that the operator's authority vouches for.

use std::path::Path;
use std::process::{Command, Stdio};

use windscreen::record::db::{Access, Db, DbError, Location};

use super::postgres::OnPort;

/// An authority, and a certificate of a server by it.
const CERTIFICATES: &str = r#"
set -e
make() { openssl "$@" 2>/dev/null; }
for authority in ours other; do
  make req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$authority" \
    -addext "basicConstraints=critical,CA:TRUE" -keyout $authority.key -out $authority.crt
done
make req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=database.example" -keyout server.key -out server.csr
printf 'subjectAltName=DNS:database.example\nbasicConstraints=CA:FALSE\n' >server.ext
make x509 -req -in server.csr -CA ours.crt -CAkey ours.key -CAcreateserial -days 2 -extfile server.ext -out server.crt
"#;

fn certificates(folder: &Path) {
    let made =
        Command::new("sh").args(["-c", CERTIFICATES]).current_dir(folder).stdout(Stdio::null()).status().unwrap();
    assert!(made.success(), "openssl makes certificates");
}

#[test]
fn a_server_elsewhere_is_believed_only_with_its_certificate() {
    let folder = tempfile::TempDir::new().unwrap();
    certificates(folder.path());
    let server = OnPort::start(Some(folder.path()));
    let open = |host: &str, authority: Option<&str>| -> Result<(), DbError> {
        // The name is what is checked; the address is where it is reached.
        let url = format!("host={host} hostaddr=127.0.0.1 port={} user=windscreen dbname=postgres", server.port);
        let authority = authority.map(|name| folder.path().join(name));
        Db::open(&Location::Postgres { url, authority }, Access::Write).map(|_| ())
    };
    open("database.example", Some("ours.crt")).unwrap();
    for (host, authority) in [
        ("database.example", None),
        ("database.example", Some("other.crt")),
        ("another.example", Some("ours.crt")),
        ("database.example", Some("missing.crt")),
    ] {
        let refused = open(host, authority).expect_err("refused");
        let text = refused.to_string();
        assert!(!text.contains(folder.path().to_str().unwrap()), "{text}");
    }
    // Nor is a server that speaks no TLS.
    let plain = OnPort::start(None);
    let url = format!("host=database.example hostaddr=127.0.0.1 port={} user=windscreen dbname=postgres", plain.port);
    let authority = Some(folder.path().join("ours.crt"));
    assert!(Db::open(&Location::Postgres { url, authority }, Access::Write).is_err());
}
