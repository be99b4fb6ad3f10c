//! Deadlines: what an evaluation's times allowed mean for a referral received at a moment.
//!
//! Added after `evaluate`, which knows no time. The earliest wins: the level's, the findings' and the actions'.

use jiff::Timestamp;

use crate::criteria::RuleSet;
use crate::ladder::Priority;
use crate::level::{Evaluation, RuleFault, ToDo};

impl<'r> Evaluation<'r> {
    /// The same evaluation with its times, for a referral received at a moment.
    #[must_use]
    pub fn received_at(mut self, rules: &'r RuleSet, received: Timestamp) -> Self {
        let calendar = &rules.framework.calendar;
        let due = |within, clock| calendar.due(received, within, clock);
        let earliest = self.limits.iter().filter_map(|(within, clock)| due(*within, *clock)).min();
        let by = |action: &ToDo| action.within.and_then(|within| due(within, action.clock));
        for action in &mut self.actions {
            action.due = by(action).map(|at| calendar.written(at));
        }
        // Over a weekend a working day is longer than two days; what has no time comes last.
        self.actions.sort_by_cached_key(|action| (action.due.is_none(), by(action)));
        let latest = earliest.unwrap_or(received);
        // Outside office hours, what cannot wait until the hub opens goes to whoever answers then.
        let closed = !calendar.is_open(received);
        let cannot_wait = calendar.next_opening(received).is_none_or(|opening| latest <= opening);
        if closed && (cannot_wait || self.priority == Priority::Red) {
            let action = rules.to_do(rules.framework.out_of_hours);
            if !self.actions.iter().any(|listed| listed.id == action.id) {
                self.actions.insert(0, action);
            }
            self.priority = Priority::Red;
        }
        if !calendar.knows(calendar.london(latest).date()) {
            self.faults.push(RuleFault {
                id: "bank_holidays",
                says: "bank holidays of that year are not known; the times are reckoned without them, so they may be early",
            });
        }
        self.respond_by = earliest.map(|at| calendar.written(at));
        self
    }
}
