//! Which rules are in force at any moment: one rule set at a time, from one moment to the next.

use jiff::Timestamp;
use jiff::civil::Date;

use super::RuleChange;

/// One rule set, from a moment to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reign {
    /// The rules.
    pub digest: String,
    /// From when on.
    pub from: Timestamp,
    /// The change that brought it, by its place; nothing for what was there before any.
    pub change: Option<usize>,
}

/// Every rule set that was or will be in force, in order; the first was there before any change, since a moment.
///
/// A change that was compared with other rules than those that are in force when its time comes does not come into
/// force: what was proved of it is not what it would do. Once it lapses or is undone, what it took the place of returns.
pub fn reigns(first: &str, since: Timestamp, changes: &[RuleChange]) -> Vec<Reign> {
    let turns = |change: &RuleChange| change.in_force.into_iter().chain(change.ends);
    let mut times: Vec<Timestamp> = changes.iter().flat_map(turns).collect();
    times.sort_unstable();
    times.dedup();
    let has_ended = |change: &RuleChange, at: Timestamp| change.ends.is_some_and(|ends| ends <= at);
    // By place: the changes that came into force and have not ended, the latest last.
    let mut standing: Vec<usize> = Vec::new();
    let mut reigns = vec![Reign { digest: first.to_owned(), from: since, change: None }];
    let digest_of = |standing: &[usize]| match standing.last() {
        Some(change) => changes[*change].proposal.digest.as_str(),
        None => first,
    };
    for at in times {
        standing.retain(|change| !has_ended(&changes[*change], at));
        for (place, change) in changes.iter().enumerate() {
            let begins = change.in_force == Some(at) && !has_ended(change, at);
            if begins && change.proposal.instead_of == digest_of(&standing) {
                standing.push(place);
            }
        }
        let digest = digest_of(&standing).to_owned();
        if reigns.last().is_some_and(|last| last.digest != digest) {
            reigns.push(Reign { digest, from: at, change: standing.last().copied() });
        }
    }
    reigns
}

/// The last moment of a day in London: what was in force on a day is what was when it ended.
pub fn end_of(day: Date) -> Timestamp {
    day.at(23, 59, 59, 999_999_999).in_tz("Europe/London").map_or(Timestamp::MAX, |end| end.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_in_london() {
        let end = |day: &str| end_of(day.parse().unwrap()).to_string();
        assert_eq!(end("2027-07-01"), "2027-07-01T22:59:59.999999999Z");
        assert_eq!(end("2027-12-01"), "2027-12-01T23:59:59.999999999Z");
        assert_eq!(end_of(Date::MAX), Timestamp::MAX);
    }
}
