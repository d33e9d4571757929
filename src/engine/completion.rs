//! The debt of an accepted call: one outcome, delivered whatever happens.

use std::sync::Arc;
use std::task::{Context, Poll};

use super::cancel::Cancel;
use super::delivery::{Delivery, Handler, UserData};
use super::destination::Destination;
use super::outbox::{self, Outgoing};
use crate::api::{Outcome, Status};
use crate::log;

/// Owes the application one outcome; being dropped pays it, too.
pub struct Completion {
    destination: Arc<Destination>,
    cancel: Arc<Cancel>,
    op: u64,
    owed: Option<Owed>,
}

struct Owed {
    user_data: UserData,
    /// `None` where the client has a queue.
    handler: Option<Handler>,
}

impl Completion {
    pub fn new(
        destination: Arc<Destination>,
        cancel: Arc<Cancel>,
        op: u64,
        user_data: UserData,
        handler: Option<Handler>,
    ) -> Self {
        Self { destination, cancel, op, owed: Some(Owed { user_data, handler }) }
    }

    pub fn op(&self) -> u64 {
        self.op
    }

    /// Ready with the outcome of a cancelled call, once it is cancelled.
    pub fn poll_cancelled(&self, context: &Context<'_>) -> Poll<Outcome> {
        self.cancel.poll(context).map(|()| cancelled())
    }

    /// Pays: the call has this outcome. A second one is ignored.
    pub fn complete(&mut self, outcome: Outcome) {
        let Some(Owed { user_data, handler }) = self.owed.take() else { return };
        self.destination.ledger.has_outcome(self.op);
        if log::enabled(log::Level::Debug) {
            log::debug(format_args!("op {}: {}", self.op, outcome.log_line()));
        }
        outbox::send(Outgoing {
            destination: Arc::clone(&self.destination),
            handler,
            delivery: Delivery { op: self.op, user_data, outcome },
        });
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if self.owed.is_some() {
            self.complete(match self.cancel.is_requested() {
                true => cancelled(),
                false => Outcome::internal("the call was dropped before it had an outcome"),
            });
        }
    }
}

fn cancelled() -> Outcome {
    Outcome::new(Status::Cancelled, "cancelled")
}
