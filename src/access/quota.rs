//! How often a client may call: as much as any honest one needs, so that one that goes wrong keeps nobody else waiting.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::DefaultKeyedRateLimiter;
use governor::clock::{Clock, DefaultClock};

/// How many seconds' worth of requests may come at once: a system that was cut off sends what it kept.
const AT_ONCE_SECONDS: u32 = 10;

/// A quota of each client's own.
#[derive(Debug)]
pub struct Quota {
    limiter: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
}

impl Quota {
    /// So many requests a second, and ten times as many at once.
    pub fn per_second(requests: NonZeroU32) -> Self {
        let at_once = requests.saturating_mul(NonZeroU32::MIN.saturating_add(AT_ONCE_SECONDS - 1));
        let quota = governor::Quota::per_second(requests).allow_burst(at_once);
        Self { limiter: DefaultKeyedRateLimiter::keyed(quota), clock: DefaultClock::default() }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// How long to wait, when it is one too many.
    pub fn take(&self, client: &str) -> Result<(), Duration> {
        self.limiter.check_key(&client.to_owned()).map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_clients_requests_are_not_anothers() {
        let quota = Quota::per_second(NonZeroU32::new(2).unwrap());
        let taken = (0..30).take_while(|_| quota.take("one").is_ok()).count();
        assert!((20..=21).contains(&taken), "{taken}");
        let wait = quota.take("one").unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_millis(500), "{wait:?}");
        assert_eq!(quota.take("another"), Ok(()));
    }
}
