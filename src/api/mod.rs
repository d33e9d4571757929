//! What Matrix says: the table of operations, the grammar of their fields, how requests are built
//! and answers are read. Pure data and checks; no I/O, no threads.

mod answer;
mod base_url;
mod body;
mod client_secret;
pub mod custom;
mod error;
mod field;
mod headers;
mod operation;
mod outcome;
mod prepared;
mod reach;
mod request;
pub mod secrets;
pub mod submit_token;
pub mod table;

pub use answer::{CheckedBody, Head, read_answer};
pub use base_url::{BaseUrl, is_this_machine};
pub use body::Body;
pub use client_secret::new_client_secret;
pub use field::{Field, Kind, MAX_INTEGER, Place};
pub use headers::{Headers, KEPT};
pub use operation::{Auth, Method, Operation, Repeat, Row};
pub use outcome::{Outcome, Status};
pub use prepared::Prepared;
pub use reach::may_lead;
pub use request::{Request, ToJson};

#[cfg(test)]
mod debug_output;
#[cfg(test)]
mod request_tests;
