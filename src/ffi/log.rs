//! The log: silent until a callback is set.
//!
//! Lines name operations, path templates, statuses and times. No body, header, query, password,
//! token or client_secret is ever in one; of an endpoint of your own, the path stands there as you gave
//! it to mx_request_new_custom.

use std::ffi::{c_char, c_void};

use super::boundary::{Stop, c_string, guard};
use super::status::{MX_ERR_INVALID_ARGUMENT, mx_status};
use crate::engine::Claim;
use crate::log::{self, Level};

/// Refused calls and bugs.
pub const MX_LOG_ERROR: i32 = 1;
/// What is lost, and why.
pub const MX_LOG_WARN: i32 = 2;
/// One line for each answer and each retry.
pub const MX_LOG_INFO: i32 = 3;
/// Everything.
pub const MX_LOG_DEBUG: i32 = 4;

/// Receives a line, without a line end; `message` is valid during the call. It must not call this
/// library, which would refuse with MX_ERR_MISUSE.
///
/// Lines that a call of yours causes come inside it, on its thread, and so from several threads at
/// once. Lines of the network come on the library's callback thread, one at a time and in their
/// order, between callbacks: a slow log callback delays callbacks, which get half of the time at
/// least, and never the network. At most 1000 of these lines wait. Further ones are dropped, and once
/// half have been written, a line says how many.
pub type mx_log_callback =
    Option<unsafe extern "C" fn(level: i32, message: *const c_char, user_data: *mut c_void)>;

/// Sets where the log goes, for the whole process. When it returns, the callback before is not
/// running and will not be called again: lines that wait go to the new one, or nowhere if it is
/// NULL. mx_client_free of the last client returns when the lines that wait have been written.
///
/// @param level      MX_LOG_ERROR to MX_LOG_DEBUG: lines that matter less are not made
/// @param callback   nullable: silence
/// @param user_data  nullable; given to the callback
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_log_set(
    level: i32,
    callback: mx_log_callback,
    user_data: *mut c_void,
) -> mx_status {
    guard("mx_log_set", || {
        if !(Level::Error as i32..=Level::Debug as i32).contains(&level) {
            let why = format!("level must be from {MX_LOG_ERROR} to {MX_LOG_DEBUG}, not {level}");
            return Err(Stop::new(MX_ERR_INVALID_ARGUMENT, why));
        }
        // A child that is forked meanwhile finds the log's lock held.
        let _claim = Claim::take();
        let user_data = user_data as usize;
        log::set(
            level,
            callback.map(|callback| -> log::Sink {
                Box::new(move |level, line| {
                    let line = c_string(line.to_owned());
                    // SAFETY: the header says what a log callback must bear.
                    unsafe { callback(level as i32, line.as_ptr(), user_data as *mut c_void) }
                })
            }),
        );
        Ok(())
    })
}
