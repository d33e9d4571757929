//! The calls that a client has accepted, and what closing it promises.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::callbacks::{Callbacks, on_callback_thread};
use super::cancel::Cancel;
use super::completion::{Completion, Finished, Handler, Task, UserData};
use super::outbox::{self, Parcel};
use super::queue::Queue;
use super::runtime::Lease;
use super::sync::{Condvar, Mutex, lock, wait};
use crate::api::Outcome;
use crate::log;

/// Why a call was not accepted: nothing was started and no completion will come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The client is being freed.
    Closed,
    /// A client without a queue was given no callback.
    NoCallback,
    /// A client with a queue was given a callback.
    CallbackWithQueue,
    /// There is no such pending call.
    NotFound,
}

pub struct Calls {
    state: Mutex<State>,
    /// Notified when the last unfinished call of a closed client is finished.
    idle: Condvar,
    /// Where completions go; callbacks where there is none.
    queue: Option<Arc<Queue>>,
    callbacks: Arc<Callbacks>,
    /// The threads that run the calls. Taken when the client is closed.
    lease: Mutex<Option<Lease>>,
}

#[derive(Default)]
struct State {
    closed: bool,
    /// Accepted and without an outcome yet; ordered, so that closing cancels the eldest first.
    pending: BTreeMap<u64, Arc<Cancel>>,
    /// Accepted and not yet delivered: in a queue, or by a callback that has returned.
    unfinished: usize,
}

/// Never reused, in the whole process; 0 is none.
static NEXT_OP: AtomicU64 = AtomicU64::new(1);

impl Calls {
    pub fn new(queue: Option<Arc<Queue>>, lease: Lease) -> Self {
        Self {
            state: Mutex::default(),
            idle: Condvar::new(),
            queue,
            callbacks: lease.callbacks(),
            lease: Mutex::new(Some(lease)),
        }
    }

    /// Accepts a call: from here on it completes exactly once.
    pub fn accept(
        self: &Arc<Self>,
        handler: Option<Handler>,
        user_data: UserData,
    ) -> Result<Completion, Refusal> {
        match (&self.queue, &handler) {
            (Some(_), Some(_)) => return Err(Refusal::CallbackWithQueue),
            (None, None) => return Err(Refusal::NoCallback),
            _ => {}
        }
        let cancel = Arc::new(Cancel::default());
        let mut state = lock(&self.state);
        if state.closed {
            return Err(Refusal::Closed);
        }
        let op = NEXT_OP.fetch_add(1, Ordering::Relaxed);
        state.pending.insert(op, Arc::clone(&cancel));
        state.unfinished += 1;
        drop(state);
        Ok(Completion::new(Arc::clone(self), cancel, op, user_data, handler))
    }

    /// Runs an accepted call to its outcome.
    pub fn start(
        &self,
        completion: Completion,
        job: impl Future<Output = Outcome> + Send + 'static,
    ) {
        let task = Task::new(completion, job);
        if let Some(lease) = lock(&self.lease).as_ref() {
            lease.spawn(task);
        }
    }

    /// Asks a pending call to end; asking again changes nothing.
    pub fn cancel(&self, op: u64) -> Result<(), Refusal> {
        let cancel = lock(&self.state).pending.get(&op).cloned().ok_or(Refusal::NotFound)?;
        cancel.request();
        Ok(())
    }

    /// Cancels what is pending and waits until every completion has been delivered. On the callback
    /// thread the remaining callbacks run inside this function.
    pub fn close(&self) {
        let pending: Vec<_> = {
            let mut state = lock(&self.state);
            state.closed = true;
            state.pending.values().cloned().collect()
        };
        for cancel in pending {
            cancel.request();
        }
        if on_callback_thread() && self.queue.is_none() {
            self.callbacks.drain(self);
        } else {
            let mut state = lock(&self.state);
            while state.unfinished > 0 {
                state = wait(&self.idle, state);
            }
        }
        let lease = lock(&self.lease).take();
        if let Some(lease) = lease {
            self.callbacks.give_back(lease);
        }
    }

    pub(super) fn unfinished(&self) -> usize {
        lock(&self.state).unfinished
    }

    /// The call has its outcome: from here on it cannot be cancelled, only delivered.
    pub(super) fn complete(self: &Arc<Self>, finished: Finished, handler: Option<Handler>) {
        lock(&self.state).pending.remove(&finished.op);
        if log::enabled(log::Level::Debug) {
            log::debug(format_args!("op {}: {}", finished.op, finished.outcome.log_line()));
        }
        outbox::send(Parcel { calls: Arc::clone(self), finished, handler });
    }

    /// Hands completions of this client's to the application.
    pub(super) fn deliver(&self, parcels: impl Iterator<Item = Parcel>) {
        let Some(queue) = &self.queue else { return self.callbacks.push(parcels) };
        let mut count = 0;
        queue.push(parcels.map(|parcel| parcel.finished).inspect(|_| count += 1));
        self.delivered(count);
    }

    pub(super) fn delivered(&self, count: usize) {
        let mut state = lock(&self.state);
        state.unfinished -= count;
        if state.closed && state.unfinished == 0 {
            self.idle.notify_all();
        }
    }
}
