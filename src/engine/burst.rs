//! Gives memory back to the system once a burst of calls is over, while a client that wants this is
//! alive.
//!
//! glibc keeps what was freed, up to the peak of all calls in flight. Other allocators return it by
//! themselves. It is the whole process's heap, and so the application's affair.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::blocking::run_blocking;

/// From how many calls in flight on the memory is worth the work: some ten megabytes.
const BURST: usize = 256;
/// Connections are closed and results are freed in this time.
const CALM: Duration = Duration::from_secs(1);

thread_local! {
    /// On the I/O thread: calls that run, and the most that ran since the last burst.
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

/// How many clients want it.
static WANTED: AtomicUsize = AtomicUsize::new(0);

/// Memory is given back after bursts as long as this lives.
pub struct Trimming(());

impl Trimming {
    pub fn new() -> Self {
        WANTED.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Trimming {
    fn drop(&mut self) {
        WANTED.fetch_sub(1, Ordering::Relaxed);
    }
}

fn wanted() -> bool {
    WANTED.load(Ordering::Relaxed) > 0
}

/// Calls have begun on this thread.
pub fn began(count: usize) {
    LIVE.set(LIVE.get() + count);
    PEAK.set(PEAK.get().max(LIVE.get()));
}

/// One has ended.
pub fn ended() {
    let live = LIVE.get().saturating_sub(1);
    LIVE.set(live);
    if live == 0 && PEAK.get() >= BURST {
        PEAK.set(0);
        // There is no runtime while it is being dropped.
        let runtime = tokio::runtime::Handle::try_current().ok().filter(|_| wanted());
        if let Some(runtime) = runtime {
            runtime.spawn(async {
                tokio::time::sleep(CALM).await;
                if LIVE.get() < BURST && wanted() {
                    // It takes long, and where no thread can be started it is not worth the wait.
                    let _ = run_blocking(trim).await;
                }
            });
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn trim() {
    #[cfg(test)]
    tests::TRIMS.fetch_add(1, Ordering::Relaxed);
    // SAFETY: malloc_trim may be called at any time, from any thread.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}

#[cfg(test)]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;
    use crate::api::{Outcome, Status};
    use crate::engine::{Client, Next, Options, Queue, UserData};
    use std::sync::Arc;
    use std::time::Instant;

    pub static TRIMS: AtomicUsize = AtomicUsize::new(0);

    /// How often memory is given back after a burst of so many calls.
    fn trims_after(calls: usize, malloc_trim: bool) -> usize {
        let queue = Arc::new(Queue::new().unwrap());
        let options =
            Options { queue: Some(Arc::clone(&queue)), malloc_trim, ..Options::default() };
        let client = Client::new(None, &options).unwrap();
        let before = TRIMS.load(Ordering::Relaxed);
        for _ in 0..calls {
            let work = |_| async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Outcome::new(Status::Ok, "")
            };
            client.submit(None, UserData::none(), None, |_| {}, work).unwrap();
        }
        for _ in 0..calls {
            assert!(matches!(queue.next(None), Next::Delivery(_)));
        }
        let until = Instant::now() + 3 * CALM;
        while TRIMS.load(Ordering::Relaxed) == before && Instant::now() < until {
            std::thread::sleep(CALM / 100);
        }
        client.close();
        TRIMS.load(Ordering::Relaxed) - before
    }

    /// One test, since bursts are the process's.
    #[test]
    fn memory_is_given_back_after_a_burst_and_only_where_a_client_wants_it() {
        assert_eq!(trims_after(2 * BURST, false), 0, "not asked for");
        assert_eq!(trims_after(2 * BURST, true), 1);
        assert_eq!(trims_after(1, true), 0, "no burst");
        assert_eq!(trims_after(2 * BURST, false), 0, "asked for by a client that is gone");
    }
}
