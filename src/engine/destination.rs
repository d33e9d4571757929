//! Where a client's outcomes go: into its queue, or to the callback thread.

use std::sync::Arc;

use super::callbacks::{Callback, Callbacks, on_callback_thread};
use super::delivery::{Delivery, Handler};
use super::ledger::Ledger;
use super::queue::Queue;

pub struct Destination {
    pub ledger: Arc<Ledger>,
    queue: Option<Arc<Queue>>,
    callbacks: Arc<Callbacks>,
}

impl Destination {
    /// The callback thread is the destination where there is no queue.
    pub fn new(queue: Option<Arc<Queue>>, callbacks: Arc<Callbacks>) -> Self {
        Self { ledger: Arc::default(), queue, callbacks }
    }

    pub fn has_queue(&self) -> bool {
        self.queue.is_some()
    }

    /// Hands outcomes of this client's calls on; a call has a handler exactly if there is no queue.
    pub fn deliver(&self, ended: impl Iterator<Item = (Delivery, Option<Handler>)>) {
        if let Some(queue) = &self.queue {
            let mut count = 0;
            queue.push(ended.map(|(delivery, _)| delivery).inspect(|_| count += 1));
            self.ledger.delivered(count);
        } else {
            self.callbacks.push(ended.map(|(delivery, handler)| Callback {
                ledger: Arc::clone(&self.ledger),
                handler,
                delivery,
            }));
        }
    }

    /// Waits until every call of a closed client has been delivered. On the callback thread the
    /// remaining callbacks run inside this function.
    pub fn wait_until_delivered(&self) {
        if on_callback_thread() && self.queue.is_none() {
            self.callbacks.drain(&self.ledger);
        } else {
            self.ledger.wait_until_delivered();
        }
    }

    /// Drops an object that may be what keeps the threads alive: at once, or, since the callback
    /// thread cannot stop itself, once the callback that runs has returned.
    pub fn drop_outside_callbacks(&self, object: impl Send + 'static) {
        self.callbacks.drop_outside(object);
    }
}
