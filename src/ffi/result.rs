//! Results: how one operation ended, and what the server said.
//!
//! A result never changes, and every getter may be called from any thread.
//!
//! Single values in the answer are read by a JSON pointer: mx_result_string(result, "/sid"). Lists and
//! whole trees are walked by mx_value.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;

use once_cell::race::OnceBox;

use super::boundary::{Stop, borrow, c_string, give, optional_text, read, release, take};
use super::status::{MX_ERR_NULL_ARGUMENT, mx_status, status_of};
use crate::api::Outcome;
use crate::engine::{Delivery, UserData};
use crate::json::Value;

/// How one operation ended. Free it with mx_result_free.
pub struct mx_result {
    delivery: Delivery,
    /// Made when it is asked for.
    message: OnceBox<CString>,
    errcode: Option<CString>,
}

/// Identifies one accepted call, in the whole process and for ever. 0 is none.
pub type mx_op = u64;

impl mx_result {
    pub(super) fn new(delivery: Delivery) -> Self {
        let errcode = delivery.outcome.errcode.clone().map(c_string);
        Self { message: OnceBox::new(), errcode, delivery }
    }

    /// A result of no operation: why an object could not be made.
    pub fn of_outcome(outcome: Outcome) -> *mut Self {
        give(Self::new(Delivery { op: 0, user_data: UserData(ptr::null_mut()), outcome }))
    }

    pub(super) fn value(&self, pointer: &str) -> Option<Value<'_>> {
        self.delivery.outcome.json(pointer)
    }
}

/// Turns a failure into a refusal, and into a result where the application wants one.
///
/// # Safety
/// `error` must be NULL or writable.
pub(super) unsafe fn or_error<T>(
    made: Result<T, Outcome>,
    error: *mut *mut mx_result,
) -> Result<T, Stop> {
    made.map_err(|outcome| {
        let stop = Stop::from(&outcome);
        if !error.is_null() {
            // SAFETY: by this function's contract.
            unsafe { error.write(mx_result::of_outcome(outcome)) };
        }
        stop
    })
}

/// Leaves no stale pointer where the application looks for an error, however the function ends.
///
/// # Safety
/// `error` must be NULL or writable.
pub(super) unsafe fn no_error_yet(error: *mut *mut mx_result) {
    if !error.is_null() {
        // SAFETY: by this function's contract.
        unsafe { error.write(ptr::null_mut()) };
    }
}

/// Borrows a result and looks up a value in it.
///
/// # Safety
/// As for the getters of the header.
unsafe fn look_up<'a>(result: *const mx_result, json_pointer: *const c_char) -> Option<Value<'a>> {
    // SAFETY: by this function's contract.
    let (result, pointer) = unsafe {
        (borrow(result, "result").ok()?, optional_text(json_pointer, "json_pointer").ok()??)
    };
    result.value(pointer)
}

/// How the operation ended: MX_OK, or one of the statuses from 32 on.
/// MX_ERR_NULL_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_result_status(result: *const mx_result) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe { borrow(result, "result") }
        .map_or(MX_ERR_NULL_ARGUMENT, |result| status_of(result.delivery.outcome.status))
}

/// The operation that ended; 0 where none was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_result_op(result: *const mx_result) -> mx_op {
    // SAFETY: by the header's rules.
    unsafe { borrow(result, "result") }.map_or(0, |result| result.delivery.op)
}

/// The user_data that was given with the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_result_user_data(result: *const mx_result) -> *mut c_void {
    // SAFETY: by the header's rules.
    unsafe { borrow(result, "result") }
        .map_or(ptr::null_mut(), |result| result.delivery.user_data.0)
}

/// The HTTP status of the last answer; 0 if none came.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_result_http_status(result: *const mx_result) -> u16 {
    // SAFETY: by the header's rules.
    unsafe { borrow(result, "result") }.map_or(0, |result| result.delivery.outcome.http_status)
}

/// The server's errcode as it came, such as "M_THREEPID_NOT_FOUND"; NULL unless the status is
/// MX_ERR_MATRIX. Servers may send codes that no spec lists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_result_errcode(result: *const mx_result) -> *const c_char {
    // SAFETY: by the header's rules.
    let result = unsafe { borrow(result, "result") };
    result.ok().and_then(|result| result.errcode.as_ref()).map_or(ptr::null(), |text| text.as_ptr())
}

/// What happened, in one line for developers' logs, never NULL; "OK" where it went well. It is not
/// meant for users, it may change with any version, and no secret of the request is in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_result_message(result: *const mx_result) -> *const c_char {
    // SAFETY: by the header's rules.
    unsafe { borrow(result, "result") }.map_or(c"result is NULL".as_ptr(), |result| {
        let words = || Box::new(c_string(result.delivery.outcome.message.clone().into_owned()));
        result.message.get_or_init(words).as_ptr()
    })
}

/// How long the server asks to wait before the next try, in milliseconds. False, leaving `out`
/// alone, if it said nothing of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_result_retry_after_ms(result: *const mx_result, out: *mut u64) -> bool {
    // SAFETY: by the header's rules.
    let delay = unsafe { borrow(result, "result") }
        .ok()
        .and_then(|result| result.delivery.outcome.retry_after_ms);
    // SAFETY: by the header's rules.
    unsafe { write(delay, out) }
}

/// The answer's body as it came, with a NUL behind it that `len` does not count; NULL if no answer
/// came. It need be neither JSON nor UTF-8. If it was cut off, this is what arrived.
///
/// @param len  nullable; receives the length in bytes
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_result_body(
    result: *const mx_result,
    len: *mut usize,
) -> *const c_void {
    // SAFETY: by the header's rules.
    let result = unsafe { borrow(result, "result") }.ok();
    let body = result.and_then(|result| result.delivery.outcome.body.as_ref());
    // SAFETY: by the header's rules.
    unsafe { write(body.map(|body| body.bytes().len()), len) };
    body.map_or(ptr::null(), |body| body.bytes().as_ptr().cast())
}

/// A header of the answer; NULL if it was not sent, is not UTF-8, or is not one of those that are kept:
/// "content-type", "content-disposition", "location" and "etag". Of a header sent twice it is the last.
///
/// @param name  in any case
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_result_header(
    result: *const mx_result,
    name: *const c_char,
) -> *const c_char {
    // SAFETY: by the header's rules.
    let (result, name) = unsafe { (borrow(result, "result"), optional_text(name, "name")) };
    let (Ok(result), Ok(Some(name))) = (result, name) else { return ptr::null() };
    result.delivery.outcome.headers.get(name).map_or(ptr::null(), |value| value.as_ptr())
}

/// A string in the answer; NULL if it is absent, is no string, or holds U+0000, which a C string
/// cannot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_result_string(
    result: *const mx_result,
    json_pointer: *const c_char,
) -> *const c_char {
    let found = read(|| {
        // SAFETY: by the header's rules.
        let text = unsafe { look_up(result, json_pointer) }?.str_with_nul()?;
        CStr::from_bytes_with_nul(text.as_bytes()).ok().map(|text| text.as_ptr() as usize)
    });
    found as *const c_char
}

/// An integer in the answer. False, leaving `out` alone, if it is absent, is no integer, or does
/// not fit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_result_int(
    result: *const mx_result,
    json_pointer: *const c_char,
    out: *mut i64,
) -> bool {
    // SAFETY: by the header's rules.
    unsafe { write(read(|| Some(look_up(result, json_pointer)?.as_i64())), out) }
}

/// A boolean in the answer. False, leaving `out` alone, if it is absent or no boolean.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_result_bool(
    result: *const mx_result,
    json_pointer: *const c_char,
    out: *mut bool,
) -> bool {
    // SAFETY: by the header's rules.
    unsafe { write(read(|| Some(look_up(result, json_pointer)?.as_bool())), out) }
}

/// Frees a result and every string that was read from it; secrets in it are wiped. Exclusive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_result_free(result: *mut mx_result) {
    // SAFETY: by the header's rules.
    release(|| drop(unsafe { take(result) }));
}

/// Writes a value that is there to a place that is there.
///
/// # Safety
/// `out` must be NULL or writable.
pub(super) unsafe fn write<T>(value: Option<T>, out: *mut T) -> bool {
    let found = value.is_some();
    if let (Some(value), false) = (value, out.is_null()) {
        // SAFETY: by this function's contract.
        unsafe { out.write(value) };
    }
    found
}
