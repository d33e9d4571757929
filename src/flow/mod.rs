//! What a person wants: several operations joined into one that ends once.
//!
//! A flow is an ordinary async function over the operations of [`crate::api`], run by the engine
//! like any single one of them.

mod discovery;
mod password_reset;
mod poll;
mod proof;
mod reset_state;
mod web;

pub use discovery::{Server, discover};
pub use password_reset::{OutOfTurn, PasswordReset};
pub use proof::Change;
pub use reset_state::{ResetState, Stage};
