//! The one thread on which the application's callbacks run, one at a time, in the order in which the
//! calls ended.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;

use super::delivery::{Delivery, Handler};
use super::ledger::Ledger;
use super::sync::{Condvar, Mutex, MutexGuard, lock, thread_local, wait};

/// A callback that is still to run.
pub struct Callback {
    /// Of the client whose call has ended.
    pub ledger: Arc<Ledger>,
    /// A call of a client without a queue has one.
    pub handler: Option<Handler>,
    pub delivery: Delivery,
}

/// What the callback thread has to do.
#[derive(Default)]
pub struct Callbacks {
    state: Mutex<State>,
    /// Only the callback thread waits for it.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    list: VecDeque<Callback>,
    /// Whose callbacks are running, by their ledgers' addresses, the outermost first.
    running: Vec<usize>,
    /// Dropped when the outermost callback has returned.
    to_drop: Vec<Box<dyn Send>>,
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
    /// Puts callbacks behind those that wait already.
    pub fn push(&self, callbacks: impl Iterator<Item = Callback>) {
        lock(&self.state).list.extend(callbacks);
        self.changed.notify_one();
    }

    /// Ends the thread once the list is empty.
    pub fn stop(&self) {
        lock(&self.state).stopped = true;
        self.changed.notify_one();
    }

    /// Drops an object: at once, or inside a callback when the outermost one has returned.
    pub fn drop_outside(&self, object: impl Send + 'static) {
        if on_callback_thread() {
            lock(&self.state).to_drop.push(Box::new(object));
        }
    }

    /// What the callback thread does until it is stopped.
    pub fn run(&self) {
        ON_CALLBACK_THREAD.with(|here| here.set(true));
        let mut state = lock(&self.state);
        loop {
            if let Some(callback) = state.list.pop_front() {
                state = self.run_one(state, callback);
                if !state.to_drop.is_empty() {
                    let to_drop = std::mem::take(&mut state.to_drop);
                    drop(state);
                    // May be what keeps this thread alive, and so may stop this very loop.
                    drop(to_drop);
                    state = lock(&self.state);
                }
            } else if state.stopped {
                return;
            } else {
                state = wait(&self.changed, state);
            }
        }
    }

    /// On the callback thread: runs the callbacks that a client still owes, here and now, until only
    /// those are left that are running already, further down this thread's stack.
    pub fn drain(&self, ledger: &Ledger) {
        let mine = std::ptr::from_ref(ledger).addr();
        let mut state = lock(&self.state);
        let running = state.running.iter().filter(|address| **address == mine).count();
        loop {
            let first = state.list.iter().position(|callback| callback.owner() == mine);
            if let Some(callback) = first.and_then(|index| state.list.remove(index)) {
                state = self.run_one(state, callback);
            } else if ledger.undelivered() <= running {
                return;
            } else {
                state = wait(&self.changed, state);
            }
        }
    }

    /// Runs one callback, unlocked.
    fn run_one<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        callback: Callback,
    ) -> MutexGuard<'a, State> {
        state.running.push(callback.owner());
        drop(state);
        let Callback { ledger, handler, delivery } = callback;
        if let Some(handler) = handler {
            handler(delivery);
        }
        ledger.delivered(1);
        drop(ledger);
        let mut state = lock(&self.state);
        state.running.pop();
        state
    }
}

impl Callback {
    /// Its client, by the ledger's address.
    fn owner(&self) -> usize {
        Arc::as_ptr(&self.ledger).addr()
    }
}
