//! Requests: any operation with its fields, one setter for each type.
//!
//!     mx_request *request = NULL;
//!     mx_request_new("login", &request);
//!     mx_request_set_string(request, "type", "m.login.password");
//!     mx_request_set_json(request, "identifier", "{\"type\": \"m.id.user\", \"user\": \"alice\"}");
//!     mx_request_set_string(request, "password", password);
//!     mx_client_send(client, request, done, NULL, NULL);
//!     mx_request_free(request);
//!
//! A field has the spec's name, wherever it travels: in the path, the query or the body. Setting it again
//! replaces it, except that a string for a list of strings is one more. Names with a dot, of vendors and
//! of proposals (MSCs), are taken by every operation: they go into the query of a GET or DELETE, and
//! into the body of a POST or PUT. Where the spec leaves the whole body open, it is the field "body".
//!
//! A setter refuses at once what the operation does not allow, with MX_ERR_INVALID_ARGUMENT, and
//! mx_refusal_message says why: no such field, a wrong type, a value outside its grammar. What is
//! missing is found when the request is sent. All setters are exclusive.

use std::ffi::{c_char, c_void};
use std::time::Duration;

use serde_json::json;

use super::boundary::{
    self, Stop, borrow, borrow_mut, give, guard, optional_text, release, take, text,
};
use super::call::{Receiver, find, submit};
use super::client::mx_client;
use super::queue::mx_callback;
use super::result::{mx_op, mx_result};
use super::status::{MX_ERR_INVALID_ARGUMENT, mx_status};
use crate::api::{Auth, Method, Outcome, Request, Status, custom};

/// An operation with its fields. Free it with mx_request_free.
pub struct mx_request(Request);

/// Makes a request without fields.
///
/// @param operation_id  the spec's operationId, such as "login"; mx_operations lists them
/// @param out           receives the request, which is yours
/// @return MX_OK; MX_ERR_INVALID_ARGUMENT for an operation that does not exist
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_new(
    operation_id: *const c_char,
    out: *mut *mut mx_request,
) -> mx_status {
    guard("mx_request_new", || {
        // SAFETY: by the header's rules.
        let (id, out) =
            unsafe { (text(operation_id, "operation_id")?, boundary::out(out, "out")?) };
        out.write(give(mx_request(Request::new(find(id)?))));
        Ok(())
    })
}

/// Makes a request to an endpoint that mx_operations does not list: an unstable or a vendor's one.
///
/// The access token travels with it if the client has one. Fields that the path does not name go into the
/// query of a GET or DELETE, and into the body of a POST or PUT; the field "body" is the whole body.
/// Any HTTP status from 200 to 299 is MX_OK, whatever the body is. Only a GET is sent again after a
/// lost answer. Every value counts as a secret; the log shows the path as it is given here.
///
/// @param method  "GET", "POST", "PUT" or "DELETE"
/// @param path    begins with "/_matrix/"; "{name}" stands for the field "name", which is
///                percent-encoded; a query may follow: "/_matrix/client/v1/x/{roomId}?dir={dir}"
/// @param out     receives the request, which is yours
/// @return MX_OK; MX_ERR_INVALID_ARGUMENT for another method or an ill-formed path
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_new_custom(
    method: *const c_char,
    path: *const c_char,
    out: *mut *mut mx_request,
) -> mx_status {
    guard("mx_request_new_custom", || {
        // SAFETY: by the header's rules.
        let (method, path, out) =
            unsafe { (text(method, "method")?, text(path, "path")?, boundary::out(out, "out")?) };
        out.write(give(mx_request(Request::new(custom::describe(method, path)?))));
        Ok(())
    })
}

/// Sets a field to a string.
///
/// @param value  nullable: the field is left out again
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_set_string(
    request: *mut mx_request,
    name: *const c_char,
    value: *const c_char,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        change(request, name, "mx_request_set_string", |request, name| {
            match optional_text(value, "value")? {
                Some(value) => Ok(request.set(name, &value)),
                None => Ok(request.unset(name)),
            }
        })
    }
}

/// Sets a field to an integer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_set_int(
    request: *mut mx_request,
    name: *const c_char,
    value: i64,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        change(request, name, "mx_request_set_int", |request, name| Ok(request.set(name, &value)))
    }
}

/// Sets a field to a number. NaN and the infinities are refused: JSON has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_set_double(
    request: *mut mx_request,
    name: *const c_char,
    value: f64,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        change(request, name, "mx_request_set_double", |request, name| {
            if value.is_finite() {
                Ok(request.set(name, &value))
            } else {
                Ok(Err(format!("{name} must be a finite number")))
            }
        })
    }
}

/// Sets a field to true or false.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_set_bool(
    request: *mut mx_request,
    name: *const c_char,
    value: bool,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        change(request, name, "mx_request_set_bool", |request, name| Ok(request.set(name, &value)))
    }
}

/// Sets a field to any JSON value, which is sent byte for byte: an object, an array, "null".
///
/// @param json  one JSON text; a member that it gives twice is refused, however deep it stands
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_set_json(
    request: *mut mx_request,
    name: *const c_char,
    json: *const c_char,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        change(request, name, "mx_request_set_json", |request, name| {
            Ok(request.set_json(name, text(json, "json")?))
        })
    }
}

/// How long the whole call may take, in milliseconds, in place of the client's timeout.
///
/// @param timeout_ms  0: the client's again
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_set_timeout_ms(
    request: *mut mx_request,
    timeout_ms: u32,
) -> mx_status {
    guard("mx_request_set_timeout_ms", || {
        let timeout = Duration::from_millis(timeout_ms.into());
        // SAFETY: by the header's rules.
        let request = unsafe { borrow_mut(request, "request") }?;
        request.0.set_timeout((timeout_ms > 0).then_some(timeout));
        Ok(())
    })
}

/// Sends a request. The library keeps what it needs of it: it may be changed, sent again or freed at
/// once.
///
/// @param request    not changed
/// @param callback   receives the result; NULL exactly if the client has a queue
/// @param user_data  nullable; given back with the result
/// @param op         nullable; receives the call's id before its result can come
/// @return MX_OK if accepted. A field that is missing is the result's status:
///         MX_ERR_INVALID_ARGUMENT, with a message that names it
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_send(
    client: *mut mx_client,
    request: *const mx_request,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_client_send", || {
        // SAFETY: by the header's rules.
        unsafe {
            let request = borrow(request, "request")?.0.clone();
            submit(client, Ok(request), Receiver { callback, user_data, op })
        }
    })
}

/// The URL of a request, for a browser: some endpoints, such as those that begin a login by SSO, set
/// cookies there. Nothing is sent.
///
/// @param request  a GET that needs no access token
/// @param out      receives a result, which is yours: MX_OK, with "/url"
/// @return MX_OK; MX_ERR_INVALID_ARGUMENT for any other request, for one that lacks a field, and for a
///         client without a homeserver
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_url(
    client: *const mx_client,
    request: *const mx_request,
    out: *mut *mut mx_result,
) -> mx_status {
    guard("mx_request_url", || {
        // SAFETY: by the header's rules.
        let (client, request, out) = unsafe {
            (borrow(client, "client")?, borrow(request, "request")?, boundary::out(out, "out")?)
        };
        let row = request.0.row();
        if row.method() != Method::Get || row.auth() == Auth::Required {
            let why = "a browser can open only a GET that needs no access token";
            return Err(invalid(format!("request: {}: {why}", row.id())));
        }
        let prepared = request.0.clone().prepare()?;
        let url = client.0.url(&prepared);
        let url = url.ok_or_else(|| invalid("client was made without a homeserver".to_owned()))?;
        let outcome = Outcome::of_json(Status::Ok, "OK", &json!({"url": url.as_str()}));
        out.write(mx_result::of_outcome(outcome));
        Ok(())
    })
}

/// Frees a request; the values in it are wiped. Calls that it was sent for go on. Exclusive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_free(request: *mut mx_request) {
    // SAFETY: by the header's rules.
    release(|| drop(unsafe { take(request) }));
}

/// What all setters of fields share.
///
/// # Safety
/// `request` must be NULL or alive, and nothing else may use it meanwhile; `name` NULL or a string.
unsafe fn change(
    request: *mut mx_request,
    name: *const c_char,
    function: &str,
    set: impl FnOnce(&mut Request, &str) -> Result<Result<(), String>, Stop>,
) -> mx_status {
    guard(function, || {
        // SAFETY: by this function's contract.
        let (request, name) = unsafe { (borrow_mut(request, "request")?, text(name, "name")?) };
        let complaint = set(&mut request.0, name)?;
        complaint.map_err(|why| invalid(format!("{}: {why}", request.0.row().id())))
    })
}

fn invalid(why: String) -> Stop {
    Stop::new(MX_ERR_INVALID_ARGUMENT, why)
}
