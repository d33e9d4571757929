//! Password reset: the whole way from "forgot password" to a new one, as one object.
//!
//!     new ---send--> awaits link ----(the person confirms the mail)-----+--finish--> done
//!          \-------> awaits token --submit_token--> confirmed ----------+
//!
//! One step runs at a time; a second one is refused with MX_ERR_MISUSE. Between steps the reset can
//! be saved, and restored in another process: people leave the app to read their mail, and phones
//! end apps. No access token travels with any step, whatever the client has.
//!
//! A reset holds a secret: with it and a confirmed mail, anyone can take the account. So does its
//! saved form: keep it where the app keeps passwords.

use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::time::Duration;

use super::boundary::{self, Stop, borrow, give, guard, optional_text, release, take, text};
use super::call::{Receiver, start};
use super::client::mx_client;
use super::queue::mx_callback;
use super::result::{mx_op, mx_result, no_error_yet, or_error};
use super::status::{MX_ERR_MISUSE, mx_status};
use crate::api::{Outcome, new_client_secret};
use crate::engine::Client;
use crate::flow::{Change, OutOfTurn, PasswordReset, ResetState, Stage};

/// A password reset. Free it with mx_password_reset_free.
pub struct mx_password_reset {
    client: Arc<Client>,
    reset: Arc<PasswordReset>,
}

/// What must happen next in a reset: one of the MX_RESET_ constants.
pub type mx_reset_stage = i32;

/// No mail has been asked for: mx_password_reset_send.
pub const MX_RESET_NEW: mx_reset_stage = 0;
/// The person follows the link in the mail and confirms there; then mx_password_reset_finish.
pub const MX_RESET_AWAITS_LINK: mx_reset_stage = 1;
/// The person types the token in the mail: mx_password_reset_submit_token.
pub const MX_RESET_AWAITS_TOKEN: mx_reset_stage = 2;
/// The token was accepted: mx_password_reset_finish.
pub const MX_RESET_CONFIRMED: mx_reset_stage = 3;
/// The password has been changed: the person can log in.
pub const MX_RESET_DONE: mx_reset_stage = 4;

/// Makes a reset with a new client_secret from the system's random source. Nothing is sent.
///
/// @param client     the account's homeserver; the reset uses it until one of the two is freed
/// @param email      the address of the account; white space around it is dropped
/// @param next_link  nullable; an absolute URI to which the person is led after confirming
/// @param out        receives the reset, which is yours
/// @return MX_OK; MX_ERR_INVALID_ARGUMENT for an address or URI that is none, and for a client
///         without a homeserver
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_password_reset_new(
    client: *mut mx_client,
    email: *const c_char,
    next_link: *const c_char,
    out: *mut *mut mx_password_reset,
) -> mx_status {
    guard("mx_password_reset_new", || {
        // SAFETY: by the header's rules.
        let (client, email, next_link, out) = unsafe {
            (
                borrow(client, "client")?,
                text(email, "email")?,
                optional_text(next_link, "next_link")?,
                boundary::out(out, "out")?,
            )
        };
        let secret = new_client_secret().map_err(|error| Outcome::internal(error.to_string()))?;
        let state = ResetState::new(base_url(client)?, email, next_link, secret)?;
        out.write(give_reset(client, state));
        Ok(())
    })
}

/// Asks the homeserver for the mail; once more for another one.
///
/// MX_OK says that the server took the request, never that the address has an account: show the
/// same text for both. Another send is another mail only if the one before was answered with MX_OK;
/// after a lost answer it repeats the same request, and no second mail is sent.
///
/// MX_WEB_REQUIRED: this server's accounts live on a web page, "/account_management_uri" if it says
/// so. MX_ERR_MATRIX: expect M_THREEPID_NOT_FOUND, M_LIMIT_EXCEEDED (mx_result_retry_after_ms tells
/// the delay, and the call does not wait minutes for it), M_THREEPID_DENIED or, with HTTP status
/// 400, M_UNKNOWN (no mail is sent here).
///
/// @param callback   receives the result; NULL exactly if the client has a queue
/// @param user_data  nullable; given back with the result
/// @param op         nullable; receives the call's id before its result can come
/// @return MX_OK if accepted; MX_ERR_MISUSE while a step runs, or when the password was changed;
///         MX_ERR_CLOSED if the client was freed
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_password_reset_send(
    reset: *mut mx_password_reset,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_password_reset_send", || {
        // SAFETY: by the header's rules.
        let reset = unsafe { borrow(reset, "reset") }?;
        let step = reset.reset.begin_send()?;
        // SAFETY: by the header's rules.
        unsafe {
            start(&reset.client, Receiver { callback, user_data, op }, None, |call| step.send(call))
        }
    })
}

/// Hands in the token of the mail, where the server wants it typed: MX_RESET_AWAITS_TOKEN.
///
/// A wrong token is MX_ERR_MATRIX: M_TOKEN_INCORRECT, M_SESSION_EXPIRED, or no errcode at all.
///
/// @param token      what the person typed; not empty
/// @param callback   receives the result; NULL exactly if the client has a queue
/// @param user_data  nullable; given back with the result
/// @param op         nullable; receives the call's id before its result can come
/// @return MX_OK if accepted; MX_ERR_MISUSE while a step runs, or if the server wants no token
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_password_reset_submit_token(
    reset: *mut mx_password_reset,
    token: *const c_char,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_password_reset_submit_token", || {
        // SAFETY: by the header's rules.
        let (reset, token) = unsafe { (borrow(reset, "reset")?, text(token, "token")?) };
        let step = reset.reset.begin_submit_token()?;
        let work = |call| step.submit_token(call, token.into());
        // SAFETY: by the header's rules.
        unsafe { start(&reset.client, Receiver { callback, user_data, op }, None, work) }
    })
}

/// Changes the password, if the mail has been confirmed.
///
/// MX_PENDING: not confirmed yet, or the link has expired; servers do not tell these apart. Call it
/// again when the person says that they have confirmed. MX_ERR_MATRIX with an errcode that begins
/// with M_PASSWORD_, or M_WEAK_PASSWORD: the server wants a better password; the confirmation is
/// still good, so call it again with another. MX_UNKNOWN_OUTCOME: the answer was lost and the
/// password may have been changed; calling it again tells where the server can, and logging in with
/// the new password tells always.
///
/// @param new_password    not empty
/// @param logout_devices  whether all sessions of the account are ended. Ended sessions lose
///                        encryption keys that were not backed up; sessions that are kept may be
///                        those of whoever took the account. There is no default: ask the person
/// @param wait_ms         how long to poll for the confirmation, in milliseconds: every 2 s at
///                        first, every 10 s later, until then MX_PENDING; 0 or less does not poll
/// @param callback        receives the result; NULL exactly if the client has a queue
/// @param user_data       nullable; given back with the result
/// @param op              nullable; receives the call's id before its result can come; cancelling
///                        it ends the polling
/// @return MX_OK if accepted; MX_ERR_MISUSE while a step runs, before a mail was asked for, or when
///         the password was changed; MX_ERR_CLOSED if the client was freed
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_password_reset_finish(
    reset: *mut mx_password_reset,
    new_password: *const c_char,
    logout_devices: bool,
    wait_ms: i64,
    callback: mx_callback,
    user_data: *mut c_void,
    op: *mut mx_op,
) -> mx_status {
    guard("mx_password_reset_finish", || {
        // SAFETY: by the header's rules.
        let (reset, new_password) =
            unsafe { (borrow(reset, "reset")?, text(new_password, "new_password")?) };
        let change = Change { new_password: new_password.into(), logout_devices };
        let wait = Duration::from_millis(wait_ms.max(0).unsigned_abs());
        let step = reset.reset.begin_finish()?;
        let work = |call| step.finish(call, change, wait);
        // SAFETY: by the header's rules.
        unsafe { start(&reset.client, Receiver { callback, user_data, op }, None, work) }
    })
}

/// What must happen next. MX_RESET_NEW for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_password_reset_stage(
    reset: *const mx_password_reset,
) -> mx_reset_stage {
    // SAFETY: by the header's rules.
    match unsafe { borrow(reset, "reset") }.map(|reset| reset.reset.stage()) {
        Ok(Stage::New) | Err(_) => MX_RESET_NEW,
        Ok(Stage::AwaitsLink) => MX_RESET_AWAITS_LINK,
        Ok(Stage::AwaitsToken) => MX_RESET_AWAITS_TOKEN,
        Ok(Stage::Confirmed) => MX_RESET_CONFIRMED,
        Ok(Stage::Done) => MX_RESET_DONE,
    }
}

/// Saves a reset: mx_result_body of the result is JSON with a version number, for
/// mx_password_reset_restore of this or a later library. It holds a secret. While a step runs, what
/// is saved is the reset as it is at that moment.
///
/// @param out  receives the result, which is yours
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_password_reset_save(
    reset: *const mx_password_reset,
    out: *mut *mut mx_result,
) -> mx_status {
    guard("mx_password_reset_save", || {
        // SAFETY: by the header's rules.
        let (reset, out) = unsafe { (borrow(reset, "reset")?, boundary::out(out, "out")?) };
        out.write(mx_result::of_outcome(reset.reset.save()));
        Ok(())
    })
}

/// Restores a saved reset. What this library does not understand, it refuses.
///
/// @param client  of the same homeserver as when it was saved: the same base URL
/// @param saved   from mx_password_reset_save
/// @param out     receives the reset, which is yours
/// @param error   nullable; receives a result that says why it failed, which is yours, or NULL
/// @return MX_OK; MX_ERR_INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_password_reset_restore(
    client: *mut mx_client,
    saved: *const c_char,
    out: *mut *mut mx_password_reset,
    error: *mut *mut mx_result,
) -> mx_status {
    guard("mx_password_reset_restore", || {
        // SAFETY: by the header's rules.
        let (client, saved, out) = unsafe {
            no_error_yet(error);
            (borrow(client, "client")?, text(saved, "saved")?, boundary::out(out, "out")?)
        };
        let state = base_url(client).and_then(|base_url| ResetState::restore(saved, base_url));
        // SAFETY: by the header's rules.
        out.write(give_reset(client, unsafe { or_error(state, error) }?));
        Ok(())
    })
}

/// Frees a reset; its secrets are wiped. A step that is running goes on and still completes: cancel
/// it first if it must not. Exclusive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_password_reset_free(reset: *mut mx_password_reset) {
    // SAFETY: by the header's rules.
    release(|| drop(unsafe { take(reset) }));
}

fn give_reset(client: &mx_client, state: ResetState) -> *mut mx_password_reset {
    give(mx_password_reset { client: Arc::clone(&client.0), reset: PasswordReset::new(state) })
}

fn base_url(client: &mx_client) -> Result<&str, Outcome> {
    let none = || Outcome::invalid_argument("client was made without a homeserver");
    client.0.base().map(|base| base.as_str()).ok_or_else(none)
}

impl From<OutOfTurn> for Stop {
    fn from(why: OutOfTurn) -> Self {
        Self::new(
            MX_ERR_MISUSE,
            match why {
                OutOfTurn::Running => "another step of this reset is running",
                OutOfTurn::NotSent => {
                    "no mail has been asked for: mx_password_reset_send comes first"
                }
                OutOfTurn::NoSubmitUrl => {
                    "the server wants no token: the person confirms by the mail's link"
                }
                OutOfTurn::Done => "the password has been changed already",
            },
        )
    }
}
