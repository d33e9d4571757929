//! The one thread on which the application's callbacks run, one at a time, in the order in which the
//! calls ended. Between them it writes the log lines of the I/O thread.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::delivery::{Delivery, Handler};
use super::fork;
use super::ledger::Ledger;
use super::lines::Lines;
use super::sync::{Condvar, Mutex, MutexGuard, lock, now, thread_local, wait};
use crate::log::Line;

/// How long lines are written, or callbacks run, while the others wait: at least one, and as long as
/// that takes. Callbacks get as much time as the lines before took.
const TURN: Duration = Duration::from_millis(1);

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
    lines: Lines,
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

    /// Puts a log line behind those that wait already.
    pub fn push_line(&self, line: Line) {
        let mut state = lock(&self.state);
        let first = state.lines.is_empty();
        state.lines.push(line);
        drop(state);
        if first {
            self.changed.notify_one();
        }
    }

    /// Ends the thread once no callback and no line is left.
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
            let lines_again_at;
            (state, lines_again_at) = self.write_lines(state);
            while let Some(callback) = state.list.pop_front() {
                state = self.run_one(state, callback);
                state = self.drop_what_is_given(state);
                let lines_turn = || lines_again_at.is_none_or(|at| at <= now());
                if !state.lines.is_empty() && lines_turn() {
                    break;
                }
            }
            if !state.list.is_empty() || !state.lines.is_empty() {
                continue;
            }
            if state.stopped {
                return;
            }
            state = wait(&self.changed, state);
        }
    }

    /// Writes the lines that wait, unlocked, for one turn. Returns when the next turn is, if there
    /// was one.
    fn write_lines<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
    ) -> (MutexGuard<'a, State>, Option<Instant>) {
        if state.lines.is_empty() {
            return (state, None);
        }
        let started = now();
        loop {
            if fork::forked() {
                // Forked inside a callback, or in the line before: the parent writes them.
                state.lines = Lines::default();
            }
            let Some(line) = state.lines.pop() else { break };
            drop(state);
            line.write();
            state = lock(&self.state);
            if now() - started >= TURN {
                break;
            }
        }
        let ended = now();
        (state, Some(ended + (ended - started).max(TURN)))
    }

    /// Drops what was given to this thread for when a callback has returned.
    fn drop_what_is_given<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        if state.to_drop.is_empty() {
            return state;
        }
        let to_drop = std::mem::take(&mut state.to_drop);
        drop(state);
        // May be what keeps this thread alive, and so may stop it.
        drop(to_drop);
        lock(&self.state)
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
