//! The four beats of every function: guard, borrow, work, status.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicI64, Ordering};

use super::status::*;
use crate::api::Outcome;
use crate::engine::{self, Refusal};
use crate::log;

/// Why a function does not do what it was asked to.
pub struct Stop {
    status: mx_status,
    why: Cow<'static, str>,
}

impl Stop {
    pub fn new(status: mx_status, why: impl Into<Cow<'static, str>>) -> Self {
        Self { status, why: why.into() }
    }

    pub fn quiet(status: mx_status) -> Self {
        Self::new(status, "")
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Closed => Self::new(MX_ERR_CLOSED, "the client is being freed"),
            Refusal::NoCallback => {
                Self::new(MX_ERR_NULL_ARGUMENT, "callback is NULL, and the client has no queue")
            }
            Refusal::CallbackWithQueue => {
                Self::new(MX_ERR_MISUSE, "callback is not NULL, and the client has a queue")
            }
            Refusal::NotFound => Self::new(MX_ERR_NOT_FOUND, "no such operation is pending"),
        }
    }
}

impl From<Outcome> for Stop {
    fn from(outcome: Outcome) -> Self {
        Self::from(&outcome)
    }
}

impl From<&Outcome> for Stop {
    fn from(outcome: &Outcome) -> Self {
        Self::new(status_of(outcome.status), outcome.message.clone())
    }
}

thread_local! {
    static REFUSAL: RefCell<CString> = RefCell::default();
}

/// The words of the last refusal on this thread; none where the thread ends and its data are gone.
pub fn refusal() -> *const c_char {
    REFUSAL.try_with(|message| message.borrow().as_ptr()).unwrap_or(c"".as_ptr())
}

/// Runs the body of a function that returns a status: not in a forked child, not inside the log
/// callback, and with no panic crossing into C.
pub fn guard(function: &str, body: impl FnOnce() -> Result<(), Stop>) -> mx_status {
    // The fork comes first: whatever a body does, it may take a lock that nobody will ever release.
    let result = if engine::forked() {
        Err(Stop::new(MX_ERR_FORKED, "this process is a forked child"))
    } else if log::inside() {
        Err(Stop::new(MX_ERR_MISUSE, "called inside the log callback"))
    } else {
        catch_unwind(AssertUnwindSafe(body))
            .unwrap_or_else(|_| Err(Stop::new(MX_ERR_INTERNAL, "a bug in the library: panic")))
    };
    let Err(Stop { status, why }) = result else {
        return MX_OK;
    };
    if !why.is_empty() {
        let message = format!("{function}: {why}");
        // Cancelling what has just ended is no mistake, and in a forked child the log may be locked.
        if !matches!(status, MX_ERR_FORKED | MX_ERR_NOT_FOUND) && log::enabled(log::Level::Error) {
            // A child that is forked meanwhile finds the log's lock held.
            let _claim = engine::Claim::take();
            log::error(format_args!("{}: {message}", name(status).to_string_lossy()));
        }
        // In an atexit handler and in the destructors of a thread the place may be gone.
        let _ = REFUSAL.try_with(|place| place.replace(c_string(message)));
    }
    status
}

/// Runs the body of a getter; a panic in it answers what an absent value would.
pub fn read<T: Default>(body: impl FnOnce() -> Option<T>) -> T {
    catch_unwind(AssertUnwindSafe(body)).ok().flatten().unwrap_or_default()
}

/// Runs the body of a free function. In a forked child and inside the log callback, where freeing
/// could wait for ever, it leaks.
pub fn release(body: impl FnOnce()) {
    if !engine::forked() && !log::inside() {
        let _ = catch_unwind(AssertUnwindSafe(body));
    }
}

/// Text for C; what is behind a NUL would be lost, so NULs become visible.
pub fn c_string(text: String) -> CString {
    CString::new(text).unwrap_or_else(|error| {
        let text = String::from_utf8_lossy(&error.into_vec()).replace('\0', "\u{fffd}");
        CString::new(text).unwrap_or_default()
    })
}

/// Objects handed out and not yet freed.
static LIVE: AtomicI64 = AtomicI64::new(0);

pub fn live_objects() -> i64 {
    LIVE.load(Ordering::Relaxed)
}

/// Hands an object to the application.
pub fn give<T>(object: T) -> *mut T {
    LIVE.fetch_add(1, Ordering::Relaxed);
    Box::into_raw(Box::new(object))
}

/// Takes an object back from the application.
///
/// # Safety
/// `object` must be NULL or come from [`give`], and must not be used again.
pub unsafe fn take<T>(object: *mut T) -> Option<Box<T>> {
    if object.is_null() {
        return None;
    }
    LIVE.fetch_sub(1, Ordering::Relaxed);
    // SAFETY: by this function's contract.
    Some(unsafe { Box::from_raw(object) })
}

/// Borrows an object of the application's.
///
/// # Safety
/// `object` must be NULL or come from [`give`] and live as long as the borrow.
pub unsafe fn borrow<'a, T>(object: *const T, name: &str) -> Result<&'a T, Stop> {
    // SAFETY: by this function's contract.
    unsafe { object.as_ref() }.ok_or_else(|| null(name))
}

/// The same for an object that the function changes; the header calls the function exclusive.
///
/// # Safety
/// As [`borrow`], and nothing else may use the object meanwhile.
pub unsafe fn borrow_mut<'a, T>(object: *mut T, name: &str) -> Result<&'a mut T, Stop> {
    // SAFETY: by this function's contract.
    unsafe { object.as_mut() }.ok_or_else(|| null(name))
}

/// Borrows a string of the application's.
///
/// # Safety
/// `text` must be NULL or a string that ends with NUL and lives as long as the borrow.
pub unsafe fn text<'a>(text: *const c_char, name: &str) -> Result<&'a str, Stop> {
    // SAFETY: by this function's contract.
    unsafe { optional_text(text, name) }?.ok_or_else(|| null(name))
}

/// The same where NULL means that there is none.
///
/// # Safety
/// As [`text`].
pub unsafe fn optional_text<'a>(text: *const c_char, name: &str) -> Result<Option<&'a str>, Stop> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: by this function's contract.
    let bytes = unsafe { CStr::from_ptr(text) };
    let not_utf8 = |_| Stop::new(MX_ERR_INVALID_UTF8, format!("{name} is not UTF-8"));
    bytes.to_str().map(Some).map_err(not_utf8)
}

/// Where a function leaves what it made. Never a reference: the application need not have
/// initialised it, and may have passed the same address twice.
pub struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    pub fn write(self, value: T) {
        // SAFETY: `out` promises that it may be written.
        unsafe { self.0.write(value) }
    }
}

/// Checks where an answer goes.
///
/// # Safety
/// `out` must be NULL or writable until the function that was called returns.
pub unsafe fn out<T>(out: *mut T, name: &str) -> Result<Out<T>, Stop> {
    NonNull::new(out).map(Out).ok_or_else(|| null(name))
}

fn null(name: &str) -> Stop {
    Stop::new(MX_ERR_NULL_ARGUMENT, format!("{name} is NULL"))
}
