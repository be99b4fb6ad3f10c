//! Settings from flags, the environment and a file: which beats which, and what a wrong one is told.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::text;

struct Case {
    folder: TempDir,
    file: PathBuf,
}

/// What was printed, what was said, and the code at the end.
struct Told(String, String, Option<i32>);

impl Case {
    fn of(toml: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("windscreen.toml");
        fs::write(&file, toml).unwrap();
        Self { folder, file }
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Told {
        let mut command = Command::new(env!("CARGO_BIN_EXE_windscreen"));
        command.args(arguments).arg("--config").arg(&self.file).current_dir(&self.folder);
        command.env_clear().envs(variables.iter().copied());
        let Output { status, stdout, stderr } = command.output().unwrap();
        Told(text(&stdout), text(&stderr), status.code())
    }

    fn printed(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let Told(printed, said, code) = self.run(&[&["serve", "--print-config"], arguments].concat(), variables);
        assert_eq!((said.as_str(), code), ("", Some(0)), "{printed}");
        printed
    }

    fn refused(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let Told(printed, said, code) = self.run(arguments, variables);
        assert_eq!((printed.as_str(), code), ("", Some(2)), "{said}");
        said
    }
}

#[test]
fn a_flag_beats_a_variable_and_a_variable_beats_the_file() {
    let case =
        Case::of("council = \"of the file\"\nhub_phone = \"1\"\nnotice = 7\nwatch = true\nbehind_proxy = false\n");
    let printed =
        case.printed(&["--council=of the flag"], &[("WINDSCREEN_COUNCIL", "x"), ("WINDSCREEN_HUB_PHONE", "2")]);
    for line in [
        "council = \"of the flag\"  # --council",
        "hub_phone = 2  # WINDSCREEN_HUB_PHONE",
        "# colour = \"#003b5c\"  # default",
        "# behind_proxy = false  # default",
        "# tls_key =  # not set",
    ] {
        assert!(printed.lines().any(|one| one == line), "{line}\n{printed}");
    }
    for (name, at) in [("notice = 7", 3), ("watch = true", 4)] {
        let line = printed.lines().find(|one| one.starts_with(name)).expect(name);
        assert!(line.ends_with(&format!("windscreen.toml:{at}")), "{line}");
    }
}

#[test]
fn what_is_printed_can_be_read_again_and_holds_no_secret() {
    let url = "postgresql://windscreen:an-invented-secret@db.example/windscreen";
    let case = Case::of(&format!(
        "database = \"{url}\"\ncouncil = \"St \\\"Example\\\" \\u00e9\"\nlisten = \"127.0.0.1:0\"\n"
    ));
    for (arguments, variables) in
        [(&[][..], &[][..]), (&["--database", url], &[]), (&[], &[("WINDSCREEN_DATABASE", url)])]
    {
        let printed = case.printed(arguments, variables);
        assert!(!printed.contains("invented-secret"), "{printed}");
        let masked = printed.lines().find(|line| line.contains("database =")).unwrap();
        assert!(masked.starts_with("# database = \"not shown\"  # "), "{masked}");
        let again = Case::of(&printed).printed(&[], &[]);
        let values = |text: &str| -> Vec<String> {
            let said = |line: &str| line.split("  # ").next().unwrap().to_owned();
            text.lines().filter(|line| !line.starts_with('#')).map(said).collect()
        };
        assert_eq!(values(&again), values(&printed));
        assert!(values(&printed).iter().any(|line| line.contains("Example") && line.contains('é')), "{printed}");
    }
}

#[test]
fn a_wrong_setting_names_itself_where_it_was_said_and_what_is_allowed() {
    let said = Case::of("\n# a comment\nnotice = 500\n").refused(&["serve"], &[]);
    assert!(said.contains("'500' for '--notice <SECONDS>': 500 is not in 0..=300"), "{said}");
    assert!(said.contains("It was said by `notice` in ") && said.contains("windscreen.toml:3."), "{said}");
    let said = Case::of("").refused(&["serve"], &[("WINDSCREEN_ENVIRONMENT", "prod")]);
    assert!(
        said.contains("[possible values: live, test]") && said.contains("the variable `WINDSCREEN_ENVIRONMENT`"),
        "{said}"
    );
    let said = Case::of("").refused(&["serve", "--listen", "everywhere"], &[]);
    assert!(said.contains("It was said by the flag `--listen`."), "{said}");
    // What only its own reader finds wrong.
    let Told(_, said, code) = Case::of("colour = \"#ffffff\"\n").run(&["serve"], &[]);
    assert!(said.contains("error: `colour` in ") && said.contains("windscreen.toml:1: ") && code == Some(1), "{said}");
    let Told(_, said, _) = Case::of("").run(&["serve", "--tls-key=k", "--tls-certificate=c"], &[]);
    assert!(said.contains("error: `--tls-certificate`: `c` cannot be read"), "{said}");
}

#[test]
fn a_file_that_says_what_is_none_is_refused_with_its_line_and_the_nearest_name() {
    for (toml, told) in [
        ("council = \"A\"\nlistn = \"127.0.0.1:0\"\n", ":2: no setting is called `listn`; did you mean `listen`?"),
        ("zebra = 1\n", ":1: no setting is called `zebra`\n"),
        ("config = \"other.toml\"\n", ":1: no setting is called `config`"),
        ("listen = \"127.0.0.1:0\nnotice = 1\n", ":1: this is not TOML: "),
        ("notice = 1\nnotice = 2\n", ":2: this is not TOML: duplicate key"),
        ("[serve]\nnotice = 1\n", ":1: `serve` is a text, a whole number, true or false"),
        ("notice = 1.5\n", ":1: `notice` is a text, a whole number, true or false"),
        ("\nwatch = \"yes\"\n", ":2: `watch` is true or false"),
        ("council = true\n", ":1: `council` is a text or a number, not true or false"),
    ] {
        let said = Case::of(toml).refused(&["serve"], &[]);
        assert!(said.starts_with("error: ") && said.contains(told), "{toml}\n{said}");
    }
    let case = Case::of("");
    fs::remove_file(&case.file).unwrap();
    assert!(case.refused(&["serve"], &[]).contains("windscreen.toml`: No such file"));
}

#[test]
fn a_variable_that_begins_as_ours_and_is_none_is_refused() {
    let said = Case::of("").refused(&["serve"], &[("WINDSCREEN_LISTN", "127.0.0.1:0")]);
    assert!(
        said.contains("no setting is the variable `WINDSCREEN_LISTN`; did you mean `WINDSCREEN_LISTEN`?"),
        "{said}"
    );
    let said = Case::of("").refused(&["list"], &[("WINDSCREEN_DATABSE", "x")]);
    assert!(said.contains("did you mean `WINDSCREEN_DATABASE`?") && !said.contains("`x`"), "{said}");
}

/// Kubernetes does so of a service that is called `windscreen`, in every container of its namespace.
#[test]
fn what_a_cluster_says_of_a_service_of_our_name_is_nothing_to_us() {
    let said = [
        ("WINDSCREEN_SERVICE_HOST", "10.0.0.1"),
        ("WINDSCREEN_SERVICE_PORT", "8443"),
        ("WINDSCREEN_SERVICE_PORT_HTTPS", "8443"),
        ("WINDSCREEN_PORT", "tcp://10.0.0.1:8443"),
        ("WINDSCREEN_PORT_8443_TCP_ADDR", "10.0.0.1"),
        ("WINDSCREEN_METRICS_SERVICE_HOST", "10.0.0.2"),
    ];
    assert!(Case::of("").printed(&[], &said).contains("# listen = "));
}

/// In a demonstration one says who one is, and is believed.
#[test]
fn a_demonstration_is_for_this_machine_alone_under_tls_too() {
    let case = Case::of("listen = \"0.0.0.0:0\"\n");
    let (certificate, key) = crate::api::certificate(case.folder.path(), "one", "30");
    let [certificate, key] = [certificate, key].map(|path| path.display().to_string());
    let Told(_, said, code) = case.run(&["serve", "--tls-certificate", &certificate, "--tls-key", &key], &[]);
    assert!(said.contains("error: `listen` in ") && said.contains("windscreen.toml:1: 0.0.0.0:0 can be"), "{said}");
    assert!(said.contains("everybody is whoever they say they are") && code == Some(1), "{said}");
    assert!(!case.folder.path().join("data").exists(), "no record is begun");
}

/// What lets people in is refused with its place, and as a whole or not at all.
#[test]
fn a_wrong_way_in_is_told_where_it_was_said() {
    let of = "oidc_issuer = \"https://id.example\"\noidc_client_id = \"w\"\noidc_client_secret_file = \"secret\"\n\
              public_url = \"https://hub.example\"\nbehind_proxy = true\noidc_second_factor_claim = \"amr\"\n\
              oidc_second_factor_values = \"mfa, hwk\"\nbreak_glass = \"accounts\"\nboard_email = \"b@x.example\"\n\
              mail_from = \"h@x.example\"\nsendmail = \"/bin/true\"\n";
    let printed = Case::of(of).printed(&[], &[]);
    assert!(printed.contains("oidc_second_factor_values = \"mfa, hwk\"  # "), "{printed}");
    for (from, to, told) in [
        ("\"mfa, hwk\"", "\"mfa,\"", "`oidc_second_factor_values` in "),
        ("b@x.example", "nobody", "`board_email` in "),
        ("h@x.example", "h@x.example\\nBcc: y@z.example", "`mail_from` in "),
        ("\"accounts\"", "\"none\"", "`break_glass` in "),
    ] {
        let case = Case::of(&of.replace(from, to));
        fs::write(case.folder.path().join("secret"), "s").unwrap();
        fs::write(case.folder.path().join("accounts"), "").unwrap();
        let Told(_, said, code) = case.run(&["serve"], &[]);
        assert!(said.starts_with("error: ") && said.contains(told) && code == Some(1), "{told}: {said}");
        assert!(!case.folder.path().join("data").exists(), "no record is begun");
    }
    for (line, missing) in [
        ("oidc_second_factor_values = \"mfa, hwk\"\n", "--oidc-second-factor-values <VALUES>"),
        ("oidc_second_factor_claim = \"amr\"\n", "--oidc-second-factor-claim <CLAIM>"),
        ("sendmail = \"/bin/true\"\n", "--sendmail <PROGRAM>"),
        ("board_email = \"b@x.example\"\n", "--board-email <ADDRESS>"),
        ("break_glass = \"accounts\"\n", "--break-glass <FILE>"),
    ] {
        let said = Case::of(&of.replace(line, "")).refused(&["serve"], &[]);
        assert!(said.contains(missing), "{missing}: {said}");
    }
}

#[test]
fn a_half_of_what_belongs_together_is_refused() {
    let said = Case::of("tls_certificate = \"c.pem\"\n").refused(&["serve"], &[]);
    assert!(said.contains("--tls-key <FILE>"), "{said}");
    let said = Case::of("oidc_issuer = \"https://id.example\"\n").refused(&["serve"], &[]);
    for missing in ["--oidc-client-id <ID>", "--oidc-client-secret-file <FILE>", "--public-url <URL>"] {
        assert!(said.contains(missing), "{said}");
    }
}

#[test]
fn real_families_are_served_under_tls_or_behind_a_proxy_and_never_otherwise() {
    let case = Case::of(concat!(
        "oidc_issuer = \"http://127.0.0.1:9\"\noidc_client_id = \"windscreen\"\n",
        "oidc_client_secret_file = \"secret\"\npublic_url = \"http://127.0.0.1:9\"\n",
    ));
    fs::write(case.folder.path().join("secret"), "invented").unwrap();
    let Told(_, said, code) = case.run(&["serve", "--listen=127.0.0.1:0"], &[]);
    assert!(said.contains("travels under TLS") && said.contains("`--behind-proxy`") && code == Some(1), "{said}");
    let Told(_, said, _) = case.run(&["serve", "--listen=0.0.0.0:0", "--behind-proxy", "--rules=nowhere"], &[]);
    assert!(!said.contains("travels under TLS"), "{said}");
}

#[test]
fn one_file_is_for_every_command() {
    let case = Case::of("data = \"nowhere\"\nlisten = \"127.0.0.1:0\"\n");
    let Told(_, said, code) = case.run(&["audit", "verify"], &[]);
    assert!(
        said.contains("there is no record here: `nowhere/windscreen.keys` is missing") && code == Some(1),
        "{said}"
    );
    // What a command takes as a word of its own is no flag of it.
    let Told(printed, said, _) = Case::of("rules = \"elsewhere\"\n").run(&["check", "nowhere"], &[]);
    assert!(said.contains("`nowhere`") && !said.contains("elsewhere"), "{said}{printed}");
    // A word of the command line is no setting of the file.
    let Told(_, said, _) = case.run(&["audit", "verify", "--data=elsewhere"], &[]);
    assert!(said.contains("`elsewhere/windscreen.keys`"), "{said}");
}
