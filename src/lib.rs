//! The Matrix client-server API behind a C header.
//!
//! Data flows one way: `ffi` turns C arguments into Rust values, `api` checks them against the row
//! of the operation and builds the request, `engine` sends it, and one outcome goes back to the
//! application by callback or queue. `flow` joins several operations into what a person wants.
//!
//! The public interface is `include/matrix_capi.h`, generated from [`ffi`]; Rust programs that link
//! this crate call the same functions.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(panic = "abort")]
compile_error!(
    "matrix-capi must be built with panic = \"unwind\": a panic becomes MX_ERR_INTERNAL, and under \"abort\" it would take the application down"
);

#[cfg(feature = "wipe-freed-memory")]
mod allocator;
#[deny(unsafe_code)]
pub mod api;
pub mod engine;
pub mod ffi;
#[deny(unsafe_code)]
pub mod flow;
#[deny(unsafe_code)]
pub mod json;
#[deny(unsafe_code)]
pub mod log;
#[cfg(planted_bugs)]
mod planted;
#[deny(unsafe_code)]
pub mod secret;
