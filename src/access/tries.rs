//! How often credentials that are not known here may be tried, before any of them is looked up.
//!
//! A whole hospital sits behind one address, so that one of its systems that goes wrong must not hold up the others:
//! - what was taken here before is looked up whatever else comes from its address, and whatever came from it before;
//! - one that is refused again and again, a system with an old key, soon holds up itself alone;
//! - only who tries many different ones spends what its address has. New keys and tokens from there wait meanwhile.
//!
//! Who guesses is a matter of security, for which the law lets an address be kept (UK GDPR, recital 49), and nobody
//! could stop him without it. So one line of the log names it, with nothing of any request, once in ten minutes.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use sha2::{Digest, Sha256};

use super::address::Address;

/// How many unknown credentials an address may try at once: the new tokens of all systems of a hospital, each in
/// several requests at the same time; far fewer than a guess would need.
const OF_AN_ADDRESS: NonZeroU32 = NonZeroU32::new(300).expect("not none");
/// How soon it may try one more.
const AN_ADDRESS_AGAIN: Duration = Duration::from_secs(1);
/// How many times the same one may be tried at once: as many requests as a system sends before the first is answered.
const OF_ONE: NonZeroU32 = NonZeroU32::new(50).expect("not none");
/// How soon the same one may be tried once more: nobody waits long whose key has just been made known to a replica.
const ONE_AGAIN: Duration = Duration::from_secs(10);
/// How soon an address is named in the log once more.
const NAMED_AGAIN: Duration = Duration::from_mins(10);
/// How many addresses, and how many credentials, are counted apart: a few MiB. Beyond, they are counted together.
const MAX_COUNTED: usize = 16 * 1024;
/// How often what is no longer worth counting is swept out: before it is many.
const SWEEP_EVERY: usize = 1024;
/// How many credentials that were taken are remembered at least: more than a county has systems, with their tokens of
/// an hour.
const TAKEN: usize = 4 * 1024;

/// What was sent, as it is remembered: what stands in memory lets nobody in.
pub type Sent = [u8; 32];

/// Counts what is tried.
#[derive(Debug)]
pub struct Tries {
    addresses: DefaultKeyedRateLimiter<Option<Address>>,
    credentials: DefaultKeyedRateLimiter<Sent>,
    named: DefaultKeyedRateLimiter<Address>,
    taken: Mutex<Taken>,
    tried: AtomicUsize,
    clock: DefaultClock,
}

/// Those that were taken, in two halves: when the newer is full, the older is forgotten.
#[derive(Debug, Default)]
struct Taken {
    newer: BTreeSet<Sent>,
    older: BTreeSet<Sent>,
}

impl Default for Tries {
    fn default() -> Self {
        let again = |period, at_once| Quota::with_period(period).map(|quota| quota.allow_burst(at_once));
        Self {
            addresses: DefaultKeyedRateLimiter::keyed(again(AN_ADDRESS_AGAIN, OF_AN_ADDRESS).expect("not at once")),
            credentials: DefaultKeyedRateLimiter::keyed(again(ONE_AGAIN, OF_ONE).expect("not at once")),
            named: DefaultKeyedRateLimiter::keyed(again(NAMED_AGAIN, NonZeroU32::MIN).expect("not at once")),
            taken: Mutex::default(),
            tried: AtomicUsize::new(0),
            clock: DefaultClock::default(),
        }
    }
}

impl Tries {
    /// What is remembered of a credential.
    pub fn sent(credential: &str) -> Sent {
        Sha256::digest(credential.as_bytes()).into()
    }

    /// Whether a credential may be looked up now.
    ///
    /// # Errors
    /// How long to wait.
    pub fn may_try(&self, from: Address, sent: &Sent) -> Result<(), Duration> {
        if self.taken(|taken| taken.newer.contains(sent) || taken.older.contains(sent)) {
            return Ok(());
        }
        if self.tried.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.sweep();
        }
        let wait = |until: governor::NotUntil<_>| until.wait_time_from(self.clock.now());
        // The address is asked last: one that is tried again and again does not spend what others have.
        if self.credentials.len() < MAX_COUNTED {
            self.credentials.check_key(sent).map_err(wait)?;
        }
        let counted = Some(from).filter(|_| self.addresses.len() < MAX_COUNTED);
        self.addresses.check_key(&counted).map_err(|until| {
            self.name(from);
            wait(until)
        })
    }

    /// It was taken.
    pub fn was_taken(&self, sent: Sent) {
        self.taken(|taken| {
            if taken.newer.len() >= TAKEN {
                taken.older = std::mem::take(&mut taken.newer);
            }
            taken.newer.insert(sent);
        });
    }

    /// It was refused: what ended or was taken back counts from now on as any other.
    pub fn was_refused(&self, sent: &Sent) {
        self.taken(|taken| (taken.newer.remove(sent), taken.older.remove(sent)));
    }

    fn taken<T>(&self, work: impl FnOnce(&mut Taken) -> T) -> T {
        work(&mut self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn name(&self, from: Address) {
        if self.named.len() < MAX_COUNTED && self.named.check_key(&from).is_ok() {
            tracing::warn!(event = "many_credentials", address = %from, "many credentials that are none came from one address");
        }
    }

    /// Forgets whoever may try as much as somebody new.
    fn sweep(&self) {
        self.addresses.retain_recent();
        self.credentials.retain_recent();
        self.named.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::of(text.parse().unwrap())
    }

    /// A guess that nobody made before.
    fn guess(number: u32) -> Sent {
        Tries::sent(&format!("guess {number}"))
    }

    /// How many guesses are looked up. A second of the test's own time may pass, in which one more is.
    fn guessed(tries: &Tries, from: Address, guesses: std::ops::Range<u32>) -> usize {
        guesses.filter(|number| tries.may_try(from, &guess(*number)).is_ok()).count()
    }

    #[test]
    fn who_guesses_is_stopped_and_nobody_else() {
        let tries = Tries::default();
        let (hospital, school) = (address("192.0.2.1"), address("192.0.2.2"));
        let key = Tries::sent("a right key");
        assert!(tries.may_try(hospital, &key).is_ok());
        tries.was_taken(key);
        let looked_up = guessed(&tries, hospital, 0..1000);
        assert!((299..310).contains(&looked_up), "{looked_up}");
        let wait = tries.may_try(hospital, &guess(2000)).unwrap_err();
        assert!(wait > Duration::ZERO && wait <= AN_ADDRESS_AGAIN, "{wait:?}");
        assert!(tries.may_try(hospital, &key).is_ok(), "a right key from the same address is held up");
        assert!(tries.may_try(school, &guess(2001)).is_ok(), "another address is held up");
        // A key that was revoked counts as any other.
        tries.was_refused(&key);
        assert!(tries.may_try(hospital, &key).is_err());
    }

    #[test]
    fn a_network_of_one_customer_is_one_address() {
        let tries = Tries::default();
        let from = |number: u32| address(&format!("2001:db8:1:2::{number:x}"));
        let looked_up = (0..1000).filter(|number| tries.may_try(from(*number), &guess(*number)).is_ok()).count();
        assert!((300..310).contains(&looked_up), "{looked_up}");
        assert!(tries.may_try(address("2001:db8:1:3::1"), &guess(2000)).is_ok());
    }

    #[test]
    fn an_old_key_again_and_again_holds_up_itself_alone() {
        let tries = Tries::default();
        let (hospital, old) = (address("192.0.2.1"), Tries::sent("an old key"));
        let looked_up = (0..1000).filter(|_| tries.may_try(hospital, &old).is_ok()).count();
        assert!((50..52).contains(&looked_up), "{looked_up}");
        assert!(tries.may_try(hospital, &old).unwrap_err() <= ONE_AGAIN);
        assert!(tries.may_try(hospital, &Tries::sent("a new token")).is_ok());
    }

    #[test]
    fn what_is_counted_and_remembered_is_bounded() {
        let tries = Tries::default();
        for number in 0..40_000_u32 {
            let from = Address::of(std::net::Ipv4Addr::from(0x0b00_0000 + number).into());
            let _ = tries.may_try(from, &guess(number));
            tries.was_taken(Tries::sent(&number.to_string()));
        }
        assert!(tries.addresses.len() <= MAX_COUNTED + 1 && tries.credentials.len() <= MAX_COUNTED);
        assert!(tries.taken(|taken| taken.newer.len() <= TAKEN && taken.older.len() <= TAKEN));
        assert!(tries.may_try(address("192.0.2.1"), &Tries::sent("39999")).is_ok());
    }
}
