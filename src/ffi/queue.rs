//! Delivery: a callback, or a queue.
//!
//! A client without a queue hands each result to the callback that was given with the call. All
//! callbacks of the process run on one thread of the library's, one at a time, in the order in which
//! the operations ended. A callback may call every function here, and may take its time: it delays
//! other callbacks, never the network.
//!
//! A client with a queue (mx_client_options_set_queue) puts its results there, and no thread of the
//! library's ever enters the application. An event loop watches mx_queue_fd; a thread waits in
//! mx_queue_next. Several clients may share a queue.

use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::time::Duration;

use super::boundary::{self, Stop, borrow, give, guard, release, take};
use super::result::mx_result;
use super::status::{MX_ERR_INTERNAL, MX_ERR_TIMEOUT, mx_status};
use crate::engine::{Next, Queue};

/// Receives the result of a call, on the library's callback thread. The result is the callback's to
/// free. No exception may leave it.
pub type mx_callback = Option<unsafe extern "C" fn(result: *mut mx_result, user_data: *mut c_void)>;

/// Results that wait to be fetched. Free it with mx_queue_free.
pub struct mx_queue(pub(super) Arc<Queue>);

/// Makes a queue.
///
/// @param out  receives the queue, which is yours
/// @return MX_OK; MX_ERR_INTERNAL if the system has no more descriptors
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_queue_new(out: *mut *mut mx_queue) -> mx_status {
    guard("mx_queue_new", || {
        // SAFETY: by the header's rules.
        let out = unsafe { boundary::out(out, "out") }?;
        let queue = Queue::new().map_err(|error| Stop::new(MX_ERR_INTERNAL, error.to_string()))?;
        out.write(give(mx_queue(Arc::new(queue))));
        Ok(())
    })
}

/// A descriptor that is readable exactly while a result waits: for poll, epoll, kqueue, a
/// GSource, a QSocketNotifier, loop.add_reader. Never read, write or close it; it is closed when
/// the queue and all its clients are freed. -1 for NULL and on Windows, which has no such thing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_queue_fd(queue: *const mx_queue) -> c_int {
    // SAFETY: by the header's rules.
    unsafe { borrow(queue, "queue") }.map_or(-1, |queue| queue.0.fd())
}

/// Takes the first result out of the queue, waiting for one if there is none.
///
/// @param timeout_ms  milliseconds to wait; 0 does not wait; a negative number waits for ever
/// @param out         receives the result, which is yours
/// @return MX_OK; MX_ERR_TIMEOUT if nothing came in time or mx_queue_wake was called
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_queue_next(
    queue: *mut mx_queue,
    timeout_ms: i64,
    out: *mut *mut mx_result,
) -> mx_status {
    guard("mx_queue_next", || {
        // SAFETY: by the header's rules.
        let (queue, out) = unsafe { (borrow(queue, "queue")?, boundary::out(out, "out")?) };
        match queue.0.next(u64::try_from(timeout_ms).ok().map(Duration::from_millis)) {
            Next::Delivery(delivery) => {
                out.write(give(mx_result::new(delivery)));
                Ok(())
            }
            Next::Nothing => Err(Stop::quiet(MX_ERR_TIMEOUT)),
        }
    })
}

/// Makes one mx_queue_next answer MX_ERR_TIMEOUT at once: one that waits now, or else the next one.
/// Each wake ends one, and none takes a result away. The descriptor does not become readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_queue_wake(queue: *mut mx_queue) -> mx_status {
    guard("mx_queue_wake", || {
        // SAFETY: by the header's rules.
        unsafe { borrow(queue, "queue") }?.0.wake();
        Ok(())
    })
}

/// Frees a queue and the results in it. Free its clients first: a result that comes for a freed
/// queue is dropped, and a warning is logged. Exclusive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_queue_free(queue: *mut mx_queue) {
    release(|| {
        // SAFETY: by the header's rules.
        if let Some(queue) = unsafe { take(queue) } {
            queue.0.close();
        }
    });
}
