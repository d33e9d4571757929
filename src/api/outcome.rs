//! How an operation ended: the one value that travels back to the application.

use crate::secret::{SecretBytes, SecretJson};

/// The ways an operation can end. `ffi` gives each its number and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Ok,
    InvalidArgument,
    Cancelled,
    Deadline,
    Connect,
    Tls,
    Matrix,
    BadResponse,
    UnknownOutcome,
    Internal,
}

/// An answer's body: the bytes as they came, and what they say where they are JSON.
#[derive(Debug, Default)]
pub struct Body {
    pub bytes: SecretBytes,
    pub json: Option<SecretJson>,
}

/// How an operation ended.
#[derive(Debug)]
pub struct Outcome {
    pub ending: Ending,
    /// What happened, for developers' logs; holds no secret.
    pub message: String,
    /// 0 where no answer came.
    pub http_status: u16,
    pub errcode: Option<String>,
    pub retry_after_ms: Option<u64>,
    /// `None` where no answer came.
    pub body: Option<Body>,
}

impl Outcome {
    pub fn new(ending: Ending, message: impl Into<String>) -> Self {
        Self {
            ending,
            message: message.into(),
            http_status: 0,
            errcode: None,
            retry_after_ms: None,
            body: None,
        }
    }

    pub fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(Ending::InvalidArgument, message)
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Ending::Internal, message)
    }
}
