//! A client: the calls it has accepted, and what closing it promises.

use std::collections::HashMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::callbacks::{self, Callbacks};
use super::completion::{Completion, Finished, Handler, UserData};
use super::http::{Token, Transport};
use super::lock::{lock, wait};
use super::options::Options;
use super::queue::Queue;
use super::runtime::Lease;
use crate::api::{BaseUrl, Ending, Outcome, Request};
use crate::log;

/// Why a call was not accepted: nothing was started and no completion will come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The client is being freed.
    Closed,
    /// A client without a queue was given no callback.
    NoCallback,
    /// A client with a queue was given a callback.
    CallbackWithQueue,
    /// There is no such pending call.
    NotFound,
}

pub struct Client {
    transport: Arc<Transport>,
    token: Mutex<Option<Token>>,
    queue: Option<Arc<Queue>>,
    callbacks: Arc<Callbacks>,
    /// Taken when the client is closed.
    lease: Mutex<Option<Lease>>,
    calls: Mutex<Calls>,
    /// Notified when the last unfinished call of a closed client is finished.
    idle: Condvar,
}

#[derive(Default)]
struct Calls {
    closed: bool,
    /// Accepted and without an outcome yet.
    pending: HashMap<u64, Arc<Cancel>>,
    /// Accepted and not yet delivered: in a queue, or by a callback that has returned.
    unfinished: usize,
}

#[derive(Default)]
struct Cancel {
    requested: AtomicBool,
    notify: Notify,
}

/// Never reused, in the whole process; 0 is none.
static NEXT_OP: AtomicU64 = AtomicU64::new(1);

impl Client {
    pub fn new(base: Option<BaseUrl>, options: &Options) -> Result<Arc<Self>, Outcome> {
        let lease = Lease::take().map_err(|error| {
            Outcome::internal(format!("the library's threads did not start: {error}"))
        })?;
        let token = options.access_token.as_ref().map(|token| Token::new(token.as_str()));
        Ok(Arc::new(Self {
            transport: Arc::new(Transport::new(base, options)?),
            token: Mutex::new(token.transpose()?),
            queue: options.queue.clone(),
            callbacks: lease.callbacks(),
            lease: Mutex::new(Some(lease)),
            calls: Mutex::default(),
            idle: Condvar::new(),
        }))
    }

    /// Its homeserver; `None` if it was made without one.
    pub fn base(&self) -> Option<&BaseUrl> {
        self.transport.base()
    }

    /// Whether it may use plain http to other machines.
    pub fn allows_plain_http(&self) -> bool {
        self.transport.allows_plain_http()
    }

    /// For calls submitted from now on.
    pub fn set_access_token(&self, token: Option<&str>) -> Result<(), Outcome> {
        *lock(&self.token) = token.map(Token::new).transpose()?;
        Ok(())
    }

    /// Accepts a call: from here on it completes exactly once. `announce` learns the call's id
    /// before it can complete.
    pub fn submit<F>(
        self: &Arc<Self>,
        handler: Option<Handler>,
        user_data: UserData,
        announce: impl FnOnce(u64),
        job: impl FnOnce(Call) -> F,
    ) -> Result<(), Refusal>
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        match (&self.queue, &handler) {
            (Some(_), Some(_)) => return Err(Refusal::CallbackWithQueue),
            (None, None) => return Err(Refusal::NoCallback),
            _ => {}
        }
        let cancel = Arc::new(Cancel::default());
        let op = {
            let mut calls = lock(&self.calls);
            if calls.closed {
                return Err(Refusal::Closed);
            }
            let op = NEXT_OP.fetch_add(1, Ordering::Relaxed);
            calls.pending.insert(op, Arc::clone(&cancel));
            calls.unfinished += 1;
            op
        };
        announce(op);
        let completion = Completion::new(Arc::clone(self), op, user_data, handler);
        let call = Call {
            op,
            deadline: Instant::now() + self.transport.timeout(),
            token: lock(&self.token).clone(),
            transport: Arc::clone(&self.transport),
        };
        let job = job(call);
        let task = Box::pin(async move {
            let outcome = guarded(job, &cancel).await;
            completion.finish(outcome);
        });
        if let Some(lease) = lock(&self.lease).as_ref() {
            lease.spawn(task);
        }
        Ok(())
    }

    /// Asks a pending call to end; asking again changes nothing.
    pub fn cancel(&self, op: u64) -> Result<(), Refusal> {
        let cancel = lock(&self.calls).pending.get(&op).cloned().ok_or(Refusal::NotFound)?;
        cancel.request();
        Ok(())
    }

    /// Cancels what is pending and waits until every completion has been delivered. On the callback
    /// thread the remaining callbacks run inside this function.
    pub fn close(&self) {
        let pending: Vec<_> = {
            let mut calls = lock(&self.calls);
            calls.closed = true;
            calls.pending.values().cloned().collect()
        };
        for cancel in pending {
            cancel.request();
        }
        if callbacks::on_callback_thread() && self.queue.is_none() {
            self.callbacks.drain(self);
        } else {
            let mut calls = lock(&self.calls);
            while calls.unfinished > 0 {
                calls = wait(&self.idle, calls);
            }
        }
        if let Some(lease) = lock(&self.lease).take() {
            self.callbacks.give_back(lease);
        }
    }

    pub(super) fn unfinished(&self) -> usize {
        lock(&self.calls).unfinished
    }

    pub(super) fn is_cancelled(&self, op: u64) -> bool {
        lock(&self.calls).pending.get(&op).is_some_and(|cancel| cancel.is_requested())
    }

    /// The call has its outcome: from here on it cannot be cancelled, only delivered.
    pub(super) fn complete(self: &Arc<Self>, finished: Finished, handler: Option<Handler>) {
        lock(&self.calls).pending.remove(&finished.op);
        if log::enabled(log::Level::Debug) {
            log::debug(format_args!("op {}: {}", finished.op, finished.outcome.log_line()));
        }
        match (handler, &self.queue) {
            (Some(handler), _) => self.callbacks.push(Arc::clone(self), handler, finished),
            (None, Some(queue)) => {
                queue.push(finished);
                self.delivered();
            }
            // `submit` takes no call without one of the two.
            (None, None) => self.delivered(),
        }
    }

    pub(super) fn delivered(&self) {
        let mut calls = lock(&self.calls);
        calls.unfinished -= 1;
        if calls.closed && calls.unfinished == 0 {
            self.idle.notify_all();
        }
    }
}

impl Cancel {
    fn request(&self) {
        if !self.requested.swap(true, Ordering::Relaxed) {
            self.notify.notify_one();
        }
    }

    fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }
}

/// Runs a call to its outcome, or to its cancellation, or to its panic. The job is gone when this
/// is ready: a cancelled request's connection is closed before the completion says so.
async fn guarded(job: impl Future<Output = Outcome>, cancel: &Cancel) -> Outcome {
    let mut job = pin!(job);
    let mut cancelled = pin!(cancel.notify.notified());
    std::future::poll_fn(move |context| {
        if let Poll::Ready(outcome) = poll_caught(job.as_mut(), context) {
            return Poll::Ready(outcome);
        }
        cancelled.as_mut().poll(context).map(|()| Outcome::new(Ending::Cancelled, "cancelled"))
    })
    .await
}

fn poll_caught(
    job: Pin<&mut impl Future<Output = Outcome>>,
    context: &mut Context<'_>,
) -> Poll<Outcome> {
    // A job that panicked is never polled again, so nothing can see it half changed.
    catch_unwind(AssertUnwindSafe(|| job.poll(context))).unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<&str>().copied().map(str::to_owned);
        let what = what.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Poll::Ready(Outcome::internal(format!("a bug in the library: panic: {what}")))
    })
}

/// What a running call has: its transport, its access token and the time by which it must end.
pub struct Call {
    op: u64,
    deadline: Instant,
    token: Option<Token>,
    transport: Arc<Transport>,
}

impl Call {
    /// Sends one operation's request, again where that is safe, and reads its answer.
    pub async fn run(&self, request: Result<Request, Outcome>) -> Outcome {
        match request {
            Ok(mut request) => {
                let token = self.token.as_ref();
                self.transport.run(self.op, &mut request, token, self.deadline).await
            }
            Err(outcome) => outcome,
        }
    }

    /// The client's homeserver; `None` if it was made without one.
    pub fn base(&self) -> Option<&BaseUrl> {
        self.transport.base()
    }

    /// Whether the client may use plain http to other machines.
    pub fn allows_plain_http(&self) -> bool {
        self.transport.allows_plain_http()
    }

    /// From here on no access token travels, whatever the client has.
    pub fn forget_token(&mut self) {
        self.token = None;
    }

    /// Gives what follows the client's whole timeout again.
    pub fn renew_deadline(&mut self) {
        self.deadline = Instant::now() + self.transport.timeout();
    }
}

/// Waits without holding anything up.
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Next;
    use std::future::pending;

    struct PanicsWhenDropped;

    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }

    fn client() -> (Arc<Client>, Arc<Queue>) {
        let queue = Arc::new(Queue::new().unwrap());
        let options = Options { queue: Some(Arc::clone(&queue)), ..Options::default() };
        (Client::new(None, &options).unwrap(), queue)
    }

    /// Submits a job, does something to it, and returns its one outcome.
    fn outcome<F>(job: impl FnOnce(Call) -> F, then: impl FnOnce(&Client, u64)) -> Outcome
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let (client, queue) = client();
        let mut op = 0;
        client.submit(None, UserData::none(), |id| op = id, job).unwrap();
        then(&client, op);
        let Next::Finished(finished) = queue.next(None) else { panic!("nothing came") };
        assert_eq!(finished.op, op);
        client.close();
        assert!(matches!(queue.next(Some(Duration::ZERO)), Next::Nothing), "a second one came");
        finished.outcome
    }

    #[test]
    fn a_panic_inside_is_the_outcome_of_its_call() {
        let outcome = outcome(|_| async { panic!("boom") }, |_, _| {});
        assert_eq!(outcome.ending, Ending::Internal);
        assert!(outcome.message.contains("panic: boom"), "{}", outcome.message);
    }

    #[test]
    fn a_task_that_is_lost_still_completes_its_call() {
        let job = |_| async {
            let _guard = PanicsWhenDropped;
            pending().await
        };
        let outcome = outcome(job, |client, op| client.cancel(op).unwrap());
        assert_eq!(outcome.ending, Ending::Cancelled);
    }

    #[test]
    fn a_call_that_never_ends_ends_with_its_client() {
        let outcome = outcome(|_| pending(), |client, _| client.close());
        assert_eq!(outcome.ending, Ending::Cancelled);
    }
}
