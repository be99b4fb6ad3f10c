//! The monthly report, reckoned from the record as it stands.

use jiff::Timestamp;

use super::{Log, Record, RecordError};
use crate::figures::{Figures, Month, Terms};
use crate::report::Report;

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
}
