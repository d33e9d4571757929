//! The one completion of an accepted call, delivered whatever happens.

use std::ffi::c_void;
use std::sync::Arc;

use super::client::Client;
use crate::api::{Ending, Outcome};

/// The application's pointer: carried, never looked at.
#[derive(Clone, Copy, Debug)]
pub struct UserData(pub *mut c_void);

// SAFETY: the library only hands the pointer back; what it points to is the application's affair,
// which the header says runs on another thread.
unsafe impl Send for UserData {}

impl UserData {
    #[cfg(test)]
    pub fn none() -> Self {
        Self(std::ptr::null_mut())
    }
}

/// A completed call on its way to the application.
#[derive(Debug)]
pub struct Finished {
    pub op: u64,
    pub user_data: UserData,
    pub outcome: Outcome,
}

/// Hands a completed call to the application's callback.
pub type Handler = Box<dyn FnOnce(Finished) + Send>;

/// Owes the application one completion; being dropped pays it, too.
pub struct Completion {
    client: Arc<Client>,
    owed: Option<Owed>,
}

struct Owed {
    op: u64,
    user_data: UserData,
    /// `None` where the client has a queue.
    handler: Option<Handler>,
}

impl Completion {
    pub fn new(
        client: Arc<Client>,
        op: u64,
        user_data: UserData,
        handler: Option<Handler>,
    ) -> Self {
        Self { client, owed: Some(Owed { op, user_data, handler }) }
    }

    pub fn finish(mut self, outcome: Outcome) {
        self.deliver(outcome);
    }

    fn deliver(&mut self, outcome: Outcome) {
        if let Some(Owed { op, user_data, handler }) = self.owed.take() {
            self.client.complete(Finished { op, user_data, outcome }, handler);
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if let Some(owed) = &self.owed {
            let outcome = match self.client.is_cancelled(owed.op) {
                true => Outcome::new(Ending::Cancelled, "cancelled"),
                false => Outcome::internal("the call was dropped before it had an outcome"),
            };
            self.deliver(outcome);
        }
    }
}
