//! The process that the tests run in: what the library holds of it, and its end should a test hang.

use std::fs;
use std::sync::Once;
use std::thread;
use std::time::Duration;

use matrix_capi::ffi::mx_debug_live_objects;

/// The names of the library's threads that run now.
pub fn threads_of_ours() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    // A thread may end between the listing and the reading.
    let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
    let mut ours: Vec<_> =
        names.map(|name| name.trim().to_owned()).filter(|name| name.starts_with("mx-")).collect();
    ours.sort();
    ours
}

pub fn live_objects() -> i64 {
    mx_debug_live_objects()
}

/// Ends a process whose tests hang; the test harness has by then said which ones.
pub fn end_if_it_hangs() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        thread::spawn(|| {
            thread::sleep(Duration::from_secs(300));
            eprintln!("a test hangs: ended after 5 minutes");
            std::process::abort();
        });
    });
}
