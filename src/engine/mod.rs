//! How a call runs: threads, sending, retrying, completing.

mod blocking;
mod burst;
mod callbacks;
mod calls;
mod cancel;
mod client;
mod completion;
mod deadline;
mod failure;
mod fork;
mod headers;
mod http;
mod options;
mod outbox;
mod queue;
mod readable;
mod resolver;
mod retry;
mod runtime;
mod sync;
mod tls;

pub use calls::Refusal;
pub use client::{Call, Client, pause};
pub use completion::{Finished, Handler, UserData};
pub use fork::forked;
pub use options::Options;
pub use queue::{Next, Queue};
