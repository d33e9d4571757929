//! How an operation ended: the one value that travels back to the application.

use std::borrow::Cow;
use std::fmt;

use super::{Body, Headers};
use crate::json::Value;
use crate::secret::SecretBytes;

/// The ways an operation can end. `ffi` gives each its number and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok,
    InvalidArgument,
    Cancelled,
    Deadline,
    Connect,
    Tls,
    Matrix,
    BadResponse,
    Pending,
    WebRequired,
    UnknownOutcome,
    Internal,
}

/// How an operation ended.
pub struct Outcome {
    pub status: Status,
    /// What happened, for developers' logs; holds no secret.
    pub message: Cow<'static, str>,
    /// 0 where no answer came.
    pub http_status: u16,
    pub errcode: Option<String>,
    pub retry_after_ms: Option<u64>,
    /// `None` where no answer came.
    pub body: Option<Body>,
    /// Of the answer, those that applications ask for.
    pub headers: Headers,
    /// Whether the request may have been carried out although no complete answer came.
    pub maybe_carried_out: bool,
}

/// Of what a server said nothing is shown but what the message repeats: it may echo a secret anywhere.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcome")
            .field("status", &self.status)
            .field("message", &self.message)
            .field("http_status", &self.http_status)
            .field("retry_after_ms", &self.retry_after_ms)
            .field("maybe_carried_out", &self.maybe_carried_out)
            .finish_non_exhaustive()
    }
}

impl Outcome {
    pub fn new(status: Status, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            message: one_line(message.into()),
            http_status: 0,
            errcode: None,
            retry_after_ms: None,
            body: None,
            headers: Headers::default(),
            maybe_carried_out: false,
        }
    }

    pub fn invalid_argument(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Status::InvalidArgument, message)
    }

    /// An outcome that the library itself has put into JSON.
    pub fn of_json(
        status: Status,
        message: impl Into<Cow<'static, str>>,
        json: &impl serde::Serialize,
    ) -> Self {
        let mut bytes = SecretBytes::default();
        // A value in memory always has a text, and the buffer grows.
        let _ = serde_json::to_writer(&mut bytes, json);
        let (body, _) = Body::check(bytes, |_| None);
        Self { body: Some(body), ..Self::new(status, message) }
    }

    /// What may be logged: of what a server said, the status and an errcode of the usual form.
    pub fn log_line(&self) -> Cow<'_, str> {
        if self.http_status == 0 {
            return Cow::Borrowed(&self.message);
        }
        let usual =
            |code: &&str| code.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
        let errcode = self.errcode.as_deref().filter(usual).unwrap_or_default();
        format!("{:?}, HTTP {} {errcode}", self.status, self.http_status)
            .trim_end()
            .to_owned()
            .into()
    }

    /// The value in the answer's JSON that a pointer names.
    pub fn json(&self, pointer: &str) -> Option<Value<'_>> {
        self.body.as_ref()?.value()?.get(pointer)
    }

    /// The same, where it is a string.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.json(pointer)?.as_str()
    }

    /// The same answer, judged anew.
    pub fn judged(self, status: Status, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: one_line(message.into()), ..self }
    }

    pub fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Status::Internal, message)
    }
}

/// A message is one line, whatever a server or a caller has put into it.
pub(super) fn one_line(message: Cow<'static, str>) -> Cow<'static, str> {
    if message.contains(char::is_control) {
        message.replace(char::is_control, " ").into()
    } else {
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_whatever_is_put_into_it() {
        let outcome =
            Outcome::invalid_argument("there is no parameter a\r\nb\u{1b}[31m".to_owned());
        assert_eq!(outcome.message, "there is no parameter a  b [31m");
        let outcome = outcome.judged(Status::WebRequired, "https://is.example/\nx");
        assert_eq!(outcome.message, "https://is.example/ x");
    }
}
