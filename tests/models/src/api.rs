//! What the engine's bookkeeping knows of the API: how a call ended.

#[path = "../../../src/api/outcome.rs"]
mod outcome;

pub use outcome::{Ending, Outcome};
