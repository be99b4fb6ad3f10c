//! `windscreen serve`: the pages and the API on this machine, with their record.

mod log;
mod ways_in;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::settings::Settings;
use super::transfer::TransfersArg;
use super::{RULES_HAVE_PROBLEMS, RecordArg, RulesArg, count, form, print};
use crate::api::SEATS;
use crate::demonstration;
use crate::diagnostic::render;
use crate::figures::Figures;
use crate::metrics::Metrics;
use crate::pages::council::Council;
use crate::pages::{self, Front};
use crate::record::RecordError;
use crate::record::families::Families;
use crate::server::numbers::numbers;
use crate::server::tls::Tls;
use crate::server::{Counted, Limits, listen, listen_to_watchers, serve};
use crate::serving::{Looking, NoRules, Serving, Watch, begin_at, now};
use log::LogForm;
use ways_in::{BreakGlassArgs, ClientsArgs, ProviderArgs};

/// Evaluating only computes: more threads than this would wait for each other, and keep the sockets waiting. Partners'
/// requests take no more than their seats, and people's pages have the others.
const EVALUATING_THREADS: usize = SEATS + 8;
/// How often a renewed certificate is looked for.
const EACH_MINUTE: Duration = Duration::from_mins(1);

/// Serves the pages and the API.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    pub(super) rules: RulesArg,
    #[command(flatten)]
    pub(super) record: RecordArg,
    /// The address to listen on: this machine only, unless the server speaks TLS itself
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", env = "WINDSCREEN_LISTEN")]
    pub(super) listen: SocketAddr,
    #[command(flatten)]
    pub(super) tls: TlsArgs,
    /// An address for Prometheus, which asks there for /metrics: numbers alone, nothing of anybody
    #[arg(long, value_name = "ADDRESS", env = "WINDSCREEN_METRICS_LISTEN")]
    metrics_listen: Option<SocketAddr>,
    /// A proxy stands before this server and appends each caller's address to X-Forwarded-For: its last entry is believed
    #[arg(long, env = "WINDSCREEN_BEHIND_PROXY", value_parser = FalseyValueParser::new())]
    pub(super) behind_proxy: bool,
    /// A rules folder that is proposed: the playground tries facts against it beside the rules in force
    #[arg(long, value_name = "DIR", env = "WINDSCREEN_PROPOSED")]
    proposed: Option<PathBuf>,
    /// A rules folder that was agreed and is not yet in force: partners' systems read it at /v1/rule-sets/next, are told of it on every answer, and try requests against it
    #[arg(long, value_name = "DIR", env = "WINDSCREEN_NEXT_RULES")]
    next_rules: Option<PathBuf>,
    /// How long it goes on once told to stop: /readyz says no meanwhile, so that a load balancer sends the next requests to another replica
    #[arg(long, value_name = "SECONDS", default_value_t = 0, env = "WINDSCREEN_NOTICE", value_parser = clap::value_parser!(u64).range(..=300))]
    notice: u64,
    #[command(flatten)]
    council: CouncilArgs,
    #[command(flatten)]
    pub(super) provider: ProviderArgs,
    #[command(flatten)]
    pub(super) break_glass: BreakGlassArgs,
    #[command(flatten)]
    pub(super) clients: ClientsArgs,
    /// With a provider: whether real families are entered here, or invented ones to try it; every answer of the API says so, and each page for tests
    #[arg(long, value_name = "ENVIRONMENT", value_enum, default_value_t = For::Live, env = "WINDSCREEN_ENVIRONMENT", requires = "oidc_issuer")]
    pub(super) environment: For,
    #[command(flatten)]
    transfers: TransfersArg,
    /// Counts from 1 to this are not told in the board's figures
    #[arg(long, value_name = "NUMBER", default_value_t = Figures::SMALL, env = "WINDSCREEN_SMALL_COUNTS", value_parser = clap::value_parser!(u64).range(5..=20))]
    small_counts: u64,
    /// In the demonstration or for tests: begin an empty record with invented families
    #[arg(long, env = "WINDSCREEN_INVENTED_FAMILIES", value_parser = FalseyValueParser::new())]
    invented_families: bool,
    /// In the demonstration: the moment at which its clock begins, to see what happens at another time
    #[arg(long, value_name = "TIME", env = "WINDSCREEN_CLOCK", conflicts_with = "oidc_issuer")]
    clock: Option<Timestamp>,
    /// What the log on standard error is: lines for people, or a JSON object a line
    #[arg(long, value_name = "FORM", value_enum, default_value_t = LogForm::Text, env = "WINDSCREEN_LOG_FORM")]
    log_form: LogForm,
    /// Read the rules folder again whenever it changes; an invalid change is reported, and the old rules stay
    #[arg(long, env = "WINDSCREEN_WATCH", value_parser = FalseyValueParser::new())]
    watch: bool,
    /// Print every setting with where it was said, as a file for --config without its secrets, and end
    #[arg(long)]
    print_config: bool,
}

/// How the server speaks TLS itself.
#[derive(Debug, Args)]
pub(super) struct TlsArgs {
    /// A PEM file of the certificate and those that vouch for it; it is read again every minute, so that a renewed one needs no restart
    #[arg(long, value_name = "FILE", env = "WINDSCREEN_TLS_CERTIFICATE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The PEM file of its key
    #[arg(long, value_name = "FILE", env = "WINDSCREEN_TLS_KEY", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
}

impl TlsArgs {
    pub(super) fn read(&self) -> anyhow::Result<Option<Tls>> {
        let (Some(certificate), Some(key)) = (&self.tls_certificate, &self.tls_key) else { return Ok(None) };
        Ok(Some(Tls::read(certificate, key, now())?))
    }
}

/// Whose front door it is.
#[derive(Debug, Args)]
struct CouncilArgs {
    /// The council's or the partnership's name, at the head of every page
    #[arg(long, value_name = "NAME", default_value = "Example Council", env = "WINDSCREEN_COUNCIL")]
    council: String,
    /// The hub's telephone number, on every page
    #[arg(long, value_name = "NUMBER", default_value = "01632 960001", env = "WINDSCREEN_HUB_PHONE")]
    hub_phone: String,
    /// The Emergency Duty Team's telephone number, on every page
    #[arg(long, value_name = "NUMBER", default_value = "01632 960002", env = "WINDSCREEN_DUTY_PHONE")]
    duty_phone: String,
    /// The colour of the header; white text must be readable on it
    #[arg(long, value_name = "COLOUR", default_value = "#003b5c", env = "WINDSCREEN_COLOUR")]
    colour: String,
}

/// What is entered where a provider says who people are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum For {
    /// Real families.
    Live,
    /// Invented families.
    Test,
}

pub(super) fn run(args: &ServeArgs, settings: &Settings, quiet: bool) -> anyhow::Result<ExitCode> {
    if args.print_config {
        print(&settings.printed())?;
        return Ok(ExitCode::SUCCESS);
    }
    log::begin(args.log_form, quiet);
    let metrics = args.metrics_listen.map(|_| Metrics::begin()).transpose()?;
    // What only its own reader finds wrong with a setting is told with where it was said.
    let said = |id: &'static str| move || settings.place(id);
    let CouncilArgs { council, hub_phone, duty_phone, colour } = &args.council;
    let council = Council::new(council, hub_phone, duty_phone, colour).with_context(said("colour"))?;
    let provider = args.provider.provider(settings)?;
    let partners = args.provider.partners().with_context(said("oidc_partners"))?;
    let break_glass = args.break_glass.read(args.provider.public_url.as_ref(), settings)?;
    let transfers = args.transfers.read(&args.council.council).with_context(said("transfer_senders"))?;
    let tls = args.tls.read().with_context(said("tls_certificate"))?;
    let is_live = provider.is_some() && args.environment == For::Live;
    anyhow::ensure!(
        !(is_live && args.invented_families),
        "{}: invented families are for a demonstration or for tests, and this is neither",
        settings.place("invented_families")
    );
    anyhow::ensure!(
        !is_live || tls.is_some() || args.behind_proxy,
        "what is said about real families travels under TLS: give `--tls-certificate` and `--tls-key`, or say with \
         `--behind-proxy` that a proxy which speaks it stands before this server"
    );
    anyhow::ensure!(
        provider.is_some() || args.listen.ip().is_loopback(),
        "{}: {} can be reached from other machines, and without `--oidc-issuer` everybody is whoever they say they are; \
         a demonstration listens on 127.0.0.1 or [::1]",
        settings.place("listen"),
        args.listen
    );
    if provider.is_some() && tls.is_none() && !args.behind_proxy {
        tracing::warn!(
            "callers' addresses are not told apart: say --behind-proxy where a proxy stands before this server"
        );
    }
    if let Some(at) = args.clock {
        begin_at(at);
    }
    let record = Arc::new(args.record.open()?);
    let families = if is_live { Families::Real } else { Families::Invented };
    anyhow::ensure!(
        record.is_for(families)?,
        "this record does not hold {} families; name another folder with --data, or another database",
        families.word()
    );
    let loaded = Serving::load(&args.rules.rules, Some(record))
        .map(|one| one.with_transfers(transfers).with_small_counts(args.small_counts));
    let with_next = loaded.and_then(|one| match &args.next_rules {
        Some(folder) => one.with_next(folder),
        None => Ok(one),
    });
    let serving = match with_next {
        Ok(serving) if is_live => Arc::new(args.clients.known_to(serving.for_real())?),
        Ok(serving) if provider.is_some() => Arc::new(args.clients.known_to(serving.for_tests())?),
        Ok(serving) => Arc::new(args.clients.known_to(serving)?),
        Err(problems @ NoRules::Problems(_)) => {
            report(&problems);
            return Ok(ExitCode::from(RULES_HAVE_PROBLEMS));
        }
        Err(error) => return Err(error.into()),
    };
    if serving.is_demonstration()
        && let Some(record) = serving.record()
    {
        demonstration::name_delegates(record, now())?;
    }
    if args.invented_families {
        invent(&serving, quiet);
    }
    let front = Front::new(Arc::clone(&serving), council, provider)?.with_partners(partners);
    let front = front.with_break_glass(break_glass);
    let front = Arc::new(front.with_proposed(args.proposed.clone()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(EVALUATING_THREADS)
        .build()
        .context("no runtime")?;
    // What the others were told of rule changes, and how everything stands here.
    let _looking = Looking::begin(&serving).context("no thread")?;
    runtime.block_on(async {
        let stop = stop().context("signals cannot be waited for")?;
        let listening = listen(args.listen, tls.clone()).await.with_context(said("listen"))?;
        let form = args.log_form;
        if args.watch {
            let watch = Watch::new(Arc::clone(&serving)).context("the rules folder cannot be watched")?;
            tokio::spawn(watch.run(move |reloaded| reported(reloaded, form, quiet)));
        }
        if let (Some(address), Some(metrics)) = (args.metrics_listen, metrics) {
            let listening = listen_to_watchers(address).await.with_context(said("metrics_listen"))?;
            let router = numbers(metrics, Arc::clone(&serving), tls.clone());
            tokio::spawn(serve(listening, router, Limits::default(), std::future::pending()));
        }
        let scheme = if tls.is_some() { "https" } else { "http" };
        if let Some(tls) = tls {
            tokio::spawn(renew(tls));
        }
        let address = listening.address().context("the address is not known")?;
        if !quiet && args.log_form == LogForm::Text {
            announce(&serving, scheme, address);
        }
        let (version, environment) = (env!("CARGO_PKG_VERSION"), serving.environment().word());
        let rules = serving.rules();
        tracing::info!(event = "started", version, environment, rules = rules.id().digest, %address, "the server began");
        let counted = if args.behind_proxy { Counted::Forwarded } else { Counted::Socket };
        let noticed = async {
            stop.await;
            tracing::info!(event = "stopping", "the server was told to stop");
            serving.leave();
            tokio::time::sleep(Duration::from_secs(args.notice)).await;
        };
        serve(listening, pages::router(&front), Limits { counted, ..Limits::default() }, noticed).await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Shows a renewed certificate once it is there; what cannot be read leaves the one that is shown.
async fn renew(tls: Tls) {
    loop {
        tokio::time::sleep(EACH_MINUTE).await;
        let reading = tls.clone();
        match tokio::task::spawn_blocking(move || reading.read_again()).await {
            Ok(Ok(true)) => {
                tracing::info!(event = "certificate_renewed", ends_at = %tls.ends_at(), "another certificate is shown from now on")
            }
            Ok(Err(error)) => {
                tracing::error!(event = "certificate_not_read", %error, "the certificate cannot be read again; the one before stays")
            }
            Ok(Ok(false)) | Err(_) => {}
        }
    }
}

/// Fills an empty record with invented families; what hinders it hinders nothing else.
fn invent(serving: &Serving, quiet: bool) {
    let Some(record) = serving.record() else { return };
    match demonstration::begin(record, &serving.rules(), now()) {
        Ok(0) => {}
        Ok(_) if quiet => {}
        Ok(many) => anstream::eprintln!("the record begins with {}", count(many, "invented referral")),
        Err(RecordError::Faults(faults)) => {
            anstream::eprintln!("the invented families are not recorded: these rules ask other questions");
            faults.iter().for_each(|fault| anstream::eprintln!("  {}: {}", fault.pointer, fault.detail));
        }
        Err(error) => anstream::eprintln!("the invented families are not recorded: {error}"),
    }
}

fn announce(serving: &Serving, scheme: &str, address: SocketAddr) {
    let rules = serving.rules();
    let id = rules.id();
    anstream::eprintln!(
        "serving {} {} ({}; {}) on {scheme}://{address}, documentation at /docs",
        id.framework,
        id.version,
        id.status,
        id.digest
    );
    if serving.is_agreed() {
        anstream::eprintln!("partners agreed these rules here; the rules folder is not served");
    }
    if let Some(why) = serving.record().and_then(|record| record.read_only()) {
        anstream::eprintln!("NOTHING IS RECORDED: {why}");
        anstream::eprintln!("see `windscreen audit`; what was recorded can be read");
    }
}

fn reported(reloaded: Result<String, NoRules>, form: LogForm, quiet: bool) {
    match &reloaded {
        Ok(digest) => tracing::info!(event = "rules_read", rules = digest, "the rules folder was read again"),
        Err(error) => tracing::error!(event = "rules_refused", %error, "the rules in force stay as they were"),
    }
    match reloaded {
        _ if form == LogForm::Json => {}
        Ok(digest) if !quiet => anstream::eprintln!("the rules were read again; in force: {digest}"),
        Ok(_) => {}
        Err(error) => {
            report(&error);
            anstream::eprintln!("the rules in force stay as they were");
        }
    }
}

fn report(error: &NoRules) {
    match error {
        NoRules::Folder(_) | NoRules::NotKept(_) | NoRules::Agreed | NoRules::BrokeOff => {
            anstream::eprintln!("error: {error}")
        }
        NoRules::Problems(problems) => {
            anstream::eprint!("{}", render(problems, form()));
            anstream::eprintln!("the rules have {}", count(problems.len(), "error"));
        }
    }
}

/// Ctrl-C, or what a service manager sends. Waiting begins at once, so that a stop during the start is not lost.
#[cfg(unix)]
fn stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ctrl-C.
#[cfg(not(unix))]
fn stop() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Where it cannot be waited for, only ending the program stops it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}
