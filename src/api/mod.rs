//! What Matrix says: the table of operations, the grammar of their fields, how requests are built
//! and answers are read. Pure data and checks; no I/O, no threads.

mod answer;
mod base_url;
mod client_secret;
mod error;
mod field;
mod operation;
mod outcome;
mod params;
mod reach;
pub mod submit_token;
pub mod table;
mod weight;

pub use answer::{Head, Parsed, read_answer};
pub use base_url::{BaseUrl, is_this_machine};
pub use client_secret::new_client_secret;
pub use field::{Field, Kind, MAX_INTEGER, Place};
pub use operation::{Auth, Method, Operation, Repeat, Request};
pub use outcome::{Body, Ending, Outcome};
pub use params::Params;
pub use reach::may_lead;

#[cfg(test)]
mod debug_output;
