//! Every operation by its name.

use std::ffi::{CString, c_char, c_void};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use once_cell::race::OnceBox;
use serde_json::json;

use super::boundary::{Stop, borrow, c_string, give, guard, text};
use super::client::mx_client;
use super::queue::mx_callback;
use super::result::{mx_op, mx_result};
use super::status::mx_status;
use crate::api::{Auth, Operation, Outcome, Place, Repeat, Request, table};
use crate::engine::{Call, Client, Handler, UserData};

/// Starts any operation of the table by the spec's operationId.
///
/// @param operation_id  such as "getVersions"; mx_operations lists them
/// @param params_json   one flat JSON object with the operation's path, query and body fields under
///                      the spec's names: "{}" if there are none. A field that is absent is left
///                      out; null in a body is sent as null. A body that the spec leaves open is
///                      the member "body".
/// @param callback      receives the result; NULL exactly if the client has a queue
/// @param user_data     nullable; given back with the result
/// @param op            nullable; receives the call's id before its result can come
/// @return MX_OK if accepted. An unknown operation, and an unknown, missing or wrongly typed field,
///         is the result's status: MX_ERR_INVALID_ARGUMENT, with a message that names it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_call(
    client: *mut mx_client,
    operation_id: *const c_char,
    params_json: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_call", || {
        // SAFETY: by the header's rules.
        let (id, params) =
            unsafe { (text(operation_id, "operation_id")?, text(params_json, "params_json")?) };
        let request = find(id).and_then(|row| Request::from_json(row, params));
        // SAFETY: by the header's rules.
        unsafe { submit(client, request, Receiver { callback, user_data, op }) }
    })
}

/// The row with this operationId.
pub(super) fn find(id: &str) -> Result<&'static Operation, Outcome> {
    table::find(id).ok_or_else(|| {
        Outcome::invalid_argument(format!(
            "operation_id: there is no operation {id:?}; mx_operations lists them"
        ))
    })
}

/// The operations that this library knows, as JSON for tools: an array of objects with "id",
/// "method", "path", "auth" ("never", "optional", "required"), "repeat" ("harmless", "unsafe"),
/// "params" and "answer": arrays of objects with "name", "in" ("path", "query", "body"), "type" and
/// "required". Static: valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn mx_operations() -> *const c_char {
    static JSON: OnceBox<CString> = OnceBox::new();
    JSON.get_or_init(|| {
        let rows: Vec<_> = table::OPERATIONS.iter().copied().map(describe).collect();
        Box::new(c_string(serde_json::Value::from(rows).to_string()))
    })
    .as_ptr()
}

/// How a result is to reach the application: what every function that starts something takes.
pub(super) struct Receiver {
    pub callback: mx_callback,
    pub user_data: *mut c_void,
    pub op: *mut mx_op,
}

/// What every function that starts one operation does once it has collected its parameters.
///
/// # Safety
/// As [`start`].
pub(super) unsafe fn submit(
    client: *const mx_client,
    request: Result<Request, Outcome>,
    receiver: Receiver,
) -> Result<(), Stop> {
    let timeout = request.as_ref().ok().and_then(Request::timeout);
    let request = request.and_then(Request::prepare);
    // SAFETY: by this function's contract.
    unsafe {
        let client = &borrow(client, "client")?.0;
        start(client, receiver, timeout, |call| async move { call.run(request).await })
    }
}

/// Starts a call. It has `timeout`, or else the client's own.
///
/// # Safety
/// `receiver.op` must be NULL or writable; `receiver.callback` must bear what the header says.
pub(super) unsafe fn start<F: Future<Output = Outcome> + Send + 'static>(
    client: &Arc<Client>,
    receiver: Receiver,
    timeout: Option<Duration>,
    work: impl FnOnce(Call) -> F,
) -> Result<(), Stop> {
    let handler = receiver.callback.map(|callback| -> Handler {
        Box::new(move |delivery| {
            let user_data = delivery.user_data.0;
            // SAFETY: by this function's contract.
            unsafe { callback(give(mx_result::new(delivery)), user_data) }
        })
    });
    let announce = |id| {
        if !receiver.op.is_null() {
            // SAFETY: by this function's contract.
            unsafe { receiver.op.write(id) }
        }
    };
    Ok(client.submit(handler, UserData(receiver.user_data), timeout, announce, work)?)
}

fn describe(row: &Operation) -> serde_json::Value {
    let field = |field: &crate::api::Field| {
        let place = match field.place {
            Place::Path => "path",
            Place::Query => "query",
            Place::Body | Place::WholeBody => "body",
        };
        json!({
            "name": field.name, "in": place, "type": field.kind.json_type(), "required": field.required,
        })
    };
    json!({
        "id": row.id,
        "method": row.method.name(),
        "path": row.path,
        "auth": match row.auth {
            Auth::Never => "never",
            Auth::Optional => "optional",
            Auth::Required => "required",
        },
        "repeat": match row.repeat {
            Repeat::Harmless => "harmless",
            Repeat::Unsafe => "unsafe",
        },
        "params": row.params.iter().map(field).collect::<Vec<_>>(),
        "answer": row.answer.iter().map(field).collect::<Vec<_>>(),
    })
}
