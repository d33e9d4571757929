//! Which calls a client has accepted, how far each has come, and whether it takes more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::cancel::Cancel;
use super::sync::{Condvar, Mutex, lock, wait};

#[derive(Default)]
pub struct Ledger {
    state: Mutex<State>,
    /// Notified when the last call of a closed client has been delivered.
    idle: Condvar,
}

#[derive(Default)]
struct State {
    closed: bool,
    /// Accepted and without an outcome yet; ordered, so that closing cancels the eldest first.
    pending: BTreeMap<u64, Arc<Cancel>>,
    /// Accepted and not yet delivered: put into a queue, or handed to a callback that has returned.
    undelivered: usize,
}

/// Never reused, in the whole process; 0 is none.
static NEXT_OP: AtomicU64 = AtomicU64::new(1);

impl Ledger {
    /// Enters a call and names it; `None` once the client is closed.
    pub fn enter(&self, cancel: &Arc<Cancel>) -> Option<u64> {
        let mut state = lock(&self.state);
        if state.closed {
            return None;
        }
        let op = NEXT_OP.fetch_add(1, Ordering::Relaxed);
        state.pending.insert(op, Arc::clone(cancel));
        state.undelivered += 1;
        Some(op)
    }

    /// How to cancel a call; `None` once it has its outcome.
    pub fn pending(&self, op: u64) -> Option<Arc<Cancel>> {
        lock(&self.state).pending.get(&op).cloned()
    }

    /// The call has its outcome: from here on it cannot be cancelled, only delivered.
    pub fn has_outcome(&self, op: u64) {
        lock(&self.state).pending.remove(&op);
    }

    /// So many of those that had their outcome have been delivered.
    pub fn delivered(&self, count: usize) {
        let mut state = lock(&self.state);
        state.undelivered -= count;
        if state.closed && state.undelivered == 0 {
            self.idle.notify_all();
        }
    }

    pub fn undelivered(&self) -> usize {
        lock(&self.state).undelivered
    }

    /// Takes no more calls; what is returned cancels those that are pending.
    pub fn close(&self) -> Vec<Arc<Cancel>> {
        let mut state = lock(&self.state);
        state.closed = true;
        state.pending.values().cloned().collect()
    }

    /// Waits until every call of a closed client has been delivered.
    pub fn wait_until_delivered(&self) {
        let mut state = lock(&self.state);
        while state.undelivered > 0 {
            state = wait(&self.idle, state);
        }
    }
}
