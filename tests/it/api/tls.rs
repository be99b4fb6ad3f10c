//! TLS that the server speaks itself, asked by another hand's client.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use windscreen::server::Limits;
use windscreen::server::tls::{Tls, TlsError};
use windscreen::serving::now;

use super::socket::{LIMITS, Running, SHORT};
use super::tiny;

/// A certificate of the test's own and its key, for so many days from now.
pub(crate) fn certificate(folder: &Path, name: &str, days: &str) -> (PathBuf, PathBuf) {
    let [certificate, key] = ["crt", "key"].map(|end| folder.join(format!("{name}.{end}")));
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    command.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", days, "-out"]);
    let made = command.arg(&certificate).arg("-keyout").arg(&key).output().expect("openssl");
    assert!(made.status.success(), "{made:?}");
    (certificate, key)
}

fn read(certificate: &Path, key: &Path) -> Result<Tls, TlsError> {
    Tls::read(certificate, key, now())
}

async fn started(folder: &TempDir) -> (Running, Tls, PathBuf) {
    started_with(folder, LIMITS).await
}

async fn started_with(folder: &TempDir, limits: Limits) -> (Running, Tls, PathBuf) {
    let (certificate, key) = certificate(folder.path(), "one", "30");
    let tls = read(&certificate, &key).unwrap();
    (Running::start_with(limits, tiny(), Some(tls.clone())).await, tls, certificate)
}

/// What curl gets that believes one certificate.
async fn curl(running: &Running, believed: &Path, more: &[&str]) -> Output {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--include", "--noproxy", "*", "--cacert"]).arg(believed).args(more);
    command.args(["--ipv4", &format!("https://localhost:{}/livez", running.address.port())]);
    tokio::task::spawn_blocking(move || command.output().expect("curl")).await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn it_answers_under_tls_and_nothing_without() {
    let folder = tempfile::tempdir().unwrap();
    let (running, _, certificate) = started(&folder).await;
    for version in [["--tlsv1.2", "--tls-max", "1.2"], ["--tlsv1.3", "--tls-max", "1.3"]] {
        let answer = text(&curl(&running, &certificate, &version).await.stdout);
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("{\"status\":\"ok\"}"), "{answer}");
        assert!(answer.contains("strict-transport-security: max-age=31536000"), "{answer}");
    }
    let older = curl(&running, &certificate, &["--tlsv1.0", "--tls-max", "1.1"]).await;
    assert!(!older.status.success() && older.stdout.is_empty(), "{older:?}");
    let mut plain = running.connect().await;
    plain.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut all = Vec::new();
    let _ = plain.read_to_end(&mut all).await;
    assert!(!text(&all).contains("HTTP/1.1"), "{all:?}");
    running.stop().await;
}

#[tokio::test]
async fn who_does_not_greet_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let (running, ..) = started_with(&folder, Limits { header_timeout: SHORT, ..LIMITS }).await;
    let mut silent = running.connect().await;
    let mut all = Vec::new();
    // Were it to be waited for, the test would hang and be told.
    let _ = silent.read_to_end(&mut all).await;
    assert!(all.is_empty());
    running.stop().await;
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart_and_a_broken_one_never() {
    let folder = tempfile::tempdir().unwrap();
    let (running, tls, shown) = started(&folder).await;
    assert!(!tls.read_again().unwrap(), "nothing changed");
    let (newer, newer_key) = certificate(folder.path(), "two", "60");
    let key = shown.with_extension("key");
    let ends_at = tls.ends_at();
    // Half of a renewal: the certificate is there and its key is not.
    fs::copy(&newer, &shown).unwrap();
    assert!(matches!(tls.read_again(), Err(TlsError::Apart { .. })));
    assert_eq!(tls.ends_at(), ends_at);
    assert!(!curl(&running, &newer, &[]).await.status.success(), "the old one is shown still");
    fs::copy(&newer_key, &key).unwrap();
    assert!(tls.read_again().unwrap());
    assert!(tls.ends_at() > ends_at);
    assert!(curl(&running, &newer, &[]).await.status.success());
    fs::write(&shown, "").unwrap();
    assert!(matches!(tls.read_again(), Err(TlsError::NoCertificate(_))));
    assert!(curl(&running, &newer, &[]).await.status.success());
    running.stop().await;
}

#[test]
fn what_cannot_be_shown_is_told_and_nothing_of_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let (one, key) = certificate(folder.path(), "one", "30");
    let (other, other_key) = certificate(folder.path(), "other", "30");
    let secret: String = fs::read_to_string(&key).unwrap().lines().nth(1).unwrap().into();
    let nowhere = folder.path().join("nowhere");
    let cases = [
        (&nowhere, &key, "`", "nowhere` cannot be read"),
        (&one, &nowhere, "`", "nowhere` cannot be read"),
        (&one, &other_key, "other.key` is not that of the first certificate in", "one.crt"),
        (&key, &key, "one.key` holds no certificate in PEM", ""),
        (&one, &other, "other.crt` holds no private key in PEM", ""),
    ];
    for (certificate, key, begin, end) in cases {
        let said = read(certificate, key).unwrap_err().to_string();
        assert!(said.contains(begin) && said.contains(end) && !said.contains(&secret), "{said}");
    }
    let in_a_month = now() + jiff::SignedDuration::from_hours(24 * 31);
    let ended = Tls::read(&one, &key, in_a_month).unwrap_err();
    assert!(ended.to_string().contains("one.crt` ended at 2"), "{ended}");
}
