//! The log on standard error: for people, or a JSON object a line for programs.

use std::io::{self, IsTerminal};

use clap::ValueEnum;
use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What the log's lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogForm {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Sends the log to standard error. A panic is logged by its place alone: its text may hold facts about a child.
pub(super) fn begin(form: LogForm, quiet: bool) {
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_default_directive(if quiet { Level::ERROR } else { Level::INFO }.into())
        .with_env_var("WINDSCREEN_LOG")
        .from_env_lossy();
    let is_no_statement = filter_fn(|about| !is_of_statements(about.target()) || *about.level() <= Level::WARN);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false);
    let known = tracing_subscriber::registry().with(filter).with(is_no_statement);
    match form {
        LogForm::Text => known.with(lines.with_ansi(io::stderr().is_terminal())).init(),
        LogForm::Json => known.with(lines.json().flatten_event(true)).init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(
            event = "panicked",
            place = panic.location().map(tracing::field::display),
            "something panicked"
        );
    }));
}

/// Whether it is the database driver that speaks: below a warning it tells each statement with what stands in it, and
/// nobody may switch that on.
fn is_of_statements(target: &str) -> bool {
    ["tokio_postgres", "postgres"].contains(&target.split("::").next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// The hook and the log are a whole process's, so that a test has one of its own: itself, once more.
    const AGAIN: &str = "WINDSCREEN_TEST_LOG";

    fn is_once_more() -> bool {
        std::env::var_os(AGAIN).is_some()
    }

    /// What a test of this file says when it runs once more.
    fn said(test: &str, variable: (&str, &str)) -> String {
        let mut once_more = Command::new(std::env::current_exe().unwrap());
        once_more.args([&format!("command::serve::log::tests::{test}"), "--exact", "--nocapture"]);
        let output = once_more.env(AGAIN, "1").env(variable.0, variable.1).output().unwrap();
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
        assert!(output.status.success() && said.contains("1 passed"), "{variable:?}: {said}");
        said
    }

    #[test]
    fn a_panic_is_logged_by_its_place_and_nothing_of_its_text() {
        if is_once_more() {
            begin(LogForm::Text, false);
            let name = std::hint::black_box("Zebulonquill");
            let panicked = std::thread::spawn(move || panic!("{name} has a bruise")).join();
            assert!(panicked.is_err());
            return;
        }
        let said = said("a_panic_is_logged_by_its_place_and_nothing_of_its_text", ("RUST_BACKTRACE", "full"));
        assert!(said.contains("something panicked") && said.contains("src/command/serve/log.rs:"), "{said}");
        assert!(!said.contains("Zebulonquill") && !said.contains("bruise"), "{said}");
    }

    /// As the driver says it: `executing statement … with parameters: …`.
    #[test]
    fn no_word_of_the_log_switches_on_what_stands_in_a_statement() {
        if is_once_more() {
            begin(LogForm::Text, false);
            let name = std::hint::black_box("Zebulonquill");
            tracing::debug!(target: "tokio_postgres::query", "executing statement s1 with parameters: [{name:?}]");
            tracing::debug!(target: "postgres", "executing statement s1 with parameters: [{name:?}]");
            tracing::warn!(target: "tokio_postgres::connection", "the connection broke off");
            tracing::debug!("ours");
            return;
        }
        for words in ["debug", "trace", "debug,tokio_postgres=trace", "debug,tokio_postgres::query=trace"] {
            let test = "no_word_of_the_log_switches_on_what_stands_in_a_statement";
            let said = said(test, ("WINDSCREEN_LOG", words));
            assert!(said.contains("ours") && !said.contains("Zebulonquill"), "{words}: {said}");
            assert!(said.contains("the connection broke off"), "{words}: {said}");
        }
    }
}
