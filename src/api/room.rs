//! Room for partners' work: as many at once as keep the machine busy, and a short queue before it.
//!
//! What reads the record, and what computes for long, does so on threads that people's pages use too, and of those it
//! takes its share alone. A single child is evaluated on threads of the room's own, one for each core: whoever waits
//! for that waits in their line, and not before health and pages in the line of everything that is ready. Who finds no
//! room in time is told when to come again. Health needs none.

use std::future::Future;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::problem::{Problem, ProblemType};
use crate::metrics::{self, Waits};

/// How many files of notifications are received at once: each keeps its seat until the last of its referrals is on disk.
const FILES: usize = 3;
/// How many pairs of rule sets are compared at once: each takes a second or so, and whoever may ask need not say who
/// they are. They never keep a referral waiting.
const COMPARISONS: usize = 1;

tokio::task_local! {
    static OF_REQUEST: Room;
}

/// The room that partners' requests share.
#[derive(Debug, Clone)]
pub(super) struct Room {
    line: mpsc::Sender<Work>,
    seats: Arc<Semaphore>,
    files: Arc<Semaphore>,
    comparisons: Arc<Semaphore>,
    wait: Duration,
}

impl Room {
    /// So many at once; the next waits so long.
    pub fn new(seats: usize, wait: Duration) -> Self {
        let [seats, files, comparisons] = [seats, FILES, COMPARISONS].map(|places| Arc::new(Semaphore::new(places)));
        Self { line: line(), seats, files, comparisons, wait }
    }

    /// The room of the request that is answered now, for what goes on after its answer has begun.
    pub fn of_request() -> Option<Self> {
        OF_REQUEST.try_with(Clone::clone).ok()
    }

    /// Answers a request whose work takes its room here.
    pub async fn answer<T>(&self, request: impl Future<Output = T>) -> T {
        OF_REQUEST.scope(self.clone(), request).await
    }

    /// The same room for who waits until there is some: a batch, whose sender is held back meanwhile.
    pub fn patient(self) -> Self {
        Self { wait: Duration::MAX, ..self }
    }
}

/// A piece of work that takes well below a millisecond.
type Work = Box<dyn FnOnce() + Send>;

/// The line before threads of its own, which end with it.
fn line() -> mpsc::Sender<Work> {
    let (line, next) = mpsc::channel::<Work>();
    let next = Arc::new(Mutex::new(next));
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    for _ in 0..cores {
        let next = Arc::clone(&next);
        std::thread::spawn(move || {
            let next = || next.lock().unwrap_or_else(PoisonError::into_inner).recv();
            while let Ok(work) = next() {
                // Its place was logged; whoever waits for the work hears that it came to nothing.
                let _ = catch_unwind(AssertUnwindSafe(work));
            }
        });
    }
    line
}

/// Works in the line of what takes well below a millisecond.
pub(super) async fn in_line<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let Some(room) = Room::of_request() else { return Ok(work()) };
    let (done, is_done) = oneshot::channel();
    let work = move || {
        // Nobody waits any more: the time was over, or the connection.
        if !done.is_closed() {
            let _ = done.send(work());
        }
    };
    room.line.send(Box::new(work)).map_err(|_| Problem::internal())?;
    let _waits = Waits::begin();
    match tokio::time::timeout(room.wait, is_done).await {
        Ok(done) => done.map_err(|_| Problem::internal()),
        Err(_) => Err(no_room()),
    }
}

/// Works away from the threads that move bytes: fifty children with every explanation take some milliseconds.
pub(super) async fn away<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    away_in(Room::of_request().as_ref(), work).await
}

/// The same for a whole file of referrals, of which no partner sends so many that others find no seat.
pub(super) async fn away_with_a_file<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    away_from(|room| &room.files, work).await
}

/// The same for a comparison of two rule sets.
pub(super) async fn away_to_compare<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    away_from(|room| &room.comparisons, work).await
}

/// Works away, with one of some few places that it keeps to its end besides a seat.
async fn away_from<T: Send + 'static>(
    places: fn(&Room) -> &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let place = match Room::of_request() {
        Some(room) => Some(seat(&room, places(&room)).await?),
        None => None,
    };
    let work = move || {
        let _place = place;
        work()
    };
    away(work).await
}

/// A place of a room, once there is one.
async fn seat(room: &Room, places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Problem> {
    let _waits = Waits::begin();
    let place = tokio::time::timeout(room.wait, Arc::clone(places).acquire_owned()).await;
    // They are never closed.
    place.ok().and_then(Result::ok).ok_or_else(no_room)
}

fn no_room() -> Problem {
    metrics::turned_away("request");
    tracing::warn!(event = "no_room", "a request found no room");
    full()
}

/// The same in a room that was kept.
pub(super) async fn away_in<T: Send + 'static>(
    room: Option<&Room>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let seat = match room {
        Some(room) => Some(seat(room, &room.seats).await?),
        None => None,
    };
    let work = move || {
        // Work that nobody waits for any more takes its seat to its end.
        let _seat = seat;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::internal())
}

pub(super) fn full() -> Problem {
    let detail =
        "too many requests are under way here; send it again, and what is recorded with the same `Idempotency-Key`";
    Problem::new(ProblemType::Busy, detail)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn files_leave_seats_to_others() {
        let room = Room::new(FILES + 1, Duration::from_millis(30));
        let (free, held) = mpsc::channel::<()>();
        let held = Arc::new(Mutex::new(held));
        let files: Vec<_> = (0..FILES)
            .map(|_| {
                let (room, held) = (room.clone(), Arc::clone(&held));
                let work = move || held.lock().unwrap().recv().is_err();
                tokio::spawn(async move { room.answer(away_with_a_file(work)).await })
            })
            .collect();
        while room.seats.available_permits() > 1 {
            tokio::task::yield_now().await;
        }
        assert_eq!(room.answer(away_with_a_file(|| ())).await.unwrap_err().status, 503);
        assert_eq!(room.answer(away(|| 7)).await.unwrap(), 7);
        drop(free);
        for file in files {
            assert!(file.await.unwrap().unwrap());
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn rule_sets_are_compared_one_pair_after_another_and_keep_nobody_else_waiting() {
        let room = Room::new(COMPARISONS + 1, Duration::from_millis(30));
        let (free, held) = mpsc::channel::<()>();
        let long = tokio::spawn({
            let room = room.clone();
            async move { room.answer(away_to_compare(move || held.recv().is_err())).await }
        });
        while room.seats.available_permits() > 1 {
            tokio::task::yield_now().await;
        }
        let refused = room.answer(away_to_compare(|| ())).await.unwrap_err();
        assert_eq!((refused.status, refused.retry_after), (503, Some(1)));
        assert_eq!(room.answer(away(|| 7)).await.unwrap(), 7);
        assert_eq!(room.answer(away_with_a_file(|| 8)).await.unwrap(), 8);
        drop(free);
        assert!(long.await.unwrap().unwrap());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_finds_no_room_is_told_and_who_does_is_not() {
        let room = Room::new(1, Duration::from_millis(30));
        let (free, held) = mpsc::channel::<()>();
        let long = tokio::spawn({
            let room = room.clone();
            async move { away_in(Some(&room), move || held.recv().is_err()).await }
        });
        while room.seats.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = room.answer(away(|| ())).await.unwrap_err();
        assert_eq!((refused.status, refused.retry_after), (503, Some(1)));
        // Whoever is patient waits, and what needs no room needs none.
        let patient = tokio::spawn({
            let room = room.clone().patient();
            async move { away_in(Some(&room), || 7).await }
        });
        assert_eq!(away(|| 8).await.unwrap(), 8);
        drop(free);
        assert!(long.await.unwrap().unwrap());
        assert_eq!(patient.await.unwrap().unwrap(), 7);
        assert_eq!(room.answer(away(|| 9)).await.unwrap(), 9);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_line_goes_on_after_a_panic_and_who_waits_too_long_in_it_is_told() {
        let room = Room::new(1, Duration::from_millis(30));
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        // To tell of a panic may take longer than the others wait.
        let patient = room.clone().patient();
        for _ in 0..2 * threads {
            let broken = patient.answer(in_line(|| -> u8 { panic!("a bruise") })).await.unwrap_err();
            assert_eq!(broken.status, 500);
        }
        assert_eq!(patient.answer(in_line(|| 7)).await.unwrap(), 7);
        let (free, held) = mpsc::channel::<()>();
        let (held, under_way) = (Arc::new(Mutex::new(held)), Arc::new(AtomicUsize::new(0)));
        let long: Vec<_> = (0..threads)
            .map(|_| {
                let (room, held, under_way) = (room.clone().patient(), Arc::clone(&held), Arc::clone(&under_way));
                let work = move || {
                    under_way.fetch_add(1, Ordering::SeqCst);
                    held.lock().unwrap().recv().is_err()
                };
                tokio::spawn(async move { room.answer(in_line(work)).await })
            })
            .collect();
        while under_way.load(Ordering::SeqCst) < threads {
            tokio::task::yield_now().await;
        }
        let late = Arc::clone(&under_way);
        let refused = room.answer(in_line(move || late.store(0, Ordering::SeqCst))).await.unwrap_err();
        assert_eq!((refused.status, refused.retry_after), (503, Some(1)));
        drop(free);
        for one in long {
            assert!(one.await.unwrap().unwrap());
        }
        assert_eq!(patient.answer(in_line(|| 8)).await.unwrap(), 8);
        assert_eq!(under_way.load(Ordering::SeqCst), threads, "what nobody waits for was done");
    }
}
