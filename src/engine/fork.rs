//! Notices that this process is a forked child of the one in which the library was started.
//!
//! A child inherits the memory but none of the threads: locks may be held for ever and no request
//! can move. So every function answers at once, before it takes any lock.

#[cfg(unix)]
mod imp {
    use std::sync::atomic::{AtomicI32, Ordering};

    static OWNER: AtomicI32 = AtomicI32::new(0);

    fn pid() -> i32 {
        // SAFETY: getpid has no preconditions and cannot fail.
        unsafe { libc::getpid() }
    }

    pub fn claim() {
        // Only the first claim counts: a child must not make itself the owner.
        let _ = OWNER.compare_exchange(0, pid(), Ordering::Relaxed, Ordering::Relaxed);
    }

    pub fn forked() -> bool {
        let owner = OWNER.load(Ordering::Relaxed);
        owner != 0 && owner != pid()
    }
}

#[cfg(not(unix))]
mod imp {
    pub fn claim() {}

    pub fn forked() -> bool {
        false
    }
}

/// Remembers this process as the one in which the library runs.
pub use imp::claim;
/// Whether the library was started in a process of which this one is a forked child.
pub use imp::forked;
