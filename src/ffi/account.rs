//! Operations on accounts, each with its parameters in the spec's order.

use std::ffi::{c_char, c_void};

use super::boundary::{Stop, guard, optional_text, text};
use super::call::submit;
use super::client::mx_client;
use super::queue::mx_callback;
use super::result::mx_op;
use super::status::{MX_ERR_INTERNAL, MX_ERR_INVALID_ARGUMENT, mx_status};
use crate::api::{Params, new_client_secret, table};

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
            return Err(Stop::new(super::status::MX_ERR_NULL_ARGUMENT, "buf is NULL"));
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

/// Asks the homeserver to mail a link that lets its reader reset a password:
/// POST /_matrix/client/v3/account/password/email/requestToken, operation
/// requestTokenToResetPasswordEmail of the spec.
///
/// MX_OK with "/sid" says that the server took the request, not that the address has an account:
/// servers may hide that. "/submit_url" is there only if the person types a token from the mail
/// instead of following its link. Of errcodes expect M_THREEPID_NOT_FOUND, M_LIMIT_EXCEEDED,
/// M_THREEPID_DENIED, M_INVALID_PARAM, M_UNRECOGNIZED (accounts live elsewhere), and M_UNKNOWN with
/// HTTP status 400 (this server sends no mail).
///
/// The access token never travels with it. It is repeated after a broken connection: with the same
/// send_attempt the server sends no second mail.
///
/// @param client_secret    1 to 255 characters of [0-9a-zA-Z.=_-], from mx_generate_client_secret;
///                         keep it for the steps that follow
/// @param email            the account's address
/// @param send_attempt     0 to 2^53 - 1; the server sends another mail only for a higher number
/// @param next_link        nullable; an absolute URI to which the person is led after confirming
/// @param id_access_token  nullable; with id_server only
/// @param id_server        nullable; deprecated by the spec; needs id_access_token
/// @param callback         receives the result; NULL exactly if the client has a queue
/// @param user_data        nullable; given back with the result
/// @param op               nullable; receives the call's id before its result can come
/// @return MX_OK if accepted; a value outside its grammar is the result's status,
///         MX_ERR_INVALID_ARGUMENT
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
            let params = Params::new()
                .with("client_secret", Some(text(client_secret, "client_secret")?))
                .with("email", Some(text(email, "email")?))
                .with("send_attempt", Some(send_attempt))
                .with("next_link", optional_text(next_link, "next_link")?)
                .with("id_access_token", optional_text(id_access_token, "id_access_token")?)
                .with("id_server", optional_text(id_server, "id_server")?);
            let request = table::REQUEST_TOKEN_TO_RESET_PASSWORD_EMAIL.prepare(&params);
            submit(client, request, callback, user_data, op)
        }
    })
}
