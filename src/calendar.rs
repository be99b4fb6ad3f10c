//! Working days and hours in London: how a time allowed becomes a time.
//!
//! Time comes in as an argument. Bank holidays are a shipped list; past its last year a time is reckoned without
//! them, which makes it earlier and never later, and the caller is told.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, ZonedDateTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use crate::ladder::Within;

const BANK_HOLIDAYS: &str = include_str!("calendar_bank_holidays.txt");

/// When the hub is staffed, as the framework file says.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct OfficeHours {
    /// Working days.
    #[validate(length(min = 1, max = 7))]
    pub days: Vec<Day>,
    /// Opening, as "09:00".
    #[validate(custom(function = "time_of_day"))]
    pub from: String,
    /// Closing, as "17:00".
    #[validate(custom(function = "time_of_day"))]
    pub to: String,
    /// The action that stands for whoever answers outside these hours.
    pub otherwise: String,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days of the week")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    fn weekday(self) -> Weekday {
        match self {
            Self::Mon => Weekday::Monday,
            Self::Tue => Weekday::Tuesday,
            Self::Wed => Weekday::Wednesday,
            Self::Thu => Weekday::Thursday,
            Self::Fri => Weekday::Friday,
            Self::Sat => Weekday::Saturday,
            Self::Sun => Weekday::Sunday,
        }
    }
}

fn time_of_day(value: &str) -> Result<(), ValidationError> {
    let fine = value.len() == 5 && value.parse::<Time>().is_ok();
    let wrong = || ValidationError::new("shape").with_message("must be a time in quotes, such as \"09:00\"".into());
    if fine { Ok(()) } else { Err(wrong()) }
}

/// A framework's office hours, ready to reckon with.
// INVARIANT: opens before it closes; at least one working day.
#[derive(Debug, Clone)]
pub struct Calendar {
    days: Vec<Weekday>,
    opens: Time,
    closes: Time,
    london: TimeZone,
    holidays: Vec<(Date, &'static str)>,
}

/// Whether hours run outside office hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Day and night.
    #[default]
    Always,
    /// In office hours only.
    Office,
}

impl Calendar {
    /// A calendar, when the hours make sense.
    pub fn new(hours: &OfficeHours) -> Option<Self> {
        let (opens, closes) = (hours.from.parse().ok()?, hours.to.parse().ok()?);
        let days: Vec<Weekday> = hours.days.iter().map(|day| day.weekday()).collect();
        let dates = BANK_HOLIDAYS.lines().filter(|line| !line.starts_with('#'));
        let named = |line: &'static str| {
            let (date, name) = line.split_once(' ')?;
            Some((date.parse().ok()?, name.trim()))
        };
        let holidays: Vec<(Date, &'static str)> = dates.filter_map(named).collect();
        let london = TimeZone::get("Europe/London").ok()?;
        (opens < closes && !days.is_empty()).then_some(Self { days, opens, closes, london, holidays })
    }

    /// When the hub is staffed, in words.
    pub fn hours(&self) -> String {
        let days: Vec<String> = self.days.iter().map(|day| format!("{day:?}")).collect();
        format!("{} from {} to {}", days.join(", "), self.opens.strftime("%H:%M"), self.closes.strftime("%H:%M"))
    }

    /// A moment in London.
    pub fn london(&self, at: Timestamp) -> ZonedDateTime {
        at.to_zoned_datetime(self.london.clone())
    }

    /// Whether bank holidays are known on a day.
    pub fn knows(&self, date: Date) -> bool {
        self.holidays.last().is_some_and(|(last, _)| date.year() <= last.year())
            && self.holidays.first().is_some_and(|(first, _)| date.year() >= first.year())
    }

    /// The end of the last year of which bank holidays are known.
    pub fn known_until(&self) -> Option<Timestamp> {
        let (last, _) = self.holidays.last()?;
        let next = Date::new(last.year() + 1, 1, 1).ok()?;
        self.at(next, Time::midnight())
    }

    /// Whether the hub is staffed at a moment.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let here = self.london(at);
        self.is_working_day(here.date()) && here.time() >= self.opens && here.time() < self.closes
    }

    /// When the hub next opens after a moment at which it is closed.
    pub fn next_opening(&self, after: Timestamp) -> Option<Timestamp> {
        let here = self.london(after);
        let today = self.is_working_day(here.date()) && here.time() < self.opens;
        let date = if today { here.date() } else { self.working_day_after(here.date())? };
        self.at(date, self.opens)
    }

    /// When the hub closes, while it is open.
    pub fn closing(&self, at: Timestamp) -> Option<Timestamp> {
        if self.is_open(at) { self.at(self.london(at).date(), self.closes) } else { None }
    }

    /// The bank holidays from a moment until another on which the hub would have been open otherwise, by name.
    pub fn holidays_between(&self, from: Timestamp, until: Timestamp) -> Vec<(Date, &'static str)> {
        let (from, until) = (self.london(from).date(), self.london(until).date());
        let days = self.holidays.iter().filter(|(date, _)| (from..=until).contains(date));
        days.filter(|(date, _)| self.days.contains(&date.weekday())).copied().collect()
    }

    /// When a time allowed is over. `None` only beyond the ends of the calendar.
    pub fn due(&self, received: Timestamp, within: Within, clock: Clock) -> Option<Timestamp> {
        match (within, clock) {
            (Within::AtOnce, _) => Some(received),
            (Within::Hours(hours), Clock::Always) => received.checked_add(i64::from(hours).hours()).ok(),
            (Within::Hours(hours), Clock::Office) => self.after_office_hours(received, i64::from(hours) * 3600),
            (Within::WorkingDays(days), _) => {
                let mut date = self.london(received).date();
                for _ in 0..days {
                    date = self.working_day_after(date)?;
                }
                self.at(date, self.closes)
            }
            // Statutory timescales run by the calendar, to the end of the day.
            (Within::Days(days), _) => {
                self.end_of(self.london(received).date().checked_add(i64::from(days).days()).ok()?)
            }
            (Within::Months(months), _) => {
                self.end_of(self.london(received).date().checked_add(i64::from(months).months()).ok()?)
            }
        }
    }

    fn is_working_day(&self, date: Date) -> bool {
        self.days.contains(&date.weekday()) && self.holidays.binary_search_by_key(&date, |(day, _)| *day).is_err()
    }

    fn working_day_after(&self, date: Date) -> Option<Date> {
        let mut date = date;
        // A year without a working day is not a calendar.
        for _ in 0..366 {
            date = date.tomorrow().ok()?;
            if self.is_working_day(date) {
                return Some(date);
            }
        }
        None
    }

    fn after_office_hours(&self, received: Timestamp, seconds: i64) -> Option<Timestamp> {
        let mut left = seconds;
        let mut from = if self.is_open(received) { received } else { self.next_opening(received)? };
        loop {
            let closes = self.at(self.london(from).date(), self.closes)?;
            let today = closes.as_second() - from.as_second();
            if left <= today {
                return from.checked_add(left.seconds()).ok();
            }
            left -= today;
            from = self.at(self.working_day_after(self.london(from).date())?, self.opens)?;
        }
    }

    /// A time of day in London, as a moment.
    pub fn at(&self, date: Date, time: Time) -> Option<Timestamp> {
        date.to_datetime(time).to_zoned_datetime(self.london.clone()).ok().map(|zoned| zoned.timestamp())
    }

    fn end_of(&self, date: Date) -> Option<Timestamp> {
        self.at(date, Time::constant(23, 59, 59, 0))
    }

    /// A moment as an answer writes it: London time with its offset.
    pub fn written(&self, at: Timestamp) -> String {
        self.london(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        Calendar::new(&OfficeHours {
            days: vec![Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri],
            from: "09:00".into(),
            to: "17:00".into(),
            otherwise: "emergency_duty_team".into(),
        })
        .unwrap()
    }

    fn due(received: &str, within: Within, clock: Clock) -> String {
        let calendar = calendar();
        calendar.written(calendar.due(received.parse().unwrap(), within, clock).unwrap())
    }

    #[test]
    fn times_allowed_become_times() {
        let cases = [
            // A Monday morning.
            ("2026-11-23T10:00:00Z", Within::WorkingDays(1), Clock::Always, "2026-11-24T17:00:00+00:00"),
            ("2026-11-23T10:00:00Z", Within::Hours(4), Clock::Always, "2026-11-23T14:00:00+00:00"),
            ("2026-11-23T10:00:00Z", Within::AtOnce, Clock::Always, "2026-11-23T10:00:00+00:00"),
            // Friday evening: hours run on, working days wait for Monday, office hours start on Monday.
            ("2026-11-27T20:00:00Z", Within::Hours(4), Clock::Always, "2026-11-28T00:00:00+00:00"),
            ("2026-11-27T20:00:00Z", Within::WorkingDays(1), Clock::Always, "2026-11-30T17:00:00+00:00"),
            ("2026-11-27T20:00:00Z", Within::Hours(4), Clock::Office, "2026-11-30T13:00:00+00:00"),
            ("2026-11-27T15:00:00Z", Within::Hours(4), Clock::Office, "2026-11-30T11:00:00+00:00"),
            // Christmas: Friday 25 December and Monday 28 December 2026 are bank holidays.
            ("2026-12-24T12:00:00Z", Within::WorkingDays(1), Clock::Always, "2026-12-29T17:00:00+00:00"),
            // The clocks go forward on 29 March 2026: seventy-two hours are seventy-two hours.
            ("2026-03-27T12:00:00Z", Within::Hours(72), Clock::Always, "2026-03-30T13:00:00+01:00"),
            ("2026-03-27T12:00:00Z", Within::WorkingDays(1), Clock::Always, "2026-03-30T17:00:00+01:00"),
            // And back on 25 October 2026.
            ("2026-10-23T12:00:00+01:00", Within::WorkingDays(1), Clock::Always, "2026-10-26T17:00:00+00:00"),
            // 45 working days over Christmas.
            ("2026-11-23T10:00:00Z", Within::WorkingDays(45), Clock::Always, "2027-01-28T17:00:00+00:00"),
            ("2026-11-30T10:00:00Z", Within::Months(3), Clock::Always, "2027-02-28T23:59:59+00:00"),
        ];
        for (received, within, clock, expected) in cases {
            assert_eq!(due(received, within, clock), expected, "{received} {within}");
        }
    }

    #[test]
    fn the_hub_is_closed_at_night_at_weekends_and_on_bank_holidays() {
        let calendar = calendar();
        let open = |at: &str| calendar.is_open(at.parse().unwrap());
        assert!(open("2026-11-23T09:00:00Z") && !open("2026-11-23T17:00:00Z") && !open("2026-11-22T12:00:00Z"));
        assert!(!open("2026-12-25T12:00:00Z"));
        let next = calendar.next_opening("2026-11-23T06:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(calendar.written(next), "2026-11-23T09:00:00+00:00");
    }

    #[test]
    fn past_its_last_year_the_calendar_says_that_it_does_not_know() {
        let calendar = calendar();
        assert!(calendar.knows("2028-06-01".parse().unwrap()));
        assert!(!calendar.knows("2029-01-02".parse().unwrap()));
    }
}
