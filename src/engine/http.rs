//! Sends requests over reqwest and collects their answers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::Url;
use reqwest::header::RETRY_AFTER;
use tokio::time::{Instant, sleep};

use super::blocking::run_blocking;
use super::deadline;
use super::failure::{Failure, causes, failure};
use super::headers::{Headers, Token};
use super::options::Options;
use super::proxy;
use super::resolver::Resolver;
use super::retry::{Fault, Policy, Retries, jitter};
use super::sync::lock;
use super::tls;
use crate::api::{
    Auth, BaseUrl, Body, CheckedBody, Field, Head, Headers as AnswerHeaders, Method, Outcome,
    Prepared, Status, read_answer,
};
use crate::log;
use crate::secret::SecretBytes;

/// The way to one homeserver.
pub struct Transport {
    http: reqwest::Client,
    base: Option<BaseUrl>,
    headers: Headers,
    /// The URLs of the operations whose path has no fields, parsed once.
    urls: Mutex<BTreeMap<&'static str, Url>>,
    policy: Policy,
    timeout: Duration,
    allow_plain_http: bool,
    max_response_bytes: usize,
}

/// The time that a call has.
#[derive(Clone, Copy)]
pub struct Limit {
    /// In all, for messages.
    pub timeout: Duration,
    pub deadline: Instant,
}

impl Limit {
    pub fn from_now(timeout: Duration) -> Self {
        Self { timeout, deadline: Instant::now() + timeout }
    }
}

/// How far a request has come.
#[derive(Default)]
struct Progress {
    /// Why the latest try failed.
    latest: Option<Cow<'static, str>>,
    /// A try is under way, and nobody knows how far it got.
    under_way: bool,
    /// The answer to a try that may have reached the server was lost.
    maybe_carried_out: bool,
}

impl Transport {
    pub fn new(base: Option<BaseUrl>, options: &Options) -> Result<Self, Outcome> {
        let mut builder = reqwest::Client::builder()
            .dns_resolver(Resolver)
            .tls_backend_preconfigured(tls::client_config(options)?)
            .user_agent(&options.user_agent)
            .connect_timeout(options.connect_timeout)
            .pool_max_idle_per_host(options.max_idle_connections)
            .pool_idle_timeout(options.idle_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false);
        let stays_here = base.as_ref().is_some_and(BaseUrl::is_plain_loopback);
        match &options.proxy {
            Some(proxy) if !stays_here || proxy::is_here(proxy) => {
                builder = builder.proxy(proxy::parse(proxy)?);
            }
            // What is plain because it stays on this machine must not leave it for a proxy, be it of
            // the options or of the environment.
            _ if stays_here => builder = builder.no_proxy(),
            _ => {}
        }
        let http = builder.build().map_err(|error| {
            Outcome::internal(format!("the HTTP client cannot be set up: {}", causes(&error)))
        })?;
        Ok(Self {
            http,
            headers: Headers::new(base.as_ref().map(BaseUrl::url), &options.user_agent)?,
            base,
            urls: Mutex::default(),
            policy: Policy::from(options),
            timeout: options.timeout,
            allow_plain_http: options.allow_plain_http,
            max_response_bytes: options.max_response_bytes,
        })
    }

    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    pub fn allows_plain_http(&self) -> bool {
        self.allow_plain_http
    }

    pub fn base(&self) -> Option<&BaseUrl> {
        self.base.as_ref()
    }

    /// Sends a request until it has an outcome, or until the deadline.
    pub async fn run(
        &self,
        op: u64,
        request: &mut Prepared,
        token: Option<&Token>,
        limit: Limit,
    ) -> Outcome {
        let token = match self.check(request, token) {
            Ok(token) => token,
            Err(outcome) => return outcome,
        };
        let mut progress = Progress::default();
        let tries = self.tries(op, request, token, limit.deadline, &mut progress);
        match deadline::before(limit.deadline, tries).await {
            Ok(outcome) => Outcome { maybe_carried_out: progress.maybe_carried_out, ..outcome },
            Err(_) => {
                let time = limit.timeout.as_millis();
                let before = progress.latest.map(|message| format!("; before that, {message}"));
                let before = before.unwrap_or_default();
                let message = format!("{}: no answer within {time} ms{before}", request.row().id());
                Outcome {
                    maybe_carried_out: progress.maybe_carried_out || progress.under_way,
                    ..Outcome::new(Status::Deadline, message)
                }
            }
        }
    }

    /// Whether the request can be sent, and the access token that goes with it: none to a URL that
    /// the homeserver or a document named.
    fn check<'a>(
        &self,
        request: &Prepared,
        token: Option<&'a Token>,
    ) -> Result<Option<&'a Token>, Outcome> {
        let refused =
            |why: &str| Err(Outcome::invalid_argument(format!("{}: {why}", request.row().id())));
        match request.row().auth() {
            _ if request.url.is_some() => Ok(None),
            Auth::Required if token.is_none() => {
                refused("access_token is missing: this operation needs one")
            }
            _ if self.base.is_none() => refused("this client was made without a homeserver"),
            Auth::Never => Ok(None),
            Auth::Optional | Auth::Required => Ok(token),
        }
    }

    /// Where a request goes; `None` only for a request that `check` refuses.
    pub fn url(&self, request: &Prepared) -> Option<Url> {
        if let Some(url) = &request.url {
            return Some(url.clone());
        }
        let base = self.base.as_ref()?;
        let Cow::Borrowed(path) = request.path_and_query else {
            return Some(base.join(&request.path_and_query));
        };
        Some(lock(&self.urls).entry(path).or_insert_with(|| base.join(path)).clone())
    }

    async fn tries(
        &self,
        op: u64,
        request: &mut Prepared,
        token: Option<&Token>,
        deadline: Instant,
        progress: &mut Progress,
    ) -> Outcome {
        let body = request.body.take();
        let request = &*request;
        let row = request.row();
        let mut retries = Retries::new(&self.policy, request.repeat);
        loop {
            let started = Instant::now();
            log::debug(format_args!(
                "op {op}: {}: {} {}",
                row.id(),
                row.method().name(),
                row.path()
            ));
            progress.under_way = true;
            let (outcome, wait) = match self.one_try(request, body.clone(), token).await {
                Ok((head, bytes)) => {
                    let token = token.map(Token::text);
                    let body = checked(bytes, head.status, row.answer()).await;
                    let now = SystemTime::now();
                    let outcome = read_answer(request, self.base(), token, head, body, now);
                    let wait = retries.after_answer(&outcome, jitter);
                    (outcome, wait)
                }
                Err(failure) => {
                    progress.maybe_carried_out |= failure.fault == Fault::MaybeSent;
                    let wait = retries.after_fault(failure.fault, jitter);
                    (failure.outcome, wait)
                }
            };
            progress.under_way = false;
            log_answer(op, row.id(), &outcome, started);
            match wait {
                Some(wait) if Instant::now() + wait < deadline => {
                    log::info(format_args!("op {op}: trying again in {} ms", wait.as_millis()));
                    progress.latest = Some(outcome.message);
                    sleep(wait).await;
                }
                _ => return outcome,
            }
        }
    }

    async fn one_try(
        &self,
        request: &Prepared,
        body: Option<Bytes>,
        token: Option<&Token>,
    ) -> Result<(Head, SecretBytes), Failure> {
        let sent = self.http.execute(self.message(request, body, token)?);
        let response = sent.await.map_err(|error| failure(request, &error))?;
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut headers = AnswerHeaders::default();
        for (name, value) in response.headers() {
            // Of one sent twice the last counts, as in most clients.
            headers.set(name.as_str(), value.as_bytes());
        }
        let head = Head { status: response.status().as_u16(), retry_after, headers };
        let bytes = self.body(request, &head, response).await?;
        Ok((head, bytes))
    }

    /// The request as reqwest takes it.
    fn message(
        &self,
        request: &Prepared,
        body: Option<Bytes>,
        token: Option<&Token>,
    ) -> Result<reqwest::Request, Failure> {
        let lasting = |outcome| Failure { fault: Fault::Lasting, outcome };
        let method = match request.row().method() {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let url = self
            .url(request)
            .ok_or_else(|| lasting(Outcome::internal("a request without a homeserver")))?;
        let length = body.as_ref().map(Bytes::len);
        let headers =
            self.headers.for_request(request.url.as_ref(), length, token).map_err(lasting)?;
        let mut message = reqwest::Request::new(method, url);
        *message.headers_mut() = headers;
        *message.body_mut() = body.map(Into::into);
        Ok(message)
    }

    /// Collects the body, never holding more than the client allows.
    async fn body(
        &self,
        request: &Prepared,
        head: &Head,
        mut response: reqwest::Response,
    ) -> Result<SecretBytes, Failure> {
        // What is announced is believed once so much of it has come.
        const FIRST: usize = 64 * 1024;
        let limit = self.max_response_bytes;
        let announced = response.content_length().unwrap_or_default();
        let whole = usize::try_from(announced).unwrap_or(usize::MAX).min(limit);
        // One more: in a result a NUL stands behind the body.
        let mut bytes = SecretBytes::with_capacity(whole.min(FIRST) + 1);
        let broken = |bytes, fault, why: String| {
            let message = format!("{}: HTTP {}, {why}", request.row().id(), head.status);
            Failure {
                fault,
                outcome: Outcome {
                    http_status: head.status,
                    body: Some(Body::unchecked(bytes)),
                    headers: head.headers.clone(),
                    ..Outcome::new(Status::BadResponse, message)
                },
            }
        };
        if announced > limit as u64 {
            let why = format!("the body has {announced} bytes, more than the {limit} allowed");
            return Err(broken(bytes, Fault::Lasting, why));
        }
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() > limit => {
                    let why = format!("the body has more than the {limit} bytes allowed");
                    return Err(broken(bytes, Fault::Lasting, why));
                }
                Ok(Some(chunk)) => {
                    if bytes.len() + chunk.len() >= bytes.capacity() {
                        bytes.grow_to(whole + 1);
                    }
                    bytes.extend(&chunk);
                }
                Ok(None) => return Ok(bytes),
                Err(error) => {
                    let why = format!(
                        "the body broke off after {} bytes: {}",
                        bytes.len(),
                        causes(&error)
                    );
                    return Err(broken(bytes, Fault::MaybeSent, why));
                }
            }
        }
    }
}

/// A large body is checked beside the I/O thread: other calls, their deadlines and their
/// cancellation must not wait for it.
async fn checked(bytes: SecretBytes, status: u16, answer: &'static [Field]) -> CheckedBody {
    const SMALL: usize = 256 * 1024;
    if bytes.len() <= SMALL {
        return CheckedBody::new(bytes, status, answer);
    }
    // Where no thread can be started, the answer is worth the others' wait.
    let check = move || CheckedBody::new(bytes, status, answer);
    run_blocking(check).await.unwrap_or_else(|check| check())
}

/// The outcomes of failures name their operation; what a server said does not reach the log.
fn log_answer(op: u64, id: &str, outcome: &Outcome, started: Instant) {
    if log::enabled(log::Level::Info) {
        let line = outcome.log_line();
        let line = line.strip_prefix(id).map_or(&*line, |rest| rest.trim_start_matches(": "));
        let time = started.elapsed().as_millis();
        log::info(format_args!("op {op}: {id}: {line}, after {time} ms"));
    }
}
