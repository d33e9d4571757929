//! Options and clients as a careful Rust program would wrap them: every one is freed once.

use std::ffi::c_void;
use std::ops::Deref;
use std::ptr::{self, null, null_mut};

use matrix_capi::ffi::*;
use serde_json::Value;

use super::c::{Answer, Handler, Queue, c_text, run_handler};
use super::process::end_if_it_hangs;

/// Client options, freed when dropped.
pub struct Options(pub *mut mx_client_options);

impl Options {
    pub fn new() -> Self {
        end_if_it_hangs();
        let mut options = null_mut();
        // SAFETY: `options` is writable.
        assert_eq!(unsafe { mx_client_options_new(&mut options) }, MX_OK);
        Self(options)
    }

    /// Options by the names of their setters.
    pub fn from_json(members: &Value) -> Self {
        let options = Self::new();
        for (name, value) in members.as_object().into_iter().flatten() {
            assert_eq!(options.set(name, value), MX_OK, "option {name} {value}");
        }
        options
    }

    pub fn set(&self, name: &str, value: &Value) -> mx_status {
        let number = || u32::try_from(value.as_u64().unwrap()).unwrap();
        let string = value.as_str().map(c_text);
        let string = string.as_ref().map_or(null(), |string| string.as_ptr());
        // SAFETY: the options live as long as self, and strings are copied.
        unsafe {
            match name {
                "timeout_ms" => mx_client_options_set_timeout_ms(self.0, number()),
                "connect_timeout_ms" => mx_client_options_set_connect_timeout_ms(self.0, number()),
                "user_agent" => mx_client_options_set_user_agent(self.0, string),
                "access_token" => mx_client_options_set_access_token(self.0, string),
                "proxy" => mx_client_options_set_proxy(self.0, string),
                "max_retries" => mx_client_options_set_max_retries(self.0, number()),
                "retry_delay_ms" => mx_client_options_set_retry_delay_ms(self.0, number()),
                "max_rate_limit_wait_ms" => {
                    mx_client_options_set_max_rate_limit_wait_ms(self.0, number())
                }
                "max_response_bytes" => mx_client_options_set_max_response_bytes(self.0, number()),
                "max_idle_connections" => {
                    mx_client_options_set_max_idle_connections(self.0, number())
                }
                "idle_timeout_ms" => mx_client_options_set_idle_timeout_ms(self.0, number()),
                "malloc_trim" => {
                    mx_client_options_set_malloc_trim(self.0, value.as_bool().unwrap())
                }
                "allow_plain_http" => {
                    mx_client_options_set_allow_plain_http(self.0, value.as_bool().unwrap())
                }
                other => panic!("there is no option {other}"),
            }
        }
    }

    pub fn queue(self, queue: &Queue) -> Self {
        // SAFETY: both live as long as their wrappers.
        assert_eq!(unsafe { mx_client_options_set_queue(self.0, queue.0) }, MX_OK);
        self
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: they are ours, and are freed once.
        unsafe { mx_client_options_free(self.0) }
    }
}

/// A client that the test frees itself, on whichever thread it likes.
#[derive(Clone, Copy)]
pub struct RawClient(pub *mut mx_client);

// SAFETY: the header allows every function on it from any thread; tests call `free` once.
unsafe impl Send for RawClient {}
// SAFETY: as above.
unsafe impl Sync for RawClient {}

impl RawClient {
    pub fn call(
        &self,
        operation: &str,
        params: &str,
        handler: Option<&'static Handler>,
    ) -> Result<mx_op, mx_status> {
        let mut op = 0;
        let callback: mx_callback = handler.map(|_| run_handler as _);
        let user_data =
            handler.map_or(null_mut(), |handler| ptr::from_ref(handler).cast_mut().cast());
        match self.call_with(operation, params, callback, user_data, &mut op) {
            MX_OK => Ok(op),
            status => Err(status),
        }
    }

    pub fn call_with(
        &self,
        operation: &str,
        params: &str,
        callback: mx_callback,
        user_data: *mut c_void,
        op: *mut mx_op,
    ) -> mx_status {
        let (operation, params) = (c_text(operation), c_text(params));
        // SAFETY: the client is alive, strings end with NUL, `op` is NULL or writable.
        unsafe { mx_call(self.0, operation.as_ptr(), params.as_ptr(), callback, user_data, op) }
    }

    pub fn cancel(&self, op: mx_op) -> mx_status {
        // SAFETY: the client is alive.
        unsafe { mx_client_cancel(self.0, op) }
    }

    pub fn set_access_token(&self, token: Option<&str>) -> mx_status {
        let token = token.map(c_text);
        let token = token.as_ref().map_or(null(), |token| token.as_ptr());
        // SAFETY: the client is alive, the string ends with NUL.
        unsafe { mx_client_set_access_token(self.0, token) }
    }

    pub fn free(self) {
        // SAFETY: the test calls it once.
        unsafe { mx_client_free(self.0) }
    }
}

/// A client, freed when dropped.
pub struct Client(RawClient);

impl Client {
    pub fn new(url: &str, options: &Options) -> Self {
        match Self::try_new(url, options) {
            Ok(client) => client,
            Err((status, why)) => panic!("{url}: {status}: {}", why.message()),
        }
    }

    pub fn try_new(url: &str, options: &Options) -> Result<Self, (mx_status, Answer)> {
        let (url, mut client, mut error) = (c_text(url), null_mut(), null_mut());
        // SAFETY: all pointers are valid, and both places are writable.
        match unsafe { mx_client_new(url.as_ptr(), options.0, &mut client, &mut error) } {
            MX_OK => Ok(Self(RawClient(client))),
            status => Err((status, Answer(error))),
        }
    }

    pub fn into_raw(self) -> RawClient {
        let raw = self.0;
        std::mem::forget(self);
        raw
    }
}

impl Deref for Client {
    type Target = RawClient;

    fn deref(&self) -> &RawClient {
        &self.0
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.free();
    }
}
