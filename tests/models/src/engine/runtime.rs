//! Stands in for the runtime: the same two threads, stopped in the same order by the last lease, with
//! a plain loop in tokio's place.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, Waker};

use loom::thread::{self, JoinHandle};

use super::callbacks::{Callbacks, on_callback_thread};
use super::completion::Task;
use super::outbox;
use super::sync::{Mutex, lock};

/// A share in the runtime; the last one that is dropped stops it.
#[derive(Clone)]
pub struct Lease(Arc<Runtime>);

struct Runtime {
    tasks: Arc<Mutex<Tasks>>,
    io: Option<JoinHandle<()>>,
    callbacks: Arc<Callbacks>,
    callback: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Tasks {
    new: Vec<Task>,
    stopped: bool,
    waker: Option<Waker>,
}

impl Lease {
    /// For clients with a queue: loom has few threads to give away, and this needs one.
    pub fn without_callbacks() -> Self {
        Self::start(false)
    }

    pub fn with_callbacks() -> Self {
        Self::start(true)
    }

    fn start(with_callbacks: bool) -> Self {
        let tasks = Arc::new(Mutex::new(Tasks::default()));
        let callbacks = Arc::<Callbacks>::default();
        let io = thread::spawn({
            let tasks = Arc::clone(&tasks);
            move || run_tasks(&tasks)
        });
        let callback = with_callbacks.then(|| {
            let callbacks = Arc::clone(&callbacks);
            thread::spawn(move || callbacks.run())
        });
        Self(Arc::new(Runtime { tasks, io: Some(io), callbacks, callback }))
    }

    pub fn spawn(&self, task: Task) {
        change(&self.0.tasks, |tasks| tasks.new.push(task));
    }

    pub fn callbacks(&self) -> Arc<Callbacks> {
        Arc::clone(&self.0.callbacks)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        change(&self.tasks, |tasks| tasks.stopped = true);
        if let Some(thread) = self.io.take() {
            thread.join().unwrap();
        }
        self.callbacks.stop();
        if let Some(thread) = self.callback.take().filter(|_| !on_callback_thread()) {
            thread.join().unwrap();
        }
    }
}

fn change(tasks: &Mutex<Tasks>, change: impl FnOnce(&mut Tasks)) {
    let waker = {
        let mut tasks = lock(tasks);
        change(&mut tasks);
        tasks.waker.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Polls all tasks whenever one may go on, and hands over what they completed; drops what is left when it is stopped.
fn run_tasks(tasks: &Mutex<Tasks>) {
    let _outbox = outbox::Open::new();
    let mut flushing = pin!(outbox::flushing());
    let mut running = Vec::<Task>::new();
    loom::future::block_on(poll_fn(|context| {
        let stopped = {
            let mut tasks = lock(tasks);
            running.append(&mut tasks.new);
            tasks.waker = Some(context.waker().clone());
            tasks.stopped
        };
        if stopped {
            return Poll::Ready(());
        }
        running.retain_mut(|task| Pin::new(task).poll(context).is_pending());
        let _ = flushing.as_mut().poll(context);
        Poll::Pending
    }));
}
