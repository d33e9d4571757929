//! Work that would hold up the I/O thread, on the runtime's threads for that.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use tokio::task::spawn_blocking;

use super::sync::lock;

/// Does the work off the I/O thread; gives it back undone where no thread can be started.
pub async fn run_blocking<W, T>(work: W) -> Result<T, W>
where
    W: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    // tokio keeps what it was given even where it panics for want of a thread, so the work is where
    // it can be taken out again.
    let slot = Arc::new(Mutex::new(Some(work)));
    let theirs = Arc::clone(&slot);
    let run = move || {
        let work = lock(&theirs).take();
        work.map(|work| work())
    };
    let done = match catch_unwind(AssertUnwindSafe(|| spawn_blocking(run))) {
        Ok(started) => match started.await {
            Ok(done) => done,
            // It is not cancelled before the runtime ends, so it panicked: so does its caller.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        },
        Err(_) => None,
    };
    match (done, lock(&slot).take()) {
        (Some(done), _) => Ok(done),
        (None, Some(work)) => Err(work),
        (None, None) => unreachable!("the work is taken out once: there, or here"),
    }
}
