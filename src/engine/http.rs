//! Sends requests over reqwest and collects their answers.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::Url;
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use tokio::time::{Instant, sleep, timeout_at};

use super::blocking::beside;
use super::failure::{Failure, causes, failure};
use super::lock::lock;
use super::options::Options;
use super::resolver::Resolver;
use super::retry::{Fault, Policy, Retries, jitter};
use super::tls;
use crate::api::{
    Auth, BaseUrl, Body, Ending, Head, Method, Outcome, Parsed, Request, read_answer,
};
use crate::log;
use crate::secret::{SecretBytes, SecretString};

/// An access token as the header that carries it.
#[derive(Clone)]
pub struct Token {
    header: HeaderValue,
    /// For redaction: a server may echo it.
    text: SecretString,
}

impl Token {
    pub fn new(token: &str) -> Result<Self, Outcome> {
        let unusable = || {
            Outcome::invalid_argument("access_token must be visible ASCII characters, at least one")
        };
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(unusable());
        }
        let mut bytes = SecretBytes::with_capacity("Bearer ".len() + token.len());
        bytes.extend(b"Bearer ");
        bytes.extend(token.as_bytes());
        let value = HeaderValue::from_maybe_shared(Bytes::from_owner(bytes));
        let mut value = value.map_err(|_| unusable())?;
        value.set_sensitive(true);
        Ok(Self { header: value, text: token.into() })
    }
}

/// The way to one homeserver.
pub struct Transport {
    http: reqwest::Client,
    base: Option<BaseUrl>,
    /// The URLs of the operations whose path has no fields, parsed once.
    urls: Mutex<HashMap<&'static str, Url>>,
    policy: Policy,
    timeout: Duration,
    allow_plain_http: bool,
    max_response_bytes: usize,
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
        if let Some(proxy) = &options.proxy {
            builder = builder.proxy(proxy_of(proxy)?);
        } else if base.as_ref().is_some_and(BaseUrl::is_plain_loopback) {
            // What is plain because it stays on this machine must not leave it for a proxy that the
            // environment names.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| {
            Outcome::internal(format!("the HTTP client cannot be set up: {}", causes(&error)))
        })?;
        Ok(Self {
            http,
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

    /// Sends a request until it has an outcome, or until `deadline`.
    pub async fn run(
        &self,
        op: u64,
        request: &mut Request,
        token: Option<&Token>,
        deadline: Instant,
    ) -> Outcome {
        let (url, token) = match self.target(request, token) {
            Ok(target) => target,
            Err(outcome) => return outcome,
        };
        let mut progress = Progress::default();
        let tries = self.tries(op, request, url, token, deadline, &mut progress);
        match timeout_at(deadline, tries).await {
            Ok(outcome) => Outcome { maybe_carried_out: progress.maybe_carried_out, ..outcome },
            Err(_) => {
                let limit = self.timeout.as_millis();
                let before = progress.latest.map(|message| format!("; before that, {message}"));
                let before = before.unwrap_or_default();
                let message =
                    format!("{}: no answer within {limit} ms{before}", request.operation.id);
                Outcome {
                    maybe_carried_out: progress.maybe_carried_out || progress.under_way,
                    ..Outcome::new(Ending::Deadline, message)
                }
            }
        }
    }

    /// Where a request goes, and whether the access token goes with it: never to a URL that the
    /// homeserver or a document named.
    fn target<'a>(
        &self,
        request: &Request,
        token: Option<&'a Token>,
    ) -> Result<(Url, Option<&'a Token>), Outcome> {
        let operation = request.operation;
        let wrong = |why: &str| Outcome::invalid_argument(format!("{}: {why}", operation.id));
        if let Some(url) = &request.url {
            return Ok((url.clone(), None));
        }
        let token = match operation.auth {
            Auth::Never => None,
            Auth::Optional => token,
            Auth::Required if token.is_none() => {
                return Err(wrong("access_token is missing: this operation needs one"));
            }
            Auth::Required => token,
        };
        let base =
            self.base.as_ref().ok_or_else(|| wrong("this client was made without a homeserver"))?;
        let url = match request.path_and_query {
            Cow::Borrowed(path) => {
                lock(&self.urls).entry(path).or_insert_with(|| base.join(path)).clone()
            }
            Cow::Owned(ref path) => base.join(path),
        };
        Ok((url, token))
    }

    async fn tries(
        &self,
        op: u64,
        request: &mut Request,
        url: Url,
        token: Option<&Token>,
        deadline: Instant,
        progress: &mut Progress,
    ) -> Outcome {
        let body = request.body.take().map(Bytes::from_owner);
        let request = &*request;
        let operation = request.operation;
        let mut retries = Retries::new(&self.policy, request.repeat);
        loop {
            let started = Instant::now();
            log::debug(format_args!(
                "op {op}: {}: {:?} {}",
                operation.id, operation.method, operation.path
            ));
            progress.under_way = true;
            let (outcome, wait) =
                match self.one_try(request, url.clone(), body.clone(), token).await {
                    Ok((head, bytes)) => {
                        let token = token.map(|token| token.text.as_str());
                        let parsed = parsed(bytes).await;
                        let outcome = read_answer(request, token, &head, parsed, SystemTime::now());
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
            log_answer(op, operation.id, &outcome, started);
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
        request: &Request,
        url: Url,
        body: Option<Bytes>,
        token: Option<&Token>,
    ) -> Result<(Head, SecretBytes), Failure> {
        let method = match request.operation.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let host = url.authority().to_owned();
        let mut builder = self.http.request(method, url);
        if let Some(body) = body {
            let json = HeaderValue::from_static("application/json");
            builder = builder.header(CONTENT_TYPE, json).body(body);
        }
        if let Some(token) = token {
            builder = builder.header(AUTHORIZATION, token.header.clone());
        }
        let response = builder.send().await.map_err(|error| failure(request, &host, &error))?;
        let header = |name: HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let head = Head {
            status: response.status().as_u16(),
            retry_after: header(RETRY_AFTER),
            location: header(LOCATION),
        };
        let bytes = self.body(request, &head, response).await?;
        Ok((head, bytes))
    }

    /// Collects the body, never holding more than the client allows.
    async fn body(
        &self,
        request: &Request,
        head: &Head,
        mut response: reqwest::Response,
    ) -> Result<SecretBytes, Failure> {
        const FIRST: u64 = 64 * 1024;
        let announced = response.content_length().unwrap_or_default();
        let mut bytes = SecretBytes::with_capacity(announced.min(FIRST) as usize);
        let limit = self.max_response_bytes;
        let bad = |bytes, fault, why: String| {
            let message = format!("{}: HTTP {}, {why}", request.operation.id, head.status);
            Failure {
                fault,
                outcome: Outcome {
                    http_status: head.status,
                    body: Some(Body { bytes, json: None }),
                    ..Outcome::new(Ending::BadResponse, message)
                },
            }
        };
        if announced > limit as u64 {
            let why = format!("the body has {announced} bytes, more than the {limit} allowed");
            return Err(bad(bytes, Fault::Lasting, why));
        }
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() > limit => {
                    let why = format!("the body has more than the {limit} bytes allowed");
                    return Err(bad(bytes, Fault::Lasting, why));
                }
                Ok(Some(chunk)) => bytes.extend(&chunk),
                Ok(None) => return Ok(bytes),
                Err(error) => {
                    let why = format!(
                        "the body broke off after {} bytes: {}",
                        bytes.len(),
                        causes(&error)
                    );
                    return Err(bad(bytes, Fault::MaybeSent, why));
                }
            }
        }
    }
}

/// A large body is parsed beside the I/O thread: other calls, their deadlines and their
/// cancellation must not wait for it.
async fn parsed(bytes: SecretBytes) -> Parsed {
    const SMALL: usize = 256 * 1024;
    if bytes.len() <= SMALL {
        return Parsed::new(bytes);
    }
    // Where no thread can be started, the answer is worth the others' wait.
    beside(|| Parsed::new(bytes)).await.unwrap_or_else(|parse| parse())
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

/// Reads a proxy's URL; the message never repeats it, since it may hold a password.
pub fn proxy_of(url: &SecretString) -> Result<reqwest::Proxy, Outcome> {
    let wrong =
        || Outcome::invalid_argument("proxy must be a URL such as http://proxy.example:3128");
    let parsed = Url::parse(url.as_str()).map_err(|_| wrong())?;
    if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
        return Err(wrong());
    }
    reqwest::Proxy::all(parsed).map_err(|_| wrong())
}
