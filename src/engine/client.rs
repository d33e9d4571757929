//! A client: the way to one homeserver, and the calls that go there.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::burst::Trimming;
use super::calls::{Calls, Refusal};
use super::delivery::{Handler, UserData};
use super::headers::Token;
use super::http::{Limit, Transport};
use super::options::Options;
use super::runtime::Lease;
use super::sync::lock;
use crate::api::{BaseUrl, Outcome, Prepared};

pub struct Client {
    transport: Arc<Transport>,
    token: Mutex<Option<Token>>,
    calls: Arc<Calls>,
    /// As long as the client is alive, if it wants that.
    _trimming: Option<Trimming>,
}

impl Client {
    pub fn new(base: Option<BaseUrl>, options: &Options) -> Result<Arc<Self>, Outcome> {
        let lease = Lease::take().map_err(|error| {
            Outcome::internal(format!("the library's threads did not start: {error}"))
        })?;
        let token = options.access_token.as_ref().map(|token| Token::new(token.as_str()));
        Ok(Arc::new(Self {
            transport: Arc::new(Transport::new(base, options)?),
            token: Mutex::new(token.transpose()?),
            calls: Arc::new(Calls::new(options.queue.clone(), lease)),
            _trimming: options.malloc_trim.then(Trimming::new),
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

    /// Whether a text can be an access token.
    pub fn check_access_token(token: &str) -> Result<(), Outcome> {
        Token::new(token).map(drop)
    }

    /// For calls submitted from now on.
    pub fn set_access_token(&self, token: Option<&str>) -> Result<(), Outcome> {
        *lock(&self.token) = token.map(Token::new).transpose()?;
        Ok(())
    }

    /// The URL of a request to the client's homeserver; `None` if it was made without one.
    pub fn url(&self, request: &Prepared) -> Option<reqwest::Url> {
        self.transport.url(request)
    }

    /// Accepts a call: from here on it has exactly one outcome. It has `timeout`, or else the client's
    /// own. `announce` learns the call's id before the outcome can come; `work` is what the call does.
    pub fn submit<F>(
        &self,
        handler: Option<Handler>,
        user_data: UserData,
        timeout: Option<Duration>,
        announce: impl FnOnce(u64),
        work: impl FnOnce(Call) -> F,
    ) -> Result<(), Refusal>
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let completion = self.calls.accept(handler, user_data)?;
        let op = completion.op();
        announce(op);
        let call = Call {
            op,
            limit: Limit::from_now(timeout.unwrap_or(self.transport.timeout())),
            token: lock(&self.token).clone(),
            transport: Arc::clone(&self.transport),
        };
        self.calls.start(completion, work(call));
        Ok(())
    }

    /// Asks a pending call to stop; asking again changes nothing.
    pub fn cancel(&self, op: u64) -> Result<(), Refusal> {
        self.calls.cancel(op)
    }

    /// Cancels what is pending and waits until every outcome has been delivered. On the callback
    /// thread the remaining callbacks run inside this function.
    pub fn close(&self) {
        self.calls.close();
    }
}

/// What a running call has: its transport, its access token and the time by which it must end.
pub struct Call {
    op: u64,
    limit: Limit,
    token: Option<Token>,
    transport: Arc<Transport>,
}

impl Call {
    /// Sends one operation's request, again where that is safe, and reads its answer.
    pub async fn run(&self, request: Result<Prepared, Outcome>) -> Outcome {
        match request {
            Ok(mut request) => {
                let token = self.token.as_ref();
                self.transport.run(self.op, &mut request, token, self.limit).await
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

    /// Restarts the timeout.
    pub fn renew_deadline(&mut self) {
        self.limit = Limit::from_now(self.limit.timeout);
    }
}

/// Waits without holding anything up.
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Status;
    use crate::engine::{Next, Queue};
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

    /// Starts a call, does something to it, and returns its one outcome.
    fn outcome<F>(work: impl FnOnce(Call) -> F, then: impl FnOnce(&Client, u64)) -> Outcome
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let (client, queue) = client();
        let mut op = 0;
        client.submit(None, UserData::none(), None, |id| op = id, work).unwrap();
        then(&client, op);
        let Next::Delivery(delivery) = queue.next(None) else { panic!("nothing came") };
        assert_eq!(delivery.op, op);
        client.close();
        assert!(matches!(queue.next(Some(Duration::ZERO)), Next::Nothing), "a second one came");
        delivery.outcome
    }

    #[test]
    fn a_panic_inside_is_the_outcome_of_its_call() {
        let outcome = outcome(|_| async { panic!("boom") }, |_, _| {});
        assert_eq!(outcome.status, Status::Internal);
        assert!(outcome.message.contains("panic: boom"), "{}", outcome.message);
    }

    #[test]
    fn a_call_whose_work_panics_when_dropped_still_has_an_outcome() {
        let work = |_| async {
            let _guard = PanicsWhenDropped;
            pending().await
        };
        let outcome = outcome(work, |client, op| client.cancel(op).unwrap());
        assert_eq!(outcome.status, Status::Cancelled);
    }

    #[test]
    fn a_call_that_never_ends_ends_with_its_client() {
        let outcome = outcome(|_| pending(), |client, _| client.close());
        assert_eq!(outcome.status, Status::Cancelled);
    }
}
