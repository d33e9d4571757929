//! Runs the target "calls" over its seeds and finds, in a process of its own: its rounds end with
//! no object and no thread of the library's.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panic")]

mod common;

#[test]
fn every_seed_and_find_of_calls_holds() {
    common::replay("calls", matrix_capi_fuzz::calls::run);
}
