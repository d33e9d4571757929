//! Asks a running call to stop.

use std::task::{Context, Poll, Waker};

use super::sync::{Mutex, lock};

#[derive(Default)]
pub struct Cancel(Mutex<State>);

#[derive(Default)]
struct State {
    requested: bool,
    /// Of the running call.
    waker: Option<Waker>,
}

impl Cancel {
    /// Asking again changes nothing.
    pub fn request(&self) {
        let waker = {
            let mut state = lock(&self.0);
            state.requested = true;
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub fn is_requested(&self) -> bool {
        lock(&self.0).requested
    }

    /// Ready once it is requested; wakes the call when it will be.
    pub fn poll(&self, context: &Context<'_>) -> Poll<()> {
        let mut state = lock(&self.0);
        if state.requested {
            return Poll::Ready(());
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(context.waker()),
            None => state.waker = Some(context.waker().clone()),
        }
        Poll::Pending
    }
}
