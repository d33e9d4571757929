//! A client to whose calls something is done in the middle, and what must hold all the same.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle, sleep};
use std::time::Duration;

use matrix_capi::api::{BaseUrl, Outcome, Status};
use matrix_capi::engine::{Call, Client, Next, Options, Queue, Refusal, UserData};

pub type Job = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// What is done to a call in the middle of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Cancel,
    Free,
}

/// A job to which something is done after its n-th poll, if it still waits then.
struct Tortured {
    job: Job,
    polls: Arc<AtomicUsize>,
    at: usize,
    deed: Option<Box<dyn FnOnce() + Send>>,
    /// Counts the jobs that are alive.
    _alive: Arc<()>,
}

impl Future for Tortured {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let polls = self.polls.fetch_add(1, SeqCst) + 1;
        let outcome = self.job.as_mut().poll(context);
        if outcome.is_pending() && polls == self.at {
            if let Some(deed) = self.deed.take() {
                deed();
            }
        }
        outcome
    }
}

/// One client, to which something is done after the n-th poll of its calls; 0 is before the first.
pub struct Victim {
    client: Arc<Client>,
    queue: Arc<Queue>,
    pub base: String,
    deed: Deed,
    at: usize,
    polls: Arc<AtomicUsize>,
    done: Arc<AtomicUsize>,
    freeing: Arc<Mutex<Option<JoinHandle<()>>>>,
    alive: Arc<()>,
}

impl Victim {
    pub fn new(base: String, deed: Deed, at: usize) -> Self {
        let (client, queue) = client(&base);
        let (polls, done, freeing, alive) = Default::default();
        Self { client, queue, base, deed, at, polls, done, freeing, alive }
    }

    /// Whether the deed was done.
    pub fn done(&self) -> bool {
        self.done.load(SeqCst) > 0
    }

    /// Whether its calls were polled so often.
    pub fn was_there(&self) -> bool {
        self.polls.load(SeqCst) >= self.at
    }

    /// Runs a call until it has ended so, which is at once unless the deed is done to it.
    pub fn until<F>(&mut self, wanted: Status, job: impl Fn() -> F)
    where
        F: FnOnce(Call) -> Job,
    {
        loop {
            let done = self.done.load(SeqCst);
            let outcome = self.run(job());
            let hit = self.done.load(SeqCst) > done;
            match (hit, outcome.status) {
                (true, Status::Cancelled) => {}
                // Freeing is done by another thread and may come too late.
                (true, other) if self.deed == Deed::Free && other == wanted => return,
                (false, other) if other == wanted => return,
                _ => panic!("{} at {}: {hit} {outcome:?}", self.base, self.at),
            }
        }
    }

    /// Runs a call to its one completion, on another client if this one was freed.
    fn run(&mut self, job: impl FnOnce(Call) -> Job) -> Outcome {
        let op = Arc::new(AtomicU64::new(0));
        let deed = self.deed(&op);
        let first = self.at == 0 && self.polls.load(SeqCst) == 0 && self.done.load(SeqCst) == 0;
        let (first, later) = if first { (Some(deed), None) } else { (None, Some(deed)) };
        let announce = |id| {
            op.store(id, SeqCst);
            if let Some(deed) = first {
                deed();
            }
        };
        let tortured = |call| Tortured {
            job: job(call),
            polls: Arc::clone(&self.polls),
            at: self.at,
            deed: later,
            _alive: Arc::clone(&self.alive),
        };
        let user_data = UserData(std::ptr::null_mut());
        self.client.submit(None, user_data, None, announce, tortured).unwrap();
        let Next::Delivery(delivery) = self.queue.next(None) else { panic!("nothing came") };
        assert_eq!(delivery.op, op.load(SeqCst));
        assert_eq!(self.client.cancel(delivery.op), Err(Refusal::NotFound));
        let freeing = self.freeing.lock().unwrap().take();
        if let Some(freeing) = freeing {
            freeing.join().unwrap();
            self.end();
            (self.client, self.queue) = client(&self.base);
        }
        delivery.outcome
    }

    fn deed(&self, op: &Arc<AtomicU64>) -> Box<dyn FnOnce() + Send> {
        let (client, op, done) = (Arc::clone(&self.client), Arc::clone(op), Arc::clone(&self.done));
        match self.deed {
            Deed::Cancel => Box::new(move || {
                assert_eq!(client.cancel(op.load(SeqCst)), Ok(()));
                done.fetch_add(1, SeqCst);
            }),
            Deed::Free => {
                let freeing = Arc::clone(&self.freeing);
                Box::new(move || {
                    *freeing.lock().unwrap() = Some(thread::spawn(move || client.close()));
                    done.fetch_add(1, SeqCst);
                    // So that it comes before the next poll, most of the time.
                    sleep(Duration::from_millis(2));
                })
            }
        }
    }

    /// Frees the client and sees that nothing of its calls is left.
    pub fn end(&self) {
        self.client.close();
        assert!(matches!(self.queue.next(Some(Duration::ZERO)), Next::Nothing), "a second one");
        assert_eq!(Arc::strong_count(&self.alive), 1, "a job outlives its client");
        assert_eq!(Arc::strong_count(&self.client), 1, "somebody keeps the client");
    }
}

fn client(base: &str) -> (Arc<Client>, Arc<Queue>) {
    let queue = Arc::new(Queue::new().unwrap());
    let options = Options {
        queue: Some(Arc::clone(&queue)),
        retry_delay: Duration::from_millis(10),
        ..Options::default()
    };
    (Client::new(Some(BaseUrl::parse(base, false).unwrap()), &options).unwrap(), queue)
}
