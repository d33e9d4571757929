//! Gives memory back to the system once a burst of calls is over.
//!
//! glibc keeps what was freed, up to the peak of all calls in flight. Other allocators return it by
//! themselves.

use std::cell::Cell;
use std::time::Duration;

/// From how many calls in flight on the memory is worth the work: some ten megabytes.
const BURST: usize = 256;
/// Connections are closed and results are freed in this time.
const CALM: Duration = Duration::from_secs(1);

thread_local! {
    /// On the I/O thread: calls that run, and the most that ran since the last burst.
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
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
        // There is no runtime while it is being dropped.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            PEAK.set(0);
            runtime.spawn(async {
                tokio::time::sleep(CALM).await;
                if LIVE.get() < BURST {
                    trim();
                }
            });
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn trim() {
    // SAFETY: malloc_trim may be called at any time, from any thread.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}
