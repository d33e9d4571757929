//! The calls of a client: accepted, started, cancelled, and what closing promises.

use std::future::Future;
use std::sync::Arc;

use super::cancel::Cancel;
use super::completion::Completion;
use super::delivery::{Handler, UserData};
use super::destination::Destination;
use super::queue::Queue;
use super::running::RunningCall;
use super::runtime::Lease;
use super::sync::{Mutex, lock};
use crate::api::Outcome;

/// Why a call was not accepted: nothing was started and no outcome will come.
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
    destination: Arc<Destination>,
    /// The threads that run the calls. Taken when the client is closed.
    lease: Mutex<Option<Lease>>,
}

impl Calls {
    pub fn new(queue: Option<Arc<Queue>>, lease: Lease) -> Self {
        Self {
            destination: Arc::new(Destination::new(queue, lease.callbacks())),
            lease: Mutex::new(Some(lease)),
        }
    }

    /// Accepts a call: from here on it has exactly one outcome.
    pub fn accept(
        &self,
        handler: Option<Handler>,
        user_data: UserData,
    ) -> Result<Completion, Refusal> {
        match (self.destination.has_queue(), &handler) {
            (true, Some(_)) => return Err(Refusal::CallbackWithQueue),
            (false, None) => return Err(Refusal::NoCallback),
            _ => {}
        }
        let cancel = Arc::new(Cancel::default());
        let op = self.destination.ledger.enter(&cancel).ok_or(Refusal::Closed)?;
        Ok(Completion::new(Arc::clone(&self.destination), cancel, op, user_data, handler))
    }

    /// Runs an accepted call to its outcome.
    pub fn start(
        &self,
        completion: Completion,
        work: impl Future<Output = Outcome> + Send + 'static,
    ) {
        let call = RunningCall::new(completion, work);
        if let Some(lease) = lock(&self.lease).as_ref() {
            lease.start(call);
        }
    }

    /// Asks a pending call to stop; asking again changes nothing.
    pub fn cancel(&self, op: u64) -> Result<(), Refusal> {
        let cancel = self.destination.ledger.pending(op).ok_or(Refusal::NotFound)?;
        cancel.request();
        Ok(())
    }

    /// Cancels what is pending and waits until every outcome has been delivered. On the callback
    /// thread the remaining callbacks run inside this function.
    pub fn close(&self) {
        for cancel in self.destination.ledger.close() {
            cancel.request();
        }
        self.destination.wait_until_delivered();
        let lease = lock(&self.lease).take();
        if let Some(lease) = lease {
            self.destination.drop_outside_callbacks(lease);
        }
    }
}
