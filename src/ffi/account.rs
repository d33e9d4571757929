//! Accounts: passwords, addresses and phone numbers, registration and its end.
//!
//! Each function is the operation of the same name in the spec, at its own path, and ends with one
//! result. In all of them, callback is NULL exactly if the client has a queue; user_data and op are
//! nullable; MX_OK is returned if the call was accepted, and a value outside its grammar is the
//! result's status, MX_ERR_INVALID_ARGUMENT.
//!
//! "auth" is the JSON object of user-interactive authentication. A server that wants it answers
//! MX_ERR_MATRIX with HTTP status 401, an errcode or none, and "/session" and "/flows" in the JSON:
//! call again with {"type": ..., "session": ..., and what the stage needs}.

use std::ffi::{c_char, c_void};

use super::boundary::{guard, optional_text, text};
use super::call::{Receiver, submit};
use super::client::mx_client;
use super::queue::mx_callback;
use super::result::mx_op;
use super::status::mx_status;
use crate::api::{Request, table};

/// Changes the password: of the account whose access token the client has, or of the one that "auth"
/// proves. To reset a forgotten password use mx_password_reset, which sends no access token and
/// survives a lost answer.
/// POST /_matrix/client/v3/account/password
///
/// @param new_password    not empty
/// @param logout_devices  whether the account's other sessions are ended
/// @param auth            nullable; JSON object
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_change_password(
    client: *mut mx_client,
    new_password: *const c_char,
    logout_devices: bool,
    auth: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_change_password", || {
        // SAFETY: by the header's rules.
        unsafe {
            let request = Request::new(&table::CHANGE_PASSWORD)
                .with("new_password", Some(text(new_password, "new_password")?))
                .with("logout_devices", Some(logout_devices))
                .with_json("auth", optional_text(auth, "auth")?);
            submit(client, request, Receiver { callback, user_data, op })
        }
    })
}

/// Lists the account's addresses and phone numbers: "/threepids". Needs an access token.
/// GET /_matrix/client/v3/account/3pid
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_get_account_3pids(
    client: *mut mx_client,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_get_account_3pids", || {
        let request = Request::new(&table::GET_ACCOUNT_3PIDS);
        // SAFETY: by the header's rules.
        unsafe { submit(client, Ok(request), Receiver { callback, user_data, op }) }
    })
}

/// Adds an address or phone number that mx_request_token_to_3pid_email or _msisdn has proved. Needs an
/// access token.
/// POST /_matrix/client/v3/account/3pid/add
///
/// @param auth           nullable; JSON object
/// @param client_secret  the one of the request for the token
/// @param sid            from the answer to it
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_add_3pid(
    client: *mut mx_client,
    auth: *const c_char,
    client_secret: *const c_char,
    sid: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_add_3pid", || {
        // SAFETY: by the header's rules.
        unsafe {
            let request = Request::new(&table::ADD_3PID)
                .with("client_secret", Some(text(client_secret, "client_secret")?))
                .with("sid", Some(text(sid, "sid")?))
                .with_json("auth", optional_text(auth, "auth")?);
            submit(client, request, Receiver { callback, user_data, op })
        }
    })
}

/// Publishes a proved address or phone number on an identity server. Needs an access token.
/// POST /_matrix/client/v3/account/3pid/bind
///
/// @param client_secret    the one of the request for the token
/// @param id_access_token  the identity server's access token
/// @param id_server        the identity server
/// @param sid              from the answer to the request for the token
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_bind_3pid(
    client: *mut mx_client,
    client_secret: *const c_char,
    id_access_token: *const c_char,
    id_server: *const c_char,
    sid: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_bind_3pid", || {
        // SAFETY: by the header's rules.
        unsafe {
            let request = Request::new(&table::BIND_3PID)
                .with("client_secret", Some(text(client_secret, "client_secret")?))
                .with("id_access_token", Some(text(id_access_token, "id_access_token")?))
                .with("id_server", Some(text(id_server, "id_server")?))
                .with("sid", Some(text(sid, "sid")?));
            submit(client, Ok(request), Receiver { callback, user_data, op })
        }
    })
}

/// Withdraws an address or phone number from an identity server, and keeps it with the account. Needs
/// an access token. "/id_server_unbind_result" is "success" or "no-support".
/// POST /_matrix/client/v3/account/3pid/unbind
///
/// @param address    the address, or the number in international form without "+"
/// @param id_server  nullable: the one it was bound at
/// @param medium     "email" or "msisdn"
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_unbind_3pid_from_account(
    client: *mut mx_client,
    address: *const c_char,
    id_server: *const c_char,
    medium: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_unbind_3pid_from_account", || {
        // SAFETY: by the header's rules.
        unsafe {
            let request = Request::new(&table::UNBIND_3PID_FROM_ACCOUNT)
                .with("address", Some(text(address, "address")?))
                .with("id_server", optional_text(id_server, "id_server")?)
                .with("medium", Some(text(medium, "medium")?));
            submit(client, Ok(request), Receiver { callback, user_data, op })
        }
    })
}

/// Takes an address or phone number off the account. Needs an access token.
/// "/id_server_unbind_result" is "success" or "no-support".
/// POST /_matrix/client/v3/account/3pid/delete
///
/// @param address    the address, or the number in international form without "+"
/// @param id_server  nullable: the one it was bound at
/// @param medium     "email" or "msisdn"
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_delete_3pid_from_account(
    client: *mut mx_client,
    address: *const c_char,
    id_server: *const c_char,
    medium: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_delete_3pid_from_account", || {
        // SAFETY: by the header's rules.
        unsafe {
            let request = Request::new(&table::DELETE_3PID_FROM_ACCOUNT)
                .with("address", Some(text(address, "address")?))
                .with("id_server", optional_text(id_server, "id_server")?)
                .with("medium", Some(text(medium, "medium")?));
            submit(client, Ok(request), Receiver { callback, user_data, op })
        }
    })
}

/// Asks whether a user name is free: MX_OK, or MX_ERR_MATRIX with M_USER_IN_USE, M_INVALID_USERNAME or
/// M_EXCLUSIVE.
/// GET /_matrix/client/v3/register/available
///
/// @param username  the part of the Matrix ID before the ":", without "@"
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_check_username_availability(
    client: *mut mx_client,
    username: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_check_username_availability", || {
        // SAFETY: by the header's rules.
        unsafe {
            let request = Request::new(&table::CHECK_USERNAME_AVAILABILITY)
                .with("username", Some(text(username, "username")?));
            submit(client, Ok(request), Receiver { callback, user_data, op })
        }
    })
}

/// Makes an account. MX_OK has "/user_id" and, unless inhibit_login is true, "/access_token" and
/// "/device_id".
/// POST /_matrix/client/v3/register
///
/// @param kind                         nullable: "user"; or "guest"
/// @param auth                         nullable; JSON object
/// @param device_id                    nullable: the server makes one
/// @param inhibit_login                whether to make the account without logging in
/// @param initial_device_display_name  nullable; the session's name
/// @param password                     nullable for guests; not empty
/// @param refresh_token                whether the client can use refresh tokens
/// @param username                     nullable: the server makes one
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_register(
    client: *mut mx_client,
    kind: *const c_char,
    auth: *const c_char,
    device_id: *const c_char,
    inhibit_login: bool,
    initial_device_display_name: *const c_char,
    password: *const c_char,
    refresh_token: bool,
    username: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_register", || {
        // SAFETY: by the header's rules.
        unsafe {
            let request = Request::new(&table::REGISTER)
                .with("kind", optional_text(kind, "kind")?)
                .with("device_id", optional_text(device_id, "device_id")?)
                .with("inhibit_login", Some(inhibit_login))
                .with(
                    "initial_device_display_name",
                    optional_text(initial_device_display_name, "initial_device_display_name")?,
                )
                .with("password", optional_text(password, "password")?)
                .with("refresh_token", Some(refresh_token))
                .with("username", optional_text(username, "username")?)
                .with_json("auth", optional_text(auth, "auth")?);
            submit(client, request, Receiver { callback, user_data, op })
        }
    })
}

/// Ends the account for ever. Nobody can have its Matrix ID again.
/// POST /_matrix/client/v3/account/deactivate
///
/// @param auth       nullable; JSON object
/// @param erase      whether the account's messages are to be hidden from those who join later
/// @param id_server  nullable: where its addresses are unbound
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_deactivate_account(
    client: *mut mx_client,
    auth: *const c_char,
    erase: bool,
    id_server: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_deactivate_account", || {
        // SAFETY: by the header's rules.
        unsafe {
            let request = Request::new(&table::DEACTIVATE_ACCOUNT)
                .with("erase", Some(erase))
                .with("id_server", optional_text(id_server, "id_server")?)
                .with_json("auth", optional_text(auth, "auth")?);
            submit(client, request, Receiver { callback, user_data, op })
        }
    })
}
