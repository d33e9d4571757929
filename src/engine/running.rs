//! A call that runs: to its outcome, to its cancellation, or to its panic.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::burst;
use super::completion::Completion;
use crate::api::Outcome;

/// What the I/O thread polls for each call.
pub struct RunningCall {
    /// `None` once it has ended.
    work: Option<Work>,
    completion: Completion,
}

type Work = Pin<Box<dyn Future<Output = Outcome> + Send>>;

impl RunningCall {
    pub fn new(
        completion: Completion,
        work: impl Future<Output = Outcome> + Send + 'static,
    ) -> Self {
        Self { work: Some(Box::pin(work)), completion }
    }
}

impl Future for RunningCall {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(work) = &mut self.work else { return Poll::Ready(()) };
        let outcome = match poll_caught(work.as_mut(), context) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => match self.completion.poll_cancelled(context) {
                Poll::Ready(outcome) => outcome,
                Poll::Pending => return Poll::Pending,
            },
        };
        // A cancelled call's connection is closed before its outcome says so.
        self.work = None;
        self.completion.complete(outcome);
        Poll::Ready(())
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        burst::ended();
    }
}

fn poll_caught(
    work: Pin<&mut (dyn Future<Output = Outcome> + Send)>,
    context: &mut Context<'_>,
) -> Poll<Outcome> {
    // What panicked is never polled again, so nothing can see it half changed.
    catch_unwind(AssertUnwindSafe(|| work.poll(context))).unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<&str>().copied().map(str::to_owned);
        let what = what.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Poll::Ready(Outcome::internal(format!("a bug in the library: panic: {what}")))
    })
}
