//! The one completion of an accepted call, delivered whatever happens.

use std::ffi::c_void;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::burst;
use super::calls::Calls;
use super::cancel::Cancel;
use crate::api::{Outcome, Status};

/// The application's pointer: carried, never looked at.
#[derive(Clone, Copy, Debug)]
pub struct UserData(pub *mut c_void);

// SAFETY: the library only hands the pointer back; what it points to is the application's affair,
// which the header says runs on another thread.
unsafe impl Send for UserData {}

impl UserData {
    #[cfg(test)]
    pub fn none() -> Self {
        Self(std::ptr::null_mut())
    }
}

/// A completed call on its way to the application.
#[derive(Debug)]
pub struct Finished {
    pub op: u64,
    pub user_data: UserData,
    pub outcome: Outcome,
}

/// Hands a completed call to the application's callback.
pub type Handler = Box<dyn FnOnce(Finished) + Send>;

/// Owes the application one completion; being dropped pays it, too.
pub struct Completion {
    calls: Arc<Calls>,
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
        calls: Arc<Calls>,
        cancel: Arc<Cancel>,
        op: u64,
        user_data: UserData,
        handler: Option<Handler>,
    ) -> Self {
        Self { calls, cancel, op, owed: Some(Owed { user_data, handler }) }
    }

    pub fn op(&self) -> u64 {
        self.op
    }

    fn deliver(&mut self, outcome: Outcome) {
        if let Some(Owed { user_data, handler }) = self.owed.take() {
            self.calls.complete(Finished { op: self.op, user_data, outcome }, handler);
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if self.owed.is_some() {
            let outcome = match self.cancel.is_requested() {
                true => cancelled(),
                false => Outcome::internal("the call was dropped before it had an outcome"),
            };
            self.deliver(outcome);
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        burst::ended();
    }
}

fn cancelled() -> Outcome {
    Outcome::new(Status::Cancelled, "cancelled")
}

/// An accepted call that runs to its outcome, or to its cancellation, or to its panic.
pub struct Task {
    job: Option<Job>,
    completion: Completion,
}

type Job = Pin<Box<dyn Future<Output = Outcome> + Send>>;

impl Task {
    pub fn new(
        completion: Completion,
        job: impl Future<Output = Outcome> + Send + 'static,
    ) -> Self {
        Self { job: Some(Box::pin(job)), completion }
    }
}

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(job) = &mut self.job else { return Poll::Ready(()) };
        let outcome = match poll_caught(job.as_mut(), context) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => match self.completion.cancel.poll(context) {
                Poll::Ready(()) => cancelled(),
                Poll::Pending => return Poll::Pending,
            },
        };
        // A cancelled request's connection is closed before the completion says so.
        self.job = None;
        self.completion.deliver(outcome);
        Poll::Ready(())
    }
}

fn poll_caught(
    job: Pin<&mut (dyn Future<Output = Outcome> + Send)>,
    context: &mut Context<'_>,
) -> Poll<Outcome> {
    // A job that panicked is never polled again, so nothing can see it half changed.
    catch_unwind(AssertUnwindSafe(|| job.poll(context))).unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<&str>().copied().map(str::to_owned);
        let what = what.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Poll::Ready(Outcome::internal(format!("a bug in the library: panic: {what}")))
    })
}
