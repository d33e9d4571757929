//! The queue: nothing lost or doubled, no wake-up lost, and the descriptor tells the truth.

use std::sync::Arc;
use std::time::Duration;

use loom::thread;

use super::{explore, is_readable, rest, set};
use crate::api::{Outcome, Status};
use crate::engine::UserData;
use crate::engine::delivery::Delivery;
use crate::engine::queue::{Next, Queue};

fn queue() -> Arc<Queue> {
    Arc::new(Queue::new().unwrap())
}

fn delivery(op: u64) -> Delivery {
    Delivery { op, user_data: UserData::none(), outcome: Outcome::new(Status::Ok, "") }
}

fn next(queue: &Queue, timeout: Option<Duration>) -> Option<u64> {
    match queue.next(timeout) {
        Next::Delivery(delivery) => Some(delivery.op),
        Next::Nothing => None,
    }
}

#[test]
fn each_waiting_next_gets_a_completion_or_a_wake_and_none_is_swallowed() {
    let seen = explore("two nexts, a push and a wake", Some(3), || {
        let queue = queue();
        let waiting = [(); 2].map(|()| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || next(&queue, None))
        });
        let pushing = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.push([delivery(1)]))
        };
        queue.wake();
        pushing.join().unwrap();
        let mut got = waiting.map(|thread| thread.join().unwrap());
        got.sort_unstable();
        assert_eq!(rest(&queue), [0; 0]);
        got
    });
    assert_eq!(seen, set(&[[None, Some(1)]]));
}

#[test]
fn a_next_that_waits_for_ever_takes_all_that_two_threads_push() {
    let seen = explore("two pushes and one waiting next", None, || {
        let queue = queue();
        let pushing = [1, 2].map(|op| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.push([delivery(op)]))
        });
        let got = [(); 2].map(|()| next(&queue, None));
        let _ = pushing.map(|thread| thread.join().unwrap());
        assert_eq!(rest(&queue), [0; 0]);
        got
    });
    assert_eq!(seen, set(&[[Some(1), Some(2)], [Some(2), Some(1)]]));
}

#[test]
fn the_descriptor_is_readable_exactly_while_a_completion_waits() {
    let seen = explore("a push and two nexts on a watched queue", None, || {
        let queue = queue();
        assert!(!is_readable(&queue));
        let pushing = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                queue.push([delivery(1)]);
                queue.push([delivery(2)]);
            })
        };
        let taking = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || next(&queue, Some(Duration::ZERO)))
        };
        let mine = next(&queue, Some(Duration::ZERO));
        pushing.join().unwrap();
        let other = taking.join().unwrap();
        assert!(mine.is_none() || mine != other, "taken twice");
        let readable = is_readable(&queue);
        let left = rest(&queue).len();
        assert_eq!(readable, left > 0);
        assert!(!is_readable(&queue));
        assert_eq!(left + usize::from(mine.is_some()) + usize::from(other.is_some()), 2);
        left
    });
    assert_eq!(seen, set(&[0, 1, 2]));
}

#[test]
fn an_only_reader_finds_a_completion_whenever_the_descriptor_is_readable() {
    let seen = explore("an event loop and two pushes", None, || {
        let queue = queue();
        queue.fd();
        let pushing = [1, 2].map(|op| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.push([delivery(op)]))
        });
        let mut got = 0;
        for _ in 0..3 {
            if is_readable(&queue) {
                assert!(next(&queue, Some(Duration::ZERO)).is_some(), "readable and empty");
                got += 1;
            }
        }
        let _ = pushing.map(|thread| thread.join().unwrap());
        assert_eq!(is_readable(&queue), got < 2);
        assert_eq!(got + rest(&queue).len(), 2);
        got
    });
    assert_eq!(seen, set(&[0, 1, 2]));
}

#[test]
fn a_descriptor_asked_for_while_completions_come_and_go_is_right_from_then_on() {
    let seen = explore("asking, a push and a next", None, || {
        let queue = queue();
        let pushing = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.push([delivery(1)]))
        };
        let taking = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || next(&queue, Some(Duration::ZERO)))
        };
        queue.fd();
        pushing.join().unwrap();
        let left = taking.join().unwrap().is_none();
        assert_eq!(is_readable(&queue), left);
        left
    });
    assert_eq!(seen, set(&[false, true]));
}

#[test]
fn a_closed_queue_holds_nothing_and_its_descriptor_is_not_readable() {
    let seen = explore("closing, a push and a next", None, || {
        let queue = queue();
        queue.push([delivery(1)]);
        queue.fd();
        let pushing = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.push([delivery(2)]))
        };
        let taking = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || next(&queue, Some(Duration::ZERO)))
        };
        queue.close();
        pushing.join().unwrap();
        let taken = taking.join().unwrap();
        assert_eq!(rest(&queue), [0; 0]);
        assert!(!is_readable(&queue));
        taken
    });
    // The second only after somebody took the first, and nobody else does.
    assert_eq!(seen, set(&[None, Some(1)]));
}
