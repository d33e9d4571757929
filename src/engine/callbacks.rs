//! The one thread on which the application's callbacks run, one at a time, in completion order.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};

use super::client::Client;
use super::completion::{Finished, Handler};
use super::lock::{lock, wait};
use super::runtime::Lease;

/// Completions on their way to callbacks.
#[derive(Default)]
pub struct Callbacks {
    state: Mutex<State>,
    /// Only the callback thread waits for it.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    list: VecDeque<Delivery>,
    stopped: bool,
}

struct Delivery {
    client: Arc<Client>,
    handler: Handler,
    finished: Finished,
}

thread_local! {
    static ON_CALLBACK_THREAD: Cell<bool> = const { Cell::new(false) };
    /// The clients whose callbacks are running on this thread, the outermost first.
    static RUNNING: RefCell<Vec<*const Client>> = const { RefCell::new(Vec::new()) };
    /// Leases given back inside a callback, held until the outermost one has returned.
    static GIVEN_BACK: RefCell<Vec<Lease>> = const { RefCell::new(Vec::new()) };
}

/// Whether the calling thread is a callback thread, so that waiting for a callback would be for ever.
pub fn on_callback_thread() -> bool {
    ON_CALLBACK_THREAD.get()
}

/// Gives a lease back. Inside a callback the last one cannot stop the thread that it runs on; there
/// it is kept until the callback has returned.
pub fn give_back(lease: Lease) {
    if on_callback_thread() {
        GIVEN_BACK.with_borrow_mut(|leases| leases.push(lease));
    }
}

impl Callbacks {
    pub fn push(&self, client: Arc<Client>, handler: Handler, finished: Finished) {
        lock(&self.state).list.push_back(Delivery { client, handler, finished });
        self.changed.notify_one();
    }

    /// Ends the thread once the list is empty.
    pub fn stop(&self) {
        lock(&self.state).stopped = true;
        self.changed.notify_one();
    }

    /// What the callback thread does until it is stopped.
    pub fn run(&self) {
        ON_CALLBACK_THREAD.set(true);
        let mut state = lock(&self.state);
        loop {
            if let Some(delivery) = state.list.pop_front() {
                drop(state);
                delivery.run();
                // May be the last lease, and so may stop this very loop.
                drop(GIVEN_BACK.take());
                state = lock(&self.state);
            } else if state.stopped {
                return;
            } else {
                state = wait(&self.changed, state);
            }
        }
    }

    /// On the callback thread: runs the callbacks that `client` still owes, here and now, until only
    /// those are left that are running already, further down this thread's stack.
    pub fn drain(&self, client: &Client) {
        let running = RUNNING.with_borrow(|clients| {
            clients.iter().filter(|running| std::ptr::eq(**running, client)).count()
        });
        let mut state = lock(&self.state);
        loop {
            let mine = |delivery: &Delivery| std::ptr::eq(&*delivery.client, client);
            if let Some(delivery) =
                state.list.iter().position(mine).and_then(|index| state.list.remove(index))
            {
                drop(state);
                delivery.run();
                state = lock(&self.state);
            } else if client.unfinished() <= running {
                return;
            } else {
                state = wait(&self.changed, state);
            }
        }
    }
}

impl Delivery {
    fn run(self) {
        RUNNING.with_borrow_mut(|clients| clients.push(Arc::as_ptr(&self.client)));
        (self.handler)(self.finished);
        RUNNING.with_borrow_mut(Vec::pop);
        self.client.delivered();
    }
}
