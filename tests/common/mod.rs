//! What the test binaries share: the scripted server, and safe wrappers over the C functions.

#![allow(dead_code, unused_imports, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panic")]

mod c;
mod client;
mod delivery;
pub mod little_server;
mod process;
mod server;
pub mod victim;

pub use c::{Answer, Handler, Queue, c_text, handler, run_handler, text};
pub use client::{Client, Options, RawClient};
pub use delivery::{Delivery, Inbox, Mode, Patience};
pub use process::{end_if_it_hangs, live_objects, threads_of_ours};
pub use server::{ClosedPort, Script, Server, State, server};

/// The operation that most tests call.
pub const RESET: &str = "requestTokenToResetPasswordEmail";

/// Its parameters, with this send_attempt.
pub fn reset_params(send_attempt: usize) -> String {
    format!(
        r#"{{"client_secret":"secret.{send_attempt}","email":"alice@example.test","send_attempt":{send_attempt}}}"#
    )
}
