//! A descriptor that can be made readable and unreadable, for the application's event loop.

/// An eventfd on Linux and Android, a pipe on other Unix systems.
#[cfg(unix)]
pub struct Readable {
    read: std::os::fd::OwnedFd,
    /// The pipe's other end; an eventfd has none.
    write: Option<std::os::fd::OwnedFd>,
}

#[cfg(unix)]
impl Readable {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn new() -> std::io::Result<Self> {
        use std::os::fd::{FromRawFd, OwnedFd};
        // SAFETY: eventfd takes two integers and gives a new descriptor or -1.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(std::io::Error::last_os_error());
        }
        // SAFETY: the descriptor is open and nobody else's.
        Ok(Self { read: unsafe { OwnedFd::from_raw_fd(fd) }, write: None })
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub fn new() -> std::io::Result<Self> {
        // The standard library's pipe is close-on-exec on every Unix.
        let (read, write) = std::io::pipe()?;
        Ok(Self { read: read.into(), write: Some(write.into()) })
    }

    pub fn fd(&self) -> i32 {
        use std::os::fd::AsRawFd;
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
            use std::os::fd::AsRawFd;
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
    while call() < 0 && std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted {}
}

/// There is no such descriptor on this system.
#[cfg(not(unix))]
pub struct Readable;

#[cfg(not(unix))]
impl Readable {
    pub fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    pub fn fd(&self) -> i32 {
        -1
    }

    pub fn raise(&self) {}

    pub fn lower(&self) {}
}
