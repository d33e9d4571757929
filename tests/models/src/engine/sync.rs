//! loom's locks, in the place of the standard library's.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub use loom::sync::{Condvar, Mutex, MutexGuard};

macro_rules! static_of_a_thread {
    (static $name:ident: $type:ty = const { $init:expr };) => {
        loom::thread_local! { static $name: $type = $init; }
    };
}
pub(crate) use static_of_a_thread as thread_local;

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

pub fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap()
}

/// loom knows no time: this ends when it is notified, and never else.
pub fn wait_for<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    _time: Duration,
) -> MutexGuard<'a, T> {
    wait(condvar, guard)
}

/// Always the same, since loom runs a model again and again and must find it unchanged.
pub fn now() -> Instant {
    static NOW: OnceLock<Instant> = OnceLock::new();
    *NOW.get_or_init(Instant::now)
}
