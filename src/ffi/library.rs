//! The library itself: its version, and what it says of refusals and of leaks.

use std::ffi::c_char;

use super::boundary::{live_objects, refusal};

/// The version, such as "0.2.0". Static: valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn mx_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// The version as a number that grows: major * 1000000 + minor * 1000 + patch.
#[unsafe(no_mangle)]
pub extern "C" fn mx_version_number() -> u32 {
    const NUMBER: u32 = number(env!("CARGO_PKG_VERSION_MAJOR")) * 1_000_000
        + number(env!("CARGO_PKG_VERSION_MINOR")) * 1_000
        + number(env!("CARGO_PKG_VERSION_PATCH"));
    NUMBER
}

/// The number of the binary interface: programs compiled against one number run with every library
/// that answers the same. It is the number in the library's file name.
#[unsafe(no_mangle)]
pub extern "C" fn mx_abi_version() -> i32 {
    const ABI: u32 = number(env!("MATRIX_CAPI_ABI"));
    ABI as i32
}

const fn number(digits: &str) -> u32 {
    let (bytes, mut value, mut i) = (digits.as_bytes(), 0, 0);
    while i < bytes.len() {
        value = value * 10 + (bytes[i] - b'0') as u32;
        i += 1;
    }
    value
}

/// Why the last refused call on this thread was refused, for developers' logs: the function, the
/// parameter, the reason. Never NULL; "" if there was none, or if this thread is ending and its data
/// are gone. Valid until the next refusal on this thread.
#[unsafe(no_mangle)]
pub extern "C" fn mx_refusal_message() -> *const c_char {
    refusal()
}

/// How many objects were handed out and are not yet freed. At the end of a test it should be 0.
#[unsafe(no_mangle)]
pub extern "C" fn mx_debug_live_objects() -> i64 {
    live_objects()
}
