//! What the application is given when a call has ended.

use std::ffi::c_void;

use crate::api::Outcome;

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

/// A call's outcome on its way to the application.
#[derive(Debug)]
pub struct Delivery {
    pub op: u64,
    pub user_data: UserData,
    pub outcome: Outcome,
}

/// Hands a delivery to the application's callback.
pub type Handler = Box<dyn FnOnce(Delivery) + Send>;
