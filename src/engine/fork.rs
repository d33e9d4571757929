//! Notices that this process is a forked child of one in which the library was in use.
//!
//! A child inherits the memory but none of the threads: locks may be held for ever and no request
//! can move. So every function answers at once, before it takes any lock.
//!
//! The library is in use while there are claims: each client, each queue and each thread of the
//! library's has one, and so has whoever holds the log's lock. A child that was forked while there
//! were none found no lock held and nothing started, and starts afresh.

#[cfg(unix)]
mod imp {
    use std::sync::atomic::{AtomicU64, Ordering};

    /// How many claims there are, in the lower half, and in the upper one the process that has them.
    /// One number, because a lock might be held for ever here, too; 0 where there are none.
    static CLAIMS: AtomicU64 = AtomicU64::new(0);

    fn pid() -> u32 {
        // SAFETY: getpid has no preconditions and cannot fail.
        unsafe { libc::getpid() }.unsigned_abs()
    }

    fn owner(claims: u64) -> u32 {
        (claims >> 32) as u32
    }

    /// The library is in use as long as this lives.
    pub struct Claim(());

    impl Claim {
        pub fn take() -> Self {
            let mine = u64::from(pid()) << 32;
            let add = |claims| Some(if claims == 0 { mine | 1 } else { claims + 1 });
            let before = CLAIMS.fetch_update(Ordering::AcqRel, Ordering::Acquire, add);
            if before.is_ok_and(|claims| claims == 0 || owner(claims) == owner(mine)) {
                mark::set();
            }
            Self(())
        }
    }

    impl Drop for Claim {
        fn drop(&mut self) {
            // A child has no part in its parent's claims.
            if forked() {
                return;
            }
            let remove = |claims: u64| match claims as u32 {
                1 => Some(0),
                _ => claims.checked_sub(1),
            };
            let _ = CLAIMS.fetch_update(Ordering::AcqRel, Ordering::Acquire, remove);
        }
    }

    pub fn forked() -> bool {
        if mark::is_set() {
            return false;
        }
        let owner = owner(CLAIMS.load(Ordering::Acquire));
        owner != 0 && owner != pid()
    }

    /// A byte that the kernel clears in a forked child, however it was forked: looking at it saves
    /// a system call in every function. It is set for good by the first claim of a process, which
    /// there is only where no parent's claim stands in the way.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    mod mark {
        use std::ptr;
        use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

        static PAGE: AtomicPtr<AtomicU8> = AtomicPtr::new(ptr::null_mut());

        /// Leaves it unset where the kernel cannot clear it, before Linux 4.14.
        pub fn set() {
            // SAFETY: the pointer is NULL or to a page that stays mapped for ever.
            if let Some(byte) = unsafe { PAGE.load(Ordering::Acquire).as_ref() } {
                return byte.store(1, Ordering::Relaxed);
            }
            let page = page_size();
            // SAFETY: a new private mapping of whole pages, which touches no memory that is in use.
            let fresh = unsafe {
                libc::mmap(
                    ptr::null_mut(),
                    page,
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                    -1,
                    0,
                )
            };
            if fresh == libc::MAP_FAILED {
                return;
            }
            // SAFETY: the mapping is ours, nobody has seen it yet, and it is that long.
            unsafe {
                if libc::madvise(fresh, page, libc::MADV_WIPEONFORK) != 0 {
                    libc::munmap(fresh, page);
                    return;
                }
                let byte = fresh.cast::<AtomicU8>();
                (*byte).store(1, Ordering::Relaxed);
                let first = PAGE.compare_exchange(
                    ptr::null_mut(),
                    byte,
                    Ordering::AcqRel,
                    Ordering::Relaxed,
                );
                if first.is_err() {
                    // Another thread was faster, and sets the byte of its own page.
                    libc::munmap(fresh, page);
                }
            }
        }

        pub fn is_set() -> bool {
            // SAFETY: the pointer is NULL or to a page that stays mapped for ever.
            unsafe { PAGE.load(Ordering::Acquire).as_ref() }
                .is_some_and(|byte| byte.load(Ordering::Relaxed) == 1)
        }

        fn page_size() -> usize {
            // SAFETY: sysconf takes an integer.
            let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
            usize::try_from(size).unwrap_or(4096)
        }
    }

    /// Elsewhere there is no such thing; on Apple's systems the process id costs no system call.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    mod mark {
        pub fn set() {}

        pub fn is_set() -> bool {
            false
        }
    }
}

#[cfg(not(unix))]
mod imp {
    pub struct Claim(());

    impl Claim {
        pub fn take() -> Self {
            Self(())
        }
    }

    pub fn forked() -> bool {
        false
    }
}

pub use imp::Claim;
/// Whether this process is a forked child of one in which the library was in use at that moment.
pub use imp::forked;
