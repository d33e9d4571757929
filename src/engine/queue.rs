//! Outcomes that wait for the application to fetch them, and the descriptor that says so.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use super::delivery::Delivery;
use super::fork::{self, Claim};
use super::readable::Readable;
use super::sync::{Condvar, Mutex, MutexGuard, lock, wait_for};
use crate::log;

pub struct Queue {
    state: Mutex<State>,
    /// One notification for each outcome and each wake, as long as somebody waits.
    changed: Condvar,
    /// Readable exactly while the list is not empty, once somebody has asked for it: changed only
    /// under the lock.
    readable: Readable,
    /// Given up last.
    _claim: Claim,
}

struct State {
    list: VecDeque<Delivery>,
    wakes: usize,
    /// How many calls of `next` wait. Notifying nobody would still be a system call.
    waiting: usize,
    closed: bool,
    /// The descriptor was asked for. Until then keeping it would be two system calls a result.
    watched: bool,
}

/// What a call of [`Queue::next`] ended with.
#[allow(
    clippy::large_enum_variant,
    reason = "it goes straight on: a box would be one allocation more"
)]
pub enum Next {
    Delivery(Delivery),
    /// Nothing came in time, or [`Queue::wake`] was called.
    Nothing,
}

impl Queue {
    pub fn new() -> io::Result<Self> {
        let claim = Claim::take();
        Ok(Self {
            state: Mutex::new(State {
                list: VecDeque::new(),
                wakes: 0,
                waiting: 0,
                closed: false,
                watched: false,
            }),
            changed: Condvar::new(),
            readable: Readable::new()?,
            _claim: claim,
        })
    }

    pub fn fd(&self) -> i32 {
        // In a forked child the lock may be held for ever.
        if fork::forked() {
            return self.readable.fd();
        }
        let mut state = lock(&self.state);
        if !state.watched {
            state.watched = true;
            if !state.list.is_empty() {
                self.readable.raise();
            }
        }
        self.readable.fd()
    }

    /// Puts outcomes behind those that wait already.
    pub(super) fn push(&self, deliveries: impl IntoIterator<Item = Delivery>) {
        let mut state = lock(&self.state);
        if state.closed {
            drop(state);
            for Delivery { op, .. } in deliveries {
                log::warn(format_args!(
                    "op {op}: its result is dropped, because its queue was freed before its client"
                ));
            }
            return;
        }
        let before = state.list.len();
        state.list.extend(deliveries);
        let added = state.list.len() - before;
        if state.watched && before == 0 && added > 0 {
            self.readable.raise();
        }
        self.notify(state, added);
    }

    /// Wakes up to `count` of those who wait, once the lock is theirs to take.
    fn notify(&self, state: MutexGuard<'_, State>, count: usize) {
        let count = count.min(state.waiting);
        drop(state);
        for _ in 0..count {
            self.changed.notify_one();
        }
    }

    /// Takes the first outcome, waiting for one up to `timeout` (`None`: for ever).
    pub fn next(&self, timeout: Option<Duration>) -> Next {
        // An instant beyond what the clock can hold is as good as for ever.
        let until = timeout.map(|timeout| Instant::now().checked_add(timeout));
        let mut state = lock(&self.state);
        loop {
            if state.wakes > 0 {
                state.wakes -= 1;
                return Next::Nothing;
            }
            if let Some(delivery) = state.list.pop_front() {
                if state.watched && state.list.is_empty() {
                    self.readable.lower();
                }
                return Next::Delivery(delivery);
            }
            let left = match until {
                Some(Some(until)) => match until.checked_duration_since(Instant::now()) {
                    Some(left) if !left.is_zero() => left,
                    _ => return Next::Nothing,
                },
                _ => Duration::from_secs(3600),
            };
            state.waiting += 1;
            state = wait_for(&self.changed, state, left);
            state.waiting -= 1;
        }
    }

    /// Makes one current or future `next` return at once.
    pub fn wake(&self) {
        let mut state = lock(&self.state);
        state.wakes += 1;
        self.notify(state, 1);
    }

    /// Drops what waits and what will still come.
    pub fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        if state.watched && !state.list.is_empty() {
            self.readable.lower();
        }
        let dropped = std::mem::take(&mut state.list);
        drop(state);
        if !dropped.is_empty() {
            log::warn(format_args!("{} results were in a queue when it was freed", dropped.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Outcome, Status};
    use crate::engine::UserData;
    use std::sync::Arc;

    fn delivery(op: u64) -> Delivery {
        Delivery { op, user_data: UserData::none(), outcome: Outcome::new(Status::Ok, "") }
    }

    fn taken(queue: &Queue, timeout: Option<Duration>) -> Option<u64> {
        match queue.next(timeout) {
            Next::Delivery(delivery) => Some(delivery.op),
            Next::Nothing => None,
        }
    }

    #[cfg(unix)]
    fn is_readable(queue: &Queue) -> bool {
        let mut poll = libc::pollfd { fd: queue.fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one pollfd is passed and counted.
        unsafe { libc::poll(&mut poll, 1, 0) == 1 }
    }

    #[cfg(unix)]
    #[test]
    fn the_descriptor_is_readable_exactly_while_the_queue_is_not_empty() {
        let queue = Queue::new().unwrap();
        assert!(!is_readable(&queue));
        queue.push([delivery(1)]);
        queue.push([delivery(2)]);
        assert!(is_readable(&queue));
        assert_eq!(taken(&queue, Some(Duration::ZERO)), Some(1));
        assert!(is_readable(&queue));
        assert_eq!(taken(&queue, Some(Duration::ZERO)), Some(2));
        assert!(!is_readable(&queue));
        queue.wake();
        assert!(!is_readable(&queue));
    }

    #[cfg(unix)]
    #[test]
    fn the_descriptor_may_be_asked_for_while_results_wait() {
        let queue = Queue::new().unwrap();
        queue.push([delivery(1)]);
        assert!(is_readable(&queue));
        assert_eq!(taken(&queue, Some(Duration::ZERO)), Some(1));
        assert!(!is_readable(&queue));
    }

    #[test]
    fn a_wake_is_kept_for_a_later_next_and_takes_no_outcome() {
        let queue = Queue::new().unwrap();
        queue.wake();
        queue.push([delivery(1)]);
        assert_eq!(taken(&queue, None), None);
        assert_eq!(taken(&queue, None), Some(1));
    }

    #[test]
    fn a_waiting_next_is_ended_by_a_push_or_a_wake() {
        let queue = Arc::new(Queue::new().unwrap());
        for expected in [Some(7), None] {
            let waiter = Arc::clone(&queue);
            let waiter = std::thread::spawn(move || taken(&waiter, None));
            std::thread::sleep(Duration::from_millis(20));
            match expected {
                Some(op) => queue.push([delivery(op)]),
                None => queue.wake(),
            }
            assert_eq!(waiter.join().unwrap(), expected);
        }
    }

    #[test]
    fn a_timeout_longer_than_the_clock_is_for_ever_and_a_short_one_ends() {
        let queue = Queue::new().unwrap();
        assert_eq!(taken(&queue, Some(Duration::from_millis(1))), None);
        queue.push([delivery(1)]);
        assert_eq!(taken(&queue, Some(Duration::MAX)), Some(1));
    }
}
