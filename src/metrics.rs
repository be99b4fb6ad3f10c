//! What whoever watches the service is told: how many, how long, since when; nothing of any child, referral or person.
//!
//! The numbers stand on a listener of their own. Where none was asked for, saying them here costs next to nothing.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::decision::View;

/// How a number goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goes {
    /// Up, from the program's start.
    Up,
    /// Up and down.
    UpAndDown,
    /// As a spread of times.
    Spread,
}

/// A number that is told.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// Its name.
    pub name: &'static str,
    /// How it goes.
    pub goes: Goes,
    /// What its labels are called.
    pub labels: &'static [&'static str],
    /// What it is.
    pub about: &'static str,
}

const fn told(name: &'static str, goes: Goes, labels: &'static [&'static str], about: &'static str) -> Told {
    Told { name, goes, labels, about }
}

use Goes::{Spread, Up, UpAndDown};

const INFO: &str = "windscreen_info";
const RULE_SET: &str = "windscreen_rule_set_info";
const REQUESTS: &str = "windscreen_requests_total";
const REQUEST_SECONDS: &str = "windscreen_request_seconds";
const PROBLEMS: &str = "windscreen_problems_total";
const TURNED_AWAY: &str = "windscreen_turned_away_total";
const WAITING: &str = "windscreen_requests_waiting";
const EVALUATIONS: &str = "windscreen_evaluations_total";
const PROVISIONAL: &str = "windscreen_evaluations_provisional_total";
const RECORDED: &str = "windscreen_recorded_total";
const DECISIONS: &str = "windscreen_decisions_total";
const BREAK_GLASS: &str = "windscreen_break_glass_used_total";
const COMMITS: &str = "windscreen_commits_total";
const COMMIT_SECONDS: &str = "windscreen_commit_seconds";
const COMMIT_FAILURES: &str = "windscreen_commit_failures_total";
const PART_OK: &str = "windscreen_part_ok";
const LOOKED: &str = "windscreen_looked_timestamp_seconds";
const LOG_ENTRIES: &str = "windscreen_log_entries";
const LOG_UNSIGNED: &str = "windscreen_log_unsigned_entries";
const LOG_HEAD_AGE: &str = "windscreen_log_head_age_seconds";
const OVERDUE: &str = "windscreen_overdue";
const CERTIFICATE_ENDS: &str = "windscreen_certificate_ends_timestamp_seconds";
const BANK_HOLIDAYS_END: &str = "windscreen_bank_holidays_end_timestamp_seconds";
const STARTED: &str = "windscreen_started_timestamp_seconds";

/// Every number that is told.
pub const TOLD: [Told; 24] = [
    told(INFO, UpAndDown, &["version", "environment"], "1; which program runs, and whom it serves"),
    told(RULE_SET, UpAndDown, &["framework", "version", "digest"], "1 for the rule set in force, 0 for one before it"),
    told(REQUESTS, Up, &["of", "status"], "requests answered: of partners, people or health; 2xx to 5xx"),
    told(REQUEST_SECONDS, Spread, &["of"], "how long each took, from its head to the head of its answer"),
    told(PROBLEMS, Up, &["problem"], "problems answered to partners, by the word of their type"),
    told(TURNED_AWAY, Up, &["of"], "connections and requests for which there was no room"),
    told(WAITING, UpAndDown, &[], "requests of partners that wait for room, or are worked on in the line"),
    told(EVALUATIONS, Up, &["way"], "children evaluated: one by one, in a batch, recorded, or on a page"),
    told(PROVISIONAL, Up, &["way"], "those of them whose level is not settled: something is not known"),
    told(RECORDED, Up, &["kind"], "entries of the record that answered a request, by their kind"),
    told(DECISIONS, Up, &["view"], "decisions: as indicated, higher, or lower"),
    told(BREAK_GLASS, Up, &[], "sign-ins with a break-glass account"),
    told(COMMITS, Up, &[], "commits to the database"),
    told(COMMIT_SECONDS, Spread, &[], "how long each took"),
    told(COMMIT_FAILURES, Up, &[], "commits that failed; nothing of them is recorded or acknowledged"),
    told(PART_OK, UpAndDown, &["part"], "1 when the store, the log, the guard or the rules stand, else 0"),
    told(LOOKED, UpAndDown, &[], "when this was last looked at, in seconds since 1970"),
    told(LOG_ENTRIES, UpAndDown, &["log"], "entries of each log"),
    told(LOG_UNSIGNED, UpAndDown, &["log"], "those of them that are not under a signed checkpoint yet"),
    told(LOG_HEAD_AGE, UpAndDown, &["log"], "for how many seconds entries have waited to be signed"),
    told(
        OVERDUE,
        UpAndDown,
        &["deadline"],
        "referrals past a deadline: to decide, to tell the referrer, to answer who disagrees",
    ),
    told(
        CERTIFICATE_ENDS,
        UpAndDown,
        &[],
        "when the certificate ends, in seconds since 1970; where the server speaks TLS itself",
    ),
    told(BANK_HOLIDAYS_END, UpAndDown, &[], "until when bank holidays are known, in seconds since 1970"),
    told(STARTED, UpAndDown, &[], "when the program began, in seconds since 1970"),
];

/// From a page that is quick to a batch that is long.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// The numbers of this program.
#[derive(Debug, Clone)]
pub struct Metrics(PrometheusHandle);

/// That the numbers cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("the numbers for whoever watches cannot be kept: {0}")]
pub struct NotKept(String);

impl Metrics {
    /// Begins to keep them; said once, before anything is counted.
    ///
    /// # Errors
    /// When they are kept already.
    pub fn begin() -> Result<Self, NotKept> {
        let matcher = |name: &str| Matcher::Full(name.to_owned());
        let mut builder = PrometheusBuilder::new();
        for spread in TOLD.iter().filter(|told| told.goes == Spread) {
            let set = builder.set_buckets_for_metric(matcher(spread.name), &SECONDS);
            builder = set.map_err(|error| NotKept(error.to_string()))?;
        }
        let handle = builder.install_recorder().map_err(|error| NotKept(error.to_string()))?;
        for Told { name, goes, about, .. } in TOLD {
            match goes {
                Up => describe_counter!(name, about),
                UpAndDown => describe_gauge!(name, about),
                Spread => describe_histogram!(name, Unit::Seconds, about),
            }
        }
        // From the start, so that the first of each is seen to be one more.
        counter!(BREAK_GLASS).absolute(0);
        counter!(COMMITS).absolute(0);
        counter!(COMMIT_FAILURES).absolute(0);
        gauge!(WAITING).set(0);
        for of in Of::ALL {
            for status in STATUSES {
                counter!(REQUESTS, "of" => of.word(), "status" => status).absolute(0);
            }
        }
        for of in ["connection", "request"] {
            counter!(TURNED_AWAY, "of" => of).absolute(0);
        }
        for way in Way::ALL {
            counter!(EVALUATIONS, "way" => way.word()).absolute(0);
            counter!(PROVISIONAL, "way" => way.word()).absolute(0);
        }
        for view in [View::Agrees, View::DecidesHigher, View::DecidesLower] {
            counter!(DECISIONS, "view" => view.word()).absolute(0);
        }
        Ok(Self(handle))
    }

    /// The numbers as Prometheus reads them.
    pub fn text(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}

/// Whose request it was.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of {
    /// A partner's system's.
    Partners,
    /// A person's, at a browser.
    People,
    /// A load balancer's or a monitor's.
    Health,
}

impl Of {
    const ALL: [Self; 3] = [Self::Partners, Self::People, Self::Health];

    fn word(self) -> &'static str {
        match self {
            Self::Partners => "partners",
            Self::People => "people",
            Self::Health => "health",
        }
    }
}

/// Statuses by their first digit, from 2 on.
const STATUSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// A request was answered.
pub(crate) fn answered(of: Of, status: u16, took: SignedDuration) {
    let of = of.word();
    // No answer that ends a request has another.
    let status = STATUSES[usize::from(status / 100).clamp(2, 5) - 2];
    counter!(REQUESTS, "of" => of, "status" => status).increment(1);
    histogram!(REQUEST_SECONDS, "of" => of).record(took.as_secs_f64());
}

/// A problem was answered.
pub(crate) fn problem(word: &'static str) {
    counter!(PROBLEMS, "problem" => word).increment(1);
}

/// There was no room for a `connection` or a `request`.
pub(crate) fn turned_away(of: &'static str) {
    counter!(TURNED_AWAY, "of" => of).increment(1);
}

/// A request waits for room, for as long as this is kept.
#[derive(Debug)]
pub(crate) struct Waits(());

impl Waits {
    /// From now on.
    pub(crate) fn begin() -> Self {
        gauge!(WAITING).increment(1);
        Self(())
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        gauge!(WAITING).decrement(1);
    }
}

/// How a child came to be evaluated.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    /// By itself, over the API.
    One,
    /// As a line of a batch.
    Batch,
    /// And recorded.
    Recorded,
    /// On a page.
    Page,
}

impl Way {
    const ALL: [Self; 4] = [Self::One, Self::Batch, Self::Recorded, Self::Page];

    fn word(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Batch => "batch",
            Self::Recorded => "recorded",
            Self::Page => "page",
        }
    }
}

/// Children were evaluated, so many of them without a settled level.
pub(crate) fn evaluated(way: Way, settled: impl IntoIterator<Item = bool>) {
    let way = way.word();
    let (mut all, mut provisional) = (0, 0);
    for is_settled in settled {
        all += 1;
        provisional += u64::from(!is_settled);
    }
    counter!(EVALUATIONS, "way" => way).increment(all);
    counter!(PROVISIONAL, "way" => way).increment(provisional);
}

/// An entry answered a request for the first time.
pub(crate) fn recorded(kind: &str) {
    counter!(RECORDED, "kind" => kind.to_owned()).increment(1);
}

/// A person decided.
pub(crate) fn decided(view: &'static str) {
    counter!(DECISIONS, "view" => view).increment(1);
}

/// Somebody signed in with a break-glass account.
pub(crate) fn break_glass() {
    counter!(BREAK_GLASS).increment(1);
}

/// A commit ended.
pub(crate) fn committed(is_done: bool, took: Duration) {
    if is_done {
        counter!(COMMITS).increment(1);
        histogram!(COMMIT_SECONDS).record(took.as_secs_f64());
    } else {
        counter!(COMMIT_FAILURES).increment(1);
    }
}

/// What was found when all of it was looked at.
#[derive(Debug)]
pub(crate) enum Found<'f> {
    /// The program and whom it serves.
    Info(&'f str, &'f str),
    /// The framework, version and digest of the rule set in force.
    RuleSet(&'f str, &'f str, &'f str),
    /// Whether a part stands.
    Part(&'static str, bool),
    /// A log's entries, those that are not signed, and for how many seconds some have not been.
    Log(&'static str, u64, u64, f64),
    /// Referrals past a deadline.
    Overdue(&'static str, u64),
    /// Moments, in seconds since 1970.
    Looked(f64),
    CertificateEnds(f64),
    BankHolidaysEnd(f64),
    Started(f64),
}

impl Found<'_> {
    /// Tells it.
    #[expect(clippy::cast_precision_loss, reason = "no log has 2^52 entries")]
    pub(crate) fn tell(self) {
        let own = str::to_owned;
        match self {
            Self::Info(version, of) => gauge!(INFO, "version" => own(version), "environment" => own(of)).set(1),
            Self::RuleSet(framework, version, digest) => {
                static BEFORE: Mutex<Option<[String; 3]>> = Mutex::new(None);
                let now = [framework, version, digest].map(own);
                let told = |[framework, version, digest]: [String; 3], is: u8| {
                    gauge!(RULE_SET, "framework" => framework, "version" => version, "digest" => digest).set(is);
                };
                let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).replace(now.clone());
                if let Some(before) = before.filter(|before| *before != now) {
                    told(before, 0);
                }
                told(now, 1);
            }
            Self::Part(part, is_ok) => gauge!(PART_OK, "part" => part).set(f64::from(u8::from(is_ok))),
            Self::Log(log, entries, unsigned, age) => {
                gauge!(LOG_ENTRIES, "log" => log).set(entries as f64);
                gauge!(LOG_UNSIGNED, "log" => log).set(unsigned as f64);
                gauge!(LOG_HEAD_AGE, "log" => log).set(age);
            }
            Self::Overdue(deadline, many) => gauge!(OVERDUE, "deadline" => deadline).set(many as f64),
            Self::Looked(at) => gauge!(LOOKED).set(at),
            Self::CertificateEnds(at) => gauge!(CERTIFICATE_ENDS).set(at),
            Self::BankHolidaysEnd(at) => gauge!(BANK_HOLIDAYS_END).set(at),
            Self::Started(at) => gauge!(STARTED).set(at),
        }
    }
}
