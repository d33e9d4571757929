//! Bugs planted on purpose, one for each kind that a sanitizer must report: only with
//! `--cfg planted_bugs`, and so never in a library that is shipped.

use std::hint::black_box;
use std::thread;

/// Reads the byte behind an allocation.
#[unsafe(no_mangle)]
pub extern "C" fn mx_planted_overflow() -> u8 {
    let bytes = vec![7_u8; black_box(16)];
    // SAFETY: there is none, and a report must say so; so it is with all that follow.
    unsafe { bytes.as_ptr().add(16).read() }
}

/// Reads what was freed.
#[unsafe(no_mangle)]
pub extern "C" fn mx_planted_use_after_free() -> u8 {
    let byte = black_box(Box::new(7_u8));
    let pointer = &raw const *byte;
    drop(byte);
    // SAFETY: none.
    unsafe { pointer.read() }
}

/// Loses memory: ten times, because a copy of the last pointer may lie about on the stack.
#[unsafe(no_mangle)]
pub extern "C" fn mx_planted_leak() {
    for size in 1000..1010 {
        black_box(vec![7_u8; size].leak());
    }
}

/// Breaks the contract of an unsafe function, which the standard library's own checks notice.
#[unsafe(no_mangle)]
pub extern "C" fn mx_planted_undefined_behaviour() -> u8 {
    let bytes = [7_u8; 16];
    // SAFETY: none.
    unsafe { *bytes.get_unchecked(black_box(16)) }
}

/// Two threads write one number with nothing between them.
#[unsafe(no_mangle)]
pub extern "C" fn mx_planted_race() {
    static mut NUMBER: u64 = 0;
    // SAFETY: none.
    let write = || unsafe { (&raw mut NUMBER).write(black_box(1)) };
    let other = thread::spawn(write);
    write();
    let _ = other.join();
}

/// The same where one of the two accesses is made by compiled code of the standard library.
#[unsafe(no_mangle)]
pub extern "C" fn mx_planted_race_with_std() {
    static mut TEXT: [u8; 5] = *b"hello";
    let text = &raw mut TEXT;
    // SAFETY: none.
    let other = thread::spawn(|| unsafe { std::str::from_utf8(&*(&raw const TEXT)).is_ok() });
    // SAFETY: none.
    unsafe { text.cast::<u8>().write(black_box(b'j')) };
    let _ = other.join();
}
