//! Hands over what the I/O thread completes in batches: one lock and one waking for all the calls
//! that end in one turn of the runtime.
//!
//! A thread of the application's that were woken for each call would take the processor from the
//! I/O thread each time, just to wait again.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::iter;
use std::sync::Arc;
use std::task::{Poll, Waker};

use super::calls::Calls;
use super::completion::{Finished, Handler};
use super::sync::thread_local;

/// A completed call and the client that owes it.
pub struct Parcel {
    pub calls: Arc<Calls>,
    pub finished: Finished,
    pub handler: Option<Handler>,
}

#[derive(Default)]
struct Outbox {
    parcels: Vec<Parcel>,
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
        hand_over(outbox.map(|outbox| outbox.parcels).into_iter().flatten());
    }
}

/// Sends a completed call on: at once, or on the I/O thread at the end of the turn.
pub fn send(parcel: Parcel) {
    let mut parcel = Some(parcel);
    // A thread of the application's may be ending, and its data gone.
    let _ = OUTBOX.try_with(|outbox| {
        if let Some(Outbox { parcels, waker: Some(waker) }) = &mut *outbox.borrow_mut() {
            if parcels.is_empty() {
                waker.wake_by_ref();
            }
            parcels.extend(parcel.take());
        }
    });
    hand_over(parcel);
}

/// A task of the I/O thread: woken by the first parcel, it runs after the tasks that are ready by
/// then, and so after all that complete in the same turn.
pub fn flushing() -> impl Future<Output = ()> {
    poll_fn(|context| {
        let parcels = OUTBOX.with(|outbox| {
            let mut outbox = outbox.borrow_mut();
            let outbox = outbox.as_mut()?;
            outbox.waker.get_or_insert_with(|| context.waker().clone());
            Some(std::mem::take(&mut outbox.parcels))
        });
        hand_over(parcels.into_iter().flatten());
        Poll::Pending
    })
}

fn hand_over(parcels: impl IntoIterator<Item = Parcel>) {
    let mut parcels = parcels.into_iter().peekable();
    while let Some(first) = parcels.next() {
        let calls = Arc::clone(&first.calls);
        let same = |next: &Parcel| Arc::ptr_eq(&next.calls, &calls);
        let others = iter::from_fn(|| parcels.next_if(same));
        calls.deliver(iter::once(first).chain(others));
    }
}
