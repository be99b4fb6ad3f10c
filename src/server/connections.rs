//! Which connections are open, which of them wait for a request, and for whom requests are under way.
//!
//! Nobody can tell who calls before the head of a request is read. So a connection without a request is worth little:
//! whoever has waited longest gives way to who comes. A request under way is never broken off for another; partners'
//! requests, and those of one address, leave room for others instead, and health has room of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::Limits;
use super::stall::Pace;
use crate::access::address::Address;

/// What a request is about, as far as it has its own limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Whether the program runs and can answer.
    Health,
    /// What partners' systems ask.
    Partners,
    /// The pages, and what describes the API.
    People,
}

/// Every connection.
#[derive(Debug)]
pub(super) struct Connections {
    limits: Limits,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    /// Grows with everything that happens, so that what was first is less.
    clock: u64,
    open: BTreeMap<u64, Standing>,
    /// Requests under way, but for those that have the room for health.
    under_way: usize,
    of_health: usize,
    of_partners: usize,
    /// No more than there are requests under way.
    of_addresses: BTreeMap<Address, usize>,
}

#[derive(Debug)]
struct Standing {
    /// Its requests under way: one, or more where the next came before the last was answered to its end.
    under_way: usize,
    /// Since when it waits, where it does.
    since: u64,
    gives_way: Arc<Notify>,
}

impl Table {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn begin(&mut self, Place { about, from }: Place) {
        if about == About::Health {
            self.of_health += 1;
        } else {
            self.under_way += 1;
            *self.of_addresses.entry(from).or_default() += 1;
        }
        if about == About::Partners {
            self.of_partners += 1;
        }
    }

    fn end(&mut self, Place { about, from }: Place) {
        if about == About::Health {
            self.of_health -= 1;
        } else {
            self.under_way -= 1;
            if let Some(many) = self.of_addresses.get_mut(&from) {
                *many -= 1;
                if *many == 0 {
                    self.of_addresses.remove(&from);
                }
            }
        }
        if about == About::Partners {
            self.of_partners -= 1;
        }
    }
}

impl Connections {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, table: Mutex::default() }
    }

    /// Takes in one more connection, in place of the one that has waited longest when there is no room; none when
    /// requests are under way on all of them.
    pub(super) fn admit(self: &Arc<Self>) -> Option<Open> {
        self.locked(|table| {
            if table.open.len() >= self.limits.connections {
                let waiting = table.open.iter().filter(|(_, one)| one.under_way == 0);
                let longest = waiting.min_by_key(|(_, one)| one.since).map(|(id, _)| *id)?;
                table.open.remove(&longest)?.gives_way.notify_one();
            }
            let (id, gives_way) = (table.tick(), Arc::new(Notify::new()));
            table.open.insert(id, Standing { under_way: 0, since: id, gives_way: Arc::clone(&gives_way) });
            let (sent, pace) = (Mutex::default(), Pace::default());
            Some(Open { id, connections: Arc::clone(self), gives_way, sent, pace })
        })
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Table) -> T) -> T {
        work(&mut self.table.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A connection that was taken in; it is counted for as long as this lives, or until it gave way.
#[derive(Debug)]
pub(super) struct Open {
    id: u64,
    connections: Arc<Connections>,
    gives_way: Arc<Notify>,
    /// What was answered, of which some may still wait to be written.
    sent: Mutex<Vec<Place>>,
    /// How far it has come.
    pub pace: Pace,
}

/// What a request is counted as.
#[derive(Debug, Clone, Copy)]
struct Place {
    about: About,
    from: Address,
}

impl Open {
    /// Waits until another connection takes its place.
    pub(super) async fn gives_way(&self) {
        self.gives_way.notified().await;
    }

    /// Begins a request; none where there is no room for it.
    pub(super) fn begin(self: &Arc<Self>, about: About, from: Address) -> Option<UnderWay> {
        let Limits { connections, for_health, for_partners, for_address, .. } = self.connections.limits;
        self.connections.locked(|table| {
            // Who asks about health more often than there is room for it has the room of everybody.
            let has_own_room = about == About::Health && table.of_health < for_health;
            let about = if about == About::Health && !has_own_room { About::People } else { about };
            let of_address = table.of_addresses.get(&from).copied().unwrap_or(0);
            let is_too_many = match about {
                About::Health => false,
                _ if table.under_way >= connections.saturating_sub(for_health) => true,
                About::Partners if table.of_partners >= for_partners => true,
                // This machine is the demonstration's browser, and a proxy that was not declared: everybody.
                _ => !from.is_of_this_machine() && of_address >= for_address,
            };
            // One that just gave way begins nothing any more.
            let standing = table.open.get_mut(&self.id).filter(|_| !is_too_many)?;
            standing.under_way += 1;
            let place = Place { about, from };
            table.begin(place);
            self.pace.turn();
            Some(UnderWay { open: Arc::clone(self), place })
        })
    }

    /// All that was answered is written: whatever was sent is under way no more.
    pub(super) fn is_written(&self) {
        let written = std::mem::take(&mut *self.sent.lock().unwrap_or_else(PoisonError::into_inner));
        if written.is_empty() {
            return;
        }
        self.connections.locked(|table| {
            let now = table.tick();
            if let Some(standing) = table.open.get_mut(&self.id) {
                standing.under_way -= written.len();
                standing.since = now;
            }
            for place in written {
                table.end(place);
                self.pace.turn();
            }
        });
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // What was not written never will be.
        self.is_written();
        self.connections.locked(|table| table.open.remove(&self.id));
    }
}

/// A request under way, until the last of its answer is written or nobody waits for it any more.
#[derive(Debug)]
pub(super) struct UnderWay {
    open: Arc<Open>,
    place: Place,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        // hyper lets an answer go as soon as it holds the last of it; from then on it is its connection that writes.
        self.open.sent.lock().unwrap_or_else(PoisonError::into_inner).push(self.place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(connections: usize) -> Arc<Connections> {
        let limits = Limits { connections, for_health: 1, for_partners: 2, for_address: 2, ..Limits::default() };
        Arc::new(Connections::new(limits))
    }

    fn address(text: &str) -> Address {
        Address::of(text.parse().unwrap())
    }

    const HERE: Address = Address::THIS_MACHINE;

    /// Ends a request, all of whose answer is written.
    fn end(request: UnderWay) {
        let open = Arc::clone(&request.open);
        drop(request);
        open.is_written();
    }

    fn has_given_way(open: &Open) -> bool {
        open.connections.locked(|table| !table.open.contains_key(&open.id))
    }

    #[test]
    fn who_has_waited_longest_gives_way_and_who_is_served_does_not() {
        let all = connections(3);
        let [first, second, third] = [(); 3].map(|()| Arc::new(all.admit().unwrap()));
        let served = first.begin(About::People, HERE).unwrap();
        // The second waits the longest; after a request of its own, it is the third.
        end(second.begin(About::Health, HERE).unwrap());
        let fourth = Arc::new(all.admit().unwrap());
        assert!(has_given_way(&third) && !has_given_way(&first) && !has_given_way(&second));
        assert!(third.begin(About::Health, HERE).is_none(), "what gave way begins a request");
        drop(third);
        let others = (second.begin(About::People, HERE).unwrap(), fourth.begin(About::Health, HERE).unwrap());
        assert!(all.admit().is_none(), "a request was broken off for another");
        drop(served);
        assert!(all.admit().is_none(), "an answer was broken off that was not yet written");
        first.is_written();
        assert!(all.admit().is_some() && has_given_way(&first));
        drop(others);
    }

    #[test]
    fn partners_and_an_address_leave_room_and_health_has_its_own() {
        let all = connections(5);
        let open: Vec<_> = (0..5).map(|_| Arc::new(all.admit().unwrap())).collect();
        let begin = |number: usize, about, from: &str| open[number].begin(about, address(from));
        let one = begin(0, About::Partners, "192.0.2.1").unwrap();
        let two = begin(1, About::Partners, "192.0.2.1").unwrap();
        assert!(begin(2, About::People, "192.0.2.1").is_none(), "one address takes all");
        assert!(begin(2, About::Partners, "192.0.2.2").is_none(), "partners take all");
        let three = begin(2, About::People, "192.0.2.2").unwrap();
        let four = begin(3, About::People, "127.0.0.1").unwrap();
        assert!(begin(4, About::People, "192.0.2.3").is_none(), "the room for health is taken");
        let health = begin(4, About::Health, "192.0.2.1").unwrap();
        assert!(begin(4, About::Health, "192.0.2.1").is_none(), "health has more room than its own");
        end(health);
        end(one);
        end(three);
        let five = begin(0, About::Partners, "192.0.2.1").unwrap();
        end(two);
        end(four);
        // One that breaks off gives its room back as well.
        drop((five, open));
        assert!(all.locked(|table| table.of_addresses.is_empty()));
        assert!(all.locked(|table| table.under_way + table.of_health + table.of_partners == 0));
        assert!(all.locked(|table| table.open.is_empty()));
    }

    #[test]
    fn this_machine_may_take_what_one_address_may_not() {
        let all = connections(5);
        let open: Vec<_> = (0..5).map(|_| Arc::new(all.admit().unwrap())).collect();
        let under_way: Vec<_> = open.iter().filter_map(|one| one.begin(About::People, HERE)).collect();
        assert_eq!(under_way.len(), 4);
    }
}
