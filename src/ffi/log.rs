//! The log: silent until a callback is set.
//!
//! Lines name operations, path templates, statuses and times. No body, header, query, password,
//! token or client_secret is ever in one.

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

/// Receives a line, without a line end. It may come from any thread, from several at once, and must
/// not call this library, which would refuse with MX_ERR_MISUSE. `message` is valid during the call.
pub type mx_log_callback =
    Option<unsafe extern "C" fn(level: i32, message: *const c_char, user_data: *mut c_void)>;

/// Sets where the log goes, for the whole process. When it returns, the callback before is not
/// running and will not be called again.
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
