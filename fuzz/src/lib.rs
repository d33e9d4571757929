//! The bodies of the fuzz targets: plain functions of bytes, which panic where a promise is broken.
//!
//! `fuzz_targets` hands each to libFuzzer; `tests/replay.rs` runs them over the seeds and the
//! finds, with no fuzzer at all.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a find is a panic")]

#[path = "../../tests/common/c.rs"]
#[allow(dead_code, reason = "the tests use the rest of it")]
mod c;
#[path = "../../tests/common/client.rs"]
#[allow(dead_code, reason = "the tests use the rest of it")]
mod client;
#[path = "../../tests/common/process.rs"]
#[allow(dead_code, reason = "a fuzzer needs no end after five minutes")]
mod process_of_tests;

mod input;
mod rows;
mod server;
mod words;

pub mod calls;
pub mod http;
pub mod json;
pub mod params;
pub mod pointer;
pub mod requests;
pub mod response;
pub mod saved;
pub mod urls;
pub mod well_known;

mod process {
    //! The process that the targets run in.

    use super::process_of_tests;
    pub use super::process_of_tests::{live_objects, threads_of_ours};

    /// A fuzzer looks after its process itself.
    pub fn end_if_it_hangs() {
        if cfg!(not(feature = "libfuzzer")) {
            process_of_tests::end_if_it_hangs();
        }
    }
}
