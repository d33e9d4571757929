//! Hands the outcomes that the I/O thread makes over in batches: one lock and one waking for all the
//! calls that end in one turn of the runtime.
//!
//! A thread of the application's that were woken for each call would take the processor from the
//! I/O thread each time, just to wait again.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::iter;
use std::sync::Arc;
use std::task::{Poll, Waker};

use super::delivery::{Delivery, Handler};
use super::destination::Destination;
use super::sync::thread_local;

/// An outcome and where it goes.
pub struct Outgoing {
    pub destination: Arc<Destination>,
    pub handler: Option<Handler>,
    pub delivery: Delivery,
}

#[derive(Default)]
struct Outbox {
    outgoing: Vec<Outgoing>,
    /// Of [`flushing`], from its first turn on.
    waker: Option<Waker>,
}

// There is one on the I/O thread only.
thread_local! {
    static OUTBOX: RefCell<Option<Outbox>> = const { RefCell::new(None) };
}

/// The I/O thread's outbox, open while this lives; dropping it hands over the rest.
pub struct Open(());

impl Open {
    pub fn new() -> Self {
        OUTBOX.with(|outbox| outbox.replace(Some(Outbox::default())));
        Self(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let outbox = OUTBOX.with(RefCell::take);
        hand_over(outbox.map(|outbox| outbox.outgoing).into_iter().flatten());
    }
}

/// Sends an outcome on: at once, or on the I/O thread at the end of the turn.
pub fn send(outgoing: Outgoing) {
    let mut unsent = Some(outgoing);
    // A thread of the application's may be ending, and its data gone.
    let _ = OUTBOX.try_with(|outbox| {
        if let Some(Outbox { outgoing, waker: Some(waker) }) = &mut *outbox.borrow_mut() {
            if outgoing.is_empty() {
                waker.wake_by_ref();
            }
            outgoing.extend(unsent.take());
        }
    });
    hand_over(unsent);
}

/// A future for the I/O thread: woken by the first outcome, it runs after the calls that are ready
/// by then, and so after all that end in the same turn.
pub fn flushing() -> impl Future<Output = ()> {
    poll_fn(|context| {
        let outgoing = OUTBOX.with(|outbox| {
            let mut outbox = outbox.borrow_mut();
            let outbox = outbox.as_mut()?;
            outbox.waker.get_or_insert_with(|| context.waker().clone());
            Some(std::mem::take(&mut outbox.outgoing))
        });
        hand_over(outgoing.into_iter().flatten());
        Poll::Pending
    })
}

/// Neighbours that go to the same client go together.
fn hand_over(outgoing: impl IntoIterator<Item = Outgoing>) {
    let mut outgoing = outgoing.into_iter().peekable();
    while let Some(first) = outgoing.next() {
        let destination = Arc::clone(&first.destination);
        let same = |next: &Outgoing| Arc::ptr_eq(&next.destination, &destination);
        let others = iter::from_fn(|| outgoing.next_if(same));
        let together = iter::once(first).chain(others);
        destination.deliver(together.map(|ended| (ended.delivery, ended.handler)));
    }
}
