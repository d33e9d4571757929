//! One completion for each accepted call, with one outcome, whatever ends it.

use std::future::{Future, pending, poll_fn};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::Poll;

use loom::thread;

use super::{explore, rest, set, taken};
use crate::api::Outcome;
use crate::api::Status::{self, Cancelled, Internal, Ok as Good};
use crate::engine::UserData;
use crate::engine::calls::{Calls, Refusal};
use crate::engine::cancel::Cancel;
use crate::engine::queue::Queue;
use crate::engine::running::RunningCall;
use crate::engine::runtime::Lease;

const DONE: Result<(), Refusal> = Ok(());
const TOO_LATE: Result<(), Refusal> = Err(Refusal::NotFound);

/// Preemptions: with no bound these models are hundreds of thousands of orders.
const BOUND: usize = 4;

fn client() -> (Arc<Calls>, Arc<Queue>) {
    let queue = Arc::new(Queue::new().unwrap());
    (Arc::new(Calls::new(Some(Arc::clone(&queue)), Lease::without_callbacks())), queue)
}

fn good() -> Outcome {
    Outcome::new(Status::Ok, "")
}

/// Goes on after one more poll.
fn yielding() -> impl Future<Output = ()> + Send {
    let mut polled = false;
    poll_fn(move |context| {
        if std::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Whether a call has an outcome: its work is gone before, and it can be cancelled until then.
#[derive(Clone, Default)]
struct Gone(Arc<AtomicBool>);

impl Gone {
    /// The same work, which says when it is gone.
    fn after<F: Future<Output = Outcome>>(
        &self,
        work: F,
    ) -> impl Future<Output = Outcome> + use<F> {
        let sentry = Sentry(self.clone());
        async move {
            let _sentry = sentry;
            work.await
        }
    }

    fn cancel(&self, calls: &Calls, op: u64) -> Result<(), Refusal> {
        let asked = calls.cancel(op);
        assert!(asked == DONE || self.0.load(SeqCst), "not found, and yet it has no outcome");
        asked
    }
}

struct Sentry(Gone);

impl Drop for Sentry {
    fn drop(&mut self) {
        self.0.0.store(true, SeqCst);
    }
}

/// A call that does this work, cancelled while it runs.
fn cancelled_while_it_runs<F>(
    name: &str,
    work: fn() -> F,
    expected: &[(Status, Result<(), Refusal>)],
) where
    F: Future<Output = Outcome> + Send + 'static,
{
    let seen = explore(name, Some(BOUND), move || {
        let (calls, queue) = client();
        let completion = calls.accept(None, UserData::none()).unwrap();
        let op = completion.op();
        let gone = Gone::default();
        calls.start(completion, gone.after(work()));
        let asked = gone.cancel(&calls, op);
        let _ = gone.cancel(&calls, op);
        let first = taken(&queue);
        assert_eq!(first.op, op);
        assert_eq!(calls.cancel(op), TOO_LATE);
        calls.close();
        assert_eq!(rest(&queue), [0; 0], "a second completion");
        ended(first.outcome.status, asked)
    });
    assert_eq!(seen, expected.iter().map(|(ending, asked)| ended(*ending, *asked)).collect());
}

/// How a call ended, and whether cancelling it was still possible.
fn ended(ending: Status, asked: Result<(), Refusal>) -> (String, bool) {
    (format!("{ending:?}"), asked == DONE)
}

#[test]
fn a_call_that_ends_at_once_completes_once_with_its_outcome() {
    cancelled_while_it_runs("ends at once", || async { good() }, &[(Good, DONE), (Good, TOO_LATE)]);
}

#[test]
fn a_call_that_ends_later_completes_once_with_its_outcome_or_cancelled() {
    cancelled_while_it_runs(
        "ends later",
        || async {
            yielding().await;
            good()
        },
        &[(Good, DONE), (Good, TOO_LATE), (Cancelled, DONE)],
    );
}

#[test]
fn a_call_that_panics_completes_once() {
    cancelled_while_it_runs(
        "panics",
        || async {
            yielding().await;
            resume_unwind(Box::new("boom"))
        },
        &[(Internal, DONE), (Internal, TOO_LATE), (Cancelled, DONE)],
    );
}

#[test]
fn a_call_that_never_ends_hears_that_it_is_cancelled() {
    cancelled_while_it_runs("never ends", pending::<Outcome>, &[(Cancelled, DONE)]);
}

#[test]
fn an_outcome_that_comes_from_elsewhere_and_two_cancels_make_one_completion() {
    let seen = explore("outcome against two cancels", Some(2), || {
        let (calls, queue) = client();
        let completion = calls.accept(None, UserData::none()).unwrap();
        let op = completion.op();
        // What ends the work is a flag with a waker, and so is a request to end.
        let answer = Arc::new(Cancel::default());
        let network = Arc::clone(&answer);
        let work = poll_fn(move |context| answer.poll(context).map(|()| good()));
        let gone = Gone::default();
        calls.start(completion, gone.after(work));
        let network = thread::spawn(move || network.request());
        let other = {
            let (calls, gone) = (Arc::clone(&calls), gone.clone());
            thread::spawn(move || gone.cancel(&calls, op))
        };
        let mine = gone.cancel(&calls, op);
        let first = taken(&queue);
        let others = other.join().unwrap();
        network.join().unwrap();
        calls.close();
        assert_eq!(rest(&queue), [0; 0], "a second completion");
        let ending = first.outcome.status;
        assert!(ending != Cancelled || mine == DONE || others == DONE, "nobody could cancel it");
        ended(ending, mine)
    });
    let expected = [ended(Good, DONE), ended(Good, TOO_LATE), ended(Cancelled, DONE)];
    // The other cancel won, and the call was over when mine came.
    let expected = [&expected[..], &[ended(Cancelled, TOO_LATE)]].concat();
    assert_eq!(seen, set(&expected));
}

#[test]
fn a_call_that_is_dropped_before_it_runs_completes_once() {
    let seen = explore("dropped before it runs", None, || {
        let (calls, queue) = client();
        let completion = calls.accept(None, UserData::none()).unwrap();
        let op = completion.op();
        let dropping = thread::spawn(move || drop(completion));
        let asked = calls.cancel(op);
        let first = taken(&queue);
        dropping.join().unwrap();
        calls.close();
        assert_eq!(rest(&queue), [0; 0], "a second completion");
        ended(first.outcome.status, asked)
    });
    assert_eq!(
        seen,
        set(&[ended(Internal, DONE), ended(Internal, TOO_LATE), ended(Cancelled, DONE)])
    );
}

#[test]
fn a_call_that_is_dropped_while_it_runs_completes_once() {
    let seen = explore("dropped while it runs", None, || {
        let (calls, queue) = client();
        let completion = calls.accept(None, UserData::none()).unwrap();
        let op = completion.op();
        let running = thread::spawn(move || {
            let mut call = RunningCall::new(completion, pending());
            let _ = loom::future::block_on(poll_fn(|context| {
                Poll::Ready(Pin::new(&mut call).poll(context).is_ready())
            }));
        });
        let asked = calls.cancel(op);
        let first = taken(&queue);
        running.join().unwrap();
        calls.close();
        assert_eq!(rest(&queue), [0; 0], "a second completion");
        ended(first.outcome.status, asked)
    });
    assert_eq!(
        seen,
        set(&[ended(Internal, DONE), ended(Internal, TOO_LATE), ended(Cancelled, DONE)])
    );
}
