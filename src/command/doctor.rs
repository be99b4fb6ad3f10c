//! `windscreen doctor`: what only a person at the machine can mend, looked at with the settings of `serve`.
//!
//! It changes nothing, and begins no record. Each finding says what to do; nothing of what is recorded stands in one.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::serve::{For, ServeArgs};
use super::settings::Settings;
use super::{Format, count, print};
use crate::access::break_glass::Accounts;
use crate::criteria::{Loaded, RuleSet, load};
use crate::diagnostic::Severity;
use crate::outgoing::{MAX_ANSWER, agent};
use crate::record::Record;
use crate::record::db::Location;
use crate::record::families::Families;
use crate::record::leaf::Leaf;
use crate::rules_dir;
use crate::serving::now;

/// Who may read the keys, and the folder of the record, beside their owner: nobody.
const OF_OTHERS: u32 = 0o077;
/// A file of settings may be the administrator's, for the service's group to read.
const BEYOND_THE_GROUP: u32 = 0o027;
/// A certificate, a key, the calendar: time enough to do something about it.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 30);
/// systemd lays it down once the clock was set by a time server.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// Looks whether this machine is as the service needs it, with the settings of `serve`; changes nothing.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    serve: ServeArgs,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Is {
    Fine,
    /// It works, and somebody should look.
    Doubtful,
    Wrong,
}

/// What was looked at, and what was found.
#[derive(Debug, Serialize)]
struct Finding {
    of: &'static str,
    is: Is,
    says: String,
}

#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, of: &'static str, is: Is, says: impl Into<String>) {
        self.0.push(Finding { of, is, says: says.into() });
    }

    fn fine(&mut self, of: &'static str, says: impl Into<String>) {
        self.add(of, Is::Fine, says);
    }

    fn doubtful(&mut self, of: &'static str, says: impl Into<String>) {
        self.add(of, Is::Doubtful, says);
    }

    fn wrong(&mut self, of: &'static str, says: impl Into<String>) {
        self.add(of, Is::Wrong, says);
    }
}

pub(super) fn run(args: &DoctorArgs, settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut found = Findings::default();
    let serve = &args.serve;
    if let Some(file) = settings.file() {
        secret_file(&mut found, "settings", file, BEYOND_THE_GROUP);
    }
    way_in(&mut found, serve);
    let places = serve.record.places();
    secret_file(&mut found, "key file", &places.keys, OF_OTHERS);
    folders(&mut found, serve);
    let rules = rules(&mut found, &serve.rules.rules);
    match serve.record.open_existing() {
        Ok(record) => of_record(&mut found, &record, serve),
        Err(error) => found.wrong("record", format!("{error:#}")),
    }
    clock(&mut found);
    if let Some(rules) = rules {
        calendar(&mut found, &rules);
    }
    identity(&mut found, serve);
    break_glass(&mut found, serve);
    let wrong = found.0.iter().filter(|finding| finding.is == Is::Wrong).count();
    match args.format {
        Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(&found.0)?))?,
        Format::Text => {
            for Finding { of, is, says } in &found.0 {
                let is = match is {
                    Is::Fine => "ok   ",
                    Is::Doubtful => "look ",
                    Is::Wrong => "WRONG",
                };
                print(&format!("{is} {of}: {says}\n"))?;
            }
            print(&format!("{}\n", count(wrong, "thing") + if wrong == 1 { " is wrong" } else { " are wrong" }))?;
        }
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn metadata(found: &mut Findings, of: &'static str, path: &Path) -> Option<Metadata> {
    let metadata = fs::metadata(path);
    if let Err(error) = &metadata {
        found.wrong(of, format!("`{}`: {error}", path.display()));
    }
    metadata.ok()
}

fn is_open(metadata: &Metadata, to: u32) -> bool {
    metadata.permissions().mode() & to != 0
}

/// A file that only the service should read.
fn secret_file(found: &mut Findings, of: &'static str, path: &Path, others: u32) {
    let Some(metadata) = metadata(found, of, path) else { return };
    let shown = path.display();
    match is_open(&metadata, others) {
        true => found.wrong(of, format!("`{shown}` can be read by others: chmod {:03o} {shown}", 0o660 & !others)),
        false => found.fine(of, format!("`{shown}` can be read by the service alone")),
    }
}

/// TLS, or a proxy that speaks it, or this machine alone.
fn way_in(found: &mut Findings, serve: &ServeArgs) {
    const OF: &str = "way in";
    let is_here = serve.listen.ip().is_loopback();
    if !is_here && !serve.provider.is_named() {
        let says = "can be reached from other machines, and nobody says who people are: --oidc-issuer, or 127.0.0.1";
        return found.wrong(OF, format!("{} {says}", serve.listen));
    }
    match serve.tls.read() {
        Err(error) => return found.wrong(OF, format!("{error:#}")),
        Ok(Some(tls)) => {
            let ends_at = tls.ends_at();
            let says = format!("TLS is spoken here; the certificate ends at {ends_at}");
            return if ends_at.duration_since(now()) < SOON { found.doubtful(OF, says) } else { found.fine(OF, says) };
        }
        Ok(None) => {}
    }
    match (serve.behind_proxy, is_here, serve.provider.is_named()) {
        (_, false, _) => found.wrong(OF, format!("{} is reachable from elsewhere, without TLS", serve.listen)),
        (true, ..) => found.fine(OF, "a proxy on this machine speaks TLS"),
        (false, _, true) => found.wrong(OF, "neither TLS nor a proxy was named: --tls-certificate, or --behind-proxy"),
        (false, _, false) => found.doubtful(OF, "a demonstration, for this machine alone"),
    }
}

/// Whether the folders are for their owner alone, and the guard lies apart.
fn folders(found: &mut Findings, serve: &ServeArgs) {
    let places = serve.record.places();
    let guard = metadata(found, "guard", &places.guard);
    let Location::Sqlite(database) = &places.database else {
        return found.fine("database", "in PostgreSQL");
    };
    let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return };
    let Some(data) = metadata(found, "database", folder) else { return };
    let shown = folder.display();
    match is_open(&data, OF_OTHERS) {
        true => found.doubtful("database", format!("`{shown}` can be read by others: chmod 700 {shown}")),
        false => found.fine("database", format!("`{shown}` is for its owner alone")),
    }
    match guard {
        Some(guard) if guard.dev() == data.dev() => found.doubtful(
            "guard",
            "it lies on the disk of the database, and would be put back with it: --guard on another",
        ),
        Some(_) => found.fine("guard", "it lies on another disk than the database"),
        None => {}
    }
}

fn rules(found: &mut Findings, folder: &Path) -> Option<RuleSet> {
    let Loaded { rule_set, problems, .. } = match rules_dir::read(folder) {
        Ok(files) => load(&files),
        Err(error) => {
            found.wrong("rules", error.to_string());
            return None;
        }
    };
    let many = |severity| problems.iter().filter(|problem| problem.severity == severity).count();
    match &rule_set {
        None => {
            found.wrong("rules", format!("{}: `windscreen check` tells each", count(many(Severity::Error), "error")))
        }
        Some(rules) => {
            found.fine("rules", format!("{} {}, {}", rules.id().framework, rules.id().version, rules.id().digest))
        }
    }
    rule_set
}

fn of_record(found: &mut Findings, record: &Record, serve: &ServeArgs) {
    let is_live = serve.provider.is_named() && serve.environment == For::Live;
    let families = if is_live { Families::Real } else { Families::Invented };
    match record.families() {
        Ok(None) => found.fine("record", "it was not served yet"),
        Ok(Some(settled)) if settled == families.word() => {
            found.fine("record", format!("it is for {settled} families"))
        }
        Ok(Some(settled)) => {
            found.wrong("record", format!("it is for {settled} families, and this is for {} ones", families.word()));
        }
        Err(error) => found.wrong("record", error.to_string()),
    }
    match record.health() {
        Err(error) => found.wrong("record", error.to_string()),
        Ok(health) => {
            match health.read_only {
                Some(why) => found.wrong("log", format!("nothing is recorded: {why}; see `windscreen audit`")),
                None => found.fine("log", "it continues what was signed last"),
            }
            if let Some(fault) = health.guard {
                found.wrong("guard", fault);
            }
            for (log, entries, signed) in health.logs {
                found.fine("log", format!("{}: {entries} entries, {signed} of them signed", log.name()));
            }
        }
    }
    match record.list_api_keys() {
        Err(error) => found.wrong("API keys", error.to_string()),
        Ok(keys) => {
            let live: Vec<_> = keys.iter().filter(|key| key.is_live(now())).collect();
            for key in live.iter().filter(|key| key.ends_at.duration_since(now()) < SOON) {
                found.doubtful("API keys", format!("that of `{}`, {}, ends at {}", key.client.id, key.id, key.ends_at));
            }
            found.fine("API keys", format!("{} taken", count(live.len(), "key")));
        }
    }
    match newest(record) {
        Err(error) => found.wrong("clock", error),
        Ok(Some(at)) if at > now() => {
            found.wrong("clock", format!("the record's newest entry is of {at}, which is still to come"));
        }
        Ok(_) => found.fine("clock", "it is past the record's newest entry"),
    }
}

/// When the newest entry of either log was made.
fn newest(record: &Record) -> Result<Option<Timestamp>, String> {
    let leaves = record.newest_leaves().map_err(|error| error.to_string())?;
    let read =
        |text: &String| serde_json::from_str::<Leaf>(text).map(|leaf| leaf.at).map_err(|error| error.to_string());
    Ok(leaves.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter().max())
}

fn clock(found: &mut Findings) {
    match Path::new(SYNCHRONISED).exists() {
        true => found.fine("clock", "a time server sets it"),
        false => found.doubtful("clock", "whether a time server sets it is not known here: timedatectl"),
    }
}

fn calendar(found: &mut Findings, rules: &RuleSet) {
    match rules.framework().calendar.known_until() {
        Some(until) if until.duration_since(now()) > SOON => {
            found.fine("bank holidays", format!("known until {}", until.strftime("%Y-%m-%d")));
        }
        _ => found.wrong("bank holidays", "they are known for less than thirty days more: install a newer version"),
    }
}

/// Whether the identity providers answer, and as who they are called.
fn identity(found: &mut Findings, serve: &ServeArgs) {
    const OF: &str = "identity provider";
    let (files, issuers) = match (serve.provider.secret_files(), serve.provider.issuers()) {
        (Ok(files), Ok(issuers)) => (files, issuers),
        (Err(error), _) | (_, Err(error)) => return found.wrong(OF, format!("{error:#}")),
    };
    for file in &files {
        secret_file(found, OF, file, BEYOND_THE_GROUP);
    }
    let mut asked = 0;
    for issuer in issuers.into_iter().chain(serve.clients.issuer()) {
        asked += 1;
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let text = agent().get(&address).call().map_err(|error| error.to_string()).and_then(|mut answer| {
            let body = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_string();
            body.map_err(|error| error.to_string())
        });
        let said = text.and_then(|text| serde_json::from_str::<Value>(&text).map_err(|_| "it answers no JSON".into()));
        match said {
            Ok(said) if said["issuer"].as_str() == Some(issuer.as_str()) => {
                found.fine(OF, format!("`{issuer}` answers"))
            }
            Ok(said) => {
                let other = said["issuer"].as_str().unwrap_or("nobody").to_owned();
                found.wrong(OF, format!("`{issuer}` answers as `{other}`: write it as it calls itself"));
            }
            Err(why) => found.wrong(OF, format!("`{issuer}` cannot be asked: {why}")),
        }
    }
    if asked == 0 {
        found.doubtful(OF, "none: everybody is invented");
    } else if serve.provider.second_factor().is_none() {
        found.doubtful(OF, "nobody here looks whether a second factor was used: --oidc-second-factor-claim");
    }
}

/// Whether somebody gets in when nobody can sign in, and the board hears of it.
fn break_glass(found: &mut Findings, serve: &ServeArgs) {
    const OF: &str = "break-glass accounts";
    let (Some(file), Some(program)) = (&serve.break_glass.break_glass, &serve.break_glass.sendmail) else {
        if serve.provider.is_named() {
            found.doubtful(OF, "none: while the identity provider is silent nobody gets in; `windscreen break-glass`");
        }
        return;
    };
    secret_file(found, OF, file, BEYOND_THE_GROUP);
    if let Err(error) = Accounts::read(file) {
        found.wrong(OF, error.to_string());
    }
    if !program.is_file() {
        found.wrong(OF, format!("`{}` is missing: the board cannot be told of a use", program.display()));
    }
}
