//! Requests for a token: the server proves that somebody reads an address or a phone.
//!
//! Each is the operation of the same name in the spec. MX_OK has "/sid", and "/submit_url" if the
//! person types a token (mx_submit_token) instead of following a link. No access token travels with
//! them, and each is repeated after a broken connection: with the same send_attempt the server sends
//! nothing twice.
//!
//! Their parameters are the same:
//!
//! client           a client with a homeserver
//! client_secret    1 to 255 characters of [0-9a-zA-Z.=_-], from mx_generate_client_secret; keep it
//!                  for the steps that follow
//! email            the address, or:
//! country          two upper-case letters (ISO 3166-1), such as "GB", and
//! phone_number     the number as dialled in that country; not empty
//! send_attempt     0 to 2^53 - 1; the server sends again only for a higher number
//! next_link        nullable; an absolute URI to which the person is led after confirming
//! id_access_token  nullable; with id_server only
//! id_server        nullable; deprecated by the spec; needs id_access_token
//! callback         receives the result; NULL exactly if the client has a queue
//! user_data        nullable; given back with the result
//! op               nullable; receives the call's id before its result can come
//!
//! They return MX_OK if accepted; a value outside its grammar is the result's status,
//! MX_ERR_INVALID_ARGUMENT.
//!
//! Of errcodes expect M_LIMIT_EXCEEDED, M_THREEPID_DENIED, M_THREEPID_MEDIUM_NOT_SUPPORTED,
//! M_INVALID_PARAM, M_UNRECOGNIZED (no such operation here: its accounts may live on the web), and
//! M_UNKNOWN with HTTP status 400 (this server sends no mail).

use std::ffi::{c_char, c_void};

use super::boundary::{Stop, borrow, guard, optional_text, text};
use super::call::{Receiver, start, submit};
use super::client::mx_client;
use super::queue::mx_callback;
use super::result::mx_op;
use super::status::{MX_ERR_INTERNAL, MX_ERR_INVALID_ARGUMENT, MX_ERR_NULL_ARGUMENT, mx_status};
use crate::api::{Operation, Request, new_client_secret, submit_token, table};
use crate::engine::Call;

/// The size of a buffer for a client_secret, its NUL included.
pub const MX_CLIENT_SECRET_SIZE: usize = 44;

/// Writes a new client_secret: 43 characters (256 bits) from the system's random source, and NUL.
/// It is a secret: with it and the mail's link, anyone can take the account.
///
/// @param buf  receives it
/// @param len  the size of buf: at least MX_CLIENT_SECRET_SIZE
/// @return MX_OK; MX_ERR_INVALID_ARGUMENT if buf is too small; MX_ERR_INTERNAL if the system has no
///         randomness
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_generate_client_secret(buf: *mut c_char, len: usize) -> mx_status {
    guard("mx_generate_client_secret", || {
        if buf.is_null() {
            return Err(Stop::new(MX_ERR_NULL_ARGUMENT, "buf is NULL"));
        }
        if len < MX_CLIENT_SECRET_SIZE {
            let why = format!("len must be at least {MX_CLIENT_SECRET_SIZE}, not {len}");
            return Err(Stop::new(MX_ERR_INVALID_ARGUMENT, why));
        }
        let secret =
            new_client_secret().map_err(|error| Stop::new(MX_ERR_INTERNAL, error.to_string()))?;
        let text = secret.as_str();
        // SAFETY: buf has room for at least the text and a NUL.
        unsafe {
            buf.copy_from_nonoverlapping(text.as_ptr().cast(), text.len());
            buf.add(text.len()).write(0);
        }
        Ok(())
    })
}

/// Asks for a mail that lets its reader reset a password. mx_password_reset_send is this and the
/// bookkeeping. MX_OK does not say that the address has an account: servers may hide that, and others
/// answer M_THREEPID_NOT_FOUND.
/// POST /_matrix/client/v3/account/password/email/requestToken
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_token_to_reset_password_email(
    client: *mut mx_client,
    client_secret: *const c_char,
    email: *const c_char,
    send_attempt: i64,
    next_link: *const c_char,
    id_access_token: *const c_char,
    id_server: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_request_token_to_reset_password_email", || {
        // SAFETY: by the header's rules.
        unsafe {
            let address = &[("email", email)];
            let options = [next_link, id_access_token, id_server];
            let request = request(
                &table::REQUEST_TOKEN_TO_RESET_PASSWORD_EMAIL,
                client_secret,
                address,
                send_attempt,
                options,
            )?;
            submit(client, Ok(request), Receiver { callback, user_data, op })
        }
    })
}

/// The same by text message. Synapse, Tuwunel and Dendrite do not offer it (M_UNRECOGNIZED).
/// POST /_matrix/client/v3/account/password/msisdn/requestToken
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_token_to_reset_password_msisdn(
    client: *mut mx_client,
    client_secret: *const c_char,
    country: *const c_char,
    phone_number: *const c_char,
    send_attempt: i64,
    next_link: *const c_char,
    id_access_token: *const c_char,
    id_server: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_request_token_to_reset_password_msisdn", || {
        // SAFETY: by the header's rules.
        unsafe {
            let address = &[("country", country), ("phone_number", phone_number)];
            let options = [next_link, id_access_token, id_server];
            let request = request(
                &table::REQUEST_TOKEN_TO_RESET_PASSWORD_MSISDN,
                client_secret,
                address,
                send_attempt,
                options,
            )?;
            submit(client, Ok(request), Receiver { callback, user_data, op })
        }
    })
}

/// Asks for a mail that proves an address for a new account. M_THREEPID_IN_USE if it has one.
/// POST /_matrix/client/v3/register/email/requestToken
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_token_to_register_email(
    client: *mut mx_client,
    client_secret: *const c_char,
    email: *const c_char,
    send_attempt: i64,
    next_link: *const c_char,
    id_access_token: *const c_char,
    id_server: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_request_token_to_register_email", || {
        // SAFETY: by the header's rules.
        unsafe {
            let address = &[("email", email)];
            let options = [next_link, id_access_token, id_server];
            let request = request(
                &table::REQUEST_TOKEN_TO_REGISTER_EMAIL,
                client_secret,
                address,
                send_attempt,
                options,
            )?;
            submit(client, Ok(request), Receiver { callback, user_data, op })
        }
    })
}

/// The same by text message. M_THREEPID_IN_USE if the number has an account.
/// POST /_matrix/client/v3/register/msisdn/requestToken
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_token_to_register_msisdn(
    client: *mut mx_client,
    client_secret: *const c_char,
    country: *const c_char,
    phone_number: *const c_char,
    send_attempt: i64,
    next_link: *const c_char,
    id_access_token: *const c_char,
    id_server: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_request_token_to_register_msisdn", || {
        // SAFETY: by the header's rules.
        unsafe {
            let address = &[("country", country), ("phone_number", phone_number)];
            let options = [next_link, id_access_token, id_server];
            let request = request(
                &table::REQUEST_TOKEN_TO_REGISTER_MSISDN,
                client_secret,
                address,
                send_attempt,
                options,
            )?;
            submit(client, Ok(request), Receiver { callback, user_data, op })
        }
    })
}

/// Asks for a mail that proves an address to be added to an account with mx_add_3pid.
/// M_THREEPID_IN_USE if it belongs to one.
/// POST /_matrix/client/v3/account/3pid/email/requestToken
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_token_to_3pid_email(
    client: *mut mx_client,
    client_secret: *const c_char,
    email: *const c_char,
    send_attempt: i64,
    next_link: *const c_char,
    id_access_token: *const c_char,
    id_server: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_request_token_to_3pid_email", || {
        // SAFETY: by the header's rules.
        unsafe {
            let address = &[("email", email)];
            let options = [next_link, id_access_token, id_server];
            let request = request(
                &table::REQUEST_TOKEN_TO_3PID_EMAIL,
                client_secret,
                address,
                send_attempt,
                options,
            )?;
            submit(client, Ok(request), Receiver { callback, user_data, op })
        }
    })
}

/// The same by text message. M_THREEPID_IN_USE if the number belongs to an account.
/// POST /_matrix/client/v3/account/3pid/msisdn/requestToken
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_request_token_to_3pid_msisdn(
    client: *mut mx_client,
    client_secret: *const c_char,
    country: *const c_char,
    phone_number: *const c_char,
    send_attempt: i64,
    next_link: *const c_char,
    id_access_token: *const c_char,
    id_server: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_request_token_to_3pid_msisdn", || {
        // SAFETY: by the header's rules.
        unsafe {
            let address = &[("country", country), ("phone_number", phone_number)];
            let options = [next_link, id_access_token, id_server];
            let request = request(
                &table::REQUEST_TOKEN_TO_3PID_MSISDN,
                client_secret,
                address,
                send_attempt,
                options,
            )?;
            submit(client, Ok(request), Receiver { callback, user_data, op })
        }
    })
}

/// Hands in the token that the person read in the mail or text message, where the request for it
/// answered with "/submit_url". The URL must be https, or on the client's own homeserver; it must not
/// lead to this machine or a private network unless the homeserver is there; and no access token
/// travels. MX_OK if the token was accepted. A wrong one is MX_ERR_MATRIX:
/// M_TOKEN_INCORRECT, M_SESSION_EXPIRED, M_INVALID_PARAM, or no errcode at all.
///
/// @param submit_url     from the answer to the request for the token
/// @param sid            from the same answer
/// @param client_secret  the one of that request
/// @param token          what the person typed; not empty
/// @param callback       receives the result; NULL exactly if the client has a queue
/// @param user_data      nullable; given back with the result
/// @param op             nullable; receives the call's id before its result can come
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_submit_token(
    client: *mut mx_client,
    submit_url: *const c_char,
    sid: *const c_char,
    client_secret: *const c_char,
    token: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_submit_token", || {
        // SAFETY: by the header's rules.
        unsafe {
            let client = borrow(client, "client")?;
            let submit_url = text(submit_url, "submit_url")?;
            let (sid, token) = (text(sid, "sid")?, text(token, "token")?);
            let client_secret = text(client_secret, "client_secret")?;
            let request = submit_token::prepare(submit_url, client.0.base(), |request| {
                request
                    .with("sid", Some(sid))
                    .with("client_secret", Some(client_secret))
                    .with("token", Some(token))
            });
            let work = |call: Call| async move { submit_token::judge(call.run(request).await) };
            start(&client.0, Receiver { callback, user_data, op }, None, work)
        }
    })
}

/// Collects what the six requests share; `options` are next_link, id_access_token and id_server.
///
/// # Safety
/// Every pointer must be NULL or a string.
unsafe fn request(
    row: &'static Operation,
    client_secret: *const c_char,
    address: &[(&'static str, *const c_char)],
    send_attempt: i64,
    [next_link, id_access_token, id_server]: [*const c_char; 3],
) -> Result<Request, Stop> {
    let mut request = Request::new(row).with("send_attempt", Some(send_attempt));
    // SAFETY: by this function's contract.
    unsafe {
        request = request.with("client_secret", Some(text(client_secret, "client_secret")?));
        for &(name, value) in address {
            request = request.with(name, Some(text(value, name)?));
        }
        request = request
            .with("next_link", optional_text(next_link, "next_link")?)
            .with("id_access_token", optional_text(id_access_token, "id_access_token")?)
            .with("id_server", optional_text(id_server, "id_server")?);
    }
    Ok(request)
}
