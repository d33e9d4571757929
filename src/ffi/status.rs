//! Statuses: how a function answered, or how an operation ended.
//!
//! 0 is success. Values may be added, never changed: treat one that you do not know as a failure.

use std::ffi::{CStr, c_char};

use crate::api::Status;

/// One of the MX_ constants.
pub type mx_status = i32;

/// It went well.
pub const MX_OK: mx_status = 0;

/// Refused: a parameter that is not nullable is NULL.
pub const MX_ERR_NULL_ARGUMENT: mx_status = 1;
/// Refused: a string is not UTF-8.
pub const MX_ERR_INVALID_UTF8: mx_status = 2;
/// Refused: a callback for a client with a queue, or a call from where it is not allowed.
pub const MX_ERR_MISUSE: mx_status = 3;
/// Refused: the client is being freed; or that of this password reset has been.
pub const MX_ERR_CLOSED: mx_status = 4;
/// Refused: this process was forked while clients or queues were alive.
pub const MX_ERR_FORKED: mx_status = 5;
/// Refused: there is no such operation pending; it has finished, or never was.
pub const MX_ERR_NOT_FOUND: mx_status = 6;
/// mx_queue_next: nothing came in time, or mx_queue_wake was called.
pub const MX_ERR_TIMEOUT: mx_status = 7;

/// The spec, or this library, does not allow a value. Nothing was sent. The message says which
/// value and why. Setters and mx_client_new return it, too.
pub const MX_ERR_INVALID_ARGUMENT: mx_status = 32;
/// It was cancelled. The request may have reached the server all the same.
pub const MX_ERR_CANCELLED: mx_status = 33;
/// It had no outcome within the client's timeout. The request may have reached the server.
pub const MX_ERR_DEADLINE: mx_status = 34;
/// The server could not be reached, or the connection broke before its answer came.
pub const MX_ERR_CONNECT: mx_status = 35;
/// No secure connection: the certificate is not trusted, or the server speaks no TLS we accept.
pub const MX_ERR_TLS: mx_status = 36;
/// The homeserver refused: see mx_result_errcode and mx_result_http_status.
pub const MX_ERR_MATRIX: mx_status = 37;
/// The answer is not what the spec defines: a proxy's HTML page, cut or ill-formed JSON, a missing
/// field, a redirect, too many bytes. mx_result_body gives what came.
pub const MX_ERR_BAD_RESPONSE: mx_status = 38;
/// Password reset: the person has not confirmed the mail yet.
pub const MX_PENDING: mx_status = 39;
/// The accounts of this server live on a web page: open "/account_management_uri".
pub const MX_WEB_REQUIRED: mx_status = 40;
/// The request may have been carried out, and its answer was lost. Sending it again is not safe.
pub const MX_UNKNOWN_OUTCOME: mx_status = 41;

/// A failure inside the library or of the machine: no memory for a thread, a bug.
pub const MX_ERR_INTERNAL: mx_status = 64;

/// The name of a status, such as "MX_ERR_TLS", or "unknown status". Static: valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn mx_status_name(status: mx_status) -> *const c_char {
    name(status).as_ptr()
}

/// The constants and their names, once, for `mx_status_name` and whoever lists them.
pub const NAMES: &[(mx_status, &CStr)] = &[
    (MX_OK, c"MX_OK"),
    (MX_ERR_NULL_ARGUMENT, c"MX_ERR_NULL_ARGUMENT"),
    (MX_ERR_INVALID_UTF8, c"MX_ERR_INVALID_UTF8"),
    (MX_ERR_MISUSE, c"MX_ERR_MISUSE"),
    (MX_ERR_CLOSED, c"MX_ERR_CLOSED"),
    (MX_ERR_FORKED, c"MX_ERR_FORKED"),
    (MX_ERR_NOT_FOUND, c"MX_ERR_NOT_FOUND"),
    (MX_ERR_TIMEOUT, c"MX_ERR_TIMEOUT"),
    (MX_ERR_INVALID_ARGUMENT, c"MX_ERR_INVALID_ARGUMENT"),
    (MX_ERR_CANCELLED, c"MX_ERR_CANCELLED"),
    (MX_ERR_DEADLINE, c"MX_ERR_DEADLINE"),
    (MX_ERR_CONNECT, c"MX_ERR_CONNECT"),
    (MX_ERR_TLS, c"MX_ERR_TLS"),
    (MX_ERR_MATRIX, c"MX_ERR_MATRIX"),
    (MX_ERR_BAD_RESPONSE, c"MX_ERR_BAD_RESPONSE"),
    (MX_PENDING, c"MX_PENDING"),
    (MX_WEB_REQUIRED, c"MX_WEB_REQUIRED"),
    (MX_UNKNOWN_OUTCOME, c"MX_UNKNOWN_OUTCOME"),
    (MX_ERR_INTERNAL, c"MX_ERR_INTERNAL"),
];

pub(super) fn name(status: mx_status) -> &'static CStr {
    NAMES.iter().find(|(known, _)| *known == status).map_or(c"unknown status", |(_, name)| name)
}

pub(super) fn status_of(status: Status) -> mx_status {
    match status {
        Status::Ok => MX_OK,
        Status::InvalidArgument => MX_ERR_INVALID_ARGUMENT,
        Status::Cancelled => MX_ERR_CANCELLED,
        Status::Deadline => MX_ERR_DEADLINE,
        Status::Connect => MX_ERR_CONNECT,
        Status::Tls => MX_ERR_TLS,
        Status::Matrix => MX_ERR_MATRIX,
        Status::BadResponse => MX_ERR_BAD_RESPONSE,
        Status::Pending => MX_PENDING,
        Status::WebRequired => MX_WEB_REQUIRED,
        Status::UnknownOutcome => MX_UNKNOWN_OUTCOME,
        Status::Internal => MX_ERR_INTERNAL,
    }
}
