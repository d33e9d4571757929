//! The log's callback: not called after it was replaced, never told a secret, and refused when it
//! calls the library.

use std::ffi::{c_char, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use matrix_capi::ffi::*;

use crate::c::text;
use crate::words::check_message;

/// The sinks of a round; the last one is set.
#[derive(Default)]
pub struct Log(Mutex<Vec<Arc<AtomicBool>>>);

impl Log {
    pub fn on(&self, level: i32) {
        let sink = Arc::new(AtomicBool::new(true));
        self.replace(level, Some(line), Some(sink));
    }

    pub fn off(&self) {
        self.replace(MX_LOG_ERROR, None, None);
    }

    fn replace(&self, level: i32, callback: mx_log_callback, sink: Option<Arc<AtomicBool>>) {
        let mut sinks = self.0.lock().unwrap();
        let user_data = sink.as_ref().map_or(null_mut(), |sink| Arc::as_ptr(sink).cast_mut());
        // SAFETY: the sink lives as long as the round, which ends with the log switched off.
        let status = unsafe { mx_log_set(level, callback, user_data.cast()) };
        assert_eq!(status, MX_OK);
        if let Some(before) = sinks.last() {
            before.store(false, Ordering::SeqCst);
        }
        sinks.extend(sink);
    }
}

unsafe extern "C" fn line(level: i32, message: *const c_char, user_data: *mut c_void) {
    // SAFETY: user_data is a sink of a round that has not ended.
    let active = unsafe { &*user_data.cast::<AtomicBool>() };
    assert!(active.load(Ordering::SeqCst), "a line after the log was set anew");
    assert!((MX_LOG_ERROR..=MX_LOG_DEBUG).contains(&level));
    check_message(&text(message).unwrap(), false);
    // SAFETY: NULL is refused, whatever else is.
    assert_eq!(unsafe { mx_client_cancel(null_mut(), 1) }, MX_ERR_MISUSE);
}
