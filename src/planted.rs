//! Bugs planted on purpose, one for each kind that a sanitizer must report: only with
//! `--cfg planted_bugs`, and so never in a library that is shipped.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

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
    let write = || unsafe { black_box(&raw mut NUMBER).write(1) };
    race(write, write);
}

/// The same where compiled code of the standard library reads what is written.
#[unsafe(no_mangle)]
pub extern "C" fn mx_planted_race_with_std() {
    static mut TEXT: [u8; 1] = *b"a";
    race(
        // SAFETY: none.
        || unsafe { black_box(&raw mut TEXT).write(*b"b") },
        || {
            // SAFETY: none.
            let _ = black_box(std::str::from_utf8(unsafe { &*black_box(&raw const TEXT) }));
        },
    );
}

/// Runs both once, on two threads that live meanwhile: the flags, being relaxed, order nothing else.
fn race(first: fn(), second: fn()) {
    let started = AtomicBool::new(false);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            second();
            started.store(true, Ordering::Relaxed);
            wait_for(&done);
        });
        wait_for(&started);
        first();
        done.store(true, Ordering::Relaxed);
    });
}

fn wait_for(flag: &AtomicBool) {
    while !flag.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(1));
    }
}
