//! The threads behind all clients: started with the first client, joined when the last is freed.

use std::io;
use std::sync::{Arc, Mutex, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use once_cell::sync::OnceCell;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::burst;
use super::callbacks::{Callbacks, on_callback_thread};
use super::fork::{self, Claim};
use super::outbox;
use super::running::RunningCall;
use super::sync::lock;
use crate::log;

const STACK_SIZE: usize = 512 * 1024;
/// `getaddrinfo` blocks, and a large answer takes its time to be read: both have threads of their
/// own, which end when idle.
pub const MOST_BLOCKING_THREADS: usize = 4;
const BLOCKING_KEEP_ALIVE: Duration = Duration::from_secs(1);
/// How many submissions the I/O thread takes up at once.
const BATCH: usize = 64;

/// A share in the runtime; the last one that is dropped stops it.
pub struct Lease {
    runtime: Arc<OnceCell<Runtime>>,
    /// Given up last, when the threads are gone.
    _claim: Claim,
}

static CURRENT: Mutex<Weak<OnceCell<Runtime>>> = Mutex::new(Weak::new());

impl Lease {
    /// Joins the running runtime, or starts one.
    pub fn take() -> io::Result<Self> {
        let claim = Claim::take();
        let runtime = {
            let mut current = lock(&CURRENT);
            current.upgrade().unwrap_or_else(|| {
                let fresh = Arc::new(OnceCell::new());
                *current = Arc::downgrade(&fresh);
                fresh
            })
        };
        runtime.get_or_try_init(Runtime::start)?;
        Ok(Self { runtime, _claim: claim })
    }

    /// Starts a call on the I/O thread.
    pub fn start(&self, call: RunningCall) {
        if let Some(calls) = self.runtime.get().and_then(|runtime| runtime.calls.as_ref()) {
            // The receiver lives as long as the sender does; were it gone, dropping the call would
            // still give it an outcome.
            let _ = calls.send(call);
        }
    }

    pub fn callbacks(&self) -> Arc<Callbacks> {
        self.runtime.get().map(|runtime| Arc::clone(&runtime.callbacks)).unwrap_or_default()
    }
}

struct Runtime {
    /// Dropped to stop the I/O thread.
    calls: Option<UnboundedSender<RunningCall>>,
    io: Option<JoinHandle<()>>,
    callbacks: Arc<Callbacks>,
    callback: Option<JoinHandle<()>>,
}

impl Runtime {
    fn start() -> io::Result<Self> {
        let callbacks = Arc::<Callbacks>::default();
        let log = Arc::clone(&callbacks);
        let tokio = tokio::runtime::Builder::new_current_thread()
            .on_thread_start(move || write_log_on(&log))
            .enable_io()
            .enable_time()
            .max_blocking_threads(MOST_BLOCKING_THREADS)
            .thread_keep_alive(BLOCKING_KEEP_ALIVE)
            .thread_stack_size(STACK_SIZE)
            .thread_name("mx-resolver")
            .build()?;
        let (calls, receiver) = unbounded_channel();
        // From here on a failure drops `runtime`, which stops what has been started.
        let mut runtime = Self { calls: Some(calls), io: None, callbacks, callback: None };
        let _blocked = SignalsBlocked::new();
        let log = Arc::clone(&runtime.callbacks);
        runtime.io = Some(spawn("mx-io", move || {
            write_log_on(&log);
            let _outbox = outbox::Open::new();
            // Dropped first, and with it the calls that are left.
            let tokio = tokio;
            tokio.block_on(run_calls(receiver));
        })?);
        let callbacks = Arc::clone(&runtime.callbacks);
        // Freed inside a callback, the last client does not wait for this thread.
        let claim = Claim::take();
        runtime.callback = Some(spawn("mx-callback", move || {
            callbacks.run();
            drop((callbacks, claim));
        })?);
        Ok(runtime)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if fork::forked() {
            // There is nothing to join here, and what the threads held is held for ever.
            std::mem::forget((self.calls.take(), self.io.take(), self.callback.take()));
            return;
        }
        self.calls = None;
        // A thread that panicked is as ended as any other.
        let _ = self.io.take().map(JoinHandle::join);
        self.callbacks.stop();
        if let Some(thread) = self.callback.take().filter(|_| !on_callback_thread()) {
            let _ = thread.join();
        }
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).stack_size(STACK_SIZE).spawn(body)
}

/// The log callback is the application's, and may be slow: it runs on the thread of callbacks, and
/// holds up no thread of the network's.
fn write_log_on(callbacks: &Arc<Callbacks>) {
    let callbacks = Arc::clone(callbacks);
    log::forward_from_this_thread(move |line| callbacks.push_line(line));
}

/// Ends when the sender is gone; the runtime is dropped after it, and with it whatever is left.
async fn run_calls(mut receiver: UnboundedReceiver<RunningCall>) {
    tokio::spawn(outbox::flushing());
    let mut batch = Vec::with_capacity(BATCH);
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        burst::began(batch.len());
        for call in batch.drain(..) {
            tokio::spawn(call);
        }
    }
}

/// While it lives, this thread and the threads it starts take no signals: the application's
/// handlers run on the application's threads. Faults stay deliverable, for crash reporters.
struct SignalsBlocked {
    #[cfg(unix)]
    before: libc::sigset_t,
}

#[cfg(unix)]
impl SignalsBlocked {
    fn new() -> Self {
        const FAULTS: [libc::c_int; 6] =
            [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGABRT, libc::SIGTRAP];
        // SAFETY: both sets are initialised by the calls before they are read.
        unsafe {
            let mut all = std::mem::zeroed();
            let mut before = std::mem::zeroed();
            libc::sigfillset(&mut all);
            for fault in FAULTS {
                libc::sigdelset(&mut all, fault);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
            Self { before }
        }
    }
}

#[cfg(unix)]
impl Drop for SignalsBlocked {
    fn drop(&mut self) {
        // SAFETY: `before` was filled in by `new`.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, std::ptr::null_mut()) };
    }
}

#[cfg(not(unix))]
impl SignalsBlocked {
    fn new() -> Self {
        Self {}
    }
}
