//! How a call runs: threads, sending, retrying, delivering.
//!
//! The life of a call, in the order in which the files have it:
//!
//! 1. Accepted: `client` takes the work, `calls` refuses it or accepts it, `ledger` enters it under
//!    its `mx_op`. From then on a `completion` owes the application exactly one outcome.
//! 2. Runs: `runtime` has the threads; its I/O thread polls each `running` call, which `cancel` can
//!    stop. `http` sends the request and collects the answer, by `deadline` at the latest.
//! 3. Has its outcome: `completion` strikes it from the ledger's pending calls; `outbox` collects what
//!    ends in one turn of the I/O thread.
//! 4. Delivered: `destination` puts the `delivery` into the client's `queue`, whose descriptor is
//!    `readable`, or hands it to the thread of `callbacks`.
//!
//! What `http` sends with: `options` and `proxy` are what it was told, `tls` whom it trusts,
//! `resolver` finds addresses, `blocking` keeps slow work off the I/O thread, `headers` writes the
//! request's head, `failure` says what a failed try means, `retry` whether there is another.
//!
//! The log lines of all this wait in `lines`, for the thread of `callbacks` to write them.
//!
//! What surrounds it all: `fork` refuses a forked child, `burst` gives memory back, `sync` is what
//! threads meet by.
//!
//! Imports go one way, which `tests/layers.rs` checks: no two files need each other.

mod blocking;
mod burst;
mod callbacks;
mod calls;
mod cancel;
mod client;
mod completion;
mod deadline;
mod delivery;
mod destination;
mod failure;
mod fork;
mod headers;
mod http;
mod ledger;
mod lines;
mod options;
mod outbox;
mod proxy;
mod queue;
mod readable;
mod resolver;
mod retry;
mod running;
mod runtime;
mod sync;
mod tls;

pub use calls::Refusal;
pub use client::{Call, Client, pause};
pub use delivery::{Delivery, Handler, UserData};
pub use fork::{Claim, forked};
pub use options::Options;
pub use queue::{Next, Queue};
