//! The library's descriptor, with a step before each change at which loom may let another thread go
//! first.

use std::io;
use std::sync::atomic::Ordering::SeqCst;

use loom::sync::atomic::AtomicBool;

#[path = "../../../../src/engine/readable.rs"]
mod real;

pub struct Readable {
    real: real::Readable,
    raised: AtomicBool,
}

impl Readable {
    pub fn new() -> io::Result<Self> {
        Ok(Self { real: real::Readable::new()?, raised: AtomicBool::new(false) })
    }

    pub fn fd(&self) -> i32 {
        self.real.fd()
    }

    pub fn raise(&self) {
        assert!(!self.raised.swap(true, SeqCst), "raised although it was readable");
        self.real.raise();
    }

    pub fn lower(&self) {
        assert!(self.raised.swap(false, SeqCst), "lowered although it was not readable");
        self.real.lower();
    }
}
