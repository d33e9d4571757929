//! A descriptor that can be made readable and unreadable, for the application's event loop.

use std::io;
#[cfg(unix)]
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// An eventfd on Linux and Android, a pipe on other Unix systems.
#[cfg(unix)]
pub struct Readable {
    read: OwnedFd,
    /// The pipe's other end; an eventfd has none.
    write: Option<OwnedFd>,
}

#[cfg(unix)]
impl Readable {
    pub fn new() -> io::Result<Self> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        return Self::eventfd();
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        return Self::pipe();
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn eventfd() -> io::Result<Self> {
        // SAFETY: eventfd takes two integers and gives a new descriptor or -1.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is open and nobody else's.
        Ok(Self { read: unsafe { OwnedFd::from_raw_fd(fd) }, write: None })
    }

    #[cfg(any(not(any(target_os = "linux", target_os = "android")), test))]
    fn pipe() -> io::Result<Self> {
        let mut ends = [0; 2];
        // SAFETY: the array has room for the two descriptors.
        if unsafe { libc::pipe(ends.as_mut_ptr()) } < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: both descriptors are open and nobody else's.
        let [read, write] = ends.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
        for end in [&read, &write] {
            // pipe2, which would do it in one step, is missing on Apple's systems.
            // SAFETY: fcntl on a descriptor of ours, with integers.
            if unsafe { libc::fcntl(end.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) } < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(Self { read, write: Some(write) })
    }

    pub fn fd(&self) -> i32 {
        self.read.as_raw_fd()
    }

    /// Makes the descriptor readable. It must be unreadable before.
    pub fn raise(&self) {
        let one = 1_u64.to_ne_bytes();
        let (fd, length) = match &self.write {
            Some(write) => (write, 1),
            None => (&self.read, one.len()),
        };
        retry_interrupted(|| {
            // SAFETY: the buffer is alive and `length` bytes of it are readable.
            unsafe { libc::write(fd.as_raw_fd(), one.as_ptr().cast(), length) }
        });
    }

    /// Makes the descriptor unreadable. It must be readable before.
    pub fn lower(&self) {
        let mut buffer = [0_u8; 8];
        let length = if self.write.is_some() { 1 } else { buffer.len() };
        retry_interrupted(|| {
            // SAFETY: the buffer is alive and `length` bytes of it are writable.
            unsafe { libc::read(self.fd(), buffer.as_mut_ptr().cast(), length) }
        });
    }
}

/// A single byte or counter always fits, so an interruption by a signal is the only failure there
/// can be.
#[cfg(unix)]
fn retry_interrupted(mut call: impl FnMut() -> isize) {
    while call() < 0 && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted {}
}

/// There is no such descriptor on this system.
#[cfg(not(unix))]
pub struct Readable;

#[cfg(not(unix))]
impl Readable {
    pub fn new() -> io::Result<Self> {
        Ok(Self)
    }

    pub fn fd(&self) -> i32 {
        -1
    }

    pub fn raise(&self) {}

    pub fn lower(&self) {}
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn is_readable(readable: &Readable) -> bool {
        let mut poll = libc::pollfd { fd: readable.fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one pollfd is passed and counted.
        unsafe { libc::poll(&mut poll, 1, 0) == 1 }
    }

    #[test]
    fn every_kind_is_readable_from_raise_to_lower_and_again() {
        for readable in [Readable::new().unwrap(), Readable::pipe().unwrap()] {
            for _ in 0..100_000 {
                readable.raise();
                readable.lower();
            }
            assert!(!is_readable(&readable));
            readable.raise();
            assert!(is_readable(&readable));
            readable.lower();
            assert!(!is_readable(&readable));
        }
    }

    #[test]
    fn no_kind_is_inherited_by_a_program_that_is_executed() {
        for readable in [Readable::new().unwrap(), Readable::pipe().unwrap()] {
            // SAFETY: fcntl on a descriptor of ours, with integers.
            let flags = unsafe { libc::fcntl(readable.fd(), libc::F_GETFD) };
            assert_eq!(flags & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
        }
    }
}
