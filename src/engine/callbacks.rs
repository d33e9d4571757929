//! The one thread on which the application's callbacks run, one at a time, in completion order.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;

use super::calls::Calls;
use super::outbox::Parcel;
use super::runtime::Lease;
use super::sync::{Condvar, Mutex, MutexGuard, lock, thread_local, wait};

/// Completions on their way to callbacks.
#[derive(Default)]
pub struct Callbacks {
    state: Mutex<State>,
    /// Only the callback thread waits for it.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    list: VecDeque<Parcel>,
    /// Whose callbacks are running, by address, the outermost first.
    running: Vec<usize>,
    /// Leases given back inside a callback, held until the outermost one has returned.
    given_back: Vec<Lease>,
    stopped: bool,
}

// It has no destructor: when a callback calls exit, that would run before the handlers of atexit,
// which may free clients.
thread_local! {
    static ON_CALLBACK_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Whether the calling thread is a callback thread, so that waiting for a callback would be for ever.
pub fn on_callback_thread() -> bool {
    ON_CALLBACK_THREAD.with(Cell::get)
}

impl Callbacks {
    /// Puts completions behind those that wait already.
    pub fn push(&self, parcels: impl Iterator<Item = Parcel>) {
        lock(&self.state).list.extend(parcels);
        self.changed.notify_one();
    }

    /// Ends the thread once the list is empty.
    pub fn stop(&self) {
        lock(&self.state).stopped = true;
        self.changed.notify_one();
    }

    /// Gives a lease back. Inside a callback the last one cannot stop the thread that it runs on;
    /// there it is kept until the callback has returned.
    pub fn give_back(&self, lease: Lease) {
        if on_callback_thread() {
            lock(&self.state).given_back.push(lease);
        }
    }

    /// What the callback thread does until it is stopped.
    pub fn run(&self) {
        ON_CALLBACK_THREAD.with(|here| here.set(true));
        let mut state = lock(&self.state);
        loop {
            if let Some(parcel) = state.list.pop_front() {
                state = self.deliver(state, parcel);
                if !state.given_back.is_empty() {
                    let leases = std::mem::take(&mut state.given_back);
                    drop(state);
                    // May be the last lease, and so may stop this very loop.
                    drop(leases);
                    state = lock(&self.state);
                }
            } else if state.stopped {
                return;
            } else {
                state = wait(&self.changed, state);
            }
        }
    }

    /// On the callback thread: runs the callbacks that `calls` still owes, here and now, until only
    /// those are left that are running already, further down this thread's stack.
    pub fn drain(&self, calls: &Calls) {
        let mine = std::ptr::from_ref(calls).addr();
        let mut state = lock(&self.state);
        let running = state.running.iter().filter(|address| **address == mine).count();
        loop {
            let address = |parcel: &Parcel| Arc::as_ptr(&parcel.calls).addr();
            let first = state.list.iter().position(|parcel| address(parcel) == mine);
            if let Some(parcel) = first.and_then(|index| state.list.remove(index)) {
                state = self.deliver(state, parcel);
            } else if calls.unfinished() <= running {
                return;
            } else {
                state = wait(&self.changed, state);
            }
        }
    }

    /// Runs one callback, unlocked.
    fn deliver<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        parcel: Parcel,
    ) -> MutexGuard<'a, State> {
        let Parcel { calls, handler, finished } = parcel;
        state.running.push(Arc::as_ptr(&calls).addr());
        drop(state);
        // A call of a client without a queue has one.
        if let Some(handler) = handler {
            handler(finished);
        }
        calls.delivered(1);
        drop(calls);
        let mut state = lock(&self.state);
        state.running.pop();
        state
    }
}
