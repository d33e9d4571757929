//! Results and queues as a careful Rust program would wrap them: every one is freed once.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::null_mut;
use std::slice;

use matrix_capi::ffi::*;

/// What a test does with a result, on the library's callback thread.
pub type Handler = Box<dyn Fn(Answer) + Send + Sync>;

/// Never freed, so that even a completion too many would find it.
pub fn handler(body: impl Fn(Answer) + Send + Sync + 'static) -> &'static Handler {
    let handler: Handler = Box::new(body);
    Box::leak(Box::new(handler))
}

/// The callback that goes with a [`Handler`] as user_data.
pub unsafe extern "C" fn run_handler(result: *mut mx_result, user_data: *mut c_void) {
    // SAFETY: user_data is what `submit` passed: a handler that is never freed.
    let handler = unsafe { &*user_data.cast::<Handler>() };
    handler(Answer(result));
}

pub fn c_text(text: &str) -> CString {
    CString::new(text).unwrap()
}

/// A borrowed C string as a Rust one.
pub fn text(borrowed: *const c_char) -> Option<String> {
    if borrowed.is_null() {
        return None;
    }
    // SAFETY: the library's strings end with NUL and live as long as their object.
    Some(unsafe { CStr::from_ptr(borrowed) }.to_str().unwrap().to_owned())
}

/// A result, freed when dropped.
pub struct Answer(pub *mut mx_result);

// SAFETY: the header allows every getter from any thread.
unsafe impl Send for Answer {}

impl Answer {
    pub fn status(&self) -> mx_status {
        // SAFETY: the result lives as long as self, here and below.
        unsafe { mx_result_status(self.0) }
    }

    pub fn status_name(&self) -> String {
        text(mx_status_name(self.status())).unwrap()
    }

    pub fn op(&self) -> mx_op {
        // SAFETY: as above.
        unsafe { mx_result_op(self.0) }
    }

    pub fn user_data(&self) -> *mut c_void {
        // SAFETY: as above.
        unsafe { mx_result_user_data(self.0) }
    }

    pub fn http_status(&self) -> u16 {
        // SAFETY: as above.
        unsafe { mx_result_http_status(self.0) }
    }

    pub fn errcode(&self) -> Option<String> {
        // SAFETY: as above.
        text(unsafe { mx_result_errcode(self.0) })
    }

    pub fn message(&self) -> String {
        // SAFETY: as above.
        text(unsafe { mx_result_message(self.0) }).expect("a message is never NULL")
    }

    pub fn retry_after_ms(&self) -> Option<u64> {
        let mut ms = 0;
        // SAFETY: as above, and `ms` is writable.
        unsafe { mx_result_retry_after_ms(self.0, &mut ms) }.then_some(ms)
    }

    /// The body without its NUL, which must be there.
    pub fn json(&self) -> Option<Vec<u8>> {
        let mut len = 0;
        // SAFETY: as above, and `len` is writable.
        let body = unsafe { mx_result_body(self.0, &mut len) };
        if body.is_null() {
            return None;
        }
        // SAFETY: the header promises `len` bytes and a NUL behind them.
        let bytes = unsafe { slice::from_raw_parts(body.cast::<u8>(), len + 1) };
        assert_eq!(bytes[len], 0, "a NUL stands behind the body");
        Some(bytes[..len].to_vec())
    }

    pub fn string(&self, pointer: &str) -> Option<String> {
        let pointer = c_text(pointer);
        // SAFETY: as above, and the pointer ends with NUL.
        text(unsafe { mx_result_string(self.0, pointer.as_ptr()) })
    }

    pub fn int(&self, pointer: &str) -> Option<i64> {
        let (pointer, mut value) = (c_text(pointer), 0);
        // SAFETY: as above.
        unsafe { mx_result_int(self.0, pointer.as_ptr(), &mut value) }.then_some(value)
    }

    pub fn bool(&self, pointer: &str) -> Option<bool> {
        let (pointer, mut value) = (c_text(pointer), false);
        // SAFETY: as above.
        unsafe { mx_result_bool(self.0, pointer.as_ptr(), &mut value) }.then_some(value)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        // SAFETY: it is ours, and is freed once.
        unsafe { mx_result_free(self.0) }
    }
}

/// A queue, freed when dropped.
pub struct Queue(pub *mut mx_queue);

// SAFETY: the header allows every function on it from any thread.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

impl Queue {
    pub fn new() -> Self {
        let mut queue = null_mut();
        // SAFETY: `queue` is writable.
        assert_eq!(unsafe { mx_queue_new(&mut queue) }, MX_OK);
        Self(queue)
    }

    pub fn fd(&self) -> i32 {
        // SAFETY: the queue lives as long as self, here and below.
        unsafe { mx_queue_fd(self.0) }
    }

    pub fn next(&self, timeout_ms: i64) -> Result<Answer, mx_status> {
        let mut result = null_mut();
        // SAFETY: as above.
        match unsafe { mx_queue_next(self.0, timeout_ms, &mut result) } {
            MX_OK => Ok(Answer(result)),
            status => Err(status),
        }
    }

    pub fn wake(&self) -> mx_status {
        // SAFETY: as above.
        unsafe { mx_queue_wake(self.0) }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: it is ours, and is freed once.
        unsafe { mx_queue_free(self.0) }
    }
}
