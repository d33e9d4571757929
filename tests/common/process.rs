//! What the library holds in this process: threads and objects.

use std::fs;

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
