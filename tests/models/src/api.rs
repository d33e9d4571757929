//! What the engine's bookkeeping knows of the API: how a call ended.

#[path = "../../../src/api/body.rs"]
mod body;
#[path = "../../../src/api/headers.rs"]
mod headers;
#[path = "../../../src/api/outcome.rs"]
mod outcome;

pub use body::Body;
pub use headers::Headers;
pub use outcome::{Outcome, Status};
