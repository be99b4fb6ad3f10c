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
use crate::record::health::{Health, Overdue};

/// How often it is looked at, and how often each replica looks what the others were told of rule changes.
const EACH_SECOND: Duration = Duration::from_secs(1);
/// How often what is late is counted, which reads every referral.
const COUNTED_EVERY: SignedDuration = SignedDuration::from_secs(15);
/// A database that has not answered for so long does not answer. A load balancer asks more often than that.
const SILENT_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// What was found last.
#[derive(Debug, Clone, Default)]
pub(super) struct Stands {
    /// When the look ended; nothing before the first.
    at: Option<Timestamp>,
    /// Of the record, or why it could not be asked.
    record: Option<Result<Health, String>>,
    /// Of each log that had entries which were not signed: how many it had, and since when.
    unsigned: Vec<(Log, Unsigned)>,
    /// What was late when it was counted last, and when.
    overdue: Option<(Overdue, Timestamp)>,
}

/// Entries that wait to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Unsigned {
    /// How many the log had with them.
    entries: u64,
    since: Timestamp,
}

impl Unsigned {
    /// What waits now. On a busy day something always does: what counts is how long the same has waited.
    fn now(before: Option<Self>, entries: u64, signed: u64, at: Timestamp) -> Option<Self> {
        let still = before.filter(|before| signed < before.entries);
        still.or((signed < entries).then_some(Self { entries, since: at }))
    }
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
        let record = self.record().map(|record| record.health().map_err(|error| error.to_string()));
        let counted = self.stands.lock().unwrap_or_else(PoisonError::into_inner).overdue;
        let is_old = counted.is_none_or(|(_, at)| now().duration_since(at) > COUNTED_EVERY);
        let fresh = self.record().filter(|_| is_old).and_then(|record| record.overdue(now()).ok());
        let at = now();
        let mut stands = self.stands.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unsigned = std::mem::take(&mut stands.unsigned);
        if let Some(Ok(health)) = &record {
            let of = |log: Log| unsigned.iter().find(|(other, _)| *other == log).map(|(_, unsigned)| *unsigned);
            let logs = health.logs.iter();
            unsigned = logs
                .filter_map(|(log, entries, signed)| Some((*log, Unsigned::now(of(*log), *entries, *signed, at)?)))
                .collect();
        }
        if let (Some(Err(why)), true) = (&record, !matches!(stands.record, Some(Err(_)))) {
            tracing::error!(event = "store_silent", why, "the database does not answer");
        }
        if let (Some(Ok(_)), Some(Err(_))) = (&record, &stands.record) {
            tracing::info!(event = "store_back", "the database answers again");
        }
        *stands = Stands { at: Some(at), record, unsigned, overdue: fresh.map(|overdue| (overdue, at)).or(counted) };
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
                let waits = stands.unsigned.iter().find(|(other, _)| *other == log);
                let age = waits.map_or(0.0, |(_, waits)| now().duration_since(waits.since).as_secs_f64());
                Found::Log(log.name(), entries, entries - signed, age).tell();
            }
        }
        if let Some((overdue, _)) = stands.overdue {
            Found::Overdue("decide", overdue.undecided).tell();
            Found::Overdue("tell", overdue.untold).tell();
            Found::Overdue("answer", overdue.unanswered).tell();
        }
    }
}

/// A moment in seconds since 1970.
pub(crate) fn seconds(at: Timestamp) -> f64 {
    at.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_wait_from_when_they_came_and_not_from_when_others_did() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let waits = |entries, second| Some(Unsigned { entries, since: at(second) });
        // Entries, those that are signed, and what waits then, second by second.
        let looks = [
            (5, 5, None),
            (7, 5, waits(7, 1)),
            // All that came before is signed, and more came: on a busy day nothing waits for long.
            (9, 7, waits(9, 2)),
            (12, 9, waits(12, 3)),
            // Nothing more is signed.
            (14, 9, waits(12, 3)),
            (20, 11, waits(12, 3)),
            (20, 12, waits(20, 6)),
            (20, 20, None),
        ];
        let mut before = None;
        for ((entries, signed, expected), second) in looks.into_iter().zip(0..) {
            before = Unsigned::now(before, entries, signed, at(second));
            assert_eq!(before, expected, "second {second}");
        }
    }
}
