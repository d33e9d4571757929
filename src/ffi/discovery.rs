//! Discovery: from what a person types to a homeserver.

use std::ffi::{c_char, c_void};

use super::boundary::{borrow, guard, text};
use super::call::{Receiver, start};
use super::client::mx_client;
use super::queue::mx_callback;
use super::result::mx_op;
use super::status::mx_status;
use crate::flow;

/// Finds a homeserver and says how passwords are reset there: by the spec's well-known document,
/// whose redirects are followed; then /versions, the server's OAuth metadata, and its login flows.
/// No access token travels with any of it.
///
/// MX_OK has in its JSON: "base_url", for mx_client_new; "versions", an array; and "reset":
///   "email"        mx_password_reset works, as far as can be known before a mail is asked for
///   "web"          accounts live on a web page: send the person to "/account_management_uri"; it
///                  and "/issuer" are the server's own words and can be absent
///   "unavailable"  no login by password here
///
/// MX_ERR_BAD_RESPONSE means that what was found is no homeserver: an ill-formed well-known
/// document, or a base URL that does not answer /versions; or that it leads where it may not: from
/// https to plain http, from out there to this machine or a private network, or to a page for the
/// person that is not on the web.
///
/// @param client     any client, most simply one of mx_client_new_for_discovery; it lends its
///                   options and its delivery, and its own homeserver is not asked
/// @param server     a Matrix ID ("@alice:example.org"), a server name ("example.org",
///                   "example.org:8448", "[2001:db8::1]") or a URL ("https://matrix.example.org")
/// @param callback   receives the result; NULL exactly if the client has a queue
/// @param user_data  nullable; given back with the result
/// @param op         nullable; receives the call's id before its result can come
/// @return MX_OK if accepted; text that is none of these is the result's status,
///         MX_ERR_INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_discover(
    client: *mut mx_client,
    server: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_discover", || {
        // SAFETY: by the header's rules.
        let (client, server) = unsafe { (borrow(client, "client")?, text(server, "server")?) };
        let server = flow::Server::parse(server, client.0.allows_plain_http());
        let work = |call| async move {
            match server {
                Ok(server) => flow::discover(call, server).await,
                Err(outcome) => outcome,
            }
        };
        // SAFETY: by the header's rules.
        unsafe { start(&client.0, Receiver { callback, user_data, op }, None, work) }
    })
}
