//! What threads meet by. `tests/models` puts loom's in its place, so that every order of events can
//! be tried on the code that uses it.

pub use std::sync::{Condvar, Mutex, MutexGuard};
pub use std::thread_local;
use std::time::{Duration, Instant};

/// A lock that outlives a panic: none happens while its data is half changed.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

pub fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap_or_else(|poisoned| poisoned.into_inner())
}

pub fn wait_for<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    time: Duration,
) -> MutexGuard<'a, T> {
    match condvar.wait_timeout(guard, time) {
        Ok((guard, _)) => guard,
        Err(poisoned) => poisoned.into_inner().0,
    }
}

pub fn now() -> Instant {
    Instant::now()
}
