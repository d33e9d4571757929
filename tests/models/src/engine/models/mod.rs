//! The models: each runs a few threads in every order, and says what was seen in all of them.

mod closing;
mod completion;
mod lines;
mod queue;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::engine::delivery::Delivery;
use crate::engine::queue::{Next, Queue};

/// Runs a model in every order of its events and returns all that it returned. `preemptions` bounds
/// how often a thread that could go on is held up in one run; `None` bounds nothing.
fn explore<T>(
    name: &str,
    preemptions: Option<usize>,
    model: impl Fn() -> T + Send + Sync + 'static,
) -> BTreeSet<T>
where
    T: Ord + Send + 'static,
{
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let runs = Arc::new(AtomicUsize::new(0));
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.max_branches = 10_000;
    builder.check({
        let (seen, runs) = (Arc::clone(&seen), Arc::clone(&runs));
        move || {
            let what = model();
            seen.lock().unwrap().insert(what);
            runs.fetch_add(1, Ordering::Relaxed);
        }
    });
    let bound = preemptions.map_or("any number of".to_owned(), |bound| format!("up to {bound}"));
    println!("{name}: {} orders, {bound} preemptions", runs.load(Ordering::Relaxed));
    std::mem::take(&mut seen.lock().unwrap())
}

fn set<T: Ord + Clone>(members: &[T]) -> BTreeSet<T> {
    members.iter().cloned().collect()
}

/// The next outcome, waiting for it; it must be one.
fn taken(queue: &Queue) -> Delivery {
    match queue.next(None) {
        Next::Delivery(delivery) => delivery,
        Next::Nothing => panic!("nothing came"),
    }
}

/// The ids of what is in the queue now.
fn rest(queue: &Queue) -> Vec<u64> {
    let mut rest = Vec::new();
    while let Next::Delivery(delivery) = queue.next(Some(Duration::ZERO)) {
        rest.push(delivery.op);
    }
    rest
}

fn is_readable(queue: &Queue) -> bool {
    let mut poll = libc::pollfd { fd: queue.fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one pollfd is passed and counted.
    unsafe { libc::poll(&mut poll, 1, 0) == 1 }
}
