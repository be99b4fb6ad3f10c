//! The monthly report: reckoned from the record as it stands, issued as an entry of the log of rules, and corrected by
//! another version. What was issued stays as it was, whatever is recorded later.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::case::What;
use super::entry::Ready;
use super::leaf::{Kind, Leaf};
use super::rule_changes::MAX_WORDS;
use super::{Log, Record, RecordError, new_id};
use crate::access::Permit;
use crate::criteria::digest_of;
use crate::decision::Actor;
use crate::figures::{Figures, Month, Terms};
use crate::json::{Fault, FaultCode};
use crate::report::Report;

/// What the key of reports is kept under.
const REPORTS: &str = "reports";
/// How often it is tried again when another replica writes at the same moment.
const TRIES: usize = 8;

/// Of a report that was issued.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReportBody {
    /// Who issued it.
    pub by: Actor,
    /// The month.
    pub month: String,
    /// Which version, from 1.
    pub version: usize,
    /// Of a correction: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The report, byte for byte.
    pub report: Box<RawValue>,
}

/// A report as it was issued.
#[derive(Debug, Clone)]
pub struct Issued {
    /// Its place in the log of rules.
    pub place: u64,
    /// When.
    pub at: Timestamp,
    /// What was issued, by whom.
    pub body: Arc<ReportBody>,
}

/// The day in London.
pub(super) fn in_london(at: Timestamp) -> Date {
    at.in_tz("Europe/London").map(|at| at.date()).unwrap_or_default()
}

impl Issued {
    /// What the log says of it: the month, the version, and the digest of the report.
    pub fn detail(&self) -> String {
        let body = &self.body;
        format!("{} version {} {}", body.month, body.version, digest_of(body.report.get().as_bytes()))
    }

    /// The report.
    ///
    /// # Errors
    /// When it cannot be read any more.
    pub fn report(&self) -> Result<Report, RecordError> {
        let damaged = |_| RecordError::Damaged(format!("the report of {} cannot be read again", self.body.month));
        serde_json::from_str(self.body.report.get()).map_err(damaged)
    }
}

impl Record {
    /// A month's report, as the record tells it now. `contacts` is how many contacts there were in all, where somebody
    /// counted them; counts from one to `small` are not told.
    ///
    /// # Errors
    /// When the record cannot be read, or no rules were ever in force here.
    pub fn report(
        &self,
        month: Month,
        contacts: Option<u64>,
        small: u64,
        now: Timestamp,
    ) -> Result<Report, RecordError> {
        // Signed before what is counted: whatever it vouches for is counted.
        let checkpoint = self.checkpoint(Log::Decisions);
        let over_time = self.in_force_over_time()?;
        let in_force = match self.in_force_on(month.last_day())? {
            Some(then) => then,
            None => self.in_force_at(now)?.or_else(|| over_time.first().cloned()).ok_or(RecordError::NotFound)?,
        };
        let rules = self.rule_set(&in_force.digest)?;
        let mut terms = Terms { contacts, ..Terms::of(&rules, small) };
        for (place, one) in over_time.iter().enumerate() {
            let is_other = place.checked_sub(1).is_some_and(|before| over_time[before].digest != one.digest);
            if is_other {
                let version = self.rule_set(&one.digest)?.id().version.clone();
                terms.rules_from.push((rules.framework().calendar.london(one.from).date(), version));
            }
        }
        let counted = self.counted()?;
        Ok(Report {
            title: rules.framework().title.clone(),
            rules: (format!("{} {}", rules.id().framework, rules.id().version), rules.id().digest.clone()),
            checkpoint,
            unreadable: counted.unreadable.len(),
            figures: Figures::of(month, &counted.children(), &terms),
        })
    }

    /// Issues a report. One that was issued before is corrected by another version, with a reason.
    ///
    /// # Errors
    /// When the month is not over, or a correction has no reason.
    pub fn issue_report(
        &self,
        permit: &Permit,
        report: &Report,
        because: &str,
        now: Timestamp,
    ) -> Result<usize, RecordError> {
        self.writable()?;
        let refused = |code, detail: &str| Err(RecordError::Faults(vec![Fault::new("/because", code, detail)]));
        let month = Month::parse(&report.figures.month).ok_or(RecordError::NotFound)?;
        if month.last_day() >= in_london(now) {
            return refused(FaultCode::InTheFuture, "a month's report is issued when the month is over");
        }
        if because.chars().count() > MAX_WORDS {
            return refused(FaultCode::TooLong, "say it shorter");
        }
        let text = serde_json::to_string(report).and_then(RawValue::from_string);
        let text = text.map_err(|_| RecordError::Damaged("the report cannot be written".into()))?;
        for _ in 0..TRIES {
            let told = self.rules_told()?;
            let version = told.reports_of(&report.figures.month).count() + 1;
            let because = Some(because.trim().to_owned()).filter(|because| !because.is_empty());
            if version > 1 && because.is_none() {
                return refused(FaultCode::MissingWords, "it was issued before: say why it is corrected");
            }
            let (by, month) = (permit.actor().clone(), report.figures.month.clone());
            let body = Arc::new(ReportBody { by, month, version, because, report: text.clone() });
            let issued = Issued { place: told.size(), at: now, body: Arc::clone(&body) };
            let leaf = Leaf::by(&body.by, Kind::ReportIssued, new_id(), now);
            let leaf = Leaf { detail: Some(issued.detail()), ..leaf };
            let (key, sealed_key) = self.key_to_enter(REPORTS)?;
            let ready = Ready::new(&key, REPORTS, leaf, What::Report(body))?;
            if self.enter_at(told.size(), REPORTS, sealed_key, ready)? {
                return Ok(version);
            }
        }
        Err(RecordError::Moved("others enter something at the same moment".into()))
    }
}
