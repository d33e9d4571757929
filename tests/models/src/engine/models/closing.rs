//! Closing: it returns when every accepted call has been delivered, and leaves nothing running.

use std::future::{pending, poll_fn, ready};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use loom::sync::atomic::AtomicUsize;
use loom::thread;

use super::{explore, rest, set};
use crate::api::{Outcome, Status};
use crate::engine::UserData;
use crate::engine::calls::{Calls, Refusal};
use crate::engine::cancel::Cancel;
use crate::engine::delivery::Handler;
use crate::engine::queue::Queue;
use crate::engine::runtime::Lease;

/// How many callbacks have begun, and how many have returned.
#[derive(Default)]
struct Tally {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl Tally {
    fn handler(self: &Arc<Self>, inside: impl FnOnce() + Send + 'static) -> Handler {
        let tally = Arc::clone(self);
        Box::new(move |_| {
            tally.begun.fetch_add(1, SeqCst);
            inside();
            tally.ended.fetch_add(1, SeqCst);
        })
    }

    fn assert_all(&self, count: usize) {
        assert_eq!(self.ended.load(SeqCst), count, "callbacks that have returned");
        assert_eq!(self.begun.load(SeqCst), count, "callbacks that have begun");
    }
}

/// The lease stands for another client, without which closing would wait for the threads, too.
fn with_queue() -> (Arc<Calls>, Arc<Queue>, Lease) {
    let (queue, lease) = (Arc::new(Queue::new().unwrap()), Lease::without_callbacks());
    (Arc::new(Calls::new(Some(Arc::clone(&queue)), lease.clone())), queue, lease)
}

fn with_callbacks(lease: Lease) -> Arc<Calls> {
    Arc::new(Calls::new(None, lease))
}

/// Starts a call that has its outcome at once, or never.
fn start(calls: &Arc<Calls>, handler: Option<Handler>, ends: bool) -> Result<u64, Refusal> {
    let completion = calls.accept(handler, UserData::none())?;
    let op = completion.op();
    match ends {
        true => calls.start(completion, ready(Outcome::new(Status::Ok, ""))),
        false => calls.start(completion, pending()),
    }
    Ok(op)
}

#[test]
fn a_call_submitted_while_a_queues_client_is_closed_is_refused_or_delivered() {
    let seen = explore("closing against submit, with a queue", Some(3), || {
        let (calls, queue, _other) = with_queue();
        let first = start(&calls, None, false).unwrap();
        let submitting = {
            let calls = Arc::clone(&calls);
            thread::spawn(move || start(&calls, None, false))
        };
        calls.close();
        let mut delivered = rest(&queue);
        let second = submitting.join().unwrap();
        assert!(matches!(second, Ok(_) | Err(Refusal::Closed)));
        assert_eq!(rest(&queue), [0; 0], "delivered after close returned");
        delivered.sort_unstable();
        assert_eq!(delivered, [&[first][..], second.ok().as_slice()].concat());
        second.is_ok()
    });
    assert_eq!(seen, set(&[false, true]));
}

#[test]
fn a_call_that_is_cancelled_while_its_client_is_closed_is_delivered_once() {
    let seen = explore("closing against cancel, with a queue", Some(3), || {
        let (calls, queue, _other) = with_queue();
        let op = start(&calls, None, false).unwrap();
        let cancelling = {
            let calls = Arc::clone(&calls);
            thread::spawn(move || calls.cancel(op))
        };
        calls.close();
        assert_eq!(rest(&queue), [op]);
        let asked = cancelling.join().unwrap();
        assert_eq!(rest(&queue), [0; 0]);
        asked.is_ok()
    });
    assert_eq!(seen, set(&[false, true]));
}

#[test]
fn when_closing_returns_every_callback_has_returned_and_none_will_run() {
    let seen = explore("closing against submit, with callbacks", Some(2), || {
        let tally = Arc::new(Tally::default());
        let calls = with_callbacks(Lease::with_callbacks());
        start(&calls, Some(tally.handler(|| ())), false).unwrap();
        let submitting = {
            let (calls, handler) = (Arc::clone(&calls), tally.handler(|| ()));
            thread::spawn(move || start(&calls, Some(handler), true))
        };
        calls.close();
        let ended = tally.ended.load(SeqCst);
        tally.assert_all(ended);
        let accepted = submitting.join().unwrap().is_ok();
        tally.assert_all(1 + usize::from(accepted));
        assert_eq!(ended, 1 + usize::from(accepted), "a callback after close returned");
        accepted
    });
    assert_eq!(seen, set(&[false, true]));
}

/// Something that happens once, for a thread that waits for it.
#[derive(Clone, Default)]
struct Event(Arc<Cancel>);

impl Event {
    fn happens(&self) {
        self.0.request();
    }

    fn wait(&self) {
        loom::future::block_on(poll_fn(|context| self.0.poll(context)));
    }
}

#[test]
fn closing_inside_a_callback_runs_the_other_callbacks_and_stops_the_threads() {
    explore("closing inside a callback", Some(2), || {
        let (tally, closed) = (Arc::new(Tally::default()), Event::default());
        let calls = with_callbacks(Lease::with_callbacks());
        // The first never ends: closing cancels it inside the callback of the second.
        start(&calls, Some(tally.handler(|| ())), false).unwrap();
        let closer = tally.handler({
            let (calls, tally, closed) = (Arc::clone(&calls), Arc::clone(&tally), closed.clone());
            move || {
                calls.close();
                assert_eq!(tally.ended.load(SeqCst), 1, "close returned before the other one");
                closed.happens();
            }
        });
        start(&calls, Some(closer), true).unwrap();
        drop(calls);
        closed.wait();
        // loom waits for the two threads, and calls it a deadlock if they do not end.
        assert_eq!(tally.begun.load(SeqCst), 2);
    });
}

#[test]
fn a_client_freed_inside_anothers_callback_is_drained_there_while_the_other_is_freed_elsewhere() {
    explore("two clients, one closed inside the callback of the other", Some(3), || {
        let (inner_tally, outer_tally) = (Arc::new(Tally::default()), Arc::new(Tally::default()));
        let lease = Lease::with_callbacks();
        let (inner, outer) = (with_callbacks(lease.clone()), with_callbacks(lease));
        start(&inner, Some(inner_tally.handler(|| ())), true).unwrap();
        let closer = outer_tally.handler({
            let inner_tally = Arc::clone(&inner_tally);
            move || {
                inner.close();
                inner_tally.assert_all(1);
            }
        });
        start(&outer, Some(closer), true).unwrap();
        outer.close();
        outer_tally.assert_all(1);
        inner_tally.assert_all(1);
    });
}
