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
        let first = OWNER.compare_exchange(0, pid(), Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if first {
            mark::set();
        }
    }

    pub fn forked() -> bool {
        if mark::is_set() {
            return false;
        }
        let owner = OWNER.load(Ordering::Relaxed);
        owner != 0 && owner != pid()
    }

    /// A byte that the kernel clears in a forked child, however it was forked: looking at it saves
    /// a system call in every function.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    mod mark {
        use std::ptr;
        use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

        static PAGE: AtomicPtr<AtomicU8> = AtomicPtr::new(ptr::null_mut());

        /// Leaves it unset where the kernel cannot clear it, before Linux 4.14.
        pub fn set() {
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
                PAGE.store(byte, Ordering::Release);
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
    pub fn claim() {}

    pub fn forked() -> bool {
        false
    }
}

/// Remembers this process as the one in which the library runs.
pub use imp::claim;
/// Whether the library was started in a process of which this one is a forked child.
pub use imp::forked;
