//! `windscreen doctor`: what is wrong with a machine, found one planted fault at a time.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use windscreen::record::{Places, Record};
use windscreen::serving::now;

use super::text;
use crate::api::certificate;

/// A machine that is as it should be for a demonstration.
struct Machine {
    folder: TempDir,
}

/// What was found of something: `fine`, `doubtful` or `wrong`, and in which words.
type Found = Vec<(String, String, String)>;

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        let machine = Self { folder };
        machine.mode("data", 0o700);
        drop(Record::open(&machine.places(), now()).unwrap());
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn places(&self) -> Places {
        Places::in_folder(&self.path("data"))
    }

    fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }

    fn looked_at(&self, more: &[&str]) -> (Option<i32>, Found) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_windscreen"));
        command.args(["doctor", "--format", "json", "--data"]).arg(self.path("data")).args(more);
        command.env("WINDSCREEN_RULES", Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"));
        let output = command.output().unwrap();
        let found: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
        let word = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
        let found = found.as_array().unwrap().iter();
        (output.status.code(), found.map(|one| (word(one, "of"), word(one, "is"), word(one, "says"))).collect())
    }

    /// That a fault is found, and nothing else is wrong.
    fn has(&self, more: &[&str], of: &str, says: &str) {
        let (code, found) = self.looked_at(more);
        let wrong: Vec<_> = found.iter().filter(|(_, is, _)| is == "wrong").collect();
        assert_eq!(code, Some(1), "{says}: {found:#?}");
        assert!(wrong.iter().all(|(one, ..)| one == of), "{says}: {wrong:#?}");
        assert!(wrong.iter().any(|(.., said)| said.contains(says)), "{says}: {wrong:#?}");
    }
}

#[test]
fn a_machine_that_is_as_it_should_be_has_nothing_wrong() {
    let machine = Machine::new();
    let (code, found) = machine.looked_at(&[]);
    assert_eq!(code, Some(0), "{found:#?}");
    let fine = |of: &str| found.iter().any(|(one, is, _)| one == of && is == "fine");
    for of in ["key file", "database", "rules", "record", "log", "API keys", "clock", "bank holidays"] {
        assert!(fine(of), "{of}: {found:#?}");
    }
    // What a demonstration may be, and a council's service should not.
    let doubtful = |of: &str| found.iter().any(|(one, is, _)| one == of && is == "doubtful");
    assert!(doubtful("way in") && doubtful("guard") && doubtful("identity provider"), "{found:#?}");
    // In words, for people.
    let mut command = Command::new(env!("CARGO_BIN_EXE_windscreen"));
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let output =
        command.args(["doctor", "--data"]).arg(machine.path("data")).arg("--rules").arg(rules).output().unwrap();
    let said = text(&output.stdout);
    assert!(said.contains("ok    rules: example-partnership ") && said.ends_with("\n0 things are wrong\n"), "{said}");
}

#[test]
fn each_fault_is_found_and_says_what_to_do() {
    let machine = Machine::new();
    machine.mode("data/windscreen.keys", 0o644);
    let (code, found) = machine.looked_at(&[]);
    let wrong: Vec<&str> = found.iter().filter(|(_, is, _)| is == "wrong").map(|(of, ..)| of.as_str()).collect();
    assert!(code == Some(1) && wrong == ["key file", "record"], "the program takes no such key file: {found:#?}");
    assert!(found.iter().any(|(.., says)| says.contains("windscreen.keys` can be read by others: chmod 600 ")));
    machine.mode("data/windscreen.keys", 0o600);

    fs::write(machine.path("settings.toml"), "council = \"A\"\n").unwrap();
    machine.mode("settings.toml", 0o644);
    let settings = machine.path("settings.toml").display().to_string();
    machine.has(&["--config", &settings], "settings", "settings.toml` can be read by others: chmod 640 ");

    machine.has(&["--rules", "nowhere"], "rules", "nowhere");
    machine.has(&["--listen", "0.0.0.0:8080"], "way in", "and nobody says who people are");
    machine.has(&["--tls-certificate", "none", "--tls-key", "none"], "way in", "`none` cannot be read");

    fs::write(machine.path("secret"), "invented").unwrap();
    machine.mode("secret", 0o600);
    let secret = machine.path("secret").display().to_string();
    let provider = [
        "--oidc-issuer=http://127.0.0.1:9",
        "--oidc-client-id=w",
        "--public-url=https://hub.example",
        "--oidc-client-secret-file",
        &secret,
    ];
    let test = [&provider[..], &["--environment=test", "--behind-proxy"]].concat();
    machine.has(&test, "identity provider", "`http://127.0.0.1:9` cannot be asked: ");
    let (_, found) = machine.looked_at(&[&provider[..], &["--listen", "0.0.0.0:8080"]].concat());
    let without = |(of, is, says): &(String, String, String)| {
        of == "way in" && is == "wrong" && says == "0.0.0.0:8080 is reachable from elsewhere, without TLS"
    };
    assert!(found.iter().any(without), "{found:#?}");
    let (_, found) = machine.looked_at(&provider);
    let wrong: Vec<&str> = found.iter().filter(|(_, is, _)| is == "wrong").map(|(of, ..)| of.as_str()).collect();
    assert_eq!(wrong, ["way in", "identity provider"], "no record was begun for either kind of family: {found:#?}");

    let doubtful = |of: &str| found.iter().any(|(one, is, _)| one == of && is == "doubtful");
    assert!(doubtful("break-glass accounts") && doubtful("identity provider"), "nobody gets in, and with one factor");
    fs::write(machine.path("accounts"), "[[account]]\nid = 1\n").unwrap();
    machine.mode("accounts", 0o644);
    let accounts = machine.path("accounts").display().to_string();
    let told =
        ["--board-email=b@x.example", "--mail-from=h@x.example", "--sendmail=nowhere", "--break-glass", &accounts];
    let (_, found) = machine.looked_at(&[&test[..], &told].concat());
    for says in ["can be read by others: chmod 640 ", "invalid type: integer `1`", "`nowhere` is missing"] {
        let is_told = |(of, is, said): &(String, String, String)| {
            of == "break-glass accounts" && is == "wrong" && said.contains(says)
        };
        assert!(found.iter().any(is_told), "{says}: {found:#?}");
    }

    let (short, key) = certificate(machine.folder.path(), "short", "5");
    let [short, key] = [short, key].map(|path| path.display().to_string());
    let tls = ["--tls-certificate", &short, "--tls-key", &key];
    let elsewhere = [&tls[..], &["--listen", "0.0.0.0:8443"]].concat();
    machine.has(&elsewhere, "way in", "and nobody says who people are");
    let (code, found) = machine.looked_at(&tls);
    let ends = found.iter().find(|(of, ..)| of == "way in").unwrap();
    assert!(code == Some(0) && ends.1 == "doubtful" && ends.2.contains("the certificate ends at "), "{ends:?}");

    fs::remove_dir_all(machine.places().guard).unwrap();
    let (code, found) = machine.looked_at(&[]);
    let wrong: Vec<&str> = found.iter().filter(|(_, is, _)| is == "wrong").map(|(of, ..)| of.as_str()).collect();
    assert!(code == Some(1) && wrong.contains(&"log") && wrong.contains(&"guard"), "{found:#?}");
}

#[test]
fn where_there_is_no_record_none_is_begun() {
    let machine = Machine::new();
    fs::remove_dir_all(machine.path("data")).unwrap();
    let (code, found) = machine.looked_at(&[]);
    assert_eq!(code, Some(1));
    assert!(found.iter().any(|(of, _, says)| of == "record" && says.contains("there is no record here")), "{found:#?}");
    assert!(!machine.path("data").exists());
}
