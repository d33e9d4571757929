//! Client options: what a client can be told before it is made.
//!
//! A new options object holds the defaults. A setter that refuses a value leaves the one before.

use std::borrow::Cow;
use std::ffi::c_char;
use std::sync::Arc;
use std::time::Duration;

use super::boundary::{
    self, Stop, borrow, borrow_mut, give, guard, optional_text, release, take, text,
};
use super::queue::mx_queue;
use super::status::{MX_ERR_INVALID_ARGUMENT, mx_status};
use crate::engine::{Client, Options};

/// What a client is told. Free it with mx_client_options_free; clients keep a copy.
pub struct mx_client_options(pub(super) Options);

/// Makes options that hold the defaults.
///
/// @param out  receives the options, which are yours
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_new(out: *mut *mut mx_client_options) -> mx_status {
    guard("mx_client_options_new", || {
        // SAFETY: by the header's rules.
        let out = unsafe { boundary::out(out, "out") }?;
        out.write(give(mx_client_options(Options::default())));
        Ok(())
    })
}

/// How long a whole call may take, retries and waiting included, in milliseconds: at least 1.
/// Default 30000. After it the call ends with MX_ERR_DEADLINE. Exclusive, as is every setter here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_set_timeout_ms(
    options: *mut mx_client_options,
    timeout_ms: u32,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_set_timeout_ms", |options| {
            options.timeout = milliseconds(at_least_one(timeout_ms, "timeout_ms")?);
            Ok(())
        })
    }
}

/// How long one connection may take to be made, in milliseconds: at least 1. Default 10000.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_set_connect_timeout_ms(
    options: *mut mx_client_options,
    connect_timeout_ms: u32,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_set_connect_timeout_ms", |options| {
            options.connect_timeout =
                milliseconds(at_least_one(connect_timeout_ms, "connect_timeout_ms")?);
            Ok(())
        })
    }
}

/// The User-Agent header: visible ASCII characters and spaces. Default "matrix-capi/VERSION".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_set_user_agent(
    options: *mut mx_client_options,
    user_agent: *const c_char,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_set_user_agent", |options| {
            let user_agent = text(user_agent, "user_agent")?;
            if user_agent.is_empty()
                || !user_agent.bytes().all(|byte| (b' '..=b'~').contains(&byte))
            {
                return Err(invalid(
                    "user_agent must be visible ASCII characters and spaces, at least one",
                ));
            }
            options.user_agent = user_agent.to_owned();
            Ok(())
        })
    }
}

/// The access token of the account. It travels with the operations that the spec says need one or
/// may have one, and never with those that reset a password. Default none.
///
/// @param access_token  visible ASCII characters; nullable: none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_set_access_token(
    options: *mut mx_client_options,
    access_token: *const c_char,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_set_access_token", |options| {
            let token = optional_text(access_token, "access_token")?;
            token.map(Client::check_access_token).transpose()?;
            options.access_token = token.map(Into::into);
            Ok(())
        })
    }
}

/// The proxy for every request. Default: what the environment says in HTTPS_PROXY, HTTP_PROXY,
/// ALL_PROXY and NO_PROXY, in either case; and none for http:// to this machine, for which a proxy
/// elsewhere is never used.
///
/// @param proxy  an http or https URL such as "http://user:password@proxy.example:3128"; nullable:
///               the default
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_set_proxy(
    options: *mut mx_client_options,
    proxy: *const c_char,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_set_proxy", |options| {
            let proxy = optional_text(proxy, "proxy")?;
            proxy.map(Options::check_proxy).transpose()?;
            options.proxy = proxy.map(Into::into);
            Ok(())
        })
    }
}

/// Trusts one or more certificate authorities, besides the public ones. May be called again.
///
/// @param pem  one or more "BEGIN CERTIFICATE" blocks: the text, not a file's name
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_add_root_pem(
    options: *mut mx_client_options,
    pem: *const c_char,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_add_root_pem", |options| {
            Ok(options.add_root_pem(text(pem, "pem")?)?)
        })
    }
}

/// Whether public certificates are checked against Mozilla's roots, built into the library, instead
/// of the system's. Default false; on Android always true.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_set_bundled_roots(
    options: *mut mx_client_options,
    bundled_roots: bool,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_set_bundled_roots", |options| {
            options.bundled_roots = bundled_roots;
            Ok(())
        })
    }
}

/// How often a failed request is sent again, where that is safe: when it never left, or when by the
/// spec a second time changes nothing. Default 2; 0 is never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_set_max_retries(
    options: *mut mx_client_options,
    max_retries: u32,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_set_max_retries", |options| {
            options.max_retries = max_retries;
            Ok(())
        })
    }
}

/// The longest pause before the first retry, in milliseconds. It doubles from retry to retry, and
/// the pause is a random part of it. Default 300.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_set_retry_delay_ms(
    options: *mut mx_client_options,
    retry_delay_ms: u32,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_set_retry_delay_ms", |options| {
            options.retry_delay = milliseconds(retry_delay_ms);
            Ok(())
        })
    }
}

/// The longest delay asked for by a server (429, 503) that is waited out inside the call, in
/// milliseconds. For a longer one the call ends at once, and mx_result_retry_after_ms tells the
/// delay. Default 3000.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_set_max_rate_limit_wait_ms(
    options: *mut mx_client_options,
    max_rate_limit_wait_ms: u32,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_set_max_rate_limit_wait_ms", |options| {
            options.max_rate_limit_wait = milliseconds(max_rate_limit_wait_ms);
            Ok(())
        })
    }
}

/// The largest body of an answer that is taken, in bytes: at least 1. Default 16 MiB. A larger one
/// ends the call with MX_ERR_BAD_RESPONSE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_set_max_response_bytes(
    options: *mut mx_client_options,
    max_response_bytes: u32,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_set_max_response_bytes", |options| {
            options.max_response_bytes =
                at_least_one(max_response_bytes, "max_response_bytes")? as usize;
            Ok(())
        })
    }
}

/// How many connections without a request are kept for later. Default 128, so that as many calls at
/// once need not connect anew; 0 keeps none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_set_max_idle_connections(
    options: *mut mx_client_options,
    max_idle_connections: u32,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_set_max_idle_connections", |options| {
            options.max_idle_connections = max_idle_connections as usize;
            Ok(())
        })
    }
}

/// How long a connection without a request is kept, in milliseconds: at least 1. Default 60000.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_set_idle_timeout_ms(
    options: *mut mx_client_options,
    idle_timeout_ms: u32,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_set_idle_timeout_ms", |options| {
            options.idle_timeout = milliseconds(at_least_one(idle_timeout_ms, "idle_timeout_ms")?);
            Ok(())
        })
    }
}

/// Whether http:// is allowed to other machines, where anyone on the way can read passwords and
/// tokens. Default false. To this machine (localhost, 127.0.0.0/8, ::1) it is always allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_set_allow_plain_http(
    options: *mut mx_client_options,
    allow_plain_http: bool,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_set_allow_plain_http", |options| {
            options.allow_plain_http = allow_plain_http;
            Ok(())
        })
    }
}

/// Whether, after a burst of calls, the memory that the C library's allocator keeps is given back to
/// the system: by malloc_trim, for the whole process, with glibc only. Default false.
///
/// glibc keeps what was freed for later, up to the most that was ever in use at once: some 300 MB
/// after 10000 calls at once, of which 12 MB stay with this option. It is done a second after at
/// least 256 calls at once have all ended, if a client with this option is alive then, on a thread
/// of the library's for what takes long. Other threads that allocate wait while glibc walks the
/// heap, the application's own heap included: up to a second for 300 MB in small pieces. Memory that
/// is needed again costs page faults.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_set_malloc_trim(
    options: *mut mx_client_options,
    malloc_trim: bool,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_set_malloc_trim", |options| {
            options.malloc_trim = malloc_trim;
            Ok(())
        })
    }
}

/// The queue that gets the results of the client's calls; their callbacks must then be NULL.
/// Default none. The queue stays yours.
///
/// @param queue  nullable: none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_set_queue(
    options: *mut mx_client_options,
    queue: *const mx_queue,
) -> mx_status {
    // SAFETY: by the header's rules.
    unsafe {
        set(options, "mx_client_options_set_queue", |options| {
            options.queue = borrow(queue, "queue").ok().map(|queue| Arc::clone(&queue.0));
            Ok(())
        })
    }
}

/// Frees options. Clients made from them go on. Exclusive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_client_options_free(options: *mut mx_client_options) {
    // SAFETY: by the header's rules.
    release(|| drop(unsafe { take(options) }));
}

/// What all setters share.
///
/// # Safety
/// `options` must be NULL or alive, and nothing else may use it meanwhile.
unsafe fn set(
    options: *mut mx_client_options,
    function: &str,
    change: impl FnOnce(&mut Options) -> Result<(), Stop>,
) -> mx_status {
    guard(function, || {
        // SAFETY: by this function's contract.
        change(&mut unsafe { borrow_mut(options, "options") }?.0)
    })
}

fn milliseconds(value: u32) -> Duration {
    Duration::from_millis(value.into())
}

fn at_least_one(value: u32, name: &str) -> Result<u32, Stop> {
    if value == 0 { Err(invalid(format!("{name} must be at least 1, not 0"))) } else { Ok(value) }
}

fn invalid(why: impl Into<Cow<'static, str>>) -> Stop {
    Stop::new(MX_ERR_INVALID_ARGUMENT, why)
}
