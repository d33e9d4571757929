//! What must be true of each call: the model that the library is compared with.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use matrix_capi::ffi::*;

use super::round::Round;
use crate::c::Answer;
use crate::words::check_message;

/// A client, until one thread takes it to free it.
pub struct ClientOf {
    pub round: *const Round,
    /// Read while a thread uses the client; written by the one that frees it.
    pub handle: RwLock<Option<Pointer<mx_client>>>,
    /// For its own callbacks, in which it is always alive.
    pub raw: Pointer<mx_client>,
    pub has_queue: bool,
    pub being_freed: AtomicBool,
    pub freed: AtomicBool,
}

/// A pointer that may go to other threads: what it points to is the library's.
pub struct Pointer<T>(pub *mut T);

impl<T> Clone for Pointer<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Pointer<T> {}

// SAFETY: the header allows every function on what is pointed to from any thread.
unsafe impl<T> Send for Pointer<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Pointer<T> {}

// SAFETY: the round outlives every client in it, and is made to be shared.
unsafe impl Send for ClientOf {}
// SAFETY: as above.
unsafe impl Sync for ClientOf {}

/// One call: what was started, and what became of it.
pub struct Record {
    pub client: Arc<ClientOf>,
    /// Written by the library before the call can complete.
    pub op: AtomicU64,
    pub accepted: AtomicBool,
    pub cancelled: AtomicBool,
    pub completions: AtomicU32,
}

impl Record {
    pub fn new(client: &Arc<ClientOf>) -> Arc<Self> {
        Arc::new(Self {
            client: Arc::clone(client),
            op: AtomicU64::new(0),
            accepted: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            completions: AtomicU32::new(0),
        })
    }

    pub fn is_complete(&self) -> bool {
        self.completions.load(Ordering::SeqCst) > 0
    }

    /// Its result has come.
    pub fn complete(&self, answer: &Answer) {
        let before = self.completions.fetch_add(1, Ordering::SeqCst);
        assert_eq!(before, 0, "a second completion: {}", answer.message());
        assert_eq!(answer.op(), self.op.load(Ordering::SeqCst), "the op was known before");
        assert_ne!(answer.op(), 0);
        let status = answer.status();
        assert!(status == MX_OK || (32..=64).contains(&status), "{status} is no result's");
        assert_ne!(status, MX_ERR_INTERNAL, "{}", answer.message());
        if status == MX_ERR_CANCELLED {
            let asked = self.cancelled.load(Ordering::SeqCst);
            assert!(asked || self.client.being_freed.load(Ordering::SeqCst), "nobody cancelled");
        }
        check_message(&answer.message(), false);
        let (_, _, _) = (answer.json(), answer.errcode(), answer.retry_after_ms());
        let _ = (answer.string("/sid"), answer.int("/x"), answer.bool("/success"));
    }
}

/// The callback of every call.
pub unsafe extern "C" fn completed(result: *mut mx_result, user_data: *mut c_void) {
    let answer = Answer(result);
    // SAFETY: user_data is a record of the round, which is dropped when the threads are gone.
    let record = unsafe { &*user_data.cast::<Record>() };
    assert_eq!(answer.user_data(), user_data);
    assert!(!record.client.has_queue, "a callback of a client with a queue");
    assert!(!record.client.freed.load(Ordering::SeqCst), "a callback after free has returned");
    record.complete(&answer);
    drop(answer);
    // SAFETY: as above.
    unsafe { &*record.client.round }.in_callback(&record.client, record);
}
