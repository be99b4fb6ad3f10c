//! Work on all cores whose results come in the order in which it was given, with no more of it held than is under way.

use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::BulkError;

/// Takes the next piece of work; says `Break` when no more is wanted.
pub(super) type Give<'g, T> = &'g mut dyn FnMut(T) -> ControlFlow<()>;

/// One piece of work, and where its result goes.
type Piece<T, U> = (T, SyncSender<U>);

/// Does what `give` gives on so many threads, and hands every result to `take` in the order given. Whoever panics ends
/// it with an error, and nobody waits for ever.
pub(super) fn in_order<T: Send, U: Send>(
    threads: usize,
    give: impl FnOnce(Give<'_, T>) -> Result<(), BulkError> + Send,
    work: impl Fn(T) -> U + Sync,
    mut take: impl FnMut(U) -> Result<(), BulkError>,
) -> Result<(), BulkError> {
    let threads = threads.max(1);
    thread::scope(|scope| {
        let (to_workers, of_workers) = sync_channel::<Piece<T, U>>(threads);
        // One place for each result that is awaited: what is done early waits here, and no more than this.
        let (to_taker, of_taker) = sync_channel::<Receiver<U>>(threads);
        let giver = scope.spawn(move || {
            give(&mut |piece| {
                let (result, awaited) = sync_channel(1);
                let is_wanted = to_taker.send(awaited).is_ok() && to_workers.send((piece, result)).is_ok();
                if is_wanted { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })
        });
        let of_workers = Arc::new(Mutex::new(of_workers));
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (of_workers, work) = (Arc::clone(&of_workers), &work);
                scope.spawn(move || {
                    while let Some((piece, result)) = next(&of_workers) {
                        // Nobody takes it when something else went wrong meanwhile.
                        let _ = result.send(work(piece));
                    }
                })
            })
            .collect();
        drop(of_workers);
        // A worker that panicked drops its piece, whose result then never comes.
        let taken = of_taker.iter().try_for_each(|awaited| take(awaited.recv().map_err(|_| BulkError::Panicked)?));
        // Whoever gives learns by this that no more is wanted.
        drop(of_taker);
        let given = giver.join().map_err(|_| BulkError::Panicked).flatten();
        let worked = workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| BulkError::Panicked));
        taken.and(worked).and(given)
    })
}

fn next<T, U>(of_workers: &Mutex<Receiver<Piece<T, U>>>) -> Option<Piece<T, U>> {
    // Nothing panics while it is held.
    of_workers.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(threads: usize, to: u32, work: impl Fn(u32) -> u32 + Sync) -> (Vec<u32>, Result<(), BulkError>) {
        let mut taken = Vec::new();
        let give = |give: Give<'_, u32>| {
            let _ = (0..to).try_for_each(give);
            Ok(())
        };
        let done = in_order(threads, give, work, |number| {
            taken.push(number);
            Ok(())
        });
        (taken, done)
    }

    #[test]
    fn the_order_is_kept_by_any_number_of_threads() {
        for threads in [0, 1, 2, 7, 32] {
            let busy = |number: u32| {
                // Some take much longer than others.
                (0..(number % 7) * 1000).fold(number, |sum, more| std::hint::black_box(sum.wrapping_add(more)));
                number
            };
            let (taken, done) = numbers(threads, 2000, busy);
            assert!(done.is_ok());
            assert_eq!(taken, (0..2000).collect::<Vec<_>>(), "{threads} threads");
        }
    }

    #[test]
    fn a_worker_that_panics_ends_it_with_an_error() {
        for threads in [1, 4] {
            let (taken, done) =
                numbers(threads, 100_000, |number| if number == 500 { panic!("on purpose") } else { number });
            assert!(matches!(done, Err(BulkError::Panicked)), "{threads} threads");
            assert_eq!(taken, (0..500).collect::<Vec<_>>(), "what came before it is there");
        }
    }

    #[test]
    fn an_error_of_whoever_gives_or_takes_ends_it() {
        let broken = || BulkError::Read(std::io::Error::other("broken"));
        let given = in_order(
            2,
            |give| {
                let _ = give(1);
                Err(broken())
            },
            |number| number,
            |_: u32| Ok(()),
        );
        assert!(matches!(given, Err(BulkError::Read(_))));
        let endless = |give: Give<'_, u32>| {
            let _ = (0..).try_for_each(give);
            Ok(())
        };
        assert!(matches!(in_order(2, endless, |number| number, |_| Err(broken())), Err(BulkError::Read(_))));
        let panics = |_: Give<'_, u32>| panic!("on purpose");
        assert!(matches!(in_order(2, panics, |number| number, |_| Ok(())), Err(BulkError::Panicked)));
    }
}
