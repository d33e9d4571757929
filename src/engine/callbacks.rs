//! The one thread on which the application's callbacks run, one at a time, in completion order.

use std::cell::Cell;
use std::collections::VecDeque;
use std::ptr;
use std::sync::{Arc, Condvar, Mutex};

use super::client::Client;
use super::completion::{Finished, Handler};
use super::lock::{lock, wait};
use super::runtime::Lease;

/// Completions on their way to callbacks.
#[derive(Default)]
pub struct Callbacks {
    state: Mutex<State>,
    /// Only the callback thread waits for it.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    list: VecDeque<Delivery>,
    stopped: bool,
    /// Leases given back inside a callback, held until the outermost one has returned.
    given_back: Vec<Lease>,
}

struct Delivery {
    client: Arc<Client>,
    handler: Handler,
    finished: Finished,
}

// None of these has a destructor: when a callback calls exit, those would run before the handlers of
// atexit, which may free clients.
thread_local! {
    static ON_CALLBACK_THREAD: Cell<bool> = const { Cell::new(false) };
    static INNERMOST: Cell<*const Running> = const { Cell::new(ptr::null()) };
}

/// A callback that is running on this thread, on its stack.
struct Running {
    client: *const Client,
    /// The one in which this one runs, because it frees a client.
    outer: *const Running,
}

impl Running {
    fn new(client: &Client) -> Self {
        Self { client, outer: INNERMOST.get() }
    }

    /// How many of a client's callbacks are running on this thread.
    fn count(client: &Client) -> usize {
        let mut count = 0;
        let mut next = INNERMOST.get();
        // SAFETY: each is on the stack of a function further down, which has not returned.
        while let Some(running) = unsafe { next.as_ref() } {
            count += usize::from(ptr::eq(running.client, client));
            next = running.outer;
        }
        count
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        INNERMOST.set(self.outer);
    }
}

/// Whether the calling thread is a callback thread, so that waiting for a callback would be for ever.
pub fn on_callback_thread() -> bool {
    ON_CALLBACK_THREAD.get()
}

impl Callbacks {
    pub fn push(&self, client: Arc<Client>, handler: Handler, finished: Finished) {
        lock(&self.state).list.push_back(Delivery { client, handler, finished });
        self.changed.notify_one();
    }

    /// Gives a lease back. Inside a callback the last one cannot stop the thread that it runs on;
    /// there it is kept until the callback has returned.
    pub fn give_back(&self, lease: Lease) {
        if on_callback_thread() {
            lock(&self.state).given_back.push(lease);
        }
    }

    /// Ends the thread once the list is empty.
    pub fn stop(&self) {
        lock(&self.state).stopped = true;
        self.changed.notify_one();
    }

    /// What the callback thread does until it is stopped.
    pub fn run(&self) {
        ON_CALLBACK_THREAD.set(true);
        let mut state = lock(&self.state);
        loop {
            if let Some(delivery) = state.list.pop_front() {
                drop(state);
                delivery.run();
                state = lock(&self.state);
                if !state.given_back.is_empty() {
                    let given_back = std::mem::take(&mut state.given_back);
                    drop(state);
                    // May be the last lease, and so may stop this very loop.
                    drop(given_back);
                    state = lock(&self.state);
                }
            } else if state.stopped {
                // What destroys this thread's data may wait for another one's callbacks.
                ON_CALLBACK_THREAD.set(false);
                return;
            } else {
                state = wait(&self.changed, state);
            }
        }
    }

    /// On the callback thread: runs the callbacks that `client` still owes, here and now, until only
    /// those are left that are running already, further down this thread's stack.
    pub fn drain(&self, client: &Client) {
        let running = Running::count(client);
        let mut state = lock(&self.state);
        loop {
            let mine = |delivery: &Delivery| ptr::eq(&*delivery.client, client);
            if let Some(delivery) =
                state.list.iter().position(mine).and_then(|index| state.list.remove(index))
            {
                drop(state);
                delivery.run();
                state = lock(&self.state);
            } else if client.unfinished() <= running {
                return;
            } else {
                state = wait(&self.changed, state);
            }
        }
    }
}

impl Delivery {
    fn run(self) {
        let running = Running::new(&self.client);
        INNERMOST.set(&running);
        (self.handler)(self.finished);
        drop(running);
        self.client.delivered();
    }
}
