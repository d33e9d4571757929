//! What a failed try means: how far it got, and which status that is.

use std::error::Error as StdError;
use std::io;

use reqwest::Url;

use super::retry::Fault;
use crate::api::{Outcome, Prepared, Repeat, Status};

/// A try that ended without a complete answer.
pub struct Failure {
    pub fault: Fault,
    pub outcome: Outcome,
}

/// What a request that got no answer means.
pub fn failure(request: &Prepared, error: &reqwest::Error) -> Failure {
    let id = request.row().id();
    let host = error.url().map(Url::authority).unwrap_or("the server");
    let causes = causes(error);
    let failed = |fault, status, what: String| Failure {
        fault,
        outcome: Outcome::new(status, format!("{id}: {what}: {causes}")),
    };
    let tls = chain(error).any(is_tls);
    if error.is_connect() {
        return match tls {
            true => failed(Fault::Lasting, Status::Tls, format!("no TLS with {host}")),
            false => failed(Fault::NotSent, Status::Connect, format!("no connection to {host}")),
        };
    }
    let hyper = chain(error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    if hyper.is_some_and(|error| error.is_parse()) {
        return failed(Fault::Lasting, Status::BadResponse, "the answer is not HTTP".into());
    }
    if hyper.is_some_and(|error| error.is_canceled()) {
        return failed(
            Fault::NotSent,
            Status::Connect,
            format!("the connection to {host} was closed"),
        );
    }
    let status = match (request.repeat, tls) {
        (Repeat::Unsafe, _) => Status::UnknownOutcome,
        (Repeat::Harmless, true) => Status::Tls,
        (Repeat::Harmless, false) => Status::Connect,
    };
    failed(
        Fault::MaybeSent,
        status,
        format!("the connection to {host} broke before an answer came"),
    )
}

/// The causes below an error. The topmost text is left out: reqwest puts the URL there.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause: &&'a (dyn StdError + 'static)| (*cause).source())
}

pub fn causes(error: &reqwest::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    for cause in chain(error) {
        let text = cause.to_string();
        // Many layers repeat the text of the one below, and one says only that it is a client's.
        if !text.starts_with("client error (") && !texts.iter().any(|before| before.contains(&text))
        {
            texts.push(text);
        }
    }
    if texts.is_empty() { "no cause is known".to_owned() } else { texts.join(": ") }
}

/// Whether a cause is TLS's: rustls' own error, in however many I/O errors it is wrapped, or a
/// handshake that ended early.
fn is_tls(cause: &(dyn StdError + 'static)) -> bool {
    let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    cause.is::<rustls::Error>()
        || wrapped.is_some_and(|inside| is_tls(inside))
        || cause.to_string() == "tls handshake eof"
}
