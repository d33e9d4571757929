//! The library's own files, over loom's locks, with the runtime and the descriptor in loom's sight.

mod burst;
#[path = "../../../../src/engine/callbacks.rs"]
mod callbacks;
#[path = "../../../../src/engine/calls.rs"]
mod calls;
#[path = "../../../../src/engine/cancel.rs"]
mod cancel;
#[path = "../../../../src/engine/completion.rs"]
mod completion;
#[path = "../../../../src/engine/delivery.rs"]
mod delivery;
#[path = "../../../../src/engine/destination.rs"]
mod destination;
#[path = "../../../../src/engine/fork.rs"]
mod fork;
#[path = "../../../../src/engine/ledger.rs"]
mod ledger;
#[path = "../../../../src/engine/lines.rs"]
mod lines;
#[cfg(test)]
mod models;
#[path = "../../../../src/engine/outbox.rs"]
mod outbox;
#[path = "../../../../src/engine/queue.rs"]
mod queue;
mod readable;
#[path = "../../../../src/engine/running.rs"]
mod running;
mod runtime;
mod sync;

pub use delivery::UserData;
