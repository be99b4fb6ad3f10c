//! How this server stands, looked at each second beside everything that it answers: what `/readyz` says, and whoever
//! watches is told.

use std::convert::Infallible;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Serving, now};
use crate::metrics::Found;
use crate::record::Log;
use crate::record::health::Health;

/// How often it is looked at, and how often each replica looks what the others were told of rule changes.
const EACH_SECOND: Duration = Duration::from_secs(1);
/// A database that has not answered for so long does not answer. A load balancer asks more often than that.
const SILENT_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// What was found last.
#[derive(Debug, Clone, Default)]
pub(super) struct Stands {
    /// When the look ended; nothing before the first.
    at: Option<Timestamp>,
    /// Of the record, or why it could not be asked.
    record: Option<Result<Health, String>>,
    /// Since when each log has entries that are not signed.
    unsigned_since: Vec<(Log, Timestamp)>,
}

/// What each part of this server can do now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// What is wrong with the database.
    pub store: Option<String>,
    /// Why nothing is recorded.
    pub log: Option<String>,
    /// What is wrong with the guard.
    pub guard: Option<String>,
    /// That the rules folder holds what cannot be served; what was in force stays.
    pub rules: Option<String>,
}

impl Parts {
    /// What keeps it from recording, without why: that is for the log, and for `windscreen doctor`.
    pub fn hindrance(&self) -> Option<&'static str> {
        let parts = [
            (&self.store, "the database does not answer"),
            (&self.log, "the record is read-only"),
            (&self.guard, "the guard cannot be read"),
        ];
        parts.into_iter().find_map(|(fault, says)| fault.is_some().then_some(says))
    }
}

/// Looks until it is dropped.
#[derive(Debug)]
pub struct Looking {
    stop: Option<Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Looking {
    /// Begins to look, on a thread of its own: it must see that everything else is busy.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn begin(serving: &Arc<Serving>) -> std::io::Result<Self> {
        let (stop, stopped) = channel::<Infallible>();
        let serving = Arc::clone(serving);
        serving.look();
        let run = move || {
            loop {
                let until_turn = serving.next_turn().map(|turn| turn.duration_since(now()).unsigned_abs());
                let wait = until_turn.unwrap_or(EACH_SECOND).min(EACH_SECOND);
                if stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                serving.look_soon();
                serving.look();
            }
        };
        let thread = thread::Builder::new().name("look again".into()).spawn(run)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // One that panicked has ended too.
            let _ = thread.join();
        }
    }
}

impl Serving {
    /// Looks how everything stands, and keeps it.
    fn look(&self) {
        let record = self.record().map(|record| record.health(now()).map_err(|error| error.to_string()));
        let at = now();
        let mut stands = self.stands.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Ok(health)) = &record {
            let before = std::mem::take(&mut stands.unsigned_since);
            let is_late = |(_, entries, signed): &&(Log, u64, u64)| signed < entries;
            let since = |(log, ..): &(Log, u64, u64)| {
                (*log, before.iter().find(|(other, _)| other == log).map_or(at, |(_, since)| *since))
            };
            stands.unsigned_since = health.logs.iter().filter(is_late).map(since).collect();
        }
        if let (Some(Err(why)), true) = (&record, !matches!(stands.record, Some(Err(_)))) {
            tracing::error!(event = "store_silent", why, "the database does not answer");
        }
        if let (Some(Ok(_)), Some(Err(_))) = (&record, &stands.record) {
            tracing::info!(event = "store_back", "the database answers again");
        }
        *stands = Stands { at: Some(at), record, unsigned_since: std::mem::take(&mut stands.unsigned_since) };
    }

    /// What each part can do, as it was looked at last.
    pub fn parts(&self) -> Parts {
        let stands = self.stands.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let rules = self.not_read().then(|| "the rules folder holds what cannot be served".to_owned());
        let mut parts = Parts { rules, ..Parts::default() };
        let log = self.record().and_then(|record| record.read_only());
        parts.log = log.map(|why| format!("nothing is recorded: {why}"));
        match stands.record {
            Some(Err(why)) => parts.store = Some(why),
            Some(Ok(health)) => parts.guard = health.guard,
            None => {}
        }
        if stands.at.is_some_and(|at| now().duration_since(at) > SILENT_AFTER) {
            parts.store = Some("the database does not answer".into());
        }
        parts
    }

    /// Tells whoever watches what was found.
    pub fn tell(&self) {
        let parts = self.parts();
        for (part, fault) in
            [("store", &parts.store), ("log", &parts.log), ("guard", &parts.guard), ("rules", &parts.rules)]
        {
            Found::Part(part, fault.is_none()).tell();
        }
        let rules = self.rules();
        let id = rules.id();
        Found::RuleSet(&id.framework, &id.version, &id.digest).tell();
        if let Some(until) = rules.framework().calendar.known_until() {
            Found::BankHolidaysEnd(seconds(until)).tell();
        }
        let stands = self.stands.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(at) = stands.at {
            Found::Looked(seconds(at)).tell();
        }
        if let Some(Ok(health)) = stands.record {
            for (log, entries, signed) in health.logs {
                let since = stands.unsigned_since.iter().find(|(other, _)| *other == log);
                let age = since.map_or(0.0, |(_, since)| now().duration_since(*since).as_secs_f64());
                Found::Log(log.name(), entries, entries - signed, age).tell();
            }
            Found::Overdue("decide", health.undecided).tell();
            Found::Overdue("tell", health.untold).tell();
            Found::Overdue("answer", health.unanswered).tell();
        }
    }
}

/// A moment in seconds since 1970.
pub(crate) fn seconds(at: Timestamp) -> f64 {
    at.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64()
}
