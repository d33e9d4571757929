//! Tries every order of events on the engine's completions, cancelling, queue and closing.

// Not all of the library's files is needed here.
#![allow(dead_code, unused_imports)]

mod api;
mod engine;
#[path = "../../../src/json/mod.rs"]
mod json;
#[path = "../../../src/log.rs"]
mod log;
#[path = "../../../src/secret.rs"]
mod secret;
