//! `windscreen serve`: the API on this machine.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::{RULES_HAVE_PROBLEMS, RulesArg, count, form};
use crate::api::router;
use crate::diagnostic::render;
use crate::server::{Limits, listen, serve};
use crate::serving::{NoRules, Serving};

/// An editor writes a file in several steps; this long after the last of them the folder is read.
const SETTLED_AFTER: Duration = Duration::from_millis(200);

/// Serves the evaluation API.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    rules: RulesArg,
    /// The address to listen on; this machine only
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", env = "WINDSCREEN_LISTEN")]
    listen: SocketAddr,
    /// Read the rules folder again whenever it changes; an invalid change is reported, and the old rules stay
    #[arg(long, env = "WINDSCREEN_WATCH")]
    watch: bool,
}

pub(super) fn run(args: &ServeArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let serving = match Serving::load(&args.rules.rules) {
        Ok(serving) => Arc::new(serving),
        Err(NoRules::Folder(error)) => return Err(error.into()),
        Err(problems @ NoRules::Problems(_)) => {
            report(&problems);
            return Ok(ExitCode::from(RULES_HAVE_PROBLEMS));
        }
    };
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_default_directive(if quiet { tracing::Level::ERROR } else { tracing::Level::INFO }.into())
        .with_env_var("WINDSCREEN_LOG")
        .from_env_lossy();
    let colour = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(colour)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(async {
        let listener = listen(args.listen).await?;
        let address = listener.local_addr().context("the address is not known")?;
        announce(&serving, address);
        let _watcher = args.watch.then(|| watch(Arc::clone(&serving))).transpose()?;
        serve(listener, router(serving), Limits::default(), stop()).await;
        Ok(ExitCode::SUCCESS)
    })
}

fn announce(serving: &Serving, address: SocketAddr) {
    let rules = serving.rules();
    let id = rules.id();
    anstream::eprintln!("serving {} {} ({}; {}) on http://{address}", id.framework, id.version, id.status, id.digest);
    anstream::eprintln!("documentation: http://{address}/docs; stop with Ctrl-C");
}

fn report(error: &NoRules) {
    match error {
        NoRules::Folder(error) => anstream::eprintln!("error: {error}"),
        NoRules::Problems(problems) => {
            anstream::eprint!("{}", render(problems, form()));
            anstream::eprintln!("the rules have {}", count(problems.len(), "error"));
        }
    }
}

/// Reloads the folder whenever it changes. The watcher stops when it is dropped.
fn watch(serving: Arc<Serving>) -> anyhow::Result<RecommendedWatcher> {
    let (changed, mut changes) = mpsc::channel::<()>(1);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading the folder is an event too, and would make it be read for ever.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            // A full channel already holds the news.
            let _ = changed.try_send(());
        }
    })
    .context("the folder cannot be watched")?;
    let folder: &Path = serving.folder();
    watcher.watch(folder, RecursiveMode::Recursive).context("the folder cannot be watched")?;
    tokio::spawn(async move {
        while changes.recv().await.is_some() {
            while let Ok(Some(())) = tokio::time::timeout(SETTLED_AFTER, changes.recv()).await {}
            let reloading = Arc::clone(&serving);
            match tokio::task::spawn_blocking(move || reloading.reload()).await {
                Ok(Ok(Some(digest))) => anstream::eprintln!("the rules changed; now in force: {digest}"),
                Ok(Ok(None)) => {}
                Ok(Err(error)) => {
                    report(&error);
                    anstream::eprintln!("the rules in force stay as they were");
                }
                Err(_) => {
                    anstream::eprintln!("error: reading the changed rules failed; the rules in force stay as they were")
                }
            }
        }
    });
    Ok(watcher)
}

/// Ctrl-C, or what a service manager sends.
async fn stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _ = interrupt.await;
    }
}
