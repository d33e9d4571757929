//! Stands in for the runtime: the same two threads, stopped in the same order by the last lease, with
//! a plain loop in tokio's place.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, Waker};

use loom::thread::{self, JoinHandle};

use super::callbacks::{Callbacks, on_callback_thread};
use super::outbox;
use super::running::RunningCall;
use super::sync::{Mutex, lock};

/// A share in the runtime; the last one that is dropped stops it.
#[derive(Clone)]
pub struct Lease(Arc<Runtime>);

struct Runtime {
    calls: Arc<Mutex<Started>>,
    io: Option<JoinHandle<()>>,
    callbacks: Arc<Callbacks>,
    callback: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Started {
    new: Vec<RunningCall>,
    stopped: bool,
    waker: Option<Waker>,
}

impl Lease {
    /// For clients with a queue: loom has few threads to give away, and this needs one.
    pub fn without_callbacks() -> Self {
        Self::running(false)
    }

    pub fn with_callbacks() -> Self {
        Self::running(true)
    }

    fn running(with_callbacks: bool) -> Self {
        let calls = Arc::new(Mutex::new(Started::default()));
        let callbacks = Arc::<Callbacks>::default();
        let io = thread::spawn({
            let calls = Arc::clone(&calls);
            move || run_calls(&calls)
        });
        let callback = with_callbacks.then(|| {
            let callbacks = Arc::clone(&callbacks);
            thread::spawn(move || callbacks.run())
        });
        Self(Arc::new(Runtime { calls, io: Some(io), callbacks, callback }))
    }

    pub fn start(&self, call: RunningCall) {
        change(&self.0.calls, |calls| calls.new.push(call));
    }

    pub fn callbacks(&self) -> Arc<Callbacks> {
        Arc::clone(&self.0.callbacks)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        change(&self.calls, |calls| calls.stopped = true);
        if let Some(thread) = self.io.take() {
            thread.join().unwrap();
        }
        self.callbacks.stop();
        if let Some(thread) = self.callback.take().filter(|_| !on_callback_thread()) {
            thread.join().unwrap();
        }
    }
}

fn change(calls: &Mutex<Started>, change: impl FnOnce(&mut Started)) {
    let waker = {
        let mut calls = lock(calls);
        change(&mut calls);
        calls.waker.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Polls all calls whenever one may go on, and hands over their outcomes; drops what is left when it is stopped.
fn run_calls(calls: &Mutex<Started>) {
    let _outbox = outbox::Open::new();
    let mut flushing = pin!(outbox::flushing());
    let mut running = Vec::<RunningCall>::new();
    loom::future::block_on(poll_fn(|context| {
        let stopped = {
            let mut calls = lock(calls);
            running.append(&mut calls.new);
            calls.waker = Some(context.waker().clone());
            calls.stopped
        };
        if stopped {
            return Poll::Ready(());
        }
        running.retain_mut(|call| Pin::new(call).poll(context).is_pending());
        let _ = flushing.as_mut().poll(context);
        Poll::Pending
    }));
}
