//! Clients: one for each homeserver, or one for each account.
//!
//! All clients of a process share two threads, one for the network and one for callbacks, and up to
//! four more that live while names are resolved or large answers read. They start with the first
//! client and are gone when the last one has been freed.

use std::ffi::c_char;
use std::sync::Arc;

use super::boundary::{self, Stop, borrow, give, guard, optional_text, release, take, text};
use super::options::mx_client_options;
use super::result::{mx_op, mx_result, no_error_yet, or_error};
use super::status::mx_status;
use crate::api::{BaseUrl, Outcome};
use crate::engine::{Client, Options};

/// The way to one homeserver. Free it with mx_client_free.
pub struct mx_client(pub(super) Arc<Client>);

/// Makes a client. Nothing is sent yet.
///
/// @param homeserver_url  the base URL: "https://matrix.example", with or without a port, a path
///                        prefix, a trailing slash; no user, password, query or fragment. Plain
///                        http only to this machine, unless the options allow it.
/// @param options         nullable: the defaults; a copy is kept
/// @param out             receives the client, which is yours
/// @param error           nullable; receives a result that says why it failed, which is yours, or
///                        NULL
/// @return MX_OK; MX_ERR_INVALID_ARGUMENT for a URL that is not taken; MX_ERR_INTERNAL if threads
///         cannot be started
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_new(
    homeserver_url: *const c_char,
    options: *const mx_client_options,
    out: *mut *mut mx_client,
    error: *mut *mut mx_result,
) -> mx_status {
    guard("mx_client_new", || {
        // SAFETY: by the header's rules.
        unsafe {
            no_error_yet(error);
            let url = text(homeserver_url, "homeserver_url")?;
            make(options, out, error, |options| {
                BaseUrl::parse(url, options.allow_plain_http).map(Some)
            })
        }
    })
}

/// Makes a client without a homeserver, for mx_discover: any other call of it ends with
/// MX_ERR_INVALID_ARGUMENT.
///
/// @param options  nullable: the defaults; a copy is kept
/// @param out      receives the client, which is yours
/// @param error    nullable; receives a result that says why it failed, which is yours, or NULL
/// @return MX_OK; MX_ERR_INTERNAL if threads cannot be started
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_new_for_discovery(
    options: *const mx_client_options,
    out: *mut *mut mx_client,
    error: *mut *mut mx_result,
) -> mx_status {
    guard("mx_client_new_for_discovery", || {
        // SAFETY: by the header's rules.
        unsafe {
            no_error_yet(error);
            make(options, out, error, |_| Ok(None))
        }
    })
}

/// What both ways to make a client share.
///
/// # Safety
/// `options` must be NULL or alive; `out` and `error` NULL or writable.
unsafe fn make(
    options: *const mx_client_options,
    out: *mut *mut mx_client,
    error: *mut *mut mx_result,
    base: impl FnOnce(&Options) -> Result<Option<BaseUrl>, Outcome>,
) -> Result<(), Stop> {
    // SAFETY: by this function's contract.
    let (out, options) = unsafe { (boundary::out(out, "out")?, options.as_ref()) };
    let defaults = Options::default();
    let options = options.map_or(&defaults, |options| &options.0);
    let made = base(options).and_then(|base| Client::new(base, options));
    // SAFETY: by this function's contract.
    out.write(give(mx_client(unsafe { or_error(made, error) }?)));
    Ok(())
}

/// Changes the access token for the calls that are started from now on.
///
/// @param access_token  visible ASCII characters; nullable: none, as after logging out
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_set_access_token(
    client: *mut mx_client,
    access_token: *const c_char,
) -> mx_status {
    guard("mx_client_set_access_token", || {
        // SAFETY: by the header's rules.
        let (client, token) =
            unsafe { (borrow(client, "client")?, optional_text(access_token, "access_token")?) };
        Ok(client.0.set_access_token(token)?)
    })
}

/// Asks a call to end. Its result still comes: MX_ERR_CANCELLED, or its true outcome if that was
/// first. Asking again changes nothing. A cancelled request may have reached the server.
///
/// @return MX_OK; MX_ERR_NOT_FOUND if it has its outcome already or is not this client's
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_cancel(client: *mut mx_client, op: mx_op) -> mx_status {
    guard("mx_client_cancel", || {
        // SAFETY: by the header's rules.
        Ok(unsafe { borrow(client, "client") }?.0.cancel(op)?)
    })
}

/// Frees a client: cancels what is pending, delivers every result, and returns. After that no
/// callback of this client runs or will run. It waits for a callback that is running, so do not
/// hold a lock that your callback takes. If it is the last client, it also joins the library's
/// threads, which may wait for the system's name resolution.
///
/// Inside a callback it may be called, too: the client's remaining callbacks then run inside this
/// function, and the promise holds once the outer callback has returned. Exclusive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_free(client: *mut mx_client) {
    release(|| {
        // SAFETY: by the header's rules. The object is taken only after closing, because the
        // callbacks that run while it closes may still use it.
        if let Some(open) = unsafe { client.as_ref() } {
            open.0.close();
            // SAFETY: as above; nothing uses it any more.
            drop(unsafe { take(client) });
        }
    });
}
