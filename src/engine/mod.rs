//! How a call runs: threads, sending, retrying, completing.

mod blocking;
mod callbacks;
mod client;
mod completion;
mod failure;
mod fork;
mod http;
mod lock;
mod options;
mod queue;
mod readable;
mod resolver;
mod retry;
mod runtime;
mod tls;

pub use client::{Call, Client, Refusal, pause};
pub use completion::{Finished, Handler, UserData};
pub use fork::forked;
pub use options::Options;
pub use queue::{Next, Queue};
